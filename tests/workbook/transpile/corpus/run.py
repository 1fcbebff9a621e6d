"""The command under test on many files: one process that transpiles them all, and one that runs all scripts."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpus.cases import Shown

_ROOT = Path(__file__).resolve().parents[4]
SECONDS = 30
"""The most that one file may take, of processor time."""
# Starting Python and importing what it needs costs more than a small workbook does.
_HEAD = """
import contextlib, io, json, runpy, signal, sys, traceback

def late(signal_number, frame):
    raise TimeoutError("out of time")

signal.signal(signal.SIGVTALRM, late)
answers = []
for job in json.load(sys.stdin):
    said, code = io.StringIO(), None
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = work(*job)
    except SystemExit as stop:
        code = 0 if stop.code is None else stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        code = -1
        traceback.print_exc(file=said)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    answers.append([code, said.getvalue()])
print("\\n" + json.dumps(answers))
"""
# Nothing of a file that is in the corpus needs a process of its own, nor do scripts that are forked.
_TRANSPILE = """
from in_process import InProcess
from workbook.app.cli import main
from workbook.transpile.back.forks import fork_scripts
from workbook.xlsx import worker

worker.Worker = InProcess
fork_scripts()

def work(path, script, target):
    return main(["code", path, "--to", target, "--out", script])
"""
_RUN = """
import runpy, sys

def work(script, dump):
    sys.argv = [script, "--dump", dump]
    runpy.run_path(script, run_name="__main__")
    return 0
"""


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes:
        code: exit code of the command; -1 where it ended in no orderly way.
        said: what it wrote.
        script: the path of the script, which may not be there.
        ran: exit code of the script, None where there is none.
        complained: what the script wrote, its results apart.
        dumped: the values that it dumped.
    """

    code: int
    said: str
    script: Path
    ran: int | None = None
    complained: str = ""
    dumped: dict[str, Shown] = field(default_factory=dict)


def transpile(paths: Sequence[Path], folder: Path, target: str = "numpy") -> dict[Path, Outcome]:
    """A script of each workbook, written to the folder and not yet run."""
    scripts = {path: folder / f"{path.name.replace('.', '_')}_{target}.py" for path in paths}
    jobs = [[str(path), str(script), target] for path, script in scripts.items()]
    answers = _batch(_TRANSPILE, jobs, folder, {"PYTHONPATH": os.pathsep.join([str(_ROOT), str(_ROOT / "tests")])})
    return {
        path: Outcome(code, said, script) for (path, script), (code, said) in zip(scripts.items(), answers, strict=True)
    }


def run(paths: Sequence[Path], folder: Path, target: str = "numpy") -> dict[Path, Outcome]:
    """A script of each workbook, and the values that it computes in a process that has no gradbook on its path."""
    made = transpile(paths, folder, target)
    there = {path: done.script for path, done in made.items() if done.script.exists()}
    answers = _batch(_RUN, [[str(script), str(_dump(script))] for script in there.values()], folder, {"PYTHONPATH": ""})
    for path, (ran, complained) in zip(there, answers, strict=True):
        done = made[path]
        made[path] = Outcome(done.code, done.said, done.script, ran, complained, _read(_dump(done.script)))
    return made


def _dump(script: Path) -> Path:
    return script.with_suffix(".json")


def _read(dump: Path) -> dict[str, Shown]:
    if not dump.exists():
        return {}
    try:
        found: dict[str, Shown] = json.loads(dump.read_text(encoding="utf-8"), parse_constant=_no_constant)
    except ValueError as error:
        return {"unreadable": str(error)}
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _batch(work: str, jobs: Sequence[Sequence[str]], folder: Path, paths: Mapping[str, str]) -> list[tuple[int, str]]:
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"SECONDS = {SECONDS}\n{work}{_HEAD}"],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | paths,
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return [(code, said) for code, said in json.loads(done.stdout.splitlines()[-1])]
