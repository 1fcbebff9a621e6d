"""Trees that are made before values are known: of formulas that need none, and the same as they would be later."""

from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from workbook.transpile.front.defined import Names
from workbook.transpile.front.lower import Ahead, Lowering
from workbook.transpile.front.regions import find_regions
from workbook.xlsx.read import Book, read_workbook

FORMULAS = {"B1": "=A1*2+1", "C1": "=SUM(A1:A3)/rate", "D1": "=OFFSET(A1,A2,0)", "E1": '=INDIRECT("A"&A2)', "F1": "=1+"}
NEED_NO_VALUE = {("Sheet", 1, 2), ("Sheet", 1, 3)}


def book(path: Path, **names: str) -> Book:
    written = openpyxl.Workbook()
    for row in (1, 2, 3):
        written.active[f"A{row}"] = float(row)
    for address, formula in FORMULAS.items():
        written.active[address] = formula
    for name, text in names.items():
        written.defined_names[name] = DefinedName(name, attr_text=text)
    written.save(path)
    return read_workbook(path)


def ahead(found: Book) -> Ahead:
    return Ahead.of(found, find_regions(found, lambda *_: False))


def test_what_needs_no_value_is_there_and_the_same_as_later(tmp_path: Path) -> None:
    found = book(tmp_path / "book.xlsx", rate="Sheet!$A$3")
    trees = ahead(found).known(Names.of(found))
    assert trees.keys() == NEED_NO_VALUE
    later = Lowering(Names.of(found), lambda *_: pytest.fail("a value is asked for"))
    for region in find_regions(found, lambda *_: False):
        place = (region.sheet, region.row, region.column)
        if place in trees:
            assert trees[place] == later.guided(region)


def test_nothing_is_kept_where_the_workbook_has_functions_of_its_own(tmp_path: Path) -> None:
    names = {"rate": "Sheet!$A$3", "twice": "_xlfn.LAMBDA(_xlpm.x,_xlpm.x*2)"}
    found = book(tmp_path / "book.xlsx", **names)
    found.sheets["Sheet"].cells[1, 7] = found.sheets["Sheet"].cells[1, 2]._replace(formula="twice(A1)")
    assert ahead(found).trees == {}


def test_nothing_is_known_where_names_mean_something_else_by_then(tmp_path: Path) -> None:
    early = ahead(book(tmp_path / "one.xlsx", rate="Sheet!$A$3"))
    assert early.known(Names.of(book(tmp_path / "other.xlsx", rate="Sheet!$A$2"))) == {}
