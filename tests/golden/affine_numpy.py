"""affine.xlsx, as NumPy: made by `gradbook code`.

Each function computes the formulas of a sheet; its arrays are named after the sheet's headings.
"""

import argparse
import json
import datetime
import functools
import math
import re
from types import SimpleNamespace

import numpy as np

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


def broadcast(function, *arguments):
    """The function for each place of its arguments; where sizes differ, what is missing is #N/A."""
    tables = [argument if isinstance(argument, list) else [[argument]] for argument in arguments]
    height, width = max(map(len, tables)), max(len(table[0]) for table in tables)

    def at(table, i, j):
        i, j = (0 if len(table) == 1 else i), (0 if len(table[0]) == 1 else j)
        return table[i][j] if i < len(table) and j < len(table[0]) else Error("#N/A")

    return [[function(*(at(table, i, j) for table in tables)) for j in range(width)] for i in range(height)]


DAY_ZERO = datetime.datetime(1899, 12, 30)


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
    if not re.search(r"\d", plain):
        raise Error("#VALUE!")
    return parse_moment(plain)


def parse_moment(plain):
    """The serial number of a text that is a date, a time, or both."""
    found = re.fullmatch(r"(.*?)\s*(?:(\d+):(\d+)(?::(\d+(?:\.\d*)?))?\s*([AaPp][Mm])?)?", plain)
    day, hour, minute, second, half = found.groups()
    if not day and hour is None:
        raise Error("#VALUE!")
    time = 0.0
    if hour is not None:
        if (half and not 1 <= int(hour) <= 12) or int(minute) > 59:
            raise Error("#VALUE!")
        hours = int(hour) if not half else int(hour) % 12 + 12 * (half.upper() == "PM")
        time = (hours * 3600 + int(minute) * 60 + float(second or 0)) / 86400
    return time + (parse_date(day) if day else 0)


def parse_date(day):
    """The serial number of a date: `2011-08-22`, `8/22/2011`, `22-Aug-2011`, `22 August 2011`, `August 22 2011`."""
    joined = re.sub(r"[\s/-]+", "-", day)
    for form in ("%Y-%m-%d", "%m-%d-%Y", "%d-%b-%Y", "%d-%B-%Y", "%b-%d-%Y", "%B-%d-%Y", "%m-%d-%y", "%d-%b-%y"):
        try:
            moment = datetime.datetime.strptime(joined, form)
        except ValueError:
            continue
        # Years of two digits end in 2029.
        serial = serial_of(moment.replace(year=moment.year - 100) if "%y" in form and moment.year > 2029 else moment)
        if serial > 0:
            return serial
    if re.fullmatch(r"0?2-29-1900|1900-0?2-29", joined):
        return 60
    raise Error("#VALUE!")


def serial_of(moment):
    """The day of a moment as a serial number; Excel has a 29 February 1900, and before 1900 nothing."""
    days = (moment - DAY_ZERO).days
    return days - (days < 61 and DAY_ZERO.year == 1899)


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


@elementwise
def divide(a, b):
    return number(a) / number(b)


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


# The cells that no formula computes


def inputs():
    """The inputs of every sheet, by name."""
    return {
        "entity_embedding": {
            "embedding_a_row_a_category": np.array(
                [
                    [0.26, -0.31, 1.46],
                    [1.96, 1.8, 1.32],
                    [0.36, -1.21, 0],
                    [0.66, -1.29, 0.4],
                    [0.43, 0.7, -1.18],
                    [-0.66, -0.44, -1.17],
                    [1.74, -0.5, 0.33],
                ],
                dtype=float,
            ),  # B13:D19
            "category": np.array([1, 2, 3, 4, 5, 6, 7], dtype=float),  # B24:H24
            "category_of_each_record": np.array([7, 5, 7, 2, 6, 7, 1, 3], dtype=float),  # A27:A34
        },
    }


# The sheets


def entity_embedding(*, category, embedding_a_row_a_category, category_of_each_record):
    """Sheet 'Entity embedding': B6, B7, B27:H34, J27:L34, N27:P34, B8."""
    columns_one_hot = category.size
    columns_embedded = shown(divide(COUNT(embedding_a_row_a_category), COUNT(category)))
    one_hot = (category_of_each_record[:, None] == category).astype(float)
    one_hot_times_embedding = one_hot @ embedding_a_row_a_category
    looked_up = embedding_a_row_a_category[category_of_each_record.astype(int) - 1]
    product_less_look_up = np.abs(one_hot_times_embedding - looked_up).max()
    return dict(
        columns_one_hot=columns_one_hot,
        columns_embedded=columns_embedded,
        one_hot=one_hot,
        one_hot_times_embedding=one_hot_times_embedding,
        looked_up=looked_up,
        product_less_look_up=product_less_look_up,
    )


def compute(inputs):
    """Every sheet, in the order in which they read each other."""
    book = SimpleNamespace(**{name: SimpleNamespace(**given) for name, given in inputs.items()})
    vars(book.entity_embedding).update(
        entity_embedding(
            category=book.entity_embedding.category,
            embedding_a_row_a_category=book.entity_embedding.embedding_a_row_a_category,
            category_of_each_record=book.entity_embedding.category_of_each_record,
        )
    )
    return book


CELLS = {
    "Entity embedding": (
        "entity_embedding",
        {
            "B6": "columns_one_hot",
            "B7": "columns_embedded",
            "B27:H34": "one_hot",
            "J27:L34": "one_hot_times_embedding",
            "N27:P34": "looked_up",
            "B8": "product_less_look_up",
        },
    )
}


def dump(book, path):
    """Write the value of every formula cell as JSON."""
    found = {}
    for title, (sheet, ranges) in CELLS.items():
        for area, name in ranges.items():
            name, _, part = name.rstrip("]").partition("[")
            start, _, stop = part.partition(":")
            values = getattr(getattr(book, sheet), name.rstrip("~"))
            if name.endswith("~"):
                values = with_gaps(values, "")
            found.update(addressed(title, area, values[int(start) : int(stop or len(values))] if part else values))
    with open(path, "w", encoding="utf-8") as file:
        json.dump(found, file, allow_nan=False)


def main():
    """Compute the workbook and print what its single cells show."""
    parser = argparse.ArgumentParser(description="What affine.xlsx computes.")
    parser.add_argument("--dump", metavar="FILE.json", help="write the value of every formula cell there")
    options = parser.parse_args()
    with np.errstate(all="ignore"):
        book = compute(inputs())
    if options.dump:
        dump(book, options.dump)
    for title, (sheet, ranges) in CELLS.items():
        for area, name in ranges.items():
            if ":" not in area + name:
                print(f"{title}!{area}  {name} = {saved(getattr(getattr(book, sheet), name))}")


if __name__ == "__main__":
    main()
