"""Several lessons built at once, in processes of their own: as in one, whatever happens to any of them."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import play
import pytest
from processes import PATIENCE_S, all_end, started_by, until

from workbook.app import cli, several
from workbook.app.several import Builders
from workbook.check.recalc.libreoffice import VARIABLE
from workbook.errors import WorkbookError

SMALL = ("affine", "cross_entropy")


def built(names: tuple[str, ...], out: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The report of a build by the command line, in so many processes."""
    monkeypatch.setattr("workbook.app.several.processes", lambda lessons: count)
    building = import_module("workbook.app.cli.build")
    monkeypatch.setattr(building, "prepare", play.prepare_ironcalc)
    monkeypatch.setattr(building, "prepared", play.ironcalc_prepared)
    assert cli.main(["build", *names, "--out", str(out), "--device", "cpu"]) == 0
    report: dict[str, Any] = json.loads((out / "report.json").read_text())
    return report


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


def test_there_are_as_many_processes_as_cores_and_no_more_than_lessons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "cores", lambda: 2)

    assert [several.processes(lessons) for lessons in (1, 2, 7)] == [1, 2, 2]


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes play; they build nothing."""
    monkeypatch.setattr("workbook.app.several.build_named", play.build)
    monkeypatch.setattr("workbook.app.several.prepare_sharing", play.without_torch)
    monkeypatch.setattr("workbook.app.several.FIRST", "")
    monkeypatch.setattr("workbook.app.several.LOAD", "builtins:int")


@pytest.mark.usefixtures("played")
def test_without_verification_the_lessons_are_told_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("workbook.app.several.processes", lambda lessons: 2)
    monkeypatch.setattr("workbook.app.several.build_named", play.build_unverified)
    monkeypatch.setattr(import_module("workbook.app.cli.build"), "prepare", play.prepare_nothing)

    assert cli.main(["build", "cross_entropy", "affine", "--no-verify"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "cross_entropy  not verified  output/cross_entropy.xlsx",
        "affine  not verified  output/affine.xlsx",
    ]


def results(
    lessons: dict[str, dict[str, Any]], out: Path, count: int = 2, work: dict[str, float] | None = None
) -> tuple[dict[str, Any], str]:
    """What each lesson gave, in the order in which it was there, and the error at the end."""
    found: dict[str, Any] = {}
    with Builders(partial(int, 1), count, out) as builders:
        assert builders.prepared() == 1
        try:
            for name, answer in builders.results(list(lessons.items()), lambda _: lambda *_: None, work, out=out):
                found |= {name: answer}
                (out / play.GIVEN).mkdir(exist_ok=True)
                (out / play.GIVEN / name).touch()
        except WorkbookError as error:
            return found, str(error)
    return found, ""


@pytest.mark.usefixtures("played")
def test_a_result_is_given_when_it_is_there_and_no_process_waits_for_another(tmp_path: Path) -> None:
    found, _ = results({"slow": {"after": "given/c"}, "a": {}, "b": {}, "c": {}}, tmp_path)

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
    lessons = {
        "slow": {"after": "played/bad", "takes": 0.5},
        "bad": {"error": "it is bad"},
        "never": {"error": "it was begun"},
    }

    found, error = results(lessons, tmp_path)

    assert list(found) == ["slow"]
    assert error == "it is bad"


@pytest.mark.usefixtures("played")
def test_of_two_errors_the_first_lesson_s_is_raised(tmp_path: Path) -> None:
    late = {"after": "played/early", "takes": 0.5, "error": "the first"}
    lessons = {"late": late, "early": {"error": "the second"}}

    assert results(lessons, tmp_path) == ({}, "the first")


@pytest.mark.usefixtures("played")
@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_a_process_that_dies_is_one_sentence_about_its_lesson(tmp_path: Path) -> None:
    found, error = results({"a": {}, "dying": {"dies": True}}, tmp_path)

    assert error == "dying: its process was ended (SIGKILL), while playing"
    assert list(found) == ["a"]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not list processes so")
def test_ctrl_c_ends_every_process_and_leaves_nothing_half_built(tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = (
        "import sys; from workbook.app import several; several.processes = lambda lessons: 2\n"
        "from workbook.app.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    office = tmp_path / "soffice"
    office.write_text('#!/bin/sh\n[ "$1" = --version ] && echo LibreOffice 7 || exec sleep 60\n')
    office.chmod(0o755)
    command = [sys.executable, "-c", program, "build", *SMALL, "--out", str(out)]
    path = os.pathsep.join([str(Path(cli.__file__).parents[3]), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path, VARIABLE: str(office)},
    ) as process:
        started: list[int] = []

        def is_building() -> bool:
            started[:] = [pid for child in started_by(process.pid) for pid in (child, *started_by(child))]
            return len(started) >= 4 and bool(list(out.glob(".gradbook-*")))

        # The command tries the folder with such a file before it starts any process.
        until(lambda: is_building() or process.poll() is not None, pause_s=0.1)
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=PATIENCE_S)

    assert (said, complained) == (b"", b"gradbook: interrupted; no workbook was written\n")
    assert process.returncode == 130
    # Two that build, and the LibreOffice of each.
    assert len(started) >= 4
    assert all_end(started)
    assert list(out.iterdir()) == []
