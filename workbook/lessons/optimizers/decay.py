"""Weight decay: in the gradient (L2) against beside it (decoupled), for SGD, momentum and Adam."""

from dataclasses import dataclass

from workbook.lesson.labels import axis_numbers, label
from workbook.lesson.lesson import Chart, Charts, Derive, Fields, Formula, Given, Grid, Series, Sheet, Words
from workbook.lessons.optimizers.adam import BETAS, correction
from workbook.lessons.optimizers.momentum import MOMENTUM
from workbook.lessons.optimizers.table import RUNS as DRAWN
from workbook.lessons.optimizers.table import START, both, forward, update

AXIS = "row"
SHRUNK = "(1-{rate}*wd)*{{p}}"


@dataclass(frozen=True)
class Run:
    """One optimizer with one kind of decay: its columns, and the function that derives them."""

    optimizer: str
    kind: str
    rate: str
    names: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """What its blocks' names begin with."""
        return f"{self.optimizer}_{self.kind}_"

    @property
    def title(self) -> str:
        """Its name for people."""
        return f"{'SGD' if self.optimizer == 'sgd' else self.optimizer.capitalize()}, {'L2' if self.kind == 'l2' else 'decoupled'}"

    def columns(self) -> tuple[Formula, ...]:
        """From parameters to new parameters."""
        l2 = self.kind == "l2"
        gradient = "({p}_gradient+wd*{p})" if l2 else "{p}_gradient"
        old = "{p}" if l2 else SHRUNK.format(rate=self.rate)
        place = {"prefix": self.prefix, "axis": AXIS}
        state: tuple[Formula, ...]
        if self.optimizer == "sgd":
            state, step = (), f"{old}-{self.rate}*{gradient}"
        elif self.optimizer == "momentum":
            pattern = f"momentum*PREV({{p}}_velocity, start)+{gradient}"
            state, step = (
                both("velocity", "velocity", pattern, "{p}_gradient", **place),
                f"{old}-{self.rate}*{{p}}_velocity",
            )
        else:
            state = (
                *both(
                    "average",
                    "average",
                    f"beta1*PREV({{p}}_average, start)+(1-beta1)*{gradient}",
                    "{p}_gradient",
                    **place,
                ),
                *both("square", "average square", f"beta2*PREV({{p}}_square, start)+(1-beta2)*{gradient}^2", **place),
            )
            size = "(SQRT({p}_square)/SQRT(square_correction)+eps)"
            step = f"{old}-{self.rate}/average_correction*{{p}}_average/{size}"
        number = label(f"{self.prefix}step", AXIS, "step_number", "step", number_format="0")
        return (number, *forward(self.prefix, AXIS), *state, *update(step, self.prefix, AXIS))

    def derive(self) -> Derive:
        """The pair of functions that derive it."""
        mine = ("intercept", "slope")
        results = (
            "verdict",
            "prediction",
            "squared_error",
            "intercept_gradient",
            "slope_gradient",
            "new_intercept",
            "new_slope",
        )
        states = [f"{p}_{name}" for name in self.names for p in mine]
        outputs = {key: f"{self.prefix}{key}" for key in (*results, *states)}
        function = f"decay.{self.optimizer}_{self.kind}"
        if (self.optimizer, self.kind) == ("adam", "decoupled"):
            # That is AdamW, whose own sheet shows some columns more.
            function = "adamw.step"
            outputs |= dict.fromkeys(
                ("average_correction", "square_correction", "intercept_shrunk", "slope_shrunk"), ""
            )
        return Derive(
            f"optimizers.{function}",
            inputs={
                **{p: f"{self.prefix}{p}" for p in mine},
                "learning_rate": self.rate,
                **{f"{s}_before": f"{self.prefix}{s}_before" for s in states},
            },
            outputs=outputs,
            step=AXIS,
            state={f"{self.prefix}{s}_before": (f"{self.prefix}{s}", "start") for s in states},
            elementwise=True,
            shown=self.kind == "decoupled",
        )


RUNS = tuple(
    Run(optimizer, kind, f"{optimizer}_rate", names)
    for optimizer, names in (("sgd", ()), ("momentum", ("velocity",)), ("adam", ("average", "square")))
    for kind in ("l2", "decoupled")
)


def sheet(rate: float) -> Sheet:
    """Six runs over the points once, two by two."""
    rates = {"sgd": (rate, 1.0), "momentum": (rate / 10, 1.0), "adam": (1.0, 10.0)}
    hyper = tuple(
        Given(
            name=f"{name}_rate",
            title=f"learning rate, {'SGD' if name == 'sgd' else name.capitalize()}",
            value=value,
            low=0.0,
            high=high,
            unit=value,
            number_format="General",
        )
        for name, (value, high) in rates.items()
    )
    gaps = tuple(_gap(name) for name in rates)
    corrections = tuple(
        Formula(**{**vars(correction(name, beta)), "axes": AXIS})
        for name, beta in (("average", "beta1"), ("square", "beta2"))
    )
    return Sheet(
        name="decay",
        title="Weight decay",
        summary="decay in the gradient (L2) against beside it: the same for SGD, not for momentum or Adam",
        words="""
            L2 adds wd · w to the gradient; decoupled decay shrinks w by 1 − rate · wd beside the step. For SGD that is one and the same.
            With momentum the decay in the gradient is kept and comes back; with Adam it is divided by the gradient's size and almost
            lost.
        """,
        tries="Raise the decay, and see in which chart the gap grows most.",
        blocks=(
            Given(
                name="wd",
                title="weight decay",
                value=0.05,
                low=0.0,
                high=0.1,
                unit=0.01,
                number_format="0.0000",
                words="torch's weight_decay",
            ),
            *hyper,
            MOMENTUM,
            *BETAS,
            START,
            *(
                Formula(
                    name=f"{name}_largest",
                    title=title,
                    number_format="0.0E+00",
                    role="check",
                    scale=f"{name}_gap {name}_l2_new_intercept",
                    pattern=f"MAX(MAX({name}_gap), -MIN({name}_gap))",
                    words=words,
                )
                for name, title, words in (
                    ("sgd", "SGD: largest difference", "nothing but rounding"),
                    ("momentum", "momentum: largest difference", "between the intercepts of both runs"),
                    ("adam", "Adam: largest difference", "between the intercepts of both runs"),
                )
            ),
            axis_numbers("step_number", AXIS, "step"),
            Formula(name="x", axes=AXIS, title="x", number_format="General", pattern="INDEX(data.x, step_number, 1)"),
            Formula(name="y", axes=AXIS, title="y", number_format="0.00", pattern="INDEX(data.y, step_number, 1)"),
            *gaps,
            *corrections,
            *(column for run in RUNS for column in run.columns()),
        ),
        layout=(
            Fields("wd sgd_largest momentum_largest adam_largest"),
            Charts("momentum_parting adam_parting"),
            Words("More settings"),
            Fields(" ".join(given.name for given in hyper) + " momentum beta1 beta2 eps start"),
            Words("One pass over the points: how far apart the runs are"),
            Grid("step_number x y sgd_gap momentum_gap adam_gap average_correction square_correction"),
            *(item for run in RUNS for item in (Words(run.title), Grid(" ".join(c.name for c in run.columns())))),
        ),
        charts=_charts(),
        derive=(
            Derive(
                "line.row",
                inputs={"point_number": "step_number", "x_points": "data.x", "y_points": "data.y"},
                shown=False,
            ),
            *(run.derive() for run in RUNS),
            *(
                Derive(
                    "optimizers.decay.gap",
                    inputs={"l2": f"{name}_l2_new_intercept", "decoupled": f"{name}_decoupled_new_intercept"},
                    outputs={"gap": f"{name}_gap", "largest": f"{name}_largest"},
                    shown=False,
                )
                for name in rates
            ),
            Derive("optimizers.adam.corrections", shown=False),
        ),
    )


def _charts() -> tuple[Chart, ...]:
    """How far apart the two runs of momentum are, and those of Adam."""
    return tuple(
        Chart(
            name=f"{name}_parting",
            title=f"{title}: how far apart the intercepts are",
            series=(Series(f"{name}_gap", title, "step_number", colour=DRAWN.index(name)),),
            x_title="step",
            y_title="difference",
            alt=f"How far the intercept with L2 is from the one with decoupled decay, for {title}.",
            columns=5 if name == "momentum" else 4,
            rows=15,
        )
        for name, title in (("momentum", "Momentum"), ("adam", "Adam"))
    )


def _gap(name: str) -> Formula:
    return Formula(
        name=f"{name}_gap",
        axes=AXIS,
        title=f"{'SGD' if name == 'sgd' else name.capitalize()}: L2 − decoupled",
        number_format="0.0E+00",
        role="check",
        look="" if name == "sgd" else "diverging",
        scale=f"{name}_l2_new_intercept",
        pattern=f"{name}_l2_new_intercept-{name}_decoupled_new_intercept",
    )
