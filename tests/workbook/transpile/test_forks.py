"""A script that is forked ends as one that is started by itself: its output, its exit code, what Python says of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from workbook.transpile.back.forks import Forks, run_script
from workbook.xlsx.bounds import Bound
from workbook.xlsx.worker import Worker

SCRIPTS = {
    "it prints": "import sys\nprint(sys.argv[1:], __name__)",
    "it raises": "def half(x):\n    return 1 / x\n\n\nhalf(0)",
    "it goes round": "def again():\n    return again()\n\n\nagain()",
    "it exits with a number": "import sys\nsys.exit(3)",
    "it exits with words": "import sys\nsys.exit('no input')",
    "it is no Python": "1 +",
    "it reads beside itself": "import beside\nprint(beside.VALUE, open('beside.py').read())",
}


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with closing(Forks()) as own:
        yield own


def last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_forked_script_ends_as_one_that_is_started(name: str, forks: Forks, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPTS[name], encoding="utf-8")
    (tmp_path / "beside.py").write_text("VALUE = 7", encoding="utf-8")
    command = [sys.executable, str(script), "--dump", "out.json"]
    started = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    found = forks.run(command, cwd=tmp_path, timeout=60)
    assert (found.returncode, found.stdout) == (started.returncode, started.stdout)
    assert last_line(found.stderr) == last_line(started.stderr)
    assert ("line 2, in half" in found.stderr) == ("line 2, in half" in started.stderr)


PADDING = (
    "\n\n\ndef padding():\n    return [\n" + "        'a line of many that make a script long',\n" * 30_000 + "    ]\n"
)
LONG = {
    "it runs": "half = 2\n{0}\n\ndef double():\n    return 2 * half\n{0}\n\nprint(double(), __name__, len(padding()))",
    "it raises": "{0}\n\ndef second():\n    return 1 / 0\n{0}\n\nsecond()",
    "it is no Python": "{0}\n\ndef second():\n    return 1 +\n{0}",
    "its first half is no Python": "1 +\n{0}{0}",
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_script_that_two_processes_compile_ends_as_one_that_is_started(
    name: str, forks: Forks, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(LONG[name].format(PADDING), encoding="utf-8")
    command = [sys.executable, str(script)]
    started = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    found = forks.run(command, cwd=tmp_path, timeout=60)
    assert (found.returncode, found.stdout) == (started.returncode, started.stdout)
    told = started.stderr.partition(str(script))[2].partition("\n")[0]
    assert told in found.stderr, "the line is the script's own"
    assert last_line(found.stderr) == last_line(started.stderr)


def test_a_script_leaves_nothing_behind_for_the_next_one(forks: Forks, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import json\nprint(hasattr(json, 'mine'))\njson.mine = 1", encoding="utf-8")
    found = [forks.run([sys.executable, str(script)], cwd=tmp_path, timeout=60).stdout for _ in range(2)]
    assert found == ["False\n", "False\n"]


def test_a_script_that_does_not_end_is_ended(forks: Forks, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("while True:\n    pass", encoding="utf-8")
    with pytest.raises(subprocess.TimeoutExpired):
        forks.run([sys.executable, str(script)], cwd=tmp_path, timeout=1)


def test_a_script_that_is_killed_has_no_answer_and_the_next_one_has(forks: Forks, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import os, signal, sys\nos.kill(os.getpid(), int(sys.argv[1]))", encoding="utf-8")
    codes = [forks.run([sys.executable, str(script), str(n)], cwd=tmp_path, timeout=60).returncode for n in (9, 0)]
    assert codes == [-signal.SIGKILL, 0]


def test_the_process_that_forks_may_be_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import os, sys\nos.kill(os.getppid(), int(sys.argv[1]))", encoding="utf-8")
    with closing(Forks()) as own:
        codes = [own.run([sys.executable, str(script), str(n)], cwd=tmp_path, timeout=60).returncode for n in (9, 0)]
    assert codes == [-signal.SIGKILL, 0]


def test_an_interrupted_question_leaves_no_answer_for_the_next_one(forks: Forks, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import os, signal, sys\nos.kill(int(sys.argv[1]), signal.SIGINT)\nprint(1)", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        forks.run([sys.executable, str(script), str(os.getpid())], cwd=tmp_path, timeout=60)
    script.write_text("print(2)", encoding="utf-8")
    assert forks.run([sys.executable, str(script)], cwd=tmp_path, timeout=60).stdout == "2\n"


def test_scripts_are_forked_from_what_was_forked_before_there_was_a_thread(tmp_path: Path) -> None:
    # It need not be imported again, and when its process has been killed the next script has another.
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys\nprint('workbook.xlsx.serving' in sys.modules, os.getppid())\n"
        "if len(sys.argv) > 1:\n    os.kill(os.getppid(), 9)",
        encoding="utf-8",
    )
    command, bound = [sys.executable, str(script)], Bound("a script", 60.0, 2**30)
    with Worker(os.getpid, first="workbook.transpile.back.forks:fork_from_here") as worker:
        worker.prepared()
        said = [
            worker.call(run_script, [*command, *more], cwd=tmp_path, timeout=60, bound=bound).stdout.split()
            for more in ((), (), ("kill",), (), ())
        ]
    imported, parents = zip(*said, strict=True)
    assert imported == ("True", "True", "True", "False", "False")
    assert parents[0] == parents[1] == parents[2] != parents[3] == parents[4]
