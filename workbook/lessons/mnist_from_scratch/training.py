"""Training: eight recorded runs, their losses raw and smoothed, and what each reached on held-out digits."""

from collections.abc import Mapping
from typing import Any

from workbook.lesson.labels import axis_names, axis_numbers, label
from workbook.lesson.lesson import (
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
from workbook.lessons.mnist_from_scratch import parts
from workbook.lessons.schedules import smoothing

RUNS = (
    "L: SGD 0.02",
    "L: Adam 0.02",
    "L: Adam 0.001",
    "L: one cycle",
    "N: SGD 0.02",
    "N: Adam 0.02",
    "N: Adam 0.001",
    "N: one cycle",
)
LOGISTIC, NETWORK = range(4), range(4, 8)
TAIL, RISES = 100, 1.1


def sheet(facts: Mapping[str, str]) -> Sheet:
    """Both models, each by SGD, Adam at two rates, and one cycle."""
    ended: dict[str, Any] = {"axes": "epoch run", "made_by": parts.MADE_BY}
    return Sheet(
        name="training",
        title="Training",
        step="step",
        summary="both models by SGD, Adam and one cycle: recorded losses, smoothed, and accuracy on held-out digits",
        words="""
            Eight trainings: the logistic regression (L) and the network (N), each by SGD, by Adam at two learning rates, and by one cycle. All see the same mini-batches in the same order. What counts is the held-out accuracy: the share of unseen
            digits that are read right.
        """,
        blocks=(
            Given(
                name="smoothing",
                title="smoothing",
                value=0.98,
                low=0.0,
                high=0.999,
                unit=0.1,
                number_format="0.000",
                words="the share of the average that each step keeps: more is smoother",
            ),
            smoothing.start(),
            Given(
                name="early",
                title="early step",
                value=200.0,
                low=1,
                high=100_000,
                whole=True,
                probe=5.0,
                number_format="0",
                words="where the first column of the table looks",
            ),
            axis_names("run_name", "run", "run", width=17),
            *_summary(),
            *_first(),
            axis_numbers("epoch_number", "epoch", "epoch"),
            *(_names(f"{name}_run") for name in ("loss", "average", "smoothed", "epoch_loss", "epoch_accuracy")),
            Recorded(name="epoch_loss", title="cross-entropy on held-out digits", number_format="0.0000", **ended),
            Recorded(name="epoch_accuracy", title="accuracy on held-out digits", number_format="0.0%", **ended),
            axis_numbers("step_number", "step", "step"),
            *_curves(),
        ),
        layout=(
            Grid("run_name early_loss last_loss roughness best_loss best_epoch end_loss end_accuracy | verdict"),
            Charts("network_curves network_accuracy"),
            Fields("smoothing early start"),
            Charts("logistic_curves logistic_accuracy"),
            Words("Is Adam at 2e-2 unstable?", facts["unstable"]),
            Charts("raw"),
            Words("Are these the runs that the other sheets begin?"),
            Fields("first_logistic logistic_status first_network network_status"),
            Unprinted(),
            Words("Held-out digits, at the end of each epoch"),
            Grid("""
                .            epoch_loss_run | epoch_accuracy_run
                epoch_number epoch_loss     | epoch_accuracy
            """),
            Words("Step by step"),
            Grid("""
                .           loss_run | average_run | smoothed_run
                step_number loss     | average     | smoothed
            """),
        ),
        one_page=True,
        column_width=12.4,
        experts=f"""
            {facts["run"]}

            {facts["followed"]} The kept share of the smoothing is fastai's 0.98; the lecture reads its curves at mini-batch 200.

            {facts["beside"]}
        """,
        charts=_charts(float(facts["accuracy_low"])),
        derive=(
            Derive("mnist.curves"),
            Derive("mnist.summary"),
            Derive(
                "mnist.first_losses",
                inputs={
                    "logistic_loss": "logistic.loss",
                    "network_loss": "network.loss",
                    "logistic_from": "logistic.weights_from",
                    "network_from": "network.weights_from",
                    "regularisers": "network.regularisers",
                },
                shown=False,
            ),
        ),
    )


def _curves() -> tuple[Formula | Recorded, ...]:
    """The loss of each mini-batch, its running average, and that corrected for its start."""
    curve: dict[str, Any] = {"axes": "step run", "number_format": "0.0000"}
    return (
        Recorded(name="loss", title="loss of each mini-batch, before its step", made_by=parts.MADE_BY, **curve),
        Formula(
            name="average",
            title="running average from 0",
            pattern="smoothing*PREV(average, start)+(1-smoothing)*loss",
            scale="loss",
            **curve,
        ),
        Formula(
            name="smoothed",
            title="corrected for that start",
            pattern="average/(1-IF(smoothing=0, 0, EXP(step_number*LN(smoothing))))",
            scale="loss",
            **curve,
        ),
    )


def _names(name: str) -> Formula:
    return label(name, "run", "run_name", across="run", text=True, width=12.4)


def _summary() -> tuple[Formula, ...]:
    """What each run reached; with one epoch or one step a column is one cell, where ironcalc has no INDEX or MATCH."""
    last = f"(step_number>COUNT(step_number)-{TAIL})"
    per: dict[str, Any] = {"axes": "run", "number_format": "0.0000"}
    return (
        Formula(
            name="early_loss",
            title="smoothed loss at the early step",
            pattern="SUMPRODUCT((step_number=MIN(early, MAX(step_number)))*smoothed)",
            **per,
        ),
        Formula(
            name="last_loss",
            title=f"mean loss, last {TAIL} steps",
            pattern=f"SUMPRODUCT({last}*loss)/MIN({TAIL}, COUNT(step_number))",
            **per,
        ),
        Formula(
            name="roughness",
            title="roughness there",
            scale="loss",
            pattern=f"SQRT(SUMPRODUCT({last}*(loss-smoothed)^2)/MIN({TAIL}, COUNT(step_number)))",
            note="The root mean square of the raw loss minus the smoothed loss: how far single mini-batches lie from the smooth curve.",
            **per,
        ),
        Formula(name="best_loss", title="least held-out loss", pattern="MIN(epoch_loss)", **per),
        Formula(
            name="best_epoch",
            title="after epoch",
            axes="run",
            number_format="0",
            pattern="INDEX(epoch_number, MATCH(best_loss, epoch_loss, 0), 1)",
        ),
        Formula(
            name="end_loss",
            title="held-out loss at the end",
            pattern="SUMPRODUCT((epoch_number=MAX(epoch_number))*epoch_loss)",
            **per,
        ),
        Formula(
            name="end_accuracy",
            title="held-out accuracy",
            axes="run",
            number_format="0.0%",
            role="result",
            pattern="SUMPRODUCT((epoch_number=MAX(epoch_number))*epoch_accuracy)",
        ),
        Formula(
            name="verdict",
            title="held-out loss",
            axes="run",
            text=True,
            width=12.4,
            role="check",
            pattern=f'IF(end_loss>{RISES}*best_loss, "rises again", "at its best")',
            note="Rises again: at the end it is more than a tenth above its least.",
        ),
    )


def _first() -> tuple[Formula, ...]:
    """The first point of the curves beside the loss that the workbook computes itself."""
    found: list[Formula] = []
    for model, title, switched in (("logistic", "L", ""), ("network", "N", "network.regularisers")):
        other = f'IF({switched}<>"none", "not compared: a regulariser is on", ' if switched else ""
        found += [
            Formula(
                name=f"first_{model}",
                title=f"{title}: loss at step 1",
                number_format="0.0000",
                pattern=f"INDEX(loss, 1, {1 if model == 'logistic' else 5})",
                words=f"recorded, of the mini-batch that sheet {'Logistic regression' if model == 'logistic' else 'Network'} computes cell by cell",
            ),
            Formula(
                name=f"{model}_status",
                title="… and on that sheet",
                text=True,
                width=21,
                role="check",
                pattern=f"""IF({model}.weights_from<>"initial", "not compared: trained weights are in use", {other}
                            IF(ABS(first_{model}-{model}.loss)<0.000000001, "agrees with this sheet",
                            "stale: the inputs changed after training")){")" if other else ""}""",
            ),
        ]
    return tuple(found)


def _charts(accuracy_low: float) -> tuple[Chart, ...]:
    def curves(name: str, title: str, runs: range, top: float) -> Chart:
        return Chart(
            name=name,
            title=title,
            series=tuple(Series("smoothed", RUNS[i][3:], "step_number", (i,)) for i in runs),
            x_title="mini-batch",
            y_title="smoothed loss",
            alt=f"{title}: four curves of the smoothed training loss against the mini-batch.",
            y_low=0.0,
            y_high=top,
            columns=3,
            rows=12,
        )

    def accuracy(name: str, title: str, runs: range) -> Chart:
        return Chart(
            name=name,
            title=title,
            series=tuple(Series("epoch_accuracy", RUNS[i][3:], "epoch_number", (i,)) for i in runs),
            x_title="epoch",
            y_title="share right",
            alt=f"{title}: accuracy at the end of each epoch, a line for each of four runs.",
            y_low=accuracy_low,
            y_format="0%",
            columns=4,
            rows=12,
        )

    return (
        curves("network_curves", "Network: smoothed loss", NETWORK, 2.5),
        accuracy("network_accuracy", "Network: held-out digits read right", NETWORK),
        curves("logistic_curves", "Logistic regression: smoothed loss", LOGISTIC, 2.5),
        accuracy("logistic_accuracy", "Logistic regression: held-out digits read right", LOGISTIC),
        Chart(
            name="raw",
            title="Network: raw losses of Adam at two rates",
            series=tuple(Series("loss", RUNS[i][3:], "step_number", (i,)) for i in (5, 6)),
            x_title="mini-batch",
            y_title="loss",
            alt="The loss of every mini-batch for Adam at 0.02 and at 0.001: both jump, the higher rate more.",
            y_low=0.0,
            y_high=2.5,
        ),
    )
