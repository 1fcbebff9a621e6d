"""What strangers' workbooks brought to light, each in its smallest form; values by hand."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus import by_hand
from openpyxl import load_workbook
from openpyxl.worksheet.formula import ArrayFormula
from small_books import body, computed, save

from workbook.transpile import npz, transpile
from workbook.transpile.back import check
from workbook.transpile.errors import UnevenError
from workbook.transpile.front.lower import Lowering


def test_a_loop_reads_a_blank_in_its_inputs_as_nothing(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": "paid", "B1": "total", "B2": 10.0, "D1": "=COUNT(A2:A7)"}
    paid = {2: 1.0, 3: 4.0, 5: 2.0, 7: 8.0}
    cells |= {f"A{row}": value for row, value in paid.items()}
    cells |= {f"B{row}": f"=B{row - 1}+A{row}" for row in range(3, 8)}
    found = computed(save(tmp_path / "gaps.xlsx", {"S": cells}), tmp_path)
    assert [found[f"S!B{row}"] for row in range(3, 8)] == [14, 14, 16, 16, 24]
    assert found["S!D1"] == 4


@pytest.mark.parametrize("target", ["numpy", "torch"])
def test_criteria_across_and_down_make_a_table(tmp_path: Path, target: str) -> None:
    cells: dict[str, object] = {"F1": "p", "G1": "q", "E2": "x", "E3": "y"}
    for row, (region, product, units) in enumerate(
        [("x", "p", 1.0), ("x", "q", 2.0), ("y", "p", 4.0), ("y", "p", 8.0), ("z", "q", 16.0)], start=1
    ):
        cells |= {f"A{row}": region, f"B{row}": product, f"C{row}": units}
    cells["F2"] = ArrayFormula("F2:G3", "=SUMIFS(C1:C5,A1:A5,E2:E3,B1:B5,F1:G1)")
    found = computed(save(tmp_path / "table.xlsx", {"S": cells}), tmp_path, target)
    assert found == {"S!F2": 1, "S!G2": 2, "S!F3": 12, "S!G3": 0}


def test_sortby_takes_the_second_key_where_the_first_is_equal(tmp_path: Path) -> None:
    cells: dict[str, object] = {}
    for row, (name, count) in enumerate([("b", 2.0), ("c", 7.0), ("a", 2.0), ("d", 7.0)], start=1):
        cells |= {f"A{row}": name, f"B{row}": count}
    cells["D1"] = ArrayFormula("D1:D4", "=_xlfn.SORTBY(A1:A4,B1:B4,-1,A1:A4,1)")
    found = computed(save(tmp_path / "sorted.xlsx", {"S": cells}), tmp_path)
    assert list(found.values()) == ["c", "d", "a", "b"]


def test_conditions_in_a_file_beside_the_script_are_still_conditions(tmp_path: Path) -> None:
    cells: dict[str, object] = {}
    for row in range(1, 301):
        cells |= {f"A{row}": row % 3 == 0, f"B{row}": f'=CONCATENATE(A{row},"-Z")'}
    path = save(tmp_path / "conditions.xlsx", {"S": cells})
    for target in ("numpy", "torch"):
        script = tmp_path / f"with_{target}.py"
        made = transpile(path, target=target, beside="arrays.npz")
        script.write_text(made.script.source, encoding="utf-8")
        (tmp_path / "arrays.npz").write_bytes(npz(made.script))
        assert set(check.run(script).values()) == {"TRUE-Z", "FALSE-Z"}


def test_offset_by_what_the_place_of_its_cell_says_is_a_reference(tmp_path: Path) -> None:
    cells: dict[str, object] = {"A1": 1.0, "C1": "=SUM(OFFSET($A$1,2*(ROW()-1),0,2,1))"}
    cells |= {f"A{row}": f"=OFFSET(A{row},-1,0)*2" for row in range(2, 9)}
    cells |= {f"C{row}": "=SUM(OFFSET($A$1,2*(ROW()-1),0,2,1))" for row in range(2, 5)}
    path = save(tmp_path / "offset.xlsx", {"S": cells})

    lines = body(path, "s")

    assert sum(line.startswith("for ") for line in lines) == 1
    assert not any("OFFSET" in line or "INDEX" in line for line in lines)
    found = computed(path, tmp_path)
    assert [found[f"S!C{row}"] for row in range(1, 5)] == [3, 12, 48, 192]


def test_index_by_what_the_place_of_its_cell_says_is_a_reference(tmp_path: Path) -> None:
    cells: dict[str, object] = {
        f"{letter}{row}": float(10 * row + k) for k, letter in enumerate("ABC") for row in (1, 2)
    }
    cells |= {f"E{row}": "=INDEX($A$1:$C$2,1,ROW()-4)+SUM(INDEX($A$1:$C$2,0,ROW()-4))" for row in (5, 6, 7)}
    path = save(tmp_path / "index.xlsx", {"S": cells})

    assert not any("INDEX" in line or "int(" in line for line in body(path, "s"))
    assert list(computed(path, tmp_path).values()) == [40, 43, 46]


def test_offset_in_a_table_that_it_reads_itself_is_taken_cell_by_cell(tmp_path: Path) -> None:
    # A knapsack of 4: things of weight 1, 3 and value 2, 5; Excel computes the branch taken alone.
    cells: dict[str, object] = {"A3": 1.0, "B3": 2.0, "A4": 3.0, "B4": 5.0}
    for k, letter in enumerate("CDEFG"):
        cells |= {f"{letter}1": float(k), f"{letter}2": 0.0}
        for row in (3, 4):
            above = f"{letter}{row - 1}"
            cells[f"{letter}{row}"] = f"=IF({letter}$1<$A{row},{above},MAX({above},$B{row}+OFFSET({above},0,-$A{row})))"
    found = computed(save(tmp_path / "knapsack.xlsx", {"S": cells}), tmp_path)
    assert [found[f"S!{letter}4"] for letter in "CDEFG"] == [0, 2, 2, 5, 7]


def test_a_function_that_excel_did_not_know_is_its_name_error(tmp_path: Path) -> None:
    path = save(tmp_path / "name.xlsx", {"S": {"A1": "=CORRELATION(1,2)", "A2": "=ISERROR(A1)"}})
    cached = edited(
        path, lambda text: re.sub("<v ?/>|<v></v>", "<v>#NAME?</v>", text, count=1).replace('r="A1"', 'r="A1" t="e"')
    )
    made = transpile(cached, target="numpy")
    assert made.refused == ()
    assert computed(cached, tmp_path) == {"S!A1": {"error": "#NAME?"}, "S!A2": True}


def test_shared_strings_that_are_named_and_not_there_are_none(tmp_path: Path) -> None:
    path = save(tmp_path / "strings.xlsx", {"S": {"A1": 2.0, "A2": "=A1*3"}})
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "bare.xlsx", "w") as new:
        for name in old.namelist():
            if "sharedStrings" not in name:
                new.writestr(name, old.read(name))
    assert computed(tmp_path / "bare.xlsx", tmp_path) == {"S!A2": 6.0}


def edited(path: Path, change: Callable[[str], str]) -> Path:
    """The file with the XML of its first sheet changed."""
    target = path.with_name(f"edited_{path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data.decode()) if name.endswith("sheet1.xml") else data)
    return target


def test_cells_of_another_workbook_are_what_the_file_keeps_of_them(tmp_path: Path) -> None:
    path = save(tmp_path / "linked.xlsx", {"S": {"A1": "=[1]Rates!$B$2*2", "A2": "=SUM('[1]My rates'!A1:A3)"}})
    # Names of the other workbook, of all of it and of one sheet, and one that leads nowhere.
    book = load_workbook(path)
    for cell, formula in (("A3", "=[1]!rate*4"), ("A4", "=SUM([1]Rates!own)"), ("A5", "=[1]!two"), ("A6", "=[1]!lost")):
        book["S"][cell] = formula
    book.save(path)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    link = (
        f'<externalLink xmlns="{main}"><externalBook><sheetNames><sheetName val="Rates"/><sheetName val="My rates"/>'
        """</sheetNames><definedNames>
        <definedName name="rate" refersTo="=Rates!$B$2"/><definedName name="two" refersTo="=2"/>
        <definedName name="own" refersTo="='My rates'!$A$1:$A$3" sheetId="0"/></definedNames>"""
        '<sheetDataSet><sheetData sheetId="0"><row r="2"><cell r="B2"><v>0.25</v></cell></row></sheetData>'
        '<sheetData sheetId="1"><row r="1"><cell r="A1"><v>1</v></cell></row><row r="3"><cell r="A3" t="n"><v>5</v>'
        '</cell><cell r="B3" t="str"><v>a</v></cell></row></sheetData></sheetDataSet></externalBook></externalLink>'
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    changes = {
        "xl/workbook.xml": lambda text: text.replace(
            "</sheets>",
            f'</sheets><externalReferences><externalReference xmlns:r="{office}" r:id="rIdL"/></externalReferences>',
        ),
        "xl/_rels/workbook.xml.rels": lambda text: text.replace(
            "</Relationships>",
            f'<Relationship Id="rIdL" Type="{office}/externalLink" Target="externalLinks/externalLink1.xml"/>'
            "</Relationships>",
        ),
    }
    target = tmp_path / "with_link.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            new.writestr(name, changes[name](text) if name in changes else text)
        new.writestr("xl/externalLinks/externalLink1.xml", link)

    assert transpile(target, target="numpy").refused == ()
    assert computed(target, tmp_path) == {
        "S!A1": 0.5,
        "S!A2": 6.0,
        "S!A3": 1.0,
        "S!A4": 6.0,
        "S!A5": 2.0,
        "S!A6": {"error": "#NAME?"},
    }


def test_what_a_dynamic_array_filled_is_in_nobody_s_way_in_a_file_without_the_array_s_value(tmp_path: Path) -> None:
    spills = '<c r="B{0}" cm="1"><f t="array" ref="B{0}:B{1}">{2}</f></c>'
    rows = (
        f'<row r="1"><c r="A1"><v>3</v></c>{spills.format(1, 2, "A1:A2*2")}<c r="C1"><f>SUM(B1:B2)</f></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row>'
        # Here the cell below is somebody's own.
        f'<row r="4">{spills.format(4, 4, "A1:A2*2")}</row><row r="5"><c r="B5"><v>9</v></c></row>'
    )
    by_hand.write(tmp_path / "spills.xlsx", {"S": by_hand.sheet(rows)})
    blocked = {"error": "#SPILL!"}
    assert computed(tmp_path / "spills.xlsx", tmp_path) == {"S!B1": 6.0, "S!B2": 2.0, "S!C1": 8.0, "S!B4": blocked}


def test_a_cell_that_no_reading_makes_even_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def uneven(*_: object) -> None:
        raise UnevenError

    path = save(tmp_path / "uneven.xlsx", {"S": {"A1": 1.0, "B1": "=A1+1", "B2": "=A2+1"}})
    monkeypatch.setattr(Lowering, "guided", uneven)
    made = transpile(path, target="numpy")
    assert made.refused == tuple(f"S!{cell} names cells in a way that can't be read" for cell in ("B1", "B2"))
