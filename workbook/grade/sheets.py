"""A lesson's sheets → those of its exercises: answers emptied, a verdict in the same row, hints, points on Start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

from workbook.errors import LessonError
from workbook.formula.grammar import Node
from workbook.formula.parser import parse
from workbook.lesson import answers
from workbook.lesson.drawing import drawn, flat
from workbook.lesson.exercise import KINDS, Exercise, Exercises
from workbook.lesson.lesson import (
    Badge,
    Beside,
    Charts,
    Codes,
    Fields,
    Formula,
    Given,
    Grid,
    Item,
    Legend,
    Lesson,
    Links,
    Recorded,
    Row,
    Sheet,
    Table,
    Ways,
    Words,
)
from workbook.plan import patterns
from workbook.plan.derive import needed, results_of
from workbook.plan.layout import COLUMN_WIDTH

Block = Given | Formula | Recorded
SAYS, HINT, SHOWN, POINTS, BUG = "_says", "_hint", "_shown", "_points", "_bug"
"""What follows a block's or an exercise's name in those of its verdict, hint, points, and the name of its bug."""
_VERDICT_WIDTH = 44.0
"""How wide a verdict is at most, in digits."""

_HOW = """
    Fill the yellow cells with formulas; $ before what must not move, then fill down. Beside each stands what the sheet
    says of it: to do, ✓ right, or what is wrong where that can be told. A number that you worked out elsewhere is right
    too, but counts half when a formula was asked for. Cells that fail without an answer are grey and empty till then.

    Type 1 for a hint, 2 for nearly the formula. The numbers are your own: nobody else has them. There are no macros,
    and no answer is hidden in the file.
"""
_HOW_EXAM = """
    Fill the yellow cells with formulas; $ before what must not move, then fill down. A number that you worked out
    elsewhere counts half when a formula was asked for. Cells that fail without an answer are grey and empty till then.
    The numbers are your own: nobody else has them.
"""


@dataclass(frozen=True)
class ExerciseSheets:
    """The sheets of a lesson's exercises, as the lesson has them and as they are handed out.

    Args:
        lesson: the sheets that exercises need, with all their formulas.
        handed_out: the same with answers left empty; Start before them.
        frozen: `sheet.block` of the blocks that are numbers here, because their formula is one that is asked for.
    """

    lesson: tuple[Sheet, ...]
    handed_out: tuple[Sheet, ...]
    frozen: frozenset[str]


def exercise_sheets(
    lesson: Lesson,
    exercises: Exercises,
    sizes: Mapping[str, int],
    facts: Mapping[str, str],
    *,
    planted: Mapping[str, int],
    exam: bool = False,
    solved: bool = False,
) -> ExerciseSheets:
    """The sheets of a lesson's exercises.

    Args:
        lesson: whose.
        exercises: its exercises.
        sizes: of a student's data.
        facts: of a student's data.
        planted: exercise of the kind "bug" → which of its slips stands there.
        exam: without verdicts, hints and points.
        solved: with the answers, for the teacher.

    Raises:
        LessonError: an exercise names a block that the lesson does not have, or one that it can't ask for.
    """
    start, *others = lesson.sheets(sizes, facts)
    given = frozenset(exercises.given.split())
    others = [_with_given(sheet, given) for sheet in others]
    by_name = {sheet.name: sheet for sheet in others}
    asked_for = [_answer(exercise, by_name) for exercise in exercises.each]
    wanted = needed(others, {exercise.sheet for exercise in exercises.each})
    kept = tuple(sheet for sheet in others if sheet.name in wanted)
    frozen = _frozen(kept, exercises.each, asked_for)
    awaited = _awaited(kept, exercises.each)
    made = tuple(
        _Made(
            sheet, [e for e in exercises.each if e.sheet == sheet.name], frozen, planted, awaited, exam, solved
        ).sheet()
        for sheet in kept
    )
    first = _start(lesson, start, exercises, by_name, exam=exam)
    answered = {exercise.block for exercise in exercises.each}
    return ExerciseSheets(kept, (first, *_quiet(made, answered)), frozen)


def _frozen(sheets: Sequence[Sheet], exercises: Sequence[Exercise], asked_for: Sequence[Block]) -> frozenset[str]:
    """`sheet.block` of the formulas that are handed out as numbers: a twin of an answer would show its formula."""
    asked = {_tree(block) for block in asked_for if isinstance(block, Formula)}
    asked |= {parse(form) for e in exercises if e.kind != "choose" for form in e.accepted}
    answered = {exercise.block for exercise in exercises}
    told = {f"{exercise.sheet}.{name}" for exercise in exercises for name in exercise.numbers.split()}
    twins = {
        f"{sheet.name}.{block.name}"
        for sheet in sheets
        for block in sheet.blocks
        if isinstance(block, Formula)
        and patterns.copied(block) is None
        and f"{sheet.name}.{block.name}" not in answered
        and _tree(block) in asked
    }
    return frozenset(told | twins)


def _reads(sheets: Sequence[Sheet]) -> dict[str, set[str]]:
    """`sheet.block` of each formula → the blocks that it reads."""
    return {
        f"{sheet.name}.{block.name}": {f"{n.sheet or sheet.name}.{n.name}" for n in patterns.names(block)}
        for sheet in sheets
        for block in sheet.blocks
        if isinstance(block, Formula)
    }


def _awaited(sheets: Sequence[Sheet], exercises: Sequence[Exercise]) -> dict[str, list[Exercise]]:
    """Exercise → the others whose answers its own is computed from, on the lesson's sheets."""
    reads = _reads(sheets)
    found = {}
    for exercise in exercises:
        waiting, read = [exercise.block], set[str]()
        while waiting:
            new = reads.get(waiting.pop(), set()) - read
            read |= new
            waiting += new
        found[exercise.name] = [other for other in exercises if other is not exercise and other.block in read]
    return found


def _quiet(sheets: Sequence[Sheet], answered: set[str]) -> tuple[Sheet, ...]:
    """The sheets, in which formulas that depend on answers show no error while an answer is missing."""
    reads = _reads(sheets)
    dependent, found = set(answered), answered
    while found:
        found = {name for name, others in reads.items() if name not in dependent and others & dependent}
        dependent |= found
    return tuple(
        replace(
            sheet,
            blocks=tuple(
                replace(block, quiet=True)
                if isinstance(block, Formula)
                and f"{sheet.name}.{block.name}" in dependent - answered
                and not block.name.endswith(SAYS)
                else block
                for block in sheet.blocks
            ),
        )
        for sheet in sheets
    )


def _with_given(sheet: Sheet, given: frozenset[str]) -> Sheet:
    """The sheet with some of its formulas as numbers, which nothing of the lesson's computes."""
    own = {name.partition(".")[2] for name in given if name.startswith(f"{sheet.name}.")}
    if not own:
        return sheet
    formulas = {block.name for block in sheet.blocks if isinstance(block, Formula)}
    return replace(
        sheet,
        blocks=tuple(_given(block, fixed=True) if block.name in own else block for block in sheet.blocks),
        derive=tuple(derive for derive in sheet.derive if set(results_of(derive).values()) & (formulas - own)),
    )


def _answer(exercise: Exercise, sheets: Mapping[str, Sheet]) -> Block:
    if exercise.sheet not in sheets:
        raise LessonError(f"exercise {exercise.name}: no sheet named {exercise.sheet!r}; known: {', '.join(sheets)}")
    block = sheets[exercise.sheet].block(exercise.own)
    expected = Given if exercise.kind == "choose" else Formula
    if not isinstance(block, expected):
        raise LessonError(f"exercise {exercise.name}: {exercise.block} is no {expected.__name__} block")
    return block


def _tree(block: Block) -> Node:
    assert isinstance(block, Formula)
    return parse(block.pattern)


@dataclass
class _Made:
    """One sheet as it is handed out."""

    source: Sheet
    exercises: Sequence[Exercise]
    frozen: frozenset[str]
    planted: Mapping[str, int]
    awaited: Mapping[str, Sequence[Exercise]]
    exam: bool
    solved: bool

    def sheet(self) -> Sheet:
        hidden = {name for exercise in self.exercises for name in exercise.hides.split()}
        blocks = [self._block(block) for block in self.source.blocks if block.name not in hidden]
        layout: list[Item] = [*self._tasks()]
        for item in self.source.layout:
            layout += self._items(item, hidden)
        for exercise in self.exercises:
            blocks += exercise.blocks
            if not self.exam:
                blocks += [self._says(exercise), *_hint_blocks(exercise)]
            if exercise.kind == "bug":
                blocks += _bug_blocks(exercise, self.planted[exercise.name], exam=self.exam)
            if exercise.blocks:
                layout += _laid(exercise)
        items = [item for top in layout for item in flat(top)]
        charted = {word for item in items if isinstance(item, Charts) for word in item.names.split()}
        return replace(
            self.source,
            blocks=tuple(blocks),
            layout=tuple(layout),
            tries="",
            charts=tuple(chart for chart in self.source.charts if chart.name in charted),
            derive=(),
            solver=None,
            step=self.source.step or next((d.step for d in self.source.derive if d.step), ""),
        )

    def _block(self, block: Block) -> Block:
        for exercise in self.exercises:
            if block.name == exercise.own:
                return self._asked(block, exercise)
        if f"{self.source.name}.{block.name}" in self.frozen:
            note = "Numbers, not formulas: their formula is one that is asked for."
            return _given(block, fixed=True, role="recorded", note=note)
        if isinstance(block, Given) and not block.fixed:
            # Yellow is what is asked for, and nothing else; its words invite to change it.
            return replace(block, fixed=True, role="formula", words="")
        return block

    def _asked(self, block: Block, exercise: Exercise) -> Block:
        title = f"{exercise.name}: {exercise.title or block.title or block.name}"
        if exercise.kind == "choose":
            return replace(block, title=title)
        if self.solved:
            return replace(block, title=title, role="input", look="")
        if exercise.kind == "bug":
            slip = exercise.slips[self.planted[exercise.name]]
            assert isinstance(block, Formula)
            return replace(block, title=title, note="", role="input", look="", pattern=slip.pattern)
        return _given(block, optional=True, title=title, look="", note="", words="")

    def _says(self, exercise: Exercise) -> Formula:
        block = self.source.block(exercise.own)
        # With nothing to compute from, a planted bug and the right formula can give the same.
        awaited = self.awaited[exercise.name] if exercise.kind == "bug" else ()
        awaits = [(other.own if other.sheet == exercise.sheet else other.block, other.name) for other in awaited]
        return Formula(
            name=exercise.own + SAYS,
            axes=" ".join(block.down_axes),
            across="",
            title="" if not block.axes else exercise.name,
            text=True,
            role="label",
            verdict=True,
            judges=exercise.own,
            pattern=exercise.verdict(many=bool(block.across_axes), awaits=awaits),
        )

    def _tasks(self) -> list[Item]:
        items: list[Item] = []
        for exercise in self.exercises:
            plural = "" if exercise.points == 1 else "s"
            worth = f"{exercise.points:g} point{plural}"
            told = [exercise.task]
            rows = []
            if exercise.kind == "bug":
                told += [f"{bug}: {slip.says}" for bug, slip in zip(exercise.bugs, exercise.slips, strict=True)]
                bug = exercise.own + BUG
                rows.append(Row("which bug is it?", f"{bug} {'.' if self.exam else bug + SAYS}"))
            if not self.exam:
                rows.append(Row("hint: type 1 or 2", _hint_names(exercise)))
            items.append(Words(f"{exercise.name} · {KINDS[exercise.kind]} · {worth}", "\n\n".join(told)))
            if rows:
                items.append(Table(("", "", "", ""), tuple(rows), tight=True))
            items.append(Ways(((exercise.own, f"to the cells of {exercise.name} →"),), heading=""))
        return items

    def _items(self, item: Item, hidden: set[str]) -> list[Item]:
        """What stands in the place of one item of the lesson's layout."""
        match item:
            case Grid(text, tight):
                left = self._grid(text, hidden, tight=tight)
                return [Grid(left, tight)] if left.strip() else []
            case Fields(names):
                return self._fields([name for name in names.split() if name not in hidden])
            case Table(headings, rows):
                return [self._table(headings, rows, hidden)]
            case Charts(names):
                return [item] if not hidden & set(self._read_by(names.split())) else []
            case Codes():
                return []
            case Words():
                return [item]
            case Ways(rows, heading):
                return [Ways(tuple(row for row in rows if row[0] not in hidden), heading)]
            case Beside(parts):
                own = {exercise.own for exercise in self.exercises}
                inner = flat(item)
                kept = tuple(tuple(new for one in part for new in self._items(one, hidden)) for part in parts)
                pictured = any(isinstance(one, Grid) for one in inner)
                if pictured and not any(own.intersection(drawn(one)) for one in inner):
                    # Pictures have narrow columns, which nothing else may stand in.
                    return [Beside(tuple(part for part in kept if part))]
                # Verdicts need the room to the right: one part stands below the other.
                return [new for part in kept for new in part]
            case _:
                if any(exercise.own in getattr(item, "text", "").split() for exercise in self.exercises):
                    raise LessonError(f"sheet {self.source.name}: an exercise can't stand in a {type(item).__name__}")
                return [item]

    def _read_by(self, charts: list[str]) -> list[str]:
        chosen = [chart for chart in self.source.charts if chart.name in charts]
        return [name for chart in chosen for series in chart.series for name in (series.values, series.x)]

    def _grid(self, text: str, hidden: set[str], *, tight: bool) -> str:
        """The drawing with verdicts at the ends of its lines, without what is hidden."""
        lines = [
            ["." if word in hidden else word for word in line.split()]
            for line in text.strip().splitlines()
            if line.split() or tight
        ]
        if self.exam:
            return "\n".join(map(" ".join, lines))
        # A verdict runs on over empty columns, of which some are narrow; tables above and below it may fill them.
        free = ["."] * (ceil(_VERDICT_WIDTH / (self.source.column_width or COLUMN_WIDTH)) + 1)
        added = [[w for e in self.exercises if e.own in line for w in (e.own + SAYS, *free)] for line in lines]
        width = max(map(len, added), default=0)
        if not width:
            return "\n".join(" ".join(line) for line in lines if not line or set(line) - {".", "|"})
        return "\n".join(
            " ".join([*line, "|", *says, *["."] * (width - len(says))] if line else line)
            for line, says in zip(lines, added, strict=True)
        )

    def _fields(self, names: list[str]) -> list[Item]:
        """The fields, and those that are asked for with their verdicts beside them."""
        asked = [exercise for exercise in self.exercises if exercise.own in names]
        left = " ".join(name for name in names if name not in {exercise.own for exercise in asked})
        items: list[Item] = [Fields(left)] if left else []
        if asked and self.exam:
            items.append(Fields(" ".join(exercise.own for exercise in asked)))
        elif asked:
            rows = []
            for exercise in asked:
                block = self.source.block(exercise.own)
                title = f"{exercise.name}: {exercise.title or block.title or block.name}"
                rows.append(Row(title, f"{exercise.own} {exercise.own}{SAYS}"))
            items.append(Table(("", "", "", ""), tuple(rows)))
        return items

    def _table(self, headings: tuple[str, ...], rows: tuple[Row, ...], hidden: set[str]) -> Table:
        own = {exercise.own for exercise in self.exercises}
        rows = tuple(
            replace(row, names=" ".join("." if name in hidden else name for name in row.names.split())) for row in rows
        )
        if self.exam or not any(name in own for row in rows for name in row.names.split()):
            return Table(headings, rows)
        *before, last = headings
        ended = [next((name + SAYS for name in row.names.split() if name in own), ".") for row in rows]
        return Table(
            (*before, "", last),
            tuple(replace(row, names=f"{row.names} {end}") for row, end in zip(rows, ended, strict=True)),
        )


def _given(block: Block, **changes: object) -> Given:
    """The block as input cells."""
    kept = {
        name: getattr(block, name)
        for name in ("name", "axes", "across", "title", "words", "note", "number_format", "look", "width", "height")
    }
    return Given(**{**kept, **changes})


def _hint_names(exercise: Exercise) -> str:
    return f"{exercise.name.lower()}{HINT} {exercise.name.lower()}{SHOWN}"


def _hint_blocks(exercise: Exercise) -> tuple[Given, Formula]:
    hint, shown = _hint_names(exercise).split()
    first, second = (text.replace('"', '""') for text in exercise.hints)
    return (
        Given(
            name=hint, title=f"hint for {exercise.name}", low=0, high=2, whole=True, optional=True, number_format="0"
        ),
        Formula(name=shown, text=True, pattern=f'IF({hint}=1, "{first}", IF({hint}=2, "{second}", ""))'),
    )


def _bug_blocks(exercise: Exercise, planted: int, *, exam: bool) -> list[Block]:
    """The drop-down for the name of a planted bug, and the verdict on it."""
    name = exercise.own + BUG
    asked = Given(name=name, title="which bug is it?", choices=exercise.bugs, optional=True)
    if exam:
        return [asked]
    verdict = Exercise.named(name, exercise.bugs[planted])
    return [asked, Formula(name=name + SAYS, text=True, role="label", verdict=True, judges=name, pattern=verdict)]


def _laid(exercise: Exercise) -> list[Item]:
    """The layout of the blocks that a check needs: below the rest."""
    scalars = [block.name for block in exercise.blocks if not block.axes]
    arrays = [block.name for block in exercise.blocks if block.axes]
    items: list[Item] = [Words(f"What {exercise.name} is checked with")]
    items += [Fields(" ".join(scalars))] if scalars else []
    return [*items, *(Grid(name) for name in arrays)]


def _start(lesson: Lesson, source: Sheet, exercises: Exercises, sheets: Mapping[str, Sheet], *, exam: bool) -> Sheet:
    """The first sheet: what is asked for, and the points won."""
    blocks: list[Formula] = []
    rows = []
    for exercise in exercises.each:
        name, says = exercise.name.lower() + POINTS, exercise.block + SAYS
        share = f'IF({says}="{answers.RIGHT}", 1, 0)'
        if sheets[exercise.sheet].block(exercise.own).down_axes:
            # Over a single cell ironcalc's COUNTIF is an error.
            share = f'COUNTIF({says}, "{answers.RIGHT}")/COUNTA({says})'
        if exercise.kind == "bug":
            share = f'({share}+IF({exercise.block}{BUG}{SAYS}="{answers.RIGHT}", 1, 0))/2'
        if not exam:
            blocks.append(Formula(name=name, number_format="0.0", pattern=f"{exercise.points:g}*{share}"))
        rows.append(
            Row(
                f"{exercise.name} · {sheets[exercise.sheet].title}",
                "" if exam else name,
                f"of {exercise.points:g}: {exercise.task}",
            )
        )
    listed = "+".join(block.name for block in blocks)
    most = sum(exercise.points for exercise in exercises.each)
    if not exam:
        blocks.append(Formula(name="won", number_format="0.0", role="result", pattern=listed))
        rows.append(Row("all of them", "won", f"of {most:g}"))
    return replace(
        source,
        heading=f"{lesson.title}: {'exam' if exam else 'exercises'}",
        words=_HOW_EXAM if exam else _HOW,
        blocks=tuple(blocks),
        layout=(
            Badge(),
            Words("What is asked for"),
            Table(("exercise", "") if exam else ("exercise", "points", ""), tuple(rows)),
            Words("The sheets, in order"),
            Links(),
            Words("What the cells look like"),
            Legend(),
        ),
        charts=(),
        derive=(),
    )
