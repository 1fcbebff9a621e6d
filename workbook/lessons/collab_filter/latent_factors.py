"""Latent factors: what a model of the whole ratings file learned about its most-rated films."""

from collections.abc import Mapping

from workbook.lesson.lesson import Given, Grid, Recorded, Sheet, Unprinted, Words

MADE_BY = "engine.runs.training.fit_latent"


def sheet(sizes: Mapping[str, int], facts: Mapping[str, str]) -> Sheet:
    """The films, their factors and biases."""
    return Sheet(
        name="latent_factors",
        title="Latent factors",
        summary=f"{sizes['latent']} factors and a bias for each of the {sizes['film']:,} most-rated films, from the whole ratings file",
        words=f"""
            {facts["latent_run"]} {facts["sampled"]}

            Nobody told the model what the columns mean; each is whatever made the errors small. The sheets that follow ask what it found.
        """,
        blocks=(
            Given(name="film_title", axes="film", title="title", text=True, fixed=True, width=44),
            Given(name="film_number", axes="film", title="rank", number_format="0", fixed=True),
            Given(name="film_count", axes="film", title="ratings", number_format="0", fixed=True),
            Given(name="film_mean", axes="film", title="mean rating", fixed=True),
            Recorded(name="film_bias", axes="film", title="bias", number_format="0.000", made_by=MADE_BY),
            Recorded(name="film_factors", axes="film latent", title="factors", look="diverging", made_by=MADE_BY),
            Recorded(
                name="epoch_train_rmse", axes="epoch", title="training RMSE", number_format="0.0000", made_by=MADE_BY
            ),
            Recorded(
                name="epoch_valid_rmse", axes="epoch", title="RMSE held out", number_format="0.0000", made_by=MADE_BY
            ),
            Given(name="epoch_number", axes="epoch", title="epoch", number_format="0", fixed=True),
        ),
        layout=(
            Words("The run", "Each epoch is one pass through the ratings; a tenth of them was held out."),
            Grid("epoch_number epoch_train_rmse epoch_valid_rmse"),
            Unprinted(),
            Words("The films, most rated first"),
            Grid("film_title film_number film_count film_mean film_bias | film_factors"),
        ),
    )
