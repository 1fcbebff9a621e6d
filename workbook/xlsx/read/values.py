"""Numbers and dates as a file spells them."""

import datetime
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


def parse_moment(text: str, *, from_1904: bool) -> float:
    """The number of a date, a time or both, spelled by ISO 8601, as the strict form of the standard has them.

    Raises:
        ValueError: it spells none.
    """
    if text[:1] == "T" or text[2:3] == ":":
        text = f"1899-12-30T{text.removeprefix('T')}"
    moment = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
    days = (moment - datetime.datetime(1899, 12, 30, tzinfo=datetime.UTC)) / datetime.timedelta(days=1)
    if moment.year < 1900:
        return days % 1.0
    # By Excel's calendar 1900 had a 29 February.
    return days - 1462 if from_1904 else days - (days < 61)
