"""`gradbook code` on workbooks that other programs wrote: what its scripts compute, against what Excel shows."""

from collections import defaultdict
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest
from corpus.cases import Shown
from corpus.compare import Difference, compare, tally
from corpus.library import FILES, entry, files
from corpus.run import Outcome, run
from sweep import SWEEP

from workbook.formula.address import cell_position
from workbook.formula.rectangle import rectangle
from workbook.transpile import Front, Running, describe_region, javascript, npz, transpile
from workbook.transpile.back.check import run as run_script
from workbook.transpile.front.regions import cell_name
from workbook.xlsx.read import CellError

ONCE_WRONG = ("recurrent.libreoffice.xlsx", "shared.by_hand.xlsx")
"""Files that torch's scripts once had wrong while NumPy's were right."""


def chosen() -> list[Path]:
    """Every file in a sweep; else each workbook once, by its writers in turn."""
    if SWEEP:
        return files()
    written = [list(group) for _, group in groupby(files(), lambda path: entry(path).name)]
    # A program that lost much of a workbook while saving it again is no writer of it.
    whole = [[path for path in group if len(entry(path).expected) > 0.9 * _most(group)] for group in written]
    return [group[i % len(group)] for i, group in enumerate(whole)]


def _most(group: list[Path]) -> int:
    return max(len(entry(path).expected) for path in group)


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Outcome]:
    """Each file as a NumPy script, run."""
    return run(chosen(), tmp_path_factory.mktemp("numpy"))


@pytest.mark.parametrize("path", chosen(), ids=lambda path: path.stem)
def test_a_script_is_written_and_runs(path: Path, scripts: dict[Path, Outcome]) -> None:
    done = scripts[path]
    assert done.script.exists(), done.said
    assert done.ran == 0, done.said + done.complained
    assert done.code in (0, 1), done.said


def test_every_cell_is_what_excel_shows(scripts: dict[Path, Outcome], capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {path: compare(one.dumped, entry(path).expected, entry(path).formulas) for path, one in scripts.items()}
    _say("numpy", wrong, capsys)


def test_every_cell_is_what_excel_shows_with_torch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # torch's emitter starts from the same program; that a script runs by itself, NumPy's show.
    some = files() if SWEEP else sorted({*chosen()[::4], *(FILES / name for name in ONCE_WRONG)})
    wrong = {path: compare(_by_torch(path, tmp_path), entry(path).expected, entry(path).formulas) for path in some}
    _say("torch", wrong, capsys)


@cache
def front(path: Path) -> Front:
    """A workbook as it is read, for two languages."""
    return Front.of(path)


def _by_torch(path: Path, folder: Path) -> dict[str, Shown]:
    """What the torch script of a workbook computes."""
    made = transpile(path, target="torch", beside="arrays.npz", front=front(path))
    (folder / "arrays.npz").write_bytes(npz(made.script))
    (folder / "script.py").write_text(made.script.source, encoding="utf-8")
    return run_script(folder / "script.py")


def test_every_cell_is_what_excel_shows_in_javascript(capsys: pytest.CaptureFixture[str]) -> None:
    wrong: dict[Path, list[Difference]] = {}
    for path in chosen():
        program = javascript(path, front(path))
        with Running(program) as session:
            shown = session.values()
        cells = {
            cell_name(title, *at): {"error": value.code} if isinstance(value, CellError) else value
            for title, found in shown.items()
            for at, value in found.items()
        }
        # What was refused or kept is not computed.
        left = (*program.refused, *((describe_region(region), why) for region, why in program.kept))
        computed = {name: value for name, value in cells.items() if not _is_refused(name, left)}
        wrong[path] = compare(computed, entry(path).expected, entry(path).formulas)
    _say("javascript", wrong, capsys)


def _is_refused(cell: str, refused: tuple[tuple[str, str], ...]) -> bool:
    title, _, address = cell.rpartition("!")
    row, column = cell_position(address)
    for where, _ in refused:
        of, _, area = where.rpartition("!")
        top, left, bottom, right = rectangle(area)
        if of == title and top <= row <= bottom and left <= column <= right:
            return True
    return False


def _say(target: str, wrong: dict[Path, list[Difference]], capsys: pytest.CaptureFixture[str]) -> None:
    cells = sum(len(entry(path).expected) for path in wrong)
    report = "\n".join(_report(target, cells, wrong))
    with capsys.disabled():
        print(f"\n{report}")
    assert not any(wrong.values()), report


def _report(target: str, cells: int, wrong: dict[Path, list[Difference]]) -> list[str]:
    """What is wrong, cell by cell; then by program and by function, where anything is."""
    lines = [f"{path.name} {difference}" for path, found in wrong.items() for difference in found]
    writers: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    functions: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for path, found in wrong.items():
        known = entry(path)
        writers[known.writer][0] += len(known.expected)
        writers[known.writer][1] += len(found)
        for function, (count, bad) in tally(known.formulas, [difference.cell for difference in found]).items():
            functions[function][0] += count
            functions[function][1] += bad
    bad = sum(map(len, wrong.values()))
    lines.append(f"{target}: {cells - bad:,} of {cells:,} cells are Excel's ({1 - bad / cells:.3%})")
    lines += [
        f"  written by {writer}: {count - miss:,} of {count:,}" for writer, (count, miss) in sorted(writers.items())
    ]
    lines += [f"  {name}: {count - miss:,} of {count:,}" for name, (count, miss) in sorted(functions.items()) if miss]
    return lines
