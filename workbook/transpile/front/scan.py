"""Formula text → its skeleton (the text without its references) and the cells that it names.

Two formulas that were filled from one another have equal skeletons, so that of 300,000 formulas only a few hundred
are ever parsed; this is the one step that touches each of them.
"""

import re
from dataclasses import dataclass
from operator import add

from workbook.formula.address import MAX_COLUMN, MAX_ROW, column_letters, column_number

Coordinates = tuple[int, ...]
"""Row, column, row, column, … of every corner that a formula names, in order."""

# No quote, bracket or colon between plain letters or digits: then whatever looks like a cell is one.
_FAST = re.compile(r"(?<![\w.$])\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})(?![\w(.!\[])")
_SLOW = re.compile(r"[\"'\[]|(?<![A-Z0-9])\$?[A-Z]{1,3}:\$?[A-Z]|(?<![A-Za-z0-9$])\$?[0-9]+:|:[^\W\d][\w.]*!")
_MOST_DIGITS = 9_999_999
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
_OR_QUOTED = re.compile(f"({_QUOTED.pattern})|{_FAST.pattern}")
_PIECE = re.compile(
    r'"(?:[^"]|"")*"'
    r"|'(?:[^']|'')*'"
    r"|\[(?:[^\[\]]|\[[^\]]*\])*\]"
    r"|(?<!!)[^\W\d][\w.]*:[^\W\d][\w.]*!"
    r"|(?P<cell>(?<![\w.$])\$?(?P<letters>[A-Z]{1,3})\$?(?P<row>[1-9][0-9]{0,6})(?![\w(.!\[]))"
    r"|(?P<columns>(?<![\w.$])\$?(?P<left>[A-Z]{1,3}):\$?(?P<right>[A-Z]{1,3})(?![\w(.!\[]))"
    r"|(?P<rows>(?<![\w.$])\$?(?P<top>[1-9][0-9]{0,6}):\$?(?P<bottom>[1-9][0-9]{0,6})(?![\w(.!\[]))"
    r"|[^\W\d][\w.\\?]*"
    r"|[0-9.]+(?:[eE][+-]?[0-9]+)?"
)


class Scanner:
    """Skeletons of formulas; it remembers the columns whose letters it has seen."""

    def __init__(self) -> None:
        self._columns: dict[str, int] = {}

    def scan(self, formula: str) -> tuple[str, Coordinates]:
        """The formula without its references, and the coordinates of these.

        >>> Scanner().scan("SUM(A1:$B$2)*rate")
        ('SUM(§:§)*rate', (1, 1, 2, 2))
        """
        if _SLOW.search(formula):
            return self._scan_quoted(formula) or self._scan_slowly(formula)
        pieces = _FAST.split(formula)
        if len(pieces) == 1:
            return formula, ()
        coordinates: list[int] = []
        columns = self._columns
        for at in range(1, len(pieces), 3):
            letters = pieces[at]
            coordinates += (int(pieces[at + 1]), columns.get(letters) or self._column(letters))
        return "§".join(pieces[::3]), tuple(coordinates)

    def _scan_quoted(self, formula: str) -> tuple[str, Coordinates] | None:
        """Of a formula with texts or sheets' names in quotes; None where not all else that looks like a cell is one."""
        pieces = _OR_QUOTED.split(formula)
        if _SLOW.search("§".join(pieces[::4])):
            return None
        coordinates: list[int] = []
        columns = self._columns
        for at in range(1, len(pieces), 4):
            if pieces[at] is None:
                letters = pieces[at + 1]
                coordinates += (int(pieces[at + 2]), columns.get(letters) or self._column(letters))
                pieces[at] = "§"
        return "".join([piece for at, piece in enumerate(pieces) if at % 4 < 2]), tuple(coordinates)

    def _column(self, letters: str) -> int:
        number = self._columns[letters] = column_number(letters)
        return number

    def _scan_slowly(self, formula: str) -> tuple[str, Coordinates]:
        coordinates: list[int] = []

        def replace(match: re.Match[str]) -> str:
            # `1:3` is spelled as no formula may spell two cells: `§-§` is `A1-B2`.
            found = _corners(match)
            coordinates.extend(found)
            return match[0] if not found else "§" if len(found) == 2 else ("§|§" if match["columns"] else "§_§")

        return _PIECE.sub(replace, formula), tuple(coordinates)


def slots(formula: str) -> list[tuple[int, int]]:
    """Where in the text each corner stands, with how many corners stand there: `A1` one, `A:C` two.

    >>> slots("A1+SUM(B:B)")
    [(0, 1), (7, 2)]
    """
    outside = _outside_quotes(formula)
    if outside is not None:
        return [(match.start(), 1) for match in _FAST.finditer(outside)]
    return [(match.start(), len(found) // 2) for match in _PIECE.finditer(formula) if (found := _corners(match))]


@dataclass(slots=True)
class Below:
    """The text of a formula as fills go on with it down a column: whether a cell goes on is told without a scan.

    Attributes:
        row: the row of the next cell.
        end: the row from which on a row or a column that it names is none that a formula may spell.
        pattern: its text, the rows and columns that move left out.
        numbers: what these are in the next cell.
        gains: what each gains from one cell to the next.
        columns: which of them are columns; None where none is.
        spelled: the numbers as the next cell spells them.
    """

    row: int
    end: int
    pattern: str
    numbers: tuple[int, ...]
    gains: tuple[int, ...]
    columns: tuple[bool, ...] | None
    spelled: tuple[int | str, ...] = ()

    @classmethod
    def of(cls, formula: str, row: int, step: Coordinates) -> "Below | None":
        """What stands below a cell; None where a text cannot tell it.

        Args:
            formula: the formula of the cell.
            row: its row.
            step: what each coordinate gains from one row to the next.

        >>> Below.of("A1+$B$9", 3, (1, 0, 0, 0))
        Below(row=4, end=10000002, pattern='A%s+$B$9', numbers=(2,), gains=(1,), columns=None, spelled=(2,))
        """
        outside = _outside_quotes(formula)
        if outside is None or min(step, default=0) < 0:
            return None
        corners = list(_FAST.finditer(outside))
        if 2 * len(corners) != len(step):
            return None
        # A corner spells its column first, and is its row first.
        found = [(c, group, step[2 * k + 2 - group]) for k, c in enumerate(corners) for group in (1, 2)]
        moving = [(corner, group, gain) for corner, group, gain in found if gain]
        pieces: list[str] = []
        after = 0
        for corner, group, _ in moving:
            pieces.append(formula[after : corner.start(group)].replace("%", "%%"))
            after = corner.end(group)
        pieces.append(formula[after:].replace("%", "%%"))
        numbers = [int(corner[2]) if group == 2 else column_number(corner[1]) for corner, group, _ in moving]
        ends = [_MOST_DIGITS if group == 2 else MAX_COLUMN for _, group, _ in moving]
        gains = tuple(gain for _, _, gain in moving)
        left = min(((end - n) // gain for end, n, gain in zip(ends, numbers, gains, strict=True)), default=MAX_ROW)
        columns = tuple(group == 1 for _, group, _ in moving)
        below = cls(row, row + left + 1, "%s".join(pieces), tuple(numbers), gains, columns if any(columns) else None)
        below.go_on()
        return below

    def go_on(self) -> None:
        """Look at the cell below."""
        self.row += 1
        numbers = self.numbers = tuple(map(add, self.numbers, self.gains))
        if self.columns is None:
            self.spelled = numbers
        else:
            self.spelled = tuple([column_letters(n) if c else n for n, c in zip(numbers, self.columns, strict=True)])


def _outside_quotes(formula: str) -> str | None:
    """The formula, texts and sheets' names in quotes masked; None where not all that then looks like a cell is one."""
    masked = _QUOTED.sub(lambda match: "!" * len(match[0]), formula) if "'" in formula or '"' in formula else formula
    return None if _SLOW.search(masked) else masked


def _corners(match: re.Match[str]) -> Coordinates:
    if match["cell"] is not None:
        return int(match["row"]), column_number(match["letters"])
    if match["columns"] is not None:
        return 1, column_number(match["left"]), MAX_ROW, column_number(match["right"])
    if match["rows"] is not None:
        return int(match["top"]), 1, int(match["bottom"]), MAX_COLUMN
    return ()
