"""One of many totals, by its number; totals of the rows of a list that meet conditions."""

from workbook.transpile.runtime.criteria import criterion, wildcard
from workbook.transpile.runtime.descriptive import (
    LARGE,
    MEDIAN,
    MODE,
    PERCENTILE,
    PERCENTILE_EXC,
    QUARTILE,
    QUARTILE_EXC,
    SMALL,
    STDEV,
    STDEVP,
    VAR,
    VARP,
)
from workbook.transpile.runtime.operators import compare
from workbook.transpile.runtime.ranges import each_reference, flat, table
from workbook.transpile.runtime.sums import AVERAGE, COUNT, COUNTA, MAX, MIN, PRODUCT, SUM
from workbook.transpile.runtime.values import Error, first, number, spread_over, whole


def shown_rows(values, hidden):
    """A range as its shown rows have it: those at the places given, from 0, are hidden, and blank."""
    places = {int(place) for place in flat(hidden)}
    return [[None] * len(line) if k in places else line for k, line in enumerate(table(values))]


@each_reference(1)
@spread_over(0)
def SUBTOTAL(kind, *ranges):
    functions = (AVERAGE, COUNT, COUNTA, MAX, MIN, PRODUCT, STDEV, STDEVP, SUM, VAR, VARP)
    kind = int(number(kind))
    if not (1 <= kind <= 11 or 101 <= kind <= 111):
        raise Error("#VALUE!")
    return functions[kind % 100 - 1](*ranges)


@spread_over(0, 1)
def AGGREGATE(kind, options, *ranges):
    of_ranges = (AVERAGE, COUNT, COUNTA, MAX, MIN, PRODUCT, STDEV, STDEVP, SUM, VAR, VARP, MEDIAN, MODE)
    with_rank = (LARGE, SMALL, PERCENTILE, QUARTILE, PERCENTILE_EXC, QUARTILE_EXC)
    kind, options = int(number(kind)), int(number(options))
    if not (1 <= kind <= 19 and 0 <= options <= 7) or (kind > 13 and len(ranges) != 2):
        raise Error("#VALUE!")
    arrays, rank = (ranges, ()) if kind <= 13 else (ranges[:1], ranges[1:])
    if options in (2, 3, 6, 7):
        arrays = [[[v for v in flat(array) if not isinstance(v, Error)]] for array in arrays]
    return (of_ranges + with_rank)[kind - 1](*arrays, *rank)


# A list has a row of names, then a record a row; its conditions have one too, then rows any of which must be met.


def records_met(rows, field, conditions):
    """The values of a field of the records that meet the conditions; without a field one value a record."""
    rows, conditions = table(rows), table(conditions)
    field, place = first(field), None
    if field is not None:
        place = place_of(rows[0], field) if isinstance(field, str) else int(number(field)) - 1
        if place is None or not 0 <= place < len(rows[0]):
            raise Error("#VALUE!")
    tests = [
        [
            (place_of(rows[0], name), record_test(wanted))
            for name, wanted in zip(conditions[0], line)
            if wanted not in (None, "")
        ]
        for line in conditions[1:]
    ]
    met = [line for line in rows[1:] if any(all(k is None or test(line[k]) for k, test in row) for row in tests)]
    return [1.0 if place is None else line[place] for line in met]


def place_of(names, wanted):
    """The place of a name among others, whatever the case; None where it is not there."""
    known = (k for k, name in enumerate(names) if not isinstance(name, Error) and compare(name, wanted) == 0)
    return next(known, None)


def record_test(wanted):
    """The test that a condition stands for: text without a sign is what a text begins with."""
    if isinstance(wanted, str) and wanted[:1] not in ("<", ">", "=") and wanted:
        begins, is_same = wildcard(f"{wanted}*"), criterion(wanted)
        return lambda value: begins(value) if isinstance(value, str) else is_same(value)
    return criterion(wanted)


@whole
def DSUM(rows, field, conditions):
    return SUM([records_met(rows, field, conditions)])


@whole
def DPRODUCT(rows, field, conditions):
    return PRODUCT([records_met(rows, field, conditions)])


@whole
def DCOUNT(rows, field, conditions):
    return COUNT([records_met(rows, field, conditions)])


@whole
def DCOUNTA(rows, field, conditions):
    return COUNTA([records_met(rows, field, conditions)])


@whole
def DAVERAGE(rows, field, conditions):
    return AVERAGE([records_met(rows, field, conditions)])


@whole
def DMIN(rows, field, conditions):
    return MIN([records_met(rows, field, conditions)])


@whole
def DMAX(rows, field, conditions):
    return MAX([records_met(rows, field, conditions)])


@whole
def DSTDEV(rows, field, conditions):
    return STDEV([records_met(rows, field, conditions)])


@whole
def DSTDEVP(rows, field, conditions):
    return STDEVP([records_met(rows, field, conditions)])


@whole
def DVAR(rows, field, conditions):
    return VAR([records_met(rows, field, conditions)])


@whole
def DVARP(rows, field, conditions):
    return VARP([records_met(rows, field, conditions)])


@whole
def DGET(rows, field, conditions):
    found = records_met(rows, field, conditions)
    if len(found) != 1:
        raise Error("#NUM!" if found else "#VALUE!")
    return found[0]
