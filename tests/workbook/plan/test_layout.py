"""Where a drawing's blocks, signs and headings stand, and parts side by side."""

from dataclasses import replace
from typing import Any

import pytest

from workbook.errors import LessonError
from workbook.lesson.by_hand import Column, Diagram, Predict, Predictions, Tries, Try
from workbook.lesson.lesson import Beside, Fields, Formula, Given, Grid, Item, Pictures, Sheet, Ways, Words
from workbook.plan.layout import GAP_WIDTH, SIGN_WIDTH, SheetLayout, lay_out

SIZES = {"photo": 2, "klass": 3, "unit": 2}
BLOCKS: dict[str, Given | Formula] = {
    block.name: block
    for block in (
        Given(name="klass_name", axes="klass", across="klass", text=True, fixed=True),
        Given(name="x", axes="photo klass", title="pixels", low=0, high=9),
        Given(name="w", axes="klass unit", title="weights", low=-9, high=9, frame=True),
        Formula(name="h", axes="photo unit", title="hidden", pattern="MMULT(x, w)"),
        Given(name="guess", optional=True, low=0, high=9),
        Formula(name="said", text=True, pattern='IF(guess=1, "yes", "no")'),
        Given(name="rate", title="rate", value=1.0, low=0, high=2),
    )
}


def laid_out(*layout: Item, names: str, **more: Any) -> SheetLayout:
    blocks = tuple(BLOCKS[name] for name in names.split())
    sheet = Sheet(name="s", title="S", words="One.", blocks=blocks, layout=layout, **more)
    return lay_out(sheet, [sheet], SIZES, {})


def origins(layout: SheetLayout) -> dict[str, tuple[int, int]]:
    return {place.block.name: place.origin for place in layout.places}


def said(layout: SheetLayout) -> dict[tuple[int, int], str]:
    return {(label.row, label.column): label.text for label in layout.labels}


def test_a_sign_stands_in_a_narrow_column_in_the_middle_of_its_band() -> None:
    layout = laid_out(Grid("x × w = h"), names="x w h")
    assert origins(layout) == {"x": (5, 1), "w": (5, 5), "h": (5, 8)}
    signs = {(label.row, label.column): label.text for label in layout.labels if label.role == "sign"}
    assert signs == {(6, 4): "×", (6, 7): "="}
    assert layout.widths[4] == layout.widths[7] == SIGN_WIDTH


def test_bands_of_a_tight_drawing_touch_and_an_empty_line_parts_them() -> None:
    drawing = """
        klass_name .
        x          .

        .          w
    """
    loose = origins(laid_out(Grid(drawing), names="klass_name x w"))
    tight = origins(laid_out(Grid(drawing, tight=True), names="klass_name x w"))
    assert (loose["klass_name"], loose["x"]) == ((4, 1), (7, 1))
    assert (tight["klass_name"], tight["x"]) == ((5, 1), (6, 1))
    assert tight["w"] == (10, 4)


def test_what_a_block_is_called_stands_above_the_names_of_its_columns_in_a_tight_drawing() -> None:
    layout = laid_out(Grid("klass_name\nx", tight=True), names="klass_name x")
    assert said(layout)[4, 1] == "pixels"


def test_of_two_lines_of_names_what_the_block_is_called_stands_above_the_first() -> None:
    layout = laid_out(Grid("klass_name\n=klass_name\nx", tight=True), names="klass_name x")
    at = origins(layout)
    assert (at["klass_name"], at["klass_name_2"], at["x"]) == ((5, 1), (6, 1), (7, 1))
    assert said(layout) == {**said(layout), (4, 1): "pixels"}
    assert list(said(layout).values()).count("pixels") == 1


def test_parts_of_a_drawing_have_columns_of_their_own() -> None:
    lined = origins(laid_out(Grid("x w\n. h", tight=True), names="x w h"))
    apart = origins(laid_out(Grid("x w\n---\n. h", tight=True), names="x w h"))
    assert lined["h"][1] == lined["w"][1] == 4
    assert (apart["w"][1], apart["h"][1]) == (4, 2)
    assert apart["h"][0] == lined["h"][0] + 1


def test_weights_stand_above_and_activations_left_of_the_cells_where_they_meet() -> None:
    layout = laid_out(Grid(". w\nx h", tight=True), names="x w h")
    at = origins(layout)
    assert at["w"][1] == at["h"][1]
    assert at["x"][0] == at["h"][0]
    assert at["w"][0] < at["h"][0]
    assert said(layout)[at["h"][0] - 1, at["h"][1]] == "hidden"


def test_headings_say_shapes_where_the_sheet_wants_them() -> None:
    layout = laid_out(Grid("x w"), names="x w", shapes=True)
    assert {"pixels  2 × 3", "weights  3 × 2"} <= set(said(layout).values())


def test_parts_stand_side_by_side_and_what_follows_stands_below_the_longest() -> None:
    layout = laid_out(
        Beside(((Grid("x"),), (Words("Right"), Fields("rate")))), Grid("w"), names="x rate w", column_width=5.0
    )
    at = origins(layout)
    assert at["x"] == (5, 1)
    assert said(layout)[4, 5] == "Right"
    assert at["rate"] == (5, 6)
    assert at["w"] == (9, 1)
    assert layout.widths[4] == GAP_WIDTH
    assert layout.widths[1] == 5.0
    (section,) = (label for label in layout.labels if label.text == "Right")
    assert section.until == 6


def test_steps_of_an_axis_stand_apart_where_the_sheet_wants_it() -> None:
    block = Given(name="z", axes="photo klass unit", across="klass unit", low=0, high=9, apart="photo klass")
    sheet = Sheet(name="s", title="S", words="One.", blocks=(block,), layout=(Grid("z"),))
    layout = lay_out(sheet, [sheet], SIZES, {})
    (place,) = layout.places
    assert place.strides == {"photo": (2, 0), "klass": (0, 3), "unit": (0, 1)}
    assert sorted(set(place.columns.ravel().tolist())) == [1, 2, 4, 5, 7, 8]
    assert [layout.widths[column] for column in (3, 6)] == [GAP_WIDTH, GAP_WIDTH]


def test_a_heading_that_is_wider_than_its_block_keeps_the_next_block_away() -> None:
    wide = replace(BLOCKS["w"], title="the weights of the layer, one row for each class")
    sheet = Sheet(name="s", title="S", words="One.", blocks=(wide, BLOCKS["x"]), layout=(Grid("w x"),))
    at = origins(lay_out(sheet, [sheet], SIZES, {}))
    assert at["w"][1] == 1
    # 26 digits of the first column, 9 of the second, and 9 of a third for the rest of some 40.
    assert at["x"][1] == 4


def test_a_column_is_as_wide_as_the_longest_option_of_its_drop_down() -> None:
    block = Given(name="pick", value="no", choices=("no", "the average of all steps"))
    sheet = Sheet(name="s", title="S", words="One.", blocks=(block,), layout=(Fields("pick"),))
    assert 18 < lay_out(sheet, [sheet], SIZES, {}).widths[2] < 22


def test_a_question_has_its_answer_and_its_verdict_beside_it() -> None:
    layout = laid_out(Predictions((Predict("How many?", "guess", "said"),), columns=4), names="guess said")
    assert said(layout)[5, 1] == "How many?"
    assert origins(layout) == {"guess": (5, 5), "said": (5, 6)}


def test_a_thing_to_try_links_to_the_cell_that_it_names() -> None:
    layout = laid_out(Grid("x"), Tries((Try("x", (1, 2), "9", "the picture."),)), names="x")
    (label,) = (label for label in layout.labels if label.role == "link")
    assert (label.text, label.link) == ("C6", "'S'!C6")
    assert "type 9: the picture." in said(layout).values()


def test_what_is_to_be_tried_must_stand_above() -> None:
    with pytest.raises(LessonError, match="sheet s: 'x' is to be tried and does not stand above"):
        laid_out(Tries((Try("x", (0, 0), "9", "the picture."),)), Grid("x"), names="x")


def test_a_diagrams_shapes_stay_inside_it_and_its_lines_join_nodes() -> None:
    columns = (Column(("a", "b", "c"), "in", "", joined="every"), Column(("d", "e")), Column(("loss",), box=True))
    diagram = Diagram(columns=columns, alt="A network.")
    shapes = diagram.shapes()
    for shape in shapes:
        for x, y in ((shape.x, shape.y), (shape.x + shape.width, shape.y + shape.height)):
            assert 0 <= x <= diagram.width
            assert 0 <= y <= diagram.height
    lines = [shape for shape in shapes if shape.kind == "line"]
    nodes = [shape for shape in shapes if shape.kind in ("circle", "box")]
    assert len(lines) == 3 * 2 + 2 * 1
    assert [node.text for node in nodes] == ["a", "b", "c", "d", "e", "loss"]
    for line in lines:
        assert any(line.x == pytest.approx(node.x + node.width) for node in nodes)
        assert any(line.x + line.width == pytest.approx(node.x) for node in nodes)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"alt": " "}, "no words for who can't see it"),
        ({"columns": (Column(()),)}, "a column without nodes"),
        ({"columns": (Column(("a", "b"), joined="each"), Column(("c",)))}, "each of 2 nodes to one of 1"),
    ],
)
def test_a_diagram_that_nobody_can_draw_or_hear_is_refused(wrong: Any, words: str) -> None:
    with pytest.raises(LessonError, match=words):
        Diagram(**{"columns": (Column(("a",)),), "alt": "One.", **wrong})


def test_code_begins_below_the_low_rows_of_pictures_and_its_link_leads_there() -> None:
    shown = Given(name="picture", axes="photo unit", title="a picture", look="ink", low=0, high=1)
    for points, top in ((15.0, 1), (6.0, 7)):
        sheet = Sheet(name="s", title="S", words="One.", blocks=(shown,), layout=(Pictures("picture", points=points),))
        layout = lay_out(sheet, [sheet], SIZES, {"s": ("import numpy", "x = 1")})
        code = {label.text: label.row for label in layout.labels if label.role == "code"}
        assert code == {"import numpy": top + 2, "x = 1": top + 3}
        (link,) = [label.link for label in layout.labels if label.text == "code →"]
        assert link.endswith(str(top))


def test_ways_lead_to_the_first_cells_of_blocks_further_down() -> None:
    layout = laid_out(Ways((("w", "the weights"),)), Grid("x | w"), names="x w")
    place = next(place for place in layout.places if place.block.name == "w")
    (link,) = (label for label in layout.labels if label.text == "the weights")
    assert (link.row, link.column, link.link) == (5, 1, f"'S'!{place.address()}")


def test_a_way_to_what_is_not_drawn_is_refused() -> None:
    with pytest.raises(LessonError, match="a link leads to 'h', which the layout does not draw"):
        laid_out(Ways((("h", "hidden"),)), Grid("x"), names="x")
