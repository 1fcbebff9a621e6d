"""Each lift of a formula to the field's words: what a column of such formulas becomes."""

from pathlib import Path

import pytest
from small_books import body, computed, save

from workbook.transpile import transpile

ROWS = range(2, 8)
GIVEN = {
    "x": lambda row: row / 4,
    "y": lambda row: 3.0 - row / 2,
    "idx": lambda row: float(row % 3 + 1),
}
LIFTS = [
    ("sum of squares", "=SQRT(SUMSQ($A$2:$A$7)/COUNT($A$2:$A$7))", None),
    ("relu", "=MAX(0,B{row})", "relu = np.maximum(0, y)"),
    ("power", "=-A{row}^2", "power = (-x) ** 2"),
    ("scaled", "=A{row}*$E$2", "scaled = x * factor"),
    ("looked up", "=INDEX($A$2:$A$7,$C{row},1)", "looked_up = x[idx.astype(int) - 1]"),
    ("softened", "=EXP(A{row})/SUM($A$2:$A$7)", "softened = np.exp(x) / x.sum()"),
    ("chosen", "=IF(A{row}>1,A{row},B{row})", "chosen = np.where(x > 1, x, y)"),
    ("is large", "=IF(A{row}>1,1,0)", "is_large = (x > 1).astype(float)"),
    ("rms of all", "=SUMPRODUCT($A$2:$A$7,$B$2:$B$7)*A{row}", "rms_of_all = x @ y * x"),
    ("counted", "=COUNTIFS($C$2:$C$7,C{row})", "counted = (idx == idx[:, None]).sum(axis=-1)"),
]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    cells: dict[str, object] = {"E1": "factor", "E2": 3.0}
    for column, (heading, value) in zip("ABC", GIVEN.items(), strict=True):
        cells[f"{column}1"] = heading
        cells |= {f"{column}{row}": value(row) for row in ROWS}
    for place, (heading, formula, _) in enumerate(LIFTS):
        column = "GHIJKLMNOPQRST"[place]
        cells[f"{column}1"] = heading
        cells |= {f"{column}{row}": formula.format(row=row) for row in ROWS}
    path = save(tmp_path_factory.mktemp("lifts") / "lifts.xlsx", {"S": cells})
    made = transpile(path, target="numpy")
    assert made.refused == ()
    assert made.comparison is not None
    assert made.comparison.differences == ()
    return made.script.source


@pytest.mark.parametrize(("heading", "line"), [(heading, line) for heading, _, line in LIFTS if line])
def test_a_formula_becomes_the_line_that_a_person_would_write(source: str, heading: str, line: str) -> None:
    found = [text.strip() for text in source.splitlines()]
    assert line in found, [text for text in found if text.startswith(line.split(" =")[0])]


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
