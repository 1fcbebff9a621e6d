"""What both models' sheets share: the switch of weights, the rows of an image, headings over classes."""

from typing import Any

from workbook.lesson.labels import label
from workbook.lesson.lesson import Derive, Formula, Given, Grid, Option, Recorded

MADE_BY = "engine.runs.mnist_training.record"
LARGEST = 100.0
MNIST_FOLDER = Option(
    "mnist",
    str,
    None,
    "Folder with MNIST's four IDX files, gzipped or not, in place of the bundled 10,000 digits",
    path=True,
    metavar="DIR",
)
ACROSS = {
    "klass pixel": "klass",
    "hidden pixel": "hidden",
    "klass hidden": "klass",
    "klass": "klass",
    "hidden": "hidden",
}
"""Which axis of a parameter runs across columns, so that a matrix product takes it as it stands."""

OUTCOME = Grid(
    """
    .            .     .         .       .           | klass_number
    image_number label predicted correct sample_loss | probability
    """,
    tight=True,
)
"""How what a model says of each image is drawn."""

LOSS = Grid(
    """
    .             | logit_klass .       .               | exponential_klass | one_hot_klass | slope_klass
    =image_number | logit       row_max exponential_sum | exponential       | one_hot       | logit_gradient
    """,
    tight=True,
)
"""How the way from logits to the loss and their gradient is drawn."""


def switch() -> Given:
    """Which weights the sheet computes with."""
    return Given(
        name="weights_from",
        title="weights",
        value="initial",
        choices=("initial", "trained"),
        words="initial, or trained (recorded)",
    )


def rates() -> tuple[Given, ...]:
    """The learning rate and the weight decay of the lesson."""
    return (
        Given(
            name="learning_rate",
            title="learning rate",
            value=0.02,
            low=0.0,
            high=1.0,
            unit=0.01,
            number_format="0.0000",
            words="new = old − rate × gradient",
        ),
        Given(
            name="wd",
            title="weight decay",
            value=1e-5,
            low=0.0,
            high=0.1,
            unit=1e-5,
            number_format="0.0E+00",
            words="loss = cross-entropy + weight decay × the sum of all squared parameters",
        ),
    )


def parameter(name: str, axes: str, title: str) -> tuple[Given | Formula | Recorded, ...]:
    """A parameter before and after training, and the one in use."""
    shape: dict[str, Any] = {"axes": axes, "across": ACROSS[axes], "number_format": "0.0000"}
    return (
        Given(name=f"initial_{name}", title=f"initial {title}", low=-LARGEST, high=LARGEST, unit=0.01, **shape),
        Recorded(name=f"trained_{name}", title=f"trained {title}", made_by=MADE_BY, **shape),
        Formula(
            name=name,
            title=f"{title} in use",
            role="parameter",
            look="diverging" if " " in axes else "",
            pattern=f'IF(weights_from="initial", initial_{name}, trained_{name})',
            **shape,
        ),
    )


def chosen(name: str) -> Derive:
    """The function that chooses the parameter in use."""
    inputs = {"initial": f"initial_{name}", "trained": f"trained_{name}"}
    return Derive("mnist.choose", inputs=inputs, outputs={"chosen": name}, shown=False)


def numbered(name: str, of: str, axis: str, title: str = "") -> Formula:
    """A heading over columns: the numbers of another block."""
    return label(name, axis, of, title, across=axis, number_format="0")


def numbered_rows(name: str, of: str, axis: str, title: str) -> Formula:
    """A heading beside rows: the numbers of another block."""
    return label(name, axis, of, title, number_format="0")


def turned(of: str, axes: str, title: str, **form: Any) -> Formula:
    """A gradient with its rows as columns, so that a row of it meets a column of inputs: `logit_gradient.T @ x`."""
    return Formula(name=f"{of}_turned", axes=axes, across="image", title=title, pattern=of, **form)


def result(name: str, title: str, pattern: str, words: str = "", **more: Any) -> Formula:
    """A number of the mini-batch that people look for."""
    form = {"number_format": "0.0000", "role": "result"} | more
    return Formula(name=name, title=title, pattern=pattern, words=words, **form)


def after_softmax(images: int) -> tuple[Formula, ...]:
    """From logits to the loss of each image, and the gradient of the logits."""
    form: dict[str, Any] = {"axes": "image klass", "number_format": "0.0000"}
    row: dict[str, Any] = {"axes": "image", "number_format": "0.0000"}
    return (
        Formula(name="row_max", title="largest logit", pattern="MAX(logit)", **row),
        Formula(
            name="exponential", title="e^(logit − largest)", pattern="EXP(logit-row_max)", look="sequential", **form
        ),
        Formula(name="exponential_sum", title="their sum", pattern="SUM(exponential)", **row),
        Formula(
            name="probability",
            title="probabilities = softmax",
            pattern="exponential/exponential_sum",
            look="sequential",
            **form,
        ),
        Formula(
            name="one_hot",
            title="one-hot: 1 at the right digit",
            pattern="IF(label=klass_number, 1, 0)",
            look="sequential",
            axes="image klass",
            number_format='0;-0;"·"',
        ),
        Formula(
            name="sample_loss",
            title="cross-entropy",
            pattern="row_max+LN(exponential_sum)-INDEX(logit, 1, label+1)",
            scale="logit",
            note="−ln of the probability of the right class, without ever taking the logarithm of a small number: no overflow, no LN(0).",
            **row,
        ),
        Formula(
            name="predicted",
            title="predicted",
            axes="image",
            number_format="0",
            pattern="MATCH(MAX(logit), logit, 0)-1",
            note="The class of the largest logit; of equal ones the first.",
        ),
        Formula(name="correct", title="right: 1", axes="image", number_format="0", pattern="IF(predicted=label, 1, 0)"),
        Formula(
            name="logit_gradient",
            title=f"gradient of each logit: (probability − one-hot) / {images}",
            pattern=f"(probability-one_hot)/{images}",
            look="diverging",
            **form,
        ),
    )


def new_losses(number: str = "new_logit") -> tuple[Formula, ...]:
    """The loss of the same mini-batch after the step."""
    return (
        Formula(
            name="new_exponential",
            axes="image klass",
            title="e^(logit − largest), after",
            number_format="0.0000",
            look="sequential",
            pattern=f"EXP({number}-MAX(ALL({number}, klass)))",
        ),
        Formula(
            name="new_sample_loss",
            axes="image",
            title="cross-entropy after",
            number_format="0.0000",
            scale=number,
            pattern=f"MAX({number})+LN(SUM(new_exponential))-INDEX({number}, 1, label+1)",
        ),
        Formula(
            name="new_predicted",
            title="predicted after",
            axes="image",
            number_format="0",
            pattern=f"MATCH(MAX({number}), {number}, 0)-1",
        ),
        result("new_cross_entropy", "cross-entropy after the step", "SUM(new_sample_loss)/COUNT(new_sample_loss)"),
        result(
            "new_accuracy",
            "accuracy after the step",
            "SUMPRODUCT((new_predicted=label)*1)/COUNT(new_predicted)",
            number_format="0.0%",
        ),
    )


def losses(parameters: str) -> tuple[Formula, ...]:
    """The mean over the mini-batch, the penalty, and their sum."""
    return (
        result(
            "cross_entropy",
            "cross-entropy",
            "SUM(sample_loss)/COUNT(sample_loss)",
            "the mean over the mini-batch",
            role=None,
        ),
        result(
            "penalty",
            "penalty",
            f"wd*({parameters})",
            "weight decay × the squares of all weights and biases",
            role=None,
            number_format="0.000000",
        ),
        result("loss", "loss", "cross_entropy+penalty"),
        result("accuracy", "accuracy", "SUM(correct)/COUNT(correct)", "", number_format="0.0%"),
    )
