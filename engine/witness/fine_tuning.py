"""Transfer learning in small, by torch: a pretrained body, a new head, frozen and unfrozen steps, batch norm.

Every function takes float64 tensors, computes on the device that they are on, changes none of them, and returns
detached float64 tensors by name. The network is pixel (49) to first (64) to second (32), the body; then either the old
head (old, 7) or the new one, middle (16) to klass (3). ReLUs stand between. Matrices are (input, output); targets are
class numbers from 1; layers count 1 to 4, body1, body2, head1, head2, each a matrix and its bias together. The loss is
the mean cross-entropy. The gradient of hidden1, hidden2 or head_hidden is that in front of its ReLU.

Other axes are image, band, column, high and wide (of a gallery), layer, group, step, run, regime, count and tried.
"""

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

from engine.witness.fine_tuning_counts import backward_work, count, empty_linear, kept_numbers, shapes
from engine.witness.fine_tuning_models import (
    FamilyTensors,
    Head,
    Tensors,
    adam_step,
    answers,
    backward,
    chosen,
    detached,
    distances,
    flat,
    gradient_of,
    gradients,
    linear,
    linears,
    new_parameters,
    norms,
    tuned,
)
from engine.witness.optimizers.rows import Scalar, require
from engine.witness.schedules import one_cycle_torch

# Where a gradient is shown, by the activation that it belongs to: at its layer's affine output.
_HEAD_GRADIENTS = {"logit_gradient": "logit", "head_hidden_gradient": "head_affine"}
_ALL_GRADIENTS = {**_HEAD_GRADIENTS, "hidden2_gradient": "affine2", "hidden1_gradient": "shaped1"}


def flattened(picture: torch.Tensor) -> Tensors:
    """The pictures of a gallery (band, high, column, wide) one after the other: (image, pixel)."""
    by_picture = picture.permute(0, 2, 1, 3)
    return {"pixel": by_picture.flatten(start_dim=2).flatten(end_dim=1).clone()}


def pretrained(
    pixel: torch.Tensor,
    digit: torch.Tensor,
    body1_weight: torch.Tensor,
    body1_bias: torch.Tensor,
    body2_weight: torch.Tensor,
    body2_bias: torch.Tensor,
    old_weight: torch.Tensor,
    old_bias: torch.Tensor,
) -> Tensors:
    """What the pretrained network makes of pixel (image, pixel), pictures of digits (image) that count from 0."""
    first = nn.Sequential(linear(body1_weight, body1_bias), nn.ReLU())
    second = nn.Sequential(linear(body2_weight, body2_bias), nn.ReLU())
    hidden1 = first(pixel)
    hidden2 = second(hidden1)
    logit = linear(old_weight, old_bias)(hidden2)
    return detached(
        {
            "hidden1": hidden1,
            "hidden2": hidden2,
            "logit": logit,
            "probability": torch.softmax(logit, dim=1),
            "predicted": logit.argmax(dim=1).double(),
            "right": (logit.argmax(dim=1) == digit).double(),
            "sample_loss": F.cross_entropy(logit, digit.long(), reduction="none"),
            "loss": F.cross_entropy(logit, digit.long()),
            "accuracy": (logit.argmax(dim=1) == digit).double().mean(),
        }
    )


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


def frozen_step(
    pixel: torch.Tensor,
    target: torch.Tensor,
    body1_weight: torch.Tensor,
    body1_bias: torch.Tensor,
    body2_weight: torch.Tensor,
    body2_bias: torch.Tensor,
    head1_weight: torch.Tensor,
    head1_bias: torch.Tensor,
    head2_weight: torch.Tensor,
    head2_bias: torch.Tensor,
    rate: Scalar,
) -> Tensors:
    """One step of torch.optim.SGD of the head on pixel (image, pixel) and target (image), the body frozen.

    The distance (layer) is how far each layer went.
    """
    model = tuned(
        body1_weight, body1_bias, body2_weight, body2_bias, head1_weight, head1_bias, head2_weight, head2_bias
    )
    model.freeze_body()
    matrices = linears(model)
    before = flat(matrices)
    optimizer = torch.optim.SGD(model.head.parameters(), lr=float(rate))
    layers = model.layers(pixel)
    found = answers(layers["logit"], target)
    within = backward(layers, found["loss"], **_HEAD_GRADIENTS)
    optimizer.step()
    after = model.layers(pixel)
    return detached(
        {
            **chosen(layers, "hidden1", "hidden2", "head_hidden"),
            **found,
            **within,
            **gradients(linears(model.head)),
            **new_parameters(matrices),
            "distance": distances(before, flat(matrices)),
            "new_head_hidden": after["head_hidden"],
            **_again(after["logit"], target),
        }
    )


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


def _again(logit: torch.Tensor, target: torch.Tensor) -> Tensors:
    """What a step changed in the logits (image, klass) and what follows from them."""
    found = answers(logit, target)
    return {f"new_{name}": found[name] for name in ("logit", "sample_loss", "right", "loss", "accuracy")}


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


def unfrozen_step(
    pixel: torch.Tensor,
    target: torch.Tensor,
    body1_weight: torch.Tensor,
    body1_bias: torch.Tensor,
    body2_weight: torch.Tensor,
    body2_bias: torch.Tensor,
    head1_weight: torch.Tensor,
    head1_bias: torch.Tensor,
    head2_weight: torch.Tensor,
    head2_bias: torch.Tensor,
    layer_rate: torch.Tensor,
) -> Tensors:
    """One step of torch.optim.SGD of everything on pixel (image, pixel), each layer at its own rate (layer).

    The distance (layer) is how far each layer went, the relative one that over its length before; NaN from nothing.
    """
    model = tuned(
        body1_weight, body1_bias, body2_weight, body2_bias, head1_weight, head1_bias, head2_weight, head2_bias
    )
    matrices = linears(model)
    before = flat(matrices)
    groups = [
        {"params": list(matrix.parameters()), "lr": rate}
        for matrix, rate in zip(matrices.values(), layer_rate.tolist(), strict=True)
    ]
    optimizer = torch.optim.SGD(groups, lr=0.0)
    layers = model.layers(pixel)
    found = answers(layers["logit"], target)
    within = backward(layers, found["loss"], **_ALL_GRADIENTS)
    optimizer.step()
    distance, length = distances(before, flat(matrices)), norms(before)
    after = model.layers(pixel)
    return detached(
        {
            **chosen(layers, "hidden1", "hidden2", "head_hidden"),
            **found,
            **within,
            **gradients(matrices),
            **new_parameters(matrices),
            "gradient_norm": norms(flat(matrices, of_gradient=True)),
            "distance": distance,
            "relative_distance": torch.where(length > 0, distance / length, torch.nan),
            **{f"new_{name}": after[name] for name in ("hidden1", "hidden2", "head_hidden")},
            **_again(after["logit"], target),
        }
    )


def batch_norm_step(
    mode: str,
    pixel: torch.Tensor,
    target: torch.Tensor,
    body1_weight: torch.Tensor,
    body1_bias: torch.Tensor,
    norm_weight: torch.Tensor,
    norm_bias: torch.Tensor,
    running_mean: torch.Tensor,
    running_variance: torch.Tensor,
    body2_weight: torch.Tensor,
    body2_bias: torch.Tensor,
    head1_weight: torch.Tensor,
    head1_bias: torch.Tensor,
    head2_weight: torch.Tensor,
    head2_bias: torch.Tensor,
    rate: Scalar,
    momentum: Scalar,
    eps: Scalar,
) -> Tensors:
    """One step of torch.optim.SGD of the head, with a torch.nn.BatchNorm1d (first) in the frozen body, by its mode.

    With train_bn=True it trains its weight and bias along with the head. With train_bn=False they are frozen, and yet
    its statistics move, unless BnFreeze puts it in evaluation. moved (8) is how far went: body1, running mean, running
    variance, the norm's weight, its bias, body2, head1 and head2.

    Source: fastai 1, basic_train.py, Learner.freeze_to; callbacks/misc.py, BnFreeze.
    """
    require("mode", mode, "train_bn=True", "train_bn=False", "train_bn=False, BnFreeze")
    norm = nn.BatchNorm1d(len(norm_weight), float(eps), float(momentum), device=pixel.device, dtype=pixel.dtype)
    # A weight that is left out of the optimizer is frozen, and still has a gradient to show.
    norm.weight, norm.bias = nn.Parameter(norm_weight.clone()), nn.Parameter(norm_bias.clone())
    norm.running_mean, norm.running_var = running_mean.clone(), running_variance.clone()
    norm.train(mode != "train_bn=False, BnFreeze")
    weights = body1_weight, body1_bias, body2_weight, body2_bias, head1_weight, head1_bias, head2_weight, head2_bias
    model = tuned(*weights, norm=norm)
    model.freeze_body()
    matrices = linears(model)
    statistics = [norm.running_mean, norm.running_var, norm.weight, norm.bias]
    before, kept = flat(matrices), [value.detach().clone() for value in statistics]
    trained = [*model.head.parameters(), *(norm.parameters() if mode == "train_bn=True" else [])]
    optimizer = torch.optim.SGD(trained, lr=float(rate))
    layers = model.layers(pixel)
    found = answers(layers["logit"], target)
    within = backward(layers, found["loss"], **_ALL_GRADIENTS)
    optimizer.step()
    batch_variance, batch_mean = torch.var_mean(layers["affine1"], dim=0, correction=0)
    used = (batch_mean, batch_variance) if norm.training else (running_mean, running_variance)
    went, norm_went = distances(before, flat(matrices)), distances(kept, statistics)
    return detached(
        {
            "batch_mean": batch_mean,
            "batch_variance": batch_variance,
            "used_mean": used[0].clone(),
            "used_variance": used[1].clone(),
            "normalised": F.batch_norm(layers["affine1"], *used, training=False, eps=float(eps)),
            **chosen(layers, "affine1", "hidden1", "hidden2", "head_hidden"),
            **found,
            **within,
            "norm_weight_gradient": gradient_of(norm.weight),
            "norm_bias_gradient": gradient_of(norm.bias),
            **gradients(linears(model.head)),
            "new_norm_weight": norm.weight,
            "new_norm_bias": norm.bias,
            "new_running_mean": norm.running_mean,
            "new_running_variance": norm.running_var,
            **new_parameters(linears(model.head)),
            "moved": torch.cat([went[:1], norm_went, went[1:]]),
        }
    )


def run_frozen(
    step_number: Scalar,
    rate: Scalar,
    beta1: Scalar,
    beta2: Scalar,
    eps: Scalar,
    hidden2: torch.Tensor,
    target: torch.Tensor,
    parameter: Mapping[str, torch.Tensor],
    average_before: Mapping[str, torch.Tensor],
    square_before: Mapping[str, torch.Tensor],
) -> FamilyTensors:
    """One step of torch.optim.Adam of the head on the frozen body's hidden2 (image, second); steps count from 1.

    The head's four parameters come by name, head1_weight to head2_bias, as do the averages of their gradients and of
    those squared before the step.
    """
    model = Head(*(linear(parameter[f"{name}_weight"], parameter[f"{name}_bias"]) for name in ("head1", "head2")))
    layers = model.layers(hidden2)
    found = answers(layers["logit"], target)
    within = backward(layers, found["loss"], **_HEAD_GRADIENTS)
    matrices = linears(model)
    stepped = adam_step(matrices, [rate, rate], average_before, square_before, step_number, (beta1, beta2), eps)
    shown = {"head_hidden": layers["head_hidden"], **found, **within, **gradients(matrices)}
    return {**detached(shown), **stepped}


def run_unfrozen(
    step_number: Scalar,
    layer_rate: torch.Tensor,
    beta1: Scalar,
    beta2: Scalar,
    eps: Scalar,
    pixel: torch.Tensor,
    target: torch.Tensor,
    parameter: Mapping[str, torch.Tensor],
    average_before: Mapping[str, torch.Tensor],
    square_before: Mapping[str, torch.Tensor],
) -> FamilyTensors:
    """One step of torch.optim.Adam of everything on pixel (image, pixel), each layer at its own rate (layer).

    The eight parameters come by name, body1_weight to head2_bias; the rest is as in `run_frozen`.
    """
    names = ("body1", "body2", "head1", "head2")
    model = tuned(*(parameter[f"{layer}_{part}"] for layer in names for part in ("weight", "bias")))
    layers = model.layers(pixel)
    found = answers(layers["logit"], target)
    within = backward(layers, found["loss"], **_ALL_GRADIENTS)
    matrices = linears(model)
    rates = layer_rate.tolist()
    stepped = adam_step(matrices, rates, average_before, square_before, step_number, (beta1, beta2), eps)
    shown = {**chosen(layers, "hidden1", "hidden2", "head_hidden"), **found, **within, **gradients(matrices)}
    return {**detached(shown), **stepped}


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
