"""A lesson that is declared wrongly says so when it is made."""

from collections.abc import Callable

import numpy as np
import pytest

from workbook.errors import LessonError
from workbook.lesson.lesson import Charts, Fields, Formula, Given, Grid, Pictures, Row, Sheet, Table, Unprinted
from workbook.plan.layout import SheetLayout, lay_out


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Given(name="Wrong"), "block 'Wrong': expected lower-case"),
        (lambda: Given(name="x", axes="row row"), "name one axis twice"),
        (lambda: Given(name="x", axes="row", across="column"), "is none of its axes"),
        (lambda: Given(name="x", value=3.0, low=0, high=2), "found 3, expected a number from 0 to 2"),
        (lambda: Given(name="x", value=1.5, whole=True), "expected a whole number"),
        (lambda: Given(name="x", value="no", choices=("a", "b")), "found 'no', expected one of a, b"),
        (lambda: Given(name="x", axes="row", value=1.0), "only a scalar has a default"),
        (lambda: Formula(name="x", pattern="1", bound=1e-6), "gives no reason"),
        (lambda: sheet(Grid("y")), "the layout draws 'y'"),
        (lambda: sheet(Grid("x"), Fields("x")), "draws 'x' twice"),
        (lambda: sheet(), "does not draw block 'x'"),
        (lambda: sheet(Table(("rule", "x", ""), (Row("a", "x"), Row("b", "x")))), "draws 'x' twice"),
        (lambda: laid(Table(("rule", "x", "y", ""), (Row("a", "x"),))), "row 'a' has 1 places, its headings leave 2"),
        (lambda: sheet(Grid("x"), Charts("c")), "the layout places the charts"),
        (lambda: laid(Pictures("x")), r"x has axes ''; Pictures shows \(row, column\)"),
    ],
)
def test_a_wrong_declaration_is_one_clear_sentence(make: Callable[[], object], said: str) -> None:
    with pytest.raises(LessonError, match=said):
        make()


def sheet(*layout: Grid | Fields | Table | Charts | Pictures) -> Sheet:
    return Sheet(name="s", title="S", words="", blocks=(Given(name="x"),), layout=layout)


def laid(*layout: Grid | Fields | Table | Pictures) -> SheetLayout:
    made = sheet(*layout)
    return lay_out(made, (made,), {}, {})


def test_a_table_stands_in_rows_under_its_headings() -> None:
    found = laid(
        Table(("rule", "new", "apart", "why"), (Row("first", ". .", "as it was"), Row("second", ". x", "moved")))
    )
    words = {(label.row, label.column): label.text for label in found.labels}
    assert [words[3, column] for column in (1, 2, 3, 4)] == ["rule", "new", "apart", "why"]
    assert (words[4, 1], words[4, 4], words[5, 1], words[5, 4]) == ("first", "as it was", "second", "moved")
    assert [(place.name, place.origin) for place in found.places] == [("s.x", (5, 3))]


def pictured(*more: Fields | Unprinted | Grid, with_: str = "") -> SheetLayout:
    """Two tiers of three pictures of two by four cells, under captions."""
    blocks = (
        Given(name="caption", axes="tier place", across="place", text=True),
        Given(name="picture", axes="tier place row column", across="place column"),
        Given(name="x"),
        Given(name="wide", axes="entry", across="entry"),
    )
    made = Sheet(
        name="s",
        title="S",
        words="",
        blocks=tuple(b for b in blocks if b.name in ("caption", "picture", with_)),
        layout=(*more, Pictures("picture", "caption", points=6)),
    )
    return lay_out(made, (made,), {"tier": 2, "place": 3, "row": 2, "column": 4, "entry": 30}, {})


def test_pictures_stand_side_by_side_in_tiers_under_their_captions() -> None:
    found = pictured()
    caption, picture = found.places
    # a tier is a caption, two rows and an empty one; a place four columns and two empty ones, from column B on
    assert caption.ranges() == ("B3", "H3", "N3", "B7", "H7", "N7")
    assert picture.ranges() == ("B4:E5", "H4:K5", "N4:Q5", "B8:E9", "H8:K9", "N8:Q9")
    assert {row: found.heights[row] for row in (4, 5, 8, 9)} == dict.fromkeys((4, 5, 8, 9), 6.0)
    assert 3 not in found.heights
    # 6 points are 8 pixels, and a column of w digits is 7 w + 5 pixels wide
    assert {round(7 * found.widths[column] + 5, 9) for column in range(2, 18)} == {8.0}


def test_pictures_leave_the_columns_of_fields_their_width() -> None:
    found = pictured(Fields("x"), with_="x")
    assert found.places[1].address() == "D5"
    assert not {2, 3} & set(found.widths)


def test_a_print_is_wide_enough_for_its_sentences_where_columns_are_narrow() -> None:
    for found in (pictured(Unprinted(), Grid("wide"), with_="wide"), pictured()):
        assert found.last_column > 12
        assert sum(found.widths.get(c, 9.0) for c in range(1, found.last_column + 1)) >= 125


def test_the_last_axis_runs_across_unless_told() -> None:
    assert Given(name="x", axes="user movie").across_axes == ("movie",)
    assert Given(name="x", axes="user").across_axes == ()
    assert Given(name="x", axes="user movie", across="").down_axes == ("user", "movie")


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_a_value_that_the_sheet_would_not_accept_is_named(value: float) -> None:
    with pytest.raises(LessonError, match="expected a number from 0 to 5"):
        Given(name="rating", axes="row", low=0, high=5).check(np.array([1.0, value]), "Ratings")
