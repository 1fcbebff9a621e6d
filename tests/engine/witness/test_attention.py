"""Self-attention by torch: what is shown in pieces is what torch's own layers give, and nothing given is changed."""

import pytest
import torch
import torch.nn.functional as F

from engine.witness import attention


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(len(shape) + sum(shape)))


@pytest.mark.parametrize("mask", ["causal", "none"])
def test_the_shares_times_the_values_are_what_scaled_dot_product_attention_gives(mask: str) -> None:
    x, weights = drawn(5, 4), [drawn(4, 3), drawn(4, 3) / 2, drawn(4, 3) / 3]
    found = attention.attend(x, *weights, mask, 1.0)
    q, k, v = (x @ weight for weight in weights)
    expected = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=mask == "causal")[0]
    torch.testing.assert_close(found["attention"] @ found["v"], expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(found["context"], expected, rtol=1e-12, atol=0)
    pieces = found["exponential"] / found["row_sum"][:, None]
    torch.testing.assert_close(pieces, found["attention"], rtol=1e-12, atol=1e-16)


def test_the_pieces_of_two_heads_are_those_of_multihead_attention() -> None:
    x, weights = drawn(5, 4), [drawn(4, 4), drawn(4, 4) / 2, drawn(4, 4) / 3]
    columns, target = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).double(), torch.ones(5).double()
    found = attention.two_heads(x, *weights, drawn(4, 7), target, columns, "causal", 0.5)
    pieces = found["exponential"] / found["row_sum"][..., None]
    torch.testing.assert_close(pieces, found["attention"], rtol=1e-12, atol=1e-16)
    context = torch.einsum("htk,khd->thd", found["attention"], found["v"])
    torch.testing.assert_close(context, found["context"], rtol=1e-12, atol=1e-15)


def test_the_output_of_a_block_is_the_sum_of_its_pieces() -> None:
    weights = [drawn(4, 4), drawn(4, 4) / 2, drawn(4, 4) / 3, drawn(4, 4) / 4]
    norms = [drawn(4), drawn(4) / 2], [drawn(4) / 3, drawn(4) / 4]
    small = drawn(4, 8), drawn(8), drawn(8, 4), drawn(4)
    found = attention.block(drawn(5, 4), *norms[0], *weights, *norms[1], *small, 1e-5, "causal", 2.0)
    torch.testing.assert_close(found["output"], found["middle"] + found["added"], rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(found["mixed"], found["context"] @ weights[3], rtol=1e-12, atol=1e-14)


def test_a_step_leaves_the_parameter_that_was_given_as_it_is() -> None:
    parameter, gradient = drawn(2, 3), drawn(3, 2).T
    kept = parameter.clone()
    stepped = attention.sgd(parameter, gradient, 0.5)["stepped"]
    torch.testing.assert_close(stepped, kept - gradient / 2, rtol=1e-15, atol=0)
    assert torch.equal(parameter, kept)
    assert parameter.grad is None
