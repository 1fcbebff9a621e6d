"""What each step of the recorded runs on MNIST's digits starts from and what it ends with, for one who checks it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from engine.runs.mnist_training import Run, copied, named
from engine.witness.mnist_models import Mnist_NN

Array = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]


class StepWatch:
    """Tells of each step of each run, by copies.

    Args:
        tell: called after each step of each run with `run` (from 0), `model` ("logistic" or "network"), `optimizer`
            ("sgd" or "adam"), `t` (from 1), `image` (image, pixel) and `label` of the mini-batch, `learning_rate`,
            `beta1`, `beta2`, `eps` (0 for sgd), `wd`, `parameters`, `state` (Adam's `mean_` and `square_` of each
            parameter), `loss` (as it is), `new_parameters`, `new_state`.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self.tell = tell
        self.t = 0
        self.parameters: list[dict[str, torch.Tensor]] = []
        self.settings: list[dict[str, Any]] = []
        self.states: list[dict[str, dict[str, Array]]] = []

    def begins(self, runs: Sequence[Run], wd: float) -> None:
        """Remember the numbers of each run's next step, and at the first one what the run starts from."""
        self.settings = [{**settings_of(run), "wd": wd} for run in runs]
        if not self.t:
            # The same ones all through the training.
            self.parameters = [named(run.model) for run in runs]
            self.states = self._states(runs)
        self.t += 1

    def ends(self, runs: Sequence[Run], image: Bytes, label: Bytes, losses: Sequence[float]) -> None:
        """Tell of one step of each run on images (image, pixel) with these digits."""
        before, self.states = self.states, self._states(runs)
        for number, run in enumerate(runs):
            self.tell(
                {
                    "run": number,
                    "model": "network" if isinstance(run.model, Mnist_NN) else "logistic",
                    "t": self.t,
                    "image": image.copy(),
                    "label": label.copy(),
                    "loss": losses[number],
                    **self.settings[number],
                    **before[number],
                    **{f"new_{name}": values for name, values in self.states[number].items()},
                }
            )

    def _states(self, runs: Sequence[Run]) -> list[dict[str, dict[str, Array]]]:
        return [state_of(run, parameters) for run, parameters in zip(runs, self.parameters, strict=True)]


def state_of(run: Run, parameters: Mapping[str, torch.Tensor]) -> dict[str, dict[str, Array]]:
    """Return copies of a run's parameters, which come by their names, and of Adam's two averages of each of them."""
    state: dict[str, Array] = {}
    if isinstance(run.optimizer, torch.optim.Adam):
        for name, parameter in parameters.items():
            kept = run.optimizer.state[parameter] or dict.fromkeys(
                ("exp_avg", "exp_avg_sq"), torch.zeros_like(parameter)
            )
            state |= {f"mean_{name}": copied(kept["exp_avg"]), f"square_{name}": copied(kept["exp_avg_sq"])}
    return {"parameters": {name: copied(parameter) for name, parameter in parameters.items()}, "state": state}


def settings_of(run: Run) -> dict[str, Any]:
    """Return the numbers of a run's next step; those of Adam are 0 for SGD."""
    (group,) = run.optimizer.param_groups
    beta1, beta2 = group.get("betas", (0.0, 0.0))
    return {
        "optimizer": "adam" if isinstance(run.optimizer, torch.optim.Adam) else "sgd",
        "learning_rate": float(group["lr"]),
        "beta1": float(beta1),
        "beta2": float(beta2),
        "eps": float(group.get("eps", 0.0)),
    }
