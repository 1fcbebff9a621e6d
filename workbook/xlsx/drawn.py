"""What lies on the sheets of a file, as a page can draw it: charts with the cells of their series, and pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbook.formula.address import MAX_COLUMN, MAX_ROW
from workbook.xlsx.attributes import TRUE
from workbook.xlsx.elements import Node, tree_of
from workbook.xlsx.guard import Archive, open_archive
from workbook.xlsx.looks.colours import theme_of
from workbook.xlsx.read import read_structure
from workbook.xlsx.relations import Relation, inner_relations

MOST_CHARTS = 200
"""The charts of one sheet that are read."""
MOST_BYTES = 8 * 2**20
"""The pictures of a file that are read, all together."""
_LARGEST = 4_000
"""Pixels, of the side of a picture."""
_BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
PIES = ("pieChart", "doughnutChart")
_KINDS = ("scatterChart", "lineChart", "barChart", "areaChart", "radarChart", "bubbleChart", "stockChart", *PIES)
_CURVES = ("linear", "exp", "log", "power", "poly", "movingAvg")
_HIGHEST_ORDER = 6
"""Of a polynomial. Source: ECMA-376 Part 1, 21.2.2.127."""
_STACKED = ("stacked", "percentStacked")
_SHOWN = {"showSerName": "series", "showCatName": "category", "showVal": "value", "showPercent": "share"}
_MOST_LABELS = 1_000
"""Of single points, in a series."""
_EMU = 9525
"""English Metric Units in a pixel. Source: ECMA-376 Part 1, 20.1.2.1, at 96 pixels an inch."""
_COLUMN, _ROW = 64, 20
"""A usual column and row, in pixels."""


@dataclass(frozen=True)
class DrawnAxis:
    """An axis: its title, its ends where the file fixes them, whether it counts by powers, its number format."""

    title: str = ""
    low: float | None = None
    high: float | None = None
    log: bool = False
    number_format: str = "General"


@dataclass(frozen=True)
class DrawnTrend:
    """A line through the points of a series.

    `kind` is `linear`, `exp`, `log`, `power`, `poly` (of an order) or `movingAvg` (over a period); `forward` and
    `backward` say how far it goes on beyond the points; `equation` and `share` whether its equation and R² are shown.
    """

    kind: str
    order: int
    period: int
    forward: float
    backward: float
    intercept: float | None
    equation: bool
    share: bool
    colour: str
    dash: str


@dataclass(frozen=True)
class DrawnErrors:
    """How far the numbers of a series may be wrong: by a `fixedVal`, a `percentage`, a `stdDev` or a `stdErr`."""

    kind: str
    value: float
    minus: bool
    plus: bool


@dataclass(frozen=True)
class DrawnLabels:
    """What stands beside each point of a series.

    `shows` are of `series`, `category`, `value`, `share`; `points` those of single points, by their place from 0, and
    `words` what is written there instead; `place` is `outEnd`, `inEnd`, `inBase`, `ctr`, `t`, `b`, `l`, `r` or empty,
    which is as usual in its kind of chart.
    """

    shows: tuple[str, ...]
    points: dict[int, tuple[str, ...]]
    words: dict[int, str]
    place: str
    number_format: str
    separator: str


@dataclass(frozen=True)
class DrawnSeries:
    """A series: its name, the ranges of x (or of its categories) and y as formulas say them, and how it is drawn.

    `stacked` says whether it stands on those before it: "" (no), "stacked", or "percentStacked", as shares; `second`
    whether the axis at the right counts for it; `sizes` are the cells of the sizes of bubbles.
    """

    name: str
    x: str
    y: str
    colour: str
    dash: str
    marker: str
    joined: bool
    bar: bool
    area: bool
    stacked: str
    second: bool
    sizes: str = ""
    trends: tuple[DrawnTrend, ...] = ()
    errors: DrawnErrors | None = None
    labels: DrawnLabels | None = None
    smooth: bool = False


@dataclass(frozen=True)
class DrawnChart:
    """A chart.

    Args:
        kind: the name of its element, such as `scatterChart`.
        place: top, left, bottom, right of the cells that it covers, from 1.
        title: its title.
        x: the axis across.
        y: the axis up.
        second: the other axis up, at the right, where some series have one.
        series: its series.
        alt: what it shows, in words, where the file says it.
        lies: whether its bars lie: the axis of categories goes up, that of values across.
        ranges: whether lines join the lowest and the highest of its series.
        accents: the colours that the file's theme gives to series and slices, in turn.
    """

    kind: str
    place: tuple[int, int, int, int]
    title: str
    x: DrawnAxis
    y: DrawnAxis
    series: tuple[DrawnSeries, ...]
    alt: str
    lies: bool
    accents: tuple[str, ...]
    second: DrawnAxis | None
    ranges: bool = False

    @property
    def is_drawn(self) -> bool:
        """Whether a page draws charts of this kind."""
        return self.kind in _KINDS


@dataclass(frozen=True)
class DrawnPicture:
    """A picture: where it begins (row and column, from 1, and pixels from there), how large it is in pixels, words."""

    row: int
    column: int
    offset: tuple[int, int]
    size: tuple[int, int]
    alt: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class DrawnBox:
    """A box with words: where it lies, as of a picture, its lines, the colour of its ground (empty: none)."""

    row: int
    column: int
    offset: tuple[int, int]
    size: tuple[int, int]
    words: str
    ground: str


@dataclass(frozen=True)
class Drawn:
    """What lies on a sheet."""

    charts: tuple[DrawnChart, ...] = ()
    pictures: tuple[DrawnPicture, ...] = ()
    boxes: tuple[DrawnBox, ...] = ()


def read_drawn(path: Path) -> dict[str, Drawn]:
    """What lies on each sheet of a file, by its title.

    Raises:
        FileError: a part is damaged.
    """
    found: dict[str, Drawn] = {}
    with open_archive(path) as archive:
        accents = theme_of(archive)[4:10]
        left = MOST_BYTES
        for sheet in read_structure(archive)[0]:
            charts, pictures, boxes = list[DrawnChart](), list[DrawnPicture](), list[DrawnBox]()
            for kind, target, _ in inner_relations(archive, sheet.part).values():
                if kind != "drawing" or target not in archive:
                    continue
                known = inner_relations(archive, target)
                for anchor in tree_of(archive, target).first("wsDr").children:
                    charts += _charts(archive, anchor, known, accents)
                    for picture in _pictures(archive, anchor, known, left):
                        left -= len(picture.content)
                        pictures.append(picture)
                    boxes += _boxes(anchor)
            found[sheet.title] = Drawn(tuple(charts[:MOST_CHARTS]), tuple(pictures), tuple(boxes[:MOST_CHARTS]))
    return found


def _charts(
    archive: Archive, anchor: Node, known: dict[str, Relation], accents: tuple[str, ...]
) -> Iterator[DrawnChart]:
    for frame in [node for node in anchor.below() if node.name == "graphicFrame"]:
        reference = frame.first("graphic", "graphicData", "chart").attributes.get("id", "")
        chart = known.get(reference)
        if chart is None or chart.kind != "chart" or chart.target not in archive:
            continue
        alt = frame.first("nvGraphicFramePr", "cNvPr").attributes.get("descr", "")
        tree = tree_of(archive, chart.target).first("chartSpace", "chart")
        yield _chart(tree, _place(anchor), alt, accents)


def _pictures(archive: Archive, anchor: Node, known: dict[str, Relation], most: int) -> Iterator[DrawnPicture]:
    """The pictures of an anchor of a kind that every browser shows, as long as they take no more than `most` bytes."""
    for node in [node for node in anchor.below() if node.name == "pic"]:
        image = known.get(node.first("blipFill", "blip").attributes.get("embed", ""))
        if image is None or image.kind != "image" or image.target not in archive:
            continue
        content = b"".join(archive.chunks(image.target))
        kind = next((kind for begin, kind in _BEGINNINGS.items() if content.startswith(begin)), "")
        size = _size(node)
        if not kind or len(content) > most or size is None:
            continue
        most -= len(content)
        alt = node.first("nvPicPr", "cNvPr").attributes.get("descr", "")
        yield DrawnPicture(*_beginning(anchor), size, alt, kind, content)


def _boxes(anchor: Node) -> Iterator[DrawnBox]:
    """The shapes of an anchor that hold words, each by itself: of a group nobody knows here where its parts lie."""
    for node in anchor.all("sp"):
        lines = ["".join(part.text for part in line.below() if part.name == "t") for line in node.all("txBody", "p")]
        size, words = _size(node), "\n".join(lines).strip()
        if size and words:
            looks = node.first("spPr")
            ground = looks.first("solidFill").value("srgbClr").upper() or ("" if looks.all("noFill") else "FFFFFF")
            yield DrawnBox(*_beginning(anchor), size, words, ground)


def _size(node: Node) -> tuple[int, int] | None:
    """The width and the height of a shape, in pixels; None where they are none."""
    extent = node.first("spPr", "xfrm", "ext").attributes
    width, height = _pixels(extent.get("cx", "")), _pixels(extent.get("cy", ""))
    return (width, height) if 0 < width <= _LARGEST and 0 < height <= _LARGEST else None


def _beginning(anchor: Node) -> tuple[int, int, tuple[int, int]]:
    """Where an anchor begins: row and column, from 1, and pixels from there, across and down."""
    place = anchor.first("from")
    top, left, *_ = _place(anchor)
    return top, left, (_pixels(place.first("colOff").text), _pixels(place.first("rowOff").text))


def _pixels(text: str) -> int:
    return _whole(text) // _EMU


def _place(anchor: Node) -> tuple[int, int, int, int]:
    """The cells that an anchor covers."""
    top, left = (_whole(anchor.first("from", each).text) + 1 for each in ("row", "col"))
    if anchor.all("to"):
        bottom, right = (_whole(anchor.first("to", each).text) + 1 for each in ("row", "col"))
    else:
        size = anchor.first("ext").attributes
        bottom = top + _whole(size.get("cy", "")) // (_EMU * _ROW)
        right = left + _whole(size.get("cx", "")) // (_EMU * _COLUMN)
    return min(top, MAX_ROW), min(left, MAX_COLUMN), min(max(top, bottom), MAX_ROW), min(max(left, right), MAX_COLUMN)


def _chart(chart: Node, place: tuple[int, int, int, int], alt: str, accents: tuple[str, ...]) -> DrawnChart:
    area = chart.first("plotArea")
    groups = [node for node in area.children if node.name.endswith("Chart")]
    kind = groups[0].name if groups else ""
    axes = [node for node in area.children if node.name in ("valAx", "catAx", "dateAx", "serAx")]
    across = [axis for axis in axes if axis.value("axPos") in ("b", "t")] or axes[:1]
    up = [axis for axis in axes if axis.value("axPos") in ("l", "r")] or axes[1:]
    lies = kind == "barChart" and groups[0].value("barDir") == "bar"
    if lies:
        across, up = up, across
    series = [(group, node) for group in groups if group.name in _KINDS for node in group.all("ser")]
    others = [axis for axis in up if groups and axis.value("axId") not in _axes_of(groups[0])]
    return DrawnChart(
        kind,
        place,
        _words(chart.first("title")),
        _axis(next(iter(across), Node(""))),
        _axis(next(iter(up), Node(""))),
        tuple(_series(group, node, number, accents, groups[0]) for number, (group, node) in enumerate(series)),
        alt,
        lies,
        accents,
        _axis(others[0]) if others and kind not in PIES and not lies else None,
        any(group.all("hiLowLines") for group in groups),
    )


def _axes_of(group: Node) -> set[str]:
    return {node.attributes.get("val", "") for node in group.all("axId")}


def _axis(axis: Node) -> DrawnAxis:
    scaling = axis.first("scaling")
    return DrawnAxis(
        _words(axis.first("title")),
        _number(scaling.value("min")),
        _number(scaling.value("max")),
        bool(scaling.all("logBase")),
        _format(axis),
    )


def _format(node: Node) -> str:
    """The number format of an axis or of labels; `General` where it is that of the cells."""
    form = node.first("numFmt").attributes
    return "General" if form.get("sourceLinked") in TRUE else form.get("formatCode", "General") or "General"


def _series(group: Node, node: Node, number: int, accents: tuple[str, ...], first: Node) -> DrawnSeries:
    looks = node.first("spPr")
    line = looks.first("ln")
    marker = node.value("marker", "symbol")
    is_scatter = group.name == "scatterChart"
    if not marker:
        marker = "circle" if is_scatter and not node.all("marker") else ""
    bars, area = group.name == "barChart", group.name == "areaChart" or group.value("radarStyle") == "filled"
    if group.name in ("bubbleChart", "radarChart") and not marker:
        marker = "circle" if group.name == "bubbleChart" or group.value("radarStyle") == "marker" else ""
    return DrawnSeries(
        _words(node.first("tx")) or f"Series {number + 1}",
        _range(node, "xVal", "cat"),
        _range(node, "yVal", "val"),
        _colour(looks if bars or area or not line.children else line, number, accents),
        line.value("prstDash") or "solid",
        "" if marker == "none" or bars or area or group.name in PIES else marker,
        not bars
        and not area
        and group.name not in (*PIES, "bubbleChart")
        and not line.all("noFill")
        and not (is_scatter and group.value("scatterStyle") == "marker"),
        bars,
        area,
        grouping if (grouping := group.value("grouping")) in _STACKED else "",
        not _axes_of(group) & _axes_of(first),
        _range(node, "bubbleSize"),
        tuple(_trend(one, accents, number) for one in node.all("trendline") if one.value("trendlineType") in _CURVES),
        next((found for one in node.all("errBars") if (found := _errors(one))), None),
        _labels(next(iter(node.all("dLbls")), group.first("dLbls"))),
        group.name in ("lineChart", "scatterChart") and _says(node, "smooth"),
    )


def _labels(node: Node) -> DrawnLabels | None:
    """What stands beside points; None where nothing does."""
    single = {_whole(one.value("idx")): one for one in node.all("dLbl")[:_MOST_LABELS]}
    points = {at: _shown(one) for at, one in single.items()}
    words = {at: text for at, one in single.items() if points[at] and (text := _words(one.first("tx")))}
    shows = _shown(node)
    if not shows and not any(points.values()):
        return None
    separator = node.first("separator").text or ", "
    return DrawnLabels(shows, points, words, node.value("dLblPos"), _format(node), separator)


def _shown(node: Node) -> tuple[str, ...]:
    return () if _says(node, "delete") else tuple(word for name, word in _SHOWN.items() if _says(node, name))


def _says(node: Node, name: str) -> bool:
    """Whether an element is there and says yes, as one without a value does."""
    return any(one.attributes.get("val", "1") in TRUE for one in node.all(name))


def _trend(node: Node, accents: tuple[str, ...], number: int) -> DrawnTrend:
    line = node.first("spPr", "ln")
    return DrawnTrend(
        node.value("trendlineType"),
        min(max(_whole(node.value("order")), 2), _HIGHEST_ORDER),
        max(_whole(node.value("period")), 2),
        _number(node.value("forward")) or 0.0,
        _number(node.value("backward")) or 0.0,
        _number(node.value("intercept")),
        node.value("dispEq") in TRUE,
        node.value("dispRSqr") in TRUE,
        _colour(line, number, accents) if line.all("solidFill") else "",
        line.value("prstDash") or "solid",
    )


def _errors(node: Node) -> DrawnErrors | None:
    """How far numbers may be wrong upwards and downwards; None of what a page does not draw."""
    kind, value, way = node.value("errValType"), _number(node.value("val")), node.value("errBarType")
    is_known = kind in ("fixedVal", "percentage", "stdDev", "stdErr") and node.value("errDir") != "x"
    if not is_known or (value is None and kind != "stdErr"):
        return None
    return DrawnErrors(kind, value or 0.0, way in ("both", "minus"), way in ("both", "plus"))


def _range(node: Node, *names: str) -> str:
    """The range of a series' values, as the formula says it; empty where they stand in the chart itself."""
    for name in names:
        for values in node.all(name):
            for kept in values.children:
                if found := kept.first("f").text.strip():
                    return found
    return ""


def _colour(looks: Node, number: int, accents: tuple[str, ...]) -> str:
    fill = looks.first("solidFill")
    plain = fill.value("srgbClr")
    if len(plain) == 6 and all(sign in "0123456789abcdefABCDEF" for sign in plain):
        return plain.upper()
    accent = fill.value("schemeClr").removeprefix("accent")
    at = int(accent) - 1 if accent.isdecimal() and accent.isascii() else number
    return accents[at % len(accents)]


def _words(title: Node) -> str:
    """The words of a title or of a series' name: written in the chart, or kept of the cell that it names."""
    found = [node.text for node in title.below() if node.name == "t"]
    return "".join(found or [node.text for node in title.below() if node.name == "v"][:1]).strip()


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e300 else None


def _whole(text: str) -> int:
    text = text.strip()
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 16 else 0
