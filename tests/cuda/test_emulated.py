"""The tests of a GPU where there is none: on a device that is emulated on the CPU."""

import os
import re
import subprocess
import sys
from pathlib import Path

import emulated
import pytest
import torch
from sweep import SWEEP

ROOT = Path(__file__).parents[2]


CHOSEN = "cuda" if SWEEP else "cuda and not ctrl_c and not refused and not disk"
"""A signal, a checkpoint that is no good and a full disk are the same on any device: by default the CPU shows them."""


@pytest.mark.skipif(torch.version.cuda is not None, reason="this torch has a CUDA of its own")
@pytest.mark.skipif(sys.platform != "linux" or not emulated.COMPILER, reason="it needs Linux and a C++ compiler")
def test_the_tests_of_a_gpu_pass_on_an_emulated_one(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    # Compiling takes ten seconds.
    cache = getattr(pytestconfig, "cache", None)
    library = emulated.compiled(cache.mkdir("emulated") if cache else tmp_path)
    command = [
        sys.executable,
        emulated.__file__,
        str(library),
        "pytest",
        "tests/cuda/test_cuda.py",
        "tests/engine/pipeline",
    ]
    options = ["-k", CHOSEN, "-q", "-p", "no:cacheprovider", "-n0", f"--basetemp={tmp_path / 'inner'}"]
    # torch warns of what stands for its CUDA kernels here, not of what the tests do.
    options += ["-W", "ignore:An output with one or more elements was resized:UserWarning"]
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    found = subprocess.run([*command, *options], cwd=ROOT, env=alone, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout[-4000:] + found.stderr[-2000:]
    passed = re.search(r"(\d+) passed", found.stdout)
    assert passed is not None
    assert int(passed[1]) > (50 if SWEEP else 35)
