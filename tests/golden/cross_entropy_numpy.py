"""cross_entropy.xlsx, as NumPy: made by `gradbook code`.

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
def subtract(a, b):
    return number(a) - number(b)


@elementwise
def divide(a, b):
    return number(a) / number(b)


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


@elementwise
def equal(a, b):
    return compare(a, b) == 0


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


def spread_test(test):
    """A question about one value that an error, too, may answer; over arrays element by element."""

    @functools.wraps(test)
    def spread(value):
        return broadcast(spread, value) if isinstance(value, list) else test(value)

    return spread


@spread_test
def ISNUMBER(value):
    return isinstance(value, (float, int)) and not isinstance(value, bool)


@whole
def SUM(*arguments):
    return math.fsum(numbers(*arguments))


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


def named(sheet, name):
    """What a sheet has under a name: of `w[1:]` all but the first, of `errors[3]` one step; with `~` NaN are blanks."""
    word, _, place = name.replace("~", "").rstrip("]").partition("[")
    values = getattr(sheet, word)
    if "~" in name:
        values = with_gaps(values, "")
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
        "crossentropyloss": {
            "cross_entropy_reduction": "mean",  # B5
            "cross_entropy_smoothing": 0.0,  # B6
            "class_": np.array([1, 2, 3, 4, 5], dtype=float),  # B13:F13
            "class_weights": np.array([1, 1, 2, 1, 0.5], dtype=float),  # B16:F16
            "right_class_below_1_ignored": np.array([5, 4, 3, 2, 2, -100], dtype=float),  # A19:A24
            "logits": np.array(
                [
                    [-1.41, -2.53, -1.25, 0.08, -4.65],
                    [-0.44, -2.49, -1.46, -1.09, -0.63],
                    [0.82, 2.09, -0.26, 2.73, -1.33],
                    [0.7, 1.81, 0.19, -1.49, -1.84],
                    [-0.92, 0.44, -2.02, -0.42, -0.32],
                    [1.08, 0.43, 0.71, -1.31, -0.26],
                ],
                dtype=float,
            ),  # B19:F24
            "cross_entropy_nudge": 0.01,  # B76
            "cross_entropy_single_target": 1.0,  # B95
            "logits_2": np.array([2, 0, -1], dtype=float),  # A100:A102
        },
    }


# The sheets


def crossentropyloss(
    *,
    logits,
    right_class_below_1_ignored,
    cross_entropy_smoothing,
    class_,
    class_weights,
    cross_entropy_reduction,
    cross_entropy_nudge,
    logits_2,
    cross_entropy_single_target,
):
    """Sheet 'CrossEntropyLoss': H19:H24, B27:F32, H27:H32, B35:F40, B43:F48, B51:F56, H51:H56, B59:F64, H59:H64, B7,
    I59:I64, B8, B67:F72, B82, B85:F85, H85:L85, B88:F88, H88:L88, B91:F91, B77, B78, B79:B80, B81, B100:B102,
    C100:C102, B96, D100:D102, E100:E102, B97.
    """
    largest = logits.max(axis=-1)
    e_logit_minus_largest = np.exp(logits - largest[:, None])
    ln_of_the_sum = np.log(e_logit_minus_largest.sum(axis=-1))
    log_softmax_logit_minus_largest = logits - largest[:, None] - ln_of_the_sum[:, None]
    softmax = np.exp(log_softmax_logit_minus_largest)
    target_smoothed = np.where(
        (right_class_below_1_ignored < 1)[:, None],
        0,
        (1 - cross_entropy_smoothing) * (right_class_below_1_ignored[:, None] == class_).astype(float)
        + cross_entropy_smoothing / 5,
    )
    target_times_weight_2 = target_smoothed @ class_weights
    target_times_weight = target_smoothed * class_weights
    right_class_below_1_ignored_list = right_class_below_1_ignored.tolist()
    class_weights_list = class_weights.tolist()
    weight = np.array(
        [
            0
            if right_class_below_1_ignored_list[i] < 1
            else class_weights_list[int(right_class_below_1_ignored_list[i]) - 1]
            for i in range(6)
        ]
    )
    divisor = shown(
        1 if cross_entropy_reduction == "sum" else IF(equal(SUM(weight), 0), lambda: "none", lambda: SUM(weight))
    )
    loss = -(target_times_weight * log_softmax_logit_minus_largest).sum(axis=-1)
    loss_2 = shown(IF(ISNUMBER(divisor), lambda: divide(SUM(loss), divisor), lambda: "none"))
    softmax_list = softmax.tolist()
    target_times_weight_2_list = target_times_weight_2.tolist()
    target_times_weight_list = target_times_weight.tolist()
    gradient_softmax_times_target_mass = np.array(
        [
            [
                shown(
                    IF(
                        ISNUMBER(divisor),
                        lambda: (
                            (softmax_list[i][j] * target_times_weight_2_list[i] - target_times_weight_list[i][j])
                            / divisor
                        ),
                        lambda: 0,
                    )
                )
                for j in range(5)
            ]
            for i in range(6)
        ]
    )
    slope_by_calculus = gradient_softmax_times_target_mass[0, 0]
    first_sample_moved_up = logits[0] + np.where(class_ == 1, cross_entropy_nudge, 0)
    e_logit_up = np.exp(first_sample_moved_up)
    moved_down = logits[0] - np.where(class_ == 1, cross_entropy_nudge, 0)
    e_logit_down = np.exp(moved_down)
    its_target_times_weight = target_times_weight[0]
    its_loss_up = (
        its_target_times_weight.sum() * math.log(e_logit_up.sum()) - its_target_times_weight @ first_sample_moved_up
    )
    its_loss_down = its_target_times_weight.sum() * math.log(e_logit_down.sum()) - its_target_times_weight @ moved_down
    area = assemble(2, 1, (0, 0, its_loss_up), (1, 0, its_loss_down))
    loss_up = np.array(
        [
            shown(
                IF(
                    ISNUMBER(divisor),
                    lambda: divide(add(subtract(SUM(loss), loss[0].item()), area[i][0]), divisor),
                    lambda: "none",
                )
            )
            for i in range(2)
        ]
    )
    slope_by_moving_it = shown(
        IF(
            ISNUMBER(divisor),
            lambda: (loss_up[0].item() - loss_up[1].item()) / (2 * cross_entropy_nudge),
            lambda: "none",
        )
    )
    e_logit_minus_largest_2 = np.exp(logits_2 - logits_2.max())
    softmax_2 = e_logit_minus_largest_2 / e_logit_minus_largest_2.sum()
    loss_from_logits = -math.log(softmax_2[int(cross_entropy_single_target) - 1])
    e_softmax = np.exp(softmax_2)
    softmax_of_softmax = e_softmax / e_softmax.sum()
    loss_from_probabilities = -math.log(softmax_of_softmax[int(cross_entropy_single_target) - 1])
    return dict(
        largest=largest,
        e_logit_minus_largest=e_logit_minus_largest,
        ln_of_the_sum=ln_of_the_sum,
        log_softmax_logit_minus_largest=log_softmax_logit_minus_largest,
        softmax=softmax,
        target_smoothed=target_smoothed,
        target_times_weight_2=target_times_weight_2,
        target_times_weight=target_times_weight,
        weight=weight,
        divisor=divisor,
        loss=loss,
        loss_2=loss_2,
        gradient_softmax_times_target_mass=gradient_softmax_times_target_mass,
        slope_by_calculus=slope_by_calculus,
        first_sample_moved_up=first_sample_moved_up,
        e_logit_up=e_logit_up,
        moved_down=moved_down,
        e_logit_down=e_logit_down,
        its_target_times_weight=its_target_times_weight,
        its_loss_up=its_loss_up,
        its_loss_down=its_loss_down,
        loss_up=loss_up,
        slope_by_moving_it=slope_by_moving_it,
        e_logit_minus_largest_2=e_logit_minus_largest_2,
        softmax_2=softmax_2,
        loss_from_logits=loss_from_logits,
        e_softmax=e_softmax,
        softmax_of_softmax=softmax_of_softmax,
        loss_from_probabilities=loss_from_probabilities,
    )


def compute(inputs):
    """Every sheet, in the order in which they read each other."""
    book = SimpleNamespace(**{name: SimpleNamespace(**given) for name, given in inputs.items()})
    vars(book.crossentropyloss).update(
        crossentropyloss(
            logits=book.crossentropyloss.logits,
            right_class_below_1_ignored=book.crossentropyloss.right_class_below_1_ignored,
            cross_entropy_smoothing=book.crossentropyloss.cross_entropy_smoothing,
            class_=book.crossentropyloss.class_,
            class_weights=book.crossentropyloss.class_weights,
            cross_entropy_reduction=book.crossentropyloss.cross_entropy_reduction,
            cross_entropy_nudge=book.crossentropyloss.cross_entropy_nudge,
            logits_2=book.crossentropyloss.logits_2,
            cross_entropy_single_target=book.crossentropyloss.cross_entropy_single_target,
        )
    )
    return book


CELLS = {
    "CrossEntropyLoss": (
        "crossentropyloss",
        {
            "H19:H24": "largest",
            "B27:F32": "e_logit_minus_largest",
            "H27:H32": "ln_of_the_sum",
            "B35:F40": "log_softmax_logit_minus_largest",
            "B43:F48": "softmax",
            "B51:F56": "target_smoothed",
            "H51:H56": "target_times_weight_2",
            "B59:F64": "target_times_weight",
            "H59:H64": "weight",
            "B7": "divisor",
            "I59:I64": "loss",
            "B8": "loss_2",
            "B67:F72": "gradient_softmax_times_target_mass",
            "B82": "slope_by_calculus",
            "B85:F85": "first_sample_moved_up",
            "H85:L85": "e_logit_up",
            "B88:F88": "moved_down",
            "H88:L88": "e_logit_down",
            "B91:F91": "its_target_times_weight",
            "B77": "its_loss_up",
            "B78": "its_loss_down",
            "B79:B80": "loss_up",
            "B81": "slope_by_moving_it",
            "B100:B102": "e_logit_minus_largest_2",
            "C100:C102": "softmax_2",
            "B96": "loss_from_logits",
            "D100:D102": "e_softmax",
            "E100:E102": "softmax_of_softmax",
            "B97": "loss_from_probabilities",
        },
    )
}


def dump(book, path):
    """Write the value of every formula cell as JSON."""
    found = {}
    for title, (sheet, ranges) in CELLS.items():
        for area, name in ranges.items():
            found.update(addressed(title, area, named(getattr(book, sheet), name)))
    with open(path, "w", encoding="utf-8") as file:
        json.dump(found, file, allow_nan=False)


def main():
    """Compute the workbook and print what its single cells show."""
    parser = argparse.ArgumentParser(description="What cross_entropy.xlsx computes.")
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


if __name__ == "__main__":
    main()
