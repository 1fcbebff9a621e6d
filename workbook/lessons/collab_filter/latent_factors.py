"""Latent factors: what a model of the whole ratings file learned about its most-rated films."""

from collections.abc import Mapping

from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import Beside, Chart, Charts, Given, Grid, Recorded, Series, Sheet, Unprinted, Words

MADE_BY = "engine.runs.training.fit_latent"


def sheet(sizes: Mapping[str, int], facts: Mapping[str, str]) -> Sheet:
    """The films, their factors and biases."""
    return Sheet(
        name="latent_factors",
        title="Latent factors",
        summary=f"{sizes['latent']} factors and a bias for each of the {sizes['film']:,} most-rated films, from the whole ratings file",
        words=f"""
            Here a model learned from the whole file: {sizes["latent"]} factors and a bias for each film, as many for each person. Nobody told it what the factors mean; each is whatever
            made the errors small. In the chart look at the ratings held out: soon more epochs do not help them. The sheets that follow ask what the factors found.
        """,
        experts=f"""{facts["latent_run"]} {facts["sampled"]}""",
        blocks=(
            axis_names("film_title", "film", "title", width=44),
            axis_numbers("film_number", "film", "rank"),
            axis_numbers("film_count", "film", "ratings"),
            Given(name="film_mean", axes="film", title="mean rating", fixed=True),
            Recorded(name="film_bias", axes="film", title="bias", number_format="0.000", made_by=MADE_BY),
            Recorded(name="film_factors", axes="film latent", title="factors", look="diverging", made_by=MADE_BY),
            Recorded(
                name="epoch_train_rmse", axes="epoch", title="training RMSE", number_format="0.0000", made_by=MADE_BY
            ),
            Recorded(
                name="epoch_valid_rmse", axes="epoch", title="RMSE held out", number_format="0.0000", made_by=MADE_BY
            ),
            axis_numbers("epoch_number", "epoch", "epoch"),
        ),
        layout=(
            Beside(((Grid("epoch_number epoch_train_rmse epoch_valid_rmse"),), (Charts("run"),))),
            Words("", "Each epoch is one pass through the ratings; a tenth of them was held out."),
            Unprinted(),
            Words(
                "The films, most rated first",
                "Find two films that you would like for one reason, and compare their rows.",
            ),
            Grid("film_title film_number film_count film_mean film_bias | film_factors"),
        ),
        charts=(
            Chart(
                name="run",
                title="RMSE by epoch",
                series=(
                    Series("epoch_train_rmse", "training", "epoch_number"),
                    Series("epoch_valid_rmse", "held out", "epoch_number"),
                ),
                x_title="epoch",
                y_title="RMSE",
                alt="The error on the ratings in training falls with each epoch; on those held out it soon stands still.",
                columns=7,
                rows=14,
            ),
        ),
    )
