"""What a sheet says of an answer that a learner typed: `to do`, `✓ right`, `not yet`.

A verdict is an ordinary formula beside an empty yellow block (`Given` with `optional`). It compares with a tolerance,
so that a rounded number is right, and never with `=`.
"""

from collections.abc import Iterable

TO_DO, RIGHT, NOT_YET = "to do", "✓ right", "not yet"
NOT_A_NUMBER, AN_ERROR = "a text, not a number", "an error, not a number"
TOLERANCE = 0.005
"""How far a prediction may be off: two decimals of numbers around 1, and half a percent of larger ones."""


def verdict(
    answer: str, right: str, told: Iterable[tuple[str, str]] = (), awaits: Iterable[tuple[str, str]] = ()
) -> str:
    """The pattern of the verdict on an answer: one cell, or all that the verdict's own block takes of it whole.

    Args:
        answer: the name of the answer's block.
        right: the pattern of a condition that holds where the answer is right.
        told: the patterns of conditions that hold where it is wrong in a known way, each with the words for it.
        awaits: other answers that it can't be judged without, each with what it is called.

    >>> verdict("guess", "guess=4")
    'IF(ISERROR(SUM(guess)), "an error, not a number", IF(COUNT(guess)<COUNTA(guess), "a text, not a number", \
IF(COUNT(guess)<ROWS(guess)*COLUMNS(guess), "to do", IF(IFERROR(guess=4, FALSE), "✓ right", "not yet"))))'
    """
    wrong = _quoted(NOT_YET)
    for condition, words in reversed(list(told)):
        wrong = f"IF(IFERROR({condition}, FALSE), {_quoted(f'{NOT_YET}: {words}')}, {wrong})"
    filled = f"IF(IFERROR({right}, FALSE), {_quoted(RIGHT)}, {wrong})"
    for other, called in reversed(list(awaits)):
        filled = f"IF({_is_incomplete(f'ALL({other})')}, {_quoted(f'{TO_DO}: first {called}')}, {filled})"
    filled = f"IF({_is_incomplete(answer)}, {_quoted(TO_DO)}, {filled})"
    filled = f"IF(COUNT({answer})<COUNTA({answer}), {_quoted(NOT_A_NUMBER)}, {filled})"
    return f"IF(ISERROR(SUM({answer})), {_quoted(AN_ERROR)}, {filled})"


def word(answer: str, right: str) -> str:
    """The pattern of the verdict on a cell that takes a word.

    >>> word("bug", "bug=4")
    'IF(bug="", "to do", IF(IFERROR(bug=4, FALSE), "✓ right", "not yet"))'
    """
    filled = f"IF(IFERROR({right}, FALSE), {_quoted(RIGHT)}, {_quoted(NOT_YET)})"
    return f'IF({answer}="", {_quoted(TO_DO)}, {filled})'


def prediction(answer: str, expected: str, tolerance: float = TOLERANCE) -> str:
    """The pattern of the verdict on each number of a prediction; `engine.reference.answers.prediction` derives it.

    Args:
        answer: the name of the answer's block.
        expected: the pattern of the right number.
        tolerance: how far the answer may be off, of 1 or of the right number, whichever is larger.
    """
    return verdict(answer, near(answer, expected, tolerance))


def near(answer: str, expected: str, tolerance: float = TOLERANCE) -> str:
    """The pattern of the condition that a number is another one, within a tolerance.

    >>> near("guess", "loss", 0.01)
    'ABS(guess-(loss))<=0.01*MAX(1, ABS(loss))'
    """
    return f"ABS({answer}-({expected}))<={tolerance!r}*MAX(1, ABS({expected}))"


def _is_incomplete(answer: str) -> str:
    return f"COUNT({answer})<ROWS({answer})*COLUMNS({answer})"


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'
