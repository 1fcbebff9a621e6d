"""Complex numbers, which Excel has as text: `3+4i`, with `i` or `j`."""

import cmath
import math
import re

from workbook.transpile.runtime.ranges import flat
from workbook.transpile.runtime.values import Error, elementwise, number, text, whole


def complex_of(value):
    """The complex number that a text, or a number, stands for, and the letter of its imaginary part."""
    if isinstance(value, bool):
        raise Error("#VALUE!")
    plain = text(value).strip() if value is not None else "0"
    digits = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
    found = re.fullmatch(rf"([+-]?{digits}(?![\d.]*[ij]))?(?:([+-]?(?:{digits})?)([ij]))?", plain)
    if not plain or found is None or (found[1] and found[3] and found[2][:1] not in ("+", "-")):
        raise Error("#NUM!")
    imaginary = {"": 1.0, "+": 1.0, "-": -1.0}.get(found[2] or "") if found[3] else 0.0
    return complex(float(found[1] or 0), float(found[2]) if imaginary is None else imaginary), found[3] or "i"


def complex_text(value, letter="i"):
    """A complex number as text, its parts to 15 digits."""
    if not cmath.isfinite(value):
        raise Error("#NUM!")
    real, imaginary = value.real, value.imag
    if imaginary == 0:
        return text(real)
    part = {1.0: "", -1.0: "-"}.get(imaginary, text(imaginary)) + letter
    return part if real == 0 else text(real) + ("" if part.startswith("-") else "+") + part


def of_complex(function):
    """Excel's function, from text to text and over arrays too, that a function of complex numbers makes."""

    def called(value):
        found, letter = complex_of(value)
        return complex_text(function(found), letter)

    return elementwise(called)


def together(values):
    """The complex numbers of ranges, blanks left out, and the letter that all of them have."""
    found = [complex_of(value) for value in flat(*values) if value is not None]
    letters = {letter for value, letter in found if value.imag} or {"i"}
    if len(letters) > 1:
        raise Error("#VALUE!")
    return [value for value, _ in found], letters.pop()


@elementwise
def COMPLEX(real, imaginary, letter="i"):
    if letter not in ("i", "j", None):
        raise Error("#VALUE!")
    return complex_text(complex(number(real), number(imaginary)), letter or "i")


@elementwise
def IMREAL(value):
    return complex_of(value)[0].real


@elementwise
def IMAGINARY(value):
    return complex_of(value)[0].imag


@elementwise
def IMABS(value):
    return abs(complex_of(value)[0])


@elementwise
def IMARGUMENT(value):
    found = complex_of(value)[0]
    if found == 0:
        raise Error("#DIV/0!")
    return cmath.phase(found)


@whole
def IMSUM(*values):
    found, letter = together(values)
    return complex_text(sum(found), letter)


@whole
def IMPRODUCT(*values):
    found, letter = together(values)
    return complex_text(math.prod(found), letter)


@elementwise
def IMSUB(first, second):
    (a, b), letter = together((first, second))
    return complex_text(a - b, letter)


@elementwise
def IMDIV(first, second):
    (a, b), letter = together((first, second))
    if b == 0:
        raise Error("#NUM!")
    size = b.real**2 + b.imag**2
    over = a * b.conjugate()
    return complex_text(complex(over.real / size, over.imag / size), letter)


@elementwise
def IMPOWER(value, power):
    found, letter = complex_of(value)
    power = number(power)
    if found == 0:
        if power <= 0:
            raise Error("#NUM!")
        return "0"
    return complex_text(cmath.rect(abs(found) ** power, cmath.phase(found) * power), letter)


def logarithm(value):
    """The natural logarithm; of 0 there is none."""
    if value == 0:
        raise Error("#NUM!")
    return cmath.log(value)


def over(function):
    """The function 1 / f."""
    return lambda value: 1 / function(value)


IMCONJUGATE = of_complex(lambda value: value.conjugate())
IMSQRT = of_complex(lambda value: cmath.rect(math.sqrt(abs(value)), cmath.phase(value) / 2))
IMEXP = of_complex(cmath.exp)
IMLN = of_complex(logarithm)
IMLOG10 = of_complex(lambda value: logarithm(value) / math.log(10))
IMLOG2 = of_complex(lambda value: logarithm(value) / math.log(2))
IMSIN = of_complex(cmath.sin)
IMCOS = of_complex(cmath.cos)
IMTAN = of_complex(cmath.tan)
IMSINH = of_complex(cmath.sinh)
IMCOSH = of_complex(cmath.cosh)
IMSEC = of_complex(over(cmath.cos))
IMCSC = of_complex(over(cmath.sin))
IMCOT = of_complex(over(cmath.tan))
IMSECH = of_complex(over(cmath.cosh))
IMCSCH = of_complex(over(cmath.sinh))
