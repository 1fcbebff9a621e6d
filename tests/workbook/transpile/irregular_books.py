"""Workbooks in which no two formulas are one: texts, look-ups and conditions over what stands above, seeded."""

import random
from collections.abc import Callable
from pathlib import Path

import xlsxwriter

from workbook.formula.address import cell_address, range_address

_WIDE = 20
_WORDS = ("amber", "Birch", "cedar", "DELTA", "ember", "fjord", "Grove", "haze", "iris", "Jade", "kelp", "Lark")
_KEYS = 12
_Cell = tuple[int, int]


class _Sheet:
    """The cells above the one that is written, by what they hold: `num`, `text`, `bool`, `blank`."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.kinds: dict[str, list[_Cell]] = {"num": [], "text": [], "bool": [], "blank": []}

    def cell(self, kind: str) -> str:
        """One of the cells above of a kind, or now and then a blank one."""
        wanted = "blank" if self.kinds["blank"] and self.chance.random() < 0.05 else kind
        row, column = self.chance.choice(self.kinds[wanted] or self.kinds[kind])
        address = cell_address(row + 1, column + 1)
        return f"${address}" if self.chance.random() < 0.2 else address

    def area(self, row: int) -> str:
        """A range above a row, of cells of every kind."""
        top, left = self.chance.randrange(1, row), self.chance.randrange(1, _WIDE - 1)
        last = min(row - 1, top + self.chance.randrange(10))
        return range_address(top + 1, left + 1, last - top + 1, 1 + self.chance.randrange(3))

    def number(self) -> str:
        """A number that is typed in a formula."""
        return str(self.chance.randint(1, 99) / 4)

    def word(self) -> str:
        """A text that is typed in a formula."""
        return f'"{self.chance.choice(_WORDS)}"'


def irregular_texts(path: Path, sheets: int, rows: int = 200) -> int:
    """Write sheets of texts, numbers, conditions and a table of keys; returns how many formulas there are."""
    chance = random.Random(18)
    with xlsxwriter.Workbook(str(path)) as book:
        keys = book.add_worksheet("Keys")
        for k in range(_KEYS):
            keys.write_row(k, 0, [_WORDS[k], (5 * k) % 7 + 0.5, _WORDS[-k - 1], k * 3])
        for number in range(sheets):
            written = book.add_worksheet(f"Part {number + 1}")
            sheet = _Sheet(chance)
            for row in range(1, 5):
                for column in range(1, _WIDE + 1):
                    kind = ("num", "text", "num", "blank", "text", "bool")[(row + 2 * column + number) % 6]
                    value = {
                        "num": (7 * row + 3 * column) % 11 / 4 + 0.25,
                        "text": _WORDS[(row * 5 + column) % len(_WORDS)],
                        "bool": column % 2 == 0,
                        "blank": None,
                    }[kind]
                    written.write(row, column, value)
                    sheet.kinds[kind].append((row, column))
            for row in range(5, 5 + rows):
                for column in range(1, _WIDE + 1):
                    kind = chance.choice(("num", "num", "num", "text", "text", "bool"))
                    written.write_formula(row, column, f"={chance.choice(_FORMS[kind])(sheet, row)}")
                    sheet.kinds[kind].append((row, column))
    return sheets * rows * _WIDE


_Form = Callable[[_Sheet, int], str]

_NUMBERS: tuple[_Form, ...] = (
    lambda s, _: f"({s.cell('num')}/{s.number()}+{s.cell('num')}*0.{s.chance.randint(1, 9)})/4",
    lambda s, _: f"LEN({s.cell('text')})+{s.cell('num')}/8",
    lambda s, r: f"COUNTIF({s.area(r)},{s.word()})+{s.number()}",
    lambda s, r: f'COUNTIF({s.area(r)},">"&{s.number()})',
    lambda s, r: f"COUNTA({s.area(r)})-COUNT({s.area(r)})+{s.cell('num')}",
    lambda s, r: f"SUM({s.area(r)})/{s.chance.randint(9, 60)}",
    lambda s, _: (
        f"IFERROR(VLOOKUP({s.cell('text')},Keys!$A$1:$D${_KEYS},{s.chance.choice((2, 4))},FALSE),{s.number()})"
    ),
    lambda s, _: f"IFERROR(MATCH({s.cell('text')},Keys!$A$1:$A${_KEYS},0),{s.cell('num')})",
    lambda s, _: f"IF({s.cell('bool')},{s.cell('num')},{s.cell('num')}/2)",
    lambda s, _: f"IF(AND({s.cell('bool')},{s.cell('num')}>{s.number()}),{s.number()},{s.cell('num')}/3)",
    lambda s, _: f"IF({s.cell('text')}={s.word()},{s.number()},LEN({s.cell('text')}))",
    lambda s, _: f"ROUND({s.cell('num')}*{s.number()},{s.chance.randint(0, 3)})/{s.number()}",
    lambda s, _: f"IFERROR(SEARCH({s.word()},{s.cell('text')}),{s.number()})",
    lambda s, _: f"SUMIF(Keys!$A$1:$A${_KEYS},{s.cell('text')},Keys!$B$1:$B${_KEYS})+{s.number()}",
    lambda s, _: f"CHOOSE({s.chance.randint(1, 3)},{s.cell('num')},{s.number()},{s.cell('num')}/7)",
    lambda s, _: f"MOD({s.cell('num')},{s.number()})",
)
_TEXTS: tuple[_Form, ...] = (
    lambda s, _: f'LEFT({s.cell("text")},{s.chance.randint(2, 5)})&"-"&{s.word()}',
    lambda s, _: f"UPPER(MID({s.cell('text')},{s.chance.randint(1, 3)},{s.chance.randint(2, 6)}))&LOWER({s.word()})",
    lambda s, _: f'TEXT({s.cell("num")},"0.00")&" "&LEFT({s.cell("text")},3)',
    lambda s, _: f"IF({s.cell('num')}>{s.number()},{s.word()},LEFT({s.cell('text')},9))",
    lambda s, _: f"IFERROR(VLOOKUP({s.cell('text')},Keys!$A$1:$C${_KEYS},3,FALSE),{s.word()})",
    lambda s, _: f"INDEX(Keys!$A$1:$A${_KEYS},{s.chance.randint(1, _KEYS)})&{s.chance.randint(1, 99)}",
    lambda s, _: f'SUBSTITUTE(LEFT({s.cell("text")},8),"e",{s.word()})',
    lambda s, _: f'IF({s.cell("bool")},LEFT({s.cell("text")},5),"")',
    # Of a number whose 16th digit is 5 nobody knows which 15 Excel shows: the programs here show 15, 17 and 20.
    lambda s, _: f"TRIM(RIGHT({s.cell('text')},{s.chance.randint(2, 6)}))&ROUND({s.cell('num')},6)",
)
_CONDITIONS: tuple[_Form, ...] = (
    lambda s, _: f"{s.cell('num')}>{s.number()}",
    lambda s, _: f"OR({s.cell('bool')},{s.cell('num')}<={s.number()})",
    lambda s, _: f"NOT({s.cell('bool')})",
    lambda s, _: f"ISNUMBER({s.cell(s.chance.choice(('num', 'text', 'bool')))})",
    lambda s, _: f"ISTEXT({s.cell(s.chance.choice(('num', 'text')))})",
    lambda s, _: f"ISBLANK({s.cell('num')})",
    lambda s, _: f"{s.cell('text')}<{s.cell('text')}",
    lambda s, _: f"EXACT({s.cell('text')},{s.word()})",
    lambda s, _: f"AND(LEN({s.cell('text')})>{s.chance.randint(2, 8)},{s.cell('bool')})",
)
_FORMS: dict[str, tuple[_Form, ...]] = {"num": _NUMBERS, "text": _TEXTS, "bool": _CONDITIONS}
