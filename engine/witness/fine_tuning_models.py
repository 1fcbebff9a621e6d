"""The network of the workbook fine_tuning as torch modules with given weights, and what steps of it read and leave.

Matrices are (input, output), as on a sheet: torch's own layers hold their transposes. Targets are class numbers from 1.
The axes are image, pixel, first and second (the body's layers), middle (of the head), klass, and layer (the four).
"""

from collections.abc import Iterable, Mapping

import torch
import torch.nn.functional as F
from torch import nn

from engine.witness.optimizers.rows import Scalar, above_zero

Tensors = dict[str, torch.Tensor]
FamilyTensors = dict[str, torch.Tensor | Tensors]


def linear(weight: torch.Tensor, bias: torch.Tensor) -> nn.Linear:
    """The layer of torch with a copy of this weight (input, output) and bias (output)."""
    n_inputs, n_outputs = weight.shape
    layer = nn.Linear(n_inputs, n_outputs, device="meta")
    layer.weight = nn.Parameter(weight.T.clone(memory_format=torch.contiguous_format))
    layer.bias = nn.Parameter(bias.clone())
    return layer


class Head(nn.Module):
    """The new head: two matrices and a ReLU between."""

    def __init__(self, head1: nn.Linear, head2: nn.Linear) -> None:
        super().__init__()
        self.head1, self.head2 = head1, head2

    def layers(self, hidden2: torch.Tensor) -> Tensors:
        """Return the activations of each layer, (image, middle) and (image, klass), from the body's (image, second)."""
        head_affine = self.head1(hidden2)
        head_hidden = F.relu(head_affine)
        return {"head_affine": head_affine, "head_hidden": head_hidden, "logit": self.head2(head_hidden)}


class Tuned(nn.Module):
    """A body of two matrices with their ReLUs, perhaps a batch norm behind the first, and the new head."""

    def __init__(self, body1: nn.Linear, body2: nn.Linear, head: Head, norm: nn.Module | None = None) -> None:
        super().__init__()
        self.body1, self.body2, self.head = body1, body2, head
        self.norm = norm or nn.Identity()

    def layers(self, pixel: torch.Tensor) -> Tensors:
        """Return the activations of each layer, from pixels (image, pixel)."""
        affine1 = self.body1(pixel)
        shaped1 = self.norm(affine1)
        hidden1 = F.relu(shaped1)
        affine2 = self.body2(hidden1)
        hidden2 = F.relu(affine2)
        body = {"affine1": affine1, "shaped1": shaped1, "hidden1": hidden1, "affine2": affine2, "hidden2": hidden2}
        return {**body, **self.head.layers(hidden2)}

    def freeze_body(self) -> None:
        """Leave the body's matrices out of all training."""
        self.body1.requires_grad_(False)
        self.body2.requires_grad_(False)


def tuned(
    body1_weight: torch.Tensor,
    body1_bias: torch.Tensor,
    body2_weight: torch.Tensor,
    body2_bias: torch.Tensor,
    head1_weight: torch.Tensor,
    head1_bias: torch.Tensor,
    head2_weight: torch.Tensor,
    head2_bias: torch.Tensor,
    *,
    norm: nn.Module | None = None,
) -> Tuned:
    """The network with copies of these eight parameters."""
    head = Head(linear(head1_weight, head1_bias), linear(head2_weight, head2_bias))
    return Tuned(linear(body1_weight, body1_bias), linear(body2_weight, body2_bias), head, norm)


def linears(model: nn.Module) -> dict[str, nn.Linear]:
    """The matrices of a network by name, in order."""
    found = {name.rpartition(".")[2]: part for name, part in model.named_modules() if isinstance(part, nn.Linear)}
    return {name: found[name] for name in ("body1", "body2", "head1", "head2") if name in found}


def answers(logit: torch.Tensor, target: torch.Tensor) -> Tensors:
    """Softmax, loss and rightness of logits (image, klass) at targets (image)."""
    right = (logit.argmax(dim=1) + 1 == target).double()
    index = target.long() - 1
    return {
        "logit": logit,
        "probability": torch.softmax(logit, dim=1),
        "sample_loss": F.cross_entropy(logit, index, reduction="none"),
        "right": right,
        "loss": F.cross_entropy(logit, index),
        "accuracy": right.mean(),
    }


def backward(layers: Tensors, loss: torch.Tensor, **at: str) -> Tensors:
    """Leave the gradients of a loss in the parameters; return those at the layers named, by result."""
    for layer in at.values():
        layers[layer].retain_grad()
    torch.autograd.backward(loss)
    return {result: gradient_of(layers[layer]) for result, layer in at.items()}


def gradient_of(tensor: torch.Tensor) -> torch.Tensor:
    """The gradient that autograd has left; 0 where a tensor takes no part."""
    return torch.zeros_like(tensor) if tensor.grad is None else tensor.grad


def gradients(matrices: dict[str, nn.Linear]) -> Tensors:
    """The gradients of each matrix, (input, output), and its bias."""
    found = {}
    for name, layer in matrices.items():
        found[f"{name}_weight_gradient"] = gradient_of(layer.weight).T
        found[f"{name}_bias_gradient"] = gradient_of(layer.bias)
    return found


def new_parameters(matrices: dict[str, nn.Linear]) -> Tensors:
    """Each matrix, (input, output), and its bias as they are now."""
    found = {}
    for name, layer in matrices.items():
        found[f"new_{name}_weight"] = layer.weight.detach().T
        found[f"new_{name}_bias"] = layer.bias.detach()
    return found


def flat(matrices: dict[str, nn.Linear], *, of_gradient: bool = False) -> list[torch.Tensor]:
    """For each matrix a vector of all its numbers and its bias's, or of their gradients."""
    return [
        nn.utils.parameters_to_vector([gradient_of(p) if of_gradient else p for p in layer.parameters()])
        .detach()
        .clone()
        for layer in matrices.values()
    ]


def norms(vectors: Iterable[torch.Tensor]) -> torch.Tensor:
    """The length of each vector: (vector)."""
    return torch.stack([torch.linalg.vector_norm(vector) for vector in vectors])


def distances(before: list[torch.Tensor], after: list[torch.Tensor]) -> torch.Tensor:
    """How far each vector went: (vector)."""
    return norms(end - start for start, end in zip(before, after, strict=True))


def adam_step(
    matrices: dict[str, nn.Linear],
    rates: Iterable[Scalar],
    average_before: Mapping[str, torch.Tensor],
    square_before: Mapping[str, torch.Tensor],
    step_number: Scalar,
    betas: tuple[Scalar, Scalar],
    eps: Scalar,
) -> dict[str, Tensors]:
    """Step torch.optim.Adam, each matrix and its bias at their rate, from the averages and squares before it.

    Returns:
        The new parameters and their averages and squares, each by the parameter's name, such as head1_weight.
    """
    groups = [
        {"params": list(layer.parameters()), "lr": float(rate)}
        for layer, rate in zip(matrices.values(), rates, strict=True)
    ]
    adam = torch.optim.Adam(groups, betas=(float(betas[0]), float(betas[1])), eps=above_zero(eps))
    named = {f"{name}_{kind}": p for name, layer in matrices.items() for kind, p in layer.named_parameters()}
    for name, p in named.items():
        adam.state[p] = {
            "step": torch.tensor(float(step_number) - 1),
            "exp_avg": _turned(average_before[name]).clone(),
            "exp_avg_sq": _turned(square_before[name]).clone(),
        }
    adam.step()
    return {
        "new": {name: _turned(p.detach()) for name, p in named.items()},
        "average": {name: _turned(adam.state[p]["exp_avg"]) for name, p in named.items()},
        "square": {name: _turned(adam.state[p]["exp_avg_sq"]) for name, p in named.items()},
    }


def _turned(values: torch.Tensor) -> torch.Tensor:
    """What belongs to a matrix, from the sheet's (input, output) to torch's (output, input) or back."""
    return values.T if values.ndim == 2 else values


def detached(results: Tensors) -> Tensors:
    """The results by themselves, without the graph that they came from."""
    return {name: result.detach() for name, result in results.items()}


def chosen(results: Tensors, *names: str) -> Tensors:
    """Those of the results that are named."""
    return {name: results[name] for name in names}
