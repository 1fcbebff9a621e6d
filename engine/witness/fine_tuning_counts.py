"""What training a network costs, counted by torch: parameters, numbers kept, multiply-adds of the backward pass."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def count(*modules: nn.Module) -> float:
    """How many parameters these modules have together."""
    return float(sum(parameter.numel() for module in modules for parameter in module.parameters()))


def empty_linear(weight: torch.Tensor) -> nn.Linear:
    """A layer of the shape of weight (input, output), without numbers."""
    n_inputs, n_outputs = weight.shape
    return nn.Linear(n_inputs, n_outputs, device="meta")


def shapes(when: str, layers: Sequence[nn.Linear]) -> dict[str, list[float]]:
    """Inputs, outputs, weights and parameters of each layer."""
    return {
        f"{when}_inputs": [float(layer.in_features) for layer in layers],
        f"{when}_outputs": [float(layer.out_features) for layer in layers],
        f"{when}_weights": [float(layer.weight.numel()) for layer in layers],
        f"{when}_parameters": [count(layer) for layer in layers],
    }


def kept_numbers(optimizer: str, layers: Sequence[nn.Linear]) -> list[float]:
    """How many numbers a step keeps for each layer: its gradients, and what the optimizer remembers."""
    trained = [parameter for layer in layers for parameter in layer.parameters() if parameter.requires_grad]
    for parameter in trained:
        parameter.grad = torch.zeros_like(parameter)
    made: torch.optim.Optimizer
    match optimizer:
        case "SGD":
            made = torch.optim.SGD(trained, lr=0.1)
        case "momentum":
            made = torch.optim.SGD(trained, lr=0.1, momentum=0.9)
        case _:
            made = torch.optim.Adam(trained)
    made.step()

    def kept(parameter: nn.Parameter) -> int:
        # Adam also counts its steps, in one number a tensor.
        remembered = [value for value in made.state[parameter].values() if value.shape == parameter.shape]
        return parameter.numel() * (1 + len(remembered))

    return [float(sum(kept(p) for p in layer.parameters() if p.requires_grad)) for layer in layers]


def backward_work(images: int, layers: Sequence[nn.Linear]) -> list[float]:
    """The multiply-adds of each layer's backward pass, as torch's own counter has them.

    A layer hands a gradient on where one before it trains.
    """
    work, hands_on = [], False
    for layer in layers:
        trains = layer.weight.requires_grad
        activation = torch.zeros(images, layer.in_features, dtype=layer.weight.dtype, device=layer.weight.device)
        output = layer(activation.requires_grad_(hands_on))
        with FlopCounterMode(display=False) as counter:
            if output.requires_grad:
                output.sum().backward()
        # A multiply-add is two of its operations.
        work.append(counter.get_total_flops() / 2)
        hands_on = hands_on or trains
    return work
