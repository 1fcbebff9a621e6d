"""A body with a new head: the head's forward pass on a sheet, and training steps with all gradients by hand.

The head takes the body's features; the class of an image is that of its largest logit:

    normalised = norm_weight (activation - norm_mean) / sqrt(norm_variance + norm_eps) + norm_bias
    logit = max(normalised W1 + b1, 0) W2 + b2
    loss of an image = -ln p_target = ln sum exp(shifted) - shifted_target,     shifted = logit - largest logit

In evaluation batch norm takes the running mean and variance, in training the batch's own (see `backprop`).

    >>> found = answers(np.log([[1.0, 3.0], [2.0, 2.0]]), np.array([2.0, 2.0]))
    >>> np.round(found["probability"], 12).tolist(), found["predicted"].tolist(), float(found["accuracy"])
    ([[0.25, 0.75], [0.5, 0.5]], [2.0, 1.0], 0.5)

Source: fastai's create_head; batch norm: Ioffe and Szegedy 2015; AdamW: torch.optim.AdamW, after Loshchilov and
Hutter 2019, algorithm 2.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.errors import DataError
from engine.reference import Array, Result, Text, backprop
from engine.reference.losses import cross_entropy
from engine.reference.numbering import zero_based
from engine.reference.optimizers.adam import direction, smooth


def batch_norm(
    activation: Array,
    norm_mean: Array,
    norm_variance: Array,
    norm_weight: Array,
    norm_bias: Array,
    norm_eps: float,
) -> Result:
    """Activations (image, feature) by the running mean and variance (feature), then scaled and moved."""
    standard = (activation - norm_mean) / np.sqrt(norm_variance + norm_eps)
    return {"normalised": norm_weight * standard + norm_bias}


def first_matrix(activation: Array, weight1: Array, bias1: Array) -> Result:
    """Activations (image, feature) times weights (feature, hidden), plus biases (hidden); and with a ReLU."""
    hidden_input = activation @ weight1 + bias1
    return {"hidden_input": hidden_input, "relu": np.maximum(hidden_input, 0.0)}


def second_matrix(relu: Array, weight2: Array, bias2: Array) -> Result:
    """Logits (image, klass): the ReLU's outputs (image, hidden) times weights (hidden, klass), plus biases (klass)."""
    return {"logit": relu @ weight2 + bias2}


def answers(logit: Array, target: Array) -> Result:
    """Softmax and cross-entropy of logits (image, klass) against 1-based classes (image), and how many are right."""
    row = zero_based(target, logit.shape[1], "target")
    shifted = logit - logit.max(axis=1, keepdims=True)
    exponential = np.exp(shifted)
    exponential_sum = exponential.sum(axis=1)
    sample_loss = np.log(exponential_sum) - shifted[np.arange(len(row)), row]
    predicted = logit.argmax(axis=1) + 1.0
    correct = np.where(predicted == target, 1.0, 0.0)
    return {
        "shifted": shifted,
        "exponential": exponential,
        "probability": exponential / exponential_sum[:, np.newaxis],
        "sample_loss": sample_loss,
        "loss": sample_loss.mean(),
        "predicted": predicted,
        "correct": correct,
        "accuracy": correct.mean(),
    }


def named(target: Array, predicted: Array, class_name: Text) -> Result:
    """The names of the classes (image) that images show and are taken for, of names (klass)."""
    classes = len(class_name)
    return {
        "target_name": class_name[zero_based(target, classes, "target")],
        "predicted_name": class_name[zero_based(predicted, classes, "predicted")],
    }


def confusion(confusion: Array) -> Result:
    """Images of each class and the share of them that is right, of counts by true (klass) and predicted (other)."""
    images = confusion.sum(axis=1)
    right = np.diagonal(confusion)
    total, total_right = images.sum(), right.sum()
    return {
        "images": images,
        "right_share": right / np.where(images > 0, images, np.nan),
        "total": total,
        "total_right": total_right,
        "overall": total_right / (total or np.nan),
    }


def same_rates(rate: Array, recorded_rate: Array, momentum: Array, recorded_momentum: Array) -> Result:
    """How far the rates and momenta (step) that a run recorded are from those of its schedule."""
    rate_difference = recorded_rate - rate
    momentum_difference = recorded_momentum - momentum
    return {
        "rate_difference": rate_difference,
        "momentum_difference": momentum_difference,
        "largest_difference": np.abs([rate_difference, momentum_difference]).max(),
    }


def train_step(
    head: str,
    parameter: Mapping[str, Array],
    average: Mapping[str, Array],
    square: Mapping[str, Array],
    running: Mapping[str, Array],
    pixel: Array,
    target: Array,
    mask: Mapping[str, Array],
    rate: Mapping[str, float],
    momentum: float,
    beta2: float,
    eps: float,
    wd: float,
    step_number: int,
    norm_eps: float,
    norm_momentum: float,
) -> dict[str, Any]:
    """One step of AdamW on two matrices with ReLUs and a head of two more; nothing that is passed in is changed.

    Args:
        head: "lesson", affine → ReLU → affine, or "fastai", with batch norm and a mask before each of the two.
        parameter: w1 b1 w2 b2 w3 b3 w4 b4 by name, matrices (input, output); for "fastai" norm1_weight, norm1_bias,
            norm2_weight and norm2_bias too.
        average: Adam's average of the gradients, of each trained parameter; zeros before step 1.
        square: Adam's average of their squares, likewise.
        running: norm1_mean, norm1_variance, norm2_mean, norm2_variance; empty for "lesson".
        pixel: images (image, pixel); at least 2 for "fastai".
        target: 1-based classes (image).
        mask: mask1 (image, hidden2) and mask2 (image, hidden), 0 or one by the share kept; empty for "lesson".
        rate: the learning rate of each parameter that is trained; the others stay.
        momentum: Adam's beta1 in this step, which corrects the average of all steps so far.
        beta2: what Adam's average of squares keeps of itself.
        eps: added to the size of the gradients.
        wd: decoupled weight decay.
        step_number: of this step, from 1.
        norm_eps: added to batch norm's variance, inside the root.
        norm_momentum: how far the running statistics go towards the batch's mean and unbiased variance.

    Returns:
        The loss before the step, the logit (image, klass), the gradient, average and square of the trained parameters,
        all of parameter, and running.

    Raises:
        DataError: an unknown head, a rate for no parameter, or too few images for batch norm.
    """
    _refuse(head, parameter, rate, len(pixel))
    entered, logit, backs = {}, pixel, []
    for name, layer in _layers(head, parameter, mask, norm_eps).items():
        entered[name] = logit
        logit, back = layer(logit)
        backs.append(back)
    scored = cross_entropy(logit, target, np.ones(logit.shape[1]), smoothing=0.0, reduction="mean")
    output_gradient, gradient = np.asarray(scored["gradient"]), backprop.Gradients()
    for back in reversed(backs):
        output_gradient, found = back(output_gradient)
        gradient |= found
    new_average = {name: smooth(gradient[name], average[name], momentum) for name in rate}
    new_square = {name: smooth(gradient[name] ** 2, square[name], beta2) for name in rate}
    new_parameter = dict(parameter)
    for name, own_rate in rate.items():
        towards = direction(new_average[name], new_square[name], 1 - beta2**step_number, eps)
        new_parameter[name] = (1 - own_rate * wd) * parameter[name] - own_rate / (1 - momentum**step_number) * towards
    return {
        "loss": float(np.asarray(scored["loss"])),
        "logit": logit,
        "gradient": {name: gradient[name] for name in rate},
        "parameter": new_parameter,
        "average": new_average,
        "square": new_square,
        "running": {name: _moved(name, value, entered, norm_momentum) for name, value in running.items()},
    }


def _layers(
    head: str, parameter: Mapping[str, Array], mask: Mapping[str, Array], norm_eps: float
) -> dict[str, backprop.Layer]:
    """The layers of the network in order, by name."""
    body = {
        "affine1": backprop.affine(parameter, "w1", "b1"),
        "relu1": backprop.relu,
        "affine2": backprop.affine(parameter, "w2", "b2"),
        "relu2": backprop.relu,
    }
    first, second = backprop.affine(parameter, "w3", "b3"), backprop.affine(parameter, "w4", "b4")
    if head == "lesson":
        return {**body, "affine3": first, "relu3": backprop.relu, "affine4": second}
    return {
        **body,
        "norm1": backprop.batch_norm(parameter, "norm1_weight", "norm1_bias", norm_eps),
        "mask1": backprop.masked(mask["mask1"]),
        "affine3": first,
        "relu3": backprop.relu,
        "norm2": backprop.batch_norm(parameter, "norm2_weight", "norm2_bias", norm_eps),
        "mask2": backprop.masked(mask["mask2"]),
        "affine4": second,
    }


def _moved(name: str, value: Array, entered: Mapping[str, Array], norm_momentum: float) -> Array:
    """A running statistic, such as norm1_mean, after a batch has entered its layer."""
    layer, _, statistic = name.partition("_")
    batch = entered[layer]
    seen = batch.mean(axis=0) if statistic == "mean" else batch.var(axis=0, ddof=1)
    moved: Array = (1 - norm_momentum) * value + norm_momentum * seen
    return moved


def _refuse(head: str, parameter: Mapping[str, Array], rate: Mapping[str, float], images: int) -> None:
    """Raise on what `train_step` cannot use."""
    if head not in ("lesson", "fastai"):
        raise DataError(f"head: found {head!r}, expected 'lesson' or 'fastai'")
    for name in rate:
        if name not in parameter:
            raise DataError(f"rate: found {name!r}, expected one of {', '.join(parameter)}")
    if head == "fastai" and images < 2:
        raise DataError(f"pixel: found {images} image, expected at least 2 for batch norm to have a variance")
