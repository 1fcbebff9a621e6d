"""The case tables: one formula a line, the value that Excel gives where its documentation or its grammar settles it."""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "cases"

Value = float | str | bool
"""What a cell shows, as JSON writes it, errors apart."""
Shown = Value | dict[str, str]
"""What a cell shows: an error is {"error": "#N/A"}."""

ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#CALC!", "#SPILL!")

# The inputs that every table of cases stands on: sheet "data", one column each below its heading.
COLUMNS: dict[str, tuple[object, ...]] = {
    "num": (3, -1.5, 0, 7, 2.5, 2.5, -4, 10, 0.001, 12),
    "mixed": (1, None, "text", True, "5", 0, False, 2, None, "7.5"),
    "words": ("apple", "Banana", "cherry", "date", "elder"),
    "asc": (10, 20, 30, 40, 50),
    "desc": (50, 40, 30, 20, 10),
    "holes": (4, None, 6, None, 10),
    "errs": (1, "=1/0", 3, "=NA()", 5),
    "square": (2, 1, 1),
    "square 2": (1, 3, 0),
    "square 3": (1, 2, 0),
    "x": (1, 2, 3, 4, 5),
    "y": (2.1, 3.9, 6.2, 7.8, 10.1),
    "key": ("k1", "k2", "k3", "k4", "k5"),
    "tens": (10, 20, 30, 40, 50),
    "tenths": (0.1, 0.2, 0.3, 0.4, 0.5),
    "single": ("abc", "10", True, False, None, '=""'),
}

NAMES: dict[str, str] = {
    "num": "data!$A$2:$A$11",
    "mixed": "data!$B$2:$B$11",
    "words": "data!$C$2:$C$6",
    "asc": "data!$D$2:$D$6",
    "desc": "data!$E$2:$E$6",
    "holes": "data!$F$2:$F$6",
    "errs": "data!$G$2:$G$6",
    "square": "data!$H$2:$J$4",
    "tab5x3": "data!$M$2:$O$6",
    "num1": "data!$A$2",
    "num2": "data!$A$3",
    "num3": "data!$A$4",
    "num4": "data!$A$5",
    "asc1": "data!$D$2",
    "holes2": "data!$F$3",
    "err1": "data!$G$3",
    "word": "data!$P$2",
    "ten": "data!$P$3",
    "yes": "data!$P$4",
    "no": "data!$P$5",
    "blank": "data!$P$6",
    "empty": "data!$P$7",
}

_WORD = re.compile(r'"(?:[^"]|"")*"|(?<![\w.$!])(?:' + "|".join(sorted(NAMES, key=len, reverse=True)) + r")(?![\w.(!])")
_FUNCTION = re.compile(r"([A-Z][A-Z0-9.]*)\(")


@dataclass(frozen=True)
class Case:
    """One formula.

    Attributes:
        table: the file that it stands in, without its ending.
        function: what it is counted under: its first function, or `operators`.
        text: the formula as the table has it, with the inputs' names in it.
        kind: "" for a plain formula, "array" for one entered with Ctrl+Shift+Enter, "dynamic" for one that spills.
        rows: of the result.
        columns: of the result.
        expected: Excel's own values, row by row, or None where programs decide.
        source: where `expected` is from, in words.
    """

    table: str
    function: str
    text: str
    kind: str
    rows: int
    columns: int
    expected: tuple[tuple[Shown, ...], ...] | None
    source: str

    @property
    def formula(self) -> str:
        """The formula with addresses in place of the inputs' names."""
        return _WORD.sub(lambda found: NAMES.get(found[0], found[0]), self.text)


def tables() -> list[str]:
    """The names of the tables."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def read(table: str) -> list[Case]:
    """The cases of one table, in its order."""
    lines = (FOLDER / f"{table}.txt").read_text(encoding="utf-8").splitlines()
    return [_case(table, line) for line in lines if line.strip() and not line.startswith("# ")]


def _case(table: str, line: str) -> Case:
    line, _, source = line.partition(" -- ")
    text, arrow, expected = line.partition(" =>")
    text, kind, rows, columns = text.rstrip(), "", 1, 1
    sized = re.match(r"([{\[])(\d+)x(\d+)[}\]] ", text)
    if sized:
        kind = "array" if sized[1] == "{" else "dynamic"
        rows, columns, text = int(sized[2]), int(sized[3]), text[sized.end() :]
    functions = [name for name in _FUNCTION.findall(text) if not text.startswith("_xlpm")]
    function = functions[0] if functions else "operators"
    values = None
    if arrow and not sized:
        values = ((shown(expected.removeprefix(" ")),),)
    elif arrow:
        values = tuple(tuple(shown(cell.strip()) for cell in row.split(", ")) for row in expected.split("; "))
        if rows * columns == 1:
            values = ((shown(expected.strip()),),)
        assert (len(values), {len(row) for row in values}) == (rows, {columns}), line
    return Case(table, function, text, kind, rows, columns, values, source)


def shown(text: str) -> Shown:
    """The value that a table's text stands for."""
    if text in ERRORS:
        return {"error": text}
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        return text[1:-1]
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    try:
        return float(text)
    except ValueError:
        return text
