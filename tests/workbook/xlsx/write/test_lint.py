"""Every rule of the linter fails on a plan that breaks it, and names the place; a sound plan passes."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from openpyxl.workbook.defined_name import DefinedName

from workbook.errors import WorkbookError
from workbook.formula.parser import parse
from workbook.lesson.lesson import Chart, Formula, Given, Series, Solver
from workbook.plan.layout import Label, SheetLayout
from workbook.plan.plan import Plan
from workbook.xlsx.write import dialect, lint, write
from workbook.xlsx.write.checked import Checked
from workbook.xlsx.write.lint import RULES, name_faults

Change = Callable[[ModuleType], Plan]


@dataclass(frozen=True)
class Breach:
    """A plan that breaks one rule, and what the linter says of it."""

    rule: str
    change: Change
    said: str


def pattern(name: str, text: str, **changes: Any) -> Change:
    """The tiny plan with another pattern in one block."""
    return lambda tiny: tiny.tiny_plan(
        tiny.with_block(tiny.FIT, replace(tiny.FIT.block(name), pattern=text, **changes))
    )


def block(name: str, **changes: Any) -> Change:
    """The tiny plan with a block changed."""
    return lambda tiny: tiny.tiny_plan(tiny.with_block(tiny.FIT, replace(tiny.FIT.block(name), **changes)))


def sheet(**changes: Any) -> Change:
    """The tiny plan with its second sheet changed."""
    return lambda tiny: tiny.tiny_plan(replace(tiny.FIT, **changes))


def chart(**changes: Any) -> Change:
    """The tiny plan with its first chart changed."""

    def change(tiny: ModuleType) -> Plan:
        charts = tiny.FIT.charts
        return tiny.tiny_plan(replace(tiny.FIT, charts=(replace(charts[0], **changes), *charts[1:])))  # type: ignore[no-any-return]

    return change


def value(name: str, values: Any) -> Change:
    """The tiny plan with other values in a block; None takes them away."""

    def change(tiny: ModuleType) -> Plan:
        found = tiny.tiny_values()
        found[f"fit.{name}"] = values
        return tiny.tiny_plan(values={key: entry for key, entry in found.items() if entry is not None})  # type: ignore[no-any-return]

    return change


def layout(change: Callable[[SheetLayout], SheetLayout]) -> Change:
    """The tiny plan with the layout of its second sheet changed."""

    def changed(tiny: ModuleType) -> Plan:
        plan = tiny.tiny_plan()
        return replace(plan, layouts=(plan.layouts[0], change(plan.layouts[1])))  # type: ignore[no-any-return]

    return changed


def labelled(label: Label) -> Change:
    return layout(lambda old: replace(old, labels=(*old.labels, label)))


def moved(name: str, origin: tuple[int, int]) -> Change:
    def change(old: SheetLayout) -> SheetLayout:
        places = (replace(place, origin=origin) if place.block.name == name else place for place in old.places)
        return replace(old, places=tuple(places))

    return layout(change)


def points(*names: str) -> Chart:
    series = tuple(Series("warmth", name, x="north") for name in names)
    return Chart(name="line", title="", series=series, x_title="", y_title="", alt="points")


LONG = "x" * 260
BREACHES = (
    Breach("sheet_titles", sheet(title="x" * 32), r"sheet 'x{32}': its title has 32 characters"),
    Breach("sheet_titles", sheet(title="Loss/step"), r"sheet 'Loss/step': its title holds one of"),
    Breach("sheet_titles", sheet(title="'tis"), "begins or ends with an apostrophe"),
    Breach("sheet_titles", sheet(title="HISTORY"), "Excel keeps this title"),
    Breach("sheet_titles", sheet(title="Manifest"), "another sheet has this title"),
    Breach(
        "inside_the_sheet", moved("north", (1_048_573, 3)), r"sheet Line fit: block north reaches row 1048578, column 3"
    ),
    Breach(
        "inside_the_sheet", labelled(Label(1, 16_385, "far", "words")), "the label 'far' reaches row 1, column 16385"
    ),
    Breach(
        "no_overlap",
        moved("north", (16, 4)),
        r"sheet Line fit, cell D16: block (warmth|north) lies over block (north|warmth)",
    ),
    Breach("no_overlap", labelled(Label(17, 3, "here", "words")), r"cell C17: the label 'here' lies over block north"),
    Breach("no_overlap", lambda tiny: crowded(tiny), "chart curves lies over chart line"),
    Breach(
        "value_shapes",
        value("north", np.zeros(5)),
        r"sheet Line fit, cell C16 \(north\): values of shape \(5,\), expected \(6,\)",
    ),
    Breach("value_shapes", value("north", None), r"cell C16 \(north\): it has no values"),
    Breach(
        "value_types",
        value("north", np.array(["a"] * 6, dtype=object)),
        r"cell C16 \(north\): values of type object, expected numbers",
    ),
    Breach("value_types", value("verdict", np.float64(1)), r"\(verdict\): values of type float64, expected text"),
    Breach(
        "value_types",
        value("name", np.array(["a", "b", 3.0, "d", "e", "f"], dtype=object)),
        r"cell A18 \(name\): found 3.0, expected text",
    ),
    Breach(
        "finite_values",
        value("north", np.array([1, 2, np.inf, 4, 5, 6])),
        r"sheet Line fit, cell C18 \(north\): no cell can hold inf",
    ),
    Breach(
        "finite_values",
        value("prediction", np.array([1, -np.inf, 3, 4, 5, 6])),
        r"cell E17 \(prediction\): no cell can hold -inf",
    ),
    Breach("references_of_sheets", sheet(freeze="nothing"), "sheet Line fit: no block named 'nothing'; known: slope"),
    Breach("references_of_sheets", sheet(solver=Solver("mse", "slop")), "sheet Line fit: no block named 'slop'"),
    Breach("references_of_sheets", sheet(solver=Solver("mse", "error")), r"cell F16 \(error\): Solver can't change it"),
    Breach(
        "references_of_sheets",
        sheet(solver=Solver("error", "slope")),
        r"cell F16 \(error\): Solver's target is no single formula",
    ),
    Breach(
        "drop_downs",
        block("start_from", choices=("zero", "a, b"), value=None),
        r"cell B9 \(start_from\): the choice 'a, b' is empty or holds a comma",
    ),
    Breach(
        "drop_downs",
        block("start_from", choices=("zero", LONG), value=None),
        r"cell B9 \(start_from\): its choices have 265 characters, more than 255",
    ),
    Breach(
        "typed_choices",
        labelled(Label(90, 2, "Zero and above", "label")),
        r"cell B9 \(start_from\): typing 'zero' is completed to 'Zero and above', from cell B90",
    ),
    Breach(
        "typed_choices",
        block("favourite", choices=("zero", "yours truly"), value="zero"),
        r"cell B9 \(start_from\): typing 'yours' is completed to 'yours truly', from cell B10",
    ),
    Breach(
        "number_formats",
        block("mse", number_format="[>=100000]0.00E+00;[<=-100000]-0.00E+00;0.00"),
        r"cell B23 \(mse\): the number format .* has conditions: programs drop its sign",
    ),
    Breach(
        "number_formats",
        block("mse", number_format='0.00;0.00;"-"'),
        r"cell B23 \(mse\): the number format .* shows negative numbers without a sign",
    ),
    Breach("drop_downs", block("favourite", choices="names"), "its choices are 'names', which is no block"),
    Breach("drop_downs", block("favourite", choices="loss"), "expected one row or one column"),
    Breach("drop_downs", block("favourite", choices="miss"), "expected one row or one column"),
    Breach(
        "literals",
        pattern("verdict", f'IF(mse<4,"{LONG}","far")'),
        r"cell B24 \(verdict\): =IF.*a text of 260 characters, more than 255",
    ),
    Breach("literals", pattern("prediction", "slope*#N/A"), r"cell E16 \(prediction\): =\$B\$5\*#N/A: the error #N/A"),
    Breach("known_functions", pattern("prediction", "NOW()*north"), r"cell E16 \(prediction\): .*NOW is volatile"),
    Breach("known_functions", pattern("prediction", "OFFSET(north,0,0)"), "OFFSET is volatile"),
    Breach("known_functions", pattern("mse", "SUMXMY2(prediction, warmth)"), "SUMXMY2 differs between programs"),
    Breach("known_functions", pattern("prediction", "XLOOKUP(north,1,2)"), "XLOOKUP is no function of Excel 2007"),
    Breach("known_functions", pattern("prediction", "_xlfn.CONCAT(north)"), "CONCAT is no function of Excel 2007"),
    Breach("whole_arguments", pattern("mse", "MATCH(slope, north)"), "MATCH needs its third argument, 0"),
    Breach("whole_arguments", pattern("mse", "MATCH(slope, north, 1)"), "MATCH needs its third argument, 0"),
    Breach("whole_arguments", pattern("mse", "INDEX(north, 2)"), "INDEX needs a row and a column"),
    Breach("whole_arguments", pattern("prediction", "LOG(north)"), "LOG needs its base"),
    Breach(
        "whole_arguments",
        pattern("prediction", f"SUM({','.join(['north'] * 256)})"),
        "SUM has 256 arguments, more than 255",
    ),
    Breach(
        "ranges",
        pattern("mse", "SUM(error*error)"),
        r"cell B23 \(mse\): .*'\*' over a range outside SUMPRODUCT",
    ),
    Breach("ranges", pattern("mse", "SUM(-error)"), "'-' over a range outside SUMPRODUCT"),
    Breach("ranges", pattern("mse", "error+1"), "gives many numbers in one cell"),
    Breach("ranges", pattern("mse", "MMULT(error, north_across)"), "MMULT gives many numbers in one cell"),
    Breach(
        "ranges",
        pattern("mse", "SUMPRODUCT(EXP(error))"),
        "EXP over a range inside a plain SUMPRODUCT",
    ),
    Breach(
        "ranges",
        pattern("mse", 'SUMPRODUCT(IF(error="",0,1))'),
        "IF over a range inside a plain SUMPRODUCT",
    ),
    Breach("ranges", pattern("mse", "SUM(EXP(error))"), "EXP over a range; use a column of its own"),
    Breach("ranges", pattern("mse", "SUM(error*error)"), r"'\*' over a range outside SUMPRODUCT; use a column"),
    Breach("ranges", pattern("mse", "SUMPRODUCT(MEDIAN(error^2))"), r"'\^' over a range outside SUMPRODUCT"),
    Breach("products", pattern("mse", "MMULT(error, error)"), "MMULT of 6 by 1 and 6 by 1; the columns of the first"),
    Breach("products", pattern("mse", "MMULT(error*2, error)"), "MMULT takes two ranges as they stand"),
    Breach("products", pattern("mse", "SUMPRODUCT(error, north_across)"), "SUMPRODUCT of 6 by 1 and 1 by 6"),
    Breach(
        "formula_lengths",
        pattern("mse", "&".join([f'"{"x" * 250}"'] * 33)),
        r"sheet Line fit, cell B23 \(mse\): a formula of 8349 characters",
    ),
    Breach(
        "formula_lengths",
        pattern("prediction", 'north&"\x07"'),
        r"cell E16 \(prediction\): the formula holds a control character",
    ),
    Breach("notes", block("north", note=" \n"), r"cell C16 \(north\): its note is blank"),
    Breach(
        "links",
        labelled(Label(13, 9, "there", "link", link="'Nowhere'!A1")),
        r"cell I13: a link to 'Nowhere'!A1, which is nowhere",
    ),
    Breach("links", labelled(Label(13, 9, "there", "link", link="https://example.org")), "which is nowhere"),
    Breach(
        "chart_series", chart(series=(Series("nothing", "n"),)), "sheet Line fit, chart line: no block named 'nothing'"
    ),
    Breach(
        "chart_series",
        chart(series=(Series("weight", "w"),)),
        "chart line: the cells of fit.weight are not one row or column",
    ),
    Breach(
        "chart_series",
        chart(series=(Series("warmth", "w", x="epoch_number"),)),
        "has 6 and 12 cells, expected as many of each",
    ),
    Breach(
        "chart_series", chart(series=points(*["w"] * 256).series), "chart line: it has 256 series, expected 1 to 255"
    ),
    Breach("chart_axes", chart(y_low=2.0, y_high=2.0), "sheet Line fit, chart line: its axis runs from 2 to 2"),
    Breach("chart_axes", chart(log_y=True, y_low=0.0), "its logarithmic axis begins at 0, expected above 0"),
    Breach("chart_axes", chart(alt=" "), "no words for who can't see it"),
    Breach("sizes", layout(lambda old: replace(old, heights={3: 500.0})), "sheet Line fit, row 3: 500 points high"),
    Breach(
        "sizes", layout(lambda old: replace(old, widths={2: 300.0})), "sheet Line fit, column 2: 300 characters wide"
    ),
    Breach("name_spelling", lambda tiny: long_name(tiny), "name .*: it has 264 characters, more than 255"),
    Breach(
        "name_targets", lambda tiny: renamed(tiny), "name fit.slope: it refers to a sheet 'Line fit' that there isn't"
    ),
    Breach(
        "referenced_sheets",
        lambda tiny: reads_elsewhere(tiny),
        r"sheet Start, cell A30 \(copy\): it reads a sheet 'Line fit' that there isn't",
    ),
)


def crowded(tiny: ModuleType) -> Plan:
    """Two charts in one place."""

    def change(old: SheetLayout) -> SheetLayout:
        first, second, *_ = old.charts
        return replace(old, charts=(first, replace(second, column=first.column + first.chart.columns - 1)))

    return layout(change)(tiny)


def long_name(tiny: ModuleType) -> Plan:
    name = "n" * 260
    fit = replace(
        tiny.FIT, blocks=(*tiny.FIT.blocks, Given(name=name, value=1.0)), layout=(*tiny.FIT.layout, tiny.Fields(name))
    )
    return tiny.tiny_plan(fit, values={**tiny.tiny_values(), f"fit.{name}": np.asarray(1.0)})  # type: ignore[no-any-return]


def renamed(tiny: ModuleType) -> Plan:
    """Places spell one title, the sheet has another."""
    return layout(lambda old: replace(old, sheet=replace(old.sheet, title="Renamed")))(tiny)


def reads_elsewhere(tiny: ModuleType) -> Plan:
    copy = Formula(name="copy", pattern="fit.slope")
    start = replace(tiny.START, blocks=(copy,), layout=(*tiny.START.layout, tiny.Fields("copy")))
    plan = tiny.tiny_plan(start=start, values={**tiny.tiny_values(), "start.copy": np.asarray(-0.5)})
    place = replace(plan.layouts[0].places[0], origin=(30, 1))
    layouts = (
        replace(plan.layouts[0], places=(place,)),
        replace(plan.layouts[1], sheet=replace(tiny.FIT, title="Renamed")),
    )
    return replace(plan, layouts=layouts)  # type: ignore[no-any-return]


def test_a_sound_plan_passes(plan: Plan) -> None:
    lint(plan)


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: f"{breach.rule}: {breach.said[:40]}")
def test_a_plan_that_breaks_a_rule_is_refused(tiny: ModuleType, breach: Breach) -> None:
    plan = breach.change(tiny)
    rule = next(rule for rule in RULES if rule.__name__ == breach.rule)
    faults = list(rule(Checked(plan)))
    assert faults
    with pytest.raises(WorkbookError, match=breach.said) as refused:
        raise WorkbookError(faults[0])
    assert refused.value
    with pytest.raises(WorkbookError):
        lint(plan)


def test_every_rule_has_a_plan_that_breaks_it() -> None:
    elsewhere = {"unique_names"}
    assert {breach.rule for breach in BREACHES} | elsewhere == {rule.__name__ for rule in RULES}


def test_names_that_differ_in_case_only_are_refused(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = [DefinedName(name, attr_text="'Line fit'!$B$5") for name in ("fit.slope", "FIT.Slope")]
    monkeypatch.setattr(sys.modules[Checked.__module__], "workbook_names", lambda _: pair)
    with pytest.raises(WorkbookError, match=r"name FIT\.Slope: another name is spelled alike"):
        lint(plan)


@pytest.mark.parametrize("text", ["B5", "$B$5", "Line fit!$B$5", "'Line fit'!B5", "='Line fit'!$B$5"])
def test_names_refer_to_absolute_cells_with_a_quoted_sheet(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(
        sys.modules[Checked.__module__], "workbook_names", lambda _: [DefinedName("fit.slope", attr_text=text)]
    )
    with pytest.raises(WorkbookError, match="expected an absolute address with its sheet in quotes"):
        lint(plan)


@pytest.mark.parametrize(
    "name",
    ["lr1", "w1", "b1", "m1", "LOG10", "XFD1048576", "R", "c", "R1C1", "r2", "TRUE", "1st", "a-b", "a b", "x" * 256],
)
def test_names_that_excel_refuses(name: str) -> None:
    assert list(name_faults(name))


@pytest.mark.parametrize("name", ["learning_rate", "fit.slope", "XFE1", "_x", "\\y", "rate?", "rc_1", "A1048577"])
def test_names_that_excel_takes(name: str) -> None:
    assert list(name_faults(name)) == []


@pytest.mark.parametrize(
    "text",
    [
        'SUMPRODUCT((A1:A3<>"")*(A1:A3-B1:B3)^2)',
        "SUMPRODUCT(A1:A3,B1:B3)/COUNT(A1:A3)",
        "INDEX(A1:C9,MATCH(D1,A1:A9,0),2)",
        "LN(A1)+LOG(A1,2)+LOG10(A1)",
        'IF(SUM(A1:A3)>0,"yes","no")',
        "LARGE(A1:A9,2)+RANK(A1,A1:A9)+COUNTIF(A1:A9,B1)",
        'COUNTIFS(A1:A3,D1,B1:B3,"x")+SUMIFS(A1:A3,B1:B3,D1,C1:C3,D2)',
        "SUMPRODUCT(--(A1:A9>B1))",
        "SUM(SUMPRODUCT(A1:A3*2),1)",
        "EXP(MAX(A1:A3))",
        "MAX(0,MMULT(A1:C1,E2:E4)+F1)",
        "SQRT(SUMPRODUCT(MAX((A1:A3-B1:B3)^2)))",
    ],
)
def test_ordinary_formulas_of_the_dialect(text: str) -> None:
    node = parse(text)
    checks = (
        dialect.function_faults,
        dialect.argument_faults,
        dialect.literal_faults,
        dialect.range_faults,
        dialect.product_faults,
    )
    assert [fault for check in checks for fault in check(node)] == []


@pytest.mark.parametrize(
    "text",
    [
        "MMULT(A1:B2,C1:D2)",
        "SUM(EXP(A1:A3))",
        "TRANSPOSE(A1:A3)",
        "SUM(ABS(A1:A3-B1:B3))",
        "MAX(IF(A1:A3>0,A1:A3))",
        "SUM(COUNTIFS(A1:A3,B1:B3))",
    ],
)
def test_what_only_an_array_formula_computes_is_no_formula_of_the_dialect(text: str) -> None:
    assert list(dialect.range_faults(parse(text)))


def test_a_pattern_that_cannot_be_parsed_names_its_cell(tiny: ModuleType) -> None:
    with pytest.raises(WorkbookError, match=r"sheet Line fit, cell E16 \(prediction\): .*found '\)'"):
        lint(pattern("prediction", "north)")(tiny))


def test_a_formula_too_deep_names_its_cell(tiny: ModuleType) -> None:
    with pytest.raises(WorkbookError, match=r"sheet Line fit, cell E16 \(prediction\): .*at most 64 levels"):
        lint(pattern("prediction", "(" * 70 + "north" + ")" * 70)(tiny))


def test_a_formula_of_too_many_operations_names_its_cell(tiny: ModuleType) -> None:
    with pytest.raises(WorkbookError, match=r"sheet Line fit, cell B23 \(mse\): .*too many operations"):
        lint(pattern("mse", "+".join(["slope"] * 1500))(tiny))


def test_the_second_step_is_checked_too(tiny: ModuleType) -> None:
    """At the first step PREV means the start, a cell of this sheet; only the second reads the block before."""
    checked = Checked(tiny.tiny_plan())
    weights = [sample.text for sample in checked.samples if sample.place.block.name == "weight"]
    assert weights == ["$B$5", f"${'A'}{checked.plan.places['fit.new_weight'].origin[0]}"]


def test_no_file_is_written_where_a_rule_is_broken(tiny: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(WorkbookError):
        write(sheet(title="x" * 32)(tiny), tmp_path / "w.xlsx")
    assert list(tmp_path.iterdir()) == []
