"""Exercises: rates that fall, rise and differ by layer group, and averages that are corrected."""

import numpy as np

from workbook.lesson.exercise import Exercise, Exercises, Slip
from workbook.lesson.lesson import Data
from workbook.lessons.schedules import EXAMPLE, RESNET, TEN

TURNS, STEPS, GROUPS, BATCHES, TRIALS = 6, 20, 5, 5, 12


def draw(rng: np.random.Generator) -> Data:
    """Rates, a decay and losses of a student's own."""
    points = 4
    trend = np.linspace(1.0, 0.3, TRIALS)
    values = {
        "data.point_label": np.arange(1.0, points + 1),
        "data.x": rng.choice(np.arange(1.0, 10.0), points, replace=False),
        "data.exact_y": rng.integers(20, 60, points).astype(np.float64),
        "data.noise": np.zeros(points),
        "data.epoch_number": np.arange(1.0, 6.0),
        "data.epoch_step": np.arange(1.0, 6.0) * points,
        "data.step_number": np.arange(1.0, STEPS + 1),
        "data.point_number": np.tile(np.arange(1.0, points + 1), 5),
        "annealing.first_rate": np.array(round(rng.uniform(0.01, 0.09), 3)),
        "annealing.last_rate": np.array(round(rng.uniform(0.0005, 0.004), 4)),
        "annealing.gamma": np.array(round(rng.uniform(0.3, 0.8), 2)),
        "annealing.step_size": np.array(2.0),
        "annealing.steps": np.array(float(TURNS)),
        "annealing.step_number": np.arange(1.0, TURNS + 1),
        "one_cycle.steps": np.array(float(STEPS)),
        "one_cycle.step_number": np.arange(1.0, STEPS + 1),
        "one_cycle.ten_number": np.arange(1.0, TEN + 1),
        "groups.rate": np.array(round(rng.uniform(0.002, 0.02), 4)),
        "groups.divisor": np.array(float(rng.integers(6, 15))),
        "groups.low_rate": np.array(round(rng.uniform(1e-5, 9e-5), 6)),
        "groups.high_rate": np.array(round(rng.uniform(1e-3, 9e-3), 4)),
        "groups.groups": np.array(float(GROUPS)),
        "groups.group_number": np.arange(1.0, GROUPS + 1),
        "groups.resnet_number": np.arange(1.0, len(RESNET) + 1),
        "groups.resnet_layers": np.array([layers for layers, _ in RESNET], dtype=object),
        "groups.resnet_parameters": np.array([count for _, count in RESNET], dtype=object),
        "smoothed_loss.beta": np.array(round(rng.uniform(0.7, 0.95), 2)),
        "smoothed_loss.batch_number": np.arange(1.0, BATCHES + 1),
        "smoothed_loss.loss": np.round(rng.uniform(0.5, 2.0, BATCHES), 2),
        "smoothed_loss.example_number": np.arange(1.0, len(EXAMPLE) + 1),
        "smoothed_loss.example_value": np.round(rng.uniform(1.0, 6.0, len(EXAMPLE)), 1),
        "finder.start_rate": np.array(float(f"{rng.uniform(1e-5, 9e-5):.1e}")),
        "finder.steps": np.array(float(TRIALS)),
        "finder.skip_start": np.array(1.0),
        "finder.skip_end": np.array(1.0),
        "finder.step_number": np.arange(1.0, TRIALS + 1),
        "finder.loss": np.round(trend + rng.uniform(0.0, 0.1, TRIALS), 3),
    }
    sizes = {"point": points, "epoch": 5, "step": STEPS, "turn": TURNS, "ten": TEN, "group": GROUPS}
    sizes |= {"part": len(RESNET), "batch": BATCHES, "trial": TRIALS, "value": len(EXAMPLE)}
    return Data(sizes, values, {"points": f"{points} points."}, "none")


_DONE = "(step_number-1)"
_RISE = "ten_max/ten_div"
_FALL = "ten_max/ten_div/ten_final"

EXERCISES = Exercises(
    draw=draw,
    each=(
        Exercise(
            name="S1",
            block="annealing.linear_rate",
            kind="fill",
            task="LinearLR: go from the first rate to the last in equal steps; the last row has the last rate.",
            hints=("How many intervals do so many rows have?", "first + (last − first)·(t − 1)/(steps − 1)"),
            check=f"(ANSWER-first_rate)*(steps-1) = (last_rate-first_rate)*{_DONE}",
            unit="steps-1",
            accepted=(f"first_rate-{_DONE}*(first_rate-last_rate)/(steps-1)",),
            slips=(
                Slip(
                    pattern=f"first_rate+(last_rate-first_rate)*{_DONE}/steps",
                    says="one interval too many: the last row misses the last rate",
                    seen=f"(ANSWER-first_rate)*steps = (last_rate-first_rate)*{_DONE}",
                ),
                Slip(
                    pattern="first_rate+(last_rate-first_rate)*step_number/steps",
                    says="the first row has already moved",
                    seen="(ANSWER-first_rate)*steps = (last_rate-first_rate)*step_number",
                ),
            ),
        ),
        Exercise(
            name="S2",
            block="annealing.cosine_rate",
            kind="fill",
            task="CosineAnnealingLR: half a cosine from the first rate to the last.",
            hints=("COS runs from 1 to −1 while its argument runs to PI().", "last + (first − last)·(1 + COS(…))/2"),
            check=f"(2*ANSWER-first_rate-last_rate)/(first_rate-last_rate) = COS(PI()*{_DONE}/(steps-1))",
            unit="2/(first_rate-last_rate)",
            accepted=(f"(first_rate+last_rate)/2+(first_rate-last_rate)/2*COS(PI()*{_DONE}/(steps-1))",),
            slips=(
                Slip(
                    pattern=f"last_rate+(first_rate-last_rate)*COS(PI()*{_DONE}/(steps-1))",
                    says="1 + and /2 are missing: it goes below the last rate",
                    seen=f"(ANSWER-last_rate)/(first_rate-last_rate) = COS(PI()*{_DONE}/(steps-1))",
                ),
                Slip(
                    pattern=f"last_rate+(first_rate-last_rate)*(1+COS(180*{_DONE}/(steps-1)))/2",
                    says="degrees: COS takes radians",
                    seen=f"(2*ANSWER-first_rate-last_rate)/(first_rate-last_rate) = COS(180*{_DONE}/(steps-1))",
                ),
            ),
        ),
        Exercise(
            name="S3",
            block="annealing.step_rate",
            kind="fill",
            task="StepLR: multiply the rate by γ after every plateau of steps.",
            hints=("How often has it fallen so far?", "γ^INT((t − 1)/plateau)"),
            check=f"LN(ANSWER/first_rate) = LN(gamma)*INT({_DONE}/step_size)",
            unit="1/ANSWER",
            slips=(
                Slip(
                    pattern="first_rate*gamma^INT(step_number/step_size)",
                    says="it falls a step early",
                    seen="LN(ANSWER/first_rate) = LN(gamma)*INT(step_number/step_size)",
                ),
                Slip(
                    pattern=f"first_rate*gamma^({_DONE}/step_size)",
                    says="no INT: that falls all the time",
                    seen=f"LN(ANSWER/first_rate) = LN(gamma)*{_DONE}/step_size",
                ),
            ),
        ),
        Exercise(
            name="S4",
            block="one_cycle.ten_torch",
            kind="predict",
            task="Ten steps, highest rate 0.01: what are the rates of torch's OneCycleLR?",
            hints=(
                "It starts at max/25, and rises along half a cosine.",
                "the rise ends at step 0.3·10; the last is max/25/10⁴",
            ),
            holds=(
                f"ABS(IF(ten_number<=3, (ANSWER-{_RISE})*2/(ten_max-{_RISE})-1+COS(PI()*(ten_number-1)/2), "
                f"(ANSWER-{_FALL})*2/(ten_max-{_FALL})-1-COS(PI()*(ten_number-3)/7)))<=0.04"
            ),
            tolerance=0.02,
            hides="ten_fastai",
            slips=(
                Slip(
                    pattern=(
                        f"IF(ten_number<=4, {_RISE}+(ten_max-{_RISE})*(1-COS(PI()*(ten_number-1)/3))/2, "
                        f"{_FALL}+(ten_max-{_FALL})*(1+COS(PI()*(ten_number-4)/7))/2)"
                    ),
                    says="those are fastai 1's phases: its rise takes INT(0.3·10) steps",
                ),
            ),
        ),
        Exercise(
            name="S5",
            block="groups.slice_one_rate",
            kind="fill",
            task="slice(b): write the rates of five groups in today's fastai.",
            hints=("The last group gets the rate.", "all others: rate / divisor"),
            check="ANSWER*IF(group_number=groups, 1, divisor) = rate",
            unit="IF(group_number=groups, 1, divisor)",
            hides="resnet_slice_one_rate slice_old_rate resnet_slice_old_rate",
            accepted=("IF(group_number=groups, rate, rate/divisor)",),
            slips=(
                Slip(
                    pattern="IF(group_number=groups, rate, rate/old_divisor)",
                    says="/3 was the rule up to fastai 1.0.28",
                    seen="ANSWER*IF(group_number=groups, 1, old_divisor) = rate",
                ),
                Slip(
                    pattern="rate",
                    says="one rate for all: that is a plain number, no slice",
                    seen="ANSWER = rate",
                ),
            ),
        ),
        Exercise(
            name="S6",
            block="groups.slice_two_rate",
            kind="fill",
            task="slice(a, b): write the rates of the groups in between.",
            hints=("Evenly, but on which scale?", "a·(b/a)^((k − 1)/(n − 1))"),
            check="LN(ANSWER/low_rate)*(groups-1) = (group_number-1)*LN(high_rate/low_rate)",
            unit="(groups-1)/ANSWER",
            hides="resnet_slice_two_rate",
            accepted=("low_rate*(high_rate/low_rate)^((group_number-1)/(groups-1))",),
            slips=(
                Slip(
                    pattern="low_rate+(high_rate-low_rate)*(group_number-1)/(groups-1)",
                    says="evenly on a straight scale: it is geometric",
                    seen="(ANSWER-low_rate)*(groups-1) = (high_rate-low_rate)*(group_number-1)",
                ),
            ),
        ),
        Exercise(
            name="S7",
            block="smoothed_loss.example_smoothed",
            kind="trace",
            task="Correct the average of the four values for having started at 0.",
            hints=("Divide the average by how much of it is filled.", "average / (1 − β^t)"),
            check="ANSWER*(1-beta^example_number) = example_average",
            unit="1-beta^example_number",
            hides="smoothed",
            accepted=("example_average/(1-beta^example_number)",),
            slips=(
                Slip(
                    pattern="example_average",
                    says="not corrected: much too small at the start",
                    seen="ANSWER = example_average",
                ),
                Slip(
                    pattern="example_average/(1-beta)",
                    says="t is missing: right at the first value only",
                    seen="ANSWER*(1-beta) = example_average",
                ),
            ),
        ),
        Exercise(
            name="S8",
            block="finder.rate",
            kind="fill",
            task="Write the finder's rates, first to last: each is the one before times one and the same number.",
            hints=("A constant ratio.", "start·(end/start)^((t − 1)/(steps − 1))"),
            check=f"LN(ANSWER/start_rate)*(steps-1) = {_DONE}*LN(end_rate/start_rate)",
            unit="(steps-1)/ANSWER",
            accepted=(f"start_rate*(end_rate/start_rate)^({_DONE}/(steps-1))",),
            slips=(
                Slip(
                    pattern=f"start_rate+(end_rate-start_rate)*{_DONE}/(steps-1)",
                    says="that is a straight line",
                    seen=f"(ANSWER-start_rate)*(steps-1) = (end_rate-start_rate)*{_DONE}",
                ),
                Slip(
                    pattern=f"start_rate*EXP({_DONE}/(steps-1)*LOG10(end_rate/start_rate))",
                    says="LOG10 under EXP: LN",
                    seen=f"LN(ANSWER/start_rate)*(steps-1) = {_DONE}*LOG10(end_rate/start_rate)",
                ),
            ),
        ),
    ),
)
