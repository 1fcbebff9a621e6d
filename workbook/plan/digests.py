"""The digests that travel in a workbook and tell what was changed in it.

Numbers count with 15 significant digits, as many as LibreOffice saves. It rounds by an arithmetic of its own: of
60,000 doubles that need more digits, 1,725 came out one unit in the last place from where `'%.15g'` puts them, of those
that 15 digits spell none. So a block that has a digest holds numbers that 15 digits spell (`rounded`). These come back:
decimal of 15 digits → nearest double → 15 digits is the decimal that it was (C's DBL_DIG), subnormal numbers apart.

A digest shows an edit by whoever does not compute digests again. It proves nothing of who made a file: anybody who has
this code can make one, and only training again tells a forged run. `verify --as FILE` asks for the file handed out.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Iterable

import numpy as np

from workbook.lesson.lesson import Array, Formula, Given, Recorded
from workbook.plan.layout import SheetLayout
from workbook.plan.place import Place

_MARK = 3
_DIGEST = re.compile(rf"[0-9a-f]{{64}} ((?:[0-9a-f]{{{_MARK}}})*)")


def rounded(values: Array) -> Array:
    """The values, numbers as 15 significant digits spell them.

    >>> rounded(np.array([0.1 + 0.2])).item()
    0.3
    """
    if values.dtype.kind != "f":
        return values
    return np.array([float(_spelled(value)) for value in values.ravel().tolist()]).reshape(values.shape)


def _spelled(value: float | str) -> str:
    # A program may save -0 as 0.
    return value if isinstance(value, str) else f"{value + 0.0:.15g}"


def of_values(values: Array) -> str:
    """The digest of a block's values: SHA-256 of all, and of each a mark that says which cell changed.

    >>> of_values(np.array([0.1 + 0.2])) == of_values(np.array([0.3]))
    True
    """
    texts = [_spelled(value).encode("utf-8", "surrogatepass") for value in values.ravel().tolist()]
    # 12 bits: of 4,096 changes one leaves the mark as it was, and then the block is named and not the cell.
    marks = "".join(f"{zlib.crc32(text) & 0xFFF:0{_MARK}x}" for text in texts)
    return f"{hashlib.sha256(bytes(1).join(texts)).hexdigest()} {marks}"


def is_of(digest: str, count: int) -> bool:
    """Whether a text has the form of a digest of so many values."""
    match = _DIGEST.fullmatch(digest)
    return match is not None and len(match[1]) == _MARK * count


def changed(values: Array, digest: str) -> list[tuple[int, ...]]:
    """Where the values are no longer those of the digest; the first cell where no mark says where."""
    found = of_values(values)
    if found == digest:
        return []
    marks, others = (text.partition(" ")[2] for text in (found, digest))
    at = [k for k in range(values.size) if marks[_MARK * k : _MARK * (k + 1)] != others[_MARK * k : _MARK * (k + 1)]]
    return [tuple(map(int, np.unravel_index(k, values.shape))) if values.shape else () for k in at or [0]]


def of_definition(layouts: Iterable[SheetLayout]) -> str:
    """The digest of what a workbook's numbers are: its blocks, their patterns and ranges, and where they stand."""
    return _of(
        [layout.sheet.name, layout.sheet.title, layout.step, [_definition(place) for place in layout.places]]
        for layout in layouts
    )


def _definition(place: Place) -> list[object]:
    block = place.block
    strides = [place.strides[axis] for axis in place.sizes]
    stands = [block.name, block.across_axes, block.blank, list(place.sizes.items()), place.origin, strides]
    match block:
        case Given():
            given = [block.low, block.high, block.whole, block.choices, block.is_text, block.fixed]
            return [*stands, "given", *given, *(["optional"] if block.optional else [])]
        case Formula():
            return [*stands, "formula", " ".join(block.pattern.split()), block.text]
        case Recorded():
            return [*stands, "recorded", block.made_by]


def of_looks(layouts: Iterable[SheetLayout]) -> str:
    """The digest of how a workbook presents its numbers: words, headings, number formats, charts, code."""
    return _of(
        [
            [repr(label) for label in layout.labels],
            [repr(placed) for placed in (*layout.charts, *layout.diagrams)],
            [[p.block.title, p.block.words, p.block.note, p.block.number_format, p.block.look] for p in layout.places],
        ]
        for layout in layouts
    )


def of_rows(rows: Iterable[tuple[str, str]]) -> str:
    """The digest of a manifest's rows, whatever their order."""
    return _of(sorted(rows))


def _of(described: Iterable[object]) -> str:
    return hashlib.sha256(json.dumps(list(described)).encode("ascii")).hexdigest()
