"""A script as a notebook: words and code in turns, in the order of the script."""

import ast
import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

HELPERS = "# What Excel means by its functions"
"""The line of a script after which its helpers stand."""
_VERSION = (4, 5)
_MARKDOWN = re.compile(r"[\\`*_{}\[\]#!|~$]")
_WORDS = {
    "inputs": "The cells that no formula computes. Change one, and run what follows.",
    "compute": "Every sheet, in the order in which they read each other.",
}


def notebook(source: str, title: str) -> str:
    """The script as the JSON of an .ipynb: its imports and helpers, its inputs, a cell for each sheet, its results.

    It reads the file of large inputs from the folder that it is run in, and ends with what `--dump` does in the script.
    """
    shown = _escaped(title)
    cells = [_words(f"# {shown}\n\nThe sheets of {shown} as code, made by `gradbook code`.")]
    for words, code in _parts(source):
        if words:
            cells.append(_words(words))
        cells.append(_code(code))
    return json.dumps(
        {
            "cells": [{"id": f"cell-{k}", **cell} for k, cell in enumerate(cells)],
            "metadata": {
                "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                "language_info": {"name": "python"},
            },
            "nbformat": _VERSION[0],
            "nbformat_minor": _VERSION[1],
        },
        ensure_ascii=False,
        indent=1,
    )


def _parts(source: str) -> Iterator[tuple[str, str]]:
    """Words and code, cell by cell."""
    source = source.replace("Path(__file__).with_name(", "Path(")
    lines = source.splitlines()
    tree = ast.parse(source)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    start = functions["inputs"].lineno - 1
    while lines[start - 1].startswith("#") or not lines[start - 1].strip():
        start -= 1
    yield "Imports.", _text(lines[:start])
    written = list(functions)
    for node in (functions[name] for name in written[written.index("inputs") : written.index("dump")]):
        words = _WORDS.get(node.name) or _escaped(ast.get_docstring(node) or "")
        yield words, _text(lines[node.lineno - 1 : node.end_lineno])
    helpers = lines.index(HELPERS)
    yield "What Excel means by its functions.", _text(lines[helpers + 1 : lines.index('if __name__ == "__main__":')])
    yield "", 'with np.errstate(all="ignore"):\n    book = compute(inputs())'
    table = next(n for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "CELLS")
    words = "Every formula cell as JSON, to compare from outside: `dump(book, 'cells.json')`."
    yield words, _text(lines[table.lineno - 1 : functions["dump"].end_lineno])
    shown = "for title, (sheet, ranges) in CELLS.items():\n    print(title, *ranges.values(), sep='\\n    ')"
    yield "What each sheet shows: `book.SHEET.NAME`.", shown


def _escaped(text: str) -> str:
    """Words from a workbook as Markdown that shows them: they are no HTML, no link, no picture, no mathematics."""
    return _MARKDOWN.sub(r"\\\g<0>", escape(text, quote=False))


def _text(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")


def _words(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(text: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": text.splitlines(keepends=True),
    }


def code_of(text: str) -> str:
    """The code cells of a notebook as one program."""
    found = json.loads(text)
    return "\n\n\n".join("".join(cell["source"]) for cell in found["cells"] if cell["cell_type"] == "code")
