"""One cycle: the rate up and down again, the momentum down and up; torch's rule and fastai's two."""

from workbook.lesson.labels import axis_numbers
from workbook.lesson.lesson import Chart, Charts, Derive, Fields, Formula, Given, Grid, Series, Sheet, Words


def cosine(start: str, end: str, position: str) -> str:
    """Half a cosine wave from start to end."""
    return f"{end}+({start}-{end})/2*(1+COS(PI()*{position}))"


def line(start: str, end: str, position: str) -> str:
    """A straight line from start to end."""
    return f"{start}+({end}-{start})*{position}"


def torch_cycle(first: str, high: str, last: str, number: str = "step_number", prefix: str = "") -> str:
    """The rate of torch's OneCycleLR: up by pct_start of the steps, then down, in one phase or in two."""
    done, steps = f"({number}-1)", f"{prefix}steps"
    top = f"({prefix}pct_start*{steps}-1)"

    def curve(start: str, end: str, position: str) -> str:
        return f'IF({prefix}anneal="cos", {cosine(start, end, position)}, {line(start, end, position)})'

    rise = curve(first, high, f"{done}/{top}")
    two = f"IF({done}<={top}, {rise}, {curve(high, last, f'({done}-{top})/({steps}-1-{top})')})"
    back = curve(high, first, f"({done}-{top})/{top}")
    tail = curve(first, last, f"({done}-2*{top})/({steps}-1-2*{top})")
    three = f"IF({done}<={top}, {rise}, IF({done}<=2*{top}, {back}, {tail}))"
    return f'IF({prefix}three_phase="yes", {three}, {two})'


def fastai1(first: str, high: str, last: str, number: str = "step_number", prefix: str = "") -> str:
    """The rate of fastai 1: INT(pct_start · steps) steps up, the rest down; the end is never used."""
    done, rise = f"({number}-1)", f"INT({prefix}pct_start*{prefix}steps)"
    up = f'IF({prefix}warm_up="cos", {cosine(first, high, f"{done}/{rise}")}, {line(first, high, f"{done}/{rise}")})'
    return f"IF({done}<={rise}, {up}, {cosine(high, last, f'({done}-{rise})/({prefix}steps-{rise})')})"


def fastai2(first: str, high: str, last: str) -> str:
    """The rate of fastai 2: by the share of the run that is done."""
    run = "((step_number-1)/steps)"
    down = cosine(high, last, f"({run}-fastai2_pct)/(1-fastai2_pct)")
    return f"IF({run}<fastai2_pct, {cosine(first, high, f'{run}/fastai2_pct')}, {down})"


def sheet() -> Sheet:
    """The three rules side by side, and the lesson's own vectors."""
    hyper = _settings()
    rates = ("max_rate/div_factor", "max_rate", "max_rate/div_factor/final_div_factor")
    momenta = ("max_momentum", "base_momentum", "max_momentum")
    columns = (
        ("torch_rate", "rate, torch", torch_cycle(*rates)),
        ("torch_momentum", "momentum, torch", f'IF(cycle_momentum="no", own_momentum, {torch_cycle(*momenta)})'),
        ("fastai1_rate", "rate, fastai 1", fastai1(rates[0], "max_rate", "max_rate/(div_factor*10000)")),
        ("fastai1_momentum", "momentum, fastai 1", fastai1(*momenta)),
        ("fastai2_rate", "rate, fastai 2", fastai2(rates[0], "max_rate", "max_rate/fastai2_div")),
        ("fastai2_momentum", "momentum, fastai 2", fastai2(*momenta)),
    )
    ten = _ten()
    ten_rates = ("ten_max/ten_div", "ten_max", "ten_max/ten_div/ten_final")
    return Sheet(
        name="one_cycle",
        title="One cycle",
        summary="the rate up and down, the momentum down and up: torch's OneCycleLR, fastai 1 and fastai 2",
        words="""
            Start slowly, go fast in the middle, end slowly; the momentum does the opposite. Where Leslie Smith's cycle works, it trains
            in a tenth of the time.
        """,
        tries="Change the share of the rise, and watch where both charts turn.",
        experts="Torch and fastai count the steps of the cycle differently, so their rates differ by a step here and there.",
        blocks=(
            *hyper,
            axis_numbers("step_number", "step", "step"),
            *(
                Formula(
                    name=name,
                    axes="step",
                    title=title,
                    number_format="0.000000",
                    width=11,
                    pattern=f'IF(step_number>steps, "", {pattern})',
                )
                for name, title, pattern in columns
            ),
            *ten,
            axis_numbers("ten_number", "ten", "step"),
            Formula(
                name="ten_torch",
                axes="ten",
                title="torch",
                number_format="0.00000000",
                role="result",
                pattern=torch_cycle(*ten_rates, number="ten_number", prefix="ten_"),
            ),
            Formula(
                name="ten_fastai",
                axes="ten",
                title="fastai 1",
                number_format="0.00000000",
                role="result",
                pattern=fastai1(ten_rates[0], "ten_max", "ten_max/(ten_div*10000)", number="ten_number", prefix="ten_"),
            ),
        ),
        layout=(
            Fields(FIRST),
            Charts("rates momenta"),
            Words("The two vectors of the lesson: ten steps, highest rate 0.01"),
            Grid("ten_number ten_torch ten_fastai"),
            Fields(" ".join(given.name for given in ten)),
            Words("More settings"),
            Fields(" ".join(given.name for given in hyper if given.name not in FIRST.split())),
            Words("The values used in each step"),
            Grid("step_number " + " ".join(name for name, _, _ in columns)),
        ),
        charts=_charts(),
        derive=_derive(),
    )


def _derive() -> tuple[Derive, ...]:
    """The three rules, and two of them over ten steps."""
    return (
        Derive("schedules.one_cycle_torch", outputs={"rate": "torch_rate", "momentum": "torch_momentum"}),
        Derive("schedules.one_cycle_fastai1", outputs={"rate": "fastai1_rate", "momentum": "fastai1_momentum"}),
        Derive(
            "schedules.one_cycle_fastai2",
            inputs={"pct_start": "fastai2_pct", "final_div_factor": "fastai2_div"},
            outputs={"rate": "fastai2_rate", "momentum": "fastai2_momentum"},
        ),
        Derive("schedules.one_cycle_torch", inputs=_TEN, outputs={"rate": "ten_torch", "momentum": ""}, shown=False),
        Derive("schedules.one_cycle_fastai1", inputs=_TEN, outputs={"rate": "ten_fastai", "momentum": ""}, shown=False),
    )


def _charts() -> tuple[Chart, ...]:
    """Rates and momenta by step."""
    return tuple(
        Chart(
            name=name,
            title=title,
            series=tuple(Series(f"{rule}_{kind}", label, "step_number") for rule, label in LABELS),
            x_title="step",
            y_title=kind,
            alt=alt,
            columns=5 if kind == "rate" else 4,
            rows=15,
        )
        for name, kind, title, alt in (
            (
                "rates",
                "rate",
                "Learning rate by step",
                "The rate rises to its highest and falls to nearly nothing.",
            ),
            ("momenta", "momentum", "Momentum by step", "The momentum falls to its lowest and rises again."),
        )
    )


def _settings() -> tuple[Given, ...]:
    """What the three rules are made with."""
    return (
        *_rates(),
        *_momenta(),
        *_fastai(),
        Given(
            name="steps",
            title="steps",
            value=145.0,
            low=20,
            high=145,
            whole=True,
            number_format="0",
            words="in all; 145 are five epochs of 29 points; after the last one there is none",
        ),
    )


def _rates() -> tuple[Given, ...]:
    """The highest rate, and how torch and fastai 1 come to it and leave it."""
    return (
        Given(name="max_rate", title="highest rate", value=0.01, low=1e-6, high=10.0, number_format="0.000000"),
        Given(
            name="pct_start",
            title="share of the rise",
            value=0.3,
            low=0.06,
            high=0.95,
            number_format="0.000",
            words="torch and fastai 1",
        ),
        Given(
            name="div_factor",
            title="divisor at the start",
            value=25.0,
            low=1,
            high=1000,
            number_format="0",
            words="first rate = highest / divisor",
        ),
        Given(
            name="final_div_factor",
            title="divisor at the end",
            value=1e4,
            low=1,
            high=1e8,
            number_format="0",
            words="torch: last rate = first / this",
        ),
        Given(name="anneal", title="curve", value="cos", choices=("cos", "linear"), words="torch"),
        Given(
            name="three_phase",
            title="three phases",
            value="no",
            choices=("no", "yes"),
            words="torch: yes goes back to the first rate before the end",
        ),
    )


def _momenta() -> tuple[Given, ...]:
    """The momentum that goes the other way."""
    return (
        Given(
            name="base_momentum",
            title="lowest momentum",
            value=0.85,
            low=0.0,
            high=0.99,
            number_format="0.000",
            words="at the highest rate",
        ),
        Given(name="max_momentum", title="highest momentum", value=0.95, low=0.0, high=0.999, number_format="0.000"),
        Given(
            name="cycle_momentum",
            title="cycle the momentum",
            value="yes",
            choices=("yes", "no"),
            words="torch: no leaves the optimizer its own",
        ),
        Given(
            name="own_momentum",
            title="the optimizer's own momentum",
            value=0.9,
            low=0.0,
            high=0.999,
            number_format="0.000",
            words="where it is not cycled",
        ),
    )


def _fastai() -> tuple[Given, ...]:
    """What fastai sets otherwise than torch."""
    return (
        Given(
            name="warm_up",
            title="warm-up",
            value="cos",
            choices=("cos", "linear"),
            words="fastai 1: linear up to version 1.0.28, cos since",
        ),
        Given(
            name="fastai2_pct",
            title="share of the rise, fastai 2",
            value=0.25,
            low=0.05,
            high=0.95,
            number_format="0.000",
        ),
        Given(
            name="fastai2_div",
            title="divisor at the end, fastai 2",
            probe=10.0,
            value=1e5,
            low=1,
            high=1e8,
            number_format="0",
            words="last rate = highest / this",
        ),
    )


def _ten() -> tuple[Given, ...]:
    """What the ten steps are made with."""
    return (
        Given(name="ten_steps", title="steps", value=10.0, low=10, high=10, fixed=True, number_format="0"),
        Given(name="ten_max", title="highest rate", value=0.01, low=0.01, high=0.01, fixed=True, number_format="0.00"),
        Given(
            name="ten_pct_start",
            title="share of the rise",
            value=0.3,
            low=0.3,
            high=0.3,
            fixed=True,
            number_format="0.0",
        ),
        Given(name="ten_div", title="divisor at the start", value=25.0, low=25, high=25, fixed=True, number_format="0"),
        Given(
            name="ten_final",
            title="divisor at the end",
            probe=10.0,
            value=1e4,
            low=1e4,
            high=1e4,
            fixed=True,
            number_format="0",
        ),
        Given(name="ten_anneal", title="curve", value="cos", text=True, fixed=True),
        Given(name="ten_three_phase", title="three phases", value="no", text=True, fixed=True),
        Given(name="ten_warm_up", title="warm-up", value="cos", text=True, fixed=True),
        Given(name="ten_cycle_momentum", title="cycle the momentum", value="yes", text=True, fixed=True),
    )


FIRST = "max_rate pct_start div_factor base_momentum max_momentum steps"
"""The settings beside the charts."""
LABELS = (("torch", "torch"), ("fastai1", "fastai 1"), ("fastai2", "fastai 2"))
_TEN = {
    "step_number": "ten_number",
    "steps": "ten_steps",
    "max_rate": "ten_max",
    "pct_start": "ten_pct_start",
    "div_factor": "ten_div",
    "final_div_factor": "ten_final",
    "anneal": "ten_anneal",
    "three_phase": "ten_three_phase",
    "warm_up": "ten_warm_up",
    "cycle_momentum": "ten_cycle_momentum",
}
