"""The script that made the bundled digits networks: `python -m engine.pipeline.pretrain MNIST_DIR`.

It trains the digits network, its variant with batch norm and the convolutional network on the digits 0 to 6 of the full
MNIST in MNIST_DIR, measures them on those of its test set, and writes weights and measurements into
`engine/datasets/pretrained`. The same machine and the same torch give the same bytes.
"""

import argparse
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engine.datasets import mnist
from engine.datasets.digits import OLD_DIGITS, Pretrained, pooled
from engine.pipeline.archs import find
from engine.pipeline.batches import Batches
from engine.pipeline.groups import Group, Network, make_optimizer, unfreeze
from engine.pipeline.images import read_digits, tell_nobody
from engine.pipeline.interrupts import Interrupts
from engine.pipeline.network import randomise
from engine.pipeline.train import Machine, Phase, State, Trainer, evaluate, keep_nothing
from engine.runs import digits
from engine.witness.device import deterministic


def pretrain(folder: Path, *, batch_norm: bool, seed: int = 0) -> Pretrained:
    """Return a digits network trained on the old digits of a folder's MNIST and measured on its test set.

    Raises:
        DataError: a file is missing or damaged.
    """
    data = mnist.load(folder)
    train, test = (_old(part) for part in (data.train, data.held_out))
    weights = digits.pretrain(*train, batch_norm=batch_norm, seed=seed)
    found = digits.measured(weights, *test)
    return Pretrained(weights, len(train[1]), len(test[1]), found["accuracy"], found["loss"])


def pretrain_convnet(folder: Path, *, seed: int = 0) -> Pretrained:
    """Return the convolutional network trained on the same digits, by the pipeline's own loop: five epochs, one cycle.

    Raises:
        DataError: a file is missing or damaged.
    """
    cpu = torch.device("cpu")
    data = read_digits(folder, keep=OLD_DIGITS)
    arch, machine = find("convnet"), Machine(cpu, "fp32")
    prepare = arch.preparation(cpu, machine.dtype)
    network = Network(arch.make(), nn.Sequential())
    randomise(network, seed)

    def forward(pixel: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = network(prepare(pixel))
        return logits

    groups = (Group("all", tuple(name for name, _ in network.named_parameters())),)
    phase = Phase(
        name="pretraining",
        number=0,
        epochs=5,
        epochs_before=0,
        forward=forward,
        train=Batches(data.train, cpu),
        held_out=Batches(data.held_out, cpu),
        set_mode=partial(unfreeze, network),
        optimizer=make_optimizer(network, groups, (1e-2,), wd=1e-2),
    )
    with deterministic(), Interrupts() as interrupts:
        trainer = Trainer(
            network=network,
            machine=machine,
            batch_size=128,
            seed=seed,
            whole=True,
            save=keep_nothing,
            interrupts=interrupts,
            progress=tell_nobody,
        )
        trainer.run(phase, State())
        found = evaluate(network, forward, phase.held_out, machine, trainer.batch_size)
    weights = {name: value.numpy() for name, value in network.body.state_dict().items()}
    return Pretrained(weights, len(data.train), len(data.held_out), found.accuracy, found.loss)


def save(network: Pretrained, path: Path) -> None:
    """Write weights and measurements as a safetensors file."""
    from safetensors.numpy import save_file

    facts = {name: value for name, value in asdict(network).items() if name != "weights"}
    save_file(dict(network.weights), path, metadata={"measured": json.dumps(facts)})


def _old(part: mnist.Digits) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (image, 49) and labels (image) of the digits that the network is pretrained on."""
    kept = np.isin(part.label, OLD_DIGITS)
    pictures = pooled(part.image[kept])
    return pictures.reshape(len(pictures), -1), part.label[kept].astype(np.int64)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m engine.pipeline.pretrain", description=pretrain.__doc__)
    parser.add_argument("folder", type=Path, help="folder with MNIST's four IDX files")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "datasets" / "pretrained")
    arguments = parser.parse_args()
    for batch_norm, name in ((False, "digits"), (True, "digits_batch_norm")):
        save(pretrain(arguments.folder, batch_norm=batch_norm), arguments.out / f"{name}.safetensors")
    save(pretrain_convnet(arguments.folder), arguments.out / "convnet.safetensors")
