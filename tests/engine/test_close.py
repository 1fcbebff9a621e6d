"""The comparison of the engine's tests fails where it should."""

import math

import pytest
from close import assert_close


@pytest.mark.parametrize("found", [[1.0, 2.0 + 1e-12], [math.nan, 2.0], [1.0], [[1.0, 2.0]]])
def test_the_comparison_fails_on_a_slip_a_stray_nan_and_another_shape(found: object) -> None:
    assert_close([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(AssertionError):
        assert_close(found, [1.0, 2.0])
