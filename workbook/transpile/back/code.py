"""Pieces of Python source: text, how tightly it binds, and what its value is."""

from dataclasses import dataclass, replace

from workbook.transpile.front.tree import AffineIndex

LAMBDA, CHOICE, OR, AND, NOT, COMPARE, SUM, PRODUCT, SIGN, POWER, ATOM = range(11)
"""How tightly Python's operators bind, from loose to tight."""


@dataclass(frozen=True, slots=True)
class Code:
    """An expression.

    Attributes:
        text: Python source.
        level: how tightly its outermost operator binds.
        kind: `num`, `bool`, `text`: a plain Python or array value of that type; `any`: one of Excel's values;
            `area`: a list of rows of these.
        axes: of an array, what its axes run along: `i` and `j` the region's rows and columns, `k` and `l` those of a
            range that it reads.
        literal: whether it is written out, with nothing computed in it.
        seen: of text, all that it was when the workbook was saved.
        joins: whether it is a call of `join`, which takes more.
    """

    text: str
    level: int = ATOM
    kind: str = "num"
    axes: str = ""
    literal: bool = False
    seen: frozenset[str] | None = None
    joins: bool = False

    def at(self, level: int) -> str:
        """The text, in brackets where it binds less tightly than that."""
        return self.text if self.level >= level else f"({self.text})"

    def as_kind(self, kind: str) -> "Code":
        """The same text as a value of another kind."""
        return replace(self, kind=kind)


def number_text(value: float) -> str:
    """A number as Python reads it back, whole ones without a point.

    >>> number_text(2.0), number_text(1e12), number_text(0.1), number_text(-3.0)
    ('2', '1e12', '0.1', '-3')
    """
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    text = repr(float(value))
    mantissa, _, exponent = text.partition("e")
    if not exponent and value == int(value) and abs(value) < 1e21:
        digits = str(int(value))
        short = digits.rstrip("0")
        zeros = len(digits) - len(short)
        return f"{short}e{zeros}" if zeros >= 6 and len(short) <= 3 else f"{int(value)}.0" if zeros < 6 else text
    return f"{mantissa}e{int(exponent)}" if exponent else text


def place_text(place: AffineIndex, origin: int, i: str, j: str) -> str:
    """An index from 0: a moving row or column, from an origin, in row `i` and column `j` (names, or numbers)."""
    constant = place.base - origin
    terms: list[str] = []
    for step, name in ((place.down, i), (place.across, j)):
        if not step:
            continue
        if name.lstrip("-").isdigit():
            constant += step * int(name)
        else:
            terms.append(name if step == 1 else f"-{name}" if step == -1 else f"{step} * {name}")
    if not terms:
        return str(constant)
    text = " + ".join(terms).replace("+ -", "- ")
    return text if not constant else f"{text} {'+' if constant > 0 else '-'} {abs(constant)}"


def slice_text(start: int, stop: int, length: int, step: int = 1) -> str:
    """The text of a slice from start to stop, the last left out, of an axis of that length; empty where it is all.

    >>> slice_text(0, 5, 5), slice_text(1, 5, 5), slice_text(0, 4, 5)
    (':', '1:', ':4')
    """
    first = str(start) if start else ""
    last = str(stop) if stop < length else ""
    return f"{first}:{last}" + (f":{step}" if step != 1 else "")
