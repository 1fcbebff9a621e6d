"""Statements that repeat, as a loop: panels of one shape below each other, each computed from the one before.

A sheet that unrolls an algorithm over matrices has a panel for each step. Its statements come out as blocks that are
equal but for names: `errors_2 = predictions_2 - ratings`, `errors_3 = predictions_3 - ratings`. They become
`errors[t] = predictions[t] - ratings` in a loop over the steps. Numbers may move with the steps: `rate[0]`, `rate[1]`
is `rate[t]`.
"""

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from workbook.transpile.back.code import (
    NONE,
    assign,
    binary,
    call,
    choice,
    count,
    item,
    list_,
    loop,
    marked,
    name_,
    origin_of,
    shifted,
    stored,
)
from workbook.transpile.back.rewrite import Rewriter
from workbook.transpile.back.syntax import key, names_in, skeleton

_LEAST_BLOCKS, _LONGEST_BLOCK, _LEAST_LINES = 3, 128, 6
_MOST_RUNS, _REACH = 50, 4
"""How many stretches are tried, and how many blocks far the statements of the last one may lie."""
_STEM = re.compile(r"_\d+$")
_MOST_CHOSEN = 3
_STEP = "t"


class Held(ast.expr):
    """A name of the blocks: which statement of a block assigns it, and how many blocks away that block is."""

    _fields = ("place", "away")

    def __init__(self, place: int, away: int) -> None:
        super().__init__()
        self.place = place
        self.away = away


class Moving(ast.expr):
    """An index that moves with the steps: how far it is ahead of them."""

    _fields = ("away",)

    def __init__(self, away: int) -> None:
        super().__init__()
        self.away = away


class Statement:
    """A statement; of an assignment to one name also that name and what it gets."""

    def __init__(self, tree: ast.stmt) -> None:
        self.tree = tree
        self.name, self.value = "", None
        self.shape: tuple[str, tuple[str, ...]] = "", ()
        """Its value without names and moving numbers, and the names in order."""
        if isinstance(tree, ast.Assign) and isinstance(tree.targets[0], ast.Name):
            self.name, self.value = tree.targets[0].id, tree.value
            self.shape = skeleton(tree.value)
        self.read = set(self.shape[1])
        """The names that its value has."""

    @cached_property
    def words(self) -> set[str]:
        """All names in it."""
        return names_in(self.tree) if self.value is None else self.read | {self.name}


@dataclass(frozen=True, slots=True)
class Rolled:
    """Statements among which those that repeat are loops, and what each name that is now in a list is called."""

    body: list[ast.stmt]
    renamed: dict[str, str]


def roll(body: Iterable[ast.stmt], kept: frozenset[str]) -> Rolled:
    """The statements of a function, its repeated blocks of assignments as loops.

    Args:
        body: its statements.
        kept: the names whose values are wanted after it.
    """
    statements, renamed = [Statement(tree) for tree in body], dict[str, str]()
    while made := _first_loop(statements, kept):
        renamed |= made.renamed
        lists = _Listed(made.renamed)
        after = [Statement(lists.statement(s.tree)) for s in made.among[made.start :] if s.name not in made.names]
        statements = [*made.among[: made.start], *map(Statement, made.statements), *after]
    return Rolled([statement.tree for statement in statements], renamed)


def repeats(body: Iterable[ast.stmt], kept: frozenset[str]) -> bool:
    """Whether some of the statements of a function would be a loop: see `roll`."""
    return _first_loop(list(map(Statement, body)), kept) is not None


@dataclass(frozen=True, slots=True)
class _Loop:
    """A loop: where among which statements it stands, itself, what it assigns, and what those in lists are called."""

    among: list[Statement]
    start: int
    statements: list[ast.stmt]
    names: frozenset[str]
    renamed: dict[str, str]


def _first_loop(statements: list[Statement], kept: frozenset[str]) -> _Loop | None:
    """The loop for the longest run of repeated blocks, in the first of their orders that has one."""
    own = _own(statements)
    keys = {id(statement): _key(statement, own) for statement in statements}
    return next(filter(None, (_longest(order, kept, own, keys) for order in _orders(statements, own))), None)


def _orders(statements: list[Statement], own: set[str]) -> Iterator[list[Statement]]:
    """The statements as they are; and with what looks back on several panels at the end, where the last has it too."""
    yield statements
    late: set[str] = set()
    for statement in statements:
        if not late and statement.value is not None and len(statement.read) < _LEAST_BLOCKS:
            continue
        read = (statement.words & own) - {statement.name}
        if _has_family(read) or not late.isdisjoint(read):
            if statement.name not in own:
                return
            late.add(statement.name)
    if late:
        yield sorted(statements, key=lambda statement: statement.name in late)


def _has_family(names: Collection[str]) -> bool:
    """Whether several of some names differ by their numbers alone."""
    if len(names) < _LEAST_BLOCKS:
        return False
    stems = [_STEM.sub("", name) for name in names]
    return len(set(stems)) <= len(stems) - _LEAST_BLOCKS + 1 and max(Counter(stems).values()) >= _LEAST_BLOCKS


def _own(statements: list[Statement]) -> set[str]:
    """The names that are assigned once."""
    times = Counter(statement.name for statement in statements)
    return {name for name, number in times.items() if name and number == 1}


def _longest(
    statements: list[Statement], kept: frozenset[str], own: set[str], keys: Mapping[int, object]
) -> _Loop | None:
    """The loop for the longest run of repeated blocks that can be one.

    Args:
        statements: the statements.
        kept: the names whose values are wanted after them.
        own: the names that they assign once.
        keys: what is equal for those that are equal but for such names, by their ids.
    """
    of_each = [keys[id(statement)] for statement in statements]
    for length, start, period in sorted(_runs(of_each), key=lambda run: (-run[0], run[2]))[:_MOST_RUNS]:
        for first in range(start, start + period):
            blocks = [statements[at : at + period] for at in range(first, start + length - period + 1, period)]
            before = _in_order(statements[max(first - period, 0) : first], blocks[0], own) if blocks else None
            if before is None:
                continue
            # The last one may be mixed with what follows.
            stop = first + period * len(blocks)
            last = _in_order(statements[stop : stop + _REACH * period], blocks[0], own)
            for tail in ([last], []) if last else ([],):
                if made := _Blocks([before, *blocks, *tail]).loop(statements, first - period, stop, kept):
                    return made
    return None


def _runs(keys: list[object]) -> Iterator[tuple[int, int, int]]:
    """Stretches in which keys repeat: their length, where they start, and the period."""
    numbers: dict[object, int] = {}
    each = np.array([numbers.setdefault(found, len(numbers)) for found in keys])
    for period in range(1, min(_LONGEST_BLOCK, len(keys) // _LEAST_BLOCKS) + 1):
        same = np.hstack([False, each[:-period] == each[period:], False])
        turns = np.flatnonzero(same[1:] != same[:-1]).tolist()
        for start, stop in zip(turns[::2], turns[1::2], strict=True):
            length = stop - start + period
            if length >= (_LEAST_BLOCKS - 1) * period and length + period >= _LEAST_LINES:
                yield length, start, period


def _key(statement: Statement, own: set[str]) -> object:
    """What is equal for statements that are equal but for names of this function; of no assignment nothing is."""
    if statement.name not in own:
        return statement
    shape, names = statement.shape
    return shape, tuple(["" if name in own else name for name in names])


def _in_order(before: list[Statement], block: list[Statement], own: set[str]) -> list[Statement] | None:
    """The statements of a first block in the order of another, by the words of their names; None if some lack."""
    left = [statement for statement in before if statement.name in own]
    found = []
    for statement in block:
        chosen = next((other for other in left if _akin(other.name, statement.name)), None)
        if chosen is None:
            return None
        left.remove(chosen)
        found.append(chosen)
    return found


class _Blocks:
    """Blocks of assignments that are to be the steps of a loop."""

    def __init__(self, blocks: list[list[Statement]]) -> None:
        self._blocks = blocks
        self._names = [statement.name for statement in blocks[0]]
        self._places = {s.name: (b, q) for b, block in enumerate(blocks) for q, s in enumerate(block)}
        columns = zip(*([self._turned(s, b) for s in block] for b, block in enumerate(blocks)), strict=True)
        self._trees = [list(trees) for trees in zip(*map(_with_steps, columns), strict=True)]
        self._copied = self._copies()
        self._called = [self._names[self._copied.get(q, q)] for q in range(len(self._names))]

    def loop(self, statements: list[Statement], start: int, stop: int, kept: frozenset[str]) -> _Loop | None:
        """The loop in place of the statements from `start` on; None where the blocks are no steps of one.

        Up to `stop` there are statements of the blocks alone; what comes after may not be read by them.
        """
        size = len(self._blocks) * len(self._names)
        if len(self._blocks) < _LEAST_BLOCKS or len(self._places) < size or not self._are_steps():
            return None
        after = [statement for statement in statements[stop:] if statement.name not in self._places]
        used = {word for s in after for word in s.words}
        made_after = {word for s in after for word in _assigned(s.tree)}
        read = {word for block in self._blocks for s in block for word in s.read}
        if read & made_after or any(word in self._places for s in statements[:start] for word in s.words):
            return None
        read_back = {held.place for tree in self._trees[1] for held in _held(tree) if held.away}
        is_list = [
            q in read_back or any(block[q].name in kept or block[q].name in used for block in self._blocks)
            for q in range(len(self._names))
        ]
        for q, source in self._copied.items():
            is_list[source] |= is_list[q]
        is_list = [is_list[self._copied.get(q, q)] for q in range(len(self._names))]
        steps = len(self._blocks)
        renamed = {
            block[q].name: f"{self._called[q]}[{b}]"
            for b, block in enumerate(self._blocks)
            for q in range(len(self._names))
            if is_list[q]
        }
        made = [*self._empty_lists(is_list), loop(stored(_STEP), call("range", count(steps)), self._body(is_list))]
        return _Loop(statements, start, made, frozenset(self._places), renamed)

    def _empty_lists(self, is_list: list[bool]) -> list[ast.stmt]:
        """What the loop fills."""
        lists = [name for q, name in enumerate(self._names) if is_list[q] and q not in self._copied]
        empty = binary("*", list_((NONE,)), count(len(self._blocks)))
        if len(lists) < 2:
            return [assign(name, empty) for name in lists]
        over = ast.comprehension(stored("_"), call("range", count(len(lists))), [], 0)
        return [assign(ast.Tuple([stored(name) for name in lists], ast.Store()), ast.GeneratorExp(empty, [over]))]

    def _body(self, is_list: list[bool]) -> list[ast.stmt]:
        """The statements of a step."""
        written = _Written(self._called, is_list)
        body: list[ast.stmt] = []
        for q, name in enumerate(self._names):
            if q in self._copied:
                continue
            value, first = (written.expression(trees[q]) for trees in (self._trees[1], self._trees[0]))
            target = item(name_(name), name_(_STEP)) if is_list[q] else stored(name)
            origin = dict.fromkeys(made for block in self._blocks for made in origin_of(block[q].tree))
            body.append(marked(assign(target, _either(value, first)), *origin))
        return body

    def _copies(self) -> dict[int, int]:
        """The statements of a step that only repeat what an earlier one of it gives, and which one that is."""
        found: dict[int, int] = {}
        for q, trees in enumerate(zip(self._trees[0], self._trees[1], strict=True)):
            match trees:
                case Held(place=source, away=0), Held(place=other, away=0) if source == other < q:
                    found[q] = found.get(source, source)
        return found

    def _are_steps(self) -> bool:
        """Whether all blocks but the first are one, and each reads the one before, itself, and no other."""
        first, rest, *others = self._trees
        wanted = [key(tree) for tree in rest]
        if any([key(tree) for tree in block] != wanted for block in others):
            return False
        if any(not _akin(s.name, name) for block in self._blocks for s, name in zip(block, self._names, strict=True)):
            return False
        for trees, reach in ((first, (0,)), (rest, (0, -1))):
            for q, tree in enumerate(trees):
                for held in _held(tree):
                    if held.away not in reach or (held.away == 0 and held.place >= q):
                        return False
        return any(held.away == -1 for tree in rest for held in _held(tree))

    def _turned(self, statement: Statement, block: int) -> ast.expr:
        """A value in which names of the blocks are their place in a block, and how many blocks away it is."""
        assert statement.value is not None
        return _Turned({name: Held(place=q, away=b - block) for name, (b, q) in self._places.items()}).expression(
            statement.value
        )


class _Turned(Rewriter):
    """Names of the blocks as places in them."""

    def __init__(self, held: Mapping[str, Held]) -> None:
        self._held = held

    def visit_name(self, node: ast.Name) -> ast.AST:
        """A name's place."""
        return self._held.get(node.id, node)


class _Indices(Rewriter):
    """A pass over the whole numbers that are indices, or parts of a list."""

    def index(self, node: ast.Constant) -> ast.expr:
        """What stands for one."""
        raise NotImplementedError

    def visit_subscript(self, node: ast.Subscript) -> ast.AST:
        """An element: its index may be a number, or several."""
        at = node.slice
        if isinstance(at, ast.Tuple):
            place: ast.expr = ast.Tuple([self._at(part) for part in at.elts], at.ctx)
        else:
            place = self._at(at)
        return ast.Subscript(self.expression(node.value), place, node.ctx)

    def visit_list(self, node: ast.List) -> ast.AST:
        """A list of numbers."""
        return ast.List([self._at(part) for part in node.elts], node.ctx)

    def _at(self, node: ast.expr) -> ast.expr:
        is_index = isinstance(node, ast.Constant) and type(node.value) is int
        return self.index(node) if is_index and isinstance(node, ast.Constant) else self.expression(node)


class _Marked(_Indices):
    """The indices that move with the blocks as how far they are ahead of a block; gathers all of them in order."""

    def __init__(self, block: int, moving: frozenset[int] = frozenset()) -> None:
        self._block = block
        self._moving = moving
        self.found: list[int] = []

    def index(self, node: ast.Constant) -> ast.expr:
        """An index, moving or not."""
        self.found.append(node.value)  # type: ignore[arg-type]
        is_moving = len(self.found) - 1 in self._moving
        return Moving(away=self.found[-1] - self._block) if is_moving else node


class _Written(Rewriter):
    """Places in blocks as names and elements of lists at the step of a loop."""

    def __init__(self, names: list[str], is_list: list[bool]) -> None:
        self._names = names
        self._is_list = is_list

    def visit_held(self, node: Held) -> ast.AST:
        """A name of the blocks."""
        name = name_(self._names[node.place])
        return item(name, shifted(name_(_STEP), node.away)) if self._is_list[node.place] else name

    def visit_moving(self, node: Moving) -> ast.AST:
        """An index that moves."""
        return shifted(name_(_STEP), node.away)


class _Listed(Rewriter):
    """Names that are now elements of lists, and lists of all of these."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = {name: name_(element) for name, element in names.items()}
        steps = Counter(element.partition("[")[0] for element in set(names.values()))
        self._whole = {
            key(list_(name_(f"{name}[{step}]") for step in range(number))): name_(name)
            for name, number in steps.items()
        }

    def visit_name(self, node: ast.Name) -> ast.AST:
        """An element of a list, or any other name."""
        return self._names.get(node.id, node)

    def visit_list(self, node: ast.List) -> ast.AST:
        """A list, which is one of the loop's where it holds all of it."""
        made = self.generic(node)
        return self._whole.get(key(made), made) if len(node.elts) > 1 else made


def _held(tree: ast.AST) -> list[Held]:
    return [node for node in ast.walk(tree) if isinstance(node, Held)]


def _assigned(tree: ast.stmt) -> set[str]:
    """The names that a statement gives a value."""
    if isinstance(tree, ast.FunctionDef):
        return {tree.name}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _akin(one: str, other: str) -> bool:
    """Whether two names differ by the numbers alone that make them unique: `a` and `a_3`, `a_2` and `a_3`."""
    return not {one, _STEM.sub("", one)}.isdisjoint((other, _STEM.sub("", other)))


def _with_steps(trees: Sequence[ast.expr]) -> list[ast.expr]:
    """A statement's values, one a block; of an index that moves with the blocks how far it is ahead of them."""
    found: list[list[int]] = []
    for tree in trees:
        gathering = _Marked(0)
        gathering.visit(tree)
        found.append(gathering.found)
    first, second = found[:2]
    if any(len(numbers) != len(second) for numbers in found[2:]):
        return list(trees)
    moving = frozenset(p for p, at in enumerate(second) if all(n[p] == at + b for b, n in enumerate(found[1:])))
    in_first = frozenset(p for p in moving if len(first) == len(second) and first[p] == second[p] - 1)
    return [_Marked(b, moving if b else in_first).expression(tree) for b, tree in enumerate(trees)]


def _either(value: ast.expr, first: ast.expr) -> ast.expr:
    """A value that is another in the first step: where few operands differ, these alone are chosen."""
    if key(value) == key(first):
        return value
    chosen: list[ast.expr] = []
    made = _merged(value, first, chosen)
    if _is_operand(value) or made is None or len(set(map(key, chosen))) > _MOST_CHOSEN:
        return choice(name_(_STEP), value, first)
    assert isinstance(made, ast.expr)
    return made


def _merged(one: Any, other: Any, chosen: list[ast.expr]) -> Any:
    """One tree for two, with a choice where operands differ; None where more does. `chosen` gathers the choices."""
    if isinstance(one, ast.AST) and isinstance(other, ast.AST):
        if key(one) == key(other):
            return one
        if _is_operand(one) and _is_operand(other):
            chosen.append(choice(name_(_STEP), one, other))  # type: ignore[arg-type]
            return chosen[-1]
        if type(one) is not type(other):
            return None
        fields = {name: _merged(getattr(one, name), getattr(other, name), chosen) for name in one._fields}
        return (
            None if any(f is None and getattr(one, n) is not None for n, f in fields.items()) else type(one)(**fields)
        )
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        parts = [_merged(a, b, chosen) for a, b in zip(one, other, strict=True)]
        return None if any(part is None and a is not None for part, a in zip(parts, one, strict=True)) else parts
    return one if one == other else None


def _is_operand(tree: Any) -> bool:
    """Whether a tree is a name, or an attribute or element of one: nothing computed."""
    if isinstance(tree, ast.Subscript):
        return _is_operand(tree.value)
    if isinstance(tree, ast.Attribute):
        return isinstance(tree.value, ast.Name) and tree.value.id not in ("np", "torch", "math")
    return isinstance(tree, ast.Name)
