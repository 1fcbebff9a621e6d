"""Formulas → trees: names and tables replaced by the cells that they stand for, references moving with the cell."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from workbook.errors import FormulaError
from workbook.formula.address import MAX_COLUMN, MAX_ROW
from workbook.formula.grammar import (
    Binary,
    Boolean,
    Call,
    Constants,
    ErrorValue,
    Invoke,
    Name,
    Number,
    Range,
    Structured,
    Text,
    Unary,
    parse,
)
from workbook.formula.grammar import walk as grammar_walk
from workbook.transpile.errors import UnclearError, UnevenError, UnsupportedError
from workbook.transpile.front.calls import count_areas, fitting, in_area
from workbook.transpile.front.defined import Names, as_operand, is_lambda, python_name, unescaped
from workbook.transpile.front.functions import AREA, FUNCTIONS, SHOWN_ROWS, UNSUPPORTED, WHAT_IF, Signature
from workbook.transpile.front.moving import added, counted, end_of, fixed_range, gap, linear
from workbook.transpile.front.references import from_r1c1, is_lookup, led_to, parts_counted, relative_corners
from workbook.transpile.front.regions import MOST_ARRAY_CELLS, Region, rectangle, within
from workbook.transpile.front.scan import slots
from workbook.transpile.front.tree import AffineIndex, Function, IndexValue, Local, Ref, depth, rebuilt, walk
from workbook.transpile.runtime import HELPERS
from workbook.xlsx.read import CellError, Table, Value

_UNTIL_NAMES = 32
_SPELLED = re.compile(r"_xl(?:fn|ws|pm|udf)\.", re.IGNORECASE)
"""What files hold before newer functions and the variables of LET, and nobody sees."""
_OMITTABLE = "_xlop"
"""What files hold before the parameters of LAMBDA that may be left out, which come last."""
_DEEPEST = 400
"""The operations in each other, as in a long sum: Python reads no expression that is nested without end."""
_MOST_REFERENCES = 4096
"""The ranges that one array of them may hold."""
_COUNT_BLANKS = frozenset(("COUNTBLANK", "COUNTIF", "COUNTIFS"))
_TAKE_ERRORS = frozenset(("IFERROR", "IFNA", "ISERROR", "ISERR", "ISNA", "ERROR.TYPE"))


Evaluate = Callable[[Any, Region, Mapping[str, Function]], list[Any]]


@dataclass(slots=True)
class Lowering:
    """One workbook's formulas made into trees.

    Attributes:
        names: what they may name.
        saved: what a part of a region's formula was in each of its cells when the workbook was saved, the functions
            given that it may call.
        lambdas: gathers the defined names that are functions.
    """

    names: Names
    saved: Evaluate
    lambdas: dict[str, Function] = field(default_factory=dict)

    def lower(self, region: Region) -> Any:
        """The tree of a region's formula, as its cells see it.

        Raises:
            UnsupportedError: it holds what no script can.
            UnevenError: its cells must be taken one by one.
        """
        if region.whole and region.cells > MOST_ARRAY_CELLS:
            raise UnsupportedError(f"is one formula over {region.cells:,} cells, more than {MOST_ARRAY_CELLS:,}")
        try:
            node = parse(region.formula)
        except FormulaError as error:
            raise UnsupportedError(f"can't be read ({error})") from error
        if (levels := depth(node)) > _DEEPEST:
            raise UnsupportedError(f"has {levels:,} operations in each other, more than {_DEEPEST}")
        cached = self._of_pivot(node, region)
        if cached is not None:
            return cached
        formula = _Formula(self, region)
        tree = formula.tree(node, "a" if region.array else "s")
        place = (region.row, region.column)
        is_alone = region.cells == 1 and place in self.names.dynamic.get(region.sheet, ())
        return ErrorValue("#SPILL!") if is_alone and formula.has_no_room(tree) else tree

    def _of_pivot(self, node: Any, region: Region) -> Any:
        """What a formula with GETPIVOTDATA is, by what that found when the workbook was saved; None for others.

        A pivot table's cache is no part of a script. What a call in a formula gave is told by the formula's own value:
        it is that value, or what makes a formula without powers of it come to that, or an error.
        """
        calls = [part for part in grammar_walk(node) if isinstance(part, Call) and part.function == "GETPIVOTDATA"]
        if not calls:
            return None
        if region.cells > 1:
            raise UnevenError
        cell = self.names.cells[region.sheet].get((region.row, region.column))
        shown = _literal(cell.value if cell is not None else None)
        inner = node.arguments[0] if isinstance(node, Call) and node.function in _TAKE_ERRORS else node
        if shown is None or inner in calls:
            return shown
        if any(call != calls[0] for call in calls):
            return None

        def tree(value: Any) -> Any:
            return _Formula(self, region).tree(_replaced(node, calls[0], value), "s")

        def result(value: Any) -> Any:
            return self.saved(tree(value), region, self.lambdas)[0]

        candidates = [shown, ErrorValue("#REF!")]
        at_0, at_1 = result(Number(0.0)), result(Number(1.0))
        if isinstance(shown, Number) and all(type(value) is float for value in (at_0, at_1)) and at_0 != at_1:
            candidates.insert(0, Number((shown.value - at_0) / (at_1 - at_0)))
        return next((tree(value) for value in candidates if _equals(result(value), shown)), None)


def _literal(value: Value | None) -> Any:
    """A saved value as it would stand in a formula."""
    match value:
        case CellError(code):
            return ErrorValue(code)
        case bool():
            return Boolean(value)
        case str():
            return Text(value)
        case float():
            return Number(value)
    return None


def _equals(found: Any, shown: Any) -> bool:
    """Whether what a formula gives is what its cell showed."""
    if isinstance(shown, ErrorValue):
        return getattr(found, "code", None) == shown.code
    if isinstance(shown, Number):
        return type(found) is float and abs(found - shown.value) <= 1e-12 * max(abs(found), abs(shown.value))
    return type(found) is type(shown.value) and bool(found == shown.value)


def _replaced(node: Any, part: Any, value: Any) -> Any:
    """The formula with a value in the place of a part."""
    return value if node == part else rebuilt(node, lambda inner: _replaced(inner, part, value))


class _Formula:
    """The tree of one formula."""

    def __init__(self, lowering: Lowering, region: Region, *, named: int = 0, text: str = "") -> None:
        """Of a region's own formula, or of what it names: `text`, where a name's references move with the cell."""
        self._text = text
        self._caught = 0
        self._lowering = lowering
        self._names = lowering.names
        self._region = region
        self._named = named
        self._slots: dict[int, int] = {}
        if not named:
            at = 0
            for start, count in slots(region.formula):
                self._slots[start] = at
                at += count
        self._scope: dict[str, str] = {}

    def tree(self, node: Any, want: str) -> Any:
        """The tree of a node, taken as `want` says: `s` one value, `r` a range, `a` element by element."""
        match node:
            case Range() if ":" in node.sheet:
                return self._through_sheets(node)
            case Range():
                return self._intersected(self._ref(node), want)
            case Structured():
                return self._intersected(self._structured(node), want)
            case Name():
                return self._name(node, want)
            case Unary("#", operand):
                return self._spill(operand)
            case Unary("@", operand):
                return self.tree(operand, "s")
            case Binary((":" | " " | ",") as operator, left, right):
                return self._intersected(self._combined(operator, left, right), want)
            case Unary(operator, operand):
                return Unary(operator, self.tree(operand, "a" if want == "a" else "s"))
            case Binary(operator, left, right):
                each = "a" if want == "a" else "s"
                return counted(Binary(operator, self.tree(left, each), self.tree(right, each)))
            case Call():
                return self._call(node, want)
            case Invoke(function, arguments):
                return Invoke(
                    self.tree(function, "f"), tuple(None if a is None else self.tree(a, "r") for a in arguments)
                )
            case Number(value) if not math.isfinite(value):
                # More than a float holds: no cell of Excel's takes it.
                return ErrorValue("#NUM!")
            case Constants(rows):
                return Constants(tuple(tuple(self.tree(value, "s") for value in row) for row in rows))
            case _:
                return node

    # References

    def _ref(self, node: Range) -> Ref:
        sheet = self._sheet(node.sheet)
        (top, left), (bottom, right) = node.first, node.last
        fixed = [AffineIndex(top), AffineIndex(left), AffineIndex(bottom), AffineIndex(right)]
        corners = self._relative(node) if self._text else fixed if self._named else self._moving(node)
        rows, columns = self._names.used.get(sheet, (1, 1))
        if (top, bottom) == (1, MAX_ROW):
            corners[2] = AffineIndex(max(rows, self._region.height if self._region.array else 1))
        if (left, right) == (1, MAX_COLUMN):
            corners[3] = AffineIndex(max(columns, self._region.width if self._region.array else 1))
        return Ref(sheet, corners[0], corners[1], corners[2], corners[3])

    def _through_sheets(self, node: Range) -> Call:
        """`Jan:Mar!A1`: the same cells of every sheet from one to another."""
        titles = list(self._names.titles)
        ends = [title.lower() for title in node.sheet.split(":")]
        if any(end not in titles for end in ends):
            raise UnsupportedError(f"reads the sheets '{node.sheet}', which are not all there")
        first, last = sorted(titles.index(end) for end in ends)
        return Call("UNION", tuple(self._ref(replace(node, sheet=title)) for title in titles[first : last + 1]))

    def _relative(self, node: Range) -> list[AffineIndex]:
        """The corners of a defined name's reference: without `$` they are where they are seen from A1, and move."""
        place, size = (self._region.row, self._region.column), (self._region.height, self._region.width)
        corners = relative_corners(self._text[slice(*node.span)], place, size)
        if corners is None:
            raise UnevenError
        top, left, bottom, right = corners
        rows, columns = self._sorted(top, bottom), self._sorted(left, right)
        return [rows[0], columns[0], rows[1], columns[1]]

    def _moving(self, node: Range) -> list[AffineIndex]:
        region = self._region
        found = [k for start, k in self._slots.items() if node.span[0] <= start < node.span[1]]
        if not found:
            raise UnevenError
        lines = (node.first[0], node.last[0]) == (1, MAX_ROW) or (node.first[1], node.last[1]) == (1, MAX_COLUMN)
        first = min(found)
        last = first + 1 if lines else max(found)
        places = (2 * first, 2 * first + 1, 2 * last, 2 * last + 1)
        top, left, bottom, right = (AffineIndex(region.base[k], region.down[k], region.across[k]) for k in places)
        rows = self._sorted(top, bottom)
        columns = self._sorted(left, right)
        return [rows[0], columns[0], rows[1], columns[1]]

    def _sorted(self, first: AffineIndex, last: AffineIndex) -> tuple[AffineIndex, AffineIndex]:
        """The two corners in order, which must be the same in every cell."""
        height, width = self._region.height, self._region.width
        gap = AffineIndex(last.base - first.base, last.down - first.down, last.across - first.across)
        low, high = gap.ends(height, width)
        if low >= 0:
            return first, last
        if high <= 0:
            return last, first
        raise UnevenError

    def _intersected(self, ref: Any, want: str) -> Any:
        """Where one value is wanted of a range: the one in line with the cell."""
        if want != "s" or not isinstance(ref, Ref) or ref.is_cell:
            return ref
        region = self._region
        if region.cells > 1 and not all(corner.is_fixed for corner in (ref.top, ref.left, ref.bottom, ref.right)):
            raise UnevenError
        top, left, bottom, right = ref.top.base, ref.left.base, ref.bottom.base, ref.right.base
        rows = (region.row, region.row + region.height - 1)
        columns = (region.column, region.column + region.width - 1)
        if left == right:
            return self._in_line(
                rows, (top, bottom), Ref(ref.sheet, *2 * (AffineIndex(region.row, 1), AffineIndex(left)))
            )
        if top == bottom:
            return self._in_line(
                columns, (left, right), Ref(ref.sheet, *2 * (AffineIndex(top), AffineIndex(region.column, 0, 1)))
            )
        if region.cells > 1:
            raise UnevenError
        if top <= region.row <= bottom and left <= region.column <= right and ref.sheet == region.sheet:
            raise UnsupportedError("reads itself")
        return ErrorValue("#VALUE!")

    def _in_line(self, lines: tuple[int, int], ends: tuple[int, int], cell: Ref) -> Any:
        if ends[0] <= lines[0] and lines[1] <= ends[1]:
            return cell
        if lines[1] < ends[0] or lines[0] > ends[1]:
            return ErrorValue("#VALUE!")
        raise UnevenError

    def _combined(self, operator: str, left: Any, right: Any) -> Any:
        first, second = self.tree(left, "r"), self.tree(right, "r")
        if operator == ",":
            return Call("UNION", (first, second))
        if operator == ":":
            first, second = self._corner(first), self._corner(second)
        for end in (first, second):
            if isinstance(end, ErrorValue):
                return end
        if not (isinstance(first, Ref) and isinstance(second, Ref)):
            raise UnsupportedError("joins references that only running it would tell (`A1:INDEX(…)` or the like)")
        corners = [(r.top, r.left, r.bottom, r.right) for r in (first, second)]
        if self._region.cells > 1 and any(not corner.is_fixed for four in corners for corner in four):
            raise UnevenError
        a, b = ([corner.base for corner in four] for four in corners)
        if operator == ":":
            if first.sheet != second.sheet:
                raise UnsupportedError(f"joins cells of the sheets '{first.sheet}' and '{second.sheet}'")
            return fixed_range(first.sheet, min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
        top, left_, bottom, right_ = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
        if first.sheet != second.sheet or top > bottom or left_ > right_:
            return ErrorValue("#NULL!")
        return fixed_range(first.sheet, top, left_, bottom, right_)

    def _corner(self, found: Any) -> Any:
        """One end of `A1:INDEX(…)`: the cells that it was when the workbook was saved."""
        if not is_lookup(found):
            return found
        if self._region.cells > 1:
            raise UnevenError
        return led_to(found, lambda part: self._saved(part)[0])

    def _spill(self, operand: Any) -> Any:
        ref = self.tree(operand, "r")
        if not isinstance(ref, Ref) or not ref.is_cell:
            raise UnsupportedError("takes `#` of something that is no cell")
        if self._region.cells > 1 and not (ref.top.is_fixed and ref.left.is_fixed):
            raise UnevenError
        area = self._names.spills.get((ref.sheet, ref.top.base, ref.left.base))
        if area is None:
            return ErrorValue("#REF!")
        return fixed_range(ref.sheet, *rectangle(area))

    def _structured(self, node: Structured) -> Ref:
        table = self._table(node.table)
        top, left, bottom, right = rectangle(table.area)
        words = {part.lower() for part in node.parts if part.startswith("#")}
        columns = [unescaped(part) for part in node.parts if not part.startswith("#") and part != ":"]
        known = {name.lower(): k for k, name in enumerate(table.columns)}
        missing = [name for name in columns if name and name.lower() not in known]
        if missing:
            raise UnsupportedError(f"names the column '{missing[0]}', which the table '{table.name}' does not have")
        places = [known[name.lower()] for name in columns if name]
        if places:
            left, right = left + min(places), left + max(places)
        body = top + table.heading_rows, bottom - table.total_rows
        if "#this row" in words:
            row = AffineIndex(self._region.row, 1)
            return Ref(table.sheet, row, AffineIndex(left), row, AffineIndex(right))
        low = top if words & {"#all", "#headers"} else bottom if words == {"#totals"} else body[0]
        high = bottom if words & {"#all", "#totals"} else top if words == {"#headers"} else body[1]
        return fixed_range(table.sheet, low, left, high, right)

    def _table(self, name: str) -> Table:
        if name:
            table = self._names.tables.get(name.lower())
            if table is None:
                raise UnsupportedError(f"names a table '{name}', which is not there")
            return table
        for table in self._names.tables.values():
            top, left, bottom, right = rectangle(table.area)
            inside = top <= self._region.row <= bottom and left <= self._region.column <= right
            if table.sheet == self._region.sheet and inside:
                return table
        raise UnsupportedError("names a column of a table, and stands in none")

    def _sheet(self, name: str) -> str:
        if not name:
            return self._region.sheet
        found = self._names.titles.get(name.lower())
        if found is None:
            kind = "another workbook" if name.startswith("[") else f"a sheet '{name}', which is not there"
            raise UnsupportedError(f"reads {kind}")
        return found

    # Names

    def _name(self, node: Name, want: str) -> Any:
        local = self._scope.get(node.name.lower())
        if local is not None and node.sheet.lower() in ("", "_xlpm", _OMITTABLE):
            return Local(local)
        text = self._defined(node)
        if text is None:
            is_table = not node.sheet and node.name.lower() in self._names.tables
            return (
                self._intersected(self._structured(Structured(node.name, ())), want)
                if is_table
                else ErrorValue("#NAME?")
            )
        if self._named > _UNTIL_NAMES:
            raise UnsupportedError(f"names '{node.name}', which names itself")
        if is_lambda(text):
            self._function(node.name, text)
            return Local(python_name(node.name))
        text = as_operand(text)
        inner = _Formula(self._lowering, self._region, named=self._named + 1, text=text)
        try:
            found = inner.tree(parse(text), "a" if want == "a" else "r")
        except FormulaError as error:
            raise UnsupportedError(f"names '{node.name}', which can't be read ({error})") from error
        return self._intersected(found, want)

    def _defined(self, node: Name) -> str | None:
        defined = self._names.defined
        name = node.name.lower()
        if node.sheet:
            sheet = node.sheet.lower()
            return (
                defined.get(f"{sheet}!{name}")
                or defined.get(f"{sheet}.{name}")
                or (defined.get(name) if sheet in self._names.titles else None)
            )
        return defined.get(f"{self._region.sheet.lower()}!{name}") or defined.get(name)

    def _function(self, name: str, text: str) -> None:
        """Keep a defined name that is a LAMBDA, once."""
        known = python_name(name)
        if known in self._lowering.lambdas:
            return
        self._lowering.lambdas[known] = Function((), Number(0.0))
        inner = _Formula(self._lowering, self._region, named=self._named + 1)
        found = inner.tree(parse(text.removeprefix("=")), "f")
        assert isinstance(found, Function)
        self._lowering.lambdas[known] = found

    # Calls

    def _call(self, node: Call, want: str) -> Any:
        special = _SPECIAL.get(node.function)
        if special is not None:
            if len(node.arguments) < _LEAST.get(node.function, 0):
                raise _too_few(node)
            return special(self, node, want)
        called = node.function.lower()
        local = self._scope.get(called.removeprefix("_xlpm."))
        # A variable may be called as a function of Excel's: a call of it then has a prefix in the file.
        if local is not None and (called.startswith("_xlpm.") or node.function not in FUNCTIONS):
            return Invoke(Local(local), tuple(None if a is None else self.tree(a, "r") for a in node.arguments))
        if node.function not in FUNCTIONS:
            function = self._defined(Name(node.function))
            if function is not None and is_lambda(function):
                self._function(node.function, function)
                arguments = tuple(None if a is None else self.tree(a, "r") for a in node.arguments)
                return Invoke(Local(python_name(node.function)), arguments)
            if self._caught and node.function not in UNSUPPORTED:
                # Nobody knows it: an add-in's, or one of another program's.
                return ErrorValue("#NAME?")
            raise UnsupportedError(f"uses {node.function}, which is not supported")
        signature = FUNCTIONS[node.function]
        if len(node.arguments) < max(signature.least, bool(signature.takes)):
            raise _too_few(node)
        # The fourth argument of INDEX, an area, is none of the helper's.
        if len(node.arguments) > signature.most + (node.function == "INDEX"):
            raise UnsupportedError(f"gives {node.function} too many arguments")
        self._caught += node.function in _TAKE_ERRORS
        found = fitting(Call(node.function, self._arguments(FUNCTIONS[node.function], node.arguments, want)))
        self._caught -= node.function in _TAKE_ERRORS
        if node.function in ("SUBTOTAL", "AGGREGATE"):
            return self._counted_parts(found)
        if node.function in _COUNT_BLANKS:
            return self._with_blanks_beyond(node, found)
        if node.function != "INDEX":
            return found
        return in_area(found) if len(node.arguments) == 4 else self._indexed(found, want)

    def _with_blanks_beyond(self, node: Call, found: Call) -> Any:
        """A count over whole columns or rows: with the blank cells after all that are filled, if it counts these."""
        pairs = len(found.arguments) > 1
        ranges, criteria = found.arguments[:: 1 + pairs], found.arguments[1::2] if pairs else ()
        axes = {self._axis_of_line(a) for a in node.arguments[:: 1 + pairs]}
        first = ranges[0]
        if len(axes) > 1 or None in axes or not isinstance(first, Ref) or not all(map(self._takes_blank, criteria)):
            return found
        axis, beyond = axes.pop(), list[Ref]()
        left = MAX_ROW - first.bottom.base if axis == 0 else MAX_COLUMN - first.right.base
        if not left:
            return found
        for ref in ranges:
            assert isinstance(ref, Ref)
            cell = (
                (ref.bottom.plus(AffineIndex(1)), ref.left) if axis == 0 else (ref.top, ref.right.plus(AffineIndex(1)))
            )
            beyond.append(Ref(ref.sheet, *2 * cell))
        lines = gap(first.right, first.left) if axis == 0 else gap(first.bottom, first.top)
        given: list[Any] = (
            [part for pair in zip(beyond, criteria, strict=True) for part in pair] if pairs else [*beyond]
        )
        return Binary("+", found, Binary("*", Number(float(left * lines.base)), Call(node.function, tuple(given))))

    def _axis_of_line(self, node: Any) -> int | None:
        """0 for whole columns, 1 for whole rows, named or not; None for all else."""
        if isinstance(node, Name) and (text := self._defined(node)) is not None:
            try:
                node = parse(text.removeprefix("="))
            except FormulaError:
                return None
        if not isinstance(node, Range) or ":" in node.sheet:
            return None
        is_line = (node.last[0] - node.first[0] + 1 == MAX_ROW, node.last[1] - node.first[1] + 1 == MAX_COLUMN)
        return 0 if is_line[0] else 1 if is_line[1] else None

    def _takes_blank(self, criterion: Any) -> bool:
        """Whether a blank cell meets a criterion, as this was when the workbook was saved."""
        test = HELPERS["criterion"]
        try:
            return any(test(value)(None) for value in self._saved(criterion))
        except UnsupportedError:
            return False

    def _counted_parts(self, node: Call) -> Call:
        """SUBTOTAL or AGGREGATE of what it counts: no hidden rows where it leaves them out, and mostly no totals."""
        count = 1 if node.function == "SUBTOTAL" else 2
        *_, last = choices = node.arguments[:count]
        if not isinstance(last, Number):
            known = set(self._saved(last))
            if len(known) > 1:
                raise UnevenError
            last = _literal(known.pop())
        option = int(last.value) if isinstance(last, Number) else 0
        hidden = self._names.hidden if (option > 100 if count == 1 else option % 2) else {}
        if count == 1 and option <= 100:
            hidden = self._names.filtered
        kept: list[Any] = list(choices)
        for argument in node.arguments[count:]:
            parts = [argument]
            match argument:
                case Ref():
                    area = argument.hull(self._region.height, self._region.width)
                    cells, out = self._names.cells[argument.sheet], hidden.get(argument.sheet, frozenset())
                    parts = [*parts_counted(argument, area, cells, out, past_totals=count == 1 or option < 4)]
                case Call("OFFSET", (Ref() as ref, *moves)):
                    parts = [Call("OFFSET", (self._shown_part(ref, hidden), *moves))]
            if parts != [argument] and self._region.cells > 1:
                raise UnevenError
            if len(parts) > 1 and count == 2 and len(node.arguments) == 4:
                # LARGE and its kin take one array, and a rank after it.
                parts = [Call("VSTACK", tuple(parts))]
            kept += parts
        return Call(node.function, tuple(kept))

    def _shown_part(self, ref: Ref, hidden: Mapping[str, frozenset[int]]) -> Any:
        """A range whose hidden rows are taken as blank."""
        top, _, bottom, _ = ref.hull(self._region.height, self._region.width)
        out = sorted(row - top for row in hidden.get(ref.sheet, ()) if top <= row <= bottom)
        places = Constants((tuple(Number(float(row)) for row in out),))
        return Call(SHOWN_ROWS, (ref, places)) if out else ref

    def _arguments(self, signature: Signature, arguments: tuple[Any, ...], want: str) -> tuple[Any, ...]:
        found: list[Any] = []
        for place, argument in enumerate(arguments):
            takes = signature.at(place).lower()
            if signature.helper == "MAP" and place == len(arguments) - 1:
                takes = "f"
            each = want if takes == "i" else "a" if want == "a" and takes in "sr" else takes
            found.append(None if argument is None else self.tree(argument, each))
        return tuple(found)

    def take_let(self, node: Call, want: str) -> Any:
        outer = dict(self._scope)
        bound: list[Any] = []
        *pairs, body = node.arguments
        if len(pairs) % 2:
            raise _too_few(node)
        for name, value in zip(pairs[::2], pairs[1::2], strict=True):
            found = self.tree(value, "a" if want == "a" else "r")
            bound += [Local(self._bind(name)), found]
        result = self.tree(body, want)
        self._scope = outer
        return Call("LET", (*bound, result))

    def take_lambda(self, node: Call, _: str) -> Any:
        outer = dict(self._scope)
        *parameters, body = node.arguments
        names = tuple(self._bind(parameter) for parameter in parameters)
        result = self.tree(body, "a")
        self._scope = outer
        optional = sum(
            isinstance(parameter, Name) and parameter.sheet.lower() == _OMITTABLE for parameter in parameters
        )
        return Function(names, result, optional)

    def _bind(self, name: Any) -> str:
        if not isinstance(name, Name):
            raise UnsupportedError("names a variable of LET or LAMBDA by something that is no name")
        self._scope[name.name.lower()] = python_name(name.name)
        return self._scope[name.name.lower()]

    def take_single(self, node: Call, _: str) -> Any:
        return self.tree(node.arguments[0], "s")

    def take_anchorarray(self, node: Call, _: str) -> Any:
        return self._spill(node.arguments[0])

    def take_table(self, node: Call, _: str) -> Any:
        """A what-if table: its values stand above it and to its left, its formulas where these have room for them."""
        region = self._region
        top, left, bottom, right = region.rectangle
        if not region.array or len(node.arguments) != 2 or top == 1 or left == 1:
            raise UnsupportedError("uses TABLE, which is not supported")
        row, column = (None if cell is None else self.tree(cell, "r") for cell in node.arguments)
        if not all(cell is None or (isinstance(cell, Ref) and cell.is_cell) for cell in (row, column)):
            raise UnsupportedError("is a what-if table whose input is no cell")
        above = fixed_range(region.sheet, top - 1, left, top - 1, right)
        beside = fixed_range(region.sheet, top, left - 1, bottom, left - 1)
        corner = fixed_range(region.sheet, top - 1, left - 1, top - 1, left - 1)
        formulas = above if row is None else beside if column is None else corner
        given = (row, None if row is None else above, column, None if column is None else beside)
        return Call(WHAT_IF, (formulas, *given))

    def take_row(self, node: Call, want: str) -> Any:
        return self._place(node, want, 0)

    def take_column(self, node: Call, want: str) -> Any:
        return self._place(node, want, 1)

    def _place(self, node: Call, want: str, axis: int) -> Any:
        if not node.arguments:
            own = AffineIndex(self._region.row, 1) if axis == 0 else AffineIndex(self._region.column, 0, 1)
            return IndexValue(own)
        ref = self.tree(node.arguments[0], "r")
        if not isinstance(ref, Ref):
            raise UnsupportedError(f"asks for the {('row', 'column')[axis]} of something that is no reference")
        first, last = (ref.top, ref.bottom) if axis == 0 else (ref.left, ref.right)
        if want == "s" or first == last:
            return IndexValue(first)
        count = IndexValue(AffineIndex(last.base - first.base + 1, last.down - first.down, last.across - first.across))
        one = Number(1.0)
        return Call("SEQUENCE", (count, one, IndexValue(first)) if axis == 0 else (one, count, IndexValue(first)))

    def take_areas(self, node: Call, _: str) -> Any:
        found = self.tree(node.arguments[0], "r")
        return found if isinstance(found, ErrorValue) else Number(float(count_areas(found)))

    def take_isref(self, node: Call, _: str) -> Any:
        found = self._corner(self.tree(node.arguments[0], "r"))
        return Boolean(isinstance(found, Ref) or (isinstance(found, Call) and found.function == "UNION"))

    def take_type(self, node: Call, want: str) -> Any:
        """What kind of value an argument is: 64 of all that is more than one."""
        found = self.tree(node.arguments[0], "r")
        many = isinstance(found, Constants) and len(found.rows) * len(found.rows[0]) > 1
        if many or (isinstance(found, Ref) and not found.is_cell):
            return Number(64.0)
        return Call("TYPE", (found if isinstance(found, Constants) else self.tree(node.arguments[0], want),))

    def take_cell(self, node: Call, _: str) -> Any:
        """What CELL tells of a reference's first cell: all but its format."""
        kind = self.tree(node.arguments[0], "s")
        info = kind.value.lower() if isinstance(kind, Text) else ""
        found = self._corner(self.tree(node.arguments[1], "r")) if len(node.arguments) > 1 else None
        if info == "filename":
            # Not the folder, which no file knows; the sheet's title after it is what formulas cut out.
            return Text(f"[workbook.xlsx]{found.sheet if isinstance(found, Ref) else self._region.sheet}")
        if isinstance(found, ErrorValue):
            return found
        if not isinstance(found, Ref) or info not in ("address", "col", "contents", "row", "type"):
            raise UnsupportedError("asks CELL for what only running it would tell")
        corner = replace(found, bottom=found.top, right=found.left)
        place = IndexValue(found.top), IndexValue(found.left)
        if info == "address" and found.sheet != self._region.sheet:
            raise UnsupportedError("asks CELL for an address on another sheet")
        kinds = (Text("l"), Text("v"))
        return {
            "row": place[0],
            "col": place[1],
            "address": Call("ADDRESS", place),
            "contents": corner,
            "type": Call(
                "IF", (Call("ISBLANK", (corner,)), Text("b"), Call("IF", (Call("ISTEXT", (corner,)), *kinds)))
            ),
        }[info]

    def take_sheet(self, node: Call, _: str) -> Any:
        """The place of a sheet among all: its own, that of a reference, or that of a title."""
        found = self.tree(node.arguments[0], "r") if node.arguments else None
        title = (
            found.sheet if isinstance(found, Ref) else found.value if isinstance(found, Text) else self._region.sheet
        )
        titles = list(self._names.titles)
        return Number(titles.index(title.lower()) + 1.0) if title.lower() in titles else ErrorValue("#N/A")

    def take_sheets(self, node: Call, _: str) -> Any:
        return Number(1.0 if node.arguments else float(len(self._names.titles)))

    def take_isformula(self, node: Call, _: str) -> Any:
        return Boolean(self._formula_at(node) is not None)

    def take_formulatext(self, node: Call, _: str) -> Any:
        formula = self._formula_at(node)
        return ErrorValue("#N/A") if formula is None else Text(f"={_SPELLED.sub('', formula)}")

    def _formula_at(self, node: Call) -> str | None:
        """The formula of the cell that a function asks about."""
        ref = self._corner(self.tree(node.arguments[0], "r"))
        if not isinstance(ref, Ref):
            raise UnsupportedError(f"asks {node.function} of something that is no reference")
        if self._region.cells > 1:
            raise UnevenError
        cell = self._names.cells[ref.sheet].get((ref.top.base, ref.left.base))
        return None if cell is None else cell.formula

    def take_rows(self, node: Call, _: str) -> Any:
        return self._extent(node, 0)

    def take_columns(self, node: Call, _: str) -> Any:
        return self._extent(node, 1)

    def _extent(self, node: Call, axis: int) -> Any:
        ref = self.tree(node.arguments[0], "r")
        if not isinstance(ref, Ref):
            return Call(node.function, (ref,))
        first, last = (ref.top, ref.bottom) if axis == 0 else (ref.left, ref.right)
        given = node.arguments[0]
        if isinstance(given, Range) and given.last[axis] == (MAX_ROW, MAX_COLUMN)[axis] and given.first[axis] == 1:
            return Number(float((MAX_ROW, MAX_COLUMN)[axis]))
        return IndexValue(AffineIndex(last.base - first.base + 1, last.down - first.down, last.across - first.across))

    def take_constant(self, node: Call, _: str) -> Any:
        return Boolean(node.function == "TRUE")

    def take_offset(self, node: Call, want: str) -> Any:
        """OFFSET as a place in what it was seen to reach."""
        base = self.tree(node.arguments[0], "r")
        if isinstance(base, ErrorValue):
            return base
        if not isinstance(base, Ref):
            raise UnsupportedError("takes OFFSET of something that is no reference")
        many = want == "a" or any(isinstance(part, Constants) for a in node.arguments[1:] if a for part in walk(a))
        given = [None if a is None else self.tree(a, "a" if many else "s") for a in node.arguments[1:]]
        rows, columns, tall, wide = (*given, None, None, None)[:4]
        beside = self._beside(base, rows, columns, tall, wide)
        if beside is not None:
            return self._intersected(beside, want)
        is_array = many and any(self._is_array(part) for part in given)
        hull = self._reached(base, rows, columns, tall, wide, is_array=is_array)
        if hull is None:
            return ErrorValue("#REF!")
        if self._region.cells > 1 and self._holds_own_cell(hull):
            raise UnevenError
        one = Number(1.0)
        if base.is_cell and not is_array and all(size is None or size == one for size in (tall, wide)):
            if columns in (None, Number(0.0)):
                hull = replace(hull, left=base.left, right=base.left)
            row = added(rows, gap(base.top, hull.top))
            column = one if hull.left == hull.right else added(columns, gap(base.left, hull.left))
            return Call("INDEX", (hull, row, column))
        corner = Constants(
            (
                (
                    IndexValue(gap(base.top, hull.top, 0)),
                    IndexValue(gap(base.left, hull.left, 0)),
                    IndexValue(gap(base.bottom, base.top)),
                    IndexValue(gap(base.right, base.left)),
                ),
            )
        )
        found = Call("OFFSET", (hull, corner, rows or Number(0.0), columns or Number(0.0), tall, wide))
        return self._intersected(found, want)

    def _beside(self, base: Ref, rows: Any, columns: Any, tall: Any, wide: Any) -> Ref | None:
        """Where OFFSET leads if the place of its cell alone decides that; else None, as where it leaves the sheet."""
        moves = [AffineIndex(0) if node is None else linear(node) for node in (rows, columns)]
        sizes = [
            gap(last, first) if node is None else linear(node)
            for node, last, first in ((tall, base.bottom, base.top), (wide, base.right, base.left))
        ]
        if any(found is None for found in (*moves, *sizes)):
            return None
        down, across, height, width = (found for found in (*moves, *sizes) if found is not None)
        lines, places = self._line(base.top.plus(down), height), self._line(base.left.plus(across), width)
        if lines is None or places is None:
            return None
        return self._on_sheet(Ref(base.sheet, lines[0], places[0], lines[1], places[1]))

    def _line(self, start: AffineIndex, size: AffineIndex) -> tuple[AffineIndex, AffineIndex] | None:
        """The first and the last of so many rows or columns; a negative number of them ends at the start."""
        low, high = size.ends(self._region.height, self._region.width)
        if low >= 1:
            return start, end_of(start, size)
        return (start.plus(size).plus(AffineIndex(1)), start) if high <= -1 else None

    def _indexed(self, node: Call, want: str) -> Any:
        """INDEX as a reference, if the place of its cell alone decides where it leads."""
        array, *places = node.arguments
        if not isinstance(array, Ref) or len(places) not in (1, 2):
            return node
        places = [Number(0.0) if place is None else place for place in places]
        height, width = gap(array.bottom, array.top), gap(array.right, array.left)
        if len(places) == 1:
            if AffineIndex(1) not in (height, width):
                return node
            places = [Number(1.0), places[0]] if height == AffineIndex(1) else [places[0], Number(1.0)]
        row, column = (AffineIndex(int(p.value)) if isinstance(p, Number) else linear(p) for p in places)
        corners: list[AffineIndex] = []
        for place, size, first, last in (
            (row, height, array.top, array.bottom),
            (column, width, array.left, array.right),
        ):
            if place is None or not size.is_fixed:
                return node
            low, high = place.ends(self._region.height, self._region.width)
            if (low, high) == (0, 0):
                corners += [first, last]
            elif low >= 1 and high <= size.base:
                corners += 2 * [first.plus(place).plus(AffineIndex(-1))]
            else:
                return node
        ref = Ref(array.sheet, corners[0], corners[2], corners[1], corners[3])
        return self._intersected(ref, want)

    def _on_sheet(self, ref: Ref) -> Ref | None:
        top, left, bottom, right = ref.hull(self._region.height, self._region.width)
        return ref if top >= 1 and left >= 1 and bottom <= MAX_ROW and right <= MAX_COLUMN else None

    def _holds_own_cell(self, ref: Ref) -> bool:
        region = self._region
        top, left, bottom, right = ref.hull(1, 1)
        is_apart = top >= region.row + region.height or bottom < region.row
        is_apart = is_apart or left >= region.column + region.width or right < region.column
        return ref.sheet == region.sheet and not is_apart

    def _is_array(self, part: Any) -> bool:
        """Whether a part of the formula was more than one value when the workbook was saved."""
        leaf = part is None or isinstance(part, Number | IndexValue) or (isinstance(part, Ref) and part.is_cell)
        return not leaf and (len(rows := self._elements(part)) > 1 or len(rows[0]) > 1)

    def has_no_room(self, tree: Any) -> bool:
        """Whether what a dynamic array gives is more than its cell, and the cells beside it are taken."""
        cells = self._names.cells[self._region.sheet]
        place = (self._region.row, self._region.column)
        if (cell := cells.get(place)) is not None and cell.value == CellError("#SPILL!"):
            return True
        try:
            height, width = (self._saved(Call(name, (tree,)))[0] for name in ("ROWS", "COLUMNS"))
        except UnsupportedError:
            return False
        if not (isinstance(height, float) and isinstance(width, float)):
            return False
        area = (*place, place[0] + int(height) - 1, place[1] + int(width) - 1)
        return any(taken != place for taken in within(cells, area))

    def _elements(self, part: Any) -> list[list[Any]]:
        """All that a part of one cell's formula was when the workbook was saved, row by row."""
        if self._region.cells > 1 and not self._region.whole:
            raise UnevenError
        height, width = (self._saved(Call(name, (part,)))[0] for name in ("ROWS", "COLUMNS"))
        if not (isinstance(height, float) and isinstance(width, float) and height * width <= _MOST_REFERENCES):
            raise UnsupportedError("uses OFFSET or INDIRECT in a way that can't be followed")
        return [
            [self._saved(Call("INDEX", (part, Number(i + 1.0), Number(j + 1.0))))[0] for j in range(int(width))]
            for i in range(int(height))
        ]

    def _reached(
        self, base: Ref, rows: Any, columns: Any, tall: Any, wide: Any, *, is_array: bool = False
    ) -> Ref | None:
        """All cells that OFFSET led to when the workbook was saved; None where it led off the sheet."""
        height, width = gap(base.bottom, base.top), gap(base.right, base.left)
        parts = (
            IndexValue(base.top),
            rows,
            IndexValue(base.left),
            columns,
            tall or IndexValue(height),
            wide or IndexValue(width),
        )
        values = self._extremes(parts) if is_array else [self._saved(part) for part in parts]
        tops, lefts, bottoms, rights = [], [], [], []
        for top, down, left, across, high, broad in zip(*values, strict=True):
            if not all(isinstance(v, int | float) for v in (top, down, left, across, high, broad)):
                continue
            start, begin = int(top) + int(down), int(left) + int(across)
            # A negative height or width counts from the cell upwards or to the left.
            ends = (start + int(high) - (1 if high > 0 else -1), begin + int(broad) - (1 if broad > 0 else -1))
            if min(start, begin, *ends) < 1 or max(start, ends[0]) > MAX_ROW or max(begin, ends[1]) > MAX_COLUMN:
                continue
            tops.append(min(start, ends[0]))
            lefts.append(min(begin, ends[1]))
            bottoms.append(max(ends[0], start))
            rights.append(max(ends[1], begin))
        if not tops:
            return None
        return fixed_range(base.sheet, min(tops), min(lefts), max(bottoms), max(rights))

    def _extremes(self, parts: Sequence[Any]) -> list[Sequence[Any]]:
        """The least and the largest that each part was among its elements, in all combinations."""
        every = [[0.0] if part is None else [v for line in self._elements(part) for v in line] for part in parts]
        if not all(isinstance(v, float | int) for found in every for v in found):
            raise UnsupportedError("moves by something else than numbers")
        ends: list[list[float]] = [sorted({min(found), max(found)}) for found in every]
        return list(zip(*product(*ends), strict=True))

    def _saved(self, part: Any) -> list[Any]:
        if part is None:
            return [0.0] * self._region.cells
        try:
            return self._lowering.saved(part, self._region, self._lowering.lambdas)
        except UnclearError as error:
            raise UnsupportedError(f"uses OFFSET or INDIRECT in a way that can't be followed ({error})") from error

    def take_indirect(self, node: Call, want: str) -> Any:
        """INDIRECT as the reference that it was when the workbook was saved."""
        if self._region.cells > 1 and not self._region.whole:
            raise UnevenError
        style = self.tree(node.arguments[1], "s") if len(node.arguments) > 1 and node.arguments[1] is not None else None
        is_a1 = style is None or bool(self._saved(style)[0])
        many = want == "a" or any(isinstance(part, Constants) for part in walk(node.arguments[0]))
        argument = self.tree(node.arguments[0], "a" if many else "s")
        if many and self._is_array(argument):
            rows = ((self._named_by(text, "r", is_a1=is_a1) for text in line) for line in self._elements(argument))
            return Constants(tuple(tuple(Call(AREA, (found,)) for found in line) for line in rows))
        return self._named_by(self._saved(argument)[0], want, is_a1=is_a1)

    def _named_by(self, text: Any, want: str, *, is_a1: bool) -> Any:
        """The reference that a text names; #REF! where it names none."""
        try:
            plain = (
                text if is_a1 or not isinstance(text, str) else from_r1c1(text, self._region.row, self._region.column)
            )
            found = parse(plain) if isinstance(plain, str) else None
        except FormulaError:
            found = None
        if found is None or (isinstance(found, Range) and found.sheet and self._is_lost(found.sheet)):
            return ErrorValue("#REF!")
        tree = _Formula(self._lowering, self._region, named=self._named + 1).tree(found, want)
        return ErrorValue("#REF!") if tree == ErrorValue("#NAME?") else tree

    def _is_lost(self, title: str) -> bool:
        return not title.startswith("[") and title.lower() not in self._names.titles


_SPECIAL = {
    "OFFSET": _Formula.take_offset,
    "INDIRECT": _Formula.take_indirect,
    "LET": _Formula.take_let,
    "LAMBDA": _Formula.take_lambda,
    "SINGLE": _Formula.take_single,
    "ANCHORARRAY": _Formula.take_anchorarray,
    "TABLE": _Formula.take_table,
    "ROW": _Formula.take_row,
    "COLUMN": _Formula.take_column,
    "AREAS": _Formula.take_areas,
    "CELL": _Formula.take_cell,
    "TYPE": _Formula.take_type,
    "ISREF": _Formula.take_isref,
    "SHEET": _Formula.take_sheet,
    "SHEETS": _Formula.take_sheets,
    "ISFORMULA": _Formula.take_isformula,
    "FORMULATEXT": _Formula.take_formulatext,
    "ROWS": _Formula.take_rows,
    "COLUMNS": _Formula.take_columns,
    "TRUE": _Formula.take_constant,
    "FALSE": _Formula.take_constant,
}

_LEAST = dict.fromkeys(
    ("OFFSET", "INDIRECT", "LET", "LAMBDA", "SINGLE", "ANCHORARRAY", "AREAS", "CELL", "TYPE", "ISREF"), 1
)
_LEAST |= dict.fromkeys(("ISFORMULA", "FORMULATEXT", "ROWS", "COLUMNS"), 1)
"""How many arguments these must have; other functions say so in their signature."""


def _too_few(node: Call) -> UnsupportedError:
    return UnsupportedError(f"gives {node.function} too few arguments")
