"""Entity embedding: a category of a table as a row of numbers."""

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Words


def sheet() -> Sheet:
    """Days of the week, one-hot and embedded."""
    return Sheet(
        name="entity",
        title="Entity embedding",
        summary="a categorical column of a table: one-hot beside an embedding",
        words="""
            A table's column of categories, here days of the week, is no number: Sunday is not seven times Monday. One-hot gives each category a
            column of its own. An embedding gives it a few learned numbers, looked up, so that like days can be alike. It is the same look-up as for
            users and movies.
        """,
        blocks=(
            Formula(name="one_hot_columns", title="columns, one-hot", number_format="0", pattern="COUNT(table_number)"),
            Formula(
                name="embedding_columns",
                title="columns, embedded",
                number_format="0",
                role="result",
                pattern="COUNT(embedding)/COUNT(table_number)",
            ),
            Formula(
                name="largest_difference",
                title="product less look-up",
                number_format="0",
                role="check",
                pattern="SQRT(SUMPRODUCT(MAX((by_product-by_lookup)^2)))",
                words="exactly 0",
            ),
            Given(name="category_name", axes="category", title="category", text=True, fixed=True),
            Given(
                name="table_number", axes="category", across="category", title="category", number_format="0", fixed=True
            ),
            Given(
                name="embedding",
                axes="category dimension",
                title="embedding: each row is a category",
                number_format="0.00",
                low=-100,
                high=100,
                look="diverging",
            ),
            Given(
                name="category_number",
                axes="record",
                title="category of each record",
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
            Fields("one_hot_columns embedding_columns largest_difference"),
            Words("The embedding"),
            Grid("category_name embedding"),
            Words("The records"),
            Grid("""
                .               table_number | . | .
                category_number one_hot | by_product | by_lookup
            """),
        ),
        derive=(Derive("layers.entity"),),
    )
