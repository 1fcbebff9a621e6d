"""Submissions saved by programs that are not ours, and files that are made to harm: the marks of each, by hand."""

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from classroom import course_of
from openpyxl.workbook.defined_name import DefinedName
from processes import used_s
from submissions import answers, fill

from workbook.app.cli import main
from workbook.grade.course import Course
from workbook.grade.files import mark_file
from workbook.grade.handout import hand_out
from workbook.grade.roster import Student

MOST = 12.0
"""The points of cross_entropy: ten exercises, two of them worth 2."""
SLIPS = {
    "L3": "-is_cat*LOG10(p_cat)-(1-is_cat)*LOG10(1-p_cat)",
    "L6": "softmax*target_mass-weighted_target",
    "L7": "SUM(sample_loss)",
    "L10": None,
}
"""Two points are lost with L3, two with L6, one with L7, one with L10, which is left empty."""
LEFT = 6.0


@pytest.fixture(scope="module")
def course() -> Course:
    return course_of("cross_entropy")


@pytest.fixture(scope="module")
def blank(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blank")
    (path,) = hand_out(course, [Student("ann")], folder, solutions=False, progress=lambda *_: None)
    return path


@pytest.fixture(scope="module")
def right(course: Course, blank: Path) -> Path:
    return fill(blank, blank.parent / "right.xlsx", answers(course))


@pytest.fixture(scope="module")
def slipped(course: Course, blank: Path) -> Path:
    return fill(blank, blank.parent / "slipped.xlsx", answers(course, **SLIPS))


# ---- programs


def node(program: str, source: Path, target: Path) -> None:
    """Have a program of npm's save a workbook."""
    folders = [os.environ.get("GRADBOOK_NODE_MODULES", ""), str(Path(__file__).parents[2] / "browser" / "node_modules")]
    found = next((folder for folder in folders if folder and (Path(folder) / program).is_dir()), None)
    if found is None or shutil.which("node") is None:
        pytest.skip(f"{program} is not installed: npm install in tests/browser")
    command = ["node", str(Path(__file__).with_name("saved_by.cjs")), program, str(source), str(target)]
    subprocess.run(command, check=True, env={**os.environ, "NODE_PATH": found}, timeout=120)


def by_xlsxwriter(source: Path, target: Path) -> None:
    """All cells once more, in a workbook that XlsxWriter makes: a 0 beside each formula."""
    book = xlsxwriter.Workbook(str(target))
    for sheet in openpyxl.load_workbook(source):
        copy = book.add_worksheet(sheet.title)
        if sheet.sheet_state == "hidden":
            copy.hide()
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and not cell.value.startswith("="):
                    copy.write_string(cell.row - 1, cell.column - 1, cell.value)
                elif cell.value is not None:
                    copy.write(cell.row - 1, cell.column - 1, cell.value)
    book.close()


def by_exceljs(source: Path, target: Path) -> None:
    """All cells once more, in a workbook that ExcelJS makes: no value beside a formula."""
    sheets = []
    for sheet in openpyxl.load_workbook(source):
        cells: list[tuple[str, Any]] = []
        for row in sheet.iter_rows():
            for cell in row:
                is_formula = isinstance(cell.value, str) and cell.value.startswith("=")
                if cell.value is not None:
                    cells.append((cell.coordinate, {"formula": cell.value[1:]} if is_formula else cell.value))
        sheets.append({"title": sheet.title, "state": sheet.sheet_state, "cells": cells})
    listed = target.with_suffix(".json")
    listed.write_text(json.dumps(sheets), encoding="utf-8")
    node("exceljs", listed, target)


PROGRAMS: dict[str, Callable[[Path, Path], None]] = {
    "XlsxWriter": by_xlsxwriter,
    "ExcelJS": by_exceljs,
    "SheetJS": lambda source, target: node("xlsx", source, target),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_submission_that_another_program_saved_has_its_marks(
    right: Path, slipped: Path, tmp_path: Path, program: str
) -> None:
    for source, points in ((right, MOST), (slipped, LEFT)):
        PROGRAMS[program](source, tmp_path / source.name)
        found = mark_file(tmp_path / source.name, source.name, "half")
        assert (found.refused, found.student, found.points) == ("", "ann", points)
        verdicts = {one.name: one.verdict for one in found.exercises if one.verdict != "right"}
        assert verdicts == ({} if points == MOST else {"L3": "slip", "L6": "slip", "L7": "slip", "L10": "empty"})


# ---- what one file says is no other file's business


def test_a_name_leads_where_its_own_file_has_it(course: Course, blank: Path, tmp_path: Path) -> None:
    places = {place.name: place for layout in course.handed_out for place in layout.places}
    title, address = places["metrics.mape"].title, places["metrics.mape"].address()
    points = []
    for block in ("percentage", "error"):
        path = fill(blank, tmp_path / f"{block}.xlsx", {title: {address: "=SUM(mine)/COUNT(mine)"}})
        book = openpyxl.load_workbook(path)
        column, row = openpyxl.utils.cell.coordinate_from_string(places[f"metrics.{block}"].ranges()[0].split(":")[0])
        last = row + places[f"metrics.{block}"].count - 1
        book.defined_names["mine"] = DefinedName("mine", attr_text=f"{title}!${column}${row}:${column}${last}")
        book.save(path)
        points.append(mark_file(path, block, "half").points)
    assert points == [1.0, 0.0]


# ---- files that are made to harm


def with_part(source: Path, target: Path, part: str, content: bytes, level: int) -> None:
    """A copy in which a part is some bytes, a hundred times over."""
    with (
        zipfile.ZipFile(source) as archive,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as copy,
    ):
        for name in archive.namelist():
            if name != part:
                copy.writestr(name, archive.read(name))
        with copy.open(part, "w") as stream:
            for _ in range(100):
                stream.write(content)


def test_files_that_are_made_to_harm_are_told_and_cost_nobody_else_a_point(
    right: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(right, folder / "right.xlsx")
    block = 2**20
    with_part(right, folder / "bomb.xlsx", "xl/worksheets/sheet2.xml", b" " * block, 9)
    styles = b'<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    with_part(right, folder / "styles.xlsx", "xl/styles.xml", styles * (block // len(styles)), 1)
    (folder / "half.xlsx").write_bytes(right.read_bytes()[: right.stat().st_size // 2])
    (folder / "table.xlsx").write_text("x,y\n1,2\n")
    begun = used_s()
    assert main(["grade", str(folder), "--out", str(tmp_path / "out")]) == 0
    assert used_s() - begun < 50
    files = json.loads((tmp_path / "out" / "grade.json").read_text(encoding="utf-8"))["files"]
    assert {file["file"]: file["points"] for file in files} == {
        "right.xlsx": MOST,
        # Nobody needs its styles, so nobody reads them.
        "styles.xlsx": MOST,
        "bomb.xlsx": 0,
        "half.xlsx": 0,
        "table.xlsx": 0,
    }
    said = capsys.readouterr().out
    assert said.count("look at this: ") == 3
    assert "look at this: bomb.xlsx: the member 'xl/worksheets/sheet2.xml' would unpack from" in said
