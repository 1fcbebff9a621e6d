"""The style of each cell of a sheet: rectangles and the numbers of their styles, for whoever draws a sheet or saves it.

The numbers are those of the file, because both ask a workbook's `Styles` for them in one order: here.
"""

from collections.abc import Iterator
from itertools import zip_longest
from textwrap import wrap

import numpy as np

from workbook.formula.rectangle import Rectangle
from workbook.lesson.lesson import Array, Formula
from workbook.plan.layout import BADGE, LINE, SheetLayout
from workbook.plan.place import Place
from workbook.plan.plan import Plan
from workbook.xlsx.write.cells import block_style, label_style, looks_like_formula, row_styles, section_rules
from workbook.xlsx.write.styles import Styles

Styled = tuple[Rectangle, int]


def cell_styles(plan: Plan, layout: SheetLayout, styles: Styles, badge: str = "") -> Iterator[Styled]:
    """The rectangles of a sheet, each with the number of its style; of two that overlap, the later one holds."""
    for row, rules in sorted(section_rules(layout).items()):
        others = _columns(row, layout)
        for first, last in rules:
            end = min([*(column for column in others if column > first), last + 1])
            if end > first + 1:
                yield (row, first + 1, row, end - 1), styles.number("section")
    for place in layout.places:
        yield from _of_block(place, plan.values[place.name], styles)
    lines = dict(zip_longest(BADGE, wrap(badge, LINE)[: len(BADGE)], fillvalue=""))
    for label in layout.labels:
        text = lines.get(label.text, label.text)
        if text:
            style = label_style(label, text, layout, styles)
            yield (label.row, label.column, label.row, label.column), style


def _columns(row: int, layout: SheetLayout) -> set[int]:
    """The columns of a row in which something stands."""
    found = {label.column for label in layout.labels if label.row == row}
    for place in layout.places:
        for top, left, bottom, _ in place.rectangles:
            if top <= row <= bottom:
                found.add(left)
    return found


def _of_block(place: Place, values: Array, styles: Styles) -> Iterator[Styled]:
    numbers = row_styles(place, values, styles)
    quoted = None if isinstance(place.block, Formula) else block_style(place, values, styles, quoted=True)
    for area in place.rectangles:
        if len(numbers) == len(numbers[0]) == 1:
            yield area, numbers[0][0]
            continue
        top, left, bottom, right = area
        for row in range(top, bottom + 1):
            line = numbers[(row - top) % len(numbers)]
            for column in range(left, right + 1):
                yield (row, column, row, column), line[(column - left) % len(line)]
    if quoted is not None and values.dtype.kind == "O":
        for index in np.ndindex(values.shape):
            text: object = values[index]
            if isinstance(text, str) and looks_like_formula(text):
                row, column = int(place.rows[index]), int(place.columns[index])
                yield (row, column, row, column), quoted
