"""Text files of rows and columns, as people have them: packed or not, of unknown encoding and delimiter."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from engine.errors import DataError

DELIMITERS = ("::", "|", "\t", ";", ",")
UNQUOTED = ("::", "|")  # MovieLens's older formats, in whose titles a quote is an ordinary character
HEAD_BYTES = 65_536


def open_bytes(path: Path) -> BinaryIO:
    """Open a file to read its bytes, unpacked where its first two bytes say gzip, whatever its name."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.GzipFile(path)) if packed else path.open("rb")


def encoding_of(path: Path, what: str) -> str:
    """Return the encoding to read a text file by; refuse one that is empty or not text."""
    with open_bytes(path) as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise DataError(f"{path}: the file is empty, expected {what}")
    if b"\0" in head:
        raise DataError(f"{path}: the file is binary (it holds NUL bytes), expected {what} as text")
    # Latin-1 gives every byte a meaning, so a stray one in a column that is not used stops nothing.
    return "utf-8-sig" if head.startswith(b"\xef\xbb\xbf") else "latin-1"


def is_utf8(path: Path) -> bool:
    """Return whether all of a file decodes as UTF-8."""
    try:
        with open_text(path, "utf-8", "strict") as text:
            return all(True for _ in text)
    except UnicodeDecodeError:
        return False


def first_text(path: Path, encoding: str, what: str) -> tuple[int, str]:
    """Return the place, from 0, and the text of the first line that is not empty."""
    with open_text(path, encoding) as text:
        for place, line in enumerate(text):
            if line.strip():
                return place, line.strip("\r\n")
    raise DataError(f"{path}: the file has only empty lines, expected {what}")


def delimiter_of(line: str, least: int) -> str | None:
    """Return what splits a line into at least so many columns, or None.

    A delimiter after which the first column still holds another does not count: ``1,Emma,Drama|War`` is split by
    commas.
    """
    for delimiter in DELIMITERS:
        fields = line.split(delimiter)
        if len(fields) >= least and not any(other in fields[0] for other in DELIMITERS):
            return delimiter
    return None


def split(line: str, delimiter: str) -> list[str]:
    """Return the fields of one line, without quotes and surrounding spaces."""
    fields = line.split(delimiter) if delimiter in UNQUOTED else next(csv.reader([line], delimiter=delimiter))
    return [field.strip() for field in fields]


def spelled(text: str) -> str:
    """Return text of a file as a person reads it, where it was read byte by byte and is UTF-8.

    >>> spelled("ZoÃ«"), spelled("Zoë")
    ('Zoë', 'Zoë')
    """
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def rows(path: Path, encoding: str, delimiter: str, first_line: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the line, from 1, and the fields of each row that is not empty, beginning at a line counted from 0."""
    with open_text(path, encoding) as text:
        lines = islice(text, first_line, None)
        if delimiter in UNQUOTED:
            for number, line in enumerate(lines, start=first_line + 1):
                if line.strip():
                    yield number, [field.strip() for field in line.split(delimiter)]
            return
        # strict: a quote that is never closed would otherwise swallow the rest of the file without a word
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        begun = first_line + 1
        try:
            for fields in reader:
                if any(field.strip() for field in fields):
                    yield begun, [field.strip() for field in fields]
                begun = first_line + reader.line_num + 1
        except csv.Error as error:
            raise DataError(f"{path}, row {begun}: the quotes do not match ({error})") from error


def open_text(path: Path, encoding: str, errors: str = "replace") -> TextIO:
    """Return a file opened to read its text, unpacked where it is gzip; ``errors`` is that of ``bytes.decode``."""
    return TextIOWrapper(open_bytes(path), encoding=encoding, errors=errors)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the system says of an unreadable file into one sentence."""
    try:
        if path.exists() and not path.is_file():
            raise DataError(f"{path}: this is not a file, expected one")
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: the gzip file is cut short or damaged, expected a whole one") from error
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except OSError as error:
        raise DataError(f"{path}: it can't be read ({error.strerror or error})") from error
