"""A network trained from nothing on MNIST's digits, by torch: nn.Module, autograd and torch.optim.

Every function takes float64 tensors, computes on the device that they are on, changes none of them, and returns
detached float64 tensors by name. Weights have torch's own shape, (output, input); a label is its digit; image, pixel,
row, column, step and epoch numbers count from 1. The axes are image (of a mini-batch), pixel, klass and other (the ten
classes), hidden, row, column, tier and place (of a table of pictures), step, epoch, run and mistake.

The loss is the lesson's: the mean cross-entropy of a mini-batch, and wd times the sum of squares of all parameters,
biases too. The models are those of `mnist_models`.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from engine.witness.ewma import smooth
from engine.witness.mnist_models import (
    Regularised,
    batch_norm,
    drop_mask,
    logistic_model,
    loss_func,
    network_model,
    penalty,
    regularised_model,
    update,
)
from engine.witness.optimizers.rows import Scalar, above_zero, require

Tensors = dict[str, torch.Tensor]

# Losses are compared over this many of a run's last steps.
_LAST_STEPS = 100


def view(x: torch.Tensor, label: torch.Tensor, number: Scalar, at_row: Scalar, at_column: Scalar) -> Tensors:
    """One image of x (image, pixel), 0 to 1, in grey values: a vector (pixel), a picture (row, column), one pixel."""
    chosen = x[int(number) - 1].mul(255)
    picture = chosen.clone().reshape(28, 28)
    place = torch.arange(1.0, 785.0, dtype=torch.float64, device=x.device).reshape(28, 28)
    at = int(at_row) - 1, int(at_column) - 1
    return {
        "chosen": chosen,
        "chosen_label": label[int(number) - 1].clone(),
        "picture": picture,
        "at_pixel": place[at],
        "at_value": picture[at].clone(),
    }


def middle(x: torch.Tensor) -> Tensors:
    """The row in the middle of each image of x (image, pixel)."""
    side = math.isqrt(x.shape[1])
    return {"middle": x.reshape(-1, side, side).select(1, side // 2).clone()}


def _answers(logit: torch.Tensor, label: torch.Tensor) -> Tensors:
    """What follows from logits (image, klass) and labels (image): softmax, each image's loss, what is right."""
    row_max = logit.amax(dim=1)
    exponential = torch.exp(logit - row_max[:, None])
    predicted = logit.argmax(dim=1).double()
    correct = (predicted == label).double()
    return {
        "logit": logit,
        "row_max": row_max,
        "exponential": exponential,
        "exponential_sum": exponential.sum(dim=1),
        "probability": torch.softmax(logit, dim=1),
        "one_hot": F.one_hot(label.long(), num_classes=logit.shape[1]).double(),
        "sample_loss": F.cross_entropy(logit, label.long(), reduction="none"),
        "predicted": predicted,
        "correct": correct,
        "accuracy": correct.mean(),
    }


def _loss(model: nn.Module, logit: torch.Tensor, label: torch.Tensor, wd: Scalar) -> Tensors:
    """The loss of logits (image, klass) at labels (image), and what it is made of."""
    cross_entropy, decay = loss_func(logit, label.long()), penalty(model, wd)
    return {"cross_entropy": cross_entropy, "penalty": decay, "loss": cross_entropy + decay}


def _detached(results: Tensors) -> Tensors:
    return {name: result.detach() for name, result in results.items()}


def _after(model: nn.Module, logit: torch.Tensor, label: torch.Tensor, wd: Scalar) -> Tensors:
    """What a step has changed: logits (image, klass), losses, and what is right."""
    found = {**_answers(logit, label), **_loss(model, logit, label, wd)}
    names = ("logit", "sample_loss", "predicted", "accuracy", "cross_entropy", "penalty", "loss")
    return _detached({f"new_{name}": found[name] for name in names})


def logistic(x: torch.Tensor, label: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, wd: Scalar) -> Tensors:
    """Logistic regression on x (image, pixel), forward and backward: weight (klass, pixel), bias (klass).

    The gradients are those of `loss`.
    """
    model = logistic_model(weight, bias)
    logit = model(x)
    loss = _loss(model, logit, label, wd)
    logit_gradient, weight_gradient, bias_gradient = torch.autograd.grad(
        loss["loss"], [logit, model.lin.weight, model.lin.bias]
    )
    return {
        "product": F.linear(x, weight),
        **_detached({**_answers(logit, label), **loss}),
        "logit_gradient": logit_gradient,
        "weight_gradient": weight_gradient,
        "bias_gradient": bias_gradient,
    }


def logistic_step(
    x: torch.Tensor, label: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, wd: Scalar, learning_rate: Scalar
) -> Tensors:
    """One step of torch.optim.SGD on the mini-batch x (image, pixel), and the same mini-batch after it."""
    model = logistic_model(weight, bias)
    optimizer = torch.optim.SGD(model.parameters(), lr=float(learning_rate))
    update(model, x, label.long(), optimizer, wd)
    return {
        "new_weight": model.lin.weight.detach(),
        "new_bias": model.lin.bias.detach(),
        **_after(model, model(x), label, wd),
    }


def finite_difference(
    x: torch.Tensor,
    label: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    wd: Scalar,
    nudge: Scalar,
    at_klass: Scalar,
    at_pixel: Scalar,
) -> Tensors:
    """The derivative of the loss in the weight of digit at_klass and pixel at_pixel: nudged, and by autograd."""
    at = int(at_klass), int(at_pixel) - 1

    def nudged(distance: Scalar) -> tuple[torch.Tensor, torch.Tensor]:
        moved = weight.clone()
        moved[at] += distance
        model = logistic_model(moved, bias)
        logit = model(x)
        sample_loss = F.cross_entropy(logit, label.long(), reduction="none")
        return sample_loss.detach(), _loss(model, logit, label, wd)["loss"].detach()

    up_sample_loss, loss_up = nudged(nudge)
    down_sample_loss, loss_down = nudged(-nudge)
    return {
        "pixel_value": x[:, at[1]].clone(),
        "at_weight": weight[at].clone(),
        "up_sample_loss": up_sample_loss,
        "down_sample_loss": down_sample_loss,
        "loss_up": loss_up,
        "loss_down": loss_down,
        "numeric": (loss_up - loss_down) / (2 * nudge),
        "analytic": logistic(x, label, weight, bias, wd)["weight_gradient"][at],
    }


def pictures(initial_weight: torch.Tensor, trained_weight: torch.Tensor, weight_gradient: torch.Tensor) -> Tensors:
    """The weights of each class (klass, pixel) as pictures (tier, place, row, column), five to a tier."""
    return {
        "initial_picture": initial_weight.clone().reshape(-1, 5, 28, 28),
        "trained_picture": trained_weight.clone().reshape(-1, 5, 28, 28),
        "gradient_picture": weight_gradient.clone().reshape(-1, 5, 28, 28),
    }


def _in_use(regularisers: str) -> tuple[bool, bool]:
    """Whether batch norm is in use, and whether dropout is."""
    require("regularisers", regularisers, "none", "batch norm", "dropout", "both")
    return regularisers in ("batch norm", "both"), regularisers in ("dropout", "both")


def network(
    x: torch.Tensor,
    label: torch.Tensor,
    weight1: torch.Tensor,
    bias1: torch.Tensor,
    weight2: torch.Tensor,
    bias2: torch.Tensor,
    gamma: torch.Tensor,
    beta: torch.Tensor,
    running_mean: torch.Tensor,
    running_variance: torch.Tensor,
    regularisers: str,
    bn_eps: Scalar,
    bn_momentum: Scalar,
    drop_p: Scalar,
    draw: torch.Tensor,
    wd: Scalar,
) -> Tensors:
    """A network of one hidden layer in training on x (image, pixel), forward and backward.

    The weights are (hidden, pixel) and (klass, hidden), the biases (hidden) and (klass). Batch norm has gamma, beta and
    its running statistics (hidden); dropout drops where draw (image, hidden) is below drop_p. The gradients are those
    of `loss`. The statistics of the mini-batch (mean1, variance1, normalised) are there whatever is in use.
    """
    with_norm, with_dropout = _in_use(regularisers)
    norm = batch_norm(gamma, beta, bn_eps, bn_momentum)
    norm.running_mean, norm.running_var = running_mean.clone(), running_variance.clone()
    mask = drop_mask(draw, drop_p) if with_dropout else torch.ones_like(draw)
    model = regularised_model(weight1, bias1, weight2, bias2, norm if with_norm else nn.Identity(), mask)
    layers = model.layers(x)
    logit = layers["logit"]
    loss = _loss(model, logit, label, wd)
    affine1 = layers["affine1"].detach()
    variance1, mean1 = torch.var_mean(affine1, dim=0, correction=0)
    normalised = F.batch_norm(affine1, mean1, variance1, training=False, eps=float(bn_eps))
    gradients = _network_gradients(model, layers, loss["loss"])
    return {
        "batch_norm": x.new_tensor(float(with_norm)),
        "dropout": x.new_tensor(float(with_dropout)),
        "product1": F.linear(x, weight1),
        "mean1": mean1,
        "variance1": variance1,
        "normalised": normalised,
        "mask": mask,
        "product2": F.linear(layers["dropped"].detach(), weight2),
        **_detached({**layers, **_answers(logit, label), **loss}),
        **gradients,
        "gradient_mean": gradients["shaped_gradient"].mean(dim=0),
        "gradient_along": (gradients["shaped_gradient"] * normalised).mean(dim=0),
        "new_running_mean": norm.running_mean,
        "new_running_variance": norm.running_var,
    }


def _network_gradients(model: Regularised, layers: Tensors, loss: torch.Tensor) -> Tensors:
    """The gradients of the loss in every layer and every parameter; 0 for those of a batch norm that is not in use."""
    wanted = {
        **{f"{name}_gradient": layer for name, layer in layers.items()},
        "weight1_gradient": model.lin1.weight,
        "bias1_gradient": model.lin1.bias,
        "weight2_gradient": model.lin2.weight,
        "bias2_gradient": model.lin2.bias,
    }
    if isinstance(model.norm, nn.BatchNorm1d):
        wanted |= {"gamma_gradient": model.norm.weight, "beta_gradient": model.norm.bias}
    found = dict(zip(wanted, torch.autograd.grad(loss, list(wanted.values())), strict=True))
    none = torch.zeros_like(found["bias1_gradient"])
    return {"gamma_gradient": none, "beta_gradient": none.clone(), **found}


def network_step(
    x: torch.Tensor,
    label: torch.Tensor,
    weight1: torch.Tensor,
    bias1: torch.Tensor,
    weight2: torch.Tensor,
    bias2: torch.Tensor,
    gamma: torch.Tensor,
    beta: torch.Tensor,
    regularisers: str,
    bn_eps: Scalar,
    drop_p: Scalar,
    draw: torch.Tensor,
    wd: Scalar,
    learning_rate: Scalar,
) -> Tensors:
    """One step of torch.optim.SGD of all that is in use on x (image, pixel), and the same mini-batch and mask after it.

    The shapes are those of `network`.
    """
    with_norm, with_dropout = _in_use(regularisers)
    norm = batch_norm(gamma, beta, bn_eps)
    mask = drop_mask(draw, drop_p) if with_dropout else torch.ones_like(draw)
    model = regularised_model(weight1, bias1, weight2, bias2, norm if with_norm else nn.Identity(), mask)
    optimizer = torch.optim.SGD(model.parameters(), lr=float(learning_rate))
    update(model, x, label.long(), optimizer, wd)
    layers = model.layers(x)
    variance1, mean1 = torch.var_mean(layers["affine1"], dim=0, correction=0)
    return {
        **_detached(
            {
                "new_weight1": model.lin1.weight,
                "new_bias1": model.lin1.bias,
                "new_weight2": model.lin2.weight,
                "new_bias2": model.lin2.bias,
                "new_gamma": norm.weight,
                "new_beta": norm.bias,
                "new_affine1": layers["affine1"],
                "new_mean1": mean1,
                "new_variance1": variance1,
                "new_shaped": layers["shaped"],
                "new_dropped": layers["dropped"],
            }
        ),
        **_after(model, layers["logit"], label, wd),
    }


def last_layer(
    weight2: torch.Tensor,
    weight2_gradient: torch.Tensor,
    old_mean: torch.Tensor,
    old_square: torch.Tensor,
    adam_t: Scalar,
    adam_rate: Scalar,
    beta1: Scalar,
    beta2: Scalar,
    adam_eps: Scalar,
    learning_rate: Scalar,
) -> Tensors:
    """One step of torch.optim.Adam beside one of torch.optim.SGD for weight2 (klass, hidden), from the same gradient.

    Adam has the averages old_mean and old_square (klass, hidden) and takes its step number adam_t, from 1.
    """
    betas = float(beta1), float(beta2)
    by_adam, by_sgd = nn.Parameter(weight2.clone()), nn.Parameter(weight2.clone())
    by_adam.grad, by_sgd.grad = weight2_gradient.clone(), weight2_gradient.clone()
    torch.optim.SGD([by_sgd], lr=float(learning_rate)).step()
    adam = torch.optim.Adam([by_adam], lr=float(adam_rate), betas=betas, eps=above_zero(adam_eps))
    state = {"step": torch.tensor(float(adam_t) - 1), "exp_avg": old_mean.clone(), "exp_avg_sq": old_square.clone()}
    adam.state[by_adam] = state
    adam.step()
    sgd_change, adam_change = by_sgd.detach() - weight2, by_adam.detach() - weight2
    return {
        "sgd_change": sgd_change,
        "adam_mean": state["exp_avg"],
        "adam_square": state["exp_avg_sq"],
        "mean_hat": state["exp_avg"] / (1 - betas[0] ** float(adam_t)),
        "square_hat": state["exp_avg_sq"] / (1 - betas[1] ** float(adam_t)),
        "adam_change": adam_change,
        "adam_weight2": by_adam.detach(),
        "sgd_largest": sgd_change.abs().max(),
        "adam_largest": adam_change.abs().max(),
    }


def curves(loss: torch.Tensor, smoothing: Scalar) -> Tensors:
    """The moving average of each run's loss (step, run), from 0, and the same with its bias corrected."""
    found = smooth(loss, smoothing)
    return {"average": found["average"], "smoothed": found["corrected"]}


def summary(
    loss: torch.Tensor, smoothed: torch.Tensor, epoch_loss: torch.Tensor, epoch_accuracy: torch.Tensor, early: Scalar
) -> Tensors:
    """What each run came to (run): its loss (step, run) early, late and how rough, its held-out loss (epoch, run)."""
    last, last_smoothed = loss[-_LAST_STEPS:], smoothed[-_LAST_STEPS:]
    best_loss, best = epoch_loss.min(dim=0)
    return {
        "early_loss": smoothed[min(int(early), len(smoothed)) - 1].clone(),
        "last_loss": last.mean(dim=0),
        "roughness": F.mse_loss(last, last_smoothed, reduction="none").mean(dim=0).sqrt(),
        "best_loss": best_loss,
        "best_epoch": best.double() + 1,
        "end_loss": epoch_loss[-1].clone(),
        "end_accuracy": epoch_accuracy[-1].clone(),
    }


def mistakes(
    mistake_grey: torch.Tensor,
    mistake_label: torch.Tensor,
    weight1: torch.Tensor,
    bias1: torch.Tensor,
    weight2: torch.Tensor,
    bias2: torch.Tensor,
) -> Tensors:
    """What the plain network makes of mistake_grey (mistake, pixel), 0 to 255, and its pictures, five to a tier."""
    model = network_model(weight1, bias1, weight2, bias2)
    x = mistake_grey / 255
    affine = model.lin1(x)
    answers = _answers(model(x), mistake_label)
    return {
        **_detached(
            {
                "mistake_affine": affine,
                "mistake_hidden": F.relu(affine),
                "mistake_logit": answers["logit"],
                "mistake_row_max": answers["row_max"],
                "mistake_probability": answers["probability"],
                "mistake_predicted": answers["predicted"],
                "mistake_loss": answers["sample_loss"],
                "mistake_sum": answers["exponential_sum"],
            }
        ),
        "mistake_picture": mistake_grey.clone().reshape(-1, 5, 28, 28),
    }


def confused(confusion: torch.Tensor) -> Tensors:
    """The share that is right of all counts (klass, other), true by predicted, and that of each class.

    It is NaN for a class without images.
    """
    right = confusion.diagonal()
    return {"accuracy_counted": right.sum() / confusion.sum(), "class_accuracy": right / confusion.sum(dim=1)}


def first_losses(
    loss: torch.Tensor,
    logistic_loss: Scalar,
    network_loss: Scalar,
    logistic_from: str,
    network_from: str,
    regularisers: str,
) -> Tensors:
    """The recorded loss (step, run) of each model's first run at its first step."""
    return {"first_logistic": loss[0, 0].clone(), "first_network": loss[0, 4].clone()}
