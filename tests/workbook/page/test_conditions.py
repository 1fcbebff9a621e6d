"""Conditional formats as formulas: which cells each rule holds in, as Excel says it, and as edits change it."""

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from workbook.app.pages import page_program
from workbook.page import Stranger, describe_file
from workbook.transpile import Front, Running
from workbook.xlsx.read import read_workbook

NUMBERS = (4, -1, 7, 7, 0, 12)
WORDS = ("apple", "pear", "", "Apple pie", "plum", "pear")
RED = {"bg_color": "#FF0000"}


def made(
    path: Path, *rules: tuple[str, dict[str, Any]]
) -> tuple[Stranger, dict[str, Any], list[list[tuple[int, int]]]]:
    """A workbook with numbers in A1:A6 and words in B1:B6, and the cells, from 1, in which each of its rules holds."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("It's")
    for row, (number, word) in enumerate(zip(NUMBERS, WORDS, strict=True)):
        sheet.write(row, 0, number)
        if word:
            sheet.write(row, 1, word)
    sheet.write("D1", 7)
    red = book.add_format(RED)
    for cells, options in rules:
        given = {} if "type" in options and "scale" in options["type"] else {"format": red}
        sheet.conditional_format(cells, {**given, **options})
    book.close()
    found = read_workbook(path)
    stranger = Stranger.read(path, found)
    program, titles = page_program(stranger, Front.of(path, found))
    data = describe_file(stranger, titles)
    aside = stranger.conditions.aside
    if aside is None:
        return stranger, data, []
    with Running(program) as session:
        values = session.values()[aside.title]
    return (
        stranger,
        data,
        [
            [
                (row + 1, column + 1)
                for (top, left, bottom, right), first in zip(rule["ranges"], rule["rows"], strict=True)
                for row in range(top, bottom + 1)
                for column in range(left, right + 1)
                if values.get((first + row - top + 1, column - left + 1)) in (True, 1.0)
            ]
            for rule in data["sheets"][0]["conditions"]
        ],
    )


@pytest.mark.parametrize(
    ("cells", "rule", "rows"),
    [
        ("A1:A6", {"type": "cell", "criteria": ">", "value": 4}, [3, 4, 6]),
        ("A1:A6", {"type": "cell", "criteria": "=", "value": "$D$1"}, [3, 4]),
        ("A1:A6", {"type": "cell", "criteria": "between", "minimum": 0, "maximum": 7}, [1, 3, 4, 5]),
        ("A1:A6", {"type": "cell", "criteria": "not between", "minimum": 0, "maximum": 7}, [2, 6]),
        ("A1:A6", {"type": "formula", "criteria": '=AND(A1>0,B1<>"")'}, [1, 4, 6]),
        ("A2:A6", {"type": "formula", "criteria": "=A2>A1"}, [3, 6]),
        ("A1:A6", {"type": "top", "value": 2}, [3, 4, 6]),
        ("A1:A6", {"type": "bottom", "value": 50, "criteria": "%"}, [1, 2, 5]),
        ("A1:A6", {"type": "average", "criteria": "above"}, [3, 4, 6]),
        ("A1:A6", {"type": "average", "criteria": "equal or below"}, [1, 2, 5]),
        ("A1:A6", {"type": "average", "criteria": "1 std dev above"}, [6]),
        ("A1:A6", {"type": "average", "criteria": "1 std dev below"}, [2]),
        ("A1:A6", {"type": "average", "criteria": "2 std dev above"}, []),
        ("A1:A1", {"type": "average", "criteria": "1 std dev above"}, []),
        ("A1:A6", {"type": "duplicate"}, [3, 4]),
        ("A1:A6", {"type": "unique"}, [1, 2, 5, 6]),
    ],
)  # fmt: skip
def test_a_rule_holds_in_the_cells_in_which_excel_says_that_it_does(
    cells: str, rule: dict[str, Any], rows: list[int], tmp_path: Path
) -> None:
    _, _, (held,) = made(tmp_path / "rules.xlsx", (cells, rule))
    assert held == [(row, 1) for row in rows]


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ({"type": "text", "criteria": "containing", "value": "apple"}, [1, 4]),
        ({"type": "text", "criteria": "not containing", "value": "p"}, [3]),
        ({"type": "text", "criteria": "begins with", "value": "p"}, [2, 5, 6]),
        ({"type": "text", "criteria": "ends with", "value": "e"}, [1, 4]),
        ({"type": "blanks"}, [3]),
        ({"type": "no_blanks"}, [1, 2, 4, 5, 6]),
        ({"type": "duplicate"}, [2, 6]),
        ({"type": "cell", "criteria": "=", "value": '"pear"'}, [2, 6]),
    ],
)  # fmt: skip
def test_rules_of_texts(rule: dict[str, Any], rows: list[int], tmp_path: Path) -> None:
    _, _, (held,) = made(tmp_path / "rules.xlsx", ("B1:B6", rule))
    assert held == [(row, 2) for row in rows]


def test_the_strongest_rule_comes_first_and_says_whether_it_is_the_last(tmp_path: Path) -> None:
    rules = [
        ("A1:A6", {"type": "cell", "criteria": ">", "value": 0, "stop_if_true": True}),
        ("A1:B2", {"type": "cell", "criteria": "=", "value": 4}),
    ]
    _, data, held = made(tmp_path / "rules.xlsx", *rules)
    first, second = data["sheets"][0]["conditions"]
    assert (first["fill"], first.get("stop"), second.get("stop")) == ("FF0000", True, None)
    assert held == [[(1, 1), (3, 1), (4, 1), (6, 1)], [(1, 1)]]


def test_a_rule_of_whole_columns_reaches_as_far_as_the_sheet_is_filled(tmp_path: Path) -> None:
    stranger, data, (held,) = made(
        tmp_path / "rules.xlsx", ("A1:A1048576", {"type": "cell", "criteria": ">", "value": 4})
    )
    assert data["sheets"][0]["conditions"][0]["ranges"] == [[0, 0, 5, 0]]
    assert held == [(3, 1), (4, 1), (6, 1)]
    assert stranger.conditions.aside is not None
    assert len(stranger.conditions.aside.cells) == 6


def test_scales_bars_and_icons_are_told_with_their_points(tmp_path: Path) -> None:
    bars = {"type": "data_bar", "bar_color": "#63C384"}
    icons = {"type": "icon_set", "icon_style": "3_arrows", "reverse_icons": True}
    scale = {"type": "3_color_scale", "mid_type": "num", "mid_value": 5}
    _, data, held = made(tmp_path / "rules.xlsx", ("A1:A6", scale), ("A1:A6", bars), ("A1:A6", icons))
    assert held == []
    first, second, third = data["sheets"][0]["scales"]
    assert first["points"] == [["min"], ["num", 5.0], ["max"]]
    assert len(first["colours"]) == 3
    assert (second["bar"], second["points"]) == ("63C384", [["min"], ["max"]])
    assert (third["icons"], third["drawn"], third["turned"]) == (3, "arrows", True)
    assert third["points"] == [["percent", 0.0], ["percent", 33.0], ["percent", 67.0]]


def test_what_excel_2010_says_of_bars_is_told_once(tmp_path: Path) -> None:
    newer = {
        "type": "data_bar",
        "data_bar_2010": True,
        "bar_color": "#63C384",
        "bar_negative_color": "#FF0000",
        "bar_solid": True,
    }
    older = {"type": "data_bar", "bar_color": "#63C384"}
    _, data, _ = made(tmp_path / "rules.xlsx", ("A1:A6", {**newer, "bar_only": True}), ("D1", older))
    first, second = data["sheets"][0]["scales"]
    assert (first["bar"], first["negative"], first["plain"], first["alone"]) == ("63C384", "FF0000", True, True)
    assert first["points"] == [["autoMin"], ["autoMax"]]
    assert "negative" not in second


def test_the_sparklines_of_a_sheet_are_told_and_move_no_rule(tmp_path: Path) -> None:
    path = tmp_path / "sparks.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("It's")
    sheet.write_row("A1", [3, 1, 4, 1])
    sheet.conditional_format("A1:D1", {"type": "data_bar", "data_bar_2010": True})
    sheet.add_sparkline(
        "E1", {"range": "'It''s'!A1:D1", "high_point": True, "series_color": "#123456", "reverse": True}
    )
    sheet.add_sparkline("E2", {"range": "'It''s'!A1:D1", "type": "win_loss", "min": -5, "max": 7.5, "axis": True})
    sheet.add_sparkline("E3", {"range": "Nowhere!A1:D1", "type": "column"})
    book.close()
    found = read_workbook(path)
    (shown,) = describe_file(Stranger.read(path, found), ["It's"])["sheets"]
    second, first = sorted(shown["sparklines"], key=lambda one: -one["at"][0])
    assert (first["kind"], first["at"], first["source"]) == ("line", [0, 4], [0, 0, 0, 0, 3])
    assert (first["marks"], first["colours"]["series"], first["mirrored"]) == (["high"], "123456", True)
    assert (second["kind"], second["low"], second["high"], second["axis"]) == ("stacked", -5, 7.5, True)
    assert [scale["ranges"] for scale in shown["scales"]] == [[[0, 0, 0, 3]]]
