"""What fine_tuning is built from: the pictures, the pretrained network, the new head, and the recorded runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from workbook.lesson.lesson import Array, Data, Progress
from workbook.lessons.fine_tuning import batch_norm, by_hand, the_run, unfrozen_step
from workbook.lessons.fine_tuning.network import HEAD, WORDS, parameters
from workbook.lessons.fine_tuning.regimes import REGIMES

SHOTS, EXAMPLES, RUNS = 10, 4, 20
COUNTS = (1, 2, 5, SHOTS)
"""How many pictures of each class are compared, as far as there are as many to learn from."""
STATE = {"body1": "first", "body2": "second", "old": "head"}
"""What the sheets call a layer → what the network's state dict does."""


def load(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
    """Draw the pictures and the new head, and make the recorded runs."""
    from engine.datasets import digits, mnist
    from engine.runs import fine_tuning_runs as runs

    shots = options["images"]
    progress("reading digits", 0, 1)
    data = mnist.load(Path(options["mnist"]) if options["mnist"] else None)
    new, held_out = (_of(part, digits.NEW_DIGITS) for part in (data.train, data.held_out))
    _require(new[1], held_out[1], data.held_out.label, shots)
    progress("reading digits", 1, 1)
    body = _weights(digits.pretrained(), STATE)
    counts = tuple(sorted({*(count for count in COUNTS if count < shots), shots}))
    recorded = runs.record(
        new[0].reshape(len(new[0]), -1),
        new[1],
        held_out[0].reshape(len(held_out[0]), -1),
        held_out[1],
        [(body["body1_weight"], body["body1_bias"]), (body["body2_weight"], body["body2_bias"])],
        counts,
        shots,
        runs=RUNS,
        seed=seed,
        progress=lambda done, total: progress("training from 20 seeds", done, total),
    )
    values = {
        **by_hand.values(),
        **_pretrained_values(data.held_out),
        **_new_values(new[0][runs.draw(new[1], shots, 1, seed)[0]]),
        **_head_values(runs.fresh((32, runs.MIDDLE, runs.CLASSES), 1, seed)),
        **_batch_norm_values(),
        **table_values(options["epochs"]),
        **_run_values(recorded, counts, options["epochs"], runs, seed),
    }
    network = digits.pretrained()
    facts = {
        "train_images": f"{network.train_images:,} pictures",
        "test_images": f"{network.test_images:,}",
        "shown_count": _count_name(shots),
        "large_rate": f"{runs.LARGE_RATE:g}",
        "source": f"{data.source}. {len(held_out[1]):,} pictures of 7, 8 and 9 are held out.",
    }
    return Data(axis_sizes(shots, len(counts), options["epochs"], runs), values, facts, data.digest)


def _of(part: Any, shown: tuple[int, ...]) -> tuple[Array, Any]:
    """Pooled pictures (picture, high, wide) and classes from 0 of some digits."""
    from engine.datasets.digits import pooled

    kept = np.isin(part.label, shown)
    return pooled(part.image[kept]), np.searchsorted(shown, part.label[kept]).astype(np.int64)


def _require(label: Any, held_out: Any, old: Any, shots: int) -> None:
    """Refuse files with too few pictures of a digit."""
    from engine.datasets.digits import NEW_DIGITS, OLD_DIGITS
    from engine.errors import DataError

    for part, found, needed in (("training", label, shots), ("test", held_out, 1)):
        for klass, digit in enumerate(NEW_DIGITS):
            if (count := int((found == klass).sum())) < needed:
                raise DataError(f"the {part} images show {count} of the digit {digit}, expected at least {needed}")
    for digit in OLD_DIGITS:
        if (count := int((old == digit).sum())) < EXAMPLES:
            raise DataError(f"the test images show {count} of the digit {digit}, expected at least {EXAMPLES}")


def _weights(network: Any, names: Mapping[str, str]) -> dict[str, Array]:
    """A pretrained network's layers, a row an input: parameter → values."""
    found = {}
    for layer, name in names.items():
        found[f"{layer}_weight"] = np.asarray(network.weights[f"{name}.weight"], np.float64).T
        found[f"{layer}_bias"] = np.asarray(network.weights[f"{name}.bias"], np.float64)
    return found


def _gallery(pictures: Array, rows: int) -> Array:
    """Pictures (picture, high, wide), row by row of the gallery: (row, high, column, wide)."""
    return pictures.reshape(rows, -1, *pictures.shape[1:]).transpose(0, 2, 1, 3)


def _pretrained_values(held_out: Any) -> dict[str, Array]:
    """The first held-out pictures of each old digit, what is recorded of them, and the weights."""
    from engine.datasets import digits
    from engine.runs.digits import measured

    pictures, label = _of(held_out, digits.OLD_DIGITS)
    places = np.stack([np.flatnonzero(label == digit)[:EXAMPLES] for digit in digits.OLD_DIGITS], axis=1).ravel()
    chosen, shown = pictures[places], label[places]
    network = digits.pretrained()
    found = measured(network.weights, chosen.reshape(len(chosen), -1), shown)
    values = {
        "picture": _gallery(chosen, EXAMPLES),
        "digit": shown.astype(np.float64),
        "test_accuracy": np.asarray(network.test_accuracy),
        "recorded_loss": np.asarray(found["loss"]),
        "column_number": np.arange(1.0, 50.0).reshape(7, 7),
        "example_number": np.arange(1.0, EXAMPLES + 1),
        "sample_number": np.arange(1.0, len(shown) + 1),
        "old_number": np.asarray(digits.OLD_DIGITS, np.float64),
        "pixel_number": np.arange(1.0, 50.0),
        "first_number": np.arange(1.0, 65.0),
        "second_number": np.arange(1.0, 33.0),
        **_weights(network, STATE),
    }
    return {f"pretrained.{name}": value for name, value in values.items()}


def _new_values(pictures: Array) -> dict[str, Array]:
    """The pictures of the new task, class by class."""
    from engine.datasets.digits import NEW_DIGITS

    values = {
        "picture": _gallery(pictures, len(NEW_DIGITS)),
        "image_number": np.arange(1.0, len(pictures) + 1),
        "target": np.repeat(np.arange(1.0, len(NEW_DIGITS) + 1), len(pictures) // len(NEW_DIGITS)),
        "klass_number": np.arange(1.0, len(NEW_DIGITS) + 1),
        "klass_digit": np.asarray(NEW_DIGITS, np.float64),
        "pixel_number": np.arange(1.0, 50.0),
    }
    return {f"new_digits.{name}": value for name, value in values.items()}


def _head_values(layers: Any) -> dict[str, Array]:
    """The new head as the seed draws it."""
    parts = [part[0].numpy() for layer in layers for part in layer]
    shaped = (part if name.endswith("weight") else part[0] for name, part in zip(parameters(HEAD), parts, strict=True))
    found = {f"surgery.{name}": part for name, part in zip(parameters(HEAD), shaped, strict=True)}
    return found | {"surgery.middle_number": np.arange(1.0, len(found["surgery.head1_bias"]) + 1)}


def _batch_norm_values() -> dict[str, Array]:
    """The body of the variant with batch norm."""
    from engine.datasets import digits

    network = digits.pretrained(batch_norm=True)
    state = {
        "norm_weight": "weight",
        "norm_bias": "bias",
        "running_mean": "running_mean",
        "running_variance": "running_var",
    }
    norm = {name: np.asarray(network.weights[f"norm.{key}"], np.float64) for name, key in state.items()}
    body = _weights(network, {layer: name for layer, name in STATE.items() if layer != "old"})
    return {f"batch_norm.{name}": value for name, value in (norm | body).items()}


def table_values(steps: int) -> dict[str, Array]:
    """Numbers and names of rows."""

    def numbered(count: int) -> Array:
        return np.arange(1.0, count + 1)

    def named(*names: str) -> Array:
        return np.array(names, dtype=object)

    body, resnet = (WORDS["body1"], WORDS["body2"]), ("conv1 to layer2", "layer3, layer4")
    tables = {
        "surgery.before": (*body, "old head"),
        "surgery.after": tuple(WORDS.values()),
        "surgery.resnet_before": (*resnet, "old head"),
        "surgery.resnet_after": (*resnet, "new head, matrix 1", "new head, matrix 2", "batch norms"),
        "batch_norm.part": batch_norm.PARTS,
        **{f"{sheet}.layer": tuple(WORDS.values()) for sheet in ("frozen_step", "unfrozen_step")},
        "the_run.layer": the_run.LAYER_WORDS,
        **{f"{sheet}.group": (*body, "new head") for sheet in ("unfrozen_step", "the_run")},
    }
    values = {f"{table}_name": named(*names) for table, names in tables.items()}
    values |= {f"{table}_number": numbered(len(names)) for table, names in tables.items()}
    values |= {f"{sheet}.kind_name": named(*unfrozen_step.KINDS) for sheet in ("unfrozen_step", "the_run")}
    values["batch_norm.mode_name"] = named(*batch_norm.MODES)
    values |= {f"{sheet}.layer_group": np.array([1.0, 2.0, 3.0, 3.0]) for sheet in ("unfrozen_step", "the_run")}
    values |= {f"{sheet}.step_number": numbered(steps) for sheet in ("run_frozen", "run_unfrozen")}
    return values


def _run_values(
    recorded: Mapping[str, Array], counts: tuple[int, ...], steps: int, runs: Any, seed: int
) -> dict[str, Array]:
    """What was recorded, and the headings of its tables."""
    own = ("frozen_loss", "unfrozen_loss", *parameters(HEAD))
    values = {f"the_run.{name}": value for name, value in recorded.items() if name not in own}
    values |= {f"run_unfrozen.start_{name}": recorded[name] for name in parameters(HEAD)}
    values |= {f"run_{phase}.recorded_loss": recorded[f"{phase}_loss"][:steps] for phase in ("frozen", "unfrozen")}
    heads, moved = (
        np.array([[f"with {_count_name(count)}: {word}" for count in counts] for word in words], dtype=object)
        for words in (REGIMES, the_run.LAYER_WORDS)
    )
    numbers = {
        "regime_name": np.array(REGIMES, dtype=object),
        "regime_head": heads,
        "moved_head": moved,
        "count_name": np.array([_count_name(count) for count in counts], dtype=object),
        "count_number": np.array(counts, np.float64),
        "rate_tried": np.array(runs.TRIED_RATES),
        "run_seed": seed + np.arange(float(RUNS)),
        "checkpoint_step": np.arange(0.0, runs.FROZEN_STEPS + runs.UNFROZEN_STEPS + 1, runs.EVERY),
        "cycle_number": np.arange(1.0, runs.FROZEN_STEPS + 1),
    }
    return values | {f"the_run.{name}": value for name, value in numbers.items()}


def _count_name(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"


def axis_sizes(shots: int, counts: int, steps: int, runs: Any) -> dict[str, int]:
    """Axis → length."""
    network = {"pixel": 49, "first": 64, "second": 32, "middle": runs.MIDDLE, "klass": runs.CLASSES, "old": 7}
    galleries = {"example": EXAMPLES, "digit": 7, "label": runs.CLASSES, "shot": shots, "high": 7, "wide": 7}
    tables = {
        "before": 3,
        "after": 4,
        "resnet_before": 3,
        "resnet_after": 5,
        "layer": 4,
        "group": 3,
        "part": 8,
        "kind": 4,
        "mode": 3,
    }
    run = {
        "step": steps,
        "cycle_step": runs.FROZEN_STEPS,
        "checkpoint": (runs.FROZEN_STEPS + runs.UNFROZEN_STEPS) // runs.EVERY + 1,
        "regime": len(REGIMES),
        "count": counts,
        "tried": len(runs.TRIED_RATES),
        "run": RUNS,
    }
    return {
        **by_hand.SIZES,
        **network,
        **galleries,
        **tables,
        **run,
        "sample": 7 * EXAMPLES,
        "image": runs.CLASSES * shots,
    }
