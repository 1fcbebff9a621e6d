"""One idea of each lesson in small numbers, by torch: its functions forward, its autograd backward, its SGD as step."""

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

Scalar = float | torch.Tensor


def cross_entropy(
    base: Scalar, logit: torch.Tensor, right: Sequence[str], animal: Sequence[str], rate: Scalar
) -> dict[str, torch.Tensor]:
    """F.cross_entropy of logits (photo, animal) in units of the logarithm's base, and one step of SGD on them."""
    unit = math.log(base)
    target = torch.tensor([list(animal).index(name) for name in right], device=logit.device)
    parameter = nn.Parameter(logit.clone())

    def forward() -> dict[str, torch.Tensor]:
        return {
            "power": torch.exp(parameter * unit),
            "share": F.softmax(parameter * unit, dim=1),
            "loss": F.cross_entropy(parameter * unit, target, reduction="none") / unit,
        }

    before = forward()
    (parameter.grad,) = torch.autograd.grad(before["loss"].sum(), parameter)
    gradient = parameter.grad.clone()
    torch.optim.SGD([parameter], lr=float(rate)).step()
    after = forward()
    return {
        **{name: value.detach() for name, value in before.items()},
        "total": before["power"].sum(dim=1).detach(),
        "surprise": -F.log_softmax(logit * unit, dim=1) / unit,
        "truth": F.one_hot(target, len(animal)).double(),
        "gradient": gradient,
        "new_logit": parameter.detach(),
        **{f"new_{name}": value.detach() for name, value in after.items()},
        "new_total": after["power"].sum(dim=1).detach(),
    }


def relu_between(
    x: torch.Tensor, w1: torch.Tensor, b1: torch.Tensor, w2: torch.Tensor, b2: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Two F.linear with F.relu between them, without it, and the one F.linear that the latter are."""
    z = F.linear(x, w1.T, b1)
    y = F.linear(F.relu(z), w2.T, b2)
    one = F.linear(x, torch.linalg.multi_dot([w2.T, w1.T]), F.linear(b1, w2.T, b2))
    return {
        "z": z,
        "h": F.relu(z),
        "y": y,
        "one_weight": torch.linalg.multi_dot([w1, w2]),
        "one_bias": F.linear(b1, w2.T, b2),
        "one": one,
        "two": F.linear(z, w2.T, b2),
        "difference": y - one,
    }


def kernel(picture: torch.Tensor, kernel: torch.Tensor, line: Scalar, column: Scalar) -> dict[str, torch.Tensor]:
    """F.conv2d of the picture, and the window that F.unfold cuts out at one place."""
    rows, columns = kernel.shape
    windows = F.unfold(picture[None, None], kernel.shape)[0].T.reshape(-1, rows, columns)
    window = windows[(int(line) - 1) * (picture.shape[1] - columns + 1) + int(column) - 1]
    return {
        "response": F.conv2d(picture[None, None], kernel[None, None])[0, 0],
        "window": window,
        "product": window * kernel,
        "total": F.conv2d(window[None, None], kernel[None, None]).sum(),
    }


def factors(
    person_factor: torch.Tensor,
    film_factor: torch.Tensor,
    rating: torch.Tensor,
    person: str,
    person_name: Sequence[str],
    film: str,
    film_name: Sequence[str],
    rate: Scalar,
) -> dict[str, torch.Tensor]:
    """Ratings as a product of nn.Parameters, F.embedding of one person and film, and one step of SGD on these."""
    i = torch.tensor(list(person_name).index(person), device=rating.device)
    j = torch.tensor(list(film_name).index(film), device=rating.device)
    predicted = person_factor @ film_factor
    people, films = nn.Parameter(person_factor.clone()), nn.Parameter(film_factor.T.clone())

    def one() -> torch.Tensor:
        return F.embedding(i, people) @ F.embedding(j, films)

    before = one()
    loss = F.mse_loss(before, rating[i, j])
    people.grad, films.grad = torch.autograd.grad(loss, (people, films))
    found = {"person_gradient": people.grad[i].clone(), "film_gradient": films.grad[j].clone()}
    torch.optim.SGD([people, films], lr=float(rate)).step()
    return {
        **found,
        "predicted": predicted,
        "error": predicted - rating,
        "rmse": F.mse_loss(predicted, rating).sqrt(),
        "person_hot": F.one_hot(i, len(person_name)).double(),
        "film_hot": F.one_hot(j, len(film_name)).double(),
        "person_product": F.one_hot(i, len(person_name)).double() @ person_factor,
        "film_product": F.one_hot(j, len(film_name)).double() @ film_factor.T,
        "person_row": F.embedding(i, person_factor),
        "film_row": F.embedding(j, film_factor.T),
        "one_predicted": before.detach(),
        "one_rating": rating[i, j],
        "one_error": before.detach() - rating[i, j],
        "one_loss": loss.detach(),
        "new_person": people.detach()[i],
        "new_film": films.detach()[j],
        "new_predicted": one().detach(),
        "new_loss": F.mse_loss(one(), rating[i, j]).detach(),
    }


def _descend(
    start: Scalar, turns: int, optimizer: type[torch.optim.Optimizer], **rates: Any
) -> tuple[torch.Tensor, torch.Tensor, list[dict[str, torch.Tensor]]]:
    """The w before each step down w^2 and after the last, its slopes, and the optimizer's state after each step."""
    w = nn.Parameter(torch.as_tensor(start, dtype=torch.float64).clone())
    chosen = optimizer([w], **rates)
    path, slopes, states = [w.detach().clone()], [], []
    for _ in range(turns):
        (w.grad,) = torch.autograd.grad(w**2, w)
        slopes.append(w.grad.clone())
        chosen.step()
        path.append(w.detach().clone())
        states.append({name: value.clone() for name, value in chosen.state[w].items() if torch.is_tensor(value)})
    return torch.stack(path), torch.stack(slopes), states


def sgd(start: Scalar, turn: torch.Tensor, sgd_rate: Scalar) -> dict[str, torch.Tensor]:
    """Steps (turn) of torch.optim.SGD down w^2."""
    path, slope, _ = _descend(start, len(turn), torch.optim.SGD, lr=float(sgd_rate))
    return {"sgd_w": path[:-1], "sgd_slope": slope, "sgd_new": path[1:]}


def momentum(start: Scalar, turn: torch.Tensor, momentum_rate: Scalar, mu: Scalar) -> dict[str, torch.Tensor]:
    """Steps (turn) of torch.optim.SGD with momentum down w^2."""
    path, slope, states = _descend(start, len(turn), torch.optim.SGD, lr=float(momentum_rate), momentum=float(mu))
    velocity = torch.stack([state["momentum_buffer"] for state in states]) if states[0] else slope
    return {"momentum_w": path[:-1], "momentum_slope": slope, "velocity": velocity, "momentum_new": path[1:]}


def adam(start: Scalar, turn: torch.Tensor, adam_rate: Scalar, beta1: Scalar, beta2: Scalar) -> dict[str, torch.Tensor]:
    """Steps (turn) of torch.optim.Adam down w^2."""
    betas = (float(beta1), float(beta2))
    path, slope, states = _descend(start, len(turn), torch.optim.Adam, lr=float(adam_rate), betas=betas)
    m, s = (torch.stack([state[name] for state in states]) for name in ("exp_avg", "exp_avg_sq"))
    return {
        "adam_w": path[:-1],
        "adam_slope": slope,
        "m": m,
        "s": s,
        "m_hat": m / (1 - betas[0] ** turn),
        "s_hat": s / (1 - betas[1] ** turn),
        "adam_new": path[1:],
    }


def one_cycle(
    beat: torch.Tensor, peak: Scalar, shape: str, start: Scalar, top: Scalar, end: Scalar
) -> dict[str, torch.Tensor]:
    """The rates and momenta that torch's OneCycleLR sets at each step (beat)."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(()))], lr=1.0, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=float(top),
        total_steps=len(beat),
        pct_start=float(peak) / len(beat),
        anneal_strategy="cos" if shape == "cosine" else "linear",
        base_momentum=0.85,
        max_momentum=0.95,
        div_factor=float(top) / float(start),
        final_div_factor=float(start) / float(end) if end > 0 else math.inf,
    )
    rate, momentum = [], []
    for _ in beat:
        rate.append(optimizer.param_groups[0]["lr"])
        momentum.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if len(rate) < len(beat):
            schedule.step()
    found = torch.tensor(rate, dtype=torch.float64)
    return {"rate": found, "momentum": torch.tensor(momentum, dtype=torch.float64), "travelled": found.sum()}


def _cross_entropy(logit: torch.Tensor, right: int) -> torch.Tensor:
    """F.cross_entropy of the logits (klass) of one picture."""
    return F.cross_entropy(logit[None], torch.tensor([right], device=logit.device))


def network(
    x: torch.Tensor,
    w1: torch.Tensor,
    b1: torch.Tensor,
    w2: torch.Tensor,
    b2: torch.Tensor,
    right: str,
    klass: Sequence[str],
    rate: Scalar,
) -> dict[str, torch.Tensor]:
    """Two F.linear with F.relu between them on one picture; autograd through all of it, and one step of SGD."""
    target = list(klass).index(right)
    names = ("w1", "b1", "w2", "b2")
    parameters = [nn.Parameter(value.clone()) for value in (w1, b1, w2, b2)]

    def forward() -> dict[str, torch.Tensor]:
        first, bias1, second, bias2 = parameters
        z1 = F.linear(x, first.T, bias1)
        h = F.relu(z1)
        z2 = F.linear(h, second.T, bias2)
        return {
            "z1": z1,
            "h": h,
            "z2": z2,
            "power": z2.exp(),
            "p": z2.softmax(dim=0),
            "loss": _cross_entropy(z2, target),
        }

    before = forward()
    dz1, dh, dz2 = torch.autograd.grad(before["loss"], (before["z1"], before["h"], before["z2"]), retain_graph=True)
    gradients = torch.autograd.grad(before["loss"], parameters)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.clone()
    torch.optim.SGD(parameters, lr=float(rate)).step()
    return {
        "y": F.one_hot(torch.tensor(target), len(klass)).double(),
        **{name: value.detach() for name, value in before.items()},
        "dz1": dz1,
        "dh": dh,
        "dz2": dz2,
        **{f"d{name}": gradient for name, gradient in zip(names, gradients, strict=True)},
        **{f"new_{name}": parameter.detach() for name, parameter in zip(names, parameters, strict=True)},
        **{f"new_{name}": value.detach() for name, value in forward().items()},
    }


def _detached(values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach() for name, value in values.items()}


def new_head(
    x: torch.Tensor,
    w: torch.Tensor,
    old_head: torch.Tensor,
    head: torch.Tensor,
    right: str,
    new_name: Sequence[str],
    head_rate: Scalar,
    body_rate: Scalar,
) -> dict[str, torch.Tensor]:
    """A body under a new head: one step of SGD with the body frozen, and one with a rate for each layer group."""
    target = list(new_name).index(right)

    def step(rate_of_body: float) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        body, top = nn.Parameter(w.clone()), nn.Parameter(head.clone())
        z = F.linear(x, body.T)
        h = F.relu(z)
        logit = F.linear(h, top.T)
        loss = _cross_entropy(logit, target)
        body.grad, top.grad, h_gradient, difference = torch.autograd.grad(loss, (body, top, h, logit))
        gradients = {"body_gradient": body.grad.clone(), "head_gradient": top.grad.clone()}
        groups = [{"params": [body], "lr": rate_of_body}, {"params": [top], "lr": float(head_rate)}]
        torch.optim.SGD(groups).step()
        new_h = F.relu(F.linear(x, body.T))
        new_logit = F.linear(new_h, top.T)
        before = {"z": z, "h": h, "logit": logit, "p": logit.softmax(dim=0), "loss": loss}
        after = {"w": body, "head": top, "h": new_h, "logit": new_logit, "loss": _cross_entropy(new_logit, target)}
        found = {**before, **gradients, "h_gradient": h_gradient, "difference": difference}
        return _detached(found), _detached(after)

    _, frozen = step(0.0)
    before, free = step(float(body_rate))
    return {
        "y": F.one_hot(torch.tensor(target), len(new_name)).double(),
        "old_logit": F.linear(F.relu(F.linear(x, w.T)), old_head.T),
        **before,
        "frozen_logit": frozen["logit"],
        "frozen_loss": frozen["loss"],
        "moved_head": free["head"],
        "moved_w": free["w"],
        "moved_h": free["h"],
        "free_logit": free["logit"],
        "free_loss": free["loss"],
    }
