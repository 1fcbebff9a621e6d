"""Source as a textbook prints it: the mathematics alone, without what guards it and what a type checker reads.

What goes computes nothing: annotations of functions and names, what the type of a field holds, refusals of bad input
(a `raise`, what leads to one and nothing else, calls of functions that only refuse, errors said otherwise), assertions,
marks for linters, the star before parameters that must be named, parameters of helpers that only a refusal needed,
what is told to listeners, contexts that make a machine repeat itself, conversions of arrays to arrays that a type
checker asks for, and in docstrings what is raised and what is run as a test.
All else stays letter by letter, comments too, so what is left computes what the whole does: a test runs both and
compares them.
"""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import indent, wrap

LINE = 96
"""The longest line of a signature that is rewritten."""

MACHINERY = ("deterministic", "torch.random.fork_rng")
"""Contexts that set up a machine, so that a seeded run is repeated to the last bit: no part of what is computed."""

TYPES = {"Literal": "str", "npt.NDArray": "np.ndarray"}
"""Types that only a type checker knows, and those that their values have."""

LISTENERS = ("progress", "watch")
"""Parameters that hear how far a long run is, or see each of its steps: nothing of what they do comes back into it."""

_MARK = re.compile(r"\s*#\s*(type: ignore|noqa|pragma)\b.*")

Edit = tuple[int, int, list[str]]
"""The first and the last line that go, from 1, and those that come in their place."""


def plain(text: str, is_refusal: Callable[[str], bool]) -> str:
    """A definition without annotations and refusals.

    Args:
        text: of a function, a class or another statement of a module.
        is_refusal: whether a function of that name does nothing but refuse.
    """
    text, tree = _without_machinery(text)
    (node,) = tree.body
    lines = text.splitlines()
    edits = sorted(_Cut(lines, is_refusal).edits(node), key=lambda edit: edit[0], reverse=True)
    for first, last, replacement in edits:
        lines[first - 1 : last] = replacement
    return "\n".join(_MARK.sub("", line) for line in lines)


def _without_machinery(text: str) -> tuple[str, ast.Module]:
    """A definition without contexts of MACHINERY, errors said otherwise, and conversions of arrays; and its tree."""
    lines, tree = text.splitlines(), ast.parse(text)
    for node in ast.walk(tree):
        match node:
            case ast.With(items=items) if all(map(_sets_up, items)):
                depth = node.body[0].col_offset - node.col_offset
                last = node.end_lineno or node.lineno
                inside = [line[depth:] for line in lines[node.lineno : last]]
                return _without_machinery("\n".join([*lines[: node.lineno - 1], *inside, *lines[last:]]))
            case ast.Try(handlers=handlers, orelse=[], finalbody=[]) if all(map(_only_raises, handlers)):
                depth = node.body[0].col_offset - node.col_offset
                inside = [line[depth:] for line in lines[node.lineno : node.body[-1].end_lineno]]
                return _without_machinery("\n".join([*lines[: node.lineno - 1], *inside, *lines[node.end_lineno :]]))
            case ast.Call(func=ast.Attribute(ast.Name("np"), "asarray"), args=[ast.Subscript() as array], keywords=[]):
                source = ast.get_source_segment(text, node) or ""
                return _without_machinery(text.replace(source, ast.get_source_segment(text, array) or source))
            case _:
                pass
    return text, tree


def _sets_up(item: ast.withitem) -> bool:
    """Whether a context is one of MACHINERY."""
    return isinstance(item.context_expr, ast.Call) and ast.unparse(item.context_expr.func) in MACHINERY


def _only_raises(handler: ast.ExceptHandler) -> bool:
    """Whether what catches an exception only says it otherwise."""
    return len(handler.body) == 1 and isinstance(handler.body[0], ast.Raise)


def only_refuses(node: ast.stmt, is_refusal: Callable[[str], bool]) -> bool:
    """Whether a definition is a function that does nothing but refuse."""
    cut = _Cut([], is_refusal)
    return isinstance(node, ast.FunctionDef) and all(_is_words(part) or cut.refuses(part) for part in node.body)


def _reports(node: ast.stmt) -> bool:
    """Whether a statement only tells a listener how far the work is, or calls a method of one."""
    match node:
        case ast.Expr(ast.Call(func=ast.Name(name) | ast.Attribute(ast.Name(name)))):
            return name in LISTENERS
        case _:
            return False


def _is_words(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


@dataclass
class _Cut:
    """What goes from one definition."""

    lines: list[str]
    is_refusal: Callable[[str], bool]
    gone: set[ast.stmt] = field(default_factory=set)

    def edits(self, node: ast.stmt) -> Iterator[Edit]:
        """What changes in a statement; no edit overlaps another."""
        if isinstance(node, ast.FunctionDef):
            self._mark(node)
            yield from self._head(node)
        if self.goes(node):
            yield self._first(node), node.end_lineno or node.lineno, []
        elif isinstance(node, ast.AnnAssign):
            yield from self._without_annotation(node)
        else:
            for body in _bodies(node):
                kept = [part for part in body if not self.goes(part)]
                if body and not kept and not isinstance(node, ast.FunctionDef):
                    # An else that only refuses goes with its line; another body can't be empty.
                    yield from self._whole(node, body)
                    continue
                for part in body:
                    if isinstance(node, ast.ClassDef) and isinstance(part, ast.AnnAssign):
                        yield from self._field(part)
                    else:
                        yield from self.edits(part)

    def goes(self, node: ast.stmt) -> bool:
        """Whether a statement is not printed."""
        reports = isinstance(node, ast.If) and not node.orelse and all(map(_reports, node.body))
        return reports or node in self.gone or self.refuses(node)

    def refuses(self, node: ast.stmt) -> bool:
        """Whether a statement computes nothing that is used, but may end the program."""
        match node:
            case ast.Raise() | ast.Assert():
                return True
            case ast.If(body=[*before, last], orelse=[]) | ast.For(body=[*before, last], orelse=[]):
                return self.refuses(last) and all(isinstance(p, ast.Assign) or self.refuses(p) for p in before)
            case ast.Expr(ast.Call(func=ast.Name(name))):
                return self.is_refusal(name)
            case _:
                return False

    def _mark(self, function: ast.FunctionDef) -> None:
        """Find the assignments whose names only refusals read."""
        parts = list(ast.walk(function))
        refusing = [part for part in parts if isinstance(part, ast.stmt) and self.refuses(part)]
        loads = [part for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)]
        while True:
            cut = [*refusing, *(part for part in function.body if part in self.gone)]
            inside = {id(name) for part in cut for name in ast.walk(part)}
            read = {name.id for name in loads if id(name) not in inside}
            guarding = {name.id for name in loads} - read
            found = {part for part in function.body if part not in self.gone and _stores_only(part, guarding)}
            if not found:
                return
            self.gone |= found

    def _first(self, node: ast.stmt) -> int:
        """The first line of a statement, or of the comments right above it."""
        first = node.lineno
        while first > 1 and self.lines[first - 2].lstrip().startswith("#"):
            first -= 1
        return first

    def _whole(self, node: ast.stmt, body: list[ast.stmt]) -> Iterator[Edit]:
        last = body[-1].end_lineno or body[-1].lineno
        if isinstance(node, ast.If) and body is node.orelse:
            first = self._first(body[0])
            while self.lines[first - 1].strip() != "else:":
                first -= 1
            yield first, last, []
        elif isinstance(node, ast.Match):
            (case,) = (case for case in node.cases if case.body is body)
            yield case.pattern.lineno, last, []

    def _without_annotation(self, node: ast.AnnAssign) -> Iterator[Edit]:
        target, value = node.target, node.value
        if value is None:
            yield node.lineno, node.end_lineno or node.lineno, []
            return
        # Columns count bytes.
        first, last = self.lines[node.lineno - 1].encode(), self.lines[value.lineno - 1].encode()
        before, after = first[: target.end_col_offset].decode(), last[value.col_offset :].decode()
        yield node.lineno, value.lineno, [f"{before} = {after}"]

    def _field(self, node: ast.AnnAssign) -> Iterator[Edit]:
        """A field, from whose annotation a class of data is made: what it is stays, what it holds goes."""
        shorter = _outermost(node.annotation)
        if shorter != ast.unparse(node.annotation):
            line = f"{' ' * node.col_offset}{ast.unparse(node.target)}: {shorter}"
            if node.value is None:
                yield node.lineno, node.end_lineno or node.lineno, [line]
            else:
                value = self.lines[node.value.lineno - 1].encode()[node.value.col_offset :].decode()
                yield node.lineno, node.value.lineno, [f"{line} = {value}"]

    def _head(self, node: ast.FunctionDef) -> Iterator[Edit]:
        """The signature, rewritten without annotations; the docstring, without what is raised."""
        last = node.body[0].lineno - 1
        if last >= node.lineno:
            comments = [line for line in self.lines[node.lineno : last] if line.lstrip().startswith("#")]
            yield node.lineno, last, [*_signature(node), *comments]
        if _is_words(node.body[0]) and node.body[0].end_lineno != node.body[0].lineno:
            yield from _tests_and_raises(self.lines, node.body[0].lineno, node.body[0].end_lineno or 0)


def _outermost(annotation: ast.expr) -> str:
    """The outermost type: `tuple` of `tuple[float, float]`."""
    match annotation:
        case ast.Subscript(value):
            return TYPES.get(ast.unparse(value), ast.unparse(value))
        case ast.BinOp(left, ast.BitOr(), right):
            return f"{_outermost(left)} | {_outermost(right)}"
        case _:
            return ast.unparse(annotation)


def _tests_and_raises(lines: list[str], first: int, last: int) -> Iterator[Edit]:
    """The paragraphs of a docstring that say what it raises or are run as tests; its quotes close one line that stays.

    Args:
        lines: of the definition.
        first: the docstring's first line.
        last: the line of its closing quotes alone.
    """
    gone: list[tuple[int, int]] = []
    row = first + 1
    while row < last:
        start = row
        while row < last and lines[row - 1].strip():
            row += 1
        paragraph = [line.strip() for line in lines[start - 1 : row - 1]]
        heard = tuple(f"{listener}: " for listener in LISTENERS)
        gone += [(k, k) for k in range(start, row) if lines[k - 1].lstrip().startswith(heard)]
        if paragraph and (paragraph[0] == "Raises:" or paragraph[0].startswith(">>>")):
            gone.append((start - 1, row - 1))  # with the empty line before it
        row += 1
    left = last - first - sum(below - above + 1 for above, below in gone)
    if gone and left == 1 and lines[last - 1].strip() == '"""':
        yield first, last, [lines[first - 1] + '"""']
    else:
        yield from ((above, below, []) for above, below in gone)


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The statements in a statement; what handles an exception is left alone."""
    if isinstance(node, ast.Try):
        return
    for name in ("body", "orelse"):
        part = getattr(node, name, [])
        if isinstance(part, list):
            yield part
    for case in getattr(node, "cases", []):
        yield case.body


def _stores_only(node: ast.stmt, names: set[str]) -> bool:
    match node:
        case ast.Assign(targets=[target]):
            stored = {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
            return stored <= names and all(isinstance(p, ast.Name | ast.Tuple | ast.Store) for p in ast.walk(target))
        case _:
            return False


def _signature(node: ast.FunctionDef) -> list[str]:
    given = node.args
    bare = ast.arguments(
        posonlyargs=[ast.arg(one.arg) for one in given.posonlyargs],
        args=[ast.arg(one.arg) for one in given.args],
        vararg=ast.arg(given.vararg.arg) if given.vararg else None,
        kwonlyargs=[ast.arg(one.arg) for one in given.kwonlyargs],
        kw_defaults=list(given.kw_defaults),
        kwarg=ast.arg(given.kwarg.arg) if given.kwarg else None,
        defaults=list(given.defaults),
    )
    if given.vararg is None and not (given.defaults and None in given.kw_defaults):
        named = sorted(zip(bare.kwonlyargs, bare.kw_defaults, strict=True), key=lambda pair: pair[1] is not None)
        bare.args += [one for one, _ in named]
        bare.defaults += [default for _, default in named if default is not None]
        bare.kwonlyargs, bare.kw_defaults = [], []
    space = " " * node.col_offset
    inside = ast.unparse(bare)
    line = f"{space}def {node.name}({inside}):"
    if len(line) <= LINE:
        return [line]
    folded = wrap(f"{inside},", LINE - len(space) - 4, break_long_words=False)
    return [f"{space}def {node.name}(", *indent("\n".join(folded), f"{space}    ").split("\n"), f"{space}):"]


def without_idle_parameters(text: str, entries: Iterable[str]) -> str:
    """A script whose helpers take no parameter that they do not use; listeners to a run are left out.

    Args:
        text: of the script.
        entries: the functions that are called from outside.
    """
    known = set(entries)
    while True:
        tree = ast.parse(text)
        uses = _Uses.of(tree)
        for function in tree.body:
            if isinstance(function, ast.FunctionDef):
                idle = _idle(function, uses, only=LISTENERS if function.name in known else ())
                if idle is not None:
                    text = _dropped(text, function, uses.calls[function.name], idle)
                    break
        else:
            return text


@dataclass(frozen=True)
class _Uses:
    """Where each name stands in a script, and where it is called."""

    mentions: Counter[str]
    calls: Mapping[str, list[ast.Call]]

    @classmethod
    def of(cls, tree: ast.Module) -> "_Uses":
        mentions: Counter[str] = Counter()
        calls: defaultdict[str, list[ast.Call]] = defaultdict(list)
        for node in ast.walk(tree):
            match node:
                case ast.Name(name):
                    mentions[name] += 1
                case ast.Call(func=ast.Name(name)):
                    calls[name].append(node)
        return cls(mentions, calls)


def _idle(function: ast.FunctionDef, uses: _Uses, only: Collection[str] = ()) -> int | None:
    """The place of the first parameter (or of those named) that is not used, where every use of it is a plain call."""
    arguments = function.args
    candidates = [(n, a.arg) for n, a in enumerate(arguments.args) if not only or a.arg in only]
    if not candidates:
        return None
    called = uses.calls[function.name]
    starred = any(isinstance(part, ast.Starred) for call in called for part in call.args)
    spread = any(keyword.arg is None for call in called for keyword in call.keywords)
    if (
        uses.mentions[function.name] != len(called)
        or starred
        or spread
        or arguments.vararg
        or arguments.kwarg
        or arguments.kwonlyargs
    ):
        return None
    used = {node.id for part in function.body for node in ast.walk(part) if isinstance(node, ast.Name)}
    return next((place for place, name in candidates if name not in used), None)


def _dropped(text: str, function: ast.FunctionDef, called: list[ast.Call], place: int) -> str:
    """The script without that parameter, and without what is handed to it."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    data = text.encode()

    def at(row: int, column: int) -> int:
        return starts[row - 1] + column

    name = function.args.args[place].arg
    spans = []
    for call in called:
        parts: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        handed = next(
            (i for i, part in enumerate(parts) if (i == place < len(call.args)) or getattr(part, "arg", "") == name),
            None,
        )
        if handed is not None:
            part = parts[handed]
            first, last = at(part.lineno, part.col_offset), at(part.end_lineno or 0, part.end_col_offset or 0)
            if handed:
                before = parts[handed - 1]
                first = at(before.end_lineno or 0, before.end_col_offset or 0)
            elif len(parts) > 1:
                last = at(parts[1].lineno, parts[1].col_offset)
            spans.append((first, last, b""))
    shorter = ast.parse(text).body
    (same,) = (n for n in shorter if isinstance(n, ast.FunctionDef) and n.name == function.name)
    defaulted = len(same.args.args) - len(same.args.defaults)
    if place >= defaulted:
        del same.args.defaults[place - defaulted]
    del same.args.args[place]
    head = "\n".join(_signature(same)).encode() + b"\n"
    spans.append((at(function.lineno, 0), at(function.body[0].lineno, 0), head))
    for first, last, replacement in sorted(spans, reverse=True):
        data = data[:first] + replacement + data[last:]
    return data.decode()
