"""Patterns become the formulas that a person would have filled in; each expected text is written by hand."""

import pytest

from workbook.errors import FormulaError
from workbook.lesson.lesson import Block, Formula, Given, Grid, Item, Repeat, Sheet
from workbook.plan.excel import formula_rows, quoted
from workbook.plan.layout import lay_out
from workbook.plan.patterns import computed, names
from workbook.plan.place import Place

SIZES = {"row": 3, "column": 2, "step": 3, "factor": 2, "high": 4, "wide": 3, "top": 3, "left": 2}


def texts(name: str, *blocks: Given | Formula, layout: tuple[Item, ...] | None = None) -> list[list[str]]:
    """The formulas of one block of a sheet that draws its blocks one below the other."""
    drawing = layout or tuple(Grid(block.name) for block in blocks)
    sheet = Sheet(name="sheet", title="Sheet", words="", blocks=blocks, layout=drawing)
    other = Sheet(
        name="other",
        title="Other sheet",
        words="",
        blocks=(Given(name="values", axes="row", value=None), Given(name="start", axes="factor", across="factor")),
        layout=(Grid("values"), Grid("start")),
    )
    layouts = [lay_out(one, (sheet, other), SIZES, {}) for one in (sheet, other)]
    places = {place.name: place for laid in layouts for place in laid.places}
    return [line.texts for line in formula_rows(places[f"sheet.{name}"], places, layouts[0].step)]


def given(name: str, axes: str = "", across: str | None = None) -> Given:
    return Given(name=name, axes=axes, across=across)


def test_a_one_hot_reads_as_filled_by_hand() -> None:
    found = texts(
        "one_hot",
        given("index", "row"),
        given("number", "column", "column"),
        Formula(name="one_hot", axes="row column", pattern="IF(index=number, 1, 0)"),
    )
    assert found == [
        ["IF($A3=A$7,1,0)", "IF($A3=B$7,1,0)"],
        ["IF($A4=A$7,1,0)", "IF($A4=B$7,1,0)"],
        ["IF($A5=A$7,1,0)", "IF($A5=B$7,1,0)"],
    ]


def test_an_axis_that_the_formula_lacks_is_taken_whole() -> None:
    found = texts("total", given("table", "row column"), Formula(name="total", axes="row", pattern="SUM(table)"))
    assert found == [["SUM($A3:$B3)"], ["SUM($A4:$B4)"], ["SUM($A5:$B5)"]]


def test_a_scalar_formula_takes_blocks_whole_with_dollars() -> None:
    assert texts("total", given("table", "row column"), Formula(name="total", pattern="SUM(table)")) == [
        ["SUM($A$3:$B$5)"]
    ]


def test_a_single_cell_is_a_range_where_it_is_looked_up() -> None:
    """ironcalc gives #VALUE! for `INDEX($A$3,1,1)`."""
    chosen = Formula(name="chosen", pattern="INDEX(only, MATCH(only, only, 0), COUNTIFS(only, only))")
    assert texts("chosen", given("only"), chosen) == [
        ["INDEX($A$3:$A$3,MATCH($A$3,$A$3:$A$3,0),COUNTIFS($A$3:$A$3,$A$3))"]
    ]


def test_another_sheets_block_is_named_with_its_title() -> None:
    assert texts("copy", Formula(name="copy", axes="row", pattern="other.values"))[0] == ["'Other sheet'!$A3"]


def test_a_copy_may_turn_an_array_on_its_side() -> None:
    found = texts("copy", given("table", "row column"), Formula(name="copy", axes="column row", pattern="table"))
    assert found == [["A3", "A4", "A5"], ["B3", "B4", "B5"]]


def test_text_in_quotes_keeps_its_blanks() -> None:
    assert texts("word", given("x"), Formula(name="word", text=True, pattern='IF(x = "a b", "c  d", "")')) == [
        ['IF($A$3="a b","c  d","")']
    ]


def test_a_cell_of_a_matrix_product_is_a_row_against_a_column() -> None:
    found = texts(
        "product",
        given("left", "row factor"),
        given("right", "factor column"),
        Formula(name="product", axes="row column", pattern="MMULT(left, right)"),
    )
    assert found == [
        ["MMULT($A3:$B3,A$7:A$8)", "MMULT($A3:$B3,B$7:B$8)"],
        ["MMULT($A4:$B4,A$7:A$8)", "MMULT($A4:$B4,B$7:B$8)"],
        ["MMULT($A5:$B5,A$7:A$8)", "MMULT($A5:$B5,B$7:B$8)"],
    ]


def test_all_takes_a_shared_axis_whole() -> None:
    share = Formula(name="share", axes="row column", pattern="table/SUM(ALL(table, column))")
    assert texts("share", given("table", "row column"), share)[0] == ["A3/SUM($A3:$B3)", "B3/SUM($A3:$B3)"]


def test_all_without_an_axis_takes_a_block_whole() -> None:
    share = Formula(name="share", axes="row column", pattern="table/SUM(ALL(table))")
    assert texts("share", given("table", "row column"), share)[1] == ["A4/SUM($A$3:$B$5)", "B4/SUM($A$3:$B$5)"]


def test_along_lets_a_block_meet_itself() -> None:
    gram = Formula(name="gram", axes="column factor", pattern="SUMPRODUCT(table, ALONG(table, column, factor))")
    assert texts("gram", given("table", "row column"), gram) == [
        ["SUMPRODUCT(A$3:A$5,A$3:A$5)", "SUMPRODUCT(A$3:A$5,B$3:B$5)"],
        ["SUMPRODUCT(B$3:B$5,A$3:A$5)", "SUMPRODUCT(B$3:B$5,B$3:B$5)"],
    ]


def test_a_window_slides_over_a_block_and_ends_where_it_ends() -> None:
    kernel = given("kernel", "column factor")
    answer = Formula(name="answer", axes="top left", pattern="SUMPRODUCT(kernel, WINDOW(image, high, top, wide, left))")
    assert texts("answer", given("image", "high wide"), kernel, answer) == [
        ["SUMPRODUCT($A$8:$B$9,A3:B4)", "SUMPRODUCT($A$8:$B$9,B3:C4)"],
        ["SUMPRODUCT($A$8:$B$9,A4:B5)", "SUMPRODUCT($A$8:$B$9,B4:C5)"],
        ["SUMPRODUCT($A$8:$B$9,A5:B6)", "SUMPRODUCT($A$8:$B$9,B5:C6)"],
    ]


def test_a_window_along_one_axis_takes_the_others_as_ever() -> None:
    moving = Formula(name="moving", axes="top", pattern="AVERAGE(WINDOW(image, high, top))")
    assert texts("moving", given("image", "high wide"), moving)[1:] == [["AVERAGE($A4:$C5)"], ["AVERAGE($A5:$C6)"]]
    beside = Formula(name="beside", axes="top wide", pattern="AVERAGE(WINDOW(image, high, top))")
    assert texts("beside", given("image", "high wide"), beside)[2] == [
        "AVERAGE(A5:A6)",
        "AVERAGE(B5:B6)",
        "AVERAGE(C5:C6)",
    ]


def test_the_axes_that_a_window_slides_along_are_no_blocks() -> None:
    moving = Formula(name="moving", axes="top", pattern="AVERAGE(WINDOW(image, high, top))")
    assert [name.name for name in names(moving)] == ["image"]


def test_prev_is_the_start_at_first_and_then_the_panel_before() -> None:
    blocks = (
        Formula(name="weight", axes="step factor", pattern="PREV(moved, other.start)"),
        Formula(name="moved", axes="step factor", pattern="2*weight"),
    )
    found = texts("weight", *blocks, layout=(Repeat("step", "weight\nmoved"),))
    assert found == [["'Other sheet'!A$7", "'Other sheet'!B$7"], ["A6", "B6"], ["A11", "B11"]]


def test_a_block_without_the_step_axis_looks_back_along_its_only_one() -> None:
    blocks = (
        Formula(name="weight", axes="step factor", pattern="PREV(weight, other.start)"),
        given("start"),
        Formula(name="average", axes="row", pattern="PREV(average, start)/2"),
    )
    found = texts("average", *blocks, layout=(Repeat("step", "weight"), Grid("start average")))
    assert found == [["$A$12/2"], ["$B12/2"], ["$B13/2"]]


def test_steps_may_run_down_a_table() -> None:
    blocks = (
        given("start"),
        Formula(name="t", axes="step", pattern="PREV(t, start)+1"),
    )
    layout = (Grid("start"), Repeat("step", "t"))
    assert texts("t", *blocks, layout=layout) == [["$A$3+1"], ["$A6+1"], ["$A9+1"]]


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (Formula(name="f", pattern="nothing+1"), "no block named 'nothing'"),
        (Formula(name="f", pattern="PREV(f, f)"), "PREV needs an axis"),
        (Formula(name="f", axes="row", pattern="PREV(1, 2)"), "PREV takes two names"),
        (Formula(name="f", pattern="SUM(ALL(1))"), "ALL takes a block, and the axes to take whole"),
        (Formula(name="f", pattern="SUM(ALL(f, row))"), "ALL names the axis 'row', axes of sheet.f are"),
        (Formula(name="f", pattern="ALONG(f, row)"), "ALONG takes three names"),
        (Formula(name="f", axes="row", pattern="ALONG(f, column, row)"), "ALONG names the axis 'column'"),
        (Formula(name="f", axes="row", pattern="ALONG(f, row, column)"), "ALONG names the axis 'column'"),
        (Formula(name="f", axes="row column", pattern="ALONG(f, row, column)"), "axes of one length, .* have 3 and 2"),
        (Formula(name="f", pattern="WINDOW(f, row)"), "WINDOW takes a block, and pairs of its axis"),
        (Formula(name="f", axes="row", pattern="WINDOW(f, column, row)"), "WINDOW names the axis 'column'"),
        (Formula(name="f", axes="column row", pattern="WINDOW(f, column, row)"), "WINDOW slides along more steps"),
    ],
)
def test_a_pattern_that_makes_no_sense_says_why(block: Formula, said: str) -> None:
    with pytest.raises(FormulaError, match=said):
        texts("f", block)


def test_a_range_with_gaps_is_refused() -> None:
    blocks: tuple[Block, ...] = (
        Formula(name="weight", axes="step factor", pattern="other.start"),
        Formula(name="total", pattern="SUM(weight)"),
    )
    with pytest.raises(FormulaError, match="can't be taken whole along step"):
        texts("total", *blocks, layout=(Repeat("step", "weight"), Grid("total")))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "spelled"),
    [("Ratings", "Ratings"), ("Dot product", "'Dot product'"), ("It's", "'It''s'"), ("R1C1", "'R1C1'"), ("A1", "'A1'")],
)
def test_titles_are_quoted_where_excel_needs_it(title: str, spelled: str) -> None:
    assert quoted(title) == spelled


def test_a_place_names_its_rectangles() -> None:
    block = given("w", "step factor")
    place = Place("sheet", "Sheet", block, {"step": 2, "factor": 3}, (2, 2), {"step": (10, 0), "factor": (0, 1)})
    assert place.ranges() == ("B2:D2", "B12:D12")
    assert place.address((1, 2)) == "D12"


def test_blocks_are_computed_after_those_that_they_read_and_a_step_back_is_not_waited_for() -> None:
    blocks = (
        Formula(name="total", pattern="SUM(ALL(squared, row))"),
        Formula(name="squared", axes="row", pattern="doubled^2"),
        Formula(name="before", axes="row", pattern="PREV(doubled, start)"),
        Formula(name="doubled", axes="row", pattern="2*before"),
        given("start"),
    )
    sheet = Sheet(name="sheet", title="Sheet", words="", blocks=blocks, layout=tuple(Grid(b.name) for b in blocks))
    laid = lay_out(sheet, (sheet,), SIZES, {})
    places = {place.name: place for place in laid.places}
    assert computed(places) == ("sheet.start", "sheet.before", "sheet.doubled", "sheet.squared", "sheet.total")
    assert [name.name for name in names(blocks[0])] == ["squared"]
    assert [name.name for name in names(blocks[2])] == ["doubled", "start"]
