"""Adam at changing rates, against torch.optim under a scheduler in a loop, and the lecture's macro by hand."""

import time

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from engine.witness.optimizers import adam, annealing

STATES = {"exp_avg": "average", "exp_avg_sq": "square"}
ADAM = {"beta1": 0.9, "beta2": 0.99, "eps": 1e-3}
MACRO = {"ratio": 2.0, "divisor": 4.0, "least_energy": 1e-6}


def number(*of: float) -> torch.Tensor:
    return torch.tensor(of, dtype=torch.float64)


def averages(average: float, square: float) -> dict[str, torch.Tensor]:
    return {
        f"{side}_{name}_before": number(value)
        for side in ("intercept", "slope")
        for name, value in (("average", average), ("square", square))
    }


def test_a_decaying_rate_halves_and_thirds_as_the_steps_go_by(close) -> None:
    # 0.6 / (1 + 0.5 n) for n = 0, 1, 2, 4
    close(annealing.rates(number(1, 2, 3, 5), 0.6, 0.5)["decaying_rate"], [0.6, 0.4, 0.3, 0.2])


def test_rates_come_in_the_order_asked_for_and_without_decay_stay(close) -> None:
    close(annealing.rates(number(5, 1), 0.6, number(0.5)[0])["decaying_rate"], [0.2, 0.6])
    assert annealing.rates(number(1, 900), 0.6, 0.0)["decaying_rate"].tolist() == [0.6, 0.6]


@pytest.mark.parametrize("beta1", [0.9, 0.0])
def test_fifty_rows_at_once_are_fifty_steps_of_torch_at_one_rate(train, same, beta1: float) -> None:
    before, after = train(lambda p: torch.optim.Adam(p, lr=0.1, betas=(beta1, 0.99), eps=1e-3), STATES)
    same(annealing.constant_step(**before, learning_rate=0.1, beta1=beta1, beta2=0.99, eps=1e-3), after)


class Scheduled(torch.optim.Adam):
    """Adam whose rate follows LambdaLR after each step, and whose beta1 follows a list."""

    def __init__(self, params: list[nn.Parameter], momenta: list[float]) -> None:
        super().__init__(params, lr=0.1, betas=(momenta[0], 0.99), eps=1e-3)
        self.momenta = momenta[1:]
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self, lambda taken: 1 / (1 + 0.3 * taken))

    def move_on(self) -> None:
        self.scheduler.step()
        for momentum in self.momenta[:1]:
            self.param_groups[0]["betas"] = (momentum, 0.99)
        self.momenta = self.momenta[1:]


def scheduled(train, momenta: list[float]):
    """A run of torch's, whose optimizer moves on as soon as both parameters have stepped."""
    made: list[Scheduled] = []

    def make(params: list[nn.Parameter]) -> Scheduled:
        made.append(Scheduled(params, momenta))
        made[0].register_step_post_hook(lambda optimizer, *_: optimizer.move_on())
        return made[0]

    return train(make, STATES)


def test_a_rate_for_each_row_equals_torch_under_lambdalr(train, same) -> None:
    before, after = scheduled(train, [0.9] * 50)
    rate = annealing.rates(before["step_number"], 0.1, 0.3)["decaying_rate"]
    same(annealing.constant_step(**before, learning_rate=rate, **ADAM), after)


def test_a_beta1_for_each_row_equals_torch_whose_beta1_is_set_before_each_step(train, same) -> None:
    momenta = torch.linspace(0.95, 0.85, 50, dtype=torch.float64)
    before, after = scheduled(train, momenta.tolist())
    rate = annealing.rates(before["step_number"], 0.1, 0.3)["decaying_rate"]
    same(annealing.constant_step(**before, learning_rate=rate, **{**ADAM, "beta1": momenta}), after)


def test_rows_of_one_step_number_keep_their_own_rates(hand, close) -> None:
    two = {name: value.expand(2) for name, value in {**hand, **averages(0.0, 0.0)}.items()}
    found = annealing.constant_step(number(1, 1), **two, learning_rate=number(0.1, 0.2), **{**ADAM, "eps": 0.5})
    # The first step is rate * g / (|g| + eps): 2 / 2.5 of each rate.
    close(found["new_intercept"], [1.08, 1.16])


def test_where_the_divisor_is_0_the_step_is_0(hand) -> None:
    hand["y"] = hand["y"] - 1
    found = annealing.constant_step(number(1), **hand, **averages(0.0, 0.0), learning_rate=0.1, **{**ADAM, "eps": 0.0})
    assert (found["new_intercept"].tolist(), found["new_slope"].tolist()) == ([1.0], [0.5])


def test_a_row_beyond_1e12_keeps_its_parameters(hand) -> None:
    hand["slope"] = number(-2e12)
    found = annealing.constant_step(number(1), **hand, **averages(0.0, 0.0), learning_rate=1e6, **ADAM)
    assert (found["new_intercept"].tolist(), found["new_slope"].tolist()) == ([1.0], [-2e12])


@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_5800_rows_each_of_its_own_rate_take_seconds_at_most(decay: float) -> None:
    generator = torch.Generator().manual_seed(3)
    drawn = torch.rand(8, 5800, generator=generator, dtype=torch.float64)
    step = torch.arange(1.0, 5801, dtype=torch.float64)
    rate = 0.1 / (1 + decay * step)
    annealing.constant_step(step[:9], *drawn[:, :9], rate[:9], 0.9, 0.99, 1e-8)
    started = time.process_time()
    annealing.constant_step(step, *drawn, rate, 0.9, 0.99, 1e-8)
    # 0.3 s where it was measured; the rest is room for a slower machine.
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("point", "energy", "last", "rule", "rate"),
    [
        (1, 21.0, 10.0, {}, 0.1),  # an epoch begins, and the one just ended had more than twice the energy
        (1, 20.0, 10.0, {}, 0.4),  # twice, and not more
        (1, 21.0, 0.0, {}, 0.4),  # no epoch before it
        (2, 21.0, 10.0, {}, 0.4),  # not at a beginning
        (1, 31.0, 10.0, {"ratio": 3.0}, 0.1),
        (1, 30.0, 10.0, {"ratio": 3.0}, 0.4),
        (1, 21.0, 10.0, {"divisor": 8.0}, 0.05),
        (1, 21.0, 10.0, {"least_energy": 10.0}, 0.4),  # 10, and not above
        (1, 21.0, 10.0, {"least_energy": 9.0}, 0.1),
        (1, 5e-6, 2e-6, {}, 0.1),
        (1, 5e-6, 1e-6, {}, 0.4),
    ],
)
def test_the_macro_divides_the_rate_when_the_energy_has_grown_too_much(
    hand, close, point: int, energy: float, last: float, rule: dict[str, float], rate: float
) -> None:
    found = annealing.macro_step(
        number(1),
        number(point),
        **hand,
        **averages(0.0, 0.0),
        rate_before=number(0.4),
        energy_before=number(energy),
        last_energy_before=number(last),
        **{**ADAM, "eps": 0.5},
        **{**MACRO, **rule},
    )
    close(found["rate"], [rate])
    assert found["divided"].tolist() == [float(rate < 0.4)]
    # The slope's gradient is -4.
    close(found["energy"], [16.0 if point == 1 else energy + 16])
    close(found["last_energy"], [energy if point == 1 else last])
    close(found["new_intercept"], [1 + rate * 2 / 2.5])


def test_the_rows_that_divided_the_rate_are_counted() -> None:
    assert float(annealing.times_divided(number(0, 1, 0, 1, 1))["times_divided"]) == 3
    assert float(annealing.times_divided(number(0, 0))["times_divided"]) == 0


def run_of_the_macro(epochs: int, xs: list[float]) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """Torch's Adam in a loop over epochs, its rate quartered between them: each step's start, and its end."""
    line = {"intercept": nn.Parameter(torch.tensor(1.0).double()), "slope": nn.Parameter(torch.tensor(0.5).double())}
    optimizer = torch.optim.Adam(line.values(), lr=4.0, betas=(0.9, 0.99), eps=1e-3)
    energies: list[float] = []
    before, after = [], []
    rate, energy, last = 4.0, 0.0, 0.0

    def state() -> dict[str, float]:
        return {
            f"{side}_{name}": float(optimizer.state[p].get(key, 0.0))
            for side, p in line.items()
            for key, name in STATES.items()
        }

    for _ in range(epochs):
        if len(energies) > 1 and energies[-1] > 2 * energies[-2]:
            optimizer.param_groups[0]["lr"] /= 4
        energies.append(0.0)
        for place, x in enumerate(xs, start=1):
            before.append({"step_number": len(before) + 1.0, "point_number": float(place), "x": x, "y": 2 * x + 30})
            before[-1] |= {name: float(p.detach()) for name, p in line.items()}
            before[-1] |= {f"{name}_before": value for name, value in state().items()}
            before[-1] |= {"rate_before": rate, "energy_before": energy, "last_energy_before": last}
            optimizer.zero_grad()
            F.mse_loss(line["intercept"] + line["slope"] * x, torch.tensor(2 * x + 30).double()).backward()
            energies[-1] += float(line["slope"].grad) ** 2
            optimizer.step()
            divided = float(optimizer.param_groups[0]["lr"] < rate)
            rate, energy = float(optimizer.param_groups[0]["lr"]), energies[-1]
            last = energies[-2] if len(energies) > 1 else 0.0
            after.append({"rate": rate, "energy": energy, "last_energy": last, "divided": divided, **state()})
            after[-1] |= {f"new_{name}": float(p.detach()) for name, p in line.items()}
    return before, after


def test_the_macro_row_by_row_is_a_loop_whose_rate_is_quartered_between_epochs(same) -> None:
    before, after = (
        {name: number(*(row[name] for row in rows)) for name in rows[0]}
        for rows in run_of_the_macro(40, [1.0, 5.0, 2.0, 8.0])
    )
    same(annealing.macro_step(**before, **ADAM, **MACRO), after)
    assert float(after["divided"].sum()) == len(after["rate"].unique()) - 1
    assert len(after["rate"].unique()) > 2


def test_the_results_are_none_of_the_inputs(hand) -> None:
    given = {**hand, **averages(1.0, 4.0), "rate_before": number(0.4), "energy_before": number(1.0)}
    copies = {name: value.clone() for name, value in given.items()}
    found = annealing.macro_step(number(2), number(2), **given, last_energy_before=number(1.0), **ADAM, **MACRO)
    for value in found.values():
        value.fill_(9.0)
    assert all(torch.equal(given[name], value) for name, value in copies.items())


def test_a_rate_that_is_one_number_is_adam_s_step(train, same) -> None:
    before, _ = train(lambda p: torch.optim.Adam(p, lr=0.1), STATES)
    adam_s = adam.step(**before, learning_rate=0.2, **ADAM, convention="torch")
    same(annealing.constant_step(**before, learning_rate=number(0.2)[0], **ADAM), adam_s)
