"""Pages as the command line makes them: of lessons, of files, listed on one more; none whose numbers are wrong."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from openpyxl import Workbook

from workbook.app import pages
from workbook.app.cli import main
from workbook.check.recalc import engines
from workbook.transpile import JavaScriptProgram, javascript


def test_the_page_of_a_lesson_is_written_and_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page", "cross_entropy", "--out", str(tmp_path)]) == 0
    page = (tmp_path / "pages" / "cross_entropy.html").read_text(encoding="utf-8")
    assert "<title>Cross-entropy</title>" in page
    listed = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    assert 'href="./cross_entropy.html"' in listed
    assert "How wrong a prediction is" in listed
    assert "Cross-entropy" in listed
    assert "index.html" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["pages"]


def test_the_index_is_in_the_order_of_the_path_and_links_to_any_name(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    for name in ("50% of #1", "attention", "optimizers", "affine"):
        (tmp_path / "pages" / f"{name}.html").write_text(f"<title>{name}</title>", encoding="utf-8")
    listed = pages.write_index(tmp_path)
    assert listed is not None
    found = re.findall(r'href="([^"]*)"', listed.read_text(encoding="utf-8"))
    assert found == ["./affine.html", "./optimizers.html", "./attention.html", "./50%25%20of%20%231.html"]


@pytest.mark.usefixtures("in_process")
def test_a_workbook_that_gradbook_made_gets_the_page_of_its_own_numbers(
    small_of: Callable[[str], Any], tmp_path: Path
) -> None:
    assert main(["page", str(small_of("cross_entropy").path), "--out", str(tmp_path)]) == 0
    assert "<title>Cross-entropy</title>" in (tmp_path / "pages" / "cross_entropy.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("in_process")
def test_a_strangers_workbook_gets_a_page(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row, value in enumerate((1, 2, 3), start=1):
        sheet.cell(row, 1, value)
        sheet.cell(row, 2, f"=A{row}*2")
    book.save(tmp_path / "mine.xlsx")
    assert main(["page", str(tmp_path / "mine.xlsx"), "--out", str(tmp_path)]) == 0
    assert "<title>mine</title>" in (tmp_path / "pages" / "mine.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(("another", "code"), [(5.0, 0), (4.0, 1)])
def test_a_page_that_a_second_program_upholds_is_written(
    another: float, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ironcalc 0.9.1 counts characters; Excel counts units of UTF-16, of which this one has two.
    book = Workbook()
    book.worksheets[0]["A1"] = '=LEN("🌿")+3'
    book.save(tmp_path / "mine.xlsx")
    monkeypatch.setattr("workbook.transpile.front.values.of_libreoffice", lambda _: {"Sheet": {(1, 1): another}})
    monkeypatch.setattr("workbook.transpile.back.disputes.engines", lambda: engines()[:1])
    assert main(["page", str(tmp_path / "mine.xlsx"), "--out", str(tmp_path)]) == code
    assert (tmp_path / "pages" / "mine.html").exists() is not bool(code)


@pytest.mark.usefixtures("in_process")
@pytest.mark.skipif(len(engines()) < 2, reason="LibreOffice is not installed")
def test_a_page_is_written_where_a_fault_of_the_first_program_goes_on_to_other_cells(tmp_path: Path) -> None:
    # B2 multiplies the cell of its own row; ironcalc 0.9.1 takes the whole column. LibreOffice 7.4 has no VSTACK.
    with xlsxwriter.Workbook(tmp_path / "mine.xlsx", {"use_future_functions": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_column("A1", [1, 2, 6])
        sheet.write_formula("B2", "=AVERAGE(A1:A3*2)")
        sheet.write_formula("C2", "=B2+SUM(VSTACK(A1:A3,1))")
    assert main(["page", str(tmp_path / "mine.xlsx"), "--out", str(tmp_path)]) == 0
    assert (tmp_path / "pages" / "mine.html").exists()


def test_a_page_whose_numbers_are_wrong_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slip = "packed: (at) => { const found = engine.packed(at); return {...found, V: found.V.map((v) => v * 1.001)}; }"

    def slipped(*args: Any) -> JavaScriptProgram:
        program = javascript(*args)
        code = f"(data => {{ const engine = ({program.code})(data); return {{...engine, {slip}}}; }})"
        return replace(program, code=code)

    monkeypatch.setattr(pages, "javascript", slipped)
    assert main(["page", "cross_entropy", "--out", str(tmp_path)]) == 1
    assert "no page was written" in capsys.readouterr().err
    assert not (tmp_path / "pages").exists()


def test_a_page_keeps_what_it_cannot_compute_as_it_was_saved_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("S").write_formula("B2", '=INFO("osversion")', None, "Windows")
    book.close()
    assert main(["page", str(path), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "kept as saved, not computed: S!B2 (uses INFO, which is not supported)\n" in said
    assert (tmp_path / "pages" / "mine.html").exists()


@pytest.mark.usefixtures("in_process")
def test_no_page_is_written_where_what_it_cannot_compute_has_no_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = Workbook()
    book.worksheets[0]["B2"] = '=INFO("osversion")'
    book.save(tmp_path / "mine.xlsx")
    assert main(["page", str(tmp_path / "mine.xlsx"), "--out", str(tmp_path)]) == 1
    assert "Sheet!B2: found nothing, expected a formula that a page computes: uses INFO" in capsys.readouterr().err
    assert not (tmp_path / "pages").exists()


@pytest.mark.usefixtures("in_process")
def test_no_page_is_made_of_what_is_no_lesson_and_no_workbook(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["page", "nothing", "--out", str(tmp_path)]) != 0
    (tmp_path / "old.xls").write_bytes(b"")
    assert main(["page", str(tmp_path / "old.xls"), "--out", str(tmp_path)]) == 1
    assert "old.xls: no page can be made of it" in capsys.readouterr().err
    assert main(["page", str(tmp_path / "absent.xlsx"), "--out", str(tmp_path)]) == 1
    assert "Traceback" not in capsys.readouterr().err
