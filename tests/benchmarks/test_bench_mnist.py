"""What mnist_from_scratch costs at its default size: seconds and memory to write and verify it, and its file's size.

Not part of the default run: ``pytest tests/benchmarks/test_bench_mnist.py``. The bounds hold on two idle cores,
training and torch's import apart. LibreOffice is another process, whose memory is not counted here.
"""

import resource
import subprocess
import time
from pathlib import Path

import pytest
import torch

from workbook.app.build import make_plan
from workbook.check.recalc import engines, libreoffice
from workbook.check.verify import verify
from workbook.lesson.lesson import Formula
from workbook.lessons import find
from workbook.xlsx.write import write


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def test_it_is_written_and_verified_within_its_bounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.set_num_threads(2)
    lesson = find("mnist_from_scratch")
    plan = make_plan(lesson, {option.name: option.default for option in lesson.options}, seed=0, progress=silent)
    path = tmp_path / "mnist_from_scratch.xlsx"
    begun = time.perf_counter()
    write(plan, path)
    written = time.perf_counter()
    found = verify(path, device="cpu", engines=engines(None), progress=silent)
    verified = time.perf_counter()
    size = path.stat().st_size / 1e6
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    formulas = sum(place.count for place in plan.places.values() if isinstance(place.block, Formula))
    with capsys.disabled():
        print(f"\n{formulas:,} formula cells, {size:.1f} MB, peak {memory:.0f} MiB")
        print(f"written in {written - begun:.1f} s, verified in {verified - written:.1f} s")
    assert found.ok
    assert verified - begun < 30
    assert memory < 1024
    assert size < 15


def test_libreoffice_opens_it_within_ten_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = libreoffice.find()
    if office is None:
        pytest.skip("LibreOffice is not installed")
    lesson = find("mnist_from_scratch")
    options = {option.name: option.default for option in lesson.options} | {"epochs": 1}
    path = tmp_path / "mnist_from_scratch.xlsx"
    write(make_plan(lesson, options, seed=0, progress=silent), path)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    # Opening, and printing the first sheet's few lines of text, is the least that it can be asked to do.
    command = [str(office.program), profile, "--headless", "--convert-to", "csv", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds = time.perf_counter() - begun
    with capsys.disabled():
        print(f"\nopened in {seconds:.1f} s")
    assert seconds < 10
