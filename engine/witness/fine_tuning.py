"""Transfer learning in small, by torch: a pretrained body, a new head, frozen and unfrozen steps, batch norm.

Every function takes float64 tensors, computes on the device that they are on, changes none of them, and returns
detached float64 tensors by name. The network is pixel (49) to first (64) to second (32), the body; then either the old
head (old, 7) or the new one, middle (16) to klass (3). ReLUs stand between. Matrices are (input, output); targets are
class numbers from 1; layers count 1 to 4, body1, body2, head1, head2, each a matrix and its bias together. The loss is
the mean cross-entropy. The gradient of hidden1, hidden2 or head_hidden is that in front of its ReLU.

Other axes are image, layer, and band, column, high and wide (of a gallery).
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

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
from engine.witness.fine_tuning_tables import (
    costs,
    cycle_rates,
    gains,
    layer_rates,
    one_cycle,
    rate_grid,
    resnet_surgery,
    run_summary,
    surgery,
)
from engine.witness.optimizers.rows import Scalar, require

__all__ = [
    "batch_norm_step",
    "costs",
    "cycle_rates",
    "flattened",
    "frozen_step",
    "gains",
    "layer_rates",
    "one_cycle",
    "pretrained",
    "rate_grid",
    "resnet_surgery",
    "run_frozen",
    "run_summary",
    "run_unfrozen",
    "surgery",
    "unfrozen_step",
]

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


def _again(logit: torch.Tensor, target: torch.Tensor) -> Tensors:
    """What a step changed in the logits (image, klass) and what follows from them."""
    found = answers(logit, target)
    return {f"new_{name}": found[name] for name in ("logit", "sample_loss", "right", "loss", "accuracy")}


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
