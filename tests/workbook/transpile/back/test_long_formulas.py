"""Long formulas that are equal but for what they read: one function, called by each."""

from pathlib import Path

import pytest
from small_books import body, computed, save

TAX = (
    "=ROUND(VLOOKUP(B{r}+C{r},$H$1:$J$3,3)+(B{r}+C{r}-VLOOKUP(B{r}+C{r},$H$1:$J$3,1))*VLOOKUP(B{r}+C{r},$H$1:$J$3,2)"
    "-VLOOKUP(B{r},$H$1:$J$3,3)-(B{r}-VLOOKUP(B{r},$H$1:$J$3,1))*VLOOKUP(B{r},$H$1:$J$3,2),2)"
)


def payroll() -> dict[str, object]:
    """Pay of two and of three people, with a total each; taxed a tenth up to 100, a fifth above."""
    cells: dict[str, object] = {"H1": 0.0, "I1": 0.1, "J1": 0.0, "H2": 100.0, "I2": 0.2, "J2": 10.0}
    cells |= {"H3": 1000.0, "I3": 0.4, "J3": 190.0}
    for rows in ((1, 2), (4, 5, 6)):
        for row in rows:
            cells |= {f"B{row}": 30.0 * row, f"C{row}": 25.0 * row, f"D{row}": TAX.format(r=row)}
        cells[f"D{rows[-1] + 1}"] = f"=SUM(D{rows[0]}:D{rows[-1]})"
    return cells


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_one_formula_between_totals_is_written_once(target: str, tmp_path: Path) -> None:
    path = save(tmp_path / "payroll.xlsx", {"S": payroll()})
    lines = body(path, "s", target)
    assert sum("ROUND(" in line for line in lines) == 1
    assert sum(line.startswith("def ") for line in lines) == 1
    found = computed(path, tmp_path, target)

    def due(pay: float) -> float:
        return 0.1 * min(pay, 100) + 0.2 * max(pay - 100, 0)

    right = {row: due(55.0 * row) - due(30.0 * row) for row in (1, 2, 4, 5, 6)}
    right |= {3: right[1] + right[2], 7: right[4] + right[5] + right[6]}
    assert {row: round(float(str(found[f"S!D{row}"])), 9) for row in right} == {
        r: round(v, 9) for r, v in right.items()
    }


def test_what_differs_in_a_function_is_no_parameter(tmp_path: Path) -> None:
    cells = payroll()
    for row in (4, 5, 6):
        cells[f"D{row}"] = TAX.replace("ROUND", "ROUNDUP").format(r=row)
    lines = body(save(tmp_path / "payroll.xlsx", {"S": cells}), "s")
    assert not any(line.startswith("def ") for line in lines)
    assert sum("ROUND(" in line for line in lines) == sum("ROUNDUP(" in line for line in lines) == 1
