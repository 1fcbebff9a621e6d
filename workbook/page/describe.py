"""What a page shows of a plan, as data: looks, inputs, notes, links, charts and steps of each sheet, cells from 0."""

from typing import Any

from workbook.errors import FormulaError
from workbook.lesson.by_hand import Predict, Predictions
from workbook.lesson.lesson import Given
from workbook.page.charts import charts, diagrams
from workbook.page.looks import PlanStyles, StyleTable, corners, reference, rules, scales
from workbook.plan.layout import COLUMN_WIDTH, LINE_POINTS, SheetLayout
from workbook.plan.place import Place
from workbook.plan.plan import Plan
from workbook.xlsx.write.cells import role_of
from workbook.xlsx.write.sheets import block_validation, choices_source, place_of

MOST_RECTANGLES = 400
"""A block of more parts is not named on the page."""


def describe(plan: Plan, badge: str = "") -> dict[str, Any]:
    """The plan as a page has it; the texts and numbers of its cells come with its program.

    Args:
        plan: the plan.
        badge: what the numbers were checked against, as the file's Start sheet says it.
    """
    style_table = StyleTable()
    plan_styles = PlanStyles(plan, style_table, badge)
    titles = [layout.sheet.title for layout in plan.layouts]
    sheets = [_sheet(layout, plan, plan_styles, titles) for layout in plan.layouts]
    return {
        "name": plan.lesson.file_name,
        "title": plan.lesson.title,
        "column": COLUMN_WIDTH,
        "row": LINE_POINTS,
        "sheets": sheets,
        "styles": style_table.entries,
    }


def _sheet(layout: SheetLayout, plan: Plan, plan_styles: PlanStyles, titles: list[str]) -> dict[str, Any]:
    asked = {row.answer: row for row in _asked(layout)}
    found = {
        "title": layout.sheet.title,
        "summary": layout.sheet.summary,
        "widths": {column - 1: width for column, width in layout.widths.items()},
        "heights": {row - 1: points for row, points in layout.heights.items()},
        "freeze": _frozen(layout),
        "last": [layout.last_row - 1, layout.last_column - 1],
        "looks": plan_styles.looks(layout),
        "scales": scales(layout, plan),
        "rules": rules(layout),
        "inputs": [
            {**_input(place, plan, titles), **_question(asked.get(place.block.name), layout)}
            for place in layout.places
            if is_free(place)
        ],
        "blocks": [_block(place) for place in layout.places if len(place.rectangles) <= MOST_RECTANGLES],
        "notes": [[*_first(place), place.block.note] for place in layout.places if place.block.note],
        "links": [
            [label.row - 1, label.column - 1, *reference(label.link, titles)[:3]]
            for label in layout.labels
            if label.link
        ],
        "charts": charts(layout, plan, titles),
        "diagrams": diagrams(layout),
        "steps": steps(layout),
    }
    return {key: value for key, value in found.items() if value not in ({}, [], "", None)}


def is_free(place: Place) -> bool:
    """Whether a person may change the block's cells."""
    return isinstance(place.block, Given) and not place.block.fixed


def _first(place: Place) -> tuple[int, int]:
    return place.origin[0] - 1, place.origin[1] - 1


def _frozen(layout: SheetLayout) -> list[int] | None:
    """How many rows and columns stay in view."""
    if layout.sheet.freeze:
        return list(_first(place_of(layout, layout.sheet.freeze)))
    return [1, 1] if layout.sheet.keep_labels else None


def _input(place: Place, plan: Plan, titles: list[str]) -> dict[str, Any]:
    """What a given block's cells accept, in words too."""
    block = place.block
    assert isinstance(block, Given)
    validation = block_validation(place, plan)
    found: dict[str, Any] = {
        "ranges": corners(place.ranges()),
        "kind": "list" if block.choices else "text" if block.is_text else "whole" if block.whole else "number",
        "title": block.title or block.name,
        "words": block.words,
        "low": block.low,
        "high": block.high,
        "single": place.count == 1,
        "paint": block.look == "ink",
        "optional": block.optional,
    }
    if isinstance(block.choices, tuple):
        found["choices"] = list(block.choices)
    elif block.choices:
        found["source"] = reference(choices_source(place, plan), titles)
    if validation is not None:
        found["refusal"] = validation.error
    return {key: value for key, value in found.items() if not (value is None or value is False or value == "")}


def _asked(layout: SheetLayout) -> list[Predict]:
    """The questions of a sheet."""
    return [row for item in layout.sheet.items() if isinstance(item, Predictions) for row in item.rows]


def _question(asked: Predict | None, layout: SheetLayout) -> dict[str, Any]:
    """What an answer's cell is asked, and the cell that judges it; nothing of a cell that is no answer."""
    return {"words": asked.question, "verdict": _first(place_of(layout, asked.verdict))} if asked else {}


def _block(place: Place) -> list[Any]:
    """A block's name, its heading, its role and its rectangles."""
    return [place.block.name, place.block.title, role_of(place.block), corners(place.ranges())]


def steps(layout: SheetLayout) -> dict[str, Any] | None:
    """The steps of a sheet's recurrence: how many, and the cells of the first with the rows and columns to the next."""
    if not layout.step:
        return None
    places = [place for place in layout.places if place.sizes.get(layout.step, 1) > 1]
    if not places:
        return None
    bands = []
    for place in places:
        inner = [axis for axis in place.sizes if axis != layout.step]
        try:
            height, width = place.extent(inner)
        except FormulaError:
            continue
        top, left = _first(place)
        bands.append([top, left, top + height - 1, left + width - 1, *place.strides[layout.step]])
    return {"axis": layout.step, "count": max(place.sizes[layout.step] for place in places), "bands": bands}
