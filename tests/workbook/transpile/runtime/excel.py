"""A formula's value, by the helpers that a script copies; and how a value in a table of cases is compared with it.

Expected values are Excel's: the examples of its documentation, and what its own words say of the edges. A table holds
(formula, expected): a number, a text, a boolean, an error as its code, an array as a list of rows; `near("0.27")` for a
number that its source gives to so many digits.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from workbook.formula.address import cell_position
from workbook.transpile.back.evaluate import Saved
from workbook.transpile.front.defined import Names
from workbook.transpile.front.lower import Lowering
from workbook.transpile.front.regions import find_regions
from workbook.transpile.runtime import HELPERS
from workbook.xlsx.read import Book, Cell, CellError, SheetCells

PLACE = (900, 90)
"""Where the formula stands: clear of all cells."""
ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#CALC!", "#SPILL!")


class near:  # noqa: N801 - it reads as a word in a table
    """A number given to so many digits: equal to within half a unit of the last."""

    def __init__(self, digits: str) -> None:
        mantissa, _, exponent = digits.lower().partition("e")
        decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
        self.value = float(digits)
        self.slack = 0.5000001 * 10.0**-decimals

    def __repr__(self) -> str:
        return f"about {self.value}"


def value(formula: str, cells: Mapping[str, Any] = {}) -> Any:
    """What an array formula shows that stands far from the cells of its sheet, which are given by address."""
    known = {cell_position(address): Cell(shown) for address, shown in cells.items() if shown is not None}
    known[PLACE] = Cell(None, formula, "CL900")
    book = Book({"Sheet": SheetCells("Sheet", "visible", known)}, {})
    (region,) = find_regions(book, lambda *_: True)
    saved = Saved(book)
    tree = Lowering(Names.of(book), saved.each).lower(region)
    return plain(saved.function(tree, region)(0, 0))


def plain(found: Any) -> Any:
    """A helper's result as a table of cases has it: a blank is 0, an array of one cell that cell."""
    if isinstance(found, list):
        rows = [[plain(item) for item in line] for line in found]
        return rows[0][0] if len(rows) == len(rows[0]) == 1 else rows
    if isinstance(found, HELPERS["Error"]):
        return CellError(found.code)
    return 0.0 if found is None else found


def shows(found: Any, expected: Any) -> bool:
    """Whether a value is the one expected: kinds alike, numbers within 1e-12 of themselves or as near as they say."""
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(len(a) == len(b) and all(map(shows, a, b)) for a, b in zip(found, expected, strict=True))
        )
    if isinstance(expected, str) and expected in ERRORS:
        return bool(found == CellError(expected))
    if isinstance(expected, bool | str):
        return type(found) is type(expected) and bool(found == expected)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    if isinstance(expected, near):
        return abs(found - expected.value) <= expected.slack
    return bool(abs(found - expected) <= 1e-12 * abs(expected))


def column(letter: str, values: Sequence[Any], first: int = 1) -> dict[str, Any]:
    """Values down a column, as cells by address."""
    return {f"{letter}{k}": item for k, item in enumerate(values, first)}
