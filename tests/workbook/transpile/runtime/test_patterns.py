"""Texts and regular expressions: the examples of Excel's documentation, and its words on the edges."""

import pytest
from excel import shows, value

CASES = [
    ('REGEXTEST("alfalfa","^a")', True),
    ('REGEXTEST("alfalfa","[xyz]")', False),
    ('REGEXTEST("ALFALFA","^a")', False),
    ('REGEXTEST("ALFALFA","^a",1)', True),
    ('REGEXTEST("(378) 555-4195","^\\([0-9]{3}\\) [0-9]{3}-[0-9]{4}$")', True),
    ('REGEXTEST("x","(")', "#VALUE!"),
    ('REGEXEXTRACT("DylanWilliams","[A-Z][a-z]+",1)', [["Dylan", "Williams"]]),
    ('REGEXEXTRACT("DylanWilliams","[A-Z][a-z]+")', "Dylan"),
    ('REGEXEXTRACT("a1-b2","([a-z])(\\d)",2)', [["a", "1"]]),
    ('REGEXEXTRACT({"a1";"b2"},"\\d")', [["1"], ["2"]]),
    ('REGEXEXTRACT("abc","\\d")', "#N/A"),
    ('REGEXREPLACE("SoniaBrown","([A-Z][a-z]+)([A-Z][a-z]+)","$2, $1")', "Brown, Sonia"),
    ('REGEXREPLACE("(378) 555-4195","[0-9]+-","***-")', "(378) ***-4195"),
    ('REGEXREPLACE("a1b2c3","\\d","#",2)', "a1b#c3"),
    ('REGEXREPLACE("a1b2c3","\\d","#",-1)', "a1b2c#"),
    (
        'ENCODEURL("http://contoso.sharepoint.com/Finance/Profit and Loss Statement.xlsx")',
        "http%3A%2F%2Fcontoso.sharepoint.com%2FFinance%2FProfit%20and%20Loss%20Statement.xlsx",
    ),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula)
    assert shows(found, expected), f"{formula} is {found!r}"
