"""Does a sheet show its numbers as the lesson does? Number formats, colours, words, and what is hidden.

A failure is what makes a right number look like another: a format that shows other digits. Any other difference is a
note: a learner may want more digits, a teacher other words. What is compared is the meaning and not the spelling, as
LibreOffice rewrites all formats and styles: two formats are one where they show a row of numbers alike.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import isfinite

from workbook.check.checks import Failure
from workbook.formula.address import cell_address
from workbook.plan.layout import BADGE, SheetLayout
from workbook.plan.place import Place
from workbook.plan.plan import Plan
from workbook.transpile.runtime.formats import TEXT
from workbook.xlsx.looks import Looks, SheetLooks, Style
from workbook.xlsx.read import Cell
from workbook.xlsx.write.cells import cell_format

MOST_NAMED = 12
_PROBES = (0.0, 1.0, 0.00012345, 0.5, 1.5, 12.345678, 1234567.891, 2.5e10, 1e-9)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:E[-+]?\d+)?%?")
_LIGHT = 1.3
"""Signs of less contrast than this can't be told from their ground; what people read easily has 4.5 (WCAG 2.1)."""

Cells = Mapping[tuple[int, int], Cell]


@dataclass
class Findings:
    """What is wrong, and what is only other than in the lesson: subject → what it concerns."""

    failures: list[Failure] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)

    def __add__(self, other: "Findings") -> "Findings":
        """Both; what each notes of one subject in one list."""
        changed = {subject: [*items] for subject, items in self.changed.items()}
        for subject, items in other.changed.items():
            changed.setdefault(subject, []).extend(items)
        return Findings([*self.failures, *other.failures], changed)

    def note(self, subject: str, what: str) -> None:
        """Note one more thing of a subject."""
        self.changed.setdefault(subject, []).append(what)

    def notes(self) -> list[str]:
        """One sentence a subject, which names the first few."""
        return [note for subject, items in self.changed.items() for note in listed(subject, items)]


def listed(what: str, items: Sequence[str]) -> list[str]:
    """One sentence that names the first few; none where there is nothing to name."""
    if not items:
        return []
    more = f" and {len(items) - MOST_NAMED:,} more" if len(items) > MOST_NAMED else ""
    return [f"{what}: {', '.join(items[:MOST_NAMED])}{more}"]


def compare_sheet(layout: SheetLayout, cells: Cells, looks: SheetLooks, file: Looks, plan: Plan) -> Findings:
    """What the blocks of one sheet show otherwise than the lesson has it."""
    found = Findings()
    for place in layout.places:
        _compare_block(place, cells, looks, file, plan, found)
    for at in _invisible(layout, cells, looks, file):
        found.note("changed: signs of the colour of their ground", f"{layout.sheet.title}!{cell_address(*at)}")
    for what in looks.hidden:
        found.note("changed: hidden", f"{what} of {layout.sheet.title}")
    for what in looks.settings:
        found.note("changed: the view", f"{layout.sheet.title} {what}")
    return found


def compare_words(layout: SheetLayout, cells: Cells) -> Findings:
    """The words and headings of one sheet that are others than the lesson's."""
    found = Findings()
    for label in layout.labels:
        cell = cells.get((label.row, label.column))
        text = "" if cell is None or cell.value is None else str(cell.value)
        if label.text not in BADGE and text != label.text:
            where = f"{layout.sheet.title}!{cell_address(label.row, label.column)}"
            found.note("changed: words", f"{where} ({quoted(text)} in place of {quoted(label.text)})")
    return found


def quoted(text: str, most: int = 40) -> str:
    """A text for a message: in quotes, its end left out where it is long."""
    return f"'{text if len(text) <= most else text[: most - 1] + '…'}'"


def _compare_block(place: Place, cells: Cells, looks: SheetLooks, file: Looks, plan: Plan, found: Findings) -> None:
    values = plan.values[place.name]
    expected = cell_format(place.block, values)
    others: dict[str, list[tuple[int, int]]] = {}
    for at in place.cells():
        code = file.style(looks.styles.get(at, 0)).number_format
        if code != expected and at in cells and not same_format(code, expected):
            others.setdefault(code, []).append(at)
    for code, positions in others.items():
        harmless = []
        for at in positions:
            cell, where = cells[at], f"{place.title}!{cell_address(*at)}"
            if misleads(cell.value, code):
                found.failures.append(
                    Failure(
                        where,
                        "value",
                        f"{quoted(render(cell.value, code))}, by the format {quoted(code)}",
                        f"{cell.value} shown in the format {quoted(expected)}",
                        "the lesson",
                    )
                )
            else:
                harmless.append(at)
        if harmless:
            more = f" and {len(harmless) - 1:,} cells more" if len(harmless) > 1 else ""
            what = f"{place.title}!{cell_address(*harmless[0])}{more} ({quoted(code)} in place of {quoted(expected)})"
            found.note("changed: number formats", what)


def render(value: object, code: str) -> str:
    """What a cell shows of a number or a text in a format; None where the format can't be read.

    >>> render(0.5, '0.0%'), render(0.5, '"0.1000"'), render("none", ';;;"0.1"')
    ('50.0%', '0.1000', '0.1')
    """
    shown = TEXT(value, "General" if code == "@" and not isinstance(value, str) else code)
    return shown if isinstance(shown, str) else "#"


@cache
def same_format(one: str, other: str) -> bool:
    r"""Whether two formats show numbers and words alike, however they are spelled.

    >>> same_format('0.00;-0.00;"·"', r'0.00;\-0.00;\·'), same_format("0.00", "0.000")
    (True, False)
    """
    if one == other:
        return True
    if ("[white]" in one.lower()) != ("[white]" in other.lower()):
        return False
    return all(_rendered(value, one) == _rendered(value, other) for value in _probes())


def _probes() -> Iterator[object]:
    yield "a word"
    for value in _PROBES:
        yield value
        yield -value


def _rendered(value: object, code: str) -> str | None:
    try:
        return render(value, code)
    except (ValueError, TypeError, IndexError, KeyError, ArithmeticError):
        return None


def misleads(value: object, code: str) -> bool:
    """Whether a cell shows another number than it holds, or other words, beyond what rounding to its digits explains.

    What shows nothing at all hides a number, and does not mislead.

    >>> misleads(0.3929, "0.0"), misleads(0.3929, '"0.1000"'), misleads(-86.0, "0.00;0.00"), misleads(0.3929, ";;;")
    (False, True, True, False)
    """
    if code in ("General", "@") or value is None or isinstance(value, bool):
        return False
    text = _rendered(value, code)
    if text is None:
        return True
    if isinstance(value, str):
        return text.strip() not in ("", value.strip())
    if not isinstance(value, float) or not isfinite(value) or not text.strip():
        return False
    numbers = _NUMBER.findall(text.replace(",", "").upper())
    if len(numbers) != 1:
        return True
    shown, unit = _read(numbers[0])
    return abs(shown - value) > 0.5 * unit * (1 + 1e-9) + 1e-12 * abs(value)


def _read(number: str) -> tuple[float, float]:
    """A number as a sheet shows it, and one unit of its last digit.

    >>> _read("12.5%"), _read("-3.0E+02")
    ((0.125, 0.001), (-300.0, 10.0))
    """
    percent = number.endswith("%")
    mantissa, _, exponent = number.rstrip("%").partition("E")
    power = int(exponent or 0) - 2 * percent
    decimals = len(mantissa.partition(".")[2])
    return float(f"{mantissa}e{power}"), float(f"1e{power - decimals}")


def _invisible(layout: SheetLayout, cells: Cells, looks: SheetLooks, file: Looks) -> Iterator[tuple[int, int]]:
    """The filled cells of blocks and words whose signs can't be told from their ground."""
    light = {number for number, style in enumerate(file.styles) if not _is_readable(style)}
    if not light:
        return
    for place in layout.places:
        for at in place.cells():
            if looks.styles.get(at, 0) in light and at in cells:
                yield at
    for label in layout.labels:
        if looks.styles.get((label.row, label.column), 0) in light and (label.row, label.column) in cells:
            yield label.row, label.column


def _is_readable(style: Style) -> bool:
    ink, ground = sorted((_luminance(style.ink), _luminance(style.ground)))
    return (ground + 0.05) / (ink + 0.05) >= _LIGHT and "[white]" not in style.number_format.lower()


def _luminance(colour: str) -> float:
    """The relative luminance of six hexadecimal digits. Source: WCAG 2.1, relative luminance."""
    try:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    except ValueError:
        return 0.0
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
