"""Numbers as a file spells them."""

import math

_LARGEST = 1.7976931348623157e308


def parse_number(text: str) -> float:
    """The number that a text spells.

    Raises:
        ValueError: it spells none, or none that a cell can hold.
    """
    number = float(text)
    if math.isinf(number) and text.lstrip("+-")[:1].isdigit():
        # Gnumeric saves numbers that no double holds.
        return math.copysign(_LARGEST, number)
    if not math.isfinite(number) or "_" in text:
        raise ValueError(text)
    return number
