"""A colour means one thing: a scale for signed numbers, another for sizes, and one look for a run in all charts."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import Workbook
from sweep import LARGE

from workbook.lesson.lesson import QUIET, Given
from workbook.plan.place import Place
from workbook.plan.plan import Plan
from workbook.xlsx.write.charts import pen

_SIZE = re.compile(r"(MAX\(0,.*|MAX\(.*,\s*0|ABS\(.*|EXP\(.*|SQRT\(.*)\)")
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")


def is_size(place: Place, plan: Plan) -> bool:
    """Whether a block is declared so that no number of it can be negative."""
    block = place.block
    if isinstance(block, Given):
        return block.low is not None and block.low >= 0
    pattern = getattr(block, "pattern", "")
    if _NAME.fullmatch(pattern):
        return is_size(plan.places[pattern if "." in pattern else f"{place.sheet}.{pattern}"], plan)
    return bool(_SIZE.fullmatch(pattern)) and pattern.count("(") == pattern.count(")") == 1


def test_sizes_are_violet_and_signed_numbers_blue_and_orange(every: tuple[Path, Plan]) -> None:
    plan = every[1]
    for name, place in plan.places.items():
        values = plan.values[name]
        if place.block.look == "sequential":
            assert np.nanmin(values.astype(np.float64)) >= 0, f"{name} has a sign, and the scale of sizes"
        if place.block.look == "diverging":
            assert not is_size(place, plan), f"{name} is a size, and has the scale of signed numbers"


@pytest.mark.sweep(*LARGE)
def test_blocks_of_one_quantity_have_the_same_colours_at_their_ends(every: tuple[Path, Plan], opened: Workbook) -> None:
    """In the file: what a copy, a choice or a step shows deep orange is a number that its source shows so too."""
    plan = every[1]
    for layout in plan.layouts:
        ends: dict[str, tuple[Any, ...]] = {}
        for ranges in opened[layout.sheet.title].conditional_formatting:
            for rule in ranges.rules:
                if rule.type == "colorScale" and rule.colorScale.cfvo[-1].type == "formula":
                    ends[str(ranges.sqref)] = tuple(point.val for point in rule.colorScale.cfvo)
        for place in layout.places:
            kin = plan.coloured_alike(place) if place.block.look else ()
            assert len({ends.get(" ".join(other.ranges())) for other in kin}) <= 1, place.name
            if len(kin) > 1 and (own := ends.get(" ".join(place.ranges()))):
                assert all(_dollars(other.ranges()[0]) in str(own[-1]) for other in kin), place.name


@pytest.mark.sweep(*LARGE)
def test_a_quantity_has_the_same_ends_on_all_sheets(every: tuple[Path, Plan], opened: Workbook) -> None:
    """In the file: a weight of 1.6 is as deep where it is used as where its training is shown."""
    plan = every[1]
    found: dict[tuple[str, str], dict[str, tuple[float, float]]] = defaultdict(dict)
    for layout in plan.layouts:
        rules = {
            frozenset(str(ranges.sqref).split()): rule.colorScale.cfvo
            for ranges in opened[layout.sheet.title].conditional_formatting
            for rule in ranges.rules
            if rule.type == "colorScale"
        }
        for place in layout.places:
            if place.block.look in ("diverging", "sequential"):
                points = rules[frozenset(place.ranges())]
                alike = np.concatenate([plan.values[other.name].ravel() for other in plan.coloured_alike(place)])
                low, high = float(np.nanmin(alike)), float(np.nanmax(alike))
                if points[-1].type == "num":
                    low, high = float(points[0].val), float(points[-1].val)
                elif place.block.look == "diverging":
                    low, high = -max(-low, high), max(-low, high)
                found[place.block.look, plan.quantities[place.name]][layout.sheet.title] = (low, high)
    assert {quantity: ends for quantity, ends in found.items() if len(set(ends.values())) > 1} == {}


def _dollars(address: str) -> str:
    return re.sub(r"([A-Z]+)([0-9]+)", r"$\1$\2", address)


def test_a_run_has_one_colour_where_it_stands_beside_others(every: tuple[Path, Plan]) -> None:
    plan = every[1]
    colours: dict[str, set[int]] = defaultdict(set)
    for layout in plan.layouts:
        for placed in layout.charts:
            chart = placed.chart
            runs = [one for one in chart.series if one.colour != QUIET]
            if chart.kind == "labelled" or len(runs) < 2:
                continue
            pens = [pen(chart, chart.series.index(one), 100, plan) for one in runs]
            looks = {(drawn.colour, drawn.dash, drawn.joined) for drawn in pens}
            assert len(looks) == len(runs), f"{layout.sheet.title}, {chart.name}: two runs look alike"
            # Lines of one colour are moments of one run.
            for one in runs if len({drawn.colour for drawn in pens}) > 1 else ():
                colours[one.name.lower()].add(plan.series_colour(one))
    assert {name: found for name, found in colours.items() if len(found) > 1} == {}
