"""The line that the optimizers look for, and how far from it they are: by torch.linalg and F.mse_loss.

Every function takes float64 tensors, computes on the device that they are on, changes none of them, and returns
float64 tensors by name. Points (point) lie about a line; the model is intercept + slope * x.
"""

import torch
import torch.nn.functional as F

from engine.witness.optimizers.rows import Scalar, require


def points(exact_y: torch.Tensor, noise: torch.Tensor, noise_switch: str) -> dict[str, torch.Tensor]:
    """The y of each point (point): exactly on the line ("none"), or with its noise added ("noisy")."""
    require("noise", noise_switch, "none", "noisy")
    return {"y": exact_y.clone() if noise_switch == "none" else exact_y.add(noise)}


def spread(x_points: torch.Tensor) -> dict[str, torch.Tensor]:
    """The mean of the points' x (point), and their standard deviation about it, over n and not n - 1."""
    return {"mean_x": x_points.mean(), "spread_x": x_points.std(correction=0)}


def _design(x: torch.Tensor) -> torch.Tensor:
    """The columns 1 and x: (point, 2)."""
    return torch.stack([torch.ones_like(x), x], dim=1)


def _rmse(x: torch.Tensor, y: torch.Tensor, intercept: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
    """The root mean squared error over all points of each of many lines."""
    prediction = torch.stack([intercept, slope], dim=1) @ _design(x).T
    return F.mse_loss(prediction, y.expand_as(prediction), reduction="none").mean(dim=1).sqrt()


def least_squares(x: torch.Tensor, y: torch.Tensor) -> dict[str, torch.Tensor]:
    """The line through the points (point) of least squared error, by torch.linalg.lstsq; level where all x are one."""
    columns = 1 if bool((x == x[0]).all()) else 2
    best = F.pad(torch.linalg.lstsq(_design(x)[:, :columns], y[:, None]).solution[:, 0], (0, 2 - columns))
    return {"best_intercept": best[0], "best_slope": best[1], "best_rmse": F.mse_loss(_design(x) @ best, y).sqrt()}


def row(point_number: torch.Tensor, x_points: torch.Tensor, y_points: torch.Tensor) -> dict[str, torch.Tensor]:
    """The point that each step takes (step): point_number counts from 1."""
    taken = point_number.long() - 1
    return {"x": x_points[taken], "y": y_points[taken]}


def epoch_rmse(
    x_points: torch.Tensor,
    y_points: torch.Tensor,
    epoch_step: torch.Tensor,
    new_intercept: torch.Tensor,
    new_slope: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """The line after the last step of each epoch (epoch), and its error over all points."""
    last = epoch_step.long() - 1
    intercept, slope = new_intercept[last], new_slope[last]
    error = _rmse(x_points, y_points, intercept, slope)
    return {"epoch_intercept": intercept, "epoch_slope": slope, "epoch_rmse": error, "last_rmse": error[-1]}


def moments(
    x_points: torch.Tensor,
    moment_number: torch.Tensor,
    end_number: torch.Tensor,
    start_intercept: Scalar,
    start_slope: Scalar,
    new_intercept: torch.Tensor,
    new_slope: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """The line at the start, after one step, after one pass and at the end (moment), and its y at both ends of x."""
    paths = []
    for start, path in ((start_intercept, new_intercept), (start_slope, new_slope)):
        first = torch.as_tensor(start, dtype=path.dtype, device=path.device)
        paths.append(torch.stack([first, path[0], path[x_points.numel() - 1], path[-1]]))
    chosen = moment_number.long() - 1
    intercept, slope = (path.index_select(0, chosen) for path in paths)
    ends = torch.stack(torch.aminmax(x_points)).index_select(0, end_number.long() - 1)
    return {
        "moment_intercept": intercept,
        "moment_slope": slope,
        "end_x": ends,
        "end_y": (_design(ends) @ torch.stack([intercept, slope])),
    }


def path_rmse(
    x_points: torch.Tensor, y_points: torch.Tensor, new_intercept: torch.Tensor, new_slope: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The error over all points after every step (step)."""
    return {"rmse": _rmse(x_points, y_points, new_intercept, new_slope)}


def steps_to_reach(step_number: torch.Tensor, rmse: torch.Tensor, wanted: Scalar) -> dict[str, torch.Tensor]:
    """The first step (step) whose error is at most the wanted one; NaN where none is."""
    reached = step_number[rmse <= wanted]
    return {"reached": reached[0] if len(reached) else rmse.new_tensor(torch.nan)}


def level_ellipse(
    x_points: torch.Tensor,
    y_points: torch.Tensor,
    best_intercept: Scalar,
    best_slope: Scalar,
    best_rmse: Scalar,
    level: Scalar,
    angle: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """The lines (angle) whose root mean squared error is `level`: an ellipse about the best line.

    NaN where the level is below the best line's, and where all points have one x, so that no line is the best.
    """
    centre, width = spread(x_points).values()
    radius = torch.as_tensor(level**2 - best_rmse**2, dtype=torch.float64).sqrt()
    # At the points' mean x, offset and slope err independently of each other.
    slope = radius * angle.sin() / width.masked_fill(width == 0, torch.nan)
    at_centre = radius * angle.cos().masked_fill(width == 0, torch.nan)
    return {"level_intercept": best_intercept + at_centre - centre * slope, "level_slope": best_slope + slope}
