"""What is done aside gives what it gives here, at the same time where there is a core for it, and leaves nothing."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import aside_work
import pytest
from processes import all_end, until

from workbook.errors import FileError, WorkbookError
from workbook.xlsx.aside import Aside, may_fork
from workbook.xlsx.bounds import Bound
from workbook.xlsx.worker import Worker

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="work is done aside on Linux with two cores"
)
WIDE = Bound("a.xlsx", 60.0, 2**30)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker[int]]:
    with Worker(os.getpid) as one:
        yield one


def test_where_files_are_opened_a_second_core_does_it_and_no_third(worker: Worker[int]) -> None:
    own, fork, of_the_fork = worker.call(aside_work.pids, 2, bound=WIDE)
    assert own == worker.prepared() != fork == of_the_fork


def test_with_one_core_it_is_done_when_it_is_asked_for(worker: Worker[int]) -> None:
    own, fork, of_the_fork = worker.call(aside_work.pids, 1, bound=WIDE)
    assert own == fork == of_the_fork


def test_elsewhere_it_is_done_when_it_is_asked_for() -> None:
    assert not may_fork()
    with Aside(os.getpid) as work:
        assert work.result() == os.getpid()


def test_both_are_done_at_the_same_time(worker: Worker[int], tmp_path: Path) -> None:
    assert worker.call(aside_work.meanwhile, tmp_path, bound=WIDE) < WIDE.seconds


def test_what_perhaps_nobody_asks_for_lets_others_go_first(worker: Worker[int]) -> None:
    own, late, soon = worker.call(aside_work.ways, bound=WIDE)
    assert late > own == soon


def test_what_it_raises_is_raised(worker: Worker[int]) -> None:
    with pytest.raises(FileError, match=r"^b\.xlsx: refused by \d+$") as refused:
        worker.call(aside_work.refused, bound=WIDE)
    assert str(worker.prepared()) not in str(refused.value)
    with pytest.raises(ZeroDivisionError):
        worker.call(aside_work.divided, bound=WIDE)


def test_what_is_ended_is_done_here(worker: Worker[int]) -> None:
    own = worker.prepared()
    assert worker.call(aside_work.killed, own, bound=WIDE) == own


def test_what_nobody_waits_for_is_ended(worker: Worker[int], tmp_path: Path) -> None:
    assert all_end([worker.call(aside_work.given_up, tmp_path / "pid", bound=WIDE)])


def test_it_is_ended_with_the_process_that_opens_files(tmp_path: Path) -> None:
    with Worker(os.getpid) as one:

        def ask() -> None:
            with pytest.raises(WorkbookError):
                one.call(aside_work.begun, tmp_path / "fork", bound=WIDE)

        asking = Thread(target=ask)
        asking.start()
        files = [tmp_path / "fork", tmp_path / "fork.own"]
        assert until(lambda: all(file.exists() and file.read_text() for file in files))
        found = [int(file.read_text()) for file in files]
        one.close()
        asking.join()
    assert found[0] != found[1]
    assert all_end(found)
