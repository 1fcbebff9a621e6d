"""Conventions: one step from the same state by each framework's rule, and how far apart they are."""

from workbook.lesson import Derive, Fields, Formula, Given, Sheet, Words

AVERAGE = "(momentum*average+(1-momentum)*gradient)"
SQUARE = "(beta2*square+(1-beta2)*gradient^2)"
FASTAI_SQUARE = "(0.99*square+0.01*gradient^2)"


def adam(square: str, beta2: str, eps: str = "eps") -> str:
    """Adam's step, corrected for the start."""
    average = f"{AVERAGE}/(1-EXP(step_number*LN(momentum)))"
    return f"learning_rate*{average}/(SQRT({square}/(1-EXP(step_number*LN({beta2}))))+{eps})"


RULES: tuple[tuple[str, str, str, str], ...] = (
    ("sgd_torch", "SGD, torch", "w − lr·g", "parameter-learning_rate*gradient"),
    (
        "momentum_torch",
        "momentum, torch",
        "buf = β·buf + g;  w − lr·buf",
        "parameter-learning_rate*(momentum*average+gradient)",
    ),
    ("momentum_lecture", "momentum, lecture", "S = β·S + (1 − β)·g;  w − lr·S", f"parameter-learning_rate*{AVERAGE}"),
    (
        "momentum_equal",
        "torch at lr·(1 − β)",
        "SGD(lr·(1 − β), momentum=β), its buffer S/(1 − β): the lecture's rule",
        "parameter-learning_rate*(1-momentum)*(momentum*average/(1-momentum)+gradient)",
    ),
    (
        "rmsprop_torch",
        "RMSprop, torch",
        "v = α·v + (1 − α)·g²;  w − lr·g/(√v + eps)",
        "parameter-learning_rate*gradient/(SQRT(alpha*square+(1-alpha)*gradient^2)+eps)",
    ),
    (
        "rmsprop_lecture",
        "RMSprop, lecture",
        "the row before's v, no eps:  w − lr·g/√v",
        "parameter-learning_rate*gradient/SQRT(square)",
    ),
    (
        "adam_torch",
        "Adam, torch",
        "w − lr·m̂/(√v̂ + eps), m̂ = m/(1 − β1ᵗ), v̂ = v/(1 − β2ᵗ)",
        f"parameter-{adam(SQUARE, 'beta2')}",
    ),
    (
        "adam_lecture",
        "Adam, lecture",
        "no correction, no eps:  w − lr·m/√v",
        f"parameter-learning_rate*{AVERAGE}/SQRT{SQUARE}",
    ),
    (
        "adam_fastai",
        "Adam, fastai v1",
        "β2 = 0.99, decay beside the step:  (1 − lr·wd)·w − lr·m̂/(√v̂ + eps)",
        f"(1-learning_rate*wd)*parameter-{adam(FASTAI_SQUARE, '0.99')}",
    ),
    (
        "adamw_torch",
        "AdamW, torch",
        "(1 − lr·wd)·w − lr·m̂/(√v̂ + eps)",
        f"(1-learning_rate*wd)*parameter-{adam(SQUARE, 'beta2')}",
    ),
    (
        "adam_fresh",
        "Adam made in the loop",
        "its state is lost each time: every step is a first step",
        """parameter-learning_rate*((1-momentum)*gradient/(1-momentum))
           /(SQRT((1-beta2)*gradient^2/(1-beta2))+eps)""",
    ),
    (
        "adam_fresh_rule",
        "… which is",
        "w − lr·g/(|g| + eps): the sign of g, for |g| well above eps",
        "parameter-learning_rate*gradient/(ABS(gradient)+eps)",
    ),
)
DIFFERENCES: tuple[tuple[str, str, str, str], ...] = (
    (
        "momentum_difference",
        "momentum: lecture − torch",
        "the same buffer, read by another rule",
        "momentum_lecture-momentum_torch",
    ),
    (
        "equal_difference",
        "lecture − torch at lr·(1 − β)",
        "nothing but rounding: the same rule",
        "momentum_lecture-momentum_equal",
    ),
    ("rmsprop_difference", "RMSprop: lecture − torch", "the row before's average", "rmsprop_lecture-rmsprop_torch"),
    ("adam_difference", "Adam: lecture − torch", "no correction at the start", "adam_lecture-adam_torch"),
    (
        "fastai_difference",
        "fastai's Adam − AdamW",
        "β2 is 0.99 in fastai, the one above in AdamW",
        "adam_fastai-adamw_torch",
    ),
    ("fresh_difference", "made in the loop − its rule", "nothing but rounding", "adam_fresh-adam_fresh_rule"),
)


def sheet() -> Sheet:
    """The table of rules, each with one step of it."""
    givens = (
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
            words="buf, S or m before the step",
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
            name="step_number",
            title="step t",
            value=3.0,
            low=2,
            high=1000,
            whole=True,
            number_format="0",
            words="the number of this step",
        ),
        Given(
            name="learning_rate", title="learning rate", value=0.1, low=0.0, high=10.0, unit=0.1, number_format="0.0000"
        ),
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
    rules = tuple(
        Formula(
            name=name,
            title=title,
            words=words,
            pattern=pattern,
            number_format="0.000000",
            scale="parameter",
            role="result",
        )
        for name, title, words, pattern in RULES
    )
    differences = tuple(
        Formula(
            name=name,
            title=title,
            words=words,
            pattern=pattern,
            number_format="0.0E+00",
            role="check",
            scale=" ".join(pattern.split("-")),
        )
        for name, title, words, pattern in DIFFERENCES
    )
    return Sheet(
        name="conventions",
        title="Conventions",
        summary="one step from the same state by torch's rules, the lecture's and fastai's, and how far they are apart",
        words="""
            Books and frameworks write the same names over different rules. Here is one step of each from the same state. The lecture's momentum
            is torch's at a rate 1 − β as large. And an Adam that is made anew inside the training loop forgets its state: it steps by the sign of the gradient.
        """,
        blocks=(*givens, *rules, *differences),
        layout=(
            Words("The state before the step"),
            Fields(" ".join(given.name for given in givens)),
            Words("The new parameter, by each rule"),
            Fields(" ".join(rule.name for rule in rules)),
            Words("How far apart"),
            Fields(" ".join(difference.name for difference in differences)),
        ),
        derive=(Derive("optimizers.conventions.one_step"),),
    )
