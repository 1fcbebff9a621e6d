"""A whole run: what trains and what stays, what is repeated exactly, and what is said of it."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from engine.errors import DataError, DeviceError, NetworkError
from engine.pipeline import batches, images, metrics, train
from engine.pipeline.run import Result
from workbook.app.crosscheck import BOUND

Tune = Callable[..., Result]


def network(result: Result) -> dict[str, torch.Tensor]:
    saved = load_file(result.checkpoint)
    return {name: value for name, value in saved.items() if name.startswith("network.")}


def test_the_same_run_twice_is_the_same_to_the_last_bit(tune: Tune, tmp_path: Path) -> None:
    first, second = (tune(head="fastai", seed=5, out=tmp_path / name) for name in ("a", "b"))
    assert first.curves.loss.tolist() == second.curves.loss.tolist()
    one, other = network(first), network(second)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_another_seed_is_another_run(tune: Tune, tmp_path: Path) -> None:
    one, other = (tune(seed=seed, out=tmp_path / str(seed)) for seed in (1, 2))
    assert one.curves.loss.tolist() != other.curves.loss.tolist()


def test_a_run_leaves_torchs_own_generator_and_settings_alone(tune: Tune) -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    tune()
    assert torch.equal(torch.rand(2), expected)
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_frozen_body_stays_as_it_was(tune: Tune) -> None:
    from engine.datasets.digits import pretrained

    after = network(tune(epochs=0))
    for name, value in pretrained().weights.items():
        if not name.startswith("head"):
            assert torch.equal(after[f"network.body.{name}"], torch.tensor(value)), name


def test_an_unfrozen_body_moves(tune: Tune) -> None:
    from engine.datasets.digits import pretrained

    after = network(tune(epochs_frozen=0))
    assert not torch.equal(after["network.body.first.weight"], torch.tensor(pretrained().weights["first.weight"]))


@pytest.mark.parametrize("freeze_bn", [False, True])
def test_batch_norms_of_a_frozen_body_train_unless_told_not_to(
    freeze_bn: bool, tune: Tune, photos: Path, own_arch: Any, small_net: Any
) -> None:
    result = tune(arch=own_arch(small_net), data=photos, freeze_bn=freeze_bn, epochs=0, batch_size=4)
    after, before = network(result), small_net().state_dict()
    moved = {name for name in before if not torch.equal(after.get(f"network.body.{name}", before[name]), before[name])}
    norms = {f"norm{n}.{what}" for n in (1, 2) for what in ("weight", "bias", "running_mean", "running_var")}
    norms |= {f"norm{n}.num_batches_tracked" for n in (1, 2)}
    assert moved == (set() if freeze_bn else norms)
    assert result.metrics["cache"]["used"] == freeze_bn
    assert ("2 batch norms" in result.metrics["cache"]["reason"]) != freeze_bn


def test_what_is_said_of_a_run(tune: Tune, device: str) -> None:
    result = tune(scratch=2)
    said = json.loads(json.dumps(result.metrics))
    assert said["data"] | {"source": ""} == {
        "source": "",
        "classes": ["7", "8", "9"],
        "train_images": 9,
        "held_out_images": said["data"]["held_out_images"],
        "skipped": [],
    }
    assert [group["parameters"] for group in said["network"]["groups"]] == [
        49 * 64 + 64,
        64 * 32 + 32,
        32 * 32 + 32 + 32 * 3 + 3,
    ]
    assert said["network"]["removed"] == {"name": "head", "shape": [32, 7]}
    assert [(epoch["phase"], epoch["epoch"]) for epoch in said["history"]] == [
        ("frozen", 1),
        ("frozen", 2),
        ("unfrozen", 1),
        ("unfrozen", 2),
    ]
    assert sum(map(sum, said["confusion"])) == said["data"]["held_out_images"]
    right = sum(said["confusion"][klass][klass] for klass in range(3))
    assert said["accuracy"] == pytest.approx(right / said["data"]["held_out_images"])
    assert said["device"].startswith(device)
    if device == "cpu":
        assert said["cuda"] == said["cpu_against_cuda"] == metrics.no_cuda()
    else:
        assert said["cuda"] == said["device"]
        assert said["cpu_against_cuda"] <= BOUND
    assert len(said["transfer"]["scratch"]) == 2
    best = max(other["accuracy"] for other in said["transfer"]["scratch"])
    assert said["transfer"]["accuracy_gained"] == pytest.approx(said["accuracy"] - best)
    assert all(mistake["class"] != mistake["taken_for"] for mistake in said["worst"])


def test_the_head_shown_gives_the_networks_own_answers(tune: Tune) -> None:
    result = tune(precision="fp64")
    shown = result.shown
    hidden = (shown.activation @ shown.head["matrix1.weight"] + shown.head["matrix1.bias"]).clip(min=0)
    logits = hidden @ shown.head["matrix2.weight"] + shown.head["matrix2.bias"]
    classes = result.metrics["data"]["classes"]
    for number, mistake in enumerate(result.metrics["worst"]):
        assert classes[int(logits[number].argmax())] == mistake["taken_for"]
        assert classes[int(shown.label[number])] == mistake["class"]
        assert shown.names[number] == mistake["name"]


def test_what_the_body_hands_over_is_shown_as_the_run_computed_it(tune: Tune) -> None:
    activation = torch.from_numpy(tune(precision="bf16").shown.activation)
    assert torch.equal(activation.bfloat16().double(), activation)


@pytest.mark.parametrize("precision", ["bf16", "fp64"])
def test_other_precisions_run(precision: str, tune: Tune) -> None:
    result = tune(precision=precision, epochs_frozen=5)
    dtype = torch.float64 if precision == "fp64" else torch.float32
    assert network(result)["network.head.matrix1.weight"].dtype == dtype
    assert result.metrics["accuracy"] > 0.4


def test_images_decoded_by_workers_give_the_same_run(
    tune: Tune, photos: Path, own_arch: Any, small_net: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = own_arch(small_net)
    kept = tune(arch=name, data=photos, batch_size=4, out=tmp_path / "kept")
    monkeypatch.setattr(images, "MOST_KEPT_BYTES", 100)
    streamed = tune(arch=name, data=photos, batch_size=4, out=tmp_path / "streamed")
    assert streamed.curves.loss.tolist() == kept.curves.loss.tolist()


def test_an_image_that_is_removed_while_a_run_reads_it_is_one_sentence(
    tune: Tune, photos: Path, own_arch: Any, small_net: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove(what: str, done: int, total: int) -> None:
        if "epoch" in what:
            for path in photos.glob("*/*.png"):
                path.unlink()

    monkeypatch.setattr(images, "MOST_KEPT_BYTES", 100)
    with pytest.raises(DataError, match=r"^\S*\.png: the image can't be read any more \(No such file or directory\)$"):
        tune(arch=own_arch(small_net), data=photos, batch_size=2, epochs=50, progress=remove)


def test_a_diverging_run_says_what_to_lower(tune: Tune) -> None:
    with pytest.raises(NetworkError, match=r"the loss of step \d+ is (nan|inf): the run diverged; try a lower --lr"):
        tune(rates="1e30", epochs_frozen=0, epochs=1, batch_size=3)
    with pytest.raises(
        NetworkError, match="the loss on the held-out images is no number: the run diverged; try a lower"
    ):
        tune(rates="1e30", epochs_frozen=0, epochs=1, batch_size=9)


def test_a_network_that_gives_no_number_at_all_is_told_from_one_that_diverged(
    tune: Tune, photos: Path, own_arch: Any, small_net: Any
) -> None:
    def broken() -> torch.nn.Module:
        network = small_net()
        network.conv1.bias.data.fill_(float("nan"))
        return network

    with pytest.raises(NetworkError, match="the loss is nan before the first update, expected weights that give"):
        tune(arch=own_arch(broken), data=photos, batch_size=4)


def test_a_network_that_can_not_be_trained_is_one_sentence(
    tune: Tune, photos: Path, own_arch: Any, small_net: Any
) -> None:
    class InPlace(torch.nn.Module):
        """Overwrites what its gradient needs."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.sigmoid().add_(1.0)

    def spoiled() -> torch.nn.Module:
        network = small_net()
        network.conv1 = torch.nn.Sequential(network.conv1, InPlace())
        return network

    with pytest.raises(NetworkError, match=r"the network can't be trained \(RuntimeError: one of the variables needed"):
        tune(arch=own_arch(spoiled), data=photos, batch_size=4, epochs_frozen=0)


def test_a_network_of_one_precision_is_one_sentence_in_another(
    tune: Tune, photos: Path, own_arch: Any, small_net: Any
) -> None:
    def single() -> torch.nn.Module:
        network = small_net()
        network.pool.register_forward_hook(lambda module, inputs, output: output.float())
        network.conv2.register_forward_pre_hook(lambda module, inputs: (inputs[0].float(),))
        return network

    with pytest.raises(NetworkError, match=r"\(RuntimeError: .* (should be|same|dtype).*; conftest\.py, line \d+\)"):
        tune(arch=own_arch(single), data=photos, batch_size=4, precision="fp64")


def test_what_can_not_be_drawn_at_random_is_refused_before_the_training(
    tune: Tune, photos: Path, own_arch: Any, small_net: Any
) -> None:
    heard: list[str] = []

    def with_a_token() -> torch.nn.Module:
        network = small_net()
        network.token = torch.nn.Parameter(torch.zeros(2))
        return network

    with pytest.raises(NetworkError, match="the network's token can't be drawn at random"):
        tune(
            arch=own_arch(with_a_token),
            data=photos,
            batch_size=4,
            scratch=1,
            progress=lambda what, done, total: heard.append(what),
        )
    assert not [what for what in heard if "epoch" in what]


def test_evaluation_takes_no_more_memory_than_training(tune: Tune, photos: Path, own_arch: Any, small_net: Any) -> None:
    seen: list[int] = []

    def watched() -> torch.nn.Module:
        network = small_net()
        network.conv1.register_forward_hook(lambda module, inputs, output: seen.append(len(output)))
        return network

    tune(arch=own_arch(watched), data=photos, batch_size=2, freeze_bn=True, scratch=0)
    # Sixteen images to train on and four held out: 8 and 8 are computed once, 4 looked at, and 2 trained on.
    assert max(seen) == 8


def test_a_gpu_without_memory_says_what_to_lower(tune: Tune, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(train.Trainer, "step", full)
    with pytest.raises(
        DeviceError, match=r"too small for 10 images a step \(fp32\); try --batch-size 5 or --precision"
    ):
        tune()


def test_a_machine_without_memory_says_what_to_lower(tune: Tune, photos: Path, own_arch: Any, small_net: Any) -> None:
    class Greedy(torch.nn.Module):
        """Asks for more than any machine has: 2^60 bytes."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            torch.empty(1 << 58) if torch.is_grad_enabled() else None
            return x

    def greedy() -> torch.nn.Module:
        network = small_net()
        network.conv1 = torch.nn.Sequential(network.conv1, Greedy())
        return network

    given = {"arch": own_arch(greedy), "data": photos, "epochs_frozen": 0}
    with pytest.raises(DeviceError, match=r"^the machine's memory is too small for 4 images a step \(fp32\); try --ba"):
        tune(**given, batch_size=4)


def test_one_image_a_step_is_refused_where_batch_norm_trains(tune: Tune) -> None:
    with pytest.raises(DataError, match="batch norm"):
        tune(head="fastai", batch_size=1)


def test_batches_are_all_images_once_and_a_last_one_of_one_image_is_left_out_for_batch_norm() -> None:
    order = batches.shuffled(9, 4, seed=0, epoch=0, whole=False)
    assert [len(batch) for batch in order] == [4, 4, 1]
    assert sorted(torch.cat(order).tolist()) == list(range(9))
    assert [len(batch) for batch in batches.shuffled(9, 4, seed=0, epoch=0, whole=True)] == [4, 4]
    assert [len(batch) for batch in batches.shuffled(1, 4, seed=0, epoch=0, whole=True)] == [1]


def test_smoothed_losses_are_fastais() -> None:
    # With beta 0.98 the second value of (5, 1) is by hand:
    # (0.98 * 0.02 * 5 + 0.02 * 1) / (1 - 0.98^2) = 0.118 / 0.0396
    assert train.smoothed([5.0, 1.0]) == pytest.approx([5.0, 0.118 / 0.0396])


def test_the_worst_mistakes_are_the_wrong_ones_of_the_highest_loss() -> None:
    found = train.Evaluation(
        loss=0.0,
        accuracy=0.0,
        sample_loss=torch.tensor([9.0, 1.0, 3.0, 2.0]),
        predicted=torch.tensor([0, 1, 1, 1]),
    )
    assert metrics.worst_mistakes(torch.tensor([0, 0, 0, 0]), found, 2) == [2, 3]


def test_transfer_is_measured_against_the_best_of_those_from_scratch() -> None:
    def said(accuracy: float) -> train.Evaluation:
        return train.Evaluation(1.0, accuracy, torch.zeros(1), torch.zeros(1))

    found = metrics.transfer(said(0.9), {0.1: said(0.5), 0.3: said(0.8)})
    assert found is not None
    assert (found["best_scratch_rate"], found["accuracy_gained"]) == (0.3, pytest.approx(0.1))
    assert found["best_scratch_accuracy"] == 0.8
    assert metrics.transfer(said(0.9), {}) is None


def test_a_rate_from_scratch_that_diverges_is_no_opponent(tune: Tune, monkeypatch: pytest.MonkeyPatch) -> None:
    real = train.Trainer.run

    def diverging(self: train.Trainer, phase: train.Phase, state: train.State) -> None:
        if phase.name == "from scratch at 0.09":
            raise train.DivergedError("the loss is no number")
        real(self, phase, state)

    monkeypatch.setattr(train.Trainer, "run", diverging)
    found = tune(scratch=3).metrics["transfer"]
    assert [one["accuracy"] is None for one in found["scratch"]] == [False, False, True]
    said = train.Evaluation(1.0, 0.5, torch.zeros(1), torch.zeros(1))
    one_diverged = metrics.transfer(said, {0.1: said, 0.3: None})
    assert one_diverged is not None
    assert one_diverged["best_scratch_rate"] == 0.1
    assert one_diverged["scratch"][1] == {"rate": 0.3, "accuracy": None, "held_out_loss": None}
    assert metrics.transfer(said, {0.3: None}) is None


def test_curves_hold_both_cycles(tune: Tune) -> None:
    curves = tune(epochs_frozen=10, epochs=10).curves
    # fastai 1 over ten steps: lesson5.md
    fastai = [0.04, 0.28, 0.76, 1.0, 0.9505, 0.8117, 0.6113, 0.3887, 0.1883, 0.0495]
    assert [round(share, 4) for share in curves.share.tolist()] == fastai * 2
    assert curves.phase_step.tolist() == [*range(1, 11)] * 2
    assert curves.frozen.tolist() == [1.0] * 10 + [0.0] * 10
    assert math.isclose(curves.momentum[3], 0.85)
