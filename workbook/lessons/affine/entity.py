"""Entity embedding: a category of a table as a row of numbers."""

from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet


def sheet() -> Sheet:
    """Days of the week, one-hot and embedded."""
    return Sheet(
        name="entity",
        title="Entity embedding",
        summary="a categorical column of a table: one-hot beside an embedding",
        words="""
            A day of the week is not a number: Sunday is not seven times Monday. One-hot gives each day a column of its own, a 1 among zeros. An embedding gives it a
            few learned numbers, so that similar days can have similar numbers.
        """,
        tries="Change a record's day: both ways find the same row of the table.",
        blocks=(
            Formula(name="one_hot_columns", title="one-hot columns", number_format="0", pattern="COUNT(table_number)"),
            Formula(
                name="embedding_columns",
                title="embedding columns",
                number_format="0",
                role="result",
                pattern="COUNT(embedding)/COUNT(table_number)",
            ),
            Formula(
                name="distance",
                title="distance",
                number_format="0",
                role="check",
                pattern="SQRT(SUMPRODUCT((by_product-by_lookup)^2))",
                words="between product and look-up, all cells together: exactly 0",
            ),
            axis_names("category_name", "category", width=17),
            axis_numbers("table_number", "category", across="category"),
            Given(
                name="embedding",
                axes="category dimension",
                title="embedding: a row for each day",
                number_format="0.00",
                low=-100,
                high=100,
                look="diverging",
            ),
            axis_numbers("record_number", "record", "record"),
            Formula(
                name="record_name",
                axes="record",
                text=True,
                title="it is a",
                width=11,
                pattern="INDEX(category_name, category_number, 1)",
            ),
            Given(
                name="category_number",
                axes="record",
                title="day",
                number_format="0",
                low=1,
                high=7,
                whole=True,
            ),
            Formula(
                name="one_hot",
                axes="record category",
                title="one-hot",
                number_format='0;-0;"·"',
                look="sequential",
                pattern="IF(category_number=table_number, 1, 0)",
            ),
            Formula(
                name="by_product",
                axes="record dimension",
                title="one-hot × embedding",
                number_format="0.00",
                look="diverging",
                pattern="MMULT(one_hot, embedding)",
            ),
            Formula(
                name="by_lookup",
                axes="record dimension",
                title="looked up",
                number_format="0.00",
                look="diverging",
                pattern="INDEX(embedding, category_number, 1)",
            ),
        ),
        layout=(
            Fields("one_hot_columns embedding_columns distance"),
            Grid("category_name embedding", tight=True),
            Grid(
                """
                .             .               .           table_number . .          . .
                record_number category_number record_name one_hot      → by_product = by_lookup
                """,
                tight=True,
            ),
        ),
        column_width=6.2,
        derive=(Derive("layers.entity"), Derive("layers.named", shown=False)),
    )
