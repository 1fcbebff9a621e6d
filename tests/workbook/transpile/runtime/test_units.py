"""Units, against the examples of Excel's documentation and the international definitions."""

import pytest
from excel import near, shows, value

CASES = [
    ('CONVERT(1,"lbm","kg")', near("0.4535924")),
    ('CONVERT(68,"F","C")', 20.0),
    ('CONVERT(2.5,"ft","sec")', "#N/A"),
    ('CONVERT(CONVERT(100,"ft","m"),"ft","m")', 9.290304),
    ('CONVERT(6,"C","F")', 42.8),
    ('CONVERT(6,"tsp","tbs")', 2.0),
    ('CONVERT(6,"gal","l")', near("22.71247070")),
    ('CONVERT(6,"mi","km")', 9.656064),
    ('CONVERT(6,"km","mi")', near("3.728227153")),
    ('CONVERT(6,"in","ft")', 0.5),
    ('CONVERT(6,"cm","in")', near("2.362204724")),
    ('CONVERT(0,"K","C")', -273.15),
    ('CONVERT(80,"Reau","C")', 100.0),
    ('CONVERT(491.67,"Rank","K")', near("273.15")),
    ('CONVERT(1,"Mibyte","kbit")', 8388.608),
    ('CONVERT(1,"kbyte","bit")', 8000.0),
    ('CONVERT(1,"km2","m^2")', 1e6),
    ('CONVERT(1,"cm3","ml")', 1.0),
    ('CONVERT(1,"HP","W")', near("745.69987158")),
    ('CONVERT(1,"atm","Torr")', 760.0),
    ('CONVERT(1,"day","hr")', 24.0),
    ('CONVERT(1,"mi","yd")', 1760.0),
    ('CONVERT(1,"stone","lbm")', 14.0),
    ('CONVERT(1,"kn","km/h")', 1.852),
    ('CONVERT(1,"x","m")', "#N/A"),
    ('CONVERT("y","m","m")', "#VALUE!"),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula)
    assert shows(found, expected), f"{formula} is {found!r}"
