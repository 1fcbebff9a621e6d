"""The programs of modules' workbooks compute every cell of them.

By default a few, drawn by a seed; with GRADBOOK_SWEEP=1 all, in NumPy and in torch.
"""

import random
from pathlib import Path

import pytest
from compared import plan_of
from newcomers import NEWCOMERS
from refusals import REFUSED
from strangers import STRANGERS
from sweep import SWEEP
from zoo import ZOO

from workbook.lesson.lesson import Formula
from workbook.transpile import Front, transpile
from workbook.xlsx.write import write

MODULES = {**ZOO, **STRANGERS, **NEWCOMERS}
WORKING = sorted(MODULES.keys() - REFUSED.keys())
DRAWN = [(name, ("numpy", "torch")) for name in WORKING]
if not SWEEP:
    few = random.Random(5).sample(WORKING, 3)
    DRAWN = [(few[0], ("numpy", "torch")), *((name, ("numpy",)) for name in few[1:])]


pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.parametrize(("name", "targets"), DRAWN, ids=[name for name, _ in DRAWN])
def test_the_programs_of_a_modules_workbook_compute_all_its_cells(
    name: str, targets: tuple[str, ...], tmp_path: Path
) -> None:
    plan = plan_of(MODULES[name])
    path = tmp_path / "module.xlsx"
    write(plan, path, linted=True)
    formulas = sum(place.count for place in plan.places.values() if isinstance(place.block, Formula))
    front = Front.of(path)

    for target in targets:
        made = transpile(path, target=target, front=front)
        assert made.refused == ()
        assert made.comparison is not None
        assert made.comparison.differences == ()
        assert made.comparison.cells >= formulas
