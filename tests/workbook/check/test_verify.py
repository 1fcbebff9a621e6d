"""A learner's edited copy is verified against its own inputs; whatever is wrong with it is named."""

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import torch

from workbook.check.recalc import libreoffice
from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.recalc.patch import write_patched
from workbook.check.verify import WorkbookCheck, verify
from workbook.errors import FileError
from workbook.formula.address import cell_address
from workbook.plan import derive
from workbook.plan.plan import Plan


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def check(path: Path) -> WorkbookCheck:
    return verify(path, device="cpu", engines=[IronCalc()], progress=silent)


@pytest.fixture
def smallest(small_of: Callable[[str], tuple[Path, Plan]]) -> tuple[Path, Plan]:
    """A small cross_entropy.xlsx."""
    return small_of("cross_entropy")


def edited(path: Path, target: Path, edit: Callable[[openpyxl.Workbook], None]) -> Path:
    """A copy edited as openpyxl saves it: without a single cached value."""
    book = openpyxl.load_workbook(path)
    edit(book)
    book.save(target)
    return target


def names(found: WorkbookCheck, kind: str) -> set[str]:
    return {failure.cell for failure in found.failures if failure.kind == kind}


def test_a_built_workbook_is_right_in_every_cell(small: tuple[Path, Plan]) -> None:
    found = check(small[0])
    assert found.ok, found.failures[:5]
    assert found.checked_cells == found.formula_cells == sum(sheet.formula_cells for sheet in found.sheets)
    assert found.witnessed_cells > 0.75 * found.formula_cells
    assert found.max_error < 1e-8
    steps = {
        block.name: block.trajectory
        for sheet in found.sheets
        if sheet.name == "Gradient descent"
        for block in sheet.blocks
    }
    assert steps["new_user_factors"] is not None
    assert steps["new_user_factors"] < 1e-10


@pytest.mark.parametrize(
    ("lesson", "block", "value"),
    [
        pytest.param("collab_filter", "gradient_descent.learning_rate", 0.35, marks=pytest.mark.sweep),
        pytest.param("collab_filter", "gradient_descent.wd", 0.0, marks=pytest.mark.sweep),
        ("collab_filter", "dot_product.factors_from", "trained"),
        pytest.param("collab_filter", "y_range.y_high", 7.25, marks=pytest.mark.sweep),
        ("cross_entropy", "cross_entropy.smoothing", 0.1),
        ("cross_entropy", "cross_entropy.reduction", "sum"),
        ("cross_entropy", "softmax.temperature", 2.0),
    ],
)
def test_another_input_is_verified_against_itself(
    small_of: Callable[[str], tuple[Path, Plan]], tmp_path: Path, lesson: str, block: str, value: float | str
) -> None:
    path, plan = small_of(lesson)
    place = plan.places[block]
    target = tmp_path / "mine.xlsx"
    write_patched(path, target, {place.title: {place.origin: value}})
    found = check(target)
    assert {failure.kind for failure in found.failures} == {"cached"}, "only the old cached values are wrong"
    assert "only saved values are wrong, no formula: open it, let it recalculate, and save it" in found.notes
    assert names(found, "cached")


def test_another_rating_makes_the_recorded_factors_stale_and_nothing_wrong(
    small: tuple[Path, Plan], tmp_path: Path
) -> None:
    path, plan = small
    switch, rating, status = (
        plan.places[name] for name in ("dot_product.factors_from", "ratings.rating", "dot_product.status")
    )
    target = tmp_path / "mine.xlsx"
    with IronCalc().open(path) as session:
        session.set(switch.title, *switch.origin, "trained")
        assert session.values()[status.title][status.origin] == "as trained"
        session.set(rating.title, *rating.origin, 1.0)
        assert str(session.values()[status.title][status.origin]).startswith("stale")
    write_patched(path, target, {switch.title: {switch.origin: "trained"}, rating.title: {rating.origin: 1.0}})
    assert {failure.kind for failure in check(target).failures} == {"cached"}


def test_a_copy_saved_by_libreoffice_is_right(small: tuple[Path, Plan], tmp_path: Path) -> None:
    office = libreoffice.find()
    if office is None:
        pytest.skip("LibreOffice is not installed")
    path, plan = small
    place = plan.places["gradient_descent.learning_rate"]
    mine = tmp_path / "mine.xlsx"
    write_patched(path, mine, {place.title: {place.origin: 0.5}})
    convert = [
        "--headless",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
        "--outdir",
        str(tmp_path / "saved"),
        str(mine),
    ]
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run([str(office.program), profile, *convert], check=True, capture_output=True, timeout=120)
    with_cache = verify(tmp_path / "saved" / "mine.xlsx", device="cpu", engines=[IronCalc()], progress=silent)
    assert {failure.kind for failure in with_cache.failures} <= {"cached"}, (
        "LibreOffice keeps the old cached values by default"
    )
    assert with_cache.checked_cells == with_cache.formula_cells
    settings = tmp_path / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(libreoffice.settings(libreoffice.ALWAYS), encoding="utf-8")
    subprocess.run([str(office.program), profile, *convert], check=True, capture_output=True, timeout=120)
    found = check(tmp_path / "saved" / "mine.xlsx")
    assert found.ok, found.failures[:5]
    assert found.checked_cells == found.formula_cells


def test_a_changed_formula_is_named(smallest: tuple[Path, Plan], tmp_path: Path) -> None:
    place = smallest[1].places["metrics.squared"]

    def edit(book: openpyxl.Workbook) -> None:
        book["Metrics"][place.address()] = "=1+1"

    found = check(edited(smallest[0], tmp_path / "x.xlsx", edit))
    assert names(found, "formula") == {f"Metrics!{place.address()}"}
    assert f"Metrics!{place.address()}" in names(found, "value")


def test_a_number_in_a_formulas_place_is_named(smallest: tuple[Path, Plan], tmp_path: Path) -> None:
    place = smallest[1].places["metrics.rmse"]

    def edit(book: openpyxl.Workbook) -> None:
        book["Metrics"][place.address()] = 0.39

    found = check(edited(smallest[0], tmp_path / "x.xlsx", edit))
    assert names(found, "missing") == {f"Metrics!{place.address()}"}
    # openpyxl keeps no drawings.
    assert found.notes == ("changed: diagrams: that of By hand has fewer shapes",)
    assert found.checked_cells == found.formula_cells == check(smallest[0]).formula_cells - 1
    assert not found.ok


def test_a_deleted_sheet_is_named(smallest: tuple[Path, Plan], tmp_path: Path) -> None:
    found = check(edited(smallest[0], tmp_path / "x.xlsx", lambda book: book.remove(book["Metrics"])))
    assert "Metrics!A1" in names(found, "missing")
    assert not found.ok


def test_a_formula_of_ones_own_is_not_counted_as_checked(smallest: tuple[Path, Plan], tmp_path: Path) -> None:
    def edit(book: openpyxl.Workbook) -> None:
        book["Start"]["J40"] = "=6*7"

    found = check(edited(smallest[0], tmp_path / "x.xlsx", edit))
    assert found.formula_cells == found.checked_cells + 1


@pytest.mark.parametrize(
    ("block", "value", "formula"),
    [
        # Its value hangs on what a draw changes, and on a drop-down.
        ("softmax.shift", "3.0", "3*B6"),
        ("cross_entropy.nudge", "0.01", 'IF(B6="mean",0.01,0.02)'),
    ],
)
def test_an_input_with_a_formula_of_ones_own_keeps_its_value_where_others_are_tried(
    small_of: Callable[[str], tuple[Path, Plan]], tmp_path: Path, block: str, value: str, formula: str
) -> None:
    path, plan = small_of("cross_entropy")
    place, target = plan.places[block], tmp_path / "mine.xlsx"
    (part,) = [f"xl/worksheets/sheet{n}.xml" for n, one in enumerate(plan.layouts, 1) if one.sheet.title == place.title]
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(target, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            if name == part:
                for at in place.cells():
                    plain = rf'(<c r="{cell_address(*at)}"[^>]*>)(<v>{value}</v>)'.encode()
                    content = re.sub(plain, rb"\1<f>" + formula.encode() + rb"</f>\2", content)
                assert formula.encode() in content
            copy.writestr(name, content)
    found = check(target)
    assert found.ok, found.failures[:3]
    assert found.notes[0].startswith("formulas in yellow cells, whose saved values count")


def test_an_edited_recorded_value_is_found(small: tuple[Path, Plan], tmp_path: Path) -> None:
    place = small[1].places["latent_factors.film_factors"]
    value = float(small[1].values["latent_factors.film_factors"][0, 0])
    target = tmp_path / "x.xlsx"
    write_patched(small[0], target, {place.title: {place.origin: value * 1.001}})
    assert any("recorded by" in failure.expected for failure in check(target).failures)


@pytest.mark.parametrize(
    ("block", "value", "found", "expected"),
    [
        ("gradient_descent.learning_rate", "fast", "fast", "a number"),
        ("gradient_descent.learning_rate", 99.0, "99", "a number from 0 to 2"),
        ("dot_product.factors_from", "guessed", "'guessed'", "one of initial, trained, yours"),
        ("ratings.rating", 0.1, "0.1", "a number from 0.5 to 5"),
    ],
)
def test_an_input_that_no_sheet_accepts_is_named(
    small: tuple[Path, Plan], tmp_path: Path, block: str, value: float | str, found: str, expected: str
) -> None:
    place = small[1].places[block]
    target = tmp_path / "x.xlsx"
    *_, last = place.cells()
    write_patched(small[0], target, {place.title: {last: value}})
    (failure,) = check(target).failures
    cell = f"{place.title}!{cell_address(*last)}"
    assert (failure.cell, failure.found, failure.expected) == (cell, found, expected)


def test_torch_computes_in_one_thread_and_has_its_own_again_afterwards(
    small_of: Callable[[str], tuple[Path, Plan]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = small_of("cross_entropy")
    seen, evaluate = set[int](), derive.evaluate

    def watched(*args: Any, **named: Any) -> Any:
        if named.get("side") == "witness":
            seen.add(torch.get_num_threads())
        return evaluate(*args, **named)

    monkeypatch.setattr(derive, "evaluate", watched)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert check(path).ok
        assert (seen, torch.get_num_threads()) == ({1}, 3)
    finally:
        torch.set_num_threads(before)


def test_a_workbook_of_somebody_else_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "theirs.xlsx")
    with pytest.raises(FileError, match="holds no gradbook manifest"):
        check(tmp_path / "theirs.xlsx")


def test_only_the_file_is_read(small_entropy: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.xlsx"
    shutil.copy(small_entropy, copy)
    before = copy.read_bytes()
    check(copy)
    assert copy.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["copy.xlsx"]


def test_the_corners_of_every_range_give_no_error_cell(small: tuple[Path, Plan]) -> None:
    from workbook.lesson.lesson import Given
    from workbook.xlsx.read import CellError

    path, plan = small
    with IronCalc().open(path) as session:
        for name, place in plan.places.items():
            block = place.block
            if not isinstance(block, Given) or block.is_text or block.fixed or block.low is None or block.high is None:
                continue
            for corner in (block.low, block.high):
                for index in np.ndindex(place.shape):
                    session.set(place.title, int(place.rows[index]), int(place.columns[index]), corner)
                errors = [
                    (title, at)
                    for title, cells in session.values().items()
                    for at, value in cells.items()
                    if isinstance(value, CellError)
                ]
                assert errors == [], f"{name} = {corner}"
            # What a learner has not answered yet stays answered: nothing but its verdict depends on it.
            for index in map(tuple, np.argwhere(~np.isnan(plan.values[name]))):
                session.set(
                    place.title, int(place.rows[index]), int(place.columns[index]), float(plan.values[name][index])
                )


SOFTMAX = "Softmax"
"""Of cross_entropy.xlsx."""


@pytest.mark.parametrize(
    ("edit", "cell", "found"),
    [
        (lambda sheet: sheet.insert_rows(16), "A16", "a row was put in here or just before"),
        (lambda sheet: sheet.insert_rows(16, 3), "A16", "3 rows were put in here or just before"),
        (lambda sheet: sheet.insert_cols(4), "D1", "a column was put in here or just before"),
        (lambda sheet: sheet.delete_rows(20, 2), None, "2 rows were taken out here or before"),
        (lambda sheet: sheet.delete_cols(4), None, "a column was taken out here or before"),
    ],
    ids=["a row", "three rows", "a column", "two rows less", "a column less"],
)
def test_a_row_or_a_column_more_or_less_is_said_first(
    edit: Callable[[Any], None], cell: str | None, found: str, small_entropy: Path, tmp_path: Path
) -> None:
    first = check(edited(small_entropy, tmp_path / "x.xlsx", lambda book: edit(book[SOFTMAX]))).failures[0]
    assert (first.kind, first.found) == ("moved", found)
    assert first.cell.startswith(f"{SOFTMAX}!")
    assert cell is None or first.cell == f"{SOFTMAX}!{cell}"


def test_a_renamed_sheet_is_said_with_the_name_that_it_has_now(small_entropy: Path, tmp_path: Path) -> None:
    def rename(book: openpyxl.Workbook) -> None:
        book[SOFTMAX].title = "My softmax"

    first = check(edited(small_entropy, tmp_path / "x.xlsx", rename)).failures[0]
    assert (first.cell, first.kind) == ("Softmax!A1", "moved")
    assert first.found == "no such sheet; 'My softmax' holds its formulas, so it was renamed"


def test_a_sheet_that_the_program_does_not_open_fails_in_its_cells(small_entropy: Path, tmp_path: Path) -> None:
    path, relations = tmp_path / "x.xlsx", "xl/_rels/workbook.xml.rels"
    number = openpyxl.load_workbook(small_entropy).sheetnames.index(SOFTMAX) + 1
    with zipfile.ZipFile(small_entropy) as archive, zipfile.ZipFile(path, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            if name == relations:
                kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
                sheet = content.index(f"/xl/worksheets/sheet{number}.xml".encode())
                begun = content.rindex(kind, 0, sheet)
                content = content[:begun] + b"NaN" + content[begun + len(kind) :]
            copy.writestr(name, content)

    found = check(path)

    assert {failure.cell.partition("!")[0] for failure in found.failures} >= {SOFTMAX}
    assert found.failures[0].found == "an empty cell"


@pytest.mark.parametrize("gone", [["H10"], ["H10", "H11", "H12"], ["B18", "C18", "D18", "E18", "F18"]])
def test_formulas_that_are_gone_are_not_called_a_row_more_or_less(
    gone: list[str], small_entropy: Path, tmp_path: Path
) -> None:
    def clear(book: openpyxl.Workbook) -> None:
        for cell in gone:
            assert str(book[SOFTMAX][cell].value).startswith("="), cell
            book[SOFTMAX][cell].value = None

    found = check(edited(small_entropy, tmp_path / "x.xlsx", clear))
    assert names(found, "moved") == set()
    assert names(found, "missing") == {f"{SOFTMAX}!{cell}" for cell in gone}
