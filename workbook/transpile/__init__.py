"""Any workbook → a program: cells → regions of one formula → order → NumPy or PyTorch source.

Other rooms use:

- `transpile`: a workbook as a script; its `lines`, a `SourceMap`, say which of them compute which cells
- `Transpiled`: such a script, with what it was made of
- `Front`: what the scripts of a workbook have in common, so that two targets share it
- `SourceMap`: which lines of a script compute which cells
- `Origin`: an array of a script, with its cells and its lines
- `npz`: the arrays that a script reads, as a file
- `javascript`: a workbook as a program that recalculates in a browser
- `JavaScriptProgram`: such a program
- `Running`: such a program as it runs, without a browser
- `Region`: cells with one formula
- `describe_region`: what people call these cells
- `compare_saved`: its cells against those that the workbook was saved with
- `begin_scripts`: the process that scripts of one target are forked from begins to import what they do
- `fork_scripts`: the scripts that are run from now on are forked from one process, for a build of many
- `fork_from_here`: that process is forked now, from this one with all that it has imported
- `back.check`: a script run, and its cells compared with the saved ones
- `runtime.formats`: Excel's number formats
"""

from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from workbook.collector import without_collector
from workbook.errors import FileError
from workbook.formula.address import cell_address, cell_position
from workbook.formula.rectangle import Rectangle
from workbook.transpile.back.check import Comparison
from workbook.transpile.back.disputes import settled, upheld
from workbook.transpile.back.evaluate import Saved
from workbook.transpile.back.forks import begin_scripts, fork_from_here, fork_scripts
from workbook.transpile.back.javascript.embedded import Running, compare_saved
from workbook.transpile.back.javascript.program import JavaScriptProgram, make
from workbook.transpile.back.notebook import notebook
from workbook.transpile.back.origins import Origin, SourceMap
from workbook.transpile.back.prove import Place, prove
from workbook.transpile.back.script import Script, npz
from workbook.transpile.back.spills import with_spills
from workbook.transpile.front.capitals import with_capitals
from workbook.transpile.front.lower import Ahead
from workbook.transpile.front.regions import Joins, Region, find_regions
from workbook.transpile.front.regions import describe as describe_region
from workbook.transpile.front.values import Recalculation, SecondOpinion, has_values
from workbook.transpile.middle.blocks import Blocks
from workbook.transpile.middle.lowered import Lowered, lowered
from workbook.transpile.middle.names import Headings, Joiner, headings
from workbook.transpile.middle.program import Program, make_program
from workbook.transpile.targets import TARGETS
from workbook.xlsx.read import Book, CellError, SheetCells, read_workbook

_ROUNDS = 4
"""How often a script is made anew because the recalculation was wrong about what a cell holds: an error, or a text."""


@dataclass(frozen=True, slots=True)
class Front:
    """What the scripts of a workbook have in common, whatever their target.

    Attributes:
        book: the workbook, its formulas with values, the cells that it keeps of other workbooks among its sheets.
        saved: whether these values are the file's own; else ironcalc computed them, and LibreOffice where it must.
        words: the words of its sheets.
        joins: whether headings let two columns of formulas be one region.
        regions: its formula cells, as regions of one formula.
        trees: their formulas as trees.
        another: LibreOffice's values, where ironcalc's are doubtful.
    """

    book: Book
    saved: bool
    words: Mapping[str, Headings]
    joins: Joins
    regions: tuple[Region, ...]
    trees: Lowered
    another: SecondOpinion
    _programs: dict[object, Program] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    @without_collector()
    def of(cls, path: Path | str, book: Book | None = None, sheets: Collection[str] = ()) -> Self:
        """That of a file; `book` is what is in it, where it has been read, and `sheets` what it must have.

        Raises:
            FileError: the file cannot be read or trusted, or has no such sheet.
        """
        book = with_capitals(book or read_workbook(path))
        for title in sheets:
            if title not in book.sheets:
                raise FileError(f"{path}: there is no sheet '{title}'; its sheets are {', '.join(book.sheets)}")
        # What the file keeps of other workbooks' cells is input, as the constants of its own sheets are.
        book = replace(book, sheets=book.sheets | book.linked)
        words, saved = headings(book), has_values(book)
        joins = Joiner(words)
        another, file = SecondOpinion(Path(path)), book
        with closing(Recalculation(book, Path(path), another, keeps=saved)) as recalculation:
            # Programs may be at work meanwhile.
            regions = _regions(book, joins)
            ahead = Ahead.of(book, regions)
            book = recalculation.book()
        book = book if saved else with_spills(settled(book, file, another), file)
        if any(sheet.dynamic for sheet in book.sheets.values()):
            # How far a dynamic array reaches was not known.
            regions = _regions(book, joins)
        return cls(book, saved, words, joins, regions, lowered(book, regions, Saved(book).each, ahead), another)

    def beside(self, aside: SheetCells) -> Self:
        """That of the workbook with one more sheet, whose formulas read the others and have no values yet."""
        book = replace(self.book, sheets={**self.book.sheets, aside.title: aside})
        joins = Joiner({**self.words, aside.title: Headings(book, aside.title)})
        regions = _regions(book, joins)
        trees = lowered(book, regions, Saved(book).each)
        return replace(self, book=book, joins=joins, regions=regions, trees=trees, _programs={})

    def upheld(
        self, compared: Comparison, found: Mapping[str, Any], corrections: dict[str, Any] | None = None
    ) -> Comparison:
        """A comparison, without the cells in which a recalculation differs and another has what was found.

        Args:
            compared: the comparison.
            found: `Sheet!A1` → the value as JSON.
            corrections: is given those of these cells in which something of another kind was found.
        """
        if self.saved:
            return compared
        left = upheld(self.book, self.another, compared, found)
        if corrections is not None:
            found_otherwise = (d for d in compared.differences if d.cell in left.upheld)
            corrections |= {d.cell: d.found for d in found_otherwise if _kind(d.found) is not _kind(d.expected)}
        return left

    def corrected(self, corrections: Mapping[str, Any]) -> Self:
        """That of the workbook with what was found in place of what the recalculation was wrong about."""
        sheets = dict(self.book.sheets)
        cells = {title: dict(sheets[title].cells) for title in {cell.rpartition("!")[0] for cell in corrections}}
        for cell, value in corrections.items():
            title, _, address = cell.rpartition("!")
            place = cell_position(address)
            known = CellError(value["error"]) if isinstance(value, dict) else value
            cells[title][place] = cells[title][place]._replace(value=known)
        sheets |= {title: replace(sheets[title], cells=own) for title, own in cells.items()}
        book = replace(self.book, sheets=sheets)
        trees = lowered(book, self.regions, Saved(book).each)
        return replace(self, book=book, trees=trees, _programs={})

    def program(
        self, sheets: tuple[str, ...] | None, unsure: frozenset[Place], refused: Mapping[Place, str]
    ) -> Program:
        """The program of some sheets, see `make_program`: made once, because no back end changes it."""
        known = (sheets, unsure, tuple(sorted(refused.items())))
        if known not in self._programs:
            self._programs[known] = make_program(
                self.book, self.joins, self.trees, sheets, unsure=unsure, refuse=refused
            )
        return self._programs[known]


def _kind(value: Any) -> type:
    """What a value is, of a workbook or as JSON."""
    return CellError if isinstance(value, dict) else type(value)


def _regions(book: Book, joins: Joins) -> tuple[Region, ...]:
    return tuple(Blocks(book).divide(find_regions(book, joins)))


@dataclass(frozen=True, slots=True)
class Transpiled:
    """A workbook's script.

    Attributes:
        script: the source, and the arrays that it reads.
        saved: whether the values of the workbook's formulas are the file's own; else ironcalc computed them.
        refused: what of the workbook is not in it: a range and the reason, a line each.
        areas: the arrays that the script computes.
        comparison: how the script's cells compare with the saved ones; None where it does not run.
        unsure: the arrays that are written with Excel's own operators, because plain ones failed.
        volatile: the cells that depend on chance or on the clock: nobody can compare them.
        unknown: the formula cells that have no value, in the file or by a recalculation, and are not compared.
        lines: which of its lines compute which cells; nothing of a notebook, or where it was not asked for.
        settling: cells in circles that are computed again and again, and what depends on them.
        silence: why LibreOffice gave no answer where ironcalc's values were doubtful; empty where it gave one.
    """

    script: Script
    saved: bool
    refused: tuple[str, ...]
    volatile: frozenset[str]
    areas: tuple[tuple[str, Rectangle], ...]
    comparison: Comparison | None
    unsure: frozenset[tuple[str, Rectangle]]
    unknown: tuple[str, ...]
    lines: SourceMap
    settling: frozenset[str]
    silence: str


@without_collector()
def transpile(
    path: Path | str,
    *,
    target: str,
    sheets: tuple[str, ...] | None = None,
    beside: str = "",
    unsure: frozenset[tuple[str, Rectangle]] = frozenset(),
    front: Front | None = None,
    mapped: bool = True,
) -> Transpiled:
    """The script of a workbook.

    Args:
        path: an .xlsx or .xlsm file.
        target: `numpy`, `torch`, or `notebook`: an .ipynb of NumPy.
        sheets: the sheets wanted, with all that they read; None for all.
        beside: the name of the .npz that the script is to read its large inputs from.
        unsure: arrays to write with Excel's own operators, as found when another script was made.
        front: that of the file, where another script has been made of it.
        mapped: whether to tell which of its lines compute which cells.

    Raises:
        FileError: the file cannot be read or trusted, or has no such sheet.
    """
    front = front or Front.of(path, sheets=sheets or ())
    # A name of a file may be no text: nothing of it that is none gets into a script.
    name = Path(path).name.encode(errors="replace").decode()
    with closing(front.another):
        wrong: set[str] = set()
        for _ in range(_ROUNDS):
            corrections: dict[str, Any] = {}
            made = prove(
                front.book,
                partial(front.program, sheets),
                TARGETS["numpy" if target == "notebook" else target],
                sheets=sheets,
                title=name,
                beside=beside or f"{Path(name).stem}.npz",
                words=front.words,
                unsure=unsure,
                upheld=partial(front.upheld, corrections=corrections),
            )
            if not corrections:
                break
            front = front.corrected(corrections)
            wrong |= set(corrections)
    refused = tuple(f"{describe_region(region)} {why}" for region, why in made.program.refused)
    lines = made.lines if mapped and target != "notebook" else SourceMap()
    script = made.script
    if target == "notebook":
        script = Script(notebook(script.source, name), script.arrays)
    unknown = tuple(
        f"{title}!{cell_address(*at)}"
        for title in sheets or front.book.sheets
        for at, cell in front.book.sheets[title].cells.items()
        if cell.formula is not None and cell.value is None
    )
    return Transpiled(
        script,
        front.saved,
        refused,
        made.program.volatile,
        made.areas,
        made.comparison and made.comparison.without(made.comparison.upheld | wrong),
        made.unsure,
        unknown,
        lines,
        made.program.settling,
        front.another.silence,
    )


def javascript(path: Path | str, front: Front | None = None) -> JavaScriptProgram:
    """A workbook as a program of JavaScript that recalculates: `code` makes an engine of `data`.

    Args:
        path: an .xlsx or .xlsm file.
        front: that of the file, where a script has been made of it.

    Raises:
        FileError: the file cannot be read or trusted, or its sheets span more cells than a page can hold.
    """
    front = front or Front.of(path)
    return make(path, front.book, front.trees, saved=front.saved)


__all__ = [
    "Front",
    "JavaScriptProgram",
    "Origin",
    "Region",
    "Running",
    "SourceMap",
    "Transpiled",
    "begin_scripts",
    "compare_saved",
    "describe_region",
    "fork_from_here",
    "fork_scripts",
    "javascript",
    "npz",
    "transpile",
]
