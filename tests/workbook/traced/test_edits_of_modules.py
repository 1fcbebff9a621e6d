"""An edit in LibreOffice leaves nothing stale in a workbook of a user's own module."""

from pathlib import Path

import pytest
from edited import Editor, edits_of, is_rounding

from workbook.app.build import make_plan
from workbook.app.from_module import Choices, lesson_of, load
from workbook.xlsx.write import write

MLP = Path(__file__).parents[3] / "examples" / "mlp.py"


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_an_edit_leaves_no_stale_cell(optimizer: str, editor: Editor, tmp_path: Path) -> None:
    lesson, options = lesson_of(load(f"{MLP}:make"), Choices("mlp", optimizer=optimizer), progress=silent)
    plan = make_plan(lesson, options, seed=0, progress=silent)
    path = tmp_path / "mlp.xlsx"
    write(plan, path, linted=True)
    edits = edits_of(plan)
    assert edits
    assert [stale for stale in editor.stale_cells(path, edits) if not is_rounding(stale, plan)] == []
