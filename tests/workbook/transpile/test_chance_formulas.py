"""Sheets drawn by chance: what their scripts compute is what a plain evaluation finds, and what ironcalc finds.

By default a few; GRADBOOK_TABLES=5000 draws so many for each language.
"""

import os
import random
from functools import cache
from pathlib import Path

import pytest
from chance_formulas import draw_sheet
from plain_excel import FormulaError, Place, Sheet, Value
from small_books import save

from workbook.check.recalc.ironcalc import IronCalc
from workbook.formula.address import cell_address
from workbook.transpile import Running, javascript, transpile
from workbook.transpile.back import check
from workbook.xlsx.read import CellError

SHEETS = int(os.environ.get("GRADBOOK_TABLES", "5"))
_A_WORKBOOK = 40
_LARGEST_ERROR = 1e-9


Shown = dict[Place, Value | FormulaError]


@cache
def drawn_sheets(first: int) -> dict[str, tuple[Sheet, Shown]]:
    """The sheets of a workbook, by title: the seed of each; and what the plain evaluation finds in each."""
    sheets = {f"T{seed}": draw_sheet(random.Random(seed)) for seed in range(first, min(first + _A_WORKBOOK, SHEETS))}
    return {title: (sheet, sheet.values()) for title, sheet in sheets.items()}


def saved(sheets: dict[str, tuple[Sheet, Shown]], path: Path) -> Path:
    """The sheets as a workbook without values."""
    cells = {
        title: {
            cell_address(*place): f"={sheet.text_of(formula)}" if isinstance(formula, tuple) else formula
            for place, formula in sheet.cells.items()
        }
        for title, (sheet, _) in sheets.items()
    }
    return save(path, cells)


def same(found: object, expected: object) -> bool:
    """Whether a value is the one expected, numbers but for rounding."""
    if isinstance(expected, FormulaError):
        return found in (CellError(expected.code), {"error": expected.code})
    if type(expected) is float and type(found) in (int, float):
        assert isinstance(found, int | float)
        return abs(found - expected) <= _LARGEST_ERROR * max(abs(expected), 1e-4)
    return type(found) is type(expected) and found == expected


def differing(
    found: dict[str, object], sheets: dict[str, tuple[Sheet, Shown]]
) -> dict[str, tuple[str, object, object]]:
    """The cells that are not as the plain evaluation has them: the formula, what is right, what was found."""
    return {
        cell: (sheet.text_of(sheet.cells[place]), getattr(value, "code", value), found.get(cell))
        for title, (sheet, shown) in sheets.items()
        for place, value in shown.items()
        if not same(found.get(cell := f"{title}!{cell_address(*place)}"), value)
    }


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize("first", range(0, SHEETS, _A_WORKBOOK))
def test_no_cell_differs_from_a_plain_evaluation(first: int, target: str, tmp_path: Path) -> None:
    sheets = drawn_sheets(first)
    made = transpile(saved(sheets, tmp_path / "sheets.xlsx"), target=target)
    assert made.refused == ()
    (tmp_path / "script.py").write_text(made.script.source, encoding="utf-8")
    assert differing(check.run(tmp_path / "script.py"), sheets) == {}


@pytest.mark.parametrize("first", range(0, SHEETS, _A_WORKBOOK))
def test_no_cell_of_a_page_differs_from_a_plain_evaluation(first: int, tmp_path: Path) -> None:
    sheets = drawn_sheets(first)
    program = javascript(saved(sheets, tmp_path / "sheets.xlsx"))
    assert program.refused == ()
    with Running(program) as session:
        results = session.values()
    found: dict[str, object] = {
        f"{title}!{cell_address(*place)}": value for title in results for place, value in results[title].items()
    }
    # Of two errors in a formula either may come first: a page computes what is the same for all cells before the rest.
    wrong = differing(found, sheets)
    assert [each for each in wrong.values() if str(each[1])[:1] != "#" or not isinstance(each[2], CellError)] == []


@pytest.mark.parametrize("first", range(0, SHEETS, _A_WORKBOOK))
def test_ironcalc_finds_what_the_plain_evaluation_finds_in_nine_cells_of_ten(first: int, tmp_path: Path) -> None:
    # It counts no error as unequal to a text, and its "<>" takes what is no number for 0.
    sheets = drawn_sheets(first)
    with IronCalc().open(saved(sheets, tmp_path / "sheets.xlsx")) as session:
        results = session.values()
    found: dict[str, object] = {
        f"{title}!{cell_address(*place)}": value for title in results for place, value in results[title].items()
    }
    cells = sum(len(shown) for _, shown in sheets.values())
    assert len(differing(found, sheets)) < cells / 10


def test_a_sheet_is_written_and_computed_as_excel_does() -> None:
    sheet = Sheet({(1, 1): "ab", (2, 1): 3.0, (3, 1): ("error", "#N/A")})
    formulas = {
        ("VLOOKUP", "AB", ("range", 1, 1, 2, 1), 1.0, False): ('VLOOKUP("AB",A1:A2,1,FALSE)', "ab"),
        ("COUNTIF", ("line", 1), ">1"): ('COUNTIF(A:A,">1")', 1.0),
        ("&", ("cell", 2, 1), True): ("(A2&TRUE)", "3TRUE"),
        ("IFERROR", ("+", ("cell", 3, 1), 1.0), ("cell", 9, 9)): ("IFERROR((A3+1),I9)", 0.0),
        ("<", 5.0, ("cell", 1, 1)): ("(5<A1)", True),
        ("SUM", ("range", 1, 1, 3, 1)): ("SUM(A1:A3)", "#N/A"),
    }
    for row, formula in enumerate(formulas, 1):
        sheet.cells[row, 3] = formula
    shown = {place: getattr(value, "code", value) for place, value in sheet.values().items() if place[1] == 3}
    found = {formula: (sheet.text_of(formula), shown[row, 3]) for row, formula in enumerate(formulas, 1)}
    assert found == formulas
