"""Slips of mathematics that an input's default hides, in pattern, reference and witness: draws find each."""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from other_inputs import disagreements
from sweep import some

from workbook.check.checks import Checks, Failure
from workbook.check.draws import draw
from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.verify import verify
from workbook.lesson.lesson import Formula, Sheet
from workbook.plan.plan import Plan, arrange
from workbook.xlsx.write import write


@dataclass(frozen=True)
class Slip:
    """Where it is planted (a block's pattern, or a function of a side), what stands there, and what in its place."""

    lesson: str
    where: str
    right: str
    wrong: str

    def __str__(self) -> str:
        return f"{self.where}: {self.wrong or 'without ' + self.right}"


# The defaults that hide them: y_low 0, dampening 0, lr_decay 0, smoothing 0, temperature 1, Adam's step 1 from averages
# of 0, batch norm's weight 1 and bias 0.
PATTERNS = (
    Slip("collab_filter", "y_range.prediction", "y_low+", ""),
    Slip("collab_filter", "y_range.z_gradient", "(y_high-prediction)", "(y_high-y_low-prediction)"),
    Slip("collab_filter", "y_range.narrow", "y_low+", ""),
    Slip("optimizers", "momentum.slope_velocity", "(1-dampening)*", ""),
    Slip("optimizers", "adagrad.rate", "(step_number-1)*lr_decay", "step_number*lr_decay"),
    Slip("cross_entropy", "cross_entropy.smooth_target", "smoothing/5", "smoothing/4"),
    Slip("cross_entropy", "softmax.raw_logit", "(logit+shift)/temperature", "logit/temperature+shift"),
    Slip("attention", "attention.masked", "*attention.temperature", ""),
    Slip("attention", "block.normed2", "*gain2+bias2", "*gain2"),
    Slip("mnist_from_scratch", "last_layer.mean_hat", "EXP(adam_t*LN(beta1))", "beta1"),
    Slip("mnist_from_scratch", "last_layer.adam_mean", "beta1*old_mean", "old_mean"),
)
FUNCTIONS = (
    Slip("collab_filter", "reference.collab.y_range", "= y_low + (y_high", "= (y_high"),
    Slip("optimizers", "reference.optimizers.momentum.step", "1 - dampening", "1"),
    Slip("optimizers", "reference.optimizers.adagrad.step", "(step_number - 1) * lr_decay", "step_number * lr_decay"),
    Slip("cross_entropy", "reference.losses.cross_entropy", "smoothing / classes", "smoothing"),
    Slip("attention", "reference.attention.backward", ".shape[1]) * temperature)", ".shape[1]))"),
    Slip("mnist_from_scratch", "reference.mnist.last_layer", "beta1**adam_t", "beta1"),
    Slip("collab_filter", "witness.collab.y_range", "= y_low + (y_high", "= (y_high"),
    Slip("collab_filter", "witness.collab.sigmoid_curve", "y_low + (narrow_high", "(narrow_high"),
    Slip("optimizers", "witness.optimizers.momentum.step", "dampening=float(dampening)", "dampening=0.0"),
    Slip("optimizers", "witness.optimizers.adagrad.step", "lr_decay=float(lr_decay)", "lr_decay=0.0"),
    Slip("attention", "witness.attention.backward", "** 0.5 * temperature)", "** 0.5)"),
    Slip("cross_entropy", "witness.losses.cross_entropy", "/ n_classes", "/ (n_classes - 1)"),
)

# As many as `test_drawn.py` takes of the largest lessons.
MOST_DRAWS = 8

SmallOf = Callable[[str], tuple[Path, Plan]]


def planted(plan: Plan, slips: tuple[Slip, ...]) -> Plan:
    """The plan with slips in its patterns."""
    by_block = {slip.where: slip for slip in slips}

    def sheets(sizes: Mapping[str, int], facts: Mapping[str, str]) -> tuple[Sheet, ...]:
        return tuple(
            replace(sheet, blocks=tuple(slipped(sheet, block) for block in sheet.blocks))
            for sheet in plan.lesson.sheets(sizes, facts)
        )

    def slipped(sheet: Sheet, block: Any) -> Any:
        slip = by_block.get(f"{sheet.name}.{block.name}")
        if slip is None:
            return block
        assert isinstance(block, Formula)
        assert block.pattern.count(slip.right) == 1
        return replace(block, pattern=block.pattern.replace(slip.right, slip.wrong))

    lesson = replace(plan.lesson, sheets=sheets)
    return replace(plan, lesson=lesson, layouts=arrange(lesson, plan.sizes, plan.facts, {}))


def plant(slip: Slip, patch: pytest.MonkeyPatch) -> None:
    """Put the slip into a function of the engine until the test ends."""
    path, _, name = f"engine.{slip.where}".rpartition(".")
    module = import_module(path)
    function = getattr(module, name)
    source = inspect.getsource(function)
    assert source.count(slip.right) == 1
    scope = dict(vars(module))
    exec(compile(source.replace(slip.right, slip.wrong), f"{path} with a slip", "exec"), scope)
    patch.setattr(module, name, functools.update_wrapper(scope[name], function))


def seen(plan: Plan, path: Path) -> tuple[list[Failure], list[Failure]]:
    """What differs at the inputs as they are, and what the first draw that finds anything does."""
    checks = Checks(plan)
    with IronCalc().open(path) as session:

        def found(drawn: Mapping[str, Any]) -> list[Failure]:
            return disagreements(checks, session, drawn, engine="ironcalc", what="a slip")

        at_defaults = found({})
        draws = (draw(plan, np.random.default_rng(seed)) for seed in range(MOST_DRAWS))
        return at_defaults, next(filter(None, map(found, draws)), [])


@pytest.mark.parametrize(
    "slips", [*((slip,) for slip in some(PATTERNS, 4, seed=34)), PATTERNS[:2]], ids=lambda s: " and ".join(map(str, s))
)
def test_a_slip_in_a_pattern_that_defaults_hide_is_found(
    slips: tuple[Slip, ...], small_of: SmallOf, tmp_path: Path
) -> None:
    plan = planted(small_of(slips[0].lesson)[1], slips)
    write(plan, tmp_path / "slip.xlsx", "built by a test")
    hidden, found = seen(plan, tmp_path / "slip.xlsx")
    assert hidden == []
    cells = {failure.cell.rpartition("!")[0] for failure in found}
    assert cells >= {plan.places[slip.where].title for slip in slips}


@pytest.mark.parametrize("slip", some(FUNCTIONS, 6), ids=str)
def test_a_slip_in_a_function_that_defaults_hide_is_found(
    slip: Slip, small_of: SmallOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, plan = small_of(slip.lesson)
    plant(slip, monkeypatch)
    hidden, found = seen(plan, path)
    assert hidden == []
    side = "torch" if slip.where.startswith("witness") else "ironcalc"
    assert any(failure.by.startswith(side) for failure in found)


def test_a_verification_draws_inputs_and_says_which_draw_found_the_slip(
    small_of: SmallOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = small_of("collab_filter")
    plant(next(slip for slip in FUNCTIONS if slip.where == "reference.collab.y_range"), monkeypatch)
    found = verify(path, device="cpu", engines=[IronCalc()], progress=lambda what, done, total: None)
    assert not found.ok
    assert {failure.cell.rpartition("!")[0] for failure in found.failures} == {"y_range"}
    assert "inputs drawn from their ranges, seed" in found.failures[0].by
