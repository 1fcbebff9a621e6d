"""The same marks from a Dask cluster."""

import shutil
from pathlib import Path
from types import ModuleType

import pytest
from classroom import course_of
from submissions import answers, fill

from workbook.grade.grading import grade
from workbook.grade.handout import hand_out
from workbook.grade.roster import Student


@pytest.fixture
def distributed() -> ModuleType:
    """Dask, which takes half a second to load."""
    loaded: ModuleType = pytest.importorskip(
        "distributed", reason="Dask is not installed: pip install 'gradbook[cluster]'"
    )
    return loaded


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_marks_of_one_machine_and_survives_a_broken_file(
    tmp_path: Path, distributed: ModuleType
) -> None:
    course = course_of("cross_entropy")
    (path,) = hand_out(course, [Student("ann")], tmp_path, solutions=False, progress=lambda *_: None)
    (tmp_path / "in").mkdir()
    right = fill(path, tmp_path / "in" / "right.xlsx", answers(course))
    fill(path, tmp_path / "in" / "slip.xlsx", answers(course, L1="logit/temperature"))
    (tmp_path / "in" / "broken.xlsx").write_bytes(right.read_bytes()[:9000])
    for number in range(5):
        shutil.copy(right, tmp_path / "in" / f"{number}.xlsx")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        far = grade([tmp_path / "in"], tmp_path / "far", scheduler=cluster.scheduler_address, progress=lambda *_: None)
    here = grade([tmp_path / "in"], tmp_path / "here", jobs=1, progress=lambda *_: None)
    assert far.marked.files == here.marked.files
    assert sorted(one.points for one in far.marked.files) == [0, 11, *[12.0] * 6]


@pytest.mark.usefixtures("distributed")
def test_a_scheduler_that_is_not_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbook.grade.run.REACHED_WITHIN", "1s")
    from workbook.errors import WorkbookError

    (tmp_path / "x.xlsx").write_bytes(b"nothing")
    with pytest.raises(WorkbookError, match=r"the Dask scheduler tcp://127\.0\.0\.1:9 can't be reached"):
        grade([tmp_path / "x.xlsx"], tmp_path / "out", scheduler="tcp://127.0.0.1:9", progress=lambda *_: None)
