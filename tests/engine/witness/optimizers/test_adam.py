"""Adam against torch.optim in a loop; the lecture's by hand, and as torch's where nothing is left to correct."""

import pytest
import torch

from engine.errors import DataError
from engine.witness.optimizers import adam

STATES = {"exp_avg": "average", "exp_avg_sq": "square"}


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.0, 0.9), (0.9, 0.0), (0.0, 0.0)])
def test_fifty_rows_at_once_are_fifty_steps_of_torch_one_by_one(train, same, betas: tuple[float, float]) -> None:
    before, after = train(lambda p: torch.optim.Adam(p, lr=0.1, betas=betas, eps=1e-3), STATES)
    found = adam.step(**before, learning_rate=0.1, beta1=betas[0], beta2=betas[1], eps=1e-3, convention="torch")
    same(found, after)


def test_rows_in_any_order_keep_their_own_count_of_steps(train, same) -> None:
    before, after = train(lambda p: torch.optim.Adam(p, lr=0.1), STATES)
    rows = torch.tensor([30, 4, 4, 0, 0, 49])
    found = adam.step(
        **{name: values[rows] for name, values in before.items()},
        learning_rate=0.1,
        beta1=0.9,
        beta2=0.999,
        eps=1e-8,
        convention="torch",
    )
    same(found, {name: values[rows] for name, values in after.items()})


def averages(average: float, square: float) -> dict[str, torch.Tensor]:
    return {
        f"{side}_{name}_before": torch.tensor([value], dtype=torch.float64)
        for side in ("intercept", "slope")
        for name, value in (("average", average), ("square", square))
    }


def number(of: float) -> torch.Tensor:
    return torch.tensor([of], dtype=torch.float64)


def test_a_first_step_of_torch_is_the_gradient_s_sign_but_for_eps(hand, close) -> None:
    # Corrected, the first averages are g and g^2: the step is rate * g / (|g| + eps), by 2 / 2.5 and 4 / 4.5.
    found = adam.step(
        number(1),
        **hand,
        **averages(0.0, 0.0),
        learning_rate=0.1,
        beta1=0.9,
        beta2=0.999,
        eps=0.5,
        convention="torch",
    )
    close(found["new_intercept"], [1.08])
    close(found["new_slope"], [0.5 + 0.4 / 4.5])


def test_a_row_of_the_lecture_equals_the_hand_calculation(hand, close) -> None:
    found = adam.step(
        number(1),
        **hand,
        **averages(1.0, 16.0),
        learning_rate=0.1,
        beta1=0.5,
        beta2=0.75,
        eps=9.0,
        convention="lecture",
    )
    # averages 0.5 - 1 and 0.5 - 2; squares 12 + 1 and 12 + 4; no correction and no eps
    for name, value in (
        ("intercept_average", -0.5),
        ("slope_average", -1.5),
        ("intercept_square", 13.0),
        ("slope_square", 16.0),
        ("new_intercept", 1 + 0.05 / 13**0.5),
        ("new_slope", 0.5375),
    ):
        close(found[name], [value])


def test_the_lecture_s_step_is_torch_s_once_there_is_nothing_to_correct(train, same) -> None:
    before, _ = train(lambda p: torch.optim.Adam(p, lr=0.1), STATES)
    rates = {"learning_rate": 0.1, "beta1": 0.9, "beta2": 0.9, "eps": 0.0}
    before["step_number"] += 1e6
    torch_s = adam.step(**before, **rates, convention="torch")
    same(adam.step(**before, **rates, convention="lecture"), torch_s)


def test_the_lecture_s_adam_swings_about_the_optimum_at_a_rate_of_1_and_settles_at_less(train) -> None:
    def last_error(rate: float) -> float:
        _, after = train(lambda p: adam.LectureAdam(p, lr=rate, betas=(0.9, 0.9)))
        return float(after["squared_error"][-10:].max())

    assert last_error(1.0) > 5 * last_error(0.1)


@pytest.mark.parametrize("convention", ["torch", "lecture"])
def test_where_the_divisor_is_0_the_step_is_0(hand, convention: str) -> None:
    hand["y"] = hand["y"] - 1
    found = adam.step(
        number(1),
        **hand,
        **averages(0.0, 0.0),
        learning_rate=0.1,
        beta1=0.9,
        beta2=0.999,
        eps=0.0,
        convention=convention,
    )
    assert (found["new_intercept"].tolist(), found["new_slope"].tolist()) == ([1.0], [0.5])


def test_a_row_beyond_1e12_keeps_its_parameters_and_no_other_does(train, same) -> None:
    before, after = train(lambda p: torch.optim.Adam(p, lr=0.1), STATES)
    before["slope"][7] = -2e12
    found = adam.step(**before, learning_rate=0.1, beta1=0.9, beta2=0.999, eps=1e-8, convention="torch")
    assert float(found["new_slope"][7]) == -2e12
    others = torch.arange(50) != 7
    same(
        {name: values[others] for name, values in found.items()},
        {name: values[others] for name, values in after.items()},
    )


def test_an_unknown_convention_is_refused(hand) -> None:
    with pytest.raises(DataError, match="found the convention 'fastai', expected torch or lecture"):
        adam.step(
            number(1),
            **hand,
            **averages(0.0, 0.0),
            learning_rate=0.1,
            beta1=0.9,
            beta2=0.9,
            eps=0.0,
            convention="fastai",
        )
