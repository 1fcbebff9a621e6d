"""Texts and regular expressions, as Excel takes them: those of PCRE."""

import re

from workbook.transpile.runtime.values import Error, elementwise, number, text, whole


def pattern(form, regardless):
    """A regular expression, compiled; one that can't be read is #VALUE!."""
    try:
        return re.compile(text(form), re.IGNORECASE if int(number(regardless)) else 0)
    except re.error:
        raise Error("#VALUE!") from None


@elementwise
def REGEXTEST(value, form, regardless=0.0):
    return pattern(form, regardless).search(text(value)) is not None


def REGEXEXTRACT(value, form, which=0.0, regardless=0.0):
    if any(isinstance(argument, list) for argument in (value, form)):
        return first_extract(value, form, regardless)
    return extracted(value, form, which, regardless)


@elementwise
def first_extract(value, form, regardless):
    """The first match in a text, or in each of an array."""
    found = pattern(form, regardless).search(text(value))
    if found is None:
        raise Error("#N/A")
    return found[0]


@whole
def extracted(value, form, which, regardless):
    """The first match, all of them (1), or the groups of the first (2), side by side."""
    found = list(pattern(form, regardless).finditer(text(value)))
    if not found:
        raise Error("#N/A")
    if int(number(which)) == 1:
        return [[match[0] for match in found]]
    if int(number(which)) == 2:
        return [[group or "" for group in found[0].groups()]]
    return found[0][0]


@elementwise
def REGEXREPLACE(value, form, new, place=0.0, regardless=0.0):
    # In the new text $1 stands for a group.
    put = re.sub(r"\$(\d)", r"\\g<\1>", text(new).replace("\\", "\\\\"))
    compiled, place = pattern(form, regardless), int(number(place))
    if not place:
        return compiled.sub(put, text(value))
    found = list(compiled.finditer(text(value)))
    if not -len(found) <= place <= len(found):
        return text(value)
    match = found[place - (place > 0)]
    return text(value)[: match.start()] + match.expand(put) + text(value)[match.end() :]


@elementwise
def ENCODEURL(value):
    plain = frozenset(b"-_.~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in text(value).encode())
