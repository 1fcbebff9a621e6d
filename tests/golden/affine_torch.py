"""affine.xlsx, as PyTorch: made by `gradbook code`.

Each function computes the formulas of a sheet; its arrays are named after the sheet's headings.
"""

import argparse
import json
import functools
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
    """A list of single numbers as one array."""
    return torch.stack([tensor(value) for value in values])


# The cells that no formula computes


def inputs():
    """The inputs of every sheet, by name."""
    return {
        "entity_embedding": {
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
            ),  # B13:D19
            "table_number": tensor([1, 2, 3, 4, 5, 6, 7]),  # B24:H24
            "category_number": tensor([7, 5, 7, 2, 6, 7, 1, 3]),  # A27:A34
        },
    }


# The sheets


def entity_embedding(*, embedding, table_number, category_number):
    """Sheet 'Entity embedding': B6, B7, B27:H34, J27:L34, N27:P34, B8."""
    one_hot_columns = tensor(table_number.numel())
    embedding_columns = tensor(embedding.numel() / table_number.numel())
    one_hot = (category_number[:, None] == table_number).double()
    by_product = one_hot @ embedding
    by_lookup = F.embedding(category_number.long() - 1, embedding)
    largest_difference = torch.sqrt(((by_product - by_lookup) ** 2).amax())
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
            "B6": "one_hot_columns", "B7": "embedding_columns", "B27:H34": "one_hot", "J27:L34": "by_product",
            "N27:P34": "by_lookup", "B8": "largest_difference",
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
        sheet, _, name = options.grad.partition(".")
        named(getattr(book, sheet), name).backward()
        for name, value in parameters.items():
            if value.grad is not None:
                print(f"d {options.grad} / d {name} = {value.grad.tolist()}")
        return
    if options.dump:
        dump(book, options.dump)
    for title, (sheet, ranges) in CELLS.items():
        for area, name in ranges.items():
            if ":" not in area + name:
                print(f"{title}!{area}  {name} = {saved(named(getattr(book, sheet), name))}")


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


if __name__ == "__main__":
    main()
