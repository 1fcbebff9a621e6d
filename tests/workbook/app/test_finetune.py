"""`gradbook finetune`: what it takes, prints and leaves, and every way in which it ends."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from PIL import Image
from processes import PATIENCE_S, until

from workbook.app import cli
from workbook.app.cli import main
from workbook.app.crosscheck import cross_check
from workbook.check import verify
from workbook.check.recalc.ironcalc import IronCalc
from workbook.errors import LessonError

MINE = """from torch import nn


def net():
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 2))
    network.default_cfg = {"input_size": (1, 4, 4), "mean": (0.5,), "std": (0.5,)}
    return network
"""
QUICK = ("finetune", "--epochs-frozen", "2", "--epochs", "2", "--scratch", "0", "--out", "out")


def pressed(*_: Any, **__: Any) -> None:
    """Ctrl-C, whatever is asked for."""
    raise KeyboardInterrupt


crossed = cache(cross_check)
"""No run has a part in it: it is made once."""


def be_quick(patch: pytest.MonkeyPatch) -> None:
    """One program recalculates, for both check the workbooks of the lessons' tests; one cross-check serves all runs."""
    patch.setattr("workbook.check.recalc.engines", lambda wanted: [IronCalc()])
    patch.setattr("workbook.app.crosscheck.cross_check", crossed)


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another folder for each test."""
    monkeypatch.chdir(tmp_path)
    be_quick(monkeypatch)


@pytest.fixture
def workbook_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No scripts and no page are made of the workbook, where a test looks at neither."""
    monkeypatch.setattr("workbook.app.build.derived", lambda found, *_: (found, {}, ""))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a quick run leaves; a test copies it to where it stands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("finished"))
        be_quick(patch)
        assert main([*QUICK]) == cli.GOOD
        return Path("out").resolve()


def test_a_run_leaves_numbers_curves_a_workbook_and_a_checkpoint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "--scratch", "2"]) == cli.GOOD
    said = json.loads(Path("out/metrics.json").read_text())
    assert said["version"]
    assert set(said["files"]) == {path.name for path in Path("out").iterdir()} - {"checkpoint.previous.safetensors"}
    out = capsys.readouterr().out
    assert "3 classes, 9 images to train on" in out
    assert "the body's activations were computed once" in out
    assert f"pretrained: {said['accuracy']:.1%} right" in out
    assert "transfer gave" in out
    assert said["workbook"]["ok"]
    assert said["workbook"]["checked_cells"] == said["workbook"]["formula_cells"] > 900
    assert "cuda: not run: no device" in out
    assert said["cross_check"]["ok"]


@pytest.mark.usefixtures("workbook_alone")
def test_a_comparison_that_diverged_altogether_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("engine.pipeline.session.Session.from_scratch", lambda *_: None)
    assert main([*QUICK, "--scratch", "2"]) == cli.GOOD
    assert "from random weights all 2 diverged: there is nothing to compare with" in capsys.readouterr().out


@pytest.mark.usefixtures("workbook_alone")
def test_a_run_without_a_frozen_phase_says_nothing_of_activations() -> None:
    main([*QUICK, "--epochs-frozen", "0"])
    book = openpyxl.load_workbook("out/fine_tuning_run.xlsx")
    words = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert not [text for text in words if "activations were computed once" in text]


def test_the_curves_are_a_row_a_step_and_a_drawing(finished: Path) -> None:
    shutil.copytree(finished, "out")
    rows = list(csv.DictReader(Path("out/curves.csv").read_text().splitlines()))
    said = json.loads(Path("out/metrics.json").read_text())
    assert len(rows) == said["history"][-1]["steps"]
    assert [row["phase"] for row in rows] == ["frozen"] * 2 + ["unfrozen"] * 2
    last = [float(rows[-1][f"rate_{group}"]) for group in (1, 2, 3)]
    rates = [group["rate"] for group in said["network"]["groups"]]
    assert [rate / last[2] for rate in last] == pytest.approx([rate / rates[2] for rate in rates])
    drawing = ElementTree.parse("out/curves.svg").getroot()
    lines = drawing.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [len(rows)] * 4


@pytest.mark.usefixtures("in_process", "workbook_alone")
def test_the_workbook_of_a_run_is_verified_later_too() -> None:
    main([*QUICK, "--head", "fastai"])
    assert main(["verify", "out/fine_tuning_run.xlsx", "--report", "before.json"]) == cli.GOOD
    book = openpyxl.load_workbook("out/fine_tuning_run.xlsx")
    assert str(book["New head"]["B6"].value).startswith("=SUM(")
    book["New head"]["B6"].value = 0.5
    book.save("edited.xlsx")
    assert main(["verify", "edited.xlsx", "--report", "after.json"]) == cli.FAILED
    (found,) = json.loads(Path("after.json").read_text())["workbooks"]
    assert [one["cell"] for one in found["failures"] if one["kind"] == "missing"] == ["New head!B6"]


def scale_colours(book: openpyxl.Workbook) -> list[str]:
    """From the least number to the largest."""
    (area,) = book["Worst mistakes"].conditional_formatting
    return [colour.rgb for colour in area.rules[0].colorScale.color]


def test_worst_mistakes_are_side_by_side_in_ink_and_named_on_the_new_head(finished: Path) -> None:
    shutil.copytree(finished, "out")
    worst = json.loads(Path("out/metrics.json").read_text())["worst"]
    book = openpyxl.load_workbook("out/fine_tuning_run.xlsx", data_only=True)
    words = [cell.value for row in book["Worst mistakes"].iter_rows() for cell in row if isinstance(cell.value, str)]
    captions = [f"{one['class']}, taken for {one['taken_for']}" for one in worst]
    assert [word for word in words if word in captions] == captions
    assert len({row[0].row for row in book["Worst mistakes"].iter_rows() if row[1].value in captions}) == 1
    assert scale_colours(book) == ["FFFFFFFF", "FF12324A"]
    head = book["New head"]
    top = next(cell.row for cell in head["A"] if cell.value == "image") + 1
    for row, one in enumerate(worst, start=top):
        assert [head.cell(row, column).value for column in (1, 2, 3)] == [one["name"], one["class"], one["taken_for"]]


@pytest.mark.usefixtures("workbook_alone")
def test_the_smoothed_loss_is_formulas_where_every_step_is_shown(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loss() -> tuple[list[str], set[str]]:
        sheet = openpyxl.load_workbook("out/fine_tuning_run.xlsx")["Loss"]
        words = [str(cell.value) for cell in sheet["A"]]
        return words, {
            str(cell.value)[:6] for row in sheet.iter_rows(min_col=2) for cell in row if cell.data_type == "f"
        }

    shutil.copytree(finished, "out")
    words, formulas = loss()
    assert "β" in words
    assert "=$B$5*" in formulas
    monkeypatch.setattr("workbook.app.fine_tuning_run.MOST_STEPS", 3)
    assert main([*QUICK, "--overwrite"]) == cli.GOOD
    words, formulas = loss()
    assert "β" not in words
    assert not formulas


@pytest.mark.usefixtures("workbook_alone")
def test_a_photograph_is_no_negative() -> None:
    for number in range(10):
        path = Path("photos", ("a", "Bernese mountain dog")[number % 2], f"{number}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.effect_noise((28, 28), 50 + number).save(path)
    assert main([*QUICK, "--data", "photos", "--lr", "1e-6"]) == cli.GOOD
    book = openpyxl.load_workbook("out/fine_tuning_run.xlsx")
    assert scale_colours(book) == ["FF12324A", "FFFFFFFF"]
    cells = [cell for row in book["Held out"].iter_rows(min_col=2) for cell in row]
    (head,) = [cell for cell in cells if cell.value == "Bernese mountain dog"]
    assert book["Held out"].column_dimensions[head.column_letter].width > len(head.value)


@pytest.mark.usefixtures("workbook_alone")
def test_a_run_goes_on_from_a_checkpoint_with_its_settings(capsys: pytest.CaptureFixture[str]) -> None:
    main([*QUICK, "--seed", "4", "--head", "fastai"])
    whole = json.loads(Path("out/metrics.json").read_text())
    assert main(["finetune", "--resume", "out/checkpoint.previous.safetensors", "--out", "out2"]) == cli.GOOD
    resumed = json.loads(Path("out2/metrics.json").read_text())
    assert resumed["settings"] == whole["settings"]
    assert resumed["held_out_loss"] == whole["held_out_loss"]
    assert resumed["resumed"]
    capsys.readouterr()
    assert main(["finetune", "--resume", "out/checkpoint.safetensors", "--seed", "5"]) == cli.FAILED
    assert "the checkpoint's run has --seed 4, found 5" in capsys.readouterr().err


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("left", ["checkpoint.safetensors", "checkpoint.previous.safetensors", "metrics.json"])
def test_a_folder_that_holds_another_run_is_refused(left: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path("output/finetune")
    folder.mkdir(parents=True)
    (folder / left).write_text("another run's")
    Path("else").mkdir()
    for given in (
        ["finetune"],
        ["finetune", "--out", str(folder)],
        ["finetune", "--resume", "else/checkpoint", "--out", str(folder)],
    ):
        assert main(given) == cli.FAILED
        error = capsys.readouterr().err
        assert f"{folder / left}: this folder holds another run" in error
        assert "--overwrite" in error
        assert error.count("\n") == 1
        assert contents(folder) == {left: b"another run's"}


@pytest.mark.usefixtures("workbook_alone")
def test_a_run_is_overwritten_where_that_is_asked_for_and_goes_on_in_its_own_folder(finished: Path) -> None:
    shutil.copytree(finished, "out")
    before = contents(Path("out"))
    assert main([*QUICK, "--seed", "4"]) == cli.FAILED
    assert contents(Path("out")) == before
    assert main([*QUICK, "--seed", "4", "--overwrite"]) == cli.GOOD
    assert json.loads(Path("out/metrics.json").read_text())["settings"]["seed"] == 4
    assert main(["finetune", "--resume", "out/checkpoint.safetensors"]) == cli.GOOD
    assert json.loads(Path("out/metrics.json").read_text())["resumed"]
    assert not Path("output").exists()


def test_no_checkpoint_runs_code_of_a_name_that_was_not_stated(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    Path("mine.py").write_text(MINE)
    given = ["--arch", "mine:net", "--epochs", "0", "--epochs-frozen", "1", "--out", "out"]
    monkeypatch.setattr("workbook.app.finetune.leave", pressed)
    assert main(["finetune", *given]) == cli.INTERRUPTED
    saved = Path("out/checkpoint.safetensors")
    assert f"interrupted; --resume {saved} --arch mine:net goes on" in capsys.readouterr().err
    Path("mine.py").write_text("from pathlib import Path\nPath('ran').touch()\n" + MINE)
    monkeypatch.delitem(sys.modules, "mine")
    assert main(["finetune", "--resume", str(saved)]) == cli.FAILED
    assert "has --arch mine:net, which runs code of that name here: state it to go on" in capsys.readouterr().err
    assert not Path("ran").exists()
    assert main(["finetune", "--resume", str(saved), "--arch", "mine:net"]) == cli.INTERRUPTED
    assert Path("ran").exists()
    monkeypatch.delitem(sys.modules, "mine")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--arch", "vgg"], "found the arch 'vgg', expected digits"),
        (["--weights", "none.pth"], "none.pth: there is no such file"),
        (["--data", "nowhere"], "nowhere: this is no folder"),
        (["--lr", "fast"], "the learning rate is 'fast', expected A for all layers"),
        (["--resume", "none.safetensors"], "there is no such file, expected a checkpoint"),
        (["--epochs", "0", "--epochs-frozen", "0"], "0 epochs frozen and 0 unfrozen"),
        (["--head", "fastai", "--batch-size", "1"], "batch norm has no variance of one image"),
        (["--wd", "nan"], "the weight decay is nan, expected 0 to"),
        (["--lr", "1e300"], "the learning rate is '1e300', expected"),
        (["--arch", "sys:exit"], "the arch 'sys:exit' can't be made (SystemExit)"),
    ],
)
def test_a_bad_input_is_one_clear_line(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*QUICK, *arguments]) == cli.FAILED
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1
    assert not Path("out/metrics.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--head", "big"],
        ["--precision", "fp16"],
        ["--wd", "-1"],
        ["--epochs", "x"],
        ["--epochs", "1000000000"],
        ["--batch-size", "9" * 20],
        ["--scratch", "1000"],
    ],
)
def test_a_wrong_option_is_a_usage_error(arguments: list[str]) -> None:
    assert main([*QUICK, *arguments]) == 2


@pytest.mark.usefixtures("workbook_alone")
def test_steps_that_differ_fail_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {"bound": 1e-10, "steps": 50, "ok": False, "cpu": {"lesson": 1e-3}, "cuda": "not run: no device"}
    monkeypatch.setattr("workbook.app.crosscheck.cross_check", lambda device: found)
    assert main([*QUICK]) == cli.FAILED
    assert "they differ" in capsys.readouterr().out


def test_a_workbook_that_is_wrong_fails_the_command_and_is_not_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = verify.Failure("'New head'!B6", "value", "1", "2", "a test")
    monkeypatch.setattr(verify.Checks, "compare_saved", lambda self, book: [wrong])
    assert main([*QUICK]) == cli.FAILED
    assert not Path("out/fine_tuning_run.xlsx").exists()
    assert not json.loads(Path("out/metrics.json").read_text())["workbook"]["ok"]
    assert "was not written" in capsys.readouterr().out


def test_a_workbook_that_is_not_possible_leaves_the_numbers_and_the_curves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def impossible(*_: Any, **__: Any) -> None:
        assert json.loads(Path("out/metrics.json").read_text())["workbook"] is None
        raise LessonError("New head, activation: found 1e+07, expected a number from -1e+06 to 1e+06")

    monkeypatch.setattr("workbook.app.build.build", impossible)
    assert main([*QUICK]) == cli.FAILED
    assert capsys.readouterr().err.count("\n") == 1
    said = json.loads(Path("out/metrics.json").read_text())
    assert set(said["files"]) == {path.name for path in Path("out").iterdir()} - {"checkpoint.previous.safetensors"}


def test_ctrl_c_while_the_workbook_is_made_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("workbook.app.build.build", pressed)
    assert main([*QUICK]) == cli.INTERRUPTED
    assert f"interrupted; --resume {Path('out/checkpoint.safetensors')} goes on" in capsys.readouterr().err
    assert json.loads(Path("out/metrics.json").read_text())["history"]


def test_ctrl_c_leaves_a_whole_checkpoint_and_says_how_to_go_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workbook", "finetune", "--epochs-frozen", "5000", "--out", "out"]
    root = Path(cli.__file__).parents[3]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    saved = tmp_path / "out" / "checkpoint.safetensors"
    until(lambda: saved.exists() or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == cli.INTERRUPTED
    assert f"interrupted; --resume {Path('out/checkpoint.safetensors')} goes on" in error
    from engine.pipeline import checkpoint

    assert checkpoint.read(saved).state.losses
