"""What a user hands over: a module, a loss, a batch and an optimizer; looked at, and compared with what is made of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.traced.capture import OPTIMIZERS, Captured, capture, widened
from workbook.traced.graph import Array, Step, TracedError
from workbook.traced.run import in_float64

if TYPE_CHECKING:
    import torch

NAMES = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}
"""The optimizers by the names that the command line gives them."""

_RATES = {"sgd": 0.1, "adam": 1e-3, "adamw": 1e-3}
_OFF = {"capturable": False, "differentiable": False, "amsgrad": False}
AGREE = 1e-12
"""How near the gradients of the graph are to those of the module itself, of an array's size."""

ROUGHLY = 1e-6
"""The same, where torch computes with a constant of float32."""


@dataclass(frozen=True)
class Training:
    """A module with all that one step of training needs."""

    model: "torch.nn.Module"
    loss: Callable[..., Any]
    batch: Mapping[str, Any]
    optimizer: "torch.optim.Optimizer"


def training(made: object, *, optimizer: str | None, lr: float | None) -> Training:
    """The checked result of a user's function.

    Args:
        made: `(model, loss, batch)` or `(model, loss, batch, optimizer)`.
        optimizer: what the command line asks for: sgd, adam, adamw.
        lr: the learning rate that it asks for.

    Raises:
        TracedError: it gave something else.
    """
    import torch

    if not isinstance(made, tuple) or len(made) not in (3, 4):
        raise TracedError(
            f"the function gave {_kind(made)}, expected (model, loss, batch) or (model, loss, batch, optimizer)"
        )
    model, loss, batch, *rest = made
    if not isinstance(model, torch.nn.Module):
        raise TracedError(f"the model is {_kind(model)}, expected a torch.nn.Module")
    if not callable(loss):
        raise TracedError(f"the loss is {_kind(loss)}, expected a function of the model and the batch")
    if not isinstance(batch, Mapping) or not batch:
        raise TracedError(f"the batch is {_kind(batch)}, expected a dict of named tensors")
    for name, tensor in batch.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise TracedError(f"the batch holds {name!r}: {_kind(tensor)}, expected names and tensors")
        if not tensor.numel():
            raise TracedError(f"the batch holds {name!r}, an empty tensor of shape {list(tensor.shape)}")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise TracedError("the model has no parameter that requires a gradient")
    _check_hooks(model)
    given = rest[0] if rest else None
    if given is not None and not isinstance(given, torch.optim.Optimizer):
        raise TracedError(f"the optimizer is {_kind(given)}, expected one of torch.optim")
    if given is None or optimizer is not None:
        name = optimizer or "sgd"
        given = getattr(torch.optim, NAMES[name])(
            [p for p in model.parameters() if p.requires_grad], lr=_RATES[name] if lr is None else lr
        )
    elif lr is not None:
        for group in given.param_groups:
            group["lr"] = lr
    return Training(model, loss, dict(batch), given)


def _check_hooks(model: Any) -> None:
    """Refuse hooks on gradients: they change what no formula shows."""
    for name, parameter in model.named_parameters():
        if parameter._backward_hooks or getattr(parameter, "_post_accumulate_grad_hooks", None):
            raise TracedError(f"{name} has a hook on its gradient, which no formula stands for: take it away")
    for name, module in model.named_modules():
        if module._backward_hooks or module._backward_pre_hooks:
            raise TracedError(f"{name or 'the model'} has a backward hook, which no formula stands for: take it away")


def _kind(value: object) -> str:
    if isinstance(value, tuple | list):
        return f"{len(value)} values"
    return f"a {type(value).__name__}" if value is not None else "None"


def step_of(given: Training) -> tuple[Step, dict[str, int]]:
    """The optimizer as plain data, and parameter → the number of its group.

    Raises:
        TracedError: an optimizer, or a setting of one, whose step is not known.
    """
    kind = type(given.optimizer).__name__
    if kind not in OPTIMIZERS:
        raise TracedError(f"the optimizer is {kind}, expected one of {', '.join(OPTIMIZERS)}")
    if given.optimizer.state:
        raise TracedError(f"the optimizer {kind} has taken a step before: hand over a fresh one")
    names: dict[int, str] = {}
    for name, parameter in given.model.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), name)
    groups, numbers = [], {}
    for number, group in enumerate(given.optimizer.param_groups):
        for setting, off in _OFF.items():
            if group.get(setting, off) != off:
                raise TracedError(
                    f"the optimizer {kind} with {setting}={group[setting]} is not known: leave it at {off}"
                )
        groups.append({name: _plain(group[name]) for name in OPTIMIZERS[kind]})
        for parameter in group["params"]:
            if id(parameter) not in names:
                raise TracedError(
                    f"the optimizer moves a tensor of shape {list(parameter.shape)} that is no parameter of the model"
                )
            if parameter.requires_grad:
                numbers[names[id(parameter)]] = number
    return Step(kind, tuple(groups)), numbers


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value if isinstance(value, bool) else float(value)


def captured(given: Training, *, axes: Mapping[str, tuple[str, ...]], seed: int) -> Captured:
    """The graph of a training step, and the values that it starts from.

    Raises:
        TracedError: something in it has no formula here.
    """
    given.model.double()
    step, groups = step_of(given)
    return capture(given.model, given.loss, given.batch, step, groups, axes=axes, seed=seed)


def eager(given: Training) -> tuple[float, dict[str, Array]] | None:
    """The loss and the gradients of the module itself, run by torch in float64; None where that cannot be compared.

    So it is where it draws at random or mixes float32 in. It leaves no gradient behind.
    """
    import torch

    with in_float64():
        batch = [t.double() if t.is_floating_point() else t for t in given.batch.values()]
        seen = []
        state = {name: tensor.clone() for name, tensor in given.model.state_dict().items()}
        for seed in (0, 1):
            torch.manual_seed(seed)
            given.model.load_state_dict(state)
            given.optimizer.zero_grad()
            try:
                with widened():
                    loss = given.loss(given.model, *batch)
            except RuntimeError as error:
                if "scalar type" in str(error) or "same dtype" in str(error):
                    # Tensors of float32 that the user's function holds on to: the graph has raised them to float64.
                    return None
                raise
            loss.backward()
            seen.append(
                (
                    float(loss.detach()),
                    {n: p.grad.numpy().copy() for n, p in given.model.named_parameters() if p.grad is not None},
                )
            )
        given.model.load_state_dict(state)
        given.optimizer.zero_grad()
    return seen[0] if seen[0][0] == seen[1][0] else None


def compare(
    found: tuple[float, Mapping[str, Array]],
    loss: float,
    gradients: Mapping[str, Array],
    *,
    notes: Sequence[str] = (),
    tied: Sequence[str] = (),
) -> None:
    """Check that a graph's loss and gradients are those of the module itself.

    Args:
        found: what the module itself gave.
        loss: of the graph.
        gradients: parameter → its gradient by the graph's blocks.
        notes: on the graph; where they say so, torch's own gradients are rougher.
        tied: the lines that put equal numbers in order.

    Raises:
        TracedError: they are not.
    """
    own, theirs = found
    agree = ROUGHLY if any("float32" in note for note in notes) else AGREE
    if abs(own - loss) > AGREE * max(1.0, abs(own)):
        raise TracedError(
            f"the graph gives the loss {loss!r}, the module itself {own!r}: please report it with the module"
        )
    most = max((float(np.abs(g).max(initial=0.0)) for g in theirs.values()), default=0.0)
    for name, gradient in gradients.items():
        if name not in theirs:
            continue
        off = float(np.abs(theirs[name] - gradient).max(initial=0.0))
        # A gradient that is 0 in mathematics is what is left of numbers that cancel.
        if off > agree * max(float(np.abs(theirs[name]).max(initial=0.0)), most):
            why = (
                f"{tied[0]} puts equal numbers in order, of which torch takes any: make them different"
                if tied
                else "a torch.autograd.Function with a backward of its own is not followed; if there is none, please "
                "report it with the module"
            )
            raise TracedError(f"the gradient of {name} is off by {off:g} from the module's own: {why}")
