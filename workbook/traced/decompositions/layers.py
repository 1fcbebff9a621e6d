"""Layers and activations in simpler operations."""

import math
from typing import Any

from workbook.traced.graph import Ref, TracedError


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


def celu(x: Any, alpha: float = 1.0) -> Any:
    """x above 0, α (e^(x/α) − 1) below; torch's own gradient of it has 1/α as float32 has it."""
    from torch.nn.functional import elu

    return elu(x / alpha) * alpha


def hardsigmoid(x: Any) -> Any:
    """x/6 + ½ within 0 and 1; torch's own gradient of it has a sixth as float32 has it."""
    return (x + 3).clamp(0, 6) / 6


def larger(which: str) -> Any:
    """The larger, or the smaller, of two numbers: of tensors without a hole in them."""

    def run(one: Any, other: Any) -> Any:
        import torch

        return getattr(torch, which)(one, other)

    return run


def times_log(x: Any, y: Any) -> Any:
    """X ln y, and 0 where x is 0."""
    import torch

    return torch.where(x == 0, torch.zeros_like(y * x), x * torch.where(x == 0, torch.ones_like(y), y).log())


def angle_of(y: Any, x: Any) -> Any:
    """The angle of a point from the axis of x, −π to π. Source: torch.atan2."""
    import torch

    flat = torch.where(x == 0, torch.ones_like(x), x)
    near = torch.atan(y / flat) + torch.where(x < 0, torch.where(y < 0, -math.pi, math.pi), 0.0)
    # On the axis of y itself: the angle from there, by the other quotient.
    steep = torch.where(y < 0, -math.pi / 2, math.pi / 2) - torch.atan(x / torch.where(y == 0, torch.ones_like(y), y))
    return torch.where(x == 0, torch.where(y == 0, torch.zeros_like(y * x), steep), near)


def rest_of_erf(x: Any) -> Any:
    """1 − erf x."""
    return 1 - x.erf()


def between(x: Any, low: Any = None, high: Any = None) -> Any:
    """X, but no less than one tensor and no more than another."""
    import torch

    x = x if low is None else torch.maximum(x, low)
    return x if high is None else torch.minimum(x, high)


def has_tensors(given: Any) -> Any:
    """What cuts between tensors, where the bounds are some."""
    return between if any(isinstance(given.get(key), Ref) for key in ("min", "max")) else None


def hypotenuse(one: Any, other: Any) -> Any:
    """√(a² + b²)."""
    return (one * one + other * other).sqrt()


def prelu(x: Any, weight: Any) -> Any:
    """x above 0, weight · x below."""
    import torch

    if x.dim() > 1 and weight.numel() > 1:
        weight = weight.reshape([1, -1, *[1] * (x.dim() - 2)])
    return torch.where(x > 0, x, weight * x)


def bilinear(one: Any, other: Any, weight: Any, bias: Any = None) -> Any:
    """x · W · y for each output. Source: torch.nn.Bilinear."""
    import torch

    left, right = one.reshape(-1, one.shape[-1]), other.reshape(-1, other.shape[-1])
    met = torch.einsum("ni,oij->noj", left, weight) * right.unsqueeze(1)
    made = met.sum(-1).reshape(*one.shape[:-1], weight.shape[0])
    return made if bias is None else made + bias


def rrelu(x: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, generator: Any = None) -> Any:
    """x above 0, the middle of both slopes times x below, when it does not train."""
    from torch.nn.functional import leaky_relu

    if training:
        raise TracedError("rrelu draws its slopes at random: use nn.PReLU or nn.LeakyReLU, or model.eval()")
    return leaky_relu(x, (lower + upper) / 2)
