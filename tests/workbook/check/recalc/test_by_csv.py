"""Results by way of CSV files: all digits of every number, whatever its format, and texts as texts."""

import math
import os
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import stays
from shared import Built

from workbook.check.checks import Checks
from workbook.check.recalc import by_csv
from workbook.check.recalc.libreoffice import VARIABLE, LibreOffice
from workbook.check.recalc.packed import PackedSheet
from workbook.check.recalc.patch import write_patched
from workbook.check.recalc.session import Result
from workbook.errors import FileError
from workbook.xlsx.bounds import Bound
from workbook.xlsx.read import CellError
from workbook.xlsx.worker import Worker

FORMULAS: dict[str, Result] = {
    "=1/3": 1 / 3,
    "=-1/3": -1 / 3,
    "=1/3000000": 1 / 3_000_000,
    "=-1/3E9": -1 / 3e9,
    "=1/3E14": 1 / 3e14,
    "=EXP(-40)": math.exp(-40),
    "=1/3E300": 1 / 3e300,
    "=1E20/3": 1e20 / 3,
    "=2+3": 5.0,
    "=1>2": 0.0,
    '="1"&"2"': "12",
    '="1,5"': "1,5",
    '="say ""no"""': 'say "no"',
    '="two"&CHAR(10)&"lines"': "two\nlines",
    '="TR"&"UE"': "TRUE",
    "=1/0": CellError("#DIV/0!"),
    "=NA()": CellError("#N/A"),
    "=SQRT(-1)": CellError("Err:502"),
}
"""Formulas, and what each gives by arithmetic, or by LibreOffice's name for the error."""
FORMATS = ("General", "0.00", "0%", "0.0E+00", "yyyy-mm-dd", "@", "# ?/?", ";;;", "#,##0 [$€]")


@pytest.fixture
def formats(tmp_path: Path) -> Path:
    """A sheet with a column of all formulas for each format, from C2; the names of its sheets want care."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Run, frozen"
    for column, number_format in enumerate(FORMATS, 3):
        for row, formula in enumerate(FORMULAS, 2):
            cell = sheet.cell(row, column, formula)
            cell.number_format = number_format
    book.create_sheet("Läufe 'n' mehr").append([0.1])
    book.create_sheet("manifest").sheet_state = "veryHidden"
    path = tmp_path / "formats.xlsx"
    book.save(path)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere none stays open")
def test_numbers_have_their_digits_in_every_format(
    formats: Path, office: LibreOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not the one that stays open for tests.
    monkeypatch.delenv(VARIABLE, raising=False)
    assert office.name
    with Worker(os.getpid) as worker:
        found, is_by_csv = worker.call(stays.answered, formats, bound=Bound.none("formats"))
    assert is_by_csv
    assert list(found) == ["Run, frozen", "Läufe 'n' mehr", "manifest"]
    assert found["Läufe 'n' mehr"] == {(1, 1): 0.1}
    assert found["manifest"] == {}
    sheet = found["Run, frozen"]
    assert len(sheet) == len(FORMULAS) * len(FORMATS)
    for column, number_format in enumerate(FORMATS, 3):
        for row, (formula, expected) in enumerate(FORMULAS.items(), 2):
            value = sheet[row, column]
            assert type(value) is type(expected), (number_format, formula)
            close = pytest.approx(expected, rel=5e-15, abs=0) if isinstance(expected, float) else expected
            assert value == close, (number_format, formula)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere none stays open")
def test_without_csv_files_a_workbook_is_asked_for(
    formats: Path, tmp_path: Path, office: LibreOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with office.open(formats) as session:
        expected = session.values()
    with Worker(os.getpid) as worker:
        bound = Bound.none("formats")
        found, asked = worker.call(stays.answered_without_csv, formats, tmp_path / "soffice", bound=bound)
    assert found == expected
    assert not asked


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere none stays open")
def test_a_lesson_holds_by_csv_files_and_a_number_that_is_not_the_plans_shows(
    small_of: Callable[[str], Built], tmp_path: Path, office: LibreOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert office.name
    path, plan = small_of("schedules")
    place = plan.places["annealing.first_rate"]
    assert not place.shape
    write_patched(path, tmp_path / "edited.xlsx", {place.title: {place.origin: float(plan.values[place.name]) * 1.001}})
    with Worker(os.getpid) as worker:
        found, is_by_csv = worker.call(stays.answered, path, bound=Bound.none("schedules"))
        edited, _ = worker.call(stays.answered, tmp_path / "edited.xlsx", bound=Bound.none("edited"))
    assert is_by_csv
    checks = Checks(plan)
    assert checks.compare(found, kind="value", by=office.name) == []
    failures = checks.compare(edited, kind="value", by=office.name)
    assert failures
    assert {(failure.kind, failure.by) for failure in failures} == {("value", office.name)}

    # How far rounding reaches does not depend on how results are kept.
    kept = {title: sheet.one_by_one() for title, sheet in found.items() if isinstance(sheet, PackedSheet)}
    reaches = [checks.reach(results, plan.values, checks.expected(results, plan.values)) for results in (found, kept)]
    assert reaches[0].keys() == reaches[1].keys()
    assert reaches[0]
    assert all((reach == reaches[1][name]).all() for name, reach in reaches[0].items())


GOOD = '1.23456789012345E-07,"1"\n'


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        (GOOD, True),
        ('0.00000012345678901235,"1"\n', False),
        ("1.23456789012345E-07,1\n", False),
        ('"1.23456789012345E-07","1"\n', False),
        ('1.23456789012345E-07,"1",TRUE\n', False),
        ("", False),
    ],
    ids=["as expected", "too few digits", "a text bare", "a number between quotes", "a word bare", "nothing"],
)
def test_a_trial_shows_a_program_that_writes_otherwise(text: str, passes: bool, tmp_path: Path) -> None:
    (tmp_path / "trial-Sheet.csv").write_text(text)
    assert by_csv.is_passed(tmp_path, "trial") is passes


def test_a_sheet_without_its_file_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "book-One.csv").write_text(GOOD)
    assert by_csv.read(tmp_path, "book", ["One"]) is not None
    assert by_csv.read(tmp_path, "book", ["One", "Two"]) is None


def test_all_but_number_formats_is_copied(formats: Path, tmp_path: Path) -> None:
    by_csv.write_plain(formats, tmp_path / "plain.xlsx")
    before, after = openpyxl.load_workbook(formats), openpyxl.load_workbook(tmp_path / "plain.xlsx")
    assert after.sheetnames == before.sheetnames
    for title in before.sheetnames:
        cells = [[[cell.value for cell in row] for row in book[title].iter_rows()] for book in (before, after)]
        assert cells[0] == cells[1]
        assert {cell.number_format for row in after[title].iter_rows() for cell in row if cell.value} <= {";;;"}


def test_styles_in_a_spelling_of_another_program_are_refused(tmp_path: Path, formats: Path, rewrite: object) -> None:
    assert callable(rewrite)
    rewrite(formats, "xl/styles.xml", "<styleSheet .*</styleSheet>", '<x:styleSheet xmlns:x="urn:x"/>')
    with pytest.raises(FileError, match="its styles are not spelled as ours"):
        by_csv.write_plain(formats, tmp_path / "plain.xlsx")
