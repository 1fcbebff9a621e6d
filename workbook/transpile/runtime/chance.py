"""Random numbers, from one seeded generator."""

import math
import random

from workbook.transpile.runtime.values import number

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
