"""Names left out of statements and put into them: the old statements stay as they were."""

import ast

from workbook.transpile.back.anonymous import Anonymous, Texts


def test_a_function_of_nothing_keeps_its_name_where_another_one_is_made_of_it() -> None:
    (old,) = ast.parse("def rate():\n    return 0.5").body
    named = Texts({"rate": "step"}).statement(old)
    numbered = Anonymous("rate".__eq__, ()).statement(old)
    assert [ast.unparse(one).partition("(")[0] for one in (named, numbered, old)] == ["def step", "def _0", "def rate"]
