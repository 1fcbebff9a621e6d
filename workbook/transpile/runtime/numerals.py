"""Numbers in other digits, and their bits."""

import re

from workbook.transpile.runtime.values import Error, elementwise, number, numeric, text

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ROMAN_SIGNS = ((1000, "M"), (500, "D"), (100, "C"), (50, "L"), (10, "X"), (5, "V"), (1, "I"))


def in_digits(value, radix):
    """A whole number that is not negative, in digits of a radix."""
    digits = ""
    while value:
        value, digit = divmod(value, radix)
        digits = DIGITS[digit] + digits
    return digits or "0"


@numeric
def BASE(x, radix, least=0.0):
    if x < 0 or not 2 <= int(radix) <= 36:
        raise Error("#NUM!")
    return in_digits(int(x), int(radix)).rjust(int(least), "0")


@elementwise
def DECIMAL(value, radix):
    radix = int(number(radix))
    if not (2 <= radix <= 36 and text(value).isalnum()):
        raise Error("#NUM!")
    return float(int(text(value), radix))


def converted(value, radix, to_radix, places):
    """Up to ten digits of one radix (a full first half counts below 0) in those of another."""
    least, most = (-(radix**10) // 2, radix**10 // 2) if radix != 10 else (-(2**39), 2**39)
    if radix == 10:
        found = int(number(value))
    else:
        digits = text(value).upper()
        if len(digits) > 10 or any(digit not in DIGITS[:radix] for digit in digits):
            raise Error("#NUM!")
        found = int(digits or "0", radix)
        found -= radix**10 if found >= most else 0
    if to_radix == 10:
        return float(found)
    most = to_radix**10 // 2
    if not (least <= found and -most <= found < most):
        raise Error("#NUM!")
    if found < 0:
        return in_digits(found + to_radix**10, to_radix)
    shown_digits = in_digits(found, to_radix)
    if places is None:
        return shown_digits
    if not len(shown_digits) <= int(number(places)) <= 10:
        raise Error("#NUM!")
    return shown_digits.rjust(int(number(places)), "0")


@elementwise
def BIN2DEC(value):
    return converted(value, 2, 10, None)


@elementwise
def BIN2HEX(value, places=None):
    return converted(value, 2, 16, places)


@elementwise
def BIN2OCT(value, places=None):
    return converted(value, 2, 8, places)


@elementwise
def DEC2BIN(value, places=None):
    return converted(value, 10, 2, places)


@elementwise
def DEC2HEX(value, places=None):
    return converted(value, 10, 16, places)


@elementwise
def DEC2OCT(value, places=None):
    return converted(value, 10, 8, places)


@elementwise
def HEX2BIN(value, places=None):
    return converted(value, 16, 2, places)


@elementwise
def HEX2DEC(value):
    return converted(value, 16, 10, None)


@elementwise
def HEX2OCT(value, places=None):
    return converted(value, 16, 8, places)


@elementwise
def OCT2BIN(value, places=None):
    return converted(value, 8, 2, places)


@elementwise
def OCT2DEC(value):
    return converted(value, 8, 10, None)


@elementwise
def OCT2HEX(value, places=None):
    return converted(value, 8, 16, places)


def bits(*values):
    """The values as whole numbers of up to 48 bits."""
    if any(value < 0 or value != int(value) or value >= 2**48 for value in values):
        raise Error("#NUM!")
    return map(int, values)


@numeric
def BITAND(a, b):
    a, b = bits(a, b)
    return a & b


@numeric
def BITOR(a, b):
    a, b = bits(a, b)
    return a | b


@numeric
def BITXOR(a, b):
    a, b = bits(a, b)
    return a ^ b


@numeric
def BITLSHIFT(x, places):
    (x,) = bits(x)
    places = int(places)
    if abs(places) > 53 or x << max(places, 0) >= 2**48:
        raise Error("#NUM!")
    return x << places if places >= 0 else x >> -places


@numeric
def BITRSHIFT(x, places):
    return BITLSHIFT(x, -places)


@elementwise
def ROMAN(x, form=0.0):
    value, digits = int(number(x)), ""
    # TRUE is the classic form, FALSE the most concise one.
    form = (0 if form else 4) if isinstance(form, bool) else int(number(form))
    if not (0 <= value < 4000 and 0 <= form <= 4):
        raise Error("#VALUE!")
    signs, worths = "MDCLXVI", (1000, 500, 100, 50, 10, 5, 1)
    for k in (0, 2, 4, 6):
        count = value // worths[k]
        if count % 5 != 4:
            digits += signs[k - 1] * (count > 4) + signs[k] * (count % 5)
            value %= worths[k]
            continue
        # A sign less a smaller one; in a concise form that one is smaller by up to so many signs.
        more, less = k - 1 - (count == 9), k
        while less < min(k + form, 6) and worths[more] - worths[less + 1] <= value:
            less += 1
        digits += signs[less] + signs[more]
        value -= worths[more] - worths[less]
    return digits


@elementwise
def ARABIC(value):
    digits = text(value).strip().upper()
    if not re.fullmatch("-?[MDCLXVI]*", digits):
        raise Error("#VALUE!")
    single = {sign: worth for worth, sign in ROMAN_SIGNS}
    worths = [single[sign] for sign in digits.lstrip("-")]
    total = sum(-a if a < b else a for a, b in zip(worths, [*worths[1:], 0]))
    return float(-total if digits[:1] == "-" else total)
