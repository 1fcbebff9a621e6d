"""Tables of which each row is made of the rows above it: a loop over rows, each an expression of arrays."""

from pathlib import Path

import numpy as np
import pytest
from small_books import body, computed, save

LETTERS = "ABCDEFG"


def grid(formula: str, first: dict[int, list[float]], rows: range) -> dict[str, object]:
    """Rows of B:F by a formula of `{a}` above it, `{l}` and `{r}` beside that one, `{b}` two rows above; ends of 0."""
    cells: dict[str, object] = {"I1": "alpha", "I2": 0.2}
    for row, values in first.items():
        cells |= {f"{letter}{row}": value for letter, value in zip(LETTERS, values, strict=True)}
    for row in rows:
        cells |= {f"A{row}": f"=A{row - 1}", f"G{row}": 0.0}
        for left, letter, right in zip(LETTERS, LETTERS[1:], LETTERS[2:], strict=False):
            places = {"a": f"{letter}{row - 1}", "l": f"{left}{row - 1}", "r": f"{right}{row - 1}"}
            cells[f"{letter}{row}"] = formula.format(**places, b=f"{letter}{row - 2}")
    return cells


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_heat_that_spreads_is_a_loop_over_rows(target: str, tmp_path: Path) -> None:
    first = [1.0, 2.0, 8.0, 5.0, 3.0, 2.0, 0.0]
    path = save(tmp_path / "heat.xlsx", {"S": grid("={a}+$I$2*({l}-2*{a}+{r})", {3: first}, range(4, 12))})
    # The explicit scheme, as an array of all rows.
    u = np.zeros((9, 7))
    u[0] = first
    for t in range(8):
        u[t + 1, 1:6] = u[t, 1:6] + 0.2 * (u[t, :5] - 2 * u[t, 1:6] + u[t, 2:])
        u[t + 1, 0] = u[t, 0]
    found = computed(path, tmp_path, target)
    assert found == {
        f"S!{LETTERS[j]}{4 + t}": pytest.approx(u[t + 1, j], rel=1e-12) for t in range(8) for j in range(6)
    }
    lines = body(path, "s", target)
    assert sum(line.startswith("for ") for line in lines) == 1
    assert len(lines) <= 10


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_row_may_read_two_rows_above_it(target: str, tmp_path: Path) -> None:
    first = {3: [0.0, 1.0, 2.0, 3.0, 2.0, 1.0, 0.0], 4: [0.0, 2.0, 4.0, 5.0, 4.0, 2.0, 0.0]}
    path = save(tmp_path / "wave.xlsx", {"S": grid("=2*{a}-{b}+$I$2*({l}-2*{a}+{r})", first, range(5, 11))})
    u = np.zeros((8, 7))
    u[0], u[1] = first.values()
    for t in range(2, 8):
        u[t, 1:6] = 2 * u[t - 1, 1:6] - u[t - 2, 1:6] + 0.2 * (u[t - 1, :5] - 2 * u[t - 1, 1:6] + u[t - 1, 2:])
    found = computed(path, tmp_path, target)
    assert [found[f"S!{LETTERS[j]}10"] for j in range(1, 6)] == pytest.approx(u[7, 1:6], rel=1e-12)
    assert sum(line.startswith("for ") for line in body(path, "s", target)) == 1


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_row_of_a_chain_is_made_of_all_of_the_row_above(target: str, tmp_path: Path) -> None:
    shares = [[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.2, 0.3, 0.5]]
    cells: dict[str, object] = dict(zip(("A1", "B1", "C1"), ("sun", "clouds", "rain"), strict=True))
    cells |= {f"{letter}{2 + i}": shares[i]["ABC".index(letter)] for i in range(3) for letter in "ABC"}
    cells |= {"A6": 1.0, "B6": 0.0, "C6": 0.0}
    for row in range(7, 13):
        for letter in "ABC":
            cells[f"{letter}{row}"] = f"=$A{row - 1}*{letter}$2+$B{row - 1}*{letter}$3+$C{row - 1}*{letter}$4"
    path = save(tmp_path / "chain.xlsx", {"S": cells})
    found = computed(path, tmp_path, target)
    expected = np.array([1.0, 0.0, 0.0]) @ np.linalg.matrix_power(np.array(shares), 6)
    assert [found[f"S!{letter}12"] for letter in "ABC"] == pytest.approx(expected, rel=1e-12)
    assert len(body(path, "s", target)) <= 8


def test_a_table_that_looks_up_the_row_above_is_one_function(tmp_path: Path) -> None:
    # The best value within each capacity, item by item: the rows above are read at a place that is computed.
    items = [(2, 3), (3, 4), (4, 5), (5, 8)]
    cells: dict[str, object] = {"A1": "weight", "B1": "value"}
    columns = [chr(ord("C") + j) for j in range(10)]
    cells |= {f"{column}1": float(j) for j, column in enumerate(columns)} | {f"{column}2": 0.0 for column in columns}
    for row, (weight, value) in enumerate(items, 3):
        cells |= {f"A{row}": float(weight), f"B{row}": float(value)}
        for c in columns:
            best = f"MAX({c}{row - 1},$B{row}+INDEX($C{row - 1}:$L{row - 1},{c}$1-$A{row}+1))"
            cells[f"{c}{row}"] = f"=IF({c}$1<$A{row},{c}{row - 1},{best})"
    path = save(tmp_path / "knapsack.xlsx", {"S": cells})
    # By trying every choice of items.
    choices = [[item for k, item in enumerate(items) if chosen >> k & 1] for chosen in range(16)]
    best = [max(sum(v for _, v in c) for c in choices if sum(w for w, _ in c) <= room) for room in range(10)]
    found = computed(path, tmp_path)
    assert [found[f"S!{column}6"] for column in columns] == best
    assert len(body(path, "s")) <= 22
