"""What an edit costs in a page's engine, and in ironcalc in the same run; V8 is the engine of Chromium.

The input that is edited is the one on which most cells of its lesson hang. Milliseconds of processor time of the whole
process, of five times as many edits in a row: V8 compiles what runs often, so the first edits of a page take longer.
"""

import json
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from edits import widest_edit
from py_mini_racer import MiniRacer

from workbook.app.build import make_plan
from workbook.check.recalc.ironcalc import IronCalc
from workbook.formula.address import cell_position
from workbook.lessons import find
from workbook.transpile import javascript
from workbook.xlsx.write import write

LESSONS = ("affine", "cross_entropy", "schedules", "optimizers", "collab_filter", "fine_tuning", "mnist_from_scratch")
ROUNDS = 20


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def milliseconds(work: Any) -> float:
    begun = time.process_time()
    work()
    return 1000 * (time.process_time() - begun)


@pytest.mark.benchmark(group="edits")
@pytest.mark.parametrize("name", LESSONS)
def test_an_edit(benchmark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    lesson = find(name)
    plan = make_plan(lesson, {option.name: option.default for option in lesson.options}, seed=0, progress=silent)
    path = tmp_path / f"{name}.xlsx"
    write(plan, path)
    program = javascript(path)
    edit = widest_edit(plan)
    sheet = [sheet["title"] for sheet in program.data["sheets"]].index(edit.title)
    row, column = cell_position(edit.address)

    v8 = MiniRacer()
    text = json.dumps(json.dumps(program.data))
    first = milliseconds(lambda: v8.eval(f"const engine = {program.code}(JSON.parse({text})); 0"))
    edits = [f"[[{sheet},{row - 1},{column - 1},{v!r}]]" for v in (edit.entered, edit.kept)]
    many = f"for (let k = 0; k < {ROUNDS}; k++) engine.set(k % 2 ? {edits[1]} : {edits[0]}); 0"
    cells = int(str(v8.eval(f"engine.set({edits[0]}).cells")))
    times = [milliseconds(lambda: v8.eval(many)) / ROUNDS for _ in range(5)]
    benchmark.pedantic(v8.eval, args=(many,), rounds=1)
    with IronCalc().open(path) as session:
        session.values([edit.title])

        def once() -> None:
            session.set(edit.title, row, column, edit.entered)
            session.values([edit.title])

        other = milliseconds(once)
    with capsys.disabled():
        print(
            f"\n{name:20} {cells:7,} of {program.covered:7,} cells  first {first:6.0f}  edit "
            f"{statistics.median(times):5.1f} (least {min(times):5.1f})  ironcalc {other:6.0f} ms",
            end="",
        )
    assert cells > 1
