"""The bundled MovieLens files and the script that makes them."""

import gzip
from pathlib import Path

import pytest

from engine.datasets import bundled
from engine.datasets.bundle import bundle_ratings
from engine.errors import DataError

RATINGS = b"userId,movieId,rating,timestamp\r\n1,31,2.5,1260759144\r\n2,7,3,1260759179\r\n"
MOVIES = 'movieId,title,genres\n1263,"Deer Hunter, The (1978)",Drama|War\n293,Léon (1994),Action\n'.encode()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a folder with two small files in MovieLens's own form."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "ratings.csv.gz").write_bytes(gzip.compress(RATINGS))
    (folder / "movies.csv.gz").write_bytes(gzip.compress(MOVIES))
    return folder


def test_the_bundle_keeps_the_columns_of_the_lessons_and_the_text_of_their_cells(source: Path, tmp_path: Path) -> None:
    ratings, movies = bundle_ratings(source, tmp_path)
    assert gzip.decompress(ratings.read_bytes()) == b"userId,movieId,rating\n1,31,2.5\n2,7,3\n"
    expected = 'movieId,title\n1263,"Deer Hunter, The (1978)"\n293,Léon (1994)\n'
    assert gzip.decompress(movies.read_bytes()).decode() == expected


def test_the_bundle_holds_no_clock_and_no_file_name(source: Path, tmp_path: Path) -> None:
    for path in bundle_ratings(source, tmp_path):
        header = path.read_bytes()[:10]
        # RFC 1952: byte 3 holds the flags (bit 3: a name follows), bytes 4 to 7 the time
        assert header[3:8] == bytes(5)


def test_a_second_bundle_has_the_same_bytes(source: Path, tmp_path: Path) -> None:
    once = [path.read_bytes() for path in bundle_ratings(source, tmp_path)]
    assert [path.read_bytes() for path in bundle_ratings(source, tmp_path)] == once


def test_a_source_without_a_column_is_refused(source: Path, tmp_path: Path) -> None:
    (source / "ratings.csv.gz").write_bytes(gzip.compress(b"userId,movieId\n1,2\n"))
    with pytest.raises(ValueError, match="rating"):
        bundle_ratings(source, tmp_path)


def test_the_notice_names_the_terms_and_the_paper() -> None:
    notice = bundled("NOTICE").read_text(encoding="utf-8")
    for words in ("not for commercial use", "The MovieLens Datasets: History and Context", "Changes:"):
        assert words in notice


def test_a_missing_bundled_file_is_one_sentence() -> None:
    with pytest.raises(DataError, match=r"nothing\.csv: this bundled data file is missing; install gradbook again$"):
        bundled("movielens/nothing.csv")
