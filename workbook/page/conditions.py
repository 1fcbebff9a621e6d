"""Conditional formats: each as formulas in a sheet that nobody sees, which the page computes as it does all others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbook.formula.address import anchored, cell_address, in_quotes
from workbook.formula.rectangle import Rectangle, cell_count, spelled
from workbook.xlsx.attributes import TRUE, whole
from workbook.xlsx.looks import Condition, SheetLooks
from workbook.xlsx.read import Book, Cell, SheetCells
from workbook.xlsx.shared import SharedFormula

MOST_CELLS = 100_000
"""Cells with a condition; rules beyond are not shown."""
_SIGNS = {
    "equal": "=",
    "notEqual": "<>",
    "greaterThan": ">",
    "greaterThanOrEqual": ">=",
    "lessThan": "<",
    "lessThanOrEqual": "<=",
}
_SAID = (
    *("expression", "containsText", "notContainsText", "beginsWith", "endsWith", "containsBlanks", "notContainsBlanks"),
    *("containsErrors", "notContainsErrors", "timePeriod"),
)
"""Kinds of which the file has the formula."""


@dataclass(frozen=True)
class Conditions:
    """The conditional formats of a workbook that a page can follow.

    Args:
        aside: a sheet of formulas, one a cell and rule, which say whether the rule holds; None where there are none.
        rules: for each sheet its rules, the strongest first: cells, their first rows in `aside`, what they change.
    """

    aside: SheetCells | None = None
    rules: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)


def conditions_of(book: Book, looks: Mapping[str, SheetLooks]) -> Conditions:
    """The conditional formats of a workbook, as formulas."""
    cells: dict[tuple[int, int], Cell] = {}
    rules: dict[str, list[Mapping[str, Any]]] = {}
    title = "conditions"
    while title.lower() in {known.lower() for known in book.sheets}:
        title += "_"
    last = 0
    for sheet, looked in looks.items():
        if sheet not in book.sheets or not looked.rules:
            continue
        reach = reach_of(book.sheets[sheet], looked)
        for rule in sorted(looked.rules, key=lambda one: whole(one.options.get("priority"))):
            ranges = [one for each in rule.ranges if (one := _within(each, reach))]
            formula = _formula(rule, sheet)
            if not ranges or formula is None or not _looks(rule):
                continue
            if len(cells) + sum(map(cell_count, ranges)) > MOST_CELLS:
                continue
            tops = []
            for top, left, bottom, right in ranges:
                tops.append(last)
                for row in range(top, bottom + 1):
                    for column in range(left, right + 1):
                        at = (last + 1 + row - top, 1 + column - left)
                        cells[at] = Cell(None, formula.at(row, column))
                last += bottom - top + 1
            rules.setdefault(sheet, []).append(
                {"ranges": [[number - 1 for number in one] for one in ranges], "rows": tops, **_looks(rule)}
            )
    return Conditions(SheetCells(title, "hidden", cells), rules) if cells else Conditions()


def reach_of(cells: SheetCells, looks: SheetLooks) -> tuple[int, int]:
    """The last row and column of a sheet that hold anything or wear a style."""
    filled = [*cells.cells, *looks.styles]
    return max((row for row, _ in filled), default=1), max((column for _, column in filled), default=1)


def _within(rectangle: Rectangle, reach: tuple[int, int]) -> Rectangle | None:
    top, left, bottom, right = rectangle
    bottom, right = min(bottom, reach[0]), min(right, reach[1])
    return (top, left, bottom, right) if top <= bottom and left <= right else None


def _looks(rule: Condition) -> dict[str, Any]:
    """What a rule changes, and whether it ends those after it."""
    found = {
        "fill": rule.ground,
        "ink": rule.ink,
        "format": rule.number_format,
        "bold": rule.bold,
        "italic": rule.italic,
        "strike": rule.strike,
    }
    changed = {key: value for key, value in found.items() if value}
    stops = rule.options.get("stopIfTrue") in TRUE
    return {**changed, "stop": True} if stops else changed


def _formula(rule: Condition, sheet: str) -> SharedFormula | None:
    """A formula that says whether a rule holds in its first cell; None where a page does not follow the rule."""
    if not rule.ranges:
        return None
    top = min(one[0] for one in rule.ranges)
    left = min(one[1] for one in rule.ranges)
    text = next(_texts(rule, cell_address(top, left)), None)
    if text is None:
        return None
    try:
        return SharedFormula(text, top, left, home=f"{in_quotes(sheet)}!")
    except ValueError:
        return None


def _texts(rule: Condition, cell: str) -> Iterator[str]:
    kind, _, operator = rule.kind.partition(" ")
    options = rule.options
    if kind in _SAID and rule.says:
        yield rule.says[0]
    elif kind == "cellIs" and operator in _SIGNS and rule.says:
        yield f"{cell}{_SIGNS[operator]}({rule.says[0]})"
    elif kind == "cellIs" and operator in ("between", "notBetween") and len(rule.says) > 1:
        between = f"AND({cell}>=({rule.says[0]}),{cell}<=({rule.says[1]}))"
        yield between if operator == "between" else f"NOT({between})"
    elif len(rule.ranges) == 1:
        yield from _of_all(kind, options, cell, anchored(spelled(rule.ranges[0])))


def _of_all(kind: str, options: Mapping[str, str], cell: str, cells: str) -> Iterator[str]:
    """Rules that compare a cell with all cells of the rule."""
    if kind == "top10":
        count = f"COUNT({cells})"
        rank = str(max(whole(options.get("rank")), 1))
        share = f"MAX(1,INT({count}*{rank}/100))" if options.get("percent") in TRUE else f"MIN({rank},{count})"
        is_low = options.get("bottom") in TRUE
        end = f"{'SMALL' if is_low else 'LARGE'}({cells},{share})"
        yield f"AND(ISNUMBER({cell}),{cell}{'<=' if is_low else '>='}{end})"
    elif kind == "aboveAverage":
        sign = ">" if options.get("aboveAverage", "1") in TRUE else "<"
        equal = "=" if options.get("equalAverage") in TRUE else ""
        spread = min(whole(options.get("stdDev")), 3)
        # So many standard deviations of the sample beyond the mean; one number has none.
        beyond = f"{'+' if sign == '>' else '-'}{spread}*IF(COUNT({cells})>1,STDEV({cells}),0)" if spread else ""
        yield f"AND(ISNUMBER({cell}),{cell}{sign}{equal}AVERAGE({cells}){beyond})"
    elif kind in ("duplicateValues", "uniqueValues"):
        yield f'AND({cell}<>"",COUNTIF({cells},{cell}){">1" if kind == "duplicateValues" else "=1"})'
