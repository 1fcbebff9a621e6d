"""What every sheet by hand is: one screen, a diagram, questions that know their answers, things to try."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sweep import LARGE

from workbook.check.recalc.ironcalc import IronCalc
from workbook.lesson.answers import NOT_YET, RIGHT, TO_DO
from workbook.lesson.by_hand import Predictions, Tries
from workbook.lesson.lesson import Derive
from workbook.plan.layout import COLUMN_WIDTH, DIGIT_PIXELS, LINE_POINTS, MARGIN_PIXELS, PIXELS_PER_POINT, SheetLayout
from workbook.plan.place import Place
from workbook.plan.plan import Plan

SCREEN = (1290, 500)
"""What a window of 1366 by 768 has left for cells below ribbon and bars: 20 columns and 25 rows of the usual size."""


def by_hand(plan: Plan) -> list[SheetLayout]:
    """The sheets by hand; they follow Start."""
    found = [layout for layout in plan.layouts if layout.sheet.name.startswith("by_hand")]
    if not found:
        pytest.skip(f"{plan.lesson.name} has no sheet by hand")
    assert plan.layouts[1 : 1 + len(found)] == tuple(found)
    return found


def test_a_sheet_by_hand_fits_one_screen(every: tuple[Path, Plan]) -> None:
    for layout in by_hand(every[1]):
        last = max(int(place.columns.max()) for place in layout.places)
        ends = [(placed.column, placed.diagram.width * PIXELS_PER_POINT) for placed in layout.diagrams]

        def left(column: int, layout: SheetLayout = layout) -> float:
            widths = (layout.widths.get(k, COLUMN_WIDTH) for k in range(1, column))
            return sum(DIGIT_PIXELS * width + MARGIN_PIXELS for width in widths)

        right = max([left(last + 1), *(left(column) + width for column, width in ends)])
        rows = max([int(place.rows.max()) for place in layout.places])
        bottom = sum(layout.heights.get(row, LINE_POINTS) for row in range(1, rows + 1)) * PIXELS_PER_POINT
        assert right <= SCREEN[0], f"{layout.sheet.title} is {right:.0f} pixels wide"
        assert bottom <= SCREEN[1], f"{layout.sheet.title} is {bottom:.0f} pixels high"


def test_a_sheet_by_hand_has_a_diagram_questions_and_things_to_try(every: tuple[Path, Plan]) -> None:
    for layout in by_hand(every[1]):
        assert layout.diagrams
        kinds = [type(item) for item in layout.sheet.items()]
        assert Predictions in kinds
        assert Tries in kinds


@pytest.mark.sweep(*LARGE)
def test_a_question_knows_its_answer(every: tuple[Path, Plan]) -> None:
    plan = every[1]
    questions: dict[str, tuple[Place, Place, float]] = {}
    for layout in by_hand(plan):
        sheet = layout.sheet
        asked = [row for item in sheet.items() if isinstance(item, Predictions) for row in item.rows]
        assert len(asked) >= 2
        derived = {each.inputs["answer"]: each for each in sheet.derive if each.function.startswith("answers.")}
        for row in asked:
            answer, verdict = (plan.places[f"{sheet.name}.{name}"] for name in (row.answer, row.verdict))
            right = expected(plan, sheet.name, derived[row.answer])
            questions[f"{sheet.title}: {row.question}"] = (answer, verdict, right)
    with IronCalc().open(every[0]) as session:

        def said(answered: Callable[[float], float | None]) -> dict[str, object]:
            """The verdict on each question, all of them answered at once."""
            for answer, _, right in questions.values():
                session.set(answer.title, *answer.origin, answered(right))
            found = session.values(list({verdict.title: None for _, verdict, _ in questions.values()}))
            return {name: found[verdict.title][verdict.origin] for name, (_, verdict, _) in questions.items()}

        assert said(lambda right: None) == dict.fromkeys(questions, TO_DO)
        assert said(lambda right: float(f"{right:.3g}")) == dict.fromkeys(questions, RIGHT)
        assert said(lambda right: right + 1) == dict.fromkeys(questions, NOT_YET)


def test_no_words_hold_numbers_that_an_edit_makes_wrong(every: tuple[Path, Plan]) -> None:
    for layout in by_hand(every[1]):
        items = layout.sheet.items()
        asked = [row.question for item in items if isinstance(item, Predictions) for row in item.rows]
        nodes = [node for placed in layout.diagrams for column in placed.diagram.columns for node in column.nodes]
        assert [words for words in (*asked, *nodes) if has_a_value(words)] == []


COUNTED = re.compile(r"\b(row|unit|step|photo|value) \d+|\b\d+ (pixels|weights|factors)", re.IGNORECASE)
"""Where something stands, or how many there are: what no edit changes."""


def has_a_value(words: str) -> bool:
    """Whether words have a number in them that a cell may hold; the factor of a derivative, such as 2w, is none."""
    return re.search(r"\d(?!w)|[¼½¾]", COUNTED.sub("", words)) is not None


@pytest.mark.parametrize("words", ["I: 2, 4", "¼", "SGD at 2, slope 4: its new w?", "0·2 + 1·(−1) − 1. What is z?"])
def test_a_number_in_words_is_found(words: str) -> None:
    assert has_a_value(words)


def expected(plan: Plan, sheet: str, derive: Derive) -> float:
    """The right answer, from the block that the question is about."""
    values = np.ravel(plan.values[f"{sheet}.{derive.inputs['expected']}"])
    return float(values[{"prediction": 0, "first": 0, "last": -1}[derive.function.partition(".")[2]]])
