"""Self-attention: one head over six words, forward and backward in cells; two heads, and a transformer's block."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbook.lesson import opening
from workbook.lesson.lesson import Array, Data, Lesson, Progress, Sheet
from workbook.lessons.attention import (
    backward,
    block,
    by_hand,
    embedding,
    head,
    next_word,
    parts,
    step,
    training,
    two_heads,
)

WORDS = ("the", "cat", "dog", "sat", "on", "mat", ".")
SENTENCE = "the cat sat on the mat"
LAST = "."
SIZES = {
    "token": 6,
    "key": 6,
    "word": len(WORDS),
    "feature": 4,
    "dim": 4,
    "head": 2,
    "half": 2,
    "hidden": 8,
    "step": training.STEPS + 1,
    "spot": 3,
    "seen": 3,
    "item": 3,
    "trait": 2,
    "ask": 2,
    "give": 2,
}


def load(options: Mapping[str, Any], seed: int, progress: Progress) -> Data:
    """The sentence, weights drawn by the seed, and the run that they are the start of."""
    from engine.runs.attention_training import record

    progress("training on a sentence", 0, 1)
    rng = np.random.default_rng(seed)

    def drawn(axes: str, deviation: float = 0.7) -> Array:
        return np.clip(np.round(rng.normal(0.0, deviation, [SIZES[axis] for axis in axes.split()]), 2), -2.0, 2.0)

    token = np.array([1.0 + WORDS.index(word) for word in SENTENCE.split()])
    initial = {name: drawn(axes) for name, (axes, _) in parts.WEIGHTS.items()}
    target = np.append(token[1:], 1.0 + WORDS.index(LAST))
    run = record(token, target, initial, steps=training.STEPS, rate=training.RATE)
    values: dict[str, Array] = {
        **_by_hand(),
        "embedding.position": _counted("token"),
        "embedding.token": token,
        "embedding.word_name": np.array(WORDS, dtype=object),
        "embedding.word_number": _counted("word"),
        "attention.key_position": _counted("key"),
        "two_heads.column_number": np.arange(1.0, 5.0).reshape(SIZES["head"], SIZES["half"]),
        "training.step_number": np.arange(float(SIZES["step"])),
        "training.run_loss": run.pop("loss"),
        **{f"training.initial_{name}": value for name, value in initial.items()},
        **{f"training.trained_{name}": value for name, value in run.items()},
        **{f"block.gain{number}": np.ones(SIZES["feature"]) for number in (1, 2)},
        **{f"block.bias{number}": np.zeros(SIZES["feature"]) for number in (1, 2)},
        "block.mix_weight": drawn("dim feature"),
        "block.hidden_weight": drawn("feature hidden"),
        "block.hidden_bias": drawn("hidden", 0.2),
        "block.out_weight": drawn("hidden feature"),
        "block.out_bias": drawn("feature", 0.2),
    }
    return Data(SIZES, values, {"sentence": SENTENCE}, "none")


def _counted(axis: str) -> Array:
    return np.arange(1.0, SIZES[axis] + 1)


def _by_hand() -> dict[str, Array]:
    """Whole numbers of which every share is a fraction with a power of two below."""
    return {
        "by_hand.item_name": np.array(["tea", "like", "I"], dtype=object),
        "by_hand.item_number": _counted("item"),
        "by_hand.table": np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 1.0]]),
        "by_hand.token": np.array([3.0, 2.0, 1.0]),
        "by_hand.spot_number": _counted("spot"),
        "by_hand.seen_number": _counted("seen"),
        "by_hand.query_weight": np.array([[1.0, 1.0], [0.0, 1.0]]),
        "by_hand.key_weight": np.array([[0.0, 1.0], [1.0, 0.0]]),
        "by_hand.value_weight": np.array([[2.0, 0.0], [2.0, 4.0]]),
    }


def sheets(sizes: Mapping[str, int], facts: Mapping[str, str]) -> tuple[Sheet, ...]:
    """The sheets in order."""
    return (
        opening.start(
            "Attention: gradbook",
            f"""
            How a word finds what it needs in the words before it: the idea behind every large language model. It begins with three words by hand, in whole numbers. Then
            “{facts["sentence"]}”: word vectors, queries, keys and values, the mask, softmax, the loss of the next word, every gradient, and a step that lowers the loss.
            """,
            lesson="attention",
        ),
        by_hand.sheet(),
        embedding.sheet(),
        head.sheet(),
        next_word.sheet(),
        backward.sheet(),
        step.sheet(),
        two_heads.sheet(),
        block.sheet(),
        training.sheet(),
        opening.terms(),
        opening.code(),
    )


LESSON = Lesson(name="attention", title="Attention", options=(), load=load, sheets=sheets)
