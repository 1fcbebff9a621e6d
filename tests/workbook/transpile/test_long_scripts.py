"""Scripts that would be long: what repeats in a workbook is said once, and all of its cells have their values."""

from pathlib import Path

import pytest
from long_books import BOOKS
from small_books import save

from workbook.transpile import Front, transpile

# fmt: off
MOST_LINES = {
    "kalman_filter": 45, "sparse_matrix": 25, "attention_heads": 55, "layered_network": 20, "three_statements": 215,
}
# fmt: on
"""A little more lines of formulas than there are, with NumPy or torch."""


def lines_of_formulas(source: str) -> int:
    """How many lines the functions of the sheets take."""
    start, stop = source.index("# The sheets"), source.index("\ndef compute(inputs)")
    return sum(bool(line.strip()) for line in source[start:stop].splitlines()) - 1


@pytest.fixture(scope="module", params=BOOKS)
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Front]:
    path = save(tmp_path_factory.mktemp("long") / f"{request.param}.xlsx", BOOKS[request.param]())
    return request.param, path, Front.of(path)


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_workbook_that_repeats_itself_is_a_short_script_of_the_same_values(
    front: tuple[str, Path, Front], target: str
) -> None:
    name, path, own = front
    made = transpile(path, target=target, front=own)
    cells = sum(cell.formula is not None for sheet in own.book.sheets.values() for cell in sheet.cells.values())
    assert (made.refused, made.unsure) == ((), frozenset())
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences) == (cells, ())
    assert lines_of_formulas(made.script.source) <= MOST_LINES[name]
