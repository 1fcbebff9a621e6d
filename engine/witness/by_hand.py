"""One idea of each lesson in small numbers, by torch: its functions forward, its autograd backward, its SGD as step."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

Scalar = float | torch.Tensor


def cross_entropy(
    base: Scalar, logit: torch.Tensor, right: Sequence[str], animal: Sequence[str], rate: Scalar
) -> dict[str, torch.Tensor]:
    """F.cross_entropy of logits (photo, animal) in units of the logarithm's base, and one step of SGD on them."""
    unit = math.log(base)
    target = torch.tensor([list(animal).index(name) for name in right], device=logit.device)
    parameter = nn.Parameter(logit.clone())

    def forward() -> dict[str, torch.Tensor]:
        return {
            "power": torch.exp(parameter * unit),
            "share": F.softmax(parameter * unit, dim=1),
            "loss": F.cross_entropy(parameter * unit, target, reduction="none") / unit,
        }

    before = forward()
    (parameter.grad,) = torch.autograd.grad(before["loss"].sum(), parameter)
    gradient = parameter.grad.clone()
    torch.optim.SGD([parameter], lr=float(rate)).step()
    after = forward()
    return {
        **{name: value.detach() for name, value in before.items()},
        "total": before["power"].sum(dim=1).detach(),
        "surprise": -F.log_softmax(logit * unit, dim=1) / unit,
        "truth": F.one_hot(target, len(animal)).double(),
        "gradient": gradient,
        "new_logit": parameter.detach(),
        **{f"new_{name}": value.detach() for name, value in after.items()},
        "new_total": after["power"].sum(dim=1).detach(),
    }
