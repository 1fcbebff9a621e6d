"""A pretrained body with a new head: the network at work, and its steps of fine-tuning, frozen and unfrozen.

    pixel -> affine body1 -> ReLU -> affine body2 -> ReLU -> affine head1 -> ReLU -> affine head2 -> logits

Matrices are (input, output). A layer is a matrix with its bias; layers are numbered body1, body2, head1, head2, and how
far one moved is the 2-norm of both together. The loss is the mean cross-entropy; its gradients are derived
in `fine_tuning_parts`. With the body frozen, nothing is handed back below head1.

    >>> flattened(np.arange(8.0).reshape(1, 2, 2, 2))["pixel"].tolist()
    [[0.0, 1.0, 4.0, 5.0], [2.0, 3.0, 6.0, 7.0]]

Source: torch.optim.SGD and Adam, torch.nn.BatchNorm1d; fastai v1 Learner.freeze_to and callbacks.misc.BnFreeze.
"""

from collections.abc import Mapping

import numpy as np

from engine.errors import EngineError
from engine.reference import Array, FamilyResult, Result
from engine.reference.fine_tuning_parts import (
    adam_step,
    answers,
    answers_again,
    batch_normalised,
    body,
    body_after,
    body_gradients,
    distances,
    head,
    head_after,
    head_gradients,
    hidden_gradients,
    norm_after,
    norm_gradients,
    norms,
    statistics_after,
)
from engine.reference.fine_tuning_tables import (
    agreement,
    at_the_end,
    best_way,
    captions,
    chosen_count,
    costs,
    counted,
    cycle_rates,
    frozen_pace,
    gains,
    layer_rates,
    one_cycle,
    rate_grid,
    resnet_surgery,
    run_summary,
    surgery,
    unfrozen_pace,
)
from engine.reference.mnist_layers import scores
from engine.reference.optimizers.row import refuse_unknown

__all__ = [
    "agreement",
    "at_the_end",
    "batch_norm_step",
    "best_way",
    "captions",
    "chosen_count",
    "chosen_head",
    "costs",
    "counted",
    "cycle_rates",
    "flattened",
    "frozen_pace",
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
    "unfrozen_pace",
    "unfrozen_step",
]

PARAMETERS = (
    *("body1_weight", "body1_bias", "body2_weight", "body2_bias"),
    *("head1_weight", "head1_bias", "head2_weight", "head2_bias"),
)


def flattened(picture: Array) -> Result:
    """Each picture of a gallery (band, high, column, wide) as a row of pixels (image, pixel), band by band."""
    bands, high, columns, wide = picture.shape
    return {"pixel": picture.transpose(0, 2, 1, 3).reshape(bands * columns, high * wide)}


def pretrained(
    pixel: Array,
    digit: Array,
    body1_weight: Array,
    body1_bias: Array,
    body2_weight: Array,
    body2_bias: Array,
    old_weight: Array,
    old_bias: Array,
) -> Result:
    """The body and its old head on their own task: images (image, pixel) and their digits (image), from 0."""
    hidden1, hidden2 = body(pixel, body1_weight, body1_bias, body2_weight, body2_bias)
    logit = hidden2 @ old_weight + old_bias
    score = scores(logit, digit)
    return {
        "hidden1": hidden1,
        "hidden2": hidden2,
        "logit": logit,
        "exponential": score["exponential"],
        "probability": score["probability"],
        "predicted": score["predicted"],
        "right": score["correct"],
        "sample_loss": score["sample_loss"],
        "loss": score["cross_entropy"],
        "accuracy": score["accuracy"],
    }


def frozen_step(
    pixel: Array,
    target: Array,
    body1_weight: Array,
    body1_bias: Array,
    body2_weight: Array,
    body2_bias: Array,
    head1_weight: Array,
    head1_bias: Array,
    head2_weight: Array,
    head2_bias: Array,
    rate: float,
) -> Result:
    """One step of SGD of the head (middle, klass) alone, on images (image, pixel) of 1-based classes (image)."""
    the_body = body1_weight, body1_bias, body2_weight, body2_bias
    the_head = head1_weight, head1_bias, head2_weight, head2_bias
    hidden1, hidden2 = body(pixel, *the_body)
    head_hidden, logit = head(hidden2, *the_head)
    answer = answers(logit, target)
    gradients = head_gradients(hidden2, head_hidden, head2_weight, answer["logit_gradient"])
    new_head = head_after(*the_head, gradients, rate, rate)
    new_head_hidden, new_logit = head(hidden2, *new_head.values())
    again = answers_again(new_logit, target)
    return {
        "hidden1": hidden1,
        "hidden2": hidden2,
        "head_hidden": head_hidden,
        **answer,
        **gradients,
        "new_body1_weight": body1_weight,
        "new_body1_bias": body1_bias,
        "new_body2_weight": body2_weight,
        "new_body2_bias": body2_bias,
        **new_head,
        "distance": distances((*the_body, *the_head), (*the_body, *new_head.values())),
        "new_head_hidden": new_head_hidden,
        **again,
    }


def chosen_head(
    start: str,
    fresh_head1_weight: Array,
    fresh_head1_bias: Array,
    fresh_head2_weight: Array,
    fresh_head2_bias: Array,
    stepped_head1_weight: Array,
    stepped_head1_bias: Array,
    stepped_head2_weight: Array,
    stepped_head2_bias: Array,
    trained_head1_weight: Array,
    trained_head1_bias: Array,
    trained_head2_weight: Array,
    trained_head2_bias: Array,
) -> Result:
    """The new head as it was made, after one frozen step, or after the frozen run."""
    heads = {
        "new": (fresh_head1_weight, fresh_head1_bias, fresh_head2_weight, fresh_head2_bias),
        "after one frozen step": (stepped_head1_weight, stepped_head1_bias, stepped_head2_weight, stepped_head2_bias),
        "after the frozen run": (trained_head1_weight, trained_head1_bias, trained_head2_weight, trained_head2_bias),
    }
    refuse_unknown("start", start, tuple(heads))
    head1_weight, head1_bias, head2_weight, head2_bias = heads[start]
    return {
        "head1_weight": head1_weight,
        "head1_bias": head1_bias,
        "head2_weight": head2_weight,
        "head2_bias": head2_bias,
    }


def unfrozen_step(
    pixel: Array,
    target: Array,
    body1_weight: Array,
    body1_bias: Array,
    body2_weight: Array,
    body2_bias: Array,
    head1_weight: Array,
    head1_bias: Array,
    head2_weight: Array,
    head2_bias: Array,
    layer_rate: Array,
) -> Result:
    """One step of SGD of everything, each layer at its own rate (layer); no distance is relative to an all-0 layer."""
    the_body = body1_weight, body1_bias, body2_weight, body2_bias
    the_head = head1_weight, head1_bias, head2_weight, head2_bias
    hidden1, hidden2 = body(pixel, *the_body)
    head_hidden, logit = head(hidden2, *the_head)
    answer = answers(logit, target)
    of_head = head_gradients(hidden2, head_hidden, head2_weight, answer["logit_gradient"])
    of_hidden = hidden_gradients(hidden1, hidden2, body2_weight, head1_weight, of_head["head_hidden_gradient"])
    of_body = body_gradients(pixel, hidden1, **of_hidden)
    body1_rate, body2_rate, head1_rate, head2_rate = layer_rate
    new_body = body_after(*the_body, of_body, body1_rate, body2_rate)
    new_head = head_after(*the_head, of_head, head1_rate, head2_rate)
    new_hidden1, new_hidden2 = body(pixel, *new_body.values())
    new_head_hidden, new_logit = head(new_hidden2, *new_head.values())
    again = answers_again(new_logit, target)
    gradient = {**of_body, **of_head}
    layer_norm = norms(*the_body, *the_head)
    distance = distances((*the_body, *the_head), (*new_body.values(), *new_head.values()))
    return {
        "hidden1": hidden1,
        "hidden2": hidden2,
        "head_hidden": head_hidden,
        **answer,
        **of_head,
        **of_hidden,
        **of_body,
        **new_body,
        **new_head,
        "gradient_norm": norms(*(gradient[f"{name}_gradient"] for name in PARAMETERS)),
        "distance": distance,
        "relative_distance": distance / np.where(layer_norm > 0, layer_norm, np.nan),
        "new_hidden1": new_hidden1,
        "new_hidden2": new_hidden2,
        "new_head_hidden": new_head_hidden,
        **again,
    }


def batch_norm_step(
    mode: str,
    pixel: Array,
    target: Array,
    body1_weight: Array,
    body1_bias: Array,
    norm_weight: Array,
    norm_bias: Array,
    running_mean: Array,
    running_variance: Array,
    body2_weight: Array,
    body2_bias: Array,
    head1_weight: Array,
    head1_bias: Array,
    head2_weight: Array,
    head2_bias: Array,
    rate: float,
    momentum: float,
    eps: float,
) -> Result:
    """One step of SGD of the head, with batch norm in the frozen body, whose mode says what of it moves.

    "train_bn=True": it normalises by the batch, its running statistics move, and so do norm_weight and norm_bias.
    "train_bn=False": the last two stay. "train_bn=False, BnFreeze": it normalises by its running statistics, and all
    stays. The variance that normalises is the biased one, the one that the running variance moves to the unbiased.
    moved (part) is how far each went: body1, running mean and variance, norm_weight, norm_bias, body2, head1, head2.
    """
    refuse_unknown("mode", mode, ("train_bn=True", "train_bn=False", "train_bn=False, BnFreeze"))
    images = len(pixel)
    if images < 2:
        raise EngineError(f"pixel: found {images} image, expected at least 2 for batch norm to have a variance")
    affine1 = pixel @ body1_weight + body1_bias
    by_batch = mode != "train_bn=False, BnFreeze"
    norm = batch_normalised(affine1, running_mean, running_variance, eps, by_batch=by_batch)
    hidden1 = np.maximum(norm_weight * norm["normalised"] + norm_bias, 0.0)
    hidden2 = np.maximum(hidden1 @ body2_weight + body2_bias, 0.0)
    the_head = head1_weight, head1_bias, head2_weight, head2_bias
    head_hidden, logit = head(hidden2, *the_head)
    answer = answers(logit, target)
    of_head = head_gradients(hidden2, head_hidden, head2_weight, answer["logit_gradient"])
    of_hidden = hidden_gradients(hidden1, hidden2, body2_weight, head1_weight, of_head["head_hidden_gradient"])
    of_norm = norm_gradients(norm["normalised"], of_hidden["hidden1_gradient"])
    new_norm = norm_after(norm_weight, norm_bias, of_norm, rate if mode == "train_bn=True" else 0.0)
    statistics = statistics_after(
        running_mean,
        running_variance,
        norm["batch_mean"],
        norm["batch_variance"],
        images,
        momentum if by_batch else 0.0,
    )
    new_head = head_after(*the_head, of_head, rate, rate)
    return {
        "affine1": affine1,
        **norm,
        "hidden1": hidden1,
        "hidden2": hidden2,
        "head_hidden": head_hidden,
        **answer,
        **of_head,
        **of_hidden,
        **of_norm,
        **new_norm,
        **statistics,
        **new_head,
        "moved": np.array(
            [
                0.0,
                np.linalg.norm(statistics["new_running_mean"] - running_mean),
                np.linalg.norm(statistics["new_running_variance"] - running_variance),
                np.linalg.norm(new_norm["new_norm_weight"] - norm_weight),
                np.linalg.norm(new_norm["new_norm_bias"] - norm_bias),
                0.0,
                *distances(the_head, new_head.values()),
            ]
        ),
    }


def run_frozen(
    step_number: float,
    rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    hidden2: Array,
    target: Array,
    parameter: Mapping[str, Array],
    average_before: Mapping[str, Array],
    square_before: Mapping[str, Array],
) -> FamilyResult:
    """One step of Adam of the head alone, on the body's activations hidden2 (image, second), by this step's beta1.

    Args:
        step_number: from 1.
        rate: the learning rate of this step.
        beta1: what the average gradient keeps in this step.
        beta2: what the average square keeps.
        eps: added to the root of the average square.
        hidden2: activations (image, second).
        target: classes (image), from 1.
        parameter: head1_weight, head1_bias, head2_weight, head2_bias.
        average_before: the average gradient of each of them before the step.
        square_before: the average square of each of them before the step.
    """
    head_hidden, logit = head(hidden2, **parameter)
    answer = answers(logit, target)
    gradients = head_gradients(hidden2, head_hidden, parameter["head2_weight"], answer["logit_gradient"])
    after = {
        name: adam_step(
            value,
            gradients[f"{name}_gradient"],
            average_before[name],
            square_before[name],
            step_number,
            rate,
            beta1,
            beta2,
            eps,
        )
        for name, value in parameter.items()
    }
    return {
        "head_hidden": head_hidden,
        **answer,
        **gradients,
        "new": {name: new for name, (new, _, _) in after.items()},
        "average": {name: average for name, (_, average, _) in after.items()},
        "square": {name: square for name, (_, _, square) in after.items()},
    }


def run_unfrozen(
    step_number: float,
    layer_rate: Array,
    beta1: float,
    beta2: float,
    eps: float,
    pixel: Array,
    target: Array,
    parameter: Mapping[str, Array],
    average_before: Mapping[str, Array],
    square_before: Mapping[str, Array],
) -> FamilyResult:
    """One step of Adam of everything on pixel (image, pixel), each layer at its own rate (layer) of this step.

    The rest is as in `run_frozen`; parameter has the four of the body, body1_weight to body2_bias, before the head's.
    """
    the_body = {name: value for name, value in parameter.items() if name.startswith("body")}
    the_head = {name: value for name, value in parameter.items() if name.startswith("head")}
    hidden1, hidden2 = body(pixel, **the_body)
    head_hidden, logit = head(hidden2, **the_head)
    answer = answers(logit, target)
    of_head = head_gradients(hidden2, head_hidden, the_head["head2_weight"], answer["logit_gradient"])
    of_hidden = hidden_gradients(
        hidden1, hidden2, the_body["body2_weight"], the_head["head1_weight"], of_head["head_hidden_gradient"]
    )
    of_body = body_gradients(pixel, hidden1, **of_hidden)
    gradient = {**of_head, **of_body}
    rate = dict(zip(("body1", "body2", "head1", "head2"), layer_rate, strict=True))
    after = {
        name: adam_step(
            value,
            gradient[f"{name}_gradient"],
            average_before[name],
            square_before[name],
            step_number,
            rate[name.partition("_")[0]],
            beta1,
            beta2,
            eps,
        )
        for name, value in parameter.items()
    }
    return {
        "hidden1": hidden1,
        "hidden2": hidden2,
        "head_hidden": head_hidden,
        **answer,
        **of_head,
        **of_hidden,
        **of_body,
        "new": {name: new for name, (new, _, _) in after.items()},
        "average": {name: average for name, (_, average, _) in after.items()},
        "square": {name: square for name, (_, _, square) in after.items()},
    }
