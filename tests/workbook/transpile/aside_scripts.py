"""What a test asks of the process that opens files: a script, and how often that process was forked for it."""

import os
from pathlib import Path

from workbook.transpile import SourceMap, transpile
from workbook.transpile.back import emitted


def source_and_forks(path: Path, target: str, long: int) -> tuple[str, SourceMap, int]:
    """The script of a workbook, which lines compute which cells, and the number of forks.

    Args:
        path: the workbook.
        target: the language.
        long: the statements of a function that is finished as soon as it is written.
    """
    forks: list[int] = []
    fork = os.fork

    def counted() -> int:
        forks.append(1)
        return fork()

    os.fork = counted
    try:
        emitted.LONG, before = long, emitted.LONG
        made = transpile(path, target=target)
        return made.script.source, made.lines, len(forks)
    finally:
        os.fork, emitted.LONG = fork, before
