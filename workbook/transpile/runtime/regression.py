"""Statistics of pairs: a line through them, and how closely they lie to it."""

import math

from workbook.transpile.runtime.ranges import pairs
from workbook.transpile.runtime.values import number, whole


def moments(ys, xs):
    """Means of x and y, and the sums of squares and products about them."""
    found = list(pairs(xs, ys))
    x_mean, y_mean = (math.fsum(values) / len(found) for values in (zip(*found) if found else ((), ())))
    xx = math.fsum((x - x_mean) ** 2 for x, _ in found)
    yy = math.fsum((y - y_mean) ** 2 for _, y in found)
    return x_mean, y_mean, xx, yy, math.fsum((x - x_mean) * (y - y_mean) for x, y in found), len(found)


@whole
def SLOPE(ys, xs):
    _, _, xx, _, xy, _ = moments(ys, xs)
    return xy / xx


@whole
def INTERCEPT(ys, xs):
    x_mean, y_mean, xx, _, xy, _ = moments(ys, xs)
    return y_mean - xy / xx * x_mean


@whole
def CORREL(xs, ys):
    _, _, xx, yy, xy, _ = moments(ys, xs)
    return xy / math.sqrt(xx * yy)


@whole
def RSQ(ys, xs):
    _, _, xx, yy, xy, _ = moments(ys, xs)
    return xy * xy / (xx * yy)


@whole
def COVAR(xs, ys):
    *_, xy, count = moments(ys, xs)
    return xy / count


@whole
def COVARIANCE_S(xs, ys):
    *_, xy, count = moments(ys, xs)
    return xy / (count - 1)


@whole
def FORECAST(x, ys, xs):
    x_mean, y_mean, xx, _, xy, _ = moments(ys, xs)
    return y_mean + xy / xx * (number(x) - x_mean)
