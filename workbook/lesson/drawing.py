"""Drawings: the items that a sheet is laid out from, top to bottom, and the blocks that each shows."""

from dataclasses import dataclass

from workbook.lesson.by_hand import Diagram, Predictions, Tries

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
    """Where the parts of a long sheet stand: a row each, words that link to the first cell of a block.

    Without a heading they stand right under what is above them.
    """

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


def flat(item: Item) -> list[Item]:
    """The item itself, or the items of the parts that it puts side by side."""
    if not isinstance(item, Beside):
        return [item]
    return [inner for part in item.parts for one in part for inner in flat(one)]


def drawn(item: Item) -> list[str]:
    """The names of the blocks that an item draws."""
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
