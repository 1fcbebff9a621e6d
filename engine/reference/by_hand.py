"""One idea of each lesson in numbers so small that a pencil does: forward, backward, and one step.

Gradients are derived by hand; the names of the axes stand in brackets. A base b of powers and logarithms changes a
loss by the factor 1 / ln b and leaves softmax less one-hot the gradient: log_b(sum b^z) has the slope softmax(z).
"""

import numpy as np

from engine.reference import Array, Result


def cross_entropy(base: float, logit: Array, right: Array, animal: Array, rate: float) -> Result:
    """Softmax, cross-entropy and one step on the logits (photo, animal) of photos of what is right (photo)."""
    power = base**logit
    total = power.sum(axis=1)
    share = power / total[:, np.newaxis]
    surprise = -np.log(share) / np.log(base)
    truth = (right[:, np.newaxis] == animal).astype(float)
    gradient = share - truth
    new_logit = logit - rate * gradient
    new_power = base**new_logit
    new_total = new_power.sum(axis=1)
    new_share = new_power / new_total[:, np.newaxis]
    new_loss = (truth * -np.log(new_share)).sum(axis=1) / np.log(base)
    return {
        "power": power,
        "total": total,
        "share": share,
        "surprise": surprise,
        "truth": truth,
        "loss": (truth * surprise).sum(axis=1),
        "gradient": gradient,
        "new_logit": new_logit,
        "new_power": new_power,
        "new_total": new_total,
        "new_share": new_share,
        "new_loss": new_loss,
    }


def relu_between(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Result:
    """Outputs (sample, answer) of two layers with a ReLU between, of both without it, and of the one that these are."""
    z = x @ w1 + b1
    h = np.maximum(0.0, z)
    y = h @ w2 + b2
    one_weight = w1 @ w2
    one_bias = b1 @ w2 + b2
    one = x @ one_weight + one_bias
    return {
        "z": z,
        "h": h,
        "y": y,
        "one_weight": one_weight,
        "one_bias": one_bias,
        "one": one,
        "two": z @ w2 + b2,
        "difference": y - one,
    }


def kernel(picture: Array, kernel: Array, line: float, column: float) -> Result:
    """What the kernel (kernel_row, kernel_column) answers at each place of the picture, and the products at one."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, kernel.shape)
    window = windows[int(line) - 1, int(column) - 1]
    product = window * kernel
    return {
        "response": (windows * kernel).sum(axis=(2, 3)),
        "window": window,
        "product": product,
        "total": product.sum(),
    }


def factors(
    person_factor: Array,
    film_factor: Array,
    rating: Array,
    person: str,
    person_name: Array,
    film: str,
    film_name: Array,
    rate: float,
) -> Result:
    """Ratings predicted from factors (person, trait) and (trait, show), and one step for one person and one film."""
    predicted = person_factor @ film_factor
    error = predicted - rating
    mean_squared = (error**2).mean()
    person_hot = (person_name == person).astype(float)
    film_hot = (film_name == film).astype(float)
    i, j = person_hot.argmax(), film_hot.argmax()
    person_row, film_row = person_factor[i], film_factor[:, j]
    one_predicted = person_row @ film_row
    one_error = one_predicted - rating[i, j]
    person_gradient = 2 * one_error * film_row
    film_gradient = 2 * one_error * person_row
    new_person = person_row - rate * person_gradient
    new_film = film_row - rate * film_gradient
    new_predicted = new_person @ new_film
    return {
        "predicted": predicted,
        "error": error,
        "rmse": np.sqrt(mean_squared),
        "person_hot": person_hot,
        "film_hot": film_hot,
        "person_product": person_hot @ person_factor,
        "film_product": film_factor @ film_hot,
        "person_row": person_row,
        "film_row": film_row,
        "one_predicted": one_predicted,
        "one_rating": rating[i, j],
        "one_error": one_error,
        "one_loss": one_error**2,
        "person_gradient": person_gradient,
        "film_gradient": film_gradient,
        "new_person": new_person,
        "new_film": new_film,
        "new_predicted": new_predicted,
        "new_loss": (new_predicted - rating[i, j]) ** 2,
    }


EPS = 1e-8
"""What keeps Adam from dividing by 0. Source: torch.optim.Adam's default."""


def sgd(start: float, turn: Array, sgd_rate: float) -> Result:
    """Steps (turn) of plain gradient descent down the parabola w^2, whose slope is 2 w."""
    w, rows = start, []
    for _ in turn:
        slope = 2 * w
        new = w - sgd_rate * slope
        rows.append((w, slope, new))
        w = new
    before, slopes, after = np.array(rows).T
    return {"sgd_w": before, "sgd_slope": slopes, "sgd_new": after}


def momentum(start: float, turn: Array, momentum_rate: float, mu: float) -> Result:
    """The same steps (turn) with a memory: the velocity keeps the share mu of what it was."""
    w, velocity, rows = start, 0.0, []
    for _ in turn:
        slope = 2 * w
        velocity = mu * velocity + slope
        new = w - momentum_rate * velocity
        rows.append((w, slope, velocity, new))
        w = new
    before, slopes, velocities, after = np.array(rows).T
    return {"momentum_w": before, "momentum_slope": slopes, "velocity": velocities, "momentum_new": after}


def adam(start: float, turn: Array, adam_rate: float, beta1: float, beta2: float) -> Result:
    """The same steps (turn) by the mean of slopes over the root of the mean of their squares, both corrected."""
    w, m, s, rows = start, 0.0, 0.0, []
    for t in turn:
        slope = 2 * w
        m = beta1 * m + (1 - beta1) * slope
        s = beta2 * s + (1 - beta2) * slope**2
        m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)
        new = w - adam_rate * m_hat / (np.sqrt(s_hat) + EPS)
        rows.append((w, slope, m, s, m_hat, s_hat, new))
        w = new
    before, slopes, means, squares, mean_hats, square_hats, after = np.array(rows).T
    return {
        "adam_w": before,
        "adam_slope": slopes,
        "m": means,
        "s": squares,
        "m_hat": mean_hats,
        "s_hat": square_hats,
        "adam_new": after,
    }


def one_cycle(beat: Array, peak: float, shape: str, start: float, top: float, end: float) -> Result:
    """The learning rate and the momentum at each of a few steps (beat): up to the peak, then down."""
    rising = beat <= peak
    way = np.where(rising, (beat - 1) / (peak - 1), (beat - peak) / (len(beat) - peak))
    bent = (1 - np.cos(np.pi * way)) / 2 if shape == "cosine" else way
    rate = np.where(rising, start + (top - start) * bent, top + (end - top) * bent)
    momentum = np.where(rising, 0.95 - 0.1 * bent, 0.85 + 0.1 * bent)
    return {
        "phase": np.where(rising, "up", "down").astype(object),
        "way": way,
        "bent": bent,
        "rate": rate,
        "momentum": momentum,
        "travelled": rate.sum(),
    }


def network(x: Array, w1: Array, b1: Array, w2: Array, b2: Array, right: str, klass: Array, rate: float) -> Result:
    """Two layers on one picture x (pixel): forward, loss, all gradients, one step, and the loss after it."""
    y = (klass == right).astype(float)
    z1 = x @ w1 + b1
    h = np.maximum(0.0, z1)
    z2 = h @ w2 + b2
    power = np.exp(z2)
    p = power / power.sum()
    dz2 = p - y
    dw2 = np.outer(h, dz2)
    dh = w2 @ dz2
    dz1 = np.where(z1 > 0, dh, 0.0)
    dw1 = np.outer(x, dz1)
    new_w1, new_b1 = w1 - rate * dw1, b1 - rate * dz1
    new_w2, new_b2 = w2 - rate * dw2, b2 - rate * dz2
    new_z1 = x @ new_w1 + new_b1
    new_h = np.maximum(0.0, new_z1)
    new_z2 = new_h @ new_w2 + new_b2
    new_power = np.exp(new_z2)
    return {
        "y": y,
        "z1": z1,
        "h": h,
        "z2": z2,
        "power": power,
        "p": p,
        "loss": np.log(power.sum()) - y @ z2,
        "dz2": dz2,
        "dw2": dw2,
        "db2": dz2,
        "dh": dh,
        "dz1": dz1,
        "dw1": dw1,
        "db1": dz1,
        "new_w1": new_w1,
        "new_b1": new_b1,
        "new_w2": new_w2,
        "new_b2": new_b2,
        "new_z1": new_z1,
        "new_h": new_h,
        "new_z2": new_z2,
        "new_power": new_power,
        "new_p": new_power / new_power.sum(),
        "new_loss": np.log(new_power.sum()) - y @ new_z2,
    }


def new_head(
    x: Array, w: Array, old_head: Array, head: Array, right: str, new_name: Array, head_rate: float, body_rate: float
) -> Result:
    """A body w (spot, unit) under an old head and a new one; a step of the new head alone, and of both."""
    y = (new_name == right).astype(float)
    z = x @ w
    h = np.maximum(0.0, z)
    logit = h @ head
    power = np.exp(logit)
    p = power / power.sum()
    head_gradient = np.outer(h, p - y)
    h_gradient = head @ (p - y)
    body_gradient = np.outer(x, np.where(z > 0, h_gradient, 0.0))
    moved_head = head - head_rate * head_gradient
    moved_w = w - body_rate * body_gradient
    frozen_logit = h @ moved_head
    moved_h = np.maximum(0.0, x @ moved_w)
    free_logit = moved_h @ moved_head
    return {
        "y": y,
        "z": z,
        "h": h,
        "old_logit": h @ old_head,
        "logit": logit,
        "p": p,
        "difference": p - y,
        "loss": np.log(power.sum()) - y @ logit,
        "head_gradient": head_gradient,
        "h_gradient": h_gradient,
        "body_gradient": body_gradient,
        "moved_head": moved_head,
        "moved_w": moved_w,
        "frozen_logit": frozen_logit,
        "frozen_loss": np.log(np.exp(frozen_logit).sum()) - y @ frozen_logit,
        "moved_h": moved_h,
        "free_logit": free_logit,
        "free_loss": np.log(np.exp(free_logit).sum()) - y @ free_logit,
    }
