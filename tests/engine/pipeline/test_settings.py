"""What a run is told: rates as fastai spreads them, defaults, and what survives a checkpoint."""

from pathlib import Path

import pytest

from engine.errors import DataError
from engine.pipeline.settings import Rates, Settings


@pytest.mark.parametrize(
    ("text", "groups", "expected"),
    [
        # fastai 1.0.29 and later: slice(1e-5, 1e-3) and slice(1e-3) of three layer groups, and a single rate.
        ("1e-5:1e-3", 3, (1e-5, 1e-4, 1e-3)),
        (":1e-3", 3, (1e-4, 1e-4, 1e-3)),
        ("1e-3", 3, (1e-3, 1e-3, 1e-3)),
        ("1e-4:1e-2", 2, (1e-4, 1e-2)),
        ("1e-4:1e-2", 1, (1e-2,)),
        (":3e-3", 1, (3e-3,)),
        (" .5 ", 2, (0.5, 0.5)),
    ],
)
def test_rates_are_spread_as_fastai_does(text: str, groups: int, expected: tuple[float, ...]) -> None:
    assert Rates.parse(text).of(groups) == expected


@pytest.mark.parametrize(
    "text", ["", ":", "1e-3:", "fast", "1e-3:1e-2:1e-1", "0", "0:1", "-1", "1e999", "nan", "1e-31", "1e31"]
)
def test_other_rates_are_refused(text: str) -> None:
    with pytest.raises(DataError, match="expected A for all layers, :B for the head, or A:B"):
        Rates.parse(text)


@pytest.mark.parametrize("text", ["1e-05:0.001", ":0.003", "0.01", "0.00123456789", "1e-30:1e+30"])
def test_rates_are_told_as_they_are_given(text: str) -> None:
    assert str(Rates.parse(text)) == text


def test_what_is_left_open_depends_on_the_data() -> None:
    bundled, own = Settings.of(), Settings.of(data=Path("photos"))
    assert (bundled.arch, bundled.head, bundled.batch_size, bundled.scratch) == ("digits", "lesson", 10, 3)
    assert (own.batch_size, own.scratch, str(own.rates)) == (64, 0, "3e-05:0.003")
    assert Settings.of(batch_size=5).batch_size == 5


def test_settings_survive_being_written_down() -> None:
    settings = Settings.of(data=Path("photos"), weights=Path("w.pth"), rates="1e-5:1e-3", freeze_bn=True)
    assert Settings.from_json(settings.to_json()) == settings


def test_damaged_settings_are_refused() -> None:
    plain = Settings.of().to_json()
    del plain["seed"]
    with pytest.raises(DataError, match=r"damaged .*seed"):
        Settings.from_json(plain)


def test_a_run_of_no_epochs_is_refused() -> None:
    with pytest.raises(DataError, match="0 epochs frozen and 0 unfrozen"):
        Settings.of(epochs=0, epochs_frozen=0)


def test_a_rate_of_many_digits_survives_being_written_down() -> None:
    settings = Settings.of(rates="1.23456789e-5:0.00123456789")
    assert Settings.from_json(settings.to_json()).rates == settings.rates


@pytest.mark.parametrize("wd", [float("nan"), float("inf"), 1e300, -1.0])
def test_a_weight_decay_of_no_use_is_refused(wd: float) -> None:
    with pytest.raises(DataError, match=r"the weight decay is .*, expected 0 to 1e\+06"):
        Settings.of(wd=wd)
