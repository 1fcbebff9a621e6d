"""What callers rely on in both programs: saved results are ignored, cells can be set, errors are told from text."""

import os
import re
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ironcalc as ironcalc_package
import openpyxl
import pytest
import stays
import xlsxwriter
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.pagebreak import Break
from processes import all_end, started_by

from workbook.check.recalc import engines, ironcalc
from workbook.check.recalc.ironcalc import IronCalc, IronCalcSession, one_sentence
from workbook.check.recalc.kept import converting, set_up
from workbook.check.recalc.libreoffice import ALWAYS, NEVER, VARIABLE, XLSX, LibreOffice, find, settings
from workbook.check.recalc.session import Engine, Question, Rectangles, Session
from workbook.errors import FileError, WorkbookError
from workbook.xlsx.bounds import Bound
from workbook.xlsx.read import CellError, read_workbook
from workbook.xlsx.worker import Worker

Rewrite = Callable[[Path, str, str, str], None]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Sheet `In put`: 2, a text, TRUE; hidden sheet `Sums`: formulas of them and an array formula in C1:D2."""
    book = openpyxl.Workbook()
    data = book.active
    assert data is not None
    data.title = "In put"
    data["A1"], data["A2"], data["A3"] = 2, "#N/A", True
    data["A2"].data_type = "s"
    sums = book.create_sheet("Sums")
    sums.sheet_state = "veryHidden"
    sums["A1"] = "='In put'!A1*10"
    sums["A2"] = "='In put'!A2"
    sums["A3"] = '=IF(\'In put\'!A3,"","no")'
    sums["A4"] = "=1/0"
    sums["A5"] = "='In put'!C9&\"!\""
    sums["C1"] = ArrayFormula("C1:E2", "={1,2,3;4,5,6}*'In put'!A1")
    path = tmp_path / "small.xlsx"
    book.save(path)
    return path


SUMS = {
    (1, 1): 20.0,
    (2, 1): "#N/A",
    (3, 1): "",
    (4, 1): CellError("#DIV/0!"),
    (5, 1): "!",
    (1, 3): 2.0,
    (1, 4): 4.0,
    (1, 5): 6.0,
    (2, 3): 8.0,
    (2, 4): 10.0,
    (2, 5): 12.0,
}


def test_every_cell_of_every_sheet_is_told_hidden_ones_too(engine: Engine, small: Path) -> None:
    with engine.open(small) as session:
        found = session.values()
    assert found == {"In put": {(1, 1): 2.0, (2, 1): "#N/A", (3, 1): True}, "Sums": SUMS}
    assert [type(value) for value in found["In put"].values()] == [float, str, bool]


def test_only_the_sheets_named_are_told(engine: Engine, small: Path) -> None:
    with engine.open(small) as session:
        assert session.values(["Sums"]) == {"Sums": SUMS}


def test_a_cell_that_is_set_changes_what_depends_on_it(engine: Engine, small: Path) -> None:
    with engine.open(small) as session:
        session.values()
        session.set("In put", 1, 1, 0.1)
        session.set("In put", 3, 1, False)
        session.set("In put", 9, 3, '=1+1 & <"x"> _x0041_ \n')
        found = session.values()
        assert found["In put"][9, 3] == '=1+1 & <"x"> _x0041_ \n'
        assert found["Sums"][1, 1] == 1.0
        assert found["Sums"][3, 1] == "no"
        assert found["Sums"][5, 1] == '=1+1 & <"x"> _x0041_ \n!'
        session.set("In put", 1, 1, 3)
        assert session.values(["Sums"])["Sums"][1, 1] == 30.0
    assert read_workbook(small).sheets["In put"].cells[1, 1].value == 2.0


def test_a_formula_can_be_replaced_by_a_value(engine: Engine, small: Path) -> None:
    with engine.open(small) as session:
        session.set("Sums", 1, 1, 7.0)
        assert session.values()["Sums"][1, 1] == 7.0


def test_a_corrupted_saved_result_is_corrected(engine: Engine, small: Path, rewrite: Rewrite) -> None:
    corrupt(small, rewrite)
    assert read_workbook(small).sheets["Sums"].cells[1, 1].value == 999.0
    with engine.open(small) as session:
        assert session.values()["Sums"][1, 1] == 20.0


def test_libreoffice_would_keep_a_corrupted_result_if_it_were_not_forced(
    office: LibreOffice, small: Path, rewrite: Rewrite, monkeypatch: pytest.MonkeyPatch
) -> None:
    corrupt(small, rewrite)
    with LibreOffice(office.program, recalculation=NEVER).open(small) as session:
        assert session.values()["Sums"][1, 1] == 999.0
    # Here as users have it: the program is started for this file alone.
    monkeypatch.delenv("GRADBOOK_SOFFICE", raising=False)
    started = find()
    assert started is not None
    with started.open(small) as session:
        assert session.values()["Sums"][1, 1] == 20.0


def corrupt(path: Path, rewrite: Rewrite) -> None:
    """Save 999 as the result of 2 * 10."""
    rewrite(path, "xl/worksheets/sheet2.xml", r"(\*10</f>)<v ?/>|(\*10</f>)<v></v>", r"\1\2<v>999</v>")


@pytest.mark.parametrize(("row", "column", "name"), [(1, 3, "C1"), (2, 5, "E2")])
def test_a_part_of_an_array_formula_cannot_be_set(
    engine: Engine, small: Path, row: int, column: int, name: str
) -> None:
    def change(session: Session) -> None:
        session.set("Sums", row, column, 5.0)
        session.values()

    with engine.open(small) as session, pytest.raises(WorkbookError, match=f"{name} is part of an array formula"):
        change(session)


def test_an_unknown_sheet_is_named_with_those_there_are(engine: Engine, small: Path) -> None:
    with engine.open(small) as session:
        with pytest.raises(WorkbookError, match="no sheet named 'Sum'; known: In put, Sums"):
            session.set("Sum", 1, 1, 1.0)
        with pytest.raises(WorkbookError, match="no sheet named 'Sum'; known: In put, Sums"):
            session.values(["Sum"])


@pytest.mark.parametrize(("row", "column", "value"), [(0, 1, 1.0), (1, 16_385, 1.0), (1, 1, float("nan"))])
def test_what_no_cell_can_hold_is_refused(engine: Engine, small: Path, row: int, column: int, value: float) -> None:
    with engine.open(small) as session, pytest.raises(WorkbookError, match="sheet Sums"):
        session.set("Sums", row, column, value)


def test_a_file_that_is_no_workbook_is_refused(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "words.xlsx"
    path.write_text("words")
    with pytest.raises(FileError, match="not an Excel workbook"):
        engine.open(path)


def test_a_file_of_xlsxwriter_with_shared_strings_can_be_set(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "writer.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("S")
    sheet.write_string(0, 0, "old")
    sheet.write_string(0, 3, "kept")
    sheet.write_formula(4, 0, '=A1&B1&D1&"."')
    book.close()
    with engine.open(path) as session:
        session.set("S", 1, 1, "new ")
        session.set("S", 1, 2, "and ")
        assert session.values()["S"][5, 1] == "new and kept."


def test_a_file_that_libreoffice_wrote_can_be_set(
    office: LibreOffice, engine: Engine, small: Path, tmp_path: Path
) -> None:
    set_up(tmp_path / "profile", settings(ALWAYS))
    command = converting(office.program, tmp_path / "profile", XLSX, tmp_path / "written", small)
    subprocess.run(command, check=True, capture_output=True, timeout=office.timeout_s)
    written = tmp_path / "written" / small.name
    with engine.open(written) as again:
        again.set("In put", 1, 1, 4.0)
        again.set("In put", 9, 3, "wow")
        found = again.values()
    assert found["Sums"][1, 1] == 40.0
    assert found["Sums"][2, 5] == 24.0
    assert found["Sums"][5, 1] == "wow!"


def test_cells_that_shared_the_formula_of_a_cell_that_is_set_keep_it(
    engine: Engine, tmp_path: Path, rewrite: Rewrite
) -> None:
    path = tmp_path / "shared.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in range(1, 4):
        sheet.cell(row, 1, row)
        sheet.cell(row, 2, f"=A{row}*2")
    book.save(path)
    part = "xl/worksheets/sheet1.xml"
    rewrite(path, part, r"<f>A1\*2</f>", '<f t="shared" ref="B1:B3" si="0">A1*2</f>')
    rewrite(path, part, r"<f>A2\*2</f>", '<f t="shared" si="0"/>')
    rewrite(path, part, r"<f>A3\*2</f>", '<f t="shared" si="0"/>')
    with engine.open(path) as session:
        session.set("Sheet", 1, 2, 100.0)
        assert [session.values()["Sheet"][row, 2] for row in (1, 2, 3)] == [100.0, 4.0, 6.0]


def test_places_that_the_file_leaves_to_be_counted_stay_when_a_cell_is_inserted(
    office: LibreOffice, tmp_path: Path, rewrite: Rewrite
) -> None:
    path = tmp_path / "counted.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["D1"], sheet["E1"], sheet["A2"] = 1, 2, 3
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    rewrite(path, "xl/worksheets/sheet1.xml", r"<sheetData>.*</sheetData>", bare_cells(text))
    with office.open(path) as session:
        session.set("Sheet", 1, 1, 10.0)
        session.set("Sheet", 1, 8, 40.0)
        session.set("Sheet", 2, 3, 30.0)
        session.set("Sheet", 4, 1, 50.0)
        found = session.values()["Sheet"]
    assert found == {(1, 1): 10.0, (1, 4): 1.0, (1, 5): 2.0, (1, 8): 40.0, (2, 1): 3.0, (2, 3): 30.0, (4, 1): 50.0}


def bare_cells(text: str) -> str:
    """The block of cells without the addresses of its cells, that of D1 excepted."""
    block = re.search(r"<sheetData>.*</sheetData>", text, flags=re.DOTALL)
    assert block is not None
    return re.sub(r'(<c) r="(?!D1)[A-Z]+\d+"', r"\1", block[0])


def test_ironcalc_says_its_version() -> None:
    assert IronCalc().name == f"ironcalc {ironcalc_package.__version__}"


def test_a_planted_formula_changes_one_cell(small: Path) -> None:
    with IronCalc().open(small) as session:
        session.set_formula("Sums", 1, 1, "'In put'!A1*10*1.001")
        found = session.values()["Sums"]
    assert found == SUMS | {(1, 1): pytest.approx(20.02, rel=1e-15)}


def test_a_planted_array_formula_changes_its_whole_block(small: Path) -> None:
    with IronCalc().open(small) as session:
        session.set_formula("Sums", 1, 3, "={1,2,3;4,5,6}+0.5")
        found = session.values()["Sums"]
        assert [found[row, column] for row in (1, 2) for column in (3, 4, 5)] == [1.5, 2.5, 3.5, 4.5, 5.5, 6.5]
        with pytest.raises(WorkbookError, match="E2 is part of an array formula"):
            session.set_formula("Sums", 2, 5, "=1")


def test_look_ups_in_whole_columns_take_ironcalc_no_longer_than_in_their_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in range(1, 61):
        sheet.append([f"part {row}", row, f'=IFERROR(INDEX(B:B,MATCH("part {61 - row}",$A:$A,0)),"")'])
    # A sparse sheet, and what stands after its rows in the file.
    sheet["B500"] = 7
    sheet["D1"] = "=MATCH(7,B50:B500,0)+SUM(B:B)+MAX(INDEX(B:B,500),0)"
    sheet.row_breaks.append(Break(id=20))
    book.save(tmp_path / "parts.xlsx")
    began = time.process_time()
    with IronCalc().open(tmp_path / "parts.xlsx") as session:
        found = session.values()["Sheet"]
    # In a million cells they took a quarter of a second each.
    assert time.process_time() - began < 4
    assert [found[row, 3] for row in range(1, 61)] == [float(61 - row) for row in range(1, 61)]
    assert found[1, 4] == 451 + 1837 + 7


def test_a_panic_of_ironcalc_becomes_one_sentence() -> None:
    with pytest.raises(WorkbookError, match=r"cannot do it \(it panicked"), one_sentence("ironcalc cannot do it"):
        ironcalc_package.test_panic()


def test_ctrl_c_is_no_error_of_ironcalc() -> None:
    with pytest.raises(KeyboardInterrupt), one_sentence("ironcalc cannot do it"):
        raise KeyboardInterrupt


def test_libreoffice_says_its_version(office: LibreOffice) -> None:
    assert re.fullmatch(r"LibreOffice \d+\.\d+[\w.]*", office.name)


def program(folder: Path, body: str) -> Path:
    """A program that stands in for soffice."""
    path = folder / "soffice"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


posix_only = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for soffice is a shell script")


@posix_only
def test_a_libreoffice_that_hangs_is_stopped_with_its_children(small: Path, tmp_path: Path) -> None:
    children = tmp_path / "child"
    hanging = program(tmp_path, f'sleep 600 &\necho $! > "{children}"\nwait')
    with (
        LibreOffice(hanging, timeout_s=1.0).open(small) as session,
        pytest.raises(WorkbookError, match="did not finish within 1 seconds"),
    ):
        session.values()
    assert all_end([int(children.read_text())])


@posix_only
def test_a_libreoffice_that_writes_nothing_is_one_clear_error(small: Path, tmp_path: Path) -> None:
    broken = program(tmp_path, 'echo "Error: source file could not be loaded"')
    with (
        LibreOffice(broken).open(small) as session,
        pytest.raises(WorkbookError, match=r"could not recalculate it \(Error: source"),
    ):
        session.values()


@posix_only
def test_libreoffice_keeps_its_memory_unless_somebody_says_otherwise(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling = program(tmp_path, 'echo "$MALLOC_TRIM_THRESHOLD_ bytes"')
    for said, found in ((None, "1073741824 bytes"), ("4096", "4096 bytes")):
        if said:
            monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", said)
        with LibreOffice(telling).open(small) as session, pytest.raises(WorkbookError, match=found):
            session.values()


def test_a_libreoffice_that_is_not_there_is_one_clear_error(small: Path, tmp_path: Path) -> None:
    with (
        LibreOffice(tmp_path / "nothing").open(small) as session,
        pytest.raises(WorkbookError, match="LibreOffice cannot be started"),
    ):
        session.values()


@posix_only
def test_the_environment_names_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named = program(tmp_path, "echo LibreOffice 99.1.2.3 abc")
    monkeypatch.setenv("GRADBOOK_SOFFICE", str(named))
    found = find()
    assert found is not None
    assert found.name == "LibreOffice 99.1.2.3"
    assert [engine.name for engine in engines()] == [IronCalc().name, "LibreOffice 99.1.2.3"]
    assert [engine.name for engine in engines(["libreoffice"])] == ["LibreOffice 99.1.2.3"]


def test_a_program_that_the_environment_names_wrongly_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADBOOK_SOFFICE", str(Path("no", "such", "program")))
    with pytest.raises(WorkbookError, match="GRADBOOK_SOFFICE names"):
        find()


def test_without_libreoffice_ironcalc_works_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADBOOK_SOFFICE", raising=False)
    monkeypatch.setattr("workbook.check.recalc.libreoffice.shutil.which", lambda _: None)
    assert [engine.name for engine in engines()] == [IronCalc().name]
    with pytest.raises(WorkbookError, match="LibreOffice is not found"):
        engines(["libreoffice"])


def test_an_unknown_engine_is_named_with_those_there_are() -> None:
    with pytest.raises(WorkbookError, match="no recalculation engine named 'excel'; known: ironcalc, libreoffice"):
        engines(["ironcalc", "excel"])
    with pytest.raises(WorkbookError, match="no recalculation engine is named"):
        engines([])


def test_listing_the_engines_imports_none_of_them() -> None:
    code = "import sys, workbook.check.recalc as r; r.engines(['ironcalc']); print('ironcalc' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert found.stdout.strip() == "False"


def questions() -> list[Question]:
    """The inputs of `small`, each set to something else, with and without what is known of other formulas."""
    at = ("In put", 1, 1)
    return [
        Question({at: 3.0}, {at: 2.0}),
        Question({at: 5.0, ("In put", 3, 1): False}, {at: 2.0, ("In put", 3, 1): True}, ["Sums"]),
        Question({at: 7.0}, {at: 2.0}, untouched=lambda: {"Sums": [(2, 1, 4, 1)]}),
    ]


def test_questions_are_answered_in_their_order_and_leave_nothing_behind(engine: Engine, small: Path) -> None:
    with engine.open(small) as session:
        first, second, third = session.answers(questions())
        assert session.values()["Sums"] == SUMS
    assert [found["Sums"][1, 1] for found in (first, second, third)] == [30.0, 50.0, 70.0]
    assert (first["In put"][1, 1], second["Sums"][3, 1], list(second)) == (3.0, "no", ["Sums"])


def mistaken() -> Question:
    """A question that calls formulas untouched one of which reads what it sets."""
    inputs = {("In put", 1, 1): 7.0, ("In put", 2, 1): "other"}
    return Question(inputs, {}, untouched=lambda: {"Sums": [(2, 1, 4, 1)]})


def test_what_a_question_does_not_touch_is_not_computed_again_by_ironcalc(small: Path) -> None:
    with IronCalc().open(small) as session:
        _, found = session.answers([Question({}, {}), mistaken()])
        assert session.values()["Sums"] == SUMS
    # Errors and empty texts can't be put into cells without a formula.
    assert [found["Sums"][row, 1] for row in (1, 2, 3, 4)] == [70.0, "#N/A", "", CellError("#DIV/0!")]


def test_what_nobody_has_computed_is_computed_whatever_a_question_does_not_touch(small: Path) -> None:
    with IronCalc().open(small) as session:
        (found,) = session.answers([mistaken()])
    assert [found["Sums"][row, 1] for row in (1, 2, 3, 4)] == [70.0, "other", "", CellError("#DIV/0!")]


def test_a_stage_is_computed_without_those_after_it_by_ironcalc(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stages = [{"Sums": [(1, 1, 2, 1)]}, {"Sums": [(3, 1, 5, 1)]}, {"Sums": [(1, 3, 2, 5)]}]
    with IronCalc().open(small) as session:
        emptied: list[Rectangles] = []
        clear = IronCalcSession.clear
        monkeypatch.setattr(IronCalcSession, "clear", lambda self, found: (emptied.append(found), clear(self, found)))
        (found,) = session.answers([Question({}, {}, stages=lambda: stages)])
    assert found["Sums"] == SUMS
    assert emptied == [stages[1], stages[2], stages[2]]


def test_a_cell_that_was_set_makes_what_was_computed_old(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ironcalc, "LARGE", 0)
    monkeypatch.setattr(ironcalc, "cores", lambda: 2)
    with IronCalc().open(small) as session:
        (first,) = session.answers([Question({}, {})])
        (held,) = session.answers([mistaken()])
        session.set("In put", 2, 1, "new")
        (found,) = session.answers([Question({("In put", 1, 1): 7.0}, {}, untouched=mistaken().untouched)])
    assert first["Sums"] == SUMS
    assert [cells["Sums"][2, 1] for cells in (held, found)] == ["#N/A", "new"]


def test_an_answer_that_comes_after_a_cell_was_set_is_known_no_longer(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ironcalc, "LARGE", 0)
    monkeypatch.setattr(ironcalc, "cores", lambda: 2)
    with IronCalc().open(small) as session:
        answers = session.answers([Question({}, {}), Question({}, {})])
        next(answers)
        session.set("In put", 2, 1, "new")
        assert next(answers)["Sums"] == SUMS
        (found,) = session.answers([Question({("In put", 1, 1): 7.0}, {}, untouched=mistaken().untouched)])
    assert found["Sums"][2, 1] == "new"


def test_questions_that_set_the_same_inputs_share_a_copy_until_another_cell_is_set(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[IronCalcSession] = []
    copy = IronCalcSession.copy
    monkeypatch.setattr(IronCalcSession, "copy", lambda self: (copied.append(self), copy(self))[1])
    at, text, others = ("In put", 1, 1), ("In put", 2, 1), {"Sums": [(2, 1, 4, 1)]}
    asked = [Question({}, {}), *(Question({at: value}, {}, untouched=lambda: others) for value in (3.0, 4.0, 5.0))]
    with IronCalc().open(small) as session:
        answers = session.answers([*asked, Question({text: "x"}, {}, untouched=dict)])
        found = [next(answers)["Sums"] for _ in range(3)]
        session.set(*text, "new")
        found += [each["Sums"] for each in answers]
    assert [cells[1, 1] for cells in found] == [20.0, 30.0, 40.0, 50.0, 20.0]
    assert [cells[2, 1] for cells in found] == ["#N/A", "#N/A", "#N/A", "new", "x"]
    assert len(copied) == 3, "for 3 and 4, for 5 after a cell was set, for a text"


def test_processes_of_their_own_answer_the_same(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with IronCalc().open(small) as session:
        expected = list(session.answers(questions()))
    monkeypatch.setattr(ironcalc, "LARGE", 0)
    monkeypatch.setattr(ironcalc, "cores", lambda: 2)
    monkeypatch.setattr(ironcalc, "answer", elsewhere(ironcalc.answer))
    with IronCalc().open(small) as session:
        first, second = session.answers(questions()[:1]), session.answers(questions()[1:])
        assert [*second, *first] == [*expected[1:], *expected[:1]]


def elsewhere(answer: Callable[..., Any]) -> Callable[..., Any]:
    """What stands for an answer in this process, and is that function in any other."""

    def here(*_: object) -> None:
        pytest.fail("it was answered in this process")

    here.__module__, here.__qualname__ = answer.__module__, answer.__qualname__
    return here


def test_a_process_that_dies_is_one_sentence_about_the_file(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ironcalc, "LARGE", 0)
    monkeypatch.setattr(ironcalc, "cores", lambda: 2)
    monkeypatch.setattr(ironcalc.IronCalcSession, "asked", lambda *_: (os._exit, (3,)))
    with (
        IronCalc().open(small) as session,
        pytest.raises(WorkbookError, match=re.escape(f"{small}: its process was ended (exit code 3)")),
    ):
        list(session.answers(questions()))


def test_what_is_asked_wrongly_is_an_error_of_the_file_from_another_process_too(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ironcalc, "LARGE", 0)
    monkeypatch.setattr(ironcalc, "cores", lambda: 2)
    asked = [*questions(), Question({("Nowhere", 1, 1): 1.0}, {})]
    with IronCalc().open(small) as session, pytest.raises(WorkbookError, match="there is no sheet named 'Nowhere'"):
        list(session.answers(asked))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere none stays open")
def test_a_libreoffice_that_stays_open_finds_the_same_and_ends_with_the_process_that_it_serves(
    small: Path, office: LibreOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not the one that stays open for tests.
    monkeypatch.delenv(VARIABLE, raising=False)
    with office.open(small) as session:
        expected = session.values()
    with Worker(os.getpid) as worker:
        values, answers, pid = worker.call(stays.recalculated, small, bound=Bound.none("small"))
        assert (values, answers) == (expected, True)
        assert worker.call(stays.recalculated, small, bound=Bound.none("small")) == (expected, True, pid)
        started = [pid, *started_by(pid)]
        assert len(started) > 1
        assert worker.call(stays.recalculated, small, kills=True, bound=Bound.none("small")) == (expected, False, pid)
    assert all_end(started)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere none stays open")
def test_a_libreoffice_that_gives_no_answer_in_time_is_handed_no_other_file(small: Path, tmp_path: Path) -> None:
    with Worker(os.getpid) as worker:
        said, asked = worker.call(stays.unanswered, small, tmp_path / "soffice", bound=Bound.none("small"))
    assert "did not finish within 1 seconds" in said
    assert not asked
