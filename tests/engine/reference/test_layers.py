"""The layers against hand calculations, closed forms, polynomial products, Fourier transforms and interpolation."""

import math

import numpy as np
import pytest
from close import assert_close
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import ArrayLike

from engine.errors import EngineError
from engine.reference import Array
from engine.reference.layers import (
    affine,
    breakpoints,
    convolution,
    convolution_difference,
    ends,
    entity,
    filtered,
    found,
    named,
    relus,
    tied,
    two_layers,
)

pytestmark = pytest.mark.filterwarnings("error")

BLANK = math.nan
CURVES = st.sampled_from(["sine", "step", "parabola"])
# Whole numbers: sums of their products are exact in float64, whatever the order.
WHOLE = st.integers(-1000, 1000).map(float)


def numbers(count: int) -> Array:
    return np.arange(1.0, count + 1)


class TestAffine:
    def test_the_output_is_as_calculated_by_hand(self) -> None:
        found = affine(np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[1.0, 0.0, 2.0], [3.0, 1.0, -1.0]]), numbers(3))
        # 1 + 6 + 1, 0 + 2 + 2, 2 - 2 + 3; 0 - 3 + 1, 0 - 1 + 2, 0 + 1 + 3
        np.testing.assert_array_equal(found["output"], [[8.0, 4.0, 3.0], [-2.0, 1.0, 4.0]])

    def test_parameters_do_not_grow_with_the_examples_and_activations_do(self) -> None:
        few, many = (affine(np.ones((count, 4)), np.ones((4, 3)), np.ones(3)) for count in (2, 10))
        assert [few["parameters"], many["parameters"]] == [15, 15]  # 4 * 3 + 3
        assert [few["activations"], many["activations"]] == [6, 30]

    @given(arrays(np.float64, (4, 3), elements=WHOLE), arrays(np.float64, 3, elements=WHOLE))
    def test_the_identity_returns_the_weights_and_0_the_biases(self, weight: Array, bias: Array) -> None:
        zero = np.asarray(affine(np.zeros((1, 4)), weight, bias)["output"])
        np.testing.assert_array_equal(zero, [bias])
        np.testing.assert_array_equal(affine(np.eye(4), weight, bias)["output"] - zero, weight)


class TestTwoLayers:
    def test_every_block_is_as_calculated_by_hand(self) -> None:
        found = two_layers(
            np.array([[1.0, 2.0], [3.0, 0.0]]),
            np.array([[1.0, -1.0], [1.0, 0.0]]),
            np.array([0.0, -1.0]),
            np.array([[2.0], [3.0]]),
            np.array([5.0]),
        )
        np.testing.assert_array_equal(found["hidden"], [[3.0, -2.0], [3.0, -4.0]])  # 1 + 2, -1 - 1; 3, -3 - 1
        np.testing.assert_array_equal(found["two"], [[5.0], [-1.0]])  # 6 - 6 + 5; 6 - 12 + 5
        np.testing.assert_array_equal(found["merged_weight"], [[-1.0], [2.0]])  # 2 - 3; 2 + 0
        np.testing.assert_array_equal(found["merged_bias"], [2.0])  # 0 - 3 + 5
        np.testing.assert_array_equal(found["one"], [[5.0], [-1.0]])  # -1 + 4 + 2; -3 + 0 + 2
        np.testing.assert_array_equal(found["difference"], [[0.0], [0.0]])
        assert found["largest_difference"] == 0
        np.testing.assert_array_equal(found["relu"], [[3.0, 0.0], [3.0, 0.0]])
        np.testing.assert_array_equal(found["with_relu"], [[11.0], [11.0]])  # 6 + 0 + 5
        np.testing.assert_array_equal(found["relu_difference"], [[6.0], [12.0]])
        assert found["largest_relu_difference"] == 12

    @given(
        arrays(np.float64, (3, 4), elements=WHOLE),
        arrays(np.float64, (4, 5), elements=WHOLE),
        arrays(np.float64, 5, elements=WHOLE),
        arrays(np.float64, (5, 2), elements=WHOLE),
        arrays(np.float64, 2, elements=WHOLE),
    )
    def test_two_layers_are_one_and_a_relu_changes_only_what_is_below_0(
        self, activation: Array, weight1: Array, bias1: Array, weight2: Array, bias2: Array
    ) -> None:
        found = two_layers(activation, weight1, bias1, weight2, bias2)
        np.testing.assert_array_equal(found["two"], found["one"])
        assert found["largest_difference"] == 0
        cut_off = np.where(np.asarray(found["hidden"]) < 0, -np.asarray(found["hidden"]), 0.0)
        np.testing.assert_array_equal(found["relu_difference"], cut_off @ weight2)

    def test_the_largest_differences_are_in_size(self) -> None:
        one = np.ones((1, 1))
        found = two_layers(-7 * one, one, np.zeros(1), -one, np.zeros(1))
        np.testing.assert_array_equal(found["relu_difference"], [[-7.0]])  # 0 less 7
        assert found["largest_relu_difference"] == 7

    def test_rounding_shows_in_the_largest_difference(self) -> None:
        # 1e16 + 1 is rounded to 1e16 in the first layer, and 1 is lost; merged, 1e16 - 1e16 comes first and it is not.
        found = two_layers(
            np.ones((1, 1)), np.array([[1e16, 1e16]]), np.array([1.0, 0.0]), np.array([[1.0], [-1.0]]), np.zeros(1)
        )
        np.testing.assert_array_equal(found["difference"], [[-1.0]])
        assert found["largest_difference"] == 1


class TestConvolution:
    IMAGE = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    KERNEL = np.array([[1.0, 10.0], [100.0, 1000.0]])

    def test_pixels_are_as_calculated_by_hand_and_the_kernel_is_not_turned_round(self) -> None:
        # 1 + 20 + 400 + 5000 and so on: the digits of a pixel, from the right, are its window from the top left.
        np.testing.assert_array_equal(convolution(self.IMAGE, self.KERNEL)["pixel"], [[5421, 6532], [8754, 9865]])

    def test_the_tied_matrix_is_as_written_by_hand(self) -> None:
        found = tied(self.IMAGE, self.KERNEL, numbers(4), numbers(9))
        np.testing.assert_array_equal(found["flat"], [1, 2, 3, 4, 5, 6, 7, 8, 9])
        np.testing.assert_array_equal(
            found["tied_matrix"],
            [
                [1, 10, 0, 100, 1000, 0, 0, 0, 0],
                [0, 1, 10, 0, 100, 1000, 0, 0, 0],
                [0, 0, 0, 1, 10, 0, 100, 1000, 0],
                [0, 0, 0, 0, 1, 10, 0, 100, 1000],
            ],
        )
        np.testing.assert_array_equal(found["product"], [5421, 6532, 8754, 9865])
        assert [found["weights_stored"], found["weights_in_matrix"], found["zeros"]] == [4, 36, 20]  # 36 - 4 * 4

    def test_a_kernel_weight_of_0_is_none_of_the_zeros(self) -> None:
        assert tied(self.IMAGE, np.zeros((2, 2)), numbers(4), numbers(9))["zeros"] == 20

    @pytest.mark.parametrize("down", [0, 1])
    @pytest.mark.parametrize("along", [0, 1, 2])
    def test_a_kernel_with_a_single_1_moves_the_image(self, down: int, along: int) -> None:
        image = np.arange(20.0).reshape(4, 5)
        kernel = np.zeros((2, 3))
        kernel[down, along] = 1
        np.testing.assert_array_equal(convolution(image, kernel)["pixel"], image[down : down + 3, along : along + 3])

    @given(arrays(np.float64, (1, 7), elements=WHOLE), arrays(np.float64, (1, 3), elements=WHOLE))
    def test_of_one_row_it_is_the_product_of_polynomials_with_the_kernel_turned_round(
        self, image: Array, kernel: Array
    ) -> None:
        expected = np.convolve(image[0], kernel[0, ::-1], mode="valid")
        np.testing.assert_array_equal(convolution(image, kernel)["pixel"], [expected])

    @given(arrays(np.float64, (6, 7), elements=WHOLE), arrays(np.float64, (3, 2), elements=WHOLE))
    def test_both_routes_are_that_of_fourier(self, image: Array, kernel: Array) -> None:
        spectrum = np.fft.fft2(image) * np.conj(np.fft.fft2(kernel, (6, 7)))
        expected = np.round(np.fft.ifft2(spectrum).real)[:4, :6]  # whole numbers, up to 6e6: rounding makes it exact
        found = tied(image, kernel, numbers(24), numbers(42))
        np.testing.assert_array_equal(convolution(image, kernel)["pixel"], expected)
        np.testing.assert_array_equal(found["product"], expected.ravel())
        np.testing.assert_array_equal(
            np.count_nonzero(np.asarray(found["tied_matrix"]), axis=1), np.count_nonzero(kernel)
        )

    def test_a_kernel_of_the_images_size_gives_one_pixel(self) -> None:
        np.testing.assert_array_equal(convolution(self.IMAGE, self.IMAGE)["pixel"], [[285.0]])  # 9 * 10 * 19 / 6
        np.testing.assert_array_equal(tied(self.IMAGE, self.IMAGE, numbers(1), numbers(9))["product"], [285.0])

    @pytest.mark.parametrize("shape", [(4, 1), (1, 4)])
    def test_a_kernel_beyond_the_image_is_refused(self, shape: tuple[int, int]) -> None:
        expected = f"kernel: found {shape[0]} by {shape[1]}, expected at most the image's 3 by 3"
        with pytest.raises(EngineError, match=expected):
            convolution(self.IMAGE, np.ones(shape))
        with pytest.raises(EngineError, match=expected):
            tied(self.IMAGE, np.ones(shape), numbers(1), numbers(9))

    @pytest.mark.parametrize("wrong", [0.0, 10.0, 1.5, BLANK])
    def test_a_number_of_no_result_or_pixel_is_refused(self, wrong: float) -> None:
        found = f"row 2: found {wrong:.15g}, expected a whole number"
        with pytest.raises(EngineError, match=f"result_number, {found} from 1 to 4"):
            tied(self.IMAGE, self.KERNEL, np.array([1.0, wrong]), numbers(9))
        with pytest.raises(EngineError, match=f"pixel_number, {found} from 1 to 9"):
            tied(self.IMAGE, self.KERNEL, numbers(4), np.array([1.0, wrong]))

    def test_the_distance_goes_row_by_row_over_all_pixels(self) -> None:
        pixel = np.array([[1.0, 2.0], [3.0, 4.0]])
        assert convolution_difference(pixel, numbers(4))["distance"] == 0
        assert convolution_difference(pixel, np.array([1.0, 3.0, 2.0, 4.5]))["distance"] == 1.5  # √(1 + 1 + ¼)
        assert convolution_difference(pixel, np.array([1.0, 2.0, 3.0, 6.0]))["distance"] == 2


class TestRelus:
    QUARTERS = np.array([0.0, 0.25, 0.5, 0.75])

    def test_the_units_of_the_parabola_are_as_calculated_by_hand(self) -> None:
        found = relus("parabola", np.array([0.125, 0.5, 0.875]), self.QUARTERS, 4)
        np.testing.assert_array_equal(found["knot"], [0.0, 0.75, 1.0, 0.75])  # 4 (1/4) (3/4), 4 (1/2) (1/2)
        np.testing.assert_array_equal(found["next_break"], [0.25, 0.5, 0.75, 1.0])
        np.testing.assert_array_equal(found["next_knot"], [0.75, 1.0, 0.75, 0.0])
        np.testing.assert_array_equal(found["steepness"], [3.0, 1.0, -1.0, -3.0])
        np.testing.assert_array_equal(found["height"], [3.0, -2.0, -2.0, -2.0])
        assert found["start"] == 0
        np.testing.assert_array_equal(found["target"], [0.4375, 1.0, 0.4375])  # 4 (1/8) (7/8) = 7/16
        np.testing.assert_array_equal(found["fitted"], [0.375, 1.0, 0.375])  # 3/8; 3/2 - 1/2; 21/8 - 10/8 - 6/8 - 2/8
        np.testing.assert_array_equal(found["error"], [-0.0625, 0.0, -0.0625])
        assert found["largest_error"] == 0.0625

    def test_each_unit_is_drawn_from_0_over_its_bend_to_1(self) -> None:
        found = relus("parabola", np.array([0.5]), np.array([0.0, 0.5, 0.75]), 2)
        np.testing.assert_array_equal(found["bend_x"], [[0, 0, BLANK], [0, 0.5, BLANK], [1, 1, BLANK]])
        # Slopes 2 and -2 of the two halves: the first unit ends at 2, the second bends by -4 over a half.
        np.testing.assert_array_equal(found["bend_y"], [[0, 0, BLANK], [0, 0, BLANK], [2, -2, BLANK]])

    @pytest.mark.parametrize("beyond", [[0.5, 0.75], [BLANK, BLANK], [1.0, 1.5]])
    def test_units_beyond_the_count_are_blank_and_have_no_height(self, beyond: list[float]) -> None:
        found = relus("parabola", np.array([0.25, 0.625]), np.array([0.0, 0.25, *beyond]), 2)
        np.testing.assert_array_equal(found["knot"], [0.0, 0.75, BLANK, BLANK])
        np.testing.assert_array_equal(found["next_break"], [0.25, 1.0, BLANK, BLANK])
        np.testing.assert_array_equal(found["next_knot"], [0.75, 0.0, BLANK, BLANK])
        np.testing.assert_array_equal(found["steepness"], [3.0, -1.0, BLANK, BLANK])
        np.testing.assert_array_equal(found["height"], [3.0, -4.0, 0.0, 0.0])
        np.testing.assert_array_equal(found["fitted"], [0.75, 0.375])  # 3/4; 15/8 - 4 (3/8)

    def test_the_step_is_up_from_one_half_on(self) -> None:
        found = relus("step", np.array([0.0, 0.375, 0.499, 0.5, 1.0]), self.QUARTERS, 4)
        np.testing.assert_array_equal(found["target"], [0, 0, 0, 1, 1])
        np.testing.assert_array_equal(found["knot"], [0, 0, 1, 1])
        np.testing.assert_array_equal(found["height"], [0, 4, -4, 0])
        np.testing.assert_array_equal(np.asarray(found["fitted"])[[0, 1, 3, 4]], [0.0, 0.5, 1.0, 1.0])

    def test_the_sine_is_a_whole_wave(self) -> None:
        found = relus("sine", np.array([0.0, 1 / 12, 0.25, 0.75]), self.QUARTERS, 4)
        assert_close(found["target"], [0.0, 0.5, 1.0, -1.0])
        assert_close(found["knot"], [0.0, 1.0, 0.0, -1.0])
        assert_close(found["steepness"], [4.0, -4.0, -4.0, 4.0])
        assert_close(found["height"], [4.0, -8.0, 0.0, 8.0])
        assert_close(found["fitted"], [0.0, 1 / 3, 1.0, -1.0])

    def test_one_unit_is_the_line_from_start_to_end(self) -> None:
        assert_close(relus("step", np.array([0.0, 0.3, 1.0]), self.QUARTERS, 1)["fitted"], [0.0, 0.3, 1.0])

    @pytest.mark.parametrize("n_units", [1, 2, 3, 5, 8, 32])
    def test_the_parabola_is_missed_by_the_square_of_the_distance_of_the_breakpoints(self, n_units: int) -> None:
        # A chord of a x^2 over a distance d misses by a d^2 / 4 in the middle: here a = -4, and the chord is below.
        breaks = np.arange(32) / n_units
        found = relus("parabola", (np.arange(n_units) + 0.5) / n_units, breaks, n_units)
        assert np.abs(np.asarray(found["error"]) + 1 / n_units**2).max() <= 1e-13  # of a curve up to 1
        assert abs(float(found["largest_error"]) - 1 / n_units**2) <= 1e-13

    @pytest.mark.parametrize("n_units", [4, 16, 32])
    def test_the_sine_is_missed_by_no_more_than_its_bend_allows(self, n_units: int) -> None:
        found = relus("sine", np.linspace(0, 1, 101), np.arange(32) / n_units, n_units)
        assert 0 < float(found["largest_error"]) <= (2 * math.pi / n_units) ** 2 / 8  # d^2 max|f''| / 8

    @given(
        CURVES,
        st.lists(st.integers(1, 999), max_size=31, unique=True),
        arrays(np.float64, 20, elements=st.floats(0, 1)),
        st.integers(0, 3),
    )
    def test_the_fit_is_straight_between_its_knots(
        self, curve: str, inner: list[int], point: Array, spare: int
    ) -> None:
        knots_at = np.array([0, *sorted(inner), 1000]) / 1000
        expected = {
            "sine": np.sin(2 * np.pi * knots_at),
            "step": (knots_at >= 0.5) * 1.0,
            "parabola": 1 - (2 * knots_at - 1) ** 2,
        }[curve]
        breaks = np.append(knots_at[:-1], np.full(spare, BLANK))
        found = relus(curve, point, breaks, len(inner) + 1)
        # Slopes reach 1000, and up to 32 heights of up to 2000 cancel: 64 000 eps is 1.4e-11.
        assert np.abs(found["fitted"] - np.interp(point, knots_at, expected)).max() <= 2e-11

    @pytest.mark.parametrize("wrong", [0.0, 5.0, 1.5, BLANK])
    def test_a_count_of_units_outside_the_table_is_refused(self, wrong: float) -> None:
        with pytest.raises(EngineError, match=f"n_units: found {wrong:.15g}, expected a whole number from 1 to 4"):
            relus("sine", np.ones(1), self.QUARTERS, wrong)

    def test_breakpoints_that_do_not_rise_have_no_steepness_between_them(self) -> None:
        found = relus("parabola", np.array([1.0]), np.array([0.0, 0.5, 0.5, 0.25]), 4)
        np.testing.assert_array_equal(found["knot"], [0.0, 1.0, 1.0, 0.75])
        np.testing.assert_array_equal(found["steepness"], [2.0, 0.0, 0.0, -1.0])  # the last: -3/4 over 3/4
        np.testing.assert_array_equal(found["height"], [2.0, -2.0, 0.0, -1.0])
        np.testing.assert_array_equal(found["fitted"], [0.25])  # 2 - 2 (1/2) - 3/4

    def test_the_sum_starts_at_0_where_the_first_breakpoint_does_not(self) -> None:
        found = relus("parabola", np.array([0.25, 0.5, 1.0]), np.array([0.5]), 1)
        assert found["start"] == 0
        np.testing.assert_array_equal(found["fitted"], [0.0, 0.0, -1.0])  # -2 (x - 1/2) from 1/2 on

    def test_an_unknown_curve_is_refused(self) -> None:
        with pytest.raises(EngineError, match="curve: found 'cosine', expected 'sine', 'step' or 'parabola'"):
            relus("cosine", np.ones(1), self.QUARTERS, 4)


class TestBreakpoints:
    def test_even_ones_lie_a_unit_apart_and_go_on_beyond_the_count(self) -> None:
        found = breakpoints("even", numbers(5), 4, np.zeros(5))
        np.testing.assert_array_equal(found["breakpoint"], [0.0, 0.25, 0.5, 0.75, 1.0])

    def test_own_ones_are_taken_as_they_are(self) -> None:
        own = np.array([0.0, 0.125, 0.75])
        np.testing.assert_array_equal(breakpoints("own", numbers(3), 2, own)["breakpoint"], own)

    def test_another_placing_is_refused(self) -> None:
        with pytest.raises(EngineError, match="placing: found 'odd', expected 'even' or 'own'"):
            breakpoints("odd", numbers(3), 2, np.zeros(3))

    @pytest.mark.parametrize("wrong", [0.0, 4.0, 1.5, BLANK])
    def test_a_count_of_units_outside_the_table_is_refused(self, wrong: float) -> None:
        with pytest.raises(EngineError, match=f"n_units: found {wrong:.15g}, expected a whole number from 1 to 3"):
            breakpoints("even", numbers(3), wrong, np.zeros(3))


class TestKernels:
    KERNELS = tuple(np.full((3, 3), number) for number in range(1, 5))

    @pytest.mark.parametrize(
        ("chosen", "number"),
        [
            ("left edges", 1),
            ("upper edges", 2),
            ("outlines", 3),
            ("your own", 4),
        ],
    )
    def test_the_filter_chosen_gives_the_kernel(self, chosen: str, number: int) -> None:
        np.testing.assert_array_equal(filtered(chosen, *self.KERNELS)["kernel"], np.full((3, 3), number))

    def test_an_unknown_filter_is_refused(self) -> None:
        with pytest.raises(EngineError, match="chosen: found 'blur', expected one of left edges"):
            filtered("blur", *self.KERNELS)

    def test_the_ends_are_the_largest_and_the_least(self) -> None:
        assert ends(np.array([[1.0, -7.0], [3.0, 2.0]])) == {"largest": 3.0, "least": -7.0}

    @pytest.mark.parametrize(
        ("kernel", "rightwards", "downwards", "finds"),
        [
            ([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], 8, 0, "orange: left edges of ink, blue: right edges"),
            ([[1, 0, -1], [1, 0, -1], [1, 0, -1]], -6, 0, "orange: right edges of ink, blue: left edges"),
            ([[-1, -1, -1], [0, 0, 0], [1, 1, 1]], 0, 6, "orange: upper edges of ink, blue: lower edges"),
            ([[1, 1, 1], [0, 0, 0], [-1, -1, -1]], 0, -6, "orange: lower edges of ink, blue: upper edges"),
            ([[-1, -1, 0], [-1, 0, 1], [0, 1, 1]], 4, 4, "slanting edges"),
            ([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], 0, 0, "spots and thin lines"),
            ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 0, 0, "how much ink lies under it"),
            ([[0, 0, 1], [0, 0, 1], [0, 0, 1]], 3, 0, "how much ink lies under it"),
            ([[0.1, 0, 0.2], [0, -0.6, 0], [0.2, 0, 0.1]], 0, 0, "spots and thin lines"),
            ([[0, 0, 0], [0, 0, 0], [0, 0, 0]], 0, 0, "nothing: all weights are 0"),
        ],
    )
    def test_what_a_kernel_answers_to_follows_its_weights(
        self, kernel: ArrayLike, rightwards: float, downwards: float, finds: str
    ) -> None:
        said = found(np.asarray(kernel, dtype=np.float64))
        assert (said["rightwards"], said["downwards"]) == pytest.approx((rightwards, downwards), abs=1e-15)
        assert str(said["finds"]) == finds


class TestEntity:
    def test_records_are_named_by_their_category(self) -> None:
        names = np.array(["Monday", "Tuesday"], dtype=object)
        assert named(np.array([2.0, 1.0, 2.0]), names)["record_name"].tolist() == ["Tuesday", "Monday", "Tuesday"]

    EMBEDDING = np.array([[0.5, -1.0], [2.0, 3.0], [0.25, 4.0]])

    def test_rows_and_counts_are_as_calculated_by_hand(self) -> None:
        found = entity(np.array([3.0, 1.0, 3.0, 2.0]), numbers(3), self.EMBEDDING)
        expected = [[0.25, 4.0], [0.5, -1.0], [0.25, 4.0], [2.0, 3.0]]
        np.testing.assert_array_equal(found["one_hot"], [[0, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 0]])
        np.testing.assert_array_equal(found["by_product"], expected)
        np.testing.assert_array_equal(found["by_lookup"], expected)
        assert found["distance"] == 0
        assert [found["one_hot_columns"], found["embedding_columns"]] == [3, 2]

    @given(arrays(np.float64, (7, 4), elements=st.floats(-1e6, 1e6)), arrays(np.int64, 12, elements=st.integers(1, 7)))
    def test_both_routes_are_equal_to_the_last_bit(self, embedding: Array, category: Array) -> None:
        found = entity(category * 1.0, numbers(7), embedding)
        np.testing.assert_array_equal(found["by_product"], found["by_lookup"])
        np.testing.assert_array_equal(found["by_product"], embedding[category.astype(np.intp) - 1])

    def test_a_table_that_counts_otherwise_shows_in_the_distance(self) -> None:
        found = entity(np.array([1.0]), np.array([2.0, 1.0, 3.0]), self.EMBEDDING)
        assert found["distance"] == math.hypot(1.5, 4)  # (2, 3) less (0.5, -1)

    @pytest.mark.parametrize("wrong", [0.0, 4.0, 1.5, BLANK])
    def test_a_category_outside_the_table_is_refused(self, wrong: float) -> None:
        expected = f"category_number, row 2: found {wrong:.15g}, expected a whole number from 1 to 3"
        with pytest.raises(EngineError, match=expected):
            entity(np.array([1.0, wrong]), numbers(3), self.EMBEDDING)
