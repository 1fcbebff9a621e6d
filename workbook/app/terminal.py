"""How what the command line says looks: progress, tables, and text made safe for a terminal; for `app.cli` alone.

rich is imported when there is something to draw, because `gradbook list` draws nothing.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console
    from rich.table import Table

    from workbook.app.report import Run
    from workbook.check.verify import Failure, WorkbookCheck
    from workbook.lesson.lesson import Progress

SHOWN_FAILURES = 20
MOST_CLASSES = 12
_SLACK = 1.25

# Told apart by the colour-blind too; a word always says the same.
_OK_STYLE, _FAIL_STYLE = "bold blue", "bold dark_orange"


class Bars:
    """Lines on stderr that say what is being done, one a subject, on a terminal only; gone when done.

    `start` may be called again after `stop`, which makes room for what is printed.
    """

    def __init__(self) -> None:
        """Nothing is shown yet."""
        self._shown: Any = None
        if sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            text = TextColumn("{task.description}", markup=False)
            console = Console(stderr=True)
            columns = (SpinnerColumn(), text, BarColumn(bar_width=24, pulse_style="blue"), TimeElapsedColumn())
            self._shown = Progress(*columns, console=console, transient=True, disable=console.is_dumb_terminal)
        self._tasks: dict[str, Any] = {}

    def of(self, subject: str) -> "Progress":
        """What hears of the work on a subject; any thread may call it."""
        if self._shown is None:
            return _tell_nobody
        task = self._tasks[subject] = self._shown.add_task(printable(subject), total=None)

        def tell(what: str, done: int, total: int) -> None:
            words = printable(f"{subject}: {what}")
            self._shown.update(task, description=words, completed=done, total=total or None)

        return tell

    def end(self, subject: str) -> None:
        """Take away the line of a subject."""
        if subject in self._tasks:
            self._shown.remove_task(self._tasks.pop(subject))

    def start(self) -> None:
        """Show the lines."""
        if self._shown is not None:
            self._shown.start()

    def stop(self) -> None:
        """Take the lines away."""
        if self._shown is not None:
            self._shown.stop()

    def __enter__(self) -> "Bars":
        """The lines, shown."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the lines away."""
        self.stop()


@contextmanager
def progress(subject: str) -> Iterator["Progress"]:
    """A line on stderr that says what is being done, on a terminal only; gone when done."""
    with Bars() as bars:
        yield bars.of(subject)


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Progress where there is no terminal."""
    del what, done, total


def show(check: "WorkbookCheck", where: str, run: "Run") -> None:
    """Print what was found in one workbook."""
    from rich.text import Text

    console = _console()
    build = f"  build {check.build}" if check.build else ""
    console.print(
        Text.assemble(printable(check.title), "  ", _mark(check.ok), "  ", printable(where), build), soft_wrap=True
    )
    _print_table(_sheet_table(check, console), console)
    for note in check.notes:
        console.print(Text(printable(note)))
    if check.failures:
        _print_table(_failure_table(check.failures[:SHOWN_FAILURES], console), console)
        if len(check.failures) > SHOWN_FAILURES:
            console.print(f"and {len(check.failures) - SHOWN_FAILURES:,} more failures")
    console.print(
        f"recalculated by {', '.join(run.recalculated_by)}; torch {run.torch} on {run.device}", soft_wrap=True
    )


def _console() -> "Console":
    from rich.console import Console

    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    # A pipe has no width: nothing is wrapped or cut for it.
    return Console(highlight=False, markup=False, emoji=False, width=None if is_terminal else 10_000)


def show_run(metrics: Mapping[str, Any], out: "Path") -> None:
    """Print what a run of fine-tuning did."""
    console = _console()
    for line in run_lines(metrics):
        console.print(printable(line), soft_wrap=True)
    table = _table(console, ("Phase", "left"), *((title, "right") for title in ("Epoch", "Loss", "Held out", "Right")))
    for epoch in metrics["history"]:
        losses = (f"{epoch[name]:.4f}" for name in ("train_loss", "held_out_loss"))
        table.add_row(epoch["phase"], str(epoch["epoch"]), *losses, f"{epoch['accuracy']:.1%}")
    _print_table(table, console)
    _print_table(_confusion_table(metrics, console), console)
    for line in (*transfer_lines(metrics), cross_check_line(metrics)):
        console.print(printable(line), soft_wrap=True)
    console.print(printable(f"left in {out}: {', '.join(metrics['files'])}"), soft_wrap=True)


def run_lines(metrics: Mapping[str, Any]) -> list[str]:
    """What a run had to do with: images, network, device."""
    data, network, cache = metrics["data"], metrics["network"], metrics["cache"]
    rows, columns = network["removed"]["shape"]
    groups = "; ".join(f"{group['name']} {group['parameters']:,} at {group['rate']:g}" for group in network["groups"])
    counts = f"{data['train_images']:,} images to train on, {data['held_out_images']:,} held out"
    cut = f"its last matrix, {network['removed']['name']} of {rows:,} by {columns:,}"
    lines = [
        f"{data['source']}: {len(data['classes'])} classes, {counts}",
        f"{network['arch']}: {cut}, made way for {' → '.join(network['head'])}",
        f"parameters and highest rates: {groups}",
        f"torch {metrics['torch']} on {metrics['device']}, {metrics['settings']['precision']}",
    ]
    if data["skipped"]:
        lines.append(f"unreadable and left out: {', '.join(data['skipped'])}")
    if cache["used"]:
        lines.append("while frozen, the body's activations were computed once")
    elif cache["reason"]:
        lines.append(f"while frozen, the body ran in every step: {cache['reason']}")
    return lines


def transfer_lines(metrics: Mapping[str, Any]) -> list[str]:
    """What transfer gave, in words, where the run measured it."""
    transfer, tried = metrics["transfer"], metrics["settings"]["scratch"]
    if transfer is None:
        return [f"from random weights all {tried} diverged: there is nothing to compare with"] if tried else []
    best = transfer["best_scratch_accuracy"]
    of = f"the best of {len(transfer['scratch'])} rates, {transfer['best_scratch_rate']:.2g}"
    return [
        f"pretrained: {transfer['accuracy']:.1%} right",
        f"from random weights, in as many steps, at {of}: {best:.1%} right",
        f"transfer gave {100 * transfer['accuracy_gained']:+.1f} points",
    ]


def cross_check_line(metrics: Mapping[str, Any]) -> str:
    """How far NumPy's and torch's training steps are apart, in words."""
    check = metrics["cross_check"]
    sides = [
        f"torch on {name} {max(check[name].values()):.0e}" for name in ("cpu", "cuda") if isinstance(check[name], dict)
    ]
    return (
        f"{check['steps']} steps of the digits network, NumPy against {', '.join(sides)} (bound {check['bound']:.0e})"
        f"{'' if check['ok'] else ': they differ'}; cuda: {check['cuda'] if isinstance(check['cuda'], str) else 'run'}"
    )


def _confusion_table(metrics: Mapping[str, Any], console: "Console") -> "Table":
    """How many images of each class (row) were taken for each class; only the diagonal's share where there are many."""
    names, table = metrics["data"]["classes"], metrics["confusion"]
    if len(names) > MOST_CLASSES:
        shown = _table(console, ("Class", "left"), ("Held out", "right"), ("Right", "right"))
        for number, (name, row) in enumerate(zip(names, table, strict=True)):
            shown.add_row(printable(name), f"{sum(row):,}", f"{row[number] / max(1, sum(row)):.1%}")
        return shown
    shown = _table(console, ("Class ↓ taken for →", "left"), *((printable(name), "right") for name in names))
    for name, row in zip(names, table, strict=True):
        shown.add_row(printable(name), *(f"{count:,}" for count in row))
    return shown


def _table(console: "Console", *columns: tuple[str, Any]) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False, header_style="bold")
    for title, justify in columns:
        table.add_column(title, justify=justify, overflow="fold")
    return table


def _print_table(table: "Table", console: "Console") -> None:
    """Print a table; where the terminal is too narrow for its words, each row as lines of `title: cell`."""
    from rich.measure import Measurement
    from rich.text import Text

    # rich shares out a narrow width by the columns' whole texts, so some words need more than their own length.
    needed = _SLACK * Measurement.get(console, console.options.update(width=10_000), table).minimum
    if not table.columns or needed <= console.width:
        console.print(table)
        return
    for row in zip(*(column.cells for column in table.columns), strict=True):
        for column, cell in zip(table.columns, row, strict=True):
            console.print(Text.assemble((f"{column.header}:", "bold"), " ", cell))
        console.print()


def _sheet_table(check: "WorkbookCheck", console: "Console") -> "Table":
    from workbook.app.report import error_text, failures_of

    left, right = "left", "right"
    counts = [("Formula cells", right), ("Checked", right), ("Witnessed", right)]
    table = _table(console, ("Sheet", left), *counts, ("Largest error", right), ("Result", left))
    for sheet in check.sheets:
        table.add_row(
            printable(sheet.name),
            f"{sheet.formula_cells:,}",
            f"{sheet.checked_cells:,}",
            f"{sheet.witnessed_cells:,}",
            error_text(sheet.max_error),
            _mark(not failures_of(check, sheet.name)),
        )
    table.add_section()
    table.add_row(
        "All sheets",
        f"{check.formula_cells:,}",
        f"{check.checked_cells:,}",
        f"{check.witnessed_cells:,}",
        error_text(check.max_error),
        _mark(check.ok),
    )
    return table


def _failure_table(failures: Sequence["Failure"], console: "Console") -> "Table":
    from rich.text import Text

    table = _table(console, *((title, "left") for title in ("Cell", "Kind", "Found", "Expected", "By")))
    for failure in failures:
        fields = (failure.cell, failure.kind, failure.found, failure.expected, failure.by)
        table.add_row(*(Text(shortened(printable(field))) for field in fields))
    return table


def _mark(good: bool) -> Any:
    from rich.text import Text

    return Text("ok", _OK_STYLE) if good else Text("FAIL", _FAIL_STYLE)


def shortened(text: str) -> str:
    """The text, its end left out beyond 80 characters."""
    return text if len(text) <= 80 else f"{text[:77]}..."


def printable(text: str) -> str:
    """The text in one line, without anything that would steer a terminal: a file to verify may hold both."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
