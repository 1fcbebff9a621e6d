"""Held out: which class was taken for which, and the worst mistakes as pictures."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.app.fine_tuning_run.rates import MADE_BY
from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import Array, Derive, Fields, Formula, Grid, Look, Pictures, Recorded, Sheet, Words

if TYPE_CHECKING:
    from engine.pipeline.run import Result

CAPTION = 32


def confusion_values(metrics: Mapping[str, Any]) -> dict[str, Array]:
    """The blocks of the confusion matrix."""
    names = np.array(metrics["data"]["classes"], dtype=object)
    return {
        "held_out.row_name": names,
        "held_out.other_name": names,
        "held_out.confusion": np.array(metrics["confusion"], dtype=np.float64),
    }


def confusion(name_width: float) -> Sheet:
    """The confusion matrix of all images held out, and what follows from it.

    Args:
        name_width: of the columns with names of classes above them, in characters.
    """
    return Sheet(
        name="held_out",
        title="Held out",
        summary="of every class held out, what it was taken for, and the share that is right",
        words="""
            A row is what an image shows, a column what the network took it for. On the diagonal it is right.
        """,
        blocks=(
            Formula(
                name="total", title="images held out", number_format="#,##0", role="result", pattern="SUM(confusion)"
            ),
            Formula(
                name="total_right",
                title="right",
                number_format="#,##0",
                role="result",
                pattern="SUMPRODUCT(confusion*(row_name=other_name))",
            ),
            Formula(
                name="overall",
                title="share that is right",
                number_format="0.0%",
                role="result",
                pattern="total_right/total",
            ),
            axis_names("other_name", "other", "taken for", across="other", width=name_width),
            axis_names("row_name", "klass_row", "shows"),
            Recorded(
                name="confusion",
                axes="klass_row other",
                title="images",
                number_format="0",
                look="sequential",
                made_by=MADE_BY,
            ),
            Formula(name="images", axes="klass_row", title="all", number_format="0", pattern="SUM(confusion)"),
            Formula(
                name="right_share",
                axes="klass_row",
                title="right",
                number_format="0.0%",
                blank="none",
                pattern='IF(images=0, "none", SUMPRODUCT(confusion*(row_name=other_name))/images)',
            ),
        ),
        layout=(
            Fields("total total_right overall"),
            Words("By class"),
            Grid("""
                .        other_name | .      .
                row_name confusion  | images right_share
            """),
        ),
        derive=(Derive("transfer.confusion"),),
    )


def mistake_values(result: "Result") -> dict[str, Array]:
    """The blocks of the worst mistakes."""
    worst, shown = result.metrics["worst"], result.shown
    return {
        "mistakes.mistake_caption": np.array(
            [[_fitting(f"{one['class']}, taken for {one['taken_for']}") for one in worst]], dtype=object
        ),
        "mistakes.mistake_number": np.arange(1.0, len(worst) + 1),
        "mistakes.mistake_story": np.array(
            [
                f"{one['name']} shows {one['class']}, was taken for {one['taken_for']}, at a loss of {one['loss']:.2f}"
                for one in worst
            ],
            dtype=object,
        ),
        "mistakes.picture": shown.picture[np.newaxis, : shown.mistakes],
    }


def _fitting(caption: str) -> str:
    """As much as stands above a picture; the sentences under the pictures say it all."""
    return caption if len(caption) <= CAPTION else f"{caption[: CAPTION - 1].rstrip()}…"


def mistakes(look: Look) -> Sheet:
    """The images named wrong at the highest loss.

    Args:
        look: of the pictures: `ink` where a large number is ink on paper, `photo` where it is light.
    """
    return Sheet(
        name="mistakes",
        title="Worst mistakes",
        summary="the images that it named wrong and was surest of, as pictures",
        words="""
            Of all images held out those that were named wrong at the highest loss, the worst first: 28 by 28 points of grey, as a look at what the network
            saw. The same images stand first on the sheet New head.
        """,
        blocks=(
            axis_names("mistake_caption", "tier mistake"),
            axis_numbers(
                "picture",
                "tier mistake high wide",
                across="mistake wide",
                low=0.0,
                high=255.0,
                number_format=";;;",
                look=look,
            ),
            axis_numbers("mistake_number", "mistake"),
            axis_names("mistake_story", "mistake"),
        ),
        layout=(
            Pictures("picture", "mistake_caption"),
            Grid("mistake_number | mistake_story"),
        ),
    )
