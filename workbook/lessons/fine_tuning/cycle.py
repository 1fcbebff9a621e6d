"""The rates and the momentum of every step of the run: one cycle for each phase."""

from typing import Any

from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import (
    Formula,
    Given,
)
from workbook.lessons.fine_tuning.unfrozen_step import rate_blocks
from workbook.lessons.schedules.one_cycle import cosine


def cycle() -> tuple[Given | Formula, ...]:
    """The rates and the momentum of every step."""
    numbers = (
        ("pct_start", "share of the rise", 0.3, 0.06, 0.95, "0.00", "the rate rises in this share of the steps"),
        ("div_factor", "divisor at the start", 25.0, 1, 1000, "0", "first rate = highest / divisor"),
        ("final_div_factor", "divisor at the end", 1e4, 1, 1e8, "0", "last rate = first / this"),
        ("base_momentum", "lowest momentum", 0.85, 0.0, 0.99, "0.000", "at the highest rate: Adam's β1"),
        ("max_momentum", "highest momentum", 0.95, 0.0, 0.999, "0.000", "at the lowest"),
    )
    done, top, steps = "(cycle_number-1)", "(pct_start*steps-1)", "steps"

    def over_the_steps(first: str, high: str, last: str) -> str:
        rise, fall = f"{done}/{top}", f"({done}-{top})/({steps}-1-{top})"
        return f"IF({done}<={top}, {cosine(first, high, rise)}, {cosine(high, last, fall)})"

    column: dict[str, Any] = {"axes": "cycle_step", "width": 11}
    return (
        Given(
            name="frozen_rate",
            title="highest rate, frozen phase",
            value=0.01,
            low=1e-6,
            high=1.0,
            number_format="0.000000",
            words="of the new head",
        ),
        *rate_blocks("the_run", 0.0001, 0.01, "of the unfrozen phase"),
        axis_names("layer_name", "layer", "layer"),
        axis_numbers("layer_number", "layer", "number"),
        axis_numbers("layer_group", "layer", "group", probe=1.0),
        *(
            Given(
                name=name,
                title=heading,
                value=value,
                low=low,
                high=high,
                number_format=form,
                words=words,
                probe=10.0 if name == "final_div_factor" else None,
            )
            for name, heading, value, low, high, form, words in numbers
        ),
        *(
            Formula(
                name=f"status_{phase}",
                title=f"the runs, {phase} phase",
                text=True,
                role="check",
                pattern=f"run_{phase}.status",
                words="the first losses of the first run, recorded, beside those on the sheets Run, frozen and Run, unfrozen",
            )
            for phase in ("frozen", "unfrozen")
        ),
        Formula(name="steps", title="steps of each phase", number_format="0", pattern="COUNT(cycle_number)"),
        axis_numbers("cycle_number", "cycle_step", "step"),
        Formula(
            name="share",
            title="of the highest rate",
            number_format="0.0000",
            pattern=over_the_steps("1/div_factor", "1", "1/div_factor/final_div_factor"),
            **column,
        ),
        Formula(
            name="momentum",
            title="momentum: β1",
            number_format="0.0000",
            pattern=over_the_steps("max_momentum", "base_momentum", "max_momentum"),
            **column,
        ),
        Formula(
            name="frozen_cycle", title="rate, frozen", number_format="0.000000", pattern="share*frozen_rate", **column
        ),
        Formula(
            name="group_cycle",
            axes="cycle_step group",
            title="rate, unfrozen: groups 1, 2, 3",
            number_format="0.000000",
            width=11,
            pattern="share*group_rate",
        ),
    )
