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
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbook.traced.decompositions import gaussian_nll_loss
from workbook.traced.graph import READS_A_NUMBER, Array, Graph, Node, Ref, Step, TracedError
from workbook.traced.leaves import float64, wide
from workbook.traced.lines import last_line, line_of
from workbook.traced.lower import Lowering
from workbook.traced.run import in_float64

if TYPE_CHECKING:
    import torch

OPTIMIZERS = {
    "SGD": ("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize"),
    "Adam": ("lr", "betas", "eps", "weight_decay", "maximize"),
    "AdamW": ("lr", "betas", "eps", "weight_decay", "maximize"),
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
            with widened():
                return loss(self.model, *tensors)

    with in_float64():
        tensors = {name: float64(tensor) for name, tensor in batch.items()}
        try:
            with _quiet(), _unchecked(), _with_lines():
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
    """Silence torch's own messages on what it could not follow: one sentence says it."""
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
    """Skip checks of numbers, which depend on data; what cannot be followed raises its own error.

    Losses and distributions do not look whether numbers are allowed, nor transformers whether a mask is the causal one.
    """
    import torch
    from torch.distributions import Distribution
    from torch.nn import functional
    from torch.nn.modules import transformer

    before, checked = functional.gaussian_nll_loss, Distribution._validate_args
    looks = transformer._detect_is_causal_mask
    packs, grad = torch._VF._pack_padded_sequence, torch.autograd.grad
    transformer._detect_is_causal_mask = _is_said_causal
    torch._VF._pack_padded_sequence = _unfollowed(_PACKED)
    torch.autograd.grad = _unfollowed(_INNER)
    functional.gaussian_nll_loss = gaussian_nll_loss  # type: ignore[assignment]
    Distribution.set_default_validate_args(False)
    try:
        yield
    finally:
        functional.gaussian_nll_loss = before
        transformer._detect_is_causal_mask = looks
        torch._VF._pack_padded_sequence = packs
        torch.autograd.grad = grad
        Distribution.set_default_validate_args(checked)


def _unfollowed(words: str) -> Any:
    """What stands for a function of torch that cannot be followed."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise _UnfollowedError(words)

    return refuse


class _UnfollowedError(Exception):
    """A function that cannot be followed; what is said of it."""


_PACKED = (
    "packed sequences have no formula here: hand whole sequences over and take each at its own length "
    "(out.gather), or weigh what lies behind with a mask of 0"
)
_INNER = "torch.autograd.grad inside a step has no formula here: write that gradient out as a formula of your own"


def _is_said_causal(mask: object, is_causal: bool | None = None, size: int | None = None) -> bool:
    """Whether a mask is the causal one, as far as the user says so: the mask itself is read all the same."""
    return bool(is_causal)


@contextmanager
def _with_lines() -> Iterator[None]:
    """Let nodes remember the lines of all functions that they come from, not of `forward` alone."""
    from torch.fx.proxy import TracerBase

    kept = getattr(TracerBase, "_filter_traceback_frames", None)
    if kept is None:
        # Older ones remember all.
        yield
        return

    def all_of_them(self: Any, frames: Any) -> Any:
        self._record_forward_stack_traces_only = False
        return kept(self, frames)

    TracerBase._filter_traceback_frames = all_of_them  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        TracerBase._filter_traceback_frames = kept  # type: ignore[method-assign]


@contextmanager
def widened() -> Iterator[None]:
    """Give float64 to code that asks for float32, and a copy to `out=`: a sheet has no other numbers."""
    import torch
    from torch.overrides import TorchFunctionMode

    class Wide(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            func = torch.Tensor.double if func is torch.Tensor.float else func
            given = {key: wide(value) for key, value in (kwargs or {}).items()}
            out = given.pop("out", None)
            made = func(*map(wide, args), **given)
            # Older ones follow no `out=` of what learns.
            return out.copy_(made) if isinstance(out, torch.Tensor) else made

    with Wide():
        yield


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
    """One sentence on why torch could not follow the user's code, with the user's line."""
    text = str(error)
    where = line_of(error) or last_line(text)
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if isinstance(error, _UnfollowedError):
        return f"{where}: {text}"
    for sign, words in _WORDS:
        if sign in text or sign in type(error).__name__:
            return f"{where}: {words}"
    return f"{where}: torch.export could not follow it ({type(error).__name__}: {first[:160]})"


def _pruned(lowering: Lowering, loss: Ref, step: Step) -> Graph:
    """The graph without what the loss does not depend on."""
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
        node if not node.variable or last[f"{node.variable} {node.where}"] == number else replace(node, variable="")
        for number, node in enumerate(nodes)
    ]
    leaves = tuple(leaf for leaf in lowering.leaves.values() if leaf.name in live)
    for leaf in lowering.leaves.values():
        if leaf.learns and leaf.name not in live:
            lowering.notes.append(f"{leaf.title}: the loss does not depend on it, so it has no gradient")
    return Graph(leaves, tuple(nodes), loss, step, tuple(dict.fromkeys(lowering.notes)), tuple(lowering.writes.moved))
