"""A GPU's own tests are there where there is one; the device that is emulated on the CPU stands beside them."""

import sys
from pathlib import Path

import torch

collect_ignore = [] if torch.cuda.is_available() else ["test_cuda.py"]

sys.path.insert(0, str(Path(__file__).parent))
