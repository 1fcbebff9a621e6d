"""Similar films: nearest by angle, in all factors and in three."""

from workbook.lesson.labels import axis_numbers, label
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Unprinted, Words


def sheet() -> Sheet:
    """The films nearest to one chosen, before and after PCA."""
    return Sheet(
        name="similar",
        title="Similar films",
        summary="the films nearest to one that you choose, before and after PCA",
        words="""
            Two films are similar when the same people like them: when their factors point the same way. The cosine of the angle between them is the dot
            product over both lengths. After PCA three numbers stand for many: quicker to compare, and some neighbours are lost.
        """,
        blocks=(
            Given(
                name="chosen_title",
                title="a film",
                text=True,
                width=44,
                choices="pca.label_title",
                words="choose from the list: the most-rated films",
            ),
            Formula(
                name="chosen_row",
                title="its rank",
                number_format="0",
                pattern="SUMPRODUCT((latent_factors.film_title=chosen_title)*latent_factors.film_number)",
                note="Not MATCH: a ? or * in a title would stand for any letters there.",
            ),
            axis_numbers("place", "neighbour", "place"),
            *_nearest("before", "in all factors"),
            *_nearest("after", "in three components"),
            label("film_title", "film", "latent_factors.film_title", "title", text=True, width=44),
            Formula(
                name="chosen_factors",
                axes="latent",
                across="latent",
                title="the film's centred factors",
                number_format="0.000",
                pattern="INDEX(pca.centred, chosen_row, 1)",
                scale="pca.centred",
            ),
            Formula(
                name="chosen_projection",
                axes="component",
                across="component",
                title="the film's projection",
                number_format="0.000",
                pattern="INDEX(pca.projection, chosen_row, 1)",
                scale="pca.projection",
            ),
            _cosine("before", "pca.centred", "chosen_factors", "cosine, all factors"),
            _cosine("after", "pca.projection", "chosen_projection", "cosine, three numbers"),
        ),
        layout=(
            Fields("chosen_title chosen_row"),
            Grid("place before_title before_value before_row | after_title after_value after_row"),
            Unprinted(),
            Words("Behind it"),
            Grid(". . chosen_projection | chosen_factors"),
            Grid(". film_title similarity_before similarity_after"),
        ),
        derive=(
            Derive(
                "pca.similar",
                inputs={
                    "film_title": "latent_factors.film_title",
                    "film_number": "latent_factors.film_number",
                    "centred": "pca.centred",
                    "projection": "pca.projection",
                },
            ),
        ),
    )


def _cosine(side: str, films: str, chosen: str, title: str) -> Formula:
    return Formula(
        name=f"similarity_{side}",
        axes="film",
        title=title,
        number_format="0.000",
        pattern=f"SUMPRODUCT({films}, {chosen})/SQRT(SUMSQ({films})*SUMSQ({chosen}))",
    )


def _nearest(side: str, how: str) -> tuple[Formula, ...]:
    return (
        Formula(
            name=f"{side}_title",
            axes="neighbour",
            title=f"nearest {how}",
            text=True,
            width=44,
            pattern=f"INDEX(latent_factors.film_title, {side}_row, 1)",
        ),
        Formula(
            name=f"{side}_value",
            axes="neighbour",
            title="cosine",
            number_format="0.000",
            role="result",
            pattern=f"LARGE(similarity_{side}, place)",
        ),
        Formula(
            name=f"{side}_row",
            axes="neighbour",
            title="rank",
            number_format="0",
            pattern=f"MATCH({side}_value, similarity_{side}, 0)",
        ),
    )
