"""Does what stands around a sheet's cells say what the lesson says? Names, validations, colours, notes, links, charts.

What is expected comes from the writer's own functions, so that nothing is described twice. Only what cells show can
mislead: a conditional format that shows other digits is a failure. All else is a note.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from workbook.check.checks import Failure
from workbook.check.shown import Findings, misleads, quoted, render
from workbook.errors import FormulaError
from workbook.formula.address import cell_address
from workbook.formula.grammar import Node, alike
from workbook.formula.parser import parse
from workbook.formula.rectangle import Rectangle, overlap
from workbook.plan.layout import PlacedChart, SheetLayout
from workbook.plan.place import Place
from workbook.plan.plan import Plan
from workbook.xlsx.looks import Condition, FileChart, SheetLooks, rectangles
from workbook.xlsx.read import Book
from workbook.xlsx.write.charts import draw
from workbook.xlsx.write.sheets import block_validation, colour_scale, powers_of_ten, workbook_names

_OWN_NAMES = ("_xlnm.", "_xlfn.", "_xleta.", "solver_")
"""Names that programs keep for themselves: print ranges, functions, what Solver was last asked."""
_TEXTS = 4096
"""How many texts of conditions are kept parsed: each condition of a sheet is compared with many."""


def compare_names(book: Book, plan: Plan) -> Findings:
    """The names that no longer mean the cell that they meant, and those that the lesson does not have."""
    found = Findings()
    expected = {name.name: str(name.attr_text) for name in workbook_names(plan)}
    for name, meaning in expected.items():
        now = book.names.get(name)
        if now is None or not same_text(now, meaning):
            found.note(
                "changed: names", f"{name} ({'gone' if now is None else f'{quoted(now)}, not {quoted(meaning)}'})"
            )
    for name, meaning in book.names.items():
        if name not in expected and not name.rpartition("!")[2].lower().startswith(_OWN_NAMES):
            found.note("names that the lesson does not have", f"{name} ({quoted(meaning)})")
    return found


def compare_objects(layout: SheetLayout, book: Book, looks: SheetLooks, plan: Plan) -> Findings:
    """What stands around the cells of one sheet otherwise than the lesson has it."""
    found = Findings()
    title = layout.sheet.title
    rules = [(place, _rule(place, plan)) for place in layout.places if place.block.look]
    for place in layout.places:
        validation = block_validation(place, plan)
        if validation is not None:
            kind = validation.type if validation.type == "list" else f"{validation.type} {validation.operator}"
            says = tuple(text for text in (validation.formula1, validation.formula2) if text is not None)
            wanted = Condition(str(kind), says, place.rectangles)
            _require(place, wanted, looks.validations, "changed: what cells accept", found)
        if place.block.note and _squeezed(looks.notes.get(place.address(), "")) != _squeezed(place.block.note):
            found.note("changed: notes on cells", f"{title}!{place.address()}")
    for place, rule in rules:
        _require(place, rule, looks.rules, "changed: colours", found)
    powers = [
        Condition(f"{rule.type} {rule.operator}", tuple(rule.formula), rectangles(ranges), rule.dxf.numFmt.formatCode)
        for ranges, rule in powers_of_ten(layout)
    ]
    for rule in powers:
        _require_cells(rule, looks.rules, title, found)
    own = [area for sheet_place in layout.places for area in sheet_place.rectangles]
    for rule in looks.rules:
        known = [*(colours for _, colours in rules), *powers]
        if not any(same_condition(rule, other) for other in known) and _meet(rule.ranges, own):
            _stranger(rule, layout, book, found)
    _compare_links(layout, looks, found)
    shapes = looks.shapes - sum(len(placed.diagram.shapes()) for placed in layout.diagrams)
    if shapes > 0:
        what = "a picture or a text box" if shapes == 1 else f"{shapes} pictures or text boxes"
        found.note("not the lesson's", f"{what} on {title}")
    elif shapes < 0:
        found.note("changed: diagrams", f"that of {title} has fewer shapes")
    for area in rectangles(" ".join(book.sheets[title].merged)):
        if _meet([area], own):
            found.note("changed: merged cells", f"{title}!{cell_address(*area[:2])}:{cell_address(*area[2:])}")
    return found


def compare_charts(layout: SheetLayout, looks: SheetLooks, plan: Plan) -> Findings:
    """The charts of one sheet that draw other cells than the lesson's, or call them otherwise."""
    found = Findings()
    left = list(looks.charts)
    for placed in layout.charts:
        name = f"{quoted(placed.chart.title)} of {layout.sheet.title}"
        wanted = _chart(placed, layout, plan)
        same = [chart for chart in left if _cells(chart) == _cells(wanted)]
        if not same:
            found.note("changed: charts", f"{name} is gone, or draws other cells")
            continue
        from_cells = placed.chart.kind == "labelled" or any(series.named_by for series in placed.chart.series)
        words = _words(wanted, from_cells=from_cells)
        alike_too = [chart for chart in same if _words(chart, from_cells=from_cells) == words]
        left.remove((alike_too or same)[0])
        if not alike_too:
            found.note("changed: charts", f"{name} has other words")
    for chart in left:
        found.note(
            "changed: charts", f"{quoted(next(iter(chart.titles), ''))} of {layout.sheet.title} is not the lesson's"
        )
    return found


def same_text(one: str, other: str) -> bool:
    """Whether two references, formulas, lists or numbers mean the same, quotes and blanks apart.

    >>> same_text("'Data'!$B$3", "Data!B3"), same_text("-1E2", "-100"), same_text("A1,B2", "A1,B3")
    (True, True, False)
    """
    if one == other:
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-14)
    except ValueError:
        pass
    try:
        return alike(_tree(one), _tree(other))
    except FormulaError:
        return False


@lru_cache(maxsize=_TEXTS)
def _tree(text: str) -> Node:
    """What a condition says, parsed: a list of references is one inside of brackets."""
    return parse(f"SUM({text})")


def same_condition(one: Condition, other: Condition) -> bool:
    """Whether two validations, or two conditional formats, say the same of their cells."""
    if (one.kind, one.number_format) != (other.kind, other.number_format):
        return False
    said, wanted = _says(one), _says(other)
    return len(said) == len(wanted) and all(map(same_text, said, wanted))


def _says(condition: Condition) -> tuple[str, ...]:
    """What a condition says, without what programs write and nobody reads.

    That is a second bound of 0 where one counts, and the numbers at the ends of colour scales, which are those of the
    day when the file was built.
    """
    if condition.kind != "colorScale":
        one_counts = not condition.kind.endswith(("between", "notBetween"))
        return condition.says[:1] if one_counts else condition.says
    ends = ((text, *text.partition(" ")) for text in condition.says)
    return tuple(kind if kind in ("min", "max", "num") else text.removeprefix("formula ") for text, kind, *_ in ends)


def _rule(place: Place, plan: Plan) -> Condition:
    """The colour scale of a block as it is read from a file."""
    scale = colour_scale(place, plan).colorScale
    points = (_point(point.type, point.val) for point in scale.cfvo)
    return Condition("colorScale", (*points, *(colour.rgb[-6:].upper() for colour in scale.color)), place.rectangles)


def _point(kind: str, value: object) -> str:
    """An end of a colour scale; what the largest number was when the file was built does not count."""
    return f"{kind} {value}" if kind == "formula" else kind


def _meet(some: Iterable[Rectangle], others: Sequence[Rectangle]) -> bool:
    return any(overlap(one, other) for one in some for other in others)


def _require(place: Place, wanted: Condition, conditions: list[Condition], subject: str, found: Findings) -> None:
    """Note the block unless conditions that say what is wanted cover all its cells."""
    covered = np.zeros(place.shape, dtype=bool)
    for condition in conditions:
        if _meet(condition.ranges, place.rectangles) and same_condition(condition, wanted):
            for top, left, bottom, right in condition.ranges:
                inside = (
                    (place.rows >= top) & (place.rows <= bottom) & (place.columns >= left) & (place.columns <= right)
                )
                covered |= inside
    if not covered.all():
        first = tuple(np.argwhere(~covered)[0].tolist()) if place.shape else ()
        found.note(subject, f"{place.title}!{place.address(first)}")


def _require_cells(wanted: Condition, conditions: list[Condition], title: str, found: Findings) -> None:
    """Note the first cell that no condition shows by powers of ten where its number is too wide for it."""
    same = [condition for condition in conditions if same_condition(condition, wanted)]
    for area in wanted.ranges:
        bare = _bare(area, [other for condition in same for other in condition.ranges])
        if bare is not None:
            found.note("changed: how numbers too wide for their cells are shown", f"{title}!{cell_address(*bare)}")
            return


def _bare(area: Rectangle, others: Iterable[Rectangle]) -> tuple[int, int] | None:
    """The first cell of a rectangle that is in none of the others, row by row; None where each is in one.

    >>> _bare((2, 2, 3, 4), [(1, 1, 2, 9), (3, 3, 9, 9)]), _bare((2, 2, 3, 4), [(1, 1, 9, 3), (2, 4, 2, 4)])
    ((3, 2), (3, 4))
    >>> _bare((2, 2, 3, 4), [(1, 1, 9, 9)]), _bare((1, 1, 1, 1), [(5, 5, 6, 6)])
    (None, (1, 1))
    """
    top, left, bottom, right = area
    covered = np.zeros((bottom - top + 1, right - left + 1), dtype=bool)
    for high, start, low, end in others:
        covered[max(high - top, 0) : max(low - top + 1, 0), max(start - left, 0) : max(end - left + 1, 0)] = True
    if covered.all():
        return None
    row, column = np.argwhere(~covered)[0].tolist()
    return top + row, left + column


def _stranger(rule: Condition, layout: SheetLayout, book: Book, found: Findings) -> None:
    """A conditional format that the lesson does not have: a failure in each cell where its number format misleads."""
    title = layout.sheet.title
    cells = book.sheets[title].cells
    failures = []
    for place in layout.places if rule.number_format else ():
        for at in place.cells():
            inside = any(top <= at[0] <= bottom and left <= at[1] <= right for top, left, bottom, right in rule.ranges)
            if inside and at in cells and misleads(cells[at].value, rule.number_format):
                shown = f"{quoted(render(cells[at].value, rule.number_format))}, by a conditional format"
                where = f"{title}!{cell_address(*at)}"
                failures.append(Failure(where, "value", shown, f"{cells[at].value}", "the lesson"))
    found.failures += failures
    if not failures:
        first = cell_address(*rule.ranges[0][:2])
        found.note("conditional formats that the lesson does not have", f"{title}!{first} ({rule.kind})")


def _compare_links(layout: SheetLayout, looks: SheetLooks, found: Findings) -> None:
    for label in layout.labels:
        address = cell_address(label.row, label.column)
        if label.link and not same_text(looks.links.get(address, "").lstrip("#"), label.link):
            found.note("changed: links", f"{layout.sheet.title}!{address}")


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _chart(placed: PlacedChart, layout: SheetLayout, plan: Plan) -> FileChart:
    """A chart of the plan as it is read from a file."""
    spec = placed.chart
    series = []
    for drawn in draw(placed, layout, plan).series:
        x = drawn.xVal.numRef.f if drawn.xVal is not None else ""
        series.append((drawn.tx.v or "", x, drawn.yVal.numRef.f))
    return FileChart((spec.title, spec.x_title, spec.y_title), tuple(series))


def _cells(chart: FileChart) -> Counter[tuple[str, str]]:
    """The cells that a chart draws, without the quotes around titles that programs set or leave out."""
    return Counter((x.replace("'", "").lower(), y.replace("'", "").lower()) for _, x, y in chart.series)


def _words(chart: FileChart, *, from_cells: bool) -> Counter[str]:
    """The words of a chart, without the names of its series where some come from cells."""
    names = [] if from_cells else [name for name, _, _ in chart.series]
    return Counter(_squeezed(text) for text in (*chart.titles, *names) if text)
