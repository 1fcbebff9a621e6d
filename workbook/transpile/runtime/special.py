"""The gamma and beta functions, what of them lies below a place, and places found by halving."""

import math

from workbook.transpile.runtime.values import Error, numeric


@numeric
def ERF(x, upper=None):
    return math.erf(x) if upper is None else math.erf(upper) - math.erf(x)


@numeric
def ERFC(x):
    return math.erfc(x)


@numeric
def GAMMA(x):
    return math.gamma(x)


@numeric
def GAMMALN(x):
    if x <= 0:
        raise Error("#NUM!")
    return math.lgamma(x)


def continued_fraction(terms):
    """The continued fraction b0 + a1/(b1 + a2/(b2 + …)) of pairs (a, b), the first (0, b0), by Lentz's method."""
    tiny = 1e-300
    value = over = next(terms)[1] or tiny
    under = 0.0
    for a, b in terms:
        under = 1 / (b + a * under or tiny)
        over = b + a / over or tiny
        value *= over * under
        if abs(over * under - 1) < 1e-16:
            break
    return value


def gamma_shares(a, x):
    """The shares of the gamma function of a below and above x: a series, beyond a + 1 a continued fraction."""
    if x <= 0:
        return 0.0, 1.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        total = term = 1 / a
        for k in range(1, 100000):
            term *= x / (a + k)
            total += term
            if term <= total * 1e-17:
                return scale * total, 1 - scale * total
        raise Error("#NUM!")
    terms = ((-k * (k - a), x + 2 * k + 1 - a) for k in range(20000))
    above = scale / continued_fraction(terms)
    return 1 - above, above


def beta_shares(x, rest, a, b):
    """The shares of the beta function of a and b below and above x, where rest is 1 - x: a continued fraction."""
    if x <= 0 or rest <= 0:
        return (0.0, 1.0) if x <= 0 else (1.0, 0.0)
    if x > (a + 1) / (a + b + 2):
        return beta_shares(rest, x, b, a)[::-1]

    def terms():
        yield 0, 1.0
        for k in range(20000):
            yield -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1)), 1.0
            yield (k + 1) * (b - k - 1) * x / ((a + 2 * k + 1) * (a + 2 * k + 2)), 1.0

    scale = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest) - math.log(a)
    )
    below = scale / continued_fraction(terms())
    return below, 1 - below


def place_by_halving(is_below, low, high):
    """The place between low and high where `is_below` turns false, to the last digit; it moves high up if it must."""
    high = 1.0 if math.isinf(high) else high
    while is_below(high):
        low, high = high, 2 * high
        if math.isinf(high):
            raise Error("#NUM!")
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return middle
