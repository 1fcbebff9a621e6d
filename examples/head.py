"""One head of causal attention on a line of five tokens: `gradbook from-module examples/head.py:make`."""

import torch
from torch import nn

TOKENS, WIDTH = 5, 4


class Head(nn.Module):
    """Queries meet keys; each token takes a mean of the values before it."""

    def __init__(self):
        super().__init__()
        self.query = nn.Linear(WIDTH, 3, bias=False)
        self.key = nn.Linear(WIDTH, 3, bias=False)
        self.value = nn.Linear(WIDTH, 3, bias=False)
        self.register_buffer("later", torch.ones(TOKENS, TOKENS).triu(1).bool())

    def forward(self, x):
        q, k, v = self.query(x), self.key(x), self.value(x)
        scores = q @ k.T / 3**0.5
        attention = scores.masked_fill(self.later, float("-inf")).softmax(-1)
        return attention @ v


def loss(model, x, y):
    """The mean square of what the head gives less what it should give."""
    return nn.functional.mse_loss(model(x), y)


def make():
    """The model, its loss, a line of tokens with what should come out, and SGD."""
    torch.manual_seed(0)
    batch = {"x": torch.randn(TOKENS, WIDTH), "y": torch.randn(TOKENS, 3)}
    model = Head()
    return model, loss, batch, torch.optim.SGD(model.parameters(), lr=0.5)
