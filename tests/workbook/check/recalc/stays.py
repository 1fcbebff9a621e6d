"""What a test asks of a process whose LibreOffice stays open."""

import os
from pathlib import Path

from workbook.check.recalc import kept, libreoffice
from workbook.check.recalc.packed import PackedSheet
from workbook.check.recalc.session import Answer, Results
from workbook.errors import WorkbookError

HANGS = """#!/bin/sh
for last; do
  [ "$before" = --outdir ] && out="$last"
  before="$last"
done
case "$*" in
  *"--convert-to csv"*) mkdir "$out" && touch "$out/open.csv" ;;
  *--convert-to*) exec sleep 60 ;;
  *) touch "$(dirname "$last")/.~lock.open.xlsx#" && exec sleep 60 ;;
esac
"""
"""A program that stays open and answers, until a workbook is handed to it."""

NO_CSV = """#!/bin/sh
case "$*" in */plain/book.xlsx) exit ;; esac
exec PROGRAM "$@"
"""
"""LibreOffice, but for the CSV files of a workbook, which it does not write."""


def recalculated(path: Path, *, kills: bool = False) -> tuple[Results, bool, int]:
    """What LibreOffice finds in a file, whether it answers from then on without a new start, and its process.

    Args:
        path: the file.
        kills: whether it is ended before it is asked.
    """
    office = libreoffice.require()
    office.stay_open()
    stays = kept.keep_open(office.program, "")
    assert stays is not None
    process = stays.process
    assert kept.kept_open(office.program) is not None
    if kills:
        os.kill(process.pid, 9)
        process.wait()
    with office.open(path) as session:
        return session.values(), kept.kept_open(office.program) is not None, process.pid


def unanswered(path: Path, program: Path) -> tuple[str, bool]:
    """What is said of a file to which a program that stays gives no answer in time, and whether it is asked again."""
    program.write_text(HANGS)
    program.chmod(0o755)
    office = libreoffice.LibreOffice(program, timeout_s=1.0)
    office.stay_open()
    assert kept.kept_open(program) is not None
    try:
        with office.open(path) as session:
            session.values()
    except WorkbookError as error:
        return str(error), kept.kept_open(program) is not None
    raise AssertionError


def answered(path: Path) -> tuple[Answer, bool]:
    """What a LibreOffice that stays open answers to a file, and whether it does so by CSV files."""
    office = libreoffice.require()
    office.stay_open()
    with office.open(path) as session:
        found = session.answer(None)
    return found, all(isinstance(sheet, PackedSheet) for sheet in found.values())


def answered_without_csv(path: Path, program: Path) -> tuple[Answer, bool]:
    """What one answers that leaves the CSV files out, and whether it is asked again."""
    office = libreoffice.require()
    program.write_text(NO_CSV.replace("PROGRAM", str(office.program)))
    program.chmod(0o755)
    office = libreoffice.LibreOffice(program)
    office.stay_open()
    kept_open = kept.kept_open(program)
    assert kept_open is not None
    assert kept_open.knows_csv
    with office.open(path) as session:
        return session.answer(None), kept.kept_open(program) is not None
