"""Excel's operators, over single values and arrays."""

import math

from workbook.transpile.runtime.values import Error, elementwise, numeric, text


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


@numeric
def add(a, b):
    return a + b


@numeric
def subtract(a, b):
    return a - b


@numeric
def last_add(a, b):
    """The sum that a formula ends with: where it is rounding alone, beside what is added, it is 0."""
    total = a + b
    return 0.0 if abs(total) < 2**-49 * abs(a) else total


@numeric
def last_subtract(a, b):
    """The difference that a formula ends with: where it is rounding alone it is 0."""
    difference = a - b
    return 0.0 if abs(difference) < 2**-49 * abs(a) else difference


@numeric
def multiply(a, b):
    return a * b


@numeric
def divide(a, b):
    return a / b


@numeric
def power(a, b):
    if a == 0 and b <= 0:
        raise Error("#NUM!" if b == 0 else "#DIV/0!")
    return math.pow(a, b)


@numeric
def negative(a):
    return -a


@numeric
def percent(a):
    return a / 100


@elementwise
def join(*parts):
    return "".join(map(text, parts))


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
