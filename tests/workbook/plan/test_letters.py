"""How wide letters are: the figures of Calibri itself, and texts that were measured with its metrics elsewhere."""

import pytest

from workbook.plan.letters import Face, lines, longest, width


@pytest.mark.parametrize(("letter", "units"), [("0", 1038), ("A", 1185), (" ", 463), ("m", 1636), ("é", 1019)])
def test_a_letter_is_as_wide_as_in_the_font(letter: str, units: int) -> None:
    # Source: the table hmtx of Carlito and of Calibri 5.74, 2048 units a size.
    assert width(letter) == pytest.approx(units / 1038)


def test_size_and_weight_count() -> None:
    assert width("loss", Face(22)) == pytest.approx(2 * width("loss"))
    assert width("loss", Face(bold=True)) > width("loss")
    assert width("il", Face(9, monospaced=True)) == width("WM", Face(9, monospaced=True))


def test_signs_that_the_font_lacks_have_room() -> None:
    assert width("✓") > 1
    assert width("猫") == pytest.approx(2048 / 1038)
    assert width("m\N{COMBINING CIRCUMFLEX ACCENT}") == width("m")


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("", 5.0, [""]),
        ("as it is", 20.0, ["as it is"]),
        ("one two three", 8.0, ["one two", "three"]),
        ("mean cross-entropy", 8.0, ["mean", "cross-", "entropy"]),
        ("a - b", 20.0, ["a - b"]),
        ("0000", 2.0, ["00", "00"]),
    ],
)
def test_a_text_is_wrapped_at_blanks_and_hyphens(text: str, room: float, expected: list[str]) -> None:
    assert lines(text, room) == expected
    assert max(map(width, lines(text, room))) <= room


def test_what_no_break_parts_is_the_widest_word() -> None:
    assert longest("of cross-entropy") == width("entropy")
    assert longest("") == 0.0
