"""The engine of a workbook in JavaScript: edits, what depends on them, what reads what, formulas as text."""

import json
import operator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlsxwriter
from py_mini_racer import JSEvalException, MiniRacer
from small_books import save

from workbook.errors import WorkbookError
from workbook.formula.address import cell_address
from workbook.transpile import Front, Running, compare_saved, javascript

VALUES = """function values(sheet, top, left, bottom, right) {
  const found = [];
  for (let r = top; r <= bottom; r++) for (let c = left; c <= right; c++) found.push(engine.get(sheet, r, c));
  return found;
}"""


class Engine:
    """The engine of a workbook of cells, or of the file `book.xlsx` where there are none, asked in JavaScript."""

    def __init__(self, folder: Path, sheets: Mapping[str, Mapping[str, object]], rounds: int = 0) -> None:
        path = folder / "book.xlsx"
        self.program = javascript(save(path, sheets, rounds) if sheets else path)
        self._v8 = MiniRacer()
        self._v8.eval("globalThis.called = 0; globalThis.alert = () => { called++; }; 0")
        text = json.dumps(json.dumps(self.program.data))
        self._v8.eval(f"const engine = {self.program.code}(JSON.parse({text})); {VALUES}")

    def ask(self, expression: str) -> Any:
        return json.loads(str(self._v8.eval(f"JSON.stringify({expression})")))

    def column(self, letter: str, rows: int) -> list[Any]:
        at = ord(letter) - ord("A")
        return list(self.ask(f"values(0, 0, {at}, {rows - 1}, {at})"))


COSTS = {
    "A1": 2, "A2": 3, "A3": 4, "B1": "=A1*10", "B2": "=A2*10", "B3": "=A3*10", "C1": "=SUM(B1:B3)",
    "D1": "=IF(C1>0,1,0)", "D2": "=D1+1", "E1": "=Rates!$B$2*A1",
}  # fmt: skip
RATES = {"A2": "rate", "B2": -0.5}


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(tmp_path_factory.mktemp("engine"), {"Costs": COSTS, "Rates": RATES})


def test_an_edit_changes_what_depends_on_it_and_stops_where_nothing_changes(costs: Engine) -> None:
    done = costs.ask("[...engine.set([[0, 1, 0, 5]]).ranges]")
    # A2 itself, B2 alone of its region, C1; D1 is computed and is what it was, so D2 is not.
    assert [done[k : k + 5] for k in range(0, len(done), 5)] == [[0, 1, 0, 1, 0], [0, 1, 1, 1, 1], [0, 0, 2, 0, 2]]
    assert costs.ask("engine.get(0, 0, 2)") == 110
    assert costs.ask("engine.reset().cells") == 3
    assert costs.ask("engine.get(0, 0, 2)") == 90


def test_an_edit_to_what_is_there_changes_nothing(costs: Engine) -> None:
    assert costs.ask("engine.set([[0, 1, 0, 3]])") == {"cells": 0, "ranges": {}}


def test_a_formula_is_shown_as_its_own_cell_has_it(costs: Engine) -> None:
    assert costs.ask("[0, 1, 2].map(row => engine.formula(0, row, 1))") == ["=A1*10", "=A2*10", "=A3*10"]
    assert costs.ask("engine.formula(0, 0, 0)") is None
    assert costs.ask("[engine.isFormula(0, 0, 0), engine.isFormula(0, 0, 1)]") == [False, True]


def test_a_formula_is_explained_by_the_numbers_in_it(costs: Engine) -> None:
    assert costs.ask("engine.explain(0, 1, 1)") == "=3*10"
    assert costs.ask("engine.explain(0, 0, 2)") == "=SUM({20;30;40})"
    assert costs.ask("engine.explain(0, 0, 4)") == "=-0.5*2"


def test_a_range_of_more_cells_than_a_line_takes_is_shown_by_its_address(tmp_path: Path) -> None:
    engine = Engine(tmp_path, {"S": {"A1": 2, "B1": -3, "A2": 0.5, "C1": "=SUM(A1:B2)-B1", "C2": "=SUM(A1:A7)"}})
    assert engine.ask("[0, 1].map(row => engine.explain(0, row, 2))") == ["=SUM({2,-3;0.5,0})-(-3)", "=SUM(A1:A7)"]


def test_what_a_formula_reads_and_what_reads_a_cell_is_told(costs: Engine) -> None:
    assert costs.ask("engine.precedents(0, 0, 2)") == [[0, 0, 1, 2, 1]]
    assert costs.ask("engine.precedents(0, 1, 1)") == [[0, 1, 0, 1, 0]]
    assert costs.ask("engine.dependents(0, 1, 0)") == [[0, 1, 1, 1, 1]]
    assert sorted(costs.ask("engine.dependents(1, 1, 1)")) == [[0, 0, 4, 0, 4]]


@pytest.mark.parametrize("edit", ["[0, 0, 1, 5]", "[0, 9, 9, 5]", "[7, 0, 0, 5]", "[0, 0, 0, 1 / 0]"])
def test_what_cannot_be_set_is_refused(costs: Engine, edit: str) -> None:
    with pytest.raises(Exception, match="RangeError"):
        costs.ask(f"engine.set([{edit}])")


def test_cells_hold_every_kind_of_value(costs: Engine) -> None:
    for value, shown in (
        ("null", 0),
        ("'x'", {"error": "#VALUE!"}),
        ("true", 10),
        ("{error: '#N/A'}", {"error": "#N/A"}),
    ):
        costs.ask(f"engine.set([[0, 0, 0, {value}]]).cells")
        assert costs.ask("engine.get(0, 0, 1)") == shown
    costs.ask("engine.reset().cells")


def test_a_recurrence_of_thousands_of_rows_is_computed_upwards_too(tmp_path: Path) -> None:
    rows = 3000
    down = {f"A{row}": f"=A{row - 1}+1" for row in range(2, rows + 1)}
    up = {f"B{row}": f"=B{row + 1}+A{row}" for row in range(1, rows)}
    engine = Engine(tmp_path, {"S": {"A1": 1, f"B{rows}": 0, **down, **up}})
    assert engine.ask(f"[engine.get(0, {rows - 1}, 0), engine.get(0, 0, 1)]") == [rows, rows * (rows - 1) / 2]
    engine.ask("engine.set([[0, 0, 0, 2]]).cells")
    assert engine.ask("engine.get(0, 0, 1)") == rows * (rows - 1) / 2 + rows - 1


def test_cells_that_read_less_than_their_references_reach_are_no_circle(tmp_path: Path) -> None:
    engine = Engine(tmp_path, {"S": {"A1": 1, "B1": "=IF(A1=1,5,C1)", "C1": "=IF(A1=1,B1+1,7)"}})
    assert engine.ask("values(0, 0, 1, 0, 2)") == [5, 6]
    engine.ask("engine.set([[0, 0, 0, 2]]).cells")
    assert engine.ask("values(0, 0, 1, 0, 2)") == [7, 7]


def test_a_true_circle_is_an_error_in_its_cells(tmp_path: Path) -> None:
    engine = Engine(tmp_path, {"S": {"A1": "=B1+1", "B1": "=A1+1", "C1": "=1+1"}})
    assert engine.ask("values(0, 0, 0, 0, 2)") == [{"error": "#CIRCLE!"}, {"error": "#CIRCLE!"}, 2]


def test_where_iteration_is_on_a_circle_is_computed_until_it_stands_still(tmp_path: Path) -> None:
    # A bonus of a tenth of what is left after it: of 1,100 that is 100, of 2,200 it is 200. A4 counts its rounds.
    cells = {"A1": 1100, "A2": "=A3/10", "A3": "=A1-A2", "A4": "=A4+1", "A5": "=A2*2"}
    engine = Engine(tmp_path, {"S": cells}, rounds=30)
    assert engine.column("A", 5) == pytest.approx([1100, 100, 1000, 30, 200], rel=1e-12)
    assert engine.ask("engine.set([[0, 0, 0, 2200]]).cells") == 4
    assert engine.column("A", 5) == pytest.approx([2200, 200, 2000, 30, 400], rel=1e-12)
    assert engine.ask("engine.reset().cells") == 4
    assert engine.column("A", 5) == pytest.approx([1100, 100, 1000, 30, 200], rel=1e-12)


LED = {
    "C1": "=SUM(INDIRECT(A2))", "C2": '=SUM(INDIRECT("B1:B"&A1))', "C3": "=SUM(B1:INDEX(B1:B4,A1))",
    "C4": "=SUM(OFFSET(B1,0,0,A1,1))", "C6": "=B1+OFFSET(B1,A1-1,0)", "C5": "=SUM(B1:_xlfn.XLOOKUP(A1,E1:E4,B1:B4))",
}  # fmt: skip


@pytest.mark.parametrize("cell", LED)
def test_what_chooses_its_cells_is_followed_or_says_that_it_is_not(cell: str, tmp_path: Path) -> None:
    cells = {"A1": 2, "A2": "B1:B2", "B1": 1, "B2": 10, "B3": 100, "B4": 1000, "E2": 2, "E3": 3}
    engine = Engine(tmp_path, {"S": {**cells, "C1": LED[cell], "D1": "=OFFSET(A1,-1,0)"}})
    assert engine.ask("[engine.get(0, 0, 2), engine.get(0, 0, 3)]") == [11, {"error": "#REF!"}]
    engine.ask("engine.set([[0, 0, 0, 3], [0, 1, 0, 'B1:B3']]).cells")
    assert engine.ask("engine.get(0, 0, 2)") in (101 if cell == "C6" else 111, {"error": "#MOVED!"})
    # What it reads may change: that is followed.
    engine.ask("engine.set([[0, 0, 0, 2], [0, 1, 0, 'B1:B2'], [0, 0, 1, 5]]).cells")
    assert engine.ask("engine.get(0, 0, 2)") == 15


def test_a_row_or_column_of_zero_is_all_of_them_to_what_takes_a_range(tmp_path: Path) -> None:
    table = {"A1": 1, "B1": 2, "A2": 3, "B2": 4, "C1": 2, "C2": 1}
    asked = {
        "D1": "=SUM(INDEX(A1:B2,C1,C2))", "D2": "=MAX(INDEX(A1:B2,C1,C2),0)", "D3": "=COUNT(INDEX(A1:B2,C1,C2))",
        "D4": "=SUMPRODUCT(INDEX(A1:B2,C1,C2)*2)", "D5": "=INDEX(A1:B2,C1,C2)*2", "D6": "=SUM(INDEX(A1:B2,0,C2))",
        "D7": "=INDEX(INDEX(A1:B2,C1,0),C2)",
    }  # fmt: skip
    engine = Engine(tmp_path, {"Table": table | asked})
    assert engine.column("D", 7) == [3, 3, 1, 6, 6, 4, 3]
    # Its first column: 1 and 3. One value that a cell shows of it is the first.
    engine.ask("engine.set([[0, 0, 2, 0]])")
    assert engine.column("D", 7) == [4, 3, 2, 8, 2, 4, 1]


def test_a_named_function_may_read_what_is_computed_after_its_cell(tmp_path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "named.xlsx"))
    sheet = book.add_worksheet("S")
    book.define_name("Scaled", "=_xlfn.LAMBDA(_xlpm.x,_xlpm.x*S!$C$9)")
    sheet.write("A1", 3)
    sheet.write_formula("B1", "=Scaled(A1)", None, 12)
    sheet.write_formula("C9", "=A1+1", None, 4)
    book.close()
    with Running(javascript(tmp_path / "named.xlsx")) as session:
        assert session.values()["S"][1, 2] == 12
        session.set("S", 1, 1, 5.0)
        assert session.values()["S"][1, 2] == 30


HOSTILE = ["</script><b>", "\u2028alert(1)\u2029", '"];alert(1);//', "'${alert(1)}`", "\\", "*/alert(1)/*"]


def test_no_text_of_a_workbook_becomes_code(tmp_path: Path) -> None:
    cells = {f"A{row}": text for row, text in enumerate(HOSTILE, 1)}
    cells |= {f"B{row}": '="' + text.replace('"', '""') + '"&A1' for row, text in enumerate(HOSTILE, 1)}
    engine = Engine(tmp_path, {"<script>": cells})
    assert engine.column("B", len(HOSTILE)) == [text + HOSTILE[0] for text in HOSTILE]
    assert engine.ask("called") == 0
    assert _pieces(engine.program.code) == set()


def _pieces(code: str) -> set[str]:
    """What of a script can end it, or a line of it."""
    return {piece for piece in ("</script", "<script", "<!--", "\u2028", "\u2029") if piece in code}


def test_what_has_no_form_and_no_value_in_the_file_is_refused_by_its_cell(tmp_path: Path) -> None:
    engine = Engine(tmp_path, {"S": {"A1": 4, "B1": '=INFO("osversion")', "C1": "=A1+1"}})
    assert engine.program.refused == (("S!B1", "uses INFO, which is not supported"),)
    assert engine.program.kept == ()
    assert engine.ask("engine.get(0, 0, 2)") == 5


KEPT: dict[str, tuple[str | float, float | str]] = {
    "B1": ("=SUM(A1:A3)", 6),
    "C1": ('=INFO("osversion")', "Windows"),
    "C2": ("=OWN(A1)+A2", 42),
    "C3": ("=IFERROR(C2,0)+1", 43),
    "C4": ("=COUNT(C1:C3)", 2),
    "C5": ('=IF(A1<5,"low",C2)', "low"),
    "D1": ("=OWN(A1)", 7), "D2": ("=OWN(A2)", 8), "D3": ("=OWN(A3)", 9),
    "E1": ('=OWN(INDIRECT("A1"))', 3),
    "F1": ("=OWN(F2)", 1), "F2": ("=F1+1", 2),
}  # fmt: skip
"""Formulas that nobody but Excel computes, what depends on them, and the values of both."""


@pytest.fixture
def kept(tmp_path: Path) -> Engine:
    book = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    sheet = book.add_worksheet("S")
    for row in range(3):
        sheet.write(row, 0, row + 1)
    for cell, (formula, value) in KEPT.items():
        sheet.write_formula(cell, formula, None, value)
    book.close()
    return Engine(tmp_path, {})


def _stale(engine: Engine) -> set[str]:
    """The cells that say that they are out of date; all others must hold what they should."""
    shown = {cell: engine.ask(f"engine.get(0, {int(cell[1]) - 1}, {ord(cell[0]) - 65})") for cell in KEPT}
    return {cell for cell, value in shown.items() if value == {"error": "#STALE!"}}


def test_what_has_no_form_keeps_what_the_file_was_saved_with(kept: Engine) -> None:
    assert kept.program.refused == ()
    assert {region.address for region, _ in kept.program.kept} == {"C1", "C2", "D1:D3", "E1", "F1"}
    for cell, (_, value) in KEPT.items():
        assert kept.ask(f"engine.get(0, {int(cell[1]) - 1}, {ord(cell[0]) - 65})") == value


def test_no_value_that_depends_on_a_kept_one_outlives_what_that_was_made_of(kept: Engine) -> None:
    kept.ask("engine.set([[0, 1, 0, 20]]).cells")
    # No IFERROR and no COUNT makes a number of what nobody knows; C5 does not read C2 where A1 is small.
    assert _stale(kept) == {"C2", "C3", "C4", "D2", "E1", "F1", "F2"}
    assert kept.ask("engine.get(0, 0, 1)") == 24
    kept.ask("engine.set([[0, 0, 0, 9]]).cells")
    assert _stale(kept) == {"C2", "C3", "C4", "C5", "D1", "D2", "E1", "F1", "F2"}
    kept.ask("engine.set([[0, 1, 0, 2], [0, 0, 0, 1]]).cells")
    assert _stale(kept) == set()
    assert kept.ask("engine.get(0, 2, 2)") == 43


def test_all_is_as_it_was_saved_after_a_reset(kept: Engine) -> None:
    kept.ask("engine.set([[0, 1, 0, 20]]).cells")
    kept.ask("engine.reset().cells")
    assert _stale(kept) == set()


def test_a_kept_cell_is_no_input(kept: Engine) -> None:
    assert kept.ask("engine.isFormula(0, 1, 2)")
    assert kept.ask("engine.formula(0, 1, 3)") == "=OWN(A2)"
    with pytest.raises(JSEvalException, match="C2 holds a formula"):
        kept.ask("engine.set([[0, 1, 2, 5]]).cells")


def test_what_takes_ranges_takes_each_of_an_array_of_them(tmp_path: Path) -> None:
    cells: dict[str, object] = {f"A{row}": row for row in range(1, 5)}
    engine = Engine(
        tmp_path,
        {
            "S": cells
            | {"B1": 10, "B2": 20, "B3": 30, "B4": 40}
            | {"C1": "=SUMPRODUCT(SUBTOTAL(9,OFFSET(A1,ROW(A1:A4)-1,0))*(B1:B4>15))"}
            | {"C2": '=SUM(SUMIF(INDIRECT({"A1:A2","A3:A4"}),">1",INDIRECT({"B1:B2","B3:B4"})))'}
            | {"C3": "=IFERROR(SUM(N(OFFSET(A1,{0,9},0))),-1)"}
        },
    )
    assert (engine.program.refused, engine.program.kept) == ((), ())
    # 2 + 3 + 4; 20 + (30 + 40); the last leaves what is filled, where all cells are blank.
    assert engine.column("C", 3) == [9, 90, 1]
    engine.ask("engine.set([[0, 3, 0, 100], [0, 3, 1, 7]]).cells")
    assert engine.column("C", 3) == [5, 57, 1]


def test_a_saved_value_that_differs_is_found(tmp_path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "wrong.xlsx"))
    sheet = book.add_worksheet("S")
    sheet.write("A1", 2)
    sheet.write_formula("B1", "=A1*2", None, 4)
    sheet.write_formula("C1", "=A1*3", None, 7)
    book.close()
    front = Front.of(tmp_path / "wrong.xlsx")
    program = javascript(tmp_path / "wrong.xlsx", front)
    with Running(program) as session:
        (difference,) = compare_saved(program, session, front.book, front.regions).differences
    assert difference.cell == "S!C1"


def test_what_depends_on_chance_is_computed_again_at_each_edit_and_compared_with_nothing(tmp_path: Path) -> None:
    cells = {"A1": 1, "B1": "=RAND()", "C1": "=B1*2", "D1": "=A1+1"}
    engine = Engine(tmp_path, {"S": cells})
    before = engine.ask("engine.get(0, 0, 1)")
    engine.ask("engine.set([[0, 0, 0, 5]]).cells")
    after, twice, other = engine.ask("values(0, 0, 1, 0, 3)")
    assert 0 <= after < 1
    assert after != before
    assert (twice, other) == (2 * after, 6)
    front = Front.of(tmp_path / "book.xlsx")
    with Running(engine.program) as session:
        compared = compare_saved(engine.program, session, front.book, front.regions)
    assert (compared.cells, compared.differences) == (1, ())


def test_a_dynamic_array_that_shrinks_leaves_blanks_and_one_that_outgrows_its_cells_says_so(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "book.xlsx")) as book:
        sheet = book.add_worksheet("S")
        sheet.write_column("A1", [1, 5, 2, 7, 9])
        sheet.write("B1", 4)
        sheet.write_dynamic_array_formula("C1:C3", "=_xlfn._xlws.FILTER(A1:A5,A1:A5>B1)", None, 5)
        sheet.write_column("C2", [7, 9])
        sheet.write_formula("D1", "=SUM(_xlfn.ANCHORARRAY(C1))", None, 21)
        sheet.write_dynamic_array_formula("E1:E1", "=_xlfn._xlws.FILTER(A1:A5,A1:A5>B1+4)", None, 9)
        sheet.write_formula("F1", "=IFERROR(C3*2,0)", None, 18)
    engine = Engine(tmp_path, {})

    def shown(limit: int) -> list[Any]:
        engine.ask(f"engine.set([[0, 0, 1, {limit}]]).cells")
        return [*engine.column("C", 3), *engine.ask("[engine.get(0, 0, 3), engine.get(0, 0, 4), engine.get(0, 0, 5)]")]

    grown = {"error": "#GROWN!"}
    assert shown(4) == [5, 7, 9, 21, 9, 18]
    assert shown(6) == [7, 9, None, 16, {"error": "#CALC!"}, 0]
    # None of its cells is known, and nothing that reads one of them.
    assert shown(1) == [grown] * 6
    assert shown(4) == [5, 7, 9, 21, 9, 18]


def test_a_count_of_a_whole_column_says_when_its_criterion_takes_blank_cells_as_it_did_not_before(
    tmp_path: Path,
) -> None:
    engine = Engine(tmp_path, {"S": {"A1": 1, "A2": 2, "B1": ">1", "C1": "=COUNTIF(A:A,B1)", "C2": '=COUNTIF(A:A,"")'}})
    assert engine.column("C", 2) == [1, 2**20 - 2]
    engine.ask("engine.set([[0, 0, 1, '>0']]).cells")
    assert engine.column("C", 1) == [2]
    engine.ask("engine.set([[0, 0, 1, '<>1']]).cells")
    assert engine.column("C", 1) == [{"error": "#MOVED!"}]


def test_an_input_of_no_sheet_is_one_sentence(costs: Engine) -> None:
    with Running(costs.program) as session, pytest.raises(WorkbookError, match="no sheet named 'None'"):
        session.set("None", 1, 1, 2.0)


OPERATORS = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
LEFT = np.random.default_rng(0).normal(scale=1e3, size=(3, 6))
RIGHT = np.random.default_rng(1).normal(size=(6, 5))


def placed(matrix: np.ndarray, row: int, column: int) -> dict[str, object]:
    """The cells of a matrix whose first stands there."""
    return {cell_address(row + i, column + j): float(value) for (i, j), value in np.ndenumerate(matrix)}


def products() -> dict[str, object]:
    """LEFT in A1:F3, RIGHT in H1:L6 and turned in A5:F9; their product in rows 11, 15 and 19 by three formulas."""
    cells = placed(LEFT, 1, 1) | placed(RIGHT, 1, 8) | placed(RIGHT.T, 5, 1)
    for i, j in np.ndindex(3, 5):
        row, column, turned = f"$A{i + 1}:$F{i + 1}", f"{'HIJKL'[j]}$1:{'HIJKL'[j]}$6", f"$A${j + 5}:$F${j + 5}"
        cells[cell_address(11 + i, 1 + j)] = f"=SUMPRODUCT({row},{turned})"
        cells[cell_address(15 + i, 1 + j)] = f"=MMULT({row},{column})"
        cells[cell_address(19 + i, 1 + j)] = f"=SUMPRODUCT({turned},{row})*2"
    return cells


def test_products_of_rows_and_columns_are_those_of_the_matrices_whatever_the_cells_hold(tmp_path: Path) -> None:
    engine = Engine(tmp_path, {"S": products()})
    assert engine.program.code.count(".take(") >= 3

    def found(row: int) -> Any:
        values = engine.ask(f"values(0, {row - 1}, 0, {row + 1}, 4)")
        return [values[5 * i : 5 * i + 5] for i in range(3)]

    def is_product(left: Any, right: Any, rows: tuple[int, ...] = (11, 15, 19)) -> None:
        for row in rows:
            expected = left @ right * (2 if row == 19 else 1)
            np.testing.assert_allclose(np.array(found(row), dtype=float), expected, rtol=1e-13, err_msg=str(row))

    is_product(LEFT, RIGHT)
    # The fourth column alone is computed anew.
    changed = RIGHT.copy()
    changed[0, 3] = -7.25
    assert engine.ask("engine.set([[0, 0, 10, -7.25], [0, 7, 0, -7.25]]).cells") == 2 + 3 * 3
    is_product(LEFT, changed)
    # A text is no number: SUMPRODUCT passes it over, a matrix product ends with an error in its row.
    engine.ask('engine.set([[0, 1, 0, "three"]]).cells')
    passed = LEFT.copy()
    passed[1, 0] = 0
    is_product(passed, changed, (11, 19))
    assert found(15)[1] == [{"error": "#VALUE!"}] * 5
    np.testing.assert_allclose(np.array([found(15)[0], found(15)[2]], dtype=float), LEFT[[0, 2]] @ changed, rtol=1e-13)
    engine.ask("engine.reset().cells")
    is_product(LEFT, RIGHT)
    # Two rows are computed together that are not the first ones, and then the last two of them hold no numbers.
    left = LEFT.copy()
    left[1, 2], left[2, 4] = 0.5, -3.0
    engine.ask("engine.set([[0, 1, 2, 0.5], [0, 2, 4, -3]]).cells")
    is_product(left, RIGHT)
    engine.ask('engine.set([[0, 1, 5, "one"], [0, 2, 0, "two"]]).cells')
    left[1, 5] = left[2, 0] = 0
    is_product(left, RIGHT, (11, 19))


def test_products_of_rows_in_which_numbers_are_zero_are_those_of_the_matrices(tmp_path: Path) -> None:
    left = LEFT.copy()
    left[:2, 1:4] = left[2, 0] = 0
    cells = products() | placed(left, 1, 1)
    engine = Engine(tmp_path, {"S": cells})
    for row, times in ((11, 1), (15, 1), (19, 2)):
        found = engine.ask(f"values(0, {row - 1}, 0, {row + 1}, 4)")
        expected = left @ RIGHT * times
        np.testing.assert_allclose(np.array(found, dtype=float).reshape(3, 5), expected, rtol=1e-13, err_msg=str(row))
    engine.ask("engine.set([0, 4, 5].map((k) => [0, 0, k, 0]).concat([0, 4, 5].map((k) => [0, 1, k, 0]))).cells")
    assert engine.ask("values(0, 10, 0, 11, 4)") == [0] * 10


def test_two_products_in_one_formula_do_not_meet(tmp_path: Path) -> None:
    cells = placed(LEFT, 1, 1) | placed(RIGHT, 1, 8)
    for i, j in np.ndindex(3, 5):
        row, column = f"$A{i + 1}:$F{i + 1}", f"{'HIJKL'[j]}$1:{'HIJKL'[j]}$6"
        other = f"$A{i + 1}:$D{i + 1},{'HIJKL'[j]}$2:{'HIJKL'[j]}$5"
        cells[cell_address(11 + i, 1 + j)] = f"=MMULT({row},{column})-2*MMULT({other})"
    engine = Engine(tmp_path, {"S": cells})
    found = np.array(engine.ask("values(0, 10, 0, 12, 4)"), dtype=float).reshape(3, 5)
    np.testing.assert_allclose(found, LEFT @ RIGHT - 2 * LEFT[:, :4] @ RIGHT[1:5], rtol=1e-13)


@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        ("=", [False, True, False, True, False, False]),
        ("<>", [True, False, True, False, True, True]),
        ("<", [True, False, False, False, False, False]),
        (">", [False, False, True, False, True, True]),
        ("<=", [True, True, False, True, False, False]),
        (">=", [False, True, True, True, True, True]),
    ],
)
def test_what_is_beside_zero_is_compared_as_a_spreadsheet_does(tmp_path: Path, sign: str, expected: list[bool]) -> None:
    """A blank is 0; a text comes after all numbers, a truth after all texts."""
    cells = {"A1": -1e-300, "A2": 0.0, "A3": 1e-300, "A5": "-1", "A6": False}
    cells |= {f"B{row}": f"=A{row}{sign}0" for row in range(1, 7)} | {
        f"C{row}": f"=A{row}*1{sign}0" for row in range(1, 7)
    }
    engine = Engine(tmp_path, {"S": cells})
    assert engine.ask("values(0, 0, 1, 5, 1)") == expected
    numbers = [-1, 0, 1, 0, -1, 0]
    assert engine.ask("values(0, 0, 2, 5, 2)") == [OPERATORS[sign](number, 0) for number in numbers]


def test_what_is_computed_again_before_the_first_edit_changes_nothing(costs: Engine) -> None:
    sheet = "values(0, 0, 0, 2, 4)"
    before = costs.ask(sheet)
    assert costs.ask("engine.practise(1e6)") is True
    assert costs.ask(sheet) == before
    assert costs.ask("engine.set([[0, 1, 0, 5]]).cells") == 3
    costs.ask("engine.reset().cells")
