"""The words of the field that sheets use, each with what it means, and where a workbook uses it first."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from workbook.lesson.lesson import Sheet, Words

NAME, TITLE = "glossary", "Glossary"
_ASIDE = ("start", "code", NAME)
"""Sheets that introduce no word."""


@dataclass(frozen=True)
class Term:
    """A word of the field.

    Args:
        name: as the glossary lists it.
        meaning: one sentence, without other words of the field where that can be.
        forms: other forms that count as the word, as regular expressions; its plural with s always does.
        but: phrases, as regular expressions, in which it means something else.
        beside: a regular expression; where nothing on a sheet fits it, the word means something else there.
    """

    name: str
    meaning: str
    forms: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    beside: str = ""

    def stands_in(self, text: str) -> bool:
        """Whether a sheet's text has the word, in this meaning."""
        if not re.search(self.beside, text):
            return False
        return bool(self.pattern.search(re.sub("|".join(self.but), "", text) if self.but else text))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The expression that finds it in a text; a capital in its name must be a capital there."""
        names = "|".join((re.escape(self.name), *self.forms))
        return re.compile(rf"(?<![\w-])(?:{names})s?(?![\w-])", 0 if self.name != self.name.lower() else re.IGNORECASE)


TERMS = (
    Term("accuracy", "The share of examples that are right."),
    Term("activation", "A number that a layer computes. Only the inputs are given; all others are activations."),
    Term("Adam", "An optimizer that gives each parameter steps of its own size, from averages of its gradient."),
    Term(
        "affine layer",
        "A matrix product plus a bias: each output is a weighted sum of the inputs, plus a number.",
        ("affine map",),
    ),
    Term("annealing", "Letting the learning rate fall during training."),
    Term("attention", "A rule by which each word takes from other words, by shares that it computes itself."),
    Term(
        "backpropagation",
        "Working out all gradients from the loss back to the first layer, one layer at a time.",
        ("backward",),
    ),
    Term(
        "batch norm",
        "Giving the numbers of a unit, over a mini-batch, mean 0 and variance 1, then a learned scale and shift.",
        ("BatchNorm",),
    ),
    Term("bias", "A number that is added to a weighted sum, and learned like a weight.", ("biases",)),
    Term(
        "convolution", "A small window of weights that slides over a picture and is multiplied with what lies under it."
    ),
    Term(
        "cosine",
        "How far two vectors point the same way: 1 the same way, 0 at right angles, −1 opposite.",
        beside="angle",
    ),
    Term("cross-entropy", "A loss: minus the logarithm of the probability that was given to what is true."),
    Term("dot product", "The products of two rows of numbers, place by place, added up."),
    Term(
        "dropout",
        "Setting a random share of the activations to 0 during training, so that the network relies on no single one.",
    ),
    Term("embedding", "A row of learned numbers for each word, film or category: its vector."),
    Term("epoch", "One pass through all training examples."),
    Term("factor", "A number that describes a user or a film. It is learned; nobody says what it means."),
    Term("fine-tuning", "Training a network on a new task, starting from what it learned on another."),
    Term(
        "finite difference",
        "A slope found by trying: how much the loss changes over a small step, divided by that step.",
    ),
    Term("frozen", "Not trained: a frozen layer keeps its weights.", ("freezing", "freeze")),
    Term("gradient", "How fast the loss changes when a number changes: the slope in its direction."),
    Term(
        "head",
        "The last layers of a network, which answer the question; in attention, one set of queries, keys and values.",
    ),
    Term(
        "held out",
        "Kept away from training, to see what the model makes of examples that it has never seen.",
        ("held-out",),
    ),
    Term(
        "hidden",
        "Between inputs and outputs: a hidden unit's number is used only by the next layer.",
        beside="layer|hidden unit",
    ),
    Term("kernel", "The small window of weights of a convolution."),
    Term("key", "In attention, what a word shows so that others can find it."),
    Term("layer", "A step of a network: numbers in, numbers out."),
    Term("layer norm", "Giving the numbers of one word mean 0 and variance 1, then a learned scale and shift."),
    Term("learning rate", "How long a step is: the factor before the gradient.", ("rate",)),
    Term("logit", "A score of a class before it becomes a probability. It may be any number."),
    Term("loss", "One number that says how wrong a model is. Training makes it small."),
    Term("mask", "What hides the words that come later, so that no word is guessed by looking at it."),
    Term("matrix product", "Each row of one table against each column of another: the products, added up.", ("MMULT",)),
    Term("mini-batch", "Some of the examples, taken together for one step.", ("mini-batches", "batch", "batches")),
    Term(
        "momentum",
        "Adding up the gradients of the steps before, so that a step keeps some of its direction.",
        but=("momentum of batch norm", "by the momentum", "its momentum is no optimizer's"),
    ),
    Term(
        "norm", "The length of a vector: the square root of the sum of squares.", but=("(?:[Bb]atch|[Ll]ayer) norms?",)
    ),
    Term("one cycle", "A schedule: the learning rate rises, then falls to nearly 0.", ("one-cycle",)),
    Term("one-hot", "A row of zeros with a single 1, at the place of the word or class that it stands for."),
    Term("optimizer", "A rule that turns gradients into new parameters."),
    Term("overflow", "A number too large for the computer to hold."),
    Term("parameter", "A number that is learned: a weight or a bias."),
    Term("PCA", "Principal component analysis: the few directions along which many numbers differ most."),
    Term("pixel", "A point of a picture, as a number for its brightness."),
    Term("pretrained", "Trained before, on another task."),
    Term("query", "In attention, what a word looks for.", ("queries",)),
    Term("ReLU", "max(0, x): negative numbers become 0, others stay."),
    Term(
        "RMSE",
        "The square root of the mean squared error: a typical size of an error, in the unit of what is predicted.",
    ),
    Term("SGD", "Stochastic gradient descent: each step goes against the gradient of a mini-batch."),
    Term("shortcut", "Adding a layer's input to its output, so that nothing is lost on the way."),
    Term("sigmoid", "1 / (1 + e^−x): any number becomes one between 0 and 1."),
    Term("softmax", "Scores become probabilities: e to the power of each, divided by the sum of all."),
    Term(
        "temperature", "What scores are divided by before softmax: high makes shares alike, low lets the best take all."
    ),
    Term("transfer", "Using for a new task what was learned on another."),
    Term("validation", "Judging a model on examples that were kept away from training."),
    Term("value", "In attention, what a word has to give.", ()),
    Term("vocabulary", "All words that a model knows, each with a number."),
    Term(
        "weight",
        "A number that an input is multiplied with. It is learned.",
        but=("[Cc]lass weights?", "weights? of (?:its|each) class", "× weight"),
    ),
    Term(
        "weight decay",
        "Making parameters a little smaller in each step, so that none grows large without need.",
        ("decoupled decay", "L2"),
    ),
)
_ONLY_IN_ATTENTION = ("attention", "head", "key", "mask", "query", "value")
"""Words that mean something else, or nothing much, where no sheet is about attention."""


def terms_of(sheet: Sheet) -> tuple[Term, ...]:
    """The terms that stand on a sheet, in the order of the glossary."""
    if sheet.name in _ASIDE:
        return ()
    text = "\n".join(
        (
            sheet.said,
            *(words for item in sheet.items() if isinstance(item, Words) for words in (item.heading, item.text)),
            *(words for block in sheet.blocks for words in (block.title, block.words, block.note)),
        )
    )
    return _terms_in(" ".join(text.split()))


@lru_cache(maxsize=512)
def _terms_in(text: str) -> tuple[Term, ...]:
    """The terms that stand in a text; each sheet of a workbook asks this of all its sheets."""
    return tuple(term for term in TERMS if term.stands_in(text))


def first_on(sheets: Iterable[Sheet]) -> dict[str, tuple[Term, ...]]:
    """Sheet → the terms that stand on it and on none before it."""
    sheets = tuple(sheets)
    about_attention = any(sheet.name == "attention" for sheet in sheets)
    seen: set[str] = set() if about_attention else set(_ONLY_IN_ATTENTION)
    found = {}
    for sheet in sheets:
        new = tuple(term for term in terms_of(sheet) if term.name not in seen)
        seen |= {term.name for term in new}
        found[sheet.name] = new
    return found


def listed(sheets: Iterable[Sheet]) -> tuple[tuple[Term, Sheet], ...]:
    """Each term of a workbook with the sheet on which it first stands, in alphabetical order."""
    sheets = tuple(sheets)
    by_name = {sheet.name: sheet for sheet in sheets}
    pairs = [(term, by_name[name]) for name, terms in first_on(sheets).items() for term in terms]
    return tuple(sorted(pairs, key=lambda pair: pair[0].name.lower()))
