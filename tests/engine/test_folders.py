"""What a killed run left is gone after the next one; what another run works in is not touched."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import IO

import pytest
from processes import PATIENCE_S

from engine import folders
from engine.folders import unfinished

HOLDS = """
import sys, time
from pathlib import Path
from engine.folders import unfinished
with unfinished(Path(sys.argv[1])) as folder:
    (folder / "large.xlsx").write_bytes(b"half of it")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_a_folder_is_there_while_it_is_needed(tmp_path: Path) -> None:
    with unfinished(tmp_path) as folder:
        (folder / "a").write_text("a")
        assert folder.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_swept_and_what_a_live_one_has_is_not(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(folders.__file__).parent.parent)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        theirs = Path(process.stdout.readline().strip())
        with unfinished(tmp_path) as mine, unfinished(tmp_path):
            assert (theirs / "large.xlsx").read_bytes() == b"half of it"
            assert mine.is_dir()
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)
    assert theirs.is_dir()

    with unfinished(tmp_path) as mine:
        assert list(tmp_path.iterdir()) == [mine]


def interrupted_at(step: int, out: Path) -> bool:
    """Whether making a folder has such a step, at which it is interrupted; a step is an instruction of Python's."""
    left, inside = step, 0

    def trace(frame: FrameType, event: str, _: object) -> object:
        nonlocal left, inside
        if frame.f_code is unfinished.__wrapped__.__code__:  # type: ignore[attr-defined]
            inside += {"call": 1, "return": -1}.get(event, 0)
        frame.f_trace_opcodes = inside > 0
        if event == "opcode":
            left -= 1
            if left < 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    try:
        sys.settrace(trace)
        with unfinished(out):
            sys.settrace(None)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


@pytest.mark.skipif(sys.gettrace() is not None, reason="another tracer is at work")
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of the standard library, interrupted between opening and use
def test_an_interruption_while_a_folder_is_made_leaves_none(tmp_path: Path) -> None:
    step = 0
    while interrupted_at(step, tmp_path):
        assert list(tmp_path.iterdir()) == [], f"step {step}"
        step += 1
    assert step > 50


@pytest.mark.skipif(sys.platform == "win32", reason="a lock of Windows is its process's")
@pytest.mark.parametrize("swept", [True, False], ids=["swept before", "being swept"])
def test_a_folder_that_another_run_takes_for_nobodys_before_it_is_locked_is_made_again(
    swept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, taken = folders.take, list[Path]()

    def late(file: IO[bytes]) -> None:
        if not taken:
            taken.append(Path(file.name))
            if swept:
                folders.remove_abandoned(tmp_path)
                assert not taken[0].exists()
            else:
                lock(other.enter_context(taken[0].open("r+b")))
        lock(file)

    monkeypatch.setattr(folders, "take", late)
    with ExitStack() as other, unfinished(tmp_path) as mine:
        assert mine != taken[0].parent
        assert list(tmp_path.iterdir()) == [mine]
        folders.remove_abandoned(tmp_path)
        assert mine.is_dir()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [".gradbook-old", "mine"])
def test_a_folder_without_a_lock_of_ours_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "work.txt").write_text("work")
    with unfinished(tmp_path):
        pass
    assert (tmp_path / name / "work.txt").read_text() == "work"
