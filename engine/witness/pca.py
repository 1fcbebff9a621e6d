"""What trained film factors say, by torch: films by bias, principal components, and which films are alike.

Every function takes float64 tensors (titles as object arrays), computes on the device that they are on, changes none
of them, and returns float64 tensors by name. Rows are 1-based, as in a sheet. The axes are film, latent, component,
place and label. Titles are text: they pick rows here, and are looked up elsewhere.
"""

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from engine.errors import DataError


def _ranked(value: torch.Tensor, place: torch.Tensor, largest: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """The place-th largest or smallest values (place), and the 0-based first film that has each of them."""
    in_order = value.sort(descending=largest).values
    chosen = in_order[place.long() - 1]
    return chosen, (value == chosen[:, None]).double().argmax(dim=1)


def best_and_worst(
    film_bias: torch.Tensor,
    film_title: npt.NDArray[np.object_],
    film_mean: torch.Tensor,
    film_count: torch.Tensor,
    place: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """The films of the largest and of the smallest bias, each with its row, mean rating and number of ratings."""
    best_bias, best = _ranked(film_bias, place, largest=True)
    worst_bias, worst = _ranked(film_bias, place, largest=False)
    return {
        "best_bias": best_bias,
        "best_row": best.double() + 1,
        "best_mean": film_mean[best],
        "best_count": film_count[best],
        "worst_bias": worst_bias,
        "worst_row": worst.double() + 1,
        "worst_mean": film_mean[worst],
        "worst_count": film_count[worst],
    }


def pca(film_factors: torch.Tensor, components: torch.Tensor) -> dict[str, torch.Tensor]:
    """The covariance C of film_factors (film, latent), and what components V (latent, component) make of it.

    The eigenvalues are torch's own, the largest first: those of V, if V are the components of largest variance.
    """
    mean_factor = film_factors.mean(dim=0)
    centred = film_factors - mean_factor
    covariance = torch.cov(film_factors.T)
    stretched = covariance @ components
    eigenvalue = torch.linalg.eigvalsh(covariance).flip(dims=[0])[: components.shape[1]]
    overlap = components.T @ components - torch.eye(components.shape[1]).to(components)
    residual = stretched - components * eigenvalue
    total_variance = film_factors.var(dim=0).sum()
    return {
        "mean_factor": mean_factor,
        "centred": centred,
        "covariance": covariance,
        "covariance_times_components": stretched,
        "eigenvalue": eigenvalue,
        "residual": residual,
        "largest_residual": residual.abs().max(),
        "overlap": overlap,
        "largest_overlap": overlap.abs().max(),
        "total_variance": total_variance,
        "explained": eigenvalue / total_variance,
        "explained_together": eigenvalue.sum() / total_variance,
        "projection": F.linear(centred, components.T),
    }


def similar(
    chosen_title: str,
    film_title: npt.NDArray[np.object_],
    film_number: torch.Tensor,
    centred: torch.Tensor,
    projection: torch.Tensor,
    place: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """The films most like the chosen one by cosine, before PCA (film, latent) and after it (film, component)."""
    titles = [str(title).casefold() for title in film_title]
    if chosen_title.casefold() not in titles:
        raise DataError(f"found no film titled {chosen_title!r} among {len(titles)} titles")
    row = titles.index(chosen_title.casefold())
    similarity_before = F.cosine_similarity(centred, centred[row][None], dim=1)
    similarity_after = F.cosine_similarity(projection, projection[row][None], dim=1)
    before_value, before = _ranked(similarity_before, place, largest=True)
    after_value, after = _ranked(similarity_after, place, largest=True)
    return {
        "chosen_factors": centred[row],
        "chosen_projection": projection[row],
        "similarity_before": similarity_before,
        "similarity_after": similarity_after,
        "before_value": before_value,
        "before_row": film_number[before],
        "after_value": after_value,
        "after_row": film_number[after],
    }


def labelled(
    projection: torch.Tensor, film_title: npt.NDArray[np.object_], label_row: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The place (x, y) of each labelled film on the first two components of projection (film, component)."""
    labelled_rows = projection[label_row.long() - 1]
    return {"label_x": labelled_rows[:, 0], "label_y": labelled_rows[:, 1]}
