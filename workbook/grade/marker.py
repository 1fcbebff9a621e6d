"""One file → its marks: each answer beside ours and beside every known slip, with numbers drawn at random.

Nothing of a file is computed as it stands. Its answers, and the cells that they depend on, are put into our own sheets,
in which all other cells hold numbers of other draws; a formula is right if it gives what ours gives in every draw.
Earlier answers are such numbers too, so that a slip costs its own points and no others.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbook.grade.answered import Answer, answers_of
from workbook.grade.bench import Bench, Value
from workbook.grade.model import as_number
from workbook.grade.own_numbers import OwnNumbers
from workbook.grade.sheets import BUG
from workbook.grade.transplant import Transplant
from workbook.grade.tried import Tried
from workbook.grade.verdicts import CellMark, Mark, Typed, Verdict
from workbook.lesson.exercise import Exercise
from workbook.xlsx.read import Book, CellError

EQUAL = 1e-9
"""How far two formulas that are the same may be apart, as a share of the block's size."""
HERE_ONLY = 0.5
"""What a formula is worth that is right with the student's own numbers alone."""
_UNKNOWN = ("#NAME?", "#ERROR!", "#N/IMPL!", "#CIRC!", "#SPILL!", "#CALC!")
"""What ironcalc says of what it does not know or can't decide; another program may."""

SHARES: Mapping[str, float] = {"full": 1.0, "half": 0.5, "none": 0.0}
"""What a typed number is worth where a formula was asked for."""


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
    answers = {exercise.name: list(answers_of(bench, exercise, transplant)) for exercise in bench.exercises}
    tried = Tried(bench, transplant, answers)
    marking = _Marking(tried, OwnNumbers(tried, student, attempt), SHARES[typed])
    return tuple(marking.mark(exercise) for exercise in bench.exercises), tuple(notes)


@dataclass
class _Marking:
    """One file beside ours."""

    tried: Tried
    own: OwnNumbers
    share_typed: float

    def mark(self, exercise: Exercise) -> Mark:
        """The mark of one exercise."""
        if exercise.kind == "choose":
            cells = [self._chosen(exercise, answer) for answer in self.tried.answers[exercise.name]]
        else:
            cells = [self._cell(exercise, i, answer) for i, answer in enumerate(self.tried.answers[exercise.name])]
            cells = self._without_luck(exercise, cells)
        share = sum(cell.share for cell in cells) / len(cells)
        wrong = [cell for cell in cells if cell.verdict != Verdict.RIGHT]
        if exercise.kind == "bug":
            named = self._named(exercise)
            share = (share + named.share) / 2
            wrong = wrong or ([named] if named.verdict != Verdict.RIGHT else [])
        verdict, said = Verdict.RIGHT, ""
        if wrong:
            undecided = [cell for cell in wrong if cell.verdict == Verdict.LOOK]
            (verdict, said), _ = Counter((cell.verdict, cell.said) for cell in undecided or wrong).most_common(1)[0]
        off = tuple(cell.typed for cell in cells if cell.typed is not None)
        return Mark(exercise.name, round(exercise.points * share, 6), exercise.points, verdict, said, off)

    def _named(self, exercise: Exercise) -> CellMark:
        """The mark of the name of a planted bug."""
        place = self.tried.bench.places[exercise.block + BUG]
        at = (place.title, *place.origin)
        cell = self.tried.transplant.cell(at) if place.title in self.tried.transplant.sheets else None
        planted = self.own.numbers.planted[exercise.name]
        if cell is not None and cell.formula is not None:
            return CellMark(0.0, Verdict.LOOK, "the bug is named by a formula")
        if cell is None or not isinstance(cell.value, str) or not cell.value.strip():
            return CellMark(0.0, Verdict.EMPTY, "mended, and not named")
        if cell.value.strip().upper() in (exercise.bugs[planted].upper(), exercise.bugs[planted][-1]):
            return CellMark(1.0, Verdict.RIGHT)
        return CellMark(0.0, Verdict.WRONG, f"mended, but the bug was another one: {exercise.slips[planted].says}")

    def _without_luck(self, exercise: Exercise, cells: list[CellMark]) -> list[CellMark]:
        """The cells; where one has a slip, so have those that are right only because it makes no difference there."""
        said = {cell.said for cell in cells if cell.verdict == Verdict.SLIP}
        made = [number for number, slip in enumerate(exercise.slips) if slip.says in said]
        found = list(cells)
        for i, answer in enumerate(self.tried.answers[exercise.name]):
            if cells[i].verdict == Verdict.RIGHT and answer.kind == "formula":
                slip = next((n for n in made if self._is_slip(exercise, i, n)), None)
                if slip is not None:
                    found[i] = CellMark(0.0, Verdict.SLIP, exercise.slips[slip].says)
        return found

    def _is_slip(self, exercise: Exercise, i: int, number: int) -> bool:
        """Whether a formula gives what a slip gives in every draw, errors too, though not errors alone."""
        place = self.tried.bench.places[exercise.block]
        at = (place.title, *place.cells()[i])
        pairs = [
            (tried[at], draw.slips[exercise.block][number][i], draw.sizes[exercise.block])
            for tried, draw in zip(self.tried.values, self.tried.bench.draws, strict=True)
        ]
        alike = [pair for pair in pairs if _same(*pair)]
        others = [pair for pair in pairs if pair not in alike]
        return bool(alike) and all(isinstance(found, CellError) and found == slip for found, slip, _ in others)

    def _cell(self, exercise: Exercise, i: int, answer: Answer) -> CellMark:
        match answer.kind:
            case "missing":
                return CellMark(0.0, Verdict.MISSING, "the sheet is not in the file")
            case "empty":
                return CellMark(0.0, Verdict.EMPTY)
            case "undecided":
                return CellMark(0.0, Verdict.LOOK, answer.why)
            case "text":
                expected = self.own.numbers.values[exercise.block].ravel()[i]
                same = isinstance(expected, str) and expected == answer.why
                return self._number_mark(exercise, "") if same else CellMark(0.0, Verdict.TEXT, "a text, not a number")
            case "formula":
                return self._formula(exercise, i, answer)
            case _:
                assert answer.value is not None
                tag = "" if answer.kind == "number" else ", as a text"
                return self._typed(exercise, i, answer.value, tag)

    # ---- formulas, beside ours in every draw

    def _formula(self, exercise: Exercise, i: int, answer: Answer) -> CellMark:
        place = self.tried.bench.places[exercise.block]
        at = (place.title, *place.cells()[i])
        found = [tried[at] for tried in self.tried.values]
        unknown = next((v.code for v in found if isinstance(v, CellError) and v.code in _UNKNOWN), "")
        if unknown:
            why = "a circle" if unknown == "#CIRC!" else f"it gives {unknown} where it was tried"
            return CellMark(0.0, Verdict.LOOK, why)
        draws = self.tried.bench.draws
        decides = [k for k, draw in enumerate(draws) if isinstance(draw.ours[exercise.block][i], float | str)]
        if not decides:
            return CellMark(0.0, Verdict.LOOK, "no draw of numbers decides it")

        def equals(k: int, other: Sequence[Value]) -> bool:
            return _same(found[k], other[i], draws[k].sizes[exercise.block])

        if all(equals(k, draws[k].ours[exercise.block]) for k in decides):
            return CellMark(1.0, Verdict.RIGHT)
        for number, slip in enumerate(exercise.slips):
            if self._is_slip(exercise, i, number):
                planted = exercise.kind == "bug" and self.own.numbers.planted[exercise.name] == number
                if planted:
                    return CellMark(0.0, Verdict.EMPTY, "the bug is still there")
                return CellMark(0.0, Verdict.SLIP, slip.says)
        assert answer.moved is not None
        if not answer.moved.reads and isinstance(found[0], float):
            return self._typed(exercise, i, found[0], ", inside a formula")
        if error := next((v for v in found if isinstance(v, CellError)), None):
            return CellMark(0.0, Verdict.WRONG, f"it gives {error}")
        if self.own.is_near_expected(exercise, i, as_number(self.own.values[at][0]), EQUAL * 100):
            said = "right for your numbers only: a number is built in that should be a cell"
            return CellMark(HERE_ONLY, Verdict.WRONG, said)
        return CellMark(0.0, Verdict.WRONG, self._how_wrong([found[k] for k in decides], exercise, i, decides))

    def _how_wrong(self, found: Sequence[Value], exercise: Exercise, i: int, decides: Sequence[int]) -> str:
        ours = [as_number(self.tried.bench.draws[k].ours[exercise.block][i]) for k in decides]
        with np.errstate(all="ignore"):
            ratios = np.array([as_number(value) for value in found]) / np.array(ours)
        if np.isfinite(ratios).all() and np.ptp(ratios) <= 1e-9 * abs(ratios[0]) and len(ratios) > 1:
            return f"it is {ratios[0]:.4g} times what it should be"
        return "it is another number"

    # ---- numbers, beside what is right for the student

    def _typed(self, exercise: Exercise, i: int, value: float, tag: str) -> CellMark:
        if self.own.is_near_expected(exercise, i, value, exercise.tolerance):
            return self._number_mark(exercise, tag)
        for number, slip in enumerate(exercise.slips):
            wrong = as_number(self.own.slip(exercise, number)[i])
            if abs(value - wrong) <= exercise.tolerance * abs(wrong):
                return CellMark(0.0, Verdict.SLIP, slip.says, typed=value)
        return CellMark(0.0, Verdict.WRONG, f"another number is right here{tag}", typed=value)

    def _number_mark(self, exercise: Exercise, tag: str) -> CellMark:
        share = 1.0 if exercise.kind == "predict" else self.share_typed
        if share == 1.0:
            return CellMark(1.0, Verdict.RIGHT)
        return CellMark(share, Verdict.TYPED, f"the right number, typed{tag}: a formula was asked for")

    def _chosen(self, exercise: Exercise, answer: Answer) -> CellMark:
        if answer.kind in ("missing", "empty", "undecided", "text"):
            return self._cell(exercise, 0, answer)
        if answer.value is not None and answer.value == exercise.start:
            return CellMark(0.0, Verdict.EMPTY, "it is what stood there at first")
        holds = self.own.reached(exercise, answer)
        if isinstance(holds, CellError) and holds.code in _UNKNOWN:
            return CellMark(0.0, Verdict.LOOK, f"it gives {holds} where it was tried")
        if holds is True:
            return CellMark(1.0, Verdict.RIGHT)
        return CellMark(0.0, Verdict.WRONG, "the goal is not reached")


def _same(found: Value, other: Value, size: float) -> bool:
    if isinstance(found, float) and isinstance(other, float):
        return abs(found - other) <= EQUAL * max(size, abs(other))
    return isinstance(found, str) and found == other
