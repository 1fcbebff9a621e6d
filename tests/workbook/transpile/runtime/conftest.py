"""Formulas computed as scripts compute them, by Excel's own names; and what they are expected to show."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
