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
    while True:
        # Named before it is made: an interruption at any moment after that removes it.
        folder = out / f"{_PREFIX}{secrets.token_hex(8)}"
        try:
            folder.mkdir(mode=0o700)
            # Closed before the folder goes: Windows removes no file that is open.
            with (folder / _LOCK).open("wb") as lock:
                # Another run that came by before it was locked took it for nobody's: then another is made.
                if _is_ours(lock) and (folder / _LOCK).exists():
                    yield folder
                    return
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(out: Path) -> None:
    """Remove the folders within `out` whose processes have ended without removing them."""
    with suppress(OSError):
        for folder in out.glob(f"{_PREFIX}*/"):
            if not folder.is_symlink():
                _remove_if_abandoned(folder)


def _remove_if_abandoned(folder: Path) -> None:
    with suppress(OSError), (folder / _LOCK).open("r+b") as lock:
        take(lock)
        # It stays locked until it is gone, so that who made it a moment ago sees whose it is.
        if sys.platform == "win32":
            lock.close()
        shutil.rmtree(folder, ignore_errors=True)


def _is_ours(lock: IO[bytes]) -> bool:
    """Whether nobody else has the lock of a folder just made."""
    try:
        take(lock)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        # A file system without locks: its folders are never swept either, because no lock is had there.
        return True
    return True


def take(file: IO[bytes]) -> None:
    """Lock an open file.

    Raises:
        OSError: another process has locked it, or the file system has no locks.
    """
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
