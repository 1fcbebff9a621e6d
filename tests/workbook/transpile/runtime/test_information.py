"""What kind of value it is, against the examples of Excel's documentation."""

import pytest
from excel import column, shows, value

from workbook.xlsx.read import CellError

CELLS: dict[str, object] = {**column("A", ("Gold", None, 330.92, CellError("#REF!"), CellError("#N/A"), True, ""))}
CASES = [
    ("ISBLANK(A2)", True),
    ("ISBLANK(A7)", False),
    ("ISBLANK(A1)", False),
    ("ISERROR(A4)", True),
    ("ISERROR(A3)", False),
    ("ISERR(A4)", True),
    ("ISERR(A5)", False),
    ("ISNA(A5)", True),
    ("ISNA(A4)", False),
    ("ISNUMBER(A3)", True),
    ("ISNUMBER(A6)", False),
    ("ISNUMBER(A2)", False),
    ('ISNUMBER("4")', False),
    ("ISTEXT(A1)", True),
    ("ISTEXT(A7)", True),
    ("ISTEXT(A2)", False),
    ("ISNONTEXT(A2)", True),
    ("ISNONTEXT(A4)", True),
    ("ISLOGICAL(A6)", True),
    ('ISLOGICAL("TRUE")', False),
    ("ISEVEN(-1)", False),
    ("ISEVEN(2.5)", True),
    ("ISEVEN(0)", True),
    ("ISODD(-1)", True),
    ("ISODD(2.5)", False),
    ("ISODD(A1)", "#VALUE!"),
    ("N(7)", 7.0),
    ("N(A1)", 0.0),
    ("N(A6)", 1.0),
    ("N(A5)", "#N/A"),
    ('T("Rainfall")', "Rainfall"),
    ("T(19)", ""),
    ("T(A6)", ""),
    ("NA()", "#N/A"),
    ("TYPE(A1)", 2.0),
    ("TYPE(A3)", 1.0),
    ("TYPE(A2)", 1.0),
    ("TYPE(A6)", 4.0),
    ("TYPE(A4)", 16.0),
    ("TYPE({1,2})", 64.0),
    ("TYPE(A1:A4)", 64.0),
    ("TYPE({TRUE})", 4.0),
    ("ERROR.TYPE(A4)", 4.0),
    ("ERROR.TYPE(A5)", 7.0),
    ("ERROR.TYPE(1/0)", 2.0),
    ("ERROR.TYPE(A1)", "#N/A"),
    ("ISNUMBER(A1:A3)", [[False], [False], [True]]),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"
