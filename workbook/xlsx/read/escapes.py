"""Characters that XML cannot hold, as the file spells them: `_x000D_`."""

import re

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATE = re.compile("[\ud800-\udfff]")


def encode_escapes(text: str) -> str:
    """Text in which what looks like an escape is one, so that it is read back as it was.

    >>> encode_escapes("_x0041_")
    '_x005F_x0041_'
    """
    return _ESCAPE.sub(r"_x005F_x\1_", text)


def decode_escapes(text: str) -> str:
    """Text with its `_x000D_` escapes replaced by the characters that they stand for."""
    if "_x" not in text:
        return text
    decoded = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    if _SURROGATE.search(decoded):
        decoded = decoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return decoded
