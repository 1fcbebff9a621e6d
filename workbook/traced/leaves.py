"""What a computation starts from: the batch, parameters, buffers and constants, with their values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.traced.graph import Array, Leaf, Ref, Shape, TracedError

if TYPE_CHECKING:
    import torch

LOWEST = -1e30
"""What stands in a sheet for minus infinity."""


def float64(tensor: "torch.Tensor") -> "torch.Tensor":
    """The tensor in float64; whole numbers and booleans stay as they are."""
    import torch

    if tensor.dtype in (torch.bfloat16, torch.float16):
        name = str(tensor.dtype).removeprefix("torch.")
        raise TracedError(f"a tensor of {name}: a sheet computes in float64; make it float32 or float64")
    if tensor.is_complex():
        raise TracedError(
            "a complex tensor: a sheet has real numbers only; write its real and its imaginary part as two tensors"
        )
    return tensor.detach().double() if tensor.is_floating_point() else tensor


def wide(value: Any) -> Any:
    """An argument; float64 where it asks for float32."""
    import torch

    return torch.float64 if value is torch.float32 else value


@dataclass
class Leaves:
    """The leaves of an exported program, and the tensors of all that was computed from them."""

    exported: Any
    batch: Mapping[str, Any]
    groups: Mapping[str, int]
    axes: Mapping[str, tuple[str, ...]]
    rng: Any
    leaves: dict[str, Leaf] = field(default_factory=dict)
    tensors: dict[str, Any] = field(default_factory=dict)
    varies: dict[str, bool] = field(default_factory=dict)

    def values(self) -> dict[str, Array]:
        """The value of every leaf, as a sheet holds it."""
        found = {}
        for name in self.leaves:
            array = self.tensors[name].detach().cpu().numpy()
            found[name] = np.clip(array.astype(np.float64), LOWEST, -LOWEST)
        return found

    def placeholders(self) -> dict[Any, Any]:
        """The program's inputs → their leaves."""
        from torch.export.graph_signature import InputKind

        names = iter(self.batch)
        placed: dict[Any, Any] = {}
        program = self.exported
        holders = [node for node in program.graph.nodes if node.op == "placeholder"]
        tied: dict[int, Ref] = {}
        for node, spec in zip(holders, program.graph_signature.input_specs, strict=True):
            if spec.kind == InputKind.USER_INPUT:
                title = next(names)
                placed[node] = self.leaf("input", title, self.batch[title], axes=self.axes.get(title, ()))
                continue
            tensor = program.state_dict.get(spec.target, program.constants.get(spec.target))
            if tensor is None:
                raise TracedError(f"the graph has an input of the kind {spec.kind.name}, which no formula stands for")
            title = spec.target.removeprefix("model.")
            if id(tensor) in tied:
                placed[node] = tied[id(tensor)]
            elif spec.kind == InputKind.PARAMETER:
                learns = title in self.groups
                group = self.groups.get(title, 0)
                placed[node] = self.leaf(
                    "parameter", title, tensor, learns=learns, group=group, axes=self.axes.get(title, ())
                )
            elif spec.kind == InputKind.BUFFER:
                placed[node] = self.leaf("buffer", title, tensor, axes=self.axes.get(title, ()))
            else:
                placed[node] = self.constant(title, tensor)
            tied[id(tensor)] = placed[node]
        return placed

    def leaf(self, kind: Any, title: str, tensor: Any, **rest: Any) -> Ref:
        """A new leaf."""
        name = self.unused(re.sub(r"\W+", "_", title) or kind)
        shape = tuple(int(size) for size in tensor.shape)
        tensor = float64(tensor)
        if rest.get("axes") and len(rest["axes"]) != len(shape):
            raise TracedError(f"--axes names {len(rest['axes'])} dimensions of {title}, which has {len(shape)}")
        dtype = "float64" if tensor.is_floating_point() else str(tensor.dtype).removeprefix("torch.")
        if dtype != "float64" and tensor.numel():
            rest["least"] = float(tensor.min())
        self.leaves[name] = Leaf(name, kind, title, shape, dtype, **rest)
        self.tensors[name] = tensor.detach() if kind == "constant" else tensor.detach().clone()
        self.varies[name] = kind != "constant"
        return Ref(name)

    def constant(self, title: str, tensor: Any) -> Any:
        """A tensor that nothing changes: a number where it is one."""
        if tensor.dim() == 0:
            return tensor.item()
        return self.leaf("constant", title, tensor, fixed=True)

    def unused(self, name: str) -> str:
        """The name, numbered where it is taken."""
        number, found = 2, name
        while found in self.tensors:
            found, number = f"{name}_{number}", number + 1
        return found

    def tensor(self, ref: Ref) -> Any:
        """The values of a leaf or of a result."""
        found = self.tensors[ref.name]
        return found if ref.item is None else found[ref.item]

    def shape(self, ref: Ref) -> Shape:
        """The shape of a leaf or of a result."""
        return tuple(int(size) for size in self.tensor(ref).shape)
