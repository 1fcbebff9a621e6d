"""The real data that the lessons use, and the functions that read it or a person's own files of the same formats."""

from importlib.resources import files
from pathlib import Path

from engine.errors import DataError


def bundled(name: str) -> Path:
    """Return the path of a data file that the package carries.

    Args:
        name: path inside this package, with forward slashes: ``movielens/ratings.csv.gz``.

    Returns:
        The path of an existing file.

    Raises:
        DataError: the installation carries no such file.

    >>> bundled("movielens/ratings.csv.gz").name
    'ratings.csv.gz'
    """
    path = Path(str(files("engine.datasets"))).joinpath(*name.split("/"))
    if not path.is_file():
        raise DataError(f"{path}: this bundled data file is missing; install gradbook again")
    return path
