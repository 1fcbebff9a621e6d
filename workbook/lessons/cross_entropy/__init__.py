"""Cross-entropy: softmax, binary cross-entropy, CrossEntropyLoss with all its options, and metrics."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbook.lesson import opening
from workbook.lesson.lesson import Array, Data, Lesson, Progress, Sheet
from workbook.lessons.cross_entropy import binary, by_hand, loss, metrics, routes, softmax

CLASSES = ("cat", "dog", "plane", "fish", "building")
IMAGES = ("image 1", "image 2", "far off")
# The lesson's table: is it a cat, and the probability that the model gave to cat.
CATS = ((1, 0.5), (1, 0.98), (0, 0.9), (0, 0.5), (1, 0.9))
SAMPLES, FORECASTS, IGNORED = 6, 5, -100.0


def load(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
    """The lesson's own predictions, and logits and forecasts drawn by the seed."""
    progress("choosing predictions", 0, 1)
    rng = np.random.default_rng(seed)
    classes = len(CLASSES)
    base = np.array([-2.23, 0.86, 2.1, -0.64, 1.4])
    number = np.arange(1.0, classes + 1)
    target = rng.integers(1, classes + 1, SAMPLES).astype(np.float64)
    actual = np.round(rng.uniform(20, 200, FORECASTS), 1)
    samples = np.array([f"sample {n + 1}" for n in range(SAMPLES)], dtype=object)
    values: dict[str, Array] = {
        **by_hand.values(),
        "softmax.class_name": np.array(CLASSES, dtype=object),
        "softmax.image_name": np.array(IMAGES, dtype=object),
        "softmax.logit": np.stack([base, base, base + np.array([0.0, 0.0, 800.0 - base[2], 0.0, 0.0])]),
        "softmax.shift": np.array([0.0, 3.0, 0.0]),
        "binary.picture_name": np.array([f"picture {n + 1}" for n in range(len(CATS))], dtype=object),
        "binary.is_cat": np.array([cat for cat, _ in CATS], dtype=np.float64),
        "binary.p_cat": np.array([p for _, p in CATS]),
        "binary.z_cat": np.array([0.0, 3.9, 2.2, -800.0, 2.2]),
        "binary.point": np.linspace(0.01, 0.99, 50),
        **{f"{sheet}.sample_name": samples for sheet in ("routes", "cross_entropy", "metrics")},
        "routes.klass_number": number,
        "routes.target": target,
        "cross_entropy.klass_number": number,
        "cross_entropy.weight": np.array([1.0, 1.0, 2.0, 1.0, 0.5]),
        "cross_entropy.target": np.append(target[:-1], IGNORED),
        "cross_entropy.logit": np.round(rng.normal(0.0, 2.0, (SAMPLES, classes)), 2),
        "cross_entropy.single_logit": np.array([2.0, 0.0, -1.0]),
        "metrics.klass_number": number,
        "metrics.other_number": number,
        "metrics.forecast_name": np.array([f"forecast {n + 1}" for n in range(FORECASTS)], dtype=object),
        "metrics.actual": actual,
        "metrics.forecast": np.round(actual * rng.uniform(0.8, 1.2, FORECASTS), 1),
    }
    sizes = {
        "image": len(IMAGES),
        "klass": classes,
        "other": classes,
        "row": len(CATS),
        "point": 50,
        "sample": SAMPLES,
        "trio": 3,
        **by_hand.SIZES,
    }
    return Data(sizes, values, {"classes": ", ".join(CLASSES)}, "none")


def sheets(sizes: Mapping[str, int], facts: Mapping[str, str]) -> tuple[Sheet, ...]:
    """The sheets in order."""
    return (
        opening.start(
            "Cross-entropy: gradbook",
            f"""
            How wrong is a prediction? Cross-entropy says: minus the logarithm of the probability that was given to what is true. From logits to
            probabilities, from probabilities to a loss and its gradient, for {sizes["klass"]} classes ({facts["classes"]}), every number in a cell.
            """,
            lesson="cross_entropy",
        ),
        by_hand.sheet(),
        softmax.sheet(),
        binary.sheet(),
        loss.sheet(),
        routes.sheet(),
        metrics.sheet(),
        opening.terms(),
        opening.code(),
    )


LESSON = Lesson(name="cross_entropy", title="Cross-entropy", options=(), load=load, sheets=sheets)
