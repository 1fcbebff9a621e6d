"""What the cells of a stranger's sheet accept: its data validations, as far as a page can hold a person to them."""

import re
from collections.abc import Sequence
from typing import Any

from workbook.formula.address import in_quotes
from workbook.formula.rectangle import cell_count
from workbook.page.looks import reference
from workbook.page.scales import corners, number
from workbook.xlsx.attributes import TRUE
from workbook.xlsx.looks import Condition, SheetLooks
from workbook.xlsx.read import Book, CellError

_KINDS = {"decimal": "number", "whole": "whole", "date": "moment", "time": "moment", "textLength": "length"}
_MOST_CHOICES = 5_000
_RANGE = re.compile(r"\$?[A-Z]{1,3}\$?[1-9]\d{0,6}(?::\$?[A-Z]{1,3}\$?[1-9]\d{0,6})?")


def inputs_of(looks: SheetLooks, book: Book, title: str, titles: Sequence[str]) -> list[dict[str, Any]]:
    """The validations of a sheet.

    Args:
        looks: what the sheet says of them.
        book: the workbook, for lists on sheets that the page does not show, and for its names.
        title: the sheet.
        titles: the sheets that the page shows, in order.
    """
    found = []
    for rule in looks.validations:
        options = rule.options
        made = _list(rule, book, title, list(titles)) if rule.kind == "list" else _bounds(rule)
        if made is None:
            continue
        is_advice = options.get("showErrorMessage") not in TRUE or options.get("errorStyle", "stop") != "stop"
        words = " ".join(filter(None, (options.get("promptTitle"), options.get("prompt"))))
        told = {"advice": is_advice, "words": words, "refusal": options.get("error", "")}
        base = {"ranges": corners(rule), "title": "input", "open": True, **made}
        found.append({**base, **{key: value for key, value in told.items() if value}})
    return found


def _list(rule: Condition, book: Book, title: str, titles: list[str]) -> dict[str, Any] | None:
    """The choices of a list: those that the rule spells, or the cells that it names."""
    words = rule.says[0].strip() if rule.says else ""
    if len(words) > 1 and words[0] == words[-1] == '"':
        return {"kind": "list", "choices": [word.strip() for word in words[1:-1].split(",")]}
    named = book.names.get(f"{title}!{words}", book.names.get(words, words)).removeprefix("=")
    sheet, mark, area = named.rpartition("!")
    if not _RANGE.fullmatch(area):
        return None
    # One that is not fixed moves from cell to cell.
    if area.count("$") < 2 and rule.ranges and rule.ranges != (rule.ranges[0][:2] * 2,):
        return None
    try:
        places = reference(f"{sheet if mark else in_quotes(title)}!{area}", [*book.sheets])
    except (ValueError, IndexError):
        return None
    at, top, left, bottom, right = places
    if cell_count((top, left, bottom, right)) > _MOST_CHOICES:
        return None
    home = [*book.sheets][at]
    if home in titles:
        return {"kind": "list", "source": [titles.index(home), top, left, bottom, right]}
    # Of a sheet that the page does not show, nobody changes a cell.
    cells = book.sheets[home].cells
    every = [cells.get((row + 1, column + 1)) for row in range(top, bottom + 1) for column in range(left, right + 1)]
    values = [cell.value for cell in every if cell is not None and cell.value is not None]
    return {"kind": "list", "choices": [_shown(value) for value in values if not isinstance(value, CellError)]}


def _shown(value: str | float | bool) -> str:
    """A choice as a person reads it."""
    if isinstance(value, bool):
        return str(value).upper()
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)


def _bounds(rule: Condition) -> dict[str, Any] | None:
    """The range of a number, a day, a time, or of the length of a text."""
    kind, _, operator = rule.kind.partition(" ")
    bounds = [number(text) for text in rule.says]
    if kind not in _KINDS or not bounds or None in bounds:
        return None
    found: dict[str, Any] = {"kind": _KINDS[kind]}
    first, last = bounds[0], bounds[-1]
    if operator in ("between", "notBetween", "equal", "notEqual"):
        found |= {"low": first, "high": last}
    elif operator in ("greaterThan", "greaterThanOrEqual"):
        found["low"] = first
    else:
        found["high"] = first
    if operator in ("notBetween", "notEqual"):
        found["outside"] = True
    if operator in ("greaterThan", "lessThan"):
        found["strict"] = True
    return found
