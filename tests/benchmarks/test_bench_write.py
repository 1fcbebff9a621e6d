"""300,000 formula cells with their values: this writer, openpyxl's save (without the values), and XlsxWriter.

Not part of the default run: `pytest tests/benchmarks/test_bench_write.py -s` prints the ratios.
"""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from time import process_time

import numpy as np
import openpyxl
import pytest
import xlsxwriter
from pytest_benchmark.fixture import BenchmarkFixture

from workbook.formula.address import cell_address
from workbook.lesson.lesson import Data, Formula, Given, Lesson, Recorded, Sheet
from workbook.plan.excel import formula_rows
from workbook.plan.layout import Label, SheetLayout
from workbook.plan.place import Place
from workbook.plan.plan import Plan
from workbook.xlsx.write import write

ROWS = 30_000
TOP = 12
COLUMNS = (
    ("t", "PREV(t, zero)+1"),
    ("before", "PREV(w, start)"),
    ("m_before", "PREV(m, zero)"),
    ("v_before", "PREV(v, zero)"),
    ("gradient", "2*(before-target)"),
    ("m", "beta1*m_before+(1-beta1)*gradient"),
    ("v", "beta2*v_before+(1-beta2)*gradient^2"),
    ("m_hat", "m/(1-EXP(t*LN(beta1)))"),
    ("v_hat", "v/(1-EXP(t*LN(beta2)))"),
    ("w", "before-rate*m_hat/(SQRT(v_hat)+eps)"),
)
SCALARS = {"zero": 0.0, "start": 5.0, "target": 1.0, "rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}


@cache
def adam_plan(rows: int = ROWS) -> Plan:
    """Ten columns of a made-up Adam run, one row a step, values in plain Python."""
    blocks: list[Given | Formula | Recorded] = [Given(name=name, value=value) for name, value in SCALARS.items()]
    blocks += [Formula(name=name, axes="step", pattern=pattern) for name, pattern in COLUMNS]
    sheet = Sheet(name="adam", title="Adam", words="", layout=())  # the drawing is bypassed: places are made below
    places = [Place("adam", "Adam", block, {}, (2 + i, 2), {}) for i, block in enumerate(blocks[: len(SCALARS)])]
    places += [
        Place("adam", "Adam", block, {"step": rows}, (TOP, 1 + i), {"step": (1, 0)})
        for i, block in enumerate(blocks[len(SCALARS) :])
    ]
    labels = tuple(Label(TOP - 1, 1 + i, name, "heading") for i, (name, _) in enumerate(COLUMNS))
    layout = SheetLayout(sheet, tuple(places), labels, (), {}, {}, TOP + rows - 1, 10, "step")
    values = {f"adam.{name}": np.asarray(value) for name, value in SCALARS.items()}
    values |= {
        f"adam.{name}": column for name, column in zip((name for name, _ in COLUMNS), adam_values(rows), strict=True)
    }

    def load(*_: object) -> Data:
        raise NotImplementedError

    lesson = Lesson(name="adam", title="Adam", options=(), load=load, sheets=lambda sizes, facts: (sheet,))
    return Plan(lesson, {}, 0, {"step": rows}, {}, "", (layout,), values, {})


def adam_values(rows: int) -> "list[np.ndarray[tuple[int], np.dtype[np.float64]]]":
    """The columns' values."""
    table = np.zeros((len(COLUMNS), rows))
    rate, beta1, beta2, eps, target = (SCALARS[name] for name in ("rate", "beta1", "beta2", "eps", "target"))
    w, m, v = SCALARS["start"], 0.0, 0.0
    for i in range(rows):
        t, before, m_before, v_before = i + 1.0, w, m, v
        gradient = 2 * (before - target)
        m = beta1 * m_before + (1 - beta1) * gradient
        v = beta2 * v_before + (1 - beta2) * gradient**2
        m_hat, v_hat = m / (1 - np.exp(t * np.log(beta1))), v / (1 - np.exp(t * np.log(beta2)))
        w = before - rate * m_hat / (np.sqrt(v_hat) + eps)
        table[:, i] = t, before, m_before, v_before, gradient, m, v, m_hat, v_hat, w
    return list(table)


@cache
def formulas(rows: int = ROWS) -> list[list[str]]:
    """The same formulas, row by row, made beforehand for the others."""
    plan = adam_plan(rows)
    columns = [
        [row.texts[0] for row in formula_rows(plan.places[f"adam.{name}"], plan.places, "step")] for name, _ in COLUMNS
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def by_gradbook(path: Path, rows: int = ROWS) -> None:
    """Formulas are made and written, with values, styles and lint."""
    write(adam_plan(rows), path)


def by_openpyxl(path: Path, rows: int = ROWS) -> None:
    """Formulas without values."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row, texts in enumerate(formulas(rows), start=TOP):
        for column, text in enumerate(texts, start=1):
            sheet.cell(row, column, f"={text}")
    book.save(path)


def by_xlsxwriter(path: Path, rows: int = ROWS) -> None:
    """Formulas with values, a row at a time."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("Adam")
    form = book.add_format({"num_format": "0.00"})
    values = [adam_plan(rows).values[f"adam.{name}"].tolist() for name, _ in COLUMNS]
    for i, texts in enumerate(formulas(rows)):
        for column, text in enumerate(texts):
            sheet.write_formula(TOP - 1 + i, column, f"={text}", form, values[column][i])
    book.close()


WRITERS: dict[str, Callable[[Path], None]] = {
    "gradbook": by_gradbook,
    "openpyxl": by_openpyxl,
    "xlsxwriter": by_xlsxwriter,
}


@pytest.mark.parametrize("name", WRITERS)
def test_300_000_formulas(benchmark: BenchmarkFixture, tmp_path: Path, name: str) -> None:
    """The time of each, in pytest-benchmark's table."""
    formulas()
    benchmark.pedantic(WRITERS[name], args=(tmp_path / "out.xlsx",), rounds=3, iterations=1)


def test_it_is_no_slower_than_openpyxl(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CPU time, the best of three, one after the other in the same process."""
    formulas()
    best = dict.fromkeys(WRITERS, float("inf"))
    for _ in range(3):
        for name, by in WRITERS.items():
            start = process_time()
            by(tmp_path / f"{name}.xlsx")
            best[name] = min(best[name], process_time() - start)
    lines = [f"{name:>10}: {took:.2f} s, {took / best['openpyxl']:.2f} of openpyxl" for name, took in best.items()]
    sizes = [f"{(tmp_path / f'{name}.xlsx').stat().st_size / 1e6:.1f} MB" for name in best]
    say(capsys, *(f"{line}, {size}" for line, size in zip(lines, sizes, strict=True)))
    assert best["gradbook"] <= best["openpyxl"]


def test_memory_does_not_grow_with_the_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Peak of allocations while writing, beyond the plan's arrays: five times the rows, no more than a fifth more."""
    small, large = (_peak(rows, tmp_path) for rows in (10_000, 50_000))
    say(capsys, f"peak beyond the plan: {small / 1e6:.1f} MB at 100,000 cells, {large / 1e6:.1f} MB at 500,000")
    assert large < 1.2 * small


def say(capsys: pytest.CaptureFixture[str], *lines: str) -> None:
    """Show what was measured, whether or not pytest captures."""
    with capsys.disabled():
        sys.stdout.write("".join(f"\n{line}" for line in lines))


def _peak(rows: int, folder: Path) -> int:
    script = (
        "import sys, tracemalloc; sys.path[:0] = sys.argv[3:]\n"
        "from pathlib import Path\n"
        "import test_bench_write as bench\n"
        "from workbook.xlsx.write import write\n"
        "bench.by_gradbook(Path(sys.argv[2]), 10)\n"
        "plan = bench.adam_plan(int(sys.argv[1]))\n"
        "tracemalloc.start()\n"
        "write(plan, Path(sys.argv[2]))\n"
        "print(tracemalloc.get_traced_memory()[1])\n"
    )
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", script, str(rows), str(folder / "peak.xlsx"), str(here), str(here.parent.parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def test_every_value_is_in_the_file(tmp_path: Path) -> None:
    """The benchmark writes what it says: a cell's formula and value, read back by openpyxl."""
    path = tmp_path / "out.xlsx"
    write(adam_plan(100), path)
    found = openpyxl.load_workbook(path, data_only=True)["Adam"]
    assert found[cell_address(TOP + 99, 10)].value == adam_plan(100).values["adam.w"][99]
    assert openpyxl.load_workbook(path)["Adam"][cell_address(TOP + 1, 2)].value == f"=$J{TOP}"
