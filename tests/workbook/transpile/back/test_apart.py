"""Cells computed apart: a program that is wrong about what a cell reads is no witness against it."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.recalc.session import Results
from workbook.transpile import transpile
from workbook.transpile.back import check
from workbook.transpile.back.apart import computed_apart
from workbook.xlsx.read import CellError, read_workbook


def _saved(path: Path, cells: dict[str, object], title: str = "S") -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for address, value in cells.items():
        sheet[address] = value
    book.save(path)
    return path


def _apart(path: Path, found: dict[str, Any], cells: list[str]) -> Results:
    return computed_apart(read_workbook(path), found, cells, IronCalc())


def test_each_cell_is_computed_from_what_the_script_has_for_those_that_it_reads(tmp_path: Path) -> None:
    cells = {"A1": 2.0, "A2": "=A1*10", "A3": "=A2+A1", "A4": '=A3&"x"', "A5": "=SUM(A1:A3)", "A6": "=ISERROR(A7)"}
    path = _saved(tmp_path / "book.xlsx", cells | {"A7": "=1/0", "A8": "=A4&A4", "A9": "=ISTEXT(A8)"}, "it's")
    found = {"it's!A2": 7.0, "it's!A3": 100.0, "it's!A7": {"error": "#N/A"}, "it's!A8": "#N/A", "it's!A4": "=1"}
    asked = [f"it's!A{row}" for row in (3, 4, 5, 6, 8, 9)]
    right = {(3, 1): 9.0, (4, 1): "100x", (5, 1): 109.0, (6, 1): True, (8, 1): "=1=1", (9, 1): True}
    assert _apart(path, found, asked) == {"it's": right}


def test_what_depends_on_its_place_is_not_computed_elsewhere(tmp_path: Path) -> None:
    cells = {
        "A1": 2.0,
        "A2": "=ROW()+A1",
        "A3": "=OFFSET(A1,0,0)",
        "A4": "=A1+1",
        "A5": "=rate*A1",
        "A6": "=S!A1+other!A1",
    }
    path = _saved(tmp_path / "book.xlsx", cells)
    assert _apart(path, {}, [f"S!A{row}" for row in range(2, 7)]) == {"S": {(4, 1): 3.0}}


def test_an_error_apart_is_that_error(tmp_path: Path) -> None:
    path = _saved(tmp_path / "book.xlsx", {"A1": "x", "A2": "=A1+1"})
    assert _apart(path, {}, ["S!A2"]) == {"S": {(2, 1): CellError("#VALUE!")}}


def test_what_follows_a_cell_that_a_program_has_wrong_is_upheld_without_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ironcalc 0.9.1 counts characters; Excel counts units of UTF-16, of which this one has two.
    path = _saved(tmp_path / "book.xlsx", {"A1": 3.0, "A2": '=LEN("🌿")+A1', "A3": "=A2*2", "B3": "=A3-A2"})
    monkeypatch.setattr("workbook.transpile.front.values.of_libreoffice", lambda _: {"S": {(2, 1): 5.0}})
    monkeypatch.setattr("workbook.transpile.back.disputes.engines", lambda: [IronCalc()])
    made = transpile(path, target="numpy")
    assert made.comparison is not None
    assert (made.comparison.differences, made.comparison.upheld) == ((), {"S!A2", "S!A3", "S!B3"})


def test_what_rests_on_a_false_kind_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # AND is the error that an argument is, after FALSE too; to ironcalc 0.9.1 it is FALSE there, and the cell a text.
    signals = {f"B{row}": f'=IF(AND(ISNUMBER(A{row}),A{row}>2),"buy","")' for row in range(1, 5)}
    path = _saved(
        tmp_path / "book.xlsx",
        {"A1": "=NA()", "A2": 1.0, "A3": 4.0, "A4": 5.0, "C1": "=SUMPRODUCT(--(B1:B3<>B2:B4))", **signals},
    )
    error = CellError("#N/A")
    monkeypatch.setattr("workbook.transpile.front.values.of_libreoffice", lambda _: {"S": {(1, 2): error}})
    monkeypatch.setattr("workbook.transpile.back.disputes.engines", lambda: [IronCalc()])
    made = transpile(path, target="numpy")
    assert made.comparison is not None
    assert (made.comparison.differences, made.comparison.upheld) == ((), {"S!B1", "S!C1"})
    (tmp_path / "script.py").write_text(made.script.source, encoding="utf-8")
    assert check.run(tmp_path / "script.py")["S!C1"] == {"error": "#N/A"}


def test_a_script_that_is_wrong_is_upheld_by_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _saved(tmp_path / "book.xlsx", {"A1": 3.0, "A2": "=A1*2", "A3": "=A2+1", "A4": "=A1+1"})
    run = check.run
    monkeypatch.setattr(check, "run", lambda script: run(script) | {"S!A2": 6.5, "S!A3": 7.5})
    made = transpile(path, target="numpy")
    assert made.comparison is not None
    # A3 is what follows from the script's own A2: the slip is A2's, which is named.
    assert [d.cell for d in made.comparison.differences] == ["S!A2"]
