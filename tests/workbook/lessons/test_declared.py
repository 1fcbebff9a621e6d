"""A slip in a lesson, or in the functions that it names, is one sentence; and it is told before torch is loaded."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import engine.reference
import engine.witness
from workbook.app import cli
from workbook.app.build import make_plan
from workbook.check.recalc.ironcalc import IronCalc
from workbook.errors import LessonError
from workbook.lesson.lesson import Data, Derive, Formula, Given, Grid, Lesson, Sheet
from workbook.plan import derive
from workbook.xlsx.write import write

REFERENCE = "def twice(x):\n    return {'doubled': 2 * x}\n"

Make = Callable[[str], Lesson]


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """What makes a lesson of one number and its double, whose witness is what a test says."""
    module = f"slipped_{tmp_path.name}".replace("-", "_")

    def made(witness: str) -> Lesson:
        for package, source in ((engine.reference, REFERENCE), (engine.witness, witness)):
            folder = tmp_path / package.__name__
            folder.mkdir()
            (folder / f"{module}.py").write_text(source)
            monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
        sheet = Sheet(
            name="s",
            title="S",
            words="",
            blocks=(Given(name="x", value=3.0, low=0, high=9), Formula(name="doubled", pattern="2*x")),
            layout=(Grid("x"), Grid("doubled")),
            derive=(Derive(f"{module}.twice"),),
        )
        return Lesson(
            name="slipped",
            title="Slipped",
            options=(),
            load=lambda *_: Data({}, {}, {}, ""),
            sheets=lambda *_: (sheet,),
        )

    return made


@pytest.mark.parametrize(
    ("witness", "said"),
    [
        ("def twice(y):\n    return {'doubled': 2 * y}\n", "needs 'y', and the reference takes only x"),
        ("def twice():\n    return {'doubled': 6.0}\n", "does not take 'x', as the reference does"),
    ],
)
def test_a_misspelt_parameter_of_a_witness_is_told_when_the_plan_is_made(witness: str, said: str, lesson: Make) -> None:
    with pytest.raises(LessonError, match=rf"sheet s: engine\.witness\.slipped_\w+\.twice {said}"):
        make_plan(lesson(witness), {}, seed=0, progress=silent)


def test_a_misspelt_result_of_a_witness_is_one_sentence(lesson: Make) -> None:
    plan = make_plan(lesson("def twice(x):\n    return {'dubbled': 2 * x}\n"), {}, seed=0, progress=silent)
    with pytest.raises(LessonError, match="twice returns 'dubbled', and the reference returns nothing of that name"):
        derive.evaluate(derive.units(plan.layouts), plan.places, plan.values, side="witness")


def test_a_right_witness_answers(lesson: Make) -> None:
    plan = make_plan(lesson("def twice(x):\n    return {'doubled': x + x}\n"), {}, seed=0, progress=silent)
    seen = derive.evaluate(derive.units(plan.layouts), plan.places, plan.values, side="witness")
    assert {name: value.item() for name, value in seen.items()} == {"s.doubled": 6.0}
    assert np.array_equal(plan.values["s.doubled"], 6.0)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("y_low+(y_high", "y_lo+(y_high", "no block named 'y_lo' in curve"),
        ("y_low+(y_high-y_low){squeeze}", "SUM(MMULT(ALL(point), ALL(point)))", "MMULT of 21 by 1 and 21 by 1"),
    ],
)
def test_a_slip_in_a_lesson_is_told_before_torch_is_loaded(
    right: str, wrong: str, said: str, contributed: Path, tmp_path: Path
) -> None:
    example = (contributed / "sigmoid.py").read_text(encoding="utf-8")
    assert right in example
    (tmp_path / "sigmoid.py").write_text(example.replace(right, wrong, 1), encoding="utf-8")
    script = (
        "import sys\n"
        "from workbook import lessons\n"
        "from workbook.app import cli\n"
        "lessons.__path__.append(sys.argv[1])\n"
        "code = cli.main(['build', 'sigmoid', '--out', sys.argv[1] + '/out'])\n"
        "print(code, 'torch' in sys.modules)\n"
    )
    path = os.pathsep.join([str(Path(cli.__file__).parents[3]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.stdout == "1 False\n"
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_block_is_drawn_again_as_cells_that_copy_it(tmp_path: Path) -> None:
    blocks = (
        Given(name="film", axes="film", title="film", fixed=True, text=True),
        Given(name="price", axes="film", title="price", low=0, high=9),
        Given(name="count", axes="film", title="count", low=0, high=9),
    )
    sheet = Sheet(
        name="s",
        title="S",
        words="",
        blocks=blocks,
        layout=(Grid("film price"), Grid("=film count"), Grid("=film")),
    )
    names = np.array(["Heat", "Alien"], dtype=object)
    values = {"s.film": names, "s.price": np.array([1.0, 2.0]), "s.count": np.array([3.0, 4.0])}
    lesson = Lesson(
        name="again",
        title="Again",
        options=(),
        load=lambda *_: Data({"film": 2}, values, {}, ""),
        sheets=lambda *_: (sheet,),
    )
    plan = make_plan(lesson, {}, seed=0, progress=silent)
    assert plan.values["s.film_2"].tolist() == plan.values["s.film_3"].tolist() == ["Heat", "Alien"]
    write(plan, tmp_path / "again.xlsx")
    first, again = plan.places["s.film"], plan.places["s.film_2"]
    with IronCalc().open(tmp_path / "again.xlsx") as session:
        session.set("S", int(first.rows[1]), int(first.columns[1]), "Brazil")
        shown = session.values()["S"]
    assert [shown[int(row), int(column)] for row, column in zip(again.rows, again.columns, strict=True)] == [
        "Heat",
        "Brazil",
    ]


def test_a_block_is_drawn_again_only_where_a_lesson_says_so() -> None:
    with pytest.raises(LessonError, match="no block named 'y'"):
        Sheet(name="s", title="S", words="", blocks=(Given(name="x", value=1.0),), layout=(Grid("x =y"),))
