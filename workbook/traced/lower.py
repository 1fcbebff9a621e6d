"""An exported program → the nodes of a graph: what is constant is folded, what the table lacks is taken apart."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.traced.apart import APART, APART_WHEN, CALLED, CASTS, ROUGH
from workbook.traced.graph import READS_A_NUMBER, Array, Leaf, Node, Ref, Shape, TracedError, mapped, refs
from workbook.traced.lines import module_of, source_of
from workbook.traced.ops import FREE, TABLE
from workbook.traced.run import as_tensor

if TYPE_CHECKING:
    import torch

LOWEST = -1e30
"""What stands in a sheet for minus infinity."""
_DROPPED = ("_assert_tensor_metadata", "_assert_async", "sym_size", "_assert_scalar", "sym_constrain_range_for_size")
_OF_SHAPES = ("full_like", "zeros_like", "ones_like", "empty_like", "new_zeros", "new_ones", "new_full", "new_empty")
_PLAIN = ("dtype", "layout", "device", "pin_memory", "memory_format", "non_blocking", "generator", "implicit")
_COMPARED = (operator.ge, operator.le, operator.gt, operator.lt, operator.eq, operator.ne)
_REBATCHED = ("num_batches_tracked",)

VIEWS = frozenset(
    (
        "view",
        "reshape",
        "flatten",
        "unflatten",
        "transpose",
        "permute",
        "select",
        "slice",
        "t",
        "numpy_T",
        "mT",
        "expand",
        "expand_as",
        "squeeze",
        "unsqueeze",
        "split",
        "split_with_sizes",
        "chunk",
        "unbind",
        "narrow",
        "diagonal",
        "movedim",
        "swapaxes",
    )
)
"""Operations whose results share their argument's memory."""


def float64(tensor: "torch.Tensor") -> "torch.Tensor":
    """The tensor in float64; whole numbers and truths as they are."""
    import torch

    if tensor.dtype in (torch.bfloat16, torch.float16):
        name = str(tensor.dtype).removeprefix("torch.")
        raise TracedError(f"a tensor of {name}: a sheet computes in float64; make it float32 or float64")
    if tensor.is_complex():
        raise TracedError("a complex tensor: a sheet has real numbers only")
    return tensor.detach().double() if tensor.is_floating_point() else tensor


@dataclass
class Lowering:
    """Walks an exported program: folds what is constant, takes apart what the table lacks."""

    exported: Any
    batch: Mapping[str, Any]
    groups: Mapping[str, int]
    axes: Mapping[str, tuple[str, ...]]
    rng: Any
    leaves: dict[str, Leaf] = field(default_factory=dict)
    tensors: dict[str, Any] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    env: dict[Any, Any] = field(default_factory=dict)
    alias: dict[str, Any] = field(default_factory=dict)
    varies: dict[str, bool] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    parts: set[str] = field(default_factory=set)

    def run(self) -> Ref:
        """Lower the whole program; the loss."""
        placed = self._placeholders()
        (loss, *_) = self._inline(self.exported.graph_module, placed, "", no_gradient=False)
        if not isinstance(loss, Ref):
            raise TracedError("the loss does not depend on the batch or on any parameter")
        loss = Ref(loss.name, loss.item) if loss.item is not None else self._resolved(loss)
        assert isinstance(loss, Ref)
        if self._shape(loss) != ():
            shape = list(self._shape(loss))
            raise TracedError(f"the loss gives a tensor of shape {shape}, expected a single number: take its mean")
        return loss

    def values(self) -> dict[str, Array]:
        """The value of every leaf, as a sheet holds it."""
        found = {}
        for name in self.leaves:
            array = self.tensors[name].detach().cpu().numpy()
            found[name] = np.clip(array.astype(np.float64), LOWEST, -LOWEST)
        return found

    def _placeholders(self) -> dict[Any, Any]:
        from torch.export.graph_signature import InputKind

        names = iter(self.batch)
        placed: dict[Any, Any] = {}
        program = self.exported
        holders = [node for node in program.graph.nodes if node.op == "placeholder"]
        tied: dict[int, Ref] = {}
        for node, spec in zip(holders, program.graph_signature.input_specs, strict=True):
            if spec.kind == InputKind.USER_INPUT:
                title = next(names)
                placed[node] = self._leaf("input", title, self.batch[title], axes=self.axes.get(title, ()))
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
                placed[node] = self._leaf(
                    "parameter", title, tensor, learns=learns, group=group, axes=self.axes.get(title, ())
                )
            elif spec.kind == InputKind.BUFFER:
                placed[node] = self._leaf("buffer", title, tensor, axes=self.axes.get(title, ()))
            else:
                placed[node] = self._constant(title, tensor)
            tied[id(tensor)] = placed[node]
        return placed

    def _leaf(self, kind: Any, title: str, tensor: Any, **rest: Any) -> Ref:
        name = self._unused(re.sub(r"\W+", "_", title) or kind)
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

    def _constant(self, title: str, tensor: Any) -> Any:
        """A tensor that nothing changes: a number where it is one."""
        if tensor.dim() == 0:
            return tensor.item()
        return self._leaf("constant", title, tensor, fixed=True)

    def _unused(self, name: str) -> str:
        number, found = 2, name
        while found in self.tensors:
            found, number = f"{name}_{number}", number + 1
        return found

    def _resolved(self, value: Any) -> Any:
        """Where a result is now: an operation in place has given its name to another."""
        while isinstance(value, Ref) and value.item is None and value.name in self.alias:
            value = self.alias[value.name]
        return value

    def _tensor(self, ref: Ref) -> Any:
        found = self.tensors[ref.name]
        return found if ref.item is None else found[ref.item]

    def _shape(self, ref: Ref) -> Shape:
        return tuple(int(size) for size in self._tensor(ref).shape)

    def _inline(
        self, graph_module: Any, env: dict[Any, Any], module: str, *, no_gradient: bool, line: str = ""
    ) -> list[Any]:
        """Lower the nodes of a (sub)graph; what it gives back."""
        import torch

        def look(argument: Any) -> Any:
            if isinstance(argument, torch.fx.Node):
                return self._resolved(env[argument])
            if isinstance(argument, list | tuple):
                return [look(part) for part in argument]
            return argument

        for node in graph_module.graph.nodes:
            where, variable = source_of(node)
            where = where or line
            path = module_of(node) or module
            if node.op == "placeholder":
                continue
            if node.op == "output":
                outputs = look(node.args[0])
                return list(outputs) if isinstance(outputs, list) else [outputs]
            if node.op == "get_attr":
                found = graph_module
                for part in node.target.split("."):
                    found = getattr(found, part)
                env[node] = found if isinstance(found, torch.nn.Module) else self._constant(node.target, found)
                continue
            target = str(node.target)
            if node.target is operator.getitem:
                env[node] = _item(look(node.args[0]), node.args[1])
            elif "set_grad_enabled" in target and len(node.args) > 1:
                enabled, inner, *rest = node.args
                subgraph = look(inner)
                holders = [other for other in subgraph.graph.nodes if other.op == "placeholder"]
                inside = dict(zip(holders, map(look, rest), strict=True))
                env[node] = self._inline(subgraph, inside, path, no_gradient=no_gradient or not enabled)
            elif node.target in _COMPARED:
                raise TracedError(
                    f"{where or 'the module'}: a shape depends on data: take cells by torch.where or by numbers"
                )
            elif not hasattr(node.target, "overloadpacket"):
                raise TracedError(f"{where or 'the module'}: {target} is control flow that no formula stands for")
            else:
                args = self._tensors_in(node.target, look(node.args))
                call = _Call(node.target, args, {k: look(v) for k, v in node.kwargs.items()})
                try:
                    env[node] = self._lower(call, node.name, path, where, variable, no_gradient)
                except (RuntimeError, IndexError, TypeError, ValueError, KeyError, NotImplementedError) as error:
                    said = " ".join(str(error).split())[:160]
                    raise TracedError(
                        f"{where or path or 'the loss'}: {call.op} has no formula here ({type(error).__name__}: {said})"
                    ) from error
        raise AssertionError("a graph without an output")

    def _lower(self, call: "_Call", name: str, module: str, where: str, variable: str, no_gradient: bool) -> Any:
        """The result of one operation, as a node, a constant, or the nodes that it is taken apart into."""
        import torch

        op = call.op
        at = where or module or "the loss"
        if op in _DROPPED:
            return None
        draws = torch.Tag.nondeterministic_seeded in call.target.tags
        if op.endswith("_") and not op.endswith("__"):
            return self._in_place(call, name, module, where, variable, no_gradient)
        if op in ("item", "_local_scalar_dense"):
            raise TracedError(f"{at}: {READS_A_NUMBER}")
        arguments = call.arguments()
        if op in ("dropout", "feature_dropout", "alpha_dropout"):
            return self._dropout(call, arguments, name, module, where, no_gradient)
        if draws and op not in APART:
            raise TracedError(f"{at}: {op} draws at random: draw outside, and hand the numbers over in the batch")
        used = list(refs(list(arguments.values())))
        concrete = self._concrete(call)
        if op in _OF_SHAPES or not any(self.varies[ref.name] for ref in used):
            value = call.target(*concrete[0], **concrete[1])
            if isinstance(value, torch.Tensor) and op in VIEWS and value.dim():
                made = self._leaf("constant", variable or _kind_of(value), value, fixed=True)
                self.parts.add(made.name)
                return made
            if isinstance(value, torch.Tensor):
                title = variable or _kind_of(value)
                return self._constant(title, float64(value) if value.is_floating_point() else value)
            return [self._constant(_kind_of(part), part) for k, part in enumerate(value)]
        other = APART_WHEN.get(op)
        own = None if other is None else other(arguments)
        if own is not None:
            return self._apart(call, module, where, variable, no_gradient, own=own)
        if op in CASTS:
            return self._cast(call, arguments, name, module, at, no_gradient)
        if op not in TABLE:
            return self._apart(call, module, where, variable, no_gradient)
        if op in ("view", "_unsafe_view"):
            # Of what was contiguous where torch followed it, which need not be so here.
            values = concrete[0][0].reshape(concrete[0][1])
        else:
            values = call.target(*concrete[0], **concrete[1])
        kept = {key: value for key, value in arguments.items() if key not in _PLAIN}
        return self._add(
            Node(self._unused(name), op, call.overload, kept, (), module, where, variable, no_gradient), values
        )

    def _tensors_in(self, target: Any, args: Any) -> Any:
        """The arguments; in lists of tensors, a constant that became a number is a tensor again."""

        def again(value: Any) -> Any:
            if isinstance(value, int | float):
                return self._leaf("constant", "number", as_tensor(value, "cpu"), fixed=True)
            return value

        types = [str(argument.type) for argument in target._schema.arguments]
        return [
            [again(each) for each in value] if kind == "List[Tensor]" and isinstance(value, list) else value
            for value, kind in zip(args, types, strict=False)
        ]

    def _concrete(self, call: "_Call") -> tuple[list[Any], dict[str, Any]]:
        """The arguments with the tensors themselves; a number that was one again a tensor."""
        types = [str(argument.type) for argument in call.target._schema.arguments]
        args = [
            as_tensor(value, "cpu") if isinstance(value, int | float) and kind == "Tensor" else value
            for value, kind in zip(call.args, types, strict=False)
        ]
        return mapped(args, self._tensor), {key: mapped(value, self._tensor) for key, value in call.kwargs.items()}

    def _add(self, node: Node, values: Any) -> Any:
        import torch

        several = isinstance(values, list | tuple)
        results = list(values) if several else [values]
        results = [float64(v) if isinstance(v, torch.Tensor) and v.is_floating_point() else v for v in results]
        shapes = tuple(tuple(int(size) for size in value.shape) for value in results)
        self.nodes.append(Node(**{**{f: getattr(node, f) for f in Node.__dataclass_fields__}, "shapes": shapes}))
        self.tensors[node.name] = results if several else results[0]
        self.varies[node.name] = True
        return [Ref(node.name, k) for k in range(len(results))] if several else Ref(node.name)

    def _cast(
        self, call: "_Call", arguments: Mapping[str, Any], name: str, module: str, at: str, no_gradient: bool
    ) -> Any:
        import torch

        source = arguments["self"]
        tensor = self._tensor(source)
        dtype = CASTS[call.op] or arguments.get("dtype")
        if dtype is None and "other" in arguments:
            dtype = self._tensor(arguments["other"]).dtype
        dtype = getattr(torch, dtype) if isinstance(dtype, str) else dtype
        if dtype in (torch.bfloat16, torch.float16):
            raise TracedError(f"{at}: a cast to {str(dtype).removeprefix('torch.')}; a sheet computes in float64")
        if dtype is None or dtype == tensor.dtype or (dtype.is_floating_point and tensor.is_floating_point()):
            return source
        if not dtype.is_floating_point and tensor.is_floating_point():
            raise TracedError(
                f"{at}: a cast of numbers to {str(dtype).removeprefix('torch.')}, which no formula stands for"
            )
        kind = "float64" if dtype.is_floating_point else str(dtype).removeprefix("torch.")
        values = tensor.to(torch.float64 if dtype.is_floating_point else dtype)
        return self._add(
            Node(self._unused(name), "cast", kind, {"self": source}, (), module, at, "", no_gradient), values
        )

    def _in_place(self, call: "_Call", name: str, module: str, where: str, variable: str, no_gradient: bool) -> Any:
        """An operation that writes into its first argument, as one that makes a new tensor of that name."""
        import torch

        at = where or module or "the loss"
        if torch.Tag.nondeterministic_seeded in call.target.tags:
            raise TracedError(f"{at}: {call.op} draws at random: draw outside, and hand the numbers over in the batch")
        into = call.args[0]
        if call.op == "detach_":
            return into
        if not isinstance(into, Ref):
            raise TracedError(f"{at}: {call.op} writes into a number in place: write the result to a new tensor")
        if not any(self.varies[ref.name] for ref in refs([call.args, list(call.kwargs.values())])):
            # Constants and the views of them share their memory, as for the user.
            args, kwargs = self._concrete(call)
            call.target(*args, **kwargs)
            return into
        leaf = self.leaves.get(into.name)
        if leaf is not None and leaf.title.rpartition(".")[2] in _REBATCHED:
            return into
        source = next((node for node in self.nodes if node.name == into.name), None)
        if leaf is not None and leaf.kind != "constant":
            raise TracedError(f"{at}: {call.op} writes into {leaf.title} in place: write the result to a new tensor")
        if into.item is not None or into.name in self.parts or (source is not None and source.op in VIEWS):
            raise TracedError(f"{at}: {call.op} writes into a view in place: write the result to a new tensor")
        plain = getattr(torch.ops.aten, call.op[:-1])
        overload = call.overload if call.overload in plain.overloads() else "default"
        fresh = self._lower(
            _Call(getattr(plain, overload), call.args, call.kwargs), name, module, where, variable, no_gradient
        )
        self.alias[into.name] = fresh
        return fresh

    def _dropout(
        self, call: "_Call", arguments: Mapping[str, Any], name: str, module: str, where: str, no_gradient: bool
    ) -> Any:
        """Dropout in training: a product with a mask that is drawn once and recorded."""
        import torch

        source, share, trains = (arguments.get(key) for key in ("input", "p", "train"))
        if not trains or not share:
            return source
        if call.op == "alpha_dropout":
            raise TracedError(
                f"{where or module}: {call.op} is not known; use nn.Dropout, or hand a mask over in the batch"
            )
        assert isinstance(source, Ref)
        shape = self._shape(source)
        if call.op == "feature_dropout":
            # Whole channels.
            shape = (*shape[:2], *(1,) * (len(shape) - 2))
        mask = (torch.rand(shape, generator=self.rng, dtype=torch.float64) >= share).double()
        drawn = self._leaf("input", f"{module or 'dropout'}.mask" if module else f"{name}.mask", mask)
        self.notes.append(
            f"{module or 'dropout'}: the mask was drawn when the workbook was built; change its cells to draw others"
        )
        aten = torch.ops.aten
        kept = self._lower(_Call(aten.mul.Tensor, [source, drawn], {}), f"{name}_kept", module, where, "", no_gradient)
        if share == 1:
            return kept
        return self._lower(_Call(aten.div.Tensor, [kept, 1 - share], {}), name, module, where, "", no_gradient)

    def _apart(
        self,
        call: "_Call",
        module: str,
        where: str,
        variable: str,
        no_gradient: bool,
        own: Callable[..., Any] | None = None,
    ) -> Any:
        """The operation in simpler ones: in our words where there are some, else in torch's own."""
        from torch._decomp import core_aten_decompositions, decomposition_table
        from torch.fx.experimental.proxy_tensor import make_fx

        at = where or module or "the loss"
        own = APART.get(call.op) if own is None else own
        if call.op in ROUGH:
            self.notes.append(
                f"{call.op}: torch's own gradient of it has a constant of float32; the sheet has it in full"
            )
        order = list(dict.fromkeys(refs([call.args, list(call.kwargs.values())])))

        def run(*tensors: Any) -> Any:
            known = dict(zip(order, tensors, strict=True))
            args = mapped(call.args, known.__getitem__)
            kwargs = {key: mapped(value, known.__getitem__) for key, value in call.kwargs.items()}
            return (own or call.target)(*args, **kwargs)

        table = None
        if own is None:
            table = dict(core_aten_decompositions())
            if call.target not in table and call.target in decomposition_table:
                table[call.target] = decomposition_table[call.target]
            if call.target not in table and not call.target._can_decompose():
                raise TracedError(_unknown(at, call.op))
        try:
            graph = make_fx(run, decomposition_table=table, pre_dispatch=own is not None)(*map(self._tensor, order))
        except TracedError as error:
            raise TracedError(f"{at}: {error}") from error
        graph.graph.eliminate_dead_code()
        calls = [node.target for node in graph.graph.nodes if node.op == "call_function"]
        if own is None and any(target is call.target or str(target).startswith("prims.") for target in calls):
            raise TracedError(_unknown(at, call.op))
        holders = [node for node in graph.graph.nodes if node.op == "placeholder"]
        before = len(self.nodes)
        outputs = self._inline(
            graph, dict(zip(holders, order, strict=True)), module, no_gradient=no_gradient, line=where
        )
        fresh = self.nodes[before:]
        single = len(call.target._schema.returns) == 1 and "[]" not in str(call.target._schema.returns[0].type)
        last = outputs[0] if single and isinstance(outputs[0], Ref) else None
        names = _called(call.op, fresh)
        for number, node in enumerate(fresh, start=before):
            known = variable if last is not None and node.name == last.name else ""
            self.nodes[number] = Node(
                **{
                    **{f: getattr(node, f) for f in Node.__dataclass_fields__},
                    "module": module,
                    "where": where,
                    "variable": known or names.get(node.name, ""),
                }
            )
        return outputs[0] if single else outputs


def _called(op: str, nodes: Sequence[Node]) -> dict[str, str]:
    """What the results of an operation's parts are called, numbered by step where it takes several."""
    computing = [node for node in nodes if node.op not in FREE and node.op not in ("stack", "cat")]
    for parts in CALLED.get(op, ()):
        steps = len(computing) // len(parts)
        if steps and [node.op for node in computing] == [part for part, _ in parts] * steps:
            names = [f"{name}_{step}" if steps > 1 else name for step in range(steps) for _, name in parts]
            return {node.name: name for node, name in zip(computing, names, strict=True)}
    return {}


def _unknown(at: str, op: str) -> str:
    return f"{at}: {op} has no formula here; write it with operations of the table in docs/from_module.md"


@dataclass(frozen=True)
class _Call:
    """One operation of torch and its arguments."""

    target: Any
    args: Sequence[Any]
    kwargs: Mapping[str, Any]

    @property
    def op(self) -> str:
        return str(self.target.overloadpacket).removeprefix("aten.")

    @property
    def overload(self) -> str:
        return str(self.target._overloadname)

    def arguments(self) -> dict[str, Any]:
        """The arguments by name, without those at their defaults."""
        found = {}
        for number, argument in enumerate(self.target._schema.arguments):
            if number < len(self.args):
                value = self.args[number]
            elif argument.name in self.kwargs:
                value = self.kwargs[argument.name]
            else:
                continue
            if not argument.has_default_value() or not _same(value, argument.default_value):
                found[argument.name] = value
        return found


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)


def _kind_of(tensor: Any) -> str:
    """What a constant that nobody named is called."""
    values = tensor.unique() if tensor.numel() else tensor
    return {0.0: "zeros", 1.0: "ones"}.get(float(values[0]), "constant") if len(values) == 1 else "constant"


def _item(value: Any, number: int) -> Any:
    return Ref(value.name, number) if isinstance(value, Ref) else value[number]
