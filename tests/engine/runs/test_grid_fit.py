"""The steps of the grid's fit, against the Hessian of autograd."""

import math

import numpy as np
import pytest
import torch

from engine.runs.grid_fit import GridFit, solve

GRID = np.array([[2.0, 5.0, 5.0], [3.0, 5.0, math.nan], [3.0, 5.0, math.nan], [1.0, 5.0, 2.0]])


def test_a_newton_step_solves_with_the_hessian_of_autograd() -> None:
    rating = torch.from_numpy(np.where(np.random.default_rng(10).random((4, 3)) < 0.2, math.nan, GRID))
    rated = ~rating.isnan()
    generator = torch.Generator().manual_seed(11)
    points = torch.rand((3, 4 * 3 + 3 * 3), generator=generator, dtype=torch.float64)
    damping = torch.tensor([10.0, 3.0, 30.0], dtype=torch.float64)

    def loss(flat: torch.Tensor) -> torch.Tensor:
        users, movies = flat[:12].reshape(4, 3), flat[12:].reshape(3, 3)
        z = users[:, :2] @ movies[:, :2].T + users[:, 2:] + movies[:, 2]
        return (5.5 * torch.sigmoid(z) - rating)[rated].square().mean() + 1e-6 * flat.square().sum()

    fit = GridFit(rating, 2, (0.0, 5.5))
    at = fit.at((points[:, :12].reshape(3, 4, 3), points[:, 12:].reshape(3, 3, 3)), ridge=1e-6)
    (users, movies), solved = solve(fit.hessian(at, newton=True), at.gradient, damping + 2e-6)
    assert solved.all()
    for start, point in enumerate(points):
        assert float(at.loss[start]) == pytest.approx(float(loss(point)), rel=1e-14)
        matrix = torch.func.jacrev(torch.func.grad(loss))(point) + damping[start] * torch.eye(21, dtype=torch.float64)
        expected = torch.linalg.solve(matrix, torch.func.grad(loss)(point))
        found = torch.cat([users[start].flatten(), movies[start].flatten()])
        assert (found - expected).abs().max() <= 1e-13 * expected.abs().max()
    # Without the damping the Hessian has negative curvature here, and there is no step; the others have theirs.
    damping[1] = 0.0
    _, solved = solve(fit.hessian(at, newton=True), at.gradient, damping)
    assert solved.tolist() == [True, False, True]


def test_starts_side_by_side_go_where_each_goes_by_itself() -> None:
    generator = torch.Generator().manual_seed(2)
    users, movies = (torch.rand((4, n, 3), generator=generator, dtype=torch.float64) for n in (4, 3))
    fit = GridFit(torch.from_numpy(GRID), 2, None)
    together = fit.descend((users, movies), 1e-6, 12, newton=False)
    for start in range(4):
        alone = fit.descend((users[start : start + 1], movies[start : start + 1]), 1e-6, 12, newton=False)
        torch.testing.assert_close(together.loss[start], alone.loss[0], rtol=1e-8, atol=1e-12)
        assert together.loss[start] < fit.at((users, movies), 1e-6).loss[start]
