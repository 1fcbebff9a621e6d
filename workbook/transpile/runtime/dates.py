"""Dates and times, as days since the end of 1899."""

import datetime
import math

from workbook.transpile.runtime.values import DAY_ZERO, Error, elementwise, number, numeric, parse_number, text


def moment_of(serial):
    """The date and time of a serial number, to the second."""
    days = math.floor(serial)
    if days < 0:
        raise Error("#NUM!")
    seconds = round((serial - days) * 86400)
    first_days = days < 60 and DAY_ZERO.year == 1899
    return DAY_ZERO + datetime.timedelta(days=days + first_days, seconds=seconds)


@numeric
def DATE(year, month, day):
    year = int(year) + (1900 if year < 1900 else 0)
    months = year * 12 + int(month) - 1
    start = datetime.datetime(months // 12, months % 12 + 1, 1) + datetime.timedelta(days=int(day) - 1)
    serial = (start - DAY_ZERO).days
    return serial if serial >= 61 else serial - 1


@numeric
def TIME(hour, minute, second):
    return (int(hour) * 3600 + int(minute) * 60 + int(second)) % 86400 / 86400


@numeric
def YEAR(serial):
    return moment_of(serial).year


@numeric
def MONTH(serial):
    return moment_of(serial).month


@numeric
def DAY(serial):
    return moment_of(serial).day


@numeric
def HOUR(serial):
    return moment_of(serial).hour


@numeric
def MINUTE(serial):
    return moment_of(serial).minute


@numeric
def SECOND(serial):
    return moment_of(serial).second


@numeric
def WEEKDAY(serial, kind=1.0):
    monday = moment_of(serial).weekday()
    starts = {1: (monday + 1) % 7 + 1, 2: monday + 1, 3: monday}
    if int(kind) not in starts:
        raise Error("#NUM!")
    return starts[int(kind)]


@numeric
def EDATE(serial, months):
    return shifted_months(serial, months)


@numeric
def EOMONTH(serial, months):
    moment = moment_of(serial)
    total = moment.year * 12 + moment.month + int(months)
    last = datetime.datetime(total // 12, total % 12 + 1, 1) - datetime.timedelta(days=1)
    return (last - DAY_ZERO).days


def shifted_months(serial, months):
    """The same day some months later, or the last of that month."""
    moment = moment_of(serial)
    total = moment.year * 12 + moment.month - 1 + int(months)
    year, month = total // 12, total % 12 + 1
    lengths = (
        31,
        29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28,
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    )
    moved_to = datetime.datetime(year, month, min(moment.day, lengths[month - 1]))
    return (moved_to - DAY_ZERO).days


@elementwise
def DAYS(end, start):
    return math.floor(number(end)) - math.floor(number(start))


@elementwise
def DATEVALUE(value):
    return math.floor(parse_number(text(value)))
