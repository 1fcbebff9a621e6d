"""The first steps of the run, the body frozen: Adam on the new head alone."""

from collections.abc import Mapping

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Repeat, Sheet, Unprinted, Words
from workbook.lessons.fine_tuning.network import FRESH, HEAD, TARGET, Pass, held_by, numbered, parameters
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
            The run begins here: the head as Surgery drew it, the rate and β1 of the one cycle on The run. The body gives the same activations in every
            step, so they are computed once, on Frozen step. Each step stands below the one before and starts from its weights and averages.
        """,
        blocks=(
            *ADAM,
            Given(name="step_number", axes="step", title="step", number_format="0", fixed=True),
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
            *PASS.activations(),
            *PASS.answers()[:3],
            *PASS.gradients(),
            *PASS.slopes(),
            *(formula for name in NAMES for formula in adam(name, BEFORE[name], "rate")),
        ),
        keep_labels=True,
        layout=(
            Fields("zero beta2 eps status"),
            Words("Rate, momentum and loss by step", "The loss is the one before the step."),
            Grid("step_number rate beta1 accuracy loss recorded_loss"),
            Unprinted(),
            Words("The steps", PANEL),
            Repeat("step", panel(("head2", "head1"))),
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
            Derive("fine_tuning.agreement", inputs={"found": "loss", "recorded": "recorded_loss"}, shown=False),
        ),
    )
