"""A slip in a rule's pattern, in its NumPy value or in its gradient does not get through."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from workbook.app.build import make_plan
from workbook.app.from_module import Choices, lesson_of
from workbook.check import manifest
from workbook.check.recalc import engines
from workbook.check.verify import verify
from workbook.errors import WorkbookError
from workbook.traced.lesson import traced
from workbook.traced.ops import functions
from workbook.xlsx.write import write
from workbook.xlsx.write.checked import Checked


def forget() -> None:
    """Forget what was traced and laid out by other rules."""
    traced.cache_clear()
    manifest.laid_out.cache_clear()


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def make() -> Any:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    return model, lambda m, x, y: functional.mse_loss(m(x), y), {"x": torch.randn(4, 2), "y": torch.randn(4, 1)}


TANH = functions.UNARY["tanh"]


@pytest.mark.parametrize(
    "slip",
    [
        replace(TANH, pattern="TANH({x})*1.000001"),
        replace(TANH, slope="{g}*(1-{y}^2)*1.000001"),
        replace(TANH, value=lambda x: x),
        replace(TANH, sloped=lambda g, x, y: g * (1 - y)),
    ],
)
def test_a_slip_on_one_side_is_found(slip: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(functions.UNARY, "tanh", slip)
    forget()
    try:
        lesson, options = lesson_of(make, Choices("x"), progress=silent)
    except WorkbookError as error:
        # What NumPy makes of it is compared with the module itself before anything is written.
        said = str(error)
    else:
        said = ""
    finally:
        forget()
    if said:
        assert "please report it" in said
        return
    path = tmp_path / "x.xlsx"
    write(make_plan(lesson, options, seed=0, progress=silent), path, linted=True)
    assert not verify(path, device="cpu", engines=engines(["ironcalc"]), progress=silent).ok
    forget()


def test_a_slip_on_both_sides_is_found_by_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    both = replace(TANH, slope="{g}*(1-{y})", sloped=lambda g, x, y: g * (1 - y))
    monkeypatch.setitem(functions.UNARY, "tanh", both)
    forget()
    with pytest.raises(WorkbookError, match=r"the gradient of .* is off by"):
        lesson_of(make, Choices("x"), progress=silent)
    forget()


def test_the_linter_sees_each_shape_of_formula_of_cells_that_gather(tmp_path: Path) -> None:
    def padded() -> Any:
        model, _, batch = make()
        return model, lambda m, x, y: functional.mse_loss(functional.pad(m(x), (1, 0)).sum(1), y[:, 0]), batch

    lesson, options = lesson_of(padded, Choices("x"), progress=silent)
    plan = make_plan(lesson, options, seed=0, progress=silent)
    texts = [sample.text for sample in Checked(plan).samples if sample.place.block.name == "pad"]
    assert texts[0] == "0"
    assert len(texts) == 2
    assert texts[1].startswith("$")
