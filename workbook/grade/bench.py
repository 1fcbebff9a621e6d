"""Our own sheets in memory, with numbers of other draws; beside each a sheet where a learner's formulas are tried."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbook.grade.align import Aligner
from workbook.grade.course import Course, Numbers
from workbook.grade.model import Model, qualified, texts
from workbook.grade.sheets import SAYS
from workbook.grade.transplant import MOST_KNOWN, Moved
from workbook.lesson.exercise import Exercise
from workbook.lesson.lesson import Array, Formula, Given
from workbook.plan.place import Place
from workbook.xlsx.read import CellError

DRAWS = 3
"""With how many other students' numbers a formula is held beside ours."""

Value = float | str | bool | CellError | None
At = tuple[str, int, int]
"""Sheet, row and column."""
Gave = list[list[Value]]
"""What a formula gives, draw by draw, in the cells that it is for."""


@dataclass(frozen=True)
class Draw:
    """One draw: our sheets with values in place of formulas, and the results of our answers and of every slip.

    Args:
        model: the sheets.
        ours: `sheet.block` of an answer → what our formula gives, cell by cell.
        slips: the same of each slip.
        sizes: of an answer, the largest magnitude that ours gives.
    """

    model: Model
    ours: Mapping[str, list[Value]]
    slips: Mapping[str, list[list[Value]]]
    sizes: Mapping[str, float]


class Bench:
    """Our own sheets of one course, with which every file is compared.

    Args:
        course: with `exam` as the files have it.
    """

    def __init__(self, course: Course) -> None:
        """Lay out the sheets; numbers are drawn when they are first asked for."""
        self.course = course
        self.exercises = course.exercises.each
        self.layouts = [layout for layout in course.handed_out if layout.sheet.name != "start"]
        self.places = {place.name: place for layout in self.layouts for place in layout.places}
        self.beside = {layout.sheet.title: f"answers {n}" for n, layout in enumerate(self.layouts, start=1)}
        self.aligner = Aligner(self.layouts)
        self.moved: dict[tuple[str, At], Moved] = {}
        self._known: dict[tuple[At, str, tuple[int, int] | None], Gave] = {}
        self._steps = {layout.sheet.name: layout.step for layout in self.layouts}
        self._answers = {exercise.block: exercise for exercise in self.exercises}
        self._planned = {
            *((place.title, row, column) for place in self.places.values() for row, column in place.cells()),
            *((layout.sheet.title, label.row, label.column) for layout in self.layouts for label in layout.labels),
        }

    def is_planned(self, at: At) -> bool:
        """Whether something of ours stands in a cell."""
        return at in self._planned

    def known(self, at: At, moved: Moved) -> Gave | None:
        """What a formula in that cell gave for an earlier file, if one had it."""
        return self._known.get((at, moved.text, moved.size))

    def keep(self, given: Mapping[tuple[At, Moved], Gave]) -> None:
        """Keep the results of formulas for the files that follow: many students write the same."""
        if len(self._known) + len(given) > MOST_KNOWN:
            self._known.clear()
        self._known |= {(at, moved.text, moved.size): values for (at, moved), values in given.items()}

    @cached_property
    def draws(self) -> tuple[Draw, ...]:
        """The draws, the same ones each time."""
        return tuple(self._draw(number) for number in range(DRAWS))

    @cached_property
    def live(self) -> Model:
        """Our sheets with all formulas; numbers are put in for each file that needs it."""
        return self._model(self.course.numbers("draw 0", 0))

    def put_numbers(self, numbers: Numbers) -> None:
        """Put a student's numbers into the live sheets."""
        givens = self.course.givens(numbers, self.layouts)
        for place in self._needed:
            if place.name not in self._answers and not isinstance(place.block, Formula):
                self.live.put(place, givens[place.name])

    def formulas(self, exercise: Exercise, pattern: str) -> dict[tuple[int, int], str]:
        """A pattern as the formulas of an answer's cells, for the sheet beside."""
        place = self.places[exercise.block]
        found = texts(place, self.places, self._steps[place.sheet], pattern)
        return {at: qualified(text, place.title) for at, text in found.items()}

    def right(self, exercise: Exercise) -> dict[tuple[int, int], str]:
        """The right formulas of an answer's own cells."""
        place = self.places[exercise.block]
        return texts(place, self.places, self._steps[place.sheet], self.pattern(exercise))

    def tried(self, model: Model, exercise: Exercise, pattern: str) -> list[Value]:
        """The results of a pattern in the cells of an answer, each computed from the sheets as they are."""
        place = self.places[exercise.block]
        beside = self.beside[place.title]
        formulas = self.formulas(exercise, pattern)
        for (row, column), text in formulas.items():
            model.set_formula(beside, row, column, text)
        model.evaluate()
        found: list[Value] = [model.get(beside, row, column) for row, column in place.cells()]
        empty(model, ((beside, row, column) for row, column in formulas))
        return found

    def pattern(self, exercise: Exercise) -> str:
        """The right answer's pattern."""
        block = self.course.places[exercise.block].block
        assert isinstance(block, Formula)
        return block.pattern

    @cached_property
    def _needed(self) -> list[Place]:
        """The blocks that numbers depend on, without verdicts and hints."""
        aside = {f"{e.sheet}.{e.own}{SAYS}" for e in self.exercises}
        own = {f"{e.sheet}.{block.name}" for e in self.exercises for block in e.blocks}
        lesson = self.course.places
        return [p for p in self.places.values() if p.name not in aside and (p.name in lesson or p.name in own)]

    def _model(self, numbers: Numbers) -> Model:
        """Our sheets with a student's numbers, all formulas but those of answers, which are right."""
        model = Model([*(layout.sheet.title for layout in self.layouts), *self.beside.values()])
        givens = self.course.givens(numbers, self.layouts)
        for place in self._needed:
            if place.name in self._answers:
                model.put(place, numbers.values[place.name])
            elif isinstance(place.block, Formula):
                model.fill(place, texts(place, self.places, self._steps[place.sheet]))
            else:
                model.put(place, givens[place.name])
        return model

    def _draw(self, number: int) -> Draw:
        rng = np.random.default_rng(number)
        numbers = self.course.numbers(f"draw {number}", 0)
        live = self._model(numbers)
        for place in self._needed:
            exercise = self._answers.get(place.name)
            if exercise is not None and exercise.kind != "choose":
                live.put(place, _shaken(numbers.values[place.name], rng))
            elif place.name in self.course.places and isinstance(self.course.places[place.name].block, Given):
                live.put(place, self._shifted(place, numbers.values[place.name], rng))
        live.evaluate()
        model = Model([*(layout.sheet.title for layout in self.layouts), *self.beside.values()])
        for place in self._needed:
            for (row, column), value in zip(place.cells(), live.values(place).ravel().tolist(), strict=True):
                model.set(place.title, row, column, None if isinstance(value, CellError) else value)
        typed = [exercise for exercise in self.exercises if exercise.kind != "choose"]
        ours = {e.block: self.tried(model, e, self.pattern(e)) for e in typed}
        slips = {e.block: [self.tried(model, e, slip.pattern) for slip in e.slips] for e in typed}
        return Draw(model, ours, slips, {block: _size(values) for block, values in ours.items()})

    def _shifted(self, place: Place, values: Array, rng: np.random.Generator) -> Array:
        """A number that all students share, changed in each draw: otherwise a formula could have it built in unseen."""
        block = self.course.places[place.name].block
        assert isinstance(block, Given)
        if place.count != 1 or block.is_text or block.whole or block.fixed or block.low is None or block.high is None:
            return values
        moved: Array = np.clip(values * (1 + rng.choice([-1.0, 1.0]) * rng.uniform(0.03, 0.15)), block.low, block.high)
        return moved


def _size(values: Iterable[Value]) -> float:
    return max((abs(value) for value in values if isinstance(value, float)), default=0.0)


def empty(model: Model, cells: Iterable[At]) -> None:
    """Empty some cells."""
    for title, row, column in cells:
        model.set(title, row, column, None)


def _shaken(values: Array, rng: np.random.Generator) -> Array:
    """Answers that are others, of the same signs and sizes; whole numbers change places, words stay."""
    if any(isinstance(value, str) for value in values.ravel().tolist()):
        return values
    numbers = values.astype(np.float64)
    if (numbers == np.round(numbers)).all():
        return rng.permutation(numbers.ravel()).reshape(numbers.shape)
    return numbers * rng.uniform(0.7, 1.4, numbers.shape)
