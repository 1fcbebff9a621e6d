"""MovieLens ratings and titles, the bundled ones or a person's own, and the parts of them that the lessons use.

Ratings are parsed by ``numpy.loadtxt``, which is strict and compiled. From the lines that it refuses on, a file is read
row by row, to read what numpy cannot or to name the row at fault. It needs no further library, and is fast enough: 25
million rows take seconds (``tests/benchmarks/test_bench_movielens.py``).
"""

import hashlib
import re
import warnings
from array import array
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets import bundled
from engine.datasets.textfile import (
    delimiter_of,
    encoding_of,
    first_text,
    is_utf8,
    open_text,
    reading,
    rows,
    spelled,
    split,
)
from engine.errors import DataError

BUNDLED_SOURCE = "MovieLens latest small (2016)"

# The usual scales fit: MovieLens 0.5 to 5, Netflix 1 to 5, IMDb and Book-Crossing up to 10. A number outside is far
# more likely to be an id or a timestamp in the wrong column.
LOWEST_RATING, HIGHEST_RATING = 0.0, 10.0

# The lessons hold ids as float64, which tells whole numbers apart up to here.
LARGEST_ID = 2**53

LONGEST_TITLE = 200

# Few enough to be read again quickly, row by row, when one of them is at fault.
LINES_AT_ONCE = 250_000

_NAMES = (
    ("user", frozenset({"user", "userid"})),
    ("movie", frozenset({"movie", "movieid", "item", "itemid"})),
    ("rating", frozenset({"rating"})),
)
_WHOLE = re.compile(r"\+?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+")
"""Unicode's controls and line separators, and the two characters that XML cannot hold."""


@dataclass(frozen=True, eq=False)
class Ratings:
    """Ratings in the order of their file: one user, one movie and one number each.

    Args:
        user: (rating,), int64, the id of who rated.
        movie: (rating,), int64, the id of what was rated.
        rating: (rating,), float64, 0 to 10.
        source: where they come from, in words.
        digest: the SHA-256 of the file's bytes, in hexadecimal.
    """

    user: NDArray[np.int64]
    movie: NDArray[np.int64]
    rating: NDArray[np.float64]
    source: str
    digest: str

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        if not self.user.shape == self.movie.shape == self.rating.shape == (self.rating.size,):
            shapes = f"{self.user.shape}, {self.movie.shape} and {self.rating.shape}"
            raise DataError(f"{self.source}: user, movie and rating have the shapes {shapes}, expected one length")


@dataclass(frozen=True, eq=False)
class Cut:
    """The ratings among the busiest users and the most rated movies.

    Args:
        user_id: (user,), int64, rising.
        movie_id: (movie,), int64, rising.
        rated_by: (rating,), int64, each in user_id; the ratings are in the order of (user, movie).
        rated_movie: (rating,), int64, each in movie_id.
        rating: (rating,), float64.
    """

    user_id: NDArray[np.int64]
    movie_id: NDArray[np.int64]
    rated_by: NDArray[np.int64]
    rated_movie: NDArray[np.int64]
    rating: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MostRated:
    """The most rated movies, the most rated first, movies of equal count by rising id.

    Args:
        film_id: (film,), int64.
        film_count: (film,), int64, how many ratings the movie has.
        film_mean: (film,), float64, their mean.
    """

    film_id: NDArray[np.int64]
    film_count: NDArray[np.int64]
    film_mean: NDArray[np.float64]


@dataclass(frozen=True)
class _Layout:
    """How a text file is laid out: where user, movie and rating stand in a row, and the first line of data, from 0."""

    encoding: str
    delimiter: str
    columns: tuple[int, int, int]
    first_line: int


def read_ratings(path: Path | None = None) -> Ratings:
    """Return the ratings in a file.

    MovieLens ``ratings.csv``, ``u.data`` and ``ratings.dat`` are read, and any text file whose columns are user, item
    and rating in that order, or are named so in its header: split by comma, tab, semicolon or ``::``, with or without a
    header line, gzipped or not, in Latin-1 or UTF-8. Further columns and empty lines are passed over.

    Args:
        path: the file, or None for the bundled one.

    Returns:
        Every rating of the file, in its order.

    Raises:
        DataError: the file cannot be read, a row is not a rating, or a user rates a movie twice; with the row, from 1.

    >>> read_ratings().rating.size
    100004
    """
    file = bundled("movielens/ratings.csv.gz") if path is None else path
    with reading(file):
        layout = _layout(file)
        user, movie, rating, row = _load(file, layout)
        repeat = _first_repeat(user, movie)
        if repeat is not None:
            first, second = repeat
            pair = f"user {user[second]} rates movie {movie[second]}"
            raise DataError(
                f"{file}, row {row[second]}: {pair} a second time (first in row {row[first]}), expected once"
            )
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Ratings(user, movie, rating, BUNDLED_SOURCE if path is None else file.name, digest)


def read_titles(path: Path | None = None) -> dict[int, str]:
    """Return the title of each movie in a file, made fit to be shown.

    MovieLens ``movies.csv``, ``u.item`` and ``movies.dat`` are read, and any text file whose first columns are id and
    title. Control characters become spaces; a title longer than 200 characters is cut and ends in an ellipsis; a blank
    one is left out.

    Args:
        path: the file, or None for the bundled one.

    Returns:
        Titles by movie id, in the order of the file.

    Raises:
        DataError: the file cannot be read, a row lacks an id or a title, or an id comes twice; with the row, from 1.

    >>> read_titles()[1]
    'Toy Story (1995)'
    """
    file = bundled("movielens/movies.csv.gz") if path is None else path
    with reading(file):
        encoding = encoding_of(file, "titles")
        if is_utf8(file):
            encoding = "utf-8-sig"
        line, text = first_text(file, encoding, "titles")
        delimiter = delimiter_of(text, 2)
        if delimiter is None:
            raise DataError(f"{file}, row {line + 1}: 1 column found, expected at least movie and title")
        has_header = not _WHOLE.fullmatch(split(text, delimiter)[0])
        titles: dict[int, str] = {}
        for row, fields in rows(file, encoding, delimiter, line + has_header):
            if len(fields) < 2:
                raise DataError(f"{file}, row {row}: 1 column found, expected at least movie and title")
            movie = _id(file, row, "movie", fields[0])
            if movie in titles:
                raise DataError(f"{file}, row {row}: movie {movie} is there a second time, expected once")
            titles[movie] = _clean(fields[1])
    if not titles:
        raise DataError(f"{file}: there is a header but no title below it")
    return {movie: title for movie, title in titles.items() if title}


def cut(ratings: Ratings, n_users: int = 15, n_movies: int = 15) -> Cut:
    """Return the ratings among the users who rated most and the movies most rated, counted over all ratings.

    Of users, or movies, with equally many ratings the smaller id goes first.

    Args:
        ratings: at least n_users users and n_movies movies.
        n_users: how many users to keep, 1 or more.
        n_movies: how many movies to keep, 1 or more.

    Returns:
        The cut, its ids rising.

    Raises:
        DataError: there are too few users or movies, or fewer than 2 ratings among those kept.

    >>> cut(read_ratings()).rating.size
    206
    """
    user_id = np.sort(_busiest(ratings, "users", ratings.user, n_users)[0])
    movie_id = np.sort(_busiest(ratings, "movies", ratings.movie, n_movies)[0])
    kept = np.flatnonzero(np.isin(ratings.movie, movie_id))
    kept = kept[np.isin(ratings.user[kept], user_id)]
    if kept.size < 2:
        among = f"the {n_users} busiest users and {n_movies} most rated movies"
        raise DataError(f"{ratings.source}: {_counted(kept.size, 'rating')} among {among}, expected at least 2")
    kept = kept[np.lexsort((ratings.movie[kept], ratings.user[kept]))]
    return Cut(user_id, movie_id, ratings.user[kept], ratings.movie[kept], ratings.rating[kept])


def most_rated(ratings: Ratings, n: int = 1000) -> MostRated:
    """Return the n movies with the most ratings, or all of them where there are fewer.

    Args:
        ratings: any ratings.
        n: how many movies, 1 or more.

    Returns:
        The movies with the count and the mean of their ratings.

    Raises:
        DataError: n is less than 1.

    >>> most_rated(read_ratings(), 2).film_id
    array([356, 296])
    """
    film_id, film_count = _busiest(ratings, "movies", ratings.movie, n, all_there_are=True)
    rising = np.argsort(film_id)
    kept = np.isin(ratings.movie, film_id)
    position = rising[np.searchsorted(film_id, ratings.movie[kept], sorter=rising)]
    total = np.bincount(position, weights=ratings.rating[kept], minlength=film_id.size)
    return MostRated(film_id, film_count, total / film_count)


def sample(ratings: Ratings, limit: int = 200_000, *, seed: int) -> tuple[Ratings, bool]:
    """Return at most ``limit`` of the ratings, chosen at random without replacement, and whether any were left out.

    Args:
        ratings: any ratings.
        limit: the most to keep, 1 or more.
        seed: the same seed and ratings give the same choice, under one version of numpy.

    Returns:
        The ratings kept, in the order of their file, and True where some were left out.

    Raises:
        DataError: limit is less than 1.

    >>> sample(read_ratings(), 10, seed=0)[1]
    True
    """
    if limit < 1:
        raise DataError(f"a sample of {limit} ratings was asked for, expected at least 1")
    if ratings.rating.size <= limit:
        return ratings, False
    chosen = np.random.default_rng(seed).choice(ratings.rating.size, limit, replace=False, shuffle=False)
    chosen.sort()
    return replace(ratings, user=ratings.user[chosen], movie=ratings.movie[chosen], rating=ratings.rating[chosen]), True


def _busiest(
    ratings: Ratings, what: str, ids: NDArray[np.int64], n: int, all_there_are: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the n most frequent ids, the most frequent first, and their counts."""
    if n < 1:
        raise DataError(f"{n} {what} were asked for, expected at least 1")
    found, count = np.unique(ids, return_counts=True)
    if found.size < n and not all_there_are:
        raise DataError(f"{ratings.source}: {n} {what} were asked for and there are only {found.size}")
    order = np.lexsort((found, -count))[:n]
    return found[order], count[order]


_Table = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int32]]


def _load(path: Path, layout: _Layout) -> _Table:
    """Return user, movie, rating and the row of each, from 1."""
    parts: list[_Table] = []
    line = layout.first_line
    with open_text(path, layout.encoding) as text:
        data = islice(text, line, None)
        while lines := list(islice(data, LINES_AT_ONCE)):
            part = _parse(lines, line, layout)
            if part is None:
                parts.append(_load_rows(path, layout, line))
                break
            parts.append(part)
            line += len(lines)
    if not sum(part[0].size for part in parts):
        raise DataError(f"{path}: there is a header but no rating below it")
    user, movie, rating, row = zip(*parts, strict=True)
    return np.concatenate(user), np.concatenate(movie), np.concatenate(rating), np.concatenate(row)


def _parse(lines: list[str], first_line: int, layout: _Layout) -> _Table | None:
    """Return what numpy reads in lines, or None where that is not one rating, within its range, in each line."""
    row = np.arange(first_line + 1, first_line + 1 + len(lines), dtype=np.int32)
    if "\n" in lines:
        row = row[[line != "\n" for line in lines]]
    step = len(layout.delimiter)  # numpy splits by one character: "a::b" has its columns at 0 and 2
    for quotechar in (None, '"'):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                table = np.loadtxt(
                    lines,
                    dtype=[("user", np.int64), ("movie", np.int64), ("rating", np.float64)],
                    comments=None,
                    delimiter=layout.delimiter[0],
                    usecols=[step * column for column in layout.columns],
                    quotechar=quotechar,
                    ndmin=1,
                )
            except (ValueError, Warning):
                continue
        # a quote that is never closed swallows the lines after it, without an error from numpy
        if table.size != row.size:
            continue
        user, movie, rating = (table[name].copy() for name in ("user", "movie", "rating"))
        ids_fit = min(user.min(), movie.min()) >= 0 and max(user.max(), movie.max()) <= LARGEST_ID
        # NaN fails both comparisons, and so is refused too
        if ids_fit and rating.min() >= LOWEST_RATING and rating.max() <= HIGHEST_RATING:
            return user, movie, rating, row
    return None


def _load_rows(path: Path, layout: _Layout, first_line: int) -> _Table:
    """Return what stands from a line on, row by row; raise DataError at the first row which is not a rating."""
    users, movies, values, numbers = array("q"), array("q"), array("d"), array("i")
    for row, fields in rows(path, layout.encoding, layout.delimiter, first_line):
        if len(fields) <= max(layout.columns):
            found = _counted(len(fields), "column")
            raise DataError(f"{path}, row {row}: {found} found, expected at least {max(layout.columns) + 1}")
        user, movie, rating = (fields[column] for column in layout.columns)
        users.append(_id(path, row, "user", user))
        movies.append(_id(path, row, "movie", movie))
        if not _NUMBER.fullmatch(rating):
            raise DataError(f"{path}, row {row}: the rating is {_shown(rating)}, expected a number such as 3.5")
        values.append(float(rating))
        if not LOWEST_RATING <= values[-1] <= HIGHEST_RATING:
            scale = f"{LOWEST_RATING:g} to {HIGHEST_RATING:g}"
            raise DataError(f"{path}, row {row}: the rating is {values[-1]:g}, expected {scale}")
        numbers.append(row)
    return np.array(users, np.int64), np.array(movies, np.int64), np.array(values), np.array(numbers, np.int32)


def _first_repeat(user: NDArray[np.int64], movie: NDArray[np.int64]) -> tuple[int, int] | None:
    """Return the places of the first rating whose user and movie were there before, and of that earlier one first."""
    span = int(movie.max()) + 1
    if (int(user.max()) + 1) * span >= 2**63:
        user, movie = (np.unique(ids, return_inverse=True)[1] for ids in (user, movie))
        span = int(movie.max()) + 1
    pair = user * span + movie
    # MovieLens is sorted so, which spares it the sort.
    if np.all(pair[1:] > pair[:-1]):
        return None
    in_order = np.sort(pair)
    if np.all(in_order[1:] > in_order[:-1]):
        return None
    order = np.argsort(pair, kind="stable")
    again = order[1:][pair[order[1:]] == pair[order[:-1]]]
    second = int(again.min())
    return int(np.flatnonzero(pair == pair[second])[0]), second


def _id(path: Path, row: int, what: str, text: str) -> int:
    """Return an id; refuse one that is not a whole number which float64 can hold."""
    if not _WHOLE.fullmatch(text) or int(text) > LARGEST_ID:
        whole = f"a whole number from 0 to {LARGEST_ID}"
        raise DataError(f"{path}, row {row}: the {what} id is {_shown(text)}, expected {whole}")
    return int(text)


def _layout(path: Path) -> _Layout:
    """Return how a ratings file is laid out, judged by its first line of text."""
    encoding = encoding_of(path, "ratings")
    line, text = first_text(path, encoding, "ratings")
    delimiter = delimiter_of(text, 3)
    if delimiter is None:
        raise DataError(f"{path}, row {line + 1}: fewer than 3 columns found, expected user, movie and rating")
    fields = split(text, delimiter)
    if any(_NUMBER.fullmatch(field) for field in fields[:3]):
        return _Layout(encoding, delimiter, (0, 1, 2), line)
    return _Layout(encoding, delimiter, _columns(path, line + 1, fields), line + 1)


def _columns(path: Path, row: int, header: list[str]) -> tuple[int, int, int]:
    """Return where a header has user, movie and rating: by name where it names all three, else the first three."""
    plain = [re.sub(r"[\s_.-]", "", name).casefold() for name in header]
    found = {role: [place for place, name in enumerate(plain) if name in names] for role, names in _NAMES}
    if all(len(places) == 1 for places in found.values()):
        return found["user"][0], found["movie"][0], found["rating"][0]
    if any(place != expected for expected, places in enumerate(found.values()) for place in places):
        raise DataError(
            f"{path}, row {row}: the columns are {_shown(', '.join(header))}, expected user, movie and rating"
        )
    return 0, 1, 2


def _clean(title: str) -> str:
    """Return a title without control characters and no longer than 200 characters."""
    plain = _CONTROL.sub(" ", title).strip()
    return plain if len(plain) <= LONGEST_TITLE else plain[: LONGEST_TITLE - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _counted(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _shown(text: str) -> str:
    """Return text in quotes, its end left out where it is long."""
    text = spelled(text)
    return repr(text if len(text) <= 60 else text[:59] + "\N{HORIZONTAL ELLIPSIS}")
