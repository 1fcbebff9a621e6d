"""Product or lookup: one loss by three routes."""

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Words


def sheet() -> Sheet:
    """One-hot times log-probabilities, IF, and INDEX: the same number."""
    return Sheet(
        name="routes",
        title="Product or lookup",
        summary="one-hot × log-probabilities, IF, and INDEX: the same loss by three routes, as with embeddings",
        words="""
            Cross-entropy is minus the sum of one-hot × log-probability. All but one of the products are with 0: so choose the one by IF, or look it
            up by INDEX. As with embeddings, a one-hot product is a look-up. The probabilities are those of the sheet CrossEntropyLoss.
        """,
        experts="Torch looks the loss up: NLLLoss.",
        blocks=(
            Formula(
                name="mean_loss",
                title="mean loss",
                number_format="0.0000",
                role="result",
                pattern="SUM(by_lookup)/COUNT(by_lookup)",
                words="NLL: the negative log-likelihood",
            ),
            Formula(
                name="largest_difference",
                title="largest difference",
                number_format="0.0E+00",
                role="check",
                scale="by_lookup",
                pattern="SQRT(MAX(SUMPRODUCT(MAX((by_product-by_lookup)^2)), SUMPRODUCT(MAX((by_if-by_lookup)^2))))",
                words="of the three routes",
            ),
            Given(name="klass_number", axes="klass", across="klass", title="class", number_format="0", fixed=True),
            Formula(
                name="probability",
                axes="sample klass",
                title="probability",
                number_format="0.0000",
                look="sequential",
                pattern="cross_entropy.softmax",
            ),
            Given(name="target", axes="sample", title="right class", number_format="0", low=1, high=5, whole=True),
            Formula(
                name="log_probability",
                axes="sample klass",
                title="log-probability",
                number_format="0.0000",
                pattern="LN(probability)",
            ),
            Formula(
                name="one_hot",
                axes="sample klass",
                title="one-hot",
                number_format='0;-0;"·"',
                look="sequential",
                pattern="IF(target=klass_number, 1, 0)",
            ),
            Formula(
                name="by_product",
                axes="sample",
                title="by product",
                number_format="0.0000",
                pattern="-SUMPRODUCT(one_hot, log_probability)",
            ),
            Formula(
                name="picked",
                axes="sample klass",
                title="picked by IF",
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
                number_format="0.0000",
                role="result",
                pattern="-INDEX(log_probability, 1, target)",
            ),
        ),
        layout=(
            Fields("mean_loss largest_difference"),
            Grid("""
                .      klass_number | . .
                target probability  | . .
                .      log_probability | one_hot picked
            """),
            Words("Three routes"),
            Grid("by_product by_if by_lookup"),
        ),
        derive=(Derive("losses.routes"),),
    )
