"""What kind of value it is."""

import functools
import math

from workbook.transpile.runtime.ranges import each_reference
from workbook.transpile.runtime.values import Error, broadcast, elementwise, number


def spread_test(test):
    """A question about one value, which may be an error; over arrays, element by element."""

    @functools.wraps(test)
    def spread(value):
        return broadcast(spread, value) if isinstance(value, list) else test(value)

    return spread


@spread_test
def ISBLANK(value):
    return value is None


@spread_test
def ISOMITTED(value):
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


@each_reference(0)
@elementwise
def N(value):
    return number(value) if isinstance(value, (bool, float, int)) else 0.0


@each_reference(0)
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
    if value == Error("#CALC!"):
        return 14.0
    return float(codes.index(value.code) + 1) if isinstance(value, Error) and value.code in codes else Error("#N/A")
