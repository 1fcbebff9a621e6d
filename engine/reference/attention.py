"""Causal self-attention: embeddings, scores, mask, softmax, the loss of the next word, and every gradient by hand.

With x = E[token] + P, Q = x W_Q, K = x W_K, V = x W_V and T the temperature:

    S = Q K^T,   A = softmax(S / (sqrt(d) T)) row by row, 0 where a word would look ahead,   C = A V,   L = C W_O

The loss is the mean cross-entropy of the next words. With G its gradient at L, backwards:

    dW_O = C^T G,   dC = G W_O^T,   dV = A^T dC,   dA = dC V^T
    dS = A (dA - sum_j A dA) / (sqrt(d) T),   dQ = dS K,   dK = dS^T Q
    dW_Q = x^T dQ (and K, V alike),   dx = dQ W_Q^T + dK W_K^T + dV W_V^T,   dE = one-hot^T dx,   dP = dx

The axes are token (the word that looks), key (the word that it looks at), word (of the vocabulary), feature (of x) and
dim (of queries, keys and values); head and half (a head's share of dim) of several heads. Words count from 1.

Source: Vaswani et al. 2017, sections 3.2 and 3.5; the gradients are derived here.
"""

from collections.abc import Mapping

import numpy as np

from engine.errors import EngineError
from engine.reference import Array, Result, Text
from engine.reference.numbering import zero_based


def following(token: Array, last_target: float) -> Result:
    """The next word of each of token (token); after the last comes last_target."""
    return {"target": np.append(token[1:], last_target)}


def spelled(name: Text, number: Array) -> Result:
    """The words of a vocabulary (word) that have these numbers."""
    return {"spelled": name[zero_based(number, len(name), "number")]}


def along(word: Text) -> Result:
    """The same words along another axis."""
    return {"along": word}


def embedding(token: Array, word_number: Array, token_weight: Array, position_weight: Array) -> Result:
    """Vectors x (token, feature): rows of token_weight (word, feature) by one-hot and by look-up, and positions."""
    one_hot = np.where(token[:, np.newaxis] == word_number, 1.0, 0.0)
    multiplied = one_hot @ token_weight
    looked_up = token_weight[zero_based(token, len(word_number), "token")]
    return {
        "one_hot": one_hot,
        "multiplied": multiplied,
        "looked_up": looked_up,
        "distance": float(np.linalg.norm(multiplied - looked_up)),
        "x": looked_up + position_weight,
    }


def attend(
    x: Array, query_weight: Array, key_weight: Array, value_weight: Array, mask: str, temperature: float
) -> Result:
    """One head of attention of x (token, feature) with weights (feature, dim); its answer is context (token, dim)."""
    _refuse_unknown_mask(mask)
    q, k, v = x @ query_weight, x @ key_weight, x @ value_weight
    d_k = query_weight.shape[1]
    score = q @ k.T
    shares = _shares(score / (np.sqrt(d_k) * temperature), mask)
    return {"q": q, "k": k, "v": v, "d_k": float(d_k), "score": score, **shares, "context": shares["attention"] @ v}


def _shares(scaled: Array, mask: str) -> dict[str, Array]:
    """Softmax over the last axis (…, token, key); a causal mask leaves nothing of a word that comes later."""
    later = np.triu(np.ones(scaled.shape[-2:], dtype=bool), 1) if mask == "causal" else False
    masked = np.where(later, np.nan, scaled)
    row_max = np.nanmax(masked, axis=-1)
    exponential = np.exp(np.where(later, -np.inf, scaled) - row_max[..., np.newaxis])
    row_sum = exponential.sum(axis=-1)
    attention = exponential / row_sum[..., np.newaxis]
    return {
        "masked": masked,
        "row_max": row_max,
        "exponential": exponential,
        "row_sum": row_sum,
        "attention": attention,
    }


def next_word(context: Array, output_weight: Array, target: Array) -> Result:
    """Logits and probabilities (token, word) of the next word, and the mean cross-entropy of target (token)."""
    row = zero_based(target, output_weight.shape[1], "target")
    logit = context @ output_weight
    largest = logit.max(axis=1)
    word_exponential = np.exp(logit - largest[:, np.newaxis])
    logit_sum = word_exponential.sum(axis=1)
    token_loss = largest + np.log(logit_sum) - logit[np.arange(len(row)), row]
    return {
        "logit": logit,
        "logit_max": largest,
        "word_exponential": word_exponential,
        "logit_sum": logit_sum,
        "probability": word_exponential / logit_sum[:, np.newaxis],
        "token_loss": token_loss,
        "loss": token_loss.mean(),
    }


def sampling(logit: Array, word_temperature: float) -> Result:
    """Probabilities (token, word) after dividing the logits by a temperature."""
    shifted = (logit - logit.max(axis=1, keepdims=True)) / word_temperature
    exponential = np.exp(shifted)
    return {
        "sample_exponential": exponential,
        "sample_sum": exponential.sum(axis=1),
        "sample_probability": exponential / exponential.sum(axis=1, keepdims=True),
    }


def likeliest(logit: Array, word_name: Text) -> Result:
    """The word (token) of the largest logit (token, word)."""
    return {"likeliest": word_name[logit.argmax(axis=1)]}


def backward(
    token: Array,
    word_number: Array,
    target: Array,
    token_weight: Array,
    position_weight: Array,
    query_weight: Array,
    key_weight: Array,
    value_weight: Array,
    output_weight: Array,
    mask: str,
    temperature: float,
) -> Result:
    """The gradient of the loss by everything, from the logits (token, word) back to the embeddings (word, feature)."""
    vectors = embedding(token, word_number, token_weight, position_weight)
    x = np.asarray(vectors["x"])
    found = attend(x, query_weight, key_weight, value_weight, mask, temperature)
    q, k, v, attention, context = (np.asarray(found[name]) for name in ("q", "k", "v", "attention", "context"))
    probability = np.asarray(next_word(context, output_weight, target)["probability"])

    target_one_hot = np.where(target[:, np.newaxis] == word_number, 1.0, 0.0)
    logit_gradient = (probability - target_one_hot) / len(target)
    context_gradient = logit_gradient @ output_weight.T
    attention_gradient = context_gradient @ v.T
    row_mean = (attention * attention_gradient).sum(axis=1)
    softmax_gradient = attention * (attention_gradient - row_mean[:, np.newaxis])
    score_gradient = softmax_gradient / (np.sqrt(query_weight.shape[1]) * temperature)
    q_gradient, k_gradient, v_gradient = score_gradient @ k, score_gradient.T @ q, attention.T @ context_gradient
    x_gradient = q_gradient @ query_weight.T + k_gradient @ key_weight.T + v_gradient @ value_weight.T
    return {
        "target_one_hot": target_one_hot,
        "logit_gradient": logit_gradient,
        "output_weight_gradient": context.T @ logit_gradient,
        "context_gradient": context_gradient,
        "attention_gradient": attention_gradient,
        "row_mean": row_mean,
        "score_gradient": score_gradient,
        "q_gradient": q_gradient,
        "k_gradient": k_gradient,
        "v_gradient": v_gradient,
        "query_weight_gradient": x.T @ q_gradient,
        "key_weight_gradient": x.T @ k_gradient,
        "value_weight_gradient": x.T @ v_gradient,
        "x_gradient": x_gradient,
        "token_weight_gradient": np.asarray(vectors["one_hot"]).T @ x_gradient,
        "position_weight_gradient": x_gradient,
    }


def sgd(parameter: Array, gradient: Array, learning_rate: float) -> Result:
    """The parameter after one step against its gradient."""
    return {"stepped": parameter - learning_rate * gradient}


def change(gradient: Mapping[str, Array], learning_rate: float, loss_before: float, loss: float) -> Result:
    """By how much the step lowered the loss, and by how much a straight line along the gradient would."""
    squares = sum(float((each**2).sum()) for each in gradient.values())
    return {
        "gradient_squares": squares,
        "foretold_change": -learning_rate * squares,
        "actual_change": loss - loss_before,
    }


def status(weights_from: str, run_loss: Array, loss: float) -> Result:
    """The loss (step) of the recorded run at its end, and whether the present loss, with its weights, is that."""
    last_loss = float(run_loss[-1])
    if weights_from == "initial":
        found = "not in use: the weights are initial"
    elif abs(loss - last_loss) < 1e-9:
        found = "in use, as recorded"
    else:
        found = "in use with other inputs than it was trained with"
    return {"last_loss": last_loss, "status": found}


def two_heads(
    x: Array,
    query_weight: Array,
    key_weight: Array,
    value_weight: Array,
    output_weight: Array,
    target: Array,
    column_number: Array,
    mask: str,
    temperature: float,
) -> Result:
    """The same weights cut into heads: column_number (head, half) says which columns of Q, K and V each head has."""
    _refuse_unknown_mask(mask)
    columns = column_number.astype(np.intp) - 1
    q, k, v = ((x @ weight)[:, columns] for weight in (query_weight, key_weight, value_weight))
    score = np.einsum("thd,khd->htk", q, k)
    shares = _shares(score / (np.sqrt(columns.shape[1]) * temperature), mask)
    context = np.einsum("htk,khd->thd", shares["attention"], v)
    said = next_word(context.reshape(len(x), -1), output_weight, target)
    return {
        "q": q,
        "k": k,
        "v": v,
        "half_size": float(columns.shape[1]),
        "score": score,
        **shares,
        "context": context,
        **said,
    }


def layer_norm(x: Array, gain: Array, bias: Array, eps: float) -> Result:
    """Each row of x (token, feature) with mean 0 and variance 1, times gain (feature), plus bias (feature).

    Source: Ba et al. 2016; eps under the root, the variance divided by the number of features.
    """
    mean = x.mean(axis=1)
    variance = ((x - mean[:, np.newaxis]) ** 2).mean(axis=1)
    normed = (x - mean[:, np.newaxis]) / np.sqrt(variance + eps)[:, np.newaxis] * gain + bias
    return {"mean": mean, "variance": variance, "normed": normed}


def block(
    x: Array,
    gain1: Array,
    bias1: Array,
    query_weight: Array,
    key_weight: Array,
    value_weight: Array,
    mix_weight: Array,
    gain2: Array,
    bias2: Array,
    hidden_weight: Array,
    hidden_bias: Array,
    out_weight: Array,
    out_bias: Array,
    eps: float,
    mask: str,
    temperature: float,
) -> Result:
    """A block of a transformer: x + attention(norm(x)), and to that sum the same with a small network.

    Source: Radford et al. 2019, section 2.3 (the norm comes first), with a ReLU.
    """
    first = layer_norm(x, gain1, bias1, eps)
    found = attend(np.asarray(first["normed"]), query_weight, key_weight, value_weight, mask, temperature)
    mixed = np.asarray(found["context"]) @ mix_weight
    middle = x + mixed
    second = layer_norm(middle, gain2, bias2, eps)
    hidden = np.asarray(second["normed"]) @ hidden_weight + hidden_bias
    active = np.maximum(0.0, hidden)
    added = active @ out_weight + out_bias
    return {
        "mean1": first["mean"],
        "variance1": first["variance"],
        "normed1": first["normed"],
        **found,
        "mixed": mixed,
        "middle": middle,
        "mean2": second["mean"],
        "variance2": second["variance"],
        "normed2": second["normed"],
        "hidden": hidden,
        "active": active,
        "added": added,
        "output": middle + added,
    }


def by_hand(
    token: Array,
    item_number: Array,
    table: Array,
    query_weight: Array,
    key_weight: Array,
    value_weight: Array,
    base: float,
    mask: str,
) -> Result:
    """Attention of three words in whole numbers: shares of base^score, which is e^score where base is e."""
    _refuse_unknown_mask(mask)
    one_hot = np.where(token[:, np.newaxis] == item_number, 1.0, 0.0)
    x = one_hot @ table
    q, k, v = x @ query_weight, x @ key_weight, x @ value_weight
    score = q @ k.T
    seen = np.tril(np.ones(score.shape)) if mask == "causal" else np.ones(score.shape)
    power = seen * base**score
    share = power / power.sum(axis=1, keepdims=True)
    return {
        "one_hot": one_hot,
        "x": x,
        "looked_up": table[zero_based(token, len(table), "token")],
        "q": q,
        "k": k,
        "v": v,
        "score": score,
        "power": power,
        "power_sum": power.sum(axis=1),
        "share": share,
        "context": share @ v,
    }


def _refuse_unknown_mask(mask: str) -> None:
    if mask not in ("causal", "none"):
        raise EngineError(f"mask: found {mask!r}, expected 'causal' or 'none'")
