"""What makes scripts short: names of our own blocks, no helper that nothing needs, nothing said twice."""

import math
from pathlib import Path

import pytest
from small_books import body, computed, save

from workbook.formula.address import cell_address, range_address
from workbook.transpile import transpile
from workbook.transpile.back.script import formatted

PRICES: dict[str, object] = {
    "A1": "what one costs", "B1": "how many", "C1": "what all cost",
    **{f"A{row}": row / 2 for row in range(2, 6)}, **{f"B{row}": float(row) for row in range(2, 6)},
    **{f"C{row}": f"=A{row}*B{row}" for row in range(2, 6)},
}  # fmt: skip


def manifest(*rows: tuple[str, str]) -> dict[str, object]:
    return {f"{column}{row}": text for row, pair in enumerate(rows, 1) for column, text in zip("AB", pair, strict=True)}


def test_arrays_of_our_own_workbooks_are_called_as_their_blocks(tmp_path: Path) -> None:
    blocks = manifest(("block shop.price", "A2:A5"), ("block shop.count", "B2:B5"), ("block shop.cost", "C2:C5"))
    path = save(tmp_path / "own.xlsx", {"Start": {"A1": "words"}, "The shop": PRICES, "manifest": blocks})
    assert body(path, "the_shop") == ["cost = price * count"]


def test_what_is_filled_through_several_blocks_is_an_array_of_each(tmp_path: Path) -> None:
    blocks = manifest(
        *(("block shop.head", "A1:B1"), ("block shop.weight", "A2:B5")),
        *(("block use.name", "A1:B1"), ("block use.weight_used", "A2:B5"), ("block use.twice", "D2:E5")),
    )
    shop: dict[str, object] = {"A1": "left", "B1": "right"}
    shop |= {f"{column}{row}": float(row) for column in "AB" for row in range(2, 6)}
    use: dict[str, object] = {f"{column}{row}": f"=shop!{column}{row}" for column in "AB" for row in range(1, 6)}
    use |= {f"{to}{row}": f"=2*{of}{row}" for to, of in zip("DE", "AB", strict=True) for row in range(2, 6)}
    path = save(tmp_path / "own.xlsx", {"shop": shop, "use": use, "manifest": blocks})
    assert body(path, "use") == ["name = shop.head", "weight_used = shop.weight", "twice = 2 * weight_used"]
    found = computed(path, tmp_path)
    assert [found[f"use!{at}"] for at in ("A1", "B1", "A5", "E5")] == ["left", "right", 5.0, 10.0]


def test_blocks_that_overlap_divide_nothing(tmp_path: Path) -> None:
    blocks = manifest(("block shop.first", "C2:C3"), ("block shop.second", "C3:C4"), ("block shop.price", "A2:A5"))
    path = save(tmp_path / "edited.xlsx", {"The shop": PRICES, "manifest": blocks})
    found = computed(path, tmp_path)
    assert [found[f"The shop!C{row}"] for row in range(2, 6)] == [row * row / 2 for row in range(2, 6)]


@pytest.mark.parametrize(
    "row",
    [
        ("block shop.cost", "C2:C5'); import os"),
        ("block shop.cost()", "C2:C5"),
        ("block shop.cost", "0C:C5"),
        ("cost", "C2"),
    ],
)
def test_what_is_no_block_of_a_manifest_names_nothing(tmp_path: Path, row: tuple[str, str]) -> None:
    path = save(tmp_path / "edited.xlsx", {"The shop": PRICES, "manifest": manifest(row)})
    assert body(path, "the_shop") == ["what_all_cost = what_one_costs * how_many"]


def test_a_column_of_single_numbers_is_an_array_and_a_verdict_on_it_plain_python(tmp_path: Path) -> None:
    losses = {"B2": "=A2^2", "B3": "=A2+7", "B4": "=B2*B3"}
    verdicts = {f"C{row}": f'=IF(B{row}>10,"diverged","")' for row in (2, 3, 4)}
    path = save(
        tmp_path / "steps.xlsx", {"S": {"A1": "w", "A2": 3.0, "B1": "loss", "C1": "verdict", **losses, **verdicts}}
    )
    source = transpile(path, target="numpy").script.source
    assert 'verdict = ["diverged" if area_list[i] > 10 else "" for i in range(3)]' in source
    assert "assemble" not in source
    assert "def IF" not in source
    for target in ("numpy", "torch"):
        found = computed(path, tmp_path, target)
        assert [found[f"S!C{row}"] for row in (2, 3, 4)] == ["", "", "diverged"]


@pytest.mark.parametrize(("text", "reads_dates"), [("−∞", False), ("1/2/2024", True)])
def test_texts_are_read_as_dates_only_where_one_may_be_a_date(tmp_path: Path, text: str, reads_dates: bool) -> None:
    cells: dict[str, object] = {"A1": 2.0, "A2": text, "A3": 4.0}
    cells |= {f"B{row}": f'=IFERROR(A{row}*2,"none")' for row in (1, 2, 3)}
    path = save(tmp_path / "texts.xlsx", {"S": cells})
    assert ("datetime" in transpile(path, target="numpy").script.source) == reads_dates
    found = computed(path, tmp_path)
    # Excel counts days from the last day of 1899 on: 2 January 2024 is 45293.
    assert [found[f"S!B{row}"] for row in (1, 2, 3)] == [4.0, 2 * 45293.0 if reads_dates else "none", 8.0]


def test_inputs_that_no_line_reads_are_not_in_a_script(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": 1.0, "A2": "a note", "A3": 2.0, "B1": "=SUM(A1:A3)", "D1": 5.0}
    source = transpile(save(tmp_path / "notes.xlsx", {"S": cells}), target="numpy").script.source
    assert "5" not in source[source.index("def inputs") : source.index("def compute")]


def test_an_array_is_made_a_list_once(tmp_path: Path) -> None:
    cells: dict[str, object] = {f"A{row}": float(row) for row in range(1, 6)}
    cells |= {
        f"{column}{row}": f'=IF(A{row}>{at},"yes","no")' for row in range(1, 6) for at, column in enumerate("CE", 2)
    }
    lines = body(save(tmp_path / "lists.xlsx", {"S": cells}), "s")
    assert sum(line.endswith(".tolist()") for line in lines) == 1
    assert len(lines) == 3


def test_names_and_ranges_fill_lines() -> None:
    names = [f"quantity_{place}" for place in range(30)]
    cells = ", ".join(f'"A{place}": "{name}"' for place, name in enumerate(names))
    made = formatted(f"({', '.join(names)}) = f(x)\ncells = {{{cells}}}")
    assert len(made.splitlines()) < 15
    assert max(map(len, made.splitlines())) <= 120
    assert all(f'"A{place}": "{name}"' in made for place, name in enumerate(names))
    compile(made, "made", "exec")


def test_results_of_panels_are_read_from_the_panels_alone(tmp_path: Path) -> None:
    # Three panels of four losses stand nine rows apart, below headings and labels; a table has the mean of each.
    cells: dict[str, object] = {"A1": "loss by panel"}
    for panel in range(3):
        top = 10 + 9 * panel
        cells |= {f"A{top - 2}": f"panel {panel + 1}", f"A{top - 1}": "x", f"B{top - 1}": "loss"}
        cells |= {f"A{top + k}": float(panel + k) for k in range(4)}
        power = panel + 2
        cells |= {f"B{top + k}": f"=A{top + k}^{power}" for k in range(4)}
        cells |= {
            f"A{2 + panel}": float(panel + 1),
            f"B{2 + panel}": f"=SUM(B{top}:B{top + 3})/COUNT(B{top}:B{top + 3})",
        }
    path = save(tmp_path / "panels.xlsx", {"S": cells})
    source = transpile(path, target="numpy").script.source
    assert "each_loss = np.array([loss, loss_2, loss_3])" in source
    assert "each_loss.sum(axis=-1) / each_loss.shape[1]" in source
    assert "assemble" not in source
    for target in ("numpy", "torch"):
        found = computed(path, tmp_path, target)
        means = [sum((panel + k) ** (panel + 2) for k in range(4)) / 4 for panel in range(3)]
        assert [found[f"S!B{row}"] for row in (2, 3, 4)] == pytest.approx(means, rel=1e-12)


def test_a_column_that_begins_with_another_formula_is_one_list_made_once(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "x", "B1": "slope", "B2": '=IF(A2>0,A2,"")', "C1": 1.0}
    cells |= {f"A{row}": float(row - 4) for row in range(2, 9)}
    cells |= {f"B{row}": f'=IF(A{row}>C$1,A{row}-A{row - 1},"")' for row in range(3, 9)}
    cells |= {"D2": "=MIN(B2:B8)", "D3": "=MATCH(D2,B2:B8,0)", "D4": "=COUNT(B2:B8)"}
    path = save(tmp_path / "gaps.xlsx", {"S": cells})
    source = transpile(path, target="numpy").script.source
    assert source.count("column([slope_3, *slope_list])") == 1
    assert "assemble" not in source
    for target in ("numpy", "torch"):
        found = computed(path, tmp_path, target)
        assert [found[f"S!D{row}"] for row in (2, 3, 4)] == [1.0, 5.0, 3.0]


def test_a_verdict_on_a_cell_that_nobody_has_filled_is_what_it_says(tmp_path: Path) -> None:
    asked = '=IF(ISERROR(SUM(A1)),"an error",IF(COUNT(A1)<COUNTA(A1),"a text",IF(COUNT(A1)<1,"to do","done")))'
    path = save(
        tmp_path / "todo.xlsx", {"S": {"B1": "answer", "C1": asked, "A2": 3.0, "C2": asked.replace("A1", "A2")}}
    )
    assert '"to do"' in transpile(path, target="numpy").script.source
    assert "None" not in "".join(body(path, "s"))
    for target in ("numpy", "torch"):
        found = computed(path, tmp_path, target)
        assert (found["S!C1"], found["S!C2"]) == ("to do", "done")


def test_a_word_on_a_total_asks_the_array(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "w", **{f"A{row}": float(row) for row in range(2, 6)}}
    cells |= {"B1": "says", "B2": '=IF(SUMSQ(A2:A5)=0,"nothing",IF(SUM(A2:A5)>10,"much","little"))'}
    path = save(tmp_path / "words.xlsx", {"S": cells})
    assert body(path, "s")[0] == 'says = "nothing" if (w**2).sum() == 0 else "much" if w.sum() > 10 else "little"'
    for target in ("numpy", "torch"):
        assert computed(path, tmp_path, target)["S!B2"] == "much"


def test_one_word_among_numbers_is_a_gap_of_an_array(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "score", **{f"A{row}": float(row) for row in range(2, 7)}}
    cells |= {"B1": "masked", "C1": "power", "D1": "x", "D2": "=MAX(B2:B6)", "D3": "=COUNT(B2:B6)", "D4": 5.0}
    cells |= {f"B{row}": f'=IF(A{row}>D$4,"−∞",A{row}/2)' for row in range(2, 7)}
    cells |= {f"C{row}": f'=IF(ISNUMBER(B{row}),EXP(B{row}-D$2),0)+(B{row}="−∞")' for row in range(2, 7)}
    path = save(tmp_path / "masked.xlsx", {"S": cells})
    lines = body(path, "s")
    assert lines[0].startswith("masked = np.where(score > ")
    assert lines[0].endswith("math.nan, score / 2)")
    assert any("~np.isnan(masked)" in line for line in lines)
    for target in ("numpy", "torch"):
        found = computed(path, tmp_path, target)
        assert [found[f"S!B{row}"] for row in range(2, 7)] == [1.0, 1.5, 2.0, 2.5, "−∞"]
        assert (found["S!D2"], found["S!D3"], found["S!C5"], found["S!C6"]) == (2.5, 4.0, 1.0, 1.0)


def test_words_of_two_kinds_among_numbers_are_no_gaps(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "x", "B1": "y", **{f"A{row}": float(row) for row in range(2, 6)}}
    cells |= {f"B{row}": f'=IF(A{row}>4,"high",IF(A{row}<3,"low",A{row}))' for row in range(2, 6)}
    path = save(tmp_path / "two.xlsx", {"S": cells})
    for target in ("numpy", "torch"):
        found = computed(path, tmp_path, target)
        assert [found[f"S!B{row}"] for row in range(2, 6)] == ["low", 3.0, 4.0, "high"]


def test_blocks_that_the_place_of_each_cell_chooses_are_one_statement(tmp_path: Path) -> None:
    cells: dict[str, object] = {
        f"{letter}{row + 1}": 4.0 * row + k + 1 for row in range(4) for k, letter in enumerate("ABCD")
    }
    for row in range(1, 5):
        for letter, own in zip("FGHI", "ABCD", strict=True):
            block = "OFFSET($A$1,INT((ROW()-1)/2)*2,INT((COLUMN()-6)/2)*2,2,2)"
            cells[f"{letter}{row}"] = f"=SUMPRODUCT(--({block}>={own}{row}))"
    path = save(tmp_path / "blocks.xlsx", {"S": cells})
    assert sum(" = " in line for line in body(path, "s")) <= 2
    found = computed(path, tmp_path)
    assert [[found[f"S!{letter}{row}"] for letter in "FGHI"] for row in range(1, 5)] == [[4, 3, 4, 3], [2, 1, 2, 1]] * 2


def test_a_table_whose_cells_read_those_above_and_beside_them_is_computed_row_by_row(tmp_path: Path) -> None:
    # How many letters change "kitten" to "sitting", as Wagner and Fischer count: 3. Its borders are formulas too.
    letters = "CDEFGHI"
    cells: dict[str, object] = {"B2": 0.0, **dict(zip([f"{letter}1" for letter in letters], "sitting", strict=True))}
    for row, sign in enumerate("kitten", 3):
        cells |= {f"A{row}": sign, f"B{row}": f"=B{row - 1}+1"}
    for before, letter in zip("BCDEFGH", letters, strict=True):
        cells[f"{letter}2"] = f"={before}2+1"
        for row in range(3, 9):
            change = f"{before}{row - 1}+IF($A{row}={letter}$1,0,1)"
            cells[f"{letter}{row}"] = f"=MIN({letter}{row - 1}+1,{before}{row}+1,{change})"
    path = save(tmp_path / "distance.xlsx", {"S": cells})
    assert len(body(path, "s")) <= 20
    assert computed(path, tmp_path)["S!I8"] == 3


def test_the_numbers_up_to_one_that_indirect_makes_rows_of_are_counted_and_not_looked_up(tmp_path: Path) -> None:
    # Digit sums, and how many numbers from 2 to n divide 12.
    cells: dict[str, object] = {}
    for row, number in enumerate((7.0, 12.0, 345.0), 1):
        cells[f"A{row}"] = number
        cells[f"B{row}"] = f'=SUMPRODUCT(--MID(A{row},ROW(INDIRECT("1:"&LEN(A{row}))),1))'
        cells[f"C{row}"] = f'=SUMPRODUCT(--(MOD(12,ROW(INDIRECT("A2:A"&A{row})))=0))'
    path = save(tmp_path / "counted.xlsx", {"S": cells})
    assert sum(line.startswith(("b", "c")) for line in body(path, "s")) <= 2
    found = computed(path, tmp_path)
    assert [[found[f"S!{letter}{row}"] for row in (1, 2, 3)] for letter in "BC"] == [[7, 3, 12], [4, 5, 5]]


_LIFE = {(1, 2), (2, 3), (3, 1), (3, 2), (3, 3)}


def _generations(size: int) -> dict[str, object]:
    """A glider on a board, then three generations, each under a heading and below the one before."""
    cells: dict[str, object] = {"A1": "Game of Life"}
    for generation in range(4):
        top = 3 + generation * (size + 2)
        cells[f"A{top - 1}"] = f"generation {generation}"
        for row in range(size):
            for column in range(size):
                me, above = cell_address(top - size - 2 + row, 2 + column), top - size - 3 + row
                around = f"SUM({range_address(above, 1 + column, 3, 3)})-{me}"
                cells[cell_address(top + row, 2 + column)] = (
                    f"=IF(OR({around}=3,AND({me}=1,{around}=2)),1,0)" if generation else float((row, column) in _LIFE)
                )
    return cells


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_window_over_an_array_and_its_blank_margin_is_one_over_zeros_around_the_array(
    target: str, tmp_path: Path
) -> None:
    size = 6
    path = save(tmp_path / "life.xlsx", {"Life": _generations(size)})
    assert len(body(path, "life", target)) <= 12
    alive, found = set(_LIFE), computed(path, tmp_path, target)
    for generation in range(1, 4):
        places = [(row, column) for row in range(size) for column in range(size)]
        near = {at: sum(abs(at[0] - r) <= 1 and abs(at[1] - c) <= 1 for r, c in alive - {at}) for at in places}
        alive = {at for at in places if near[at] == 3 or (at in alive and near[at] == 2)}
        top = 3 + generation * (size + 2)
        shown = {at for at in places if found[f"Life!{cell_address(top + at[0], 2 + at[1])}"] == 1.0}
        assert shown == alive, generation


def test_a_blank_margin_counts_as_0_in_sums_alone(tmp_path: Path) -> None:
    values = [[-1.5, -2.0, -4.0], [-0.5, -3.0, -2.5], [-6.0, -1.0, -7.0]]
    cells: dict[str, object] = {cell_address(2 + r, 2 + c): values[r][c] for r in range(3) for c in range(3)}
    cells |= {"G2": 1.0, "H2": 2.0, "G3": -1.0, "H3": 0.5}
    for row in range(4):
        for column in range(4):
            window = range_address(1 + row, 1 + column, 2, 2)
            cells[cell_address(10 + row, 2 + column)] = f"=SUMPRODUCT({window},$G$2:$H$3)"
            cells[cell_address(20 + row, 2 + column)] = f"=MAX({window})"
    path = save(tmp_path / "filter.xlsx", {"S": cells})
    assert "np.pad(" in "".join(body(path, "s"))
    found = computed(path, tmp_path)
    padded = {(r, c): values[r - 1][c - 1] for r in range(1, 4) for c in range(1, 4)}
    kernel = {(0, 0): 1.0, (0, 1): 2.0, (1, 0): -1.0, (1, 1): 0.5}
    for row in range(4):
        for column in range(4):
            total = sum(padded.get((row + r, column + c), 0.0) * weight for (r, c), weight in kernel.items())
            inside = [padded[row + r, column + c] for r, c in kernel if (row + r, column + c) in padded]
            assert found[f"S!{cell_address(10 + row, 2 + column)}"] == pytest.approx(total, rel=1e-14, abs=0)
            assert found[f"S!{cell_address(20 + row, 2 + column)}"] == max(inside)


def test_a_range_of_single_cells_is_written_in_rows(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": 2.0, "B1": 3.0, "A3": "=A1*B1", "B3": "=A1-7", "A4": "=B3/4", "B4": "=A3^2+A4"}
    path = save(tmp_path / "single.xlsx", {"S": cells | {"D1": "=SUM(A3:B4)"}})
    numpy, torch = (" ".join(body(path, "s", target)) for target in ("numpy", "torch"))
    assert "np.array([[a3, b3], [a4, b4]], dtype=float)" in numpy
    assert "stack([[a3, b3], [a4, b4]])" in torch
    assert computed(path, tmp_path)["S!D1"] == computed(path, tmp_path, "torch")["S!D1"] == 6 - 5 - 1.25 + 34.75


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize("kind", ["Pascal", "Catalan"])
def test_a_triangle_that_reads_itself_is_one_loop_in_another(kind: str, target: str, tmp_path: Path) -> None:
    size = 9
    cells: dict[str, object] = {"A1": kind}
    right: dict[str, int] = {}
    # Catalan's triangle counts the ways through squares that never cross the diagonal.
    ways = {(0, column): 1 for column in range(size)}
    for row in range(1, size):
        for column in range(row, size):
            ways[row, column] = ways.get((row, column - 1), 0) + ways[row - 1, column]
        for column in range(row + 1) if kind == "Pascal" else range(row, size):
            before = cell_address(1 + row if kind == "Pascal" else 2 + row, 1 + column)
            at = cell_address(2 + row, 2 + column)
            cells[at] = f"={before}+{cell_address(1 + row, 2 + column)}"
            right[f"S!{at}"] = math.comb(row, column) if kind == "Pascal" else ways[row, column]
    first = [1.0] if kind == "Pascal" else [1.0] * size
    cells |= {cell_address(2, 2 + column): value for column, value in enumerate(first)}
    path = save(tmp_path / "triangle.xlsx", {"S": cells})
    lines = body(path, "s", target)
    assert len(lines) <= 8
    assert sum(line.startswith("for ") for line in lines) == 2
    found = computed(path, tmp_path, target)
    assert {cell: found[cell] for cell in right} == right
    assert ways[size - 1, size - 1] == math.comb(2 * size - 2, size - 1) // size


@pytest.mark.parametrize(
    ("target", "mean"), [("numpy", "np.nanmean(area, axis=0)"), ("torch", "torch.nanmean(area, dim=0)")]
)
def test_columns_of_typed_numbers_with_blanks_and_of_formulas_have_their_totals_together(
    target: str, mean: str, tmp_path: Path
) -> None:
    marks = [[8.0, None, 6.0], [None, 9.5, 7.0], [4.0, 5.5, None], [10.0, 7.5, 9.0]]
    cells: dict[str, object] = {
        "A1": "quiz 1",
        "B1": "quiz 2",
        "C1": "quiz 3",
        "D1": "best",
        "F2": "mean",
        "F3": "most",
    }
    for row, line in enumerate(marks, 2):
        cells |= {f"{column}{row}": mark for column, mark in zip("ABC", line, strict=True) if mark is not None}
        cells[f"D{row}"] = f"=MAX(A{row}:C{row})"
    for column in "ABCD":
        cells |= {f"{column}7": f"=AVERAGE({column}2:{column}5)", f"{column}8": f"=MAX({column}2:{column}5)"}
        cells[f"{column}9"] = f"=SUM({column}2:{column}5)/8"
    path = save(tmp_path / "marks.xlsx", {"S": cells})
    assert mean in "".join(body(path, "s", target))
    found = computed(path, tmp_path, target)
    columns = [[mark for mark in column if mark is not None] for column in zip(*marks, strict=True)]
    columns.append([max(mark for mark in line if mark is not None) for line in marks])
    for letter, column in zip("ABCD", columns, strict=True):
        right = [sum(column) / len(column), max(column), sum(column) / 8]
        assert [found[f"S!{letter}{row}"] for row in (7, 8, 9)] == pytest.approx(right, rel=1e-14, abs=0)
