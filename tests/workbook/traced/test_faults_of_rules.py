"""A slip in the pattern of any rule, forward or backward, makes numbers that no verification would let through.

Each pattern is made wrong in every way that a person may get it wrong: another sign, a factor left out, a comparison
turned around, the largest for the least, a millionth too much. The wrong formulas stand beside the right ones, on the
right ones' inputs, so that one recalculation by ironcalc tries them all.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from every import EVERY

from workbook.app.build import make_plan
from workbook.app.from_module import Choices, lesson_of
from workbook.check.recalc.ironcalc import IronCalc
from workbook.formula.grammar import Binary, Call, walk
from workbook.formula.parser import parse
from workbook.lesson.lesson import Formula
from workbook.plan.excel import formula_rows
from workbook.plan.place import Place
from workbook.plan.plan import Plan
from workbook.traced.lesson import of_facts
from workbook.traced.ops import FREE, TABLE
from workbook.xlsx.write import write

OTHER = {"+": "-", "-": "+", ">": "<", "<": ">", ">=": "<", "<=": ">", "=": "<>", "<>": "="}
SWAPPED = {"MAX": "MIN", "MIN": "MAX"}
FAR, CELLS = 200, 12
NEVER = {"softsign", "norm", "convolution", "constant_pad_nd", "nll_loss", "nll_loss2d", "concat"}
"""Names in the table that torch gives to what other names cover."""


UNSEEN = ("=0.5,2*ROUND", "_equal/", "/2,0))", "2.220446049250313E-16", "<=0,-100,MAX(-100", "*ne", "conv1d_spread")
"""Parts of patterns that the inputs do not reach: halves, equal ones, a number below the last digit, a logarithm of 0,
zeros between the steps of a kernel. `zoo.py` and `strangers.py` have modules for the first two."""


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def slips(pattern: str) -> Iterator[str]:
    """The pattern with one slip each; the first slip is a millionth."""
    yield f"({pattern})*1.000001"
    quoted = pattern.split('"')
    outside = "".join(part if k % 2 == 0 else "~" * (len(part) + 2) for k, part in enumerate(quoted))
    assert len(outside) == len(pattern)
    for at, sign in enumerate(outside):
        before = outside[:at].rstrip()[-1:]
        if sign in "+-" and before not in ("", "(", ",", "*", "/", "^", "E", "="):
            yield pattern[:at] + OTHER[sign] + pattern[at + 1 :]
        if sign in "*/" and (end := _operand(outside, at + 1)) > at + 1:
            yield pattern[:at] + pattern[end:]
        if sign in "<>=":
            two = outside[at : at + 2]
            if two in OTHER and len(two) == 2:
                yield pattern[:at] + OTHER[two] + pattern[at + 2 :]
            elif outside[at - 1 : at + 1] not in OTHER:
                yield pattern[:at] + OTHER[sign] + pattern[at + 1 :]
    for name, other in SWAPPED.items():
        if f"{name}(" in outside:
            yield pattern.replace(f"{name}(", f"{other}(", 1)


def _operand(text: str, at: int) -> int:
    """Where the factor that begins at a place ends."""
    depth = 0
    for k in range(at, len(text)):
        depth += (text[k] == "(") - (text[k] == ")")
        if depth < 0 or (depth == 0 and text[k] in "+-*/,<>=" and k > at):
            return k
    return len(text)


def test_a_slip_leaves_out_a_factor_or_turns_a_sign() -> None:
    found = list(slips('x*VIEW(y,"r2,3")-IF(x>0,1,2)'))
    assert found == [
        '(x*VIEW(y,"r2,3")-IF(x>0,1,2))*1.000001',
        "x-IF(x>0,1,2)",
        'x*VIEW(y,"r2,3")+IF(x>0,1,2)',
        'x*VIEW(y,"r2,3")-IF(x<0,1,2)',
    ]
    assert all(
        isinstance(node, object) for text in found for node in walk(parse(text)) if isinstance(node, Binary | Call)
    )


def test_the_modules_use_every_operation_of_the_table() -> None:
    used = {node.op for name in EVERY for node in of_facts(_planned(name).facts).graph.nodes}
    assert set(TABLE) - FREE - used == NEVER


@cache
def _planned(name: str) -> Plan:
    lesson, options = lesson_of(EVERY[name], Choices(name), progress=silent)
    return make_plan(lesson, options, seed=0, progress=silent)


@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_slip_of_every_rule_is_found(name: str, tmp_path: Path) -> None:
    plan = _planned(name)
    path = tmp_path / "every.xlsx"
    write(plan, path, linted=True)
    specs = of_facts(plan.facts).emitted.builder.blocks
    session = IronCalc().open(path)
    tried: list[tuple[Place, str, list[tuple[int, int]], list[tuple[int, ...]]]] = []
    columns: dict[str, int] = defaultdict(lambda: FAR)
    for place in plan.places.values():
        if not isinstance(place.block, Formula) or not np.any(plan.values[place.name]):
            continue
        for slip in dict.fromkeys(slips(place.block.pattern)):
            wrong = replace(place, block=replace(place.block, pattern=slip))
            cells, indices = [], []
            flat = [text for row in formula_rows(wrong, plan.places, "") for text in row.texts]
            order = [k for k, _ in sorted(enumerate(place.cells()), key=lambda each: each[1])]
            for k, text in list(zip(order, flat, strict=True))[:CELLS]:
                at = (1 + len(cells), columns[place.title])
                session.set_formula(place.title, *at, text)
                cells.append(at)
                indices.append(tuple(int(n) for n in np.unravel_index(k, place.shape)))
            columns[place.title] += 1
            tried.append((place, slip, cells, indices))
    values = session.values()
    missed = []
    found: dict[str, int] = defaultdict(int)
    for place, slip, cells, indices in tried:
        scale = plan.scale(place.name) or 1.0
        wrong_by = [
            abs(value - plan.values[place.name][index]) / scale if isinstance(value, float | int) else np.inf
            for value, index in (
                (values[place.title].get(cell, 0.0), index) for cell, index in zip(cells, indices, strict=True)
            )
        ]
        spec = specs[place.block.name]
        rule = f"{spec.node.op if spec.node else 'the step'} {spec.band}"
        if max(wrong_by) > place.block.bound:  # type: ignore[union-attr]
            found[rule] += 1
        else:
            missed.append((rule, place.block.pattern, slip))
    unseen = [each for each in missed if not any(part in each[1] for part in UNSEEN)]
    assert unseen == []
    assert found
