"""Copies, choices and steps show the quantity that they were made from; sums and differences show one of their own."""

import pytest

from workbook.lesson.lesson import Formula, Given, Grid, Sheet
from workbook.plan.layout import lay_out
from workbook.plan.quantities import quantities


def same(*blocks: Given | Formula) -> list[set[str]]:
    """The blocks of one sheet that show the same quantity, each set of two or more."""
    drawing = tuple(Grid(block.name) for block in blocks)
    sheet = Sheet(name="s", title="S", words="", blocks=blocks, layout=drawing)
    places = {place.name: place for place in lay_out(sheet, (sheet,), {"row": 3, "step": 2}, {}).places}
    found: dict[str, set[str]] = {}
    for name, first in quantities(places).items():
        found.setdefault(first, set()).add(name.removeprefix("s."))
    return [names for names in found.values() if len(names) > 1]


def given(name: str) -> Given:
    return Given(name=name, axes="row")


@pytest.mark.parametrize(
    ("pattern", "alike"),
    [
        ("initial", {"used", "initial"}),
        ("IF(switch=1, initial, trained)", {"used", "initial", "trained"}),
        ('IF(switch=1, initial, IF(switch=2, trained, "none"))', {"used", "initial", "trained"}),
        ("initial-trained", set()),
        ("IF(initial>0, 1, 0)", set()),
        ("2*initial", set()),
    ],
)
def test_what_only_copies_or_chooses_shows_what_it_is_made_from(pattern: str, alike: set[str]) -> None:
    blocks = (given("initial"), given("trained"), Given(name="switch", value=1.0, low=0, high=3))
    assert same(*blocks, Formula(name="used", axes="row", pattern=pattern)) == ([alike] if alike else [])


def test_what_a_step_makes_of_a_block_shows_the_same_quantity() -> None:
    moved = Formula(name="new_weight", axes="row", pattern="weight-0.1*slope")
    assert same(given("weight"), given("slope"), moved) == [{"weight", "new_weight"}]


def test_steps_are_joined_by_their_state() -> None:
    before = Formula(name="w", axes="step row", pattern="PREV(after, start)")
    after = Formula(name="after", axes="step row", pattern="w/2")
    blocks = (given("start"), before, after)
    sheet = Sheet(name="s", title="S", words="", blocks=blocks, layout=(Grid("start w after"),), step="step")
    places = {place.name: place for place in lay_out(sheet, (sheet,), {"row": 3, "step": 2}, {}).places}
    assert set(quantities(places).values()) == {"s.start"}
