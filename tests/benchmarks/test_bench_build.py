"""What pages cost in a build of all lessons: processor seconds, beside those of all else that a build does.

Not part of the default run: ``pytest tests/benchmarks/test_bench_build.py -s``. Lessons are built one after the other
in this process, with ironcalc alone; V8's threads are counted, scripts are not: they run in processes of their own.
"""

import time
from pathlib import Path
from typing import Any

import pytest
import torch

from workbook import lessons
from workbook.app import build as module
from workbook.app.pages import MadePage, plan_page
from workbook.check.recalc import engines


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def test_pages_beside_all_else_of_a_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    pages: list[float] = []

    def timed(*args: Any) -> MadePage:
        begun = time.process_time()
        made = plan_page(*args)
        pages.append(time.process_time() - begun)
        return made

    monkeypatch.setattr(module, "plan_page", timed)
    programs = engines(["ironcalc"])
    everything = 0.0
    for name in lessons.names():
        lesson = lessons.find(name)
        options = {option.name: option.default for option in lesson.options}
        begun = time.process_time()
        found = module.build(
            lesson,
            options,
            seed=0,
            out=tmp_path,
            prepare=lambda _: ("cpu", programs),
            check=True,
            progress=silent,
        )
        took = time.process_time() - begun
        everything += took
        with capsys.disabled():
            print(f"\n{name}: {took:.1f} s, of which its page {pages[-1]:.1f}", end="")
        assert found is not None
        assert found.ok
    with capsys.disabled():
        print(f"\nall: {everything:.1f} s, of which pages {sum(pages):.1f}")
