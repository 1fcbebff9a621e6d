"""How the cost of an unrolled lesson grows with its epochs: rows, and seconds to make and write them, in one run."""

import time
from pathlib import Path
from typing import Any

import pytest

from workbook.app.build import make_plan
from workbook.lessons import find
from workbook.xlsx.write import write

EPOCHS = (50, 100, 200)


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@pytest.mark.benchmark(group="epochs")
def test_cost_grows_linearly_with_epochs(benchmark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def make(epochs: int) -> tuple[int, float]:
        begun = time.process_time()
        plan = make_plan(find("optimizers"), {"points": None, "epochs": epochs}, seed=0, progress=silent)
        write(plan, tmp_path / f"{epochs}.xlsx")
        return sum(place.count for place in plan.places.values()), time.process_time() - begun

    make(5)
    table = [(epochs, *make(epochs)) for epochs in EPOCHS]
    benchmark.pedantic(make, args=(EPOCHS[0],), rounds=1)
    with capsys.disabled():
        for epochs, cells, seconds in table:
            print(
                f"\n{epochs:4} epochs  {cells:9,} cells  {seconds:6.2f} s CPU  {1e6 * seconds / cells:5.2f} µs a cell",
                end="",
            )
        print()
    a_cell = [seconds / cells for _, cells, seconds in table]
    assert a_cell[-1] < 2 * a_cell[0], "four times the epochs cost more than twice as much a cell"
