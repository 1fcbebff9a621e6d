"""A graph → a lesson like any other; the graph travels in the workbook, so that it is checked without its module."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from workbook.lesson import opening
from workbook.lesson.lesson import Array, Data, Lesson, Progress, Sheet
from workbook.plan.excel import quoted
from workbook.plan.plan import Plan
from workbook.traced.diagram import diagrams
from workbook.traced.emit import Emitted, emit
from workbook.traced.graph import Graph, TracedError
from workbook.traced.layout import sheets_of
from workbook.traced.values import computed, full

NAME = "traced"


@dataclass(frozen=True)
class Traced:
    """A graph with the sheets that it is laid out on."""

    graph: Graph
    emitted: Emitted
    sheets: tuple[Sheet, ...]


@lru_cache(maxsize=2)
def traced(graph: str, sheets: str, steps: int) -> Traced:
    """The sheets of a graph that is written as text; the same object for the same text."""
    found = Graph.from_json(graph)
    emitted = emit(found, sheets=sheets, steps=steps)
    return Traced(found, emitted, sheets_of(emitted, computed(found, emitted)))


def of_facts(facts: Mapping[str, str]) -> Traced:
    """The sheets of the graph that a workbook's manifest holds."""
    return traced(facts["graph"], facts["sheets"], int(facts["steps"]))


def sheets(sizes: Mapping[str, int], facts: Mapping[str, str]) -> tuple[Sheet, ...]:
    """The sheets in order."""
    made = of_facts(facts)
    notes = "".join(f"\n\n{note[:1].upper()}{note[1:]}." for note in made.graph.notes)
    start = opening.start(
        f"{facts['title']}: gradbook", _STORY.format(**facts) + notes, begin=_BEGIN, first=diagrams(made.graph)
    )
    return (start, *made.sheets)


_BEGIN = """
    Open the next sheet. Change one yellow cell, a weight or an input, and watch the loss and the gradients follow. Then
    read on from left to right: x goes in, the loss comes out, and under each number stands its gradient.
"""


_STORY = """
    A module of PyTorch, its loss, every gradient and {taken} of {optimizer}, as formulas: {story}

    The forward pass runs from left to right; the gradients run back, each cell by the rule that a person would derive.
    torch's autograd, which knows none of these rules, gave the same numbers.
"""


def load(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
    """Refuse: the data is a module's, which `of_graph` brings along."""
    raise TracedError(f"{NAME} is made by gradbook from-module, of a module")


def quantities(plan: Plan) -> dict[str, Any]:
    """Where the loss stands, and of each parameter the value, the gradient, and what it is after the step."""
    emitted = of_facts(plan.facts).emitted
    blocks = emitted.builder.blocks

    def where(name: str) -> str:
        place = plan.places[full(blocks[name])]
        return ",".join(f"{quoted(place.title)}!{found}" for found in place.ranges())

    parameters = {}
    for leaf, name in emitted.parameters.items():
        spec = blocks[name]
        assert spec.leaf is not None
        entry: dict[str, Any] = {"value": where(name)}
        if leaf in emitted.gradients:
            entry |= {"gradient": where(emitted.gradients[leaf]), "new": where(emitted.new[leaf])}
        parameters[spec.leaf.title] = {**entry, "axes": list(spec.axes), "down": list(spec.down)}
    losses = [where(name) for name in emitted.loss]
    return {"loss": losses[0], "losses": losses, "parameters": parameters}


LESSON = Lesson(name=NAME, title="A module of your own", options=(), load=load, sheets=sheets, quantities=quantities)


def of_graph(
    graph: Graph, values: Mapping[str, Array], *, name: str, digest: str, layout: str = "auto", steps: int = 1
) -> Lesson:
    """The lesson of a graph.

    Args:
        graph: the loss and the step.
        values: leaf → its value.
        name: of the workbook's file.
        digest: of what it was made from.
        layout: `one` sheet, one a `module`, or `auto`.
        steps: how often the step is taken.
    """
    facts = {
        "graph": graph.to_json(),
        "sheets": layout,
        "steps": str(steps),
        "title": name.replace("_", " "),
        "taken": "one step" if steps == 1 else f"{steps} steps",
        "optimizer": graph.step.optimizer,
        "story": _story(graph),
    }
    made = of_facts(facts)
    blocks = made.emitted.builder.blocks.values()
    given = {
        full(spec): (values[spec.leaf.name] if spec.leaf is not None else spec.given).reshape(spec.block_shape)
        for spec in blocks
        if spec.value is None and (spec.axes or spec.leaf is not None)
    }
    sizes = dict(made.emitted.builder.axes.sizes)
    data = Data(sizes, given, facts, digest)

    def loaded(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
        return data

    return replace(LESSON, load=loaded, file=name)


def _story(graph: Graph) -> str:
    count = sum(leaf.learns for leaf in graph.leaves)
    return f"{len(graph.nodes)} operations, {count} tensors of parameters."
