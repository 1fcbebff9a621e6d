"""Affine layers by torch: one, two with and without a ReLU between, a convolution, sums of ReLUs, an embedding.

Every function takes float64 tensors, computes on the device that they are on, changes none of them, and returns
detached float64 tensors by name. Weights are (input, output) as on a sheet: torch's own layers hold their transposes.
Categories are counted from 1; NaN stands where the sheet shows a word. The axes are example, inp, hidden and out; high
and wide of an image, down and along of a kernel, top and left of a result; point, unit, record, category, dimension.
"""
# ruff: noqa: A002 - the parameter `breakpoint` has its block's name

import torch
import torch.nn.functional as F
from torch import nn

Scalar = float | torch.Tensor


def _linear(weight: torch.Tensor, bias: torch.Tensor) -> nn.Linear:
    """The layer of torch with this weight (input, output), which it holds as its transpose, and this bias (output)."""
    n_inputs, n_outputs = weight.shape
    layer = nn.Linear(n_inputs, n_outputs, device="meta")
    layer.weight = nn.Parameter(weight.T, requires_grad=False)
    layer.bias = nn.Parameter(bias, requires_grad=False)
    return layer


def affine(activation: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> dict[str, torch.Tensor]:
    """One affine layer: activation (example, inp) times weight (inp, hidden) plus bias (hidden)."""
    layer = _linear(weight, bias)
    output = layer(activation)
    return {
        "output": output,
        "parameters": output.new_tensor(sum(parameter.numel() for parameter in layer.parameters())),
        "activations": output.new_tensor(output.numel()),
    }


def two_layers(
    activation: torch.Tensor,
    weight1: torch.Tensor,
    bias1: torch.Tensor,
    weight2: torch.Tensor,
    bias2: torch.Tensor,
) -> dict[str, torch.Tensor]:
    """Two affine layers of activation (example, inp), the one layer that equals them, and what a ReLU changes.

    The weights are (inp, hidden) and (hidden, out), the biases (hidden) and (out).
    """
    first, second = _linear(weight1, bias1), _linear(weight2, bias2)
    hidden = first(activation)
    two = nn.Sequential(first, second)(activation)
    merged = _linear((second.weight @ first.weight).T, second(first.bias))
    one = merged(activation)
    with_relu = nn.Sequential(first, nn.ReLU(), second)(activation)
    return {
        "hidden": hidden,
        "two": two,
        "merged_weight": merged.weight.detach().T,
        "merged_bias": merged.bias.detach(),
        "one": one,
        "difference": two - one,
        "largest_difference": (two - one).abs().max(),
        "relu": F.relu(hidden),
        "with_relu": with_relu,
        "relu_difference": with_relu - one,
        "largest_relu_difference": (with_relu - one).abs().max(),
    }


def convolution(image: torch.Tensor, kernel: torch.Tensor) -> dict[str, torch.Tensor]:
    """The result (top, left) of sliding kernel (down, along) over image (high, wide), unflipped and without padding."""
    # torch's images are (sample, channel, high, wide), its kernels (channel out, channel in, down, along).
    return {"pixel": F.conv2d(image[None, None], kernel[None, None])[0, 0]}


def tied(
    image: torch.Tensor, kernel: torch.Tensor, result_number: torch.Tensor, pixel_number: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The convolution of image (high, wide) by kernel (down, along) as one matrix (cell, entry) of tied weights.

    Column j is the convolution of the image that is 1 at its j-th pixel and 0 elsewhere; entries are images by rows.
    """
    pixel = F.conv2d(image[None, None], kernel[None, None])[0, 0]
    place_row, place_column = torch.unravel_index(result_number.long() - 1, pixel.shape)
    pixel_row, pixel_column = torch.unravel_index(pixel_number.long() - 1, image.shape)
    n_entries = len(pixel_number)
    unit_image = torch.eye(n_entries, dtype=image.dtype, device=image.device).reshape(n_entries, 1, *image.shape)
    tied_matrix = F.conv2d(unit_image, kernel[None, None]).flatten(start_dim=1).T
    # A kernel of ones tells where a weight stands, even one that is itself 0.
    is_weight = F.conv2d(unit_image, torch.ones_like(kernel)[None, None])
    return {
        "place_row": place_row.double() + 1,
        "place_column": place_column.double() + 1,
        "pixel_row": pixel_row.double() + 1,
        "pixel_column": pixel_column.double() + 1,
        "flat": image.flatten().clone(),
        "tied_matrix": tied_matrix,
        "product": pixel.flatten(),
        "weights_stored": image.new_tensor(kernel.numel()),
        "weights_in_matrix": image.new_tensor(tied_matrix.numel()),
        "zeros": (is_weight == 0).sum().double(),
    }


def convolution_difference(pixel: torch.Tensor, product: torch.Tensor) -> dict[str, torch.Tensor]:
    """How far the sliding kernel's pixels (top, left), row by row, are from the matrix's product (cell)."""
    product_pixel = product.reshape(pixel.shape).clone()
    return {"product_pixel": product_pixel, "distance": torch.dist(pixel, product_pixel)}


def filtered(
    chosen: str, left_edges: torch.Tensor, upper_edges: torch.Tensor, outlines: torch.Tensor, own_kernel: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The kernel (down, along) of that name, as a channel of a layer with four of them."""
    channels = torch.stack([left_edges, upper_edges, outlines, own_kernel])
    return {"kernel": channels[("left edges", "upper edges", "outlines", "your own").index(chosen)]}


def ends(pixel: torch.Tensor) -> dict[str, torch.Tensor]:
    """The ends of the numbers in pixel (top, left)."""
    least, largest = torch.aminmax(pixel)
    return {"largest": largest, "least": least}


def found(kernel: torch.Tensor) -> dict[str, torch.Tensor]:
    """How a kernel (3, 3) answers to a picture that grows by one from pixel to pixel, rightwards and downwards."""
    ramp = torch.arange(3, dtype=kernel.dtype, device=kernel.device).expand(3, 3)
    slopes = F.conv2d(torch.stack([ramp - 1, ramp.T - 1])[:, None], kernel[None, None]).flatten()
    return {"rightwards": slopes[0], "downwards": slopes[1]}


def _curve(curve: str, x: torch.Tensor) -> torch.Tensor:
    """The curve of this name at x, any shape, from 0 to 1: a sine's period, a step at a half, or a parabola."""
    match curve:
        case "sine":
            return torch.sin(2 * torch.pi * x)
        case "step":
            return (x >= 0.5).double()
        case "parabola":
            return 4 * x * (1 - x)
    raise ValueError(f"relus has no curve {curve!r}; known: sine, step, parabola")


def relus(curve: str, point: torch.Tensor, breakpoint: torch.Tensor, n_units: Scalar) -> dict[str, torch.Tensor]:
    """A net of one hidden layer that meets the curve at the first n_units of breakpoint (unit) and at 1.

    Each unit bends the line at its breakpoint by its height. Between, the net at point (point) is straight.
    """
    n_used = int(n_units)
    unused = (0, len(breakpoint) - n_used)
    used = breakpoint[:n_used]
    next_break = torch.cat([used[1:], used.new_ones(1)])
    start, knot, next_knot = (_curve(curve, x) for x in (point.new_zeros(1), used, next_break))
    rising = next_break > used
    steepness = torch.where(rising, (next_knot - knot) / torch.where(rising, next_break - used, 1.0), 0.0)
    height = torch.diff(steepness, prepend=steepness.new_zeros(1))
    net = nn.Sequential(_linear(torch.ones_like(used)[None, :], -used), nn.ReLU(), _linear(height[:, None], start))
    fitted = net(point[:, None])[:, 0]
    target = _curve(curve, point)
    error = fitted - target
    # Each unit alone, before the last layer adds them up, where it starts, bends, and ends.
    bend_x = torch.stack([torch.zeros_like(used), used, torch.ones_like(used)])
    bend_y = F.relu(bend_x - used) * height
    return {
        "bend_x": F.pad(bend_x, unused, value=torch.nan),
        "bend_y": F.pad(bend_y, unused, value=torch.nan),
        "target": target,
        "knot": F.pad(knot, unused, value=torch.nan),
        "next_break": F.pad(next_break, unused, value=torch.nan),
        "next_knot": F.pad(next_knot, unused, value=torch.nan),
        "steepness": F.pad(steepness, unused, value=torch.nan),
        "height": F.pad(height, unused, value=0.0),
        "start": start[0],
        "fitted": fitted,
        "error": error,
        "largest_error": error.abs().max(),
    }


def entity(
    category_number: torch.Tensor, table_number: torch.Tensor, embedding: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The row of embedding (category, dimension) of each category_number (record): by a product, and by looking it up.

    A layer after one-hot columns is an embedding: table_number (category) numbers its rows.
    """
    index = category_number.long() - 1
    one_hot = F.one_hot(index, num_classes=len(table_number)).double()
    by_product = one_hot @ embedding
    by_lookup = F.embedding(index, embedding)
    return {
        "one_hot": one_hot,
        "by_product": by_product,
        "by_lookup": by_lookup,
        "distance": torch.dist(by_product, by_lookup),
        "one_hot_columns": embedding.new_tensor(one_hot.shape[1]),
        "embedding_columns": embedding.new_tensor(embedding.shape[1]),
    }
