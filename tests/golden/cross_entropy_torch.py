"""cross_entropy.xlsx, as PyTorch: made by `gradbook code`.

Each function computes the formulas of a sheet; its arrays are named after the sheet's headings.
"""

import argparse
import json
import functools
import math
import re
from types import SimpleNamespace

import torch

DEVICE = torch.device("cpu")
torch.set_default_dtype(torch.float64)


def tensor(values):
    """The values as float64, conditions as booleans, on the device."""
    if isinstance(values, torch.Tensor):
        return values
    found = torch.tensor(values, device=DEVICE)
    return found if found.dtype == torch.bool else found.double()


def stack(values):
    """A list of single numbers as one array."""
    return torch.stack([tensor(value) for value in values])


# The cells that no formula computes


def inputs():
    """The inputs of every sheet, by name."""
    return {
        "crossentropyloss": {
            "reduction": "mean",  # B5
            "smoothing": tensor(0.0),  # B6
            "klass_number": tensor([1, 2, 3, 4, 5]),  # B13:F13
            "weight": tensor([1, 1, 2, 1, 0.5]),  # B16:F16
            "target": tensor([5, 4, 3, 2, 2, -100]),  # A19:A24
            "logit": tensor(
                [
                    [-1.41, -2.53, -1.25, 0.08, -4.65],
                    [-0.44, -2.49, -1.46, -1.09, -0.63],
                    [0.82, 2.09, -0.26, 2.73, -1.33],
                    [0.7, 1.81, 0.19, -1.49, -1.84],
                    [-0.92, 0.44, -2.02, -0.42, -0.32],
                    [1.08, 0.43, 0.71, -1.31, -0.26],
                ]
            ),  # B19:F24
            "nudge": tensor(0.01),  # B76
            "single_target": tensor(1.0),  # B95
            "single_logit": tensor([2, 0, -1]),  # A100:A102
        },
    }


# The sheets


def crossentropyloss(*, reduction, smoothing, klass_number, weight, target, logit, nudge, single_target, single_logit):
    """Sheet 'CrossEntropyLoss': H19:H24, B27:F32, H27:H32, B35:F40, B43:F48, B51:F56, H51:H56, B59:F64, H59:H64, B7,
    I59:I64, B8 and 17 more.
    """
    row_max = logit.amax(dim=-1)
    exponential = torch.exp(logit - row_max[:, None])
    log_sum = torch.log(exponential.sum(dim=-1))
    log_softmax = logit - row_max[:, None] - log_sum[:, None]
    softmax = torch.exp(log_softmax)
    smooth_target = torch.where(
        (target < 1)[:, None], 0, (1 - smoothing) * (target[:, None] == klass_number).double() + smoothing / 5
    )
    target_mass = smooth_target @ weight
    weighted_target = smooth_target * weight
    target_list = target.tolist()
    weight_list = weight.tolist()
    sample_weight = tensor([0 if target_list[i] < 1 else weight_list[int(target_list[i]) - 1] for i in range(6)])
    divisor = tensor(
        1 if reduction == "sum" else IF(equal(SUM(sample_weight), 0), lambda: "none", lambda: SUM(sample_weight))
    )
    sample_loss = -(weighted_target * log_softmax).sum(dim=-1)
    loss = tensor(divide(SUM(sample_loss), divisor.item()) if ISNUMBER(divisor.item()) else "none")
    softmax_list = softmax.tolist()
    target_mass_list = target_mass.tolist()
    weighted_target_list = weighted_target.tolist()
    gradient = tensor(
        [
            [
                (softmax_list[i][j] * target_mass_list[i] - weighted_target_list[i][j]) / divisor.item()
                if ISNUMBER(divisor.item())
                else 0
                for j in range(5)
            ]
            for i in range(6)
        ]
    )
    analytic = gradient[0, 0]
    up_logit = logit[0] + torch.where(klass_number == 1, nudge, 0)
    up_exponential = torch.exp(up_logit)
    down_logit = logit[0] - torch.where(klass_number == 1, nudge, 0)
    down_exponential = torch.exp(down_logit)
    first_target = weighted_target[0]
    up_loss = first_target.sum() * torch.log(up_exponential.sum()) - first_target @ up_logit
    down_loss = first_target.sum() * torch.log(down_exponential.sum()) - first_target @ down_logit
    area = torch.hstack([up_loss, down_loss])
    area_list = area.tolist()
    loss_up = tensor(
        [
            divide(add(subtract(SUM(sample_loss), sample_loss[0].item()), area_list[i]), divisor.item())
            if ISNUMBER(divisor.item())
            else "none"
            for i in range(2)
        ]
    )
    numeric = tensor(((loss_up[0] - loss_up[1]) / (2 * nudge)).item() if ISNUMBER(divisor.item()) else "none")
    once_exponential = torch.exp(single_logit - single_logit.amax())
    once = once_exponential / once_exponential.sum()
    right_loss = -torch.log(once[int(single_target) - 1])
    twice_exponential = torch.exp(once)
    twice = twice_exponential / twice_exponential.sum()
    wrong_loss = -torch.log(twice[int(single_target) - 1])
    return SimpleNamespace(**locals())


def compute(inputs):
    """Every sheet, in the order in which they read each other."""
    book = SimpleNamespace()
    book.crossentropyloss = crossentropyloss(**inputs["crossentropyloss"])
    return book


CELLS = {
    "CrossEntropyLoss": (
        "crossentropyloss",
        {
            "H19:H24": "row_max", "B27:F32": "exponential", "H27:H32": "log_sum", "B35:F40": "log_softmax",
            "B43:F48": "softmax", "B51:F56": "smooth_target", "H51:H56": "target_mass", "B59:F64": "weighted_target",
            "H59:H64": "sample_weight", "B7": "divisor", "I59:I64": "sample_loss", "B8": "loss", "B67:F72": "gradient",
            "B82": "analytic", "B85:F85": "up_logit", "H85:L85": "up_exponential", "B88:F88": "down_logit",
            "H88:L88": "down_exponential", "B91:F91": "first_target", "B77": "up_loss", "B78": "down_loss",
            "B79:B80": "loss_up", "B81": "numeric", "B100:B102": "once_exponential", "C100:C102": "once",
            "B96": "right_loss", "D100:D102": "twice_exponential", "E100:E102": "twice", "B97": "wrong_loss",
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
    parser.add_argument("--device", default="cpu", help="where torch computes: cpu or cuda")
    parser.add_argument("--grad", metavar="SHEET.NAME", help="print the gradients of this number in every input")
    options = parser.parse_args()
    global DEVICE
    DEVICE = torch.device(options.device)
    given = inputs()
    parameters = {
        f"{sheet}.{name}": value
        for sheet, values in given.items()
        for name, value in values.items()
        if isinstance(value, torch.Tensor) and value.is_floating_point()
    }
    for value in parameters.values():
        value.requires_grad_(options.grad is not None)
    book = compute(given)
    if options.grad:
        sheet, _, name = options.grad.partition(".")
        named(getattr(book, sheet), name).backward()
        for name, value in parameters.items():
            if value.grad is not None:
                print(f"d {options.grad} / d {name} = {value.grad.tolist()}")
        return
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
    raise Error("#VALUE!")


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


def with_gaps(values, gap):
    """An array as a list in which what is no number is a blank, or an empty text."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, list):
        return [with_gaps(value, gap) for value in values]
    return gap if values != values else values


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


if __name__ == "__main__":
    main()
