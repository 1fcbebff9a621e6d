"""Where a print goes on to the next page, on sheets whose rows are counted by hand."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from workbook.lesson.lesson import Given, Grid, Item, Sheet, Unprinted, Words
from workbook.plan.layout import SheetLayout, lay_out
from workbook.plan.plan import Plan
from workbook.xlsx.write.pages import page_breaks, repeated_rows


def laid_out(*layout: Item, one_page: bool = False, **sizes: int) -> SheetLayout:
    """A sheet of columns of numbers, one for each axis, as wide as a page: 33 rows fit below the repeated title."""
    blocks = tuple(Given(name=axis, axes=axis, title=axis, low=0, high=9, width=20) for axis in sizes)
    sheet = Sheet(name="s", title="S", words="One.", blocks=blocks, layout=layout, one_page=one_page)
    return lay_out(sheet, [sheet], sizes, {})


def test_a_short_sheet_is_one_page() -> None:
    assert page_breaks(laid_out(Grid("row"), row=10)) == []
    assert page_breaks(laid_out(Grid("row"), row=200, one_page=True)) == []


def test_a_heading_goes_to_the_next_page_with_its_block() -> None:
    # Rows: title, words, empty; heading in 4, block in 5 to 24, empty; section in 26, heading in 28, block in 29 to 48.
    layout = laid_out(Grid("row"), Words("More"), Grid("place"), row=20, place=20)
    assert [place.origin[0] for place in layout.places] == [5, 29]
    assert page_breaks(layout) == [25]


def test_a_table_that_fits_on_a_page_is_not_cut() -> None:
    layout = laid_out(Grid("row"), Grid("place"), row=20, place=25)
    (second,) = (place for place in layout.places if place.block.name == "place")
    # The row above the heading of the second table is the last of the first page.
    assert page_breaks(layout) == [second.origin[0] - 2]


def test_a_long_table_goes_on_over_pages_under_its_headings() -> None:
    layout = laid_out(Grid("row"), row=200)
    breaks = page_breaks(layout)
    assert len(breaks) >= 5
    assert all(later > sooner for sooner, later in pairwise(breaks))
    assert repeated_rows(layout) == "4:4"
    assert repeated_rows(laid_out(Grid("row"), Grid("place"), row=200, place=3)) == "1:1"
    assert repeated_rows(laid_out(Grid("row"), Words("For experts", "Words alone."), row=200)) == "4:4"
    assert repeated_rows(laid_out(Grid("row"), Unprinted(), Grid("place"), row=200, place=3)) == "4:4"


def test_no_page_of_a_workbook_ends_with_a_heading(every: tuple[Path, Plan]) -> None:
    for layout in every[1].layouts:
        heads: dict[int, Any] = {
            label.row: label.text for label in layout.labels if label.role in ("section", "heading")
        }
        found = {row: heads[row] for row in page_breaks(layout) if row in heads}
        assert found == {}, layout.sheet.title
