"""Checkpoints: network, optimizer and how far the run had come, in one safetensors file, whole or not at all."""

import filecmp
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from engine.errors import DataError
from engine.pipeline.settings import Settings
from engine.pipeline.train import State

FORMAT = "gradbook fine-tuning 1"
PREVIOUS = "previous"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a file holds.

    Args:
        settings: of the run.
        digest: of the data that it was given.
        classes: the names of the classes.
        state: how far it had come.
        network: the network's state dict.
        optimizer: parameter's number → name → what the optimizer remembers of it.
    """

    settings: Settings
    digest: str
    classes: tuple[str, ...]
    state: State
    network: Mapping[str, torch.Tensor]
    optimizer: Mapping[int, Mapping[str, torch.Tensor]]


def write(
    path: Path,
    *,
    settings: Settings,
    digest: str,
    classes: tuple[str, ...],
    state: State,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
) -> None:
    """Put a checkpoint in its place; another that was there stays beside it, as `NAME.previous.safetensors`.

    Raises:
        DataError: it can't be written; what was there before is there still.
    """
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    for number, remembered in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": torch.as_tensor(value) for name, value in remembered.items()}
    about = {
        "format": FORMAT,
        "settings": settings.to_json(),
        "digest": digest,
        "classes": classes,
        "state": asdict(state),
    }
    beside = path.with_name(f".gradbook-{secrets.token_hex(8)}.tmp")
    try:
        # safetensors would make a file that only its owner can read.
        beside.touch()
        mode = beside.stat().st_mode
        # Copies, because tensors that share their memory can't be saved.
        save_file(
            {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()},
            beside,
            # One entry: safetensors writes several in any order, and what is the same would not be the same file.
            metadata={"run": json.dumps(about)},
        )
        beside.chmod(mode)
        with beside.open("rb+") as stream:
            os.fsync(stream.fileno())
        if path.exists() and not filecmp.cmp(path, beside, shallow=False):
            path.replace(previous(path))
        beside.replace(path)
    except (OSError, SafetensorError) as error:
        raise DataError(f"{path}: the checkpoint can't be written ({error})") from error
    finally:
        beside.unlink(missing_ok=True)


def previous(path: Path) -> Path:
    """Return where the checkpoint before the last one is kept.

    >>> previous(Path("out/checkpoint.safetensors")).name
    'checkpoint.previous.safetensors'
    """
    return path.with_name(f"{path.stem}.{PREVIOUS}{path.suffix}")


def read(path: Path) -> Checkpoint:
    """Return what a checkpoint holds.

    Raises:
        DataError: there is none, it is damaged, or it is of something else; the message names a whole one beside it.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file, expected a checkpoint{_other(path)}")
    try:
        # safetensors says of a file that it may not read that there is none.
        path.open("rb").close()
    except OSError as error:
        raise DataError(f"{path}: the checkpoint can't be read ({error.strerror}){_other(path)}") from error
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path}: the checkpoint is damaged or cut short ({error}){_other(path)}") from error
    try:
        run = json.loads(about.get("run", "{}"))
        if run.get("format") != FORMAT:
            raise DataError(f"{path}: found no checkpoint of gradbook finetune in it, expected one ('{FORMAT}')")
        settings, state = Settings.from_json(run["settings"]), State(**run["state"])
        optimizer: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in tensors.items():
            part, _, rest = name.partition(".")
            if part == "optimizer":
                number, _, what = rest.partition(".")
                optimizer.setdefault(int(number), {})[what] = value
        network = {name.partition(".")[2]: value for name, value in tensors.items() if name.startswith("network.")}
        return Checkpoint(settings, str(run["digest"]), tuple(run["classes"]), state, network, optimizer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: what it says of the run is damaged ({error}){_other(path)}") from error


def restore_network(checkpoint: Checkpoint, network: nn.Module) -> None:
    """Put a checkpoint's weights into a network of the same make.

    Raises:
        DataError: it is of another make.
    """
    try:
        network.load_state_dict(dict(checkpoint.network))
    except RuntimeError as error:
        what = " ".join(str(error).split())
        raise DataError(f"the checkpoint is of another network ({what})") from error


def restore_optimizer(checkpoint: Checkpoint, optimizer: torch.optim.Optimizer) -> None:
    """Put what a checkpoint's optimizer remembers into one over the same parameters."""
    own: dict[str, Any] = optimizer.state_dict()
    optimizer.load_state_dict({"state": dict(checkpoint.optimizer), "param_groups": own["param_groups"]})


def _other(path: Path) -> str:
    """The words that name a whole checkpoint beside the one that can't be read."""
    other = previous(path)
    return f"; the one before it is {other}" if other.is_file() else ""
