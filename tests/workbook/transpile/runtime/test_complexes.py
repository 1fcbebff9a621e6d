"""Complex numbers, against the examples of Excel's documentation."""

import pytest
from excel import near, shows, value

CELLS: dict[str, object] = {"A1": "3+4i", "A2": "5-3i", "A4": 2, "A5": "1+j"}
CASES = [
    ("COMPLEX(3,4)", "3+4i"),
    ('COMPLEX(3,4,"j")', "3+4j"),
    ("COMPLEX(0,1)", "i"),
    ("COMPLEX(1,0)", "1"),
    ("COMPLEX(1,-1)", "1-i"),
    ('COMPLEX(1,1,"k")', "#VALUE!"),
    ('IMREAL("6-9i")', 6.0),
    ('IMAGINARY("3+4i")', 4.0),
    ('IMAGINARY("0-j")', -1.0),
    ("IMAGINARY(4)", 0.0),
    ('IMREAL("4i")', 0.0),
    ('IMREAL("x")', "#NUM!"),
    ('IMREAL("3+4")', "#NUM!"),
    ('IMABS("5+12i")', 13.0),
    ('IMARGUMENT("3+4i")', near("0.92729522")),
    ("IMARGUMENT(0)", "#DIV/0!"),
    ('IMCONJUGATE("3+4i")', "3-4i"),
    ('IMSUM("3+4i","5-3i")', "8+i"),
    ("IMSUM(A1:A4)", "10+i"),
    ("IMSUM(A1,A5)", "#VALUE!"),
    ('IMPRODUCT("3+4i","5-3i")', "27+11i"),
    ('IMPRODUCT("1+2i",30)', "30+60i"),
    ('IMSUB("13+4i","5+3i")', "8+i"),
    ('IMDIV("-238+240i","10+24i")', "5+12i"),
    ('IMDIV("1+i",0)', "#NUM!"),
    ('IMREAL(IMPOWER("2+3i",3))', near("-46")),
    ('IMAGINARY(IMPOWER("2+3i",3))', near("9.0000000000")),
    ('IMREAL(IMSQRT("1+i"))', near("1.09868411346781")),
    ('IMAGINARY(IMSQRT("1+i"))', near("0.45508986056223")),
    ('IMREAL(IMEXP("1+i"))', near("1.46869393991589")),
    ('IMAGINARY(IMEXP("1+i"))', near("2.28735528717884")),
    ('IMREAL(IMLN("3+4i"))', near("1.6094379124341")),
    ('IMAGINARY(IMLN("3+4i"))', near("0.927295218001612")),
    ('IMREAL(IMLOG10("3+4i"))', near("0.698970004336019")),
    ('IMAGINARY(IMLOG2("3+4i"))', near("1.33780421245")),
    ('IMREAL(IMCOS("1+i"))', near("0.833730025131149")),
    ('IMAGINARY(IMSIN("4+3i"))', near("-6.548120040911")),
    ('IMREAL(IMTAN("4+3i"))', near("0.00490825806749606")),
    ('IMAGINARY(IMSINH("4+3i"))', near("3.85373803791938")),
    ('IMREAL(IMCOSH("4+3i"))', near("-27.0349456030742")),
    ('IMAGINARY(IMSEC("4+3i"))', near("-0.07522496030277")),
    ('IMREAL(IMCSC("4+3i"))', near("-0.0754898329158637")),
    ('IMAGINARY(IMCOT("4+3i"))', near("-0.999266927805902")),
    ('IMREAL(IMSECH("4+3i"))', near("-0.0362534969158689")),
    ('IMAGINARY(IMCSCH("4+3i"))', near("-0.0051744731840194")),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"
