"""Pages of small workbooks, opened from files by Debian's Chromium without a network."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from workbook.page import code_of, describe, file_parts, page
from workbook.plan.plan import Plan
from workbook.transpile import Front, javascript, transpile

sys.path.insert(0, str(Path(__file__).parent))

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SHOWN_CODE = ("affine", "optimizers")
"""The lessons whose pages have their code: to make scripts of all would take longer than all else."""


class Page(NamedTuple):
    """A page, the workbook that it was made from, and its plan."""

    path: Path
    workbook: Path
    plan: Plan


@pytest.fixture(scope="session")
def page_of(small_of: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Page]:
    """The page of a small workbook of a lesson; each is made once. `apart`: a thread of its own computes it."""
    folder = tmp_path_factory.mktemp("pages")

    @cache
    def made(name: str, *, apart: bool = False) -> Page:
        built = small_of(name)
        front = Front.of(built.path)
        program = javascript(built.path, front)
        codes = []
        if name in SHOWN_CODE:
            script = transpile(built.path, target="numpy", front=front)
            titles = [layout.sheet.title for layout in built.plan.layouts]
            codes.append(code_of("NumPy", script.script.source, script.lines, titles))
        described = describe(built.plan, "built by a test")
        path = folder / f"{name}{' apart' if apart else ''}.html"
        html = page(described, program.code, program.data, codes, file_parts(built.path, built.plan), apart=apart)
        path.write_text(html, encoding="utf-8")
        return Page(path, built.path, built.plan)

    return made


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = os.environ.get("GRADBOOK_CHROMIUM") or shutil.which("chromium")
    if not program:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Any]]:
    """What opens a file in a tab of its own, offline; nothing may go out, and nothing may be complained of."""
    complaints: list[str] = []
    requests: list[str] = []
    contexts = []

    def opened(
        path: Path, *, at: str = "", ready: str = "body.ready", width: int = 1366, height: int = 768, **settings: Any
    ) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, offline=True, accept_downloads=True, **settings
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(f"{path.as_uri()}{at}")
        tab.wait_for_selector(ready, timeout=60_000)
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "blob:"))] == []
