"""A multilayer perceptron of two layers on four examples: `gradbook from-module examples/mlp.py:make`."""

import torch
from torch import nn
from torch.nn import functional


class MLP(nn.Module):
    """Three numbers in, four hidden units, two classes out."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 4)
        self.fc2 = nn.Linear(4, 2)

    def forward(self, x):
        hidden = torch.relu(self.fc1(x))
        return self.fc2(hidden)


def loss(model, x, y):
    """The mean cross-entropy of the batch."""
    return functional.cross_entropy(model(x), y)


def make():
    """The model, its loss, a batch, and the optimizer whose step is shown."""
    torch.manual_seed(0)
    model = MLP()
    batch = {"x": torch.randn(4, 3), "y": torch.tensor([0, 1, 1, 0])}
    return model, loss, batch, torch.optim.SGD(model.parameters(), lr=0.1)
