"""Transpiling 300,000 formula cells, and the script's speed beside programs that evaluate the workbook itself.

Not part of the default run: `pytest tests/benchmarks/test_bench_transpile.py -s` prints the tables. Times are those of
the processor, so that a busy machine changes them little, and each program has a bounded time. formulas and pycel ask
for old packages, and are no part of what the tests install: GRADBOOK_BENCH_PYTHON names an interpreter that has them.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import xlsxwriter
from irregular_books import irregular_texts
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

ROWS = 30_000
TRANSPILE_S, TRANSPILE_BYTES = 10.0, 2**30
"""What the transpiler may take for 300,000 formula cells."""
IRREGULAR_S = 30.0
"""What it may take for 44,000 formulas that have nothing in common: twice what an idle processor should need."""
_LIMIT_S = 120  # by the clock
_ROOT = Path(__file__).resolve().parents[2]

# The columns of an Adam run, as a person writes them in row 6.
_ADAM = {
    "t": "=A5+1",
    "x": "=INDEX($N$6:$N$15,MOD(A6-1,10)+1)",
    "y": "=2*B6+30",
    "w": "=J5",
    "gradient": "=2*(D6*B6+30-C6)*B6",
    "m": "=$L$2*F5+(1-$L$2)*E6",
    "v": "=$L$3*G5+(1-$L$3)*E6^2",
    "m hat": "=F6/(1-EXP(A6*LN($L$2)))",
    "v hat": "=G6/(1-EXP(A6*LN($L$3)))",
    "new w": "=D6-$L$1*H6/(SQRT(I6)+$L$4)",
}


def adam(path: Path, rows: int = ROWS) -> str:
    """Write ten columns that feed each other row by row; returns the last cell."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("adam")
        for i, (name, value) in enumerate((("rate", 0.01), ("beta1", 0.9), ("beta2", 0.999), ("eps", 1e-8))):
            sheet.write_row(i, 10, (name, value))
        sheet.write_row(3, 0, list(_ADAM))
        sheet.write_row(4, 0, (0, None, None, None, None, 0, 0, None, None, 1))
        columns = [formula.replace("6", "{0}").replace("5", "{1}") for formula in _ADAM.values()]
        columns[1] = "=INDEX($N$6:$N$15,MOD(A{0}-1,10)+1)"
        for row in range(6, 6 + rows):
            for column, text in enumerate(columns):
                sheet.write_formula(row - 1, column, text.format(row, row - 1))
            if row < 16:
                sheet.write(row - 1, 13, (row - 5) / 4)
    return f"adam!J{5 + rows}"


def one_hot(path: Path, rows: int = 2000, columns: int = 50) -> str:
    """Write a one-hot sheet, its product with five weights a column, and an error; returns the last cell."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("one-hot")
        first, last = 3, 2 + rows
        letter = xlsxwriter.utility.xl_col_to_name
        left, act = 2, 3 + columns
        end = letter(left + columns - 1)
        sheet.write_row(1, 0, ("index", "target", *range(1, columns + 1)))
        weights = book.add_worksheet("weights")
        for i in range(columns):
            weights.write_row(i, 0, [((7 * i + 3 * j) % 11 - 5) / 10 for j in range(5)])
        for row in range(first, last + 1):
            sheet.write_row(row - 1, 0, (row * 7919 % columns + 1, row % 9 / 2))
            for column in range(left, left + columns):
                sheet.write_formula(row - 1, column, f"=IF($A{row}={letter(column)}$2,1,0)")
            sheet.write_formula(row - 1, act + 5, f"=SUM({letter(act)}{row}:{letter(act + 4)}{row})")
            sheet.write_formula(row - 1, act + 6, f"=({letter(act + 5)}{row}-B{row})^2")
        product = f"{{=MMULT(C{first}:{end}{last},weights!A1:E{columns})}}"
        sheet.write_array_formula(first - 1, act, last - 1, act + 4, product)
        errors = letter(act + 6)
        sheet.write_formula(0, act + 6, f"=SQRT(SUM({errors}{first}:{errors}{last})/COUNT(B{first}:B{last}))")
    return f"one-hot!{errors}1"


def irregular(path: Path, sheets: int, rows: int = 200) -> int:
    """Write sheets in which each cell has a formula of its own, over cells above it and those of the sheet before.

    Returns:
        How many formula cells there are: 20 a row.
    """
    chance = random.Random(0)
    with xlsxwriter.Workbook(str(path)) as book:
        for number in range(sheets):
            sheet = book.add_worksheet(f"Part {number + 1}")
            sheet.write_row(0, 1, [f"item {column}" for column in range(1, _WIDE + 1)])
            for row in range(1, 5):
                sheet.write_row(row, 1, [(7 * row + 3 * column + number) % 11 / 4 + 0.25 for column in range(_WIDE)])
            for row in range(5, 5 + rows):
                for column in range(1, _WIDE + 1):
                    sheet.write_formula(row, column, f"={_own_formula(chance, number, row)}")
    return sheets * rows * _WIDE


_WIDE = 20


def _own_formula(chance: random.Random, sheet: int, row: int) -> str:
    """A formula of no other cell: sums of products, totals, conditions, look-ups of what stands above a row."""

    def place(last_row: int, last_column: int) -> tuple[int, int]:
        return chance.randrange(1, last_row), chance.randrange(1, last_column)

    def cell() -> str:
        at = xl_rowcol_to_cell(*place(row, _WIDE + 1), chance.random() < 0.2, chance.random() < 0.2)
        return f"'Part {sheet}'!{at}" if sheet and chance.random() < 0.25 else at

    def area(wide: int) -> str:
        top, left = place(row, _WIDE - 1)
        return xl_range(top, left, min(row - 1, top + chance.randrange(12)), left + wide - 1)

    a, b, c, number = cell(), cell(), cell(), chance.randint(2, 99) / 4
    products = "".join(f"+{cell()}*{chance.randint(1, 99) / 100}" for _ in range(chance.randrange(4)))
    forms = (
        *[f"({a}/{number}{products})/4"] * 10,
        *[f"SUM({area(chance.randint(1, 3))})/{chance.randint(5, 60)}"] * 4,
        *[f"IF({a}>{b},{c}/2,{number}/10)"] * 2,
        f"ROUND(AVERAGE({area(1)})/{number},{chance.randint(1, 4)})",
        f"MAX({a},{b})-MIN({c},{number})/3",
        f"IFERROR({a}/(1+{b}*{b}),{number})",
        f"INDEX({area(1)},1,1)+{chance.randint(0, 9)}",
    )
    return chance.choice(forms)


SHEETS = {"adam, 300,000 cells": adam, "one-hot, 2,000 × 50": one_hot}

# Each prints: seconds of the evaluation, seconds in all, peak memory in bytes, and the last cell's value.
_FOOT = """
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) * 1024
print(json.dumps([evaluated, process_time() - begun, peak, float(value)]))
"""
# The memory of a process and of all that it started: of pages that several have, each has its share.
_PSS = """
most, watching = [0], [0.0]

def watched():
    while True:
        most.append(sum(map(pss, started(os.getpid()))))
        watching[0] = thread_time()
        sleep(0.2)

def started(pid):
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        children = [c for t in threads for c in open(f"/proc/{pid}/task/{t}/children").read().split()]
    except OSError:
        return []
    return [pid, *(found for child in children for found in started(int(child)))]

def pss(pid):
    try:
        lines = open(f"/proc/{pid}/smaps_rollup").read().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
"""
_FOOT_OF_ALL = """
print(json.dumps([evaluated, process_time() - begun, max(most), float(value)]))
"""
_HEAD = """
import json, os, resource, sys
from time import process_time
begun = process_time()
path, cell = sys.argv[1:3]
"""
_SCRIPT = """
import importlib.util
spec = importlib.util.spec_from_file_location("script", path)
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)
inputs = script.inputs()
evaluated = 9e9
for _ in range(3):
    start = process_time()
    script.compute(script.inputs())
    evaluated = min(evaluated, process_time() - start)
sys.argv = [path, "--dump", path + ".json"]
script.main()
value = json.load(open(path + ".json"))[cell]
"""
_IRONCALC = """
import ironcalc
model = ironcalc.load_from_xlsx(path, "en", "UTC", "en")
evaluated = 9e9
for _ in range(3):
    start = process_time()
    model.evaluate()
    evaluated = min(evaluated, process_time() - start)
sheet, _, address = cell.partition("!")
letters = address.rstrip("0123456789")
column = 0
for letter in letters:
    column = 26 * column + ord(letter) - 64
value = model.get_cell_value(0, int(address[len(letters):]), column)
"""
_FORMULAS = """
import formulas, os
model = formulas.ExcelModel().loads(path).finish()
start = process_time()
found = model.calculate()
evaluated = process_time() - start
sheet, _, address = cell.partition("!")
value = found[f"'[{os.path.basename(path)}]{sheet.upper()}'!{address}"].value[0, 0]
"""
_PYCEL = """
sys.setrecursionlimit(10**6)
from pycel import ExcelCompiler
model = ExcelCompiler(filename=path)
start = process_time()
sheet, _, address = cell.partition("!")
value = model.evaluate(f"'{sheet}'!{address}")
evaluated = process_time() - start
"""


@dataclass(frozen=True)
class Measured:
    """What a program took: seconds to evaluate, seconds in all, bytes at most, the last cell; or why there is none."""

    evaluated: float = 0.0
    whole: float = 0.0
    peak: int = 0
    value: float = 0.0
    reason: str = ""


def measure(driver: str, path: Path, cell: str, python: str = sys.executable, foot: str = _FOOT) -> Measured:
    """Run a driver in a process of its own, with a bounded time."""
    command = [python, "-c", _HEAD + driver + foot, str(path), cell]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(_ROOT)}
    try:
        done = subprocess.run(
            command, env=os.environ | threads, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Measured(reason=f"not done after {_LIMIT_S} s")
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1][:60] if done.stderr.strip() else f"exit {done.returncode}"
        return Measured(reason="not installed" if "ModuleNotFoundError" in reason else reason)
    return Measured(*json.loads(done.stdout.splitlines()[-1]))


def transpile(path: Path, script: Path, target: str = "numpy") -> Measured:
    """The command as a user calls it, in a process of its own; the script that it runs, and ruff, are counted too.

    Its value is the time by the clock, its peak that of all processes together (Linux).
    """
    driver = f"""
import threading
from time import monotonic, sleep, thread_time
from workbook.app.cli import main

{_PSS}
clock = monotonic()
watch = threading.Thread(target=watched, daemon=True)
watch.start()
assert main(["code", path, "--to", {target!r}, "--out", {str(script)!r}]) == 0
evaluated, value = sum(os.times()[:4]) - watching[0], monotonic() - clock
begun = process_time() - evaluated
"""
    return measure(driver, path, "", foot=_FOOT_OF_ALL)


def libreoffice(path: Path, cell: str) -> Measured:
    """LibreOffice's start, reading, recalculation and saving together: it does not tell them apart."""
    if shutil.which("soffice") is None:
        return Measured(reason="not installed")
    driver = f"""
import os
sys.path.insert(0, {str(_ROOT)!r})
from workbook.check.recalc.libreoffice import require
begun = sum(os.times()[:4])
with require().open(path) as session:
    sheet, _, address = cell.partition("!")
    letters = address.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - 64
    value = session.values([sheet])[sheet][int(address[len(letters):]), column]
evaluated = sum(os.times()[:4]) - begun
begun = process_time() - evaluated
"""
    return measure(driver, path, cell)


@pytest.mark.parametrize("name", SHEETS)
def test_a_script_is_no_slower_than_an_engine(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book, script = tmp_path / "book.xlsx", tmp_path / "script.py"
    cell = SHEETS[name](book)
    made = transpile(book, script)
    assert not made.reason, made.reason
    old = os.environ.get("GRADBOOK_BENCH_PYTHON", sys.executable)
    measured = {
        "the script": measure(_SCRIPT, script, cell),
        "ironcalc": measure(_IRONCALC, book, cell),
        "LibreOffice": libreoffice(book, cell),
        "formulas": measure(_FORMULAS, book, cell, old),
        "pycel": measure(_PYCEL, book, cell, old),
    }
    with capsys.disabled():
        print(f"\n{name}: transpiled in {made.whole:.1f} s, {made.peak / 2**20:.0f} MiB")
        for program, took in measured.items():
            print(f"  {program:<11}  {_said(took, measured['ironcalc'])}")
    ours, engine = measured["the script"], measured["ironcalc"]
    assert not ours.reason, ours.reason
    assert ours.value == pytest.approx(engine.value, rel=1e-9, abs=0)
    assert made.whole < TRANSPILE_S
    assert made.peak < TRANSPILE_BYTES
    assert ours.evaluated <= engine.evaluated


def _said(took: Measured, engine: Measured) -> str:
    if took.reason:
        return took.reason
    ratio = took.evaluated / engine.evaluated
    rest = f"with reading {took.whole:6.1f} s, {took.peak / 2**20:5.0f} MiB"
    return f"{took.evaluated:8.4f} s, {ratio:8.3f} of ironcalc; {rest}"


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize("sheets", [8, 11])
@pytest.mark.parametrize("made", [irregular, irregular_texts], ids=["numbers", "texts"])
def test_thousands_of_formulas_of_their_own_take_seconds(
    made: Callable[[Path, int], int], sheets: int, target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = made(tmp_path / "book.xlsx", sheets)
    took = transpile(tmp_path / "book.xlsx", tmp_path / "script.py", target)
    assert not took.reason, took.reason
    with capsys.disabled():
        seconds, peak = f"{took.value:.1f} s, CPU {took.evaluated:.1f} s", f"{took.peak / 2**20:.0f} MiB"
        print(f"\n{cells:,} formulas, {made.__name__}, {target}: {seconds}, peak of all processes {peak}")
    assert took.evaluated < IRREGULAR_S
    assert took.peak < TRANSPILE_BYTES
