"""Pages as a person has them: opened from a file, edited by keyboard and pointer, shared, saved, read aloud."""

import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import xlsxwriter
from edits import named_edit, saved_edits
from PIL import Image
from sweep import SWEEP, some

from workbook.check.recalc import engines
from workbook.formula.address import cell_address
from workbook.lesson.lesson import Formula
from workbook.lessons import names
from workbook.page import Code, index, page
from workbook.xlsx.read import read_workbook

CORPUS = Path(__file__).parents[1] / "workbook" / "transpile" / "corpus" / "files"
Visit = Callable[..., Any]
Shared = Callable[[str, str], Any]
HOSTILE = "</script><img src=x onerror=window.hacked=1>\u2028 & ' \" `${window.hacked=1}` <!--"
TRIED = ("affine", "cross_entropy", "optimizers")
"""The lessons whose pages other tests open too; what the pages of all compute, V8 is asked without a browser."""


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def values_of(tab: Any, cells: Sequence[Sequence[str]]) -> list[Any]:
    """What a page has in cells; as one text, because playwright takes thousands of values apart for longer."""
    read = "(cells) => JSON.stringify(JSON.parse(cells).map(([title, cell]) => gradbook.get(title, cell)))"
    found: list[Any] = json.loads(tab.evaluate(read, json.dumps(cells)))
    return found


def status(tab: Any) -> str:
    return str(tab.locator("#status").inner_text())


def until(tab: Any, condition: str) -> None:
    """Wait for a condition; a page's policy forbids the way that playwright has for it."""
    for _ in range(1200):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(50)
    raise AssertionError(condition)


def go(tab: Any, cell: str) -> None:
    """Go to a cell by the field that names it, and wait until it is drawn."""
    tab.locator("#name").fill(cell)
    tab.locator("#name").press("Enter")
    tab.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


@pytest.mark.sweep(but=TRIED)
@pytest.mark.parametrize("name", names())
def test_a_page_opens_from_a_file_with_the_values_of_its_workbook(
    name: str, page_of: Callable[..., Any], shared: Shared
) -> None:
    made = page_of(name)
    tab = shared(name, "")
    assert tab.title() == made.plan.lesson.title
    wanted, expected = [], []
    for place in made.plan.places.values():
        if not isinstance(place.block, Formula) or place.block.is_text or place.block.blank:
            continue
        values = made.plan.values[place.name]
        scale = made.plan.scale(place.name)
        for at in [(0,) * values.ndim, tuple(size - 1 for size in values.shape)]:
            if not np.isfinite(values[at]):
                continue
            wanted.append((place.title, place.address(at)))
            expected.append((float(values[at]), max(scale * place.block.bound, 0.0)))
    assert len(wanted) > 20
    found = values_of(tab, wanted)
    for at, value, (right, bound) in zip(wanted, found, expected, strict=True):
        assert value == pytest.approx(right, abs=bound * 10, rel=0), at
    edit = named_edit(made.plan)
    assert tab.evaluate("(edit) => gradbook.set(...edit)", list(edit[:3])) > 1


def test_an_edit_by_keyboard_gives_the_numbers_of_ironcalc(page_of: Callable[..., Any], shared: Shared) -> None:
    made = page_of("optimizers")
    tab = shared("optimizers", "#Adam!B6")
    tab.locator("#grid").focus()
    # Where each sign lands matters: a caret before the first would make it .251.
    tab.keyboard.type("1.25")
    tab.keyboard.press("Enter")
    assert tab.locator("#name").input_value() == "B7"
    (engine,) = engines(["ironcalc"])
    with engine.open(made.workbook) as session:
        session.set("Adam", 6, 2, 1.25)
        expected = {at: value for at, value in session.values(["Adam"])["Adam"].items() if isinstance(value, float)}
    cells = list(expected)
    found = values_of(tab, [("Adam", cell_address(*at)) for at in cells])
    scale = max(abs(value) for value in expected.values())
    for at, value in zip(cells, found, strict=True):
        assert value == pytest.approx(expected[at], abs=1e-10 * scale), at
    assert re.fullmatch(r"[\d,]+ cells recalculated in (less than )?[\d.]+ ms", status(tab))
    assert float(tab.locator("#c5-1").inner_text()) == 1.25


def test_a_large_workbook_is_computed_by_a_thread_of_its_own(page_of: Callable[..., Any], visit: Visit) -> None:
    made = page_of("schedules", apart=True)
    tab = visit(made.path)
    assert len(tab.workers) == 1
    place = made.plan.places["data.x"]
    edits = [(cell, float(k)) for k, cell in enumerate(place.cells()[:6])]
    (engine,) = engines(["ironcalc"])
    with engine.open(made.workbook) as session:
        for (row, column), value in edits:
            session.set(place.title, row, column, value)
        results = session.values()
    expected = {
        (title, cell_address(*at)): value
        for title, cells in results.items()
        for at, value in cells.items()
        if isinstance(value, float)
    }
    # What was entered shows at once; promises tell when what depends on it does, and how many cells changed.
    shown, counts = tab.evaluate(
        """async (edits) => {
          const promises = edits.map((edit) => gradbook.set(...edit));
          const all = promises.every((one) => one instanceof Promise);
          const shown = all && edits.map(([title, cell]) => gradbook.get(title, cell));
          return [shown, await Promise.all(promises)];
        }""",
        [[place.title, cell_address(*at), value] for at, value in edits],
    )
    assert shown == [value for _, value in edits]
    assert min(counts) > 100
    assert "recalculated" in status(tab)
    found = values_of(tab, list(expected))
    scales: dict[str, float] = {}
    for (title, _), value in expected.items():
        scales[title] = max(scales.get(title, 0.0), abs(value))
    for at, value in zip(expected, found, strict=True):
        assert value == pytest.approx(expected[at], abs=1e-10 * scales[at[0]]), at
    first = made.plan.values["data.x"].flat[1]
    tab.evaluate("document.getElementById('undo').click(), document.getElementById('reset').click()")
    until(tab, "document.getElementById('reset').disabled")
    assert tab.evaluate("([s, c]) => gradbook.get(s, c)", [place.title, cell_address(*edits[1][0])]) == first


def test_what_a_cell_does_not_take_is_refused_with_its_reason(shared: Shared) -> None:
    tab = shared("optimizers", "#Adam!B7")
    tab.locator("#grid").focus()
    tab.keyboard.type("7")
    tab.keyboard.press("Enter")
    assert "expected a number" in status(tab)
    assert tab.evaluate("gradbook.get('Adam', 'B7')") == 0.9
    go(tab, "D60")
    tab.keyboard.type("7")
    assert "Change a yellow cell" in status(tab)
    # What was said of a cell goes when another is selected.
    tab.wait_for_timeout(600)
    tab.keyboard.press("ArrowDown")
    assert status(tab) == ""
    with pytest.raises(Exception, match="expected a number"):
        tab.evaluate("gradbook.set('Adam', 'B7', 7)")
    with pytest.raises(Exception, match="no sheet is titled"):
        tab.evaluate("gradbook.get('Adamant', 'B7')")


def test_edits_are_undone_done_again_and_taken_back(shared: Shared) -> None:
    tab = shared("optimizers", "#Adam!B5")
    before = tab.evaluate("gradbook.get('Adam', 'B9')")
    tab.locator("#knob select").select_option("lecture")
    after = tab.evaluate("gradbook.get('Adam', 'B9')")
    assert after != before
    tab.locator("#grid").focus()
    tab.keyboard.press("Control+z")
    assert tab.evaluate("gradbook.get('Adam', 'B9')") == before
    tab.keyboard.press("Control+y")
    assert tab.evaluate("gradbook.get('Adam', 'B9')") == after
    tab.locator("#reset").click()
    assert tab.evaluate("[gradbook.get('Adam', 'B5'), gradbook.get('Adam', 'B9')]") == ["torch", before]
    assert tab.locator("#reset").is_disabled()


def test_a_slider_moves_its_number_and_the_chart_keeps_its_ghost(shared: Shared) -> None:
    tab = shared("optimizers", "#Adam!B6")
    tab.locator("#panels button", has_text="Inputs").click()
    assert tab.locator(".ghost").count() == 0
    slider = tab.locator("#inputs input[type=range]").first
    slider.focus()
    for _ in range(5):
        tab.keyboard.press("ArrowRight")
    assert tab.evaluate("gradbook.get('Adam', 'B6')") > 1.0
    tab.locator("#sheet").evaluate("element => element.scrollTo(0, 300)")
    # Charts are drawn with the next frame.
    tab.locator(".ghost").first.wait_for(state="attached")
    assert tab.locator(".ghost").count() <= tab.locator(".curve").count()
    # A run of keys is one step.
    tab.locator("#undo").click()
    assert tab.evaluate("gradbook.get('Adam', 'B6')") == 1.0


SEEN = """async (ways) => {
  const area = document.getElementById("sheet");
  for (const [left, top] of ways) {
    area.scrollTo(left, top);
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  }
  const looks = [...document.querySelectorAll(".rows .row")].flatMap((row) => [
    `${row.getAttribute("aria-rowindex")} ${row.style.cssText} ${row.firstChild.textContent}`,
    ...[...row.querySelectorAll(".cell")].map((cell) => `${row.getAttribute("aria-rowindex")} ${cell.id}
      ${cell.className} ${cell.textContent} ${cell.style.cssText} ${cell.getAttribute("aria-label")}
      ${cell.getAttribute("aria-readonly")} ${cell.getAttribute("aria-colindex")}`),
  ]);
  return looks.sort();
}"""


def test_a_place_looks_the_same_whichever_way_leads_there(shared: Shared) -> None:
    goal = [180, 700]
    seen = []
    for ways in ([goal], [[60 * k, 90 * k] for k in range(12)], [[500, 2000], [0, 0], [300, 650]]):
        tab = shared("optimizers", "#Adam!A1")
        seen.append(tab.evaluate(SEEN, [*ways, goal]))
    assert len(seen[0]) > 100
    assert len(set(seen[0])) == len(seen[0])
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]


def test_a_formula_shows_its_numbers_and_where_they_come_from(shared: Shared) -> None:
    tab = shared("optimizers", "#Adam!F60")
    formula, numbers = tab.locator("#formula").inner_text(), tab.locator("#numbers").inner_text()
    assert formula == "=$D60+$E60*$B60"
    terms = re.fullmatch(r"= ([\d.]+)\+([\d.]+)\*([\d.]+) = ([\d.]+)", numbers)
    assert terms
    a, b, c, total = map(float, terms.groups())
    assert a + b * c == pytest.approx(total, rel=1e-4)
    assert tab.locator("#formula .ref").all_inner_texts() == ["$D60", "$E60", "$B60"]
    tab.locator("#back").click()
    assert "2 steps" in status(tab)
    go(tab, "B60")
    chips = tab.locator(".chip").all_inner_texts()
    assert chips
    assert chips[0].startswith("Data!")
    tab.locator(".chip").first.click()
    assert tab.locator("#tabs [aria-selected=true]").inner_text() == "Data"


def test_a_cell_lights_its_line_and_a_line_its_cells(page_of: Callable[..., Any], shared: Shared) -> None:
    made = page_of("optimizers")
    tab = shared("optimizers", "#Adam!F60")
    tab.locator("#panels button", has_text="NumPy").click()
    lit = tab.locator("#lines .lit").all_inner_texts()
    assert any("prediction" in line and "=" in line for line in lit)
    tab.locator("#lines .linked", has_text="squared_error").first.click()
    assert tab.locator("#name").input_value().startswith("G")
    tab.locator("#step").fill("3")
    worth = tab.locator("#lines .lit .worth").first.inner_text()
    fourth = made.plan.places["adam.squared_error"].address((3,))
    assert float(worth) == pytest.approx(tab.evaluate("(cell) => gradbook.get('Adam', cell)", fourth), rel=1e-6)


def test_no_line_of_code_says_what_an_answer_was_worth_before_it_was_given(shared: Shared) -> None:
    tab = shared("optimizers", "#By%20hand!A1")
    tab.locator("#panels button", has_text="NumPy").click()
    lines = tab.locator("#lines li", has_text="verdict_")
    assert lines.count() == 3
    assert [line.is_visible() for line in lines.all()] == [False] * 3


def test_steps_play(shared: Shared) -> None:
    tab = shared("optimizers", "#Adam!B6")
    tab.locator("#play").click()
    until(tab, "Number(document.getElementById('step').value) >= 2")
    tab.locator("#play").click()
    assert re.match(r"step \d+ of 87", tab.locator("#stepname").inner_text())


def test_a_picture_is_painted_on_and_the_convolution_answers(page_of: Callable[..., Any], shared: Shared) -> None:
    made = page_of("affine")
    place = made.plan.places["digit.picture"]
    tab = shared("affine", f"#{place.title.replace(' ', '%20')}!A1")
    row, column = place.origin
    go(tab, cell_address(row, column))
    pixels = [[place.title, cell_address(row, column + k)] for k in range(4)]
    before = values_of(tab, pixels)
    box = tab.evaluate(
        """([row, column]) => {
          const cell = document.getElementById(`c${row}-${column}`).getBoundingClientRect();
          return [cell.left + cell.width / 2, cell.top + cell.height / 2, cell.width];
        }""",
        [row - 1, column - 1],
    )
    tab.mouse.move(box[0], box[1])
    tab.mouse.down()
    tab.mouse.move(box[0] + 3 * box[2], box[1])
    tab.mouse.up()
    assert before == [0.0] * 4
    assert values_of(tab, pixels) == [255.0] * 4
    assert "recalculated" in status(tab)
    tab.locator("#undo").click()
    assert values_of(tab, pixels) == before


def test_a_question_of_a_sheet_by_hand_is_answered_and_judged(page_of: Callable[..., Any], shared: Shared) -> None:
    made = page_of("cross_entropy")
    place = made.plan.places["by_hand.guess_share"]
    cell, (row, column) = place.address(), place.origin
    verdict = cell_address(row, column + 1)
    tab = shared("cross_entropy", f"#By%20hand!{cell}")
    assert tab.evaluate("(cell) => gradbook.get('By hand', cell)", verdict) == "to do"
    assert tab.locator("#knob input").count() == 0
    waiting = tab.locator(".waits").count()
    assert waiting == 3
    tab.locator("#grid").focus()
    # Photo 2 has the logits 3, 3 and 4: of 8 + 8 + 16 the fish has 16.
    for answer, judged in (("0.25", False), ("0.125", False), ("0.5", True)):
        tab.keyboard.type(answer)
        tab.keyboard.press("Enter")
        assert ("stays as it is" in status(tab)) is (answer == "0.125"), status(tab)
        said = tab.evaluate("(cell) => gradbook.get('By hand', cell)", verdict)
        assert ("right" in said) is judged, said
        # The panel says it beside the answer: on a phone the sheet's own verdict is out of sight.
        row = tab.locator(".input", has=tab.get_by_role("button", name=cell, exact=True))
        assert row.locator(".verdict").inner_text() == said
        go(tab, cell)
        assert said in tab.locator("#numbers").inner_text()
        assert tab.locator(".waits").count() == waiting - 1
    tab.locator("#grid").focus()
    tab.keyboard.press("Delete")
    assert tab.evaluate("(cell) => gradbook.get('By hand', cell)", verdict) == "to do"


def test_a_link_shares_the_edits(page_of: Callable[..., Any], shared: Shared, visit: Visit) -> None:
    made = page_of("cross_entropy")
    tab = shared("cross_entropy", "#Metrics!A2")
    edits = saved_edits(made.plan)
    loss = [["CrossEntropyLoss", made.plan.places["cross_entropy.loss"].address()]]
    for edit in edits:
        tab.evaluate("(edit) => gradbook.set(...edit)", edit)
    until(tab, "location.hash.includes('0.2')")
    link = tab.evaluate("location.hash")
    assert link == "#Metrics!A2" + "".join(f"&{title}!{cell}={value}" for title, cell, value in edits)
    other = visit(made.path, at=link)
    assert values_of(other, [edit[:2] for edit in edits]) == [edit[2] for edit in edits]
    assert values_of(other, loss) == values_of(tab, loss)
    assert other.locator("#tabs [aria-selected=true]").inner_text() == "Metrics"
    tab.evaluate("gradbook.reset()")
    before = values_of(tab, loss)
    wrong = shared("cross_entropy", f"#CrossEntropyLoss!{edits[0][1]}=1e9&Metrics!A1=3&Nothing!A1=2&%E0%A4%A")
    assert values_of(wrong, loss) == before


def test_many_edits_fit_into_a_link(page_of: Callable[..., Any], shared: Shared, visit: Visit) -> None:
    made = page_of("affine")
    place = made.plan.places["digit.picture"]
    cells = [[place.title, cell_address(row, column)] for row, column in place.cells()[:60]]
    tab = shared("affine", "")
    tab.evaluate("(cells) => cells.forEach((cell) => gradbook.set(...cell, 7))", cells)
    until(tab, "location.hash.includes('&~')")
    other = visit(made.path, at=tab.evaluate("location.hash"))
    assert set(values_of(other, cells)) == {7}


def test_the_saved_workbook_verifies_with_the_edits_in_it(
    page_of: Callable[..., Any], shared: Shared, verified: Callable[[Path, Path], Any], tmp_path: Path
) -> None:
    made = page_of("cross_entropy")
    tab = shared("cross_entropy", "")
    for edit in saved_edits(made.plan):
        tab.evaluate("(edit) => gradbook.set(...edit)", edit)
    with tab.expect_download() as waiting:
        tab.locator("#save").click()
    saved = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    assert saved.name == "cross_entropy.xlsx"
    check = verified(saved, made.workbook)
    assert check.failures == ()
    assert check.ok
    assert any("inputs" in note for note in check.notes), check.notes


def test_the_keyboard_alone_is_enough(page_of: Callable[[str], Any], visit: Visit) -> None:
    tab = visit(page_of("affine").path)
    for _ in range(30):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.id") == "grid":
            break
    assert tab.evaluate("document.activeElement.id") == "grid"
    tab.keyboard.press("Alt+PageDown")
    assert tab.locator("#tabs [aria-selected=true]").inner_text() == tab.evaluate("gradbook.sheets()[1]")
    tab.keyboard.press("Control+Home")
    assert tab.locator("#name").input_value() == "A1"
    tab.keyboard.press("Control+ArrowDown")
    tab.keyboard.press("Shift+ArrowRight")
    assert re.fullmatch(r"A\d+:B\d+", tab.locator("#name").input_value())
    active = tab.locator("#grid").get_attribute("aria-activedescendant")
    assert tab.locator(f"#{active}").get_attribute("aria-selected") == "true"
    assert tab.locator("#heard").inner_text().startswith("A")


def test_cells_are_copied_and_pasted_as_text(page_of: Callable[..., Any], shared: Shared) -> None:
    made = page_of("affine")
    tab = shared("affine", "")
    place = made.plan.places["affine.weight"]
    (top, left), (bottom, right) = place.cells()[0], place.cells()[-1]
    title = place.title
    go(tab, f"'{title}'!{cell_address(top, left)}:{cell_address(bottom, right)}")
    copied = tab.evaluate(
        """() => {
          const data = new DataTransfer();
          const event = new ClipboardEvent("copy", { clipboardData: data, bubbles: true, cancelable: true });
          document.getElementById("grid").dispatchEvent(event);
          return data.getData("text/plain");
        }"""
    )
    rows = [[float(text) for text in line.split("\t")] for line in copied.split("\n")]
    assert np.array_equal(rows, made.plan.values["affine.weight"].reshape(len(rows), -1))
    tab.evaluate(
        """(text) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
          document.getElementById("grid").dispatchEvent(event);
        }""",
        "\n".join("\t".join(str(value + 1) for value in row) for row in rows),
    )
    assert tab.evaluate("([s, c]) => gradbook.get(s, c)", [title, cell_address(top, left)]) == rows[0][0] + 1


def test_on_a_small_screen_nothing_is_cut_and_the_code_is_under_the_sheet(shared: Shared) -> None:
    tab = shared("optimizers", "#Adam!F46")
    # A phone, and a screen at 200 %.
    for width, height in ((390, 844), (683, 384)):
        tab.set_viewport_size({"width": width, "height": height})
        go(tab, "Adam!F46")
        assert tab.locator("#back").is_visible() is (width == 390)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        cut = """["#formula", "#numbers", "h1", "#block"].filter((name) => {
          const { scrollWidth, clientWidth } = document.querySelector(name);
          return scrollWidth > clientWidth;
        })"""
        assert tab.evaluate(cut) == []
        sheet, side = tab.locator("#sheet").bounding_box(), tab.locator("#side").bounding_box()
        assert side["y"] >= sheet["y"] + sheet["height"] - 1
        assert sheet["height"] >= 280
        tab.locator("#picker").select_option(label="SGD")
        assert tab.locator("#grid").get_attribute("aria-label") == "Sheet SGD"


def test_the_signs_of_cells_stand_where_they_do_in_browsers_that_align_no_blocks(shared: Shared) -> None:
    tab = shared("cross_entropy", "#CrossEntropyLoss!A1")
    places = """[...document.querySelectorAll(".cell > span")].flatMap((sign) => {
      const range = document.createRange();
      range.selectNodeContents(sign);
      return [...range.getClientRects()].flatMap(({ left, top, right, bottom }) => [left, top, right, bottom]);
    })"""
    seen = tab.evaluate(places)
    assert len(seen) > 80
    tab.evaluate("document.getElementById('grid').classList.add('old')")
    assert tab.evaluate(places) == pytest.approx(seen, abs=1)
    tab.evaluate("document.getElementById('grid').classList.remove('old')")


GLOWS = """async ([sheet, cell, values]) => {
  const canvas = document.querySelector(".glow");
  const opacity = () => Number(getComputedStyle(canvas).opacity);
  const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
  const seen = { opacities: [], shots: [canvas.toDataURL()], rest: opacity() };
  for (const value of values) gradbook.set(sheet, cell, value);
  while (!opacity()) await frame();
  for (; opacity(); await frame()) {
    seen.opacities.push(opacity());
    seen.shots.push(canvas.toDataURL());
  }
  seen.shots = [...new Set(seen.shots)];
  return seen;
}"""


def test_changed_cells_glow_and_fade(page_of: Callable[..., Any], visit: Visit) -> None:
    made = page_of("cross_entropy")
    tab = visit(made.path, at="#CrossEntropyLoss!A1")
    # Each frame is packed as a PNG, so it is a small one.
    tab.set_viewport_size({"width": 720, "height": 480})
    tab.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    sheet, cell, value = saved_edits(made.plan)[0]
    seen = tab.evaluate(GLOWS, [sheet, cell, [value]])
    assert seen["rest"] == 0
    assert len(seen["shots"]) == 2
    assert len(set(seen["opacities"])) > 2
    assert seen["opacities"] == sorted(seen["opacities"], reverse=True)


def test_who_wants_less_motion_sees_changed_cells_without_a_fade(page_of: Callable[..., Any], visit: Visit) -> None:
    made = page_of("cross_entropy")
    tab = visit(made.path, at="#CrossEntropyLoss!A1", reduced_motion="reduce")
    # Each frame is packed as a PNG, so it is a small one.
    tab.set_viewport_size({"width": 720, "height": 480})
    tab.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    sheet, cell, value = saved_edits(made.plan)[0]
    before = tab.evaluate("(cell) => gradbook.get(...cell)", [sheet, cell])
    seen = tab.evaluate(GLOWS, [sheet, cell, [value]])
    assert (seen["rest"], len(seen["shots"]), len(set(seen["opacities"]))) == (0, 2, 1)
    # Edit upon edit, as of a slider that is pulled, glows no stronger than one.
    assert tab.evaluate(GLOWS, [sheet, cell, [before, value, before, value, before]])["shots"] == seen["shots"][1:]


def test_the_panel_shows_the_code_where_a_sheet_has_no_inputs_of_its_own(
    page_of: Callable[..., Any], visit: Visit
) -> None:
    tab = visit(page_of("affine").path, at="#By%20hand!A1")
    chosen = tab.locator("#panels [aria-selected=true]")
    assert chosen.inner_text() == "Inputs"
    tab.locator("#tabs button", has_text="Affine layer").click()
    assert chosen.inner_text() == "NumPy"
    assert "bias" in tab.locator("#lines").inner_text()
    # Whoever has chosen a tab keeps it.
    tab.locator("#panels button", has_text="Inputs").click()
    tab.locator("#tabs button", has_text="Two layers").click()
    assert chosen.inner_text() == "Inputs"


FROZEN = """async () => {
  const drawn = () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const [area, chart] = [document.getElementById("sheet"), document.querySelector(".chart")];
  const head = document.querySelector(".heads .head");
  area.scrollTo(0, 0);
  await drawn();
  const frozen = head.getBoundingClientRect().right;
  area.scrollTo(chart.getBoundingClientRect().left - frozen + 60, 0);
  await drawn();
  return [document.querySelector(".heads .head").textContent, chart.style.clipPath];
}"""


def test_frozen_columns_stay_over_charts_unless_they_would_fill_a_phone(
    stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    path = tmp_path / "frozen.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Wide")
        sheet.set_column(0, 0, 40)
        sheet.freeze_panes(1, 1)
        for column in range(40):
            sheet.write_column(0, column, [f"item {column}", *(column + row for row in range(30))])
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Wide!$B$2:$B$30"})
        sheet.insert_chart("D4", chart)
    tab = visit(stranger_page(path))
    first, clip = tab.evaluate(FROZEN)
    assert first == "A"
    # 60 pixels of it have gone under them, but for a margin of one.
    assert float(clip.split()[-1].removesuffix("px)")) == pytest.approx(60, abs=1.5)
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.wait_for_timeout(100)
    first, clip = tab.evaluate(FROZEN)
    assert first != "A"
    assert clip == ""


@pytest.mark.sweep(but=("affine", "optimizers", "index"))
@pytest.mark.parametrize("name", [*names(), "index"])
def test_axe_finds_nothing_by_day_nor_by_night_on_a_phone(
    name: str, shared: Shared, visit: Visit, tmp_path: Path
) -> None:
    source = axe()
    if name == "index":
        path = tmp_path / "index.html"
        path.write_text(index([{"file": "a.html", "title": "A", "words": "About.", "place": "1", "size": "1 KB"}]))
        tab = visit(path, ready="main")
    else:
        tab = shared(name, "#Adam!F46" if name == "optimizers" else "#By%20hand!A1")
    tab.evaluate(source)
    # By day on a desk, by night on a phone; by default one page by both, and two by one of them each.
    looks = [("light", 1366), ("dark", 390)]
    for scheme, width in looks if SWEEP or name == "optimizers" else [looks[name == "index"]]:
        tab.emulate_media(color_scheme=scheme)
        tab.set_viewport_size({"width": width, "height": 844})
        tab.wait_for_timeout(100)
        if name == "optimizers":
            tab.locator("#panels button", has_text="NumPy").click()
        found = tab.evaluate("axe.run({ resultTypes: ['violations'] })")
        told = [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found["violations"]]
        assert told == [], scheme


def axe() -> str:
    """The source of axe-core, from the folder that npm installs into, or from where a variable says."""
    folders = [os.environ.get("GRADBOOK_NODE_MODULES", ""), str(Path(__file__).parent / "node_modules")]
    for folder in filter(None, folders):
        path = Path(folder) / "axe-core" / "axe.min.js"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    pytest.skip("axe-core is not installed: npm install in tests/browser")


def test_nothing_of_a_workbook_becomes_markup_or_code(visit: Visit, tmp_path: Path) -> None:
    engine = """(function (data) {
      const grid = data.grid;
      return {
        sheets: [{ title: data.title, rows: 2, columns: 3 }, { title: data.title + "2", rows: 1, columns: 1 }],
        get: (s, r, c) => grid[r][c],
        set(cells) {
          for (const [, r, c, v] of cells) grid[r][c] = v;
          return { cells: 1, ranges: new Int32Array(0) };
        },
        isFormula: (s, r, c) => r === 1 && c === 0,
        formula: () => "='" + (data.title + "2").replaceAll("'", "''") + "'!A1+" + data.title,
        advance: () => true, practise: () => true, explain: () => data.title,
        precedents: () => [[1, 0, 0, 0, 0]], dependents: () => [[1, 0, 0, 0, 0]],
      };
    })"""
    axis = {"title": HOSTILE, "log": False, "low": None, "high": None, "format": f'0.0"{HOSTILE[:20]}"'}
    series = {
        "name": HOSTILE, "colour": "000000", "dash": HOSTILE, "marker": HOSTILE,
        "joined": True, "x": None, "y": [0, 1, 1, 1, 1],
    }  # fmt: skip
    chart = {"title": HOSTILE, "alt": HOSTILE, "x": axis, "y": axis}
    shape = {"kind": "box", "box": [0, 0, 50, 20], "line": "0072B2", "fill": "E1F0FA", "text": HOSTILE}
    inputs = [
        {
            "ranges": [[0, 1, 0, 1]], "kind": "list", "title": HOSTILE, "words": HOSTILE, "choices": [HOSTILE],
            "single": True, "refusal": HOSTILE,
        },
        {"ranges": [[0, 2, 0, 2]], "kind": "number", "title": HOSTILE, "optional": True, "single": True, "low": 1,
         "refusal": HOSTILE},
    ]  # fmt: skip
    sheet = {
        "title": HOSTILE,
        "summary": HOSTILE,
        "looks": [[0, 0, 1, 1, 0]],
        "notes": [[0, 0, HOSTILE]],
        "blocks": [[HOSTILE, HOSTILE, HOSTILE, [[0, 0, 0, 0]]]],
        "inputs": inputs,
        "steps": {"axis": HOSTILE, "count": 2, "bands": [[0, 0, 0, 0, 1, 0]]},
        "diagrams": [{"at": [14, 0], "size": [60, 30], "alt": HOSTILE, "shapes": [shape]}],
        "charts": [
            {**chart, "at": [3, 0, 12, 6], "kind": "labelled", "labels": [0, 0, 0, 0, 0], "series": [series]},
            {**chart, "at": [3, 7, 12, 12], "kind": "line", "categories": [0, 0, 0, 0, 0],
             "series": [series, {**series, "bar": True}]},
            {**chart, "at": [14, 7, 20, 12], "kind": "cloud", "words": HOSTILE, "series": []},
        ],
    }  # fmt: skip
    description = {
        "name": HOSTILE,
        "title": HOSTILE,
        "column": 9,
        "row": 15,
        "suffix": ".xlsm",
        "styles": [{"role": HOSTILE, "format": f'0.00"{HOSTILE[:30]}";@', "file": 1}],
        "sheets": [sheet, {"title": f"{HOSTILE}2"}],
    }
    code = Code(HOSTILE, {HOSTILE: [HOSTILE]}, {HOSTILE: [[[0, 0, 0, 0, 0]]]})
    path = tmp_path / "hostile.html"
    data = {"title": HOSTILE, "grid": [[HOSTILE, HOSTILE, None], [HOSTILE, 1.0, {"error": HOSTILE}]]}
    parts = {"parts": {"[Content_Types].xml": HOSTILE, HOSTILE: HOSTILE}, "sheets": []}
    path.write_text(page(description, engine, data, [code], parts), encoding="utf-8")
    tab = visit(path)
    for cell in ("A1", "A2", "B1", "B2", "C2", "C1"):
        go(tab, cell)
    tab.keyboard.type("0")
    tab.keyboard.press("Enter")
    assert status(tab).startswith("</script><img")
    go(tab, "A2")
    assert tab.locator(".chip").first.inner_text().startswith("'</script><img")
    tab.locator("#step").fill("1")
    tab.locator("#panels button").last.click()
    assert tab.locator("#lines").inner_text().strip().startswith("</script><img")
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    tab.evaluate("gradbook.file()")
    tab.locator("#tabs button").last.click()
    assert tab.evaluate("window.hacked") is None
    assert tab.locator("img").count() == 0
    assert tab.evaluate("document.querySelectorAll('script:not([type])').length") == 2
    tab.evaluate("window.dispatchEvent(new Event('hashchange'))")
    page_list = tmp_path / "index.html"
    page_list.write_text(index([dict.fromkeys(("file", "title", "words", "place", "size"), HOSTILE)]))
    listed = visit(page_list, ready="main")
    assert listed.evaluate("[window.hacked ?? null, document.images.length]") == [None, 0]


def test_a_print_shows_the_sheet_as_a_table_with_its_charts_by_daylight(shared: Shared) -> None:
    tab = shared("affine", "#Sum%20of%20ReLUs!A1")
    tab.locator("#theme").click()
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    tab.emulate_media(media="print")
    assert tab.evaluate("document.documentElement.dataset.theme") == "light"
    assert tab.locator("#print table").is_visible()
    assert tab.locator("#print td").first.inner_text() == "Sum of ReLUs"
    assert not tab.locator("header").is_visible()
    # A long text makes its column no wider; the sheet is as wide as the paper has room for.
    columns = "all => all.map((cell) => cell.offsetWidth)"
    widths = tab.locator("#print tr:nth-child(2) td").evaluate_all(columns)
    assert widths == tab.locator("#print tr:nth-child(6) td").evaluate_all(columns)
    assert tab.locator(".printed").bounding_box()["width"] <= 980.5
    # Curves are lines, and lie where their cells leave room for them.
    charts = tab.locator("#print .chart")
    assert charts.count() == tab.locator("#sheet .chart").count() > 0
    assert tab.locator("#print .curve").first.evaluate("(one) => getComputedStyle(one).fill") == "none"
    chart, heading = charts.first.bounding_box(), tab.locator("#print tr:nth-child(6)").bounding_box()
    assert chart["y"] > heading["y"] + heading["height"]
    tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    tab.emulate_media(media="screen")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
    tab.locator("#theme").click()


BOXES = "(all) => all.map((one) => ['x', 'y', 'width', 'height'].map((name) => Number(one.getAttribute(name))))"
"""Left, top, width and height of rectangles."""


def stranger(folder: Path) -> Path:
    """A workbook that another program wrote: seven charts, a picture, texts, formulas, an array that grows."""
    path = folder / "prices.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Prices & costs")
    sheet.write_row(0, 0, ["month", "price", "twice", "running"], book.add_format({"underline": 1, "font_size": 8}))
    total = 0.0
    for row, (month, price) in enumerate(zip(("Jan", "Feb", "Mar", "Apr"), (3.0, 1.0, 4.0, 1.5), strict=True), start=1):
        total += price
        sheet.write(row, 0, month)
        sheet.write(row, 1, price)
        sheet.write_formula(row, 2, f"=2*B{row + 1}", None, 2 * price)
        sheet.write_formula(row, 3, f"=SUM(B$2:B{row + 1})", None, total)
    sheet.write(8, 0, "B2:B3")
    sheet.write_formula(9, 0, "=SUM(INDIRECT(A9))", None, 4)
    sheet.write_formula(10, 0, "=OWN(B3)", None, 10)
    sheet.write_formula(11, 0, "=A11+1", None, 11)
    sheet.write_formula(6, 0, '=IF(B2>5,"dear","cheap")', None, "cheap")
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(buffer, "PNG")
    placed = {"image_data": io.BytesIO(buffer.getvalue()), "description": "a dot", "x_offset": 5}
    sheet.insert_image("J1", "dot.png", placed)
    for at, kind, subtype in (
        ("F2", "column", None), ("F18", "scatter", None), ("F34", "pie", None), ("F50", "column", "stacked"),
        ("F66", "area", "percent_stacked"), ("F82", "radar", "filled"), ("F98", "bar", None),
    ):  # fmt: skip
        chart = book.add_chart({"type": kind, **({"subtype": subtype} if subtype else {})})
        where = "='Prices & costs'!$"
        chart.add_series({"name": "price", "categories": f"{where}A$2:$A$5", "values": f"{where}B$2:$B$5"})
        if kind != "pie":
            chart.add_series({"name": "twice", "categories": f"{where}B$2:$B$5", "values": f"{where}C$2:$C$5"})
        chart.set_title({"name": f"A {kind} chart"})
        sheet.insert_chart(at, chart)
    bars, line = book.add_chart({"type": "column"}), book.add_chart({"type": "line"})
    bars.add_series({"name": "price", "categories": f"{where}A$2:$A$5", "values": f"{where}B$2:$B$5"})
    line.add_series({"name": "twice", "values": f"{where}C$2:$C$5", "y2_axis": True})
    line.set_y2_axis({"num_format": "0%", "min": 0, "max": 10})
    bars.set_y_axis({"min": 0, "max": 5})
    bars.combine(line)
    sheet.insert_chart("F114", bars)
    book.close()
    return path


def test_a_strangers_charts_are_drawn_and_its_own_file_is_saved_with_the_edits(
    stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    source = stranger(tmp_path)
    tab = visit(stranger_page(source))
    looks = """(cell) => {
      const { fontSize, textDecorationLine } = getComputedStyle(cell);
      return [parseFloat(fontSize), textDecorationLine];
    }"""
    (small, line), (plain, none) = (tab.locator(cell).evaluate(looks) for cell in ("#c0-0", "#c1-0"))
    assert (small / plain, line, none) == (pytest.approx(8 / 11, rel=1e-2), "underline", "none")
    charts = tab.locator(".chart:not(.picture)")
    assert charts.count() == 8
    shown = tab.locator(".picture img")
    assert shown.evaluate("(image) => [image.naturalWidth, image.width, image.complete, image.alt]") == [
        8,
        8,
        True,
        "a dot",
    ]
    assert shown.bounding_box()["x"] == pytest.approx(tab.locator(".head:has-text('J')").bounding_box()["x"] + 5, abs=1)
    assert charts.nth(0).locator("g rect").count() == 8
    assert {"Jan", "Feb", "Mar", "Apr", "A column chart"} <= set(charts.nth(0).locator("text").all_text_contents())
    assert charts.nth(1).locator("circle").count() >= 4
    assert charts.nth(2).locator(".slice").count() == 4
    # 3, 1, 4 and 1.5 of 9.5.
    shares = {"Jan  31.6 %", "Feb  10.5 %", "Mar  42.1 %", "Apr  15.8 %"}
    assert shares <= set(charts.nth(2).locator("text").all_text_contents())
    # Around a centre: a category an axis, a polygon a series.
    assert charts.nth(5).locator(".area").count() == 2
    assert {"Jan", "Feb", "Mar", "Apr"} <= set(charts.nth(5).locator("text").all_text_contents())
    # Bars that lie begin at one edge, the first category lowest; March's price of 4 is four times February's 1.
    lying = charts.nth(6).locator("g rect").evaluate_all(BOXES)
    assert len({box[0] for box in lying}) == 1
    assert [box[1] for box in lying[:4]] == sorted((box[1] for box in lying[:4]), reverse=True)
    assert lying[2][2] == pytest.approx(4 * lying[1][2], abs=0.3)
    assert {"Jan", "Apr"} <= set(charts.nth(6).locator("text").all_text_contents())
    # April's price of 1.5 stands under twice as much; the bars of a month have one left edge.
    boxes = charts.nth(3).locator("g rect").evaluate_all(BOXES)
    price, twice = boxes[3], boxes[7]
    assert price[0] == twice[0]
    assert twice[1] + twice[3] == pytest.approx(price[1], abs=0.2)
    assert twice[3] == pytest.approx(2 * price[3], abs=0.3)
    assert charts.nth(4).locator(".area").count() == 2
    # Twice as large and on an axis of its own that is twice as long, a curve ends as high as its bars would.
    both = charts.nth(7)
    ticks = both.locator("svg > text").all_text_contents()
    assert {"0", "5"} <= set(ticks)
    assert {"0%", "1000%"} <= set(ticks)
    curve = both.locator("g .curve").get_attribute("d")
    assert curve is not None
    ends = [float(point.split()[1]) for point in re.split("[ML]", curve)[1:]]
    bars = both.locator("g rect").evaluate_all(BOXES)
    assert ends == pytest.approx([box[1] for box in bars], abs=0.3)
    assert {"0%", "100%"} <= set(charts.nth(4).locator("text").all_text_contents())
    # A page does not follow a reference that was made of other text; the cell says so, and no file holds that error.
    tab.evaluate("gradbook.set('Prices & costs', 'A9', 'B2:B5')")
    go(tab, "A10")
    assert "#MOVED! Which cells this formula reads" in tab.locator("#numbers").inner_text()
    # What a page does not compute keeps its value, says so, and is not shown when it may be another.
    go(tab, "A11")
    assert (
        tab.locator("#numbers")
        .inner_text()
        .endswith("= 10 Kept as saved: this formula uses OWN, which is not supported.")
    )
    assert "kept as saved" in tab.locator("#heard").inner_text()
    tab.evaluate("gradbook.set('Prices & costs', 'B3', 8)")
    assert tab.evaluate("['A11', 'A12'].map((cell) => gradbook.get('Prices & costs', cell).error)") == 2 * ["#STALE!"]
    assert "is out of date: what it depends on has changed" in tab.locator("#numbers").inner_text()
    tab.evaluate("gradbook.set('Prices & costs', 'B3', 1)")
    assert tab.evaluate("['A11', 'A12'].map((cell) => gradbook.get('Prices & costs', cell))") == [10, 11]
    edits = {"B2": 7.5, "B3": "no price", "B6": 3.0, "C7": " a <b> & \u00e9"}
    for cell, value in edits.items():
        tab.evaluate("(edit) => gradbook.set('Prices & costs', ...edit)", [cell, value])
    with tab.expect_download() as waiting:
        tab.locator("#save").click()
    saved = tmp_path / "saved.xlsx"
    waiting.value.save_as(saved)
    sheet = openpyxl.load_workbook(saved).active
    assert {cell: sheet[cell].value for cell in edits} == edits
    assert sheet["C2"].value == "=2*B2"
    kept = openpyxl.load_workbook(saved, data_only=True).active
    assert (kept["C2"].value, kept["C3"].value, kept["D5"].value, kept["A7"].value) == (15, "#VALUE!", 13, "dear")
    assert (sheet["A9"].value, sheet["A10"].value, kept["A10"].value) == ("B2:B5", "=SUM(INDIRECT(A9))", None)
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(saved) as after:
        assert before.namelist() == after.namelist()
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
    assert changed == ["xl/worksheets/sheet1.xml"]
    (engine,) = engines(["ironcalc"])
    with engine.open(saved) as session:
        assert session.values()["Prices & costs"][5, 4] == 13


def test_labels_stand_beside_points_follow_their_cells_and_stay_text(
    stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    path = tmp_path / "labelled.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        for row, value in enumerate((1.0, 2.0, 5.0)):
            sheet.write(row, 0, f"c{row}")
            sheet.write(row, 1, value, book.add_format({"num_format": "0.0 kg"}))
        labels = {"value": True, "custom": [{"value": "<b>low</b>"}]}
        for at, kind, told in (("D2", "column", labels), ("D20", "pie", {"percentage": True}), ("M2", "bar", labels)):
            chart = book.add_chart({"type": kind, "name": kind})
            chart.add_series({"categories": "=S!$A$1:$A$3", "values": "=S!$B$1:$B$3", "data_labels": told})
            sheet.insert_chart(at, chart)
    tab = visit(stranger_page(path))
    column, pie, lying = (tab.locator(".chart").nth(k) for k in range(3))
    said = [chart.locator(".label").all_text_contents() for chart in (column, pie, lying)]
    # 1, 2 and 5 of 8; halves are rounded away from zero.
    assert said == [["<b>low</b>", "2.0 kg", "5.0 kg"], ["13%", "25%", "63%"], ["<b>low</b>", "2.0 kg", "5.0 kg"]]
    assert tab.locator(".chart b").count() == 0
    bar, label = column.locator("g rect").nth(1).bounding_box(), column.locator(".label").nth(1).bounding_box()
    assert label["y"] + label["height"] <= bar["y"] + 1
    assert abs(label["x"] + label["width"] / 2 - bar["x"] - bar["width"] / 2) < 2
    # The longest bar ends at the edge of its chart: its label stands within it, whole.
    frame, label = lying.bounding_box(), lying.locator(".label").nth(2).bounding_box()
    assert label["x"] + label["width"] <= frame["x"] + frame["width"]
    tab.evaluate("gradbook.set('S', 'B2', 4)")
    column.locator(".label", has_text="4.0 kg").wait_for()


def test_grouped_rows_open_and_close_by_the_heading_below_them_and_by_keyboard(
    stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    path = tmp_path / "budget.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        for row in range(6):
            sheet.write(row, 0, row + 1)
        for row in (1, 2, 3):
            sheet.set_row(row, None, None, {"level": 1, "hidden": True})
        sheet.set_row(4, None, None, {"collapsed": True})
    tab = visit(stranger_page(path))

    def tall(row: int) -> float:
        return tab.locator(f"#c{row}-0").evaluate("(cell) => cell.closest('.row').getBoundingClientRect().height")

    head = tab.locator(".rowhead.folded")
    assert (head.inner_text(), head.get_attribute("aria-expanded"), tall(2)) == ("5", "false", 0)
    # Beside the sign a click selects the row, and opens nothing.
    head.click(position={"x": 26, "y": 8})
    assert tall(2) == 0
    head.click(position={"x": 6, "y": 8})
    assert tab.locator(".rowhead.unfolded").get_attribute("aria-expanded") == "true"
    assert tall(2) == 20
    assert tab.locator("#keys dt:not([hidden])", has_text="Alt+Shift+J").count() == 1
    assert "Rows 2 to 4 opened." in tab.locator("#status").inner_text()
    tab.keyboard.press("Alt+Shift+KeyJ")
    tab.locator(".rowhead.folded").wait_for()
    assert tall(2) == 0


def test_a_text_with_runs_shows_them_until_it_is_another(
    stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    path = tmp_path / "runs.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("S")
    red = book.add_format({"bold": True, "font_color": "red", "font_size": 22, "font_name": "Courier New"})
    sheet.write_rich_string("A1", "due ", red, HOSTILE, book.add_format({"font_script": 2}), "2")
    accounts = book.add_format({"num_format": '$* #,##0.00_);$* (#,##0.00);$* "-"??_);@_)'})
    sheet.set_column("B:B", 20)
    sheet.write("B1", -1234.5, accounts)
    sheet.write("C1", "up", book.add_format({"rotation": 90}))
    sheet.write("D1", "slanted", book.add_format({"rotation": 30}))
    book.close()
    tab = visit(stranger_page(path))
    assert tab.locator("#c0-0").inner_text() == f"due {HOSTILE}2"
    looks = "(part) => { const css = getComputedStyle(part); return [css.fontWeight, css.color, css.verticalAlign]; }"
    shown = [tab.locator("#c0-0 span span").nth(k).evaluate(looks) for k in range(3)]
    assert [weight for weight, *_ in shown] == ["400", "700", "400"]
    assert shown[1][1] != shown[0][1]
    assert shown[2][2] == "sub"
    # The sign of the currency stands at the left edge, and the number at the right.
    text = tab.locator("#c0-1").inner_text()
    assert text.startswith("$  ")
    assert text.rstrip().endswith("(1,234.50)")
    tab.locator("#theme").click()
    assert tab.locator("#c0-0 span span").count() == 3
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("#print td span").count() == 4
    # Signs that stand upright, or at an angle, are within their cell, which is a cell of the table still.
    assert tab.locator("#print td div").inner_text() == "up"
    assert tab.locator("#print td div").evaluate("(signs) => parseFloat(signs.style.height) < 60")
    assert tab.locator("#print td").evaluate_all(
        "(all) => all.every((td) => getComputedStyle(td).display === 'table-cell')"
    )
    assert "rotate(-30deg)" in tab.locator("#print td span", has_text="slanted").get_attribute("style")
    tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    tab.evaluate("gradbook.set('S', 'A1', 'paid')")
    until(tab, "document.querySelector('#c0-0').innerText === 'paid'")
    assert tab.locator("#c0-0 span span").count() == 0
    tab.locator("#undo").click()
    until(tab, "document.querySelectorAll('#c0-0 span span').length === 3")
    assert tab.evaluate("window.hacked") is None


def test_lines_through_points_discs_and_error_bars_are_drawn_and_follow(
    stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    path = tmp_path / "lab.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("S")
    day = book.add_format({"num_format": "d mmm"})
    for row, value in enumerate((3, 5, 7, 9)):
        sheet.write_row(row, 0, [row + 1, value])
        sheet.write(row, 2, 46000 + row, day)
    chart = book.add_chart({"type": "scatter"})
    chart.add_series({
        "categories": "=S!$A$1:$A$4", "values": "=S!$B$1:$B$4", "y_error_bars": {"type": "fixed", "value": 1},
        "trendline": {"type": "linear", "forward": 1, "display_equation": True, "display_r_squared": True},
    })  # fmt: skip
    sheet.insert_chart("E1", chart)
    dates = book.add_chart({"type": "line"})
    dates.add_series({"categories": "=S!$C$1:$C$4", "values": "=S!$B$1:$B$4"})
    sheet.insert_chart("E17", dates)
    book.close()
    tab = visit(stranger_page(path))
    scatter, line = tab.locator(".chart").nth(0), tab.locator(".chart").nth(1)
    assert {"y = 2x + 1", "R² = 1"} <= set(scatter.locator("text").all_text_contents())
    assert (scatter.locator(".trend").count(), scatter.locator(".range").count()) == (1, 4)
    assert {"9 Dec", "12 Dec"} <= set(line.locator("text").all_text_contents())
    tab.evaluate("gradbook.set('S', 'B4', 19)")
    until(tab, "!document.querySelector('.chart').textContent.includes('y = 2x + 1')")


def test_what_is_typed_is_a_day_a_share_or_one_of_a_list_and_a_link_keeps_it(
    stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    path = tmp_path / "form.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet, lists = book.add_worksheet("S"), book.add_worksheet("Lists")
    sheet.write("A1", 46000, book.add_format({"num_format": "d mmm yyyy"}))
    sheet.write("A2", 0.5, book.add_format({"num_format": "0%"}))
    sheet.write("A3", "low")
    sheet.write("A4", "plain")
    lists.write_column("A1", ["low", 7, HOSTILE])
    sheet.data_validation("A3", {"validate": "list", "source": "=Lists!$A$1:$A$3", "input_message": HOSTILE})
    book.close()
    page = stranger_page(path)
    tab = visit(page)
    for cell, text in (("A1", "2026-03-05"), ("A2", "5"), ("A4", "'007")):
        go(tab, cell)
        tab.keyboard.press("Enter")
        tab.locator(".editor").fill(text)
        tab.keyboard.press("Enter")
    go(tab, "A3")
    tab.locator("#knob select").select_option("7")
    assert tab.locator("#knob option").all_text_contents() == ["low", "7", HOSTILE]
    values = "['A1', 'A2', 'A3', 'A4'].map((cell) => gradbook.get('S', cell))"
    assert tab.evaluate(values) == [46086, 0.05, 7, "007"]
    assert [tab.locator(f"#c{row}-0").inner_text() for row in (0, 1)] == ["5 Mar 2026", "5%"]
    go(tab, "A1")
    tab.keyboard.press("F2")
    assert tab.locator(".editor").input_value() == "2026-03-05"
    tab.keyboard.press("Escape")
    until(tab, "location.hash.includes('A4')")
    shared_page = visit(page, at=tab.evaluate("location.hash"))
    assert shared_page.evaluate(values) == [46086, 0.05, 7, "007"]
    assert tab.evaluate("window.hacked") is None


def test_a_box_is_ticked_and_what_is_written_from_right_to_left_stands_at_the_right(
    stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    path = tmp_path / "todo.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("S")
    sheet.insert_checkbox("A1", False)
    sheet.write("A2", True)
    sheet.write("A3", "\u05e9\u05dc\u05d5\u05dd")
    sheet.write_formula("A4", "=IF(A1,1,0)", None, 0)
    book.close()
    tab = visit(stranger_page(path))
    assert [tab.locator(f"#c{row}-0").inner_text() for row in (0, 1)] == ["\u2610", "TRUE"]
    tab.locator("#c0-0").click()
    until(tab, "document.querySelector('#c0-0').innerText === '\u2611'")
    assert tab.evaluate("gradbook.get('S', 'A4')") == 1
    tab.keyboard.press("Space")
    assert tab.evaluate("gradbook.get('S', 'A1')") is False
    assert tab.locator("#c2-0").evaluate("(cell) => getComputedStyle(cell).textAlign") == "right"


def test_a_sparkline_of_another_sheet_follows_its_cells(
    stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    path = tmp_path / "sparks.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet, data = book.add_worksheet("S"), book.add_worksheet("Data")
    data.write_row("A1", [1, 2, 3])
    sheet.add_sparkline("A2", {"range": "Data!A1:C1", "type": "column", "series_color": "#FF0000"})
    book.close()
    tab = visit(stranger_page(path))

    def red() -> int:
        """How many red pixels the first column has."""
        box = tab.locator(".rowhead:has-text('2')").first.bounding_box()
        clip = {"x": box["x"] + box["width"], "y": box["y"], "width": 20, "height": box["height"]}
        signs = Image.open(io.BytesIO(tab.screenshot(clip=clip))).convert("RGB").tobytes()
        return sum(signs[k] > 200 and signs[k + 1] < 60 for k in range(0, len(signs), 3))

    # The least column can hardly be seen; the first one, once it is the largest, is as high as its cell.
    before = red()
    tab.evaluate("gradbook.set('Data', 'A1', 9)")
    tab.wait_for_timeout(1000)
    assert 0 < before < 30 < red()


def invoice(folder: Path) -> Path:
    """A workbook with merged cells, lines, links and a hidden sheet."""
    path = folder / "invoice.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Invoice")
    key = book.add_worksheet("Key")
    key.write("B3", "the key")
    key.hide()
    sheet.hide_gridlines(2)
    sheet.freeze_panes(1, 0)
    sheet.merge_range("B2:D6", "To", book.add_format({"border": 1, "align": "center", "bg_color": "#FF0000"}))
    sheet.write("E3", "beside", book.add_format({"bottom": 5, "bottom_color": "#0000FF"}))
    sheet.write_url("A8", "https://example.com/a?b=1&c=2", string="out")
    sheet.write_url("A9", "internal:'Key'!B3", string="in")
    sheet.write_formula("A10", "=Key!B3", None, "the key")
    sheet.write("A90", "end")
    book.close()
    return path


PIXEL = """([row, column, right, down]) => {
  const canvas = document.querySelector("#sheet canvas");
  const cell = document.getElementById(`c${row}-${column}`).getBoundingClientRect();
  const area = canvas.getBoundingClientRect();
  const [x, y] = [cell.right + right - area.left, cell.bottom + down - area.top];
  const one = new OffscreenCanvas(1, 1).getContext("2d");
  one.drawImage(canvas, -Math.round(x), -Math.round(y));
  return [...one.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}"""


def test_merged_cells_are_one_on_the_screen_for_the_keyboard_and_in_print(
    stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    tab = visit(stranger_page(invoice(tmp_path)))
    cell = tab.locator("#c1-1")
    single = tab.locator("#c2-4").bounding_box()
    whole = cell.bounding_box()
    assert whole["width"] == pytest.approx(3 * 64)
    assert whole["height"] == pytest.approx(5 * single["height"])
    assert (cell.get_attribute("aria-colspan"), cell.get_attribute("aria-rowspan")) == ("3", "5")
    # Its ground is red to the last corner, its line black; the thick line under the cell beside it is blue.
    assert tab.evaluate(PIXEL, [1, 1, -6, -6]) == [255, 0, 0]
    assert tab.evaluate(PIXEL, [1, 1, -1, -30]) == [0, 0, 0]
    assert tab.evaluate(PIXEL, [2, 4, -20, -2]) == [0, 0, 255]
    go(tab, "A3")
    tab.keyboard.press("ArrowRight")
    assert tab.locator("#name").input_value() == "B2"
    tab.keyboard.press("ArrowRight")
    assert tab.locator("#name").input_value() == "E2"
    go(tab, "C4")
    assert tab.locator("#name").input_value() == "B2"
    tab.keyboard.press("ArrowDown")
    assert tab.locator("#name").input_value() == "B7"
    # Of a sheet that has moved on, what begins above is seen still.
    tab.evaluate("document.getElementById('sheet').scrollTo(0, 60)")
    tab.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert tab.locator("#c1-1").bounding_box()["y"] == pytest.approx(whole["y"] - 60)
    tab.emulate_media(media="print")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    spans = "(cell) => [cell.colSpan, cell.rowSpan, cell.textContent]"
    assert [3, 5, "To"] in tab.locator("#print td").evaluate_all(f"(cells) => cells.map({spans})")


def test_a_link_of_a_stranger_says_where_it_leads_and_is_followed_when_asked(
    stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    tab = visit(stranger_page(invoice(tmp_path)))
    assert tab.locator("#tabs button:visible").all_text_contents() == ["Invoice"]
    tab.locator("#c7-0").click()
    link = tab.locator("#note a")
    assert link.inner_text() == "https://example.com/a?b=1&c=2"
    assert [link.get_attribute(name) for name in ("href", "target", "rel")] == [
        "https://example.com/a?b=1&c=2",
        "_blank",
        "noopener noreferrer",
    ]
    tab.evaluate(
        "window.asked = []; addEventListener('click', (e) => { asked.push(e.target.href); e.preventDefault(); })"
    )
    tab.keyboard.press("Enter")
    assert tab.evaluate("asked") == ["https://example.com/a?b=1&c=2"]
    go(tab, "A9")
    assert tab.locator("#note").is_hidden()
    tab.keyboard.press("Enter")
    assert tab.locator("#name").input_value() == "B3"
    assert tab.locator("#grid").get_attribute("aria-label") == "Sheet Key"


def test_after_an_edit_a_text_runs_on_as_far_as_cells_beside_it_are_empty_now(
    stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    path = tmp_path / "beside.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.write_row("A1", [1, "a text that is far longer than its column"])
        sheet.write_formula("C1", '=IF(A1>1,A1,"")', value="")
        sheet.write("D1", 7)
    tab = visit(stranger_page(path))

    def seen(value: int) -> tuple[float, list[str]]:
        """How wide the text of B1 is, and what the cells of the row show, once A1 holds a value."""
        tab.evaluate("(value) => gradbook.set('S', 'A1', value)", value)
        tab.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        cells = tab.locator(".row [role=gridcell][id^='c0-']")
        return tab.locator("#c0-1").bounding_box()["width"], cells.all_inner_texts()

    column = tab.locator("#c0-3").bounding_box()["width"]
    words = "a text that is far longer than its column"
    assert seen(2) == (pytest.approx(column, abs=1), ["2", words, "2", "7"])
    wide, shown = seen(1)
    assert wide > 1.5 * column
    assert shown == ["1", words, "7"]
    assert seen(3) == (pytest.approx(column, abs=1), ["3", words, "3", "7"])


def test_a_rule_of_a_stranger_colours_its_cells_and_follows_edits(
    stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    path = tmp_path / "rules.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Marks")
    sheet.write_column("A1", [40, 60])
    sheet.write("C1", 50)
    sheet.write_formula("B1", "=A1*2", None, 80)
    looks = book.add_format({"bg_color": "#C00000", "font_color": "#FFFFFF", "bold": True, "num_format": "0.0"})
    sheet.conditional_format("A1:A2", {"type": "formula", "criteria": "=A1>$C$1", "format": looks})
    book.close()
    tab = visit(stranger_page(path))
    weight = "(cell) => [getComputedStyle(cell).fontWeight, getComputedStyle(cell).color, cell.textContent]"
    held, plain = ["700", "rgb(255, 255, 255)", "60.0"], ["400", "rgb(31, 41, 51)", "40"]
    assert tab.locator("#c1-0").evaluate(weight) == held
    assert tab.locator("#c0-0").evaluate(weight) == plain
    assert tab.evaluate(PIXEL, [1, 0, -30, -4]) == [192, 0, 0]
    assert tab.evaluate(PIXEL, [0, 0, -30, -4]) == [255, 255, 255]
    # Cells that nobody sees are not counted, nor do they stand among those that depend on an input.
    assert tab.evaluate("gradbook.set('Marks', 'C1', 30)") == 1
    assert tab.evaluate("gradbook.set('Marks', 'A1', 90)") == 2
    assert tab.evaluate("gradbook.set('Marks', 'A2', 20)") == 1
    tab.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert tab.locator("#c0-0").evaluate(weight) == [*held[:2], "90.0"]
    assert tab.locator("#c1-0").evaluate(weight) == [*plain[:2], "20"]
    assert tab.evaluate(PIXEL, [0, 0, -30, -4]) == [192, 0, 0]
    go(tab, "C1")
    tab.locator("#forth").click()
    assert tab.locator("#chips button").count() == 0
    assert tab.evaluate("gradbook.sheets()") == ["Marks"]


@pytest.mark.parametrize(
    "name", some(["odd_xml.by_hand", "shared.by_hand", "arrays.libreoffice", "arrays.gnumeric"], 2, seed=1)
)
def test_what_other_programs_wrote_is_saved_whole_with_an_edit_in_it(
    name: str, stranger_page: Callable[[Path], Path], visit: Visit, tmp_path: Path
) -> None:
    source = CORPUS / f"{name}.xlsx"
    tab = visit(stranger_page(source))
    book = read_workbook(source)
    title, at = next(
        (title, at)
        for title, sheet in book.sheets.items()
        for at, cell in sheet.cells.items()
        if cell.formula is None and isinstance(cell.value, float)
    )
    tab.evaluate("(edit) => gradbook.set(...edit)", [title, cell_address(*at), 2.0])
    with tab.expect_download() as waiting:
        tab.locator("#save").click()
    saved = tmp_path / "saved.xlsx"
    waiting.value.save_as(saved)
    after = read_workbook(saved)
    assert after.sheets[title].cells[at].value == 2.0
    cells = [(other, where, cell) for other, sheet in book.sheets.items() for where, cell in sheet.cells.items()]
    shown = values_of(tab, [[other, cell_address(*where)] for other, where, _ in cells])
    for (other, where, cell), expected in zip(cells, shown, strict=True):
        found = after.sheets[other].cells[where]
        assert found.formula == cell.formula, (other, where)
        if isinstance(expected, float | int):
            assert found.value == pytest.approx(expected, rel=1e-15), (other, where)
