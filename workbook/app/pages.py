"""Pages of workbooks: made from plan, program and scripts, run without a browser, and listed on one more page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from urllib.parse import quote

from workbook import lessons
from workbook.check.checks import Failure
from workbook.check.manifest import read_manifest, rebuild
from workbook.check.verify import MOST_FAILURES, compare_session
from workbook.errors import WorkbookError
from workbook.lesson.lesson import Progress
from workbook.lesson.opening import PATH
from workbook.page import Stranger, code_of, describe, describe_file, file_parts, index, page, whole_file
from workbook.plan.layout import BADGE
from workbook.plan.plan import MANIFEST, STUDENT, Plan
from workbook.transpile import (
    Front,
    JavaScriptProgram,
    Running,
    Transpiled,
    compare_saved,
    describe_region,
    javascript,
    transpile,
)
from workbook.xlsx.files import prepare_folder, replace_file
from workbook.xlsx.read import Book, read_workbook

FOLDER = "pages"
LANGUAGES = {"numpy": "NumPy", "torch": "PyTorch"}
BY = "JavaScript"
_PATH = {file.removesuffix(".xlsx"): f"{idea[:1].upper()}{idea[1:]}." for file, idea in PATH}
"""Each lesson on the path and its idea, in the order in which they build on each other."""
_HEAD = 4000
"""A page says its title within so many signs."""


@dataclass(frozen=True)
class MadePage:
    """A page, and what is wrong with the numbers that it computes: nothing where it may be written."""

    html: str
    failures: tuple[Failure, ...]
    kept: tuple[tuple[str, str], ...] = ()
    """The cells that show what the file was saved with, and why."""


def plan_page(
    workbook: Path, plan: Plan, badge: str, front: Front, scripts: Mapping[str, Transpiled], progress: Progress
) -> MadePage:
    """The page of a workbook of gradbook's, its program run in every option of every drop-down.

    Args:
        workbook: the file that was written from the plan.
        plan: the plan.
        badge: what its Start sheet says of how it was checked.
        front: what the transpiler read of it.
        scripts: target → the script of that language.
        progress: hears of the work.

    Raises:
        WorkbookError: the program does not run.
    """
    name = f"{FOLDER}/{plan.lesson.file_name}.html"
    progress(name, 0, 1)
    titles = [layout.sheet.title for layout in plan.layouts]
    program = javascript(workbook, front)
    found = [str(sheet["title"]) for sheet in program.data["sheets"]]
    if found != titles:
        raise WorkbookError(f"{name}: the program has the sheets {', '.join(found)}; expected {', '.join(titles)}")
    failures = [
        Failure(cells, "missing", "nothing", f"a formula that the page computes: {why}", BY)
        for cells, why in (*program.refused, *((describe_region(region), why) for region, why in program.kept))
    ]
    with Running(program) as session:
        failures += compare_session(plan, session, BY, progress)
    codes = [code_of(LANGUAGES[target], made.script.source, made.lines, titles) for target, made in scripts.items()]
    html = page(describe(plan, badge), program.code, program.data, codes, file_parts(workbook, plan))
    progress(name, 1, 1)
    return MadePage(html, tuple(failures[:MOST_FAILURES]))


def file_page(path: Path, progress: Progress) -> tuple[str, MadePage]:
    """The name and the page of a workbook from elsewhere: of one that gradbook made with all that its plan says.

    Raises:
        FileError: the file cannot be read or trusted.
        WorkbookError: the program does not run.
    """
    progress("reading", 0, 0)
    book = read_workbook(path)
    front = Front.of(path, book)
    name = path.stem.encode(errors="replace").decode()
    manifest = read_manifest(book, path) if MANIFEST in book.sheets else None
    # A student's workbook has blocks that no lesson has: its page is made of its file.
    if manifest is not None and STUDENT not in manifest.rows:
        plan, unread = rebuild(book, manifest)
        if unread:
            return name, MadePage("", tuple(unread))
        progress("scripts", 0, 0)
        scripts = {target: transpile(path, target=target, front=front) for target in LANGUAGES}
        return name, plan_page(path, plan, _badge(book, plan), front, scripts, progress)
    progress("scripts", 0, 0)
    scripts = {target: transpile(path, target=target, front=front) for target in LANGUAGES}
    progress("page", 0, 0)
    stranger = Stranger.read(path, front.book)
    return name, stranger_page(stranger, front, scripts)


def stranger_page(stranger: Stranger, front: Front, scripts: Mapping[str, Transpiled]) -> MadePage:
    """The page of a workbook that no plan made, its program compared with the values that the file was saved with.

    Args:
        stranger: the workbook.
        front: what the transpiler read of it.
        scripts: target → the script of that language.

    Raises:
        FileError: a part of the file is damaged.
        WorkbookError: the program does not run.
    """
    path, aside = stranger.path, stranger.conditions.aside
    program, titles = page_program(stranger, front)
    failures = [
        Failure(cells, "missing", "nothing", f"a formula that a page computes: {why}", BY)
        for cells, why in program.refused
        if aside is None or not cells.startswith(f"{aside.title}!")
    ]
    with Running(program) as session:
        compared = compare_saved(program, session, front.book, front.regions, front.upheld)
    failures += [Failure(d.cell, "value", str(d.found), str(d.expected), BY) for d in compared.differences]
    codes = [code_of(LANGUAGES[target], made.script.source, made.lines, titles) for target, made in scripts.items()]
    description = describe_file(stranger, titles, program.kept)
    html = page(description, program.code, program.data, codes, whole_file(path, titles))
    kept = tuple((describe_region(region), why) for region, why in program.kept)
    return MadePage(html, tuple(failures[:MOST_FAILURES]), kept)


def page_program(stranger: Stranger, front: Front) -> tuple[JavaScriptProgram, list[str]]:
    """The program of a workbook with its conditions, and the titles of the sheets that a page shows of it."""
    aside = stranger.conditions.aside
    program = javascript(stranger.path, front if aside is None else front.beside(aside))
    titles = [sheet["title"] for sheet in program.data["sheets"]]
    if aside is None:
        return program, titles
    titles = [title for title in titles if title != aside.title]
    return replace(program, data={**program.data, "aside": len(titles)}), titles


def _badge(book: Book, plan: Plan) -> str:
    """What a file's first sheet says of how it was checked."""
    cells = {layout.sheet.title: book.sheets[layout.sheet.title].cells for layout in plan.layouts}
    lines = [
        str(cell.value)
        for layout in plan.layouts
        for label in layout.labels
        if label.text in BADGE and (cell := cells[layout.sheet.title].get((label.row, label.column)))
    ]
    return " ".join(lines)


def write_page(folder: Path, name: str, html: str) -> Path:
    """Write a page into a folder's `pages`, whole or not at all; returns the file."""
    pages = folder / FOLDER
    prepare_folder(pages)
    target = pages / f"{name}.html"
    replace_file(target, html.encode("utf-8", "surrogatepass"))
    return target


def write_index(folder: Path) -> Path | None:
    """Write the page that lists the pages of a folder, the lessons' own first; returns it, None without any page."""
    pages = folder / FOLDER
    order = [*_PATH, *(name for name in lessons.names() if name not in _PATH)]
    found = sorted(
        (path for path in pages.glob("*.html") if path.name != "index.html"),
        key=lambda path: (order.index(path.stem) if path.stem in order else len(order), path.stem),
    )
    if not found:
        return None
    target = pages / "index.html"
    replace_file(target, index([_entry(path) for path in found]).encode())
    return target


def _entry(path: Path) -> dict[str, str]:
    """A page's file, title, what it is about, its place on the path through the lessons, and its size."""
    size = path.stat().st_size
    return {
        "file": f"./{quote(path.name, errors='surrogateescape')}",
        "title": _title(path),
        "words": _PATH.get(path.stem) or (lessons.summary(path.stem) if path.stem in lessons.names() else ""),
        "place": str([*_PATH].index(path.stem) + 1) if path.stem in _PATH else "",
        "size": f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} KB",
    }


def _title(path: Path) -> str:
    """What a page calls itself in its first lines."""
    with path.open(encoding="utf-8", errors="replace") as stream:
        found = re.search(r"<title>([^<]*)</title>", stream.read(_HEAD))
    return unescape(found[1]) if found else path.stem
