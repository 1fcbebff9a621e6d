"""What the tests of this folder share stands beside them."""

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from edited import Editor

from workbook.check.recalc import libreoffice


@pytest.fixture(scope="session")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """LibreOffice, in which workbooks are edited."""
    office = libreoffice.find()
    if office is None:
        pytest.skip("LibreOffice is not installed")
    with closing(Editor(office, tmp_path_factory.mktemp("editor"))) as editor:
        yield editor
