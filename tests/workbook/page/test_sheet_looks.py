"""What a page shows of the looks of a stranger's cells: texts with runs, tables, fonts and patterns."""

import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.worksheet.table import Table, TableStyleInfo
from sweep import SWEEP

from workbook.page import Stranger, describe_file
from workbook.xlsx.read import read_workbook


def described(path: Path) -> dict[str, Any]:
    book = read_workbook(path)
    return describe_file(Stranger.read(path, book), list(book.sheets))


def look(page: dict[str, Any], row: int, column: int) -> dict[str, Any]:
    """The style of a cell, counted from 0: that of the last rectangle that holds it."""
    found = {}
    for top, left, bottom, right, style in page["sheets"][0]["looks"]:
        if top <= row <= bottom and left <= column <= right:
            found = page["styles"][style]
    return found


@pytest.fixture(scope="module")
def letter(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("looks") / "letter.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    form = book.add_format
    red, up = form({"bold": True, "font_color": "red", "font_size": 16}), form({"font_script": 1, "underline": 33})
    sheet.write_rich_string("A1", "due ", red, "now", up, "2", form({"font_name": "Courier New"}), " code")
    sheet.write_string("A2", "due now2 code")
    sheet.write("A3", "old", form({"font_name": "Times New Roman", "font_strikeout": True}))
    sheet.write("A4", "small", form({"shrink": True, "underline": 2, "font_script": 2}))
    sheet.write("A5", "hatched", form({"pattern": 2, "fg_color": "#FF0000", "bg_color": "#FFFF00"}))
    book.close()
    return described(path)


def test_the_parts_of_a_text_look_as_the_file_says(letter: dict[str, Any]) -> None:
    ((row, column, runs),) = letter["sheets"][0]["rich"]
    assert (row, column) == (0, 0)
    assert [run["text"] for run in runs] == ["due ", "now", "2", " code"]
    assert [run.get("own") for run in runs] == [None, True, True, True]
    assert (runs[1]["bold"], runs[1]["ink"], runs[1]["size"]) == (True, "FF0000", 16)
    assert (runs[2]["raised"], runs[2]["underline"]) == ("super", "single")
    assert runs[3]["family"] == "mono"


def test_a_font_that_is_of_another_kind_is_told(letter: dict[str, Any]) -> None:
    assert (look(letter, 2, 0)["family"], look(letter, 2, 0)["strike"]) == ("serif", True)
    small = look(letter, 3, 0)
    assert (small["shrunk"], small["double"], small["raised"]) == (True, True, "sub")


def test_a_pattern_is_as_much_of_its_colours_as_it_has_of_them(letter: dict[str, Any]) -> None:
    # Half red on yellow.
    assert look(letter, 4, 0)["fill"] in ("FF7F00", "FF8000")


def test_a_text_that_stands_in_its_cell_has_runs_too(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet["B2"] = CellRichText("plain ", TextBlock(InlineFont(i=True, color="FF0000FF"), "blue"))
    sheet["B3"] = "plain blue"
    book.save(tmp_path / "inline.xlsx")
    ((row, column, runs),) = described(tmp_path / "inline.xlsx")["sheets"][0]["rich"]
    assert (row, column) == (1, 1)
    assert runs == [{"text": "plain "}, {"text": "blue", "own": True, "italic": True, "ink": "0000FF"}]


def parts(colour: str) -> list[int]:
    """Red, green and blue."""
    return [int(colour[k : k + 2], 16) for k in (0, 2, 4)]


def table(folder: Path, style: str, **more: Any) -> dict[str, Any]:
    """The page of a table in B2:C5 with a heading and a total."""
    path = folder / "table.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.add_table("B2:C5", {"data": [["a", 1], ["b", 2]], "style": style, "total_row": True, **more})
    sheet.write("C3", 1, book.add_format({"bg_color": "#00FF00"}))
    book.close()
    return described(path)


def test_a_table_wears_its_style_where_its_cells_say_nothing(tmp_path: Path) -> None:
    # XlsxWriter's theme: its first accent is 4F81BD. Medium 9 has white lines on shades of it.
    page = table(tmp_path, "Table Style Medium 9")
    head, first, second, total = (look(page, row, 1) for row in range(1, 5))
    assert (head["fill"], head["ink"], head["bold"]) == ("4F81BD", "FFFFFF", True)
    assert head["sides"][2] == ["thick", "FFFFFF"]
    # As Excel draws these shades, which it rounds in steps of its own.
    assert parts(first["fill"]) == pytest.approx(parts("B8CCE4"), abs=1)
    assert parts(second["fill"]) == pytest.approx(parts("DCE6F1"), abs=1)
    assert total["fill"] == "4F81BD"
    assert look(page, 2, 2)["fill"] == "00FF00"
    assert look(page, 0, 1) == {}


def test_bands_of_columns_outer_columns_and_lines_are_a_styles_too(tmp_path: Path) -> None:
    page = table(tmp_path, "Table Style Light 9", banded_rows=False, first_column=True)
    assert look(page, 1, 1)["fill"] == "4F81BD"
    assert look(page, 2, 1)["bold"]
    assert "fill" not in look(page, 2, 1)
    assert look(page, 2, 1)["sides"] == [None, None, None, ["thin", "4F81BD"]]
    page = table(tmp_path, "Table Style Dark 1", banded_rows=False, banded_columns=True)
    assert look(page, 2, 1)["ink"] == "FFFFFF"
    assert look(page, 3, 1)["fill"] != look(page, 3, 2)["fill"]


COUNTS = {"Light": 21, "Medium": 28, "Dark": 11}
STYLES = [f"Table Style {kind} {k}" for kind, most in COUNTS.items() for k in range(1, most + 1)]


@pytest.mark.parametrize("name", STYLES if SWEEP else STYLES[::4])
def test_every_style_of_excels_marks_its_headings(tmp_path: Path, name: str) -> None:
    page = table(tmp_path, name)
    head, body = look(page, 1, 1), look(page, 3, 1)
    assert head != body
    assert head.get("bold") or head.get("fill")


def test_the_headings_of_a_table_are_told_for_nobody_to_change_them(tmp_path: Path) -> None:
    assert table(tmp_path, "Table Style Medium 9")["sheets"][0]["headings"] == [[1, 1, 1, 2]]
    assert "headings" not in table(tmp_path, "Table Style Medium 9", header_row=False)["sheets"][0]


def test_signs_that_are_turned_make_their_row_higher(tmp_path: Path) -> None:
    path = tmp_path / "turned.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for row, degrees in enumerate((0, 45, 90, -45, 270)):
        sheet.write(row, 0, "0123456789", book.add_format({"rotation": degrees}))
    book.close()
    page = described(path)
    assert [look(page, row, 0).get("slant", 0) for row in range(5)] == [0, 45, 0, -45, 0]
    heights = page["sheets"][0]["heights"]
    # Ten digits of 7 pixels are 52.5 points, and a line is 15.
    assert heights[2] == pytest.approx(52.5, abs=3)
    assert heights[1] == heights[3] == pytest.approx((52.5 + 15) * 0.7071, abs=3)
    assert heights[4] == 150
    assert 0 not in heights


def test_a_conversation_is_shown_with_its_authors(tmp_path: Path) -> None:
    path = tmp_path / "talk.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet().write_comment("B2", "[Threaded comment] Your version of Excel can read this.")
    book.close()
    space = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
    parts = {
        "xl/persons/person.xml": f'<personList xmlns="{space}"><person displayName="Ada" id="{{1}}"/></personList>',
        "xl/threadedComments/threadedComment1.xml": f'<ThreadedComments xmlns="{space}"><threadedComment ref="B2" '
        'personId="{1}"><text>Why &lt;b&gt;?</text></threadedComment><threadedComment ref="B2" personId="{2}">'
        "<text>Because.</text></threadedComment></ThreadedComments>",
    }
    relation = (
        '<Relationship Id="rId99" Target="../threadedComments/threadedComment1.xml" '
        'Type="http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"/></Relationships>'
    )
    copy = tmp_path / "thread.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("sheet1.xml.rels"):
                data = data.replace(b"</Relationships>", relation.encode())
            target.writestr(name, data)
        for name, text in parts.items():
            target.writestr(name, text)
    assert described(copy)["sheets"][0]["notes"] == [[1, 1, "Ada: Why <b>?\nBecause."]]


def test_a_table_without_a_style_or_of_an_unknown_one_is_plain(tmp_path: Path) -> None:
    assert look(table(tmp_path, ""), 1, 1) == {}


OWN_STYLE = """
<dxfs count="2">
  <dxf><font><b/><color rgb="FFFFFFFF"/></font><fill><patternFill><bgColor rgb="FF112233"/></patternFill></fill></dxf>
  <dxf><fill><patternFill><bgColor rgb="FFEEDDCC"/></patternFill></fill></dxf>
</dxfs>
<tableStyles count="1"><tableStyle name="Mine" pivot="0" count="2">
  <tableStyleElement type="headerRow" dxfId="0"/><tableStyleElement type="firstRowStripe" dxfId="1"/>
</tableStyle></tableStyles>"""


def test_a_table_style_of_the_files_own_is_followed(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["x", "y"], [1, 2], [3, 4]):
        sheet.append(row)
    shown = Table(displayName="T", ref="A1:B3")
    shown.tableStyleInfo = TableStyleInfo(name="Mine", showRowStripes=True)
    sheet.add_table(shown)
    book.save(tmp_path / "plain.xlsx")
    page = described(with_styles(tmp_path / "plain.xlsx", OWN_STYLE))
    assert (look(page, 0, 0)["fill"], look(page, 0, 0)["ink"]) == ("112233", "FFFFFF")
    assert look(page, 1, 0)["fill"] == "EEDDCC"
    assert "fill" not in look(page, 2, 0)


def with_styles(path: Path, text: str) -> Path:
    """A copy of a workbook whose styles end in this text."""
    copy = path.with_name("styled.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w") as target:
        for name in source.namelist():
            data = source.read(name).decode(errors="surrogateescape")
            if name == "xl/styles.xml":
                data = re.sub(r"<(tableStyles|dxfs)[^>]*/>", "", data).replace("</styleSheet>", f"{text}</styleSheet>")
            target.writestr(name, data.encode(errors="surrogateescape"))
    return copy
