"""Securities: what they cost, what they yield, and the days on which they pay."""

import math

from workbook.transpile.runtime.dates import DAYS360, YEARFRAC, date_of, months_on
from workbook.transpile.runtime.money import root
from workbook.transpile.runtime.values import Error, number, numeric


def checked_terms(settlement, maturity, basis, frequency=1.0):
    """The days of a security, its way of counting them, and how often a year it pays, as whole numbers."""
    settlement, maturity, basis, frequency = (math.floor(v) for v in (settlement, maturity, basis, frequency))
    if settlement >= maturity or not 0 <= basis <= 4 or frequency not in (1, 2, 4):
        raise Error("#NUM!")
    return settlement, maturity, basis, frequency


def days_between(start, end, basis):
    """The days from one to another: months of 30 days (basis 0 and, as in Europe, 4), or as the calendar has them."""
    return number(DAYS360(start, end, basis == 4)) if basis in (0, 4) else end - start


def coupon_days(settlement, maturity, frequency):
    """The last day before the settlement, or on it, and the first after it, on which a coupon is paid; how many follow.

    The days are counted back from the maturity; where that is the last of its month, they all are.
    """
    step, is_last = 12 // frequency, date_of(maturity + 1)[2] == 1
    count, after, before = 0, maturity, maturity
    while before > settlement:
        count, after = count + 1, before
        before = months_on(maturity, -count * step, is_last)
    return before, after, count


def period_days(before, after, frequency, basis):
    """The days of a coupon's period."""
    return after - before if basis == 1 else (365 if basis == 3 else 360) / frequency


def days_to_coupon(settlement, before, after, frequency, basis):
    """The days from the settlement to the next coupon."""
    if basis in (0, 4):
        return period_days(before, after, frequency, basis) - days_between(before, settlement, basis)
    return after - settlement


@numeric
def COUPPCD(settlement, maturity, frequency, basis=0.0):
    settlement, maturity, _, frequency = checked_terms(settlement, maturity, basis, frequency)
    return coupon_days(settlement, maturity, frequency)[0]


@numeric
def COUPNCD(settlement, maturity, frequency, basis=0.0):
    settlement, maturity, _, frequency = checked_terms(settlement, maturity, basis, frequency)
    return coupon_days(settlement, maturity, frequency)[1]


@numeric
def COUPNUM(settlement, maturity, frequency, basis=0.0):
    settlement, maturity, _, frequency = checked_terms(settlement, maturity, basis, frequency)
    return coupon_days(settlement, maturity, frequency)[2]


@numeric
def COUPDAYBS(settlement, maturity, frequency, basis=0.0):
    settlement, maturity, basis, frequency = checked_terms(settlement, maturity, basis, frequency)
    return days_between(coupon_days(settlement, maturity, frequency)[0], settlement, basis)


@numeric
def COUPDAYS(settlement, maturity, frequency, basis=0.0):
    settlement, maturity, basis, frequency = checked_terms(settlement, maturity, basis, frequency)
    before, after, _ = coupon_days(settlement, maturity, frequency)
    return period_days(before, after, frequency, basis)


@numeric
def COUPDAYSNC(settlement, maturity, frequency, basis=0.0):
    settlement, maturity, basis, frequency = checked_terms(settlement, maturity, basis, frequency)
    before, after, _ = coupon_days(settlement, maturity, frequency)
    return days_to_coupon(settlement, before, after, frequency, basis)


def coupon_period(settlement, maturity, frequency, basis):
    """The days of a coupon's period that are past, all of them, the share still ahead, and how many coupons follow."""
    before, after, count = coupon_days(settlement, maturity, frequency)
    whole_period = period_days(before, after, frequency, basis)
    ahead = days_to_coupon(settlement, before, after, frequency, basis) / whole_period
    return days_between(before, settlement, basis), whole_period, ahead, count


def price_at(period, rate, gain, redemption, frequency):
    """The price of a security per 100 at a yield of `gain` a year."""
    past, whole_period, ahead, count = period
    coupon, growth = 100 * rate / frequency, 1 + gain / frequency
    accrued = coupon * past / whole_period
    if count == 1:
        return (redemption + coupon) / (1 + ahead * gain / frequency) - accrued
    paid = math.fsum(coupon / growth ** (k + ahead) for k in range(count))
    return redemption / growth ** (count - 1 + ahead) + paid - accrued


@numeric
def PRICE(settlement, maturity, rate, gain, redemption, frequency, basis=0.0):
    settlement, maturity, basis, frequency = checked_terms(settlement, maturity, basis, frequency)
    if rate < 0 or gain < 0 or redemption <= 0:
        raise Error("#NUM!")
    return price_at(coupon_period(settlement, maturity, frequency, basis), rate, gain, redemption, frequency)


@numeric
def YIELD(settlement, maturity, rate, price, redemption, frequency, basis=0.0):
    settlement, maturity, basis, frequency = checked_terms(settlement, maturity, basis, frequency)
    if rate < 0 or price <= 0 or redemption <= 0:
        raise Error("#NUM!")
    period = coupon_period(settlement, maturity, frequency, basis)
    return root(lambda gain: price_at(period, rate, gain, redemption, frequency) - price, rate or 0.05)


@numeric
def DURATION(settlement, maturity, coupon, gain, frequency, basis=0.0):
    settlement, maturity, basis, frequency = checked_terms(settlement, maturity, basis, frequency)
    if coupon < 0 or gain < 0:
        raise Error("#NUM!")
    _, _, ahead, count = coupon_period(settlement, maturity, frequency, basis)
    paid = [100 * coupon / frequency + 100 * (k == count - 1) for k in range(count)]
    worth = [flow / (1 + gain / frequency) ** (k + ahead) for k, flow in enumerate(paid)]
    return math.fsum(flow * (k + ahead) for k, flow in enumerate(worth)) / frequency / math.fsum(worth)


@numeric
def MDURATION(settlement, maturity, coupon, gain, frequency, basis=0.0):
    duration = number(DURATION(settlement, maturity, coupon, gain, frequency, basis))
    return duration / (1 + gain / int(frequency))


@numeric
def ACCRINT(issue, first_interest, settlement, rate, par, frequency, basis=0.0, from_issue=1.0):
    issue, settlement, basis, frequency = checked_terms(issue, settlement, basis, frequency)
    if rate <= 0 or par <= 0:
        raise Error("#NUM!")
    first_interest, step = math.floor(first_interest), 12 // frequency
    start = issue if from_issue or settlement <= first_interest else first_interest
    # From the first coupon the periods go on in both directions.
    place = 0
    while months_on(first_interest, place * step) > start:
        place -= 1
    periods = 0.0
    while (opens := months_on(first_interest, place * step)) < settlement:
        closes = months_on(first_interest, (place + 1) * step)
        days = days_between(max(opens, start), min(closes, settlement), basis)
        periods += days / period_days(opens, closes, frequency, basis)
        place += 1
    return par * rate / frequency * periods


def years_of(start, end, basis):
    """The years from one day to a later one."""
    start, end, basis, _ = checked_terms(start, end, basis)
    return number(YEARFRAC(start, end, basis))


def require_above_0(*amounts):
    """Raise #NUM! unless all amounts are above 0."""
    if min(amounts) <= 0:
        raise Error("#NUM!")


@numeric
def ACCRINTM(issue, settlement, rate, par=1000.0, basis=0.0):
    require_above_0(rate, par)
    return par * rate * years_of(issue, settlement, basis)


@numeric
def DISC(settlement, maturity, price, redemption, basis=0.0):
    require_above_0(price, redemption)
    return (redemption - price) / redemption / years_of(settlement, maturity, basis)


@numeric
def INTRATE(settlement, maturity, investment, redemption, basis=0.0):
    require_above_0(investment, redemption)
    return (redemption - investment) / investment / years_of(settlement, maturity, basis)


@numeric
def RECEIVED(settlement, maturity, investment, discount, basis=0.0):
    require_above_0(investment, discount)
    return investment / (1 - discount * years_of(settlement, maturity, basis))


@numeric
def PRICEDISC(settlement, maturity, discount, redemption, basis=0.0):
    require_above_0(discount, redemption)
    return redemption * (1 - discount * years_of(settlement, maturity, basis))


@numeric
def YIELDDISC(settlement, maturity, price, redemption, basis=0.0):
    require_above_0(price, redemption)
    return (redemption / price - 1) / years_of(settlement, maturity, basis)


def at_maturity(settlement, maturity, issue, basis):
    """The years from the issue to the maturity, from there to the settlement, and from that to the maturity."""
    settlement, maturity, basis, _ = checked_terms(settlement, maturity, basis)
    days = ((issue, maturity), (issue, settlement), (settlement, maturity))
    return [number(YEARFRAC(start, end, basis)) for start, end in days]


@numeric
def PRICEMAT(settlement, maturity, issue, rate, gain, basis=0.0):
    if rate < 0 or gain < 0:
        raise Error("#NUM!")
    whole_life, held, ahead = at_maturity(settlement, maturity, issue, basis)
    return 100 * ((1 + whole_life * rate) / (1 + ahead * gain) - held * rate)


@numeric
def YIELDMAT(settlement, maturity, issue, rate, price, basis=0.0):
    if rate < 0 or price <= 0:
        raise Error("#NUM!")
    whole_life, held, ahead = at_maturity(settlement, maturity, issue, basis)
    return ((1 + whole_life * rate) / (price / 100 + held * rate) - 1) / ahead


def bill_days(settlement, maturity):
    """The days from settlement to maturity of a Treasury bill; #NUM! beyond a year."""
    settlement, maturity, _, _ = checked_terms(settlement, maturity, 0.0)
    if maturity > months_on(settlement, 12):
        raise Error("#NUM!")
    return maturity - settlement


@numeric
def TBILLPRICE(settlement, maturity, discount):
    price = 100 * (1 - discount * bill_days(settlement, maturity) / 360)
    if discount <= 0 or price < 0:
        raise Error("#NUM!")
    return price


@numeric
def TBILLYIELD(settlement, maturity, price):
    if price <= 0:
        raise Error("#NUM!")
    return (100 - price) / price * 360 / bill_days(settlement, maturity)


@numeric
def TBILLEQ(settlement, maturity, discount):
    days = bill_days(settlement, maturity)
    if discount <= 0 or discount * days >= 360:
        raise Error("#NUM!")
    if days <= 182:
        return 365 * discount / (360 - discount * days)
    # Beyond half a year there would be a coupon in between, whose interest bears interest.
    price, years = 1 - discount * days / 360, days / (366 if days == 366 else 365)
    return (math.sqrt(years**2 - (2 * years - 1) * (1 - 1 / price)) - years) / (years - 0.5)
