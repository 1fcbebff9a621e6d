"""What a file has in the cells of an answer: formulas, numbers, texts, nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbook.grade.bench import At, Bench, Value
from workbook.grade.transplant import Moved, Transplant, UndecidedError
from workbook.lesson.exercise import Exercise


@dataclass(frozen=True)
class Answer:
    """What a file has in one cell of an answer."""

    kind: Literal["formula", "number", "text number", "text", "empty", "missing", "undecided"]
    moved: Moved | None = None
    value: float | None = None
    why: str = ""
    first: tuple[int, int] | None = None


def answers_of(bench: Bench, exercise: Exercise, transplant: Transplant) -> Iterator[Answer]:
    """What the file has in the cells of an answer."""
    place = bench.places[exercise.block]
    covered: dict[tuple[int, int], Answer] = {}
    for row, column in place.cells():
        at = (place.title, row, column)
        if place.title not in transplant.sheets:
            yield Answer("missing")
            continue
        cell = transplant.cell(at)
        if cell is not None and cell.formula is not None:
            try:
                moved = transplant.formula(cell, at)
            except UndecidedError as error:
                yield Answer("undecided", why=str(error))
                continue
            answer = Answer("formula", moved, first=(row, column))
            covered |= {cell[1:]: answer for cell in cells_of(at, moved)}
            yield answer
        elif (row, column) in covered:
            yield covered[row, column]
        else:
            yield _constant(None if cell is None else cell.value)


def _constant(value: Value) -> Answer:
    if value is None or (isinstance(value, str) and not value.strip()):
        return Answer("empty")
    if isinstance(value, float):
        return Answer("number", value=value)
    if isinstance(value, str) and (number := _of_text(value)) is not None:
        return Answer("text number", value=number)
    return Answer("text", why=str(value)[:40])


def _of_text(text: str) -> float | None:
    """A number that was typed as a text, as with a decimal comma; None where it is none."""
    spelled = "".join(text.split())
    if spelled.count(",") == 1 and "." not in spelled:
        spelled = spelled.replace(",", ".")
    try:
        number = float(spelled)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def cells_of(at: At, moved: Moved) -> list[At]:
    """The cells that a formula in that cell is for."""
    height, width = moved.size or (1, 1)
    return [(at[0], at[1] + i, at[2] + j) for i in range(height) for j in range(width)]
