"""Numbers in other digits, against the examples of Excel's documentation."""

import pytest
from excel import shows, value

CASES = [
    ("BASE(7,2)", "111"),
    ("BASE(100,16)", "64"),
    ("BASE(15,2,10)", "0000001111"),
    ("BASE(-1,2)", "#NUM!"),
    ("BASE(5,40)", "#NUM!"),
    ('DECIMAL("FF",16)', 255.0),
    ("DECIMAL(111,2)", 7.0),
    ('DECIMAL("zap",36)', 45745.0),
    ('DECIMAL("9",2)', "#NUM!"),
    ("ROMAN(499,0)", "CDXCIX"),
    ("ROMAN(2013)", "MMXIII"),
    ("ROMAN(4000)", "#VALUE!"),
    ('ARABIC("LVII")', 57.0),
    ('ARABIC("mcmxii")', 1912.0),
    ('ARABIC("-MMXI")', -2011.0),
    ('ARABIC("")', 0.0),
    ('ARABIC("ABC")', "#VALUE!"),
    ("BIN2DEC(1100100)", 100.0),
    ("BIN2DEC(1111111111)", -1.0),
    ("BIN2DEC(2)", "#NUM!"),
    ("BIN2HEX(11111011,4)", "00FB"),
    ("BIN2HEX(1110)", "E"),
    ("BIN2HEX(1111111111)", "FFFFFFFFFF"),
    ("BIN2OCT(1001,3)", "011"),
    ("BIN2OCT(1111111111)", "7777777777"),
    ("DEC2BIN(9,4)", "1001"),
    ("DEC2BIN(-100)", "1110011100"),
    ("DEC2BIN(512)", "#NUM!"),
    ("DEC2BIN(9,3)", "#NUM!"),
    ("DEC2HEX(100,4)", "0064"),
    ("DEC2HEX(-54)", "FFFFFFFFCA"),
    ("DEC2OCT(58,3)", "072"),
    ("DEC2OCT(-100)", "7777777634"),
    ('HEX2BIN("F",8)', "00001111"),
    ('HEX2BIN("B7")', "10110111"),
    ('HEX2BIN("FFFFFFFFFF")', "1111111111"),
    ('HEX2DEC("A5")', 165.0),
    ('HEX2DEC("FFFFFFFF5B")', -165.0),
    ('HEX2DEC("3DA408B9")', 1034160313.0),
    ('HEX2OCT("3B4E")', "35516"),
    ('HEX2OCT("FFFFFFFF00")', "7777777400"),
    ("OCT2BIN(3,3)", "011"),
    ("OCT2BIN(7777777000)", "1000000000"),
    ("OCT2DEC(54)", 44.0),
    ("OCT2DEC(7777777533)", -165.0),
    ("OCT2HEX(100,4)", "0040"),
    ("OCT2HEX(7777777533)", "FFFFFFFF5B"),
    ("BITAND(13,25)", 9.0),
    ("BITOR(23,10)", 31.0),
    ("BITXOR(5,3)", 6.0),
    ("BITLSHIFT(4,2)", 16.0),
    ("BITRSHIFT(13,2)", 3.0),
    ("BITAND(-1,3)", "#NUM!"),
    ("BITAND(1.5,3)", "#NUM!"),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula)
    assert shows(found, expected), f"{formula} is {found!r}"
