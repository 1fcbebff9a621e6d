"""Arrays made, put together, sorted and cut."""

import itertools

from workbook.transpile.runtime.matrices import TRANSPOSE
from workbook.transpile.runtime.operators import order
from workbook.transpile.runtime.ranges import flat, table
from workbook.transpile.runtime.values import Error, extent, first, number, sure, truth, whole


@whole
def SEQUENCE(rows=1.0, columns=1.0, start=1.0, step=1.0):
    rows, columns, start, step = (1.0 if x is None else number(x) for x in (rows, columns, start, step))
    if 0 <= min(rows, columns) < 1:
        raise Error("#CALC!")
    height, width = extent(rows, columns)
    return [[start + step * (i * width + j) for j in range(width)] for i in range(height)]


@whole
def HSTACK(*arrays):
    tables = [table(array) for array in arrays]
    height = max(map(len, tables))
    padded = [t + [[Error("#N/A")] * len(t[0])] * (height - len(t)) for t in tables]
    return [list(itertools.chain(*lines)) for lines in zip(*padded)]


@whole
def VSTACK(*arrays):
    tables = [table(array) for array in arrays]
    width = max(len(t[0]) for t in tables)
    return [line + [Error("#N/A")] * (width - len(line)) for t in tables for line in t]


def sorting_key(value):
    """Numbers before text before booleans before errors; blanks last."""
    return (4, 0) if value is None else (3, 0) if isinstance(value, Error) else order(value, value)


def sorted_places(values, falling):
    """The places of values in their order, which keeps that of equal ones; blanks come last both ways."""
    filled = [k for k, value in enumerate(values) if value is not None]
    blank = [k for k, value in enumerate(values) if value is None]
    return sorted(filled, key=lambda k: sorting_key(values[k]), reverse=falling) + blank


@whole
def SORT(values, place=1.0, direction=1.0, by_column=False):
    rows = TRANSPOSE(values) if truth(by_column) else table(sure(values))
    places = [int(number(at)) - 1 for at in flat(1.0 if place is None else place)]
    if any(not 0 <= at < len(rows[0]) for at in places):
        raise Error("#VALUE!")
    ways = itertools.cycle([sorting_way(way) for way in flat(direction)])
    for at, way in reversed(list(zip(places, ways))):
        rows = [rows[k] for k in sorted_places([line[at] for line in rows], way < 0)]
    return TRANSPOSE(rows) if truth(by_column) else rows


def sorting_way(way):
    """1 for rising, as where nothing is said, -1 for falling."""
    way = 1 if way is None else int(number(way))
    if way not in (1, -1):
        raise Error("#VALUE!")
    return way


@whole
def SORTBY(values, *keys):
    rows, key = table(values), table(keys[0])
    is_across = len(key) == 1 < len(key[0]) == len(rows[0])
    rows = TRANSPOSE(rows) if is_across else rows
    places = list(range(len(rows)))
    for by, way in reversed(list(zip(keys[::2], [*keys[1::2], 1.0]))):
        key = list(flat(by))
        if len(key) != len(rows):
            raise Error("#VALUE!")
        places = [places[k] for k in sorted_places([key[place] for place in places], sorting_way(first(way)) < 0)]
    found = [rows[place] for place in places]
    return TRANSPOSE(found) if is_across else found


@whole
def FILTER(values, keep, otherwise=None):
    rows, keep = table(values), table(keep)
    if len(keep) == 1 and len(keep[0]) == len(rows[0]) and len(rows[0]) > 1:
        columns = [k for k, value in enumerate(keep[0]) if truth(value)]
        found = [[line[k] for k in columns] for line in rows] if columns else []
    else:
        found = [line for line, value in zip(rows, flat(keep)) if truth(value)]
    if not found:
        if otherwise is None:
            raise Error("#CALC!")
        return otherwise
    return found


@whole
def UNIQUE(values, by_column=False, once=False):
    rows = TRANSPOSE(values) if by_column else table(sure(values))
    keys = [tuple(order(value, value) for value in line) for line in rows]
    places = {}
    for k, key in enumerate(keys):
        places.setdefault(key, []).append(k)
    found = [rows[k[0]] for k in places.values() if not once or len(k) == 1]
    if not found:
        raise Error("#CALC!")
    return TRANSPOSE(found) if by_column else found


def cut(values, rows, columns, keep):
    """The first rows and columns kept, or dropped; the last ones where they are counted below 0."""
    values = table(sure(values))

    def chosen(items, count):
        if count is None:
            return items
        count = int(number(count))
        place = count if count >= 0 else max(len(items) + count, 0)
        return items[:place] if keep == (count >= 0) else items[place:]

    found = [chosen(line, columns) for line in chosen(values, rows)]
    if not found or not found[0]:
        raise Error("#CALC!")
    return found


@whole
def TAKE(values, rows=None, columns=None):
    return cut(values, rows, columns, True)


@whole
def DROP(values, rows=None, columns=None):
    return cut(values, rows, columns, False)


@whole
def CHOOSEROWS(values, *places):
    rows = table(values)
    return [rows[k] for k in chosen_places(len(rows), *places)]


@whole
def CHOOSECOLS(values, *places):
    rows = table(values)
    chosen = chosen_places(len(rows[0]), *places)
    return [[line[k] for k in chosen] for line in rows]


def chosen_places(count, *places):
    """Places counted from 0, of places counted from 1 or, below 0, from the end; #VALUE! beyond the count."""
    found = [int(number(place)) for place in flat(*places)]
    if any(not 1 <= abs(place) <= count for place in found):
        raise Error("#VALUE!")
    return [place - 1 if place > 0 else count + place for place in found]


@whole
def TOCOL(values, ignore=0.0, by_column=False):
    values, ignore = TRANSPOSE(values) if truth(by_column) else table(values), int(number(ignore))
    if not 0 <= ignore <= 3:
        raise Error("#VALUE!")
    found = [v for v in flat(values) if not (ignore & 1 and v is None) and not (ignore & 2 and isinstance(v, Error))]
    if not found:
        raise Error("#CALC!")
    return [[value] for value in found]


@whole
def TOROW(values, ignore=0.0, by_column=False):
    return TRANSPOSE(TOCOL(values, ignore, by_column))


def wrapped(values, width, padding):
    """The values in rows of `width`; the last row is filled up with `padding`."""
    found, width = list(flat(values)), int(number(width))
    if width < 1:
        raise Error("#NUM!")
    return [(found[k : k + width] + [padding] * width)[:width] for k in range(0, len(found), width)]


@whole
def WRAPROWS(values, width, padding=None):
    return wrapped(values, width, Error("#N/A") if padding is None else padding)


@whole
def WRAPCOLS(values, height, padding=None):
    return TRANSPOSE(wrapped(values, height, Error("#N/A") if padding is None else padding))


@whole
def EXPAND(values, rows, columns=None, padding=None):
    values, padding = table(values), Error("#N/A") if padding is None else padding
    height, width = extent(rows or len(values), columns or len(values[0]))
    if height < len(values) or width < len(values[0]):
        raise Error("#VALUE!")
    wide = [line + [padding] * (width - len(line)) for line in values]
    return wide + [[padding] * width] * (height - len(values))


@whole
def TRIMRANGE(values, rows=3.0, columns=3.0):
    lines = trimmed(table(values), int(number(rows)))
    return TRANSPOSE(trimmed(TRANSPOSE(lines), int(number(columns))))


def trimmed(lines, ends):
    """The lines without those that are blank at the beginning (1), at the end (2), or at both (3)."""
    filled = [k for k, line in enumerate(lines) if any(value is not None for value in line)]
    if not filled:
        raise Error("#REF!")
    return lines[filled[0] if ends in (1, 3) else 0 : filled[-1] + 1 if ends in (2, 3) else len(lines)]
