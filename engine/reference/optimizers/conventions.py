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
from engine.reference.optimizers.row import Number, ratio

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
    sgd_torch, sgd_fastai = parameter - sgd, shrunk - sgd
    momentum_torch, momentum_fastai = parameter - velocity, shrunk - velocity
    nesterov_torch, nesterov_fastai = parameter - nesterov, shrunk - nesterov
    rmsprop_torch, rmsprop_fastai = parameter - rmsprop, shrunk - rmsprop
    centered_torch, centered_fastai = parameter - centered, shrunk - centered
    adagrad_torch, adagrad_fastai = parameter - adagrad, shrunk - adagrad
    adam_torch, adam_fastai, adamw_torch = parameter - adam, shrunk - fastai_adam, shrunk - adam

    momentum_lecture = parameter - learning_rate * (momentum * average + (1 - momentum) * gradient)
    # The lecture's average is torch's velocity times 1 - momentum; a rate smaller by that much makes up for it.
    equal_velocity = momentum * (average / (1 - momentum)) + gradient
    momentum_equal = parameter - learning_rate * (1 - momentum) * equal_velocity
    rmsprop_lecture = parameter - learning_rate * ratio(gradient, np.sqrt(square))
    new_average, new_square = smooth(gradient, average, momentum), smooth(gradient * gradient, square, beta2)
    adam_lecture = parameter - learning_rate * direction(new_average, new_square, 1.0, 0.0)
    adam_fresh = parameter - learning_rate * corrected(gradient, 0.0, 0.0, 1.0, momentum, beta2, eps)
    adam_fresh_rule = parameter - learning_rate * ratio(gradient, np.abs(gradient) + eps)
    return {
        "sgd_torch": sgd_torch,
        "sgd_fastai": sgd_fastai,
        "momentum_torch": momentum_torch,
        "momentum_lecture": momentum_lecture,
        "momentum_equal": momentum_equal,
        "momentum_fastai": momentum_fastai,
        "nesterov_torch": nesterov_torch,
        "nesterov_fastai": nesterov_fastai,
        "rmsprop_torch": rmsprop_torch,
        "rmsprop_lecture": rmsprop_lecture,
        "rmsprop_fastai": rmsprop_fastai,
        "centered_torch": centered_torch,
        "centered_fastai": centered_fastai,
        "adagrad_torch": adagrad_torch,
        "adagrad_fastai": adagrad_fastai,
        "adam_torch": adam_torch,
        "adam_lecture": adam_lecture,
        "adam_fastai": adam_fastai,
        "adamw_torch": adamw_torch,
        "adam_fresh": adam_fresh,
        "adam_fresh_rule": adam_fresh_rule,
        "momentum_difference": momentum_lecture - momentum_torch,
        "equal_difference": momentum_lecture - momentum_equal,
        "rmsprop_difference": rmsprop_lecture - rmsprop_torch,
        "adam_difference": adam_lecture - adam_torch,
        "fastai_difference": adam_fastai - adamw_torch,
        "fresh_difference": adam_fresh - adam_fresh_rule,
        "sgd_fastai_difference": sgd_fastai - sgd_torch,
        "momentum_fastai_difference": momentum_fastai - momentum_torch,
        "nesterov_fastai_difference": nesterov_fastai - nesterov_torch,
        "rmsprop_fastai_difference": rmsprop_fastai - rmsprop_torch,
        "centered_fastai_difference": centered_fastai - centered_torch,
        "adagrad_fastai_difference": adagrad_fastai - adagrad_torch,
        "adam_fastai_difference": adam_fastai - adam_torch,
        "adamw_difference": adamw_torch - adam_torch,
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
