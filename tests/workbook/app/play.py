"""What stands for the build of a lesson where tests look at what surrounds it: the processes that build import this."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from processes import until

from workbook.app.cli.prepared import prepare, prepared
from workbook.errors import WorkbookError

PLAYED, GIVEN = "played", "given"
"""Folders: of the lessons that have been played, and of those whose results were given."""


def build(name: str, options: Mapping[str, Any], *, progress: Callable[..., None], out: Path, **_: Any) -> int:
    """The number of the process; options say what it waits for, how long it takes then, and how it ends."""
    progress("playing", 1, 2)
    if "after" in options:
        until((out / options["after"]).exists)
    time.sleep(options.get("takes", 0.0))
    (out / PLAYED).mkdir(exist_ok=True)
    (out / PLAYED / name).touch()
    if "error" in options:
        raise WorkbookError(options["error"])
    if "dies" in options:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def build_unverified(name: str, options: Mapping[str, Any], *, out: Path, **_: Any) -> None:
    """The build of affine ends first, whichever is begun first."""
    if name != "affine":
        until((out / PLAYED / "affine").exists)
    (out / PLAYED).mkdir(exist_ok=True)
    (out / PLAYED / name).touch()


def without_torch(prepare: Callable[[], Any], count: int) -> Any:
    """What stands for `prepare_sharing` where nothing is computed: it takes seconds to load torch."""
    return prepare()


def prepare_nothing(device: str, wanted: object) -> Any:
    """What stands for `prepare` where nobody asks by what a lesson was checked."""
    return None, device, []


def prepare_ironcalc(device: str, wanted: object) -> Any:
    """One program recalculates: that LibreOffice does so in several processes, the tests of lessons see."""
    return prepare(device, ["ironcalc"])


def ironcalc_prepared(device: str, wanted: object, progress: Any) -> Any:
    """The same, in this process."""
    return prepared(device, ["ironcalc"], progress)
