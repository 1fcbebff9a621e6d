"""One file → its marks: each answer beside ours and beside every known slip, with numbers drawn at random.

Nothing of a file is computed as it stands. Its answers, and the cells that they hang on, are put into our own sheets,
in which all other cells hold numbers of other draws; a formula is right if it gives what ours gives in every draw.
Earlier answers are such numbers too, so that a slip costs its own points and no others.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from workbook.grade.bench import At, Bench, Gave, Value, empty
from workbook.grade.course import Numbers
from workbook.grade.model import Model, as_number
from workbook.grade.sheets import BUG
from workbook.grade.transplant import Moved, Transplant, UndecidedError
from workbook.lesson.exercise import ANSWER, Exercise
from workbook.lesson.lesson import Array
from workbook.xlsx.read import Book, CellError

EQUAL = 1e-9
"""How far two formulas that are the same may be apart, as a share of the block's size."""
HERE_ONLY = 0.5
"""What a formula is worth that is right with the student's own numbers alone."""
RIGHT, LOOK, TYPED, SLIP, WRONG, EMPTY, MISSING, TEXT = (
    *("right", "look at this", "typed", "slip", "wrong", "empty", "sheet missing", "text"),
)
"""The verdicts."""
_UNKNOWN = ("#NAME?", "#ERROR!", "#N/IMPL!", "#CIRC!", "#SPILL!", "#CALC!")
"""What ironcalc says of what it does not know or can't decide; another program may."""

Typed = Literal["full", "half", "none"]
SHARES: Mapping[str, float] = {"full": 1.0, "half": 0.5, "none": 0.0}
"""What a typed number is worth where a formula was asked for."""


@dataclass(frozen=True)
class CellMark:
    """One cell: its share of its points, a verdict, what to say to the learner, and a wrong number typed there."""

    share: float
    verdict: str
    said: str = ""
    typed: float | None = None


@dataclass(frozen=True)
class Mark:
    """One exercise of one file.

    Args:
        name: of the exercise.
        points: won.
        of: that there are.
        verdict: of its cells that are not right, the commonest.
        said: what to say to the learner.
        typed: the wrong numbers typed there.
    """

    name: str
    points: float
    of: float
    verdict: str
    said: str
    typed: tuple[float, ...] = ()


@dataclass(frozen=True)
class _Answer:
    """What a file has in one cell of an answer."""

    kind: Literal["formula", "number", "text number", "text", "empty", "missing", "undecided"]
    moved: Moved | None = None
    value: float | None = None
    why: str = ""
    first: tuple[int, int] | None = None


def mark(
    bench: Bench, book: Book, student: str, attempt: int, *, typed: Typed = "half"
) -> tuple[tuple[Mark, ...], tuple[str, ...]]:
    """The marks of a file that holds a student's numbers of one draw, and what else there is to say of it.

    Args:
        bench: of the file's course.
        book: the file.
        student: whose numbers it holds.
        attempt: of which draw.
        typed: what a typed number is worth where a formula was asked for.
    """
    sheets, notes = bench.aligner.find(book)
    transplant = Transplant(book, sheets, bench.is_planned, bench.moved)
    answers = {exercise.name: list(_answers(bench, exercise, transplant)) for exercise in bench.exercises}
    marking = _Marking(bench, transplant, answers, student, attempt, SHARES[typed])
    return tuple(marking.mark(exercise) for exercise in bench.exercises), tuple(notes)


def _answers(bench: Bench, exercise: Exercise, transplant: Transplant) -> Iterator[_Answer]:
    """What the file has in the cells of an answer."""
    place = bench.places[exercise.block]
    covered: dict[tuple[int, int], _Answer] = {}
    for row, column in place.cells():
        at = (place.title, row, column)
        if place.title not in transplant.sheets:
            yield _Answer("missing")
            continue
        cell = transplant.cell(at)
        if cell is not None and cell.formula is not None:
            try:
                moved = transplant.formula(cell, at)
            except UndecidedError as error:
                yield _Answer("undecided", why=str(error))
                continue
            height, width = moved.size or (1, 1)
            answer = _Answer("formula", moved, first=(row, column))
            covered |= {(row + i, column + j): answer for i in range(height) for j in range(width)}
            yield answer
        elif (row, column) in covered:
            yield covered[row, column]
        else:
            yield _constant(None if cell is None else cell.value)


def _constant(value: Value) -> _Answer:
    if value is None or (isinstance(value, str) and not value.strip()):
        return _Answer("empty")
    if isinstance(value, float):
        return _Answer("number", value=value)
    if isinstance(value, str) and (number := _of_text(value)) is not None:
        return _Answer("text number", value=number)
    return _Answer("text", why=str(value)[:40])


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


@dataclass
class _Marking:
    """One file beside ours."""

    bench: Bench
    transplant: Transplant
    answers: Mapping[str, Sequence[_Answer]]
    student: str
    attempt: int
    share_typed: float
    _slips: dict[tuple[str, int], list[Value]] = field(default_factory=dict)

    def mark(self, exercise: Exercise) -> Mark:
        """The mark of one exercise."""
        if exercise.kind == "choose":
            cells = [self._chosen(exercise, answer) for answer in self.answers[exercise.name]]
        else:
            cells = [self._cell(exercise, i, answer) for i, answer in enumerate(self.answers[exercise.name])]
            cells = self._without_luck(exercise, cells)
        share = sum(cell.share for cell in cells) / len(cells)
        wrong = [cell for cell in cells if cell.verdict != RIGHT]
        if exercise.kind == "bug":
            named = self._named(exercise)
            share = (share + named.share) / 2
            wrong = wrong or ([named] if named.verdict != RIGHT else [])
        verdict, said = RIGHT, ""
        if wrong:
            undecided = [cell for cell in wrong if cell.verdict == LOOK]
            (verdict, said), _ = Counter((cell.verdict, cell.said) for cell in undecided or wrong).most_common(1)[0]
        off = tuple(cell.typed for cell in cells if cell.typed is not None)
        return Mark(exercise.name, round(exercise.points * share, 6), exercise.points, verdict, said, off)

    def _named(self, exercise: Exercise) -> CellMark:
        """The mark of the name of a planted bug."""
        place = self.bench.places[exercise.block + BUG]
        at = (place.title, *place.origin)
        cell = self.transplant.cell(at) if place.title in self.transplant.sheets else None
        planted = self._numbers.planted[exercise.name]
        if cell is not None and cell.formula is not None:
            return CellMark(0.0, LOOK, "the bug is named by a formula")
        if cell is None or not isinstance(cell.value, str) or not cell.value.strip():
            return CellMark(0.0, EMPTY, "mended, and not named")
        if cell.value.strip().upper() in (exercise.bugs[planted].upper(), exercise.bugs[planted][-1]):
            return CellMark(1.0, RIGHT)
        return CellMark(0.0, WRONG, f"mended, but the bug was another one: {exercise.slips[planted].says}")

    def _without_luck(self, exercise: Exercise, cells: list[CellMark]) -> list[CellMark]:
        """The cells; where one has a slip, those have it too that are right because it makes no difference there."""
        said = {cell.said for cell in cells if cell.verdict == SLIP}
        made = [number for number, slip in enumerate(exercise.slips) if slip.says in said]
        found = list(cells)
        for i, answer in enumerate(self.answers[exercise.name]):
            if cells[i].verdict == RIGHT and answer.kind == "formula":
                slip = next((n for n in made if self._is_slip(exercise, i, n)), None)
                if slip is not None:
                    found[i] = CellMark(0.0, SLIP, exercise.slips[slip].says)
        return found

    def _is_slip(self, exercise: Exercise, i: int, number: int) -> bool:
        """Whether a formula gives what a slip gives in every draw, errors too, though not errors alone."""
        place = self.bench.places[exercise.block]
        at = (place.title, *place.cells()[i])
        pairs = [
            (tried[at], draw.slips[exercise.block][number][i], draw.sizes[exercise.block])
            for tried, draw in zip(self._tried, self.bench.draws, strict=True)
        ]
        alike = [pair for pair in pairs if _same(*pair)]
        others = [pair for pair in pairs if pair not in alike]
        return bool(alike) and all(isinstance(found, CellError) and found == slip for found, slip, _ in others)

    def _cell(self, exercise: Exercise, i: int, answer: _Answer) -> CellMark:
        match answer.kind:
            case "missing":
                return CellMark(0.0, MISSING, "the sheet is not in the file")
            case "empty":
                return CellMark(0.0, EMPTY)
            case "undecided":
                return CellMark(0.0, LOOK, answer.why)
            case "text":
                expected = self._numbers.values[exercise.block].ravel()[i]
                same = isinstance(expected, str) and expected == answer.why
                return self._number_mark(exercise, "") if same else CellMark(0.0, TEXT, "a text, not a number")
            case "formula":
                return self._formula(exercise, i, answer)
            case _:
                assert answer.value is not None
                tag = "" if answer.kind == "number" else ", as a text"
                return self._typed(exercise, i, answer.value, tag)

    # ---- formulas, beside ours in every draw

    @cached_property
    def _tried(self) -> list[Mapping[At, Value]]:
        """Draw by draw, what the file's formulas give: of the cell on our sheet."""
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
                cells |= zip(_block(first, formulas[first]), values[k], strict=True)
            tried.append(cells)
        return tried

    def _is_alone(self, moved: Moved) -> bool:
        """Whether a formula reads nothing that only this file has, so that it gives the same wherever it stands."""
        return not (self.transplant.helpers.keys() & moved.reads)

    def _known(self, at: At, moved: Moved) -> Gave | None:
        return self.bench.known(at, moved) if self._is_alone(moved) else None

    def _given(self, formulas: Mapping[At, Moved]) -> tuple[dict[At, Gave], bool]:
        """What formulas give in each draw, in the cells that each is for; and whether one runs on into other cells."""
        beside = self.bench.beside
        filled = {cell for at, moved in formulas.items() for cell in _block(at, moved)}
        given: dict[At, Gave] = {at: [] for at in formulas}
        spills = False
        for draw in self.bench.draws:
            model = draw.model
            self._put_helpers(model)
            for (title, row, column), moved in formulas.items():
                model.set_formula(beside[title], row, column, moved.text, moved.size)
            model.evaluate()
            for at, moved in formulas.items():
                values = [model.get(beside[title], row, column) for title, row, column in _block(at, moved)]
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

    def _put_helpers(self, model: Model) -> None:
        for (title, row, column), helper in self.transplant.helpers.items():
            if isinstance(helper, Moved):
                model.set_formula(title, row, column, helper.text)
            else:
                model.set(title, row, column, helper)

    def _formula(self, exercise: Exercise, i: int, answer: _Answer) -> CellMark:
        place = self.bench.places[exercise.block]
        at = (place.title, *place.cells()[i])
        found = [tried[at] for tried in self._tried]
        unknown = next((v.code for v in found if isinstance(v, CellError) and v.code in _UNKNOWN), "")
        if unknown:
            return CellMark(0.0, LOOK, "a circle" if unknown == "#CIRC!" else f"it gives {unknown} where it was tried")
        draws = self.bench.draws
        decides = [k for k, draw in enumerate(draws) if isinstance(draw.ours[exercise.block][i], float | str)]
        if not decides:
            return CellMark(0.0, LOOK, "no draw of numbers decides it")

        def equals(k: int, other: Sequence[Value]) -> bool:
            return _same(found[k], other[i], draws[k].sizes[exercise.block])

        if all(equals(k, draws[k].ours[exercise.block]) for k in decides):
            return CellMark(1.0, RIGHT)
        for number, slip in enumerate(exercise.slips):
            if self._is_slip(exercise, i, number):
                planted = exercise.kind == "bug" and self._numbers.planted[exercise.name] == number
                return CellMark(0.0, EMPTY if planted else SLIP, "the bug is still there" if planted else slip.says)
        assert answer.moved is not None
        if not answer.moved.reads and isinstance(found[0], float):
            return self._typed(exercise, i, found[0], ", inside a formula")
        if error := next((v for v in found if isinstance(v, CellError)), None):
            return CellMark(0.0, WRONG, f"it gives {error}")
        if self._near_expected(exercise, i, as_number(self._own[at][0]), EQUAL * 100):
            said = "right for your numbers only: a number is built in that should be a cell"
            return CellMark(HERE_ONLY, WRONG, said)
        return CellMark(0.0, WRONG, self._how_wrong([found[k] for k in decides], exercise, i, decides))

    def _how_wrong(self, found: Sequence[Value], exercise: Exercise, i: int, decides: Sequence[int]) -> str:
        ours = [as_number(self.bench.draws[k].ours[exercise.block][i]) for k in decides]
        with np.errstate(all="ignore"):
            ratios = np.array([as_number(value) for value in found]) / np.array(ours)
        if np.isfinite(ratios).all() and np.ptp(ratios) <= 1e-9 * abs(ratios[0]) and len(ratios) > 1:
            return f"it is {ratios[0]:.4g} times what it should be"
        return "it is another number"

    # ---- numbers, beside what is right for the student

    @cached_property
    def _numbers(self) -> Numbers:
        return self.bench.course.numbers(self.student, self.attempt)

    @cached_property
    def _own(self) -> Mapping[At, tuple[Value, Value]]:
        """What the answers are with the student's own numbers, and what is right beside earlier answers of theirs."""
        bench, model = self.bench, self.bench.live
        bench.put_numbers(self._numbers)
        self._put_helpers(model)
        beside: list[At] = []
        for exercise in bench.exercises:
            place = bench.places[exercise.block]
            for (row, column), answer in zip(place.cells(), self.answers[exercise.name], strict=True):
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
        empty(model, self.transplant.helpers)
        return found

    def _near_expected(self, exercise: Exercise, i: int, value: float, tolerance: float) -> bool:
        """Whether a number is the right one, or the one that is right beside earlier answers of theirs."""
        place = self.bench.places[exercise.block]
        expected = self._numbers.values[exercise.block]
        size = row_sizes(expected, [place.block.axis_names.index(axis) for axis in place.block.across_axes]).ravel()[i]
        own = as_number(self._own[(place.title, *place.cells()[i])][1])
        right = as_number(expected.ravel().tolist()[i])
        return any(abs(value - wanted) <= tolerance * max(size, abs(wanted)) for wanted in (right, own))

    def _typed(self, exercise: Exercise, i: int, value: float, tag: str) -> CellMark:
        if self._near_expected(exercise, i, value, exercise.tolerance):
            return self._number_mark(exercise, tag)
        for number, slip in enumerate(exercise.slips):
            wrong = as_number(self._slip(exercise, number)[i])
            if abs(value - wrong) <= exercise.tolerance * abs(wrong):
                return CellMark(0.0, SLIP, slip.says, typed=value)
        return CellMark(0.0, WRONG, f"another number is right here{tag}", typed=value)

    def _number_mark(self, exercise: Exercise, tag: str) -> CellMark:
        share = 1.0 if exercise.kind == "predict" else self.share_typed
        if share == 1.0:
            return CellMark(1.0, RIGHT)
        return CellMark(share, TYPED, f"the right number, typed{tag}: a formula was asked for")

    def _slip(self, exercise: Exercise, number: int) -> list[Value]:
        """What a slip gives with the student's own numbers, beside right answers."""
        key = (exercise.name, number)
        if key not in self._slips:
            bench = self.bench
            bench.put_numbers(self._numbers)
            for other in bench.exercises:
                bench.live.put(bench.places[other.block], self._numbers.values[other.block])
            self._slips[key] = bench.tried(bench.live, exercise, exercise.slips[number].pattern)
        return self._slips[key]

    def _chosen(self, exercise: Exercise, answer: _Answer) -> CellMark:
        if answer.kind in ("missing", "empty", "undecided", "text"):
            return self._cell(exercise, 0, answer)
        if answer.value is not None and answer.value == exercise.start:
            return CellMark(0.0, EMPTY, "it is what stood there at first")
        holds = self._reached(exercise, answer)
        if isinstance(holds, CellError) and holds.code in _UNKNOWN:
            return CellMark(0.0, LOOK, f"it gives {holds} where it was tried")
        return CellMark(1.0, RIGHT) if holds is True else CellMark(0.0, WRONG, "the goal is not reached")

    def _reached(self, exercise: Exercise, answer: _Answer) -> Value:
        """Whether a choice reaches its goal, with the student's own numbers, beside right answers."""
        bench, model = self.bench, self.bench.live
        bench.put_numbers(self._numbers)
        self._put_helpers(model)
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
        empty(model, self.transplant.helpers)
        return holds

    def _at(self, exercise: Exercise) -> At:
        place = self.bench.places[exercise.block]
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


def _block(at: At, moved: Moved) -> list[At]:
    """The cells that a formula in that cell is for."""
    height, width = moved.size or (1, 1)
    return [(at[0], at[1] + i, at[2] + j) for i in range(height) for j in range(width)]


def _same(found: Value, other: Value, size: float) -> bool:
    if isinstance(found, float) and isinstance(other, float):
        return abs(found - other) <= EQUAL * max(size, abs(other))
    return isinstance(found, str) and found == other
