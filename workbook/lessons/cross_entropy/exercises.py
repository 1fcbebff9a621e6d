"""Exercises: from logits to probabilities, from probabilities to a loss and its gradient."""

from dataclasses import replace

import numpy as np

from workbook.lesson.exercise import Exercise, Exercises, Slip
from workbook.lesson.lesson import Data
from workbook.lessons.cross_entropy import CLASSES, FORECASTS, IGNORED, SAMPLES, load


def draw(rng: np.random.Generator) -> Data:
    """Logits, predictions and forecasts of a student's own; three images, six samples, five classes."""
    data = load({}, 0, lambda *_: None)
    classes = len(CLASSES)
    weight = rng.permutation([0.5, 0.8, 1.0, 1.5, 2.0])
    target = rng.permutation(np.append(np.arange(1.0, classes + 1), rng.integers(1, classes + 1)))
    ignored = target.copy()
    ignored[rng.integers(SAMPLES)] = IGNORED
    actual = np.round(rng.uniform(20, 200, FORECASTS), 1)
    drawn = {
        "softmax.temperature": np.array(rng.choice([0.5, 1.5, 2.0, 2.5])),
        "softmax.logit": np.round(rng.normal(0.0, 2.0, (3, classes)), 1) + rng.integers(1, 4, (3, 1)),
        "binary.is_cat": rng.permutation([1.0, 1.0, 0.0, 0.0, 1.0]),
        "binary.p_cat": rng.choice(np.arange(5, 96), 5, replace=False) / 100,
        "binary.z_cat": rng.choice(np.arange(-30, 31), 5, replace=False) / 10,
        "routes.target": target,
        "cross_entropy.weight": weight,
        "cross_entropy.target": ignored,
        "cross_entropy.logit": np.round(rng.normal(0.0, 1.5, (SAMPLES, classes)), 1),
        "cross_entropy.single_logit": np.round(rng.permutation([2.0, 0.0, -1.0]) + rng.normal(0.0, 0.3, 3), 1),
        "cross_entropy.single_target": np.array(float(rng.integers(1, 4))),
        "metrics.actual": actual,
        "metrics.forecast": np.round(actual * rng.permutation([0.8, 0.9, 1.05, 1.1, 1.25]), 1),
    }
    return replace(data, values={**data.values, **drawn})


EXERCISES = Exercises(
    draw=draw,
    each=(
        Exercise(
            name="L1",
            block="softmax.shifted",
            kind="fill",
            task="Subtract the image's largest logit, then divide by the temperature.",
            hints=("Which number makes EXP overflow? Subtract it first.", "(logit − largest) / temperature"),
            title="shifted logits",
            check="ANSWER*temperature+largest = logit",
            unit="temperature",
            accepted=("logit/temperature-largest/temperature",),
            slips=(
                Slip(
                    pattern="logit/temperature",
                    says="the largest is not subtracted: EXP overflows",
                    undo="ANSWER-largest/temperature",
                ),
                Slip(pattern="(largest-logit)/temperature", says="its sign is wrong", undo="-ANSWER"),
                Slip(
                    pattern="logit-largest/temperature",
                    says="brackets: only the largest is divided",
                    undo="(ANSWER+largest/temperature-largest)/temperature",
                ),
                Slip(pattern="logit-largest", says="the temperature is missing", undo="ANSWER/temperature"),
            ),
        ),
        Exercise(
            name="L2",
            block="softmax.probability",
            kind="fill",
            task="Turn the exponentials into probabilities, so that each row adds up to 1.",
            title="softmax",
            hints=("Divide by what, so that the row adds to 1?", "exponential / the row's sum"),
            check="ANSWER*exponential_sum = exponential",
            unit="exponential_sum",
            slips=(
                Slip(
                    pattern="exponential/5",
                    says="divided by how many there are: the rows do not add to 1",
                    undo="ANSWER*5/exponential_sum",
                ),
                Slip(
                    pattern="exponential/MAX(ALL(exponential, klass))",
                    says="divided by the largest: the rows do not add to 1",
                    undo="ANSWER*MAX(exponential)/exponential_sum",
                ),
            ),
        ),
        Exercise(
            name="L3",
            block="binary.natural",
            kind="fill",
            task="Write the binary cross-entropy of each image: −y·ln(p) − (1 − y)·ln(1 − p).",
            hints=("Two terms, and for every image one of them is 0.", "−y·LN(p) − (1 − y)·LN(1 − p); LN, not LOG"),
            points=2,
            hides="by_if base_ten mean_base_ten",
            check="EXP(-ANSWER) = right_probability",
            unit="right_probability",
            accepted=("IF(is_cat=1, -LN(p_cat), -LN(1-p_cat))", "-LN(right_probability)"),
            slips=(
                Slip(
                    pattern="-is_cat*LOG10(p_cat)-(1-is_cat)*LOG10(1-p_cat)",
                    says="base 10: the lecture's LOG; torch's logarithm is natural",
                    undo="ANSWER*LN(10)",
                ),
                Slip(
                    pattern="is_cat*LN(p_cat)+(1-is_cat)*LN(1-p_cat)",
                    says="the minus sign is missing",
                    undo="-ANSWER",
                ),
                Slip(pattern="-is_cat*LN(p_cat)", says="the second term is missing: dogs cost nothing"),
            ),
        ),
        Exercise(
            name="L4",
            block="binary.loss_from_logit",
            kind="fill",
            task="Compute the loss straight from the logit z, without overflow.",
            hints=("Start with max(z, 0) − z·y and add a logarithm.", "MAX(z, 0) − z·y + LN(1 + EXP(−|z|))"),
            check="EXP(-ANSWER) = IF(is_cat=1, p_from_logit, 1-p_from_logit)",
            unit="EXP(-ANSWER)",
            accepted=("LN(1+EXP(-ABS(z_cat)))+MAX(0, z_cat)-z_cat*is_cat",),
            slips=(
                Slip(
                    pattern="MAX(z_cat, 0)-z_cat*is_cat+LN(1+EXP(ABS(z_cat)))",
                    says="−|z| belongs in EXP: EXP of a large z overflows",
                    undo="ANSWER-ABS(z_cat)",
                ),
                Slip(
                    pattern="MAX(z_cat, 0)+z_cat*is_cat+LN(1+EXP(-ABS(z_cat)))",
                    says="minus z·y, not plus",
                    undo="ANSWER-2*z_cat*is_cat",
                ),
            ),
        ),
        Exercise(
            name="L5",
            block="cross_entropy.log_softmax",
            kind="fill",
            task="Write the logarithm of the softmax of each logit.",
            hints=("Take the logarithm of softmax, and simplify.", "logit − largest − ln of the sum"),
            title="log-softmax",
            check="ANSWER+row_max+log_sum = logit",
            accepted=("logit-(row_max+log_sum)",),
            slips=(
                Slip(pattern="logit-log_sum", says="the row's largest is not subtracted", undo="ANSWER-row_max"),
                Slip(
                    pattern="(logit-row_max)/log_sum",
                    says="minus the logarithm of the sum, not divided by it",
                    undo="ANSWER*log_sum-log_sum",
                ),
            ),
        ),
        Exercise(
            name="L6",
            block="cross_entropy.gradient",
            kind="gradient",
            task="Write the gradient of the loss with respect to every logit; each row adds up to 0.",
            hints=(
                "softmax − one-hot, weighted, then the mean.",
                "(softmax · target mass − target · weight) / divisor",
            ),
            points=2,
            title="gradient of the loss in each logit",
            check="ANSWER*divisor+weighted_target = softmax*target_mass",
            unit="divisor",
            accepted=("(softmax*target_mass-weighted_target)/divisor",),
            slips=(
                Slip(
                    pattern="softmax*target_mass-weighted_target",
                    says="that is the sum's gradient: divide by the sum of the weights",
                    undo="ANSWER/divisor",
                ),
                Slip(pattern="(weighted_target-softmax*target_mass)/divisor", says="its sign is wrong", undo="-ANSWER"),
                Slip(
                    pattern="softmax*target_mass/divisor",
                    says="the right class's 1 is not subtracted",
                    undo="ANSWER-weighted_target/divisor",
                ),
                Slip(
                    pattern="(softmax*target_mass-weighted_target)/6",
                    says="divided by the number of samples; weights and the ignored one must not count so",
                    undo="ANSWER*6/divisor",
                ),
            ),
        ),
        Exercise(
            name="L7",
            block="cross_entropy.loss",
            kind="fill",
            task="Write the weighted mean of the samples' losses, over the samples that count.",
            hints=(
                "An ignored sample counts neither above nor below.",
                "sum of the losses / sum of the samples' weights",
            ),
            check="ANSWER*SUM(sample_weight) = SUM(sample_loss)",
            unit="SUM(sample_weight)",
            accepted=("SUM(sample_loss)/SUM(sample_weight)", "SUM(sample_loss)/divisor"),
            slips=(
                Slip(
                    pattern="SUM(sample_loss)/COUNT(sample_loss)",
                    says="divided by all samples: weights and the ignored one are forgotten",
                    undo="ANSWER*COUNT(sample_loss)/SUM(sample_weight)",
                ),
                Slip(
                    pattern="SUM(sample_loss)",
                    says="that is the sum, not the mean",
                    undo="ANSWER/SUM(sample_weight)",
                ),
            ),
        ),
        Exercise(
            name="L8",
            block="routes.by_lookup",
            kind="code",
            task="Write -log_p[range(n), target] as a formula: look up, do not multiply.",
            hints=("One number of a row: look it up.", "−INDEX(row, 1, target)"),
            check="EXP(-ANSWER) = SUMPRODUCT(one_hot, probability)",
            unit="EXP(-ANSWER)",
            hides="by_product by_if distance",
            accepted=("-SUMPRODUCT(one_hot, log_probability)",),
            slips=(
                Slip(
                    pattern="INDEX(log_probability, 1, target)",
                    says="the minus sign is missing",
                    undo="-ANSWER",
                ),
                Slip(
                    pattern="-INDEX(probability, 1, target)",
                    says="that is the probability: take its logarithm",
                    seen="-ANSWER = SUMPRODUCT(one_hot, probability)",
                ),
                Slip(
                    pattern="-INDEX(log_probability, 1, target+1)",
                    says="torch counts from 0, this sheet from 1",
                ),
            ),
        ),
        Exercise(
            name="L9",
            block="cross_entropy.wrong_loss",
            kind="predict",
            task="What does CrossEntropyLoss say if it is given the output of a softmax?",
            hints=("It takes a softmax of its own.", "−LN of the softmax of the softmax, at the right class"),
            check="EXP(-ANSWER) = INDEX(twice, single_target, 1)",
            unit="EXP(-ANSWER)",
            slips=(
                Slip(
                    pattern="right_loss",
                    says="that is the right loss, from logits",
                    seen="EXP(-ANSWER) = INDEX(once, single_target, 1)",
                ),
                Slip(
                    pattern="-LOG10(INDEX(twice, single_target, 1))",
                    says="base 10",
                    undo="ANSWER*LN(10)",
                ),
            ),
        ),
        Exercise(
            name="L10",
            block="metrics.mape",
            kind="fill",
            task="Write the mean absolute percentage error of the forecast.",
            hints=("The mean of what, divided by what?", "the mean of |forecast − actual| / actual"),
            check="ANSWER*COUNT(actual) = SUMPRODUCT(absolute/actual)",
            unit="COUNT(actual)",
            accepted=("SUMPRODUCT(absolute/actual)/COUNT(actual)", "AVERAGE(percentage)"),
            slips=(
                Slip(
                    pattern="SUM(absolute)/SUM(actual)",
                    says="the ratio of the sums: that is the weighted MAPE",
                    seen="ANSWER*SUM(actual) = SUM(absolute)",
                ),
                Slip(
                    pattern="SUM(error)/SUM(actual)",
                    says="signs cancel: take absolute values",
                    seen="ANSWER*SUM(actual) = SUM(error)",
                ),
                Slip(
                    pattern="SUM(absolute)/COUNT(absolute)",
                    says="that is the mean absolute error",
                    seen="ANSWER*COUNT(absolute) = SUM(absolute)",
                ),
            ),
        ),
    ),
)
