"""What a process that a test starts is to import stands beside the test."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
