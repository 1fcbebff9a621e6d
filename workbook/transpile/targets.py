"""The languages that scripts are written in, as one table of words each: NumPy and torch.

Expressions are written in words that no language has, `Word("maximum", a, b)`, and spelled at the end by these tables:
`{}` stands for each argument in turn, `{1}` for one of them.
"""

from dataclasses import dataclass

_MATH = {
    "EXP": "exp", "LN": "log", "LOG10": "log10", "SQRT": "sqrt", "SIN": "sin", "COS": "cos", "TAN": "tan",
    "ASIN": "asin", "ACOS": "acos", "ATAN": "atan", "SINH": "sinh", "COSH": "cosh", "TANH": "tanh",
}  # fmt: skip

PYTHON = {
    **{excel: f"math.{name}" for excel, name in _MATH.items()},
    "ABS": "abs",
    "INT": "math.floor",
    "PI": "math.pi",
    "15 DIGITS": "to_15_digits",
}
"""Functions of Python's numbers, by Excel's name."""
OF_NUMBERS = {
    **dict.fromkeys((*_MATH, "ABS", "INT", "15 DIGITS"), 1),
    "MOD": 2,
    "POWER": 2,
    "MAX": 2,
    "MIN": 2,
    "PI": 0,
}
"""What Python has for single numbers, in words or operators: how many arguments; MAX and MIN take more."""
OF_ARRAYS = {**dict.fromkeys((*_MATH, "ABS", "INT", "SIGN", "15 DIGITS"), 1), "MOD": 2, "POWER": 2}
"""What all languages have for arrays, element by element: how many arguments."""


@dataclass(frozen=True, slots=True)
class Target:
    """A language.

    Attributes:
        name: `numpy` or `torch`.
        has_numbers: whether a single number is a value of the language's own, and not one of Python's.
        words: how it spells each word. Functions of arrays have Excel's name, those of single numbers `one` before it:
            `EXP` and `one EXP`. Further

            - `item` makes Python's number of one of the language's, `element` a number of an array's element, `number`
              a number of the language of Python's, `array` an array of a list; `plain number` and `plain condition`
              make Python's of what may be either's, `figure` a number of a condition that may be;
            - `listed` makes a list of Python's numbers of an array, `unbound` one of the language's own;
            - `sum` and its like take all axes of an array, `sum along` those that its second argument names;
            - `maximum of` has an array and a number that is written out, `maximum from` the number first.
    """

    name: str
    has_numbers: bool
    words: dict[str, str]


def _reductions(axis: str, forms: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Words that take axes away: a form without and with the axes, in which `AXIS` is the language's keyword."""
    return {
        f"{name}{along}": form.replace("AXIS", axis)
        for name, pair in forms.items()
        for along, form in zip(("", " along"), pair, strict=True)
    }


NUMPY = Target(
    name="numpy",
    has_numbers=False,
    words={
        **{excel: f"np.{name}({{}})" for excel, name in _MATH.items()},
        "ASIN": "np.arcsin({})",
        "ACOS": "np.arccos({})",
        "ATAN": "np.arctan({})",
        "ABS": "np.abs({})",
        "INT": "np.floor({})",
        "MOD": "np.mod({}, {})",
        "SIGN": "np.sign({})",
        "15 DIGITS": "to_15_digits({})",
        **{f"one {excel}": f"{form}({{}})" for excel, form in PYTHON.items()},
        "one PI": "math.pi",
        "item": "{}",
        "plain number": "{}",
        "plain condition": "{}",
        "figure": "{}",
        "element": "{}.item()",
        "number": "{}",
        "array": "np.array({})",
        "texts": "np.array({})",
        "texts in any case": "np.char.lower({})",
        "text": "{}",
        "text in any case": "{}.lower()",
        "arrays": "np.array",
        "listed": "{}.tolist()",
        "unbound": "{}.tolist()",
        "stack": "np.array({})",
        "stacks": "np.array",
        "float": "{}.astype(float)",
        "factor": "{}",
        "index": "{}.astype(int)",
        "where": "np.where({}, {}, {})",
        "maximum": "np.maximum({}, {})",
        "minimum": "np.minimum({}, {})",
        "maximum of": "np.maximum({}, {})",
        "minimum of": "np.minimum({}, {})",
        "maximum from": "np.maximum({}, {})",
        "minimum from": "np.minimum({}, {})",
        "isnan": "np.isnan({})",
        "filled": "np.nan_to_num({})",
        "square triangle": "np.tri({}, dtype=bool)",
        "triangle": "np.tri({}, {}, {}, dtype=bool)",
        "square diagonal": "np.eye({}, dtype=bool)",
        "diagonal": "np.eye({}, {}, {}, dtype=bool)",
        "mirrored": "np.fliplr({})",
        "arange": "np.arange({})",
        "range": "np.arange({})",
        "range from": "np.arange({}, {})",
        "range by": "np.arange({}, {}, {})",
        "search": "np.searchsorted({}, {}, side='right')",
        "first true": "{}.argmax(axis=-1)",
        "outer": "np.outer({}, {})",
        "zeros": "np.zeros({})",
        "ones": "np.ones({})",
        "full of": "np.full({}, {})",
        "full": "np.full({}, float({}))",
        "spread": "np.broadcast_to({}, {})",
        "hstack": "np.hstack({})",
        "singles": "np.array({}, dtype=float)",
        "table": "np.array({}, dtype=float)",
        "padded": "np.pad({}, (({}, {}), ({}, {})))",
        "padded evenly": "np.pad({}, {})",
        "padded line": "np.pad({}, ({}, {}))",
        "columns": "np.column_stack({})",
        "rows": "np.vstack({})",
        "size": "{}.size",
        "softmax": "{}",
        "rows of": "{}[{}]",
        "windows": "sliding_window_view({}, {})",
        "windows of both": "sliding_window_view({}, ({}, {}))",
        "windows along": "sliding_window_view({}, {}, axis={})",
        "count": "int(np.count_nonzero({}))",
        "flipped": "{}[::-1]",
        "flipped along": "np.flip({}, {})",
        "running max": "np.maximum.accumulate({})",
        "running max along": "np.maximum.accumulate({}, axis={})",
        "running min": "np.minimum.accumulate({})",
        "running min along": "np.minimum.accumulate({}, axis={})",
        **_reductions(
            "axis",
            {
                **{
                    name: (f"{{}}.{name}()", f"{{}}.{name}(AXIS={{}})")
                    for name in ("sum", "mean", "max", "min", "prod")
                },
                **{
                    name: (f"np.{name}({{}})", f"np.{name}({{}}, AXIS={{}})")
                    for name in ("nansum", "nanmean", "nanmax", "nanmin")
                },
                "running sum": ("{}.cumsum()", "{}.cumsum(AXIS={})"),
                "running product": ("{}.cumprod()", "{}.cumprod(AXIS={})"),
                "std": ("{}.std(ddof=1)", "{}.std(AXIS={}, ddof=1)"),
                "var": ("{}.var(ddof=1)", "{}.var(AXIS={}, ddof=1)"),
                "std of all": ("{}.std()", "{}.std(AXIS={})"),
                "var of all": ("{}.var()", "{}.var(AXIS={})"),
            },
        ),
    },
)

TORCH = Target(
    name="torch",
    has_numbers=True,
    words={
        **{excel: f"torch.{name}({{}})" for excel, name in _MATH.items()},
        "ABS": "torch.abs({})",
        "INT": "torch.floor({})",
        "MOD": "torch.remainder({}, {})",
        "SIGN": "torch.sign({})",
        "15 DIGITS": "to_15_digits({})",
        "one 15 DIGITS": "to_15_digits({})",
        **{f"one {excel}": f"torch.{name}({{}})" for excel, name in _MATH.items()},
        "one ABS": "abs({})",
        "one INT": "torch.floor({})",
        "one PI": "math.pi",
        "item": "{}.item()",
        "plain number": "float({})",
        "plain condition": "bool({})",
        "figure": "float({})",
        "element": "{}",
        "number": "tensor({})",
        "array": "tensor({})",
        "texts": "codes({})",
        "texts in any case": "codes({})",
        "text": "codes({})",
        "text in any case": "codes({})",
        "arrays": "tensor",
        "listed": "{}.tolist()",
        "unbound": "{}.unbind()",
        "stack": "stack({})",
        "stacks": "stack",
        "float": "{}.double()",
        "factor": "{}.double()",
        "index": "{}.long()",
        "where": "torch.where({}, {}, {})",
        "maximum": "torch.maximum({}, {})",
        "minimum": "torch.minimum({}, {})",
        "maximum of": "{}.clamp(min={})",
        "minimum of": "{}.clamp(max={})",
        "maximum from": "{1}.clamp(min={0})",
        "minimum from": "{1}.clamp(max={0})",
        "isnan": "torch.isnan({})",
        "filled": "{}.nan_to_num()",
        "square triangle": "torch.ones({0}, {0}, dtype=torch.bool, device=DEVICE).tril()",
        "triangle": "torch.ones({}, {}, dtype=torch.bool, device=DEVICE).tril({})",
        "square diagonal": "torch.eye({0}, dtype=torch.bool, device=DEVICE)",
        "diagonal": "torch.ones({0}, {1}, dtype=torch.bool, device=DEVICE).triu({2}).tril({2})",
        "mirrored": "torch.fliplr({})",
        "arange": "torch.arange({})",
        "range": "torch.arange({}, device=DEVICE)",
        "range from": "torch.arange({}, {}, device=DEVICE)",
        "range by": "torch.arange({}, {}, {}, device=DEVICE)",
        "search": "torch.searchsorted({}, {}, right=True)",
        "first true": "{}.double().argmax(dim=-1)",
        "outer": "torch.outer({}, {})",
        "zeros": "torch.zeros({}, device=DEVICE)",
        "ones": "torch.ones({}, device=DEVICE)",
        "full of": "tensor({1}).expand({0})",
        "full": "tensor({1}).expand({0})",
        "spread": "torch.broadcast_to(tensor({}), {})",
        "hstack": "torch.hstack({})",
        "singles": "torch.hstack({})",
        "table": "stack({})",
        "padded": "F.pad({0}, ({3}, {4}, {1}, {2}))",
        "padded evenly": "F.pad({0}, ({1}, {1}, {1}, {1}))",
        "padded line": "F.pad({}, ({}, {}))",
        "columns": "torch.column_stack({})",
        "rows": "torch.vstack({})",
        "size": "{}.numel()",
        "softmax": "torch.softmax({1}, dim=-1)",
        "rows of": "F.embedding({1}, {0})",
        "windows": "{}.unfold(0, {}, 1)",
        "windows of both": "{}.unfold(0, {}, 1).unfold(1, {}, 1)",
        "windows along": "{0}.unfold({2}, {1}, 1)",
        "count": "{}.sum()",
        "flipped": "{}.flip(0)",
        "flipped along": "{}.flip({})",
        **_reductions(
            "dim",
            {
                **{name: (f"{{}}.{name}()", f"{{}}.{name}(AXIS={{}})") for name in ("sum", "mean", "prod")},
                **{name: (f"{{}}.a{name}()", f"{{}}.a{name}(AXIS={{}})") for name in ("max", "min")},
                **{name: (f"torch.{name}({{}})", f"torch.{name}({{}}, AXIS={{}})") for name in ("nansum", "nanmean")},
                "nanmax": ("{}.nan_to_num(-math.inf).amax()", "{}.nan_to_num(-math.inf).amax(AXIS={})"),
                "nanmin": ("{}.nan_to_num(math.inf).amin()", "{}.nan_to_num(math.inf).amin(AXIS={})"),
                "running sum": ("{}.cumsum(AXIS=0)", "{}.cumsum(AXIS={})"),
                "running product": ("{}.cumprod(AXIS=0)", "{}.cumprod(AXIS={})"),
                "running max": ("{}.cummax(AXIS=0).values", "{}.cummax(AXIS={}).values"),
                "running min": ("{}.cummin(AXIS=0).values", "{}.cummin(AXIS={}).values"),
                "std": ("{}.std()", "{}.std(AXIS={})"),
                "var": ("{}.var()", "{}.var(AXIS={})"),
                "std of all": ("{}.std(correction=0)", "{}.std(AXIS={}, correction=0)"),
                "var of all": ("{}.var(correction=0)", "{}.var(AXIS={}, correction=0)"),
            },
        ),
    },
)
TARGETS = {target.name: target for target in (NUMPY, TORCH)}
