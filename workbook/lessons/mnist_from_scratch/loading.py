"""What mnist_from_scratch is built from: the digits, and the recorded runs, each step of which NumPy follows."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from workbook.errors import LessonError
from workbook.lesson.lesson import Array, Data, Progress
from workbook.lessons.mnist_from_scratch import by_hand, training

TRAIN_ON, STEPS, MISTAKES = 50_000, 1_000, 10
"""The lesson's training images; about how many steps a run takes where nobody says how many epochs; pictures of mistakes."""
AGREE, FEW = 1e-10, 10
TERMS = "MNIST is by Y. LeCun, C. Cortes and C. Burges, under the licence CC BY-SA 3.0; the bundled images are a part of it, no pixel changed."


def load(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
    """Read the digits, and record the runs, each step of which the reference follows."""
    from engine.datasets import mnist
    from engine.runs import mnist_training
    from engine.runs.mnist_watch import StepWatch

    own = options["mnist"]
    progress("reading digits", 0, 1)
    digits = mnist.load(Path(own) if own else None)
    train = mnist.Digits(digits.train.image[:TRAIN_ON], digits.train.label[:TRAIN_ON])
    unseen = digits.held_out
    progress("reading digits", 1, 1)
    n_images, n_hidden = options["batch"], options["hidden"]
    epochs = options["epochs"] or default_epochs(len(train.label), n_images)
    follower = Follower()
    run = mnist_training.record(
        train.flat,
        train.label,
        unseen.flat,
        unseen.label,
        hidden=n_hidden,
        batch_size=n_images,
        epochs=epochs,
        seed=seed,
        progress=lambda done, total: progress("training both models", done, total),
        watch=StepWatch(follower),
    )
    steps = len(run["loss"])
    sizes = {
        "image": n_images,
        "pixel": mnist.PIXELS,
        "klass": mnist.CLASSES,
        "other": mnist.CLASSES,
        "hidden": n_hidden,
        "row": mnist.SIDE,
        "column": mnist.SIDE,
        "tier": 2,
        "place": 5,
        "run": len(training.RUNS),
        "step": steps,
        "epoch": epochs,
        "mistake": MISTAKES,
        **by_hand.SIZES,
    }
    facts = {
        "source": f"{len(train.label):,} images to train on, {len(unseen.label):,} held out: {digits.source}.",
        "terms": TERMS if own is None else "Your own files: their own terms hold.",
        "held_out": f"{len(unseen.label):,}",
        "run": (
            f"Recorded by torch: {epochs} epoch{'s' if epochs > 1 else ''} of {len(train.label):,} images in mini-batches of {n_images} "
            f"({steps:,} steps), seed {seed}, held out {len(unseen.label):,} images. One cycle is Adam under torch's OneCycleLR up to 1e-2."
        ),
        "followed": (
            f"NumPy followed every step of every run from the same state, on the same mini-batch: {follower.steps:,} steps, of which none differed "
            f"by more than {follower.bound} in loss, parameters or averages, relative to the largest of each array."
        ),
        "beside": _beside(len(train.label), epochs),
        "unstable": _unstable(run),
        "accuracy_low": f"{np.floor(10 * run['epoch_accuracy'].min()) / 10:.1f}",
    }
    return Data(sizes, _values(train, unseen, run, sizes, seed), facts, digits.digest)


def default_epochs(n_images: int, batch_size: int) -> int:
    """How many epochs come nearest to STEPS steps; 1 at least."""
    return max(1, round(STEPS / math.ceil(n_images / batch_size)))


class Follower:
    """Follows recorded steps with the reference, and remembers the largest difference."""

    def __init__(self) -> None:
        self.steps = 0
        self.worst = 0.0

    @property
    def bound(self) -> str:
        """The power of ten above the largest difference."""
        return f"1e-{int(np.floor(-np.log10(max(self.worst, 1e-16)))):d}"

    def __call__(self, step: Mapping[str, Any]) -> None:
        """Compare one step of several runs.

        Raises:
            LessonError: the reference takes another step.
        """
        from engine.reference import mnist_training

        taken = ("model", "optimizer", "t", "image", "label", "parameters", "state")
        rates = ("learning_rate", "beta1", "beta2", "eps", "wd")
        own = mnist_training.step(**{name: step[name] for name in (*taken, *rates)})
        pairs = [("loss", own["loss"], step["loss"])]
        pairs += [(name, own["new_parameters"][name], value) for name, value in step["new_parameters"].items()]
        pairs += [(name, own["new_state"][name], value) for name, value in step["new_state"].items()]
        for name, ours, theirs in pairs:
            sizes = _largest(theirs)
            off = _largest(ours - theirs) / np.where(sizes == 0, 1.0, sizes)
            if not (off <= AGREE).all():
                run = int((~(off <= AGREE)).argmax())
                where = f"{training.RUNS[step['runs'][run]]}, step {step['t']}, {name}"
                raise LessonError(
                    f"mnist_from_scratch: {where}: NumPy and torch differ by {off[run]:.1e}, expected at most {AGREE:g}"
                )
            self.worst = max(self.worst, float(off.max()))
        self.steps += len(step["runs"])


def _largest(values: Array) -> Array:
    """The largest magnitude of each run: (run) of values (run, ...); NaN where there is one."""
    flat = values.reshape(len(values), -1)
    return np.asarray(np.maximum(np.maximum.reduce(flat, axis=1), -np.minimum.reduce(flat, axis=1)))


def _values(train: Any, unseen: Any, run: Mapping[str, Array], sizes: Mapping[str, int], seed: int) -> dict[str, Array]:
    """The values of every given array and recorded block."""
    first, worst = run["first_batch"].astype(int), run["mistake_index"].astype(int)
    digit = np.arange(10.0)
    pixel = np.arange(sizes["pixel"])
    row, column = np.divmod(pixel, sizes["column"])
    hidden = sizes["hidden"]
    captions = np.array([f"digit {n}" for n in range(10)], dtype=object).reshape(2, 5)
    # Four digits are enough for a mask, and shorter in the file; rounded down, so that they stay below 1.
    draw = np.floor(np.random.default_rng(seed).random((sizes["image"], hidden)) * 1e4) / 1e4
    values: dict[str, Array] = {
        **by_hand.values(),
        "batch.pixel_number": pixel + 1.0,
        "batch.pixel_row": row + 1.0,
        "batch.pixel_column": column + 1.0,
        "batch.image_number": np.arange(1.0, sizes["image"] + 1),
        "batch.label": train.label[first].astype(np.float64),
        "batch.x": train.flat[first] / 255.0,
        "image.row_number": np.arange(1.0, sizes["row"] + 1),
        "image.column_number": np.arange(1.0, sizes["column"] + 1),
        "image.vector_number": pixel + 1.0,
        "weights.digit": digit.reshape(2, 5),
        **{f"weights.{name}_caption": captions for name in ("initial", "trained", "gradient")},
        "network.hidden_number": np.arange(1.0, hidden + 1),
        "network.gamma": np.ones(hidden),
        "network.beta": np.zeros(hidden),
        "network.running_mean": np.zeros(hidden),
        "network.running_variance": np.ones(hidden),
        "network.draw": draw,
        "last_layer.old_mean": np.zeros((10, hidden)),
        "last_layer.old_square": np.zeros((10, hidden)),
        "training.run_name": np.array(training.RUNS, dtype=object),
        "training.epoch_number": np.arange(1.0, sizes["epoch"] + 1),
        "training.step_number": np.arange(1.0, sizes["step"] + 1),
        **{f"training.{name}": run[name] for name in ("loss", "epoch_loss", "epoch_accuracy")},
        "held_out.klass_number": digit,
        "held_out.other_number": digit,
        "held_out.pixel_number": pixel + 1.0,
        "held_out.mistake_number": np.arange(1.0, len(worst) + 1),
        "held_out.mistake_label": unseen.label[worst].astype(np.float64),
        "held_out.mistake_grey": unseen.flat[worst].astype(np.float64),
        "held_out.recorded_loss": run["mistake_loss"],
        "held_out.confusion": run["confusion"],
        "mistakes.rank": np.arange(1.0, 11.0).reshape(2, 5),
    }
    for sheet, names in (("logistic", ("weight", "bias")), ("network", ("weight1", "bias1", "weight2", "bias2"))):
        values |= {f"{sheet}.{when}_{name}": run[f"{when}_{name}"] for when in ("initial", "trained") for name in names}
        values |= {f"{sheet}.klass_number": digit, f"{sheet}.pixel_number": pixel + 1.0}
    return values


def _beside(n_images: int, epochs: int) -> str:
    """What the lesson reached, and why these figures differ."""
    fewer = """
        With fewer images the same number of steps sees each of them more often, so that the loss in training falls further than the loss on held-out
        digits, which is the one that counts.
    """
    return f"""
        The lecture trains for one epoch of 50,000 images, 782 mini-batches, and shows a loss of about 0.2 for Adam at 1e-3 after some 200 of them. Here it is
        {epochs} epoch{"s" if epochs > 1 else ""} of {n_images:,} images: what each run reached stands in the table above, measured, not copied. The
        curves differ because other mini-batches come in another order, from other weights at the start, and because the loss drawn here is smoothed from its
        first step on and so lags behind the raw one. {fewer if n_images < TRAIN_ON else ""}
    """


def _unstable(run: Mapping[str, Array]) -> str:
    """Whether Adam at 2e-2 is unstable, as measured for the network."""
    if len(run["loss"]) < FEW:
        return "There are too few mini-batches to tell."
    fast, slow = 5, 6
    tail = min(training.TAIL, len(run["loss"]))
    jumps = np.abs(np.diff(run["loss"], axis=0)[-tail:]).mean(axis=0)
    ends, best = run["epoch_loss"][-1], run["epoch_loss"].min(axis=0)
    right = run["epoch_accuracy"][-1]
    diverged = not run["loss"][-tail:, fast].mean() < run["loss"][0, fast]
    said = "It diverges here" if diverged else "The lecture says so. Here it does not diverge"
    rises = ends[fast] > training.RISES * best[fast]
    then = "rises again to" if rises else "is at the end"
    return f"""
        {said}: its loss in training goes from {run["loss"][0, fast]:.2f} to {run["loss"][-tail:, fast].mean():.3f} (mean of the last {tail} mini-batches; at
        1e-3 {run["loss"][-tail:, slow].mean():.3f}), and changes by {jumps[fast]:.3f} on average from one mini-batch to the next (at 1e-3 by {jumps[slow]:.3f}). On
        held-out digits its loss is least after epoch {int(run["epoch_loss"][:, fast].argmin()) + 1}, {best[fast]:.3f}, and {then} {ends[fast]:.3f}; at 1e-3 it
        ends at {ends[slow]:.3f}. They read {right[fast]:.1%} and {right[slow]:.1%} of the held-out digits right. Measured with the network, in this very run.
    """
