"""What a learner sees of a sheet before anything is scrolled."""

from pathlib import Path

from workbook.plan.layout import COLUMN_WIDTH, DIGIT_PIXELS, LINE_POINTS, MARGIN_PIXELS, PIXELS_PER_POINT
from workbook.plan.plan import Plan
from workbook.xlsx.write.sheets import place_of

SCREEN = (1290, 500)
"""What a window of 1366 by 768 has left for cells below ribbon and bars: 20 columns and 25 rows of the usual size."""

SHOWN = 590
"""How many pixels of rows LibreOffice's window of 1366 by 768 shows, measured; LibreOffice has no ribbon."""


def test_the_first_charts_stand_on_the_first_screen(every: tuple[Path, Plan]) -> None:
    if all(layout.sheet.name != "by_hand" for layout in every[1].layouts):
        return  # no lesson to begin with: a run's report, or the example for developers
    for layout in every[1].layouts:
        first = min((placed.row for placed in layout.charts), default=0)
        for placed in layout.charts:
            spec = placed.chart
            bottom, right = placed.row + spec.rows, placed.column + spec.columns
            high = sum(layout.heights.get(k, LINE_POINTS) for k in range(1, bottom)) * PIXELS_PER_POINT
            wide = sum(DIGIT_PIXELS * layout.widths.get(k, COLUMN_WIDTH) + MARGIN_PIXELS for k in range(1, right))
            if placed.row == first and layout.sheet.name != "by_hand":
                assert high <= SHOWN, f"{layout.sheet.title}, {spec.name}: {high:.0f} pixels of {SHOWN}"
                assert wide <= SCREEN[0], f"{layout.sheet.title}, {spec.name}: {wide:.0f} pixels of {SCREEN[0]}"


def test_frozen_panes_leave_half_of_the_window_free(every: tuple[Path, Plan]) -> None:
    for layout in every[1].layouts:
        sheet = layout.sheet
        if not (sheet.freeze or sheet.keep_labels):
            continue
        row, column = place_of(layout, sheet.freeze).origin if sheet.freeze else (2, 2)
        high = sum(layout.heights.get(k, LINE_POINTS) for k in range(1, row)) * PIXELS_PER_POINT
        wide = sum(DIGIT_PIXELS * layout.widths.get(k, COLUMN_WIDTH) + MARGIN_PIXELS for k in range(1, column))
        assert high <= SCREEN[1] / 2, f"{layout.sheet.title} freezes {high:.0f} pixels of {SCREEN[1]}"
        assert wide <= SCREEN[0] / 2, f"{layout.sheet.title} freezes {wide:.0f} pixels of {SCREEN[0]}"
