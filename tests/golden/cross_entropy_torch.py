"""cross_entropy.xlsx, as PyTorch: made by `gradbook code`.

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
        "softmax": {
            "class_name": ["cat", "dog", "plane", "fish", "building"],  # B9:F9
        },
        "crossentropyloss": {
            "reduction": "mean",  # B6
            "smoothing": tensor(0.0),  # B7
            "klass_number": tensor([1, 2, 3, 4, 5]),  # C13:G13
            "sample_name": ["sample 1", "sample 2", "sample 3", "sample 4", "sample 5", "sample 6"],  # A14:A19
            "target": tensor([5, 4, 3, 2, 2, -100]),  # B14:B19
            "logit": tensor(
                [
                    [-1.41, -2.53, -1.25, 0.08, -4.65],
                    [-0.44, -2.49, -1.46, -1.09, -0.63],
                    [0.82, 2.09, -0.26, 2.73, -1.33],
                    [0.7, 1.81, 0.19, -1.49, -1.84],
                    [-0.92, 0.44, -2.02, -0.42, -0.32],
                    [1.08, 0.43, 0.71, -1.31, -0.26],
                ]
            ),  # C14:G19
            "weight": tensor([1, 1, 2, 1, 0.5]),  # C41:G41
            "nudge": tensor(0.01),  # B54
            "single_target": tensor(1.0),  # B74
            "single_logit": tensor([2, 0, -1]),  # A79:A81
        },
    }


# The sheets


def crossentropyloss(
    softmax, *, reduction, smoothing, klass_number, sample_name, target, logit, weight, nudge, single_target,
    single_logit,
):
    """Sheet 'CrossEntropyLoss': C12:G12, I13:M13, C22:G22, I22:M22, A23:A28, C23:G28, C31:G31, I31:M31, A32:A37,
    B32:B37, C32:G37, N32:N37 and 30 more.
    """
    klass_name = softmax.class_name
    smooth_target = torch.where(
        (target < 1)[:, None], 0, (1 - smoothing) * (target[:, None] == klass_number).double() + smoothing / 5
    )
    row_max = logit.amax(dim=-1)
    exponential = torch.exp(logit - row_max[:, None])
    log_sum = torch.log(exponential.sum(dim=-1))
    log_softmax = logit - row_max[:, None] - log_sum[:, None]
    softmax_2 = torch.exp(log_softmax)
    weighted_target = smooth_target * weight
    sample_loss = -(weighted_target * log_softmax).sum(dim=-1)
    target_list = target.tolist()
    weight_list = weight.tolist()
    sample_weight = tensor([0 if target_list[i] < 1 else weight_list[int(target_list[i]) - 1] for i in range(6)])
    divisor = tensor(1 if reduction == "sum" else "none" if sample_weight.sum() == 0 else sample_weight.sum().item())
    loss = tensor((sample_loss.sum() / divisor).item() if ISNUMBER(divisor.item()) else "none")
    target_mass = smooth_target @ weight
    softmax_2_list = softmax_2.tolist()
    target_mass_list = target_mass.tolist()
    weighted_target_list = weighted_target.tolist()
    gradient = tensor(
        [
            [
                (softmax_2_list[i][j] * target_mass_list[i] - weighted_target_list[i][j]) / divisor.item()
                if ISNUMBER(divisor.item())
                else 0
                for j in range(5)
            ]
            for i in range(6)
        ]
    )
    analytic = gradient[0, 0]
    up_logit = logit[0] + torch.where(klass_number == 1, nudge, 0)
    up_exponential = torch.exp(up_logit)
    down_logit = logit[0] - torch.where(klass_number == 1, nudge, 0)
    down_exponential = torch.exp(down_logit)
    first_target = weighted_target[0]
    up_loss = first_target.sum() * torch.log(up_exponential.sum()) - first_target @ up_logit
    down_loss = first_target.sum() * torch.log(down_exponential.sum()) - first_target @ down_logit
    loss_up = tensor(
        ((sample_loss.sum() - sample_loss[0] + up_loss) / divisor).item() if ISNUMBER(divisor.item()) else "none"
    )
    loss_down = tensor(
        ((sample_loss.sum() - sample_loss[0] + down_loss) / divisor).item() if ISNUMBER(divisor.item()) else "none"
    )
    numeric = tensor(((loss_up - loss_down) / (2 * nudge)).item() if ISNUMBER(divisor.item()) else "none")
    once_exponential = torch.exp(single_logit - single_logit.amax())
    once = once_exponential / once_exponential.sum()
    right_loss = -torch.log(once[int(single_target) - 1])
    twice_exponential = torch.exp(once)
    twice = twice_exponential / twice_exponential.sum()
    wrong_loss = -torch.log(twice[int(single_target) - 1])
    return SimpleNamespace(**locals())


def compute(inputs):
    """Every sheet, in the order in which they read each other."""
    book = SimpleNamespace()
    book.softmax = SimpleNamespace(**inputs["softmax"])
    book.crossentropyloss = crossentropyloss(book.softmax, **inputs["crossentropyloss"])
    return book


CELLS = {
    "CrossEntropyLoss": (
        "crossentropyloss",
        {
            "C12:G12": "klass_name", "I13:M13": "klass_name", "C22:G22": "klass_name", "I22:M22": "klass_name",
            "A23:A28": "sample_name", "C23:G28": "smooth_target", "C31:G31": "klass_name", "I31:M31": "klass_name",
            "A32:A37": "sample_name", "B32:B37": "row_max", "C32:G37": "exponential", "N32:N37": "log_sum",
            "I32:M37": "log_softmax", "I14:M19": "softmax_2", "C40:G40": "klass_name", "A43:A48": "sample_name",
            "C43:G48": "weighted_target", "N14:N19": "sample_loss", "I43:I48": "sample_weight", "B8": "divisor",
            "B9": "loss", "N43:N48": "target_mass", "I23:M28": "gradient", "B60": "analytic", "C63:G63": "klass_name",
            "J63:N63": "klass_name", "C64:G64": "up_logit", "J64:N64": "up_exponential", "C66:G66": "down_logit",
            "J66:N66": "down_exponential", "C68:G68": "first_target", "B55": "up_loss", "B56": "down_loss",
            "B57": "loss_up", "B58": "loss_down", "B59": "numeric", "B79:B81": "once_exponential", "E79:E81": "once",
            "B75": "right_loss", "G79:G81": "twice_exponential", "I79:I81": "twice", "B76": "wrong_loss",
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
    parser = argparse.ArgumentParser(description="What cross_entropy.xlsx computes.")
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
