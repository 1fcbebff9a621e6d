"""Exit codes, and what is said where something went wrong."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from workbook import __version__
from workbook.app import terminal

GOOD, FAILED, UNEXPECTED, INTERRUPTED = 0, 1, 3, 130
SHOWN = 20
"""How many failures a command lists."""


def print_line(message: str) -> None:
    """Say in one line what was done or found; whatever a file is called, it steers no terminal."""
    click.echo(terminal.printable(message))


def print_left(report: Path, out: Path) -> None:
    """Say where a report is, and the list of the pages in the output folder, brought up to date, if there are some."""
    from workbook.app import report as reports
    from workbook.app.pages import write_index

    print_line(f"report: {report}, {reports.page(report)}")
    if listed := write_index(out):
        print_line(f"pages: open {listed}")


def print_error(message: str) -> None:
    """Say in one line, on the channel for errors, what went wrong."""
    click.echo(f"gradbook: {terminal.printable(message)}", err=True)


def discard_output() -> None:
    """Send what is still buffered nowhere, so that leaving Python does not complain of the closed pipe again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            try:
                os.dup2(nowhere, stream.fileno())
            except (OSError, ValueError, AttributeError):
                continue
    os.close(nowhere)


def log_unexpected(error: Exception, argv: Sequence[str]) -> int:
    """Write the traceback to a file and say where it is."""
    import platform
    import tempfile
    import traceback

    lines = [
        f"gradbook {__version__}, Python {platform.python_version()}, {platform.platform()}\n",
        f"arguments: {list(argv)!r}\n\n",
        *traceback.format_exception(error),
    ]
    kind = type(error).__name__
    discard_output()
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", prefix="gradbook-", suffix=".log", delete=False
        ) as log:
            log.writelines(lines)
    except OSError:
        print_error(f"unexpected {kind}: {error}; no log file could be written, so here it is\n")
        click.echo("".join(lines), err=True)
    else:
        print_error(f"unexpected {kind}: {error}; please report it with the log file {log.name}")
    return UNEXPECTED
