"""PCA: many factors brought down to three that can be looked at."""

from collections.abc import Mapping

from workbook.lesson.labels import axis_names, axis_numbers, label
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


def sheet(sizes: Mapping[str, int]) -> Sheet:
    """Centring, covariance, components, projection."""
    return Sheet(
        name="pca",
        title="PCA",
        summary=f"{sizes['latent']} factors brought down to {sizes['component']}, and the well-known films drawn as points",
        words=f"""
            Nobody can look at {sizes["latent"]} factors. Principal components are the directions along which the films differ most. Two of them make this map: films
            that please the same people lie close together on it. Directions have no sign: left and right may be swapped. They are eigenvectors of
            the covariance matrix C, with C·v = λ·v; formulas on this sheet check that.
        """,
        blocks=(
            *_results(),
            *_components(),
            *_films(),
            *_labels(),
        ),
        layout=(
            Fields("explained_together status"),
            Charts("map"),
            Words("How that is checked"),
            Fields("total_variance largest_residual largest_overlap"),
            Words("The points of the chart: the most-rated films"),
            Grid("label_title label_row label_x label_y | label_name"),
            Words("Components"),
            Grid("""
                . component_number | . | .
                . eigenvalue | . | .
                . explained | . | .
                . components | covariance_times_components | residual
                . overlap | . | .
            """),
            Unprinted(),
            Words("The films in few numbers, and in many"),
            Grid("""
                .          .          | mean_factor
                film_title projection | centred
            """),
            Words("Covariance"),
            Grid(". . | covariance"),
        ),
        charts=(
            Chart(
                name="map",
                title="The most-rated films along two components",
                kind="labelled",
                labels="label_name",
                series=(Series("label_y", "films", "label_x"),),
                x_title="component 1",
                y_title="component 2",
                alt="A scatter of well-known films along the first two principal components; films that please the same people lie close together.",
                columns=10,
                rows=20,
            ),
        ),
        derive=(
            Derive("pca.pca", inputs={"film_factors": "latent_factors.film_factors"}),
            Derive("pca.labelled"),
            Derive("pca.status", shown=False),
        ),
    )


def _results() -> tuple[Formula, ...]:
    """How much the components explain, and whether they are sound."""
    return (
        Formula(
            name="explained_together",
            title="variance explained",
            number_format="0.0%",
            role="result",
            pattern="SUM(explained)",
            words="by all components together",
        ),
        Formula(
            name="total_variance",
            title="total variance",
            number_format="0.0000",
            pattern="SUMSQ(centred)/(COUNT(latent_factors.film_number)-1)",
        ),
        Formula(
            name="largest_residual",
            title="largest residual",
            number_format="0.0E+00",
            scale="covariance",
            role="check",
            pattern="MAX(MAX(residual), -MIN(residual))",
            words="of C·v − λ·v: 0 but for rounding, so these are eigenvectors",
        ),
        Formula(
            name="largest_overlap",
            title="largest overlap",
            number_format="0.0E+00",
            role="check",
            scale="components",
            pattern="MAX(MAX(overlap), -MIN(overlap))",
            words="of v·v − 1, and of different v: 0 but for rounding, so they have length 1 and are at right angles",
        ),
        Formula(
            name="overlap",
            axes="component companion",
            title="Vᵀ·V − identity",
            number_format="0.0E+00",
            role="check",
            scale="components",
            pattern="""SUMPRODUCT(components, ALONG(components, component, companion))
                       -IF(component_number=ALONG(component_number, component, companion), 1, 0)""",
        ),
        Formula(
            name="status",
            title="recorded components",
            text=True,
            role="check",
            pattern="""IF(AND(largest_residual<0.000001*total_variance, largest_overlap<0.000001),
                       "sound", "stale")""",
            words="sound: they are eigenvectors, of length 1 and at right angles; stale: the factors changed since",
        ),
    )


def _components() -> tuple[Given | Formula | Recorded, ...]:
    """The recorded components, and what the covariance does to them."""
    return (
        axis_numbers("component_number", "component", "component", across="component"),
        Formula(
            name="eigenvalue",
            axes="component",
            across="component",
            title="λ: variance along it",
            number_format="0.0000",
            pattern="SUMPRODUCT(components, covariance_times_components)",
        ),
        Formula(
            name="explained",
            axes="component",
            across="component",
            title="explained",
            number_format="0.0%",
            pattern="eigenvalue/total_variance",
        ),
        Recorded(
            name="components",
            axes="latent component",
            title="components v",
            number_format="0.000",
            look="diverging",
            made_by="engine.runs.training.principal_components",
        ),
        Formula(
            name="covariance_times_components",
            axes="latent component",
            title="C·v",
            number_format="0.0000",
            pattern="MMULT(covariance, ALL(components, latent))",
        ),
        Formula(
            name="residual",
            axes="latent component",
            title="C·v − λ·v",
            number_format="0.0E+00",
            scale="covariance",
            role="check",
            pattern="covariance_times_components-eigenvalue*components",
        ),
        Formula(
            name="covariance",
            axes="latent other",
            title="covariance C of the centred factors",
            number_format="0.000",
            look="diverging",
            pattern="SUMPRODUCT(centred, ALONG(centred, latent, other))/(COUNT(latent_factors.film_number)-1)",
        ),
    )


def _films() -> tuple[Formula, ...]:
    """The films in the directions of the components."""
    return (
        label("film_title", "film", "latent_factors.film_title", "title", text=True, width=44),
        Formula(
            name="projection",
            axes="film component",
            title="projection = centred × v",
            number_format="0.000",
            pattern="MMULT(centred, components)",
        ),
        Formula(
            name="mean_factor",
            axes="latent",
            across="latent",
            title="mean of each factor",
            number_format="0.000",
            scale="latent_factors.film_factors",
            pattern="SUM(latent_factors.film_factors)/COUNT(latent_factors.film_factors)",
        ),
        Formula(
            name="centred",
            axes="film latent",
            title="centred factors: factor − mean",
            number_format="0.000",
            look="diverging",
            scale="latent_factors.film_factors",
            pattern="latent_factors.film_factors-mean_factor",
        ),
    )


def _labels() -> tuple[Given | Formula, ...]:
    """The well-known films that are drawn."""
    return (
        axis_numbers("label_row", "label", "rank"),
        Formula(
            name="label_title",
            axes="label",
            title="well-known films",
            text=True,
            pattern="INDEX(film_title, label_row, 1)",
        ),
        axis_names("label_name", "label", "in the chart"),
        Formula(
            name="label_x",
            axes="label",
            title="component 1",
            number_format="0.000",
            scale="projection",
            pattern="INDEX(projection, label_row, 1)",
        ),
        Formula(
            name="label_y",
            axes="label",
            title="component 2",
            number_format="0.000",
            scale="projection",
            pattern="INDEX(projection, label_row, 2)",
        ),
    )
