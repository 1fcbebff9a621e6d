"""The command `page`: pages that recalculate in a browser."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbook import lessons
from workbook.app import terminal
from workbook.app.cli.lesson_options import LessonCommand, lesson_options
from workbook.app.cli.messages import FAILED, GOOD, SHOWN, print_error, print_line
from workbook.app.cli.options import out_option, seed_option

if TYPE_CHECKING:
    from workbook.app.pages import MadePage


@click.command(
    cls=LessonCommand,
    short_help="Make pages that recalculate in a browser.",
    epilog="\b\nExamples:\n  gradbook page\n  gradbook page optimizers --epochs 3 --out class\n"
    "  gradbook page my_copy.xlsx",
)
@click.argument("names", metavar="[NAME|FILE.xlsx]...", nargs=-1)
@out_option("The folder in whose folder 'pages' they are put.")
@seed_option
def page(names: tuple[str, ...], out: Path, seed: int, **given: Any) -> int:
    """Make a page of each lesson or workbook named, or of all lessons: one HTML file that recalculates offline."""
    files = [Path(name) for name in names if name.lower().endswith((".xlsx", ".xlsm"))]
    wanted = [name for name in names if not name.lower().endswith((".xlsx", ".xlsm"))]
    for name in wanted:
        if name not in lessons.names() and Path(name).is_file():
            print_error(f"{name}: no page can be made of it; name a lesson, or an .xlsx or .xlsm workbook")
            return FAILED
    chosen = [] if files and not wanted else [lessons.find(name) for name in dict.fromkeys(wanted or lessons.names())]
    options = lesson_options(chosen, given)
    from workbook.app.build import build_page
    from workbook.app.pages import file_page, write_index
    from workbook.xlsx.bounds import Bound
    from workbook.xlsx.files import prepare_folder
    from workbook.xlsx.worker import Worker

    prepare_folder(out)
    good = True
    for lesson in chosen:
        with terminal.progress(lesson.name) as progress:
            made = build_page(lesson, options[lesson.name], seed=seed, progress=progress)
        good &= _leave_page(out, lesson.name, made)
    if files:
        with Worker(int) as worker:
            for file in files:
                with terminal.progress(file.name) as progress:
                    name, made = worker.call(file_page, file, bound=Bound.of(file), progress=progress)
                good &= _leave_page(out, name, made)
    if listed := write_index(out):
        print_line(f"open {listed}")
    return GOOD if good else FAILED


def _leave_page(out: Path, name: str, made: "MadePage") -> bool:
    """Write a page whose numbers are right; else say which are not."""
    from workbook.app.pages import write_page

    if made.failures:
        for failure in made.failures[:SHOWN]:
            print_error(f"{failure.cell}: found {failure.found}, expected {failure.expected}")
        print_error(f"{name}: no page was written")
        return False
    written = write_page(out, name, made.html)
    if made.kept:
        cells = ", ".join(f"{cells} ({why})" for cells, why in made.kept[:SHOWN])
        more = f" and {len(made.kept) - SHOWN:,} more" if len(made.kept) > SHOWN else ""
        print_line(f"kept as saved, not computed: {cells}{more}")
    print_line(f"{written}: {written.stat().st_size / 1e3:,.0f} KB")
    return True
