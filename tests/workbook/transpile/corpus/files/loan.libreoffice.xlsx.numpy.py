"""loan.libreoffice.xlsx, as NumPy: made by `gradbook code`.

Each function computes the formulas of a sheet; its arrays are named after the sheet's headings.
"""

import argparse
import json
import functools
import itertools
import math
import re
from types import SimpleNamespace

import numpy as np


# The cells that no formula computes


def inputs():
    """The inputs of every sheet, by name."""
    return {
        "loan": {
            "principal_2": 12000.0,  # C3
            "rate": 0.054,  # C4
            "months": 24.0,  # C5
        },
        "what_if": {
            "rate_months": np.array([12, 24, 36, 48], dtype=float),  # B1:E1
            "rate_months_2": np.array([0.03, 0.05, 0.07], dtype=float),  # A2:A4
        },
    }


# The sheets


def loan(*, principal_2, rate, months):
    """Sheet 'Loan': C6, C7, B11:B34, C11:C34, D11:D34, E11:E34, F11:F34, G11:G34, F3, D36:E36, F4, F36."""
    payment = principal_2 * (rate / 12) / (1 - (1 + rate / 12) ** (-months))
    by_pmt = shown(negative(PMT(rate / 12, months, principal_2)))
    month = np.arange(1.0, 25.0)
    opening, interest, principal, closing = ([None] * 24 for _ in range(4))
    for t in range(24):
        opening[t] = closing[t - 1] if t else principal_2
        interest[t] = opening[t] * rate / 12
        principal[t] = payment - interest[t]
        closing[t] = opening[t] - principal[t]
    opening, interest, principal, closing = map(np.array, (opening, interest, principal, closing))
    paid = principal.cumsum() / principal_2
    half_paid_in = shown(add(MATCH(0.5, paid, 1), 1))
    area = np.column_stack([interest, principal])
    total = area.sum(axis=0)
    dearest = interest.max() / total[0]
    f36 = "paid off" if to_15_digits(abs(closing[23].item())) < 0.005 else "open"
    return SimpleNamespace(**locals())


def what_if(loan, *, rate_months, rate_months_2):
    """Sheet 'What if': B2:E4, B7, B8."""
    rate_months_2_list = rate_months_2.tolist()
    rate_months_list = rate_months.tolist()
    b2_e4 = np.array(
        [
            [
                ROUND(
                    loan.principal_2
                    * (rate_months_2_list[i] / 12)
                    / (1 - (1 + rate_months_2_list[i] / 12) ** (-rate_months_list[j])),
                    2,
                )
                for j in range(4)
            ]
            for i in range(3)
        ]
    )
    cheapest = b2_e4.min()
    where = rate_months_2[(cheapest == b2_e4[:, 3]).argmax(axis=-1)]
    return SimpleNamespace(**locals())


def compute(inputs):
    """Every sheet, in the order in which they read each other."""
    book = SimpleNamespace()
    book.loan = loan(**inputs["loan"])
    book.what_if = what_if(book.loan, **inputs["what_if"])
    return book


CELLS = {
    "Loan": (
        "loan",
        {
            "C6": "payment", "C7": "by_pmt", "B11:B34": "month", "C11:C34": "opening", "D11:D34": "interest",
            "E11:E34": "principal", "F11:F34": "closing", "G11:G34": "paid", "F3": "half_paid_in", "D36:E36": "total",
            "F4": "dearest", "F36": "f36",
        },
    ),
    "What if": ("what_if", {"B2:E4": "b2_e4", "B7": "cheapest", "B8": "where"}),
}


def dump(book, path):
    """Write the value of every formula cell as JSON."""
    found = {}
    for title, (sheet, ranges) in CELLS.items():
        for area, name in ranges.items():
            found.update(addressed(title, area, named(getattr(book, sheet), name)))
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(found, allow_nan=False))


def main():
    """Compute the workbook and print what its single cells show."""
    parser = argparse.ArgumentParser(description="What loan.libreoffice.xlsx computes.")
    parser.add_argument("--dump", metavar="FILE.json", help="write the value of every formula cell there")
    options = parser.parse_args()
    with np.errstate(all="ignore"):
        book = compute(inputs())
    if options.dump:
        dump(book, options.dump)
    for title, (sheet, ranges) in CELLS.items():
        for area, name in ranges.items():
            if ":" not in area + name:
                print(f"{title}!{area}  {name} = {saved(named(getattr(book, sheet), name))}")


# What Excel means by its functions


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


def broadcast(function, *arguments):
    """The function for each place of its arguments; where sizes differ, what is missing is #N/A."""
    tables = [argument if isinstance(argument, list) else [[argument]] for argument in arguments]
    height, width = max(map(len, tables)), max(len(table[0]) for table in tables)

    def at(table, i, j):
        i, j = (0 if len(table) == 1 else i), (0 if len(table[0]) == 1 else j)
        return table[i][j] if i < len(table) and j < len(table[0]) else Error("#N/A")

    return [[function(*(at(table, i, j) for table in tables)) for j in range(width)] for i in range(height)]


def numeric(function):
    """A function of numbers, whatever reads as one."""

    @functools.wraps(function)
    def called(*arguments):
        return function(*(number(argument) for argument in arguments))

    return elementwise(called)


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
    raise Error("#VALUE!")


def first(value):
    """The upper left value of an array; a single value as it is."""
    while isinstance(value, list):
        value = value[0]
    return value


PLAIN = frozenset((float, str, bool, int, type(None), Error))


def flat(*ranges):
    """Every value of the ranges, row by row."""
    for item in ranges:
        if type(item) is not float and hasattr(item, "tolist"):
            item = item.tolist()
        if not isinstance(item, list):
            yield item
            continue
        for line in item:
            if type(line) in PLAIN:
                yield line
            elif type(line) is list:
                # A row: nearly always of values alone.
                for value in line:
                    if type(value) in PLAIN:
                        yield value
                    else:
                        yield from flat(value)
            else:
                yield from flat(line)


def with_gaps(values, gap):
    """An array as a list in which what is no number is a blank, or an empty text."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, list):
        return [with_gaps(value, gap) for value in values]
    return gap if values != values else values


def shown(value):
    """What a cell shows of a formula's result: a blank is 0, of an array the first value."""
    value = first(value.tolist() if hasattr(value, "tolist") else value)
    return 0.0 if value is None else value


def to_15_digits(value):
    """A number, or each of an array, at the 15 digits to which Excel compares numbers; what is no number as it is."""
    if isinstance(value, float):
        return float(f"{value:.14e}")
    if isinstance(value, list):
        return [to_15_digits(item) for item in value]
    if not hasattr(value, "tolist"):
        return value
    line = (value + 0.0).reshape(-1)
    rounded = [float(f"{item:.14e}") for item in line.tolist()]
    line[:] = line.new_tensor(rounded) if hasattr(line, "new_tensor") else rounded
    return line.reshape(value.shape)


@elementwise
def add(a, b):
    return number(a) + number(b)


@elementwise
def negative(a):
    return -number(a)


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
        x, y = first_key[1], second_key[1]
        if abs(x - y) < 1e-14 * abs(x) and to_15_digits(float(x)) == to_15_digits(float(y)):
            return 0
    return int(first_key > second_key) - int(first_key < second_key)


def wildcard(pattern):
    """The test whether a text matches a pattern with `*`, `?` and `~`, whatever the case."""
    parts = re.findall(r"~[*?~]|[*?]|[^*?~]+|~", pattern)
    forms = {"*": ".*", "?": "."}
    form = "".join(forms.get(part) or re.escape(part[-1] if part[0] == "~" else part) for part in parts)
    compiled = re.compile(form, re.IGNORECASE | re.DOTALL)
    return lambda value: compiled.fullmatch(value) is not None


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


@numeric
def ROUND(x, digits=0.0):
    return shifted(x, digits, half_away)


def same_kind(a, b):
    """Whether two values may be compared in a lookup: numbers with numbers, text with text."""
    return a is not None and not isinstance(a, Error) and order(a, b)[0] == order(b, a)[0]


def in_ranges(function):
    """A lookup, in ranges that may be errors themselves, such as #REF!: then that error is its result."""

    @functools.wraps(function)
    def looked(wanted, *ranges):
        lost = [values for values in ranges if isinstance(values, Error)]
        return lost[0] if lost else function(wanted, *ranges)

    return looked


def in_hand(values):
    """A range as a list of its values; a `Searched` one stays as it is."""
    return values if hasattr(values, "flattened") else list(flat(values))


@in_ranges
def MATCH(wanted, values, mode=1.0):
    if isinstance(wanted, list):
        return broadcast(lambda w: MATCH(w, values, mode), wanted)
    return checked(lambda: match(wanted, in_hand(values), int(number(mode))))


def match(wanted, values, mode):
    """The place, from 1, of a value: mode 0 the first equal to it, 1 the last at most it, -1 the last at least it."""
    if isinstance(wanted, Error):
        raise wanted
    if wanted is None:
        wanted = 0.0
    if hasattr(values, "flattened"):
        places, values = values.equal(wanted) if mode == 0 else None, values.flattened
        if places:
            return places[0] + 1
        if places is not None:
            raise Error("#N/A")
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
    """The last place whose value is at most the one wanted, 0 where there is none, found by halving as Excel does.

    The search ends at a value equal to the one wanted, and takes the last of such values in a row. In a range that is
    not sorted it finds what Excel finds, which need not be the last at most the one wanted.
    """
    low, high, found = 0, len(values) - 1, 0
    while low <= high:
        middle = (low + high) // 2
        probe = middle
        while probe <= high and not same_kind(values[probe], wanted):
            probe += 1
        side = 1 if probe > high else compare(values[probe], wanted)
        if side > 0:
            high = middle - 1
            continue
        found, low = probe + 1, probe + 1
        if side == 0:
            while found < len(values) and same_kind(values[found], wanted) and compare(values[found], wanted) == 0:
                found += 1
            return found
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
    return found


@numeric
def PMT(rate, periods, present, future=0.0, at_start=0.0):
    if rate == 0:
        return -(present + future) / periods
    growth = (1 + rate) ** periods
    return -(present * growth + future) * rate / ((growth - 1) * (1 + rate * at_start))


def saved(value):
    """A value as JSON has it; an error as {"error": "#N/A"}, never NaN."""
    if type(value) is float and abs(value) < 1.8e308:
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Error):
        return {"error": value.code}
    is_number = isinstance(value, (float, int)) and not isinstance(value, bool)
    if isinstance(value, complex) or (is_number and not abs(value) < 1.8e308):
        return {"error": "#NUM!"}
    return value


def named(sheet, name):
    """What a sheet has under a name: of `w[1:]` all but the first, of `e[3]` one step; after `~` the word for NaN."""
    name, has_gaps, gap = name.partition("~")
    word, _, place = name.rstrip("]").partition("[")
    values = getattr(sheet, word)
    if has_gaps:
        values = with_gaps(values, gap)
    start, is_part, stop = place.partition(":")
    if is_part:
        return values[int(start) : int(stop or len(values))]
    return values[int(start)] if start else values


def addressed(title, area, values):
    """Each cell of a range, such as `adam!H4`, with its value."""
    (letters, digits), *last = (re.fullmatch("([A-Z]+)([0-9]+)", corner).groups() for corner in area.split(":"))
    number_of = functools.partial(functools.reduce, lambda total, letter: total * 26 + ord(letter) - 64)
    left, top = number_of(letters, 0), int(digits)
    width = number_of(last[0][0], 0) - left + 1 if last else 1
    columns = []
    for number in range(left, left + width):
        columns.append("")
        while number:
            number, letter = divmod(number - 1, 26)
            columns[-1] = chr(65 + letter) + columns[-1]
    places = (f"{title}!{letters}{row}" for row in itertools.count(top) for letters in columns)
    return zip(places, map(saved, flat(values)))


if __name__ == "__main__":
    main()
