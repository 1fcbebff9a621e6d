"""Whose numbers a torch script computes with: of every part of a formula it is known whether it is a tensor.

A plain number has no `.item()`, torch's functions take no plain number, and two of torch's conditions have no sum. What
is not known stops the script, or gives another value; so the first script that is written must run, and be right.
"""

import random
from pathlib import Path

import pytest
from openpyxl.utils import get_column_letter
from small_books import save

from workbook.transpile import transpile

_INPUTS = {"A1": 1, "A2": 2, "A3": 4, "A4": 5, "A5": 7, "B1": 2.5, "B2": 1.5, "B3": 3, "B4": 0.5, "B5": 2}
_FORMULAS = (
    "C1", 'C1&"x"', "SUM(C1,3)", "IFERROR(C1*2,0)", "N(C1)", "ISLOGICAL(C1)", "-C1", "IF(C1,2,3)",
    "INDEX(A1:A5,COUNT(A1:A5)-2)", "LOG10(COUNT(A1:A5))", "INDEX(A1:A5,MAX(B1,2))", "EXP(IF(A1>0,COUNT(A1:A5),B1))",
    "IFERROR(EXP(IF(A1>0,3,B1)),1)", "IFERROR(INDEX(A1:A5,IF(A1>0,3,B1)),1)", "SQRT(MAX(B1,2))",
    "ROUND(-COUNT(A1:A5)/3,1)", "ROUND(COUNT(A1:A5)%,3)",
    'MAX(COUNT(A1:A5),B1)&""', 'MIN(3,B1)&""', 'IF(B1>1,5,6)&""', "MAX(A1:A5,IF(B1>1,5,6))",
    "MAX(SUM(A1:A5),IF(B1>1,50,60))", "EXP(MAX(SUM(A1:A5),3)/100)", "IF(A1>0,SUM(A1:A5),2)", "MOD(COUNT(A1:A5),3)",
    'MOD(COUNT(A1:A5),B1)&""', 'POWER(COUNT(A1:A5),2)&""', "IFERROR(AND(A1>0,B1>0)*1,0)",
    "(A1>0)+(B1>0)", "(A1>0)*(B1>0)", "(A1>0)-(B1>9)", "-(A1>0)", "(A1>0)/2", "EXP((A1>0)+0)", "IF(AND(C1,A1>0),1,2)",
    "SIN(PI()*COUNT(A1:A5)/7)", "EXP(ROW()*COUNT(A1:A5)/100)", "SQRT(ROWS(A1:A5))", "IFERROR(NOT(C1)+1,9)",
)  # fmt: skip


def drawn(chance: random.Random, deep: int) -> str:
    """A formula of single numbers: cells, counts and numbers written out, in functions and choices."""
    if deep == 0:
        return chance.choice(
            ("A1", "B1", "A3", "3", "0.5", "COUNT($A$1:$A$5)", "ROWS($A$1:$B$5)", "ROW()", "PI()", "C1")
        )
    a, b = drawn(chance, deep - 1), drawn(chance, chance.randrange(deep))
    test = f"{a}{chance.choice('<>=')}{b}"
    forms = (
        f"({a}+{b})", f"({a}-{b})", f"({a}*{b})", f"MAX({a},{b})", f"MIN({a},{b},1)", f"ABS({a})", f"EXP(-ABS({a}))",
        f"IF({test},{a},{b})", f"IFERROR({a}+{b},7)", f"-({a})", f"INT({a})", f"({test})*{b}", f"N({test})",
        f"SUM({a},{b})", f"ROUND({a},1)", f"IF(AND({test},A1>0),{b},2)", f"SQRT(ABS({a}))",
        f"IFERROR(INDEX($A$1:$A$5,MIN(5,1+ABS({a}))),{b})",
    )  # fmt: skip
    return chance.choice(forms)


def cells() -> dict[str, object]:
    """The formulas, each once, filled down a column, and as a run in which a cell reads the one above."""
    chance = random.Random(0)
    formulas = [*_FORMULAS, *(drawn(chance, 1 + k % 3) for k in range(60))]
    found: dict[str, object] = dict(_INPUTS) | {f"C{row}": f"=A{row}>B{row}" for row in range(1, 6)}
    for k, formula in enumerate(formulas):
        column = get_column_letter(4 + k)
        found[f"{column}1"] = f"={formula}"
        for row in (3, 4, 5):
            down = formula.replace("A1", f"A{row}").replace("B1", f"B{row}").replace("C1", f"C{row}")
            found[f"{column}{row}"] = f"={down.replace(f'A{row}:A5', 'A1:A5')}"
        found[f"{column}7"] = 0.25
        for row in range(8, 12):
            own = formula.replace("A1:A5", "$A$1:$A$5").replace("B1", f"{column}{row - 1}")
            found[f"{column}{row}"] = f"=0.5*{column}{row - 1}+N({own})"
    return found


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_the_first_script_runs_and_every_number_is_the_language_s_or_python_s_as_it_must_be(
    target: str, tmp_path: Path
) -> None:
    formulas = cells()
    made = transpile(save(tmp_path / "owners.xlsx", {"S": formulas}), target=target)
    assert made.refused == ()
    # The file has no values, so it is ironcalc's that the script's are compared with.
    assert made.comparison is not None
    assert [(d, formulas[d.cell[2:]]) for d in made.comparison.differences] == []
    assert [formulas[get_column_letter(left) + str(top)] for _, (top, left, _, _) in made.unsure] == []
    assert made.comparison.cells == sum(str(value).startswith("=") for value in formulas.values())
