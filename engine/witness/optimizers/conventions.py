"""One step from one state by each framework's rule: what the same word, and the same rate, means where."""

from collections.abc import Callable

import torch
from torch import nn

from engine.witness.optimizers.adam import LectureAdam
from engine.witness.optimizers.momentum import LectureMomentum
from engine.witness.optimizers.rmsprop import LectureRMSprop
from engine.witness.optimizers.rows import Scalar, above_zero

Make = Callable[[list[nn.Parameter]], torch.optim.Optimizer]

# fastai 1: Adam's default betas are (0.9, 0.99), with decoupled decay.
_FASTAI_BETA2 = 0.99

# Each difference is the first of its pair less the second.
_PAIRS = {
    "momentum_difference": ("momentum_lecture", "momentum_torch"),
    "equal_difference": ("momentum_lecture", "momentum_equal"),
    "rmsprop_difference": ("rmsprop_lecture", "rmsprop_torch"),
    "adam_difference": ("adam_lecture", "adam_torch"),
    "fastai_difference": ("adam_fastai", "adamw_torch"),
    "fresh_difference": ("adam_fresh", "adam_fresh_rule"),
    "sgd_fastai_difference": ("sgd_fastai", "sgd_torch"),
    "momentum_fastai_difference": ("momentum_fastai", "momentum_torch"),
    "nesterov_fastai_difference": ("nesterov_fastai", "nesterov_torch"),
    "rmsprop_fastai_difference": ("rmsprop_fastai", "rmsprop_torch"),
    "centered_fastai_difference": ("centered_fastai", "centered_torch"),
    "adagrad_fastai_difference": ("adagrad_fastai", "adagrad_torch"),
    "adam_fastai_difference": ("adam_fastai", "adam_torch"),
    "adamw_difference": ("adamw_torch", "adam_torch"),
}


class _Centered(torch.optim.RMSprop):
    """torch's centred RMSprop; NaN, as torch has it below a variance of 0, also where it is 0 but for rounding."""

    def __init__(self, params: list[nn.Parameter], lr: float, alpha: float, eps: float) -> None:
        super().__init__(params, lr, alpha, eps, centered=True)

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Step as torch does."""
        super().step()
        for p, state in self.state.items():
            p.masked_fill_(state["grad_avg"].square() >= (1 - 1e-5) * state["square_avg"], torch.nan)


def one_step(
    parameter: Scalar,
    gradient: Scalar,
    average: Scalar,
    square: Scalar,
    accumulated: Scalar,
    step_number: Scalar,
    learning_rate: Scalar,
    momentum: Scalar,
    alpha: Scalar,
    beta2: Scalar,
    eps: Scalar,
    wd: Scalar,
) -> dict[str, torch.Tensor]:
    """The parameter after one step of each optimizer from one state, and by how much those of a pair differ.

    fastai v1 wraps torch's optimizer: it shrinks the parameter by 1 - learning_rate * wd before torch steps.

    Args:
        parameter: what is stepped from.
        gradient: its gradient.
        average: the running average of gradients (momentum's velocity, centred RMSprop's mean) before the step.
        square: the running average of squared gradients before the step.
        accumulated: Adagrad's sum of squared gradients before the step, 0 or more.
        step_number: the number of this step, from 2 on: at a first step torch's momentum has no velocity.
        learning_rate: the rate of all.
        momentum: momentum's, and Adam's beta1.
        alpha: RMSprop's.
        beta2: Adam's, but for fastai's, which has its own.
        eps: beside the root, where the optimizer has one; Adagrad's is torch's own, 1e-10.
        wd: decoupled decay, of AdamW and fastai's optimizers.

    Returns:
        Scalars. The centred RMSprop's are NaN where the square is not above the mean squared in its first five digits.

    Source: fastai 1, callback.py, OptimWrapper with true_wd.
    """
    start = torch.as_tensor(parameter, dtype=torch.float64)
    slope = torch.full_like(start, float(gradient))
    lr, beta1, decay, eps = float(learning_rate), float(momentum), float(wd), above_zero(eps)
    betas = (beta1, float(beta2))

    def stepped(make: Make, kept: Scalar = 1.0, **state: Scalar) -> torch.Tensor:
        p = nn.Parameter(start * kept)
        p.grad = slope.clone()
        optimizer = make([p])
        optimizer.state[p] = {name: torch.full_like(start, float(value)) for name, value in state.items()}
        optimizer.step()
        return p.detach()

    def both(name: str, make: Make, **state: Scalar) -> dict[str, torch.Tensor]:
        wrapped = stepped(make, kept=1 - lr * decay, **state)
        return {f"{name}_torch": stepped(make, **state), f"{name}_fastai": wrapped}

    taken = step_number - 1
    velocity = {"momentum_buffer": average}
    equal = {"momentum_buffer": average / (1 - beta1)}
    sizes = {"step": taken, "square_avg": square}
    adams = {"step": taken, "exp_avg": average, "exp_avg_sq": square}
    found = {
        **both("sgd", lambda p: torch.optim.SGD(p, lr)),
        **both("momentum", lambda p: torch.optim.SGD(p, lr, beta1), **velocity),
        "momentum_lecture": stepped(lambda p: LectureMomentum(p, lr, beta1), **velocity),
        "momentum_equal": stepped(lambda p: torch.optim.SGD(p, lr * (1 - beta1), beta1), **equal),
        # torch refuses to call it Nesterov's at momentum 0, where it is plain SGD.
        **both("nesterov", lambda p: torch.optim.SGD(p, lr, beta1, nesterov=beta1 > 0), **velocity),
        **both("rmsprop", lambda p: torch.optim.RMSprop(p, lr, float(alpha), eps), **sizes),
        "rmsprop_lecture": stepped(lambda p: LectureRMSprop(p, lr, float(alpha)), square_avg=square),
        **both("centered", lambda p: _Centered(p, lr, float(alpha), eps), **sizes, grad_avg=average),
        **both("adagrad", lambda p: torch.optim.Adagrad(p, lr), step=taken, sum=accumulated),
        "adam_torch": stepped(lambda p: torch.optim.Adam(p, lr, betas, eps), **adams),
        "adam_lecture": stepped(lambda p: LectureAdam(p, lr, betas), **adams),
        "adam_fastai": stepped(lambda p: torch.optim.AdamW(p, lr, (beta1, _FASTAI_BETA2), eps, decay), **adams),
        "adamw_torch": stepped(lambda p: torch.optim.AdamW(p, lr, betas, eps, decay), **adams),
        "adam_fresh": stepped(lambda p: torch.optim.Adam(p, lr, betas, eps)),
        # Adam's first step, told by its size: the gradient's, but for eps.
        "adam_fresh_rule": start - lr * slope / (slope.abs() + eps),
    }
    return found | {name: found[one] - found[other] for name, (one, other) in _PAIRS.items()}
