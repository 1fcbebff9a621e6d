"""Whatever a function is given, it gives a value or an error value; it never stops a script, nor keeps it waiting."""

import inspect
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from excel import column, shows, value

from workbook.transpile.front.functions import FUNCTIONS
from workbook.transpile.runtime import HELPERS
from workbook.xlsx.read import CellError

CELLS: dict[str, object] = {
    **column("A", (1, 2.5, -3, "abc", None, True, CellError("#N/A"), "7", "")),
    **column("B", (4, 5, 6, 7)),
}
ARGUMENTS = [
    *("1", "2", "-1", "0", "0.5", "3.7", "40000", "1E+300", '"x"', '""', "TRUE", "1/0", ""),
    *("A1", "A2", "A4", "A5", "A6", "A7", "A8", "A9", "A1:A3", "A1:A9", "B1:B4", "A1:B2", "{1,2;3,4}", "{1,2,3}"),
]
TAKES_FUNCTION = {"MAP", "BYROW", "BYCOL", "REDUCE", "SCAN", "MAKEARRAY"}
# OFFSET's own argument is made before it is called; IF's first one is never left out.
NAMES = sorted({name for name in FUNCTIONS if " " not in name} - TAKES_FUNCTION - {"OFFSET", "IF"})
TRIES, SECONDS = 12, 5


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """So many seconds of processor time, however busy the machine is."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("name", NAMES)
def test_a_function_gives_a_value_whatever_it_is_given(name: str) -> None:
    parameters = inspect.signature(HELPERS[FUNCTIONS[name].helper]).parameters.values()
    least = max(FUNCTIONS[name].least, 1 if parameters else 0) + (name in ("CHOOSEROWS", "CHOOSECOLS", "SORTBY"))
    is_open = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    generator = random.Random(name)
    for _ in range(TRIES):
        count = generator.randint(least, max(len(parameters) + 2 * is_open, least))
        given = [generator.choice(ARGUMENTS) for _ in range(count)]
        if given != [""]:
            with at_most(SECONDS):
                value(f"{name}({','.join(given)})", CELLS)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("TEXT", (-2.5, "0.0"), "-2.5"), ("TEXT", (2.5, "0.0"), "2.5"), ("SIGN", (-2.5,), -1.0), ("SIGN", (0.0,), 0.0),
        ("ROUND", (-2.5,), -3.0), ("equal", (0.3, 0.1 + 0.2), True), ("join", (1.5, "x"), "1.5x"),
    ],
)  # fmt: skip
def test_a_number_of_numpy_is_a_number(name: str, given: tuple[object, ...], expected: object) -> None:
    # What comparing two of them gives is no condition of Python's: it repeats no text, and subtracts nothing.
    found = HELPERS[name](*(np.float64(item) if isinstance(item, float) else item for item in given))
    assert shows(found, expected)
