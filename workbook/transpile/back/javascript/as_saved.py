"""Formulas that JavaScript has no form for: their cells keep what the file was saved with, as long as that holds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from workbook.errors import FormulaError
from workbook.formula.grammar import Binary, Call, Name, Range, Structured, Unary, walk
from workbook.formula.parser import parse
from workbook.transpile.back.javascript.write import literal, place
from workbook.transpile.front.regions import Region
from workbook.transpile.front.scan import slots
from workbook.transpile.front.tree import AffineIndex, Ref
from workbook.transpile.front.tree import walk as walk_tree
from workbook.transpile.middle.order import order, reads_itself
from workbook.transpile.middle.variables import CellMap, Variable
from workbook.transpile.runtime.values import Error
from workbook.xlsx.read import Book, CellError, Value

AS_SAVED = "AS SAVED"
"""Stands in a tree for a formula that is not computed; its arguments are what it reads."""
_UNTRACED = Call(AS_SAVED, (None,))
"""That of a formula of which only running it would tell what it reads."""
_LEADING = frozenset(("INDIRECT", "OFFSET"))
"""Functions that lead to cells which the formula does not name."""


def of_tree(variable: Variable, book: Book) -> Variable | None:
    """A variable whose cells keep their saved values; None where one has none."""
    assert variable.region is not None
    trees = (variable.tree, *variable.called, *(part for part, _ in variable.guides))
    read = tuple(node for tree in trees for node in walk_tree(tree) if isinstance(node, Ref))
    return _of(variable.region, Call(AS_SAVED, read), book)


def of_region(region: Region, book: Book) -> Variable | None:
    """The same of cells whose formula could not be taken in."""
    read = _named(region, book)
    return _of(region, _UNTRACED if read is None else Call(AS_SAVED, read), book)


def is_as_saved(variable: Variable) -> bool:
    """Whether a variable's cells keep their saved values."""
    return isinstance(variable.tree, Call) and variable.tree.function == AS_SAVED


def is_untraced(variable: Variable) -> bool:
    """Whether nobody knows what its cells read."""
    return bool(variable.tree == _UNTRACED)


def out_of_circles(formulas: Sequence[Variable]) -> list[Variable]:
    """The variables; those that keep saved values, and read what depends on them, count as not traced."""
    if not any(map(is_as_saved, formulas)):
        return list(formulas)
    groups = order(formulas, CellMap(formulas))
    knotted = {id(v) for group in groups for v in group if len(group) > 1 or reads_itself(v)}
    return [replace(v, tree=_UNTRACED) if is_as_saved(v) and id(v) in knotted else v for v in formulas]


def function_of(
    k: int, variable: Variable, values: Sequence[Value | None], grids: Mapping[str, tuple[int, int]]
) -> str:
    """The function of region k; `values` are the saved ones, row by row."""
    area = [variable.row - 1, variable.column - 1, variable.height, variable.width]
    number = grids[variable.sheet][0]
    reads = [f"[S{grids[ref.sheet][0]},{_moving(ref)}]" for ref in variable.tree.arguments if ref is not None]
    traced = "null" if is_untraced(variable) else f"[{','.join(reads)}]"
    return f"asSaved({k},S{number},{area},[{','.join(map(_literal, values))}],{traced})"


def saved_values(region: Region, book: Book) -> list[Value | None]:
    """What the file has in the cells of a region, row by row."""
    cells = book.sheets[region.sheet].cells
    places = [(region.row + i, region.column + j) for i in range(region.height) for j in range(region.width)]
    return [cells[at].value if at in cells else None for at in places]


def _of(region: Region, tree: Call, book: Book) -> Variable | None:
    if None in saved_values(region, book):
        return None
    place = (region.sheet, region.row, region.column, region.height, region.width)
    return Variable(*place, "any", tree, region)


def _named(region: Region, book: Book) -> tuple[Ref, ...] | None:
    """The cells that a formula names, as references; None where it may read others too."""
    text = region.formula
    try:
        nodes = list(walk(parse(text)))
    except FormulaError:
        return None
    leads = (
        isinstance(node, Name | Structured)
        or (isinstance(node, Call) and node.function.upper() in _LEADING)
        or (isinstance(node, Binary) and node.operator == ":")
        or (isinstance(node, Unary) and node.operator == "#")
        for node in nodes
    )
    if any(leads):
        return None
    titles = {title.lower(): title for title in book.sheets}
    starts = [start for start, count in slots(text) for _ in range(count)]
    found = []
    for node in nodes:
        if not isinstance(node, Range):
            continue
        corners = [slot for slot, start in enumerate(starts) if node.span[0] <= start < node.span[1]]
        title = titles.get((node.sheet or region.sheet).lower())
        if title is None or not corners:
            return None
        found.append(_reference(region, title, corners, book))
    return tuple(found)


def _reference(region: Region, title: str, corners: Sequence[int], book: Book) -> Ref:
    top, left, bottom, right = (
        AffineIndex(region.base[slot], region.down[slot], region.across[slot])
        for corner in (corners[0], corners[-1])
        for slot in (2 * corner, 2 * corner + 1)
    )
    # Of whole rows and columns, as far as the sheet is filled.
    cells = book.sheets[title].cells
    last_row, last_column = max((at[0] for at in cells), default=1), max((at[1] for at in cells), default=1)
    if bottom.is_fixed:
        bottom = bottom._replace(base=max(min(bottom.base, last_row), top.base))
    if right.is_fixed:
        right = right._replace(base=max(min(right.base, last_column), left.base))
    return Ref(title, top, left, bottom, right)


def _moving(ref: Ref) -> str:
    """A reference as `marking.js` has it: a number for the sheet, which nobody asks for, and the corners."""
    return str([0, *(part for corner in (ref.top, ref.left, ref.bottom, ref.right) for part in place(corner))])


def _literal(value: Value | None) -> str:
    if isinstance(value, CellError | Error):
        return f"error({literal(value.code)})"
    return literal(value)
