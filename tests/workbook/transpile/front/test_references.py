"""Ranges whose ends are looked up, and what is asked of references themselves."""

import sys
from pathlib import Path

import pytest
import xlsxwriter

sys.path.insert(0, str(Path(__file__).parent.parent / "runtime"))
from excel import column, shows, value
from small_books import computed, save

from workbook.transpile import transpile

CELLS = {
    **column("A", ("k1", "k2", "k3", "k4", "k5")),
    **column("B", (10, 20, 30, 40, 50)),
    **column("C", (1, 2, 3, 4, 5)),
    "D1": 2,
}
CASES = [
    ('SUM(XLOOKUP("k2",A1:A5,B1:B5):XLOOKUP("k4",A1:A5,B1:B5))', 90.0),
    ('SUM(XLOOKUP("k2",A1:A5,B1:C5):XLOOKUP("k3",A1:A5,B1:C5))', 55.0),
    ('SUM(B1:XLOOKUP("k9",A1:A5,B1:B5))', "#N/A"),
    ('SUM(B1:XLOOKUP("k9",A1:A5,B1:B5,B2))', 30.0),
    ("SUM(INDEX(B1:B5,2):INDEX(B1:B5,4))", 90.0),
    ("SUM(B1:INDEX(B1:C5,2,0))", 33.0),
    ("SUM(B1:INDEX(B1:C5,0,D1))", 165.0),
    ("SUM(B1:INDEX(B1:B5,9))", "#REF!"),
    ('AVERAGE(B1:INDEX(B1:B5,MATCH("k3",A1:A5,0)))', 20.0),
    ("SUM(B1:CHOOSE(D1,B2,B3))", 60.0),
    ('SUM(B1:IF(A1="k1",B2,B3))', 30.0),
    ("SUM(B1:OFFSET(B1,3,0))", 100.0),
    ("AREAS(A1:A3)", 1.0),
    ("AREAS((A1,B2:B3,C1))", 3.0),
    ("AREAS((B1:C3 B1:B3))", 1.0),
    ("AREAS((A1 B1))", "#NULL!"),
    ("ISREF(A1)", True),
    ("ISREF(INDEX(B1:B5,2))", True),
    ("ISREF(5)", False),
    ('CELL("row",B3)&CELL("col",B3:C4)', "32"),
    ('CELL("address",INDEX(B1:B5,2))', "$B$2"),
    ('CELL("contents",B2:B4)', 20.0),
    ('CELL("type",A1)&CELL("type",B1)&CELL("Type",Z9)', "lvb"),
    # As people cut the title of a sheet out of the name of its file.
    ('MID(CELL("filename",A1),FIND("]",CELL("filename",A1))+1,255)', "Sheet"),
    ("SHEET()", 1.0),
    ('SHEET("nowhere")', "#N/A"),
    ("SHEETS()", 1.0),
    ("ISFORMULA(A1)", False),
    ("FORMULATEXT(A1)", "#N/A"),
    # What is summed is as large as what is tested, from its own first cell.
    ('SUMIF(A1:A5,"k*",B1)', 150.0),
    ('SUMIF(A1:A2,"k*",B1:B5)', 30.0),
    ('AVERAGEIF(A1:A5,">k3",B2)', 50.0),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"


def test_the_text_of_a_formula_is_as_it_was_typed(tmp_path: Path) -> None:
    path = save(
        tmp_path / "book.xlsx",
        {"Sheet": {"A1": 3, "B1": '=IF(A1>2,"a","b")', "C1": "=_xlfn.FORMULATEXT(B1)", "D1": "=_xlfn.ISFORMULA(B1)"}},
    )
    found = computed(path, tmp_path)
    assert (found["Sheet!C1"], found["Sheet!D1"]) == ('=IF(A1>2,"a","b")', True)


def test_an_address_on_another_sheet_has_the_name_of_the_file_before_it(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "book.xlsx")) as book:
        sheet = book.add_worksheet("S")
        book.add_worksheet("Other").write("B2", 5)
        book.add_worksheet("My data")
        # Source: Microsoft's page of CELL; what it gives for another sheet begins with the workbook in brackets.
        sheet.write_formula("A1", '=CELL("address",Other!B2)', None, "[Sales.xlsx]Other!$B$2")
        sheet.write_formula("A2", "=CELL(\"address\",'My data'!C3)", None, "'[Sales.xlsx]My data'!$C$3")
        sheet.write_formula("A3", '=MID(CELL("address",Other!B2),FIND("!",CELL("address",Other!B2))+1,9)', None, "$B$2")
        sheet.write_formula("A4", '=CELL("address",Other!B2)', None, "$Other.$B$2")
    made = transpile(tmp_path / "book.xlsx", target="numpy")
    assert made.comparison is not None
    # LibreOffice spells it otherwise.
    assert [difference.cell for difference in made.comparison.differences] == ["S!A4"]
    assert [line.split()[0] for line in made.refused] == ["S!A4"]


def test_totals_are_not_totalled_again(tmp_path: Path) -> None:
    cells: dict[str, object] = {f"A{row}": row for row in (1, 2, 4, 5)} | {
        "A3": "=SUBTOTAL(9,A1:A2)",
        "A6": "=SUBTOTAL(9,A4:A5)",
        "A7": "=SUBTOTAL(9,A1:A6)",
        "A8": "=SUM(A1:A6)",
        "A9": "=_xlfn.AGGREGATE(4,0,A1:A6)",
        "A10": "=_xlfn.AGGREGATE(4,4,A1:A6)",
    }
    found = computed(save(tmp_path / "book.xlsx", {"Sheet": cells}), tmp_path)
    assert [found[f"Sheet!A{row}"] for row in (3, 6, 7, 8, 9, 10)] == [3.0, 9.0, 12.0, 24.0, 5.0, 9.0]


def test_a_relative_name_moves_with_the_cell(tmp_path: Path) -> None:
    # Excel keeps what a name refers to as it is seen from A1: here two to the left, so that it goes over the edge.
    with xlsxwriter.Workbook(str(tmp_path / "names.xlsx")) as book:
        sheet = book.add_worksheet("S")
        book.define_name("left_two", "=S!XFC1")
        book.define_name("rate", "=S!$H$1")
        book.define_name("above", "=S!A1048576")
        sheet.write("H1", 10)
        for row in range(1, 6):
            sheet.write(row, 0, row)
            sheet.write_formula(row, 2, "=left_two*rate", None, row * 10)
        sheet.write_formula("C7", "=SUM(above,1)", None, 51)
    made = transpile(tmp_path / "names.xlsx", target="numpy")
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences, made.refused) == (6, (), ())
    assert " * rate" in made.script.source


def test_what_a_pivot_table_was_asked_is_what_its_cache_gave(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "pivot.xlsx")) as book:
        sheet = book.add_worksheet("S")
        sheet.write_formula("A1", '=GETPIVOTDATA("Sum of sales",$H$3,"region","North")', None, 120.5)
        sheet.write_formula("A2", '=IFERROR(GETPIVOTDATA("Sum of sales",$H$3,"region","Moon"),"none")', None, "none")
        sheet.write_formula("A3", "=A1*2", None, 241)
        # 36.15 of a pivot table, 120.5 of a cell; one that is not read; one whose error is caught within.
        sheet.write_formula("A4", '=GETPIVOTDATA("Sum of tax",$H$3,"region","North")/A1', None, 0.3)
        sheet.write_formula("A5", '=IF(A1>0,A1*2,GETPIVOTDATA("Sum of tax",$H$3))', None, 241)
        sheet.write_formula("A6", '=A1+IFERROR(GETPIVOTDATA("Sum of tax",$H$3,"region","Moon"),0)', None, 120.5)
        sheet.write_formula("A7", '="North: "&ROUND(GETPIVOTDATA("Sum of tax",$H$3),1)', None, "North: 36.2")
    made = transpile(tmp_path / "pivot.xlsx", target="numpy")
    # What stands within a text can't be told from it.
    assert [line.split()[0] for line in made.refused] == ["S!A7"]
    found = computed(tmp_path / "pivot.xlsx", tmp_path)
    assert [found[f"S!A{row}"] for row in (1, 2, 3, 5, 6)] == [120.5, "none", 241.0, 241.0, 120.5]
    assert found["S!A4"] == pytest.approx(0.3)
    assert "/ a1" in made.script.source


def test_an_add_ins_function_keeps_its_value_and_one_that_nobody_knows_is_an_error(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "unknown.xlsx")) as book:
        sheet = book.add_worksheet("S")
        sheet.write_formula("A1", '=QUOTE("ACME")', None, 12.5)
        sheet.write_formula("A2", '=IFERROR(QUOTE("ACME"),7)', None, 7)
        sheet.write_formula("A3", "=A1+A2", None, 19.5)
        sheet.write_formula("A4", '=IFERROR(CELL("format",A1),7)', None, "G")
    made = transpile(tmp_path / "unknown.xlsx", target="numpy")
    assert [line.split()[0] for line in made.refused] == ["S!A1", "S!A4"]
    found = computed(tmp_path / "unknown.xlsx", tmp_path)
    assert (found["S!A2"], found["S!A3"]) == (7.0, 19.5)


def test_a_sheet_may_have_the_name_of_a_cell(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "quarters.xlsx")) as book:
        for place, title in enumerate(("Q1", "Q2", "Q3")):
            sheet = book.add_worksheet(title)
            sheet.write_column("A1", (10 * (place + 1), place))
            book.define_name(f"{title}!least", f"={title}!$A$2")
            book.define_name(f"column_of_{title}", f"={title}!$A:$A")
        total = book.add_worksheet("Total")
        for row, (formula, saved) in enumerate(
            (
                ("=SUM(Q1:Q3!A1)", 60),
                ("=AVERAGE(Q1:Q3!A1:A2)", 10.5),
                ("=Q2!least+Q3!least*A1", 121),
                ("=SUM(column_of_Q2)", 21),
                ("=SUM('Q1:Q2'!A1)", 30),
            )
        ):
            total.write_formula(row, 0, formula, None, saved)
    made = transpile(tmp_path / "quarters.xlsx", target="numpy")
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences, made.refused) == (5, (), ())


def test_a_name_may_be_of_several_areas(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "areas.xlsx")) as book:
        sheet = book.add_worksheet("S")
        sheet.write_column("A1", (1, 2, 3, 4, 5))
        book.define_name("ends", "=S!$A$1:$A$2,S!$A$5")
        sheet.write_formula("C1", "=SUM(ends)", None, 8)
        sheet.write_formula("C2", "=COUNT(ends)*AREAS(ends)", None, 6)
    made = transpile(tmp_path / "areas.xlsx", target="numpy")
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences, made.refused) == (2, (), ())


def test_a_table_named_without_brackets_is_its_rows(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "table.xlsx")) as book:
        sheet = book.add_worksheet("S")
        sheet.add_table("A1:B3", {"name": "Prices", "data": [["pen", 2], ["ink", 5]]})
        sheet.write_formula("D1", '=VLOOKUP("ink",Prices,2,FALSE)', None, 5)
        sheet.write_formula("D2", "=ROWS(Prices)*10", None, 20)
    made = transpile(tmp_path / "table.xlsx", target="numpy")
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences, made.refused) == (2, (), ())


def test_what_a_function_of_the_workbook_gives_is_known_where_room_for_it_is_sought(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "own.xlsx"), {"use_future_functions": True}) as book:
        sheet = book.add_worksheet("S")
        book.define_name("double", "=_xlfn.LAMBDA(_xlpm.x,_xlpm.x*2)")
        book.define_name("factorial", "=_xlfn.LAMBDA(_xlpm.n,IF(_xlpm.n<2,1,_xlpm.n*factorial(_xlpm.n-1)))")
        sheet.write_dynamic_array_formula("A1", "=double(21)", None, 42)
        sheet.write_dynamic_array_formula("A2", "=factorial(5)", None, 120)
        sheet.write_formula("A3", "=SUM(OFFSET(A1,0,0,double(1)))", None, 162)
    made = transpile(tmp_path / "own.xlsx", target="numpy")
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences, made.refused) == (3, (), ())


def test_a_forecast_that_excel_finds_otherwise_keeps_its_value_and_is_named(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "forecast.xlsx"), {"use_future_functions": True}) as book:
        sheet = book.add_worksheet("S")
        for row in range(12):
            sheet.write_row(row, 0, (row + 1, 3 + 2 * row, (5, 9, 4, 8, 3, 9, 5, 7, 6, 9, 2, 8)[row]))
        sheet.write_formula("E1", "=FORECAST.ETS(13,B1:B12,A1:A12)", None, 27)
        sheet.write_formula("E2", "=FORECAST.ETS(13,C1:C12,A1:A12,0)", None, 6.125)
        sheet.write_formula("E3", "=E1+E2*2", None, 39.25)
    made = transpile(tmp_path / "forecast.xlsx", target="numpy")
    assert made.refused == ("S!E2 is what Excel's own search for parameters finds, which is not published",)
    found = computed(tmp_path / "forecast.xlsx", tmp_path)
    assert found["S!E1"] == pytest.approx(27, abs=1e-6)
    assert found["S!E3"] == pytest.approx(39.25, abs=1e-6)


def test_what_ironcalc_does_not_have_is_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbook.check.recalc.libreoffice.find", lambda: None)
    with xlsxwriter.Workbook(str(tmp_path / "forecast.xlsx"), {"use_future_functions": True}) as book:
        sheet = book.add_worksheet("S")
        sheet.write_column("A1", range(1, 9))
        sheet.write_column("B1", range(3, 11))
        sheet.write_formula("D1", "=FORECAST.ETS(9,B1:B8,A1:A8)*2", None, "")
        sheet.write_formula("D2", "=A1+B1", None, "")
    made = transpile(tmp_path / "forecast.xlsx", target="numpy")
    assert made.comparison is not None
    assert (made.refused, made.comparison.differences, made.unknown) == ((), (), ("S!D1",))
    assert computed(tmp_path / "forecast.xlsx", tmp_path)["S!D1"] == pytest.approx(22, abs=1e-6)
