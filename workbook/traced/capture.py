"""A user's module and loss → `Graph`, by `torch.export` before any decomposition, and the values that it starts from.

Before it is decomposed, because decompositions lose `no_grad`, and those of attention give wrong gradients on the CPU.
"""

import contextlib
import io
import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbook.traced.apart import gaussian_nll_loss
from workbook.traced.graph import READS_A_NUMBER, Array, Graph, Node, Ref, Step, TracedError
from workbook.traced.lines import last_line, line_of
from workbook.traced.lower import Lowering, float64

if TYPE_CHECKING:
    import torch

OPTIMIZERS = {
    "SGD": ("lr", "momentum", "dampening", "weight_decay", "nesterov"),
    "Adam": ("lr", "betas", "eps", "weight_decay"),
    "AdamW": ("lr", "betas", "eps", "weight_decay"),
}
"""Those whose steps are known, and the settings that these steps take."""


@dataclass(frozen=True)
class Captured:
    """A graph and the values that it starts from, by the names of its leaves."""

    graph: Graph
    values: Mapping[str, Array]


def capture(
    model: "torch.nn.Module",
    loss: Callable[..., "torch.Tensor"],
    batch: Mapping[str, "torch.Tensor"],
    step: Step,
    groups: Mapping[str, int],
    *,
    axes: Mapping[str, tuple[str, ...]],
    seed: int,
) -> Captured:
    """The loss of a module on a batch, as a graph, all in float64.

    Args:
        model: the module; it is turned to float64.
        loss: of the module and the batch, a scalar.
        batch: name → tensor.
        step: the optimizer.
        groups: parameter → the number of its group in the optimizer; without those that it does not move.
        axes: input → what its dimensions are called.
        seed: of the draws of dropout.

    Raises:
        TracedError: something in it has no formula here.
    """
    import torch

    class Loss(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            return loss(self.model, *tensors)

    with in_float64():
        tensors = {name: float64(tensor) for name, tensor in batch.items()}
        try:
            with _quiet(), _unchecked():
                exported = torch.export.export(Loss(), tuple(tensors.values()), strict=False)
        except TracedError:
            raise
        except Exception as error:  # whatever the user's code raises becomes one sentence
            raise TracedError(_refusal(error)) from error
        lowering = Lowering(exported, tensors, groups, axes, torch.Generator().manual_seed(seed))
        result = lowering.run()
    return Captured(_pruned(lowering, result, step), lowering.values())


@contextmanager
def _quiet() -> Iterator[None]:
    """While this lasts, torch does not tell of what it could not follow: one sentence does."""
    before, said = logging.root.manager.disable, io.StringIO()
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)
        _say(said)


def _say(said: io.StringIO) -> None:
    """Print what the user's own code printed, without what torch added: graphs that it could not follow."""
    text = re.sub(r"(?s)\n*def forward\(self, arg0.*", "", said.getvalue())
    if text.strip():
        sys.stdout.write(text)


@contextmanager
def _unchecked() -> Iterator[None]:
    """While this lasts, losses and distributions do not look whether numbers are allowed, which depends on data."""
    from torch.distributions import Distribution
    from torch.nn import functional

    before, checked = functional.gaussian_nll_loss, Distribution._validate_args
    functional.gaussian_nll_loss = gaussian_nll_loss  # type: ignore[assignment]
    Distribution.set_default_validate_args(False)
    try:
        yield
    finally:
        functional.gaussian_nll_loss = before
        Distribution.set_default_validate_args(checked)


@contextmanager
def in_float64() -> Iterator[None]:
    """While this lasts, torch makes float64 tensors where nobody says otherwise."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


_WORDS = (
    (
        "data-dependent",
        "its course depends on data (a branch, a shape or .item()): write it with torch.where, or without",
    ),
    (
        "GuardOnDataDependent",
        "its course depends on data (a branch, a shape or .item()): write it with torch.where, or without",
    ),
    ("Could not extract specialized integer", READS_A_NUMBER),
    (
        "Could not guard",
        "its course depends on data (a branch, a shape or .item()): write it with torch.where, or without",
    ),
    ("is not a scalar", "it gives no single number"),
    ("_ctc_loss", "the CTC loss has no formula here: use a loss of each step, such as cross-entropy"),
    (
        "fake tensor in the exported program",
        "torch.export cannot follow a step of it (torch.autograd.grad, torch.vmap): write these steps out",
    ),
)


def _refusal(error: Exception) -> str:
    """What kept torch from following the user's code, as one sentence with the user's line."""
    text = str(error)
    where = line_of(error) or last_line(text)
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    for sign, words in _WORDS:
        if sign in text or sign in type(error).__name__:
            return f"{where}: {words}"
    return f"{where}: torch.export could not follow it ({type(error).__name__}: {first[:160]})"


def _pruned(lowering: Lowering, loss: Ref, step: Step) -> Graph:
    """The graph without what the loss does not hang on."""
    live = {loss.name}
    kept: list[Node] = []
    for node in reversed(lowering.nodes):
        if node.name in live:
            kept.append(node)
            live |= {ref.name for ref in node.refs()}
    last: dict[str, int] = {}
    nodes = kept[::-1]
    for number, node in enumerate(nodes):
        if node.variable:
            last[f"{node.variable} {node.where}"] = number
    # Of the operations of one line the last one is what the line names.
    nodes = [
        node
        if not node.variable or last[f"{node.variable} {node.where}"] == number
        else Node(**{**{f: getattr(node, f) for f in Node.__dataclass_fields__}, "variable": ""})
        for number, node in enumerate(nodes)
    ]
    leaves = tuple(leaf for leaf in lowering.leaves.values() if leaf.name in live)
    for leaf in lowering.leaves.values():
        if leaf.learns and leaf.name not in live:
            lowering.notes.append(f"{leaf.title}: the loss does not hang on it, so it has no gradient")
    return Graph(leaves, tuple(nodes), loss, step, tuple(dict.fromkeys(lowering.notes)))
