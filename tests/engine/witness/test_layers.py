"""Affine layers, convolutions and sums of ReLUs by torch, against hand calculations, closed forms and NumPy."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from close import assert_close
from own_results import assert_own

from engine.witness import layers

nan = math.nan


def tensor(values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def numbers(n: int) -> torch.Tensor:
    return torch.arange(1, n + 1, dtype=torch.float64)


# Two examples of two inputs, and three hidden units.
ACTIVATION = tensor([[1.0, 2.0], [-1.0, 3.0]])
WEIGHT1, BIAS1 = tensor([[1.0, 0.0, -2.0], [2.0, -1.0, 1.0]]), tensor([0.5, 1.0, -3.0])
# 1 + 4 + .5, -2 + 1, -2 + 2 - 3; and -1 + 6 + .5, -3 + 1, 2 + 3 - 3
HIDDEN = [[5.5, -1.0, -3.0], [5.5, -2.0, 2.0]]
# Two outputs.
WEIGHT2, BIAS2 = tensor([[1.0, -1.0], [2.0, 0.0], [0.0, 4.0]]), tensor([10.0, -1.0])
# 5.5 - 2 + 10, -5.5 - 12 - 1; and 5.5 - 4 + 10, -5.5 + 8 - 1
TWO = [[13.5, -18.5], [11.5, 1.5]]
# With hidden (5.5, 0, 0) and (5.5, 0, 2): 5.5 + 10, -5.5 - 1; and 5.5 + 10, -5.5 + 8 - 1
WITH_RELU = [[15.5, -6.5], [15.5, 1.5]]


def test_one_layer_equals_the_hand_calculation_and_counts_its_numbers() -> None:
    found = layers.affine(ACTIVATION, WEIGHT1, BIAS1)
    assert_close(found["output"], HIDDEN)
    assert_close(found["parameters"], 2 * 3 + 3)
    assert_close(found["activations"], 2 * 3)


def test_the_counts_of_a_layer_are_not_mixed_up() -> None:
    found = layers.affine(torch.ones(7, 4).double(), torch.ones(4, 2).double(), torch.zeros(2).double())
    assert_close(found["output"], np.full((7, 2), 4.0))
    assert_close(found["parameters"], 10)
    assert_close(found["activations"], 14)


def test_two_layers_are_one_until_a_relu_stands_between() -> None:
    found = layers.two_layers(ACTIVATION, WEIGHT1, BIAS1, WEIGHT2, BIAS2)
    assert_close(found["hidden"], HIDDEN)
    assert_close(found["two"], TWO)
    # Rows (1, 0, -2) and (2, -1, 1) times the second weights; (.5, 1, -3) times them, plus (10, -1).
    assert_close(found["merged_weight"], [[1, -9], [0, 2]])
    assert_close(found["merged_bias"], [12.5, -13.5])
    assert_close(found["one"], TWO)
    assert found["difference"].tolist() == [[0, 0], [0, 0]]
    assert float(found["largest_difference"]) == 0
    assert_close(found["relu"], [[5.5, 0, 0], [5.5, 0, 2]])
    assert_close(found["with_relu"], WITH_RELU)
    assert_close(found["relu_difference"], [[2, 12], [4, 0]])
    assert_close(found["largest_relu_difference"], 12)


def test_a_negative_difference_is_as_large_as_a_positive_one() -> None:
    found = layers.two_layers(ACTIVATION, WEIGHT1, BIAS1, -WEIGHT2, BIAS2)
    assert_close(found["relu_difference"], [[-2, -12], [-4, 0]])
    assert_close(found["largest_relu_difference"], 12)


def test_merged_layers_differ_by_no_more_than_rounding() -> None:
    rng = np.random.default_rng(0)
    found = layers.two_layers(*(tensor(rng.normal(size=shape)) for shape in [(9, 20), (20, 30), (30,), (30, 4), (4,)]))
    # Sums of 30 products, each right to 1.1e-16 of terms that reach a few tens.
    assert 0 < float(found["largest_difference"]) < 1e-12
    assert float(found["largest_difference"]) == float(found["difference"].abs().max())
    assert float(found["largest_relu_difference"]) > 1


IMAGE = tensor([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 0.0]])
KERNEL = tensor([[1.0, 10.0], [100.0, 0.0]])
# image[0, 0] + 10 image[0, 1] + 100 image[1, 0], and so on: a flipped kernel would not start with 521.
PIXEL = [[521, 632, 743], [965, 1076, 1187]]
# The row of result (top, left) holds 1, 10, 100 and 0 at its pixel, the next, and the two below them.
TIED = [
    [1, 10, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0],
    [0, 1, 10, 0, 0, 100, 0, 0, 0, 0, 0, 0],
    [0, 0, 1, 10, 0, 0, 100, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 1, 10, 0, 0, 100, 0, 0, 0],
    [0, 0, 0, 0, 0, 1, 10, 0, 0, 100, 0, 0],
    [0, 0, 0, 0, 0, 0, 1, 10, 0, 0, 100, 0],
]


def test_a_kernel_slides_over_the_image_unflipped() -> None:
    assert_close(layers.convolution(IMAGE, KERNEL)["pixel"], PIXEL)


def test_a_kernel_as_large_as_the_image_gives_one_pixel() -> None:
    # 1 + 4 + 9 + 16 + 25 + 36 + 49 + 64 + 81 + 100 + 121
    assert_close(layers.convolution(IMAGE, IMAGE)["pixel"], [[506]])


@pytest.mark.parametrize(
    ("chosen", "number"),
    [("left edges", 1), ("upper edges", 2), ("outlines", 3), ("your own", 4)],
)
def test_the_filter_chosen_gives_the_kernel(chosen: str, number: int) -> None:
    kernels = [torch.full((3, 3), float(k)).double() for k in range(1, 5)]
    assert torch.equal(layers.filtered(chosen, *kernels)["kernel"], kernels[number - 1])


def test_a_kernel_is_told_by_how_it_answers_to_a_slope() -> None:
    found = layers.found(tensor([[-1.0, 0.0, 2.0], [-1.0, 5.0, 2.0], [-3.0, 0.0, 4.0]]))
    assert (float(found["rightwards"]), float(found["downwards"])) == (8 + 5, 1 - 1)


def test_the_ends_of_a_result_are_its_largest_and_its_least() -> None:
    found = layers.ends(tensor([[1.0, -7.0], [3.0, 2.0]]))
    assert (float(found["largest"]), float(found["least"])) == (3, -7)


def test_the_convolution_is_a_matrix_of_tied_weights() -> None:
    found = layers.tied(IMAGE, KERNEL, numbers(6), numbers(12))
    assert_close(found["flat"], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0])
    assert found["tied_matrix"].tolist() == TIED
    assert_close(found["product"], [521, 632, 743, 965, 1076, 1187])
    assert_close(found["tied_matrix"] @ found["flat"], found["product"])
    assert float(found["weights_stored"]) == 4
    assert float(found["weights_in_matrix"]) == 72
    # Four weights in each of six rows, the one that is 0 too.
    assert float(found["zeros"]) == 72 - 24


def test_a_kernel_of_another_shape_is_tied_where_it_should_be() -> None:
    found = layers.tied(tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), tensor([[2.0], [-1.0]]), numbers(4), numbers(6))
    assert found["tied_matrix"].tolist() == [
        [2, 0, -1, 0, 0, 0],
        [0, 2, 0, -1, 0, 0],
        [0, 0, 2, 0, -1, 0],
        [0, 0, 0, 2, 0, -1],
    ]
    assert found["product"].tolist() == [-1, 0, 1, 2]
    assert [float(found[name]) for name in ("weights_stored", "weights_in_matrix", "zeros")] == [2, 24, 16]


@pytest.mark.parametrize("slip", [0.25, -0.25])
def test_the_two_convolutions_are_compared_row_by_row(slip: float) -> None:
    pixel, product = tensor([[1.0, 2.0], [3.0, 4.0]]), tensor([1.0, 2.0, 3.0, 4.0])
    assert float(layers.convolution_difference(pixel, product)["distance"]) == 0
    product[2] += slip
    assert float(layers.convolution_difference(pixel, product)["distance"]) == 0.25


# Quarters, and two units that a fit of four leaves out.
BREAKPOINT = tensor([0.0, 0.25, 0.5, 0.75, 0.8, 0.9])
POINT = tensor([0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0])
ROOT_HALF = math.sqrt(0.5)


@pytest.mark.parametrize(
    ("curve", "target", "knot", "next_knot", "steepness", "height", "fitted"),
    [
        (
            "sine",
            [0, ROOT_HALF, 1, ROOT_HALF, 0, -ROOT_HALF, -1, -ROOT_HALF, 0],
            [0, 1, 0, -1],
            [1, 0, -1, 0],
            [4, -4, -4, 4],
            [4, -8, 0, 8],
            [0, 0.5, 1, 0.5, 0, -0.5, -1, -0.5, 0],
        ),
        (
            "step",
            [0, 0, 0, 0, 1, 1, 1, 1, 1],
            [0, 0, 1, 1],
            [0, 1, 1, 1],
            [0, 4, 0, 0],
            [0, 4, -4, 0],
            [0, 0, 0, 0.5, 1, 1, 1, 1, 1],
        ),
        (
            "parabola",
            [0, 7 / 16, 3 / 4, 15 / 16, 1, 15 / 16, 3 / 4, 7 / 16, 0],
            [0, 3 / 4, 1, 3 / 4],
            [3 / 4, 1, 3 / 4, 0],
            [3, 1, -1, -3],
            [3, -2, -2, -2],
            [0, 3 / 8, 3 / 4, 7 / 8, 1, 7 / 8, 3 / 4, 3 / 8, 0],
        ),
    ],
)
def test_four_units_draw_the_curve_from_quarter_to_quarter(
    curve: str,
    target: list[float],
    knot: list[float],
    next_knot: list[float],
    steepness: list[float],
    height: list[float],
    fitted: list[float],
) -> None:
    found = layers.relus(curve, POINT, BREAKPOINT, tensor(4.0))
    assert_close(found["target"], target)
    assert_close(found["knot"], [*knot, nan, nan])
    assert_close(found["next_break"], [0.25, 0.5, 0.75, 1, nan, nan])
    assert_close(found["next_knot"], [*next_knot, nan, nan])
    assert_close(found["steepness"], [*steepness, nan, nan])
    assert_close(found["height"], [*height, 0, 0])
    assert float(found["start"]) == 0
    assert_close(found["fitted"], fitted)
    # The error is a difference of numbers of magnitude 1.
    assert_close(1 + found["error"], 1 + np.array(fitted) - np.array(target))
    assert_close(1 + found["largest_error"], 1 + np.max(np.abs(np.array(fitted) - np.array(target))))


def test_each_unit_is_drawn_from_0_over_its_bend_to_1() -> None:
    found = layers.relus("parabola", POINT, tensor([0.0, 0.5, 0.75]), tensor(2.0))
    assert_close(found["bend_x"], [[0, 0, nan], [0, 0.5, nan], [1, 1, nan]])
    # The chords of the two halves have the slopes 2 and -2.
    assert_close(found["bend_y"], [[0, 0, nan], [0, 0, nan], [2, -2, nan]])


@pytest.mark.parametrize("n_units", [1, 2, 8, 32])
def test_a_chord_of_the_parabola_is_off_by_the_square_of_its_width(n_units: int) -> None:
    # |f''| h^2 / 8 with f'' = -8, and it is reached in the middle of each chord, among these points.
    found = layers.relus(
        "parabola", torch.linspace(0, 1, 65).double(), numbers(n_units) / n_units - 1 / n_units, n_units
    )
    # Sums of 32 ReLUs of magnitude up to 4, each right to 1.1e-16.
    assert abs(float(found["largest_error"]) - n_units**-2) < 1e-14
    assert float(found["error"].max()) < 1e-14


@pytest.mark.parametrize("curve", ["sine", "step", "parabola"])
@pytest.mark.parametrize("n_units", [1, 3, 7])
def test_uneven_units_draw_what_numpy_interpolates(curve: str, n_units: int) -> None:
    breakpoints = tensor([0.0, 0.07, 0.3, 0.45, 0.55, 0.8, 0.97])
    point = np.linspace(0, 1, 101)
    found = layers.relus(curve, tensor(point), breakpoints, tensor(float(n_units)))
    x = np.append(breakpoints[:n_units], 1.0)
    y = {"sine": np.sin(2 * np.pi * x), "step": np.where(x < 0.5, 0.0, 1.0), "parabola": 1 - (2 * x - 1) ** 2}[curve]
    # A sum of up to seven ReLUs, whose heights reach 20 and cancel.
    expected = np.interp(point, x, y)
    assert float(np.max(np.abs(found["fitted"].numpy() - expected))) < 2e-14
    assert found["height"][n_units:].tolist() == [0.0] * (7 - n_units)
    assert int(found["knot"].isnan().sum()) == 7 - n_units


def test_one_unit_is_the_straight_line_from_end_to_end() -> None:
    found = layers.relus("step", POINT, BREAKPOINT, 1)
    assert_close(found["fitted"], POINT)
    assert_close(found["height"], [1, 0, 0, 0, 0, 0])
    # At the step itself the line is half-way up.
    assert_close(found["largest_error"], 0.5)


def test_an_unknown_curve_is_named() -> None:
    with pytest.raises(ValueError, match="relus has no curve 'cosine'; known: sine, step, parabola"):
        layers.relus("cosine", POINT, BREAKPOINT, 4)


def test_an_embedding_is_the_rows_that_a_one_hot_product_gives() -> None:
    found = layers.entity(
        tensor([3.0, 1.0, 3.0, 4.0]), numbers(4), tensor([[1.0, 2.0], [9.0, 9.0], [5.0, 6.0], [7.0, 8.0]])
    )
    assert found["one_hot"].tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    for name in ("by_product", "by_lookup"):
        assert found[name].tolist() == [[5, 6], [1, 2], [5, 6], [7, 8]]
    assert float(found["distance"]) == 0
    assert float(found["one_hot_columns"]) == 4
    assert float(found["embedding_columns"]) == 2


@pytest.mark.parametrize("category", [0.0, 5.0])
def test_a_category_outside_the_table_is_refused(category: float) -> None:
    with pytest.raises(RuntimeError, match="Class values must be"):
        layers.entity(tensor([1.0, category]), numbers(4), torch.ones(4, 2).double())


BLOCKS = {
    "activation": ACTIVATION,
    "weight1": WEIGHT1,
    "bias1": BIAS1,
    "weight2": WEIGHT2,
    "bias2": BIAS2,
    "image": IMAGE,
    "kernel": KERNEL,
    "breakpoint": BREAKPOINT,
    "point": POINT,
}


@pytest.mark.parametrize(
    "run",
    [
        lambda b: layers.affine(b["activation"], b["weight1"], b["bias1"]),
        lambda b: layers.two_layers(*(b[name] for name in ("activation", "weight1", "bias1", "weight2", "bias2"))),
        lambda b: layers.convolution(b["image"], b["kernel"]),
        lambda b: layers.tied(b["image"], b["kernel"], numbers(6), numbers(12)),
        lambda b: layers.convolution_difference(b["image"], b["image"].flatten()),
        lambda b: layers.relus("sine", b["point"], b["breakpoint"], tensor(6.0)),
        lambda b: layers.ends(b["image"]),
        lambda b: layers.found(torch.ones(3, 3).double()),
        lambda b: layers.entity(tensor([2.0, 1.0]), numbers(2), b["activation"]),
    ],
)
def test_results_are_detached_float64_of_their_own_and_inputs_and_seed_stay_as_they_were(
    run: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]],
) -> None:
    assert_own(run, {name: block.clone() for name, block in BLOCKS.items()})
