"""Rows read as text are read as the parser reads them: expat, element by element, says what is right."""

import gc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workbook.xlsx.test_read import STRINGS, make
from workbook.errors import FileError
from workbook.xlsx import rows
from workbook.xlsx.looks import read_looks
from workbook.xlsx.read import Cell, read_workbook

CORPUS = Path(__file__).parents[1] / "transpile" / "corpus" / "files"
PLAIN = '<row r="1"><c r="A1" s="1"><f>B1&lt;2</f><v>1.5</v></c><c r="B1" t="str"><f>"é"</f><v/></c></row>'.replace(
    "<v/>", "<v></v>"
)
USUAL = [
    PLAIN,
    '<row r="3" ht="20" hidden="1"><c r="B3" s="4"/><c r="AA3" t="s"><v>1</v></c></row>',
    '<row r="1"><c r="A1" s="0" t="inlineStr"><is><t xml:space="preserve"> a &amp; b_x000D_ </t></is></c></row>',
    '<row r="1"><c r="A1" t="n"><f aca="false">SUM(B1)</f><v>1E-300</v></c><c r="C1"><f>=1+1</f></c></row>',
    '<row r="1"><c r="A1"></c><c r="B1" t="inlineStr"><is><t></t></is></c></row>',
    '<row r="1"></row><row r="2"><c r="A2"><v>1</v></c></row>',
    '<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>',
]
UNUSUAL = [
    '<!--</row><row r="1"><c r="A1"><v>1</v></c></row><row r="2">--><row r="3"><c r="A3"><v>3</v></c></row>',
    '<row r="1"><!--</row><row r="1"><c r="A1"><v>1</v></c>--></row>',
    '<row r="1"><c r="A1" t="str"><v><![CDATA[1</v></c></row><row r="2"><c r="A2"><v>]]></v></c></row>',
    '<?x <row r="1"><c r="A1"><v>1</v></c></row> ?>',
    '<row r="1" spans=">"><c r="A1"><v>1</v></c></row>',
    '<row r="1"/><row r="2"><c r="A2"><v>1</v></c></row>',
    '<row><c r="A1"><v>1</v></c></row><row><c><v>2</v></c></row>',
    '<row r="1">\n  <c r="A1"><v>1</v></c>\n</row>\n',
    '<row xmlns="urn:x" r="1"><c r="A1"><v>1</v></c></row>',
    '<row r="1"><rPh><row r="2"><c r="B2"><v>1</v></c></row></rPh></row>',
    '<row r="1"><f>1<row r="2"><c r="B2"><v>1</v></c></row></f></row>',
    (
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c></row>'
    ),
    '<row r="1"><c r="A1"><f t="array" ref="A1:B1">C1:D1</f><v>1</v></c></row>',
    '<row r="1"><c r="A1" t="b"><v>1</v></c><c r="B1" t="e"><v>#NUM!</v></c><c r="C1" cm="1"><v>1</v></c></row>',
    '<row r="1"><c r="A1"><v>1e999</v></c></row>',
    '<row r="1"><c r="A1" t="str"><v>a\r\nb</v></c></row>',
]
WRONG = [
    '<row r="1"><c r="A1"><row r="2"><c r="B2"><v>1</v></c></row><v>2</v></c></row>',
    '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
    '<row r="1"><c r="A1"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>',
    '<row r="1"><c r="A2"><v>1</v></c></row>',
    '<row r="1"><c r="XFE1"><v>1</v></c></row>',
    '<row r="1"><c r="A1"><v>1_0</v></c></row>',
    '<row r="1"><c r="A1"><v>nan</v></c></row>',
    '<row r="1"><c r="A1"><v>one</v></c></row>',
    '<row r="1"><c r="A1" t="s"><v>99</v></c></row>',
    '<row r="1"><c r="A1" t="x"><v>1</v></c></row>',
    '<row r="1"><c r="A1" t="str"><v>&nbsp;</v></c></row>',
    '<row r="1"><c r="A1" t="str"><v>a ]]> b</v></c></row>',
    '<row r="1"><c r="A1" t="str"><v>a\x01b</v></c></row>',
    '<row r="1"><c r="A1" t="str"><v>a\uffffb</v></c></row>',
    '<row r="1"><c r="A1"><v>1</v></c></rows></row>',
    '<row r="1" r="2"><c r="A1"><v>1</v></c></row>',
    '<row r="1" t=">><c r="A1"><v>1</v></c></row>',
]


def read(path: Path) -> Any:
    """All that is read of a file: its cells in their order, and what it shows; or the sentence that refuses it."""
    try:
        book, (looks, sheets) = read_workbook(path), read_looks(path)
        return book, [list(sheet.cells) for sheet in book.sheets.values()], looks, list(sheets)
    except FileError as error:
        return str(error)


def by_the_parser(path: Path) -> Any:
    """What the parser alone reads of a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows.RowParser, "is_taken", lambda *_: False)
        return read(path)


def both(path: Path) -> tuple[Any, Any]:
    """What is read of a file, and what the parser alone reads."""
    return read(path), by_the_parser(path)


def counted(path: Path) -> tuple[Any, int]:
    """What is read of a file, and how many rows were taken as text."""
    taken: list[bool] = []
    whole = rows.RowParser.is_taken

    def counting(parser: rows.RowParser, cells: bytes) -> bool:
        taken.append(whole(parser, cells))
        return taken[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows.RowParser, "is_taken", counting)
        return read(path), sum(taken)


@pytest.mark.parametrize("xml", [*USUAL, *UNUSUAL])
def test_a_sheet_reads_as_the_parser_reads_it(tmp_path: Path, xml: str) -> None:
    found, expected = both(make(tmp_path / "book.xlsx", xml, STRINGS))
    assert not isinstance(expected, str)
    assert found == expected


@pytest.mark.parametrize("xml", WRONG)
def test_what_the_parser_refuses_is_refused_in_its_words(tmp_path: Path, xml: str) -> None:
    found, expected = both(make(tmp_path / "book.xlsx", PLAIN.replace("1", "9") + xml, STRINGS))
    assert isinstance(expected, str)
    assert found == expected


@pytest.mark.parametrize("xml", USUAL)
def test_rows_that_are_spelled_as_usual_never_reach_the_parser(tmp_path: Path, xml: str) -> None:
    # Cells and looks are read apart.
    assert counted(make(tmp_path / "book.xlsx", xml, STRINGS))[1] == 2 * xml.count("<row")


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-8", "utf-16"])
def test_a_sheet_in_another_encoding_reads_as_the_parser_reads_it(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(make(tmp_path / "plain.xlsx", PLAIN)) as archive, zipfile.ZipFile(path, "w") as target:
        for part in archive.namelist():
            text = archive.read(part).decode()
            declared = f'<?xml version="1.0" encoding="{encoding}"?>{text}'
            target.writestr(part, declared.encode(encoding) if "sheet1" in part else text)
    found, expected = both(path)
    assert found == expected
    assert found[0].sheets["S"].cells[1, 2].formula == '"é"'


@given(
    st.lists(st.sampled_from([*USUAL, *UNUSUAL, *WRONG, "<", "</row>", '<row r="9">', "<!--", "-->"]), max_size=4),
    st.data(),
)
def test_pieces_of_sheets_in_any_order_read_as_the_parser_reads_them(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], data: st.DataObject
) -> None:
    text = "".join(pieces)
    cut = data.draw(st.integers(0, len(text)))
    found, expected = both(make(tmp_path_factory.mktemp("rows") / "book.xlsx", text[:cut] + text[cut + 1 :], STRINGS))
    assert found == expected


@pytest.mark.parametrize("program", ["openpyxl", "libreoffice", "xlsxwriter", "sheetjs", "gnumeric"])
def test_files_of_other_programs_read_as_the_parser_reads_them(program: str) -> None:
    taken = 0
    for path in sorted(CORPUS.glob(f"*.{program}.xlsx")):
        found, count = counted(path)
        assert found == by_the_parser(path)
        taken += count
    assert taken or program == "gnumeric"


def test_a_row_that_is_split_between_chunks_is_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "book.xlsx", "".join(xml.replace("1", str(n)) for n, xml in enumerate([PLAIN] * 9, 1)))
    expected = read(path)
    for size in (1, 7, 100):
        monkeypatch.setattr("workbook.xlsx.guard.CHUNK", size)
        found, count = counted(path)
        assert found == expected
        # Expat 2.6 and later waits for more of a tag that it got in pieces: the first row can be past by then.
        assert count in (2 * 8, 2 * 9)


def test_a_row_without_an_end_is_not_kept_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbook.xlsx.guard.CHUNK", 100)
    monkeypatch.setattr(rows, "LONGEST", 300)
    path = make(
        tmp_path / "book.xlsx", f'<row r="1"><c r="A1" t="str"><v>{"a" * 5000}</v></c></row>{PLAIN.replace("1", "2")}'
    )
    found, expected = both(path)
    assert found == expected
    assert len(found[0].sheets["S"].cells) == 3


def test_what_was_read_is_freed_with_the_book(tmp_path: Path) -> None:
    def cells() -> int:
        return sum(type(thing) is Cell for thing in gc.get_objects())

    path = make(tmp_path / "book.xlsx", PLAIN + UNUSUAL[-1].replace("1", "2"), STRINGS)
    gc.collect()
    gc.disable()
    try:
        before = cells()
        book = read_workbook(path)
        assert cells() == before + 3
        del book
        assert cells() == before
    finally:
        gc.enable()
