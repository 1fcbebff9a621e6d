"""What stands around the cells, read back by openpyxl."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import openpyxl
import pytest

from workbook.formula.address import cell_address
from workbook.lesson.lesson import Given, Grid, Solver
from workbook.plan.plan import Plan
from workbook.xlsx.write import write
from workbook.xlsx.write.sheets import absolute, block_validation, colour_scale, solver_names


@pytest.fixture
def sheet(written: Path) -> Any:
    return openpyxl.load_workbook(written)["Line fit"]


def validation(sheet: Any, address: str) -> Any:
    found = [rule for rule in sheet.data_validations.dataValidation if address in rule.sqref]
    assert len(found) <= 1
    return found[0] if found else None


def test_every_scalar_that_a_person_may_change_has_a_name(written: Path, plan: Plan) -> None:
    names = openpyxl.load_workbook(written).defined_names
    assert set(names) == {
        f"fit.{name}" for name in ["slope", "intercept", "learning_rate", "epochs", "start_from", "favourite"]
    }
    assert names["fit.learning_rate"].attr_text == "'Line fit'!$B$7"
    assert plan.places["fit.learning_rate"].address() == "B7"


def test_an_apostrophe_in_a_title_is_doubled(tiny: ModuleType) -> None:
    plan = tiny.tiny_plan(replace(tiny.FIT, title="It's"))
    assert absolute(plan.places["fit.slope"]) == "'It''s'!$B$5"


def test_bounds_become_a_validation_that_says_them(sheet: Any, plan: Plan) -> None:
    rate = validation(sheet, plan.places["fit.learning_rate"].address())
    assert (rate.type, rate.operator, rate.formula1, rate.formula2) == ("decimal", "between", "0", "1")
    assert (rate.promptTitle, rate.prompt) == ("Learning rate", "how far a step goes\nA number from 0 to 1.")
    assert rate.error == "Learning rate: expected a number from 0 to 1."
    epochs = validation(sheet, plan.places["fit.epochs"].address())
    assert (epochs.type, epochs.formula1, epochs.formula2) == ("whole", "1", "9")
    assert validation(sheet, plan.places["fit.intercept"].address()) is None
    assert validation(sheet, plan.places["fit.number"].address()) is None


@pytest.mark.parametrize(
    ("bounds", "operator", "formulas", "words"),
    [
        ({"low": 0.5}, "greaterThanOrEqual", ("0.5", None), "a number of 0.5 or more"),
        ({"high": 1e-8}, "lessThanOrEqual", ("1e-08", None), "a number of 1e-08 or less"),
        ({"low": -1, "high": 1e20}, "between", ("-1", "1e+20"), "a number from -1 to 1e+20"),
        ({"whole": True}, "between", ("-9007199254740992", "9007199254740992"), "a whole number"),
    ],
)
def test_one_bound_is_enough(
    tiny: ModuleType, bounds: dict[str, Any], operator: str, formulas: tuple[str, str | None], words: str
) -> None:
    plan = tiny.tiny_plan(tiny.with_block(tiny.FIT, Given(name="intercept", **bounds)))
    rule = block_validation(plan.places["fit.intercept"], plan)
    assert rule is not None
    assert (rule.operator, (rule.formula1, rule.formula2)) == (operator, formulas)
    assert rule.prompt == f"{words[0].upper()}{words[1:]}."


def test_a_drop_down_lists_its_words_or_the_cells_of_a_block(sheet: Any, plan: Plan) -> None:
    words = validation(sheet, plan.places["fit.start_from"].address())
    assert (words.type, words.formula1) == ("list", '"zero,yours"')
    town = validation(sheet, plan.places["fit.favourite"].address())
    assert (town.type, town.formula1) == ("list", absolute(plan.places["fit.name"]))


def test_long_words_are_cut_to_what_a_prompt_takes(tiny: ModuleType) -> None:
    long = Given(name="intercept", value=0.0, low=0, title="T" * 50, words="w" * 400)
    plan = tiny.tiny_plan(tiny.with_block(tiny.FIT, long))
    rule = block_validation(plan.places["fit.intercept"], plan)
    assert rule is not None
    assert [len(words) for words in (rule.promptTitle, rule.prompt)] == [32, 255]
    assert len(rule.error) <= 225


def test_solver_opens_filled_in(sheet: Any, plan: Plan) -> None:
    names = sheet.defined_names
    assert names["solver_opt"].attr_text == absolute(plan.places["fit.mse"])
    assert names["solver_adj"].attr_text == "'Line fit'!$B$5,'Line fit'!$B$6"
    assert (names["solver_typ"].attr_text, names["solver_eng"].attr_text) == ("2", "1")
    assert all(name.hidden for key, name in names.items() if key.startswith("solver_"))
    assert len([key for key in names if key.startswith("solver_")]) == 27


def test_solver_is_left_out_where_more_cells_change_than_it_takes(tiny: ModuleType) -> None:
    sizes = {"town": 201}
    fit = replace(
        tiny.FIT,
        blocks=(Given(name="w", axes="town"), tiny.FIT.block("slope"), tiny.FIT.block("intercept")),
        layout=(Grid("w slope intercept"),),
        charts=(),
        solver=Solver("slope", "w"),
    )
    layouts = tiny.arrange(tiny.tiny_lesson(fit), {**tiny.SIZES, **sizes}, {}, {})
    assert list(solver_names(layouts[1])) == []


def test_sheets_are_protected_without_a_password_but_for_the_one_that_solver_works_on(written: Path) -> None:
    book = openpyxl.load_workbook(written)
    assert book["Start"].protection.sheet
    assert not book["Line fit"].protection.sheet
    assert book["manifest"].protection.sheet
    assert all(not sheet.protection.password for sheet in book)
    assert not book["Start"].protection.formatColumns


def test_a_note_stands_on_the_blocks_first_cell(sheet: Any, plan: Plan) -> None:
    assert sheet[plan.places["fit.north"].address()].comment.text == "Latitude of the town hall, from the map."


def test_links_go_to_places_in_the_workbook(written: Path, plan: Plan) -> None:
    book = openpyxl.load_workbook(written)

    def locations(title: str) -> list[str]:
        return [cell.hyperlink.location for row in book[title].iter_rows() for cell in row if cell.hyperlink]

    assert locations("Start") == ["'Line fit'!A1"]
    code = min(label.column for label in plan.layouts[1].labels if label.role == "code")
    assert locations("Line fit") == [f"'Line fit'!{openpyxl.utils.get_column_letter(code)}1"]


def test_a_print_is_landscape_one_page_wide_without_the_code(sheet: Any, plan: Plan) -> None:
    layout = plan.layouts[1]
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    corner = openpyxl.utils.cell.absolute_coordinate(cell_address(layout.last_row, layout.last_column))
    assert sheet.print_area == f"'Line fit'!$A$1:{corner}"
    code = next(label.column for label in layout.labels if label.role == "code")
    assert code > layout.last_column
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.oddFooter.left.text, sheet.oddFooter.right.text) == ("&A", "&P of &N")


def test_views_widths_and_heights(sheet: Any, plan: Plan, written: Path) -> None:
    assert not sheet.sheet_view.showGridLines
    for column, width in plan.layouts[1].widths.items():
        assert sheet.column_dimensions[openpyxl.utils.get_column_letter(column)].width == width + 0.71
    for row, height in plan.layouts[1].heights.items():
        assert sheet.row_dimensions[row].height == height
    book = openpyxl.load_workbook(written)
    assert book.active.title == "Start"
    assert book["Start"].sheet_view.selection[0].activeCell == "A1"
    assert [ws.title for ws in book if ws.sheet_view.tabSelected] == ["Start"]


def test_panes_freeze_above_and_left_of_the_named_block(tiny: ModuleType, tmp_path: Path) -> None:
    plan = tiny.tiny_plan(replace(tiny.FIT, freeze="north"))
    write(plan, tmp_path / "frozen.xlsx")
    assert (
        openpyxl.load_workbook(tmp_path / "frozen.xlsx")["Line fit"].freeze_panes == plan.places["fit.north"].address()
    )


def test_the_title_and_the_labels_stay_in_view(tiny: ModuleType, tmp_path: Path) -> None:
    write(tiny.tiny_plan(replace(tiny.FIT, keep_labels=True)), tmp_path / "kept.xlsx")
    assert openpyxl.load_workbook(tmp_path / "kept.xlsx")["Line fit"].freeze_panes == "B2"


def test_colour_scales_cover_the_whole_block_and_are_even_about_zero(sheet: Any, plan: Plan) -> None:
    scales = {str(area.sqref): area.rules[0].colorScale for area in sheet.conditional_formatting}
    panels = plan.places["fit.miss"].ranges()
    assert len(panels) == 3
    diverging = scales[" ".join(panels)]
    low, middle, high = diverging.cfvo
    assert (middle.type, float(middle.val)) == ("num", 0.0)
    assert low.val == f"-{high.val}"
    assert [stop.type for stop in scales[plan.places["fit.loss"].ranges()[0]].cfvo] == ["min", "max"]


def test_a_scale_over_very_many_panels_ends_at_the_largest_magnitude(tiny: ModuleType) -> None:
    plan = tiny.tiny_plan()
    sizes = {**tiny.SIZES, "step": 150}
    place = replace(plan.places["fit.miss"], sizes={"step": 150, "town": 6})
    miss = np.linspace(-3.0, 2.0, 900).reshape(150, 6)
    layouts = tuple(
        replace(layout, places=tuple(place if other.name == place.name else other for other in layout.places))
        for layout in plan.layouts
    )
    rule = colour_scale(place, replace(plan, sizes=sizes, layouts=layouts, values={**plan.values, "fit.miss": miss}))
    assert [float(stop.val) for stop in rule.colorScale.cfvo] == [-3.0, 0.0, 3.0]


@pytest.mark.parametrize(
    ("number_format", "width", "ends"),
    [
        # In 9 digits and a half: 1234567.89 and -123456.78, a point and a sign half a digit each.
        ("0.00", 0, ["-1E6", "1E7"]),
        ("0.0000", 0, ["-1E4", "1E5"]),
        # A wide column keeps a fifth free: of 15, 12 and a half are left, for -1,234,567,890.
        ("#,##0", 15, ["-1E10", "1E11"]),
    ],
)
def test_a_number_too_large_for_its_column_turns_to_powers_of_ten(
    tiny: ModuleType, tmp_path: Path, number_format: str, width: float, ends: list[str]
) -> None:
    mse = replace(tiny.FIT.block("mse"), number_format=number_format, width=width)
    plan = tiny.tiny_plan(tiny.with_block(tiny.FIT, mse))
    write(plan, tmp_path / "powers.xlsx")
    areas = openpyxl.load_workbook(tmp_path / "powers.xlsx")["Line fit"].conditional_formatting
    (rule,) = [area.rules[0] for area in areas if plan.places["fit.mse"].address() in area.sqref]
    assert (rule.type, rule.operator, rule.formula) == ("cellIs", "notBetween", ends)
    assert rule.dxf.numFmt.formatCode == "0.00E+00"


def test_words_numberings_and_narrow_columns_never_turn_to_powers_of_ten(tiny: ModuleType, tmp_path: Path) -> None:
    narrow = tiny.with_block(tiny.FIT, replace(tiny.FIT.block("prediction"), width=5))
    narrow = tiny.with_block(narrow, replace(narrow.block("error"), width=5))
    plan = tiny.tiny_plan(narrow)
    write(plan, tmp_path / "narrow.xlsx")
    areas = openpyxl.load_workbook(tmp_path / "narrow.xlsx")["Line fit"].conditional_formatting
    covered = [area.sqref for area in areas if area.rules[0].type == "cellIs"]
    assert covered
    for name in ("verdict", "number", "name", "start_from"):
        assert not any(plan.places[f"fit.{name}"].address() in area for area in covered), name
    assert not any(plan.places["fit.prediction"].address() in area for area in covered)


def test_a_workbook_says_what_it_is(written: Path, monkeypatch: pytest.MonkeyPatch, plan: Plan, tmp_path: Path) -> None:
    properties = openpyxl.load_workbook(written).properties
    assert (properties.title, properties.creator) == ("A tiny lesson", "gradbook")
    assert properties.description == "Made up; use it as you like."
    assert properties.created == properties.modified
    assert properties.created.isoformat() == "2019-01-01T00:00:00"
    # 10**9 seconds after 1970: 2001-09-09 01:46:40, as `date -u -d @1000000000` says.
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    write(plan, tmp_path / "dated.xlsx")
    dated = openpyxl.load_workbook(tmp_path / "dated.xlsx").properties
    assert dated.created.isoformat() == "2001-09-09T01:46:40"
