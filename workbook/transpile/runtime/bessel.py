"""Bessel functions of whole order, from their integrals, and one from its series.

Source: NIST Digital Library of Mathematical Functions, 10.9.2, 10.9.7, 10.25.2 and 10.32.9.
"""

import math

from workbook.transpile.runtime.values import Error, numeric


def order_of(n, x):
    """The order as a whole number; #NUM! below 0, and where order or argument is too large for the integral."""
    if not 0 <= n <= 1e4 or abs(x) > 1e4:
        raise Error("#NUM!")
    return int(n)


def round_mean(function, turns):
    """The mean of a function over half a turn, taken at more points than it has waves."""
    points = 40 + 2 * math.ceil(turns)
    return math.fsum(function(math.pi * (k + 0.5) / points) for k in range(points)) / points


def integral(function, low, high, waves=0.0):
    """The integral of a smooth function between two places, by the rule of tanh and sinh."""
    half, middle, steps = (high - low) / 2, (high + low) / 2, 120 + 4 * math.ceil(waves)
    width, parts = 3.2 / steps, []
    for k in range(-steps, steps + 1):
        s = math.pi / 2 * math.sinh(k * width)
        parts.append(function(middle + half * math.tanh(s)) * math.cosh(k * width) / math.cosh(s) ** 2)
    return half * width * math.pi / 2 * math.fsum(parts)


def fades(x, n):
    """The t from which on exp(n t - x sinh t) is too small to count."""
    t = 1.0
    while x * math.sinh(t) - n * t < 45:
        t += 0.25
    return t


@numeric
def BESSELJ(x, n):
    n = order_of(n, x)
    return round_mean(lambda t: math.cos(n * t - x * math.sin(t)), abs(x) + n)


@numeric
def BESSELI(x, n):
    term = total = math.prod(x / 2 / k for k in range(1, order_of(n, x) + 1))
    k = 0
    while abs(term) > 1e-17 * abs(total):
        k += 1
        term *= (x / 2) ** 2 / (k * (k + order_of(n, x)))
        total += term
    return total


@numeric
def BESSELK(x, n):
    n = order_of(n, x)
    if x <= 0:
        raise Error("#NUM!")
    end = fades(x, n)
    return integral(lambda t: math.exp(-x * math.cosh(t)) * math.cosh(n * t), 0.0, end)


@numeric
def BESSELY(x, n):
    n = order_of(n, x)
    if x <= 0:
        raise Error("#NUM!")
    waves = integral(lambda t: math.sin(x * math.sin(t) - n * t), 0.0, math.pi, x + n)
    sign = -1 if n % 2 else 1
    tail = integral(
        lambda t: (math.exp(n * t) + sign * math.exp(-n * t)) * math.exp(-x * math.sinh(t)), 0.0, fades(x, n)
    )
    return (waves - tail) / math.pi
