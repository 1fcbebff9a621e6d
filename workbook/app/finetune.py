"""What `gradbook finetune` leaves beside the checkpoint: numbers, curves, and the run as a workbook."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook import __version__
from workbook.errors import FileError
from workbook.resources import render
from workbook.xlsx.files import replace_file

if TYPE_CHECKING:
    from engine.pipeline.checkpoint import Checkpoint
    from engine.pipeline.metrics import Array, Curves
    from engine.pipeline.run import Result
    from engine.pipeline.settings import Settings
    from workbook.check.recalc.session import Engine
    from workbook.check.verify import WorkbookCheck
    from workbook.lesson.lesson import Progress

METRICS = "metrics.json"


def refuse_another_run(out: Path, resume: Path | None) -> None:
    """See that a run would not replace what another one left.

    Args:
        out: the folder of the run.
        resume: the checkpoint that it goes on from, whose folder is its own.

    Raises:
        FileError: the folder holds a checkpoint, numbers or a workbook of another run.
    """
    from engine.pipeline.checkpoint import previous
    from engine.pipeline.run import CHECKPOINT
    from workbook.app.fine_tuning_run import NAME

    if resume is not None and resume.parent.resolve() == out.resolve():
        return
    saved = out / CHECKPOINT
    left = (saved, previous(saved), out / METRICS, out / f"{NAME}.xlsx")
    found = next((path for path in left if path.exists()), None)
    if found is not None:
        raise FileError(
            f"{found}: this folder holds another run; --out DIR takes another folder, --resume CHECKPOINT goes on "
            "with a run, --overwrite replaces this one"
        )


def resolve_settings(given: Mapping[str, Any], checkpoint: "Checkpoint | None") -> "Settings":
    """The settings of a run: as given, or those of the checkpoint that it goes on from.

    Args:
        given: the settings that the command line states; None for those left open.
        checkpoint: what to go on from.

    Raises:
        FileError: one that is given differs from the checkpoint's; or its network is a function of somebody's, which
            no file may have run unasked.
        EngineError: a setting is of no use.
    """
    from engine.pipeline.settings import Rates, Settings

    if checkpoint is None:
        return Settings.of(**given)
    settings = checkpoint.settings
    if ":" in settings.arch and given.get("arch") is None:
        raise FileError(
            f"the checkpoint's run has --arch {settings.arch}, which runs code of that name here: state it to go on"
        )
    for name, value in given.items():
        own = getattr(settings, name)
        # The images may have moved: the run itself sees whether they are the same.
        if name != "data" and value is not None and (Rates.parse(value) if name == "rates" else value) != own:
            option = "--lr" if name == "rates" else f"--{name.replace('_', '-')}"
            raise FileError(
                f"the checkpoint's run has {option} {own}, found {value}: leave it out to go on with that run"
            )
    return settings if given["data"] is None else replace(settings, data=given["data"])


def goes_on(checkpoint: Path, settings: "Settings") -> str:
    """The options that go on with a run."""
    own = f" --arch {settings.arch}" if ":" in settings.arch else ""
    return f"--resume {checkpoint}{own}"


def leave(
    result: "Result", out: Path, *, device: str, engines: "Sequence[Engine]", progress: "Progress"
) -> "tuple[dict[str, Any], WorkbookCheck]":
    """Write the workbook of a run, verified, its formulas as scripts, `metrics.json`, `curves.csv` and `curves.svg`.

    Args:
        result: of the run.
        out: the folder for them.
        device: of the run, as torch spells it.
        engines: the programs that recalculate the workbook.
        progress: hears of the work.

    Returns:
        What `metrics.json` holds, and what the verification of the workbook found.
    """
    from workbook.app.build import build
    from workbook.app.crosscheck import cross_check
    from workbook.app.fine_tuning_run import of_run

    progress("training steps by NumPy and by torch", 0, 1)
    crossed = cross_check(device)
    progress("training steps by NumPy and by torch", 1, 1)
    rates = [group["rate"] for group in result.metrics["network"]["groups"]]
    files = {"curves.csv": curves_csv(result.curves, rates), "curves.svg": curves_svg(result.curves, rates[-1])}
    for name, text in files.items():
        replace_file(out / name, text.encode())
    metrics = {"version": __version__, **result.metrics, "cross_check": crossed, "workbook": None}
    metrics["files"] = [result.checkpoint.name, *files, METRICS]
    # Before the workbook, which takes seconds and may not be possible, so that the run's numbers are there in any case.
    _write_metrics(out, metrics)
    settings = metrics["settings"]
    check = build(
        of_run(result),
        settings,
        seed=settings["seed"],
        out=out,
        prepare=lambda _: (device, engines),
        check=True,
        progress=progress,
    )
    assert check is not None
    counts = ("ok", "formula_cells", "checked_cells", "witnessed_cells", "max_error")
    metrics["workbook"] = {name: getattr(check, name) for name in counts}
    metrics["files"] += [Path(check.file).name, "code", "pages"] if check.ok else []
    _write_metrics(out, metrics)
    return metrics, check


def _write_metrics(out: Path, metrics: Mapping[str, Any]) -> None:
    replace_file(out / METRICS, (json.dumps(metrics, indent=2, allow_nan=False) + "\n").encode())


def curves_csv(curves: "Curves", rates: list[float]) -> str:
    """The curves as a table: a row a step, the rate of each layer group, and which phase it was."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", "phase", "loss", "smoothed", "momentum", *(f"rate_{n}" for n in range(1, len(rates) + 1))])
    for number, frozen in enumerate(curves.frozen.tolist()):
        row = [float(values[number]) for values in (curves.loss, curves.smoothed, curves.momentum)]
        share = float(curves.share[number])
        writer.writerow([number + 1, "frozen" if frozen else "unfrozen", *row, *(rate * share for rate in rates)])
    return text.getvalue()


def curves_svg(curves: "Curves", head_rate: float) -> str:
    """The curves as a drawing: the loss, raw and smoothed, above the head's rate and the momentum."""
    loss = Panel("loss of each mini-batch, and smoothed", (("raw", curves.loss), ("smooth", curves.smoothed)))
    rate = Panel("learning rate of the head", (("smooth", head_rate * curves.share),))
    momentum = Panel("momentum", (("smooth", curves.momentum),))
    return render(
        "curves.svg.j2",
        panels=(loss, rate, momentum),
        frozen=float(curves.frozen.mean()),
        steps=len(curves.loss),
    )


@dataclass(frozen=True)
class Panel:
    """One drawing of the curves: lines over the steps, in a box that is 1 wide and 1 high, 0 at the top."""

    title: str
    lines: tuple[tuple[str, "Array"], ...]

    @property
    def low(self) -> float:
        """The least value."""
        return float(min(values.min() for _, values in self.lines))

    @property
    def high(self) -> float:
        """The largest value."""
        return float(max(values.max() for _, values in self.lines))

    def points(self, width: float, height: float) -> list[tuple[str, str]]:
        """Each line's style, and its points as SVG has them."""
        span = (self.high - self.low) or 1.0
        drawn = []
        for style, values in self.lines:
            last = max(1, len(values) - 1)
            across = (width * step / last for step in range(len(values)))
            down = (height * (self.high - value) / span for value in values.tolist())
            drawn.append((style, " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))))
        return drawn
