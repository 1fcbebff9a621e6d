"""What is counted: SUBTOTAL and AGGREGATE without hidden rows and other totals; blank cells of whole columns."""

import re
from collections.abc import Container, Mapping
from itertools import pairwise
from typing import Any

from workbook.errors import FormulaError
from workbook.formula.address import MAX_COLUMN, MAX_ROW
from workbook.formula.grammar import Binary, Call, Constants, Name, Number, Range
from workbook.formula.parser import parse
from workbook.formula.rectangle import Rectangle
from workbook.transpile.errors import UnevenError, UnsupportedError
from workbook.transpile.front.formula import Formula, literal
from workbook.transpile.front.functions import SHOWN_ROWS
from workbook.transpile.front.moving import gap
from workbook.transpile.front.named import defined
from workbook.transpile.front.regions import within
from workbook.transpile.front.tree import AffineIndex, Ref, walk
from workbook.transpile.runtime import HELPERS
from workbook.xlsx.read import Cell

_TOTAL = re.compile(r"(?<![\w.])(?:_xlfn\.)?(?:SUBTOTAL|AGGREGATE)\(", re.IGNORECASE)


def with_blanks_beyond(formula: Formula, node: Call, found: Call) -> Any:
    """A count over whole columns or rows: with the blank cells after all that are filled, if it counts these.

    Where a criterion that is read from cells took no blank one when the workbook was saved, that it takes one later is
    told as what decides which cells are read.
    """
    pairs = len(found.arguments) > 1
    ranges, criteria = found.arguments[:: 1 + pairs], found.arguments[1::2] if pairs else ()
    axes = {_axis_of_line(formula, a) for a in node.arguments[:: 1 + pairs]}
    first = ranges[0]
    if len(axes) > 1 or None in axes or not isinstance(first, Ref):
        return found
    axis, beyond = axes.pop(), list[Ref]()
    left = MAX_ROW - first.bottom.base if axis == 0 else MAX_COLUMN - first.right.base
    if not left:
        return found
    for ref in ranges:
        assert isinstance(ref, Ref)
        cell = (ref.bottom.plus(AffineIndex(1)), ref.left) if axis == 0 else (ref.top, ref.right.plus(AffineIndex(1)))
        beyond.append(Ref(ref.sheet, *2 * cell))
    lines = gap(first.right, first.left) if axis == 0 else gap(first.bottom, first.top)
    given: list[Any] = [part for pair in zip(beyond, criteria, strict=True) for part in pair] if pairs else [*beyond]
    blank = Call(node.function, tuple(given))
    if all(_takes_blank(formula, c) for c in criteria):
        return Binary("+", found, Binary("*", Number(float(left * lines.base)), blank))
    if any(isinstance(part, Ref) for criterion in criteria for part in walk(criterion)):
        formula.guides.append((blank, 0.0))
    return found


def _axis_of_line(formula: Formula, node: Any) -> int | None:
    """0 for whole columns, 1 for whole rows, named or not; None for all else."""
    if isinstance(node, Name) and (text := defined(formula, node)) is not None:
        try:
            node = parse(text.removeprefix("="))
        except FormulaError:
            return None
    if not isinstance(node, Range) or ":" in node.sheet:
        return None
    is_line = (node.last[0] - node.first[0] + 1 == MAX_ROW, node.last[1] - node.first[1] + 1 == MAX_COLUMN)
    return 0 if is_line[0] else 1 if is_line[1] else None


def _takes_blank(formula: Formula, criterion: Any) -> bool:
    """Whether a blank cell meets a criterion, as this was when the workbook was saved."""
    test = HELPERS["criterion"]
    try:
        return any(test(value)(None) for value in formula.saved(criterion))
    except UnsupportedError:
        return False


def counted_parts(formula: Formula, node: Call) -> Call:
    """SUBTOTAL or AGGREGATE of what it counts: no hidden rows where it leaves them out, and mostly no totals."""
    count = 1 if node.function == "SUBTOTAL" else 2
    *_, last = choices = node.arguments[:count]
    if not isinstance(last, Number):
        known = set(formula.saved(last))
        if len(known) > 1:
            raise UnevenError
        last = literal(known.pop())
    option = int(last.value) if isinstance(last, Number) else 0
    hidden = formula.names.hidden if (option > 100 if count == 1 else option % 2) else {}
    if count == 1 and option <= 100:
        hidden = formula.names.filtered
    kept: list[Any] = list(choices)
    for argument in node.arguments[count:]:
        parts = [argument]
        match argument:
            case Ref():
                area = argument.hull(formula.region.height, formula.region.width)
                cells, out = formula.names.cells[argument.sheet], hidden.get(argument.sheet, frozenset())
                parts = [*_parts_counted(argument, area, cells, out, past_totals=count == 1 or option < 4)]
            case Call("OFFSET", (Ref() as ref, *moves)):
                parts = [Call("OFFSET", (_shown_part(formula, ref, hidden), *moves))]
        if parts != [argument] and formula.region.cells > 1:
            raise UnevenError
        if len(parts) > 1 and count == 2 and len(node.arguments) == 4:
            # LARGE, SMALL and the like take one array, and a rank after it.
            parts = [Call("VSTACK", tuple(parts))]
        kept += parts
    return Call(node.function, tuple(kept))


def _shown_part(formula: Formula, ref: Ref, hidden: Mapping[str, frozenset[int]]) -> Any:
    """A range whose hidden rows are taken as blank."""
    top, _, bottom, _ = ref.hull(formula.region.height, formula.region.width)
    out = sorted(row - top for row in hidden.get(ref.sheet, ()) if top <= row <= bottom)
    places = Constants((tuple(Number(float(row)) for row in out),))
    return Call(SHOWN_ROWS, (ref, places)) if out else ref


def _parts_counted(
    ref: Ref,
    area: Rectangle,
    cells: Mapping[tuple[int, int], Cell],
    hidden: Container[int],
    *,
    past_totals: bool,
) -> list[Ref]:
    """The parts of a range that SUBTOTAL and AGGREGATE count.

    Args:
        ref: the range.
        area: the first row, first column, last row, last column of it.
        cells: the filled cells of its sheet.
        hidden: the rows that are left out.
        past_totals: whether cells are left out that hold a SUBTOTAL or AGGREGATE themselves: nothing counts twice.
    """
    top, left, bottom, right = area
    filled = within(cells, area) if past_totals else ()
    totals = {place for place in filled if (text := cells[place].formula) and _TOTAL.search(text)}
    out = {row for row in range(top, bottom + 1) if row in hidden}
    if not totals and not out:
        return [ref]
    found: list[Ref] = []
    # Where rows alone are left out, whole rows are what is between them.
    columns = [(column, column) for column in range(left, right + 1)] if totals else [(left, right)]
    for first, last in columns:
        ends = [top - 1, *sorted(out | {row for row, place in totals if place == first}), bottom + 1]
        for before, after in pairwise(ends):
            if after - before > 1:
                corners = (before + 1, first, after - 1, last)
                found.append(Ref(ref.sheet, *(AffineIndex(corner) for corner in corners)))
    return found
