r"""What both models of digits are made of: softmax with cross-entropy, penalty, and the network's layers both ways.

With weights as torch keeps them (output, input), n images, one-hot labels Y and all parameters in use in the penalty,

    loss = mean over the images of -ln p_label + wd sum w^2,       p = softmax(logit),   d penalty/dw = 2 wd w
    network:   h = x W1^T + b1  ->  batch norm  ->  ReLU  ->  mask  ->  d,       logit = d W2^T + b2

    dlogit = (p - Y) / n,   dW2 = dlogit^T d,   db2 = sum dlogit,   dd = dlogit W2,   da = dd mask
    ds = da where s > 0, else 0,   dW1 = dh^T x,   db1 = sum dh

Without batch norm s is h, and dh is ds. With it s = gamma v + beta, v = (h - mean) / sqrt(variance + bn_eps): mean and
biased variance are of the mini-batch and depend on h too, which leaves, with means over the images,

    dh = gamma / sqrt(variance + bn_eps) (ds - mean(ds) - v mean(ds v)),   dgamma = sum ds v,   dbeta = sum ds

    >>> found = scores(np.log([[1.0, 3.0]]), np.array([0.0]))
    >>> np.round(found["probability"], 12).tolist(), np.round(found["logit_gradient"], 12).tolist()
    ([[0.25, 0.75]], [[-0.75, 0.75]])

Source: batch norm: Ioffe and Szegedy 2015, torch.nn.BatchNorm1d; dropout: Srivastava et al. 2014, scaled in training
as torch.nn.Dropout.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import EngineError
from engine.reference import Array, Result
from engine.reference.optimizers.row import refuse_unknown


def scores(logit: Array, label: Array) -> dict[str, Any]:
    """Softmax and cross-entropy of logits (image, klass) against labels (image), and the gradient of their mean."""
    _digits(label, logit.shape[1])
    found = cross_entropy(logit, label.astype(np.intp))
    predicted = logit.argmax(axis=1) * 1.0
    correct = np.where(predicted == label, 1.0, 0.0)
    return {
        **found,
        "one_hot": np.where(label[:, np.newaxis] == np.arange(logit.shape[1]), 1.0, 0.0),
        "predicted": predicted,
        "correct": correct,
        "accuracy": correct.mean(),
        "cross_entropy": found["sample_loss"].mean(),
    }


def cross_entropy(logit: Array, digit: npt.NDArray[np.intp]) -> dict[str, Any]:
    """The loss of each image, and the gradient of their mean in the logits (image, klass): (p - one-hot) / n.

    The logits of several models, (run, image, klass), are as good. The 1 of the one-hot labels is taken away where it
    stands: a followed training takes thousands of these.
    """
    images = logit.shape[-2]
    row_max = logit.max(axis=-1)
    shifted = logit - row_max[..., np.newaxis]
    exponential = np.exp(shifted)
    exponential_sum = exponential.sum(axis=-1)
    probability = exponential / exponential_sum[..., np.newaxis]
    right = ..., np.arange(images), digit
    difference = probability.copy()
    difference[right] -= 1.0
    return {
        "row_max": row_max,
        "exponential": exponential,
        "exponential_sum": exponential_sum,
        "probability": probability,
        "sample_loss": np.log(exponential_sum) - shifted[right],
        "logit_gradient": difference / images,
    }


def scores_again(logit: Array, label: Array, penalty: float) -> Result:
    """What a step has made of the mini-batch's losses and answers."""
    score = scores(logit, label)
    return {
        "new_exponential": score["exponential"],
        "new_sample_loss": score["sample_loss"],
        "new_predicted": score["predicted"],
        "new_cross_entropy": score["cross_entropy"],
        "new_penalty": penalty,
        "new_loss": score["cross_entropy"] + penalty,
        "new_accuracy": score["accuracy"],
    }


def penalised(wd: float, *parameters: Array) -> float:
    """The penalty wd sum w^2 over all parameters."""
    return wd * float(sum(np.sum(parameter**2) for parameter in parameters))


def network_forward(
    x: Array,
    weight1: Array,
    bias1: Array,
    weight2: Array,
    bias2: Array,
    gamma: Array,
    beta: Array,
    regularisers: str,
    bn_eps: float,
    drop_p: float,
    draw: Array,
) -> dict[str, Any]:
    """Inputs (image, pixel) through both layers, with the regularisers that are in use."""
    refuse_unknown("regularisers", regularisers, ("none", "batch norm", "dropout", "both"))
    batch_norm, dropout = regularisers in ("batch norm", "both"), regularisers in ("dropout", "both")
    _refuse_extremes(batch_norm, len(x), bn_eps, drop_p)
    product1 = x @ weight1.T
    affine1 = product1 + bias1
    mean1, variance1 = affine1.mean(axis=0), affine1.var(axis=0)
    normalised = (affine1 - mean1) / np.sqrt(variance1 + bn_eps)
    shaped = gamma * normalised + beta if batch_norm else affine1
    activation = np.maximum(shaped, 0.0)
    mask = np.where(draw < drop_p, 0.0, 1 / (1 - drop_p)) if dropout else np.ones_like(draw)
    dropped = activation * mask
    product2 = dropped @ weight2.T
    return {
        "batch_norm": float(batch_norm),
        "dropout": float(dropout),
        "product1": product1,
        "affine1": affine1,
        "mean1": mean1,
        "variance1": variance1,
        "normalised": normalised,
        "shaped": shaped,
        "activation": activation,
        "mask": mask,
        "dropped": dropped,
        "product2": product2,
        "logit": product2 + bias2,
    }


def network_backward(
    logit_gradient: Array,
    x: Array,
    weight1: Array,
    bias1: Array,
    weight2: Array,
    bias2: Array,
    gamma: Array,
    beta: Array,
    bn_eps: float,
    wd: float,
    seen: dict[str, Any],
) -> dict[str, Any]:
    """From the gradient of the cross-entropy at the logits (image, klass) back to the gradients of the loss."""
    dropped_gradient = logit_gradient @ weight2
    activation_gradient = dropped_gradient * seen["mask"]
    shaped_gradient = np.where(seen["shaped"] > 0, activation_gradient, 0.0)
    gradient_mean = shaped_gradient.mean(axis=0)
    gradient_along = (shaped_gradient * seen["normalised"]).mean(axis=0)
    affine1_gradient = shaped_gradient
    gamma_gradient, beta_gradient = np.zeros_like(gamma), np.zeros_like(beta)
    if seen["batch_norm"]:
        left = shaped_gradient - gradient_mean - seen["normalised"] * gradient_along
        affine1_gradient = gamma / np.sqrt(seen["variance1"] + bn_eps) * left
        gamma_gradient = len(x) * gradient_along + 2 * wd * gamma
        beta_gradient = len(x) * gradient_mean + 2 * wd * beta
    return {
        "weight2_gradient": logit_gradient.T @ seen["dropped"] + 2 * wd * weight2,
        "bias2_gradient": logit_gradient.sum(axis=0) + 2 * wd * bias2,
        "dropped_gradient": dropped_gradient,
        "activation_gradient": activation_gradient,
        "shaped_gradient": shaped_gradient,
        "gamma_gradient": gamma_gradient,
        "beta_gradient": beta_gradient,
        "gradient_mean": gradient_mean,
        "gradient_along": gradient_along,
        "affine1_gradient": affine1_gradient,
        "weight1_gradient": affine1_gradient.T @ x + 2 * wd * weight1,
        "bias1_gradient": affine1_gradient.sum(axis=0) + 2 * wd * bias1,
    }


def _refuse_extremes(batch_norm: bool, images: int, bn_eps: float, drop_p: float) -> None:
    """Refuse what leaves the network without a number."""
    if not bn_eps > 0:
        raise EngineError(f"bn_eps: found {bn_eps:.15g}, expected a number above 0")
    if not 0 <= drop_p < 1:
        raise EngineError(f"drop_p: found {drop_p:.15g}, expected a number from 0 and below 1")
    if batch_norm and images < 2:
        raise EngineError(f"x: found {images} image, expected at least 2 for batch norm to have a variance")


def _digits(label: Array, classes: int) -> None:
    """Refuse a label that is no class."""
    unknown = ~((label >= 0) & (label < classes) & (label == np.floor(label)))
    if unknown.any():
        row = unknown.argmax()
        where, found = f"label, row {row + 1}", label[row]
        raise EngineError(f"{where}: found {found:.15g}, expected a whole number from 0 to {classes - 1}")
