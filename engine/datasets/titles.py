"""What films are called on sheets: titles made short, no two alike."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError

_LONGEST = 44
"""The most letters of a title where a column of a sheet shows it."""
_YEAR = re.compile(r"(.*?)( \(\d{4}\))?", re.DOTALL)
_NARROW = 24
"""The longest short title, in letters: three lines over a narrow column."""


def short_titles(titles: Sequence[str]) -> list[str]:
    """Return titles without year, other names and trailing article, cut after a whole word, no two alike.

    Where two films would be called the same, all keep their full titles.

    >>> short_titles(["Matrix, The (1999)", "Star Wars: Episode V - The Empire Strikes Back (1980)"])
    ['Matrix', 'Star Wars: Episode V…']
    """
    names = []
    for title in titles:
        name = title.split(" (")[0] or title
        for article in (", The", ", A", ", An"):
            name = name.removesuffix(article)
        if len(name) > _NARROW:
            whole = name[: _NARROW - 1].rsplit(" ", 1)[0] if " " in name[:_NARROW] else name[: _NARROW - 1]
            name = f"{whole.rstrip(' -:,')}…"
        names.append(name)
    return names if len({name.casefold() for name in names}) == len(names) else list(titles)


def unique_titles(ids: Sequence[int] | NDArray[np.int64], titles: Mapping[int, str]) -> list[str]:
    """Return one short title for each id, no two alike even when case is ignored.

    What else a film is called, in brackets, is left out, and a long title is cut before its year. A title that several
    of the ids share has `` [id]`` added to each; an id without a title is called ``movie <id>``.

    Args:
        ids: (movie,), movie ids, each once.
        titles: titles by movie id; those of other movies do not count.

    Returns:
        Titles in the order of ids.

    Raises:
        DataError: an id comes twice.

    >>> unique_titles([1, 2, 3], {1: "Emma", 2: "EMMA"})
    ['Emma [1]', 'EMMA [2]', 'movie 3']
    """
    numbers = [int(number) for number in ids]
    if len(set(numbers)) < len(numbers):
        raise DataError(f"movie {Counter(numbers).most_common(1)[0][0]} is there twice, expected each movie once")
    names = [_short(titles.get(number) or f"movie {number}") for number in numbers]
    # Another title may itself end in " [id]", so one pass need not be enough.
    while len(count := Counter(name.casefold() for name in names)) < len(names):
        repeated = [count[name.casefold()] > 1 for name in names]
        names = [
            f"{name} [{number}]" if again else name
            for name, number, again in zip(names, numbers, repeated, strict=True)
        ]
    return names


def _short(title: str) -> str:
    """Return a title as a column of names shows it, its year kept.

    >>> _short("Harry Potter and the Sorcerer's Stone (a.k.a. Harry Potter and the Philosopher's Stone) (2001)")
    "Harry Potter and the Sorcerer's Stone (2001)"
    """
    name, year = _YEAR.fullmatch(title).groups(default="")  # type: ignore[union-attr]
    name = re.sub(r"\s+\([^()]*\)", "", name) or name
    room = _LONGEST - len(year)
    if len(name) > room:
        name = name[: room - 1].rpartition(" ")[0].rstrip(" ,:-") or name[: room - 1]
        name += "\N{HORIZONTAL ELLIPSIS}"
    return name + year
