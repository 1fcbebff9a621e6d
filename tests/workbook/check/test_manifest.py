"""Whose numbers a workbook holds: its manifest, and what is done to it."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from workbook.check import manifest
from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.recalc.patch import write_patched
from workbook.check.verify import WorkbookCheck, verify
from workbook.errors import FileError, WorkbookError
from workbook.lesson.lesson import Recorded
from workbook.plan import digests
from workbook.plan.plan import MANIFEST, SIGNATURE, Plan
from workbook.xlsx.read import Book, read_workbook


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def check(path: Path) -> WorkbookCheck:
    return verify(path, device="cpu", engines=[IronCalc()], progress=silent)


@pytest.fixture
def smallest(small_of: Callable[[str], tuple[Path, Plan]]) -> tuple[Path, Plan]:
    """A small cross_entropy.xlsx."""
    return small_of("cross_entropy")


@cache
def read(path: Path) -> tuple[Book, manifest.Manifest]:
    book = read_workbook(path)
    return book, manifest.read_manifest(book, path)


def with_rows(path: Path, target: Path, rows: Mapping[str, str], *, signed: bool) -> Path:
    """A copy whose manifest has other values, or none, in some rows; signed as whoever has this code can."""
    _, found = read(path)
    changed = {key: rows.get(key, value) for key, value in found.rows.items() if key != SIGNATURE}
    signature = digests.of_rows([(key, value) for key, value in changed.items() if value])
    changes: dict[tuple[int, int], str | float | bool] = {(found.places[key], 2): value for key, value in rows.items()}
    changes |= {(found.places[key], 1): "" for key, value in rows.items() if not value}
    if signed:
        changes[found.places[SIGNATURE], 2] = signature
    write_patched(path, target, {MANIFEST: changes})
    return target


def test_doubles_of_fifteen_digits_keep_their_digest_through_a_program_that_saves_fifteen() -> None:
    """And through one whose reading or writing is a unit in the last place of a double off."""
    rng = np.random.default_rng(0)
    values = digests.rounded(rng.normal(size=10_000) * 10.0 ** rng.integers(-300, 300, 10_000))
    digest = digests.of_values(values)
    assert digests.changed(np.array([float(f"{value:.15g}") for value in values]), digest) == []
    for direction in (-np.inf, np.inf):
        assert digests.changed(np.nextafter(values, direction), digest) == []


def test_a_digest_names_the_cell_that_changed() -> None:
    values = np.arange(12.0).reshape(3, 4)
    digest = digests.of_values(values)
    values[1, 2] += 1e-13 * 6
    assert digests.changed(values, digest) == [(1, 2)]


def test_a_minus_before_nothing_is_no_change() -> None:
    assert digests.changed(np.array([-0.0]), digests.of_values(np.array([0.0]))) == []


def test_recorded_values_are_spelled_by_fifteen_digits(small: tuple[Path, Plan]) -> None:
    recorded = [n for n, place in small[1].places.items() if isinstance(place.block, Recorded)]
    for name in recorded:
        values = small[1].values[name].ravel().tolist()
        assert all(float(f"{value:.15g}") == value for value in values), name


def test_two_columns_of_a_run_moved_against_each_other_are_named(small: tuple[Path, Plan], tmp_path: Path) -> None:
    """The fingerprint that was here was one projection: what one column gained, another could make up for."""
    path, plan = small
    place, values = plan.places["latent_factors.film_factors"], plan.values["latent_factors.film_factors"]
    weights = np.random.default_rng(0).uniform(1.0, 2.0, values.shape)
    at, beside = ((int(place.rows[i]), int(place.columns[i])) for i in ((0, 0), (0, 1)))
    moved = {at: values[0, 0] + 1.0, beside: values[0, 1] - weights[0, 0] / weights[0, 1]}
    write_patched(path, tmp_path / "x.xlsx", {place.title: {key: float(value) for key, value in moved.items()}})
    failures = [failure for failure in check(tmp_path / "x.xlsx").failures if failure.by == "the manifest"]
    assert {failure.cell for failure in failures} == {f"{place.title}!{place.address(i)}" for i in ((0, 0), (0, 1))}
    assert {failure.expected for failure in failures} == {f"the value recorded by {place.block.made_by}"}  # type: ignore[union-attr]


@pytest.mark.parametrize("block", ["ratings.movie_title", "held_out.checkpoint_step"])
def test_another_fixed_input_is_named(small: tuple[Path, Plan], tmp_path: Path, block: str) -> None:
    path, plan = small
    place = plan.places[block]
    value = "The Room" if plan.values[block].dtype == object else 7.0
    write_patched(path, tmp_path / "x.xlsx", {place.title: {place.origin: value}})
    failures = [failure for failure in check(tmp_path / "x.xlsx").failures if failure.by == "the manifest"]
    assert [(failure.cell, failure.expected) for failure in failures] == [
        (f"{place.title}!{place.address()}", "the value of the lesson")
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", "1"),
        ("data", "0" * 64),
        ("sizes", '{"user": 1}'),
        ("locked latent_factors.film_factors", "nan nan"),
        ("block latent_factors.film_factors", ""),
        ("looks", "0"),
    ],
)
def test_an_edited_manifest_is_refused(small: tuple[Path, Plan], tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(FileError, match="its manifest was edited, or rows of it were left out"):
        check(with_rows(small[0], tmp_path / "x.xlsx", {key: value}, signed=False))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("sizes", "{", "its manifest is damaged"),
        ("sizes", "null", "its sizes are 'null'"),
        ("sizes", '{"user": 1}', "its manifest is damaged"),
        ("sizes", '{"user": 1e9}', "the axis user has the length 1000000000.0"),
        ("sizes", '{"user": 1000000000}', "the axis user has the length 1000000000"),
        ("sizes", '{"user": Infinity}', "the axis user has the length inf"),
        ("options", "null", "its options are 'null'"),
        ("options", "-1", "its options are '-1'"),
        ("options", "1e99", "its options are '1e99'"),
        ("facts", "[]", r"its facts are '\[\]'"),
        ("facts", '{"terms": 1}', "its facts are no texts"),
        ("seed", "x", "its manifest is damaged"),
        ("locked latent_factors.film_factors", "nan nan", "no digest of latent_factors.film_factors"),
        ("locked latent_factors.film_factors", "", "no digest of latent_factors.film_factors"),
        ("block latent_factors.film_factors", "A1", "latent_factors.film_factors stands elsewhere"),
        ("block latent_factors.film_factors", "", "latent_factors.film_factors stands elsewhere"),
        ("definition", "0" * 64, "another definition of the lesson collab_filter"),
        ("lesson", "x", "no lesson named 'x'"),
    ],
)
def test_a_manifest_that_no_build_writes_is_one_clear_line(
    small: tuple[Path, Plan], tmp_path: Path, key: str, value: str, said: str
) -> None:
    with pytest.raises(WorkbookError, match=said) as caught:
        check(with_rows(small[0], tmp_path / "x.xlsx", {key: value}, signed=True))
    assert "\n" not in str(caught.value)


def test_sizes_that_leave_cells_out_are_another_definition(small: tuple[Path, Plan], tmp_path: Path) -> None:
    sizes = {**small[1].sizes, "step": small[1].sizes["step"] - 1}
    rows = {"sizes": str(sizes).replace("'", '"')}
    with pytest.raises(FileError, match="another definition of the lesson collab_filter"):
        check(with_rows(small[0], tmp_path / "x.xlsx", rows, signed=True))


def test_a_row_that_the_lesson_does_not_have_is_refused(small: tuple[Path, Plan], tmp_path: Path) -> None:
    _, found = read(small[0])
    rows = {**found.rows, "block bias.secret": "A1"}
    signature = digests.of_rows([pair for pair in rows.items() if pair[0] != SIGNATURE])
    last = max(found.places.values())
    changes: dict[tuple[int, int], str | float | bool] = {
        (last, 2): signature,
        (last + 1, 1): "block bias.secret",
        (last + 1, 2): "A1",
    }
    write_patched(small[0], tmp_path / "x.xlsx", {MANIFEST: changes})
    with pytest.raises(FileError, match=r"it speaks of block bias\.secret"):
        check(tmp_path / "x.xlsx")


def test_a_file_of_another_version_with_the_same_lesson_is_verified(small_entropy: Path, tmp_path: Path) -> None:
    found = check(with_rows(small_entropy, tmp_path / "x.xlsx", {"gradbook": "0.0.9"}, signed=True))
    assert found.ok, found.failures[:5]


def test_a_file_from_before_there_were_digests_is_one_clear_line(small: tuple[Path, Plan], tmp_path: Path) -> None:
    _, found = read(small[0])
    write_patched(small[0], tmp_path / "x.xlsx", {MANIFEST: {(found.places[SIGNATURE], 1): "x"}})
    with pytest.raises(FileError, match=r"was made by gradbook .*build it again, or verify it with that version"):
        check(tmp_path / "x.xlsx")


def test_a_build_has_a_number_that_an_edit_keeps(small: tuple[Path, Plan], tmp_path: Path) -> None:
    path, plan = small
    place = plan.places["gradient_descent.learning_rate"]
    write_patched(path, tmp_path / "x.xlsx", {place.title: {place.origin: 0.35}})
    _, edited = read(tmp_path / "x.xlsx")
    assert re.fullmatch("[0-9a-f]{12}", edited.build)
    assert edited.build == read(path)[1].build
    assert edited.build != read(with_rows(path, tmp_path / "y.xlsx", {"seed": "1"}, signed=True))[1].build


def test_another_students_file_is_never_ok(small: tuple[Path, Plan], tmp_path: Path) -> None:
    """A right file of another build, even with the same lesson and sizes, is not the one that was handed out."""
    path, plan = small
    other = with_rows(path, tmp_path / "other.xlsx", {"seed": "1", "data": "1" * 64}, signed=True)
    assert check(other).ok
    found = verify(other, device="cpu", engines=[IronCalc()], progress=silent, handed_out=path)
    assert not found.ok
    row = read(path)[1].places
    assert [(failure.cell, failure.found, failure.expected) for failure in found.failures] == [
        (f"manifest!B{row['seed']}", "seed 1", "seed 0"),
        (f"manifest!B{row['data']}", f"data {'1' * 55}…", f"data {plan.digest[:55]}…"),
    ]
    assert found.notes == (f"it is no copy of {path}: it was built from something else",)


def test_the_inputs_that_are_not_those_handed_out_are_named(smallest: tuple[Path, Plan], tmp_path: Path) -> None:
    path, plan = smallest
    switch, logit = plan.places["cross_entropy.reduction"], plan.places["softmax.logit"]
    write_patched(path, tmp_path / "x.xlsx", {switch.title: {switch.origin: "sum"}, logit.title: {logit.origin: 0.5}})
    found = verify(tmp_path / "x.xlsx", device="cpu", engines=[IronCalc()], progress=silent, handed_out=path)
    before = float(plan.values["softmax.logit"].ravel()[0])
    assert f"its inputs are others than those of {path}: " in found.notes[0]
    assert f"{switch.title}!{switch.address()} (sum, not mean)" in found.notes[0]
    assert f"{logit.title}!{logit.address()} (0.5, not {before:g})" in found.notes[0]
    assert {failure.kind for failure in found.failures} == {"cached"}
    same = verify(path, device="cpu", engines=[IronCalc()], progress=silent, handed_out=path)
    assert same.ok
    assert same.notes == ()


def test_a_file_of_another_lesson_is_said_to_be_one(
    small: tuple[Path, Plan], small_optimizers: tuple[Path, Plan]
) -> None:
    _, mine = read(small_optimizers[0])
    (failure,) = manifest.compare_origin(mine, read(small[0])[1])
    assert (failure.found, failure.expected) == ("lesson optimizers", "lesson collab_filter")
