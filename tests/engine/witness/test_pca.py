"""Film factors by torch: rankings, principal components and similarity, against hand calculations and NumPy's own."""

import math

import numpy as np
import pytest
import torch
from close import assert_close

from engine.errors import DataError
from engine.witness import pca

TITLES = np.array(["Alpha", "Beta", "Gamma", "Delta"], dtype=object)


def tensor(values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_films_are_ranked_from_both_ends_and_a_tie_names_the_first() -> None:
    found = pca.best_and_worst(
        tensor([0.2, -0.1, 0.5, 0.2]),
        TITLES,
        tensor([4.0, 2.0, 5.0, 3.0]),
        tensor([10.0, 20.0, 30.0, 40.0]),
        tensor([1.0, 2.0, 3.0]),
    )
    assert {name: values.tolist() for name, values in found.items()} == {
        "best_bias": [0.5, 0.2, 0.2],
        "best_row": [3, 1, 1],
        "best_mean": [5, 4, 4],
        "best_count": [30, 10, 10],
        "worst_bias": [-0.1, 0.2, 0.2],
        "worst_row": [2, 1, 1],
        "worst_mean": [2, 4, 4],
        "worst_count": [20, 10, 10],
    }


def test_points_on_a_line_have_one_component_that_explains_everything() -> None:
    # (0, 0), (-3, -4), (3, 4) about (1, 2): C = [[9, 12], [12, 16]], C (0.6, 0.8) = 25 (0.6, 0.8)
    found = pca.pca(tensor([[1.0, 2.0], [-2.0, -2.0], [4.0, 6.0]]), tensor([[0.6], [0.8]]))
    assert_close(found["mean_factor"], [1, 2])
    assert_close(found["centred"], [[0, 0], [-3, -4], [3, 4]])
    assert_close(found["covariance"], [[9, 12], [12, 16]])
    assert_close(found["covariance_times_components"], [[15], [20]])
    assert_close(found["eigenvalue"], [25])
    assert float(found["largest_residual"]) <= 1e-14 * 25
    assert_close(found["total_variance"], 25)
    assert_close(found["explained"], [1])
    assert_close(found["explained_together"], 1)
    assert_close(found["projection"], [[0], [-5], [5]])


def test_a_direction_that_is_no_component_leaves_a_residual() -> None:
    # C = ((9, 12), (12, 16)) has the eigenvalues 25 and 0; C (1, 0) = (9, 12), less 25 (1, 0): (-16, 12)
    found = pca.pca(tensor([[0.0, 0.0], [-3.0, -4.0], [3.0, 4.0]]), tensor([[1.0], [0.0]]))
    assert_close(found["residual"], [[-16], [12]])
    assert_close(found["largest_residual"], 16)
    assert_close(found["explained"], [1.0])


def test_a_component_given_twice_overlaps_itself() -> None:
    found = pca.pca(tensor([[0.0, 0.0], [-3.0, -4.0], [3.0, 4.0]]), tensor([[0.6, 0.6], [0.8, 0.8]]))
    assert_close(found["overlap"], [[0.0, 1.0], [1.0, 0.0]])
    assert_close(found["largest_overlap"], 1.0)


def test_the_covariance_is_numpy_s() -> None:
    factors = np.random.default_rng(0).normal(size=(50, 6))
    found = pca.pca(tensor(factors), tensor(np.eye(6)[:, :2]))
    assert_close(found["covariance"], np.cov(factors.T))
    assert_close(found["total_variance"], np.cov(factors.T).trace())


def test_films_are_alike_by_the_cosine_of_their_angle() -> None:
    # Against (1, 0): itself 1, (3, 4) 0.6, (0, 2) 0, (-5, 12) -5/13. Against (2): 1, 1, -1, 1.
    found = pca.similar(
        "alpha",
        TITLES,
        tensor([1.0, 2.0, 3.0, 4.0]),
        tensor([[1.0, 0.0], [3.0, 4.0], [0.0, 2.0], [-5.0, 12.0]]),
        tensor([[2.0, 0.0], [1.0, 1.0], [-3.0, 0.0], [0.0, 7.0]]),
        tensor([1.0, 2.0, 3.0, 4.0]),
    )
    assert_close(found["chosen_factors"], [1, 0])
    assert_close(found["chosen_projection"], [2, 0])
    assert_close(found["similarity_before"], [1, 0.6, 0, -5 / 13])
    assert_close(found["similarity_after"], [1, math.sqrt(0.5), -1, 0])
    assert_close(found["before_value"], [1, 0.6, 0, -5 / 13])
    assert found["before_row"].tolist() == [1, 2, 3, 4]
    assert_close(found["after_value"], [1, math.sqrt(0.5), 0, -1])
    assert found["after_row"].tolist() == [1, 2, 4, 3]


def test_a_title_that_no_film_has_is_refused() -> None:
    with pytest.raises(DataError, match=r"found no film titled 'Omega' among 4 titles"):
        pca.similar("Omega", TITLES, tensor([1.0]), tensor([[1.0]]), tensor([[1.0]]), tensor([1.0]))


def test_labels_stand_at_their_films_first_two_components() -> None:
    found = pca.labelled(tensor([[1.0, 2.0, 9.0], [3.0, 4.0, 9.0], [5.0, 6.0, 9.0]]), TITLES, tensor([3.0, 1.0]))
    assert found["label_x"].tolist() == [5, 1]
    assert found["label_y"].tolist() == [6, 2]
