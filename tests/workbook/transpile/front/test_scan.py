"""Formulas without their references."""

import pytest

from workbook.transpile.front.scan import Scanner, slots


@pytest.mark.parametrize(
    ("formula", "skeleton", "coordinates"),
    [
        ("A1+$B$2", "§+§", (1, 1, 2, 2)),
        ("SUM(A1:C3)", "SUM(§:§)", (1, 1, 3, 3)),
        ("LOG10(A1)", "LOG10(§)", (1, 1)),
        ("1E5+E5", "1E5+§", (5, 5)),
        ('"A1"&A1', '"A1"&§', (1, 1)),
        ("'A1 B2'!C3", "'A1 B2'!§", (3, 3)),
        ("IF('It\"s A1'!B2>1,\"it's C3\",D4)", "IF('It\"s A1'!§>1,\"it's C3\",§)", (2, 2, 4, 4)),
        ("SUM($A$1:$B$2)", "SUM(§:§)", (1, 1, 2, 2)),
        ("'A B'!A1+SUM($2:5)", "'A B'!§+SUM(§_§)", (1, 1, 2, 1, 5, 16_384)),
        ("Data!AA10*2", "Data!§*2", (10, 27)),
        ("Table1[A1]+B1", "Table1[A1]+§", (1, 2)),
        ("SUM(A:C)", "SUM(§|§)", (1, 1, 1_048_576, 3)),
        ("SUM($2:5)", "SUM(§_§)", (2, 1, 5, 16_384)),
        ("SUM(A1-B2)", "SUM(§-§)", (1, 1, 2, 2)),
        ("tax_2020A1+1", "tax_2020A1+1", ()),
    ],
)
def test_a_skeleton_and_its_coordinates(formula: str, skeleton: str, coordinates: tuple[int, ...]) -> None:
    assert Scanner().scan(formula) == (skeleton, coordinates)


def test_slots_stand_where_the_references_do() -> None:
    formula = "'It''s'!A1+SUM(B2:C3)*\"D4\""
    assert [formula[start : start + 2] for start, _ in slots(formula)] == ["A1", "B2", "C3"]
