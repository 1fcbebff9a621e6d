"""Lookups, against the examples of Excel's documentation and its words on their modes."""

import pytest
from excel import column, shows, value

from workbook.xlsx.read import CellError

CELLS: dict[str, object] = {
    **column("A", (25, 38, 40, 41)), **column("B", (10, 20, 20, 40, 50)), **column("C", (50, 40, 20, 20, 10)),
    **column("D", ("apple", "Banana", "cherry", "b*n", None, 7, True, CellError("#REF!"))),
    # The atmosphere: density, viscosity, temperature.
    **column("F", (0.457, 0.525, 0.606, 0.675, 0.746, 0.835, 0.946, 1.09, 1.29)),
    **column("G", (3.55, 3.25, 2.93, 2.75, 2.57, 2.38, 2.17, 1.95, 1.71)),
    **column("H", (500, 400, 300, 250, 200, 150, 100, 50, 0)),
    # Axles, bearings, bolts.
    **column("J", ("Axles", 4, 5, 6)), **column("K", ("Bearings", 4, 7, 8)), **column("L", ("Bolts", 9, 10, 11)),
    **column("M", (3, 2)),
    **column("N", (9700, 39475, 84200, 160726, 204100, 510300)), **column("O", (0.1, 0.22, 0.24, 0.32, 0.35, 0.37)),
}  # fmt: skip
CASES = [
    ("MATCH(39,A1:A4,1)", 2.0),
    ("MATCH(39,A1:A4)", 2.0),
    ("MATCH(41,A1:A4,0)", 4.0),
    ("MATCH(40,A1:A4,-1)", "#N/A"),  # not in falling order
    ("MATCH(24,A1:A4,1)", "#N/A"),
    ("MATCH(99,A1:A4,1)", 4.0),
    ("MATCH(20,B1:B5,1)", 3.0),  # the last of equals
    ("MATCH(20,B1:B5,0)", 2.0),  # the first
    ("MATCH(30,C1:C5,-1)", 2.0),
    ("MATCH(20,C1:C5,-1)", 4.0),  # LibreOffice and ironcalc: the last of equals here too
    ("MATCH(60,C1:C5,-1)", "#N/A"),
    ("MATCH(5,C1:C5,-1)", 5.0),
    ('MATCH("BANANA",D1:D4,0)', 2.0),
    ('MATCH("b*",D1:D4,0)', 2.0),
    ('MATCH("b~*n",D1:D4,0)', 4.0),
    ('MATCH("?????",D1:D4,0)', 1.0),
    ("MATCH(7,D1:D8,0)", 6.0),
    ('MATCH("7",D1:D8,0)', "#N/A"),
    ("MATCH(TRUE,D1:D8,0)", 7.0),
    ("MATCH(D8,A1:A4,0)", "#REF!"),
    ("MATCH({38;41},A1:A4,0)", [[2.0], [4.0]]),
    ("MATCH(2,{1,2,3},0)", 2.0),
    # In no order: a search by halves that ends at an equal value. As Excel saved MATCH(1,{1,0}) in a stranger's file.
    ("MATCH(1,{1,0})", 1.0),
    ("MATCH(1,{0,1,1,3})", 3.0),
    ("MATCH(5,{5,1,9,1,5})", 1.0),
    # A range that is an error itself. Excel saved #REF! in 823 cells of a stranger's file.
    ("MATCH(1,#REF!,0)", "#REF!"),
    ("XMATCH(1,#REF!)", "#REF!"),
    ("XLOOKUP(1,#REF!,A1:A4)", "#REF!"),
    ("VLOOKUP(1,#REF!,2,FALSE)", "#REF!"),
    ("HLOOKUP(1,#REF!,2)", "#REF!"),
    ("LOOKUP(1,#REF!)", "#REF!"),
    ("IFERROR(MATCH(1,#REF!,0),-1)", -1.0),
    # Of a wide range beside results the first column is searched, or the first row where there are more columns.
    ("LOOKUP(0.25,N1:O6,A1:A4)", "#N/A"),
    ("LOOKUP(39475,N1:O6,{1,2,3,4,5,6})", 2.0),
    ("LOOKUP(2,{1,2,3;7,8,9},{4,5,6})", 5.0),
    # Arrays of ranges.
    ("SUMPRODUCT(SUBTOTAL(9,OFFSET(A1,ROW(A1:A4)-ROW(A1),0,1))*{1;0;1;0})", 65.0),
    ("SUBTOTAL(9,OFFSET(A1,{0,1},0,2))", [[63.0, 78.0]]),
    ("SUM(N(OFFSET(A1,{0,2},0)))", 65.0),
    ('SUMIF(INDIRECT({"A1:A2","B1:B2"}),">15")', [[63.0, 20.0]]),
    ("COUNTIF(OFFSET(B1,{0;1},0,4),20)", [[2.0], [2.0]]),
    ('SUM(INDIRECT("R1C1:R2C1",FALSE))', 63.0),
    ('INDIRECT("Nowhere!A1")', "#REF!"),
    ("INDEX({1,2;3,4},0,2)", [[2.0], [4.0]]),
    ("INDEX({1,2;3,4},2,0)", [[3.0, 4.0]]),
    ("INDEX({1,2;3,4},2,2)", 4.0),
    ("INDEX(A1:A4,3)", 40.0),
    ("INDEX({1,2,3},2)", 2.0),
    ("INDEX(A1:A4,5)", "#REF!"),
    ("INDEX(A1:A4,1,2)", "#REF!"),
    ("INDEX(A1:A4,-1)", "#VALUE!"),
    ("INDEX(D1:D5,5)", 0.0),
    ("SUM(INDEX(J2:L4,0,3))", 30.0),
    ("INDEX(A1:A4,{1;3})", [[25.0], [40.0]]),
    # A cell says which row or column, a blank one all of them.
    ("SUM(INDEX(J2:L4,0,M1))", 30.0),
    ("SUM(INDEX(J2:L4,M2,0))", 22.0),
    ("SUM(INDEX(J2:L4,M9,M1))", 30.0),
    ("INDEX(INDEX(J2:L4,0,M1),M2)", 10.0),
    ("VLOOKUP(1,F1:H9,2)", 2.17),
    ("VLOOKUP(1,F1:H9,3,TRUE)", 100.0),
    ("VLOOKUP(0.7,F1:H9,3,FALSE)", "#N/A"),
    ("VLOOKUP(0.1,F1:H9,2,TRUE)", "#N/A"),
    ("VLOOKUP(2,F1:H9,2,TRUE)", 1.71),
    ("VLOOKUP(1,F1:H9,4)", "#REF!"),
    ("VLOOKUP(1,F1:H9,0)", "#VALUE!"),
    ('VLOOKUP("ban*",D1:E4,1,FALSE)', "Banana"),
    ("VLOOKUP({0.525;1.29},F1:H9,3,0)", [[400.0], [0.0]]),
    ('HLOOKUP("Axles",J1:L4,2,TRUE)', 4.0),
    ('HLOOKUP("Bearings",J1:L4,3,FALSE)', 7.0),
    ('HLOOKUP("B",J1:L4,3,TRUE)', 5.0),
    ('HLOOKUP("Bolts",J1:L4,4)', 11.0),
    ('HLOOKUP(3,{1,2,3;"a","b","c";"d","e","f"},2,TRUE)', "c"),
    ("LOOKUP(4.19,{4.14,4.19,5.17,5.77,6.39},{1,2,3,4,5})", 2.0),
    ("LOOKUP(5.75,{4.14,4.19,5.17,5.77,6.39},{1,2,3,4,5})", 3.0),
    ("LOOKUP(7.66,{4.14,4.19,5.17,5.77,6.39},{1,2,3,4,5})", 5.0),
    ("LOOKUP(0,{4.14,4.19,5.17,5.77,6.39},{1,2,3,4,5})", "#N/A"),
    ('LOOKUP("C",{"a","b","c","d";1,2,3,4})', 3.0),
    ('LOOKUP("bump",{"a",1;"b",2;"c",3})', 2.0),
    ("LOOKUP(2,1/({5,0,7,0}>1),{1,2,3,4})", 3.0),  # the last that meets a condition
    ("XLOOKUP(46523,N1:N6,O1:O6,0,1)", 0.24),
    ("XLOOKUP(46523,N1:N6,O1:O6,0,-1)", 0.22),
    ("XLOOKUP(46523,N1:N6,O1:O6)", "#N/A"),
    ('XLOOKUP(46523,N1:N6,O1:O6,"none")', "none"),
    ('XLOOKUP(NA(),N1:N6,O1:O6,"none")', "#N/A"),
    ("XLOOKUP(20,B1:B5,{1;2;3;4;5})", 2.0),
    ("XLOOKUP(20,B1:B5,{1;2;3;4;5},,0,-1)", 3.0),
    ("XLOOKUP(20,B1:B5,{1;2;3;4;5},,0,2)", 2.0),
    ('XLOOKUP("b*",D1:D4,A1:A4)', "#N/A"),  # a wildcard only where it is asked for
    ('XLOOKUP("b*",D1:D4,A1:A4,,2)', 38.0),
    ("XLOOKUP(0.525,F1:F9,G1:H9)", [[3.25, 400.0]]),
    ('XLOOKUP("Bolts",J1:L1,J2:L4)', [[9.0], [10.0], [11.0]]),
    ("XLOOKUP({38;41},A1:A4,A1:A4*2)", [[76.0], [82.0]]),
    ("XLOOKUP(D8,A1:A4,A1:A4,1)", "#REF!"),
    ("XMATCH(39,A1:A4,1)", 3.0),
    ("XMATCH(Z99,A1:A9)", 5.0),  # a blank finds a blank
    ("XMATCH(Z99,A1:A9,0,-1)", 9.0),
    ("XMATCH(Z99,{1;0;2})", "#N/A"),
    ("XMATCH(Z99,{1;0;2},-1)", "#N/A"),
    ("XMATCH(0,A1:A9)", "#N/A"),
    ("XMATCH(39,A1:A4,-1)", 2.0),
    ("XMATCH(39,A1:A4)", "#N/A"),
    ('XMATCH("b?n*",D1:D4,2)', 2.0),
    ("XMATCH(20,B1:B5,0,-1)", 3.0),
    ("ADDRESS(2,3)", "$C$2"),
    ("ADDRESS(2,3,2)", "C$2"),
    ("ADDRESS(2,3,3)", "$C2"),
    ("ADDRESS(2,3,4)", "C2"),
    ("ADDRESS(2,3,2,FALSE)", "R2C[3]"),
    ('ADDRESS(2,3,1,FALSE,"[Book1]Sheet1")', "'[Book1]Sheet1'!R2C3"),
    ('ADDRESS(2,3,1,FALSE,"EXCEL SHEET")', "'EXCEL SHEET'!R2C3"),
    ('ADDRESS(1,28,1,TRUE,"Data")', "Data!$AB$1"),
    ("ADDRESS(0,1)", "#VALUE!"),
    ("ROWS(A1:C4)", 4.0),
    ("COLUMNS({1,2,3;4,5,6})", 3.0),
    ("ROWS({1,2,3;4,5,6})", 2.0),
    ("SUM(OFFSET(A1,1,0,2,1))", 78.0),
    ("OFFSET(B1,3,0)", 40.0),
    # What is no number of rows is an error of its own, and no way off the sheet.
    ("OFFSET(A1,D1,0)", "#VALUE!"),
    ("SUM(OFFSET(A1,0,0,1/0,1))", "#DIV/0!"),
    ("SUM(A1:INDEX(A1:A4,1/0))", "#DIV/0!"),
    ("SUM(A1:INDEX(A1:A4,D1))", "#VALUE!"),
    # A blank is 0, a text the number that it reads as.
    ("OFFSET(A1,D5,0)", 25.0),
    ('OFFSET(A1,"2",0)', 40.0),
    ('SUM(OFFSET(A1,0,0,"2",1))', 63.0),
    ("SUM(A1:INDEX(A1:A4,D5))", 144.0),
    ('SUM(A1:INDEX(A1:A4,"2"))', 63.0),
    ('INDIRECT("A"&2)', 38.0),
    ('SUM(INDIRECT(ADDRESS(1,1)&":A4"))', 144.0),
    ("ROW(A3)", 3.0),
    ("ROW(A1:A3)", [[1.0], [2.0], [3.0]]),
    ("COLUMN(B1:D1)", [[2.0, 3.0, 4.0]]),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"
