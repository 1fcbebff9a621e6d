"""A lesson that is declared wrongly says so when it is made."""

from collections.abc import Callable

import numpy as np
import pytest

from workbook.errors import LessonError
from workbook.layout import SheetLayout, lay_out
from workbook.lesson import Charts, Fields, Formula, Given, Grid, Row, Sheet, Table


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
        (lambda: Formula(name="x", axes="row", pattern="1", array="column"), "array axes 'column' are none"),
        (lambda: sheet(Grid("y")), "the layout draws 'y'"),
        (lambda: sheet(Grid("x"), Fields("x")), "draws 'x' twice"),
        (lambda: sheet(), "does not draw block 'x'"),
        (lambda: sheet(Table(("rule", "x", ""), (Row("a", "x"), Row("b", "x")))), "draws 'x' twice"),
        (lambda: laid(Table(("rule", "x", "y", ""), (Row("a", "x"),))), "row 'a' has 1 places, its headings leave 2"),
        (lambda: sheet(Grid("x"), Charts("c")), "the layout places the charts"),
    ],
)
def test_a_wrong_declaration_is_one_clear_sentence(make: Callable[[], object], said: str) -> None:
    with pytest.raises(LessonError, match=said):
        make()


def sheet(*layout: Grid | Fields | Table | Charts) -> Sheet:
    return Sheet(name="s", title="S", words="", blocks=(Given(name="x"),), layout=layout)


def laid(*layout: Grid | Fields | Table) -> SheetLayout:
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


def test_the_last_axis_runs_across_unless_told() -> None:
    assert Given(name="x", axes="user movie").across_axes == ("movie",)
    assert Given(name="x", axes="user").across_axes == ()
    assert Given(name="x", axes="user movie", across="").down_axes == ("user", "movie")


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_a_value_that_the_sheet_would_not_accept_is_named(value: float) -> None:
    with pytest.raises(LessonError, match="expected a number from 0 to 5"):
        Given(name="rating", axes="row", low=0, high=5).check(np.array([1.0, value]), "Ratings")
