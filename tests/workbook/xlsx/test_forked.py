"""A process that is forked from another of ours is a process like any: it answers, and it ends, by itself."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator

import pytest
import work
from processes import all_end, started_by

from workbook.xlsx.bounds import Bound, EndedError
from workbook.xlsx.forked import Fork
from workbook.xlsx.worker import Worker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there are processes forked")
BOUND = Bound("a.xlsx", 60.0, 2**30)


@pytest.fixture
def both() -> Iterator[tuple[Worker[int], Worker[int]]]:
    fork = Fork()
    with (
        Worker(work.loaded_by, load="work:load", forks=[fork]) as first,
        Worker(work.loaded_by, forked=fork) as second,
    ):
        yield first, second


def pid(worker: Worker[int]) -> int:
    return worker.call(os.getpid, bound=BOUND)


def test_it_has_what_the_first_has_loaded_and_a_session_and_folder_of_its_own(
    both: tuple[Worker[int], Worker[int]],
) -> None:
    first, second = both
    assert first.prepared() == second.prepared() == pid(first) != pid(second)
    assert pid(second) in started_by(pid(first))
    for place in (os.getsid, os.getpgid):
        assert [worker.call(place, 0, bound=BOUND) for worker in both] == [pid(first), pid(second)]
    folders = [worker.call(tempfile.gettempdir, bound=BOUND) for worker in both]
    assert len({*folders, tempfile.gettempdir()}) == 3


def test_its_death_is_one_sentence_and_another_answers_in_its_place(both: tuple[Worker[int], Worker[int]]) -> None:
    first, second = both
    before = pid(first), pid(second)
    with pytest.raises(EndedError, match=r"^a\.xlsx: the process that opened it was ended by it \(SIGKILL\)$"):
        second.call(os.kill, before[1], signal.SIGKILL, bound=BOUND)
    assert pid(second) not in before
    assert pid(first) == before[0]


def test_it_outlives_the_first_and_nothing_outlives_both(both: tuple[Worker[int], Worker[int]]) -> None:
    first, second = both
    pids = [pid(first), pid(second)]
    first.close()
    assert all_end(pids[:1])
    assert pid(second) == pids[1]
    second.close()
    assert all_end(pids)


def test_it_ends_by_itself_when_nobody_is_there_to_ask() -> None:
    fork = Fork()
    with Worker(work.loaded_by, load="work:load", forks=[fork]), Worker(work.loaded_by, forked=fork) as second:
        number = pid(second)
        fork.stdin.close()
        assert all_end([number])


def test_one_whose_first_process_never_loads_says_so() -> None:
    fork = Fork()
    with (
        Worker(work.loaded_by, load="work:no_such_function", forks=[fork]) as first,
        Worker(work.loaded_by, forked=fork) as second,
    ):
        for worker in (first, second):
            with pytest.raises(EndedError, match=r"^the process that opens files did not start"):
                worker.prepared()
