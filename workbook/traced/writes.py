"""Writing in place, as operations that make new tensors: what a name stands for after each, views included."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from workbook.traced.call import Call, Site
from workbook.traced.graph import Ref, TracedError, refs

if TYPE_CHECKING:
    from workbook.traced.lower import Lowering

_RESHAPING = frozenset(
    ("view", "_unsafe_view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "view_as", "ravel")
)
_TURNING = frozenset(("transpose", "permute", "t", "numpy_T", "mT", "movedim", "swapaxes", "adjoint"))
_STRETCHES = frozenset(("select", "slice", "narrow", "split", "split_with_sizes", "chunk", "tensor_split", "unbind"))
VIEWS = frozenset((*_RESHAPING, *_TURNING, *_STRETCHES, "diagonal", "expand", "expand_as", "alias", "detach"))
"""Operations whose results share their argument's memory."""

_REBATCHED = ("num_batches_tracked",)


@dataclass(frozen=True)
class _Shown:
    """How a view shows its base."""

    call: Call
    base: Ref
    item: int | None
    site: Site


@dataclass
class Writes:
    """What stands for each tensor after the writes so far.

    Args:
        of: what lowers operations.
        alias: tensor → what was last written into it.
        shown: view → how it shows its base.
        stale: views of which something was written into the base since they were made.
        laid: tensor → the dimension along which it was laid together, and its stretches.
        moved: the buffers that were written into.
    """

    of: "Lowering"
    alias: dict[Ref, Any] = field(default_factory=dict)
    shown: dict[Ref, _Shown] = field(default_factory=dict)
    stale: set[Ref] = field(default_factory=set)
    laid: dict[Ref, tuple[int, list[tuple[int, int, Any]]]] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)

    def saw(self, call: Call, made: Any, site: Site) -> None:
        """Remember what shows a tensor's own memory."""
        base = call.args[0] if call.args else None
        if call.op not in VIEWS or not isinstance(base, Ref):
            return
        memory = self.of.tensor(base).untyped_storage().data_ptr()
        for item, view in enumerate(made) if isinstance(made, list) else [(None, made)]:
            if isinstance(view, Ref) and self.of.tensor(view).untyped_storage().data_ptr() == memory:
                self.shown[view] = _Shown(call, base, item, site.unnamed())

    def now(self, value: Any) -> Any:
        """What stands for a tensor after the writes so far."""
        while isinstance(value, Ref):
            if value in self.stale:
                self.stale.discard(value)
                how = self.shown[value]
                call = Call(how.call.target, [self.now(how.base), *how.call.args[1:]], how.call.kwargs)
                made = self.of.lower(call, value.name, how.site)
                self.alias[value] = made if how.item is None else made[how.item]
            if value not in self.alias:
                break
            value = self.alias[value]
        return value

    def write(self, call: Call, name: str, site: Site, view: Call | None) -> Any:
        """The result of an operation in place.

        Args:
            call: the operation.
            name: of what it makes.
            site: where it stands.
            view: what shows the number that it writes into, where that is one cell of a constant.
        """
        into = call.args[0]
        if call.op == "detach_":
            return into
        leaf = self.of.leaves.get(into.name) if isinstance(into, Ref) else None
        if leaf is not None and leaf.title.rpartition(".")[2] in _REBATCHED:
            return into
        base = view.args[0] if view is not None else into
        constant = not any(self.of.varies[ref.name] for ref in refs([call.args, list(call.kwargs.values())]))
        if constant and isinstance(base, Ref) and not self.of.varies[base.name] and not self._is_read(base):
            # Constants and the views of them share their memory, as for the user.
            args, kwargs = self.of.concrete(call)
            if view is not None:
                shown, rest = self.of.concrete(view)
                args[0] = view.target(*shown, **rest)
            call.target(*args, **kwargs)
            return into if view is None else args[0].item()
        fresh = self._plain(call, name, site)
        root = self._root(base) if isinstance(base, Ref) else None
        leaf = None if root is None else self.of.leaves.get(root.name)
        if leaf is not None and leaf.kind in ("buffer", "parameter") and not leaf.learns:
            self.moved.append(leaf.title)
        elif leaf is not None and leaf.kind != "constant":
            raise TracedError(
                f"{site.at}: {call.op} writes into {leaf.title} in place: write the result to a new tensor"
            )
        if view is not None:
            fresh = self._as_ref(fresh, site)
            self.shown[fresh] = _Shown(view, base, None, site.unnamed())
            self._lay(fresh, fresh, site)
        elif isinstance(into, Ref):
            self._put(into, fresh, site)
        return fresh

    def _plain(self, call: Call, name: str, site: Site) -> Any:
        """The operation as one that makes a new tensor."""
        import torch

        if call.op == "fill_diagonal_":
            return self.of.decompose(call, site, own=_diagonal_filled)
        plain = getattr(torch.ops.aten, call.op[:-1], None)
        if plain is None:
            raise TracedError(f"{site.at}: {call.op} writes in place: write the result to a new tensor")
        kinds = [str(argument.type) for argument in call.target._schema.arguments]
        overloads = [getattr(plain, each) for each in plain.overloads()]
        target = next(
            o for o in overloads if [str(argument.type) for argument in o._schema.arguments][: len(kinds)] == kinds
        )
        return self.of.lower(Call(target, call.args, call.kwargs), name, site)

    def _as_ref(self, value: Any, site: Site) -> Ref:
        if isinstance(value, Ref):
            return value
        from workbook.traced.run import as_tensor

        return self.of.leaf("constant", site.variable or "number", as_tensor(value, "cpu"), fixed=True)

    def _root(self, ref: Ref) -> Ref:
        while ref in self.shown:
            ref = self.shown[ref].base
        return ref

    def _is_read(self, constant: Ref) -> bool:
        """Whether an operation has read a constant, or what shows its memory, before."""
        root = self._root(constant)
        names = {root.name, *(view.name for view in self.shown if self._root(view) == root)}
        return any(ref.name in names for node in self.of.nodes for ref in node.refs())

    def _put(self, ref: Ref, fresh: Any, site: Site) -> None:
        """Replace a tensor from now on, with the views of it and the tensors that it views."""
        if fresh == ref:
            return
        self._spoil(ref)
        self.alias[ref] = fresh
        if ref in self.shown:
            fresh = self.alias[ref] = self._as_ref(fresh, site)
            self.shown[fresh] = self.shown[ref]
            self._lay(ref, fresh, site)

    def _lay(self, view: Ref, fresh: Ref, site: Site) -> None:
        """Write a view's present value into its base."""
        how = self.shown[view]
        base = self.now(how.base)
        whole = self._whole(how, base, fresh, site.unnamed())
        self._put(base, whole, site)
        self.stale.discard(view)
        self.stale.discard(fresh)
        self.shown[fresh] = replace(how, base=whole)

    def _spoil(self, base: Ref) -> None:
        for view, how in self.shown.items():
            if how.base == base and view not in self.stale:
                self.stale.add(view)
                self._spoil(view)

    def _whole(self, how: _Shown, base: Ref, part: Ref, site: Site) -> Ref:
        """A tensor with new numbers where a view shows it."""
        import torch

        op, aten = how.call.op, torch.ops.aten
        given = how.call.arguments()
        shape = list(self.of.shape(base))
        made: Any = None
        if op in _RESHAPING:
            made = self.of.lower(Call(aten.reshape.default, [part, shape], {}), f"{base.name}_written", site)
        elif op in _TURNING:
            made = self.of.decompose(Call(aten.clone.default, [part], {}), site, own=_turned_back(how.call, len(shape)))
        elif op in ("alias", "detach"):
            made = part
        elif op == "diagonal" and len(shape) == 2 and shape[0] == shape[1] and set(given) <= {"self", "dim1", "dim2"}:
            made = self.of.decompose(Call(aten.copy.default, [base, part], {}), site, own=_with_diagonal)
        elif op in _STRETCHES and given.get("step", 1) == 1:
            dim, start, stop = self._stretch(how, shape)
            if op in ("select", "unbind"):
                part = self.of.lower(Call(aten.unsqueeze.default, [part, dim], {}), f"{part.name}_row", site)
            made = self._laid(base, part, (dim, start, stop), site)
        if not isinstance(made, Ref):
            raise TracedError(
                f"{site.at}: {op} shows a tensor that is written into in place: write the result to a new tensor"
            )
        return made

    def _stretch(self, how: _Shown, shape: list[int]) -> tuple[int, int, int]:
        """The dimension that a view shows a stretch of, where that begins and where it ends."""
        given = how.call.arguments()
        dim = int(given.get("dim", 0)) % len(shape)
        size = shape[dim]
        if how.call.op == "slice":
            start, stop, _ = slice(given.get("start"), given.get("end")).indices(size)
            return dim, start, max(start, stop)
        if how.call.op == "narrow":
            return dim, given["start"] % size, given["start"] % size + given["length"]
        if how.call.op in ("select", "unbind"):
            at = (how.item if how.item is not None else given["index"]) % size
            return dim, at, at + 1
        parts = how.call.target(*self.of.concrete(how.call)[0])
        assert how.item is not None
        start = sum(part.shape[dim] for part in parts[: how.item])
        return dim, start, start + parts[how.item].shape[dim]

    def _laid(self, base: Ref, part: Ref, place: tuple[int, int, int], site: Site) -> Any:
        """A tensor with a stretch of it in another's place: laid together from all stretches known so far."""
        import torch

        dim, start, stop = place
        size = self.of.shape(base)[dim]
        known, stretches = self.laid.get(base, (dim, [(0, size, base)]))
        if known != dim:
            stretches = [(0, size, base)]
        pieces = sorted([*self._outside(stretches, dim, start, stop, site), (start, stop, part)], key=lambda p: p[0])
        if len(pieces) == 1:
            return part
        made = self.of.lower(
            Call(torch.ops.aten.cat.default, [[piece for _, _, piece in pieces], dim], {}), f"{base.name}_written", site
        )
        self.laid[made] = (dim, pieces)
        return made

    def _outside(
        self, stretches: list[tuple[int, int, Any]], dim: int, start: int, stop: int, site: Site
    ) -> Iterator[tuple[int, int, Any]]:
        """The stretches outside two places."""
        import torch

        for first, last, piece in stretches:
            for low, high in ((first, min(last, start)), (max(first, stop), last)):
                if low >= high:
                    continue
                if (low, high) == (first, last):
                    yield first, last, piece
                    continue
                cut = Call(torch.ops.aten.slice.Tensor, [piece, dim, low - first, high - first], {})
                yield low, high, self.of.lower(cut, f"{piece.name}_rest", site)


def _diagonal_filled(x: Any, value: float, wrap: bool = False) -> Any:
    import torch

    if x.dim() != 2 or x.shape[0] != x.shape[1]:
        raise TracedError("fill_diagonal_ of what is no square matrix: use torch.where")
    return torch.where(torch.eye(x.shape[0], dtype=torch.bool), torch.full_like(x, value), x)


def _with_diagonal(base: Any, part: Any) -> Any:
    import torch

    return torch.where(torch.eye(base.shape[0], dtype=torch.bool), part.unsqueeze(0), base)


def _turned_back(call: Call, rank: int) -> Callable[..., Any]:
    """What turns the dimensions of a view back."""
    import torch

    shape = [k + 2 for k in range(rank)]
    turned = call.target(torch.empty(shape, device="meta"), *call.args[1:], **call.kwargs).shape
    order = [list(turned).index(n) for n in shape]
    return lambda part: part.permute(order)
