"""RMSprop against torch.optim in a loop; the lecture's by hand and as torch's with an average that stands still."""

import pytest
import torch

from engine.errors import DataError
from engine.witness.optimizers import rmsprop

STATES = {"square_avg": "square", "grad_avg": "mean"}


@pytest.mark.parametrize("centred", ["no", "yes"])
def test_fifty_rows_at_once_are_fifty_steps_of_torch_one_by_one(train, same, close, centred: str) -> None:
    before, after = train(
        lambda p: torch.optim.RMSprop(p, lr=0.02, alpha=0.9, eps=1e-3, centered=centred == "yes"), STATES
    )
    del before["step_number"]
    if centred == "no":
        for side in ("intercept", "slope"):
            del after[f"{side}_mean"]
    found = rmsprop.step(**before, learning_rate=0.02, alpha=0.9, eps=1e-3, centred=centred, convention="torch")
    same(found, after)
    for side in ("intercept", "slope"):
        moved = (before[side] - after[f"new_{side}"]) / 0.02
        ratio = found[f"{side}_gradient"] / found[f"{side}_size"]
        # The difference of two near numbers loses digits.
        assert bool(((ratio - moved).abs() <= 1e-11 * moved.abs().max()).all())


def averages(square: float, mean: float) -> dict[str, torch.Tensor]:
    return {
        f"{side}_{name}_before": torch.tensor([value], dtype=torch.float64)
        for side in ("intercept", "slope")
        for name, value in (("square", square), ("mean", mean))
    }


@pytest.mark.parametrize(
    ("centred", "convention", "size"),
    # squares 0.5 * 16 + 0.5 * 4 = 10 and 0.5 * 16 + 0.5 * 16 = 16; means 0.5 * 1 - 1 = -0.5 and 0.5 * 1 - 2 = -1.5
    [
        ("no", "torch", (10**0.5 + 0.25, 4.25)),
        ("yes", "torch", (9.75**0.5 + 0.25, 13.75**0.5 + 0.25)),
        ("no", "lecture", (4.0, 4.0)),
        ("yes", "lecture", (4.0, 4.0)),
    ],
)
def test_a_row_equals_the_hand_calculation(
    hand, close, centred: str, convention: str, size: tuple[float, float]
) -> None:
    found = rmsprop.step(
        **hand,
        **averages(16.0, 1.0),
        learning_rate=0.1,
        alpha=0.5,
        eps=0.25,
        centred=centred,
        convention=convention,
    )
    for side, square, mean, divisor, new in (
        ("intercept", 10.0, -0.5, size[0], 1 + 0.2 / size[0]),
        ("slope", 16.0, -1.5, size[1], 0.5 + 0.4 / size[1]),
    ):
        close(found[f"{side}_square"], [square])
        close(found[f"{side}_mean"], [mean])
        close(found[f"{side}_size"], [divisor])
        close(found[f"new_{side}"], [new])


def test_the_lecture_s_step_is_torch_s_with_an_average_that_stands_still(train, close) -> None:
    before, _ = train(lambda p: torch.optim.RMSprop(p, lr=0.02, alpha=0.9), STATES)
    del before["step_number"]
    later = {name: values[1:] for name, values in before.items()}
    words = {"centred": "no", "learning_rate": 0.02}
    lecture = rmsprop.step(**later, **words, alpha=0.9, eps=1.0, convention="lecture")
    still = rmsprop.step(**later, **words, alpha=1.0, eps=0.0, convention="torch")
    for name in ("intercept_size", "slope_size", "new_intercept", "new_slope"):
        close(lecture[name], still[name])


@pytest.mark.parametrize(
    ("convention", "y"), [("lecture", 3.0), ("torch", 2.0)], ids=["any gradient", "a gradient of 0"]
)
def test_where_the_size_is_0_the_step_is_0(hand, convention: str, y: float) -> None:
    hand["y"] = hand["y"].new_tensor([y])
    found = rmsprop.step(
        **hand, **averages(0.0, 0.0), learning_rate=0.1, alpha=0.9, eps=0.0, centred="no", convention=convention
    )
    assert found["intercept_size"].tolist() == [0.0]
    assert (found["new_intercept"].tolist(), found["new_slope"].tolist()) == ([1.0], [0.5])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"centred": "no", "convention": "keras"}, "found the convention 'keras', expected torch or lecture"),
        ({"centred": "perhaps", "convention": "torch"}, "found the answer to centred 'perhaps', expected no or yes"),
    ],
)
def test_an_unknown_word_is_refused(hand, words: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        rmsprop.step(**hand, **averages(1.0, 0.0), learning_rate=0.1, alpha=0.9, eps=0.0, **words)
