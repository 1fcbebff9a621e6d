"""Text: parts of it, searches in it, signs and their codes."""

import math
import re

from workbook.transpile.runtime.ranges import flat
from workbook.transpile.runtime.values import Error, elementwise, first, number, parse_number, text, truth, whole


@elementwise
def LEFT(value, count=1.0):
    count = int(number(count))
    if count < 0:
        raise Error("#VALUE!")
    return text(value)[:count]


@elementwise
def RIGHT(value, count=1.0):
    count = int(number(count))
    if count < 0:
        raise Error("#VALUE!")
    return text(value)[-count:] if count else ""


@elementwise
def MID(value, start, count):
    start, count = int(number(start)), int(number(count))
    if start < 1 or count < 0:
        raise Error("#VALUE!")
    return text(value)[start - 1 : start - 1 + count]


@elementwise
def LEN(value):
    return len(text(value))


@elementwise
def UPPER(value):
    return text(value).upper()


@elementwise
def LOWER(value):
    return text(value).lower()


@elementwise
def PROPER(value):
    return re.sub(r"[^\W\d_]+", lambda match: match[0].capitalize(), text(value))


@elementwise
def TRIM(value):
    return re.sub(" +", " ", text(value)).strip(" ")


@elementwise
def CLEAN(value):
    return "".join(sign for sign in text(value) if ord(sign) >= 32)


@elementwise
def REPT(value, count):
    count = int(number(count))
    if count < 0 or len(text(value)) * count > 32767:
        raise Error("#VALUE!")
    return text(value) * count


@elementwise
def EXACT(a, b):
    return text(a) == text(b)


@elementwise
def FIND(wanted, value, start=1.0):
    place = text(value).find(text(wanted), int(number(start)) - 1)
    if place < 0 or number(start) < 1:
        raise Error("#VALUE!")
    return place + 1


@elementwise
def SEARCH(wanted, value, start=1.0):
    wanted, value, start = text(wanted), text(value), int(number(start))
    forms = {"*": ".*?", "?": "."}
    parts = re.findall(r"~[*?~]|[*?]|[^*?~]+|~", wanted)
    form = "".join(forms.get(part) or re.escape(part[-1] if part[0] == "~" else part) for part in parts)
    found = re.compile(form, re.IGNORECASE | re.DOTALL).search(value, start - 1) if start >= 1 else None
    if found is None:
        raise Error("#VALUE!")
    return found.start() + 1


@elementwise
def SUBSTITUTE(value, old, new, which=None):
    value, old, new = text(value), text(old), text(new)
    if which is None or not old:
        return value.replace(old, new) if old else value
    pieces = value.split(old)
    k = int(number(which))
    if k < 1:
        raise Error("#VALUE!")
    return old.join(pieces[:k]) + new + old.join(pieces[k:]) if k < len(pieces) else value


@elementwise
def REPLACE(value, start, count, new):
    value, start, count = text(value), int(number(start)), int(number(count))
    if start < 1 or count < 0:
        raise Error("#VALUE!")
    return value[: start - 1] + text(new) + value[start - 1 + count :]


@elementwise
def VALUE(value):
    if isinstance(value, bool):
        raise Error("#VALUE!")
    return number(value)


@elementwise
def CHAR(code):
    return bytes([int(number(code))]).decode("cp1252", "replace")


@elementwise
def UNICHAR(code):
    return chr(int(number(code)))


@elementwise
def CODE(value):
    return text(value)[0].encode("cp1252", "replace")[0] if text(value) else math.log(-1)


@elementwise
def UNICODE(value):
    return ord(text(value)[0]) if text(value) else math.log(-1)


@whole
def CONCAT(*arguments):
    return "".join(text(value) for value in flat(*arguments))


@elementwise
def CONCATENATE(*arguments):
    return "".join(text(value) for value in arguments)


@whole
def TEXTJOIN(separator, skip_empty, *arguments):
    found = [text(value) for value in flat(*arguments)]
    return text(first(separator)).join(piece for piece in found if piece or not truth(skip_empty))


@elementwise
def TEXTBEFORE(value, mark):
    before, found, _ = text(value).partition(text(mark))
    if not found:
        raise Error("#N/A")
    return before


@elementwise
def TEXTAFTER(value, mark):
    _, found, after = text(value).partition(text(mark))
    if not found:
        raise Error("#N/A")
    return after


@elementwise
def NUMBERVALUE(value, decimal=".", group=","):
    plain = text(value).replace(" ", "").replace(text(group)[:1], "").replace(text(decimal)[:1], ".")
    signs = len(plain) - len(plain.rstrip("%"))
    return parse_number(plain.rstrip("%")) / 100.0**signs if plain else 0.0


@whole
def TEXTSPLIT(value, across=None, down=None, skip_empty=False):
    def pieces(whole_text, marks):
        marks = [text(mark) for mark in flat(marks) if mark is not None]
        found = re.split("|".join(map(re.escape, marks)), whole_text) if marks else [whole_text]
        return [piece for piece in found if piece or not truth(skip_empty)]

    rows = [pieces(line, across) for line in pieces(text(value), down)]
    width = max(map(len, rows))
    return [line + [Error("#N/A")] * (width - len(line)) for line in rows]
