"""An exported program → the nodes of a graph: what is constant is folded, what the table lacks is taken apart."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from workbook.traced.call import Call, Site
from workbook.traced.decompositions import CALLED, CASTS, DECOMPOSED_WHEN, DECOMPOSITIONS, FROM_END, ROUGH
from workbook.traced.graph import READS_A_NUMBER, Node, Ref, TracedError, mapped, refs
from workbook.traced.leaves import Leaves, float64, wide
from workbook.traced.lines import module_of, source_of
from workbook.traced.ops import FREE, TABLE
from workbook.traced.run import as_tensor
from workbook.traced.writer import MOST
from workbook.traced.writes import VIEWS, Writes

_DROPPED = (
    "_assert_tensor_metadata",
    "_assert_async",
    "sym_size",
    "_assert_scalar",
    "sym_constrain_range_for_size",
    "_linalg_check_errors",
)
_OF_SHAPES = ("full_like", "zeros_like", "ones_like", "empty_like", "new_zeros", "new_ones", "new_full", "new_empty")
_PLAIN = ("dtype", "layout", "device", "pin_memory", "memory_format", "non_blocking", "generator", "implicit")
_TORCH_ERRORS = (RuntimeError, LookupError, TypeError, ValueError, NotImplementedError)
"""What torch raises of an operation that it can't take apart."""

_DROPPING = ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")
_COMPARED = (operator.ge, operator.le, operator.gt, operator.lt, operator.eq, operator.ne)


@dataclass
class Lowering(Leaves):
    """Walks an exported program: folds what is constant, takes apart what the table lacks."""

    nodes: list[Node] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    writes: Writes = field(init=False)

    def __post_init__(self) -> None:
        """Start with an empty graph."""
        self.writes = Writes(self)

    def run(self) -> Ref:
        """Lower the whole program; the loss."""
        placed = self.placeholders()
        (loss, *_) = self._inline(self.exported.graph_module, placed, Site())
        if not isinstance(loss, Ref):
            raise TracedError("the loss does not depend on the batch or on any parameter")
        if self.shape(loss) != ():
            shape = list(self.shape(loss))
            raise TracedError(f"the loss gives a tensor of shape {shape}, expected a single number: take its mean")
        return loss

    def _inline(self, graph_module: Any, env: dict[Any, Any], outer: Site) -> list[Any]:
        """Lower the nodes of a (sub)graph; what it gives back."""
        import torch

        def look(argument: Any) -> Any:
            if isinstance(argument, torch.fx.Node):
                return self.writes.now(env[argument])
            if isinstance(argument, list | tuple):
                return [look(part) for part in argument]
            return argument

        cells: dict[Any, Call] = {}
        for node in graph_module.graph.nodes:
            where, variable = source_of(node)
            site = Site(module_of(node) or outer.module, where or outer.where, variable, outer.no_gradient)
            if node.op == "placeholder":
                continue
            if node.op == "output":
                outputs = look(node.args[0])
                return list(outputs) if isinstance(outputs, list) else [outputs]
            if node.op == "get_attr":
                found = graph_module
                for part in node.target.split("."):
                    found = getattr(found, part)
                env[node] = found if isinstance(found, torch.nn.Module) else self.constant(node.target, found)
            elif node.target is operator.getitem:
                env[node] = _item(look(node.args[0]), node.args[1])
            elif hasattr(node.target, "overloadpacket"):
                args = self._tensors_in(node.target, look(node.args))
                call = Call(node.target, args, {k: look(v) for k, v in node.kwargs.items()})
                env[node] = self._one(call, node.name, site, cells.get(node.args[0]) if node.args else None)
                if call.is_in_place and not isinstance(call.args[0], Ref):
                    # A number has no name of its own: whoever asks for it finds what was written.
                    env[node.args[0]] = env[node]
                if call.op in VIEWS and not isinstance(env[node], Ref | list):
                    cells[node] = call
            else:
                env[node] = self._control_flow(node, look(node.args), site)
        raise AssertionError("a graph without an output")

    def _control_flow(self, node: Any, args: Sequence[Any], site: Site) -> Any:
        """What the code inside a `no_grad` gives; any other control flow is refused."""
        where = site.where or "the module"
        if "set_grad_enabled" in str(node.target) and len(args) > 1:
            enabled, subgraph, *rest = args
            holders = [other for other in subgraph.graph.nodes if other.op == "placeholder"]
            inside = replace(site, variable="", no_gradient=site.no_gradient or not enabled)
            return self._inline(subgraph, dict(zip(holders, rest, strict=True)), inside)
        if node.target in _COMPARED:
            raise TracedError(f"{where}: a shape depends on data: take cells by torch.where or by numbers")
        raise TracedError(f"{where}: {node.target} is control flow that no formula stands for")

    def _one(self, call: Call, name: str, site: Site, view: Call | None) -> Any:
        """The result of one operation; whatever torch says of it becomes one sentence."""
        try:
            if call.is_in_place:
                _check_draws(call, site)
                return self.writes.write(call, name, site, view)
            return self.lower(call, name, site)
        except _TORCH_ERRORS as error:
            said = " ".join(str(error).split())[:160]
            raise TracedError(f"{site.at}: {call.op} has no formula here ({type(error).__name__}: {said})") from error

    def lower(self, call: Call, name: str, site: Site) -> Any:
        """The result of one operation, as a node, a constant, or the nodes that it is taken apart into."""
        made = self._lowered(call, name, site)
        self.writes.saw(call, made, site)
        return made

    def _lowered(self, call: Call, name: str, site: Site) -> Any:
        import torch

        op = call.op
        if op in _DROPPED:
            return None
        if op in ("item", "_local_scalar_dense"):
            raise TracedError(f"{site.at}: {READS_A_NUMBER}")
        arguments = call.arguments()
        if op in _DROPPING:
            return self._dropout(call, name, site)
        if op not in DECOMPOSITIONS:
            _check_draws(call, site)
        used = list(refs(list(arguments.values())))
        concrete = self.concrete(call)
        if op in _OF_SHAPES or not any(self.varies[ref.name] for ref in used):
            value = call.target(*concrete[0], **concrete[1])
            if isinstance(value, torch.Tensor) and op in VIEWS and value.dim():
                return self.leaf("constant", site.variable or _kind_of(value), value, fixed=True)
            if isinstance(value, torch.Tensor):
                title = site.variable or _kind_of(value)
                return self.constant(title, float64(value) if value.is_floating_point() else value)
            return [self.constant(_kind_of(part), part) for k, part in enumerate(value)]
        other = DECOMPOSED_WHEN.get(op)
        own = None if other is None else other(arguments)
        if op in FROM_END and any(self._is_below_0(at) for at in refs([arguments["indices"]])):
            own = partial(FROM_END[op], from_end=True)
        if own is not None:
            return self.decompose(call, site, own=own)
        if op in CASTS:
            return self._cast(call, arguments, name, site)
        if op not in TABLE:
            return self.decompose(call, site)
        if op in ("view", "_unsafe_view"):
            # Of what was contiguous where torch followed it, which need not be so here.
            values = concrete[0][0].reshape(concrete[0][1])
        else:
            values = call.target(*concrete[0], **concrete[1])
        kept = {key: _spelled(value) for key, value in arguments.items() if key not in _PLAIN}
        return self._add(name, op, call.overload, kept, site, values)

    def _is_below_0(self, index: Ref) -> bool:
        return bool((self.tensor(index) < 0).any())

    def _tensors_in(self, target: Any, args: Any) -> Any:
        """The arguments; in lists of tensors, a constant that became a number is a tensor again."""

        def again(value: Any) -> Any:
            if isinstance(value, int | float):
                return self.leaf("constant", "number", as_tensor(value, "cpu"), fixed=True)
            return value

        types = [str(argument.type) for argument in target._schema.arguments]
        return [
            [again(each) for each in value] if kind == "List[Tensor]" and isinstance(value, list) else value
            for value, kind in zip(args, types, strict=False)
        ]

    def concrete(self, call: Call) -> tuple[list[Any], dict[str, Any]]:
        """The arguments with the tensors themselves, in float64; a number that was one again a tensor."""
        args = [wide(value) for value in _numbers_as_tensors(call)]
        return mapped(args, self.tensor), {key: mapped(wide(value), self.tensor) for key, value in call.kwargs.items()}

    def _add(self, name: str, op: str, overload: str, args: Mapping[str, Any], site: Site, values: Any) -> Any:
        """A node of these values, in float64 where they are fractions."""
        import torch

        several = isinstance(values, list | tuple)
        results = list(values) if several else [values]
        results = [float64(v) if isinstance(v, torch.Tensor) and v.is_floating_point() else v for v in results]
        shapes = tuple(tuple(int(size) for size in value.shape) for value in results)
        kinds = tuple(str(value.dtype).removeprefix("torch.") for value in results)
        node = Node(
            self.unused(name),
            op,
            overload,
            args,
            shapes,
            site.module,
            site.where,
            site.variable,
            site.no_gradient,
            kinds,
        )
        self.nodes.append(node)
        self.tensors[node.name] = results if several else results[0]
        self.varies[node.name] = True
        return [Ref(node.name, k) for k in range(len(results))] if several else Ref(node.name)

    def _cast(self, call: Call, arguments: Mapping[str, Any], name: str, site: Site) -> Any:
        import torch

        source = arguments["self"]
        tensor = self.tensor(source)
        dtype = CASTS[call.op] or arguments.get("dtype")
        if dtype is None and "other" in arguments:
            dtype = self.tensor(arguments["other"]).dtype
        dtype = getattr(torch, dtype) if isinstance(dtype, str) else dtype
        if dtype in (torch.bfloat16, torch.float16):
            raise TracedError(f"{site.at}: a cast to {str(dtype).removeprefix('torch.')}; a sheet computes in float64")
        if dtype is None or dtype == tensor.dtype or (dtype.is_floating_point and tensor.is_floating_point()):
            return source
        if not dtype.is_floating_point and tensor.is_floating_point():
            raise TracedError(
                f"{site.at}: a cast of numbers to {str(dtype).removeprefix('torch.')}, which no formula stands for"
            )
        kind = "float64" if dtype.is_floating_point else str(dtype).removeprefix("torch.")
        values = tensor.to(torch.float64 if dtype.is_floating_point else dtype)
        return self._add(name, "cast", kind, {"self": source}, site.unnamed(), values)

    def _dropout(self, call: Call, name: str, site: Site) -> Any:
        """Dropout in training: a product with a mask that is drawn once and recorded."""
        import torch

        source, share, trains = call.args[:3]
        if not trains or not share:
            return source
        op, module = call.op, site.module
        if op.endswith("alpha_dropout"):
            raise TracedError(f"{site.at}: {op} is not known; use nn.Dropout, or hand a mask over in the batch")
        assert isinstance(source, Ref)
        shape = self.shape(source)
        if op == "feature_dropout":
            # Whole channels.
            shape = (*shape[:2], *(1,) * (len(shape) - 2))
        mask = (torch.rand(shape, generator=self.rng, dtype=torch.float64) >= share).double()
        drawn = self.leaf("input", f"{module or 'dropout'}.mask" if module else f"{name}.mask", mask)
        self.notes.append(
            f"{module or 'dropout'}: the mask was drawn when the workbook was built; change its cells to draw others"
        )
        aten = torch.ops.aten
        kept = self.lower(Call(aten.mul.Tensor, [source, drawn], {}), f"{name}_kept", site.unnamed())
        if share == 1:
            return kept
        return self.lower(Call(aten.div.Tensor, [kept, 1 - share], {}), name, site.unnamed())

    def decompose(self, call: Call, site: Site, own: Callable[..., Any] | None = None) -> Any:
        """The operation in simpler ones: by our own rule where there is one, else by torch's decomposition."""
        from torch._decomp import core_aten_decompositions, decomposition_table
        from torch.fx.experimental.proxy_tensor import make_fx

        at = site.at
        own = DECOMPOSITIONS.get(call.op) if own is None else own
        if call.op in ROUGH:
            self.notes.append(
                f"{call.op}: torch's own gradient of it has a constant of float32; the sheet has it in full"
            )
        order = list(dict.fromkeys(refs([call.args, list(call.kwargs.values())])))

        def run(*tensors: Any) -> Any:
            known = dict(zip(order, tensors, strict=True))
            args = mapped(_numbers_as_tensors(call), known.__getitem__)
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
            graph = make_fx(run, decomposition_table=table, pre_dispatch=own is not None)(*map(self.tensor, order))
        except TracedError as error:
            raise TracedError(f"{at}: {error}") from error
        graph.graph.eliminate_dead_code()
        calls = [node.target for node in graph.graph.nodes if node.op == "call_function"]
        if own is None and any(target is call.target or str(target).startswith("prims.") for target in calls):
            raise TracedError(_unknown(at, call.op))
        holders = [node for node in graph.graph.nodes if node.op == "placeholder"]
        before = len(self.nodes)
        outputs = self._inline(graph, dict(zip(holders, order, strict=True)), site.unnamed())
        fresh = self.nodes[before:]
        single = len(call.target._schema.returns) == 1 and "List" not in str(call.target._schema.returns[0].type)
        last = outputs[0] if single and isinstance(outputs[0], Ref) else None
        names = _called(call.op, fresh)
        for number, node in enumerate(fresh, start=before):
            known = site.variable if last is not None and node.name == last.name else ""
            self.nodes[number] = replace(
                node, module=site.module, where=site.where, variable=known or names.get(node.name, "")
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


def _numbers_as_tensors(call: Call) -> list[Any]:
    """The arguments; a tensor that became a number is one again."""
    types = [str(argument.type) for argument in call.target._schema.arguments]
    return [
        as_tensor(value, "cpu") if isinstance(value, int | float) and kind in ("Tensor", "Optional[Tensor]") else value
        for value, kind in zip(call.args, types, strict=False)
    ]


def _spelled(value: Any) -> Any:
    """An argument with numbers limited to what a formula takes, so that torch computes with the same."""
    if isinstance(value, float) and MOST < abs(value) < float("inf"):
        return MOST if value > 0 else -MOST
    return value


def _check_draws(call: Call, site: Site) -> None:
    import torch

    if torch.Tag.nondeterministic_seeded in call.target.tags and call.op.rstrip("_") not in _DROPPING:
        raise TracedError(f"{site.at}: {call.op} draws at random: draw outside, and hand the numbers over in the batch")


_INSTEAD = (
    (("_fft", "view_as", "polar", "complex", "stft", "istft", "angle", "real", "imag", "_conj"),
     "a sheet has real numbers only: write the real and the imaginary part as two tensors, with cos and sin"),
    (("_sparse", "sparse", "_to_sparse", "_to_dense"), "make the matrix dense before, with .to_dense()"),
    (("linalg", "_linalg", "svd", "lu", "geqrf", "logdet", "slogdet"),
     "for a symmetric positive matrix use torch.linalg.cholesky and solve_triangular, or hand the result over in the batch"),
    (("lgamma", "digamma", "polygamma", "_standard_gamma", "special", "i0", "igamma"),
     "where it is constant, compute it before and hand it over in the batch"),
)  # fmt: skip
"""What some operations begin with, and what to do without them."""


def _unknown(at: str, op: str) -> str:
    for starts, words in _INSTEAD:
        if op.startswith(starts):
            return f"{at}: {op} has no formula here; {words}"
    return f"{at}: {op} has no formula here; write it with operations of the table in docs/from_module.md"


def _kind_of(tensor: Any) -> str:
    """The name of a constant that nobody named."""
    values = tensor.unique() if tensor.numel() else tensor
    return {0.0: "zeros", 1.0: "ones"}.get(float(values[0]), "constant") if len(values) == 1 else "constant"


def _item(value: Any, number: int) -> Any:
    return Ref(value.name, number) if isinstance(value, Ref) else value[number]
