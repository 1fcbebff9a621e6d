"""A verifier that can't fail is worthless: faults are planted in every block, and each must be found by name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from sweep import FEW, some

from workbook.check.recalc.ironcalc import IronCalc, IronCalcSession
from workbook.check.verify import Checks, compare, options
from workbook.formula.address import cell_position
from workbook.formula.grammar import Name, walk
from workbook.formula.parser import parse
from workbook.lesson.lesson import Array, Formula, Given
from workbook.plan import derive
from workbook.plan.place import Place
from workbook.plan.plan import Plan
from workbook.xlsx.read import Book, Cell, SheetCells, read_workbook

Position = tuple[int, int]
Spoil = Callable[[Cell, float], Cell]


class Small(NamedTuple):
    path: Path
    plan: Plan
    book: Book


@pytest.fixture(scope="module")
def built(every: tuple[Path, Plan], read: Book) -> Small:
    return Small(*every, read)


def formulas(plan: Plan) -> list[Place]:
    return [place for place in plan.places.values() if isinstance(place.block, Formula)]


def positions(place: Place) -> list[Position]:
    """The first, a middle and the last cell of a block."""
    rows, columns = place.rows.ravel(), place.columns.ravel()
    return sorted({(int(rows[i]), int(columns[i])) for i in (0, place.count // 2, place.count - 1)})


def spoiled(built: Small, where: list[tuple[Place, Position]], spoil: Spoil) -> Book:
    """The book with a fault in some cells, each fitted to the scale of its block."""
    cells = {title: dict(sheet.cells) for title, sheet in built.book.sheets.items()}
    for place, at in where:
        cells[place.title][at] = spoil(cells[place.title][at], built.plan.scale(place.name))
    sheets = {title: SheetCells(sheet.title, sheet.state, cells[title]) for title, sheet in built.book.sheets.items()}
    return replace(built.book, sheets=sheets)


def off_by_a_thousandth(value: float, scale: float) -> str:
    """What to add to a formula: a thousandth of its value, or of the scale where the value is nothing beside it."""
    return "*1.001" if abs(value) > 1e-6 * scale else f"+{0.001 * (scale or 1.0):.3e}"


def scaled_formula(cell: Cell, scale: float) -> Cell:
    value = cell.value if isinstance(cell.value, float) else 0.0
    return cell._replace(formula=f"({cell.formula}){off_by_a_thousandth(value, scale)}")


def scaled_value(cell: Cell, scale: float) -> Cell:
    match cell.value:
        case float(value):
            return cell._replace(value=value * 1.001 if abs(value) > 1e-6 * scale else value + 0.001 * (scale or 1.0))
        case other:
            return cell._replace(value=f"{other}!")


def hard_coded(cell: Cell, scale: float) -> Cell:
    return Cell(cell.value if isinstance(cell.value, float) else 1.0)


def test_the_file_as_written_has_no_fault(built: Small) -> None:
    assert compare(built.book, built.plan) == []


@pytest.mark.parametrize(
    ("spoil", "kind", "heads_only"),
    [(scaled_formula, "formula", True), (scaled_value, "cached", False), (hard_coded, "missing", True)],
)
def test_a_fault_in_every_block_is_found_and_named(built: Small, spoil: Spoil, kind: str, heads_only: bool) -> None:
    for turn in some(range(3), 3 if built.plan.lesson.name in FEW[:2] else 1):
        where = []
        for place in formulas(built.plan):
            cells = built.book.sheets[place.title].cells
            chosen = [at for at in positions(place) if cells[at].formula or not heads_only]
            where.append((place, chosen[turn % len(chosen)]))
        planted = {f"{place.title}!{row}:{column}" for place, (row, column) in where}
        failures = compare(spoiled(built, where, spoil), built.plan)
        assert planted <= {spelled(failure.cell) for failure in failures if failure.kind == kind}


def spelled(cell: str) -> str:
    title, _, address = cell.rpartition("!")
    row, column = cell_position(address)
    return f"{title}!{row}:{column}"


def test_one_fault_alone_is_named_alone(small: tuple[Path, Plan]) -> None:
    built = Small(*small, read_workbook(small[0]))
    place = built.plan.places["one_hot.squared_error"]
    row, column = positions(place)[1]
    (failure,) = compare(spoiled(built, [(place, (row, column))], scaled_value), built.plan)
    assert (spelled(failure.cell), failure.kind) == (f"One-hot!{row}:{column}", "cached")


def apart(plan: Plan) -> list[list[Place]]:
    """The formula blocks in groups in which none is computed from another: a fault in one leaves the others right."""
    blocks = {place.name: place for place in formulas(plan)}
    # Axes are named in patterns too: they are no blocks.
    reads = {
        name: {
            read
            for node in walk(parse(block.pattern))
            if isinstance(node, Name) and (read := f"{node.sheet or place.sheet}.{node.name}") in plan.places
        }
        for name, place in blocks.items()
        if isinstance(block := place.block, Formula)
    }
    groups: list[tuple[list[Place], set[str]]] = []
    for name, place in blocks.items():
        before, waiting = set[str](), [name]
        while waiting:
            found = reads.get(waiting.pop(), set()) - before
            before |= found
            waiting += found
        for members, behind in groups:
            if name not in behind and before.isdisjoint(member.name for member in members):
                break
        else:
            groups.append(([], set()))
            members, behind = groups[-1]
        members.append(place)
        behind |= before
    return [members for members, _ in groups]


@contextmanager
def planted(session: IronCalcSession, built: Small, where: list[tuple[Place, Position]]) -> Iterator[None]:
    """Formulas of the file off by a thousandth while the block runs, in the program that recalculates."""
    for place, at in where:
        cell = built.book.sheets[place.title].cells[at]
        assert isinstance(cell.value, float)
        off = off_by_a_thousandth(cell.value, built.plan.scale(place.name))
        session.set_formula(place.title, *at, f"=({cell.formula}){off}")
    yield
    for place, at in where:
        session.set_formula(place.title, *at, f"={built.book.sheets[place.title].cells[at].formula}")


def turns(built: Small, members: list[Place]) -> Iterator[list[tuple[Place, Position]]]:
    """One cell of each of these blocks at a time, until all that are to be spoiled have been."""
    waiting = []
    for place in members:
        cells = built.book.sheets[place.title].cells
        waiting.append((place, [at for at in positions(place) if isinstance(cells[at].value, float)]))
    for turn in range(max(len(chosen) for _, chosen in waiting)):
        yield [(place, chosen[turn]) for place, chosen in waiting if turn < len(chosen)]


def test_failures_begin_with_the_block_that_is_wrong_and_not_with_what_is_shown_first(
    small: tuple[Path, Plan],
) -> None:
    built = Small(*small, read_workbook(small[0]))
    place = built.plan.places["dot_product.prediction"]
    with IronCalc().open(built.path) as session, planted(session, built, [(place, positions(place)[0])]):
        failures = Checks(built.plan).compare(session.values(), kind="value", by="ironcalc")
    row, column = positions(place)[0]
    assert spelled(failures[0].cell) == f"Dot product!{row}:{column}"
    # The error over all ratings stands above the predictions.
    assert any(cell_position(f.cell.rpartition("!")[2])[0] < row for f in failures if f.cell.startswith("Dot product!"))


@pytest.mark.sweep(but=FEW)
def test_values_alone_find_a_fault_in_every_block_of_numbers(built: Small) -> None:
    checks = Checks(built.plan)
    unseen = []
    with IronCalc().open(built.path) as session:
        for members in apart(built.plan):
            for faults in turns(built, members):
                with planted(session, built, faults):
                    found = session.values(list({place.title: None for place, _ in faults}))
                names = [place.name for place, _ in faults]
                failures = checks.compare(found, kind="value", by="ironcalc", only=names)
                seen = {spelled(failure.cell) for failure in failures}
                unseen += [(place.name, at) for place, at in faults if f"{place.title}!{at[0]}:{at[1]}" not in seen]
        assert unseen == []
        assert checks.compare(session.values(), kind="value", by="ironcalc") == []


def loud_cells(plan: Plan, name: str) -> Array:
    """The values of a given block moved by a tenth, or by its unit where they are 0."""
    place, values = plan.places[name], plan.values[name]
    block = place.block
    assert isinstance(block, Given)
    if block.probe is not None:
        return np.full(place.shape, block.probe)
    return np.where(np.nan_to_num(values) == 0, block.unit, values * 1.1)


def switch_settings(plan: Plan) -> list[dict[str, str]]:
    """The switches as saved, and each with another option; of a long list of choices, one."""
    settings: list[dict[str, str]] = [{}]
    for name, place in plan.places.items():
        others = [option for option in options(plan, place) if option != plan.values[name].item()]
        settings += [{name: option} for option in others[:3]]
    return settings


def test_every_input_in_use_is_loud(built: Small) -> None:
    plan = built.plan
    units = derive.units(plan.layouts)
    read = {name for unit in units for name in unit.reads}
    numeric = [
        name for name, place in plan.places.items() if isinstance(place.block, Given) and not place.block.is_text
    ]
    for name in numeric:
        assert name in read or plan.places[name].block.fixed, f"{name} is read by no formula and yet may be changed"  # type: ignore[union-attr]
    in_use = [name for name in numeric if name in read]
    silent = in_use if plan.lesson.name in FEW[:2] else some(in_use, 8)
    with IronCalc().open(built.path) as session:

        def put(name: str, values: Array) -> None:
            place = plan.places[name]
            for index in np.ndindex(place.shape):
                value = values[index] if place.shape else values.item()
                value = value if isinstance(value, str) else float(value)
                kept = None if value != value else value
                session.set(place.title, int(place.rows[index]), int(place.columns[index]), kept)

        for setting in switch_settings(plan):
            if not silent:
                break
            for name, option in setting.items():
                put(name, np.asarray(option, dtype=object))
            before = session.values()
            for name in list(silent):
                put(name, loud_cells(plan, name))
                # Where what reads it moves, the rest need not be looked at.
                near = list(dict.fromkeys(plan.places[m].title for u in units if name in u.reads for m in u.makes))
                if _moved(before, session.values(near), plan) or _moved(before, session.values(), plan):
                    silent.remove(name)
                put(name, plan.values[name])
            for name in setting:
                put(name, plan.values[name])
    assert silent == []


def _moved(before: dict, after: dict, plan: Plan) -> bool:  # type: ignore[type-arg]
    for place in formulas(plan):
        if place.title not in after:
            continue
        one, two = before[place.title], after[place.title]
        for at in zip(place.rows.ravel().tolist(), place.columns.ravel().tolist(), strict=True):
            a, b = one.get(at), two.get(at)
            if isinstance(a, float) and isinstance(b, float):
                if abs(a - b) > 1e-6:
                    return True
            elif a != b:
                return True
    return False
