"""What a run computes with: torch, its device, the engines that recalculate."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from workbook.app import terminal

if TYPE_CHECKING:
    from workbook.app.report import Run
    from workbook.lesson.lesson import Progress


def prepare(device: str, wanted: Sequence[str] | None) -> tuple["Run", str, list[Any]]:
    """What `prepared` gives, with a progress line of its own."""
    with terminal.progress("starting") as progress:
        return prepared(device, wanted, progress)


def prepared(device: str, wanted: Sequence[str] | None, progress: "Progress") -> tuple["Run", str, list[Any]]:
    """What the run uses: for the report, the device as torch spells it, and the engines."""
    programs = engines_named(wanted, progress)
    return *on_torch(device, programs, progress), programs


def engines_named(wanted: Sequence[str] | None, progress: "Progress") -> list[Any]:
    """The engines of these names; None for all that there are."""
    progress("recalculation engines", 0, 0)
    from workbook.check.recalc import engines

    return engines(wanted)


def on_torch(device: str, programs: Sequence[Any], progress: "Progress") -> tuple["Run", str]:
    """What the run uses, for the report, and the device as torch spells it."""
    progress("torch", 0, 0)
    import torch

    from engine.witness.device import describe, resolve
    from workbook.app.report import Run

    found = resolve(cast(Any, device))
    names = tuple(program.name for program in programs)
    return Run(str(torch.__version__), describe(found), names), str(found)
