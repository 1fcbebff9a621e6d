"""What the reader makes of cells, in the many ways that the standard lets a file write them."""

import pickle
import re
import string
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula

from workbook.errors import FileError
from workbook.xlsx import read
from workbook.xlsx.read import Book, Cell, CellError, SheetCells, read_workbook
from workbook.xlsx.shared import SharedFormula

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def make(path: Path, cells: str, strings: str = "", names: str = "", state: str = "") -> Path:
    """The smallest workbook with the given XML between `sheetData` tags."""
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
        'Target="/xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="./sharedStrings.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        f'<sheet name="S" sheetId="1" r:id="r1" {state}/></sheets><definedNames>{names}</definedNames></workbook>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test puts its file."""
    return tmp_path / "book.xlsx"


def cells_of(path: Path) -> dict[tuple[int, int], Cell]:
    """The cells of the sheet `S`."""
    return read_workbook(path).sheets["S"].cells


VALUES = [
    ('<c r="B2"><v>1</v></c>', 1.0),
    ('<c r="B2" t="n"><v>-1.5E-3</v></c>', -0.0015),
    ('<c r="B2"><v>0.1</v></c>', 0.1),
    ('<c r="B2" t="b"><v>1</v></c>', True),
    ('<c r="B2" t="b"><v>false</v></c>', False),
    ('<c r="B2" t="e"><v>#NUM!</v></c>', CellError("#NUM!")),
    ('<c r="B2" t="str"><v>#NUM!</v></c>', "#NUM!"),
    ('<c r="B2" t="s"><v>0</v></c>', "plain"),
    ('<c r="B2" t="s"><v>1</v></c>', "rich text"),
    ('<c r="B2" t="s"><v>2</v></c>', " \r\n_x000D_"),
    ('<c r="B2" t="inlineStr"><is><t>=1+1</t></is></c>', "=1+1"),
    ('<c r="B2" t="inlineStr"><is><r><t>a </t></r><r><t xml:space="preserve"> b_x0021_</t></r></is></c>', "a  b!"),
    ('<c r="B2" t="inlineStr"><is><t/></is></c>', ""),
    ('<c r="B2" t="str"><v>a_x000D_b</v></c>', "a\rb"),
    ('<c r="B2" t="str"><v>_xD83D__xDE00_</v></c>', "\U0001f600"),
    # ISO 8601, as Excel's strict form has dates: 1 January 2020 is 43831.
    ('<c r="B2" t="d"><v>2020-01-01T12:00:00.000Z</v></c>', 43831.5),
    ('<c r="B2" t="d"><v>2020-01-01</v></c>', 43831.0),
    ('<c r="B2" t="d"><v>1900-01-01T00:00:00</v></c>', 1.0),
    ('<c r="B2" t="d"><v>1899-12-30T18:00:00</v></c>', 0.75),
    ('<c r="B2" t="d"><v>06:00:00</v></c>', 0.25),
    ('<c r="B2" t="n"><v>1<!-- one -->2</v></c>', 12.0),
]
STRINGS = (
    "<si><t>plain</t></si>"
    "<si><r><t>rich</t></r><r><rPr><b/></rPr><t> text</t></r><rPh sb='0' eb='1'><t>guide</t></rPh></si>"
    "<si><t xml:space='preserve'> _x000D_\n_x005F_x000D_</t></si>"
)


@pytest.mark.parametrize(("cell", "value"), VALUES)
def test_a_value_is_read_in_its_type(path: Path, cell: str, value: read.Value) -> None:
    found = cells_of(make(path, f'<row r="2">{cell}</row>', STRINGS))
    assert found == {(2, 2): Cell(value)}
    assert type(found[2, 2].value) is type(value)


def test_an_error_is_not_equal_to_its_text() -> None:
    text: object = "#N/A"
    assert CellError("#N/A") != text
    assert str(CellError("#N/A")) == "#N/A"


@pytest.mark.parametrize(
    "cell", ['<c r="A1"/>', '<c r="A1" t="s"/>', '<c r="A1" s="3"><v></v></c>', '<c r="A1"><f/></c>']
)
def test_an_empty_cell_is_absent(path: Path, cell: str) -> None:
    assert cells_of(make(path, f'<row r="1">{cell}</row>')) == {}


def test_cells_and_rows_without_addresses_are_counted(path: Path) -> None:
    rows = (
        "<row><c><v>1</v></c><c/><c><v>3</v></c></row>"
        '<row r="5"><c r="D5"><v>4</v></c><c><v>5</v></c></row>'
        "<row><c><v>6</v></c></row>"
        '<row><c r="B9"><v>9</v></c></row>'
    )
    found = {place: cell.value for place, cell in cells_of(make(path, rows)).items()}
    assert found == {(1, 1): 1.0, (1, 3): 3.0, (5, 4): 4.0, (5, 5): 5.0, (6, 1): 6.0, (9, 2): 9.0}


FORMULAS = [
    ('<c r="A1"><f>1+1</f><v>2</v></c>', Cell(2.0, "1+1")),
    ('<c r="A1"><f>1+1</f></c>', Cell(None, "1+1")),
    ('<c r="A1"><f>=1+1</f><v/></c>', Cell(None, "1+1")),
    ('<c r="A1" t="str"><f>""</f><v></v></c>', Cell("", '""')),
    ('<c r="A1"><f>_xlfn.STDEV.S(B1:B2)&amp;"&lt;"</f><v>0</v></c>', Cell(0.0, '_xlfn.STDEV.S(B1:B2)&"<"')),
    ('<c r="A1"><f t="array" ref="A1:B2">C1:D2*2</f><v>2</v></c>', Cell(2.0, "C1:D2*2", "A1:B2")),
    ('<c r="A1"><f t="dataTable" ref="A1:A9" r1="F1"/><v>2</v></c>', Cell(2.0, "TABLE(,F1)", "A1:A9")),
    ('<c r="A1"><f t="dataTable" ref="A1:A9" dtr="1" r1="F1"/><v>2</v></c>', Cell(2.0, "TABLE(F1,)", "A1:A9")),
    (
        '<c r="A1"><f t="dataTable" ref="A1:B9" dt2D="1" dtr="1" r1="F1" r2="G1"/><v>2</v></c>',
        Cell(2.0, "TABLE(F1,G1)", "A1:B9"),
    ),
    ('<c r="A1"><f>DATE(124,1,1)</f><v>NaN</v></c>', Cell(None, "DATE(124,1,1)")),  # ExcelJS, of an error
]


@pytest.mark.parametrize(("cell", "expected"), FORMULAS)
def test_a_formula_is_read_with_its_saved_result(path: Path, cell: str, expected: Cell) -> None:
    assert cells_of(make(path, f'<row r="1">{cell}</row>')) == {(1, 1): expected}


def test_a_shared_formula_is_expanded_to_each_cell(path: Path) -> None:
    rows = (
        '<row r="2"><c r="B2"><f t="shared" ref="B2:C4" si="0">A2*$A$1+LOG10(A$1)</f><v>1</v></c>'
        '<c r="C2"><f t="shared" si="0"/><v>2</v></c></row>'
        '<row r="4"><c r="B4"><f t="shared" si="0"></f><v>3</v></c></row>'
        '<row r="5"><c r="B5"><f t="shared" ref="B5:B6" si="0">A5</f><v>4</v></c></row>'
        '<row r="6"><c r="B6"><f t="shared" si="0"/><v>5</v></c></row>'
    )
    found = {place: cell.formula for place, cell in cells_of(make(path, rows)).items()}
    assert found == {
        (2, 2): "A2*$A$1+LOG10(A$1)",
        (2, 3): "B2*$A$1+LOG10(B$1)",
        (4, 2): "A4*$A$1+LOG10(A$1)",
        (5, 2): "A5",
        (6, 2): "A6",
    }


def test_a_cell_may_share_a_formula_that_is_declared_after_it(path: Path) -> None:
    rows = (
        '<row r="1"><c r="C1"><f t="shared" si="0"/><v>7</v></c></row>'
        '<row r="2"><c r="B2"><f t="shared" ref="B1:C2" si="0">A2*$A$1</f><v>1</v></c></row>'
    )
    assert cells_of(make(path, rows)) == {(1, 3): Cell(7.0, "B1*$A$1"), (2, 2): Cell(1.0, "A2*$A$1")}


def test_a_name_that_looks_like_a_cell_beyond_the_last_column_stays() -> None:
    assert SharedFormula("XFE9+XFD9", 1, 1).at(2, 1) == "XFE9+XFD10"


OPERANDS = ["A5", "$B5", "C$6", "$D$7", "A5:C7", "$A5:C$7", "B:D", "$B:D", "5:7", "5:$7", "Other!E8", "'a b!'!E8:F9"]
CONSTANTS = ["rate", "lr_1", "TRUE", "1.5", '"A1:B2"', "LOG10(2)", "Table1[A1]", "#N/A", "{1,2;3,4}"]


@given(
    st.lists(st.sampled_from(OPERANDS + CONSTANTS), min_size=1, max_size=5),
    st.integers(5, 40),
    st.integers(5, 40),
    st.sampled_from("+-*/^&"),
)
def test_a_shared_formula_moves_as_openpyxl_moves_it(operands: list[str], row: int, column: int, sign: str) -> None:
    text = f"SUM({operands[0]},1){sign}" + sign.join(operands)
    moved: str = Translator(f"={text}", origin="D4").translate_formula(f"{get_column_letter(column)}{row}")
    assert SharedFormula(text, 4, 4).at(row, column) == moved.removeprefix("=")


def test_a_reference_pushed_off_the_sheet_is_an_error() -> None:
    formula = SharedFormula("A1:B2+$A$1+XFD1+A1048576+S!A1", 2, 2)
    assert formula.at(1, 2) == "#REF!+$A$1+#REF!+A1048575+S!#REF!"
    assert formula.at(3, 3) == "B2:C3+$A$1+#REF!+#REF!+S!B2"


def test_a_reference_before_a_function_that_gives_one_moves() -> None:
    assert SharedFormula("SUM(A1:INDEX(B1:B9,2,1))", 1, 3).at(2, 3) == "SUM(A2:INDEX(B2:B10,2,1))"


DAMAGED = [
    ('<c r="A1"><v>one</v></c>', "the cell A1 holds the value 'one'"),
    ('<c r="A1"><v>nan</v></c>', "the cell A1 holds the value 'nan'"),
    ('<c r="A1"><v>NaN</v></c>', "the cell A1 holds the value 'NaN'"),
    ('<c r="A1"><f>B1</f><v>one</v></c>', "the cell A1 holds the value 'one'"),
    ('<c r="A1"><v>1_0</v></c>', "the cell A1 holds the value '1_0'"),
    ('<c r="A1" t="b"><v>2</v></c>', "the cell A1 holds the value '2'"),
    ('<c r="A1" t="s"><v>7</v></c>', "the cell A1 holds the value '7'"),
    ('<c r="A1" t="s"><v>-1</v></c>', "the cell A1 holds the value '-1'"),
    ('<c r="A1" t="x"><v>1</v></c>', "the cell A1 holds the value '1'"),
    ('<c r="A1"><v>1</v></c><c r="A1"><v>2</v></c>', "the cell A1 is given twice"),
    ('<c r="XFE1"><v>1</v></c>', "there is no cell 'XFE1'"),
    ('<c r="A1048577"><v>1</v></c>', "there is no cell 'A1048577'"),
    ('<c r="A0"><v>1</v></c>', "there is no cell 'A0'"),
    ('<c r="A"><v>1</v></c>', "there is no cell 'A'"),
    ('<c r="1"><v>1</v></c>', "there is no cell '1'"),
    ('<c r="a1"><v>1</v></c>', "there is no cell 'a1'"),
    ('<c r="A99999999999999999999"><v>1</v></c>', "there is no cell 'A9999"),
    ('<c r="A2"><v>1</v></c>', "the cell 'A2' stands in row 1"),
    ('<c r="A1"><f t="shared" ref="A1:XFE9" si="0">1</f></c>', "a formula over 'A1:XFE9'"),
    ('<c r="A1"><f t="array" ref="A1:A9999999">1</f></c>', "a formula over 'A1:A9999999'"),
    ('<c r="A1"><f t="array">1</f></c>', "an array formula without a range"),
    ('<c r="A1"><f t="shared" si="0"/></c>', "the shared formula 0, which no cell declares"),
    ('<c r="A1"><f t="shared" ref="A1:A2" si="0">"text</f></c>', "a shared formula that cannot be read"),
    ('<c r="A1"><f t="shared" ref="A1:A2" si="0">' + "1+" * 20_000 + "1</f></c>", "it has 40,001 characters"),
]


@pytest.mark.parametrize(("cell", "sentence"), DAMAGED)
def test_what_excel_would_not_have_written_is_refused(path: Path, cell: str, sentence: str) -> None:
    with pytest.raises(FileError, match=re.escape(sentence)) as caught:
        cells_of(make(path, f'<row r="1">{cell}</row>'))
    assert str(caught.value).startswith(f"{path}, sheet S: ")


@pytest.mark.parametrize("row", ["0", "1048577", "-1", "x", "1e3", "٣"])
def test_a_row_that_no_sheet_has_is_refused(path: Path, row: str) -> None:
    with pytest.raises(FileError, match=f"there is no row '{row}'"):
        cells_of(make(path, f'<row r="{row}"><c><v>1</v></c></row>'))


def test_a_row_with_too_many_cells_is_refused(path: Path) -> None:
    with pytest.raises(FileError, match="there is no cell 'at row 1, column 16385'"):
        cells_of(make(path, "<row>" + "<c/>" * 16_385 + "</row>"))


def test_two_blocks_of_cells_are_refused(path: Path) -> None:
    with pytest.raises(FileError, match="two blocks of cells"):
        cells_of(make(path, "</sheetData><sheetData>"))


def test_too_many_cells_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "<row><c><v>1</v></c><c><v>1</v></c></row>" * 2
    monkeypatch.setattr(read, "Budget", type("Small", (), {"cells": 3, "characters": 10}))
    with pytest.raises(FileError, match="filled cells"):
        cells_of(make(path, rows))


def test_shared_formulas_that_expand_without_end_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "Budget", type("Small", (), {"cells": 100, "characters": 50}))
    rows = '<row><c><f t="shared" ref="A1:A9" si="0">"aaaaaaaaaaaaaaaaaaaa"</f></c></row>'
    rows += '<row><c><f t="shared" si="0"/></c></row>' * 3
    with pytest.raises(FileError, match="shared formulas expand to more than"):
        cells_of(make(path, rows))


def renamed(path: Path, change: dict[str, tuple[str, str]]) -> Path:
    """The file with a text of some parts replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            old, new = change.get(name, ("", ""))
            archive.writestr(name, re.sub(old, new, text) if old else text)
    return path


def test_a_prefix_on_every_element_is_read(path: Path) -> None:
    make(path, '<row r="1"><c r="A1" t="s"><f>B1</f><v>0</v></c></row>', "<si><t>text</t></si>")
    prefixed = (r"<(/?)(?=[a-zA-Z])", r"<\1x:")
    changes = dict.fromkeys(("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"), prefixed)
    renamed(path, changes)
    renamed(path, dict.fromkeys(changes, ("xmlns=", "xmlns:x=")))
    assert cells_of(path) == {(1, 1): Cell("text", "B1")}


def test_the_strict_namespace_is_read(path: Path) -> None:
    make(path, '<row r="1"><c r="A1" t="s"><v>0</v></c></row>', "<si><t>text</t></si>")
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    parts = ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"]
    renamed(path, dict.fromkeys(parts, (MAIN, strict)))
    relations = ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"]
    renamed(path, dict.fromkeys(relations, (OFFICE, "http://purl.oclc.org/ooxml/officeDocument/relationships")))
    assert cells_of(path) == {(1, 1): Cell("text")}


def test_an_unknown_namespace_is_refused(path: Path) -> None:
    make(path, '<row r="1"><c r="A1"><v>0</v></c></row>')
    renamed(path, {"xl/worksheets/sheet1.xml": (MAIN, "urn:other")})
    with pytest.raises(FileError, match="its part is not a sheet"):
        cells_of(path)


def test_utf_16_is_read(path: Path) -> None:
    make(path, "")
    sheet = (
        '<?xml version="1.0" encoding="UTF-16"?>'
        f'<worksheet xmlns="{MAIN}"><sheetData><row><c t="str"><v>\u00e9\u4e2d</v></c></row></sheetData></worksheet>'
    )
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = sheet.encode("utf-16")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    assert cells_of(path) == {(1, 1): Cell("\u00e9\u4e2d")}


def test_defined_names_are_told_with_the_sheet_that_owns_them(path: Path) -> None:
    names = (
        '<definedName name="rate">S!$A$1</definedName><definedName name="rate" localSheetId="0">S!$B$1</definedName>'
    )
    assert read_workbook(make(path, "", names=names)).names == {"rate": "S!$A$1", "S!rate": "S!$B$1"}


def test_a_defined_name_of_no_sheet_is_refused(path: Path) -> None:
    with pytest.raises(FileError, match="'rate' belongs to sheet 1, which is not there"):
        read_workbook(make(path, "", names='<definedName name="rate" localSheetId="1">S!$A$1</definedName>'))


@pytest.mark.parametrize("state", ["visible", "hidden", "veryHidden"])
def test_the_state_of_a_sheet_is_told(path: Path, state: str) -> None:
    assert read_workbook(make(path, "", state=f'state="{state}"')).sheets["S"].state == state


def test_a_workbook_of_openpyxl_is_read(path: Path) -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "Zeta & co"
    first["B2"], first["B3"], first["B4"] = 1, "text", True
    first["B5"] = "=B2*2"
    first["C1"] = ArrayFormula("C1:C3", "=B2:B4*2")
    book.create_sheet("Alpha").sheet_state = "hidden"
    book.create_chartsheet("Plot")
    book.save(path)
    found = read_workbook(path)
    assert [(sheet.title, sheet.state) for sheet in found.sheets.values()] == [
        ("Zeta & co", "visible"),
        ("Alpha", "hidden"),
        ("Plot", "visible"),
    ]
    assert found.sheets["Zeta & co"].cells == {
        (2, 2): Cell(1.0),
        (3, 2): Cell("text"),
        (4, 2): Cell(True),
        (5, 2): Cell(None, "B2*2"),
        (1, 3): Cell(None, "B2:B4*2", "C1:C3"),
    }


def test_a_workbook_of_xlsxwriter_is_read(path: Path) -> None:
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("S")
    sheet.write_string(0, 0, string.printable)
    sheet.write_rich_string(1, 0, "a", book.add_format({"bold": True}), "b", "c")
    sheet.write_formula(2, 0, "=A1", None, "saved")
    sheet.write_boolean(3, 0, True)
    book.define_name("top", "=S!$A$1")
    book.close()
    cells = cells_of(path)
    # XML turns a bare carriage return into a line feed, and xlsxwriter writes it bare.
    assert isinstance(cells[1, 1].value, str)
    assert cells[1, 1].value.replace("\r", "\n") == string.printable.replace("\r", "\n")
    assert [cells[row, 1] for row in (2, 3, 4)] == [Cell("abc"), Cell("saved", "A1"), Cell(True)]
    assert read_workbook(path).names == {"top": "S!$A$1"}


def test_a_large_sheet_is_read_in_seconds(path: Path) -> None:
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("S")
    for row in range(4_000):
        for column in range(10):
            sheet.write_formula(row, column, f"=$A{row + 1}*0.9+L{row + 2}^2", None, row + column / 7)
    book.close()
    start = time.process_time()
    assert len(cells_of(path)) == 40_000
    # 0.2 s where it was written; the bound only catches a reader that has become several times slower.
    assert time.process_time() - start < 2


def test_a_book_is_the_same_in_another_process() -> None:
    cells = {(1, 1): Cell(1.5, "A2*2"), (2, 1): Cell(None, "B1"), (3, 2): Cell(CellError("#N/A"), "NA()", "B3:B4")}
    seen = ("A1:B1",), frozenset({(3, 2)}), frozenset({2}), ("A1:B9",)
    sheets = (SheetCells("S", "visible", cells, *seen), SheetCells("empty", "hidden", {}))
    book = Book({sheet.title: sheet for sheet in sheets}, {"rate": "S!$A$1"})
    assert pickle.loads(pickle.dumps(book)) == book
