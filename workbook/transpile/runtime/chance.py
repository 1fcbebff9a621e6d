"""Random numbers, from one seeded generator."""

import math
import random

from workbook.transpile.runtime.values import Error, elementwise, extent, number, truth, whole

GENERATOR = random.Random(0)


def RAND():
    return GENERATOR.random()


@elementwise
def RANDBETWEEN(low, high):
    return GENERATOR.randint(math.ceil(number(low)), math.floor(number(high)))


@whole
def RANDARRAY(rows=1.0, columns=1.0, low=0.0, high=1.0, integers=False):
    height, width = extent(*(1.0 if size is None else size for size in (rows, columns)))
    low, high = number(low), 1.0 if high is None else number(high)
    if low > high:
        raise Error("#VALUE!")
    whole_numbers = truth(integers)
    draws = (
        float(GENERATOR.randint(math.ceil(low), math.floor(high))) if whole_numbers else GENERATOR.uniform(low, high)
        for _ in range(height * width)
    )
    return [[next(draws) for _ in range(width)] for _ in range(height)]
