"""No file ends the process or takes it: what opens it is bounded, and its end is one sentence about the file."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np
import openpyxl
import pytest
from sweep import some

from workbook.app import cli
from workbook.errors import FileError, WorkbookError
from workbook.lesson.lesson import Progress
from workbook.xlsx.bounds import BYTES, SECONDS, Bound, EndedError
from workbook.xlsx.worker import Worker, is_inside

ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds memory")
WIDE = Bound("a.xlsx", 60.0, 2**30)


ROOT = str(Path(__file__).parent.parent.parent.parent)


@pytest.fixture(scope="module", autouse=True)
def _functions_of_this_file_are_found() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, ROOT])
        yield


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker[int]]:
    with Worker(os.getpid) as one:
        yield one


def refuse(path: Path) -> NoReturn:
    raise FileError(f"{path}: it is empty")


def divide() -> float:
    return 1 / int(len(sys.argv) > 9)


def shout(what: str) -> str:
    os.write(1, what.encode())
    os.write(2, what.encode())
    print(what)
    return what


def crash() -> None:
    ctypes.string_at(0)


def leave_a_file_and_crash() -> None:
    Path(tempfile.mkdtemp(), "large.xlsx").write_text("x")
    crash()


def take_in_python(count: int) -> int:
    return len(bytearray(count))


def take_in_numpy(count: int) -> float:
    return float(np.ones(count).sum())


def recount(progress: Progress) -> None:
    for done in range(3):
        progress("counting", done, 3)


def fall_asleep(progress: Progress) -> None:
    progress("sleeping", 0, 1)
    time.sleep(60)


def start_a_sleeper(path: Path) -> None:
    """Start a program that outlives us, as soffice would, and wait for it."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as sleeper:
        path.write_text(str(sleeper.pid))


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits to be asked for its exit code does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_dead(pid: int) -> bool:
    end = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not is_alive(pid)


def test_a_call_gives_what_the_function_gives_in_another_process(worker: Worker[int]) -> None:
    assert worker.call(divmod, 7, 2, bound=WIDE) == (3, 1)
    assert worker.prepared() == worker.call(os.getpid, bound=WIDE) != os.getpid()
    assert worker.call(is_inside, bound=WIDE)
    assert not is_inside()


def test_what_the_function_raises_is_raised_here(worker: Worker[int]) -> None:
    with pytest.raises(FileError, match=r"^b\.xlsx: it is empty$"):
        worker.call(refuse, Path("b.xlsx"), bound=WIDE)
    with pytest.raises(ZeroDivisionError) as raised:
        worker.call(divide, bound=WIDE)
    assert "in divide" in "".join(raised.value.__notes__), "the traceback of the other process travels along"


def test_progress_is_heard(worker: Worker[int]) -> None:
    heard: list[tuple[str, int, int]] = []
    worker.call(recount, bound=WIDE, progress=lambda *step: heard.append(step))
    assert heard == [("counting", 0, 3), ("counting", 1, 3), ("counting", 2, 3)]


def test_what_is_printed_there_is_not_heard(worker: Worker[int], capfd: pytest.CaptureFixture[str]) -> None:
    assert worker.call(shout, "Unexpected feature XmlNode", bound=WIDE) == "Unexpected feature XmlNode"
    assert capfd.readouterr() == ("", "")


def test_much_noise_does_not_stop_it(worker: Worker[int]) -> None:
    assert len(worker.call(shout, "x" * 300_000, bound=WIDE)) == 300_000


def test_a_crash_is_a_sentence_about_the_file_and_the_next_call_is_answered(worker: Worker[int]) -> None:
    with pytest.raises(EndedError, match=r"^a\.xlsx: the process that opened it was ended by it \((SIGSEGV|exit code)"):
        worker.call(crash, bound=WIDE)
    assert worker.call(divmod, 7, 2, bound=WIDE) == (3, 1)


def test_what_takes_too_long_is_given_up(worker: Worker[int]) -> None:
    begun = time.monotonic()
    with pytest.raises(EndedError, match=r"^a\.xlsx: it was given up after \d+ s, while sleeping$"):
        worker.call(fall_asleep, bound=Bound("a.xlsx", 1.0, 2**30), progress=lambda *_: None)
    assert time.monotonic() - begun < 20
    assert worker.call(divmod, 7, 2, bound=WIDE) == (3, 1)


@ONLY_LINUX
@pytest.mark.parametrize("take", [take_in_python, take_in_numpy])
def test_memory_is_bounded(worker: Worker[int], take: "partial[float]") -> None:
    tight = Bound("a.xlsx", 60.0, 64 * 2**20)
    assert worker.call(take, 2**20, bound=tight) == 2**20
    with pytest.raises(EndedError, match=r"^a\.xlsx: it takes more than 64 MiB of memory$"):
        worker.call(take, 2**27, bound=tight)
    assert worker.call(take, 2**24, bound=WIDE) == 2**24, "the bound is that call's alone"


@pytest.mark.skipif(sys.platform == "win32", reason="it reads /proc")
def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    with Worker(os.getpid) as worker:
        with pytest.raises(EndedError, match="given up"):
            worker.call(start_a_sleeper, tmp_path / "pid", bound=Bound("a.xlsx", 2.0, 2**30))
        assert wait_until_dead(int((tmp_path / "pid").read_text()))
        pid = worker.prepared()
    assert wait_until_dead(pid)


def test_no_temporary_file_of_it_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Worker(int) as worker:
        with pytest.raises(EndedError):
            worker.call(leave_a_file_and_crash, bound=WIDE)
        assert list(tmp_path.iterdir()) == []
        worker.call(tempfile.mkdtemp, bound=WIDE)
        assert len(list(tmp_path.glob("gradbook-*/*"))) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_prepared_is_said(worker: Worker[int]) -> None:
    with Worker(partial(refuse, Path("b.xlsx"))) as unprepared, pytest.raises(FileError, match="it is empty"):
        unprepared.prepared()
    with Worker(crash) as dead, pytest.raises(WorkbookError, match="the process that opens files did not start"):
        dead.call(divmod, 7, 2, bound=WIDE)


def test_a_large_file_may_take_more(tmp_path: Path) -> None:
    small, large = tmp_path / "small.xlsx", tmp_path / "large.xlsx"
    small.touch()
    with large.open("wb") as stream:
        stream.truncate(10 * 2**20)
    assert (Bound.of(small).seconds, Bound.of(small).size) == (SECONDS, BYTES)
    assert (Bound.of(tmp_path / "none").seconds, Bound.of(Path("a\0b")).seconds) == (SECONDS, SECONDS)
    assert SECONDS < 30
    assert Bound.of(large).seconds > 5 * SECONDS
    assert BYTES < Bound.of(large).size < 3 * BYTES < Bound.of(large, "cuda:0").size


PARENT = """
import os, sys, time
from workbook.xlsx.bounds import Bound
from workbook.xlsx.worker import Worker
with Worker(os.getpid) as worker:
    print(worker.prepared(), flush=True)
    worker.call(time.sleep, 60, bound=Bound("a.xlsx", 60.0, 2**30))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it reads /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_it_when_we_are_ended(number: signal.Signals) -> None:
    root = str(Path(cli.__file__).parents[3])
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": root},
        # A shell lets what it starts in the background ignore Ctrl-C, and its children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.send_signal(number)
        parent.wait(10)
        assert wait_until_dead(pid)


@pytest.mark.skipif(sys.platform == "win32", reason="it sends SIGINT")
def test_ctrl_c_ends_verify_and_what_it_started(small_entropy: Path, tmp_path: Path) -> None:
    bad = planted(small_entropy, tmp_path / "bad.xlsx", "=COMBIN(1E15,5E14)")
    environment = {**os.environ, "PYTHONPATH": ROOT, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "workbook", "verify", str(bad), str(small_entropy), "--engine", "ironcalc"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "gradbook: interrupted; no file was changed\n")
    assert list(tmp_path.iterdir()) == [bad], "the folder of the process that opened it is gone too"


def planted(path: Path, target: Path, formula: str) -> Path:
    """A copy with the formula on a very hidden sheet of its own, saved without values."""
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("Mine")
    sheet.sheet_state = "veryHidden"
    sheet["A1"] = formula
    book.save(target)
    return target


LAMBDA = "_xlfn.LAMBDA(_xlpm.x,_xlpm.x(_xlpm.x))"


@ONLY_LINUX
def test_formulas_that_end_the_process_are_a_line_each_and_the_next_file_follows(
    small_entropy: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    formulas = {
        "calls itself": (f"={LAMBDA}({LAMBDA})", "was ended by it (SIGSEGV)"),
        "a gibibyte of text": ('=SUBSTITUTE(REPT("a",32767),"a",REPT("b",32767))', "MiB of memory"),
        "whole columns": ("=SUMPRODUCT((Metrics!A1:Z1048576>0)*1)", "MiB of memory"),
        "4,000 powers": ("=1" + "^1" * 4000, "was ended by it (SIGSEGV)"),
    }
    chosen = {name: formulas[name] for name in some(formulas, 2, seed=6)}
    bad = [planted(small_entropy, tmp_path / f"{name}.xlsx", formula) for name, (formula, _) in chosen.items()]
    report = tmp_path / "report.json"

    files = [*map(str, bad), str(small_entropy)]
    code = cli.main(["verify", *files, "--engine", "ironcalc", "--report", str(report)])

    out, err = capfd.readouterr()
    assert code == 1
    for line, path, (_, said) in zip(err.splitlines(), bad, chosen.values(), strict=True):
        assert line.startswith(f"gradbook: {path}: ")
        assert line.endswith("while recalculating with ironcalc 0.9.1")
        assert said in line
    assert out.startswith(f"cross_entropy  ok  {small_entropy}")
    told = json.loads(report.read_text(encoding="utf-8"))["workbooks"]
    assert [(workbook["file"], workbook["ok"]) for workbook in told] == [(name, name == files[-1]) for name in files]


def test_brackets_too_deep_for_any_program_are_named_with_their_cell(
    small_entropy: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = planted(small_entropy, tmp_path / "bad.xlsx", "=" + "(" * 3000 + "1" + ")" * 3000)
    assert cli.main(["verify", str(bad), "--engine", "ironcalc"]) == 1
    assert capfd.readouterr().err == (
        f"gradbook: {bad}: the formula of Mine!A1 has more than 256 brackets within each other\n"
    )
    out = tmp_path / "script.py"
    assert cli.main(["code", str(bad), "--sheet", "Mine", "--out", str(out)]) == 1
    named, uncompared = capfd.readouterr().err.splitlines()
    assert named.startswith(f"gradbook: {bad}: Mine!A1 ")
    assert (
        uncompared == f"gradbook: {out}: 1 formula cell has no value to compare with, in the file or by a recalculation"
    )


def test_a_formula_that_never_ends_is_given_up(small_entropy: Path, tmp_path: Path) -> None:
    bad = planted(small_entropy, tmp_path / "bad.xlsx", "=COMBIN(1E15,5E14)")
    with Worker(os.getpid) as worker, pytest.raises(EndedError, match=r"given up after \d+ s, while recalculating"):
        worker.call(verified, bad, bound=Bound(str(bad), 2.5, 2**30), progress=lambda *_: None)


def verified(path: Path, progress: Progress) -> bool:
    from workbook.check.recalc.ironcalc import IronCalc
    from workbook.check.verify import verify

    return verify(path, device="cpu", engines=[IronCalc()], progress=progress).ok
