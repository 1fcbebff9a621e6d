"""A file in the programs that recalculate it: as it is, with inputs drawn from their ranges, in every option.

The programs begin before any value of the file is compared, because they take longest: what they are asked is answered
meanwhile, where a program has processes of its own for that. Whether its formulas are the plan's must be known by then.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from workbook.check.checks import Checks, Failure
from workbook.check.draws import asked, draw, judged
from workbook.check.recalc.session import Answer, Engine, Inputs, Question, Session
from workbook.check.stages import stages
from workbook.check.trials import Trial, formulas, sorted_trials, tried
from workbook.lesson.lesson import Array, Progress
from workbook.plan import derive
from workbook.plan.plan import Plan

DRAWS = 2
"""How often a verification draws all inputs from their ranges, to see what the defaults hide."""


@dataclass(frozen=True)
class First:
    """The program that is asked most, with the file open in it.

    Args:
        name: the program's name.
        session: the file.
        drawn: inputs drawn from their ranges.
        answers: gives the values of the file as it is, then those with each of the drawn inputs.
        own: the inputs that hold formulas of somebody's own, with the values that count for them.
        is_planned: whether the file's formulas are the plan's, and no others are in it.
    """

    name: str
    session: Session
    drawn: Sequence[Mapping[str, Array]]
    answers: Generator[Answer, None, None]
    own: Inputs
    is_planned: bool


Others = Sequence[tuple[str, Future[Answer]]]
"""The programs that are asked once: of each its name, and what it will find."""


@contextmanager
def others_at_work(path: Path, engines: Sequence[Engine]) -> Iterator[Others]:
    """All programs but the first, once they have begun.

    They are programs of their own: they recalculate while all else is compared.
    """
    with ThreadPoolExecutor() as pool:
        yield [(engine.name, pool.submit(_values, engine, path)) for engine in engines[1:]]


@contextmanager
def first_at_work(checks: Checks, name: str, session: Session, *, own: Inputs, is_planned: bool) -> Iterator[First]:
    """The first program, once it has been asked for the file as it is and for other inputs.

    Args:
        checks: of the file's plan.
        name: the program's name.
        session: the file in it.
        own: the inputs that hold formulas of somebody's own, with the values that count for them.
        is_planned: whether the file's formulas are the plan's, and no others are in it.
    """
    drawn = [draw(checks.plan, np.random.default_rng(seed)) for seed in range(DRAWS)]
    as_it_is = Question({}, {}, stages=partial(stages, checks.plan), cells=partial(formulas, checks.plan))
    questions = [as_it_is, *(asked(checks.plan, inputs) for inputs in drawn)]
    with closing(_answers(session, questions, own=own, is_planned=is_planned)) as answers:
        yield First(name, session, drawn, answers, own, is_planned)


def _answers(
    session: Session, questions: Iterable[Question], *, own: Inputs, is_planned: bool
) -> Generator[Answer, None, None]:
    """What a program answers; formulas that are not the plan's may read others than it says, and have no stages.

    Where inputs are set, those that hold formulas are held at their values, as in the plan: else they would follow.
    """
    return session.answers([question if is_planned else _held(question, own) for question in questions])


def _held(question: Question, own: Inputs) -> Question:
    held = {**own, **question.inputs} if question.inputs else {}
    return replace(question, inputs=held, before={**question.before, **(own if held else {})}, stages=tuple)


def compare_programs(
    checks: Checks, first: First | None, others: Others, device: str, progress: Progress
) -> list[Failure]:
    """What is wrong with the values of any program; of the first also with other inputs, and torch answers to it."""
    failures = [] if first is None else _compare_first(checks, first, device, progress)
    for name, values in others:
        progress(f"recalculating with {name}", 0, 1)
        failures += checks.compare(values.result(), kind="value", by=name)
        progress(f"recalculating with {name}", 1, 1)
    return failures


def _compare_first(checks: Checks, first: First, device: str, progress: Progress) -> list[Failure]:
    progress(f"recalculating with {first.name}", 0, 1)
    found = next(first.answers)
    progress(f"recalculating with {first.name}", 1, 1)
    # A sheet that the program did not open has its failures already, and no cell to set.
    whole = {layout.sheet.title for layout in checks.plan.layouts} <= found.keys()
    groups = sorted_trials(checks) if whole else []
    questions = [tried(checks.plan, group) for group in groups]
    with closing(_answers(first.session, questions, own=first.own, is_planned=first.is_planned)) as answers:
        failures = checks.compare(found, kind="value", by=first.name)
        checks.trajectory(found)
        progress("asking torch", 0, 1)
        failures += checks.witness(found, device)
        progress("asking torch", 1, 1)
        if failures:
            first.answers.close()
        else:
            failures += _drawn(checks, first, device, progress)
        return failures + _switches(checks, groups, answers, first.name, device, progress)


def _values(engine: Engine, path: Path) -> Answer:
    with engine.open(path) as session:
        return session.answer(None)


def compare_session(plan: Plan, session: Session, by: str, progress: Progress) -> list[Failure]:
    """What is wrong with the values of something that recalculates a workbook of gradbook's, in every option.

    Args:
        plan: what it is to agree with.
        session: what recalculates the workbook.
        by: its name, for messages.
        progress: hears of the work.
    """
    checks = Checks(plan)
    (found,) = session.answers([Question({}, {})])
    failures = checks.compare(found, kind="value", by=by)
    groups = sorted_trials(checks)
    with closing(session.answers([tried(plan, group) for group in groups])) as answers:
        return failures + _switches(checks, groups, answers, by, None, progress)


def _switches(
    checks: Checks,
    groups: Sequence[Sequence[Trial]],
    answers: Iterator[Answer],
    engine: str,
    device: str | None,
    progress: Progress,
) -> list[Failure]:
    """What goes wrong when each drop-down is set to each of its options.

    Args:
        checks: the plan's values.
        groups: what is tried at once.
        answers: gives the values of each group, of something that recalculates the workbook.
        engine: its name.
        device: where torch computes what it is to agree with; None to ask only the reference.
        progress: hears of the work.
    """
    plan = checks.plan
    failures: list[Failure] = []
    done, total = 0, sum(map(len, groups))
    for group in groups:
        progress("trying every option of every drop-down", done, total)
        found = next(answers)
        for trial in group:
            place = trial.place
            given = {**plan.values, place.name: np.asarray(trial.option, dtype=object)}
            fresh = derive.evaluate(checks.units, plan.places, given, changed=[place.name])
            values = {**given, **fresh}
            own = {title: found[title] for title in {plan.places[name].title for name in fresh}}
            by = f"{engine} with {place.title}!{place.address()} = {trial.option}"
            failures += checks.compare(own, kind="value", by=by, values=values, only=fresh)
            if device is not None:
                failures += checks.witness(own, device, values=values, changed=[place.name])
            done += 1
    progress("trying every option of every drop-down", done, total)
    return failures


def _drawn(checks: Checks, first: First, device: str, progress: Progress) -> list[Failure]:
    """What goes wrong when all inputs are drawn from their ranges, the same ones each time."""
    failures: list[Failure] = []
    for seed, inputs in enumerate(first.drawn):
        progress("drawing other inputs", seed, DRAWS)
        what = f"inputs drawn from their ranges, seed {seed}"
        failures += judged(checks, next(first.answers), inputs, engine=first.name, device=device, what=what)
    progress("drawing other inputs", DRAWS, DRAWS)
    return failures
