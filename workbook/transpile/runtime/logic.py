"""Conditions. A branch comes as a function, and only the one that is taken is called."""

import math

from workbook.transpile.runtime.operators import equal
from workbook.transpile.runtime.ranges import flat
from workbook.transpile.runtime.values import Error, broadcast, checked, elementwise, number, truth, whole


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


def has_failed(value):
    """Whether a value is an error, or a number beyond what a cell can hold."""
    return isinstance(value, Error) or (isinstance(value, float) and not math.isfinite(value))


def IFERROR(value, otherwise):
    if isinstance(value, list):
        return broadcast(lambda v, o: o if has_failed(v) else v, value, otherwise())
    return otherwise() if has_failed(value) else value


def IFNA(value, otherwise):
    if isinstance(value, list):
        return broadcast(lambda v, o: o if v == Error("#N/A") else v, value, otherwise())
    return otherwise() if value == Error("#N/A") else value


def IFS(*branches):
    if len(branches) < 2:
        return Error("#N/A")
    return IF(branches[0](), branches[1], lambda: IFS(*branches[2:]))


def SWITCH(value, *branches):
    if len(branches) < 2:
        return branches[0]() if branches else Error("#N/A")
    return IF(equal(value, branches[0]()), branches[1], lambda: SWITCH(value, *branches[2:]))


def CHOOSE(index, *values):
    if isinstance(index, list):
        arrays = [value() for value in values]
        return broadcast(lambda k, *each: CHOOSE(k, *(lambda v=v: v for v in each)), index, *arrays)
    place = checked(lambda: math.floor(number(index)))
    if isinstance(place, Error):
        return place
    place = int(place)
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
