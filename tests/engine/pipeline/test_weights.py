"""Pretrained weights: what is read, what is refused, and that nothing in a file is run."""

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from engine.errors import NetworkError
from engine.pipeline import weights
from engine.pipeline.archs import ConvNet, find
from engine.pipeline.network import build
from engine.pipeline.settings import Settings
from engine.pipeline.surgery import cut
from engine.pipeline.train import Machine

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


@pytest.mark.parametrize("name", [0, 1, (1, "a"), None])
def test_a_tensor_under_what_is_no_name_is_refused(tmp_path: Path, name: object) -> None:
    torch.save({name: torch.ones(2)}, tmp_path / "w.pth")
    with pytest.raises(NetworkError, match=re.escape(f"it holds a tensor under {name!r}, expected a state dict")):
        weights.read(tmp_path / "w.pth")


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


def test_a_damaged_file_of_torchs_older_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    torch.save({"a": torch.ones(3)}, path, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    # The last long number is a key in the list of storages: torch raises an AssertionError over one that is not there.
    *_, key = re.finditer(rb"\d{6,}", content)
    path.write_bytes(content[: key.start()] + b"#" + content[key.start() + 1 :])
    with pytest.raises(NetworkError, match=r"old\.pth: it can't be read as weights \(storage key"):
        weights.read(path)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"none\.pth: there is no such file"):
        weights.read(tmp_path / "none.pth")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(NetworkError, match="holds a list, expected a state dict"):
        weights.read(tmp_path / "list.pth")


def test_a_file_that_is_no_file_of_weights_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("a,b\n1,2\n")
    with pytest.raises(NetworkError, match=r"class\.csv: it is no file of weights, expected \.safetensors or what"):
        weights.read(tmp_path / "class.csv")


def test_another_networks_weights_are_refused_by_their_names(small_net: Make) -> None:
    with pytest.raises(NetworkError, match=r"file lacks conv1\.weight, .* and \d+ more; it has also 0\.weight"):
        weights.load(small_net(), ConvNet(7).state_dict(), "w.pth")


def test_weights_of_other_shapes_are_refused_with_both(small_net: Make) -> None:
    state = small_net().state_dict()
    state["conv2.weight"] = torch.zeros(6, 4, 5, 5)
    with pytest.raises(NetworkError, match=r"conv2\.weight \(6, 4, 5, 5\) for \(6, 4, 3, 3\)"):
        weights.load(small_net(), state, "w.pth")


@pytest.mark.parametrize("columns", [3, None])
def test_the_old_head_may_have_any_number_of_columns_or_be_missing(small_net: Make, columns: int | None) -> None:
    state = {name: value + 1 for name, value in small_net().state_dict().items()}
    if columns:
        state["fc.weight"], state["fc.bias"] = torch.zeros(columns, 6), torch.zeros(columns)
    else:
        del state["fc.weight"], state["fc.bias"]
    parts = cut(small_net(), torch.zeros(2, 3, 12, 12), concat_pool=False)
    weights.load(parts.body, state, "w.pth", head=parts.removed)
    assert torch.equal(parts.body.get_parameter("conv1.bias"), state["conv1.bias"])


def test_a_matrix_of_the_body_must_fit_wherever_it_is_declared(tmp_path: Path, own_arch: Any) -> None:
    class Backwards(nn.Module):
        """Declares its head first."""

        def __init__(self, hidden: int = 4) -> None:
            super().__init__()
            self.fc, self.first = nn.Linear(hidden, 2), nn.Linear(3 * 224 * 224, hidden)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.fc(self.first(x.flatten(1)).relu())
            return out

    torch.save(Backwards(5).state_dict(), tmp_path / "w.pth")
    settings = Settings.of(arch=own_arch(Backwards), weights=tmp_path / "w.pth")
    with pytest.raises(NetworkError, match=r"other shapes are first\.weight \(5, 150528\) for \(4, 150528\)"):
        build(find(settings.arch), settings, 2, Machine(torch.device("cpu"), "fp32"))


def test_counts_of_batches_may_be_missing_as_in_torchvisions_older_files(small_net: Make) -> None:
    state = {name: value for name, value in small_net().state_dict().items() if "num_batches" not in name}
    state["norm1.running_mean"] = torch.full((4,), 3.0)
    network = small_net()
    weights.load(network, state, "w.pth")
    assert torch.equal(network.get_buffer("norm1.running_mean"), state["norm1.running_mean"])


def test_weights_that_are_no_numbers_are_named(small_net: Make) -> None:
    state = small_net().state_dict()
    state["conv2.weight"][0, 0] = float("nan")
    with pytest.raises(NetworkError, match=r"w\.pth: these weights are not all numbers: conv2\.weight"):
        weights.load(small_net(), state, "w.pth")
