"""The page's script: joined from its modules into one, tested by node, and its formats against the scripts' own."""

import json
import math
import random
import subprocess
from pathlib import Path

import pytest

from workbook.page.script import joined_script, opening_script
from workbook.transpile.runtime.formats import TEXT

ROOT = Path(__file__).parents[3]
MODULES = ROOT / "workbook" / "page" / "script"
FORMATS = ("0", "0.0", "0.00", "0.0000", "#,##0", "#,##0.00", "0.0%", "0E+00", "0.0E+00", "0.00E+00", "+0.0%;-0.0%")


def test_the_modules_pass_their_own_tests(node: str) -> None:
    # `node --test` starts a process for each file.
    tests = "".join(
        f'import "{path.as_uri()}";\n' for path in sorted((Path(__file__).parent / "script").glob("*.test.js"))
    )
    program = [node, "--input-type=module", "--eval", tests]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


def test_the_joined_script_is_one_that_a_page_may_hold(node: str, tmp_path: Path) -> None:
    text = joined_script()
    assert "import" not in {line.split(" ")[0] for line in text.splitlines()}
    assert "</script" not in text
    assert "<!--" not in text
    (tmp_path / "joined.cjs").write_text(text, encoding="utf-8")
    done = subprocess.run([node, "--check", str(tmp_path / "joined.cjs")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_module_is_left_out() -> None:
    text = joined_script() + "// open.js\n" + opening_script()
    for module in MODULES.glob("*.js"):
        assert f"// {module.name}\n" in text


@pytest.mark.parametrize(
    ("modules", "complaint"),
    [
        ({"main.js": 'import { a } from "./b.js";\n', "b.js": "const b = 1;\n"}, "does not declare it"),
        ({"main.js": 'import { a } from "./b.js";\nconst x = 1;\n', "b.js": "export const a = 1, x = 2;\n"}, ""),
        ({"main.js": 'import { a } from "./b.js";\nconst a = 1;\n', "b.js": "export const a = 1;\n"}, "as b.js does"),
        ({"main.js": 'import { a } from "./b.js";\n', "b.js": 'import { c } from "./main.js";\n'}, "a circle"),
        ({"main.js": "export default 1;\n"}, "another form"),
        ({"main.js": 'import x from "./b.js";\n'}, "another form"),
    ],
)
def test_modules_that_cannot_be_joined_are_refused(modules: dict[str, str], complaint: str, tmp_path: Path) -> None:
    for name, text in modules.items():
        (tmp_path / name).write_text(text)
    if not complaint:
        joined_script(folder=tmp_path)
        return
    with pytest.raises(ValueError, match=complaint):
        joined_script(folder=tmp_path)


def test_numbers_are_shown_as_the_function_text_shows_them(node: str, tmp_path: Path) -> None:
    # TEXT is Python, written for scripts and compared with LibreOffice; the page's formats are JavaScript.
    rng = random.Random(15)
    numbers = [0.0, 0.5, -0.5, 1e-9, -1e-9, 999.995, 0.05, 1e6, -1e6, 123456.789]
    numbers += [rng.choice([-1, 1]) * 10 ** rng.uniform(-7, 8) for _ in range(300)]
    cases = [(value, form) for form in FORMATS for value in numbers]
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    program = (
        f'import {{ formatNumber }} from "{(MODULES / "formats.js").as_uri()}";\n'
        'import { readFileSync } from "node:fs";\n'
        f"const cases = JSON.parse(readFileSync({json.dumps(str(tmp_path / 'cases.json'))}));\n"
        "console.log(JSON.stringify(cases.map(([value, form]) => formatNumber(value, form))));\n"
    )
    done = subprocess.run([node, "--input-type=module", "-e", program], capture_output=True, text=True, check=True)
    for (value, form), shown in zip(cases, json.loads(done.stdout), strict=True):
        expected = TEXT(value, form)
        # A number that rounds to 0 keeps its sign in TEXT; on a sheet it has none.
        if ";" not in form and not any(digit in "123456789" for digit in expected):
            expected = expected.lstrip("-")
        assert shown == expected, (value, form)
        assert math.isfinite(value)
