"""Random numbers: within their bounds, the same in every run of a script."""

import pytest
from excel import value

from workbook.transpile.runtime import chance
from workbook.xlsx.read import CellError


def test_numbers_lie_between_their_bounds() -> None:
    assert all(0 <= value("RAND()") < 1 for _ in range(200))
    assert {value("RANDBETWEEN(1.2,4)") for _ in range(200)} == {2.0, 3.0, 4.0}
    assert {value("RANDBETWEEN(-1,-1)") for _ in range(3)} == {-1.0}


def test_arrays_have_the_size_and_the_kind_asked_for() -> None:
    found = value("RANDARRAY(3,2)")
    assert [len(line) for line in found] == [2, 2, 2]
    assert all(0 <= item <= 1 for line in found for item in line)
    assert {item for line in value("RANDARRAY(20,20,1,3,TRUE)") for item in line} == {1.0, 2.0, 3.0}
    assert len(value("RANDARRAY(,4)")[0]) == 4


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("RANDBETWEEN(5,1)", "#NUM!"),
        ('RANDBETWEEN("x",1)', "#VALUE!"),
        ("RANDARRAY(-1)", "#VALUE!"),
        ("RANDARRAY(2,2,5,1)", "#VALUE!"),
        ("RANDARRAY(1E+9,1E+9)", "#VALUE!"),
    ],
)
def test_bounds_that_cannot_be_are_errors(formula: str, code: str) -> None:
    assert value(formula) == CellError(code)


def test_a_script_draws_the_same_numbers_every_time() -> None:
    generator = chance.GENERATOR
    generator.seed(0)
    first = [chance.RAND() for _ in range(3)]
    generator.seed(0)
    assert [chance.RAND() for _ in range(3)] == first
