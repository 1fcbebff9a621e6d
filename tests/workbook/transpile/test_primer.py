"""What docs/transpiler.md says of its workbook is what the passes make of it."""

import re
from pathlib import Path

import openpyxl
import pytest

from workbook.formula.grammar import Binary
from workbook.transpile import transpile
from workbook.transpile.back.evaluate import Saved
from workbook.transpile.front.regions import find_regions
from workbook.transpile.front.tree import Ref
from workbook.transpile.middle.lowered import lowered
from workbook.transpile.middle.names import Joiner, headings
from workbook.transpile.middle.program import make_program
from workbook.xlsx.read import Book, read_workbook

PRIMER = (Path(__file__).parents[3] / "docs" / "transpiler.md").read_text(encoding="utf-8")


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """The primer's workbook, as its table shows it."""
    rows = [line.split("|")[1:-1] for line in PRIMER.splitlines() if re.match(r"\| [1-6] \| ", line)]
    book = openpyxl.Workbook()
    book.active.title = "Orders"
    for number, *cells in rows:
        for column, text in enumerate(cells, start=1):
            value = text.strip(" `")
            if value:
                is_number = re.fullmatch(r"[0-9.]+", value)
                book.active.cell(int(number), column, float(value) if is_number else value)
    book.save(tmp_path / "orders.xlsx")
    return tmp_path / "orders.xlsx"


def shown(language: str) -> list[str]:
    """The blocks of code of the page."""
    return re.findall(rf"```{language}\n(.*?)```", PRIMER, re.DOTALL)


def test_the_regions_are_those_of_the_page(orders: Path) -> None:
    book: Book = read_workbook(orders)
    first, last = find_regions(book, Joiner(headings(book)))
    assert shown("python")[0] == (
        f'Region(sheet="{first.sheet}", row={first.row}, column={first.column}, height={first.height}, '
        f'width={first.width}, formula="{first.formula}", base={first.base}, down={first.down}, ...)\n'
    )
    assert (last.address, last.formula) == ("D6", "SUM(D2:D4)")


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_the_lines_are_those_of_the_page(orders: Path, target: str) -> None:
    made = transpile(orders, target=target)
    for block in shown("python")[2:]:
        assert re.sub(r"(?m)^(?=.)", "    ", block) in made.script.source or block in made.script.source
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences) == (4, ())
    if target == "numpy":
        assert f"orders_numpy.py: {made.script.source.count(chr(10))} lines\n" in shown("console")[0]


def test_the_tree_has_two_references_that_move_down_with_the_cell(orders: Path) -> None:
    book = read_workbook(orders)
    joins = Joiner(headings(book))
    trees = lowered(book, find_regions(book, joins), Saved(book).each)
    program = make_program(book, joins, trees)
    tree = program.groups[0].variables[0].tree
    assert isinstance(tree, Binary)
    assert isinstance(tree.left, Ref)
    assert isinstance(tree.right, Ref)
    assert (tree.operator, tree.left.top, tree.right.top) == ("*", (2, 1, 0), (2, 1, 0))
    assert (tree.left.left, tree.right.left) == ((2, 0, 0), (3, 0, 0))
    assert [variable.address for variable in program.inputs] == ["B2:B4", "C2:C4"]
