"""A formula's tree as a JavaScript expression: arithmetic where it gives numbers, Excel's operators elsewhere."""

import json
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from workbook.formula.grammar import Binary, Boolean, Call, Constants, ErrorValue, Invoke, Number, Text, Unary
from workbook.transpile.back.javascript import shapes
from workbook.transpile.back.javascript.functions import Form, form_of
from workbook.transpile.back.javascript.grids import Element, Grids
from workbook.transpile.back.javascript.kept import Kept
from workbook.transpile.back.javascript.shapes import BRANCHES, COMPARISONS, affine, extent, kind, shape
from workbook.transpile.errors import UnclearError
from workbook.transpile.front.tree import AffineIndex, Function, IndexValue, Local, Ref, depth

_LIFTED = {"+": "add", "-": "subtract", "*": "multiply", "/": "div", "^": "power", "&": "join"}
_BESIDE_ZERO = {"=": "({0}===0)", "<>": "({0}!==0)", "<": "({0}<0)", ">": "({0}>0)", "<=": "!({0}>0)", ">=": "!({0}<0)"}
"""Comparisons of a number with 0."""
_DEEPEST = 300
_FEW = 6
"""The most arguments of MAX and MIN that are compared one after the other."""


def literal(value: str | float | bool | None) -> str:
    """A value as JavaScript has it; a text as a string in which nothing can end the script that it stands in."""
    return json.dumps(value).replace("<", "\\u003c")


class Writer:
    """Writes the expressions of one region.

    Args:
        grids: of each sheet its number and its width.
        height: the region's rows.
        width: the region's columns.
    """

    def __init__(self, grids: dict[str, tuple[int, int]], height: int, width: int) -> None:
        self._fresh = count(1)
        self._grids = Grids(grids, self._name)
        self._kept = Kept(self._grids, height, width, self._name)
        self.levels = self._kept.levels
        """What is kept of parts of the formula: for all cells, for those of a row, for one cell."""
        self.rows = self._grids.rows
        """What is computed once a row: expressions, and the names that stand for them."""
        self.slots = self._kept.slots
        """The sums of products that are computed a row at a time, and what computes them."""
        self.constants: dict[str, str] = {}
        """Array constants: their texts, and the names that stand for them."""

    def _name(self) -> str:
        """A name that nothing has yet."""
        return f"m{next(self._fresh)}"

    # Single values

    def number(self, node: Any, element: Element = None) -> str:
        """The text of a number."""
        match node:
            case None:
                return "0"
            case Number(value):
                text = repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
                return f"({text})" if value < 0 else text
            case IndexValue(value):
                return f"({affine(value)})"
            case Boolean(value):
                return "1" if value else "0"
            case Ref() if node.is_cell or element is not None:
                return self._grids.number(node, element)
            case Unary() | Binary() if self._is_plain(node, element) and kind(node) == "n":
                text = self._arithmetic(node, element)
                return text if element is not None else self._kept.text(node, text, False)
        if kind(node) == "b":
            return f"(+{self.truth(node, element)})"
        if kind(node) == "n":
            return self._typed(node, element)
        return f"num({self.value(node, element)})"

    def truth(self, node: Any, element: Element = None) -> str:
        """The text of a condition."""
        match node:
            case Boolean(value):
                return "true" if value else "false"
            case Binary(operator, left, right) if operator in COMPARISONS and self._is_plain(node, element):
                text = self._comparison(operator, left, right, element)
                return self._kept.text(node, text, element is not None) if shape(node) == "one" else text
        if kind(node) == "b":
            return self._typed(node, element)
        if kind(node) == "n":
            return f"({self.number(node, element)}!==0)"
        return f"truth({self.value(node, element)})"

    def _comparison(self, operator: str, left: Any, right: Any, element: Element) -> str:
        plain = f"{COMPARISONS[operator]}({self.value(left, element)},{self.value(right, element)})"
        if right != Number(0.0):
            return plain
        # Beside 0 no two numbers have the same first 15 digits.
        sign = _BESIDE_ZERO[operator]
        if isinstance(left, Ref) and (left.is_cell or element is not None):
            return self._grids.read(left, element, sign, plain)
        return sign.format(self.number(left, element)) if kind(left) == "n" else plain

    def text(self, node: Any, element: Element = None) -> str:
        """The text of a text."""
        match node:
            case Text(value):
                return literal(value)
            case Binary("&", left, right) if self._is_plain(node, element):
                return f"({self.text(left, element)}+{self.text(right, element)})"
        if kind(node) == "t":
            return self._typed(node, element)
        return f"txt({self.value(node, element)})"

    def value(self, node: Any, element: Element = None) -> str:
        """The text of any single value."""
        match node:
            case None:
                return "null"
            case ErrorValue(code):
                return f"fail({literal(code)})"
            case Local(name):
                return f"one(sure(L_{name}))"
            case Ref() if node.is_cell or element is not None:
                return f"G({self._grids.at(node, element)})"
        found = kind(node)
        if found == "n":
            return self.number(node, element)
        if found == "b":
            return self.truth(node, element)
        return self.text(node, element) if found == "t" else self._typed(node, element)

    def single(self, node: Any) -> str:
        """The text of one value, the first of an array."""
        return self.value(node) if shape(node) == "one" else f"one({self.whole(node)})"

    def _is_plain(self, node: Any, element: Element) -> bool:
        """Whether it can be written for a single value, or for an element of an array that is computed by elements."""
        return shape(node) == "one" or (element is not None and shapes.size(node) is not None)

    def _arithmetic(self, node: Unary | Binary, element: Element) -> str:
        match node:
            case Unary("-", operand):
                return f"(-{self.number(operand, element)})"
            case Unary("%", operand):
                return f"({self.number(operand, element)}/100)"
            case Binary("^", left, Number(2.0)):
                return f"square({self.number(left, element)})"
            case Binary("/", left, Number(value)) if value:
                return f"({self.number(left, element)}/{self.number(node.right, element)})"
            case Binary(("/" | "^") as operator, left, right):
                helper = "div" if operator == "/" else "power"
                return f"{helper}({self.number(left, element)},{self.number(right, element)})"
            case Binary(operator, left, right) if operator in "+-*":
                return f"({self.number(left, element)}{operator}{self.number(right, element)})"
        raise UnclearError(f"no form for the operator {node.operator}")

    def _typed(self, node: Any, element: Element) -> str:
        """The text of a node whose kind is told by its function."""
        if shape(node) != "one" and not (element is not None and shapes.size(node) is not None):
            # What is no single value has its first one; within a loop over elements, the one of that place.
            whole = self._kept.text(node, self.whole(node), True)
            return f"one({whole})" if element is None else f"sure(spreadAt({whole},{element[0]},{element[1]}))"
        if shapes.is_array_source(node) and shape(node) != "one":
            assert element is not None
            return f"sure(spreadAt({self._kept.text(node, self.area(node), True)},{element[0]},{element[1]}))"
        if not isinstance(node, Call):
            raise UnclearError(f"no form for {type(node).__name__}")
        text = self._branching(node, element) or self._special(node, element) or self._call(node, element)
        # What differs from element to element is not kept.
        return self._kept.text(node, text, element is not None) if shape(node) == "one" else text

    # Branches

    def _of_kind(self, found: str) -> Callable[[Any, Element], str]:
        return {"n": self.number, "b": self.truth, "t": self.text, "v": self.value}[found]

    def _branching(self, node: Call, element: Element) -> str:
        name, arguments = node.function, node.arguments
        write = self._of_kind(kind(node))
        match name:
            case "IF":
                other = "false" if len(arguments) < 3 else write(arguments[2], element)
                return f"({self.truth(arguments[0], element)}?{write(arguments[1], element)}:{other})"
            case "IFERROR" | "IFNA":
                tried = write(arguments[0], element)
                tried = f"finite({tried})" if kind(arguments[0]) == "n" else tried
                helper = "orElse" if name == "IFERROR" else "orIfMissing"
                return f"{helper}(()=>{tried},()=>{write(arguments[1], element)})"
            case "CHOOSE":
                return self._choice(self.number(arguments[0], element), [write(a, element) for a in arguments[1:]])
            case "IFS":
                return f"ifs([{','.join(f'()=>{self.value(argument, element)}' for argument in arguments)}])"
            case "SWITCH":
                given = ",".join(f"()=>{self.value(argument, element)}" for argument in arguments[1:])
                return f"switched({self.value(arguments[0], element)},[{given}])"
        return ""

    def _choice(self, index: str, branches: Sequence[str]) -> str:
        chosen = self._kept.variable()
        if not chosen:
            return f"choose({index},[{','.join(f'()=>{branch}' for branch in branches)}])"
        tests = [f"{chosen}==={k}?{branch}:" for k, branch in enumerate(branches, 1)]
        return f'({chosen}=Math.floor({index}),{"".join(tests)}fail("#VALUE!"))'

    # Functions that have a shorter form

    def _special(self, node: Call, element: Element) -> str:
        name, arguments = node.function, node.arguments
        match name:
            case "NOT":
                return f"(!{self.truth(arguments[0], element)})"
            case "AND" | "OR" if all(shape(a) == "one" and kind(a) in "nb" for a in arguments):
                sign = "&" if name == "AND" else "|"
                return f"(({sign.join(f'+{self.truth(a, element)}' for a in arguments)})!==0)"
            case "MMULT":
                return self._dot(node, element)
            case shapes.CELL:
                return self._cell_lookup(node, element)
            case "SUM" | "SUMSQ" if len(arguments) == 1 and isinstance(arguments[0], Ref):
                helper = "sumOf" if name == "SUM" else "squaresOf"
                height, width = extent(arguments[0])
                return f"{helper}({self._grids.at(arguments[0])},{height},{width},{self._grids.width(arguments[0])})"
            case "SUMPRODUCT" if len(arguments) == 2 and all(isinstance(a, Ref) for a in arguments):
                return self._products(node, element)
            case "SUM" | "SUMPRODUCT" if len(arguments) == 1 and kind(arguments[0]) == "n":
                return self._sum(arguments[0], element)
            case "MAX" | "MIN" if len(arguments) <= _FEW and all(shape(a) == "one" for a in arguments):
                return self._extreme("larger" if name == "MAX" else "smaller", arguments, element)
        return ""

    def _dot(self, node: Call, element: Element) -> str:
        left, right = node.arguments
        assert isinstance(left, Ref)
        assert isinstance(right, Ref)
        if extent(left)[1] != extent(right)[0]:
            return 'fail("#VALUE!")'
        wide, length = self._grids.width(right), extent(left)[1]
        a, b = (left, 0, 1), (right, 0, wide)
        plain = f"dot({self._grids.at(left)},1,{self._grids.at(right)},{wide},{length})"
        return plain if element is not None else self._kept.products(node, a, b, ("1", length), plain)

    def _products(self, node: Call, element: Element) -> str:
        """SUMPRODUCT of two ranges of one size; of others it is an error, or one may be a single cell."""
        left, right = node.arguments
        assert isinstance(left, Ref)
        assert isinstance(right, Ref)
        if extent(left) != extent(right):
            return ""
        a, b = ((side, self._grids.width(side), 1) for side in (left, right))
        plain = f"productsOf({self._grids.at(left)},{a[1]},1,{self._grids.at(right)},{b[1]},1,{','.join(extent(left))})"
        return plain if element is not None else self._kept.products(node, a, b, extent(left), plain)

    def _cell_lookup(self, node: Call, element: Element) -> str:
        array, *places = node.arguments
        assert isinstance(array, Ref)
        height, width = extent(array)
        if len(places) == 1:
            places = [Number(1.0), places[0]] if height == "1" else [places[0], Number(1.0)]
        row, column = (self.number(place, element) for place in places)
        return f"cellAt({self._grids.at(array)},{height},{width},{row},{column})"

    def _sum(self, node: Any, element: Element) -> str:
        if shape(node) == "one":
            return self.number(node, element)
        found = shapes.size(node)
        if found is None:
            return ""
        p, q = self._indices()
        # A function of its own: V8 compiles it for these cells alone.
        loops = f"for(let {p}=0;{p}<{found[0]};{p}++)for(let {q}=0;{q}<{found[1]};{q}++)"
        return f"(()=>{{let t=0;{loops}t+={self.number(node, (p, q))};return t}})()"

    def _indices(self) -> tuple[str, str]:
        name = self._name()
        return f"p{name}", f"q{name}"

    def _extreme(self, helper: str, arguments: Sequence[Any], element: Element) -> str:
        texts = [self._extreme_part(argument, element) for argument in arguments]
        found = texts[0]
        for text in texts[1:]:
            found = f"{helper}({found},{text})"
        return f"orZero({found})" if all(isinstance(a, Ref) for a in arguments) else found

    def _extreme_part(self, node: Any, element: Element) -> str:
        if isinstance(node, Ref):
            return f"M({self._grids.at(node)})"
        return self.number(node) if isinstance(node, Number) else f"finite({self.number(node, element)})"

    # Calls

    def _form(self, node: Call) -> Form:
        form = form_of(node.function, node.arguments)
        if form is None:
            raise UnclearError(f"uses {node.function}, which JavaScript has no form for yet")
        return form

    def _call(self, node: Call, element: Element) -> str:
        form = self._form(node)
        texts = [self._argument(form, k, a, element) for k, a in enumerate(_spread(form, node.arguments))]
        return f"{form.helper}({','.join(texts)})"

    def _argument(self, form: Form, place: int, node: Any, element: Element) -> str:
        letter = form.at(place)
        if letter is None:
            raise UnclearError(f"gives {form.helper} more arguments than JavaScript has a form for")
        if node is None and letter.isupper():
            return "undefined"
        match letter.lower():
            case "n":
                return self.number(node, element)
            case "t":
                return self.text(node, element)
            case "b":
                return self.truth(node, element)
            case "v":
                return self.value(node, element)
            case "c":
                return self._or_error(node, element)
            case "z":
                return f"()=>{self.whole(node)}"
            case "f":
                return self.whole(node)
            case "e" if not isinstance(node, Ref) and shape(node) == "one":
                return self._or_error(node, element)
            case "e" if isinstance(node, Call):
                return f"got(()=>{self._range(node, element)})"
        return self._range(node, element)

    def _or_error(self, node: Any, element: Element) -> str:
        text = self.value(node, element)
        return f"got(()=>{f'finite({text})' if kind(node) == 'n' else text})"

    def _range(self, node: Any, element: Element) -> str:
        if isinstance(node, Ref):
            return self._grids.view(node)
        if isinstance(node, Call) and node.function == "UNION":
            return f"fromRows([flat([{','.join(self._range(part, element) for part in _flattened(node.arguments))}])])"
        if shape(node) == "one":
            return self.value(node, element)
        text = self.whole(node)
        return self._kept.text(node, text, element is not None)

    # Arrays, and what only running it tells

    def area(self, node: Any) -> str:
        """The text of an array; of a single value as an array of one."""
        found = self.whole(node)
        return found if isinstance(node, Ref | Constants) else f"area({found})"

    def whole(self, node: Any) -> str:
        """The text of all that a node gives: an array, or a single value."""
        match node:
            case Local(name):
                return f"sure(L_{name})"
            case Function(parameters, body):
                with self._kept.within_a_function():
                    inner = self.whole(body)
                return f"(({','.join(f'L_{name}' for name in parameters)})=>{inner})"
            case Invoke(function, arguments):
                given = ",".join(f"got(()=>{self.whole(argument)})" for argument in arguments)
                return f"{self.whole(function)}({given})"
            case Ref() if not node.is_cell:
                return self._grids.view(node)
            case Constants():
                return self._constant(node)
            case Call("LET", arguments):
                return self._let(arguments)
            case Call("TRANSPOSE", (argument,)):
                return f"TRANSPOSE({self._range(argument, None)})"
            case Call("MMULT", (left, right)) if shape(node) != "one":
                return f"MMULT({self._range(left, None)},{self._range(right, None)})"
        if shape(node) == "one":
            return self.value(node)
        found = shapes.size(node)
        if found is not None and depth(node) < _DEEPEST:
            p, q = self._indices()
            return f"made({found[0]},{found[1]},({p},{q})=>{self.value(node, (p, q))})"
        return self._lifted(node)

    def _constant(self, node: Constants) -> str:
        if shapes.holds_ranges(node):
            held = [f"[{','.join(map(self._held, row))}]" for row in node.rows]
            return f"new Ranges([{','.join(held)}])"
        rows = ",".join(f"[{','.join(self._item(value) for value in row)}]" for row in node.rows)
        text = f"fromRows([{rows}])"
        if any(isinstance(value, IndexValue) and not value.value.is_fixed for row in node.rows for value in row):
            return text
        return self.constants.setdefault(text, f"K{{{len(self.constants)}}}")

    def _held(self, node: Any) -> str:
        """One of an array of ranges."""
        return f"got(()=>area({self._range(node.arguments[0], None)}))"

    def _item(self, node: Any) -> str:
        return f"error({literal(node.code)})" if isinstance(node, ErrorValue) else self.value(node)

    def _let(self, arguments: Sequence[Any]) -> str:
        *bound, body = arguments
        text = self.whole(body)
        for name, value in reversed(list(zip(bound[::2], bound[1::2], strict=True))):
            text = f"((L_{name.name})=>{text})(got(()=>{self.whole(value)}))"
        return text

    def _lifted(self, node: Any) -> str:
        """An operator or function of values whose sizes only running it tells."""
        match node:
            case Unary(operator, operand):
                helper = "negative" if operator == "-" else "percent"
                return f'lift("v",{helper},{self.whole(operand)})'
            case Binary(operator, left, right):
                helper = COMPARISONS.get(operator) or _LIFTED[operator]
                takes = "v" if operator in COMPARISONS or operator == "&" else "n"
                return f'lift("{takes}",{helper},{self.whole(left)},{self.whole(right)})'
            case Call(name, arguments) if name in BRANCHES:
                return self._lifted_branches(name, arguments)
            case Call():
                return self._lifted_call(node)
        raise UnclearError(f"no form for {type(node).__name__}")

    def _lifted_branches(self, name: str, arguments: Sequence[Any]) -> str:
        given = [f"()=>{self.whole(argument)}" for argument in arguments]
        match name:
            case "IF":
                return f"ifAny({self.whole(arguments[0])},{given[1]},{(given[2:] or ['()=>false'])[0]})"
            case "IFERROR" | "IFNA":
                return f"{'orElseAny' if name == 'IFERROR' else 'orIfMissingAny'}({given[0]},{given[1]})"
            case "CHOOSE":
                return f"chooseAny({self.whole(arguments[0])},[{','.join(given[1:])}])"
        # IFS and SWITCH, as an IF in the other branch of an IF.
        whole = [self.whole(argument) for argument in arguments]
        conditions, results, rest = whole[::2], given[1::2], given[:0]
        if name == "SWITCH":
            conditions = [f'lift("v",eq,{whole[0]},{case})' for case in whole[1::2]][: len(whole[2::2])]
            results, rest = given[2::2], given[len(given) - 1 :] if len(given) % 2 == 0 else rest
        text = rest[0] if rest else '()=>error("#N/A")'
        for condition, result in list(zip(conditions, results, strict=False))[::-1]:
            text = f"()=>ifAny({condition},{result},{text})"
        return text.removeprefix("()=>")

    def _lifted_call(self, node: Call) -> str:
        """A function whose single values are arrays, or may be."""
        form = self._form(node)
        texts: list[str] = []
        lifted: list[tuple[str, str, str]] = []
        for k, argument in enumerate(_spread(form, node.arguments)):
            letter = form.at(k) or ""
            if letter.lower() in "ntbvc" and letter and shape(argument) != "one":
                name = f"y{self._name()}"
                whole = self.whole(argument)
                lifted.append((letter.lower(), name, f"got(()=>{whole})" if letter == "c" else whole))
                texts.append(name)
            else:
                texts.append(self._argument(form, k, argument, None))
        call = f"{form.helper}({','.join(texts)})"
        if not lifted:
            return call
        names = ",".join(name for _, name, _ in lifted)
        if shapes.holds_ranges(node):
            call = f"shifted({','.join(texts)})"
            return f"rangesOf(({names})=>{call},{','.join(text for _, _, text in lifted)})"
        takes = "".join(letter for letter, _, _ in lifted)
        return f'lift("{takes}",({names})=>{call},{",".join(text for _, _, text in lifted)})'


def _flattened(arguments: Sequence[Any]) -> list[Any]:
    """The arguments, a union of ranges as these."""
    found: list[Any] = []
    for argument in arguments:
        is_union = isinstance(argument, Call) and argument.function == "UNION"
        found += _flattened(argument.arguments) if is_union else [argument]
    return found


def _spread(form: Form, arguments: Sequence[Any]) -> Sequence[Any]:
    """The arguments; of a function that takes any number of them, a union of ranges as these."""
    return _flattened(arguments) if form.takes.endswith("+") else arguments


def place(moving: AffineIndex) -> list[int]:
    """A moving row or column as three numbers, counted from 0."""
    return [moving.base - 1, moving.down, moving.across]
