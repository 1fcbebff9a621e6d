"""Exercises: ratings looked up, predicted, and learned from; decay and its gradient."""

import numpy as np

from workbook.lesson.exercise import Exercise, Exercises, Slip
from workbook.lesson.lesson import Array, Data, Formula, Given

USERS, MOVIES, FACTORS, TARGETS = 4, 4, 2, 5
FILMS = ("Alien", "Brazil", "Casablanca", "Dune")
FACTS = {
    "source": "Twelve ratings drawn for these exercises.",
    "terms": "",
    "rating_low": "0.5",
    "rating_high": "5.0",
    "optimum": "0",
    "all_users": "4",
    "all_movies": "4",
    "all_ratings": "12",
    "candidates": "2",
    "latent_run": "",
    "sampled": "",
}


def draw(rng: np.random.Generator) -> Data:
    """Four people, four films, twelve ratings and two factors each, of a student's own."""

    def factors(*shape: int) -> Array:
        drawn: Array = np.round(rng.uniform(0.3, 1.6, shape) * rng.choice([-1.0, 1.0, 1.0], shape), 1)
        return drawn

    user_id = rng.choice(np.arange(100.0, 700.0), USERS, replace=False)
    movie_id = rng.choice(np.arange(1000.0, 3000.0), MOVIES, replace=False)
    pairs = [(user, movie) for user in range(USERS) for movie in range(MOVIES)]
    # Four empty cells, one a row, so that everybody and every film has some ratings.
    empty = set(enumerate(rng.permutation(MOVIES).tolist()))
    rated = [pair for pair in pairs if pair not in empty]
    number = len(rated)
    values = {
        "ratings.user_id": user_id,
        "ratings.movie_id": movie_id,
        "ratings.movie_title": np.array(FILMS, dtype=object),
        "ratings.rated_by": np.array([user_id[user] for user, _ in rated]),
        "ratings.rated_movie": np.array([movie_id[movie] for _, movie in rated]),
        "ratings.rating": rng.integers(1, 11, number) / 2,
        "one_hot.user_number": np.arange(1.0, USERS + 1),
        "one_hot.movie_number": np.arange(1.0, MOVIES + 1),
        "y_range.y_low": np.array(round(float(rng.uniform(-0.6, -0.2)), 1)),
        "y_range.y_high": np.array(round(float(rng.uniform(5.3, 6.5)), 1)),
        "y_range.point": np.linspace(-8, 8, 5),
        "y_range.target": np.sort(rng.choice(np.arange(1.0, 10.0), TARGETS, replace=False)) / 2,
        "weight_decay.wd": np.array(round(float(rng.uniform(0.08, 0.18)), 2)),
        "weight_decay.adam_rate": np.array(round(float(rng.uniform(0.2, 0.5)), 2)),
        "weight_decay.adam_eps": np.array(round(float(rng.uniform(0.3, 0.9)), 2)),
    }
    for sheet in ("dot_product", "bias", "y_range"):
        for when in ("initial", "trained", "your"):
            values |= {
                f"{sheet}.{when}_user_factors": factors(USERS, FACTORS),
                f"{sheet}.{when}_movie_factors": factors(MOVIES, FACTORS),
                f"{sheet}.{when}_user_bias": factors(USERS) / 2,
                f"{sheet}.{when}_movie_bias": factors(MOVIES) / 2,
            }
    # These start from those of other sheets.
    for sheet in ("bias", "y_range"):
        values = {
            k: v for k, v in values.items() if k not in {f"{sheet}.initial_{n}_factors" for n in ("user", "movie")}
        }
    values = {k: v for k, v in values.items() if not k.startswith("y_range.initial_")}
    sizes = {"user": USERS, "movie": MOVIES, "factor": FACTORS, "rating": number, "step": 2, "point": 5}
    sizes |= {"target": TARGETS, "checkpoint": 2, "candidate": 1, "film": 4, "latent": 2, "other": 2, "component": 2}
    sizes |= {"companion": 2, "label": 2, "epoch": 1, "place": 2, "neighbour": 2}
    return Data(sizes, values, FACTS, "none")


_PENALISED = "dot_product.user_gradient+user_penalty_gradient"

EXERCISES = Exercises(
    draw=draw,
    each=(
        Exercise(
            name="C1",
            block="ratings.user_index",
            kind="fill",
            task="Turn each raw id into a number from 1, by looking it up in the list of people.",
            hints=("Which function gives a position in a list?", "MATCH takes what, where, and how: 0 is exact"),
            holds="INDEX(user_id, ANSWER, 1)=rated_by",
            slips=(
                Slip(
                    pattern="MATCH(rated_by, user_id, 1)",
                    says="without the 0, MATCH takes the nearest below: right only in a list that is sorted and complete",
                ),
                Slip(pattern="MATCH(rated_movie, movie_id, 0)", says="that is the film's index"),
            ),
        ),
        Exercise(
            name="C2",
            block="dot_product.prediction",
            kind="matrix",
            task="Predict the rating of each person and film from their factors.",
            hints=("Multiply factor by factor, then add.", "MMULT(row of the person, column of the film)"),
            title="predictions",
            check="SUMPRODUCT(ANSWER, probe) = SUMPRODUCT(user_factors, probed)",
            unit="probe",
            accepted=("SUMPRODUCT(user_factors, TRANSPOSE(movie_factors))",),
            blocks=(
                Given(name="probe", axes="movie", across="movie", title="a direction to look along", fixed=True),
                Formula(
                    name="probed",
                    axes="factor",
                    across="factor",
                    title="the films' factors along it",
                    pattern="SUMPRODUCT(movie_factors, probe)",
                ),
                Given(name="probe_factor", axes="factor", across="factor", title="another, over factors", fixed=True),
                Formula(
                    name="along",
                    axes="movie",
                    across="movie",
                    title="the films' factors along that",
                    pattern="MMULT(probe_factor, movie_factors)",
                ),
            ),
            slips=(
                Slip(
                    pattern="SUM(user_factors)*SUM(movie_factors)",
                    says="sums first, then the product: it is the sum of products",
                ),
                Slip(pattern="SUM(user_factors)+SUM(movie_factors)", says="added, not multiplied"),
            ),
        ),
        Exercise(
            name="C3",
            block="dot_product.error",
            kind="fill",
            task="Write the prediction minus the rating, and 0 where nobody has rated.",
            title="errors",
            hints=("What must an empty cell count?", 'IF(rating="", 0, …)'),
            check=('SUMPRODUCT(ANSWER, probe) = SUMPRODUCT((rating<>"")*prediction*probe)-SUMPRODUCT(rating, probe)'),
            unit="probe",
            slips=(
                Slip(
                    pattern="prediction-rating",
                    says='an empty text cannot be subtracted: IF(rating="", 0, …)',
                ),
                Slip(
                    pattern='IF(rating="", 0, rating-prediction)',
                    says="its sign is wrong: prediction − rating, or the step goes uphill",
                    undo="(-ANSWER)",
                ),
            ),
        ),
        Exercise(
            name="C4",
            block="dot_product.rmse",
            kind="fill",
            task="Write the root of the mean of the squared errors, over the ratings there are.",
            hints=("Three things in the name, from right to left.", "how many ratings there are: COUNT, not all cells"),
            check="ANSWER^2*COUNT(rating) = SUMSQ(error)",
            unit="2*ANSWER*COUNT(rating)",
            accepted=("SQRT(SUMSQ(error)/COUNT(rating))",),
            slips=(
                Slip(
                    pattern="mse",
                    says="that is the mean square: its root is asked for",
                    seen="ANSWER*COUNT(rating) = SUMSQ(error)",
                ),
                Slip(
                    pattern="SQRT(SUMSQ(error))",
                    says="never divided: the lecture's cell called rmse",
                    seen="ANSWER^2 = SUMSQ(error)",
                ),
                Slip(
                    pattern="SQRT(SUMSQ(error)/16)",
                    says="divided by all cells, not by the ratings there are",
                    seen="ANSWER^2*16 = SUMSQ(error)",
                ),
            ),
        ),
        Exercise(
            name="C5",
            block="dot_product.user_gradient",
            kind="gradient",
            task="Write the gradient of the mean squared error with respect to each factor of each person.",
            hints=(
                "The chain rule: 2 · error · what the factor is multiplied by.",
                "sum over the films, divide by the ratings",
            ),
            points=2,
            check="SUMPRODUCT(ANSWER, probe_factor)*ratings.rating_count/2 = SUMPRODUCT(error, along)",
            unit="probe_factor*ratings.rating_count/2",
            accepted=("2*SUMPRODUCT(error, movie_factors)/ratings.rating_count",),
            slips=(
                Slip(
                    pattern="SUMPRODUCT(error, movie_factors)/ratings.rating_count",
                    says="the 2 of the square is missing",
                    undo="(2*ANSWER)",
                ),
                Slip(
                    pattern="2*SUMPRODUCT(error, movie_factors)",
                    says="that is the sum's gradient, not the mean's: divide by how many there are",
                    undo="(ANSWER/ratings.rating_count)",
                ),
                Slip(
                    pattern="-2/ratings.rating_count*SUMPRODUCT(error, movie_factors)",
                    says="its sign is wrong",
                    undo="(-ANSWER)",
                ),
            ),
        ),
        Exercise(
            name="C6",
            block="one_hot.user_one_hot",
            kind="shape",
            task="Fill in the row of ones and zeros of each rating's person.",
            hints=("One 1 in each row: where?", "IF(index = number of the column, 1, 0)"),
            holds="AND(SUM(ANSWER)=1, SUMSQ(ANSWER)=1, SUMPRODUCT(ANSWER, user_number)=user_index)",
            accepted=("(user_index=user_number)*1",),
            slips=(
                Slip(pattern="IF(user_index=user_number, 0, 1)", says="ones and zeros are swapped"),
                Slip(pattern="IF(user_index<=user_number, 1, 0)", says="a row has a single 1, not 1s from there on"),
            ),
        ),
        Exercise(
            name="C7",
            block="embedding.user_activation",
            kind="code",
            task="Write user_weights[user_index] as a formula: look up, do not multiply.",
            title="user activations",
            hints=("One row of a table.", "INDEX(column of the table, row, 1)"),
            check="SUMPRODUCT(ANSWER, probe) = SUMIF(ratings.user_id, INDEX(ratings.user_id, user_index, 1), along)",
            unit="probe",
            blocks=(
                Given(name="probe", axes="factor", across="factor", title="a direction to look along", fixed=True),
                Formula(
                    name="along",
                    axes="user",
                    title="the people's weights along it",
                    pattern="SUMPRODUCT(user_weights, probe)",
                ),
            ),
            slips=(
                Slip(pattern="INDEX(user_weights, movie_index, 1)", says="looked up with the film's index"),
                Slip(pattern="INDEX(movie_weights, user_index, 1)", says="looked up in the films' table"),
            ),
        ),
        Exercise(
            name="C8",
            block="y_range.prediction",
            kind="fill",
            task="Squash z into the range from y_low to y_high.",
            hints=("A sigmoid runs from 0 to 1: stretch and shift it.", "low + (high − low)/(1 + EXP(−z))"),
            title="predictions",
            hides="wide narrow",
            check="z_back+0*ANSWER = z",
            unit="(y_high-y_low)/((ANSWER-y_low)*(y_high-ANSWER))",
            accepted=("y_low+(y_high-y_low)/(1+EXP(-z))",),
            blocks=(
                Formula(
                    name="z_back",
                    axes="user movie",
                    title="from the prediction back to z",
                    pattern="IFERROR(LN((prediction-y_low)/(y_high-prediction)), -999)",
                ),
            ),
            slips=(
                Slip(pattern="y_low+(y_high-y_low)/(1+EXP(z))", says="z has the wrong sign"),
                Slip(pattern="y_high/(1+EXP(-z))", says="y_low is forgotten"),
                Slip(pattern="y_low+y_high/(1+EXP(-z))", says="stretched by y_high, not by the width"),
            ),
        ),
        Exercise(
            name="C9",
            block="y_range.z_wide",
            kind="predict",
            task="Which z gives each of these ratings?",
            hints=("Solve the sigmoid for z.", "LN((r − low)/(high − r)); what if high − r is 0?"),
            hides="z_narrow",
            check="(y_high-target)*EXP(ANSWER) = target-y_low",
            unit="(y_high-target)*EXP(ANSWER)",
            accepted=("LN((target-y_low)/(y_high-target))",),
            slips=(
                Slip(pattern="LOG10((target-y_low)/(y_high-target))", says="base 10", undo="ANSWER*LN(10)"),
                Slip(pattern="LN((y_high-target)/(target-y_low))", says="the fraction is upside down", undo="-ANSWER"),
            ),
        ),
        Exercise(
            name="C10",
            block="weight_decay.user_penalty_gradient",
            kind="gradient",
            task="Write the gradient of wd·Σw² with respect to each factor.",
            hints=("What is the derivative of w²?", "2·wd·w: so this wd is half of torch's weight_decay"),
            title="penalty's gradient: users",
            check="2*ANSWER = wd*((dot_product.user_factors+1)^2-(dot_product.user_factors-1)^2)",
            unit="2",
            accepted=("dot_product.user_factors*wd*2",),
            slips=(
                Slip(
                    pattern="wd*dot_product.user_factors",
                    says="the 2 is missing: torch's weight_decay is 2·wd",
                    undo="(2*ANSWER)",
                ),
                Slip(
                    pattern="2*wd*dot_product.user_factors^2",
                    says="that is twice the penalty, not its gradient",
                    seen="ANSWER/wd = dot_product.user_factors^2+dot_product.user_factors^2",
                ),
            ),
        ),
        Exercise(
            name="C11",
            block="weight_decay.adam_l2_user_factors",
            kind="bug",
            task="This should be Adam's first step with L2, the decay inside the gradient. It is wrong: mend it.",
            hints=("Where does w enter the division?", "w − lr·g′/(|g′| + eps), with g′ = g + 2·wd·w"),
            title="Adam with L2",
            check="(dot_product.user_factors-ANSWER)*l2_size = adam_rate*l2_slope",
            unit="l2_size",
            tolerance=1e-3,
            accepted=(f"dot_product.user_factors-({_PENALISED})*adam_rate/(adam_eps+ABS({_PENALISED}))",),
            blocks=(
                Formula(name="l2_slope", axes="user factor", title="g′", pattern=_PENALISED),
                Formula(name="l2_size", axes="user factor", title="|g′| + eps", pattern="ABS(l2_slope)+adam_eps"),
            ),
            slips=(
                Slip(
                    pattern=(
                        "(1-adam_rate*2*wd)*dot_product.user_factors"
                        "-adam_rate*dot_product.user_gradient/(ABS(dot_product.user_gradient)+adam_eps)"
                    ),
                    says="that is the decoupled rule, AdamW",
                ),
                Slip(
                    pattern=(
                        "dot_product.user_factors"
                        "-adam_rate*dot_product.user_gradient/(ABS(dot_product.user_gradient)+adam_eps)"
                    ),
                    says="the decay is forgotten",
                ),
                Slip(
                    pattern=(
                        "dot_product.user_factors-adam_rate*(dot_product.user_gradient+user_penalty_gradient/2)"
                        "/(ABS(dot_product.user_gradient+user_penalty_gradient/2)+adam_eps)"
                    ),
                    says="half of the decay: the derivative of wd·w² is 2·wd·w",
                ),
            ),
        ),
    ),
)
