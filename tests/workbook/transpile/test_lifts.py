"""Each lift of a formula to the field's words: what a column of such formulas becomes."""

from pathlib import Path

import pytest
import xlsxwriter
from small_books import body, computed, save

from workbook.transpile import transpile


def test_a_lookup_at_a_place_written_out_is_the_cell(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "x", "B1": "y", "C1": "sum"}
    for row in range(2, 8):
        cells |= {f"A{row}": float(row), f"B{row}": row / 2}
        cells[f"C{row}"] = f"=A{row}*INDEX(A{row}:B{row},1,2)+INDEX($A$2:$A$7,3)"
    path = save(tmp_path / "index.xlsx", {"S": cells})
    assert "sum_ = x * y + x[2]" in body(path, "s")
    assert computed(path, tmp_path) == {f"S!C{row}": row * row / 2 + 4.0 for row in range(2, 8)}


def test_texts_joined_in_a_row_are_joined_at_once(tmp_path: Path) -> None:
    cells: dict[str, object] = {f"A{row}": row % 10 if row % 3 else "x" for row in range(1, 251)}
    cells["C1"] = "=" + "&".join(f"A{row}" for row in range(1, 251))
    path = save(tmp_path / "joined.xlsx", {"S": cells})
    assert sum("join(" in line for line in body(path, "s")) == 1
    assert computed(path, tmp_path) == {"S!C1": "".join(str(cells[f"A{row}"]) for row in range(1, 251))}


def test_windows_over_an_image_are_one_view_of_it(tmp_path: Path) -> None:
    cells: dict[str, object] = {"H1": 1.0, "I1": 0.0, "H2": 0.0, "I2": -1.0}
    image = [[float((3 * i + 5 * j) % 7) for j in range(5)] for i in range(6)]
    cells |= {f"{'ABCDE'[j]}{i + 1}": value for i, line in enumerate(image) for j, value in enumerate(line)}
    cells |= {
        f"{'KLMN'[j]}{i + 1}": f"=MAX(0,SUMPRODUCT({'ABCDE'[j]}{i + 1}:{'ABCDE'[j + 1]}{i + 2},$H$1:$I$2))"
        for i in range(5)
        for j in range(4)
    }
    pooled = {
        (i, j): f"=MAX({'KLMN'[2 * j]}{2 * i + 1}:{'KLMN'[2 * j + 1]}{2 * i + 2})" for i in (0, 1) for j in (0, 1)
    }
    cells |= {f"{'PQ'[j]}{i + 1}": text for (i, j), text in pooled.items()}
    path = save(tmp_path / "image.xlsx", {"S": cells})

    lines = body(path, "s")

    assert "k1_n5 = np.maximum(0, (sliding_window_view(a1_e6, (2, 2)) * h1_i2).sum(axis=(-2, -1)))" in lines
    relu = [[max(0.0, image[i][j] - image[i + 1][j + 1]) for j in range(4)] for i in range(5)]
    for target in ("numpy", "torch"):
        found = computed(path, tmp_path, target)
        assert all(found[f"S!{'KLMN'[j]}{i + 1}"] == relu[i][j] for i in range(5) for j in range(4))
        assert found["S!Q2"] == max(relu[2][2], relu[2][3], relu[3][2], relu[3][3])


def test_a_moving_mean_is_taken_of_windows(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "sales", "B1": "mean", **{f"A{row}": float(row * row) for row in range(2, 12)}}
    cells |= {f"B{row}": f"=AVERAGE(A{row - 2}:A{row})" for row in range(4, 12)}
    path = save(tmp_path / "moving.xlsx", {"S": cells})
    assert "mean = sliding_window_view(sales, 3).mean(axis=-1)" in body(path, "s")
    found = computed(path, tmp_path, "torch")
    assert all(abs(float(found[f"S!B{r}"]) - (r * r - 2 * r + 5 / 3)) < 1e-12 for r in range(4, 12))  # type: ignore[arg-type]


def test_a_product_whose_columns_have_the_rows_of_the_first_matrix_is_one_line(tmp_path: Path) -> None:
    """A gradient of weights, a row an input: the row of an output's gradients times the column of an input."""
    cells: dict[str, object] = {"A1": 1.0, "B1": 2.0, "A2": 3.0, "B2": 4.0, "A3": 5.0, "B3": 6.0}
    cells |= {"E1": 1.0, "F1": 2.0, "G1": 3.0, "E2": 0.0, "F2": 1.0, "G2": 2.0}
    for row, column in enumerate("EFG", start=1):
        for number, target in enumerate("IJK", start=1):
            cells[f"{target}{row}"] = f"=MMULT($A${number}:$B${number},${column}$1:${column}$2)"
    path = save(tmp_path / "turned.xlsx", {"S": cells})
    assert body(path, "s") == ["i1_k3 = e1_g2.T @ a1_b3.T"]
    found = computed(path, tmp_path)
    assert [found[f"S!{column}{row}"] for row in (1, 2, 3) for column in "IJK"] == [1, 3, 5, 4, 10, 16, 7, 17, 27]


def test_matrix_products_of_what_is_turned_or_inverted_on_the_way(tmp_path: Path) -> None:
    from openpyxl.worksheet.formula import ArrayFormula

    cells: dict[str, object] = {"A1": 1.0, "B1": 2.0, "A2": 3.0, "B2": 4.0, "A3": 5.0, "B3": 6.0}
    cells["D1"] = ArrayFormula("D1:E2", "=MMULT(TRANSPOSE(A1:B3),A1:B3)")
    cells["G1"] = ArrayFormula("G1:H3", "=MMULT(A1:A3,TRANSPOSE(B1:B2))")
    path = save(tmp_path / "product.xlsx", {"S": cells})
    lines = body(path, "s")
    assert "d1_e2 = a1_b3.T @ a1_b3" in lines
    assert any("np.outer(" in line for line in lines)
    found = computed(path, tmp_path)
    assert [found[f"S!{cell}"] for cell in ("D1", "E1", "D2", "E2")] == [35, 44, 44, 56]
    assert [found[f"S!{cell}"] for cell in ("G1", "H1", "G3", "H3")] == [2, 4, 10, 20]


def test_the_error_of_a_grid_with_blanks_is_of_what_is_there(tmp_path: Path) -> None:
    path, value = tmp_path / "grid.xlsx", ((1 + 9 + 1) / 3) ** 0.5
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        for address, number in {
            "A1": 3.0,
            "B2": 5.0,
            "A3": 1.0,
            **dict.fromkeys(("D1", "D2", "D3", "E1", "E2", "E3"), 2),
        }.items():
            sheet.write_number(address, number)
        sheet.write_formula("G1", "=SQRT(SUMXMY2(A1:B3,D1:E3)/COUNT(A1:B3))", None, value)
    assert any("np.nansum((a1_b3 - d1_e3) ** 2)" in line for line in body(path, "s"))
    assert abs(float(computed(path, tmp_path)["S!G1"]) - value) < 1e-12  # type: ignore[arg-type]


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_range_of_several_arrays_is_put_together(tmp_path: Path, target: str) -> None:
    cells: dict[str, object] = {"A1": "down", "B1": "up", "E1": 7.0}
    for row in range(2, 6):
        cells |= {f"C{row}": float(row), f"A{row}": f"=C{row}*$E$1", f"B{row}": f"=$E$1-C{row}^2"}
    cells |= {"D7": "=SUMSQ(A2:B5)", "D8": "=SUMPRODUCT(A2:A5,B2:B5)/MAX(A2:B5)"}
    path = save(tmp_path / "several.xlsx", {"S": cells})

    lines = body(path, "s", target)
    assert not any("assemble(" in line for line in lines)
    assert sum("column_stack(" in line for line in lines) == 1
    down, up = [7 * row for row in range(2, 6)], [7 - row**2 for row in range(2, 6)]
    found = computed(path, tmp_path, target)
    assert found["S!D7"] == sum(x * x for x in down + up)
    assert abs(float(found["S!D8"]) - sum(x * y for x, y in zip(down, up, strict=True)) / 35) < 1e-12  # type: ignore[arg-type]


def test_powers_in_powers_and_of_what_is_below_0_keep_excels_order(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": 2, "A2": 3, "A3": 4}
    formulas = {
        "B": "=POWER(POWER(A1,2),3)",
        "C": "=POWER(-A1,2)",
        "D": "=POWER(A1,2)^3",
        "E": "=-A1^2",
        "F": "=2^-A1",
        "G": "=POWER(2,POWER(A1,2))",
    }
    for row in (1, 2, 3):
        cells |= {f"{letter}{row}": text.replace("A1", f"A{row}") for letter, text in formulas.items()}
    cells |= {"I1": "=POWER(-8,1/3)", "I2": "=0^0", "I3": "=POWER(0,0)", "I4": "=POWER(-2,2)"}
    found = computed(save(tmp_path / "book.xlsx", {"Sheet": cells}), tmp_path)

    for row, x in ((1, 2.0), (2, 3.0), (3, 4.0)):
        expected = (x**6, x * x, x**6, x * x, 0.5**x, 2.0 ** (x * x))
        assert tuple(found[f"Sheet!{letter}{row}"] for letter in formulas) == expected
    assert [found[f"Sheet!I{row}"] for row in (1, 2, 3, 4)] == [{"error": "#NUM!"}] * 3 + [4.0]


def test_a_power_of_nothing_is_an_error_and_no_number(tmp_path: Path) -> None:
    path = tmp_path / "power.xlsx"
    with xlsxwriter.Workbook(path) as book:
        # LibreOffice and others save 1, which Excel does not show.
        book.add_worksheet("S").write_formula("A1", "=0^0", None, 1)
        book.get_worksheet_by_name("S").write_formula("A2", "=2^0.5", None, 2**0.5)
    found = computed(path, tmp_path)
    assert found == {"S!A1": {"error": "#NUM!"}, "S!A2": 2**0.5}


def test_a_comparison_of_all_with_all_that_memory_may_not_hold_is_made_one_by_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("workbook.transpile.back.ranges.LARGEST", 20)
    cells: dict[str, object] = {f"A{row}": float(row % 2) for row in range(1, 7)}
    cells |= {f"B{row}": f"=COUNTIF($A$1:$A$6,A{row})" for row in range(1, 7)}
    path = save(tmp_path / "all.xlsx", {"S": cells})
    assert any("COUNTIF(" in line for line in body(path, "s"))
    assert set(computed(path, tmp_path).values()) == {3}


def test_means_and_variances_of_columns_are_array_lines(tmp_path: Path) -> None:
    values = [[(3 * row + 5 * column) % 7 / 2 for column in range(3)] for row in range(5)]
    cells: dict[str, object] = {"A1": "x", "E1": "mean", "E3": "variance"}
    for row, line in enumerate(values, start=2):
        cells |= {f"{letter}{row}": value for letter, value in zip("ABC", line, strict=True)}
    for new, of in zip("EFG", "ABC", strict=True):
        cells |= {f"{new}2": f"=SUM({of}$2:{of}$6)/COUNT({of}$2:{of}$6)"}
        cells |= {f"{new}4": f"=SUMPRODUCT(({of}$2:{of}$6-{new}2)^2)/COUNT({of}$2:{of}$6)"}
    path = save(tmp_path / "columns.xlsx", {"S": cells})
    assert "shown(" not in "\n".join(body(path, "s"))
    columns = list(zip(*values, strict=True))
    means = [sum(column) / 5 for column in columns]
    expected = {f"S!{letter}2": mean for letter, mean in zip("EFG", means, strict=True)}
    for letter, column, mean in zip("EFG", columns, means, strict=True):
        expected[f"S!{letter}4"] = sum((value - mean) ** 2 for value in column) / 5
    for target in ("numpy", "torch"):
        found = computed(path, tmp_path, target)
        assert found.keys() == expected.keys()
        assert all(abs(float(found[cell]) - value) < 1e-14 for cell, value in expected.items())  # type: ignore[arg-type]


def test_what_is_in_no_order_is_searched_as_excel_does(tmp_path: Path) -> None:
    # By halves, ending at an equal value: 1 is found in place 1, though a sorted search would go on to the fifth.
    cells: dict[str, object] = {f"A{k}": value for k, value in enumerate((1, 0, 5, 9, 1, 5), 1)}
    cells |= {"B1": 1, "B2": 5, "B3": 9, "C1": "=MATCH(B1,$A$1:$A$6)", "C2": "=MATCH(B2,$A$1:$A$6)"}
    cells["C3"] = "=MATCH(B3,$A$1:$A$6)"
    found = computed(save(tmp_path / "unsorted.xlsx", {"S": cells}), tmp_path)
    assert [found["S!C1"], found["S!C2"], found["S!C3"]] == [1.0, 3.0, 6.0]


def test_columns_whose_headings_the_formula_reads_are_one_grid(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "text", "B1": "ape", "C1": "bee", "D1": "cow"}
    for row, text in enumerate(("an ape and a bee", "bee, bee", "no animal"), start=2):
        cells[f"A{row}"] = text
        for column in "BCD":
            cells[f"{column}{row}"] = f'=(LEN($A{row})-LEN(SUBSTITUTE($A{row},{column}$1,"")))/LEN({column}$1)'
    path = save(tmp_path / "words.xlsx", {"S": cells})
    assert sum("SUBSTITUTE" in line for line in body(path, "s")) == 1
    found = computed(path, tmp_path)
    assert [[found[f"S!{column}{row}"] for column in "BCD"] for row in (2, 3, 4)] == [[1, 1, 0], [0, 2, 0], [0, 0, 0]]


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_reference_through_sheets_is_of_their_arrays(target: str, tmp_path: Path) -> None:
    # Each month a block of its own height, so that the sheets are no twins; one cell is blank.
    costs = {"Jan": [3.0, 5.0, 1.0], "Feb": [4.0, None, 9.0], "Mar": [1.0, 7.0, 2.0, 6.0], "Apr": [2.0, 8.0, 4.0]}
    sheets: dict[str, dict[str, object]] = {
        month: {f"A{row}": cost for row, cost in enumerate(column, start=1)} for month, column in costs.items()
    }
    sheets["Year"] = {
        f"{column}{row}": f"={function}(Jan:Apr!A{row})"
        for row in (1, 2, 3)
        for column, function in zip("ABCD", ("SUM", "AVERAGE", "MAX", "MIN"), strict=True)
    }
    path = save(tmp_path / "year.xlsx", sheets)
    lines = body(path, "year", target)
    assert not any(function in line for line in lines for function in ("SUM(", "AVERAGE(", "MAX(", "MIN("))
    found = computed(path, tmp_path, target)
    assert [found[f"Year!{column}1"] for column in "ABCD"] == [10, 2.5, 4, 1]
    assert [found[f"Year!{column}2"] for column in "ABCD"] == [20, 20 / 3, 8, 5]
    assert [found[f"Year!{column}3"] for column in "ABCD"] == [16, 4, 9, 1]


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_criteria_of_columns_with_gaps_are_comparisons(target: str, tmp_path: Path) -> None:
    games = [("ape", 2.0), ("bee", None), ("ape", 0.0), ("bee", 3.0), ("ape", None)]
    cells: dict[str, object] = {
        "A1": "team",
        "B1": "goals",
        "C1": "points",
        "E1": "who",
        "F1": "goals of all",
        "G1": "wins",
    }
    for row, (team, goals) in enumerate(games, start=2):
        cells |= {f"A{row}": team, f"B{row}": goals, f"C{row}": f'=IF(B{row}="","",IF(B{row}>1,3,0))'}
    for row, team in ((2, "ape"), (3, "bee")):
        cells |= {f"E{row}": team, f"F{row}": f"=SUMIF($A$2:$A$6,E{row},$B$2:$B$6)"}
        cells[f"G{row}"] = f"=COUNTIFS($A$2:$A$6,E{row},$C$2:$C$6,3)+SUMIF($A$2:$A$6,E{row},$C$2:$C$6)/100"
    path = save(tmp_path / "games.xlsx", {"S": cells})
    made = transpile(path, target=target)
    assert made.unsure == frozenset()
    assert "COUNTIFS(" not in made.script.source
    found = computed(path, tmp_path, target)
    assert [found[f"S!{cell}"] for cell in ("F2", "F3", "G2", "G3")] == [2, 3, 1.03, 1.03]


def test_columns_of_a_table_keep_their_names_though_it_is_looked_up_whole(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "id", "B1": "amount", "C1": "rate", "D1": "interest", "F1": "L3", "A8": "total"}
    for row in range(2, 7):
        cells |= {f"A{row}": f"L{row}", f"B{row}": 100.0 * row, f"C{row}": row / 64, f"D{row}": f"=B{row}*C{row}"}
    cells |= {"B8": "=SUM(B2:B6)", "C8": "=SUMPRODUCT(B2:B6,C2:C6)/B8"}
    cells |= {"G1": "=VLOOKUP(F1,A:C,2,FALSE)", "G2": "=VLOOKUP(F1,A2:C6,3,FALSE)"}
    path = save(tmp_path / "loans.xlsx", {"S": cells})
    lines = body(path, "s")
    assert "interest = amount * rate" in lines
    assert any(line.endswith("= amount @ rate / total") for line in lines)
    found = computed(path, tmp_path)
    assert [found[f"S!{cell}"] for cell in ("B8", "G1", "G2", "D4")] == [2000, 300, 3 / 64, 25]
    assert found["S!C8"] == 100 * (4 + 9 + 16 + 25 + 36) / 64 / 2000
