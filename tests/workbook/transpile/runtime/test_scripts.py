"""Every case of the tables beside this file once more, as a workbook's formulas, in a script of each language."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import xlsxwriter
from excel import near, shows
from sweep import SWEEP

from workbook.formula.address import cell_address, cell_position
from workbook.transpile import Running, javascript, transpile
from workbook.transpile.back import check
from workbook.xlsx.read import CellError

COLUMN = 90
"""Where the formulas stand, from column 1: clear of the cells that they read."""


def tables() -> dict[str, ModuleType]:
    """The modules that hold cases, by subject."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        if path != Path(__file__):
            spec.loader.exec_module(module)
        if hasattr(module, "CASES"):
            found[path.stem.removeprefix("test_")] = module
    return found


def plain(expected: Any) -> Any:
    return expected.value if isinstance(expected, near) else expected


def write(path: Path, modules: dict[str, ModuleType], every: int) -> dict[str, tuple[str, Any]]:
    """A workbook of one case in so many with the values expected; the cell of each, its formula and its value."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
    places: dict[str, tuple[str, Any]] = {}
    for title, module in modules.items():
        sheet = book.add_worksheet(title)
        for address, shown in getattr(module, "CELLS", {}).items():
            if isinstance(shown, CellError):
                sheet.write_formula(address, f"={shown.code}", None, shown.code)
            elif shown == "":
                sheet.write_formula(address, '=""', None, "")
            else:
                sheet.write(address, shown)
        row = 0
        for formula, expected in module.CASES[::every]:
            rows = expected if isinstance(expected, list) else [[expected]]
            height, width = len(rows), len(rows[0])
            corners = (row, COLUMN - 1, row + height - 1, COLUMN + width - 2)
            if isinstance(expected, bool):
                # XlsxWriter has no booleans as values of array formulas,
                sheet.write_formula(row, COLUMN - 1, f"={formula}", None, expected)
            else:
                # and takes a brace at the end for that of an array formula.
                text = f"=({formula})" if formula.endswith("}") else f"={formula}"
                first = plain(rows[0][0])
                first = int(first) if isinstance(first, bool) else first
                sheet.write_dynamic_array_formula(*corners, text, None, first)
            for i, line in enumerate(rows):
                for j, item in enumerate(line):
                    if i or j:
                        sheet.write(row + i, COLUMN - 1 + j, plain(item))
                    places[f"{title}!{cell_address(row + i + 1, COLUMN + j)}"] = formula, item
            row += height + 1
    book.close()
    return places


# The helpers are the same in both; torch takes its time to make numbers of tensors.
@pytest.mark.parametrize(("target", "every"), [("numpy", 1 if SWEEP else 3), ("torch", 5 if SWEEP else 8)])
def test_a_script_shows_what_excel_shows(tmp_path: Path, target: str, every: int) -> None:
    places = write(tmp_path / "cases.xlsx", tables(), every)
    made = transpile(tmp_path / "cases.xlsx", target=target)
    script = tmp_path / "script.py"
    script.write_text(made.script.source, encoding="utf-8")
    dumped = check.run(script)

    wrong = []
    for cell, (formula, expected) in places.items():
        found = dumped.get(cell)
        found = CellError(found["error"]) if isinstance(found, dict) else found
        if not shows(found, expected):
            wrong.append(f"{cell}: ={formula} is {found!r}, expected {expected!r}")
    assert len(places) > 1000 / every
    assert wrong == []


def test_javascript_shows_what_excel_shows(tmp_path: Path) -> None:
    places = write(tmp_path / "cases.xlsx", tables(), 1 if SWEEP else 3)
    program = javascript(tmp_path / "cases.xlsx")
    assert (program.refused, program.kept) == ((), ())
    with Running(program) as session:
        shown = session.values()

    wrong = []
    for cell, (formula, expected) in places.items():
        title, _, address = cell.partition("!")
        found = shown[title].get(cell_position(address))
        if not shows(found, expected):
            wrong.append(f"{cell}: ={formula} is {found!r}, expected {expected!r}")
    assert wrong == []
