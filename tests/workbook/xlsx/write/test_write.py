"""A workbook is whole or not there, the same every time, and right in a program that is not ours."""

import errno
import gc
import math
import os
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import ZipFile

import ironcalc
import numpy as np
import pytest

import workbook.xlsx.write as writer
from workbook.errors import FileError, WorkbookError
from workbook.plan.plan import Plan
from workbook.xlsx.write import package, write


def recalculated(path: Path) -> Any:
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    model.evaluate()
    return model


def test_ironcalc_recalculates_every_value(written: Path, plan: Plan) -> None:
    model = recalculated(written)
    titles = [layout.sheet.title for layout in plan.layouts]
    checked = 0
    for name, place in plan.places.items():
        values = plan.values[name]
        if name == "fit.name":
            continue  # ironcalc 0.9.1 leaves the standard's escapes of text as they are
        scale = plan.scale(name)
        for index, value in np.ndenumerate(values):
            row, column = int(place.rows[index]), int(place.columns[index])
            found = model.get_cell_value(titles.index(place.title), row, column)
            if isinstance(value, float) and math.isnan(value):
                assert (found or "") == place.block.blank
            elif isinstance(value, str | bool | np.bool_):
                assert found == value
            else:
                assert abs(found - value) <= 1e-12 * scale
            checked += 1
    assert checked > 150


def test_a_changed_input_moves_the_numbers_in_ironcalc(written: Path, plan: Plan) -> None:
    model = recalculated(written)
    slope, mse = plan.places["fit.slope"].origin, plan.places["fit.mse"].origin
    before = model.get_cell_value(1, *mse)
    model.update_cell_with_number(1, *slope, -0.4)
    model.evaluate()
    assert model.get_cell_value(1, *mse) != before


def test_equal_plans_give_equal_bytes(tiny: ModuleType, tmp_path: Path) -> None:
    paths = [tmp_path / "one.xlsx", tmp_path / "other.xlsx"]
    for path in paths:
        write(tiny.tiny_plan(), path, "badge")
    assert paths[0].read_bytes() == paths[1].read_bytes()
    write(tiny.tiny_plan(), paths[1], "another badge")
    assert paths[0].read_bytes() != paths[1].read_bytes()


def test_members_of_the_zip_do_not_say_when_or_where_they_were_written(written: Path) -> None:
    with ZipFile(written) as archive:
        infos = archive.infolist()
        assert archive.testzip() is None
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.create_system for info in infos} == {0}
    assert len({info.filename for info in infos}) == len(infos)


def test_programs_are_asked_to_recalculate_when_they_open_it(written: Path) -> None:
    with ZipFile(written) as archive:
        assert b'fullCalcOnLoad="1"' in archive.read("xl/workbook.xml")


def test_only_the_workbook_is_left_in_the_directory(written: Path) -> None:
    assert list(written.parent.iterdir()) == [written]


def test_the_file_may_be_read_by_whom_the_umask_lets(plan: Plan, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    write(plan, tmp_path / "w.xlsx")
    assert (tmp_path / "w.xlsx").stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "no permission"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_a_disk_that_fails_leaves_the_old_file_and_nothing_else(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    target = tmp_path / "w.xlsx"
    target.write_bytes(b"old")
    rows = package.sheet_rows

    def failing(*args: Any) -> Any:
        yield next(rows(*args))
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(package, "sheet_rows", failing)
    with pytest.raises(FileError, match=rf"w.xlsx: cannot be written \({said.lower()}"):
        write(plan, target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_one_clear_sentence(plan: Plan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    saved = package.save

    def to_full_disk(plan: Plan, stream: Any, badge: str) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full:
            saved(plan, full, badge)

    monkeypatch.setattr(writer, "save", to_full_disk)
    with pytest.raises(FileError, match=r"cannot be written \(the disk is full"):
        write(plan, tmp_path / "w.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_the_old_file_and_nothing_else(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "w.xlsx"
    target.write_bytes(b"old")

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(package, "manifest_rows", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(plan, target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("missing/w.xlsx", "its folder does not exist"),
        ("file/w.xlsx", "its folder is a file"),
        ("folder", "it is a folder"),
    ],
)
def test_a_place_that_is_none_is_one_clear_sentence(plan: Plan, tmp_path: Path, target: str, said: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileError, match=said):
        write(plan, tmp_path / target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_the_garbage_collector_is_left_as_it_was(plan: Plan, tmp_path: Path) -> None:
    assert gc.isenabled()
    write(plan, tmp_path / "w.xlsx")
    assert gc.isenabled()


def test_a_date_that_is_none_is_one_clear_sentence(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(WorkbookError, match="SOURCE_DATE_EPOCH is 'yesterday'"):
        write(plan, tmp_path / "w.xlsx")
    assert list(tmp_path.iterdir()) == []
