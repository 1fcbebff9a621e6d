"""What a page shows of a workbook that gradbook did not make: how its cells look, where they lead, what is hidden."""

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from openpyxl import Workbook
from openpyxl.chart import BubbleChart, Reference, Series
from openpyxl.styles import PatternFill
from openpyxl.styles.colors import Color
from PIL import Image

from workbook.page import Stranger, describe_file
from workbook.xlsx.looks.colours import colour
from workbook.xlsx.read import read_workbook


def described(path: Path) -> dict[str, Any]:
    book = read_workbook(path)
    return describe_file(Stranger.read(path, book), list(book.sheets))


def style_at(page: dict[str, Any], row: int, column: int, sheet: int = 0) -> dict[str, Any]:
    """The style of a cell, counted from 0: that of the last rectangle that holds it."""
    found = {}
    for top, left, bottom, right, style in page["sheets"][sheet]["looks"]:
        if top <= row <= bottom and left <= column <= right:
            found = page["styles"][style]
    return found


@pytest.fixture(scope="module")
def invoice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("strangers") / "invoice.xlsx"
    book = xlsxwriter.Workbook(str(path))
    form = book.add_format
    sheet, key, plain = (book.add_worksheet(title) for title in ("Invoice", "Key", "Plain"))
    key.hide()
    plain.activate()
    sheet.hide_gridlines(2)
    sheet.set_column("A:A", 20)
    sheet.set_column("C:C", 10, form({"bg_color": "#FFF9E5"}))
    sheet.set_row(3, 20, form({"bg_color": "#E2EFDA"}))
    sheet.merge_range("A1:B2", "To", form({"border": 1, "align": "center", "valign": "vcenter"}))
    sheet.write("A4", "green")
    sides = {"top": 5, "top_color": "#FF0000", "right": 6, "bottom": 4, "bottom_color": "#0000FF"}
    sheet.write("E5", "lines", form(sides))
    sheet.write("A6", "turned", form({"rotation": 90, "font_strikeout": True, "valign": "top", "indent": 2}))
    sheet.write("B6", "down", form({"rotation": -90}))
    sheet.write("C6", "below", form({"rotation": 270}))
    sheet.write("D6", "slanted", form({"rotation": 30}))
    wrapped = form({"text_wrap": True})
    sheet.write("A8", "x" * 15, wrapped)
    sheet.write("A9", "one two three four five six seven eight nine ten eleven twelve", wrapped)
    sheet.write("A10", "two\nlines", wrapped)
    sheet.set_row(10, 18)
    sheet.write("A11", "of a height that was chosen, however much there is to say in it", wrapped)
    sheet.write("A12", "large", form({"font_size": 22}))
    sheet.write_url("A14", "https://example.com/a?b=1&c=2", string="out")
    sheet.write_url("A15", "mailto:ada@example.com")
    sheet.write_url("A16", "internal:'Key'!B3", string="in")
    sheet.write_url("A17", "file:///etc/passwd", string="a file")
    sheet.write_url("A18", "internal:Gone!A1", string="nowhere")
    sheet.write_formula("B14", '=HYPERLINK("https://example.com/made","made")', None, "made")
    sheet.write_formula("B15", '=HYPERLINK("#Key!C4","in")', None, "in")
    sheet.write_formula("B16", '=HYPERLINK("javascript:alert(1)","no")', None, "no")
    sheet.write_formula("B17", '=HYPERLINK("https://example.com/"&A4,"unknown")', None, "unknown")
    book.close()
    return path


def test_a_cell_has_the_lines_that_its_file_draws_around_it(invoice: Path) -> None:
    assert style_at(described(invoice), 4, 4)["sides"] == [
        ["thick", "FF0000"],
        ["double", "000000"],
        ["dotted", "0000FF"],
        None,
    ]


def test_signs_are_turned_struck_out_and_moved_as_in_the_file(invoice: Path) -> None:
    page = described(invoice)
    turned = style_at(page, 5, 0)
    assert {key: turned[key] for key in ("upright", "strike", "vertical", "indent")} == {
        "upright": "up",
        "strike": True,
        "vertical": "top",
        "indent": 2,
    }
    assert [style_at(page, 5, column).get("upright", "") for column in (1, 2, 3)] == ["down", "stacked", ""]
    assert [style_at(page, 5, column).get("slant", 0) for column in (0, 1, 2, 3)] == [0, 0, 0, 30]


def test_rows_and_columns_give_their_cells_a_style_as_far_as_the_sheet_is_filled(invoice: Path) -> None:
    page = described(invoice)
    assert style_at(page, 9, 2)["fill"] == "FFF9E5"
    assert style_at(page, 3, 0)["fill"] == "E2EFDA"
    assert style_at(page, 3, 2)["fill"] == "E2EFDA"
    assert max(bottom for _, _, bottom, *_ in page["sheets"][0]["looks"]) == 17


def test_a_row_without_a_height_is_as_high_as_what_stands_in_it(invoice: Path) -> None:
    heights = described(invoice)["sheets"][0]["heights"]
    assert 7 not in heights
    # 62 letters of Calibri take some 54 digits: three lines of 20.
    assert heights[8] == pytest.approx(45)
    assert heights[9] == pytest.approx(30)
    assert heights[10] == 18
    # Excel gives 28.5 points to a row of 22, LibreOffice 27.8.
    assert heights[11] == pytest.approx(29, abs=1.5)


def test_links_lead_to_cells_to_the_web_and_to_mail_and_nowhere_else(invoice: Path) -> None:
    sheet = described(invoice)["sheets"][0]
    assert sheet["web"] == [
        [13, 0, "https://example.com/a?b=1&c=2"],
        [14, 0, "mailto:ada@example.com"],
        [13, 1, "https://example.com/made"],
    ]
    assert sheet["links"] == [[15, 0, 1, 2, 1], [14, 1, 1, 3, 2]]


def test_merged_cells_hidden_sheets_and_what_was_seen_last_are_those_of_the_file(invoice: Path) -> None:
    page = described(invoice)
    assert page["sheets"][0]["merged"] == [[0, 0, 1, 1]]
    assert [sheet.get("hidden", False) for sheet in page["sheets"]] == [False, True, False]
    assert [sheet.get("lined", False) for sheet in page["sheets"]] == [False, True, True]
    assert page["first"] == 2


@pytest.mark.parametrize("number", ["1e400", "nan", "-inf"])
def test_a_scale_or_an_input_that_ends_at_no_number_is_left_out(number: str, tmp_path: Path) -> None:
    path, damaged = tmp_path / "scale.xlsx", tmp_path / "damaged.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write("A1", 1)
    points = {"mid_type": "num", "mid_value": 123.25}
    sheet.conditional_format("A1:A9", {"type": "3_color_scale", **points})
    sheet.data_validation("A1", {"validate": "decimal", "criteria": "<=", "value": 123.25})
    book.close()
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(damaged, "w") as changed:
        for name in whole.namelist():
            changed.writestr(name, whole.read(name).replace(b"123.25", number.encode()))
    whole_sheet, sheet = described(path)["sheets"][0], described(damaged)["sheets"][0]
    assert ("scales" in whole_sheet, "inputs" in whole_sheet) == (True, True)
    assert ("scales" in sheet, "inputs" in sheet) == (False, False)
    json.dumps(sheet, allow_nan=False)


def test_a_theme_gives_its_colours_lighter_and_darker(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    # openpyxl writes the theme of Office 2007, whose first accent is 4F81BD.
    for row, tint in enumerate((0.0, 0.7999, -0.25), start=1):
        sheet.cell(row, 1, "x").fill = PatternFill("solid", fgColor=Color(theme=4, tint=tint))
    book.save(tmp_path / "theme.xlsx")
    page = described(tmp_path / "theme.xlsx")
    # Source: what Excel 2007's palette calls Accent 1, lighter 80 % and darker 25 %: DCE6F1 and 366092.
    for row, expected in enumerate(("4F81BD", "DCE6F1", "366092")):
        found = style_at(page, row, 0)["fill"]
        assert all(abs(int(found[k : k + 2], 16) - int(expected[k : k + 2], 16)) <= 1 for k in (0, 2, 4)), found


def picture(kind: str) -> io.BytesIO:
    found = io.BytesIO()
    Image.new("RGB", (30, 20), "teal").save(found, kind)
    return io.BytesIO(found.getvalue())


def test_pictures_and_boxes_lie_where_the_file_has_them_and_only_what_every_browser_shows(tmp_path: Path) -> None:
    path = tmp_path / "pictures.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write("A1", 1)
    for cell, kind in (("B2", "PNG"), ("C9", "JPEG"), ("D9", "BMP")):
        options = {"image_data": picture(kind), "x_offset": 7, "x_scale": 2, "description": f"of {kind}"}
        sheet.insert_image(cell, f"one.{kind.lower()}", options)
    yellow = {"width": 200, "height": 60, "x_offset": 3, "fill": {"color": "#FFF2CC"}}
    sheet.insert_textbox("B20", "Hand in\nby <Friday>", yellow)
    sheet.insert_textbox("B30", "clear", {"width": 90, "height": 40, "fill": {"none": True}})
    book.close()
    drawn = described(path)["sheets"][0]
    assert drawn["boxes"] == [
        {"at": [19, 1], "offset": [3, 0], "size": [200, 60], "words": "Hand in\nby <Friday>", "fill": "FFF2CC"},
        {"at": [29, 1], "offset": [0, 0], "size": [90, 40], "words": "clear", "fill": ""},
    ]
    first, second = drawn["pictures"]
    assert {key: first[key] for key in ("at", "offset", "size", "alt")} == {
        "at": [1, 1],
        "offset": [7, 0],
        "size": [60, 20],
        "alt": "of PNG",
    }
    start = "data:image/png;base64,"
    assert first["source"].startswith(start)
    assert base64.b64decode(first["source"].removeprefix(start)) == picture("PNG").getvalue()
    assert (second["at"], second["source"][:23]) == ([8, 2], "data:image/jpeg;base64,")


@pytest.mark.parametrize(
    "attributes", [{"theme": "99"}, {"theme": "-1"}, {"theme": "x", "tint": "nan"}, {"indexed": "999"}, {}]
)
def test_a_colour_that_no_theme_has_is_the_usual_one(attributes: dict[str, str]) -> None:
    assert colour(attributes, "123456") == "123456"


def test_lines_through_points_errors_and_sizes_are_told_with_their_series(tmp_path: Path) -> None:
    path = tmp_path / "lab.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("S")
    for row in range(4):
        sheet.write_row(row, 0, [row, row * row, row + 1])
    chart = book.add_chart({"type": "scatter"})
    series = {"categories": "=S!$A$1:$A$4", "values": "=S!$B$1:$B$4"}
    trend = {"type": "polynomial", "order": 3, "forward": 0.5, "display_r_squared": True, "line": {"color": "red"}}
    errors = {"type": "percentage", "value": 5, "direction": "minus"}
    chart.add_series({**series, "y_error_bars": errors, "trendline": trend})
    chart.add_series({**series, "y_error_bars": {"type": "custom", "plus_values": "=S!$C$1:$C$4"}})
    sheet.insert_chart("E2", chart)
    radar = book.add_chart({"type": "radar", "subtype": "filled"})
    radar.add_series(series)
    sheet.insert_chart("E20", radar)
    stock = book.add_chart({"type": "stock"})
    stock.add_series(series)
    stock.add_series(series)
    sheet.insert_chart("E40", stock)
    book.close()
    points, around, prices = described(path)["sheets"][0]["charts"]
    first, second = points["series"]
    assert first["trends"] == [
        {"kind": "poly", "order": 3, "period": 2, "forward": 0.5, "share": True, "colour": "FF0000", "dash": "solid"}
    ]
    assert first["errors"] == {"kind": "percentage", "value": 5.0, "minus": True, "plus": False}
    assert "errors" not in second
    assert (around["kind"], around["series"][0]["area"]) == ("radar", True)
    assert (prices["kind"], prices["ranges"]) == ("line", True)


def test_rows_and_columns_that_open_together_are_told_with_their_sizes(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in range(1, 7):
        sheet.cell(row, 1, row)
    sheet.row_dimensions.group(2, 5, outline_level=1, hidden=True)
    sheet.row_dimensions.group(3, 4, outline_level=2, hidden=True)
    sheet.row_dimensions[3].height = 30
    sheet.column_dimensions.group("C", "D", outline_level=1, hidden=True)
    sheet.column_dimensions["C"].width = 20
    sheet.sheet_properties.outlinePr.summaryRight = False
    book.save(tmp_path / "budget.xlsx")
    shown = described(tmp_path / "budget.xlsx")["sheets"][0]
    assert shown["groups"] == {
        "rows": [[1, 4, 5], [2, 3, 4]],
        "columns": [[2, 3, 1]],
        "heights": {2: 30.0},
        "widths": {2: 20.0, 3: 20.0},
    }
    assert [shown["heights"][row] for row in range(1, 5)] == [0.0] * 4


def test_labels_beside_points_and_smooth_lines_are_told_with_their_series(tmp_path: Path) -> None:
    path = tmp_path / "labelled.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("S")
    for row in range(3):
        sheet.write_row(row, 0, [f"c{row}", row + 1])
    series = {"categories": "=S!$A$1:$A$3", "values": "=S!$B$1:$B$3"}
    custom = [{"delete": True}, {"value": "<b>best</b>"}]
    shares = {"percentage": True, "category": True, "separator": "\n"}
    values = {"value": True, "position": "inside_end", "num_format": "0.0", "custom": custom}
    for row, kind, labels, more in (
        (1, "pie", shares, {}),
        (20, "column", values, {}),
        (40, "line", None, {"smooth": True}),
    ):
        chart = book.add_chart({"type": kind})
        chart.add_series({**series, **more, **({"data_labels": labels} if labels else {})})
        sheet.insert_chart(row, 4, chart)
    book.close()
    pie, column, line = (chart["series"][0] for chart in described(path)["sheets"][0]["charts"])
    plain = {"points": {}, "words": {}, "place": "", "number_format": "General", "separator": ", "}
    assert pie["labels"] == plain | {"shows": ("category", "share"), "separator": "\n"}
    assert column["labels"] == plain | {
        "shows": ("value",),
        "points": {0: (), 1: ("value",)},
        "words": {1: "<b>best</b>"},
        "place": "inEnd",
        "number_format": "0.0",
    }
    assert line["smooth"]
    assert "labels" not in line
    assert "smooth" not in column


def test_a_bubble_has_the_size_of_its_cell(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in ([1, 4, 10], [2, 6, 20]):
        sheet.append(row)
    chart = BubbleChart()
    columns = [Reference(sheet, min_col=column, min_row=1, max_row=2) for column in (1, 2, 3)]
    chart.series.append(Series(values=columns[1], xvalues=columns[0], zvalues=columns[2], title="one"))
    sheet.add_chart(chart, "E2")
    book.save(tmp_path / "bubbles.xlsx")
    ((shown,),) = [described(tmp_path / "bubbles.xlsx")["sheets"][0]["charts"]]
    (series,) = shown["series"]
    assert (series["x"], series["y"], series["sizes"]) == ([0, 0, 0, 1, 0], [0, 0, 1, 1, 1], [0, 0, 2, 1, 2])
    assert not series["joined"]


def test_what_cells_accept_is_told_with_its_words(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    book = xlsxwriter.Workbook(str(path))
    form, lists, far = (book.add_worksheet(title) for title in ("Form", "Lists", "Far"))
    lists.write_column("A1", ["low", "high"])
    far.write_column("A1", [1.5, 2, "x"])
    far.very_hidden()
    book.define_name("Levels", "=Lists!$A$1:$A$2")
    for cell, rule in {
        "A1": {"validate": "list", "source": "=Lists!$A$1:$A$2", "input_title": "How", "input_message": "much?"},
        "A2": {"validate": "list", "source": "=Levels", "error_message": "one of these"},
        "A3": {"validate": "list", "source": "=Far!$A$1:$A$4", "error_type": "warning"},
        "A4": {"validate": "date", "criteria": ">=", "value": 46000},
        "A5": {"validate": "length", "criteria": "not between", "minimum": 1, "maximum": 3},
        "A6": {"validate": "decimal", "criteria": ">", "value": 0},
        "A7": {"validate": "custom", "value": "=A1>A2"},
        "A8:A9": {"validate": "list", "source": "=B1:B2"},
    }.items():
        form.data_validation(cell, rule)
    book.close()
    book_read = read_workbook(path)
    (shown, _) = describe_file(Stranger.read(path, book_read), ["Form", "Lists"])["sheets"]
    found = {one["ranges"][0][0] + 1: one for one in shown["inputs"]}
    assert found.keys() == {1, 2, 3, 4, 5, 6}
    assert (found[1]["source"], found[1]["words"]) == ([1, 0, 0, 1, 0], "How much?")
    assert (found[2]["source"], found[2]["refusal"]) == ([1, 0, 0, 1, 0], "one of these")
    assert (found[3]["choices"], found[3]["advice"]) == (["1.5", "2", "x"], True)
    assert (found[4]["kind"], found[4]["low"], found[4].get("high")) == ("moment", 46000, None)
    assert (found[5]["kind"], found[5]["outside"], found[5]["high"]) == ("length", True, 3)
    assert (found[6]["strict"], found[6]["low"], found[6].get("advice")) == (True, 0, None)
