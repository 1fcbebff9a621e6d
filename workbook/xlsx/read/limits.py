"""What one file may cost."""

from dataclasses import dataclass

MAX_CELLS = 4_000_000
"""The most filled cells, and the most shared strings, of one file: about 1 GiB of memory."""
MAX_SHARED_CHARACTERS = 512 * 2**20
"""The most characters that shared formulas may expand to: a dependent of 30 bytes can stand for 8,192 characters."""


@dataclass(slots=True)
class Budget:
    """What one file may still cost, counted down over all its sheets."""

    cells: int = MAX_CELLS
    characters: int = MAX_SHARED_CHARACTERS
