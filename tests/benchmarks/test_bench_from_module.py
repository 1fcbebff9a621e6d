"""How long a step of training takes to become a verified workbook, by its cells: clock, processor, peak memory.

Each size in a process of its own, ironcalc and torch alone; the import of torch is told apart.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

MEASURED = """
import json, resource, sys, tempfile, time, warnings
warnings.simplefilter("ignore")
begun = time.perf_counter()
import torch
imported = time.perf_counter() - begun
sys.path.insert(0, sys.argv[1])
import nanogpt
from pathlib import Path
from workbook.app.build import make_plan
from workbook.app.from_module import Choices, lesson_of
from workbook.check.recalc import engines
from workbook.check.verify import verify
from workbook.xlsx.write import write
nanogpt.WIDTH, nanogpt.TOKENS, nanogpt.VOCABULARY = map(int, sys.argv[2:5])
silent = lambda *_: None
clock, processor = time.perf_counter(), time.process_time()
times = {}
def lap(name):
    global last
    times[name] = round(time.perf_counter() - last, 2)
    last = time.perf_counter()
last = clock
lesson, options = lesson_of(nanogpt.make, Choices("nanogpt"), progress=silent)
lap("lesson")
plan = make_plan(lesson, options, seed=0, progress=silent)
lap("plan")
path = Path(tempfile.mkdtemp()) / "nanogpt.xlsx"
write(plan, path, "")
lap("write")
check = verify(path, device="cpu", engines=engines(["ironcalc"]), progress=silent)
lap("verify")
assert check.ok, check.failures[:3]
print(json.dumps({
    "cells": check.formula_cells, "clock": time.perf_counter() - clock, "processor": time.process_time() - processor,
    "import": imported, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, **times,
}))
"""


@pytest.mark.parametrize(("width", "tokens", "words"), [(8, 6, 12), (24, 16, 24), (32, 24, 32)])
def test_a_block_of_nanogpt(width: int, tokens: int, words: int) -> None:
    sizes = map(str, (width, tokens, words))
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(EXAMPLES), *sizes], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    rate = 1e6 * found["processor"] / found["cells"]
    print(
        f"\n{found['cells']:,} cells: {found['clock']:.1f} s by the clock, {found['processor']:.1f} s of processor "
        f"({rate:.0f} µs a cell), peak {found['peak']:.0f} MiB; import of torch {found['import']:.1f} s; "
        f"lesson {found['lesson']}, plan {found['plan']}, write {found['write']}, verify {found['verify']}"
    )
