"""Securities whose first or last period is longer or shorter than the others.

Source: Microsoft's documentation of ODDFPRICE and ODDLPRICE, in whose formulas a long period is cut into quasi-coupon
periods of normal length.
"""

import math

from workbook.transpile.runtime.bonds import coupon_days, days_between, days_to_coupon, period_days
from workbook.transpile.runtime.dates import months_on
from workbook.transpile.runtime.money import root
from workbook.transpile.runtime.values import Error, numeric


def checked_days(days, amounts, frequency, basis):
    """Days that must rise, how often a year a security pays, and its way of counting days, as whole numbers."""
    *days, frequency, basis = (math.floor(v) for v in (*days, frequency, basis))
    if days != sorted(set(days)) or frequency not in (1, 2, 4) or not 0 <= basis <= 4 or min(amounts) < 0:
        raise Error("#NUM!")
    return (*days, frequency, basis)


def odd_first_price(terms, rate, gain, redemption):
    """The price per 100 at a yield of `gain` a year, where the first period is odd."""
    issue, settlement, first, maturity, frequency, basis = terms
    coupon, growth = 100 * rate / frequency, 1 + gain / frequency
    before, after, quasi = coupon_days(settlement, first, frequency)
    whole_period = period_days(before, after, frequency, basis)
    _, _, later = coupon_days(first, maturity, frequency)
    share = days_between(issue, first, basis) / whole_period
    if share < 1:
        ahead = days_between(settlement, first, basis) / whole_period
        accrued = days_between(issue, settlement, basis) / whole_period
    else:
        share = accrued = 0.0
        end, count = first, coupon_days(issue, first, frequency)[2]
        for place in range(count, 0, -1):
            start = months_on(end, -12 // frequency)
            days = days_between(start, end, basis) if basis == 1 else whole_period
            share += days_between(issue, end, basis) / days if place == 1 else 1.0
            accrued += max(days_between(max(issue, start), min(settlement, end), basis), 0) / days
            end = start
        ahead = quasi - 1 + days_to_coupon(settlement, before, after, frequency, basis) / whole_period
    paid = math.fsum(coupon / growth ** (k + ahead) for k in range(1, later + 1))
    return redemption / growth ** (later + ahead) + coupon * share / growth**ahead + paid - coupon * accrued


@numeric
def ODDFPRICE(settlement, maturity, issue, first, rate, gain, redemption, frequency, basis=0.0):
    days = issue, settlement, first, maturity
    terms = checked_days(days, (rate, gain, redemption), frequency, basis)
    if coupon_days(terms[2], terms[3], terms[4])[0] != terms[2]:
        raise Error("#NUM!")
    return odd_first_price(terms, rate, gain, redemption)


@numeric
def ODDFYIELD(settlement, maturity, issue, first, rate, price, redemption, frequency, basis=0.0):
    days = issue, settlement, first, maturity
    terms = checked_days(days, (rate, price, redemption), frequency, basis)
    return root(lambda gain: odd_first_price(terms, rate, gain, redemption) - price, rate or 0.05)


def odd_last(settlement, maturity, last, frequency, basis):
    """Of an odd last period, in normal ones: all of it, what is past at the settlement, and what is ahead."""
    whole_length = past = ahead = 0.0
    count = coupon_days(last, maturity, frequency)[2]
    start = last
    for place in range(1, count + 1):
        end = months_on(start, 12 // frequency)
        days = days_between(start, end, basis)
        length = days if place < count else days_between(start, maturity, basis)
        whole_length += length / days
        if end < settlement:
            past += length / days
        elif start < settlement:
            past += days_between(start, settlement, basis) / days
        ahead += max(days_between(max(settlement, start), min(maturity, end), basis), 0) / days
        start = end
    return whole_length, past, ahead


@numeric
def ODDLPRICE(settlement, maturity, last, rate, gain, redemption, frequency, basis=0.0):
    terms = checked_days((last, settlement, maturity), (rate, gain, redemption), frequency, basis)
    last, settlement, maturity, frequency, basis = terms
    whole_length, past, ahead = odd_last(settlement, maturity, last, frequency, basis)
    coupon = 100 * rate / frequency
    return (redemption + coupon * whole_length) / (1 + ahead * gain / frequency) - coupon * past


@numeric
def ODDLYIELD(settlement, maturity, last, rate, price, redemption, frequency, basis=0.0):
    terms = checked_days((last, settlement, maturity), (rate, price, redemption), frequency, basis)
    last, settlement, maturity, frequency, basis = terms
    whole_length, past, ahead = odd_last(settlement, maturity, last, frequency, basis)
    coupon = 100 * rate / frequency
    paid = price + coupon * past
    return (redemption + coupon * whole_length - paid) / paid * frequency / ahead
