"""What a script dumps: each cell by its address, errors as such, never NaN."""

import json
import math

import numpy as np
import pytest

from workbook.transpile.runtime.program import addressed, saved
from workbook.transpile.runtime.values import Error, attempted, checked


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, 1.5),
        (True, True),
        ("words", "words"),
        (np.float64(2.0), 2.0),
        (np.bool_(True), True),
        (Error("#N/A"), {"error": "#N/A"}),
        (math.nan, {"error": "#NUM!"}),
        (math.inf, {"error": "#NUM!"}),
        (np.float64("-inf"), {"error": "#NUM!"}),
        (complex(0, 1), {"error": "#NUM!"}),
    ],
)
def test_a_value_is_saved_as_json_has_it(value: object, expected: object) -> None:
    found = saved(value)
    assert found == expected
    assert type(found) is type(expected)
    json.dumps(found, allow_nan=False)


def test_cells_have_their_own_addresses() -> None:
    assert dict(addressed("adam", "H4", 7.0)) == {"adam!H4": 7.0}
    found = dict(addressed("my sheet", "Z9:AB10", [[1.0, 2.0, 3.0], [4.0, 5.0, Error("#REF!")]]))
    assert list(found) == [f"my sheet!{cell}" for cell in ("Z9", "AA9", "AB9", "Z10", "AA10", "AB10")]
    assert found["my sheet!AB10"] == {"error": "#REF!"}


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (ZeroDivisionError(), "#DIV/0!"),
        (OverflowError(), "#NUM!"),
        (ValueError(), "#NUM!"),
        (Error("#N/A"), "#N/A"),
        (IndexError(), "#REF!"),
        (TypeError(), "#VALUE!"),
        (AttributeError(), "#VALUE!"),
    ],
)
def test_a_failure_is_the_error_that_excel_shows(failure: Exception, code: str) -> None:
    def fail() -> object:
        raise failure

    assert attempted(fail) == Error(code)


@pytest.mark.parametrize(
    ("result", "expected"), [(math.inf, Error("#NUM!")), (1j, Error("#NUM!")), (3, 3.0), ("a", "a")]
)
def test_a_result_is_a_value_of_a_cell(result: object, expected: object) -> None:
    found = checked(lambda: result)
    assert found == expected
    assert type(found) is type(expected)
