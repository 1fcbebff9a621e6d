"""What a function of the witness gives is its own, and it leaves all else as it was."""

from collections.abc import Callable, Mapping
from typing import Any

import torch


def assert_own(run: Callable[[Any], Mapping[str, Any]], given: Mapping[str, Any]) -> None:
    """Fail unless results are finite, detached float64 tensors of their own, and inputs and seed stay as they were."""
    before = {key: value.clone() for key, value in given.items() if isinstance(value, torch.Tensor)}
    state = torch.get_rng_state()
    for name, found in run(given).items():
        for result in found.values() if isinstance(found, dict) else (found,):
            assert type(result) is torch.Tensor, name
            assert result.isfinite().all(), name
            assert result.dtype == torch.float64, name
            assert not result.requires_grad, name
            result.fill_(9.0)
    assert all(torch.equal(given[key], value) for key, value in before.items())
    assert torch.equal(torch.get_rng_state(), state)
