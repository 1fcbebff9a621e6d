"""One step from one state by each framework's rule: what the same word, and the same rate, means where."""

from collections.abc import Callable

import torch
from torch import nn

from engine.witness.optimizers.adam import LectureAdam
from engine.witness.optimizers.momentum import LectureMomentum
from engine.witness.optimizers.rmsprop import LectureRMSprop
from engine.witness.optimizers.rows import Scalar, above_zero

# fastai 1: Adam's default betas are (0.9, 0.99), with decoupled decay.
_FASTAI_BETA2 = 0.99


def one_step(
    parameter: Scalar,
    gradient: Scalar,
    average: Scalar,
    square: Scalar,
    step_number: Scalar,
    learning_rate: Scalar,
    momentum: Scalar,
    alpha: Scalar,
    beta2: Scalar,
    eps: Scalar,
    wd: Scalar,
) -> dict[str, torch.Tensor]:
    """The parameter after one step of each optimizer from one state, and by how much those of a pair differ.

    Args:
        parameter: what is stepped from.
        gradient: its gradient.
        average: the running average of gradients (momentum's velocity) before the step.
        square: the running average of squared gradients before the step.
        step_number: the number of this step, from 2 on: at a first step torch's momentum has no velocity.
        learning_rate: the rate of all.
        momentum: momentum's, and Adam's beta1.
        alpha: RMSprop's.
        beta2: Adam's, but for fastai's, which has its own.
        eps: beside the root, where the optimizer has one.
        wd: decoupled decay, of AdamW and fastai's Adam.
    """
    start = torch.as_tensor(parameter, dtype=torch.float64)
    slope = torch.full_like(start, float(gradient))
    lr, beta1, decay, eps = float(learning_rate), float(momentum), float(wd), above_zero(eps)
    betas = (beta1, float(beta2))

    def stepped(make: Callable[[list[nn.Parameter]], torch.optim.Optimizer], **state: Scalar) -> torch.Tensor:
        p = nn.Parameter(start.clone())
        p.grad = slope.clone()
        optimizer = make([p])
        optimizer.state[p] = {name: torch.full_like(start, float(value)) for name, value in state.items()}
        optimizer.step()
        return p.detach()

    adams = {"step": step_number - 1, "exp_avg": average, "exp_avg_sq": square}
    sgd_torch = stepped(lambda p: torch.optim.SGD(p, lr))
    momentum_torch = stepped(lambda p: torch.optim.SGD(p, lr, beta1), momentum_buffer=average)
    momentum_lecture = stepped(lambda p: LectureMomentum(p, lr, beta1), momentum_buffer=average)
    momentum_equal = stepped(
        lambda p: torch.optim.SGD(p, lr * (1 - beta1), beta1), momentum_buffer=average / (1 - beta1)
    )
    rmsprop_torch = stepped(
        lambda p: torch.optim.RMSprop(p, lr, alpha=float(alpha), eps=eps), step=step_number - 1, square_avg=square
    )
    rmsprop_lecture = stepped(lambda p: LectureRMSprop(p, lr, float(alpha)), square_avg=square)
    adam_torch = stepped(lambda p: torch.optim.Adam(p, lr, betas, eps), **adams)
    adam_lecture = stepped(lambda p: LectureAdam(p, lr, betas), **adams)
    adam_fastai = stepped(lambda p: torch.optim.AdamW(p, lr, (beta1, _FASTAI_BETA2), eps, decay), **adams)
    adamw_torch = stepped(lambda p: torch.optim.AdamW(p, lr, betas, eps, decay), **adams)
    adam_fresh = stepped(lambda p: torch.optim.Adam(p, lr, betas, eps))
    # Adam's first step, told by its size: the gradient's, but for eps.
    adam_fresh_rule = start - lr * slope / (slope.abs() + eps)
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
