"""Pages in Chromium: how large, how soon there, what an edit costs to the screen, how many frames a scroll has.

An edit and a recalculation of everything are measured beside HyperFormula (GPL-3.0) and ironcalc's WebAssembly (MIT or
Apache-2.0) in the same browser: GRADBOOK_NODE_MODULES names the folder `node_modules` where `npm install
hyperformula@3.5.0 @ironcalc/wasm@0.8.4` has put them. GRADBOOK_BUILT names a folder of workbooks that `gradbook build`
left, which saves building them. Everything is by the clock, so only ratios of one run say much on a busy machine.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbook.app.build import make_plan
from workbook.check.manifest import read_manifest, rebuild
from workbook.formula.address import cell_position
from workbook.lessons import find, names
from workbook.page import describe, file_parts, page
from workbook.plan.plan import Plan
from workbook.transpile import Front, javascript
from workbook.xlsx.read import read_workbook
from workbook.xlsx.write import write

MODULES = Path(os.environ.get("GRADBOOK_NODE_MODULES", Path(__file__).parents[1] / "browser" / "node_modules"))
ROUNDS = 12
EDITS = {
    "affine": ("Convolution", "B17", (0.001, 0.0)),
    "attention": ("Training", "C27", (0.0919, 0.09)),
    "cross_entropy": ("CrossEntropyLoss", "B19", (-1.4, -1.41)),
    "schedules": ("One cycle", "B5", (0.02, 0.01)),
    "optimizers": ("Adam", "B6", (0.9, 1.0)),
    "collab_filter": ("Dot product", "B6", ("trained", "initial")),
    "fine_tuning": ("New digits", "D17", (0.5, 0.0)),
    "mnist_from_scratch": ("Mini-batch", "D17", (0.5, 0.0)),
}
TIMED = """async ([edit, rounds]) => {
  const [sheet, cell, [one, other]] = edit;
  const found = { done: [], held: [], screen: [] };
  for (let k = 0; k < rounds; k++) {
    await new Promise(requestAnimationFrame);
    const began = performance.now();
    const set = gradbook.set(sheet, cell, k % 2 ? other : one);
    found.held.push(performance.now() - began);
    found.cells = Math.max(found.cells ?? 0, await set);
    found.done.push(performance.now() - began);
    await new Promise((drawn) => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = drawn;
      port2.postMessage(0);
    }));
    found.screen.push(performance.now() - began);
    await new Promise((rested) => setTimeout(rested, 300));
  }
  return found;
}"""
SCROLLED = """async ([sheet]) => {
  document.querySelectorAll("#tabs button")[gradbook.sheets().indexOf(sheet)].click();
  const area = document.getElementById("sheet");
  const gaps = [];
  let last = await new Promise(requestAnimationFrame);
  for (let k = 0; k < 180; k++) {
    area.scrollTop += 45;
    if (k % 3 === 0) area.scrollLeft += 30;
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  gaps.sort((a, b) => a - b);
  return { rate: (1000 * gaps.length) / gaps.reduce((a, b) => a + b, 0), worst: gaps[gaps.length - 5] };
}"""
WHOLE = """async () => {
  const bytes = Uint8Array.from(atob(document.getElementById("cells").textContent), (sign) => sign.charCodeAt(0));
  const text = await new Response(new Response(bytes).body.pipeThrough(new DecompressionStream("gzip"))).text();
  const times = [];
  for (let k = 0; k < 3; k++) {
    const data = JSON.parse(text);
    const began = performance.now();
    gradbookEngine(data);
    times.push(performance.now() - began);
  }
  return Math.min(...times);
}"""
HYPERFORMULA = """([sheets, edit, rounds]) => {
  let began = performance.now();
  const hf = HyperFormula.buildFromSheets(sheets, { licenseKey: "gpl-v3" });
  const first = performance.now() - began;
  const [title, [row, col], values] = edit;
  const sheet = hf.getSheetId(title);
  const times = [];
  for (let k = 0; k < rounds; k++) {
    began = performance.now();
    hf.setCellContents({ sheet, row, col }, values[k % 2]);
    times.push(performance.now() - began);
  }
  return { first, times };
}"""
IRONCALC = """async ([sheets, edit, rounds]) => {
  const { default: init, Model } = await import("/@ironcalc/wasm/wasm.js");
  await init();
  let began;
  const model = new Model("bench", "en", "UTC", "en");
  model.pauseEvaluation();
  const titles = Object.keys(sheets);
  titles.forEach((title, k) => {
    if (k) model.newSheet();
    model.renameSheet(k, title);
  });
  titles.forEach((title, k) => sheets[title].forEach((line, row) => line.forEach((value, column) => {
    if (value !== null) model.setUserInput(k, row + 1, column + 1, String(value));
  })));
  began = performance.now();
  model.evaluate();
  const first = performance.now() - began;
  const [title, [row, column], values] = edit;
  const times = [];
  for (let k = 0; k < rounds; k++) {
    began = performance.now();
    model.setUserInput(titles.indexOf(title), row + 1, column + 1, String(values[k % 2]));
    model.evaluate();
    times.push(performance.now() - began);
  }
  return { first, times };
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = os.environ.get("GRADBOOK_CHROMIUM") or shutil.which("chromium")
    if not program:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def built(name: str, folder: Path) -> tuple[Path, Plan]:
    """A workbook of a lesson at its default size, and its plan."""
    kept = Path(os.environ.get("GRADBOOK_BUILT", folder)) / f"{name}.xlsx"
    if kept.exists():
        book = read_workbook(kept)
        return kept, rebuild(book, read_manifest(book, kept))[0]
    lesson = find(name)
    plan = make_plan(lesson, {option.name: option.default for option in lesson.options}, seed=0, progress=silent)
    write(plan, kept)
    return kept, plan


def middle(times: list[float]) -> float:
    """The median of what a warm engine takes: the first two rounds are left out."""
    return sorted(times[2:])[len(times[2:]) // 2]


def grids(path: Path) -> dict[str, list[list[Any]]]:
    """The workbook as rows of values and formulas, for engines that read no file."""
    found: dict[str, list[list[Any]]] = {}
    for title, sheet in read_workbook(path).sheets.items():
        rows = max((row for row, _ in sheet.cells), default=1)
        columns = max((column for _, column in sheet.cells), default=1)
        grid: list[list[Any]] = [[None] * columns for _ in range(rows)]
        for (row, column), cell in sheet.cells.items():
            formula = cell.formula and "=" + cell.formula.removeprefix("=").replace("_xlfn.", "")
            value = cell.value if isinstance(cell.value, float | str | bool) else None
            grid[row - 1][column - 1] = formula or value
        found[title] = grid
    return found


def beside(chromium: Any, path: Path, edit: list[Any]) -> dict[str, Any]:
    """What the other engines take in a tab of their own; empty where they are not installed."""
    if not (MODULES / "hyperformula").is_dir() or not (MODULES / "@ironcalc").is_dir():
        return {}
    tab = chromium.new_page()
    kinds = {".js": "text/javascript", ".wasm": "application/wasm"}

    def serve(route: Any) -> None:
        name = route.request.url.split("/", 3)[3]
        file = MODULES / name
        body = file.read_bytes() if name else b"<!doctype html>"
        route.fulfill(body=body, content_type=kinds.get(file.suffix, "text/html"))

    tab.route("**/*", serve)
    tab.goto("http://localhost/")
    tab.add_script_tag(path=str(MODULES / "hyperformula" / "dist" / "hyperformula.full.min.js"))
    given = [grids(path), edit, ROUNDS]
    found = {}
    for name, script in (("HyperFormula", HYPERFORMULA), ("ironcalc wasm", IRONCALC)):
        try:
            found[name] = tab.evaluate(script, given)
        except Exception as error:  # noqa: BLE001 -- an engine that cannot is a result
            found[name] = str(error).splitlines()[0][:90]
    tab.close()
    return found


@pytest.mark.benchmark(group="page")
@pytest.mark.parametrize("name", names())
def test_a_page(name: str, chromium: Any, benchmark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workbook, plan = built(name, tmp_path)
    program = javascript(workbook, Front.of(workbook))
    html = page(describe(plan), program.code, program.data, [], file_parts(workbook, plan))
    file = tmp_path / f"{name}.html"
    file.write_text(html, encoding="utf-8")
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, offline=True)
    tab = context.new_page()
    tab.goto(file.as_uri(), wait_until="commit")
    tab.wait_for_selector("body.ready", timeout=60_000)
    ready = tab.evaluate("performance.now()")
    paint = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    sheet, cell, values = EDITS[name]
    edit = tab.evaluate(TIMED, [[sheet, cell, values], ROUNDS])
    scroll = tab.evaluate(SCROLLED, [sheet])
    whole = tab.evaluate(WHOLE)
    benchmark.pedantic(tab.evaluate, args=("gradbook.sheets()",), rounds=1)
    context.close()
    first, held, screen = edit["done"][0], middle(edit["held"]), middle(edit["screen"])
    says = (
        f"{name}: {program.covered:,} formula cells, {len(html) / 1000:,.0f} KB; first paint {paint:.0f} ms, ready "
        f"{ready:.0f}; all cells {whole:.0f}; an edit of {edit['cells']:,} cells {middle(edit['done']):.1f} (first "
        f"{first:.0f}), holds the page {held:.1f}, on the screen {screen:.0f}; scrolling {scroll['rate']:.0f} frames a "
        f"second (one of 40 takes {scroll['worst']:.0f} ms)"
    )
    lines = [says]
    if os.environ.get("GRADBOOK_OTHERS", name) == name:
        row, column = cell_position(cell)
        for other, found in beside(chromium, workbook, [sheet, [row - 1, column - 1], list(values)]).items():
            if isinstance(found, str):
                lines.append(f"  {other}: {found}")
                continue
            took = middle(found["times"])
            lines.append(
                f"  {other}: an edit {took:.0f} ms, {took / middle(edit['done']):.0f} times the page's; all cells "
                f"{found['first']:.0f}, {found['first'] / whole:.0f} times"
            )
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert edit["cells"] > 1
