"""Notes, shapes and charts that lie on a sheet."""

from workbook.xlsx.guard import Archive, Attributes, make_parser
from workbook.xlsx.looks.shown import FileChart, SheetLooks
from workbook.xlsx.relations import inner_relations, local_name


def notes_of(archive: Archive, part: str) -> dict[str, str]:
    """Address → the words of the note on the cell."""
    found: dict[str, str] = {}
    at: list[str] = []
    text: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        if local_name(name) == "comment":
            at.append(attributes.get("ref", ""))
            text.clear()
        parser.CharacterDataHandler = text.append if local_name(name) == "t" else None

    def end(name: str) -> None:
        parser.CharacterDataHandler = None
        if local_name(name) == "comment":
            found[at[-1]] = "".join(text)

    parser = make_parser(start, end)
    archive.parse(part, parser)
    return found


def threads_of(archive: Archive, part: str) -> dict[str, str]:
    """Address → what was said of the cell in a conversation, each with its author, in turn."""
    people: dict[str, str] = {}
    said: dict[str, list[str]] = {}
    author, lines = "", list[str]()
    text: list[str] = []

    def start_person(name: str, attributes: Attributes) -> None:
        if local_name(name) == "person":
            people[attributes.get("id", "")] = attributes.get("displayName", "")

    def start(name: str, attributes: Attributes) -> None:
        nonlocal author, lines
        if local_name(name) == "threadedComment":
            author = people.get(attributes.get("personId", ""), "")
            lines = said.setdefault(attributes.get("ref", ""), [])
        text.clear()

    def end(name: str) -> None:
        if local_name(name) == "text":
            lines.append(f"{author}: {''.join(text)}" if author else "".join(text))

    for each in archive.parts:
        if each.lower().startswith("xl/persons/"):
            archive.parse(each, make_parser(start_person))
    archive.parse(part, make_parser(start, end, text.append))
    return {cell: "\n".join(filter(None, lines)) for cell, lines in said.items()}


def add_drawing(archive: Archive, part: str, looks: SheetLooks) -> None:
    """Add the charts of a drawing, and count its shapes."""

    def start(name: str, _: Attributes) -> None:
        if local_name(name) in ("sp", "pic", "cxnSp"):
            looks.shapes += 1

    archive.parse(part, make_parser(start))
    for kind, target, _ in inner_relations(archive, part).values():
        if kind == "chart" and target in archive:
            looks.charts.append(_chart(archive, target))


def _chart(archive: Archive, part: str) -> FileChart:
    found = _ChartXml()
    archive.parse(part, found.parser)
    return FileChart(tuple(found.titles), tuple((name, x, y) for name, x, y in found.series))


class _ChartXml:
    """Collects the titles and series of a chart."""

    def __init__(self) -> None:
        self.parser = make_parser(self._start, self._end)
        self.titles: list[str] = []
        self.series: list[list[str]] = []
        self._path: list[str] = []
        self._text: list[str] = []

    def _start(self, name: str, _: Attributes) -> None:
        local = local_name(name)
        self._path.append(local)
        if local == "ser":
            self.series.append(["", "", ""])
        elif local == "title":
            self.titles.append("")
        elif local in ("t", "f", "v"):
            self._text = []
            self.parser.CharacterDataHandler = self._text.append

    def _end(self, name: str) -> None:
        local = self._path.pop()
        del name
        if local not in ("t", "f", "v"):
            return
        self.parser.CharacterDataHandler = None
        text = "".join(self._text)
        if local == "t" and "title" in self._path:
            self.titles[-1] += text
        elif self.series and "ser" in self._path:
            self._of_series(local, text)

    def _of_series(self, local: str, text: str) -> None:
        inside = self._path[self._path.index("ser") + 1 :][:1]
        if local == "f" and inside in (["xVal"], ["cat"]):
            self.series[-1][1] = text
        elif local == "f" and inside in (["yVal"], ["val"]):
            self.series[-1][2] = text
        elif local == "v" and inside == ["tx"]:
            self.series[-1][0] = text
