"""What processes that a test starts are to import stands beside the test."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
