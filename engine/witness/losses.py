"""Losses and metrics by torch: softmax, cross-entropy by each of its routes, and errors of a regression.

Every function takes float64 tensors, computes on the device that they are on, changes none of them, and returns
detached float64 tensors by name. Logarithms are natural unless a name says otherwise; NaN stands where the sheet shows
a word. Classes are counted from 1, as in a sheet; a target below 1 is a sample that is left out. The losses are those
of torch.nn.functional, the gradients torch's autograd. The axes are image, sample, row, point and klass.

torch never lets the logarithms inside F.binary_cross_entropy fall below -100, so a probability nearer than 4e-44 to
the wrong end costs 100 there.
"""

import torch
import torch.nn.functional as F
from torch import nn

Scalar = float | torch.Tensor


def softmax(logit: torch.Tensor, shift: torch.Tensor, temperature: Scalar) -> dict[str, torch.Tensor]:
    """The softmax of each row of logit (image, klass), safely and naively, and the sigmoid of each logit alone.

    The shift (image) is added to all logits of an image. Where exp would exceed about 1e300 the naive way gives NaN.
    """
    shifted = (logit - logit.amax(dim=1, keepdim=True)) / temperature
    exponential = torch.exp(shifted)
    probability = torch.softmax(logit / temperature, dim=1)
    raw_logit = (logit + shift[:, None]) / temperature
    raw_exponential = torch.exp(raw_logit).masked_fill(raw_logit > 690, torch.nan)
    raw_sum = raw_exponential.sum(dim=1)
    sigmoid = torch.sigmoid(raw_logit)
    return {
        "shifted": shifted,
        "exponential": exponential,
        "exponential_sum": exponential.sum(dim=1),
        "probability": probability,
        "raw_logit": raw_logit,
        "raw_exponential": raw_exponential,
        "raw_sum": raw_sum,
        "raw_probability": raw_exponential / raw_sum[:, None],
        "sigmoid": sigmoid,
        "probability_sum": probability.sum(dim=1),
        "sigmoid_sum": sigmoid.sum(dim=1),
    }


def binary(is_cat: torch.Tensor, p_cat: torch.Tensor) -> dict[str, torch.Tensor]:
    """The binary cross-entropy of each probability p_cat (row), where is_cat (row) is 1 for a cat and 0 for a dog."""
    p_dog = 1 - p_cat
    right_probability = torch.where(is_cat == 1, p_cat, p_dog)
    base_ten = -right_probability.log10()
    return {
        "p_dog": p_dog,
        "natural": F.binary_cross_entropy(p_cat, is_cat, reduction="none"),
        "by_if": -right_probability.log(),
        "base_ten": base_ten,
        "right_probability": right_probability,
        "mean_natural": F.binary_cross_entropy(p_cat, is_cat),
        "mean_base_ten": base_ten.mean(),
    }


def binary_logits(is_cat: torch.Tensor, z_cat: torch.Tensor) -> dict[str, torch.Tensor]:
    """The sigmoid of each logit z_cat (row), and its binary cross-entropy straight from the logit: no overflow."""
    return {
        "p_from_logit": torch.sigmoid(z_cat),
        "loss_from_logit": F.binary_cross_entropy_with_logits(z_cat, is_cat, reduction="none"),
    }


def confidence(point: torch.Tensor) -> dict[str, torch.Tensor]:
    """What a prediction of probability point (point) costs where the answer is yes, and where it is no."""
    return {
        "loss_if_right": F.binary_cross_entropy(point, torch.ones_like(point), reduction="none"),
        "loss_if_wrong": F.binary_cross_entropy(point, torch.zeros_like(point), reduction="none"),
    }


def routes(probability: torch.Tensor, target: torch.Tensor) -> dict[str, torch.Tensor]:
    """The cross-entropy of probability (sample, klass) at target (sample): a product, a choice and a lookup."""
    log_probability = probability.log()
    index = target.long() - 1
    one_hot = F.one_hot(index, num_classes=probability.shape[1]).double()
    by_product = -(one_hot * log_probability).sum(dim=1)
    by_if = -torch.where(one_hot == 1, log_probability, 0.0).sum(dim=1)
    by_lookup = F.nll_loss(log_probability, index, reduction="none")
    others = torch.stack([by_product, by_if])
    return {
        "log_probability": log_probability,
        "one_hot": one_hot,
        "by_product": by_product,
        "by_if": by_if,
        "by_lookup": by_lookup,
        "mean_loss": F.nll_loss(log_probability, index),
        "distance": torch.dist(others, by_lookup.expand_as(others)),
    }


def _loss(
    logit: torch.Tensor, target: torch.Tensor, weight: torch.Tensor, smoothing: Scalar, reduction: str
) -> torch.Tensor:
    """The cross-entropy of torch, its targets counted from 0 as torch does, except for those that it ignores."""
    index = torch.where(target < 1, -100, target - 1).long()
    return F.cross_entropy(
        logit, index, weight=weight, ignore_index=-100, reduction=reduction, label_smoothing=float(smoothing)
    )


def cross_entropy(
    logit: torch.Tensor, target: torch.Tensor, weight: torch.Tensor, smoothing: Scalar, reduction: str
) -> dict[str, torch.Tensor]:
    """torch.nn.CrossEntropyLoss of logit (sample, klass) at target (sample), with weight (klass), and its gradient.

    The mean is over the weights of the targets, not over the samples: NaN where no sample is left.
    """
    parameter = nn.Parameter(logit)
    loss = _loss(parameter, target, weight, smoothing, reduction)
    (gradient,) = torch.autograd.grad(loss, parameter)
    counted = (target >= 1).double()
    n_classes = logit.shape[1]
    one_hot = F.one_hot((target.long() - 1).clamp(min=0), n_classes) * counted[:, None]
    return {
        "log_softmax": F.log_softmax(logit, dim=1),
        "smooth_target": torch.lerp(one_hot, counted[:, None] / n_classes, float(smoothing)),
        "sample_loss": _loss(logit, target, weight, smoothing, "none"),
        "sample_weight": one_hot @ weight,
        "loss": loss.detach(),
        "softmax": torch.softmax(logit, dim=1),
        "gradient": gradient,
    }


def numeric_gradient(
    logit: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor,
    smoothing: Scalar,
    reduction: str,
    nudge: Scalar,
) -> dict[str, torch.Tensor]:
    """The derivative of the cross-entropy in the first sample's first logit: nudged up and down, and by autograd."""
    parameter = nn.Parameter(logit)
    (gradient,) = torch.autograd.grad(_loss(parameter, target, weight, smoothing, reduction), parameter)
    up, down = logit.clone(), logit.clone()
    up[0, 0] += nudge
    down[0, 0] -= nudge
    loss_up = _loss(up, target, weight, smoothing, reduction)
    loss_down = _loss(down, target, weight, smoothing, reduction)
    return {
        "loss_up": loss_up,
        "loss_down": loss_down,
        "numeric": (loss_up - loss_down) / (2 * nudge),
        "analytic": gradient[0, 0],
    }


def double_softmax(logit: torch.Tensor, target: Scalar) -> dict[str, torch.Tensor]:
    """The loss of logit (klass) at target, and the loss when a softmax is put before torch's cross-entropy by mistake.

    F.cross_entropy takes logits: it applies a softmax of its own.
    """
    index = torch.tensor(int(target) - 1, device=logit.device)
    once = torch.softmax(logit, dim=0)
    return {
        "once": once,
        "twice": torch.softmax(once, dim=0),
        "right_loss": F.cross_entropy(logit, index),
        "wrong_loss": F.cross_entropy(once, index),
    }


def metrics(
    logit: torch.Tensor, target: torch.Tensor, klass_number: torch.Tensor, other_number: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The class of the largest logit (sample, klass), the share that is right, and the confusion (klass, other)."""
    predicted = logit.argmax(dim=1).double() + 1
    counted = target >= 1
    correct = (predicted == target).double()
    is_klass, is_other = target[:, None] == klass_number, predicted[:, None] == other_number
    return {
        "predicted": predicted,
        "correct": correct,
        "accuracy": correct[counted].mean(),
        "confusion": is_klass.double().T @ is_other.double(),
    }


def regression(actual: torch.Tensor, forecast: torch.Tensor) -> dict[str, torch.Tensor]:
    """The errors of forecast (row) against actual (row), never 0: squared, absolute, as a share, and their means."""
    error = forecast - actual
    percentage = (error / actual).abs()
    mse = F.mse_loss(forecast, actual)
    return {
        "error": error,
        "squared": F.mse_loss(forecast, actual, reduction="none"),
        "absolute": F.l1_loss(forecast, actual, reduction="none"),
        "percentage": percentage,
        "mse": mse,
        "rmse": mse.sqrt(),
        "mae": F.l1_loss(forecast, actual),
        "mape": percentage.mean(),
    }
