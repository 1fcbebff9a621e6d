"""Recurrent layers and attention, step by step, and what the results of a step are called."""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

from workbook.traced.graph import TracedError


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


def rnn_cell(activation: str) -> Callable[..., Any]:
    """A plain recurrent cell, bent by tanh or relu."""

    def cell(x: Any, hidden: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
        import torch
        from torch.nn.functional import linear

        return getattr(torch, activation)(linear(x, w_ih, b_ih) + linear(hidden, w_hh, b_hh))

    return cell


def unrolled(cell: Callable[..., Any], *, has_cell: bool) -> Callable[..., Any]:
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
