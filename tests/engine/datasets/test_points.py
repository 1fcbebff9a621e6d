"""Points are read from any plain text file, or refused in one sentence."""

from pathlib import Path

import pytest

from engine.datasets.points import read_points
from engine.errors import DataError


@pytest.mark.parametrize(
    "content",
    [
        "x,y\n1,2\n3,4.5\n",
        "1,2\n3,4.5\n",
        "1\t2\r\n3\t4.5\r\n",
        "\ufeffx;y;z\n1;2;9\n\n3;4.5;9\n",
        "x,points\n1,2\n3,4.5\n",
        "Y,X\n2,1\n4.5,3\n",
        "id,x,y\n7,1,2\n8,3,4.5\n",
    ],
)
def test_points_are_read_with_a_header_or_without(content: str, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text(content, encoding="utf-8", newline="")
    points = read_points(path)
    assert points.x.tolist() == [1.0, 3.0]
    assert points.y.tolist() == [2.0, 4.5]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("x\n1\n", "1 column"),
        ("x,y\n1,2\n3\n", "row 3: 1 column"),
        ("id,x,y\n1,2,3\n3,4\n", "row 3: 2 columns"),
        ("weight,x\n1,2\n", "row 1: the columns are 'weight, x'"),
        ("x,x,y\n1,2,3\n", "row 1: the columns are 'x, x, y'"),
        ("1,2\nthree,4\n", "row 2: x is 'three'"),
        ("1,2\n3,nan\n", "row 2: y is 'nan'"),
        ("1,2\n3,1e9\n", "row 2: y is '1e9'"),
        ("1,2\n", "found 1 points"),
        ("1,2\n1,3\n", "every x is 1"),
        ("1,2\n" * 1001, "found 1001 points"),
        ("1,2\n3,\x00\n", "binary"),
    ],
)
def test_what_is_no_file_of_points_is_refused_in_one_sentence(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text(content)
    with pytest.raises(DataError, match=said):
        read_points(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no such file"):
        read_points(tmp_path / "none.csv")
