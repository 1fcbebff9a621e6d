"""`gradbook code` as people call it: what it writes, what it says, and its exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import xlsxwriter
from small_books import save

from workbook.app.cli import main
from workbook.check.recalc.ironcalc import IronCalcSession
from workbook.check.recalc.session import Results
from workbook.errors import WorkbookError
from workbook.transpile.back import check
from workbook.xlsx.worker import Worker

pytestmark = pytest.mark.usefixtures("in_process")
"""What the process does that opens files of strangers, `xlsx/test_worker.py` tries; one test here starts it too."""

DOUBLED = {"S": {"A1": "x", "B1": "doubled", **{f"A{r}": float(r) for r in (2, 3, 4)}}}
DOUBLED["S"] |= {f"B{r}": f"=2*A{r}" for r in (2, 3, 4)}


def saved_with(path: Path, *values: object) -> Path:
    """A sheet that doubles 2, 3 and 4, its formulas saved with these values."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("S")
    sheet.write_row(0, 0, ("x", "doubled"))
    for row, value in enumerate(values, 1):
        sheet.write(row, 0, row + 1)
        sheet.write_formula(row, 1, f"=2*A{row + 1}", None, value)
    book.close()
    return path


def test_a_script_is_written_and_runs_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = saved_with(tmp_path / "book.xlsx", 4, 6, 8), tmp_path / "script.py"
    assert main(["code", str(path), "--out", str(out)]) == 0
    assert capsys.readouterr().err == ""
    subprocess.run([sys.executable, "-I", str(out), "--dump", str(tmp_path / "cells.json")], check=True)
    assert json.loads((tmp_path / "cells.json").read_text()) == {"S!B2": 4.0, "S!B3": 6.0, "S!B4": 8.0}


def test_check_counts_the_saved_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = saved_with(tmp_path / "book.xlsx", 4, 6, 8), tmp_path / "script.py"
    assert main(["code", str(path), "--out", str(out), "--check"]) == 0
    assert "3 of 3 formula cells equal the saved values" in capsys.readouterr().out


def test_a_file_is_opened_in_a_process_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbook.xlsx.worker.Worker", Worker)
    path, out = saved_with(tmp_path / "book.xlsx", 4, 6, 8), tmp_path / "script.py"
    assert main(["code", str(path), "--out", str(out), "--check"]) == 0
    assert "3 of 3 formula cells equal the saved values" in capsys.readouterr().out


def test_a_saved_value_that_is_not_what_the_formula_gives_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = saved_with(tmp_path / "stale.xlsx", 4, 7, 8), tmp_path / "script.py"

    for more in ([], ["--check"]):
        assert main(["code", str(path), "--out", str(out), *more]) == 1
        said = capsys.readouterr().err
        assert "S!B3: the workbook has 7.0, the script 6.0" in said
        assert "1 of 3 cells differ from the saved values" in said
        assert "Not as the workbook has them: S!B3." in out.read_text(encoding="utf-8")


def test_only_the_first_cells_that_differ_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = saved_with(tmp_path / "stale.xlsx", *range(5, 505)), tmp_path / "script.py"
    assert main(["code", str(path), "--out", str(out)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 21
    # Row 2 doubles 2: saved with 5. Row 3 doubles 3 and was saved with 6, as it is.
    assert said[0].endswith("S!B2: the workbook has 5.0, the script 4.0")
    assert "499 of 500 cells differ" in said[-1]
    assert "S!B14 and 487 more." in out.read_text(encoding="utf-8")


def test_a_recalculation_that_differs_is_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # ironcalc 0.9.1 counts characters; Excel counts units of UTF-16, of which this one has two.
    path, out = save(tmp_path / "bare.xlsx", {"S": {"A1": 4.0, "B4": '=LEN("🌿")*A1'}}), tmp_path / "script.py"
    # Where LibreOffice has the script's value, the two programs disagree, and nothing is said.
    monkeypatch.setattr("workbook.check.recalc.libreoffice.find", lambda: None)
    assert main(["code", str(path), "--out", str(out)]) == 1
    assert "S!B4: the recalculation has 4.0, the script 8.0" in capsys.readouterr().err


def test_that_nothing_decides_is_said_where_libreoffice_gives_no_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, in_process: None
) -> None:
    def busy(_: Path) -> Results:
        raise WorkbookError("LibreOffice did not finish within 300 seconds (soffice)")

    monkeypatch.setattr("workbook.transpile.front.values.of_libreoffice", busy)
    # ironcalc 0.9.1 counts characters; Excel counts units of UTF-16, of which this one has two.
    path, out = save(tmp_path / "bare.xlsx", {"S": {"B1": '=LEN("🌿")'}}), tmp_path / "s.py"
    assert main(["code", str(path), "--out", str(out)]) == 1
    *_, differ, undecided = capsys.readouterr().err.splitlines()
    assert differ.endswith("1 of 1 cells differ from recalculated values (the file has none)")
    assert undecided.endswith("nothing decides which is right: LibreOffice did not finish within 300 seconds (soffice)")


def test_cells_that_nobody_has_a_value_for_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise WorkbookError("it cannot be loaded")

    monkeypatch.setattr(IronCalcSession, "values", fail)
    monkeypatch.setattr("workbook.check.recalc.libreoffice.find", lambda: None)
    path, out = save(tmp_path / "bare.xlsx", DOUBLED), tmp_path / "script.py"
    assert main(["code", str(path), "--out", str(out)]) == 0
    assert "3 formula cells have no value to compare with" in capsys.readouterr().err


def test_what_ironcalc_cannot_read_is_no_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbook.check.recalc.libreoffice.find", lambda: None)
    cells: dict[str, object] = {"B1": '=_xlfn.VALUETOTEXT("x",1)', "B2": '=B1&"!"', "B3": "=1+1"}
    path, out = save(tmp_path / "newer.xlsx", {"S": cells}), tmp_path / "script.py"
    assert main(["code", str(path), "--out", str(out)]) == 0
    assert "2 formula cells have no value to compare with" in capsys.readouterr().err
    assert main(["code", str(path), "--out", str(out), "--check"]) == 1, "what was not compared was not checked"
    said = capsys.readouterr()
    assert "1 of 1 formula cells equal" in said.out
    assert said.err.endswith("in the file or by a recalculation: S!B1, S!B2\n")


def test_a_file_without_values_is_compared_with_ironcalc(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = save(tmp_path / "bare.xlsx", DOUBLED), tmp_path / "script.py"
    assert main(["code", str(path), "--out", str(out), "--check"]) == 0
    assert "3 of 3 formula cells equal recalculated values (the file has none)" in capsys.readouterr().out


def test_a_script_that_does_not_run_is_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> dict[str, object]:
        raise check.CheckError(f"{path}: it does not run")

    monkeypatch.setattr(check, "run", fail)
    path, out = saved_with(tmp_path / "book.xlsx", 4, 6, 8), tmp_path / "script.py"
    assert main(["code", str(path), "--out", str(out)]) == 1
    assert "script.py: it does not run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.xlsx"], "nowhere.xlsx"),
        (["book.xlsx", "--sheet", "Else"], "there is no sheet 'Else'; its sheets are S"),
        (["book.txt"], "book.txt"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    saved_with(Path("book.xlsx"), 4, 6, 8)
    Path("book.txt").write_text("x,y\n", encoding="utf-8")
    assert main(["code", *arguments]) in (1, 2)
    assert said in capsys.readouterr().err.splitlines()[-1]
    assert not list(tmp_path.glob("*.py"))


def test_a_notebook_is_written_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = saved_with(tmp_path / "book.xlsx", 4, 6, 8), tmp_path / "book.ipynb"
    assert main(["code", str(path), "--to", "notebook", "--out", str(out), "--check"]) == 0
    assert "3 of 3 formula cells equal" in capsys.readouterr().out
    assert json.loads(out.read_text(encoding="utf-8"))["nbformat"] == 4


def test_a_title_is_no_markup_in_a_notebook(tmp_path: Path) -> None:
    title = "<img src=x onerror=alert(1)>"
    path, out = save(tmp_path / "book.xlsx", {title: DOUBLED["S"]}), tmp_path / "a.ipynb"
    assert main(["code", str(path), "--to", "notebook", "--out", str(out)]) == 0
    cells = json.loads(out.read_text(encoding="utf-8"))["cells"]
    words = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    assert any("&lt;img src" in text for text in words)
    assert not [text for text in words if "<" in text]


@pytest.mark.parametrize("to", ["numpy", "notebook"])
def test_a_file_whose_name_is_no_text_is_read(to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved_with(tmp_path / "book.xlsx", 4, 6, 8).rename(tmp_path / os.fsdecode(b"b\xffk.xlsx"))
    out = tmp_path / os.fsdecode(b"s\xff.py")
    assert main(["code", str(path), "--to", to, "--out", str(out)]) == 0
    assert "lines" in capsys.readouterr().out
    assert "b_k.xlsx" in out.read_text(encoding="utf-8") or "b?k.xlsx" in out.read_text(encoding="utf-8")


def test_numbers_beyond_all_floats_are_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "large.xlsx", tmp_path / "script.py"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("S")
    for row, formula in enumerate(("=10^308*10", "=10^400", "=10^308*10+A1", "=2^0.5")):
        sheet.write_formula(row, 0, formula, None, 5)
    book.close()
    assert main(["code", str(path), "--out", str(out)]) == 1
    assert "S!A1: the workbook has 5.0, the script #NUM!" in capsys.readouterr().err
    found = check.run(out)
    assert found == {**{f"S!A{row}": {"error": "#NUM!"} for row in (1, 2, 3)}, "S!A4": pytest.approx(2**0.5, rel=1e-15)}
