"""Workbooks damaged by chance: `gradbook code` ends with 0, 1 or 2, in bounded time and memory, whatever is in them.

By default a few; GRADBOOK_MUTATED=10000 makes so many.
"""

import os
import random
import re
import signal
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from bounded import ended

from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.recalc.session import Results
from workbook.xlsx.read import CellError

FILES = int(os.environ.get("GRADBOOK_MUTATED", "6"))
_A_TEST = 12
_SECONDS, _BYTES = 30, 2**30
_FORMULAS = re.split(
    r"\s+",
    """A1*2+B1 SUM(A1:B9) AVERAGE($A$1:A3) IF(A1>2,B1,"no") VLOOKUP(A1,$A$1:$C$9,2,FALSE) INDEX($B$1:$B$9,3)
    MATCH(A1,$A$1:$A$9,0) LOOKUP(A2,$A$1:$A$9,$B$1:$B$9) LOOKUP(3,$A$1:$B$9) OFFSET($A$1,1,1) INDIRECT("A"&2)
    SUMPRODUCT(A1:A9,B1:B9) EXP(-A1)/(1+A1^2) ROUND(A1/3,2) TEXT(A1,"0.00") LEFT("abc",A1)&B1 MOD(A1,3)
    COUNTIF($A$1:$A$9,">"&A1) IFERROR(A1/0,B1) DATE(2020,A1,B1) RANK(A1,$A$1:$A$9) LARGE($A$1:$A$9,2) rate*A1
    NPV(0.1,A1:A9) REPT("x",A1) CHOOSE(2,A1,B1,C1) SUMIF($A$1:$A$9,">2",$B$1:$B$9) STDEV(A1:A9) other!A1+1""",
)
_PIECES = re.split(
    r"\s+",
    """0 -1 1E308 1E-320 1048577 99999999999 A1048576 XFD1 A:A 1:1 $A$1:$XFD$1048576 #REF! #N/A "" "a" TRUE {1,2;3,4}
    A0 1/0 -A1% 10^308*10 10^400 (A1,B1) A1:B2:C3 Sheet9!A1 other!A:B [1]x!A1 rate nobody SUM( ) , ; & ^ = <> @A1 A1#
    !A1 LOOKUP INDEX OFFSET XLOOKUP MMULT SEQUENCE LET LAMBDA NOSUCH TRANSPOSE FILTER INDIRECT REPT 2^63 R1C1""",
)
_TOKEN = re.compile(r'"[^"]*"|\$?[A-Z]+\$?\d+|[A-Z.]+|\d+|\W')


def base(path: Path) -> None:
    """A workbook of formulas of many kinds, saved with the values that ironcalc finds."""
    _write(path, {})
    with IronCalc().open(path) as session:
        _write(path, session.values())


def _write(path: Path, values: Results) -> None:
    book = xlsxwriter.Workbook(str(path))
    sheet, other = book.add_worksheet("data"), book.add_worksheet("other")
    book.define_name("rate", "=data!$A$1")
    for row in range(9):
        sheet.write_row(row, 0, (row + 1, (row * 7) % 5 + 0.5))
        formulas = [f"data!A{row + 1}*2", f"B{row}+A{row + 1}" if row else "A1"]
        for column, formula in enumerate(formulas):
            other.write_formula(row, column, f"={formula}", None, _shown(values, "other", row, column))
    for number, formula in enumerate(_FORMULAS):
        row, column = number // 4, 3 + number % 4
        sheet.write_formula(row, column, f"={formula}", None, _shown(values, "data", row, column))
    book.close()


def _shown(values: Results, sheet: str, row: int, column: int) -> float | str | bool:
    value = values.get(sheet, {}).get((row + 1, column + 1), 0.0)
    return value.code if isinstance(value, CellError) else value


def mutated(path: Path, chance: random.Random, out: Path) -> None:
    """A copy of a workbook in which a few things are changed: pieces of formulas, attributes, bytes."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    for _ in range(chance.randint(1, 4)):
        name = chance.choice([part for part in parts if "sheet" in part or chance.random() < 0.2] or list(parts))
        text = parts[name].decode("utf-8", "surrogateescape")
        kind = chance.choice(("formula", "formula", "formula", "formula", "attribute", "value", "byte"))
        pattern = {"formula": r"(?<=<f>)[^<]+", "attribute": r'(?<==")[^"]*', "value": r"(?<=<v>)[^<]*", "byte": r"."}[
            kind
        ]
        places = list(re.finditer(pattern, text, re.DOTALL))
        if places:
            found = chance.choice(places)
            text = text[: found.start()] + _changed(found[0], kind, chance) + text[found.end() :]
        parts[name] = text.encode("utf-8", "surrogateescape")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def _changed(text: str, kind: str, chance: random.Random) -> str:
    if kind == "byte":
        return chance.choice(("", "<", "&", "\x00", "é", text * 2))
    if kind != "formula":
        return chance.choice(("", "-1", "0", "A0", "1E999", "99999999999", "é", "a" * 300, "NaN", "A1:A1048576", "b"))
    tokens = _TOKEN.findall(text)
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(tokens) + 1)
        piece = chance.choice((*_PIECES, *_FORMULAS)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        tokens[place : place + chance.randint(0, 2)] = [piece] * chance.choice((1, 1, 1, 1, 1, 1, 1, 70))
    return "".join(tokens)


@pytest.mark.parametrize("first", range(0, FILES, _A_TEST))
def test_code_ends_well_on_a_damaged_workbook(first: int, tmp_path: Path) -> None:
    base(tmp_path / "base.xlsx")
    files: dict[int, tuple[Path, str]] = {}
    for seed in range(first, min(first + _A_TEST, FILES)):
        files[seed] = tmp_path / f"{seed}.xlsx", "notebook" if seed % 5 == 0 else "numpy"
        mutated(tmp_path / "base.xlsx", random.Random(seed), files[seed][0])
    bad = {
        seed: (code, seconds, memory)
        for seed, (code, seconds, memory) in zip(files, ended(list(files.values()), _SECONDS, _BYTES), strict=True)
        if code not in (0, 1, 2) or seconds > _SECONDS or memory > _BYTES
    }
    assert bad == {}


def test_the_workbook_before_it_is_damaged_is_read(tmp_path: Path) -> None:
    base(tmp_path / "base.xlsx")
    ((code, _, _),) = ended([(tmp_path / "base.xlsx", "numpy")], _SECONDS, _BYTES)
    assert code == 0
    assert (tmp_path / "base.out").stat().st_size > 1000


def test_a_run_that_takes_too_long_or_too_much_is_seen(tmp_path: Path) -> None:
    ((code, seconds, memory),) = ended([(tmp_path / "any.xlsx", "hungry")], 1, _BYTES)
    assert code in (-signal.SIGXCPU, -signal.SIGKILL)
    assert seconds > 0.9
    assert memory > 3 * 2**26
