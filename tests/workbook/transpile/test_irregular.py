"""Sheets on which no two formulas are one: each cell is what a program that is not ours computes from what it reads."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import aside_scripts
import pytest
from irregular_books import irregular_texts

from workbook.transpile import transpile
from workbook.transpile.back import emitted
from workbook.xlsx.bounds import Bound
from workbook.xlsx.worker import Worker


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_texts_look_ups_and_conditions_without_a_pattern(target: str, tmp_path: Path) -> None:
    cells = irregular_texts(tmp_path / "book.xlsx", 1, 25)
    made = transpile(tmp_path / "book.xlsx", target=target)
    assert made.refused == ()
    assert made.comparison is not None
    assert made.comparison.differences == ()
    assert made.comparison.cells == cells == 500
    assert made.unknown == ()


TWO_CORES = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="work is done aside on Linux with two cores"
)


@TWO_CORES
@pytest.mark.parametrize(
    ("long", "forks"),
    {
        "functions that are finished as they are written": (500, 1),
        "trees of statements, and their text": (3000, 2),
    }.values(),
)
@pytest.mark.parametrize("target", ["numpy", pytest.param("torch", marks=pytest.mark.sweep)])
def test_a_second_process_writes_what_one_would_write(
    target: str, long: int, forks: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emitted, "LONG", long)
    irregular_texts(tmp_path / "book.xlsx", 2, 51)
    with Worker(os.getpid) as worker:
        source, lines, found = worker.call(
            aside_scripts.source_and_forks, tmp_path / "book.xlsx", target, long, bound=Bound.none("book.xlsx")
        )
    made = transpile(tmp_path / "book.xlsx", target=target)
    assert (source, lines, found) == (made.script.source, made.lines, forks)


@TWO_CORES
@pytest.mark.sweep
@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_one_core_and_two_make_one_script(target: str, tmp_path: Path) -> None:
    irregular_texts(tmp_path / "book.xlsx", 2, 155)
    every = sorted(os.sched_getaffinity(0))
    scripts = []
    for cores in (every[:1], every[:2]):
        out = tmp_path / "script.py"
        command = [
            sys.executable,
            "-m",
            "workbook",
            "code",
            str(tmp_path / "book.xlsx"),
            "--to",
            target,
            "--out",
            str(out),
        ]
        done = subprocess.run(
            command, preexec_fn=partial(os.sched_setaffinity, 0, cores), capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")
        scripts.append((done.stdout, out.read_bytes()))
    assert scripts[0] == scripts[1]
