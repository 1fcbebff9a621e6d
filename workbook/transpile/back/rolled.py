"""Statements that repeat, as a loop: panels of one shape below each other, each computed from the one before.

A sheet that unrolls an algorithm over matrices has a panel for each step. Its statements come out as blocks that are
equal but for names: `errors_2 = predictions_2 - ratings`, `errors_3 = predictions_3 - ratings`. They become
`errors[t] = predictions[t] - ratings` in a loop over the steps. Numbers may move with the steps: `rate[0]`, `rate[1]`
is `rate[t]`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import count

_TEXT = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
WORD = re.compile(_TEXT + r"""|(?<![.\w])[^\W\d]\w*(?!\w|=(?!=))""")
"""A text, or a name that is no attribute and no keyword of a call."""
_ASSIGNMENT = re.compile(r"([^\W\d]\w*) = (.+)")
_LEAST_BLOCKS, _LONGEST_BLOCK, _LEAST_LINES = 3, 64, 6
_MOST_RUNS, _REACH = 50, 4
"""How many stretches are tried, and how many blocks far the statements of the last one may lie."""
_PLACE = re.compile(r"⟨(\d+),(-?\d+)⟩")
_NUMBER = re.compile(_TEXT + r"""|(?:(?<=\[)|(?<=, ))(\d+)(?=[],])""")
"""A text, or a whole number that is an index, or one of several."""
_MOVING = re.compile(r"⟪(-?\d+)⟫")
_CHOICE = re.compile(r"\bif\b|\blambda\b")
_STEM = re.compile(r"_\d+$")
_TOKEN = re.compile(_TEXT + r"""|\.?\w+|\[[^][]*\]|.""", re.DOTALL)
_OPERAND = re.compile(r"(?!(?:np|torch|math|F)\b)[^\W\d]\w*(?:\.[^\W\d]\w*|\[[^][]*\])*")
_MOST_CHOSEN = 3


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: its lines; of an assignment to one name in one line also that name and what it gets."""

    lines: tuple[str, ...]
    name: str = ""
    value: str = ""

    @property
    def words(self) -> list[str]:
        """All words of it."""
        return [word for line in self.lines for word in WORD.findall(line)]


@dataclass(frozen=True, slots=True)
class Rolled:
    """Lines in which repeated statements are loops, and what each name that is now in a list is called."""

    lines: list[str]
    renamed: dict[str, str]


def roll(lines: Sequence[str], kept: frozenset[str]) -> Rolled:
    """The lines of a function, its repeated blocks of assignments as loops.

    Args:
        lines: its body.
        kept: the names whose values are wanted after it.
    """
    statements, renamed = list(_statements(lines)), dict[str, str]()
    while loop := next(filter(None, (_longest(order, kept) for order in _orders(statements))), None):
        renamed |= loop.renamed
        after = [_renamed(s, loop.renamed) for s in loop.among[loop.start :] if s.name not in loop.names]
        statements = [*loop.among[: loop.start], loop.statement, *after]
    return Rolled([line for statement in statements for line in statement.lines], renamed)


def _statements(lines: Sequence[str]) -> Iterator[Statement]:
    found: list[list[str]] = []
    for line in lines:
        if found and (line[:1] in (" ", "") or found[-1][-1] == ""):
            found[-1].append(line)
        else:
            found.append([line])
    for part in found:
        assigned = _ASSIGNMENT.fullmatch(part[0]) if len(part) == 1 else None
        yield Statement(tuple(part), *(assigned.groups() if assigned else ()))


def _renamed(statement: Statement, names: dict[str, str]) -> Statement:
    lists = Counter(name.partition("[")[0] for name in names.values())
    all_steps = {f"[{', '.join(f'{name}[{t}]' for t in range(steps))}]": name for name, steps in lists.items()}

    def renamed(text: str) -> str:
        text = WORD.sub(lambda word: names.get(word[0], word[0]), text)
        for steps, name in all_steps.items():
            text = text.replace(steps, name)
        return text

    return Statement(tuple(map(renamed, statement.lines)), statement.name, renamed(statement.value))


@dataclass(frozen=True, slots=True)
class _Loop:
    """A loop: where among which statements it stands, itself, what it assigns, and what those in lists are called."""

    among: list[Statement]
    start: int
    statement: Statement
    names: frozenset[str]
    renamed: dict[str, str]


def _orders(statements: list[Statement]) -> Iterator[list[Statement]]:
    """As they are; and with what looks back on several panels at the end, where the last panel is mixed with it."""
    yield statements
    own = _own(statements)
    late: set[str] = set()
    for statement in statements:
        read = set(statement.words) & own - {statement.name}
        families = Counter(_STEM.sub("", name) for name in read)
        if max(families.values(), default=0) >= _LEAST_BLOCKS or not late.isdisjoint(read):
            if statement.name not in own:
                return
            late.add(statement.name)
    if late:
        yield sorted(statements, key=lambda statement: statement.name in late)


def _own(statements: list[Statement]) -> set[str]:
    """The names that are assigned once, each in a line."""
    times = Counter(statement.name for statement in statements)
    return {name for name, count in times.items() if name and count == 1}


def _longest(statements: list[Statement], kept: frozenset[str]) -> _Loop | None:
    """The loop for the longest run of repeated blocks that can be one."""
    own = _own(statements)
    keys = [_key(statement, own, place) for place, statement in enumerate(statements)]
    for length, start, period in sorted(_runs(keys), key=lambda run: (-run[0], run[2]))[:_MOST_RUNS]:
        for first in range(start, start + period):
            blocks = [statements[at : at + period] for at in range(first, start + length - period + 1, period)]
            before = _in_order(statements[max(first - period, 0) : first], blocks[0], own) if blocks else None
            if before is None:
                continue
            # The last one may be mixed with what follows.
            stop = first + period * len(blocks)
            last = _in_order(statements[stop : stop + _REACH * period], blocks[0], own)
            for tail in ([last], []) if last else ([],):
                if made := _Blocks([before, *blocks, *tail]).loop(statements, first - period, stop, kept):
                    return made
    return None


def _runs(keys: list[str]) -> Iterator[tuple[int, int, int]]:
    """Stretches in which keys repeat: their length, where they start, and the period."""
    for period in range(1, min(_LONGEST_BLOCK, len(keys) // _LEAST_BLOCKS) + 1):
        start = None
        for place in range(len(keys) - period + 1):
            same = place + period < len(keys) and keys[place] == keys[place + period]
            if same and start is None:
                start = place
            elif not same and start is not None:
                length = place + period - start
                if length >= (_LEAST_BLOCKS - 1) * period and length + period >= _LEAST_LINES:
                    yield length, start, period
                start = None


def _key(statement: Statement, own: set[str], place: int) -> str:
    """What is equal for statements that are equal but for names of this function; of no assignment nothing is."""
    if statement.name not in own:
        return f"\n{place}"
    value = WORD.sub(lambda word: "§" if word[0] in own else word[0], statement.value)
    return _NUMBER.sub(lambda number: "#" if number[1] else number[0], value)


def _in_order(before: list[Statement], block: list[Statement], own: set[str]) -> list[Statement] | None:
    """The statements of a first block in the order of another, by the words of their names; None if some lack."""
    left = [statement for statement in before if statement.name in own]
    found = []
    for statement in block:
        chosen = next((other for other in left if _akin(other.name, statement.name)), None)
        if chosen is None:
            return None
        left.remove(chosen)
        found.append(chosen)
    return found


class _Blocks:
    """Blocks of assignments that are to be the steps of a loop."""

    def __init__(self, blocks: list[list[Statement]]) -> None:
        self._blocks = blocks
        self._names = [statement.name for statement in blocks[0]]
        self._places = {s.name: (b, q) for b, block in enumerate(blocks) for q, s in enumerate(block)}
        columns = zip(*([self._turned(s.value, b) for s in block] for b, block in enumerate(blocks)), strict=True)
        self._texts = [list(texts) for texts in zip(*map(_with_steps, columns), strict=True)]

    def loop(self, statements: list[Statement], start: int, stop: int, kept: frozenset[str]) -> _Loop | None:
        """The loop in place of the statements from `start` on; None where the blocks are no steps of one.

        Up to `stop` there are statements of the blocks alone; what comes after may not be read by them.
        """
        size = len(self._blocks) * len(self._names)
        if len(self._blocks) < _LEAST_BLOCKS or len(self._places) < size or not self._are_steps():
            return None
        after = [statement for statement in statements[stop:] if statement.name not in self._places]
        used = {word for s in after for word in s.words}
        made_after = {word for s in after for word in WORD.findall(s.lines[0].partition(" = ")[0])}
        read = {word for block in self._blocks for s in block for word in WORD.findall(s.value)}
        if read & made_after or any(word in self._places for s in statements[:start] for word in s.words):
            return None
        read_back = {int(q) for text in self._texts[1] for q, away in _PLACE.findall(text) if away != "0"}
        is_list = [
            q in read_back or any(block[q].name in kept or block[q].name in used for block in self._blocks)
            for q in range(len(self._names))
        ]
        body: list[str] = []
        for q, name in enumerate(self._names):
            value, first = (_written(texts[q], self._names, is_list) for texts in (self._texts[1], self._texts[0]))
            value = value if value == first else _either(value, first)
            body.append(f"    {name}[t] = {value}" if is_list[q] else f"    {name} = {value}")
        lists = [name for name, is_one in zip(self._names, is_list, strict=True) if is_one]
        steps = len(self._blocks)
        head = f"{', '.join(lists)} = ([None] * {steps} for _ in range({len(lists)}))"
        heads = [head if len(lists) > 1 else f"{lists[0]} = [None] * {steps}"] if lists else []
        renamed = {
            block[q].name: f"{self._names[q]}[{b}]"
            for b, block in enumerate(self._blocks)
            for q in range(len(self._names))
            if is_list[q]
        }
        made = Statement((*heads, f"for t in range({steps}):", *body))
        return _Loop(statements, start, made, frozenset(self._places), renamed)

    def _are_steps(self) -> bool:
        """Whether all blocks but the first are one text, and each reads the one before, itself, and no other."""
        first, rest, *others = self._texts
        if any(block != rest for block in others):
            return False
        if any(not _akin(s.name, name) for block in self._blocks for s, name in zip(block, self._names, strict=True)):
            return False
        for texts, reach in ((first, (0,)), (rest, (0, -1))):
            for q, text in enumerate(texts):
                for read, away in _PLACE.findall(text):
                    if int(away) not in reach or (away == "0" and int(read) >= q):
                        return False
        return any(away == "-1" for text in rest for _, away in _PLACE.findall(text))

    def _turned(self, value: str, block: int) -> str:
        """A value in which names of the blocks are their place in a block, and how many blocks away it is."""

        def turned(word: re.Match[str]) -> str:
            place = self._places.get(word[0])
            return word[0] if place is None else f"⟨{place[1]},{place[0] - block}⟩"

        return WORD.sub(turned, value)


def _akin(one: str, other: str) -> bool:
    """Whether two names differ by the numbers alone that make them unique: `a` and `a_3`, `a_2` and `a_3`."""
    return not {one, _STEM.sub("", one)}.isdisjoint((other, _STEM.sub("", other)))


def _with_steps(texts: Sequence[str]) -> list[str]:
    """The texts of a statement, one a block; of a number that moves with the blocks how far it is ahead of them."""
    found = [[int(number) for number in _NUMBER.findall(text) if number] for text in texts]
    first, second = found[:2]
    if any(len(numbers) != len(second) for numbers in found[2:]):
        return list(texts)
    moving = {p for p, at in enumerate(second) if all(n[p] == at + b for b, n in enumerate(found[1:]))}
    in_first = {p for p in moving if len(first) == len(second) and first[p] == second[p] - 1}
    return [_marked(text, b, moving if b else in_first) for b, text in enumerate(texts)]


def _marked(text: str, block: int, moving: set[int]) -> str:
    place = count()

    def marked(number: re.Match[str]) -> str:
        return f"⟪{int(number[1]) - block}⟫" if number[1] and next(place) in moving else number[0]

    return _NUMBER.sub(marked, text)


def _written(text: str, names: list[str], is_list: list[bool]) -> str:
    def written(place: re.Match[str]) -> str:
        q, away = int(place[1]), int(place[2])
        if not is_list[q]:
            return names[q]
        return f"{names[q]}[t - {-away}]" if away else f"{names[q]}[t]"

    def stepped(distance: re.Match[str]) -> str:
        away = int(distance[1])
        return f"t {'-' if away < 0 else '+'} {abs(away)}" if away else "t"

    return _MOVING.sub(stepped, _PLACE.sub(written, text))


def _either(value: str, first: str) -> str:
    """A value that is another in the first step: where few operands differ, these alone are chosen."""
    whole = f"{_bracketed(value)} if t else {_bracketed(first)}"
    if _OPERAND.fullmatch(value):
        return whole
    one, other = _TOKEN.findall(value), _TOKEN.findall(first)
    written, chosen = "", 0
    for kind, low, high, begin, end in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        here, there = "".join(one[low:high]), "".join(other[begin:end])
        if kind == "equal":
            written += here
        elif _OPERAND.fullmatch(here) and _OPERAND.fullmatch(there) and chosen < _MOST_CHOSEN:
            written += f"({here} if t else {there})"
            chosen += 1
        else:
            return whole
    return written


def _bracketed(value: str) -> str:
    return f"({value})" if _CHOICE.search(value) else value
