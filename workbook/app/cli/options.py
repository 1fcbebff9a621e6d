"""Options that several commands have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

SEED = 0

# Whoever opens a file says in one line why it can't be read, and goes on with the others.
FILE = click.Path(path_type=Path, readable=False)


def report_path(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    """The report's path, which ends in .json: its page takes the same name with .html."""
    if value is not None and value.suffix.lower() != ".json":
        raise click.BadParameter(f"expected a file named .json, found '{value.name}'", ctx, parameter)
    return value


def out_option(holds: str) -> Callable[[Any], Any]:
    """The folder that a command writes to; `holds` says what for."""
    return click.option("--out", type=FILE, metavar="DIR", default=Path("output"), show_default=True, help=holds)


device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where the torch witness computes; auto is the GPU where there is one.",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    metavar="N",
    default=SEED,
    show_default=True,
    help="Seed of all random numbers.",
)
report_option = click.option(
    "--report",
    type=FILE,
    metavar="FILE.json",
    callback=report_path,
    help="The report, its HTML page beside it.  [default: report.json in the output folder]",
)
no_verify_option = click.option("--no-verify", is_flag=True, help="Check nothing, and write no report.")
