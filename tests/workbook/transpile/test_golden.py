"""Scripts of our own sheets, read by eye and kept: a change of what `gradbook code` writes shows as a difference.

`GOLDEN=write pytest tests/workbook/transpile/test_golden.py` writes them anew; read the difference before it is kept.
"""

from pathlib import Path

import pytest
from small_books import kept

from workbook.app.build import make_plan
from workbook.lessons import find
from workbook.transpile import transpile
from workbook.transpile.back.notebook import HELPERS
from workbook.xlsx.write import write

# Nothing that these sheets read is trained, so another machine writes the same digits.
SHEETS = {"optimizers": "Adam", "cross_entropy": "CrossEntropyLoss", "affine": "Entity embedding"}


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="module", params=SHEETS)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    lesson = find(request.param)
    options = {option.name: option.default for option in lesson.options}
    path = tmp_path_factory.mktemp("golden") / f"{lesson.name}.xlsx"
    write(make_plan(lesson, options, seed=0, progress=silent), path)
    return path


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_script_is_the_one_that_was_read(built: Path, target: str) -> None:
    source = transpile(built, target=target, sheets=(SHEETS[built.stem],), beside="arrays.npz").script.source
    # The functions of Excel after it are the runtime's own text.
    made = source.partition(HELPERS)[0].rstrip() + "\n"
    assert made == kept(f"{built.stem}_{target}.py", made)
