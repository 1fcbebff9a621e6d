"""The recorded runs of the lessons on ratings: what a seeded training by torch leaves behind.

All of them run on the CPU in float64, on one thread, from an explicit `torch.Generator`: the same seed gives the same
bits. NumPy arrays go in and come out. A cell that nobody rated is NaN.
"""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import nn

from engine.errors import DataError
from engine.runs.grid_fit import START_FACTORS, descend, least_squares, uniform
from engine.witness.device import deterministic

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]

# What a loss that has run away is recorded as, so that it can be drawn.
_HIGHEST_LOSS = 1e6


def initial_factors(n_users: int, n_movies: int, n_factors: int, seed: int = 0) -> dict[str, Array]:
    """Return untrained factors and biases, whose predictions are too low by more than two stars.

    Factors are uniform on (0, sqrt(6 / n_factors)), so that a prediction is 1.5 on average whatever their number;
    biases are uniform on (-0.05, 0.05).

    Args:
        n_users: how many users, 1 or more.
        n_movies: how many movies, 1 or more.
        n_factors: how many factors each of them has, 1 or more.
        seed: of the random generator.

    Returns:
        `user_factors` (user, factor), `movie_factors` (movie, factor), `user_bias` (user), `movie_bias` (movie).

    >>> initial_factors(15, 15, 5, seed=0)["user_factors"].shape
    (15, 5)
    """
    generator = torch.Generator().manual_seed(seed)
    high = math.sqrt(START_FACTORS / n_factors)
    drawn = {
        "user_factors": high * uniform((n_users, n_factors), generator),
        "movie_factors": high * uniform((n_movies, n_factors), generator),
        "user_bias": 0.1 * (uniform((n_users,), generator) - 0.5),
        "movie_bias": 0.1 * (uniform((n_movies,), generator) - 0.5),
    }
    return {name: tensor.numpy() for name, tensor in drawn.items()}


def fit_grid(
    rating: Array,
    n_factors: int,
    seed: int = 0,
    *,
    biases: bool = False,
    y_range: tuple[float, float] | None = None,
) -> dict[str, Array]:
    """Return the factors (and biases) that fit a grid of ratings with the least mean squared error found.

    The model is user_factors . movie_factors (+ user_bias + movie_bias), through low + (high - low) * sigmoid where
    there is a `y_range`. Seeded starts (16 up to 360 parameters, fewer above, 1 from 1,200 on) are fitted by
    Levenberg-Marquardt with a trace of ridge (1e-6 of the sum of squares), the best is finished by Newton's method;
    then the ridge is taken away and Newton's method goes on until the gradient of the mse is below 1e-10.

    Not every grid has such a minimum: where factors that grow for ever fit ever better (the lesson's own grid under a
    sigmoid is one), the ridge stays, the factors stay small, and the gradient of the mse is near 2e-6 times the
    2-norm of the parameters. Above 1,100 parameters the steps are cut (100 up to there, 14 at 2,100), and the fit stops
    where the gradient with the ridge is below 1e-4: its RMSE can then be a hundredth of a star above the end.

    Args:
        rating: (user, movie), NaN where there is none.
        n_factors: how many factors, 1 or more.
        seed: of the random starts.
        biases: whether each user and each movie has a bias too.
        y_range: the ends of the sigmoid, or None for no sigmoid.

    Returns:
        `user_factors` (user, factor), `movie_factors` (movie, factor); with biases also `user_bias` (user) and
        `movie_bias` (movie). Always finite.

    Raises:
        DataError: the grid holds no rating.
    """
    grid = torch.from_numpy(rating).double()
    _require_ratings("the grid to fit", grid)
    with deterministic():
        users, movies = least_squares(grid, n_factors, seed, biases=biases, y_range=y_range)
    found = {"user_factors": users[:, :n_factors], "movie_factors": movies[:, :n_factors]}
    if biases:
        found |= {"user_bias": users[:, n_factors], "movie_bias": movies[:, n_factors]}
    return {name: part.clone().numpy() for name, part in found.items()}


def held_out_curves(
    train_rating: Array,
    valid_rating: Array,
    candidates: Sequence[int],
    steps: int = 400,
    every: int = 10,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Array]:
    """Return how training and validation error fall and part, for several numbers of factors.

    Each candidate starts from `initial_factors` and takes full-batch steps of torch.optim.SGD on the training mse,
    with rate 1.0; if the mse rises above its start, it starts again with half the rate.

    Args:
        train_rating: (user, movie), the ratings to train on, NaN elsewhere.
        valid_rating: (user, movie), the ratings held out, NaN elsewhere.
        candidates: the numbers of factors to try, each 1 or more.
        steps: how many steps each candidate takes.
        every: how many steps lie between checkpoints; step 0 is the first checkpoint.
        seed: of the initial factors.
        progress: called with (candidates done, candidates in all).

    Returns:
        `checkpoint_step` (checkpoint), `train_curve` and `valid_curve` (checkpoint, candidate; RMSE), `rate`
        (candidate), and for each candidate k the factors at the checkpoint where its validation error is least (the
        first such): `best_user_factors_<k>` (user, factor), `best_movie_factors_<k>` (movie, factor).

    Raises:
        DataError: one of the two grids holds no rating.
    """
    train, valid = torch.from_numpy(train_rating).double(), torch.from_numpy(valid_rating).double()
    _require_ratings("the grid to train on", train)
    _require_ratings("the grid to validate on", valid)
    results: dict[str, Array] = {"checkpoint_step": np.arange(0, steps + 1, every, dtype=np.float64)}
    curves, rates = [], []
    with deterministic():
        for done, n_factors in enumerate(candidates, start=1):
            start = initial_factors(len(train), train.shape[1], n_factors, seed)
            rate = 1.0
            while (descent := descend(train, valid, start, steps, every, rate)) is None:
                rate /= 2
            curve, user_factors, movie_factors = descent
            curves.append(curve)
            rates.append(rate)
            results[f"best_user_factors_{n_factors}"] = user_factors.numpy()
            results[f"best_movie_factors_{n_factors}"] = movie_factors.numpy()
            if progress is not None:
                progress(done, len(candidates))
    both = np.asarray(curves, dtype=np.float64)
    return {**results, "train_curve": both[:, :, 0].T, "valid_curve": both[:, :, 1].T, "rate": np.asarray(rates)}


class _Latent(nn.Module):
    """Embedding dot product, biases and a scaled sigmoid: fastai's EmbeddingDotBias."""

    def __init__(
        self, n_users: int, n_movies: int, n_factors: int, y_range: tuple[float, float], generator: torch.Generator
    ) -> None:
        super().__init__()
        self.user_factors = nn.Embedding(n_users, n_factors, dtype=torch.float64)
        self.movie_factors = nn.Embedding(n_movies, n_factors, dtype=torch.float64)
        self.user_bias = nn.Embedding(n_users, 1, dtype=torch.float64)
        self.movie_bias = nn.Embedding(n_movies, 1, dtype=torch.float64)
        self.y_range = y_range
        for weight in self.parameters():
            nn.init.trunc_normal_(weight, std=0.01, a=-0.02, b=0.02, generator=generator)

    def forward(self, user: torch.Tensor, movie: torch.Tensor) -> torch.Tensor:
        """Return the predicted ratings of these users for these movies: (rating)."""
        dot = (self.user_factors(user) * self.movie_factors(movie)).sum(dim=1, keepdim=True)
        z = (dot + self.user_bias(user) + self.movie_bias(movie))[:, 0]
        low, high = self.y_range
        prediction: torch.Tensor = low + (high - low) * torch.sigmoid(z)
        return prediction


def train_epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    batches: Iterable[tuple[torch.Tensor, torch.Tensor, torch.Tensor]],
) -> float:
    """Go once through mini-batches of users, movies and ratings; return the mean squared error while it trained."""
    squares, count = torch.zeros((), dtype=torch.float64), 0
    for user, movie, stars in batches:
        mse = F.mse_loss(model(user, movie), stars)
        optimizer.zero_grad()
        torch.autograd.backward(mse)
        optimizer.step()
        schedule.step()
        squares += mse.detach() * len(stars)
        count += len(stars)
    return float(squares / count)


def fit_latent(
    user_index: Indices,
    movie_index: Indices,
    rating: Array,
    n_users: int,
    n_movies: int,
    *,
    n_factors: int = 40,
    y_range: tuple[float, float] = (0.0, 5.5),
    wd: float = 0.1,
    epochs: int = 5,
    batch_size: int = 512,
    rate: float = 5e-3,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Array]:
    """Return what the lesson's collab_learner learns from a whole file of ratings.

    Embedding dot product, biases and a scaled sigmoid; shuffled mini-batches; torch.optim.AdamW (decoupled decay,
    betas 0.9 and 0.99) under torch.optim.lr_scheduler.OneCycleLR. A tenth of the ratings, drawn by the seed, is held
    out and never trained on.

    Args:
        user_index: (rating), 0-based.
        movie_index: (rating), 0-based.
        rating: (rating), in stars.
        n_users: how many users there are.
        n_movies: how many movies there are.
        n_factors: latent factors of each user and movie.
        y_range: the ends of the sigmoid, in stars.
        wd: the factor before the weight in AdamW's decay, per unit of the learning rate.
        epochs: how often the training ratings are gone through, 1 or more.
        batch_size: ratings in a mini-batch; the last of an epoch may hold fewer.
        rate: the largest learning rate of the cycle.
        seed: of the split, the initial weights and the shuffling.
        progress: called with (epochs done, epochs in all).

    Returns:
        `user_factors` (user, latent), `movie_factors` (film, latent), `user_bias` (user), `movie_bias` (film),
        `epoch_train_rmse` (epoch; over the epoch, while it trained) and `epoch_valid_rmse` (epoch; at its end).

    Raises:
        DataError: there are fewer than two ratings.

    Source: fastai v1, collab.py: EmbeddingDotBias, weights drawn from a truncated normal of deviation 0.01.
    """
    if len(rating) < 2:
        raise DataError(f"found {len(rating)} ratings to fit, expected at least 2: one to train on, one held out")
    user, movie = torch.from_numpy(user_index).long(), torch.from_numpy(movie_index).long()
    stars = torch.from_numpy(rating).double()
    generator = torch.Generator().manual_seed(seed)
    shuffled = torch.randperm(len(stars), generator=generator)
    held_out = max(1, len(stars) // 10)
    valid, train = shuffled[:held_out], shuffled[held_out:]
    train_rmse, valid_rmse = [], []
    with deterministic():
        model = _Latent(n_users, n_movies, n_factors, y_range, generator)
        # Fused: one pass over the 400,000 weights a step, half the time of the plain loop.
        optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=wd, fused=True)
        batches = -(-len(train) // batch_size)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=batches * epochs)
        for epoch in range(1, epochs + 1):
            order = torch.split(train[torch.randperm(len(train), generator=generator)], batch_size)
            train_mse = train_epoch(model, optimizer, schedule, ((user[b], movie[b], stars[b]) for b in order))
            with torch.no_grad():
                valid_mse = F.mse_loss(model(user[valid], movie[valid]), stars[valid])
            train_rmse.append(math.sqrt(train_mse))
            valid_rmse.append(math.sqrt(valid_mse))
            if progress is not None:
                progress(epoch, epochs)
    return {
        "user_factors": model.user_factors.weight.detach().numpy(),
        "movie_factors": model.movie_factors.weight.detach().numpy(),
        "user_bias": model.user_bias.weight.detach()[:, 0].numpy(),
        "movie_bias": model.movie_bias.weight.detach()[:, 0].numpy(),
        "epoch_train_rmse": np.asarray(train_rmse),
        "epoch_valid_rmse": np.asarray(valid_rmse),
    }


def mini_batch_losses(
    user_index: Indices,
    movie_index: Indices,
    rating: Array,
    n_users: int,
    n_movies: int,
    *,
    batches: int = 200,
    batch_size: int = 64,
    rate: float = 5e-3,
    n_factors: int = 10,
    y_range: tuple[float, float] = (0.0, 5.5),
    seed: int = 0,
) -> Array:
    """Return a real loss curve with its noise: the loss of each of the first mini-batches of a training.

    The model is a dot product of embeddings with biases; torch.optim.Adam at one rate, no weight decay. Each loss is
    the mean squared error of a mini-batch before the step that it leads to.

    Args:
        user_index: (rating), 0-based.
        movie_index: (rating), 0-based.
        rating: (rating), in stars.
        n_users: how many users there are.
        n_movies: how many movies there are.
        batches: how many mini-batches; where the ratings run out they are shuffled and gone through again.
        batch_size: ratings in a mini-batch; the last before a new shuffle may hold fewer.
        rate: the learning rate.
        n_factors: latent factors of each user and movie.
        y_range: the ends of the sigmoid, in stars.
        seed: of the initial weights and the shuffling.

    Returns:
        (batch), in squared stars.

    Raises:
        DataError: there is no rating.
    """
    rates = [rate] * batches
    return _losses(user_index, movie_index, rating, n_users, n_movies, rates, batch_size, n_factors, y_range, seed)


def finder_losses(
    user_index: Indices,
    movie_index: Indices,
    rating: Array,
    n_users: int,
    n_movies: int,
    *,
    start_rate: float = 1e-5,
    end_rate: float = 10.0,
    steps: int = 100,
    batch_size: int = 1024,
    n_factors: int = 10,
    y_range: tuple[float, float] = (0.0, 5.5),
    seed: int = 0,
) -> Array:
    """Return the losses of a learning rate finder: the rate grows by one factor from mini-batch to mini-batch.

    The rate of step n is start_rate * (end_rate / start_rate)^((n - 1) / (steps - 1)). Model, optimizer and losses are
    those of the curve whose noise is smoothed.

    Args:
        user_index: (rating), 0-based.
        movie_index: (rating), 0-based.
        rating: (rating), in stars.
        n_users: how many users there are.
        n_movies: how many movies there are.
        start_rate: the learning rate of the first step, above 0.
        end_rate: the learning rate of the last step, above 0.
        steps: how many mini-batches, 1 or more.
        batch_size: ratings in a mini-batch; the last before a new shuffle may hold fewer.
        n_factors: latent factors of each user and movie.
        y_range: the ends of the sigmoid, in stars.
        seed: of the initial weights and the shuffling.

    Returns:
        (step), in squared stars, at most 1e6: a loss above, infinite or NaN counts as that.

    Raises:
        DataError: there is no rating.

    Source: L. N. Smith, Cyclical learning rates for training neural networks, 2017, section 3.3; growth as in fastai.
    """
    rates = np.geomspace(start_rate, end_rate, steps).tolist()
    return _losses(user_index, movie_index, rating, n_users, n_movies, rates, batch_size, n_factors, y_range, seed)


def principal_components(film_factors: Array, n_components: int = 3) -> Array:
    """Return the directions in which the films differ most: eigenvectors of the covariance, largest eigenvalue first.

    The sign of an eigenvector is arbitrary: here its entry of largest magnitude is positive.

    Args:
        film_factors: (film, latent), two films or more.
        n_components: how many, from 1 to the number of latent factors.

    Returns:
        (latent, component), columns of length 1, at right angles.

    Raises:
        DataError: there are not that many components, or fewer than two films.

    >>> principal_components(np.array([[0.0, 0.0], [-3.0, -4.0], [3.0, 4.0]]), 1).round(12).tolist()
    [[0.6], [0.8]]
    """
    n_films, n_latent = film_factors.shape
    if n_films < 2 or not 1 <= n_components <= n_latent:
        raise DataError(
            f"found {n_films} films of {n_latent} factors and {n_components} components to find, "
            f"expected 2 films or more and 1 to {n_latent} components"
        )
    with deterministic():
        covariance = torch.cov(torch.from_numpy(film_factors).double().T).reshape(n_latent, n_latent)
        components = torch.linalg.eigh(covariance).eigenvectors.flip(dims=[1])[:, :n_components]
        largest = components.abs().argmax(dim=0, keepdim=True)
        oriented: Array = (components * components.gather(0, largest).sign()).contiguous().numpy()
    return oriented


def _losses(
    user_index: Indices,
    movie_index: Indices,
    rating: Array,
    n_users: int,
    n_movies: int,
    rates: Sequence[float],
    batch_size: int,
    n_factors: int,
    y_range: tuple[float, float],
    seed: int,
) -> Array:
    """The loss of each mini-batch of a training by Adam, one for each rate, at most 1e6."""
    if not len(rating):
        raise DataError("found no rating to train on, expected at least one")
    user, movie = torch.from_numpy(user_index).long(), torch.from_numpy(movie_index).long()
    stars = torch.from_numpy(rating).double()
    generator = torch.Generator().manual_seed(seed)
    losses: list[torch.Tensor] = []
    queue: list[torch.Tensor] = []
    with deterministic():
        model = _Latent(n_users, n_movies, n_factors, y_range, generator)
        optimizer = torch.optim.Adam(model.parameters(), fused=True)
        for rate in rates:
            if not queue:
                queue += torch.split(torch.randperm(len(stars), generator=generator), batch_size)
            batch = queue.pop(0)
            mse = F.mse_loss(model(user[batch], movie[batch]), stars[batch])
            optimizer.param_groups[0]["lr"] = rate
            optimizer.zero_grad()
            torch.autograd.backward(mse)
            optimizer.step()
            losses.append(mse.detach())
    highest: Array = torch.stack(losses).nan_to_num(nan=_HIGHEST_LOSS).clamp(max=_HIGHEST_LOSS).numpy()
    return highest


def _require_ratings(what: str, grid: torch.Tensor) -> None:
    if bool(grid.isnan().all()):
        raise DataError(f"found no rating in {what}, expected at least one")
