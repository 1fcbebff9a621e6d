"""Conventions: one step from the same state by each framework's rule, and how far apart they are."""

from dataclasses import dataclass

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Row, Sheet, Table, Words

AVERAGE = "(momentum*average+(1-momentum)*gradient)"
VELOCITY = "(momentum*average+gradient)"
SQUARE = "(beta2*square+(1-beta2)*gradient^2)"
ALPHA_SQUARE = "(alpha*square+(1-alpha)*gradient^2)"
VARIANCE = f"({ALPHA_SQUARE}-(alpha*average+(1-alpha)*gradient)^2)"
NO_VARIANCE = f"{VARIANCE}<=0.00001*{ALPHA_SQUARE}"
"""A difference that small beside what it is the difference of is rounding for the most part."""
DECAYED = "(1-learning_rate*wd)*parameter"
"""What is left of the parameter where decay stands beside the gradient, as in fastai v1 and AdamW."""


def adam(square: str, beta2: str) -> str:
    """Adam's step, corrected for the start."""
    average = f"{AVERAGE}/(1-EXP(step_number*LN(momentum)))"
    return f"learning_rate*{average}/(SQRT({square}/(1-EXP(step_number*LN({beta2}))))+eps)"


STEPS = {
    "sgd": "learning_rate*gradient",
    "momentum": f"learning_rate*{VELOCITY}",
    "nesterov": f"learning_rate*(gradient+momentum*{VELOCITY})",
    "rmsprop": f"learning_rate*gradient/(SQRT{ALPHA_SQUARE}+eps)",
    "centered": f"learning_rate*gradient/(SQRT{VARIANCE}+eps)",
    "adagrad": "learning_rate*gradient/(SQRT(accumulated+gradient^2)+0.0000000001)",
}
"""What torch's rule takes from the parameter."""

FASTAI_ADAM = adam("(0.99*square+0.01*gradient^2)", "0.99")


@dataclass(frozen=True)
class Rule:
    """A row of the table: one optimizer by one framework.

    Args:
        name: of the block with the new parameter.
        title: of the row.
        words: the rule as mathematics writes it.
        pattern: the new parameter.
        less: the block that it is compared with, by default torch's.
        apart: the pattern of the comparison, where it is not the one less the other.
    """

    name: str
    title: str
    words: str
    pattern: str
    less: str = ""
    apart: str = ""

    def blocks(self) -> tuple[Formula, ...]:
        """The new parameter, and how far it is from torch's."""
        blank = "no variance" if self.name.startswith("centered") else ""
        guard = f'IF({NO_VARIANCE}, "no variance", {{}})' if blank else "{}"
        new = Formula(
            name=self.name,
            title=self.title,
            pattern=guard.format(self.pattern),
            number_format="0.000000",
            scale="parameter",
            role="result",
            blank=blank,
            width=14,
        )
        if not self.less:
            return (new,)
        apart = Formula(
            name=self.difference,
            title=f"{self.title}: minus torch's",
            pattern=guard.format(self.apart or f"{self.name}-{self.less}"),
            number_format="0.0E+00",
            role="check",
            scale=f"{self.name} {self.less}",
            blank=blank,
            width=17,
        )
        return new, apart

    @property
    def difference(self) -> str:
        """The name of the block with its distance from torch's rule."""
        return DIFFERENCE_NAMES.get(self.name, f"{self.name}_difference")

    def row(self) -> Row:
        """Its place in the table."""
        return Row(self.title, f"{self.name} {self.difference if self.less else '.'}", self.words)


DIFFERENCE_NAMES = {
    "momentum_lecture": "momentum_difference",
    "rmsprop_lecture": "rmsprop_difference",
    "adam_lecture": "adam_difference",
    "momentum_equal": "equal_difference",
    "adam_fresh": "fresh_difference",
    "adamw_torch": "adamw_difference",
}


def _fastai(name: str, title: str, words: str) -> Rule:
    """The rule of torch with fastai's decay beside it."""
    return Rule(f"{name}_fastai", f"{title}, fastai v1", words, f"{DECAYED}-{STEPS[name]}", f"{name}_torch")


def _torch(name: str, title: str, words: str) -> Rule:
    return Rule(f"{name}_torch", f"{title}, torch", words, f"parameter-{STEPS[name]}")


RULES = (
    _torch("sgd", "SGD", "w − lr·g; the lecture's is the same"),
    _fastai("sgd", "SGD", "(1 − lr·wd)·w − lr·g: decay beside the gradient, in all of fastai v1's"),
    _torch("momentum", "momentum", "buf = β·buf + g;  w − lr·buf"),
    Rule(
        "momentum_lecture",
        "momentum, lecture",
        "S = β·S + (1 − β)·g;  w − lr·S",
        f"parameter-learning_rate*{AVERAGE}",
        "momentum_torch",
    ),
    _fastai("momentum", "momentum", "(1 − lr·wd)·w − lr·buf"),
    _torch("nesterov", "Nesterov", "buf = β·buf + g;  w − lr·(g + β·buf)"),
    _fastai("nesterov", "Nesterov", "(1 − lr·wd)·w − lr·(g + β·buf)"),
    _torch("rmsprop", "RMSprop", "v = α·v + (1 − α)·g²;  w − lr·g/(√v + eps)"),
    Rule(
        "rmsprop_lecture",
        "RMSprop, lecture",
        "the row before's v, no eps:  w − lr·g/√v",
        "parameter-learning_rate*gradient/SQRT(square)",
        "rmsprop_torch",
    ),
    _fastai("rmsprop", "RMSprop", "(1 − lr·wd)·w − lr·g/(√v + eps)"),
    _torch(
        "centered",
        "RMSprop centred",
        "ḡ = α·ḡ + (1 − α)·g;  w − lr·g/(√(v − ḡ²) + eps); no variance where ḡ² is v to five digits",
    ),
    _fastai("centered", "RMSprop centred", "(1 − lr·wd)·w − lr·g/(√(v − ḡ²) + eps)"),
    _torch("adagrad", "Adagrad", "sum = sum + g²;  w − lr·g/(√sum + 1e-10)"),
    _fastai("adagrad", "Adagrad", "(1 − lr·wd)·w − lr·g/(√sum + 1e-10)"),
    Rule(
        "adam_torch",
        "Adam, torch",
        "w − lr·m̂/(√v̂ + eps), m̂ = m/(1 − β1ᵗ), v̂ = v/(1 − β2ᵗ)",
        f"parameter-{adam(SQUARE, 'beta2')}",
    ),
    Rule(
        "adam_lecture",
        "Adam, lecture",
        "no correction, no eps:  w − lr·m/√v",
        f"parameter-learning_rate*{AVERAGE}/SQRT{SQUARE}",
        "adam_torch",
    ),
    Rule(
        "adam_fastai",
        "Adam, fastai v1",
        "β2 = 0.99:  (1 − lr·wd)·w − lr·m̂/(√v̂ + eps)",
        f"{DECAYED}-{FASTAI_ADAM}",
        "adam_torch",
    ),
    Rule(
        "adamw_torch",
        "AdamW, torch",
        "(1 − lr·wd)·w − lr·m̂/(√v̂ + eps); beside torch's Adam",
        f"{DECAYED}-{adam(SQUARE, 'beta2')}",
        "adam_torch",
    ),
)
SAME = (
    Rule(
        "momentum_equal",
        "momentum at lr·(1 − β)",
        "SGD(lr·(1 − β), momentum=β), its buffer S/(1 − β); beside the lecture's: nothing but rounding",
        "parameter-learning_rate*(1-momentum)*(momentum*average/(1-momentum)+gradient)",
        "momentum_lecture",
        "momentum_lecture-momentum_equal",
    ),
    Rule(
        "adam_fresh",
        "Adam made in the loop",
        "its state is lost each time, so every step is a first step; minus the next line",
        """parameter-learning_rate*((1-momentum)*gradient/(1-momentum))
           /(SQRT((1-beta2)*gradient^2/(1-beta2))+eps)""",
        "adam_fresh_rule",
    ),
    Rule(
        "adam_fresh_rule",
        "… which is",
        "w − lr·g/(|g| + eps): the sign of g, for |g| well above eps",
        "parameter-learning_rate*gradient/(ABS(gradient)+eps)",
    ),
)

FIRST = ("parameter", "gradient", "learning_rate")

GIVENS = (
    Given(
        name="parameter",
        title="w",
        value=1.0,
        low=-1000,
        high=1000,
        number_format="0.0000",
        words="the parameter before the step",
    ),
    Given(name="gradient", title="g", value=-4.0, low=-1e6, high=1e6, number_format="0.0000", words="its gradient"),
    Given(
        name="average",
        title="average before",
        value=-3.0,
        low=-1e6,
        high=1e6,
        number_format="0.0000",
        words="buf, S, m or ḡ before the step",
    ),
    Given(
        name="square",
        title="average square before",
        value=10.0,
        low=1e-6,
        high=1e12,
        number_format="0.0000",
        words="v before the step",
    ),
    Given(
        name="accumulated",
        title="sum of squares before",
        value=30.0,
        low=0.0,
        high=1e12,
        number_format="0.0000",
        words="Adagrad's, before the step",
    ),
    Given(
        name="step_number",
        title="step t",
        value=3.0,
        low=2,
        high=1000,
        whole=True,
        number_format="0",
        words="the number of this step",
    ),
    Given(name="learning_rate", title="learning rate", value=0.1, low=0.0, high=10.0, unit=0.1, number_format="0.0000"),
    Given(name="momentum", title="β, β1", value=0.9, low=0.01, high=0.999, number_format="0.0000"),
    Given(
        name="alpha",
        title="α",
        value=0.99,
        low=0.0,
        high=0.9999,
        number_format="0.0000",
        words="RMSprop's; torch's default",
    ),
    Given(name="beta2", title="β2", value=0.999, low=0.01, high=0.9999, number_format="0.0000"),
    Given(name="eps", title="eps", value=1e-8, low=1e-12, high=1.0, probe=1.0, number_format="0.0E+00"),
    Given(name="wd", title="weight decay", value=0.01, low=0.0, high=0.1, unit=0.01, number_format="0.0000"),
)

FASTAI_DIFFERENCE = Formula(
    name="fastai_difference",
    title="fastai's Adam − AdamW",
    pattern="adam_fastai-adamw_torch",
    number_format="0.0E+00",
    role="check",
    scale="adam_fastai adamw_torch",
)


def sheet() -> Sheet:
    """The table of rules, each with one step of it."""
    return Sheet(
        name="conventions",
        title="Conventions",
        summary="one step from the same state by torch's rules, the lecture's and fastai's, and how far they are apart",
        words="""
            Books and frameworks give the same name to different rules. Here each rule takes one step from the same parameter w and
            gradient g; the third column says how far its new w is from that of torch. An Adam that is made anew inside the training loop
            forgets what it has averaged: then only the sign of the gradient counts.
        """,
        tries="Double g, and see whose steps double.",
        experts="The lecture's momentum is torch's at a rate 1 − β as large.",
        blocks=(*GIVENS, *(block for rule in (*RULES, *SAME) for block in rule.blocks()), FASTAI_DIFFERENCE),
        layout=(
            Fields("parameter gradient learning_rate"),
            Words("The new parameter, by each optimizer and framework"),
            Table(("optimizer, framework", "new w", "minus torch's", "rule"), tuple(rule.row() for rule in RULES)),
            Words("More of the state before the step"),
            Fields(" ".join(given.name for given in GIVENS if given.name not in FIRST)),
            Words("The same rule in other words"),
            Table(
                ("rule", "new w", "how far apart", "why"),
                (
                    *(rule.row() for rule in SAME),
                    Row(
                        FASTAI_DIFFERENCE.title,
                        f". {FASTAI_DIFFERENCE.name}",
                        "β2 is 0.99 in fastai, the one above in AdamW",
                    ),
                ),
            ),
        ),
        derive=(Derive("optimizers.conventions.one_step"),),
    )
