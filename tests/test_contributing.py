"""The lesson in CONTRIBUTING.md is a lesson: it is found, built and verified."""

from pathlib import Path

import pytest

from workbook import lessons
from workbook.app.build import build
from workbook.check.recalc.ironcalc import IronCalc


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def test_the_example_is_a_lesson_in_one_file(
    contributed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "__path__", [*lessons.__path__, str(contributed)])
    assert "sigmoid" in lessons.names()
    assert lessons.summary("sigmoid") == "The sigmoid: any number, squeezed between two others."
    found = build(
        lessons.find("sigmoid"),
        {},
        seed=0,
        out=tmp_path,
        prepare=lambda _: ("cpu", [IronCalc()]),
        check=True,
        progress=silent,
    )
    assert found is not None
    assert found.ok, found.failures
    assert found.checked_cells == found.witnessed_cells == found.formula_cells == 42
    assert (tmp_path / "sigmoid.xlsx").is_file()
