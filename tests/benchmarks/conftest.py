"""What the tests of workbooks share serves the benchmarks too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workbook"))
