"""The frozen body's activations, computed once where nothing in it depends on the batch or on chance."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import nn

from engine.errors import DataError
from engine.pipeline.batches import fits
from engine.pipeline.groups import as_it_was, batch_norms

Forward = Callable[[torch.Tensor], torch.Tensor]

# Activations beyond this are kept in a file, of which the system keeps in memory what it can.
MOST_KEPT_BYTES = 1 << 30
# A row of a matrix product may be rounded otherwise in a smaller batch; a GPU's convolutions keep ten bits.
_ROUNDING = {torch.float64: 1e-10, torch.float32: 1e-4, torch.bfloat16: 5e-2}
_TF32_ROUNDING = 1e-2


def reason_not_cached(body: nn.Module, forward: Forward, image: torch.Tensor) -> str:
    """Return why the body's activations can't be computed once and used again; empty where they can.

    Args:
        body: the frozen body, in the mode in which it is to run.
        forward: images → its activations, in the run's precision.
        image: a few images to try it on, two at least.
    """
    norms = [name for name in batch_norms(body) if body.get_submodule(name).training]
    if norms:
        return f"{len(norms)} batch norms in the body train on: activations depend on the batch; --freeze-bn stops them"
    dropouts = [
        name
        for name, module in body.named_modules()
        if isinstance(module, nn.modules.dropout._DropoutNd) and module.training and module.p > 0
    ]
    if dropouts:
        return f"{len(dropouts)} dropout layers in the body depend on chance; --freeze-bn turns them off"
    with as_it_was(body) as changed, torch.no_grad():
        chance = _chance(image)
        whole, again = forward(image), forward(image)
        drawn = _chance(image) != chance
        alone = torch.cat([forward(image[:1]), forward(image[1:])])
        if names := changed():
            return f"the body changes as it runs: {names[0]}; --freeze-bn may stop it"
        body.eval()
        evaluated = forward(image)
    if drawn or not torch.equal(whole, again):
        return "the body's activations differ from call to call: something in it depends on chance"
    tf32 = whole.is_cuda and whole.dtype == torch.float32 and torch.backends.cudnn.allow_tf32
    size = (_TF32_ROUNDING if tf32 else _ROUNDING[whole.dtype]) * whole.abs().max()
    if (whole - alone).abs().max() > size:
        return "the body's activations of an image depend on the others in its batch"
    if (whole - evaluated).abs().max() > size:
        return "the body's activations in training are others than in evaluation; --freeze-bn runs it as in evaluation"
    return ""


def _chance(image: torch.Tensor) -> list[bytes]:
    """The states of torch's generators that the body may draw from."""
    states = [torch.get_rng_state()]
    if image.is_cuda:
        states.append(torch.cuda.get_rng_state(image.device))
    return [state.numpy().tobytes() for state in states]


def collect(forward: Forward, pixels: Iterable[torch.Tensor], *, images: int, folder: Path) -> torch.Tensor:
    """Return the body's activations (image, feature) of all images, in their order.

    Args:
        forward: images → its activations.
        pixels: all images, by mini-batches.
        images: how many there are.
        folder: where a file may be made, if they are too many for memory; whoever made the folder removes it.

    Raises:
        DataError: the disk has no room for them.
    """
    kept: torch.Tensor | None = None
    done = 0
    with torch.no_grad():
        for pixel in pixels:
            activation = forward(pixel)
            if kept is None:
                kept = _room(activation, images, folder)
            kept[done : done + len(activation)] = activation
            done += len(activation)
    assert kept is not None
    return kept


def _room(activation: torch.Tensor, images: int, folder: Path) -> torch.Tensor:
    """Room for every image's activations: on their device, in memory, or in a file."""
    shape = (images, *activation.shape[1:])
    wanted = torch.empty(shape, dtype=activation.dtype, device="meta")
    if activation.is_cuda and fits(wanted, activation.device):
        return torch.empty_like(wanted, device=activation.device)
    if wanted.nbytes <= MOST_KEPT_BYTES:
        return torch.empty_like(wanted, device="cpu")
    path = folder / f"activations-{len(list(folder.iterdir()))}"
    _reserve(path, wanted.nbytes)
    return torch.from_file(str(path), shared=True, size=wanted.numel(), dtype=wanted.dtype).reshape(shape)


def _reserve(path: Path, size: int) -> None:
    """Make a file of that many bytes: a page that the disk has no room for would end the process without a word."""
    try:
        with path.open("xb") as stream:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(stream.fileno(), 0, size)
            else:
                stream.truncate(size)
    except OSError as error:
        where = path.parent.parent
        raise DataError(f"{where}: no room for the body's activations, {size:,} bytes ({error.strerror})") from error
