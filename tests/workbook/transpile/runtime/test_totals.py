"""SUBTOTAL, AGGREGATE and the functions of lists, against the examples of Excel's documentation."""

import pytest
from excel import column, near, shows, value

from workbook.xlsx.read import CellError

NOTHING = CellError("#DIV/0!")
CELLS: dict[str, object] = {
    **column("A", (120, 10, 150, 23)),
    **column("B", (NOTHING, 72, 30, CellError("#NUM!"), 31, 96, 32, 81, 33, 53, 34)),
    **column("C", (82, 65, 95, 63, 53, 71, 55, 83, 100, 91, 89)),
    # The orchard: conditions in E1:J3, the list in E4:I10.
    "E1": "Tree", "F1": "Height", "G1": "Age", "H1": "Yield", "I1": "Profit", "J1": "Height",
    "E2": "=Apple", "F2": ">10", "J2": "<16", "E3": "=Pear",
    "E4": "Tree", "F4": "Height", "G4": "Age", "H4": "Yield", "I4": "Profit",
    **column("E", ("Apple", "Pear", "Cherry", "Apple", "Pear", "Apple"), 5),
    **column("F", (18, 12, 13, 14, 9, 8), 5),
    **column("G", (20, 12, 14, 15, 8, 9), 5),
    **column("H", (14, 10, 9, 10, 8, 6), 5),
    **column("I", (105, 96, 105, 75, 77, 45), 5),
    "L1": "Tree", "L2": "App", "M1": "Yield", "M2": 10, "N1": "Tree", "N2": "=App",
}  # fmt: skip
CASES = [
    ("SUBTOTAL(9,A1:A4)", 303.0),
    ("SUBTOTAL(1,A1:A4)", 75.75),
    ("SUBTOTAL(109,A1:A4)", 303.0),
    ("SUBTOTAL(2,A1:A5)", 4.0),
    ("SUBTOTAL(12,A1:A4)", "#VALUE!"),
    ("SUBTOTAL(9,B1:B4)", "#DIV/0!"),
    ("AGGREGATE(4,6,B1:B11)", 96.0),
    ("AGGREGATE(14,6,B1:B11,3)", 72.0),
    ("AGGREGATE(15,6,B1:B11)", "#VALUE!"),
    ("AGGREGATE(12,6,B1:B11,C1:C11)", 68.0),
    ("AGGREGATE(9,6,A1:A4,B4)", 303.0),
    ("AGGREGATE(14,6,B4,1)", "#NUM!"),
    ("AGGREGATE(4,4,B1:B11)", "#DIV/0!"),
    ("AGGREGATE(15,6,C1:C11/(C1:C11>60),1)", 63.0),
    ('DSUM(E4:I10,"Profit",E1:E2)', 225.0),
    ('DSUM(E4:I10,"Profit",E1:J3)', 248.0),
    ('DPRODUCT(E4:I10,"Yield",E1:J3)', 800.0),
    ('DAVERAGE(E4:I10,"Yield",E1:F2)', 12.0),
    ('DCOUNT(E4:I10,"Age",E1:J2)', 1.0),
    ("DCOUNT(E4:I10,,E1:E2)", 3.0),
    ('DCOUNTA(E4:I10,"Profit",E1:J2)', 1.0),
    ('DMAX(E4:I10,"Profit",E1:E3)', 105.0),
    ("DMIN(E4:I10,5,E1:F2)", 75.0),
    ('DSTDEV(E4:I10,"Yield",E1:E3)', near("2.966479")),
    ('DSTDEVP(E4:I10,"Yield",E1:E3)', near("2.653299832")),
    ('DVAR(E4:I10,"Yield",E1:E3)', 8.8),
    ('DVARP(E4:I10,"Yield",E1:E3)', 7.04),
    ('DGET(E4:I10,"Yield",E1:E3)', "#NUM!"),
    ('DGET(E4:I10,"Yield",E1:J2)', 10.0),
    ('DSUM(E4:I10,"Weight",E1:E2)', "#VALUE!"),
    ('DSUM(E4:I10,"Profit",L1:L2)', 225.0),  # text alone: what a text begins with
    ('DCOUNT(E4:I10,"Age",N1:N2)', 0.0),
    ('DCOUNT(E4:I10,"Age",M1:M2)', 2.0),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"
