"""Whether the values that a program dumped are those expected, cell by cell, and a count for each function."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from corpus.cases import Shown

TOLERANCE = 1e-9
"""The most that two numbers may differ, relative to the larger."""
# What is left where large numbers cancel: LibreOffice saves 15 digits, and sums go in another order elsewhere.
_REST = 1e-12

_TEXT = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'')
_FUNCTION = re.compile(r"([A-Z][A-Z0-9.]*)\(")


@dataclass(frozen=True)
class Difference:
    """A cell that does not show what is expected; `found` is None where the program left it out."""

    cell: str
    formula: str
    found: Shown | None
    expected: Shown

    def __str__(self) -> str:
        """One line: the cell, its formula, both values."""
        formula = self.formula if len(self.formula) <= 100 else self.formula[:97] + "..."
        return f"{self.cell}: ={formula} is {_said(self.found)}, expected {_said(self.expected)}"


def agrees(found: object, expected: Shown) -> bool:
    """True where the value found is of the expected kind and equal, numbers to within `TOLERANCE`."""
    if isinstance(expected, bool | str | dict) or isinstance(found, bool) or not isinstance(found, int | float):
        return type(found) is type(expected) and found == expected
    if not math.isfinite(found):
        return False
    return abs(found - expected) <= max(TOLERANCE * max(abs(found), abs(expected)), _REST)


def compare(
    found: Mapping[str, Shown], expected: Mapping[str, Shown], formulas: Mapping[str, str] | None = None
) -> list[Difference]:
    """The expected cells that are missing or differ, in the order of `expected`."""
    texts = formulas or {}
    return [
        Difference(cell, texts.get(cell, ""), found.get(cell), value)
        for cell, value in expected.items()
        if cell not in found or not agrees(found[cell], value)
    ]


def functions(formula: str) -> set[str]:
    """The functions that a formula names, without their prefixes; `operators` where there is none."""
    bare = re.sub(r"_xl(?:fn|ws)\.", "", _TEXT.sub("", formula), flags=re.IGNORECASE)
    return set(_FUNCTION.findall(bare.upper())) or {"operators"}


def tally(formulas: Mapping[str, str], wrong: Iterable[str]) -> dict[str, tuple[int, int]]:
    """For each function: the cells whose formulas name it, and how many of them are wrong."""
    cells, bad = Counter[str](), Counter[str]()
    missed = set(wrong)
    for cell, formula in formulas.items():
        for function in functions(formula):
            cells[function] += 1
            bad[function] += cell in missed
    return {function: (count, bad[function]) for function, count in sorted(cells.items())}


def _said(value: Shown | None) -> str:
    if value is None:
        return "missing"
    return value["error"] if isinstance(value, dict) else repr(value)
