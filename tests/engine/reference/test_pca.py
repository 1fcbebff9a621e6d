"""Films by bias and by factors against numpy.linalg, hand calculations and sorting by hand."""

import math
from functools import partial

import close
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.errors import EngineError
from engine.reference import Array, Result, Text
from engine.reference.pca import best_and_worst, labelled, pca, similar

assert_close = partial(close.assert_close, rtol=1e-13)

pytestmark = pytest.mark.filterwarnings("error")

BLANK = math.nan
TITLES: Text = np.array(["Alien", "Brazil", "Casino", "Dave", "Emma"], dtype=object)


def block(result: Result, name: str) -> Array:
    return np.asarray(result[name], dtype=np.float64)


def words(result: Result, name: str) -> list[str]:
    return [str(word) for word in np.asarray(result[name])]


class TestBestAndWorst:
    """Five films; Brazil and Dave tie for the second place."""

    film_bias = np.array([-0.5, 0.25, 0.75, 0.25, 0.0])
    film_mean = np.array([1.5, 3.5, 4.5, 3.25, 3.0])
    film_count = np.array([10.0, 20.0, 30.0, 40.0, 50.0])

    def ranked(self, place: list[float]) -> Result:
        return best_and_worst(self.film_bias, TITLES, self.film_mean, self.film_count, np.array(place))

    def test_places_are_as_sorted_by_hand_and_a_tie_names_the_first_film(self) -> None:
        found = self.ranked([1, 2, 3, 5])
        np.testing.assert_array_equal(found["best_bias"], [0.75, 0.25, 0.25, -0.5])
        np.testing.assert_array_equal(found["best_row"], [3, 2, 2, 1])
        assert words(found, "best_title") == ["Casino", "Brazil", "Brazil", "Alien"]
        np.testing.assert_array_equal(found["best_mean"], [4.5, 3.5, 3.5, 1.5])
        np.testing.assert_array_equal(found["best_count"], [30, 20, 20, 10])
        np.testing.assert_array_equal(found["worst_bias"], [-0.5, 0.0, 0.25, 0.75])
        np.testing.assert_array_equal(found["worst_row"], [1, 5, 2, 3])
        assert words(found, "worst_title") == ["Alien", "Emma", "Brazil", "Casino"]
        np.testing.assert_array_equal(found["worst_mean"], [1.5, 3.0, 3.5, 4.5])
        np.testing.assert_array_equal(found["worst_count"], [10, 50, 20, 30])

    def test_a_blank_bias_has_no_place(self) -> None:
        film_bias = np.array([BLANK, 0.25, 0.75, BLANK, 0.0])
        found = best_and_worst(film_bias, TITLES, self.film_mean, self.film_count, np.array([1.0, 3.0]))
        assert words(found, "best_title") == ["Casino", "Emma"]
        assert words(found, "worst_title") == ["Emma", "Casino"]

    @pytest.mark.parametrize("wrong", [0.0, 6.0, 1.5, BLANK])
    def test_a_place_that_no_film_has_is_refused(self, wrong: float) -> None:
        with pytest.raises(EngineError, match=f"place, row 2: found {wrong:.15g}, expected a whole number from 1 to 5"):
            self.ranked([1, wrong])


@given(arrays(np.float64, 8, elements=st.integers(-4, 4)))
def test_places_agree_with_sorting_and_with_the_first_equal_film(film_bias: Array) -> None:
    place = np.arange(1.0, 9.0)
    title: Text = np.array([f"film {row}" for row in range(8)], dtype=object)
    found = best_and_worst(film_bias, title, film_bias, film_bias, place)
    listed = film_bias.tolist()
    for side, backwards in (("best", True), ("worst", False)):
        ordered = sorted(listed, reverse=backwards)
        assert block(found, f"{side}_bias").tolist() == ordered
        assert block(found, f"{side}_row").tolist() == [listed.index(one) + 1 for one in ordered]


class TestPca:
    """Twelve films of four latent factors, against numpy.linalg.eigh and numpy.cov."""

    film_factors = np.random.default_rng(3).normal(size=(12, 4)) @ np.diag([3.0, 2.0, 1.0, 0.5]) + 7.0

    def eigen(self) -> tuple[Array, Array]:
        """Eigenvalues and unit eigenvectors of the covariance, the largest first."""
        values, vectors = np.linalg.eigh(np.cov(self.film_factors, rowvar=False))
        return values[::-1], vectors[:, ::-1]

    def test_true_components_give_the_eigenvalues_and_no_residual(self) -> None:
        values, vectors = self.eigen()
        found = pca(self.film_factors, vectors[:, :3])
        assert_close(found["mean_factor"], np.average(self.film_factors, axis=0))
        assert_close(found["covariance"], np.cov(self.film_factors, rowvar=False))
        assert_close(found["eigenvalue"], values[:3])
        assert_close(found["covariance_times_components"], vectors[:, :3] * values[:3])
        assert float(block(found, "largest_residual")) <= 1e-14 * values[0]
        assert_close(found["total_variance"], values.sum())
        assert_close(found["explained"], values[:3] / values.sum())
        assert_close(found["explained_together"], values[:3].sum() / values.sum())

    def test_projections_are_the_singular_vectors_times_the_singular_values(self) -> None:
        centred = self.film_factors - self.film_factors.mean(axis=0)
        left, sizes, right = np.linalg.svd(centred, full_matrices=False)
        found = pca(self.film_factors, right[:2].T)
        assert_close(found["centred"], centred)
        assert_close(found["projection"], left[:, :2] * sizes[:2])

    def test_all_components_together_explain_everything(self) -> None:
        assert_close(pca(self.film_factors, self.eigen()[1])["explained_together"], 1.0)

    def test_a_turned_component_leaves_a_residual(self) -> None:
        """Turned by 45 degrees between v1 and v2: C t - (t.C t) t has length (l1 - l2)/2."""
        values, vectors = self.eigen()
        turned = (vectors[:, :1] + vectors[:, 1:2]) / math.sqrt(2)
        found = pca(self.film_factors, turned)
        assert_close(found["eigenvalue"], [(values[0] + values[1]) / 2])
        assert_close(np.linalg.norm(block(found, "residual")), (values[0] - values[1]) / 2)
        assert found["largest_residual"] == np.abs(block(found, "residual")).max()

    def test_two_films_are_as_calculated_by_hand(self) -> None:
        found = pca(np.array([[1.0, 5.0], [3.0, 5.0]]), np.eye(2))
        np.testing.assert_array_equal(found["mean_factor"], [2, 5])
        np.testing.assert_array_equal(found["centred"], [[-1, 0], [1, 0]])
        np.testing.assert_array_equal(found["covariance"], [[2, 0], [0, 0]])  # (1 + 1) / (2 - 1)
        np.testing.assert_array_equal(found["explained"], [1, 0])

    def test_films_all_alike_explain_nothing_and_do_not_warn(self) -> None:
        found = pca(np.ones((3, 2)), np.eye(2))
        assert found["total_variance"] == 0
        assert np.isnan(block(found, "explained")).all()

    def test_one_film_alone_is_refused(self) -> None:
        with pytest.raises(EngineError, match="film_factors: found 1 film, expected at least 2"):
            pca(np.ones((1, 2)), np.eye(2))


class TestSimilar:
    """Five films at known angles from Alien: 0, 90, 45, 180 degrees, and one without length."""

    centred = np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 3.0], [-1.0, 0.0], [0.0, 0.0]])
    projection = np.array([[1.0], [-2.0], [3.0], [4.0], [0.0]])
    number = np.arange(1.0, 6.0)

    def like(self, chosen_title: str, place: list[float]) -> Result:
        return similar(chosen_title, TITLES, self.number, self.centred, self.projection, np.array(place))

    def test_cosines_are_those_of_the_known_angles(self) -> None:
        found = self.like("Alien", [1, 2, 5])
        assert found["chosen_row"] == 1
        np.testing.assert_array_equal(found["chosen_factors"], [2, 0])
        np.testing.assert_array_equal(found["chosen_projection"], [1])
        assert_close(found["similarity_before"], [1, 0, math.sqrt(0.5), -1, 0])
        np.testing.assert_array_equal(found["similarity_after"], [1, -1, 1, 1, 0])

    def test_places_run_from_the_most_alike_and_a_tie_names_the_first_film(self) -> None:
        found = self.like("Alien", [1, 2, 3, 5])
        assert_close(found["before_value"], [1, math.sqrt(0.5), 0, -1])
        np.testing.assert_array_equal(found["before_row"], [1, 3, 2, 4])
        assert words(found, "before_title") == ["Alien", "Casino", "Brazil", "Dave"]
        np.testing.assert_array_equal(found["after_value"], [1, 1, 1, -1])
        np.testing.assert_array_equal(found["after_row"], [1, 1, 1, 2])
        assert words(found, "after_title") == ["Alien", "Alien", "Alien", "Brazil"]

    def test_the_title_is_found_whatever_its_case(self) -> None:
        assert self.like("cASINO", [1])["chosen_row"] == 3

    def test_an_unknown_title_is_refused(self) -> None:
        with pytest.raises(EngineError, match="chosen_title: found 'Fargo', expected one of the 5 titles"):
            self.like("Fargo", [1])

    def test_a_place_beyond_the_last_film_is_refused(self) -> None:
        with pytest.raises(EngineError, match="place, row 1: found 6, expected a whole number from 1 to 5"):
            self.like("Alien", [6])


@given(arrays(np.float64, (6, 3), elements=st.floats(-5, 5)), st.floats(0.1, 10))
def test_no_length_changes_a_cosine_and_none_leaves_minus_one_to_one(rows: Array, scale: float) -> None:
    title: Text = np.array(list("abcdef"), dtype=object)
    rows = np.round(rows, 3)
    found = [
        block(similar("a", title, np.arange(1.0, 7.0), rows * one, rows, np.array([1.0])), "similarity_before")
        for one in (1.0, scale)
    ]
    assert np.abs(found[0]).max() <= 1 + 1e-15
    np.testing.assert_allclose(found[1], found[0], rtol=0, atol=1e-14)  # of a cosine's own scale, 1


def test_labels_take_the_titles_and_the_first_two_components_of_their_films() -> None:
    projection = np.arange(15.0).reshape(5, 3)
    found = labelled(projection, TITLES, np.array([5.0, 2.0]))
    assert words(found, "label_title") == ["Emma", "Brazil"]
    np.testing.assert_array_equal(found["label_x"], [12, 3])
    np.testing.assert_array_equal(found["label_y"], [13, 4])


def test_a_label_of_no_film_is_refused() -> None:
    with pytest.raises(EngineError, match="label_row, row 1: found 6, expected a whole number from 1 to 5"):
        labelled(np.zeros((5, 3)), TITLES, np.array([6.0]))
