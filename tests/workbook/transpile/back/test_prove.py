"""A script made again where it fails: what another program upholds is no failure."""

from pathlib import Path

import pytest
import xlsxwriter

import workbook.transpile as transpiler


def test_what_another_program_upholds_is_written_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # ironcalc 0.9.1 takes INDEX of a single cell for an error; the file has no values of its own.
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.write(0, 0, 3)
        sheet.write_formula(1, 0, "=INDEX(A1,1,1)+2")
        sheet.write_formula(2, 0, "=A2/2")
    asked: list[Path] = []

    def of_another(path: Path) -> dict[str, dict[tuple[int, int], float]]:
        asked.append(path)
        return {"S": {(2, 1): 5.0, (3, 1): 2.5}}

    monkeypatch.setattr(transpiler, "of_libreoffice", of_another)
    made = transpiler.transpile(path, target="numpy")
    assert asked == [path]
    assert made.comparison is not None
    assert (made.comparison.cells, made.comparison.differences) == (2, ())
    assert made.comparison.upheld == {"S!A2", "S!A3"}
    assert made.unsure == frozenset()
    assert "attempted(" not in made.script.source
