"""Patterns that read blocks through programs: VIEW, BACK and GATHER, as the formulas of cells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from workbook.errors import FormulaError
from workbook.formula.address import column_letters
from workbook.formula.grammar import Call, Name, Node, Number, Text, walk
from workbook.formula.parser import parse
from workbook.plan import views
from workbook.plan.place import Integers, Place

CALLS = ("VIEW", "BACK", "GATHER")
_OUTSIDE = "OUTSIDE("
_ABSENT = -1
Present = npt.NDArray[np.bool_]


def is_viewed(pattern: str) -> bool:
    """Whether a pattern reads any block through a program."""
    return any(f"{call}(" in pattern for call in CALLS)


@dataclass(frozen=True)
class Viewed:
    """What makes the formulas of one block.

    Args:
        place: of the block.
        find: a name in its pattern → the place of the block that it means.
        prefix: the sheet that a reference to a place names, as it is spelled.
    """

    place: Place
    find: Callable[[Name], Place]
    prefix: Callable[[Place], str]

    def texts(self, pattern: str) -> list[str]:
        """The formula of every cell, the last axis moving first.

        Raises:
            FormulaError: a view that does not fit, a range with gaps, or a cell that nothing reaches.
        """
        texts, present = self._fill(pattern)
        if present is not None and not present.all():
            raise FormulaError(f"{self._where}: BACK leaves cells without a value; GATHER gives them 0")
        return texts

    @property
    def _where(self) -> str:
        return f"sheet {self.place.title}, block {self.place.block.name}"

    def _fill(self, pattern: str) -> tuple[list[str], Present | None]:
        """The text of every cell, and which cells all of its references reach."""
        columns: list[list[str]] = []
        reached: Present | None = None
        at = 0
        for (low, high), node in _references(parse(pattern)):
            texts, present = self._reference(node, pattern[low:high])
            columns += [[pattern[at:low]] * self.place.count, texts]
            if present is not None:
                reached = present if reached is None else reached & present
            at = high
        columns.append([pattern[at:]] * self.place.count)
        return ["".join(parts) for parts in zip(*columns, strict=True)], reached

    def _reference(self, node: Name | Call, text: str) -> tuple[list[str], Present | None]:
        match node:
            case Name():
                return self._view(node, "", 0), None
            case Call("VIEW", (Name() as name, Text(program))):
                return self._view(name, program, 0), None
            case Call("VIEW", (Name() as name, Text(program), Number(rank))):
                return self._view(name, program, int(rank)), None
            case Call("BACK", (Name() as name, Text(shown), Text(program))):
                return self._back(name, shown, program)
            case Call("GATHER"):
                return self._gather(_arguments(text)), None
            case _:
                raise FormulaError(f"{self._where}: {node.function} takes a name and programs in quotes")

    def _view(self, name: Name, program: str, rank: int) -> list[str]:
        """The reference of each cell: to a cell, or to the range that the last `rank` dimensions are."""
        source = self.find(name)
        cells = views.apply(program, _numbered(source))
        outer = cells.shape[: cells.ndim - rank]
        if source.count == 1 and not program:
            cells = np.broadcast_to(cells, (self.place.count,))
        elif prod(outer) != self.place.count:
            where = f"{self._where}: {source.name} through {program!r}"
            raise FormulaError(f"{where} has {prod(outer)} places, expected {self.place.count}")
        first, last = views.ends(cells, rank)
        if not rank or prod(cells.shape[cells.ndim - rank :]) == 1:
            return self._spelled(source, first)
        return self._spelled(source, first, last, prod(cells.shape[cells.ndim - rank :]))

    def _back(self, name: Name, shown: str, program: str) -> tuple[list[str], Present]:
        """For each cell the reference to where a program over the formula's own block shows it."""
        source = self.find(name)
        own = views.apply(shown, _numbered(self.place)).ravel()
        theirs = views.apply(program, _numbered(source)).ravel()
        if own.size != theirs.size:
            raise FormulaError(f"{self._where}: BACK shows {own.size} cells of it and {theirs.size} of {source.name}")
        at = np.full(self.place.count, _ABSENT)
        at[own] = theirs
        return self._spelled(source, at), at != _ABSENT

    def _gather(self, terms: list[str]) -> list[str]:
        """For each cell the sum of the terms that reach it; where none does 0, or what OUTSIDE says."""
        outside = next((term[len(_OUTSIDE) : -1] for term in terms if term.startswith(_OUTSIDE)), "0")
        filled = [self._fill(term) for term in terms if not term.startswith(_OUTSIDE)]
        everywhere = np.ones(self.place.count, dtype=bool)
        reached = [(everywhere if present is None else present).tolist() for _, present in filled]
        texts = []
        for parts, present in zip(zip(*(t for t, _ in filled), strict=True), zip(*reached, strict=True), strict=True):
            there = [part for part, is_there in zip(parts, present, strict=True) if is_there]
            texts.append(there[0] if len(there) == 1 else f"({'+'.join(there)})" if there else outside)
        return texts

    def _spelled(self, source: Place, first: Integers, last: Integers | None = None, count: int = 1) -> list[str]:
        """The addresses of cells, or of the ranges between two; `$` where no cell's reference moves."""
        rows, columns = source.rows.ravel(), source.columns.ravel()
        ends = [first] if last is None else [first, last]
        if last is not None:
            sizes = (rows[last] - rows[first] + 1) * (columns[last] - columns[first] + 1)
            if (sizes != count).any():
                raise FormulaError(f"{self._where}: a range of {source.name} has gaps, or is no rectangle")
        prefix = self.prefix(source)
        present = first[first != _ABSENT]
        marks = ["$" if len(present) and (at[present] == at[present[0]]).all() else "" for at in (columns, rows)]
        spelled = []
        for end in ends:
            letters = {number: column_letters(number) for number in np.unique(columns[end]).tolist()}
            pairs = zip(columns[end].tolist(), rows[end].tolist(), strict=True)
            spelled.append([f"{marks[0]}{letters[column]}{marks[1]}{row}" for column, row in pairs])
        if len(spelled) == 1:
            return [prefix + text for text in spelled[0]]
        return [f"{prefix}{low}:{high}" for low, high in zip(*spelled, strict=True)]


def _numbered(place: Place) -> Integers:
    return np.arange(place.count).reshape(place.shape)


def _references(tree: Node) -> Iterator[tuple[tuple[int, int], Name | Call]]:
    """The names and the calls of CALLS in a pattern that stand in no other, each with where it stands, in its order."""
    found: list[tuple[tuple[int, int], Name | Call]] = []
    for node in walk(tree):
        if not isinstance(node, Name) and not (isinstance(node, Call) and node.function in CALLS):
            continue
        if not any(low <= node.span[0] < high for (low, high), _ in found):
            found.append((node.span, node))
    return iter(sorted(found, key=lambda each: each[0]))


def _arguments(call: str) -> list[str]:
    """The arguments of a call, as they are spelled."""
    inside = call[call.index("(") + 1 : -1]
    parts, depth, start, quoted = [], 0, 0, False
    for at, sign in enumerate(inside):
        if sign == '"':
            quoted = not quoted
        elif not quoted:
            depth += (sign == "(") - (sign == ")")
            if sign == "," and depth == 0:
                parts.append(inside[start:at])
                start = at + 1
    return [*parts, inside[start:]]
