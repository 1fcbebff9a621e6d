"""A verifier that can't fail is worthless: faults are planted in every block, and each must be found by name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from workbook import derive
from workbook.lesson import Array, Formula, Given
from workbook.place import Place
from workbook.plan import Plan
from workbook.read import Book, Cell, SheetCells, read_workbook
from workbook.recalc.ironcalc import IronCalc, IronCalcSession
from workbook.verify import Checks, compare, options

Position = tuple[int, int]
Spoil = Callable[[Cell], Cell]


class Small(NamedTuple):
    path: Path
    plan: Plan
    book: Book


@pytest.fixture(scope="module")
def built(every: tuple[Path, Plan]) -> Small:
    return Small(*every, read_workbook(every[0]))


def formulas(plan: Plan) -> list[Place]:
    return [place for place in plan.places.values() if isinstance(place.block, Formula)]


def positions(place: Place) -> list[Position]:
    """The first, a middle and the last cell of a block."""
    rows, columns = place.rows.ravel(), place.columns.ravel()
    return sorted({(int(rows[i]), int(columns[i])) for i in (0, place.count // 2, place.count - 1)})


def spoiled(book: Book, where: dict[str, list[Position]], spoil: Spoil) -> Book:
    sheets = {}
    for title, sheet in book.sheets.items():
        cells = dict(sheet.cells)
        for position in where.get(title, []):
            cells[position] = spoil(cells[position])
        sheets[title] = SheetCells(sheet.title, sheet.state, cells)
    return replace(book, sheets=sheets)


def scaled_formula(cell: Cell) -> Cell:
    return replace(cell, formula=f"({cell.formula})*1.001+0.001")


def scaled_value(cell: Cell) -> Cell:
    """A thousandth off; a residual that is nothing but rounding is moved by a thousandth of one, as 0 is."""
    match cell.value:
        case float(value):
            return replace(cell, value=value * 1.001 if abs(value) > 1e-9 else 0.001)
        case other:
            return replace(cell, value=f"{other}!")


def hard_coded(cell: Cell) -> Cell:
    return Cell(cell.value if isinstance(cell.value, float) else 1.0)


def test_the_file_as_written_has_no_fault(built: Small) -> None:
    assert compare(built.book, built.plan) == []


@pytest.mark.parametrize(
    ("spoil", "kind", "heads_only"),
    [(scaled_formula, "formula", True), (scaled_value, "cached", False), (hard_coded, "missing", True)],
)
def test_a_fault_in_every_block_is_found_and_named(built: Small, spoil: Spoil, kind: str, heads_only: bool) -> None:
    for turn in range(3):
        where: dict[str, list[Position]] = {}
        for place in formulas(built.plan):
            cells = built.book.sheets[place.title].cells
            chosen = [at for at in positions(place) if cells[at].formula] if heads_only else positions(place)
            where.setdefault(place.title, []).append(chosen[turn % len(chosen)])
        planted = {f"{title}!{row}:{column}" for title, spots in where.items() for row, column in spots}
        failures = compare(spoiled(built.book, where, spoil), built.plan)
        found = {spelled(failure.cell) for failure in failures if failure.kind == kind}
        assert planted <= found


def spelled(cell: str) -> str:
    from workbook.address import cell_position

    title, _, address = cell.rpartition("!")
    row, column = cell_position(address)
    return f"{title}!{row}:{column}"


def test_one_fault_alone_is_named_alone(small: tuple[Path, Plan]) -> None:
    path, plan = small
    place = plan.places["one_hot.squared_error"]
    at = positions(place)[1]
    (failure,) = compare(spoiled(read_workbook(path), {place.title: [at]}, scaled_value), plan)
    assert (spelled(failure.cell), failure.kind) == (f"One-hot!{at[0]}:{at[1]}", "cached")


@contextmanager
def planted(session: IronCalcSession, place: Place, at: Position, cells: dict[Position, Cell]) -> Iterator[None]:
    """One formula of the file × 1.001 + 0.001 while the block runs, in the program that recalculates."""
    text = cells[at].formula
    session.set_formula(place.title, *at, f"=({text})*1.001+0.001")
    yield
    session.set_formula(place.title, *at, f"={text}")


def test_values_alone_find_a_fault_in_every_block_of_numbers(built: Small) -> None:
    checks = Checks(built.plan)
    unseen = []
    with IronCalc().open(built.path) as session:
        for place in formulas(built.plan):
            cells = built.book.sheets[place.title].cells
            at = next(iter(positions(place)))
            block = place.block
            assert isinstance(block, Formula)
            if block.text or cells[at].array or not isinstance(cells[at].value, float):
                continue
            with planted(session, place, at, cells):
                found = session.values([place.title])
                failures = checks.compare(found, kind="value", by="ironcalc", only=[place.name])
            if f"{place.title}!{at[0]}:{at[1]}" not in {spelled(failure.cell) for failure in failures}:
                unseen.append(place.name)
        assert unseen == []
        assert checks.compare(session.values(), kind="value", by="ironcalc") == []


def test_values_alone_find_a_fault_in_every_array_formula(built: Small) -> None:
    """An array formula can't be changed in part: its recalculated values are all moved instead, by a thousandth."""
    checks = Checks(built.plan)
    with IronCalc().open(built.path) as session:
        found = session.values()
    for place in formulas(built.plan):
        assert isinstance(place.block, Formula)
        if place.block.array is None:
            continue
        moved = {title: dict(cells) for title, cells in found.items()}
        for at in zip(place.rows.ravel().tolist(), place.columns.ravel().tolist(), strict=True):
            value = moved[place.title][at]
            assert isinstance(value, float)
            moved[place.title][at] = value * 1.001 + 0.001
        named = {spelled(failure.cell) for failure in checks.compare(moved, kind="value", by="x", only=[place.name])}
        assert len(named) == place.count, place.name


def loud_cells(plan: Plan, name: str) -> Array:
    """The values of a given block moved by a tenth, or by its unit where they are 0."""
    place, values = plan.places[name], plan.values[name]
    block = place.block
    assert isinstance(block, Given)
    if block.probe is not None:
        return np.full(place.shape, block.probe)
    return np.where(values == 0, block.unit, values * 1.1)


def switch_settings(plan: Plan) -> list[dict[str, str]]:
    """The switches as saved, and each with another option; of a long list of choices, one."""
    settings: list[dict[str, str]] = [{}]
    for name, place in plan.places.items():
        others = [option for option in options(plan, place) if option != plan.values[name].item()]
        settings += [{name: option} for option in others[:3]]
    return settings


def test_every_input_in_use_is_loud(built: Small) -> None:
    plan = built.plan
    read = {name for unit in derive.units(plan.layouts) for name in unit.reads}
    numeric = [
        name for name, place in plan.places.items() if isinstance(place.block, Given) and not place.block.is_text
    ]
    for name in numeric:
        assert name in read or plan.places[name].block.fixed, f"{name} is read by no formula and yet may be changed"  # type: ignore[union-attr]
    silent = [name for name in numeric if name in read]
    with IronCalc().open(built.path) as session:

        def put(name: str, values: Array) -> None:
            place = plan.places[name]
            for index in np.ndindex(place.shape):
                value = values[index] if place.shape else values.item()
                value = value if isinstance(value, str) else float(value)
                session.set(place.title, int(place.rows[index]), int(place.columns[index]), value)

        for setting in switch_settings(plan):
            for name, option in setting.items():
                put(name, np.asarray(option, dtype=object))
            before = session.values()
            for name in list(silent):
                put(name, loud_cells(plan, name))
                if _moved(before, session.values(), plan):
                    silent.remove(name)
                put(name, plan.values[name])
            for name in setting:
                put(name, plan.values[name])
    assert silent == []


def _moved(before: dict, after: dict, plan: Plan) -> bool:  # type: ignore[type-arg]
    for place in formulas(plan):
        one, two = before[place.title], after[place.title]
        for at in zip(place.rows.ravel().tolist(), place.columns.ravel().tolist(), strict=True):
            a, b = one.get(at), two.get(at)
            if isinstance(a, float) and isinstance(b, float):
                if abs(a - b) > 1e-6:
                    return True
            elif a != b:
                return True
    return False
