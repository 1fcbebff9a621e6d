"""Formulas that are equal but for their references: each has the tree that it has where it is read by itself."""

from pathlib import Path
from typing import Any

import pytest
from corpus.library import files
from irregular_books import irregular_texts
from small_books import save
from sweep import some

from workbook.errors import WorkbookError
from workbook.formula.address import cell_address
from workbook.transpile.errors import UnevenError, UnsupportedError
from workbook.transpile.front.capitals import with_capitals
from workbook.transpile.front.defined import Names
from workbook.transpile.front.lower import Lowering
from workbook.transpile.front.regions import Region, find_regions
from workbook.transpile.middle.names import Joiner, headings
from workbook.xlsx.read import Book, read_workbook


def saved(*_: object) -> list[Any]:
    raise UnsupportedError("asks for a value")


def lowered(lowering: Lowering, region: Region) -> object:
    try:
        return lowering.guided(region)
    except (UnsupportedError, UnevenError) as error:
        return type(error), str(error)


def cells(book: Book) -> list[Region]:
    """All cells with a formula, each by itself, as those of irregular sheets are."""
    regions = find_regions(book, Joiner(headings(book)))
    return [region for region in regions if region.is_own]


def differing(path: Path) -> tuple[list[str], int]:
    """The cells whose trees differ, and how many were compared."""
    book = with_capitals(read_workbook(path))
    names = Names.of(book)
    together = Lowering(names, saved)
    regions = cells(book)
    wrong = [r for r in regions if lowered(together, r) != lowered(Lowering(names, saved), r)]
    return [f"{r.sheet}!{cell_address(r.row, r.column)}={r.formula}" for r in wrong], len(regions)


@pytest.mark.parametrize("path", some(files(), 12), ids=lambda path: path.name)
def test_in_files_of_all_programs(path: Path) -> None:
    try:
        assert differing(path)[0] == []
    except WorkbookError as error:
        pytest.skip(str(error))


def test_on_irregular_sheets(tmp_path: Path) -> None:
    count = irregular_texts(tmp_path / "book.xlsx", 2, 60)
    assert differing(tmp_path / "book.xlsx") == ([], count)


FORMULAS = (
    ("SUM(A1:B2)+1", "SUM(C4:D9)+1", "SUM(B2:A1)+1", "SUM(C3:C3)+1", "SUM(A1:B1048576)+1", "SUM(A1:XFD2)+1"),
    ("C1+A1:A99", "C2+A1:A99", "C3+A1:A5", "C4+B7:D7", "C5+B7:B7"),
    ("2*B7:B7", "2*A1:A99", "2*B7:D9"),
    ("A1*2", "XFD1048576*2", "A1048577*2", "XFE1*2", "ZZZ9*2"),
    ("INDEX(A1:A9,3)", "INDEX(A1:C3,3)", "INDEX(A1:A2,3)", "INDEX(B2:B2,3)"),
    ('SUMIF(A1:A9,">1",B1:B9)', 'SUMIF(A1:A9,">1",B1:B2)', 'SUMIF(A1:A2,">1",B1:B9)'),
    ("COUNTIF(A1:A9,B1)", "COUNTIF(A1:A1048576,B1)", "COUNTIF(A3:A3,B1)"),
    ("COUNTBLANK(A1:A9)", "COUNTBLANK(A1:XFD1)", "COUNTBLANK(A1:A1048576)"),
    ("SUBTOTAL(9,A1:A9)", "SUBTOTAL(9,A1:B9)", "SUBTOTAL(9,J1:J30)"),
    ("'Other one'!A1+A1", "'Other one'!B2+C3", "Nowhere!A1+B1", "Nowhere!A2+B2"),
    ("S!A1+1", "S!B1+1", "-A1%", "-B7%", "+A1", "+B9", "A1&\"B1\"", "C1&\"B1\"", "A1&\"B2\""),
    ("IF(A1,,B1)", "IF(B1,,C1)", "(A1,B1)", "(B1,C1)", "A1:B2 B2:C3", "A2:B3 B3:C4", "A1:INDEX(B1:B9,2)"),
    ("SUM(A1-B2)", "SUM(5:7)", "SUM(A2-B3)", "SUM(A:C)", "SUM(B:D)", "SUM(2:3)"),
    ("ROW(A1)", "ROW(B7)", "NOSUCH(A1)", "NOSUCH(A2)", "1E999+A1", "1E999+A2", "{1,2}+A1", "{1,2}+A2"),
)  # fmt: skip


def test_what_becomes_another_tree_by_where_its_references_are(tmp_path: Path) -> None:
    # Apart from each other, so that none goes on with the one above it.
    formulas = [formula for kind in FORMULAS for formula in kind]
    sheet = {f"{'JLN'[k % 3]}{2 * k + 1}": f"={formula}" for k, formula in enumerate(formulas)}
    book = save(tmp_path / "book.xlsx", {"S": {"A1": 1.0, **sheet}, "Other one": {"A1": 2.0}})
    assert differing(book) == ([], len(formulas))


def test_whole_columns_of_a_sheet_of_one_row_are_no_cell(tmp_path: Path) -> None:
    one = {"A1": 5.0, "C1": "=SUM(A:A)"}
    two = {"A1": 1.0, "A2": 2.0, "C5": "=SUM(A:A)", "D9": "=SUM(B:B)"}
    assert differing(save(tmp_path / "book.xlsx", {"One": one, "Two": two})) == ([], 3)
