"""Windows that slide over the last dimensions: their sizes, their places, the names of these."""

from typing import Any

from workbook.traced.builder import Builder
from workbook.traced.cells import Cells

Sizes = list[int] | int


def each(sizes: Sizes | None, rank: int, default: int = 1) -> list[int]:
    """A size for each of so many dimensions."""
    if sizes is None or sizes == []:
        return [default] * rank
    found = [sizes] if isinstance(sizes, int) else list(sizes)
    return found * rank if len(found) == 1 else found


def dims_named(b: Builder, x: Cells, sizes: list[int]) -> tuple[Any, ...]:
    """Names for the places of a result: those of the input where it is as long, else new ones."""
    hints = ("row", "column") if len(sizes) == 2 else ("place",)
    lead = len(x.shape) - len(sizes)
    return tuple(
        x.dims[lead + k] if x.shape[lead + k] == n else b.axes.dim(hints[k] if k < len(hints) else "place", n)
        for k, n in enumerate(sizes)
    )


def slid_windows(cells: Cells, lead: int, lengths: list[int], steps: list[int], dilations: list[int]) -> Cells:
    """The windows of the dimensions from `lead` on, as last dimensions."""
    for k, (length, step, gap) in enumerate(zip(lengths, steps, dilations, strict=True)):
        cells = cells.windows(lead + k, length, step, gap)
    return cells
