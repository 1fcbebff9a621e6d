"""Exercises: a new head counted, a frozen step by hand, rates by layer group, and what a frozen batch norm still moves."""

from functools import cache

import numpy as np

from workbook.lesson.exercise import Exercise, Exercises, Slip
from workbook.lesson.lesson import Array, Block, Data, Formula, Given, Recorded
from workbook.lessons.fine_tuning import sheets
from workbook.lessons.fine_tuning.loading import axis_sizes, table_values

SHOTS, STEPS, CLASSES, SIDE = 2, 1, 3, 2


class _Runs:
    """The lengths of a run's axes, as short as they can be: no exercise is about the runs."""

    MIDDLE, CLASSES, FROZEN_STEPS, UNFROZEN_STEPS, EVERY, TRIED_RATES = 3, CLASSES, 2, 2, 1, (0.1,)


SIZES = axis_sizes(SHOTS, 1, STEPS, _Runs) | {
    "pixel": SIDE**2,
    "first": 3,
    "second": 3,
    "old": CLASSES,
    "example": 2,
    "digit": CLASSES,
    "high": SIDE,
    "wide": SIDE,
    "sample": 2 * CLASSES,
    "run": 2,
}
_HEAD = {
    "head1_weight": ("second", "middle"),
    "head1_bias": ("middle",),
    "head2_weight": ("middle", "klass"),
    "head2_bias": ("klass",),
}
"""The new head at the start of the unfrozen step, which is drawn here: its parameters, and their axes."""
FACTS = {
    "train_images": "pictures",
    "test_images": "0",
    "shown_count": f"{SHOTS} pictures",
    "large_rate": "0.1",
    "source": "Pictures of two by two pixels, drawn for these exercises.",
}


def draw(rng: np.random.Generator) -> Data:
    """Pictures of four pixels, and a network of three by three units, of a student's own."""
    values = {name: _drawn(block, [SIZES[axis] for axis in block.axis_names], rng) for name, block in _to_fill()}
    fixed = {name: value for name, value in table_values(STEPS).items() if name in values}
    low = round(float(rng.uniform(0.0005, 0.002)), 4)
    heads = {
        f"unfrozen_step.{name}": np.round(rng.normal(0.3, 0.8, [SIZES[axis] for axis in axes]), 2)
        for name, axes in _HEAD.items()
    }
    own: dict[str, Array] = {
        "pretrained.digit": rng.permutation(np.tile(np.arange(float(CLASSES)), 2)),
        "pretrained.old_number": np.arange(float(CLASSES)),
        "the_run.count_name": np.array([FACTS["shown_count"]], dtype=object),
        "new_digits.target": np.repeat(np.arange(1.0, CLASSES + 1), SHOTS),
        "new_digits.klass_digit": np.arange(7.0, 7.0 + CLASSES),
        "frozen_step.rate": np.array(round(float(rng.uniform(0.2, 0.6)), 2)),
        "unfrozen_step.low_rate": np.array(low),
        "unfrozen_step.high_rate": np.array(round(low * float(rng.uniform(20.0, 80.0)), 3)),
        "batch_norm.momentum": np.array(round(float(rng.uniform(0.15, 0.45)), 2)),
    }
    return Data(SIZES, {**values, **fixed, **heads, **own}, FACTS, "none")


@cache
def _to_fill() -> tuple[tuple[str, Block], ...]:
    """The blocks without a value of their own, by `sheet.block`: the same for every student."""
    return tuple(
        (f"{sheet.name}.{block.name}", block)
        for sheet in sheets(SIZES, FACTS)
        for block in sheet.blocks
        if isinstance(block, Recorded) or (isinstance(block, Given) and block.value is None)
    )


def _drawn(block: Block, shape: list[int], rng: np.random.Generator) -> Array:
    """Numbers for a block that has none of its own: an enumeration, words, or what is usual for weights."""
    count = int(np.prod(shape, dtype=np.int64))
    if isinstance(block, Given) and block.is_text:
        return np.array([f"{block.name} {n}" for n in range(1, count + 1)], dtype=object).reshape(shape)
    if block.name.endswith("_number"):
        return np.arange(1.0, count + 1).reshape(shape)
    if block.name.endswith("variance"):
        return np.round(rng.uniform(0.5, 2.0, shape), 2)
    low, high = (block.low, block.high) if isinstance(block, Given) else (None, None)
    numbers = np.round(rng.normal(0.3, 0.8, shape), 2)
    return np.clip(numbers, -np.inf if low is None else low, np.inf if high is None else high)


_TARGET = "new_digits.target=new_digits.klass_number"
_HOT = f"IF({_TARGET}, 1, 0)"
_KEPT = "(1-momentum)*running_variance"

EXERCISES = Exercises(
    draw=draw,
    given=" ".join(f"unfrozen_step.{name}" for name in _HEAD),
    each=(
        Exercise(
            name="F1",
            block="surgery.after_parameters",
            kind="predict",
            task="How many parameters has each layer of the network with its new head?",
            hints=("Weights and biases.", "inputs · outputs + outputs"),
            check="ANSWER/after_outputs = after_inputs+1",
            unit="1/after_outputs",
            accepted=("(after_inputs+1)*after_outputs",),
            slips=(
                Slip(pattern="after_weights", says="the biases are forgotten", undo="ANSWER+after_outputs"),
                Slip(
                    pattern="after_weights+after_inputs+1",
                    says="one bias for each output, not for each input",
                    undo="ANSWER-after_inputs-1+after_outputs",
                ),
            ),
        ),
        Exercise(
            name="F2",
            block="surgery.trained_share",
            kind="predict",
            task="What share of the numbers is trained while the body is frozen?",
            hints=("Added over all.", "the new head / the whole network"),
            check="ANSWER*after_total = added",
            unit="after_total",
            accepted=("(after_total-kept)/after_total",),
            slips=(
                Slip(
                    pattern="added/before_total",
                    says="divided by the old network's total",
                    seen="ANSWER*before_total = added",
                ),
                Slip(pattern="added/kept", says="divided by what is frozen, not by all", seen="ANSWER*kept = added"),
                Slip(pattern="kept/after_total", says="that is the frozen share", seen="ANSWER*after_total = kept"),
            ),
        ),
        Exercise(
            name="F3",
            block="frozen_step.logit_gradient",
            kind="gradient",
            task="Write the gradient of the mean loss with respect to each logit of the new head.",
            hints=("probability − one-hot.", "divided by the number of pictures"),
            points=2,
            check=f"ANSWER*new_digits.images+({_TARGET}) = probability",
            unit="new_digits.images",
            accepted=(f"probability/new_digits.images-{_HOT}/new_digits.images",),
            slips=(
                Slip(
                    pattern=f"probability-{_HOT}",
                    says="not divided by the pictures",
                    undo="(ANSWER/new_digits.images)",
                ),
                Slip(
                    pattern="probability/new_digits.images",
                    says="the right class's 1 is not subtracted",
                    undo=f"(ANSWER-({_TARGET})/new_digits.images)",
                ),
                Slip(pattern=f"({_HOT}-probability)/new_digits.images", says="its sign is wrong", undo="(-ANSWER)"),
            ),
        ),
        Exercise(
            name="F4",
            block="frozen_step.head_hidden_gradient",
            kind="gradient",
            task="Go back through the last matrix and the ReLU of the new head.",
            title="gradient at the hidden units, new head",
            hints=(
                "Gradient · weights, where the unit was on.",
                "IF(h > 0, Σ over the classes of gradient · weight, 0)",
            ),
            check="SUMPRODUCT(ANSWER, probe) = SUMPRODUCT(logit_gradient, along)",
            unit="probe",
            accepted=("(head_hidden>0)*SUMPRODUCT(logit_gradient, surgery.head2_weight)",),
            blocks=(
                Given(name="probe", axes="middle", across="middle", title="a direction to look along", fixed=True),
                Formula(
                    name="on", axes="image middle", title="it, where units were on", pattern="(head_hidden>0)*probe"
                ),
                Formula(
                    name="along", axes="image klass", title="carried forward", pattern="MMULT(on, surgery.head2_weight)"
                ),
            ),
            slips=(
                Slip(pattern="SUMPRODUCT(logit_gradient, surgery.head2_weight)", says="the ReLU is forgotten"),
                Slip(
                    pattern="IF(head_hidden>0, SUM(logit_gradient)+SUM(surgery.head2_weight), 0)",
                    says="sums added up: it is the sum of products",
                ),
            ),
        ),
        Exercise(
            name="F5",
            block="frozen_step.kept_numbers",
            kind="predict",
            task="How many numbers does Adam keep for each layer beside its parameters: gradients and averages?",
            hints=("A gradient and two averages.", "parameters · (1 + 2)"),
            check="ANSWER-parameters-parameters = parameters",
            accepted=("parameters*3",),
            slips=(
                Slip(
                    pattern="parameters*2",
                    says="two averages and the gradient: three",
                    seen="ANSWER-parameters = parameters",
                ),
                Slip(pattern="parameters", says="that is SGD without momentum", seen="ANSWER = parameters"),
            ),
        ),
        Exercise(
            name="F6",
            block="unfrozen_step.group_rate",
            kind="fill",
            task="slice(a, b) over three layer groups: write the rate of each.",
            hints=("Geometric.", "a·(b/a)^((k − 1)/2)"),
            check="LN(ANSWER/low_rate)*2 = (group_number-1)*LN(high_rate/low_rate)",
            unit="2/ANSWER",
            hides="start",
            accepted=("low_rate*(high_rate/low_rate)^((group_number-1)/2)",),
            slips=(
                Slip(
                    pattern="low_rate+(high_rate-low_rate)*(group_number-1)/2",
                    says="evenly on a straight scale: it is geometric",
                    seen="(ANSWER-low_rate)*2 = (high_rate-low_rate)*(group_number-1)",
                ),
                Slip(
                    pattern="IF(group_number=3, high_rate, high_rate/10)",
                    says="that is slice(b)",
                    seen="ANSWER*IF(group_number=3, 1, 10) = high_rate",
                ),
                Slip(
                    pattern="IF(group_number=3, high_rate, high_rate/3)",
                    says="that was slice(b) up to fastai 1.0.28",
                    seen="ANSWER*IF(group_number=3, 1, 3) = high_rate",
                ),
            ),
        ),
        Exercise(
            name="F7",
            block="batch_norm.new_running_variance",
            kind="bug",
            task="The running variance after a step with train_bn=True is wrong here: mend it.",
            hints=("n or n − 1, and whose share is the momentum?", "(1 − m)·old + m·Σ(x − mean)²/(n − 1)"),
            points=2,
            check=f"(ANSWER-{_KEPT})*(new_digits.images-1)/momentum = squares",
            unit="(new_digits.images-1)/momentum",
            accepted=(f"{_KEPT}+momentum*SUMPRODUCT((affine1-batch_mean)^2)/(new_digits.images-1)",),
            blocks=(
                Formula(
                    name="squares",
                    axes="first",
                    across="first",
                    title="Σ(x − mean)²",
                    pattern="DEVSQ(affine1)",
                ),
            ),
            slips=(
                Slip(
                    pattern=f"{_KEPT}+momentum*batch_variance",
                    says="divided by n: torch divides by n − 1",
                    undo=f"((ANSWER-{_KEPT})*new_digits.images/(new_digits.images-1)+{_KEPT})",
                ),
                Slip(
                    pattern=(
                        "momentum*running_variance+(1-momentum)*batch_variance*new_digits.images/(new_digits.images-1)"
                    ),
                    says="in torch the momentum is the share of the new",
                ),
                Slip(
                    pattern="running_variance",
                    says="nothing has moved: that is BnFreeze",
                    seen="ANSWER = running_variance",
                ),
            ),
        ),
        Exercise(
            name="F8",
            block="frozen_step.new_head2_weight",
            kind="fill",
            task="Take one step with the last matrix of the new head.",
            hints=("New = old minus something.", "w − rate · gradient"),
            check="surgery.head2_weight-ANSWER = rate*head2_weight_gradient",
            tolerance=2e-4,
            accepted=("surgery.head2_weight-head2_weight_gradient*rate",),
            slips=(
                Slip(
                    pattern="surgery.head2_weight+rate*head2_weight_gradient",
                    says="that goes uphill: subtract the step",
                    undo="(2*surgery.head2_weight-ANSWER)",
                ),
                Slip(
                    pattern="rate*head2_weight_gradient",
                    says="the old weight is missing",
                    undo="(surgery.head2_weight-ANSWER)",
                ),
            ),
        ),
        Exercise(
            name="F9",
            block="pretrained.sample_loss",
            kind="fill",
            hides="test_accuracy recorded_loss status",
            task="Write the cross-entropy of each picture; digit d stands in column d + 1.",
            hints=(
                "LN of the sum of the exponentials, the largest, the right logit.",
                "LN(Σ) + MAX − INDEX(row, 1, digit + 1)",
            ),
            check="EXP(-ANSWER) = INDEX(probability, 1, digit+1)",
            unit="EXP(-ANSWER)",
            accepted=("-LN(INDEX(probability, 1, digit+1))",),
            slips=(
                Slip(
                    pattern="LN(SUM(exponential))-INDEX(logit, 1, digit+1)",
                    says="the largest is missing",
                    undo="ANSWER+MAX(logit)",
                ),
                Slip(
                    pattern="LN(SUM(exponential))+MAX(logit)-INDEX(logit, 1, MAX(digit, 1))",
                    says="digit + 1: digit 0 stands in column 1",
                ),
                Slip(
                    pattern="LOG10(SUM(exponential))+MAX(logit)-INDEX(logit, 1, digit+1)",
                    says="base 10",
                    seen="ANSWER-MAX(logit)+INDEX(logit, 1, digit+1) = LOG10(SUM(exponential))",
                ),
            ),
        ),
    ),
)
