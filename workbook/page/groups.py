"""The rows and columns of a stranger's sheet that open and close together, as its outline says."""

from collections.abc import Mapping
from typing import Any

from workbook.page.sheet_looks import MOST_COLUMNS, MOST_ROWS
from workbook.xlsx.looks import SheetLooks

_MOST_GROUPS = 2_000
_DEEPEST = 7
"""Source: ECMA-376 Part 1, 18.3.1.73: an outline has at most seven levels."""


def groups_of(looks: SheetLooks) -> dict[str, Any]:
    """The groups of a sheet, where it has any: first, last, and the row or column that opens them, all from 0."""
    rows = _runs(looks.row_levels, looks.summary_below, MOST_ROWS)
    columns = _runs(looks.column_levels, looks.summary_right, MOST_COLUMNS)
    if not rows and not columns:
        return {}
    heights = {row - 1: height for row, height in looks.hidden_heights.items() if row in looks.row_levels}
    widths = {column - 1: width for column, width in looks.hidden_widths.items() if column in looks.column_levels}
    return {"groups": {"rows": rows, "columns": columns, "heights": heights, "widths": widths}}


def _runs(levels: Mapping[int, int], is_after: bool, most: int) -> list[list[int]]:
    """Lines side by side of a level or a deeper one, for each level."""
    found: list[list[int]] = []
    for level in range(1, _DEEPEST + 1):
        runs: list[list[int]] = []
        for at in sorted(at for at, own in levels.items() if own >= level and at < most):
            if runs and runs[-1][1] == at - 1:
                runs[-1][1] = at
            else:
                runs.append([at, at])
        found += [[first - 1, last - 1, last if is_after else max(first - 2, 0)] for first, last in runs]
    return found[:_MOST_GROUPS]
