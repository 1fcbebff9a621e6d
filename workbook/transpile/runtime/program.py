"""What the script itself needs of a workbook: its values saved, under their addresses."""

import functools
import itertools
import re

from workbook.transpile.runtime.ranges import flat, with_gaps
from workbook.transpile.runtime.values import Error


def saved(value):
    """A value as JSON has it; an error as {"error": "#N/A"}, never NaN."""
    if type(value) is float and abs(value) < 1.8e308:
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Error):
        return {"error": value.code}
    is_number = isinstance(value, (float, int)) and not isinstance(value, bool)
    if isinstance(value, complex) or (is_number and not abs(value) < 1.8e308):
        return {"error": "#NUM!"}
    return value


def named(sheet, name):
    """What a sheet has under a name: of `w[1:]` all but the first, of `e[3]` one step; after `~` the word for NaN."""
    name, has_gaps, gap = name.partition("~")
    word, _, place = name.rstrip("]").partition("[")
    values = getattr(sheet, word)
    if has_gaps:
        values = with_gaps(values, gap)
    start, is_part, stop = place.partition(":")
    if is_part:
        return values[int(start) : int(stop or len(values))]
    return values[int(start)] if start else values


def addressed(title, area, values):
    """Each cell of a range, such as `adam!H4`, with its value."""
    (letters, digits), *last = (re.fullmatch("([A-Z]+)([0-9]+)", corner).groups() for corner in area.split(":"))
    number_of = functools.partial(functools.reduce, lambda total, letter: total * 26 + ord(letter) - 64)
    left, top = number_of(letters, 0), int(digits)
    width = number_of(last[0][0], 0) - left + 1 if last else 1
    columns = []
    for number in range(left, left + width):
        columns.append("")
        while number:
            number, letter = divmod(number - 1, 26)
            columns[-1] = chr(65 + letter) + columns[-1]
    places = (f"{title}!{letters}{row}" for row in itertools.count(top) for letters in columns)
    return zip(places, map(saved, flat(values)))
