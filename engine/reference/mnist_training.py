"""One step of any recorded run of the lesson's two models, derived by hand, from the state before it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.reference import Array, Result
from engine.reference.mnist import logistic
from engine.reference.mnist_layers import penalised, scores
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
    x, digit = image / 255, label.astype(np.float64)
    found = logistic(x, digit, **parameters, wd=wd) if model == "logistic" else _plain(x, digit, parameters, wd)
    new_parameters: dict[str, Array] = {}
    new_state: dict[str, Array] = {}
    for name, parameter in parameters.items():
        gradient = np.asarray(found[f"{name}_gradient"])
        if optimizer == "sgd":
            new_parameters[name] = parameter - learning_rate * gradient
            continue
        mean = np.asarray(smooth(gradient, state[f"mean_{name}"], beta1))
        square = np.asarray(smooth(gradient * gradient, state[f"square_{name}"], beta2))
        new_parameters[name] = parameter - learning_rate / (1 - beta1**t) * direction(mean, square, 1 - beta2**t, eps)
        new_state |= {f"mean_{name}": mean, f"square_{name}": square}
    return {"loss": float(np.asarray(found["loss"])), "new_parameters": new_parameters, "new_state": new_state}


def _plain(x: Array, digit: Array, parameters: Mapping[str, Array], wd: float) -> Result:
    """The network's loss and gradients without a regulariser; a recorded run has thousands of steps of it."""
    weight1, bias1, weight2, bias2 = (parameters[name] for name in ("weight1", "bias1", "weight2", "bias2"))
    affine1 = x @ weight1.T + bias1
    activation = np.maximum(affine1, 0.0)
    score = scores(activation @ weight2.T + bias2, digit)
    slope = score["logit_gradient"]
    affine1_gradient = np.where(affine1 > 0, slope @ weight2, 0.0)
    return {
        "loss": score["cross_entropy"] + penalised(wd, weight1, bias1, weight2, bias2),
        "weight1_gradient": affine1_gradient.T @ x + 2 * wd * weight1,
        "bias1_gradient": affine1_gradient.sum(axis=0) + 2 * wd * bias1,
        "weight2_gradient": slope.T @ activation + 2 * wd * weight2,
        "bias2_gradient": slope.sum(axis=0) + 2 * wd * bias2,
    }
