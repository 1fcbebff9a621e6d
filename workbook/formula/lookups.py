"""Functions that look something up in ranges, and which of their arguments these are."""

from workbook.formula.grammar import Call, Node

_LOOKED_IN: dict[str, frozenset[int]] = {
    **dict.fromkeys(
        ("INDEX", "LARGE", "SMALL", "COUNTIF", "PERCENTILE", "QUARTILE", "PERCENTRANK"),
        frozenset({0}),
    ),
    **dict.fromkeys(("MATCH", "RANK", "VLOOKUP", "HLOOKUP"), frozenset({1})),
    **dict.fromkeys(("SUMIF", "AVERAGEIF"), frozenset({0, 2})),
    "LOOKUP": frozenset({1, 2}),
}
"""Function → which of its arguments are ranges, where their number is fixed."""


def is_looked_in(function: str, argument: int) -> bool:
    """Whether a function looks something up in its argument, counted from 0.

    >>> [k for k in range(6) if is_looked_in("SUMIFS", k)], [k for k in range(6) if is_looked_in("COUNTIFS", k)]
    ([0, 1, 3, 5], [0, 2, 4])
    """
    match function:
        case "COUNTIFS":
            return argument % 2 == 0
        case "SUMIFS" | "AVERAGEIFS":
            return argument == 0 or argument % 2 == 1
    return argument in _LOOKED_IN.get(function, ())


def looked_in(call: Call) -> list[Node | None]:
    """The arguments of a function that it looks something up in; none of another function."""
    return [argument for place, argument in enumerate(call.arguments) if is_looked_in(call.function, place)]
