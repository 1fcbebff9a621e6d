"""Which lines are the user's own: a node's, a traceback's, and what a line calls its value."""

import ast
import contextlib
import re
from pathlib import Path
from typing import Any


def is_ours(file: str) -> bool:
    """Whether a file is torch's, Python's or this package's own: its lines say nothing of the user's code."""
    import torch

    own = Path(__file__).parents[1]
    others = (own, Path(torch.__file__).parent, Path(contextlib.__file__).parent)
    path = Path(file)
    outside = not any(path.is_relative_to(other) for other in others) or "site-packages" in path.parts
    return not (outside and path.is_absolute()) or any(part in ("torch", "sympy") for part in path.parts)


def line_of(error: BaseException) -> str:
    """The last line of the user's in a traceback: not of torch, and not of this package."""
    at, found = error.__traceback__, ""
    while at is not None:
        file, line = at.tb_frame.f_code.co_filename, at.tb_lineno
        if not is_ours(file):
            found = _located(file, line)
        at = at.tb_next
    return found


def last_line(text: str) -> str:
    """The last line of the user's that a message of torch names."""
    found = [match for match in re.findall(r'File "([^"]+)", line (\d+)', text) if not is_ours(match[0])]
    return _located(*found[-1]) if found else "the module"


def module_of(node: Any) -> str:
    """The path of the user's module in which a node was made."""
    stack = node.meta.get("nn_module_stack")
    path = list(stack.values())[-1][0] if stack else ""
    path = re.sub(r"@\d+$", "", path)
    return "" if path == "model" else str(path.removeprefix("model."))


def source_of(node: Any) -> tuple[str, str]:
    """The line of the user's that a node comes from, and the variable that the line gives its value to."""
    trace = node.meta.get("stack_trace") or ""
    frames = re.findall(r'File "([^"]+)", line (\d+), in ([^\n]*)\n([^\n]*)', trace)
    frames = [frame for frame in frames if not is_ours(frame[0])]
    if not frames:
        return "", ""
    file, line, _, text = frames[-1]
    where = f"{_located(file, line)}: {text.strip()}"
    # What a function returns has the name that its caller gives it.
    while len(frames) > 1 and (frames[-1][2] == "<lambda>" or frames[-1][3].strip().startswith("return ")):
        frames.pop()
    return where, "" if frames[-1][2].startswith("<") else _assigned(frames[-1][3].strip())


def _located(file: str, line: int | str) -> str:
    """A line by the name of its file: the graph travels in the workbook, and the user's folders are nobody's business.

    >>> _located("/home/ann/mine.py", 3), _located("/home/ann/nets/__init__.py", 3)
    ('mine.py, line 3', 'nets/__init__.py, line 3')
    """
    path = Path(file)
    name = f"{path.parent.name}/{path.name}" if path.name == "__init__.py" else path.name
    return f"{name}, line {line}"


def _assigned(text: str) -> str:
    """The name that a line assigns to, if it is one.

    >>> _assigned("scores = q @ k.T"), _assigned("q, k = x, y"), _assigned("return x")
    ('scores', '', '')
    """
    try:
        (statement,) = ast.parse(text).body
    except (SyntaxError, ValueError):
        return ""
    match statement:
        case (
            ast.Assign(targets=[ast.Name(name)])
            | ast.AnnAssign(target=ast.Name(name))
            | ast.AugAssign(target=ast.Name(name))
        ):
            return name
        case _:
            return ""
