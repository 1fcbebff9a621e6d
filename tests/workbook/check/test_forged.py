"""What a careful adversary does to a workbook, and where the verifier finds it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from workbook.check.verify import compare_formulas
from workbook.formula.address import cell_address
from workbook.plan.plan import Plan
from workbook.xlsx.read import Book, Cell, read_workbook


def with_formulas(book: Book, title: str, change: Callable[[str], str]) -> tuple[Book, set[str]]:
    """The book with the formulas of one sheet changed, and the cells that this changed."""
    changed: dict[tuple[int, int], Cell] = {}
    for at, cell in book.sheets[title].cells.items():
        if cell.formula and change(cell.formula) != cell.formula:
            changed[at] = cell._replace(formula=change(cell.formula))
    sheet = replace(book.sheets[title], cells={**book.sheets[title].cells, **changed})
    return replace(book, sheets={**book.sheets, title: sheet}), {f"{title}!{cell_address(*at)}" for at in changed}


def test_a_sheets_own_title_inside_a_text_is_another_text(small_optimizers: tuple[Path, Plan]) -> None:
    path, plan = small_optimizers
    book, changed = with_formulas(
        read_workbook(path), "SGD", lambda text: text.replace('"diverged"', "\"'SGD'!diverged\"")
    )
    failures = compare_formulas(book, plan)
    assert len(changed) == 3 * 29, "the verdict of three epochs of 29 points"
    assert {failure.cell for failure in failures} == changed
    assert {failure.kind for failure in failures} == {"formula"}


def test_a_sheets_own_title_before_a_reference_says_nothing(small_optimizers: tuple[Path, Plan]) -> None:
    path, plan = small_optimizers
    rate = f"$B${plan.places['sgd.learning_rate'].origin[0]}*"
    book, changed = with_formulas(read_workbook(path), "SGD", lambda text: text.replace(rate, f"'sgd'!{rate}"))
    assert len(changed) > 100
    assert compare_formulas(book, plan) == []
