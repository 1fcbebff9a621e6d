"""Workbooks made wrong by chance, seeded: what a download, a program with faults or a person may do to one."""

import io
import random
import re
import warnings
import zipfile
from collections.abc import Callable

Parts = list[tuple[str, bytes]]
"""The members of the archive in order: name, content. A name may occur twice."""

FORMULAS = (
    "_xlfn.LAMBDA(_xlpm.x,_xlpm.x(_xlpm.x))(_xlfn.LAMBDA(_xlpm.x,_xlpm.x(_xlpm.x)))",
    "(" * 3000 + "1" + ")" * 3000,
    "1" + "^1" * 4000,
    "-" * 8000 + "1",
    "IF(TRUE," * 900 + "1" + ")" * 900,
    'SUBSTITUTE(REPT("a",32767),"a",REPT("b",32767))',
    "SUMPRODUCT((A1:Z1048576&gt;0)*1)",
    "SUM(_xlfn.MINVERSE(_xlfn.SEQUENCE(2000,2000)))",
    "COUNTIF(A:XFD,1)",
    "INDIRECT(ADDRESS(ROW(),COLUMN()))",
    "OFFSET(A1,-1,-1)",
    "SUM('no such sheet'!A1,[1]Else!B2,#REF!)",
    "A1:A3 B2:C4",
    "MMULT(1:1048576,A:XFD)",
    'MATCH(1,{1,0;2,"x"},0)',
    'TEXT(1E308,"' + "0" * 900 + '")',
    "DATE(1E9,1E9,1E9)",
    "1E400-1E400",
    '="',
    "{1,2",
    "\U0001f600&amp;\ud7ff",
    'WEBSERVICE("http://127.0.0.1/")',
)
"""As they stand in XML. COMBIN(1E15,5E14) is left out: it alone takes its 26 seconds."""

NUMBERS = (
    "1E308 -1E308 4.9E-324 NaN INF -1 0 1e9 Infinity 1e99 1048577 16385 2147483648 99999999999999999999 null [] {}"
)
WORDS = "_x0000_ _xD800_ &#1; &lt;/t&gt; ../../../etc/passwd =1+1 ' a!b 1:1 #REF! $A$1 A1:XFD1048576 A0 XFE1"
VALUES = (
    *NUMBERS.split(),
    *WORDS.split(),
    "",
    "x" * 40_000,
    "\N{LATIN SMALL LETTER E WITH ACUTE}\N{ARABIC-INDIC DIGIT ONE}",
)


def mutated(original: bytes, seed: int) -> bytes:
    """A copy of the workbook with one to three faults; the seed alone decides which."""
    rng = random.Random(seed)
    if rng.random() < 0.08:
        return _damaged(original, rng)
    with zipfile.ZipFile(io.BytesIO(original)) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    for _ in range(rng.randint(1, 3)):
        parts = rng.choices(list(KINDS), list(KINDS.values()))[0](parts, rng)
    target = io.BytesIO()
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        # Two members of one name are among the faults.
        warnings.simplefilter("ignore")
        for name, data in parts:
            info = zipfile.ZipInfo("x")
            # Past the constructor, which would cut a name at a NUL; the header is written from this.
            info.filename, info.compress_type = name, zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return target.getvalue()


def _damaged(data: bytes, rng: random.Random) -> bytes:
    """Bits turned over, or bytes lost, anywhere in the archive."""
    damaged = bytearray(data)
    if rng.random() < 0.3:
        begin = rng.randrange(len(damaged))
        del damaged[begin : begin + rng.choice([1, 2, 100, len(damaged)])]
    for _ in range(rng.choice([0, 1, 3, 30])):
        if damaged:
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def _chosen(parts: Parts, rng: random.Random, like: str = "") -> int:
    """The place of one part; of one that is like the pattern, where there is any."""
    places = [place for place, (name, _) in enumerate(parts) if re.search(like, name)]
    return rng.choice(places or range(len(parts)))


def _edited(parts: Parts, place: int, edit: Callable[[str], str]) -> Parts:
    name, data = parts[place]
    text = edit(data.decode("utf-8", "surrogateescape"))
    return [*parts[:place], (name, text.encode("utf-8", "surrogatepass")), *parts[place + 1 :]]


def _replace_one(text: str, pattern: str, rng: random.Random, by: Callable[[re.Match[str]], str]) -> str:
    found = list(re.finditer(pattern, text, re.DOTALL))
    if not found:
        return text
    match = rng.choice(found)
    return text[: match.start()] + by(match) + text[match.end() :]


def other_formula(parts: Parts, rng: random.Random) -> Parts:
    """One formula of a sheet is another."""
    new = rng.choice(FORMULAS)
    return _edited(
        parts,
        _chosen(parts, rng, r"worksheets/sheet[2-7]\.xml$"),
        lambda text: _replace_one(text, r"(<f\b[^>]*>)[^<]*", rng, lambda match: match[1] + new),
    )


def edited_formula(parts: Parts, rng: random.Random) -> Parts:
    """One sign of a formula is lost, doubled or another."""

    def edit(match: re.Match[str]) -> str:
        text = match[2]
        at = rng.randrange(len(text)) if text else 0
        return (
            match[1]
            + text[:at]
            + rng.choice(["", text[at : at + 1] * 2, *"()+-*/^,:!'\"{}[]#@ \t1A$"])
            + text[at + 1 :]
        )

    return _edited(
        parts,
        _chosen(parts, rng, r"worksheets/sheet[2-7]\.xml$"),
        lambda text: _replace_one(text, r"(<f\b[^>]*>)([^<]*)", rng, edit),
    )


def other_value(parts: Parts, rng: random.Random) -> Parts:
    """One value or word of a cell is another; in the manifest half of the time."""
    like = r"worksheets/sheet8\.xml$" if rng.random() < 0.5 else r"worksheets/sheet\d\.xml$"
    return _edited(
        parts,
        _chosen(parts, rng, like),
        lambda text: _replace_one(text, r"(<(?:v|t)\b[^>]*>)[^<]*", rng, lambda match: match[1] + rng.choice(VALUES)),
    )


def other_number(parts: Parts, rng: random.Random) -> Parts:
    """One number within a text of the manifest (sizes, options, places) is another."""
    return _edited(
        parts,
        _chosen(parts, rng, r"worksheets/sheet8\.xml$"),
        lambda text: _replace_one(text, r"(?<=[ :])\d+(?=[,}<])", rng, lambda _: rng.choice(VALUES)),
    )


def other_attribute(parts: Parts, rng: random.Random) -> Parts:
    """One attribute's value is another, anywhere."""
    return _edited(
        parts,
        _chosen(parts, rng, r"\.(xml|rels)$"),
        lambda text: _replace_one(text, r'(\s[\w:]+=)"[^"]*"', rng, lambda match: f'{match[1]}"{rng.choice(VALUES)}"'),
    )


def moved_text(parts: Parts, rng: random.Random) -> Parts:
    """A stretch of XML is lost, or stands twice."""

    def edit(text: str) -> str:
        tags = [match.start() for match in re.finditer("<", text)] or [0]
        begin = rng.choice(tags)
        end = rng.choice([place for place in tags if begin <= place <= begin + 2000] or [begin])
        return text[:begin] + text[begin:end] * rng.choice([0, 2, 2]) + text[end:]

    return _edited(parts, _chosen(parts, rng, r"\.(xml|rels)$"), edit)


def other_bytes(parts: Parts, rng: random.Random) -> Parts:
    """A few bytes of a part are others, within a sound archive."""
    place = _chosen(parts, rng)
    data = bytearray(parts[place][1])
    for _ in range(rng.choice([1, 2, 20])):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    return [*parts[:place], (parts[place][0], bytes(data)), *parts[place + 1 :]]


def other_member(parts: Parts, rng: random.Random) -> Parts:
    """A part is lost, stands twice, or has an odd name."""
    place = _chosen(parts, rng)
    name, data = parts[place]
    rest = [*parts[:place], *parts[place + 1 :]]
    odd = ["\0", "\0" + name, name + "\0x", name.upper(), "/" + name, name.replace("/", "\\"), "..", "", "a" * 65_000]
    kind = rng.randrange(3)
    if kind == 0:
        return rest
    return [*parts, (rng.choice([*odd, name]), data)] if kind == 1 else [*rest, (rng.choice(odd), data)]


def other_title(parts: Parts, rng: random.Random) -> Parts:
    """A sheet has another title."""
    return _edited(
        parts,
        _chosen(parts, rng, r"xl/workbook\.xml$"),
        lambda text: _replace_one(
            text,
            r'(<sheet name=)"[^"]*"',
            rng,
            lambda match: f'{match[1]}"{rng.choice(["", "!", "a" * 300, *VALUES])}"',
        ),
    )


def other_place(parts: Parts, rng: random.Random) -> Parts:
    """A cell, a row or a range stands elsewhere."""
    return _edited(
        parts,
        _chosen(parts, rng, r"worksheets/sheet\d\.xml$"),
        lambda text: _replace_one(
            text,
            r'( (?:r|ref|sqref)=)"[^"]*"',
            rng,
            lambda match: f'{match[1]}"{rng.choice([*VALUES, "B5", "A1:B2", "5"])}"',
        ),
    )


KINDS: dict[Callable[[Parts, random.Random], Parts], int] = {
    other_formula: 3,
    edited_formula: 3,
    other_value: 4,
    other_number: 3,
    other_attribute: 3,
    moved_text: 2,
    other_bytes: 1,
    other_member: 1,
    other_title: 1,
    other_place: 2,
}
"""Each kind of fault, and how often it is drawn."""
