"""What a test asks of the process that opens files: a script, and how often that process was forked for it."""

import os
from pathlib import Path

from workbook.transpile import transpile


def source_and_forks(path: Path, target: str) -> tuple[str, int]:
    """The script of a workbook, and the number of forks."""
    forks: list[int] = []
    fork = os.fork

    def counted() -> int:
        forks.append(1)
        return fork()

    os.fork = counted
    try:
        return transpile(path, target=target).script.source, len(forks)
    finally:
        os.fork = fork
