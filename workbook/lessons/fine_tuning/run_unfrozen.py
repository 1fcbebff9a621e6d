"""The first steps of the run with everything trained: Adam on all four matrices, each group at its own rate."""

from collections.abc import Mapping

from workbook.lesson.labels import axis_numbers, label
from workbook.lesson.lesson import Derive, Fields, Formula, Grid, Item, Recorded, Repeat, Sheet, Unprinted, Ways, Words
from workbook.lessons.fine_tuning.network import (
    AGREEMENT,
    CELL,
    HEAD,
    LAYERS,
    NEW_PIXEL,
    PRETRAINED,
    TARGET,
    Pass,
    across,
    axes,
    columns,
    held_by,
    numbered,
    parameters,
    rows,
    title,
)
from workbook.lessons.fine_tuning.regimes import MADE_BY
from workbook.lessons.fine_tuning.unrolled import ADAM, PANEL, STEP, adam, beta1, families, panel, recorded, states

STARTS = held_by(PRETRAINED | {layer: f"start_{layer}" for layer in HEAD})
BEFORE = {name: f"PREV(new_{name}, {start})" for name, start in STARTS.items()}
PASS = Pass(BEFORE, lead=STEP)
NAMES = parameters()

LAYOUT: tuple[Item, ...] = (
    Words("Each step in one row: its rates, and the loss before it"),
    Grid(
        """
        .           .    .        .     .             | layer_name
        step_number loss accuracy beta1 recorded_loss | layer_rate
        """,
        tight=True,
    ),
    Ways(
        (
            ("start_head1_weight", "the head that these steps start from"),
            ("hidden1", "step 1: forward"),
            ("logit_gradient", "step 1: back"),
            ("body1_weight_gradient", "step 1: gradients, averages, new weights of the body's first matrix"),
            ("head2_weight_gradient", "step 1: those of the head's last matrix"),
        )
    ),
    Words("What Adam is given, and whether these are the steps of the recorded run"),
    Fields("beta2 eps zero status"),
    Unprinted(),
    Words("The head that the unfrozen phase starts from: each row is an input, each column an output"),
    Grid(
        """
        . start_head1_weight | start_head2_weight
        . start_head1_bias   | start_head2_bias
        """,
        tight=True,
    ),
    Words("The steps", PANEL),
    Repeat("step", panel(tuple(LAYERS)), tight=True),
)


def sheet(sizes: Mapping[str, int]) -> Sheet:
    """Steps of Adam on everything, one below the other."""
    steps = sizes["cycle_step"]
    return Sheet(
        name="run_unfrozen",
        title="Run, unfrozen",
        summary=f"the first {sizes['step']} steps of the unfrozen phase unrolled: Adam on all four matrices",
        words=f"""
            Now everything is trained. The body is as it was pretrained, the head as {steps} frozen steps left it (recorded). Adam starts anew, and each layer has the
            learning rate of its group on sheet The run. In the table, the first layer's rate is a hundredth of the head's. Each step stands below the one before.
        """,
        blocks=(
            *ADAM,
            axis_numbers("step_number", "step", "step"),
            label("layer_name", "layer", "the_run.layer_name", across="layer", text=True),
            Formula(
                name="layer_rate",
                axes="step layer",
                title="learning rate of each layer",
                number_format="0.000000",
                width=11,
                pattern="INDEX(the_run.group_cycle, step_number, the_run.layer_group)",
            ),
            beta1(),
            *PASS.answers()[3:],
            *recorded(),
            *(
                Recorded(
                    name=f"start_{name}",
                    axes=axes(name),
                    across=across(name),
                    title=f"{title(name)}, to start from" if name.endswith("weight") else "its biases",
                    look="diverging",
                    made_by=MADE_BY,
                    **CELL,
                )
                for name in parameters(HEAD)
            ),
            numbered("picture_number", STEP),
            *columns("first", "second", "middle", "klass", lead=STEP),
            *rows("pixel", "first", "second", "middle", lead=STEP),
            *PASS.activations(),
            *PASS.answers()[:3],
            *PASS.gradients(),
            *PASS.parameter_gradients(),
            *(
                formula
                for number, layer in enumerate(LAYERS, start=1)
                for name in parameters((layer,))
                for formula in adam(name, BEFORE[name], f"INDEX(layer_rate, 1, {number})")
            ),
        ),
        keep_labels=True,
        experts="Fastai's β2 is 0.99; torch's own is 0.999.",
        layout=LAYOUT,
        derive=(
            Derive(
                "fine_tuning.unfrozen_pace",
                inputs={
                    "group_cycle": "the_run.group_cycle",
                    "momentum": "the_run.momentum",
                    "layer_group": "the_run.layer_group",
                },
                shown=False,
            ),
            Derive(
                "fine_tuning.run_unfrozen",
                inputs={"pixel": NEW_PIXEL, "target": TARGET},
                families=families(NAMES),
                step="step",
                state=states(NAMES, STARTS),
            ),
            AGREEMENT,
        ),
    )
