"""What Excel repairs or refuses, and what programs disagree on, found in a plan before a file is written.

Each rule is one function of what is checked, and yields a sentence for each breach.
"""

import re
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from workbook.errors import FormulaError, LessonError, WorkbookError
from workbook.formula.address import MAX_COLUMN, MAX_ROW, cell_address, cell_position
from workbook.formula.grammar import Node, Range, walk
from workbook.formula.rectangle import Rectangle
from workbook.lesson.lesson import Formula, Given
from workbook.plan.excel import formula_rows
from workbook.plan.layout import PlacedChart, SheetLayout
from workbook.plan.plan import Plan
from workbook.xlsx.read import CellError
from workbook.xlsx.write import dialect
from workbook.xlsx.write.charts import series_cells, series_place
from workbook.xlsx.write.checked import TOO_MANY, Checked, Sample, things, whereabouts
from workbook.xlsx.write.seen import number_formats, typed_choices
from workbook.xlsx.write.sheets import choices_source, place_of

MAX_FORMULA, MAX_LIST = 8192, 255
MAX_SERIES, MAX_HEIGHT, MAX_WIDTH = 255, 409.0, 254.0

_NAME = re.compile(r"[A-Za-z_\\][A-Za-z0-9_.\\?]*")
_CELL_LIKE = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]*)")
_R1C1_LIKE = re.compile(r"[rR]([0-9]*)([cC]([0-9]*))?|[cC][0-9]*")
_ABSOLUTE = re.compile(r"'(?P<title>(?:[^']|'')+)'!\$[A-Z]{1,3}\$[1-9][0-9]*(:\$[A-Z]{1,3}\$[1-9][0-9]*)?")
_LINK = re.compile(r"'(?P<title>(?:[^']|'')+)'!(?P<cell>[A-Z]{1,3}[1-9][0-9]*)")
_INSTEAD = "put them in a block and name it"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

Rule = Callable[[Checked], Iterator[str]]


def lint(plan: Plan) -> None:
    """Raise WorkbookError, naming sheet and cell, where the plan breaks a rule."""
    checked = Checked(plan)
    for rule in RULES:
        for fault in rule(checked):
            raise WorkbookError(fault)


def sheet_titles(checked: Checked) -> Iterator[str]:
    """Sheets' titles."""
    for title in checked.titles:
        if not 1 <= len(title) <= 31:
            yield f"sheet {title!r}: its title has {len(title)} characters, expected 1 to 31"
        if re.search(r"[][:*?/\\\x00-\x1f]", title):
            yield f"sheet {title!r}: its title holds one of [ ] : * ? / \\"
        if title.startswith("'") or title.endswith("'"):
            yield f"sheet {title!r}: its title begins or ends with an apostrophe"
        if title.lower() == "history":
            yield f"sheet {title!r}: Excel keeps this title for itself"
        if [other.lower() for other in checked.titles].count(title.lower()) > 1:
            yield f"sheet {title!r}: another sheet has this title"


def name_spelling(checked: Checked) -> Iterator[str]:
    """How defined names are spelled."""
    for where, name in checked.names:
        yield from (f"{where}, name {name.name}: {fault}" for fault in name_faults(name.name))


def name_faults(name: str) -> Iterator[str]:
    """Why Excel refuses a defined name; nothing where it takes it."""
    if len(name) > 255:
        yield f"it has {len(name)} characters, more than 255"
    if not _NAME.fullmatch(name):
        yield "expected letters, digits and _ . \\ ?, a letter first"
    cell = _CELL_LIKE.fullmatch(name)
    if cell and _in_sheet(name.upper()):
        yield "it is a cell's address"
    if _R1C1_LIKE.fullmatch(name):
        yield "it is an address in the R1C1 style"
    if name.upper() in ("TRUE", "FALSE"):
        yield "it is a boolean"


def _in_sheet(address: str) -> bool:
    try:
        cell_position(address)
    except FormulaError:
        return False
    return True


def unique_names(checked: Checked) -> Iterator[str]:
    """Two defined names that differ in case only."""
    seen: set[tuple[str, str]] = set()
    for where, name in checked.names:
        key = (where, name.name.lower())
        if key in seen:
            yield f"{where}, name {name.name}: another name is spelled alike"
        seen.add(key)


def name_targets(checked: Checked) -> Iterator[str]:
    """What defined names refer to: absolute cells of a sheet that there is."""
    for where, name in checked.names:
        for part in re.split(r",(?=')", name.attr_text):
            yield from (f"{where}, name {name.name}: {fault}" for fault in _target_faults(part, checked))


def _target_faults(text: str, checked: Checked) -> Iterator[str]:
    match = _ABSOLUTE.fullmatch(text)
    if match is None:
        yield f"it refers to {text}, expected an absolute address with its sheet in quotes"
    elif match["title"].replace("''", "'") not in checked.titles:
        yield f"it refers to a sheet {match['title']!r} that there isn't"


def inside_the_sheet(checked: Checked) -> Iterator[str]:
    """Blocks, labels and charts beyond a sheet's last row or column."""
    for layout in checked.plan.layouts:
        for what, (_, _, bottom, right) in things(layout):
            if bottom > MAX_ROW or right > MAX_COLUMN:
                where = f"sheet {layout.sheet.title}"
                yield f"{where}: {what} reaches row {bottom}, column {right}; a sheet ends at XFD1048576"


def no_overlap(checked: Checked) -> Iterator[str]:
    """Two things in one cell."""
    for layout in checked.plan.layouts:
        active: list[tuple[str, Rectangle]] = []
        for what, rectangle in sorted(things(layout), key=lambda thing: thing[1]):
            top, left, _, right = rectangle
            active = [(other, other_rectangle) for other, other_rectangle in active if other_rectangle[2] >= top]
            for other, (_, other_left, _, other_right) in active:
                if other_left <= right and left <= other_right:
                    cell = cell_address(top, max(left, other_left))
                    yield f"sheet {layout.sheet.title}, cell {cell}: {what} lies over {other}"
            active.append((what, rectangle))


def known_functions(checked: Checked) -> Iterator[str]:
    """Functions outside the dialect."""
    return _faults(checked.parsed, dialect.function_faults)


def whole_arguments(checked: Checked) -> Iterator[str]:
    """Arguments that must not be left out, and too many of them."""
    return _faults(checked.parsed, dialect.argument_faults)


def products(checked: Checked) -> Iterator[str]:
    """Products of ranges that don't fit each other."""
    return _faults(checked.parsed, dialect.product_faults)


def literals(checked: Checked) -> Iterator[str]:
    """Texts, errors and names in formulas."""
    return _faults(checked.parsed, dialect.literal_faults)


def ranges(checked: Checked) -> Iterator[str]:
    """Ranges where one number belongs, and arithmetic with ranges that only an array formula may do."""
    return _faults(checked.parsed, dialect.range_faults)


def _faults(parsed: Iterable[tuple[Sample, Node]], find: Callable[[Node], Iterator[str]]) -> Iterator[str]:
    for sample, node in parsed:
        try:
            faults = list(find(node))
        except RecursionError:
            faults = [TOO_MANY]
        for fault in faults:
            yield f"{sample.where}: ={_short(sample.text)}: {fault}"


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:99] + "…"


def referenced_sheets(checked: Checked) -> Iterator[str]:
    """Formulas that read a sheet that there isn't, or cells outside of it."""
    for sample, node in checked.parsed:
        for part in walk(node):
            if isinstance(part, Range) and part.sheet and part.sheet not in checked.titles:
                yield f"{sample.where}: it reads a sheet {part.sheet!r} that there isn't"


def formula_lengths(checked: Checked) -> Iterator[str]:
    """Formulas too long, or holding what XML can't; every cell is measured where the first comes near the limit."""
    for sample in checked.samples:
        if _CONTROL.search(sample.text):
            yield f"{sample.where}: the formula holds a control character"
        # A corner of a reference grows by 9 characters at most, from A1 to XFD1048576 less one.
        corners = len(re.findall(r"\$?[A-Z]{1,3}\$?[0-9]+", sample.text))
        if len(sample.text) + 9 * corners < MAX_FORMULA:
            continue
        place, step = sample.place, checked.plan.steps[sample.place.sheet]
        for row in formula_rows(place, checked.plan.places, step):
            longest = max(map(len, row.texts))
            # The equals sign counts.
            if longest >= MAX_FORMULA:
                column = place.origin[1] + [len(text) for text in row.texts].index(longest)
                yield (
                    f"sheet {place.title}, cell {cell_address(row.row, column)} ({place.block.name}): "
                    f"a formula of {longest + 1} characters, more than {MAX_FORMULA}"
                )
                break


def finite_values(checked: Checked) -> Iterator[str]:
    """Values that are infinite: a cell can't hold them."""
    for name, place in checked.plan.places.items():
        values = checked.plan.values[name]
        if values.dtype.kind == "f" and np.isinf(values).any():
            index = tuple(int(i[0]) for i in np.nonzero(np.isinf(values)))
            yield f"{whereabouts(place, index)}: no cell can hold {values[index]}"


def value_shapes(checked: Checked) -> Iterator[str]:
    """Blocks without values, or with values of another shape."""
    for name, place in checked.plan.places.items():
        if name not in checked.plan.values:
            yield f"{whereabouts(place)}: it has no values"
        elif checked.plan.values[name].shape != place.shape:
            found = checked.plan.values[name].shape
            yield f"{whereabouts(place)}: values of shape {found}, expected {place.shape}"


def value_types(checked: Checked) -> Iterator[str]:
    """Words in a block of numbers, and numbers in a block of words: the cached type would not be the formula's."""
    for name, place in checked.plan.places.items():
        values = checked.plan.values[name]
        words = place.block.is_text
        if checked.plan.handed and all(isinstance(v, float | str | CellError) for v in values.ravel().tolist()):
            # What depends on an answer that is still to come may be an error, and a word may stand for a number.
            continue
        if not words and values.dtype.kind not in "fiub":
            yield f"{whereabouts(place)}: values of type {values.dtype}, expected numbers"
        elif words and values.dtype.kind not in "OU":
            yield f"{whereabouts(place)}: values of type {values.dtype}, expected text"
        elif words:
            for index, value in np.ndenumerate(values):
                if not isinstance(value, str):
                    yield f"{whereabouts(place, index)}: found {value!r}, expected text"
                    break


def drop_downs(checked: Checked) -> Iterator[str]:
    """Lists of choices that Excel can't hold."""
    for place in checked.plan.places.values():
        block = place.block
        if not isinstance(block, Given) or block.fixed or not block.choices:
            continue
        where = whereabouts(place)
        try:
            source = choices_source(place, checked.plan)
        except LessonError as error:
            yield str(error)
            continue
        if isinstance(block.choices, str):
            if source.count(":") > 1 or "," in source or not _is_line(source):
                yield f"{where}: its choices are {source}, expected one row or one column"
            continue
        if len(source) - 2 > MAX_LIST:
            yield f"{where}: its choices have {len(source) - 2} characters, more than {MAX_LIST}; {_INSTEAD}"
        for choice in block.choices:
            if "," in choice or '"' in choice or choice != choice.strip() or not choice:
                yield f"{where}: the choice {choice!r} is empty or holds a comma, a quote, an outer blank; {_INSTEAD}"


def _is_line(source: str) -> bool:
    first, _, last = source.rpartition("!")[2].replace("$", "").partition(":")
    (top, left), (bottom, right) = cell_position(first), cell_position(last or first)
    return top == bottom or left == right


def notes(checked: Checked) -> Iterator[str]:
    """Notes without words."""
    for place in checked.plan.places.values():
        if place.block.note and not place.block.note.strip():
            yield f"{whereabouts(place)}: its note is blank"


def links(checked: Checked) -> Iterator[str]:
    """Links to nowhere."""
    for layout in checked.plan.layouts:
        for label in layout.labels:
            match = _LINK.fullmatch(label.link)
            known = (
                match is not None and match["title"].replace("''", "'") in checked.titles and _in_sheet(match["cell"])
            )
            if label.link and not known:
                cell = cell_address(label.row, label.column)
                yield f"sheet {layout.sheet.title}, cell {cell}: a link to {label.link}, which is nowhere"


def chart_series(checked: Checked) -> Iterator[str]:
    """Series of blocks that there aren't or that are no line of cells, of unequal lengths, or too many."""
    for where, layout, placed in checked.charts():
        spec = placed.chart
        try:
            counts = [_series_lengths(where, layout, checked.plan, placed, i) for i in range(len(spec.series))]
        except LessonError as error:
            yield str(error)
            continue
        for series, lengths in zip(spec.series, counts, strict=True):
            if len(set(lengths)) > 1:
                found = " and ".join(map(str, lengths))
                yield f"{where}: the series {series.name!r} has {found} cells, expected as many of each"
        total = sum(lengths[0] for lengths in counts) if spec.kind == "labelled" else len(counts)
        if not 1 <= total <= MAX_SERIES:
            yield f"{where}: it has {total} series, expected 1 to {MAX_SERIES}"


def _series_lengths(where: str, layout: SheetLayout, plan: Plan, placed: PlacedChart, number: int) -> list[int]:
    spec, series = placed.chart, placed.chart.series[number]
    wanted = [(series.values, series.at)] + ([(series.x, series.at)] if series.x else [])
    wanted += [(spec.labels, None)] if spec.kind == "labelled" else []
    found = []
    for name, at in wanted:
        place = series_place(name, where, layout, plan)
        found.append(len(series_cells(place, at if len(place.shape) > 1 else None, where)[0]))
    return found


def chart_axes(checked: Checked) -> Iterator[str]:
    """Axes that end before they begin, or take the logarithm of 0; charts without words for who can't see them."""
    for where, _, placed in checked.charts():
        spec = placed.chart
        if spec.y_low is not None and spec.y_high is not None and spec.y_low >= spec.y_high:
            yield f"{where}: its axis runs from {spec.y_low:g} to {spec.y_high:g}"
        if spec.log_y and spec.y_low is not None and spec.y_low <= 0:
            yield f"{where}: its logarithmic axis begins at {spec.y_low:g}, expected above 0"
        if not spec.alt.strip():
            yield f"{where}: it has no words for who can't see it"


def references_of_sheets(checked: Checked) -> Iterator[str]:
    """A frozen block, or one that Solver reads or changes, that the sheet does not have or can't change."""
    for layout in checked.plan.layouts:
        sheet = layout.sheet
        solver = sheet.solver
        try:
            if sheet.freeze:
                place_of(layout, sheet.freeze)
            changing = [place_of(layout, name) for name in solver.changing.split()] if solver else []
            target = place_of(layout, solver.target) if solver else None
        except LessonError as error:
            yield str(error)
            continue
        for place in changing:
            if not isinstance(place.block, Given) or place.block.fixed or place.block.is_text:
                yield f"{whereabouts(place)}: Solver can't change it; expected given numbers"
        if target is not None and (target.count != 1 or not isinstance(target.block, Formula)):
            yield f"{whereabouts(target)}: Solver's target is no single formula"


def sizes(checked: Checked) -> Iterator[str]:
    """Rows too high, columns too wide."""
    for layout in checked.plan.layouts:
        for row, height in layout.heights.items():
            if not 0 < height <= MAX_HEIGHT:
                yield f"sheet {layout.sheet.title}, row {row}: {height:g} points high, expected up to {MAX_HEIGHT:g}"
        for column, width in layout.widths.items():
            if not 0 < width <= MAX_WIDTH:
                where = f"sheet {layout.sheet.title}, column {column}"
                yield f"{where}: {width:g} characters wide, expected up to {MAX_WIDTH:g}"


RULES: tuple[Rule, ...] = (
    sheet_titles,
    inside_the_sheet,
    no_overlap,
    value_shapes,
    value_types,
    finite_values,
    references_of_sheets,
    drop_downs,
    typed_choices,
    number_formats,
    name_spelling,
    unique_names,
    name_targets,
    literals,
    known_functions,
    whole_arguments,
    products,
    ranges,
    referenced_sheets,
    formula_lengths,
    notes,
    links,
    chart_series,
    chart_axes,
    sizes,
)
