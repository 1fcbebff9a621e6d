"""What each step of the recorded runs on MNIST's digits starts from and what it ends with, for one who checks it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from engine.runs.mnist_training import Rule, Runs, on_sheets

Array = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class _Alike:
    """Runs of one model by optimizers of one kind, which one who checks them can step at once."""

    model: str
    optimizer: str
    rules: list[int]
    first: int

    @property
    def runs(self) -> list[int]:
        """The numbers of the runs among those of all models."""
        return [self.first + rule for rule in self.rules]


class StepWatch:
    """Tells of each step, by copies: of all runs at once that share their model and the kind of their optimizer.

    Args:
        tell: called after each step with `runs` (their numbers, from 0), `model` ("logistic" or "network"), `optimizer`
            ("sgd" or "adam"), `t` (from 1), `image` (image, pixel) and `label` of the mini-batch, `wd`; and with an
            axis `run` in front `learning_rate`, `beta1`, `beta2`, `eps` (0 for sgd), `parameters`, `state` (Adam's
            `mean_` and `square_` of each parameter), `loss` (as it is), `new_parameters`, `new_state`.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self.tell = tell
        self.t = 0
        self.alike: list[_Alike] = []
        self.settings: list[dict[str, Any]] = []
        self.states: list[dict[str, dict[str, Array]]] = []

    def begins(self, models: Mapping[str, Runs], rules: Sequence[Rule], wd: float) -> None:
        """Remember the numbers of each run's next step, and at the first one what the run starts from."""
        if not self.t:
            self.alike = [
                _Alike(model, kind, numbers, number * len(rules))
                for number, model in enumerate(models)
                for kind, numbers in kinds_of(rules).items()
            ]
            self.states = [state_of(models[alike.model], rules, alike) for alike in self.alike]
        self.settings = [{**settings_of([rules[rule] for rule in alike.rules]), "wd": wd} for alike in self.alike]
        self.t += 1

    def ends(
        self, models: Mapping[str, Runs], rules: Sequence[Rule], image: Bytes, label: Bytes, losses: Sequence[float]
    ) -> None:
        """Tell of one step of all runs on images (image, pixel) with these digits."""
        before, self.states = self.states, [state_of(models[alike.model], rules, alike) for alike in self.alike]
        for alike, settings, old, new in zip(self.alike, self.settings, before, self.states, strict=True):
            self.tell(
                {
                    "runs": alike.runs,
                    "model": alike.model,
                    "optimizer": alike.optimizer,
                    "t": self.t,
                    "image": image.copy(),
                    "label": label.copy(),
                    "loss": np.array([losses[run] for run in alike.runs]),
                    **settings,
                    **old,
                    **{f"new_{name}": values for name, values in new.items()},
                }
            )


def kinds_of(rules: Sequence[Rule]) -> dict[str, list[int]]:
    """Return the rules of each kind, "sgd" and "adam", by their numbers."""
    found: dict[str, list[int]] = {}
    for number, rule in enumerate(rules):
        kind = "adam" if isinstance(rule.optimizer, torch.optim.Adam) else "sgd"
        found.setdefault(kind, []).append(number)
    return found


def state_of(runs: Runs, rules: Sequence[Rule], alike: _Alike) -> dict[str, dict[str, Array]]:
    """Return copies of the parameters of some runs, by their names on a sheet, and of Adam's two averages of each."""
    parameters, state = {}, {}
    for name, rows in runs.rows.items():
        shown = on_sheets(name)
        parameters[shown] = np.stack([rows[rule].detach().numpy() for rule in alike.rules])
        if alike.optimizer == "adam":
            kept = [rules[rule].optimizer.state[rows[rule]] for rule in alike.rules]
            for average, of_torch in (("mean", "exp_avg"), ("square", "exp_avg_sq")):
                # Before the first step there are none.
                found = [own[of_torch].numpy() for own in kept if own]
                state[f"{average}_{shown}"] = np.stack(found) if found else np.zeros_like(parameters[shown])
    return {"parameters": parameters, "state": state}


def settings_of(rules: Sequence[Rule]) -> dict[str, Array]:
    """Return the numbers of a step by each of these rules: (run); those of Adam are 0 for SGD."""
    groups = [rule.optimizer.param_groups[0] for rule in rules]
    betas = [group.get("betas", (0.0, 0.0)) for group in groups]
    return {
        "learning_rate": np.array([float(group["lr"]) for group in groups]),
        "beta1": np.array([float(beta1) for beta1, _ in betas]),
        "beta2": np.array([float(beta2) for _, beta2 in betas]),
        "eps": np.array([float(group.get("eps", 0.0)) for group in groups]),
    }
