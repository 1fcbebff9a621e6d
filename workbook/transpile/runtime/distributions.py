"""Distributions, and the functions that they are made of."""

import math
import statistics

from workbook.transpile.runtime.values import Error, elementwise, number, numeric, truth


@numeric
def ERF(x, upper=None):
    return math.erf(x) if upper is None else math.erf(upper) - math.erf(x)


@numeric
def GAMMALN(x):
    return math.lgamma(x)


@elementwise
def NORM_S_DIST(z, cumulative):
    z = number(z)
    return math.erfc(-z / math.sqrt(2)) / 2 if truth(cumulative) else math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


@elementwise
def NORMSDIST(z):
    return NORM_S_DIST(z, True)


@elementwise
def NORM_DIST(x, mean, deviation, cumulative):
    x, mean, deviation = number(x), number(mean), number(deviation)
    if deviation <= 0:
        raise Error("#NUM!")
    z = (x - mean) / deviation
    return NORM_S_DIST(z, True) if truth(cumulative) else NORM_S_DIST(z, False) / deviation


@numeric
def NORM_S_INV(p):
    return statistics.NormalDist().inv_cdf(p) if 0 < p < 1 else math.log(-1)


@numeric
def NORM_INV(p, mean, deviation):
    return statistics.NormalDist(mean, deviation).inv_cdf(p) if 0 < p < 1 else math.log(-1)


@numeric
def STANDARDIZE(x, mean, deviation):
    if deviation <= 0:
        raise Error("#NUM!")
    return (x - mean) / deviation
