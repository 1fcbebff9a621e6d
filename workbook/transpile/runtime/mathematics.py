"""Functions of numbers."""

import math

from workbook.transpile.runtime.operators import power
from workbook.transpile.runtime.ranges import flat, numbers
from workbook.transpile.runtime.values import Error, number, numeric, spread_over, whole


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
    return 1.0 if x > 0 else -1.0 if x < 0 else 0.0


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
    if x >= 171:
        raise Error("#NUM!")
    return float(math.factorial(int(x)))


@numeric
def COMBIN(n, k):
    n, k = int(n), int(k)
    if not 0 <= k <= n or min(k, n - k) > 1100:
        raise Error("#NUM!")
    return float(math.comb(n, k))


@numeric
def PERMUT(n, k):
    n, k = int(n), int(k)
    if not 0 <= k <= n or k > 170:
        raise Error("#NUM!")
    return float(math.perm(n, k))


def naturals(*arguments):
    """All values but blanks as whole numbers; one below 0 is #NUM!."""
    found = [int(number(value)) for argument in arguments for value in flat(argument) if value is not None]
    if any(value < 0 for value in found):
        raise Error("#NUM!")
    return found


@whole
def GCD(*arguments):
    return math.gcd(*naturals(*arguments))


@whole
def LCM(*arguments):
    return math.lcm(*naturals(*arguments))


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
def SECH(x):
    return 1 / math.cosh(x) if abs(x) < 710 else 0.0


@numeric
def CSCH(x):
    return 1 / math.sinh(x) if abs(x) < 710 else 0.0


@numeric
def COTH(x):
    return 1 / math.tanh(x)


@numeric
def ACOT(x):
    return math.pi / 2 - math.atan(x)


@numeric
def ACOTH(x):
    return math.atanh(1 / x) if x else math.nan


@numeric
def SQRTPI(x):
    return math.sqrt(x * math.pi)


@numeric
def FACTDOUBLE(x):
    if not -1 <= x < 301:
        raise Error("#NUM!")
    return float(math.prod(range(int(x), 0, -2)))


@numeric
def COMBINA(n, k):
    n, k = int(n), int(k)
    return COMBIN(n + k - 1, k) if n else float(k == 0)


@numeric
def PERMUTATIONA(n, k):
    n, k = int(n), int(k)
    if n < 0 or k < 0:
        raise Error("#NUM!")
    return float(n) ** k


@whole
def MULTINOMIAL(*arguments):
    counts = naturals(*arguments)
    if math.lgamma(sum(counts) + 1) - math.fsum(math.lgamma(count + 1) for count in counts) > 710:
        raise Error("#NUM!")
    return float(math.factorial(sum(counts)) // math.prod(map(math.factorial, counts)))


@spread_over(0)
def SERIESSUM(x, first_power, step, coefficients):
    x, first_power, step = number(x), number(first_power), number(step)
    return math.fsum(a * math.pow(x, first_power + k * step) for k, a in enumerate(numbers(coefficients)))


@numeric
def DELTA(a, b=0.0):
    return float(a == b)


@numeric
def GESTEP(x, step=0.0):
    return float(x >= step)
