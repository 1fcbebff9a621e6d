"""A file in the programs that recalculate it: as it is, with inputs drawn from their ranges, in every option.

The programs begin before anything else of the file is compared, because they take longest: what they are asked is
answered meanwhile, where a program has processes of its own for that.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbook.check.checks import Checks, Failure
from workbook.check.draws import asked, draw, judged
from workbook.check.recalc.session import Engine, Question, Results, Session
from workbook.check.trials import Trial, sorted_trials, tried
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
    """

    name: str
    session: Session
    drawn: Sequence[Mapping[str, Array]]
    answers: Generator[Results, None, None]


@dataclass(frozen=True)
class Programs:
    """The programs at work on a file: the first with its answers, of each other its name and what it will find."""

    first: First | None = None
    others: Sequence[tuple[str, Future[Results]]] = ()


@contextmanager
def at_work(checks: Checks, path: Path, engines: Sequence[Engine], progress: Progress) -> Iterator[Programs]:
    """The programs, once they have begun.

    Args:
        checks: of the file's plan.
        path: the file.
        engines: the programs; the first is also asked for other inputs.
        progress: hears of the work.
    """
    with ThreadPoolExecutor() as pool, ExitStack() as stack:
        # The others are programs of their own: they recalculate while all else is compared.
        others = [(engine.name, pool.submit(_values, engine, path)) for engine in engines[1:]]
        first = None
        for engine in engines[:1]:
            progress(f"recalculating with {engine.name}", 0, 1)
            first = _begun(checks, engine.name, stack.enter_context(engine.open(path)))
            stack.enter_context(closing(first.answers))
        yield Programs(first, others)


def _begun(checks: Checks, name: str, session: Session) -> First:
    """The first program, asked for the file as it is and for other inputs."""
    drawn = [draw(checks.plan, np.random.default_rng(seed)) for seed in range(DRAWS)]
    questions = [Question({}, {}), *(asked(checks.plan, inputs) for inputs in drawn)]
    return First(name, session, drawn, session.answers(questions))


def compare_programs(checks: Checks, programs: Programs, device: str, progress: Progress) -> list[Failure]:
    """What is wrong with the values of any program; of the first also with other inputs, and torch answers to it."""
    failures = [] if programs.first is None else _compare_first(checks, programs.first, device, progress)
    for name, values in programs.others:
        progress(f"recalculating with {name}", 0, 1)
        failures += checks.compare(values.result(), kind="value", by=name)
        progress(f"recalculating with {name}", 1, 1)
    return failures


def _compare_first(checks: Checks, first: First, device: str, progress: Progress) -> list[Failure]:
    found = next(first.answers)
    progress(f"recalculating with {first.name}", 1, 1)
    # A sheet that the program did not open has its failures already, and no cell to set.
    whole = {layout.sheet.title for layout in checks.plan.layouts} <= found.keys()
    groups = sorted_trials(checks) if whole else []
    with closing(first.session.answers([tried(checks.plan, group) for group in groups])) as answers:
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


def _values(engine: Engine, path: Path) -> Results:
    with engine.open(path) as session:
        return session.values()


def compare_session(plan: Plan, session: Session, by: str, progress: Progress) -> list[Failure]:
    """What is wrong with the values of something that recalculates a workbook of gradbook's, in every option.

    Args:
        plan: what it is to agree with.
        session: what recalculates the workbook.
        by: its name, for messages.
        progress: hears of the work.
    """
    checks = Checks(plan)
    found = session.values()
    failures = checks.compare(found, kind="value", by=by)
    groups = sorted_trials(checks)
    with closing(session.answers([tried(plan, group) for group in groups])) as answers:
        return failures + _switches(checks, groups, answers, by, None, progress)


def _switches(
    checks: Checks,
    groups: Sequence[Sequence[Trial]],
    answers: Iterator[Results],
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
