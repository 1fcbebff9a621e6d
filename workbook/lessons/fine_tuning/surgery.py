"""Surgery: the old head out, a new one in, and what that does to the number of parameters."""

from collections.abc import Mapping
from typing import Any

from workbook.lesson.labels import axis_names, axis_numbers, label
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Item, Sheet, Unprinted, Words
from workbook.lessons.fine_tuning.network import FINE, HEAD, across, axes, columns, parameters, rows, title

MATRICES = {
    "before": ("pretrained.body1_weight", "pretrained.body2_weight", "pretrained.old_weight"),
    "after": ("pretrained.body1_weight", "pretrained.body2_weight", "head1_weight", "head2_weight"),
}
COUNT: dict[str, Any] = {"number_format": "#,##0", "width": 12}


def _shapes(when: str) -> tuple[Formula, ...]:
    """Inputs, outputs and parameters of each layer, before or after."""
    chosen = {
        function: f"CHOOSE({when}_number, {', '.join(f'{function}({matrix})' for matrix in MATRICES[when])})"
        for function in ("ROWS", "COLUMNS")
    }
    columns = (
        ("inputs", "rows: inputs", chosen["ROWS"]),
        ("outputs", "columns: outputs", chosen["COLUMNS"]),
        ("weights", "weights", f"{when}_inputs*{when}_outputs"),
        ("parameters", "with biases", f"{when}_weights+{when}_outputs"),
    )
    return tuple(
        Formula(name=f"{when}_{name}", axes=when, title=heading, pattern=pattern, **COUNT)
        for name, heading, pattern in columns
    )


def _resnet() -> tuple[Given | Formula, ...]:
    """The same table for ResNet-34."""
    fastai = 'resnet_head="fastai"'
    inputs = f"IF({fastai}, 2*features, features)"
    one_of = "CHOOSE(resnet_{when}_number, {items})"
    before = {
        "parameters": ("first_half", "second_half", "(features+1)*old_classes"),
        "inputs": ('"·"', '"·"', "features"),
        "outputs": ('"·"', '"·"', "old_classes"),
    }
    after = {
        "parameters": (
            "first_half",
            "second_half",
            f"({inputs}+1)*middle_columns",
            "(middle_columns+1)*classes",
            f"IF({fastai}, 2*(2*features+middle_columns), 0)",
        ),
        "inputs": ('"·"', '"·"', inputs, "middle_columns", '"·"'),
        "outputs": ('"·"', '"·"', "middle_columns", "classes", '"·"'),
    }
    headings = {"parameters": "parameters", "inputs": "rows: inputs", "outputs": "columns: outputs"}
    return tuple(
        Formula(
            name=f"resnet_{when}_{name}",
            axes=f"resnet_{when}",
            title=headings[name],
            blank="" if name == "parameters" else "·",
            pattern=one_of.format(when=when, items=", ".join(items)),
            **COUNT,
        )
        for when, columns in (("before", before), ("after", after))
        for name, items in columns.items()
    )


def _parts(when: str, word: str) -> tuple[Given, ...]:
    """The rows of a table: a number and a name."""
    return (
        axis_names(f"{when}_name", when, word),
        axis_numbers(f"{when}_number", when, "layer"),
    )


LAYOUT: tuple[Item, ...] = (
    Grid("before_name before_number before_inputs before_outputs before_weights before_parameters"),
    Grid("after_name after_number after_inputs after_outputs after_weights after_parameters"),
    Fields("kept removed added trained_share"),
    Fields("before_total after_total"),
    Words(
        "The same in a large network: ResNet-34",
        "It was trained on a million photos of a thousand classes. Type the number of your own classes.",
    ),
    Fields("resnet_head classes features middle_columns old_classes first_half second_half"),
    Grid("resnet_before_name resnet_before_number resnet_before_inputs resnet_before_outputs resnet_before_parameters"),
    Grid("resnet_after_name resnet_after_number resnet_after_inputs resnet_after_outputs resnet_after_parameters"),
    Fields("resnet_before_total resnet_after_total resnet_removed resnet_added resnet_trained_share"),
    Unprinted(),
    Words(
        "The heads",
        "Each row is an input, each column an output. The new head's numbers are drawn at random, evenly within ±1/√inputs.",
    ),
    Grid(
        """
        .             middle_number | .             klass_over   | .              old_over
        second_beside head1_weight  | middle_beside head2_weight | =second_beside old_weight
        .             head1_bias    | .             head2_bias   | .              .
        """,
        tight=True,
    ),
)


def sheet(sizes: Mapping[str, int]) -> Sheet:
    """Shapes and counts before and after, the new head's weights, and ResNet-34's."""
    return Sheet(
        name="surgery",
        title="Surgery",
        summary="the old head out, a new one in: shapes and parameters, here and in ResNet-34",
        words=f"""
            A pretrained network ends in a matrix with a column for each class that it knows: {sizes["old"]} here. None of them is ours, so that matrix is thrown away. In its place come two new ones with a ReLU between them,
            drawn at random; the last has a column for each of our three classes. Everything else stays as it was.
        """,
        blocks=(
            *_totals(),
            *_parts("before", "before: body and old head"),
            *_shapes("before"),
            *_parts("after", "after: the same body, a new head"),
            *_shapes("after"),
            Formula(
                name="old_weight",
                axes="second old",
                title="out: the old head, a column for each of 0 to 6",
                look="diverging",
                role="parameter",
                pattern="pretrained.old_weight",
                **FINE,
            ),
            *(
                Given(
                    name=name,
                    axes=axes(name),
                    across=across(name),
                    title=f"in: {title(name)}" if name.endswith("weight") else "its biases",
                    low=-100,
                    high=100,
                    look="diverging",
                    **FINE,
                )
                for name in parameters(HEAD)
            ),
            axis_numbers("middle_number", "middle", across="middle"),
            *columns("klass"),
            *rows("second", "middle"),
            label("old_over", "old", "pretrained.old_number", across="old", number_format="0"),
            *_resnet_givens(),
            *_resnet_totals(),
            *_parts("resnet_before", "before"),
            *_parts("resnet_after", "after"),
            *_resnet(),
        ),
        layout=LAYOUT,
        experts="""
            The lesson keeps its head to two bare matrices. fastai's create_cnn does more: it pools by mean and by maximum side by side, which doubles the inputs,
            and puts a batch norm before each matrix (and dropout, which has no parameters).
        """,
        derive=(
            Derive(
                "fine_tuning.surgery",
                inputs={name: f"pretrained.{name}" for name in ("body1_weight", "body2_weight", "old_weight")},
            ),
            Derive("fine_tuning.resnet_surgery"),
        ),
    )


def _totals() -> tuple[Formula, ...]:
    """Sums of the tables."""
    old = "INDEX(before_parameters, 3, 1)"
    columns = (
        ("before_total", "parameters before", "SUM(before_parameters)", ""),
        ("after_total", "parameters after", "SUM(after_parameters)", ""),
        ("kept", "kept", f"before_total-{old}", "the body"),
        ("removed", "thrown away", old, "the old head"),
        ("added", "new, at random", "after_total-kept", "the new head: all that is trained while the body is frozen"),
    )
    return (
        *(
            Formula(name=n, title=t, pattern=p, words=w, scale="before_total" if n == "kept" else "", **COUNT)
            for n, t, p, w in columns
        ),
        Formula(
            name="trained_share",
            title="new, as a share of all",
            number_format="0.0%",
            role="result",
            pattern="added/after_total",
        ),
    )


def _resnet_givens() -> tuple[Given, ...]:
    """What ResNet-34's table is made of."""
    numbers = (
        ("classes", "classes: data.c", 3.0, 2, 10000, "of the new task"),
        ("features", "features", 512.0, 16, 4096, "what the body's last layer gives, pooled"),
        ("middle_columns", "columns between", 512.0, 16, 4096, "of the new head's first matrix"),
        ("old_classes", "old classes", 1000.0, 2, 30000, "ImageNet's"),
        ("first_half", "body, first half", 1347904.0, 1, 1e9, "conv1 to layer2: parameters"),
        ("second_half", "body, second half", 19936768.0, 1, 1e9, "layer3 and layer4: parameters"),
    )
    return (
        Given(
            name="resnet_head",
            title="new head",
            value="lesson",
            choices=("lesson", "fastai"),
            words="lesson: two matrices and a ReLU; fastai: with batch norms too",
        ),
        *(
            Given(name=n, title=t, value=v, low=low, high=high, whole=True, number_format="#,##0", words=w)
            for n, t, v, low, high, w in numbers
        ),
    )


def _resnet_totals() -> tuple[Formula, ...]:
    """Sums of ResNet-34's tables."""
    removed = "INDEX(resnet_before_parameters, 3, 1)"
    columns = (
        (
            "resnet_before_total",
            "parameters before",
            "SUM(resnet_before_parameters)",
            "torchvision's resnet34 has 21,797,672",
        ),
        ("resnet_after_total", "parameters after", "SUM(resnet_after_parameters)", ""),
        ("resnet_removed", "thrown away", removed, "the old head: features × old classes, and a bias for each"),
        ("resnet_added", "new, at random", "resnet_after_total-first_half-second_half", ""),
    )
    return (
        *(
            Formula(
                name=n, title=t, pattern=p, words=w, scale="resnet_after_total" if n == "resnet_added" else "", **COUNT
            )
            for n, t, p, w in columns
        ),
        Formula(
            name="resnet_trained_share",
            title="new, as a share of all",
            number_format="0.0%",
            role="result",
            pattern="resnet_added/resnet_after_total",
            words="all that is trained while the body is frozen",
        ),
    )
