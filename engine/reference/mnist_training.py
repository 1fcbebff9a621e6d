"""One step of recorded runs of the lesson's two models, derived by hand, from the state before it."""

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
    learning_rate: Array | float,
    beta1: Array | float,
    beta2: Array | float,
    eps: Array | float,
    wd: float,
) -> dict[str, Any]:
    """The loss on a mini-batch before a step, and the parameters and the optimizer's state after it.

    Of one run, or of several at once that share the mini-batch: then parameters, state and the numbers of the rule have
    an axis `run` in front.

    Args:
        model: "logistic" or "network", the plain one.
        optimizer: "sgd", without momentum, or "adam".
        t: the number of the step, from 1.
        image: grey values (image, pixel) from 0 to 255.
        label: digits (image), from 0.
        parameters: weight (klass, pixel) and bias (klass), or weight1 (hidden, pixel), bias1 (hidden), weight2 (klass,
            hidden) and bias2 (klass).
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
        flat = parameter.reshape(*loss.shape, -1)
        loss = loss + wd * np.vecdot(flat, flat)
        gradient = gradients[name]
        gradient += 2 * wd * parameter
        rate, keeps, keeps_square, floor = (_along(number, parameter) for number in (learning_rate, beta1, beta2, eps))
        if optimizer == "sgd":
            new_parameters[name] = parameter - rate * gradient
            continue
        mean = np.asarray(smooth(gradient, state[f"mean_{name}"], keeps))
        square = np.asarray(smooth(gradient * gradient, state[f"square_{name}"], keeps_square))
        change = np.asarray(direction(mean, square, 1 - keeps_square**t, floor))
        change *= rate / (1 - keeps**t)
        new_parameters[name] = parameter - change
        new_state |= {f"mean_{name}": mean, f"square_{name}": square}
    return {"loss": loss, "new_parameters": new_parameters, "new_state": new_state}


def _along(number: Array | float, parameter: Array) -> Array:
    """A number, or one of each run, in as many dimensions as the parameter has."""
    each = np.asarray(number)
    return each.reshape(each.shape + (1,) * (parameter.ndim - each.ndim))


def _logistic(x: Array, digit: npt.NDArray[np.intp], parameters: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
    """The logistic regression's cross-entropy, and its gradient in every parameter."""
    found = cross_entropy(x @ parameters["weight"].mT + _of_all_images(parameters["bias"]), digit)
    logit_gradient = found["logit_gradient"]
    return found["sample_loss"].mean(axis=-1), {"weight": logit_gradient.mT @ x, "bias": logit_gradient.sum(axis=-2)}


def _network(x: Array, digit: npt.NDArray[np.intp], parameters: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
    """The cross-entropy of the network without a regulariser, and its gradient in every parameter."""
    affine1 = x @ parameters["weight1"].mT + _of_all_images(parameters["bias1"])
    activation = np.maximum(affine1, 0.0)
    found = cross_entropy(activation @ parameters["weight2"].mT + _of_all_images(parameters["bias2"]), digit)
    logit_gradient = found["logit_gradient"]
    affine1_gradient = np.where(affine1 > 0, logit_gradient @ parameters["weight2"], 0.0)
    return found["sample_loss"].mean(axis=-1), {
        "weight1": affine1_gradient.mT @ x,
        "bias1": affine1_gradient.sum(axis=-2),
        "weight2": logit_gradient.mT @ activation,
        "bias2": logit_gradient.sum(axis=-2),
    }


def _of_all_images(bias: Array) -> Array:
    """A bias (output) with an axis for the images: (image, output)."""
    return bias[..., np.newaxis, :]
