"""affine.xlsx, as NumPy: made by `gradbook code`.

Each function computes the formulas of a sheet; its arrays are named after the sheet's headings.
"""

import argparse
import json
import functools
import itertools
import math
import re
from types import SimpleNamespace

import numpy as np


# The cells that no formula computes


def inputs():
    """The inputs of every sheet, by name."""
    return {
        "entity_embedding": {
            "category_name": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],  # A11:A17
            "embedding": np.array(
                [
                    [0.26, -0.31, 1.46],
                    [1.96, 1.8, 1.32],
                    [0.36, -1.21, 0],
                    [0.66, -1.29, 0.4],
                    [0.43, 0.7, -1.18],
                    [-0.66, -0.44, -1.17],
                    [1.74, -0.5, 0.33],
                ],
                dtype=float,
            ),  # B11:D17
            "table_number": np.array([1, 2, 3, 4, 5, 6, 7], dtype=float),  # E20:K20
            "category_number": np.array([7, 5, 7, 2, 6, 7, 1, 3], dtype=float),  # C21:C28
        },
    }


# The sheets


def entity_embedding(*, category_name, embedding, table_number, category_number):
    """Sheet 'Entity embedding': B6, B7, D21:D28, E21:K28, M21:O28, Q21:S28, B8."""
    one_hot_columns = table_number.size
    embedding_columns = embedding.size / table_number.size
    category_number_list = category_number.tolist()
    record_name = [category_name[int(category_number_list[i]) - 1] for i in range(8)]
    one_hot = (category_number[:, None] == table_number).astype(float)
    by_product = one_hot @ embedding
    by_lookup = embedding[category_number.astype(int) - 1]
    distance = math.sqrt(((by_product - by_lookup) ** 2).sum())
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


def main():
    """Compute the workbook; write every formula cell to a file, or print what its single cells show."""
    parser = argparse.ArgumentParser(description="What affine.xlsx computes.")
    parser.add_argument("--dump", metavar="FILE.json", help="write the value of every formula cell there")
    options = parser.parse_args()
    with np.errstate(all="ignore"):
        book = compute(inputs())
    if options.dump:
        dump(book, options.dump)
        return
    for title, (sheet, ranges) in CELLS.items():
        for area, name in ranges.items():
            if ":" not in area + name:
                print(f"{title}!{area}  {name} = {saved(named(getattr(book, sheet), name))}")
