"""Pretrained weights: what is read, what is refused, and that nothing in a file is run."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from engine.errors import NetworkError
from engine.pipeline import weights
from engine.pipeline.archs import ConvNet

Make = Callable[[], nn.Module]


@pytest.mark.parametrize("wrapper", ["", "state_dict", "model"])
def test_a_state_dict_is_read_bare_or_wrapped(tmp_path: Path, wrapper: str, small_net: Make) -> None:
    state = small_net().state_dict()
    torch.save({wrapper: state} if wrapper else state, tmp_path / "w.pth")
    found = weights.read(tmp_path / "w.pth")
    assert all(torch.equal(found[name], state[name]) for name in state)


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "w.safetensors")
    assert weights.read(tmp_path / "w.safetensors")["a"].tolist() == [1.0, 1.0]


class Bomb:
    """Runs a function of the file's choice when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("exploded"),)


def test_a_file_that_would_run_code_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"a": Bomb()}, "bomb.pth")
    Path("bare.pth").write_bytes(pickle.dumps(Bomb(), protocol=2))
    for name in ("bomb.pth", "bare.pth"):
        with pytest.raises(NetworkError, match="more than tensors"):
            weights.read(Path(name))
    assert not Path("exploded").exists()


@pytest.mark.parametrize("name", ["cut.pth", "cut.safetensors"])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str, small_net: Make) -> None:
    path = tmp_path / name
    state = {key: value.clone() for key, value in small_net().state_dict().items()}
    (save_file if name.endswith("safetensors") else torch.save)(state, path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(NetworkError, match=r"can't be read|damaged"):
        weights.read(path)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"none\.pth: there is no such file"):
        weights.read(tmp_path / "none.pth")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(NetworkError, match="holds a list, expected a state dict"):
        weights.read(tmp_path / "list.pth")


def test_another_networks_weights_are_refused_by_their_names(small_net: Make) -> None:
    with pytest.raises(NetworkError, match=r"file lacks conv1\.weight, .* and \d+ more; it has also 0\.weight"):
        weights.load(small_net(), ConvNet(7).state_dict(), "w.pth")


def test_weights_of_other_shapes_are_refused_with_both(small_net: Make) -> None:
    state = small_net().state_dict()
    state["conv2.weight"] = torch.zeros(6, 4, 5, 5)
    with pytest.raises(NetworkError, match=r"conv2\.weight \(6, 4, 5, 5\) for \(6, 4, 3, 3\)"):
        weights.load(small_net(), state, "w.pth")


def test_the_old_head_may_have_any_number_of_columns(small_net: Make) -> None:
    state = {name: value + 1 for name, value in small_net().state_dict().items()}
    state["fc.weight"], state["fc.bias"] = torch.zeros(3, 6), torch.zeros(3)
    network = small_net()
    weights.load(network, state, "w.pth")
    assert torch.equal(network.get_parameter("conv1.bias"), state["conv1.bias"])
    assert torch.equal(network.get_parameter("fc.bias"), small_net().get_parameter("fc.bias"))
