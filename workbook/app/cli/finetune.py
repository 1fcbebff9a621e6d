"""The command `finetune`: a pretrained network, fine-tuned."""

from pathlib import Path
from typing import Any

import click

from workbook.app import terminal
from workbook.app.cli.messages import FAILED, GOOD, INTERRUPTED, print_error
from workbook.app.cli.options import FILE
from workbook.app.cli.prepared import prepare

_FINETUNED = Path("output/finetune")
# Beyond these a slip of the keyboard is likelier than a wish: a run remembers every step.
_MOST_EPOCHS, _MOST_IMAGES, _MOST_NETWORKS = 100_000, 1_000_000, 100


class _Finetune(click.Command):
    """The command `finetune`: its help names what a small network takes, from where that is settled."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help's first paragraphs."""
        from engine.pipeline.settings import FEW_DIGITS

        self.help = (self.help or "").format(**FEW_DIGITS)
        super().format_help_text(ctx, formatter)


class _Setting(click.Option):
    """An option of `finetune` whose help ends with what is taken where a person says nothing."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option and what it does."""
        from engine.pipeline.settings import DEFAULTS

        record = super().get_help_record(ctx)
        return record and (record[0], f"{record[1]}  [default: {DEFAULTS[str(self.name)]}]")


@click.command(
    cls=_Finetune,
    short_help="Fine-tune a pretrained network on images.",
    epilog="\b\nExamples:\n  gradbook finetune\n"
    "  gradbook finetune --arch efficientnet-lite0 --data photos --out photos-run\n"
    "  gradbook finetune --arch resnet34 --data photos --lr 1e-5:1e-3 --precision bf16\n"
    "  gradbook finetune --resume photos-run/checkpoint.safetensors",
)
@click.option(
    "--arch",
    metavar="NAME|MODULE:FUNCTION",
    cls=_Setting,
    help="digits, convnet, resnet34, efficientnet-lite0, or your own function that returns a torch.nn.Module.",
)
@click.option("--weights", type=FILE, metavar="FILE", help="Pretrained weights.  [default: the network's own]")
@click.option(
    "--data",
    type=FILE,
    metavar="DIR",
    help="MNIST's IDX files, or a sub-folder of images for each class.  [default: bundled digits, few of each]",
)
@click.option(
    "--head",
    type=click.Choice(["fastai", "lesson"]),
    cls=_Setting,
    help="What replaces the last matrix: two matrices, bare (lesson), or with batch norm and dropout after a concat "
    "pool (fastai).",
)
@click.option(
    "--freeze-bn",
    is_flag=True,
    default=None,
    help="The frozen body runs as in evaluation: batch norms keep their statistics, dropout is off.",
)
@click.option(
    "--epochs-frozen",
    type=click.IntRange(0, _MOST_EPOCHS),
    metavar="N",
    cls=_Setting,
    help="Epochs of the head alone.",
)
@click.option(
    "--epochs",
    type=click.IntRange(0, _MOST_EPOCHS),
    metavar="N",
    cls=_Setting,
    help="Epochs of all layers after it.",
)
@click.option(
    "--lr",
    "rates",
    metavar="A | :B | A:B",
    cls=_Setting,
    help="Highest rates: A for all layers; B for the head and a tenth for the others; or from A to B.",
)
@click.option("--wd", type=click.FloatRange(0), metavar="W", cls=_Setting, help="Weight decay.")
@click.option("--batch-size", type=click.IntRange(1, _MOST_IMAGES), metavar="N", cls=_Setting, help="Images in a step.")
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), metavar="N", cls=_Setting, help="Seed of all random numbers."
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where to train; auto is the GPU where there is one.",
)
@click.option(
    "--precision",
    type=click.Choice(["fp32", "bf16", "fp64"]),
    cls=_Setting,
    help="Precision of the arithmetic.",
)
@click.option("--skip-bad", is_flag=True, default=None, help="Leave unreadable images out.")
@click.option(
    "--scratch",
    type=click.IntRange(0, _MOST_NETWORKS),
    metavar="N",
    cls=_Setting,
    help="Train N networks from random weights too, each at its rate, and say what transfer gave.",
)
@click.option(
    "--resume",
    type=FILE,
    metavar="FILE",
    help="Go on from a checkpoint, with its settings; an --arch of your own is stated again.",
)
@click.option(
    "--out",
    type=FILE,
    metavar="DIR",
    help="Where results go; a folder that holds another run is refused.  "
    f"[default: {_FINETUNED}; with --resume, the checkpoint's folder]",
)
@click.option("--overwrite", is_flag=True, help="Replace the run that the folder holds.")
def finetune(device: str, resume: Path | None, out: Path | None, overwrite: bool, **given: Any) -> int:
    """Give a pretrained network a new head, train that alone, then all layers, each group at its own rate.

    A small network on the bundled digits takes other defaults: {epochs} epochs of each, rates {rates},
    {batch_size} images a step, and {scratch} networks from scratch to compare with.
    """
    from workbook.xlsx.files import prepare_folder

    out = out or (_FINETUNED if resume is None else resume.parent)
    prepare_folder(out)
    with terminal.progress("finetune") as progress:
        progress("starting", 0, 0)
        from engine.pipeline import checkpoint, run
        from engine.pipeline.interrupts import SavedInterrupt
        from workbook.app import finetune as leaving

        if not overwrite:
            leaving.refuse_another_run(out, resume)
        before = None if resume is None else checkpoint.read(resume)
        settings = leaving.resolve_settings(given, before)
    on, torch_device, engines = prepare(device, None)
    saved = False
    with terminal.progress("finetune") as progress:
        try:
            result = run.finetune(settings, device=torch_device, out=out, resume=before, progress=progress)
            saved = True
            metrics, check = leaving.leave(result, out, device=torch_device, engines=engines, progress=progress)
        except KeyboardInterrupt as interrupt:
            if not saved and not isinstance(interrupt, SavedInterrupt):
                raise
            print_error(f"interrupted; {leaving.goes_on(out / run.CHECKPOINT, settings)} goes on")
            return INTERRUPTED
    terminal.show_run(metrics, out)
    terminal.show(check, check.file if check.ok else f"{check.file} was not written", on)
    return GOOD if metrics["cross_check"]["ok"] and check.ok else FAILED
