"""Pages of small workbooks, opened from files by Debian's Chromium, or its headless shell, without a network."""

import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from workbook.app.pages import page_program
from workbook.check.recalc import engines
from workbook.check.verify import WorkbookCheck, verify
from workbook.page import Stranger, code_of, describe, describe_file, file_parts, page, whole_file
from workbook.plan.plan import Plan
from workbook.transpile import Front, transpile
from workbook.xlsx.read import read_workbook

sys.path.insert(0, str(Path(__file__).parent))

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # A page lives for less than a second here: to optimise its script took a quarter of that.
    "--js-flags=--no-maglev --no-opt",
)
SHOWN_CODE = ("affine", "optimizers")
"""The lessons whose pages have their code: to make scripts of all would take longer than all else."""


class Page(NamedTuple):
    """A page, the workbook that it was made from, and its plan."""

    path: Path
    workbook: Path
    plan: Plan


@pytest.fixture(scope="session")
def page_of(
    small_of: Callable[[str], Any], program_of: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Page]:
    """The page of a small workbook of a lesson; each is made once. `apart`: a thread of its own computes it."""
    folder = tmp_path_factory.mktemp("pages")

    @cache
    def parts(name: str) -> tuple[Any, ...]:
        built = small_of(name)
        front = Front.of(built.path) if name in SHOWN_CODE else None
        program = program_of(built.path, front)
        codes = []
        if front:
            script = transpile(built.path, target="numpy", front=front)
            titles = [layout.sheet.title for layout in built.plan.layouts]
            codes.append(code_of("NumPy", script.script.source, script.lines, titles))
        file = file_parts(built.path, built.plan)
        return built, describe(built.plan, "built by a test"), program.code, program.data, codes, file

    @cache
    def made(name: str, *, apart: bool = False) -> Page:
        built, *given = parts(name)
        path = folder / f"{name}{' apart' if apart else ''}.html"
        path.write_text(page(*given, apart=apart), encoding="utf-8")
        return Page(path, built.path, built.plan)

    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser; it is closed after its tests, because one that is open takes processor time."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    named = os.environ.get("GRADBOOK_CHROMIUM")
    # The shell is the same engine without the windows around it: it starts in a third of the time.
    program = named or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if not program:
        pytest.skip("neither chromium-headless-shell nor chromium is installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


class Tabs:
    """Tabs that open files, offline; nothing may go out, and nothing may be complained of.

    One that is given back opens the next file: a new tab, with its process, costs twice what a page in it does, and a
    blank page in between a process more. A tab behind another is drawn once a second, so the one in use is in front.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self._free: list[Any] = []
        self._complaints: list[str] = []
        self._requests: list[str] = []

    def open(self, path: Path, *, at: str = "", ready: str = "body.ready", reduced_motion: str | None = None) -> Any:
        tab = self._free.pop() if self._free else self._new()
        if tab.url.split("#")[0] == path.as_uri():
            # Asked for another place in it, a browser would keep the page that it has.
            tab.goto("about:blank")
        tab.bring_to_front()
        tab.set_viewport_size({"width": 1366, "height": 768})
        tab.emulate_media(media="screen", color_scheme="light", reduced_motion=reduced_motion or "no-preference")
        tab.goto(f"{path.as_uri()}{at}")
        tab.wait_for_selector(ready, timeout=60_000)
        return tab

    def _new(self) -> Any:
        tab = self._context.new_page()
        tab.on("console", lambda said: self._complaints.append(said.text) if said.type != "log" else None)
        tab.on("pageerror", lambda error: self._complaints.append(str(error)))
        tab.on("request", lambda request: self._requests.append(request.url))
        return tab

    def give_back(self, tab: Any) -> None:
        """Take away what a page keeps beyond its life; its life ends when the next one opens."""
        tab.evaluate("localStorage.clear(), sessionStorage.clear()")
        self._free.append(tab)

    def check(self) -> None:
        complaints, requests = list(self._complaints), list(self._requests)
        self._complaints.clear()
        self._requests.clear()
        assert complaints == []
        assert [url for url in requests if not url.startswith(("file:", "blob:"))] == []


@pytest.fixture(scope="module")
def tabs(chromium: Any) -> Iterator[Tabs]:
    """Tabs of one window."""
    context = chromium.new_context(offline=True, accept_downloads=True)
    yield Tabs(context)
    context.close()


@pytest.fixture
def visit(tabs: Tabs) -> Iterator[Callable[..., Any]]:
    """What opens a file in a tab that no other test has meanwhile."""
    taken: list[Any] = []

    def opened(path: Path, **how: Any) -> Any:
        taken.append(tabs.open(path, **how))
        return taken[-1]

    yield opened
    for tab in taken:
        tabs.give_back(tab)
    tabs.check()


@pytest.fixture(scope="module")
def shared(tabs: Tabs, page_of: Callable[..., Page]) -> Iterator[Callable[[str, str], Any]]:
    """A tab of a lesson's page that tests share, taken back to how it was opened, then to a cell."""
    known: dict[str, Any] = {}

    def opened(name: str, at: str) -> Any:
        tabs.check()
        if name not in known:
            known[name] = tabs.open(page_of(name).path)
        tab = known[name]
        tab.bring_to_front()
        tab.set_viewport_size({"width": 1366, "height": 768})
        tab.emulate_media(color_scheme="light", media="screen")
        tab.evaluate(
            """(at) => new Promise((drawn) => {
              gradbook.reset();
              document.querySelector("#tabs button").click();
              location.hash = "";
              location.hash = at;
              setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(drawn)));
            })""",
            at,
        )
        return tab

    yield opened
    for tab in known.values():
        tabs.give_back(tab)
    tabs.check()


@pytest.fixture(scope="session")
def verified() -> Callable[[Path, Path], WorkbookCheck]:
    """What verifies a saved workbook; those that hold the same are verified once."""
    known: dict[str, WorkbookCheck] = {}

    def check(saved: Path, handed_out: Path) -> WorkbookCheck:
        with zipfile.ZipFile(saved) as archive:
            parts = [f"{name} {archive.getinfo(name).CRC:08x}" for name in sorted(archive.namelist())]
        key = "\n".join([str(handed_out), *parts])
        if key not in known:
            known[key] = verify(
                saved, device="cpu", engines=engines(["ironcalc"]), progress=lambda *_: None, handed_out=handed_out
            )
        return known[key]

    return check


@pytest.fixture(scope="session")
def stranger_page(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """What makes the page of a workbook that gradbook did not make, without the scripts that do the same."""
    folder = tmp_path_factory.mktemp("strangers")

    def made(source: Path) -> Path:
        book = read_workbook(source)
        stranger = Stranger.read(source, book)
        program, titles = page_program(stranger, Front.of(source, book))
        html = page(
            describe_file(stranger, titles, program.kept), program.code, program.data, [], whole_file(source, titles)
        )
        path = folder / f"{source.stem}.html"
        path.write_text(html, encoding="utf-8")
        return path

    return made
