"""What is left to a sweep, and what is drawn of the cases of a rule."""

from types import SimpleNamespace
from typing import Any

import pytest
import sweep
import torch


def item(*marks: pytest.MarkDecorator, **params: Any) -> Any:
    """A test with these marks, and a case of these parameters."""
    case = {"callspec": SimpleNamespace(params=params)} if params else {}
    return SimpleNamespace(iter_markers=lambda name: (m.mark for m in marks if m.name == name), **case)


def test_a_mark_without_parameters_leaves_the_whole_test() -> None:
    assert sweep.is_left_to_a_sweep(item(pytest.mark.sweep))
    assert not sweep.is_left_to_a_sweep(item(pytest.mark.skip))


def test_a_mark_with_parameters_leaves_their_cases_alone() -> None:
    mark = pytest.mark.sweep("fine_tuning", "7")
    assert sweep.is_left_to_a_sweep(item(mark, every="fine_tuning"))
    assert sweep.is_left_to_a_sweep(item(mark, every="affine", count=7))
    assert not sweep.is_left_to_a_sweep(item(mark, every="fine_tuning_run lesson"))
    assert not sweep.is_left_to_a_sweep(item(mark))


def test_a_mark_with_exceptions_leaves_all_cases_but_theirs() -> None:
    mark = pytest.mark.sweep(but=("affine", "schedules"))
    assert sweep.is_left_to_a_sweep(item(mark, every="fine_tuning", side="reference"))
    assert not sweep.is_left_to_a_sweep(item(mark, every="affine", side="reference"))
    assert sweep.is_left_to_a_sweep(item(mark))


def test_some_cases_are_the_same_each_time_and_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "SWEEP", False)
    drawn = sweep.some(range(100), 7)
    assert drawn == sorted(drawn) == sweep.some(range(100), 7)
    assert len(set(drawn)) == 7
    assert drawn != sweep.some(range(100), 7, seed=1)
    assert sweep.some("abc", 3) == sweep.some("abc", 9) == ["a", "b", "c"]


def test_a_sweep_takes_all_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "SWEEP", True)
    assert sweep.some(range(100), 7) == list(range(100))


def test_torch_s_default_numbers_are_its_own_once_all_tests_are_collected() -> None:
    """A kept script for torch changes them, for all that follows, if it is imported as a test would be."""
    assert torch.get_default_dtype() == torch.float32
