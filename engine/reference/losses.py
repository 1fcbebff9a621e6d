"""Losses of a classifier and their gradients: softmax, binary cross-entropy, cross-entropy, and errors of a forecast.

With p = softmax(z), K classes, weights w and a = w ((1 - smoothing) one_hot + smoothing / K), by hand:

    log p_k = z_k - max z - ln sum exp(z - max z)                  (no exponent above 0: nothing overflows)
    loss of a sample = -sum_k a_k log p_k                          (its gradient is p sum(a) - a)
    mean = sum of the samples' losses / sum of the weights of their targets            (ignored samples in neither)

The mean divides by the weights of the targets even where smoothing spreads a sample over all classes. An ignored
sample (target below 1) has loss, weight and gradient 0; with no other sample the mean is NaN.

    >>> import numpy as np
    >>> found = double_softmax(np.array([2.0, 0.0, -1.0]), 1)
    >>> round(float(found["right_loss"]), 4), round(float(found["wrong_loss"]), 4)
    (0.1698, 0.6578)
    >>> logit = np.array([[0.0, 0.0], [0.0, 0.0]])
    >>> cross_entropy(logit, np.array([2.0, -100.0]), np.ones(2), 0.0, "mean")["gradient"].tolist()
    [[0.5, -0.5], [0.0, 0.0]]

Source: torch.nn.CrossEntropyLoss, class indices as targets; ATen/native/LossNLL.cpp.
"""

import numpy as np
import numpy.typing as npt

from engine.errors import EngineError
from engine.reference import Array, Result
from engine.reference.numbering import zero_based

LARGEST_EXPONENT = 690.0
"""Above it exp(z) passes 1e300, and the sheet shows a word."""


def softmax(logit: Array, shift: Array, temperature: float) -> Result:
    """Probability (image, klass) by shifted and by raw exponentials, and the sigmoid, with shift (image) added."""
    _refuse(not temperature > 0, "temperature", temperature, "a number above 0")
    shifted = (logit - logit.max(axis=1, keepdims=True)) / temperature
    exponential = np.exp(shifted)
    exponential_sum = exponential.sum(axis=1)
    probability = exponential / exponential_sum[:, np.newaxis]
    raw_logit = (logit + shift[:, np.newaxis]) / temperature
    raw_exponential = np.exp(np.where(raw_logit > LARGEST_EXPONENT, np.nan, raw_logit))
    raw_sum = raw_exponential.sum(axis=1)
    divisor = np.where(raw_sum > 0, raw_sum, np.nan)  # far below 0 every exponential is 0
    decay = np.exp(-np.abs(raw_logit))
    sigmoid = np.where(raw_logit >= 0, 1.0, decay) / (1.0 + decay)
    return {
        "largest": logit.max(axis=1),
        "shifted": shifted,
        "exponential": exponential,
        "exponential_sum": exponential_sum,
        "probability": probability,
        "raw_logit": raw_logit,
        "raw_exponential": raw_exponential,
        "raw_sum": raw_sum,
        "raw_probability": raw_exponential / divisor[:, np.newaxis],
        "sigmoid": sigmoid,
        "probability_sum": probability.sum(axis=1),
        "sigmoid_sum": sigmoid.sum(axis=1),
    }


def binary(is_cat: Array, p_cat: Array) -> Result:
    """Binary cross-entropy (row) of the probability of a cat, as a sum, as a choice, and in base ten."""
    _inside(p_cat, "p_cat")
    p_dog = 1 - p_cat
    natural = -is_cat * np.log(p_cat) - (1 - is_cat) * np.log(p_dog)
    base_ten = natural / np.log(10)
    right_probability = np.where(is_cat == 1, p_cat, p_dog)
    verdict = np.where(right_probability <= 0.25, "confident, wrong", "unsure")
    comment = np.where(right_probability >= 0.75, "confident, right", verdict)
    return {
        "p_dog": p_dog,
        "natural": natural,
        "by_if": np.where(is_cat == 1, -np.log(p_cat), -np.log(p_dog)),
        "base_ten": base_ten,
        "right_probability": right_probability,
        "comment": comment.astype(object),
        "mean_natural": natural.mean(),
        "mean_base_ten": base_ten.mean(),
    }


def binary_logits(is_cat: Array, z_cat: Array) -> Result:
    """The sigmoid of a logit (row) and its binary cross-entropy max(z, 0) - z y + ln(1 + exp(-|z|))."""
    decay = np.exp(-np.abs(z_cat))
    return {
        "p_from_logit": np.where(z_cat >= 0, 1.0, decay) / (1.0 + decay),
        "loss_from_logit": np.maximum(z_cat, 0) - z_cat * is_cat + np.log1p(decay),
    }


def confidence(point: Array) -> Result:
    """The loss at each probability (point) of a class that is right, -ln p, and of one that is wrong, -ln(1 - p)."""
    _inside(point, "point")
    return {"loss_if_right": -np.log(point), "loss_if_wrong": -np.log(1 - point)}


def routes(probability: Array, target: Array) -> Result:
    """Cross-entropy (sample) of probabilities (sample, klass) as a sum of products, by a choice, and by a look-up."""
    below = ~(probability > 0)
    if below.any():
        sample, klass = np.argwhere(below)[0]
        where = f"probability, row {sample + 1}, class {klass + 1}"
        _refuse(True, where, probability[sample, klass], "a number above 0")
    row = zero_based(target, probability.shape[1], "target")
    log_probability = np.log(probability)
    is_target = target[:, np.newaxis] == np.arange(1, probability.shape[1] + 1)
    one_hot = np.where(is_target, 1.0, 0.0)
    by_product = -np.sum(one_hot * log_probability, axis=1)
    picked = np.where(is_target, log_probability, 0.0)
    by_if = -picked.sum(axis=1)
    by_lookup = -log_probability[np.arange(len(row)), row]
    return {
        "log_probability": log_probability,
        "one_hot": one_hot,
        "by_product": by_product,
        "picked": picked,
        "by_if": by_if,
        "by_lookup": by_lookup,
        "mean_loss": by_lookup.mean(),
        "distance": float(np.linalg.norm([by_product - by_lookup, by_if - by_lookup])),
    }


def cross_entropy(logit: Array, target: Array, weight: Array, smoothing: float, reduction: str) -> Result:
    """Cross-entropy of logits (sample, klass) with weights (klass) and label smoothing, and its gradient in them."""
    if reduction not in ("mean", "sum"):
        raise EngineError(f"reduction: found {reduction!r}, expected 'mean' or 'sum'")
    _refuse(not 0 <= smoothing <= 1, "smoothing", smoothing, "a number from 0 to 1")
    classes = logit.shape[1]
    kept = target >= 1
    zero_based(np.where(kept, target, 1.0), classes, "target")
    one_hot = np.where(target[:, np.newaxis] == np.arange(1, classes + 1), 1.0, 0.0)
    smooth_target = np.where(kept[:, np.newaxis], (1 - smoothing) * one_hot + smoothing / classes, 0.0)
    weighted_target = weight * smooth_target
    row_max = logit.max(axis=1)
    exponential = np.exp(logit - row_max[:, np.newaxis])
    log_softmax = _log_softmax(logit)
    probability = np.exp(log_softmax)
    sample_loss = np.sum(weighted_target * -log_softmax, axis=1)
    sample_weight = one_hot @ weight
    divisor = (sample_weight.sum() or np.nan) if reduction == "mean" else 1.0
    sum_gradient = probability * weighted_target.sum(axis=1, keepdims=True) - weighted_target
    return {
        "row_max": row_max,
        "exponential": exponential,
        "log_sum": np.log(exponential.sum(axis=1)),
        "log_softmax": log_softmax,
        "smooth_target": smooth_target,
        "weighted_target": weighted_target,
        "target_mass": weighted_target.sum(axis=1),
        "divisor": divisor,
        "sample_loss": sample_loss,
        "sample_weight": sample_weight,
        "loss": sample_loss.sum() / divisor,
        "softmax": probability,
        "gradient": np.where(kept[:, np.newaxis], sum_gradient / divisor, 0.0),
    }


def numeric_gradient(
    logit: Array, target: Array, weight: Array, smoothing: float, reduction: str, nudge: float
) -> Result:
    """The derivative of the cross-entropy in logit[0, 0]: by its values a nudge above and below, and by the formula."""
    _refuse(not nudge > 0, "nudge", nudge, "a number above 0")
    first = np.zeros_like(logit)
    first[0, 0] = nudge
    at, up, down = (
        cross_entropy(nudged, target, weight, smoothing, reduction) for nudged in (logit, logit + first, logit - first)
    )
    loss_up, loss_down = np.asarray(up["loss"]), np.asarray(down["loss"])
    return {
        "loss_up": loss_up,
        "loss_down": loss_down,
        "numeric": (loss_up - loss_down) / (2 * nudge),
        "analytic": np.asarray(at["gradient"])[0, 0],
    }


def nudged(logit: Array, weighted_target: Array, nudge: float) -> Result:
    """The first sample's logits (klass) with its first one moved, its targets, and its loss either way."""
    move = np.zeros(logit.shape[1])
    move[0] = nudge
    first_target = weighted_target[0]
    return {
        "up_logit": logit[0] + move,
        "down_logit": logit[0] - move,
        "first_target": first_target,
        "up_exponential": np.exp(logit[0] + move),
        "down_exponential": np.exp(logit[0] - move),
        "up_loss": -np.sum(first_target * _log_softmax(logit[0] + move)),
        "down_loss": -np.sum(first_target * _log_softmax(logit[0] - move)),
    }


def double_softmax(logit: Array, target: float) -> Result:
    """Softmax of logits (klass) and softmax of that softmax, each with its loss -ln p of the target class."""
    row = zero_based(np.array([target]), len(logit), "target")[0]
    log_once = _log_softmax(logit)
    once = np.exp(log_once)
    log_twice = _log_softmax(once)
    return {
        "once_exponential": np.exp(logit - logit.max()),
        "once": once,
        "twice_exponential": np.exp(once),
        "twice": np.exp(log_twice),
        "right_loss": -log_once[row],
        "wrong_loss": -log_twice[row],
    }


def metrics(logit: Array, target: Array, klass_number: Array, other_number: Array) -> Result:
    """The class of the largest logit (sample), the share that is right, and counts by true and predicted class."""
    kept = target >= 1
    zero_based(np.where(kept, target, 1.0), logit.shape[1], "target")
    predicted = logit.argmax(axis=1) + 1.0
    correct = np.where(predicted == target, 1.0, 0.0)
    is_true = np.where(target[:, np.newaxis] == klass_number, 1.0, 0.0)
    is_predicted = np.where(predicted[:, np.newaxis] == other_number, 1.0, 0.0)
    return {
        "predicted": predicted,
        "correct": correct,
        "accuracy": correct.sum() / (np.count_nonzero(kept) or np.nan),
        "confusion": is_true.T @ is_predicted,
    }


def regression(actual: Array, forecast: Array) -> Result:
    """Error forecast - actual (row), and its mean square, the root of it, and its mean absolute and relative size."""
    _refuse_first(actual == 0, "actual", actual, "a number other than 0")
    error = forecast - actual
    squared = error**2
    absolute = np.abs(error)
    percentage = np.abs(error / actual)
    return {
        "error": error,
        "squared": squared,
        "absolute": absolute,
        "percentage": percentage,
        "mse": squared.mean(),
        "rmse": np.sqrt(squared.mean()),
        "mae": absolute.mean(),
        "mape": percentage.mean(),
    }


def _log_softmax(logit: Array) -> Array:
    """Logarithm of the softmax along the last axis, with no exponent above 0."""
    shifted = logit - logit.max(axis=-1, keepdims=True)
    log_softmax: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_softmax


def _inside(probability: Array, name: str) -> None:
    """Refuses a probability that has no logarithm on both sides: 0, 1, and whatever is beyond them."""
    _refuse_first(~((probability > 0) & (probability < 1)), name, probability, "a number above 0 and below 1")


def _refuse_first(bad: npt.NDArray[np.bool_], name: str, values: Array, expected: str) -> None:
    """Refuses the first bad one of the values."""
    if bad.any():
        row = bad.argmax()
        _refuse(True, f"{name}, row {row + 1}", values[row], expected)


def _refuse(bad: bool, where: str, found: float, expected: str) -> None:
    """One sentence on an input that the mathematics cannot use."""
    if bad:
        raise EngineError(f"{where}: found {found:.15g}, expected {expected}")
