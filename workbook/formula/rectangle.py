"""Rectangles of cells."""

from workbook.formula.address import cell_position, range_address

Rectangle = tuple[int, int, int, int]
"""The first row, the first column, the last row and the last column, from 1."""


def rectangle(text: str) -> Rectangle:
    """The rectangle that a range such as `B3:D9` names.

    >>> rectangle("B3:D9"), rectangle("$B$3")
    ((3, 2, 9, 4), (3, 2, 3, 2))

    Raises:
        FormulaError: a corner is no address of a cell.
    """
    corners = [cell_position(corner) for corner in text.split(":")]
    return (*corners[0], *corners[-1])


def spelled(area: Rectangle) -> str:
    """The range that a rectangle is, as a formula spells it.

    >>> spelled((3, 2, 9, 4)), spelled((3, 2, 3, 2))
    ('B3:D9', 'B3')
    """
    top, left, bottom, right = area
    return range_address(top, left, bottom - top + 1, right - left + 1)


def cell_count(area: Rectangle) -> int:
    """How many cells a rectangle has.

    >>> cell_count((3, 2, 9, 4))
    21
    """
    top, left, bottom, right = area
    return (bottom - top + 1) * (right - left + 1)


def overlap(a: Rectangle, b: Rectangle) -> bool:
    """Whether two rectangles have a cell in common."""
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def common(a: Rectangle, b: Rectangle) -> Rectangle | None:
    """The cells that two rectangles have in common; None where there are none."""
    return (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])) if overlap(a, b) else None
