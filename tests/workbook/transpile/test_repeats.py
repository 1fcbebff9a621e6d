"""What a workbook says several times is one function of its script: blocks of a sheet, and sheets that are twins."""

from pathlib import Path

import pytest
from openpyxl.utils import get_column_letter as letter
from small_books import body, save

from workbook.transpile import transpile


def stage(column: int, source: str, name: str) -> dict[str, object]:
    """Five columns of four rows: a weight, and four formulas, each of the one before it."""
    a, b, c, d, e = (letter(column + k) for k in range(5))
    cells: dict[str, object] = {
        f"{a}1": f"weight {name}",
        f"{b}1": "sum",
        f"{c}1": "curve",
        f"{d}1": "share",
        f"{e}1": "out",
    }
    for row in range(2, 6):
        cells |= {
            f"{a}{row}": row / (column + 2),
            f"{b}{row}": f"={source.format(r=row)}*{a}{row}+1",
            f"{c}{row}": f"=EXP(-{b}{row})",
            f"{d}{row}": f"={c}{row}/SUM({c}$2:{c}$5)",
            f"{e}{row}": f"={d}{row}-MEDIAN({b}{row},{c}{row},0)",
        }
    return cells


GIVEN: dict[str, object] = {"A1": "given", **{f"A{row}": row / 3 for row in range(2, 6)}}


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize("chained", [False, True], ids=["side by side", "each reads the one before"])
def test_blocks_of_a_sheet_that_are_equal_but_for_names_are_one_function(
    tmp_path: Path, target: str, chained: bool
) -> None:
    stages = 4
    cells = dict(GIVEN)
    for k in range(stages):
        first = 3 + 6 * k
        cells |= stage(first, f"{letter(first - 2)}{{r}}" if chained and k else "$A{r}", "abcd"[k])
    for row in range(2, 6):
        cells[f"AD{row}"] = f"=SUM(B{row}:AB{row})"
    path = save(tmp_path / "stages.xlsx", {"S": cells})
    made = transpile(path, target=target)
    assert (made.refused, made.unsure) == ((), frozenset())
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences) == (4 * 4 * stages + 4, ())
    if not chained:
        lines = body(path, "s", target)
        assert sum(" = out_of(" in line for line in lines) == stages
        assert sum(line.startswith("curve = ") for line in lines) == 1


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_sheets_that_differ_in_names_and_in_what_they_read_are_one_function(tmp_path: Path, target: str) -> None:
    book = {"Given": GIVEN}
    source = "Given!$A{r}"
    for k in range(4):
        book[f"Stage {k + 1}"] = stage(2, source, "abcd"[k])
        source = f"'Stage {k + 1}'!$F{{r}}"
    # Another formula in one cell, and what reads arrays that are called otherwise now.
    book["Other"] = stage(2, "Given!$A{r}", "e") | {"E3": "=2*D3/SUM(D$2:D$5)"}
    book["Last"] = {f"A{row}": f"=SUM('Stage 3'!B{row},'Stage 3'!C{row})-'Stage 4'!F{row}" for row in range(2, 6)}
    path = save(tmp_path / "twins.xlsx", book)
    made = transpile(path, target=target)
    assert (made.refused, made.unsure) == ((), frozenset())
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences) == (5 * 16 + 4, ())
    source = made.script.source
    assert sum(f"book.stage_{k} = stage(" in source for k in range(1, 5)) == 4
    assert "book.other = other(" in source
    # The lines of a cell are those of the one function, whichever of the sheets it is on.
    found = {made.lines.lines_of(f"Stage {k}", 3, 4) for k in range(1, 5)}
    assert len(found) == 1
    ((first, last),) = found.pop()
    assert "exp(-sum" in "".join(source.splitlines()[first - 1 : last])


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_a_recurrence_that_starts_from_a_blank_is_a_loop_whatever_reads_the_blank(tmp_path: Path, target: str) -> None:
    reading = {
        "max": "=MAX(C{l},0.5)+$F$1", "sum": "=SUM(C{l},$F$1)", "n": "=N(C{l})+1",
        "is blank": "=IF(ISBLANK(C{l}),A{r},C{l})", "text": '=IF(C{l}="",1,C{l}/2)',
        "range": "=SUMPRODUCT(C{l}:D{l},$F$1:$G$1)+A{r}", "type": "=IF(ISNUMBER(C{l}),2,3)",
    }  # fmt: skip
    book: dict[str, dict[str, object]] = {}
    for title, formula in reading.items():
        cells: dict[str, object] = {"F1": 0.1, "G1": 0.7, "A2": "z", "B2": "before", "C2": "state", "D2": "gain"}
        for row in range(4, 14):
            cells |= {f"A{row}": row * 7 % 5 / 3, f"B{row}": formula.format(l=row - 1, r=row)}
            cells |= {f"D{row}": f"=B{row}/(B{row}+$G$1)", f"C{row}": f"=B{row}+D{row}*(A{row}-B{row})"}
        book[title] = cells
    made = transpile(save(tmp_path / "blank.xlsx", book), target=target)
    assert (made.refused, made.unsure) == ((), frozenset())
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences) == (30 * len(book), ())
    assert "grid" not in made.script.source.partition("def compute(")[0]
