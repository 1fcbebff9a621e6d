"""The command line: arguments, calls, exit code. Only this room prints; `workbook.app.terminal` says how it looks.

Whatever is heavy is imported by the command that uses it, so that `gradbook list` answers at once. For the same reason
this is click and not typer, whose smallest application takes 0.14 s to start where click's takes 0.03 s.
"""

import io
import os
import sys
from collections.abc import Sequence

import click

from engine.errors import EngineError
from workbook import __version__, lessons
from workbook.app.cli import build, code, finetune, from_module, grade, page, verify
from workbook.app.cli.messages import FAILED, GOOD, INTERRUPTED, UNEXPECTED, discard_output, log_unexpected, print_error
from workbook.app.interrupts import interruptible
from workbook.collector import collect_seldom
from workbook.errors import WorkbookError
from workbook.xlsx.files import DISK_IS_FULL

__all__ = ["FAILED", "GOOD", "INTERRUPTED", "UNEXPECTED", "gradbook", "main"]

# A mini-batch's matrices are too small to share: threads that wait for each other took five times the time.
_ONE_THREAD = "OPENBLAS_NUM_THREADS"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        argv: the arguments; None for the process's own.

    Returns:
        The exit code: 0 good, 1 a check failed or a known error, 2 usage, 3 unexpected, 130 interrupted.
    """
    os.environ.setdefault(_ONE_THREAD, "1")
    collect_seldom()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What a name has that the terminal or the pipe can't spell is shown as its number, as stderr does by itself.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with interruptible():
            result = gradbook.main(None if argv is None else list(argv), prog_name="gradbook", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        return int(result or GOOD)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print_error("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        discard_output()
        return FAILED
    except SystemExit as stop:
        # click and rich leave in this way, and only in this way, when what reads the output has gone.
        discard_output()
        return stop.code if isinstance(stop.code, int) else FAILED
    except (EngineError, WorkbookError) as error:
        print_error(str(error))
        return FAILED
    except OSError as error:
        if error.errno not in DISK_IS_FULL:
            return log_unexpected(error, sys.argv[1:] if argv is None else argv)
        discard_output()
        print_error(f"{error.filename or 'the output'}: cannot be written to its end ({error.strerror})")
        return FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback reaches the terminal
        return log_unexpected(error, sys.argv[1:] if argv is None else argv)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExamples:\n  gradbook list\n  gradbook build\n  gradbook verify output/*.xlsx",
)
@click.version_option(__version__, prog_name="gradbook", message="%(prog)s %(version)s")
def gradbook() -> None:
    """Build Excel workbooks that teach deep learning cell by cell, and check every number in them."""


@click.command("list")
def list_() -> None:
    """List the lessons and what each teaches."""
    names = lessons.names()
    width = max(map(len, names), default=0)
    for name in names:
        click.echo(f"{name:<{width}}  {lessons.summary(name)}")


for command in (
    list_,
    build.build,
    verify.verify,
    code.code,
    page.page,
    from_module.from_module,
    grade.grade,
    finetune.finetune,
):
    gradbook.add_command(command)
