"""No file ends the process or takes it: what opens it is bounded, and its end is one sentence about the file."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import openpyxl
import pytest
import work
from processes import PATIENCE_S, all_end, has_loaded, runs, started_by, until
from sweep import some

from workbook.app import cli
from workbook.errors import FileError, WorkbookError
from workbook.xlsx.bounds import BYTES, SECONDS, Bound, EndedError
from workbook.xlsx.worker import Worker, is_inside

ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds memory")
WIDE = Bound("a.xlsx", 60.0, 2**30)


ROOT = str(Path(__file__).parent.parent.parent.parent)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker[int]]:
    with Worker(os.getpid) as one:
        yield one


@ONLY_LINUX
def test_what_several_share_gives_way_among_processes_and_among_sessions() -> None:
    before = os.nice(0)
    with Worker(os.getpid) as one:
        process, session = one.call(work.niceness_after_giving_way, bound=WIDE)
    assert (process, session) in {(min(before + 5, 19), "5"), (min(before + 5, 19), "")}
    assert os.nice(0) == before


def test_a_call_gives_what_the_function_gives_in_another_process(worker: Worker[int]) -> None:
    assert worker.call(divmod, 7, 2, bound=WIDE) == (3, 1)
    assert worker.prepared() == worker.call(os.getpid, bound=WIDE) != os.getpid()
    assert worker.call(is_inside, bound=WIDE)
    assert not is_inside()


def test_what_the_function_raises_is_raised_here(worker: Worker[int]) -> None:
    with pytest.raises(FileError, match=r"^b\.xlsx: it is empty$"):
        worker.call(work.refuse, Path("b.xlsx"), bound=WIDE)
    with pytest.raises(ZeroDivisionError) as raised:
        worker.call(work.divide, bound=WIDE)
    assert "in divide" in "".join(raised.value.__notes__), "the traceback of the other process travels along"


def test_progress_is_heard(worker: Worker[int]) -> None:
    heard: list[tuple[str, int, int]] = []
    worker.call(work.recount, bound=WIDE, progress=lambda *step: heard.append(step))
    assert heard == [("counting", 0, 3), ("counting", 1, 3), ("counting", 2, 3)]


def test_what_is_printed_there_is_not_heard(worker: Worker[int], capfd: pytest.CaptureFixture[str]) -> None:
    assert worker.call(work.shout, "Unexpected feature XmlNode", bound=WIDE) == "Unexpected feature XmlNode"
    assert capfd.readouterr() == ("", "")


def test_much_noise_does_not_stop_it(worker: Worker[int]) -> None:
    assert len(worker.call(work.shout, "x" * 300_000, bound=WIDE)) == 300_000


def test_a_crash_is_a_sentence_about_the_file_and_the_next_call_is_answered(worker: Worker[int]) -> None:
    with pytest.raises(EndedError, match=r"^a\.xlsx: the process that opened it was ended by it \((SIGSEGV|exit code)"):
        worker.call(work.crash, bound=WIDE)
    assert worker.call(divmod, 7, 2, bound=WIDE) == (3, 1)


def test_what_takes_too_long_is_given_up(worker: Worker[int]) -> None:
    with pytest.raises(EndedError, match=r"^a\.xlsx: it was given up after \d+ s, while sleeping$"):
        worker.call(work.fall_asleep, bound=Bound("a.xlsx", 0.5, 2**30), progress=lambda *_: None)
    assert worker.call(divmod, 7, 2, bound=WIDE) == (3, 1)


@ONLY_LINUX
@pytest.mark.parametrize("take", [work.take_in_python, work.take_in_numpy])
def test_memory_is_bounded(worker: Worker[int], take: "partial[float]") -> None:
    tight = Bound("a.xlsx", 60.0, 64 * 2**20)
    assert worker.call(take, 2**20, bound=tight) == 2**20
    with pytest.raises(EndedError, match=r"^a\.xlsx: it takes more than 64 MiB of memory$"):
        worker.call(take, 2**27, bound=tight)
    assert worker.call(take, 2**24, bound=WIDE) == 2**24, "the bound is that call's alone"


@ONLY_LINUX
def test_memory_that_is_not_the_files_does_not_count_and_the_bound_holds_again_afterwards(worker: Worker[int]) -> None:
    tight, large = Bound("a.xlsx", 60.0, 64 * 2**20), 2**27
    assert worker.call(work.take_outside_and_inside, large, 0, 2**20, bound=tight) == (large, 2**20)
    with pytest.raises(EndedError, match=r"^a\.xlsx: it takes more than 64 MiB of memory$"):
        worker.call(work.take_outside_and_inside, large, 0, large, bound=tight)
    assert worker.call(work.take_outside_and_inside, large, large, large, bound=tight) == (large, large), (
        "it may be more"
    )


def test_time_that_is_not_the_files_does_not_count_and_the_bound_holds_again_afterwards(worker: Worker[int]) -> None:
    # On a busy machine a bound is longer: the second sleep is longer than any.
    bound = Bound("a.xlsx", 0.5, 2**30)
    assert worker.call(work.sleep_outside_and_inside, 0.5 * 2.5, 0.0, bound=bound) == "done"
    with pytest.raises(EndedError, match=r"^a\.xlsx: it was given up after \d+ s$"):
        worker.call(work.sleep_outside_and_inside, 0.0, 60.0, bound=bound)
    assert work.sleep_outside_and_inside(0.0, 0.0) == "done", "where nothing is bounded nothing is lifted"


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    with Worker(os.getpid) as worker:
        with pytest.raises(EndedError, match="given up"):
            worker.call(work.start_a_sleeper, tmp_path / "pid", bound=Bound("a.xlsx", 1.0, 2**30))
        assert all_end([int((tmp_path / "pid").read_text())])
        pid = worker.prepared()
    assert all_end([pid])


def test_no_temporary_file_of_it_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Worker(int) as worker:
        with pytest.raises(EndedError):
            worker.call(work.leave_a_file_and_crash, bound=WIDE)
        assert list(tmp_path.iterdir()) == []
        worker.call(tempfile.mkdtemp, bound=WIDE)
        assert len(list(tmp_path.glob("gradbook-*/*"))) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_prepared_is_said(worker: Worker[int]) -> None:
    with Worker(partial(work.refuse, Path("b.xlsx"))) as unprepared, pytest.raises(FileError, match="it is empty"):
        unprepared.prepared()
    with Worker(work.crash) as dead, pytest.raises(WorkbookError, match="the process that opens files did not start"):
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


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_it_when_we_are_ended(number: signal.Signals) -> None:
    root = str(Path(cli.__file__).parents[3])
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": root},
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert runs(pid)
        parent.send_signal(number)
        parent.wait(PATIENCE_S)
        assert all_end([pid])


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_ctrl_c_ends_verify_and_what_it_started(small_entropy: Path, tmp_path: Path) -> None:
    bad = planted(small_entropy, tmp_path / "bad.xlsx", "=COMBIN(1E15,5E14)")
    environment = {**os.environ, "PYTHONPATH": ROOT, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "workbook", "verify", str(bad), str(small_entropy), "--engine", "ironcalc"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        # It is loaded when a file is recalculated, not before.
        assert until(lambda: any(has_loaded(child, "ironcalc") for child in started_by(process.pid)), pause_s=0.1)
        started = started_by(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert all_end(started)
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
    chosen = {name: formulas[name] for name in some(formulas, 1)}
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
    assert uncompared.endswith(
        "1 formula cell has no value to compare with, in the file or by a recalculation: Mine!A1"
    )


def test_a_formula_that_never_ends_is_given_up(small_entropy: Path, tmp_path: Path) -> None:
    bad = planted(small_entropy, tmp_path / "bad.xlsx", "=COMBIN(1E15,5E14)")
    with (
        Worker(work.get_ready_to_verify) as worker,
        pytest.raises(EndedError, match=r"given up after .* recalculating"),
    ):
        worker.call(work.verified, bad, bound=Bound(str(bad), 1.0, 2**30), progress=lambda *_: None)
