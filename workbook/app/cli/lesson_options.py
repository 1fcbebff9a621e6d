"""Options that lessons declare, for the commands that make lessons."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from workbook import lessons
from workbook.errors import LessonError

if TYPE_CHECKING:
    from workbook.lesson.lesson import Lesson, Option


_LESSON_FLAGS = "workbook.app.cli.lesson_flags"


class LessonCommand(click.Command):
    """The command `build`: its options are its own and those that the lessons declare."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The parameters, in the order in which the help shows them."""
        *own, help_flag = super().get_params(ctx)
        if _LESSON_FLAGS not in ctx.meta:
            ctx.meta[_LESSON_FLAGS] = _lesson_flags({parameter.name for parameter in own})
        return [*own, *ctx.meta[_LESSON_FLAGS], help_flag]


def _lesson_flags(own: set[str | None]) -> list[click.Option]:
    """One option for every name that lessons declare."""
    takers: dict[str, dict[str, Option]] = {}
    for name in lessons.names():
        for option in lessons.find(name).options:
            if option.name in own:
                raise LessonError(f"lesson {name}: the option '{option.name}' is one that every build has")
            takers.setdefault(option.name, {})[name] = option
    return [_lesson_flag(name, by_lesson) for name, by_lesson in takers.items()]


def _lesson_flag(name: str, by_lesson: Mapping[str, "Option"]) -> click.Option:
    first = next(iter(by_lesson.values()))
    for lesson, option in by_lesson.items():
        if (option.kind, option.path) != (first.kind, first.path):
            raise LessonError(f"lesson {lesson}: another lesson's option '{name}' is of another kind")
    meanings: dict[str, list[str]] = {}
    for lesson, option in by_lesson.items():
        default = "" if option.default is None else f", default {option.default}"
        meanings.setdefault(f"{option.help}{default}", []).append(lesson)
    kind: Any = click.Path(readable=False) if first.path else first.kind
    return click.Option(
        [_flag(name), name],
        type=kind,
        metavar=first.metavar or ("FILE" if first.path else "N" if first.kind is int else "TEXT"),
        help="; ".join(f"{meaning} ({', '.join(takers)})" for meaning, takers in meanings.items()),
    )


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def lesson_options(chosen: Sequence["Lesson"], given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every chosen lesson's options: what was given, else the default.

    Raises:
        click.UsageError: an option that none of them takes, or a number outside a lesson's range.
    """
    stated = {name: value for name, value in given.items() if value is not None}
    for name in stated:
        if not any(option.name == name for lesson in chosen for option in lesson.options):
            takers = [other for other in lessons.names() if any(o.name == name for o in lessons.find(other).options)]
            refusing = ", ".join(lesson.name for lesson in chosen)
            raise click.UsageError(f"{_flag(name)} is an option of {', '.join(takers)}, not of {refusing}.")
    for lesson in chosen:
        for option in lesson.options:
            if option.name in stated:
                _check_range(lesson, option, stated[option.name])
    return {lesson.name: {o.name: stated.get(o.name, o.default) for o in lesson.options} for lesson in chosen}


def _check_range(lesson: "Lesson", option: "Option", value: Any) -> None:
    if (option.low is not None and value < option.low) or (option.high is not None and value > option.high):
        ends = [] if option.low is None else [f"from {option.low}"]
        ends += [] if option.high is None else [f"up to {option.high}"]
        hint = f"'{_flag(option.name)}'"
        raise click.BadParameter(f"found {value}, {lesson.name} takes numbers {' '.join(ends)}.", param_hint=hint)
