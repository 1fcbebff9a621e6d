"""One step of any recorded run of the lesson's two models, derived by hand, from the state before it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.reference import Array
from engine.reference.mnist_layers import cross_entropy
from engine.reference.optimizers.adam import direction, smooth
from engine.reference.optimizers.row import refuse_unknown


def step(
    model: str,
    optimizer: str,
    t: int,
    image: npt.NDArray[Any],
    label: npt.NDArray[Any],
    parameters: Mapping[str, Array],
    state: Mapping[str, Array],
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    wd: float,
) -> dict[str, Any]:
    """The loss on a mini-batch before a step, and the parameters and the optimizer's state after it.

    Args:
        model: "logistic" or "network", the plain one.
        optimizer: "sgd", without momentum, or "adam".
        t: the number of the step, from 1.
        image: grey values (image, pixel) from 0 to 255.
        label: digits (image), from 0.
        parameters: weight and bias, or weight1, bias1, weight2 and bias2.
        state: mean_NAME and square_NAME of each parameter, for Adam.
        learning_rate: of this step.
        beta1: Adam's, of this step, which corrects the average of all steps so far.
        beta2: what Adam's average of squares keeps of itself.
        eps: added to the size of the gradients.
        wd: the factor of the penalty in the loss.

    Returns:
        loss, new_parameters and new_state, the last two named as they came.
    """
    refuse_unknown("model", model, ("logistic", "network"))
    refuse_unknown("optimizer", optimizer, ("sgd", "adam"))
    x, digit = image / 255, label.astype(np.intp)
    loss, gradients = _logistic(x, digit, parameters) if model == "logistic" else _network(x, digit, parameters)
    new_parameters: dict[str, Array] = {}
    new_state: dict[str, Array] = {}
    for name, parameter in parameters.items():
        loss += wd * float(np.vdot(parameter, parameter))
        gradient = gradients[name] + 2 * wd * parameter
        if optimizer == "sgd":
            new_parameters[name] = parameter - learning_rate * gradient
            continue
        mean = np.asarray(smooth(gradient, state[f"mean_{name}"], beta1))
        square = np.asarray(smooth(gradient * gradient, state[f"square_{name}"], beta2))
        new_parameters[name] = parameter - learning_rate / (1 - beta1**t) * direction(mean, square, 1 - beta2**t, eps)
        new_state |= {f"mean_{name}": mean, f"square_{name}": square}
    return {"loss": loss, "new_parameters": new_parameters, "new_state": new_state}


def _logistic(x: Array, digit: npt.NDArray[np.intp], parameters: Mapping[str, Array]) -> tuple[float, dict[str, Array]]:
    """The logistic regression's cross-entropy, and its slope in every parameter."""
    found = cross_entropy(x @ parameters["weight"].T + parameters["bias"], digit)
    slope = found["logit_gradient"]
    return float(found["sample_loss"].mean()), {"weight": slope.T @ x, "bias": slope.sum(axis=0)}


def _network(x: Array, digit: npt.NDArray[np.intp], parameters: Mapping[str, Array]) -> tuple[float, dict[str, Array]]:
    """The cross-entropy of the network without a regulariser, and its slope in every parameter."""
    affine1 = x @ parameters["weight1"].T + parameters["bias1"]
    activation = np.maximum(affine1, 0.0)
    found = cross_entropy(activation @ parameters["weight2"].T + parameters["bias2"], digit)
    slope = found["logit_gradient"]
    affine1_gradient = np.where(affine1 > 0, slope @ parameters["weight2"], 0.0)
    return float(found["sample_loss"].mean()), {
        "weight1": affine1_gradient.T @ x,
        "bias1": affine1_gradient.sum(axis=0),
        "weight2": slope.T @ activation,
        "bias2": slope.sum(axis=0),
    }
