"""What a lesson is: frozen data that a person writes and that every other module reads.

A `Lesson` is one workbook. A `Sheet` holds *blocks*, arrays with named axes, of three kinds: `Given` (cells that a
person may change), `Formula` (a pattern: Excel text with block names in place of addresses) and `Recorded` (what a
seeded run produced). Its *layout* is a drawing of where the blocks stand; nobody writes an address. A `Derive` names
the pair of parallel functions, `engine.reference.MODULE.FUNCTION` and `engine.witness.MODULE.FUNCTION`, that compute
the same numbers without the sheet.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

from workbook.errors import LessonError
from workbook.lesson.blocks import (
    Array,
    Block,
    Computed,
    Derive,
    Formula,
    Given,
    Look,
    Numbers,
    Recorded,
    Role,
    Scalar,
    check_name,
)
from workbook.lesson.charts import QUIET, Chart, Series
from workbook.lesson.drawing import (
    APART,
    SIGNS,
    Badge,
    Beside,
    Charts,
    Codes,
    Fields,
    Grid,
    Item,
    Legend,
    Links,
    Listing,
    Pictures,
    Repeat,
    Row,
    Table,
    Terms,
    Unprinted,
    Ways,
    Words,
    drawn,
    flat,
)

__all__ = [
    "APART",
    "QUIET",
    "SIGNS",
    "Array",
    "Badge",
    "Beside",
    "Block",
    "Chart",
    "Charts",
    "Codes",
    "Computed",
    "Data",
    "Derive",
    "Fields",
    "Formula",
    "Given",
    "Grid",
    "Item",
    "Legend",
    "Lesson",
    "Links",
    "Listing",
    "Look",
    "Numbers",
    "Option",
    "Pictures",
    "Progress",
    "Recorded",
    "Repeat",
    "Role",
    "Row",
    "Scalar",
    "Series",
    "Sheet",
    "Solver",
    "Table",
    "Terms",
    "Unprinted",
    "Ways",
    "Words",
]

_AGAIN = re.compile(r"(?<!\S)=([a-z][a-z0-9_]*)(?!\S)")


@dataclass(frozen=True)
class Solver:
    """What Excel's Solver opens with: minimise `target` by changing `changing` (at most 200 cells)."""

    target: str
    changing: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet: words, blocks, layout, charts, and the functions that derive its numbers without it.

    Args:
        name: what patterns call it.
        title: what its tab says.
        heading: what A1 says, where it is not the title.
        words: the sentences under the heading; a blank line parts paragraphs.
        tries: what to change and what to watch then, in a sentence that ends the words; an exercise, where nothing but
            answers may be changed, is handed out without it.
        blocks: its arrays.
        layout: where they stand, from top to bottom.
        charts: its charts.
        derive: the functions that compute its formulas' values without it.
        computed: such functions that the lesson brings along; they may make blocks of other sheets too.
        summary: the sentence beside its link on the first sheet.
        freeze: the block whose first cell is the first that scrolls.
        keep_labels: the title and the first column, which holds what rows are called, stay in view.
        solver: what Excel's Solver opens with.
        step: the axis along which PREV looks back, where neither a Repeat nor a Derive names it; a block without it
            looks back along its only axis.
        one_page: a print is one page, however small that makes it.
        portrait: it is printed on paper that is higher than wide.
        column_width: how wide its columns are, in characters, where no block asks for another width; 0 for the usual.
        experts: what frameworks and the lecture do, for those who know them; it stands last.
        shapes: headings in drawings say how many rows and columns a block has.
    """

    name: str
    title: str
    heading: str = ""
    words: str
    blocks: tuple[Given | Formula | Recorded, ...] = ()
    layout: tuple[Item, ...] = ()
    charts: tuple[Chart, ...] = ()
    derive: tuple[Derive, ...] = ()
    computed: tuple[Computed, ...] = ()
    summary: str = ""
    freeze: str = ""
    keep_labels: bool = False
    solver: Solver | None = None
    step: str = ""
    one_page: bool = False
    portrait: bool = False
    column_width: float = 0
    shapes: bool = False
    experts: str = ""
    tries: str = ""

    @property
    def said(self) -> str:
        """All sentences that stand under the heading."""
        return f"{self.words.rstrip()} {self.tries}".rstrip()

    def __post_init__(self) -> None:
        """Check that names are unique and that the layout shows every block once, or again with `=`."""
        check_name(self.name, "sheet")
        self._declare_copies()
        names = [block.name for block in self.blocks]
        for name in names:
            if names.count(name) > 1:
                raise LessonError(f"sheet {self.name}: block {name!r} is declared twice")
        shown = [word for item in self.items() for word in drawn(item)]
        for name in shown:
            if name not in names:
                raise LessonError(f"sheet {self.name}: the layout draws {name!r}; known: {', '.join(names)}")
            if shown.count(name) > 1:
                raise LessonError(f"sheet {self.name}: the layout draws {name!r} twice")
        for name in names:
            if name not in shown:
                raise LessonError(f"sheet {self.name}: the layout does not draw block {name!r}")
        charted = [word for item in self.items() if isinstance(item, Charts) for word in item.names.split()]
        declared = [chart.name for chart in self.charts]
        if sorted(charted) != sorted(declared):
            raise LessonError(f"sheet {self.name}: the layout places the charts {charted}, declared are {declared}")

    def _declare_copies(self) -> None:
        """Replace each `=name` of a drawing by a block that copies `name`: `name_2`, `name_3` and so on."""
        copies: list[Formula] = []

        def declared(match: re.Match[str]) -> str:
            source = self.block(match[1])
            number = 2 + sum(copy.pattern == source.name for copy in copies)
            shared = {each.name: getattr(source, each.name) for each in fields(Block)}
            role = source.role or ("label" if isinstance(source, Given) and source.fixed else None)
            copy = Formula(
                **{**shared, "name": f"{source.name}_{number}", "note": "", "role": role},
                pattern=source.name,
                text=source.is_text,
            )
            copies.append(copy)
            return copy.name

        def spelled(items: tuple[Item, ...]) -> tuple[Item, ...]:
            return tuple(
                replace(item, text=_AGAIN.sub(declared, item.text))
                if isinstance(item, Grid | Repeat)
                else Beside(tuple(map(spelled, item.parts)))
                if isinstance(item, Beside)
                else item
                for item in items
            )

        object.__setattr__(self, "layout", spelled(self.layout))
        object.__setattr__(self, "blocks", (*self.blocks, *copies))

    def items(self) -> tuple[Item, ...]:
        """The items of its layout from top to bottom, with those of parts that stand side by side."""
        return tuple(item for top in self.layout for item in flat(top))

    def block(self, name: str) -> Given | Formula | Recorded:
        """The block of that name."""
        for block in self.blocks:
            if block.name == name:
                return block
        known = ", ".join(block.name for block in self.blocks)
        raise LessonError(f"sheet {self.name}: no block named {name!r}; known: {known}")


@dataclass(frozen=True)
class Option:
    """A choice that the command line offers for a lesson: `--name`; `path` is a file's or, by `metavar`, a folder's."""

    name: str
    kind: type[int] | type[str]
    default: int | str | None
    help: str
    low: int | None = None
    high: int | None = None
    path: bool = False
    metavar: str = ""


@dataclass(frozen=True)
class Data:
    """What a lesson's sheets are made from.

    Args:
        sizes: axis → length.
        values: `sheet.block` → array, for every given array and every recorded block.
        facts: sentences that depend on the data (a source, a sample) and numbers that the layout needs.
        digest: SHA-256 of the data read.
    """

    sizes: Mapping[str, int]
    values: Mapping[str, Array]
    facts: Mapping[str, str]
    digest: str


class Progress(Protocol):
    """A listener to progress: what is being done, and how much of it is done."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Report that `done` of `total` parts of `what` are done."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """One workbook.

    Args:
        name: the name of command and file.
        title: its name for people.
        options: what its command line takes.
        load: options, seed → the data and the recorded runs.
        sheets: sizes, facts → the sheets.
        file: the name of its file, where that is not its own.
        quantities: a plan of it → where the quantities stand that others may want to compare, for the report.
        work: how long its build takes beside those of the other lessons; of several the longest is begun first.
    """

    name: str
    title: str
    options: tuple[Option, ...]
    load: Callable[[Mapping[str, Any], int, Progress], Data]
    sheets: Callable[[Mapping[str, int], Mapping[str, str]], tuple[Sheet, ...]]
    file: str = ""
    quantities: Callable[[Any], Mapping[str, Any]] | None = None
    work: float = 1.0

    @property
    def file_name(self) -> str:
        """The name of its workbook, without an ending."""
        return self.file or self.name
