"""Modules of this folder find each other by their names, as test modules here do."""

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def quiet() -> Iterator[None]:
    """torch warns of what it will change one day."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
