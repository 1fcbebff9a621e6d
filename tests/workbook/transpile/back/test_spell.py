"""The source of assignments: it reads back as the tree that it is of, spelled as `ast.unparse` has it."""

import ast
import random
import re
import sys
from collections.abc import Mapping

import pytest
from sweep import SWEEP

from workbook.transpile.back.code import Word
from workbook.transpile.back.rewrite import spelled
from workbook.transpile.back.spell import assignment, source
from workbook.transpile.targets import TARGETS

_BINARY = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.MatMult, ast.Pow, ast.BitAnd, ast.BitOr)
_UNARY = (ast.USub, ast.UAdd, ast.Invert, ast.Not)
_COMPARE = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot, ast.In, ast.NotIn)
_COUNT = 3000 if SWEEP else 600
_LEAVES = ("a", "'it''s'", '"x\\n"', "1", "2.5", "1e+300", "True", "None")


def drawn(chance: random.Random, depth: int, words: Mapping[str, str] | None = None) -> ast.expr:
    """An expression of up to so many nodes in each other, of all kinds that are written here, with some words."""
    if words and chance.random() < 0.3:
        name, form = chance.choice(sorted(words.items()))
        count = max((int(found) + 1 for found in re.findall(r"{(\d+)}", form)), default=form.count("{}"))
        return Word(name, [drawn(chance, chance.randrange(max(depth, 1)), words) for _ in range(count)])
    if depth == 0:
        return ast.parse(chance.choice(_LEAVES), mode="eval").body

    def inner() -> ast.expr:
        return drawn(chance, chance.randrange(depth), words)

    def some(most: int) -> list[ast.expr]:
        return [inner() for _ in range(chance.randrange(most))]

    names = ast.arguments([], [ast.arg(name) for name in "ij"[: chance.randrange(3)]], None, [], [], None, [])
    places = (
        inner(),
        ast.Slice(inner(), None, None),
        ast.Slice(None, inner(), inner()),
        ast.Tuple(some(3), ast.Load()),
    )
    return chance.choice(
        (
            lambda: ast.BinOp(inner(), chance.choice(_BINARY)(), inner()),
            lambda: ast.UnaryOp(chance.choice(_UNARY)(), inner()),
            lambda: ast.Compare(inner(), [chance.choice(_COMPARE)()], [inner()]),
            lambda: ast.IfExp(inner(), inner(), inner()),
            lambda: ast.Tuple(some(4), ast.Load()),
            lambda: ast.List(some(4), ast.Load()),
            lambda: ast.Call(inner(), some(3), [ast.keyword("k", inner()), ast.keyword(None, inner())][: len(some(3))]),
            lambda: ast.Subscript(inner(), chance.choice(places), ast.Load()),
            lambda: ast.Attribute(inner(), "size", ast.Load()),
            lambda: ast.Lambda(names, inner()),
        )
    )()


def test_an_assignment_reads_back_as_its_tree() -> None:
    chance, written = random.Random(0), 0
    for _ in range(_COUNT):
        statement = ast.Assign([ast.Name("z", ast.Store())], drawn(chance, 5), lineno=1)
        text = assignment(statement)
        if text is None:
            continue
        written += 1
        assert ast.dump(ast.parse(text).body[0]) == ast.dump(ast.parse(ast.unparse(statement)).body[0])
        if sys.version_info[:2] == (3, 11):
            assert text == ast.unparse(statement)
    assert written > _COUNT * 2 / 3


@pytest.mark.parametrize("target", TARGETS)
def test_words_are_spelled_as_in_the_trees_of_a_language(target: str) -> None:
    chance, words, written = random.Random(1), TARGETS[target].words, 0
    for _ in range(_COUNT):
        statement = ast.Assign([ast.Name("z", ast.Store())], drawn(chance, 3, words), lineno=1)
        text, plain = assignment(statement, words), spelled(statement, words)
        written += text is not None
        assert text == assignment(plain)
        assert source([statement], words, lambda _, plain=plain: plain) == (text or ast.unparse(plain))
    assert written > _COUNT / 2


@pytest.mark.parametrize(
    "left",
    [
        "a, b = c",
        "a = b = c",
        "a[0] = b",
        "x = [i for i in y]",
        "x = f'{y}'",
        "x = a and b",
        "a += 1",
        "f(x)",
        "x = -1e999",
    ],
)
def test_what_is_not_common_is_left_to_the_library(left: str) -> None:
    (statement,) = ast.parse(left).body
    assert assignment(statement) is None


def test_statements_keep_their_order() -> None:
    text = "a = 1\nfor i in a:\n    b = i\nf(b)\nc = b + 1"
    assert source(ast.parse(text).body, {}, lambda statement: statement) == text
