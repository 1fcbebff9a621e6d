"""Cutting heads off: what is found, what is left, and what can't be cut."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from engine.errors import NetworkError
from engine.pipeline.archs import ConvNet, find
from engine.pipeline.surgery import cut

Make = Callable[[], nn.Module]

IMAGE = torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(0))


class Small(nn.Module):
    """A few matrices that a function runs."""

    def __init__(self, run: Callable[[Any, torch.Tensor], Any]) -> None:
        super().__init__()
        self.first, self.act = nn.Sequential(nn.Flatten(), nn.Linear(432, 5)), nn.ReLU()
        self.twice, self.fc = nn.Linear(5, 5), nn.Linear(5, 4)
        self.run = run

    def forward(self, x: torch.Tensor) -> Any:
        return self.run(self, x)


def test_the_last_matrix_is_found_and_the_features_before_it_are_left(small_net: Make) -> None:
    network = small_net().eval()
    whole = network(IMAGE)
    matrix = network.get_submodule("fc")
    parts = cut(network, IMAGE, concat_pool=False)
    assert (parts.removed, parts.removed_shape, parts.features, parts.pooled) == ("fc", (6, 10), 6, False)
    features = parts.body(IMAGE)
    assert features.shape == (2, 6)
    assert torch.equal(matrix(features), whole)


def test_a_concat_pool_gives_the_largest_and_the_mean_of_every_channel(small_net: Make) -> None:
    plain = cut(small_net(), IMAGE, concat_pool=False).body.eval()(IMAGE)
    parts = cut(small_net(), IMAGE, concat_pool=True)
    features = parts.body.eval()(IMAGE)
    assert (parts.features, parts.pooled) == (12, True)
    assert torch.equal(features[:, 6:], plain)
    assert (features[:, :6] > plain).all()


def test_the_dropout_before_the_head_goes_with_it(small_net: Make) -> None:
    body = cut(small_net(), IMAGE, concat_pool=False).body
    assert not [module for module in body.modules() if isinstance(module, nn.Dropout)]


def test_modules_with_parameters_are_listed_in_the_order_in_which_they_run() -> None:
    class Backwards(nn.Module):
        """Declares its layers in another order than it runs them."""

        def __init__(self) -> None:
            super().__init__()
            self.fc, self.second, self.first = nn.Linear(4, 2), nn.Linear(3, 4), nn.Linear(5, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.fc(self.second(self.first(x)))
            return out

    assert cut(Backwards(), torch.ones(2, 5), concat_pool=False).order == ("first", "second")


def test_the_bundled_networks_are_cut() -> None:
    arch = find("digits")
    parts = cut(arch.make(), arch.example(), concat_pool=True)
    assert (parts.removed, parts.removed_shape, parts.features, parts.pooled) == ("head", (32, 7), 32, False)
    parts = cut(ConvNet(7), torch.rand(2, 1, 28, 28), concat_pool=True)
    assert (parts.removed_shape, parts.features, parts.pooled) == ((64, 7), 128, True)


def test_a_head_of_1000_columns_is_cut_from_efficientnet_lite0() -> None:
    pytest.importorskip("efficientnet_lite_pytorch")
    arch = find("efficientnet-lite0")
    parts = cut(arch.make(), arch.example(), concat_pool=False)
    assert (parts.removed, parts.removed_shape, parts.features) == ("_fc", (1280, 1000), 1280)
    assert len(parts.order) == 98


@pytest.mark.parametrize(
    ("network", "complaint"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(432, 5), nn.Softmax(dim=1)), "ends in 2, expected a matrix"),
        (nn.Sequential(nn.Flatten(), nn.Linear(432, 5)), "nothing before its last matrix 1"),
        (nn.Sequential(nn.Conv2d(3, 5, 3)), "ends in 0, expected a matrix"),
        (nn.Sequential(nn.Flatten(), nn.Linear(100, 9), nn.Linear(9, 5)), "can't take images of 3 by 12 by 12"),
        (nn.Sequential(OrderedDict(gru=nn.GRU(12, 4))), "can't take images of|answers with a tuple"),
        (nn.Sequential(nn.Flatten(), nn.Linear(432, 5), nn.LogSoftmax(dim=1)), "ends in 2, expected a matrix"),
        (Small(lambda net, x: net.fc(net.act(net.first(x))).log_softmax(1)), "does more after its last matrix, fc"),
        (Small(lambda net, x: net.twice(net.twice(net.first(x)))), "last matrix, twice, runs elsewhere in it too"),
        (Small(lambda net, x: (net.fc(net.first(x)), x)), "answers with a tuple"),
        (Small(lambda net, x: {"logits": net.fc(net.first(x))}), "answers with a dict"),
        (
            Small(lambda net, x: (net.fc(net.first(x)), x) if net.training else net.fc(net.first(x))),
            "answers in training with a tuple",
        ),
        (Small(lambda net, x: {}["no such layer"]), r"can't take images of 3 by 12 by 12 \(KeyError: .*; test_surgery"),
    ],
)
def test_what_can_not_be_cut_is_refused(network: nn.Module, complaint: str) -> None:
    with pytest.raises(NetworkError, match=complaint):
        cut(network, IMAGE, concat_pool=False)


def test_a_network_whose_pooling_is_not_plain_is_refused_a_concat_pool() -> None:
    class Reads(nn.Module):
        """Reads the shape of what its pool gives."""

        def __init__(self) -> None:
            super().__init__()
            self.conv, self.pool, self.fc = nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.fc(self.pool(self.conv(x))[:, :4, 0, 0])
            return out

    with pytest.raises(NetworkError, match=r"gives \(2, 4\), expected \(2, 8\)"):
        cut(Reads(), IMAGE, concat_pool=True)


def test_a_body_may_be_a_parameter_of_the_networks_own() -> None:
    class Bare(nn.Module):
        """One matrix of its own, and a head."""

        def __init__(self) -> None:
            super().__init__()
            self.weight, self.fc = nn.Parameter(torch.ones(432, 5)), nn.Linear(5, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.fc(x.flatten(1) @ self.weight)
            return out

    assert cut(Bare(), IMAGE, concat_pool=False).order == ("",)


def test_a_cut_leaves_statistics_and_chance_as_they_were(small_net: Make) -> None:
    network = small_net()
    before = {name: value.clone() for name, value in network.named_buffers()}
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    body = cut(network, IMAGE, concat_pool=False).body
    assert torch.equal(torch.rand(2), expected)
    assert all(torch.equal(value, before[name]) for name, value in body.named_buffers())


def test_layers_that_wait_for_their_inputs_shape_are_cut() -> None:
    network = nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten(), nn.LazyLinear(6), nn.ReLU(), nn.LazyLinear(3))
    assert cut(network, IMAGE, concat_pool=False).removed_shape == (6, 3)


@pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning", "ignore:.torch.jit.:FutureWarning")
def test_torchscript_is_refused() -> None:
    with pytest.raises(NetworkError, match="the network is TorchScript, which can't be cut"):
        cut(torch.jit.script(nn.Sequential(nn.Flatten(), nn.Linear(432, 5))), IMAGE, concat_pool=False)
