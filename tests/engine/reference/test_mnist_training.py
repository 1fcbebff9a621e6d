"""A step of a recorded run against finite differences of its loss and the closed forms of SGD and Adam."""

import copy
from typing import Any

import numpy as np
import pytest
from close import assert_close

from engine.errors import EngineError
from engine.reference import Array
from engine.reference.mnist_training import step

pytestmark = pytest.mark.filterwarnings("error")

RNG = np.random.default_rng(8)
IMAGE = RNG.integers(0, 256, size=(6, 5)).astype(np.uint8)
DIGIT = np.array([0, 2, 1, 2, 0, 1], dtype=np.uint8)
PARAMETERS: dict[str, dict[str, Array]] = {
    "logistic": {"weight": RNG.normal(size=(3, 5)), "bias": RNG.normal(size=3)},
    "network": {
        "weight1": RNG.normal(size=(4, 5)),
        "bias1": RNG.normal(size=4),
        "weight2": RNG.normal(size=(3, 4)),
        "bias2": RNG.normal(size=3),
    },
}
MODELS = pytest.mark.parametrize("model", list(PARAMETERS))
WD = 0.01


def loss(parameters: dict[str, Array]) -> float:
    """Cross-entropy and penalty as the lesson's update() has them, with grey values as shares of 255."""
    activation = IMAGE / 255
    if "weight1" in parameters:
        activation = np.maximum(activation @ parameters["weight1"].T + parameters["bias1"], 0)
        logit = activation @ parameters["weight2"].T + parameters["bias2"]
    else:
        logit = activation @ parameters["weight"].T + parameters["bias"]
    right = np.exp(logit)[np.arange(6), DIGIT] / np.exp(logit).sum(axis=1)
    return float(-np.log(right).mean() + WD * sum(np.sum(value**2) for value in parameters.values()))


def slopes(parameters: dict[str, Array]) -> dict[str, Array]:
    """Central differences of the loss by every parameter; their own error is near 1e-9."""
    found = {}
    for name, value in parameters.items():
        found[name] = np.zeros_like(value)
        for place in np.ndindex(value.shape):
            nudge = np.zeros_like(value)
            nudge[place] = 1e-6
            up, down = ({**parameters, name: value + sign * nudge} for sign in (1, -1))
            found[name][place] = (loss(up) - loss(down)) / 2e-6
    return found


def taken(model: str, optimizer: str, t: int = 1, state: dict[str, Array] | None = None, **changed: Any) -> Any:
    rule = {"learning_rate": 0.125, "beta1": 0.5, "beta2": 0.75, "eps": 0.25, "wd": WD, **changed}
    return step(model, optimizer, t, IMAGE, DIGIT, PARAMETERS[model], state or {}, **rule)


def state_of(model: str, mean: float, square: float) -> dict[str, Array]:
    sizes = {name: np.ones_like(value) for name, value in PARAMETERS[model].items()}
    return {f"mean_{name}": mean * one for name, one in sizes.items()} | {
        f"square_{name}": square * one for name, one in sizes.items()
    }


@MODELS
def test_sgd_goes_down_the_finite_differences_and_keeps_no_state(model: str) -> None:
    found = taken(model, "sgd")
    assert_close(found["loss"], loss(PARAMETERS[model]), rtol=1e-13)
    assert found["new_state"] == {}
    for name, slope in slopes(PARAMETERS[model]).items():
        assert np.abs(found["new_parameters"][name] - (PARAMETERS[model][name] - 0.125 * slope)).max() <= 1e-8


@MODELS
def test_adam_s_first_step_forgets_the_betas(model: str) -> None:
    found = taken(model, "adam", state=state_of(model, 0.0, 0.0))
    for name, slope in slopes(PARAMETERS[model]).items():
        expected = PARAMETERS[model][name] - 0.125 * slope / (np.abs(slope) + 0.25)
        assert np.abs(found["new_parameters"][name] - expected).max() <= 1e-8
        assert np.abs(found["new_state"][f"mean_{name}"] - 0.5 * slope).max() <= 1e-8
        assert np.abs(found["new_state"][f"square_{name}"] - 0.25 * slope**2).max() <= 1e-8


@MODELS
def test_a_later_step_of_adam_is_corrected_by_its_own_betas(model: str) -> None:
    # Step 2 with betas 0.8 and 0.75: 1 - 0.64 = 0.36 and 1 - 0.5625 = 0.4375.
    found = taken(model, "adam", t=2, state=state_of(model, 3.0, 16.0), beta1=0.8)
    for name, slope in slopes(PARAMETERS[model]).items():
        mean, square = 2.4 + 0.2 * slope, 12 + 0.25 * slope**2
        change = 0.125 * (mean / 0.36) / (np.sqrt(square / 0.4375) + 0.25)
        assert np.abs(found["new_parameters"][name] - (PARAMETERS[model][name] - change)).max() <= 1e-8
        assert np.abs(found["new_state"][f"mean_{name}"] - mean).max() <= 1e-8


@MODELS
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_nothing_that_is_passed_in_is_changed(model: str, optimizer: str) -> None:
    state = state_of(model, 1.0, 1.0)
    before = copy.deepcopy((PARAMETERS[model], state, IMAGE))
    taken(model, optimizer, state=state)
    np.testing.assert_equal((PARAMETERS[model], state, IMAGE), before)


@MODELS
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_runs_side_by_side_take_the_steps_that_each_takes_by_itself(model: str, optimizer: str) -> None:
    runs = [{name: value * size for name, value in PARAMETERS[model].items()} for size in (1.0, -0.5, 3.0)]
    states = [state_of(model, mean, 2.0 + mean) if optimizer == "adam" else {} for mean in (0.5, 0.0, 1.5)]
    rules = [
        {"learning_rate": rate, "beta1": beta1, "beta2": 0.75, "eps": eps}
        for rate, beta1, eps in ((0.125, 0.5, 0.25), (0.5, 0.75, 0.125), (2.0, 0.25, 0.5))
    ]

    def together(each: list[Any]) -> dict[str, Array]:
        return {name: np.stack([one[name] for one in each]) for name in each[0]}

    found = step(model, optimizer, 3, IMAGE, DIGIT, together(runs), together(states), **together(rules), wd=WD)
    for number, (parameters, state, rule) in enumerate(zip(runs, states, rules, strict=True)):
        own = step(model, optimizer, 3, IMAGE, DIGIT, parameters, state, **rule, wd=WD)
        assert_close(found["loss"][number], own["loss"], rtol=1e-14)
        for group in ("new_parameters", "new_state"):
            assert found[group].keys() == own[group].keys()
            for name, values in own[group].items():
                assert np.abs(found[group][name][number] - values).max() <= 1e-14 * max(1, np.abs(values).max())


def test_the_last_mini_batch_of_an_epoch_may_be_a_single_image() -> None:
    parameters = PARAMETERS["network"]
    found = step("network", "sgd", 1, IMAGE[:1], DIGIT[:1], parameters, {}, 0.1, 0.9, 0.999, 1e-8, WD)
    assert np.isfinite(found["loss"])


def test_an_unknown_model_or_optimizer_is_refused() -> None:
    with pytest.raises(EngineError, match="model: found 'resnet', expected one of logistic, network"):
        step("resnet", "sgd", 1, IMAGE, DIGIT, {}, {}, 0.1, 0.9, 0.999, 1e-8, WD)
    with pytest.raises(EngineError, match="optimizer: found 'rmsprop', expected one of sgd, adam"):
        taken("logistic", "rmsprop")
