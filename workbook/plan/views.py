"""Programs that show a block's cells in another shape: the relabelling operations of arrays, written as text.

A program is a list of steps apart by blanks, each a letter and numbers; dimensions count from 0:

- `r2,6,4` the same cells in another shape, `p0,2,1` the dimensions in another order, `e2,6,4` repeated to a shape;
- `s1:0:6:2` of dimension 1 the cells from 0 up to 6 in steps of 2, `i1:3` its cell 3 alone, `f1` turned around;
- `w1:3:2:1` of dimension 1 the windows of 3 cells that begin 2 apart, their cells 1 apart, as a new last dimension.

Patterns read blocks through them: see `workbook.plan.excel`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from workbook.errors import FormulaError

Array = npt.NDArray[Any]


def apply(program: str, cells: Array) -> Array:
    """The cells as a program shows them, without a copy where NumPy needs none.

    >>> apply("r2,3 p1,0", np.arange(6)).tolist()
    [[0, 3], [1, 4], [2, 5]]
    >>> apply("w0:2:1:1", np.arange(4)).tolist()
    [[0, 1], [1, 2], [2, 3]]

    Raises:
        FormulaError: the program does not fit the cells.
    """
    for step in program.split():
        try:
            cells = _STEPS[step[0]](cells, [int(n) for n in step[1:].replace(":", ",").split(",") if n])
        except (KeyError, ValueError, IndexError) as error:
            raise FormulaError(f"the view {program!r} does not fit an array of shape {cells.shape}") from error
    return cells


def undone(program: str, shape: tuple[int, ...], window: tuple[int, ...] = ()) -> list[str]:
    """The steps that take what a program of r, p and f shows of an array of that shape back to the array.

    >>> undone("r2,3 p1,0", (6,))
    ['p1,0', 'r6']

    Args:
        program: of these steps.
        shape: of the array.
        window: the dimensions that follow, which stay as they are.
    """
    found = []
    kept = list(window)
    for step in program.split():
        numbers = [int(n) for n in step[1:].split(",") if n]
        if step[0] == "r":
            found.append("r" + ",".join(map(str, (*shape, *kept))))
            shape = tuple(numbers)
        elif step[0] == "p":
            rank = len(numbers)
            order = [numbers.index(k) for k in range(rank)] + [rank + k for k in range(len(kept))]
            found.append("p" + ",".join(map(str, order)))
            shape = tuple(shape[k] for k in numbers)
        else:
            found.append(step)
    return found[::-1]


def ends(cells: Array, rank: int) -> tuple[Array, Array]:
    """The first and the last of the cells in the last `rank` dimensions, at each position of the others."""
    outer = (slice(None),) * (cells.ndim - rank)
    return cells[outer + (0,) * rank].ravel(), cells[outer + (-1,) * rank].ravel()


def _sliced(cells: Array, numbers: list[int]) -> Array:
    axis, start, stop, step = numbers
    return cells[(slice(None),) * axis + (slice(start, stop, step),)]


def _windows(cells: Array, numbers: list[int]) -> Array:
    axis, length, step, apart = numbers
    windows = np.lib.stride_tricks.sliding_window_view(cells, (length - 1) * apart + 1, axis=axis)
    return windows[(slice(None),) * axis + (slice(None, None, step),)][..., ::apart]


_STEPS: dict[str, Callable[[Array, list[int]], Array]] = {
    "r": lambda cells, shape: cells.reshape(shape),
    "p": lambda cells, order: cells.transpose(order),
    "e": lambda cells, shape: np.broadcast_to(cells, shape),
    "s": _sliced,
    "i": lambda cells, at: cells.take(at[1], axis=at[0]),
    "f": lambda cells, axis: np.flip(cells, axis[0]),
    "w": _windows,
}
