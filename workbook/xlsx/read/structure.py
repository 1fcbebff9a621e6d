"""The parts of a workbook and how they hang together: sheets, names, tables, settings of the calculation."""

from dataclasses import dataclass
from pathlib import Path

from workbook.errors import FileError
from workbook.formula.address import is_range
from workbook.xlsx.attributes import TRUE
from workbook.xlsx.guard import Archive, Attributes, make_parser
from workbook.xlsx.read.book import Table
from workbook.xlsx.read.escapes import decode_escapes
from workbook.xlsx.read.values import parse_number
from workbook.xlsx.relations import inner_relations

MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
RELATIONS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_STATES = ("visible", "hidden", "veryHidden")
_TABLE_ROWS = (("headerRowCount", "1"), ("totalsRowCount", "0"))
_ITERATION_DIGITS = 5
"""Excel takes up to 32,767 iterations."""


@dataclass(frozen=True, slots=True)
class SheetPart:
    """Where one sheet lies in the archive."""

    title: str
    state: str
    part: str


def read_structure(archive: Archive) -> tuple[list[SheetPart], dict[str, str], str | None]:
    """The sheets in order, the defined names, and the part that holds the shared strings, if there is one."""
    workbook = workbook_part(archive)
    relations = inner_relations(archive, workbook)
    found = _WorkbookXml(archive.path, workbook)
    archive.parse(workbook, make_parser(found.start, found.end, found.text))
    if not found.is_workbook:
        raise FileError(f"{archive.path}: it is not an Excel workbook (its main part '{workbook}' is something else)")
    parts: list[SheetPart] = []
    titles: set[str] = set()
    for title, state, relation in found.sheets:
        if title.lower() in titles:
            raise FileError(f"{archive.path}: two sheets are named '{title}'")
        titles.add(title.lower())
        if relation not in relations:
            raise FileError(f"{archive.path}: the sheet '{title}' has no part in the archive")
        parts.append(SheetPart(title, state, relations[relation].target))
    names: dict[str, str] = {}
    for name, scope, refers_to in found.names:
        if scope is not None and not (scope.isdecimal() and int(scope) < len(parts)):
            raise FileError(f"{archive.path}: the defined name '{name}' belongs to sheet {scope}, which is not there")
        names[name if scope is None else f"{parts[int(scope)].title}!{name}"] = refers_to
    strings = [relation.target for relation in relations.values() if relation.kind == "sharedStrings"]
    return parts, names, strings[0] if strings else None


def workbook_part(archive: Archive) -> str:
    """The part that names the sheets.

    Raises:
        FileError: the archive is no Excel workbook.
    """
    inner = inner_relations(archive, "").values()
    main = [relation.target for relation in inner if relation.kind == "officeDocument"]
    part = main[0] if main else "xl/workbook.xml"
    if part in archive and not part.endswith(".bin"):
        return part
    if part.endswith(".bin"):
        raise FileError(f"{archive.path}: it is a binary workbook (.xlsb); save it as .xlsx first")
    if "mimetype" in archive and b"opendocument" in archive.read("mimetype"):
        raise FileError(f"{archive.path}: it is an OpenDocument file (.ods); save it as .xlsx first")
    if any(name.endswith(".iwa") for name in archive.parts):
        raise FileError(f"{archive.path}: it is a file of Apple's Numbers, Pages or Keynote; export it as .xlsx first")
    raise FileError(f"{archive.path}: it is a zip archive but not an Excel workbook (it has no 'xl/workbook.xml')")


def local_names(*names: str) -> dict[str, str]:
    """`namespace local` -> local, in the transitional and the strict namespace."""
    return {f"{namespace} {name}": name for namespace in MAIN for name in names}


class _WorkbookXml:
    """Collects the sheets and names of `xl/workbook.xml`."""

    _NAMES = local_names("workbook", "sheet", "definedName")

    def __init__(self, path: Path, part: str) -> None:
        self._where = f"{path}: the part '{part}'"
        self.is_workbook = False
        self.sheets: list[tuple[str, str, str]] = []
        self.names: list[tuple[str, str | None, str]] = []
        self._name: tuple[str, str | None] | None = None
        self._text: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        local = self._NAMES.get(name)
        if local == "workbook":
            self.is_workbook = True
        elif local == "sheet":
            relation = next((attributes[f"{n} id"] for n in RELATIONS if f"{n} id" in attributes), "")
            state = attributes.get("state", "visible")
            if "name" not in attributes or state not in _STATES:
                raise FileError(f"{self._where} declares a sheet without a name or in an unknown state '{state}'")
            self.sheets.append((decode_escapes(attributes["name"]), state, relation))
        elif local == "definedName":
            self._name = (attributes.get("name", ""), attributes.get("localSheetId"))

    def end(self, name: str) -> None:
        if self._NAMES.get(name) == "definedName" and self._name is not None:
            self.names.append((*self._name, "".join(self._text)))
            self._name = None
            self._text.clear()

    def text(self, data: str) -> None:
        if self._name is not None:
            self._text.append(data)


def calculation(archive: Archive) -> tuple[bool, int, float]:
    """Whether dates count from 1904; how often circles are computed, 0 where iteration is off; the delta of that."""
    found: dict[str, Attributes] = {}

    def start(name: str, attributes: Attributes) -> None:
        found.setdefault(name.rpartition(" ")[2], attributes)

    archive.parse(workbook_part(archive), make_parser(start))
    dates, settings = found.get("workbookPr", {}), found.get("calcPr", {})
    rounds = settings.get("iterateCount", "100") if settings.get("iterate") in TRUE else "0"
    is_count = rounds.isdecimal() and rounds.isascii() and len(rounds) <= _ITERATION_DIGITS
    try:
        delta = parse_number(settings.get("iterateDelta", "0.001"))
    except ValueError:
        delta = 0.001
    return dates.get("date1904") in TRUE, int(rounds) if is_count else 0, delta


def tables_of(archive: Archive, part: SheetPart) -> list[Table]:
    """The tables of a sheet; one that lacks a name or a range is no table."""
    tables: list[Table] = []
    for kind, target, _ in inner_relations(archive, part.part).values():
        if kind != "table" or target not in archive:
            continue
        found: list[Attributes] = []
        columns: list[str] = []
        filters: list[str] = []

        def start(
            name: str,
            attributes: Attributes,
            found: list[Attributes] = found,
            columns: list[str] = columns,
            filters: list[str] = filters,
        ) -> None:
            if name.endswith(" table"):
                found.append(attributes)
            elif name.endswith(" tableColumn"):
                columns.append(decode_escapes(attributes.get("name", "")))
            elif name.endswith(" filterColumn"):
                filters.append(name)

        archive.parse(target, make_parser(start))
        for table in found[:1]:
            area, name = table.get("ref", ""), table.get("displayName") or table.get("name", "")
            if is_range(area) and name:
                headings, totals = (table.get(key, default) for key, default in _TABLE_ROWS)
                rows = int(headings != "0"), int(totals not in ("0", ""))
                tables.append(Table(name, part.title, area, tuple(columns), *rows, bool(filters)))
    return tables
