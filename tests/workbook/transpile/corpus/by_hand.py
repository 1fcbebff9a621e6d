"""Packages written part by part, as Excel and odd programs write them: what no library writes, and readers must read."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from corpus import package
from corpus.cases import Shown

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def sheet(rows: str, after: str = "") -> str:
    """A sheet's part from its rows."""
    return f'{_HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def write(
    path: Path,
    sheets: Mapping[str, str],
    *,
    strings: str = "",
    names: str = "",
    parts: Mapping[str, str | bytes] | None = None,
    main_type: str = f"{_TYPE}.sheet.main+xml",
    relations: str = "",
    types: str = "",
    workbook: str = "",
) -> None:
    """A package with the sheets given; `parts` add to what is made here, or stand in its place."""
    listed = "".join(f'<sheet name="{title}" sheetId="{i}" r:id="rId{i}"/>' for i, title in enumerate(sheets, start=1))
    rels = "".join(
        f'<Relationship Id="rId{i}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    if strings:
        rels += f'<Relationship Id="rIdS" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    if strings:
        overrides += f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/>'
    made: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{main_type}"/>'
        f"{overrides}{types}</Types>",
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{workbook}'
        f"<sheets>{listed}</sheets>{f'<definedNames>{names}</definedNames>' if names else ''}</workbook>",
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{rels}{relations}'
        "</Relationships>",
        **{f"xl/worksheets/sheet{i}.xml": text for i, text in enumerate(sheets.values(), start=1)},
        **(parts or {}),
    }
    if strings:
        made["xl/sharedStrings.xml"] = f'{_HEAD}<sst xmlns="{MAIN}">{strings}</sst>'
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in made.items():
            archive.writestr(name, content)
    package.settle(path)


def _row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def _number(cell: str, value: float) -> str:
    return f'<c r="{cell}"><v>{value}</v></c>'


def _formula(cell: str, text: str, value: object = 0, attributes: str = "", kind: str = "") -> str:
    return f'<c r="{cell}"{kind}><f{attributes}>{text}</f><v>{value}</v></c>'


def _of(cell: str, group: int) -> str:
    return f'<c r="{cell}"><f t="shared" si="{group}"/><v>0</v></c>'


def shared(path: Path) -> None:
    """Shared formulas: down, across, over a block, with every kind of reference in them."""
    rows = []
    for i in range(2, 12):
        cells = [_number(f"A{i}", i * 1.5), _number(f"B{i}", 20 - i)]
        first = i == 2
        texts = {
            "C": "A2*B2+$A$2-A$2+$B2",
            "D": "IF(A2&gt;LOG10(100),\"A2 is \"&amp;A2,'other sheet'!A2)",
            "E": "SUM(A$2:A2)/SUM($A$2:$A$11)",
            "F": "'other sheet'!A2+other!$B$1",
            "G": "SUM('other sheet'!A:A)+scale*SUM(A2:$A$11)",
        }
        for group, (column, text) in enumerate(texts.items()):
            master = _formula(f"{column}{i}", text, attributes=f' t="shared" ref="{column}2:{column}11" si="{group}"')
            # One cell of the group has a formula of its own, as after an edit.
            own = _formula(f"{column}{i}", "A7*1000") if (column, i) == ("C", 7) else _of(f"{column}{i}", group)
            cells.append(master if first else own)
        rows.append(_row(i, *cells))
    across = [_formula("B14", "B2*10+A14", attributes=' t="shared" ref="B14:G14" si="7"')] + [
        _of(f"{c}14", 7) for c in "CDEFG"
    ]
    block = [
        _formula("B16", "$A16*B$15+MAX($A$16:A16)", attributes=' t="shared" ref="B16:D18" si="8"'),
        _of("C16", 8),
        _of("D16", 8),
    ]
    rows += [
        _row(14, _number("A14", 1), *across),
        _row(15, *(_number(f"{c}15", n) for n, c in enumerate("BCD", start=2))),
    ]
    rows += [_row(16, _number("A16", 5), *block)]
    rows += [_row(i, _number(f"A{i}", i), *(_of(f"{c}{i}", 8) for c in "BCD")) for i in (17, 18)]
    # A shared formula whose first cell stands below the rest: upwards and to the left.
    rows.append(_row(22, _formula("D22", "C21*2+1", attributes=' t="shared" ref="D22:D24" si="9"'), _number("C22", 4)))
    rows += [_row(23, _number("C23", 9), _of("D23", 9)), _row(24, _of("D24", 9))]
    others = "".join(_row(i, _number(f"A{i}", -i)) for i in range(2, 12))
    names = '<definedName name="scale">other!$B$1*2</definedName>'
    write(
        path,
        {"main": sheet("".join(rows)), "other sheet": sheet(others), "other": sheet(_row(1, _number("B1", 7)))},
        names=names,
    )


def odd(path: Path) -> None:
    """XML that is legal and rare: a prefix, no addresses, rich and inline text, escapes, absolute parts, hidden sheets."""
    strings = (
        '<si><t>plain</t></si><si><r><t xml:space="preserve">rich </t></r><r><rPr><b/></rPr><t xml:space="preserve"> text</t></r></si>'
        '<si><t>kanji</t><rPh sb="0" eb="1"><t>KANA</t></rPh><phoneticPr fontId="1"/></si><si><t>line_x000D_end</t></si>'
        "<si><t>a &amp; b &lt; c</t></si><si/>"
    )
    texts = "".join(f'<x:c r="A{i}" t="s"><x:v>{i - 1}</x:v></x:c>' for i in range(1, 2))
    body = (
        f'<x:row r="1">{texts}<x:c t="s"><x:v>1</x:v></x:c><x:c t="s"><x:v>2</x:v></x:c><x:c t="inlineStr"><x:is><x:t>in</x:t><x:r><x:t>line</x:t></x:r></x:is></x:c>'
        '<x:c t="s"><x:v>4</x:v></x:c></x:row>'
        '<x:row><x:c><x:f>LEN(A1)</x:f></x:c><x:c><x:f>LEN(B1)</x:f></x:c><x:c><x:f>C1&amp;"!"</x:f></x:c><x:c><x:f>D1&amp;E1</x:f></x:c><x:c><x:f>LEN(E1)</x:f></x:c></x:row>'
        '<x:row><x:c t="b"><x:v>1</x:v></x:c><x:c t="e"><x:v>#N/A</x:v></x:c><x:c><x:v>1E-3</x:v></x:c><x:c t="n"><x:v> 42 </x:v></x:c></x:row>'
        "<x:row><x:c><x:f>IF(A3,1,2)</x:f></x:c><x:c><x:f>ISNA(B3)</x:f></x:c><x:c><x:f> C3 * 1000\n+ 1 </x:f></x:c><x:c><x:f>D3+1</x:f></x:c></x:row>"
        '<x:row r="10" ht="15"><x:c r="C10"><x:f ca="1"><![CDATA[IF(D3<50,"less & so","more")]]></x:f></x:c><!-- a remark --><x:c r="E10"><x:f>SUM(hidden!A1:A3)+&apos;very hidden&apos;!A1</x:f></x:c></x:row>'
        '<x:row r="11"><x:c r="A11"><x:f>ROW()+COLUMN()</x:f></x:c><x:c r="B11" t="str"><x:f>T("x")&amp;""</x:f><x:v>x</x:v></x:c></x:row>'
    )
    main = (
        f'{_HEAD}<x:worksheet xmlns:x="{MAIN}"><x:dimension ref="A1"/><x:sheetData>{body}</x:sheetData></x:worksheet>'
    )
    hidden = sheet("".join(_row(i, _number(f"A{i}", i)) for i in (1, 2, 3)))
    parts = {
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Target="/xl/worksheets/sheet2.xml" Type="{RELATIONS}/worksheet" Id="second"/>'
        f'<Relationship Target="/xl/worksheets/sheet1.xml" Type="{RELATIONS}/worksheet" Id="first"/>'
        f'<Relationship Target="./worksheets/../worksheets/sheet3.xml" Type="{RELATIONS}/worksheet" Id="third"/>'
        f'<Relationship Target="sharedStrings.xml" Type="{RELATIONS}/sharedStrings" Id="strings"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{MAIN}" xmlns:q="{RELATIONS}"><sheets>'
        '<sheet name="odd" sheetId="12" q:id="first"/><sheet name="hidden" sheetId="3" state="hidden" q:id="second"/>'
        '<sheet name="very hidden" sheetId="7" state="veryHidden" q:id="third"/></sheets></workbook>',
    }
    write(
        path,
        {"odd": main, "hidden": hidden, "very hidden": sheet(_row(1, _number("A1", 100)))},
        strings=strings,
        parts=parts,
    )


def pivot(path: Path) -> None:
    """A pivot cache with a calculated item and odd records, at which openpyxl stops; the cells are plain."""
    rows = "".join(_row(i, _number(f"A{i}", i), _formula(f"B{i}", f"A{i}^2", i * i)) for i in range(1, 9))
    rows += _row(10, _formula("A10", "SUM(B1:B8)", 204), _formula("B10", "A10/COUNT(A1:A8)", 25.5))
    cache = (
        f'{_HEAD}<pivotCacheDefinition xmlns="{MAIN}" xmlns:r="{RELATIONS}" refreshOnLoad="maybe" recordCount="none">'
        '<cacheSource type="worksheet"><worksheetSource ref="A1:B8" sheet="data"/></cacheSource><cacheFields count="1">'
        '<cacheField name="n" formula="n*2" numFmtId="x"><sharedItems containsMixedTypes="2"><z/></sharedItems></cacheField>'
        '</cacheFields><calculatedItems count="1"><calculatedItem formula="n[\'1\']"><pivotArea/></calculatedItem></calculatedItems>'
        "</pivotCacheDefinition>"
    )
    write(
        path,
        {"data": sheet(rows)},
        relations=f'<Relationship Id="rIdP" Type="{RELATIONS}/pivotCacheDefinition" Target="pivotCache/pivotCacheDefinition1.xml"/>',
        types=f'<Override PartName="/xl/pivotCache/pivotCacheDefinition1.xml" ContentType="{_TYPE}.pivotCacheDefinition+xml"/>',
        parts={
            "xl/pivotCache/pivotCacheDefinition1.xml": cache,
            "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets><sheet name="data" sheetId="1" r:id="rId1"/></sheets>'
            '<pivotCaches><pivotCache cacheId="1" r:id="rIdP"/></pivotCaches></workbook>',
        },
    )


def macros(path: Path) -> None:
    """An .xlsm: its project is bytes that nobody may run, and a button calls it."""
    rows = _row(1, _number("A1", 3), _formula("B1", "A1*2", 6)) + _row(
        2, _formula("A2", "SUM(A1:B1)", 9), _formula("B2", "Twice+1", 7)
    )
    write(
        path,
        {"macro": sheet(rows)},
        names='<definedName name="Twice">macro!$A$1*2</definedName><definedName name="Auto_Open" hidden="1" xlm="1">macro!$A$1</definedName>',
        main_type="application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        relations='<Relationship Id="rIdV" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/>',
        types='<Override PartName="/xl/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/>',
        parts={
            "xl/vbaProject.bin": b'Attribute VB_Name = "Module1"\r\nSub Auto_Open()\r\nKill "*.*"\r\nEnd Sub\r\n' * 9
        },
    )


def strict(path: Path) -> None:
    """The strict variant of the format, whose namespaces are others."""
    rows = _row(1, _number("A1", 1.25), _formula("B1", "A1*4", 5)) + _row(
        2, _formula("A2", "SUM(A1:B1)", 6.25), '<c r="B2" t="b"><f>A2&gt;6</f><v>1</v></c>'
    )
    write(path, {"strict": sheet(rows)})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            content = content.replace(MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main")
            archive.writestr(
                name, content.replace(RELATIONS.encode(), b"http://purl.oclc.org/ooxml/officeDocument/relationships")
            )
    package.settle(path)


def unicode_titles(path: Path) -> None:
    """Sheet titles in several scripts and with quotes, referred to from each other."""
    rows = _row(
        1, _number("A1", 2), _formula("B1", "'Überblick ☃'!A1+'it''s'!A1+Лист1!A1+'a-b'!A1+'1st'!A1+'x.y'!A1", 12)
    )
    titles = ("Überblick ☃", "it's", "Лист1", "a-b", "1st", "x.y")
    pages = {"start": sheet(rows)} | {title: sheet(_row(1, _formula("A1", "start!$A$1", 2))) for title in titles}
    write(path, pages)


FILES: dict[str, Callable[[Path], None]] = {
    "shared.xlsx": shared,
    "odd_xml.xlsx": odd,
    "pivot.xlsx": pivot,
    "macros.xlsm": macros,
    "strict.xlsx": strict,
    "titles.xlsx": unicode_titles,
}

# What no two programs at hand agree on, because one of them cannot read the file: arithmetic that anybody can check.
KNOWN: dict[str, dict[str, Shown]] = {
    "odd_xml.xlsx": {
        "odd!A2": 5.0,
        "odd!B2": 10.0,
        "odd!C2": "kanji!",
        "odd!D2": "inlinea & b < c",
        "odd!E2": 9.0,
        "odd!A4": 1.0,
        "odd!B4": True,
        "odd!C4": 2.0,
        "odd!D4": 43.0,
        "odd!E10": 106.0,
    },
    "strict.xlsx": {"strict!B1": 5.0, "strict!A2": 6.25, "strict!B2": True},
    "titles.xlsx": {"start!B1": 12.0},
}
