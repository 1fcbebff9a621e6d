"""What the engine's tests share can be imported by all of them, in whatever way pytest was started."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
