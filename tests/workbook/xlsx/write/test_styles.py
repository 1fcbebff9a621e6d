"""Styles: one a role, readable, told by more than colour; contrast by the formula of WCAG 2.1."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree
from zipfile import ZipFile

import openpyxl
import pytest

from workbook.plan.layout import LEGEND
from workbook.plan.plan import Plan
from workbook.xlsx.write import write
from workbook.xlsx.write.styles import ROLES, CellStyle, Styles

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# ECMA-376 transitional, CT_Font as Microsoft's SDK checks it.
FONT_ORDER = [
    "b",
    "i",
    "strike",
    "condense",
    "extend",
    "outline",
    "shadow",
    "u",
    "vertAlign",
    "sz",
    "color",
    "name",
    "family",
]


def luminance(colour: str) -> float:
    """WCAG 2.1, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_formula_gives_21_for_black_on_white() -> None:
    assert contrast("000000", "FFFFFF") == 21.0


@pytest.mark.parametrize("role", ROLES)
def test_words_stand_out_from_their_ground(role: str) -> None:
    # WCAG 2.1, 1.4.3 (AA): 4.5 for text of body size.
    assert contrast(ROLES[role].colour, ROLES[role].fill or "FFFFFF") >= 4.5


@pytest.mark.parametrize("ground", ["56B4E9", "F0A848", "B9A0DC"])
def test_digits_stand_out_from_the_deepest_colours_of_a_scale(ground: str) -> None:
    assert contrast(ROLES["formula"].colour, ground) >= 4.5


def test_no_two_roles_of_the_legend_differ_in_colour_alone() -> None:
    def marks(style: CellStyle) -> tuple[object, ...]:
        return style.bold, style.italic, style.box, style.rules, style.line

    roles = [role for role, _ in LEGEND if role != "label"]
    assert len({marks(ROLES[role]) for role in roles}) == len(roles)


@pytest.mark.parametrize(
    ("role", "word", "holds"),
    [
        ("input", "boxed", lambda d: bool(d.box)),
        ("parameter", "bold", lambda d: d.bold),
        ("result", "a line above and below", lambda d: d.rules == "top bottom"),
        ("check", "dashed box", lambda d: d.box and d.line == "dashed"),
        ("recorded", "italic", lambda d: d.italic and d.fill),
    ],
)
def test_each_role_wears_what_the_legend_says(role: str, word: str, holds: object) -> None:
    assert word in dict(LEGEND)[role]
    assert holds(ROLES[role])  # type: ignore[operator]


def test_a_styles_number_is_found_once_and_equal_styles_share_it() -> None:
    styles = Styles(openpyxl.Workbook())
    first = styles.number("formula", "0.00")
    assert styles.number("formula", "0.00") == first
    others = {
        styles.number("formula", "0.000"),
        styles.number("formula", "0.00", locked=False),
        styles.number("formula", "0.00", upright=True),
        styles.number("formula", "0.00", quoted=True),
        styles.number("formula", "0.00", align="right"),
        styles.number("result", "0.00"),
    }
    assert len(others | {first}) == 7


def test_fonts_are_named_sized_and_in_the_order_that_microsofts_sdk_accepts(written: Path) -> None:
    with ZipFile(written) as archive:
        fonts = ElementTree.fromstring(archive.read("xl/styles.xml")).findall(f"{MAIN}fonts/{MAIN}font")
    assert len(fonts) > 8
    for font in fonts:
        tags = [child.tag.removeprefix(MAIN) for child in font]
        assert {"name", "sz"} <= set(tags)
        order = [FONT_ORDER.index(tag) for tag in tags if tag in FONT_ORDER]
        assert order == sorted(order)


def test_only_givens_are_unlocked(written: Path, plan: Plan) -> None:
    sheet = openpyxl.load_workbook(written)["Line fit"]
    free = {name for name, place in plan.places.items() if not sheet[place.address()].protection.locked}
    scalars = {"slope", "intercept", "learning_rate", "epochs", "start_from", "favourite"}
    assert free == {f"fit.{name}" for name in scalars | {"name", "north", "warmth"}}


def test_a_sample_of_the_legend_wears_its_role_and_stays_locked(written: Path) -> None:
    sheet = openpyxl.load_workbook(written)["Start"]
    samples = {cell.value: cell for row in sheet.iter_rows(max_col=1) for cell in row}
    for role, _ in LEGEND:
        assert samples[role].style == f"gradbook {role}"
        assert samples[role].protection.locked


def test_a_given_text_is_kept_as_text_and_a_formulas_is_not_in_the_text_format(written: Path, plan: Plan) -> None:
    sheet = openpyxl.load_workbook(written)["Line fit"]
    assert sheet[plan.places["fit.name"].address()].number_format == "@"
    assert sheet[plan.places["fit.verdict"].address()].number_format == "General"
    assert sheet[plan.places["fit.learning_rate"].address()].number_format == "0.0000"


def test_a_word_in_place_of_a_number_stands_where_the_number_would(written: Path, plan: Plan) -> None:
    sheet = openpyxl.load_workbook(written)["Line fit"]
    assert sheet[plan.places["fit.root"].address()].alignment.horizontal == "right"
    assert sheet[plan.places["fit.error"].address()].alignment.horizontal is None


def test_above_narrow_columns_a_short_heading_stands_where_its_numbers_end(tiny: ModuleType, tmp_path: Path) -> None:
    plan = tiny.tiny_plan(replace(tiny.FIT, column_width=6.0))
    write(plan, tmp_path / "narrow.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "narrow.xlsx")["Line fit"]
    places = [plan.places[f"fit.{name}"] for name in ("number", "north")]
    heads = [sheet.cell(place.origin[0] - 1, place.origin[1]) for place in places]
    assert [(head.value, head.alignment.horizontal) for head in heads] == [("No.", "right"), ("Degrees north", "left")]
    assert [head.alignment.indent for head in heads] == [0.0, 1.0]
