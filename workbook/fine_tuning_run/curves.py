"""Loss: the recorded curve, step by step and epoch by epoch."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.fine_tuning_run.rates import MADE_BY, chosen
from workbook.lesson import Array, Chart, Charts, Given, Grid, Recorded, Series, Sheet, Unprinted, Words

if TYPE_CHECKING:
    from engine.pipeline.run import Result

EPOCH = {"train_loss": "loss, trained on", "held_out_loss": "loss, held out", "accuracy": "right, held out"}


def values(result: "Result", most: int) -> dict[str, Array]:
    """The blocks of a run's losses."""
    curves, history = result.curves, result.metrics["history"]
    at = chosen(len(curves.loss), most)
    return {
        "curves.step_number": curves.step[at],
        "curves.loss": curves.loss[at],
        "curves.smoothed": curves.smoothed[at],
        "curves.epoch_number": np.arange(1.0, len(history) + 1),
        "curves.phase_name": np.array([epoch["phase"] for epoch in history], dtype=object),
        **{f"curves.{name}": np.array([float(epoch[name]) for epoch in history]) for name in EPOCH},
    }


def sheet(sizes: Mapping[str, int], facts: Mapping[str, str]) -> Sheet:
    """What the run measured."""
    steps: dict[str, Any] = {"axes": "step", "number_format": "0.0000", "made_by": MADE_BY}
    epochs: dict[str, Any] = {"axes": "epoch", "made_by": MADE_BY}
    return Sheet(
        name="curves",
        title="Loss",
        summary="the recorded loss of each step, smoothed too, and of each epoch",
        words=f"""
            Recorded by the run ({facts["phases"].replace(" ", ", then ")}). The smoothed loss is an average of all losses so far, each step's weight 0.98 of the
            next one's, corrected for its start at 0.
        """,
        blocks=(
            Given(name="epoch_number", axes="epoch", title="epoch", number_format="0", fixed=True),
            Given(name="phase_name", axes="epoch", title="body", text=True, fixed=True),
            *(
                Recorded(name=name, title=title, number_format="0.0%" if name == "accuracy" else "0.0000", **epochs)
                for name, title in EPOCH.items()
            ),
            Given(name="step_number", axes="step", title="step", number_format="0", fixed=True),
            Recorded(name="loss", title="loss", **steps),
            Recorded(name="smoothed", title="smoothed", **steps),
        ),
        layout=(
            Charts("by_step by_epoch"),
            Words("Epoch by epoch"),
            Grid("phase_name epoch_number train_loss held_out_loss accuracy"),
            Unprinted(),
            Words("Step by step"),
            Grid("step_number loss smoothed"),
        ),
        charts=(
            Chart(
                name="by_step",
                title="Loss by step",
                series=(
                    Series("loss", "of the mini-batch", "step_number"),
                    Series("smoothed", "smoothed", "step_number"),
                ),
                x_title=f"step{facts['frozen']}",
                x_high=float(facts["steps"]),
                y_low=0.0,
                y_title="loss",
                alt="The loss of each mini-batch, and its smooth average.",
            ),
            Chart(
                name="by_epoch",
                title="Loss by epoch",
                series=(
                    Series("train_loss", "trained on", "epoch_number"),
                    Series("held_out_loss", "held out", "epoch_number"),
                ),
                x_title="epoch",
                x_high=float(sizes["epoch"]),
                y_low=0.0,
                y_title="loss",
                alt="The loss on the images trained on and on those held out.",
            ),
        ),
    )
