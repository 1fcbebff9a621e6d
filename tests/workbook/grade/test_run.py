"""How files are handed to those who mark them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from workbook.grade.files import Marked, Submission
from workbook.grade.run import Markers


def test_few_files_are_read_ahead_and_each_comes_back_under_its_number() -> None:
    submissions = [Submission(f"{number}.xlsx", Path(f"{number}.xlsx")) for number in range(1000)]
    read: list[str] = []
    waiting: list[int] = []
    done: list[str] = []

    def hand(submission: Submission) -> bytes:
        read.append(submission.name)
        return submission.name.encode()

    def mark(files: Sequence[tuple[bytes, str]]) -> list[Marked]:
        done.extend(name for _, name in files)
        return [Marked(content.decode(), "") for content, _ in files]

    with ThreadPoolExecutor(2) as pool:
        workers = Markers(pool, 2, hand, mark, most=16)
        found = {}
        for number, marked in workers.marked(submissions, range(10, 1000)):
            found[number] = marked.file
            waiting.append(len(read) - len(found))
    assert found == {number: f"{number}.xlsx" for number in range(10, 1000)}
    assert sorted(done) == sorted(read) == sorted(found.values())
    assert max(waiting) <= 2 * 3 * 16


def test_the_files_of_a_lost_machine_are_told_and_the_others_are_marked() -> None:
    submissions = [Submission(f"{number}.xlsx", Path(f"{number}.xlsx")) for number in range(64)]

    def mark(files: Sequence[tuple[bytes, str]]) -> list[Marked]:
        if any(name == "9.xlsx" for _, name in files):
            raise OSError("the machine is gone")
        return [Marked(name, "") for _, name in files]

    with ThreadPoolExecutor(1) as pool:
        workers = Markers(pool, 1, lambda submission: b"", mark, most=4)
        found = dict(workers.marked(submissions, range(64)))
    assert {number for number, marked in found.items() if marked.refused} == {8, 9, 10, 11}
    assert found[9].refused == "OSError: the machine is gone"
    assert [found[number].file for number in range(64)] == [one.name for one in submissions]
