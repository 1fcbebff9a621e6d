"""What a page shows of a plan: the looks of the file's own cells, and nothing that a browser takes for markup."""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from sweep import FEW

from workbook.formula.address import cell_position
from workbook.lessons import names
from workbook.page import Code, describe, file_parts, index, page
from workbook.page.looks import joined

HOSTILE = "</script><script>alert(1)</script><!-- \u2028 ' \" & `${1}` ]]>"


@pytest.mark.sweep(but=(*FEW, "affine", "optimizers"))
@pytest.mark.parametrize("name", names())
def test_every_cell_wears_the_style_that_it_has_in_the_file(name: str, small_of: Callable[[str], Any]) -> None:
    built = small_of(name)
    data = describe(built.plan, "built by a test")
    with ZipFile(built.path) as archive:
        for number, sheet in enumerate(data["sheets"], start=1):
            text = archive.read(f"xl/worksheets/sheet{number}.xml").decode()
            filed = {
                tuple(part - 1 for part in cell_position(address)): int(style)
                for address, style in re.findall(r'<c r="([A-Z]+[0-9]+)" s="([0-9]+)"', text)
            }
            shown = {
                (row, column): data["styles"][style]["file"]
                for top, left, bottom, right, style in sheet["looks"]
                for row in range(top, bottom + 1)
                for column in range(left, right + 1)
            }
            assert shown == filed, sheet["title"]


def test_every_style_is_aligned_and_indented_as_in_the_file(small_of: Callable[[str], Any]) -> None:
    built = small_of("cross_entropy")
    with ZipFile(built.path) as archive:
        styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    filed = []
    for form in styles.iterfind("{*}cellXfs/{*}xf"):
        found = form.find("{*}alignment")
        filed.append(("", 0) if found is None else (found.get("horizontal", ""), int(found.get("indent", "0"))))
    shown = {
        style["file"]: (style.get("align", ""), style.get("indent", 0)) for style in describe(built.plan)["styles"]
    }
    assert {across for across, _ in shown.values()} >= {"left", "right", "center"}
    assert shown == {number: filed[number] for number in shown}


def test_inputs_say_what_they_accept(small_of: Callable[[str], Any]) -> None:
    data = describe(small_of("optimizers").plan)
    adam = next(sheet for sheet in data["sheets"] if sheet["title"] == "Adam")
    inputs = {entry["title"]: entry for entry in adam["inputs"]}
    assert inputs["convention"]["choices"] == ["torch", "lecture"]
    assert (inputs["β1"]["low"], inputs["β1"]["single"]) == (0, True)
    assert "expected a number" in inputs["β1"]["refusal"]
    assert adam["steps"]["count"] == 87
    assert all(band[4:] == [1, 0] for band in adam["steps"]["bands"])


def test_an_answer_knows_its_question_and_where_it_is_judged(small_of: Callable[[str], Any]) -> None:
    plan = small_of("cross_entropy").plan
    by_hand = next(sheet for sheet in describe(plan)["sheets"] if sheet["title"] == "By hand")
    asked = [entry for entry in by_hand["inputs"] if entry.get("optional")]
    assert len(asked) == 3
    verdicts = {place.origin for place in plan.places.values() if place.block.name.startswith("verdict_")}
    assert {(row + 1, column + 1) for row, column in (entry["verdict"] for entry in asked)} <= verdicts
    assert all(entry["words"].endswith("?") for entry in asked), [entry["words"] for entry in asked]


def test_charts_name_the_cells_of_their_series(small_of: Callable[[str], Any]) -> None:
    plan = small_of("affine").plan
    data = describe(plan)
    sheet = next(sheet for sheet in data["sheets"] if sheet.get("charts"))
    filled = {at for place in plan.places.values() if place.title == sheet["title"] for at in place.cells()}
    for chart in sheet["charts"]:
        number, top, left, bottom, right = chart["series"][0]["y"]
        assert data["sheets"][number]["title"] == sheet["title"]
        assert (left == right and bottom > top) or (top == bottom and right > left)
        assert {(top + 1, left + 1), (bottom + 1, right + 1)} <= filled


def test_rectangles_that_go_on_are_one() -> None:
    assert joined([[0, 0, 0, 3, 1], [1, 0, 1, 3, 1], [2, 0, 2, 3, 2], [3, 0, 3, 2, 2]]) == [
        [0, 0, 1, 3, 1],
        [2, 0, 2, 3, 2],
        [3, 0, 3, 2, 2],
    ]


def made(title: str) -> str:
    description = {"title": title, "name": "x", "sheets": [{"title": title}], "styles": []}
    code = Code("NumPy", {title: [title]}, {title: [[]]})
    return page(description, "() => 0", {"texts": [title]}, [code], {})


def test_nothing_of_a_workbook_is_markup_in_its_page() -> None:
    html = made(HOSTILE)
    assert "alert(1)" not in html.replace("&lt;script&gt;alert(1)", "")
    assert html.count("<script") == made("plain").count("<script")
    assert "\u2028" not in re.sub(r"<(title|h1)>.*?</\1>", "", html, flags=re.DOTALL)
    packed = re.search(r'id="page">([^<]*)<', html)
    assert packed
    held = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    assert held["title"] == HOSTILE


def test_the_policy_lets_in_the_pages_own_script_and_style_and_nothing_else() -> None:
    html = made("plain")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    said = policy[1].replace("&#39;", "'")
    assert said.startswith("default-src 'none'; ")
    assert "unsafe" not in said
    for text in [
        *re.findall(r"<script>(.*?)</script>", html, re.DOTALL),
        *re.findall(r"<style>(.*?)</style>", html, re.DOTALL),
    ]:
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in said


def test_the_index_names_pages_and_takes_no_words_for_markup() -> None:
    html = index([{"file": "a.html", "title": HOSTILE, "words": "w", "place": "1", "size": "1 MB"}])
    assert "<script" not in html
    assert 'href="a.html"' in html


def test_a_file_without_its_rows_keeps_all_else(small_of: Callable[[str], Any]) -> None:
    built = small_of("affine")
    held = file_parts(built.path, built.plan)
    with ZipFile(built.path) as archive:
        assert list(held["parts"]) == archive.namelist()
    for name in held["sheets"]:
        assert held["parts"][name].count("<sheetData></sheetData>") == 1
        assert "<row " not in held["parts"][name]
    assert "numCache" not in "".join(held["parts"].values())
