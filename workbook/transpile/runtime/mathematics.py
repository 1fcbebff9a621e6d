"""Functions of numbers."""

import math

from workbook.transpile.runtime.operators import power
from workbook.transpile.runtime.ranges import numbers
from workbook.transpile.runtime.values import Error, elementwise, number, numeric, text, whole


@numeric
def EXP(x):
    return math.exp(x)


@numeric
def LN(x):
    return math.log(x)


@numeric
def LOG(x, base=10.0):
    return math.log10(x) if base == 10 else math.log(x) / math.log(base)


@numeric
def LOG10(x):
    return math.log10(x)


@numeric
def SQRT(x):
    return math.sqrt(x)


POWER = power


@numeric
def ABS(x):
    return abs(x)


@numeric
def SIGN(x):
    return (x > 0) - (x < 0)


def PI():
    return math.pi


@numeric
def SIN(x):
    return math.sin(x)


@numeric
def COS(x):
    return math.cos(x)


@numeric
def TAN(x):
    return math.tan(x)


@numeric
def ASIN(x):
    return math.asin(x)


@numeric
def ACOS(x):
    return math.acos(x)


@numeric
def ATAN(x):
    return math.atan(x)


@numeric
def ATAN2(x, y):
    if x == y == 0:
        raise Error("#DIV/0!")
    return math.atan2(y, x)


@numeric
def SINH(x):
    return math.sinh(x)


@numeric
def COSH(x):
    return math.cosh(x)


@numeric
def TANH(x):
    return math.tanh(x)


@numeric
def ASINH(x):
    return math.asinh(x)


@numeric
def ACOSH(x):
    return math.acosh(x)


@numeric
def ATANH(x):
    return math.atanh(x)


@numeric
def DEGREES(x):
    return math.degrees(x)


@numeric
def RADIANS(x):
    return math.radians(x)


@numeric
def FACT(x):
    return float(math.factorial(int(x)))


@numeric
def COMBIN(n, k):
    if k > n:
        raise Error("#NUM!")
    return float(math.comb(int(n), int(k)))


@numeric
def PERMUT(n, k):
    return float(math.perm(int(n), int(k)))


@numeric
def BITAND(a, b):
    return int(a) & int(b)


@numeric
def BITOR(a, b):
    return int(a) | int(b)


@numeric
def BITXOR(a, b):
    return int(a) ^ int(b)


@whole
def GCD(*arguments):
    return math.gcd(*(int(value) for value in numbers(*arguments)))


@whole
def LCM(*arguments):
    return math.lcm(*(int(value) for value in numbers(*arguments)))


@numeric
def SEC(x):
    return 1 / math.cos(x)


@numeric
def CSC(x):
    return 1 / math.sin(x)


@numeric
def COT(x):
    return 1 / math.tan(x)


@numeric
def BASE(x, radix, least=0.0):
    digits, left = "", int(x)
    while left:
        left, digit = divmod(left, int(radix))
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit] + digits
    return (digits or "0").rjust(int(least), "0")


@elementwise
def DECIMAL(value, radix):
    return float(int(text(value), int(number(radix))))
