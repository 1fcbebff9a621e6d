"""Where our cells stand in a stranger's copy: sheets renamed, rows and columns put in or taken out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workbook.errors import FormulaError
from workbook.formula.address import MAX_COLUMN, MAX_ROW
from workbook.formula.grammar import Range
from workbook.formula.parser import parse
from workbook.grade.model import texts
from workbook.lesson.lesson import Formula
from workbook.plan.layout import SheetLayout
from workbook.plan.place import Place
from workbook.plan.plan import MANIFEST
from workbook.xlsx.read import Book, Cell

Cells = Mapping[tuple[int, int], Cell]
Tokens = dict[tuple[int, int], str]
"""Row and column → what stands there, as far as no learner is to change it."""

SPARE = 100_000
"""Rows and columns of a copy that ours has not stand beyond these, so that what learners put there finds room."""
SPARE_COLUMNS = 10_000
_REFERENCE = re.compile(r"(?:'(?:[^']|'')+'|[^\W\d][\w.]*)?!?\$?[A-Z]{1,3}\$?[1-9][0-9]{0,6}(?![\w(])")


@dataclass(frozen=True)
class Sheet:
    """One of our sheets in a copy.

    Args:
        title: its title there.
        rows: our row → the copy's.
        columns: our column → the copy's.
    """

    title: str
    rows: Mapping[int, int]
    columns: Mapping[int, int]
    _back: dict[str, dict[int, int]] = field(default_factory=dict, compare=False)

    @property
    def moved(self) -> bool:
        """Whether rows or columns stand elsewhere than ours."""
        return any(a != b for a, b in (*self.rows.items(), *self.columns.items()))

    def there(self, row: int, column: int) -> tuple[int, int]:
        """Where our cell stands in the copy."""
        return _at(self.rows, row), _at(self.columns, column)

    def here(self, row: int, column: int) -> tuple[int, int]:
        """Where a cell of the copy stands on our sheet; far outside of it where we have no such cell."""
        return self._inverse("rows").get(row, SPARE + row), self._inverse("columns").get(column, SPARE_COLUMNS + column)

    def back(self, row: int, column: int) -> tuple[int, int]:
        """Where in the copy the cell is that stands here on our sheet."""
        return (
            row - SPARE if row > SPARE else _at(self.rows, row),
            column - SPARE_COLUMNS if column > SPARE_COLUMNS else _at(self.columns, column),
        )

    def here_range(self, found: Range) -> tuple[tuple[int, int], tuple[int, int]]:
        """Where a range of the copy stands on our sheet: between its first and last rows and columns that we have."""
        rows, columns = self._inverse("rows"), self._inverse("columns")
        ends = []
        for inverse, low, high, most, spare in (
            (rows, found.first[0], found.last[0], MAX_ROW, SPARE),
            (columns, found.first[1], found.last[1], MAX_COLUMN, SPARE_COLUMNS),
        ):
            known = [inverse[n] for n in range(low, min(high, max(inverse, default=0)) + 1) if n in inverse]
            whole = low == 1 and high == most
            ends.append((min(known), max(known)) if known or whole else (spare + low, spare + high))
        return (ends[0][0], ends[1][0]), (ends[0][1], ends[1][1])

    def _inverse(self, axis: str) -> dict[int, int]:
        if axis not in self._back:
            known: Mapping[int, int] = getattr(self, axis)
            self._back[axis] = {there: here for here, there in known.items()}
        return self._back[axis]


def _at(lines: Mapping[int, int], number: int) -> int:
    found = lines.get(number)
    if found is not None:
        return found
    last = max((known for known in lines if known < number), default=0)
    return number + (lines[last] - last if last else 0)


class Aligner:
    """Finds the sheets of one layout in any copy.

    Args:
        layouts: the sheets as they were handed out.
    """

    def __init__(self, layouts: Sequence[SheetLayout]) -> None:
        """Note what stands on each sheet that a learner is not to change."""
        places = {place.name: place for layout in layouts for place in layout.places}
        self._tokens = {layout.sheet.title: _own_tokens(layout, places) for layout in layouts}
        self._texts = {
            title: [(at, token) for at, token in tokens.items() if not token.startswith("=")]
            for title, tokens in self._tokens.items()
        }
        self._extent = {
            layout.sheet.title: (
                max([*(int(p.rows.max()) for p in layout.places), *(label.row for label in layout.labels)]),
                max([*(int(p.columns.max()) for p in layout.places), *(label.column for label in layout.labels)]),
            )
            for layout in layouts
        }
        self._named = {place.name.lower(): place.title for place in places.values()}

    def find(self, book: Book) -> tuple[dict[str, Sheet], list[str]]:
        """Our title → where the sheet is in the copy, for those that are there; and what was found to be moved."""
        found: dict[str, Sheet] = {}
        notes: list[str] = []
        renamed = {} if book.sheets.keys() >= self._tokens.keys() else self._renamed(book)
        for title in self._tokens:
            theirs = title if title in book.sheets else renamed.get(title) or self._most_alike(title, book, found)
            if theirs is None:
                notes.append(f"there is no sheet {title}")
                continue
            if theirs != title:
                notes.append(f"the sheet {title} is called {theirs}")
            found[title] = self._aligned(theirs, title, book.sheets[theirs].cells)
            if found[title].moved:
                notes.append(f"on {title} rows or columns were moved")
        return found, notes

    def _renamed(self, book: Book) -> dict[str, str]:
        """Our title → the title of the sheet that the copy's defined names lead to."""
        found = {}
        for name, refers in book.names.items():
            title = self._named.get(name.lower())
            if title is None:
                continue
            try:
                node = parse(refers.removeprefix("="))
            except FormulaError:
                continue
            if isinstance(node, Range) and node.sheet in book.sheets:
                found[title] = node.sheet
        return found

    def _most_alike(self, title: str, book: Book, found: Mapping[str, Sheet]) -> str | None:
        taken = {*self._tokens, *(sheet.title for sheet in found.values()), MANIFEST}
        ours = set(self._tokens[title].values())
        best: tuple[float, str] = (0.5, "")
        for other, sheet in book.sheets.items():
            if other not in taken:
                theirs = set(_tokens(sheet.cells).values())
                best = max(best, (len(ours & theirs) / max(len(ours), 1), other))
        return best[1] or None

    def _aligned(self, theirs: str, title: str, cells: Cells) -> Sheet:
        ours, extent = self._tokens[title], self._extent[title]
        rows, columns = range(1, extent[0] + 1), range(1, extent[1] + 1)
        if all(at in cells and cells[at].value == token for at, token in self._texts[title]):
            return Sheet(theirs, {n: n for n in rows}, {n: n for n in columns})
        there = _tokens(cells)
        return Sheet(theirs, _lines(ours, there, 0, extent[0]), _lines(ours, there, 1, extent[1]))


def _own_tokens(layout: SheetLayout, places: Mapping[str, Place]) -> Tokens:
    found = {(label.row, label.column): label.text for label in layout.labels if not label.text.startswith("{badge")}
    for place in layout.places:
        if isinstance(place.block, Formula) and place.block.role != "input":
            found |= {at: _shape(text) for at, text in texts(place, places, layout.step).items()}
    return found


def _tokens(cells: Cells) -> Tokens:
    found = {}
    for at, cell in cells.items():
        if cell.formula is not None:
            found[at] = _shape(cell.formula)
        elif isinstance(cell.value, str) and cell.value:
            found[at] = cell.value
    return found


def _shape(formula: str) -> str:
    """A formula without what a moved row changes in it."""
    return "=" + _REFERENCE.sub("@", re.sub(r"\s+", "", formula))


def _lines(ours: Tokens, theirs: Tokens, axis: int, extent: int) -> dict[int, int]:
    """Our row (or column) → theirs, in order, so that as many tokens as possible match."""
    mine, other = _by_line(ours, axis), _by_line(theirs, axis)
    keys, others = sorted(mine), sorted(other)
    # How many tokens agree when the first i of ours and the first j of theirs are laid side by side.
    best = [[0] * (len(others) + 1) for _ in range(len(keys) + 1)]
    for i, key in enumerate(keys, start=1):
        for j, their in enumerate(others, start=1):
            alike = _alike(mine[key], other[their])
            best[i][j] = max(best[i - 1][j], best[i][j - 1], best[i - 1][j - 1] + alike)
    pairs: list[tuple[int, int]] = []
    i, j = len(keys), len(others)
    while i and j:
        alike = _alike(mine[keys[i - 1]], other[others[j - 1]])
        if alike and best[i][j] == best[i - 1][j - 1] + alike:
            pairs.append((keys[i - 1], others[j - 1]))
            i, j = i - 1, j - 1
        elif best[i][j] == best[i - 1][j]:
            i -= 1
        else:
            j -= 1
    return _between(dict(reversed(pairs)), extent)


def _between(pairs: Mapping[int, int], extent: int) -> dict[int, int]:
    """The lines between those that were found: as far from the one before, unless the one behind is nearer."""
    found: dict[int, int] = {}
    known = sorted(pairs)
    for number in range(1, extent + 1):
        before = max((k for k in known if k <= number), default=0)
        behind = min((k for k in known if k >= number), default=0)
        offsets = [pairs[k] - k for k in (before, behind) if k]
        if not offsets:
            found[number] = number
        elif len(set(offsets)) == 1 or not before or not behind:
            found[number] = number + offsets[0]
        else:
            found[number] = number + (offsets[1] if behind - number <= number - before else offsets[0])
    return found


def _by_line(tokens: Tokens, axis: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for at in sorted(tokens):
        found.setdefault(at[axis], []).append(tokens[at])
    return found


def _alike(mine: Iterable[str], theirs: Sequence[str]) -> int:
    return sum(token in theirs for token in mine)
