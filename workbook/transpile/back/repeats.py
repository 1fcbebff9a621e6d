"""Blocks of a function that are equal but for names, as the heads of an attention are, as a function within it."""

import ast
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from workbook.transpile.back.anonymous import Anonymous, Texts, assigned
from workbook.transpile.back.code import Word, arguments, assign, call, marked, name_, origin_of, stored
from workbook.transpile.back.emitted import SheetFunction
from workbook.transpile.back.syntax import key, names_in
from workbook.transpile.middle.names import RESERVED, claim
from workbook.transpile.middle.variables import Variable

_SHORTEST, _LONGEST = 3, 64
"""How many statements a block has at the least and at the most."""
_MOST_RUNS = 50
"""How many stretches are tried."""
_CONSTANT = frozenset((
    "hstack", "singles", "table", "padded", "padded evenly", "padded line", "columns", "rows", "triangle",
    "square triangle", "diagonal", "square diagonal",
))  # fmt: skip


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


def _made(statements: Sequence[ast.stmt]) -> set[str]:
    """The names that statements give a value which others may read: not what loops and comprehensions go through."""
    found: set[str] = set()
    for statement in statements:
        match statement:
            case ast.For(body=body):
                found |= _made(body)
            case ast.FunctionDef(name=name):
                found.add(name)
            case ast.Assign(targets=targets):
                found |= {name for target in targets for name in _stores(target)}
    return found


def _stores(tree: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _loads(tree: ast.AST) -> set[str]:
    """The names that a tree reads, but for those that its comprehensions and lambdas bind."""
    bound = {name for n in ast.walk(tree) if isinstance(n, ast.comprehension) for name in _stores(n.target)}
    bound |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)} - bound


@dataclass(frozen=True, slots=True)
class _Block:
    """Some statements, and the names in them in order."""

    statements: list[ast.stmt]
    names: list[str]


def outlined(function: SheetFunction, *, name: Callable[[Variable], str]) -> SheetFunction:
    """The function, blocks that are equal but for names as calls of one in it; `name`: what a variable is called."""
    if function.is_long:
        return function
    body = _constants_first(function.body, {*function.inputs, *function.others})
    wanted = frozenset(name(variable).partition("[")[0] for variable in function.computed)
    for _ in range(_MOST_RUNS):
        made = _once(function, body, wanted)
        if made is None:
            break
        body = made
    return function.with_body(body)


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
    keys = [key(Anonymous(own.__contains__, function.others).visit(statement)) for statement in body]
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
    naming = Anonymous(own.__contains__, spaces)
    for statement in statements:
        naming.visit(statement)
    return _Block(statements, list(naming.found))


def _key_of(block: _Block, own: Collection[str], function: SheetFunction) -> str:
    naming = Anonymous(own.__contains__, function.others)
    return "\n".join(key(naming.visit(statement)) for statement in block.statements)


def _as_calls(
    body: list[ast.stmt], start: int, blocks: list[_Block], wanted: frozenset[str], own: Collection[str]
) -> list[ast.stmt] | None:
    """The statements with these blocks as calls of one function; None where they cannot be."""
    made_by = [_made(block.statements) for block in blocks]
    bound = {name for block, made in zip(blocks, made_by, strict=True) for name in assigned(block.statements) - made}
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
    if chained & bound:
        return None
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
