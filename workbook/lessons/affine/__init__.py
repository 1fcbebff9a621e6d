"""Affine layers: parameters and activations, ReLU, convolution as a matrix product, sums of ReLUs, entity embedding."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbook.lesson import opening
from workbook.lesson.lesson import Array, Data, Lesson, Progress, Sheet, Words
from workbook.lessons.affine import by_hand, convolution, digit, entity, layers, relus

TERMS = "MNIST is by Y. LeCun, C. Cortes and C. Burges, under the licence CC BY-SA 3.0; no pixel is changed."
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
IMAGE, KERNEL, UNITS, POINTS = 6, 3, 32, 51
SIZES = {
    "example": 4,
    "inp": 3,
    "hidden": 5,
    "out": 2,
    "high": IMAGE,
    "wide": IMAGE,
    "down": KERNEL,
    "along": KERNEL,
    "top": IMAGE - KERNEL + 1,
    "left": IMAGE - KERNEL + 1,
    "cell": (IMAGE - KERNEL + 1) ** 2,
    "entry": IMAGE**2,
    "unit": UNITS,
    "every": UNITS,
    "point": POINTS,
    "category": len(DAYS),
    "dimension": 3,
    "record": 8,
    "corner": 3,
    **by_hand.SIZES,
    **digit.SIZES,
}


def load(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
    """Small matrices drawn by the seed, a small image, and breakpoints."""
    from engine.datasets import mnist

    progress("drawing matrices", 0, 1)
    digits = mnist.load()
    rng = np.random.default_rng(seed)

    def drawn(*axes: str) -> Array:
        return np.round(rng.normal(0.0, 1.0, [SIZES[axis] for axis in axes]), 2)

    def named(form: str, axis: str) -> Array:
        return np.array([form.format(n + 1) for n in range(SIZES[axis])], dtype=object)

    image = np.zeros((IMAGE, IMAGE))
    image[1:5, 2:5] = 9.0
    values: dict[str, Array] = {
        **by_hand.values(),
        **digit.values(digits.train.image, digits.train.label),
        "affine.example_name": named("example {}", "example"),
        "affine.input_name": named("x{}", "inp"),
        "affine.unit_name": named("h{}", "hidden"),
        "two_layers.output_name": named("y{}", "out"),
        "affine.activation": drawn("example", "inp"),
        "affine.weight": drawn("inp", "hidden"),
        "affine.bias": drawn("hidden"),
        "two_layers.weight2": drawn("hidden", "out"),
        "two_layers.bias2": drawn("out"),
        "convolution.image": image,
        "convolution.kernel": np.array([[-1.0, 1.0, 0.0]] * KERNEL),
        "convolution.top_number": np.arange(1.0, SIZES["top"] + 1),
        "convolution.left_number": np.arange(1.0, SIZES["left"] + 1),
        "convolution.pixel_number": np.arange(1.0, SIZES["entry"] + 1),
        "convolution.result_number": np.arange(1.0, SIZES["cell"] + 1),
        **convolution.positions(SIZES),
        "relus.every_number": np.arange(1.0, UNITS + 1),
        "relus.unit_number": np.arange(1.0, UNITS + 1),
        "relus.own_breakpoint": np.round(np.linspace(0.0, 1.0, UNITS, endpoint=False) ** 2, 3),
        "relus.corner_number": np.arange(1.0, SIZES["corner"] + 1),
        "relus.point": np.linspace(0.0, 1.0, POINTS),
        "entity.category_name": np.array(DAYS, dtype=object),
        "entity.table_number": np.arange(1.0, len(DAYS) + 1),
        "entity.record_number": np.arange(1.0, SIZES["record"] + 1),
        "entity.embedding": drawn("category", "dimension"),
        "entity.category_number": rng.integers(1, len(DAYS) + 1, SIZES["record"]).astype(np.float64),
    }
    return Data(
        SIZES, values, {"curves": "a sine, a step and a parabola", "source": f"{digits.source}. {TERMS}"}, digits.digest
    )


def sheets(sizes: Mapping[str, int], facts: Mapping[str, str]) -> tuple[Sheet, ...]:
    """The sheets in order."""
    return (
        opening.start(
            "Affine layers: gradbook",
            f"""
            A network alternates affine layers, which multiply and add, with something that bends. Here are both, in
            cells: matrix products, a convolution written as one, the edges of a real digit, {facts["curves"]} built from ReLUs, and categories that are looked up.
            """,
            Words("The digits", facts["source"]),
            lesson="affine",
        ),
        by_hand.layers(),
        by_hand.kernel(),
        layers.affine(),
        layers.two(),
        convolution.sheet(sizes),
        digit.sheet(),
        relus.sheet(sizes),
        entity.sheet(),
        opening.terms(),
        opening.code(),
    )


LESSON = Lesson(name="affine", title="Affine layers", options=(), load=load, sheets=sheets)
