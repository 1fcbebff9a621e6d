"""Formulas, and parts of them, computed from the values that a workbook was saved with: where OFFSET leads."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from workbook.transpile.back.code import Code, call, constant, lambda_, name_, place
from workbook.transpile.back.context import Context
from workbook.transpile.back.scalar import CellWriter
from workbook.transpile.back.syntax import unparse
from workbook.transpile.errors import UnclearError, UnevenError, UnsupportedError
from workbook.transpile.front.defined import Names
from workbook.transpile.front.lower import Lowering
from workbook.transpile.front.regions import Region
from workbook.transpile.front.scan import Scanner
from workbook.transpile.front.tree import Function, Local, Ref, walk
from workbook.transpile.middle.variables import Variable
from workbook.transpile.runtime import HELPERS
from workbook.xlsx.read import Book, CellError, Value

_NO_LAMBDAS: Mapping[str, Function] = MappingProxyType({})


class Saved:
    """The saved values of a workbook, as formulas see them."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def each(self, tree: Any, region: Region, lambdas: Mapping[str, Function]) -> list[Any]:
        """What a part of a region's formula is in each of its cells, row by row; `lambdas`: functions of the workbook.

        Raises:
            UnclearError: it can't be computed.
        """
        first: Callable[[Any], Any] = HELPERS["first"]
        try:
            compute = self.function(tree, region, lambdas)
            return [first(compute(i, j)) for i in range(region.height) for j in range(region.width)]
        except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError, SyntaxError) as error:
            raise UnclearError(str(error)) from error

    def function(
        self, tree: Any, region: Region, lambdas: Mapping[str, Function] = _NO_LAMBDAS
    ) -> Callable[[int, int], Any]:
        """What computes a part of a region's formula in row i and column j of it, with the workbook's own functions.

        Raises:
            UnclearError: it has no form.
            SyntaxError: it is nested too deeply.
        """
        around = Context(
            access=lambda variable: name_(variable.name),
            variables=lambda *_: [],
            python=True,
            plain=False,
            fresh=lambda name: name,
            helpers=set(),
        )
        where = Variable(region.sheet, region.row, region.column, region.height, region.width, "any")
        names = {**HELPERS, "read": self._read, "block": self._block}

        def made(node: Any, row: str, column: str, parameters: Sequence[str], optional: int = 0) -> Any:
            written = _Reader(around, where, row, column).write(node).tree
            # Our own text: what comes from the workbook stands in it as literals alone.
            return eval(unparse(lambda_(parameters, written, optional)), names)  # noqa: S307

        if any(isinstance(node, Local) and node.name in lambdas for node in walk(tree)):
            for name, function in lambdas.items():
                parameters = [around.local(parameter) for parameter in function.parameters]
                names[around.local(name)] = made(function.body, "0", "0", parameters, function.optional)
        compute: Callable[[int, int], Any] = made(tree, "i", "j", ("i", "j"))
        return compute

    def _read(self, sheet: str, row: int, column: int) -> Any:
        cell = self._book.sheets[sheet].cells.get((row, column))
        return None if cell is None else _shown(cell.value)

    def _block(self, sheet: str, top: int, left: int, bottom: int, right: int) -> list[list[Any]]:
        return [[self._read(sheet, r, c) for c in range(left, right + 1)] for r in range(top, bottom + 1)]


_FAILS = (
    *(UnclearError, UnevenError, UnsupportedError),
    *(TypeError, ValueError, ArithmeticError, LookupError, RecursionError, SyntaxError),
)


class Alone:
    """Formulas computed one by one, each from the values that all other cells have."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._saved = Saved(book)
        self._lowering = Lowering(Names.of(book), self._saved.each)

    def value(self, sheet: str, row: int, column: int) -> Any:
        """What a cell's formula gives, of an array formula all of it; None where that can't be told."""
        formula = self._book.sheets[sheet].cells[row, column].formula
        if formula is None:
            return None
        _, base = Scanner().scan(formula)
        is_array = self._book.sheets[sheet].cells[row, column].array is not None
        region = Region.of_one(sheet, (row, column), formula, base, array=is_array)
        try:
            return self._saved.function(self._lowering.lower(region), region, self._lowering.lambdas)(0, 0)
        except _FAILS:
            return None


def _shown(value: Value | None) -> Any:
    error: Callable[[str], Any] = HELPERS["Error"]
    return error(value.code) if isinstance(value, CellError) else value


class _Reader(CellWriter):
    """Writes a formula that reads saved values."""

    def cell(self, ref: Ref) -> Code:
        """The value of one cell."""
        places = (place(moving, 0, "i", "j") for moving in (ref.top, ref.left))
        return Code(call("read", constant(ref.sheet), *places), kind="any")

    def is_never_filled(self, ref: Ref) -> bool:
        """Whether no cell of a range holds anything: that is seen when it is read."""
        del ref
        return False

    def area(self, ref: Ref, *, loose: bool = False) -> Code:
        """A range as a list of rows."""
        del loose
        places = (place(moving, 0, "i", "j") for moving in (ref.top, ref.left, ref.bottom, ref.right))
        return Code(call("block", constant(ref.sheet), *places), kind="area")
