"""Functions that look something up in ranges, and which of their arguments these are."""

from collections.abc import Sequence

from workbook.formula.grammar import Call, Node

LOOKED_IN: dict[str, frozenset[int]] = {
    **dict.fromkeys(
        ("INDEX", "LARGE", "SMALL", "COUNTIF", "PERCENTILE", "QUARTILE", "PERCENTRANK"),
        frozenset({0}),
    ),
    **dict.fromkeys(("MATCH", "RANK", "VLOOKUP", "HLOOKUP"), frozenset({1})),
    **dict.fromkeys(("SUMIF", "AVERAGEIF"), frozenset({0, 2})),
    "LOOKUP": frozenset({1, 2}),
}
"""Function → which of its arguments are ranges. COUNTIFS, SUMIFS and AVERAGEIFS take as many as they like."""


def looked_in(call: Call) -> Sequence[Node | None]:
    """The arguments of a function that it looks something up in; none of another function."""
    match call:
        case Call("COUNTIFS", arguments):
            return arguments[::2]
        case Call("SUMIFS" | "AVERAGEIFS", arguments):
            return (*arguments[:1], *arguments[1::2])
        case Call(function, arguments):
            places = LOOKED_IN.get(function, frozenset())
            return [argument for place, argument in enumerate(arguments) if place in places]
