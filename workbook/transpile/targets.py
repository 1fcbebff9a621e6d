"""The two languages that scripts are written in, as tables: NumPy and torch."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Target:
    """A language.

    Attributes:
        name: `numpy` or `torch`.
        plain: functions of single numbers, by Excel's name; `{}` for each argument, or for all of MAX and MIN.
        arrays: functions of arrays, element by element.
        item: a number of the language as a Python float.
        listed: an array as a list of Python floats.
        unbound: an array as a list of numbers of the language.
        element: a number out of an array as a number of the language, with `{}` for it.
        array: an array from a list, with `{}` for it.
        number: a number of the language from a Python float.
        words: short pieces that differ: see `Vector`.
    """

    name: str
    plain: dict[str, str]
    arrays: dict[str, str]
    item: str
    listed: str
    unbound: str
    element: str
    array: str
    number: str
    words: dict[str, str] = field(default_factory=dict)


_MATH = {
    "EXP": "exp", "LN": "log", "LOG10": "log10", "SQRT": "sqrt", "SIN": "sin", "COS": "cos", "TAN": "tan",
    "ASIN": "asin", "ACOS": "acos", "ATAN": "atan", "SINH": "sinh", "COSH": "cosh", "TANH": "tanh",
}  # fmt: skip

NUMPY = Target(
    name="numpy",
    plain={
        **{excel: f"math.{name}({{}})" for excel, name in _MATH.items()},
        "ABS": "abs({})",
        "INT": "math.floor({})",
        "MOD": "{} % {}",
        "POWER": "{} ** {}",
        "MAX": "max({})",
        "MIN": "min({})",
        "PI": "math.pi",
    },
    arrays={
        **{excel: f"np.{name}({{}})" for excel, name in _MATH.items()},
        "ASIN": "np.arcsin({})",
        "ACOS": "np.arccos({})",
        "ATAN": "np.arctan({})",
        "ABS": "np.abs({})",
        "INT": "np.floor({})",
        "MOD": "np.mod({}, {})",
        "POWER": "{} ** {}",
        "SIGN": "np.sign({})",
    },
    item="{}",
    listed="{}.tolist()",
    unbound="{}.tolist()",
    element="{}.item()",
    array="np.array({})",
    number="{}",
    words={
        "where": "np.where({}, {}, {})",
        "maximum": "np.maximum({}, {})",
        "minimum": "np.minimum({}, {})",
        "axis": "axis",
        "count": "int(np.count_nonzero({}))",
        "isnan": "np.isnan({})",
        "nansum": "np.nansum({})",
        "nanmean": "np.nanmean({})",
        "nanmax": "np.nanmax({})",
        "nanmin": "np.nanmin({})",
        "float": "{}.astype(float)",
        "index": "{}.astype(int)",
        "arange": "np.arange({})",
        "logical_and": "np.logical_and({}, {})",
        "range": "np.arange({})",
        "search": "np.searchsorted({}, {}, side='right')",
        "outer": "np.outer({}, {})",
        "full": "np.full({}, float({}))",
        "spread": "np.broadcast_to({}, {})",
        "hstack": "np.hstack([{}])",
        "columns": "np.column_stack([{}])",
        "rows": "np.vstack([{}])",
    },
)

TORCH = Target(
    name="torch",
    plain={
        **{excel: f"torch.{name}({{}})" for excel, name in _MATH.items()},
        "ABS": "abs({})",
        "INT": "torch.floor({})",
        "MOD": "{} % {}",
        "POWER": "{} ** {}",
        "MAX": "max({})",
        "MIN": "min({})",
        "PI": "math.pi",
    },
    arrays={
        **{excel: f"torch.{name}({{}})" for excel, name in _MATH.items()},
        "ABS": "torch.abs({})",
        "INT": "torch.floor({})",
        "MOD": "torch.remainder({}, {})",
        "POWER": "{} ** {}",
        "SIGN": "torch.sign({})",
    },
    item="{}.item()",
    listed="{}.tolist()",
    unbound="{}.unbind()",
    element="{}",
    array="tensor({})",
    number="tensor({})",
    words={
        "where": "torch.where({}, {}, {})",
        "maximum": "torch.maximum({}, {})",
        "minimum": "torch.minimum({}, {})",
        "axis": "dim",
        "count": "({}).sum()",
        "isnan": "torch.isnan({})",
        "nansum": "torch.nansum({})",
        "nanmean": "torch.nanmean({})",
        "float": "{}.double()",
        "index": "{}.long()",
        "arange": "torch.arange({})",
        "logical_and": "torch.logical_and({}, {})",
        "range": "torch.arange({}, device=DEVICE)",
        "search": "torch.searchsorted({}, {}, right=True)",
        "outer": "torch.outer({}, {})",
        "full": "tensor({1}).expand({0})",
        "spread": "torch.broadcast_to(tensor({}), {})",
        "hstack": "torch.hstack([{}])",
        "columns": "torch.column_stack([{}])",
        "rows": "torch.vstack([{}])",
    },
)
TARGETS = {target.name: target for target in (NUMPY, TORCH)}
