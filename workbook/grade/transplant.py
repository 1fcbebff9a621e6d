"""A stranger's formula with our addresses, within bounds; or why no program can decide it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from workbook.errors import FormulaError, WorkbookError
from workbook.formula.address import MAX_COLUMN, MAX_ROW, anchored, cell_position
from workbook.formula.grammar import Call, Invoke, Name, Node, Range, Structured, Unary, walk
from workbook.formula.parser import parse
from workbook.formula.rectangle import cell_count, spelled
from workbook.grade.align import Sheet
from workbook.plan.excel import quoted
from workbook.xlsx.read import Book, Cell

MOST_CHARACTERS = 2_000
MOST_CELLS = 20_000
"""How many cells one reference may take."""
MOST_HELPERS = 500
"""How many cells beside the answers may travel with them."""
MOST_KNOWN = 20_000
"""How many moved formulas are kept for the files that follow."""
OUTSIDE = frozenset({"WEBSERVICE", "DDE", "RTD", "CALL", "REGISTER.ID", "REGISTER", "HYPERLINK", "CUBEVALUE", "IMAGE"})
BY_THEMSELVES = frozenset({"RAND", "RANDBETWEEN", "RANDARRAY", "NOW", "TODAY", "OFFSET", "INDIRECT", "CELL", "INFO"})

At = tuple[str, int, int]
"""Sheet, row and column, with us."""


class UndecidedError(WorkbookError):
    """An answer that a person has to look at; the sentence says why."""


@dataclass(frozen=True)
class Moved:
    """A formula with our addresses, every reference with its sheet.

    Args:
        text: without `=`.
        reads: the cells that it reads.
        size: rows and columns of an array formula; None for an ordinary one.
    """

    text: str
    reads: frozenset[At]
    size: tuple[int, int] | None = None


@dataclass
class Transplant:
    """Answers, and the cells that they depend on, out of one stranger's file.

    Args:
        book: the file.
        sheets: our title → the sheet there.
        planned: our cells, which are never taken from the file.
        known: formulas of earlier files, moved; what many wrote is parsed once.
    """

    book: Book
    sheets: Mapping[str, Sheet]
    planned: Callable[[At], bool]
    known: dict[tuple[str, At], Moved]
    helpers: dict[At, Moved | float | str | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note which of our sheets each of theirs is."""
        self._ours = {sheet.title.lower(): title for title, sheet in self.sheets.items()}
        self._is_unmoved = all(sheet.title == title and not sheet.moved for title, sheet in self.sheets.items())

    def cell(self, at: At) -> Cell | None:
        """What stands in the file where our cell is."""
        sheet = self.sheets.get(at[0])
        if sheet is None:
            return None
        return self.book.sheets[sheet.title].cells.get(sheet.there(at[1], at[2]))

    def formula(self, cell: Cell, at: At) -> Moved:
        """The formula of a cell that is ours at that place.

        Raises:
            UndecidedError: it can't be taken, or not safely.
        """
        assert cell.formula is not None
        size = None
        if cell.array is not None:
            first, last = (cell_position(corner) for corner in (cell.array.split(":") * 2)[:2])
            size = (last[0] - first[0] + 1, last[1] - first[1] + 1)
            if size[0] * size[1] > MOST_CELLS:
                raise UndecidedError(f"an array formula over {size[0] * size[1]} cells")
        moved = self._moved(cell.formula, at)
        self._take_helpers(moved.reads)
        return Moved(moved.text, moved.reads, size)

    def _moved(self, text: str, at: At) -> Moved:
        found = self.known.get((text, at)) if self._is_unmoved else None
        if found is not None and all(title in self.sheets for title, _, _ in found.reads):
            return found
        if len(text) > MOST_CHARACTERS:
            raise UndecidedError(f"a formula of {len(text)} characters")
        try:
            tree = parse(text)
            moved = self._rewritten(text, tree, at)
            # A name leads where this file's names lead.
            if self._is_unmoved and not any(isinstance(node, Name) for node in walk(tree)):
                if len(self.known) >= MOST_KNOWN:
                    self.known.clear()
                self.known[text, at] = moved
            return moved
        except FormulaError as error:
            raise UndecidedError(f"a formula that is not understood: {error}") from error
        except RecursionError:
            raise UndecidedError("a formula with too many operations in each other") from None

    def _rewritten(self, text: str, tree: Node, at: At) -> Moved:
        pieces: list[tuple[tuple[int, int], str]] = []
        reads: set[At] = set()
        for node in walk(tree):
            match node:
                case Call(function):
                    _refuse(function)
                case Range():
                    spelled, cells = self._reference(node, at)
                case Name():
                    spelled, cells = self._reference(self._named(node), at)
                case Structured() | Invoke() | Unary("#", _):
                    raise UndecidedError("it uses a table, a spilled range or a function of its own")
                case _:
                    continue
            if isinstance(node, Range | Name):
                pieces.append((node.span, spelled))
                reads |= cells
        for (low, high), spelled in sorted(pieces, reverse=True):
            text = text[:low] + spelled + text[high:]
        return Moved(text, frozenset(reads))

    def _named(self, name: Name) -> Range:
        key = f"{name.sheet}.{name.name}" if name.sheet else name.name
        found = {known.lower(): refers for known, refers in self.book.names.items()}.get(key.lower())
        if found is not None:
            node = parse(found.removeprefix("="))
            if isinstance(node, Range):
                return node
        raise UndecidedError(f"it reads the name {key}, which is none of the workbook's")

    def _reference(self, node: Range, at: At) -> tuple[str, set[At]]:
        title = self._ours.get(node.sheet.lower()) if node.sheet else at[0]
        if title is None:
            what = "another workbook" if "[" in node.sheet else f"the sheet {node.sheet}, which was not handed out"
            raise UndecidedError(f"it refers to {what}")
        sheet = self.sheets[title]
        if node.first == node.last:
            first = last = sheet.here(*node.first)
        else:
            first, last = sheet.here_range(node)
        if last[0] > MAX_ROW or last[1] > MAX_COLUMN:
            raise UndecidedError("it refers to cells far outside the tables")
        area = (*first, *last)
        if (cells := cell_count(area)) > MOST_CELLS:
            raise UndecidedError(f"it refers to {cells} cells at once")
        range_text = f"{quoted(title)}!{anchored(spelled(area))}"
        read = {(title, row, column) for row in range(first[0], last[0] + 1) for column in range(first[1], last[1] + 1)}
        if at in read:
            raise UndecidedError("it refers to its own cell: a circle")
        return range_text, read

    def _take_helpers(self, reads: frozenset[At]) -> None:
        """Take along what the file has in cells that we leave free, and what those cells read."""
        waiting = sorted(at for at in reads if not self.planned(at))
        while waiting:
            at = waiting.pop()
            if at in self.helpers:
                continue
            cell = self._of_spare(at)
            if cell is None or (cell.value is None and cell.formula is None):
                continue
            if len(self.helpers) >= MOST_HELPERS:
                raise UndecidedError(f"it depends on more than {MOST_HELPERS} other cells")
            if cell.formula is None:
                if isinstance(cell.value, float | str | bool):
                    self.helpers[at] = cell.value
                continue
            moved = self._moved(cell.formula, at)
            self.helpers[at] = moved
            waiting += [read for read in sorted(moved.reads) if not self.planned(read)]

    def _of_spare(self, at: At) -> Cell | None:
        """The cell of the file that a place of ours stands for which only helpers use."""
        sheet = self.sheets[at[0]]
        row, column = sheet.back(at[1], at[2])
        return self.book.sheets[sheet.title].cells.get((row, column))


def _refuse(function: str) -> None:
    if function in OUTSIDE:
        raise UndecidedError(f"{function} reaches outside the workbook")
    if function in BY_THEMSELVES:
        raise UndecidedError(f"{function} changes by itself, or leads anywhere")
