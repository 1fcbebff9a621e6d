"""The modules of the runtime joined to one script that holds what is needed of them, and no more.

The modules are JavaScript's own, with `import` and `export`, so that Node runs their tests as they are. A script that
opens by a double click can have no modules: so the joined text is their declarations without these words, each of which
begins at the left edge, in the order of `MODULES`, as far as the functions that are asked for use them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "runtime"
MODULES = (
    "values", "operators", "cells", "formulas", "logic", "sums", "criteria", "lookup", "mathematics", "matrices",
    "statistics", "dates", "texts", "formats", "arrays", "distributions", "lines", "money", "numerals", "totals",
    "complexes", "bessel", "units", "bonds", "odd_bonds", "patterns", "smoothing",
    "circles", "marking", "exchange", "tables", "saved",
    "engine",
)  # fmt: skip
"""In the order in which they are joined: what runs when the script starts uses those before it alone."""
_HEAD = re.compile(r"(?:export )?(?:async )?(?:function|class|const|let) (\w+)")
_COMMENT = re.compile(r"^ */\*\*.*?\*/", re.MULTILINE | re.DOTALL)
# A member of something else is no name of ours; what is spread is.
_WORD = re.compile(r"(?:(?<=\.\.\.)|(?<![\w$.]))[A-Za-z_$][\w$]*")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')


@dataclass(frozen=True, slots=True)
class Declaration:
    """A function, a class or a constant of the runtime: its text, and the names in it."""

    name: str
    text: str
    words: frozenset[str]


@cache
def declarations() -> dict[str, Declaration]:
    """All that the modules declare, by name, in order.

    Raises:
        ValueError: two modules declare one name, or a line at the left edge declares nothing.
    """
    found: dict[str, Declaration] = {}
    for module in MODULES:
        for declaration in _split((FOLDER / f"{module}.js").read_text(encoding="utf-8"), module):
            if declaration.name in found:
                raise ValueError(f"{module}.js declares {declaration.name}, which another module declares too")
            found[declaration.name] = declaration
    return found


def _split(source: str, module: str) -> Iterable[Declaration]:
    plain = _COMMENT.sub("", source)
    lines = [line for line in plain.splitlines() if not line.lstrip().startswith(("//", "import "))]
    name, body = "", list[str]()
    for line in [*lines, "const end = 0;"]:
        head = _HEAD.match(line)
        if head:
            if name:
                text = "\n".join(body)
                yield Declaration(name, text, frozenset(_WORD.findall(_STRING.sub("", text))) - {name})
            name, body = head[1], [line.removeprefix("export ")]
        elif line.strip():
            if not name or (line[0] not in " }])" and not line.startswith("`")):
                raise ValueError(f"{module}.js: {line!r} stands at the left edge and declares nothing")
            body.append(line.strip())


def joined(code: str, always: Iterable[str]) -> str:
    """What of the runtime a piece of code needs, and the names given: declarations in order, a line or more each."""
    known = declarations()
    needed: set[str] = set()
    queue = [*always, *(_WORD.findall(_STRING.sub("", code)))]
    while queue:
        name = queue.pop()
        if name in known and name not in needed:
            needed.add(name)
            queue += known[name].words
    return "\n".join(declaration.text for name, declaration in known.items() if name in needed)
