"""The line's data and its true loss: points, the best line, the rmse along a path, and the ellipses of equal rmse.

The points (x, y) lie on about y = 2 x + 30 and the model is intercept + slope x. Over n points

    slope = sum((x - mean x) (y - mean y)) / sum((x - mean x)^2),   intercept = mean y - slope mean x,
    mse(best + d) = mse(best) + d^T H d   with   H = [[1, mean x], [mean x, mean x^2]] = L L^T,

so the points of one level are best + sqrt(level^2 - best_rmse^2) L^-T (cos, sin).

    >>> x, y = np.array([0.0, 1.0, 2.0]), np.array([30.0, 32.0, 34.0])
    >>> {name: float(value) for name, value in least_squares(x, y).items()}
    {'best_intercept': 30.0, 'best_slope': 2.0, 'best_rmse': 0.0}
    >>> path_rmse(x, y, np.array([30.0, 33.0]), np.array([2.0, 2.0]))["rmse"].tolist()
    [0.0, 3.0]
    >>> steps_to_reach(np.array([1.0, 2.0, 3.0]), np.array([5.0, 1.0, 0.5]), 1.0)["reached"]
    2.0
"""

import numpy as np
import numpy.typing as npt

from engine.errors import EngineError
from engine.reference import Array, Result, Text
from engine.reference.optimizers.row import refuse_unknown


def points(exact_y: Array, noise: Array, noise_switch: str) -> Result:
    """The points' y (point): exact_y, plus the noise where the switch says "noisy" and not "none"."""
    refuse_unknown("noise_switch", noise_switch, ("none", "noisy"))
    return {"y": exact_y + noise if noise_switch == "noisy" else exact_y}


def least_squares(x: Array, y: Array) -> Result:
    """The intercept and slope of the least mean squared error over the points (point), and its root.

    Points of one x leave the slope open: of their best lines the level one is taken, slope 0 through the mean of y.
    """
    # Around the means no digits are lost where the points lie close together, far from 0.
    mean_x, mean_y = np.mean(x), np.mean(y)
    best_slope = 0.0 if _of_one_x(x) else np.sum((x - mean_x) * (y - mean_y)) / np.sum((x - mean_x) ** 2)
    best_intercept = mean_y - best_slope * mean_x
    return {
        "best_intercept": best_intercept,
        "best_slope": best_slope,
        "best_rmse": np.sqrt(np.mean((best_intercept + best_slope * x - y) ** 2)),
    }


def row(point_number: Array, x_points: Array, y_points: Array) -> Result:
    """The x and y (step) of the point whose 1-based number each step takes."""
    point = _places(point_number, len(x_points), "point_number")
    return {"x": x_points[point], "y": y_points[point]}


def epoch_rmse(x_points: Array, y_points: Array, epoch_step: Array, new_intercept: Array, new_slope: Array) -> Result:
    """The parameters (epoch) after the step, numbered from 1, that ends each epoch, and their rmse over all points."""
    step = _places(epoch_step, len(new_intercept), "epoch_step")
    epoch_intercept, epoch_slope = new_intercept[step], new_slope[step]
    rmse = _rmse(x_points, y_points, epoch_intercept, epoch_slope)
    return {
        "epoch_intercept": epoch_intercept,
        "epoch_slope": epoch_slope,
        "epoch_rmse": rmse,
        "last_rmse": float(rmse[-1]),
    }


def moments(
    x_points: Array,
    moment_number: Array,
    end_number: Array,
    start_intercept: float,
    start_slope: float,
    new_intercept: Array,
    new_slope: Array,
) -> Result:
    """The line (moment) at the start, after the first step, after the first pass and after the last step.

    Its ends (end) are the points of least and greatest x, and the y there (end, moment).
    """
    after = np.array([0, 1, len(x_points), len(new_slope)])[moment_number.astype(np.intp) - 1]
    intercept = np.concatenate([[start_intercept], new_intercept])[after]
    slope = np.concatenate([[start_slope], new_slope])[after]
    end_x = np.where(end_number == 1, np.min(x_points), np.max(x_points))
    return {
        "moment_step": after.astype(np.float64),
        "moment_intercept": intercept,
        "moment_slope": slope,
        "end_x": end_x,
        "end_y": intercept + np.outer(end_x, slope),
    }


def path_rmse(x_points: Array, y_points: Array, new_intercept: Array, new_slope: Array) -> Result:
    """The rmse over all points (point) with the parameters after each step (step)."""
    return {"rmse": _rmse(x_points, y_points, new_intercept, new_slope)}


def _rmse(x_points: Array, y_points: Array, intercept: Array, slope: Array) -> Array:
    """The root of the mean over the points of (intercept + slope x - y)^2, for each pair of parameters."""
    error = intercept[:, np.newaxis] + slope[:, np.newaxis] * x_points - y_points
    rmse: Array = np.sqrt(np.mean(error**2, axis=1))
    return rmse


def steps_to_reach(step_number: Array, rmse: Array, wanted: float) -> Result:
    """The number of the first step whose rmse (step) is at most the wanted one, NaN where none is."""
    reached = step_number[rmse <= wanted]
    return {"reached": float(reached[0]) if len(reached) else np.nan}


def level_ellipse(
    x_points: Array,
    y_points: Array,
    best_intercept: float,
    best_slope: float,
    best_rmse: float,
    level: float,
    angle: Array,
) -> Result:
    """The parameters (angle) whose rmse is the level, at each angle in radians, NaN where no line reaches it.

    NaN too where all points have one x: the lines of one rmse are then a band without end, and no ellipse.
    """
    if len(x_points) != len(y_points):
        raise EngineError(f"y_points: found {len(y_points)} points, expected {len(x_points)} as in x_points")
    # L = [[1, 0], [mean x, s]] with s the standard deviation of x, so L^-T = [[1, -mean x / s], [0, 1 / s]].
    mean_x, deviation = np.mean(x_points), _deviation(x_points) or np.nan
    radius = np.sqrt(level**2 - best_rmse**2) if level >= best_rmse else np.nan
    return {
        "level_intercept": best_intercept + radius * (np.cos(angle) - mean_x / deviation * np.sin(angle)),
        "level_slope": best_slope + radius * np.sin(angle) / deviation,
    }


def _places(number: Array, count: int, name: str) -> npt.NDArray[np.intp]:
    """0-based places of 1-based numbers."""
    outside = (number < 1) | (number > count)
    if outside.any():
        raise EngineError(f"{name}: found {number[outside][0]:g}, expected a whole number from 1 to {count}")
    return number.astype(np.intp) - 1


def spread(x_points: Array) -> Result:
    """The mean of x and its standard deviation, over all points."""
    return {"mean_x": float(np.mean(x_points)), "spread_x": _deviation(x_points)}


def _deviation(x: Array) -> float:
    """The standard deviation of x, over all points; 0 where all are equal, though their mean may be rounded."""
    return 0.0 if _of_one_x(x) else float(np.sqrt(np.mean((x - np.mean(x)) ** 2)))


def _of_one_x(x: Array) -> bool:
    """Whether no two x differ."""
    return bool(np.all(x == x[:1]))


def epoch_verdict(verdict: Text, epoch_step: Array) -> Result:
    """What the verdict (step) says of the last step of each epoch (epoch)."""
    return {"epoch_verdict": verdict[_places(epoch_step, len(verdict), "epoch_step")]}


def last_verdict(verdict: Text) -> Result:
    """What the verdict (step) says of a run's last step."""
    return {"last_verdict": str(verdict[-1])}
