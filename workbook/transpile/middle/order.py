"""The order of a program: strongly connected parts of what reads what, earlier ones first."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from workbook.formula.rectangle import Rectangle, overlap
from workbook.transpile.middle.variables import CellMap, Variable, hulls


def order(formulas: Sequence[Variable], cell_map: CellMap) -> list[list[Variable]]:
    """Groups of variables: each reads itself and earlier groups alone; sheets change as seldom as they can.

    A group of several variables, or one that reads itself, is a recurrence.
    """
    reads = _reads(formulas, cell_map)
    sheets = list(dict.fromkeys(variable.sheet for variable in formulas))
    return _by_sheet(sheets, _connected(formulas, reads), reads)


def in_order(parts: Sequence[list[Variable]], cell_map: CellMap) -> tuple[list[list[Variable]], list[list[Variable]]]:
    """Parts of a program that are computed one after another, in an order in which each reads earlier ones alone.

    Args:
        parts: each formula of the program is in one of them.
        cell_map: the formulas, as they are in the parts.

    Returns:
        The parts in order, as they came where that is one; and those that wait for each other, where there is none.
    """
    formulas = [variable for part in parts for variable in part]
    reads = _reads(formulas, cell_map)
    owner = {id(variable): k for k, part in enumerate(parts) for variable in part}
    needs = [{owner[id(read)] for v in part for read in reads[id(v)]} - {k} for k, part in enumerate(parts)]
    if all(before < k for k, own in enumerate(needs) for before in own):
        return list(parts), []
    heads = [part[0] for part in parts]
    of_heads = {id(head): [heads[k] for k in sorted(own)] for head, own in zip(heads, needs, strict=True)}
    knots = [knot for knot in _connected(heads, of_heads) if len(knot) > 1]
    if knots:
        return list(parts), [parts[owner[id(head)]] for knot in knots for head in knot]
    sheets = list(dict.fromkeys(variable.sheet for variable in formulas))
    return _by_sheet(sheets, list(parts), reads), []


def _reads(formulas: Sequence[Variable], cell_map: CellMap) -> dict[int, list[Variable]]:
    """The formulas that each formula reads, by its id."""
    reads: dict[int, list[Variable]] = {}
    memory: dict[tuple[str, Rectangle], list[Variable]] = {}
    for variable in formulas:
        found: dict[int, Variable] = {}
        for place in dict.fromkeys(hulls(variable)):
            read = memory.get(place)
            if read is None:
                read = memory[place] = [v for v in cell_map.within(*place) if v.tree is not None]
            for other in read:
                found[id(other)] = other
        reads[id(variable)] = list(found.values())
    return reads


def reads_itself(variable: Variable) -> bool:
    """Whether a variable's formula reads cells of the variable; copies of inputs in it are none."""
    own = variable.own or variable.rectangle
    return any(sheet == variable.sheet and overlap(own, area) for sheet, area in hulls(variable))


def _connected(formulas: Sequence[Variable], reads: Mapping[int, Sequence[Variable]]) -> list[list[Variable]]:
    """Strongly connected components, each after all that it reads; the formulas of one in the order given."""
    number = {id(variable): k for k, variable in enumerate(formulas)}
    if all(number[id(read)] < k for k, variable in enumerate(formulas) for read in reads[id(variable)]):
        return [[variable] for variable in formulas]
    # When first needed: it takes a third of a second to load.
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(formulas)))
    graph.add_edges_from((number[id(v)], number[id(read)]) for v in formulas for read in reads[id(v)])
    # Tarjan's algorithm, which closes a component once all that it points to are closed.
    return [[formulas[k] for k in sorted(component)] for component in nx.strongly_connected_components(graph)]


def _by_sheet(
    sheets: list[str], components: list[list[Variable]], reads: dict[int, list[Variable]]
) -> list[list[Variable]]:
    """The components with as few changes of sheet as a simple greedy choice needs, in reading order within a sheet."""
    position = {id(v): k for k, component in enumerate(components) for v in component}
    waits: list[set[int]] = [set() for _ in components]
    feeds: dict[int, list[int]] = defaultdict(list)
    for k, component in enumerate(components):
        waits[k] = {position[id(r)] for v in component for r in reads[id(v)]} - {k}
        for before in waits[k]:
            feeds[before].append(k)
    return [components[k] for k in _sequence(sheets, components, waits, feeds)]


def _sequence(
    sheets: list[str], components: list[list[Variable]], waits: list[set[int]], feeds: dict[int, list[int]]
) -> list[int]:
    left = Counter(component[0].sheet for component in components)
    ready: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for k, component in enumerate(components):
        if not waits[k]:
            heapq.heappush(ready[component[0].sheet], (*_place(component), k))
    done: list[int] = []
    runs: dict[str, list[int]] = {}
    while len(done) < len(components):
        able = [sheet for sheet in sheets if ready[sheet]]
        runs |= {s: _run(s, ready[s], components, waits, feeds) for s in able if s not in runs}
        finished = [sheet for sheet in able if len(runs[sheet]) == left[sheet]]
        chosen = finished[0] if finished else max(able, key=lambda sheet: len(runs[sheet]) / left[sheet])
        ready[chosen].clear()
        left[chosen] -= len(runs[chosen])
        for k in runs.pop(chosen):
            done.append(k)
            for after in feeds[k]:
                waits[after].discard(k)
                if (sheet := components[after][0].sheet) != chosen:
                    # More of it can be computed now.
                    runs.pop(sheet, None)
                    if not waits[after]:
                        heapq.heappush(ready[sheet], (*_place(components[after]), after))
    return done


def _run(
    sheet: str,
    ready: list[tuple[int, int, int]],
    components: list[list[Variable]],
    waits: list[set[int]],
    feeds: dict[int, list[int]],
) -> list[int]:
    """All of a sheet that can be computed now, in order."""
    heap, done, seen = list(ready), [], dict[int, int]()
    while heap:
        k = heapq.heappop(heap)[2]
        done.append(k)
        for after in feeds[k]:
            if components[after][0].sheet == sheet:
                seen[after] = seen.get(after, 0) + 1
                if seen[after] == len(waits[after]):
                    heapq.heappush(heap, (*_place(components[after]), after))
    return done


def _place(component: list[Variable]) -> tuple[int, int]:
    return component[0].row, component[0].column
