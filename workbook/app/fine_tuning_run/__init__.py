"""fine_tuning_run.xlsx: what `gradbook finetune` did, its new head as formulas.

It is no lesson that can be built by name: its data is a run. `workbook.lessons.find` knows it, so that `gradbook
verify` checks it as it checks any lesson.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from workbook.app.fine_tuning_run import curves, head, held_out, rates
from workbook.errors import LessonError
from workbook.lesson import opening
from workbook.lesson.lesson import Array, Data, Lesson, Look, Progress, Sheet

if TYPE_CHECKING:
    from engine.pipeline.run import Result

NAME = "fine_tuning_run"
# A longer run is shown by as many of its steps, evenly spread.
MOST_STEPS = 1000
MOST_CLASSES = 40
# Of the columns that have the names of classes above them, in characters.
LEAST_WIDTH, MOST_WIDTH = 8, 24


def load(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
    """Refuse: the data is that of a run, which `of_run` brings along."""
    raise LessonError(f"{NAME}.xlsx is made by gradbook finetune, of a run")


def sheets(sizes: Mapping[str, int], facts: Mapping[str, str]) -> tuple[Sheet, ...]:
    """The sheets in order."""
    return (
        opening.start(
            "A fine-tuning run: gradbook",
            f"""
            {facts["story"]}

            The new head is here in cells: what the body hands over for some images that were held out, and the head's own weights, raised to float64.
            All that follows from them is formulas. {facts["transfer"]}
            """,
        ),
        head.sheet(facts["head"], float(facts["name_width"])),
        rates.sheet(sizes, facts),
        curves.sheet(sizes, facts),
        *((held_out.confusion(float(facts["name_width"])),) if "klass_row" in sizes else ()),
        *((held_out.mistakes(cast(Look, facts["look"])),) if "mistake" in sizes else ()),
        opening.terms(),
        opening.code(),
    )


LESSON = Lesson(name=NAME, title="A fine-tuning run", options=(), load=load, sheets=sheets)


def of_run(result: "Result") -> Lesson:
    """The lesson of a run: `LESSON` with that run's data."""
    data = _data(result)

    def loaded(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
        return data

    return replace(LESSON, load=loaded)


def _data(result: "Result") -> Data:
    """Sizes, values and sentences of a run."""
    metrics, shown = result.metrics, result.shown
    classes = np.array(metrics["data"]["classes"], dtype=object)
    images, features = shown.activation.shape
    sizes = {"image": images, "feature": features, "hidden": len(shown.head["matrix1.bias"]), "klass": len(classes)}
    values: dict[str, Array] = {
        "head.image_name": np.array(shown.names, dtype=object),
        "head.class_name": classes,
        "head.target": shown.label + 1.0,
        "head.activation": shown.activation,
        **head.weights(shown.head),
        **rates.values(result, MOST_STEPS),
        **curves.values(result, MOST_STEPS),
    }
    sizes |= {"group": len(metrics["network"]["groups"]), "epoch": len(metrics["history"])}
    sizes |= {"step": len(values["curves.loss"])}
    sizes |= {phase: len(values[f"rates.{phase}_number"]) for phase in rates.phases(result)}
    if len(classes) <= MOST_CLASSES:
        sizes |= {"klass_row": len(classes), "other": len(classes)}
        values |= held_out.confusion_values(metrics)
    if shown.mistakes:
        sizes |= {"tier": 1, "mistake": shown.mistakes}
        sizes |= dict(zip(("high", "wide"), shown.picture.shape[1:], strict=True))
        values |= held_out.mistake_values(result)
    return Data(sizes, values, _facts(metrics), str(metrics["digest"]))


def _facts(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Sentences on the run."""
    from engine.pipeline.images import is_mnist

    data, network, settings = metrics["data"], metrics["network"], metrics["settings"]
    rows, columns = network["removed"]["shape"]
    transfer, history = metrics["transfer"], metrics["history"]
    frozen = [epoch["steps"] for epoch in history if epoch["phase"] == "frozen"]
    gave = ""
    if transfer:
        best = transfer["best_scratch_accuracy"]
        gave = (
            f"From random weights, in as many steps, the best of {len(transfer['scratch'])} rates named {best:.1%} of the images held out; "
            f"from the pretrained ones {transfer['accuracy']:.1%}: transfer gave {100 * transfer['accuracy_gained']:+.1f} points. "
            "This is one run: another seed gives another figure."
        )
    return {
        "head": settings["head"],
        "name_width": str(min(MOST_WIDTH, max(LEAST_WIDTH, *(len(name) + 1 for name in data["classes"])))),
        # In MNIST's files a large number is ink, in an image's light.
        "look": "ink" if settings["data"] is None or is_mnist(Path(settings["data"])) else "photo",
        "steps": str(history[-1]["steps"]),
        "frozen_steps": str(max(frozen, default=0)),
        "unfrozen_steps": str(history[-1]["steps"] - max(frozen, default=0)),
        "frozen": f" (body frozen up to {frozen[-1]})" if 0 < len(frozen) < len(history) else "",
        "phases": " ".join(dict.fromkeys(epoch["phase"] for epoch in metrics["history"])),
        "story": (
            f"{network['arch']} lost its last matrix ({network['removed']['name']}, {rows:,} by {columns:,}) and got a new head for "
            f"{len(data['classes'])} classes. It was trained on {data['train_images']:,} images ({data['source']}), {settings['epochs_frozen']} epochs with the body "
            f"frozen and {settings['epochs']} without, seed {settings['seed']}, by torch {metrics['torch']} on {metrics['device']} in {settings['precision']}. "
            f"Of {data['held_out_images']:,} images held out it names {metrics['accuracy']:.1%}."
        ),
        "transfer": gave,
        "cache": "While the body was frozen, its activations were computed once."
        if metrics["cache"]["used"]
        else metrics["cache"]["reason"],
    }
