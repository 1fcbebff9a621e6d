"""Pretrained: the network on its own task, seven digits, before anything is cut off."""

from collections.abc import Mapping
from typing import Any

from workbook.lesson.labels import axis_numbers, label
from workbook.lesson.lesson import Beside, Derive, Fields, Formula, Given, Grid, Recorded, Sheet, Unprinted, Words
from workbook.lessons.fine_tuning.network import AGREEMENT, CELL

MADE_BY = "engine.runs.digits.pretrain"
SQUARE, HIGH = 1.29, 10.5
"""How wide a cell of a picture is, in characters, and how high, in points: 14 pixels."""
PICTURE: dict[str, Any] = {
    "number_format": ";;;",
    "look": "ink",
    "width": SQUARE,
    "height": HIGH,
    "low": 0.0,
    "high": 1.0,
    "words": "0 is paper, 1 is ink",
}
WEIGHTS = (
    ("body1_weight", "pixel first", "body, matrix 1: {pixel} pixels → {first}"),
    ("body1_bias", "first", "its biases"),
    ("body2_weight", "first second", "body, matrix 2: {first} → {second}"),
    ("body2_bias", "second", "its biases"),
    ("old_weight", "second old", "old head: {second} → {old}"),
    ("old_bias", "old", "its biases"),
)
SAMPLE: dict[str, Any] = {"axes": "sample"}


def pixels(number: str, columns: int, side: int) -> str:
    """A picture of a gallery as a row: INDEX of its cell in the gallery's rectangle."""
    row = f"INT(({number}-1)/{columns})*{side}+INT((pixel_number-1)/{side})+1"
    column = f"MOD({number}-1, {columns})*{side}+MOD(pixel_number-1, {side})+1"
    return f"INDEX(picture, {row}, {column})"


def sheet(sizes: Mapping[str, int], facts: Mapping[str, str]) -> Sheet:
    """Pictures of seven digits, what the network says of them, and its weights."""
    digits, side = sizes["digit"], sizes["wide"]
    beside = ". " * (digits * side + 5)  # the narrow columns of the gallery
    return Sheet(
        name="pretrained",
        title="Pretrained",
        summary="a network that knows the digits 0 to 6, at work on its own task",
        words=f"""
            This network was trained on {facts["train_images"]} of the digits 0 to 6, of {sizes["high"]} by {side} pixels. It has never seen a 7, an 8 or a
            9. Above the pictures stands what it says they are; below them, to the right, how sure it is.
        """,
        tries="Paint on one, by typing 1 for ink or 0 for paper into its cells, and see what it says then.",
        blocks=(
            *_results(),
            axis_numbers("column_number", "digit wide", across="digit wide", number_format=";;;", width=SQUARE),
            Given(name="picture", axes="example high digit wide", across="digit wide", unit=0.5, **PICTURE),
            axis_numbers("example_number", "example", width=3),
            Formula(
                name="said",
                axes="example digit wide",
                across="digit wide",
                title="what it says of each, row by row",
                number_format="0",
                role="result",
                width=SQUARE,
                pattern=f"""IF(MOD(column_number-1, {side})={side // 2},
                            INDEX(predicted, (example_number-1)*{digits}+INT((column_number-1)/{side})+1, 1), "")""",
            ),
            *_samples(),
            *_passes(),
            *(axis_numbers(f"{axis}_number", axis, across=axis, width=7) for axis in ("pixel", "first", "second")),
            *(
                label(f"{axis}_row", axis, f"{axis}_number", across="", number_format="0")
                for axis in ("sample", "pixel", "first")
            ),
            Formula(
                name="pixel",
                axes="sample pixel",
                title="the pictures as rows of pixels",
                look="sequential",
                pattern=pixels("sample_number", digits, side),
                **CELL,
            ),
            *_weights(sizes),
        ),
        layout=(
            Beside(
                (
                    (
                        Fields("accuracy loss test_accuracy"),
                        Fields("recorded_loss status"),
                    ),
                    (
                        Grid(
                            """
                            .              column_number
                            example_number said
                            .              .
                            .              picture
                            """,
                            tight=True,
                        ),
                    ),
                )
            ),
            Unprinted(),
            Words(
                "Picture by picture, from the pixels to the scores: to the right",
                f"""
                Each row is a picture: what it shows, what the network says, how sure it is, and how it comes to that. The body, two matrices with a ReLU behind each, turns {sizes["pixel"]} pixels into {sizes["second"]} numbers; the head, a third matrix, turns these into {sizes["old"]} scores. Under each layer's numbers stands the matrix that they are computed with: each row is an input, each column an output.
                """,
            ),
            Grid(
                f"""
                {beside} .             .     .         .     .           | old_number  | .          pixel_number | .         first_number  | .         second_number  | =old_number | =old_number
                {beside} sample_number digit predicted right sample_loss | probability | sample_row pixel        | .         hidden1       | .         hidden2        | logit       | exponential

                {beside} .             .     .         .     .           | .           | .          .            | .         =first_number | .         =second_number | =old_number | .
                {beside} .             .     .         .     .           | .           | .          .            | pixel_row body1_weight  | first_row body2_weight   | old_weight  | .
                {beside} .             .     .         .     .           | .           | .          .            | .         body1_bias    | .         body2_bias     | old_bias    | .
                """,
                tight=True,
            ),
        ),
        experts=f"The held-out pictures are all {facts['test_images']} of 0 to 6 in MNIST's test set. A cell of 7 by 7 is the mean of four by four pixels of MNIST.",
        derive=(
            Derive("fine_tuning.flattened", shown=False),
            Derive("fine_tuning.pretrained"),
            Derive("fine_tuning.captions", shown=False),
            AGREEMENT,
        ),
    )


def _weights(sizes: Mapping[str, int]) -> tuple[Recorded, ...]:
    """The recorded matrices and biases of the four layers."""
    return tuple(
        Recorded(
            name=name,
            axes=axes,
            across=None if " " in axes else axes,
            title=title.format(**sizes),
            look="diverging",
            made_by=MADE_BY,
            **CELL,
        )
        for name, axes, title in WEIGHTS
    )


def _results() -> tuple[Formula | Recorded, ...]:
    """How good the network is on these pictures, and on all."""
    return (
        Formula(
            name="accuracy",
            title="right, of these pictures",
            number_format="0.0%",
            role="result",
            pattern="SUM(right)/COUNT(right)",
        ),
        Formula(
            name="loss",
            title="loss on these pictures",
            number_format="0.0000",
            role="result",
            scale="logit",
            pattern="SUM(sample_loss)/COUNT(sample_loss)",
        ),
        Recorded(
            name="test_accuracy",
            title="right, of all held out",
            number_format="0.0%",
            made_by="engine.runs.digits.measured",
        ),
        Recorded(
            name="recorded_loss",
            title="loss when it was built",
            number_format="0.0000",
            made_by="engine.runs.digits.measured",
        ),
        Formula(
            name="status",
            width=21,
            title="is it the same?",
            text=True,
            role="check",
            pattern='IF(ABS(loss-recorded_loss)<0.000000001, "agrees with this sheet", "stale: an input changed")',
        ),
    )


def _samples() -> tuple[Given | Formula, ...]:
    """What is said of each picture."""
    return (
        Given(name="sample_number", title="picture", number_format="0", fixed=True, **SAMPLE),
        Given(name="digit", title="shows", number_format="0", low=0, high=6, whole=True, **SAMPLE),
        Formula(
            name="predicted",
            title="says",
            number_format="0",
            role="result",
            pattern="MATCH(MAX(logit), logit, 0)-1",
            **SAMPLE,
        ),
        Formula(
            name="right", title="right", number_format='"yes";;"no"', pattern="IF(predicted=digit, 1, 0)", **SAMPLE
        ),
        Formula(
            name="sample_loss",
            title="loss",
            number_format="0.000",
            scale="logit",
            pattern="LN(SUM(exponential))+MAX(logit)-INDEX(logit, 1, digit+1)",
            **SAMPLE,
        ),
    )


def _passes() -> tuple[Given | Formula, ...]:
    """The forward pass, from the last layer to the first."""
    return (
        axis_numbers("old_number", "old", across="old"),
        Formula(
            name="probability",
            axes="sample old",
            title="probability of each digit",
            number_format="0.0%",
            look="sequential",
            width=7,
            pattern="exponential/SUM(ALL(exponential, old))",
        ),
        Formula(
            name="exponential",
            axes="sample old",
            title="e^(logit − largest)",
            look="sequential",
            scale="logit",
            pattern="EXP(logit-MAX(ALL(logit, old)))",
            **CELL,
        ),
        Formula(
            name="logit",
            axes="sample old",
            title="logits: hidden 2 × old head",
            look="diverging",
            scale="hidden2",
            pattern="MMULT(hidden2, old_weight)+old_bias",
            **CELL,
        ),
        Formula(
            name="hidden2",
            axes="sample second",
            title="hidden 2 = max(0, hidden 1 × matrix 2 + biases)",
            look="sequential",
            scale="hidden1",
            pattern="MAX(0, MMULT(hidden1, body2_weight)+body2_bias)",
            **CELL,
        ),
        Formula(
            name="hidden1",
            axes="sample first",
            title="hidden 1 = max(0, pixels × matrix 1 + biases)",
            look="sequential",
            scale="body1_weight",
            pattern="MAX(0, MMULT(pixel, body1_weight)+body1_bias)",
            **CELL,
        ),
    )
