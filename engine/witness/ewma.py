"""The exponentially weighted moving average, as what it is: a convolution with weights that fade.

Every function takes float64 tensors, computes on the device that they are on, changes none of them, and returns
float64 tensors by name.
"""

import torch
import torch.nn.functional as F

Scalar = float | torch.Tensor


def weights(lag: torch.Tensor, beta: Scalar) -> dict[str, torch.Tensor]:
    """The weight (lag) of the value that many steps ago: a geometric distribution, (1 - beta) * beta^lag."""
    geometric = torch.distributions.Geometric(probs=torch.as_tensor(1 - beta, dtype=lag.dtype, device=lag.device))
    weight: torch.Tensor = geometric.log_prob(lag).exp()  # type: ignore[no-untyped-call]
    return {"weight": weight, "weight_so_far": weight.cumsum(dim=0)}


def smooth(value: torch.Tensor, beta: Scalar) -> dict[str, torch.Tensor]:
    """The moving average (step) of the values so far, from 0, and the same over the sum of the weights so far."""
    faded = weights(torch.arange(len(value), dtype=value.dtype, device=value.device), beta)
    # A convolution of torch does not turn its kernel about: the newest value meets the last weight.
    kernel = faded["weight"].flip(dims=[0])
    average = F.conv1d(value[None, None], kernel[None, None], padding=len(value) - 1)[0, 0, : len(value)]
    return {"average": average, "corrected": average / faded["weight_so_far"]}
