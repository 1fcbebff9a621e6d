"""Patterns that read blocks through programs."""

import numpy as np
import pytest

from workbook.errors import FormulaError
from workbook.lesson.lesson import Formula, Given
from workbook.plan import views
from workbook.plan.excel import formula_rows
from workbook.plan.place import Place

# x is 2 by 3 in A1:C2; y is a column of two in E1:E2.
X = Place("s", "S", Given(name="x", axes="i j"), {"i": 2, "j": 3}, (1, 1), {"i": (1, 0), "j": (0, 1)})
Y = Place("s", "S", Given(name="y", axes="i"), {"i": 2}, (1, 5), {"i": (1, 0)})


def texts(pattern: str, axes: str, sizes: dict[str, int], across: str = "") -> list[list[str]]:
    block = Formula(name="z", axes=axes, across=across, pattern=pattern)
    strides = {axis: (0, 1) if axis in across.split() else (1, 0) for axis in sizes}
    place = Place("s", "S", block, sizes, (10, 10), strides)
    return [row.texts for row in formula_rows(place, {"s.x": X, "s.y": Y, "s.z": place})]


@pytest.mark.parametrize(
    ("pattern", "axes", "sizes", "across", "expected"),
    [
        # The transpose: x's columns, one after the other.
        ('VIEW(x,"p1,0")*2', "j i", {"j": 3, "i": 2}, "i", [["A1*2", "A2*2"], ["B1*2", "B2*2"], ["C1*2", "C2*2"]]),
        ('SUM(VIEW(x,"",1))', "i", {"i": 2}, "", [["SUM($A1:$C1)"], ["SUM($A2:$C2)"]]),
        ('SUM(VIEW(x,"p1,0",1))', "j", {"j": 3}, "j", [["SUM(A$1:A$2)", "SUM(B$1:B$2)", "SUM(C$1:C$2)"]]),
        ('MMULT(VIEW(x,"s1:0:2:1",1),y)', "i", {"i": 2}, "", [["MMULT($A1:$B1,$E1)"], ["MMULT($A2:$B2,$E2)"]]),
        # Windows of two, one apart.
        ('MAX(VIEW(x,"i0:0 w0:2:1:1",1))', "k", {"k": 2}, "k", [["MAX(A$1:B$1)", "MAX(B$1:C$1)"]]),
        # What a view of this block shows, the other way round; the rest is 0.
        ('GATHER(BACK(y,"s0:1:3:1",""))', "n", {"n": 4}, "", [["0"], ["$E1"], ["$E2"], ["0"]]),
        (
            'GATHER(BACK(y,"s0:0:2:1",""),BACK(y,"s0:1:3:1",""),OUTSIDE(-1))',
            "n",
            {"n": 4},
            "",
            [["$E1"], ["($E2+$E1)"], ["$E2"], ["-1"]],
        ),
        # A block may read itself: a running sum.
        ('GATHER(BACK(z,"s0:1:2:1","s0:0:1:1"),y)', "i", {"i": 2}, "", [["$E1"], ["($J$10+$E2)"]]),
    ],
)
def test_a_pattern_reads_a_block_through_a_program(
    pattern: str, axes: str, sizes: dict[str, int], across: str, expected: list[list[str]]
) -> None:
    found = texts(pattern, axes, sizes, across)
    assert found == expected


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ('VIEW(x,"r5")', "does not fit an array of shape"),
        ('VIEW(x,"q1")', "does not fit an array of shape"),
        ('VIEW(x,"s1:0:1:1")*1', "has 2 places, expected 6"),
        ('BACK(y,"s0:0:2:1","")', "leaves cells without a value"),
        ('BACK(y,"s0:0:3:1","")', "shows 3 cells of it and 2"),
        ('VIEW(w,"")', "no block named 'w'"),
        ("VIEW(x)", "takes a name and programs in quotes"),
    ],
)
def test_a_view_that_does_not_fit_is_refused(pattern: str, complaint: str) -> None:
    with pytest.raises(FormulaError, match=complaint):
        texts(pattern, "n", {"n": 6})


def test_a_range_with_gaps_is_refused() -> None:
    with pytest.raises(FormulaError, match="has gaps, or is no rectangle"):
        texts('SUM(VIEW(x,"s1:0:3:2",1))', "i", {"i": 2})


def test_programs_are_numpys_own_operations() -> None:
    numbers = np.arange(24).reshape(2, 3, 4)
    assert np.array_equal(views.apply("p2,0,1", numbers), numbers.transpose(2, 0, 1))
    assert np.array_equal(views.apply("f1 i0:1", numbers), np.flip(numbers, 1)[1])
    windows = np.lib.stride_tricks.sliding_window_view(numbers, 3, axis=2)[..., ::2]
    assert np.array_equal(views.apply("w2:2:1:2", numbers), windows)
