"""What a name in a formula stands for: a variable of LET or LAMBDA, a table, a defined name, a function."""

from dataclasses import replace
from typing import Any

from workbook.errors import FormulaError
from workbook.formula.grammar import Call, ErrorValue, Name, Number, Structured
from workbook.formula.parser import parse
from workbook.transpile.errors import UnsupportedError
from workbook.transpile.front.defined import as_operand, is_lambda, python_name
from workbook.transpile.front.formula import Formula
from workbook.transpile.front.references import intersected
from workbook.transpile.front.tables import structured
from workbook.transpile.front.tree import Function, Local

_UNTIL_NAMES = 32
_BARE = "_xleta"
"""What files hold before a function of Excel's that stands for itself: `BYROW(A1:B9,_xleta.SUM)`."""
_PARAMETERS = {"BYROW": 1, "BYCOL": 1, "REDUCE": 2, "SCAN": 2, "MAKEARRAY": 2}
_OMITTABLE = "_xlop"
"""What files hold before the parameters of LAMBDA that may be left out, which come last."""


def named(formula: Formula, node: Name, want: str) -> Any:
    """The tree of what a name stands for."""
    local = formula.scope.get(node.name.lower())
    if local is not None and node.sheet.lower() in ("", "_xlpm", _OMITTABLE):
        return Local(local)
    if node.sheet.lower() == _BARE:
        raise UnsupportedError(f"hands on {node.name} as a value")
    text = defined(formula, node)
    if text is None:
        is_table = not node.sheet and node.name.lower() in formula.names.tables
        return (
            intersected(formula, structured(formula, Structured(node.name, ())), want)
            if is_table
            else ErrorValue("#NAME?")
        )
    if formula.names_deep > _UNTIL_NAMES:
        raise UnsupportedError(f"names '{node.name}', which names itself")
    if is_lambda(text):
        _keep(formula, node.name, text)
        return Local(python_name(node.name))
    text = as_operand(text)
    inner = formula.inner(text)
    try:
        found = inner.tree(parse(text), "a" if want == "a" else "r")
    except FormulaError as error:
        raise UnsupportedError(f"names '{node.name}', which can't be read ({error})") from error
    return intersected(formula, found, want)


def defined(formula: Formula, node: Name) -> str | None:
    """What a defined name refers to: the sheet's own name before the workbook's; None where there is none."""
    texts = formula.names.defined
    name = node.name.lower()
    if node.sheet:
        sheet = node.sheet.lower()
        return (
            texts.get(f"{sheet}!{name}")
            or texts.get(f"{sheet}.{name}")
            or (texts.get(name) if sheet in formula.names.titles else None)
        )
    return texts.get(f"{formula.region.sheet.lower()}!{name}") or texts.get(name)


def _keep(formula: Formula, name: str, text: str) -> None:
    """Keep a defined name that is a LAMBDA, once."""
    known = python_name(name)
    if known in formula.lambdas:
        return
    formula.lambdas[known] = Function((), Number(0.0))
    inner = formula.inner()
    found = inner.tree(parse(text.removeprefix("=")), "f")
    assert isinstance(found, Function)
    formula.lambdas[known] = found


def keep_function(formula: Formula, name: str) -> bool:
    """Whether a name is a defined function, which is then among those that the script needs."""
    text = defined(formula, Name(name))
    if text is None or not is_lambda(text):
        return False
    _keep(formula, name, text)
    return True


def spelled_out(node: Call) -> Call:
    """A call that is given a function of Excel's by its bare name, with a LAMBDA that calls it instead."""
    *values, last = node.arguments or (None,)
    count = len(values) if node.function == "MAP" else _PARAMETERS.get(node.function, 0)
    if not (count and isinstance(last, Name) and last.sheet.lower() == _BARE):
        return node
    parameters = tuple(Name(f"value{k}", "_xlpm") for k in range(1, count + 1))
    return replace(node, arguments=(*values, Call("LAMBDA", (*parameters, Call(last.name.upper(), parameters)))))


def let(formula: Formula, node: Call, want: str) -> Any:
    """LET, its variables under their Python names."""
    outer = dict(formula.scope)
    bound: list[Any] = []
    *pairs, body = node.arguments
    if len(pairs) % 2:
        raise UnsupportedError(f"gives {node.function} too few arguments")
    for name, value in zip(pairs[::2], pairs[1::2], strict=True):
        found = formula.tree(value, "a" if want == "a" else "r")
        bound += [Local(_bind(formula, name)), found]
    result = formula.tree(body, want)
    formula.scope = outer
    return Call("LET", (*bound, result))


def lambda_(formula: Formula, node: Call, _: str) -> Any:
    """LAMBDA as a function."""
    outer = dict(formula.scope)
    *parameters, body = node.arguments
    names = tuple(_bind(formula, parameter) for parameter in parameters)
    result = formula.tree(body, "a")
    formula.scope = outer
    optional = sum(isinstance(parameter, Name) and parameter.sheet.lower() == _OMITTABLE for parameter in parameters)
    return Function(names, result, optional)


def _bind(formula: Formula, name: Any) -> str:
    if not isinstance(name, Name):
        raise UnsupportedError("names a variable of LET or LAMBDA by something that is no name")
    formula.scope[name.name.lower()] = python_name(name.name)
    return formula.scope[name.name.lower()]
