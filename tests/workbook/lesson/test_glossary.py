"""The words of the field: found where they stand, explained in plain words, linked from where they stand first."""

from pathlib import Path

import pytest

from workbook.lesson import glossary, opening
from workbook.lesson.lesson import Given, Sheet, Words
from workbook.lessons import find, names
from workbook.plan.plan import Plan


def sheet(name: str, words: str, **more: object) -> Sheet:
    return Sheet(name=name, title=name.title(), words=words, **more)  # type: ignore[arg-type]


def found(*sheets: Sheet) -> dict[str, list[str]]:
    return {name: [term.name for term in terms] for name, terms in glossary.first_on(sheets).items()}


def test_a_word_is_new_on_the_first_sheet_that_has_it_in_any_form() -> None:
    first = sheet("one", "Logits make a loss.")
    again = sheet("two", "The logit, and two mini-batches.", layout=(Words("Softmax"),))
    assert found(first, again) == {"one": ["logit", "loss"], "two": ["mini-batch", "softmax"]}


def test_a_word_in_the_title_of_a_block_counts_and_a_part_of_a_word_does_not() -> None:
    block = Given(name="w", title="weights", value=1.0, low=0, high=2)
    from workbook.lesson.lesson import Fields

    assert found(sheet("one", "Lossless norms.", blocks=(block,), layout=(Fields("w"),))) == {"one": ["norm", "weight"]}


def test_the_first_sheet_and_the_glossary_itself_introduce_nothing() -> None:
    assert found(opening.start("A", "A loss."), opening.terms()) == {"start": [], "glossary": []}


def test_words_of_attention_are_explained_only_where_it_is() -> None:
    assert found(sheet("other", "a key and a value")) == {"other": []}
    assert found(sheet("attention", "a key and a value")) == {"attention": ["key", "value"]}


@pytest.mark.parametrize(
    "words",
    ["Nothing is hidden in a macro.", "Batch norm, layer norms.", "A linear and a cosine schedule.", "Class weights."],
)
def test_a_word_in_another_meaning_is_not_the_glossary_s(words: str) -> None:
    terms = found(sheet("one", words))["one"]
    assert not {"hidden", "norm", "cosine", "weight"} & set(terms)


def test_a_word_that_can_mean_something_else_is_found_where_it_does_not() -> None:
    words = "The cosine of an angle. Batch norm is no norm. A hidden layer. Class weights are no weights."
    assert {"cosine", "norm", "hidden", "weight"} <= set(found(sheet("one", words))["one"])


@pytest.mark.parametrize("term", glossary.TERMS, ids=lambda term: term.name)
def test_a_meaning_is_one_short_plain_sentence_or_two(term: glossary.Term) -> None:
    assert term.meaning.endswith(".")
    assert len(term.meaning) <= 115
    assert term.pattern.search(term.name)


def test_terms_are_in_alphabetical_order_and_each_once() -> None:
    listed = [term.name.lower() for term in glossary.TERMS]
    assert listed == sorted(listed)
    assert len(set(listed)) == len(listed)


def test_the_path_names_every_workbook_that_can_be_built_and_no_other() -> None:
    assert {Path(file).stem for file, _ in opening.PATH} == set(names())
    for name in names():
        assert find(name).name == name


def test_each_word_links_to_its_meaning_and_back(every: tuple[Path, Plan]) -> None:
    layouts = {layout.sheet.name: layout for layout in every[1].layouts}
    if glossary.NAME not in layouts:
        pytest.skip("the lesson has no glossary")
    home = layouts[glossary.NAME]
    at = {f"'{home.sheet.title}'!A{label.row}": label.text for label in home.labels if label.column == 1}
    expected = {
        name: [term.name for term in terms]
        for name, terms in glossary.first_on(layout.sheet for layout in every[1].layouts).items()
    }
    assert sum(map(len, expected.values())) > 3
    for name, layout in layouts.items():
        links = [label for label in layout.labels if label.link in at and name not in ("start", glossary.NAME)]
        assert [at[label.link] for label in links] == [label.text for label in links] == expected[name]
    assert [label.link for label in home.labels if label.text.startswith("first on ")] == [
        f"'{sheet.title}'!A1" for _, sheet in glossary.listed(layout.sheet for layout in every[1].layouts)
    ]
