"""A graph → blocks: forward, the loss, every gradient, the step."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from workbook.plan.plan import MANIFEST
from workbook.traced.blocks import spelled
from workbook.traced.builder import Builder
from workbook.traced.cells import Cells, Dim
from workbook.traced.graph import Graph, Leaf, Node, Ref, TracedError, mapped
from workbook.traced.ops import FAMILIES, FREE, TABLE
from workbook.traced.step import Stepper

ONE_SHEET = 16
"""Up to so many operations stand on one sheet."""


@dataclass(frozen=True)
class Emitted:
    """The blocks of a graph.

    Args:
        builder: holds them.
        loss: the block of the loss, of each step.
        parameters: leaf → its block.
        gradients: leaf → the block of its gradient.
        new: leaf → the block of what it is after the last step.
        sheets: their names, in order.
    """

    builder: Builder
    loss: tuple[str, ...]
    parameters: Mapping[str, str]
    gradients: Mapping[str, str]
    new: Mapping[str, str]
    sheets: tuple[str, ...]


def emit(graph: Graph, *, sheets: str = "auto", steps: int = 1) -> Emitted:
    """The blocks of a graph.

    Args:
        graph: the loss and the step.
        sheets: `one`, `module`, or `auto` for what the size asks for.
        steps: how often the step is taken.

    Raises:
        TracedError: an operation or an argument that the table lacks.
    """
    return _Emitter(graph, sheets, steps).run()


MOST_OF_A_TITLE = 31
"""The characters that a tab may have."""
_TAKEN = frozenset({"start", MANIFEST, "history"})
"""The titles of other sheets, and the one that Excel keeps for itself."""


class _Emitter:
    def __init__(self, graph: Graph, sheets: str, steps: int) -> None:
        self.graph, self.steps = graph, steps
        self.b = Builder()
        self.leaves = {leaf.name: leaf for leaf in graph.leaves}
        self.titles = _titles(graph.leaves)
        self.kinds = {node.name: node.kinds or ("float64",) * len(node.shapes) for node in graph.nodes} | {
            leaf.name: (leaf.dtype,) for leaf in graph.leaves
        }
        computing = [node for node in graph.nodes if node.op not in FREE]
        self.several = sheets == "module" or (sheets == "auto" and len(computing) > ONE_SHEET)
        self.homes = _homes(graph, computing) if self.several else {}
        self.tabs: dict[str, str] = {}
        counts: dict[str, int] = {}
        for node in computing:
            counts[node.module] = counts.get(node.module, 0) + 1
        self.b.alone = frozenset(node.name for node in computing if counts[node.module] == 1)
        self.env: dict[str, Any] = {}
        self.copies: dict[tuple[str, str, str], Cells] = {}
        for node in graph.nodes:
            self._tab(self.homes.get(node.name, "step"))
        self.learned: dict[str, Cells] = {}
        self.order: list[str] = []
        self.starts: dict[str, Cells] = {}
        self.inputs: dict[str, Cells] = {}

    def run(self) -> Emitted:
        b = self.b
        if self.steps > 1 and self.graph.moved:
            raise TracedError(
                f"{self.graph.moved[0]} is written into in each step, and a second step would read what it was before: "
                "leave --steps at 1"
            )
        last = self.homes.get(self.graph.nodes[-1].name, "step") if self.graph.nodes else "step"
        stepper = Stepper(b, self.graph.step, self._tab(last), many=self.steps > 1)
        losses, gradients = [], {}
        for number in range(self.steps):
            b.number = number
            self._forward()
            losses.append(self._backward())
            gradients = self._step(stepper)
        started = {name: cells.block for name, cells in self.starts.items()}
        new = {name: cells.block for name, cells in self.learned.items() if cells.block != started.get(name)}
        sheets = tuple(dict.fromkeys(spec.sheet for spec in b.blocks.values()))
        return Emitted(b, tuple(losses), started, gradients, new, tuple(s for s in self.order if s in sheets))

    def _sheet(self, name: str) -> str:
        """The sheet of that name; sheets stand in the order in which they are first asked for."""
        tab = self._tab(f"{name}_{self.b.number + 1}" if self.b.number else name)
        if tab not in self.order:
            self.order.append(tab)
        return tab

    def _tab(self, name: str) -> str:
        """The title of a module's sheet: different from all others and from those of our own sheets."""
        if name not in self.tabs:
            taken = {*_TAKEN, *(title_of(other).lower() for other in self.tabs.values())}
            found, number = name, 2
            while title_of(found).lower() in taken:
                found, number = f"{name[: MOST_OF_A_TITLE - 4]}_{number}", number + 1
            self.tabs[name] = found
        return self.tabs[name]

    def _forward(self) -> None:
        b = self.b
        b.is_backward = False
        b.tape, b.uses, b.parts, b.gradients, b.additions = [], {}, {}, {}, {}
        b.operands = {node.name: [] for node in self.graph.nodes}
        b.kinds = {node.name: [] for node in self.graph.nodes}
        self.env = {}
        self.copies = {}
        for node in self.graph.nodes:
            b.node, b.no_gradient = node, node.no_gradient
            b.sheet = self._sheet(self.homes.get(node.name, "step"))
            before = list(b.blocks)
            self.env[node.name] = self._call(node)
            made = [name for name in list(b.blocks)[len(before) :] if b.blocks[name].band == "value"]
            for name in list(b.blocks)[len(before) :]:
                if b.blocks[name].band == "parameter" and made:
                    b.blocks[name].of = made[-1]
        b.node = None

    def _call(self, node: Node) -> Any:
        rule = TABLE.get(node.op)
        if rule is None:
            raise TracedError(f"{node.where or node.module}: {node.op} has no formula here")
        known = inspect.signature(rule).parameters
        takes_any = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in known.values())
        for name, value in node.args.items():
            if name not in known and not takes_any:
                shown = "…" if isinstance(value, Ref | list) else repr(value)
                at = node.where or node.module or "the loss"
                raise TracedError(
                    f"{at}: {node.op} with {name}={shown} has no formula here; leave that argument at its default"
                )
        free = node.op in FREE
        try:
            arguments = {
                name: mapped(value, lambda ref: self._fetch(ref, node, free=free)) for name, value in node.args.items()
            }
            return rule(self.b, **arguments)
        except TracedError as error:
            raise TracedError(f"{node.where or node.module or 'the loss'}: {error}") from error

    def _fetch(self, ref: Ref, node: Node, *, free: bool) -> Any:
        found = self._fetched(ref, node, free=free)
        self.b.operands[node.name].append(found)
        self.b.kinds[node.name].append(self.kinds[ref.name][ref.item or 0])
        return found

    def _fetched(self, ref: Ref, node: Node, *, free: bool) -> Any:
        if ref.name in self.leaves:
            cells = self._leaf(self.leaves[ref.name], node)
            if self.leaves[ref.name].kind in ("parameter", "buffer"):
                return cells
        else:
            cells = self.env[ref.name] if ref.item is None else self.env[ref.name][ref.item]
        if free or not self.b.blocks[cells.block].dims:
            return cells
        spec = self.b.blocks[cells.block]
        if spec.sheet == self.b.sheet or spec.count == 1 or spec.band == "parameter":
            return cells
        key = (cells.block, cells.program, self.b.sheet)
        if key not in self.copies:
            across = spec.across if cells.whole else None
            copy = self.b.copy(cells, f"{spec.name}_here", across=across, solid=spec.solid)
            made = self.b.blocks[copy.block]
            made.title, made.band = f"{self.b.called(cells)}, from {title_of(spec.sheet)}", "value"
            self.copies[key] = copy
        return self.copies[key]

    def _leaf(self, leaf: Leaf, node: Node) -> Cells:
        b = self.b
        if leaf.name in self.learned:
            return self.learned[leaf.name]
        if leaf.name in self.inputs:
            return self.inputs[leaf.name]
        dims, across = self._named(leaf, node)
        learned = leaf.kind == "parameter"
        whole = leaf.dtype != "float64"
        cells = b.add(
            leaf.title,
            leaf.shape,
            dims,
            across=across,
            leaf=leaf,
            fixed=leaf.fixed,
            title=self.titles[leaf.name],
            band="parameter" if leaf.kind in ("parameter", "buffer") else "value",
            solid=leaf.kind in ("parameter", "buffer", "constant"),
            number_format="0" if whole else "0.000",
            low=0.0 if leaf.dtype == "bool" else None,
            high=1.0 if leaf.dtype == "bool" else None,
        )
        if leaf.learns:
            b.learning.add(cells.block)
            self.learned[leaf.name] = self.starts[leaf.name] = cells
        else:
            self.inputs[leaf.name] = cells
            if learned:
                self.starts[leaf.name] = cells
        return cells

    def _named(self, leaf: Leaf, node: Node) -> tuple[tuple[Dim, ...], Dim | None]:
        """What the dimensions of a leaf are called, and which run across where that is not the last."""
        b = self.b
        if leaf.axes:
            dims = b.axes.distinct(tuple(b.axes.dim(spelled(a), n) for a, n in zip(leaf.axes, leaf.shape, strict=True)))
            if leaf.kind == "input" and dims:
                b.batch |= set(dims[0])
            return dims, None
        if leaf.kind == "input":
            return self._input_dims(leaf)
        if leaf.kind == "constant":
            words_of = ["row", "unit"] if len(leaf.shape) == 2 else [f"place_{k}" for k in range(len(leaf.shape))]
            return b.axes.distinct(tuple(map(b.axes.dim, words_of, leaf.shape))), None
        words = leaf.title.split(".")
        module = spelled("_".join(words[-2:-1]) or words[-1])
        rank = len(leaf.shape)
        if rank == 2 and node.op == "embedding":
            hints = [f"{module}_entry", f"{module}_factor"]
        elif rank >= 3:
            hints = [
                f"{module}_out",
                f"{module}_in",
                *(("kernel_row", "kernel_column") if rank == 4 else ("kernel_place",) * (rank - 2)),
            ]
        else:
            hints = [f"{module}_unit", f"{module}_input"][:rank]
        dims = tuple(b.axes.dim(hint, n) for hint, n in zip(hints, leaf.shape, strict=True))
        if node.op == "linear" and rank == 2:
            source = self._shown(node.args["input"])
            if source is not None and b.axes.size(source.dims[-1]) == leaf.shape[1]:
                dims = (dims[0], source.dims[-1])
            dims = b.axes.distinct(dims)
            return dims, dims[0]
        return b.axes.distinct(dims), None

    def _shown(self, ref: Any) -> Cells | None:
        found = self.env.get(ref.name, self.inputs.get(ref.name)) if isinstance(ref, Ref) else None
        return found if isinstance(found, Cells) else None

    def _input_dims(self, leaf: Leaf) -> tuple[tuple[Dim, ...], Dim | None]:
        b, rank = self.b, len(leaf.shape)
        whole = leaf.dtype == "int64"
        middle = {2: [], 3: ["position"], 4: ["channel", "row"]}.get(
            rank, [f"dimension_{k}" for k in range(1, rank - 1)]
        )
        last = "token" if whole else "column" if rank == 4 else "feature"
        hints = ["example", *middle, last][:rank] if rank > 1 else ["example"][:rank]
        dims = b.axes.distinct(tuple(b.axes.dim(hint, n) for hint, n in zip(hints, leaf.shape, strict=True)))
        b.batch |= set(dims[0]) if dims else set()
        if whole and rank == 2:
            b.batch |= set(dims[1])
            return dims, ()
        return dims, None

    def _backward(self) -> str:
        b = self.b
        loss = self.env[self.graph.loss.name]
        loss = loss if self.graph.loss.item is None else loss[self.graph.loss.item]
        if not isinstance(loss, Cells) or loss.block not in b.learning:
            raise TracedError(
                "the loss does not depend on any parameter that the optimizer moves, or only through what has no "
                "gradient (sign, round, argmax, a torch.autograd.Function of your own)"
            )
        b.is_backward, b.no_gradient = True, False
        spec = b.blocks[loss.block]
        if spec.node is not None and not spec.node.variable:
            spec.title = "loss"
        b.sheet = b.blocks[loss.block].sheet
        seed = b.add(
            "loss_grad",
            spec.shape,
            spec.dims,
            given=np.ones(spec.shape),
            fixed=True,
            role="label",
            title="∂loss",
            number_format="0",
            band="gradient",
            of=loss.block,
        )
        b.gradients[loss.block] = seed
        for results, back, sheet, node in reversed(b.tape):
            b.sheet, b.node = sheet, node
            found = [b.gradient(each.block) if isinstance(each, Cells) else None for each in results]
            if any(g is not None for g in found):
                back(*found)
        return loss.block

    def _step(self, stepper: Stepper) -> dict[str, str]:
        b = self.b
        found = {}
        for name, cells in list(self.learned.items()):
            gradient = b.gradient(cells.block)
            if gradient is None:
                continue
            found[name] = gradient.block
            b.sheet = b.blocks[cells.block].sheet
            fresh = stepper.take(self.leaves[name], cells, gradient)
            b.learning.add(fresh.block)
            self.learned[name] = fresh
        return found


def _titles(leaves: tuple[Leaf, ...]) -> dict[str, str]:
    """Each leaf's name in headings: the last two words of its path, or as many as tell it from the others."""
    paths = {leaf.name: leaf.title.split(".") for leaf in leaves}
    found = {}
    for name, path in paths.items():
        count = 2
        while count < len(path) and (
            path[-count].isdigit()
            or any(other[-count:] == path[-count:] for key, other in paths.items() if key != name)
        ):
            count += 1
        short = ".".join(path[-count:])
        found[name] = f"layer {short}" if short[0].isdigit() else short
    return found


def title_of(sheet: str) -> str:
    """The title of a sheet's tab."""
    return sheet.replace("_", " ").capitalize()[:MOST_OF_A_TITLE]


def _homes(graph: Graph, computing: list[Node]) -> dict[str, str]:
    """Node → the sheet of the module that it belongs to; one without goes with what it reads, a loss to `loss`."""
    modules = [node.module for node in computing]
    chosen: dict[str, str] = {}

    def prefix(module: str) -> str:
        parts = module.split(".")
        for depth in range(1, len(parts) + 1):
            start = ".".join(parts[:depth])
            under = [m for m in modules if m == start or m.startswith(f"{start}.")]
            children = {m.removeprefix(f"{start}.").split(".")[0] for m in under if m.startswith(f"{start}.")}
            if len(under) <= ONE_SHEET or len(children) < 2:
                return start
        return module

    for number, node in enumerate(graph.nodes):
        if node.op in FAMILIES["losses"] or (not node.module and number == len(graph.nodes) - 1):
            chosen[node.name] = "loss"
        elif node.module:
            chosen[node.name] = spelled(prefix(node.module))
        else:
            sources = [chosen[ref.name] for ref in node.refs() if chosen.get(ref.name)]
            chosen[node.name] = sources[-1] if sources else ""
    for node in reversed(graph.nodes):
        # What is made of inputs alone stands with what reads it first.
        if not chosen[node.name]:
            users = (chosen[n.name] for n in graph.nodes if node.name in {ref.name for ref in n.refs()})
            chosen[node.name] = next(users, "loss")
    return chosen


def cells_of(emitted: Emitted) -> int:
    """How many formula cells there will be."""
    return sum(prod(spec.shape) for spec in emitted.builder.blocks.values() if spec.value is not None)
