"""A lesson that is declared wrongly says so when it is made."""

from collections.abc import Callable

import numpy as np
import pytest

from workbook.errors import LessonError
from workbook.lesson import Charts, Fields, Formula, Given, Grid, Sheet


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
        (lambda: sheet(Grid("x"), Charts("c")), "the layout places the charts"),
    ],
)
def test_a_wrong_declaration_is_one_clear_sentence(make: Callable[[], object], said: str) -> None:
    with pytest.raises(LessonError, match=said):
        make()


def sheet(*layout: Grid | Fields | Charts) -> Sheet:
    return Sheet(name="s", title="S", words="", blocks=(Given(name="x"),), layout=layout)


def test_the_last_axis_runs_across_unless_told() -> None:
    assert Given(name="x", axes="user movie").across_axes == ("movie",)
    assert Given(name="x", axes="user").across_axes == ()
    assert Given(name="x", axes="user movie", across="").down_axes == ("user", "movie")


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_a_value_that_the_sheet_would_not_accept_is_named(value: float) -> None:
    with pytest.raises(LessonError, match="expected a number from 0 to 5"):
        Given(name="rating", axes="row", low=0, high=5).check(np.array([1.0, value]), "Ratings")
