"""The recorded runs of the lessons on ratings: what a seeded training by torch leaves behind.

All of them run on the CPU in float64, on one thread, from an explicit `torch.Generator`: the same seed gives the same
bits. NumPy arrays go in and come out. A cell that nobody rated is NaN.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import nn

from engine.errors import DataError
from engine.witness.device import deterministic

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]

# k products of two factors uniform on (0, sqrt(6 / k)) add up to 1.5 on average: the RMSE then starts near 2.8, as the
# lecture's.
_START_FACTORS = 6
# Each start is fitted with this much of the sum of squares added: it bounds the search where the mse alone has no
# minimum, and moves the lesson's two fits that have one by less than 1e-6 in RMSE before it is taken away again.
_RIDGE = 1e-6
# A large grid gets fewer starts and steps: a step's cost grows as the cube of the parameters. At 50 x 50 ratings and 20
# factors, the lesson's largest, the three models then take some 20 seconds on one core.
_MOST_STARTS, _ALL_STARTS_UP_TO = 16, 360
_MOST_STEPS, _ALL_STEPS_UP_TO = 100, 1100
_STEPS_OF_A_START = 40
# A fit within a hundredth of a star needs no further start.
_CLOSE = 1e-4
_CONVERGED = 1e-10
# A fit whose steps are spent before it is there goes on to the first gradient below this, for at most this many times
# as many steps.
_FLAT, _LONGEST = 1e-4, 4
_LEAST_DAMPING, _LARGEST_DAMPING = 1e-11, 1e12
# Columns of a symmetric product made at once, from the diagonal down: about half of it is never computed.
_COLUMNS = 200
# What a loss that has run away is recorded as, so that it can be drawn.
_HIGHEST_LOSS = 1e6

# The parameters of the users and of the movies: (user or movie, factor), and the bias as one more column.
_Sides = tuple[torch.Tensor, torch.Tensor]


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
    high = math.sqrt(_START_FACTORS / n_factors)
    drawn = {
        "user_factors": high * _uniform((n_users, n_factors), generator),
        "movie_factors": high * _uniform((n_movies, n_factors), generator),
        "user_bias": 0.1 * (_uniform((n_users,), generator) - 0.5),
        "movie_bias": 0.1 * (_uniform((n_movies,), generator) - 0.5),
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
    n_users, n_movies = grid.shape
    shapes: dict[str, tuple[int, ...]] = {"user_factors": (n_users, n_factors), "movie_factors": (n_movies, n_factors)}
    if biases:
        shapes |= {"user_bias": (n_users,), "movie_bias": (n_movies,)}
    n_parameters = sum(int(np.prod(shape)) for shape in shapes.values())
    n_starts = min(_MOST_STARTS, max(1, round(_MOST_STARTS * (_ALL_STARTS_UP_TO / n_parameters) ** 2)))
    n_steps = min(_MOST_STEPS, round(_MOST_STEPS * (_ALL_STEPS_UP_TO / n_parameters) ** 3))
    generator = torch.Generator().manual_seed(seed)
    spread, middle = math.sqrt(_START_FACTORS / n_factors), 0.0 if y_range is None else 0.5
    with deterministic():
        fit = _GridFit(grid, n_factors, y_range)
        fitted = []
        for _ in range(n_starts):
            drawn = _named(spread * (_uniform((n_parameters,), generator) - middle), shapes)
            start = (_side(drawn, "user"), _side(drawn, "movie"))
            fitted.append(fit.descend(start, _RIDGE, _STEPS_OF_A_START, newton=False))
            if fit.at(fitted[-1].sides, ridge=0.0).loss < _CLOSE:
                break
        nearest = min(fitted, key=lambda at: at.loss).sides
        best = fit.descend(nearest, _RIDGE, n_steps, newton=True, flat=_FLAT)
        bare = fit.descend(best.sides, 0.0, n_steps // 3, newton=True)
        users, movies = bare.sides if bare.norm < _CONVERGED else best.sides
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
            rate = 1.0
            while (descent := _descend(train, valid, n_factors, steps, every, seed, rate)) is None:
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
            order = train[torch.randperm(len(train), generator=generator)]
            squares = torch.zeros((), dtype=torch.float64)
            for batch in torch.split(order, batch_size):
                mse = F.mse_loss(model(user[batch], movie[batch]), stars[batch])
                optimizer.zero_grad()
                torch.autograd.backward(mse)
                optimizer.step()
                schedule.step()
                squares += mse.detach() * len(batch)
            with torch.no_grad():
                valid_mse = F.mse_loss(model(user[valid], movie[valid]), stars[valid])
            train_rmse.append(math.sqrt(squares / len(train)))
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

    The model is that of `fit_latent`, smaller; torch.optim.Adam at one rate, no weight decay. Each loss is the mean
    squared error of a mini-batch before the step that it leads to.

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
    batch_size: int = 64,
    n_factors: int = 10,
    y_range: tuple[float, float] = (0.0, 5.5),
    seed: int = 0,
) -> Array:
    """Return the losses of a learning rate finder: the rate grows by one factor from mini-batch to mini-batch.

    The rate of step n is start_rate * (end_rate / start_rate)^((n - 1) / (steps - 1)). Model, optimizer and losses are
    those of `mini_batch_losses`.

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
    losses, queue = [], list[torch.Tensor]()
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


def _uniform(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    return torch.rand(shape, generator=generator, dtype=torch.float64)


def _require_ratings(what: str, grid: torch.Tensor) -> None:
    if bool(grid.isnan().all()):
        raise DataError(f"found no rating in {what}, expected at least one")


def _named(flat: torch.Tensor, shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """The named parameters in a flat vector that holds them one after another."""
    parts = torch.split(flat, [int(np.prod(shape)) for shape in shapes.values()])
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def _side(parts: dict[str, torch.Tensor], side: str) -> torch.Tensor:
    """The factors of a side, and in one more column its bias if there is one: (user or movie, parameter)."""
    bias = [parts[f"{side}_bias"][:, None]] if f"{side}_bias" in parts else []
    return torch.cat([parts[f"{side}_factors"], *bias], dim=1)


@dataclass(frozen=True, eq=False)
class _At:
    """The loss at a point, its derivatives there, and the score of each cell with the slope of the mse in it."""

    sides: _Sides
    loss: float
    gradient: _Sides
    norm: float
    score: torch.Tensor
    score_slope: torch.Tensor


class _GridFit:
    """The mse of a grid as a function of its sides, and the descent of it.

    Two users meet in no rating, nor do two movies, so the Hessian holds a small block for each of them, and one block
    (user, parameter, movie, parameter) between the sides. A step eliminates the users and solves for the movies
    alone (the Schur complement): its cost is the cube of the movies' parameters, not of all.
    """

    def __init__(self, grid: torch.Tensor, n_factors: int, y_range: tuple[float, float] | None) -> None:
        rated = ~grid.isnan()
        self.weight, self.known = rated.double() / rated.sum(), grid.nan_to_num()
        self.n_factors, self.y_range = n_factors, y_range

    def predict(self, score: torch.Tensor) -> torch.Tensor:
        """The predicted ratings (user, movie)."""
        if self.y_range is None:
            return score
        low, high = self.y_range
        return low + (high - low) * torch.sigmoid(score)

    def mse(self, score: torch.Tensor) -> torch.Tensor:
        """The mean squared error over the rated cells."""
        return (self.weight * (self.predict(score) - self.known).square()).sum()

    def factor_of(self, side: torch.Tensor) -> torch.Tensor:
        """What the other side's parameters are multiplied by: these factors, and 1 for the other side's bias."""
        return torch.cat([side[:, : self.n_factors], torch.ones_like(side[:, self.n_factors :])], dim=1)

    def at(self, sides: _Sides, ridge: float) -> _At:
        """The loss and its derivatives at a point."""
        users, movies = sides
        k = self.n_factors
        score = users[:, :k] @ movies[:, :k].T + users[:, k:].sum(dim=1, keepdim=True) + movies[:, k:].sum(dim=1)
        slope, mse = torch.func.grad_and_value(self.mse)(score)
        user_gradient = slope @ self.factor_of(movies) + 2 * ridge * users
        movie_gradient = slope.T @ self.factor_of(users) + 2 * ridge * movies
        loss = float(mse + ridge * (users.square().sum() + movies.square().sum()))
        norm = math.hypot(float(user_gradient.norm()), float(movie_gradient.norm()))
        return _At(sides, loss, (user_gradient, movie_gradient), norm, score, slope)

    def descend(self, start: _Sides, ridge: float, steps: int, *, newton: bool, flat: float = math.inf) -> _At:
        """Where damped steps lead: so many of them, or more until the gradient is below `flat`.

        Gauss-Newton steps cross the ground far from a minimum, until one gains less than a millionth. Newton's go on
        to a gradient of nil; near it the loss is flat to rounding, so a smaller gradient counts as descent too. A
        rotation of the factors changes no prediction, so the Hessian is singular: the damping keeps such directions
        still.

        Source: H. B. Nielsen, Damping Parameter in Marquardt's Method, IMM-REP-1999-05; the damping falls by five.
        """
        at, damping, growth = self.at(start, ridge), 1e-6 if newton else 1e-3, 2.0
        for step in range(_LONGEST * steps):
            if at.norm < _CONVERGED / 1000 or (step >= steps and at.norm < flat):
                break
            hessian = self.hessian(at, newton)
            while damping < _LARGEST_DAMPING:
                move = _solve(hessian, at.gradient, 2 * ridge + damping)
                if move is not None:
                    trial = self.at((at.sides[0] - move[0], at.sides[1] - move[1]), ridge)
                    flatter = newton and trial.loss <= at.loss * (1 + 1e-14) and trial.norm < at.norm
                    if trial.loss < at.loss or flatter:
                        break
                damping, growth = damping * growth, growth * 2
            else:
                break
            promised = sum(float((m * (g + damping * m)).sum()) for m, g in zip(move, at.gradient, strict=True)) / 2
            gained, before, at = at.loss - trial.loss, at.loss, trial
            damping, growth = max(damping * max(0.2, 1 - (2 * gained / promised - 1) ** 3), _LEAST_DAMPING), 2.0
            if not newton and gained < 1e-6 * before:
                break
        return at

    def hessian(self, at: _At, newton: bool) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The Hessian of the mse: within each user, between user and movie, within each movie.

        Gauss and Newton's leaves out what the errors contribute, and has no negative curvature.
        """
        if newton:
            bend = torch.func.grad(lambda score: torch.func.grad(self.mse)(score).sum())(at.score)
        else:
            bend = 2 * self.weight * torch.func.grad(lambda score: self.predict(score).sum())(at.score).square()
        by_user, by_movie = self.factor_of(at.sides[1]), self.factor_of(at.sides[0])
        within_user = torch.einsum("um,mrs->urs", bend, by_user[:, :, None] * by_user[:, None])
        within_movie = torch.einsum("um,urs->mrs", bend, by_movie[:, :, None] * by_movie[:, None])
        between = bend[:, None, :, None] * by_user.T[:, :, None] * by_movie[:, None, None]
        if newton:
            # A factor of a user is multiplied by the same factor of the movie.
            between[:, : self.n_factors, :, : self.n_factors].diagonal(dim1=1, dim2=3).add_(at.score_slope[:, :, None])
        return within_user, between, within_movie


def _solve(hessian: tuple[torch.Tensor, torch.Tensor, torch.Tensor], gradient: _Sides, damping: float) -> _Sides | None:
    """The x with (Hessian + damping) x = gradient, users eliminated first; None if that is not positive definite."""
    within_user, between, within_movie = hessian
    n_users, width, n_movies, _ = between.shape
    identity = damping * torch.eye(width, dtype=torch.float64)
    users, not_positive = torch.linalg.cholesky_ex(within_user + identity)
    if bool(not_positive.any()):
        return None
    halved = torch.linalg.solve_triangular(users, between.reshape(n_users, width, -1), upper=False)
    user_part = torch.linalg.solve_triangular(users, gradient[0][:, :, None], upper=False)
    tall = halved.reshape(n_users * width, -1)
    schur = torch.zeros(n_movies * width, n_movies * width, dtype=torch.float64)
    for at in range(0, len(schur), _COLUMNS):
        schur[at:, at : at + _COLUMNS] = -tall[:, at:].T @ tall[:, at : at + _COLUMNS]
    schur.view(n_movies, width, n_movies, width).diagonal(dim1=0, dim2=2).add_(
        (within_movie + identity).permute(1, 2, 0)
    )
    movies, not_positive = torch.linalg.cholesky_ex(schur)
    if bool(not_positive):
        return None
    right = gradient[1].reshape(-1, 1) - tall.T @ user_part.reshape(-1, 1)
    movie_step = torch.cholesky_solve(right, movies)
    user_step = torch.linalg.solve_triangular(users.mT, user_part - halved @ movie_step, upper=True)
    return user_step[:, :, 0], movie_step.reshape(n_movies, width)


def _descend(
    train: torch.Tensor, valid: torch.Tensor, n_factors: int, steps: int, every: int, seed: int, rate: float
) -> tuple[list[tuple[float, float]], torch.Tensor, torch.Tensor] | None:
    """The errors at each checkpoint and the factors at the best one; None where the training error rises."""
    start = initial_factors(len(train), train.shape[1], n_factors, seed)
    user = nn.Parameter(torch.from_numpy(start["user_factors"]))
    movie = nn.Parameter(torch.from_numpy(start["movie_factors"]))
    best_user, best_movie = user.detach().clone(), movie.detach().clone()
    trained, held_out = ~train.isnan(), ~valid.isnan()
    optimizer = torch.optim.SGD([user, movie], lr=rate)
    curve: list[tuple[float, float]] = []
    for step in range(steps + 1):
        prediction = user @ movie.T
        mse = F.mse_loss(prediction[trained], train[trained])
        if step % every == 0:
            train_rmse = float(mse.detach().sqrt())
            valid_rmse = float(F.mse_loss(prediction[held_out], valid[held_out]).detach().sqrt())
            if curve and not train_rmse <= curve[0][0]:
                return None
            if curve and valid_rmse < min(at[1] for at in curve):
                best_user, best_movie = user.detach().clone(), movie.detach().clone()
            curve.append((train_rmse, valid_rmse))
        optimizer.zero_grad()
        torch.autograd.backward(mse)
        optimizer.step()
    return curve, best_user, best_movie
