"""A zip archive from a stranger, opened under limits: what Excel files are read through."""

import copy
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.parsers import expat

from workbook.errors import FileError

MAX_BYTES = 512 * 2**20
"""The most bytes that the parts of one file may hold, unpacked."""
MAX_MEMBERS = 10_000
MAX_RATIO = 300
"""The most that a large part may shrink: real sheets shrink by 5 to 100, the limit of deflate is 1032."""
RATIO_FREE_BYTES = 10 * 2**20
"""A part up to this size may shrink by any ratio: a short run of equal rows is no bomb."""

CHUNK = 2**20
"""The bytes of a part that are unpacked at a time."""
_OLE_HEADER = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The stream in which Office files with a password hold what is encrypted ([MS-OFFCRYPTO] 2.3.4.4)."""
_ENCRYPTED_FLAG = 0x1
# What zipfile, and the decompressors under it, raise on damaged or hostile archives.
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    UnicodeError,
    ValueError,
)

Attributes = dict[str, str]


class Archive:
    """The parts of one opened file, found whatever the case of their names, unpacked within `MAX_BYTES`."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        """Refuse an archive whose directory already shows that it is hostile or damaged."""
        self.path = path
        self._archive = archive
        self._members: dict[str, zipfile.ZipInfo] = {}
        infos = archive.infolist()
        if len(infos) > MAX_MEMBERS:
            raise FileError(f"{path}: the zip archive has {len(infos):,} members, more than {MAX_MEMBERS:,}")
        declared = sum(info.file_size for info in infos)
        if declared > MAX_BYTES:
            raise FileError(f"{path}: it would unpack to {declared:,} bytes, more than {MAX_BYTES:,} (a zip bomb?)")
        for info in infos:
            self._add(info)

    def _add(self, info: zipfile.ZipInfo) -> None:
        name = _key(info.filename)
        if not name:
            raise FileError(f"{self.path}: the zip archive has a member without a name, which no Excel file has")
        if name in self._members:
            raise FileError(f"{self.path}: the zip archive has two members named '{info.filename}'")
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise FileError(f"{self.path}: the member '{info.filename}' is encrypted; save it without a password")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileError(f"{self.path}: the member '{info.filename}' is packed by a method that Excel never uses")
        if info.file_size > max(RATIO_FREE_BYTES, MAX_RATIO * info.compress_size):
            raise FileError(
                f"{self.path}: the member '{info.filename}' would unpack from {info.compress_size:,} "
                f"to {info.file_size:,} bytes (a zip bomb?)"
            )
        self._members[name] = info

    def __contains__(self, part: str) -> bool:
        """True where the archive has the part, whatever the case of its name."""
        return _key(part) in self._members

    @property
    def parts(self) -> list[str]:
        """The names of all members, directories excepted, as the archive spells them."""
        return [info.filename for info in self._members.values() if not info.is_dir()]

    def spelled(self, part: str) -> str:
        """The name of the part as the archive spells it."""
        return self._info(part).filename

    def _info(self, part: str) -> zipfile.ZipInfo:
        info = self._members.get(_key(part))
        if info is None:
            raise FileError(f"{self.path}: the part '{part}' is missing")
        return info

    def chunks(self, part: str) -> Iterator[bytes]:
        """Yields the unpacked bytes of one part, piece by piece, and never more than the limit of the whole file.

        The size that the archive declares is not trusted: the part is unpacked to its real end and must then have it.

        Raises:
            FileError: no such part, damaged, longer or shorter than declared, or past the limit.
        """
        info = self._info(part)
        # zipfile stops reading at the declared size; other programs do not.
        to_the_end = copy.copy(info)
        to_the_end.file_size = MAX_BYTES + 1
        size = 0
        try:
            with self._archive.open(to_the_end) as stream:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    if size > info.file_size:
                        raise FileError(f"{self.path}: the part '{part}' unpacks to more than it declares")
                    yield chunk
        except _ZIP_ERRORS as error:
            raise FileError(f"{self.path}: the part '{part}' is damaged ({error})") from error
        if size != info.file_size:
            raise FileError(
                f"{self.path}: the part '{part}' is damaged (it has {size:,} bytes and declares {info.file_size:,})"
            )

    def read(self, part: str) -> bytes:
        """The unpacked bytes of one part."""
        return b"".join(self.chunks(part))

    def parse(
        self,
        part: str,
        parser: expat.XMLParserType,
        through: Callable[[Iterable[bytes]], Iterable[bytes]] = iter,
    ) -> None:
        """Feed one part to the parser, whose handlers do the work.

        Args:
            part: its name.
            parser: see `make_parser`.
            through: what the bytes go through on their way to the parser.

        Raises:
            FileError: the part is missing or damaged, or declares a document type, with which entities come.
        """

        def refuse_doctype(*_: object) -> None:
            raise FileError(f"{self.path}: the part '{part}' declares a document type, which no Excel file does")

        parser.StartDoctypeDeclHandler = refuse_doctype
        try:
            for chunk in through(self.chunks(part)):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        # ValueError and LookupError: an encoding that expat, or Python, does not have.
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise FileError(f"{self.path}: the part '{part}' is damaged XML ({error})") from error


def _key(part: str) -> str:
    # Part names are equal whatever their case (ECMA-376 part 2); some writers put a backslash or a leading slash.
    return part.replace("\\", "/").lstrip("/").lower()


@contextmanager
def open_archive(path: Path | str) -> Iterator[Archive]:
    """Yields the parts of an .xlsx or .xlsm file, refusing in one sentence whatever cannot be one.

    Raises:
        FileError: not there, not a file, a lock file, empty, not a zip, an old .xls, encrypted, a zip bomb.
    """
    path = Path(path)
    _refuse_at_sight(path)
    try:
        archive = zipfile.ZipFile(path)
    except _ZIP_ERRORS as error:
        raise FileError(f"{path}: it is a damaged zip archive ({error})") from error
    with archive:
        yield Archive(path, archive)


def _refuse_at_sight(path: Path) -> None:
    try:
        if not path.exists():
            raise FileError(f"{path}: there is no such file")
        if path.is_dir():
            raise FileError(f"{path}: it is a folder; name a workbook in it")
        if path.name.startswith("~$"):
            raise FileError(
                f"{path}: it is the lock file of a workbook that is open in Excel; name the workbook itself"
            )
        if not path.is_file():
            raise FileError(f"{path}: it is not a regular file")
        with path.open("rb") as stream:
            head = stream.read(8)
    except OSError as error:
        raise FileError(f"{path}: it cannot be read ({error.strerror})") from error
    except ValueError as error:
        # A name with a NUL byte in it.
        raise FileError(f"{path}: it cannot be read ({error})") from error
    if not head:
        raise FileError(f"{path}: it is empty; an .xlsx or .xlsm workbook was expected")
    if head == _OLE_HEADER:
        raise FileError(f"{path}: {_of_old_format(path)}")
    if not zipfile.is_zipfile(path):
        raise FileError(f"{path}: it is not an Excel workbook (an .xlsx file is a zip archive, and this is none)")


def _of_old_format(path: Path) -> str:
    """What a file in the frame of old Office files is: in one with a password a stream holds what is encrypted."""
    with path.open("rb") as stream:
        last = b""
        while chunk := stream.read(CHUNK):
            if _ENCRYPTED in last + chunk:
                return "it has a password; save it without one first"
            last = chunk[-len(_ENCRYPTED) :]
    return "it is an old .xls workbook, or another old Office file; save it as .xlsx first"


def check(path: Path | str) -> None:
    """Unpack every part once, for nothing but the limits: what is handed to another program has passed here.

    Raises:
        FileError: as `open_archive`, and for a part that is damaged or longer than it declares.
    """
    with open_archive(path) as archive:
        for part in archive.parts:
            for _ in archive.chunks(part):
                pass


def make_parser(
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> expat.XMLParserType:
    """A parser that calls `start` and `end` with names as `namespace local`, separated by one space.

    Raw expat and not ElementTree: it keeps nothing that a hostile file could pile up, and sees a document type itself.
    (300,000 formula cells: 0.67 s of callbacks, against 0.51 s with `iterparse`.)
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = 2**16
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    return parser
