"""One operation of a graph, by torch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from workbook.traced.graph import Node, Ref, mapped


@contextmanager
def in_float64() -> Iterator[None]:
    """Make float64 torch's default."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def run_node(node: Node, look: Callable[[Ref], Any], device: str) -> Any:
    """The result of one operation, by torch."""
    import torch

    arguments = {name: mapped(value, look) for name, value in node.args.items()}
    if node.op == "cast":
        return arguments["self"].to(getattr(torch, node.overload))
    if node.op in ("view", "_unsafe_view"):
        # What was contiguous for the user need not be here: a layout in memory is no number.
        return arguments["self"].reshape(node.shape)
    target = getattr(getattr(torch.ops.aten, node.op), node.overload)
    positional, named = [], {}
    plain = True
    for argument in target._schema.arguments:
        if argument.name not in arguments:
            plain = False
            continue
        value = arguments[argument.name]
        if isinstance(value, int | float) and str(argument.type) == "Tensor":
            value = as_tensor(value, device)
        if plain and not argument.kwarg_only:
            positional.append(value)
        else:
            named[argument.name] = value
    return target(*positional, **named)


def as_tensor(value: float, device: str) -> Any:
    """A number as a tensor of the type that torch promotes it to: a whole number leaves whole numbers whole."""
    import torch

    kind = torch.bool if isinstance(value, bool) else torch.int64 if isinstance(value, int) else torch.float64
    return torch.tensor(value, dtype=kind, device=device)


def rerun_node(node: Node, operands: list[Any], kinds: list[str], **changed: Any) -> Any:
    """The result of an operation with some of its arguments changed, by torch.

    Args:
        node: the operation.
        operands: the tensors that it reads, in their order.
        kinds: what torch calls the kind of each.
        changed: the arguments that are changed.
    """
    import torch

    tensors = iter([each.to(getattr(torch, kind)) for each, kind in zip(operands, kinds, strict=True)])
    found = Node(**{**{f: getattr(node, f) for f in Node.__dataclass_fields__}, "args": {**node.args, **changed}})
    return run_node(found, lambda _: next(tensors), "cpu")
