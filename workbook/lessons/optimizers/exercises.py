"""Exercises: gradients by hand, and one step of each optimizer."""

from dataclasses import replace

import numpy as np

from workbook.lesson.exercise import Exercise, Exercises, Slip
from workbook.lesson.lesson import Array, Data
from workbook.lessons.optimizers import load

POINTS = 5


def draw(rng: np.random.Generator) -> Data:
    """Five points about a line, a start near it, and hyper-parameters of a student's own."""
    data = load({"points": None, "epochs": 1}, 0, lambda *_: None)
    x = rng.choice(np.arange(1.0, 10.0), POINTS, replace=False)
    number = np.arange(1.0, POINTS + 1)

    def between(low: float, high: float, digits: int) -> Array:
        return np.array(round(float(rng.uniform(low, high)), digits))

    values = {
        **data.values,
        "data.point_label": number,
        "data.x": x,
        "data.exact_y": 2 * x + 30 + np.round(rng.normal(0.0, 2.0, POINTS), 1),
        "data.noise": np.zeros(POINTS),
        "data.epoch_number": np.array([1.0]),
        "data.epoch_step": np.array([float(POINTS)]),
        "data.step_number": number,
        "data.point_number": number,
        "data.start_intercept": between(24.0, 28.0, 1),
        "data.start_slope": between(1.2, 1.8, 1),
        "sgd.learning_rate": between(0.002, 0.004, 4),
        "momentum.learning_rate": between(0.0005, 0.001, 5),
        "momentum.momentum": between(0.75, 0.95, 2),
        "nesterov.learning_rate": between(0.0005, 0.001, 5),
        "nesterov.momentum": between(0.75, 0.95, 2),
        "rmsprop.alpha": between(0.8, 0.95, 2),
        "rmsprop.eps": between(0.2, 0.9, 2),
        "adagrad.learning_rate": between(0.2, 0.8, 2),
        "adam.learning_rate": between(0.2, 0.5, 2),
        "adam.beta1": between(0.75, 0.95, 3),
        "adam.beta2": between(0.97, 0.995, 3),
        "adam.eps": between(0.5, 0.95, 2),
        "adamw.learning_rate": between(0.2, 0.6, 2),
        "adamw.wd": between(0.03, 0.09, 2),
        "ewma.beta": between(0.7, 0.95, 2),
        "ewma.lag": np.arange(0.0, 5.0),
        "conventions.gradient": between(2.0, 9.0, 1),
        "conventions.parameter": between(1.0, 4.0, 1),
        "conventions.learning_rate": between(0.05, 0.3, 2),
    }
    sizes = {**data.sizes, "point": POINTS, "epoch": 1, "step": POINTS, "row": POINTS, "lag": 5}
    facts = {**data.facts, "points": f"{POINTS} points of a line with noise.", "rate": "0.003"}
    return replace(data, sizes=sizes, values=values, facts=facts)


_ADAM = "average_correction*(SQRT(slope_square)/SQRT(square_correction)+eps)"

EXERCISES = Exercises(
    draw=draw,
    each=(
        Exercise(
            name="O1",
            block="sgd.new_slope",
            kind="fill",
            task="Take one step downhill with the slope; fill it down.",
            hints=("New = old minus something.", "slope − learning rate · gradient, with $ before what must not move"),
            check="slope-ANSWER = learning_rate*slope_gradient",
            tolerance=5e-4,
            accepted=("slope-slope_gradient*learning_rate",),
            slips=(
                Slip(
                    pattern="slope+learning_rate*slope_gradient",
                    says="that goes uphill: subtract the step",
                    undo="2*slope-ANSWER",
                ),
                Slip(
                    pattern="learning_rate*slope_gradient",
                    says="the old parameter is missing: that is the step alone",
                    undo="slope-ANSWER",
                ),
            ),
        ),
        Exercise(
            name="O2",
            block="sgd.slope_gradient",
            kind="gradient",
            task="Write the derivative of (prediction − y)² with respect to the slope.",
            hints=("The chain rule: outer derivative times inner derivative.", "2·(prediction − y)·x"),
            check="ANSWER*nudge+(x*nudge)^2 = (prediction+x*nudge-y)^2-squared_error",
            unit="nudge",
            accepted=("(prediction-y)*x*2",),
            slips=(
                Slip(pattern="x*(prediction-y)", says="the 2 of the square is missing", undo="2*ANSWER"),
                Slip(
                    pattern="2*(prediction-y)",
                    says="the chain rule's x is missing: that is the intercept's",
                    undo="ANSWER*x",
                ),
                Slip(pattern="2*x*(y-prediction)", says="its sign is wrong", undo="-ANSWER"),
            ),
        ),
        Exercise(
            name="O3",
            block="momentum.slope_velocity",
            kind="fill",
            task="Write torch's velocity: at first the gradient, then β times the last velocity, plus the gradient.",
            hints=("What is the first row's?", "β · before + gradient"),
            check="ANSWER-IF(step_number=1, 0, momentum*PREV(slope_velocity, start)) = slope_gradient",
            accepted=("momentum*PREV(slope_velocity, start)+slope_gradient",),
            slips=(
                Slip(
                    pattern="momentum*PREV(slope_velocity, start)+(1-momentum)*slope_gradient",
                    says="that is the lecture's average: a factor 1 − β apart from torch",
                    seen="ANSWER-momentum*PREV(slope_velocity, start) = (1-momentum)*slope_gradient",
                ),
                Slip(
                    pattern="momentum*slope_gradient+(1-momentum)*PREV(slope_velocity, start)",
                    says="β and 1 − β swapped",
                    seen="ANSWER-(1-momentum)*PREV(slope_velocity, start) = momentum*slope_gradient",
                ),
                Slip(
                    pattern="PREV(slope_velocity, start)+slope_gradient",
                    says="β is missing",
                    seen="ANSWER-PREV(slope_velocity, start) = slope_gradient",
                ),
            ),
        ),
        Exercise(
            name="O4",
            block="nesterov.slope_direction",
            kind="fill",
            task="Look ahead: write the gradient plus β times the new velocity.",
            hints=("Velocity first, then the direction.", "gradient + β · velocity"),
            check="(ANSWER-slope_gradient)/momentum = slope_velocity",
            unit="1/momentum",
            accepted=("momentum*slope_velocity+slope_gradient",),
            slips=(
                Slip(pattern="slope_velocity", says="that is plain momentum", seen="ANSWER = slope_velocity"),
                Slip(
                    pattern="momentum*slope_gradient+slope_velocity",
                    says="β multiplies the wrong one of the two",
                    seen="ANSWER-slope_velocity = momentum*slope_gradient",
                ),
            ),
        ),
        Exercise(
            name="O5",
            block="rmsprop.slope_size",
            kind="fill",
            task="What is the step divided by, in torch's rule?",
            hints=("The root of an average.", "SQRT(this row's average square) + eps"),
            check="(ANSWER-eps)^2 = slope_square",
            unit="2*(ANSWER-eps)",
            accepted=("SQRT(slope_square)+eps",),
            slips=(
                Slip(
                    pattern="SQRT(PREV(slope_square, start))",
                    says="the row before: the lecture's rule, which divides 0 by 0 at the start",
                    seen="ANSWER^2 = PREV(slope_square, start)",
                ),
                Slip(pattern="slope_square+eps", says="the root is missing", seen="ANSWER-eps = slope_square"),
                Slip(
                    pattern="ABS(slope_gradient)+eps",
                    says="the last gradient's size, not the average's",
                    seen="ANSWER-eps = ABS(slope_gradient)",
                ),
            ),
        ),
        Exercise(
            name="O6",
            block="adagrad.slope_sum",
            kind="fill",
            task="Write the sum of all squared gradients so far.",
            hints=("The last sum plus …", "the gradient's square"),
            check="ANSWER-PREV(slope_sum, start) = slope_gradient^2",
            accepted=("slope_gradient*slope_gradient+PREV(slope_sum, start)",),
            slips=(
                Slip(
                    pattern="PREV(slope_sum, start)+slope_gradient",
                    says="not squared",
                    seen="ANSWER-PREV(slope_sum, start) = slope_gradient",
                ),
                Slip(
                    pattern="0.9*PREV(slope_sum, start)+0.1*slope_gradient^2",
                    says="an average: that is RMSprop",
                    seen="ANSWER-0.9*PREV(slope_sum, start) = 0.1*slope_gradient^2",
                ),
            ),
        ),
        Exercise(
            name="O7",
            block="adam.average_correction",
            kind="trace",
            task="How much of an average that started at 0 is filled after t steps?",
            hints=("1 less what is left of the start.", "1 − β1^t"),
            title="how much the average is filled",
            check="LN(1-ANSWER) = step_number*LN(beta1)",
            unit="1/(1-ANSWER)",
            accepted=("1-beta1^step_number", "1-IF(beta1=0, 0, EXP(step_number*LN(beta1)))"),
            slips=(
                Slip(pattern="1-beta1", says="t is missing", seen="ANSWER+beta1 = 1"),
                Slip(
                    pattern="beta1^step_number",
                    says="that is what is left of the start",
                    seen="LN(ANSWER) = step_number*LN(beta1)",
                ),
                Slip(
                    pattern="1-beta2^step_number",
                    says="that is β2's",
                    seen="LN(1-ANSWER) = step_number*LN(beta2)",
                ),
            ),
        ),
        Exercise(
            name="O8",
            block="adam.new_slope",
            kind="trace",
            task="Take one step of Adam with the slope, from its average and its average square, in torch's rule.",
            hints=("Correct both averages first, then divide.", "slope − rate/c1 · average/(√square/√c2 + eps)"),
            points=2,
            check=f"(slope-ANSWER)*{_ADAM} = learning_rate*slope_average",
            unit=_ADAM,
            tolerance=2e-4,
            accepted=(
                "slope-learning_rate*(slope_average/average_correction)/(SQRT(slope_square/square_correction)+eps)",
            ),
            slips=(
                Slip(
                    pattern=(
                        "slope-learning_rate/average_correction*slope_average/SQRT(slope_square/square_correction+eps)"
                    ),
                    says="eps stands inside the root",
                    seen=(
                        "(slope-ANSWER)*average_correction*SQRT(slope_square/square_correction+eps) = "
                        "learning_rate*slope_average"
                    ),
                ),
                Slip(
                    pattern="slope-learning_rate*slope_average/(SQRT(slope_square)+eps)",
                    says="not corrected: that is the lecture's",
                    seen="(slope-ANSWER)*(SQRT(slope_square)+eps) = learning_rate*slope_average",
                ),
                Slip(
                    pattern="slope-learning_rate/average_correction*slope_average/(slope_square/square_correction+eps)",
                    says="the root is missing",
                    seen=(
                        "(slope-ANSWER)*average_correction*(slope_square/square_correction+eps) = "
                        "learning_rate*slope_average"
                    ),
                ),
                Slip(
                    pattern="slope-learning_rate*slope_gradient/(SQRT(slope_square/square_correction)+eps)",
                    says="the gradient, not its average: that is RMSprop",
                    seen="(slope-ANSWER)*(SQRT(slope_square/square_correction)+eps) = learning_rate*slope_gradient",
                ),
            ),
        ),
        Exercise(
            name="O9",
            block="adamw.slope_shrunk",
            kind="fill",
            task="Put the decay beside the gradient: shrink the slope first.",
            hints=("By what share, in a step?", "(1 − rate·decay)·slope"),
            check="ANSWER/(1-learning_rate*wd) = slope",
            unit="1/(1-learning_rate*wd)",
            tolerance=5e-4,
            accepted=("slope-learning_rate*wd*slope",),
            slips=(
                Slip(pattern="(1-wd)*slope", says="the rate is missing", seen="ANSWER/(1-wd) = slope"),
                Slip(
                    pattern="slope*(1-learning_rate*2*wd)",
                    says="AdamW's decay has no 2",
                    seen="ANSWER/(1-2*learning_rate*wd) = slope",
                ),
            ),
        ),
        Exercise(
            name="O10",
            block="conventions.adam_fresh",
            kind="predict",
            task="What is the new parameter if Adam is made anew in every update()?",
            hints=("What do m̂ and v̂ hold after one step?", "gradient/|gradient|: its sign alone"),
            check="(parameter-ANSWER)*(ABS(gradient)+eps) = learning_rate*gradient",
            unit="ABS(gradient)+eps",
            hides="fresh_difference adam_fresh_rule",
            accepted=("parameter-learning_rate*gradient/(ABS(gradient)+eps)",),
            slips=(
                Slip(
                    pattern="parameter-learning_rate*gradient",
                    says="that is SGD: Adam divides by the size",
                    seen="parameter-ANSWER = learning_rate*gradient",
                ),
                Slip(
                    pattern="parameter+learning_rate*gradient/(ABS(gradient)+eps)",
                    says="uphill",
                    undo="2*parameter-ANSWER",
                ),
            ),
        ),
        Exercise(
            name="O11",
            block="ewma.weight",
            kind="predict",
            task="How much does a value from k steps ago weigh?",
            hints=("The newest weighs 1 − β.", "(1 − β)·β^k"),
            check="LN(ANSWER/(1-beta)) = lag*LN(beta)",
            unit="1/ANSWER",
            accepted=("(1-beta)*beta^lag",),
            slips=(
                Slip(
                    pattern="beta^lag",
                    says="(1 − β) is missing: the weights must add to 1",
                    seen="LN(ANSWER) = lag*LN(beta)",
                ),
                Slip(
                    pattern="(1-beta)^lag*beta",
                    says="β and 1 − β swapped",
                    seen="LN(ANSWER/beta) = lag*LN(1-beta)",
                ),
            ),
        ),
    ),
)
