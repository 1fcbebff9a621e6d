"""The network's layers, image by image: the hidden units forward and backward, and every weight with its gradient."""

from typing import Any

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Formula, Given
from workbook.lessons.mnist_from_scratch import parts


def _cells() -> dict[str, Any]:
    return {"axes": "image hidden", "number_format": '0.000;-0.000;"·"', "look": "diverging"}


def _row() -> dict[str, Any]:
    return {"axes": "hidden", "across": "hidden", "number_format": "0.0000"}


def hidden() -> tuple[Given | Formula, ...]:
    """The first layer, for each image and hidden unit."""
    cells, row = _cells(), _row()
    sizes = cells | {"look": "sequential"}
    return (
        axis_numbers("hidden_number", "hidden", across="hidden"),
        *(
            parts.numbered(name, "hidden_number", "hidden")
            for name in (
                "back_number",
                "after_number",
                "running_number",
                "weight1_unit",
                "gradient1_unit",
                "stepped1_unit",
                "start1_unit",
                "end1_unit",
            )
        ),
        Formula(
            name="affine1",
            title="inputs × weights + biases",
            pattern="MMULT(batch.x, weight1)+bias1",
            **cells,
        ),
        Formula(
            name="mean1",
            title="batch norm: mean over the mini-batch",
            pattern="SUM(affine1)/COUNT(affine1)",
            scale="affine1",
            **row,
        ),
        Formula(
            name="variance1",
            title="batch norm: variance over the mini-batch",
            pattern="SUMPRODUCT((affine1-mean1)^2)/COUNT(affine1)",
            **row,
        ),
        Given(name="gamma", title="batch norm: scale γ, learned", low=-parts.LARGEST, high=parts.LARGEST, **row),
        Given(
            name="beta", title="batch norm: shift β, learned", low=-parts.LARGEST, high=parts.LARGEST, unit=0.1, **row
        ),
        Formula(
            name="normalised",
            title="batch norm: (value − mean) / √(variance + ε)",
            pattern="(affine1-mean1)/SQRT(variance1+bn_eps)",
            **cells,
        ),
        Formula(
            name="shaped",
            title="what goes into the ReLU",
            pattern="IF(batch_norm=1, gamma*normalised+beta, affine1)",
            **cells,
        ),
        Formula(name="activation", title="hidden units = max(0, …)", pattern="MAX(0, shaped)", **sizes),
        Formula(
            name="mask",
            title="dropout: the mask",
            axes="image hidden",
            number_format='0.0;-0.0;"·"',
            pattern="IF(dropout=1, IF(draw<drop_p, 0, 1/(1-drop_p)), 1)",
        ),
        Formula(
            name="dropped",
            title="hidden units × mask: the input of the second layer",
            pattern="activation*mask",
            **sizes,
        ),
        Formula(
            name="new_running_mean",
            title="running mean after the step",
            pattern="IF(batch_norm=1, (1-bn_momentum)*running_mean+bn_momentum*mean1, running_mean)",
            **row,
        ),
        Formula(
            name="new_running_variance",
            title="running variance after the step",
            pattern="""IF(batch_norm=1, (1-bn_momentum)*running_variance+bn_momentum*variance1*COUNT(label)/(COUNT(label)-1),
                       running_variance)""",
            **row,
        ),
        Given(name="running_mean", title="running mean", low=-1000, high=1000, unit=0.1, **row),
        Given(name="running_variance", title="running variance", low=0, high=1e6, **row),
        Given(
            name="draw",
            axes="image hidden",
            title="random numbers from 0 to 1",
            number_format="0.00",
            low=0,
            high=1,
            probe=0.95,
        ),
    )


def backward() -> tuple[Formula, ...]:
    """From the logits' gradient to that of the first layer."""
    cells, row = _cells() | {"number_format": '0.0000;-0.0000;"·"'}, _row()
    return (
        Formula(
            name="dropped_gradient",
            title="gradient of the logits × weights of the second layer",
            pattern="SUMPRODUCT(logit_gradient, weight2)",
            **cells,
        ),
        Formula(
            name="activation_gradient",
            title="× mask: gradient of the hidden units",
            pattern="dropped_gradient*mask",
            **cells,
        ),
        Formula(
            name="shaped_gradient",
            title="before the ReLU: 0 where the ReLU gave 0",
            pattern="IF(shaped>0, activation_gradient, 0)",
            **cells,
        ),
        Formula(
            name="gradient_mean",
            title="batch norm: mean of that over the images",
            pattern="SUM(shaped_gradient)/COUNT(shaped_gradient)",
            scale="shaped_gradient",
            **row,
        ),
        Formula(
            name="gradient_along",
            title="batch norm: mean of its product with the normalised value",
            pattern="SUMPRODUCT(shaped_gradient, normalised)/COUNT(shaped_gradient)",
            scale="shaped_gradient",
            **row,
        ),
        Formula(
            name="gamma_gradient",
            title="gradient of γ",
            pattern="IF(batch_norm=1, SUMPRODUCT(shaped_gradient, normalised)+2*wd*gamma, 0)",
            scale="shaped_gradient",
            **row,
        ),
        Formula(
            name="beta_gradient",
            title="gradient of β",
            pattern="IF(batch_norm=1, SUM(shaped_gradient)+2*wd*beta, 0)",
            scale="shaped_gradient",
            **row,
        ),
        Formula(
            name="affine1_gradient",
            title="gradient of inputs × weights + biases",
            pattern="""IF(batch_norm=1, gamma/SQRT(variance1+bn_eps)*(shaped_gradient-gradient_mean-normalised*gradient_along),
                       shaped_gradient)""",
            note="Batch norm's own mean and deviation depend on every image: that is what the two means take away.",
            **cells,
        ),
        *_turned(cells["number_format"]),
    )


def _turned(number_format: str) -> tuple[Formula, ...]:
    """What the gradients of both layers' weights are made of: a row of these times a column of the layer's inputs."""
    form = {"number_format": number_format, "look": "diverging"}
    return (
        *(parts.numbered(f"turned{layer}_image", "image_number", "image") for layer in (1, 2)),
        parts.numbered_rows("digit_number", "klass_number", "klass", "digit"),
        parts.turned("logit_gradient", "klass image", "the gradient of each logit, turned over", **form),
        parts.turned(
            "affine1_gradient", "hidden image", "the gradient of inputs × weights + biases, turned over", **form
        ),
    )


def after() -> tuple[Formula, ...]:
    """The first layer on the same images after the step."""
    cells, row = _cells(), _row()
    sizes = cells | {"look": "sequential"}
    return (
        Formula(
            name="new_affine1",
            title="inputs × new weights + new biases",
            pattern="MMULT(batch.x, new_weight1)+new_bias1",
            **cells,
        ),
        Formula(
            name="new_mean1",
            title="batch norm: mean",
            pattern="SUM(new_affine1)/COUNT(new_affine1)",
            scale="new_affine1",
            **row,
        ),
        Formula(
            name="new_variance1",
            title="batch norm: variance",
            pattern="SUMPRODUCT((new_affine1-new_mean1)^2)/COUNT(new_affine1)",
            **row,
        ),
        Formula(
            name="new_shaped",
            title="what goes into the ReLU",
            pattern="IF(batch_norm=1, new_gamma*(new_affine1-new_mean1)/SQRT(new_variance1+bn_eps)+new_beta, new_affine1)",
            **cells,
        ),
        Formula(name="new_dropped", title="hidden units × mask", pattern="MAX(0, new_shaped)*mask", **sizes),
    )


def parameters() -> tuple[Any, ...]:
    """Weights and biases of both layers: in use, their gradients, and after the step."""
    small: dict[str, Any] = {"number_format": "0.0000"}
    found: list[Any] = [
        axis_numbers("pixel_number", "pixel", "pixel"),
        parts.numbered_rows("unit_number", "hidden_number", "hidden", "hidden unit"),
    ]
    gradients = {
        "weight1": ("hidden pixel", "MMULT(affine1_gradient_turned, batch.x)+2*wd*weight1", ""),
        "bias1": ("hidden", "SUM(affine1_gradient)+2*wd*bias1", "affine1_gradient shaped_gradient"),
        "weight2": ("klass hidden", "MMULT(logit_gradient_turned, dropped)+2*wd*weight2", ""),
        "bias2": ("klass", "SUM(logit_gradient)+2*wd*bias2", "logit_gradient"),
    }
    for name, (axes, gradient, scale) in gradients.items():
        matrix = name.startswith("weight")
        shape: dict[str, Any] = {"axes": axes, "across": parts.ACROSS[axes], **small}
        look: dict[str, Any] = {"look": "diverging"} if matrix else {}
        layer = {"1": "first layer", "2": "second layer"}[name[-1]]
        title = f"{layer}, {'weights' if matrix else 'biases'}"
        found += parts.parameter(name, axes, title)
        found += [
            Formula(
                name=f"{name}_gradient",
                title=f"gradient, {title}",
                pattern=gradient,
                scale=scale,
                **shape,
                **look,
            ),
            Formula(
                name=f"new_{name}",
                title=f"{title}, after the step",
                pattern=f"{name}-learning_rate*{name}_gradient",
                **shape,
                **look,
            ),
        ]
    for name in ("gamma", "beta"):
        found.append(
            Formula(
                name=f"new_{name}",
                title=f"{'γ' if name == 'gamma' else 'β'} after the step",
                pattern=f"{name}-learning_rate*{name}_gradient",
                **_row(),
            )
        )
    return tuple(found)
