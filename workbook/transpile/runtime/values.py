"""What a cell can hold, and one kind of it taken for another."""

import datetime
import functools
import math
import re


class Error(Exception):
    """An error value such as #N/A: it travels through formulas as a value."""

    def __init__(self, code):
        self.code = code

    def __eq__(self, other):
        return isinstance(other, Error) and other.code == self.code

    def __hash__(self):
        return hash(self.code)

    def __repr__(self):
        return f'Error("{self.code}")'


def elementwise(function):
    """The function of single values, over arrays too; an error among its arguments is its result."""

    @functools.wraps(function)
    def spread(*arguments):
        if any(isinstance(argument, list) for argument in arguments):
            return broadcast(spread, *arguments)
        for argument in arguments:
            if isinstance(argument, Error):
                return argument
        return checked(function, *arguments)

    return spread


def whole(function):
    """The function of whole ranges: an error that it meets is its result."""

    @functools.wraps(function)
    def called(*arguments):
        return checked(function, *arguments)

    return called


def spread_over(*places):
    """Makes of a function one that gives a value for each of the arguments at those places where they are arrays."""

    def decorate(function):
        @functools.wraps(function)
        def spread(*arguments):
            many = [place for place in places if place < len(arguments) and isinstance(arguments[place], list)]
            if not many:
                return checked(function, *arguments)

            def one(*values):
                given = dict(zip(many, values))
                return spread(*(given.get(place, argument) for place, argument in enumerate(arguments)))

            return broadcast(one, *(arguments[place] for place in many))

        return spread

    return decorate


def checked(function, *arguments):
    """What the function returns, its failures as Excel's error values."""
    try:
        result = function(*arguments)
    except Error as error:
        return error
    except ZeroDivisionError:
        return Error("#DIV/0!")
    except (OverflowError, ValueError):
        return Error("#NUM!")
    if isinstance(result, complex) or (isinstance(result, float) and not math.isfinite(result)):
        return Error("#NUM!")
    return float(result) if type(result) is int else result


def attempted(compute):
    """What the function returns; where it fails, the error value that Excel would most likely show."""
    try:
        return checked(compute)
    except IndexError:
        return Error("#REF!")
    except (TypeError, AttributeError):
        return Error("#VALUE!")


def broadcast(function, *arguments):
    """The function for each place of its arguments; where sizes differ, what is missing is #N/A."""
    tables = [argument if isinstance(argument, list) else [[argument]] for argument in arguments]
    height, width = max(map(len, tables)), max(len(table[0]) for table in tables)

    def at(table, i, j):
        i, j = (0 if len(table) == 1 else i), (0 if len(table[0]) == 1 else j)
        return table[i][j] if i < len(table) and j < len(table[0]) else Error("#N/A")

    return [[function(*(at(table, i, j) for table in tables)) for j in range(width)] for i in range(height)]


DAY_ZERO = datetime.datetime(1899, 12, 30)


def numeric(function):
    """A function of numbers, over arrays too; of what is no number, or an error, the first is its result."""

    @functools.wraps(function)
    def called(*arguments):
        if any(isinstance(argument, list) for argument in arguments):
            return broadcast(called, *arguments)
        return checked(lambda: function(*map(number, arguments)))

    return called


def number(value):
    """The value as a number: TRUE is 1, a blank 0, text what it reads as; else #VALUE!."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (float, int)):
        return value
    if value is None:
        return 0.0
    if isinstance(value, Error):
        raise value
    if isinstance(value, str):
        return parse_number(value)
    if isinstance(value, list):
        return number(first(value))
    if getattr(value, "shape", None) == ():
        # A whole number of an array's.
        return value.item()
    raise Error("#VALUE!")


def parse_number(text):
    """The number that a text reads as: digits, signs, an exponent, `%`, `$`, thousands, a fraction, a moment."""
    plain = text.strip().replace(",", "").lstrip("$")
    match = re.fullmatch(r"([+-]?)\$?((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*(%?)", plain)
    if match:
        return float(match[1] + match[2]) / (100 if match[3] else 1)
    match = re.fullmatch(r"\(([0-9]+\.?[0-9]*|\.[0-9]+)\)", plain)
    if match:
        return -float(match[1])
    match = re.fullmatch(r"([+-]?)([0-9]+) +([0-9]+)/([1-9][0-9]*)", plain)
    if match:
        return float(match[1] + "1") * (int(match[2]) + int(match[3]) / int(match[4]))
    if not re.search(r"[0-9]", plain):
        raise Error("#VALUE!")
    return parse_moment(plain)


def parse_moment(plain):
    """The serial number of a text that is a date, a time, or both."""
    clock = r"(\d+):(\d+)(?::(\d+(?:\.\d*)?))?\s*([AaPp][Mm])?|(\d+)\s*([AaPp][Mm])"
    day, hour, minute, second, half, *full = re.fullmatch(rf"(.*?)\s*(?:{clock})?", plain).groups()
    if full[0]:
        hour, minute, half = full[0], "0", full[1]
    if not day and hour is None:
        raise Error("#VALUE!")
    time = 0.0
    if hour is not None:
        if (half and not 1 <= int(hour) <= 12) or int(minute) > 59:
            raise Error("#VALUE!")
        hours = int(hour) if not half else int(hour) % 12 + 12 * (half.upper() == "PM")
        time = (hours * 3600 + int(minute) * 60 + float(second or 0)) / 86400
    return time + (parse_date(day) if day else 0)


MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def parse_date(day):
    """The serial number of a date: `2011-08-22`, `8/22/11`, `22-Aug-2011`, `August 22 2011`, `5-Jul`, `March 2021`.

    A date without a year is one of this year; one without a day is the first of its month.
    """
    parts = re.findall(r"\d+|[A-Za-z]+", day)
    if len(parts) == 4 and place_in(DAY_NAMES, parts[0]):
        del parts[0]
    months = [place_in(MONTH_NAMES, part) for part in parts]
    words = [place for place, part in enumerate(parts) if part.isalpha()]
    is_plain = re.fullmatch(r"[A-Za-z\d]+(?:(?:\s*[/-]\s*|\s+)[A-Za-z\d]+)*", day)
    if not is_plain or any(not months[place] for place in words) or len(words) > 1:
        raise Error("#VALUE!")
    begins_with_year = len(parts[0]) == 4 and parts[0].isdigit()
    if len(parts) == 3:
        at = (1, 2, 0) if begins_with_year else (1, 0, 2) if words == [1] else (0, 1, 2)
        month, date, year = (months[place] or int(parts[place]) for place in at)
        return day_number(full_year(year), month, date)
    if len(parts) != 2 or not (words or re.search("[/-]", day)):
        raise Error("#VALUE!")
    place = words[0] if words else int(begins_with_year)
    month, other = months[place] or int(parts[place]), int(parts[1 - place])
    of_this_year = checked(day_number, datetime.date.today().year, month, other)
    return day_number(full_year(other), month, 1) if isinstance(of_this_year, Error) else of_this_year


def place_in(names, word):
    """The place, from 1, of the name that a word is, in full or by its first three letters; 0 if it is none."""
    found = [word.lower() in (name.lower(), name[:3].lower()) for name in names]
    return found.index(True) + 1 if any(found) else 0


def full_year(year):
    """The year that one of two digits stands for: they end in 2029."""
    return year + 100 * (19 + (year < 30)) if year < 100 else year


def day_number(year, month, day):
    """The serial number of a day; #VALUE! where the calendar has none such."""
    if (year, month, day) == (1900, 2, 29) and DAY_ZERO.year == 1899:
        return 60
    try:
        serial = serial_of(datetime.datetime(year, month, day))
    except ValueError:
        serial = 0
    if serial <= 0:
        raise Error("#VALUE!")
    return serial


def serial_of(moment):
    """The day of a moment as a serial number; Excel has a 29 February 1900, and before 1900 nothing."""
    days = (moment - DAY_ZERO).days
    return days - (days < 61 and DAY_ZERO.year == 1899)


def text(value):
    """The value as text, numbers to 15 digits as in a cell of format General."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if value is None:
        return ""
    if isinstance(value, Error):
        raise value
    if isinstance(value, list):
        return text(first(value))
    if value == 0:
        return "0"
    digits, _, exponent = f"{value:.14e}".partition("e")
    sign, digits = ("-", digits[1:]) if digits[0] == "-" else ("", digits)
    digits = digits.replace(".", "").rstrip("0")
    power = int(exponent)
    if power > 20 or (power < 0 and len(digits) - power > 20):
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        return f"{sign}{mantissa}E{'+' if power > 0 else '-'}{abs(power):02d}"
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    digits = digits.ljust(power + 1, "0")
    return sign + digits[: power + 1] + ("." + digits[power + 1 :] if len(digits) > power + 1 else "")


def truth(value):
    """The value as a condition: a number is true unless it is 0."""
    if isinstance(value, str):
        if value.upper() in ("TRUE", "FALSE"):
            return value.upper() == "TRUE"
        raise Error("#VALUE!")
    if isinstance(value, list):
        return truth(first(value))
    if isinstance(value, Error):
        raise value
    return bool(value)


def sure(value):
    """The value, which must be no error: an error is raised."""
    if isinstance(value, Error):
        raise value
    return value


def extent(rows, columns):
    """How many rows and columns an array is to have, as whole numbers; none, or more than fit, are #VALUE!."""
    height, width = int(number(rows)), int(number(columns))
    if not (1 <= height <= 1048576 and 1 <= width <= 16384 and height * width <= 4000000):
        raise Error("#VALUE!")
    return height, width


def first(value):
    """The upper left value of an array; a single value as it is."""
    while isinstance(value, list):
        value = value[0]
    return value
