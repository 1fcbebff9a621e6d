"""Ranges of texts that are compared: arrays, whatever the case of their letters."""

from itertools import product
from pathlib import Path

import pytest
from small_books import body, computed, save

from workbook.transpile import transpile

NAMES = ["Ann", "bob", "ANN", "Cy", "ann", "Bob"]
AMOUNTS = [3.0, 5.0, 7.0, 11.0, 13.0, 17.0]


def sums(formula: str, names: list[str] = NAMES, wanted: tuple[str, ...] = ("Ann", "Cy", "Bob")) -> dict[str, object]:
    """A list of names and amounts, and beside it a formula for each of the names that are wanted."""
    cells: dict[str, object] = {"A1": "name", "B1": "amount", "D1": "who", "E1": "total"}
    last = len(names) + 1
    for row, (name, amount) in enumerate(zip(names, AMOUNTS * len(names), strict=False), 2):
        cells |= {f"A{row}": name, f"B{row}": amount}
    for row, who in enumerate(wanted, 2):
        name, amount = f"$A$2:$A${last}", f"$B$2:$B${last}"
        cells |= {f"D{row}": who, f"E{row}": "=" + formula.format(name=name, amount=amount, who=f"D{row}")}
    return cells


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("SUMPRODUCT(({name}={who})*{amount})", [23.0, 11.0, 22.0]),
        ("SUMPRODUCT(({name}<>{who})*{amount})", [33.0, 45.0, 34.0]),
        ("SUMPRODUCT(({name}={who})*({amount}>6))", [2.0, 1.0, 1.0]),
        ("SUMPRODUCT(--({name}={who}))", [3.0, 1.0, 2.0]),
        ("SUMIF({name},{who},{amount})", [23.0, 11.0, 22.0]),
        ('COUNTIF({name},{who})+COUNTIF({name},"CY")', [4.0, 2.0, 3.0]),
        ("SUMIFS({amount},{name},{who},{amount},7)", [7.0, 0.0, 0.0]),
        ('SUMPRODUCT(({name}="Ann")*{amount})+0*LEN({who})', [23.0, 23.0, 23.0]),
    ],
)
def test_texts_are_compared_as_arrays_whatever_their_case(
    target: str, formula: str, expected: list[float], tmp_path: Path
) -> None:
    # Microsoft: the operator = takes no notice of case, nor does a criterion.
    path = save(tmp_path / "names.xlsx", {"S": sums(formula)})
    found = computed(path, tmp_path, target)
    assert [found[f"S!E{row}"] for row in (2, 3, 4)] == expected
    lines = body(path, "s", target)
    assert len(lines) <= 4
    assert not any(" for i in range" in line for line in lines if "LEN(" not in line)


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("a*", 3.0), ("?y", 1.0), ("<>Ann", 4.0), (">b", 3.0), ("5", 1.0), ("~*", 0.0), ("TRUE", 0.0)],
)
def test_a_criterion_that_is_no_plain_text_is_one_of_excel_s(
    wanted: str, expected: float, target: str, tmp_path: Path
) -> None:
    cells = sums("COUNTIF({name},{who})", [*NAMES, "5"], (wanted, "Cy", "Bob"))
    assert computed(save(tmp_path / "names.xlsx", {"S": cells}), tmp_path, target)["S!E2"] == expected


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_rows_against_columns_of_texts_are_one_array(target: str, tmp_path: Path) -> None:
    towns, goods = ["Bern", "Oslo", "Rome"], ["tea", "rye"]
    cells: dict[str, object] = {"A1": "town", "B1": "good", "C1": "sold"}
    rows = list(enumerate(product(towns, goods, [1.0, 2.0]), 2))
    for row, (town, good, sold) in rows:
        cells |= {f"A{row}": town, f"B{row}": good, f"C{row}": sold * row}
    cells |= {"F1": "tea", "G1": "rye"} | {f"E{2 + k}": town for k, town in enumerate(towns)}
    for row, column in product((2, 3, 4), "FG"):
        cells[f"{column}{row}"] = f"=SUMPRODUCT(($A$2:$A$13=$E{row})*($B$2:$B$13={column}$1)*$C$2:$C$13)"
    path = save(tmp_path / "sold.xlsx", {"S": cells})
    found = computed(path, tmp_path, target)
    for (i, town), (column, good) in product(enumerate(towns, 2), zip("FG", goods, strict=True)):
        expected = sum(sold * row for row, (a, b, sold) in rows if (a, b) == (town, good))
        assert found[f"S!{column}{i}"] == expected
    assert len(body(path, "s", target)) <= 9


def test_texts_of_which_too_many_are_known_are_compared_in_small_letters(tmp_path: Path) -> None:
    names = [f"customer {k % 80}" for k in range(120)]
    path = save(tmp_path / "names.xlsx", {"S": sums("SUMPRODUCT(({name}={who})*{amount})", names, tuple(names))})
    made = transpile(path, target="numpy")
    assert made.comparison is not None
    assert made.comparison.differences == ()
    source = made.script.source
    assert "np.char.lower(" in source
    assert "SUMPRODUCT(" not in source


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_the_first_column_of_a_table_to_look_up_in_is_texts(target: str, tmp_path: Path) -> None:
    cells = sums("SUMIF({name},{who},{amount})")
    for row, price in ((2, 5.0), (3, 9.0), (4, 14.0)):
        # E is a price, so that names and prices are one table; F looks up in it.
        cells |= {f"F{row}": cells[f"E{row}"], f"E{row}": price, f"G{row}": f'=VLOOKUP("Cy",$D$2:$E$4,2,FALSE)*{row}'}
    path = save(tmp_path / "table.xlsx", {"S": cells})
    found = computed(path, tmp_path, target)
    assert [found[f"S!F{row}"] for row in (2, 3, 4)] == [23.0, 11.0, 22.0]
    assert found["S!G4"] == 36.0
    assert not any("SUMIF(" in line for line in body(path, "s", target))


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_what_an_if_leaves_out_is_an_empty_text_in_a_text_and_0_elsewhere(target: str, tmp_path: Path) -> None:
    # LibreOffice 7.4 and ironcalc 0.9 both give these.
    expected: dict[str, object] = {
        'IF(A1>0,)&"t"': "t",
        '"t"&IF(A1<0,1,)': "t",
        'IF(A1>0,IF(A1>9,"x",),2)&"t"': "t",
        'IF(A1>0,5,)&"t"': "5t",
        "LEN(IF(A1>0,))": 0.0,
        'EXACT(IF(A1>0,),"")': True,
        'CONCATENATE("a",IF(A1>0,))': "a",
        "IF(A1>0,)": 0.0,
        "IF(A1>0,)+1": 1.0,
    }
    cells: dict[str, object] = {"A1": 1.0}
    cells |= {f"B{row}": f"={formula}" for row, formula in enumerate(expected, 1)}
    assert list(computed(save(tmp_path / "left_out.xlsx", {"S": cells}), tmp_path, target).values()) == list(
        expected.values()
    )
