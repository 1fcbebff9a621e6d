"""Statistics of one range: middle, spread, ranks."""

import bisect
import math
import statistics

from workbook.transpile.runtime.ranges import numbers, numbers_and_words, pairs
from workbook.transpile.runtime.values import Error, number, spread_over, truth, whole


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
    total, count = squared_deviations(*arguments)
    return total if count else math.nan


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
def VARA(*arguments):
    return VAR(list(numbers_and_words(*arguments)))


@whole
def VARPA(*arguments):
    return VARP(list(numbers_and_words(*arguments)))


@whole
def STDEVA(*arguments):
    return STDEV(list(numbers_and_words(*arguments)))


@whole
def STDEVPA(*arguments):
    return STDEVP(list(numbers_and_words(*arguments)))


def standardised_powers(power, *arguments):
    """The sum of powers of the distances from the mean, in sample deviations, and the count of the numbers."""
    found = list(numbers(*arguments))
    total, count = squared_deviations(found)
    mean, deviation = math.fsum(found) / count, math.sqrt(total / (count - 1))
    return math.fsum(((value - mean) / deviation) ** power for value in found), count


@whole
def SKEW(*arguments):
    total, count = standardised_powers(3, *arguments)
    return count / ((count - 1) * (count - 2)) * total


@whole
def SKEW_P(*arguments):
    total, count = standardised_powers(3, *arguments)
    if count < 3:
        raise Error("#DIV/0!")
    return total / count * (count / (count - 1)) ** 1.5


@whole
def KURT(*arguments):
    total, n = standardised_powers(4, *arguments)
    return n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * total - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))


@whole
def AVEDEV(*arguments):
    found = nonempty(numbers(*arguments))
    mean = math.fsum(found) / len(found)
    return math.fsum(abs(value - mean) for value in found) / len(found)


@whole
def GEOMEAN(*arguments):
    found = nonempty(numbers(*arguments))
    return math.exp(math.fsum(map(math.log, found)) / len(found))


@whole
def HARMEAN(*arguments):
    found = nonempty(numbers(*arguments))
    if min(found) <= 0:
        raise Error("#NUM!")
    return len(found) / math.fsum(1 / value for value in found)


def nonempty(values):
    """The values as a list; none are #NUM!."""
    found = list(values)
    if not found:
        raise Error("#NUM!")
    return found


@spread_over(1)
def TRIMMEAN(values, share):
    found, share = sorted(numbers(values)), number(share)
    if not 0 <= share < 1:
        raise Error("#NUM!")
    cut_off = int(len(found) * share / 2)
    kept = found[cut_off : len(found) - cut_off]
    return math.fsum(kept) / len(kept)


@spread_over(1)
def LARGE(values, k):
    return ranked(values, k, True)


@spread_over(1)
def SMALL(values, k):
    return ranked(values, k, False)


def ranked(values, k, from_above):
    """The k-th number of a range, counted from the greatest or from the least."""
    found = sorted(numbers(values), reverse=from_above)
    place = math.ceil(number(k))
    if not 1 <= place <= len(found):
        raise Error("#NUM!")
    return found[place - 1]


@spread_over(0)
def RANK(value, values, ascending=False):
    return rank(value, values, ascending, False)


@spread_over(0)
def RANK_AVG(value, values, ascending=False):
    return rank(value, values, ascending, True)


def rank(value, values, ascending, average):
    """The place of a number among those of a range; ties share the first place, or the mean of their places."""
    found, value = values.rising if hasattr(values, "flattened") else sorted(numbers(values)), number(value)
    first_place, after = bisect.bisect_left(found, value), bisect.bisect_right(found, value)
    if first_place == after:
        raise Error("#N/A")
    ahead = first_place if truth(ascending) else len(found) - after
    return ahead + 1 + (after - first_place - 1) / 2 * average


@spread_over(1)
def PERCENTILE(values, k):
    found, k = sorted(numbers(values)), number(k)
    if not found or not 0 <= k <= 1:
        raise Error("#NUM!")
    place = k * (len(found) - 1)
    low = math.floor(place)
    return found[low] + (place - low) * (found[min(low + 1, len(found) - 1)] - found[low])


@spread_over(1)
def QUARTILE(values, quarter):
    return PERCENTILE(values, math.floor(number(quarter)) / 4)


@spread_over(1)
def PERCENTILE_EXC(values, k):
    found, k = sorted(numbers(values)), number(k)
    place = k * (len(found) + 1) - 1
    if not found or not 0 <= place <= len(found) - 1:
        raise Error("#NUM!")
    low = math.floor(place)
    return found[low] + (place - low) * (found[min(low + 1, len(found) - 1)] - found[low])


@spread_over(1)
def QUARTILE_EXC(values, quarter):
    return PERCENTILE_EXC(values, math.floor(number(quarter)) / 4)


@spread_over(1)
def PERCENTRANK(values, x, digits=3.0):
    found = sorted(numbers(values))
    return share_below(found, number(x), digits, 0, len(found) - 1)


@spread_over(1)
def PERCENTRANK_EXC(values, x, digits=3.0):
    found = sorted(numbers(values))
    return share_below(found, number(x), digits, 1, len(found) + 1)


def share_below(found, x, digits, before, count):
    """The place of x among sorted numbers as a share of `count`, cut to so many digits."""
    if not found or int(number(digits)) < 1:
        raise Error("#NUM!")
    if not found[0] <= x <= found[-1]:
        raise Error("#N/A")
    low = bisect.bisect_left(found, x)
    place = low if found[low] == x else low - 1 + (x - found[low - 1]) / (found[low] - found[low - 1])
    scale = 10.0 ** int(number(digits))
    return math.floor(float(f"{(place + before) / count * scale:.12g}")) / scale if count else 1.0


@whole
def MODE_MULT(*arguments):
    found = list(numbers(*arguments))
    best = max(map(found.count, found), default=0)
    if best < 2:
        raise Error("#N/A")
    return [[value] for value in dict.fromkeys(found) if found.count(value) == best]


@whole
def FREQUENCY(values, bins):
    found, edges = sorted(numbers(values)), list(numbers(bins))
    counts = [[0.0] for _ in range(len(edges) + 1)]
    before = 0
    for k in sorted(range(len(edges)), key=lambda k: edges[k]):
        up_to = bisect.bisect_right(found, edges[k])
        counts[k], before = [float(up_to - before)], up_to
    counts[-1] = [float(len(found) - before)]
    return counts


@whole
def PROB(values, chances, low, high=None):
    found = list(pairs(values, chances))
    if not all(0 < chance <= 1 for _, chance in found) or abs(math.fsum(c for _, c in found) - 1) > 1e-9:
        raise Error("#NUM!")
    low = number(low)
    high = low if high is None else number(high)
    return math.fsum(chance for value, chance in found if low <= value <= high)
