"""affine.xlsx, as PyTorch: made by `gradbook code`.

Each function computes the formulas of a sheet; its arrays are named after the sheet's headings.
"""

import argparse
import json
import functools
import itertools
import re
from types import SimpleNamespace

import torch
import torch.nn.functional as F

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
        "entity_embedding": {
            "category_name": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],  # A11:A17
            "embedding": tensor(
                [
                    [0.26, -0.31, 1.46],
                    [1.96, 1.8, 1.32],
                    [0.36, -1.21, 0],
                    [0.66, -1.29, 0.4],
                    [0.43, 0.7, -1.18],
                    [-0.66, -0.44, -1.17],
                    [1.74, -0.5, 0.33],
                ]
            ),  # B11:D17
            "table_number": tensor([1, 2, 3, 4, 5, 6, 7]),  # E20:K20
            "category_number": tensor([7, 5, 7, 2, 6, 7, 1, 3]),  # C21:C28
        },
    }


# The sheets


def entity_embedding(*, category_name, embedding, table_number, category_number):
    """Sheet 'Entity embedding': B6, B7, D21:D28, E21:K28, M21:O28, Q21:S28, B8."""
    one_hot_columns = tensor(table_number.numel())
    embedding_columns = tensor(embedding.numel() / table_number.numel())
    category_number_list = category_number.tolist()
    record_name = [category_name[int(category_number_list[i]) - 1] for i in range(8)]
    one_hot = (category_number[:, None] == table_number).double()
    by_product = one_hot @ embedding
    by_lookup = F.embedding(category_number.long() - 1, embedding)
    distance = torch.sqrt(((by_product - by_lookup) ** 2).sum())
    return SimpleNamespace(**locals())


def compute(inputs):
    """Every sheet, in the order in which they read each other."""
    book = SimpleNamespace()
    book.entity_embedding = entity_embedding(**inputs["entity_embedding"])
    return book


CELLS = {
    "Entity embedding": (
        "entity_embedding",
        {
            "B6": "one_hot_columns", "B7": "embedding_columns", "D21:D28": "record_name", "E21:K28": "one_hot",
            "M21:O28": "by_product", "Q21:S28": "by_lookup", "B8": "distance",
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
    parser = argparse.ArgumentParser(description="What affine.xlsx computes.")
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
