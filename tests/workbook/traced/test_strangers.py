"""Modules that nobody had in mind when the table was made work to the last digits, or are one sentence.

By default every sixteenth, and half of those that once failed, are compared with torch on their plan, and every third
of them recalculated too; with GRADBOOK_SWEEP=1 every one is.
"""

import re
from pathlib import Path

import pytest
from compared import errors, plan_of, witnessed
from newcomers import NEWCOMERS
from refusals import REFUSED
from strangers import STRANGERS
from sweep import SWEEP, some
from visitors import VISITORS

from workbook.check.recalc import engines
from workbook.check.verify import verify
from workbook.errors import WorkbookError
from workbook.xlsx.write import write

MODULES = {**STRANGERS, **NEWCOMERS, **VISITORS}
MENDED = [
    "hf_style_outputs",
    "swin_window_shift",
    "gae_by_loop",
    "spectral_norm",
    "rounding_of_halves",
    "batch_norm_three_times",
    "one_title_for_three",
    "constants_in_lists",
    "flow_coupling",
    "products_with_zeros",
    "product_of_all_with_one_zero",
    "median_of_equal_numbers",
    "margins_at_exactly_zero",
]
RECALCULATED = [
    "rounding_of_halves",
    "products_with_zeros",
    "lines_over_rows_and_columns",
    "crf_forward",
    "categorical_policy",
]
WORKING = [name for name in MODULES if name not in REFUSED][:: 1 if SWEEP else 16]
WORKING += [name for name in dict.fromkeys((*some(MENDED, 7), *RECALCULATED)) if name not in WORKING]
WRITTEN = [*WORKING[:: 1 if SWEEP else 3], *RECALCULATED]
SAID = list(REFUSED)[:: 1 if SWEEP else 3]


pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.parametrize("name", WORKING)
def test_a_strangers_module_gives_torchs_numbers(name: str, tmp_path: Path) -> None:
    plan = plan_of(MODULES[name])
    found = errors(plan)

    assert max(found.values()) < 1e-12
    assert witnessed(plan, found) >= 0.75
    if name in WRITTEN:
        path = tmp_path / "stranger.xlsx"
        write(plan, path, linted=True)
        check = verify(path, device="cpu", engines=engines(["ironcalc"]), progress=lambda *_: None)
        assert check.failures == ()
        assert check.checked_cells == check.formula_cells


@pytest.mark.parametrize("name", SAID)
def test_what_no_formula_stands_for_is_one_sentence(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WorkbookError, match=re.escape(REFUSED[name])) as refused:
        plan_of(MODULES[name])
    assert "\n" not in str(refused.value)
    assert capfd.readouterr() == ("", "")


def test_a_buffer_that_the_users_code_writes_into_is_known_for_one_step() -> None:
    with pytest.raises(WorkbookError, match="leave --steps at 1"):
        plan_of(MODULES["buffer_written"], steps=2)


def test_running_statistics_go_on_from_step_to_step() -> None:
    plan = plan_of(MODULES["batch_norm_three_times"], steps=2)
    found = errors(plan)

    assert max(found.values()) < 1e-12
    # torch has what the last of the three uses leaves in each step.
    moved = [name for name in plan.places if "running" in name and "_new" in name]
    assert len(moved) == 12
    assert len([name for name in moved if name in found]) == 4


def test_there_are_two_hundred_and_fifty_of_them() -> None:
    assert len(MODULES) == len(STRANGERS) + len(NEWCOMERS) + len(VISITORS) >= 250
    assert set(REFUSED) <= set(MODULES)
