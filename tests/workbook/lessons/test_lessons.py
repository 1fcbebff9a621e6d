"""What every lesson inherits: lessons are found, not listed."""

import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from sweep import FEW, LARGE, SWEEP

from workbook import lessons
from workbook.app.build import make_plan
from workbook.check.checks import Checks
from workbook.check.recalc import engines, libreoffice
from workbook.check.recalc.ironcalc import IronCalc, IronCalcSession
from workbook.check.recalc.session import Results
from workbook.check.trials import Trial, trials
from workbook.check.verify import verify
from workbook.errors import LessonError, WorkbookError
from workbook.lesson.lesson import Formula, Recorded, Unprinted
from workbook.lessons import find, names, summary
from workbook.plan import derive
from workbook.plan.panel import code
from workbook.plan.plan import Plan, options
from workbook.xlsx.read import Book, CellError
from workbook.xlsx.write import write


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def test_every_lesson_has_a_name_and_one_sentence() -> None:
    assert "collab_filter" in names()
    for name in names():
        assert find(name).name == name
        assert 20 < len(summary(name)) < 120


def test_an_unknown_lesson_is_refused_with_the_known_ones() -> None:
    with pytest.raises(WorkbookError, match=r"no lesson named 'alchemy'; known: .*collab_filter"):
        find("alchemy")


@pytest.mark.parametrize("name", ["colab_filter", "Collab_Filter", "collab_filter.xlsx"])
def test_a_misspelt_lesson_is_told_which_was_meant(name: str) -> None:
    with pytest.raises(
        WorkbookError, match=rf"no lesson named '{name}' \(did you mean collab_filter\?\); known: affine"
    ):
        find(name)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("LESSN", "found no LESSON, expected LESSON = Lesson(name='slip', ...)"),
        ("LESSON", "found a lesson named 'sigmoid', expected the module's name, 'slip'"),
    ],
)
def test_a_module_without_its_lesson_is_told(
    written: str, found: str, contributed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (contributed / "sigmoid.py").read_text(encoding="utf-8")
    (tmp_path / "slip.py").write_text(text.replace("LESSON =", f"{written} ="), encoding="utf-8")
    monkeypatch.setattr(lessons, "__path__", [*lessons.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "workbook.lessons.slip", raising=False)
    with pytest.raises(LessonError, match=rf"^workbook\.lessons\.slip: {re.escape(found)}$"):
        find("slip")


def test_every_derivation_agrees_in_every_switch(every: tuple[Path, Plan]) -> None:
    by = None if SWEEP or every[1].lesson.name in FEW else ["ironcalc"]
    found = verify(every[0], device="cpu", engines=engines(by), progress=silent)
    assert found.ok, found.failures[:5]
    assert found.checked_cells == found.formula_cells


@pytest.mark.sweep(*LARGE)
def test_drop_downs_that_are_set_at_once_leave_each_other_alone(every: tuple[Path, Plan]) -> None:
    plan = every[1]

    def settled(session: IronCalcSession, trials: Sequence[Trial]) -> list[dict[tuple[int, int], Any]]:
        """What each trial's blocks show while all of these are set."""
        for trial in trials:
            session.set(trial.place.title, *trial.place.origin, trial.option)
        found = session.values()
        for trial in trials:
            session.set(trial.place.title, *trial.place.origin, plan.values[trial.place.name].item())
        return [
            {at: found[place.title].get(at) for at in zip(place.rows.ravel(), place.columns.ravel(), strict=True)}
            for place in (plan.places[name] for trial in trials for name in sorted(trial.touched))
        ]

    groups = trials(Checks(plan))
    everything = [(place.name, option) for place in plan.places.values() for option in options(plan, place)]
    saved = [(name, option) for name, option in everything if option == plan.values[name].item()]
    assert sorted([*((one.place.name, one.option) for group in groups for one in group), *saved]) == sorted(everything)
    with IronCalc().open(every[0]) as session:
        for group in groups:
            if len(group) > 1:
                assert settled(session, group) == [cells for one in group for cells in settled(session, [one])]


def test_no_cell_is_an_error(read: Book) -> None:
    assert not [
        cell for sheet in read.sheets.values() for cell in sheet.cells.values() if isinstance(cell.value, CellError)
    ]


def test_every_formula_has_a_value_beside_it(read: Book) -> None:
    assert not [
        at for sheet in read.sheets.values() for at, cell in sheet.cells.items() if cell.formula and cell.value is None
    ]


@pytest.mark.sweep(but=(*FEW[:2], "collab_filter"))
def test_two_builds_are_byte_identical(every: tuple[Path, Plan], tmp_path: Path) -> None:
    path, plan = every
    again = make_plan(plan.lesson, plan.options, seed=plan.seed, progress=silent)
    write(again, tmp_path / path.name, "built by a test", linted=True)
    assert (tmp_path / path.name).read_bytes() == path.read_bytes()


@pytest.mark.sweep(*LARGE, "collab_filter")
def test_another_seed_gives_another_workbook_where_it_is_read(every: tuple[Path, Plan]) -> None:
    plan = every[1]
    other = make_plan(plan.lesson, plan.options, seed=plan.seed + 1, progress=silent)
    is_other = any(
        not np.array_equal(other.values[name], plan.values[name])
        for name in plan.values
        if plan.values[name].dtype != object
    )
    parameter, *reads = re.findall(r"\bseed\b", inspect.getsource(plan.lesson.load))
    assert parameter
    assert is_other == bool(reads)


def test_every_recorded_block_names_what_made_it(every: tuple[Path, Plan]) -> None:
    for place in every[1].places.values():
        if isinstance(place.block, Recorded):
            module, _, name = place.block.made_by.rpartition(".")
            assert callable(getattr(__import__(module, fromlist=[name]), name))


@pytest.mark.sweep(*LARGE)
def test_the_file_opens_in_openpyxl(every: tuple[Path, Plan], opened: openpyxl.Workbook) -> None:
    assert [sheet.title for sheet in opened][:-1] == [layout.sheet.title for layout in every[1].layouts]


@pytest.mark.parametrize("side", ["reference", "witness"])
def test_the_code_shown_runs_by_itself_and_gives_the_sheets_numbers(every: tuple[Path, Plan], side: str) -> None:
    plan = every[1]
    numbers, compared = set(), set()
    for unit in derive.units(plan.layouts):
        if unit.derive is None or not unit.derive.shown:
            continue
        numbers |= {made for made in unit.makes if plan.values[made].dtype != object}
        shown: dict[str, Any] = {"__name__": "shown"}
        text = code((unit.derive.function,), side)
        name = unit.derive.function.rpartition(".")[2]
        if not text:
            continue
        assert "engine" not in re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)
        exec(compile(text, f"{unit.derive.function} as shown", "exec"), shown)
        arguments: dict[str, Any] = {}
        for p in inspect.signature(shown[name]).parameters:
            family = unit.derive.families.get(p)
            blocks = family or {p: unit.derive.inputs.get(p, p)}
            members = {key: handed(argument(plan, unit, full(of, unit.sheet)), side) for key, of in blocks.items()}
            arguments[p] = members if family else members[p]
        results = derive.flat(unit.derive, shown[name](**arguments))
        if side == "reference":
            # Torch's least squares does not repeat its last bits: below, within bounds.
            ran = derive.resolve(unit.derive.function, "reference")
            assert ran is not None
            assert same(results, derive.flat(unit.derive, ran(**arguments)))
        for result, value in results.items():
            target = full(result, unit.sheet)
            expected = first(plan, unit, target) if unit.derive.step else plan.values[target]
            if expected.dtype == object:
                continue
            scale = plan.scale(target) or 1.0
            block = plan.places[target].block
            assert isinstance(block, Formula)
            off = np.abs(np.asarray(value, dtype=np.float64).reshape(expected.shape) - expected)
            assert np.nanmax(off, initial=0.0) <= block.bound * scale, target
            compared.add(target)
    assert len(compared) > 3 or compared == numbers != set()


def test_the_code_of_the_recorded_runs_stands_alone(every: tuple[Path, Plan]) -> None:
    blocks = [place.block for place in every[1].places.values()]
    runs = {block.made_by for block in blocks if isinstance(block, Recorded)}
    # The pipeline is an application: its code is not shown beside its workbook.
    for run in sorted(run for run in runs if run.startswith("engine.runs.")):
        shown: dict[str, Any] = {"__name__": "shown"}
        text = code((run.removeprefix("engine.runs."),), "runs")
        assert "engine" not in re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)
        exec(compile(text, f"{run} as shown", "exec"), shown)
        assert callable(shown[run.rpartition(".")[2]])


def test_the_code_shown_fits_the_grid_as_the_package_does() -> None:
    from engine.runs.training import fit_grid

    shown: dict[str, Any] = {"__name__": "shown"}
    exec(compile(code(("training.fit_grid",), "runs"), "fit_grid as shown", "exec"), shown)
    grid = np.array([[5.0, 3.0, np.nan], [4.0, np.nan, 1.0], [np.nan, 2.0, 5.0]])
    found, expected = shown["fit_grid"](grid, 2), fit_grid(grid, 2)
    assert {name: values.tolist() for name, values in found.items()} == {
        name: values.tolist() for name, values in expected.items()
    }


def same(found: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """Whether results are equal to the last bit."""
    if list(found) != list(expected):
        return False
    pairs = [(np.asarray(found[name]), np.asarray(expected[name])) for name in expected]
    return all(
        one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f") for one, other in pairs
    )


def argument(plan: Plan, unit: derive.Unit, name: str) -> np.ndarray[Any, Any]:
    """What the function is given: the block's values, at the first step where it runs step by step."""
    assert unit.derive is not None
    if not unit.derive.step:
        return plan.values[name]
    if name in unit.state and name not in plan.places:
        before, start = unit.state[name]
        return np.broadcast_to(plan.values[start], first(plan, unit, before).shape)
    return first(plan, unit, name)


def first(plan: Plan, unit: derive.Unit, name: str) -> np.ndarray[Any, Any]:
    """A block's values at the first step; those of an elementwise function keep the axis."""
    assert unit.derive is not None
    values = plan.values[name]
    if unit.derive.step not in plan.places[name].sizes:
        return values
    return values[:1] if unit.derive.elementwise else np.asarray(values[0], dtype=values.dtype)


def full(name: str, sheet: str) -> str:
    return name if "." in name else f"{sheet}.{name}"


def handed(value: np.ndarray[Any, Any], side: str) -> Any:
    if value.dtype == object:
        return value if value.ndim else value.item()
    if side == "reference":
        return value
    import torch

    return torch.tensor(value)


def rendered(path: Path, folder: Path) -> Sequence[str]:
    """The lines of a print of the workbook."""
    office = libreoffice.find()
    if office is None or shutil.which("pdftotext") is None:
        pytest.skip("LibreOffice or pdftotext is not installed")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [str(office.program), profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    text = subprocess.run(
        ["pdftotext", "-layout", str(folder / f"{path.stem}.pdf"), "-"], check=True, capture_output=True, text=True
    )
    return text.stdout.splitlines()


@pytest.mark.sweep(but=FEW[:2])
def test_no_column_is_too_narrow_for_its_numbers(every: tuple[Path, Plan], tmp_path: Path) -> None:
    lines = rendered(every[0], tmp_path)
    printed = [sheet for sheet in (one.sheet for one in every[1].layouts) if not isinstance(sheet.layout[0], Unprinted)]
    assert printed
    assert not [sheet.title for sheet in printed if not any(sheet.title in line for line in lines)]
    assert not [line for line in lines if "###" in line]


def test_ironcalc_reads_what_was_written_without_recalculating_it_differently(
    read: Book, recalculated: Results
) -> None:
    texts = [
        (title, at)
        for title, sheet in read.sheets.items()
        for at, cell in sheet.cells.items()
        if cell.formula and isinstance(cell.value, str) and recalculated[title].get(at, "") != cell.value
    ]
    assert texts == []
