"""Verdicts in a sheet: what a learner types, and what the cell beside it says."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.reference import answers as reference
from workbook.app.build import make_plan
from workbook.check.manifest import read_manifest, rebuild
from workbook.check.recalc.ironcalc import IronCalc, IronCalcSession
from workbook.check.verify import verify
from workbook.lesson import answers
from workbook.lesson.lesson import Data, Derive, Formula, Given, Grid, Lesson, Sheet
from workbook.xlsx.read import read_workbook
from workbook.xlsx.write import write


def load(options: Mapping[str, Any], seed: int, progress: object) -> Data:
    return Data({"row": 3}, {"quiz.right": np.array([1 / 3, 200.0, -4.0])}, {}, "none")


def sheets(sizes: Mapping[str, int], facts: Mapping[str, str]) -> tuple[Sheet, ...]:
    blocks = (
        Given(name="right", axes="row", title="right", low=-1000, high=1000),
        Given(name="guess", axes="row", title="your guess", low=-1000, high=1000, optional=True),
        Formula(name="verdict", axes="row", title="verdict", text=True, pattern=answers.prediction("guess", "right")),
    )
    derive = (
        Derive("answers.prediction", inputs={"answer": "guess", "expected": "right"}, outputs={"verdict": "verdict"}),
    )
    return (
        Sheet(
            name="quiz",
            title="Quiz",
            words="Guess.",
            blocks=blocks,
            layout=(Grid("right guess verdict"),),
            derive=derive,
        ),
    )


QUIZ = Lesson(name="quiz", title="Quiz", options=(), load=load, sheets=sheets)


@pytest.fixture(scope="module")
def quiz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("quiz") / "quiz.xlsx"
    write(make_plan(QUIZ, {}, seed=0, progress=lambda *_: None), path)
    return path


@pytest.fixture
def session(quiz: Path) -> Iterator[IronCalcSession]:
    with IronCalc().open(quiz) as session:
        yield session


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (None, "to do"),
        (0.333, "✓ right"),
        (1 / 3, "✓ right"),
        (0.34, "not yet"),
        (-1 / 3, "not yet"),
        ("0,333", "a text, not a number"),
    ],
)
def test_a_verdict_takes_a_rounded_number_and_no_text(
    session: IronCalcSession, typed: float | str | None, said: str
) -> None:
    session.set("Quiz", 5, 2, 7.0)
    session.set("Quiz", 5, 2, typed)
    assert session.values()["Quiz"][5, 3] == said


def test_an_answer_that_is_an_error_is_called_one(session: IronCalcSession) -> None:
    session.set_formula("Quiz", 5, 2, "1/0")
    assert session.values()["Quiz"][5, 3] == "an error, not a number"


def test_large_numbers_may_be_off_by_half_a_percent(session: IronCalcSession) -> None:
    session.set("Quiz", 6, 2, 201.0)
    session.set("Quiz", 7, 2, -4.03)
    found = session.values()["Quiz"]
    assert (found[6, 3], found[7, 3]) == ("✓ right", "not yet")


def test_a_known_slip_is_named_before_any_other() -> None:
    pattern = answers.verdict("a", "a=2", [("a=1", "half of it"), ("a=-2", 'the "sign"')])
    assert pattern.index("half of it") < pattern.index('not yet: the ""sign""') < pattern.rindex('"not yet"')


def test_the_reference_and_the_pattern_have_one_tolerance() -> None:
    assert reference.TOLERANCE == answers.TOLERANCE


def test_a_workbook_with_empty_answers_is_verified_also_when_they_are_filled(
    quiz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbook.check.manifest.find", lambda _: QUIZ)
    assert verify(quiz, device="cpu", engines=[IronCalc()], progress=lambda *_: None).ok
    book = read_workbook(quiz)
    plan, failures = rebuild(book, read_manifest(book, quiz))
    assert not failures
    filled = plan.values | {"quiz.guess": np.array([0.333, np.nan, 4.0])}
    filled |= {"quiz.verdict": np.array(["✓ right", "to do", "not yet"], dtype=object)}
    write(type(plan)(**{**vars(plan), "values": filled}), tmp_path / "quiz.xlsx")
    found = verify(tmp_path / "quiz.xlsx", device="cpu", engines=[IronCalc()], progress=lambda *_: None)
    assert found.ok, found.failures
