"""Panels of one shape below each other, each computed from the one before, are steps of a loop."""

import ast
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula
from small_books import body, computed, save

from workbook.transpile.back.rolled import Rolled, roll

STEPS = 5
MIXING = np.array([[0.5, 0.25], [0.5, 0.75]])
START = np.array([[1.0, 0.0], [0.25, 0.75], [0.5, 0.5]])


def panels(path: Path) -> Path:
    """Three walkers on two places: a panel a step, the walkers mixed and then moved a bit back to where they began."""
    cells: dict[str, object] = {"A1": "start", "E1": "mixing", "H1": "back", "H2": 0.125}
    cells |= {f"{'AB'[j]}{2 + i}": float(START[i, j]) for i in range(3) for j in range(2)}
    cells |= {f"{'EF'[j]}{2 + i}": float(MIXING[i, j]) for i in range(2) for j in range(2)}
    for step in range(STEPS):
        top = 7 + 6 * step
        cells |= {f"A{top - 1}": "walkers", f"E{top - 1}": "mixed", f"I{top - 1}": "moved"}
        for row in range(top, top + 3):
            cells |= {
                f"{letter}{row}": f"={letter}{row - 5}" if not step else f"={'IJ'['AB'.index(letter)]}{row - 6}"
                for letter in "AB"
            }
            cells |= {
                f"{new}{row}": f"=(1-$H$2)*{of}{row}+$H$2*{start}{2 + row - top}"
                for new, of, start in zip("IJ", "EF", "AB", strict=True)
            }
        cells[f"E{top}"] = ArrayFormula(f"E{top}:F{top + 2}", f"=MMULT(A{top}:B{top + 2},$E$2:$F$3)")
    return save(path, {"S": cells})


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_panels_are_computed(tmp_path: Path, target: str) -> None:
    found = computed(panels(tmp_path / "panels.xlsx"), tmp_path, target)
    walkers = START
    wanted: dict[str, float] = {}
    for step in range(STEPS):
        mixed = walkers @ MIXING
        moved = 0.875 * mixed + 0.125 * START
        for letters, values in (("AB", walkers), ("EF", mixed), ("IJ", moved)):
            cells = {f"S!{letters[j]}{7 + 6 * step + i}": values[i, j] for i in range(3) for j in range(2)}
            wanted |= {cell: float(value) for cell, value in cells.items()}
        walkers = moved
    assert found.keys() == wanted.keys()
    assert all(abs(float(found[cell]) - value) < 1e-14 for cell, value in wanted.items())  # type: ignore[arg-type]


def test_what_each_panel_only_shows_again_is_no_step_of_its_own(tmp_path: Path) -> None:
    path = panels(tmp_path / "panels.xlsx")
    book = openpyxl.load_workbook(path)
    for top in range(7, 7 + 6 * STEPS, 6):
        book["S"][f"L{top - 1}"], book["S"][f"O{top - 1}"] = "here", "there"
        for row in range(top, top + 3):
            for to, of in zip("LMOP", "ABLM", strict=True):
                book["S"][f"{to}{row}"] = f"={of}{row}"
    book["S"]["R1"] = "=SUM(L31:M33)+O7"
    book.save(path)
    lines = body(path, "s")
    assert sum("[t] = " in line for line in lines) == 3
    assert any(line.endswith("= walkers[4].sum() + walkers[0][0, 0]") for line in lines)
    found = computed(path, tmp_path)
    for row in range(7, 7 + 6 * STEPS, 6):
        assert found[f"S!L{row}"] == found[f"S!O{row}"] == found[f"S!A{row}"]


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_panels_are_a_loop(tmp_path: Path, target: str) -> None:
    lines = body(panels(tmp_path / "panels.xlsx"), "s", target)
    assert f"for t in range({STEPS}):" in lines
    assert "walkers[t] = moved[t - 1] if t else start" in lines
    assert "mixed[t] = walkers[t] @ mixing" in lines
    assert len(lines) < 10


def rolled(lines: Sequence[str], kept: frozenset[str]) -> Rolled:
    return roll(ast.parse("\n".join(lines)).body, kept)


def source(made: Rolled) -> list[str]:
    return ast.unparse(ast.Module(made.body, [])).splitlines()


def test_what_comes_after_finds_the_steps() -> None:
    lines = ["w = start", "new_w = w * rate"]
    lines += ["w_2 = new_w", "new_w_2 = w_2 * rate", "w_3 = new_w_2", "new_w_3 = w_3 * rate"]
    lines += [
        "w_4 = new_w_3",
        "new_w_4 = w_4 * rate",
        "last = new_w_4 + w",
        "all_of_them = np.hstack([w, w_2, w_3, w_4])",
    ]

    made = rolled(lines, frozenset(["w_3", "last"]))

    assert source(made) == [
        "w, new_w = ([None] * 4 for _ in range(2))",
        "for t in range(4):",
        "    w[t] = new_w[t - 1] if t else start",
        "    new_w[t] = w[t] * rate",
        "last = new_w[3] + w[0]",
        "all_of_them = np.hstack(w)",
    ]
    assert made.renamed["w_3"] == "w[2]"


@pytest.mark.parametrize(
    "lines",
    [
        # Each of another array: no step reads the one before, and their names are not one name's.
        [
            "a = x.mean()",
            "b = y.mean()",
            "c = z.mean()",
            "d = u.mean()",
            "e = v.mean()",
            "f = w.mean()",
            "g = q.mean()",
        ],
        # Copies: no step reads the one before.
        ["w = start", *(f"w_{k} = end" for k in range(2, 12))],
        # A name that is used before it is assigned within a block would be the last step's.
        [f"a_{k} = b_{k} + 1" for k in range(1, 9)],
    ],
)
def test_what_is_no_step_after_step_stays(lines: list[str]) -> None:
    assert source(rolled(lines, frozenset())) == lines


def test_a_keyword_of_a_call_is_no_name() -> None:
    lines = ["axis = start.sum(axis=-1)", "axis_2 = axis.sum(axis=-1)", "axis_3 = axis_2.sum(axis=-1)"]
    lines += [f"axis_{k} = axis_{k - 1}.sum(axis=-1)" for k in range(4, 8)]
    made = rolled([*lines, "total = np.max(axis_7, axis=-1)"], frozenset())
    assert "    axis[t] = (axis[t - 1] if t else start).sum(axis=-1)" in source(made)
    assert source(made)[-1] == "total = np.max(axis[6], axis=-1)"


def ran(lines: list[str], **given: object) -> dict[str, object]:
    names: dict[str, object] = {"np": np, **given}
    exec("\n".join(lines), names)
    return names


def test_numbers_that_move_with_the_steps_move_with_the_loop() -> None:
    lines = ["m = rate[0] * start + (1 - rate[0]) * slope[0, 3]", "w = begin - table[1, 2] * m"]
    for k in range(2, 6):
        m, w = ("m", "w") if k == 2 else (f"m_{k - 1}", f"w_{k - 1}")
        lines += [f"m_{k} = rate[{k - 1}] * {m} + (1 - rate[{k - 1}]) * slope[{k - 1}, 3]"]
        lines += [f"w_{k} = {w} - table[{k}, 2] * m_{k}"]

    made = rolled(lines, frozenset(["w_5"]))

    assert source(made) == [
        "m, w = ([None] * 5 for _ in range(2))",
        "for t in range(5):",
        "    m[t] = rate[t] * (m[t - 1] if t else start) + (1 - rate[t]) * slope[t, 3]",
        "    w[t] = (w[t - 1] if t else begin) - table[t + 1, 2] * m[t]",
    ]
    generator = np.random.default_rng(0)
    given = {"rate": generator.random(5), "slope": generator.random((5, 4)), "table": generator.random((6, 3))}
    given |= {"start": 0.25, "begin": 2.0}
    assert ran(source(made), **given)["w"][4] == ran(lines, **given)["w_5"]  # type: ignore[index]


def test_a_last_panel_may_be_mixed_with_what_looks_back_on_all() -> None:
    lines = ["e = a - w0", "v = e * e", "g = e * rate"]
    lines += ["e_2 = a - g", "v_2 = e_2 * e_2", "g_2 = e_2 * rate"]
    lines += [
        "e_3 = a - g_2",
        "v_3 = e_3 * e_3",
        "losses = np.array([v, v_2, v_3])",
        "worst = losses.max()",
        "g_3 = e_3 * rate",
    ]

    made = rolled(lines, frozenset(["worst", "g_3"]))

    assert source(made) == [
        "v, g = ([None] * 3 for _ in range(2))",
        "for t in range(3):",
        "    e = a - (g[t - 1] if t else w0)",
        "    v[t] = e * e",
        "    g[t] = e * rate",
        "losses = np.array(v)",
        "worst = losses.max()",
    ]
    given = {"a": 2.0, "w0": 0.5, "rate": 0.125}
    assert ran(source(made), **given)["worst"] == ran(lines, **given)["worst"]


def test_two_steps_back_are_two_sequences() -> None:
    lines = ["w = 1", "w_2 = 2", "w_3 = w + 1", *(f"w_{k} = w_{k - 2} + 1" for k in range(4, 13))]
    made = rolled(lines, frozenset(["w_11", "w_12"]))
    found, plain = ran(source(made)), ran(lines)
    for name in ("w_11", "w_12"):
        assert eval(made.renamed.get(name, name), found) == plain[name]


def test_a_panel_of_a_hundred_arrays_is_a_step() -> None:
    lines = []
    for step in range(4):
        mark, before = (f"_{step + 1}" if step else ""), (f"_{step}" if step > 1 else "")
        lines.append(f"a0{mark} = " + (f"a99{before} * 0.5" if step else "start * 0.5"))
        lines += [f"a{k}{mark} = a{k - 1}{mark} + {k + 2}.5" for k in range(1, 100)]
    made = roll(ast.parse("\n".join(lines)).body, frozenset(("a99_4",)))
    found: dict[str, object] = {"start": 3.0}
    exec("\n".join(map(ast.unparse, made.body)), found)
    plain: dict[str, object] = {"start": 3.0}
    exec("\n".join(lines), plain)
    assert len(made.body) < 5
    name, _, place = made.renamed["a99_4"].rstrip("]").partition("[")
    assert found[name][int(place)] == plain["a99_4"]  # type: ignore[index]
