"""Held out: the same model on ratings that it has not seen."""

from collections.abc import Mapping
from typing import Any

from workbook.lesson.labels import axis_numbers, label
from workbook.lesson.lesson import (
    Chart,
    Charts,
    Derive,
    Fields,
    Formula,
    Given,
    Grid,
    Recorded,
    Series,
    Sheet,
    Unprinted,
    Words,
)

MADE_BY = "engine.runs.training.held_out_curves"
ERROR: dict[str, Any] = {
    "axes": "user movie",
    "number_format": '0.00;-0.00;"·"',
    "look": "diverging",
    "scale": "held_prediction",
}
PER: dict[str, Any] = {"axes": "candidate", "number_format": "0.0000"}


def sheet(sizes: Mapping[str, int], facts: Mapping[str, str]) -> Sheet:
    """Training and validation errors by step, and by the number of factors."""
    candidates = facts["candidates"].split()
    own = candidates.index(str(sizes["factor"]))
    return Sheet(
        name="held_out",
        title="Held out",
        summary="a fifth of the ratings kept back: the error that counts, and when to stop",
        words=f"""
            The RMSE of {facts["optimum"]} on Dot product is on ratings that the model was fitted to: {(sizes["user"] + sizes["movie"]) * sizes["factor"]}
            numbers chosen to suit {sizes["rating"]} ratings. Here a fifth of the ratings is held out, and the error is measured on those, which the
            model never saw. Where that error rises again, the model has begun to learn the noise by heart: it is time to stop before that.
        """,
        blocks=(
            *_split(),
            *_curves(),
            *_candidates(),
            *_errors(sizes),
            *_results(sizes, own),
        ),
        layout=(
            Fields("train_rmse valid_rmse mean_baseline verdict status"),
            Charts("curves factors"),
            Words(
                "How many factors?",
                "The same split and the same number of steps; only the number of factors differs. More factors fit the ratings in training better. See what that does to the ratings held out.",
            ),
            Fields("train_count valid_count train_mean recorded_valid"),
            Grid("n_factors best_step best_valid train_at_best last_valid last_train"),
            Unprinted(),
            Words("By step"),
            Grid("""
                .               train_factors | valid_factors
                checkpoint_step train_curve   | valid_curve
            """),
            Words("The split, and the model at its best step"),
            Grid("""
                user_id held_out     | held_prediction
                .       train_rating | valid_rating
                .       train_error  | valid_error
                .       .            | mean_error
            """),
            Grid(". best_user_factors | best_movie_factors"),
        ),
        charts=(
            Chart(
                name="curves",
                title=f"RMSE by step, {sizes['factor']} factors",
                series=(
                    Series("train_curve", "training", "checkpoint_step", (own,)),
                    Series("valid_curve", "held out", "checkpoint_step", (own,)),
                ),
                x_title="step",
                y_title="RMSE",
                alt="The error on the ratings in training and on those held out, by step.",
                y_low=0.0,
                y_high=2.0,
                columns=4,
                rows=15,
            ),
            Chart(
                name="factors",
                title="RMSE on ratings held out, by number of factors",
                series=tuple(
                    Series("valid_curve", f"{k} factors", "checkpoint_step", (i,)) for i, k in enumerate(candidates)
                ),
                x_title="step",
                y_title="RMSE",
                alt="The error on the ratings held out, by step, a curve for each number of factors.",
                y_low=0.0,
                y_high=2.0,
                columns=6,
                rows=15,
            ),
        ),
        derive=(
            Derive("collab.held_out_split", inputs={"rating": "ratings.rating_grid"}),
            Derive("collab.early_stopping"),
            Derive("collab.held_out_rmse"),
            Derive("collab.held_out_verdict", shown=False),
            Derive("collab.recorded_run", shown=False),
        ),
    )


def _split() -> tuple[Given | Formula, ...]:
    """The ratings to train on and those held out."""
    return (
        Given(
            name="held_out",
            axes="user movie",
            title="held out: 1; for training: 0 (a fifth, drawn by the seed)",
            number_format='0;-0;"·"',
            low=0,
            high=1,
            whole=True,
            look="sequential",
        ),
        label("user_id", "user", "ratings.user_id", "user", number_format="0"),
        Formula(
            name="train_rating",
            axes="user movie",
            title="ratings for training",
            number_format="0.0",
            look="sequential",
            pattern='IF(OR(ratings.rating_grid="", held_out=1), "", ratings.rating_grid)',
        ),
        Formula(
            name="valid_rating",
            axes="user movie",
            title="ratings held out",
            number_format="0.0",
            look="sequential",
            pattern='IF(ratings.rating_grid="", "", IF(held_out=1, ratings.rating_grid, ""))',
        ),
        Formula(name="train_count", title="ratings for training", number_format="0", pattern="COUNT(train_rating)"),
        Formula(name="valid_count", title="ratings held out", number_format="0", pattern="COUNT(valid_rating)"),
        Formula(
            name="train_mean",
            title="mean rating in training",
            number_format="0.000",
            blank="none",
            pattern='IF(train_count=0, "none", SUM(train_rating)/train_count)',
        ),
        Formula(
            name="mean_baseline",
            title="RMSE of the mean",
            number_format="0.0000",
            pattern='IF(OR(train_count=0, valid_count=0), "none", SQRT(SUMSQ(mean_error)/valid_count))',
            blank="none",
            role="result",
            words="of always predicting the mean of the training ratings: what any model must beat",
        ),
    )


def _curves() -> tuple[Given | Formula | Recorded, ...]:
    """The recorded errors by step, and by the number of factors."""
    return (
        axis_numbers("checkpoint_step", "checkpoint", "step"),
        Recorded(
            name="train_curve",
            axes="checkpoint candidate",
            title="training RMSE",
            number_format="0.0000",
            made_by=MADE_BY,
        ),
        Recorded(
            name="valid_curve",
            axes="checkpoint candidate",
            title="validation RMSE",
            number_format="0.0000",
            made_by=MADE_BY,
        ),
        axis_numbers("n_factors", "candidate", "factors"),
        label("train_factors", "candidate", "n_factors", "factors", across="candidate", number_format="0"),
        label("valid_factors", "candidate", "n_factors", "factors", across="candidate", number_format="0"),
    )


def _candidates() -> tuple[Formula, ...]:
    """What each number of factors comes to."""
    return (
        Formula(name="best_valid", title="least RMSE held out", role="result", pattern="MIN(valid_curve)", **PER),
        Formula(
            name="best_step",
            axes="candidate",
            title="at step",
            number_format="0",
            pattern="INDEX(checkpoint_step, MATCH(best_valid, valid_curve, 0), 1)",
            note="Early stopping: the step with the least error on the ratings held out. Training longer makes predictions worse.",
        ),
        Formula(
            name="train_at_best",
            title="training there",
            pattern="INDEX(train_curve, MATCH(best_valid, valid_curve, 0), 1)",
            **PER,
        ),
        Formula(
            name="last_valid",
            title="held out, at the end",
            pattern="INDEX(valid_curve, COUNT(checkpoint_step), 1)",
            **PER,
        ),
        Formula(
            name="last_train",
            title="training, at the end",
            pattern="INDEX(train_curve, COUNT(checkpoint_step), 1)",
            **PER,
        ),
    )


def _errors(sizes: Mapping[str, int]) -> tuple[Formula | Recorded, ...]:
    """The errors of the run at its best step, computed from its factors."""
    return (
        Recorded(
            name="best_user_factors",
            axes="user factor",
            title=f"user factors at the best step ({sizes['factor']} factors)",
            made_by=MADE_BY,
        ),
        Recorded(
            name="best_movie_factors",
            axes="movie factor",
            across="movie",
            title="movie factors at the best step",
            made_by=MADE_BY,
        ),
        Formula(
            name="held_prediction",
            axes="user movie",
            title="predictions at the best step",
            look="sequential",
            pattern="MMULT(best_user_factors, best_movie_factors)",
        ),
        Formula(
            name="train_error",
            title="errors in training",
            pattern='IF(train_rating="", 0, held_prediction-train_rating)',
            **ERROR,
        ),
        Formula(
            name="valid_error",
            title="errors on ratings held out",
            pattern='IF(valid_rating="", 0, held_prediction-valid_rating)',
            **ERROR,
        ),
        Formula(
            name="mean_error",
            title="errors of the mean, held out",
            pattern='IF(OR(valid_rating="", train_count=0), 0, train_mean-valid_rating)',
            **(ERROR | {"scale": "valid_rating"}),
        ),
    )


def _results(sizes: Mapping[str, int], own: int) -> tuple[Formula, ...]:
    """The errors of both parts, and whether the recorded run has the same."""
    return (
        Formula(
            name="train_rmse",
            title="training RMSE",
            number_format="0.0000",
            blank="none",
            pattern='IF(train_count=0, "none", SQRT(SUMSQ(train_error)/train_count))',
        ),
        Formula(
            name="valid_rmse",
            title="validation RMSE",
            number_format="0.0000",
            role="result",
            blank="none",
            pattern='IF(valid_count=0, "none", SQRT(SUMSQ(valid_error)/valid_count))',
            words=f"the error that counts, of {sizes['factor']} factors at their best step",
        ),
        Formula(
            name="verdict",
            title="better than the mean?",
            text=True,
            role="check",
            pattern='IF(valid_count=0, "", IF(valid_rmse<mean_baseline, "yes", "no"))',
        ),
        Formula(
            name="recorded_valid",
            title="… as the run recorded it",
            number_format="0.0000",
            pattern=f"INDEX(best_valid, {own + 1}, 1)",
        ),
        Formula(
            name="status",
            title=f"recorded run, {sizes['factor']} factors",
            text=True,
            role="check",
            pattern='IF(valid_count=0, "stale", IF(ABS(valid_rmse-recorded_valid)<0.000000001, "agrees", "stale"))',
            words="agrees: it has the same error as this sheet; stale: the ratings or the split changed since",
        ),
    )
