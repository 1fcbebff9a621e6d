"""The lesson's classes for MNIST as they must be written to run, its `update`, and these models with given weights.

Weights have torch's own shape, (output, input). The axes are image (of a mini-batch), klass and hidden.

Source: fast.ai Practical Deep Learning for Coders v3, lesson 5, its notebook lesson5-sgd-mnist.
"""

import torch
import torch.nn.functional as F
from torch import nn

from engine.witness.optimizers.rows import Scalar

loss_func = nn.CrossEntropyLoss()


class Mnist_Logistic(nn.Module):
    """Logistic regression: 784 pixels to 10 logits."""

    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb: torch.Tensor) -> torch.Tensor:
        """Return the logits of each image: (image, klass)."""
        logit: torch.Tensor = self.lin(xb)
        return logit


class Mnist_NN(nn.Module):
    """One hidden layer: 784 pixels to 50 units, ReLU, 10 logits."""

    def __init__(self, hidden: int = 50) -> None:
        super().__init__()
        self.lin1 = nn.Linear(784, hidden)
        self.lin2 = nn.Linear(hidden, 10)

    def forward(self, xb: torch.Tensor) -> torch.Tensor:
        """Return the logits of each image: (image, klass)."""
        logit: torch.Tensor = self.lin2(F.relu(self.lin1(xb)))
        return logit


class Regularised(Mnist_NN):
    """Mnist_NN with a batch norm after its first matrix and dropout after its ReLU, by a given mask (image, hidden)."""

    def __init__(self, norm: nn.Module, mask: torch.Tensor) -> None:
        super().__init__(mask.shape[1])
        self.norm, self.mask = norm, mask

    def layers(self, xb: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the activations of every layer, the logits last."""
        affine1 = self.lin1(xb)
        shaped = self.norm(affine1)
        activation = F.relu(shaped)
        dropped = activation * self.mask
        logit = self.lin2(dropped)
        return {"affine1": affine1, "shaped": shaped, "activation": activation, "dropped": dropped, "logit": logit}

    def forward(self, xb: torch.Tensor) -> torch.Tensor:
        """Return the logits of each image: (image, klass)."""
        return self.layers(xb)["logit"]


def penalty(model: nn.Module, wd: Scalar) -> torch.Tensor:
    """The sum of squares of all parameters of a model, times wd."""
    return torch.stack([p.square().sum() for p in model.parameters()]).sum() * wd


def update(model: nn.Module, x: torch.Tensor, y: torch.Tensor, optimizer: torch.optim.Optimizer, wd: Scalar) -> float:
    """The loss of a mini-batch, x (image, pixel) and y (image), before the step that the optimizer takes on it.

    The optimizer is made once, outside, for the whole run.
    """
    loss = loss_func(model(x), y) + penalty(model, wd)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss.item())


def fill(layer: nn.Linear | nn.BatchNorm1d, weight: torch.Tensor, bias: torch.Tensor) -> None:
    """Put copies of weight and bias into a layer, in place of its own."""
    layer.weight, layer.bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())


def logistic_model(weight: torch.Tensor, bias: torch.Tensor) -> Mnist_Logistic:
    """The logistic regression with copies of weight (klass, pixel) and bias (klass)."""
    with torch.device("meta"):
        model = Mnist_Logistic()
    fill(model.lin, weight, bias)
    return model


def network_model(weight1: torch.Tensor, bias1: torch.Tensor, weight2: torch.Tensor, bias2: torch.Tensor) -> Mnist_NN:
    """The network with copies of these weights, (hidden, pixel) and (klass, hidden), and biases."""
    with torch.device("meta"):
        model = Mnist_NN(len(weight1))
    fill(model.lin1, weight1, bias1)
    fill(model.lin2, weight2, bias2)
    return model


def regularised_model(
    weight1: torch.Tensor,
    bias1: torch.Tensor,
    weight2: torch.Tensor,
    bias2: torch.Tensor,
    norm: nn.Module,
    mask: torch.Tensor,
) -> Regularised:
    """The network with copies of these weights and biases, this batch norm, and this mask (image, hidden)."""
    with torch.device("meta"):
        model = Regularised(norm, mask)
    fill(model.lin1, weight1, bias1)
    fill(model.lin2, weight2, bias2)
    return model


def batch_norm(gamma: torch.Tensor, beta: torch.Tensor, eps: Scalar, momentum: Scalar = 0.1) -> nn.BatchNorm1d:
    """A batch norm in training with copies of gamma and beta (hidden)."""
    norm = nn.BatchNorm1d(len(gamma), float(eps), float(momentum), device=gamma.device, dtype=gamma.dtype)
    fill(norm, gamma, beta)
    return norm


def drop_mask(draw: torch.Tensor, drop_p: Scalar) -> torch.Tensor:
    """Dropout's mask (image, hidden): 0 where draw is below drop_p, elsewhere what makes up for it."""
    return (draw >= drop_p).double() / (1 - drop_p)
