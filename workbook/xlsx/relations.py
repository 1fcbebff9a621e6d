"""What the parts of an archive point to: other parts, and what lies outside of the file."""

import posixpath
from typing import NamedTuple
from urllib.parse import unquote

from workbook.xlsx.guard import Archive, Attributes, make_parser


class Relation(NamedTuple):
    """A pointer from a part: its kind (the last word of its type), the part or the outside place, and which it is."""

    kind: str
    target: str
    outside: bool


def local_name(name: str) -> str:
    """The name of an element or an attribute, without its namespace."""
    return name.rpartition(" ")[2]


def relations(archive: Archive, part: str) -> dict[str, Relation]:
    """Relation id → what it points to, of one part or, named '', of the whole package."""
    folder, name = posixpath.split(part)
    where = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, Relation] = {}

    def start(name: str, attributes: Attributes) -> None:
        if local_name(name) == "Relationship":
            target, outside = attributes.get("Target", ""), attributes.get("TargetMode") == "External"
            kind = attributes.get("Type", "").rsplit("/", 1)[-1]
            inside = posixpath.normpath(posixpath.join("/", folder, unquote(target).replace("\\", "/"))).lstrip("/")
            found[attributes.get("Id", "")] = Relation(kind, target if outside else inside, outside)

    if where in archive:
        archive.parse(where, make_parser(start))
    return found


def inner_relations(archive: Archive, part: str) -> dict[str, Relation]:
    """Those that lead to parts of the file."""
    return {name: relation for name, relation in relations(archive, part).items() if not relation.outside}
