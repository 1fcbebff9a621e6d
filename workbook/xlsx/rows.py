"""Rows of cells as text: most of a workbook is these, and a parser that calls Python for every element is slow.

A row whose cells are spelled as programs spell them is matched by one strict pattern, which takes nothing that is not
well-formed XML. Whatever is spelled otherwise goes to the parser, so that both ways read the same.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from xml.parsers.expat import ExpatError

from workbook.errors import FileError
from workbook.xlsx.guard import Archive, Attributes, make_parser

_DATA, _ROW_END = b"<sheetData>", b"</row>"
LONGEST = 4 * 2**20
"""A row of more bytes is the parser's, so that no file can have more than this kept back."""
_ENCODINGS = ("utf-8", "us-ascii")
# A cell as Excel, LibreOffice, openpyxl, XlsxWriter and we write it.
_CELL = re.compile(
    r'(<c r="([A-Z]{1,3}+)([1-9][0-9]{0,6}+)"(?: s="([0-9]{1,9}+)")?+(?: t="([A-Za-z]{1,9}+)")?+'
    r'(?:/>|>(?:<f(?: aca="false")?+>([^<]*+)</f>)?+'
    r'(?:<v>([^<]*+)</v>|<is><t(?: xml:space="preserve")?+>([^<]*+)</t></is>)?+</c>))'
)
# What XML can't hold, and carriage returns, which a parser reads as line feeds.
_CONTROLS = bytes({*range(0x20)} - {0x09, 0x0A})
_ENTITY = re.compile("&(?!amp;|lt;|gt;|quot;|apos;)")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


RowCell = tuple[str, str, str, str, str, str, str, str]
"""A cell as its row spells it, entities and all: the whole of it, its column's letters, its row, style, type, formula,
value and inline text, each empty where it has none."""


def unescape(text: str) -> str:
    """The text that XML spells, with the five entities that need no declaration.

    >>> unescape("1 &lt; 2 &amp;&amp; 3"), unescape("&amp;lt;")
    ('1 < 2 && 3', '&lt;')
    """
    if "&" in text:
        for entity, sign in _ENTITIES.items():
            text = text.replace(entity, sign)
    return text


def _take_none(_: list[RowCell]) -> bool:
    return False


class RowParser:
    """A parser of a sheet's XML that hands over the cells of a row at once, where they are spelled as usual.

    Args:
        start: is called at each element's start, but for cells that `take` took, with its name as `namespace local`.
        end: is called at each element's end.
        take: is given the cells of a row; where it returns False the parser reads the row, as if `take` was not there.
    """

    def __init__(
        self,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] | None,
        take: Callable[[list[RowCell]], bool],
    ) -> None:
        """Make the parser."""
        self.xml = make_parser(start, end)
        self._take = take
        self._is_plain = True
        self._fed = 0
        self._begun = -1
        self.xml.XmlDeclHandler = self._declared

    def _declared(self, _: str, encoding: str | None, __: int) -> None:
        self._is_plain = encoding is None or encoding.lower() in _ENCODINGS

    def feed(self, archive: Archive, part: str) -> None:
        """Parse a part: see `Archive.parse`."""
        try:
            archive.parse(part, self.xml, self._counted)
        except FileError as error:
            if isinstance(error.__cause__, ExpatError):
                # Where the damage is, a parser says that has read the rows before it.
                archive.parse(part, make_parser(lambda *_: None))
            raise
        finally:
            # A parser that holds its handlers, which hold it, would be kept, and all that was read with it.
            self.xml.StartElementHandler = self.xml.EndElementHandler = self.xml.CharacterDataHandler = None
            self.xml.XmlDeclHandler = None
            self._take = _take_none

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for piece in self._pieces(chunks):
            self._fed += len(piece)
            yield piece

    def _pieces(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """What the parser is to read of the chunks, piece by piece."""
        pending = b""
        in_data = False
        for chunk in chunks:
            pending += chunk
            if not in_data:
                at = pending.find(_DATA) + len(_DATA)
                in_data = at >= len(_DATA)
                # The end of what was no heading may be the beginning of one.
                at = at if in_data else max(0, len(pending) - len(_DATA))
                yield pending[:at]
                pending = pending[at:]
            if in_data:
                *rows, pending = pending.split(_ROW_END)
                for row in rows:
                    yield from self._row(row)
                if len(pending) > LONGEST:
                    yield pending
                    pending = b""
        yield pending

    def _row(self, row: bytes) -> Iterator[bytes]:
        """What the parser is to read of a row that lacks its end."""
        begun = row.find(b">") + 1
        place = self._fed + row.find(b"<")
        yield row[:begun]
        # The parser itself says whether a row began just here: in a comment none does.
        if self._begun == place and not row.endswith(b"/>", 0, begun) and self.is_taken(row[begun:]):
            yield _ROW_END
        else:
            yield row[begun:] + _ROW_END

    def begin_row(self) -> None:
        """Say that a row begins, all of whose text is its cells: the handler of an element's start does."""
        self._begun = self.xml.CurrentByteIndex

    def is_taken(self, cells: bytes) -> bool:
        """Whether the text of a row's cells was read without the parser."""
        if (
            not self._is_plain
            or b"]]>" in cells
            or b"\xef\xbf" in cells
            or len(cells.translate(None, _CONTROLS)) < len(cells)
        ):
            return False
        try:
            text = cells.decode("utf-8")
        except UnicodeDecodeError:
            return False
        found = _CELL.findall(text)
        if sum([len(cell[0]) for cell in found]) < len(text) or ("&" in text and _ENTITY.search(text)):
            return False
        return self._take(found)
