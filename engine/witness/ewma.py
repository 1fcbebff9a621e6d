"""The exponentially weighted moving average: each step between the newest value and the average before it.

Every function takes float64 tensors, computes on the device that they are on, changes none of them, and returns
float64 tensors by name.
"""

import torch

Scalar = float | torch.Tensor


def weights(lag: torch.Tensor, beta: Scalar) -> dict[str, torch.Tensor]:
    """The weight (lag) of the value that many steps ago: a geometric distribution, (1 - beta) * beta^lag."""
    geometric = torch.distributions.Geometric(probs=torch.as_tensor(1 - beta, dtype=lag.dtype, device=lag.device))
    weight: torch.Tensor = geometric.log_prob(lag).exp()  # type: ignore[no-untyped-call]
    return {"weight": weight, "weight_so_far": weight.cumsum(dim=0)}


def smooth(value: torch.Tensor, beta: Scalar) -> dict[str, torch.Tensor]:
    """The moving average (step, …) of the values so far, from 0, and the same over the sum of the weights so far."""
    average = [torch.zeros_like(value[0])]
    for newest in value:
        average.append(torch.lerp(newest, average[-1], float(beta)))
    averages = torch.stack(average[1:])
    faded = weights(torch.arange(len(value), dtype=value.dtype, device=value.device), beta)
    so_far = faded["weight_so_far"].reshape(-1, *(1 for _ in value.shape[1:]))
    return {"average": averages, "corrected": averages / so_far}
