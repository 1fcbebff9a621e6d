"""The parts of a step of fine-tuning: body and head forward, their way back, and what a step does to a parameter.

Matrices are (input, output). With G the gradient of the loss in a layer's affine output x W + b, sums over the images,

    d W = x^T G,   d b = sum G,   and the layer before, x = max(affine, 0), gets  (G W^T) where x > 0, else 0

At the logits G is (probability - one_hot) / images, the gradient of the mean cross-entropy. Batch norm, in front of
hidden1, puts out weight normalised + bias; with H the gradient there, d weight = sum H normalised and d bias = sum H.

    >>> head_hidden, logit = head(np.array([[2.0]]), np.array([[1.0, -1.0]]), np.zeros(2), np.eye(2), np.zeros(2))
    >>> head_hidden.tolist(), logit.tolist()
    ([[2.0, 0.0]], [[2.0, 0.0]])
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from engine.reference import Array
from engine.reference.mnist_layers import scores
from engine.reference.numbering import zero_based
from engine.reference.optimizers.adam import direction, smooth


def body(
    pixel: Array, body1_weight: Array, body1_bias: Array, body2_weight: Array, body2_bias: Array
) -> tuple[Array, Array]:
    """The body's activations, hidden1 (image, first) and hidden2 (image, second), both after their ReLU."""
    hidden1 = np.maximum(pixel @ body1_weight + body1_bias, 0.0)
    hidden2 = np.maximum(hidden1 @ body2_weight + body2_bias, 0.0)
    return hidden1, hidden2


def head(
    hidden2: Array, head1_weight: Array, head1_bias: Array, head2_weight: Array, head2_bias: Array
) -> tuple[Array, Array]:
    """The new head's head_hidden (image, middle), after its ReLU, and logit (image, klass)."""
    head_hidden = np.maximum(hidden2 @ head1_weight + head1_bias, 0.0)
    return head_hidden, head_hidden @ head2_weight + head2_bias


def answers(logit: Array, target: Array) -> dict[str, Any]:
    """What logits (image, klass) say of 1-based classes (image): probabilities, losses, the mean loss's gradient."""
    zero_based(target, logit.shape[1], "target")
    score = scores(logit, target - 1)
    return {
        "logit": logit,
        "exponential": score["exponential"],
        "probability": score["probability"],
        "sample_loss": score["sample_loss"],
        "loss": score["cross_entropy"],
        "right": score["correct"],
        "accuracy": score["accuracy"],
        "logit_gradient": score["logit_gradient"],
    }


def answers_again(logit: Array, target: Array) -> dict[str, Any]:
    """What a step has made of the same images' losses."""
    answer = answers(logit, target)
    return {
        "new_logit": logit,
        "new_exponential": answer["exponential"],
        "new_sample_loss": answer["sample_loss"],
        "new_loss": answer["loss"],
        "new_right": answer["right"],
        "new_accuracy": answer["accuracy"],
    }


def head_gradients(hidden2: Array, head_hidden: Array, head2_weight: Array, logit_gradient: Array) -> dict[str, Array]:
    """From the gradient at the logits back through the head."""
    head_hidden_gradient = np.where(head_hidden > 0, logit_gradient @ head2_weight.T, 0.0)
    return {
        "head2_weight_gradient": head_hidden.T @ logit_gradient,
        "head2_bias_gradient": logit_gradient.sum(axis=0),
        "head_hidden_gradient": head_hidden_gradient,
        "head1_weight_gradient": hidden2.T @ head_hidden_gradient,
        "head1_bias_gradient": head_hidden_gradient.sum(axis=0),
    }


def hidden_gradients(
    hidden1: Array, hidden2: Array, body2_weight: Array, head1_weight: Array, head_hidden_gradient: Array
) -> dict[str, Array]:
    """From the gradient at the head's first affine output back to what enters the body's two ReLUs."""
    hidden2_gradient = np.where(hidden2 > 0, head_hidden_gradient @ head1_weight.T, 0.0)
    hidden1_gradient = np.where(hidden1 > 0, hidden2_gradient @ body2_weight.T, 0.0)
    return {"hidden2_gradient": hidden2_gradient, "hidden1_gradient": hidden1_gradient}


def body_gradients(pixel: Array, hidden1: Array, hidden1_gradient: Array, hidden2_gradient: Array) -> dict[str, Array]:
    """From the gradients in front of the body's ReLUs to its matrices and biases."""
    return {
        "body2_weight_gradient": hidden1.T @ hidden2_gradient,
        "body2_bias_gradient": hidden2_gradient.sum(axis=0),
        "body1_weight_gradient": pixel.T @ hidden1_gradient,
        "body1_bias_gradient": hidden1_gradient.sum(axis=0),
    }


def batch_normalised(
    affine1: Array, running_mean: Array, running_variance: Array, eps: float, *, by_batch: bool
) -> dict[str, Array]:
    """Affine outputs (image, first), each normalised by the batch, or by the running statistics (first)."""
    batch_mean, batch_variance = affine1.mean(axis=0), affine1.var(axis=0)
    used_mean, used_variance = (batch_mean, batch_variance) if by_batch else (running_mean, running_variance)
    return {
        "batch_mean": batch_mean,
        "batch_variance": batch_variance,
        "used_mean": used_mean,
        "used_variance": used_variance,
        "normalised": (affine1 - used_mean) / np.sqrt(used_variance + eps),
    }


def norm_gradients(normalised: Array, hidden1_gradient: Array) -> dict[str, Array]:
    """The gradients of batch norm's own weight and bias (first), from that at its output (image, first)."""
    return {
        "norm_weight_gradient": (hidden1_gradient * normalised).sum(axis=0),
        "norm_bias_gradient": hidden1_gradient.sum(axis=0),
    }


def norm_after(norm_weight: Array, norm_bias: Array, gradients: dict[str, Array], norm_rate: float) -> dict[str, Array]:
    """Batch norm's own weight and bias after a step of SGD."""
    return {
        "new_norm_weight": norm_weight - norm_rate * gradients["norm_weight_gradient"],
        "new_norm_bias": norm_bias - norm_rate * gradients["norm_bias_gradient"],
    }


def statistics_after(
    running_mean: Array, running_variance: Array, batch_mean: Array, batch_variance: Array, images: int, momentum: float
) -> dict[str, Array]:
    """The running statistics (first), moved by the share momentum towards the batch's, with its unbiased variance."""
    unbiased = batch_variance * images / (images - 1)
    return {
        "new_running_mean": (1 - momentum) * running_mean + momentum * batch_mean,
        "new_running_variance": (1 - momentum) * running_variance + momentum * unbiased,
    }


def body_after(
    body1_weight: Array,
    body1_bias: Array,
    body2_weight: Array,
    body2_bias: Array,
    gradients: dict[str, Array],
    body1_rate: float,
    body2_rate: float,
) -> dict[str, Array]:
    """The body after a step of SGD, each layer at its own rate."""
    return {
        "new_body1_weight": body1_weight - body1_rate * gradients["body1_weight_gradient"],
        "new_body1_bias": body1_bias - body1_rate * gradients["body1_bias_gradient"],
        "new_body2_weight": body2_weight - body2_rate * gradients["body2_weight_gradient"],
        "new_body2_bias": body2_bias - body2_rate * gradients["body2_bias_gradient"],
    }


def head_after(
    head1_weight: Array,
    head1_bias: Array,
    head2_weight: Array,
    head2_bias: Array,
    gradients: dict[str, Array],
    head1_rate: float,
    head2_rate: float,
) -> dict[str, Array]:
    """The new head after a step of SGD, each layer at its own rate."""
    return {
        "new_head1_weight": head1_weight - head1_rate * gradients["head1_weight_gradient"],
        "new_head1_bias": head1_bias - head1_rate * gradients["head1_bias_gradient"],
        "new_head2_weight": head2_weight - head2_rate * gradients["head2_weight_gradient"],
        "new_head2_bias": head2_bias - head2_rate * gradients["head2_bias_gradient"],
    }


def norms(*parameters: Array) -> Array:
    """The 2-norm of each layer, its matrix and its bias together; they follow one another."""
    squares = [np.sum(parameter**2) for parameter in parameters]
    return np.sqrt(np.add(squares[::2], squares[1::2]))


def distances(before: Iterable[Array], after: Iterable[Array]) -> Array:
    """How far each layer went, as `norms` measures it."""
    return norms(*(new - old for old, new in zip(before, after, strict=True)))


def adam_step(
    parameter: Array,
    gradient: Array,
    average: Array,
    square: Array,
    step_number: float,
    rate: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> tuple[Array, Array, Array]:
    """A parameter, its average of gradients and its average of squares after a step of torch's Adam."""
    average = np.asarray(smooth(gradient, average, beta1))
    square = np.asarray(smooth(gradient * gradient, square, beta2))
    towards = direction(average, square, 1 - beta2**step_number, eps)
    return parameter - rate / (1 - beta1**step_number) * towards, average, square
