"""What Excel's own functions do with Excel's own values: what a script needs of it is copied into the script.

A value is a float, a string, a boolean, None (a blank cell) or an `Error`; an array is a list of rows. Only the
standard library is used, so that it runs beside NumPy and beside torch. Functions are named as in Excel.
"""

import bisect
import datetime
import functools
import itertools
import math
import random
import re
import statistics


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
    raise Error("#VALUE!")


def parse_number(text):
    """The number that a text reads as: digits, signs, an exponent, `%`, `$`, thousands, a date or a time."""
    plain = text.strip().replace(",", "").lstrip("$")
    match = re.fullmatch(r"([+-]?)\$?((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(%?)", plain)
    if match:
        return float(match[1] + match[2]) / (100 if match[3] else 1)
    match = re.fullmatch(r"\(((?:\d+\.?\d*|\.\d+))\)", plain)
    if match:
        return -float(match[1])
    for form in ("%Y-%m-%d", "%m/%d/%Y", "%d-%b-%Y", "%d %B %Y", "%B %d %Y", "%H:%M:%S", "%H:%M", "%Y-%m-%d %H:%M:%S"):
        try:
            moment = datetime.datetime.strptime(plain, form)
        except ValueError:
            continue
        seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
        days = 0 if form.startswith("%H") else (moment - DAY_ZERO).days
        return days + seconds / 86400
    raise Error("#VALUE!")


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
    if power > 20 or power < -9 or (power < 0 and len(digits) - power > 20):
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


def first(value):
    """The upper left value of an array; a single value as it is."""
    while isinstance(value, list):
        value = value[0]
    return value


def flat(*ranges):
    """Every value of the ranges, row by row."""
    for item in ranges:
        if hasattr(item, "tolist"):
            item = item.tolist()
        if isinstance(item, list):
            yield from flat(*item)
        else:
            yield item


def numbers(*arguments):
    """The numbers of ranges, what else is there left out; and single values that read as numbers."""
    for argument in arguments:
        if hasattr(argument, "tolist") or isinstance(argument, list):
            for value in flat(argument):
                if isinstance(value, Error):
                    raise value
                if isinstance(value, (float, int)) and not isinstance(value, bool):
                    yield value
        else:
            yield number(argument)


def table(values):
    """The values as a list of rows, whatever they came as."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if not isinstance(values, list):
        return [[values]]
    return values if not values or isinstance(values[0], list) else [[value] for value in values]


def column(values):
    """A list, or a one-dimensional array, as a column of a sheet."""
    return [[value] for value in flat(values)]


def row(values):
    """A list, or a one-dimensional array, as a row of a sheet."""
    return [list(flat(values))]


def part(values, top, bottom, left, right):
    """Rows top to bottom and columns left to right (from 0, the ends left out) of a list of rows."""
    return [line[left:right] for line in values[top:bottom]]


def with_gaps(values, gap):
    """An array as a list in which what is no number is a blank, or an empty text."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, list):
        return [with_gaps(value, gap) for value in values]
    return gap if values != values else values


def without_gaps(values):
    """A list in which what is no number is NaN."""
    if isinstance(values, list):
        return [without_gaps(value) for value in values]
    return values if isinstance(values, (float, int)) else math.nan


def assemble(height, width, *pieces):
    """A range of a sheet put together from (row, column, values); cells that nothing covers are blank."""
    found = [[None] * width for _ in range(height)]
    for i, j, values in pieces:
        for k, line in enumerate(table(values)):
            found[i + k][j : j + len(line)] = line
    return found


def fitted(values, height, width):
    """An array cut, or filled up, to the cells of an array formula: one row or column repeats, beyond is #N/A."""
    values = table(values)
    cells = []
    for i in range(height):
        line = values[0] if len(values) == 1 else values[i] if i < len(values) else []
        line = line * width if len(line) == 1 else line[:width]
        cells.append([0.0 if value is None else value for value in line] + [Error("#N/A")] * (width - len(line)))
    return cells


def shown(value):
    """What a cell shows of a formula's result: a blank is 0, of an array the first value."""
    value = first(value.tolist() if hasattr(value, "tolist") else value)
    return 0.0 if value is None else value


# Operators


@elementwise
def add(a, b):
    total = number(a) + number(b)
    return 0.0 if abs(total) < 2**-49 * abs(number(a)) else total


@elementwise
def subtract(a, b):
    difference = number(a) - number(b)
    return 0.0 if abs(difference) < 2**-49 * abs(number(a)) else difference


@elementwise
def multiply(a, b):
    return number(a) * number(b)


@elementwise
def divide(a, b):
    return number(a) / number(b)


@elementwise
def power(a, b):
    a, b = number(a), number(b)
    if a == 0 and b <= 0:
        raise Error("#NUM!" if b == 0 else "#DIV/0!")
    return math.pow(a, b)


@elementwise
def negative(a):
    return -number(a)


@elementwise
def percent(a):
    return number(a) / 100


@elementwise
def join(a, b):
    return text(a) + text(b)


def order(value, other):
    """What a value is compared by: numbers come before text, text before booleans; a blank is like the other."""
    if value is None:
        value = "" if isinstance(other, str) else False if isinstance(other, bool) else 0.0
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, str):
        return 1, value.lower()
    return 0, value


def compare(a, b):
    """-1, 0 or 1 as a comes before b, equals it or comes after; numbers are compared to 15 digits."""
    first_key, second_key = order(a, b), order(b, a)
    if first_key[0] == second_key[0] == 0 and first_key != second_key:
        gap = first_key[1] - second_key[1]
        if abs(gap) < 2**-49 * abs(first_key[1]):
            return 0
    return int(first_key > second_key) - int(first_key < second_key)


@elementwise
def equal(a, b):
    return compare(a, b) == 0


@elementwise
def unequal(a, b):
    return compare(a, b) != 0


@elementwise
def less(a, b):
    return compare(a, b) < 0


@elementwise
def greater(a, b):
    return compare(a, b) > 0


@elementwise
def at_most(a, b):
    return compare(a, b) <= 0


@elementwise
def at_least(a, b):
    return compare(a, b) >= 0


# Conditions. A branch comes as a function, and only the one that is taken is called.


def IF(condition, then, otherwise=lambda: False):
    if isinstance(condition, list):
        return broadcast(
            lambda c, a, b: c if isinstance(c, Error) else checked(lambda: a if truth(c) else b),
            condition,
            then(),
            otherwise(),
        )
    try:
        return then() if truth(condition) else otherwise()
    except Error as error:
        return error


def IFERROR(value, otherwise):
    if isinstance(value, list):
        return broadcast(lambda v, o: o if isinstance(v, Error) else v, value, otherwise())
    return otherwise() if isinstance(value, Error) else value


def IFNA(value, otherwise):
    if isinstance(value, list):
        return broadcast(lambda v, o: o if v == Error("#N/A") else v, value, otherwise())
    return otherwise() if value == Error("#N/A") else value


def IFS(*pairs):
    for condition, value in zip(pairs[::2], pairs[1::2]):
        found = checked(truth, condition())
        if isinstance(found, Error):
            return found
        if found:
            return value()
    return Error("#N/A")


def SWITCH(value, *pairs):
    for key, result in zip(pairs[::2], pairs[1::2]):
        if equal(value, key()) is True:
            return result()
    return pairs[-1]() if len(pairs) % 2 else Error("#N/A")


def CHOOSE(index, *values):
    if isinstance(index, list):
        return broadcast(lambda k: CHOOSE(k, *values), index)
    if isinstance(index, Error):
        return index
    place = int(number(index))
    return values[place - 1]() if 1 <= place <= len(values) else Error("#VALUE!")


def conditions(*arguments):
    """The conditions among ranges and single values; text and blanks in ranges are left out."""
    found = False
    for argument in arguments:
        is_range = isinstance(argument, list) or hasattr(argument, "tolist")
        for value in flat(argument):
            if is_range and (value is None or isinstance(value, str)):
                continue
            found = True
            yield truth(value)
    if not found:
        raise Error("#VALUE!")


@whole
def AND(*arguments):
    return all(list(conditions(*arguments)))


@whole
def OR(*arguments):
    return any(list(conditions(*arguments)))


@whole
def XOR(*arguments):
    return sum(conditions(*arguments)) % 2 == 1


@elementwise
def NOT(value):
    return not truth(value)


def spread_test(test):
    """A question about one value that an error, too, may answer; over arrays element by element."""

    @functools.wraps(test)
    def spread(value):
        return broadcast(spread, value) if isinstance(value, list) else test(value)

    return spread


@spread_test
def ISBLANK(value):
    return value is None


@spread_test
def ISNUMBER(value):
    return isinstance(value, (float, int)) and not isinstance(value, bool)


@spread_test
def ISTEXT(value):
    return isinstance(value, str)


@spread_test
def ISNONTEXT(value):
    return not isinstance(value, str)


@spread_test
def ISLOGICAL(value):
    return isinstance(value, bool)


@spread_test
def ISERROR(value):
    return isinstance(value, Error)


@spread_test
def ISERR(value):
    return isinstance(value, Error) and value.code != "#N/A"


@spread_test
def ISNA(value):
    return value == Error("#N/A")


@elementwise
def ISEVEN(value):
    return math.floor(abs(number(value))) % 2 == 0


@elementwise
def ISODD(value):
    return math.floor(abs(number(value))) % 2 == 1


@elementwise
def N(value):
    return number(value) if isinstance(value, (bool, float, int)) else 0.0


@elementwise
def T(value):
    return value if isinstance(value, str) else ""


def NA():
    return Error("#N/A")


@spread_test
def TYPE(value):
    return (
        16.0 if isinstance(value, Error) else 4.0 if isinstance(value, bool) else 2.0 if isinstance(value, str) else 1.0
    )


@spread_test
def ERROR_TYPE(value):
    codes = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!")
    return float(codes.index(value.code) + 1) if isinstance(value, Error) and value.code in codes else Error("#N/A")


# Sums and statistics


@whole
def SUM(*arguments):
    return math.fsum(numbers(*arguments))


@whole
def SUMSQ(*arguments):
    return math.fsum(value * value for value in numbers(*arguments))


@whole
def PRODUCT(*arguments):
    found = list(numbers(*arguments))
    return math.prod(found) if found else 0.0


@whole
def COUNT(*arguments):
    total = 0
    for argument in arguments:
        is_range = isinstance(argument, list) or hasattr(argument, "tolist")
        for value in flat(argument):
            if is_range:
                total += isinstance(value, (float, int)) and not isinstance(value, bool)
            else:
                total += not isinstance(checked(number, value), Error)
    return total


@whole
def COUNTA(*arguments):
    return sum(value is not None for value in flat(*arguments))


@whole
def COUNTBLANK(values):
    return sum(value is None or value == "" for value in flat(values))


@whole
def AVERAGE(*arguments):
    found = list(numbers(*arguments))
    return math.fsum(found) / len(found)


def numbers_and_words(*arguments):
    """The numbers of ranges where text counts as 0 and TRUE as 1."""
    for argument in arguments:
        is_range = isinstance(argument, list) or hasattr(argument, "tolist")
        for value in flat(argument):
            if not is_range or not isinstance(value, (str, type(None))):
                yield number(value)
            elif isinstance(value, str):
                yield 0.0


@whole
def AVERAGEA(*arguments):
    found = list(numbers_and_words(*arguments))
    return math.fsum(found) / len(found)


@whole
def MIN(*arguments):
    return min(numbers(*arguments), default=0.0)


@whole
def MAX(*arguments):
    return max(numbers(*arguments), default=0.0)


@whole
def MINA(*arguments):
    return min(numbers_and_words(*arguments), default=0.0)


@whole
def MAXA(*arguments):
    return max(numbers_and_words(*arguments), default=0.0)


@whole
def MEDIAN(*arguments):
    return statistics.median(numbers(*arguments))


@whole
def MODE(*arguments):
    found = list(numbers(*arguments))
    best = max(map(found.count, found), default=0)
    if best < 2:
        raise Error("#N/A")
    return next(value for value in found if found.count(value) == best)


def squared_deviations(*arguments):
    """The sum of the squared distances from the mean, and the count."""
    found = list(numbers(*arguments))
    mean = math.fsum(found) / len(found) if found else 0.0
    return math.fsum((value - mean) ** 2 for value in found), len(found)


@whole
def DEVSQ(*arguments):
    return squared_deviations(*arguments)[0]


@whole
def VAR(*arguments):
    total, count = squared_deviations(*arguments)
    return total / (count - 1) if count else 0 / count


@whole
def VARP(*arguments):
    total, count = squared_deviations(*arguments)
    return total / count


@whole
def STDEV(*arguments):
    total, count = squared_deviations(*arguments)
    return math.sqrt(total / (count - 1)) if count else 0 / count


@whole
def STDEVP(*arguments):
    total, count = squared_deviations(*arguments)
    return math.sqrt(total / count)


@whole
def AVEDEV(*arguments):
    found = list(numbers(*arguments))
    mean = math.fsum(found) / len(found)
    return math.fsum(abs(value - mean) for value in found) / len(found)


@whole
def GEOMEAN(*arguments):
    found = list(numbers(*arguments))
    return math.exp(math.fsum(map(math.log, found)) / len(found))


@whole
def HARMEAN(*arguments):
    found = list(numbers(*arguments))
    return len(found) / math.fsum(1 / value for value in found)


def LARGE(values, k):
    if isinstance(k, list):
        return broadcast(lambda place: LARGE(values, place), k)
    return checked(ranked, values, k, True)


def SMALL(values, k):
    if isinstance(k, list):
        return broadcast(lambda place: SMALL(values, place), k)
    return checked(ranked, values, k, False)


def ranked(values, k, from_above):
    """The k-th number of a range, counted from the greatest or from the least."""
    found = sorted(numbers(values), reverse=from_above)
    place = math.ceil(number(k))
    if not 1 <= place <= len(found):
        raise Error("#NUM!")
    return found[place - 1]


def RANK(value, values, ascending=False):
    if isinstance(value, list):
        return broadcast(lambda v: RANK(v, values, ascending), value)
    return checked(rank, value, values, ascending, False)


def RANK_AVG(value, values, ascending=False):
    if isinstance(value, list):
        return broadcast(lambda v: RANK_AVG(v, values, ascending), value)
    return checked(rank, value, values, ascending, True)


def rank(value, values, ascending, average):
    """The place of a number among those of a range; ties share the first place, or the mean of their places."""
    found, value = list(numbers(values)), number(value)
    if value not in found:
        raise Error("#N/A")
    ahead = sum(other < value if truth(ascending) else other > value for other in found)
    return ahead + 1 + (found.count(value) - 1) / 2 * average


@whole
def PERCENTILE(values, k):
    found, k = sorted(numbers(values)), number(k)
    if not found or not 0 <= k <= 1:
        raise Error("#NUM!")
    place = k * (len(found) - 1)
    low = math.floor(place)
    return found[low] + (place - low) * (found[min(low + 1, len(found) - 1)] - found[low])


@whole
def QUARTILE(values, quarter):
    return PERCENTILE(values, math.floor(number(quarter)) / 4)


def pairs(first_range, second_range):
    """The pairs of numbers at equal places of two ranges; a pair with anything else is left out."""
    a, b = list(flat(first_range)), list(flat(second_range))
    if len(a) != len(b):
        raise Error("#N/A")
    for x, y in zip(a, b):
        for value in (x, y):
            if isinstance(value, Error):
                raise value
        if all(isinstance(value, (float, int)) and not isinstance(value, bool) for value in (x, y)):
            yield x, y


def moments(ys, xs):
    """Means of x and y, and the sums of squares and products about them."""
    found = list(pairs(xs, ys))
    x_mean, y_mean = (math.fsum(values) / len(found) for values in (zip(*found) if found else ((), ())))
    xx = math.fsum((x - x_mean) ** 2 for x, _ in found)
    yy = math.fsum((y - y_mean) ** 2 for _, y in found)
    return x_mean, y_mean, xx, yy, math.fsum((x - x_mean) * (y - y_mean) for x, y in found), len(found)


@whole
def SLOPE(ys, xs):
    _, _, xx, _, xy, _ = moments(ys, xs)
    return xy / xx


@whole
def INTERCEPT(ys, xs):
    x_mean, y_mean, xx, _, xy, _ = moments(ys, xs)
    return y_mean - xy / xx * x_mean


@whole
def CORREL(xs, ys):
    _, _, xx, yy, xy, _ = moments(ys, xs)
    return xy / math.sqrt(xx * yy)


@whole
def RSQ(ys, xs):
    _, _, xx, yy, xy, _ = moments(ys, xs)
    return xy * xy / (xx * yy)


@whole
def COVAR(xs, ys):
    *_, xy, count = moments(ys, xs)
    return xy / count


@whole
def COVARIANCE_S(xs, ys):
    *_, xy, count = moments(ys, xs)
    return xy / (count - 1)


@whole
def FORECAST(x, ys, xs):
    x_mean, y_mean, xx, _, xy, _ = moments(ys, xs)
    return y_mean + xy / xx * (number(x) - x_mean)


def same_shape(*ranges):
    """The ranges as lists of values; of unequal shapes they are #VALUE!."""
    tables = [table(values) for values in ranges]
    if any((len(t), len(t[0])) != (len(tables[0]), len(tables[0][0])) for t in tables):
        raise Error("#VALUE!")
    return [list(flat(t)) for t in tables]


@whole
def SUMPRODUCT(*ranges):
    columns = same_shape(*ranges)
    for value in itertools.chain(*columns):
        if isinstance(value, Error):
            raise value
    is_number = [[isinstance(v, (float, int)) and not isinstance(v, bool) for v in values] for values in columns]
    return math.fsum(
        math.prod(values) if all(counted) else 0.0 for values, counted in zip(zip(*columns), zip(*is_number))
    )


@whole
def SUMXMY2(xs, ys):
    return math.fsum((x - y) ** 2 for x, y in pairs(xs, ys))


@whole
def SUMX2MY2(xs, ys):
    return math.fsum(x * x - y * y for x, y in pairs(xs, ys))


@whole
def SUMX2PY2(xs, ys):
    return math.fsum(x * x + y * y for x, y in pairs(xs, ys))


def criterion(wanted):
    """The test that a criterion of COUNTIF stands for: `5`, `">=5"`, `"a*"`, `"<>"`."""
    if isinstance(wanted, list):
        wanted = first(wanted)
    if wanted is None:
        wanted = 0.0
    if isinstance(wanted, Error):
        return lambda value: value == wanted
    if isinstance(wanted, bool):
        return lambda value: value is wanted
    if not isinstance(wanted, str):
        return same_number(wanted)
    operator, operand = re.match(r"(<=|>=|<>|=|<|>)?(.*)", wanted, re.DOTALL).groups()
    operand_number = checked(parse_number, operand)
    if operand.upper() in ("TRUE", "FALSE"):
        operand_number = operand.upper() == "TRUE"
    if isinstance(operand_number, Error):
        return text_criterion(operator or "", operand)
    tests = {"<": less, ">": greater, "<=": at_most, ">=": at_least}
    if operator in tests:
        return lambda value: ISNUMBER(value) and tests[operator](value, operand_number)

    equals = same_number(operand_number)
    return (lambda value: not equals(value)) if operator == "<>" else equals


def same_number(wanted):
    """The test whether a value is a number, text that reads as one too."""

    def equals(value):
        if isinstance(value, str):
            value = checked(parse_number, value)
        return value is not None and not isinstance(value, Error) and equal(value, wanted) is True

    return equals


def text_criterion(operator, operand):
    """The test of a criterion that is text: with wildcards, whatever the case."""
    if operand == "":
        if operator in ("", "="):
            return lambda value: value is None or (value == "" and not operator)
        return (lambda value: value is not None) if operator == "<>" else (lambda _: False)
    if operator in ("", "=", "<>"):
        matches = wildcard(operand)
        return lambda value: (isinstance(value, str) and matches(value)) == (operator != "<>")
    tests = {"<": less, ">": greater, "<=": at_most, ">=": at_least}
    return lambda value: isinstance(value, str) and tests[operator](value, operand)


def wildcard(pattern):
    """The test whether a text matches a pattern with `*`, `?` and `~`, whatever the case."""
    parts = re.findall(r"~[*?~]|[*?]|[^*?~]+|~", pattern)
    forms = {"*": ".*", "?": "."}
    form = "".join(forms.get(part) or re.escape(part[-1] if part[0] == "~" else part) for part in parts)
    compiled = re.compile(form, re.IGNORECASE | re.DOTALL)
    return lambda value: compiled.fullmatch(value) is not None


def matching(criteria):
    """For each place of the ranges whether it meets all (range, criterion) pairs."""
    columns = same_shape(*criteria[::2])
    tests = [criterion(wanted) for wanted in criteria[1::2]]
    return [all(test(value) for test, value in zip(tests, values)) for values in zip(*columns)]


def spread_criteria(function):
    """A function of ranges and criteria, for each of a criterion that is an array."""

    @functools.wraps(function)
    def spread(*arguments):
        for place in range(
            1 if function.__name__ in ("COUNTIFS", "COUNTIF", "SUMIF", "AVERAGEIF") else 2, len(arguments), 2
        ):
            wanted = arguments[place]
            if isinstance(wanted, list) and (len(wanted) > 1 or len(wanted[0]) > 1):
                return broadcast(lambda w, k=place: spread(*arguments[:k], w, *arguments[k + 1 :]), wanted)
        return checked(function, *arguments)

    return spread


@spread_criteria
def COUNTIF(values, wanted):
    test = criterion(wanted)
    return sum(1 for value in flat(values) if test(value))


@spread_criteria
def COUNTIFS(*criteria):
    return sum(matching(criteria))


def summed(values, chosen):
    """The numbers of a range at the places chosen."""
    for value, is_chosen in zip(flat(values), chosen):
        if is_chosen and isinstance(value, Error):
            raise value
        if is_chosen and isinstance(value, (float, int)) and not isinstance(value, bool):
            yield value


@spread_criteria
def SUMIF(values, wanted, totals=None):
    return math.fsum(summed(values if totals is None else totals, matching((values, wanted))))


@spread_criteria
def SUMIFS(totals, *criteria):
    return math.fsum(summed(totals, matching(criteria)))


@spread_criteria
def AVERAGEIF(values, wanted, totals=None):
    found = list(summed(values if totals is None else totals, matching((values, wanted))))
    return math.fsum(found) / len(found)


@spread_criteria
def AVERAGEIFS(totals, *criteria):
    found = list(summed(totals, matching(criteria)))
    return math.fsum(found) / len(found)


@spread_criteria
def MINIFS(totals, *criteria):
    return min(summed(totals, matching(criteria)), default=0.0)


@spread_criteria
def MAXIFS(totals, *criteria):
    return max(summed(totals, matching(criteria)), default=0.0)


@whole
def FREQUENCY(values, bins):
    found, edges = sorted(numbers(values)), list(numbers(bins))
    counts = [bisect.bisect_right(found, edge) for edge in sorted(edges)]
    by_edge = dict(zip(sorted(edges), (b - a for a, b in zip([0, *counts], counts))))
    return [[float(by_edge[edge])] for edge in edges] + [[float(len(found) - (counts[-1] if counts else 0))]]


@whole
def SUBTOTAL(kind, *ranges):
    functions = (AVERAGE, COUNT, COUNTA, MAX, MIN, PRODUCT, STDEV, STDEVP, SUM, VAR, VARP)
    place = int(number(kind)) % 100
    if not 1 <= place <= len(functions):
        raise Error("#VALUE!")
    return functions[place - 1](*ranges)


# Numbers


def numeric(function):
    """A function of numbers, whatever reads as one."""

    @functools.wraps(function)
    def called(*arguments):
        return function(*(number(argument) for argument in arguments))

    return elementwise(called)


@numeric
def EXP(x):
    return math.exp(x)


@numeric
def LN(x):
    return math.log(x)


@numeric
def LOG(x, base=10.0):
    return math.log10(x) if base == 10 else math.log(x) / math.log(base)


@numeric
def LOG10(x):
    return math.log10(x)


@numeric
def SQRT(x):
    return math.sqrt(x)


POWER = power


@numeric
def ABS(x):
    return abs(x)


@numeric
def SIGN(x):
    return (x > 0) - (x < 0)


def PI():
    return math.pi


def shifted(x, digits, to_integer):
    """X with its decimals beyond `digits` taken away by a function of integers; 15 digits are what Excel sees."""
    scale = 10.0 ** int(digits)
    moved = x * scale if digits >= 0 else x / 10.0 ** -int(digits)
    moved = float(f"{moved:.15g}")
    whole_number = to_integer(moved)
    return whole_number / scale if digits >= 0 else whole_number * 10.0 ** -int(digits)


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


@numeric
def SIN(x):
    return math.sin(x)


@numeric
def COS(x):
    return math.cos(x)


@numeric
def TAN(x):
    return math.tan(x)


@numeric
def ASIN(x):
    return math.asin(x)


@numeric
def ACOS(x):
    return math.acos(x)


@numeric
def ATAN(x):
    return math.atan(x)


@numeric
def ATAN2(x, y):
    if x == y == 0:
        raise Error("#DIV/0!")
    return math.atan2(y, x)


@numeric
def SINH(x):
    return math.sinh(x)


@numeric
def COSH(x):
    return math.cosh(x)


@numeric
def TANH(x):
    return math.tanh(x)


@numeric
def ASINH(x):
    return math.asinh(x)


@numeric
def ACOSH(x):
    return math.acosh(x)


@numeric
def ATANH(x):
    return math.atanh(x)


@numeric
def DEGREES(x):
    return math.degrees(x)


@numeric
def RADIANS(x):
    return math.radians(x)


@numeric
def FACT(x):
    return float(math.factorial(int(x)))


@numeric
def COMBIN(n, k):
    if k > n:
        raise Error("#NUM!")
    return float(math.comb(int(n), int(k)))


@numeric
def PERMUT(n, k):
    return float(math.perm(int(n), int(k)))


@numeric
def ERF(x, upper=None):
    return math.erf(x) if upper is None else math.erf(upper) - math.erf(x)


@numeric
def GAMMALN(x):
    return math.lgamma(x)


@numeric
def BITAND(a, b):
    return int(a) & int(b)


@numeric
def BITOR(a, b):
    return int(a) | int(b)


@numeric
def BITXOR(a, b):
    return int(a) ^ int(b)


@whole
def GCD(*arguments):
    return math.gcd(*(int(value) for value in numbers(*arguments)))


@whole
def LCM(*arguments):
    return math.lcm(*(int(value) for value in numbers(*arguments)))


@elementwise
def NORM_S_DIST(z, cumulative):
    z = number(z)
    return math.erfc(-z / math.sqrt(2)) / 2 if truth(cumulative) else math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


@elementwise
def NORMSDIST(z):
    return NORM_S_DIST(z, True)


@elementwise
def NORM_DIST(x, mean, deviation, cumulative):
    x, mean, deviation = number(x), number(mean), number(deviation)
    if deviation <= 0:
        raise Error("#NUM!")
    z = (x - mean) / deviation
    return NORM_S_DIST(z, True) if truth(cumulative) else NORM_S_DIST(z, False) / deviation


@numeric
def NORM_S_INV(p):
    return statistics.NormalDist().inv_cdf(p) if 0 < p < 1 else math.log(-1)


@numeric
def NORM_INV(p, mean, deviation):
    return statistics.NormalDist(mean, deviation).inv_cdf(p) if 0 < p < 1 else math.log(-1)


GENERATOR = random.Random(0)


def RAND():
    return GENERATOR.random()


def RANDBETWEEN(low, high):
    return float(GENERATOR.randint(math.ceil(number(low)), math.floor(number(high))))


def RANDARRAY(rows=1.0, columns=1.0, low=0.0, high=1.0, integers=False):
    draw = (
        (lambda: float(GENERATOR.randint(int(low), int(high)))) if integers else (lambda: GENERATOR.uniform(low, high))
    )
    return [[draw() for _ in range(int(columns))] for _ in range(int(rows))]


@numeric
def STANDARDIZE(x, mean, deviation):
    if deviation <= 0:
        raise Error("#NUM!")
    return (x - mean) / deviation


@numeric
def SEC(x):
    return 1 / math.cos(x)


@numeric
def CSC(x):
    return 1 / math.sin(x)


@numeric
def COT(x):
    return 1 / math.tan(x)


@numeric
def BASE(x, radix, least=0.0):
    digits, left = "", int(x)
    while left:
        left, digit = divmod(left, int(radix))
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit] + digits
    return (digits or "0").rjust(int(least), "0")


@elementwise
def DECIMAL(value, radix):
    return float(int(text(value), int(number(radix))))


# Matrices


def matrix(values):
    """The values as rows of numbers; anything else among them is #VALUE!."""
    rows = table(values)
    for value in flat(rows):
        if isinstance(value, Error):
            raise value
        if not isinstance(value, (float, int)) or isinstance(value, bool):
            raise Error("#VALUE!")
    return rows


@whole
def MMULT(a, b):
    a, b = matrix(a), matrix(b)
    if len(a[0]) != len(b):
        raise Error("#VALUE!")
    columns = list(zip(*b))
    return [[math.fsum(x * y for x, y in zip(line, other)) for other in columns] for line in a]


@whole
def TRANSPOSE(values):
    return [list(line) for line in zip(*table(values))]


def eliminated(rows, right):
    """Gauss and Jordan: the right side where the left has become the identity, and the determinant."""
    size, sign = len(rows), 1.0
    rows = [[float(x) for x in line] + list(other) for line, other in zip(rows, right)]
    determinant = 1.0
    for k in range(size):
        best = max(range(k, size), key=lambda i: abs(rows[i][k]))
        if best != k:
            rows[k], rows[best], sign = rows[best], rows[k], -sign
        pivot = rows[k][k]
        determinant *= pivot
        if pivot == 0:
            return None, 0.0
        rows[k] = [x / pivot for x in rows[k]]
        for i in range(size):
            if i != k and rows[i][k]:
                factor = rows[i][k]
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k])]
    return [line[size:] for line in rows], determinant * sign


def square(values):
    """The values as a square matrix, else #VALUE!."""
    rows = matrix(values)
    if len(rows) != len(rows[0]):
        raise Error("#VALUE!")
    return rows


@whole
def MINVERSE(values):
    rows = square(values)
    inverse, determinant = eliminated(rows, MUNIT(float(len(rows))))
    if inverse is None or abs(determinant) < 1e-300:
        raise Error("#NUM!")
    return inverse


@whole
def MDETERM(values):
    rows = square(values)
    return eliminated(rows, [[] for _ in rows])[1]


@whole
def MUNIT(size):
    n = int(number(size))
    return [[float(i == j) for j in range(n)] for i in range(n)]


# Lookups


def same_kind(a, b):
    """Whether two values may be compared in a lookup: numbers with numbers, text with text."""
    return order(a, b)[0] == order(b, a)[0] and a is not None


def MATCH(wanted, values, mode=1.0):
    if isinstance(wanted, list):
        return broadcast(lambda w: MATCH(w, values, mode), wanted)
    return checked(match, wanted, list(flat(values)), int(number(mode)))


def match(wanted, values, mode):
    """The place, from 1, of a value: mode 0 the first equal to it, 1 the last at most it, -1 the last at least it."""
    if isinstance(wanted, Error):
        raise wanted
    if wanted is None:
        wanted = 0.0
    if mode == 0:
        matches = wildcard(wanted) if isinstance(wanted, str) and re.search("[*?~]", wanted) else None
        for place, value in enumerate(values, 1):
            if (
                matches(value)
                if matches and isinstance(value, str)
                else same_kind(value, wanted) and compare(value, wanted) == 0
            ):
                return place
        raise Error("#N/A")
    place = sorted_place(wanted, values) if mode > 0 else falling_place(wanted, values)
    if not place:
        raise Error("#N/A")
    return place


def sorted_place(wanted, values):
    """By halves, as Excel searches: the last place whose value is at most the one wanted, 0 where there is none."""
    low, high, found = 0, len(values) - 1, 0
    while low <= high:
        middle = (low + high) // 2
        probe = middle
        while probe <= high and not same_kind(values[probe], wanted):
            probe += 1
        if probe > high or compare(values[probe], wanted) > 0:
            high = middle - 1
        else:
            found, low = probe + 1, probe + 1
    return found


def falling_place(wanted, values):
    """The last place of a falling list whose value is at least the one wanted, 0 where there is none."""
    found = 0
    for place, value in enumerate(values, 1):
        if not same_kind(value, wanted):
            continue
        if compare(value, wanted) < 0:
            break
        found = place
        if compare(value, wanted) == 0:
            break
    return found


def INDEX(values, line, place=None):
    if isinstance(values, Error):
        return values
    if isinstance(line, list) or isinstance(place, list):
        return broadcast(lambda i, j: first(INDEX(values, i, j)), line, place)
    return checked(indexed, table(values), line, place)


def indexed(values, line, place):
    """The cell at a row and column from 1, or the whole row or column where the other is 0; blank cells are kept."""
    line = None if line is None else int(number(line))
    if place is None and len(values) == 1:
        line, place = 1, line
    place = None if place is None else int(number(place))
    i, j = line or 0, place or 0
    if i < 0 or j < 0:
        raise Error("#VALUE!")
    if i > len(values) or j > len(values[0]):
        raise Error("#REF!")
    if not i and len(values) > 1:
        return [[row[j - 1]] for row in values] if j or len(values[0]) == 1 else values
    if not j and len(values[0]) > 1:
        return [values[max(i, 1) - 1]]
    return values[max(i, 1) - 1][max(j, 1) - 1]


def VLOOKUP(wanted, values, place, approximate=True):
    if isinstance(wanted, list):
        return broadcast(lambda w: VLOOKUP(w, values, place, approximate), wanted)
    return checked(looked_up, wanted, table(values), place, approximate)


def HLOOKUP(wanted, values, place, approximate=True):
    if isinstance(wanted, list):
        return broadcast(lambda w: HLOOKUP(w, values, place, approximate), wanted)
    return checked(looked_up, wanted, TRANSPOSE(values), place, approximate)


def looked_up(wanted, values, place, approximate):
    """The value in the column `place` of the row whose first cell is the one wanted."""
    place = int(number(place))
    if place < 1:
        raise Error("#VALUE!")
    if place > len(values[0]):
        raise Error("#REF!")
    found = match(wanted, [line[0] for line in values], 1 if truth(approximate) else 0)
    return values[found - 1][place - 1]


def LOOKUP(wanted, values, results=None):
    if isinstance(wanted, list):
        return broadcast(lambda w: LOOKUP(w, values, results), wanted)
    rows = table(values)
    if results is None:
        if len(rows[0]) > len(rows):
            rows = TRANSPOSE(rows)
        keys, found = [line[0] for line in rows], [line[-1] for line in rows]
    else:
        keys, found = list(flat(rows)), list(flat(results))
    place = checked(match, wanted, keys, 1)
    return place if isinstance(place, Error) else found[int(place) - 1]


def XMATCH(wanted, values, mode=0.0, search=1.0):
    if isinstance(wanted, list):
        return broadcast(lambda w: XMATCH(w, values, mode, search), wanted)
    return checked(x_place, wanted, list(flat(values)), int(number(mode)), int(number(search)))


def x_place(wanted, values, mode, search):
    """The place, from 1, as XLOOKUP finds it: exact, or the next smaller (-1) or larger (1), or by wildcard (2)."""
    if isinstance(wanted, Error):
        raise wanted
    places = range(len(values)) if search > 0 else range(len(values) - 1, -1, -1)
    matches = wildcard(wanted) if mode == 2 and isinstance(wanted, str) else None
    best = None
    for k in places:
        value = values[k]
        if (
            matches(value)
            if matches and isinstance(value, str)
            else same_kind(value, wanted) and compare(value, wanted) == 0
        ):
            return k + 1
        is_beyond = mode in (-1, 1) and same_kind(value, wanted) and compare(value, wanted) == mode
        if is_beyond and (best is None or compare(value, values[best]) == -mode):
            best = k
    if best is None:
        raise Error("#N/A")
    return best + 1


def XLOOKUP(wanted, values, results, missing=None, mode=0.0, search=1.0):
    if isinstance(wanted, list):
        return broadcast(lambda w: first(XLOOKUP(w, values, results, missing, mode, search)), wanted)
    place = XMATCH(wanted, values, mode, search)
    if isinstance(place, Error):
        return place if missing is None or place != Error("#N/A") else missing()
    values, results = table(values), table(results)
    found = results[int(place) - 1] if len(values[0]) == 1 else [line[int(place) - 1] for line in results]
    if len(found) == 1:
        return found[0]
    return [found] if len(values[0]) == 1 else [[value] for value in found]


def OFFSET(values, corner, rows, columns, height=None, width=None):
    """The part of `values`, all that the formula was seen to reach; `corner`: row, column, height, width from there."""
    return checked(moved, values, corner, rows, columns, height, width)


def moved(values, corner, rows, columns, height, width):
    """The rectangle that OFFSET names; beyond the values known it is #REF!."""
    corner = [int(place) for place in flat(corner)]
    top, left = corner[0] + int(number(rows)), corner[1] + int(number(columns))
    tall = corner[2] if height is None else int(number(height))
    wide = corner[3] if width is None else int(number(width))
    if tall < 0:
        top, tall = top + tall + 1, -tall
    if wide < 0:
        left, wide = left + wide + 1, -wide
    if top < 0 or left < 0 or not tall or not wide or top + tall > len(values) or left + wide > len(values[0]):
        raise Error("#REF!")
    found = part(values, top, top + tall, left, left + wide)
    return found[0][0] if tall == wide == 1 else found


@elementwise
def ADDRESS(line, place, kind=1.0, is_a1=True, sheet=None):
    number_left, letters = int(number(place)), ""
    while number_left:
        number_left, letter = divmod(number_left - 1, 26)
        letters = chr(65 + letter) + letters
    fixed = {1: ("$", "$"), 2: ("", "$"), 3: ("$", ""), 4: ("", "")}[int(number(kind))]
    if not truth(is_a1):
        raise Error("#VALUE!")
    title = "" if sheet is None else text(sheet)
    quoted_title = title if re.fullmatch(r"\w*", title) else "'" + title.replace("'", "''") + "'"
    return f"{quoted_title}{'!' if title else ''}{fixed[0]}{letters}{fixed[1]}{int(number(line))}"


@whole
def ROWS(values):
    return len(table(values))


@whole
def COLUMNS(values):
    return len(table(values)[0])


# Arrays


@whole
def SEQUENCE(rows=1.0, columns=1.0, start=1.0, step=1.0):
    rows, columns, start, step = (1.0 if x is None else number(x) for x in (rows, columns, start, step))
    if rows < 1 or columns < 1:
        raise Error("#CALC!")
    wide = int(columns)
    return [[start + step * (i * wide + j) for j in range(wide)] for i in range(int(rows))]


@whole
def HSTACK(*arrays):
    tables = [table(array) for array in arrays]
    height = max(map(len, tables))
    padded = [t + [[Error("#N/A")] * len(t[0])] * (height - len(t)) for t in tables]
    return [list(itertools.chain(*lines)) for lines in zip(*padded)]


@whole
def VSTACK(*arrays):
    tables = [table(array) for array in arrays]
    width = max(len(t[0]) for t in tables)
    return [line + [Error("#N/A")] * (width - len(line)) for t in tables for line in t]


def sorting_key(value):
    """Numbers before text before booleans before errors; blanks last."""
    return (4, 0) if value is None else (3, 0) if isinstance(value, Error) else order(value, value)


def sorted_places(values, falling):
    """The places of values in their order, which keeps that of equal ones; blanks come last both ways."""
    filled = [k for k, value in enumerate(values) if value is not None]
    blank = [k for k, value in enumerate(values) if value is None]
    return sorted(filled, key=lambda k: sorting_key(values[k]), reverse=falling) + blank


@whole
def SORT(values, place=1.0, direction=1.0, by_column=False):
    rows = TRANSPOSE(values) if by_column else table(values)
    place = 1.0 if place is None else place
    direction = 1.0 if direction is None else direction
    for at, way in reversed(list(zip(flat(place), itertools.cycle(flat(direction))))):
        places = sorted_places([line[int(at) - 1] for line in rows], way < 0)
        rows = [rows[k] for k in places]
    return TRANSPOSE(rows) if by_column else rows


@whole
def SORTBY(values, *keys):
    rows = table(values)
    for by, way in reversed(list(zip(keys[::2], [*keys[1::2], 1.0]))):
        rows = [rows[k] for k in sorted_places(list(flat(by)), first(way) < 0)]
    return rows


@whole
def FILTER(values, keep, otherwise=None):
    rows, keep = table(values), table(keep)
    if len(keep) == 1 and len(keep[0]) == len(rows[0]) and len(rows[0]) > 1:
        columns = [k for k, value in enumerate(keep[0]) if truth(value)]
        found = [[line[k] for k in columns] for line in rows] if columns else []
    else:
        found = [line for line, value in zip(rows, flat(keep)) if truth(value)]
    if not found:
        if otherwise is None:
            raise Error("#CALC!")
        return otherwise
    return found


@whole
def UNIQUE(values, by_column=False, once=False):
    rows = TRANSPOSE(values) if by_column else table(values)
    keys = [tuple(order(value, value) for value in line) for line in rows]
    found = [line for k, line in enumerate(rows) if (keys.count(keys[k]) == 1 if once else keys.index(keys[k]) == k)]
    return TRANSPOSE(found) if by_column else found


def cut(values, rows, columns, keep):
    """The first (or, counted negatively, last) rows and columns, kept or dropped."""
    values = table(values)

    def chosen(items, count):
        if count is None:
            return items
        count = int(number(count))
        if keep:
            return items[:count] if count > 0 else items[count:]
        return items[count:] if count > 0 else items[:count]

    found = [chosen(line, columns) for line in chosen(values, rows)]
    if not found or not found[0]:
        raise Error("#CALC!")
    return found


@whole
def TAKE(values, rows=None, columns=None):
    return cut(values, rows, columns, True)


@whole
def DROP(values, rows=None, columns=None):
    return cut(values, rows, columns, False)


@whole
def CHOOSEROWS(values, *places):
    values = table(values)
    return [values[int(k) - 1 if k > 0 else int(k)] for k in flat(*places)]


@whole
def CHOOSECOLS(values, *places):
    return [[line[int(k) - 1 if k > 0 else int(k)] for k in flat(*places)] for line in table(values)]


@whole
def TOCOL(values, ignore=0.0, by_column=False):
    values = TRANSPOSE(values) if by_column else table(values)
    return [
        [v]
        for v in flat(values)
        if not ((int(ignore or 0) & 1 and v is None) or (int(ignore or 0) & 2 and isinstance(v, Error)))
    ]


@whole
def TOROW(values, ignore=0.0, by_column=False):
    return TRANSPOSE(TOCOL(values, ignore, by_column))


def wrapped(values, width, padding):
    """A list in rows of a width, what is missing filled up."""
    found, width = list(flat(values)), int(number(width))
    return [(found[k : k + width] + [padding] * width)[:width] for k in range(0, len(found), width)]


@whole
def WRAPROWS(values, width, padding=None):
    return wrapped(values, width, Error("#N/A") if padding is None else padding)


@whole
def WRAPCOLS(values, height, padding=None):
    return TRANSPOSE(wrapped(values, height, Error("#N/A") if padding is None else padding))


@whole
def EXPAND(values, rows, columns=None, padding=None):
    values, padding = table(values), Error("#N/A") if padding is None else padding
    height, width = int(number(rows or len(values))), int(number(columns or len(values[0])))
    wide = [line + [padding] * (width - len(line)) for line in values]
    return wide + [[padding] * width] * (height - len(values))


def MAP(*arguments):
    *arrays, function = arguments
    return broadcast(lambda *values: first(function(*values)), *(table(array) for array in arrays))


def REDUCE(start, values, function):
    total = start
    for value in flat(values):
        total = function(total, value)
    return total


def SCAN(start, values, function):
    total, rows = start, []
    for line in table(values):
        rows.append([total := function(total, value) for value in line])
    return rows


def MAKEARRAY(rows, columns, function):
    return checked(
        lambda: [
            [first(function(float(i + 1), float(j + 1))) for j in range(int(number(columns)))]
            for i in range(int(number(rows)))
        ]
    )


def BYROW(values, function):
    return [[first(function([line]))] for line in table(values)]


def BYCOL(values, function):
    return [[first(function([[value] for value in line])) for line in zip(*table(values))]]


def spilled(values):
    """All that an array formula fills; a single value as it is."""
    return values


def intersect(values, place):
    """The value of a row or column that stands in line with the formula's cell, at that place from 0; else #VALUE!."""
    found = list(flat(values))
    return found[place] if 0 <= place < len(found) else Error("#VALUE!")


# Text


@elementwise
def LEFT(value, count=1.0):
    count = int(number(count))
    if count < 0:
        raise Error("#VALUE!")
    return text(value)[:count]


@elementwise
def RIGHT(value, count=1.0):
    count = int(number(count))
    if count < 0:
        raise Error("#VALUE!")
    return text(value)[-count:] if count else ""


@elementwise
def MID(value, start, count):
    start, count = int(number(start)), int(number(count))
    if start < 1 or count < 0:
        raise Error("#VALUE!")
    return text(value)[start - 1 : start - 1 + count]


@elementwise
def LEN(value):
    return len(text(value))


@elementwise
def UPPER(value):
    return text(value).upper()


@elementwise
def LOWER(value):
    return text(value).lower()


@elementwise
def PROPER(value):
    return re.sub(r"[^\W\d_]+", lambda match: match[0].capitalize(), text(value))


@elementwise
def TRIM(value):
    return re.sub(" +", " ", text(value)).strip(" ")


@elementwise
def CLEAN(value):
    return "".join(sign for sign in text(value) if ord(sign) >= 32)


@elementwise
def REPT(value, count):
    count = int(number(count))
    if count < 0 or len(text(value)) * count > 32767:
        raise Error("#VALUE!")
    return text(value) * count


@elementwise
def EXACT(a, b):
    return text(a) == text(b)


@elementwise
def FIND(wanted, value, start=1.0):
    place = text(value).find(text(wanted), int(number(start)) - 1)
    if place < 0 or number(start) < 1:
        raise Error("#VALUE!")
    return place + 1


@elementwise
def SEARCH(wanted, value, start=1.0):
    wanted, value, start = text(wanted), text(value), int(number(start))
    forms = {"*": ".*?", "?": "."}
    parts = re.findall(r"~[*?~]|[*?]|[^*?~]+|~", wanted)
    form = "".join(forms.get(part) or re.escape(part[-1] if part[0] == "~" else part) for part in parts)
    found = re.compile(form, re.IGNORECASE | re.DOTALL).search(value, start - 1) if start >= 1 else None
    if found is None:
        raise Error("#VALUE!")
    return found.start() + 1


@elementwise
def SUBSTITUTE(value, old, new, which=None):
    value, old, new = text(value), text(old), text(new)
    if which is None or not old:
        return value.replace(old, new) if old else value
    pieces = value.split(old)
    k = int(number(which))
    if k < 1:
        raise Error("#VALUE!")
    return old.join(pieces[:k]) + new + old.join(pieces[k:]) if k < len(pieces) else value


@elementwise
def REPLACE(value, start, count, new):
    value, start, count = text(value), int(number(start)), int(number(count))
    if start < 1 or count < 0:
        raise Error("#VALUE!")
    return value[: start - 1] + text(new) + value[start - 1 + count :]


@elementwise
def VALUE(value):
    if isinstance(value, bool):
        raise Error("#VALUE!")
    return number(value)


@elementwise
def CHAR(code):
    return bytes([int(number(code))]).decode("cp1252", "replace")


@elementwise
def UNICHAR(code):
    return chr(int(number(code)))


@elementwise
def CODE(value):
    return text(value)[0].encode("cp1252", "replace")[0] if text(value) else math.log(-1)


@elementwise
def UNICODE(value):
    return ord(text(value)[0]) if text(value) else math.log(-1)


@whole
def CONCAT(*arguments):
    return "".join(text(value) for value in flat(*arguments))


@elementwise
def CONCATENATE(*arguments):
    return "".join(text(value) for value in arguments)


@whole
def TEXTJOIN(separator, skip_empty, *arguments):
    found = [text(value) for value in flat(*arguments)]
    return text(first(separator)).join(piece for piece in found if piece or not truth(skip_empty))


@elementwise
def TEXTBEFORE(value, mark):
    before, found, _ = text(value).partition(text(mark))
    if not found:
        raise Error("#N/A")
    return before


@elementwise
def TEXTAFTER(value, mark):
    _, found, after = text(value).partition(text(mark))
    if not found:
        raise Error("#N/A")
    return after


@elementwise
def TEXT(value, form):
    form = text(form)
    if isinstance(value, str):
        if isinstance(checked(parse_number, value), Error):
            return value
        value = parse_number(value)
    if isinstance(value, bool):
        return text(value)
    value = number(value)
    sections = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', form)
    if len(sections) > 1 and value < 0:
        return formatted(-value, sections[1])
    if len(sections) > 2 and value == 0:
        return formatted(value, sections[2])
    return ("-" if value < 0 and not is_date_form(sections[0]) else "") + formatted(abs(value), sections[0])


def is_date_form(form):
    """Whether a number format shows dates or times."""
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]hms]*\]', "", form)
    return bool(re.search("[ymdhs]", bare, re.IGNORECASE)) and not re.search("[0#?]", bare.replace("ss.0", ""))


def formatted(value, form):
    """A number that is not negative in one section of a number format."""
    if form.lower() == "general":
        return text(value if value >= 1e11 or value < 1e-4 else float(f"{value:.{max(10 - len(str(int(value))), 0)}f}"))
    if is_date_form(form):
        return formatted_date(value, form)
    pieces = re.findall(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|[0#?.,]+|[eE][+-]|%|.', form)
    value *= 100 ** pieces.count("%")
    digits = [k for k, piece in enumerate(pieces) if re.fullmatch(r"[0#?.,]+", piece) and re.search("[0#?]", piece)]
    exponents = [k for k, piece in enumerate(pieces) if re.fullmatch("[eE][+-]", piece)]
    shown_number = {}
    if exponents and digits:
        mantissa, power_form = pieces[digits[0]], pieces[digits[-1]]
        decimals = len(mantissa.partition(".")[2])
        power = math.floor(math.log10(value)) if value else 0
        if value and float(f"{value / 10.0**power:.{decimals}f}") >= 10:
            power += 1
        shown_number[digits[0]] = formatted_digits(value / 10.0**power, mantissa)
        sign = "-" if power < 0 else "+" if pieces[exponents[0]][1] == "+" else ""
        shown_number[exponents[0]] = "E" + sign
        shown_number[digits[-1]] = str(abs(power)).rjust(power_form.count("0"), "0")
    elif digits:
        shown_number[digits[0]] = formatted_digits(value, pieces[digits[0]])
    out = []
    for k, piece in enumerate(pieces):
        if k in shown_number:
            out.append(shown_number[k])
        elif piece[0] == '"':
            out.append(piece[1:-1])
        elif piece[0] == "\\":
            out.append(piece[1])
        elif piece[0] == "_":
            out.append(" ")
        elif piece[0] == "[":
            out.append("")
        elif piece == "@":
            out.append(text(value))
        elif piece[0] not in "*#0?":
            out.append(piece)
    return "".join(out)


def formatted_digits(value, form):
    """A number in a form such as `#,##0.00`."""
    before, _, after = form.partition(".")
    scale = len(before) - len(before.rstrip(","))
    value /= 1000.0**scale
    before = before.rstrip(",")
    rounded = shifted(value, len(after), half_away)
    whole_part, _, decimals = f"{rounded:.{len(after)}f}".partition(".")
    grouped = "," in before
    least = before.count("0")
    whole_part = whole_part.lstrip("0").rjust(least, "0")
    if grouped and whole_part:
        whole_part = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", whole_part)
    needed = after.rfind("0") + 1
    while len(decimals) > needed and decimals.endswith("0"):
        decimals = decimals[:-1]
    return whole_part + (
        "." + decimals if "." in form and (decimals or needed or after == "") else "" if "." not in form else "."
    )


DAY_ZERO = datetime.datetime(1899, 12, 30)


def moment_of(serial):
    """The date and time of a serial number, to the second."""
    days = math.floor(serial)
    if days < 0:
        raise Error("#NUM!")
    seconds = round((serial - days) * 86400)
    first_days = days < 60 and DAY_ZERO.year == 1899
    return DAY_ZERO + datetime.timedelta(days=days + first_days, seconds=seconds)


def formatted_date(value, form):
    """A serial number in a form such as `yyyy-mm-dd hh:mm`."""
    moment = moment_of(value)
    tokens = re.findall(r'"[^"]*"|\\.|\[h+\]|\[m+\]|\[s+\]|y+|m+|d+|h+|s+|AM/PM|A/P|.', form, re.IGNORECASE)
    half = any(token.upper() in ("AM/PM", "A/P") for token in tokens)
    out = []
    for k, token in enumerate(tokens):
        letter, size = token[0].lower(), len(token)
        neighbours = [t[0].lower() for t in tokens[k - 1 :: -1] if t[0].lower() in "yhds"][:1] if k else []
        following = [t[0].lower() for t in tokens[k + 1 :] if t[0].lower() in "yhds"][:1]
        if token.upper() == "AM/PM":
            out.append("AM" if moment.hour < 12 else "PM")
        elif token.lower().startswith("[h"):
            out.append(str(math.floor(value * 24 + 1e-9)))
        elif letter == "y":
            out.append(f"{moment.year:04d}" if size > 2 else f"{moment.year % 100:02d}")
        elif letter == "m" and (neighbours == ["h"] or following == ["s"]) and size <= 2:
            out.append(f"{moment.minute:0{size}d}")
        elif letter == "m":
            out.append(f"{moment.month:0{size}d}" if size <= 2 else moment.strftime("%b" if size == 3 else "%B"))
        elif letter == "d":
            out.append(f"{moment.day:0{size}d}" if size <= 2 else moment.strftime("%a" if size == 3 else "%A"))
        elif letter == "h":
            hour = (moment.hour % 12 or 12) if half else moment.hour
            out.append(f"{hour:0{min(size, 2)}d}")
        elif letter == "s":
            out.append(f"{moment.second:0{min(size, 2)}d}")
        else:
            out.append(token[1:-1] if letter == '"' else token[1] if letter == "\\" else token)
    return "".join(out)


@elementwise
def FIXED(value, decimals=2.0, plain=False):
    places = int(number(decimals))
    rounded = shifted(number(value), places, half_away)
    return f"{rounded:{'' if truth(plain) else ','}.{max(places, 0)}f}"


@elementwise
def DOLLAR(value, decimals=2.0):
    places = int(number(decimals))
    rounded = shifted(abs(number(value)), places, half_away)
    shown_amount = f"${rounded:,.{max(places, 0)}f}"
    return f"({shown_amount})" if number(value) < 0 else shown_amount


@elementwise
def NUMBERVALUE(value, decimal=".", group=","):
    plain = text(value).replace(" ", "").replace(text(group)[:1], "").replace(text(decimal)[:1], ".")
    signs = len(plain) - len(plain.rstrip("%"))
    return parse_number(plain.rstrip("%")) / 100.0**signs if plain else 0.0


@whole
def TEXTSPLIT(value, across=None, down=None, skip_empty=False):
    def pieces(whole_text, marks):
        marks = [text(mark) for mark in flat(marks) if mark is not None]
        found = re.split("|".join(map(re.escape, marks)), whole_text) if marks else [whole_text]
        return [piece for piece in found if piece or not truth(skip_empty)]

    rows = [pieces(line, across) for line in pieces(text(value), down)]
    width = max(map(len, rows))
    return [line + [Error("#N/A")] * (width - len(line)) for line in rows]


# Dates


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


# Money


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


# The script's own


def saved(value):
    """A value as JSON has it; an error as {"error": "#N/A"}, never NaN."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Error):
        return {"error": value.code}
    is_number = isinstance(value, (float, int)) and not isinstance(value, bool)
    if isinstance(value, complex) or (is_number and not abs(value) < 1.8e308):
        return {"error": "#NUM!"}
    return value


def keep(found, *sheets):
    """Give each of several sheets its own of what was computed together."""
    for sheet, values in zip(sheets, found):
        vars(sheet).update(values)


def addressed(title, area, values):
    """Each cell of a range, such as `adam!H4`, with its value."""
    (letters, digits), *last = (re.fullmatch("([A-Z]+)([0-9]+)", corner).groups() for corner in area.split(":"))
    number_of = functools.partial(functools.reduce, lambda total, letter: total * 26 + ord(letter) - 64)
    left, top = number_of(letters, 0), int(digits)
    width = number_of(last[0][0], 0) - left + 1 if last else 1
    for place, value in enumerate(flat(values)):
        number_left, name = left + place % width, ""
        while number_left:
            number_left, letter = divmod(number_left - 1, 26)
            name = chr(65 + letter) + name
        yield f"{title}!{name}{top + place // width}", saved(value)
