"""Array formulas (Ctrl+Shift+Enter) that work cell by cell are array lines like any fill."""

import math
from pathlib import Path

import pytest
from openpyxl.worksheet.formula import ArrayFormula
from small_books import body, computed, save

LOGITS = [[1.0, -2.0, 0.5], [0.25, 3.0, -1.0], [2.0, 2.0, 1.0], [-0.5, 0.0, 4.0]]
CLASSES = (1, 2, 3, 3)
ROWS = range(2, 6)


def classifier(path: Path) -> Path:
    """A softmax, a row at a time as an array formula of its own, and the loss of each row's class."""
    cells: dict[str, object] = {"A1": "logits", "E1": "class", "G1": "probabilities", "K1": "loss"}
    for row, logits, shown in zip(ROWS, LOGITS, CLASSES, strict=True):
        z = f"A{row}:C{row}"
        cells |= {f"{letter}{row}": value for letter, value in zip("ABC", logits, strict=True)} | {f"E{row}": shown}
        cells[f"G{row}"] = ArrayFormula(f"G{row}:I{row}", f"=EXP({z}-MAX({z}))/SUM(EXP({z}-MAX({z})))")
        cells[f"K{row}"] = ArrayFormula(f"K{row}", f"=LN(SUM(EXP({z}-MAX({z}))))+MAX({z})-INDEX({z},1,E{row})")
    return save(path, {"S": cells})


def expected() -> dict[str, float]:
    found: dict[str, float] = {}
    for row, logits, shown in zip(ROWS, LOGITS, CLASSES, strict=True):
        powers = [math.exp(value) for value in logits]
        found |= {f"S!{letter}{row}": power / sum(powers) for letter, power in zip("GHI", powers, strict=True)}
        found[f"S!K{row}"] = math.log(sum(powers)) - logits[shown - 1]
    return found


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_rows_of_array_formulas_are_computed(tmp_path: Path, target: str) -> None:
    found, wanted = computed(classifier(tmp_path / "rows.xlsx"), tmp_path, target), expected()
    assert found.keys() == wanted.keys()
    assert all(abs(float(found[cell]) - value) < 1e-14 for cell, value in wanted.items())  # type: ignore[arg-type]


def test_rows_of_array_formulas_are_one_array(tmp_path: Path) -> None:
    text = "\n".join(body(classifier(tmp_path / "rows.xlsx"), "s"))
    assert text.count("probabilities = ") == 1
    assert "logits[np.arange(4), class_.astype(int) - 1]" in text
    assert "shown(" not in text


def test_torch_has_a_word_for_a_softmax(tmp_path: Path) -> None:
    assert "probabilities = torch.softmax(logits, dim=-1)" in body(classifier(tmp_path / "rows.xlsx"), "s", "torch")


def test_a_lookup_of_rows_is_an_embedding_with_torch(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "index", "C1": "weights", "H1": "activations"}
    for row in range(2, 8):
        cells |= {f"A{row}": float(7 * row % 4 + 1), f"C{row}": row / 4, f"D{row}": -row / 8, f"E{row}": row**2 / 2}
        cells |= {f"{new}{row}": f"=INDEX({of}$2:{of}$7,$A{row})" for new, of in zip("HIJ", "CDE", strict=True)}
    path = save(tmp_path / "embedding.xlsx", {"S": cells})
    assert "activations = F.embedding(index.long() - 1, weights)" in body(path, "s", "torch")
    found = computed(path, tmp_path, "torch")
    chosen = {row: 7 * row % 4 + 2 for row in range(2, 8)}
    assert found == {
        f"S!{new}{row}": cells[f"{of}{at}"] for row, at in chosen.items() for new, of in zip("HIJ", "CDE", strict=True)
    }


def test_an_array_formula_of_another_size_than_its_cells_stays_whole(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": 1.0, "B1": 2.0, "A2": 5.0, "B2": 7.0}
    for row in (1, 2):
        cells[f"D{row}"] = ArrayFormula(f"D{row}:F{row}", f"=A{row}:B{row}*10")
    found = computed(save(tmp_path / "short.xlsx", {"S": cells}), tmp_path)
    lost = {"error": "#N/A"}
    assert found == {"S!D1": 10, "S!E1": 20, "S!F1": lost, "S!D2": 50, "S!E2": 70, "S!F2": lost}


def test_products_of_each_row_are_one_product(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": 1.0, "B1": 2.0, "A2": 5.0, "B2": 7.0, "A4": 1.0, "B4": 0.5, "A5": -1.0, "B5": 2.0}
    for row in (1, 2):
        cells[f"D{row}"] = ArrayFormula(f"D{row}:E{row}", f"=MMULT(A{row}:B{row},$A$4:$B$5)")
    path = save(tmp_path / "product.xlsx", {"S": cells})
    assert body(path, "s") == ["d1_e2 = a1_b2 @ a4_b5"]
    found = computed(path, tmp_path)
    assert found == {"S!D1": -1.0, "S!E1": 4.5, "S!D2": -2.0, "S!E2": 16.5}


def test_a_blank_makes_all_of_a_product_an_error(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": 1.0, "B1": 2.0, "A2": 5.0, "B2": 7.0, "A4": 1.0, "B4": 0.5, "B5": 2.0}
    cells["D1"] = ArrayFormula("D1:E2", "=MMULT(A1:B2,A4:B5)")
    found = computed(save(tmp_path / "blank.xlsx", {"S": cells}), tmp_path)
    assert found == {f"S!{cell}": {"error": "#VALUE!"} for cell in ("D1", "E1", "D2", "E2")}
