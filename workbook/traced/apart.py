"""Operations of torch that are taken apart into simpler ones, in our words: torch traces these functions."""

from collections.abc import Callable, Sequence
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

        if dropout and train and layers > 1:
            raise TracedError("dropout between recurrent layers: write the layers one by one with nn.Dropout between")
        states = list(state) if has_cell else [state]
        time = 1 if batch_first and x.dim() == 3 else 0
        each, directions = 4 if has_biases else 2, 2 if bidirectional else 1
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
                    now = cell(x.select(time, step), now, *weights)
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
    "var": _var,
    "std": _std,
}
"""Operation → the function that says it in simpler ones."""
