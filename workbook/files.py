"""Files that are written whole or not at all."""

import os
import secrets
from pathlib import Path

from workbook.errors import FileError


def replace_file(path: Path, data: bytes) -> None:
    """Put a file in place of another, or of none, in one step: until then the old one stands.

    A link keeps pointing where it did, and what it points to is replaced.

    Args:
        path: the file.
        data: all that it is to hold.

    Raises:
        FileError: it cannot be written, or there is something else than a file; the old file is as it was.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise FileError(f"{path}: cannot be written, because it is {_kind(target)}")
    beside = _beside(target)
    try:
        with beside.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(target)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({_why(error)})") from error
    finally:
        beside.unlink(missing_ok=True)


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
    probe.unlink(missing_ok=True)


def _beside(target: Path) -> Path:
    # Not derived from the target's name, which may already be as long as the file system allows.
    return target.with_name(f".gradbook-{secrets.token_hex(8)}.tmp")


def _kind(path: Path) -> str:
    if path.is_dir():
        return "a folder"
    return "a file" if path.is_file() else "a device or a pipe"


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
