"""A file that came back → whose it is, and its marks; and all files of folders and archives."""

import gc
import hashlib
import os
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from workbook import lessons
from workbook.check.manifest import read_manifest
from workbook.errors import FileError, WorkbookError
from workbook.grade.bench import Bench
from workbook.grade.course import MOST_DRAWS, Course
from workbook.grade.marker import mark
from workbook.grade.verdicts import Mark, Typed
from workbook.plan.plan import STUDENT
from workbook.xlsx.read import read_workbook
from workbook.xlsx.worker import is_inside

SUFFIXES = (".xlsx", ".xlsm")
_ARCHIVE = ".zip"
_MISTAKEN = (".xls", ".xlsb", ".xltx", ".ods", ".fods", ".numbers", ".rar", ".7z")
"""What is handed in for a workbook and can't be marked."""
_MOST_FILES, _LARGEST, _LARGEST_ALL = 100_000, 100 * 2**20, 8 * 2**30
_BENCHES = 8


@dataclass(frozen=True)
class Submission:
    """A file that came back.

    Args:
        name: what it is called where it came from, folders with `/`.
        path: where it can be read.
    """

    name: str
    path: Path


@dataclass(frozen=True)
class Marked:
    """What a file is worth.

    Args:
        file: its name.
        digest: SHA-256 of it.
        student: whose numbers it holds; empty where that can't be told.
        lesson: of which lesson; likewise.
        seed: of the course that it was handed out in.
        attempt: which draw of the student's numbers it holds.
        exercises: the marks.
        notes: what else there is to say.
        refused: why it could not be marked at all; empty where it was.
    """

    file: str
    digest: str
    student: str = ""
    lesson: str = ""
    seed: int = 0
    attempt: int = 0
    exercises: tuple[Mark, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str = ""

    @property
    def points(self) -> float:
        """The points won."""
        return round(sum(one.points for one in self.exercises), 6)

    @property
    def of(self) -> float:
        """The points that there are."""
        return sum(one.of for one in self.exercises)


def mark_file(path: Path, name: str, typed: Typed) -> Marked:
    """The marks of a file; that it can't be marked is told in the result.

    Args:
        path: the file.
        name: what to call it.
        typed: what a typed number is worth where a formula was asked for.
    """
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return Marked(name, "", refused=f"it can't be read ({error.strerror})")
    try:
        return _marked(path, name, digest, typed)
    except WorkbookError as error:
        return Marked(name, digest, refused=str(error).removeprefix(f"{path}: ").removeprefix(f"{path} "))
    except RecursionError:
        return Marked(name, digest, refused="something in it is nested too deeply")


def _marked(path: Path, name: str, digest: str, typed: Typed) -> Marked:
    book = read_workbook(path)
    manifest = read_manifest(book, path)
    rows = manifest.rows
    if STUDENT not in rows and "exercises" not in rows:
        raise FileError(f"{path}: it is a workbook of gradbook's, but not one of exercises")
    lesson, student = rows["lesson"], rows.get(STUDENT, "")
    try:
        seed, attempt = int(rows["seed"]), int(rows["draw"])
    except (KeyError, ValueError) as error:
        raise FileError(f"{path}: its manifest is damaged ({error})") from error
    if not (0 <= seed < 2**32 and 0 <= attempt < MOST_DRAWS):
        raise FileError(f"{path}: its manifest names a seed or a draw that no build gives")
    bench = _bench(lesson, seed, rows.get("exam") == "yes")
    if rows.get("exercises") != bench.course.digest:
        raise FileError(
            f"{path}: it was handed out by gradbook {rows['gradbook']}, which had other exercises of {lesson}: mark it "
            "with that version"
        )
    if "solved" in rows:
        raise FileError(f"{path}: it is a solved copy, for the teacher")
    marks, notes = mark(bench, book, student, attempt, typed=typed)
    return Marked(name, digest, student, lesson, seed, attempt, marks, notes)


@lru_cache(_BENCHES)
def _bench(lesson: str, seed: int, exam: bool) -> Bench:
    bench = Bench(course_of(lesson, seed, exam=exam))
    if is_inside():
        # It stays as long as the process: what collects garbage need not go through it for each file.
        gc.collect()
        gc.freeze()
    return bench


def course_of(lesson: str, seed: int, *, exam: bool = False) -> Course:
    """The course of a lesson's exercises.

    Raises:
        WorkbookError: there is no such lesson, or it has no exercises.
    """
    exercises = lessons.exercises(lesson)
    if exercises is None:
        raise WorkbookError(f"the lesson {lesson} has no exercises")
    return Course(lessons.find(lesson), exercises, seed, exam=exam)


def collect(given: Iterable[Path], scratch: Path) -> tuple[Submission, ...]:
    """The workbooks among some files, in folders and in archives, sorted by their names.

    An archive within a folder or an archive is opened too. What a student may have taken for a workbook, as an .ods
    file, is among them, so that somebody is told of it.

    Args:
        given: files, folders, or .zip archives as learning platforms give them.
        scratch: where those of archives are unpacked to.

    Raises:
        FileError: nothing is there, an archive is damaged or too large, or there is no workbook at all.
    """
    found: list[Submission] = []
    room = _Room(_LARGEST_ALL)
    for path in given:
        if not path.exists():
            raise FileError(f"{path}: there is no such file or folder")
        if path.is_dir():
            for inner in path.rglob("*"):
                if inner.is_file() and _is_handed_in(inner.name):
                    found += _opened(_spelled(inner.relative_to(path).as_posix()), inner, scratch, room)
        elif path.suffix.lower() == _ARCHIVE:
            found += _unpacked("", path, scratch, room)
        else:
            found.append(Submission(_spelled(path.name), path))
    if not found:
        raise FileError(f"there is no workbook in {', '.join(map(str, given))}")
    if len(found) > _MOST_FILES:
        raise FileError(f"there are {len(found)} workbooks, expected {_MOST_FILES} at most")
    return tuple(sorted(found, key=lambda one: (one.name, str(one.path))))


@dataclass
class _Room:
    """How many bytes may still be unpacked, and how many files were."""

    left: int
    files: int = 0

    def take(self, path: Path, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise FileError(f"{path}: its workbooks take more than {_LARGEST_ALL // 2**30} GiB")


def _spelled(name: str) -> str:
    """A name as a text that every file can hold: on Linux a name may be any bytes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _is_handed_in(name: str) -> bool:
    return name.lower().endswith((*SUFFIXES, _ARCHIVE, *_MISTAKEN)) and not name.startswith(("~$", "."))


def _opened(name: str, path: Path, scratch: Path, room: _Room) -> list[Submission]:
    """What lies among the files: a workbook, or those of an archive; an archive without any is itself looked at."""
    itself = [Submission(name, path)]
    if not name.lower().endswith(_ARCHIVE):
        return itself
    try:
        return _unpacked(f"{name}/", path, scratch, room) or itself
    except FileError:
        return itself


def _unpacked(within: str, path: Path, scratch: Path, room: _Room) -> list[Submission]:
    """The workbooks of an archive, under names of our own; archives in it are opened, those in these are not."""
    found: list[Submission] = []
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.is_dir() or not _is_handed_in(PurePosixPath(member.filename).name):
                    continue
                room.take(path, min(member.file_size, _LARGEST))
                room.files += 1
                target = scratch / f"{room.files}.xlsx"
                with archive.open(member) as source:
                    # What a member says of its size need not be so.
                    target.write_bytes(source.read(_LARGEST))
                name = within + member.filename
                found += [Submission(name, target)] if within else _opened(name, target, scratch, room)
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise FileError(f"{path}: it is no archive that can be read ({error})") from error
    return found
