"""Reading MovieLens ratings and titles, and cutting them."""

import csv
import gzip
import hashlib
import os
import random
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from engine.datasets import bundled
from engine.datasets.movielens import Ratings, cut, most_rated, read_ratings, read_titles, sample
from engine.datasets.titles import short_titles, unique_titles
from engine.errors import DataError

Write = Callable[[str, bytes], Path]

# The rows that every well-formed file of these tests holds.
ROWS = [(1, 31, 2.5), (1, 1029, 3.0), (7, 31, 5.0)]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that makes a file of the given name and bytes."""

    def make(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return make


def rows_of(ratings: Ratings) -> list[tuple[int, int, float]]:
    """Return ratings as tuples."""
    return list(zip(ratings.user.tolist(), ratings.movie.tolist(), ratings.rating.tolist(), strict=True))


def ratings_of(rows: list[tuple[int, int, float]]) -> Ratings:
    """Return tuples as ratings."""
    user, movie, rating = zip(*rows, strict=True)
    return Ratings(np.array(user), np.array(movie), np.array(rating, float), "a test", "")


def test_the_bundled_ratings_are_the_set_that_the_notice_describes() -> None:
    ratings = read_ratings()
    assert (ratings.rating.size, np.unique(ratings.user).size, np.unique(ratings.movie).size) == (100_004, 671, 9_066)
    # Counts by value, by awk over the source file.
    values, counts = np.unique(ratings.rating, return_counts=True)
    assert values.tolist() == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0]
    assert counts.tolist() == [1101, 3326, 1687, 7271, 4449, 20064, 10538, 28750, 7723, 15095]


def test_the_bundled_cut_is_the_one_of_the_lecture() -> None:
    grid = cut(read_ratings())
    # Lesson 5's own sheet, whose user numbers are these minus one.
    lecture = [14, 29, 72, 211, 212, 293, 310, 379, 451, 467, 508, 546, 563, 579, 623]
    assert (grid.user_id - 1).tolist() == lecture
    assert grid.rating.size == 206
    # Movies 1198 and 2858 tie at 220 ratings: the smaller id goes in.
    assert 1198 in grid.movie_id
    assert 2858 not in grid.movie_id


def test_the_bundled_titles_cover_every_bundled_movie() -> None:
    titles = read_titles()
    assert set(titles) == set(read_ratings().movie.tolist())
    assert titles[1263] == "Deer Hunter, The (1978)"
    assert titles[293] == "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)"
    assert titles[51372] == '"Great Performances" Cats (1998)'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ratings.csv", b"userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n1,1029,3,12\n7,31,5.0,12\n"),
        ("no_timestamp.csv", b"userId,movieId,rating\n1,31,2.5\n1,1029,3\n7,31,5.0"),
        ("u.data", b"1\t31\t2.5\t881250949\n1\t1029\t3\t881250949\n7\t31\t5\t881250949\n"),
        ("ratings.dat", b"1::31::2.5::978300760\n1::1029::3::978302109\n7::31::5::978301968\n"),
        ("semicolon.csv", b"user;item;rating\n1;31;2.5\n1;1029;3\n7;31;5\n"),
        ("own_words.csv", b"pupil,book,stars\n1,31,2.5\n1,1029,3\n7,31,5\n"),
        ("crlf.csv", b"user,item,rating\r\n1,31,2.5\r\n1,1029,3\r\n7,31,5\r\n"),
        ("bom.csv", b"\xef\xbb\xbf1,31,2.5\n1,1029,3\n7,31,5\n"),
        ("latin1.csv", b"user,item,rating,title\n1,31,2.5,L\xe9on\n1,1029,3,x\n7,31,5,x\n"),
        ("utf8.csv", "user,item,rating,title\n1,31,2.5,Léon\n1,1029,3,x\n7,31,5,x\n".encode()),
        ("bom_latin1.csv", b"\xef\xbb\xbfuser,item,rating,title\n1,31,2.5,L\xe9on\n1,1029,3,x\n7,31,5,x\n"),
        ("quoted.csv", b'"user","item","rating"\n"1","31","2.5"\n"1","1029","3"\n"7","31","5"\n'),
        ("by_name.csv", b'movieId,title,userId,rating\n31,"a, b",1,2.5\n1029,"c\nd",1,3\n31,"e",7,5\n'),
        ("empty_lines.csv", b"\nuser,item,rating\n\n1,31,2.5\n1,1029,3\n\n7,31,5\n\n"),
        ("spaces.csv", b"user, item, rating\n1, 31, 2.5\n1, 1029, 3\n  \n7, 31, 5\n"),
        ("stray_quote.csv", b'user,item,rating,title\n1,31,2.5,"a\n1,1029,3,b\n7,31,5,c\n'),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_every_form_of_file_gives_the_same_ratings(write: Write, name: str, content: bytes, packed: bool) -> None:
    path = write(name, gzip.compress(content) if packed else content)
    ratings = read_ratings(path)
    assert rows_of(ratings) == ROWS
    assert [str(column.dtype) for column in (ratings.user, ratings.movie, ratings.rating)] == [
        "int64",
        "int64",
        "float64",
    ]
    assert ratings.source == name


def test_the_digest_is_that_of_the_files_bytes(write: Write) -> None:
    content = b"1,2,3\n"
    assert read_ratings(write("one.csv", content)).digest == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty, expected ratings"),
        (b"\n\n", "the file has only empty lines, expected ratings"),
        (b"userId,movieId,rating\n", "there is a header but no rating below it"),
        (b"PK\x03\x04\0\0\0", "the file is binary (it holds NUL bytes), expected ratings as text"),
        (gzip.compress(b"1,2,3\n" * 999, mtime=0)[:-9], "the gzip file is cut short or damaged, expected a whole one"),
        (gzip.compress(b"1,2,3\n", mtime=0)[:5], "the gzip file is cut short or damaged, expected a whole one"),
        (b"\x1f\x8b" + b"not gzip", "the gzip file is cut short or damaged, expected a whole one"),
        (b"user,rating\n1,2\n", "row 1: fewer than 3 columns found, expected user, movie and rating"),
        (
            b"movieId,title,genres\n1,Toy Story,Comedy\n",
            "row 1: the columns are 'movieId, title, genres', expected user, movie and rating",
        ),
        (b"u,m,r\n1,2,3\n1,3\n", "row 3: 2 columns found, expected at least 3"),
        (b"u,m,r\n1,2,3\n1,3,abc\n", "row 3: the rating is 'abc', expected a number such as 3.5"),
        (b"1,2,abc\n", "row 1: the rating is 'abc', expected a number such as 3.5"),
        (b"1,2,3\n1,3,\n", "row 2: the rating is '', expected a number such as 3.5"),
        (b"1;2;3\n1;3;3,5\n", "row 2: the rating is '3,5', expected a number such as 3.5"),
        (b"1,2,3\n\n1,3,nan\n", "row 3: the rating is 'nan', expected a number such as 3.5"),
        (b"1,2,3\n1,3,inf\n", "row 2: the rating is 'inf', expected a number such as 3.5"),
        (b"1,2,3\n1,3,10.5\n", "row 2: the rating is 10.5, expected 0 to 10"),
        (b"1,2,3\n1,3,-1\n", "row 2: the rating is -1, expected 0 to 10"),
        ("Zoë,2,3\n".encode(), "row 1: the user id is 'Zoë', expected a whole number from 0 to 9007199254740992"),
        (b"ann,2,3\n", "row 1: the user id is 'ann', expected a whole number from 0 to 9007199254740992"),
        (b"1,2,3\n1,2.5,3\n", "row 2: the movie id is '2.5', expected a whole number from 0 to 9007199254740992"),
        (b"1,2,3\n-1,2,3\n", "row 2: the user id is '-1', expected a whole number from 0 to 9007199254740992"),
        (
            b"1,2,3\n1,9007199254740993,3\n",
            "row 2: the movie id is '9007199254740993', expected a whole number from 0 to 9007199254740992",
        ),
        (
            b"1,2,3\n1," + b"9" * 70 + b",3\n",
            f"row 2: the movie id is '{'9' * 59}…', expected a whole number from 0 to 9007199254740992",
        ),
        (
            b"u,m,r\n3,5,4\n1,2,3\n\n3,5,4\n",
            "row 5: user 3 rates movie 5 a second time (first in row 2), expected once",
        ),
        (
            b"1,2,3\n0,9007199254740992,4\n9007199254740992,0,4\n0,9007199254740992,4\n",
            "row 4: user 0 rates movie 9007199254740992 a second time (first in row 2), expected once",
        ),
        (
            b'u,m,r,t\n1,2,"3","a\nb"\n5,6,3,x\n5,6,3,x\n',
            "row 5: user 5 rates movie 6 a second time (first in row 4), expected once",
        ),
        (b'1,2,"3"\n1,3,4,"x\n1,4,5\n', "row 2: the quotes do not match (unexpected end of data)"),
    ],
)
def test_bad_ratings_are_refused_in_one_sentence(write: Write, content: bytes, message: str) -> None:
    path = write("ratings.csv", content)
    separator = ", " if message.startswith("row") else ": "
    with pytest.raises(DataError, match=re.escape(f"{path}{separator}{message}") + "$"):
        read_ratings(path)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_rows_are_named_rightly_wherever_the_file_is_read_in_parts(
    write: Write, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("engine.datasets.movielens.LINES_AT_ONCE", size)
    good = b"u,m,r\n1,2,3\n\n1,3,4\n'2',3,4\n".replace(b"'", b'"')
    assert rows_of(read_ratings(write("good.csv", good))) == [(1, 2, 3.0), (1, 3, 4.0), (2, 3, 4.0)]
    with pytest.raises(DataError, match=r"row 6: the rating is 'x'"):
        read_ratings(write("bad.csv", good + b"2,4,x\n"))
    with pytest.raises(DataError, match=r"row 6: user 1 rates movie 3 a second time \(first in row 4\)"):
        read_ratings(write("twice.csv", good + b"1,3,5\n"))


@pytest.mark.parametrize("read", [read_ratings, read_titles])
def test_what_is_not_a_readable_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], object]
) -> None:
    with pytest.raises(DataError, match=r"none\.csv: there is no such file$"):
        read(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"this is not a file, expected one$"):
        read(tmp_path)
    secret = tmp_path / "secret.csv"
    secret.write_bytes(b"1,2,3\n")

    # root may read everything, so the refusal is simulated
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=r"secret\.csv: it can't be read \(Permission denied\)$"):
        read(secret)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("movies.csv", 'movieId,title,genres\n2,"Deer Hunter, The",Drama|War\n5,Léon,Action\n'.encode()),
        ("latin1.csv", b'movieId,title\n2,"Deer Hunter, The"\n5,L\xe9on\n'),
        ("bom.csv", b'\xef\xbb\xbfmovieId,title\r\n2,"Deer Hunter, The"\r\n5,L\xc3\xa9on\r\n'),
        ("no_header.csv", '2,"Deer Hunter, The",Drama|War\n5,Léon,Action\n'.encode()),
        ("u.item", b"2|Deer Hunter, The|01-Jan-1995||http://us.imdb.com|0|1\n5|L\xe9on|01-Jan-1995|||0|0\n"),
        ("movies.dat", b"2::Deer Hunter, The::Drama|War\n5::L\xe9on::Action\n"),
        ("semicolon.csv", "film;title\n2;Deer Hunter, The\n5;Léon\n".encode()),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_every_form_of_file_gives_the_same_titles(write: Write, name: str, content: bytes, packed: bool) -> None:
    path = write(name, gzip.compress(content) if packed else content)
    assert read_titles(path) == {2: "Deer Hunter, The", 5: "Léon"}


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ('"a\nb"', "a b"),
        ("a\x07b\x1fc", "a b c"),
        ("a\x85b\u2028c", "a b c"),
        ("=1+1", "=1+1"),
        ("+A", "+A"),
        ("-A", "-A"),
        ("@A", "@A"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
    ],
)
def test_titles_are_made_fit_to_be_shown(write: Write, raw: str, shown: str) -> None:
    assert read_titles(write("movies.csv", f"movieId,title\n1,{raw}\n".encode())) == {1: shown}


def test_a_quote_in_a_title_of_the_older_formats_is_a_character(write: Write) -> None:
    assert read_titles(write("u.item", b'1|"Cats|x\n2|Dogs"|x\n')) == {1: '"Cats', 2: 'Dogs"'}


def test_a_blank_title_is_left_out(write: Write) -> None:
    assert read_titles(write("movies.csv", b"movieId,title\n1,\n2, \n3,A\n")) == {3: "A"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", ": the file is empty, expected titles"),
        (b"a\0b", ": the file is binary (it holds NUL bytes), expected titles as text"),
        (b"movieId,title\n", ": there is a header but no title below it"),
        (b"movieId\n1\n", ", row 1: 1 column found, expected at least movie and title"),
        (b"movieId,title\n1,A\n2\n", ", row 3: 1 column found, expected at least movie and title"),
        (
            b"movieId,title\nx,A\n",
            ", row 2: the movie id is 'x', expected a whole number from 0 to 9007199254740992",
        ),
        (b"movieId,title\n1,A\n1,B\n", ", row 3: movie 1 is there a second time, expected once"),
        (b'movieId,title\n1,"A\n2,B\n', ", row 2: the quotes do not match (unexpected end of data)"),
        (gzip.compress(b"1,A\n", mtime=0)[:-3], ": the gzip file is cut short or damaged, expected a whole one"),
    ],
)
def test_bad_titles_are_refused_in_one_sentence(write: Write, content: bytes, message: str) -> None:
    path = write("movies.csv", content)
    with pytest.raises(DataError, match=re.escape(f"{path}{message}") + "$"):
        read_titles(path)


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        ({1: "A", 2: "B", 3: "C"}, ["A", "B", "C"]),
        ({1: "Emma", 2: "EMMA", 3: "C"}, ["Emma [1]", "EMMA [2]", "C"]),
        ({1: "A", 2: "B"}, ["A", "B", "movie 3"]),
        ({1: "Movie 3", 2: "B"}, ["Movie 3 [1]", "B", "movie 3 [3]"]),
        ({1: "A", 2: "A", 3: "A [1]"}, ["A [1] [1]", "A [2]", "A [1] [3]"]),
        ({1: "A", 9: "A"}, ["A", "movie 2", "movie 3"]),
    ],
)
def test_no_two_titles_are_alike(titles: dict[int, str], expected: list[str]) -> None:
    assert unique_titles([1, 2, 3], titles) == expected


@pytest.mark.parametrize(
    ("titles", "short"),
    [
        (["Matrix, The (1999)", "Emma"], ["Matrix", "Emma"]),
        (
            ["Raiders of the Lost Ark (Indiana Jones and the Raiders of the Lost Ark) (1981)"],
            ["Raiders of the Lost Ark"],
        ),
        (["Terminator 2: Judgment Day (1991)"], ["Terminator 2: Judgment…"]),
        (["Donaudampfschifffahrtsgesellschaft"], ["Donaudampfschifffahrtsg…"]),
        (["Emma (1996)", "Emma (2009)"], ["Emma (1996)", "Emma (2009)"]),
        (["(500) Days of Summer (2009)", " (1999)"], ["(500) Days of Summer", " (1999)"]),
    ],
)
def test_a_short_title_is_cut_after_a_word_unless_two_would_be_alike(titles: list[str], short: list[str]) -> None:
    assert short_titles(titles) == short


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Léon: The Professional (a.k.a. The Professional) (Léon) (1994)", "Léon: The Professional (1994)"),
        ("Star Wars: Episode V - The Empire Strikes Back (1980)", "Star Wars: Episode V - The Empire… (1980)"),
        ("(500) Days of Summer (2009)", "(500) Days of Summer (2009)"),
        ("(500)", "(500)"),
        ("x" * 60, "x" * 43 + "…"),
    ],
)
def test_a_title_is_shown_short_and_with_its_year(title: str, shown: str) -> None:
    assert unique_titles([1], {1: title}) == [shown]


def test_an_id_that_comes_twice_can_have_no_title_of_its_own() -> None:
    with pytest.raises(DataError, match=r"movie 4 is there twice, expected each movie once$"):
        unique_titles(np.array([4, 5, 4]), {})


def test_the_bundled_titles_are_unique_among_the_thousand_most_rated() -> None:
    names = unique_titles(most_rated(read_ratings()).film_id, read_titles())
    assert len({name.lower() for name in names}) == 1000


def brute_cut(rows: list[tuple[int, int, float]], n_users: int, n_movies: int) -> list[tuple[int, int, float]]:
    """Return the cut by counting one at a time: pick the best of those left, n times."""

    def pick(column: Literal[0, 1], n: int) -> set[int]:
        left: set[int] = {row[column] for row in rows}
        chosen: set[int] = set()
        for _ in range(n):
            best = None
            for candidate in sorted(left):
                count = sum(row[column] == candidate for row in rows)
                if best is None or count > best[0]:
                    best = (count, candidate)
            assert best is not None
            chosen.add(best[1])
            left.remove(best[1])
        return chosen

    users, movies = pick(0, n_users), pick(1, n_movies)
    return sorted(row for row in rows if row[0] in users and row[1] in movies)


@pytest.mark.parametrize("seed", range(20))
def test_a_cut_is_that_of_a_count_by_hand(seed: int) -> None:
    draw = random.Random(seed)
    pairs = [(user, movie) for user in range(1, 9) for movie in range(1, 7) if draw.random() < 0.6]
    draw.shuffle(pairs)
    rows = [(10 * user, 3 * movie, draw.randint(1, 10) / 2) for user, movie in pairs]
    grid = cut(ratings_of(rows), 4, 3)
    found = zip(grid.rated_by.tolist(), grid.rated_movie.tolist(), grid.rating.tolist(), strict=True)
    assert list(found) == brute_cut(rows, 4, 3)
    assert np.all(np.diff(grid.user_id) > 0)
    assert np.all(np.diff(grid.movie_id) > 0)


def test_equal_counts_let_the_smaller_id_in_and_a_user_without_a_rating_in_the_cut_stays() -> None:
    # Users 3, 5, 9 have 2 ratings each, movies 1 and 2 have 2 each: users 3 and 5, movies 1 and 2 are kept.
    rows = [(9, 2, 1.0), (9, 4, 1.0), (5, 1, 4.0), (5, 2, 3.0), (3, 1, 2.0), (3, 8, 5.0)]
    grid = cut(ratings_of(rows), 2, 2)
    assert (grid.user_id.tolist(), grid.movie_id.tolist()) == ([3, 5], [1, 2])
    assert grid.rating.tolist() == [2.0, 4.0, 3.0]


@pytest.mark.parametrize(
    ("n_users", "n_movies", "message"),
    [
        (4, 2, "a test: 4 users were asked for and there are only 3"),
        (2, 4, "a test: 4 movies were asked for and there are only 3"),
        (0, 2, "0 users were asked for, expected at least 1"),
        (1, -1, "-1 movies were asked for, expected at least 1"),
        (
            1,
            1,
            "a test: 1 rating among the 1 busiest users and 1 most rated movies, expected at least 2",
        ),
    ],
)
def test_a_cut_that_cannot_be_made_is_refused(n_users: int, n_movies: int, message: str) -> None:
    ratings = ratings_of([(1, 1, 3.0), (2, 2, 3.0), (3, 3, 3.0)])
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        cut(ratings, n_users, n_movies)


def test_the_most_rated_are_those_of_a_count_in_plain_python() -> None:
    found: dict[int, list[float]] = defaultdict(list)
    with gzip.open(bundled("movielens/ratings.csv.gz"), "rt") as file:
        for row in csv.DictReader(file):
            found[int(row["movieId"])].append(float(row["rating"]))
    expected = sorted(found, key=lambda movie: (-len(found[movie]), movie))[:1000]
    films = most_rated(read_ratings())
    assert films.film_id.tolist() == expected
    assert films.film_count.tolist() == [len(found[movie]) for movie in expected]
    # Sums of half stars are exact, so that the quotients agree to the last digit.
    assert films.film_mean.tolist() == [sum(found[movie]) / len(found[movie]) for movie in expected]


def test_fewer_movies_than_asked_for_are_all_there_are() -> None:
    films = most_rated(ratings_of([(1, 8, 3.0), (2, 8, 4.0), (1, 2, 5.0), (1, 1, 1.0)]))
    assert films.film_id.tolist() == [8, 1, 2]
    assert films.film_count.tolist() == [2, 1, 1]
    assert films.film_mean.tolist() == [3.5, 1.0, 5.0]


def test_a_sample_holds_distinct_ratings_in_their_order() -> None:
    ratings = read_ratings()
    some, sampled = sample(ratings, 5000, seed=3)
    assert sampled
    place = {pair: index for index, pair in enumerate(zip(ratings.user.tolist(), ratings.movie.tolist(), strict=True))}
    rows = rows_of(some)
    places = [place[user, movie] for user, movie, _ in rows]
    assert len(rows) == 5000
    assert places == sorted(set(places))
    assert [rating for *_, rating in rows] == ratings.rating[places].tolist()
    assert (some.source, some.digest) == (ratings.source, ratings.digest)


def test_a_sample_depends_on_its_seed_alone() -> None:
    ratings = read_ratings()
    first, again, other = (rows_of(sample(ratings, 100, seed=seed)[0]) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_sample_draws_every_rating_equally_often() -> None:
    ratings = ratings_of([(1, movie, 3.0) for movie in range(10)])
    drawn = np.concatenate([sample(ratings, 3, seed=seed)[0].movie for seed in range(3000)])
    # 3000 draws with p = 0.3: 900 expected, standard deviation sqrt(3000 * 0.3 * 0.7) = 25.1; five of them are 125.
    assert np.all(np.abs(np.bincount(drawn, minlength=10) - 900) < 125)


def test_few_ratings_are_not_sampled() -> None:
    ratings = ratings_of(ROWS)
    assert sample(ratings, 3, seed=0) == (ratings, False)


def test_an_empty_sample_is_refused() -> None:
    with pytest.raises(DataError, match=r"^a sample of 0 ratings was asked for, expected at least 1$"):
        sample(ratings_of(ROWS), 0, seed=0)


def test_ratings_of_unequal_lengths_are_refused() -> None:
    with pytest.raises(DataError, match=r"^x: user, movie and rating have the shapes \(2,\), \(1,\) and \(2,\)"):
        Ratings(np.array([1, 2]), np.array([1]), np.array([1.0, 2.0]), "x", "")


def test_reading_needs_no_library_but_numpy() -> None:
    heavy = {"polars", "pandas", "pyarrow", "torch"}
    code = "import sys, engine.datasets.movielens as m; m.read_ratings(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(run.stdout.split())
