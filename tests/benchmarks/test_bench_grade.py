"""How long marking takes: a file, a class, and a file in the naive way (read, recalculate whole, compare)."""

import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from classroom import course_of
from submissions import answers, fill

from workbook.check.recalc.ironcalc import IronCalc
from workbook.grade.files import mark_file
from workbook.grade.grading import grade
from workbook.grade.handout import hand_out
from workbook.grade.roster import Student
from workbook.grade.run import prepare
from workbook.xlsx.bounds import Bound
from workbook.xlsx.read import read_workbook
from workbook.xlsx.worker import Worker

FILES = int(os.environ.get("GRADBOOK_FILES", "200"))
LESSONS = ("cross_entropy", "optimizers", "collab_filter", "mnist_from_scratch")


def seconds(function: Callable[[], object], times: int = 5) -> float:
    """The least processor time of some calls."""
    found = []
    for _ in range(times):
        begun = time.process_time()
        function()
        found.append(time.process_time() - begun)
    return min(found)


def naive(path: Path) -> None:
    read_workbook(path)
    with IronCalc().open(path) as session:
        session.values()


@pytest.mark.parametrize("lesson", LESSONS)
def test_marking_a_file(lesson: str, tmp_path: Path) -> None:
    course = course_of(lesson)
    (path,) = hand_out(course, [Student("ann")], tmp_path, solutions=False, progress=lambda *_: None)
    filled = fill(path, tmp_path / "ann.xlsx", answers(course))
    found = mark_file(filled, "ann", "half")
    assert found.points == found.of
    marking = seconds(lambda: mark_file(filled, "ann", "half"))
    print(f"\n{lesson}: {1000 * marking:.1f} ms of CPU a file; naive {1000 * seconds(lambda: naive(filled)):.1f} ms")


def spent() -> float:
    """The processor time of this process and of those that it started and that ended."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    """Right answers and every slip, in turn."""
    course = course_of("cross_entropy")
    (path,) = hand_out(course, [Student("ann")], tmp_path, solutions=False, progress=lambda *_: None)
    each: list[dict[str, str | None]] = [{}]
    each += [{exercise.name: slip.pattern} for exercise in course.exercises.each for slip in exercise.slips]
    contents = [fill(path, tmp_path / "x.xlsx", answers(course, **patterns)).read_bytes() for patterns in each]
    (tmp_path / "in").mkdir()
    for number in range(FILES):
        (tmp_path / "in" / f"{number:05d}.xlsx").write_bytes(contents[number % len(contents)])
    return tmp_path / "in"


def test_marking_a_class(submissions: Path, tmp_path: Path) -> None:
    for jobs in (1, 2):
        begun, before = time.monotonic(), spent()
        graded = grade([submissions], tmp_path / f"out{jobs}", jobs=jobs, progress=lambda *_: None)
        assert len(graded.marked.files) == FILES
        print(
            f"\n{FILES} files, {jobs} at once: {time.monotonic() - begun:.1f} s by the clock, {spent() - before:.1f} s "
            "of CPU"
        )


def peak() -> str:
    """The most memory that this process had, as Linux says it."""
    return next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))


def test_memory_of_a_worker(submissions: Path) -> None:
    with Worker(prepare) as worker:
        for path in sorted(submissions.iterdir())[:50]:
            worker.call(mark_file, path, path.name, "half", bound=Bound.of(path))
        print(f"\na worker after 50 files: {worker.call(peak, bound=Bound.of(path))}")


class Held:
    """Processes that have only a share of a core each, as on a slower machine with a core for each of them.

    Four workers beside client and scheduler can't be compared with one where there are fewer than five cores.
    """

    PERIOD = 0.1

    def __init__(self, workers: Sequence[int], share: float) -> None:
        """Of these processes and their children."""
        self._ended = threading.Event()
        # One after the other, so that no more of them run at once than there are cores.
        turns = [(pid, share, k / len(workers)) for k, pid in enumerate(workers) if share < 1]
        self._threads = [threading.Thread(target=self._hold, args=turn) for turn in turns]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _hold(self, pid: int, share: float, phase: float) -> None:
        import psutil

        worker, last = psutil.Process(pid), 0.0
        every = [worker]
        while not self._ended.is_set():
            now = time.monotonic()
            begins = (now // self.PERIOD + phase) * self.PERIOD
            begins += self.PERIOD if begins + share * self.PERIOD < now else 0
            self._send(every, signal.SIGSTOP)
            self._ended.wait(max(begins - time.monotonic(), 0))
            if now > last + 1:
                every, last = [worker, *worker.children(recursive=True)], now
            self._send(every, signal.SIGCONT)
            self._ended.wait(max(begins + share * self.PERIOD - time.monotonic(), 0))
        self._send(every, signal.SIGCONT)

    @staticmethod
    def _send(processes: Sequence[Any], sign: int) -> None:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process.pid, sign)


def test_marking_a_class_on_dask(submissions: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    most = 4
    # Half of the cores stay for the client, the scheduler and whatever else runs.
    share = min(1.0, len(os.sched_getaffinity(0)) / (2 * most))
    alone = 0.0
    for workers in (1, 2, most):
        options = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
        with (
            distributed.LocalCluster(**options) as cluster,
            distributed.Client(cluster) as client,
            Held(list(client.run(os.getpid).values()), share),
        ):
            begun = time.monotonic()
            address = cluster.scheduler_address
            grade([submissions], tmp_path / f"far{workers}", scheduler=address, progress=lambda *_: None)
            took = time.monotonic() - begun
        alone = alone or took
        print(
            f"\n{FILES} files, {workers} Dask workers with {share:.2f} of a core each: {took:.1f} s by the clock, "
            f"{alone / took:.2f} times as fast as one"
        )
