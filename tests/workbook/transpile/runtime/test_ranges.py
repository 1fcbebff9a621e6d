"""Ranges as lists of rows: what is in them, and what of them a cell shows."""

import math

import numpy as np
import pytest

from workbook.transpile.runtime.ranges import (
    assemble,
    column,
    fitted,
    flat,
    numbers,
    numbers_and_words,
    pairs,
    part,
    row,
    same_shape,
    shown,
    table,
    with_gaps,
    without_gaps,
)
from workbook.transpile.runtime.values import Error

MIXED = [[1.0, "2", True], [None, 3.0, ""]]


def test_the_numbers_of_a_range_leave_out_what_a_single_value_is_taken_for() -> None:
    assert list(numbers(MIXED)) == [1.0, 3.0]
    assert list(numbers("2", True, None)) == [2.0, 1.0, 0.0]
    assert list(numbers(np.array([[1.0, 2.0]]), 3.0)) == [1.0, 2.0, 3.0]
    assert list(numbers_and_words(MIXED)) == [1.0, 0.0, 1.0, 3.0, 0.0]
    with pytest.raises(Error) as raised:
        list(numbers([[1.0, Error("#N/A")]]))
    assert raised.value == Error("#N/A")


def test_rows_come_first_whatever_holds_the_values() -> None:
    assert list(flat(MIXED, 5.0)) == [1.0, "2", True, None, 3.0, "", 5.0]
    assert list(flat(np.array([[1.0, 2.0], [3.0, 4.0]]))) == [1.0, 2.0, 3.0, 4.0]
    assert table(7.0) == [[7.0]]
    assert table([1.0, 2.0]) == [[1.0], [2.0]]
    assert table(np.array([[1.0, 2.0]])) == [[1.0, 2.0]]
    assert column([1.0, 2.0]) == [[1.0], [2.0]]
    assert row([1.0, 2.0]) == [[1.0, 2.0]]
    assert part([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 1, 3, 0, 2) == [[4, 5], [7, 8]]


def test_pieces_of_a_sheet_lie_where_they_stand_and_the_rest_is_blank() -> None:
    assert assemble(2, 3, (0, 1, [[1.0, 2.0]]), (1, 0, 5.0)) == [[None, 1.0, 2.0], [5.0, None, None]]
    assert assemble(2, 1) == [[None], [None]]


@pytest.mark.parametrize(
    ("values", "height", "width", "expected"),
    [
        (7.0, 2, 2, [[7.0, 7.0], [7.0, 7.0]]),
        ([[1.0, 2.0]], 2, 2, [[1.0, 2.0], [1.0, 2.0]]),
        ([[1.0], [2.0]], 2, 2, [[1.0, 1.0], [2.0, 2.0]]),
        ([[1.0, 2.0], [3.0, 4.0]], 1, 1, [[1.0]]),
        ([[1.0, 2.0], [3.0, 4.0]], 2, 3, [[1.0, 2.0, Error("#N/A")], [3.0, 4.0, Error("#N/A")]]),
        ([[1.0], [None]], 3, 1, [[1.0], [0.0], [Error("#N/A")]]),
    ],
)
def test_an_array_formula_fills_its_cells(values: object, height: int, width: int, expected: object) -> None:
    # Excel: a single row or column is repeated, what else is beyond the array is #N/A, a blank shows as 0.
    assert fitted(values, height, width) == expected


def test_a_cell_shows_the_first_value_and_a_blank_as_0() -> None:
    assert shown(None) == 0.0
    assert shown([[None, 2.0]]) == 0.0
    assert shown(np.array([4.0, 5.0])) == 4.0
    assert shown("") == ""


def test_gaps_are_no_numbers_and_come_back_as_what_they_were() -> None:
    assert with_gaps(np.array([1.0, math.nan]), None) == [1.0, None]
    assert with_gaps([1.0, math.nan], "") == [1.0, ""]
    found = without_gaps([[1.0, None], ["", 2.0]])
    assert found[0][0] == 1.0
    assert math.isnan(found[0][1])
    assert math.isnan(found[1][0])


def test_ranges_that_do_not_match_are_errors() -> None:
    assert same_shape([[1.0, 2.0]], [[3.0, 4.0]]) == [[1.0, 2.0], [3.0, 4.0]]
    with pytest.raises(Error) as raised:
        same_shape([[1.0, 2.0]], [[3.0], [4.0]])
    assert raised.value == Error("#VALUE!")
    assert list(pairs([[1.0, "x", 3.0]], [[4.0], [5.0], [6.0]])) == [(1.0, 4.0), (3.0, 6.0)]
    with pytest.raises(Error):
        list(pairs([[1.0]], [[1.0, 2.0]]))
