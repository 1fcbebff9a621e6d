"""How tests are run; what they share stands in `shared.py`.

The process that hands tests to others (`-n`) runs none: it imports nothing of this, and the others start 2 s sooner.
"""

import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any

# Many processes read these modules: what is not kept compiled is compiled, and its asserts rewritten, in each of them.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Tests run in as many processes as there are cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Tests interrupt what they start; a shell lets what it starts in the background ignore that, and its children too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

import pytest

# What all tests share stands beside this file.
sys.path.insert(0, str(Path(__file__).parent))


def pytest_configure(config: pytest.Config) -> None:
    """Take in what tests share, where tests are run."""
    if hasattr(config, "workerinput") or config.getoption("dist", "no") == "no":
        # What is collected stays: to look through it for circles time and again took a tenth of it.
        gc.disable()
        import shared

        config.pluginmanager.register(shared)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out scripts that are kept, what tests share, and measurements, which take minutes, unless asked for.

    A script for torch that is imported changes the numbers of torch that are the default, for all tests after it.
    """
    if collection_path.parent != Path(__file__).parent:
        return None
    if collection_path.name == "benchmarks":
        return None if any("benchmarks" in str(argument) for argument in config.invocation_params.args) else True
    shared = collection_path.suffix == ".py" and not collection_path.name.startswith("test_")
    return True if shared or collection_path.name == "golden" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each process a stretch of tests that follow each other, so that what they share is made in one process."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getoption("dist") == "load" else None
