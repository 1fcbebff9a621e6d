"""Result keys and code panels, read from the source of the reference's functions."""

from typing import Any

import numpy as np
import pytest

from workbook.errors import LessonError
from workbook.plan.panel import code, printed_once, result_keys


def test_keys_are_found_in_the_return_itself() -> None:
    assert result_keys("mnist.view") == ("chosen", "chosen_label", "picture", "at_pixel", "at_value")


def test_keys_of_a_helper_are_found_by_its_call_and_by_the_name_given_to_it_and_in_another_module() -> None:
    # The scores stand in mnist_layers and spread a helper's: logistic names their call, logistic_step spreads one.
    scores = ("row_max", "exponential", "exponential_sum", "probability", "sample_loss", "logit_gradient", "one_hot")
    assert result_keys("mnist.logistic")[:9] == ("product", "logit", *scores)
    again = ("new_exponential", "new_sample_loss", "new_predicted", "new_cross_entropy")
    assert result_keys("mnist.logistic_step")[:7] == ("new_weight", "new_bias", "new_logit", *again)


def test_a_function_is_found_in_the_module_that_its_own_imports_it_from() -> None:
    # fine_tuning passes the tables on; the scores of a step come by way of two modules.
    assert result_keys("fine_tuning.gains") == ("gain",)
    assert "sample_loss" in result_keys("fine_tuning.frozen_step")
    assert "def gains(" in code(("fine_tuning.gains",), "reference")


def test_a_function_that_is_not_there_or_returns_no_dict_is_refused() -> None:
    with pytest.raises(LessonError, match=r"engine\.reference has no function 'mnist\.nothing'"):
        result_keys("mnist.nothing")
    with pytest.raises(LessonError, match=r"mnist_layers\.penalised does not end in a return of a dict with literal"):
        result_keys("mnist_layers.penalised")


def test_the_code_of_a_function_with_helpers_elsewhere_runs_by_itself() -> None:
    text = code(("mnist.logistic",), "reference")
    assert "import engine" not in text
    assert "from engine" not in text
    scope: dict[str, Any] = {}
    exec(text, scope)
    found = scope["logistic"](np.zeros((2, 3)), np.zeros(2), np.zeros((10, 3)), np.zeros(10), 0.0)
    assert found["loss"] == pytest.approx(np.log(10), rel=1e-15)


def test_modules_come_first_then_constants_then_what_is_defined() -> None:
    lines = code(("training.mini_batch_losses",), "runs").splitlines()
    assert lines[:6] == [
        "import torch",
        "import torch.nn.functional as F",
        "from torch import nn",
        "",
        "_HIGHEST_LOSS = 1e6",
        "",
    ]
    # What calls torch is made where torch's own names are known; what is made of a class, after the class.
    text = code(("schedules.one_cycle_fastai1",), "witness")
    assert text.index("import math\n") < text.index("from dataclasses") < text.index("import torch")


def test_no_panel_shows_types_that_only_a_type_checker_reads() -> None:
    texts = [code((run,), "runs") for run in ("mnist_training.record", "training.fit_grid", "fine_tuning_runs.record")]
    texts.append(code(("schedules.one_cycle_fastai1",), "witness"))
    for text in texts:
        assert "class " in text
        assert not any(word in text for word in ("NDArray", "typing", "Sides", "Layers", "tuple[", "list[", "dict["))


def test_a_part_that_stands_above_is_named_and_not_printed_again() -> None:
    one = ("# NumPy", "x = 1", "", "# PyTorch: the run that was recorded", "y = 2")
    two = ("# NumPy", "x = 3", "", "# PyTorch: the run that was recorded", "y = 2")
    assert list(printed_once([("Bias", one), ("Same", two)])) == [
        ("Bias", [*one]),
        ("Same", ["# NumPy", "x = 3", "", "# PyTorch: the run that was recorded, as under Bias"]),
    ]


def test_a_name_that_a_function_makes_itself_is_not_taken_for_one_of_its_module() -> None:
    # One cycle's momentum is an array of its own; the module has a function momentum too.
    assert "def momentum(" in code(("by_hand.momentum",), "reference")
    assert "def momentum(" not in code(("by_hand.one_cycle",), "reference")


@pytest.mark.parametrize(
    ("function", "helper"), [("losses.metrics", "zero_based"), ("layers.convolution", "_result_shape")]
)
def test_a_call_of_the_reference_whose_value_nobody_reads_is_not_printed(function: str, helper: str) -> None:
    assert helper not in code((function,), "reference")


def test_a_call_of_the_witness_that_changes_what_it_is_given_stays() -> None:
    assert "fill(model.lin" in code(("mnist.network",), "witness")
