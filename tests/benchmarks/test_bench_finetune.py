"""Fine-tuning: the default run, training against a plain PyTorch loop, cached activations, memory by images."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from engine.datasets import mnist
from engine.pipeline import cache
from engine.pipeline.archs import Arch, find
from engine.pipeline.batches import Batches, in_order
from engine.pipeline.groups import Network, batch_norms, freeze, make_optimizer, unfreeze
from engine.pipeline.images import Images, Part, read_digits
from engine.pipeline.interrupts import Interrupts
from engine.pipeline.network import Built, build
from engine.pipeline.settings import Settings
from engine.pipeline.train import Machine, Phase, State, Trainer, keep_nothing
from engine.witness.device import deterministic

ROOT = Path(__file__).parents[2]
ON_GPU = torch.cuda.is_available()
DEVICE = torch.device("cuda", 0) if ON_GPU else torch.device("cpu")
ROUNDS, BATCH = 5, 64


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def wait() -> None:
    if ON_GPU:
        torch.cuda.synchronize(DEVICE)


def timed(work: Callable[[], None]) -> float:
    """Seconds: of the clock with a GPU, else of the processor, as other programs may run beside this."""
    clock = time.perf_counter if ON_GPU else time.process_time
    wait()
    begun = clock()
    work()
    wait()
    return clock() - begun


class Bench:
    """One network and its images, trained by the pipeline and by a plain loop."""

    def __init__(self, name: str, images: int, *, freeze_bn: bool = False) -> None:
        self.arch: Arch = find(name)
        digits: Images = read_digits(None)
        numbers = list(range(images))
        self.part = Part(digits.train.pictures[numbers], digits.train.label[numbers], digits.train.names[:images])
        self.machine = Machine(DEVICE, "fp32")
        self.prepare = self.arch.preparation(DEVICE, torch.float32)
        self.settings = Settings.of(arch=name, freeze_bn=freeze_bn)
        self.built: Built = build(self.arch, self.settings, 10, self.machine)
        self.train = Batches(self.part, DEVICE)
        few = Part(self.part.pictures[[0, 1]], self.part.label[:2], self.part.names[:2])
        self.few = Batches(few, DEVICE)

    @property
    def network(self) -> Network:
        return self.built.network

    def forward(self, pixel: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network(self.prepare(pixel))
        return logits

    def optimizer(self) -> torch.optim.AdamW:
        return make_optimizer(self.network, self.built.groups, (1e-3,) * len(self.built.groups), 1e-2)

    def pipeline(self, set_mode: Callable[[], None], train: Batches, forward: Any, epochs: int) -> None:
        set_mode()
        phase = Phase(
            name="bench",
            number=0,
            epochs=epochs,
            epochs_before=0,
            forward=forward,
            train=train,
            held_out=self.few if train is self.train else train,
            set_mode=set_mode,
            optimizer=self.optimizer(),
        )
        with Interrupts() as interrupts:
            Trainer(
                network=self.network,
                machine=self.machine,
                batch_size=BATCH,
                seed=0,
                whole=bool(batch_norms(self.network)),
                save=keep_nothing,
                interrupts=interrupts,
                progress=silent,
            ).run(phase, State())

    def plain(self, set_mode: Callable[[], None], epochs: int) -> None:
        """What one writes by hand: the images on the device, already floats of the right size where they fit."""
        set_mode()
        optimizer = self.optimizer()
        label = self.part.label.to(DEVICE)
        pictures = self.part.pictures[list(range(len(self.part)))].to(DEVICE)
        for _ in range(epochs):
            for numbers in torch.split(torch.randperm(len(label), device=DEVICE), BATCH):
                optimizer.zero_grad()
                loss = F.cross_entropy(self.forward(pictures[numbers]), label[numbers])
                torch.autograd.backward(loss)
                optimizer.step()


def paired(one: Callable[[], None], other: Callable[[], None]) -> tuple[float, float]:
    """The median seconds of each, run in turn, after one run of each that is not counted."""
    # As in a run: a small network has one thread.
    with deterministic(1 if not ON_GPU else torch.get_num_threads(), warn_only=True):
        for work in (one, other):
            work()
        times = [(timed(one), timed(other)) for _ in range(ROUNDS)]
    return statistics.median(a for a, _ in times), statistics.median(b for _, b in times)


@pytest.mark.benchmark(group="finetune")
def test_training_keeps_up_with_a_plain_loop(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    name, images, epochs = ("efficientnet-lite0", 4096, 1) if ON_GPU else ("convnet", 2048, 1)
    bench = Bench(name, images)
    set_mode = partial(unfreeze, bench.network)
    ours, plain = paired(
        lambda: bench.pipeline(set_mode, bench.train, bench.forward, epochs), lambda: bench.plain(set_mode, epochs)
    )
    benchmark.pedantic(lambda: None, rounds=1)
    with capsys.disabled():
        print(
            f"\n{name} on {DEVICE}: {images * epochs / ours:9,.0f} images/s, a plain loop "
            f"{images * epochs / plain:9,.0f}: ratio {plain / ours:.3f} (median of {ROUNDS})"
        )
    assert plain / ours >= (0.97 if ON_GPU else 0.9), "slower than a plain loop"


@pytest.mark.benchmark(group="finetune")
def test_cached_activations_are_several_times_a_plain_loop(
    benchmark: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    name, images, epochs = "efficientnet-lite0", 4096 if ON_GPU else 32, 8
    bench = Bench(name, images, freeze_bn=True)
    set_mode = partial(freeze, bench.network, train_bn=False)

    def body(pixel: torch.Tensor) -> torch.Tensor:
        activation: torch.Tensor = bench.network.body(bench.prepare(pixel))
        return activation

    def cached() -> None:
        set_mode()
        pixels = (pixel for pixel, _ in bench.train.through(in_order(images)))
        activation = cache.collect(body, pixels, images=images, folder=tmp_path)
        kept = Batches(Part(activation, bench.part.label, bench.part.names), DEVICE)
        bench.pipeline(set_mode, kept, bench.network.head, epochs)

    ours, plain = paired(cached, lambda: bench.plain(set_mode, epochs))
    benchmark.pedantic(lambda: None, rounds=1)
    with capsys.disabled():
        print(
            f"\n{name} on {DEVICE}, {epochs} frozen epochs: {plain / ours:.1f} times a plain loop, "
            "computing the activations included"
        )
    assert plain / ours > 3


@pytest.mark.benchmark(group="finetune")
def test_the_default_run_takes_seconds(benchmark: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = (
        "import time, torch\n"
        "from workbook.app.cli import main\n"
        "begun = time.perf_counter()\n"
        f"code = main(['finetune', '--device', 'cpu', '--out', {str(tmp_path)!r}])\n"
        "print('SECONDS', time.perf_counter() - begun, code)\n"
    )
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    _, seconds, code = found.stdout.split("\n")[-2].split()
    benchmark.pedantic(lambda: None, rounds=1)
    with capsys.disabled():
        print(f"\nthe default run, its workbook verified: {float(seconds):.1f} s, torch's import apart")
    assert (code, float(seconds) < 20) == ("0", True)


# Not getrusage, whose peak a new process takes over from the one that started it.
PEAK = """
import sys
from pathlib import Path
from engine.pipeline import images
from engine.pipeline.run import finetune
from engine.pipeline.settings import Settings
images.MOST_KEPT_BYTES = 1 << 20
settings = Settings.of(arch="convnet", data=Path(sys.argv[1]), epochs_frozen=1, epochs=1)
finetune(settings, device="cpu", out=Path(sys.argv[2]), progress=lambda *_: None)
(peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(int(peak.split()[1]) / 1024)
"""


@pytest.mark.benchmark(group="finetune")
def test_memory_does_not_grow_with_the_images(
    benchmark: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    digits = mnist.load().train
    peaks = {}
    for images in (500, 4000):
        folder, out = tmp_path / f"{images}", tmp_path / f"out-{images}"
        out.mkdir()
        for number in range(images):
            klass = folder / str(digits.label[number])
            klass.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.asarray(digits.image[number])).save(klass / f"{number}.png")
        command = [sys.executable, "-c", PEAK, str(folder), str(out)]
        found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        peaks[images] = float(found.stdout)
    benchmark.pedantic(lambda: None, rounds=1)
    with capsys.disabled():
        print("\npeak memory: " + ", ".join(f"{peak:,.0f} MiB at {images:,} images" for images, peak in peaks.items()))
    # Names, labels and file paths are kept: a few hundred bytes an image.
    assert peaks[4000] - peaks[500] < 20
