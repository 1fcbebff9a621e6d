"""Operations of torch that are taken apart into simpler ones, in our words: torch traces these functions.

Split by family, as the table of operations is.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from workbook.traced.decompositions.layers import (
    angle_of,
    bilinear,
    celu,
    embedding_bag,
    group_norm,
    hardsigmoid,
    has_tensors,
    hypotenuse,
    instance_norm,
    larger,
    prelu,
    rest_of_erf,
    rrelu,
    times_log,
)
from workbook.traced.decompositions.losses import (
    gaussian_nll_loss,
    kl_div,
    log_sigmoid,
    multi_margin_loss,
    weighted_logits,
)
from workbook.traced.decompositions.recurrent import CALLED, attention, gru_cell, lstm_cell, rnn_cell, unrolled
from workbook.traced.decompositions.shapes import (
    around,
    block_diagonal,
    copied,
    filled,
    im2col,
    index_add,
    index_put,
    index_selected,
    indexed,
    interpolated,
    repeat_interleave,
    repeated,
    row_written,
    scatter,
    scatter_add,
    scatter_reduce,
    slice_written,
    unfold,
)
from workbook.traced.decompositions.sums import (
    added_product,
    cdist,
    cholesky,
    cholesky_solve,
    cumprod,
    deviation,
    einsum,
    is_uncommon,
    kth,
    logcumsumexp,
    median,
    norm,
    quantile,
    solve_triangular,
    variance,
    with_mean,
)
from workbook.traced.graph import TracedError

__all__ = ["CALLED", "CASTS", "DECOMPOSED_WHEN", "DECOMPOSITIONS", "FROM_END", "ROUGH", "gaussian_nll_loss"]

CASTS: dict[str, str | None] = {
    "to": None,
    "_to_copy": None,
    "type_as": None,
    "float": "float64",
    "double": "float64",
    "long": "int64",
    "bool": "bool",
}
"""Changes of a number's kind, and the kind where the name says it."""


def _refused(words: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise TracedError(words)

    return refuse


ROUGH = frozenset(("celu", "hardsigmoid"))
"""Operations whose gradients torch itself computes with a constant of float32 in them."""

DECOMPOSITIONS: dict[str, Callable[..., Any]] = {
    "scaled_dot_product_attention": attention,
    "lstm_cell": lstm_cell,
    "gru_cell": gru_cell,
    "rnn_tanh_cell": rnn_cell("tanh"),
    "rnn_relu_cell": rnn_cell("relu"),
    "lstm": unrolled(lstm_cell, has_cell=True),
    "gru": unrolled(gru_cell, has_cell=False),
    "rnn_tanh": unrolled(rnn_cell("tanh"), has_cell=False),
    "rnn_relu": unrolled(rnn_cell("relu"), has_cell=False),
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "embedding_bag": embedding_bag,
    "_embedding_bag": embedding_bag,
    "kl_div": kl_div,
    "log_sigmoid": log_sigmoid,
    "celu": celu,
    "hardsigmoid": hardsigmoid,
    "prelu": prelu,
    "repeat_interleave": repeat_interleave,
    "bilinear": bilinear,
    "cdist": cdist,
    "cumprod": cumprod,
    "logcumsumexp": logcumsumexp,
    "median": median,
    "upsample_linear1d": interpolated(1),
    "upsample_bilinear2d": interpolated(2),
    "unfold": unfold,
    "im2col": im2col,
    "index_add": index_add,
    "scatter": scatter,
    "scatter_add": scatter_add,
    "rrelu": rrelu,
    "multi_margin_loss": multi_margin_loss,
    "multilabel_margin_loss": _refused(
        "multilabel_margin_loss has no formula here: use multilabel_soft_margin_loss, or binary cross-entropy"
    ),
    "embedding_renorm": _refused("an embedding that is cut to a norm (max_norm): leave max_norm out"),
    "var": variance,
    "std": deviation,
    "var_mean": with_mean(variance),
    "std_mean": with_mean(deviation),
    "scatter_reduce": scatter_reduce,
    "index_put": index_put,
    "slice_scatter": slice_written,
    "select_scatter": row_written,
    "copy": copied,
    "fill": filled,
    "addmv": added_product,
    "addbmm": partial(added_product, over=0),
    "addr": partial(added_product, how="outer"),
    "linalg_solve_triangular": solve_triangular,
    "linalg_cholesky_ex": cholesky,
    "cholesky_solve": cholesky_solve,
    "fmax": larger("maximum"),
    "hypot": hypotenuse,
    "atan2": angle_of,
    "erfc": rest_of_erf,
    "special_erfc": rest_of_erf,
    "xlogy": times_log,
    "special_xlogy": times_log,
    "quantile": quantile,
    "repeat": repeated,
    "kthvalue": kth,
    "block_diag": block_diagonal,
    "fmin": larger("minimum"),
}
"""Operation → the function that says it in simpler ones."""

FROM_END: dict[str, Callable[..., Any]] = {"index": indexed, "index_put": index_put}
"""Operations whose numbers may count from the end, and what says them then."""

DECOMPOSED_WHEN: dict[str, Callable[[Mapping[str, Any]], Callable[..., Any] | None]] = {
    "index": lambda given: indexed if given["indices"][0] is None or len(given["indices"]) > 1 else None,
    "index_select": lambda given: index_selected if given["dim"] else None,
    "clamp": has_tensors,
    "clip": has_tensors,
    "addmm": lambda given: added_product if given.get("beta", 1) != 1 else None,
    "baddbmm": lambda given: added_product if given.get("beta", 1) != 1 else None,
    "linalg_vector_norm": lambda given: norm if given.get("ord", 2) != 2 else None,
    "binary_cross_entropy_with_logits": lambda given: weighted_logits if "pos_weight" in given else None,
    "einsum": lambda given: einsum if is_uncommon(given["equation"], len(given["tensors"])) else None,
    "pad": lambda given: around if given.get("mode", "constant") != "constant" else None,
}
"""Operation of the table → what says it in simpler ones where its arguments ask for what the table lacks."""
