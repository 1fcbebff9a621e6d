"""Charts as XML: what Excel reads of them."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import numpy as np
import pytest

from workbook.errors import LessonError, WorkbookError
from workbook.lesson.lesson import QUIET, Series
from workbook.plan.plan import Plan
from workbook.xlsx.write import write
from workbook.xlsx.write.charts import COLOURS, DASHES, GREY_LINE, MANY, MARKERS, label_sides, pen, series_cells, x_ends

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
D = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"


@pytest.fixture
def charts(written: Path) -> list[ElementTree.Element]:
    return parts(written)


def parts(path: Path) -> list[ElementTree.Element]:
    with ZipFile(path) as archive:
        return [ElementTree.fromstring(archive.read(f"xl/charts/chart{i}.xml")) for i in (1, 2, 3)]


def value(parent: ElementTree.Element, path: str) -> str | None:
    found = parent.find("/".join(f"{C}{step}" for step in path.split("/")))
    return None if found is None else found.get("val")


def references(chart: ElementTree.Element, axis: str) -> list[str | None]:
    return [series.findtext(f"{C}{axis}/{C}numRef/{C}f") for series in chart.iter(f"{C}ser")]


def test_series_refer_to_their_blocks_cells(charts: list[ElementTree.Element], plan: Plan) -> None:
    top = plan.places["fit.north"].origin[0]
    assert references(charts[0], "yVal") == [f"'Line fit'!$D${top}:$D${top + 5}", f"'Line fit'!$E${top}:$E${top + 5}"]
    assert references(charts[0], "xVal") == [f"'Line fit'!$C${top}:$C${top + 5}"] * 2


def test_an_entry_of_another_axis_picks_its_column(charts: list[ElementTree.Element], plan: Plan) -> None:
    top = plan.places["fit.loss"].origin[0]
    assert references(charts[1], "yVal") == [f"'Line fit'!$B${top}:$B${top + 11}", f"'Line fit'!$C${top}:$C${top + 11}"]


def test_values_travel_with_the_chart_and_gaps_do_not(charts: list[ElementTree.Element], plan: Plan) -> None:
    cache = next(charts[0].iter(f"{C}yVal")).find(f"{C}numRef/{C}numCache")
    assert cache is not None
    points = {int(point.attrib["idx"]): float(point.findtext(f"{C}v") or "") for point in cache.iter(f"{C}pt")}
    warmth = plan.values["fit.warmth"]
    assert points == pytest.approx({i: warmth[i] for i in (0, 2, 3, 4, 5)}, rel=1e-5)
    assert np.isnan(warmth[1])


def test_a_labelled_chart_names_each_point_by_a_cell(charts: list[ElementTree.Element], plan: Plan) -> None:
    names = [series.findtext(f"{C}tx/{C}strRef/{C}f") for series in charts[2].iter(f"{C}ser")]
    top = plan.places["fit.name"].origin[0]
    assert names == [f"'Line fit'!$A${top + i}" for i in range(6)]
    assert references(charts[2], "yVal") == [f"'Line fit'!$E${top + i}" for i in range(6)]
    assert all(value(series, "dLbls/showSerName") == "1" for series in charts[2].iter(f"{C}ser"))
    assert all(value(series, "dLbls/showVal") == "0" for series in charts[2].iter(f"{C}ser"))


def test_series_differ_in_colour_and_in_dashes(charts: list[ElementTree.Element]) -> None:
    lines = [series.find(f"{C}spPr/{A}ln") for series in charts[0].iter(f"{C}ser")]
    colours = [line.find(f"{A}solidFill/{A}srgbClr").get("val") for line in lines if line is not None]  # type: ignore[union-attr]
    dashes = [line.find(f"{A}prstDash").get("val") for line in lines if line is not None]  # type: ignore[union-attr]
    assert (colours, dashes) == (list(COLOURS[:2]), list(DASHES[:2]))
    assert len(set(COLOURS)) == len(COLOURS) == len(set(DASHES))


def test_a_series_may_be_points_among_lines_and_keep_its_looks(tiny: ModuleType, tmp_path: Path) -> None:
    first, second = tiny.FIT.charts[0].series[:2]
    mixed = replace(tiny.FIT.charts[0], series=(replace(first, colour=3), replace(second, kind="points")))
    plan = tiny.tiny_plan(replace(tiny.FIT, charts=(mixed, *tiny.FIT.charts[1:])))
    write(plan, tmp_path / "mixed.xlsx")
    line, points = parts(tmp_path / "mixed.xlsx")[0].iter(f"{C}ser")
    drawn = line.find(f"{C}spPr/{A}ln")
    assert drawn is not None
    assert drawn.find(f"{A}solidFill/{A}srgbClr").get("val") == COLOURS[3]  # type: ignore[union-attr]
    assert drawn.find(f"{A}prstDash").get("val") == DASHES[3]  # type: ignore[union-attr]
    assert points.find(f"{C}spPr/{A}ln/{A}noFill") is not None
    assert value(points, "marker/symbol") == MARKERS[0]


def test_axes_are_shown_titled_and_may_be_logarithmic(charts: list[ElementTree.Element]) -> None:
    for chart in charts:
        assert value(chart, "roundedCorners") == "0"
        for axis in chart.iter(f"{C}valAx"):
            assert value(axis, "delete") == "0"
            assert axis.find(f"{C}title") is not None
    logarithms = [[value(axis, "scaling/logBase") for axis in chart.iter(f"{C}valAx")] for chart in charts[1:3]]
    assert [[base and float(base) for base in axes] for axes in logarithms] == [[None, 10.0], [10.0, None]]
    texts = [
        "".join(part.text or "" for part in axis.find(f"{C}title").iter(f"{A}t"))
        for axis in charts[1].iter(f"{C}valAx")
    ]  # type: ignore[union-attr]
    assert texts == ["epoch", "loss"]


def test_an_axis_that_counts_a_few_things_marks_each_of_them_and_no_halves(charts: list[ElementTree.Element]) -> None:
    # By temperature, by epoch from 1 to 12, and logarithmic.
    marks = [value(next(chart.iter(f"{C}valAx")), "majorUnit") for chart in charts]
    assert [mark and float(mark) for mark in marks] == [None, 1.0, None]


def test_a_cloud_of_many_points_is_drawn_in_small_ones(tiny: ModuleType, plan: Plan) -> None:
    cloud = replace(tiny.FIT.charts[0], kind="points")
    assert [pen(cloud, 0, length, plan).small for length in (MANY, MANY + 1)] == [False, True]
    assert not pen(tiny.FIT.charts[0], 0, MANY + 1, plan).small


def test_an_axis_ends_where_it_is_told_and_has_the_format_it_is_given(tiny: ModuleType, tmp_path: Path) -> None:
    ended = replace(tiny.FIT.charts[0], x_high=90.0, y_low=0.25, y_format="0%")
    plan = tiny.tiny_plan(replace(tiny.FIT, charts=(ended, *tiny.FIT.charts[1:])))
    write(plan, tmp_path / "ended.xlsx")
    found, other = ([*chart.iter(f"{C}valAx")] for chart in parts(tmp_path / "ended.xlsx")[:2])
    assert [[value(axis, f"scaling/{end}") for end in ("min", "max")] for axis in found] == [
        [None, "90"],
        ["0.25", None],
    ]
    assert [axis.find(f"{C}numFmt").attrib["formatCode"] for axis in found] == ["General", "0%"]  # type: ignore[union-attr]
    assert [value(axis, "scaling/max") for axis in other] == [None, None]


@pytest.mark.parametrize(
    ("x", "ends"),
    [
        (np.arange(1.0, 146.0), (0.0, 145.0)),
        (np.arange(0.0, 201.0, 10.0), (0.0, 200.0)),
        (np.arange(30.0, 60.0), (30.0, 59.0)),
        (np.arange(1.0, 13.0), (None, None)),
        (np.linspace(0.0, 1.0, 50), (None, None)),
        (np.array([*range(20), 40.0]), (None, None)),
    ],
)
def test_an_axis_of_many_steps_ends_with_the_last(
    tiny: ModuleType, plan: Plan, x: np.ndarray[Any, Any], ends: tuple[float | None, float | None]
) -> None:
    chart = replace(tiny.FIT.charts[0], series=(Series("prediction", "run", "warmth"),))
    long = replace(plan, values={**plan.values, "fit.warmth": x})
    assert x_ends(chart, plan.layouts[1], long) == ends
    # A name beside a line's end has room right of it.
    named = replace(chart, series=(replace(chart.series[0], named=True),))
    assert x_ends(named, plan.layouts[1], long) == (None, None)
    assert x_ends(replace(named, x_high=7.0), plan.layouts[1], long) == (None, 7.0)


def test_a_plot_has_the_room_that_title_axes_and_legend_leave(
    charts: list[ElementTree.Element], tiny: ModuleType, tmp_path: Path
) -> None:
    many = replace(tiny.FIT.charts[0], series=tuple(Series("north", f"run {i}", "warmth") for i in range(7)))
    plan = tiny.tiny_plan(replace(tiny.FIT, charts=(many, *tiny.FIT.charts[1:])))
    write(plan, tmp_path / "many.xlsx")
    shares = []
    for chart, placed in zip(
        (charts[0], parts(tmp_path / "many.xlsx")[0]), plan.layouts[1].charts[:1] * 2, strict=True
    ):
        (layout,) = chart.iter(f"{C}manualLayout")
        assert value(layout, "layoutTarget") == "inner"
        left, top, wide, high = (float(value(layout, name) or "nan") for name in "xywh")
        # 15 points a row; a title of 12 points above, numbers and words of 9 points below and at the left.
        points = 15.0 * placed.chart.rows
        assert top * points >= 12
        assert (1 - top - high) * points >= 3 * 9
        assert left + wide < 1
        assert high * points >= points - 120
        shares.append(high)
    # Seven names take more lines than two.
    assert shares[1] < shares[0]


def test_a_legend_stands_below_where_there_is_more_than_one_series(charts: list[ElementTree.Element]) -> None:
    legends = [chart.find(f"{C}chart/{C}legend/{C}legendPos") for chart in charts]
    assert [None if legend is None else legend.get("val") for legend in legends] == ["b", "b", None]


def test_a_chart_covers_its_cells_and_says_what_it_shows(written: Path, plan: Plan) -> None:
    with ZipFile(written) as archive:
        drawing = ElementTree.fromstring(archive.read("xl/drawings/drawing1.xml"))
    anchors = drawing.findall(f"{D}twoCellAnchor")
    for anchor, placed in zip(anchors, plan.layouts[1].charts, strict=True):
        corners = [
            [int(anchor.findtext(f"{D}{end}/{D}{what}") or "") for what in ("row", "col")] for end in ("from", "to")
        ]
        first = [placed.row - 1, placed.column - 1]
        assert corners == [first, [first[0] + placed.chart.rows, first[1] + placed.chart.columns]]
        assert next(anchor.iter(f"{D}cNvPr")).get("descr") == placed.chart.alt


def test_a_series_runs_along_the_first_axis(plan: Plan) -> None:
    cells, index = series_cells(plan.places["fit.product"], (2,), "here")
    row, column = plan.places["fit.product"].origin
    assert cells == [(row + i, column + 2) for i in range(6)]
    assert index.tolist() == [[i, 2] for i in range(6)]


@pytest.mark.parametrize(
    ("name", "at", "said"),
    [
        ("fit.miss", (0,), "not one row or column without gaps"),
        ("fit.loss", None, "expected an entry along each of its axes"),
        ("fit.loss", (2,), "expected an entry along each of its axes"),
    ],
)
def test_cells_that_are_no_line_make_no_series(plan: Plan, name: str, at: tuple[int, ...] | None, said: str) -> None:
    with pytest.raises(LessonError, match=said):
        series_cells(plan.places[name], at, "here")


def test_an_unknown_block_is_named_with_those_there_are(tiny: ModuleType, tmp_path: Path) -> None:
    line = replace(tiny.FIT.charts[0], series=(Series("warmthh", "warmth"),))
    plan = tiny.tiny_plan(replace(tiny.FIT, charts=(line, *tiny.FIT.charts[1:])))
    with pytest.raises(WorkbookError, match=r"sheet Line fit, chart line: no block named 'warmthh'; known: slope, "):
        write(plan, tmp_path / "none.xlsx")


def test_a_run_keeps_its_colour_and_what_gives_bearings_is_thin_and_grey(tiny: ModuleType, tmp_path: Path) -> None:
    series = (
        Series("north", "points", "warmth", kind="points", colour=QUIET),
        Series("prediction", "run", "warmth", colour=4, dash=0),
    )
    line = replace(tiny.FIT.charts[0], series=series)
    write(tiny.tiny_plan(replace(tiny.FIT, charts=(line, *tiny.FIT.charts[1:]))), tmp_path / "run.xlsx")
    points, run = parts(tmp_path / "run.xlsx")[0].iter(f"{C}ser")
    assert points.find(f"{C}spPr/{A}ln/{A}noFill") is not None
    assert points.find(f"{C}marker/{C}spPr/{A}solidFill/{A}srgbClr").attrib["val"] == GREY_LINE  # type: ignore[union-attr]
    assert run.find(f"{C}spPr/{A}ln/{A}solidFill/{A}srgbClr").attrib["val"] == COLOURS[4]  # type: ignore[union-attr]
    assert run.find(f"{C}spPr/{A}ln/{A}prstDash").attrib["val"] == DASHES[0]  # type: ignore[union-attr]


def test_a_series_may_be_named_by_a_cell_and_beside_its_last_point(tiny: ModuleType, tmp_path: Path) -> None:
    line = replace(tiny.FIT.charts[0], series=(Series("north", "level", "warmth", named=True, named_by="slope"),))
    plan = tiny.tiny_plan(replace(tiny.FIT, charts=(line, *tiny.FIT.charts[1:])))
    write(plan, tmp_path / "named.xlsx")
    (level,) = parts(tmp_path / "named.xlsx")[0].iter(f"{C}ser")
    row, column = plan.places["fit.slope"].origin
    assert level.findtext(f"{C}tx/{C}strRef/{C}f") == f"'Line fit'!${'ABCDEF'[column - 1]}${row}"
    assert [value(label, "idx") for label in level.iter(f"{C}dLbl")] == ["5"]
    assert [value(label, "showSerName") for label in level.iter(f"{C}dLbl")] == ["1"]


def test_labels_of_points_take_sides_on_which_they_do_not_meet(tiny: ModuleType, tmp_path: Path) -> None:
    plan = tiny.tiny_plan()
    # Six towns: three as good as in one place, so that no side is left for the last of them, and three far apart.
    x = np.array([0.0, 1e-3, 2e-3, 50.0, 70.0, 100.0])
    crowd = replace(plan, values={**plan.values, "fit.warmth": x, "fit.prediction": x})
    chart = replace(tiny.FIT.charts[2], series=(Series("prediction", "towns", "warmth"),))
    layout = plan.layouts[1]
    names = plan.places["fit.name"]
    placed_chart = replace(layout.charts[2], chart=chart)
    sides = label_sides(placed_chart, chart.series[0], names, layout, crowd)
    assert sides[3:] == ["t", "t", "t"]
    placed = [side for side in sides[:3] if side]
    assert len(set(placed)) == len(placed) < 4
