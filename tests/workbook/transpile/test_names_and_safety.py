"""Names of arrays, and that nothing from a workbook becomes code."""

import ast
import keyword
import re
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from small_books import body, computed, save

from workbook.transpile import transpile
from workbook.transpile.middle.names import slug


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("de/db", "de_db"),
        ("new a", "new_a"),
        ("β1", "beta1"),
        ("1 − β1ᵗ", "one_minus_beta1"),
        ("2nd try", "twond_try"),
        ("Größe", "groe"),
        ("???", ""),
        ('"); import os; os.system("x")', "import_os_os_system_x"),
    ],
)
def test_words_become_a_name(words: str, name: str) -> None:
    assert slug(words) == name
    assert not name or name.isidentifier()


HOSTILE = (
    'x"); import os; os.system("touch hacked"); ("',
    "'''",
    '"""',
    "\\",
    "a\nb = __import__('os')",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "import",
    "print",
    "__import__('os').system('touch hacked')",
)


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("target", ["numpy", "torch", "notebook"])
def test_hostile_words_stay_words(tmp_path: Path, words: str, target: str) -> None:
    title = "".join(sign for sign in words if sign not in "[]:*?/\\")[:31].strip("'") or "sheet"
    cells = {"A1": words, "A2": words, "B1": "value", "B2": 2.0, "C1": words, "C2": "=B2*2", "D2": '=A2&"!"'}
    path = save(tmp_path / "hostile.xlsx", {title: cells})

    source = transpile(path, target=target).script.source

    if target == "notebook":
        assert words not in HOSTILE or source
        return
    tree = ast.parse(source)
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not calls & {"os.system", "__import__", "eval", "exec"}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not any(keyword.iskeyword(name) for name in names)


def test_a_hostile_text_is_computed_with_as_it_is(tmp_path: Path) -> None:
    words = HOSTILE[0]
    path = save(tmp_path / "text.xlsx", {"S": {"A1": words, "B1": '=A1&"!"'}})
    assert computed(path, tmp_path) == {"S!B1": words + "!"}
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("title", ["json", "argparse", "SimpleNamespace", "book"])
def test_a_sheet_called_as_the_script_s_own_words_is_computed(tmp_path: Path, title: str) -> None:
    path = save(tmp_path / "named.xlsx", {title: {"A1": 2.0, "B1": "=A1*3"}})
    assert computed(path, tmp_path) == {f"{title}!B1": 6.0}


def test_functions_in_each_other_as_deep_as_excel_takes_them_are_computed(tmp_path: Path) -> None:
    choices = "".join(f'IF(A1={k},"{k}",' for k in range(64)) + '"none"' + ")" * 64
    path = save(tmp_path / "nested.xlsx", {"S": {"A1": 41.0, "B1": f"={choices}"}})
    assert computed(path, tmp_path) == {"S!B1": "41"}


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_variables_of_let_and_lambda_hide_no_array_and_no_helper(tmp_path: Path, target: str) -> None:
    cells: dict[str, object] = {"A1": "x", "B1": "y", "C1": "i", "D1": "word"}
    for row in range(2, 6):
        cells |= {f"A{row}": float(row), f"B{row}": row / 2}
        cells[f"C{row}"] = f"=_xlfn.LET(_xlpm.x,B{row},_xlpm.i,_xlpm.x*2,_xlpm.x+_xlpm.i+SUM($A$2:$A$5)+A{row})"
        cells[f"D{row}"] = f'=_xlfn.LET(_xlpm.add,B{row},_xlpm.sum,3,_xlpm.add^_xlpm.sum+SUM($A$2:$A$5)&"!")'
    expected: dict[str, object] = {f"S!C{row}": 3 * row / 2 + 14 + row for row in range(2, 6)}
    expected |= {f"S!D{row}": f"{(row / 2) ** 3 + 14:.15g}!" for row in range(2, 6)}
    assert computed(save(tmp_path / "let.xlsx", {"S": cells}), tmp_path, target) == expected


@pytest.mark.parametrize("title", ["re", "datetime", "statistics", "power"])
def test_a_sheet_called_as_what_a_helper_uses_is_computed(tmp_path: Path, title: str) -> None:
    cells = {"A1": 2.0, "B1": '=TEXT(A1^3,"0.00")&MEDIAN(1,2,9)', "C1": '=YEAR(DATE(2019,1,5))&SUBSTITUTE("a","a","b")'}
    found = computed(save(tmp_path / "named.xlsx", {title: cells}), tmp_path)
    assert found == {f"{title}!B1": "8.002", f"{title}!C1": "2019b"}


def test_a_cell_of_a_table_is_named_by_its_column_and_its_row(tmp_path: Path) -> None:
    cells: dict[str, object] = {
        "A1": "method",
        "B1": "steps",
        "C1": "error",
        "A2": "SGD",
        "A3": "momentum",
        "A4": "Adam",
    }
    cells |= {"B2": "=2+3", "B3": "=SQRT(16)", "B4": "=7*3", "C4": "=EXP(0)"}
    made = transpile(save(tmp_path / "table.xlsx", {"S": cells}), target="numpy")
    names = set(re.findall(r'"[BC]\d": "(\w+)"', made.script.source))
    assert names == {"sgd", "momentum", "adam", "error_adam"}


def test_a_link_is_no_heading(tmp_path: Path) -> None:
    path = save(
        tmp_path / "book.xlsx", {"S": {"A1": "see the source", "A2": 1.0, "A3": 4.0, "B2": "=A2*2", "B3": "=A3*2"}}
    )
    book = openpyxl.load_workbook(path)
    book["S"]["A1"].hyperlink = "https://example.com/source"
    book.save(path)
    assert body(path, "s") == ["b2_b3 = a2_a3 * 2"]


def test_words_that_head_several_columns_name_them_all(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "losses", "D1": "averages", "H1": 0.9}
    for row in range(2, 8):
        cells |= {f"{letter}{row}": row / 4 for letter in "ABC"}
        cells |= {f"{new}{row}": f"={of}{row}*$H$1^{k}" for k, (new, of) in enumerate(zip("DEF", "ABC", strict=True))}
    source = transpile(save(tmp_path / "span.xlsx", {"S": cells}), target="numpy").script.source
    names = re.findall(r'"[DEF]2:[DEF]7": "(\w+)"', source)
    assert len(names) == 3
    assert all(name.startswith("averages") for name in names)


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_what_a_function_of_the_workbook_reads_is_computed_before_it_is_called(target: str, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "book.xlsx")) as book:
        first, second = book.add_worksheet("S"), book.add_worksheet("Z")
        book.define_name("scaled", "=_xlfn.LAMBDA(_xlpm.x,_xlpm.x*S!$C$1+moved(Z!$A$1))")
        book.define_name("moved", "=_xlfn.LAMBDA(_xlpm.x,_xlpm.x+Z!$C$1)")
        first.write_formula("A1", "=scaled(3)", None, 24)
        first.write_formula("A2", "=scaled(A1)", None, 129)
        first.write_formula("C1", "=D1+1", None, 5)
        first.write("D1", 4)
        second.write_formula("A1", "=S!D1+B1", None, 7)
        second.write("B1", 3)
        second.write("C1", 2)
    made = transpile(tmp_path / "book.xlsx", target=target)
    assert made.refused == ()
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences) == (4, ())
