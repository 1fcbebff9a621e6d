"""Universal approximation: any curve as a sum of ReLUs."""

from collections.abc import Mapping

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Chart, Charts, Derive, Fields, Formula, Given, Grid, Series, Sheet, Unprinted, Words


def curve(at: str) -> str:
    """The curve chosen, at a block's value."""
    return f'IF(curve="sine", SIN(2*PI()*{at}), IF(curve="step", IF({at}<0.5, 0, 1), 4*{at}*(1-{at})))'


def sheet(sizes: Mapping[str, int]) -> Sheet:
    """A curve, its breakpoints, and the sum of ReLUs through them."""
    here = "ALONG(breakpoint, every, unit)"
    return Sheet(
        name="relus",
        title="Sum of ReLUs",
        step="unit",
        summary="universal approximation: a sum of up to 32 ReLUs bent to a sine, a step or a parabola",
        words="""
            A ReLU is a straight line with one bend: flat up to its breakpoint, then straight up or down. The left chart shows each by
            itself, the right chart their sum. It bends at every breakpoint, and so follows any curve.
        """,
        tries="Raise the number of ReLUs: it comes closer. Choose the step: a jump is the hardest.",
        blocks=(
            *_settings(),
            *_units(here),
            *_corners(here),
            *_fit(),
        ),
        layout=(
            Fields("curve n_units largest_error"),
            Charts("each fit"),
            Fields("placing start"),
            Unprinted(),
            Words("The ReLUs, and the curve point by point"),
            Grid(
                """
                .            .              .          | .           .    .          .         .         .      | corner_number | =corner_number | .     .      .      .
                every_number own_breakpoint breakpoint | unit_number knot next_break next_knot steepness height | bend_x        | bend_y         | point target fitted error
                """,
                tight=True,
            ),
        ),
        charts=(
            Chart(
                name="each",
                title="Each ReLU by itself",
                series=tuple(Series("bend_y", f"ReLU {n + 1}", "bend_x", (n,)) for n in range(sizes["unit"])),
                x_title="x",
                y_title="y",
                alt="Each ReLU: 0 up to its breakpoint, then a straight line up or down.",
                x_high=1.0,
                legend="",
                columns=4,
            ),
            Chart(
                name="fit",
                title="A curve, and the sum of these ReLUs",
                series=(Series("target", "curve", "point"), Series("fitted", "sum of ReLUs", "point")),
                x_title="x",
                y_title="y",
                alt="The sum of ReLUs follows the curve in straight pieces.",
                x_high=1.0,
                columns=6,
            ),
        ),
        derive=(
            Derive("layers.breakpoints", inputs={"unit_number": "every_number"}, shown=False),
            Derive("layers.relus"),
        ),
    )


def _settings() -> tuple[Given | Formula, ...]:
    """The curve, the number of ReLUs, and how far off their sum is."""
    return (
        Given(name="curve", title="curve", value="sine", choices=("sine", "step", "parabola")),
        Given(name="n_units", title="ReLUs", value=8.0, low=1, high=32, whole=True, number_format="0", words="1 to 32"),
        Given(
            name="placing",
            title="breakpoints",
            value="even",
            choices=("even", "own"),
            words="even: spread by formula; own: those of the column, rising from 0",
        ),
        Formula(
            name="start",
            title="curve at 0",
            number_format="0.00",
            pattern=curve("0"),
            words="where the curve begins: the bias of the last layer",
        ),
        Formula(
            name="largest_error",
            title="largest error",
            number_format="0.0000",
            role="result",
            scale="target",
            pattern="MAX(MAX(error), -MIN(error))",
        ),
    )


def _units(here: str) -> tuple[Given | Formula, ...]:
    """Each ReLU: where it bends, and how steep it is."""
    return (
        axis_numbers("every_number", "every", "ReLU"),
        axis_numbers("unit_number", "unit", "ReLU"),
        Given(
            name="own_breakpoint",
            axes="every",
            title="breakpoint, own",
            number_format="0.000",
            low=0.0,
            high=0.999,
            unit=0.01,
        ),
        Formula(
            name="breakpoint",
            axes="every",
            title="breakpoint",
            number_format="0.000",
            pattern='IF(placing="even", (every_number-1)/n_units, own_breakpoint)',
        ),
        Formula(
            name="knot",
            axes="unit",
            title="curve there",
            number_format="0.000",
            blank="none",
            scale="target",
            pattern=f'IF(unit_number>n_units, "none", {curve(here)})',
        ),
        Formula(
            name="next_break",
            axes="unit",
            title="next breakpoint",
            number_format="0.000",
            blank="none",
            pattern='IF(unit_number>n_units, "none", IF(unit_number=n_units, 1, INDEX(breakpoint, unit_number+1, 1)))',
        ),
        Formula(
            name="next_knot",
            axes="unit",
            title="curve there",
            number_format="0.000",
            blank="none",
            scale="target",
            pattern=f'IF(unit_number>n_units, "none", {curve("next_break")})',
        ),
        Formula(
            name="steepness",
            axes="unit",
            title="slope between",
            number_format="0.000",
            blank="none",
            pattern=f"""IF(unit_number>n_units, "none", IF(next_break<={here}, 0, (next_knot-knot)/(next_break-{here})))""",
        ),
        Formula(
            name="height",
            axes="unit",
            title="height: change of slope",
            number_format="0.000",
            scale="steepness",
            pattern="IF(unit_number>n_units, 0, IF(unit_number=1, steepness, steepness-PREV(steepness, start)))",
        ),
    )


def _corners(here: str) -> tuple[Given | Formula, ...]:
    """Each ReLU as it is drawn."""
    return (
        axis_numbers("corner_number", "corner", across="corner"),
        Formula(
            name="bend_x",
            axes="corner unit",
            across="corner",
            title="x of its three points",
            number_format="0.000",
            blank="none",
            pattern=f"""IF(unit_number>n_units, "none", IF(corner_number=1, 0, IF(corner_number=2, {here}, 1)))""",
        ),
        Formula(
            name="bend_y",
            axes="corner unit",
            across="corner",
            title="y of its three points",
            number_format="0.000",
            blank="none",
            scale="height",
            pattern=f"""IF(unit_number>n_units, "none", IF(corner_number=3, height*(1-{here}), 0))""",
        ),
    )


def _fit() -> tuple[Given | Formula, ...]:
    """The curve, and the sum of the ReLUs."""
    return (
        axis_numbers("point", "point", "x", number_format="0.00"),
        Formula(name="target", axes="point", title="curve", number_format="0.000", pattern=curve("point")),
        Formula(
            name="fitted",
            axes="point",
            title="sum of ReLUs",
            number_format="0.000",
            scale="height",
            pattern="start+SUMPRODUCT(height*(point>breakpoint)*(point-breakpoint))",
        ),
        Formula(
            name="error",
            axes="point",
            title="error",
            number_format="0.000",
            scale="height target",
            pattern="fitted-target",
        ),
    )
