"""Layers of a training step, each with its derivative by hand: what it gives, and what it hands back.

A layer is applied to its input (image, unit) and returns its output with a function of the loss's gradient at that
output. That function returns the gradient at the input, and those of the layer's own parameters by name. With G the
gradient at the output, x the input and all sums over the images:

    affine      y = x W + b              dx = G W^T,   dW = x^T G,   db = sum G
    ReLU        y = max(x, 0)            dx = G where x > 0, else 0
    mask        y = x mask               dx = G mask
    batch norm  y = weight n + bias,     n = (x - mean x) / s,   s = sqrt(variance + eps)

Batch norm's mean and variance depend on x too. With H = G weight the gradient at n, and as n sums to 0 over the images,

    d variance = sum H (x - mean) (-1/2) / s^3 = -sum(H n) / (2 s^2),        d mean = -sum H / s
    dx = H / s + d variance 2 (x - mean) / images + d mean / images = (H - mean H - n mean(H n)) / s
    d weight = sum G n,   d bias = sum G

    >>> output, back = relu(np.array([[-1.0, 2.0]]))
    >>> output.tolist(), back(np.array([[3.0, 4.0]]))[0].tolist()
    ([[0.0, 2.0]], [[0.0, 4.0]])

Source: Rumelhart, Hinton and Williams 1986; batch norm: Ioffe and Szegedy 2015, section 3.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from engine.reference import Array

Gradients: TypeAlias = dict[str, Array]
"""The gradients of the loss in parameters, under the parameters' names."""

Back: TypeAlias = Callable[[Array], tuple[Array, Gradients]]
"""From the loss's gradient at a layer's output to that at its input, and the gradients of its parameters."""

Layer: TypeAlias = Callable[[Array], tuple[Array, Back]]
"""From a layer's input to its output, and its way back."""


def affine(parameter: Mapping[str, Array], weight: str, bias: str) -> Layer:
    """The layer x W + b of the parameters of those names: weights (inp, out), biases (out)."""

    def forward(x: Array) -> tuple[Array, Back]:
        def back(gradient: Array) -> tuple[Array, Gradients]:
            return gradient @ parameter[weight].T, {weight: x.T @ gradient, bias: gradient.sum(axis=0)}

        return x @ parameter[weight] + parameter[bias], back

    return forward


def relu(x: Array) -> tuple[Array, Back]:
    """The layer max(x, 0); its derivative at 0 is 0, as torch's."""
    return np.maximum(x, 0.0), lambda gradient: (np.where(x > 0, gradient, 0.0), {})


def masked(mask: Array) -> Layer:
    """The layer x mask: dropout with its mask given, 0 or one by the share kept."""
    return lambda x: (x * mask, lambda gradient: (gradient * mask, {}))


def batch_norm(parameter: Mapping[str, Array], weight: str, bias: str, eps: float) -> Layer:
    """The layer of batch norm in training: each unit by its own mean and biased variance over the images."""

    def forward(x: Array) -> tuple[Array, Back]:
        deviation = np.sqrt(x.var(axis=0) + eps)
        normalised = (x - x.mean(axis=0)) / deviation

        def back(gradient: Array) -> tuple[Array, Gradients]:
            inner = gradient * parameter[weight]
            x_gradient = inner - inner.mean(axis=0) - normalised * (inner * normalised).mean(axis=0)
            return x_gradient / deviation, {weight: (gradient * normalised).sum(axis=0), bias: gradient.sum(axis=0)}

        return parameter[weight] * normalised + parameter[bias], back

    return forward
