"""Ranges as lists of rows: what is in them, and what of them a cell shows."""

import functools
import math

from workbook.transpile.runtime.values import Error, broadcast, first, number, sure

PLAIN = frozenset((float, str, bool, int, type(None), Error))
"""The types of single values."""


def flat(*ranges):
    """Every value of the ranges, row by row."""
    for item in ranges:
        if type(item) is not float and hasattr(item, "tolist"):
            item = item.tolist()
        if not isinstance(item, list):
            yield item
            continue
        for line in item:
            if type(line) in PLAIN:
                yield line
            elif type(line) is list:
                # A row: nearly always of values alone.
                for value in line:
                    if type(value) in PLAIN:
                        yield value
                    else:
                        yield from flat(value)
            else:
                yield from flat(line)


def listed(values):
    """Every value of a range, row by row, as a list; one in which many look has it at hand."""
    return values.flattened if hasattr(values, "flattened") else list(flat(values))


def numbers(*arguments):
    """The numbers of ranges, what else is there left out; and single values that read as numbers."""
    for argument in arguments:
        if hasattr(argument, "tolist") or isinstance(argument, list):
            for value in flat(argument):
                if isinstance(value, Error):
                    raise value
                if isinstance(value, (float, int)) and not isinstance(value, bool):
                    yield value
        else:
            yield number(argument)


def table(values):
    """The values as a list of rows, whatever they came as."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if not isinstance(values, list):
        return [[values]]
    return values if not values or isinstance(values[0], list) else [[value] for value in values]


def are_references(values):
    """Whether it is an array of ranges, as OFFSET gives for an array of places: each of them a list of rows."""
    rows = values if isinstance(values, list) else []
    return any(list in map(type, line) for line in rows if isinstance(line, list))


def each_reference(place):
    """Makes of a function of a range one that gives a value for each of an array of ranges at that place."""

    def decorate(function):
        @functools.wraps(function)
        def spread(*arguments):
            if len(arguments) <= place or not are_references(arguments[place]):
                return function(*arguments)
            before, after = arguments[:place], arguments[place + 1 :]
            return broadcast(lambda values: first(spread(*before, values, *after)), arguments[place])

        return spread

    return decorate


def column(values):
    """A list, or a one-dimensional array, as a column of a sheet."""
    return [[value] for value in flat(values)]


def row(values):
    """A list, or a one-dimensional array, as a row of a sheet."""
    return [list(flat(values))]


def part(values, top, bottom, left, right):
    """Rows top to bottom and columns left to right (from 0, the ends left out) of a list of rows."""
    return [line[left:right] for line in values[top:bottom]]


def with_gaps(values, gap):
    """An array as a list in which what is no number is a blank, or an empty text."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, list):
        return [with_gaps(value, gap) for value in values]
    return gap if values != values else values


def without_gaps(values):
    """A list in which what is no number is NaN."""
    if isinstance(values, list):
        return [without_gaps(value) for value in values]
    return values if isinstance(values, (float, int)) else math.nan


def assemble(height, width, *pieces):
    """A range of a sheet put together from (row, column, values); cells that nothing covers are blank."""
    found = [[None] * width for _ in range(height)]
    for i, j, values in pieces:
        for k, line in enumerate(table(values)):
            found[i + k][j : j + len(line)] = line
    return found


def with_cell(values, value, *places):
    """An array, or a list of rows, in which one element is another."""
    if not isinstance(values, list):
        found = values.clone() if hasattr(values, "clone") else values.copy()
        found[places] = value
        return found
    found, (place, *inner) = list(values), places
    found[place] = with_cell(found[place], value, *inner) if inner else value
    return found


def fitted(values, height, width):
    """An array cut, or filled up, to the cells of an array formula: one row or column repeats, beyond is #N/A."""
    values = table(values)
    cells = []
    for i in range(height):
        line = values[0] if len(values) == 1 else values[i] if i < len(values) else []
        line = line * width if len(line) == 1 else line[:width]
        cells.append([0.0 if value is None else value for value in line] + [Error("#N/A")] * (width - len(line)))
    return cells


def shown(value):
    """What a cell shows of a formula's result: a blank is 0, of an array the first value."""
    value = first(value.tolist() if hasattr(value, "tolist") else value)
    return 0.0 if value is None else value


def numbers_and_words(*arguments):
    """The numbers of ranges where text counts as 0 and TRUE as 1."""
    for argument in arguments:
        is_range = isinstance(argument, list) or hasattr(argument, "tolist")
        for value in flat(argument):
            if not is_range or not isinstance(value, (str, type(None))):
                yield number(value)
            elif isinstance(value, str):
                yield 0.0


def pairs(first_range, second_range):
    """The pairs of numbers at equal places of two ranges; a pair with anything else is left out."""
    a, b = (list(flat(sure(values))) for values in (first_range, second_range))
    if len(a) != len(b):
        raise Error("#N/A")
    for x, y in zip(a, b):
        for value in (x, y):
            if isinstance(value, Error):
                raise value
        if all(isinstance(value, (float, int)) and not isinstance(value, bool) for value in (x, y)):
            yield x, y


def extent_of(rows):
    """How many rows and columns there are."""
    return len(rows), len(rows[0])


def same_shape(*ranges):
    """The ranges as lists of values; of unequal shapes they are #VALUE!."""
    shapes = [values.shape if hasattr(values, "flattened") else extent_of(table(sure(values))) for values in ranges]
    if any(shape != shapes[0] for shape in shapes):
        raise Error("#VALUE!")
    return list(map(listed, ranges))


def spilled(values):
    """All that an array formula fills; a single value as it is."""
    return values
