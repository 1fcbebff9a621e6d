"""Metrics: what people look at beside the loss."""

from workbook.lesson.labels import axis_names, axis_numbers, label
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Words
from workbook.lessons.cross_entropy.parts import class_names


def sheet() -> Sheet:
    """Accuracy and confusion matrix of the logits; errors of a regression."""
    return Sheet(
        name="metrics",
        title="Metrics",
        summary="accuracy, confusion matrix; and for regression MSE, RMSE, MAE and MAPE",
        words="""
            A loss tells the optimizer which way to go; a metric tells people how good a model is. Accuracy only counts how often the
            largest logit is that of the right class. The confusion matrix shows which class is taken for which. Where a number is
            predicted, metrics say how far off it is.
        """,
        tries="Move one forecast far away, and see which of them grows most.",
        blocks=(
            Formula(
                name="accuracy",
                title="accuracy",
                number_format="0.0%",
                role="result",
                blank="none",
                pattern='IF(MAX(target)<=0, "none", SUM(correct)/SUMPRODUCT((target>0)*1))',
                words="the share of samples that are right; ignored ones are not counted",
            ),
            axis_names("sample_name", "sample", width=17),
            class_names(),
            label("predicted_name", "klass", "softmax.class_name", text=True, width=17),
            axis_names("forecast_name", "row"),
            *_confusion(),
            *_regression(),
        ),
        layout=(
            Fields("accuracy"),
            Grid(
                """
                .              .            klass_name   | .         .
                sample_name    target       logit        | predicted correct

                .              .            =klass_name  | .         .
                .              .            other_number | .         .
                predicted_name klass_number confusion    | .         .
                """,
                tight=True,
            ),
            Words("Where a number is predicted"),
            Fields("mse rmse mae mape"),
            Grid("forecast_name actual forecast error squared absolute percentage"),
        ),
        column_width=8,
        derive=(
            Derive("losses.metrics"),
            Derive("losses.regression"),
        ),
    )


def _confusion() -> tuple[Given | Formula, ...]:
    """What is taken for what."""
    return (
        Formula(
            name="logit",
            axes="sample klass",
            title="logits, from CrossEntropyLoss",
            number_format="0.00",
            look="diverging",
            pattern="cross_entropy.logit",
        ),
        Formula(
            name="target",
            axes="sample",
            title="right class",
            width=10.5,
            number_format="0",
            pattern="cross_entropy.target",
        ),
        Formula(
            name="predicted",
            axes="sample",
            title="predicted",
            width=9.5,
            number_format="0",
            pattern="MATCH(MAX(logit), logit, 0)",
        ),
        Formula(
            name="correct", axes="sample", title="right: 1", number_format="0", pattern="IF(target=predicted, 1, 0)"
        ),
        axis_numbers("klass_number", "klass", "right"),
        axis_numbers("other_number", "other", across="other"),
        Formula(
            name="confusion",
            axes="klass other",
            title="how many samples: rows are what is right, columns what was predicted",
            number_format='0;-0;"·"',
            look="sequential",
            pattern="COUNTIFS(target, klass_number, predicted, other_number)",
        ),
    )


def _regression() -> tuple[Given | Formula, ...]:
    """Forecasts beside what came, and the measures of their errors."""
    return (
        Formula(
            name="mse",
            title="MSE",
            number_format="0.0000",
            pattern="SUM(squared)/COUNT(squared)",
            words="the mean of the squared errors",
        ),
        Formula(
            name="rmse",
            title="RMSE",
            number_format="0.0000",
            role="result",
            pattern="SQRT(mse)",
            words="its square root: in the unit of the forecast, so the two can be compared",
        ),
        Formula(
            name="mae",
            title="MAE",
            number_format="0.0000",
            role="result",
            pattern="SUM(absolute)/COUNT(absolute)",
            words="the mean size of an error",
        ),
        Formula(
            name="mape",
            title="MAPE",
            number_format="0.0%",
            role="result",
            pattern="SUM(percentage)/COUNT(percentage)",
            words="the mean size of an error as a share of the actual value",
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
        Formula(name="percentage", axes="row", title="share", width=8, number_format="0.0%", pattern="absolute/actual"),
    )
