"""The steps of the grid's fit, against the Hessian of autograd."""

import math

import numpy as np
import torch

from engine.runs.grid_fit import GridFit, solve

GRID = np.array([[2.0, 5.0, 5.0], [3.0, 5.0, math.nan], [3.0, 5.0, math.nan], [1.0, 5.0, 2.0]])


def test_a_newton_step_solves_with_the_hessian_of_autograd() -> None:
    rating = torch.from_numpy(np.where(np.random.default_rng(10).random((4, 3)) < 0.2, math.nan, GRID))
    rated = ~rating.isnan()
    generator = torch.Generator().manual_seed(11)
    point = torch.rand(4 * 3 + 3 * 3, generator=generator, dtype=torch.float64)

    def loss(flat: torch.Tensor) -> torch.Tensor:
        users, movies = flat[:12].reshape(4, 3), flat[12:].reshape(3, 3)
        z = users[:, :2] @ movies[:, :2].T + users[:, 2:] + movies[:, 2]
        return (5.5 * torch.sigmoid(z) - rating)[rated].square().mean() + 1e-6 * flat.square().sum()

    matrix = torch.func.jacrev(torch.func.grad(loss))(point) + 10.0 * torch.eye(21, dtype=torch.float64)
    expected = torch.linalg.solve(matrix, torch.func.grad(loss)(point))
    fit = GridFit(rating, 2, (0.0, 5.5))
    at = fit.at((point[:12].reshape(4, 3), point[12:].reshape(3, 3)), ridge=1e-6)
    step = solve(fit.hessian(at, newton=True), at.gradient, 10.0 + 2e-6)
    assert step is not None
    found = torch.cat([part.flatten() for part in step])
    assert (found - expected).abs().max() <= 1e-13 * expected.abs().max()
    # Without the damping the Hessian has negative curvature here, and there is no step.
    assert solve(fit.hessian(at, newton=True), at.gradient, 0.0) is None
