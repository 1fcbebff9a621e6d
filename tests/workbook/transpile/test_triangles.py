"""Formulas that fill a triangle of a sheet, or all but a diagonal: one array with a mask, blanks in the rest of it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from openpyxl.utils import get_column_letter as letter
from small_books import body, save

from workbook.transpile import transpile
from workbook.transpile.back import check

SIZE = 6
SHAPES: Mapping[str, Callable[[int, int], bool]] = {
    "lower": lambda i, j: j <= i,
    "strictly upper": lambda i, j: j > i,
    "upper": lambda i, j: j >= i,
    "cohorts": lambda i, j: j <= SIZE - 1 - i,
    "lower right": lambda i, j: j >= SIZE - 1 - i,
    "trapezium": lambda i, j: j <= i + 2,
    "around": lambda i, j: j != i,
    "around mirrored": lambda i, j: j != SIZE - 1 - i,
}


def sheet(has: Callable[[int, int], bool], formula: str) -> dict[str, object]:
    """A triangle in B2:G7, what reads it beside it; in a formula `{c}` is a cell's column, `{r}` its row."""
    cells: dict[str, object] = {f"{letter(2 + k)}1": float(k + 1) for k in range(SIZE)}
    cells |= {f"A{2 + k}": float(k * k + 1) for k in range(SIZE)}
    for i in range(SIZE):
        for j in range(SIZE):
            if has(i, j):
                cells[f"{letter(2 + j)}{2 + i}"] = formula.format(c=letter(2 + j), r=2 + i)
        row = f"$B{2 + i}:$G{2 + i}"
        cells |= {f"I{2 + i}": f"=SUM({row})", f"J{2 + i}": f"=COUNT({row})", f"K{2 + i}": f"=MAX(0,{row})"}
        cells |= {f"L{2 + i}": f"=SUMPRODUCT({row},$B$1:$G$1)", f"M{2 + i}": f"=D{2 + i}*2+1"}
        cells |= {f"N{2 + i}": f'=IF(D{2 + i}="","none",D{2 + i})', f"O{2 + i}": f"=COUNTBLANK({row})"}
    return cells


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize(
    "formula",
    ["=$A{r}*{c}$1", "=EXP($A{r}/40)*{c}$1+SUM($A$2:$A$7)", "=MEDIAN($A{r},{c}$1,3)", "=IF({c}$1>2,$A{r},-{c}$1)"],
    ids=["product", "sum", "cell by cell", "condition"],
)
def test_a_triangle_and_all_that_reads_it_have_their_values(tmp_path: Path, formula: str, target: str) -> None:
    path = save(tmp_path / "triangles.xlsx", {title: sheet(has, formula) for title, has in SHAPES.items()})
    made = transpile(path, target=target)
    assert (made.refused, made.unsure) == ((), frozenset())
    assert made.comparison is not None
    filled = sum(has(i, j) for has in SHAPES.values() for i in range(SIZE) for j in range(SIZE))
    assert (made.comparison.cells, made.comparison.differences) == (filled + 7 * SIZE * len(SHAPES), ())
    triangles = [o for o in made.lines.origins if o.rectangle[:2] in ((2, 2), (2, 3)) and not o.is_input]
    assert len(triangles) == len(SHAPES)


def test_a_triangle_that_reads_another_of_its_mask_needs_no_mask_of_its_own(tmp_path: Path) -> None:
    cells = {a: v for a, v in sheet(SHAPES["lower"], "=$A{r}*{c}$1").items() if a[0] in "ABCDEFG"}
    cells |= {"A9": "half", "A1": "product"}
    for i in range(SIZE):
        cells |= {f"{letter(2 + j)}{10 + i}": f"={letter(2 + j)}{2 + i}/2" for j in range(i + 1)}
    lines = body(save(tmp_path / "two.xlsx", {"S": cells}), "s")
    assert lines[0] == "mask = np.tri(6, dtype=bool)"
    assert [line.partition(" = ")[2] for line in lines[1:]] == [
        "np.where(mask, product_2[:, None] * product, math.nan)",
        "b2_g7 / 2",
    ]


def test_a_triangle_of_a_recurrence_is_computed_column_by_column(tmp_path: Path) -> None:
    cells: dict[str, object] = {"B2": 1.0}
    for i in range(1, SIZE + 1):
        cells |= {f"{letter(2 + j)}{2 + i}": f"={letter(2 + j)}{1 + i}+{letter(1 + j)}{1 + i}" for j in range(i + 1)}
    path = save(tmp_path / "pascal.xlsx", {"S": cells})
    for target in ("numpy", "torch"):
        made = transpile(path, target=target)
        assert made.comparison is not None
        assert (made.refused, made.comparison.differences) == ((), ())
        assert made.comparison.cells == 27


def test_a_triangle_with_other_cells_beyond_its_diagonal_is_none(tmp_path: Path) -> None:
    cells = sheet(SHAPES["lower"], "=$A{r}*{c}$1") | {"G2": 5.0}
    made = transpile(save(tmp_path / "other.xlsx", {"S": cells}), target="numpy")
    assert made.comparison is not None
    assert made.comparison.differences == ()
    assert (2, 2, 7, 7) not in {o.rectangle for o in made.lines.origins}


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_triangle_whose_other_cells_are_typed_zeros_is_an_array_with_a_condition(tmp_path: Path, target: str) -> None:
    cells: dict[str, object] = {}
    for i in range(4):
        cells |= {f"A{2 + i}": float(i + 1), f"{letter(2 + i)}1": float(10 * i + 1)}
        for j in range(4):
            cells[f"{letter(2 + j)}{2 + i}"] = f"=$A{2 + i}*{letter(2 + j)}$1" if j <= i else 0.0
            # A recurrence keeps its zeros as inputs.
            doubled = f"={letter(7 + j)}{2 + i}*2" if j else f"=$A{2 + i}"
            cells[f"{letter(8 + j)}{2 + i}"] = doubled if j <= i else 0.0
        cells[f"M{2 + i}"] = f"=SUM($B{2 + i}:$E{2 + i})"
    path = save(tmp_path / "zeros.xlsx", {"S": cells})
    made = transpile(path, target=target)
    assert (made.refused, made.unsure) == ((), frozenset())
    lines = body(path, "s", target)
    assert sum(line.startswith("b2_e5 = ") for line in lines) == 1
    (tmp_path / "script.py").write_text(made.script.source, encoding="utf-8")
    found = check.run(tmp_path / "script.py")
    assert [found[f"S!M{row}"] for row in range(2, 6)] == [1, 24, 99, 256]
    assert [found[f"S!{at}"] for at in ("B5", "E5", "K5", "I3")] == [4, 124, 32, 4]


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_texts_around_an_empty_diagonal_are_one_statement(tmp_path: Path, target: str) -> None:
    cells: dict[str, object] = {}
    for i in range(SIZE):
        cells |= {
            f"A{2 + i}": f"team {i}",
            f"{letter(2 + i)}1": f"team {i}",
            f"I{2 + i}": f"=COUNTA(B{2 + i}:G{2 + i})",
        }
        cells |= {f"{letter(2 + j)}{2 + i}": f'=$A{2 + i}&" v "&{letter(2 + j)}$1' for j in range(SIZE) if j != i}
    path = save(tmp_path / "matches.xlsx", {"S": cells})
    made = transpile(path, target=target)
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences) == (SIZE * SIZE, ())
    assert len(body(path, "s", target)) == 2
