"""Statistics of one range: middle, spread, ranks."""

import bisect
import math
import statistics

from workbook.transpile.runtime.ranges import numbers
from workbook.transpile.runtime.sums import AVERAGE, COUNT, COUNTA, MAX, MIN, PRODUCT, SUM
from workbook.transpile.runtime.values import Error, broadcast, checked, number, truth, whole


@whole
def MEDIAN(*arguments):
    return statistics.median(numbers(*arguments))


@whole
def MODE(*arguments):
    found = list(numbers(*arguments))
    best = max(map(found.count, found), default=0)
    if best < 2:
        raise Error("#N/A")
    return next(value for value in found if found.count(value) == best)


def squared_deviations(*arguments):
    """The sum of the squared distances from the mean, and the count."""
    found = list(numbers(*arguments))
    mean = math.fsum(found) / len(found) if found else 0.0
    return math.fsum((value - mean) ** 2 for value in found), len(found)


@whole
def DEVSQ(*arguments):
    return squared_deviations(*arguments)[0]


@whole
def VAR(*arguments):
    total, count = squared_deviations(*arguments)
    return total / (count - 1) if count else 0 / count


@whole
def VARP(*arguments):
    total, count = squared_deviations(*arguments)
    return total / count


@whole
def STDEV(*arguments):
    total, count = squared_deviations(*arguments)
    return math.sqrt(total / (count - 1)) if count else 0 / count


@whole
def STDEVP(*arguments):
    total, count = squared_deviations(*arguments)
    return math.sqrt(total / count)


@whole
def AVEDEV(*arguments):
    found = list(numbers(*arguments))
    mean = math.fsum(found) / len(found)
    return math.fsum(abs(value - mean) for value in found) / len(found)


@whole
def GEOMEAN(*arguments):
    found = list(numbers(*arguments))
    return math.exp(math.fsum(map(math.log, found)) / len(found))


@whole
def HARMEAN(*arguments):
    found = list(numbers(*arguments))
    return len(found) / math.fsum(1 / value for value in found)


def LARGE(values, k):
    if isinstance(k, list):
        return broadcast(lambda place: LARGE(values, place), k)
    return checked(ranked, values, k, True)


def SMALL(values, k):
    if isinstance(k, list):
        return broadcast(lambda place: SMALL(values, place), k)
    return checked(ranked, values, k, False)


def ranked(values, k, from_above):
    """The k-th number of a range, counted from the greatest or from the least."""
    found = sorted(numbers(values), reverse=from_above)
    place = math.ceil(number(k))
    if not 1 <= place <= len(found):
        raise Error("#NUM!")
    return found[place - 1]


def RANK(value, values, ascending=False):
    if isinstance(value, list):
        return broadcast(lambda v: RANK(v, values, ascending), value)
    return checked(rank, value, values, ascending, False)


def RANK_AVG(value, values, ascending=False):
    if isinstance(value, list):
        return broadcast(lambda v: RANK_AVG(v, values, ascending), value)
    return checked(rank, value, values, ascending, True)


def rank(value, values, ascending, average):
    """The place of a number among those of a range; ties share the first place, or the mean of their places."""
    found, value = list(numbers(values)), number(value)
    if value not in found:
        raise Error("#N/A")
    ahead = sum(other < value if truth(ascending) else other > value for other in found)
    return ahead + 1 + (found.count(value) - 1) / 2 * average


@whole
def PERCENTILE(values, k):
    found, k = sorted(numbers(values)), number(k)
    if not found or not 0 <= k <= 1:
        raise Error("#NUM!")
    place = k * (len(found) - 1)
    low = math.floor(place)
    return found[low] + (place - low) * (found[min(low + 1, len(found) - 1)] - found[low])


@whole
def QUARTILE(values, quarter):
    return PERCENTILE(values, math.floor(number(quarter)) / 4)


@whole
def FREQUENCY(values, bins):
    found, edges = sorted(numbers(values)), list(numbers(bins))
    counts = [bisect.bisect_right(found, edge) for edge in sorted(edges)]
    by_edge = dict(zip(sorted(edges), (b - a for a, b in zip([0, *counts], counts))))
    return [[float(by_edge[edge])] for edge in edges] + [[float(len(found) - (counts[-1] if counts else 0))]]


@whole
def SUBTOTAL(kind, *ranges):
    functions = (AVERAGE, COUNT, COUNTA, MAX, MIN, PRODUCT, STDEV, STDEVP, SUM, VAR, VARP)
    place = int(number(kind)) % 100
    if not 1 <= place <= len(functions):
        raise Error("#VALUE!")
    return functions[place - 1](*ranges)
