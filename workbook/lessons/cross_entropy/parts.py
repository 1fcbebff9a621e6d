"""What several sheets of the lesson share."""

from workbook.lesson.labels import label
from workbook.lesson.lesson import Formula


def class_names() -> Formula:
    """The names of the classes above their columns."""
    return label("klass_name", "klass", "softmax.class_name", across="klass", text=True)
