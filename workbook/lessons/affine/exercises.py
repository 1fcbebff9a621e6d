"""Exercises: matrix products by hand, two layers that are one, a convolution as a product, look-ups, a curve of ReLUs."""

from dataclasses import replace

import numpy as np

from workbook.lesson.exercise import Exercise, Exercises, Slip
from workbook.lesson.lesson import Array, Data, Formula, Given
from workbook.lessons.affine import SIZES, convolution, load

IMAGE, UNITS, POINTS, RECORDS = 4, 16, 41, 5
SMALL = {
    **SIZES,
    **dict.fromkeys(("high", "wide"), IMAGE),
    **dict.fromkeys(("top", "left"), 2),
    "cell": 4,
    "entry": IMAGE**2,
    "unit": UNITS,
    "every": UNITS,
    "point": POINTS,
    "record": RECORDS,
}


def draw(rng: np.random.Generator) -> Data:
    """Small whole matrices, an image of four by four, and a curve of a student's own."""
    data = load({}, 0, lambda *_: None)

    def whole(*axes: str) -> Array:
        """Whole numbers other than 0."""
        shape = [SMALL[axis] for axis in axes]
        return rng.choice([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0], shape)

    values = {
        **data.values,
        "affine.activation": whole("example", "inp"),
        "affine.weight": whole("inp", "hidden"),
        "affine.bias": whole("hidden"),
        "two_layers.weight2": whole("hidden", "out"),
        "two_layers.bias2": whole("out"),
        "convolution.image": rng.integers(1, 10, (IMAGE, IMAGE)).astype(np.float64),
        "convolution.kernel": whole("down", "along"),
        "convolution.top_number": np.arange(1.0, 3.0),
        "convolution.left_number": np.arange(1.0, 3.0),
        "convolution.pixel_number": np.arange(1.0, IMAGE**2 + 1),
        "convolution.result_number": np.arange(1.0, 5.0),
        **convolution.positions(SMALL),
        "relus.curve": np.array(rng.choice(["sine", "parabola"]), dtype=object),
        "relus.n_units": np.array(float(rng.integers(13, UNITS + 1))),
        "relus.every_number": np.arange(1.0, UNITS + 1),
        "relus.unit_number": np.arange(1.0, UNITS + 1),
        "relus.own_breakpoint": np.round(np.linspace(0.0, 1.0, UNITS, endpoint=False) ** 2, 3),
        "relus.point": np.linspace(0.0, 1.0, POINTS),
        "entity.embedding": np.round(rng.normal(0.0, 1.0, (SMALL["category"], SMALL["dimension"])), 2),
        "entity.record_number": np.arange(1.0, RECORDS + 1),
        "entity.category_number": rng.choice(np.arange(1.0, SMALL["category"] + 1), RECORDS, replace=False),
    }
    return replace(data, sizes=SMALL, values=values)


def _probe(axis: str) -> Given:
    return Given(name="probe", axes=axis, across=axis, title="a direction to look along", fixed=True)


EXERCISES = Exercises(
    draw=draw,
    each=(
        Exercise(
            name="A1",
            block="affine.output",
            kind="matrix",
            task="Compute x·W + b: one example by hand, then all of them.",
            hints=("One row times one column, then a number.", "MMULT(row of x, column of W) + the bias of the column"),
            points=2,
            title="output activations",
            check="SUMPRODUCT(ANSWER, probe) = SUMPRODUCT(activation, probed_weight)+probed_bias",
            unit="probe",
            accepted=("bias+MMULT(activation, weight)",),
            blocks=(
                _probe("hidden"),
                Formula(
                    name="probed_weight",
                    axes="inp",
                    across="inp",
                    title="the weights along it",
                    pattern="SUMPRODUCT(weight, probe)",
                ),
                Formula(name="probed_bias", title="the biases along it", pattern="SUMPRODUCT(bias, probe)"),
            ),
            slips=(
                Slip(pattern="MMULT(activation, weight)", says="the bias is forgotten", undo="(ANSWER+bias)"),
                Slip(
                    pattern="MMULT(activation, weight)*bias",
                    says="plus the bias, not times it",
                    undo="(ANSWER/bias+bias)",
                ),
            ),
        ),
        Exercise(
            name="A2",
            block="affine.parameters",
            kind="predict",
            task="How many parameters does a layer of 3 inputs and 5 outputs have?",
            hints=("Weights and biases.", "inputs · outputs, and a bias for each output"),
            holds="MOD(ANSWER*37, 101)=33",
            accepted=("3*5+5",),
            slips=(
                Slip(pattern="COUNT(weight)", says="the biases are forgotten"),
                Slip(pattern="COUNT(weight)+COUNT(activation)", says="activations are no parameters"),
            ),
        ),
        Exercise(
            name="A3",
            block="two_layers.merged_weight",
            kind="shape",
            task="Two layers without a ReLU are one: which product of the two matrices is its matrix?",
            hints=("(4×3)·(3×5)·(5×2): bracket the last two.", "W1·W2, not W2·W1"),
            title="the matrix of the one layer",
            check="SUMPRODUCT(ANSWER, probe) = SUMPRODUCT(weight1, probed_weight)",
            unit="probe",
            accepted=("SUMPRODUCT(weight1, TRANSPOSE(weight2))",),
            blocks=(
                _probe("out"),
                Formula(
                    name="probed_weight",
                    axes="hidden",
                    across="hidden",
                    title="the second weights along it",
                    pattern="SUMPRODUCT(weight2, probe)",
                ),
            ),
            slips=(
                Slip(
                    pattern="SUM(weight1)*SUM(weight2)", says="sums first, then the product: it is the sum of products"
                ),
                Slip(pattern="SUM(weight1)+SUM(weight2)", says="added, not multiplied"),
            ),
        ),
        Exercise(
            name="A4",
            block="two_layers.merged_bias",
            kind="matrix",
            task="And its biases?",
            hints=("What becomes of b1 in the second layer?", "b1·W2 + b2"),
            title="the biases of the one layer",
            check="SUMPRODUCT(ANSWER-bias2, probe) = SUMPRODUCT(bias1, probed_weight)",
            unit="probe",
            accepted=("bias2+MMULT(bias1, weight2)",),
            slips=(
                Slip(pattern="bias2", says="b1 goes through the second layer too"),
                Slip(pattern="SUM(bias1)+bias2", says="b1 is multiplied by W2"),
            ),
        ),
        Exercise(
            name="A5",
            block="two_layers.relu",
            kind="fill",
            task="Put a ReLU between the layers.",
            hints=("What becomes of the negative ones?", "MAX(0, h) of each"),
            title="ReLU of the first layer",
            check="ANSWER = (hidden>0)*hidden",
            accepted=("IF(hidden>0, hidden, 0)",),
            slips=(
                Slip(
                    pattern="ABS(hidden)",
                    says="negative ones become 0, not positive",
                    seen="ANSWER = hidden*((hidden>0)-(hidden<0))",
                ),
                Slip(pattern="MIN(0, hidden)", says="that is the other half", seen="ANSWER = hidden*(hidden<0)"),
                Slip(pattern="IF(hidden>0, 1, 0)", says="that is its derivative", seen="ANSWER = (hidden>0)*1"),
            ),
        ),
        Exercise(
            name="A6",
            block="convolution.product",
            kind="matrix",
            task="Compute the convolution as a row of the tied matrix times the flat image.",
            hints=("Four rows of sixteen.", "SUMPRODUCT(row of the matrix, flat image)"),
            check="ANSWER = INDEX(pixel, INT((result_number-1)/2)+1, MOD(result_number-1, 2)+1)",
            slips=(
                Slip(
                    pattern="SUM(tied_matrix)*SUM(flat)",
                    says="sums first, then the product: it is the sum of products",
                    seen="ANSWER = SUM(tied_matrix)*SUM(flat)",
                ),
                Slip(
                    pattern="SUMPRODUCT(tied_matrix, flat)/9",
                    says="that is a mean: a convolution is a sum",
                    undo="ANSWER*9",
                ),
            ),
        ),
        Exercise(
            name="A7",
            block="convolution.zeros",
            kind="predict",
            task="How many of the 4 × 16 weights in the tied matrix are always 0?",
            hints=("Nine in each row are not 0.", "4·16 − 4·9; nine of them are free"),
            holds="MOD(ANSWER*37, 101)=26",
            accepted=("COUNT(tied_matrix)-4*9",),
            slips=(
                Slip(pattern="weights_in_matrix-weights_stored", says="nine in each row, not nine in all"),
                Slip(pattern="4*9", says="those are the weights that need not be 0"),
            ),
        ),
        Exercise(
            name="A8",
            block="entity.by_lookup",
            kind="code",
            task="Write emb(category) as a look-up: the same numbers as one-hot · table.",
            hints=("A row of the table.", "INDEX(column of the table, number, 1)"),
            check="ANSWER = by_product",
            hides="distance",
            slips=(
                Slip(pattern="INDEX(embedding, category_number+1, 1)", says="torch counts from 0, this sheet from 1"),
                Slip(
                    pattern="category_number*INDEX(embedding, 1, 1)",
                    says="the number of a category is no size to multiply by",
                ),
            ),
        ),
        Exercise(
            name="A9",
            block="relus.height",
            kind="fill",
            task="Give each ReLU its height, so that the sum bends where the curve does; 0 for those not in use.",
            hints=(
                "Each ReLU adds to the slope, and goes on.",
                "slope here − slope before; the first has the slope itself",
            ),
            title="height",
            check="IF(unit_number>n_units, ANSWER, ANSWER+IF(unit_number=1, 0, PREV(steepness, start))-steepness) = 0",
            slips=(
                Slip(
                    pattern="IF(unit_number>n_units, 0, steepness)",
                    says="the slopes themselves: each ReLU goes on, so only the difference is added",
                    seen="ANSWER = steepness",
                ),
                Slip(
                    pattern="IF(unit_number>n_units, 0, IF(unit_number=1, -steepness, PREV(steepness, start)-steepness))",
                    says="its sign is wrong",
                    undo="-ANSWER",
                ),
            ),
        ),
        Exercise(
            name="A10",
            block="relus.n_units",
            kind="choose",
            task="Choose how many ReLUs there are, so that the largest error is below 0.05.",
            hints=("Fill in A9 first, then try.", "at most 16, and more than 8"),
            title="ReLUs",
            holds="AND(ANSWER>=1, largest_error<0.05)",
            start=4,
        ),
    ),
)
