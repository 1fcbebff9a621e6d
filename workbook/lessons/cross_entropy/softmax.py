"""Softmax: from any numbers to probabilities that add up to 1."""

from typing import Any

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Words


def sheet() -> Sheet:
    """Softmax with and without the shift, beside the sigmoid."""
    cells: dict[str, Any] = {"axes": "image klass", "number_format": "0.0000"}
    return Sheet(
        name="softmax",
        title="Softmax",
        summary="logits to probabilities; the shift that keeps EXP from overflowing; softmax beside sigmoid",
        words="""
            Softmax makes probabilities of any numbers: the exponential of each over the sum of all. A number added to all logits of an image changes
            nothing, so the largest is taken off first, and EXP can't overflow. The unshifted route below does, at the third image. A sigmoid looks
            at each logit alone, so it does notice: use it, one for each label, where several labels hold at once. Softmax picks one.
        """,
        blocks=(
            Given(
                name="temperature",
                title="temperature",
                value=1.0,
                low=0.1,
                high=10.0,
                number_format="0.00",
                words="logits are divided by it: high, all classes look alike; low, the largest takes all",
            ),
            Given(name="class_name", axes="klass", across="klass", text=True, fixed=True),
            Given(name="image_name", axes="image", title="image", text=True, fixed=True),
            Given(name="logit", title="logits", low=-50, high=800, number_format="0.00", axes="image klass"),
            Given(
                name="shift",
                axes="image",
                title="added to all of them, below",
                # With the least logit and temperature EXP is still above 0, and the sum divides.
                low=-10,
                high=100,
                number_format="0.00",
            ),
            Formula(name="largest", axes="image", title="largest", number_format="0.00", pattern="MAX(logit)"),
            Formula(
                name="shifted", title="logit − largest", scale="logit", pattern="(logit-largest)/temperature", **cells
            ),
            Formula(name="exponential", title="EXP of it", pattern="EXP(shifted)", **cells),
            Formula(
                name="exponential_sum", axes="image", title="sum", number_format="0.0000", pattern="SUM(exponential)"
            ),
            Formula(
                name="probability",
                title="softmax",
                look="sequential",
                role="result",
                pattern="exponential/exponential_sum",
                **cells,
            ),
            Formula(
                name="probability_sum",
                axes="image",
                title="sum",
                number_format="0.0000",
                role="check",
                pattern="SUM(probability)",
            ),
            Formula(
                name="raw_logit",
                title="logit + shift, not shifted back",
                scale="logit",
                pattern="(logit+shift)/temperature",
                **cells,
            ),
            Formula(
                name="raw_exponential",
                title="EXP of it",
                blank="overflow",
                pattern='IF(raw_logit>690, "overflow", EXP(raw_logit))',
                axes="image klass",
                number_format="0.00E+00",
            ),
            Formula(
                name="raw_sum",
                axes="image",
                title="sum",
                blank="overflow",
                number_format="0.00E+00",
                pattern='IF(COUNT(raw_exponential)<COUNT(raw_logit), "overflow", SUM(raw_exponential))',
            ),
            Formula(
                name="raw_probability",
                title="softmax, by this route",
                blank="overflow",
                look="sequential",
                pattern='IF(ISNUMBER(raw_sum), raw_exponential/raw_sum, "overflow")',
                **cells,
            ),
            Formula(
                name="sigmoid",
                title="sigmoid of each",
                look="sequential",
                pattern="1/(1+EXP(-MAX(-700, MIN(700, raw_logit))))",
                **cells,
            ),
            Formula(
                name="sigmoid_sum",
                axes="image",
                title="sum: not 1",
                number_format="0.0000",
                role="check",
                pattern="SUM(sigmoid)",
            ),
        ),
        layout=(
            Fields("temperature"),
            Words("Softmax"),
            Grid("""
                .          class_name  | .
                image_name logit       | largest
                .          shifted     | .
                .          exponential | exponential_sum
                .          probability | probability_sum
            """),
            Words(
                "Without taking the largest off",
                "The first two images differ by a constant: the same softmax, another sigmoid.",
            ),
            Grid("""
                shift raw_logit       | .
                .     raw_exponential | raw_sum
                .     raw_probability | .
                .     sigmoid         | sigmoid_sum
            """),
        ),
        derive=(Derive("losses.softmax"),),
    )
