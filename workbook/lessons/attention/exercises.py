"""Exercises: what a word is to guess, queries and scores, shares, what a word takes, the gradient through a softmax."""

import numpy as np

from workbook.lesson.exercise import Exercise, Exercises, Slip
from workbook.lesson.lesson import Array, Data, Formula, Given
from workbook.lessons.attention import SIZES, WORDS, parts


def draw(rng: np.random.Generator) -> Data:
    """A sentence, and weights in tenths, of a student's own."""
    nouns = rng.permutation(["cat", "dog", "mat"])[:2].tolist()
    sentence = ["the", nouns[0], "sat", "on", "the", nouns[1]]

    def weight(name: str) -> Array:
        drawn: Array = np.clip(np.round(rng.normal(0.0, 0.8, [SIZES[axis] for axis in axes(name)]), 1), -2.0, 2.0)
        return drawn

    values = {
        "embedding.position": np.arange(1.0, SIZES["token"] + 1),
        "embedding.token": np.array([1.0 + WORDS.index(word) for word in sentence]),
        "embedding.word_name": np.array(WORDS, dtype=object),
        "embedding.word_number": np.arange(1.0, len(WORDS) + 1),
        "attention.key_position": np.arange(1.0, SIZES["key"] + 1),
        "attention.temperature": np.array(rng.choice([0.8, 1.2, 1.5, 1.8])),
        "next_word.word_temperature": np.array(10.0),
        **{parts.home(name): weight(name) for name in parts.WEIGHTS},
    }
    return Data(SIZES, values, {"sentence": " ".join(sentence)}, "drawn for these exercises")


def axes(name: str) -> list[str]:
    """The axes of a weight."""
    return parts.WEIGHTS[name][0].split()


PROBE = Given(name="probe", axes="dim", across="dim", title="a direction to look along", fixed=True)
KEYS = Given(name="key_probe", axes="key", title="a direction to look along", fixed=True)

EXERCISES = Exercises(
    draw=draw,
    given=" ".join(parts.home(name) for name in parts.WEIGHTS),
    each=(
        Exercise(
            name="T1",
            block="embedding.target",
            kind="predict",
            task="Which word is each word to guess? Write its number in the list of words; the one after the last is given.",
            hints=("The sentence is its own answer, one place further on.", "the number of the next row"),
            title="next",
            check=(
                "ANSWER = SUMPRODUCT((ALL(position)=position+1)*ALL(token))"
                "+IF(position=COUNT(ALL(position)), last_target, 0)"
            ),
            tolerance=1e-6,
            # While the number is missing, a look-up by it would take a whole row.
            numbers="target_word",
            slips=(
                Slip(
                    pattern="token",
                    says="that is the word itself: the one after it is asked for",
                    seen="ANSWER = token",
                ),
                Slip(
                    pattern="INDEX(ALL(token), MAX(position-1, 1), 1)",
                    says="that is the word before it",
                ),
            ),
        ),
        Exercise(
            name="T2",
            block="embedding.looked_up",
            kind="code",
            task="Write E[token] as a formula: look the row up, do not multiply.",
            hints=("A row of the table E.", "INDEX(column of E, number of the word, 1)"),
            title="looked up",
            check="ANSWER = multiplied",
            hides="distance",
            slips=(
                Slip(pattern="INDEX(token_weight, token+1, 1)", says="torch counts from 0, this sheet from 1"),
                Slip(
                    pattern="INDEX(token_weight, position, 1)",
                    says="looked up by the place in the sentence, not by the word",
                ),
                Slip(
                    pattern="token*INDEX(token_weight, 1, 1)",
                    says="the number of a word is no size to multiply by",
                ),
            ),
        ),
        Exercise(
            name="T3",
            block="attention.q",
            kind="matrix",
            task="Compute the queries: each row of x times each column of W_Q.",
            hints=("Multiply number by number, then add.", "MMULT(row of x, column of W_Q)"),
            title="Q",
            check="SUMPRODUCT(ANSWER, probe) = SUMPRODUCT(x, probed_weight)",
            unit="probe",
            hides="weights_from",
            numbers="k v",
            accepted=("SUMPRODUCT(x, TRANSPOSE(query_weight))",),
            blocks=(
                PROBE,
                Formula(
                    name="probed_weight",
                    axes="feature",
                    across="feature",
                    title="W_Q along it",
                    pattern="SUMPRODUCT(query_weight, probe)",
                ),
            ),
            slips=(
                Slip(pattern="MMULT(x, key_weight)", says="that is W_K: a query takes W_Q"),
                Slip(
                    pattern="SUM(x)*SUM(query_weight)", says="sums first, then the product: it is the sum of products"
                ),
                Slip(
                    pattern="MMULT(x, query_weight)/SQRT(d_k)",
                    says="the scores are divided by √d, not the queries",
                    undo="ANSWER*SQRT(d_k)",
                ),
            ),
        ),
        Exercise(
            name="T4",
            block="attention.score",
            kind="shape",
            task="The scores are Q times K, turned so that the shapes fit: (6×4)·(4×6). A row asks, a column answers.",
            hints=(
                "One score is a row of Q times a row of K.",
                "SUMPRODUCT(row of Q, INDEX(all of K, number of the column, 0))",
            ),
            title="scores",
            check="SUMPRODUCT(ANSWER, key_row) = SUMPRODUCT(q, probed_key)",
            unit="key_row",
            accepted=("SUMPRODUCT(q, INDEX(ALL(k), key_position, 0))", "SUMPRODUCT(k, q)"),
            blocks=(
                KEYS,
                Formula(name="key_row", axes="key", across="key", title="the same across", pattern="key_probe"),
                Formula(
                    name="probed_key",
                    axes="dim",
                    across="dim",
                    title="K along it",
                    pattern="SUMPRODUCT(k, key_probe)",
                ),
            ),
            slips=(
                Slip(pattern="SUM(q)*SUM(k)", says="sums first, then the product: it is the sum of products"),
                Slip(
                    pattern="SUMPRODUCT(ALONG(q, token, key), ALONG(k, key, token))",
                    says="turned over: the word of the row asks, so its query is taken",
                ),
                Slip(
                    pattern="SUMPRODUCT(q, k)/SQRT(d_k)",
                    says="already divided by √d: the next table does that",
                    undo="ANSWER*SQRT(d_k)",
                ),
            ),
        ),
        Exercise(
            name="T5",
            block="attention.attention",
            kind="fill",
            task="Turn the powers into shares, so that each row adds up to 1.",
            hints=("Divide by what, so that the row adds to 1?", "power / the row's sum"),
            title="attention",
            check="ANSWER*row_sum = exponential",
            unit="row_sum",
            slips=(
                Slip(
                    pattern="exponential/COUNT(ALL(exponential, key))",
                    says="divided by how many words there are: the rows do not add to 1",
                    undo="ANSWER*6/row_sum",
                ),
                Slip(
                    pattern="exponential/SUM(ALL(exponential))",
                    says="divided by the sum of the whole table: each row is to add to 1",
                    undo="ANSWER*SUM(ALL(exponential))/row_sum",
                ),
            ),
        ),
        Exercise(
            name="T6",
            block="attention.context",
            kind="bug",
            task="This should be what each word takes: its share of every value. It is wrong: mend it.",
            hints=("Which of Q, K and V is taken, and by what?", "MMULT(row of shares, column of V)"),
            title="taken",
            check="SUMPRODUCT(ANSWER, probe) = SUMPRODUCT(attention, probed_value)",
            unit="probe",
            accepted=("SUMPRODUCT(attention, TRANSPOSE(v))",),
            blocks=(
                Formula(
                    name="probed_value",
                    axes="key",
                    across="key",
                    title="V along the direction of T3",
                    pattern="SUMPRODUCT(v, probe)",
                ),
            ),
            slips=(
                Slip(pattern="MMULT(attention, k)", says="keys are taken: a word takes values"),
                Slip(
                    pattern="MMULT(exponential, v)",
                    says="powers are taken for shares: divide by their sum",
                    undo="ANSWER/row_sum",
                ),
                Slip(
                    pattern="MMULT(attention, v)/SQRT(d_k)",
                    says="√d belongs under the scores, not under what is taken",
                    undo="ANSWER*SQRT(d_k)",
                ),
            ),
        ),
        Exercise(
            name="T7",
            block="next_word.word_temperature",
            kind="choose",
            task="Choose the temperature of the draw so that no word gets more than 0.3.",
            hints=("Fill in the sheets before this one first. Which way does a temperature flatten?", "above 1"),
            title="temperature",
            holds="AND(ANSWER>0, MAX(boldest)<=0.3)",
            start=0.5,
            blocks=(
                Formula(
                    name="boldest",
                    axes="token",
                    title="the likeliest word's probability",
                    number_format="0.00",
                    pattern="MAX(sample_probability)",
                ),
            ),
        ),
        Exercise(
            name="T8",
            block="backward.score_gradient",
            kind="gradient",
            task="Write the gradient of the loss with respect to each score: back through the softmax, and through ÷ √d and temperature.",
            hints=(
                "If one share grows, the others of its row shrink: what counts is how a gradient differs from the mean.",
                "share · (gradient of the share − the row's mean) / (√d · temperature)",
            ),
            points=2,
            title="scores",
            check=(
                "ANSWER*SQRT(attention.d_k)*attention.temperature+attention.attention*row_mean"
                " = attention.attention*attention_gradient"
            ),
            unit="SQRT(attention.d_k)*attention.temperature",
            accepted=(
                (
                    "(attention.attention*attention_gradient-attention.attention*row_mean)"
                    "/attention.temperature/SQRT(attention.d_k)"
                ),
            ),
            slips=(
                Slip(
                    pattern="attention.attention*attention_gradient/(SQRT(attention.d_k)*attention.temperature)",
                    says="the row's mean is not subtracted",
                    undo="ANSWER-attention.attention*row_mean/(SQRT(attention.d_k)*attention.temperature)",
                ),
                Slip(
                    pattern="attention.attention*(attention_gradient-row_mean)",
                    says="the scores were divided by √d and the temperature, so their gradient is too",
                    undo="ANSWER/(SQRT(attention.d_k)*attention.temperature)",
                ),
                Slip(
                    pattern=(
                        "attention.attention*(1-attention.attention)*attention_gradient"
                        "/(SQRT(attention.d_k)*attention.temperature)"
                    ),
                    says="that is the score's own share alone: the others of the row move too",
                ),
                Slip(
                    pattern=(
                        "attention.attention*(row_mean-attention_gradient)/(SQRT(attention.d_k)*attention.temperature)"
                    ),
                    says="its sign is wrong",
                    undo="-ANSWER",
                ),
            ),
        ),
    ),
)
