"""The grammar, against what Excel documents and what ironcalc computes."""

import pytest

from workbook.errors import FormulaError
from workbook.formula.address import cell_position, column_letters, column_number
from workbook.formula.grammar import Binary, Call, Name, Number, Range, Text, Unary, walk
from workbook.formula.parser import parse

ONE, TWO, THREE = Number(1.0), Number(2.0), Number(3.0)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("-2^2", Binary("^", Unary("-", TWO), TWO)),
        ("2^3^2", Binary("^", Binary("^", TWO, THREE), TWO)),
        ("1+2*3", Binary("+", ONE, Binary("*", TWO, THREE))),
        ("1-2-3", Binary("-", Binary("-", ONE, TWO), THREE)),
        ("-2%", Unary("%", Unary("-", TWO))),
        ("1&2=3", Binary("=", Binary("&", ONE, TWO), THREE)),
        ('"say ""hi"""', Text('say "hi"')),
        ("$B$3:D5", Range((3, 2), (5, 4))),
        ("D5:$B$3", Range((3, 2), (5, 4))),
        ("'Dot product'!A1", Range((1, 1), (1, 1), "Dot product")),
        ("'It''s'!A1", Range((1, 1), (1, 1), "It's")),
        ("sheet.block", Name("block", "sheet")),
        ("SUM(A1,,2)", Call("SUM", (Range((1, 1), (1, 1)), None, TWO))),
        ("_xlfn.SUM(1)", Call("SUM", (ONE,))),
        ("1E-06", Number(1e-6)),
    ],
)
def test_a_formula_means_what_excel_documents(text: str, node: object) -> None:
    assert parse(text) == node


@pytest.mark.parametrize(
    ("one", "other"),
    [("A1 + 1", "$A$1+1.0"), ("if(a1=2, 1, 0)".upper(), "IF($A$1=2,1,0)"), ("1e-6", "0.000001"), ("(A1)*2", "A1*2")],
)
def test_blanks_dollars_and_spelling_do_not_count(one: str, other: str) -> None:
    assert parse(one) == parse(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("A1-B1", "B1-A1"), ("(1+2)*3", "1+2*3"), ("A1", "Sheet!A1"), ("SUM(A1:A3)", "SUM(A1:A4)"), ("A1*1.001", "A1")],
)
def test_formulas_that_mean_different_things_differ(one: str, other: str) -> None:
    assert parse(one) != parse(other)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1+", "expected a value"),
        ("SUM(1", "expected ')'"),
        ("1 2", "expected an operator or the end"),
        ("A1;B1", "expected an operator or the end"),
        ("§", "no part of a formula"),
        ("XFE1048577", "outside a sheet"),
        ("(" * 70 + "1" + ")" * 70, "at most 64 levels"),
    ],
)
def test_what_is_no_formula_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(FormulaError, match="(?s)" + said.replace("'", ".").replace(")", r"\)")):
        parse(text)


def test_as_many_functions_in_each_other_as_excel_takes_are_read() -> None:
    assert parse("IF(A1," * 64 + "1" + ",0)" * 64)


def test_of_a_long_formula_a_message_shows_the_place_alone() -> None:
    with pytest.raises(FormulaError) as caught:
        parse("1+" * 2_000 + "§" + "+1" * 2_000)
    assert "at 4001" in str(caught.value)
    assert "§" in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(("letters", "number"), [("A", 1), ("Z", 26), ("AA", 27), ("XFD", 16384)])
def test_columns_have_letters_and_numbers(letters: str, number: int) -> None:
    assert column_number(letters) == number
    assert column_letters(number) == letters


def test_an_address_is_a_row_and_a_column() -> None:
    assert cell_position("$AB$12") == (12, 28)
    with pytest.raises(FormulaError, match="expected a cell address"):
        cell_position("12AB")


def test_walk_visits_every_node() -> None:
    assert [node.name for node in walk(parse("IF(a=b, SUM(c, -d%), e)")) if isinstance(node, Name)] == [
        "a",
        "b",
        "c",
        "d",
        "e",
    ]


def test_a_column_of_this_row_needs_no_brackets_of_its_own() -> None:
    assert parse("Sales[[#This Row],Units]") == parse("Sales[[#This Row],[Units]]") == parse("Sales[@Units]")
