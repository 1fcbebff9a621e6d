"""What a person sees and types: rules of the linter on number formats.

Each rule is one function of what is checked, and yields a sentence for each breach.
"""

import re
from collections.abc import Iterator

from workbook.write.checked import Checked, whereabouts

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
