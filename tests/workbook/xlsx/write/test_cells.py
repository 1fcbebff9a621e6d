"""Rows as XML: values exact, text safe, read back by openpyxl (another program's reader) and by an XML parser."""

import math
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree
from zipfile import ZipFile

import numpy as np
import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from workbook.lesson.lesson import Given, Grid
from workbook.plan.plan import MANIFEST, Plan
from workbook.xlsx.write import write
from workbook.xlsx.write.cells import MAX_TEXT, Texts, text_cell, xml_text

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheet_xml(path: Path, number: int = 2) -> ElementTree.Element:
    with ZipFile(path) as archive:
        return ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))


def cells(path: Path, number: int = 2) -> dict[str, ElementTree.Element]:
    return {cell.attrib["r"]: cell for cell in sheet_xml(path, number).iter(f"{MAIN}c")}


@pytest.mark.parametrize(
    ("text", "xml"),
    [
        ("a\x00b", "a_x0000_b"),
        ("\x1f", "_x001F_"),
        ("a\r\nb", "a_x000D_\nb"),
        ("tab\t", "tab\t"),
        ("_x0041_", "_x005F_x0041_"),
        ("_x00zz_", "_x00zz_"),
        ("__x0041_", "__x005F_x0041_"),
        ("\ud800", "_xD800_"),
        ("￿", "_xFFFF_"),
        ("R&D <b>", "R&amp;D &lt;b&gt;"),
        ("Amélie 映画 😀", "Amélie 映画 😀"),
    ],
)
def test_text_is_escaped_as_the_standard_says(text: str, xml: str) -> None:
    assert xml_text(text) == xml


@pytest.mark.parametrize("text", ["_x0041_", "a\x07b", "_x005F_x0041_", "plain"])
def test_openpyxls_own_unescape_undoes_the_escape(text: str) -> None:
    assert unescape(xml_text(text)) == text


def test_long_text_is_cut_to_what_a_cell_takes_and_never_inside_a_character() -> None:
    assert len(xml_text("x" * 40_000)) == MAX_TEXT
    # 16,383 characters of two units each are 32,766; one more would be half.
    assert xml_text("😀" * 20_000) == "😀" * 16_383


@pytest.mark.parametrize("text", [" a", "a ", "a  b", "a\nb"])
def test_blanks_that_xml_would_lose_are_preserved(text: str) -> None:
    texts = Texts()
    assert text_cell("A1", 0, text, texts) == '<c r="A1" s="0" t="s"><v>0</v></c>'
    assert f'<si><t xml:space="preserve">{text}</t></si>' in texts.xml()


def test_a_text_in_two_cells_stands_in_the_file_once() -> None:
    texts = Texts()
    found = [text_cell(address, 0, text, texts) for address, text in (("A1", "one"), ("A2", "two"), ("B1", "one"))]
    assert [re.findall("<v>(.*)</v>", cell) for cell in found] == [["0"], ["1"], ["0"]]
    assert re.findall("<t>(.*?)</t>", texts.xml()) == ["one", "two"]


def test_every_value_is_read_back_exactly(written: Path, plan: Plan) -> None:
    book = openpyxl.load_workbook(written, data_only=True)
    for name, place in plan.places.items():
        for index, value in np.ndenumerate(plan.values[name]):
            found = book[place.title].cell(int(place.rows[index]), int(place.columns[index])).value
            if isinstance(value, float) and math.isnan(value):
                assert (found or "") == place.block.blank
            elif isinstance(value, str):
                # Of texts that several cells may share openpyxl undoes the escape of an escape by itself.
                assert value in (found, unescape(found))
            else:
                assert found == value
                assert isinstance(found, bool) == isinstance(value, bool | np.bool_)


def test_every_formula_is_read_back(written: Path, plan: Plan) -> None:
    sheet = openpyxl.load_workbook(written)["Line fit"]
    prediction = plan.places["fit.prediction"]
    first = prediction.origin[0]
    assert sheet[prediction.address()].value == f"=$B$5*$C{first}+$B$6"
    verdict = plan.places["fit.verdict"]
    assert sheet[verdict.address()].value == f'=IF({absolute("fit.mse", plan)}<4,"close & good","far")'
    product = plan.places["fit.product"]
    assert sheet[product.address((0, 1))].value == f"=$F{first}*$F{first + 1}"


def absolute(name: str, plan: Plan) -> str:
    return re.sub(r"([A-Z]+)([0-9]+)", r"$\1$\2", plan.places[name].address())


def test_floats_travel_as_python_spells_them(tiny: ModuleType, tmp_path: Path) -> None:
    values = tiny.tiny_values()
    odd = np.array([0.1, 1e-300, 1 / 3, -2.5e17, 123456789.123456789, 5e-324])
    values["fit.prediction"] = odd
    plan = tiny.tiny_plan(values=values)
    write(plan, tmp_path / "odd.xlsx")
    place, found = plan.places["fit.prediction"], cells(tmp_path / "odd.xlsx")
    texts = [found[place.address((i,))].findtext(f"{MAIN}v") for i in range(6)]
    assert texts == [repr(value) for value in odd.tolist()]


def test_types_of_cached_values(written: Path, plan: Plan) -> None:
    found = cells(written)

    def kind(name: str, *index: int) -> str | None:
        return found[plan.places[f"fit.{name}"].address(index)].get("t")

    assert kind("prediction", 0) is None
    assert kind("warm", 0) == "b"
    assert kind("verdict") == "str"
    assert kind("root", 1) is None
    assert kind("name", 0) == "s"


def test_a_number_that_is_not_there_shows_the_blocks_word(tiny: ModuleType, tmp_path: Path) -> None:
    values = tiny.tiny_values()
    values["fit.root"] = np.array([1.0, np.nan, 2.0, 3.0, 4.0, 5.0])
    plan = tiny.tiny_plan(values=values)
    write(plan, tmp_path / "nan.xlsx")
    cell = cells(tmp_path / "nan.xlsx")[plan.places["fit.root"].address((1,))]
    assert (cell.get("t"), cell.findtext(f"{MAIN}v")) == ("str", "none")


def test_a_given_number_that_is_not_there_leaves_its_cell_empty(written: Path, plan: Plan) -> None:
    cell = cells(written)[plan.places["fit.warmth"].address((1,))]
    assert len(cell) == 0
    assert cell.get("t") is None


def test_text_that_looks_like_a_formula_stays_text(written: Path, plan: Plan) -> None:
    sheet = openpyxl.load_workbook(written)["Line fit"]
    place = plan.places["fit.name"]
    dangerous, harmless = (sheet[place.address((i,))] for i in (0, 1))
    assert (dangerous.value, dangerous.data_type, dangerous.quotePrefix) == ("=danger", "s", True)
    assert not harmless.quotePrefix
    with ZipFile(written) as archive:
        styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    xfs = list(styles.findall(f"{MAIN}cellXfs/{MAIN}xf"))
    number = int(cells(written)[place.address((0,))].attrib["s"])
    assert xfs[number].get("quotePrefix") == "1"


def test_rows_and_cells_come_in_order_and_once(written: Path) -> None:
    rows = [int(row.attrib["r"]) for row in sheet_xml(written).iter(f"{MAIN}row")]
    assert rows == sorted(set(rows))
    for row in sheet_xml(written).iter(f"{MAIN}row"):
        columns = [re.sub("[0-9]", "", cell.attrib["r"]) for cell in row]
        numbers = [openpyxl.utils.column_index_from_string(letters) for letters in columns]
        assert numbers == sorted(set(numbers))
        assert {re.sub("[A-Z]", "", cell.attrib["r"]) for cell in row} <= {row.attrib["r"]}


def test_axes_in_any_order_stand_where_the_place_says(tiny: ModuleType, tmp_path: Path) -> None:
    """A block whose first axis runs across is written transposed: cell by cell where `rows` and `columns` say."""
    fit = tiny.with_block(tiny.FIT, replace(tiny.FIT.block("miss"), look=""))
    loss = replace(fit.block("loss"), across="epoch")
    plan = tiny.tiny_plan(replace(tiny.with_block(fit, loss), charts=(), layout=fit.layout[:-1]))
    write(plan, tmp_path / "turned.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "turned.xlsx", data_only=True)["Line fit"]
    place = plan.places["fit.loss"]
    assert place.strides == {"epoch": (0, 1), "run": (1, 0)}
    for index, value in np.ndenumerate(plan.values["fit.loss"]):
        assert sheet.cell(int(place.rows[index]), int(place.columns[index])).value == value


def test_the_badge_takes_the_place_of_its_token(written: Path, plan: Plan, tmp_path: Path) -> None:
    def texts(path: Path) -> list[str]:
        sheet = openpyxl.load_workbook(path)["Start"]
        return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]

    assert "Every number within 1e-10 of NumPy's, by NumPy." in texts(written)
    write(plan, tmp_path / "bare.xlsx")
    assert not [text for text in texts(tmp_path / "bare.xlsx") if "{badge" in text]


def test_the_manifest_is_the_last_sheet_hidden_and_whole(written: Path, plan: Plan) -> None:
    book = openpyxl.load_workbook(written)
    assert book.sheetnames[-1] == MANIFEST
    assert book[MANIFEST].sheet_state == "hidden"
    assert [(row[0].value, row[1].value) for row in book[MANIFEST].iter_rows()] == plan.manifest()


def test_a_long_line_of_the_manifest_goes_on_in_the_next_columns(plan: Plan, tmp_path: Path) -> None:
    long = "ab" * 40_000
    write(replace(plan, facts={"source": long}), tmp_path / "long.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "long.xlsx")[MANIFEST]
    row = next(row for row in sheet.iter_rows() if row[0].value == "facts")
    parts = [cell.value for cell in row[1:] if cell.value]
    assert [len(part) for part in parts] == [32_000, 32_000, len(long) + len('{"source": ""}') - 64_000]
    assert "".join(parts) == f'{{"source": "{long}"}}'


def test_a_wide_block_has_columns_past_z(tiny: ModuleType, tmp_path: Path) -> None:
    fit = replace(
        tiny.FIT,
        blocks=(Given(name="wide", axes="town other", across="town other"),),
        layout=(Grid("wide"),),
        charts=(),
        solver=None,
    )
    table = np.arange(36.0).reshape(6, 6)
    plan = tiny.tiny_plan(fit, values={"fit.wide": table})
    write(plan, tmp_path / "wide.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "wide.xlsx")["Line fit"]
    assert [cell.value for cell in sheet[plan.places["fit.wide"].origin[0]]][:36] == table.ravel().tolist()


def test_a_frame_goes_around_a_block_and_not_around_its_cells(tiny: ModuleType, tmp_path: Path) -> None:
    given = replace(tiny.FIT.block("north"), frame=True)
    plan = tiny.tiny_plan(fit=tiny.with_block(tiny.FIT, given))
    write(plan, tmp_path / "framed.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "framed.xlsx")["Line fit"]
    place = plan.places["fit.north"]
    sides = [
        [side for side in ("left", "right", "top", "bottom") if getattr(sheet.cell(*at).border, side).style == "medium"]
        for at in place.cells()
    ]
    assert sides[0] == ["left", "right", "top"]
    assert sides[-1] == ["left", "right", "bottom"]
    assert all(middle == ["left", "right"] for middle in sides[1:-1])
