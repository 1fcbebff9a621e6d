"""Exercises: a network's forward and backward pass, batch norm's variance, and two optimizers' steps."""

import numpy as np

from workbook.lesson.exercise import Exercise, Exercises, Slip
from workbook.lesson.lesson import Array, Data, Formula, Given
from workbook.lessons.mnist_from_scratch import training

IMAGES, CLASSES, SIDE, HIDDEN = 4, 4, 4, 3
SIZES = {
    "image": IMAGES,
    "pixel": SIDE**2,
    "klass": CLASSES,
    "other": CLASSES,
    "hidden": HIDDEN,
    "row": SIDE,
    "column": SIDE,
    "tier": 2,
    "place": 5,
    "run": len(training.RUNS),
    "step": 2,
    "epoch": 1,
    "mistake": 10,
}
FACTS = dict.fromkeys(
    ("source", "terms", "held_out", "run", "followed", "beside", "unstable", "accuracy_low"),
    "Four images of four by four pixels, drawn for these exercises.",
) | {"accuracy_low": "0"}


def draw(rng: np.random.Generator) -> Data:
    """Four small images, and the weights of both models, of a student's own."""

    def weights(*shape: int) -> Array:
        return np.round(rng.normal(0.0, 0.8, shape), 2)

    pixel = np.arange(float(SIDE**2))
    row, column = np.divmod(pixel, SIDE)
    at_row, at_column = rng.choice(np.arange(1.0, SIDE + 1), 2, replace=False)
    rate = float(np.round(rng.uniform(0.2, 0.6), 2))
    values = {
        "batch.pixel_number": pixel + 1,
        "batch.pixel_row": row + 1,
        "batch.pixel_column": column + 1,
        "batch.image_number": np.arange(1.0, IMAGES + 1),
        "batch.label": rng.permutation(np.arange(float(IMAGES))),
        "batch.x": np.round(rng.random((IMAGES, SIDE**2)) * (rng.random((IMAGES, SIDE**2)) < 0.6), 1),
        "image.number": np.array(float(rng.integers(1, IMAGES + 1))),
        "image.at_row": np.array(at_row),
        "image.at_column": np.array(at_column),
        "image.row_number": np.arange(1.0, SIDE + 1),
        "image.column_number": np.arange(1.0, SIDE + 1),
        "image.vector_number": pixel + 1,
        "logistic.learning_rate": np.array(rate),
        "logistic.wd": np.array(round(float(rng.uniform(0.02, 0.08)), 3)),
        "logistic.at_pixel": np.array(float(rng.integers(1, SIDE**2 + 1))),
        "network.learning_rate": np.array(rate),
        "network.hidden_number": np.arange(1.0, HIDDEN + 1),
        "network.gamma": np.ones(HIDDEN),
        "network.beta": np.zeros(HIDDEN),
        "network.running_mean": np.zeros(HIDDEN),
        "network.running_variance": np.ones(HIDDEN),
        "network.draw": np.round(rng.random((IMAGES, HIDDEN)), 2),
        "last_layer.adam_rate": np.array(round(float(rng.uniform(0.02, 0.2)), 3)),
        "last_layer.adam_eps": np.array(0.001),
        "last_layer.old_mean": np.zeros((CLASSES, HIDDEN)),
        "last_layer.old_square": np.zeros((CLASSES, HIDDEN)),
    }
    shapes = {
        "logistic": {"weight": (CLASSES, SIDE**2), "bias": (CLASSES,)},
        "network": {
            "weight1": (HIDDEN, SIDE**2),
            "bias1": (HIDDEN,),
            "weight2": (CLASSES, HIDDEN),
            "bias2": (CLASSES,),
        },
    }
    for sheet, of in shapes.items():
        values |= {f"{sheet}.{when}_{name}": weights(*of[name]) for when in ("initial", "trained") for name in of}
        values |= {f"{sheet}.klass_number": np.arange(float(CLASSES)), f"{sheet}.pixel_number": pixel + 1}
    return Data(SIZES, values, FACTS, "none")


EXERCISES = Exercises(
    draw=draw,
    each=(
        Exercise(
            name="M1",
            block="image.at_pixel",
            kind="fill",
            task="Which place in the vector has this row and column of the picture, four pixels a row?",
            hints=("Whole rows stand before it.", "(row − 1) · 4 + column"),
            hides="small_picture picture at_value",
            holds="AND(INT((ANSWER-1)/4)+1=at_row, MOD(ANSWER-1, 4)+1=at_column)",
            accepted=("4*at_row-4+at_column",),
            slips=(
                Slip(pattern="at_row*4+at_column", says="one row too many"),
                Slip(pattern="(at_column-1)*4+at_row", says="row and column swapped"),
                Slip(pattern="(at_row-1)*4+at_column-1", says="counted from 0"),
            ),
        ),
        Exercise(
            name="M2",
            block="logistic.sample_loss",
            kind="fill",
            task="Write the cross-entropy of each image from its logits.",
            hints=("−ln p of the right class.", "largest + LN(sum) − logit of the label; label 0 stands in column 1"),
            check="EXP(-ANSWER) = INDEX(probability, 1, label+1)",
            unit="EXP(-ANSWER)",
            accepted=("LN(exponential_sum)-INDEX(logit, 1, label+1)+row_max", "-LN(INDEX(probability, 1, label+1))"),
            slips=(
                Slip(
                    pattern="LN(exponential_sum)-INDEX(logit, 1, label+1)",
                    says="the row's largest is missing",
                    undo="ANSWER+row_max",
                ),
                Slip(
                    pattern="row_max+LN(exponential_sum)-INDEX(logit, 1, MAX(label, 1))",
                    says="label + 1: digit 0 stands in column 1",
                ),
                Slip(
                    pattern="row_max+LOG10(exponential_sum)-INDEX(logit, 1, label+1)",
                    says="base 10",
                    seen="ANSWER-row_max+INDEX(logit, 1, label+1) = LOG10(exponential_sum)",
                ),
            ),
        ),
        Exercise(
            name="M3",
            block="logistic.logit_gradient",
            kind="gradient",
            task="Write the gradient of the mean loss with respect to every logit.",
            hints=("probability − one-hot.", "divided by the number of images"),
            points=2,
            title="gradient of the logits",
            check="ANSWER*4+one_hot = probability",
            unit="4",
            accepted=("probability/4-one_hot/4",),
            slips=(
                Slip(pattern="probability-one_hot", says="not divided by the 4 images", undo="(ANSWER/4)"),
                Slip(pattern="(one_hot-probability)/4", says="its sign is wrong", undo="(-ANSWER)"),
                Slip(pattern="probability/4", says="the right class's 1 is not subtracted", undo="(ANSWER-one_hot/4)"),
            ),
        ),
        Exercise(
            name="M4",
            block="logistic.bias_gradient",
            kind="gradient",
            task="Write the gradient of the loss with respect to each bias: that of the batch, and that of the decay.",
            hints=("Sum over the images.", "sum of the digit's gradients + 2·wd·b"),
            check="SUMPRODUCT(ANSWER-2*wd*bias, probe) = SUM(along)",
            unit="probe",
            accepted=("2*wd*bias+SUM(logit_gradient)",),
            blocks=(
                Given(name="probe", axes="klass", across="klass", title="a direction to look along", fixed=True),
                Formula(
                    name="along",
                    axes="image",
                    title="the logits' gradients along it",
                    pattern="SUMPRODUCT(logit_gradient, probe)",
                ),
            ),
            slips=(
                Slip(pattern="SUM(logit_gradient)", says="the decay is forgotten", undo="(ANSWER+2*wd*bias)"),
                Slip(
                    pattern="SUM(logit_gradient)/4+2*wd*bias",
                    says="divided twice: the logits' gradients have the 1/4 already",
                    undo="((ANSWER-2*wd*bias)*4+2*wd*bias)",
                ),
                Slip(
                    pattern="SUM(logit_gradient)+wd*bias",
                    says="the 2 of wd·Σp² is missing",
                    undo="(ANSWER+wd*bias)",
                ),
            ),
        ),
        Exercise(
            name="M5",
            block="network.activation",
            kind="fill",
            task="Put the ReLU on the hidden layer.",
            hints=("One function of one number.", "MAX(0, z)"),
            title="activations",
            check="ANSWER = (shaped>0)*shaped",
            accepted=("IF(shaped>0, shaped, 0)",),
            slips=(
                Slip(
                    pattern="ABS(shaped)",
                    says="negative ones become 0",
                    seen="ANSWER = shaped*((shaped>0)-(shaped<0))",
                ),
                Slip(pattern="1/(1+EXP(-shaped))", says="that is a sigmoid"),
            ),
        ),
        Exercise(
            name="M6",
            block="network.shaped_gradient",
            kind="gradient",
            task="Go back through the ReLU.",
            title="gradient before the ReLU",
            hints=("Where was it switched off?", "IF(z > 0, gradient, 0)"),
            check="ANSWER = (shaped>0)*activation_gradient",
            accepted=("activation_gradient*(shaped>0)",),
            slips=(
                Slip(
                    pattern="activation_gradient",
                    says="nothing passes where z ≤ 0",
                    seen="ANSWER = activation_gradient",
                ),
                Slip(
                    pattern="IF(activation_gradient>0, activation_gradient, 0)",
                    says="the sign of z decides, not that of the gradient",
                    seen="ANSWER = (activation_gradient>0)*activation_gradient",
                ),
                Slip(
                    pattern="MAX(0, shaped)*activation_gradient",
                    says="times 1, not times z",
                    seen="ANSWER = (shaped>0)*shaped*activation_gradient",
                ),
            ),
        ),
        Exercise(
            name="M7",
            block="network.variance1",
            kind="bug",
            task="Batch norm's own variance of each hidden unit is wrong here: mend its formula.",
            hints=("There are two variances in one layer.", "the batch is normalised by n: Σ(x − mean)² / n"),
            title="variance",
            check="ANSWER+mean1^2 = squares/COUNT(label)",
            accepted=("VARP(affine1)", "SUMSQ(affine1)/COUNT(affine1)-mean1^2"),
            blocks=(
                Formula(
                    name="squares",
                    axes="hidden",
                    across="hidden",
                    title="sum of the squares",
                    pattern="SUMSQ(affine1)",
                ),
            ),
            slips=(
                Slip(
                    pattern="SUMPRODUCT((affine1-mean1)^2)/(COUNT(affine1)-1)",
                    says="the sample's, n − 1: the batch itself takes n",
                    undo="(ANSWER*(COUNT(label)-1)/COUNT(label))",
                ),
                Slip(
                    pattern="SQRT(SUMPRODUCT((affine1-mean1)^2)/COUNT(affine1))",
                    says="that is the standard deviation",
                    undo="(ANSWER^2)",
                ),
                Slip(
                    pattern="SUMSQ(affine1)/COUNT(affine1)",
                    says="the mean is not subtracted",
                    undo="(ANSWER-mean1^2)",
                ),
            ),
        ),
        Exercise(
            name="M8",
            block="last_layer.adam_change",
            kind="trace",
            task="By how much does Adam's first step change each weight of the last layer?",
            hints=("m̂ is the gradient, v̂ its square.", "−rate · m̂ / (√v̂ + ε)"),
            title="Adam's change",
            check="ANSWER*(root_hat+adam_eps) = -adam_rate*mean_hat",
            unit="root_hat+adam_eps",
            accepted=("0-adam_rate*mean_hat/(adam_eps+SQRT(square_hat))",),
            blocks=(
                Formula(
                    name="root_hat",
                    axes="klass hidden",
                    across="klass",
                    title="the root of the corrected squares",
                    pattern="SQRT(square_hat)",
                ),
            ),
            slips=(
                Slip(
                    pattern="0-learning_rate*weight2_gradient",
                    says="that is SGD",
                    seen="ANSWER = -learning_rate*weight2_gradient",
                ),
                Slip(
                    pattern="-adam_rate*adam_mean/(SQRT(adam_square)+adam_eps)",
                    says="the averages are not corrected: the first steps are too long",
                ),
                Slip(
                    pattern="-adam_rate*weight2_gradient/(square_hat+adam_eps)",
                    says="the root is missing",
                    seen="ANSWER*(square_hat+adam_eps) = -adam_rate*weight2_gradient",
                ),
            ),
        ),
        Exercise(
            name="M9",
            block="logistic.new_bias",
            kind="bug",
            task="update(): the loss does not fall. Mend the step of the biases.",
            hints=("backward(), then p −= lr · grad, then zero_grad().", "bias − learning rate · gradient"),
            check="bias-ANSWER = learning_rate*bias_gradient",
            tolerance=2e-4,
            accepted=("bias-bias_gradient*learning_rate",),
            slips=(
                Slip(
                    pattern="learning_rate*bias_gradient",
                    says="p = lr · grad: the old p is missing",
                    undo="(bias-ANSWER)",
                ),
                Slip(
                    pattern="bias+learning_rate*bias_gradient",
                    says="that goes uphill: subtract the step",
                    undo="(2*bias-ANSWER)",
                ),
                Slip(pattern="bias", says="no step: backward, then step", seen="ANSWER = bias"),
            ),
        ),
    ),
)
