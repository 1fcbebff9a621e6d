"""The functions of a script that a second process writes: which ones, and how they travel.

Statements are trees with the variables that they compute as their origin: of these their ids travel, which are the same
in a fork.
"""

import ast
import io
import pickle
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NoReturn, Self

from workbook.transpile.back.emitted import SheetFunction
from workbook.transpile.middle.order import reads_itself
from workbook.transpile.middle.program import Group
from workbook.transpile.middle.variables import Variable
from workbook.transpile.middle.what_if import table_of

_FORMULAS_WORTH_A_FORK = 2_000
"""Fewer are written sooner than a fork hands over half of them."""
_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Run:
    """What becomes one function: formulas of some sheets that follow each other.

    Attributes:
        name: the function's name.
        titles: the titles of the sheets.
        takes: whether it takes the inputs of its only sheet.
        groups: the formulas.
    """

    name: str
    titles: tuple[str, ...]
    takes: bool
    groups: list[Group]


@dataclass(frozen=True, slots=True)
class Written:
    """Functions that were written, and what was found out on the way.

    Attributes:
        functions: the functions.
        refused: of each what could not be written, and why.
        helpers: what they use of the runtime.
        read: the ids of the variables that they read.
    """

    functions: list[SheetFunction]
    refused: list[list[tuple[Variable, str]]]
    helpers: set[str]
    read: set[int]


def half(runs: Sequence[Run]) -> frozenset[int]:
    """The places of the runs that a second process may write: about half of the formulas, where there are many.

    Each formula of such a run is written by itself. What is a loop, a knot or a table changes what others read.
    """
    total = sum(len(run.groups) for run in runs)
    left = total * _SHARE if total >= _FORMULAS_WORTH_A_FORK else 0.0
    found: set[int] = set()
    for place, run in reversed(list(enumerate(runs))):
        if len(run.groups) <= left and all(map(_is_plain, run.groups)):
            found.add(place)
            left -= len(run.groups)
    return frozenset(found)


def joined(own: Written, other: Written, aside: Collection[int]) -> Written:
    """What two have written, in the order of the runs; those in the places `aside` are the other's."""
    ours, theirs = (zip(part.functions, part.refused, strict=True) for part in (own, other))
    each = [next(theirs if k in aside else ours) for k in range(len(own.functions) + len(other.functions))]
    functions, refused = [function for function, _ in each], [found for _, found in each]
    return Written(functions, refused, own.helpers | other.helpers, own.read | other.read)


def _is_plain(group: Group) -> bool:
    variable = group.variables[0]
    is_alone = group.loop is None and len(group.variables) == 1
    return is_alone and not reads_itself(variable) and table_of(variable.tree) is None


def packed(write: Callable[[], Written]) -> bytes:
    """What is written, as bytes: see `unpacked`."""
    written = write()
    functions = [replace(f, body=_Packed.of(f.body)) if f.text else f for f in written.functions]
    return _pickled(replace(written, functions=functions))


def unpacked(data: bytes, variables: Iterable[Variable]) -> Written:
    """What another process has written of a program with these variables.

    Of a function that has its text nobody asks for the statements but where something is wrong with them.
    """
    written: Written = _unpickled(data, {id(variable): variable for variable in variables})
    return written


class _Packed(Sequence[ast.stmt]):
    """Statements of another process, which are unpacked when one of them is asked for."""

    def __init__(self, size: int, data: bytes, variables: dict[int, Variable]) -> None:
        self._size, self._data, self._variables = size, data, variables

    @classmethod
    def of(cls, statements: Sequence[ast.stmt]) -> Self:
        """Statements as bytes."""
        return cls(len(statements), _pickled(statements), {})

    @cached_property
    def _statements(self) -> tuple[ast.stmt, ...]:
        found: tuple[ast.stmt, ...] = _unpickled(self._data, self._variables)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        """How it travels: without the variables, which `_Unpickler` gives it."""
        return _Packed, (self._size, self._data)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: Any) -> Any:
        return self._statements[place]


def _pickled(thing: object) -> bytes:
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {Variable: _by_id}
    pickler.dump(thing)
    return stream.getvalue()


def _unpickled(data: bytes, variables: dict[int, Variable]) -> Any:
    return _Unpickler(data, variables).load()


def _by_id(variable: Variable) -> tuple[Any, ...]:
    return _variable, (id(variable),)


def _variable(number: int) -> NoReturn:
    """Stands for a variable; `_Unpickler` puts it in its place."""
    raise LookupError(number)


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, variables: dict[int, Variable]) -> None:
        super().__init__(io.BytesIO(data))
        self._variables = variables

    def find_class(self, module: str, name: str) -> Any:
        """What is called by its name; of a variable what has its id."""
        if name == _variable.__name__:
            return self._variables.__getitem__
        found = super().find_class(module, name)
        return partial(_Packed, variables=self._variables) if found is _Packed else found
