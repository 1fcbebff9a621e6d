"""Sheets on which no two formulas are one: each cell is what a program that is not ours computes from what it reads."""

from pathlib import Path

import pytest
from irregular_books import irregular_texts

from workbook.transpile import transpile


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_texts_look_ups_and_conditions_without_a_pattern(target: str, tmp_path: Path) -> None:
    cells = irregular_texts(tmp_path / "book.xlsx", 1, 25)
    made = transpile(tmp_path / "book.xlsx", target=target)
    assert made.refused == ()
    assert made.comparison is not None
    assert made.comparison.differences == ()
    assert made.comparison.cells == cells == 500
    assert made.unknown == ()
