"""One step of one parameter from one state, by the rule of each framework, and how far the rules part.

All start from the same running average of the gradients and the same running average of their squares:

    momentum   torch: momentum average + g        the lecture: momentum average + (1 - momentum) g
    RMSprop    torch: the root of the new square  the lecture: the root of the square before, and no eps
    Adam       torch: corrected, with eps         the lecture: neither
               AdamW: decay beside the gradient   fastai v1: the same, with a beta2 of 0.99 of its own
               made anew in each step, its state is lost: rate g / (|g| + eps) is left

    >>> rule = {"learning_rate": 0.5, "momentum": 0.5, "alpha": 0.5, "beta2": 0.75, "eps": 4.0, "wd": 0.25}
    >>> found = one_step(parameter=3.0, gradient=-12.0, average=6.0, square=36.0, step_number=2.0, **rule)
    >>> found["sgd_torch"], found["momentum_torch"], found["momentum_lecture"], found["momentum_equal"]
    (9.0, 7.5, 4.5, 4.5)

Source: torch.optim.SGD, RMSprop, Adam, AdamW; fastai v1's AdamW defaults: betas (0.9, 0.99), true_wd.
"""

import numpy as np

from engine.reference import Result
from engine.reference.optimizers.adam import direction, smooth
from engine.reference.optimizers.row import Number, ratio

FASTAI_BETA2 = 0.99
"""What fastai v1's average of squares keeps of itself, where torch's default is 0.999."""


def one_step(
    parameter: float,
    gradient: float,
    average: float,
    square: float,
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
        step_number: the number of this step, at least 2, as there is a state before it.
        learning_rate: the same for all rules; `momentum_equal` alone takes (1 - momentum) of it.
        momentum: of SGD, and Adam's beta1; at least 0 and below 1.
        alpha: what RMSprop's average of squares keeps of itself.
        beta2: what Adam's keeps; fastai's has 0.99 instead.
        eps: added to the size of the gradients where a rule has it.
        wd: weight decay, of adam_fastai and adamw_torch.

    Returns:
        All scalars. A difference is the first rule's new parameter less the second's.
    """
    sgd_torch = parameter - learning_rate * gradient
    momentum_torch = parameter - learning_rate * (momentum * average + gradient)
    momentum_lecture = parameter - learning_rate * (momentum * average + (1 - momentum) * gradient)
    # The lecture's average is torch's velocity times 1 - momentum; a rate smaller by that much makes up for it.
    equal_velocity = momentum * (average / (1 - momentum)) + gradient
    momentum_equal = parameter - learning_rate * (1 - momentum) * equal_velocity

    rmsprop_size = np.sqrt(smooth(gradient * gradient, square, alpha)) + eps
    rmsprop_torch = parameter - learning_rate * ratio(gradient, rmsprop_size)
    rmsprop_lecture = parameter - learning_rate * ratio(gradient, np.sqrt(square))

    new_average = smooth(gradient, average, momentum)
    new_square = smooth(gradient * gradient, square, beta2)
    shrunk = (1 - learning_rate * wd) * parameter
    adam_move = learning_rate * corrected(gradient, average, square, step_number, momentum, beta2, eps)
    fastai_move = learning_rate * corrected(gradient, average, square, step_number, momentum, FASTAI_BETA2, eps)
    adam_torch = parameter - adam_move
    adam_lecture = parameter - learning_rate * direction(new_average, new_square, 1.0, 0.0)
    adam_fastai = shrunk - fastai_move
    adamw_torch = shrunk - adam_move

    adam_fresh = parameter - learning_rate * corrected(gradient, 0.0, 0.0, 1.0, momentum, beta2, eps)
    adam_fresh_rule = parameter - learning_rate * ratio(gradient, np.abs(gradient) + eps)
    return {
        "sgd_torch": sgd_torch,
        "momentum_torch": momentum_torch,
        "momentum_lecture": momentum_lecture,
        "momentum_equal": momentum_equal,
        "rmsprop_torch": rmsprop_torch,
        "rmsprop_lecture": rmsprop_lecture,
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
    }


def corrected(
    gradient: float, average: float, square: float, step_number: float, beta1: float, beta2: float, eps: float
) -> Number:
    """Torch's direction of Adam: the corrected average over the corrected size and eps."""
    new_average = smooth(gradient, average, beta1) / (1 - beta1**step_number)
    return direction(new_average, smooth(gradient * gradient, square, beta2), 1 - beta2**step_number, eps)
