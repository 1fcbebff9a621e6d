"""Files that are written whole or not at all."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from workbook.errors import FileError
from workbook.xlsx.files import prepare_folder, replace_file, require_temporary_room, scratch


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_where_there_was_none(tmp_path: Path) -> None:
    replace_file(tmp_path / "new.bin", b"\x00\x01")

    assert (tmp_path / "new.bin").read_bytes() == b"\x00\x01"
    assert names(tmp_path) == ["new.bin"]


def test_a_file_takes_the_place_of_a_longer_one(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_bytes(b"a longer text")

    replace_file(tmp_path / "old.txt", b"new")

    assert (tmp_path / "old.txt").read_bytes() == b"new"


def test_a_new_file_has_the_rights_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        replace_file(tmp_path / "shared.txt", b"x")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "shared.txt").stat().st_mode) == 0o640


def test_a_link_stays_a_link_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target = tmp_path / "far" / "target.txt"
    target.write_bytes(b"old")
    (tmp_path / "link.txt").symlink_to(target)

    replace_file(tmp_path / "link.txt", b"new")

    assert (tmp_path / "link.txt").is_symlink()
    assert target.read_bytes() == b"new"


def test_a_name_as_long_as_the_file_system_allows_can_be_written(tmp_path: Path) -> None:
    name = "x" * 251 + ".txt"

    replace_file(tmp_path / name, b"new")

    assert names(tmp_path) == [name]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_the_old_file_survives_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    (tmp_path / "old.txt").write_bytes(b"old")

    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(FileError, match=r"old\.txt: cannot be written \(the disk is full\)"):
        replace_file(tmp_path / "old.txt", b"new")

    assert (tmp_path / "old.txt").read_bytes() == b"old"
    assert names(tmp_path) == ["old.txt"]


def test_an_interruption_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "old.txt").write_bytes(b"old")

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "old.txt", b"new")

    assert names(tmp_path) == ["old.txt"]


def test_an_interruption_leaves_nothing_in_a_folder_that_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch = Path.touch

    def interrupted(path: Path, **how: Any) -> None:
        touch(path, **how)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "touch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare_folder(tmp_path)

    assert names(tmp_path) == []


def test_a_folder_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(FileError, match="because it is a folder"):
        replace_file(tmp_path / "folder", b"new")


def test_a_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(FileError, match="because it is a device or a pipe"):
        replace_file(tmp_path / "pipe", b"new")


def test_a_file_in_a_folder_that_is_not_there_is_a_known_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="its folder does not exist"):
        replace_file(tmp_path / "nowhere" / "new.txt", b"new")


def test_a_folder_is_made_with_its_parents_and_left_empty(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "a" / "b")

    assert names(tmp_path / "a" / "b") == []


def test_a_folder_that_is_there_keeps_its_files(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").touch()

    prepare_folder(tmp_path)

    assert names(tmp_path) == ["kept.txt"]


def test_a_file_where_a_folder_should_be_is_a_known_error(tmp_path: Path) -> None:
    (tmp_path / "out").touch()

    with pytest.raises(FileError, match="expected a folder, found a file"):
        prepare_folder(tmp_path / "out")


def test_a_file_among_the_parents_is_a_known_error(tmp_path: Path) -> None:
    (tmp_path / "out").touch()

    with pytest.raises(FileError, match=r"cannot write in this folder \(not a directory\)"):
        prepare_folder(tmp_path / "out" / "deeper")


def test_a_folder_without_the_right_to_write_is_a_known_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write anywhere, so the refusal is played.
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(FileError, match=r"cannot write in this folder \(permission denied\)"):
        prepare_folder(tmp_path)


def test_a_folder_below_a_locked_one_is_a_known_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(FileError, match=r"cannot write in this folder \(permission denied\)"):
        prepare_folder(tmp_path / "locked" / "out")


def test_what_is_in_a_scratch_folder_is_gone_afterwards() -> None:
    with scratch() as folder:
        (folder / "a").write_text("a")
    assert not folder.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_folder_for_temporary_files_is_blamed_itself(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with pytest.raises(FileError, match="the folder for temporary files has no room") as raised, scratch():
        raise OSError(number, os.strerror(number), "book.xlsx")

    assert str(raised.value).startswith(f"{tmp_path}: ")
    assert names(tmp_path) == []


def test_another_error_of_the_system_is_not_blamed_on_the_temporary_files() -> None:
    with pytest.raises(PermissionError), scratch():
        raise PermissionError(errno.EACCES, "no")


def test_no_folder_for_temporary_files_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr("tempfile.gettempdir", fail)

    with pytest.raises(FileError, match="there is no folder for temporary files that can be written to"), scratch():
        pass


def test_room_among_the_temporary_files_can_be_required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    require_temporary_room(1)

    with pytest.raises(FileError, match="has no room"):
        require_temporary_room(2**80)
