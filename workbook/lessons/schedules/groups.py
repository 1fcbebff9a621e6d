"""Layer groups: one rate, slice(b) and slice(a, b) turned into a rate for each group."""

from workbook.lesson.labels import axis_names, axis_numbers
from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Words

KINDS = (
    ("single_rate", "lr", "rate"),
    ("slice_one_rate", "slice(b)", "IF({number}={groups}, rate, rate/divisor)"),
    ("slice_old_rate", "slice(b), fastai ≤ 1.0.28", "IF({number}={groups}, rate, rate/old_divisor)"),
    (
        "slice_two_rate",
        "slice(a, b)",
        "IF({number}={groups}, high_rate, low_rate*EXP(({number}-1)/MAX(1, {groups}-1)*LN(high_rate/low_rate)))",
    ),
)


def sheet() -> Sheet:
    """The rate of each group, for many groups and for the three of ResNet-34."""
    return Sheet(
        name="groups",
        title="Layer groups",
        summary="lr, slice(b) and slice(a, b): a rate for each layer group",
        words="""
            Early layers of a pretrained network already see edges and textures; late ones must learn the new task. So each group gets a
            rate of its own: the last one the highest, each a fixed number of times the one before. As a rule of thumb, 0.003 is a good
            highest rate.
        """,
        tries="Change it, and see which columns follow.",
        experts="In fastai, slice(a, b) spreads the rates geometrically, not evenly. slice(b) gives all but the last b/3 up to version 1.0.28, and b/10 since.",
        blocks=(
            Given(
                name="rate",
                title="lr, and b of slice(b)",
                value=3e-3,
                low=1e-6,
                high=1.0,
                number_format="0.000000",
                words="by the rule of thumb 0.003",
            ),
            Given(
                name="divisor",
                title="divisor of slice(b)",
                value=10.0,
                low=1,
                high=100,
                number_format="0",
                words="10; 3 up to fastai 1.0.28",
            ),
            Given(name="old_divisor", title="divisor up to 1.0.28", value=3.0, low=1, high=100, number_format="0"),
            Given(name="low_rate", title="a of slice(a, b)", value=1e-5, low=1e-9, high=1.0, number_format="0.000000"),
            Given(name="high_rate", title="b of slice(a, b)", value=1e-3, low=1e-9, high=1.0, number_format="0.000000"),
            Given(
                name="resnet_groups",
                title="groups of ResNet-34",
                value=3.0,
                low=3,
                high=3,
                fixed=True,
                number_format="0",
            ),
            axis_numbers("resnet_number", "part", "group"),
            axis_names("resnet_layers", "part", "layers", width=26),
            axis_names("resnet_parameters", "part", "parameters", width=18),
            *_rates("resnet_", "part", "resnet_number", "resnet_groups"),
            Given(
                name="groups",
                title="groups",
                value=5.0,
                low=1,
                high=12,
                whole=True,
                number_format="0",
                words="how many there are, 1 to 12; the last is the head",
            ),
            axis_numbers("group_number", "group", "group"),
            *_rates("", "group", "group_number", "groups"),
        ),
        layout=(
            Fields("rate divisor old_divisor low_rate high_rate"),
            Words("ResNet-34 in three groups: two halves of the body, and the head"),
            Fields("resnet_groups"),
            Grid(
                "resnet_layers resnet_parameters resnet_number resnet_single_rate resnet_slice_one_rate resnet_slice_old_rate resnet_slice_two_rate"
            ),
            Words("Many groups"),
            Fields("groups"),
            Grid("group_number single_rate slice_one_rate slice_old_rate slice_two_rate"),
        ),
        derive=(
            *_derives("", "group_number", "groups"),
            *_derives("resnet_", "resnet_number", "resnet_groups"),
        ),
    )


def _derives(prefix: str, number: str, groups: str) -> tuple[Derive, ...]:
    """The pair of functions, with today's divisor and with the old one."""
    inputs = {"group_number": number, "groups": groups}
    today = {name: f"{prefix}{name}" for name in ("single_rate", "slice_one_rate", "slice_two_rate")}
    old = {"single_rate": "", "slice_one_rate": f"{prefix}slice_old_rate", "slice_two_rate": ""}
    return (
        Derive("schedules.layer_groups", inputs=inputs, outputs=today, shown=not prefix),
        Derive("schedules.layer_groups", inputs=inputs | {"divisor": "old_divisor"}, outputs=old, shown=False),
    )


def _rates(prefix: str, axis: str, number: str, groups: str) -> tuple[Formula, ...]:
    return tuple(
        Formula(
            name=f"{prefix}{name}",
            axes=axis,
            title=title,
            number_format="0.000000",
            width=16 if name == "single_rate" else 12,
            role="result",
            pattern=f'IF({number}>{groups}, "", {pattern.format(number=number, groups=groups)})',
        )
        for name, title, pattern in KINDS
    )
