"""Lookups, and places on a sheet."""

import functools
import re

from workbook.transpile.runtime.criteria import wildcard
from workbook.transpile.runtime.matrices import TRANSPOSE
from workbook.transpile.runtime.operators import compare, order
from workbook.transpile.runtime.ranges import flat, part, table
from workbook.transpile.runtime.values import (
    Error,
    broadcast,
    checked,
    elementwise,
    first,
    number,
    sure,
    text,
    truth,
    whole,
)


def same_kind(a, b):
    """Whether two values may be compared in a lookup: numbers with numbers, text with text."""
    return a is not None and not isinstance(a, Error) and order(a, b)[0] == order(b, a)[0]


def in_ranges(function):
    """A lookup, in ranges that may be errors themselves, such as #REF!: then that error is its result."""

    @functools.wraps(function)
    def looked(wanted, *ranges):
        lost = [values for values in ranges if isinstance(values, Error)]
        return lost[0] if lost else function(wanted, *ranges)

    return looked


def in_hand(values):
    """A range as a list of its values; a `Searched` one stays as it is."""
    return values if hasattr(values, "flattened") else list(flat(values))


@in_ranges
def MATCH(wanted, values, mode=1.0):
    if isinstance(wanted, list):
        return broadcast(lambda w: MATCH(w, values, mode), wanted)
    return checked(lambda: match(wanted, in_hand(values), int(number(mode))))


def match(wanted, values, mode):
    """The place, from 1, of a value: mode 0 the first equal to it, 1 the last at most it, -1 the last at least it."""
    if isinstance(wanted, Error):
        raise wanted
    if wanted is None:
        wanted = 0.0
    is_pattern = mode == 0 and isinstance(wanted, str) and re.search("[*?~]", wanted)
    if hasattr(values, "flattened"):
        places = values.like(wanted) if is_pattern else values.equal(wanted) if mode == 0 else None
        values = values.flattened
        if places:
            return places[0] + 1
        if places is not None:
            raise Error("#N/A")
    if mode == 0:
        matches = wildcard(wanted) if is_pattern else None
        for place, value in enumerate(values, 1):
            if (
                matches(value)
                if matches and isinstance(value, str)
                else same_kind(value, wanted) and compare(value, wanted) == 0
            ):
                return place
        raise Error("#N/A")
    place = sorted_place(wanted, values) if mode > 0 else falling_place(wanted, values)
    if not place:
        raise Error("#N/A")
    return place


def sorted_place(wanted, values):
    """The last place whose value is at most the one wanted, 0 where there is none, found by halving as Excel does.

    The search ends at a value equal to the one wanted, and takes the last of such values in a row. In a range that is
    not sorted it finds what Excel finds, which need not be the last at most the one wanted.
    """
    low, high, found = 0, len(values) - 1, 0
    while low <= high:
        middle = (low + high) // 2
        probe = middle
        while probe <= high and not same_kind(values[probe], wanted):
            probe += 1
        side = 1 if probe > high else compare(values[probe], wanted)
        if side > 0:
            high = middle - 1
            continue
        found, low = probe + 1, probe + 1
        if side == 0:
            while found < len(values) and same_kind(values[found], wanted) and compare(values[found], wanted) == 0:
                found += 1
            return found
    return found


def falling_place(wanted, values):
    """The last place of a falling list whose value is at least the one wanted, 0 where there is none."""
    found = 0
    for place, value in enumerate(values, 1):
        if not same_kind(value, wanted):
            continue
        if compare(value, wanted) < 0:
            break
        found = place
    return found


def INDEX(values, line, place=None):
    if isinstance(values, Error):
        return values
    if isinstance(line, list) or isinstance(place, list):
        return broadcast(lambda i, j: first(INDEX(values, i, j)), line, place)
    return checked(indexed, table(values), line, place)


def indexed(values, line, place):
    """The cell at a row and column from 1, or the whole row or column where the other is 0; blank cells are kept."""
    line = None if line is None else int(number(line))
    if place is None and len(values) == 1:
        line, place = 1, line
    place = None if place is None else int(number(place))
    i, j = line or 0, place or 0
    if i < 0 or j < 0:
        raise Error("#VALUE!")
    if i > len(values) or j > len(values[0]):
        raise Error("#REF!")
    if not i and len(values) > 1:
        return [[row[j - 1]] for row in values] if j or len(values[0]) == 1 else values
    if not j and len(values[0]) > 1:
        return [values[max(i, 1) - 1]]
    return values[max(i, 1) - 1][max(j, 1) - 1]


@in_ranges
def VLOOKUP(wanted, values, place, approximate=True):
    if isinstance(wanted, list) or isinstance(place, list):
        return broadcast(lambda w, k: VLOOKUP(w, values, k, approximate), wanted, place)
    return checked(looked_up, wanted, table(values), place, approximate)


@in_ranges
def HLOOKUP(wanted, values, place, approximate=True):
    if isinstance(wanted, list) or isinstance(place, list):
        return broadcast(lambda w, k: HLOOKUP(w, values, k, approximate), wanted, place)
    return checked(looked_across, wanted, table(values), place, approximate)


def looked_up(wanted, values, place, approximate):
    """The value in the column `place` of the row whose first cell is the one wanted."""
    place = int(number(place))
    if place < 1:
        raise Error("#VALUE!")
    if place > len(values[0]):
        raise Error("#REF!")
    keys = values.keys if hasattr(values, "flattened") else [line[0] for line in values]
    found = match(wanted, keys, 1 if truth(approximate) else 0)
    return values[found - 1][place - 1]


def looked_across(wanted, values, place, approximate):
    """The value in the row `place` of the column whose first cell is the one wanted."""
    place = int(number(place))
    if place < 1:
        raise Error("#VALUE!")
    if place > len(values):
        raise Error("#REF!")
    found = match(wanted, list(values[0]), 1 if truth(approximate) else 0)
    return values[place - 1][found - 1]


@in_ranges
def LOOKUP(wanted, values, results=None):
    if isinstance(wanted, list):
        return broadcast(lambda w: LOOKUP(w, values, results), wanted)
    rows = table(values)
    if results is None:
        if len(rows[0]) > len(rows):
            rows = TRANSPOSE(rows)
        keys, found = [line[0] for line in rows], [line[-1] for line in rows]
    else:
        # Of a wide range its first row is searched, of any other its first column.
        keys = rows[0] if len(rows[0]) > len(rows) else [line[0] for line in rows]
        found = list(flat(results))
    place = checked(match, wanted, keys, 1)
    if isinstance(place, Error):
        return place
    return found[int(place) - 1] if place <= len(found) else Error("#N/A")


@in_ranges
def XMATCH(wanted, values, mode=0.0, search=1.0):
    if isinstance(wanted, list):
        return broadcast(lambda w: XMATCH(w, values, mode, search), wanted)
    return checked(lambda: x_place(wanted, in_hand(values), int(number(mode)), int(number(search))))


def x_place(wanted, values, mode, search):
    """The place, from 1, as XLOOKUP finds it: exact, or the next smaller (-1) or larger (1), or by wildcard (2).

    A blank finds a blank cell, and no 0.
    """
    if isinstance(wanted, Error):
        raise wanted
    if hasattr(values, "flattened"):
        is_pattern = mode == 2 and isinstance(wanted, str)
        exact = mode in (0, 2) and wanted is not None
        known = values.like(wanted) if is_pattern else values.equal(wanted) if exact else None
        values = values.flattened
        if known:
            return known[0 if search > 0 else -1] + 1
        if known is not None:
            raise Error("#N/A")
    places = range(len(values)) if search > 0 else range(len(values) - 1, -1, -1)
    matches = wildcard(wanted) if mode == 2 and isinstance(wanted, str) else None
    best = None
    for k in places:
        value = values[k]
        if value is None or wanted is None:
            if value is wanted:
                return k + 1
            continue
        if (
            matches(value)
            if matches and isinstance(value, str)
            else same_kind(value, wanted) and compare(value, wanted) == 0
        ):
            return k + 1
        is_beyond = mode in (-1, 1) and same_kind(value, wanted) and compare(value, wanted) == mode
        if is_beyond and (best is None or compare(value, values[best]) == -mode):
            best = k
    if best is None:
        raise Error("#N/A")
    return best + 1


@in_ranges
def XLOOKUP(wanted, values, results, missing=None, mode=0.0, search=1.0):
    if isinstance(wanted, list):
        return broadcast(lambda w: first(XLOOKUP(w, values, results, missing, mode, search)), wanted)
    place = XMATCH(wanted, values, mode, search)
    if isinstance(place, Error):
        # An error that is looked for is the result, and not what is missing.
        return place if missing is None or isinstance(wanted, Error) or place != Error("#N/A") else missing()
    values, results = table(values), table(results)
    if len(values) != len(results) if len(values[0]) == 1 < len(values) else len(values[0]) != len(results[0]):
        return Error("#VALUE!")
    found = results[int(place) - 1] if len(values[0]) == 1 else [line[int(place) - 1] for line in results]
    if len(found) == 1:
        return found[0]
    return [found] if len(values[0]) == 1 else [[value] for value in found]


def OFFSET(values, corner, rows, columns, height=None, width=None):
    """A part of `values`: all that the formula was seen to reach; `corner` is where it starts, with its size."""
    return checked(moved, values, corner, rows, columns, height, width)


def moved(values, corner, rows, columns, height, width):
    """The rectangle that OFFSET names; beyond the values known it is #REF!."""
    corner = [int(place) for place in flat(corner)]
    moves = (rows, columns, height, width)
    if any(isinstance(move, list) for move in moves):
        return broadcast(lambda *each: table(checked(moved, values, corner, *each)), *moves)
    top, left = corner[0] + int(number(rows)), corner[1] + int(number(columns))
    tall = corner[2] if height is None else int(number(height))
    wide = corner[3] if width is None else int(number(width))
    if tall < 0:
        top, tall = top + tall + 1, -tall
    if wide < 0:
        left, wide = left + wide + 1, -wide
    if top < 0 or left < 0 or not tall or not wide or top + tall > len(values) or left + wide > len(values[0]):
        raise Error("#REF!")
    found = part(values, top, top + tall, left, left + wide)
    return found[0][0] if tall == wide == 1 else found


@elementwise
def ADDRESS(line, place, kind=1.0, is_a1=True, sheet=None):
    line, kind = int(number(line)), int(number(kind))
    if not (1 <= line <= 1048576 and 1 <= int(number(place)) <= 16384 and 1 <= kind <= 4):
        raise Error("#VALUE!")
    number_left, letters = int(number(place)), ""
    while number_left:
        number_left, letter = divmod(number_left - 1, 26)
        letters = chr(65 + letter) + letters
    if is_a1 is None or truth(is_a1):
        address = f"{'$' * (kind in (1, 3))}{letters}{'$' * (kind in (1, 2))}{line}"
    else:
        row_text, column_text = str(line), str(int(number(place)))
        row_text = row_text if kind in (1, 2) else f"[{row_text}]"
        address = f"R{row_text}C{column_text if kind in (1, 3) else f'[{column_text}]'}"
    title = "" if sheet is None else text(sheet)
    quoted_title = title if re.fullmatch(r"\w*", title) else "'" + title.replace("'", "''") + "'"
    return f"{quoted_title}{'!' if title else ''}{address}"


@whole
def ROWS(values):
    return len(table(sure(values)))


@whole
def COLUMNS(values):
    return len(table(sure(values))[0])
