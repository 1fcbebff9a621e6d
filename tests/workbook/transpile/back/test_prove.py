"""A script made again where it fails: what another program upholds is no failure."""

from pathlib import Path

import pytest
import xlsxwriter

from workbook.check.recalc.session import Result, Results
from workbook.transpile import Transpiled, transpile
from workbook.transpile.back import check
from workbook.xlsx.read import CellError


def made_with(
    path: Path, monkeypatch: pytest.MonkeyPatch, formulas: list[str], another: dict[tuple[int, int], Result]
) -> tuple[Transpiled, list[Path]]:
    """The script of a workbook without values: 3 in A1, the formulas under it; and how often another was asked."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.write(0, 0, 3)
        for row, formula in enumerate(formulas, start=1):
            sheet.write_formula(row, 0, formula)
    asked: list[Path] = []

    def of_another(path: Path) -> Results:
        asked.append(path)
        return {"S": dict(another)}

    monkeypatch.setattr("workbook.transpile.front.values.of_libreoffice", of_another)
    return transpile(path, target="numpy"), asked


def test_what_another_program_upholds_is_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # ironcalc 0.9.1 counts characters; Excel counts units of UTF-16, of which this one has two.
    formulas = ["=A1", '=LEN("🌿")+A1']
    made, asked = made_with(tmp_path / "book.xlsx", monkeypatch, formulas, {(2, 1): 3.0, (3, 1): 5.0})
    assert asked == [tmp_path / "book.xlsx"]
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences) == (2, ())
    assert made.comparison.upheld == {"S!A3"}
    assert made.unsure == frozenset()


def test_an_error_that_our_own_functions_do_not_find_is_what_another_program_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ironcalc 0.9.1 finds nothing in a single cell: all that hangs on it would be written for errors.
    formulas = ["=MATCH(3,A1,0)+4", "=A2/2"]
    made, asked = made_with(tmp_path / "book.xlsx", monkeypatch, formulas, {(2, 1): 5.0, (3, 1): 2.5})
    assert asked == [tmp_path / "book.xlsx"]
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences, made.comparison.upheld) == (2, (), frozenset())
    assert "a3 = a2 / 2" in made.script.source
    assert "attempted(" not in made.script.source


def test_an_error_that_all_find_is_one_and_nobody_else_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, asked = made_with(tmp_path / "book.xlsx", monkeypatch, ["=A1/0", "=A2+1", "=IFERROR(A2,A1)"], {})
    assert asked == []
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences) == (3, ())


def test_a_value_that_one_program_lacks_is_what_another_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # ironcalc 0.9.1 has no AGGREGATE; the sum of 3 and 4 without an error is 7.
    formulas = ["=A1+1", "=1/0", "=_xlfn.AGGREGATE(9,6,A1:A3)"]
    known = {(2, 1): 4.0, (3, 1): CellError("#DIV/0!")}
    made, _ = made_with(tmp_path / "book.xlsx", monkeypatch, formulas, known | {(4, 1): 7.0})
    assert made.unknown == ()
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences) == (3, ())
    other, _ = made_with(tmp_path / "other.xlsx", monkeypatch, formulas, known | {(4, 1): 8.0})
    assert other.comparison is not None
    assert [difference.cell for difference in other.comparison.differences] == ["S!A4"]


def test_an_error_that_was_saved_as_a_number_stops_no_formula_that_reads_it(tmp_path: Path) -> None:
    # The values are stale: "x" is no number.
    with xlsxwriter.Workbook(str(tmp_path / "book.xlsx")) as book:
        sheet = book.add_worksheet("S")
        sheet.write_row("A1", ["x", "1", "2"])
        for column, value in zip("ABC", (5, 1, 2), strict=True):
            sheet.write_formula(f"{column}2", f"=VALUE({column}1)", None, value)
        for cell, formula, value in (("A3", "=A2", 5), ("B3", "=A3+B2", 6), ("C3", "=B3+C2", 8)):
            sheet.write_formula(cell, formula, None, value)
    made = transpile(tmp_path / "book.xlsx", target="numpy")
    assert made.refused == ()
    assert made.comparison is not None
    wrong = {difference.cell: difference.found for difference in made.comparison.differences}
    assert wrong == {f"S!{cell}": {"error": "#VALUE!"} for cell in ("A2", "A3", "B3", "C3")}


def test_a_kind_of_formula_that_stops_a_script_twice_is_mended_wherever_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Numbers were saved for texts, in formulas that have nothing in common but their shape.
    rows = [5, 1, 7, 2, 8, 3, 6, 4]
    with xlsxwriter.Workbook(str(tmp_path / "book.xlsx")) as book:
        sheet = book.add_worksheet("S")
        sheet.write_column(0, 0, [float(row) for row in rows])
        for at, row in enumerate(rows):
            sheet.write_formula(at, 2, f'=IF($A${row}>0,"at "&A{rows[at - 1]},{row})', None, 1)
    runs: list[Path] = []
    run = check.run

    def counted(path: Path) -> dict[str, object]:
        runs.append(path)
        return run(path)

    monkeypatch.setattr(check, "run", counted)
    made = transpile(tmp_path / "book.xlsx", target="torch")
    assert made.refused == ()
    assert made.comparison is not None
    assert {d.found for d in made.comparison.differences} == {f"at {row}" for row in rows}
    assert len(runs) <= 4
