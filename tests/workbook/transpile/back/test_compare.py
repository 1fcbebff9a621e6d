"""The comparison of values, and the corpus itself: what is wrong must be found, and what is there must be whole."""

import json
import re
from pathlib import Path

import pytest
from corpus import book, cases, fills, package, tables
from corpus.compare import TOLERANCE, Difference, agrees, compare, functions, tally
from corpus.library import FILES, SIZE, entry, files

# The functions that the issue names, in the spelling that a file has without its prefixes.
NAMED = re.findall(
    r"\S+",
    """
    IF IFERROR IFNA AND OR NOT SUM SUMSQ SUMPRODUCT SUMXMY2 SUMIF SUMIFS COUNT COUNTIF COUNTBLANK ISBLANK ISNUMBER
    AVERAGE MIN MAX MEDIAN VAR VARP VAR.P VAR.S STDEV STDEVP STDEV.P STDEV.S LARGE SMALL RANK EXP LN LOG LOG10
    SQRT POWER ABS SIGN ROUND ROUNDUP ROUNDDOWN INT MOD CEILING CEILING.MATH FLOOR TANH SIN COS PI MMULT TRANSPOSE
    MINVERSE MDETERM MUNIT INDEX MATCH VLOOKUP HLOOKUP XLOOKUP CHOOSE OFFSET ROW ROWS COLUMN COLUMNS TEXT LEFT
    RIGHT MID LEN UPPER LOWER TRIM CONCAT CONCATENATE VALUE LAMBDA LET MAP REDUCE MAKEARRAY SEQUENCE HSTACK VSTACK
    SORT ANCHORARRAY SINGLE
    """,
)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (1.0, 1),
        (1 + 0.9 * TOLERANCE, 1.0),
        (-2e300, -2e300 * (1 + 0.9 * TOLERANCE)),
        (5e-13, 0.0),
        ("a", "a"),
        (True, True),
        ({"error": "#N/A"}, {"error": "#N/A"}),
    ],
)
def test_what_is_equal_agrees(found: object, expected: cases.Shown) -> None:
    assert agrees(found, expected)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (1 + 1.2 * TOLERANCE, 1.0),
        (1e-6 * (1 + 1e-5), 1e-6),
        (2e-12, 0.0),
        (float("nan"), 0.0),
        (float("inf"), 1e308),
        (True, 1.0),
        (1.0, True),
        (0.0, False),
        ("1", 1.0),
        (1.0, "1"),
        ("A", "a"),
        ("", 0.0),
        (None, 0.0),
        (None, ""),
        ("#N/A", {"error": "#N/A"}),
        ({"error": "#NUM!"}, {"error": "#N/A"}),
        ([1.0], 1.0),
    ],
)
def test_what_differs_does_not_agree(found: object, expected: cases.Shown) -> None:
    assert not agrees(found, expected)


def test_a_missing_cell_is_a_difference_and_one_too_many_is_none() -> None:
    found = compare({"s!A1": 1.0, "s!Z9": 5.0}, {"s!A1": 1.0, "s!A2": "x"}, {"s!A2": 'IF(1,"x")'})
    assert found == [Difference("s!A2", 'IF(1,"x")', None, "x")]
    assert str(found[0]) == "s!A2: =IF(1,\"x\") is missing, expected 'x'"


def test_functions_are_told_from_texts_names_and_prefixes() -> None:
    assert functions("_xlfn.LET(_xlpm.x,SUM(A1),\"MAX(\"&'MIN('!A1)") == {"LET", "SUM"}
    assert functions("_xlfn._xlws.SORT(log10)+LOG10(A1)") == {"SORT", "LOG10"}
    assert functions("-2^2") == {"operators"}


def test_a_cell_is_counted_under_each_of_its_functions() -> None:
    formulas = {"s!A1": "IF(SUM(A2)>1,1)", "s!A2": "SUM(B1)", "s!A3": "1+1"}
    assert tally(formulas, ["s!A2"]) == {"IF": (1, 0), "SUM": (2, 1), "operators": (1, 0)}


def test_the_corpus_is_small_and_written_by_many_programs() -> None:
    assert sum(path.stat().st_size for path in FILES.iterdir()) < SIZE
    writers = {entry(path).writer for path in files()}
    assert writers == {"xlsxwriter", "openpyxl", "libreoffice", "gnumeric", "sheetjs", "by_hand"}


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_every_expected_cell_is_a_formula_of_the_file(path: Path) -> None:
    known = entry(path)
    assert known.expected
    assert known.formulas.keys() == known.expected.keys()


@pytest.mark.parametrize("table", cases.tables())
def test_what_a_case_table_says_is_what_is_expected(table: str) -> None:
    known = json.loads((FILES / f"{table}.json").read_text(encoding="utf-8"))["cells"]
    assert compare(known, tables.book(table)[2]) == []


def test_each_function_of_the_issue_is_in_several_cells() -> None:
    counted: dict[str, int] = {}
    for path in files():
        for function, (cells, _) in tally(entry(path).formulas, []).items():
            counted[function] = counted.get(function, 0) + cells
    assert {function: counted.get(function, 0) for function in NAMED if counted.get(function, 0) < 3} == {}


def test_the_makers_still_make_what_is_there(tmp_path: Path) -> None:
    for name, plain in (("fills", fills.book()), ("lookup", tables.book("lookup")[0])):
        path = tmp_path / f"{name}.xlsx"
        book.by_xlsxwriter(plain, path)
        made = {cell: text for cell, (text, _) in package.cells(path).items()}
        assert made == {cell: text for cell, (text, _) in package.cells(FILES / f"{name}.xlsxwriter.xlsx").items()}
        book.by_xlsxwriter(plain, again := tmp_path / "again.xlsx")
        assert path.read_bytes() == again.read_bytes()
