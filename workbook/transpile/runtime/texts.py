"""Text: parts of it, searches in it, signs and their codes."""

import itertools
import re

from workbook.transpile.runtime.ranges import flat, table
from workbook.transpile.runtime.values import (
    Error,
    broadcast,
    checked,
    elementwise,
    first,
    number,
    parse_number,
    text,
    truth,
    whole,
)


def units(value):
    """A text as Excel counts it: by units of 16 bits, of which signs beyond U+FFFF, such as emoji, take two."""
    plain = text(value)
    if plain.isascii():
        return plain
    coded = plain.encode("utf-16-le", "surrogatepass")
    return "".join(chr(low | high << 8) for low, high in zip(coded[::2], coded[1::2]))


def signs(counted):
    """The text that units of 16 bits stand for."""
    return (
        counted
        if counted.isascii()
        else counted.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    )


@elementwise
def LEFT(value, count=1.0):
    count = int(number(count))
    if count < 0:
        raise Error("#VALUE!")
    return signs(units(value)[:count])


@elementwise
def RIGHT(value, count=1.0):
    count = int(number(count))
    if count < 0:
        raise Error("#VALUE!")
    return signs(units(value)[-count:]) if count else ""


@elementwise
def MID(value, start, count):
    start, count = int(number(start)), int(number(count))
    if start < 1 or count < 0:
        raise Error("#VALUE!")
    return signs(units(value)[start - 1 : start - 1 + count])


@elementwise
def LEN(value):
    return len(units(value))


@elementwise
def UPPER(value):
    return one_to_one(str.upper, text(value))


@elementwise
def LOWER(value):
    return one_to_one(str.lower, text(value))


def one_to_one(change, letters):
    """Each letter changed to one letter; those that would become several, as ß, stay."""
    changed = ((letter, change(letter)) for letter in letters)
    return "".join(new if len(new) == 1 else old for old, new in changed)


@elementwise
def PROPER(value):
    return re.sub(
        r"[^\W\d_]+",
        lambda match: one_to_one(str.upper, match[0][0]) + one_to_one(str.lower, match[0][1:]),
        text(value),
    )


@elementwise
def TRIM(value):
    return re.sub(" +", " ", text(value)).strip(" ")


@elementwise
def CLEAN(value):
    return "".join(sign for sign in text(value) if ord(sign) >= 32)


@elementwise
def REPT(value, count):
    count = int(number(count))
    if count < 0 or len(units(value)) * count > 32767:
        raise Error("#VALUE!")
    return text(value) * count


@elementwise
def EXACT(a, b):
    return text(a) == text(b)


@elementwise
def FIND(wanted, value, start=1.0):
    place = units(value).find(units(wanted), int(number(start)) - 1)
    if place < 0 or number(start) < 1:
        raise Error("#VALUE!")
    return place + 1


@elementwise
def SEARCH(wanted, value, start=1.0):
    wanted, value, start = units(wanted), units(value), int(number(start))
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
    if not old:
        return value
    if which is None:
        # A cell holds 32,767 signs.
        if len(value) + value.count(old) * (len(new) - len(old)) > 32767:
            raise Error("#VALUE!")
        return value.replace(old, new)
    pieces = value.split(old)
    k = int(number(which))
    if k < 1:
        raise Error("#VALUE!")
    return old.join(pieces[:k]) + new + old.join(pieces[k:]) if k < len(pieces) else value


@elementwise
def REPLACE(value, start, count, new):
    value, start, count = units(value), int(number(start)), int(number(count))
    if start < 1 or count < 0:
        raise Error("#VALUE!")
    return signs(value[: start - 1] + units(new) + value[start - 1 + count :])


@elementwise
def VALUE(value):
    if isinstance(value, bool):
        raise Error("#VALUE!")
    return number(value)


@elementwise
def CHAR(code):
    code = int(number(code))
    if not 1 <= code <= 255:
        raise Error("#VALUE!")
    # Five codes of Windows have no sign: they are control codes.
    return bytes([code]).decode("latin-1" if code in (129, 141, 143, 144, 157) else "cp1252")


@elementwise
def UNICHAR(code):
    code = int(number(code))
    if not 1 <= code <= 0x10FFFF:
        raise Error("#VALUE!")
    if 0xD800 <= code <= 0xDFFF:
        raise Error("#N/A")
    return chr(code)


def first_sign(value):
    """The first sign of a text; of an empty one #VALUE!."""
    if not text(value):
        raise Error("#VALUE!")
    return text(value)[0]


@elementwise
def CODE(value):
    return first_sign(value).encode("cp1252", "replace")[0]


@elementwise
def UNICODE(value):
    return ord(first_sign(value))


@whole
def CONCAT(*arguments):
    return "".join(text(value) for value in flat(*arguments))


@elementwise
def CONCATENATE(*arguments):
    return "".join(text(value) for value in arguments)


@whole
def TEXTJOIN(separator, skip_empty, *arguments):
    found = [text(value) for value in flat(*arguments)]
    pieces = [piece for piece in found if piece or not truth(skip_empty)]
    # Of several separators each comes in its turn.
    between = itertools.cycle([text(mark) for mark in flat(separator)])
    return pieces[0] + "".join(mark + piece for mark, piece in zip(between, pieces[1:])) if pieces else ""


def TEXTBEFORE(value, marks, instance=1.0, mode=0.0, at_end=0.0, missing=None):
    if isinstance(value, list):
        return broadcast(lambda v: TEXTBEFORE(v, marks, instance, mode, at_end, missing), value)
    return checked(text_beside, value, marks, instance, mode, at_end, missing, True)


def TEXTAFTER(value, marks, instance=1.0, mode=0.0, at_end=0.0, missing=None):
    if isinstance(value, list):
        return broadcast(lambda v: TEXTAFTER(v, marks, instance, mode, at_end, missing), value)
    return checked(text_beside, value, marks, instance, mode, at_end, missing, False)


def text_beside(value, marks, instance, mode, at_end, missing, is_before):
    """What stands before, or after, one instance of any of some marks; instances below 0 are counted from the end."""
    value, instance = text(value), int(number(1.0 if instance is None else instance))
    found = [match.span() for match in any_of(marks, mode).finditer(value)]
    if number(at_end):
        found = [*found, (len(value), len(value))] if instance > 0 else [(0, 0), *found]
    place = instance - 1 if instance > 0 else len(found) + instance
    if instance == 0:
        raise Error("#VALUE!")
    if not 0 <= place < len(found):
        return Error("#N/A") if missing is None else first(missing)
    return value[: found[place][0]] if is_before else value[found[place][1] :]


def any_of(marks, mode):
    """The pattern of any of some texts, the longest first; in mode 1 whatever the case."""
    forms = sorted((text(mark) for mark in flat(marks)), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, forms)), re.IGNORECASE if number(mode) else 0)


@elementwise
def NUMBERVALUE(value, decimal=".", group=","):
    plain = text(value).replace(" ", "").replace(text(group)[:1], "").replace(text(decimal)[:1], ".")
    signs = len(plain) - len(plain.rstrip("%"))
    return parse_number(plain.rstrip("%")) / 100.0**signs if plain else 0.0


@whole
def TEXTSPLIT(value, across=None, down=None, skip_empty=False, mode=0.0, padding=None):
    def pieces(whole_text, marks):
        found = [whole_text] if marks is None else any_of(marks, mode).split(whole_text)
        return [piece for piece in found if piece or not truth(skip_empty)]

    rows = [pieces(line, across) for line in pieces(text(value), down)]
    width = max(map(len, rows), default=0)
    if not width:
        raise Error("#CALC!")
    return [line + [Error("#N/A") if padding is None else padding] * (width - len(line)) for line in rows]


def spelled(value, strict):
    """A value as text; where `strict`, as a formula would hold it."""
    if isinstance(value, Error):
        return value.code
    return '"' + value.replace('"', '""') + '"' if strict and isinstance(value, str) else text(value)


@whole
def ARRAYTOTEXT(values, form=0.0):
    rows, form = table(values), int(number(form))
    if form not in (0, 1):
        raise Error("#VALUE!")
    if form == 0:
        return ", ".join(spelled(value, False) for value in flat(rows))
    return "{" + ";".join(",".join(spelled(value, True) for value in line) for line in rows) + "}"


def VALUETOTEXT(value, form=0.0):
    if isinstance(value, list):
        return broadcast(VALUETOTEXT, value, form)
    form = checked(number, form)
    return spelled(value, form == 1) if form in (0, 1) else form if isinstance(form, Error) else Error("#VALUE!")


@elementwise
def HYPERLINK(address, name=None):
    return address if name is None else name
