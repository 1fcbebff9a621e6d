"""Held-out digits: what the trained network takes for what, and its ten worst mistakes, computed in cells."""

from collections.abc import Mapping
from typing import Any

from workbook.lesson.labels import axis_numbers, label
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Pictures, Recorded, Sheet, Unprinted, Words
from workbook.lessons.mnist_from_scratch import parts
from workbook.lessons.mnist_from_scratch.image import SIDE

ROW: dict[str, Any] = {"axes": "mistake", "number_format": "0.0000"}
HIDDEN: dict[str, Any] = {"axes": "mistake hidden", "number_format": '0.00;-0.00;"·"', "look": "diverging"}


def sheet(facts: Mapping[str, str]) -> Sheet:
    """Confusion by class, and the ten images of greatest loss run through the trained weights."""
    return Sheet(
        name="held_out",
        title="Held-out digits",
        summary="what the trained network takes for what; its ten worst images, computed from the trained weights",
        words=f"""
            The trained network reads {facts["held_out"]} digits that it has never seen. Each row is a true digit, each column what it is taken for: what is right
            stands on the diagonal. Look beside it: which digits are mistaken for each other most often? The next sheet shows the ten worst mistakes as pictures.
        """,
        blocks=(
            *_results(),
            *_mistakes(),
        ),
        layout=(
            Fields("accuracy_counted"),
            Grid(
                """
                .            | other_number .
                klass_number | confusion    class_accuracy
                """,
                tight=True,
            ),
            Words("The ten worst mistakes, run through the trained weights once more"),
            Fields("mistake_status"),
            Grid(
                """
                .              .             .                 .            .             | probability_klass
                mistake_number mistake_label mistake_predicted mistake_loss recorded_loss | mistake_probability
                """,
                tight=True,
            ),
            Unprinted(),
            Words("The ten images, and the way through the network"),
            Grid("""
                pixel_number | mistake_grey
            """),
            Words("Hidden units, then scores and shares: each row is one of the ten"),
            Grid(
                """
                =mistake_number | mistake_affine

                =mistake_number | mistake_hidden
                """,
                tight=True,
            ),
            Grid(
                """
                .               | logit_klass   .               | =logit_klass        .
                =mistake_number | mistake_logit mistake_row_max | mistake_exponential mistake_sum
                """,
                tight=True,
            ),
        ),
        column_width=7.5,
        experts="The network is the one trained with Adam at a rate of 1e-3.",
        derive=(
            Derive(
                "mnist.mistakes",
                inputs={name: f"network.trained_{name}" for name in ("weight1", "bias1", "weight2", "bias2")},
                outputs={"mistake_picture": "mistakes.mistake_picture", "caption": "mistakes.caption"},
            ),
            Derive("mnist.confused"),
            Derive("mnist.recorded_mistakes", shown=False),
        ),
    )


def _results() -> tuple[Given | Formula | Recorded, ...]:
    """How many are right, of all and of each class, and whether the mistakes are those of the run."""
    return (
        parts.result(
            "accuracy_counted",
            "share right",
            "SUMPRODUCT((klass_number=other_number)*confusion)/SUM(confusion)",
            number_format="0.0%",
        ),
        Formula(
            name="mistake_status",
            title="recorded run",
            text=True,
            width=21,
            role="check",
            pattern="""IF(SUMPRODUCT((mistake_loss-recorded_loss>=0.000000001)+(recorded_loss-mistake_loss>=0.000000001))=0,
                       "agrees with this sheet", "stale: the run or the images changed")""",
        ),
        axis_numbers("klass_number", "klass", "true digit", width=13),
        axis_numbers("other_number", "other", across="other"),
        Recorded(
            name="confusion",
            axes="klass other",
            title="how often each is taken for …",
            number_format='0;-0;"·"',
            look="sequential",
            made_by=parts.MADE_BY,
        ),
        Formula(
            name="class_accuracy",
            axes="klass",
            title="share right",
            number_format="0.0%",
            blank="none",
            pattern='IF(SUM(confusion)=0, "none", INDEX(confusion, 1, klass_number+1)/SUM(confusion))',
        ),
    )


def _mistakes() -> tuple[Given | Formula | Recorded, ...]:
    """The worst mistakes, computed from their pictures."""
    return (
        axis_numbers("mistake_number", "mistake", "rank"),
        Recorded(name="mistake_label", axes="mistake", title="digit", number_format="0", made_by=parts.MADE_BY),
        Recorded(name="recorded_loss", title="loss, recorded", made_by=parts.MADE_BY, **ROW),
        parts.numbered("logit_klass", "klass_number", "klass"),
        parts.numbered("probability_klass", "klass_number", "klass"),
        Formula(
            name="mistake_affine",
            title="first layer",
            pattern="SUMPRODUCT(mistake_grey, network.trained_weight1)/255+network.trained_bias1",
            **HIDDEN,
        ),
        Formula(
            name="mistake_hidden",
            title="after the ReLU",
            pattern="MAX(0, mistake_affine)",
            **(HIDDEN | {"look": "sequential"}),
        ),
        Formula(
            name="mistake_logit",
            axes="mistake klass",
            title="logits",
            number_format="0.00",
            look="diverging",
            pattern="MMULT(mistake_hidden, network.trained_weight2)+network.trained_bias2",
        ),
        Formula(name="mistake_row_max", title="largest logit", pattern="MAX(mistake_logit)", **ROW),
        Formula(
            name="mistake_exponential",
            axes="mistake klass",
            title="e^(logit − largest)",
            number_format="0.000",
            look="sequential",
            pattern="EXP(mistake_logit-mistake_row_max)",
        ),
        Formula(name="mistake_sum", title="their sum", pattern="SUM(mistake_exponential)", **ROW),
        Formula(
            name="mistake_probability",
            axes="mistake klass",
            title="probabilities",
            number_format="0.000",
            look="sequential",
            pattern="mistake_exponential/mistake_sum",
        ),
        Formula(
            name="mistake_predicted",
            axes="mistake",
            title="taken for",
            number_format="0",
            role="result",
            pattern="MATCH(MAX(mistake_logit), mistake_logit, 0)-1",
        ),
        Formula(
            name="mistake_loss",
            title="loss",
            role="result",
            scale="mistake_logit",
            pattern="mistake_row_max+LN(mistake_sum)-INDEX(mistake_logit, 1, mistake_label+1)",
            **ROW,
        ),
        axis_numbers("pixel_number", "pixel", "pixel"),
        Recorded(
            name="mistake_grey",
            axes="mistake pixel",
            across="mistake",
            title="grey values of the ten, each column is an image",
            number_format='0;-0;"·"',
            look="sequential",
            made_by=parts.MADE_BY,
        ),
    )


def pictures() -> Sheet:
    """The ten images of greatest loss, and what each was taken for."""
    predicted = "INDEX(held_out.mistake_predicted, rank, 1)"
    return Sheet(
        name="mistakes",
        title="Ten worst mistakes",
        summary="the ten held-out digits on which the network was most wrong, as pictures",
        words="""
            The ten held-out digits with the greatest loss: the digit, what the network took it for, and how sure it was. A person would doubt some of
            them too. Cross-entropy punishes being sure and wrong, so these are not the hardest images but those of the most confident mistakes.
        """,
        blocks=(
            axis_numbers("rank", "tier place", "rank", across="", width=6),
            label(
                "caption",
                "tier place",
                f"""INDEX(held_out.mistake_label, rank, 1)&", taken for "&{predicted}&" ("
                            &ROUND(100*INDEX(held_out.mistake_probability, rank, {predicted}+1), 0)&" %)" """,
                across="place",
                text=True,
            ),
            Formula(
                name="mistake_picture",
                axes="tier place row column",
                across="place column",
                number_format=";;;",
                look="ink",
                pattern=f"INDEX(held_out.mistake_grey, (image.row_number-1)*{SIDE}+image.column_number, rank)",
            ),
        ),
        layout=(
            Pictures("mistake_picture", "caption", points=5),
            Unprinted(),
            Words("Which picture is which, row of pictures by row"),
            Grid("rank"),
        ),
        column_width=3,
    )
