"""A diagram as DrawingML: one group with words for a screen reader, a shape for each shape of the data."""

import posixpath
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree
from zipfile import ZipFile

import openpyxl
import pytest

from workbook.lesson.by_hand import Column, Diagram
from workbook.lesson.lesson import Sheet
from workbook.xlsx.looks import read_looks
from workbook.xlsx.write import write

DIAGRAM = Diagram(columns=(Column(("x", "y"), "in", ""), Column(("z",), gone=("z",))), alt="Two inputs, one output.")
SHEET = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
MAIN = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


@pytest.fixture
def drawn(tiny: ModuleType, tmp_path: Path) -> Path:
    start = Sheet(name="start", title="Start", words="It has a diagram and no chart.", layout=(DIAGRAM,))
    write(tiny.tiny_plan(start=start), tmp_path / "drawn.xlsx")
    return tmp_path / "drawn.xlsx"


def drawing_of(path: Path, sheet: str) -> ElementTree.Element:
    with ZipFile(path) as archive:
        rels = ElementTree.fromstring(archive.read(f"xl/worksheets/_rels/{sheet}.xml.rels"))
        (target,) = (rel.get("Target", "") for rel in rels if rel.get("Type", "").endswith("/drawing"))
        return ElementTree.fromstring(archive.read(posixpath.normpath(target.lstrip("/"))))


def test_a_sheet_without_charts_has_its_diagram(drawn: Path) -> None:
    tree = drawing_of(drawn, "sheet1")
    (group,) = tree.iter(f"{SHEET}grpSp")
    (about,) = group.iter(f"{SHEET}nvGrpSpPr")
    assert about[0].get("descr") == "Two inputs, one output."
    shapes = DIAGRAM.shapes()
    assert len(list(group.iter(f"{SHEET}cxnSp"))) == sum(shape.kind in ("line", "arrow") for shape in shapes)
    texts = [text.text for text in group.iter(f"{MAIN}t")]
    assert texts == [shape.text for shape in shapes if shape.kind not in ("line", "arrow")]


def test_what_was_taken_away_is_dashed(drawn: Path) -> None:
    dashes = list(drawing_of(drawn, "sheet1").iter(f"{MAIN}prstDash"))
    assert len(dashes) == sum(shape.dashed for shape in DIAGRAM.shapes()) == 3


def test_numbers_of_shapes_are_unique(drawn: Path) -> None:
    tree = drawing_of(drawn, "sheet1")
    numbers = [about.get("id") for about in tree.iter(f"{SHEET}cNvPr")]
    assert len(set(numbers)) == len(numbers) == 1 + len(DIAGRAM.shapes())


def test_a_drawing_with_shapes_opens_in_openpyxl_and_its_shapes_are_counted(drawn: Path) -> None:
    assert openpyxl.load_workbook(drawn).sheetnames[0] == "Start"
    _, sheets = read_looks(drawn)
    assert dict(sheets)["Start"].shapes == len(DIAGRAM.shapes())
