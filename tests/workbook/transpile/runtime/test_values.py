"""What a cell can hold, and one kind of it taken for another: Excel's words on operators and on VALUE."""

import pytest
from excel import column, shows, value

from workbook.xlsx.read import CellError

CELLS: dict[str, object] = {**column("A", ("10", True, None, "abc", "", CellError("#N/A"), 2.5, " 7 "))}
CASES = [
    ("A1+1", 11.0),
    ("A2+1", 2.0),
    ("A3+1", 1.0),  # a blank is 0
    ("A4+1", "#VALUE!"),
    ("A5+1", "#VALUE!"),
    ("A6+1", "#N/A"),
    ("A8+1", 8.0),
    ('"1,234"+0', 1234.0),
    ('"$1,000"+0', 1000.0),
    ('"-$5"+0', -5.0),
    ('"25%"+0', 0.25),
    ('"(5)"+0', -5.0),
    ('"1e3"+0', 1000.0),
    ('".5"+0', 0.5),
    ('"5."+0', 5.0),
    ('"1 2"+0', "#VALUE!"),
    ('"TRUE"+0', "#VALUE!"),
    ('"2011-08-22"+0', 40777.0),
    ('"8/22/2011"+0', 40777.0),
    ('"22 August 2011"+0', 40777.0),
    ('"August 22, 2011"+0', 40777.0),
    ('"22-Aug-11"+0', 40777.0),
    ('"8/22/2011 12:00"+0', 40777.5),
    ('"6:00 PM"+0', 0.75),
    ('"36:00"+0', 1.5),
    ('"2/30/2011"+0', "#VALUE!"),
    ("A1&A2&A3&A7", "10TRUE2.5"),
    ("A6&1", "#N/A"),
    ('1/3&""', "0.333333333333333"),
    ('0.1+0.2&""', "0.3"),
    ('1E+20&""', "100000000000000000000"),
    ('1E+21&""', "1E+21"),
    ('0.0001&""', "0.0001"),
    ('1E-10&""', "0.0000000001"),
    ('1/3000000&""', "3.33333333333333E-07"),
    ('-0.5&""', "-0.5"),
    ('123456789012345678&""', "123456789012346000"),
    ('IF("true",1,2)', 1.0),
    ('IF("yes",1,2)', "#VALUE!"),
    ("IF(A3,1,2)", 2.0),
    ("IF(0.1,1,2)", 1.0),
    ("IF(A6,1,2)", "#N/A"),
    ("10^400", "#NUM!"),
    ("1/0", "#DIV/0!"),
    ("SQRT(-1)+1/0", "#NUM!"),  # the first error met
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"
