"""The page as text: frame, styles, script and data in one file, under a policy that lets nothing else in."""

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from workbook.page.code import Code
from workbook.page.script import joined_script, opening_script
from workbook.resources import render, templates

MOST_TOGETHER = 200_000
"""A workbook of more formula cells is computed by a thread of its own: no edit may hold the page up for a frame."""
_LEVEL = 6
"""Of gzip; 9 takes twice the time for pages that are a hundredth smaller."""


def page(
    description: Mapping[str, Any],
    engine: str,
    cells: Mapping[str, Any],
    codes: Sequence[Code],
    file: Mapping[str, Any],
    *,
    apart: bool | None = None,
) -> str:
    """A workbook's page.

    Args:
        description: what `describe` gives.
        engine: the JavaScript that computes its cells, a function expression.
        cells: what that function is given.
        codes: the scripts that do the same.
        file: the parts of the workbook's file, for handing it over with edits (see `workbook.page.file`); empty where
            the page is not to.
        apart: whether a thread of its own computes the cells; by how many they are where it is not said.
    """
    computed = sum(height * width for _, _, _, height, width in cells.get("regions", ()))
    data = {
        **description,
        "codes": [code.data() for code in codes],
        "saves": bool(file),
        "apart": computed > MOST_TOGETHER if apart is None else apart,
    }
    program = f"const gradbookEngine = {engine};\n{joined_script()}"
    return _frame(
        "page/page.html.j2",
        title=str(description["title"]),
        style=_style(),
        scripts=[opening_script()],
        programs=[program],
        payloads={"program": _gzipped(program), "cells": _packed(cells), "page": _packed(data), "file": _packed(file)},
    )


def index(entries: Sequence[Mapping[str, Any]]) -> str:
    """The page that lists pages: file, title and sentence of each."""
    return _frame("page/index.html.j2", title="gradbook", style=_style("index.css"), scripts=[], entries=entries)


def _frame(template: str, *, style: str, scripts: Sequence[str], programs: Sequence[str] = (), **values: Any) -> str:
    """A page; of its scripts some stand in it as they are, and of others the policy knows the digests alone."""
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, [*scripts, *programs])) or repr('none')}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "worker-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return render(template, style=style, scripts=scripts, policy=policy, **values)


def _hash(text: str) -> str:
    """How a policy names an inline element: the digest of what stands between its tags."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _packed(data: Mapping[str, Any]) -> str:
    """The data as JSON, gzipped, in base64: whatever it holds, no browser reads it as markup."""
    return _gzipped(json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False))


def _gzipped(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(errors="surrogatepass"), _LEVEL, mtime=0)).decode()


@cache
def _style(name: str = "page.css") -> str:
    return (Path(templates()) / "page" / name).read_text(encoding="utf-8")
