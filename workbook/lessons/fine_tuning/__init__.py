"""Fine-tuning: a pretrained network gets a new head, frozen steps, unfrozen steps, and is compared with one from scratch."""

from collections.abc import Mapping

from workbook.lesson import opening
from workbook.lesson.lesson import Lesson, Option, Sheet, Words
from workbook.lessons.fine_tuning import (
    batch_norm,
    by_hand,
    frozen_step,
    new_digits,
    pretrained,
    run_frozen,
    run_unfrozen,
    surgery,
    the_run,
    unfrozen_step,
)
from workbook.lessons.fine_tuning.loading import SHOTS, load
from workbook.lessons.mnist_from_scratch.parts import MNIST_FOLDER

PURPOSE = """
    Fine-tuning in one sentence: take a network that knows another task, throw away its last matrix, put two new
    ones with a ReLU between them in its place, train those alone, and then everything, the early layers more
    slowly than the late. Here it is in cells, with a network small enough to see: it knows seven digits, and learns three new ones from
    a few pictures.
"""
MNIST = "Y. LeCun, C. Cortes, C. Burges: CC BY-SA 3.0. Y. LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998."


def sheets(sizes: Mapping[str, int], facts: Mapping[str, str]) -> tuple[Sheet, ...]:
    """The sheets in order."""
    return (
        opening.start(
            "Fine-tuning: gradbook", PURPOSE, Words("The digits", f"{facts['source']} {MNIST}"), lesson="fine_tuning"
        ),
        by_hand.sheet(),
        pretrained.sheet(sizes, facts),
        new_digits.sheet(sizes),
        surgery.sheet(sizes),
        frozen_step.sheet(),
        unfrozen_step.sheet(),
        batch_norm.sheet(),
        the_run.sheet(sizes, facts),
        run_frozen.sheet(sizes),
        run_unfrozen.sheet(sizes),
        opening.terms(),
        opening.code(),
    )


LESSON = Lesson(
    name="fine_tuning",
    title="Fine-tuning",
    options=(
        MNIST_FOLDER,
        Option("images", int, SHOTS, "Pictures of each new class to learn from", low=2, high=10),
        Option("epochs", int, 3, "Epochs of each phase unrolled in cells; here an epoch is a step", low=1, high=10),
    ),
    load=load,
    sheets=sheets,
    work=5.0,
)
