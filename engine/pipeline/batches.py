"""Mini-batches on the device: from memory, or from files by workers, the next one on its way while one is used."""

import os
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch.utils.data import DataLoader

from engine.pipeline.images import Part, Pictures

Batch = tuple[torch.Tensor, torch.Tensor]

# What the images may take of a GPU's free memory; beyond, they stay in the machine's memory.
GPU_SHARE = 0.25
MOST_WORKERS = 8
EVALUATION_BATCH = 256


def shuffled(images: int, batch_size: int, *, seed: int, epoch: int, whole: bool) -> list[torch.Tensor]:
    """Return the numbers of the images of each mini-batch of an epoch; the same for the same seed and epoch.

    Args:
        images: how many there are.
        batch_size: images a batch; the last has what is left.
        seed: of the run.
        epoch: from 0, over all phases.
        whole: leave out a last batch of one image, of which batch norm can take no variance.
    """
    generator = torch.Generator().manual_seed(mixed(seed, epoch))
    batches = list(torch.split(torch.randperm(images, generator=generator), batch_size))
    return batches[:-1] if whole and len(batches) > 1 and len(batches[-1]) == 1 else batches


def in_order(images: int, batch_size: int = EVALUATION_BATCH) -> list[torch.Tensor]:
    """Return the numbers of the images of each batch, all of them in their order."""
    return list(torch.split(torch.arange(images), batch_size))


def mixed(*numbers: int) -> int:
    """Return one seed made from several numbers, so that neighbours share nothing."""
    seed = 0x9E3779B97F4A7C15
    for number in numbers:
        seed = (seed ^ (number + 1)) * 0xBF58476D1CE4E5B9 % (1 << 64)
        seed ^= seed >> 31
    return seed >> 1


class Batches:
    """One side's images and labels, by mini-batches, on a device."""

    def __init__(self, part: Part, device: torch.device) -> None:
        self._device = device
        self.label = part.label.to(device)
        self._pictures: Pictures = part.pictures
        self._resident = False
        if isinstance(self._pictures, torch.Tensor):
            self._resident = fits(self._pictures, device)
            if self._resident:
                self._pictures = self._pictures.to(device)
        self._order = _Order()
        self._loader: DataLoader[torch.Tensor] | None = None

    def __len__(self) -> int:
        """Return how many images there are."""
        return len(self.label)

    def through(self, order: Sequence[torch.Tensor]) -> Iterator[Batch]:
        """Yield pixels (image, channel, row, column), uint8, and labels of each mini-batch of the order."""
        if not order:
            return
        # All numbers in one copy, so that no step waits for one of its own.
        there = torch.cat(list(order)).to(self._device).split_with_sizes([len(numbers) for numbers in order])
        if self._resident:
            assert isinstance(self._pictures, torch.Tensor)
            for numbers in there:
                yield self._pictures[numbers], self.label[numbers]
            return
        for numbers, pixel in zip(there, ahead(self._loaded(order), self._device), strict=True):
            yield pixel, self.label[numbers]

    def _loaded(self, order: Sequence[torch.Tensor]) -> Iterable[torch.Tensor]:
        """The pixels of each mini-batch in the machine's memory, by workers where files must be decoded."""
        on_gpu = self._device.type == "cuda"
        if isinstance(self._pictures, torch.Tensor):
            pixels = self._pictures
            return (pixels[numbers].pin_memory() if on_gpu else pixels[numbers] for numbers in order)
        self._order.batches = [numbers.tolist() for numbers in order]
        if self._loader is None:
            workers = max(1, min(MOST_WORKERS, (os.cpu_count() or 1) - 1))
            self._loader = DataLoader(
                self._pictures,  # type: ignore[arg-type]  # torch wants its own class, and asks for __getitem__ alone
                sampler=self._order,
                batch_size=None,
                num_workers=workers,
                pin_memory=on_gpu,
                persistent_workers=True,
                prefetch_factor=4,
            )
        return self._loader


class _Order:
    """What the loader's workers are to decode next, set again for each epoch."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.batches)

    def __len__(self) -> int:
        return len(self.batches)


def fits(values: torch.Tensor, device: torch.device) -> bool:
    """Return whether a tensor may live on the device: it may be there already; else a GPU must have room to spare."""
    if device.type != "cuda" or values.device == device:
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return values.nbytes <= GPU_SHARE * free


def ahead(batches: Iterable[torch.Tensor], device: torch.device) -> Iterator[torch.Tensor]:
    """Yield each batch on the device; on a GPU the next one is copied, on a stream of its own, while one is used."""
    if device.type != "cuda":
        yield from batches
        return
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # torch declares no types for it
    waiting: torch.Tensor | None = None
    for batch in batches:
        with torch.cuda.stream(stream):
            coming = batch.to(device, non_blocking=True)
        if waiting is not None:
            yield waiting
        torch.cuda.current_stream(device).wait_stream(stream)
        coming.record_stream(torch.cuda.current_stream(device))
        waiting = coming
    if waiting is not None:
        yield waiting
