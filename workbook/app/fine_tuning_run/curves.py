"""Loss: the recorded curve, step by step and epoch by epoch."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.app.fine_tuning_run.rates import MADE_BY, chosen
from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import (
    Array,
    Chart,
    Charts,
    Derive,
    Fields,
    Formula,
    Given,
    Grid,
    Recorded,
    Series,
    Sheet,
    Unprinted,
    Words,
)
from workbook.lessons.schedules.smoothing import beta, smoothed, start

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
        f"curves.{'recorded_' if len(at) == len(curves.loss) else ''}smoothed": curves.smoothed[at],
        "curves.epoch_number": np.arange(1.0, len(history) + 1),
        "curves.phase_name": np.array([epoch["phase"] for epoch in history], dtype=object),
        **{f"curves.{name}": np.array([float(epoch[name]) for epoch in history]) for name in EPOCH},
    }


def sheet(sizes: Mapping[str, int], facts: Mapping[str, str]) -> Sheet:
    """What the run measured; where all of its steps are shown, the smoothed loss is formulas too."""
    whole = sizes["step"] == int(facts["steps"])
    steps: dict[str, Any] = {"axes": "step", "number_format": "0.0000", "made_by": MADE_BY}
    epochs: dict[str, Any] = {"axes": "epoch", "made_by": MADE_BY}
    return Sheet(
        name="curves",
        title="Loss",
        summary="the recorded loss of each step, smoothed too, and of each epoch",
        words=f"""
            Recorded by the run ({facts["phases"].replace(" ", ", then ")}). The smoothed loss is an average of all losses so far, each step's weight 0.98 of the
            next one's, corrected for its start at 0.{" Change β, and see it follow the losses or the trend." if whole else ""}
        """,
        step="step",
        blocks=(
            axis_numbers("epoch_number", "epoch", "epoch"),
            axis_names("phase_name", "epoch", "body"),
            *(
                Recorded(name=name, title=title, number_format="0.0%" if name == "accuracy" else "0.0000", **epochs)
                for name, title in EPOCH.items()
            ),
            axis_numbers("step_number", "step", "step"),
            Recorded(name="loss", title="loss", **steps),
            *(_smoothing(steps) if whole else (Recorded(name="smoothed", title="smoothed", **steps),)),
        ),
        layout=(
            *((Fields("beta start status"),) if whole else ()),
            Charts("by_step by_epoch"),
            Words("Epoch by epoch"),
            Grid("phase_name epoch_number train_loss held_out_loss accuracy"),
            Unprinted(),
            Words("Step by step"),
            Grid(f"step_number loss {'average smoothed recorded_smoothed' if whole else 'smoothed'}"),
        ),
        charts=_charts(facts, sizes),
        derive=(
            Derive("ewma.smooth", inputs={"value": "loss"}, outputs={"corrected": "smoothed"}),
            Derive(
                "fine_tuning.agreement",
                inputs={"found": "smoothed", "recorded": "recorded_smoothed"},
                shown=False,
            ),
        )
        if whole
        else (),
    )


def _charts(facts: Mapping[str, str], sizes: Mapping[str, int]) -> tuple[Chart, ...]:
    """The losses by step and by epoch."""
    return (
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
    )


def _smoothing(steps: Mapping[str, Any]) -> tuple[Given | Formula | Recorded, ...]:
    """The smoothed loss as formulas, and whether the run's own is the same."""
    beyond = "SUMPRODUCT((smoothed-recorded_smoothed>=0.000000001)+(recorded_smoothed-smoothed>=0.000000001))"
    return (
        beta(0.98),
        start(),
        *smoothed("step", "loss", "step_number"),
        Recorded(name="recorded_smoothed", title="smoothed by the run", **steps),
        Formula(
            name="status",
            width=21,
            title="the run's own smoothing",
            text=True,
            role="check",
            pattern=f'IF({beyond}=0, "agrees with this sheet", "stale: an input changed")',
        ),
    )
