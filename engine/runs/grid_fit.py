"""The least squares of a grid of ratings: the search for the best factors, and the plain descent to them.

The search starts at several seeded points, goes down from all of them side by side by Levenberg-Marquardt and from the
best by Newton's method, each step solved exactly with the users eliminated. The plain descent takes full-batch steps of
torch.optim.SGD and watches the error on ratings held out. Both are what the recorded runs of `engine.runs.training` are
made of: tensors in float64 on the CPU, NaN where there is no rating.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import nn

# k products of two factors uniform on (0, sqrt(6 / k)) add up to 1.5 on average: the RMSE then starts near 2.8, as the
# lecture's.
START_FACTORS = 6
# Each start is fitted with this much of the sum of squares added: it bounds the search where the mse alone has no
# minimum, and moves the lesson's two fits that have one by less than 1e-6 in RMSE before it is taken away again.
_RIDGE = 1e-6
# A large grid gets fewer starts and steps: a step's cost grows as the cube of the parameters. At 50 x 50 ratings and 20
# factors, the lesson's largest, the three models then take some 20 seconds on one core.
_MOST_STARTS = 16
_ALL_STARTS_UP_TO = 360
_MOST_STEPS = 100
_ALL_STEPS_UP_TO = 1100
_STEPS_OF_A_START = 40
_CONVERGED = 1e-10
# A fit whose steps are spent before it is there goes on to the first gradient below this, for at most this many times
# as many steps.
_FLAT = 1e-4
_LONGEST = 4
_LEAST_DAMPING = 1e-11
_LARGEST_DAMPING = 1e12
# Columns of a symmetric product made at once, from the diagonal down: about half of it is never computed.
_COLUMNS = 200

# The parameters of the users and of the movies: (start, user or movie, factor), and the bias as one more column.
Sides = tuple[torch.Tensor, torch.Tensor]


def uniform(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Return numbers drawn uniformly from [0, 1), in float64."""
    return torch.rand(shape, generator=generator, dtype=torch.float64)


def least_squares(
    grid: torch.Tensor, n_factors: int, seed: int, *, biases: bool, y_range: tuple[float, float] | None
) -> Sides:
    """Return the sides of the least mean squared error found, by the search that `fit_grid` describes.

    Args:
        grid: (user, movie), NaN where there is no rating; at least one rating.
        n_factors: how many factors, 1 or more.
        seed: of the random starts.
        biases: whether each user and each movie has a bias too.
        y_range: the ends of the sigmoid, or None for no sigmoid.

    Returns:
        (user, parameter) and (movie, parameter), with no axis of starts: the factors, and with biases one more column.
        Always finite.
    """
    n_users, n_movies = grid.shape
    shapes: dict[str, tuple[int, ...]] = {"user_factors": (n_users, n_factors), "movie_factors": (n_movies, n_factors)}
    if biases:
        shapes |= {"user_bias": (n_users,), "movie_bias": (n_movies,)}
    n_parameters = sum(int(np.prod(shape)) for shape in shapes.values())
    n_starts = min(_MOST_STARTS, max(1, round(_MOST_STARTS * (_ALL_STARTS_UP_TO / n_parameters) ** 2)))
    n_steps = min(_MOST_STEPS, round(_MOST_STEPS * (_ALL_STEPS_UP_TO / n_parameters) ** 3))
    generator = torch.Generator().manual_seed(seed)
    spread, middle = math.sqrt(START_FACTORS / n_factors), 0.0 if y_range is None else 0.5
    fit = GridFit(grid, n_factors, y_range)
    drawn = [_named(spread * (uniform((n_parameters,), generator) - middle), shapes) for _ in range(n_starts)]
    users, movies = (torch.stack([_side(start, side) for start in drawn]) for side in ("user", "movie"))
    fitted = fit.descend((users, movies), _RIDGE, _STEPS_OF_A_START, newton=False)
    nearest = int(fitted.loss.argmin())
    users, movies = (side[nearest : nearest + 1] for side in fitted.sides)
    best = fit.descend((users, movies), _RIDGE, n_steps, newton=True, flat=_FLAT)
    bare = fit.descend(best.sides, 0.0, n_steps // 3, newton=True)
    users, movies = bare.sides if float(bare.norm) < _CONVERGED else best.sides
    return users[0], movies[0]


@dataclass(frozen=True, eq=False)
class At:
    """The losses at the points of several starts, and all else that is known there.

    Args:
        sides: the points.
        loss: (start), with the ridge.
        gradient: of the loss, in the shapes of the sides.
        norm: (start), the 2-norm of the gradient.
        score: (start, user, movie), what the model gives a cell before its sigmoid.
        score_slope: (start, user, movie), the slope of the mse in it.
    """

    sides: tuple[torch.Tensor, torch.Tensor]
    loss: torch.Tensor
    gradient: tuple[torch.Tensor, torch.Tensor]
    norm: torch.Tensor
    score: torch.Tensor
    score_slope: torch.Tensor

    def moved(self, moves: torch.Tensor, to: "At") -> "At":
        """These points, and in the starts that move (start) those of `to`."""

        def chosen(here: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
            return torch.where(moves.reshape(-1, *[1] * (here.dim() - 1)), there, here)

        def both(here: Sides, there: Sides) -> Sides:
            return chosen(here[0], there[0]), chosen(here[1], there[1])

        return At(
            both(self.sides, to.sides),
            chosen(self.loss, to.loss),
            both(self.gradient, to.gradient),
            chosen(self.norm, to.norm),
            chosen(self.score, to.score),
            chosen(self.score_slope, to.score_slope),
        )


class GridFit:
    """The mse of a grid as a function of its sides, and the descent of it, from several starts at once.

    Two users meet in no rating, nor do two movies, so the Hessian holds a small block for each of them, and one block
    (user, parameter, movie, parameter) between the sides. A step eliminates the users and solves for the movies
    alone (the Schur complement): its cost is the cube of the movies' parameters, not of all.
    """

    def __init__(self, grid: torch.Tensor, n_factors: int, y_range: tuple[float, float] | None) -> None:
        rated = ~grid.isnan()
        self.weight, self.known = rated.double() / rated.sum(), grid.nan_to_num()
        self.n_factors, self.y_range = n_factors, y_range

    def predict(self, score: torch.Tensor) -> torch.Tensor:
        """The predicted ratings (start, user, movie)."""
        if self.y_range is None:
            return score
        low, high = self.y_range
        return low + (high - low) * torch.sigmoid(score)

    def mse(self, score: torch.Tensor) -> torch.Tensor:
        """The mean squared error over the rated cells: (start)."""
        return (self.weight * (self.predict(score) - self.known).square()).sum(dim=(1, 2))

    def factor_of(self, side: torch.Tensor) -> torch.Tensor:
        """What the other side's parameters are multiplied by: these factors, and 1 for the other side's bias."""
        return torch.cat([side[:, :, : self.n_factors], torch.ones_like(side[:, :, self.n_factors :])], dim=2)

    def at(self, sides: Sides, ridge: float) -> At:
        """The losses and their derivatives at the points of all starts."""
        users, movies = sides
        k = self.n_factors
        biases = users[:, :, k:].sum(dim=2)[:, :, None] + movies[:, :, k:].sum(dim=2)[:, None]
        score = users[:, :, :k] @ movies[:, :, :k].mT + biases
        mse, slope = value_and_slope(self.mse, score)
        user_gradient = slope @ self.factor_of(movies) + 2 * ridge * users
        movie_gradient = slope.mT @ self.factor_of(users) + 2 * ridge * movies
        loss = mse + ridge * (users.square().sum(dim=(1, 2)) + movies.square().sum(dim=(1, 2)))
        norm = torch.hypot(user_gradient.norm(dim=(1, 2)), movie_gradient.norm(dim=(1, 2)))
        return At(sides, loss, (user_gradient, movie_gradient), norm, score, slope)

    def descend(self, start: Sides, ridge: float, steps: int, *, newton: bool, flat: float = math.inf) -> At:
        """Where damped steps lead each start: so many of them, or more until the gradient is below `flat`.

        Gauss-Newton steps cross the ground far from a minimum, until one gains less than a millionth. Newton's go on
        to a gradient of nil; near it the loss is flat to rounding, so a smaller gradient counts as descent too. A
        rotation of the factors changes no prediction, so the Hessian is singular: the damping keeps such directions
        still. A step that does not lead down is tried again with more damping.

        Source: H. B. Nielsen, Damping Parameter in Marquardt's Method, IMM-REP-1999-05; the damping falls by five.
        """
        at = self.at(start, ridge)
        damping, growth = torch.full_like(at.loss, 1e-6 if newton else 1e-3), torch.full_like(at.loss, 2.0)
        taken, ended = torch.zeros_like(at.loss), torch.zeros_like(at.loss, dtype=torch.bool)
        hessian = self.hessian(at, newton)
        while True:
            there = (at.norm < _CONVERGED / 1000) | ((taken >= steps) & (at.norm < flat))
            going = ~(ended | there) & (taken < _LONGEST * steps) & (damping < _LARGEST_DAMPING)
            if not going.any():
                return at
            move, solved = solve(hessian, at.gradient, 2 * ridge + damping)
            trial = self.at((at.sides[0] - move[0], at.sides[1] - move[1]), ridge)
            down = trial.loss < at.loss
            if newton:
                down |= (trial.loss <= at.loss * (1 + 1e-14)) & (trial.norm < at.norm)
            down &= going & solved
            spread = damping[:, None, None]
            promised = sum((m * (g + spread * m)).sum(dim=(1, 2)) for m, g in zip(move, at.gradient, strict=True)) / 2
            gained = at.loss - trial.loss
            eased = (damping * (1 - (2 * gained / promised - 1) ** 3).clamp(min=0.2)).clamp(min=_LEAST_DAMPING)
            damping = torch.where(down, eased, damping * growth)
            growth = torch.where(down, 2.0, growth * 2)
            taken += down
            if not newton:
                ended |= down & (gained < 1e-6 * at.loss)
            if down.any():
                at = trial if down.all() else at.moved(down, trial)
                hessian = self.hessian(at, newton)

    def hessian(self, at: At, newton: bool) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The Hessian of the mse, of each start: within each user, between user and movie, within each movie.

        Gauss and Newton's leaves out what the errors contribute, and has no negative curvature.
        """
        if newton:
            point = at.score.detach().requires_grad_()
            (slope,) = torch.autograd.grad(self.mse(point).sum(), point, create_graph=True)
            (bend,) = torch.autograd.grad(slope.sum(), point)
        else:
            _, slope = value_and_slope(self.predict, at.score)
            bend = 2 * self.weight * slope.square()
        by_user, by_movie = self.factor_of(at.sides[1]), self.factor_of(at.sides[0])
        within_user = torch.einsum("num,nmrs->nurs", bend, by_user[..., None] * by_user[:, :, None])
        within_movie = torch.einsum("num,nurs->nmrs", bend, by_movie[..., None] * by_movie[:, :, None])
        between = bend[:, :, None, :, None] * by_user.mT[:, None, :, :, None] * by_movie[:, :, None, None]
        if newton:
            # A factor of a user is multiplied by the same factor of the movie.
            same_factor = between[:, :, : self.n_factors, :, : self.n_factors].diagonal(dim1=2, dim2=4)
            same_factor.add_(at.score_slope[..., None])
        return within_user, between, within_movie


def value_and_slope(
    function: Callable[[torch.Tensor], torch.Tensor], at: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The values of a function that makes each of its own numbers, and the slopes of their sum.

    torch.func does the same in twice the time.
    """
    point = at.detach().requires_grad_()
    value = function(point)
    (slope,) = torch.autograd.grad(value.sum(), point)
    return value.detach(), slope


def solve(
    hessian: tuple[torch.Tensor, torch.Tensor, torch.Tensor], gradient: Sides, damping: torch.Tensor
) -> tuple[Sides, torch.Tensor]:
    """The x with (Hessian + damping) x = gradient in each start, users eliminated first.

    Args:
        hessian: its three blocks, with an axis of starts in front.
        gradient: the right-hand side.
        damping: (start), added to the diagonal.

    Returns:
        x, and whether the matrix is positive definite (start): where it is not, x is no solution.
    """
    within_user, between, within_movie = hessian
    starts, n_users, width, n_movies, _ = between.shape
    identity = damping[:, None, None, None] * torch.eye(width, dtype=torch.float64)
    users, users_fail = torch.linalg.cholesky_ex(within_user + identity)
    halved = torch.linalg.solve_triangular(users, between.reshape(starts, n_users, width, -1), upper=False)
    user_part = torch.linalg.solve_triangular(users, gradient[0][..., None], upper=False)
    tall = halved.reshape(starts, n_users * width, -1)
    schur = torch.zeros(starts, n_movies * width, n_movies * width, dtype=torch.float64)
    for at in range(0, schur.shape[1], _COLUMNS):
        schur[:, at:, at : at + _COLUMNS] = -tall[:, :, at:].mT @ tall[:, :, at : at + _COLUMNS]
    schur.view(starts, n_movies, width, n_movies, width).diagonal(dim1=1, dim2=3).add_(
        (within_movie + identity).permute(0, 2, 3, 1)
    )
    movies, movies_fail = torch.linalg.cholesky_ex(schur)
    right = gradient[1].reshape(starts, -1, 1) - tall.mT @ user_part.reshape(starts, -1, 1)
    movie_step = torch.cholesky_solve(right, movies)
    user_right = user_part - (tall @ movie_step).reshape(starts, n_users, width, 1)
    user_step = torch.linalg.solve_triangular(users.mT, user_right, upper=True)
    solved = (users_fail == 0).all(dim=1) & (movies_fail == 0)
    return (user_step[..., 0], movie_step.reshape(starts, n_movies, width)), solved


def descend(
    train: torch.Tensor,
    valid: torch.Tensor,
    start: dict[str, npt.NDArray[np.float64]],
    steps: int,
    every: int,
    rate: float,
) -> tuple[list[tuple[float, float]], torch.Tensor, torch.Tensor] | None:
    """Return the errors at each checkpoint and the factors at the best one; None where the training error rises.

    Args:
        train: (user, movie), the ratings to train on, NaN elsewhere.
        valid: (user, movie), the ratings held out, NaN elsewhere.
        start: `user_factors` (user, factor) and `movie_factors` (movie, factor), left as they are.
        steps: how many full-batch steps of torch.optim.SGD on the training mse.
        every: how many steps lie between checkpoints; step 0 is the first checkpoint.
        rate: the learning rate.

    Returns:
        (training RMSE, validation RMSE) of each checkpoint, and user_factors and movie_factors at the checkpoint where
        the validation error is least (the first such).
    """
    user = nn.Parameter(torch.from_numpy(start["user_factors"]).clone())
    movie = nn.Parameter(torch.from_numpy(start["movie_factors"]).clone())
    best_user, best_movie = user.detach().clone(), movie.detach().clone()
    trained, held_out = (~train.isnan()).nonzero(as_tuple=True), (~valid.isnan()).nonzero(as_tuple=True)
    train_rating, valid_rating = train[trained], valid[held_out]
    optimizer = torch.optim.SGD([user, movie], lr=rate)
    curve: list[tuple[float, float]] = []
    for step in range(steps + 1):
        prediction = user @ movie.T
        mse = F.mse_loss(prediction[trained], train_rating)
        if step % every == 0:
            train_rmse = float(mse.detach().sqrt())
            valid_rmse = float(F.mse_loss(prediction[held_out].detach(), valid_rating).sqrt())
            if curve and not train_rmse <= curve[0][0]:
                return None
            if curve and valid_rmse < min(at[1] for at in curve):
                best_user, best_movie = user.detach().clone(), movie.detach().clone()
            curve.append((train_rmse, valid_rmse))
        optimizer.zero_grad()
        torch.autograd.backward(mse)
        optimizer.step()
    return curve, best_user, best_movie


def _named(flat: torch.Tensor, shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """The named parameters in a flat vector that holds them one after another."""
    parts = torch.split(flat, [int(np.prod(shape)) for shape in shapes.values()])
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def _side(parts: dict[str, torch.Tensor], side: str) -> torch.Tensor:
    """The factors of a side, and in one more column its bias if there is one: (user or movie, parameter)."""
    bias = [parts[f"{side}_bias"][:, None]] if f"{side}_bias" in parts else []
    return torch.cat([parts[f"{side}_factors"], *bias], dim=1)
