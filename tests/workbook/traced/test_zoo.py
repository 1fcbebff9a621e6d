"""Modules of every kind become workbooks whose every number, gradient and step is torch's own.

By default every sixth is compared with torch on its plan, and every eighteenth written and recalculated too; with
GRADBOOK_SWEEP=1 every one is.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from compared import errors, plan_of, silent, witnessed
from sweep import SWEEP
from zoo import ZOO

from workbook.check.recalc import engines
from workbook.check.verify import verify
from workbook.lesson.lesson import Formula
from workbook.xlsx.write import write

NAMES = sorted(ZOO)[:: 1 if SWEEP else 6]
WRITTEN = NAMES[:: 1 if SWEEP else 3]


pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.parametrize("name", NAMES)
def test_every_number_that_torch_has_is_torchs(name: str, tmp_path: Path) -> None:
    plan = plan_of(ZOO[name])
    found = errors(plan)

    assert max(found.values()) < 1e-12
    assert witnessed(plan, found) >= 0.75
    steps = [block for block in plan.places if block.endswith("_new") and "running" not in block]
    assert steps
    assert all(block in found for block in steps)
    if name in WRITTEN:
        path = tmp_path / "zoo.xlsx"
        write(plan, path, linted=True)
        check = verify(path, device="cpu", engines=engines(["ironcalc"]), progress=silent)
        assert check.failures == ()
        assert check.ok
        assert check.checked_cells == check.formula_cells


@pytest.mark.parametrize(
    ("optimizer", "settings"),
    [
        (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
        (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
        (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
        (torch.optim.Adam, {"lr": 0.01, "weight_decay": 0.1}),
        (torch.optim.AdamW, {"lr": 0.01, "betas": (0.8, 0.95), "weight_decay": 0.1}),
    ],
)
def test_three_steps_are_the_optimizers_own(optimizer: Any, settings: dict[str, Any]) -> None:
    def make() -> Any:
        model, loss, batch = ZOO["mlp_tanh"]()
        groups = [{"params": [model[0].weight]}, {"params": [*model[2].parameters(), model[0].bias], "lr": 0.05}]
        return model, loss, batch, optimizer(groups, **settings)

    plan = plan_of(make, steps=3)

    assert max(errors(plan).values()) < 1e-12
    # The whole run, and not only each step from the one before, is that of the user's own loop.
    torch.manual_seed(0)
    model, loss, batch, own = make()
    model.double()
    doubled = [tensor.double() for tensor in batch.values()]
    for _ in range(3):
        own.zero_grad()
        loss(model, *doubled).backward()
        own.step()
    block = next(name for name in plan.places if name.endswith("layer_0_weight_new_3"))
    assert np.allclose(plan.values[block], model[0].weight.detach().numpy(), rtol=1e-12, atol=0)


def test_adams_step_where_a_gradient_is_nothing_but_rounding_is_checked_from_the_sheets_own(tmp_path: Path) -> None:
    def make() -> Any:
        model, loss, batch = ZOO["batchnorm_train"]()
        return model, loss, batch, torch.optim.Adam(model.parameters(), lr=0.01)

    path = tmp_path / "zoo.xlsx"
    write(plan_of(make), path, linted=True)
    check = verify(path, device="cpu", engines=engines(["ironcalc"]), progress=silent)
    assert check.failures == ()


def test_the_axes_are_called_as_the_user_says() -> None:
    plan = plan_of(ZOO["mlp_relu"], axes={"x": ("picture", "pixel")})

    place = plan.places["step.x"]
    assert place.block.axis_names == ("picture", "pixel")
    assert {"picture", "pixel"} <= {a for p in plan.places.values() if isinstance(p.block, Formula) for a in p.sizes}
