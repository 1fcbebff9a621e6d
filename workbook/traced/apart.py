"""Operations of torch that are taken apart into simpler ones, in our words: torch traces these functions."""

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import Any

from workbook.traced.graph import TracedError

CASTS: dict[str, str | None] = {
    "to": None,
    "_to_copy": None,
    "type_as": None,
    "float": "float64",
    "double": "float64",
    "long": "int64",
    "bool": "bool",
}
"""Changes of a number's kind, and the kind where the name says it."""

_MEAN, _SUM = 1, 2


def attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """softmax(query · keyᵀ · scale) · value. Source: Vaswani et al. 2017, (1)."""
    import torch

    if dropout_p:
        raise TracedError("dropout inside scaled_dot_product_attention: set dropout_p to 0")
    if enable_gqa:
        groups = query.shape[-3] // key.shape[-3]
        key, value = key.repeat_interleave(groups, -3), value.repeat_interleave(groups, -3)
    scores = torch.matmul(query, key.transpose(-2, -1)) * (1 / sqrt(query.shape[-1]) if scale is None else scale)
    if is_causal:
        later = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(later, float("-inf"))
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(attn_mask.logical_not(), float("-inf"))
    elif attn_mask is not None:
        scores = scores + attn_mask
    return torch.matmul(torch.softmax(scores, -1), value)


def lstm_cell(
    x: Any, state: Sequence[Any], w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> tuple[Any, Any]:
    """h and c after a step. Source: torch.nn.LSTMCell."""
    import torch
    from torch.nn.functional import linear

    hidden, cell = state
    gates = linear(x, w_ih, b_ih) + linear(hidden, w_hh, b_hh)
    into, forget, candidate, out = gates.chunk(4, -1)
    cell = torch.sigmoid(forget) * cell + torch.sigmoid(into) * torch.tanh(candidate)
    return torch.sigmoid(out) * torch.tanh(cell), cell


def gru_cell(x: Any, hidden: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """h after a step. Source: torch.nn.GRUCell."""
    import torch
    from torch.nn.functional import linear

    from_x, from_hidden = linear(x, w_ih, b_ih), linear(hidden, w_hh, b_hh)
    (x_reset, x_update, x_new), (h_reset, h_update, h_new) = from_x.chunk(3, -1), from_hidden.chunk(3, -1)
    reset, update = torch.sigmoid(x_reset + h_reset), torch.sigmoid(x_update + h_update)
    fresh = torch.tanh(x_new + reset * h_new)
    return fresh + update * (hidden - fresh)


def _rnn_cell(activation: str) -> Callable[..., Any]:
    def cell(x: Any, hidden: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
        import torch
        from torch.nn.functional import linear

        return getattr(torch, activation)(linear(x, w_ih, b_ih) + linear(hidden, w_hh, b_hh))

    return cell


def _unrolled(cell: Callable[..., Any], *, has_cell: bool) -> Callable[..., Any]:
    """A recurrent layer as its cell, step by step, layer by layer, in both directions where it has two."""

    def run(
        x: Any,
        state: Any,
        params: Sequence[Any],
        has_biases: bool,
        layers: int,
        dropout: float,
        train: bool,
        bidirectional: bool,
        batch_first: bool,
    ) -> tuple[Any, ...]:
        import torch
        from torch.nn.functional import linear

        if dropout and train and layers > 1:
            raise TracedError("dropout between recurrent layers: write the layers one by one with nn.Dropout between")
        states = list(state) if has_cell else [state]
        time = 1 if batch_first and x.dim() == 3 else 0
        directions = 2 if bidirectional else 1
        each = len(params) // (layers * directions)
        projected = each == (5 if has_biases else 3)
        last: list[list[Any]] = [[] for _ in states]
        for layer in range(layers):
            outputs = []
            for direction in range(directions):
                number = layer * directions + direction
                weights = params[number * each : (number + 1) * each]
                now: Any = tuple(part[number] for part in states) if has_cell else states[0][number]
                steps = range(x.shape[time])
                seen = []
                for step in reversed(steps) if direction else steps:
                    now = cell(x.select(time, step), now, *weights[: each - projected])
                    if projected:
                        now = (linear(now[0], weights[-1]), now[1])
                    seen.append(now[0] if has_cell else now)
                outputs.append(torch.stack(seen[::-1] if direction else seen, time))
                for kept, part in zip(last, now if has_cell else (now,), strict=True):
                    kept.append(part)
            x = outputs[0] if len(outputs) == 1 else torch.cat(outputs, -1)
        return (x, *(torch.stack(kept) for kept in last))

    return run


def group_norm(
    x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, cudnn_enabled: bool = True
) -> Any:
    """(x − mean) / √(variance + ε) over the channels of a group and all places. Source: torch.nn.GroupNorm."""
    from torch.nn.functional import layer_norm

    grouped = x.reshape(x.shape[0], num_groups, -1)
    normal = layer_norm(grouped, grouped.shape[-1:], eps=eps).reshape(x.shape)
    along = [1, x.shape[1], *[1] * (x.dim() - 2)]
    if weight is not None:
        normal = normal * weight.reshape(along)
    return normal if bias is None else normal + bias.reshape(along)


def instance_norm(
    x: Any,
    weight: Any,
    bias: Any,
    mean: Any,
    var: Any,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Any:
    """(x − mean) / √(variance + ε) over the places of each channel. Source: torch.nn.InstanceNorm2d."""
    if not use_input_stats:
        raise TracedError("an instance norm with running statistics: set track_running_stats to False")
    return group_norm(x, x.shape[1], weight, bias, eps)


def embedding_bag(
    weight: Any,
    indices: Any,
    offsets: Any,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> tuple[Any, ...]:
    """The sum, mean or maximum of each bag's rows, where all bags have one length."""
    from torch.nn.functional import embedding

    starts = offsets.tolist() if hasattr(offsets, "tolist") else list(offsets)
    length = starts[1] - starts[0] if len(starts) > 1 else indices.numel()
    if starts != list(range(0, length * len(starts), length)) or include_last_offset or padding_idx not in (None, -1):
        raise TracedError("an embedding bag with bags of several lengths, or with padding: use bags of one length")
    rows = embedding(indices.reshape(len(starts), length), weight)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape(len(starts), length, 1)
    # What else torch returns is for its own backward pass.
    return ((rows.sum, rows.mean, rows.amax)[mode](1), indices, indices, indices)


def kl_div(x: Any, target: Any, reduction: int = _MEAN, log_target: bool = False) -> Any:
    """Σ target · (ln target − x). Source: torch.nn.functional.kl_div."""
    import torch

    if log_target:
        each = torch.exp(target) * (target - x)
    else:
        each = torch.where(target > 0, target * torch.log(torch.where(target > 0, target, 1.0)), 0.0) - target * x
    return {_MEAN: each.mean, _SUM: each.sum}.get(reduction, lambda: each)()


def log_sigmoid(x: Any) -> Any:
    """−ln(1 + e^−x)."""
    from torch.nn.functional import softplus

    return -softplus(-x)


def celu(x: Any, alpha: float = 1.0) -> Any:
    """x above 0, α (e^(x/α) − 1) below; torch's own gradient of it has 1/α as float32 has it."""
    from torch.nn.functional import elu

    return elu(x / alpha) * alpha


def hardsigmoid(x: Any) -> Any:
    """x/6 + ½ within 0 and 1; torch's own gradient of it has a sixth as float32 has it."""
    return (x + 3).clamp(0, 6) / 6


def prelu(x: Any, weight: Any) -> Any:
    """x above 0, weight · x below."""
    import torch

    if x.dim() > 1 and weight.numel() > 1:
        weight = weight.reshape([1, -1, *[1] * (x.dim() - 2)])
    return torch.where(x > 0, x, weight * x)


def repeat_interleave(x: Any, repeats: int, dim: int | None = None, **rest: Any) -> Any:
    """Each cell of a dimension several times."""
    if dim is None:
        x, dim = x.reshape(-1), 0
    dim %= x.dim()
    shape = list(x.shape)
    spread = x.unsqueeze(dim + 1).expand([*shape[: dim + 1], repeats, *shape[dim + 1 :]])
    return spread.reshape([*shape[:dim], shape[dim] * repeats, *shape[dim + 1 :]])


def var(
    x: Any, dim: Any = None, *, unbiased: bool = True, correction: float | None = None, keepdim: bool = False
) -> Any:
    """Σ (x − mean)² / (n − correction)."""
    dims = list(range(x.dim())) if dim is None or dim == [] else list(dim) if isinstance(dim, list | tuple) else [dim]
    count = 1
    for each in dims:
        count *= x.shape[each]
    less = (1.0 if unbiased else 0.0) if correction is None else correction
    off = x - x.mean(dims, keepdim=True)
    return (off * off).sum(dims, keepdim=keepdim) / (count - less)


def _var(x: Any, *args: Any, **kwargs: Any) -> Any:
    """`var` in torch's several signatures: (x, unbiased), (x, dim, unbiased, keepdim), (x, dim, correction=, keepdim=)."""
    if args and isinstance(args[0], bool):
        return var(x, unbiased=args[0])
    names = ("dim", "unbiased", "keepdim")
    return var(x, **{**dict(zip(names, args, strict=False)), **kwargs})


def _std(x: Any, *args: Any, **kwargs: Any) -> Any:
    return _var(x, *args, **kwargs).sqrt()


_LSTM = (
    ("linear", "from_x"),
    ("linear", "from_hidden"),
    ("add", "gates"),
    ("sigmoid", "forget"),
    ("mul", "kept"),
    ("sigmoid", "into"),
    ("tanh", "candidate"),
    ("mul", "added"),
    ("add", "cell"),
    ("sigmoid", "out"),
    ("tanh", "cell_bent"),
    ("mul", "hidden"),
)
_GRU = (
    ("linear", "from_x"),
    ("linear", "from_hidden"),
    ("add", "reset_sum"),
    ("sigmoid", "reset"),
    ("add", "update_sum"),
    ("sigmoid", "update"),
    ("mul", "reset_hidden"),
    ("add", "fresh_sum"),
    ("tanh", "fresh"),
    ("sub", "change"),
    ("mul", "changed"),
    ("add", "hidden"),
)


def _rnn(activation: str) -> tuple[tuple[str, str], ...]:
    return (("linear", "from_x"), ("linear", "from_hidden"), ("add", "hidden_sum"), (activation, "hidden"))


def _attention(*masks: str) -> tuple[tuple[str, str], ...]:
    return (
        ("matmul", "query_key"),
        ("mul", "scores"),
        *((mask, "masked") for mask in masks),
        ("softmax", "attention"),
        ("matmul", "mixed"),
    )


CALLED: dict[str, tuple[tuple[tuple[str, str], ...], ...]] = {
    "scaled_dot_product_attention": (_attention(), _attention("masked_fill"), _attention("add")),
    "lstm_cell": (_LSTM,),
    "lstm": (_LSTM,),
    "gru_cell": (_GRU,),
    "gru": (_GRU,),
    **{f"rnn_{name}{suffix}": (_rnn(name),) for name in ("tanh", "relu") for suffix in ("", "_cell")},
}
"""Operation → what a step of it may consist of, in order: each operation, and what its result is called."""


def bilinear(one: Any, other: Any, weight: Any, bias: Any = None) -> Any:
    """x · W · y for each output. Source: torch.nn.Bilinear."""
    import torch

    left, right = one.reshape(-1, one.shape[-1]), other.reshape(-1, other.shape[-1])
    met = torch.einsum("ni,oij->noj", left, weight) * right.unsqueeze(1)
    made = met.sum(-1).reshape(*one.shape[:-1], weight.shape[0])
    return made if bias is None else made + bias


def cdist(one: Any, other: Any, p: float = 2.0, compute_mode: int | None = None) -> Any:
    """The distance of every row of one from every row of the other."""
    import torch

    if p != 2:
        raise TracedError(f"cdist of order {p:g}: only that of order 2 is known")
    return torch.linalg.vector_norm(one.unsqueeze(-2) - other.unsqueeze(-3), dim=-1)


def cumprod(x: Any, dim: int, dtype: Any = None) -> Any:
    """The running product."""
    import torch

    found: list[Any] = []
    for part in x.unbind(dim):
        found.append(part if not found else found[-1] * part)
    return torch.stack(found, dim)


def logcumsumexp(x: Any, dim: int) -> Any:
    """ln of the running sum of eˣ, the largest taken out before."""
    import torch

    largest = x.amax(dim, keepdim=True).detach()
    return torch.exp(x - largest).cumsum(dim).log() + largest


def median(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower of the two in the middle, in order."""
    if dim is None:
        return x.reshape(-1).sort(0)[0][(x.numel() - 1) // 2]
    values, places = x.sort(dim)
    at = (x.shape[dim] - 1) // 2
    found = [part.narrow(dim, at, 1) for part in (values, places)]
    return tuple(found if keepdim else [part.squeeze(dim) for part in found])


def interpolated(rank: int) -> Callable[..., Any]:
    """Each place between its neighbours, along each dimension a product with a matrix of shares.

    Source: torch.nn.functional.interpolate, modes linear and bilinear.
    """

    def run(x: Any, size: Any, align_corners: bool, *scales: Any) -> Any:
        import torch

        factors = scales[0] if scales and isinstance(scales[0], list | tuple) else scales
        for k in range(rank):
            dim = x.dim() - rank + k
            length = x.shape[dim]
            factor = factors[k] if len(factors) == rank else None
            many = int(length * factor) if size is None else size[k]
            step = (length - 1) / max(many - 1, 1) if align_corners else length / many if factor is None else 1 / factor
            places = torch.arange(many, dtype=torch.float64)
            at = places * step if align_corners else ((places + 0.5) * step - 0.5).clamp(min=0)
            shares = (1 - (at[:, None] - torch.arange(length)).abs()).clamp(min=0)
            # What lies beyond the last place is the last place.
            shares = shares / shares.sum(1, keepdim=True)
            x = torch.matmul(x.transpose(dim, -1), shares.T).transpose(dim, -1)
        return x

    return run


def around(x: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """A tensor with its own cells around it: mirrored, repeated, or from the other end."""
    import torch

    for k in range(len(pad) // 2):
        dim, (before, after) = x.dim() - 1 - k, pad[2 * k : 2 * k + 2]
        length = x.shape[dim]
        if min(before, after) < 0:
            raise TracedError("a padding below 0: cut the tensor instead")
        if mode == "reflect":
            left, right = x.narrow(dim, 1, before).flip(dim), x.narrow(dim, length - 1 - after, after).flip(dim)
        elif mode == "circular":
            left, right = x.narrow(dim, length - before, before), x.narrow(dim, 0, after)
        else:
            shape = list(x.shape)
            sides = []
            for place, many in ((0, before), (length - 1, after)):
                shape[dim] = many
                sides.append(x.narrow(dim, place, 1).expand(shape))
            left, right = sides
        x = torch.cat([part for part in (left, x, right) if part.shape[dim]], dim)
    return x


def norm(x: Any, ord: float = 2.0, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """(Σ |x|ᵖ)^(1/p), or the largest or least |x|."""
    dims = list(range(x.dim())) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    size = x.abs()
    if ord == 0:
        raise TracedError("a norm of order 0 has no gradient: count with a comparison")
    if abs(ord) == float("inf"):
        return (size.amax if ord > 0 else size.amin)(dims, keepdim=keepdim)
    return size.sum(dims, keepdim=keepdim) if ord == 1 else (size**ord).sum(dims, keepdim=keepdim) ** (1 / ord)


def weighted_logits(x: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: int = _MEAN) -> Any:
    """(1 − y) z + (1 + (p − 1) y) ln(1 + e^−z). Source: torch.nn.BCEWithLogitsLoss."""
    from torch.nn.functional import softplus

    each = (1 - target) * x + ((pos_weight - 1) * target + 1) * softplus(-x)
    each = each if weight is None else each * weight
    return {_MEAN: each.mean, _SUM: each.sum}.get(reduction, lambda: each)()


def _hot(index: Any, size: int) -> Any:
    from torch.nn.functional import one_hot

    return one_hot(index, size).double()


def einsum(equation: str, tensors: Sequence[Any], path: Any = None) -> Any:
    """Σ of products of any tensors: two by two from the left, a letter that one alone has summed first."""
    import torch

    inputs, arrow, output = equation.replace(" ", "").partition("->")
    letters = inputs.split(",")
    hidden = [t.dim() - len(a) + 3 if "..." in a else 0 for t, a in zip(tensors, letters, strict=True)]
    dots = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: max(hidden)]
    letters = [a.replace("...", dots[len(dots) - n :]) for n, a in zip(hidden, letters, strict=True)]
    output = output.replace("...", dots)
    if not arrow:
        every = "".join(letters)
        output = "".join(sorted(c for c in set(every) if every.count(c) == 1))
    parts = [
        _alone(t, a, "".join(letters[:k] + letters[k + 1 :]) + output)
        for k, (t, a) in enumerate(zip(tensors, letters, strict=True))
    ]
    total, names = parts[0]
    for k, (other, more) in enumerate(parts[1:], start=1):
        later = output + "".join(a for _, a in parts[k + 1 :])
        kept = "".join(c for c in dict.fromkeys(names + more) if c in later)
        total, names = torch.einsum(f"{names},{more}->{kept}", total, other), kept
    total, names = _alone(total, names, output)
    return total.permute([names.index(c) for c in output])


def _alone(x: Any, letters: str, others: str) -> tuple[Any, str]:
    """A tensor without the letters that stand twice in it, and without those that nothing else has."""
    for c in dict.fromkeys(letters):
        while letters.count(c) > 1:
            one, other = letters.index(c), letters.rindex(c)
            x = x.diagonal(dim1=one, dim2=other)
            letters = letters[:one] + letters[one + 1 : other] + letters[other + 1 :] + c
    gone = [k for k, c in enumerate(letters) if c not in others]
    return (x.sum(gone) if gone else x), "".join(c for c in letters if c in others)


def unfold(x: Any, dimension: int, size: int, step: int) -> Any:
    """The windows of a dimension, their cells as a last dimension."""
    import torch

    dim = dimension % x.dim()
    parts = [x.narrow(dim, at, size) for at in range(0, x.shape[dim] - size + 1, step)]
    return torch.stack(parts, dim).movedim(dim + 1, -1)


def im2col(x: Any, size: Sequence[int], dilation: Sequence[int], padding: Sequence[int], stride: Sequence[int]) -> Any:
    """The windows of pictures, a column each. Source: torch.nn.Unfold."""
    import torch
    from torch.nn.functional import pad

    x = pad(x, (padding[1], padding[1], padding[0], padding[0])) if any(padding) else x
    counts = [(x.shape[2 + k] - (size[k] - 1) * dilation[k] - 1) // stride[k] + 1 for k in range(2)]
    parts = []
    for row in range(size[0]):
        for column in range(size[1]):
            at = (row * dilation[0], column * dilation[1])
            ends = [at[k] + (counts[k] - 1) * stride[k] + 1 for k in range(2)]
            parts.append(x[:, :, at[0] : ends[0] : stride[0], at[1] : ends[1] : stride[1]])
    return torch.stack(parts, 2).reshape(x.shape[0], x.shape[1] * size[0] * size[1], counts[0] * counts[1])


def index_add(x: Any, dim: int, index: Any, source: Any, alpha: float = 1) -> Any:
    """X, and at each number of a dimension the sum of what goes there."""
    import torch

    moved, parts = x.transpose(0, dim), source.transpose(0, dim)
    added = torch.matmul(_hot(index, moved.shape[0]).T, parts.reshape(parts.shape[0], -1)).reshape(moved.shape)
    return (moved + (added if alpha == 1 else alpha * added)).transpose(0, dim)


def _scattered(x: Any, dim: int, index: Any, source: Any) -> tuple[Any, Any]:
    """What goes to each cell, summed, and whether anything does."""
    import torch

    last = index.transpose(dim, -1)
    if last.shape[:-1] != x.transpose(dim, -1).shape[:-1]:
        raise TracedError("a scatter whose numbers do not cover the other dimensions: pad them")
    hot = _hot(last, x.shape[dim])
    parts = source.transpose(dim, -1)[tuple(slice(n) for n in last.shape)] if hasattr(source, "dim") else None
    total = hot.sum(-2) * source if parts is None else torch.matmul(parts.unsqueeze(-2), hot).squeeze(-2)
    return total.transpose(dim, -1), hot.sum(-2).transpose(dim, -1)


def scatter(x: Any, dim: int, index: Any, source: Any, reduce: str | None = None) -> Any:
    """X, but at the numbers of a dimension what goes there, once each."""
    import torch

    if reduce is not None:
        raise TracedError(f"a scatter that combines by {reduce}: use scatter_add")
    total, there = _scattered(x, dim, index, source)
    return torch.where(there > 0, total, x)


def scatter_add(x: Any, dim: int, index: Any, source: Any) -> Any:
    """X, and at the numbers of a dimension the sum of what goes there."""
    return x + _scattered(x, dim, index, source)[0]


def rrelu(x: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, generator: Any = None) -> Any:
    """x above 0, the middle of both slopes times x below, when it does not train."""
    from torch.nn.functional import leaky_relu

    if training:
        raise TracedError("rrelu draws its slopes at random: use nn.PReLU or nn.LeakyReLU, or model.eval()")
    return leaky_relu(x, (lower + upper) / 2)


def gaussian_nll_loss(
    x: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """½ (ln variance + (x − target)² / variance). Source: torch.nn.GaussianNLLLoss, without its look at signs."""
    import torch

    var = var if hasattr(var, "dim") else torch.full_like(x, var)
    if var.dim() == x.dim() - 1:
        var = var.unsqueeze(-1)
    # A variance below eps has the gradient of one above it.
    var = var + (var.clamp(min=eps) - var).detach()
    each = 0.5 * (torch.log(var) + (x - target) ** 2 / var)
    each = each + 0.9189385332046727 if full else each
    return {"mean": each.mean, "sum": each.sum}.get(reduction, lambda: each)()


def _refused(words: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise TracedError(words)

    return refuse


ROUGH = frozenset(("celu", "hardsigmoid"))
"""Operations whose gradients torch itself computes with a constant of float32 in them."""

APART: dict[str, Callable[..., Any]] = {
    "scaled_dot_product_attention": attention,
    "lstm_cell": lstm_cell,
    "gru_cell": gru_cell,
    "rnn_tanh_cell": _rnn_cell("tanh"),
    "rnn_relu_cell": _rnn_cell("relu"),
    "lstm": _unrolled(lstm_cell, has_cell=True),
    "gru": _unrolled(gru_cell, has_cell=False),
    "rnn_tanh": _unrolled(_rnn_cell("tanh"), has_cell=False),
    "rnn_relu": _unrolled(_rnn_cell("relu"), has_cell=False),
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "embedding_bag": embedding_bag,
    "_embedding_bag": embedding_bag,
    "kl_div": kl_div,
    "log_sigmoid": log_sigmoid,
    "celu": celu,
    "hardsigmoid": hardsigmoid,
    "prelu": prelu,
    "repeat_interleave": repeat_interleave,
    "bilinear": bilinear,
    "cdist": cdist,
    "cumprod": cumprod,
    "logcumsumexp": logcumsumexp,
    "median": median,
    "upsample_linear1d": interpolated(1),
    "upsample_bilinear2d": interpolated(2),
    "unfold": unfold,
    "im2col": im2col,
    "index_add": index_add,
    "scatter": scatter,
    "scatter_add": scatter_add,
    "rrelu": rrelu,
    "multilabel_margin_loss": _refused(
        "multilabel_margin_loss has no formula here: use multilabel_soft_margin_loss, or binary cross-entropy"
    ),
    "embedding_renorm": _refused("an embedding that is cut to a norm (max_norm): leave max_norm out"),
    "var": _var,
    "std": _std,
}
"""Operation → the function that says it in simpler ones."""


def _is_uncommon(equation: str, count: int) -> bool:
    """Whether an einsum is other than of two tensors, each letter once in one, and all that is summed in both."""
    inputs, _, output = equation.replace(" ", "").partition("->")
    letters = inputs.split(",")
    if count != 2 or "." in equation or any(len(set(each)) < len(each) for each in letters):
        return True
    return any(c not in letters[0] or c not in letters[1] for c in set(inputs) - {",", *output}) and "->" in equation


APART_WHEN: dict[str, Callable[[Mapping[str, Any]], Callable[..., Any] | None]] = {
    "linalg_vector_norm": lambda given: norm if given.get("ord", 2) != 2 else None,
    "binary_cross_entropy_with_logits": lambda given: weighted_logits if "pos_weight" in given else None,
    "einsum": lambda given: einsum if _is_uncommon(given["equation"], len(given["tensors"])) else None,
    "pad": lambda given: around if given.get("mode", "constant") != "constant" else None,
}
"""Operation of the table → what says it in simpler ones where its arguments ask for what the table lacks."""
