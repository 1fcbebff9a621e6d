"""What work on a file that is not ours may take, and the error where it takes more."""

import math
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from workbook.errors import WorkbookError

SECONDS, SECONDS_PER_MIB = 25.0, 20.0
"""What a file may take, and what it may take more for each MiB that it has on the disk."""
BYTES, BYTES_PER_BYTE = 2**30, 100
"""The memory that a file may take beyond what the process had before, and more for each byte of the file."""
BYTES_OF_A_GPU = 16 * 2**30
"""What CUDA's libraries may map; with a GPU memory is bounded by this and no closer."""
LARGEST = 64 * 2**20
"""A file beyond this size is allowed no more than one of this size."""
OUT_OF_MEMORY = ("memory allocation of", "bad_alloc", "not enough memory", "allocate memory", "can't start new thread")
"""What Rust, C++ and the system say where memory ends."""


class EndedError(WorkbookError):
    """A file that the process did not survive, or that it took too much for."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What one piece of work may take.

    Args:
        what: the file that it is about, for the sentence that says so.
        seconds: by the clock, longer where the machine has more to do than it has cores; infinite for no bound.
        size: bytes of memory beyond what the process has before, where the system can bound it (Linux); infinite for
            no bound.
    """

    what: str
    seconds: float
    size: float

    @classmethod
    def none(cls, what: str) -> Self:
        """No bound: for work of our own, which is to end as an error of its own does where the process dies."""
        return cls(what, math.inf, math.inf)

    @classmethod
    def of(cls, path: Path, device: str = "cpu") -> Self:
        """The bound for a file: a constant, more for a large one, and more where a GPU's libraries are to be loaded."""
        size = 0
        with suppress(OSError, ValueError):
            size = min(path.stat().st_size, LARGEST)
        libraries = 0 if device == "cpu" else BYTES_OF_A_GPU
        return cls(str(path), SECONDS + SECONDS_PER_MIB * size / 2**20, BYTES + BYTES_PER_BYTE * size + libraries)
