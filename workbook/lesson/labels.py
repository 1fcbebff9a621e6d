"""Blocks that say what the rows and columns of others are."""

from typing import Any

from workbook.lesson.blocks import Formula, Given


def axis_numbers(name: str, axes: str, title: str = "", **form: Any) -> Given:
    """A number for each step along some axes, which nobody changes; the values come with the lesson's data."""
    return Given(**{"name": name, "axes": axes, "title": title, "number_format": "0", "fixed": True, **form})


def axis_names(name: str, axes: str, title: str = "", **form: Any) -> Given:
    """A name for each step along some axes, which nobody changes; the values come with the lesson's data."""
    return Given(name=name, axes=axes, title=title, text=True, fixed=True, **form)


def label(name: str, axes: str, pattern: str, title: str = "", **form: Any) -> Formula:
    """A number or a name for each step along some axes, which the pattern computes, mostly from another block."""
    return Formula(name=name, axes=axes, title=title, pattern=pattern, role="label", **form)
