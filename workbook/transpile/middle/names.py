"""Names for arrays, as a reader of the sheet would call them: our own blocks, defined names, headings, labels, titles."""

import builtins
import keyword
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from workbook.errors import FormulaError
from workbook.formula.grammar import Range
from workbook.formula.parser import parse
from workbook.formula.rectangle import Rectangle, cell_count, rectangle
from workbook.transpile.front.tree import Ref
from workbook.transpile.middle.blocks import Blocks
from workbook.transpile.middle.program import Program
from workbook.transpile.middle.variables import Variable
from workbook.transpile.runtime import HELPERS
from workbook.xlsx.read import Book

_MOST_WORDS = 5
_LONGEST = 40
_REACH = 3
_WIDEST, _TALLEST = 64, 40
"""How far a heading may stand from what it heads, of a block of columns and of a table's rows."""
_SIGNS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "Δ": "delta", "ε": "eps", "η": "eta", "θ": "theta",
    "λ": "lambda", "μ": "mu", "ρ": "rho", "σ": "sigma", "Σ": "sum", "τ": "tau", "φ": "phi", "χ": "chi", "ω": "omega",
    "π": "pi", "∂": "d", "√": "root", "−": " minus ", "+": " plus ", "×": " times ", "·": " times ", "%": " percent ",
    "#": " number ", "ŷ": "y_hat", "²": "2", "ᵗ": "", "∞": "infinity", "≤": " at most ", "≥": " at least ",
}  # fmt: skip
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
STANDARD = (
    "bisect", "calendar", "cmath", "datetime", "fractions", "functools", "itertools", "math", "random", "re", "statistics",
)  # fmt: skip
"""What a script's helpers may import."""
_PYTHON = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins)))
# fmt: off
_OF_SCRIPTS = frozenset((
    "argparse", "json", "zipfile", "SimpleNamespace", "Path", "np", "torch", "ARRAYS", "CELLS", "DEVICE", "tensor",
    "stack", "codes", "CODES", "stored", "words", "inputs", "compute", "dump", "main", "book", "sliding_window_view", "i", "j", "t",
))
# fmt: on
_ALWAYS = _PYTHON | _OF_SCRIPTS | frozenset(STANDARD)
RESERVED = _ALWAYS | frozenset(HELPERS)
"""What nothing in a script may be called: Python's own words, and those of the script."""


@lru_cache(maxsize=4096)
def slug(text: str) -> str:
    """A text as a Python name of up to five words; empty where nothing of it can be one.

    >>> slug("de/db"), slug("new a"), slug("1 − β1ᵗ"), slug("Σ w²"), slug("???")
    ('de_db', 'new_a', 'one_minus_beta1', 'sum_w2', '')
    """
    spelled = "".join(_SIGNS.get(sign, sign) for sign in text)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())[:_MOST_WORDS]
    name = "_".join(words)
    if name and name[0].isdigit():
        rest = name.lstrip("0123456789")
        name = (_DIGITS[int(name[0])] if name[1:] == rest else f"n{name[: len(name) - len(rest)]}") + rest
    return name[:_LONGEST].strip("_")


@dataclass(frozen=True, slots=True)
class Named:
    """The names of a program: those of sheets by title, those of variables by their ids."""

    sheets: Mapping[str, str]
    variables: Mapping[int, str]


def give_names(
    book: Book, program: Program, words: Mapping[str, "Headings"], helpers: Collection[str] = HELPERS
) -> Named:
    """A name for every variable of the program, and for each sheet.

    Names are unique within a sheet, and among what is computed together; never a word of Python or of the script.

    Args:
        book: the workbook.
        program: its program.
        words: the words of its sheets.
        helpers: the helpers that the script holds.
    """
    reserved = _ALWAYS | frozenset(helpers)
    sheets = _sheet_names(program, reserved)
    blocks, defined = Blocks(book), _defined(book)
    taken: dict[str, set[str]] = defaultdict(lambda: set(sheets.values()))
    variables = [*program.inputs, *(v for group in program.groups for v in group.variables)]
    together = {id(v): group.sheets for group in program.groups for v in group.variables}

    names: dict[int, str] = {}
    counts: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)

    def name(variable: Variable, wanted: str) -> None:
        titles = together.get(id(variable), (variable.sheet,))
        plain = wanted or variable.address.lower().replace(":", "_")
        spaces = [taken[title] for title in titles]
        names[id(variable)] = claim(plain, *spaces, reserved=reserved, counts=counts[titles])

    copies: list[Variable] = []
    for variable in sorted(variables, key=lambda v: (v.sheet, -v.height * v.width, v.row, v.column)):
        wanted = slug(blocks.name(variable.sheet, variable.rectangle).replace("_", " "))
        wanted = wanted or defined.get((variable.sheet, variable.rectangle)) or words[variable.sheet].name(variable)
        if not wanted and isinstance(variable.tree, Ref):
            copies.append(variable)
            continue
        name(variable, wanted)
    for variable in copies:
        source = program.map.within(variable.tree.sheet, variable.tree.hull(variable.height, variable.width))
        name(variable, names.get(id(source[0]), "") if len(source) == 1 else "")
    return Named(sheets, names)


def _sheet_names(program: Program, reserved: frozenset[str]) -> dict[str, str]:
    titles = dict.fromkeys(
        [*(v.sheet for v in program.inputs), *(v.sheet for group in program.groups for v in group.variables)]
    )
    taken: set[str] = set()
    return {title: claim(slug(title) or "sheet", taken, reserved=reserved) for title in titles}


def claim(
    name: str, *taken: set[str], reserved: frozenset[str] = RESERVED, counts: dict[str, int] | None = None
) -> str:
    """The name, or it with something after it where it is reserved or in one of the sets; they have it from then on.

    Args:
        name: the name wanted.
        taken: the sets.
        reserved: names that nothing may have.
        counts: for the same sets again, up to which number each name is taken: so the thousandth is found at once.
    """
    name = f"{name}_" if name in reserved else name
    counts = {} if counts is None else counts
    count = counts.get(name, 1)
    free = name if count == 1 else f"{name}_{count}"
    while any(free in names for names in taken):
        count += 1
        free = f"{name}_{count}"
    counts[name] = count
    for names in taken:
        names.add(free)
    return free


def _defined(book: Book) -> Mapping[tuple[str, Rectangle], str]:
    """What defined names stand for one rectangle each: its sheet and corners → the name as Python spells it."""
    found: dict[tuple[str, Rectangle], str] = {}
    titles = {title.lower(): title for title in book.sheets}
    for name, text in book.names.items():
        bare = name.rpartition("!")[2]
        if bare.lower().startswith(("_xl", "solver_")):
            continue
        try:
            node = parse(text)
        except FormulaError:
            continue
        if isinstance(node, Range) and node.sheet.lower() in titles:
            title = titles[node.sheet.lower()]
            own = f"{slug(title)}."
            spelled = slug((bare[len(own) :] if bare.startswith(own) else bare).replace("_", " "))
            if spelled:
                found.setdefault((title, (*node.first, *node.last)), spelled)
    return found


class Headings:
    """The words of one sheet, and which of them name an array."""

    def __init__(self, book: Book, title: str) -> None:
        self._texts: dict[tuple[int, int], str] = {}
        self._rows: dict[tuple[int, int], int] = {}
        """What `_heading_row` has found of cells."""
        self._filled = frozenset(book.sheets[title].cells)
        sheet = book.sheets[title]
        for place, cell in sheet.cells.items():
            is_heading = cell.formula is None and place not in sheet.linked
            if isinstance(cell.value, str) and is_heading and slug(cell.value):
                self._texts[place] = cell.value
        for area in sheet.merged:
            top, left, bottom, right = merged = rectangle(area)
            if (top, left) in self._texts and cell_count(merged) <= 256:
                for r in range(top, bottom + 1):
                    for c in range(left, right + 1):
                        self._texts.setdefault((r, c), self._texts[top, left])

    def above(self, row: int, column: int) -> tuple[str, tuple[int, int]]:
        """The text that stands nearest above a cell, past empty cells alone, and where; empty where there is none."""
        for place in ((r, column) for r in range(row - 1, max(row - 1 - _REACH, 0), -1)):
            if place in self._texts or place in self._filled:
                return self._texts.get(place, ""), place
        return "", (0, 0)

    def name(self, variable: Variable) -> str:
        """The name that the words about an array give it; empty where there are none."""
        if variable.rank == 0:
            found = self._beside(variable) or self._above(variable, 1) or self._in_table(variable)
        elif variable.width == 1:
            found = self._above(variable, _REACH) or self._beside(variable) or self._spanning(variable)
            found = found or self._in_table(variable)
        elif variable.height == 1:
            found = self._beside(variable) or self._title(variable) or self._below(variable)
        else:
            found = self._title(variable) or self._beside(variable)
        return slug(found)

    def _above(self, variable: Variable, reach: int) -> str:
        """The nearest words above, past the numbers that a column begins with."""
        for row in range(variable.row - 1, max(variable.row - 1 - reach, 0), -1):
            if (row, variable.column) in self._texts:
                return self._texts[row, variable.column]
        return ""

    def _beside(self, variable: Variable) -> str:
        for column in range(variable.column - 1, max(variable.column - 1 - _REACH, 0), -1):
            if (variable.row, column) in self._texts:
                return self._texts[variable.row, column]
            if (variable.row, column) in self._filled:
                return ""
        return ""

    def _spanning(self, variable: Variable) -> str:
        """The words above a column further left, where they head all columns of a block."""
        for column in range(variable.column - 1, max(variable.column - 1 - _WIDEST, 0), -1):
            if (variable.row, column) not in self._filled or (variable.row - 1, column + 1) in self._filled:
                return ""
            if (variable.row - 1, column) in self._texts:
                return self._texts[variable.row - 1, column]
        return ""

    def _in_table(self, variable: Variable) -> str:
        """The heading of a cell's column, past the cells between, and the label of its row."""
        label = ""
        for column in range(variable.column - 1, 0, -1):
            if label or (variable.row, column) not in self._filled:
                break
            label = self._texts.get((variable.row, column), "")
        row = self._heading_row(variable.row - 1, variable.column)
        if not row or variable.row - row > _TALLEST:
            return ""
        return f"{self._texts[row, variable.column]} {label}"

    def _heading_row(self, row: int, column: int) -> int:
        """The row of the words nearest above a cell of a table, from that cell on; 0 where there are none."""
        passed: list[int] = []
        while row > 0 and (row, column) not in self._texts and (row, column) not in self._rows:
            if (row, column) not in self._filled and (row, column - 1) not in self._filled:
                row = 0
                break
            passed.append(row)
            row -= 1
        found = self._rows.get((row, column), row)
        self._rows |= dict.fromkeys(((r, column) for r in passed), found)
        return found

    def _below(self, variable: Variable) -> str:
        """For the numbers that head a matrix: the words between them and it."""
        for row in range(variable.row + 1, variable.row + 1 + _REACH):
            if (row, variable.column) in self._texts:
                return f"{self._texts[row, variable.column]} columns"
            if (row, variable.column) in self._filled:
                return ""
        return ""

    def _title(self, variable: Variable) -> str:
        """The nearest words above the upper left corner, past headings of columns; if there are none, the first of these."""
        first = ""
        for row in range(variable.row - 1, max(variable.row - 2 - _REACH, 0), -1):
            over = [self._texts.get((row, c)) for c in range(variable.column, variable.column + variable.width)]
            if sum(text is not None for text in over) > 1 and len(set(over)) > 1:
                first = first or over[0] or ""
                continue
            if over[0] is not None:
                return over[0]
            if any(text is not None for text in over):
                return next(text for text in over if text is not None)
            left = self._texts.get((row, variable.column - 1))
            if left is not None and all(
                (row, c) not in self._filled for c in range(variable.column, variable.column + 1)
            ):
                return left
        return first


def headings(book: Book) -> Mapping[str, Headings]:
    """The words of every sheet, by its title."""
    return {title: Headings(book, title) for title in book.sheets}


class Joiner:
    """Whether two columns side by side may be one array."""

    def __init__(self, words: Mapping[str, Headings]) -> None:
        self._headings = words

    def __call__(self, sheet: str, row: int, left: int, right: int, read: Collection[tuple[int, int]] = ()) -> bool:
        """True unless words stand above both that differ by more than a number, and that the formula does not read."""
        (first, at), (second, _) = (self._headings[sheet].above(row, column) for column in (left, right))
        # A heading that the formula reads (`C$1`) is a coordinate of its grid, and no name.
        if not first or not second or at in read:
            return True
        return re.sub(r"[\d\W_]+", "", first).lower() == re.sub(r"[\d\W_]+", "", second).lower()
