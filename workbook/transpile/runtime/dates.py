"""Dates and times, as days since the end of 1899."""

import calendar
import datetime
import math

from workbook.transpile.runtime.ranges import flat
from workbook.transpile.runtime.values import (
    DAY_ZERO,
    Error,
    elementwise,
    number,
    numeric,
    parse_moment,
    serial_of,
    spread_over,
    text,
)


def moment_of(serial):
    """The date and time of a serial number, to the second; Excel's 29 February 1900 is the 28th."""
    days = math.floor(on_sheet(serial))
    seconds = round((serial - days) * 86400)
    is_early = days < 60 and DAY_ZERO.year == 1899
    return DAY_ZERO + datetime.timedelta(days=days + is_early, seconds=seconds)


def date_of(serial):
    """Year, month and day of a serial number; 0 is 0 January 1900, 60 is 29 February 1900, which never was."""
    days = math.floor(serial)
    if days in (0, 60) and DAY_ZERO.year == 1899:
        return (1900, 1, 0) if days == 0 else (1900, 2, 29)
    moment = moment_of(days)
    return moment.year, moment.month, moment.day


@numeric
def DATE(year, month, day):
    year = int(year) + (1900 if 0 <= year < 1900 else 0)
    months = year * 12 + int(month) - 1
    if not 1900 <= months // 12 <= 9999:
        raise Error("#NUM!")
    return on_sheet(serial_of(datetime.datetime(months // 12, months % 12 + 1, 1)) + int(day) - 1)


def on_sheet(serial):
    """The serial number; #NUM! unless it is that of a day up to the end of 9999."""
    if not 0 <= serial < 2958466:
        raise Error("#NUM!")
    return serial


@numeric
def TIME(hour, minute, second):
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second)
    if seconds < 0 or max(hour, minute, second) >= 32768:
        raise Error("#NUM!")
    return seconds % 86400 / 86400


def NOW():
    return (datetime.datetime.now() - DAY_ZERO) / datetime.timedelta(days=1)


def TODAY():
    return float(math.floor(NOW()))


@numeric
def YEAR(serial):
    return date_of(serial)[0]


@numeric
def MONTH(serial):
    return date_of(serial)[1]


@numeric
def DAY(serial):
    return date_of(serial)[2]


@numeric
def HOUR(serial):
    return moment_of(serial).hour


@numeric
def MINUTE(serial):
    return moment_of(serial).minute


@numeric
def SECOND(serial):
    return moment_of(serial).second


def days_since_monday(serial):
    """The day of the week, 0 for Monday, by Excel's calendar, in which 1 January 1900 is a Sunday."""
    return (math.floor(on_sheet(serial)) + DAY_ZERO.weekday()) % 7


@numeric
def WEEKDAY(serial, kind=1.0):
    day = days_since_monday(serial)
    kind = {1: 17, 2: 11}.get(int(kind), int(kind))
    if kind == 3:
        return day
    if not 11 <= kind <= 17:
        raise Error("#NUM!")
    return (day - (kind - 11)) % 7 + 1


@numeric
def WEEKNUM(serial, kind=1.0):
    kind = {1: 17, 2: 11}.get(int(kind), int(kind))
    if kind == 21:
        return ISOWEEKNUM(serial)
    if not 11 <= kind <= 17:
        raise Error("#NUM!")
    new_year = DATE(date_of(serial)[0], 1, 1)
    return (math.floor(serial) - new_year + (days_since_monday(new_year) - (kind - 11)) % 7) // 7 + 1


@numeric
def ISOWEEKNUM(serial):
    thursday = math.floor(serial) - days_since_monday(serial) + 3
    return (thursday - DATE(date_of(thursday)[0], 1, 1)) // 7 + 1


@numeric
def EDATE(serial, months):
    return months_on(serial, months)


@numeric
def EOMONTH(serial, months):
    return months_on(serial, months, last_day=True)


def months_on(serial, months, last_day=False):
    """The same day some months later, or the last of that month."""
    year, month, day = date_of(serial)
    total = year * 12 + month - 1 + int(months)
    year, month = total // 12, total % 12 + 1
    if not 1900 <= year <= 9999:
        raise Error("#NUM!")
    length = calendar.monthrange(year, month)[1] if (year, month) != (1900, 2) else 29
    return on_sheet(serial_of(datetime.datetime(year, month, 1)) + (length if last_day else min(day, length)) - 1)


@elementwise
def DAYS(end, start):
    return math.floor(number(end)) - math.floor(number(start))


@numeric
def DAYS360(start, end, european=0.0):
    (y1, m1, d1), (y2, m2, d2) = date_of(start), date_of(end)
    if european:
        d1, d2 = min(d1, 30), min(d2, 30)
    else:
        # A blank is day 0, and the end of no month.
        is_last = d1 > 0 and date_of(math.floor(start) + 1)[2] == 1
        d1 = 30 if is_last else d1
        if d2 == 31:
            y2, m2, d2 = (y2, m2, 30) if d1 == 30 else (y2, m2 + 1, 1)
    return (y2 - y1) * 360 + (m2 - m1) * 30 + d2 - d1


@elementwise
def DATEDIF(start, end, unit):
    start, end, unit = math.floor(number(start)), math.floor(number(end)), text(unit).upper()
    if start > end:
        raise Error("#NUM!")
    (y1, m1, d1), (y2, m2, d2) = date_of(start), date_of(end)
    months = (y2 - y1) * 12 + m2 - m1 - (d2 < d1)
    if unit == "D":
        return end - start
    if unit in ("M", "Y", "YM"):
        return {"M": months, "Y": months // 12, "YM": months % 12}[unit]
    if unit == "MD":
        return d2 - d1 if d2 >= d1 else end - (DATE(y2, m2 - 1, d1))
    if unit == "YD":
        return end - DATE(y2 - ((m2, d2) < (m1, d1)), m1, d1)
    raise Error("#NUM!")


@numeric
def YEARFRAC(start, end, basis=0.0):
    basis = int(basis)
    if not 0 <= basis <= 4:
        raise Error("#NUM!")
    start, end = sorted((math.floor(start), math.floor(end)))
    if basis in (0, 4):
        days = number(DAYS360(start, end, basis == 4))
        return (days + (0 if basis else end_of_february(start, end))) / 360
    if basis in (2, 3):
        return (end - start) / (360 if basis == 2 else 365)
    (y1, m1, d1), (y2, m2, d2) = date_of(start), date_of(end)
    if y1 == y2 or (y2 == y1 + 1 and (m2, d2) <= (m1, d1)):
        leap_days = [DATE(y, 2, 29) for y in (y1, y2) if calendar.isleap(y)]
        is_long = calendar.isleap(y1) if y1 == y2 else any(start <= day <= end for day in leap_days)
        return (end - start) / (366 if is_long else 365)
    return (end - start) / ((DATE(y2 + 1, 1, 1) - DATE(y1, 1, 1)) / (y2 - y1 + 1))


def end_of_february(start, end):
    """How YEARFRAC counts where DAYS360 counts otherwise: from the end of February.

    Source: Wheeler (2008), YEARFRAC Incompatibilities between Excel 2007 and OOXML, basis 0.
    """
    (_, m1, _), (_, m2, d2) = date_of(start), date_of(end)
    if m1 != 2 or date_of(start + 1)[2] != 1:
        return 0
    return 30 - d2 if m2 == 2 and date_of(end + 1)[2] == 1 else int(d2 == 31)


def days_off(weekend):
    """The free days of the week, 0 for Monday, that a number of WORKDAY.INTL or a text of seven 0s and 1s names."""
    if isinstance(weekend, str):
        if len(weekend) != 7 or set(weekend) - {"0", "1"}:
            raise Error("#VALUE!")
        return {k for k, sign in enumerate(weekend) if sign == "1"}
    kind = 1 if weekend is None else int(number(weekend))
    if 1 <= kind <= 7:
        return {(kind + 4) % 7, (kind + 5) % 7}
    if 11 <= kind <= 17:
        return {(kind - 12) % 7}
    raise Error("#NUM!")


def is_workday(serial, off, holidays):
    """Whether a day is neither off nor a holiday."""
    return days_since_monday(serial) not in off and serial not in holidays


def NETWORKDAYS(start, end, holidays=None):
    return NETWORKDAYS_INTL(start, end, 1.0, holidays)


@spread_over(0, 1)
def NETWORKDAYS_INTL(start, end, weekend=1.0, holidays=None):
    start, end, off = math.floor(number(start)), math.floor(number(end)), days_off(weekend)
    free = {math.floor(number(day)) for day in flat(holidays) if day is not None}
    count = sum(is_workday(day, off, free) for day in range(min(start, end), max(start, end) + 1))
    return count if start <= end else -count


def WORKDAY(start, days, holidays=None):
    return WORKDAY_INTL(start, days, 1.0, holidays)


@spread_over(0, 1)
def WORKDAY_INTL(start, days, weekend=1.0, holidays=None):
    day, left, off = math.floor(number(start)), int(number(days)), days_off(weekend)
    if len(off) == 7:
        raise Error("#VALUE!")
    free = {math.floor(number(holiday)) for holiday in flat(holidays) if holiday is not None}
    step = 1 if left > 0 else -1
    # Any seven days have as many workdays but for holidays: whole weeks are passed at once, and a day is left to end on
    weeks = max(abs(left) - 1, 0) // (7 - len(off))
    end = day + 7 * step * weeks
    if not 0 <= end <= 2_958_465:
        raise Error("#NUM!")
    passed = sum(is_workday(holiday, off, ()) for holiday in free if day < holiday <= end or end <= holiday < day)
    day, left = end, left - step * (weeks * (7 - len(off)) - passed)
    while left:
        day += step
        left -= step * is_workday(day, off, free)
    return day


def moment(value):
    """The serial number of a text that is a date or a time; of any other, a number among them, #VALUE!."""
    if not (isinstance(value, str) and any(map(str.isdigit, value))):
        raise Error("#VALUE!")
    return parse_moment(value.strip().replace(",", ""))


@elementwise
def DATEVALUE(value):
    return math.floor(moment(value))


@elementwise
def TIMEVALUE(value):
    return moment(value) % 1
