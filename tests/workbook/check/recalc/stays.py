"""What a test asks of a process whose LibreOffice stays open."""

import os
from pathlib import Path

from workbook.check.recalc import kept, libreoffice
from workbook.check.recalc.session import Results


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
