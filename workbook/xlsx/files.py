"""Files that are written whole or not at all."""

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from workbook.errors import FileError

SCRATCH = "gradbook-"
"""How the names of folders for temporary files begin."""
DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "it is larger than the system lets a file be",
    errno.EACCES: "no permission, or it is open in another program",
    errno.EPERM: "no permission, or it is open in another program",
    errno.EROFS: "the disk is read-only",
    errno.ENOENT: "its folder does not exist",
    errno.ENOTDIR: "its folder is a file",
}


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yields an empty file that takes the place of another, or of none, in one step: until then the old one stands.

    A link keeps pointing where it did, and what it points to is replaced. Where something goes wrong on the way, the
    old file is as it was.

    Args:
        path: the file.

    Raises:
        FileError: it cannot be written, or there is something other than a file.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise FileError(f"{path}: cannot be written, because it is {_kind(target)}")
    beside = _beside(target)
    try:
        with beside.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(target)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({_REASONS.get(error.errno or 0, _why(error))})") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def replace_file(path: Path, data: bytes) -> None:
    """Put a file that holds these bytes in place of another, or of none, in one step, as `replacing` does.

    Raises:
        FileError: it cannot be written, or there is something other than a file; the old file is as it was.
    """
    with replacing(path) as stream:
        stream.write(data)


def prepare_folder(path: Path) -> None:
    """Make a folder where there is none, and see that a file can be written in it.

    Raises:
        FileError: it cannot be made, is no folder, or cannot be written to.
    """
    probe = _beside(path / "probe")
    try:
        if path.exists() and not path.is_dir():
            raise FileError(f"{path}: expected a folder, found {_kind(path)}")
        path.mkdir(parents=True, exist_ok=True)
        probe.touch(exist_ok=False)
    except OSError as error:
        raise FileError(f"{path}: cannot write in this folder ({_why(error)})") from error
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)


def temporary_folder() -> "TemporaryDirectory[str]":
    """An empty folder for temporary files, which its owner removes.

    Raises:
        FileError: there is none that can be written to, or it is full.
    """
    with temporary_room():
        return TemporaryDirectory(prefix=SCRATCH, ignore_cleanup_errors=True)


@contextmanager
def scratch() -> Iterator[Path]:
    """Yields an empty folder for temporary files, removed at the end.

    Raises:
        FileError: there is none that can be written to, or it is full; so that no other file is blamed for it.
    """
    with temporary_room(), temporary_folder() as name:
        yield Path(name)


@contextmanager
def temporary_room() -> Iterator[None]:
    """Return a context in which a full disk is that of the temporary files.

    Raises:
        FileError: it is full, or no folder for temporary files can be written to.
    """
    try:
        yield
    except OSError as error:
        if error.errno in DISK_IS_FULL:
            raise _no_room(_why(error)) from error
        if "temporary directory" in str(error):
            raise FileError(f"there is no folder for temporary files that can be written to ({_why(error)})") from error
        raise


def require_temporary_room(size: int) -> None:
    """Refuse to go on where so many bytes have no room among the temporary files.

    Raises:
        FileError: there is less room.
    """
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < size:
        raise _no_room(f"{free:,} bytes are free, {size:,} are needed")


def _no_room(why: str) -> FileError:
    where = Path(tempfile.gettempdir())
    # A worker has a folder of its own within.
    where = where.parent if where.name.startswith(SCRATCH) else where
    return FileError(f"{where}: the folder for temporary files has no room ({why})")


def _beside(target: Path) -> Path:
    # Not derived from the target's name, which may already be as long as the file system allows.
    return target.with_name(f".gradbook-{secrets.token_hex(8)}.tmp")


def _kind(path: Path) -> str:
    if path.is_dir():
        return "a folder"
    return "a file" if path.is_file() else "a device or a pipe"


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
