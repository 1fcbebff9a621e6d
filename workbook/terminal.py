"""How what the command line says looks: progress, tables, and text made safe for a terminal; for `workbook.cli` alone.

rich is imported when there is something to draw, because `gradbook list` draws nothing.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from workbook.lesson import Progress
    from workbook.report import Run
    from workbook.verify import Failure, WorkbookCheck

SHOWN_FAILURES = 20

# Told apart by the colour-blind too; a word always says the same.
_OK_STYLE, _FAIL_STYLE = "bold blue", "bold dark_orange"


@contextmanager
def progress(subject: str) -> Iterator["Progress"]:
    """A line on stderr that says what is being done, on a terminal only; gone when done."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield _tell_nobody
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    text = TextColumn("{task.description}", markup=False)
    console = Console(stderr=True)
    columns = (SpinnerColumn(), text, BarColumn(bar_width=24, pulse_style="blue"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=console.is_dumb_terminal) as bar:
        task = bar.add_task(subject, total=None)

        def tell(what: str, done: int, total: int) -> None:
            bar.update(task, description=printable(f"{subject}: {what}"), completed=done, total=total or None)

        yield tell


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Progress where there is no terminal."""
    del what, done, total


def show(check: "WorkbookCheck", where: str, run: "Run") -> None:
    """Print what was found in one workbook."""
    from rich.console import Console
    from rich.text import Text

    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    # A pipe has no width: nothing is wrapped or cut for it.
    console = Console(highlight=False, markup=False, emoji=False, width=None if is_terminal else 10_000)
    console.print(Text.assemble(check.lesson, "  ", _mark(check.ok), "  ", printable(where)), soft_wrap=True)
    console.print(_sheet_table(check, console))
    for note in check.notes:
        console.print(Text(printable(note)))
    if check.failures:
        console.print(_failure_table(check.failures[:SHOWN_FAILURES], console))
        if len(check.failures) > SHOWN_FAILURES:
            console.print(f"and {len(check.failures) - SHOWN_FAILURES:,} more failures")
    console.print(
        f"recalculated by {', '.join(run.recalculated_by)}; torch {run.torch} on {run.device}", soft_wrap=True
    )


def _table(console: "Console", *columns: tuple[str, Any]) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False, header_style="bold")
    for title, justify in columns:
        table.add_column(title, justify=justify, overflow="fold")
    return table


def _sheet_table(check: "WorkbookCheck", console: "Console") -> "Table":
    from workbook.report import error_text, failures_of

    left, right = "left", "right"
    counts = [("Formula cells", right), ("Checked", right), ("Witnessed", right)]
    table = _table(console, ("Sheet", left), *counts, ("Largest error", right), ("Result", left))
    for sheet in check.sheets:
        table.add_row(
            printable(sheet.name),
            f"{sheet.formula_cells:,}",
            f"{sheet.checked_cells:,}",
            f"{sheet.witnessed_cells:,}",
            error_text(sheet.max_error),
            _mark(not failures_of(check, sheet.name)),
        )
    table.add_section()
    table.add_row(
        "All sheets",
        f"{check.formula_cells:,}",
        f"{check.checked_cells:,}",
        f"{check.witnessed_cells:,}",
        error_text(check.max_error),
        _mark(check.ok),
    )
    return table


def _failure_table(failures: Sequence["Failure"], console: "Console") -> "Table":
    from rich.text import Text

    table = _table(console, *((title, "left") for title in ("Cell", "Kind", "Found", "Expected", "By")))
    for failure in failures:
        fields = (failure.cell, failure.kind, failure.found, failure.expected, failure.by)
        table.add_row(*(Text(_shortened(printable(field))) for field in fields))
    return table


def _mark(good: bool) -> Any:
    from rich.text import Text

    return Text("ok", _OK_STYLE) if good else Text("FAIL", _FAIL_STYLE)


def _shortened(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def printable(text: str) -> str:
    """The text in one line, without anything that would steer a terminal: a file to verify may hold both."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
