"""What every program that recalculates a workbook offers: a file opened, inputs set, values read."""

import math
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from workbook.errors import WorkbookError
from workbook.formula.address import MAX_COLUMN, MAX_ROW, cell_address
from workbook.formula.rectangle import Rectangle
from workbook.xlsx.read import Book, CellError

Input = float | str | bool | None
"""What a person can put into a cell, formulas apart; None empties it."""


Result = float | str | bool | CellError
"""What a cell shows."""


Results = dict[str, dict[tuple[int, int], Result]]
"""The results by sheet title, then by (row, column) from 1; empty cells are absent."""


Answer = Mapping[str, Mapping[tuple[int, int], Result]]
"""The same, however they are kept."""


MOST_BRACKETS = 256
"""The most brackets within each other that are handed to a program: ironcalc has no bound, and overflows its stack.

It does at 2,453 of them on a stack of 8 MiB; some systems give a process 1 MiB. Excel takes 64 functions."""


Inputs = Mapping[tuple[str, int, int], Input]
"""Sheet title, row and column → what is put there."""


Rectangles = Mapping[str, Sequence[Rectangle]]
"""By sheet title."""


def _nothing() -> Rectangles:
    return {}


def _at_once() -> Sequence[Rectangles]:
    return ()


@dataclass(frozen=True)
class Question:
    """What does a workbook show with other inputs?

    Args:
        inputs: those that are set.
        before: what stands in their cells, and does again afterwards.
        sheets: whose results are wanted; None for all.
        untouched: gives rectangles of formulas that no input here has any part in. A program that has computed them may
            keep their values.
        stages: gives rectangles of the other formulas, in stages each of which reads only itself and those before it. A
            program that takes longer to read a formula's cell than a value may compute one stage after the other. None
            where all are to be computed at once.
        cells: gives rectangles of those cells whose results are enough; None for all cells of these sheets.
    """

    inputs: Inputs
    before: Inputs
    sheets: Sequence[str] | None = None
    untouched: Callable[[], Rectangles] = _nothing
    stages: Callable[[], Sequence[Rectangles]] = _at_once
    cells: Callable[[], Rectangles] | None = None


class Session(Protocol):
    """One file, opened in one program; leave it, or close it, to free what the program holds."""

    def begin(self) -> None:
        """Begin to load the file, where the program has a process of its own for that."""
        return

    def set(self, sheet: str, row: int, column: int, value: Input) -> None:
        """Put a value into a cell, in place of what it held; rows and columns count from 1.

        Raises:
            WorkbookError: no such sheet or cell, a number that is not finite, or a cell of an array formula that fills
                more than one cell (of which Excel, too, lets nobody change a part).
        """

    def values(self, sheets: Sequence[str] | None = None) -> Results:
        """The recalculated values of all cells that are not empty, of all sheets or of those named.

        What the file had saved as results is ignored.

        Raises:
            WorkbookError: no such sheet, or the program failed.
        """

    def answer(self, sheets: Sequence[str] | None) -> Answer:
        """The results of all sheets or of those named, however they are kept; later edits leave them as they are."""
        return self.values(sheets)

    def answers(self, questions: Sequence[Question]) -> Generator[Answer, None, None]:
        """The results that each question asks for, in their order.

        Raises:
            WorkbookError: as `set` and `values` say.
        """
        for question in questions:
            for (sheet, row, column), value in question.inputs.items():
                self.set(sheet, row, column, value)
            found = self.answer(question.sheets)
            for (sheet, row, column), value in question.before.items():
                self.set(sheet, row, column, value)
            yield found

    def close(self) -> None:
        """Free what the program holds."""

    def __enter__(self) -> Self:
        """The session itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session."""
        self.close()


class Engine(Protocol):
    """A program that recalculates files."""

    @property
    def name(self) -> str:
        """The program and its version, such as `ironcalc 0.9.1`."""

    def open(self, path: Path | str) -> Session:
        """A session on the file, which is only read.

        Raises:
            FileError: the file cannot be read or trusted.
        """

    def stay_open(self) -> None:
        """Start now, where the program is one of its own, and stay open for all files of this process.

        It is for files of our own: what it is handed has no bound. It ends with the group of this process.
        """


def require_sheets(where: Path, known: Iterable[str], wanted: Iterable[str]) -> None:
    """Refuse a title that the file does not have."""
    titles = list(known)
    for title in wanted:
        if title not in titles:
            raise WorkbookError(f"{where}: there is no sheet named '{title}'; known: {', '.join(titles)}")


def too_deep(book: Book) -> str | None:
    """The cell, as `Sheet!A1`, whose formula has brackets deeper within each other than `MOST_BRACKETS`; None if none.

    >>> from workbook.xlsx.read import Cell, SheetCells
    >>> cells = {(1, 1): Cell(None, "(" * 256 + "1" + ")" * 256), (2, 1): Cell(None, "(" * 257 + "1" + ")" * 257)}
    >>> too_deep(Book({"Mine": SheetCells("Mine", "visible", cells)}, {}))
    'Mine!A2'
    """
    for title, sheet in book.sheets.items():
        for (row, column), cell in sheet.cells.items():
            if (
                cell.formula is not None
                and cell.formula.count("(") > MOST_BRACKETS
                and _depth(cell.formula) > MOST_BRACKETS
            ):
                return f"{title}!{cell_address(row, column)}"
    return None


def _depth(formula: str) -> int:
    """How many brackets stand within each other, those in texts left out."""
    depth = deepest = 0
    # Between quotes, and so in every second piece, stands a text; in one, two quotes stand for one.
    for sign in "".join(formula.split('"')[::2]):
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    return deepest


def require_input(where: Path, sheet: str, row: int, column: int, value: Input) -> None:
    """Refuse a place that no sheet has, and a number that no cell can hold."""
    if not (1 <= row <= MAX_ROW and 1 <= column <= MAX_COLUMN):
        raise WorkbookError(f"{where}, sheet {sheet}: there is no cell at row {row}, column {column}")
    if isinstance(value, float) and not math.isfinite(value):
        raise WorkbookError(f"{where}, sheet {sheet}: a cell cannot hold {value}, which is not a finite number")


def part_of_array(where: Path, sheet: str, row: int, column: int) -> WorkbookError:
    """The error for a cell that cannot change alone."""
    return WorkbookError(
        f"{where}, sheet {sheet}: {cell_address(row, column)} is part of an array formula and cannot change alone"
    )
