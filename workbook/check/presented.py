"""All that a file shows otherwise than its lesson, and all that is in it besides."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from workbook.check.manifest import Manifest
from workbook.check.objects import compare_charts, compare_names, compare_objects
from workbook.check.shown import Findings, compare_sheet, compare_words
from workbook.check.strangers import in_cells, in_conditions, in_names, in_parts
from workbook.plan import digests
from workbook.plan.plan import Plan
from workbook.xlsx.looks import read_looks
from workbook.xlsx.read import Book


def presented(
    book: Book,
    plan: Plan,
    manifest: Manifest,
    path: Path,
    others: Mapping[str, Sequence[tuple[int, int]]],
    *,
    whole: bool,
) -> Findings:
    """What a file shows otherwise than its lesson, and what in it is not the lesson's.

    Args:
        book: its cells.
        plan: with the values of all blocks, if `whole`.
        manifest: says by its digest of the looks whether words and charts are those of this version at all.
        path: the file.
        others: its formula cells that no lesson has: see `strangers.foreign`.
        whole: whether what is shown is compared; else only what is not the lesson's.
    """
    looks, sheets = read_looks(path)
    layouts = {layout.sheet.title: layout for layout in plan.layouts}
    same = manifest.rows["looks"] == digests.of_looks(plan.layouts)
    found = in_parts(looks) + in_cells(book, plan, others) + in_names(book)
    if whole and same:
        found += compare_names(book, plan)
    for title, sheet in sheets:
        found += in_conditions(title, sheet)
        layout = layouts.get(title)
        if layout is None or not whole:
            continue
        cells = book.sheets[title].cells
        found += compare_sheet(layout, cells, sheet, looks, plan)
        if same:
            found += compare_words(layout, cells)
            found += compare_objects(layout, book, sheet, plan) + compare_charts(layout, sheet, plan)
    if whole and not same:
        found.note("its words and charts are of another version and were not compared", manifest.rows["gradbook"])
    return found
