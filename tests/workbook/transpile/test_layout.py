"""How scripts are laid out: as ruff does, whatever stands around."""

import ast
from pathlib import Path

import pytest

from workbook.transpile.back.script import formatted


def test_a_script_is_laid_out_by_ruff() -> None:
    assert formatted("x = {'a':1,\n'b' :2}\n\n\n\ny=3") == 'x = {"a": 1, "b": 2}\n\n\ny = 3\n'


def test_numbers_that_ruff_puts_on_lines_of_their_own_fill_lines() -> None:
    numbers = [float(k) for k in range(200)]

    made = formatted(f"x = {numbers}")

    assert ast.literal_eval(made.removeprefix("x = ")) == numbers
    assert len(made.splitlines()) < 20
    assert max(map(len, made.splitlines())) <= 120


def test_settings_of_the_folder_that_we_stand_in_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ruff.toml").write_text("line-length = 20\nformat.quote-style = 'single'\n")
    monkeypatch.chdir(tmp_path)

    assert formatted('total = first + "second" + third') == 'total = first + "second" + third\n'


def test_what_is_no_python_stays_as_it_is() -> None:
    assert formatted("x = (") == "x = (\n"


def test_what_is_nested_too_deeply_for_python_gets_a_layout_or_stays_as_it_is() -> None:
    source = f"x = {'(1 + ' * 5000}1{')' * 5000}"

    assert "".join(formatted(source).split()) == "".join(source.split())


def test_what_is_nested_deeper_than_a_line_is_long_is_the_same_program() -> None:
    source = f"x = {'power(' * 61}None, 12345.5, name{', 2)' * 61}"

    assert ast.dump(ast.parse(formatted(source))) == ast.dump(ast.parse(source))
