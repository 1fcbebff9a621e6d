"""The page's script: modules of JavaScript, joined into one that needs no other file.

A module imports by `import { a, b } from "./other.js";` and exports by `export` before a declaration, so that node and
its tests take the modules as they stand. Joined, imports and the word `export` fall away, and every module stands after
those that it imports; so no two may declare one name, and none may import in a circle. Lines that are comments and the
blanks before a line fall away too: a page carries what runs. So no text goes on over a line's end.
"""

import re
from functools import cache
from pathlib import Path

FIRST = "main.js"
_OPENING = "open.js"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([a-z_]+\.js)";\n', re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function\*?|class|const|let) ([A-Za-z_$][\w$]*)", re.MULTILINE)
_IDLE = re.compile(r"^[ ]*(?://[^\n]*)?\n?", re.MULTILINE)
_EXPORTED = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) )", re.MULTILINE)


@cache
def joined_script(first: str = FIRST, folder: Path = Path(__file__).parent) -> str:
    """One script that does what the module `first` does, with all that it imports.

    Raises:
        ValueError: two modules declare one name, a module imports in a circle, or a name that nobody exports; the
            folder is the program's own, so that this is a slip of ours.
    """
    parts: dict[str, str] = {}
    owners: dict[str, str] = {}
    _gather(first, folder, parts, owners, ())
    body = "\n".join(f"// {name}\n{text}" for name, text in parts.items())
    return f'(() => {{\n"use strict";\n{body}\n}})();'


@cache
def opening_script() -> str:
    """The script that opens a page's program; it stands in the page as it is."""
    return _IDLE.sub("", (Path(__file__).parent / _OPENING).read_text(encoding="utf-8"))


def _gather(name: str, folder: Path, parts: dict[str, str], owners: dict[str, str], above: tuple[str, ...]) -> None:
    if name in parts:
        return
    if name in above:
        raise ValueError(f"{' imports '.join([*above, name])}: a circle of modules")
    source = (folder / name).read_text(encoding="utf-8")
    for match in _IMPORT.finditer(source):
        _gather(match[2], folder, parts, owners, (*above, name))
        for word in filter(None, (word.strip() for word in match[1].split(","))):
            if owners.get(word) != match[2]:
                raise ValueError(f"{name} imports {word} from {match[2]}, which does not declare it")
    text = _IMPORT.sub("", source)
    if re.search(r"^(?:import|export (?:default|\{|\*))", text, re.MULTILINE):
        raise ValueError(f"{name}: an import or export of another form than the joiner knows")
    for word in _DECLARED.findall(text):
        if word in owners:
            raise ValueError(f"{name} declares {word}, as {owners[word]} does")
        owners[word] = name
    parts[name] = _IDLE.sub("", _EXPORTED.sub("", text))
