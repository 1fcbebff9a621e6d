"""The results of a file's formulas in every draw, each computed on a sheet beside ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from workbook.grade.answered import Answer, cells_of
from workbook.grade.bench import At, Bench, Gave, Value, empty
from workbook.grade.model import Model
from workbook.grade.transplant import Moved, Transplant
from workbook.xlsx.read import CellError


@dataclass
class Tried:
    """The formulas of one file.

    Args:
        bench: of the file's course.
        transplant: of the file.
        answers: exercise → what the file has in its cells.
    """

    bench: Bench
    transplant: Transplant
    answers: Mapping[str, Sequence[Answer]]

    @cached_property
    def values(self) -> list[Mapping[At, Value]]:
        """The results of the file's formulas, draw by draw, by the cell on our sheet."""
        formulas: dict[At, Moved] = {}
        for exercise in self.bench.exercises:
            place = self.bench.places[exercise.block]
            for at, answer in zip(place.cells(), self.answers[exercise.name], strict=True):
                if answer.moved is not None and answer.first == at:
                    formulas[place.title, *at] = answer.moved
        found = {at: known for at, moved in formulas.items() if (known := self._known(at, moved)) is not None}
        fresh = {at: moved for at, moved in formulas.items() if at not in found}
        if fresh:
            given, spills = self._given(fresh)
            if spills and found:
                # What the others would do to it can only be seen among them.
                found, (given, _) = {}, self._given(formulas)
            elif not spills:
                self.bench.keep({(at, fresh[at]): values for at, values in given.items() if self._is_alone(fresh[at])})
            found |= given
        tried: list[Mapping[At, Value]] = []
        for k in range(len(self.bench.draws)):
            cells: dict[At, Value] = {}
            for first, values in found.items():
                cells |= zip(cells_of(first, formulas[first]), values[k], strict=True)
            tried.append(cells)
        return tried

    def _is_alone(self, moved: Moved) -> bool:
        """Whether a formula reads nothing that only this file has, so that it gives the same wherever it stands."""
        return not (self.transplant.helpers.keys() & moved.reads)

    def _known(self, at: At, moved: Moved) -> Gave | None:
        return self.bench.known(at, moved) if self._is_alone(moved) else None

    def _given(self, formulas: Mapping[At, Moved]) -> tuple[dict[At, Gave], bool]:
        """The results of formulas in each draw, by cell; and whether one spills into other cells."""
        beside = self.bench.beside
        filled = {cell for at, moved in formulas.items() for cell in cells_of(at, moved)}
        given: dict[At, Gave] = {at: [] for at in formulas}
        spills = False
        for draw in self.bench.draws:
            model = draw.model
            self.put_helpers(model)
            for (title, row, column), moved in formulas.items():
                model.set_formula(beside[title], row, column, moved.text, moved.size)
            model.evaluate()
            for at, moved in formulas.items():
                values = [model.get(beside[title], row, column) for title, row, column in cells_of(at, moved)]
                given[at].append(values)
                after = ((at[0], at[1] + 1, at[2]), (at[0], at[1], at[2] + 1))
                spills |= any(
                    cell not in filled and model.get(beside[cell[0]], *cell[1:]) is not None for cell in after
                )
                spills |= any(isinstance(value, CellError) and value.code == "#SPILL!" for value in values)
            for title, row, column in filled:
                model.clear(beside[title], (row, row), (column, column))
            empty(model, self.transplant.helpers)
        return given, spills

    def put_helpers(self, model: Model) -> None:
        """Put the cells that the file's formulas depend on into our sheets."""
        for (title, row, column), helper in self.transplant.helpers.items():
            if isinstance(helper, Moved):
                model.set_formula(title, row, column, helper.text)
            else:
                model.set(title, row, column, helper)
