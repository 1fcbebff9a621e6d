"""Names for the arrays of our own workbooks: their manifest says which block stands where.

A manifest is text in a file that anybody may have edited: what of it is no name and no range is left out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, starmap

from workbook.formula.rectangle import Rectangle, cell_count, common, overlap, rectangle
from workbook.plan.plan import MANIFEST
from workbook.transpile.front.regions import Region, part
from workbook.xlsx.read import Book

_KEY = re.compile(r"block (\w+)\.(\w+)")
_RANGE = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}(?::[A-Z]{1,3}[1-9]\d{0,6})?")
_FILLED = 0.8
"""How much of a sheet's blocks must be found on it: a cell that may be empty is none in the file."""


class Blocks:
    """The blocks of a workbook, by where they stand; none where it has no manifest."""

    def __init__(self, book: Book) -> None:
        found: dict[str, dict[Rectangle, str]] = {}
        for sheet, block, area in _rows(book):
            found.setdefault(sheet, {})[area] = block
        self._places = {title: found[sheet] for sheet, title in _titles(book, found)}

    def name(self, sheet: str, area: Rectangle) -> str:
        """The block that a range is, or is a part of; empty where it is of none, or of more than one."""
        places = self._places.get(sheet, {})
        if area in places:
            return places[area]
        return next((block for place, block in places.items() if _holds(place, area)), "")

    def divide(self, regions: Iterable[Region]) -> Iterator[Region]:
        """The regions, each that is of several blocks as one of each."""
        for region in regions:
            parts = [] if region.whole else self._parts(region.sheet, region.rectangle)
            yield from (part(region, area) for area in parts) if len(parts) > 1 else (region,)

    def _parts(self, sheet: str, area: Rectangle) -> list[Rectangle]:
        """What of a range is of each block, from above; nothing where some of it is of none, or of several."""
        parts = [met for place in self._places.get(sheet, {}) if (met := common(place, area)) is not None]
        is_whole = sum(map(cell_count, parts)) == cell_count(area)
        return sorted(parts) if is_whole and not any(starmap(overlap, combinations(parts, 2))) else []


def _rows(book: Book) -> Iterator[tuple[str, str, Rectangle]]:
    """Each range of the manifest, with its sheet's name and its block's."""
    if MANIFEST not in book.sheets:
        return
    rows: dict[int, dict[int, str]] = {}
    for (row, column), cell in book.sheets[MANIFEST].cells.items():
        if isinstance(cell.value, str):
            rows.setdefault(row, {})[column] = cell.value
    for _, cells in sorted(rows.items()):
        key = _KEY.fullmatch(cells.get(1, ""))
        for area in "".join(cells[column] for column in sorted(cells) if column > 1).split() if key else ():
            if key and _RANGE.fullmatch(area):
                yield key[1], key[2], rectangle(area)


def _titles(book: Book, found: Mapping[str, Mapping[Rectangle, str]]) -> Iterator[tuple[str, str]]:
    """The sheets of a manifest and their titles, which come in one order: each the next on which its blocks stand."""
    titles = iter(title for title in book.sheets if title != MANIFEST)
    for sheet, places in found.items():
        ends = [corner for top, left, bottom, right in places for corner in ((top, left), (bottom, right))]
        for title in titles:
            cells = book.sheets[title].cells
            if sum(end in cells for end in ends) >= _FILLED * len(ends):
                yield sheet, title
                break


def _holds(place: Rectangle, area: Rectangle) -> bool:
    return place[0] <= area[0] and place[1] <= area[1] and area[2] <= place[2] and area[3] <= place[3]
