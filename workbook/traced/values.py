"""The numbers of a graph's blocks without the sheet: by NumPy from the table's rules, by torch from the graph itself."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from workbook.lesson.lesson import Computed
from workbook.plan import views
from workbook.traced.builder import Builder
from workbook.traced.cells import Cells
from workbook.traced.emit import Emitted
from workbook.traced.graph import Array, Graph, Leaf, Node, Ref, Step
from workbook.traced.ops import FAMILIES
from workbook.traced.run import in_float64, run_node
from workbook.traced.spec import Share, Spec

LOWEST = -1e30
SPREADING = frozenset(FAMILIES["cell by cell"])
"""Operations before which a tensor may be repeated to the shape of the result without a change."""

Numbers = Mapping[str, Array]


def computed(graph: Graph, emitted: Emitted) -> tuple[Computed, ...]:
    """What computes the blocks: forward and backward of each step, and the step itself, from the sheet's gradients."""
    blocks = emitted.builder.blocks
    found = []
    for number in range(len(emitted.loss)):
        for stepping in (False, True):
            own = [
                spec
                for spec in blocks.values()
                if spec.value is not None and spec.number == number and spec.stepping == stepping
            ]
            if own:
                found.append(_Part(graph, emitted, tuple(own), number, stepping=stepping).computed())
    return tuple(found)


def tied(emitted: Emitted, values: Numbers) -> list[str]:
    """The user's lines that sort equal numbers, among which torch may choose any."""
    blocks = emitted.builder.blocks
    found = []
    for cells, axis, node in emitted.builder.orders:
        ordered = np.sort(views.apply(cells.program, np.asarray(values[full(blocks[cells.block])])), axis)
        if node is not None and (np.diff(ordered, axis=axis) == 0).any():
            found.append(node.where or node.op)
    return found


def _is_buffer(spec: Spec) -> bool:
    return spec.witness is not None and spec.witness.kind == "buffer"


def full(spec: Spec) -> str:
    """A block's name in the whole workbook."""
    return f"{spec.sheet}.{spec.name}"


@dataclass(frozen=True)
class _Part:
    """The blocks of one step's forward and backward, or of the optimizer's step itself."""

    graph: Graph
    emitted: Emitted
    specs: tuple[Spec, ...]
    number: int
    stepping: bool

    @property
    def builder(self) -> Builder:
        return self.emitted.builder

    def computed(self) -> Computed:
        own = {spec.name for spec in self.specs}
        others = [
            spec
            for spec in self.builder.blocks.values()
            if spec.name not in own
            and (spec.value is None or (spec.number, spec.stepping) < (self.number, self.stepping))
        ]
        reads = [spec for spec in others if spec.value is None or self.stepping or spec.stepping or _is_buffer(spec)]
        return Computed(
            reads=tuple(full(spec) for spec in reads),
            makes=tuple(full(spec) for spec in self.specs),
            reference=self.reference,
            witness=self.witness,
            sizes=self.sizes,
            handed=tuple(full(spec) for spec in reads if spec.value is not None and spec.number == self.number)
            if self.stepping
            else (),
        )

    def _reader(self, values: Numbers, made: dict[str, Array]) -> Callable[[Any], Any]:
        blocks = self.builder.blocks

        def read(cells: Any) -> Any:
            if not isinstance(cells, Cells):
                return cells
            array = made.get(cells.block)
            if array is None:
                array = values[full(blocks[cells.block])]
            return views.apply(cells.program, np.asarray(array, dtype=np.float64))

        return read

    def reference(self, values: Numbers) -> dict[str, Array]:
        """The values by NumPy."""
        made: dict[str, Array] = {}
        read = self._reader(values, made)
        for spec in self.specs:
            assert spec.value is not None
            # An input at an end of its range may overflow, and the sheet must then say the same.
            with np.errstate(all="ignore"):
                value = np.asarray(spec.value(read), dtype=np.float64)
            made[spec.name] = (
                np.broadcast_to(value, spec.shape).reshape(spec.block_shape)
                if value.shape != spec.block_shape
                else value
            )
        return {full(spec): made[spec.name] for spec in self.specs}

    def sizes(self, values: Numbers) -> dict[str, float]:
        """The magnitudes of what sums are made of.

        Those of gradients are handed on: where numbers cancel, what is left is rounding in all that follows from it.
        """
        plain = self._reader(values, {})
        known: dict[str, Array] = {}

        def read(cells: Any) -> Any:
            if isinstance(cells, Cells) and cells.block in known:
                return views.apply(cells.program, known[cells.block])
            return plain(cells)

        found = {}
        for spec in self.specs:
            is_gradient = spec.band in ("gradient", "part")
            if spec.size is None and not is_gradient:
                continue
            assert spec.value is not None
            with np.errstate(all="ignore"):
                size = np.abs(np.asarray((spec.size or spec.value)(read), dtype=np.float64))
            size = np.where(np.isfinite(size), size, 0.0)
            if is_gradient:
                all_of = size if size.size == spec.count else np.full(spec.block_shape, size.max(initial=0.0))
                own = np.abs(np.asarray(values[full(spec)], dtype=np.float64))
                size = known[spec.name] = np.maximum(own, all_of.reshape(spec.block_shape))
            found[full(spec)] = float(size.max(initial=0.0))
        return found

    def witness(self, values: Numbers, device: str) -> dict[str, Array]:
        """The values by torch, of all blocks that torch has."""
        with in_float64():
            return self._witnessed(values, device)

    def _witnessed(self, values: Numbers, device: str) -> dict[str, Array]:
        found = (_stepped if self.stepping else _run)(self, values, device)
        seen: dict[str, Array] = {
            spec.name: np.asarray(values[full(spec)])
            for spec in self.builder.blocks.values()
            if spec.value is None and full(spec) in values
        }
        result = {}
        for spec in self.specs:
            array = self._by_torch(spec, found, seen)
            if array is not None and array.size == spec.count:
                seen[spec.name] = np.nan_to_num(array, nan=np.nan, posinf=-LOWEST, neginf=LOWEST).reshape(
                    spec.block_shape
                )
                result[full(spec)] = seen[spec.name]
        return result

    @staticmethod
    def _by_torch(spec: Spec, found: Callable[[Any], Any], seen: Mapping[str, Array]) -> Array | None:
        """Torch's values of a block: from the graph, or from those of other blocks."""
        import torch

        if spec.witness is not None or spec.share is not None:
            tensor = found(spec.witness or spec.share)
        elif spec.by_torch is not None:

            def read(cells: Any) -> Any:
                return torch.as_tensor(views.apply(cells.program, seen[cells.block]).copy(), dtype=torch.float64)

            try:
                tensor = spec.by_torch(read)
            except KeyError:
                return None
        else:
            return None
        return None if tensor is None else np.asarray(tensor.detach().double().cpu().numpy())


def _tensors(part: _Part, values: Numbers, device: str) -> dict[str, Any]:
    """Leaf → its tensor, of the kind that operations need."""
    import torch

    specs: dict[str, Spec] = {spec.leaf.name: spec for spec in part.builder.blocks.values() if spec.leaf is not None}
    found = {}
    for leaf in part.graph.leaves:
        if leaf.name not in specs:
            continue
        spec = _latest(part, leaf, specs[leaf.name])
        array = np.asarray(values[full(spec)], dtype=np.float64).reshape(leaf.shape)
        tensor = torch.tensor(array, dtype=getattr(torch, leaf.dtype), device=device)
        found[leaf.name] = tensor.requires_grad_(leaf.learns)
    return found


def _latest(part: _Part, leaf: Leaf, spec: Spec) -> Spec:
    """The block that holds a parameter, or a running statistic, when a step begins."""
    for other in part.builder.blocks.values():
        witness = other.witness
        if (
            witness is not None
            and witness.kind in ("step", "buffer")
            and witness.ref.name == leaf.name
            and witness.number == part.number - 1
        ):
            return other
    return spec


def _run(part: _Part, values: Numbers, device: str) -> Callable[[Any], Any]:
    """The graph by torch, operation by operation, and its gradients by autograd."""
    import torch

    tensors: dict[str, Any] = _tensors(part, values, device)
    env: dict[str, Any] = dict(tensors)

    def look(ref: Ref) -> Any:
        return env[ref.name] if ref.item is None else env[ref.name][ref.item]

    read: dict[str, list[tuple[Any, Any]]] = {}

    def handed(ref: Ref, node: Node) -> Any:
        """An operand as a tensor that this operation alone reads: its gradient is what the operation adds."""
        tensor = look(ref)
        whole = spread = tensor
        if isinstance(tensor, torch.Tensor) and tensor.requires_grad and torch.is_grad_enabled():
            whole = spread = tensor.view_as(tensor)
            whole.retain_grad()
            if node.op in SPREADING and len(node.shapes) == 1 and tensor.shape != node.shape:
                spread = whole.expand(node.shape)
                spread.retain_grad()
        read.setdefault(node.name, []).append((whole, spread))
        return spread

    for node in part.graph.nodes:
        with torch.set_grad_enabled(not node.no_gradient):
            env[node.name] = run_node(node, partial(handed, node=node), device)
        for tensor in _flat(env[node.name]):
            if tensor.requires_grad and not tensor.is_leaf:
                tensor.retain_grad()
    look(part.graph.loss).backward()

    def found(asked: Any) -> Any:
        if isinstance(asked, Share):
            return _shared(part, asked, read)
        if asked.ref.name not in env:
            return None
        tensor = look(asked.ref)
        return tensor.grad if asked.kind == "gradient" else tensor

    return found


def _shared(part: _Part, share: Share, read: Mapping[str, list[tuple[Any, Any]]]) -> Any:
    """The parts of a gradient that some operations add; None where torch has them only together with others."""
    import torch

    b, block = part.builder, share.to.block
    if share.node and b.additions.get((share.node, block)) != 1:
        return None
    spec = b.blocks[block]
    numbers = np.arange(spec.count).reshape(spec.block_shape)
    total, seen = np.zeros(spec.count), False
    for name in [share.node] if share.node else list(read):
        for cells, (whole, spread) in zip(b.operands.get(name, []), read.get(name, []), strict=True):
            gradient = (spread if share.spread else whole).grad if isinstance(cells, Cells) else None
            if gradient is None or cells.block != block:
                continue
            if share.spread:
                return gradient if spread is not whole else None
            if any(step.startswith("e") for step in share.to.program.split()):
                # Of repeated cells: before the sum over what is one cell.
                same = np.array_equal(
                    views.apply(cells.program, numbers).ravel(), views.apply(share.to.program, numbers).ravel()
                )
                return gradient if same else None
            places = views.apply(cells.program, numbers)
            if places.size != gradient.numel():
                return None
            np.add.at(total, places.ravel(), gradient.detach().cpu().numpy().ravel())
            seen = True
    return torch.tensor(total[views.apply(share.to.program, numbers)]) if seen else None


def _flat(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _stepped(part: _Part, values: Numbers, device: str) -> Callable[[Any], Any]:
    """The parameters after torch's own optimizer, from the gradients and states of the sheet."""
    import torch

    emitted, blocks = part.emitted, part.builder.blocks
    leaves = {leaf.name: leaf for leaf in part.graph.leaves}
    parameters: dict[str, Any] = {}
    groups: list[dict[str, Any]] = [dict(group, params=[]) for group in part.graph.step.groups]
    settings = _settings(part, values)
    for spec in part.specs:
        if spec.witness is None or spec.witness.kind != "step":
            continue
        name = spec.witness.ref.name
        leaf = leaves[name]
        before = _latest(part, leaf, blocks[emitted.parameters[name]])
        tensor = _as_tensor(values[full(before)], leaf, device).requires_grad_()
        gradient = next(
            s for s in blocks.values() if s.of == before.name and s.band == "gradient" and s.number == part.number
        )
        tensor.grad = _as_tensor(values[full(gradient)], leaf, device)
        parameters[name] = tensor
        groups[leaf.group]["params"].append(tensor)
    for group, changed in zip(groups, settings, strict=True):
        group.update(changed)
    optimizer = getattr(torch.optim, part.graph.step.optimizer)([group for group in groups if group["params"]])
    if part.number:
        for name, tensor in parameters.items():
            optimizer.state[tensor].update(_memory(part, values, leaves[name], device))
    optimizer.step()

    def found(witness: Any) -> Any:
        tensor = parameters.get(witness.ref.name)
        return optimizer.state[tensor].get(witness.memory) if witness.kind == "memory" else tensor

    return found


def _as_tensor(array: Array, leaf: Leaf, device: str) -> Any:
    import torch

    return torch.tensor(np.asarray(array, dtype=np.float64).reshape(leaf.shape), dtype=torch.float64, device=device)


def _settings(part: _Part, values: Numbers) -> list[dict[str, Any]]:
    """The optimizer's settings as the sheet has them."""
    fields = [spec for spec in part.builder.blocks.values() if spec.band == "field"]
    found = []
    at = iter(fields)
    for group in part.graph.step.groups:
        changed: dict[str, Any] = {}
        for name, value in _expected(group):
            if name in ("momentum", "dampening", "weight_decay") and not value:
                continue
            changed[name] = float(values[full(next(at))])
        if "beta1" in changed:
            changed["betas"] = (changed.pop("beta1"), changed.pop("beta2"))
        found.append(changed)
    return found


def _expected(group: Mapping[str, Any]) -> list[tuple[str, float]]:
    plain = {name: value for name, value in group.items() if name not in ("betas", "nesterov", "maximize")}
    if "betas" in group:
        plain["beta1"], plain["beta2"] = group["betas"]
    return list(plain.items())


def _memory(part: _Part, values: Numbers, leaf: Leaf, device: str) -> dict[str, Any]:
    """The optimizer's state of a parameter from the step before."""
    import torch

    found: dict[str, Any] = {}
    for spec in part.builder.blocks.values():
        kept = spec.witness
        if kept is not None and (kept.kind, kept.ref.name, kept.number) == ("memory", leaf.name, part.number - 1):
            found[kept.memory] = _as_tensor(values[full(spec)], leaf, device)
    if part.graph.step.optimizer != "SGD":
        found["step"] = torch.tensor(float(part.number))
    return found


__all__ = ["Step", "computed", "full"]
