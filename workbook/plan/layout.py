"""A sheet's drawing → where everything stands. The one place where addresses come from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from math import ceil

from workbook.errors import LessonError
from workbook.formula.address import column_letters
from workbook.lesson import glossary
from workbook.lesson.by_hand import Diagram, Predictions, Tries
from workbook.lesson.lesson import (
    Badge,
    Beside,
    Charts,
    Codes,
    Fields,
    Given,
    Grid,
    Item,
    Legend,
    Links,
    Listing,
    Pictures,
    Repeat,
    Sheet,
    Table,
    Terms,
    Unprinted,
    Ways,
    Words,
)
from workbook.plan import letters
from workbook.plan.bands import Bands
from workbook.plan.board import paragraphs
from workbook.plan.laid import (
    BADGE,
    CLEAR,
    CODE_LINK,
    CODE_WIDTH,
    COLUMN_WIDTH,
    DIGIT_PIXELS,
    EXPERTS,
    GAP_WIDTH,
    HEADINGS_APART,
    INSIDE,
    LABEL_WIDTH,
    LEAST_POINTS,
    LEAST_PRINTED,
    LEGEND,
    LINE,
    LINE_POINTS,
    MARGIN_PIXELS,
    PIXELS_PER_POINT,
    SIGN_WIDTH,
    Label,
    PlacedChart,
    PlacedDiagram,
    SheetLayout,
)
from workbook.plan.letters import FACES
from workbook.plan.panel import printed_once

__all__ = [
    "BADGE",
    "COLUMN_WIDTH",
    "DIGIT_PIXELS",
    "GAP_WIDTH",
    "LABEL_WIDTH",
    "LEGEND",
    "LINE",
    "LINE_POINTS",
    "MARGIN_PIXELS",
    "PIXELS_PER_POINT",
    "SIGN_WIDTH",
    "Label",
    "PlacedChart",
    "PlacedDiagram",
    "SheetLayout",
    "lay_out",
]


def lay_out(
    sheet: Sheet, sheets: Iterable[Sheet], sizes: Mapping[str, int], panels: Mapping[str, tuple[str, ...]]
) -> SheetLayout:
    """The sheet with everything in its place.

    Args:
        sheet: the sheet to lay out.
        sheets: all sheets of the lesson, for links.
        sizes: axis → length.
        panels: sheet → the lines of its code panel.
    """
    return _Layout(sheet, tuple(sheets), sizes, panels).finish()


class _Layout(Bands):
    def finish(self) -> SheetLayout:
        self._label(1, self.sheet.heading or self.sheet.title, "title")
        self.heights[1] = 24.0
        self.row = 2
        self._sentences(self.sheet.said)
        self.row += 1
        for item in self.sheet.layout:
            self._item(item)
        if self.sheet.experts:
            self._words(EXPERTS, self.sheet.experts)
        last_row = max(self.row - 1, 1)
        self._lead()
        widths = self._widths()
        for label in self.labels:
            if label.role == "heading":
                shown = letters.lines(label.text, widths.get(label.column, COLUMN_WIDTH), FACES["heading"])
                self.heights[label.row] = max(self.heights.get(label.row, 0.0), LINE_POINTS * len(shown))
        panel = self.panels.get(self.sheet.name, ())
        self._first_row(widths, beside=bool(panel))
        if panel:
            self._code_beside(panel, widths)
        return SheetLayout(
            self.sheet,
            tuple(self.places),
            tuple(self.labels),
            tuple(self.charts),
            tuple(self.diagrams),
            widths,
            self.heights,
            last_row if self.printed is None else self.printed[0],
            self._wide_enough(self.right if self.printed is None else self.printed[1], widths, beside=bool(panel)),
            self.step or self.sheet.step or next((derive.step for derive in self.sheet.derive if derive.step), ""),
        )

    def _item(self, item: Item) -> None:
        match item:
            case Grid(text, tight):
                self._grid(text, None, tight=tight)
            case Repeat():
                self._grid(item.text, item, tight=item.tight)
            case Fields(names):
                self._fields(names.split())
            case Table():
                self._table(item)
            case Pictures():
                self._pictures(item)
            case Charts(names):
                self._charts(names.split())
            case Words(heading, text):
                self._words(heading, text)
            case Beside(parts):
                self._beside(parts)
            case Diagram():
                self._diagram(item)
            case Predictions():
                self._predictions(item)
            case Tries():
                self._tries(item)
            case Ways():
                self._ways(item)
            case Unprinted():
                self.printed = (max(self.row - 1, 1), self.right)
            case _:
                self._list_of(item)

    def _list_of(self, item: Links | Legend | Badge | Codes | Terms | Listing) -> None:
        """What the first and the last sheet hold."""
        match item:
            case Links():
                self._links()
            case Legend():
                self._legend()
            case Badge():
                self._badge()
            case Codes():
                self._codes()
            case Terms():
                self._terms()
            case Listing(rows, marked):
                for name, what in rows:
                    self._label(1, f"▶ {name}" if name == marked else name, "heading" if name == marked else "label")
                    self._label(2, what, "unit")
                    self.row += 1
                self.row += 1

    def _words(self, heading: str, text: str) -> None:
        if heading:
            self._section(heading)
        if text:
            self._sentences(text)
        self.row += bool(text) or not self.inside

    def _badge(self) -> None:
        for token in BADGE:
            self._label(1, token, "words")
            self.row += 1
        self.row += 1

    def _codes(self) -> None:
        others = [other for other in self.sheets if self.panels.get(other.name) and other is not self.sheet]
        shortest_first = sorted(others, key=lambda sheet: len(self.panels[sheet.name]))
        for title, lines in printed_once((other.title, self.panels[other.name]) for other in shortest_first):
            self._label(1, title, "section", link=f"'{title}'!A1")
            self.row += 1
            for line in lines:
                self._label(1, line, "code")
                self.row += 1
            self.row += 1

    def _fields(self, names: list[str]) -> None:
        for block in map(self._scalar, names):
            self._label(self.left, block.title or block.name, "label")
            self._label(self.left + 2, block.words, "unit")
            self._spill(self.left + 2, block.words)
            self._place(block, (self.row, self.left + 1), {})
            self.row += 1
        self.row += 1

    def _table(self, table: Table) -> None:
        self.row -= table.tight
        for column, heading in enumerate(table.headings, start=self.left):
            self._label(column, heading, "heading")
        self.row += any(table.headings)
        for row in table.rows:
            names = row.names.split()
            if len(names) != len(table.headings) - 2:
                raise LessonError(
                    f"sheet {self.sheet.name}: the table's row {row.label!r} has {len(names)} places, "
                    f"its headings leave {len(table.headings) - 2}"
                )
            self._label(self.left, row.label, "label")
            for column, name in enumerate(names, start=self.left + 1):
                if name != ".":
                    self._place(self._scalar(name), (self.row, column), {})
            self._label(self.left + len(names) + 1, row.words, "unit")
            self.row += 1
        self.row += 1

    def _widths(self) -> dict[int, float]:
        """Column → characters: labels in the first, gaps where nothing else stands, else the widest asked for."""
        filled: set[int] = set()
        asked: dict[int, float] = {1: CODE_WIDTH if self._holds(Codes) else LABEL_WIDTH}
        narrow = self.sheet.column_width
        if narrow:
            asked = dict.fromkeys(set(range(1, self.right + 1)) - set(self.gaps), narrow)
        for place in self.places:
            columns = {int(column) for column in place.columns.ravel()}
            filled |= columns
            if place.block.width:
                asked |= {column: max(asked.get(column, 0.0), place.block.width) for column in columns}
        for column, wide in self._needed():
            if wide > asked.get(column, narrow or COLUMN_WIDTH):
                asked[column] = ceil(10 * wide) / 10
        gaps = {column: narrow if column in filled and narrow else width for column, width in self.gaps.items()}
        found = {column: width for column, width in gaps.items() if narrow or column not in filled} | asked | self.small
        found |= {column: max(width, found.get(column, 0.0)) for column, width in self.named.items()}
        self._part_headings(found)
        return found

    def _part_headings(self, widths: dict[int, float]) -> None:
        """Widen columns whose headings fill them and would touch the headings on their left."""
        worded = {(label.row, label.column) for label in self.labels}
        for place in self.places:
            if place.block.across_axes and not place.block.down_axes:
                worded |= set(zip(place.rows.ravel().tolist(), place.columns.ravel().tolist(), strict=True))
        for label in self.labels:
            if label.role not in ("heading", "label") or (label.row, label.column - 1) not in worded:
                continue
            face = FACES["heading"]
            room, needed = 0.0, widths.get(label.column, self.sheet.column_width or COLUMN_WIDTH)
            if label.role == "label" and letters.width(label.text, face) > needed:
                continue  # it goes on over the columns beside its own
            while needed > room:
                room = needed
                longest = max(letters.width(line, face) for line in letters.lines(label.text, room, face))
                needed = max(room, ceil(10 * (longest + HEADINGS_APART)) / 10)
            widths[label.column] = room

    def _needed(self) -> Iterator[tuple[int, float]]:
        """Columns, and how wide they must be.

        For the words of a drop-down, for powers of ten, for what no break parts in a heading, for the name of the cell
        that stands beside it.
        """
        for place in self.places:
            block = place.block
            if isinstance(block, Given) and isinstance(block.choices, tuple) and block.choices:
                yield place.origin[1], max(map(letters.width, block.choices))
            elif "E" in block.number_format:
                for column in set(map(int, place.columns.ravel())):
                    yield column, letters.width(f"-{block.number_format.replace('+', '-')}")
        filled = {place.origin for place in self.places}
        for label in self.labels:
            if label.role == "heading":
                yield label.column, letters.longest(label.text, FACES["heading"])
            elif label.role == "label" and (label.row, label.column + 1) in filled:
                yield label.column, letters.width(label.text) + INSIDE

    def _wide_enough(self, last: int, widths: Mapping[int, float], *, beside: bool) -> int:
        """The last column of a print in which no sentence is cut off, though its columns are narrow.

        Where a code panel stands beside the blocks, it ends with them.
        """
        width = sum(widths.get(column, COLUMN_WIDTH) for column in range(1, last + 1))
        while width < LEAST_PRINTED and (last < self.right or not beside):
            last += 1
            width += widths.get(last, COLUMN_WIDTH)
        return last

    def _charts(self, names: list[str]) -> None:
        charts = [next(chart for chart in self.sheet.charts if chart.name == name) for name in names]
        column = self.left
        for chart in charts:
            self.charts.append(PlacedChart(chart, self.row, column))
            column += chart.columns + 1
        self.right = max(self.right, column - 2)
        self.row += max(chart.rows for chart in charts) + 1

    def _beside(self, parts: tuple[tuple[Item, ...], ...]) -> None:
        top, left, right, bottom = self.row, self.left, self.right, self.row
        self.inside = True
        for part in parts:
            self.row, self.right = top, self.left
            before = len(self.labels)
            for item in part:
                self._item(item)
            self.labels[before:] = [replace(label, until=label.until or self.right) for label in self.labels[before:]]
            bottom, right = max(bottom, self.row), max(right, self.right)
            self.gaps.setdefault(self.right + 1, GAP_WIDTH)
            self.left = self.right + 2
            while self.left in self.gaps:
                self.left += 1
        self.row, self.left, self.right, self.inside = bottom, left, right, False

    def _diagram(self, diagram: Diagram) -> None:
        self.diagrams.append(PlacedDiagram(diagram, self.row, self.left))
        column = DIGIT_PIXELS * (self.sheet.column_width or COLUMN_WIDTH) + MARGIN_PIXELS
        self.right = max(self.right, self.left + ceil(diagram.width * PIXELS_PER_POINT / column) - 1)
        self.row += ceil(diagram.height / LINE_POINTS)

    def _predictions(self, item: Predictions) -> None:
        self._section(item.heading)
        for asked in item.rows:
            self._label(self.left, asked.question, "words")
            self._place(self._scalar(asked.answer), (self.row, self.left + item.columns), {})
            self._place(self._scalar(asked.verdict), (self.row, self.left + item.columns + 1), {})
            self.row += 1
        self.right += 1  # a verdict is wider than its column
        self.row += 1

    def _tries(self, item: Tries) -> None:
        self._section(item.heading)
        places = {place.block.name: place for place in self.places}
        for row in item.rows:
            if row.block not in places:
                raise LessonError(f"sheet {self.sheet.name}: {row.block!r} is to be tried and does not stand above")
            address = places[row.block].address(row.at)
            self._label(self.left, address, "link", link=f"'{self.sheet.title}'!{address}")
            words = f"type {row.value}: {row.watch}"
            self._label(self.left + 1, words, "unit")
            self._spill(self.left + 1, words)
            self.row += 1
        self.row += 1

    def _ways(self, item: Ways) -> None:
        """Leave room for links to parts further down; `_lead` writes them when all places are known."""
        if item.heading:
            self._section(item.heading)
        else:
            self.row -= 1  # right under what stands above
        for block, words in item.rows:
            self.ways.append((self.row, self.left, block, words))
            self._spill(self.left, words)
            self.row += 1
        self.row += 1

    def _lead(self) -> None:
        places = {place.block.name: place for place in self.places}
        for row, column, block, words in self.ways:
            if block not in places:
                raise LessonError(f"sheet {self.sheet.name}: a link leads to {block!r}, which the layout does not draw")
            link = f"'{self.sheet.title}'!{places[block].address()}"
            self.labels.append(Label(row, column, words, "link", link))

    def _links(self) -> None:
        for other in self.sheets:
            if other is not self.sheet:
                self._label(1, other.title, "link", link=f"'{other.title}'!A1")
                self._label(2, other.summary, "unit")
                self.row += 1
        self.row += 1

    def _terms(self) -> None:
        for term, sheet in glossary.listed(self.sheets):
            self._label(1, term.name, "section")
            self._label(2, term.meaning, "words")
            self.row += 1
            self._label(2, f"first on {sheet.title}", "link", link=f"'{sheet.title}'!A1")
            self.row += 1

    def _first_row(self, widths: Mapping[int, float], *, beside: bool) -> None:
        """What stands right of the title: a link to the code, links to the glossary from the words that are new."""
        links = [(CODE_LINK, "")] if beside else []
        home = next((sheet for sheet in self.sheets if sheet.name == glossary.NAME), None)
        if home is not None:
            rows = {term: k for k, (term, _) in enumerate(glossary.listed(self.sheets))}
            top = 2 + sum(len(lines) for lines in paragraphs(home.said)) + 1
            terms = glossary.first_on(self.sheets)[self.sheet.name]
            links += [(term.name, f"'{home.title}'!A{top + 2 * rows[term]}") for term in terms]
        self.row = 1
        column = self._column_after(1, letters.width(self.sheet.heading or self.sheet.title, FACES["title"]), widths)
        column = max(column, min(self.right, 8))
        for text, link in links:
            self.labels.append(Label(1, column, text, "link", link))
            column = self._column_after(column, letters.width(text), widths)
        if links:
            self.right = max(self.right, column - 1)
            self.printed = self.printed and (self.printed[0], max(self.printed[1], column - 1))

    def _column_after(self, column: int, wide: float, widths: Mapping[int, float]) -> int:
        """The first column that begins right of a text of that width."""
        room = 0.0
        while room < wide + CLEAR:
            room += widths.get(column, COLUMN_WIDTH)
            column += 1
        return column

    def _legend(self) -> None:
        for role, meaning in LEGEND:
            self._label(1, role, "sample", style=role)
            self._label(2, meaning, "unit")
            self.row += 1
        self.row += 1

    def _code_beside(self, lines: tuple[str, ...], widths: dict[int, float]) -> None:
        column = self.right + 2
        widths |= {column - 1: GAP_WIDTH, column: CODE_WIDTH}
        low = max((row for row, points in self.heights.items() if points < LEAST_POINTS), default=-1)
        top = low + 2
        self.row = top
        self._label(column, "The code that does the same", "section")
        for row, line in enumerate(lines, start=top + 2):
            self.row = row
            self._label(column, line, "code")
        here = f"'{self.sheet.title}'!{column_letters(column)}{top}"
        self.labels = [replace(label, link=here) if label.text == CODE_LINK else label for label in self.labels]
