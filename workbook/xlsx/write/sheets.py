"""What stands around a sheet's cells: view, print, protection, names, validations, colour scales, notes, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from string import ascii_uppercase

import numpy as np
from openpyxl.chart._chart import ChartBase
from openpyxl.comments.comment_sheet import CommentRecord
from openpyxl.formatting.rule import ColorScaleRule, Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import BUILTIN_FORMATS_REVERSE, NumberFormat
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from workbook.errors import LessonError
from workbook.formula.address import anchored, cell_address, column_letters, in_quotes
from workbook.lesson.answers import TO_DO
from workbook.lesson.lesson import Formula, Given
from workbook.plan import letters
from workbook.plan.layout import COLUMN_WIDTH, DIGIT_PIXELS, LINE_POINTS, PlacedDiagram, SheetLayout
from workbook.plan.letters import Face
from workbook.plan.place import Place
from workbook.plan.plan import Plan
from workbook.xlsx.write.cells import role_of
from workbook.xlsx.write.charts import draw
from workbook.xlsx.write.pages import BOTTOM, SIDE, TOP, page_breaks, repeated_rows
from workbook.xlsx.write.styles import GREEN, RUST

SOLVER_CELLS = 200
"""The most cells that Excel's Solver changes. Source: Excel specifications and limits."""

_PADDING = 0.71
"""By how much a column's width in a file exceeds the digits that fit. Source: ECMA-376 Part 1, 18.3.1.13."""

_SOLVER = {
    "typ": "2",
    "val": "0",
    "eng": "1",
    "num": "0",
    "neg": "2",
    "ver": "3",
    "pre": "0.000001",
    "cvg": "0.0001",
    "tol": "0.01",
    "itr": "2147483647",
    "tim": "2147483647",
    "nod": "2147483647",
    "mip": "2147483647",
    "est": "1",
    "nwt": "1",
    "drv": "1",
    "scl": "1",
    "rbv": "1",
    "msl": "2",
    "rlx": "2",
    "sho": "2",
    "rsd": "0",
    "mni": "30",
    "mrt": "0.075",
    "ssz": "100",
}
"""What Solver keeps beside target and cells: minimise by generalised reduced gradients, no constraints, any sign."""

_LOW, _MIDDLE, _HIGH = "FF56B4E9", "FFFFFFFF", "FFF0A848"
"""Sky blue and orange of Okabe and Ito's palette, for numbers below and above 0: black digits stay readable on both."""

_MUCH = "FFB9A0DC"
"""Violet, for sizes: no sign, and so neither end of the scale that has one."""

_INK = "FF12324A"
"""For pictures whose numbers are hidden: no digit is readable on it."""

_WAITING = "FFF0F0F0"
"""The ground of a cell that waits for an answer, and of the error in it."""

_FORMULA_RANGES = 100

NOTE_PIXELS, _NOTE_MARGIN = 270, 8
NOTE_FACE = Face(10)
"""Notes are set in a program's own font, of 9 or 10 points."""

_PLAIN = re.compile(r"(?P<grouped>#,##)?0(\.(?P<decimals>0+))?")
_POWERS, _POWERS_WIDTH = "0.00E+00", 9.0
"""What a number turns to where its column is too narrow, and the narrowest column that holds it with its sign."""

_SPARE = 0.2
"""The share of a wide column that is kept free: bold digits, and fonts that stand in for Calibri, are wider."""


@dataclass(frozen=True)
class SheetObjects:
    """A sheet's comments, links, charts and diagrams; the writer adds them, because its cells are not openpyxl's."""

    comments: tuple[CommentRecord, ...] = ()
    links: tuple[Hyperlink, ...] = ()
    charts: list[tuple[ChartBase, str]] = field(default_factory=list)
    diagrams: tuple[PlacedDiagram, ...] = ()


def set_up_sheet(sheet: Worksheet, layout: SheetLayout, plan: Plan) -> SheetObjects:
    """Set up a worksheet around its cells; returns what the writer adds to it."""
    _view(sheet, layout)
    _print(sheet, layout)
    _protect(sheet, layout)
    for place in layout.places:
        if place.block.look:
            sheet.conditional_formatting.add(" ".join(place.ranges()), colour_scale(place, plan))
        validation = block_validation(place, plan)
        if validation is not None:
            sheet.add_data_validation(validation)
    for ranges, rule in powers_of_ten(layout):
        sheet.conditional_formatting.add(ranges, rule)
    for address, rule in (*quiet(layout), *verdicts(layout)):
        sheet.conditional_formatting.add(address, rule)
    for name in solver_names(layout):
        sheet.defined_names[name.name] = name
    return SheetObjects(
        tuple(note(place) for place in layout.places if place.block.note),
        tuple(
            Hyperlink(ref=cell_address(label.row, label.column), location=label.link, display=label.text)
            for label in layout.labels
            if label.link
        ),
        [(draw(placed, layout, plan), placed.chart.alt) for placed in layout.charts],
        layout.diagrams,
    )


def colour_scale(place: Place, plan: Plan) -> Rule:
    """White to violet or to ink, ink to white; or blue, white, orange, white at 0 and as deep as it is far from it.

    Its ends are those of all blocks of the sheet that show the same quantity, or of the workbook where other sheets
    show more of it.
    """
    alike, fixed = plan.coloured_alike(place), plan.fixed_ends(place)
    ranges = ",".join(anchored(address) for other in alike for address in other.ranges())
    follows = ranges.count(",") < _FORMULA_RANGES
    ends = {"sequential": (_MIDDLE, _MUCH), "ink": (_MIDDLE, _INK), "photo": (_INK, _MIDDLE)}
    if place.block.look in ends:
        start, end = ends[place.block.look]
        if fixed:
            low, high = map(repr, fixed)
            return ColorScaleRule("num", low, start, end_type="num", end_value=high, end_color=end)
        if len(alike) == 1 or not follows:
            return ColorScaleRule(start_type="min", start_color=start, end_type="max", end_color=end)
        least, most = f"MIN({ranges})", f"MAX({ranges})"
        return ColorScaleRule("formula", least, start, end_type="formula", end_value=most, end_color=end)
    if fixed:
        kind, largest = "num", repr(max(map(abs, fixed)))
    elif follows:
        kind, largest = "formula", f"MAX(MAX({ranges}),-MIN({ranges}))"
    else:
        values = np.concatenate([plan.values[other.name].ravel() for other in alike])
        kind, largest = "num", repr(float(np.abs(values[np.isfinite(values)]).max(initial=0.0)))
    return ColorScaleRule(
        start_type=kind,
        start_value=f"-{largest}",
        start_color=_LOW,
        mid_type="num",
        mid_value=0,
        mid_color=_MIDDLE,
        end_type=kind,
        end_value=largest,
        end_color=_HIGH,
    )


def powers_of_ten(layout: SheetLayout) -> Iterator[tuple[str, Rule]]:
    """The cells that a number may outgrow, as when a run diverges, and the rule that shows it by powers of ten.

    A number format with conditions would do it alone, but LibreOffice drops the sign in its last section, and Excel in
    one that only negative numbers reach: no order of sections is right in both.
    """
    ranges: dict[tuple[int, int], list[str]] = {}
    for place in layout.places:
        width = min(layout.widths.get(column, COLUMN_WIDTH) for column in map(int, np.unique(place.columns)))
        plain = _PLAIN.fullmatch(place.block.number_format)
        if plain and width >= _POWERS_WIDTH and not place.block.is_text and role_of(place.block) != "label":
            room = max(_POWERS_WIDTH, (1 - _SPARE) * width)
            ends = (_digits_that_fit(plain, room, signed=True), _digits_that_fit(plain, room, signed=False))
            ranges.setdefault(ends, []).extend(place.ranges())
    for (below, above), addresses in sorted(ranges.items()):
        style = DifferentialStyle(numFmt=NumberFormat(BUILTIN_FORMATS_REVERSE[_POWERS], _POWERS))
        yield (
            " ".join(addresses),
            Rule(type="cellIs", operator="notBetween", formula=[f"-1E{below}", f"1E{above}"], dxf=style),
        )


def quiet(layout: SheetLayout) -> Iterator[tuple[str, Rule]]:
    """The cells that wait for an answer, and the rule that shows an error in them as an empty grey cell."""
    style = DifferentialStyle(font=Font(color=_WAITING), fill=PatternFill(bgColor=_WAITING))
    for place in layout.places:
        if isinstance(place.block, Formula) and place.block.quiet:
            for address in place.ranges():
                first = address.partition(":")[0]
                yield address, Rule(type="containsErrors", formula=[f"ISERROR({first})"], dxf=style)


def verdicts(layout: SheetLayout) -> Iterator[tuple[str, Rule]]:
    """The cells that say what an answer is, the answers, and rules for both: green what is right, rust what is not.

    A verdict may stand right of the window, so an answer has its colour.
    """
    bold, right, wrong = (
        DifferentialStyle(font=font) for font in (Font(color=GREEN, b=True), Font(color=GREEN), Font(color=RUST))
    )
    for place in layout.places:
        if isinstance(place.block, Formula) and place.block.verdict:
            judged = [other for other in layout.places if other.block.name == place.block.judges]
            cells = [(address, bold) for address in place.ranges()]
            cells += [(address, right) for other in judged for address in other.ranges()]
            for address, style in cells:
                said = f"${column_letters(place.origin[1])}{address.partition(':')[0].lstrip(ascii_uppercase)}"
                is_right = f'LEFT({said},1)="✓"'
                is_wrong = f'AND(NOT({is_right}),LEFT({said},{len(TO_DO)})<>"{TO_DO}")'
                yield address, Rule(type="expression", formula=[is_right], dxf=style)
                yield address, Rule(type="expression", formula=[is_wrong], dxf=wrong)


def _digits_that_fit(plain: re.Match[str], room: float, *, signed: bool) -> int:
    """How many digits fit before the point; a point, a comma and a sign take half a digit each."""
    decimals = len(plain["decimals"] or "")
    for digits in range(int(room), 1, -1):
        marks = bool(decimals) + signed + ((digits - 1) // 3 if plain["grouped"] else 0)
        if digits + decimals + marks / 2 <= room + 0.5:
            return digits
    return 1


def set_up_manifest(sheet: Worksheet) -> None:
    """Set up the hidden sheet that says what the workbook was made from."""
    sheet.sheet_state = "hidden"
    sheet.protection.sheet = True
    sheet.column_dimensions["A"].width = 40
    sheet.column_dimensions["B"].width = 120


def absolute(place: Place) -> str:
    """A block's rectangles as names and Solver spell them: with the sheet, in quotes, and `$` throughout."""
    return ",".join(f"{in_quotes(place.title)}!{anchored(address)}" for address in place.ranges())


def workbook_names(plan: Plan) -> Iterator[DefinedName]:
    """A name `sheet.block` for every scalar that a person may change, and for every answer that is waited for."""
    for place in plan.places.values():
        block = place.block
        if isinstance(block, Given) and not block.fixed and (not block.axis_names or block.optional):
            yield DefinedName(place.name, attr_text=absolute(place))


def solver_names(layout: SheetLayout) -> Iterator[DefinedName]:
    """The hidden names of a sheet that Excel's Solver opens with; none where more cells change than it takes."""
    solver = layout.sheet.solver
    if solver is None:
        return
    target, *changing = (place_of(layout, name) for name in (solver.target, *solver.changing.split()))
    if sum(place.count for place in changing) > SOLVER_CELLS:
        return
    yield DefinedName("solver_opt", attr_text=absolute(target), hidden=True)
    yield DefinedName("solver_adj", attr_text=",".join(absolute(place) for place in changing), hidden=True)
    for name, value in _SOLVER.items():
        yield DefinedName(f"solver_{name}", attr_text=value, hidden=True)


def place_of(layout: SheetLayout, name: str) -> Place:
    """The place of a sheet's own block.

    Raises:
        LessonError: the sheet has no such block.
    """
    for place in layout.places:
        if place.block.name == name:
            return place
    known = ", ".join(place.block.name for place in layout.places)
    raise LessonError(f"sheet {layout.sheet.title}: no block named {name!r}; known: {known}")


def block_validation(place: Place, plan: Plan) -> DataValidation | None:
    """What a given block's cells accept, with the words that say so; None where they accept anything."""
    block = place.block
    if not isinstance(block, Given) or block.fixed:
        return None
    if block.choices:
        validation = DataValidation(type="list", formula1=choices_source(place, plan), allow_blank=False)
        expected = "one of the list"
    elif not block.is_text and (block.low is not None or block.high is not None or block.whole):
        validation = _bounds(block)
        expected = _range_words(block)
    else:
        return None
    validation.sqref = " ".join(place.ranges())
    validation.promptTitle = _head(block.title or block.name)
    accepted = f"{expected[0].upper()}{expected[1:]}."
    validation.prompt = _cut(f"{block.words}\n{accepted}" if block.words else accepted, 255)
    validation.errorTitle = "Not accepted"
    validation.error = _cut(f"{block.title or block.name}: expected {expected}.", 225)
    validation.showInputMessage = validation.showErrorMessage = True
    return validation


def choices_source(place: Place, plan: Plan) -> str:
    """Where a drop-down's words come from: a list in quotes, or the range of a block."""
    block = place.block
    assert isinstance(block, Given)
    if isinstance(block.choices, tuple):
        return '"' + ",".join(block.choices).replace('"', '""') + '"'
    name = block.choices if "." in block.choices else f"{place.sheet}.{block.choices}"
    if name not in plan.places:
        raise LessonError(
            f"sheet {place.title}, block {block.name}: its choices are {block.choices!r}, which is no block"
        )
    return absolute(plan.places[name])


def _bounds(block: Given) -> DataValidation:
    kind = "whole" if block.whole else "decimal"
    match block.low, block.high:
        case None, None:
            # Whole numbers that a double holds exactly.
            return DataValidation(
                type=kind, operator="between", formula1="-9007199254740992", formula2="9007199254740992"
            )
        case low, None:
            return DataValidation(type=kind, operator="greaterThanOrEqual", formula1=_spelled(low))
        case None, high:
            return DataValidation(type=kind, operator="lessThanOrEqual", formula1=_spelled(high))
        case low, high:
            return DataValidation(type=kind, operator="between", formula1=_spelled(low), formula2=_spelled(high))


def _spelled(value: float | None) -> str:
    assert value is not None
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))


def _range_words(block: Given) -> str:
    noun = "a whole number" if block.whole else "a number"
    match block.low, block.high:
        case None, None:
            return noun
        case low, None:
            return f"{noun} of {_spelled(low)} or more"
        case None, high:
            return f"{noun} of {_spelled(high)} or less"
        case low, high:
            return f"{noun} from {_spelled(low)} to {_spelled(high)}"


def _head(title: str) -> str:
    """What a block is called, without what its heading says more, where that is too long to stand above a prompt."""
    found = title
    for mark in (":", ",", " ("):
        if len(found) > 32:
            found = found.partition(mark)[0]
    return _cut(found, 32)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _view(sheet: Worksheet, layout: SheetLayout) -> None:
    view = sheet.sheet_view
    view.showGridLines = False
    view.zoomScale = 100
    if layout.sheet.freeze:
        place = place_of(layout, layout.sheet.freeze)
        sheet.freeze_panes = place.address()
    elif layout.sheet.keep_labels:
        sheet.freeze_panes = "B2"
    sheet.sheet_format.defaultColWidth = COLUMN_WIDTH + _PADDING
    sheet.sheet_format.defaultRowHeight = LINE_POINTS
    for column, width in sorted(layout.widths.items()):
        sheet.column_dimensions[column_letters(column)].width = width + _PADDING


def _print(sheet: Worksheet, layout: SheetLayout) -> None:
    setup = sheet.page_setup
    setup.orientation = "portrait" if layout.sheet.portrait else "landscape"
    setup.paperSize = sheet.PAPERSIZE_A4
    setup.fitToWidth, setup.fitToHeight = 1, int(layout.sheet.one_page)
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(autoPageBreaks=False, fitToPage=True)
    sheet.print_area = f"A1:{cell_address(layout.last_row, layout.last_column)}"
    sheet.print_title_rows = repeated_rows(layout)
    for row in page_breaks(layout):
        sheet.row_breaks.append(Break(id=row))
    sheet.oddFooter.left.text = "&A"
    sheet.oddFooter.right.text = "&P of &N"
    margins = sheet.page_margins
    margins.left = margins.right = SIDE
    margins.top, margins.bottom = TOP, BOTTOM


def _protect(sheet: Worksheet, layout: SheetLayout) -> None:
    # Excel's Solver refuses a protected sheet ("the active sheet is not a worksheet or is protected").
    sheet.protection.sheet = layout.sheet.solver is None
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False


def note(place: Place) -> CommentRecord:
    """The note on a block's first cell, in a box as high as its words need."""
    words = place.block.note
    room = (NOTE_PIXELS - 2 * _NOTE_MARGIN) / DIGIT_PIXELS
    lines = sum(len(letters.lines(line, room, NOTE_FACE)) for line in words.splitlines())
    record = CommentRecord(ref=place.address(), author="gradbook", width=NOTE_PIXELS, height=24 + 17 * lines)
    record.text.t = words
    return record
