"""MNIST from scratch: a logistic regression and a network on real digits, every gradient in a cell."""

from collections.abc import Mapping

from workbook.lesson import opening
from workbook.lesson.lesson import Lesson, Option, Sheet, Words
from workbook.lessons.mnist_from_scratch import (
    by_hand,
    held_out,
    image,
    last_layer,
    logistic,
    network,
    training,
    weights,
)
from workbook.lessons.mnist_from_scratch.loading import load
from workbook.lessons.mnist_from_scratch.parts import MNIST_FOLDER


def sheets(sizes: Mapping[str, int], facts: Mapping[str, str]) -> tuple[Sheet, ...]:
    """The sheets in order."""
    return (
        opening.start(
            "MNIST from scratch: gradbook",
            """
            Two models learn to read handwritten digits, from nothing: a logistic regression, and a network of two layers. Every pixel, weight, activation and
            gradient of a mini-batch is in a cell, so is the step that they lead to; whole trainings are recorded, and checked step by step.
            """,
            Words("The digits", f"{facts['source']}\n\n{facts['terms']}"),
            lesson="mnist_from_scratch",
        ),
        by_hand.sheet(),
        image.image(sizes),
        image.batch(sizes, facts),
        logistic.sheet(sizes),
        weights.sheet(),
        network.sheet(sizes),
        last_layer.sheet(),
        training.sheet(facts),
        held_out.sheet(facts),
        held_out.pictures(),
        opening.terms(),
        opening.code(),
    )


LESSON = Lesson(
    name="mnist_from_scratch",
    title="MNIST from scratch",
    options=(
        MNIST_FOLDER,
        Option("epochs", int, None, "Epochs of the recorded runs; by default about 1,000 steps", low=1, high=20),
        Option("batch", int, 64, "Images in a mini-batch", low=2, high=128),
        Option("hidden", int, 50, "Hidden units of the network", low=2, high=100),
    ),
    load=load,
    sheets=sheets,
    work=9.0,
)
