"""The report: its document against the keys that the design fixes, its page read back by an HTML parser."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from workbook import __version__
from workbook.app import report
from workbook.app.report import Run
from workbook.check.verify import BlockCheck, DerivedCode, Failure, SheetCheck, WorkbookCheck
from workbook.errors import FileError

RUN = Run(torch="2.13.0", device="cpu", recalculated_by=("ironcalc 0.9.1", "LibreOffice 7.4"))
M_HAT = BlockCheck("m_hat", 12, 1e-16, 3e-16, 2e-16)
WORDS = BlockCheck("words", 3, 0.0, None, None)
ADAM = SheetCheck("Adam", 15, 15, 12, (M_HAT, WORDS))
QUOTED = SheetCheck("It's a dot product", 2, 2, 0, ())
FAILURE = Failure("Adam!H4", "value", "1.5", "1.25", "ironcalc 0.9.1")
CHECK = WorkbookCheck(
    file="output/optimizers.xlsx",
    lesson="optimizers",
    options={"epochs": 3, "ratings": None, "mnist": Path("data/mnist")},
    ok=True,
    formula_cells=17,
    checked_cells=17,
    witnessed_cells=12,
    max_error=3e-16,
    sheets=(ADAM, QUOTED),
    failures=(),
    notes=("LibreOffice is not installed.",),
    build="0123456789ab",
)
FAILED = replace(CHECK, ok=False, failures=(FAILURE,))


def loaded(*checks: WorkbookCheck) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(report.to_json(checks, RUN), parse_constant=refuse)


class Page(HTMLParser):
    """The text, the tags and the attributes of a page, and whether its tags close in order."""

    _VOID = ("meta", "link", "br")

    def __init__(self, checks: tuple[WorkbookCheck, ...]) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.pieces: list[str] = []
        self.open: list[str] = []
        self.feed(report.to_html(checks, RUN).decode("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self._VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.pieces).split())


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keys(part)


def test_the_document_is_the_one_that_the_design_fixes() -> None:
    assert loaded(FAILED) == {
        "ok": False,
        "version": __version__,
        "torch": "2.13.0",
        "device": "cpu",
        "recalculated_by": ["ironcalc 0.9.1", "LibreOffice 7.4"],
        "workbooks": [
            {
                "file": "output/optimizers.xlsx",
                "lesson": "optimizers",
                "options": {"epochs": 3, "ratings": None, "mnist": "data/mnist"},
                "build": "0123456789ab",
                "ok": False,
                "formula_cells": 17,
                "checked_cells": 17,
                "witnessed_cells": 12,
                "max_error": 3e-16,
                "derived": None,
                "sheets": [
                    {
                        "name": "Adam",
                        "formula_cells": 15,
                        "checked_cells": 15,
                        "witnessed_cells": 12,
                        "blocks": [
                            {
                                "name": "m_hat",
                                "cells": 12,
                                "sheet_vs_reference": 1e-16,
                                "reference_vs_witness": 3e-16,
                                "trajectory": 2e-16,
                            },
                            {
                                "name": "words",
                                "cells": 3,
                                "sheet_vs_reference": 0.0,
                                "reference_vs_witness": None,
                                "trajectory": None,
                            },
                        ],
                    },
                    {
                        "name": "It's a dot product",
                        "formula_cells": 2,
                        "checked_cells": 2,
                        "witnessed_cells": 0,
                        "blocks": [],
                    },
                ],
                "failures": [
                    {
                        "cell": "Adam!H4",
                        "kind": "value",
                        "found": "1.5",
                        "expected": "1.25",
                        "by": "ironcalc 0.9.1",
                    }
                ],
                "notes": ["LibreOffice is not installed."],
            }
        ],
    }


@pytest.mark.parametrize(
    ("checks", "ok"), [((CHECK,), True), ((CHECK, FAILED), False), ((FAILED,), False), ((), False)]
)
def test_a_run_is_ok_when_it_checked_something_and_nothing_failed(checks: tuple[WorkbookCheck, ...], ok: bool) -> None:
    assert loaded(*checks)["ok"] is ok


@pytest.mark.parametrize("error", [math.inf, math.nan])
def test_an_error_that_json_cannot_hold_is_larger_than_any_bound(error: float) -> None:
    broken = replace(ADAM, blocks=(replace(M_HAT, sheet_vs_reference=error, trajectory=error),))

    workbook = loaded(replace(FAILED, max_error=error, sheets=(broken,)))["workbooks"][0]

    assert workbook["max_error"] > 1e300
    assert workbook["sheets"][0]["blocks"][0]["sheet_vs_reference"] > 1e300
    assert workbook["sheets"][0]["blocks"][0]["trajectory"] > 1e300


def test_text_from_a_hostile_file_stays_text() -> None:
    hostile = replace(FAILURE, cell="Adam!H4", found="<script>alert(1)</script>", expected='" onclick="x\ud800\x00')
    check = replace(FAILED, file="<b>bold</b>.xlsx", failures=(hostile,))
    page = Page((check,))

    assert "script" not in page.tags
    assert "onclick" not in [name for name, _ in page.attributes]
    assert "<script>alert(1)</script>" in page.text
    assert "<b>bold</b>.xlsx" in page.text
    assert loaded(check)["workbooks"][0]["failures"][0]["expected"] == '" onclick="x\ud800\x00'


def test_a_file_that_could_not_be_verified_is_a_failure_of_its_own() -> None:
    refused = report.refused(Path("bad.xlsx"), FileError("bad.xlsx: it is empty"))

    assert set(keys(loaded(refused))) == set(keys(loaded(FAILED))) - {
        *("epochs", "ratings", "mnist"),
        *("name", "blocks", "cells", "sheet_vs_reference", "reference_vs_witness", "trajectory"),
    }
    assert not loaded(CHECK, refused)["ok"]
    assert loaded(refused)["workbooks"][0]["failures"][0]["found"] == "bad.xlsx: it is empty"
    assert "bad.xlsx: it is empty" in Page((refused,)).text


class TestPage:
    """The HTML page."""

    def test_its_tags_close_in_order(self) -> None:
        assert Page((CHECK, FAILED)).open == []

    def test_it_needs_nothing_from_elsewhere(self) -> None:
        page = Page((CHECK, FAILED))
        links = [value for name, value in page.attributes if name in ("href", "src")]

        assert links == ["#workbook-1", "#workbook-2"]
        assert {"script", "link", "img"}.isdisjoint(page.tags)
        assert [value for name, value in page.attributes if name == "id" and value] == ["workbook-1", "workbook-2"]

    def test_it_says_in_words_whether_all_is_well(self) -> None:
        assert "Every number, checked: \u2713 ok" in Page((CHECK,)).text
        assert "Every number, checked: \u2717 FAIL" in Page((CHECK, FAILED)).text
        assert "FAIL" not in Page((CHECK,)).text

    def test_it_shows_the_failures_before_the_sheets(self) -> None:
        text = Page((FAILED,)).text

        assert text.index("Adam!H4 value 1.5 1.25 ironcalc 0.9.1") < text.index("Adam 15 15 12")

    def test_it_marks_the_sheet_that_failed_and_no_other(self) -> None:
        quoted = replace(FAILURE, cell="'It''s a dot product'!B3")
        text = Page((replace(FAILED, failures=(quoted, quoted)),)).text

        assert "Adam 15 15 12 3.0e-16 \u2713 ok" in text
        assert "It's a dot product 2 2 0 0 \u2717 FAIL" in text

    def test_it_names_engines_device_options_and_notes(self) -> None:
        text = Page((CHECK,)).text

        assert "ironcalc 0.9.1, LibreOffice 7.4" in text
        assert "torch 2.13.0 on cpu" in text
        assert "epochs 3, mnist data/mnist" in text
        assert "LibreOffice is not installed." in text

    def test_it_names_the_scripts_derived_from_the_sheets(self) -> None:
        scripts = {"numpy": DerivedCode("code/optimizers_numpy.py", 1017, 1016, 2.5e-14)}
        text = Page((replace(CHECK, derived=scripts),)).text

        assert "As code code/optimizers_numpy.py : 1,016 of 1,017 formula cells equal, largest error 2.5e-14" in text
        assert "As code" not in Page((CHECK,)).text

    def test_it_lists_the_first_failures_and_counts_them_all(self) -> None:
        page = Page((replace(FAILED, failures=(FAILURE,) * 1501),))

        assert page.text.count("Adam!H4") == report.SHOWN_FAILURES
        assert "1,501 failures; the first 500 are here, the rest in the JSON report" in page.text

    def test_its_tables_have_captions_and_headings_with_a_scope(self) -> None:
        page = Page((CHECK, FAILED))

        assert page.tags.count("caption") == page.tags.count("table")
        assert page.tags.count("th") == sum(name == "scope" for name, _ in page.attributes)
        assert ("lang", "en") in page.attributes


def test_document_and_page_are_written_side_by_side(tmp_path: Path) -> None:
    report.write(tmp_path / "proof.json", [CHECK], RUN)

    assert json.loads((tmp_path / "proof.json").read_text())["ok"] is True
    assert (tmp_path / "proof.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert len(list(tmp_path.iterdir())) == 2
