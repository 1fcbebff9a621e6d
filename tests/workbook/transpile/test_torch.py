"""The torch script: the same cells, and gradients that agree with those that the sheet derives."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter

from workbook.transpile import npz, transpile
from workbook.transpile.back import check
from workbook.transpile.back.forks import run_script
from workbook.xlsx.read import read_workbook


@pytest.fixture(scope="module")
def script(small: tuple[Path, object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = transpile(small[0], target="torch", beside="arrays.npz")
    assert made.refused == ()
    path = tmp_path_factory.mktemp("torch") / "script.py"
    path.write_text(made.script.source, encoding="utf-8")
    (path.parent / "arrays.npz").write_bytes(npz(made.script))
    return path


def test_the_script_needs_torch_alone(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    imported = {
        (node.names[0].name if isinstance(node, ast.Import) else str(node.module)).split(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {name for name in imported if name not in sys.stdlib_module_names} == {"torch"}


def test_the_script_computes_every_formula_cell(script: Path, small: tuple[Path, object]) -> None:
    book = read_workbook(small[0])
    found = check.compare(book, check.run(script), areas=(), skip=frozenset(), sheets=None)
    assert found.cells > 1000
    assert found.differences == ()


def test_autograd_gives_the_gradients_of_the_sheet(script: Path, small: tuple[Path, object]) -> None:
    process = subprocess.run(
        [sys.executable, str(script), "--grad", "dot_product.mse"],
        check=True,
        capture_output=True,
        text=True,
    )
    gradients = {name: ast.literal_eval(text) for name, text in re.findall(r"/ d (\S+) = (.*)", process.stdout)}
    values = check.run(script)
    by_sheet = [value for cell, value in values.items() if cell.startswith("Dot product!")]
    users = np.array(next(value for name, value in gradients.items() if np.shape(value) == (4, 2)))

    assert users.size
    for gradient in users.ravel():
        assert min(abs(gradient - value) for value in by_sheet if isinstance(value, float)) < 1e-12


@pytest.mark.parametrize(
    "path", ["dot_product.loss", "nowhere.mse", "dot_product", "dot_product.rating", "start.mse[x"]
)
def test_what_has_no_gradient_is_told_in_one_line(script: Path, path: str) -> None:
    process = run_script([sys.executable, str(script), "--grad", path], cwd=script.parent, timeout=60)
    assert process.returncode == 2
    assert process.stdout == ""
    assert f"--grad {path}: expected a number that depends on inputs, such as by_hand." in process.stderr
    assert "Traceback" not in process.stderr


def test_a_text_where_numbers_were_saved_stops_its_own_cells_alone(tmp_path: Path) -> None:
    # Numbers were saved for the texts of column B, and for the run of column C, which adds them up.
    with xlsxwriter.Workbook(str(tmp_path / "book.xlsx")) as book:
        sheet = book.add_worksheet("S")
        sheet.write_row(0, 0, (1, 1, 1))
        for row in range(2, 8):
            sheet.write(row - 1, 0, row)
            sheet.write_formula(row - 1, 1, f'=IF(A{row}>LOG10(100),"at "&A{row},A{row})', None, 1)
            sheet.write_formula(row - 1, 2, f"=C{row - 1}+B{row}*2", None, 1)
    made = transpile(tmp_path / "book.xlsx", target="torch")
    assert made.refused == ()
    (tmp_path / "script.py").write_text(made.script.source, encoding="utf-8")
    found = check.run(tmp_path / "script.py")
    assert [found[f"S!B{row}"] for row in (2, 3, 7)] == [2, "at 3", "at 7"]
    assert [found[f"S!C{row}"] for row in (2, 3, 7)] == [5, {"error": "#VALUE!"}, {"error": "#VALUE!"}]
