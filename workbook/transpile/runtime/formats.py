"""Numbers as text, in the formats of cells."""

import math
import re

from workbook.transpile.runtime.dates import moment_of
from workbook.transpile.runtime.rounding import half_away, shifted
from workbook.transpile.runtime.values import Error, checked, elementwise, number, parse_number, text, truth


@elementwise
def TEXT(value, form):
    form = text(form)
    if isinstance(value, str):
        if isinstance(checked(parse_number, value), Error):
            return value
        value = parse_number(value)
    if isinstance(value, bool):
        return text(value)
    value = number(value)
    sections = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', form)
    if len(sections) > 1 and value < 0:
        return formatted(-value, sections[1])
    if len(sections) > 2 and value == 0:
        return formatted(value, sections[2])
    return ("-" if value < 0 and not is_date_form(sections[0]) else "") + formatted(abs(value), sections[0])


def is_date_form(form):
    """Whether a number format shows dates or times."""
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]hms]*\]', "", form)
    return bool(re.search("[ymdhs]", bare, re.IGNORECASE)) and not re.search("[0#?]", bare.replace("ss.0", ""))


def formatted(value, form):
    """A number that is not negative in one section of a number format."""
    if form.lower() == "general":
        return text(value if value >= 1e11 or value < 1e-4 else float(f"{value:.{max(10 - len(str(int(value))), 0)}f}"))
    if is_date_form(form):
        return formatted_date(value, form)
    pieces = re.findall(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|[0#?.,]+|[eE][+-]|%|.', form)
    value *= 100 ** pieces.count("%")
    digits = [k for k, piece in enumerate(pieces) if re.fullmatch(r"[0#?.,]+", piece) and re.search("[0#?]", piece)]
    exponents = [k for k, piece in enumerate(pieces) if re.fullmatch("[eE][+-]", piece)]
    shown_number = {}
    if exponents and digits:
        mantissa, power_form = pieces[digits[0]], pieces[digits[-1]]
        decimals = len(mantissa.partition(".")[2])
        power = math.floor(math.log10(value)) if value else 0
        if value and float(f"{value / 10.0**power:.{decimals}f}") >= 10:
            power += 1
        shown_number[digits[0]] = formatted_digits(value / 10.0**power, mantissa)
        sign = "-" if power < 0 else "+" if pieces[exponents[0]][1] == "+" else ""
        shown_number[exponents[0]] = "E" + sign
        shown_number[digits[-1]] = str(abs(power)).rjust(power_form.count("0"), "0")
    elif digits:
        shown_number[digits[0]] = formatted_digits(value, pieces[digits[0]])
    out = []
    for k, piece in enumerate(pieces):
        if k in shown_number:
            out.append(shown_number[k])
        elif piece[0] == '"':
            out.append(piece[1:-1])
        elif piece[0] == "\\":
            out.append(piece[1])
        elif piece[0] == "_":
            out.append(" ")
        elif piece[0] == "[":
            out.append("")
        elif piece == "@":
            out.append(text(value))
        elif piece[0] not in "*#0?":
            out.append(piece)
    return "".join(out)


def formatted_digits(value, form):
    """A number in a form such as `#,##0.00`."""
    before, _, after = form.partition(".")
    scale = len(before) - len(before.rstrip(","))
    value /= 1000.0**scale
    before = before.rstrip(",")
    rounded = shifted(value, len(after), half_away)
    whole_part, _, decimals = f"{rounded:.{len(after)}f}".partition(".")
    grouped = "," in before
    least = before.count("0")
    whole_part = whole_part.lstrip("0").rjust(least, "0")
    if grouped and whole_part:
        whole_part = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", whole_part)
    needed = after.rfind("0") + 1
    while len(decimals) > needed and decimals.endswith("0"):
        decimals = decimals[:-1]
    return whole_part + (
        "." + decimals if "." in form and (decimals or needed or after == "") else "" if "." not in form else "."
    )


def formatted_date(value, form):
    """A serial number in a form such as `yyyy-mm-dd hh:mm`."""
    moment = moment_of(value)
    tokens = re.findall(r'"[^"]*"|\\.|\[h+\]|\[m+\]|\[s+\]|y+|m+|d+|h+|s+|AM/PM|A/P|.', form, re.IGNORECASE)
    half = any(token.upper() in ("AM/PM", "A/P") for token in tokens)
    out = []
    for k, token in enumerate(tokens):
        letter, size = token[0].lower(), len(token)
        neighbours = [t[0].lower() for t in tokens[k - 1 :: -1] if t[0].lower() in "yhds"][:1] if k else []
        following = [t[0].lower() for t in tokens[k + 1 :] if t[0].lower() in "yhds"][:1]
        if token.upper() == "AM/PM":
            out.append("AM" if moment.hour < 12 else "PM")
        elif token.lower().startswith("[h"):
            out.append(str(math.floor(value * 24 + 1e-9)))
        elif letter == "y":
            out.append(f"{moment.year:04d}" if size > 2 else f"{moment.year % 100:02d}")
        elif letter == "m" and (neighbours == ["h"] or following == ["s"]) and size <= 2:
            out.append(f"{moment.minute:0{size}d}")
        elif letter == "m":
            out.append(f"{moment.month:0{size}d}" if size <= 2 else moment.strftime("%b" if size == 3 else "%B"))
        elif letter == "d":
            out.append(f"{moment.day:0{size}d}" if size <= 2 else moment.strftime("%a" if size == 3 else "%A"))
        elif letter == "h":
            hour = (moment.hour % 12 or 12) if half else moment.hour
            out.append(f"{hour:0{min(size, 2)}d}")
        elif letter == "s":
            out.append(f"{moment.second:0{min(size, 2)}d}")
        else:
            out.append(token[1:-1] if letter == '"' else token[1] if letter == "\\" else token)
    return "".join(out)


@elementwise
def FIXED(value, decimals=2.0, plain=False):
    places = int(number(decimals))
    rounded = shifted(number(value), places, half_away)
    return f"{rounded:{'' if truth(plain) else ','}.{max(places, 0)}f}"


@elementwise
def DOLLAR(value, decimals=2.0):
    places = int(number(decimals))
    rounded = shifted(abs(number(value)), places, half_away)
    shown_amount = f"${rounded:,.{max(places, 0)}f}"
    return f"({shown_amount})" if number(value) < 0 else shown_amount
