"""The command line: what it calls, what it prints where, and every exit code; lessons, build and verify are played."""

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from processes import PATIENCE_S

from engine.errors import DataError
from engine.pipeline import settings
from workbook import __version__
from workbook.app import cli, terminal
from workbook.app.cli import main
from workbook.check.verify import BlockCheck, Failure, SheetCheck, WorkbookCheck
from workbook.errors import FileError, WorkbookError
from workbook.lesson.lesson import Data, Lesson, Option

SHEET = SheetCheck("Dot product", 1200, 1200, 900, (BlockCheck("rmse", 1200, 2e-16, 4e-15, None),))
GOOD = WorkbookCheck(
    file="",
    lesson="collab",
    options={},
    ok=True,
    formula_cells=1200,
    checked_cells=1200,
    witnessed_cells=900,
    max_error=4e-15,
    sheets=(SHEET,),
    failures=(),
    notes=(),
)
FAILURE = Failure("'Dot product'!B3", "value", "1.5", "1.25", "ironcalc 0.9.1")
BAD = replace(GOOD, ok=False, failures=(FAILURE,))


def lesson(name: str, *options: Option) -> Lesson:
    def load(*_: Any) -> Data:
        raise AssertionError("the command line does not load data")

    return Lesson(name=name, title=name, options=options, load=load, sheets=lambda *_: ())


COLLAB = lesson(
    "collab",
    Option("ratings", str, None, "A ratings file", path=True),
    Option("users", int, 15, "How many users", low=2, high=100),
    Option("epochs", int, 10, "How many steps", low=1),
)
AFFINE = lesson("affine", Option("epochs", int, 5, "How many steps", low=3), Option("min_points", int, 6, "Points"))
LESSONS = {"affine": AFFINE, "collab": COLLAB}


@dataclass
class Engine:
    """What is known of a recalculation engine here: its name."""

    name: str


@dataclass
class Stage:
    """What build and verify were called with, and what they do."""

    calls: list[dict[str, Any]]
    act: Callable[[str], WorkbookCheck]

    def build(self, lesson: Lesson, options: dict[str, Any], **rest: Any) -> WorkbookCheck | None:
        progress = rest.pop("progress")
        device, engines = rest.pop("prepare")(progress)
        progress("writing", 1, 2)
        self.calls.append({"lesson": lesson.name, "options": options, "device": device, "engines": engines, **rest})
        check = self.act(lesson.name)
        return check if rest["check"] else None

    def verify(self, path: Path, **rest: Any) -> WorkbookCheck:
        self.calls.append({"path": path, **rest})
        return self.act(path.name)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, in_process: None) -> Stage:
    def find(name: str) -> Lesson:
        if name not in LESSONS:
            raise WorkbookError(f"no lesson named {name!r}; known: {', '.join(LESSONS)}")
        return LESSONS[name]

    stage = Stage([], lambda name: replace(GOOD, file=f"{name}.xlsx", lesson=name))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("workbook.lessons.names", lambda: tuple(LESSONS))
    monkeypatch.setattr("workbook.lessons.find", find)
    monkeypatch.setattr("workbook.app.build.build", stage.build)
    # What stands for `build` is called in this process; test_several.py builds in several.
    monkeypatch.setattr("workbook.app.several.processes", lambda lessons: 1)
    monkeypatch.setattr("workbook.check.verify.verify", stage.verify)
    monkeypatch.setattr(
        "workbook.check.recalc.engines", lambda wanted: [Engine(f"{n} 1") for n in wanted or ["ironcalc"]]
    )
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return stage


def raising(error: BaseException) -> Callable[[str], WorkbookCheck]:
    def act(_: str) -> WorkbookCheck:
        raise error

    return act


def only_line(text: str) -> str:
    (line,) = text.splitlines()
    return line


class TestList:
    """`gradbook list`."""

    def test_it_shows_every_lesson_with_its_summary(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["list"]) == 0

        assert "collab_filter  " in capsys.readouterr().out

    def test_the_version_is_the_package_s(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--version"]) == 0

        assert capsys.readouterr().out == f"gradbook {__version__}\n"

    def test_it_takes_little_more_than_python_and_click_take_to_start(self) -> None:
        def took_s(*command: str) -> float:
            """Processor time: what else the machine does lengthens it little."""
            before = os.times()
            subprocess.run([sys.executable, *command], check=True, capture_output=True)
            after = os.times()
            return sum(after[2:4]) - sum(before[2:4])

        # A ratio in one run, on any machine: with torch imported it would be twenty times and more.
        turns = [(took_s("-m", "workbook", "list"), took_s("-c", "import click")) for _ in range(3)]
        ours, clicks = map(min, zip(*turns, strict=True))
        assert ours < 5 * clicks


@pytest.mark.usefixtures("stage")
class TestHelp:
    """What the help says."""

    @pytest.mark.parametrize("command", [[], ["build"], ["verify"]])
    def test_it_shows_examples(self, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
        assert main([*command, "--help"]) == 0

        assert f"  gradbook {' '.join(command)}".rstrip() in capsys.readouterr().out.split("Examples:")[1]

    def test_what_finetune_takes_unasked_is_read_where_it_is_settled(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(settings.DEFAULTS, "wd", 0.375)
        monkeypatch.setitem(settings.FEW_DIGITS, "scratch", 77)
        main(["finetune", "--help"])
        words = " ".join(capsys.readouterr().out.split())

        assert "--wd W Weight decay. [x>=0] [default: 0.375]" in words
        assert "and 77 networks from scratch" in words

    def test_it_shows_the_lessons_options_with_who_takes_them(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["build", "--help"])
        words = " ".join(capsys.readouterr().out.split())

        assert "--users N How many users, default 15 (collab)" in words
        assert "--epochs N How many steps, default 5 (affine); How many steps, default 10 (collab)" in words
        assert "--ratings FILE A ratings file (collab)" in words
        assert "--min-points N" in words


class TestBuild:
    """`gradbook build`."""

    def test_without_a_name_it_builds_all_lessons_with_their_defaults(self, stage: Stage) -> None:
        assert main(["build"]) == 0

        assert [(call["lesson"], call["options"]) for call in stage.calls] == [
            ("affine", {"epochs": 5, "min_points": 6}),
            ("collab", {"ratings": None, "users": 15, "epochs": 10}),
        ]
        assert {(call["seed"], call["out"], call["device"], call["check"]) for call in stage.calls} == {
            (0, Path("output"), "cpu", True)
        }

    def test_a_lesson_named_twice_is_built_once(self, stage: Stage) -> None:
        main(["build", "collab", "affine", "collab"])

        assert [call["lesson"] for call in stage.calls] == ["collab", "affine"]

    def test_what_is_asked_for_arrives(self, stage: Stage) -> None:
        flags = ["--users", "7", "--ratings", "my ratings.csv", "--seed", "3", "--out", "class/week 5"]

        assert main(["build", "collab", *flags]) == 0

        (call,) = stage.calls
        assert call["options"] == {"ratings": "my ratings.csv", "users": 7, "epochs": 10}
        assert (call["seed"], call["out"]) == (3, Path("class/week 5"))

    def test_an_option_goes_to_the_lessons_that_take_it(self, stage: Stage) -> None:
        main(["build", "--min-points", "9", "--epochs", "4"])

        assert [call["options"].get("min_points") for call in stage.calls] == [9, None]
        assert [call["options"]["epochs"] for call in stage.calls] == [4, 4]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["affine", "--users", "7"], "--users is an option of collab, not of affine."),
            (["collab", "--min-points", "7"], "--min-points is an option of affine, not of collab."),
            (["--users", "1"], "'--users': found 1, collab takes numbers from 2 up to 100."),
            (["--users", "101"], "'--users': found 101, collab takes numbers from 2 up to 100."),
            (["--epochs", "2"], "'--epochs': found 2, affine takes numbers from 3."),
            (["--users", "many"], "'many' is not a valid integer"),
            (["--planets", "9"], "No such option"),
            (["--device", "tpu"], "'tpu' is not one of 'auto', 'cpu', 'cuda'"),
            (["--seed", "-1"], "-1 is not in the range"),
            (["--report", "report.html"], "expected a file named .json, found 'report.html'"),
            (["--report", "x.json", "--no-verify"], "--report needs a check"),
        ],
    )
    def test_wrong_usage_is_said_before_anything_is_done(
        self, stage: Stage, capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], message: str
    ) -> None:
        assert main(["build", *arguments]) == 2

        said = " ".join(capsys.readouterr().err.split())
        assert message in said
        assert "Usage: gradbook build" in said
        assert stage.calls == []
        assert list(tmp_path.iterdir()) == []

    def test_an_unknown_lesson_is_one_line(self, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["build", "affine", "alchemy"]) == 1

        assert only_line(capsys.readouterr().err) == "gradbook: no lesson named 'alchemy'; known: affine, collab"
        assert stage.calls == []

    @pytest.mark.parametrize("flag", ["--out", "--report"])
    def test_a_place_that_cannot_be_written_is_one_line(
        self, stage: Stage, capsys: pytest.CaptureFixture[str], tmp_path: Path, flag: str
    ) -> None:
        (tmp_path / "taken").touch()

        assert main(["build", flag, "taken" if flag == "--out" else "taken/report.json"]) == 1

        assert only_line(capsys.readouterr().err) == "gradbook: taken: expected a folder, found a file"
        assert stage.calls == []

    def test_cuda_without_a_gpu_is_one_line(self, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["build", "--device", "cuda"]) == 1

        assert "the device cuda was asked for" in only_line(capsys.readouterr().err)
        assert stage.calls == []

    def test_a_workbook_that_passes_gets_a_table_and_a_report(
        self, stage: Stage, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        assert main(["build", "collab"]) == 0

        said, complained = capsys.readouterr()
        rows = [line.split() for line in said.splitlines()]
        assert rows[0] == ["collab", "ok", "output/collab.xlsx"]
        assert ["Dot", "product", "1,200", "1,200", "900", "4.0e-15", "ok"] in rows
        assert ["All", "sheets", "1,200", "1,200", "900", "4.0e-15", "ok"] in rows
        assert said.splitlines()[-2:] == [
            f"recalculated by ironcalc 1; torch {torch.__version__} on cpu",
            "report: output/report.json, output/report.html",
        ]
        assert complained == ""
        assert json.loads((tmp_path / "output/report.json").read_text())["ok"] is True
        assert (tmp_path / "output/report.html").is_file()

    def test_a_report_goes_where_it_is_wanted(self, stage: Stage, tmp_path: Path) -> None:
        main(["build", "collab", "--report", "proof/today.json"])

        assert stage.calls[0]["out"] == Path("output")
        assert sorted(path.name for path in (tmp_path / "proof").iterdir()) == ["today.html", "today.json"]
        assert list((tmp_path / "output").iterdir()) == []

    def test_a_workbook_that_fails_is_shown_and_the_others_are_built(
        self, stage: Stage, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        stage.act = lambda name: replace(BAD if name == "affine" else GOOD, lesson=name)

        assert main(["build"]) == 1

        said = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert said[0] == ["affine", "FAIL", "output/affine.xlsx", "was", "not", "written"]
        assert ["'Dot", "product'!B3", "value", "1.5", "1.25", "ironcalc", "0.9.1"] in said
        assert ["collab", "ok", "output/collab.xlsx"] in said
        document = json.loads((tmp_path / "output/report.json").read_text())
        assert [workbook["ok"] for workbook in document["workbooks"]] == [False, True]

    def test_the_first_failures_are_listed_and_the_rest_counted(
        self, stage: Stage, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stage.act = lambda name: replace(BAD, lesson=name, failures=(FAILURE,) * 1234)

        assert main(["build", "collab"]) == 1

        said = capsys.readouterr().out
        assert said.count("'Dot product'!B3") == terminal.SHOWN_FAILURES
        assert "and 1,214 more failures" in said

    def test_without_verification_nothing_is_claimed(
        self, stage: Stage, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        main(["build", "collab"])
        before = (tmp_path / "output/report.json").read_text()
        capsys.readouterr()

        assert main(["build", "--no-verify"]) == 0

        assert capsys.readouterr().out.splitlines() == [
            "affine  not verified  output/affine.xlsx",
            "collab  not verified  output/collab.xlsx",
            "output/report.json is of an earlier build",
        ]
        assert (tmp_path / "output/report.json").read_text() == before
        assert stage.calls[-1]["check"] is False

    @pytest.mark.parametrize("error", [DataError("ratings.csv: it is\nempty"), FileError("ratings.csv: it is\nempty")])
    def test_a_known_error_is_one_line(
        self, stage: Stage, capsys: pytest.CaptureFixture[str], error: Exception
    ) -> None:
        stage.act = raising(error)

        assert main(["build"]) == 1

        assert only_line(capsys.readouterr().err) == r"gradbook: ratings.csv: it is\nempty"
        assert len(stage.calls) == 1

    def test_a_full_disk_is_one_line(self, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
        stage.act = raising(OSError(errno.ENOSPC, "No space left on device", "output/x.xlsx"))

        assert main(["build"]) == 1

        line = "gradbook: output/x.xlsx: cannot be written to its end (No space left on device)"
        assert only_line(capsys.readouterr().err) == line

    def test_another_error_of_the_system_is_unexpected(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        stage.act = raising(OSError(errno.EIO, "Input/output error"))

        assert main(["build"]) == 3

    def test_an_unexpected_error_names_a_log_file_with_the_traceback(
        self, stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        stage.act = raising(ZeroDivisionError("no axis"))

        assert main(["build", "collab", "--seed", "5"]) == 3

        line = only_line(capsys.readouterr().err)
        assert line.startswith("gradbook: unexpected ZeroDivisionError: no axis; ")
        log = Path(line.split()[-1])
        assert log.parent == tmp_path
        assert "ZeroDivisionError: no axis" in log.read_text().splitlines()[-1]
        assert "Traceback" in log.read_text()
        assert "['build', 'collab', '--seed', '5']" in log.read_text()

    def test_an_unexpected_error_is_shown_where_no_log_file_can_be_written(
        self, stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
        stage.act = raising(ZeroDivisionError("no axis"))

        assert main(["build"]) == 3

        assert "Traceback" in capsys.readouterr().err

    def test_an_interruption_says_what_was_kept(
        self, stage: Stage, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        def act(name: str) -> WorkbookCheck:
            if name == "collab":
                raise KeyboardInterrupt
            return replace(GOOD, lesson=name)

        stage.act = act

        assert main(["build"]) == 130

        line = "gradbook: interrupted; complete and kept: output/affine.xlsx"
        assert only_line(capsys.readouterr().err) == line
        document = json.loads((tmp_path / "output/report.json").read_text())
        assert [workbook["lesson"] for workbook in document["workbooks"]] == ["affine"]

    def test_an_early_interruption_says_that_nothing_was_written(
        self, stage: Stage, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stage.act = raising(KeyboardInterrupt())

        assert main(["build"]) == 130

        assert only_line(capsys.readouterr().err) == "gradbook: interrupted; no workbook was written"


class TestVerify:
    """`gradbook verify`."""

    def test_it_needs_a_file(self, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["verify"]) == 2

        assert "Missing argument 'FILE...'" in capsys.readouterr().err

    def test_it_checks_every_file_and_writes_nothing(
        self, stage: Stage, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        assert main(["verify", "a.xlsx", "b.xlsx"]) == 0

        assert [call["path"] for call in stage.calls] == [Path("a.xlsx"), Path("b.xlsx")]
        assert [call["device"]() for call in stage.calls] == ["cpu", "cpu"]
        assert capsys.readouterr().out.count("recalculated by") == 2
        assert list(tmp_path.iterdir()) == []

    def test_a_report_is_written_when_asked_for(self, stage: Stage, tmp_path: Path) -> None:
        assert main(["verify", "a.xlsx", "--report", "proof/a.json"]) == 0

        document = json.loads((tmp_path / "proof/a.json").read_text())
        assert [workbook["file"] for workbook in document["workbooks"]] == ["a.xlsx.xlsx"]
        assert (tmp_path / "proof/a.html").is_file()

    def test_the_engines_named_are_the_ones_that_run(self, stage: Stage) -> None:
        main(["verify", "a.xlsx", "--engine", "libreoffice", "--engine", "ironcalc"])

        assert [engine.name for engine in stage.calls[0]["engines"]] == ["libreoffice 1", "ironcalc 1"]

    def test_the_file_that_was_handed_out_goes_with_every_file(
        self, stage: Stage, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stage.act = lambda name: replace(GOOD, file=name, build="0123456789ab")

        assert main(["verify", "a.xlsx", "b.xlsx", "--as", "given.xlsx"]) == 0

        assert [call["handed_out"] for call in stage.calls] == [Path("given.xlsx")] * 2
        assert "b.xlsx  build 0123456789ab" in capsys.readouterr().out

    def test_an_unknown_engine_is_wrong_usage(self, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["verify", "a.xlsx", "--engine", "excel"]) == 2

        assert "'--engine': found 'excel', expected one of: ironcalc, libreoffice" in capsys.readouterr().err
        assert stage.calls == []

    def test_a_failed_check_exits_with_1(self, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
        stage.act = lambda name: replace(BAD, lesson="collab", file=name)

        assert main(["verify", "a.xlsx"]) == 1

        assert capsys.readouterr().out.startswith("collab  FAIL  a.xlsx\n")

    def test_a_file_that_cannot_be_verified_does_not_hide_the_others(
        self, stage: Stage, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        def act(name: str) -> WorkbookCheck:
            if name == "bad.xlsx":
                raise FileError("bad.xlsx: it is empty")
            return replace(GOOD, lesson="collab")

        stage.act = act

        assert main(["verify", "bad.xlsx", "good.xlsx", "--report", "r.json"]) == 1

        said, complained = capsys.readouterr()
        assert only_line(complained) == "gradbook: bad.xlsx: it is empty"
        assert "collab  ok  good.xlsx" in said
        document = json.loads((tmp_path / "r.json").read_text())
        assert document["ok"] is False
        assert [workbook["ok"] for workbook in document["workbooks"]] == [False, True]

    def test_an_unexpected_error_is_logged_and_does_not_hide_the_others(
        self, stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        def act(name: str) -> WorkbookCheck:
            if name == "bad.xlsx":
                raise ZeroDivisionError("no axis")
            return replace(GOOD, lesson="collab")

        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        stage.act = act

        assert main(["verify", "bad.xlsx", "good.xlsx", "--report", "r.json"]) == 3

        said, complained = capsys.readouterr()
        assert only_line(complained).startswith("gradbook: unexpected ZeroDivisionError: no axis; ")
        assert "collab  ok  good.xlsx" in said
        document = json.loads((tmp_path / "r.json").read_text())
        assert [workbook["ok"] for workbook in document["workbooks"]] == [False, True]

    def test_text_of_a_hostile_file_does_not_steer_the_terminal(
        self, stage: Stage, capsys: pytest.CaptureFixture[str]
    ) -> None:
        hostile = replace(FAILURE, found="\x1b[2Jgone\r[bold]:smile:")
        stage.act = lambda name: replace(BAD, failures=(hostile,), notes=("\x1b[1m",))

        main(["verify", "a.xlsx"])

        said = capsys.readouterr().out
        assert "\x1b" not in said
        assert r"\x1b[2Jgone\r[bold]:smile:" in said

    def test_an_interruption_says_that_nothing_was_changed(
        self, stage: Stage, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stage.act = raising(KeyboardInterrupt())

        assert main(["verify", "a.xlsx"]) == 130

        assert only_line(capsys.readouterr().err) == "gradbook: interrupted; no file was changed"


class Terminal:
    """Makes the captured streams look like a terminal's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.delenv("NO_COLOR", raising=False)
        self._monkeypatch = monkeypatch

    def attach(self) -> None:
        """Attach it; in the test itself, because pytest changes the streams between fixtures and tests."""
        self._monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        self._monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)


@pytest.fixture
def tty(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(monkeypatch)


class TestTerminal:
    """Colour and progress are for a terminal only."""

    def test_progress_is_on_stderr_and_names_the_work(
        self, stage: Stage, tty: Terminal, capsys: pytest.CaptureFixture[str]
    ) -> None:
        tty.attach()
        main(["build", "collab"])
        said, progress = capsys.readouterr()

        assert "collab: writing" in progress
        assert "writing" not in said

    def test_blue_is_ok_and_orange_is_fail(
        self, stage: Stage, tty: Terminal, capsys: pytest.CaptureFixture[str]
    ) -> None:
        tty.attach()
        stage.act = lambda name: replace(BAD if name == "affine" else GOOD, lesson=name)
        main(["build"])
        said = capsys.readouterr().out

        # SGR 34 is blue, colour 208 of the 256 is dark orange.
        assert "\x1b[1;34mok\x1b[0m" in said
        assert "\x1b[1;38;5;208mFAIL\x1b[0m" in said

    def test_no_color_is_respected(
        self,
        stage: Stage,
        tty: Terminal,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        tty.attach()
        monkeypatch.setenv("NO_COLOR", "1")
        main(["build", "collab"])
        said, progress = capsys.readouterr()

        assert "34m" not in said + progress
        assert "writing" in progress

    @pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
    def test_no_word_is_broken_at_any_width(
        self,
        width: int,
        stage: Stage,
        tty: Terminal,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        tty.attach()
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("NO_COLOR", "1")
        stage.act = lambda name: replace(BAD, lesson=name, file="a.xlsx")
        main(["verify", "a.xlsx"])
        said = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)

        lines = said.splitlines()
        assert all(len(line) <= width for line in lines[1:-1]), lines
        words = {word.strip(":") for word in said.split()}
        assert {"Sheet", "Formula", "Checked", "Witnessed", "Largest", "Result", "4.0e-15", "Expected"} <= words

    def test_a_name_that_the_output_can_not_spell_is_shown_by_its_numbers(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))
        assert main(["verify", "李.xlsx"]) == 0
        assert b"\\u674e.xlsx" in raw.getvalue()

    def test_a_pipe_gets_plain_text_that_no_width_cuts(self, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
        name = "a long way/" * 30 + "a.xlsx"
        main(["verify", name])
        said, progress = capsys.readouterr()

        assert said.splitlines()[0] == f"a.xlsx  ok  {name}"
        assert said.isascii()
        assert "\x1b" not in said + progress
        assert progress == ""


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lisst"]) == 2

    assert "No such command 'lisst'" in capsys.readouterr().err


class TestProcess:
    """What only a process of its own can show."""

    def test_a_closed_pipe_is_quiet(self) -> None:
        read, write = os.pipe()
        os.close(read)
        process = subprocess.run(
            [sys.executable, "-m", "workbook", "list"], stdout=write, stderr=subprocess.PIPE, check=False
        )
        os.close(write)

        assert process.stderr == b""
        assert process.returncode == 1

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
    def test_output_that_cannot_be_written_is_one_line(self) -> None:
        with Path("/dev/full").open("wb") as full:
            process = subprocess.run(
                [sys.executable, "-m", "workbook", "list"], stdout=full, stderr=subprocess.PIPE, check=False
            )

        complained = b"gradbook: the output: cannot be written to its end (No space left on device)\n"
        assert process.stderr == complained
        assert process.returncode == 1

    def test_ctrl_c_ends_the_process_with_130_and_one_line(self, tmp_path: Path) -> None:
        script = tmp_path / "waits.py"
        script.write_text(
            "import sys, time\n"
            "import workbook.app.build\n"
            "from workbook.app.cli import main\n"
            "def build(*_, **__):\n"
            "    print('ready', flush=True)\n"
            "    time.sleep(60)\n"
            "workbook.app.build.build = build\n"
            "sys.exit(main(['build', 'collab_filter', '--device', 'cpu', '--out', sys.argv[1]]))\n"
        )
        path = os.pathsep.join([str(Path(cli.__file__).parents[3]), os.environ.get("PYTHONPATH", "")])
        with subprocess.Popen(
            [sys.executable, script, tmp_path / "out"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            process.send_signal(signal.SIGINT)
            _, complained = process.communicate(timeout=PATIENCE_S)

        assert complained == b"gradbook: interrupted; no workbook was written\n"
        assert process.returncode == 130


@pytest.mark.parametrize(("own", "expected"), [(None, "1"), ("4", "4")])
def test_numpys_products_take_one_thread_unless_a_person_says_otherwise(
    own: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # set first, so that whatever the command sets is taken away again
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", own or "1")
    if own is None:
        monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    cli.main(["list"])
    assert os.environ["OPENBLAS_NUM_THREADS"] == expected
