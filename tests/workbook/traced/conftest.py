"""Modules of this folder find each other by their names, as test modules here do."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
