"""A user's module is laid out as a person would draw it: weights above, gradients below, names, signs and gaps."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from workbook.app.build import make_plan
from workbook.app.from_module import Choices, lesson_of, load
from workbook.plan.layout import COLUMN_WIDTH, DIGIT_PIXELS, MARGIN_PIXELS, SheetLayout
from workbook.plan.plan import Plan

EXAMPLES = Path(__file__).parents[3] / "examples"
SCREEN = 1366


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def drawn(make: Any) -> Plan:
    lesson, options = lesson_of(make, Choices("x"), progress=silent)
    return make_plan(lesson, options, seed=0, progress=silent)


@pytest.fixture(scope="module")
def mlp() -> Plan:
    return drawn(load(f"{EXAMPLES / 'mlp.py'}:make"))


def label(layout: SheetLayout, row: int, column: int) -> str:
    return next((each.text for each in layout.labels if (each.row, each.column) == (row, column)), "")


def test_weights_stand_above_and_gradients_and_new_weights_below(mlp: Plan) -> None:
    at = {name.partition(".")[2]: place.origin for name, place in mlp.places.items()}

    for weight, made in (("fc1_weight", "fc1"), ("fc2_weight", "fc2")):
        order = [weight, made, f"{made}_grad", f"{weight}_grad", f"{weight}_new"]
        assert [at[name][1] for name in order] == [at[weight][1]] * 5
        assert [at[name][0] for name in order] == sorted(at[name][0] for name in order)
    assert at["x"][0] == at["fc1"][0] == at["hidden"][0] == at["fc2"][0]
    assert at["x"][1] < at["fc1"][1] < at["hidden"][1] < at["fc2"][1]


def test_rows_columns_and_shapes_are_named_and_signs_stand_between(mlp: Plan) -> None:
    (layout,) = (each for each in mlp.layouts if each.sheet.name == "step")
    row, column = mlp.places["step.fc1_weight"].origin
    assert [label(layout, row + k, column - 1) for k in range(-1, 3)] == [
        "fc1 unit",
        "feature 0",
        "feature 1",
        "feature 2",
    ]
    assert [label(layout, row - 1, column + k) for k in range(4)] == ["u0", "u1", "u2", "u3"]
    assert label(layout, row - 2, column) == "fc1.weight  3 × 4"
    row, column = mlp.places["step.fc1"].origin
    assert label(layout, row + 1, column - 1) == "→"
    row, column = mlp.places["step.hidden_grad"].origin
    assert label(layout, row + 1, column - 1) == "←"
    for place in layout.places:
        if place.block.across_axes and place.block.down_axes:
            assert place.block.columns, place.name


def test_an_mlp_and_a_head_of_attention_take_one_page_and_a_screens_width(mlp: Plan) -> None:
    for plan in (mlp, drawn(load(f"{EXAMPLES / 'head.py'}:make"))):
        (layout,) = (each for each in plan.layouts if each.sheet.name == "step")
        assert layout.sheet.one_page
        right = max(int(place.columns.max()) for place in layout.places)
        widths = [layout.widths.get(column, COLUMN_WIDTH) for column in range(1, right + 1)]
        assert sum(DIGIT_PIXELS * width + MARGIN_PIXELS for width in widths) < SCREEN
        assert layout.last_row < 125


def test_start_shows_the_modules_as_a_picture_that_a_screen_reader_can_say(mlp: Plan) -> None:
    start = mlp.layouts[0]
    (placed,) = start.diagrams
    boxes = [shape.text for shape in placed.diagram.shapes() if shape.kind == "box"]
    assert boxes == ["x", "fc1", "hidden", "y", "fc2", "loss"]
    assert "fc2 reads hidden" in placed.diagram.alt
    assert len([shape for shape in placed.diagram.shapes() if shape.kind == "line"]) == 5


def test_a_line_that_passes_a_module_is_drawn_past_it() -> None:
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.into, self.inner = nn.Linear(2, 2), nn.Linear(2, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.into(x)
            return x + self.inner(x)

    plan = drawn(lambda: (Residual(), lambda m, x: m(x).square().mean(), {"x": torch.ones(2, 2)}))
    (placed,) = plan.layouts[0].diagrams
    columns = placed.diagram.columns
    assert [column.nodes for column in columns][:4] == [("x",), ("into",), ("inner", ""), ("+",)]
    assert columns[2].joined == ((0, 0), (1, 0))


def test_an_empty_row_stands_between_heads_and_nothing_is_counted_twice() -> None:
    """Two lines of three tokens with two heads: six groups of rows, and the products over them are torch's."""

    class Heads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.query, self.key = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            q, k = (layer(x).view(2, 3, 2, 2).transpose(1, 2) for layer in (self.query, self.key))
            return (q @ k.transpose(-1, -2)).softmax(-1)

    plan = drawn(lambda: (Heads(), lambda m, x: m(x).square().sum(), {"x": torch.arange(24.0).reshape(2, 3, 4) / 9}))
    place = next(place for name, place in plan.places.items() if name.endswith(".softmax"))
    rows = sorted({int(row) for row in place.rows.ravel()})
    assert [b - a for a, b in pairwise(rows)] == [1, 1, 2] * 3 + [1, 1]
    weight = next(place for name, place in plan.places.items() if name.endswith("query_weight_grad"))
    assert len(weight.ranges()) == 1


def test_one_block_wider_than_a_screen_leaves_the_others_side_by_side() -> None:
    class Wide(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wide, self.narrow = nn.Linear(2, 40), nn.Linear(40, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tanh(self.narrow(self.wide(x))).softmax(1)

    plan = drawn(lambda: (Wide(), lambda m, x: m(x)[:, 0].mean(), {"x": torch.ones(2, 2)}))
    rows = {name.rpartition("_")[2]: place.origin[0] for name, place in plan.places.items() if "softmax_" in name}
    assert rows["largest"] == rows["exponential"] == rows["total"]
