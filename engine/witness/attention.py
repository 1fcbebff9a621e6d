"""Self-attention by torch: scaled_dot_product_attention, MultiheadAttention, LayerNorm, autograd, SGD.

Every function takes float64 tensors, computes on the device that they are on, changes none of them, and returns
detached float64 tensors by name. Words count from 1. The axes are token (that looks), key (that it looks at), word (of
the vocabulary), feature, dim, head and half.
"""

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

Tensors = dict[str, torch.Tensor]
Scalar = float | torch.Tensor


def following(token: torch.Tensor, last_target: Scalar) -> Tensors:
    """The number of the next word of each of token (token)."""
    target = token.roll(-1)
    target[-1] = last_target
    return {"target": target}


def embedding(
    token: torch.Tensor, word_number: torch.Tensor, token_weight: torch.Tensor, position_weight: torch.Tensor
) -> Tensors:
    """The rows of token_weight (word, feature) that token (token) asks for, by both routes, and x (token, feature)."""
    one_hot = F.one_hot(token.long() - 1, num_classes=len(word_number)).double()
    looked_up = F.embedding(token.long() - 1, token_weight)
    multiplied = one_hot @ token_weight
    return {
        "one_hot": one_hot,
        "multiplied": multiplied,
        "looked_up": looked_up,
        "distance": F.mse_loss(multiplied, looked_up, reduction="sum").sqrt(),
        "x": looked_up + position_weight,
    }


def _bias(length: int, mask: str, like: torch.Tensor) -> torch.Tensor:
    """What the mask adds to the scores (token, key): minus infinity where a word would look ahead."""
    if mask == "causal":
        return nn.Transformer.generate_square_subsequent_mask(length, device=like.device, dtype=like.dtype)
    return like.new_zeros(length, length)


def _scores(q: torch.Tensor, k: torch.Tensor, mask: str, temperature: Scalar) -> Tensors:
    """The pieces of a softmax of q (…, token, dim) against k (…, key, dim), each row less its largest score."""
    score = q @ k.mT
    scaled = score / (q.shape[-1] ** 0.5 * temperature) + _bias(q.shape[-2], mask, q)
    row_max = scaled.amax(dim=-1)
    exponential = (scaled - row_max[..., None]).exp()
    return {
        "score": score,
        "masked": scaled.masked_fill(scaled.isinf(), torch.nan),
        "row_max": row_max,
        "exponential": exponential,
        "row_sum": exponential.sum(dim=-1),
        "attention": scaled.softmax(dim=-1),
    }


def _attended(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: str, temperature: Scalar, *, with_v: bool = True
) -> torch.Tensor:
    """Torch's own attention: of the values, or of unit vectors, which gives the shares themselves."""
    looked_at = v if with_v else torch.eye(len(k), dtype=k.dtype, device=k.device)
    scale = 1 / (q.shape[-1] ** 0.5 * float(temperature))
    bias = _bias(len(q), mask, q)
    return F.scaled_dot_product_attention(q[None], k[None], looked_at[None], attn_mask=bias, scale=scale)[0]


def attend(
    x: torch.Tensor,
    query_weight: torch.Tensor,
    key_weight: torch.Tensor,
    value_weight: torch.Tensor,
    mask: str,
    temperature: Scalar,
) -> Tensors:
    """Scaled dot-product attention of x (token, feature) with weights (feature, dim)."""
    q, k, v = x @ query_weight, x @ key_weight, x @ value_weight
    return {
        "q": q,
        "k": k,
        "v": v,
        "d_k": q.new_tensor(q.shape[1]),
        **_scores(q, k, mask, temperature),
        "attention": _attended(q, k, v, mask, temperature, with_v=False),
        "context": _attended(q, k, v, mask, temperature),
    }


def next_word(context: torch.Tensor, output_weight: torch.Tensor, target: torch.Tensor) -> Tensors:
    """Logits (token, word) of the next word, and the cross-entropy of target (token)."""
    logit = context @ output_weight
    largest = logit.amax(dim=1)
    token_loss = F.cross_entropy(logit, target.long() - 1, reduction="none")
    return {
        "logit": logit,
        "logit_max": largest,
        "word_exponential": (logit - largest[:, None]).exp(),
        "logit_sum": (logit.logsumexp(dim=1) - largest).exp(),
        "probability": logit.softmax(dim=1),
        "token_loss": token_loss,
        "loss": F.cross_entropy(logit, target.long() - 1),
    }


def sampling(logit: torch.Tensor, word_temperature: Scalar) -> Tensors:
    """Probabilities (token, word) after dividing the logits by a temperature."""
    warm = logit / word_temperature
    shifted = warm - warm.amax(dim=1, keepdim=True)
    return {
        "sample_exponential": shifted.exp(),
        "sample_sum": shifted.logsumexp(dim=1).exp(),
        "sample_probability": torch.distributions.Categorical(logits=warm).probs,
    }


def backward(
    token: torch.Tensor,
    word_number: torch.Tensor,
    target: torch.Tensor,
    token_weight: torch.Tensor,
    position_weight: torch.Tensor,
    query_weight: torch.Tensor,
    key_weight: torch.Tensor,
    value_weight: torch.Tensor,
    output_weight: torch.Tensor,
    mask: str,
    temperature: Scalar,
) -> Tensors:
    """The gradients of the loss by autograd, of parameters and of all that lies between."""
    given = (token_weight, position_weight, query_weight, key_weight, value_weight, output_weight)
    leaf = [parameter.clone().requires_grad_() for parameter in given]
    words, positions, w_q, w_k, w_v, w_o = leaf
    x = F.embedding(token.long() - 1, words) + positions
    q, k, v = x @ w_q, x @ w_k, x @ w_v
    score = q @ k.T
    attention = (score / (q.shape[1] ** 0.5 * temperature) + _bias(len(x), mask, x)).softmax(dim=1)
    context = attention @ v
    logit = context @ w_o
    loss = F.cross_entropy(logit, target.long() - 1)
    names = ("token_weight", "position_weight", "query_weight", "key_weight", "value_weight", "output_weight")
    of = {
        **dict(zip(names, leaf, strict=True)),
        "x": x,
        "q": q,
        "k": k,
        "v": v,
        "score": score,
        "attention": attention,
        "context": context,
        "logit": logit,
    }
    gradients = torch.autograd.grad(loss, list(of.values()))
    found = {f"{name}_gradient": gradient for name, gradient in zip(of, gradients, strict=True)}
    return {
        **found,
        "target_one_hot": F.one_hot(target.long() - 1, num_classes=len(word_number)).double(),
        "row_mean": torch.linalg.vecdot(attention.detach(), found["attention_gradient"]),
    }


def sgd(parameter: torch.Tensor, gradient: torch.Tensor, learning_rate: Scalar) -> Tensors:
    """One step of torch.optim.SGD."""
    stepped = parameter.clone()
    stepped.grad = gradient
    torch.optim.SGD([stepped], lr=float(learning_rate)).step()
    return {"stepped": stepped}


def change(gradient: Mapping[str, torch.Tensor], learning_rate: Scalar, loss_before: Scalar, loss: Scalar) -> Tensors:
    """The change of the loss along its gradient, to first order, and what it was."""
    squares = nn.utils.parameters_to_vector(gradient.values()).square().sum()
    return {
        "gradient_squares": squares,
        "foretold_change": -learning_rate * squares,
        "actual_change": torch.as_tensor(loss - loss_before),
    }


def _multihead(
    width: int,
    heads: int,
    query_weight: torch.Tensor,
    key_weight: torch.Tensor,
    value_weight: torch.Tensor,
    mix_weight: torch.Tensor,
    temperature: Scalar,
) -> nn.MultiheadAttention:
    """Torch's layer with these weights (feature, dim), which it holds as transposes; queries over the temperature."""
    layer = nn.MultiheadAttention(width, heads, bias=False, batch_first=True, device="meta")
    packed = torch.cat([query_weight / temperature, key_weight, value_weight], dim=1).T
    layer.in_proj_weight = nn.Parameter(packed, requires_grad=False)
    layer.out_proj.weight = nn.Parameter(mix_weight.T, requires_grad=False)
    return layer.eval()


def two_heads(
    x: torch.Tensor,
    query_weight: torch.Tensor,
    key_weight: torch.Tensor,
    value_weight: torch.Tensor,
    output_weight: torch.Tensor,
    target: torch.Tensor,
    column_number: torch.Tensor,
    mask: str,
    temperature: Scalar,
) -> Tensors:
    """nn.MultiheadAttention with as many heads as column_number (head, half) has rows, and nothing mixed after it."""
    heads, half = column_number.shape
    straight = torch.eye(heads * half, dtype=x.dtype, device=x.device)
    layer = _multihead(x.shape[1], heads, query_weight, key_weight, value_weight, straight, temperature)
    context, attention = layer(x[None], x[None], x[None], attn_mask=_bias(len(x), mask, x), average_attn_weights=False)
    q, k, v = ((x @ weight).reshape(-1, heads, half) for weight in (query_weight, key_weight, value_weight))
    return {
        "q": q,
        "k": k,
        "v": v,
        "half_size": x.new_tensor(half),
        **_scores(q.transpose(0, 1), k.transpose(0, 1), mask, temperature),
        "attention": attention[0],
        "context": context[0].reshape(-1, heads, half),
        **next_word(context[0], output_weight, target),
    }


def _norm(gain: torch.Tensor, bias: torch.Tensor, eps: Scalar) -> nn.LayerNorm:
    layer = nn.LayerNorm(len(gain), eps=float(eps), device="meta")
    layer.weight, layer.bias = (nn.Parameter(value, requires_grad=False) for value in (gain, bias))
    return layer


def _linear(weight: torch.Tensor, bias: torch.Tensor) -> nn.Linear:
    """The layer of torch with this weight (input, output), which it holds as its transpose."""
    n_inputs, n_outputs = weight.shape
    layer = nn.Linear(n_inputs, n_outputs, device="meta")
    layer.weight = nn.Parameter(weight.T, requires_grad=False)
    layer.bias = nn.Parameter(bias, requires_grad=False)
    return layer


def block(
    x: torch.Tensor,
    gain1: torch.Tensor,
    bias1: torch.Tensor,
    query_weight: torch.Tensor,
    key_weight: torch.Tensor,
    value_weight: torch.Tensor,
    mix_weight: torch.Tensor,
    gain2: torch.Tensor,
    bias2: torch.Tensor,
    hidden_weight: torch.Tensor,
    hidden_bias: torch.Tensor,
    out_weight: torch.Tensor,
    out_bias: torch.Tensor,
    eps: Scalar,
    mask: str,
    temperature: Scalar,
) -> Tensors:
    """nn.TransformerEncoderLayer, the norm first: its output, and what is inside it layer by layer."""
    norm1, norm2 = _norm(gain1, bias1, eps), _norm(gain2, bias2, eps)
    first, second = _linear(hidden_weight, hidden_bias), _linear(out_weight, out_bias)
    attention = _multihead(x.shape[1], 1, query_weight, key_weight, value_weight, mix_weight, temperature)
    layer = nn.TransformerEncoderLayer(
        x.shape[1], 1, len(hidden_bias), dropout=0.0, batch_first=True, norm_first=True, device="meta"
    )
    layer.self_attn, layer.norm1, layer.norm2, layer.linear1, layer.linear2 = attention, norm1, norm2, first, second
    bias = _bias(len(x), mask, x)
    normed1 = norm1(x)
    mixed = attention(normed1[None], normed1[None], normed1[None], attn_mask=bias)[0][0]
    middle = x + mixed
    normed2 = norm2(middle)
    hidden = first(normed2)
    return {
        "mean1": x.mean(dim=1),
        "variance1": x.var(dim=1, correction=0),
        "normed1": normed1,
        **attend(normed1, query_weight, key_weight, value_weight, mask, temperature),
        "mixed": mixed,
        "middle": middle,
        "mean2": middle.mean(dim=1),
        "variance2": middle.var(dim=1, correction=0),
        "normed2": normed2,
        "hidden": hidden,
        "active": F.relu(hidden),
        "added": second(F.relu(hidden)),
        "output": layer.train()(x[None], src_mask=bias)[0].detach(),
    }


def by_hand(
    token: torch.Tensor,
    item_number: torch.Tensor,
    table: torch.Tensor,
    query_weight: torch.Tensor,
    key_weight: torch.Tensor,
    value_weight: torch.Tensor,
    base: Scalar,
    mask: str,
) -> Tensors:
    """Torch's attention, whose softmax has base^score in place of e^score: the scores are scaled by ln(base)."""
    index = token.long() - 1
    one_hot = F.one_hot(index, num_classes=len(item_number)).double()
    x = F.embedding(index, table)
    q, k, v = x @ query_weight, x @ key_weight, x @ value_weight
    score, bias = q @ k.T, _bias(len(x), mask, x)
    power = float(base) ** score * bias.exp()
    units = torch.eye(len(x), dtype=x.dtype, device=x.device)
    share, context = (
        F.scaled_dot_product_attention(q[None], k[None], of[None], attn_mask=bias, scale=math.log(base))[0]
        for of in (units, v)
    )
    return {
        "one_hot": one_hot,
        "x": one_hot @ table,
        "looked_up": x,
        "q": q,
        "k": k,
        "v": v,
        "score": score,
        "power": power,
        "power_sum": power.sum(dim=1),
        "share": share,
        "context": context,
    }
