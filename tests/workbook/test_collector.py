"""Without Python's search for circles, and what follows it."""

import gc

import pytest

from workbook.collector import without_collector

_MANY = 200_000


def test_what_was_made_without_the_collector_is_not_searched_at_once() -> None:
    searched: list[int] = []

    def hear(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            searched.append(len(gc.get_objects(generation=0)))

    gc.callbacks.append(hear)
    try:
        with without_collector():
            made = [[number] for number in range(_MANY)]
        later = [[number] for number in range(_MANY)]
    finally:
        gc.callbacks.remove(hear)
    assert len(made) == len(later)
    assert searched, "the collector is on again"
    assert max(searched) < _MANY


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with without_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_after_little_work_nothing_walks_through_all_that_a_process_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    walks: list[str] = []
    # One that stays, so that what the tests keep stays.
    monkeypatch.setattr(gc, "get_freeze_count", lambda: walks.append("counted") or 1)
    gc.collect(0)
    with without_collector():
        made = [[number] for number in range(1_000)]
    assert walks == []
    with without_collector():
        made += [[number] for number in range(_MANY)]
    assert walks == ["counted"]
