"""What is in a file that is not the lesson's: a failure where it can run or reach outside, else a note with its place.

What can: macros and controls, links to other files and to the network, and the functions that fetch, call or start
something. The formulas that no lesson has are searched as text, so that one which nobody can read is searched too.
"""

import re
from collections.abc import Mapping, Sequence

from workbook.check.checks import Failure
from workbook.check.shown import Findings, quoted
from workbook.formula.address import cell_address
from workbook.lesson.lesson import Formula
from workbook.plan.layout import SheetLayout
from workbook.plan.plan import MANIFEST, Plan, is_locked
from workbook.xlsx.looks import Looks, SheetLooks
from workbook.xlsx.read import Book, Cell

HARMLESS = "nothing that runs or reaches outside"
_BY = "the lesson"

_FETCHING = (
    "CALL|REGISTER(?:\\.ID)?|EXEC|EXECUTE|INITIATE|POKE|REQUEST|RUN|RTD|DDE|WEBSERVICE|HYPERLINK|IMAGE|PY|"
    "SQL\\.REQUEST|STOCKHISTORY|CUBE[A-Z]+|TRANSLATE|DETECTLANGUAGE|COPILOT|"
    "IMPORT(?:DATA|FEED|HTML|RANGE|XML)|GOOGLEFINANCE|GOOGLETRANSLATE"
)
_REACHING = re.compile(
    rf"(?P<function>(?<![\w.])(?:_XLFN\.|_XLWS\.|COM\.MICROSOFT\.|ORG\.LIBREOFFICE\.)*(?:{_FETCHING}))\s*\("
    r"|(?P<dde>[\w.)]\s*\|)"
    r"|(?P<book>\[[^\[\]]*\][\w.]*!|'[^'\[\]]*\[[^'\[\]]*\](?:[^']|'')*'!)"
    r"|(?P<address>'?(?:file|https?|ftp|smb)://)",
    re.IGNORECASE,
)
_INWARD = re.compile(r'HYPERLINK\(\s*"#[^"]*"\s*(?=[,)])', re.IGNORECASE)
"""A link to a place in the file itself."""
_TEXT = re.compile(r'"(?:[^"]|"")*"')

_PARTS = (
    (re.compile(r"vbaproject|vbadata|macrosheets?/|dialogsheets?/|\.bas$|\.xlm$"), "macros"),
    (re.compile(r"activex|ctrlprops?/|customui|userforms?/"), "controls that run"),
    (re.compile(r"embeddings?/|oleobject"), "embedded objects"),
    (re.compile(r"externallinks?/"), "links to other files"),
    (re.compile(r"connections\.xml|querytables?/|(^|/)model/|datamodel|webquer"), "connections to data outside"),
    (re.compile(r"webextensions?/|taskpanes?"), "web add-ins"),
)
_KNOWN = re.compile(
    r"\[content_types\]\.xml|(.*/)?_rels/.*\.rels|docprops/.*|docmetadata/.*|customxml/.*|"
    r"xl/(workbook|styles|sharedstrings|calcchain|metadata)\.xml|xl/theme/.*|xl/printersettings/.*|"
    r"xl/worksheets/[^/]*\.xml|xl/(drawings|charts|media|persons|threadedcomments|comments)/.*|xl/comments\d*\.xml|"
    r"xl/richdata/.*|xl/python\.xml"
)
"""The parts that our writer, Excel, LibreOffice and Google Sheets leave where nobody added anything."""


def in_parts(looks: Looks) -> Findings:
    """The parts of the archive that no lesson has, what they link to, and settings that make numbers wrong."""
    found = Findings()
    for part in looks.parts:
        kind = next((what for pattern, what in _PARTS if pattern.search(part.lower())), None)
        if kind is not None:
            found.failures.append(Failure("", "error", f"{kind}: the part {part}", HARMLESS, _BY))
        elif not _KNOWN.fullmatch(part.lower()):
            found.note("not the lesson's", f"the part {part}")
    for part, target in looks.outside:
        found.failures.append(Failure("", "error", f"a link to {quoted(target)}, of the part {part}", HARMLESS, _BY))
    if looks.calculation.get("calcMode") == "manual":
        found.failures.append(Failure("", "error", "calculation by hand: after an edit numbers stay", "automatic", _BY))
    if looks.calculation.get("fullPrecision") in ("0", "false"):
        what = "precision as displayed: every number is rounded to what is shown"
        found.failures.append(Failure("", "error", what, "full precision", _BY))
    if looks.calculation.get("iterate") in ("1", "true"):
        found.note("changed: the calculation", "circular formulas are allowed")
    return found


def foreign(book: Book, plan: Plan) -> dict[str, list[tuple[int, int]]]:
    """The cells of each sheet of a file with a formula where the lesson has none, in the file's order."""
    layouts = {layout.sheet.title: layout for layout in plan.layouts}
    found = {}
    for title, sheet in book.sheets.items():
        left = {at: None for at, cell in sheet.cells.items() if cell.formula is not None}
        for place in layouts[title].places if left and title in layouts else ():
            if isinstance(place.block, Formula):
                for at in place.cells():
                    left.pop(at, None)
        found[title] = list(left)
    return found


def in_cells(book: Book, plan: Plan, others: Mapping[str, Sequence[tuple[int, int]]]) -> Findings:
    """The formulas and sheets that no lesson has, each with its place; `others` is what `foreign` found."""
    found = Findings()
    layouts = {layout.sheet.title: layout for layout in plan.layouts}
    for title, sheet in book.sheets.items():
        layout = layouts.get(title)
        if layout is None and title != MANIFEST:
            many = f" with {len(others[title]):,} formulas" if others[title] else ""
            found.note("not the lesson's, and not checked", f"the {_state(sheet.state)} sheet {title}{many}")
        elif sheet.state != ("hidden" if layout is None else "visible"):
            found.note("changed: the state of sheets", f"{title} is {_state(sheet.state)}")
        kinds = _kinds(layout) if layout is not None and others[title] else {}
        for at in others[title]:
            _in_cell(f"{title}!{cell_address(*at)}", sheet.cells[at], kinds.get(at, ""), layout is not None, found)
    return found


def in_names(book: Book) -> Findings:
    """The defined names that reach outside."""
    found = Findings()
    for name, meaning in book.names.items():
        if why := reaches(meaning):
            found.failures.append(Failure("", "error", f"the name {name} {why}: {quoted(meaning)}", HARMLESS, _BY))
    return found


def in_conditions(title: str, looks: SheetLooks) -> Findings:
    """The validations and conditional formats of one sheet that reach outside."""
    found = Findings()
    for condition in (*looks.validations, *looks.rules):
        for text in condition.says:
            if why := reaches(text):
                what = f"a condition that {why}: {quoted(text)}"
                found.failures.append(Failure(f"{title}!{condition.first}", "error", what, HARMLESS, _BY))
    return found


def reaches(formula: str) -> str:
    """Why a formula can reach outside its file, in words; empty where it can't.

    >>> reaches('WEBSERVICE("http://example.org")'), reaches("cmd|'/c calc'!A0"), reaches("[1]Sheet1!A1*2")
    ('calls WEBSERVICE', 'asks another program (DDE)', 'reads another workbook')
    >>> reaches('HYPERLINK("#Data!A1","there")'), reaches('HYPERLINK("#"&A1)')
    ('', 'calls HYPERLINK')
    >>> reaches('IF(A1>0,"run (it)|now",Sales[Amount]+Data!B3)'), reaches("'a|b'!A1+B2")
    ('', '')
    """
    # A sheet's title may hold a bar; the command of a DDE formula stands before its quotes.
    formula = _INWARD.sub("", formula)
    bare = re.sub(r"(?<![|\w\]])'[^'\[\]|]*\|[^'\[\]]*'!", "", _TEXT.sub('""', formula))
    match = _REACHING.search(bare)
    if match is None:
        return ""
    if match["function"]:
        return f"calls {re.sub(r'^(_XLFN|_XLWS|COM.MICROSOFT|ORG.LIBREOFFICE)[.]', '', match['function'].upper())}"
    if match["dde"]:
        return "asks another program (DDE)"
    return "reads another workbook" if match["book"] else "reads an address outside"


def _kinds(layout: SheetLayout) -> dict[tuple[int, int], str]:
    """What stands in the cells of a sheet that have no formula: `locked` or `input`."""
    kinds: dict[tuple[int, int], str] = {}
    for place in layout.places:
        if not isinstance(place.block, Formula):
            kinds |= dict.fromkeys(place.cells(), "locked" if is_locked(place.block) else "input")
    return kinds


def _in_cell(where: str, cell: Cell, kind: str, ours: bool, found: Findings) -> None:
    """A formula where the lesson has none."""
    text = f"={cell.formula}"
    if why := reaches(str(cell.formula)):
        found.failures.append(Failure(where, "error", f"a formula that {why}: {quoted(text)}", HARMLESS, _BY))
    elif kind == "locked":
        found.failures.append(Failure(where, "formula", text, "the value of the lesson", _BY))
    elif kind == "input":
        found.note("formulas in yellow cells, whose saved values count", f"{where} ({quoted(text)})")
    elif ours:
        found.note("formulas that are not the lesson's, and were not checked", f"{where} ({quoted(text)})")


def _state(state: str) -> str:
    return {"visible": "visible", "hidden": "hidden"}.get(state, "very hidden")
