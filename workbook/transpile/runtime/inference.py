"""Tests: the distributions of t, chi squared and F, and how likely samples as far apart are by chance."""

import math

from workbook.transpile.runtime.descriptive import squared_deviations
from workbook.transpile.runtime.distributions import NORM_S_DIST, NORM_S_INV, require_domain
from workbook.transpile.runtime.ranges import numbers, pairs, table
from workbook.transpile.runtime.special import beta_shares, gamma_shares, place_by_halving
from workbook.transpile.runtime.values import Error, number, numeric, spread_over, whole


def t_above(t, freedom):
    """The share of t's distribution above t; the freedom may be a fraction."""
    outside = beta_shares(freedom / (freedom + t * t), t * t / (freedom + t * t), freedom / 2, 0.5)[0] / 2
    return outside if t >= 0 else 1 - outside


@numeric
def T_DIST(t, freedom, cumulative):
    freedom = int(freedom)
    require_domain(freedom >= 1)
    if cumulative:
        return t_above(-t, freedom)
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    return scale * (1 + t * t / freedom) ** (-(freedom + 1) / 2)


@numeric
def T_DIST_RT(t, freedom):
    require_domain(int(freedom) >= 1)
    return t_above(t, int(freedom))


@numeric
def T_DIST_2T(t, freedom):
    require_domain(t >= 0 and int(freedom) >= 1)
    return 2 * t_above(t, int(freedom))


@numeric
def TDIST(t, freedom, tails):
    require_domain(t >= 0 and int(freedom) >= 1 and int(tails) in (1, 2))
    return int(tails) * t_above(t, int(freedom))


@numeric
def T_INV_2T(p, freedom):
    require_domain(0 < p <= 1 and int(freedom) >= 1)
    return place_by_halving(lambda t: 2 * t_above(t, int(freedom)) > p, 0.0, math.inf) if p < 1 else 0.0


@numeric
def T_INV(p, freedom):
    require_domain(0 < p < 1 and int(freedom) >= 1)
    return math.copysign(number(T_INV_2T(2 * min(p, 1 - p), freedom)), p - 0.5)


@numeric
def CHISQ_DIST(x, freedom, cumulative):
    half = int(freedom) / 2
    require_domain(x >= 0 and half > 0)
    if cumulative:
        return gamma_shares(half, x / 2)[0]
    if x == 0:
        return 0.0 if half > 1 else 0.5 if half == 1 else math.inf
    return math.exp((half - 1) * math.log(x / 2) - x / 2 - math.lgamma(half)) / 2


@numeric
def CHISQ_DIST_RT(x, freedom):
    require_domain(x >= 0 and int(freedom) >= 1)
    return gamma_shares(int(freedom) / 2, x / 2)[1]


@numeric
def CHISQ_INV(p, freedom):
    require_domain(0 <= p < 1 and int(freedom) >= 1)
    return 2 * place_by_halving(lambda x: gamma_shares(int(freedom) / 2, x)[0] < p, 0.0, math.inf) if p else 0.0


@numeric
def CHISQ_INV_RT(p, freedom):
    require_domain(0 < p <= 1 and int(freedom) >= 1)
    return 2 * place_by_halving(lambda x: gamma_shares(int(freedom) / 2, x)[1] > p, 0.0, math.inf) if p < 1 else 0.0


def f_shares(f, first_freedom, second_freedom):
    """The shares of F's distribution below and above f."""
    a, b = int(first_freedom), int(second_freedom)
    require_domain(f >= 0 and a >= 1 and b >= 1)
    return beta_shares(a * f / (a * f + b), b / (a * f + b), a / 2, b / 2)


@numeric
def F_DIST(f, first_freedom, second_freedom, cumulative):
    below = f_shares(f, first_freedom, second_freedom)[0]
    if cumulative:
        return below
    a, b = int(first_freedom), int(second_freedom)
    if f == 0:
        return 0.0 if a > 2 else 1.0 if a == 2 else math.inf
    log_beta = math.lgamma(a / 2) + math.lgamma(b / 2) - math.lgamma((a + b) / 2)
    logs = a / 2 * math.log(a * f) + b / 2 * math.log(b) - (a + b) / 2 * math.log(a * f + b)
    return math.exp(logs - log_beta) / f


@numeric
def F_DIST_RT(f, first_freedom, second_freedom):
    return f_shares(f, first_freedom, second_freedom)[1]


@numeric
def F_INV(p, first_freedom, second_freedom):
    require_domain(0 <= p < 1)
    return place_by_halving(lambda f: f_shares(f, first_freedom, second_freedom)[0] < p, 0.0, math.inf) if p else 0.0


@numeric
def F_INV_RT(p, first_freedom, second_freedom):
    require_domain(0 < p <= 1)
    return (
        place_by_halving(lambda f: f_shares(f, first_freedom, second_freedom)[1] > p, 0.0, math.inf) if p < 1 else 0.0
    )


@spread_over(2, 3)
def T_TEST(first_range, second_range, tails, kind):
    tails, kind = int(number(tails)), int(number(kind))
    require_domain(tails in (1, 2) and kind in (1, 2, 3))
    if kind == 1:
        gaps = [x - y for x, y in pairs(first_range, second_range)]
        total, count = squared_deviations(gaps)
        t = math.fsum(gaps) / count / math.sqrt(total / (count - 1) / count)
        return tails * t_above(abs(t), count - 1)
    (a_total, a), (b_total, b) = squared_deviations(first_range), squared_deviations(second_range)
    gap = abs(math.fsum(numbers(first_range)) / a - math.fsum(numbers(second_range)) / b)
    if kind == 2:
        spread = (a_total + b_total) / (a + b - 2)
        return tails * t_above(gap / math.sqrt(spread / a + spread / b), a + b - 2)
    a_part, b_part = a_total / (a - 1) / a, b_total / (b - 1) / b
    freedom = (a_part + b_part) ** 2 / (a_part**2 / (a - 1) + b_part**2 / (b - 1))
    return tails * t_above(gap / math.sqrt(a_part + b_part), freedom)


@whole
def F_TEST(first_range, second_range):
    (a_total, a), (b_total, b) = squared_deviations(first_range), squared_deviations(second_range)
    return 2 * min(f_shares(a_total / (a - 1) / (b_total / (b - 1)), a - 1, b - 1))


@whole
def CHISQ_TEST(actual, expected):
    rows, columns = len(table(actual)), len(table(actual)[0])
    if (rows, columns) != (len(table(expected)), len(table(expected)[0])) or rows * columns == 1:
        raise Error("#N/A")
    total = math.fsum((x - y) ** 2 / y for x, y in pairs(actual, expected))
    freedom = (rows - 1) * (columns - 1) if rows > 1 < columns else max(rows, columns) - 1
    return CHISQ_DIST_RT(total, freedom)


@whole
def Z_TEST(values, mean, deviation=None):
    total, count = squared_deviations(values)
    spread = math.sqrt(total / (count - 1)) if deviation is None else number(deviation)
    return 1 - NORM_S_DIST((math.fsum(numbers(values)) / count - number(mean)) / (spread / math.sqrt(count)), True)


@numeric
def CONFIDENCE_NORM(alpha, deviation, size):
    require_domain(0 < alpha < 1 and deviation > 0 and int(size) >= 1)
    return NORM_S_INV(1 - alpha / 2) * deviation / math.sqrt(int(size))


@numeric
def CONFIDENCE_T(alpha, deviation, size):
    require_domain(0 < alpha < 1 and deviation > 0 and int(size) >= 1)
    if int(size) == 1:
        raise Error("#DIV/0!")
    return T_INV_2T(alpha, int(size) - 1) * deviation / math.sqrt(int(size))
