"""Criteria and look-ups of every row over all rows: the work grows with the rows, and not with their square."""

import re
from collections import Counter, defaultdict
from pathlib import Path

from small_books import save

from workbook.transpile import npz, transpile
from workbook.transpile.back import check

_ROWS = 600


def test_what_every_row_looks_for_in_all_rows_is_looked_for_in_a_range_that_is_put_in_order_once(
    tmp_path: Path,
) -> None:
    names = [f"n{k * 7 % 23}" for k in range(_ROWS)]
    amounts = [float(k * 31 % 97) for k in range(_ROWS)]
    last = _ROWS + 1
    cells: dict[str, object] = {"A1": "name", "B1": "amount"}
    for row, (name, amount) in enumerate(zip(names, amounts, strict=True), 2):
        cells |= {
            f"A{row}": name,
            f"B{row}": amount,
            f"C{row}": f"=COUNTIF(A$2:A${last},A{row})",
            f"D{row}": f"=SUMIFS(B$2:B${last},A$2:A${last},A{row})",
            f"E{row}": f'=COUNTIF(B$2:B${last},"<"&B{row})',
            f"F{row}": f"=VLOOKUP(A{row},A$2:B${last},2,FALSE)",
            f"G{row}": f"=COUNTIF(A$2:A{row},A{row})",
            f"H{row}": f'=SUMIFS(B$2:B{row},A$2:A{row},A{row},B$2:B{row},"<>"&B{row})',
        }
    made = transpile(save(tmp_path / "large.xlsx", {"S": cells}), target="numpy", beside="a.npz")
    assert made.comparison is not None
    assert not made.comparison.differences
    body = made.script.source.partition("\ndef compute(")[0]
    assert len(re.findall(r"Searched\(", body)) == 3, "each range once"
    (tmp_path / "script.py").write_text(made.script.source, encoding="utf-8")
    (tmp_path / "a.npz").write_bytes(npz(made.script))
    found = check.run(tmp_path / "script.py")
    counts, sums, firsts = Counter(names), defaultdict(float), dict[str, float]()
    for name, amount in zip(names, amounts, strict=True):
        sums[name] += amount
        firsts.setdefault(name, amount)
    for row, (name, amount) in enumerate(zip(names, amounts, strict=True), 2):
        so_far = [a for n, a in zip(names[: row - 1], amounts, strict=False) if n == name]
        below = sum(other < amount for other in amounts)
        others = sum(other for other in so_far if other != amount)
        right = [counts[name], sums[name], below, firsts[name], len(so_far), others]
        assert [found[f"S!{column}{row}"] for column in "CDEFGH"] == right
