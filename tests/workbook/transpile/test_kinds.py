"""More small cases of the kinds on which scripts of strangers' workbooks were wrong: each a sheet of one workbook.

`kinds.json` holds them: why the values are right, by hand or by Excel's documentation; the `cells`; what is `right`;
the rows that are `hidden`, and the range of a `filter`.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook.defined_name import DefinedName
from small_books import save

from workbook.formula.address import cell_position
from workbook.transpile import Front, Running, javascript, transpile
from workbook.transpile.back import check
from workbook.xlsx.read import CellError

CASES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("kinds.json").read_text(encoding="utf-8"))
RIGHT = {f"{title}!{cell}": value for title, case in CASES.items() for cell, value in case["right"].items()}
NAMES = {"left_of": "names!XFD1", "in_row": "names!$A1", "above": "names!A1048576", "rate": "names!$H$1"}
"""Defined names, as they are seen from A1: left of the first column is the last, above the first row the last."""


def shows(value: object) -> object:
    """A value as a script dumps it; numbers to within what Excel's documentation prints."""
    if isinstance(value, str) and value.startswith("#"):
        return {"error": value}
    return pytest.approx(value, rel=5e-9, abs=1e-12) if type(value) in (int, float) else value


def wrong(found: dict[str, object]) -> list[tuple[str, str, object, object]]:
    """The cells that are not right, each with its formula, what was found, and what is right."""
    formulas = {f"{title}!{cell}": text for title, case in CASES.items() for cell, text in case["cells"].items()}
    return [(c, formulas[c], found[c], right) for c, right in RIGHT.items() if c in found and found[c] != shows(right)]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    saved = save(
        tmp_path_factory.mktemp("kinds") / "kinds.xlsx", {title: case["cells"] for title, case in CASES.items()}
    )
    book = load_workbook(saved)
    for name, area in NAMES.items():
        book.defined_names[name] = DefinedName(name, attr_text=area)
    for title, case in CASES.items():
        for row in case.get("hidden", ()):
            book[title].row_dimensions[row].hidden = True
        if "filter" in case:
            book[title].auto_filter.ref = case["filter"]
            book[title].auto_filter.add_filter_column(0, ["a"])
    book.save(saved)
    return saved


@pytest.fixture(scope="module")
def front(path: Path) -> Front:
    return Front.of(path)


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_every_kind_is_right_once_more(target: str, path: Path, front: Front, tmp_path: Path) -> None:
    made = transpile(path, target=target, front=front)
    (tmp_path / "script.py").write_text(made.script.source, encoding="utf-8")
    found = check.run(tmp_path / "script.py")
    assert made.refused == ()
    assert RIGHT.keys() <= found.keys()
    assert wrong(found) == []


def test_every_kind_that_a_page_computes_is_right_in_javascript(path: Path, front: Front) -> None:
    program = javascript(path, front)
    assert (program.refused, program.kept) == ((), ())
    with Running(program) as session:
        values = session.values()
    found: dict[str, object] = {}
    for cell in RIGHT:
        title, _, address = cell.partition("!")
        value = values[title].get(cell_position(address))
        found[cell] = {"error": value.code} if isinstance(value, CellError) else value
    assert len(found) > 100
    assert wrong(found) == []
