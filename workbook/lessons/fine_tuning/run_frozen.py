"""The first steps of the run, the body frozen: Adam on the new head alone."""

from collections.abc import Mapping

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Derive, Fields, Formula, Grid, Repeat, Sheet, Unprinted, Ways, Words
from workbook.lessons.fine_tuning.network import (
    AGREEMENT,
    FRESH,
    HEAD,
    TARGET,
    Pass,
    columns,
    held_by,
    numbered,
    parameters,
    rows,
)
from workbook.lessons.fine_tuning.unrolled import ADAM, PANEL, STEP, adam, beta1, families, panel, recorded, states

STARTS = held_by(FRESH)
BEFORE = {name: f"PREV(new_{name}, {start})" for name, start in STARTS.items()}
PASS = Pass(BEFORE, layers=HEAD, inputs={"hidden2": "frozen_step.hidden2"}, lead=STEP)
NAMES = parameters(HEAD)


def sheet(sizes: Mapping[str, int]) -> Sheet:
    """Steps of Adam on the head, one below the other."""
    return Sheet(
        name="run_frozen",
        title="Run, frozen",
        summary=f"the first {sizes['step']} steps of the frozen phase unrolled: Adam on the new head",
        words="""
            The first steps of the run with every number: Adam on the new head, at the learning rates of sheet The run. The body is frozen and gives the same
            numbers in every step, those of sheet Frozen step. Watch the loss fall from row to row; a step starts from the weights that the one above it left.
        """,
        blocks=(
            *ADAM,
            axis_numbers("step_number", "step", "step"),
            Formula(
                name="rate",
                axes="step",
                title="learning rate",
                number_format="0.000000",
                width=11,
                pattern="INDEX(the_run.frozen_cycle, step_number, 1)",
            ),
            beta1(),
            *PASS.answers()[3:],
            *recorded(),
            numbered("picture_number", STEP),
            *columns("middle", "klass", lead=STEP),
            *rows("second", "middle", lead=STEP),
            *PASS.activations(),
            *PASS.answers()[:3],
            *PASS.gradients(),
            *PASS.parameter_gradients(),
            *(formula for name in NAMES for formula in adam(name, BEFORE[name], "rate")),
        ),
        keep_labels=True,
        experts="Fastai's β2 is 0.99; torch's own is 0.999.",
        layout=(
            Words("Each step in one row: its rate, and the loss before it"),
            Grid("step_number loss accuracy rate beta1 recorded_loss"),
            Ways(
                (
                    ("head_hidden", "step 1: forward"),
                    ("logit_gradient", "step 1: back"),
                    ("head1_weight_gradient", "step 1: gradients, averages, new weights of the first matrix"),
                    ("head2_weight_gradient", "step 1: those of the second matrix"),
                )
            ),
            Words("What Adam is given, and whether these are the steps of the recorded run"),
            Fields("beta2 eps zero status"),
            Unprinted(),
            Words("The steps", PANEL),
            Repeat("step", panel(HEAD), tight=True),
        ),
        derive=(
            Derive(
                "fine_tuning.frozen_pace",
                inputs={"frozen_cycle": "the_run.frozen_cycle", "momentum": "the_run.momentum"},
                shown=False,
            ),
            Derive(
                "fine_tuning.run_frozen",
                inputs={"hidden2": "frozen_step.hidden2", "target": TARGET},
                families=families(NAMES),
                step="step",
                state=states(NAMES, STARTS),
            ),
            AGREEMENT,
        ),
    )
