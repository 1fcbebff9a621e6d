"""Functions that tell of a reference and not of what is in it: ROW, COLUMNS, CELL, SHEET, FORMULATEXT and the like."""

import re
from dataclasses import replace
from typing import Any

from workbook.formula.address import MAX_COLUMN, MAX_ROW, in_quotes
from workbook.formula.grammar import Binary, Boolean, Call, Constants, ErrorValue, Number, Range, Text
from workbook.transpile.errors import UnevenError, UnsupportedError
from workbook.transpile.front.calls import count_areas
from workbook.transpile.front.formula import Formula, is_single
from workbook.transpile.front.moving import added, gap
from workbook.transpile.front.references import led_reference
from workbook.transpile.front.tree import AffineIndex, IndexValue, Ref

_FROM_ROW = re.compile(r"(?:\$?[A-Z]{1,3})?\$?([1-9][0-9]{0,6}):(?:\$?[A-Z]{1,3})?\$?", re.IGNORECASE)
"""The beginning of the text of rows, or of cells of a column, before the number of the last row."""
_SPELLED = re.compile(r"_xl(?:fn|ws|pm|udf)\.", re.IGNORECASE)
"""What files hold before newer functions and the variables of LET, and nobody sees."""


def row(formula: Formula, node: Call, want: str) -> Any:
    """ROW, of the cell itself or of a reference."""
    return _place(formula, node, want, 0)


def column(formula: Formula, node: Call, want: str) -> Any:
    """COLUMN, of the cell itself or of a reference."""
    return _place(formula, node, want, 1)


def _place(formula: Formula, node: Call, want: str, axis: int) -> Any:
    if not node.arguments:
        own = AffineIndex(formula.region.row, 1) if axis == 0 else AffineIndex(formula.region.column, 0, 1)
        return IndexValue(own)
    counted = _counted_rows(formula, node.arguments[0]) if axis == 0 and want != "s" else None
    if counted is not None:
        return counted
    ref = formula.tree(node.arguments[0], "r")
    if isinstance(ref, Call):
        moved = _moved_place(ref, want, axis)
        if moved is not None:
            return moved
        ref = led_reference(formula, ref)
    if not isinstance(ref, Ref):
        raise UnsupportedError(f"asks for the {('row', 'column')[axis]} of something that is no reference")
    first, last = (ref.top, ref.bottom) if axis == 0 else (ref.left, ref.right)
    return IndexValue(first) if want == "s" or first == last else _places(IndexValue(first), ref, axis)


def _places(first: Any, cells: Any, axis: int) -> Call:
    """The numbers of the rows or columns of some cells, from the first on."""
    one = Number(1.0)
    if isinstance(cells, Ref):
        count: Any = IndexValue(gap(cells.bottom, cells.top) if axis == 0 else gap(cells.right, cells.left))
    else:
        count = Call(("ROWS", "COLUMNS")[axis], (cells,))
    return Call("SEQUENCE", (count, one, first) if axis == 0 else (one, count, first))


def _moved_place(found: Call, want: str, axis: int) -> Any:
    """The rows or columns of what INDEX or OFFSET leads to, wherever that is; None of other functions."""
    match found:
        case Call("INDEX", (Ref() as cells, place)):
            # A single place runs along the line that the cells are.
            lies = cells.top == cells.bottom
            return _moved_place(Call("INDEX", (cells, *((None, place) if lies else (place, None)))), want, axis)
        case Call("INDEX", (Ref() as cells, *places)) if len(places) == 2:
            one, own = Number(1.0), places[axis] or Number(0.0)
            every = _places(IndexValue(cells.top if axis == 0 else cells.left), cells, axis)
            return Call("INDEX", (every, own, one) if axis == 0 else (every, one, own))
        case Call("OFFSET", (Ref() as cells, Constants(((IndexValue(down), IndexValue(across), *_),)), *moves)):
            start = cells.top.plus(down) if axis == 0 else cells.left.plus(across)
            size = moves[2 + axis]
            first = added(moves[axis], start)
            if size is not None and not isinstance(size, Number):
                # Backwards, where the size is negative.
                first = Binary("+", first, Call("MIN", (Number(0.0), Binary("+", size, Number(1.0)))))
            return first if want == "s" else _places(first, found, axis)
    return None


def _counted_rows(formula: Formula, node: Any) -> Call | None:
    """`ROW(INDIRECT("1:"&n))`, which people write for the numbers from 1 to n; None of other references."""
    match node:
        case Call("INDIRECT", (Binary("&", Text(text), last),)) if start := _FROM_ROW.fullmatch(text):
            count, first = formula.tree(last, "s"), Number(float(start[1]))
            if not is_single(count):
                return None
            if first.value == 1:
                return Call("SEQUENCE", (count,))
            size = Binary("+", Call("ABS", (Binary("-", count, first),)), Number(1.0))
            return Call("SEQUENCE", (size, Number(1.0), Call("MIN", (count, first))))
    return None


def areas(formula: Formula, node: Call, _: str) -> Any:
    """AREAS: how many rectangles a reference is of."""
    found = formula.tree(node.arguments[0], "r")
    return found if isinstance(found, ErrorValue) else Number(float(count_areas(found)))


def isref(formula: Formula, node: Call, _: str) -> Any:
    """ISREF: whether an argument is a reference."""
    found = led_reference(formula, formula.tree(node.arguments[0], "r"))
    return Boolean(isinstance(found, Ref) or (isinstance(found, Call) and found.function == "UNION"))


def type_(formula: Formula, node: Call, want: str) -> Any:
    """What kind of value an argument is: 64 of all that is more than one."""
    found = formula.tree(node.arguments[0], "r")
    many = isinstance(found, Constants) and len(found.rows) * len(found.rows[0]) > 1
    if many or (isinstance(found, Ref) and not found.is_cell):
        return Number(64.0)
    return Call("TYPE", (found if isinstance(found, Constants) else formula.tree(node.arguments[0], want),))


def cell(formula: Formula, node: Call, _: str) -> Any:
    """What CELL tells of a reference's first cell: all but its format."""
    kind = formula.tree(node.arguments[0], "s")
    info = kind.value.lower() if isinstance(kind, Text) else ""
    found = led_reference(formula, formula.tree(node.arguments[1], "r")) if len(node.arguments) > 1 else None
    if info == "filename":
        # Not the folder, which no file knows; the sheet's title after it is what formulas cut out.
        return Text(f"[workbook.xlsx]{found.sheet if isinstance(found, Ref) else formula.region.sheet}")
    if isinstance(found, ErrorValue):
        return found
    if not isinstance(found, Ref) or info not in ("address", "col", "contents", "row", "type"):
        raise UnsupportedError("asks CELL for what only running it would tell")
    corner = replace(found, bottom=found.top, right=found.left)
    place = IndexValue(found.top), IndexValue(found.left)
    address: Any = Call("ADDRESS", place)
    if info == "address" and found.sheet != formula.region.sheet:
        address = Binary("&", Text(f"{_title_elsewhere(formula, found.sheet)}!"), address)
    kinds = (Text("l"), Text("v"))
    return {
        "row": place[0],
        "col": place[1],
        "address": address,
        "contents": corner,
        "type": Call("IF", (Call("ISBLANK", (corner,)), Text("b"), Call("IF", (Call("ISTEXT", (corner,)), *kinds)))),
    }[info]


def _title_elsewhere(formula: Formula, title: str) -> str:
    """Another sheet as CELL tells it, with the name that the file had when it was saved, if a value shows that."""
    saved = formula.names.cells[formula.region.sheet].get((formula.region.row, formula.region.column))
    told = saved.value if saved is not None and isinstance(saved.value, str) else ""
    file = re.search(r"\[([^\[\]]+)\]", told)
    if file is None and title in told:
        raise UnsupportedError(
            "asks CELL for an address on another sheet, which the program that saved it spells otherwise"
        )
    whole = f"[{file[1] if file else 'workbook.xlsx'}]{title}"
    return whole if re.fullmatch(r"[\w.\[\]]+", whole) else in_quotes(whole)


def sheet(formula: Formula, node: Call, _: str) -> Any:
    """The place of a sheet among all: its own, that of a reference, or that of a title."""
    found = formula.tree(node.arguments[0], "r") if node.arguments else None
    title = found.sheet if isinstance(found, Ref) else found.value if isinstance(found, Text) else formula.region.sheet
    titles = list(formula.names.titles)
    return Number(titles.index(title.lower()) + 1.0) if title.lower() in titles else ErrorValue("#N/A")


def sheets(formula: Formula, node: Call, _: str) -> Any:
    """SHEETS: how many sheets there are, or that a reference is of one."""
    return Number(1.0 if node.arguments else float(len(formula.names.titles)))


def isformula(formula: Formula, node: Call, _: str) -> Any:
    """ISFORMULA: whether a cell holds a formula."""
    return Boolean(_formula_at(formula, node) is not None)


def formulatext(formula: Formula, node: Call, _: str) -> Any:
    """FORMULATEXT: the formula of a cell, as a person sees it."""
    text = _formula_at(formula, node)
    return ErrorValue("#N/A") if text is None else Text(f"={_SPELLED.sub('', text)}")


def _formula_at(formula: Formula, node: Call) -> str | None:
    """The formula of the cell that a function asks about."""
    ref = led_reference(formula, formula.tree(node.arguments[0], "r"))
    if not isinstance(ref, Ref):
        raise UnsupportedError(f"asks {node.function} of something that is no reference")
    if formula.region.cells > 1:
        raise UnevenError
    found = formula.names.cells[ref.sheet].get((ref.top.base, ref.left.base))
    return None if found is None else found.formula


def rows(formula: Formula, node: Call, _: str) -> Any:
    """ROWS, as a number where the reference alone says it."""
    return _extent(formula, node, 0)


def columns(formula: Formula, node: Call, _: str) -> Any:
    """COLUMNS, as a number where the reference alone says it."""
    return _extent(formula, node, 1)


def _extent(formula: Formula, node: Call, axis: int) -> Any:
    ref = formula.tree(node.arguments[0], "r")
    if not isinstance(ref, Ref):
        return Call(node.function, (ref,))
    first, last = (ref.top, ref.bottom) if axis == 0 else (ref.left, ref.right)
    given = node.arguments[0]
    if isinstance(given, Range) and given.last[axis] == (MAX_ROW, MAX_COLUMN)[axis] and given.first[axis] == 1:
        return Number(float((MAX_ROW, MAX_COLUMN)[axis]))
    return IndexValue(gap(last, first))
