"""Folders for what is not done yet, beside where it is to stand; what a killed run left of its own is removed."""

import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_PREFIX = ".gradbook-"
_LOCK = "in use"


@contextmanager
def unfinished(out: Path) -> Iterator[Path]:
    """Yields an empty folder within `out`, which is removed at the end.

    Each holds a file that its process has locked. The system lets go of the lock when the process ends, in whatever
    way; so a folder whose lock is free belongs to nobody, and goes when the next one is made.

    Raises:
        OSError: `out` can't be written to.
    """
    remove_abandoned(out)
    # Named before it is made: an interruption at any moment after that removes it.
    folder = out / f"{_PREFIX}{secrets.token_hex(8)}"
    try:
        folder.mkdir(mode=0o700)
        # Closed before the folder goes: Windows removes no file that is open.
        with (folder / _LOCK).open("wb") as lock:
            with suppress(OSError):
                # A file system without locks: its folders are never swept either, because no lock is had there.
                _lock(lock)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(out: Path) -> None:
    """Remove the folders within `out` whose processes have ended without removing them."""
    with suppress(OSError):
        for folder in out.glob(f"{_PREFIX}*/"):
            if not folder.is_symlink() and _is_abandoned(folder / _LOCK):
                shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(path: Path) -> bool:
    try:
        with path.open("r+b") as lock:
            _lock(lock)
    except OSError:
        return False
    return True


def _lock(file: IO[bytes]) -> None:
    """Lock an open file, or fail at once where another process has."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
