"""Loans and savings."""

import math

from workbook.transpile.runtime.ranges import numbers
from workbook.transpile.runtime.values import number, numeric, whole


@numeric
def PMT(rate, periods, present, future=0.0, at_start=0.0):
    if rate == 0:
        return -(present + future) / periods
    growth = (1 + rate) ** periods
    return -(present * growth + future) * rate / ((growth - 1) * (1 + rate * at_start))


@numeric
def FV(rate, periods, payment, present=0.0, at_start=0.0):
    if rate == 0:
        return -present - payment * periods
    growth = (1 + rate) ** periods
    return -present * growth - payment * (1 + rate * at_start) * (growth - 1) / rate


@numeric
def PV(rate, periods, payment, future=0.0, at_start=0.0):
    if rate == 0:
        return -future - payment * periods
    growth = (1 + rate) ** periods
    return (-future - payment * (1 + rate * at_start) * (growth - 1) / rate) / growth


@whole
def NPV(rate, *arguments):
    rate = number(rate)
    return math.fsum(value / (1 + rate) ** k for k, value in enumerate(numbers(*arguments), 1))
