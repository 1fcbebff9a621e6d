"""Loans and savings."""

import calendar
import math

from workbook.transpile.runtime.dates import DAYS360, date_of
from workbook.transpile.runtime.ranges import flat, numbers
from workbook.transpile.runtime.values import Error, checked, number, numeric, spread_over, whole


@numeric
def PMT(rate, periods, present, future=0.0, at_start=0.0):
    if periods == 0:
        raise Error("#NUM!")
    if rate == 0:
        return -(present + future) / periods
    growth = (1 + rate) ** periods
    return -(present * growth + future) * rate / ((growth - 1) * (1 + rate * (at_start != 0)))


@numeric
def FV(rate, periods, payment, present=0.0, at_start=0.0):
    if rate == 0:
        return -present - payment * periods
    growth = (1 + rate) ** periods
    return -present * growth - payment * (1 + rate * (at_start != 0)) * (growth - 1) / rate


@numeric
def PV(rate, periods, payment, future=0.0, at_start=0.0):
    if rate == 0:
        return -future - payment * periods
    growth = (1 + rate) ** periods
    return (-future - payment * (1 + rate * (at_start != 0)) * (growth - 1) / rate) / growth


@spread_over(0)
def NPV(rate, *arguments):
    rate = number(rate)
    return math.fsum(value / (1 + rate) ** k for k, value in enumerate(numbers(*arguments), 1))


@numeric
def NPER(rate, payment, present, future=0.0, at_start=0.0):
    if rate == 0:
        return -(present + future) / payment
    due = payment * (1 + rate * (at_start != 0))
    return math.log((due - future * rate) / (due + present * rate)) / math.log1p(rate)


def balance(rate, periods, payment, present, future, at_start):
    """What is left over after the last payment: 0 at the right rate."""
    growth = (1 + rate) ** periods
    paid = periods if abs(rate) < 1e-12 else (growth - 1) / rate
    return present * growth + payment * (1 + rate * (at_start != 0)) * paid + future


@numeric
def RATE(periods, payment, present, future=0.0, at_start=0.0, guess=0.1):
    return root(lambda rate: balance(rate, periods, payment, present, future, at_start), guess)


def root(function, guess):
    """Where a function of a rate is 0, found from a guess, or else from other rates; none found is #NUM!."""
    for start in (guess, 0.1, 0.01, 0.5, -0.1, -0.5):
        found = checked(by_secants, function, start)
        if not isinstance(found, Error):
            return found
    raise Error("#NUM!")


def by_secants(function, guess):
    """Where a function of a rate is 0, by secants from a guess; where they lead nowhere it is #NUM!."""
    low, high = guess, guess * 1.01 + 1e-4
    at_low, at_high = function(low), function(high)
    # Close to -1, which no rate goes below, steps get small where the function is not.
    small = 1e-6 * max(abs(at_low), abs(at_high), 1.0)
    for _ in range(200):
        if at_high == 0 or abs(high - low) <= 1e-15 * abs(high):
            break
        step = at_high * (high - low) / (at_high - at_low) if at_high != at_low else 0.0
        if not math.isfinite(step):
            raise Error("#NUM!")
        while high - step <= -1:
            step /= 2
        low, at_low, high = high, at_high, high - step
        at_high = function(high)
        if low == high:
            break
    else:
        raise Error("#NUM!")
    if abs(at_high) > small:
        raise Error("#NUM!")
    return high


@numeric
def IPMT(rate, period, periods, present, future=0.0, at_start=0.0):
    if not 1 <= period <= periods:
        raise Error("#NUM!")
    if at_start and period == 1:
        return 0.0
    payment = number(PMT(rate, periods, present, future, at_start))
    owed = number(FV(rate, period - 1, payment, present, at_start))
    return owed * rate / (1 + rate * (at_start != 0))


@numeric
def PPMT(rate, period, periods, present, future=0.0, at_start=0.0):
    payment = number(PMT(rate, periods, present, future, at_start))
    return payment - number(IPMT(rate, period, periods, present, future, at_start))


def accumulated(part, rate, periods, present, first_period, last_period, at_start):
    """What IPMT or PPMT makes over some periods together."""
    if not (rate > 0 and periods > 0 and present > 0 and 1 <= first_period <= last_period <= periods):
        raise Error("#NUM!")
    span = range(math.ceil(first_period), int(last_period) + 1)
    return math.fsum(number(part(rate, float(k), periods, present, 0.0, at_start)) for k in span)


@numeric
def CUMIPMT(rate, periods, present, first_period, last_period, at_start):
    return accumulated(IPMT, rate, periods, present, first_period, last_period, at_start)


@numeric
def CUMPRINC(rate, periods, present, first_period, last_period, at_start):
    return accumulated(PPMT, rate, periods, present, first_period, last_period, at_start)


@whole
def IRR(values, guess=0.1):
    flows = list(numbers(values))
    if not (any(flow > 0 for flow in flows) and any(flow < 0 for flow in flows)):
        raise Error("#NUM!")
    return root(lambda rate: math.fsum(flow / (1 + rate) ** k for k, flow in enumerate(flows)), number(guess))


def flow_days(values, dates):
    """The payments, and the years (of 365 days) from the first to each."""
    flows, days = [number(v) for v in flat(values)], [math.floor(number(day)) for day in flat(dates)]
    if len(flows) != len(days) or min(days) < days[0]:
        raise Error("#NUM!")
    return [(flow, (day - days[0]) / 365) for flow, day in zip(flows, days)]


@spread_over(0)
def XNPV(rate, values, dates):
    rate = number(rate)
    return math.fsum(flow / (1 + rate) ** years for flow, years in flow_days(values, dates))


@whole
def XIRR(values, dates, guess=0.1):
    flows = flow_days(values, dates)
    if not (any(flow > 0 for flow, _ in flows) and any(flow < 0 for flow, _ in flows)):
        raise Error("#NUM!")
    return root(lambda rate: math.fsum(flow / (1 + rate) ** years for flow, years in flows), number(guess))


@numeric
def EFFECT(nominal, periods):
    if nominal <= 0 or int(periods) < 1:
        raise Error("#NUM!")
    return (1 + nominal / int(periods)) ** int(periods) - 1


@numeric
def NOMINAL(effective, periods):
    if effective <= 0 or int(periods) < 1:
        raise Error("#NUM!")
    return ((1 + effective) ** (1 / int(periods)) - 1) * int(periods)


@whole
def FVSCHEDULE(principal, rates):
    return number(principal) * math.prod(1 + rate for rate in numbers(rates))


@numeric
def RRI(periods, present, future):
    if periods <= 0:
        raise Error("#NUM!")
    return (future / present) ** (1 / periods) - 1


@numeric
def PDURATION(rate, present, future):
    if rate <= 0 or present <= 0 or future <= 0:
        raise Error("#NUM!")
    return math.log(future / present) / math.log1p(rate)


@numeric
def SLN(cost, salvage, life):
    return (cost - salvage) / life


@numeric
def SYD(cost, salvage, life, period):
    if not 0 < period <= life:
        raise Error("#NUM!")
    return (cost - salvage) * (life - period + 1) * 2 / (life * (life + 1))


@numeric
def DDB(cost, salvage, life, period, factor=2.0):
    if not 1 <= period <= life:
        raise Error("#NUM!")
    left = cost
    for _ in range(int(period)):
        lost = min(left * factor / life, max(left - salvage, 0.0))
        left -= lost
    return lost


@whole
def MIRR(values, finance_rate, reinvest_rate):
    flows = list(numbers(values))
    paid, earned = 1 + number(finance_rate), 1 + number(reinvest_rate)
    spent = math.fsum(flow / paid**k for k, flow in enumerate(flows) if flow < 0)
    gained = math.fsum(flow * earned ** (len(flows) - 1 - k) for k, flow in enumerate(flows) if flow > 0)
    if not (spent and gained):
        raise Error("#DIV/0!")
    return (gained / -spent) ** (1 / (len(flows) - 1)) - 1


@numeric
def ISPMT(rate, period, periods, present):
    return present * rate * (period / periods - 1)


@numeric
def DB(cost, salvage, life, period, months=12.0):
    period, months = int(period), int(months)
    if cost < 0 or salvage < 0 or life < 1 or not (1 <= months <= 12 and 1 <= period <= life + (months < 12)):
        raise Error("#NUM!")
    rate = round(1 - (salvage / cost) ** (1 / life), 3) if cost else 1.0
    lost, left = cost * rate * months / 12, cost
    for _ in range(period - 1):
        left -= lost
        lost = left * rate
    return lost if period <= life else lost * (12 - months) / 12


@numeric
def VDB(cost, salvage, life, start, end, factor=2.0, no_switch=0.0):
    if cost < 0 or salvage < 0 or life <= 0 or factor < 0 or not 0 <= start <= end <= life:
        raise Error("#NUM!")
    left, total = cost, 0.0
    for k in range(math.ceil(end)):
        lost = max(min(left * factor / life, left - salvage), 0.0)
        if not no_switch:
            # To a straight line, once that takes more off.
            lost = max(lost, (left - salvage) / (life - k))
        total += lost * max(min(end, k + 1) - max(start, k), 0.0)
        left -= lost
    return total


def first_share(bought, period_end, basis):
    """The part of a year from a purchase to the end of its first period."""
    bought, period_end, basis = (math.floor(v) for v in (bought, period_end, basis))
    if bought > period_end or basis not in (0, 1, 3, 4):
        raise Error("#NUM!")
    if basis in (0, 4):
        return number(DAYS360(bought, period_end, basis == 4)) / 360
    leaps = [date_of(day)[1:] == (2, 29) for day in (bought, period_end)]
    days = period_end - leaps[1] - (bought - leaps[0])
    return days / (366 if basis == 1 and calendar.isleap(date_of(bought)[0]) else 365)


def checked_asset(cost, salvage, period, rate):
    """Raise #NUM! unless an asset is worth something that is lost in time."""
    if not 0 <= salvage <= cost or period < 0 or rate <= 0:
        raise Error("#NUM!")


def rounded_half_up(amount):
    """A whole amount; what is a half to 13 digits is one."""
    return float(math.floor(float(f"{amount:.13g}") + 0.5))


@numeric
def AMORLINC(cost, bought, period_end, salvage, period, rate, basis=0.0):
    checked_asset(cost, salvage, period, rate)
    share = first_share(bought, period_end, basis)
    if cost == salvage or period > math.ceil(1 / rate):
        return 0.0
    lost = min(cost * rate * (share or 1.0), cost - salvage)
    if period == 0:
        return lost
    left, each = cost - salvage - lost, cost * rate
    for _ in range(math.floor(period)):
        each = min(each, left)
        left -= each
    return each


@numeric
def AMORDEGRC(cost, bought, period_end, salvage, period, rate, basis=0.0):
    checked_asset(cost, salvage, period, rate)
    years, share = 1 / rate, first_share(bought, period_end, basis)
    life = math.ceil(years)
    if years < 3 or 4 < years < 5:
        raise Error("#NUM!")
    if cost == salvage or period > life:
        return 0.0
    rate *= 1.5 if life <= 4 else 2.0 if life <= 6 else 2.5
    lost = rounded_half_up(min(cost * rate * (share or 1.0), cost - salvage))
    left = cost - lost
    periods = life + bool(share)
    for k in range(1, math.floor(period) + 1):
        # The last but one takes half of what is left, the last all of it.
        if periods - k == 3:
            lost, rate = left * 0.5, 1.0
        else:
            lost = left * rate
        lost = lost if left >= salvage else 0.0
        left -= lost
    return rounded_half_up(lost) if period >= 1 or period == 0 else 0.0


def fraction_digits(fraction):
    """By what a fraction's digits are scaled: 100 for sixteenths."""
    if int(fraction) < 1:
        raise Error("#DIV/0!" if fraction >= 0 else "#NUM!")
    return 10 ** math.ceil(math.log10(int(fraction)))


@numeric
def DOLLARDE(price, fraction):
    return math.trunc(price) + math.fmod(price, 1) * fraction_digits(fraction) / int(fraction)


@numeric
def DOLLARFR(price, fraction):
    return math.trunc(price) + math.fmod(price, 1) * int(fraction) / fraction_digits(fraction)
