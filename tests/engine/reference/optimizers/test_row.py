"""What every optimizer's step does alike: the forward pass, rows and arrays, divergence, words it does not know."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.reference import Result
from engine.reference.optimizers import adagrad, adam, adamw, decay, momentum, nesterov, rmsprop, row, sgd

pytestmark = pytest.mark.filterwarnings("error")

Step = Callable[..., Result]

STEPS: dict[str, Step] = {
    "sgd": sgd.step,
    "momentum": momentum.step,
    "nesterov": nesterov.step,
    "rmsprop": rmsprop.step,
    "adagrad": adagrad.step,
    "adam": adam.step,
    "adamw": adamw.step,
    "sgd_l2": decay.sgd_l2,
    "sgd_decoupled": decay.sgd_decoupled,
    "momentum_l2": decay.momentum_l2,
    "momentum_decoupled": decay.momentum_decoupled,
    "adam_l2": decay.adam_l2,
}
CONVENTIONS = {"momentum": ("torch", "lecture"), "rmsprop": ("torch", "lecture"), "adam": ("torch", "lecture")}
CASES = [(name, convention) for name in STEPS for convention in CONVENTIONS.get(name, ("torch",))]

RULE = {
    "learning_rate": 0.01,
    "nudge": 1e-3,
    "momentum": 0.9,
    "dampening": 0.5,
    "alpha": 0.9,
    "eps": 1e-8,
    "lr_decay": 0.1,
    "beta1": 0.9,
    "beta2": 0.99,
    "wd": 0.1,
    "centred": "yes",
}
# The row worked by hand in every file here: prediction 1 + 3 * 2 = 7, error 7 - 10 = -3, gradients -6 and 2 * 2 * -3.
ROW = {"x": 2.0, "y": 10.0, "intercept": 1.0, "slope": 3.0, "step_number": 2.0}
# A square is at least the mean's square, as in any run.
STATE = {"velocity": 0.7, "average": -0.4, "mean": 0.3, "square": 5.0, "sum": 6.0}


def call(name: str, convention: str, **changed: Any) -> Result:
    """The step with the row, state and rule of this file, or what is changed of it."""
    known: dict[str, Any] = {**RULE, **ROW, "convention": convention}
    for kind, value in STATE.items():
        known[f"intercept_{kind}_before"], known[f"slope_{kind}_before"] = value, 2 * value
    known |= changed
    return STEPS[name](**{parameter: known[parameter] for parameter in inspect.signature(STEPS[name]).parameters})


@pytest.mark.parametrize(("name", "convention"), CASES)
def test_every_step_shows_the_forward_pass_and_the_bare_gradients(name: str, convention: str) -> None:
    found = call(name, convention)
    shown = [found[key] for key in ("verdict", "prediction", "squared_error", "intercept_gradient", "slope_gradient")]
    assert shown == ["", 7.0, 9.0, -6.0, -12.0]


@pytest.mark.parametrize(("name", "convention"), CASES)
def test_an_array_of_rows_gives_what_each_row_gives(name: str, convention: str) -> None:
    rng = np.random.default_rng(7)
    rows = {
        "x": rng.uniform(0, 10, 6),
        "y": rng.uniform(20, 60, 6),
        "intercept": np.array([1.0, 2.0, -3.0, 2e12, 5.0, 0.5]),
        "slope": rng.normal(size=6),
        "step_number": np.arange(1.0, 7.0),
    }
    for i, kind in enumerate(STATE):
        rows |= {f"{parameter}_{kind}_before": rng.uniform(i, i + 1, 6) for parameter in ("intercept", "slope")}
    together = call(name, convention, **rows)
    apart = [call(name, convention, **{key: float(rows[key][i]) for key in rows}) for i in range(6)]
    for key, values in together.items():
        expected = np.array([each[key] for each in apart])
        assert np.shape(values) == (6,), f"{key} is not one value a step"
        if key == "verdict":
            assert np.asarray(values).tolist() == expected.tolist() == ["", "", "", "diverged", "", ""]
        else:
            # NumPy's power of an array and the C library's of a float may part in the last digit.
            assert (np.abs(values - expected) <= 4e-15 * np.abs(expected)).all(), key


@pytest.mark.parametrize(("name", "convention"), CASES)
@pytest.mark.parametrize(("intercept", "slope"), [(1.1e12, 0.0), (0.0, -1.1e12), (6e11, -6e11)])
def test_parameters_beyond_a_million_million_stay_as_they_are(
    name: str, convention: str, intercept: float, slope: float
) -> None:
    found = call(name, convention, intercept=intercept, slope=slope)
    assert (found["verdict"], found["new_intercept"], found["new_slope"]) == ("diverged", intercept, slope)
    # The rest is computed as usual: 2 (intercept + 2 slope - 10).
    assert found["intercept_gradient"] == 2 * (intercept + 2 * slope - 10)


@pytest.mark.parametrize(("name", "convention"), CASES)
def test_parameters_of_a_million_million_still_move(name: str, convention: str) -> None:
    found = call(name, convention, intercept=5e11, slope=-5e11, learning_rate=1e3)
    assert found["new_intercept"] != 5e11
    assert found["new_slope"] != -5e11
    far = abs(float(found["new_intercept"])) + abs(float(found["new_slope"])) > 1e12
    assert found["verdict"] == ("diverged" if far else "")


def test_the_step_that_takes_them_beyond_says_so() -> None:
    # At 0 and 0 both gradients are 2 (0 - 4e11) = -8e11: a rate of 0.625 leaves 5e11 and 5e11, a rate of 1 twice 8e11.
    at_rate = {rate: sgd.step(1.0, 4e11, 0.0, 0.0, learning_rate=rate, nudge=1.0) for rate in (0.625, 1.0)}
    assert [at_rate[rate]["verdict"] for rate in at_rate] == ["", "diverged"]
    assert [at_rate[rate]["new_slope"] for rate in at_rate] == [5e11, 8e11]


@pytest.mark.parametrize(("name", "convention"), CASES)
@given(data=st.data())
def test_every_number_is_finite_at_any_rate_and_any_share_of_the_past(
    name: str, convention: str, data: st.DataObject
) -> None:
    share = st.floats(0, 0.9999)
    changed = {key: data.draw(share, label=key) for key in ("momentum", "alpha", "beta1", "beta2", "dampening")}
    changed |= {key: data.draw(st.floats(-1e3, 1e3), label=key) for key in ("x", "y", "intercept", "slope")}
    changed["eps"] = data.draw(st.sampled_from((0.0, 1e-8, 1e-3)), label="eps")
    for kind in STATE:
        changed |= {f"intercept_{kind}_before": 0.0, f"slope_{kind}_before": 0.0}
    found = call(name, convention, **changed, step_number=float(data.draw(st.integers(1, 500), label="step_number")))
    assert all(np.isfinite(value) for key, value in found.items() if key != "verdict")


@pytest.mark.parametrize("name", sorted(CONVENTIONS))
def test_an_unknown_convention_is_refused(name: str) -> None:
    with pytest.raises(EngineError, match="convention: found 'fastai', expected one of torch, lecture"):
        call(name, "fastai")


def test_a_ratio_to_zero_is_zero_in_a_float_and_in_an_array() -> None:
    assert row.ratio(3.0, 0.0) == 0.0
    assert row.ratio(3.0, 2.0) == 1.5
    np.testing.assert_array_equal(row.ratio(np.array([3.0, 0.0, 3.0]), np.array([0.0, 0.0, 2.0])), [0.0, 0.0, 1.5])
