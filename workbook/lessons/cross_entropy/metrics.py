"""Metrics: what people look at beside the loss."""

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Words


def sheet() -> Sheet:
    """Accuracy and confusion matrix of the logits; errors of a regression."""
    return Sheet(
        name="metrics",
        title="Metrics",
        summary="accuracy, confusion matrix; and for regression MSE, RMSE, MAE and MAPE",
        words="""
            A loss is for the optimizer, a metric for people. Accuracy asks only whether the largest logit is the right one; the confusion matrix shows
            which class is taken for which. For numbers: MAPE is the mean absolute percentage error, of the actual value.
        """,
        blocks=(
            Formula(
                name="accuracy",
                title="accuracy",
                number_format="0.0%",
                role="result",
                blank="none",
                pattern='IF(MAX(target)<=0, "none", SUM(correct)/SUMPRODUCT((target>0)*1))',
                words="of the samples on CrossEntropyLoss that are not ignored",
            ),
            Formula(
                name="logit",
                axes="sample klass",
                title="logits",
                number_format="0.00",
                look="diverging",
                pattern="cross_entropy.logit",
            ),
            Formula(
                name="target", axes="sample", title="right class", number_format="0", pattern="cross_entropy.target"
            ),
            Formula(
                name="predicted",
                axes="sample",
                title="predicted",
                number_format="0",
                pattern="MATCH(MAX(logit), logit, 0)",
            ),
            Formula(
                name="correct", axes="sample", title="correct", number_format="0", pattern="IF(target=predicted, 1, 0)"
            ),
            Given(name="klass_number", axes="klass", title="right class", number_format="0", fixed=True),
            Given(name="other_number", axes="other", across="other", title="predicted", number_format="0", fixed=True),
            Formula(
                name="confusion",
                axes="klass other",
                title="how many",
                number_format='0;-0;"·"',
                look="sequential",
                pattern="COUNTIFS(target, klass_number, predicted, other_number)",
            ),
            Formula(
                name="mse",
                title="MSE",
                number_format="0.0000",
                pattern="SUM(squared)/COUNT(squared)",
                words="mean squared error",
            ),
            Formula(
                name="rmse",
                title="RMSE",
                number_format="0.0000",
                role="result",
                pattern="SQRT(mse)",
                words="its root, in the unit of the values",
            ),
            Formula(
                name="mae",
                title="MAE",
                number_format="0.0000",
                role="result",
                pattern="SUM(absolute)/COUNT(absolute)",
                words="mean absolute error",
            ),
            Formula(
                name="mape",
                title="MAPE",
                number_format="0.0%",
                role="result",
                pattern="SUM(percentage)/COUNT(percentage)",
                words="mean absolute percentage error",
            ),
            Given(name="actual", axes="row", title="actual", number_format="0.0", low=0.1, high=1e6),
            Given(name="forecast", axes="row", title="forecast", number_format="0.0", low=-1e6, high=1e6),
            Formula(
                name="error", axes="row", title="error", number_format="0.00", scale="actual", pattern="forecast-actual"
            ),
            Formula(name="squared", axes="row", title="squared", number_format="0.00", pattern="error^2"),
            Formula(
                name="absolute",
                axes="row",
                title="absolute",
                number_format="0.00",
                scale="actual",
                pattern="ABS(error)",
            ),
            Formula(
                name="percentage", axes="row", title="of the actual", number_format="0.0%", pattern="absolute/actual"
            ),
        ),
        layout=(
            Words("Classification"),
            Fields("accuracy"),
            Grid("target logit | predicted correct"),
            Grid("""
                .            other_number
                klass_number confusion
            """),
            Words("Regression"),
            Fields("mse rmse mae mape"),
            Grid("actual forecast error squared absolute percentage"),
        ),
        derive=(
            Derive("losses.metrics"),
            Derive("losses.regression"),
        ),
    )
