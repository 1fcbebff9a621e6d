"""Product or lookup: one loss by three routes."""

from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet
from workbook.lessons.cross_entropy.parts import class_names


def sheet() -> Sheet:
    """One-hot times log-probabilities, IF, and INDEX: the same number."""
    return Sheet(
        name="routes",
        title="Product or lookup",
        summary="one-hot × log-probabilities, IF, and INDEX: the same loss by three routes, as with embeddings",
        words="""
            The loss of a sample is minus the logarithm of one number: the probability of its right class. There are three ways to pick that number out of its
            row: multiply the row by a one-hot row and add up; choose by IF; look it up by INDEX.
        """,
        tries="Change a right class: all three follow, and stay equal.",
        experts="Torch looks the loss up: NLLLoss, the negative log-likelihood.",
        blocks=(
            Formula(
                name="mean_loss",
                title="mean loss",
                number_format="0.0000",
                role="result",
                pattern="SUM(by_lookup)/COUNT(by_lookup)",
                words="over the samples",
            ),
            Formula(
                name="distance",
                title="distance",
                number_format="0.0E+00",
                role="check",
                scale="by_lookup",
                pattern="SQRT(SUMPRODUCT((by_product-by_lookup)^2+(by_if-by_lookup)^2))",
                words="from the look-up to the other two ways, all samples together",
            ),
            *_given(),
            *_ways(),
        ),
        layout=(
            Fields("mean_loss distance"),
            Grid(
                """
                .            .      klass_name      | .                 .          .     .
                .            .      klass_number    | =klass_name       .          .     .
                sample_name  target probability     | log_probability   .          .     .

                .            .      =klass_name     | =klass_name       .          .     .
                =sample_name .      one_hot         | picked            by_product by_if by_lookup
                """,
                tight=True,
            ),
        ),
        column_width=6.9,
        derive=(Derive("losses.routes"),),
    )


def _given() -> tuple[Given | Formula, ...]:
    """Probabilities, the right classes, and what each way starts from."""
    return (
        axis_names("sample_name", "sample", width=12),
        class_names(),
        axis_numbers("klass_number", "klass", across="klass"),
        Formula(
            name="probability",
            axes="sample klass",
            title="probability, from CrossEntropyLoss",
            number_format="0.0000",
            look="sequential",
            pattern="cross_entropy.softmax",
        ),
        Given(
            name="target",
            axes="sample",
            title="right class",
            width=9.5,
            number_format="0",
            low=1,
            high=5,
            whole=True,
        ),
        Formula(
            name="log_probability",
            axes="sample klass",
            title="its logarithm",
            number_format="0.0000",
            pattern="LN(probability)",
        ),
        Formula(
            name="one_hot",
            axes="sample klass",
            title="one-hot: 1 at the right class",
            number_format='0;-0;"·"',
            look="sequential",
            pattern="IF(target=klass_number, 1, 0)",
        ),
    )


def _ways() -> tuple[Formula, ...]:
    """The loss of each sample by a product, by IF and by a look-up."""
    return (
        Formula(
            name="by_product",
            axes="sample",
            title="by product",
            width=9.5,
            number_format="0.0000",
            pattern="-SUMPRODUCT(one_hot, log_probability)",
        ),
        Formula(
            name="picked",
            axes="sample klass",
            title="picked by IF: all else is 0",
            number_format='0.0000;-0.0000;"·"',
            pattern="IF(target=klass_number, log_probability, 0)",
        ),
        Formula(
            name="by_if",
            axes="sample",
            title="by IF",
            number_format="0.0000",
            pattern="-SUM(picked)",
        ),
        Formula(
            name="by_lookup",
            axes="sample",
            title="by look-up",
            width=9.5,
            number_format="0.0000",
            role="result",
            pattern="-INDEX(log_probability, 1, target)",
        ),
    )
