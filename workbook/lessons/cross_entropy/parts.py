"""What several sheets of the lesson share."""

from workbook.lesson.lesson import Formula


def class_names() -> Formula:
    """The names of the classes above their columns."""
    return Formula(
        name="klass_name", axes="klass", across="klass", text=True, role="label", pattern="softmax.class_name"
    )
