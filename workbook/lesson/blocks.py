"""Blocks: arrays with named axes, and the functions that derive their numbers without the sheet."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from workbook.errors import LessonError

Array = npt.NDArray[Any]
Scalar = float | str
Role = Literal["input", "parameter", "formula", "result", "check", "recorded", "label", "forward", "backward", "update"]
Look = Literal["", "diverging", "sequential", "ink", "photo"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def check_name(name: str, what: str) -> None:
    """Raise LessonError unless a name is one that patterns and Python can spell."""
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
        check_name(self.name, "block")
        for axis in self.axis_names:
            check_name(axis, f"block {self.name}: axis")
        if len(set(self.axis_names)) != len(self.axis_names):
            raise LessonError(f"block {self.name}: axes {self.axes!r} name one axis twice")
        if not set(self.across_axes) <= set(self.axis_names):
            raise LessonError(f"block {self.name}: across {self.across!r} is none of its axes {self.axes!r}")

    @property
    def is_text(self) -> bool:
        """Whether its cells hold words."""
        return False

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
        """Whether its cells hold words."""
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
        quiet: an error in it is not shown: it depends on an answer that is still to come.
        verdict: it begins with ✓ where an answer is right, and is coloured so.
        judges: the block in its rows whose cells have the colour of the verdict too; none where empty.
    """

    pattern: str
    scale: str = ""
    bound: float = 1e-10
    reason: str = ""
    text: bool = False
    quiet: bool = False
    verdict: bool = False
    judges: str = ""

    def __post_init__(self) -> None:
        """Check that a looser bound comes with its reason."""
        super().__post_init__()
        if self.bound > 1e-10 and not self.reason:
            raise LessonError(f"formula {self.name}: the bound {self.bound:g} is looser than 1e-10 and gives no reason")

    @property
    def is_text(self) -> bool:
        """Whether its cells hold words."""
        return self.text


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
