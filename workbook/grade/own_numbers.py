"""What is right with the student's own numbers, and what slips and choices give there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from workbook.grade.answered import Answer
from workbook.grade.bench import At, Value, empty
from workbook.grade.course import Numbers
from workbook.grade.model import as_number
from workbook.grade.tried import Tried
from workbook.lesson.exercise import ANSWER, Exercise
from workbook.lesson.lesson import Array


@dataclass
class OwnNumbers:
    """The numbers of one student, and our sheets with them.

    Args:
        tried: the formulas of the student's file.
        student: who it is.
        attempt: which draw of numbers the file holds.
    """

    tried: Tried
    student: str
    attempt: int
    _slips: dict[tuple[str, int], list[Value]] = field(default_factory=dict)

    @cached_property
    def numbers(self) -> Numbers:
        """The student's numbers."""
        return self.tried.bench.course.numbers(self.student, self.attempt)

    @cached_property
    def values(self) -> Mapping[At, tuple[Value, Value]]:
        """The answers' values with the student's own numbers, and the right ones, given earlier answers."""
        bench, model = self.tried.bench, self.tried.bench.live
        bench.put_numbers(self.numbers)
        self.tried.put_helpers(model)
        beside: list[At] = []
        for exercise in bench.exercises:
            place = bench.places[exercise.block]
            for (row, column), answer in zip(place.cells(), self.tried.answers[exercise.name], strict=True):
                if answer.moved is None:
                    model.set(place.title, row, column, answer.value)
                elif answer.first == (row, column):
                    model.set_formula(place.title, row, column, answer.moved.text, answer.moved.size)
            if exercise.kind == "choose":
                continue
            for (row, column), text in bench.formulas(exercise, bench.pattern(exercise)).items():
                model.set_formula(bench.beside[place.title], row, column, text)
                beside.append((place.title, row, column))
        model.evaluate()
        found: dict[At, tuple[Value, Value]] = {
            at: (model.get(*at), model.get(bench.beside[at[0]], at[1], at[2])) for at in beside
        }
        for title, row, column in beside:
            model.clear(title, (row, row), (column, column))
        empty(model, ((bench.beside[title], row, column) for title, row, column in beside))
        empty(model, self.tried.transplant.helpers)
        return found

    def is_near_expected(self, exercise: Exercise, i: int, value: float, tolerance: float) -> bool:
        """Whether a number is right, or would be right given the student's earlier answers."""
        place = self.tried.bench.places[exercise.block]
        expected = self.numbers.values[exercise.block]
        size = row_sizes(expected, [place.block.axis_names.index(axis) for axis in place.block.across_axes]).ravel()[i]
        own = as_number(self.values[(place.title, *place.cells()[i])][1])
        right = as_number(expected.ravel().tolist()[i])
        return any(abs(value - wanted) <= tolerance * max(size, abs(wanted)) for wanted in (right, own))

    def slip(self, exercise: Exercise, number: int) -> list[Value]:
        """What a slip gives with the student's own numbers, beside right answers."""
        key = (exercise.name, number)
        if key not in self._slips:
            bench = self.tried.bench
            bench.put_numbers(self.numbers)
            for other in bench.exercises:
                bench.live.put(bench.places[other.block], self.numbers.values[other.block])
            self._slips[key] = bench.tried(bench.live, exercise, exercise.slips[number].pattern)
        return self._slips[key]

    def reached(self, exercise: Exercise, answer: Answer) -> Value:
        """Whether a choice reaches its goal, with the student's own numbers, beside right answers."""
        bench, model = self.tried.bench, self.tried.bench.live
        bench.put_numbers(self.numbers)
        self.tried.put_helpers(model)
        place = bench.places[exercise.block]
        for other in bench.exercises:
            if other.kind != "choose":
                model.fill(bench.places[other.block], bench.right(other))
        if answer.moved is None:
            model.set(*self._at(exercise), answer.value)
        else:
            model.set_formula(*self._at(exercise), answer.moved.text)
        holds = bench.tried(model, exercise, ANSWER.sub(exercise.own, exercise.holds))[0]
        for other in bench.exercises:
            empty(model, ((bench.places[other.block].title, *at) for at in bench.places[other.block].cells()))
        model.set(place.title, *place.origin, None)
        empty(model, self.tried.transplant.helpers)
        return holds

    def _at(self, exercise: Exercise) -> At:
        place = self.tried.bench.places[exercise.block]
        return place.title, *place.origin


def row_sizes(values: Array, across: Sequence[int]) -> Array:
    """The root mean square of each row of a block, in its shape; of words 0.

    >>> row_sizes(np.array([[3.0, 4.0], [0.0, 0.0]]), [1]).round(2).tolist()
    [[3.54, 3.54], [0.0, 0.0]]
    """
    numbers = np.array([as_number(value) for value in values.ravel().tolist()]).reshape(values.shape)
    squares = np.nan_to_num(numbers) ** 2
    mean = squares.mean(axis=tuple(across), keepdims=True) if across else squares
    return np.broadcast_to(np.sqrt(mean), numbers.shape)
