"""What a file shows around its cells' values, and what else is in it: read from the XML as untrusted input.

`xlsx.read` gives values and formulas. This package gives the rest, as far as it can make a number look like another
or reach outside the file: number formats, colours, what is hidden, validations, conditional formats, notes, links,
charts, settings of the calculation, and the parts of the archive.
"""

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path

from workbook.xlsx.attributes import whole
from workbook.xlsx.guard import Archive, Attributes, make_parser, open_archive
from workbook.xlsx.looks.colours import Theme, colour, theme_of
from workbook.xlsx.looks.rich import Run, rich_texts
from workbook.xlsx.looks.sheet import looks_of, rectangles
from workbook.xlsx.looks.shown import Condition, Differential, FileChart, Line, Looks, SheetLooks, Style
from workbook.xlsx.looks.sparklines import Sparkline
from workbook.xlsx.looks.styles import styles_of
from workbook.xlsx.looks.tables import ShownTable
from workbook.xlsx.read import SheetPart, read_structure
from workbook.xlsx.relations import inner_relations, local_name, relations

__all__ = [
    "Condition",
    "Differential",
    "FileChart",
    "Line",
    "Looks",
    "Run",
    "SheetLooks",
    "ShownTable",
    "Sparkline",
    "Style",
    "Theme",
    "colour",
    "read_looks",
    "rectangles",
]


def read_looks(path: Path) -> tuple[Looks, Iterator[tuple[str, SheetLooks]]]:
    """What a file shows; its sheets one by one, because half a million cells have half a million styles.

    Raises:
        FileError: a part is damaged.
    """
    with open_archive(path) as archive:
        sheets, _, _ = read_structure(archive)
        theme = theme_of(archive)
        styles, differential, table_styles = styles_of(archive, theme)
        rich = rich_texts(archive, theme)
        settings = _settings(archive)
        active = whole(settings.get("workbookView", {}).get("activeTab"))
        looks = Looks(
            styles,
            settings.get("calcPr", {}),
            tuple(archive.parts),
            tuple(_outside(archive)),
            active,
            theme,
            {
                name: {kind: differential[k] for kind, k in parts.items() if k < len(differential)}
                for name, parts in table_styles.items()
            },
        )
    return looks, _each(path, sheets, differential, theme, rich)


def _each(
    path: Path,
    sheets: list[SheetPart],
    differential: tuple[Differential, ...],
    theme: Theme,
    rich: Mapping[str, tuple[Run, ...]],
) -> Iterator[tuple[str, SheetLooks]]:
    with open_archive(path) as archive:
        for sheet in sheets:
            yield sheet.title, looks_of(archive, sheet.part, differential, theme, rich)


def _outside(archive: Archive) -> Iterator[tuple[str, str]]:
    """Every relation of the file that leads outside: the part that it is of, and where it leads."""
    for part in archive.parts:
        folder, name = posixpath.split(part)
        if posixpath.basename(folder) == "_rels" and name.endswith(".rels"):
            of = posixpath.join(posixpath.dirname(folder), name.removesuffix(".rels"))
            yield from ((of, target) for _, target, outside in relations(archive, of).values() if outside)


def _settings(archive: Archive) -> dict[str, Attributes]:
    """How the workbook is calculated and how it was left: what `calcPr` and the first `workbookView` say."""
    found: dict[str, Attributes] = {}

    def start(name: str, attributes: Attributes) -> None:
        if (local := local_name(name)) in ("calcPr", "workbookView"):
            found[local] = {**attributes, **found.get(local, {})}

    inner = inner_relations(archive, "").values()
    part = next((relation.target for relation in inner if relation.kind == "officeDocument"), "")
    archive.parse(part if part in archive else "xl/workbook.xml", make_parser(start))
    return found
