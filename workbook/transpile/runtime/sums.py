"""Sums, counts, means and extremes of ranges."""

import itertools
import math

from workbook.transpile.runtime.ranges import flat, numbers, numbers_and_words, pairs, same_shape
from workbook.transpile.runtime.values import Error, checked, number, whole


@whole
def SUM(*arguments):
    return math.fsum(numbers(*arguments))


@whole
def SUMSQ(*arguments):
    return math.fsum(value * value for value in numbers(*arguments))


@whole
def PRODUCT(*arguments):
    found = list(numbers(*arguments))
    return math.prod(found) if found else 0.0


@whole
def COUNT(*arguments):
    total = 0
    for argument in arguments:
        is_range = isinstance(argument, list) or hasattr(argument, "tolist")
        for value in flat(argument):
            if is_range:
                total += isinstance(value, (float, int)) and not isinstance(value, bool)
            else:
                total += not isinstance(checked(number, value), Error)
    return total


@whole
def COUNTA(*arguments):
    return sum(value is not None for value in flat(*arguments))


@whole
def COUNTBLANK(values):
    return sum(value is None or value == "" for value in flat(values))


@whole
def AVERAGE(*arguments):
    found = list(numbers(*arguments))
    return math.fsum(found) / len(found)


@whole
def AVERAGEA(*arguments):
    found = list(numbers_and_words(*arguments))
    return math.fsum(found) / len(found)


@whole
def MIN(*arguments):
    return min(numbers(*arguments), default=0.0)


@whole
def MAX(*arguments):
    return max(numbers(*arguments), default=0.0)


@whole
def MINA(*arguments):
    return min(numbers_and_words(*arguments), default=0.0)


@whole
def MAXA(*arguments):
    return max(numbers_and_words(*arguments), default=0.0)


@whole
def SUMPRODUCT(*ranges):
    columns = same_shape(*ranges)
    for value in itertools.chain(*columns):
        if isinstance(value, Error):
            raise value
    is_number = [[isinstance(v, (float, int)) and not isinstance(v, bool) for v in values] for values in columns]
    return math.fsum(
        math.prod(values) if all(counted) else 0.0 for values, counted in zip(zip(*columns), zip(*is_number))
    )


@whole
def SUMXMY2(xs, ys):
    return math.fsum((x - y) ** 2 for x, y in pairs(xs, ys))


@whole
def SUMX2MY2(xs, ys):
    return math.fsum(x * x - y * y for x, y in pairs(xs, ys))


@whole
def SUMX2PY2(xs, ys):
    return math.fsum(x * x + y * y for x, y in pairs(xs, ys))


@whole
def PERCENTOF(part_of_all, everything):
    return math.fsum(numbers(part_of_all)) / math.fsum(numbers(everything))
