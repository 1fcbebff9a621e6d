"""Tables of fine-tuning by torch: parameters before and after surgery, costs, learning rates, and what runs reached.

Every function returns float64 tensors by name. Layers count 1 to 4, body1, body2, head1, head2, each a matrix (input,
output) and its bias together. Other axes are group (of layers), step, run, regime, count and tried.
"""

import math

import torch
from torch import nn

from engine.witness.fine_tuning_counts import backward_work, count, empty_linear, kept_numbers, shapes
from engine.witness.fine_tuning_models import Tensors, linears, tuned
from engine.witness.optimizers.rows import Scalar, require
from engine.witness.schedules import one_cycle_torch


def surgery(
    body1_weight: torch.Tensor,
    body2_weight: torch.Tensor,
    old_weight: torch.Tensor,
    head1_weight: torch.Tensor,
    head2_weight: torch.Tensor,
) -> Tensors:
    """Inputs, outputs, weights and parameters of each layer before the surgery, (3), and after, (4), and in all."""
    body = [empty_linear(weight) for weight in (body1_weight, body2_weight)]
    old, new = [empty_linear(old_weight)], [empty_linear(weight) for weight in (head1_weight, head2_weight)]
    before, after = nn.Sequential(*body, *old), nn.Sequential(*body, *new)
    found = {**shapes("before", [*body, *old]), **shapes("after", [*body, *new])}
    totals = {
        "before_total": count(before),
        "after_total": count(after),
        "kept": count(*body),
        "removed": count(*old),
        "added": count(*new),
        "trained_share": count(*new) / count(after),
    }
    return {name: body1_weight.new_tensor(value) for name, value in {**found, **totals}.items()}


def resnet_surgery(
    resnet_head: str,
    classes: Scalar,
    features: Scalar,
    middle_columns: Scalar,
    old_classes: Scalar,
    first_half: Scalar,
    second_half: Scalar,
) -> Tensors:
    """The same for ResNet-34: two halves of a body whose parameters are given, the old head, and a new one.

    The new head is the lesson's two matrices, or fastai's, which pools twice and has two batch norms.
    """
    require("head of ResNet-34", resnet_head, "lesson", "fastai")
    with_norms = resnet_head == "fastai"
    width, middle = int(features) * (2 if with_norms else 1), int(middle_columns)
    with torch.device("meta"):
        old = nn.Linear(int(features), int(old_classes))
        first, second = nn.Linear(width, middle), nn.Linear(middle, int(classes))
        batch_norms = [nn.BatchNorm1d(width), nn.BatchNorm1d(middle)] if with_norms else []
    halves = float(first_half), float(second_half)
    added, body, nan = count(first, second, *batch_norms), sum(halves), math.nan
    found = {
        "resnet_before_parameters": [*halves, count(old)],
        "resnet_before_inputs": [nan, nan, old.in_features],
        "resnet_before_outputs": [nan, nan, old.out_features],
        "resnet_after_parameters": [*halves, count(first), count(second), count(*batch_norms)],
        "resnet_after_inputs": [nan, nan, first.in_features, second.in_features, nan],
        "resnet_after_outputs": [nan, nan, first.out_features, second.out_features, nan],
        "resnet_before_total": body + count(old),
        "resnet_after_total": body + added,
        "resnet_removed": count(old),
        "resnet_added": added,
        "resnet_trained_share": added / (body + added),
    }
    return {name: torch.tensor(value, dtype=torch.float64) for name, value in found.items()}


def costs(
    optimizer: str,
    number_bytes: Scalar,
    pixel: torch.Tensor,
    body1_weight: torch.Tensor,
    body1_bias: torch.Tensor,
    body2_weight: torch.Tensor,
    body2_bias: torch.Tensor,
    head1_weight: torch.Tensor,
    head1_bias: torch.Tensor,
    head2_weight: torch.Tensor,
    head2_bias: torch.Tensor,
    first_half: Scalar,
    second_half: Scalar,
) -> Tensors:
    """What training all layers costs, and what it costs with the body frozen: numbers kept, multiply-adds (layer).

    A trained parameter has its gradient, and what the optimizer ("SGD", "momentum" or "Adam") keeps of it.
    """
    require("optimizer", optimizer, "SGD", "momentum", "Adam")
    model = tuned(
        body1_weight, body1_bias, body2_weight, body2_bias, head1_weight, head1_bias, head2_weight, head2_bias
    )
    layers = list(linears(model).values())
    parameters = pixel.new_tensor([count(layer) for layer in layers])
    kept = pixel.new_tensor(kept_numbers(optimizer, layers))
    work = pixel.new_tensor(backward_work(len(pixel), layers))
    model.freeze_body()
    frozen_kept = pixel.new_tensor(kept_numbers(optimizer, layers))
    frozen_work = pixel.new_tensor(backward_work(len(pixel), layers))
    saved = kept.sum() - frozen_kept.sum()
    standing = [p.numel() for layer in layers for p in layer.parameters() if not p.requires_grad]
    resnet_body = pixel.new_tensor(float(first_half) + float(second_half))
    return {
        "parameters": parameters,
        "kept_numbers": kept,
        "frozen_numbers": frozen_kept,
        "saved_gradients": pixel.new_tensor(float(sum(standing))),
        "backward": work,
        "frozen_backward": frozen_work,
        "kept_bytes": kept.sum() * number_bytes,
        "frozen_bytes": frozen_kept.sum() * number_bytes,
        "saved_bytes": saved * number_bytes,
        "saved_share": saved / kept.sum(),
        "backward_saved_share": 1 - frozen_work.sum() / work.sum(),
        "resnet_saved_bytes": resnet_body * (kept.sum() / parameters.sum()) * number_bytes,
    }


def layer_rates(
    kind: str, low_rate: Scalar, high_rate: Scalar, group_number: torch.Tensor, layer_group: torch.Tensor
) -> Tensors:
    """The learning rate of each group (group), and of each layer (layer) by its group: fastai's slices, or one rate.

    slice(a, b) grows by one factor from group to group; slice(b) gives all groups but the last a tenth or a third.
    """
    require("kind of rates", kind, "slice(a, b)", "slice(b), b/10", "slice(b), b/3", "one rate for all")
    ends = torch.tensor([float(low_rate), float(high_rate)], dtype=torch.float64, device=group_number.device)
    share = (group_number - 1) / (len(group_number) - 1)
    is_last = group_number == len(group_number)
    if kind == "slice(a, b)":
        group_rate = torch.lerp(ends[0].log(), ends[1].log(), share).exp()
    else:
        divisor = {"slice(b), b/10": 10.0, "slice(b), b/3": 3.0, "one rate for all": 1.0}[kind]
        group_rate = torch.where(is_last, ends[1], ends[1] / divisor)
    return {"group_rate": group_rate, "layer_rate": group_rate[layer_group.long() - 1]}


def cycle_rates(share: torch.Tensor, frozen_rate: Scalar, group_rate: torch.Tensor) -> Tensors:
    """The rates of a one-cycle schedule whose highest is 1 (step), for the frozen phase and by group: (step, group)."""
    return {"frozen_cycle": share * frozen_rate, "group_cycle": torch.outer(share, group_rate)}


def one_cycle(
    cycle_number: torch.Tensor,
    pct_start: Scalar,
    div_factor: Scalar,
    final_div_factor: Scalar,
    base_momentum: Scalar,
    max_momentum: Scalar,
) -> Tensors:
    """The rate, highest 1, and the momentum of each of the steps (cycle_step) of a phase under torch's OneCycleLR."""
    found = one_cycle_torch(
        cycle_number,
        steps=len(cycle_number),
        max_rate=1.0,
        pct_start=pct_start,
        div_factor=div_factor,
        final_div_factor=final_div_factor,
        anneal="cos",
        three_phase="no",
        base_momentum=base_momentum,
        max_momentum=max_momentum,
        cycle_momentum="yes",
        own_momentum=0.0,
    )
    return {
        "share": found["rate"],
        "momentum": found["momentum"],
        "steps": cycle_number.new_tensor(len(cycle_number)),
    }


def run_summary(final: torch.Tensor, compared: str) -> Tensors:
    """Mean and spread of each regime's final accuracy (run, regime), and how far one of them is above from scratch.

    The regimes are fine-tuned, with one large rate, from scratch. Each run has its own seed, so that the difference is
    taken run by run.
    """
    tuned, large, scratch = final.unbind(dim=1)
    difference = {"fine-tuned": tuned, "one large rate": large}[compared] - scratch
    return {
        "mean": final.mean(dim=0),
        "spread": final.std(dim=0),
        "least": final.amin(dim=0),
        "most": final.amax(dim=0),
        "difference": difference,
        "mean_difference": difference.mean(),
        "standard_error": difference.std() / math.sqrt(len(difference)),
        "wins": (difference > 0).sum().double(),
        "losses": (difference < 0).sum().double(),
    }


def rate_grid(accuracy: torch.Tensor, spread: torch.Tensor, tried_rate: torch.Tensor) -> Tensors:
    """The best mean accuracy (count, tried) for each number of images, its spread, and the rate that got there."""
    best, place = accuracy.max(dim=1)
    return {"best": best, "best_spread": spread.gather(1, place[:, None])[:, 0], "best_rate": tried_rate[place]}


def gains(fine_best: torch.Tensor, scratch_best: torch.Tensor) -> Tensors:
    """How far fine-tuning at its best is above training from scratch at its best: (count)."""
    return {"gain": fine_best - scratch_best}
