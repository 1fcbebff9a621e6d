"""Films by their bias and by their factors: the best and worst, principal components, and the most alike.

With X the centred factors (film, latent), C = X^T X / (films - 1) and a unit direction v, the variance along v is
v.(C v); v is a principal component exactly where C v = (v.(C v)) v, so the residual C v - (v.(C v)) v proves it.

    >>> import numpy as np
    >>> found = pca(np.array([[1.0, 0.0], [3.0, 0.0]]), np.array([[1.0], [0.0]]))
    >>> found["eigenvalue"].tolist(), found["explained"].tolist(), found["projection"].tolist()
    ([2.0], [1.0], [[-1.0], [1.0]])
"""

import numpy as np
import numpy.typing as npt

from engine.errors import EngineError
from engine.reference import Array, Result, Text
from engine.reference.numbering import zero_based


def best_and_worst(film_bias: Array, film_title: Text, film_mean: Array, film_count: Array, place: Array) -> Result:
    """The films at each place from the highest and from the lowest bias; a tie names the first film with it."""
    best_bias = _largest(film_bias, place)
    worst_bias = -_largest(-film_bias, place)
    best = _first_row(best_bias, film_bias)
    worst = _first_row(worst_bias, film_bias)
    return {
        "best_bias": best_bias,
        "best_row": best + 1.0,
        "best_title": film_title[best],
        "best_mean": film_mean[best],
        "best_count": film_count[best],
        "worst_bias": worst_bias,
        "worst_row": worst + 1.0,
        "worst_title": film_title[worst],
        "worst_mean": film_mean[worst],
        "worst_count": film_count[worst],
    }


def _largest(values: Array, place: Array) -> Array:
    """The place-th largest value, blanks left out."""
    ordered = np.sort(values[~np.isnan(values)])[::-1]
    return ordered[zero_based(place, len(ordered), "place")]


def _first_row(wanted: Array, values: Array) -> npt.NDArray[np.intp]:
    """0-based row of the first value equal to each wanted one."""
    first: npt.NDArray[np.intp] = (wanted[:, np.newaxis] == values).argmax(axis=1)
    return first


def pca(film_factors: Array, components: Array) -> Result:
    """The variance that given unit components (latent, component) explain, and what they lack to be eigenvectors."""
    films = len(film_factors)
    if films < 2:
        raise EngineError(f"film_factors: found {films} film, expected at least 2 to have a variance")
    mean_factor = film_factors.mean(axis=0)
    centred = film_factors - mean_factor
    covariance = centred.T @ centred / (films - 1)
    covariance_times_components = covariance @ components
    eigenvalue = np.sum(components * covariance_times_components, axis=0)
    residual = covariance_times_components - components * eigenvalue
    overlap = components.T @ components - np.identity(components.shape[1])
    total_variance = np.trace(covariance)
    explained = eigenvalue / (total_variance or np.nan)
    return {
        "mean_factor": mean_factor,
        "centred": centred,
        "covariance": covariance,
        "covariance_times_components": covariance_times_components,
        "eigenvalue": eigenvalue,
        "residual": residual,
        "largest_residual": np.abs(residual).max(),
        "overlap": overlap,
        "largest_overlap": np.abs(overlap).max(),
        "total_variance": total_variance,
        "explained": explained,
        "explained_together": explained.sum(),
        "projection": centred @ components,
    }


def similar(
    chosen_title: str, film_title: Text, film_number: Array, centred: Array, projection: Array, place: Array
) -> Result:
    """The films most like the chosen one, by cosine of their centred factors and of their projections."""
    chosen = _film(chosen_title, film_title)
    similarity_before = _cosine(centred, centred[chosen])
    similarity_after = _cosine(projection, projection[chosen])
    before_value = _largest(similarity_before, place)
    after_value = _largest(similarity_after, place)
    before = _first_row(before_value, similarity_before)
    after = _first_row(after_value, similarity_after)
    return {
        "chosen_row": film_number[chosen],
        "chosen_factors": centred[chosen],
        "chosen_projection": projection[chosen],
        "similarity_before": similarity_before,
        "similarity_after": similarity_after,
        "before_value": before_value,
        "before_row": film_number[before],
        "before_title": film_title[before],
        "after_value": after_value,
        "after_row": film_number[after],
        "after_title": film_title[after],
    }


def _film(chosen_title: str, film_title: Text) -> int:
    """0-based row of the first film of that title, ignoring case."""
    titles = [title.lower() for title in film_title]
    if chosen_title.lower() not in titles:
        raise EngineError(
            f"chosen_title: found {chosen_title!r}, expected one of the {len(titles)} titles of film_title"
        )
    return titles.index(chosen_title.lower())


def _cosine(rows: Array, chosen: Array) -> Array:
    """The cosine of the angle between each row and the chosen one; 0 where one of them has no length."""
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(chosen)
    cosine: Array = np.divide(rows @ chosen, lengths, out=np.zeros(len(rows)), where=lengths > 0)
    return cosine


def labelled(projection: Array, film_title: Text, label_row: Array) -> Result:
    """Title, first and second component of the films at the given 1-based rows (label)."""
    rows = zero_based(label_row, len(film_title), "label_row")
    return {"label_title": film_title[rows], "label_x": projection[rows, 0], "label_y": projection[rows, 1]}


def status(largest_residual: float, largest_overlap: float, total_variance: float) -> Result:
    """Whether recorded components are eigenvectors of the covariance, of length 1 and at right angles."""
    found = largest_residual < 1e-6 * total_variance and largest_overlap < 1e-6
    return {"status": "sound" if found else "stale"}
