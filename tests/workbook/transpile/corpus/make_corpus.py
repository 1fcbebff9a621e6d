"""Makes the corpus: workbooks written by programs that are not ours, and the values that Excel shows in them.

    NODE_PATH=FOLDER/node_modules python tests/workbook/transpile/corpus/make_corpus.py [NAME...]

It needs XlsxWriter and openpyxl, LibreOffice 7.4 (`soffice`), Gnumeric 1.12 (`ssconvert`), ironcalc, and node with the
package xlsx 0.18.5 (SheetJS). Nothing of gradbook's takes part. Each workbook is recalculated by LibreOffice, Gnumeric
and ironcalc; a value is taken where LibreOffice and another agree, or where Excel's own is written down in a case table
or below. Where neither holds, nothing is written, and the cells are listed to be settled by a person.
`DEPARTURES.md` lists the cells where a program says something else than what was taken.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent.parent))

from corpus import book, by_hand, cases, deep, fills, modern, package, programs, strangers, tables
from corpus.book import Book
from corpus.cases import Shown
from corpus.compare import agrees

FILES = Path(__file__).parent / "files"
# LibreOffice saves 15 digits; beyond rounding, programs that say the same agree to this.
_SAME = 1e-10
_NOISE = 1e-9


@dataclass(frozen=True)
class Settled:
    """Cells that a person settled: whom to believe, and why."""

    book: str
    cells: str
    believe: str
    reason: str


SETTLED = (
    Settled("fills", r"numbers!(..?23|BK24|AU24)", "Gnumeric", "LibreOffice reads a boolean of a file as a number"),
    Settled("fills", r"numbers!CA\d+", "Gnumeric", "LibreOffice shows --(a>b) as a boolean; in Excel it is a number"),
    Settled("fills", r"texts!AI\d+", "LibreOffice", "SUMPRODUCT takes EXP of a whole range; the others take one cell"),
    Settled("fills", r"texts!A[DEF]18|texts!AC9", "", "what Excel looks up for a blank cell is written nowhere"),
    Settled("tables", r"Orders!J4", "LibreOffice", "Orders[] is the data of the table: four rows of six"),
    Settled(
        "tables", r"Orders!J[57]", "ironcalc", "structured references: #Headers is the row of headings, #All has it too"
    ),
    Settled("tables", r"Report!B2", "LibreOffice", "Orders[] is the data of the table"),
    Settled("answers", r".*", "Gnumeric", "LibreOffice reads a boolean of a file as a number"),
    Settled("chance", r".*![BCDEJ].*", "", "random, or made from random numbers"),
)


@dataclass
class Made:
    """A workbook to be made: what writes each of its files, by the writer's name, and what is known of its cells."""

    write: dict[str, Callable[[Path, Mapping[str, Shown]], object]]
    suffix: str = ".xlsx"
    known: Mapping[str, Shown] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    twin: Book | None = None


def everything() -> dict[str, Made]:
    """Every workbook by its name."""
    made: dict[str, Made] = {}
    for table in cases.tables():
        plain, origin, known = tables.book(table)
        sources = {cell: case.source for cell, case in origin.items() if case.source}
        made[table] = Made(_writers(plain, tables.book(table, named=True)[0]), known=known, sources=sources)
    made["fills"] = Made(_writers(fills.book()))
    # Each stranger has one program: the first to the sixth by turns.
    for i, (name, plain) in enumerate((strangers.books() | deep.books()).items()):
        writers = _writers(plain)
        chosen = list(writers)[i % len(writers)]
        if name in ("tables", "months", "dates"):
            chosen = {"tables": "xlsxwriter", "months": "libreoffice", "dates": "openpyxl"}[name]
        made[name] = Made({chosen: writers[chosen]})
    for name, twins in modern.TWINS.items():
        new, old = twins()
        made[name] = Made({"xlsxwriter": _writers(new)["xlsxwriter"]}, twin=old)
    for file, write in by_hand.FILES.items():
        name, dot, suffix = file.partition(".")
        made[name] = Made({"by_hand": _alone(write)}, dot + suffix, known=by_hand.KNOWN.get(file, {}))
    return made


def _writers(plain: Book, named: Book | None = None) -> dict[str, Callable[[Path, Mapping[str, Shown]], object]]:
    def resaved(save: Callable[[Path, Path], Path]) -> Callable[[Path, Mapping[str, Shown]], object]:
        def write(path: Path, values: Mapping[str, Shown]) -> None:
            with TemporaryDirectory() as folder:
                source = Path(folder) / "book.xlsx"
                book.by_xlsxwriter(plain, source, values)
                save(source, path)
            package.settle(path)

        return write

    return {
        "xlsxwriter": lambda path, values: book.by_xlsxwriter(plain, path, values),
        "libreoffice": resaved(programs.save_libreoffice),
        "sheetjs": lambda path, values: book.by_sheetjs(plain, path, values),
        "openpyxl": lambda path, values: book.by_openpyxl(named or plain, path),
        "gnumeric": resaved(programs.save_gnumeric),
    }


def _alone(write: Callable[[Path], None]) -> Callable[[Path, Mapping[str, Shown]], object]:
    return lambda path, values: write(path)


def make(name: str, made: Made, departures: list[str]) -> list[str]:
    """Make a workbook's files and its JSON; returns the lines of what could not be settled."""
    first = next(iter(made.write))
    with TemporaryDirectory() as folder:
        draft = Path(folder) / f"{name}{made.suffix}"
        # What a program re-saves may lose cells: the values are settled on the file as it was before.
        (made.write[first] if first in ("xlsxwriter", "by_hand") else _original(name))(draft, {})
        formulas = {cell: text for cell, (text, _) in package.cells(draft).items()}
        votes = {"ironcalc": _evaluate("ironcalc", draft)}
        if made.twin:
            book.by_xlsxwriter(made.twin, draft)
        votes |= {program: _evaluate(program, draft) for program in ("LibreOffice", "Gnumeric")}
    expected, unsettled = _settle(name, made, formulas, votes, departures)
    if unsettled:
        return unsettled
    left_out: dict[str, list[str]] = {}
    for writer, write in made.write.items():
        path = FILES / f"{name}.{writer}{made.suffix}"
        write(path, expected)
        if writer in ("libreoffice", "gnumeric", "sheetjs", "openpyxl") and not made.twin:
            left_out[writer] = _damaged(path, expected)
    text = {"cells": expected, "left_out": {writer: cells for writer, cells in left_out.items() if cells}}
    (FILES / f"{name}.json").write_text(_compact(text), encoding="utf-8")
    return []


def _original(name: str) -> Callable[[Path, Mapping[str, Shown]], object]:
    return _writers((strangers.BOOKS | deep.BOOKS)[name]())["xlsxwriter"]


def _evaluate(program: str, path: Path) -> programs.Results:
    try:
        return programs.EVALUATORS[program](path)
    except Exception as error:  # noqa: BLE001 - a program that cannot read the file has no vote
        print(f"{program} cannot take {path.name}: {str(error)[-100:]}")
        return {}


def _settle(
    name: str,
    made: Made,
    formulas: Mapping[str, str],
    votes: Mapping[str, programs.Results],
    departures: list[str],
) -> tuple[dict[str, Shown], list[str]]:
    expected: dict[str, Shown] = {}
    unsettled, last = [], ""
    for cell, formula in formulas.items():
        cast = {program: results[cell] for program, results in votes.items() if cell in results}
        value, reason = _verdict(name, cell, made, cast)
        if value is None:
            if reason == "unsettled":
                unsettled.append(f"{name} {cell} ={formula[:70]}: {cast}")
            continue
        expected[cell] = value
        others = {program: shown for program, shown in cast.items() if not agrees(shown, value)}
        if others and not made.twin and formula != last:
            # An array has one line, that of its first cell on which the programs are split.
            last = formula
            said = "; ".join(f"{program} {_said(shown)}" for program, shown in others.items())
            departures.append(f"| {name} | {cell} | `{_escape(formula)}` | {_said(value)} | {said} | {reason} |")
    return expected, unsettled


def _verdict(name: str, cell: str, made: Made, cast: Mapping[str, Shown]) -> tuple[Shown | None, str]:
    if cell in made.known:
        return made.known[cell], made.sources.get(cell, "Excel's, in the case table")
    for rule in SETTLED:
        if rule.book == name and re.fullmatch(rule.cells, cell):
            return (cast.get(rule.believe) if rule.believe else None), rule.reason
    office, others = cast.get("LibreOffice"), [value for program, value in cast.items() if program != "LibreOffice"]
    if office is not None and any(_same(office, other) for other in others):
        return office, "two programs agree"
    numbers = [value for value in cast.values() if isinstance(value, float | int) and not isinstance(value, bool)]
    if len(numbers) == len(cast) and all(abs(value) < _NOISE for value in numbers):
        return None, "rounding noise"
    # LibreOffice saves an invalid argument and most other errors as #VALUE!; Excel tells them apart.
    if len(others) == 2 and isinstance(office, dict) and isinstance(others[0], dict) and _same(*others):
        return others[0], "LibreOffice saves most errors as #VALUE!"
    if len(cast) == 1 and office is not None and made.twin:
        return office, "twin"
    return None, "unsettled"


def _same(one: Shown, other: Shown) -> bool:
    if isinstance(one, bool | str | dict) or isinstance(other, bool | str | dict):
        return type(one) is type(other) and one == other
    return abs(one - other) <= _SAME * max(abs(one), abs(other))


def _damaged(path: Path, expected: Mapping[str, Shown]) -> list[str]:
    """The cells whose formula no program still computes to its value: the writer lost or changed it."""
    votes = [_evaluate(program, path) for program in programs.EVALUATORS]
    return [
        cell
        for cell, value in expected.items()
        if not any(cell in vote and agrees(vote[cell], value) for vote in votes)
    ]


def _compact(text: Mapping[str, object]) -> str:
    return json.dumps(text, ensure_ascii=False, separators=(",", ":")).replace(',"', ',\n"') + "\n"


def _said(value: Shown) -> str:
    return value["error"] if isinstance(value, dict) else _escape(json.dumps(value, ensure_ascii=False))


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(names: Iterable[str]) -> int:
    """Make the workbooks named, or all and the table of departures."""
    FILES.mkdir(exist_ok=True)
    every = everything()
    wanted = list(names) or list(every)
    departures: list[str] = []
    unsettled = [line for name in wanted for line in make(name, every[name], departures)]
    if wanted == list(every):
        head = "| workbook | cell | formula | taken | other programs | why |\n| --- | --- | --- | --- | --- | --- |\n"
        (FILES / "DEPARTURES.md").write_text(head + "\n".join(departures) + "\n", encoding="utf-8")
    print("\n".join(unsettled))
    print(f"{len(wanted)} workbooks, {len(departures)} departures, {len(unsettled)} cells unsettled")
    return 1 if unsettled else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
