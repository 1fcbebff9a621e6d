"""What a person sees and types: rules of the linter on number formats and on drop-downs.

Each rule is one function of what is checked, and yields a sentence for each breach.
"""

import re
from collections.abc import Iterator

from workbook.formula.address import cell_address
from workbook.lesson.lesson import Formula, Given
from workbook.plan.layout import SheetLayout
from workbook.plan.place import Place
from workbook.plan.plan import Plan
from workbook.xlsx.write.checked import Checked, whereabouts

_QUOTED = re.compile(r'"[^"]*"')
_CONDITION = re.compile(r"\[[<>=]")


def number_formats(checked: Checked) -> Iterator[str]:
    """Number formats that drop a sign, in one program at least.

    Where a format has conditions, Excel drops the sign in a section that only negative numbers reach, and LibreOffice
    in each but the first. A second section without conditions is for negative numbers, and shows no sign of its own.
    """
    for place in checked.plan.places.values():
        number_format = _QUOTED.sub("", place.block.number_format)
        if _CONDITION.search(number_format):
            yield f"{whereabouts(place)}: the number format {number_format} has conditions: programs drop its sign"
        _, *rest = number_format.split(";")
        if rest and re.search(r"[0#?]", rest[0]) and not rest[0].startswith("-"):
            yield f"{whereabouts(place)}: the number format {number_format} shows negative numbers without a sign"


def typed_choices(checked: Checked) -> Iterator[str]:
    """Words of a drop-down that a program completes to others while they are typed, and then refuses.

    What completes a word is any longer text in the cell's column that begins with it.
    """
    for layout in checked.plan.layouts:
        for place in layout.places:
            choices = _choices(place, checked.plan)
            texts = _texts(layout, place, checked.plan) if choices else []
            for where, text in texts:
                for choice in choices:
                    if len(text) > len(choice) and text.lower().startswith(choice.lower()):
                        yield f"{whereabouts(place)}: typing {choice!r} is completed to {text!r}, from cell {where}"


def _choices(place: Place, plan: Plan) -> tuple[str, ...]:
    """The words of a drop-down that are the lesson's own, and no data."""
    block = place.block
    if not isinstance(block, Given) or block.fixed or not block.choices:
        return ()
    if isinstance(block.choices, tuple):
        return block.choices
    listed = plan.places.get(block.choices if "." in block.choices else f"{place.sheet}.{block.choices}")
    if listed is None or isinstance(listed.block, Formula) or listed.name not in plan.values:
        return ()
    return tuple(map(str, plan.values[listed.name].ravel().tolist()))


def _texts(layout: SheetLayout, place: Place, plan: Plan) -> Iterator[tuple[str, str]]:
    """The texts in a block's columns, or that may come there, but for its own; what formulas give completes nothing."""
    columns = set(place.columns.ravel().tolist())
    for label in layout.labels:
        if label.column in columns:
            yield cell_address(label.row, label.column), label.text
    for other in layout.places:
        if other is place or isinstance(other.block, Formula) or not other.block.is_text:
            continue
        if columns & set(other.columns.ravel().tolist()):
            for text in _choices(other, plan) or plan.values[other.name].ravel().tolist():
                yield other.address(), str(text)
