"""Bad input gets one clear line and exit 1, and nothing is lost."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from processes import PATIENCE_S, until

from engine.datasets import movielens
from workbook.app import cli
from workbook.app.build import make_plan
from workbook.check.recalc import libreoffice
from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.verify import WorkbookCheck, verify
from workbook.lessons import find
from workbook.xlsx.read import read_workbook
from workbook.xlsx.write import write

HEADER = "userId,movieId,rating\n"
GOOD = HEADER + "".join(f"{user},{movie},{1 + (user + movie) % 5}\n" for user in range(1, 9) for movie in range(1, 9))
SMALL = ["--users", "4", "--items", "4", "--factors", "2", "--latent", "3", "--device", "cpu"]


def ran(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    """The exit code and what was said on stderr."""
    code = cli.main(argv)
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"PK\x03\x04\x00\x00binary\x00\xff", "ratings.csv"),
        (HEADER.encode(), "no rating"),
        (b"a,b\n1,2\n", "fewer than 3 columns"),
        (GOOD.replace("1,3,5\n", "1,3,abc\n").encode(), "row 4.*abc"),
        (GOOD.replace("1,3,5\n", "1,3,nan\n").encode(), "row 4"),
        (GOOD.replace("1,3,5\n", "1,3,55\n").encode(), "row 4.*55"),
        ((GOOD + "1,1,3\n").encode(), "second time"),
        ((HEADER + "1,1,3\n1,2,4\n2,1,5\n").encode(), "users"),
    ],
    ids=["empty", "binary", "header only", "two columns", "abc", "nan", "out of range", "twice", "too few"],
)
def test_a_bad_ratings_file_is_one_line(
    content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "1,3,5\n" in GOOD
    path = tmp_path / "ratings.csv"
    path.write_bytes(content)
    out = tmp_path / "out"
    out.mkdir()
    old = out / "collab_filter.xlsx"
    old.write_bytes(b"the old file")
    code, err = ran(capsys, "build", "collab_filter", "--ratings", str(path), "--out", str(out), *SMALL)
    assert code == 1
    lines = [line for line in err.splitlines() if line.startswith("gradbook: ")]
    assert len(lines) == 1
    assert "Traceback" not in err
    assert re.search(said, lines[0]), lines[0]
    assert old.read_bytes() == b"the old file"
    assert [entry.name for entry in out.iterdir()] == ["collab_filter.xlsx"]


@pytest.mark.parametrize(
    "argv",
    [
        ["verify", "file.xlsx"],
        ["code", "file.xlsx"],
        ["page", "file.xlsx"],
        ["build", "optimizers", "--points", "file.xlsx"],
    ],
)
def test_whether_a_file_can_be_read_is_told_by_whoever_reads_it(
    argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file.xlsx").write_text("no workbook")
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    code, err = ran(capsys, *argv)
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith("gradbook: file.xlsx")


def test_a_missing_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, err = ran(
        capsys, "build", "collab_filter", "--ratings", str(tmp_path / "none.csv"), "--out", str(tmp_path), *SMALL
    )
    assert (code, err.count("gradbook: ")) == (1, 1)
    assert "none.csv" in err


TITLES = {
    1: "=HYPERLINK(A1)",
    2: "+1 (2001)",
    3: "-2 (2002)",
    4: "@home (2003)",
    5: 'a "quoted", comma (2004)',
    6: "smile \U0001f600 and \x07 bell\x1b",
    7: "x" * 40_000,
    8: "<b>&_x0041_*~ in a town",
}


@pytest.fixture
def ironcalc_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One program recalculates; both check the lessons elsewhere."""
    monkeypatch.setattr("workbook.check.recalc.engines", lambda wanted: [IronCalc()])


@pytest.mark.usefixtures("ironcalc_alone")
def test_any_title_stays_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ratings, movies = tmp_path / "ratings.csv", tmp_path / "movies.csv"
    ratings.write_text(GOOD)
    rows = [f'{number},"{title.replace(chr(34), chr(34) * 2)}",Drama\n' for number, title in TITLES.items()]
    movies.write_text("movieId,title,genres\n" + "".join(rows), encoding="utf-8")
    size = ["--users", "4", "--items", "8", "--factors", "2", "--latent", "3", "--device", "cpu"]
    code, err = ran(
        capsys,
        "build",
        "collab_filter",
        "--ratings",
        str(ratings),
        "--movies",
        str(movies),
        "--out",
        str(tmp_path),
        *size,
    )
    assert code == 0, err
    cells = read_workbook(tmp_path / "collab_filter.xlsx").sheets["Latent factors"].cells
    shown = {str(cell.value) for (_, column), cell in cells.items() if column == 1}
    assert {TITLES[n] for n in (1, 2, 3, 4, 5, 8)} <= shown
    assert "smile \U0001f600 and bell" in {" ".join(title.split()) for title in shown}
    assert any(title.startswith("xxx") and len(title) <= 200 for title in shown)
    sheet = openpyxl.load_workbook(tmp_path / "collab_filter.xlsx")["Latent factors"]
    assert not [cell for row in sheet for cell in row if cell.data_type == "f"]
    for engine in [IronCalc(), libreoffice.find()]:
        if engine is None:
            continue  # it is not installed
        with engine.open(tmp_path / "collab_filter.xlsx") as session:
            assert set(session.values(["Latent factors"])["Latent factors"].values()) >= {TITLES[1], TITLES[8]}


def verified(ratings: Path, **size: int) -> WorkbookCheck:
    """What is found in the workbook of these ratings."""
    lesson = find("collab_filter")
    options = {option.name: option.default for option in lesson.options} | {"ratings": str(ratings), **size}
    plan = make_plan(lesson, options, seed=0, progress=silent)
    path = ratings.parent / "collab_filter.xlsx"
    write(plan, path)
    return verify(path, device="cpu", engines=[IronCalc()], progress=silent)


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def test_ratings_on_another_scale_are_another_workbook(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = [f"{u}\t{m}\t{rng.integers(1, 11)}\t0\n" for u in range(12) for m in range(12) if rng.random() < 0.8]
    path = tmp_path / "u.data"
    path.write_text("".join(lines))
    found = verified(path, users=4, items=4, factors=2, latent=3)
    assert found.ok, found.failures[:5]


@pytest.mark.parametrize("users", [3, pytest.param(4, marks=pytest.mark.sweep)])
def test_the_smallest_cut_is_a_workbook(users: int, tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(GOOD)
    found = verified(path, users=users, items=3, factors=2, latent=3)
    assert found.ok, found.failures[:5]


def test_one_device_too_many_is_said_before_any_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    code, err = ran(capsys, "build", "cross_entropy", "--device", "cuda", "--out", str(tmp_path))
    assert code == 1
    assert "cuda" in err
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_the_old_file_and_says_so(tmp_path: Path) -> None:
    old = tmp_path / "cross_entropy.xlsx"
    old.write_bytes(b"the old file")
    command = [sys.executable, "-m", "workbook", "build", "cross_entropy", "--out", str(tmp_path), "--device", "cpu"]
    root = Path(cli.__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as child:
        until(lambda: list(tmp_path.glob(".gradbook-*")) or child.poll() is not None)
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 130
    assert "Traceback" not in err
    assert "interrupted" in err
    assert old.read_bytes() == b"the old file"
    assert [entry.name for entry in tmp_path.iterdir()] == ["cross_entropy.xlsx"]


def test_the_bundled_ratings_are_the_lectures_cut() -> None:
    assert len(movielens.cut(movielens.read_ratings()).rating) == 206


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "train-images-idx3-ubyte",
            b"\x89PNG and more than sixteen bytes",
            "magic number is 2303741511, expected 2051",
        ),
        ("train-images-idx3-ubyte", None, "there is no train-images-idx3-ubyte in it"),
        ("t10k-labels-idx1-ubyte", bytes([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]), "3 labels found, expected 20"),
        ("train-labels-idx1-ubyte", bytes([0, 0, 8, 1, 0, 0, 0, 100, 1, 2]), "2 bytes follow the header, expected 100"),
    ],
    ids=["not IDX", "missing", "labels that don't match", "short"],
)
def test_a_bad_idx_file_is_one_line(
    name: str, content: bytes | None, said: str, small_digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "digits"
    shutil.copytree(small_digits, folder)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    out = tmp_path / "out"
    code, err = ran(
        capsys,
        "build",
        "mnist_from_scratch",
        "--mnist",
        str(folder),
        "--batch",
        "8",
        "--out",
        str(out),
        "--device",
        "cpu",
    )
    assert code == 1
    (line,) = [line for line in err.splitlines() if line.startswith("gradbook: ")]
    assert said in line
    assert str(folder) in line
    assert list(out.glob("*.xlsx")) == []


def test_too_few_digits_for_a_mini_batch_are_one_line(
    small_digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, err = ran(
        capsys, "build", "mnist_from_scratch", "--mnist", str(small_digits), "--batch", "128", "--out", str(tmp_path)
    )
    assert code == 1
    assert len([line for line in err.splitlines() if line.startswith("gradbook: ")]) == 1
    assert "100" in err
    assert "128" in err
