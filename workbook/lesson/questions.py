"""Questions of a sheet by hand: the cell for an answer, the verdict beside it, and what derives the verdict."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from workbook.lesson import answers
from workbook.lesson.by_hand import Predict, Predictions
from workbook.lesson.lesson import Derive, Formula, Given


@dataclass(frozen=True)
class Question:
    """A question about a number of the sheet.

    Args:
        words: what is asked.
        block: the block that the number is of.
        at: the first or the last of its cells; the only one of a scalar.
        name: tells it from another question about the same block.
    """

    words: str
    block: str
    at: Literal["first", "last", "only"] = "first"
    name: str = ""

    @property
    def answer(self) -> str:
        """The block that a learner fills."""
        return f"guess_{self.name or self.block}"

    @property
    def verdict(self) -> str:
        """The block that says whether the answer is right."""
        return f"verdict_{self.name or self.block}"


def asked(questions: Iterable[Question]) -> tuple[Given | Formula, ...]:
    """The blocks of the answers and of the verdicts."""
    found: list[Given | Formula] = []
    for question in questions:
        name = question.block
        cell = {
            "first": f"INDEX({name}, 1, 1)",
            "last": f"INDEX({name}, ROWS({name}), COLUMNS({name}))",
            # A program need not take an INDEX of one cell.
            "only": name,
        }[question.at]
        found += [
            Given(
                name=question.answer,
                title=f"your answer: {question.block.replace('_', ' ')}",
                optional=True,
                number_format="General",
                low=-1000,
                high=1000,
            ),
            Formula(name=question.verdict, text=True, role="check", pattern=answers.prediction(question.answer, cell)),
        ]
    return tuple(found)


def derived(questions: Iterable[Question]) -> tuple[Derive, ...]:
    """What derives the verdicts; not shown as code, because no learner computes them."""
    return tuple(
        Derive(
            "answers.last" if question.at == "last" else "answers.first",
            inputs={"answer": question.answer, "expected": question.block},
            outputs={"verdict": question.verdict},
            shown=False,
        )
        for question in questions
    )


def predictions(questions: Iterable[Question], columns: int) -> Predictions:
    """The questions as an item of a layout, each over so many columns of the sheet."""
    return Predictions(tuple(Predict(each.words, each.answer, each.verdict) for each in questions), columns)
