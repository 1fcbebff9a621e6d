"""A new head at work, by torch: batch norm in evaluation, two matrices with a ReLU between, softmax and cross-entropy.

Every function takes float64 tensors, computes on the device that they are on, changes none of them, and returns
detached float64 tensors by name. Weights are (input, output) as on a sheet: torch's own layers hold their transposes.
Classes count from 1. The axes are image, feature, hidden, klass, other and step.
"""

import torch
import torch.nn.functional as F

Scalar = float | torch.Tensor


def batch_norm(
    activation: torch.Tensor,
    norm_mean: torch.Tensor,
    norm_variance: torch.Tensor,
    norm_weight: torch.Tensor,
    norm_bias: torch.Tensor,
    norm_eps: Scalar,
) -> dict[str, torch.Tensor]:
    """Activations (image, feature) after torch's batch norm in evaluation, by its running statistics (feature)."""
    normalised = F.batch_norm(
        activation, norm_mean, norm_variance, norm_weight, norm_bias, training=False, eps=float(norm_eps)
    )
    return {"normalised": normalised}


def first_matrix(activation: torch.Tensor, weight1: torch.Tensor, bias1: torch.Tensor) -> dict[str, torch.Tensor]:
    """The first affine layer of activation (image, feature): weight1 (feature, hidden), bias1 (hidden); its ReLU."""
    hidden_input = F.linear(activation, weight1.T, bias1)
    return {"hidden_input": hidden_input, "relu": F.relu(hidden_input)}


def second_matrix(relu: torch.Tensor, weight2: torch.Tensor, bias2: torch.Tensor) -> dict[str, torch.Tensor]:
    """The logits (image, klass) of relu (image, hidden): weight2 (hidden, klass), bias2 (klass)."""
    return {"logit": F.linear(relu, weight2.T, bias2)}


def answers(logit: torch.Tensor, target: torch.Tensor) -> dict[str, torch.Tensor]:
    """What logits (image, klass) say against the classes target (image): probabilities, losses, right or wrong."""
    index = target.long() - 1
    predicted = logit.argmax(dim=1)
    correct = (predicted == index).double()
    return {
        "shifted": logit - logit.amax(dim=1, keepdim=True),
        "probability": torch.softmax(logit, dim=1),
        "sample_loss": F.cross_entropy(logit, index, reduction="none"),
        "loss": F.cross_entropy(logit, index),
        "predicted": predicted.double() + 1,
        "correct": correct,
        "accuracy": correct.mean(),
    }


def confusion(confusion: torch.Tensor) -> dict[str, torch.Tensor]:
    """How many images each class has, and the share that is right, of counts by class (klass) and answer (other)."""
    images, right = confusion.sum(dim=1), confusion.diagonal()
    return {
        "images": images,
        "right_share": right / images,
        "total": confusion.sum(),
        "total_right": right.sum(),
        "overall": right.sum() / confusion.sum(),
    }


def same_rates(
    rate: torch.Tensor, recorded_rate: torch.Tensor, momentum: torch.Tensor, recorded_momentum: torch.Tensor
) -> dict[str, torch.Tensor]:
    """How far the rates and momenta (step) that a run used are from those of its schedule."""
    differences = torch.stack([recorded_rate - rate, recorded_momentum - momentum])
    return {
        "rate_difference": differences[0],
        "momentum_difference": differences[1],
        "largest_difference": differences.abs().max(),
    }
