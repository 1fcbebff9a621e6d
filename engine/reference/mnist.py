r"""The lesson's two models of handwritten digits on one mini-batch: forward, backward by hand, and one step of each.

    logistic:  logit = x W^T + b,      dW = dlogit^T x + 2 wd W,   db = sum dlogit + 2 wd b
    network:   Linear -> [batch norm] -> ReLU -> [dropout] -> Linear, both ways in `mnist_layers`

    >>> found = logistic(np.zeros((2, 3)), np.array([0.0, 1.0]), np.zeros((4, 3)), np.zeros(4), 0.0)
    >>> round(float(found["loss"] / np.log(4)), 12), found["logit_gradient"][0].tolist()
    (1.0, [-0.375, 0.125, 0.125, 0.125])

Source: the lesson's Mnist_Logistic, Mnist_NN and update(); torch.optim.SGD and Adam.
"""

import math

import numpy as np

from engine.errors import EngineError
from engine.reference import Array, Result
from engine.reference.ewma import smooth
from engine.reference.mnist_layers import network_backward, network_forward, penalised, scores, scores_again
from engine.reference.optimizers.row import ratio, refuse_unknown

SIDE = 28
"""Rows, and columns, of an image."""

TIER = 5
"""Pictures side by side."""

AGREES = "agrees with this sheet"


def view(x: Array, label: Array, number: float, at_row: float, at_column: float) -> Result:
    """The image of that number, inputs x (image, pixel) from 0 to 1, in grey values from 0 to 255.

    As a vector (pixel), as a picture (row, column), and one place of it in both.
    """
    image = _whole("number", number, 1, len(x)) - 1
    side = math.isqrt(x.shape[1])
    row, column = _whole("at_row", at_row, 1, side) - 1, _whole("at_column", at_column, 1, side) - 1
    vector = 255 * x[image]
    picture = vector.reshape(side, side)
    return {
        "chosen": vector,
        "chosen_label": float(label[image]),
        "picture": picture,
        "at_pixel": float(side * row + column + 1),
        "at_value": float(picture[row, column]),
    }


def middle(x: Array) -> Result:
    """The row of pixels in the middle of each image (image, column), of inputs (image, pixel)."""
    side = math.isqrt(x.shape[1])
    return {"middle": x.reshape(-1, side, side)[:, side // 2]}


def choose(weights_from: str, initial: Array, trained: Array) -> Result:
    """The block that the switch names: initial or trained, both of one shape."""
    refuse_unknown("weights_from", weights_from, ("initial", "trained"))
    return {"chosen": initial if weights_from == "initial" else trained}


def logistic(x: Array, label: Array, weight: Array, bias: Array, wd: float) -> Result:
    """Loss and gradients of Mnist_Logistic: inputs (image, pixel), weights (klass, pixel), biases (klass)."""
    product = x @ weight.T
    logit = product + bias
    score = scores(logit, label)
    logit_gradient, penalty = score["logit_gradient"], penalised(wd, weight, bias)
    return {
        "product": product,
        "logit": logit,
        **score,
        "penalty": penalty,
        "loss": score["cross_entropy"] + penalty,
        "weight_gradient": logit_gradient.T @ x + 2 * wd * weight,
        "bias_gradient": logit_gradient.sum(axis=0) + 2 * wd * bias,
    }


def logistic_step(x: Array, label: Array, weight: Array, bias: Array, wd: float, learning_rate: float) -> Result:
    """One step of SGD on a mini-batch, and the same mini-batch (image) again."""
    logit_gradient = scores(x @ weight.T + bias, label)["logit_gradient"]
    new_weight = weight - learning_rate * (logit_gradient.T @ x + 2 * wd * weight)
    new_bias = bias - learning_rate * (logit_gradient.sum(axis=0) + 2 * wd * bias)
    new_logit = x @ new_weight.T + new_bias
    return {
        "new_weight": new_weight,
        "new_bias": new_bias,
        "new_logit": new_logit,
        **scores_again(new_logit, label, penalised(wd, new_weight, new_bias)),
    }


def finite_difference(
    x: Array, label: Array, weight: Array, bias: Array, wd: float, nudge: float, at_klass: float, at_pixel: float
) -> Result:
    """The derivative of the loss in one weight: by its values a nudge above and below, and by the formula."""
    if not nudge > 0:
        raise EngineError(f"nudge: found {nudge:.15g}, expected a number above 0")
    klass = _whole("at_klass", at_klass, 0, len(weight) - 1)
    pixel = _whole("at_pixel", at_pixel, 1, weight.shape[1]) - 1
    move = np.zeros_like(weight)
    move[klass, pixel] = nudge
    at, up, down = (scores(x @ moved.T + bias, label) for moved in (weight, weight + move, weight - move))
    loss_up = up["cross_entropy"] + penalised(wd, weight + move, bias)
    loss_down = down["cross_entropy"] + penalised(wd, weight - move, bias)
    return {
        "pixel_value": x[:, pixel],
        "at_weight": weight[klass, pixel],
        "up_sample_loss": up["sample_loss"],
        "down_sample_loss": down["sample_loss"],
        "loss_up": loss_up,
        "loss_down": loss_down,
        "numeric": (loss_up - loss_down) / (2 * nudge),
        "analytic": at["logit_gradient"][:, klass] @ x[:, pixel] + 2 * wd * weight[klass, pixel],
    }


def pictures(initial_weight: Array, trained_weight: Array, weight_gradient: Array) -> Result:
    """The weights of each class (klass, pixel) as pictures (tier, place, row, column), class 5 tier + place from 0."""
    return {
        "initial_picture": initial_weight.reshape(-1, TIER, SIDE, SIDE),
        "trained_picture": trained_weight.reshape(-1, TIER, SIDE, SIDE),
        "gradient_picture": weight_gradient.reshape(-1, TIER, SIDE, SIDE),
    }


def network(
    x: Array,
    label: Array,
    weight1: Array,
    bias1: Array,
    weight2: Array,
    bias2: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_variance: Array,
    regularisers: str,
    bn_eps: float,
    bn_momentum: float,
    drop_p: float,
    draw: Array,
    wd: float,
) -> Result:
    """Loss and gradients of Mnist_NN in training, with batch norm, dropout, both or neither.

    Args:
        x: inputs (image, pixel), 0 to 1.
        label: digits (image), from 0.
        weight1: (hidden, pixel).
        bias1: (hidden).
        weight2: (klass, hidden).
        bias2: (klass).
        gamma: batch norm's factor (hidden).
        beta: what it adds (hidden).
        running_mean: (hidden), before this mini-batch.
        running_variance: (hidden), likewise.
        regularisers: "none", "batch norm", "dropout" or "both".
        bn_eps: added to the variance inside the root, above 0.
        bn_momentum: how far the running statistics go towards the mini-batch's, whose variance is then the unbiased.
        drop_p: the share dropped, at least 0 and below 1.
        draw: numbers (image, hidden) in [0, 1); a unit is dropped where its number is below drop_p.
        wd: the factor of the penalty; gamma and beta are in it where batch norm is in use.

    Returns:
        Each layer's values and gradients. Where batch norm is not in use, its running statistics stay and the gradients
        of gamma and beta are 0; mean1, variance1, normalised, gradient_mean and gradient_along are always given.
    """
    seen = network_forward(x, weight1, bias1, weight2, bias2, gamma, beta, regularisers, bn_eps, drop_p, draw)
    score = scores(seen["logit"], label)
    back = network_backward(score["logit_gradient"], x, weight1, bias1, weight2, bias2, gamma, beta, bn_eps, wd, seen)
    in_use = seen["batch_norm"]
    penalty = penalised(wd, weight1, bias1, weight2, bias2, in_use * gamma, in_use * beta)
    unbiased = seen["variance1"] * len(x) / max(len(x) - 1, 1)
    return {
        **seen,
        **score,
        "penalty": penalty,
        "loss": score["cross_entropy"] + penalty,
        **back,
        "new_running_mean": running_mean + in_use * bn_momentum * (seen["mean1"] - running_mean),
        "new_running_variance": running_variance + in_use * bn_momentum * (unbiased - running_variance),
    }


def network_step(
    x: Array,
    label: Array,
    weight1: Array,
    bias1: Array,
    weight2: Array,
    bias2: Array,
    gamma: Array,
    beta: Array,
    regularisers: str,
    bn_eps: float,
    drop_p: float,
    draw: Array,
    wd: float,
    learning_rate: float,
) -> Result:
    """One step of SGD on a mini-batch, and the same mini-batch (image) and mask again; the arguments are network's."""
    switches = regularisers, bn_eps, drop_p, draw
    seen = network_forward(x, weight1, bias1, weight2, bias2, gamma, beta, *switches)
    logit_gradient = scores(seen["logit"], label)["logit_gradient"]
    back = network_backward(logit_gradient, x, weight1, bias1, weight2, bias2, gamma, beta, bn_eps, wd, seen)
    new_weight1 = weight1 - learning_rate * back["weight1_gradient"]
    new_bias1 = bias1 - learning_rate * back["bias1_gradient"]
    new_weight2 = weight2 - learning_rate * back["weight2_gradient"]
    new_bias2 = bias2 - learning_rate * back["bias2_gradient"]
    new_gamma = gamma - learning_rate * back["gamma_gradient"]
    new_beta = beta - learning_rate * back["beta_gradient"]
    again = network_forward(x, new_weight1, new_bias1, new_weight2, new_bias2, new_gamma, new_beta, *switches)
    in_use = again["batch_norm"]
    penalty = penalised(wd, new_weight1, new_bias1, new_weight2, new_bias2, in_use * new_gamma, in_use * new_beta)
    return {
        "new_weight1": new_weight1,
        "new_bias1": new_bias1,
        "new_weight2": new_weight2,
        "new_bias2": new_bias2,
        "new_gamma": new_gamma,
        "new_beta": new_beta,
        "new_affine1": again["affine1"],
        "new_mean1": again["mean1"],
        "new_variance1": again["variance1"],
        "new_shaped": again["shaped"],
        "new_dropped": again["dropped"],
        "new_logit": again["logit"],
        **scores_again(again["logit"], label, penalty),
    }


def last_layer(
    weight2: Array,
    weight2_gradient: Array,
    old_mean: Array,
    old_square: Array,
    adam_t: float,
    adam_rate: float,
    beta1: float,
    beta2: float,
    adam_eps: float,
    learning_rate: float,
) -> Result:
    """One step of Adam, the adam_t-th, beside one of SGD for the weights (klass, hidden) of the last layer."""
    if not adam_t >= 1:
        raise EngineError(f"adam_t: found {adam_t:.15g}, expected at least 1")
    sgd_change = -learning_rate * weight2_gradient
    adam_mean = beta1 * old_mean + (1 - beta1) * weight2_gradient
    adam_square = beta2 * old_square + (1 - beta2) * weight2_gradient**2
    mean_hat, square_hat = adam_mean / (1 - beta1**adam_t), adam_square / (1 - beta2**adam_t)
    adam_change = -adam_rate * ratio(mean_hat, np.sqrt(square_hat) + adam_eps)
    return {
        "sgd_change": sgd_change,
        "adam_mean": adam_mean,
        "adam_square": adam_square,
        "mean_hat": mean_hat,
        "square_hat": square_hat,
        "adam_change": adam_change,
        "adam_weight2": weight2 + adam_change,
        "sgd_largest": np.abs(sgd_change).max(),
        "adam_largest": np.abs(adam_change).max(),
    }


def curves(loss: Array, smoothing: float) -> Result:
    """The losses (step, run) of each run smoothed by a running average, from 0 and with its start corrected."""
    runs = [smooth(one_run, smoothing) for one_run in loss.T]
    return {
        "average": np.column_stack([run["average"] for run in runs]),
        "smoothed": np.column_stack([run["corrected"] for run in runs]),
    }


def summary(loss: Array, smoothed: Array, epoch_loss: Array, epoch_accuracy: Array, early: float) -> Result:
    """What each run (run) reached: early, over its last 100 steps (step, run), and held out (epoch, run)."""
    steps = len(loss)
    at = _whole("early", min(early, steps), 1, steps) - 1
    last, last_smoothed = loss[-100:], smoothed[-100:]
    best_loss, end_loss = epoch_loss.min(axis=0), epoch_loss[-1]
    return {
        "early_loss": smoothed[at],
        "last_loss": last.mean(axis=0),
        "roughness": np.sqrt(np.mean((last - last_smoothed) ** 2, axis=0)),
        "best_loss": best_loss,
        "best_epoch": epoch_loss.argmin(axis=0) + 1.0,
        "end_loss": end_loss,
        "end_accuracy": epoch_accuracy[-1],
        "verdict": np.where(end_loss > 1.1 * best_loss, "rises again", "at its best").astype(object),
    }


def mistakes(
    mistake_grey: Array, mistake_label: Array, weight1: Array, bias1: Array, weight2: Array, bias2: Array
) -> Result:
    """What the plain network says of images (mistake, pixel), grey values from 0 to 255, and what it costs."""
    mistake_affine = mistake_grey / 255 @ weight1.T + bias1
    mistake_hidden = np.maximum(mistake_affine, 0.0)
    mistake_logit = mistake_hidden @ weight2.T + bias2
    score = scores(mistake_logit, mistake_label)
    said = zip(mistake_label, score["predicted"], score["probability"].max(axis=1), strict=True)
    caption = [f"{one:.0f}, taken for {other:.0f} ({np.floor(100 * p + 0.5):.0f} %)" for one, other, p in said]
    return {
        "mistake_affine": mistake_affine,
        "mistake_hidden": mistake_hidden,
        "mistake_logit": mistake_logit,
        "mistake_row_max": score["row_max"],
        "mistake_exponential": score["exponential"],
        "mistake_sum": score["exponential_sum"],
        "mistake_probability": score["probability"],
        "mistake_predicted": score["predicted"],
        "mistake_loss": score["sample_loss"],
        "mistake_picture": mistake_grey.reshape(-1, TIER, SIDE, SIDE),
        "caption": np.array(caption, dtype=object).reshape(-1, TIER),
    }


def confused(confusion: Array) -> Result:
    """The share that is right of all counts by true (klass) and predicted (other) digit, and of each true one."""
    images, right = confusion.sum(axis=1), np.diagonal(confusion)
    return {
        "accuracy_counted": right.sum() / (images.sum() or np.nan),
        "class_accuracy": right / np.where(images > 0, images, np.nan),
    }


def first_losses(
    loss: Array,
    logistic_loss: float,
    network_loss: float,
    logistic_from: str,
    network_from: str,
    regularisers: str,
) -> Result:
    """The first recorded losses of both models (step, run), and whether this sheet's own mini-batch gives them."""
    first_logistic, first_network = float(loss[0, 0]), float(loss[0, 4])
    network_status = status(network_from, first_network, network_loss)
    if network_from == "initial" and regularisers != "none":
        network_status = "not compared: a regulariser is on"
    return {
        "first_logistic": first_logistic,
        "first_network": first_network,
        "logistic_status": status(logistic_from, first_logistic, logistic_loss),
        "network_status": network_status,
    }


def status(weights_from: str, recorded: float, found: float) -> str:
    """Whether a loss of the initial weights is the recorded one."""
    refuse_unknown("weights_from", weights_from, ("initial", "trained"))
    if weights_from == "trained":
        return "not compared: trained weights are in use"
    return AGREES if abs(found - recorded) < 1e-9 else "stale: the inputs changed after training"


def recorded_mistakes(mistake_loss: Array, recorded_loss: Array) -> Result:
    """Whether the worst losses (mistake) are those that were recorded."""
    agrees = np.all(np.abs(mistake_loss - recorded_loss) < 1e-9)
    return {"mistake_status": AGREES if agrees else "stale: the run or the images changed"}


def _whole(name: str, number: float, low: int, high: int) -> int:
    """The number as an int.

    Raises:
        EngineError: it is not a whole number from low to high.
    """
    if number not in range(low, high + 1):
        raise EngineError(f"{name}: found {number:.15g}, expected a whole number from {low} to {high}")
    return int(number)
