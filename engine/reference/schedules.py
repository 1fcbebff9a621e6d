"""Schedules of the learning rate and the momentum: the values used in each step, numbered from 1.

A rate moves from start to end by a position from 0 to 1, in a line or by half a cosine wave:

    linear: start + (end - start) position,   cosine: end + (start - end) (1 + cos(pi position)) / 2

After a cycle's last step, numbered steps, training is over: rate and momentum are NaN.

    >>> step_number = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> one_cycle_torch(step_number, 5, 1.0, 0.6, 4.0, 1.0, "linear", "no", 0.85, 0.95, "yes", 0.9)["rate"].tolist()
    [0.25, 0.625, 1.0, 0.625, 0.25]
    >>> layer_groups(np.array([1.0, 2.0, 3.0]), 3, 1e-3, 1e-5, 1e-3, 10.0)["slice_one_rate"].tolist()
    [0.0001, 0.0001, 0.001]

Source: torch.optim.lr_scheduler; fastai 1.0 callbacks/one_cycle.py; fastai 2 callback/schedule.py; Smith 2018.
"""

import numpy as np

from engine.reference import Array, Result
from engine.reference.ewma import smooth
from engine.reference.optimizers.row import refuse_unknown


def annealing(
    step_number: Array,
    first_rate: float,
    last_rate: float,
    steps: int,
    gamma: float,
    step_size: int,
    power: float,
) -> Result:
    """The rate (step) by five ways of lowering it; two of them end at last_rate in the last of all steps."""
    done = step_number - 1
    position = done / max(steps - 1, 1)
    return {
        "step_rate": first_rate * gamma ** (done // step_size),
        "exponential_rate": first_rate * gamma**done,
        "linear_rate": linear(first_rate, last_rate, position),
        "cosine_rate": cosine(first_rate, last_rate, position),
        "polynomial_rate": first_rate * (1 - done / steps) ** power,
    }


def linear(start: float, end: float, position: Array) -> Array:
    """From start, at position 0, in a line to end, at position 1."""
    return start + (end - start) * position


def cosine(start: float, end: float, position: Array) -> Array:
    """From start, at position 0, by half a cosine wave to end, at position 1."""
    return end + (start - end) * (1 + np.cos(np.pi * position)) / 2


def one_cycle_torch(
    step_number: Array,
    steps: int,
    max_rate: float,
    pct_start: float,
    div_factor: float,
    final_div_factor: float,
    anneal: str,
    three_phase: str,
    base_momentum: float,
    max_momentum: float,
    cycle_momentum: str,
    own_momentum: float,
) -> Result:
    """The rate and momentum (step) of torch's OneCycleLR: up, and down in one phase or in two.

    The rise ends at step pct_start steps - 1, counted from 0; a phase of no length is at its end (torch divides by 0).
    anneal is "cos" or "linear", three_phase "no" or "yes"; where cycle_momentum is "no" and not "yes", the momentum
    is the optimizer's own_momentum throughout.
    """
    refuse_unknown("anneal", anneal, ("cos", "linear"))
    refuse_unknown("three_phase", three_phase, ("no", "yes"))
    refuse_unknown("cycle_momentum", cycle_momentum, ("no", "yes"))
    curve = cosine if anneal == "cos" else linear
    first_rate = max_rate / div_factor
    last_rate = first_rate / final_div_factor
    done = step_number - 1
    top, last = pct_start * steps - 1, steps - 1
    # With two phases the second one takes all the rest, and nothing is left for the tail.
    bottom, bottom_rate = (2 * top, first_rate) if three_phase == "yes" else (last, last_rate)
    up, down, tail = _position(done, 0, top), _position(done, top, bottom), _position(done, bottom, last)
    phases = [done <= top, done <= bottom]
    rate = np.select(
        phases,
        [curve(first_rate, max_rate, up), curve(max_rate, bottom_rate, down)],
        curve(first_rate, last_rate, tail),
    )
    momentum = np.select(
        phases,
        [curve(max_momentum, base_momentum, up), curve(base_momentum, max_momentum, down)],
        max_momentum,
    )
    if cycle_momentum == "no":
        momentum = np.full(len(done), own_momentum)
    over = _over(step_number, steps)
    return {"rate": over + rate, "momentum": over + momentum}


def _position(done: Array, begin: float, end: float) -> Array:
    """How far the steps done are from begin, 0, to end, 1; a phase of no length is at its end."""
    return (done - begin) / (end - begin) if end != begin else np.ones(len(done))


def _over(step_number: Array, steps: int) -> Array:
    """0 in each step of the cycle, NaN in those after its last: added to a value, it leaves it or makes it NaN."""
    return np.where(step_number > steps, np.nan, 0.0)


def one_cycle_fastai1(
    step_number: Array,
    steps: int,
    max_rate: float,
    pct_start: float,
    div_factor: float,
    base_momentum: float,
    max_momentum: float,
    warm_up: str,
) -> Result:
    """The rate and momentum (step) of fastai 1: int(pct_start steps) steps up, by "cos" or "linear", then down.

    The end, max_rate / (div_factor 1e4), is the value after the last step, so no step uses it. A phase has at least
    one step. The warm-up was linear up to fastai 1.0.28.
    """
    refuse_unknown("warm_up", warm_up, ("cos", "linear"))
    curve = cosine if warm_up == "cos" else linear
    done = step_number - 1
    rise = int(pct_start * steps)
    up, down = done / max(1, rise), (done - max(1, rise)) / max(1, steps - rise)
    first_rate, last_rate = max_rate / div_factor, max_rate / (div_factor * 1e4)
    rising = done <= max(1, rise)
    rate = np.where(rising, curve(first_rate, max_rate, up), cosine(max_rate, last_rate, down))
    momentum = np.where(rising, curve(max_momentum, base_momentum, up), cosine(base_momentum, max_momentum, down))
    over = _over(step_number, steps)
    return {"rate": over + rate, "momentum": over + momentum}


def one_cycle_fastai2(
    step_number: Array,
    steps: int,
    max_rate: float,
    pct_start: float,
    div_factor: float,
    final_div_factor: float,
    base_momentum: float,
    max_momentum: float,
) -> Result:
    """The rate and momentum (step) of fastai 2: up by a cosine over the share pct_start of the run, and down by one.

    Step n is at (n - 1) / steps of the run, so the end, max_rate / final_div_factor, is reached by no step.
    """
    run = (step_number - 1) / steps
    up, down = _position(run, 0, pct_start), _position(run, pct_start, 1)
    rising = run < pct_start
    first_rate, last_rate = max_rate / div_factor, max_rate / final_div_factor
    rate = np.where(rising, cosine(first_rate, max_rate, up), cosine(max_rate, last_rate, down))
    momentum = np.where(rising, cosine(max_momentum, base_momentum, up), cosine(base_momentum, max_momentum, down))
    over = _over(step_number, steps)
    return {"rate": over + rate, "momentum": over + momentum}


def layer_groups(
    group_number: Array, groups: int, rate: float, low_rate: float, high_rate: float, divisor: float
) -> Result:
    """The rate (group) of each layer group by fit(1, rate), fit(1, slice(rate)) and fit(1, slice(low_rate, high_rate)).

    slice of one rate: rate / divisor for all but the last; of two: geometric. A group alone has the last one's rate;
    a number beyond the last has none.
    """
    last = group_number == groups
    position = (group_number - 1) / max(groups - 1, 1)
    none = np.where(group_number > groups, np.nan, 0.0)
    return {
        "single_rate": none + rate,
        "slice_one_rate": none + np.where(last, rate, rate / divisor),
        "slice_two_rate": none + np.where(last, high_rate, low_rate * (high_rate / low_rate) ** position),
    }


def finder(
    step_number: Array,
    start_rate: float,
    end_rate: float,
    steps: int,
    loss: Array,
    beta: float,
    skip_start: float,
    skip_end: float,
) -> Result:
    """The rate (step) that grows geometrically, the smoothed loss, its slope by ln(rate), and where it falls fastest.

    The first skip_start steps have no slope (nor the very first in any case), nor the last skip_end, nor one whose rate
    is the one before's; where no step has one, the steepest is NaN.
    """
    rate = start_rate * (end_rate / start_rate) ** ((step_number - 1) / max(steps - 1, 1))
    smoothed = np.asarray(smooth(loss, beta)["corrected"])
    growth = np.diff(np.log(rate), prepend=np.nan)
    skipped = (step_number <= max(1, skip_start)) | (step_number > steps - skip_end) | (growth == 0)
    slope = np.diff(smoothed, prepend=np.nan) / np.where(skipped, np.nan, growth)
    steepest = np.argmin(np.where(np.isnan(slope), np.inf, slope))
    steepest_rate = np.nan if np.isnan(slope[steepest]) else rate[steepest]
    return {
        "rate": rate,
        "smoothed": smoothed,
        "slope": slope,
        "steepest_slope": slope[steepest],
        "steepest_rate": steepest_rate,
        "suggested": steepest_rate,
        "suggested_loss": np.nan if np.isnan(slope[steepest]) else smoothed[steepest],
    }


def scaled(rate: Array, max_rate: float, highest_rate: float) -> Result:
    """A schedule's rates (step) with another highest rate, and 0, which moves nothing, after the cycle's end."""
    return {"scaled_rate": np.where(np.isnan(rate), 0.0, highest_rate * rate / max_rate)}


def after_end(momentum: Array, max_momentum: float) -> Result:
    """A schedule's momentum (step), and max_momentum after the cycle's end."""
    return {"kept_momentum": np.where(np.isnan(momentum), max_momentum, momentum)}


def applied_summary(constant_rmse: Array, cycle_rmse: Array, epoch_step: Array) -> Result:
    """The mean rmse of each run (step) in the last epoch; epoch_step (epoch) is the 1-based last step of each epoch."""
    begin, end = (int(number) for number in (0, *epoch_step)[-2:])
    return {
        "constant_last_epoch": constant_rmse[begin:end].mean(),
        "cycle_last_epoch": cycle_rmse[begin:end].mean(),
    }
