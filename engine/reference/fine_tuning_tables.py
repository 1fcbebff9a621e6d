"""Tables of fine-tuning: shapes and counts before and after surgery, costs, rates by layer, and what runs reached."""

import numpy as np

from engine.errors import EngineError
from engine.reference import Array, Result, Text
from engine.reference.numbering import zero_based
from engine.reference.optimizers.row import refuse_unknown
from engine.reference.schedules import one_cycle_torch

REGIMES = ("fine-tuned", "one large rate", "from scratch")
KEPT_NUMBERS = {"SGD": 0, "momentum": 1, "Adam": 2}
"""What each optimizer keeps of a trained parameter, beside its gradient."""


def agreement(found: Array, recorded: Array) -> Result:
    """Whether two blocks of one shape are the same, to less than 1e-9."""
    agrees = np.all(np.abs(found - recorded) < 1e-9)
    return {"status": "agrees with this sheet" if agrees else "stale: an input changed"}


def surgery(
    body1_weight: Array, body2_weight: Array, old_weight: Array, head1_weight: Array, head2_weight: Array
) -> Result:
    """Inputs, outputs and parameters of each matrix (input, output) with its bias, before surgery and after it."""
    before_inputs, before_outputs = np.array([body1_weight.shape, body2_weight.shape, old_weight.shape]).T * 1.0
    after = [body1_weight.shape, body2_weight.shape, head1_weight.shape, head2_weight.shape]
    after_inputs, after_outputs = np.array(after).T * 1.0
    before_parameters = (before_inputs + 1) * before_outputs
    after_parameters = (after_inputs + 1) * after_outputs
    added = after_parameters[2:].sum()
    return {
        "before_inputs": before_inputs,
        "before_outputs": before_outputs,
        "before_weights": before_inputs * before_outputs,
        "before_parameters": before_parameters,
        "after_inputs": after_inputs,
        "after_outputs": after_outputs,
        "after_weights": after_inputs * after_outputs,
        "after_parameters": after_parameters,
        "before_total": before_parameters.sum(),
        "after_total": after_parameters.sum(),
        "kept": before_parameters[:2].sum(),
        "removed": before_parameters[2],
        "added": added,
        "trained_share": added / after_parameters.sum(),
    }


def resnet_surgery(
    resnet_head: str,
    classes: float,
    features: float,
    middle_columns: float,
    old_classes: float,
    first_half: float,
    second_half: float,
) -> Result:
    """The same counts for a ResNet of two halves, its old head one matrix, its new one the lesson's or fastai's.

    fastai's concat pool doubles the features, and each of its two batch norms has 2 parameters a column.
    """
    refuse_unknown("resnet_head", resnet_head, ("lesson", "fastai"))
    fastai = resnet_head == "fastai"
    inputs = 2 * features if fastai else features
    removed = (features + 1) * old_classes
    first, second = (inputs + 1) * middle_columns, (middle_columns + 1) * classes
    batch_norms = 2 * (inputs + middle_columns) if fastai else 0.0
    before_total = first_half + second_half + removed
    added = first + second + batch_norms
    after_total = first_half + second_half + added
    return {
        "resnet_before_parameters": np.array([first_half, second_half, removed]),
        "resnet_before_inputs": np.array([np.nan, np.nan, features]),
        "resnet_before_outputs": np.array([np.nan, np.nan, old_classes]),
        "resnet_after_parameters": np.array([first_half, second_half, first, second, batch_norms]),
        "resnet_after_inputs": np.array([np.nan, np.nan, inputs, middle_columns, np.nan]),
        "resnet_after_outputs": np.array([np.nan, np.nan, middle_columns, classes, np.nan]),
        "resnet_before_total": before_total,
        "resnet_after_total": after_total,
        "resnet_removed": removed,
        "resnet_added": added,
        "resnet_trained_share": added / after_total,
    }


def costs(
    optimizer: str,
    number_bytes: float,
    pixel: Array,
    body1_weight: Array,
    body1_bias: Array,
    body2_weight: Array,
    body2_bias: Array,
    head1_weight: Array,
    head1_bias: Array,
    head2_weight: Array,
    head2_bias: Array,
    first_half: float,
    second_half: float,
) -> Result:
    """Numbers kept and multiply-adds of the backward pass by layer (layer), with the body frozen and not.

    A matrix's gradient takes images x inputs x outputs multiply-adds, and to hand a gradient on to the layer before
    takes as many again: the first layer that trains need not.
    """
    refuse_unknown("optimizer", optimizer, tuple(KEPT_NUMBERS))
    weights = np.array([float(w.size) for w in (body1_weight, body2_weight, head1_weight, head2_weight)])
    parameters = weights + [float(b.size) for b in (body1_bias, body2_bias, head1_bias, head2_bias)]
    each = 1.0 + KEPT_NUMBERS[optimizer]
    is_head = np.array([0.0, 0.0, 1.0, 1.0])
    kept_numbers = each * parameters
    frozen_numbers = is_head * kept_numbers
    backward = len(pixel) * weights * [1, 2, 2, 2]
    frozen_backward = len(pixel) * weights * [0, 0, 1, 2]
    kept_bytes, frozen_bytes = number_bytes * kept_numbers.sum(), number_bytes * frozen_numbers.sum()
    return {
        "parameters": parameters,
        "kept_numbers": kept_numbers,
        "frozen_numbers": frozen_numbers,
        "saved_gradients": parameters[:2].sum(),
        "backward": backward,
        "frozen_backward": frozen_backward,
        "kept_bytes": kept_bytes,
        "frozen_bytes": frozen_bytes,
        "saved_bytes": kept_bytes - frozen_bytes,
        "saved_share": 1 - frozen_bytes / kept_bytes,
        "backward_saved_share": 1 - frozen_backward.sum() / backward.sum(),
        "resnet_saved_bytes": (first_half + second_half) * each * number_bytes,
    }


def layer_rates(kind: str, low_rate: float, high_rate: float, group_number: Array, layer_group: Array) -> Result:
    """The rate of each layer group (group), numbered from 1, and of each layer (layer) by its group's number."""
    refuse_unknown("kind", kind, ("slice(a, b)", "slice(b), b/10", "slice(b), b/3", "one rate for all"))
    last = group_number == len(group_number)
    if kind == "slice(a, b)":
        if not low_rate > 0:
            raise EngineError(f"low_rate: found {low_rate:.15g}, expected a number above 0")
        position = (group_number - 1) / max(len(group_number) - 1, 1)
        # A group alone has the rate of the last.
        group_rate = np.where(last, high_rate, low_rate * (high_rate / low_rate) ** position)
    else:
        divisor = {"slice(b), b/10": 10, "slice(b), b/3": 3, "one rate for all": 1}[kind]
        group_rate = np.where(last, high_rate, high_rate / divisor)
    row = zero_based(layer_group, len(group_number), "layer_group")
    return {"group_rate": group_rate, "layer_rate": group_rate[row]}


def one_cycle(
    cycle_number: Array,
    pct_start: float,
    div_factor: float,
    final_div_factor: float,
    base_momentum: float,
    max_momentum: float,
) -> Result:
    """Torch's one cycle of highest rate 1 over all steps (cycle_step), numbered from 1; its momentum, its length."""
    cycle = one_cycle_torch(
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
        own_momentum=max_momentum,
    )
    return {"share": cycle["rate"], "momentum": cycle["momentum"], "steps": float(len(cycle_number))}


def cycle_rates(share: Array, frozen_rate: float, group_rate: Array) -> Result:
    """A schedule of highest rate 1 (step) at the head's highest rate, and at that of each group (group)."""
    return {"frozen_cycle": share * frozen_rate, "group_cycle": share[:, np.newaxis] * group_rate}


def frozen_pace(frozen_cycle: Array, momentum: Array, step_number: Array) -> Result:
    """The rate and beta1 of the steps (step) numbered so of the whole cycle (cycle_step)."""
    row = zero_based(step_number, len(frozen_cycle), "step_number")
    return {"rate": frozen_cycle[row], "beta1": momentum[row]}


def unfrozen_pace(group_cycle: Array, momentum: Array, layer_group: Array, step_number: Array) -> Result:
    """Each layer's rate, that of its group, and beta1, at the steps (step) of those numbers in a cycle (cycle_step)."""
    row = zero_based(step_number, len(group_cycle), "step_number")
    group = zero_based(layer_group, group_cycle.shape[1], "layer_group")
    return {"layer_rate": group_cycle[row][:, group], "beta1": momentum[row]}


def chosen_count(
    shown_count: str,
    count_name: Text,
    loss: Array,
    held_out_loss: Array,
    accuracy: Array,
    moved_1: Array,
    moved_2: Array,
    moved_3: Array,
    final: Array,
    scratch_rate: Array,
) -> Result:
    """What was recorded for the count of images that is named: of each block the entry along its last axis."""
    refuse_unknown("shown_count", shown_count, tuple(count_name))
    count = list(count_name).index(shown_count)
    return {
        "shown_loss": loss[..., count],
        "shown_held_out_loss": held_out_loss[..., count],
        "shown_accuracy": accuracy[..., count],
        "shown_moved_1": moved_1[..., count],
        "shown_moved_2": moved_2[..., count],
        "shown_moved_3": moved_3[..., count],
        "shown_final": final[..., count],
        "shown_scratch_rate": scratch_rate[count],
    }


def at_the_end(held_out_loss: Array) -> Result:
    """The held-out loss of each regime at the last checkpoint, of losses (checkpoint, regime)."""
    return {"end_loss": held_out_loss[-1]}


def run_summary(final: Array, compared: str) -> Result:
    """What each regime (regime) reached over the runs (run, regime), and the one compared less from scratch by run."""
    runs = len(final)
    if runs < 2:
        raise EngineError(f"final: found {runs} run, expected at least 2 to have a spread")
    refuse_unknown("compared", compared, REGIMES[:-1])
    difference = final[:, REGIMES.index(compared)] - final[:, REGIMES.index("from scratch")]
    mean_difference = difference.mean()
    standard_error = difference.std(ddof=1) / np.sqrt(runs)
    verdict = "no clear difference"
    if abs(mean_difference) > 2 * standard_error:
        verdict = "fine-tuning wins" if mean_difference > 0 else "from scratch wins"
    return {
        "mean": final.mean(axis=0),
        "spread": final.std(axis=0, ddof=1),
        "least": final.min(axis=0),
        "most": final.max(axis=0),
        "difference": difference,
        "mean_difference": mean_difference,
        "standard_error": standard_error,
        "wins": float(np.count_nonzero(difference > 0)),
        "losses": float(np.count_nonzero(difference < 0)),
        "verdict": verdict,
    }


def rate_grid(accuracy: Array, spread: Array, tried_rate: Array) -> Result:
    """The best mean accuracy of each count (count, tried), its spread, and the rate (tried) that reached it first."""
    place = accuracy.argmax(axis=1)
    return {
        "best": accuracy.max(axis=1),
        "best_spread": np.take_along_axis(spread, place[:, np.newaxis], axis=1)[:, 0],
        "best_rate": tried_rate[place],
    }


def best_way(scratch: Array, spread_rates: Array, tenth: Array, single: Array) -> Result:
    """The way of the highest accuracy by images a class (count); of equal ones the first."""
    ways = ("from scratch", "slice(b/100, b)", "slice(b), b/10", "one rate for all")
    place = np.argmax([scratch, spread_rates, tenth, single], axis=0)
    return {"winner": np.array([ways[at] for at in place], dtype=object)}


def gains(fine_best: Array, scratch_best: Array) -> Result:
    """What fine-tuning gave over training from scratch, by images a class (count)."""
    return {"gain": fine_best - scratch_best}


def counted(target: Array) -> Result:
    """How many images there are, by their classes (image)."""
    return {"images": float(len(target))}


def captions(predicted: Array, picture: Array) -> Result:
    """Digits said (image) under the pictures (band, high, column, wide): (band, column, wide), in each one's middle."""
    bands, _, columns, wide = picture.shape
    said = np.full((bands, columns, wide), np.nan)
    said[:, :, wide // 2] = predicted.reshape(bands, columns)
    return {"said": said}
