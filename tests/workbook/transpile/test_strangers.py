"""Small workbooks of the kinds on which scripts of strangers' workbooks were wrong, with the right values.

`strangers.json` holds them: `kind`, `why` the values are right, `cells`, `right`, and where a case has such the defined
names and the settings of calculation.
"""

import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import DataTableFormula

from workbook.transpile import npz, transpile
from workbook.transpile.back import check

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("strangers.json").read_text(encoding="utf-8"))


def saved(case: dict[str, Any], path: Path) -> Path:
    """The case as a workbook without values."""
    if "dynamic_array" in case:
        return saved_with_spills(case, path)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "S"
    for cell, value in case["cells"].items():
        table = re.fullmatch("<dataTable (.*)>", value) if isinstance(value, str) else None
        if table:
            sheet[cell] = DataTableFormula(**dict(re.findall(r'(\w+)="(\w+(?::\w+)?)"', table[1])))
        elif value != "<member>":
            sheet[cell] = value
    for name, area in case.get("names", ()):
        book.defined_names[name] = DefinedName(name, attr_text=area)
    if "calcPr" in case:
        settings = dict(re.findall(r'(\w+)="([^"]*)"', case["calcPr"]))
        book.calculation.iterate = True
        book.calculation.iterateCount = int(settings.get("iterateCount", 100))
        book.calculation.iterateDelta = float(settings.get("iterateDelta", 0.001))
    book.save(path)
    return path


def saved_with_spills(case: dict[str, Any], path: Path) -> Path:
    """The same, for formulas that spill."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        for cell, value in case["cells"].items():
            if cell in case["dynamic_array"]:
                sheet.write_dynamic_array_formula(f"{cell}:{cell}", value)
            else:
                sheet.write(cell, value)
    return path


def shows(value: object) -> object:
    """A value as a script dumps it; numbers to within rounding."""
    if isinstance(value, str) and value.startswith("#"):
        return {"error": value}
    return pytest.approx(value, rel=1e-9) if type(value) in (int, float) else value


@pytest.mark.parametrize("target", ["numpy", "torch"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["kind"][:30])
def test_a_workbook_of_the_kind_is_right(case: dict[str, Any], target: str, tmp_path: Path) -> None:
    made = transpile(saved(case, tmp_path / "case.xlsx"), target=target, beside="arrays.npz")
    (tmp_path / "script.py").write_text(made.script.source, encoding="utf-8")
    (tmp_path / "arrays.npz").write_bytes(npz(made.script))
    found = check.run(tmp_path / "script.py")
    expected = {f"S!{cell}": shows(value) for cell, value in case["right"].items()}
    assert {cell: found.get(cell) for cell in expected} == expected, case["why"]
