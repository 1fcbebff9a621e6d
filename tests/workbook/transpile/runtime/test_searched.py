"""A range that is put in order before many look in it finds what looking through it finds."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from workbook.transpile.runtime import HELPERS, criteria

_VALUES: list[Any] = [
    None, True, False, 0.0, 1.0, 2.0, 2.5, 0.3, 0.1 + 0.2, -1.0, 1e15, "", "a", "A", "b", "ab", "2", "2.5", "10%",
    "TRUE", "a*", "~", "#N/A", " 2 ", "1/2/2020", "ab\nab", "cab", "Straße", "\u017fa", "\u212ab",
    HELPERS["Error"]("#N/A"),
]  # fmt: skip
_CRITERIA = [
    *_VALUES, *(f"{operator}{operand}" for operator in ("=", "<>", "<", ">", "<=", ">=") for operand in
    ("", "2", "2.5", "0.3", "a", "a*", "?", "TRUE", "-1", "#N/A", "10%")),
    "*", "*b", "*B*", "a?", "??", "~*", "*~**", "a~*", "*ab*ab", "<>*b*", "=?b", "kb*", "s*", "stra*", "*ß?", "a*b?",
    "~~", ">a*",
]  # fmt: skip


def _ranges(seed: int) -> tuple[list[list[Any]], list[list[Any]]]:
    chance = random.Random(seed)
    size = (12, 2) if seed % 2 else (25, 1)
    one, other = ([[chance.choice(_VALUES[:-1]) for _ in range(size[1])] for _ in range(size[0])] for _ in range(2))
    return one, other


def test_criteria_find_the_same() -> None:
    searched = HELPERS["Searched"]
    for seed in range(6):
        one, other = _ranges(seed)
        totals = [[float(2 ** (i % 20)) for _ in line] for i, line in enumerate(one)]
        for k, wanted in enumerate(_CRITERIA):
            second = _CRITERIA[(7 * k + seed) % len(_CRITERIA)]
            for name, arguments in (
                ("COUNTIF", (one, wanted)),
                ("COUNTIFS", (one, wanted, other, second)),
                ("SUMIF", (one, wanted, totals)),
                ("SUMIFS", (totals, one, wanted, other, second)),
                ("MAXIFS", (totals, one, wanted)),
                ("AVERAGEIFS", (totals, other, second)),
            ):
                plain = HELPERS[name](*arguments)
                ordered = HELPERS[name](*(searched(a) if isinstance(a, list) else a for a in arguments))
                assert ordered == plain, (name, arguments)


def test_look_ups_find_the_same() -> None:
    searched = HELPERS["Searched"]
    for seed in range(6):
        values, _ = _ranges(seed)
        column = [line[:1] for line in values]
        for wanted in (*_VALUES, "*b", "?", "a?*", "*~*", "s*"):
            for name, arguments in (
                ("MATCH", (wanted, column, 0.0)),
                ("MATCH", (wanted, column, 1.0)),
                ("XMATCH", (wanted, column, 0.0, -1.0)),
                ("XMATCH", (wanted, column, 2.0)),
                ("VLOOKUP", (wanted, values, 1.0, False)),
                ("XLOOKUP", (wanted, column, column, lambda: "none")),
                ("RANK", (wanted, column)),
                ("RANK_AVG", (wanted, column, True)),
            ):
                plain = HELPERS[name](*arguments)
                ordered = HELPERS[name](*(searched(a) if isinstance(a, list) else a for a in arguments))
                assert ordered == plain, (name, arguments)
                assert type(ordered) is type(plain), (name, arguments)


def test_a_pattern_looks_only_at_texts_that_hold_its_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []

    def counting(form: str) -> Callable[[str], bool]:
        matches = HELPERS["wildcard"](form)
        return lambda text: bool(looked_at.append(text) or matches(text))

    monkeypatch.setattr(criteria, "wildcard", counting)
    column = HELPERS["Searched"]([[f"{'south' if k % 100 else 'north'} {k}"] for k in range(1000)])
    assert HELPERS["COUNTIF"](column, "*north*") == 10
    assert HELPERS["COUNTIF"](column, "NORTH 9?0") == 1
    assert len(looked_at) == 11
    assert HELPERS["COUNTIF"](column, "*north*") == 10
    assert len(looked_at) == 11, "what met a criterion is kept"


def test_a_difference_beyond_15_digits_is_none() -> None:
    column = HELPERS["Searched"]([[0.1 + 0.2], [0.3], [0.30000000000001]])
    assert HELPERS["COUNTIF"](column, 0.3) == 2
    assert HELPERS["COUNTIF"](column, ">0.3") == 1
    assert HELPERS["MATCH"](0.3, column, 0.0) == 1
