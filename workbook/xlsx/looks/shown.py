"""What a file can show around its values: styles, conditions, charts, sheets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbook.formula.address import cell_address
from workbook.formula.rectangle import Rectangle
from workbook.xlsx.guard import Attributes
from workbook.xlsx.looks.colours import OFFICE, Theme
from workbook.xlsx.looks.rich import Run
from workbook.xlsx.looks.sparklines import Sparkline
from workbook.xlsx.looks.tables import ShownTable


@dataclass(frozen=True, slots=True)
class Line:
    """A line at the edge of a cell: its kind, as the file calls it (`thin`, `double`), and its colour."""

    kind: str
    colour: str = "000000"


PLAIN_SIDES: tuple[Line | None, ...] = (None,) * 4


@dataclass(frozen=True, slots=True)
class Face:
    """How the signs of a cell are set, beside what `Style` says of them.

    `family` is `mono`, `serif` or empty; `raised` is `super`, `sub` or empty; `double` says that two lines are under
    them, `shrunk` that they are made so small that they fit, `box` that true and false are a box to tick.
    """

    family: str = ""
    raised: str = ""
    double: bool = False
    shrunk: bool = False
    box: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """How a cell looks: its number format, the colours of its signs and of its ground as six hexadecimal digits.

    The size of its signs, in points, where they stand and the lines around them make no other style of it: programs
    that save it may round. `rotation` is as files have it: degrees up to 90, from 91 on what is over 90 downwards, 255
    for letters below each other; `indent` counts steps of about three signs; `sides` are top, right, bottom and left.
    """

    number_format: str
    ink: str
    ground: str
    bold: bool = False
    italic: bool = False
    align: str = ""
    wrap: bool = False
    size: float = field(default=11.0, compare=False)
    underline: bool = field(default=False, compare=False)
    strike: bool = field(default=False, compare=False)
    vertical: str = field(default="", compare=False)
    rotation: int = field(default=0, compare=False)
    indent: int = field(default=0, compare=False)
    sides: tuple[Line | None, ...] = field(default=PLAIN_SIDES, compare=False)
    face: Face = field(default=Face(), compare=False)


@dataclass(frozen=True)
class Condition:
    """A validation or a conditional format: what it says, the cells that it is for, and what it changes of their looks.

    `options` are the attributes of its element, and of the element in it that holds a colour scale, bars or icons.
    """

    kind: str
    says: tuple[str, ...]
    ranges: tuple[Rectangle, ...]
    number_format: str = ""
    ink: str = ""
    ground: str = ""
    bold: bool = field(default=False, compare=False)
    italic: bool = field(default=False, compare=False)
    strike: bool = field(default=False, compare=False)
    options: Attributes = field(default_factory=dict, compare=False)

    @property
    def first(self) -> str:
        """The address of its first cell; empty where it has none."""
        return cell_address(*self.ranges[0][:2]) if self.ranges else ""


@dataclass(frozen=True, slots=True)
class Differential:
    """What a conditional format changes: a number format, the colours of signs and of the ground, how signs are set."""

    number_format: str = ""
    ink: str = ""
    ground: str = ""
    bold: bool = False
    italic: bool = False
    strike: bool = False


@dataclass(frozen=True)
class FileChart:
    """A chart: the words of its titles, and of each series name, x and y."""

    titles: tuple[str, ...]
    series: tuple[tuple[str, str, str], ...]


@dataclass
class SheetLooks:
    """One sheet.

    Args:
        styles: (row, column) → the number of its style, where it is not 0.
        hidden: rows and columns that are hidden, or have no height or width, such as `rows 3 to 9`.
        validations: what cells accept.
        rules: the conditional formats.
        notes: address → the words of the note on the cell.
        links: address → where a link leads.
        charts: its charts.
        shapes: how many pictures, text boxes and other shapes lie on it.
        settings: what of its view hides values: `formulas in place of values`.
        widths: column → its width in signs, where the file says it.
        heights: row → its height in points, where the file says it.
        hidden_heights: row → the height of a hidden one once it is shown; `hidden_widths` likewise of columns.
        row_levels: row → how deep it lies in groups that open and close; `column_levels` likewise.
        summary_below: whether the row below a group opens it, not the one above; `summary_right` likewise.
        row_height: the height in points of rows that the file says nothing of, where it says so.
        column_width: the same of columns, in signs.
        frozen: how many rows and columns stay in view.
        lined: whether the lines between cells are seen.
        row_styles: row → the style of its cells that have none of their own.
        column_styles: column → the style of its cells that have none of their own.
        rich: (row, column) → the runs of a text whose parts look different.
        tables: Excel's tables on it.
        sparklines: the small charts in its cells.
    """

    styles: dict[tuple[int, int], int] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    validations: list[Condition] = field(default_factory=list)
    rules: list[Condition] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    charts: list[FileChart] = field(default_factory=list)
    shapes: int = 0
    settings: list[str] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    hidden_heights: dict[int, float] = field(default_factory=dict)
    hidden_widths: dict[int, float] = field(default_factory=dict)
    row_levels: dict[int, int] = field(default_factory=dict)
    column_levels: dict[int, int] = field(default_factory=dict)
    summary_below: bool = True
    summary_right: bool = True
    row_height: float | None = None
    column_width: float | None = None
    frozen: tuple[int, int] = (0, 0)
    lined: bool = True
    row_styles: dict[int, int] = field(default_factory=dict)
    column_styles: dict[int, int] = field(default_factory=dict)
    rich: dict[tuple[int, int], tuple[Run, ...]] = field(default_factory=dict)
    tables: list[ShownTable] = field(default_factory=list)
    sparklines: list[Sparkline] = field(default_factory=list)


@dataclass(frozen=True)
class Looks:
    """A file, but for its sheets.

    Args:
        styles: what each number of a style stands for.
        calculation: the attributes of `calcPr`.
        parts: the names of all parts.
        outside: part → what it links to outside the file.
        active: the place of the sheet that it was left at.
        theme: the colours of its theme.
        table_styles: name → the kind of its part → its look, of the table styles of its own.
    """

    styles: tuple[Style, ...]
    calculation: Attributes
    parts: tuple[str, ...]
    outside: tuple[tuple[str, str], ...]
    active: int = 0
    theme: Theme = OFFICE
    table_styles: Mapping[str, Mapping[str, Differential]] = field(default_factory=dict)

    def style(self, number: int) -> Style:
        """A style; the usual one where the file has none of that number."""
        return self.styles[number] if number < len(self.styles) else Style("General", "000000", "FFFFFF")
