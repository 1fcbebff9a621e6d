"""Cutting off a network's head: its last matrix is found by watching the network run, and taken out in place."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from engine.errors import NetworkError
from engine.pipeline.foreign import foreign
from engine.pipeline.groups import as_it_was
from engine.pipeline.heads import ConcatPool


@dataclass(frozen=True)
class Cut:
    """A body without its head.

    Args:
        body: images → features (image, feature).
        features: how many activations it hands over for each image.
        removed: the name of the matrix that was taken out.
        removed_shape: its (input, output).
        pooled: whether a concat pool took the place of the average pool before it.
        order: the names of the modules that hold parameters, in the order in which the network runs them.
    """

    body: nn.Module
    features: int
    removed: str
    removed_shape: tuple[int, int]
    pooled: bool
    order: tuple[str, ...]


@dataclass(frozen=True)
class _Seen:
    """One module at work: its name, and what it gave where that is a tensor."""

    name: str
    module: nn.Module
    output: torch.Tensor | None


def cut(network: nn.Module, image: torch.Tensor, *, concat_pool: bool) -> Cut:
    """Return the network's body; the network itself is changed.

    The last matrix that runs becomes the identity, and so does every dropout between the last other parameters and it.

    Args:
        network: a classifier that ends in a matrix (`torch.nn.Linear`).
        image: images that it takes, (image, channel, row, column).
        concat_pool: replace the average pool before the matrix, where there is one, by fastai's concat pool.

    Raises:
        NetworkError: it can't run these images, ends in no matrix, or has nothing before it.
    """
    seen, answer = _watch(network, image)
    at, matrix = _head(seen, answer)
    with_parameters = [number for number in range(at) if _own_parameters(seen[number].module)]
    if {*network.parameters()} <= {*matrix.parameters()}:
        raise NetworkError(f"the network has nothing before its last matrix {seen[at].name}, expected a body to keep")
    between = seen[with_parameters[-1] + 1 if with_parameters else 0 : at]
    once = [step for step in between if sum(other.module is step.module for other in seen) == 1]
    pools = [step for step in once if _is_average_pool(step)] if concat_pool else []
    for step in pools[-1:]:
        _replace(network, step.name, ConcatPool())
    for step in once:
        if isinstance(step.module, nn.modules.dropout._DropoutNd):
            _replace(network, step.name, nn.Identity())
    _replace(network, seen[at].name, nn.Identity())
    features = matrix.in_features * (2 if pools else 1)
    _check(network, image, features)
    shape = (matrix.in_features, matrix.out_features)
    return Cut(network, features, seen[at].name, shape, bool(pools), _order(network, image))


def _head(seen: Sequence[_Seen], answer: torch.Tensor) -> tuple[int, nn.Linear]:
    """The last matrix that ran, and its place among what ran."""
    matrices = [number for number, step in enumerate(seen) if isinstance(step.module, nn.Linear)]
    wanted = "expected a matrix (torch.nn.Linear) whose output is the answer"
    if not matrices:
        raise NetworkError(f"the network ends in {seen[-1].name or 'itself' if seen else 'nothing'}, {wanted}")
    at = matrices[-1]
    name, matrix = seen[at].name, seen[at].module
    assert isinstance(matrix, nn.Linear)
    if seen[at].output is not answer or answer.ndim != 2:
        after = f"ends in {seen[-1].name}" if at < len(seen) - 1 else f"does more after its last matrix, {name}"
        raise NetworkError(f"the network {after}, {wanted}")
    if sum(step.module is matrix for step in seen) > 1:
        raise NetworkError(f"the network's last matrix, {name}, runs elsewhere in it too, expected one of its own")
    return at, matrix


def _watch(network: nn.Module, image: torch.Tensor, *, training: bool = False) -> tuple[list[_Seen], torch.Tensor]:
    """The leaves of a network in the order in which they run, and its answer."""
    seen: list[_Seen] = []

    def watched(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            seen.append(_Seen(name, module, output if isinstance(output, torch.Tensor) else None))

        return module.register_forward_hook(hook)

    if isinstance(network, torch.jit.ScriptModule):
        raise NetworkError("the network is TorchScript, which can't be cut, expected a plain torch.nn.Module")
    hooks = [watched(name, module) for name, module in network.named_modules() if not list(module.children())]
    was_training = network.training
    try:
        network.train(training)
        with torch.no_grad(), foreign(f"the network can't take images of {' by '.join(map(str, image.shape[1:]))}"):
            answer = network(image)
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    if not isinstance(answer, torch.Tensor):
        when = " in training" if training else ""
        raise NetworkError(
            f"the network answers{when} with a {type(answer).__name__}, expected a tensor (image, class)"
        )
    return seen, answer


def _replace(network: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(network.get_submodule(parent), child, module)


def _own_parameters(module: nn.Module) -> bool:
    return next(module.parameters(recurse=False), None) is not None


def _is_average_pool(step: _Seen) -> bool:
    is_pool = isinstance(step.module, nn.AdaptiveAvgPool2d | nn.AvgPool2d)
    return is_pool and step.output is not None and step.output.ndim == 4 and step.output.shape[2:] == (1, 1)


def _check(body: nn.Module, image: torch.Tensor, features: int) -> None:
    """See that a body gives what its head takes, in evaluation and in training, and leave it as it was."""
    for training in (False, True):
        with torch.random.fork_rng(devices=[]), as_it_was(body):
            _, answer = _watch(body, image, training=training)
        if answer.ndim != 2 or answer.shape[1] != features:
            raise NetworkError(
                f"without its head the network gives {tuple(answer.shape)}, expected ({len(image)}, {features}): "
                "what stands between its pooling and its last matrix is not plain"
            )


def _order(body: nn.Module, image: torch.Tensor) -> tuple[str, ...]:
    """The modules with parameters of their own, in the order in which they begin to run; those that never do first."""
    begun: list[str] = []
    holders = [(name, module) for name, module in body.named_modules() if _own_parameters(module)]

    def watched(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        return module.register_forward_pre_hook(lambda _module, _inputs: begun.append(name))

    hooks = [watched(name, module) for name, module in holders]
    try:
        _watch(body, image)
    finally:
        for hook in hooks:
            hook.remove()
    ran = list(dict.fromkeys(begun))
    return (*(name for name, _ in holders if name not in ran), *ran)
