"""Formulas as deep as are taken: what goes through their trees does not stop on the way."""

from pathlib import Path

import pytest
from small_books import save

from workbook.transpile import transpile


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_formulas_of_almost_four_hundred_operations_are_written(tmp_path: Path, target: str) -> None:
    cells: dict[str, object] = {f"A{row}": row / 100 for row in range(1, 390)}
    cells["C1"] = "=" + "+".join(f"EXP(A{row})" for row in range(1, 385))
    cells |= {f"D{row}": "=" + "+".join(f"MAX(0,$A${k})*A{row}" for k in range(1, 150)) for row in range(1, 5)}
    made = transpile(save(tmp_path / "deep.xlsx", {"S": cells}), target=target)
    assert (made.refused, made.unsure) == ((), frozenset())
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences) == (5, ())
