"""What kind of values an array held when the workbook was saved."""

from collections.abc import Iterable, Sequence

from workbook.xlsx.read import Value

_MOST_TEXTS = 64
"""An array of more different texts is taken as one of any texts."""


def kind_of(values: Iterable[Value | None]) -> str:
    """What all the values are: `num`, `bool`, `text`, `gaps` (numbers, and empty texts or blanks), or `any`."""
    found = list(values)
    kinds = {type(value) for value in found}
    if (
        len(found) > 1
        and kinds in ({float, str}, {float, type(None)})
        and all(not v for v in found if type(v) is not float)
    ):
        return "gaps"
    if len(kinds) != 1:
        return "any"
    return {float: "num", int: "num", bool: "bool", str: "text"}.get(kinds.pop(), "any")


def texts_in(values: Sequence[Value | None]) -> frozenset[str] | None:
    """The texts among the values; None where some are no text, or where there are too many."""
    texts = {value for value in values if isinstance(value, str)}
    return frozenset(texts) if len(texts) <= _MOST_TEXTS and all(isinstance(v, str) for v in values) else None
