"""Nothing that a reader looks at is cut, runs into what stands beside it, or needs more room than it has."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fits import cut

from workbook.app.build import make_plan
from workbook.lesson.by_hand import Column, Diagram
from workbook.lessons import find, names
from workbook.plan.layout import Label
from workbook.plan.plan import Plan


def test_every_text_of_a_small_workbook_is_seen_whole(every: tuple[Path, Plan]) -> None:
    assert list(cut(every[1])) == []


@pytest.mark.sweep
@pytest.mark.parametrize("name", names())
def test_every_text_of_a_workbook_is_seen_whole(name: str) -> None:
    lesson = find(name)
    options = {option.name: option.default for option in lesson.options}
    assert list(cut(make_plan(lesson, options, seed=0, progress=lambda *_: None))) == []


def block(name: str, **changes: Any) -> Callable[[ModuleType], Plan]:
    """The tiny plan with a block changed."""
    return lambda tiny: tiny.tiny_plan(tiny.with_block(tiny.FIT, replace(tiny.FIT.block(name), **changes)))


def chart(**changes: Any) -> Callable[[ModuleType], Plan]:
    """The tiny plan with its second chart changed."""

    def change(tiny: ModuleType) -> Plan:
        first, second, *more = tiny.FIT.charts
        return tiny.tiny_plan(replace(tiny.FIT, charts=(first, replace(second, **changes), *more)))  # type: ignore[no-any-return]

    return change


def sized(**changes: Any) -> Callable[[ModuleType], Plan]:
    """The tiny plan with other widths or heights on its second sheet."""

    def change(tiny: ModuleType) -> Plan:
        plan = tiny.tiny_plan()
        layout = plan.layouts[1]
        return replace(plan, layouts=(plan.layouts[0], replace(layout, **changes)))  # type: ignore[no-any-return]

    return change


def touching(tiny: ModuleType) -> Plan:
    """The tiny plan with words that end right where others begin."""
    labels = tiny.tiny_plan().layouts[1].labels
    return sized(labels=(*labels, Label(99, 2, "nnnnnnnnn", "words"), Label(99, 3, "more", "words")))(tiny)


def drawn(tiny: ModuleType) -> Plan:
    """The tiny plan with a diagram whose node has more words than room."""
    diagram = Diagram(columns=(Column(("far too many words",), box=True), Column(("b",))), alt="Two nodes.", width=90)
    return tiny.tiny_plan(replace(tiny.FIT, layout=(*tiny.FIT.layout, diagram)))  # type: ignore[no-any-return]


PLANTED: dict[str, tuple[Callable[[ModuleType], Plan], str]] = {
    "a name that its neighbour cuts": (sized(widths={1: 5.0}), "cut by B"),
    "a number without room": (sized(widths={5: 3.0}), "a number of 4.5 digits in a column of 3.0"),
    "a heading in a row too low": (sized(heights={}), "lines of"),
    "a heading's word that is broken": (sized(widths={5: 4.0}), "a word is broken"),
    "an option that does not fit": (sized(widths={2: 3.0}), "'yours': cut by C"),
    "names too high for their row": (block("name", upright=True, height=30.0), "upright, "),
    "words in a row lower than they are": (sized(heights={2: 6.0}), "points in row 2 of 6"),
    "letters that touch the row above": (sized(heights={2: 10.5}), "letters of 11.0 points in row 2 of 10"),
    "a chart of which hardly a strip is plot": (chart(rows=8), "a plot of "),
    "a word that is wider than its note": (block("north", note="W" * 60), "note: a word is broken"),
    "a heading that touches the next": (touching, "run together"),
    "a chart's title": (chart(title="The loss of the first run and of the second run, epoch by epoch"), "chart curves"),
    "an axis' title": (
        chart(y_title="loss, averaged over all towns of which there is a warmth, in the end and not before"),
        "needs",
    ),
    "what a cell accepts": (block("learning_rate", words="how far a step goes; " * 13), "is cut: 'how far"),
    "a node's words": (drawn, "diagram: 'far too many words' needs"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_what_does_not_fit_is_named(fault: str, tiny: ModuleType) -> None:
    change, said = PLANTED[fault]
    before = set(cut(tiny.tiny_plan()))
    found = [each for each in cut(change(tiny)) if each not in before]
    assert any(said in each for each in found), found
