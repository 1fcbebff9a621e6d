"""Layers of a network: affine maps, ReLUs between and below them, convolutions, and embeddings of a category.

Two affine layers with nothing between them are one: (x W1 + b1) W2 + b2 = x (W1 W2) + (b1 W2 + b2). A ReLU between
them ends that, and a sum of ReLUs bends at each of its breakpoints: a unit of height h at c adds h to the slope from c
on. With the height of a unit the change of slope there, the sum goes through every knot of the curve to be fitted.

A convolution is an affine map too, with most weights 0 and the others tied: each row of its matrix holds the kernel at
another place. As in every library of deep learning, the kernel is not turned round (a cross-correlation).

    >>> import numpy as np
    >>> convolution(np.array([[1.0, 2.0, 4.0]]), np.array([[-1.0, 1.0]]))["pixel"].tolist()
    [[1.0, 2.0]]
    >>> relus("parabola", np.array([0.25, 0.5, 0.75]), np.array([0.0, 0.5]), 2)["fitted"].tolist()
    [0.5, 1.0, 0.5]
"""

import numpy as np

from engine.errors import EngineError
from engine.reference import Array, Result
from engine.reference.numbering import zero_based

NO_WEIGHT = 1e-9
"""What is left of weights that cancel: less is nothing but rounding."""


def affine(activation: Array, weight: Array, bias: Array) -> Result:
    """Output (example, hidden) of activations (example, inp) through weights (inp, hidden) and biases (hidden)."""
    output = activation @ weight + bias
    return {
        "output": output,
        "parameters": float(weight.size + bias.size),
        "activations": float(output.size),
    }


def two_layers(activation: Array, weight1: Array, bias1: Array, weight2: Array, bias2: Array) -> Result:
    """Outputs (example, out) of two affine layers, of the one layer that they merge into, and with a ReLU between."""
    hidden = activation @ weight1 + bias1
    two = hidden @ weight2 + bias2
    merged_weight = weight1 @ weight2
    merged_bias = bias1 @ weight2 + bias2
    one = activation @ merged_weight + merged_bias
    difference = two - one
    relu = np.maximum(0.0, hidden)
    with_relu = relu @ weight2 + bias2
    relu_difference = with_relu - one
    return {
        "hidden": hidden,
        "two": two,
        "merged_weight": merged_weight,
        "merged_bias": merged_bias,
        "one": one,
        "difference": difference,
        "largest_difference": np.abs(difference).max(),
        "relu": relu,
        "with_relu": with_relu,
        "relu_difference": relu_difference,
        "largest_relu_difference": np.abs(relu_difference).max(),
    }


def convolution(image: Array, kernel: Array) -> Result:
    """Pixels (top, left): the kernel (down, along) times the window of the image (high, wide) that begins there."""
    _result_shape(image, kernel)
    window = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return {"pixel": np.einsum("tlda,da->tl", window, kernel)}


def tied(image: Array, kernel: Array, result_number: Array, pixel_number: Array) -> Result:
    """The same convolution as a matrix (cell, entry) of tied weights times the image, row by row (entry).

    Rows and columns of the places (cell) and of the pixels (entry) count from 1.
    """
    tops, lefts = _result_shape(image, kernel)
    result = zero_based(result_number, tops * lefts, "result_number")
    entry = zero_based(pixel_number, image.size, "pixel_number")
    top, left = np.divmod(result[:, np.newaxis], lefts)
    row, column = np.divmod(entry, image.shape[1])
    down, along = row - top, column - left
    inside = (down >= 0) & (down < kernel.shape[0]) & (along >= 0) & (along < kernel.shape[1])
    tied_matrix = np.zeros(inside.shape)
    tied_matrix[inside] = kernel[down[inside], along[inside]]
    flat = image.ravel()[entry]
    return {
        "place_row": top[:, 0] + 1.0,
        "place_column": left[:, 0] + 1.0,
        "pixel_row": row + 1.0,
        "pixel_column": column + 1.0,
        "flat": flat,
        "tied_matrix": tied_matrix,
        "product": tied_matrix @ flat,
        "weights_stored": float(kernel.size),
        "weights_in_matrix": float(tied_matrix.size),
        "zeros": float(np.count_nonzero(~inside)),
    }


def convolution_difference(pixel: Array, product: Array) -> Result:
    """The distance of the pixels (top, left), row by row, from the product (cell): the root of the sum of squares."""
    product_pixel = product.reshape(pixel.shape)
    return {"product_pixel": product_pixel, "distance": float(np.linalg.norm(pixel - product_pixel))}


def filtered(chosen: str, left_edges: Array, upper_edges: Array, outlines: Array, own_kernel: Array) -> Result:
    """The kernel (down, along) of the filter chosen."""
    kernels = {"left edges": left_edges, "upper edges": upper_edges, "outlines": outlines, "your own": own_kernel}
    if chosen not in kernels:
        raise EngineError(f"chosen: found {chosen!r}, expected one of {', '.join(kernels)}")
    return {"kernel": kernels[chosen]}


def ends(pixel: Array) -> Result:
    """The largest and the least pixel (top, left)."""
    return {"largest": pixel.max(), "least": pixel.min()}


def found(kernel: Array) -> Result:
    """What a kernel (3, 3) adds right and takes left, adds below and takes above, and what it answers to."""
    columns, rows = kernel.sum(axis=0), kernel.sum(axis=1)
    rightwards, downwards = columns[2] - columns[0], rows[2] - rows[0]
    if not kernel.any():
        finds = "nothing: all weights are 0"
    elif abs(kernel.sum()) > NO_WEIGHT and abs(kernel.sum()) >= max(abs(rightwards), abs(downwards)):
        finds = "how much ink lies under it"
    elif abs(rightwards) > abs(downwards):
        first, second = ("left", "right") if rightwards > 0 else ("right", "left")
        finds = f"orange: {first} edges of ink, blue: {second} edges"
    elif abs(downwards) > abs(rightwards):
        first, second = ("upper", "lower") if downwards > 0 else ("lower", "upper")
        finds = f"orange: {first} edges of ink, blue: {second} edges"
    else:
        finds = "slanting edges" if abs(rightwards) > NO_WEIGHT else "spots and thin lines"
    return {"rightwards": rightwards, "downwards": downwards, "finds": np.array(finds, dtype=object)}


def breakpoints(placing: str, unit_number: Array, n_units: float, own_breakpoint: Array) -> Result:
    """Breakpoints (unit), spread evenly over 0 to 1 or a person's own."""
    if placing not in ("even", "own"):
        raise EngineError(f"placing: found {placing!r}, expected 'even' or 'own'")
    _units(n_units, len(unit_number))
    return {"breakpoint": (unit_number - 1) / n_units if placing == "even" else own_breakpoint}


def relus(curve: str, point: Array, breakpoint: Array, n_units: float) -> Result:  # noqa: A002  the sheet's block
    """A sum of ReLUs (unit) through the curve at the first n_units breakpoints and at 1, at each point (point).

    Each ReLU by itself is a line through three points (corner): at 0, where it bends, and at 1.
    """
    used = _units(n_units, len(breakpoint))
    spare = len(breakpoint) - used
    start_break, end_break = breakpoint[:used], np.append(breakpoint[1:used], 1.0)
    start_knot, end_knot = _curve(curve, start_break), _curve(curve, end_break)
    run = end_break - start_break
    steepness = (end_knot - start_knot) / np.where(run > 0, run, np.inf)  # 0 where the breakpoints do not rise
    height = np.diff(steepness, prepend=0.0)
    target = _curve(curve, point)
    start = _curve(curve, np.zeros(1))[0]
    fitted = start + np.maximum(0.0, point[:, np.newaxis] - start_break) @ height
    error = fitted - target
    bend_x = np.vstack([np.zeros(used), start_break, np.ones(used)])
    bend_y = np.vstack([np.zeros((2, used)), height * (1.0 - start_break)])
    return {
        "bend_x": np.pad(bend_x, ((0, 0), (0, spare)), constant_values=np.nan),
        "bend_y": np.pad(bend_y, ((0, 0), (0, spare)), constant_values=np.nan),
        "target": target,
        "knot": np.pad(start_knot, (0, spare), constant_values=np.nan),
        "next_break": np.pad(end_break, (0, spare), constant_values=np.nan),
        "next_knot": np.pad(end_knot, (0, spare), constant_values=np.nan),
        "steepness": np.pad(steepness, (0, spare), constant_values=np.nan),
        "height": np.pad(height, (0, spare)),
        "start": start,
        "fitted": fitted,
        "error": error,
        "largest_error": np.abs(error).max(),
    }


def entity(category_number: Array, table_number: Array, embedding: Array) -> Result:
    """Embeddings (record, dimension) of categories: one-hot rows times the table (category, dimension), and its rows.

    The categories (record) count from 1.
    """
    row = zero_based(category_number, len(embedding), "category_number")
    one_hot = np.where(category_number[:, np.newaxis] == table_number, 1.0, 0.0)
    by_product = one_hot @ embedding
    by_lookup = embedding[row]
    categories, dimensions = embedding.shape
    return {
        "one_hot": one_hot,
        "by_product": by_product,
        "by_lookup": by_lookup,
        "distance": float(np.linalg.norm(by_product - by_lookup)),
        "one_hot_columns": float(categories),
        "embedding_columns": float(dimensions),
    }


def named(category_number: Array, category_name: Array) -> Result:
    """The name of the category of each record (record), which count from 1."""
    return {"record_name": category_name[zero_based(category_number, len(category_name), "category_number")]}


def _curve(curve: str, at: Array) -> Array:
    """The curve of that name: a sine wave, a step up at 0.5, or a parabola with its top at 0.5."""
    if curve == "sine":
        return np.sin(2 * np.pi * at)
    if curve == "step":
        return np.where(at < 0.5, 0.0, 1.0)
    if curve == "parabola":
        return 4 * at * (1 - at)
    raise EngineError(f"curve: found {curve!r}, expected 'sine', 'step' or 'parabola'")


def _units(n_units: float, most: int) -> int:
    """The number of units.

    Raises:
        EngineError: it is not a whole number from 1 to most.
    """
    if n_units not in range(1, most + 1):
        raise EngineError(f"n_units: found {n_units:.15g}, expected a whole number from 1 to {most}")
    return int(n_units)


def _result_shape(image: Array, kernel: Array) -> tuple[int, int]:
    """Rows and columns of places where the whole kernel lies on the image.

    Raises:
        EngineError: there are none.
    """
    tops, lefts = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    if min(tops, lefts) < 1:
        found, most = (f"{rows} by {columns}" for rows, columns in (kernel.shape, image.shape))
        raise EngineError(f"kernel: found {found}, expected at most the image's {most}")
    return tops, lefts
