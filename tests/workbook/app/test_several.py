"""Several lessons built at once, in processes of their own: as in one, whatever happens to any of them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from workbook.app import cli, several
from workbook.app.cli.prepared import prepare, prepared
from workbook.app.several import Builders
from workbook.errors import WorkbookError

SMALL = ("affine", "cross_entropy")


def built(names: tuple[str, ...], out: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The report of a build by the command line, in so many processes."""
    monkeypatch.setattr("workbook.app.several.processes", lambda lessons: count)
    building, beside = import_module("workbook.app.cli.build"), found_by_processes(monkeypatch)
    monkeypatch.setattr(building, "prepare", beside.prepare_ironcalc)
    monkeypatch.setattr(building, "prepared", beside.ironcalc_prepared)
    assert cli.main(["build", *names, "--out", str(out), "--device", "cpu"]) == 0
    report: dict[str, Any] = json.loads((out / "report.json").read_text())
    return report


def prepare_ironcalc(device: str, wanted: object) -> Any:
    """One program recalculates: that LibreOffice does so in several processes, the tests of lessons see."""
    return prepare(device, ["ironcalc"])


def ironcalc_prepared(device: str, wanted: object, progress: Any) -> Any:
    """The same, in this process."""
    return prepared(device, ["ironcalc"], progress)


def found_by_processes(monkeypatch: pytest.MonkeyPatch) -> Any:
    """This module, as the processes that are started import it."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent))
    return import_module(Path(__file__).stem)


def test_what_is_built_and_said_is_the_same_in_one_process_and_in_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    out = Path("output")
    one, said_one = built(SMALL, out, 1, monkeypatch), capsys.readouterr().out
    files = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.suffix in (".xlsx", ".py")}
    two, said_two = built(SMALL, out, 2, monkeypatch), capsys.readouterr().out

    assert len(files) == 6
    assert files == {name: (out / name).read_bytes() for name in files}
    assert two["workbooks"] == one["workbooks"]
    assert said_two == said_one
    assert [path.name for path in out.glob(".gradbook-*")] == []


def test_without_verification_the_lessons_are_told_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("workbook.app.several.processes", lambda lessons: 2)

    assert cli.main(["build", "cross_entropy", "affine", "--no-verify"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "cross_entropy  not verified  output/cross_entropy.xlsx",
        "affine  not verified  output/affine.xlsx",
    ]


def test_there_are_as_many_processes_as_cores_and_no_more_than_lessons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "cores", lambda: 2)

    assert [several.processes(lessons) for lessons in (1, 2, 7)] == [1, 2, 2]


def play(name: str, options: Mapping[str, Any], *, progress: Callable[..., None], **_: Any) -> Any:
    """What stands for the build of a lesson: options say how long it takes, and how it ends."""
    progress("playing", 1, 2)
    time.sleep(options.get("takes", 0.0))
    if "error" in options:
        raise WorkbookError(options["error"])
    if "dies" in options:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def without_torch(prepare: Callable[[], Any], count: int) -> Any:
    """What stands for `prepare_sharing` where nothing is computed: it takes seconds to load torch."""
    return prepare()


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes find what stands for `build_named` beside this test."""
    beside = found_by_processes(monkeypatch)
    monkeypatch.setattr("workbook.app.several.build_named", beside.play)
    monkeypatch.setattr("workbook.app.several.prepare_sharing", beside.without_torch)


def results(
    lessons: dict[str, dict[str, Any]], out: Path, count: int = 2, work: dict[str, float] | None = None
) -> tuple[dict[str, Any], str]:
    """What each lesson gave, in the order in which it was there, and the error at the end."""
    found: dict[str, Any] = {}
    with Builders(partial(int, 1), count, out) as builders:
        assert builders.prepared() == 1
        try:
            for name, answer in builders.results(list(lessons.items()), lambda _: lambda *_: None, work):
                found |= {name: answer}
        except WorkbookError as error:
            return found, str(error)
    return found, ""


@pytest.mark.usefixtures("played")
def test_a_result_is_given_when_it_is_there_and_no_process_waits_for_another(tmp_path: Path) -> None:
    found, _ = results({"slow": {"takes": 3.0}, "a": {}, "b": {}, "c": {}}, tmp_path)

    assert list(found) == ["a", "b", "c", "slow"]
    assert len(set(found.values())) == 2
    assert os.getpid() not in found.values()


@pytest.mark.usefixtures("played")
def test_the_longest_is_begun_first_and_the_others_in_their_order(tmp_path: Path) -> None:
    found, _ = results({"a": {}, "b": {}, "long": {}, "c": {}}, tmp_path, count=1, work={"long": 3.0, "c": 2.0})

    assert list(found) == ["long", "c", "a", "b"]


@pytest.mark.usefixtures("played")
def test_an_error_of_a_lesson_begun_early_waits_for_those_before_it_alone(tmp_path: Path) -> None:
    lessons = {"a": {}, "b": {}, "bad": {"error": "it is bad"}, "never": {"error": "it was begun"}}

    found, error = results(lessons, tmp_path, count=1, work={"bad": 1.0})

    assert list(found) == ["a", "b"]
    assert error == "it is bad"


@pytest.mark.usefixtures("played")
def test_an_error_waits_for_the_lessons_before_it_and_ends_those_after_it(tmp_path: Path) -> None:
    lessons = {"slow": {"takes": 2.0}, "bad": {"error": "it is bad"}, "never": {"error": "it was begun"}}

    found, error = results(lessons, tmp_path)

    assert list(found) == ["slow"]
    assert error == "it is bad"


@pytest.mark.usefixtures("played")
def test_of_two_errors_the_first_lesson_s_is_raised(tmp_path: Path) -> None:
    lessons = {"late": {"takes": 2.0, "error": "the first"}, "early": {"error": "the second"}}

    assert results(lessons, tmp_path) == ({}, "the first")


@pytest.mark.usefixtures("played")
@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_a_process_that_dies_is_one_sentence_about_its_lesson(tmp_path: Path) -> None:
    found, error = results({"a": {}, "dying": {"dies": True}}, tmp_path)

    assert error == "dying: its process was ended (SIGKILL), while playing"
    assert list(found) == ["a"]


def running() -> dict[int, int]:
    """Each process that still runs → the one that it was started by; one that has ended and waits for it does not."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            found[int(stat.parent.name)] = int(parent)
    return found


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    return [child for child, parent in running().items() if parent == pid]


def still_running(pids: Iterable[int], patience_s: float) -> list[int]:
    """Those of the processes that have not ended in so many seconds: one that sees its pipe closed ends by itself."""
    end = time.monotonic() + patience_s
    while (left := sorted(running().keys() & set(pids))) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def heed_interrupts() -> None:
    """A shell lets what it starts in the background ignore Ctrl-C, and its children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not list processes so")
def test_ctrl_c_ends_every_process_and_leaves_nothing_half_built(tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = (
        "import sys; from workbook.app import several; several.processes = lambda lessons: 2\n"
        "from workbook.app.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "build", *SMALL, "--out", str(out)]
    path = os.pathsep.join([str(Path(cli.__file__).parents[3]), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        preexec_fn=heed_interrupts,
    ) as process:
        end = time.monotonic() + 120
        while not list(out.glob(".gradbook-*")) and time.monotonic() < end and process.poll() is None:
            time.sleep(0.1)
        started = [pid for child in children(process.pid) for pid in (child, *children(child))]
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=60)

    assert (said, complained) == (b"", b"gradbook: interrupted; no workbook was written\n")
    assert process.returncode == 130
    assert len(started) >= 2
    assert still_running(started, patience_s=20) == []
    assert list(out.iterdir()) == []
