"""Movie bias: the best and worst films, whatever one's taste."""

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Beside, Chart, Charts, Derive, Formula, Grid, Series, Sheet


def sheet() -> Sheet:
    """The films sorted by bias, beside their mean rating and how many rated them."""
    return Sheet(
        name="movie_bias",
        title="Movie bias",
        summary="the best and worst films by bias, beside their mean rating and count",
        words="""
            The bias is what is left of a film's rating once the tastes of the people who rated it are taken into account. A film can have a high mean because only
            its fans saw it; its bias says how it would do with everybody. In the chart each dot is a film, the best at the top, the worst at the bottom: look for
            films of one mean rating whose biases differ. Only the most-rated films are ranked, because the bias of a film with one rating is noise.
        """,
        blocks=(
            axis_numbers("place", "place", "place"),
            *_ranked("best", "LARGE"),
            *_ranked("worst", "SMALL"),
        ),
        layout=(
            Beside(((Grid("best_title place best_bias best_mean best_count best_row"),), (Charts("biases"),))),
            Grid("worst_title . worst_bias worst_mean worst_count worst_row"),
        ),
        charts=(
            Chart(
                name="biases",
                title="Bias and mean rating of the most-rated films",
                series=(Series("latent_factors.film_bias", "films", "latent_factors.film_mean"),),
                x_title="mean rating",
                y_title="bias",
                alt="Films of a higher mean rating mostly have a higher bias, but films of one mean differ.",
                kind="points",
                legend="",
                columns=7,
            ),
        ),
        derive=(
            Derive(
                "pca.best_and_worst",
                inputs={
                    name: f"latent_factors.{name}" for name in ("film_bias", "film_title", "film_mean", "film_count")
                },
            ),
        ),
    )


def _ranked(side: str, function: str) -> tuple[Formula, ...]:
    row = f"{side}_row"
    return (
        Formula(
            name=f"{side}_bias",
            axes="place",
            title="bias",
            number_format="0.000",
            role="result",
            pattern=f"{function}(latent_factors.film_bias, place)",
        ),
        Formula(
            name=row,
            axes="place",
            title="row",
            number_format="0",
            pattern=f"MATCH({side}_bias, latent_factors.film_bias, 0)",
        ),
        Formula(
            name=f"{side}_title",
            axes="place",
            title=f"{side} films",
            text=True,
            width=44,
            pattern=f"INDEX(latent_factors.film_title, {row}, 1)",
        ),
        Formula(
            name=f"{side}_mean", axes="place", title="mean rating", pattern=f"INDEX(latent_factors.film_mean, {row}, 1)"
        ),
        Formula(
            name=f"{side}_count",
            axes="place",
            title="ratings",
            number_format="0",
            pattern=f"INDEX(latent_factors.film_count, {row}, 1)",
        ),
    )
