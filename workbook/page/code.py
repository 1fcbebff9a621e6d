"""The scripts that do what a workbook does, cut into the lines of each sheet, with the cells of each line."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from workbook.transpile import Origin, SourceMap

LONGEST_INPUT = 3
"""An input's entry of more lines is a table, which the sheet shows better."""


@dataclass(frozen=True)
class Code:
    """A script of one language, for the panel beside the sheets.

    Args:
        language: what its tab says.
        lines: sheet title → the lines that compute it, its inputs first.
        cells: sheet title → for each line the sheets and corners, from 0, of the cells that it computes or holds.
    """

    language: str
    lines: Mapping[str, Sequence[str]]
    cells: Mapping[str, Sequence[Sequence[Sequence[int]]]]

    def data(self) -> dict[str, Any]:
        """What the page is given."""
        return {"language": self.language, "lines": dict(self.lines), "cells": dict(self.cells)}


def code_of(language: str, source: str, origins: SourceMap, titles: Sequence[str]) -> Code:
    """The lines of a script for each of the sheets.

    Args:
        language: what its tab says.
        source: the script.
        origins: which of its lines compute which cells.
        titles: the sheets, in the workbook's order.
    """
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    written = source.splitlines()
    lines: dict[str, list[str]] = {}
    cells: dict[str, list[list[list[int]]]] = {}
    for title in titles:
        own = [origin for origin in origins.origins if origin.sheet == title]
        parts = [*_inputs(own), *_functions(own, functions)]
        if not parts:
            continue
        lines[title], cells[title] = [], []
        for first, last in parts:
            if lines[title]:
                lines[title].append("")
                cells[title].append([])
            text = dedent("\n".join(written[first - 1 : last])).splitlines()
            lines[title] += text
            cells[title] += [_cells(number, origins, titles) for number in range(first, last + 1)]
    return Code(language, lines, cells)


def _inputs(origins: Sequence[Origin]) -> list[tuple[int, int]]:
    """The lines of the entries that hold a sheet's inputs, neighbours together."""
    spans = sorted(span for origin in origins if origin.is_input for span in origin.lines)
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if last - first >= LONGEST_INPUT:
            continue
        if joined and joined[-1][1] == first - 1:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _functions(origins: Sequence[Origin], functions: Sequence[ast.FunctionDef]) -> list[tuple[int, int]]:
    """The lines of what computes a sheet: the bodies of functions, without their words and what they return."""
    given = {first for origin in origins if origin.is_input for first, _ in origin.lines}
    wanted = {first for origin in origins if not origin.is_input for first, _ in origin.lines} - given
    found = []
    for node in functions:
        body = [each for each in node.body if not isinstance(each, ast.Return) and not _is_text(each)]
        if body and any(node.lineno <= line <= (node.end_lineno or node.lineno) for line in wanted):
            found.append((body[0].lineno, body[-1].end_lineno or body[-1].lineno))
    return found


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _cells(line: int, origins: SourceMap, titles: Sequence[str]) -> list[list[int]]:
    return [
        [titles.index(sheet), *(number - 1 for number in rectangle)]
        for sheet, rectangle in origins.cells_of(line)
        if sheet in titles
    ]
