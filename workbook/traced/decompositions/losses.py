"""Losses in simpler operations."""

from typing import Any

from workbook.traced.graph import TracedError

_MEAN, _SUM = 1, 2


def _reduced(each: Any, reduction: int) -> Any:
    """The mean or the sum of losses, or each, by torch's numbers for these."""
    return each.mean() if reduction == _MEAN else each.sum() if reduction == _SUM else each


def kl_div(x: Any, target: Any, reduction: int = _MEAN, log_target: bool = False) -> Any:
    """Σ target · (ln target − x). Source: torch.nn.functional.kl_div."""
    import torch

    if log_target:
        each = torch.exp(target) * (target - x)
    else:
        each = torch.where(target > 0, target * torch.log(torch.where(target > 0, target, 1.0)), 0.0) - target * x
    return _reduced(each, reduction)


def multi_margin_loss(
    x: Any, target: Any, p: float = 1, margin: float = 1, weight: Any = None, reduction: int = _MEAN
) -> Any:
    """Σ max(0, margin − x of the target + x)ᵖ / classes, over the others. Source: torch.nn.MultiMarginLoss."""
    import torch

    if p not in (1, 2):
        raise TracedError(f"a margin to the power of {p:g}: torch knows 1 and 2")
    rows, at = x.reshape(-1, x.shape[-1]), target.reshape(-1, 1)
    short = torch.relu(margin - rows.gather(1, at) + rows)
    short = short if p == 1 else short * short
    short = short if weight is None else short * weight[at]
    # The target's own margin is a constant.
    each = (short * (1 - torch.nn.functional.one_hot(at.squeeze(1), x.shape[-1]))).mean(1)
    return _reduced(each, reduction) if reduction else each.reshape(target.shape)


def log_sigmoid(x: Any) -> Any:
    """−ln(1 + e^−x)."""
    from torch.nn.functional import softplus

    return -softplus(-x)


def weighted_logits(x: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: int = _MEAN) -> Any:
    """(1 − y) z + (1 + (p − 1) y) ln(1 + e^−z). Source: torch.nn.BCEWithLogitsLoss."""
    from torch.nn.functional import softplus

    each = (1 - target) * x + ((pos_weight - 1) * target + 1) * softplus(-x)
    each = each if weight is None else each * weight
    return _reduced(each, reduction)


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
