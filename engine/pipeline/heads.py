"""The heads that replace a pretrained network's last matrix: fastai's, and the lesson's two bare matrices."""

from collections import OrderedDict

import torch
from torch import nn

from engine.pipeline.settings import Head

# fastai's create_head: half of the final dropout before the first matrix.
FIRST_DROPOUT, SECOND_DROPOUT = 0.25, 0.5


class ConcatPool(nn.Module):
    """The largest and the mean activation of each channel, side by side: fastai's AdaptiveConcatPool2d."""

    def forward(self, activation: torch.Tensor) -> torch.Tensor:
        """Return (image, 2 · channel, 1, 1) for activation (image, channel, row, column)."""
        flat = activation.flatten(start_dim=2)
        # Not F.adaptive_max_pool2d: its gradient on CUDA is not repeatable.
        pooled = torch.cat([flat.max(dim=2).values, flat.mean(dim=2)], dim=1)
        return pooled[:, :, None, None]


def make_head(kind: Head, features: int, hidden: int, classes: int) -> nn.Sequential:
    """Return a new head, its matrices not yet drawn.

    Args:
        kind: `lesson`: affine, ReLU, affine; `fastai`: each affine after a batch norm and a dropout.
        features: activations that the body hands over.
        hidden: columns of the first matrix.
        classes: columns of the second.

    >>> [type(layer).__name__ for layer in make_head("lesson", 32, 16, 3)]
    ['Linear', 'ReLU', 'Linear']
    """
    matrix1, matrix2 = nn.Linear(features, hidden), nn.Linear(hidden, classes)
    if kind == "lesson":
        return nn.Sequential(OrderedDict(matrix1=matrix1, relu=nn.ReLU(), matrix2=matrix2))
    return nn.Sequential(
        OrderedDict(
            norm1=nn.BatchNorm1d(features),
            dropout1=nn.Dropout(FIRST_DROPOUT),
            matrix1=matrix1,
            relu=nn.ReLU(),
            norm2=nn.BatchNorm1d(hidden),
            dropout2=nn.Dropout(SECOND_DROPOUT),
            matrix2=matrix2,
        )
    )


def draw(head: nn.Module, seed: int) -> None:
    """Draw the matrices of a head as fastai does: Kaiming's normal weights, biases of 0."""
    generator = torch.Generator().manual_seed(seed)
    for layer in head.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, generator=generator)
            nn.init.zeros_(layer.bias)
