"""What the tests of workbooks and of pages share serves the benchmarks too."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbook.check.recalc import libreoffice

_TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(_TESTS / "workbook"), str(_TESTS / "workbook" / "transpile"), str(_TESTS / "browser")]


@pytest.fixture(scope="session", autouse=True)
def _own_office() -> Iterator[None]:
    """What is measured starts LibreOffice itself, and not the one that stays open for tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(libreoffice.VARIABLE, raising=False)
        yield
