"""A workbook as a program of JavaScript: a function for each region, what reads what, the constants."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from workbook.errors import FileError
from workbook.formula.grammar import Binary, Call, Unary
from workbook.transpile.back.javascript import as_saved, tables
from workbook.transpile.back.javascript.bundle import joined
from workbook.transpile.back.javascript.display import pieces
from workbook.transpile.back.javascript.shapes import kind, shape
from workbook.transpile.back.javascript.single import with_cells
from workbook.transpile.back.javascript.write import Writer, literal, place
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.formula import Reached
from workbook.transpile.front.functions import VOLATILE
from workbook.transpile.front.regions import Region, describe
from workbook.transpile.front.tree import Function, Local, Ref, rebuilt, walk
from workbook.transpile.middle.lowered import Lowered
from workbook.transpile.middle.order import order, reads_itself
from workbook.transpile.middle.variables import CellMap, Variable
from workbook.transpile.middle.what_if import table_of
from workbook.transpile.runtime.values import Error
from workbook.xlsx.read import Book, CellError, Value

MOST_CELLS = 16_000_000
"""The cells, filled or not, that all sheets together may span: 13 bytes each in the page."""
_ALWAYS = ("start", "PN", "P", "PE", "PA", "PD", "hits")


@dataclass(frozen=True, slots=True)
class JavaScriptProgram:
    """A workbook that recalculates in JavaScript.

    Attributes:
        code: an expression that is a function of `data` and gives the engine (of whether it only follows another one,
            too); it holds no text of the workbook but in strings that can't end the script.
        data: what that takes, as JSON has it: sheets with their constants, regions, what they read, their formulas.
        covered: how many formula cells it computes.
        refused: the cells that it does not compute, and why, where the file has no values for them.
        kept: the cells that keep their saved values until what they read changes, and why.
    """

    code: str
    data: dict[str, Any]
    covered: int
    refused: tuple[tuple[str, str], ...]
    kept: tuple[tuple[Region, str], ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    title: str
    rows: int
    columns: int


def make(path: Path | str, book: Book, trees: Lowered, *, saved: bool) -> JavaScriptProgram:
    """The program of a workbook.

    Args:
        path: the file, for messages.
        book: what is in it, its formulas with values.
        trees: its formulas as trees.
        saved: whether the values are the file's own, so that cells which are not computed may keep them.

    Raises:
        FileError: its sheets span more cells than a page can hold.
    """
    formulas = trees.formulas
    unread = [(region, why, as_saved.of_region(region, book) if saved else None) for region, why in trees.refused]
    sheets = _sheets(path, book, [*formulas, *(variable for _, _, variable in unread if variable)])
    grids = {sheet.title: (number, sheet.columns) for number, sheet in enumerate(sheets)}
    written: dict[int, tuple[str, Writer]] = {}
    computed: list[Variable] = []
    lambdas = {name: _without_plus(function) for name, function in trees.lambdas.items()}
    for variable in (_with_guides(replace(v, tree=_prepared(v))) for v in formulas):
        writer = Writer(grids, variable.height, variable.width)
        try:
            if table := table_of(variable.tree):
                tables.check(table, formulas)
                written[id(variable)] = "null", writer
            else:
                written[id(variable)] = _expression(variable, writer), writer
            computed.append(variable)
        except UnclearError as error:
            assert variable.region is not None
            unread.append((variable.region, str(error), as_saved.of_tree(variable, book) if saved else None))
    shown = as_saved.out_of_circles([*computed, *(variable for _, _, variable in unread if variable)])
    dynamic = {(title, *at) for title, sheet in book.sheets.items() for at in sheet.dynamic}
    code, order_data = _assembled(shown, written, grids, lambdas, dynamic, book)
    numbers = {sheet.title.lower(): number for number, sheet in enumerate(sheets)}
    data = {
        "sheets": [_constants(sheet, book, shown) for sheet in sheets],
        "formulas": [pieces(v.region, numbers) for v in shown if v.region is not None],
        "from1904": book.from_1904,
        "iterations": book.iterations,
        **order_data,
    }
    cells = sum(variable.height * variable.width for variable in computed)
    return JavaScriptProgram(
        code,
        data,
        cells,
        tuple((describe(region), why) for region, why, variable in unread if variable is None),
        tuple((region, why) for region, why, variable in unread if variable is not None),
    )


def _with_guides(variable: Variable) -> Variable:
    """The variable, which reads what decides which cells its formula reads."""
    parts = tuple(part for part, _ in variable.guides)
    return replace(variable, called=(*variable.called, *parts)) if parts else variable


def _prepared(variable: Variable) -> Any:
    tree = _without_plus(variable.tree)
    is_array = variable.region is not None and variable.region.whole
    return tree if is_array else with_cells(tree)


def _without_plus(node: Any) -> Any:
    """The tree without signs that change nothing: `+A1` is A1, a text too."""
    while isinstance(node, Unary) and node.operator == "+":
        node = node.operand
    return rebuilt(node, _without_plus)


def _sheets(path: Path | str, book: Book, formulas: Sequence[Variable]) -> list[_Sheet]:
    """The sheets that anybody sees or a formula reads, and how far they reach."""
    ends: dict[str, list[int]] = {}
    for title, sheet in book.sheets.items():
        rows = max((row for row, _ in sheet.cells), default=1)
        ends[title] = [rows, max((column for _, column in sheet.cells), default=1)]
    needed = {title for title, sheet in book.sheets.items() if sheet.state == "visible"}
    for variable in formulas:
        areas = [(variable.sheet, variable.rectangle)]
        read = [ref for tree in (variable.tree, *(part for part, _ in variable.guides)) for ref in _references(tree)]
        areas += [(ref.sheet, ref.hull(variable.height, variable.width)) for ref in read]
        for title, (_, _, bottom, right) in areas:
            needed.add(title)
            ends[title] = [max(ends[title][0], bottom), max(ends[title][1], right)]
    found = [_Sheet(title, *ends[title]) for title in book.sheets if title in needed]
    span = sum(sheet.rows * sheet.columns for sheet in found)
    if span > MOST_CELLS:
        raise FileError(f"{path}: its sheets span {span:,} cells, more than the {MOST_CELLS:,} that a page can hold")
    return found


def _references(tree: Any) -> list[Ref]:
    return [node for node in walk(tree) if isinstance(node, Ref)]


def _expression(variable: Variable, writer: Writer) -> str:
    """The value of a cell; #MOVED! where what chose the cells that it reads is not what it was in the saved file."""
    guides = [
        f"reached({writer.single(part)},{value.size},{value.start})"
        if isinstance(value, Reached)
        else f"led(()=>{writer.single(part)},{_saved(value)})"
        for part, value in variable.guides
    ]
    plain = _plain_expression(variable, writer)
    return f"({','.join([*guides, plain])})" if guides else plain


def _saved(value: Any) -> str:
    """A saved value, an error too."""
    return f"error({literal(value.code)})" if isinstance(value, Error) else literal(value)


def _plain_expression(variable: Variable, writer: Writer) -> str:
    tree = variable.tree
    if variable.region is not None and variable.region.whole:
        return writer.whole(tree)
    if kind(tree) != "n" or shape(tree) != "one":
        return writer.value(tree) if shape(tree) == "one" else writer.whole(tree)
    if isinstance(tree, Binary) and tree.operator in "+-":
        sign = "" if tree.operator == "+" else "-"
        return f"addLast({writer.number(tree.left)},{sign}{writer.number(tree.right)})"
    return writer.number(tree)


def _assembled(
    formulas: Sequence[Variable],
    written: Mapping[int, tuple[str, Writer]],
    grids: Mapping[str, tuple[int, int]],
    lambdas: Mapping[str, Function],
    dynamic: Container[tuple[str, int, int]],
    book: Book,
) -> tuple[str, dict[str, Any]]:
    """The code, and the order in which the engine runs it; `dynamic`: the first cells of arrays that spill."""
    cell_map = CellMap(formulas)
    number = {id(variable): k for k, variable in enumerate(formulas)}
    groups = order(formulas, cell_map)
    loops = [number[id(group[0])] for group in groups if len(group) == 1 and reads_itself(group[0])]
    knots = {number[id(v)] for group in groups if len(group) > 1 for v in group} | set(loops)
    named = Writer(dict(grids), 1, 1)
    constants: dict[str, str] = {}
    texts = [f"const L_{name}={named.whole(function)};" for name, function in lambdas.items()]
    _number_constants(named, constants)
    functions: list[str] = []
    what_ifs: list[tuple[dict[str, Any], list[list[int]]]] = []
    slots: dict[str, int] = {}
    for k, variable in enumerate(formulas):
        if as_saved.is_as_saved(variable):
            assert variable.region is not None
            functions.append(as_saved.function_of(k, variable, as_saved.saved_values(variable.region, book), grids))
            continue
        expression, writer = written[id(variable)]
        slots |= {slot: max(variable.width, slots.get(slot, 0)) for slot in writer.slots.values()}
        spills = (variable.sheet, variable.row, variable.column) in dynamic
        if table := table_of(variable.tree):
            what_ifs.append(tables.table_data(k, table, groups, cell_map, grids))
            functions.append(expression)
            continue
        body = _function(k, variable, expression, writer, grids[variable.sheet], spills=spills, is_knot=k in knots)
        functions.append(_named(body, writer, constants))
    texts = [_named(text, named, constants) for text in texts]
    code = "\n".join(
        [
            f"(S)=>{{const [{','.join(f'S{n}' for n in range(len(grids)))}]=S;",
            f"const {','.join(f'{{V:V{n},T:T{n}}}=S{n}' for n in range(len(grids)))};",
            *(f"const {name}=new Products({most}),{name}t={name}.totals;" for name, most in slots.items()),
            *(f"const {name}={text};" for text, name in constants.items()),
            *texts,
            "return [",
            ",\n".join(functions),
            "]}",
        ]
    )
    runtime = joined(code, _ALWAYS)
    reads = [_reads(variable, grids, lambdas) for variable in formulas]
    for table_entry, hanging in what_ifs:
        reads[table_entry["region"]] += hanging
    data = {
        "regions": [[grids[v.sheet][0], v.row - 1, v.column - 1, v.height, v.width] for v in formulas],
        "reads": reads,
        "tables": [table_entry for table_entry, _ in what_ifs],
        "groups": [[number[id(variable)] for variable in group] for group in groups],
        "loops": loops,
        "ahead": bool(lambdas),
        "untraced": [k for k, variable in enumerate(formulas) if as_saved.is_untraced(variable)],
        "volatile": [k for k, variable in enumerate(formulas) if _is_volatile(variable)],
    }
    return (
        f'(function gradbookEngine(data,follows){{"use strict";\n{runtime}\nreturn start(data,{code},follows)}})',
        data,
    )


def _number_constants(writer: Writer, constants: dict[str, str]) -> None:
    for text in writer.constants:
        constants.setdefault(text, f"K{len(constants)}")


def _named(body: str, writer: Writer, constants: dict[str, str]) -> str:
    """The text of a region's function with the names that array constants have in the whole program."""
    _number_constants(writer, constants)
    for text, name in writer.constants.items():
        body = body.replace(name, constants[text])
    return body


def _function(
    k: int, variable: Variable, expression: str, writer: Writer, grid: tuple[int, int], *, spills: bool, is_knot: bool
) -> str:
    """The function that computes rows a to b and columns c to d (the ends left out) of region k."""
    number, wide = grid
    for_all, for_row, for_cell = (f"let {','.join(names)};" if names else "" for names in writer.levels)
    places = f"const {','.join(f'{name}={text}' for text, name in writer.rows.items())};" if writer.rows else ""
    origin = (variable.row - 1) * wide + variable.column - 1
    is_one = variable.height * variable.width == 1
    is_whole = variable.region is not None and variable.region.whole
    if is_whole or (spills and is_one and shape(variable.tree) != "one"):
        kept = for_all + for_row + for_cell
        helper = "PD" if spills else "PA"
        return f"()=>{{{kept}{helper}({k},S{number},{origin},{variable.height},{variable.width},()=>{expression})}}"
    found = kind(variable.tree) if shape(variable.tree) == "one" else "v"
    # In a knot a cell may wait for others in the midst of a row, and what has changed must be noted by then.
    counts = found in "nv" and not is_one and not is_knot
    begin, end = ("let n=0,f,l,w=d,e=c;", f"if(n)hits({k},f,w,l,e,n)") if counts else ("", "")
    # For a single row of a knot, or a single cell, to gather what it meets takes as long as the sums themselves.
    begin += f"const alone={'b-a' if is_knot else 'd-c'}<2;" if writer.slots else ""
    # What waits, and what was asked for, bits of a cell's kind say.
    waits = f"if(T{number}[o]<8)continue;T{number}[o]|=16;" if is_knot else ""
    held, done = (f"(T{number}[o]&7)", f"T{number}[o]=1;") if is_knot else (f"T{number}[o]", "")
    note = "if(n++===0)f=i;l=i;if(j<w)w=j;if(j>e)e=j" if counts else f"hits({k},i,j,i,j,1)"
    taken = f"{done}if(V{number}[o]!==v){{V{number}[o]=v+0;{note}}}"
    put = _put(f"{k},S{number},o,i,j", expression, found, f"{held}===1&&v-v===0", taken)
    each = f"{waits}{for_cell}try{{{put}}}catch(x){{PE({k},S{number},o,i,j,x)}}"
    row = f"{for_row}{places}for(let j=c,o={origin}+i*{wide}+c;j<d;j++,o++){{{each}}}"
    return f"(a,b,c,d)=>{{{begin}{for_all}for(let i=a;i<b;i++){{{row}}}{end}}}"


def _put(cell: str, expression: str, found: str, fits: str, taken: str) -> str:
    """What puts a value into a cell.

    What `PN` does with a number, and `P` where a cell held one, is done where it stands: a number handed to a function,
    V8 may put on its heap first.
    """
    if found not in "nv":
        return f"P({cell},{expression})"
    helper, is_number = ("PN", "") if found == "n" else ("P", 'typeof v==="number"&&')
    return f"const v={expression};if({is_number}{fits}){{{taken}}}else {helper}({cell},v)"


def _reads(
    variable: Variable, grids: Mapping[str, tuple[int, int]], lambdas: Mapping[str, Function]
) -> list[list[int]]:
    """The references of a formula: the number of the sheet, then top, left, bottom, right, moving with the cell."""
    trees, seen = [variable.tree, *(part for part, _ in variable.guides)], set[str]()
    found: dict[tuple[int, ...], None] = {}
    while trees:
        for node in walk(trees.pop()):
            if isinstance(node, Local) and node.name in lambdas and node.name not in seen:
                seen.add(node.name)
                trees.append(lambdas[node.name])
            if isinstance(node, Ref):
                corners = [x for m in (node.top, node.left, node.bottom, node.right) for x in place(m)]
                found[(grids[node.sheet][0], *corners)] = None
    return [list(ref) for ref in found]


def _is_volatile(variable: Variable) -> bool:
    return any(isinstance(node, Call) and node.function in VOLATILE for node in walk(variable.tree))


def _constants(sheet: _Sheet, book: Book, formulas: Sequence[Variable]) -> dict[str, Any]:
    """A sheet's title and size, and the values that no formula computes, row by row, as runs of filled cells."""
    computed = np.zeros((sheet.rows, sheet.columns), dtype=bool)
    for v in formulas:
        if v.sheet == sheet.title:
            computed[v.row - 1 : v.row - 1 + v.height, v.column - 1 : v.column - 1 + v.width] = True
    runs: list[int] = []
    values: list[Any] = []
    is_computed, wide = computed.tobytes(), sheet.columns
    given = [
        (at, cell.value)
        for (row, column), cell in book.sheets[sheet.title].cells.items()
        if cell.value is not None and not is_computed[at := (row - 1) * wide + column - 1]
    ]
    for at, value in sorted(given, key=itemgetter(0)):
        if runs and runs[-2] + runs[-1] == at:
            runs[-1] += 1
        else:
            runs += [at, 1]
        values.append(_json(value))
    return {"title": sheet.title, "rows": sheet.rows, "columns": sheet.columns, "runs": runs, "values": values}


def _json(value: Value) -> Any:
    if isinstance(value, CellError):
        return {"error": value.code}
    return (
        int(value)
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 and str(value)[0] != "-"
        else value
    )
