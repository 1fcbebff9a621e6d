"""Who is in a course: a CSV file with a student a line."""

import csv
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workbook.errors import FileError

IDS = ("id", "student", "student id", "sis login id", "sis user id", "username", "email", "email address")
"""The headings of a column that says who a student is, the surest first; upper and lower case are one."""
NAMES = ("name", "full name", "student name")
_LARGEST, _MOST = 16 * 2**20, 200_000
_LONGEST = 80
_UNFIT = re.compile(r"[^A-Za-z0-9._@-]+")


@dataclass(frozen=True)
class Student:
    """One student: who it is, and the name, where the roster has one."""

    id: str
    name: str = ""


def read_roster(path: Path) -> tuple[Student, ...]:
    """The students of a roster, in its order.

    Raises:
        FileError: it can't be read, has no column that says who a student is, or names one twice.
    """
    rows = read_table(path)
    heading, *lines = rows
    columns = {title.strip().lower(): number for number, title in reversed(list(enumerate(heading)))}
    found = next((name for name in IDS if name in columns), None)
    if found is None:
        said = ", ".join(heading)[:_LONGEST]
        raise FileError(f"{path}: no column of {said!r} says who a student is; expected one of {', '.join(IDS)}")
    named = next((columns[name] for name in NAMES if name in columns), None)
    students: list[Student] = []
    known: set[str] = set()
    for number, line in enumerate(lines, start=2):
        student = line[columns[found]].strip() if len(line) > columns[found] else ""
        if not student:
            continue
        if student in known:
            raise FileError(f"{path}, line {number}: the student {student!r} stands there twice")
        known.add(student)
        students.append(Student(student, line[named].strip() if named is not None and len(line) > named else ""))
    if not students:
        raise FileError(f"{path}: it names no student")
    return tuple(students)


def read_table(path: Path) -> list[list[str]]:
    """The lines of a CSV file; cells are separated by the commas, semicolons or tabs that its first line has most of.

    Raises:
        FileError: it can't be read, or is no table.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise FileError(f"{path}: it has more than {_LARGEST // 2**20} MiB, which no roster has")
        text = path.read_text(encoding="utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except FileNotFoundError as error:
        raise FileError(f"{path}: there is no such file") from error
    except OSError as error:
        raise FileError(f"{path}: it can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: its text is not in UTF-8; save it as 'CSV UTF-8'") from error
    except csv.Error as error:
        raise FileError(f"{path}: it is no CSV file ({error})") from error
    if not rows or len(rows) > _MOST:
        raise FileError(f"{path}: it has {len(rows)} lines, expected some and at most {_MOST}")
    return rows


def file_parts(students: Iterable[str]) -> dict[str, str]:
    """Student's id → a part of a file's name; ids that differ only in upper and lower case get different ones.

    Windows and macOS take such names for one.

    >>> file_parts(["ann", "Bob", "bob"])
    {'ann': 'ann', 'Bob': 'Bob-cd9fb1e1', 'bob': 'bob-81b637d8'}
    """
    parts = {student: _part(student) for student in students}
    alike = Counter(part.lower() for part in parts.values())
    return {student: _marked(part, student) if alike[part.lower()] > 1 else part for student, part in parts.items()}


def _part(student: str) -> str:
    """A student's id as a part of a file's name; different ids, upper and lower case aside, give different parts.

    What can't stand in the name of a file is left out, and a mark of the whole id says whose it is.

    >>> _part("ann@uni.example"), _part("../../etc/x"), _part("Zoë B"), _part("李娜")
    ('ann@uni.example', 'etc_x-56da1a2e', 'Zoe_B-0a3b5b99', 'student-6e9c21fa')
    """
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", student) if not unicodedata.combining(letter))
    part = _UNFIT.sub("_", plain)[:_LONGEST].strip("._-") or "student"
    return part if part == student else _marked(part, student)


def _marked(part: str, student: str) -> str:
    return f"{part}-{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
