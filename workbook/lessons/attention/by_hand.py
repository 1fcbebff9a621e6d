"""By hand: attention of three words, in whole numbers, on one screen."""

from typing import Any

from workbook.lesson.lesson import Derive, Fields, Formula, Given, Grid, Sheet, Words

WHOLE: dict[str, Any] = {"number_format": "0", "width": 5.0}
WEIGHT: dict[str, Any] = {"low": -2, "high": 2, "whole": True, **WHOLE}
NAME: dict[str, Any] = {"text": True, "role": "label"}


def sheet() -> Sheet:
    """One-hot and look-up, queries, keys, values, scores, shares, and what each word takes."""
    return Sheet(
        name="by_hand",
        title="By hand",
        summary="start here: three words in whole numbers, from a vocabulary to what attention gives",
        words="""
            Attention lets a word take something from the words before it. Each word asks a question (its query), offers an answer to others (its key), and
            has something to give (its value). Query · key is a score. 2 to the power of a score, as a share of the row's sum, says how much of a value is taken.
        """,
        blocks=(
            Given(
                name="base",
                title="base of the powers",
                value=2.0,
                low=1.5,
                high=4.0,
                number_format="0.00",
                words="2, so that you can follow in your head; with 2.718 it is the softmax of all other sheets",
            ),
            Given(
                name="mask",
                title="mask",
                value="causal",
                choices=("causal", "none"),
                words="causal: no word looks at a later one. Try none: only the last row stays as it is",
            ),
            Given(name="item_name", axes="item", title="vocabulary", fixed=True, width=8.0, **NAME),
            Given(name="item_number", axes="item", across="item", title="one-hot, 3 × 4", fixed=True, **WHOLE),
            Given(name="table", axes="item trait", title="vectors, 4 × 2", low=0, high=2, whole=True, **WHOLE),
            Given(name="query_weight", axes="trait ask", title="W_Q, 2 × 2", **WEIGHT),
            Given(name="key_weight", axes="trait ask", title="W_K, 2 × 2", **WEIGHT),
            Given(name="value_weight", axes="trait give", title="W_V, 2 × 2", low=-9, high=9, whole=True, **WHOLE),
            Given(name="token", axes="spot", title="number", low=1, high=4, whole=True, **WHOLE),
            Formula(name="spot_word", axes="spot", title="word", pattern="INDEX(item_name, token, 1)", **NAME),
            Formula(name="seen_word", axes="seen", across="seen", pattern="ALONG(spot_word, spot, seen)", **NAME),
            Formula(
                name="one_hot",
                axes="spot item",
                pattern="IF(token=item_number, 1, 0)",
                **WHOLE | {"number_format": '0;-0;"·"'},
            ),
            Formula(name="x", axes="spot trait", title="= x, 3 × 2", pattern="MMULT(one_hot, table)", **WHOLE),
            Formula(
                name="looked_up",
                axes="spot trait",
                title="looked up",
                role="check",
                pattern="INDEX(table, token, 1)",
                **WHOLE,
            ),
            Formula(name="q", axes="spot ask", title="Q = x × W_Q", pattern="MMULT(x, query_weight)", **WHOLE),
            Formula(
                name="k",
                axes="seen ask",
                title="K = x × W_K",
                pattern="MMULT(ALONG(x, spot, seen), key_weight)",
                **WHOLE,
            ),
            Formula(
                name="v",
                axes="seen give",
                title="V = x × W_V",
                pattern="MMULT(ALONG(x, spot, seen), value_weight)",
                **WHOLE,
            ),
            Formula(name="score", axes="spot seen", title="scores = Q · K", pattern="SUMPRODUCT(q, k)", **WHOLE),
            Given(name="spot_number", axes="spot", title="place", fixed=True, **WHOLE),
            Given(name="seen_number", axes="seen", across="seen", title="place", fixed=True, **WHOLE),
            Formula(
                name="power",
                axes="spot seen",
                title="base ^ score, 0 if later",
                pattern='IF(AND(mask="causal", seen_number>spot_number), 0, base^score)',
                **WHOLE,
            ),
            Formula(name="power_sum", axes="spot", title="sum", pattern="SUM(power)", **WHOLE),
            Formula(
                name="share",
                axes="spot seen",
                title="share = each ÷ the sum",
                look="sequential",
                number_format="0.00",
                width=6.0,
                pattern="power/power_sum",
            ),
            Formula(
                name="context",
                axes="spot give",
                title="shares × V",
                role="result",
                number_format="0.0",
                width=6.0,
                pattern="MMULT(share, v)",
            ),
        ),
        layout=(
            Fields("base mask"),
            Words("From words to queries, keys and values"),
            Grid("""
                .         .     | .           | item_name table | .         | query_weight | key_weight | value_weight
                .         .     | item_number | .         .     | .         | .            | .          | .
                spot_word token | one_hot     | .         x     | looked_up | q            | k          | v
            """),
            Words("Who looks at whom, and what it takes"),
            Grid("""
                .           .           | seen_number | .     | .         | .     | .
                .           .           | seen_word   | .     | .         | =seen_word | .
                =spot_word  spot_number | score       | power | power_sum | share | context
            """),
        ),
        derive=(
            Derive("attention.by_hand"),
            Derive(
                "attention.spelled",
                inputs={"name": "item_name", "number": "token"},
                outputs={"spelled": "spot_word"},
                shown=False,
            ),
            Derive("attention.along", inputs={"word": "spot_word"}, outputs={"along": "seen_word"}, shown=False),
        ),
        one_page=True,
    )
