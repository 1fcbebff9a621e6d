"""optimizers.xlsx, as NumPy: made by `gradbook code`.

Each function computes the formulas of a sheet; its arrays are named after the sheet's headings.
"""

import argparse
import json
import functools
import math
import re
from types import SimpleNamespace

import numpy as np

# What Excel means by its functions


class Error(Exception):
    """An error value such as #N/A: it travels through formulas as a value."""

    def __init__(self, code):
        self.code = code

    def __eq__(self, other):
        return isinstance(other, Error) and other.code == self.code

    def __hash__(self):
        return hash(self.code)

    def __repr__(self):
        return f'Error("{self.code}")'


def flat(*ranges):
    """Every value of the ranges, row by row."""
    for item in ranges:
        if hasattr(item, "tolist"):
            item = item.tolist()
        if isinstance(item, list):
            yield from flat(*item)
        else:
            yield item


def with_gaps(values, gap):
    """An array as a list in which what is no number is a blank, or an empty text."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, list):
        return [with_gaps(value, gap) for value in values]
    return gap if values != values else values


def to_15_digits(value):
    """A number, or each of an array, at the 15 digits to which Excel compares numbers; what is no number as it is."""
    if isinstance(value, float):
        return float(f"{value:.14e}")
    if isinstance(value, list):
        return [to_15_digits(item) for item in value]
    if not hasattr(value, "tolist"):
        return value
    line = (value + 0.0).reshape(-1)
    rounded = [float(f"{item:.14e}") for item in line.tolist()]
    line[:] = line.new_tensor(rounded) if hasattr(line, "new_tensor") else rounded
    return line.reshape(value.shape)


def saved(value):
    """A value as JSON has it; an error as {"error": "#N/A"}, never NaN."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Error):
        return {"error": value.code}
    is_number = isinstance(value, (float, int)) and not isinstance(value, bool)
    if isinstance(value, complex) or (is_number and not abs(value) < 1.8e308):
        return {"error": "#NUM!"}
    return value


def named(sheet, name):
    """What a sheet has under a name: of `w[1:]` all but the first, of `errors[3]` one step; with `~` NaN are blanks."""
    word, _, place = name.replace("~", "").rstrip("]").partition("[")
    values = getattr(sheet, word)
    if "~" in name:
        values = with_gaps(values, "")
    start, is_part, stop = place.partition(":")
    if is_part:
        return values[int(start) : int(stop or len(values))]
    return values[int(start)] if start else values


def addressed(title, area, values):
    """Each cell of a range, such as `adam!H4`, with its value."""
    (letters, digits), *last = (re.fullmatch("([A-Z]+)([0-9]+)", corner).groups() for corner in area.split(":"))
    number_of = functools.partial(functools.reduce, lambda total, letter: total * 26 + ord(letter) - 64)
    left, top = number_of(letters, 0), int(digits)
    width = number_of(last[0][0], 0) - left + 1 if last else 1
    for place, value in enumerate(flat(values)):
        number_left, name = left + place % width, ""
        while number_left:
            number_left, letter = divmod(number_left - 1, 26)
            name = chr(65 + letter) + name
        yield f"{title}!{name}{top + place // width}", saved(value)


# The cells that no formula computes


def inputs():
    """The inputs of every sheet, by name."""
    return {
        "data": {
            "noise_switch": "none",  # B5
            "start_intercept": 1.0,  # B6
            "start_slope": 1.0,  # B7
            "x_2": np.array(
                [
                    14, 86, 28, 2, 39, 53, 15, 44, 27, 78, 95, 65, 55, 50, 85, 4, 7, 25, 87, 68, 98, 96, 48, 21, 1, 57,
                    52, 63, 86,
                ],
                dtype=float,
            ),  # B34:B62
            "y_exact": np.array(
                [
                    58, 202, 86, 34, 108, 136, 60, 118, 84, 186, 220, 160, 140, 130, 200, 38, 44, 80, 204, 166, 226,
                    222, 126, 72, 32, 144, 134, 156, 202,
                ],
                dtype=float,
            ),  # C34:C62
            "noise": np.array(
                [
                    -4.83, -5.99, -2.97, 1.43, -6.56, -1.36, -1.03, 3.51, 1.39, 2.31, -4.25, -0.84, 5.09, 9.7, -8.18,
                    9.84, 8.74, 5.08, 1.72, -2.04, 9.47, 12.73, 11.7, 8.54, 2.32, -7.85, -0.03, 4.26, -8.37,
                ],
                dtype=float,
            ),  # D34:D62
            "epoch": np.array([1, 2, 3, 4, 5], dtype=float),  # G34:G38
            "its_last_step": np.array([29, 58, 87, 116, 145], dtype=float),  # H34:H38
            "step": np.array(
                [
                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
                    28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
                    53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77,
                    78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101,
                    102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121,
                    122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141,
                    142, 143, 144, 145,
                ],
                dtype=float,
            ),  # J34:J178
            "point": np.array(
                [
                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
                    28, 29, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
                    26, 27, 28, 29, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
                    24, 25, 26, 27, 28, 29, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                    22, 23, 24, 25, 26, 27, 28, 29, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
                    20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
                ],
                dtype=float,
            ),  # K34:K178
        },
        "adam": {
            "convention": "torch",  # B5
            "learning_rate": 1.0,  # B6
            "beta1": 0.9,  # B7
            "beta2": 0.999,  # B8
            "eps": 1e-8,  # B9
            "averages_start_at": 0.0,  # B10
        },
    }


# The sheets


def data(*, y_exact, noise_switch, noise, x_2, point):
    """Sheet 'Data': E34:E62, L34:L178, M34:M178."""
    y_2 = np.broadcast_to(y_exact + (noise if noise_switch == "noisy" else 0), (29,))
    x = x_2[point.astype(int) - 1]
    y = y_2[point.astype(int) - 1]
    return dict(y_2=y_2, x=x, y=y)


def adam(data, *, convention, beta1, beta2, averages_start_at, learning_rate, eps):
    """Sheet 'Adam': A15:A19, B15:B19, A43:A187, B43:B187, C43:C187, O43:O187, P43:P187, D43:D187, E43:E187, G43:G187,
    I43:I187, J43:J187, K43:K187, M43:M187, L43:L187, N43:N187, Q43:Q187, R43:R187, C15:C19, D15:D19, E15:E19,
    F43:F187, F15:F19, H43:H187.
    """
    epoch = data.epoch
    its_last_step = data.its_last_step
    step = data.step
    x = data.x
    y = data.y
    one_minus_beta1 = np.broadcast_to(
        1 if convention == "lecture" else 1 - (0 if beta1 == 0 else np.exp(step * math.log(beta1))), (145,)
    )
    one_minus_beta2 = np.broadcast_to(
        1 if convention == "lecture" else 1 - (0 if beta2 == 0 else np.exp(step * math.log(beta2))), (145,)
    )

    def average(average_before, gradient):
        return beta1 * average_before + (1 - beta1) * gradient

    def average_square(average_square_before, gradient):
        return beta2 * average_square_before + (1 - beta2) * gradient**2

    one_minus_beta1_list = one_minus_beta1.tolist()
    one_minus_beta2_list = one_minus_beta2.tolist()

    def new(t, value, average_square, average):
        return (
            value
            if to_15_digits(abs(value) + abs(slope[t])) > 1e12
            else (value if average_square == 0 else value - learning_rate * average / math.sqrt(average_square))
            if convention == "lecture"
            else value
            - learning_rate
            / one_minus_beta1_list[t]
            * average
            / (math.sqrt(average_square) / math.sqrt(one_minus_beta2_list[t]) + eps)
        )

    (
        intercept,
        slope,
        prediction,
        gradient_intercept,
        gradient_slope,
        average_intercept,
        average_square_intercept,
        average_slope,
        average_square_slope,
        new_intercept,
        new_slope,
    ) = ([None] * 145 for _ in range(11))
    for t, (x_t, y_t) in enumerate(zip(x.tolist(), y.tolist())):
        intercept[t] = new_intercept[t - 1] if t else data.start_intercept
        slope[t] = new_slope[t - 1] if t else data.start_slope
        prediction[t] = intercept[t] + slope[t] * x_t
        gradient_intercept[t] = 2 * (prediction[t] - y_t)
        gradient_slope[t] = 2 * x_t * (prediction[t] - y_t)
        average_intercept[t] = average(average_intercept[t - 1] if t else averages_start_at, gradient_intercept[t])
        average_square_intercept[t] = average_square(
            average_square_intercept[t - 1] if t else averages_start_at, gradient_intercept[t]
        )
        average_slope[t] = average(average_slope[t - 1] if t else averages_start_at, gradient_slope[t])
        average_square_slope[t] = average_square(
            average_square_slope[t - 1] if t else averages_start_at, gradient_slope[t]
        )
        new_intercept[t] = new(t, intercept[t], average_square_intercept[t], average_intercept[t])
        new_slope[t] = new(t, slope[t], average_square_slope[t], average_slope[t])
    (
        intercept,
        slope,
        prediction,
        gradient_intercept,
        gradient_slope,
        average_intercept,
        average_square_intercept,
        average_slope,
        average_square_slope,
        new_intercept,
        new_slope,
    ) = map(
        np.array,
        (
            intercept,
            slope,
            prediction,
            gradient_intercept,
            gradient_slope,
            average_intercept,
            average_square_intercept,
            average_slope,
            average_square_slope,
            new_intercept,
            new_slope,
        ),
    )
    intercept_2 = new_intercept[its_last_step.astype(int) - 1]
    slope_2 = new_slope[its_last_step.astype(int) - 1]
    true_rmse = np.sqrt(
        ((data.y_2 - intercept_2[:, None] - slope_2[:, None] * data.x_2) ** 2).sum(axis=-1) / data.y_2.size
    )
    new_intercept_list = new_intercept.tolist()
    new_slope_list = new_slope.tolist()
    verdict = [
        "diverged" if to_15_digits(abs(new_intercept_list[i]) + abs(new_slope_list[i])) > 1e12 else ""
        for i in range(145)
    ]
    its_last_step_list = its_last_step.tolist()
    verdict_2 = [verdict[int(its_last_step_list[i]) - 1] for i in range(5)]
    squared_error = (prediction - y) ** 2
    return dict(
        epoch=epoch,
        its_last_step=its_last_step,
        step=step,
        x=x,
        y=y,
        one_minus_beta1=one_minus_beta1,
        one_minus_beta2=one_minus_beta2,
        intercept=intercept,
        slope=slope,
        prediction=prediction,
        gradient_intercept=gradient_intercept,
        gradient_slope=gradient_slope,
        average_intercept=average_intercept,
        average_square_intercept=average_square_intercept,
        average_slope=average_slope,
        average_square_slope=average_square_slope,
        new_intercept=new_intercept,
        new_slope=new_slope,
        intercept_2=intercept_2,
        slope_2=slope_2,
        true_rmse=true_rmse,
        verdict=verdict,
        verdict_2=verdict_2,
        squared_error=squared_error,
    )


def compute(inputs):
    """Every sheet, in the order in which they read each other."""
    book = SimpleNamespace(**{name: SimpleNamespace(**given) for name, given in inputs.items()})
    vars(book.data).update(
        data(
            y_exact=book.data.y_exact,
            noise_switch=book.data.noise_switch,
            noise=book.data.noise,
            x_2=book.data.x_2,
            point=book.data.point,
        )
    )
    vars(book.adam).update(
        adam(
            book.data,
            convention=book.adam.convention,
            beta1=book.adam.beta1,
            beta2=book.adam.beta2,
            averages_start_at=book.adam.averages_start_at,
            learning_rate=book.adam.learning_rate,
            eps=book.adam.eps,
        )
    )
    return book


CELLS = {
    "Data": ("data", {"E34:E62": "y_2", "L34:L178": "x", "M34:M178": "y"}),
    "Adam": (
        "adam",
        {
            "A15:A19": "epoch",
            "B15:B19": "its_last_step",
            "A43:A187": "step",
            "B43:B187": "x",
            "C43:C187": "y",
            "O43:O187": "one_minus_beta1",
            "P43:P187": "one_minus_beta2",
            "D43:D187": "intercept",
            "E43:E187": "slope",
            "G43:G187": "prediction",
            "I43:I187": "gradient_intercept",
            "J43:J187": "gradient_slope",
            "K43:K187": "average_intercept",
            "M43:M187": "average_square_intercept",
            "L43:L187": "average_slope",
            "N43:N187": "average_square_slope",
            "Q43:Q187": "new_intercept",
            "R43:R187": "new_slope",
            "C15:C19": "intercept_2",
            "D15:D19": "slope_2",
            "E15:E19": "true_rmse",
            "F43:F187": "verdict",
            "F15:F19": "verdict_2",
            "H43:H187": "squared_error",
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
        json.dump(found, file, allow_nan=False)


def main():
    """Compute the workbook and print what its single cells show."""
    parser = argparse.ArgumentParser(description="What optimizers.xlsx computes.")
    parser.add_argument("--dump", metavar="FILE.json", help="write the value of every formula cell there")
    options = parser.parse_args()
    with np.errstate(all="ignore"):
        book = compute(inputs())
    if options.dump:
        dump(book, options.dump)
    for title, (sheet, ranges) in CELLS.items():
        for area, name in ranges.items():
            if ":" not in area + name:
                print(f"{title}!{area}  {name} = {saved(named(getattr(book, sheet), name))}")


if __name__ == "__main__":
    main()
