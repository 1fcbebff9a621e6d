"""One step of one parameter from one state, by the rule of each framework, and how far the rules part.

All start from the same running average of the gradients and the same running average of their squares:

    momentum   torch: momentum average + g        the lecture: momentum average + (1 - momentum) g
    Nesterov   torch: g + momentum times the velocity of torch's momentum
    RMSprop    torch: the root of the new square  the lecture: the root of the square before, and no eps
    centred    torch: the root of the new square less the new average's own square; NaN where that is within rounding
    Adagrad    torch: the root of the sum of all squares
    Adam       torch: corrected, with eps         the lecture: neither
               AdamW: decay beside the gradient   fastai v1: the same, with a beta2 of 0.99 of its own
               made anew in each step, its state is lost: rate g / (|g| + eps) is left

fastai v1 wraps torch's optimizers and decays beside each: the parameter is multiplied by 1 - learning_rate wd first.

    >>> rule = {"learning_rate": 0.5, "momentum": 0.5, "alpha": 0.5, "beta2": 0.75, "eps": 4.0, "wd": 0.25}
    >>> state = {"average": 6.0, "square": 36.0, "accumulated": 81.0, "step_number": 2.0}
    >>> found = one_step(parameter=3.0, gradient=-12.0, **state, **rule)
    >>> found["sgd_torch"], found["momentum_torch"], found["momentum_lecture"], found["momentum_equal"]
    (9.0, 7.5, 4.5, 4.5)

Source: torch.optim.SGD, RMSprop, Adagrad, Adam, AdamW; fastai v1's OptimWrapper with true_wd, its betas (0.9, 0.99).
"""

import numpy as np

from engine.reference import Result
from engine.reference.optimizers.adam import direction, smooth
from engine.reference.optimizers.row import Number, Numbers, ratio

FASTAI_BETA2 = 0.99
"""What fastai v1's average of squares keeps of itself, where torch's default is 0.999."""

ADAGRAD_EPS = 1e-10
"""torch's default, added to the root of Adagrad's sum."""

LEAST_VARIANCE = 1e-5
"""Of the square that it is taken from: a smaller variance is rounding for the most part."""


def one_step(
    parameter: float,
    gradient: float,
    average: float,
    square: float,
    accumulated: float,
    step_number: float,
    learning_rate: float,
    momentum: float,
    alpha: float,
    beta2: float,
    eps: float,
    wd: float,
) -> Result:
    """The parameter after one step by each rule, and the differences between the rules.

    Args:
        parameter: before the step.
        gradient: of the loss by the parameter.
        average: the running average of the gradients, or momentum's velocity, before the step.
        square: the running average of the squares before the step, at least 0; at 0 the lecture's RMSprop stays.
        accumulated: Adagrad's sum of the squares before the step, at least 0.
        step_number: the number of this step, at least 2, as there is a state before it.
        learning_rate: the same for all rules; `momentum_equal` alone takes (1 - momentum) of it.
        momentum: of SGD, and Adam's beta1; at least 0 and below 1.
        alpha: what RMSprop's averages keep of themselves.
        beta2: what Adam's keeps; fastai's has 0.99 instead.
        eps: added to the size of the gradients where a rule has it; Adagrad has its own.
        wd: weight decay, of fastai's rules and adamw_torch.

    Returns:
        All scalars. A difference is the first rule's new parameter less the second's; one from fastai's rule is less
        torch's rule of the same optimizer. Both centred rules, and what is taken from them, are NaN where the average's
        square is the average of squares to five digits, or above it, which no gradients make.
    """
    shrunk = (1 - learning_rate * wd) * parameter
    sgd, velocity, nesterov = velocity_moves(gradient, average, learning_rate, momentum)
    rmsprop, centered, adagrad = size_moves(gradient, average, square, accumulated, learning_rate, alpha, eps)
    adam = learning_rate * corrected(gradient, average, square, step_number, momentum, beta2, eps)
    fastai_adam = learning_rate * corrected(gradient, average, square, step_number, momentum, FASTAI_BETA2, eps)
    moves = sgd, velocity, nesterov, rmsprop, centered, adagrad
    torch = torch_rules(parameter, *moves, adam)
    lecture = lecture_rules(parameter, gradient, average, square, learning_rate, momentum, beta2)
    fastai = fastai_rules(shrunk, *moves, fastai_adam, adam)
    fresh = fresh_adam(parameter, gradient, learning_rate, momentum, beta2, eps)
    return {**torch, **lecture, **fastai, **fresh, **differences({**torch, **lecture, **fastai, **fresh})}


def torch_rules(
    parameter: float,
    sgd: Number,
    velocity: Number,
    nesterov: Number,
    rmsprop: Number,
    centered: Number,
    adagrad: Number,
    adam: Number,
) -> Numbers:
    """The parameter after torch's steps, which take their moves from it."""
    return {
        "sgd_torch": parameter - sgd,
        "momentum_torch": parameter - velocity,
        "nesterov_torch": parameter - nesterov,
        "rmsprop_torch": parameter - rmsprop,
        "centered_torch": parameter - centered,
        "adagrad_torch": parameter - adagrad,
        "adam_torch": parameter - adam,
    }


def fastai_rules(
    shrunk: float,
    sgd: Number,
    velocity: Number,
    nesterov: Number,
    rmsprop: Number,
    centered: Number,
    adagrad: Number,
    fastai_adam: Number,
    adam: Number,
) -> Numbers:
    """The parameter after fastai's steps, and AdamW's: the same moves, from a parameter that decay has shrunk first."""
    return {
        "sgd_fastai": shrunk - sgd,
        "momentum_fastai": shrunk - velocity,
        "nesterov_fastai": shrunk - nesterov,
        "rmsprop_fastai": shrunk - rmsprop,
        "centered_fastai": shrunk - centered,
        "adagrad_fastai": shrunk - adagrad,
        "adam_fastai": shrunk - fastai_adam,
        "adamw_torch": shrunk - adam,
    }


def lecture_rules(
    parameter: float,
    gradient: float,
    average: float,
    square: float,
    learning_rate: float,
    momentum: float,
    beta2: float,
) -> Numbers:
    """The parameter after the lecture's steps, and after torch's momentum at the rate that equals the lecture's.

    The lecture's average is torch's velocity times 1 - momentum; a rate smaller by that much makes up for it.
    """
    new_average, new_square = smooth(gradient, average, momentum), smooth(gradient * gradient, square, beta2)
    equal_velocity = momentum * (average / (1 - momentum)) + gradient
    return {
        "momentum_lecture": parameter - learning_rate * (momentum * average + (1 - momentum) * gradient),
        "momentum_equal": parameter - learning_rate * (1 - momentum) * equal_velocity,
        "rmsprop_lecture": parameter - learning_rate * ratio(gradient, np.sqrt(square)),
        "adam_lecture": parameter - learning_rate * direction(new_average, new_square, 1.0, 0.0),
    }


def fresh_adam(
    parameter: float, gradient: float, learning_rate: float, momentum: float, beta2: float, eps: float
) -> Numbers:
    """The parameter after the first step of an Adam made anew, and by the rule that is left: rate g / (|g| + eps)."""
    return {
        "adam_fresh": parameter - learning_rate * corrected(gradient, 0.0, 0.0, 1.0, momentum, beta2, eps),
        "adam_fresh_rule": parameter - learning_rate * ratio(gradient, np.abs(gradient) + eps),
    }


def differences(new: Numbers) -> Numbers:
    """How far the rules part, from the parameter after each."""
    return {
        "momentum_difference": new["momentum_lecture"] - new["momentum_torch"],
        "equal_difference": new["momentum_lecture"] - new["momentum_equal"],
        "rmsprop_difference": new["rmsprop_lecture"] - new["rmsprop_torch"],
        "adam_difference": new["adam_lecture"] - new["adam_torch"],
        "fastai_difference": new["adam_fastai"] - new["adamw_torch"],
        "fresh_difference": new["adam_fresh"] - new["adam_fresh_rule"],
        "sgd_fastai_difference": new["sgd_fastai"] - new["sgd_torch"],
        "momentum_fastai_difference": new["momentum_fastai"] - new["momentum_torch"],
        "nesterov_fastai_difference": new["nesterov_fastai"] - new["nesterov_torch"],
        "rmsprop_fastai_difference": new["rmsprop_fastai"] - new["rmsprop_torch"],
        "centered_fastai_difference": new["centered_fastai"] - new["centered_torch"],
        "adagrad_fastai_difference": new["adagrad_fastai"] - new["adagrad_torch"],
        "adam_fastai_difference": new["adam_fastai"] - new["adam_torch"],
        "adamw_difference": new["adamw_torch"] - new["adam_torch"],
    }


def velocity_moves(
    gradient: float, average: float, learning_rate: float, momentum: float
) -> tuple[float, float, float]:
    """What torch's SGD subtracts: plain, with momentum, and with Nesterov's."""
    velocity = momentum * average + gradient
    return learning_rate * gradient, learning_rate * velocity, learning_rate * (gradient + momentum * velocity)


def size_moves(
    gradient: float,
    average: float,
    square: float,
    accumulated: float,
    learning_rate: float,
    alpha: float,
    eps: float,
) -> tuple[Number, Number, Number]:
    """What torch's RMSprop, plain and centred, and Adagrad subtract."""
    new_square, new_average = smooth(gradient * gradient, square, alpha), smooth(gradient, average, alpha)
    variance = new_square - new_average * new_average
    rmsprop = ratio(gradient, np.sqrt(new_square) + eps)
    centered = gradient / (np.sqrt(variance) + eps) if variance > LEAST_VARIANCE * new_square else np.nan
    adagrad = gradient / (np.sqrt(accumulated + gradient * gradient) + ADAGRAD_EPS)
    return learning_rate * rmsprop, learning_rate * centered, learning_rate * adagrad


def corrected(
    gradient: float, average: float, square: float, step_number: float, beta1: float, beta2: float, eps: float
) -> Number:
    """Torch's direction of Adam: the corrected average over the corrected size and eps."""
    new_average = smooth(gradient, average, beta1) / (1 - beta1**step_number)
    return direction(new_average, smooth(gradient * gradient, square, beta2), 1 - beta2**step_number, eps)
