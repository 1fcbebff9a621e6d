"""Columns that feed each other row by row become one loop."""

import math
from itertools import pairwise
from pathlib import Path

import pytest
from small_books import body, computed, save

from workbook.transpile import transpile


def descent(rows: int) -> dict[str, object]:
    """A gradient descent on (w − 3)², a row a step."""
    cells: dict[str, object] = {"A1": "w", "B1": "de/dw", "C1": "new w", "E1": "rate", "F1": 0.1, "A2": 10.0}
    for row in range(2, rows + 2):
        cells[f"B{row}"] = f"=2*(A{row}-3)"
        cells[f"C{row}"] = f"=A{row}-$F$1*B{row}"
        if row > 2:
            cells[f"A{row}"] = f"=C{row - 1}"
    return cells


def test_a_table_of_steps_is_one_loop(tmp_path: Path) -> None:
    path = save(tmp_path / "descent.xlsx", {"descent": descent(30)})

    lines = body(path, "descent")

    assert sum(line.startswith("for ") for line in lines) == 1
    assert "de_dw[t] = 2 * (w[t] - 3)" in lines
    # w after n steps is 3 + 7·0.8ⁿ: a closed form.
    assert abs(float(computed(path, tmp_path)["descent!C31"]) - (3 + 7 * 0.8**30)) < 1e-12  # type: ignore[arg-type]


def test_a_running_total_starts_at_what_it_is_given(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "paid", "B1": "total", "B2": 100.0}
    for row in range(3, 9):
        cells |= {f"A{row}": float(row), f"B{row}": f"=B{row - 1}+A{row}"}
    found = computed(save(tmp_path / "total.xlsx", {"S": cells}), tmp_path)
    assert found == {f"S!B{row}": 100.0 + sum(range(3, row + 1)) for row in range(3, 9)}


def test_a_recurrence_along_a_row_is_a_loop_too(tmp_path: Path) -> None:
    letters = "BCDEFG"
    cells: dict[str, object] = {"A1": "doubled", "B1": 1.0}
    cells |= {f"{letter}1": f"={before}1*2" for before, letter in pairwise(letters)}
    found = computed(save(tmp_path / "row.xlsx", {"S": cells}), tmp_path)
    assert found == {f"S!{letter}1": 2.0**power for power, letter in enumerate(letters[1:], 1)}


def test_a_circle_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "circle.xlsx", {"S": {"A1": "=B1+1", "B1": "=A1*2", "C1": "=2*3"}})

    made = transpile(path, target="numpy")

    assert any("circle" in line and "S!A1" in line and "S!B1" in line for line in made.refused)


def test_a_step_that_reads_an_input_of_its_row_and_of_the_row_before_reads_two_cells(tmp_path: Path) -> None:
    sales = [3, 5, 4, 6, 8, 9, 1, 2]
    cells: dict[str, object] = {"A1": "sales", "B1": "streak", "A2": float(sales[0]), "B2": 0.0, "D1": "=SUM(A2:A9)"}
    for row, value in enumerate(sales[1:], start=3):
        cells |= {f"A{row}": float(value), f"B{row}": f"=IF(A{row}>A{row - 1},B{row - 1}+1,0)"}
    found = computed(save(tmp_path / "streak.xlsx", {"S": cells}), tmp_path)
    assert [found[f"S!B{row}"] for row in range(3, 10)] == [1, 0, 1, 2, 3, 0, 1]


def test_an_offset_from_above_what_it_reaches_is_computed_with_torch(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": 1.0, "A2": 2.0, "A3": 4.0, "B1": "=SUM(OFFSET(A1,1,0,2,1))"}
    assert computed(save(tmp_path / "offset.xlsx", {"S": cells}), tmp_path, "torch") == {"S!B1": 6.0}


def gradients(rows: int) -> dict[str, object]:
    """Two parameters side by side that start in one row of inputs, and gradients that begin in that row."""
    cells: dict[str, object] = {"A1": "a", "B1": "b", "C1": "grad a", "D1": "grad b", "A2": 4.0, "B2": -2.0, "F1": 0.25}
    for row in range(2, rows + 2):
        cells |= {f"C{row}": f"=2*A{row}-2", f"D{row}": f"=2*B{row}+A{row}"}
        if row > 2:
            cells |= {f"{new}{row}": f"={new}{row - 1}-$F$1*{of}{row - 1}" for new, of in ("AC", "BD")}
    return cells


def test_columns_that_start_in_one_row_of_inputs_are_one_loop(tmp_path: Path) -> None:
    path = save(tmp_path / "gradients.xlsx", {"S": gradients(20)})

    lines = body(path, "s")

    assert sum(line.startswith("for ") for line in lines) == 1
    assert not any("grid" in line or "cell(" in line for line in lines)
    # a halves its distance from 1 at each step.
    found = computed(path, tmp_path)
    assert all(found[f"S!A{row}"] == 1 + 3 * 0.5 ** (row - 2) for row in range(3, 22))
    assert "S!A2" not in found


def test_a_recurrence_from_the_end_starts_at_what_stands_below_it(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "reward", "B1": "return", "D1": 0.5, "B12": 8.0}
    for row in range(2, 12):
        cells |= {f"A{row}": float(row % 3), f"B{row}": f"=A{row}+$D$1*B{row + 1}"}
    path = save(tmp_path / "back.xlsx", {"S": cells})

    assert [line for line in body(path, "s") if line.startswith("for ")] == ["for t in reversed(range(11)):"]
    returns = [8.0]
    for row in range(11, 1, -1):
        returns.insert(0, row % 3 + 0.5 * returns[0])
    for target in ("numpy", "torch"):
        assert computed(path, tmp_path, target) == {f"S!B{row}": returns[row - 2] for row in range(2, 12)}


def test_a_loop_that_is_not_all_numbers_runs_with_torch(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "low", "B1": "high", "C1": "middle", "D1": "sign", "A2": 0.0, "B2": 4.0}
    for row in range(2, 22):
        cells |= {f"C{row}": f"=(A{row}+B{row})/2", f"D{row}": f"=SIGN(C{row}^2-2)"}
        if row > 2:
            cells |= {
                f"A{row}": f"=IF(SIGN(D{row - 1})=SIGN(-1),C{row - 1},A{row - 1})",
                f"B{row}": f"=IF(SIGN(D{row - 1})=SIGN(-1),B{row - 1},C{row - 1})",
            }
    found = computed(save(tmp_path / "halving.xlsx", {"S": cells}), tmp_path, "torch")
    assert abs(float(found["S!C21"]) - 2**0.5) < 4 / 2**19  # type: ignore[arg-type]


def test_a_first_step_that_starts_from_elsewhere_is_one_line_with_the_rest(tmp_path: Path) -> None:
    # The start stands in two places of the formula: v·v + v.
    cells: dict[str, object] = {"A1": "v", "C1": "start", "D1": 0.5, "A2": "=$D$1*$D$1+$D$1"}
    cells |= {f"A{row}": f"=A{row - 1}*A{row - 1}+A{row - 1}" for row in range(3, 6)}
    path = save(tmp_path / "start.xlsx", {"S": cells})

    lines = [line for line in body(path, "s") if "v[t] =" in line]

    assert len(lines) == 1
    values = [0.5 * 0.5 + 0.5]
    while len(values) < 4:
        values.append(values[-1] ** 2 + values[-1])
    assert computed(path, tmp_path) == {f"S!A{row}": value for row, value in enumerate(values, 2)}


def test_columns_whose_first_steps_stand_apart_are_one_loop(tmp_path: Path) -> None:
    # A rate halved whenever the loss rose, in a column whose first row is a formula of its own, as is the next one's.
    cells: dict[str, object] = {"A1": "halved", "B1": "rate", "C1": "w", "E1": "start", "F1": 3.0}
    cells |= {"A2": "=IF($F$1>100,1,0)", "B2": "=IF(A2=1,0.2,0.4)", "C2": "=$F$1-B2*2*$F$1"}
    for row in range(3, 20):
        cells[f"A{row}"] = f"=IF(C{row - 1}>0.5,1,0)"
        cells[f"B{row}"] = f"=B{row - 1}/IF(A{row}=1,2,1)"
        cells[f"C{row}"] = f"=C{row - 1}-B{row}*2*C{row - 1}"
    path = save(tmp_path / "halved.xlsx", {"S": cells})

    assert sum(line.startswith("for ") for line in body(path, "s")) == 1
    rate, w = 0.4, 3 - 0.4 * 2 * 3.0
    expected = {"S!A2": 0.0, "S!B2": rate, "S!C2": w}
    for row in range(3, 20):
        halved = w > 0.5
        rate /= 2 if halved else 1
        w -= rate * 2 * w
        expected |= {f"S!A{row}": float(halved), f"S!B{row}": rate, f"S!C{row}": w}
    found = computed(path, tmp_path)
    assert found.keys() == expected.keys()
    assert all(abs(float(found[cell]) - value) < 1e-14 for cell, value in expected.items())  # type: ignore[arg-type]


def test_columns_of_one_rule_share_its_function(tmp_path: Path) -> None:
    # Two pairs of columns, each pair a loop of its own: all four by one long rule.
    rule = (
        "=0.9*{0}{2}+0.1*EXP(-{1}{2}*{1}{2})*SIN({0}{2})/(1+{1}{2}^2+SQRT(ABS({0}{2})))+COS({0}{2}+{1}{2})/(2+{1}{2}^2)"
    )
    pairs = ("BC", "CB", "FG", "GF")
    cells: dict[str, object] = {
        f"{pair[0]}1": f"{word} average"
        for pair, word in zip(pairs, ("first", "second", "third", "fourth"), strict=True)
    }
    cells |= {"J1": 0.5, "K1": 1.5} | {f"{pair[0]}2": rule.format("$J$", "$K$", 1) for pair in pairs}
    cells |= {f"{pair[0]}{row}": rule.format(*pair, row - 1) for row in range(3, 9) for pair in pairs}

    lines = body(save(tmp_path / "shared.xlsx", {"S": cells}), "s")

    assert sum(line.startswith("for ") for line in lines) == 2
    assert sum(line.startswith("def ") for line in lines) == 1


def test_a_row_of_states_above_the_steps_is_what_the_first_step_reads(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "x", "B1": "average", "C1": "w", "E1": 3.0, "B2": 8.0}
    xs = [1.0, 4.0, 2.0, 7.0, 5.0]
    for row, x in enumerate(xs, start=3):
        cells |= {f"A{row}": x, f"B{row}": f"=0.5*B{row - 1}+0.5*A{row}*C{row}"}
        cells[f"C{row}"] = "=E1" if row == 3 else f"=C{row - 1}-0.25*B{row - 1}"
    path = save(tmp_path / "momentum.xlsx", {"S": cells})

    lines = body(path, "s")

    assert any(line.startswith("for t, x_t in enumerate(") for line in lines)
    assert not any("[1:]" in line or "None] +" in line for line in lines)
    average, w, wanted = 8.0, 3.0, {}
    for row, x in enumerate(xs, start=3):
        w = w if row == 3 else w - 0.25 * average
        average = 0.5 * average + 0.5 * x * w
        wanted |= {f"S!B{row}": average, f"S!C{row}": w}
    for target in ("numpy", "torch"):
        found = computed(path, tmp_path, target)
        assert found.keys() == wanted.keys()
        assert all(abs(float(found[cell]) - value) < 1e-12 for cell, value in wanted.items())  # type: ignore[arg-type]


def test_a_step_over_all_the_data_is_an_expression_of_arrays(tmp_path: Path) -> None:
    xs, ys = [1.0, 2.0, 3.0, 4.0], [2.0, 4.5, 5.5, 8.0]
    cells: dict[str, object] = {"A1": "x", "B1": "y", "D1": "slope", "E1": "gradient", "D2": 0.0, "G1": 0.01}
    cells |= {f"A{row}": x for row, x in enumerate(xs, start=2)} | {f"B{row}": y for row, y in enumerate(ys, start=2)}
    for row in range(2, 12):
        cells[f"E{row}"] = f"=2*SUMPRODUCT(D{row}*$A$2:$A$5-$B$2:$B$5,$A$2:$A$5)/COUNT($A$2:$A$5)"
        if row > 2:
            cells[f"D{row}"] = f"=D{row - 1}-$G$1*E{row - 1}"
    path = save(tmp_path / "batch.xlsx", {"S": cells})

    assert "gradient[t] = 2 * ((slope[t] * x - y) * x).sum() / x.size" in body(path, "s")
    slope, wanted = 0.0, {}
    for row in range(2, 12):
        gradient = 2 * sum((slope * x - y) * x for x, y in zip(xs, ys, strict=True)) / 4
        wanted |= {f"S!E{row}": gradient} | ({f"S!D{row}": slope} if row > 2 else {})
        slope -= 0.01 * gradient
    for target in ("numpy", "torch"):
        found = computed(path, tmp_path, target)
        assert found.keys() == wanted.keys()
        assert all(abs(float(found[cell]) - value) < 1e-12 for cell, value in wanted.items())  # type: ignore[arg-type]


def test_a_loop_takes_no_column_of_another_loop_for_its_own(tmp_path: Path) -> None:
    # E runs upwards from E4, and the rows are totals across: a loop over columns must not take E for one formula.
    cells: dict[str, object] = {"A2": 5.0, "A3": 1.0, "A4": 6.0, "A1": "=SUM(A2:A4)", "C1": "=SUM(C2:C4)"}
    cells |= {f"B{row}": f"=A{row}-$A$1" for row in (2, 3, 4)} | {"B1": "=SUM(B2:B4)"}
    cells |= {"C4": "=B4+0", "C3": "=B3*2-C4", "C2": "=B2*2-C3"}
    cells |= {f"D{row}": f"=B{row}*C$1" for row in (2, 3, 4)} | {"D1": "=SUM(D2:D4)"}
    found = computed(save(tmp_path / "table.xlsx", {"S": cells}), tmp_path)
    assert [found[f"S!C{row}"] for row in (4, 3, 2, 1)] == [-6.0, -16.0, 2.0, -20.0]
    assert [found[f"S!D{row}"] for row in (2, 3, 4, 1)] == [140.0, 220.0, 120.0, 480.0]


def test_a_cell_that_reads_the_input_of_a_loop_does_not_wait_for_it(tmp_path: Path) -> None:
    # A1 and C1 read D1 and a blank beside it; D2 waits for A1, and D1:D3 are a column of a loop with F.
    cells: dict[str, object] = {"D1": 9.0, "D2": "=D1*2+A1", "D3": "=D1+F2*F2", "D4": 2.0, "A1": "=SUM(D1:E1)/3"}
    cells |= {f"F{row}": f"=D{row}*2" for row in (1, 2, 3, 4)}
    found = computed(save(tmp_path / "table.xlsx", {"S": cells}), tmp_path)
    assert [found[f"S!{cell}"] for cell in ("A1", "D2", "D3", "F3", "F4")] == [3.0, 21.0, 9.0 + 42.0**2, 3546.0, 4.0]


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_column_of_a_loop_that_is_one_cell_is_one_number(target: str, tmp_path: Path) -> None:
    # K1 is the total of row 1, A1 reads it, and row 2, whose total is K2, reads A1.
    cells: dict[str, object] = {"B1": 5.0, "C1": 4.0, "B2": "=B1*2", "C2": "=C3-A1", "C3": "=C1*3", "M1": "=A1*2"}
    cells |= {"A1": "=K1+SUM(B1:D1)", "K1": "=SUM(B1:D1)", "K2": "=SUM(B2:D2)"}
    made = transpile(save(tmp_path / "table.xlsx", {"S": cells}), target=target)
    assert made.unsure == frozenset()
    found = computed(tmp_path / "table.xlsx", tmp_path, target)
    expected = {"A1": 18.0, "B2": 10.0, "C2": -6.0, "C3": 12.0, "K1": 9.0, "K2": 4.0, "M1": 36.0}
    assert found == {f"S!{cell}": value for cell, value in expected.items()}


@pytest.mark.parametrize("formula", ["=A{}+1", "=IF(A{}>5,1,A{}+1)", "=2*A{}-EXP(A{})/8"])
@pytest.mark.parametrize("direction", [-1, 1])
def test_a_recurrence_from_a_blank_cell_is_a_loop_either_way(formula: str, direction: int, tmp_path: Path) -> None:
    rows = range(2, 32)
    cells: dict[str, object] = {f"A{row}": formula.replace("{}", str(row + direction)) for row in rows}
    path = save(tmp_path / "chain.xlsx", {"S": cells})
    # What a blank counts for, by hand: 0.
    value, expected = 0.0, {}
    for row in rows if direction < 0 else reversed(rows):
        value = {"=A": value + 1, "=I": 1.0 if value > 5 else value + 1, "=2": 2 * value - math.exp(value) / 8}[
            formula[:2]
        ]
        expected[f"S!A{row}"] = pytest.approx(value, rel=1e-12)
    assert computed(path, tmp_path) == expected
    if formula == "=A{}+1" and direction < 0:
        assert body(path, "s") == ["a2_a31 = np.arange(1.0, 31.0)"]
    else:
        assert sum(line.startswith("for ") for line in body(path, "s")) == 1
        assert len(body(path, "s")) == 4


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_column_that_copies_or_counts_is_an_array(target: str, tmp_path: Path) -> None:
    cells: dict[str, object] = {"A2": 5.0, "B2": 0.5, "C2": 9.0, "D2": 0.25, "F2": "=A2*2"}
    for row in range(3, 8):
        cells |= {f"A{row}": f"=A{row - 1}+1", f"B{row}": f"=B{row - 1}", f"C{row}": f"=C{row - 1}-2"}
        cells |= {f"D{row}": f"=D{row - 1}+0.1", f"F{row}": f"=2+F{row - 1}"}
    path = save(tmp_path / "steps.xlsx", {"S": cells})
    found = computed(path, tmp_path, target)
    assert [found[f"S!{letter}7"] for letter in "ABCF"] == [10.0, 0.5, -1.0, 20.0]
    # What is no whole number is added again and again, as the sheet does, so that its last digits are the sheet's.
    assert found["S!D7"] == 0.25 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1
    assert sum(line.startswith("for ") for line in body(path, "s", target)) == 1


@pytest.mark.parametrize("formula", ['=IF(A{}="","none",A{})', "=MAX(A{},-3)-1", '=A{}&"x"', "=COUNT(A{})+A{}"])
def test_a_blank_that_is_no_zero_stays_a_blank(formula: str, tmp_path: Path) -> None:
    cells: dict[str, object] = {f"A{row}": formula.replace("{}", str(row - 1)) for row in range(2, 7)}
    found = computed(save(tmp_path / "chain.xlsx", {"S": cells}), tmp_path)
    first = {"=IF": "none", "=MA": -4.0, "=A{": "x", "=CO": 0.0}[formula[:3]]
    assert found["S!A2"] == first


def test_a_long_order_of_cells_is_a_few_runs(tmp_path: Path) -> None:
    # Each cell reads the one below it and a text beside that, so that it is no loop over numbers.
    cells: dict[str, object] = {f"A{row}": f'=IF(A{row + 1}="",1,A{row + 1}+1)' for row in range(1, 1500)}
    path = save(tmp_path / "chain.xlsx", {"S": cells})
    made = transpile(path, target="numpy")
    assert len(made.script.source.splitlines()) < 400
    assert computed(path, tmp_path)["S!A1"] == 1499.0
