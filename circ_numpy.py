"""circ.xlsx, as NumPy: made by `gradbook code`.

Each function computes the formulas of a sheet; its arrays are named after the sheet's headings.
Not as the workbook has them: S!A2, S!A5.
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
        "s": {
            "a1": 1100.0,  # A1
        },
    }


# The sheets


def s(*, a1):
    """Sheet 'S': A2, A3, A5."""
    grid = assemble(2, 1)

    def a2_cell(i, j):
        return divide(grid[1][0], 10)

    def a3_cell(i, j):
        return shown(last_subtract(a1, grid[0][0]))

    iterate_cells(100, (a2_cell, grid, 0, 0, range(0, 1), range(0, 1)), (a3_cell, grid, 1, 0, range(0, 1), range(0, 1)))
    a2 = grid[0][0]
    a3 = grid[1][0]
    a5 = shown(attempted(lambda: multiply(a2, 2)))
    return SimpleNamespace(**locals())


def compute(inputs):
    """Every sheet, in the order in which they read each other."""
    book = SimpleNamespace()
    book.s = s(**inputs["s"])
    return book


CELLS = {"S": ("s", {"A2": "a2", "A3": "a3", "A5": "a5"})}


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
    parser = argparse.ArgumentParser(description="What circ.xlsx computes.")
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


def table(values):
    """The values as a list of rows, whatever they came as."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if not isinstance(values, list):
        return [[values]]
    return values if not values or isinstance(values[0], list) else [[value] for value in values]


def with_gaps(values, gap):
    """An array as a list in which what is no number is a blank, or an empty text."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, list):
        return [with_gaps(value, gap) for value in values]
    return gap if values != values else values


def assemble(height, width, *pieces):
    """A range of a sheet put together from (row, column, values); cells that nothing covers are blank."""
    found = [[None] * width for _ in range(height)]
    for i, j, values in pieces:
        for k, line in enumerate(table(values)):
            found[i + k][j : j + len(line)] = line
    return found


def shown(value):
    """What a cell shows of a formula's result: a blank is 0, of an array the first value."""
    value = first(value.tolist() if hasattr(value, "tolist") else value)
    return 0.0 if value is None else value


@elementwise
def last_subtract(a, b):
    """The difference that a formula ends with: where it is rounding alone it is 0."""
    difference = number(a) - number(b)
    return 0.0 if abs(difference) < 2**-49 * abs(number(a)) else difference


@elementwise
def multiply(a, b):
    return number(a) * number(b)


@elementwise
def divide(a, b):
    return number(a) / number(b)


class Waiting(BaseException):
    """Stands in a grid for a cell that is not computed yet; what reads the cell raises it."""

    def __init__(self, compute, line, column, i, j):
        self.compute, self.line, self.column, self.i, self.j = compute, line, column, i, j
        self.is_asked = False


class Line(list[object]):
    """A row of a grid, or a part of one: cells that nothing reads may wait in it."""

    def __getitem__(self, place):
        found = list.__getitem__(self, place)
        if isinstance(found, Waiting):
            raise found
        return Line(found) if isinstance(place, slice) else found

    def __iter__(self):
        return (self[place] for place in range(len(self)))


def iterate_cells(most, *cells):
    """Compute cells that go round in a circle: again and again, sheet by sheet, row by row, as Excel does.

    A cell that is not computed yet is 0. They are done `most` times, or until no number changes any more. Excel stops
    earlier, once no change is larger than its delta, but goes on whenever it calculates again.
    """
    try:
        compute_cells(*cells)
    except RecursionError:
        for _, grid, *_ in cells:
            grid[:] = [[0.0 if isinstance(v, Waiting) else v for v in list.__iter__(line)] for line in grid]
        order = sorted(
            (
                (k, top + i, left + j, i, j)
                for k, (_, _, top, left, rows, columns) in enumerate(cells)
                for i in rows
                for j in columns
            ),
            key=lambda place: (sheet_order(cells, place[0]), place[1:3]),
        )
        for _ in range(most):
            changes = [put(cells[k][1][line], column, cells[k][0](i, j)) for k, line, column, i, j in order]
            if not any(changes):
                break


def sheet_order(cells, k):
    """The place of the first cells that stand on the same grid."""
    return next(n for n, other in enumerate(cells) if other[1] is cells[k][1])


def put(line, column, value):
    """Put a value into a cell; whether that changes it by more than rounding."""
    before, line[column] = line[column], value
    if isinstance(value, float) and isinstance(before, float):
        return abs(value - before) > 1e-15 * abs(value)
    return value != before


def compute_cells(*cells):
    """Compute cells of grids, each when another reads it: what a formula never reads it does not wait for."""
    waiting = []
    for compute, grid, top, left, rows, columns in cells:
        grid[:] = [line if isinstance(line, Line) else Line(line) for line in grid]
        for i in rows:
            for j in columns:
                waiting.append(Waiting(compute, grid[top + i], left + j, i, j))
                grid[top + i][left + j] = waiting[-1]
    for cell in waiting:
        path = [cell] if list.__getitem__(cell.line, cell.column) is cell else []
        while path:
            path[-1].is_asked = True
            try:
                value = path[-1].compute(path[-1].i, path[-1].j)
            except Waiting as read:
                if read.is_asked:
                    raise RecursionError("the cells go round in a circle") from None
                path.append(read)
            else:
                done = path.pop()
                done.line[done.column] = value
    for _, grid, *_ in cells:
        grid[:] = map(list, grid)


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
