"""A sheet's rows as XML, streamed from its blocks and labels: nothing is kept but the rows being made."""

import heapq
import math
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle, groupby, zip_longest
from operator import itemgetter
from textwrap import wrap
from typing import Any

import numpy as np
from openpyxl.xml.constants import SHEET_MAIN_NS

from workbook.formula.address import cell_address, column_letters
from workbook.lesson.lesson import Array, Block, Formula, Given, Recorded
from workbook.plan import letters
from workbook.plan.excel import formula_rows
from workbook.plan.layout import BADGE, COLUMN_WIDTH, LINE, Label, SheetLayout
from workbook.plan.letters import FACES
from workbook.plan.place import Place
from workbook.plan.plan import Plan
from workbook.xlsx.read import CellError
from workbook.xlsx.write.styles import ROLES, Align, Styles

MAX_TEXT = 32_767
"""The longest text of a cell, in UTF-16 units. Source: Excel specifications and limits."""
_MOST_OF_A_VALUE = 32_000
"""The characters of a manifest's value in one cell."""

Fragment = tuple[int, int, str]
"""Cells side by side: row, first column, XML."""

_CHUNK = 1024
_BATCH = 64 * 1024
# What XML 1.0 cannot hold, and what reads as the escape of such a character: ECMA-376 Part 1, 22.9.2.19 (ST_Xstring).
_ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_FORMULA_LIKE = ("=", "+", "-", "@")


def xml_text(text: str) -> str:
    r"""The text as XML holds it: cut to what a cell takes, control characters escaped as `_x0001_`.

    >>> xml_text("a < b"), xml_text("bell\a"), xml_text("_x0041_")
    ('a &lt; b', 'bell_x0007_', '_x005F_x0041_')
    """
    if 2 * len(text) > MAX_TEXT:
        text = text.encode("utf-16-le", "surrogatepass")[: 2 * MAX_TEXT].decode("utf-16-le", "ignore")
    text = _ESCAPED.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Texts:
    """The texts that a workbook's cells hold, each once: a cell has its number. The code stands on two sheets."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The number of a text, from 0 in the order in which texts were first asked for."""
        return self._numbers.setdefault(text, len(self._numbers))

    def xml(self) -> str:
        """The part of the file that holds them."""
        items = "".join(f"<si>{_text_element(text)}</si>" for text in self._numbers)
        return f'<sst xmlns="{SHEET_MAIN_NS}">{items}</sst>'


def _text_element(text: str) -> str:
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text or "  " in text else ""
    return f"<t{space}>{xml_text(text)}</t>"


def text_cell(address: str, style: int, text: str, texts: Texts | None) -> str:
    """The XML of a cell that holds words, or their number among the texts of all cells."""
    if not text:
        return f'<c r="{address}" s="{style}"/>'
    if texts is None:
        return f'<c r="{address}" s="{style}" t="inlineStr"><is>{_text_element(text)}</is></c>'
    return f'<c r="{address}" s="{style}" t="s"><v>{texts.number(text)}</v></c>'


def looks_like_formula(text: str) -> bool:
    """Whether a program would take the text for a formula when a person edits it."""
    return text.startswith(_FORMULA_LIKE)


def role_of(block: Block) -> str:
    """The role of a block's cells: its own, or the one of its kind."""
    if block.role is not None:
        return block.role
    if isinstance(block, Given):
        return "label" if block.fixed else "input"
    return "recorded" if isinstance(block, Recorded) else "formula"


def cell_format(block: Block, values: Array) -> str:
    """The number format of a block's cells."""
    if values.dtype.kind == "b":
        # LibreOffice shows a TRUE in a number's format as 1.
        return "General"
    if block.is_text:
        # "@" keeps what a person types as text; in a formula's cell it would show the formula.
        return "@" if isinstance(block, Given) else "General"
    return block.number_format


def is_inset(place: Place) -> bool:
    """Whether a column of words begins a little right of its edge, because numbers may end at that edge."""
    block = place.block
    boxed = bool(ROLES[role_of(block)].box)
    return block.is_text and place.origin[1] > 1 and not (block.across_axes or block.upright or boxed)


def block_style(
    place: Place, values: Array, styles: Styles, *, quoted: bool = False, box: str | None = None, frame: str = ""
) -> int:
    """The number of the style of a block's cells, or of those with some sides of its box, or of its frame, alone."""
    block = place.block
    free = role_of(block) == "input" or (isinstance(block, Given) and not block.fixed)
    # A word in place of a number stands where the number would, and so does a name above a column of them.
    alone = all(place.strides[axis][0] > 1 for axis in block.down_axes)
    beside = all(place.strides[axis][1] == 1 for axis in block.across_axes[-1:])
    heads = bool(block.across_axes) and alone and beside and not block.upright
    align: Align = "right" if (heads if block.is_text else block.blank) else "inset" if is_inset(place) else ""
    role = "wrapped" if block.wrapped else role_of(block)
    return styles.number(
        role,
        cell_format(block, values),
        locked=not free,
        upright=block.upright,
        quoted=quoted,
        align=align,
        box=box,
        frame=frame,
    )


def sheet_rows(plan: Plan, layout: SheetLayout, styles: Styles, texts: Texts, badge: str) -> Iterator[str]:
    """The rows of a sheet, in pieces of some 64 KiB."""
    sources: list[Iterable[Fragment]] = [
        block_cells(place, plan, layout.step, styles, texts) for place in layout.places
    ]
    sources.append(_labels(layout, styles, texts, badge))
    sources.append((row, 0, "") for row in sorted(layout.heights))
    ruled = section_rules(layout)
    rule = styles.number("section")
    heights = layout.heights
    batch: list[str] = []
    size = 0
    for row, fragments in groupby(heapq.merge(*sources), key=itemgetter(0)):
        if row in ruled:
            cells = _ruled(row, list(fragments), rule, ruled[row])
        else:
            cells = "".join([fragment[2] for fragment in fragments])
        height = f' ht="{heights[row]:g}" customHeight="1"' if row in heights else ""
        text = f'<row r="{row}"{height}>{cells}</row>'
        batch.append(text)
        size += len(text)
        if size > _BATCH:
            yield "".join(batch)
            batch.clear()
            size = 0
    yield "".join(batch)


def manifest_rows(rows: Iterable[tuple[str, str]], styles: Styles) -> Iterator[str]:
    """The rows of the manifest: key in column A, value in B; what is longer than a cell takes goes on to its right."""
    style = styles.number("manifest", "@")
    for row, (key, value) in enumerate(rows, start=1):
        parts = [key, *(value[at : at + _MOST_OF_A_VALUE] for at in range(0, max(len(value), 1), _MOST_OF_A_VALUE))]
        cells = (text_cell(cell_address(row, column), style, part, None) for column, part in enumerate(parts, start=1))
        yield f'<row r="{row}">{"".join(cells)}</row>'


def block_cells(place: Place, plan: Plan, step: str, styles: Styles, texts: Texts) -> Iterator[Fragment]:
    """The cells of a block, row by row."""
    values = plan.values[place.name]
    if isinstance(place.block, Formula):
        return _formula_cells(place, plan, values, step, row_styles(place, values, styles))
    return _plain_cells(place, values, styles, texts)


def _formula_cells(place: Place, plan: Plan, values: Array, step: str, of_rows: list[list[int]]) -> Iterator[Fragment]:
    block = place.block
    column, letters = _columns(place)
    rows = formula_rows(place, plan.places, step)
    escape = _formula_escape(place, plan)
    heads = [f'<c r="{letter}' for letter in letters]
    plain = values.dtype.kind == "f" and escape is None and not np.isnan(values).any()
    if plain and of_rows == [of_rows[0][:1]]:
        tail = f'" s="{of_rows[0][0]}"><f>'
        for formula, line in zip(rows, _lines(place, values), strict=True):
            middle = f"{formula.row}{tail}"
            cells = [
                f"{head}{middle}{text}</f><v>{value!r}</v></c>"
                for head, text, value in zip(heads, formula.texts, line, strict=True)
            ]
            yield formula.row, column, "".join(cells)
        return
    blank = xml_text(block.blank)
    for formula, line, numbers in zip(rows, _lines(place, values), cycle(of_rows), strict=False):
        cells = []
        for head, text, value, style in zip(heads, formula.texts, line, cycle(numbers), strict=False):
            kind, cached = _cached(value, blank)
            text = escape(text) if escape else text
            cells.append(f'{head}{formula.row}" s="{style}"{kind}><f>{text}</f><v>{cached}</v></c>')
        yield formula.row, column, "".join(cells)


def _plain_cells(place: Place, values: Array, styles: Styles, texts: Texts) -> Iterator[Fragment]:
    column, letters = _columns(place)
    of_rows = row_styles(place, values, styles)
    quoted = block_style(place, values, styles, quoted=True)
    for row, line, numbers in zip(_rows(place), _lines(place, values), cycle(of_rows), strict=False):
        cells = []
        for letter, value, style in zip(letters, line, cycle(numbers), strict=False):
            if isinstance(value, str):
                number = quoted if looks_like_formula(value) else style
                cells.append(text_cell(f"{letter}{row}", number, value, texts))
            elif value is None or value != value:
                cells.append(f'<c r="{letter}{row}" s="{style}"/>')
            else:
                kind, cached = _cached(value, "")
                cells.append(f'<c r="{letter}{row}" s="{style}"{kind}><v>{cached}</v></c>')
        yield row, column, "".join(cells)


def row_styles(place: Place, values: Array, styles: Styles) -> list[list[int]]:
    """The styles of a block's cells, repeated down and across: one, or those of a block with one line around it.

    A picture to paint on has its box so (a box around each of its cells would be all that one sees), and so has what is
    framed.
    """
    block = place.block
    painted = block.look == "ink" and role_of(block) == "input"
    if not (painted or block.frame):
        return [[block_style(place, values, styles)]]
    downwards = _edges(place.sizes[block.down_axes[-1]] if block.down_axes else 1, "top", "bottom")
    beside = _edges(place.sizes[block.across_axes[-1]] if block.across_axes else 1, "left", "right")
    sides = [[f"{down} {side}" for side in beside] for down in downwards]
    if block.frame:
        return [[block_style(place, values, styles, frame=edges) for edges in line] for line in sides]
    return [[block_style(place, values, styles, box=edges) for edges in line] for line in sides]


def _edges(size: int, first: str, last: str) -> list[str]:
    """The sides that each of some cells in a line has of their common box."""
    return [" ".join((first * (at == 0), last * (at == size - 1))) for at in range(size)]


def _cached(value: Any, blank: str) -> tuple[str, str]:
    """The type attribute of a cell and its value as XML holds it."""
    if isinstance(value, str):
        return ' t="str"', xml_text(value)
    if isinstance(value, bool | np.bool_):
        return ' t="b"', str(int(value))
    if isinstance(value, CellError):
        return ' t="e"', value.code
    if value is None or math.isnan(value):
        return ' t="str"', blank
    return "", repr(float(value) if isinstance(value, float | np.floating) else int(value))


def _formula_escape(place: Place, plan: Plan) -> Callable[[str], str] | None:
    """What makes the block's formulas XML; None where they are XML as they stand."""
    block = place.block
    titles = "".join(layout.sheet.title for layout in plan.layouts)
    if isinstance(block, Formula) and not re.search("[&<>]", block.pattern + titles):
        return None
    return lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _columns(place: Place) -> tuple[int, list[str]]:
    """The first column of a block, and the letters of the columns of each of its rows."""
    columns = np.full((1,), place.origin[1], dtype=np.int64)
    for axis in place.block.across_axes:
        columns = (columns[:, None] + np.arange(place.sizes[axis]) * place.strides[axis][1]).ravel()
    return int(columns.min()), [column_letters(int(column)) for column in columns]


def _chunks(place: Place) -> Iterator[tuple[Any, ...]]:
    """The positions along the block's down axes, in order, some thousand rows at a time."""
    down = tuple(place.sizes[axis] for axis in place.block.down_axes)
    total = math.prod(down)
    for low in range(0, total, _CHUNK):
        yield np.unravel_index(np.arange(low, min(total, low + _CHUNK)), down) if down else ()


def _rows(place: Place) -> Iterator[int]:
    """The row of each line of a block."""
    for position in _chunks(place):
        if not position:
            yield place.origin[0]
            continue
        moves = (place.strides[axis][0] for axis in place.block.down_axes)
        yield from (place.origin[0] + sum(n * move for n, move in zip(position, moves, strict=True))).tolist()


def _lines(place: Place, values: Array) -> Iterator[list[Any]]:
    """The values of a block, line by line as they stand on the sheet; nothing is copied but some thousand lines."""
    block = place.block
    order = [block.axis_names.index(axis) for axis in (*block.down_axes, *block.across_axes)]
    view = values.transpose(order)
    if view.dtype.kind == "f":
        view = view.astype(np.float64, copy=False)
    for position in _chunks(place):
        part = view[position] if position else view[None]
        yield from part.reshape(len(part), -1).tolist()


def _labels(layout: SheetLayout, styles: Styles, texts: Texts, badge: str) -> Iterator[Fragment]:
    """The cells of a sheet's labels."""
    lines = dict(zip_longest(BADGE, wrap(badge, LINE)[: len(BADGE)], fillvalue=""))
    for label in sorted(layout.labels, key=lambda label: (label.row, label.column)):
        text = lines.get(label.text, label.text)
        if text:
            style = label_style(label, text, layout, styles)
            yield label.row, label.column, text_cell(cell_address(label.row, label.column), style, text, texts)


def _below(label: Label, layout: SheetLayout) -> Place | None:
    """The block, or a repetition of it, whose first cell is under the label."""
    for place in layout.places:
        distance = label.row + 1 - place.origin[0]
        stride = place.strides.get(layout.step, (0, 0))[0]
        repeated = stride > 1 and distance % stride == 0 and 0 < distance // stride < place.sizes[layout.step]
        if label.column == place.origin[1] and (distance == 0 or repeated):
            return place
    return None


def label_style(label: Label, text: str, layout: SheetLayout, styles: Styles) -> int:
    """The number of a label's style; a heading stands where the values under it stand."""
    align: Align = ""
    role = label.style or label.role
    if label.role == "sign":
        align = "center"
    if label.role == "name":
        role, align = label.style or "label", "right"
    if role in ("heading", "label") and label.role != "name":
        below = _below(label, layout)
        if role == "heading":
            apart = is_inset(below) if below else label.column > 1
            align = "inset" if apart else "left" if below is None or below.block.is_text else "right"
        elif below is not None:
            role = "spread"
            align = "right" if _fits_above_numbers(label, text, below, layout) else ""
    return styles.number(role, quoted=looks_like_formula(text), align=align)


def _fits_above_numbers(label: Label, text: str, below: Place, layout: SheetLayout) -> bool:
    """Whether a heading that may reach over the columns beside it needs only its own, and numbers stand under it."""
    room = layout.widths.get(label.column, COLUMN_WIDTH)
    alone = not below.block.across_axes and not below.block.is_text
    return alone and letters.width(text, FACES["spread"]) <= room


def section_rules(layout: SheetLayout) -> dict[int, list[tuple[int, int]]]:
    """Row → the sections that begin in it: the column of each, and the last one to which its rule goes on."""
    found: dict[int, list[tuple[int, int]]] = {}
    for label in layout.labels:
        if label.role == "section" and (label.column == 1 or label.until):
            found.setdefault(label.row, []).append((label.column, label.until or layout.last_column))
    return found


def _ruled(row: int, fragments: list[Fragment], style: int, rules: list[tuple[int, int]]) -> str:
    """A row with sections: the rule under each goes on to its last column, or to the next cell."""
    cells = [fragment for fragment in fragments if fragment[2]]
    filled = sorted(column for _, column, _ in cells)
    for first, last in rules:
        end = min([*(column for column in filled if column > first), last + 1])
        cells += [(row, n, f'<c r="{cell_address(row, n)}" s="{style}"/>') for n in range(first + 1, end)]
    return "".join(text for _, _, text in sorted(cells, key=itemgetter(1)))
