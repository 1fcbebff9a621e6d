"""Pages in Chromium: how large, how soon there, what an edit costs to the screen, how many frames a scroll has.

Of each lesson two edits: the one that a learner makes first, and that of the number on which most cells hang. A scroll
is beside that of a page which holds nothing but text; times to the screen leave out how long a display waits for its
next picture. An edit and a recalculation of everything are measured beside HyperFormula (GPL-3.0) and ironcalc's
WebAssembly (MIT or Apache-2.0) in the same browser: GRADBOOK_NODE_MODULES names the folder `node_modules` where `npm
install hyperformula@3.5.0 @ironcalc/wasm@0.8.4` has put them, GRADBOOK_OTHERS_SECONDS how long each may take before it
is given up (60; what it has told until then is printed). GRADBOOK_BUILT names a folder that `gradbook build` left,
which saves building. Everything is by the clock, so only ratios of one run say much on a busy machine.
"""

import os
import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from edits import Edit, named_edit, widest_edit

from workbook.app.build import make_plan
from workbook.app.pages import file_page, write_page
from workbook.check.manifest import read_manifest, rebuild
from workbook.formula.address import cell_position
from workbook.lessons import find, names
from workbook.plan.plan import Plan
from workbook.xlsx.read import read_workbook
from workbook.xlsx.write import write

MODULES = Path(os.environ.get("GRADBOOK_NODE_MODULES", Path(__file__).parents[1] / "browser" / "node_modules"))
ROUNDS = 8
FEW = 5
"""Rounds of what takes seconds."""
LOADS = 5
BOUND = int(os.environ.get("GRADBOOK_OTHERS_SECONDS", "60"))
"""Another engine is given up after so many seconds."""
WATCHED = """
  document.addEventListener("DOMContentLoaded", () => {
    window.gradbook?.ready.then(() => (window.readyAt = performance.now()));
  });
"""
TIMED = """async ([edit, rounds]) => {
  const [sheet, cell, ...values] = edit;
  const found = { done: [], held: [], screen: [], bare: [], cells: 0 };
  document.querySelectorAll("#tabs button")[gradbook.sheets().indexOf(sheet)].click();
  const opened = () => new Promise((drawn) => requestAnimationFrame(() => drawn(performance.now())));
  // From a frame's first callback, asked for before what it draws, to what follows its painting.
  const painted = async (frame) => {
    const began = await frame;
    await new Promise((drawn) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = drawn;
      port2.postMessage(0);
    });
    return performance.now() - began;
  };
  const rest = () => new Promise((rested) => setTimeout(rested, 1000));
  for (let k = 0; k < rounds; k++) {
    await rest();
    let frame = opened();
    document.getElementById("status").textContent = `a frame of one word, ${k}`;
    found.bare.push(await painted(frame));
    await rest();
    frame = opened();
    const began = performance.now();
    const set = gradbook.set(sheet, cell, values[k % 2]);
    found.held.push(performance.now() - began);
    found.cells = Math.max(found.cells, await set);
    const done = performance.now() - began;
    found.done.push(done);
    found.screen.push(done + (await painted(set instanceof Promise ? opened() : frame)));
  }
  return found;
}"""
SCROLLED = """async ([across]) => {
  const area = document.getElementById("sheet");
  const gaps = [];
  let last = await new Promise(requestAnimationFrame);
  for (let k = 0; k < 180; k++) {
    area.scrollTo(across ? 10 * k : 0, 45 * k);
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  gaps.sort((a, b) => a - b);
  return { rate: (1000 * gaps.length) / gaps.reduce((a, b) => a + b, 0), frames: gaps.length };
}"""
PLAIN = """<!doctype html><title>plain</title><div id="sheet" style="height: 700px; overflow: auto">
<pre>{}</pre></div>"""
WHOLE = """async () => {
  const bytes = Uint8Array.from(atob(document.getElementById("cells").textContent), (sign) => sign.charCodeAt(0));
  const text = await new Response(new Response(bytes).body.pipeThrough(new DecompressionStream("gzip"))).text();
  const times = [];
  for (let k = 0; k < 3; k++) {
    const data = JSON.parse(text);
    const began = performance.now();
    gradbookEngine(data).advance(Infinity);
    times.push(performance.now() - began);
  }
  return Math.min(...times);
}"""
OTHERS = """
const tell = (found) => self.postMessage(found);
const engines = {
  HyperFormula: ([sheets, [title, [row, col], values], rounds]) => {
    importScripts("/hyperformula/dist/hyperformula.full.min.js");
    let began = performance.now();
    const hf = HyperFormula.buildFromSheets(sheets, { licenseKey: "gpl-v3" });
    tell({ first: performance.now() - began });
    const sheet = hf.getSheetId(title);
    for (let k = 0; k < rounds; k++) {
      began = performance.now();
      hf.setCellContents({ sheet, row, col }, values[k % 2]);
      tell({ time: performance.now() - began });
    }
  },
  "ironcalc wasm": async ([sheets, [title, [row, column], values], rounds]) => {
    const { default: init, Model } = await import("/@ironcalc/wasm/wasm.js");
    await init();
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
    tell({ filled: true });
    let began = performance.now();
    model.evaluate();
    tell({ first: performance.now() - began });
    for (let k = 0; k < rounds; k++) {
      began = performance.now();
      model.setUserInput(titles.indexOf(title), row + 1, column + 1, String(values[k % 2]));
      model.evaluate();
      tell({ time: performance.now() - began });
    }
  },
};
self.onmessage = async ({ data: [name, given] }) => {
  try {
    await engines[name](given);
    tell({ done: true });
  } catch (problem) {
    tell({ problem: String(problem).slice(0, 90) });
  }
};
"""
"""What another engine's thread runs: it tells each number as soon as it has it."""
BOUNDED = """([script, name, given, bound]) => new Promise((resolve) => {
  const found = { times: [], problem: "" };
  const worker = new Worker(script);
  const end = (problem) => {
    worker.terminate();
    resolve({ ...found, problem });
  };
  setTimeout(() => end(`stopped after ${bound / 1000} seconds`), bound);
  worker.onerror = (event) => end(event.message || "its thread could not start");
  worker.onmessage = ({ data }) => {
    if (data.first !== undefined) found.first = data.first;
    if (data.time !== undefined) found.times.push(data.time);
    if (data.done || data.problem) end(data.problem ?? "");
  };
  worker.postMessage([name, given]);
})"""


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


def built(name: str, folder: Path) -> tuple[Path, Plan, Path]:
    """A workbook of a lesson at its default size, its plan, and its page as `gradbook build` leaves it."""
    folder = Path(os.environ.get("GRADBOOK_BUILT", folder))
    kept, made = folder / f"{name}.xlsx", folder / "pages" / f"{name}.html"
    if kept.exists():
        book = read_workbook(kept)
        plan = rebuild(book, read_manifest(book, kept))[0]
    else:
        lesson = find(name)
        plan = make_plan(lesson, {option.name: option.default for option in lesson.options}, seed=0, progress=silent)
        write(plan, kept)
    if not made.exists():
        _, page = file_page(kept, silent)
        assert page.failures == ()
        made = write_page(folder, name, page.html)
    return kept, plan, made


def middle(times: list[float]) -> float:
    """The median of what a warm engine takes: the first two rounds are left out."""
    return statistics.median(times[2:])


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


def beside(chromium: Any, path: Path, edit: Edit) -> dict[str, Any]:
    """What the other engines take, each in a thread of its own and no longer than BOUND; empty where there are none."""
    if not (MODULES / "hyperformula").is_dir() or not (MODULES / "@ironcalc").is_dir():
        return {}
    kinds = {".js": "text/javascript", ".wasm": "application/wasm"}

    def serve(route: Any) -> None:
        name = route.request.url.split("/", 3)[3]
        file = MODULES / name
        body = {"": "<!doctype html>", "others.js": OTHERS}.get(name) or file.read_bytes()
        route.fulfill(body=body, content_type=kinds.get(file.suffix, "text/html"))

    row, column = cell_position(edit.address)
    given = [grids(path), [edit.title, [row - 1, column - 1], [edit.entered, edit.kept]], FEW]
    found = {}
    for name in ("HyperFormula", "ironcalc wasm"):
        context = chromium.new_context()
        context.route("**/*", serve)
        tab = context.new_page()
        tab.goto("http://localhost/")
        try:
            found[name] = tab.evaluate(BOUNDED, ["/others.js", name, given, 1000 * BOUND])
        except Exception as error:  # noqa: BLE001 -- an engine that cannot is a result
            found[name] = {"times": [], "problem": str(error).splitlines()[0][:90]}
        context.close()
    return found


def said(name: str, found: dict[str, Any], edit: float, whole: float) -> str:
    """What another engine took, beside an edit and a whole computation of the page; and why there is no more of it."""
    parts = []
    if found["times"]:
        took = statistics.median(found["times"])
        parts.append(f"an edit {took:.0f} ms, {took / edit:.0f} times the page's")
    if "first" in found:
        parts.append(f"all cells {found['first']:.0f}, {found['first'] / whole:.0f} times")
    return f"  {name}: {'; '.join([*parts, *filter(None, [found['problem']])])}"


def loaded(chromium: Any, file: Path) -> tuple[Any, float, float]:
    """A page opened as often as it takes: the last one, and the medians of its first paint and of when it was ready."""
    paints, readies = [], []
    for k in range(LOADS):
        context = chromium.new_context(viewport={"width": 1366, "height": 768}, offline=True)
        tab = context.new_page()
        tab.add_init_script(WATCHED)
        tab.goto(file.as_uri(), wait_until="commit")
        tab.wait_for_selector("body.ready", timeout=60_000)
        readies.append(tab.evaluate("readyAt"))
        paints.append(tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        if k < LOADS - 1:
            context.close()
    return tab, statistics.median(paints), statistics.median(readies)


def scrolled(tab: Any, across: bool = True) -> dict[str, float]:
    """Frames a second of a scroll, and the milliseconds that the page's script and its layout took of each."""
    session = tab.context.new_cdp_session(tab)
    session.send("Performance.enable")

    def spent() -> dict[str, float]:
        metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
        return {name: 1000 * metrics[name] for name in ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")}

    before = spent()
    found = tab.evaluate(SCROLLED, [across])
    after = spent()
    script, *layout = ((after[name] - before[name]) / found["frames"] for name in before)
    return {"rate": found["rate"], "script": script, "layout": sum(layout)}


@pytest.mark.benchmark(group="page")
@pytest.mark.parametrize("name", names())
def test_a_page(name: str, chromium: Any, benchmark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workbook, plan, file = built(name, tmp_path)
    tab, paint, ready = loaded(chromium, file)
    named, widest = (tab.evaluate(TIMED, [list(make(plan)), ROUNDS]) for make in (named_edit, widest_edit))
    scroll = scrolled(tab)
    whole = tab.evaluate(WHOLE)
    benchmark.pedantic(tab.evaluate, args=("gradbook.sheets()",), rounds=1)
    tab.context.close()
    plain = chromium.new_page()
    plain.set_content(PLAIN.format("\n".join(f"line {k}" for k in range(2000))))
    bare = scrolled(plain, across=False)
    plain.close()
    edits = (
        f"{one['cells']:,} cells {middle(one['done']):.1f} ({min(one['done']):.1f}), to the screen "
        f"{middle(one['screen']):.1f} (a frame of one word {middle(one['bare']):.1f}), holds the page "
        f"{middle(one['held']):.1f}"
        for one in (named, widest)
    )
    lines = [
        f"{name}: {file.stat().st_size / 1000:,.0f} KB; first paint {paint:.0f} ms, ready {ready:.0f}; all {whole:.0f}",
        *(f"  an edit of {edit}" for edit in edits),
        (
            f"  scrolling {scroll['rate']:.0f} frames a second, a plain page {bare['rate']:.0f}; of a frame script "
            f"takes {scroll['script']:.1f} ms, layout {scroll['layout']:.1f}"
        ),
    ]
    edit = named_edit(plan)
    others = beside(chromium, workbook, edit)
    lines += [said(other, found, middle(named["done"]), whole) for other, found in others.items()]
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert named["cells"] > 1
    assert widest["cells"] > 0
