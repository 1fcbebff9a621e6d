"""The recorded runs of fine_tuning.xlsx: a pretrained body with a new head, and the same network from scratch.

Every setting is run from many seeds at once: each tensor has an axis `run` in front, and each run its own pictures and
its own initial weights. A run is independent of its neighbours: the sum of their losses gives each its own gradient,
and Adam works number by number. A step takes all pictures of a run. All on the CPU in float64, on one thread, from
explicit generators: the same seed gives the same bits.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from engine.errors import DataError
from engine.witness.device import deterministic

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Layers = list[tuple[torch.Tensor, torch.Tensor]]
"""Of each layer the matrix (run, input, output) and the bias (run, 1, output); `run` is 1 where all runs share it."""
Progress = Callable[[int, int], None]

CLASSES, MIDDLE = 3, 16
FROZEN_STEPS = UNFROZEN_STEPS = 30
BETA2 = 0.99
RATE, LARGE_RATE = 0.01, 0.1
"""The head's highest rate in a fine-tuning, and the one that is too large for a pretrained body."""
TRIED_RATES = (0.001, 0.003, 0.01, 0.03, 0.1)
EVERY = 5
"""Steps between checkpoints; the start is the first."""
TOGETHER = 100
"""Pictures held out that all runs judge at once: what they make of 100 stays in the cache."""
SCRATCH = "from scratch"
KINDS = ("slice(a, b)", "slice(b), b/10", "one rate for all")


@dataclass(frozen=True)
class Task:
    """Few pictures to learn from, drawn for each run, and many held out.

    Args:
        pixel: (run, image, pixel), from 0 to 1.
        target: (run, image), classes from 0.
        held_out_pixel: (held_out, pixel).
        held_out_target: (held_out).
    """

    pixel: torch.Tensor
    target: torch.Tensor
    held_out_pixel: torch.Tensor
    held_out_target: torch.Tensor


def draw(label: Labels, count: int, runs: int, seed: int) -> Labels:
    """Return which pictures each run learns from: (run, image), class by class, `count` of each.

    Args:
        label: (picture), classes from 0.
        count: how many pictures of each class.
        runs: how many draws; the first has the seed itself, the next the seed after it.
        seed: of the first draw.

    Raises:
        DataError: a class has too few pictures.
    """
    pools = [np.flatnonzero(label == klass) for klass in range(CLASSES)]
    fewest = min(map(len, pools))
    if fewest < count:
        raise DataError(f"a class has {fewest} pictures, expected at least {count} of each to draw from")
    generators = [np.random.default_rng(seed + run) for run in range(runs)]
    return np.stack([np.concatenate([rng.choice(pool, count, replace=False) for pool in pools]) for rng in generators])


def fresh(sizes: Sequence[int], runs: int, seed: int) -> Layers:
    """Return untrained layers of the sizes given, as torch.nn.Linear draws them: uniform within 1/sqrt(inputs)."""
    layers = []
    generators = [torch.Generator().manual_seed(seed + run) for run in range(runs)]
    for inputs, outputs in pairwise(sizes):
        bound = 1 / math.sqrt(inputs)
        drawn = [torch.rand(inputs + 1, outputs, generator=rng, dtype=torch.float64) for rng in generators]
        both = (2 * torch.stack(drawn) - 1) * bound
        layers.append((both[:, :-1], both[:, -1:]))
    return layers


def forward(pixel: torch.Tensor, layers: Layers) -> torch.Tensor:
    """Return the logits (run, image, klass) of pictures through affine layers with ReLUs between them.

    What all runs share, pictures (image, pixel) and the first layers, is computed once.
    """
    activation = pixel if pixel.dim() == 3 else pixel[None]
    for number, (weight, bias) in enumerate(layers):
        runs = max(len(activation), len(weight))
        activation = torch.baddbmm(bias, activation.expand(runs, -1, -1), weight.expand(runs, -1, -1))
        if number + 1 < len(layers):
            # In place: memory that is new each time costs more than the ReLU itself.
            activation = torch.relu_(activation)
    return activation


def losses(logit: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return each run's mean cross-entropy: (run)."""
    return F.cross_entropy(logit.transpose(1, 2), target, reduction="none").mean(dim=1)


@dataclass(frozen=True)
class Training:
    """What a training leaves behind.

    Args:
        losses: (step, run), before each step.
        checkpoints: the layers after every few steps; the last are those at the end.
    """

    losses: torch.Tensor
    checkpoints: list[Layers]

    @property
    def layers(self) -> Layers:
        """The layers at the end."""
        return self.checkpoints[-1]


def train(task: Task, layers: Layers, rates: Sequence[float], steps: int) -> Training:
    """Return what one cycle of Adam makes of layers; one whose highest rate is 0 is frozen.

    Args:
        task: the pictures.
        layers: to start from; they stay as they are.
        rates: the highest rate of each layer.
        steps: of the cycle; each takes all pictures of a run.
    """
    runs = len(task.pixel)
    frozen = next(number for number, rate in enumerate(rates) if rate > 0)
    with torch.no_grad():
        seen = torch.relu(forward(task.pixel, layers[:frozen])) if frozen else task.pixel
    trained = [(trainable(weight, runs), trainable(bias, runs)) for weight, bias in layers[frozen:]]
    of_rate: dict[float, list[torch.Tensor]] = {}
    for layer, rate in zip(trained, rates[frozen:], strict=True):
        of_rate.setdefault(rate, []).extend(layer)
    parameters = [parameter for layer in trained for parameter in layer]
    groups = [{"params": of_group, "lr": rate} for rate, of_group in of_rate.items()]
    optimizer = torch.optim.Adam(groups, betas=(0.9, BETA2), fused=True)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=list(of_rate), total_steps=steps)
    before: list[torch.Tensor] = []
    checkpoints: list[Layers] = []
    for step in range(1, steps + 1):
        loss = losses(forward(seen, trained), task.target)
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss.sum(), parameters), strict=True):
            parameter.grad = gradient.contiguous()
        optimizer.step()
        cycle.step()
        before.append(loss.detach())
        if step % EVERY == 0 or step == steps:
            copies = [(weight.detach().clone(), bias.detach().clone()) for weight, bias in trained]
            checkpoints.append([*layers[:frozen], *copies])
    return Training(torch.stack(before), checkpoints)


def trainable(values: torch.Tensor, runs: int) -> torch.Tensor:
    """Return a matrix or a bias, one for all runs or one of each, to train in each run.

    A fused optimizer takes the numbers of parameters and gradients in the order in which they lie in memory.
    """
    return values.expand(runs, -1, -1).clone(memory_format=torch.contiguous_format).requires_grad_()


def held_out_logits(task: Task, layers: Layers) -> torch.Tensor:
    """Return the logits (run, held_out, klass) of the pictures held out."""
    with torch.no_grad():
        return torch.cat([forward(part, layers) for part in torch.split(task.held_out_pixel, TOGETHER)], dim=1)


def accuracy(task: Task, logit: torch.Tensor) -> torch.Tensor:
    """Return the share of the pictures held out that each run names, by its logits: (run)."""
    return (logit.argmax(dim=2) == task.held_out_target).double().mean(dim=1)


def layer_rates(kind: str, rate: float) -> list[float]:
    """Return the highest rate of each of the four layers; the two of the head are one group."""
    body = {
        "slice(a, b)": (rate / 100, rate / 10),
        "slice(b), b/10": (rate / 10, rate / 10),
        "one rate for all": (rate, rate),
    }
    return [*body[kind], rate, rate]


def curves(task: Task, start: Layers, checkpoints: Sequence[Layers]) -> dict[str, torch.Tensor]:
    """Return what a training looks like, run by run, at checkpoints.

    Returns:
        `loss`, `held_out_loss` and `accuracy` (checkpoint, run); `moved` (checkpoint, layer, run), how far each layer
        has come from the start.
    """
    rows: dict[str, list[torch.Tensor]] = {"loss": [], "held_out_loss": [], "accuracy": [], "moved": []}
    with torch.no_grad():
        for layers in checkpoints:
            logit = held_out_logits(task, layers)
            rows["loss"].append(losses(forward(task.pixel, layers), task.target))
            rows["held_out_loss"].append(losses(logit, task.held_out_target.expand(len(logit), -1)))
            rows["accuracy"].append(accuracy(task, logit))
            moved = [_distance(now, then).expand(len(logit)) for now, then in zip(layers, start, strict=True)]
            rows["moved"].append(torch.stack(moved))
    return {name: torch.stack(values) for name, values in rows.items()}


def _distance(now: tuple[torch.Tensor, torch.Tensor], then: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """The 2-norm of how far a layer has come, matrix and bias together: (run), or (1) where it is frozen."""
    return torch.stack([(a - b).square().sum(dim=(1, 2)) for a, b in zip(now, then, strict=True)]).sum(dim=0).sqrt()


@dataclass(frozen=True)
class Start:
    """What all settings start from, run by run: the pretrained body, a new head, and the whole network untrained."""

    body: list[tuple[torch.Tensor, torch.Tensor]]
    head: list[tuple[torch.Tensor, torch.Tensor]]
    untrained: list[tuple[torch.Tensor, torch.Tensor]]

    @classmethod
    def of(cls, body: Sequence[tuple[Array, Array]], runs: int, seed: int) -> "Start":
        """Return the body, one for all runs, and a head and a network of the run's own seed."""
        shared = [(torch.tensor(weight)[None], torch.tensor(bias)[None, None]) for weight, bias in body]
        inputs = [weight.shape[0] for weight, _ in body]
        top = (len(body[-1][1]), MIDDLE, CLASSES)
        return cls(shared, fresh(top, runs, seed), fresh((*inputs, *top), runs, seed))

    @property
    def new_head(self) -> Layers:
        """The body under the new head."""
        return [*self.body, *self.head]


@dataclass(frozen=True)
class Tried:
    """What was tried at every rate, and the trainings of it that are shown.

    Args:
        accuracies: way -> (tried, run), at the end: from scratch, and fine-tuned in each of three ways.
        scratch: from scratch, at the rate whose mean accuracy is best.
        scratch_rate: that rate.
        frozen: the head alone at its usual rate, the body frozen.
        tuned: all layers after that, by `slice(a, b)`.
    """

    accuracies: dict[str, torch.Tensor]
    scratch: Training
    scratch_rate: float
    frozen: Training
    tuned: Training


def tried(task: Task, start: Start) -> Tried:
    """Return what comes of each rate: from scratch, and fine-tuned in each of three ways."""
    found: dict[str, list[torch.Tensor]] = {way: [] for way in (SCRATCH, *KINDS)}

    def ended(way: str, training: Training) -> Training:
        found[way].append(accuracy(task, held_out_logits(task, training.layers)))
        return training

    scratch: list[Training] = []
    for rate in TRIED_RATES:
        scratch.append(ended(SCRATCH, train(task, start.untrained, [rate] * 4, FROZEN_STEPS + UNFROZEN_STEPS)))
        frozen = train(task, start.new_head, [0.0, 0.0, rate, rate], FROZEN_STEPS)
        tuned = {
            kind: ended(kind, train(task, frozen.layers, layer_rates(kind, rate), UNFROZEN_STEPS)) for kind in KINDS
        }
        if rate == RATE:
            shown = frozen, tuned[KINDS[0]]
    accuracies = {way: torch.stack(each) for way, each in found.items()}
    best = int(accuracies[SCRATCH].mean(dim=1).argmax())
    return Tried(accuracies, scratch[best], TRIED_RATES[best], *shown)


def compare(task: Task, start: Start) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Return what is recorded of one number of pictures, and of its first run step by step: see `record`."""
    of = tried(task, start)
    large = train(task, of.frozen.layers, [LARGE_RATE] * 4, UNFROZEN_STEPS)
    frozen = curves(task, start.new_head, [start.new_head, *of.frozen.checkpoints])
    regimes = [
        {name: torch.cat([frozen[name], values]) for name, values in curves(task, start.new_head, at).items()}
        for at in (of.tuned.checkpoints, large.checkpoints)
    ]
    regimes.append(curves(task, start.untrained, [start.untrained, *of.scratch.checkpoints]))
    found = {
        name: torch.stack([regime[name].mean(dim=-1) for regime in regimes], dim=1)
        for name in ("loss", "held_out_loss", "accuracy")
    }
    found |= {f"moved_{n}": regime["moved"].mean(dim=-1) for n, regime in enumerate(regimes, start=1)}
    found["final"] = torch.stack([regime["accuracy"][-1] for regime in regimes], dim=1)
    found["scratch_rate"] = torch.tensor(of.scratch_rate, dtype=torch.float64)
    for n, accuracies in enumerate(of.accuracies.values()):
        found |= {f"tried_{n}": accuracies.mean(dim=1), f"tried_spread_{n}": accuracies.std(dim=1)}
    return found, _first_run(of.frozen, of.tuned)


def _first_run(frozen: Training, tuned: Training) -> dict[str, torch.Tensor]:
    """The losses of the first run, and its head at the end of the frozen phase."""
    found = {"frozen_loss": frozen.losses[:, 0], "unfrozen_loss": tuned.losses[:, 0]}
    for name, (weight, bias) in zip(("head1", "head2"), frozen.layers[2:], strict=True):
        found |= {f"{name}_weight": weight[0], f"{name}_bias": bias[0, 0]}
    return found


def record(
    pixel: Array,
    label: Labels,
    held_out_pixel: Array,
    held_out_label: Labels,
    body: Sequence[tuple[Array, Array]],
    counts: Sequence[int],
    shown_count: int,
    *,
    runs: int = 20,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Array]:
    """Return how fine-tuning a body compares with training from scratch, for several numbers of pictures a class.

    Fine-tuning is 30 steps with the body frozen and 30 with all layers, each phase one cycle of Adam, the head's
    highest rate 0.01, the body's a hundredth and a tenth of it (`slice(a, b)`). With one large rate the second phase
    has 0.1 for all layers. From scratch the same network takes 60 steps, one cycle, at the one of five rates whose mean
    accuracy on the pictures held out is best: the choice is made on them, in its favour.

    Args:
        pixel: (picture, pixel), from 0 to 1, to draw from.
        label: (picture), classes 0, 1 and 2.
        held_out_pixel: (held_out, pixel).
        held_out_label: (held_out).
        body: of both layers of the pretrained body the matrix (input, output) and the bias (output).
        counts: how many pictures of each class a run learns from.
        shown_count: the one of them whose first run is shown step by step.
        runs: how many runs, each with its own pictures and initial weights.
        seed: of the first run; the next has the seed after it.
        progress: called with (counts done, counts in all).

    Returns:
        `loss`, `held_out_loss` and `accuracy` (checkpoint, regime, count), means over the runs, the regimes fine-tuned,
        with one large rate, from scratch; `moved_<n>` (checkpoint, layer, count) for the regimes n = 1, 2, 3, the mean
        distance from the start; `final` (run, regime, count), the accuracy at the end; `scratch_rate` (count);
        `tried_<n>` and `tried_spread_<n>` (count, tried), mean and standard deviation of the accuracy over the runs,
        for 0, from scratch, and each of the three kinds of rates. Of the first run with shown_count pictures:
        `frozen_loss` and `unfrozen_loss` (step), before each step, and the head at the end of the frozen phase,
        `head1_weight` to `head2_bias`.

    Raises:
        DataError: a class has too few pictures.
    """
    start = Start.of(body, runs, seed)
    found: dict[str, list[torch.Tensor]] = {}
    shown: dict[str, torch.Tensor] = {}
    with deterministic():
        for done, count in enumerate(counts, start=1):
            chosen = draw(label, count, runs, seed)
            parts = (pixel[chosen], label[chosen], held_out_pixel, held_out_label)
            entry, first_run = compare(Task(*map(torch.from_numpy, parts)), start)
            for name, value in entry.items():
                found.setdefault(name, []).append(value)
            if count == shown_count:
                shown = first_run
            if progress is not None:
                progress(done, len(counts))
    stacked = {name: torch.stack(values, dim=0 if "tried" in name else -1) for name, values in found.items()}
    return {name: value.numpy().astype(np.float64) for name, value in {**stacked, **shown}.items()}
