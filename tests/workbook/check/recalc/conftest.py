"""The two programs that recalculate, for the tests of this folder."""

import os
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from workbook.check.recalc.ironcalc import IronCalc
from workbook.check.recalc.libreoffice import LibreOffice, find
from workbook.check.recalc.session import Engine

# What a process that a test starts is to import stands beside the test.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def office() -> LibreOffice:
    """LibreOffice; without it the test is skipped, and fails in CI, where it has to be installed."""
    found = find()
    if found is None and os.environ.get("CI"):
        pytest.fail("LibreOffice is not installed, and in CI it has to be")
    if found is None:
        pytest.skip("LibreOffice is not installed")
    return found


@pytest.fixture(scope="session", params=["ironcalc", "libreoffice"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each of the two programs in turn."""
    if request.param == "ironcalc":
        return IronCalc()
    found: LibreOffice = request.getfixturevalue("office")
    return found


Rewrite = Callable[[Path, str, str, str], None]


@pytest.fixture(scope="session")
def rewrite() -> Rewrite:
    """Replaces the one place in a part of a file that a pattern finds: (file, part, pattern, replacement)."""

    def rewrite(path: Path, part: str, pattern: str, replacement: str) -> None:
        """Replace the one place in a part of the file that the pattern finds."""
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        text, count = re.subn(pattern, replacement, parts[part].decode(), flags=re.DOTALL)
        assert count == 1
        parts[part] = text.encode()
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in parts.items():
                archive.writestr(name, data)

    return rewrite
