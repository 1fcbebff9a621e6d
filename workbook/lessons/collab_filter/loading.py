"""What collab_filter is built from: the ratings, the grid cut out of them, and the recorded runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from workbook.lesson.lesson import Array, Data, Progress
from workbook.lessons.collab_filter import by_hand

STEPS, HELD_OUT_STEPS, CHECKPOINT_EVERY = 12, 200, 2
FILMS, COMPONENTS, LABELS, PLACES, NEAREST = 1000, 3, 30, 15, 11
EPOCHS, SAMPLE = 5, 200_000
CANDIDATES = (2, 5, 10, 20)
TERMS = (
    "MovieLens ratings, GroupLens Research: free for research and teaching, not for commercial use; may be passed on under the same terms. "
    "F. M. Harper and J. A. Konstan, The MovieLens Datasets: History and Context, ACM TiiS 5(4):19, 2015. They endorse nothing here."
)


def load(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
    """Read the ratings, cut the grid, and make the recorded runs."""
    from engine.datasets import movielens

    path, movies = (Path(options[name]) if options[name] else None for name in ("ratings", "movies"))
    progress("reading ratings", 0, 1)
    everything = movielens.read_ratings(path)
    titles = {} if path is not None and movies is None else movielens.read_titles(movies)
    cut = movielens.cut(everything, options["users"], options["items"])
    progress("reading ratings", 1, 1)

    n_factors = options["factors"]
    grid = np.full((len(cut.user_id), len(cut.movie_id)), np.nan)
    grid[np.searchsorted(cut.user_id, cut.rated_by), np.searchsorted(cut.movie_id, cut.rated_movie)] = cut.rating
    low, high = float(everything.rating.min()), float(everything.rating.max())
    runs = _fitted(grid, n_factors, seed, high, progress)
    held_out = _held_out(grid, n_factors, seed, progress)
    latent = _latent(everything, titles, options, seed, high, progress)

    values = {
        **by_hand.values(),
        **_ratings(cut, titles),
        "one_hot.user_number": np.arange(1.0, len(cut.user_id) + 1),
        "one_hot.movie_number": np.arange(1.0, len(cut.movie_id) + 1),
        "y_range.point": np.linspace(-8, 8, 33),
        "y_range.target": np.unique(np.append(np.linspace(low, high, 10), high)),
        "gradient_descent.step_number": np.arange(1.0, STEPS + 1),
        **held_out,
        **latent.values,
        **_weights(runs, len(cut.user_id), len(cut.movie_id), n_factors, seed),
    }
    sizes = {
        "user": len(cut.user_id),
        "movie": len(cut.movie_id),
        "factor": n_factors,
        "rating": len(cut.rating),
        "step": STEPS,
        "point": 33,
        "target": len(values["y_range.target"]),
        "checkpoint": len(held_out["held_out.checkpoint_step"]),
        "candidate": len(held_out["held_out.n_factors"]),
        **latent.sizes,
        **by_hand.SIZES,
    }
    facts = {
        "source": f"{len(everything.rating):,} ratings: {everything.source}.",
        "terms": TERMS if path is None else "Your own ratings file: its own terms hold.",
        "rating_low": repr(low),
        "rating_high": repr(high),
        "optimum": f"{_rmse(grid, runs['dot_product']):.2f}",
        "all_users": str(len(np.unique(everything.user))),
        "all_movies": str(len(np.unique(everything.movie))),
        "all_ratings": str(len(everything.rating)),
        "candidates": " ".join(map(str, _candidates(n_factors))),
        **latent.facts,
    }
    return Data(sizes, values, facts, everything.digest)


def _ratings(cut: Any, titles: Mapping[int, str]) -> dict[str, Array]:
    """The long table, and the ids on the edges of the grid."""
    from engine.datasets.titles import short_titles, unique_titles

    return {
        "ratings.user_id": cut.user_id.astype(np.float64),
        "ratings.movie_id": cut.movie_id.astype(np.float64),
        "ratings.movie_title": np.array(short_titles(unique_titles(cut.movie_id, titles)), dtype=object),
        "ratings.rated_by": cut.rated_by.astype(np.float64),
        "ratings.rated_movie": cut.rated_movie.astype(np.float64),
        "ratings.rating": cut.rating,
    }


def _weights(
    runs: Mapping[str, Mapping[str, Array]], n_users: int, n_movies: int, n_factors: int, seed: int
) -> dict[str, Array]:
    """The weights of each sheet's model of the grid: trained, and those that all start from."""
    from engine.runs import training

    start = training.initial_factors(n_users, n_movies, n_factors, seed)
    found = {}
    for sheet, run in runs.items():
        for name, trained in run.items():
            found[f"{sheet}.trained_{name}"] = trained
            found[f"{sheet}.your_{name}"] = start[name]
    for sheet, part in (("dot_product", "factors"), ("bias", "bias")):
        found |= {f"{sheet}.initial_{side}_{part}": start[f"{side}_{part}"] for side in ("user", "movie")}
    return found


def _fitted(grid: Array, n_factors: int, seed: int, high: float, progress: Progress) -> dict[str, dict[str, Array]]:
    """Sheet → the weights of its model of the grid, trained to the optimum."""
    from engine.runs import training

    models: dict[str, dict[str, Any]] = {
        "dot_product": {},
        "bias": {"biases": True},
        "y_range": {"biases": True, "y_range": (0.0, high + 0.5)},
    }
    runs = {}
    for number, (sheet, model) in enumerate(models.items()):
        progress("training to the optimum", number, len(models))
        runs[sheet] = training.fit_grid(grid, n_factors, seed, **model)
    progress("training to the optimum", len(models), len(models))
    return runs


def _rmse(grid: Array, run: Mapping[str, Array]) -> float:
    """The error of a trained run on the grid that it was fitted to."""
    return float(np.sqrt(np.nanmean((run["user_factors"] @ run["movie_factors"].T - grid) ** 2)))


def _candidates(n_factors: int) -> tuple[int, ...]:
    """The numbers of factors that Held out compares."""
    return tuple(sorted({*CANDIDATES, n_factors}))


def _held_out(grid: Array, n_factors: int, seed: int, progress: Progress) -> dict[str, Array]:
    """A fifth of the grid's ratings held out, and the runs on the rest."""
    from engine.runs import training

    mask = _mask(grid, seed)
    candidates = _candidates(n_factors)
    run = training.held_out_curves(
        np.where(mask == 1, np.nan, grid),
        np.where(mask == 1, grid, np.nan),
        candidates,
        HELD_OUT_STEPS,
        CHECKPOINT_EVERY,
        seed,
        lambda done, total: progress("training on four fifths", done, total),
    )
    return {
        "held_out.held_out": mask,
        "held_out.n_factors": np.array(candidates, dtype=np.float64),
        **{f"held_out.{name}": run[name] for name in ("checkpoint_step", "train_curve", "valid_curve")},
        "held_out.best_user_factors": run[f"best_user_factors_{n_factors}"],
        "held_out.best_movie_factors": run[f"best_movie_factors_{n_factors}"],
    }


def _mask(grid: Array, seed: int) -> Array:
    """A fifth of the rated cells, drawn by the seed: 1 where a rating is held out, 0 elsewhere."""
    rated = np.argwhere(~np.isnan(grid))
    chosen = np.random.default_rng(seed).permutation(len(rated))[: max(1, len(rated) // 5)]
    mask = np.zeros(grid.shape)
    mask[tuple(rated[chosen].T)] = 1.0
    return mask


def _latent(
    everything: Any, titles: Mapping[int, str], options: Mapping[str, Any], seed: int, high: float, progress: Progress
) -> Data:
    """The run on the whole file, and what its sheets show of the most-rated films."""
    from engine.datasets import movielens
    from engine.runs import training

    used, sampled = movielens.sample(everything, SAMPLE, seed=seed)
    users, user_index = np.unique(used.user, return_inverse=True)
    movies, movie_index = np.unique(used.movie, return_inverse=True)
    run = training.fit_latent(
        user_index,
        movie_index,
        used.rating,
        len(users),
        len(movies),
        n_factors=options["latent"],
        y_range=(0.0, high + 0.5),
        epochs=EPOCHS,
        seed=seed,
        progress=lambda done, total: progress("training on the whole file", done, total),
    )
    values = _films(movielens.most_rated(everything, FILMS), movies, run, titles)
    n_films, n_components = len(values["latent_factors.film_number"]), len(values["pca.component_number"])
    sizes = {
        "film": n_films,
        "latent": options["latent"],
        "other": options["latent"],
        "component": n_components,
        "companion": n_components,
        "label": min(LABELS, n_films),
        "epoch": EPOCHS,
        "place": min(PLACES, n_films),
        "neighbour": min(NEAREST, n_films),
    }
    facts = {
        "latent_run": (
            f"{options['latent']} factors, biases and a y_range of (0, {high + 0.5:g}), weight decay 0.1, fitted by mini-batches to "
            f"{len(used.rating):,} ratings by {len(users):,} people of {len(movies):,} films (seed {seed})."
        ),
        "sampled": f"They are a seeded sample of the {len(everything.rating):,} ratings in the file."
        if sampled
        else "",
    }
    return Data(sizes, values, facts, everything.digest)


def _films(films: Any, movies: Any, run: Mapping[str, Array], titles: Mapping[int, str]) -> dict[str, Array]:
    """What a run on movies (movie) found of the most-rated films among them."""
    from engine.datasets.titles import short_titles, unique_titles
    from engine.runs import training

    trained = np.isin(films.film_id, movies)
    film_id = films.film_id[trained]
    rows = np.searchsorted(movies, film_id)
    factors = run["movie_factors"][rows]
    n_films, n_components = len(rows), min(COMPONENTS, factors.shape[1], len(rows) - 1)
    labels = min(LABELS, n_films)
    film_titles = unique_titles(film_id, titles)
    names = np.array(film_titles, dtype=object)
    return {
        "latent_factors.film_title": names,
        "latent_factors.film_number": np.arange(1.0, n_films + 1),
        "latent_factors.film_count": films.film_count[trained].astype(np.float64),
        "latent_factors.film_mean": films.film_mean[trained],
        "latent_factors.film_bias": run["movie_bias"][rows],
        "latent_factors.film_factors": factors,
        "latent_factors.epoch_number": np.arange(1.0, EPOCHS + 1),
        "latent_factors.epoch_train_rmse": run["epoch_train_rmse"],
        "latent_factors.epoch_valid_rmse": run["epoch_valid_rmse"],
        "movie_bias.place": np.arange(1.0, min(PLACES, n_films) + 1),
        "pca.components": training.principal_components(factors, n_components),
        "pca.component_number": np.arange(1.0, n_components + 1),
        "pca.label_row": np.arange(1.0, labels + 1),
        "pca.label_name": np.array(short_titles(film_titles[:labels]), dtype=object),
        "similar.place": np.arange(1.0, min(NEAREST, n_films) + 1),
        "similar.chosen_title": np.array(names[0], dtype=object),
    }
