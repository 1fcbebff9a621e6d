"""Every way of training at every rate that was tried, and the best of each."""

from typing import Any

from workbook.lesson.labels import axis_names, axis_numbers, label
from workbook.lesson.lesson import (
    Formula,
    Given,
    Recorded,
)
from workbook.lessons.fine_tuning.regimes import COLUMN, MADE_BY, PERCENT, WAYS


def columns_of(way: int) -> str:
    """What the table of the best rates shows of a way."""
    return f"best_{way} best_spread_{way} best_rate_{way}" + (f" gain_{way}" if way else "")


def tried() -> tuple[Given | Formula | Recorded, ...]:
    """Every way at every rate, and the best of each."""
    per: dict[str, Any] = {"axes": "count"}
    rate: dict[str, Any] = {"axes": "tried", "across": "tried", "number_format": "0.000"}
    found: list[Given | Formula | Recorded] = [
        axis_names("count_name", "count", "pictures of each class"),
        axis_numbers("count_number", "count", "number"),
        Given(name="rate_tried", title="rate", fixed=True, **rate),
        *(
            Formula(name=f"tried_head_{n}", title="rate", role="label", pattern="rate_tried", **rate)
            for n in range(1, len(WAYS))
        ),
        *(
            label(f"count_{name}", "count", "count_name", "pictures of each class", text=True)
            for name in ("tried", "spread")
        ),
    ]
    for n, way in enumerate(WAYS):
        found += [
            Recorded(name=f"tried_{n}", axes="count tried", title=way, look="sequential", made_by=MADE_BY, **PERCENT),
            Recorded(
                name=f"tried_spread_{n}",
                axes="count tried",
                title=f"{way}: standard deviation",
                made_by=MADE_BY,
                **PERCENT,
            ),
            Formula(
                name=f"best_{n}",
                title=way,
                role="result",
                pattern=f"MAX(tried_{n})",
                **PERCENT,
                **(per | {"width": COLUMN}),
            ),
            Formula(
                name=f"best_spread_{n}",
                title="±",
                pattern=f"INDEX(tried_spread_{n}, 1, MATCH(best_{n}, tried_{n}, 0))",
                **per,
                **PERCENT,
            ),
            Formula(
                name=f"best_rate_{n}",
                title="at rate",
                number_format="0.000",
                pattern=f"INDEX(rate_tried, 1, MATCH(best_{n}, tried_{n}, 0))",
                **per,
            ),
        ]
        if n:
            found.append(
                Formula(
                    name=f"gain_{n}",
                    title="gain",
                    number_format="+0.0%;-0.0%",
                    role="result",
                    scale="best_0",
                    pattern=f"best_{n}-best_0",
                    **per,
                )
            )
    highest = "MAX(best_0, best_1, best_2, best_3)"
    *first, last = WAYS
    named = "".join(f'IF(best_{n}={highest}, "{way}", ' for n, way in enumerate(first))
    found.append(
        Formula(
            name="winner",
            axes="count",
            title="highest",
            text=True,
            role="result",
            width=16,
            pattern=f'{named}"{last}"{")" * len(first)}',
        )
    )
    return tuple(found)
