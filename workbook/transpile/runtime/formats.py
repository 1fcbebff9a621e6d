"""Numbers as text, in the formats of cells."""

import fractions
import math
import re

from workbook.transpile.runtime.dates import date_of, days_since_monday
from workbook.transpile.runtime.operators import at_least, at_most, equal, greater, less, unequal
from workbook.transpile.runtime.rounding import half_away, shifted
from workbook.transpile.runtime.values import (
    DAY_NAMES,
    MONTH_NAMES,
    Error,
    checked,
    elementwise,
    number,
    parse_number,
    text,
    truth,
)

FORMAT_PIECE = re.compile(
    r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]|general|am/pm|a/p|e[+-]|y+|m+|d+|h+|s+|.', re.IGNORECASE | re.DOTALL
)


@elementwise
def TEXT(value, form):
    form = text(form)
    sections = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', form)
    if isinstance(value, str) and isinstance(checked(parse_number, value), Error):
        if len(sections) < 4 and "@" not in form:
            return value
        return "".join(value if piece == "@" else literal(piece) for piece in FORMAT_PIECE.findall(sections[-1]))
    if isinstance(value, bool):
        return text(value)
    value = number(value)
    section, is_signed = section_for(value, sections)
    if is_date_form(section):
        if value < 0:
            raise Error("#VALUE!")
        return formatted_date(value, FORMAT_PIECE.findall(section))
    # Of a number of NumPy's `is_signed` is no condition of Python's, and repeats no text.
    return ("-" if is_signed else "") + formatted(abs(value), section)


def section_for(value, sections):
    """The section of a format that a number is shown in, and whether a minus sign comes before it."""
    comparisons = {"<": less, ">": greater, "<=": at_most, ">=": at_least, "=": equal, "<>": unequal}
    found = [re.search(r"\[([<>=]+)(-?[\d.]+)\]", section) for section in sections]
    if any(found):
        tests = [test and (test[1], float(test[2])) for test in found]
        tests[0] = tests[0] or (">", 0.0)
        for place, (section, test) in enumerate(zip(sections, tests)):
            if test is None or comparisons[test[0]](value, test[1]):
                return section, value < 0 and keeps_minus(tests, place)
        return ("General" if len(sections) == 1 else sections[-1]), value < 0
    place = 1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0
    return sections[place], value < 0 and place != 1


def keeps_minus(tests, place):
    """Whether a minus sign comes before a number in a section that a condition chose: where not all of it is negative.

    The second of two sections goes by the first, where it has no condition itself.
    """
    test = tests[place]
    if test is None and len(tests) == 2:
        comparison, bound = tests[0]
        return comparison == "=" or (comparison in (">", ">=") and bound >= 0)
    return test is None or not ((test[0] in ("<", "<=", "=") and test[1] < 0) or test == ("<", 0.0))


def is_date_form(form):
    """Whether a number format shows dates or times."""
    pieces = FORMAT_PIECE.findall(form)
    has_dates = any(re.fullmatch(r"\[(h+|m+|s+)\]|[ymdhs]+", piece, re.IGNORECASE) for piece in pieces)
    return has_dates and not re.search(
        "[0#?]", re.sub(r'(s)\.0+|"[^"]*"|\\.|\[[^\]]*\]', r"\1", form, flags=re.IGNORECASE)
    )


def literal(piece):
    """What a piece of a format shows that stands for itself."""
    if piece[0] == '"':
        return piece[1:].removesuffix('"')
    if piece[0] == "[":
        return re.sub(r"-[0-9A-Fa-f]+$", "", piece[2:-1]) if piece.startswith("[$") else ""
    return {"\\": piece[1:], "_": " ", "*": ""}.get(piece[0], piece)


def formatted(value, form):
    """A number that is not negative in one section of a number format."""
    pieces = FORMAT_PIECE.findall(form)
    value *= 100.0 ** pieces.count("%")
    places = [k for k, piece in enumerate(pieces) if piece in ("0", "#", "?")]
    exponents = [k for k, piece in enumerate(pieces) if re.fullmatch("[eE][+-]", piece)]
    fraction = re.search(r"([0#?]+) ?/ ?([0#?]+|[1-9][0-9]*)", form)
    if fraction and not exponents:
        return formatted_fraction(value, form[: fraction.start()], *fraction.groups()) + form[fraction.end() :]
    shown_pieces = {}
    if exponents and places:
        shown_pieces = scientific_digits(value, pieces, places, exponents[0])
    elif places:
        shown_pieces = laid_out_digits(value, pieces, places)
    general = general_text(value) if any(piece.lower() == "general" for piece in pieces) else ""
    return "".join(
        shown_pieces[k]
        if k in shown_pieces
        else general
        if piece.lower() == "general"
        else text(value)
        if piece == "@"
        else literal(piece)
        for k, piece in enumerate(pieces)
    )


def general_text(value):
    """A number as a cell of format General shows it: eleven signs at most."""
    return text(value if value >= 1e11 or value < 1e-4 else float(f"{value:.{max(10 - len(str(int(value))), 0)}f}"))


def laid_out_digits(value, pieces, places):
    """What the digits, the point and the commas of a format show of a number, by their places among its pieces."""
    point = pieces.index(".") if "." in pieces else len(pieces)
    before, after = [k for k in places if k < point], [k for k in places if k > point]
    commas = [k for k, piece in enumerate(pieces) if piece == ","]
    is_grouped = any(before[0] < k < before[-1] for k in commas) if before else False
    scaled = [k for k in commas if k > places[-1] or (before and before[-1] < k < point)]
    rounded = shifted(value / 1000.0 ** len(scaled), len(after), half_away)
    whole_digits, decimals = plain_digits(rounded, len(after))
    whole_digits = whole_digits.lstrip("0")
    shown_pieces = dict.fromkeys(commas, "") | {point: "."}
    for n, k in enumerate(reversed(before)):
        last = len(whole_digits) if n == len(before) - 1 else n + 1
        span = range(max(last, n + 1) - 1, n - 1, -1)
        signs = [
            whole_digits[-1 - m] if m < len(whole_digits) else {"0": "0", "?": " "}.get(pieces[k], "") for m in span
        ]
        commas_after = [is_grouped and m and m % 3 == 0 and sign.isdigit() for sign, m in zip(signs, span)]
        shown_pieces[k] = "".join(f"{sign}," if comma else sign for sign, comma in zip(signs, commas_after))
    if not before:
        shown_pieces[point] = f"{whole_digits}."
    needed = max((n + 1 for n, k in enumerate(after) if pieces[k] == "0"), default=0)
    kept = max(needed, len(decimals.rstrip("0")))
    for n, k in enumerate(after):
        shown_pieces[k] = decimals[n] if n < kept else " " if pieces[k] == "?" else ""
    return shown_pieces


def plain_digits(value, decimals):
    """The digits of a number before its point and after it; beyond the 15 that Excel has they are 0."""
    digits, _, exponent = f"{value:.14e}".replace(".", "").partition("e")
    digits = "0" * -int(exponent) + digits
    point = max(int(exponent), 0) + 1
    return digits[:point].ljust(point, "0"), digits[point:].ljust(decimals, "0")[:decimals]


def scientific_digits(value, pieces, places, exponent):
    """What a format such as `0.00E+00` shows of a number, by the places among its pieces."""
    mantissa = pieces[:exponent]
    inner = [k for k in places if k < exponent]
    point = mantissa.index(".") if "." in mantissa else exponent
    step, decimals = max(sum(k < point for k in inner), 1), sum(k > point for k in inner)
    power = int(f"{value:e}".partition("e")[2]) if value else 0
    power -= power % step
    if shifted(value / 10.0**power, decimals, half_away) >= 10**step:
        power += step
    shown_pieces = laid_out_digits(value / 10.0**power, mantissa, inner)
    outer = [k for k in places if k > exponent]
    shown_pieces |= dict.fromkeys(outer, "")
    if outer:
        shown_pieces[outer[0]] = str(abs(power)).rjust(sum(pieces[k] == "0" for k in outer), "0")
    sign = "-" if power < 0 else "+" if pieces[exponent][1] == "+" else ""
    return {k: sign_text for k, sign_text in shown_pieces.items() if k < len(pieces)} | {exponent: f"E{sign}"}


def formatted_fraction(value, before, numerator_form, denominator_form):
    """A number as a fraction, with a whole number before it where the format has a place for one."""
    has_whole = bool(re.search("[0#?]", before))
    whole_number = math.floor(value) if has_whole else 0
    if denominator_form[0] in "0#?":
        part_of_one = fractions.Fraction(value - whole_number).limit_denominator(10 ** len(denominator_form) - 1)
        numerator, denominator = part_of_one.numerator, part_of_one.denominator
    else:
        denominator = int(denominator_form)
        numerator = int(half_away((value - whole_number) * denominator))
    if has_whole and numerator == denominator:
        whole_number, numerator = whole_number + 1, 0
    shown_whole = formatted(float(whole_number), before)
    if has_whole and numerator == 0:
        shown_whole = shown_whole if shown_whole.strip() else f"0{shown_whole}"
        return shown_whole + " " * (len(numerator_form) + 1 + len(denominator_form))
    fill = "0" if "0" in numerator_form else " " if "?" in numerator_form else ""
    top = str(numerator).rjust(len(numerator_form), fill) if fill else str(numerator)
    bottom = str(denominator).ljust(len(denominator_form)) if "?" in denominator_form else str(denominator)
    return f"{shown_whole}{top}/{bottom}"


def formatted_date(value, pieces):
    """A serial number in the pieces of a form such as `yyyy-mm-dd hh:mm`."""
    joined = "".join(pieces)
    decimals = len((re.search(r"s\.(0+)", joined, re.IGNORECASE) or ["", ""])[1])
    elapsed = half_away(value * 86400 * 10**decimals) / 10**decimals
    days, seconds = divmod(elapsed, 86400)
    is_half = any(piece.lower() in ("am/pm", "a/p") for piece in pieces)
    hour = int(seconds // 3600)
    out = []
    for k, piece in enumerate(pieces):
        letter, size = piece[0].lower(), len(piece)
        if piece.lower() in ("am/pm", "a/p"):
            halves = ("AM", "PM") if size == 5 else piece.split("/")
            out.append(halves[hour >= 12])
        elif re.fullmatch(r"\[(h+|m+|s+)\]", piece, re.IGNORECASE):
            unit = {"h": 3600, "m": 60, "s": 1}[piece[1].lower()]
            out.append(f"{int(elapsed // unit):0{size - 2}d}")
        elif letter == "h":
            out.append(f"{(hour % 12 or 12) if is_half else hour:0{min(size, 2)}d}")
        elif letter == "m" and size < 3 and is_minutes(pieces, k):
            out.append(f"{int(seconds // 60 % 60):0{size}d}")
        elif letter == "s":
            out.append(f"{int(seconds % 60):0{min(size, 2)}d}")
        elif letter in "ymd":
            out.append(date_part(days, letter, size))
        elif piece == "0" and "." in pieces[:k]:
            place = k - pieces[:k].index(".") if "." in pieces[:k] else 0
            out.append(f"{elapsed % 1:.{decimals}f}"[1 + place])
        else:
            out.append(literal(piece))
    return "".join(out)


def date_part(days, letter, size):
    """The year, the month or the day of a serial number, as so many of its letter show it."""
    year, month, day = date_of(days)
    if letter == "y":
        return f"{year:04d}" if size > 2 else f"{year % 100:02d}"
    if size < 3:
        return f"{month if letter == 'm' else day:0{size}d}"
    name = MONTH_NAMES[month - 1] if letter == "m" else DAY_NAMES[days_since_monday(days)]
    return name[:3] if size == 3 else name[:1] if letter == "m" and size == 5 else name


def is_minutes(pieces, place):
    """Whether an m stands for minutes: after hours, or before seconds."""
    letters = [piece.strip("[]")[:1].lower() for piece in pieces]
    before = [letter for letter in letters[:place] if letter in "ymdhs" and letter]
    after = [letter for letter in letters[place + 1 :] if letter in "ymdhs" and letter]
    return before[-1:] == ["h"] or after[:1] == ["s"]


@elementwise
def FIXED(value, decimals=2.0, plain=False):
    places = decimal_places(decimals)
    rounded = shifted(number(value), places, half_away)
    return "-" * (rounded < 0) + with_decimals(abs(rounded), places, "" if truth(plain) else ",")


def decimal_places(decimals):
    """So many decimals as a whole number; more than Excel shows are #VALUE!."""
    if number(decimals) >= 128:
        raise Error("#VALUE!")
    return int(number(decimals))


def with_decimals(value, decimals, comma):
    """A number that is not negative with so many decimals, and commas between its thousands."""
    whole_digits, rest = plain_digits(value, max(decimals, 0))
    return f"{int(whole_digits):{comma}}" + ("." + rest if rest else "")


@elementwise
def DOLLAR(value, decimals=2.0):
    places = decimal_places(decimals)
    rounded = shifted(abs(number(value)), places, half_away)
    shown_amount = "$" + with_decimals(rounded, places, ",")
    return f"({shown_amount})" if number(value) < 0 else shown_amount
