"""Blocks that say what the rows and columns of others are."""

from typing import Any

from workbook.lesson.blocks import Formula, Given


def axis_numbers(name: str, axes: str, title: str = "", **form: Any) -> Given:
    """A number for each step along some axes, which nobody changes; the values come with the lesson's data.

    >>> steps = axis_numbers("step_number", "step", "step", width=5)
    >>> steps.fixed, steps.number_format, steps.is_text, steps.width
    (True, '0', False, 5)
    """
    return Given(**{"name": name, "axes": axes, "title": title, "number_format": "0", "fixed": True, **form})


def axis_names(name: str, axes: str, title: str = "", **form: Any) -> Given:
    """A name for each step along some axes, which nobody changes; the values come with the lesson's data.

    >>> films = axis_names("film_name", "film", across="film")
    >>> films.fixed, films.is_text, films.across_axes
    (True, True, ('film',))
    """
    return Given(name=name, axes=axes, title=title, text=True, fixed=True, **form)


def label(name: str, axes: str, pattern: str, title: str = "", **form: Any) -> Formula:
    """A number or a name for each step along some axes, which the pattern computes, mostly from another block.

    >>> user = label("user_id", "user", "ratings.user_id", "user", number_format="0")
    >>> user.role, user.pattern, user.title
    ('label', 'ratings.user_id', 'user')
    """
    return Formula(name=name, axes=axes, title=title, pattern=pattern, role="label", **form)
