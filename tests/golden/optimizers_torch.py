"""optimizers.xlsx, as PyTorch: made by `gradbook code`.

Each function computes the formulas of a sheet; its arrays are named after the sheet's headings.
"""

import argparse
import json
import functools
import itertools
import re
from types import SimpleNamespace

import torch

DEVICE = torch.device("cpu")
torch.set_default_dtype(torch.float64)


def tensor(values):
    """The values as float64, conditions as booleans, on the device."""
    if isinstance(values, torch.Tensor):
        return values
    found = torch.tensor(values, device=DEVICE)
    return found if found.dtype == torch.bool else found.double()


def stack(values):
    """A list of numbers, or of rows of them, as one array."""
    return torch.stack([stack(value) if isinstance(value, list) else tensor(value) for value in values])


# The cells that no formula computes


def inputs():
    """The inputs of every sheet, by name."""
    return {
        "data": {
            "noise_switch": "none",  # B6
            "start_intercept": tensor(1.0),  # B7
            "start_slope": tensor(1.0),  # B8
            "x": tensor(
                [
                    14, 86, 28, 2, 39, 53, 15, 44, 27, 78, 95, 65, 55, 50, 85, 4, 7, 25, 87, 68, 98, 96, 48, 21, 1, 57,
                    52, 63, 86,
                ]
            ),  # B33:B61
            "exact_y": tensor(
                [
                    58, 202, 86, 34, 108, 136, 60, 118, 84, 186, 220, 160, 140, 130, 200, 38, 44, 80, 204, 166, 226,
                    222, 126, 72, 32, 144, 134, 156, 202,
                ]
            ),  # C33:C61
            "noise": tensor(
                [
                    -4.83, -5.99, -2.97, 1.43, -6.56, -1.36, -1.03, 3.51, 1.39, 2.31, -4.25, -0.84, 5.09, 9.7, -8.18,
                    9.84, 8.74, 5.08, 1.72, -2.04, 9.47, 12.73, 11.7, 8.54, 2.32, -7.85, -0.03, 4.26, -8.37,
                ]
            ),  # D33:D61
            "epoch_number": tensor([1, 2, 3, 4, 5]),  # G33:G37
            "epoch_step": tensor([29, 58, 87, 116, 145]),  # H33:H37
            "step_number": tensor(
                [
                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
                    28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
                    53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77,
                    78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101,
                    102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121,
                    122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141,
                    142, 143, 144, 145,
                ]
            ),  # J33:J177
            "point_number": tensor(
                [
                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
                    28, 29, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
                    26, 27, 28, 29, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
                    24, 25, 26, 27, 28, 29, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                    22, 23, 24, 25, 26, 27, 28, 29, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
                    20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
                ]
            ),  # K33:K177
        },
        "adam": {
            "convention": "torch",  # B5
            "learning_rate": tensor(1.0),  # B6
            "eps": tensor(1e-8),  # I6
            "beta1": tensor(0.9),  # B7
            "start": tensor(0.0),  # I7
            "beta2": tensor(0.999),  # B8
            "end_number": tensor([1, 2]),  # E184:F184
            "moment_number": tensor([1, 2, 3, 4]),  # A190:A193
        },
    }


# The sheets


def data(
    *, noise_switch, start_intercept, start_slope, x, exact_y, noise, epoch_number, epoch_step, step_number,
    point_number,
):
    """Sheet 'Data': E33:E61, L33:L177, M33:M177."""
    y = exact_y + (noise if noise_switch == "noisy" else 0)
    row_x = x[point_number.long() - 1]
    row_y = y[point_number.long() - 1]
    return SimpleNamespace(**locals())


def adam(data, *, convention, learning_rate, eps, beta1, start, beta2, end_number, moment_number):
    """Sheet 'Adam': A26:A170, B26:B170, C26:C170, N26:N170, O26:O170, D26:D170, E26:E170, F26:F170, H26:H170,
    I26:I170, J26:J170, L26:L170 and 18 more.
    """
    step_number = data.step_number
    x = data.row_x
    y = data.row_y
    average_correction = (
        torch.ones(145, device=DEVICE)
        if convention == "lecture"
        else 1 - (torch.zeros(145, device=DEVICE) if beta1 == 0 else torch.exp(step_number * torch.log(beta1)))
    )
    square_correction = (
        torch.ones(145, device=DEVICE)
        if convention == "lecture"
        else 1 - (torch.zeros(145, device=DEVICE) if beta2 == 0 else torch.exp(step_number * torch.log(beta2)))
    )

    def average(average_before, gradient):
        return beta1 * average_before + (1 - beta1) * gradient

    def square(square_before, gradient):
        return beta2 * square_before + (1 - beta2) * gradient**2

    average_correction_list = average_correction.unbind()
    square_correction_list = square_correction.unbind()

    def new(t, value, value_2, average):
        return (
            value
            if to_15_digits(abs(value) + abs(slope[t])) > 1e12
            else (value if value_2 == 0 else value - learning_rate * average / torch.sqrt(value_2))
            if convention == "lecture"
            else value
            - learning_rate
            / average_correction_list[t]
            * average
            / (torch.sqrt(value_2) / torch.sqrt(square_correction_list[t]) + eps)
        )

    (
        intercept, slope, prediction, intercept_gradient, slope_gradient, intercept_average, intercept_square,
        slope_average, slope_square, new_intercept, new_slope,
    ) = ([None] * 145 for _ in range(11))
    for t, (x_t, y_t) in enumerate(zip(x.unbind(), y.unbind())):
        intercept[t] = new_intercept[t - 1] if t else data.start_intercept
        slope[t] = new_slope[t - 1] if t else data.start_slope
        prediction[t] = intercept[t] + slope[t] * x_t
        intercept_gradient[t] = 2 * (prediction[t] - y_t)
        slope_gradient[t] = 2 * x_t * (prediction[t] - y_t)
        intercept_average[t] = average(intercept_average[t - 1] if t else start, intercept_gradient[t])
        intercept_square[t] = square(intercept_square[t - 1] if t else start, intercept_gradient[t])
        slope_average[t] = average(slope_average[t - 1] if t else start, slope_gradient[t])
        slope_square[t] = square(slope_square[t - 1] if t else start, slope_gradient[t])
        new_intercept[t] = new(t, intercept[t], intercept_square[t], intercept_average[t])
        new_slope[t] = new(t, slope[t], slope_square[t], slope_average[t])
    (
        intercept, slope, prediction, intercept_gradient, slope_gradient, intercept_average, intercept_square,
        slope_average, slope_square, new_intercept, new_slope,
    ) = map(
        stack,
        (
            intercept, slope, prediction, intercept_gradient, slope_gradient, intercept_average, intercept_square,
            slope_average, slope_square, new_intercept, new_slope,
        ),
    )
    squared_error = (prediction - y) ** 2
    new_intercept_list = new_intercept.tolist()
    new_slope_list = new_slope.tolist()
    verdict = [
        "diverged" if to_15_digits(abs(new_intercept_list[i]) + abs(new_slope_list[i])) > 1e12 else ""
        for i in range(145)
    ]
    epoch_number = data.epoch_number
    epoch_step = data.epoch_step
    epoch_intercept = new_intercept[epoch_step.long() - 1]
    epoch_slope = new_slope[epoch_step.long() - 1]
    epoch_rmse = torch.sqrt(
        ((data.y - epoch_intercept[:, None] - epoch_slope[:, None] * data.x) ** 2).sum(dim=-1) / data.y.numel()
    )
    last_rmse = epoch_rmse[int(epoch_rmse.numel()) - 1]
    epoch_step_list = epoch_step.tolist()
    epoch_verdict = [verdict[int(epoch_step_list[i]) - 1] for i in range(5)]
    end_x = torch.where(end_number == 1, data.x.amin(), data.x.amax())
    moment_step = torch.where(
        moment_number == 1,
        0,
        torch.where(moment_number == 2, 1, torch.where(moment_number == 3, data.x.numel(), step_number.numel())),
    )
    moment_step_list = moment_step.tolist()
    moment_intercept = tensor(
        [
            data.start_intercept.item()
            if moment_step_list[i] == 0
            else new_intercept_list[int(max(1, moment_step_list[i])) - 1]
            for i in range(4)
        ]
    )
    moment_slope = tensor(
        [
            data.start_slope.item()
            if moment_step_list[i] == 0
            else new_slope_list[int(max(1, moment_step_list[i])) - 1]
            for i in range(4)
        ]
    )
    end_y = moment_intercept[:, None] + moment_slope[:, None] * end_x
    return SimpleNamespace(**locals())


def compute(inputs):
    """Every sheet, in the order in which they read each other."""
    book = SimpleNamespace()
    book.data = data(**inputs["data"])
    book.adam = adam(book.data, **inputs["adam"])
    return book


CELLS = {
    "Data": ("data", {"E33:E61": "y", "L33:L177": "row_x", "M33:M177": "row_y"}),
    "Adam": (
        "adam",
        {
            "A26:A170": "step_number", "B26:B170": "x", "C26:C170": "y", "N26:N170": "average_correction",
            "O26:O170": "square_correction", "D26:D170": "intercept", "E26:E170": "slope", "F26:F170": "prediction",
            "H26:H170": "intercept_gradient", "I26:I170": "slope_gradient", "J26:J170": "intercept_average",
            "L26:L170": "intercept_square", "K26:K170": "slope_average", "M26:M170": "slope_square",
            "P26:P170": "new_intercept", "Q26:Q170": "new_slope", "G26:G170": "squared_error", "S26:S170": "verdict",
            "A175:A179": "epoch_number", "B175:B179": "epoch_step", "C175:C179": "epoch_intercept",
            "D175:D179": "epoch_slope", "E175:E179": "epoch_rmse", "B9": "last_rmse", "G175:G179": "epoch_verdict",
            "E187:F187": "end_x", "B190:B193": "moment_step", "C190:C193": "moment_intercept",
            "D190:D193": "moment_slope", "E190:F193": "end_y",
        },
    ),
}


def dump(book, path):
    """Write the value of every formula cell as JSON."""
    found = {}
    for title, (sheet, ranges) in CELLS.items():
        for area, name in ranges.items():
            found.update(addressed(title, area, named(getattr(book, sheet), name)))
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(found, allow_nan=False))


def differentiable(book, path):
    """The number that is called so, such as `adam.loss[3]`, where autograd leads from it to inputs; else None."""
    sheet, _, name = path.partition(".")
    try:
        number = named(getattr(book, sheet), name)
    except (AttributeError, IndexError, ValueError):
        return None
    return number if isinstance(number, torch.Tensor) and number.numel() == 1 and number.requires_grad else None


def main():
    """Compute the workbook; write every formula cell to a file, or print what its single cells show."""
    parser = argparse.ArgumentParser(description="What optimizers.xlsx computes.")
    parser.add_argument("--dump", metavar="FILE.json", help="write the value of every formula cell there")
    parser.add_argument("--device", default="cpu", help="where torch computes: cpu or cuda")
    parser.add_argument("--grad", metavar="SHEET.NAME", help="print the gradients of this number in every input")
    options = parser.parse_args()
    global DEVICE
    DEVICE = torch.device(options.device)
    given = inputs()
    parameters = {
        f"{sheet}.{name}": value
        for sheet, values in given.items()
        for name, value in values.items()
        if isinstance(value, torch.Tensor) and value.is_floating_point()
    }
    for value in parameters.values():
        value.requires_grad_(options.grad is not None)
    book = compute(given)
    if options.grad:
        number = differentiable(book, options.grad)
        if number is None:
            paths = (
                f"{sheet}.{name}"
                for sheet, ranges in CELLS.values()
                for area, name in ranges.items()
                if ":" not in area
            )
            known = ", ".join(itertools.islice((path for path in paths if differentiable(book, path) is not None), 9))
            parser.error(
                f"--grad {options.grad}: expected a number that depends on inputs, such as {known or 'none here'}"
            )
        number.backward()
        for name, value in parameters.items():
            if value.grad is not None:
                print(f"d {options.grad} / d {name} = {value.grad.tolist()}")
        return
    if options.dump:
        dump(book, options.dump)
        return
    for title, (sheet, ranges) in CELLS.items():
        for area, name in ranges.items():
            if ":" not in area + name:
                print(f"{title}!{area}  {name} = {saved(named(getattr(book, sheet), name))}")
