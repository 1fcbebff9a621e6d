"""The parts of an .xlsx file and the zip that holds them, equal byte for byte for equal plans."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.chart._chart import ChartBase
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.packaging.relationship import Relationship, RelationshipList
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter
from openpyxl.xml.constants import ARC_SHARED_STRINGS, ARC_WORKBOOK_RELS, SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import fromstring, tostring

from workbook.errors import WorkbookError
from workbook.plan.layout import PlacedDiagram
from workbook.plan.plan import MANIFEST, Plan
from workbook.xlsx.write.cell_styles import cell_styles
from workbook.xlsx.write.cells import Texts, manifest_rows, sheet_rows
from workbook.xlsx.write.diagrams import anchored
from workbook.xlsx.write.sheets import SheetObjects, set_up_manifest, set_up_sheet, workbook_names
from workbook.xlsx.write.styles import Styles

EPOCH = datetime(2019, 1, 1, tzinfo=UTC)
"""When workbooks were made, where SOURCE_DATE_EPOCH does not say."""

_FIRST_SHAPE = 1000
"""The number of a diagram's first shape, above those of charts."""

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

Rows = Callable[[], Iterator[str]]


@dataclass(frozen=True)
class Part:
    """A worksheet: what openpyxl writes of it, and the rows that it does not."""

    rows: Rows
    objects: SheetObjects = field(default_factory=SheetObjects)


def save(plan: Plan, stream: IO[bytes], badge: str) -> None:
    """Write the workbook to a stream that can seek."""
    book = Workbook()
    book.remove(book.worksheets[0])
    styles, texts = Styles(book), Texts()
    parts: dict[str, Part] = {}
    for layout in plan.layouts:
        sheet = book.create_sheet(layout.sheet.title)
        objects = set_up_sheet(sheet, layout, plan)
        # The numbers are given in this order, so that who asks for them again, without a file, finds the same.
        deque(cell_styles(plan, layout, styles, badge), maxlen=0)
        parts[sheet.title] = Part(lambda layout=layout: sheet_rows(plan, layout, styles, texts, badge), objects)  # type: ignore[misc]
    hidden = book.create_sheet(MANIFEST)
    set_up_manifest(hidden)
    parts[MANIFEST] = Part(lambda: manifest_rows(plan.manifest(), styles))
    for name in workbook_names(plan):
        book.defined_names[name.name] = name
    book.active = 0
    book.worksheets[0].sheet_view.tabSelected = True
    book.calculation = CalcProperties(fullCalcOnLoad=True)
    _describe(book, plan)
    with _Archive(stream, "w", ZIP_DEFLATED) as archive:
        _Writer(book, archive, parts, texts).write_data()


def _describe(book: Workbook, plan: Plan) -> None:
    properties = book.properties
    properties.title = plan.lesson.title
    properties.creator = "gradbook"
    properties.description = plan.facts.get("terms")
    properties.created = properties.modified = _made()


def _made() -> datetime:
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return EPOCH.replace(tzinfo=None)
    try:
        return datetime.fromtimestamp(int(text), UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError) as error:
        raise WorkbookError(f"SOURCE_DATE_EPOCH is {text!r}; expected whole seconds since 1970") from error


@dataclass(frozen=True)
class _TextsPart:
    """What openpyxl's list of parts says of the table of texts."""

    path: str = f"/{ARC_SHARED_STRINGS}"
    mime_type: str = SHARED_STRINGS


class _Archive(ZipFile):
    """A zip whose members say nothing of when or where they were written.

    The workbook's relations get one to the table of texts, which openpyxl's writer does not know.
    """

    def member(self, name: str) -> ZipInfo:
        info = ZipInfo(name, _ZIP_TIME)
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        info.create_system = 0
        return info

    def writestr(self, zinfo_or_arcname: str | ZipInfo, data: Any, *args: Any, **kwargs: Any) -> None:
        name = zinfo_or_arcname if isinstance(zinfo_or_arcname, str) else zinfo_or_arcname.filename
        if name == ARC_WORKBOOK_RELS:
            relations = RelationshipList.from_tree(fromstring(data))
            relations.append(Relationship(type="sharedStrings", Target="sharedStrings.xml"))
            data = tostring(relations.to_tree())
        super().writestr(self.member(name), data, *args, **kwargs)


class _SheetWriter(WorksheetWriter):
    """openpyxl's writer of a worksheet, but for its rows, straight into the zip."""

    def __init__(self, sheet: Worksheet, out: IO[bytes], part: Part) -> None:
        self._part = part
        super().__init__(sheet, out)
        sheet._comments = list(part.objects.comments)
        sheet._hyperlinks = list(part.objects.links)

    def get_stream(self) -> Generator[None, Any, None]:
        self.out.write(_HEAD + f'<worksheet xmlns="{SHEET_MAIN_NS}">'.encode())
        while True:
            element = yield
            if element is not None:
                self.out.write(tostring(element))

    def write_dimensions(self) -> None:
        """A dimension is optional, and only known when the rows are written."""

    def write_rows(self) -> None:
        self.out.write(b"<sheetData>")
        for text in self._part.rows():
            self.out.write(text.encode())
        self.out.write(b"</sheetData>")

    def close(self) -> None:
        super().close()
        self.out.write(b"</worksheet>")


class _Drawing(SpreadsheetDrawing):
    """A sheet's charts and diagrams, each with the words that a screen reader says."""

    tagname = SpreadsheetDrawing.tagname
    __elements__ = SpreadsheetDrawing.__elements__

    def __init__(self, charts: list[tuple[ChartBase, str]], diagrams: tuple[PlacedDiagram, ...]) -> None:
        super().__init__()
        self.charts = [chart for chart, _ in charts]
        self._words = [words for _, words in charts]
        self._diagrams = diagrams

    def __bool__(self) -> bool:
        return bool(self.charts or self._diagrams)

    def _write(self) -> Any:
        tree = super()._write()
        for number, placed in enumerate(self._diagrams, start=1):
            tree.append(anchored(placed, number, _FIRST_SHAPE * number))
        return tree

    def _chart_frame(self, idx: int) -> Any:
        frame = super()._chart_frame(idx)
        frame.nvGraphicFramePr.cNvPr.descr = self._words[idx - 1]
        return frame


class _Writer(ExcelWriter):
    """openpyxl's writer of a workbook, with our sheets."""

    def __init__(self, book: Workbook, archive: _Archive, parts: dict[str, Part], texts: Texts) -> None:
        super().__init__(book, archive)
        self._parts = parts
        self._texts = texts

    def _write_external_links(self) -> None:
        """The texts of all cells: openpyxl calls this when every sheet is written, and has no table of texts."""
        self._archive.writestr(ARC_SHARED_STRINGS, _HEAD + self._texts.xml().encode())
        self.manifest.append(_TextsPart())

    def write_worksheet(self, ws: Worksheet) -> None:
        part = self._parts[ws.title]
        ws._drawing = _Drawing(part.objects.charts, part.objects.diagrams)
        ws._charts = ws._drawing.charts
        # openpyxl refers to a drawing where there are charts or images.
        ws._images = list(part.objects.diagrams)
        with self._archive.open(self._archive.member(ws.path[1:]), "w") as out:
            writer = _SheetWriter(ws, out, part)
            writer.write()
        ws._rels = writer._rels
        self.manifest.append(ws)

    def _write_comment(self, ws: Worksheet) -> None:
        super()._write_comment(ws)
        for relation in ws._rels:
            if relation.Id == "comments":
                # ironcalc finds a sheet's notes by a relative path only.
                relation.Target = "../" + relation.Target.removeprefix("/xl/")
