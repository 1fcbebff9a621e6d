"""The runtime's modules joined to one script: what is needed and no more, and a form for each function of Excel's."""

import json
from pathlib import Path

import pytest
from py_mini_racer import MiniRacer

from workbook.transpile.back.javascript import bundle
from workbook.transpile.back.javascript.functions import FORMS
from workbook.transpile.back.javascript.shapes import BRANCHES
from workbook.transpile.front.functions import FUNCTIONS
from workbook.transpile.runtime import units


def test_every_module_in_the_folder_is_joined() -> None:
    assert sorted(path.stem for path in bundle.FOLDER.glob("*.js")) == sorted(bundle.MODULES)


def test_every_form_names_a_function_of_the_runtime() -> None:
    assert {form.helper for form in FORMS.values()} <= bundle.declarations().keys()


def test_every_function_that_scripts_have_has_a_form_but_those_that_search() -> None:
    # A name with a blank in it is no function of Excel's.
    ours = {name for name in FUNCTIONS if name.replace(".", "").isalnum()}
    missing = ours - FORMS.keys() - BRANCHES.keys()
    assert {name for name in missing if not name.startswith("FORECAST.ETS")} == set()


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("PREFIXES", units.PREFIXES),
        ("BINARY_PREFIXES", units.BINARY),
        ("UNITS", units.UNITS),
        ("TEMPERATURES", units.TEMPERATURES),
    ],
)
def test_the_units_of_a_page_are_those_of_a_script(name: str, ours: object) -> None:
    with MiniRacer() as engine:
        text = engine.eval(f"{bundle.joined('', [name])}\nJSON.stringify({name})")
    # JSON has no tuples; every factor is the same to the last bit.
    assert json.loads(str(text), parse_int=float) == json.loads(json.dumps(ours), parse_int=float)


def test_a_script_holds_what_it_needs_and_no_more() -> None:
    text = bundle.joined("SLOPE(a, b)", ())
    assert "function SLOPE(" in text
    assert "function pairs(" in text
    assert "function MEDIAN(" not in text
    assert not any(line.startswith(("import ", "export ", "//", "/*")) for line in text.splitlines())


def test_a_name_in_a_text_is_no_use_of_it() -> None:
    assert "function MEDIAN(" not in bundle.joined('txt("MEDIAN")', ())


@pytest.mark.parametrize(
    ("source", "complaint"),
    [("export function sum() {\n}\nexport function sum() {\n}", "declares sum"), ("run();", "declares nothing")],
)
def test_a_module_that_cannot_be_joined_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, complaint: str
) -> None:
    (tmp_path / "one.js").write_text(source, encoding="utf-8")
    monkeypatch.setattr(bundle, "FOLDER", tmp_path)
    monkeypatch.setattr(bundle, "MODULES", ("one",))
    bundle.declarations.cache_clear()
    with pytest.raises(ValueError, match=complaint):
        bundle.declarations()
    bundle.declarations.cache_clear()
