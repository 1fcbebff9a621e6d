"""The corpus of foreign workbooks can be imported by the tests beside it, in whatever way pytest was started."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
