"""No mutated workbook ends the process, takes it, or is an unexpected error: seeded, some each time.

`GRADBOOK_MUTATIONS=10000 pytest tests/workbook/check/test_mutated.py` tries so many, from the seed
`GRADBOOK_MUTATIONS_FROM`.
"""

import os
from pathlib import Path

import pytest
from mutations import mutated
from processes import used_s

from workbook.app import cli
from workbook.xlsx.bounds import SECONDS, Bound

COUNT = int(os.environ.get("GRADBOOK_MUTATIONS", "5"))
FROM = int(os.environ.get("GRADBOOK_MUTATIONS_FROM", "0"))
AT_ONCE = 50


@pytest.mark.parametrize("first", range(FROM, FROM + COUNT, AT_ONCE))
def test_a_mutated_workbook_is_good_or_a_line_about_it(
    first: int, small_entropy: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    original = small_entropy.read_bytes()
    files = [tmp_path / f"{seed}.xlsx" for seed in range(first, min(first + AT_ONCE, FROM + COUNT))]
    for file in files:
        file.write_bytes(mutated(original, int(file.stem)))
        assert Bound.of(file).seconds < 30
    begun = used_s()

    code = cli.main(["verify", *map(str, files), "--engine", "ironcalc", "--device", "cpu"])

    out, err = capfd.readouterr()
    assert code in (0, 1), err
    told = [line for line in (out + err).splitlines() if str(tmp_path) in line]
    assert [sum(str(file) in line for line in told) for file in files] == [1] * len(files), told
    assert all(line.startswith("gradbook: ") for line in err.splitlines()), err
    assert used_s() - begun < len(files) * SECONDS


def test_a_seed_makes_one_file_and_seeds_make_many(small_entropy: Path) -> None:
    original = small_entropy.read_bytes()
    assert mutated(original, 3) == mutated(original, 3)
    # Some kinds have few forms: two seeds may take away the same part.
    assert len({mutated(original, seed) for seed in range(40)}) > 30
