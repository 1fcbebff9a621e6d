"""The recorded run of causal self-attention: every weight trained on one sentence by Adam.

It runs on the CPU in float64, on one thread, from the weights given: the same weights give the same bits.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from engine.witness.device import deterministic

Array = npt.NDArray[Any]


def record(token: Array, target: Array, weights: Mapping[str, Array], *, steps: int, rate: float) -> dict[str, Array]:
    """Return what a run of torch.optim.Adam on one sentence leaves behind.

    Args:
        token: (token), the numbers of the words, from 1.
        target: (token), those of the next words.
        weights: what the run starts from: token_weight (word, feature), position_weight (token, feature), query_weight,
            key_weight and value_weight (feature, dim), output_weight (dim, word).
        steps: how many steps it takes.
        rate: Adam's learning rate.

    Returns:
        The weights after the last step by their names, and `loss` (step): of step 0, before the first, to the last.
    """
    index, wanted = torch.tensor(token).long() - 1, torch.tensor(target).long() - 1
    weight = {name: torch.tensor(values, dtype=torch.float64, requires_grad=True) for name, values in weights.items()}

    def loss() -> torch.Tensor:
        x = F.embedding(index, weight["token_weight"]) + weight["position_weight"]
        q, k, v = (x @ weight[f"{name}_weight"] for name in ("query", "key", "value"))
        context = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]
        return F.cross_entropy(context @ weight["output_weight"], wanted)

    losses = []
    with deterministic():
        optimizer = torch.optim.Adam(weight.values(), lr=rate)
        for _ in range(steps):
            optimizer.zero_grad()
            value = loss()
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            losses.append(value.item())
        losses.append(loss().item())
    return {**{name: values.detach().numpy().copy() for name, values in weight.items()}, "loss": np.array(losses)}
