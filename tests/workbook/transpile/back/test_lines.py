"""Formulas and the lines that they become: one row each, filled down a column, with NumPy and with torch.

In a formula `x`, `y` and `k` are the cells of three columns in its row, `m` three cells of a matrix in its row; `xs`,
`ys`, `ks` are the whole columns, `mm` is the whole matrix, `ws` a row as long as the matrix is wide, `rate` one cell;
`b` is a column of which some cells are blank.
"""

import re
from pathlib import Path

import pytest
from openpyxl.utils import get_column_letter
from small_books import save

from workbook.transpile import Transpiled, transpile

ROWS = range(2, 8)
WORDS = {
    "x": "A{row}", "y": "C{row}", "k": "E{row}", "m": "G{row}:I{row}", "rate": "$K$2",
    "b": "Q{row}", "bs": "$Q$2:$Q$7", "mm": "$G$2:$I$7", "xs": "$A$2:$A$7", "xs3": "$A$2:$A$4",
    "ys": "$C$2:$C$7", "ks": "$E$2:$E$7", "ws": "$M$2:$O$2",
}  # fmt: skip
LINES: list[tuple[str, str, str]] = [
    ("=x+y", "x + y", ""),
    ("=x-y*k", "x - y * k", ""),
    ("=-x^2", "(-x) ** 2", ""),
    ("=x^-y", "x ** (-y)", ""),
    ("=(x+y)/k", "(x + y) / k", ""),
    ("=x%", "x / 100", ""),
    ("=2^x", "2**x", ""),
    ("=x&y", "[join(x_list[i], y_list[i]) for i in range(6)]", ""),
    ("=x>y", "x > y", ""),
    ("=x=k", "x == k", ""),
    ("=IF(x>1,x,y)", "np.where(x > 1, x, y)", "torch.where(x > 1, x, y)"),
    ("=IF(x>1,1,0)", "(x > 1).astype(float)", "(x > 1).double()"),
    ("=IF(AND(x>1,y<2),x,0)", "np.where((x > 1) & (y < 2), x, 0)", "torch.where((x > 1) & (y < 2), x, 0)"),
    ("=IF(OR(x>1,y<2),x,y)", "np.where((x > 1) | (y < 2), x, y)", "torch.where((x > 1) | (y < 2), x, y)"),
    ("=IF(rate>1,x,y)", "x if rate > 1 else y", ""),
    ('=IF(x>1,"large","small")', '["large" if x_list[i] > 1 else "small" for i in range(6)]', ""),
    ("=SUM(xs)-x", "x.sum() - x", ""),
    ("=AVERAGE(xs)-x", "x.mean() - x", ""),
    ("=MAX(xs)-x", "x.max() - x", "x.amax() - x"),
    ("=SUM(m)", "m.sum(axis=-1)", "m.sum(dim=-1)"),
    ("=MAX(m)*x", "m.max(axis=-1) * x", "m.amax(dim=-1) * x"),
    ("=PRODUCT(xs)*x", "x.prod() * x", ""),
    ("=PRODUCT(m)", "m.prod(axis=-1)", "m.prod(dim=-1)"),
    ("=SUMSQ(m)", "(m**2).sum(axis=-1)", "(m**2).sum(dim=-1)"),
    (
        "=SQRT(SUMSQ(xs)/COUNT(xs))*x",
        "math.sqrt((x**2).sum() / x.size) * x",
        "torch.sqrt((x**2).sum() / x.numel()) * x",
    ),
    ("=x+SUMXMY2(xs,ys)", "x + ((x - y) ** 2).sum()", ""),
    ("=(x-AVERAGE(xs))/STDEV(xs)", "(x - x.mean()) / x.std(ddof=1)", "(x - x.mean()) / x.std()"),
    ("=VAR.P(xs)*x", "x.var() * x", "x.var(correction=0) * x"),
    ("=MAX(0,x)", "np.maximum(0, x)", "x.clamp(min=0)"),
    ("=MIN(x,y,1)", "np.minimum(np.minimum(x, y), 1)", "torch.minimum(x, y).clamp(max=1)"),
    ("=MAX(x,y)", "np.maximum(x, y)", "torch.maximum(x, y)"),
    ("=EXP(x)/(1+EXP(-x))", "np.exp(x) / (1 + np.exp(-x))", "torch.exp(x) / (1 + torch.exp(-x))"),
    ("=EXP(x)/SUM(xs)", "np.exp(x) / x.sum()", "torch.exp(x) / x.sum()"),
    ("=LN(x+1)", "np.log(x + 1)", "torch.log(x + 1)"),
    ("=ABS(x-y)", "np.abs(x - y)", "torch.abs(x - y)"),
    ("=INT(x)", "np.floor(x)", "torch.floor(x)"),
    ("=MOD(x,2)", "np.mod(x, 2)", "torch.remainder(x, 2)"),
    ("=SIGN(y)", "np.sign(y)", "torch.sign(y)"),
    (
        "=ROUND(x,1)",
        "np.array([ROUND(x_list[i], 1) for i in range(6)])",
        "tensor([ROUND(x_list[i], 1) for i in range(6)])",
    ),
    ("=ATAN(x)", "np.arctan(x)", "torch.atan(x)"),
    ("=SUMPRODUCT(xs,ys)*x", "x @ y * x", ""),
    ("=SUM($A$2:x)", "x.cumsum()", "x.cumsum(dim=0)"),
    ("=SUM(x:$A$7)/SUM(xs)", "x[::-1].cumsum()[::-1] / x.sum()", "x.flip(0).cumsum(dim=0).flip(0) / x.sum()"),
    (
        "=AVERAGE($A$2:x)",
        "x.cumsum() / np.arange(1.0, 7.0)",
        "x.cumsum(dim=0) / torch.arange(1.0, 7.0, device=DEVICE)",
    ),
    (
        "=MAX($A$2:x)-MIN($A$2:x)",
        "np.maximum.accumulate(x) - np.minimum.accumulate(x)",
        "x.cummax(dim=0).values - x.cummin(dim=0).values",
    ),
    ("=SUMPRODUCT($A$2:x,$C$2:y)", "(x * y).cumsum()", "(x * y).cumsum(dim=0)"),
    ("=COUNT($A$2:x)*rate", "np.arange(1.0, 7.0) * rate", "torch.arange(1.0, 7.0, device=DEVICE) * rate"),
    ("=PRODUCT($A$2:x)+1", "x.cumprod() + 1", "x.cumprod(dim=0) + 1"),
    ("=SUMPRODUCT(m,ws)", "m @ w", ""),
    ("=INDEX(xs,k)", "x[k.astype(int) - 1]", "x[k.long() - 1]"),
    ("=INDEX(xs,k,1)*rate", "x[k.astype(int) - 1] * rate", "x[k.long() - 1] * rate"),
    ("=MATCH(x,xs,0)", "(x[:, None] == x).argmax(axis=-1) + 1.0", "(x[:, None] == x).double().argmax(dim=-1) + 1.0"),
    (
        "=MATCH(x,xs)",
        'np.searchsorted(x, x, side="right").astype(float)',
        "torch.searchsorted(x, x, right=True).double()",
    ),
    ("=COUNTIF(ks,k)", "(k == k[:, None]).sum(axis=-1)", "(k == k[:, None]).sum(dim=-1)"),
    ("=COUNTIFS(ks,k)", "(k == k[:, None]).sum(axis=-1)", "(k == k[:, None]).sum(dim=-1)"),
    ("=SUMIF(ks,k,xs)", "(k == k[:, None]) @ x", "(k == k[:, None]).double() @ x"),
    ("=ROW()", "np.arange(2.0, 8.0)", "torch.arange(2.0, 8.0, device=DEVICE)"),
    ("=ROW()-1", "np.arange(1.0, 7.0)", "torch.arange(1.0, 7.0, device=DEVICE)"),
    ("=x*SQRT(2/PI())", "x * math.sqrt(2 / math.pi)", ""),
    ("=x*rate", "x * rate", ""),
    ("=IFERROR(x/(k-1),-1)", "np.where(k - 1 == 0, -1, x / (k - 1))", "torch.where(k - 1 == 0, -1, x / (k - 1))"),
    (
        "=IFERROR(1/(k-1)+x/y,0)",
        "np.where((k - 1 == 0) | (y == 0), 0, 1 / (k - 1) + x / y)",
        "torch.where((k - 1 == 0) | (y == 0), 0, 1 / (k - 1) + x / y)",
    ),
    ("=IFERROR(x*y,0)", "x * y", ""),
    (
        "=IFERROR(x/rate,0)",
        "np.zeros(6) if rate == 0 else x / rate",
        "torch.zeros(6, device=DEVICE) if rate == 0 else x / rate",
    ),
    ("=x*b", "x * np.nan_to_num(b)", "x * b.nan_to_num()"),
    ("=x-SUM(bs)", "x - np.nansum(b)", "x - torch.nansum(b)"),
    ("=x-AVERAGE(bs)", "x - np.nanmean(b)", "x - torch.nanmean(b)"),
    ("=SUMPRODUCT(bs,xs)+x", "np.nan_to_num(b) @ x + x", "b.nan_to_num() @ x + x"),
    ("=b", "np.nan_to_num(b)", "b.nan_to_num()"),
    (
        "=MAX(b,0)",
        "np.array([MAX([[b_list[i]]], 0) for i in range(6)])",
        "tensor([MAX([[b_list[i]]], 0) for i in range(6)])",
    ),
    (
        "=SUMPRODUCT(m,INDEX(mm,k,0))",
        "(m * m[k.astype(int) - 1]).sum(axis=-1)",
        "(m * m[k.long() - 1]).sum(dim=-1)",
    ),
    (
        "=SUMPRODUCT(xs,INDEX(mm,0,k))",
        "m[:, k.astype(int) - 1].T @ x",
        "m[:, k.long() - 1].T @ x",
    ),
    ("=SUMPRODUCT(m,TRANSPOSE(xs3))", "m @ x[:3]", ""),
    ("=SUM(x,y)", "x + y", ""),
    ("=SUM(xs)*x", "x.sum() * x", ""),
]
"""A formula, the expression of NumPy, and that of torch where it is another."""


def formula(text: str, row: int) -> str:
    """A formula of the table in a row of the sheet."""
    return re.sub(r"\b[a-z]+3?\b(?!\")", lambda word: WORDS.get(word[0], word[0]).format(row=row), text)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cells: dict[str, object] = {
        "A1": "x",
        "C1": "y",
        "E1": "k",
        "G1": "m",
        "K1": "rate",
        "K2": 1.5,
        "M1": "w",
        "Q1": "b",
    }
    cells |= {"M2": 0.5, "N2": 0.25, "O2": 2.0}
    for row in ROWS:
        cells |= {f"A{row}": row / 4, f"C{row}": 3.0 - row / 2, f"E{row}": float(row % 3 + 1)}
        if row % 3:
            cells[f"Q{row}"] = row / 2
        cells |= {f"{column}{row}": row / place for place, column in enumerate("GHI", start=1)}
    for place, (text, *_) in enumerate(LINES):
        column = get_column_letter(20 + 2 * place)
        cells |= {f"{column}1": "z", **{f"{column}{row}": formula(text, row) for row in ROWS}}
    return save(tmp_path_factory.mktemp("lines") / "lines.xlsx", {"S": cells})


@pytest.fixture(scope="module")
def made(path: Path) -> dict[str, Transpiled]:
    return {target: transpile(path, target=target) for target in ("numpy", "torch")}


def line(made: Transpiled, place: int) -> str:
    """The expression that a column of formulas has become: the last statement that computes it, without its name."""
    source = made.script.source.splitlines()
    first, last = made.lines.lines_of("S", 2, 20 + 2 * place)[-1]
    whole = " ".join(text.strip() for text in source[first - 1 : last])
    return re.sub(r"^z(_\d+)? = ", "", whole)


@pytest.mark.parametrize(
    ("place", "text"), list(enumerate(text for text, *_ in LINES)), ids=[text for text, *_ in LINES]
)
def test_a_formula_becomes_its_line(made: dict[str, Transpiled], place: int, text: str) -> None:
    _, numpy, torch = LINES[place]
    assert (line(made["numpy"], place), line(made["torch"], place)) == (numpy, torch or numpy), text


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_all_lines_compute_what_the_workbook_has(made: dict[str, Transpiled], target: str) -> None:
    found = made[target]
    assert (found.refused, found.unsure) == ((), frozenset())
    assert found.comparison is not None
    assert (found.comparison.cells, found.comparison.differences) == (len(LINES) * len(ROWS), ())
