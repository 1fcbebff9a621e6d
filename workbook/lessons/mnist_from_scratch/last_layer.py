"""Adam's step beside SGD's, for every weight of the network's last layer."""

from typing import Any

from workbook.lesson.lesson import (
    Beside,
    Chart,
    Charts,
    Derive,
    Fields,
    Formula,
    Given,
    Grid,
    Item,
    Series,
    Sheet,
    Unprinted,
    Words,
)
from workbook.lessons.mnist_from_scratch import parts

LAYOUT: tuple[Item, ...] = (
    Beside(
        (
            (
                Fields("adam_rate learning_rate"),
                Fields("sgd_largest adam_largest"),
                Fields("beta1 beta2 adam_eps adam_t"),
            ),
            (Charts("changes"),),
        )
    ),
    Unprinted(),
    Words("Every weight of the last layer: each row is a hidden unit, each column a digit"),
    Grid(
        """
        .           | gradient_klass   | change_klass | step_klass
        unit_number | weight2_gradient | sgd_change   | adam_change
        """,
        tight=True,
    ),
    Words("How Adam gets there"),
    Grid(
        """
        .            | old_klass | squares_klass | after_klass | after_squares_klass | hat_klass | hat_squares_klass | new_klass
        =unit_number | old_mean  | old_square    | adam_mean   | adam_square         | mean_hat  | square_hat        | adam_weight2
        """,
        tight=True,
    ),
)

CELLS: dict[str, Any] = {"axes": "klass hidden", "across": "klass", "look": "diverging"}


def sheet() -> Sheet:
    """The same gradient, two optimizers."""
    # A change is new less old: torch gives it to the last digit of the weight, not of the change.
    change: dict[str, Any] = {"number_format": "0.000000", "scale": "network.weight2"}
    columns = ("change", "old", "squares", "after", "after_squares", "hat", "hat_squares", "step", "new")
    return Sheet(
        name="last_layer",
        title="Adam and SGD",
        summary="one gradient, two optimizers: what SGD and Adam do to each weight of the last layer",
        words="""
            One gradient, two optimizers. SGD moves a weight in proportion to its gradient: the points lie on a line. Adam divides by the size that gradients
            usually have: in its first step every weight moves by nearly the whole learning rate, up or down, however small its gradient. So a rate that is
            right for SGD is too large for Adam. Sheet Training shows what that does to whole runs.
        """,
        blocks=(
            *_settings(),
            parts.result("sgd_largest", "largest change by SGD", "MAX(MAX(sgd_change), -MIN(sgd_change))", **change),
            parts.result(
                "adam_largest", "largest change by Adam", "MAX(MAX(adam_change), -MIN(adam_change))", **change
            ),
            parts.numbered_rows("unit_number", "network.hidden_number", "hidden", "hidden unit"),
            *(parts.numbered(f"{name}_klass", "network.klass_number", "klass") for name in ("gradient", *columns)),
            Formula(
                name="weight2_gradient",
                title="gradient",
                number_format="0.0000",
                pattern="network.weight2_gradient",
                **CELLS,
            ),
            Formula(
                name="sgd_change",
                title="SGD: −rate × gradient",
                number_format="0.000000",
                pattern="-learning_rate*weight2_gradient",
                scale="network.weight2",
                **CELLS,
            ),
            *_adam(),
        ),
        layout=LAYOUT,
        charts=(
            Chart(
                name="changes",
                title="What one step does to ten weights",
                kind="points",
                series=(
                    Series("sgd_change", "SGD", "weight2_gradient", (0,), colour=0),
                    Series("adam_change", "Adam", "weight2_gradient", (0,), colour=2),
                ),
                x_title="gradient",
                y_title="change of the weight",
                alt="SGD's changes lie on a falling line; Adam's lie at two heights, above 0 where the gradient is below it, and below 0 where it is above.",
                columns=5,
            ),
        ),
        keep_labels=True,
        derive=(
            Derive(
                "mnist.last_layer",
                inputs={"weight2": "network.weight2"},
            ),
        ),
    )


def _adam() -> tuple[Given | Formula, ...]:
    """Adam's averages before and after the step, and what it does to each weight."""
    averages = (
        ("adam_mean", "average of gradients, after", "beta1*old_mean+(1-beta1)*weight2_gradient"),
        ("adam_square", "average of squares, after", "beta2*old_square+(1-beta2)*weight2_gradient*weight2_gradient"),
        ("mean_hat", "… corrected for its start", "adam_mean/(1-IF(beta1=0, 0, EXP(adam_t*LN(beta1))))"),
        ("square_hat", "… corrected for its start", "adam_square/(1-IF(beta2=0, 0, EXP(adam_t*LN(beta2))))"),
    )
    return (
        Given(
            name="old_mean",
            title="average of gradients, before",
            number_format="0.0000",
            low=-100,
            high=100,
            unit=0.01,
            **CELLS,
        ),
        Given(
            name="old_square",
            title="average of squares, before",
            number_format="0.000000",
            low=0,
            high=10_000,
            unit=0.0001,
            **(CELLS | {"look": "sequential"}),
        ),
        *(
            Formula(name=name, title=title, number_format="0.0E+00", pattern=pattern, **CELLS)
            for name, title, pattern in averages
        ),
        Formula(
            name="adam_change",
            title="Adam: −rate × average / (√squares + ε)",
            number_format="0.000000",
            pattern="-adam_rate*mean_hat/(SQRT(square_hat)+adam_eps)",
            scale="network.weight2",
            note="Where the gradient is nothing but the weight decay's, Adam still moves by the whole rate.",
            **CELLS,
        ),
        Formula(
            name="adam_weight2",
            title="weights after Adam's step",
            number_format="0.0000",
            pattern="network.weight2+adam_change",
            **CELLS,
        ),
    )


def _settings() -> tuple[Given | Formula, ...]:
    """What both steps are made with."""
    return (
        Given(
            name="adam_rate",
            title="Adam's learning rate",
            value=0.001,
            low=0.0,
            high=1.0,
            unit=0.001,
            number_format="0.0000",
        ),
        Given(name="beta1", title="β₁", value=0.9, low=0.0, high=0.9999, number_format="0.0000"),
        Given(name="beta2", title="β₂", value=0.999, low=0.0, high=0.99999, probe=0.5, number_format="0.00000"),
        Given(name="adam_eps", title="ε", value=1e-8, low=1e-8, high=1.0, probe=0.01, number_format="0.0E+00"),
        Given(
            name="adam_t",
            title="step",
            value=1.0,
            low=1,
            high=100_000,
            whole=True,
            number_format="0",
            words="in step 1 they start at 0",
        ),
        Formula(
            name="learning_rate",
            title="SGD's learning rate",
            number_format="0.0000",
            pattern="network.learning_rate",
            words="of sheet Network",
        ),
    )
