"""What the tests of workbooks and of pages share serves the benchmarks too."""

import os
import sys
from pathlib import Path

from workbook.check.recalc import libreoffice

_TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(_TESTS / "workbook"), str(_TESTS / "browser")]

# What is measured starts LibreOffice itself, and not the one that stays open for tests.
os.environ.pop(libreoffice.VARIABLE, None)
