"""The same pages in Firefox and in WebKit: what the engines of browsers may do otherwise, and no more."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import drivers
import numpy as np
import pytest
from edits import saved_edits
from PIL import Image

from workbook.check.recalc import engines
from workbook.formula.address import cell_address
from workbook.lesson.lesson import Formula


@pytest.fixture(scope="module", params=["firefox", "webkit"])
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[drivers.Driver]:
    """A browser, started once for all tests."""
    try:
        driver = getattr(drivers, request.param)(tmp_path_factory.mktemp(request.param))
    except drivers.MissingError as why:
        pytest.skip(f"{request.param}: {why}")
    yield driver
    driver.close()


def opened(browser: drivers.Driver, path: Path, at: str = "") -> None:
    browser.goto("about:blank")
    browser.goto(f"{path.as_uri()}{at}")
    browser.evaluate("await window.gradbook.ready;")


@pytest.mark.parametrize("apart", [False, True], ids=["", "in a thread of its own"])
def test_a_page_has_the_values_of_its_workbook_and_its_edits_those_of_ironcalc(
    apart: bool, browser: drivers.Driver, page_of: Callable[..., Any]
) -> None:
    made = page_of("cross_entropy", apart=apart)
    opened(browser, made.path)
    wanted, expected = [], []
    for place in made.plan.places.values():
        if isinstance(place.block, Formula) and not place.block.is_text and not place.block.blank:
            values = made.plan.values[place.name]
            for at, value in zip(place.cells(), values.ravel(), strict=True):
                if np.isfinite(value):
                    wanted.append([place.title, cell_address(*at)])
                    expected.append((float(value), made.plan.scale(place.name) * place.block.bound))
    read = "return arguments[0].map((cell) => gradbook.get(...cell));"
    for at, value, (right, bound) in zip(wanted, browser.evaluate(read, wanted), expected, strict=True):
        assert value == pytest.approx(right, abs=bound * 10, rel=0), at
    place = made.plan.places["cross_entropy.logit"]
    row, column = place.origin
    cell = [place.title, cell_address(row, column)]
    kind, count = browser.evaluate(
        'const made = gradbook.set(...arguments[0], 2.25); return [typeof made.then === "function", await made];', cell
    )
    assert (kind, count > 10) == (apart, True)
    (engine,) = engines(["ironcalc"])
    with engine.open(made.workbook) as session:
        session.set(place.title, row, column, 2.25)
        cells = {at: value for at, value in session.values()[place.title].items() if isinstance(value, float)}
    found = browser.evaluate(read, [[place.title, cell_address(*at)] for at in cells])
    scale = max(abs(value) for value in cells.values())
    for at, value in zip(cells, found, strict=True):
        assert value == pytest.approx(cells[at], abs=1e-10 * scale), at


def test_a_cell_is_edited_by_keyboard_and_the_edit_undone(browser: drivers.Driver, page_of: Callable[..., Any]) -> None:
    made = page_of("cross_entropy")
    place = made.plan.places["by_hand.guess_share"]
    cell, verdict = place.address(), cell_address(place.origin[0], place.origin[1] + 1)
    opened(browser, made.path, f"#By%20hand!{cell}")
    judged = f"return gradbook.get('By hand', '{verdict}');"
    assert browser.evaluate(judged) == "to do"
    browser.keys("#grid", "0.5")
    assert browser.evaluate("return document.querySelector('.editor').value;") == "0.5"
    browser.keys(".editor", "\ue007")
    assert "right" in browser.evaluate(judged)
    browser.evaluate("document.getElementById('undo').click();")
    assert browser.evaluate(judged) == "to do"


def test_the_page_is_drawn_with_its_cells_its_chart_and_no_overflow(
    browser: drivers.Driver, page_of: Callable[..., Any], tmp_path: Path
) -> None:
    opened(browser, page_of("affine").path, "#'Sum%20of%20ReLUs'!B7")
    seen = browser.evaluate(
        """await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
        const { x, y, width, height } = document.getElementById("sheet").getBoundingClientRect();
        return {
          cells: document.querySelectorAll(".cell").length, curves: document.querySelectorAll(".curve").length,
          wide: document.documentElement.scrollWidth - window.innerWidth, box: [x, y, x + width, y + height],
          sliders: document.querySelectorAll("#inputs input[type=range]").length,
        };"""
    )
    assert seen["cells"] > 10
    assert seen["curves"] > 0
    assert seen["sliders"] > 0
    assert seen["wide"] <= 0
    browser.screenshot(tmp_path / "seen.png")
    with Image.open(tmp_path / "seen.png") as picture:
        colours = {colour for _, colour in picture.convert("RGB").crop(seen["box"]).getcolors(10**6)}
    # Paper, the yellow of inputs, and the ink of signs.
    assert {(255, 255, 255), (255, 248, 214)} <= colours, sorted(colours)[-8:]
    assert len(colours) > 20


def test_a_link_holds_the_edits_and_the_saved_workbook_verifies(
    browser: drivers.Driver,
    page_of: Callable[..., Any],
    verified: Callable[[Path, Path], Any],
    tmp_path: Path,
) -> None:
    made = page_of("cross_entropy")
    edits = saved_edits(made.plan)
    link = "&".join(f"{title}!{cell}={value}" for title, cell, value in edits)
    opened(browser, made.path, f"#CrossEntropyLoss!A1&{link}")
    read = "return arguments[0].map(([title, cell]) => gradbook.get(title, cell));"
    assert browser.evaluate(read, edits) == [value for *_, value in edits]
    text = browser.evaluate(
        """const reader = new FileReader();
        const read = new Promise((done) => (reader.onload = done));
        reader.readAsDataURL(await gradbook.file());
        await read;
        return reader.result.split(",")[1];"""
    )
    saved = tmp_path / "cross_entropy.xlsx"
    saved.write_bytes(base64.b64decode(text))
    check = verified(saved, made.workbook)
    assert check.failures == ()
    assert check.ok
