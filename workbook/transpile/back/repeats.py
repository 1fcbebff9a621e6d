"""What a script would say several times, as one function that is called with what differs.

Blocks of statements within a sheet's function, as the heads of an attention give them, become a function within it; the
functions of twin sheets, as the layers of a network give them, become one.
"""

import ast
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from workbook.transpile.back.code import Word, arguments, assign, call, key, marked, name_, names_in, origin_of, stored
from workbook.transpile.back.emit import SheetFunction
from workbook.transpile.back.rewrite import Renaming, Rewriter
from workbook.transpile.middle import alike
from workbook.transpile.middle.names import RESERVED, claim

_SHORTEST, _LONGEST = 3, 64
"""How many statements a block has at the least and at the most."""
_MOST_RUNS = 50
_CONSTANT = frozenset(("hstack", "columns", "rows", "triangle", "square triangle"))


class _Anonymous(Rewriter):
    """Names and arrays of other sheets as numbers, in the order in which they first appear."""

    def __init__(self, is_own: Callable[[str], bool], spaces: Collection[str]) -> None:
        self._is_own = is_own
        self._spaces = spaces
        self.found: dict[str, str] = {}

    def _number(self, text: str) -> str:
        return self.found.setdefault(text, f"_{len(self.found)}")

    def visit_name(self, node: ast.Name) -> ast.AST:
        """A name."""
        return ast.Name(self._number(node.id), node.ctx) if self._is_own(node.id) else node

    def visit_attribute(self, node: ast.Attribute) -> ast.AST:
        """An array of another sheet, or any other attribute."""
        if isinstance(node.value, ast.Name) and node.value.id in self._spaces:
            return ast.Name(self._number(f"{node.value.id}.{node.attr}"), node.ctx)
        return self.generic(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """A parameter."""
        return ast.arg(self._number(node.arg) if self._is_own(node.arg) else node.arg)

    def visit_functiondef(self, node: ast.FunctionDef) -> ast.AST:
        """A function, with its name."""
        made = self.generic(node)
        assert isinstance(made, ast.FunctionDef)
        made.name = self._number(node.name) if self._is_own(node.name) else node.name
        return made


def assigned(statements: Sequence[ast.stmt]) -> set[str]:
    """The names that statements give a value, those of functions and their parameters among them."""
    found: set[str] = set()
    for node in (n for statement in statements for n in ast.walk(statement)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found


def read_before(statements: Sequence[ast.stmt], known: Collection[str] = ()) -> set[str]:
    """The names that statements read before they give them a value."""
    have, found = set(known), set[str]()
    for statement in statements:
        match statement:
            case ast.For(target=target, iter=over, body=body):
                found |= _loads(over) - have
                have |= _stores(target)
                found |= read_before(body, have)
                have |= assigned(body)
            case ast.FunctionDef(name=name, args=args, body=body):
                found |= read_before(body, have | {a.arg for a in args.args})
                have.add(name)
            case _:
                found |= _loads(statement) - have
                have |= _stores(statement)
    return found


def _stores(tree: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _loads(tree: ast.AST) -> set[str]:
    """The names that a tree reads, but for those that its comprehensions and lambdas bind."""
    bound = {name for n in ast.walk(tree) if isinstance(n, ast.comprehension) for name in _stores(n.target)}
    bound |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)} - bound


# Blocks within a function


@dataclass(frozen=True, slots=True)
class _Block:
    """Some statements, and the names in them in order."""

    statements: list[ast.stmt]
    names: list[str]


def outlined(function: SheetFunction) -> SheetFunction:
    """The function, blocks that are equal but for names as calls of one function within it."""
    body = _constants_first(function.body, {*function.inputs, *function.others})
    wanted = frozenset(variable.name.partition("[")[0] for variable in function.computed)
    while (made := _once(function, body, wanted)) is not None:
        body = made
    return replace(function, body=body)


def _constants_first(body: Sequence[ast.stmt], given: Collection[str]) -> list[ast.stmt]:
    """The statements, those first that make a mask, or put together what is given: they are part of no block."""
    own = assigned(body) - set(given)
    first = [
        statement
        for statement in body
        if isinstance(statement, ast.Assign)
        and any(isinstance(n, Word) and n.name in _CONSTANT for n in _outer(statement.value))
        and own.isdisjoint(_loads(statement.value))
    ]
    chosen = set(map(id, first))
    return [*first, *(statement for statement in body if id(statement) not in chosen)]


def _outer(value: ast.expr) -> Iterator[ast.expr]:
    """A value, and what it is the opposite or the mirror image of."""
    yield value
    if isinstance(value, ast.UnaryOp):
        yield from _outer(value.operand)
    elif isinstance(value, Word) and value.name == "mirrored":
        yield from _outer(value.args[0])


def _once(function: SheetFunction, body: list[ast.stmt], wanted: frozenset[str]) -> list[ast.stmt] | None:
    """The statements with the blocks that gain most as one function; None where none gain anything."""
    own = assigned(body) | set(function.inputs)
    keys = [key(_Anonymous(own.__contains__, function.others).visit(statement)) for statement in body]
    for _, start, period, count in sorted(_runs(keys), key=lambda run: (-run[0], run[2], run[1]))[:_MOST_RUNS]:
        blocks = [
            _block(body[at : at + period], own, function.others) for at in range(start, start + period * count, period)
        ]
        made = (
            _as_calls(body, start, blocks, wanted, own)
            if len({_key_of(b, own, function) for b in blocks}) == 1
            else None
        )
        if made is not None:
            return made
    return None


def _runs(keys: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Blocks that repeat: how many lines they gain, where they start, how long one is, how many there are."""
    for period in range(_SHORTEST, min(_LONGEST, len(keys) // 2) + 1):
        length = 0
        for place in range(len(keys) - period + 1):
            if place + period < len(keys) and keys[place] == keys[place + period]:
                length += 1
                continue
            for start in range(place - length, min(place, place - length + period)):
                count = (place - start) // period + 1
                gain = (count - 1) * period - 2 - 2 * count
                if count > 1 and gain > 0:
                    yield gain, start, period, count
            length = 0


def _block(statements: list[ast.stmt], own: Collection[str], spaces: Collection[str]) -> _Block:
    naming = _Anonymous(own.__contains__, spaces)
    for statement in statements:
        naming.visit(statement)
    return _Block(statements, list(naming.found))


def _key_of(block: _Block, own: Collection[str], function: SheetFunction) -> str:
    naming = _Anonymous(own.__contains__, function.others)
    return "\n".join(key(naming.visit(statement)) for statement in block.statements)


def _as_calls(
    body: list[ast.stmt], start: int, blocks: list[_Block], wanted: frozenset[str], own: Collection[str]
) -> list[ast.stmt] | None:
    """The statements with these blocks as calls of one function; None where they cannot be."""
    made_by = [assigned(block.statements) for block in blocks]
    stop = start + sum(len(block.statements) for block in blocks)
    if any(made & read_before(block.statements) for made, block in zip(made_by, blocks, strict=True)):
        return None
    used: set[str] = set(wanted)
    for at, statement in enumerate(body):
        if not start <= at < stop:
            used |= names_in(statement)
    columns = list(zip(*(block.names for block in blocks), strict=True))
    results: list[tuple[str, ...]] = []
    given: list[tuple[str, ...]] = []
    for column in columns:
        is_made = [name in made for name, made in zip(column, made_by, strict=True)]
        if all(is_made):
            later = (
                names_in(s) for k, block in enumerate(blocks) for s in block.statements if column[k] not in made_by[k]
            )
            if any(name in used for name in column) or any(set(column) & names for names in later):
                results.append(column)
        elif any(is_made):
            return None
        elif len(set(column)) > 1:
            given.append(column)
    chained = {name for column in given for name in column}
    results = [
        c
        for c in columns
        if c in results or (all(n in m for n, m in zip(c, made_by, strict=True)) and chained & set(c))
    ]
    if not results or any(len(set(column)) < len(column) for column in results):
        return None
    return _with_function(body, start, stop, blocks, results, given, own)


def _with_function(
    body: list[ast.stmt],
    start: int,
    stop: int,
    blocks: list[_Block],
    results: list[tuple[str, ...]],
    given: list[tuple[str, ...]],
    own: Collection[str],
) -> list[ast.stmt]:
    """The statements up to the blocks, one function, its calls, and what follows."""
    first = blocks[0]
    taken = {name for name in first.names if "." not in name and all(name != column[0] for column in given)}
    parameters = [claim(column[0].rpartition(".")[2], taken, reserved=frozenset()) for column in given]
    renaming = Texts(dict(zip((column[0] for column in given), parameters, strict=True)))
    inner: list[ast.stmt] = []
    for k, statement in enumerate(first.statements):
        origins = dict.fromkeys(made for block in blocks for made in origin_of(block.statements[k]))
        inner.append(marked(renaming.statement(statement), *origins))
    inner.append(ast.Return(_several([name_(column[0]) for column in results])))
    name = claim(f"{results[-1][0]}_of", {*own, *parameters, *RESERVED})
    calls: list[ast.stmt] = []
    for k, block in enumerate(blocks):
        target = _several([stored(column[k]) for column in results])
        made = assign(target, call(name, *(name_(column[k]) for column in given)))
        calls.append(marked(made, *dict.fromkeys(o for s in block.statements for o in origin_of(s))))
    function = ast.FunctionDef(name, arguments(parameters), inner, [], None, lineno=1)
    return [*body[:start], function, *calls, *body[stop:]]


def _several(parts: Sequence[ast.expr]) -> ast.expr:
    """One value, or a tuple of several."""
    if len(parts) == 1:
        return parts[0]
    return ast.Tuple(list(parts), parts[0].ctx)  # type: ignore[attr-defined]


class Texts(Rewriter):
    """Other names for names and for arrays of other sheets."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_name(self, node: ast.Name) -> ast.AST:
        """A name."""
        return ast.Name(self._names.get(node.id, node.id), node.ctx)

    def visit_attribute(self, node: ast.Attribute) -> ast.AST:
        """An array of another sheet, or any other attribute."""
        if isinstance(node.value, ast.Name) and f"{node.value.id}.{node.attr}" in self._names:
            return name_(self._names[f"{node.value.id}.{node.attr}"])
        return self.generic(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """A parameter."""
        return ast.arg(self._names.get(node.arg, node.arg))

    def visit_functiondef(self, node: ast.FunctionDef) -> ast.AST:
        """A function, with its name."""
        made = self.generic(node)
        assert isinstance(made, ast.FunctionDef)
        made.name = self._names.get(node.name, node.name)
        return made


# Functions of twin sheets


def twin_names(functions: Sequence[SheetFunction]) -> dict[tuple[str, str], str]:
    """What arrays of sheets, by the sheet's name and their own, are to be called so that twins have the same names."""
    renamed: dict[tuple[str, str], str] = {}
    for (first, *others), (names, *other_names) in _families(functions):
        for function, own in zip(others, other_names, strict=True):
            new = {old: to for old, to in zip(own, names, strict=True) if "." not in old and old != to}
            unread = {name for name in function.inputs if name not in own}
            if unread == {name for name in first.inputs if name not in names} and unread.isdisjoint(names):
                renamed |= {(function.own[0], old): to for old, to in new.items()}
    return renamed


def twinned(functions: Sequence[SheetFunction], names: Collection[str]) -> list[SheetFunction]:
    """The functions, those of sheets that are equal but for what they read of other sheets as one.

    Args:
        functions: all of a script, twins with the same names.
        names: the names that functions may not have.
    """
    made = {id(function): function for function in functions}
    taken = {*names, *(function.name for function in functions), *RESERVED}
    for twins, columns in _families(functions):
        if all(set(f.inputs) == set(twins[0].inputs) for f in twins) and not any(
            "." not in column[0] and len(set(column)) > 1 for column in zip(*columns, strict=True)
        ):
            merged = _as_twins(twins, list(zip(*columns, strict=True)), taken)
            made |= {id(old): new for old, new in zip(twins, merged, strict=True)}
    return [made[id(function)] for function in functions]


def _families(functions: Sequence[SheetFunction]) -> Iterator[tuple[list[SheetFunction], list[list[str]]]]:
    """Functions that are equal but for names, each the only one of its sheet; and the names in them, in order."""
    times = Counter(sheet for function in functions for sheet in function.own)
    alike_: dict[object, list[tuple[SheetFunction, list[str]]]] = {}
    for function in functions:
        if len(function.own) == 1 and times[function.own[0]] == 1 and len(function.body) >= _SHORTEST:
            form, names = _form(function)
            alike_.setdefault((form, len(function.inputs)), []).append((function, names))
    for found in alike_.values():
        if len(found) > 1:
            yield [function for function, _ in found], [names for _, names in found]


def _form(function: SheetFunction) -> tuple[str, list[str]]:
    """What is equal for functions that are equal but for names; and the names, in order."""
    own = assigned(function.body) | set(function.inputs)
    naming = _Anonymous(own.__contains__, function.others)
    text = "\n".join(key(naming.visit(statement)) for statement in function.body)
    return text, list(naming.found)


def _as_twins(
    functions: list[SheetFunction], columns: Sequence[tuple[str, ...]], taken: set[str]
) -> list[SheetFunction]:
    """Functions of one form as one, each with what it is called with.

    Args:
        functions: the functions.
        columns: the names in them, in order: what each of the functions has in the same place.
        taken: the names that functions have.
    """
    first = functions[0]
    name = claim(alike.common_name([function.name for function in functions]) or f"{first.name}_and_its_like", taken)
    outer = [column for column in columns if "." in column[0]]
    kept = {column[0].partition(".")[0] for column in outer if len(set(column)) == 1}
    words = {*(column[0] for column in columns if "." not in column[0]), *first.inputs, *kept, name}
    given: dict[tuple[str, ...], str] = {}
    texts: dict[str, str] = {}
    for sheets, found in _by_sheets([column for column in outer if len(set(column)) > 1]).items():
        if len(found) > 1 and all(len({text.partition(".")[2] for text in column}) == 1 for column in found):
            # Several arrays of one sheet, which is another one in each call: the sheet itself.
            wanted = alike.common_name(sheets)
            wanted = wanted if wanted and wanted not in words else "before"
            given[sheets] = claim(wanted, words, reserved=RESERVED)
            texts |= {column[0]: f"{given[sheets]}.{column[0].partition('.')[2]}" for column in found}
        else:
            given |= {column: claim(_parameter(column, words), words, reserved=RESERVED) for column in found}
            texts |= {column[0]: given[column] for column in found}
    renaming = Texts(texts)
    body = [renaming.statement(statement) for statement in first.body]
    return [
        replace(
            function,
            name=name,
            twins=tuple(f.sheets[0] for f in functions) if k == 0 else (),
            others=[other for other in function.others if other in kept],
            parameters=tuple(given.values()),
            arguments=tuple(column[k] for column in given),
            inputs=list(first.inputs),
            body=[_as_of(statement, other) for statement, other in zip(body, function.body, strict=True)],
        )
        for k, function in enumerate(functions)
    ]


def _by_sheets(columns: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    """Arrays of other sheets, by the sheets that they are of in each of the functions."""
    found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for column in columns:
        found.setdefault(tuple(text.partition(".")[0] for text in column), []).append(column)
    return found


def _parameter(column: Sequence[str], own: Collection[str]) -> str:
    """What a function calls an array of another sheet, which is another one in each call."""
    name = Counter(text.partition(".")[2].partition("[")[0] for text in reversed(column)).most_common(1)[0][0]
    return f"{name}_before" if name in own else name


def _as_of(statement: ast.stmt, other: ast.stmt) -> ast.stmt:
    """A statement that computes what another does which is equal but for names."""
    made = Renaming({}).statement(statement)
    for one, like in zip(_nested(made), _nested(other), strict=True):
        marked(one, *origin_of(like))
    return made


def _nested(statement: ast.stmt) -> Iterator[ast.stmt]:
    """A statement, and those of its own body."""
    yield statement
    if isinstance(statement, ast.For | ast.FunctionDef):
        for inner in statement.body:
            yield from _nested(inner)
