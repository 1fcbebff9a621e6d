"""What a lesson is: frozen data that a person writes and that every other module reads.

A `Lesson` is one workbook. A `Sheet` holds *blocks*, arrays with named axes, of three kinds: `Given` (cells that a
person may change), `Formula` (a pattern: Excel text with block names in place of addresses) and `Recorded` (what a
seeded run produced). Its *layout* is a drawing of where the blocks stand; nobody writes an address. A `Derive` names
the pair of parallel functions, `engine.reference.MODULE.FUNCTION` and `engine.witness.MODULE.FUNCTION`, that compute
the same numbers without the sheet.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from workbook.errors import LessonError
from workbook.lesson.by_hand import Diagram, Predictions, Tries

Array = npt.NDArray[Any]
Scalar = float | str
Role = Literal["input", "parameter", "formula", "result", "check", "recorded", "label", "forward", "backward", "update"]
Look = Literal["", "diverging", "sequential", "ink", "photo"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_AGAIN = re.compile(r"(?<!\S)=([a-z][a-z0-9_]*)(?!\S)")


def _check_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name):
        raise LessonError(f"{what} {name!r}: expected lower-case letters, digits and underscores, a letter first")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A named array with named axes.

    Args:
        name: unique in its sheet; the name that mathematics, engine, report and code share.
        axes: the axes in the order of the mathematics, separated by blanks: `"user factor"`; empty for a scalar.
        across: the axes that run across columns, the others run down; the last one by default where there are two or
            more.
        title: the heading beside or above it.
        words: a sentence beside a scalar.
        note: a comment on its first cell, for what surprises.
        number_format: as a spreadsheet spells it.
        look: a colour scale, where a matrix is meant to be seen: diverging where numbers have a sign, sequential for
            sizes, ink and photo for pictures.
        role: which of the legend's styles its cells have; None for the one of its kind.
        width: the width of its columns, in characters; 0 for the usual one.
        height: the height of its rows, in points; 0 for the usual one.
        upright: text that stands upright, for long headings over narrow columns.
        wrapped: small text of up to three lines, for headings of some words over narrow columns.
        blank: the word that the sheet shows where the reference has NaN.
        frame: one line around all of it, as parameters have, in place of lines around its cells.
        rows: what each of its rows is called, left of it; its drawing has a free place there.
        columns: what each of its columns is called, above it.
        corner: what its columns are, left of their names.
        apart: the axes between whose steps a row, or a narrow column, stays empty: heads, images.
    """

    name: str
    axes: str = ""
    across: str | None = None
    title: str = ""
    words: str = ""
    note: str = ""
    number_format: str = "0.00"
    look: Look = ""
    role: Role | None = None
    width: float = 0
    height: float = 0
    upright: bool = False
    wrapped: bool = False
    blank: str = ""
    frame: bool = False
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    corner: str = ""
    apart: str = ""

    def __post_init__(self) -> None:
        """Check the names of the block and of its axes."""
        _check_name(self.name, "block")
        for axis in self.axis_names:
            _check_name(axis, f"block {self.name}: axis")
        if len(set(self.axis_names)) != len(self.axis_names):
            raise LessonError(f"block {self.name}: axes {self.axes!r} name one axis twice")
        if not set(self.across_axes) <= set(self.axis_names):
            raise LessonError(f"block {self.name}: across {self.across!r} is none of its axes {self.axes!r}")

    @property
    def axis_names(self) -> tuple[str, ...]:
        """The axes in the order of the mathematics."""
        return tuple(self.axes.split())

    @property
    def across_axes(self) -> tuple[str, ...]:
        """The axes that run across columns."""
        if self.across is not None:
            return tuple(self.across.split())
        return self.axis_names[-1:] if len(self.axis_names) > 1 else ()

    @property
    def down_axes(self) -> tuple[str, ...]:
        """The axes that run down rows."""
        return tuple(axis for axis in self.axis_names if axis not in self.across_axes)


@dataclass(frozen=True, kw_only=True)
class Given(Block):
    """Input cells.

    Args:
        value: the default of a scalar; arrays come from the lesson's data.
        low: the least number allowed.
        high: the largest number allowed.
        whole: whole numbers only.
        choices: the words of a drop-down, or the name of the block that holds them.
        text: its cells are words.
        fixed: a constant of the layout (a numbering, a title): locked.
        unit: by how much a test moves a zero to see that it matters; the step of the quantity.
        probe: the value that a test sets in place of one moved by a tenth, for a tolerance that only matters when it is
            large.
        optional: its cells may be empty (NaN), and are as it is handed out: they wait for a learner's answer.
    """

    value: Scalar | None = None
    low: float | None = None
    high: float | None = None
    whole: bool = False
    choices: tuple[str, ...] | str = ()
    text: bool = False
    fixed: bool = False
    unit: float = 1.0
    probe: float | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        """Check that the default value is one that the sheet would accept."""
        super().__post_init__()
        if self.axes and self.value is not None:
            raise LessonError(f"given {self.name}: only a scalar has a default value; an array's comes with the data")
        if self.value is not None:
            self.check(np.asarray(self.value, dtype=object if self.is_text else np.float64), f"given {self.name}")

    @property
    def is_text(self) -> bool:
        """Whether its cells are words."""
        return self.text or bool(self.choices)

    def check(self, value: Array, where: str) -> None:
        """Raise LessonError unless every entry of value is one that the sheet accepts."""
        if self.is_text:
            if isinstance(self.choices, tuple) and self.choices:
                for entry in value.ravel():
                    if entry not in self.choices:
                        raise LessonError(f"{where}: found {entry!r}, expected one of {', '.join(self.choices)}")
            return
        low, high = -np.inf if self.low is None else self.low, np.inf if self.high is None else self.high
        if self.optional:
            value = value[~np.isnan(value)]
        if not np.isfinite(value).all() or (value < low).any() or (value > high).any():
            bad = value[~(np.isfinite(value) & (value >= low) & (value <= high))].ravel()[0]
            raise LessonError(f"{where}: found {bad:g}, expected a number from {low:g} to {high:g}")
        if self.whole and (value != np.round(value)).any():
            bad = value[value != np.round(value)].ravel()[0]
            raise LessonError(f"{where}: found {bad:g}, expected a whole number")


@dataclass(frozen=True, kw_only=True)
class Formula(Block):
    """Cells that a spreadsheet computes.

    Args:
        pattern: Excel text with block names for addresses; a bare name copies that block.
        scale: the blocks that it subtracts from each other: its errors are measured against their largest magnitude
            too.
        bound: the largest error allowed, relative to the scale.
        reason: why the bound is looser than 1e-10; required where it is.
        text: its cells are words.
        quiet: an error in it is not shown: it hangs on an answer that is still to come.
        verdict: it begins with ✓ where an answer is right, and is coloured so.
    """

    pattern: str
    scale: str = ""
    bound: float = 1e-10
    reason: str = ""
    text: bool = False
    quiet: bool = False
    verdict: bool = False

    def __post_init__(self) -> None:
        """Check that a looser bound comes with its reason."""
        super().__post_init__()
        if self.bound > 1e-10 and not self.reason:
            raise LessonError(f"formula {self.name}: the bound {self.bound:g} is looser than 1e-10 and gives no reason")


@dataclass(frozen=True, kw_only=True)
class Recorded(Block):
    """What a seeded run produced; locked.

    Args:
        made_by: the function that made it, `engine.runs.training.NAME`; the code panel shows it.
    """

    made_by: str


@dataclass(frozen=True)
class Derive:
    """The parallel functions of reference and witness that compute some blocks of a sheet.

    Args:
        function: `module.function`, in engine.reference and (where torch has the quantity) in engine.witness.
        inputs: parameter → block, where their names differ; `sheet.block` for another sheet's.
        outputs: result → block, where their names differ.
        families: parameter or result that is a mapping → its keys, each with its block: what a step of Adam takes and
            gives of every matrix.
        step: the axis along which it advances, one call a step; its state is every block whose pattern is a bare PREV
            of one of its results.
        state: parameter → the result that it is the step before of, and the block that it starts from, for state that
            patterns read by PREV in place and no block of its own shows.
        elementwise: the function takes all steps at once as well as one, each from its own state.
        handed: the parameters that a verification takes from the recalculated sheet, as it does the state of a step:
            what earlier cells hand over, where the function would magnify their rounding.
        shown: whether the code panel shows it.
    """

    function: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    families: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    step: str = ""
    state: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    elementwise: bool = False
    handed: tuple[str, ...] = ()
    shown: bool = True


Numbers = Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Computed:
    """Blocks whose values a lesson computes by functions that it brings along, and that no module of engine holds.

    Args:
        reads: the blocks that both functions take, as `sheet.block`.
        makes: the formula blocks that they compute.
        reference: values → values, by NumPy.
        witness: values and a device → values of some of them, by torch.
        sizes: values → for some blocks the magnitude of what their sums are made of, against which errors are measured;
            for a sum of numbers that cancel.
        handed: which of `reads` a verification takes from the recalculated sheet: see `Derive`.
    """

    reads: tuple[str, ...]
    makes: tuple[str, ...]
    reference: Callable[[Numbers], Numbers]
    witness: Callable[[Numbers, str], Numbers]
    sizes: Callable[[Numbers], Mapping[str, float]]
    handed: tuple[str, ...] = ()


QUIET = 7
"""The colour of what only gives bearings in a chart: level lines, a best line."""


@dataclass(frozen=True)
class Series:
    """One line or one cloud of points of a chart: the block's values, against `x`'s.

    Args:
        values: the block, or `sheet.block`.
        name: what the legend says.
        x: the block of the other axis; the numbers from 1 where empty.
        at: where along its axes after the first.
        kind: a line or points, where the chart draws the other.
        colour: its number in the palette, QUIET is a thin grey line, for what only gives bearings. None: the one
            that its name has in all charts of the workbook.
        dash: the number of its dashes; as its colour's where None.
        named: its name stands right of its last point; below it where its points are not joined.
        named_by: the scalar block whose words are its name, in place of `name`.
    """

    values: str
    name: str
    x: str = ""
    at: tuple[int, ...] | None = None
    kind: Literal["", "line", "points"] = ""
    colour: int | None = None
    dash: int | None = None
    named: bool = False
    named_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart.

    `kind` "line" joins points, "points" draws them, "labelled" draws one named series a point (names from `labels`).
    Where `x_high`, `y_low` or `y_high` is None, the program chooses that end of the axis. The legend stands below (`b`)
    or right (`r`), or there is none.
    """

    name: str
    title: str
    series: tuple[Series, ...]
    x_title: str
    y_title: str
    alt: str
    kind: Literal["line", "points", "labelled"] = "line"
    labels: str = ""
    log_x: bool = False
    log_y: bool = False
    x_high: float | None = None
    y_low: float | None = None
    y_high: float | None = None
    y_format: str = "General"
    legend: Literal["", "b", "r"] = "b"
    columns: int = 8
    rows: int = 18


SIGNS = ("×", "÷", "+", "−", "=", "→", "←", "↓", "↑")
"""What a drawing may have between two blocks, as a word of its own."""


APART = "---"
"""The line between parts of a drawing that have columns of their own."""


@dataclass(frozen=True)
class Grid:
    """A drawing of blocks: a line a band, a word a block; `.` is an empty place, `|` a narrow gap, `×` a sign.

    `=name` draws a block again that stands elsewhere on the sheet, as cells that copy it: what rows are called, say.

    A line `---` stands between parts whose columns need not line up.

    `tight` bands follow each other without an empty row, but where the drawing has an empty line. What a block is
    called then stands above the names of its columns, where a band of names lies on it.
    """

    text: str
    tight: bool = False


@dataclass(frozen=True)
class Repeat:
    """A drawing repeated down the sheet, once for each step of an axis, under a heading such as `Step 3`.

    `tight` is as a `Grid`'s.
    """

    axis: str
    text: str
    label: str = "Step {}"
    tight: bool = False


@dataclass(frozen=True)
class Pictures:
    """Pictures of square cells, side by side and one row of them below the other.

    Args:
        picture: the block: over (row, column) one picture, over (tier, place, row, column) tiers of them.
        caption: the block over (tier, place) whose words stand above each picture; none where empty.
        points: how wide and high a cell is.
    """

    picture: str
    caption: str = ""
    points: float = 6.0


@dataclass(frozen=True)
class Fields:
    """Scalars one below the other: heading, value, words."""

    names: str


@dataclass(frozen=True)
class Row:
    """A row of a `Table`: its name, its blocks (`.` is an empty place), and words at its end."""

    label: str
    names: str
    words: str = ""


@dataclass(frozen=True)
class Table:
    """Scalars in rows and columns; a heading for each column, for the rows' names and their words too.

    A `tight` one follows the sentences above it without an empty row.
    """

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    tight: bool = False


@dataclass(frozen=True)
class Words:
    """A section heading and the sentences under it; either may be empty."""

    heading: str = ""
    text: str = ""


@dataclass(frozen=True)
class Charts:
    """Charts side by side."""

    names: str


@dataclass(frozen=True)
class Links:
    """The workbook's sheets in order, each a link with its sentence."""


@dataclass(frozen=True)
class Legend:
    """The cell styles, each shown on a cell, with what it means."""


@dataclass(frozen=True)
class Badge:
    """What the numbers were checked against; the writer fills it in."""


@dataclass(frozen=True)
class Unprinted:
    """What follows is for the screen: a print ends here."""


@dataclass(frozen=True)
class Codes:
    """The code of every sheet, one after the other, the shortest first."""


@dataclass(frozen=True)
class Ways:
    """Where the parts of a long sheet stand: a row each, words that link to the first cell of a block."""

    rows: tuple[tuple[str, str], ...]
    heading: str = "Where it stands, in reading order"


@dataclass(frozen=True)
class Terms:
    """The words of the field that the workbook uses, each with its meaning and a link to where it first stands."""


@dataclass(frozen=True)
class Listing:
    """Pairs of words, a row each: a name and what it is; the `marked` one stands out."""

    rows: tuple[tuple[str, str], ...]
    marked: str = ""


@dataclass(frozen=True)
class Beside:
    """Parts of a sheet side by side, each with items of its own from top to bottom."""

    parts: tuple[tuple["Item", ...], ...]


Item = (
    Grid
    | Repeat
    | Pictures
    | Fields
    | Table
    | Words
    | Charts
    | Links
    | Legend
    | Badge
    | Unprinted
    | Codes
    | Terms
    | Listing
    | Ways
    | Beside
    | Diagram
    | Predictions
    | Tries
)


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

    def __post_init__(self) -> None:
        """Check that names are unique and that the layout shows every block once, or again with `=`."""
        _check_name(self.name, "sheet")
        self._declare_copies()
        names = [block.name for block in self.blocks]
        for name in names:
            if names.count(name) > 1:
                raise LessonError(f"sheet {self.name}: block {name!r} is declared twice")
        drawn = [word for item in self.items() for word in _drawn(item)]
        for name in drawn:
            if name not in names:
                raise LessonError(f"sheet {self.name}: the layout draws {name!r}; known: {', '.join(names)}")
            if drawn.count(name) > 1:
                raise LessonError(f"sheet {self.name}: the layout draws {name!r} twice")
        for name in names:
            if name not in drawn:
                raise LessonError(f"sheet {self.name}: the layout does not draw block {name!r}")
        charted = [word for item in self.items() if isinstance(item, Charts) for word in item.names.split()]
        declared = [chart.name for chart in self.charts]
        if sorted(charted) != sorted(declared):
            raise LessonError(f"sheet {self.name}: the layout places the charts {charted}, declared are {declared}")

    def _declare_copies(self) -> None:
        """Put a block that copies `name` in place of each `=name` of a drawing: `name_2`, `name_3` and so on."""
        copies: list[Formula] = []

        def declared(match: re.Match[str]) -> str:
            source = self.block(match[1])
            number = 2 + sum(copy.pattern == source.name for copy in copies)
            shared = {each.name: getattr(source, each.name) for each in fields(Block)}
            if isinstance(source, Given) and source.fixed:
                shared["role"] = source.role or "label"
            is_text = source.is_text if isinstance(source, Given) else isinstance(source, Formula) and source.text
            role = source.role or ("label" if isinstance(source, Given) and source.fixed else None)
            copy = Formula(
                **{**shared, "name": f"{source.name}_{number}", "note": "", "role": role},
                pattern=source.name,
                text=is_text,
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
        """What its layout holds, from top to bottom, the items of parts that stand side by side among them."""
        return tuple(item for top in self.layout for item in _flat(top))

    def block(self, name: str) -> Given | Formula | Recorded:
        """The block of that name."""
        for block in self.blocks:
            if block.name == name:
                return block
        known = ", ".join(block.name for block in self.blocks)
        raise LessonError(f"sheet {self.name}: no block named {name!r}; known: {known}")


def _flat(item: Item) -> list[Item]:
    if not isinstance(item, Beside):
        return [item]
    return [inner for part in item.parts for one in part for inner in _flat(one)]


def _drawn(item: Item) -> list[str]:
    match item:
        case Grid(text) | Repeat(text=text):
            return [word for word in text.split() if word not in (".", "|", APART, *SIGNS)]
        case Predictions(rows):
            return [name for row in rows for name in (row.answer, row.verdict)]
        case Fields(names):
            return names.split()
        case Table(rows=rows):
            return [word for line in rows for word in line.names.split() if word != "."]
        case Pictures(picture, caption):
            return [picture, caption] if caption else [picture]
        case _:
            return []


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
    """Hears of work: what is being done, how much of how much is done."""

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
