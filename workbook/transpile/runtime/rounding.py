"""Rounding: to decimals, to whole numbers, to multiples."""

import math

from workbook.transpile.runtime.values import Error, numeric


def shifted(x, digits, to_integer):
    """X with its decimals beyond `digits` taken away by a function of integers; 15 digits are what Excel sees."""
    digits = max(min(int(digits), 300), -300)
    scale = 10.0**digits
    moved = x * scale if digits >= 0 else x / 10.0**-digits
    if abs(moved) >= 1e15:
        return x
    moved = float(f"{moved:.15g}")
    whole_number = to_integer(moved)
    return whole_number / scale if digits >= 0 else whole_number * 10.0**-digits


def half_away(x):
    """The nearest whole number, halves away from 0."""
    return math.copysign(math.floor(abs(x) + 0.5), x)


def away(x):
    """The whole number at or beyond x, away from 0."""
    return math.copysign(math.ceil(abs(x)), x)


@numeric
def ROUND(x, digits=0.0):
    return shifted(x, digits, half_away)


@numeric
def ROUNDUP(x, digits=0.0):
    return shifted(x, digits, away)


@numeric
def ROUNDDOWN(x, digits=0.0):
    return shifted(x, digits, math.trunc)


TRUNC = ROUNDDOWN


@numeric
def INT(x):
    return math.floor(x)


@numeric
def MOD(x, divisor):
    return x - divisor * math.floor(x / divisor)


@numeric
def QUOTIENT(x, divisor):
    return math.trunc(x / divisor)


@numeric
def MROUND(x, step):
    if x * step < 0:
        raise Error("#NUM!")
    return half_away(x / step) * step if step else 0.0


def to_step(x, step, to_integer):
    """X moved to a multiple of step; 15 digits are what Excel sees."""
    return to_integer(float(f"{x / step:.15g}")) * step if step else 0.0


@numeric
def CEILING(x, step=1.0):
    if x > 0 > step:
        raise Error("#NUM!")
    return to_step(x, step, math.ceil)


@numeric
def FLOOR(x, step=1.0):
    if x > 0 > step:
        raise Error("#NUM!")
    if step == 0 and x:
        raise Error("#DIV/0!")
    return to_step(x, step, math.floor)


@numeric
def CEILING_MATH(x, step=1.0, mode=0.0):
    return to_step(x, abs(step), away if x < 0 and mode else math.ceil)


@numeric
def FLOOR_MATH(x, step=1.0, mode=0.0):
    return to_step(x, abs(step), math.trunc if x < 0 and mode else math.floor)


@numeric
def EVEN(x):
    return away(x / 2) * 2


@numeric
def ODD(x):
    return math.copysign(math.ceil((abs(x) - 1) / 2) * 2 + 1, x) if x else 1.0
