"""Collaborative filtering from real ratings: one-hot, embedding, bias, y_range, gradient descent, PCA."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from workbook.lesson import opening
from workbook.lesson.lesson import Array, Data, Lesson, Option, Progress, Sheet, Words
from workbook.lessons.collab_filter import (
    bias,
    by_hand,
    dot_product,
    embedding,
    gradient_descent,
    held_out,
    latent_factors,
    movie_bias,
    one_hot,
    pca,
    ratings,
    same,
    similar,
    weight_decay,
    y_range,
)

STEPS, HELD_OUT_STEPS, CHECKPOINT_EVERY = 12, 200, 2
FILMS, COMPONENTS, LABELS, PLACES, NEAREST = 1000, 3, 30, 15, 11
EPOCHS, SAMPLE = 5, 200_000
CANDIDATES = (2, 5, 10, 20)
HEADING = "Collaborative filtering: gradbook"
PURPOSE = """
    Collaborative filtering guesses how somebody would rate a film from how everybody rated everything. This workbook builds it from nothing: real
    ratings, a dot product, an embedding, gradient descent, and what a model of the whole file learned, every number in a cell.
"""
HOW = f"""
    {opening.HOW}

    The switch on Dot product sets the factors of all sheets. That sheet is not protected, so that Excel's Solver works there. LibreOffice's own Solver
    (Tools, Solver) needs the target and the cells set by hand; Google Sheets needs its Solver add-on.
"""
TERMS = (
    "MovieLens ratings, GroupLens Research: free for research and teaching, not for commercial use; may be passed on under the same terms. "
    "F. M. Harper and J. A. Konstan, The MovieLens Datasets: History and Context, ACM TiiS 5(4):19, 2015. They endorse nothing here."
)


def load(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
    """Read the ratings, cut the grid, and make the recorded runs."""
    from engine.datasets import movielens
    from engine.datasets.titles import short_titles, unique_titles
    from engine.runs import training

    path = Path(options["ratings"]) if options["ratings"] else None
    progress("reading ratings", 0, 1)
    everything = movielens.read_ratings(path)
    own_titles = path is not None and not options["movies"]
    titles = {} if own_titles else movielens.read_titles(Path(options["movies"]) if options["movies"] else None)
    cut = movielens.cut(everything, options["users"], options["items"])
    progress("reading ratings", 1, 1)

    n_users, n_movies, n_factors = len(cut.user_id), len(cut.movie_id), options["factors"]
    grid = np.full((n_users, n_movies), np.nan)
    grid[np.searchsorted(cut.user_id, cut.rated_by), np.searchsorted(cut.movie_id, cut.rated_movie)] = cut.rating
    low, high = float(everything.rating.min()), float(everything.rating.max())
    candidates = tuple(sorted({*CANDIDATES, n_factors}))

    runs = _fitted(grid, n_factors, seed, high, progress)
    start_at = training.initial_factors(n_users, n_movies, n_factors, seed)
    mask = _held_out(grid, seed)
    curves = training.held_out_curves(
        np.where(mask == 1, np.nan, grid),
        np.where(mask == 1, grid, np.nan),
        candidates,
        HELD_OUT_STEPS,
        CHECKPOINT_EVERY,
        seed,
        lambda done, total: progress("training on four fifths", done, total),
    )
    latent = _latent(everything, titles, options, seed, high, progress)

    values: dict[str, Array] = {
        **by_hand.values(),
        "ratings.user_id": cut.user_id.astype(np.float64),
        "ratings.movie_id": cut.movie_id.astype(np.float64),
        "ratings.movie_title": np.array(short_titles(unique_titles(cut.movie_id, titles)), dtype=object),
        "ratings.rated_by": cut.rated_by.astype(np.float64),
        "ratings.rated_movie": cut.rated_movie.astype(np.float64),
        "ratings.rating": cut.rating,
        "one_hot.user_number": np.arange(1.0, n_users + 1),
        "one_hot.movie_number": np.arange(1.0, n_movies + 1),
        "y_range.point": np.linspace(-8, 8, 33),
        "y_range.target": np.unique(np.append(np.linspace(low, high, 10), high)),
        "gradient_descent.step_number": np.arange(1.0, STEPS + 1),
        "held_out.held_out": mask,
        "held_out.checkpoint_step": curves["checkpoint_step"],
        "held_out.n_factors": np.array(candidates, dtype=np.float64),
        "held_out.train_curve": curves["train_curve"],
        "held_out.valid_curve": curves["valid_curve"],
        "held_out.best_user_factors": curves[f"best_user_factors_{n_factors}"],
        "held_out.best_movie_factors": curves[f"best_movie_factors_{n_factors}"],
        **latent.values,
    }
    for sheet, run in runs.items():
        for name, trained in run.items():
            values[f"{sheet}.trained_{name}"] = trained
            values[f"{sheet}.your_{name}"] = start_at[name]
    for name in ("user_factors", "movie_factors"):
        values[f"dot_product.initial_{name}"] = start_at[name]
    for name in ("user_bias", "movie_bias"):
        values[f"bias.initial_{name}"] = start_at[name]
    sizes = {
        "user": n_users,
        "movie": n_movies,
        "factor": n_factors,
        "rating": len(cut.rating),
        "step": STEPS,
        "point": 33,
        "target": len(values["y_range.target"]),
        "checkpoint": len(curves["checkpoint_step"]),
        "candidate": len(candidates),
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
        "candidates": " ".join(map(str, candidates)),
        **latent.facts,
    }
    return Data(sizes, values, facts, everything.digest)


def sheets(sizes: Mapping[str, int], facts: Mapping[str, str]) -> tuple[Sheet, ...]:
    """The sheets in order."""
    return (
        opening.start(
            HEADING,
            PURPOSE,
            Words("The ratings", f"{facts['source']}\n\n{facts['terms']}"),
            lesson="collab_filter",
            how=HOW,
        ),
        by_hand.sheet(),
        ratings.sheet(facts),
        dot_product.sheet(sizes, facts),
        one_hot.sheet(),
        embedding.sheet(),
        same.sheet(facts),
        bias.sheet(),
        y_range.sheet(facts),
        gradient_descent.sheet(sizes, facts),
        weight_decay.sheet(),
        held_out.sheet(sizes, facts),
        latent_factors.sheet(sizes, facts),
        movie_bias.sheet(),
        pca.sheet(sizes),
        similar.sheet(),
        opening.terms(),
        opening.code(),
    )


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


def _held_out(grid: Array, seed: int) -> Array:
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
    from engine.datasets.titles import short_titles, unique_titles
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
    films = movielens.most_rated(everything, FILMS)
    trained = np.isin(films.film_id, movies)
    film_id, film_count, film_mean = films.film_id[trained], films.film_count[trained], films.film_mean[trained]
    rows = np.searchsorted(movies, film_id)
    factors = run["movie_factors"][rows]
    n_films, n_components = len(rows), min(COMPONENTS, options["latent"], len(rows) - 1)
    labels = min(LABELS, n_films)
    film_titles = unique_titles(film_id, titles)
    names = np.array(film_titles, dtype=object)
    values = {
        "latent_factors.film_title": names,
        "latent_factors.film_number": np.arange(1.0, n_films + 1),
        "latent_factors.film_count": film_count.astype(np.float64),
        "latent_factors.film_mean": film_mean,
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
    sizes = {
        "film": n_films,
        "latent": options["latent"],
        "other": options["latent"],
        "component": n_components,
        "companion": n_components,
        "label": labels,
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


LESSON = Lesson(
    name="collab_filter",
    title="Collaborative filtering",
    options=(
        Option(
            "ratings",
            str,
            None,
            "Ratings file: MovieLens ratings.csv or u.data, or columns user, item, rating",
            path=True,
        ),
        Option("movies", str, None, "Titles file: MovieLens movies.csv or u.item", path=True),
        Option("users", int, 15, "Users in the grid, the busiest", low=3, high=50),
        Option("items", int, 15, "Movies in the grid, the most rated", low=3, high=50),
        Option("factors", int, 5, "Factors of the grid's model", low=2, high=20),
        Option("latent", int, 40, "Factors of the model of the whole file", low=3, high=80),
    ),
    load=load,
    sheets=sheets,
    work=3.5,
)
