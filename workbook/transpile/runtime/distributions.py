"""Distributions: their densities, their shares, and the places where a share is reached."""

import itertools
import math
import statistics

from workbook.transpile.runtime.special import beta_shares, gamma_shares, place_by_halving
from workbook.transpile.runtime.values import Error, elementwise, number, numeric, truth


def require_domain(is_allowed):
    """Raise #NUM! unless the arguments are allowed."""
    if not is_allowed:
        raise Error("#NUM!")


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
    require_domain(deviation > 0)
    z = (x - mean) / deviation
    return NORM_S_DIST(z, True) if truth(cumulative) else NORM_S_DIST(z, False) / deviation


@numeric
def NORM_S_INV(p):
    require_domain(0 < p < 1)
    return statistics.NormalDist().inv_cdf(p)


@numeric
def NORM_INV(p, mean, deviation):
    require_domain(0 < p < 1 and deviation > 0)
    return mean + deviation * statistics.NormalDist().inv_cdf(p)


@numeric
def PHI(x):
    return NORM_S_DIST(x, False)


@numeric
def GAUSS(z):
    return math.erf(z / math.sqrt(2)) / 2


@numeric
def STANDARDIZE(x, mean, deviation):
    require_domain(deviation > 0)
    return (x - mean) / deviation


@numeric
def FISHER(x):
    require_domain(-1 < x < 1)
    return math.atanh(x)


@numeric
def FISHERINV(y):
    return math.tanh(y)


@numeric
def LOGNORM_DIST(x, mean, deviation, cumulative=1.0):
    require_domain(x > 0 and deviation > 0)
    z = (math.log(x) - mean) / deviation
    return NORM_S_DIST(z, True) if cumulative else NORM_S_DIST(z, False) / (x * deviation)


@numeric
def LOGNORM_INV(p, mean, deviation):
    return math.exp(number(NORM_INV(p, mean, deviation)))


@numeric
def EXPON_DIST(x, rate, cumulative):
    require_domain(x >= 0 and rate > 0)
    return -math.expm1(-rate * x) if cumulative else rate * math.exp(-rate * x)


@numeric
def WEIBULL_DIST(x, shape, scale, cumulative):
    require_domain(x >= 0 and shape > 0 and scale > 0)
    if cumulative:
        return -math.expm1(-((x / scale) ** shape))
    return shape / scale * (x / scale) ** (shape - 1) * math.exp(-((x / scale) ** shape))


@numeric
def GAMMA_DIST(x, shape, scale, cumulative):
    require_domain(x >= 0 and shape > 0 and scale > 0)
    if cumulative:
        return gamma_shares(shape, x / scale)[0]
    if x == 0:
        return 0.0 if shape > 1 else 1 / scale if shape == 1 else math.inf
    return math.exp((shape - 1) * math.log(x / scale) - x / scale - math.lgamma(shape)) / scale


@numeric
def GAMMA_INV(p, shape, scale):
    require_domain(0 <= p < 1 and shape > 0 and scale > 0)
    return scale * place_by_halving(lambda x: gamma_shares(shape, x)[0] < p, 0.0, math.inf) if p else 0.0


@numeric
def BETA_DIST(x, a, b, cumulative, low=0.0, high=1.0):
    require_domain(a > 0 and b > 0 and low <= x <= high and low != high)
    share, rest = (x - low) / (high - low), (high - x) / (high - low)
    if cumulative:
        return beta_shares(share, rest, a, b)[0]
    scale = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))
    return scale * share ** (a - 1) * rest ** (b - 1) / (high - low)


@numeric
def BETADIST(x, a, b, low=0.0, high=1.0):
    return BETA_DIST(x, a, b, 1.0, low, high)


@numeric
def BETA_INV(p, a, b, low=0.0, high=1.0):
    require_domain(0 < p < 1 and a > 0 and b > 0)
    return low + (high - low) * place_by_halving(lambda x: x < 1 and beta_shares(x, 1 - x, a, b)[0] < p, 0.0, 1.0)


# Counts


def binomial_chance(k, n, p):
    """The chance of exactly k successes in n trials."""
    if not 0 <= k <= n:
        return 0.0
    if p in (0, 1):
        return float(k == n * p)
    if n < 1000:
        return math.comb(n, k) * p**k * (1 - p) ** (n - k)
    log_ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(log_ways + k * math.log(p) + (n - k) * math.log1p(-p))


@numeric
def BINOM_DIST(k, n, p, cumulative):
    k, n = int(k), int(n)
    require_domain(0 <= k <= n and 0 <= p <= 1)
    if not cumulative:
        return binomial_chance(k, n, p)
    return beta_shares(1 - p, p, n - k, k + 1)[0] if k < n else 1.0


@numeric
def BINOM_DIST_RANGE(n, p, low, high=None):
    n, low = int(n), int(low)
    high = low if high is None else int(high)
    require_domain(0 <= low <= n and low <= high <= n and 0 <= p <= 1)
    return math.fsum(binomial_chance(k, n, p) for k in range(low, high + 1))


@numeric
def BINOM_INV(n, p, share):
    require_domain(n >= 0 and 0 <= p <= 1 and 0 <= share <= 1)
    n = int(n)
    if n < 1000:
        shares = itertools.accumulate(binomial_chance(k, n, p) for k in range(n + 1))
        return next((k for k, below in enumerate(shares) if below >= share), n)
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if BINOM_DIST(middle, n, p, 1.0) >= share else (middle + 1, high)
    return low


@numeric
def POISSON_DIST(k, mean, cumulative):
    k = int(k)
    require_domain(k >= 0 and mean >= 0)
    if cumulative:
        return gamma_shares(k + 1, mean)[1]
    return math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) if mean else float(k == 0)


@numeric
def HYPGEOM_DIST(k, drawn, marked, total, cumulative=0.0):
    k, drawn, marked, total = int(k), int(drawn), int(marked), int(total)
    require_domain(
        max(0, drawn + marked - total) <= k <= min(drawn, marked) and 0 < drawn <= total and 0 < marked <= total
    )
    ways = [math.comb(marked, i) * math.comb(total - marked, drawn - i) for i in (range(k + 1) if cumulative else [k])]
    return sum(ways) / math.comb(total, drawn)


@numeric
def NEGBINOM_DIST(failures, successes, p, cumulative=0.0):
    failures, successes = int(failures), int(successes)
    require_domain(failures >= 0 and successes >= 1 and 0 < p < 1)
    if cumulative:
        return beta_shares(p, 1 - p, successes, failures + 1)[0]
    return math.comb(failures + successes - 1, failures) * p**successes * (1 - p) ** failures
