"""Losses and metrics by torch, against hand calculations, closed forms and finite differences."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from close import assert_close

from engine.witness import losses

nan = math.nan


def tensor(values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


# The exponentials of these logits are 1, 1, 2, 4 and 8: they sum to 16.
LOGIT = [0.0, 0.0, math.log(2), math.log(4), math.log(8)]


def test_softmax_of_logarithms_is_their_numbers_shares() -> None:
    found = losses.softmax(tensor([LOGIT]), tensor([0.0]), 1.0)
    ln_eighth = -math.log(8)
    assert_close(found["shifted"], [[ln_eighth, ln_eighth, -math.log(4), -math.log(2), 0]])
    assert_close(found["exponential"], [[1 / 8, 1 / 8, 1 / 4, 1 / 2, 1]])
    assert_close(found["exponential_sum"], [2])
    assert_close(found["raw_logit"], [LOGIT])
    assert_close(found["raw_exponential"], [[1, 1, 2, 4, 8]])
    assert_close(found["raw_sum"], [16])
    for name in ("probability", "raw_probability"):
        assert_close(found[name], [[1 / 16, 1 / 16, 1 / 8, 1 / 4, 1 / 2]])
    assert_close(found["probability_sum"], [1])
    # The sigmoid of ln a is a / (1 + a).
    assert_close(found["sigmoid"], [[1 / 2, 1 / 2, 2 / 3, 4 / 5, 8 / 9]])
    assert_close(found["sigmoid_sum"], [1 + 2 / 3 + 4 / 5 + 8 / 9])


def test_a_shift_changes_the_sigmoid_but_not_the_softmax() -> None:
    found = losses.softmax(tensor([LOGIT, LOGIT]), tensor([0.0, math.log(3)]), tensor(1.0))
    assert_close(found["raw_exponential"][1], [3, 3, 6, 12, 24])
    assert_close(found["raw_probability"][1], found["probability"][0])
    assert torch.equal(found["probability"][1], found["probability"][0])
    assert torch.equal(found["exponential"][1], found["exponential"][0])
    assert_close(found["sigmoid"][1], [3 / 4, 3 / 4, 6 / 7, 12 / 13, 24 / 25])


def test_a_temperature_of_a_half_squares_the_exponentials() -> None:
    found = losses.softmax(tensor([LOGIT]), tensor([math.log(3)]), tensor(0.5))
    # 1, 1, 4, 16 and 64 sum to 86; with the shift each is nine times that.
    assert_close(found["probability"], [[1 / 86, 1 / 86, 4 / 86, 16 / 86, 64 / 86]])
    assert_close(found["exponential"], [[1 / 64, 1 / 64, 4 / 64, 16 / 64, 1]])
    assert_close(found["raw_sum"], [9 * 86])
    assert_close(found["sigmoid"], [[9 / 10, 9 / 10, 36 / 37, 144 / 145, 576 / 577]])


def test_overflow_is_nan_in_its_cell_its_sum_and_its_image_and_nowhere_else() -> None:
    found = losses.softmax(tensor([[690.0, 0.0], [690.5, 0.0], [0.0, math.log(3)]]), tensor([0.0, 0.0, 0.0]), 1.0)
    assert found["raw_exponential"].isnan().tolist() == [[False, False], [True, False], [False, False]]
    assert found["raw_sum"].isnan().tolist() == [False, True, False]
    assert found["raw_probability"].isnan().tolist() == [[False, False], [True, True], [False, False]]
    assert float(found["raw_exponential"][0, 0]) < 1e300
    assert found["probability"][1].tolist() == [1.0, math.exp(-690.5)]
    assert_close(found["raw_probability"][2], [1 / 4, 3 / 4])


def test_a_sigmoid_a_thousand_from_zero_is_zero_or_one() -> None:
    found = losses.softmax(tensor([[0.0, 0.0], [0.0, 0.0]]), tensor([1000.0, -1000.0]), 1.0)
    assert found["sigmoid"].tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert found["probability"].tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_the_lesson_s_five_rows_have_its_losses_in_both_logarithms() -> None:
    # Cat .5, cat .98, dog .9 (so .1 for the right class), dog .5, cat .9: the table of the lesson, to its digits.
    found = losses.binary(tensor([1.0, 1.0, 0.0, 0.0, 1.0]), tensor([0.5, 0.98, 0.9, 0.5, 0.9]))
    assert_close(found["p_dog"], [0.5, 0.02, 0.1, 0.5, 0.1])
    assert_close(found["right_probability"], [0.5, 0.98, 0.1, 0.5, 0.9])
    natural = [0.69315, 0.02020, 2.30259, 0.69315, 0.10536]
    # Five decimal places of a column whose largest is 2.30259, or 1.
    assert_close(found["natural"], natural, rtol=5e-6 / 2.3)
    assert_close(found["by_if"], natural, rtol=5e-6 / 2.3)
    assert_close(found["base_ten"], [0.30103, 0.00877, 1, 0.30103, 0.04576], rtol=5e-6)
    assert_close(found["mean_natural"], math.log(2 * 2 / 0.98 * 10 / 0.9) / 5)
    assert_close(found["mean_base_ten"], math.log10(2 * 2 / 0.98 * 10 / 0.9) / 5)


def test_logits_give_the_loss_of_their_sigmoid() -> None:
    found = losses.binary_logits(tensor([1.0, 0.0, 1.0]), tensor([math.log(3), math.log(3), -math.log(4)]))
    assert_close(found["p_from_logit"], [3 / 4, 3 / 4, 1 / 5])
    assert_close(found["loss_from_logit"], [math.log(4 / 3), math.log(4), math.log(5)])


def test_a_logit_of_a_thousand_costs_nothing_when_right_and_a_thousand_when_wrong() -> None:
    found = losses.binary_logits(tensor([1.0, 0.0, 1.0, 0.0]), tensor([1000.0, 1000.0, -1000.0, -1000.0]))
    assert found["p_from_logit"].tolist() == [1, 1, 0, 0]
    assert found["loss_from_logit"].tolist() == [0, 1000, 1000, 0]


def test_confidence_costs_minus_the_logarithm_of_what_was_given_to_the_answer() -> None:
    found = losses.confidence(tensor([0.5, 0.75, 1e-6]))
    assert_close(found["loss_if_right"], [math.log(2), math.log(4 / 3), 6 * math.log(10)])
    assert_close(found["loss_if_wrong"], [math.log(2), math.log(4), -math.log1p(-1e-6)])


def test_three_routes_give_one_loss() -> None:
    found = losses.routes(tensor([[1 / 2, 1 / 4, 1 / 4], [1 / 8, 1 / 8, 3 / 4]]), tensor([2.0, 1.0]))
    ln2 = math.log(2)
    assert_close(found["log_probability"], [[-ln2, -2 * ln2, -2 * ln2], [-3 * ln2, -3 * ln2, math.log(3 / 4)]])
    assert found["one_hot"].tolist() == [[0, 1, 0], [1, 0, 0]]
    for name in ("by_product", "by_if", "by_lookup"):
        assert_close(found[name], [2 * ln2, 3 * ln2])
    assert_close(found["mean_loss"], 2.5 * ln2)
    assert float(found["distance"]) <= 1e-15


# Three classes of weights 1, 2 and 3; softmax (1/4, 1/4, 1/2) at class 3, thirds at class 1, and an ignored sample.
LOGITS = tensor([[0.0, 0.0, math.log(2)], [5.0, 5.0, 5.0], [1.0, 2.0, 3.0]])
TARGET = tensor([3.0, 1.0, -100.0])
WEIGHT = tensor([1.0, 2.0, 3.0])


@pytest.mark.parametrize(("reduction", "divisor"), [("sum", 1), ("mean", 3 + 1)])
def test_weighted_and_smoothed_cross_entropy_equals_the_hand_calculation(reduction: str, divisor: float) -> None:
    found = losses.cross_entropy(LOGITS, TARGET, WEIGHT, tensor(0.3), reduction)
    assert_close(found["softmax"][:2], [[1 / 4, 1 / 4, 1 / 2], [1 / 3, 1 / 3, 1 / 3]])
    assert_close(found["log_softmax"][:2], [[-math.log(4), -math.log(4), -math.log(2)], [-math.log(3)] * 3])
    assert_close(found["smooth_target"], [[0.1, 0.1, 0.8], [0.8, 0.1, 0.1], [0, 0, 0]])
    assert_close(found["sample_weight"], [3, 1, 0])
    # sum of smooth * weight * -ln p: (0.1 * 2 + 0.2 * 2 + 2.4) ln 2, and (0.8 + 0.2 + 0.3) ln 3
    assert_close(found["sample_loss"], [3 * math.log(2), 1.3 * math.log(3), 0])
    assert_close(found["loss"], (3 * math.log(2) + 1.3 * math.log(3)) / divisor)
    # p * (sum of smooth * weight) - smooth * weight, with sums 2.7 and 1.3
    gradient = np.array([[0.575, 0.475, -1.05], [1.3 / 3 - 0.8, 1.3 / 3 - 0.2, 1.3 / 3 - 0.3], [0, 0, 0]])
    assert_close(found["gradient"], gradient / divisor)


def test_without_weights_or_smoothing_the_gradient_is_softmax_minus_one_hot() -> None:
    found = losses.cross_entropy(LOGITS, TARGET, torch.ones(3, dtype=torch.float64), 0.0, "mean")
    assert found["smooth_target"].tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 0]]
    assert_close(found["loss"], (math.log(2) + math.log(3)) / 2)
    assert_close(found["gradient"], [[1 / 8, 1 / 8, -1 / 4], [-1 / 3, 1 / 6, 1 / 6], [0, 0, 0]])


def test_full_smoothing_forgets_the_target() -> None:
    found = losses.cross_entropy(LOGITS[:1], TARGET[:1], WEIGHT, 1.0, "sum")
    assert_close(found["smooth_target"], [[1 / 3, 1 / 3, 1 / 3]])
    # (1 * 2 + 2 * 2 + 3 * 1) ln 2 / 3
    assert_close(found["loss"], 3 * math.log(2))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_when_every_sample_is_ignored_the_mean_is_nan_and_the_sum_nothing(smoothing: float) -> None:
    ignored = torch.full_like(TARGET, -100)
    mean, total = (losses.cross_entropy(LOGITS, ignored, WEIGHT, smoothing, reduction) for reduction in ("mean", "sum"))
    assert math.isnan(float(mean["loss"]))
    assert float(total["loss"]) == 0
    for found in (mean, total):
        assert found["sample_loss"].tolist() == [0, 0, 0]
        assert found["sample_weight"].tolist() == [0, 0, 0]
    assert not total["gradient"].any()


def test_a_logit_of_nine_hundred_does_not_overflow() -> None:
    found = losses.cross_entropy(tensor([[900.0, 0.0]]), tensor([2.0]), tensor([1.0, 1.0]), 0.0, "mean")
    assert float(found["loss"]) == 900
    assert found["gradient"].tolist() == [[1, -1]]


def random_samples(seed: int) -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(seed)
    target = rng.integers(1, 6, 7).astype(np.float64)
    target[3] = -100
    return {"logit": tensor(rng.normal(size=(7, 5))), "target": tensor(target), "weight": tensor(rng.random(5) + 0.5)}


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_every_gradient_is_a_finite_difference_of_the_loss(reduction: str, smoothing: float) -> None:
    samples = random_samples(1)
    found = losses.cross_entropy(**samples, smoothing=smoothing, reduction=reduction)
    slopes = torch.zeros_like(samples["logit"])
    for at in np.ndindex(*slopes.shape):
        loss = []
        for nudge in (1e-5, -1e-5):
            nudged = samples["logit"].clone()
            nudged[at] += nudge
            loss.append(
                losses.cross_entropy(**{**samples, "logit": nudged}, smoothing=smoothing, reduction=reduction)["loss"]
            )
        slopes[at] = (loss[0] - loss[1]) / 2e-5
    # A central difference of 1e-5 is good to about 1e-10 of the third derivative, and 1e-10 of rounding.
    assert_close(found["gradient"], slopes, rtol=1e-8)


def test_a_nudged_logit_gives_the_losses_of_the_closed_form() -> None:
    # Two classes, target 2: the loss is ln(1 + exp(z1 - z2)). From 0, half up and half down.
    found = losses.numeric_gradient(
        tensor([[0.0, 0.0]]), tensor([2.0]), tensor([1.0, 1.0]), 0.0, "mean", nudge=tensor(0.5)
    )
    up, down = math.log1p(math.exp(0.5)), math.log1p(math.exp(-0.5))
    assert_close(found["loss_up"], up)
    assert_close(found["loss_down"], down)
    assert_close(found["numeric"], 0.5)
    assert_close(found["analytic"], 0.5)


def test_the_analytic_slope_is_of_the_very_first_logit() -> None:
    found = losses.numeric_gradient(LOGITS, TARGET, WEIGHT, 0.3, "sum", 1e-5)
    assert_close(found["analytic"], 0.575)
    assert_close(found["numeric"], 0.575, rtol=1e-9)


def test_a_second_softmax_spoils_the_loss_as_the_lesson_says() -> None:
    found = losses.double_softmax(tensor([2.0, 0.0, -1.0]), tensor(1.0))
    assert_close(found["right_loss"], 0.1698, rtol=5e-5 / 0.1698)
    assert_close(found["wrong_loss"], 0.6578, rtol=5e-5 / 0.6578)
    assert_close(found["right_loss"], -math.log(float(found["once"][0])))
    assert_close(found["wrong_loss"], -math.log(float(found["twice"][0])))


def test_a_double_softmax_equals_the_closed_form() -> None:
    found = losses.double_softmax(tensor([0.0, math.log(3)]), 2.0)
    assert_close(found["once"], [1 / 4, 3 / 4])
    # Of two classes the second softmax is a sigmoid of their difference, a half.
    assert_close(found["twice"], [1 / (1 + math.exp(0.5)), 1 / (1 + math.exp(-0.5))])
    assert_close(found["right_loss"], math.log(4 / 3))
    assert_close(found["wrong_loss"], math.log1p(math.exp(-0.5)))


def test_metrics_take_the_first_of_equals_and_leave_out_the_ignored() -> None:
    found = losses.metrics(
        tensor([[1.0, 1.0, 0.0], [0.0, 2.0, 2.0], [0.0, 0.0, 5.0], [9.0, 0.0, 0.0], [3.0, 0.0, 0.0]]),
        tensor([1.0, 3.0, 3.0, -100.0, 2.0]),
        tensor([1.0, 2.0, 3.0]),
        tensor([1.0, 2.0, 3.0]),
    )
    assert found["predicted"].tolist() == [1, 2, 3, 1, 1]
    assert found["correct"].tolist() == [1, 0, 1, 0, 0]
    assert_close(found["accuracy"], 2 / 4)
    # rows are the truth: a 1 seen as 1, a 2 seen as 1, a 3 seen as 2 and a 3 seen as 3
    assert found["confusion"].tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 1]]


def test_nothing_but_ignored_samples_has_no_accuracy() -> None:
    number = tensor([1.0, 2.0])
    found = losses.metrics(tensor([[1.0, 0.0]]), tensor([-100.0]), number, number)
    assert math.isnan(float(found["accuracy"]))
    assert not found["confusion"].any()


def test_regression_errors_equal_the_hand_calculation() -> None:
    found = losses.regression(tensor([100.0, -50.0, 10.0]), tensor([110.0, -48.0, 5.0]))
    assert found["error"].tolist() == [10, 2, -5]
    assert found["squared"].tolist() == [100, 4, 25]
    assert found["absolute"].tolist() == [10, 2, 5]
    assert_close(found["percentage"], [0.1, 0.04, 0.5])
    assert_close(found["mse"], 43)
    assert_close(found["rmse"], math.sqrt(43))
    assert_close(found["mae"], 17 / 3)
    assert_close(found["mape"], 0.64 / 3)


@pytest.mark.parametrize(
    "run",
    [
        lambda s: losses.softmax(s["logit"], s["logit"][:, 0], 2.0),
        lambda s: losses.binary((s["target"] > 2).double(), s["logit"][:, 0].sigmoid()),
        lambda s: losses.binary_logits((s["target"] > 2).double(), s["logit"][:, 0]),
        lambda s: losses.confidence(s["weight"] / 2),
        lambda s: losses.routes(s["logit"].softmax(dim=1), s["target"].clamp(min=1)),
        lambda s: losses.cross_entropy(**s, smoothing=0.1, reduction="mean"),
        lambda s: losses.numeric_gradient(**s, smoothing=0.1, reduction="mean", nudge=1e-4),
        lambda s: losses.double_softmax(s["logit"][0], s["target"][0]),
        lambda s: losses.metrics(s["logit"], s["target"], torch.arange(1.0, 6.0), torch.arange(1.0, 6.0)),
        lambda s: losses.regression(s["weight"], s["logit"][0]),
    ],
)
def test_results_are_finite_detached_float64_and_inputs_stay_as_they_were(
    run: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]],
) -> None:
    samples = random_samples(2)
    before = {name: block.clone() for name, block in samples.items()}
    for name, result in run(samples).items():
        assert result.isfinite().all(), name
        assert result.dtype == torch.float64, name
        assert not result.requires_grad, name
    assert all(torch.equal(samples[name], before[name]) and not samples[name].requires_grad for name in samples)
