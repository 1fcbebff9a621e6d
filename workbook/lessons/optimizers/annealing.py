"""Annealing: Adam at a rate of 1 swings about the best line; at a falling rate it settles."""

from dataclasses import replace

from workbook.lesson.labels import label
from workbook.lesson.lesson import Chart, Charts, Derive, Fields, Formula, Given, Grid, Series, Sheet, Words
from workbook.lessons.optimizers.adam import BETAS, AdamRun
from workbook.lessons.optimizers.table import START, learning_rate, rows

LECTURE_BETAS = tuple(replace(given, value=0.9) if given.name == "beta2" else given for given in BETAS)
"""With the lecture's β2 Adam swings widely enough for the macro's rule to act."""
CONSTANT = AdamRun("constant_", "a constant rate", "learning_rate")
DECAYING = AdamRun("decaying_", "a decaying rate", "decaying_rate")
MACRO = AdamRun("macro_", "the macro's rule", "macro_rate")
RUNS = (CONSTANT, DECAYING, MACRO)


def sheet() -> Sheet:
    """Three runs of Adam, side by side."""
    epoch_start = "point_number=1"
    finished, before = "PREV(macro_energy, start)", "PREV(macro_last_energy, start)"
    macro = _macro(epoch_start, before, finished)
    derive = MACRO.derive("optimizers.annealing.macro_step", ("energy", "last_energy"))
    macro_derive = Derive(
        derive.function,
        inputs={**{k: v for k, v in derive.inputs.items() if k != "learning_rate"}, "rate_before": "macro_rate_before"},
        outputs={**derive.outputs, "rate": "macro_rate", "divided": "macro_divided"},
        step="step",
        state={**derive.state, "macro_rate_before": ("macro_rate", "learning_rate")},
        elementwise=True,
    )
    return Sheet(
        name="annealing",
        title="Annealing",
        summary="Adam at a rate of 1 swings about the best line; a falling rate settles; the lecture's macro as formulas",
        words="""
            At a constant rate Adam's steps do not get shorter, and carry it past the best line again and again. Let the rate fall, and it
            settles. A third way watches the gradients: where those of an epoch grow to more than twice those of the epoch before, the
            rate is divided by 4.
        """,
        tries="Set the decay to 0: two of the curves become one.",
        experts="""
            The third way is the macro of the lecture's workbook; here it is a formula, and a cell counts how often it acted. β2 is the lecture's
            0.9: torch's default of 0.999 damps the swings.
        """,
        blocks=(
            *_settings(),
            Formula(
                name="times_divided",
                title="divisions by the macro",
                number_format="0",
                role="result",
                pattern="SUM(macro_divided)",
                words="how often the macro's rule divided the rate",
            ),
            *rows(),
            label("point_number", "step", "data.point_number", "point", number_format="0"),
            Formula(
                name="decaying_rate",
                axes="step",
                title="decaying rate",
                number_format="0.0000",
                pattern="learning_rate/(1+decay*(step_number-1))",
            ),
            *macro,
            *(run.rmse() for run in RUNS),
            *(column for run in RUNS for column in run.columns()),
        ),
        layout=(
            Fields("learning_rate decay times_divided"),
            Charts("errors"),
            Words("More settings"),
            Fields("beta1 beta2 eps start ratio divisor least_energy"),
            Words("The rates, and the true error after each step"),
            Grid(
                "step_number point_number x y decaying_rate macro_divided macro_rate macro_energy macro_last_energy "
                + " ".join(f"{run.prefix}rmse" for run in RUNS)
            ),
            *(
                item
                for run in RUNS
                for item in (Words(f"Adam with {run.title}"), Grid(" ".join(column.name for column in run.columns())))
            ),
        ),
        charts=(
            Chart(
                name="errors",
                title="True RMSE by step",
                series=tuple(Series(f"{run.prefix}rmse", run.title, "step_number") for run in RUNS),
                x_title="step",
                y_title="RMSE (log)",
                alt="With a constant rate the error swings; with a falling rate it settles.",
                log_y=True,
                columns=9,
                rows=16,
            ),
        ),
        derive=(
            Derive("optimizers.annealing.rates", shown=False),
            CONSTANT.derive(),
            DECAYING.derive(),
            macro_derive,
            Derive("optimizers.annealing.times_divided", inputs={"divided": "macro_divided"}, shown=False),
            *(run.derive_rmse() for run in RUNS),
        ),
    )


def _settings() -> tuple[Given, ...]:
    """The first rate, its decay, and the macro's rule."""
    return (
        learning_rate(1.0, high=10.0),
        Given(
            name="decay",
            title="decay of the rate",
            value=0.05,
            low=0.0,
            high=1.0,
            unit=0.01,
            number_format="0.000",
            words="rate in step t = learning rate / (1 + decay · (t − 1))",
        ),
        *LECTURE_BETAS,
        START,
        Given(
            name="ratio",
            title="ratio of the macro's rule",
            value=2.0,
            low=1.0,
            high=100.0,
            probe=4.0,
            number_format="0.00",
            words="an epoch whose squared gradients are more than so many times the last one's …",
        ),
        Given(
            name="divisor",
            title="divisor of the macro's rule",
            value=4.0,
            low=1.0,
            high=100.0,
            number_format="0.00",
            words="… divides the rate by this",
        ),
        Given(
            name="least_energy",
            title="least squared gradients",
            value=1e-6,
            low=0.0,
            high=1e12,
            probe=1e12,
            number_format="0.0E+00",
            words="below this there is nothing left to learn",
        ),
    )


def _macro(epoch_start: str, before: str, finished: str) -> tuple[Formula, ...]:
    """The macro's rule: when the rate is divided, and by which sums."""
    return (
        Formula(
            name="macro_divided",
            axes="step",
            title="divided",
            number_format="0",
            pattern=f"IF(AND({epoch_start}, {before}>least_energy, {finished}>ratio*{before}), 1, 0)",
            note="1 at an epoch's first row, where the squared gradients of the last epoch are more than so many times those of the one before.",
        ),
        Formula(
            name="macro_rate",
            axes="step",
            title="rate",
            number_format="0.0000",
            pattern="PREV(macro_rate, learning_rate)/IF(macro_divided=1, divisor, 1)",
        ),
        Formula(
            name="macro_energy",
            axes="step",
            title="squared gradients so far",
            number_format="#,##0",
            width=19,
            pattern=f"IF({epoch_start}, 0, {finished})+macro_slope_gradient^2",
        ),
        Formula(
            name="macro_last_energy",
            axes="step",
            title="of the epoch before",
            number_format="#,##0",
            width=19,
            pattern=f"IF({epoch_start}, {finished}, {before})",
        ),
    )
