"""cross_entropy.xlsx, as NumPy: made by `gradbook code`.

Each function computes the formulas of a sheet; its arrays are named after the sheet's headings.
"""

import argparse
import json
import functools
import math
import re
from types import SimpleNamespace

import numpy as np


# The cells that no formula computes


def inputs():
    """The inputs of every sheet, by name."""
    return {
        "crossentropyloss": {
            "reduction": "mean",  # B5
            "smoothing": 0.0,  # B6
            "klass_number": np.array([1, 2, 3, 4, 5], dtype=float),  # B13:F13
            "weight": np.array([1, 1, 2, 1, 0.5], dtype=float),  # B16:F16
            "target": np.array([5, 4, 3, 2, 2, -100], dtype=float),  # A19:A24
            "logit": np.array(
                [
                    [-1.41, -2.53, -1.25, 0.08, -4.65],
                    [-0.44, -2.49, -1.46, -1.09, -0.63],
                    [0.82, 2.09, -0.26, 2.73, -1.33],
                    [0.7, 1.81, 0.19, -1.49, -1.84],
                    [-0.92, 0.44, -2.02, -0.42, -0.32],
                    [1.08, 0.43, 0.71, -1.31, -0.26],
                ],
                dtype=float,
            ),  # B19:F24
            "nudge": 0.01,  # B76
            "single_target": 1.0,  # B95
            "single_logit": np.array([2, 0, -1], dtype=float),  # A100:A102
        },
    }


# The sheets


def crossentropyloss(*, reduction, smoothing, klass_number, weight, target, logit, nudge, single_target, single_logit):
    """Sheet 'CrossEntropyLoss': H19:H24, B27:F32, H27:H32, B35:F40, B43:F48, B51:F56, H51:H56, B59:F64, H59:H64, B7,
    I59:I64, B8 and 17 more.
    """
    row_max = logit.max(axis=-1)
    exponential = np.exp(logit - row_max[:, None])
    log_sum = np.log(exponential.sum(axis=-1))
    log_softmax = logit - row_max[:, None] - log_sum[:, None]
    softmax = np.exp(log_softmax)
    smooth_target = np.where(
        (target < 1)[:, None], 0, (1 - smoothing) * (target[:, None] == klass_number).astype(float) + smoothing / 5
    )
    target_mass = smooth_target @ weight
    weighted_target = smooth_target * weight
    target_list = target.tolist()
    weight_list = weight.tolist()
    sample_weight = np.array([0 if target_list[i] < 1 else weight_list[int(target_list[i]) - 1] for i in range(6)])
    divisor = 1 if reduction == "sum" else IF(equal(SUM(sample_weight), 0), lambda: "none", lambda: SUM(sample_weight))
    sample_loss = -(weighted_target * log_softmax).sum(axis=-1)
    loss = divide(SUM(sample_loss), divisor) if ISNUMBER(divisor) else "none"
    softmax_list = softmax.tolist()
    target_mass_list = target_mass.tolist()
    weighted_target_list = weighted_target.tolist()
    gradient = np.array(
        [
            [
                (softmax_list[i][j] * target_mass_list[i] - weighted_target_list[i][j]) / divisor
                if ISNUMBER(divisor)
                else 0
                for j in range(5)
            ]
            for i in range(6)
        ]
    )
    analytic = gradient[0, 0]
    up_logit = logit[0] + np.where(klass_number == 1, nudge, 0)
    up_exponential = np.exp(up_logit)
    down_logit = logit[0] - np.where(klass_number == 1, nudge, 0)
    down_exponential = np.exp(down_logit)
    first_target = weighted_target[0]
    up_loss = first_target.sum() * math.log(up_exponential.sum()) - first_target @ up_logit
    down_loss = first_target.sum() * math.log(down_exponential.sum()) - first_target @ down_logit
    area = np.hstack([up_loss, down_loss])
    area_list = area.tolist()
    loss_up = np.array(
        [
            divide(add(subtract(SUM(sample_loss), sample_loss[0].item()), area_list[i]), divisor)
            if ISNUMBER(divisor)
            else "none"
            for i in range(2)
        ]
    )
    numeric = (loss_up[0].item() - loss_up[1].item()) / (2 * nudge) if ISNUMBER(divisor) else "none"
    once_exponential = np.exp(single_logit - single_logit.max())
    once = once_exponential / once_exponential.sum()
    right_loss = -math.log(once[int(single_target) - 1])
    twice_exponential = np.exp(once)
    twice = twice_exponential / twice_exponential.sum()
    wrong_loss = -math.log(twice[int(single_target) - 1])
    return SimpleNamespace(**locals())


def compute(inputs):
    """Every sheet, in the order in which they read each other."""
    book = SimpleNamespace()
    book.crossentropyloss = crossentropyloss(**inputs["crossentropyloss"])
    return book


CELLS = {
    "CrossEntropyLoss": (
        "crossentropyloss",
        {
            "H19:H24": "row_max", "B27:F32": "exponential", "H27:H32": "log_sum", "B35:F40": "log_softmax",
            "B43:F48": "softmax", "B51:F56": "smooth_target", "H51:H56": "target_mass", "B59:F64": "weighted_target",
            "H59:H64": "sample_weight", "B7": "divisor", "I59:I64": "sample_loss", "B8": "loss", "B67:F72": "gradient",
            "B82": "analytic", "B85:F85": "up_logit", "H85:L85": "up_exponential", "B88:F88": "down_logit",
            "H88:L88": "down_exponential", "B91:F91": "first_target", "B77": "up_loss", "B78": "down_loss",
            "B79:B80": "loss_up", "B81": "numeric", "B100:B102": "once_exponential", "C100:C102": "once",
            "B96": "right_loss", "D100:D102": "twice_exponential", "E100:E102": "twice", "B97": "wrong_loss",
        },
    )
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
    parser = argparse.ArgumentParser(description="What cross_entropy.xlsx computes.")
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
