"""What the tests of workbooks and of pages share serves the benchmarks too."""

import sys
from pathlib import Path

_TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(_TESTS / "workbook"), str(_TESTS / "browser")]
