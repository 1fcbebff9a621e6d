"""Checkpoints: whole or not at all, Ctrl-C leaves one, and a resumed run ends where an undisturbed one does."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from sweep import some

from engine.errors import DataError
from engine.pipeline import checkpoint, train
from engine.pipeline.interrupts import SavedInterrupt
from engine.pipeline.run import Result
from workbook.app.finetune import resolve_settings

Tune = Callable[..., Result]


def stop_at(call: int, word: str = "epoch") -> Callable[[str, int, int], None]:
    """Progress that presses Ctrl-C when it hears of training, or of something else, for the n-th time."""
    heard = 0

    def progress(what: str, done: int, total: int) -> None:
        nonlocal heard
        heard += word in what
        if heard == call and word in what:
            os.kill(os.getpid(), signal.SIGINT)

    return progress


@pytest.mark.parametrize(("head", "stop"), some([("lesson", 9), ("lesson", 1), ("fastai", 5), ("fastai", 2)], 2))
def test_a_resumed_run_is_the_undisturbed_one_to_the_last_bit(head: str, stop: int, tune: Tune, tmp_path: Path) -> None:
    # Nine images by fours are three batches, two with batch norm: stops fall within an epoch and at its end.
    given: dict[str, Any] = {"head": head, "batch_size": 4, "epochs_frozen": 2, "epochs": 2}
    whole = tune(**given, out=tmp_path / "whole")
    with pytest.raises(SavedInterrupt):
        tune(**given, out=tmp_path / "cut", progress=stop_at(stop))
    saved = checkpoint.read(tmp_path / "cut" / "checkpoint.safetensors")
    assert len(saved.state.losses) == stop
    resumed = tune(resume=saved, out=tmp_path / "cut")
    assert resumed.curves.loss.tolist() == whole.curves.loss.tolist()
    one, other = load_file(whole.checkpoint), load_file(resumed.checkpoint)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert {**resumed.metrics, "seconds": 0, "resumed": 0, "history": 0} == {
        **whole.metrics,
        "seconds": 0,
        "resumed": 0,
        "history": 0,
    }


def test_a_run_with_chance_in_its_body_resumes_exactly(
    tune: Tune, photos: Path, own_arch: Any, small_net: Any, tmp_path: Path
) -> None:
    given = {"arch": own_arch(small_net), "data": photos, "batch_size": 4, "epochs_frozen": 1, "epochs": 1}
    whole = tune(**given, out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        tune(**given, out=tmp_path / "cut", progress=stop_at(6))
    resumed = tune(resume=checkpoint.read(tmp_path / "cut" / "checkpoint.safetensors"), out=tmp_path / "cut")
    assert resumed.metrics["held_out_loss"] == whole.metrics["held_out_loss"]


def test_ctrl_c_while_activations_are_computed_waits_for_one_batch(
    tune: Tune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tune(out=tmp_path / "whole")
    heard: list[int] = []

    def progress(what: str, done: int, total: int) -> None:
        if "activations" in what:
            heard.append(done)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(train, "EVALUATION_BATCH", 2)
    with pytest.raises(SavedInterrupt):
        tune(out=tmp_path / "cut", progress=progress)
    assert heard == [1]
    saved = checkpoint.read(tmp_path / "cut" / "checkpoint.safetensors")
    assert (saved.state.phase, saved.state.losses) == (0, [])
    monkeypatch.undo()
    resumed = tune(resume=saved, out=tmp_path / "cut")
    assert resumed.curves.loss.tolist() == whole.curves.loss.tolist()


def test_ctrl_c_while_held_out_images_are_looked_at_stops_there(
    tune: Tune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tune(batch_size=100, out=tmp_path / "whole")
    looked = 0
    real = train.evaluate

    def evaluate(*arguments: Any) -> Any:
        *others, check_interrupt = arguments

        def pressed() -> None:
            nonlocal looked
            looked += 1
            if looked == 5:
                os.kill(os.getpid(), signal.SIGINT)
            check_interrupt()

        return real(*others, pressed)

    # 595 images by 256 are three batches: the fifth is within the second epoch's.
    monkeypatch.setattr(train, "evaluate", evaluate)
    with pytest.raises(SavedInterrupt):
        tune(batch_size=100, out=tmp_path / "cut")
    assert looked == 5
    saved = checkpoint.read(tmp_path / "cut" / "checkpoint.safetensors")
    assert (saved.state.epoch, saved.state.batch, len(saved.state.losses)) == (1, 1, 2)
    monkeypatch.undo()
    resumed = tune(resume=saved, out=tmp_path / "cut")
    assert resumed.curves.loss.tolist() == whole.curves.loss.tolist()
    assert [one["accuracy"] for one in resumed.metrics["history"]] == [
        one["accuracy"] for one in whole.metrics["history"]
    ]


def test_ctrl_c_after_the_training_says_that_all_is_saved(tune: Tune, tmp_path: Path) -> None:
    with pytest.raises(SavedInterrupt):
        tune(scratch=1, progress=stop_at(2, "from scratch"))
    assert checkpoint.read(tmp_path / "out" / "checkpoint.safetensors").state.phase == 1


def test_a_run_that_was_done_leaves_its_checkpoint_elsewhere_too(tune: Tune, tmp_path: Path) -> None:
    path = tune().checkpoint
    before = path.read_bytes(), checkpoint.previous(path).read_bytes()
    elsewhere = tune(resume=checkpoint.read(path), out=tmp_path / "elsewhere").checkpoint
    one, other = checkpoint.read(path), checkpoint.read(elsewhere)
    assert (one.state, one.settings) == (other.state, other.settings)
    assert all(torch.equal(value, other.network[name]) for name, value in one.network.items())
    assert one.optimizer.keys() == other.optimizer.keys()
    tune(resume=checkpoint.read(path))
    assert (path.read_bytes(), checkpoint.previous(path).read_bytes()) == before


def test_a_rate_of_many_digits_is_the_same_after_a_resumed_start(tune: Tune, tmp_path: Path) -> None:
    given: dict[str, Any] = {"rates": "1.23456789e-3:0.0123456789"}
    whole = tune(**given, out=tmp_path / "whole")
    with pytest.raises(SavedInterrupt):
        tune(**given, out=tmp_path / "cut", progress=stop_at(2))
    resumed = tune(resume=checkpoint.read(tmp_path / "cut" / "checkpoint.safetensors"), out=tmp_path / "cut")
    assert resumed.curves.loss.tolist() == whole.curves.loss.tolist()


def test_a_second_ctrl_c_interrupts_at_once(tune: Tune, tmp_path: Path) -> None:
    def impatient(what: str, done: int, total: int) -> None:
        if "epoch" in what:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as stopped:
        tune(progress=impatient)
    assert not isinstance(stopped.value, SavedInterrupt)
    assert not (tmp_path / "out" / "checkpoint.safetensors").exists()


def test_ctrl_c_is_handed_back_after_a_run(tune: Tune) -> None:
    before = signal.getsignal(signal.SIGINT)
    tune()
    assert signal.getsignal(signal.SIGINT) is before


def test_the_last_but_one_checkpoint_stays_and_is_whole(tune: Tune) -> None:
    result = tune()
    last, before = checkpoint.read(result.checkpoint), checkpoint.read(checkpoint.previous(result.checkpoint))
    assert (last.state.phase, last.state.epoch) == (1, 2)
    assert (before.state.phase, before.state.epoch) == (1, 1)


def test_a_truncated_checkpoint_is_refused_and_the_whole_one_named(tune: Tune) -> None:
    path = tune().checkpoint
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"damaged or cut short .*the one before it is .*checkpoint\.previous"):
        checkpoint.read(path)
    assert checkpoint.read(checkpoint.previous(path)).state.losses


def test_a_disk_that_fills_up_leaves_the_last_checkpoint(
    tune: Tune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tune().checkpoint
    before = path.read_bytes()

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(DataError, match=r"the checkpoint can't be written .*No space left"):
        tune(seed=9)
    assert path.read_bytes() == before
    assert not list((tmp_path / "out").glob(".gradbook*"))


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.safetensors: there is no such file, expected a checkpoint"):
        checkpoint.read(tmp_path / "none.safetensors")


def test_other_safetensors_are_no_checkpoint(tmp_path: Path) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "w.safetensors")
    with pytest.raises(DataError, match="found no checkpoint of gradbook finetune"):
        checkpoint.read(tmp_path / "w.safetensors")


def test_a_checkpoint_of_other_images_is_refused(tune: Tune, photos: Path, own_arch: Any, small_net: Any) -> None:
    path = tune(arch=own_arch(small_net), data=photos, batch_size=4).checkpoint
    (photos / "cat" / "00.png").unlink()
    with pytest.raises(DataError, match="the images of photos are not those that the checkpoint was trained on"):
        tune(resume=checkpoint.read(path))


def test_images_and_weights_may_move_before_a_run_goes_on(
    tune: Tune, photos: Path, own_arch: Any, small_net: Any, tmp_path: Path
) -> None:
    torch.save(small_net().state_dict(), tmp_path / "w.pth")
    given = {"arch": own_arch(small_net), "data": photos, "weights": tmp_path / "w.pth", "batch_size": 4}
    whole = tune(**given)
    before = checkpoint.read(checkpoint.previous(whole.checkpoint))
    moved = photos.rename(tmp_path / "elsewhere")
    (tmp_path / "w.pth").unlink()
    settings = resolve_settings({"data": moved, "seed": None, "arch": given["arch"]}, before)
    resumed = tune(resume=replace(before, settings=settings), out=tmp_path / "again")
    assert resumed.metrics["held_out_loss"] == whole.metrics["held_out_loss"]


def test_a_checkpoint_of_another_network_is_refused(tune: Tune, photos: Path, own_arch: Any, small_net: Any) -> None:
    from torch import nn

    path = tune(arch=own_arch(small_net), data=photos, batch_size=4).checkpoint
    own_arch(lambda: nn.Sequential(nn.Flatten(), nn.Linear(3 * 224 * 224, 4), nn.Linear(4, 2)))
    with pytest.raises(DataError, match="the checkpoint is of another network"):
        tune(resume=checkpoint.read(path))
