"""Words from a workbook are shown in a notebook, never made of it."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from small_books import save

from workbook.transpile import transpile


@pytest.mark.parametrize(
    "title",
    ["<img src=x onerror=a>", "`<script>`", "&lt;b> __b__", "<http-a.b>", "$$href{a}$$", "<!-- -->", "~~a~~ |"],
)
def test_a_title_is_text_in_every_cell_of_words(title: str, tmp_path: Path) -> None:
    path = save(tmp_path / "book.xlsx", {title: {"A1": 1, "A2": "=A1*2"}})
    path = path.rename(tmp_path / f"![a](b) {title.replace('/', '')}.xlsx")
    book = json.loads(transpile(path, target="notebook").script.source)
    # What Jupyter allows in words: CommonMark with HTML, tables and struck words.
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    shown = [reader.render("".join(cell["source"])) for cell in book["cells"] if cell["cell_type"] == "markdown"]
    assert path.name in unescape(shown[0])
    for words in shown:
        plain = words.replace("<code>gradbook code</code>", "").replace("<code>book.SHEET.NAME</code>", "")
        plain = plain.replace("<code>dump(book, 'cells.json')</code>", "")
        for tag in ("p", "h1", "li", "ul"):
            plain = plain.replace(f"<{tag}>", "").replace(f"</{tag}>", "")
        assert "<" not in plain, "no tag but those of plain words"
    for cell in book["cells"]:
        if cell["cell_type"] == "markdown":
            assert not re.search(r"(?<!\\)[$]", "".join(cell["source"])), "no mathematics, which Jupyter typesets"
