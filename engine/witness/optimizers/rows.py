"""Many independent steps as parameters of one torch optimizer: a line in each row, its gradients and its state."""

from collections.abc import Iterable, Iterator

import torch
import torch.nn.functional as F
from torch import nn

from engine.errors import DataError

Scalar = float | torch.Tensor

# Where a line has run away: beyond it a row keeps its values.
DIVERGED = 1e12

# Stands in for an eps of 0: it is lost in any sum but that with 0, where it makes 0/0 a step of 0.
_TINY = 1e-300


class Lines:
    """A line in each row: prediction = intercept + slope * x.

    Torch counts steps by parameter, so that neighbouring rows share a parameter (row, 2) only where they are of one
    age, and of the same settings.

    Args:
        intercept: (step), float64.
        slope: (step), float64.
        age: (step), the number of the step that each row takes; None where the optimizer asks for none.
        settings: what else a row has of its own, each (step) or a number: a rate, say.

    Attributes:
        parameters: the parameters, each (row, 2).
        settings: for each parameter, its settings.
    """

    def __init__(
        self,
        intercept: torch.Tensor,
        slope: torch.Tensor,
        age: torch.Tensor | None = None,
        settings: Iterable[Scalar] = (),
    ) -> None:
        self._weight = torch.stack([intercept, slope], dim=1)
        kinds = [torch.ones_like(intercept) if age is None else age]
        kinds += [
            torch.as_tensor(of, dtype=intercept.dtype, device=intercept.device).expand_as(intercept) for of in settings
        ]
        kind, counts = torch.unique_consecutive(torch.stack(kinds, dim=1), dim=0, return_counts=True)
        self._sizes: list[int] = counts.tolist()
        # float32 on the CPU, as torch.optim keeps its counts.
        self._taken = (kind[:, 0] - 1).float().cpu()
        self.settings: list[list[float]] = kind[:, 1:].tolist()
        self.parameters = [nn.Parameter(part) for part in self.parts(intercept, slope)]

    def parts(self, of_intercept: torch.Tensor, of_slope: torch.Tensor) -> list[torch.Tensor]:
        """Return copies of a state's values, cut up as the parameters are: each (row, 2)."""
        return list(torch.split(torch.stack([of_intercept, of_slope], dim=1), self._sizes))

    def steps_taken(self) -> Iterator[torch.Tensor]:
        """Return how many steps each parameter has taken before this one, as torch.optim keeps it."""
        return iter(self._taken.clone().unbind())

    def backward(self, x: torch.Tensor, y: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return each row's prediction, squared error and gradients; autograd leaves the gradients in `.grad`."""
        intercept, slope = torch.cat([*self.parameters]).unbind(dim=1)
        prediction = intercept + slope * x
        squared_error = F.mse_loss(prediction, y, reduction="none")
        torch.autograd.backward(squared_error.sum())
        gradient = self.joined(self.gradients())
        return {
            "prediction": prediction.detach(),
            "squared_error": squared_error.detach(),
            "intercept_gradient": gradient[0],
            "slope_gradient": gradient[1],
        }

    def gradients(self) -> list[torch.Tensor]:
        """Return the gradients that autograd has left, one for each parameter: (row, 2)."""
        return [p.grad for p in self.parameters if p.grad is not None]

    def joined(self, parts: Iterable[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the intercept's and the slope's share, each (step), of what is cut up as the parameters are."""
        of_intercept, of_slope = torch.cat(list(parts)).unbind(dim=1)
        return of_intercept, of_slope

    def moved(self) -> dict[str, torch.Tensor]:
        """Return the parameters after the step; a row that had diverged keeps its own."""
        diverged = self._weight.abs().sum(dim=1, keepdim=True) > DIVERGED
        weight = torch.where(diverged, self._weight, torch.cat([*self.parameters]).detach())
        return {"new_intercept": weight[:, 0], "new_slope": weight[:, 1]}


def above_zero(eps: Scalar) -> float:
    """Return eps, or in place of 0 a number so small that it only turns 0/0 into 0."""
    return float(eps) or _TINY


def require(what: str, word: str, *known: str) -> None:
    """Refuse a word that is none of the known ones.

    Raises:
        DataError: it is none of them.

    >>> require("convention", "torch", "torch", "lecture")
    """
    if word not in known:
        raise DataError(f"found the {what} {word!r}, expected {' or '.join(known)}")
