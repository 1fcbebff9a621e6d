"""Pretrained weights, read without running anything that stands in their file."""

import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import nn

from engine.errors import NetworkError

_SHOWN = 3
# How what torch.save wrote begins: since torch 1.6 as an archive, before it as a pickle.
_ZIP, _PICKLE = b"PK", b"\x80"


def read(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a file: safetensors, or what `torch.save` wrote of a state dict.

    Raises:
        NetworkError: there is no such file, it is damaged, or it holds more than tensors.
    """
    if not path.is_file():
        raise NetworkError(f"{path}: there is no such file, expected the network's weights")
    state = _safetensors(path) if path.suffix == ".safetensors" else _saved_by_torch(path)
    for wrapper in ("state_dict", "model"):
        if isinstance(state, Mapping) and isinstance(state.get(wrapper), Mapping):
            state = state[wrapper]
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise NetworkError(f"{path}: it holds a {type(state).__name__}, expected a state dict: names and tensors")
    for name in state:
        if not isinstance(name, str):
            raise NetworkError(f"{path}: it holds a tensor under {name!r}, expected a state dict: names and tensors")
    return dict(state)


def load(network: nn.Module, state: Mapping[str, torch.Tensor], where: str, *, head: str = "") -> None:
    """Put weights into a network.

    Counts of batches, which older files of torchvision lack, may be missing: nothing is computed from them.

    Args:
        network: what they are for.
        state: name → weights.
        where: what the message calls them.
        head: the matrix that was taken out of the network: what the file has of it, if anything, is passed over.

    Raises:
        NetworkError: they are another network's (the message says which names and shapes differ), or no numbers.
    """
    own = network.state_dict()
    state = {name: value for name, value in state.items() if not head or name.rpartition(".")[0] != head}
    missing = [name for name in own if name not in state and not name.endswith("num_batches_tracked")]
    unknown = [name for name in state if name not in own]
    if missing or unknown:
        parts = [f"{what} {_some(names)}" for what, names in (("lacks", missing), ("has also", unknown)) if names]
        raise NetworkError(f"{where}: these are another network's weights: the file {'; it '.join(parts)}")
    misfits = [name for name in state if own[name].shape != state[name].shape]
    if misfits:
        shapes = (f"{name} {tuple(state[name].shape)} for {tuple(own[name].shape)}" for name in misfits)
        raise NetworkError(f"{where}: these are another network's weights: of other shapes are {_some(list(shapes))}")
    if broken := [name for name, value in state.items() if not value.isfinite().all()]:
        raise NetworkError(f"{where}: these weights are not all numbers: {_some(broken)}")
    network.load_state_dict({**own, **state})


def _safetensors(path: Path) -> object:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise NetworkError(f"{path}: it can't be read as safetensors ({error})") from error


def _saved_by_torch(path: Path) -> object:
    try:
        with path.open("rb") as stream:
            begins = stream.read(2)
    except OSError as error:
        raise NetworkError(f"{path}: it can't be read as weights ({error.strerror})") from error
    if not begins.startswith((_ZIP, _PICKLE)):
        raise NetworkError(f"{path}: it is no file of weights, expected .safetensors or what torch.save wrote")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise NetworkError(f"{path}: it holds more than tensors, or is damaged, and was not loaded") from error
    except Exception as error:
        # On damaged files torch's reader raises whatever its parts do: struct's, AssertionError, TypeError.
        what = str(error).split("\n")[0] or type(error).__name__
        raise NetworkError(f"{path}: it can't be read as weights ({what})") from error


def _some(names: Iterable[str]) -> str:
    """The first few of the names, and how many there are."""
    names = list(names)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
