"""The programs that recalculate and re-save: LibreOffice, Gnumeric, ironcalc, SheetJS."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from corpus import package
from corpus.cases import Shown

Results = dict[str, Shown]
"""`sheet!A1` to what the program shows there."""

_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">\
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def libreoffice(path: Path) -> Results:
    """What LibreOffice shows after a forced recalculation."""
    with tempfile.TemporaryDirectory() as folder:
        return _shown(save_libreoffice(path, Path(folder) / "book.xlsx"), path)


def save_libreoffice(path: Path, target: Path) -> Path:
    """The file, opened, recalculated and saved by LibreOffice."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        settings = Path(folder) / "profile" / "user" / "registrymodifications.xcu"
        settings.parent.mkdir(parents=True)
        settings.write_text(_PROFILE)
        source = Path(folder) / f"book{path.suffix}"
        shutil.copyfile(path, source)
        command = ["soffice", f"-env:UserInstallation={settings.parent.parent.as_uri()}", "--headless", "--norestore"]
        command += ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(Path(folder) / "out"), str(source)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        shutil.copyfile(Path(folder) / "out" / "book.xlsx", target)
    return target


def gnumeric(path: Path) -> Results:
    """What Gnumeric shows after a recalculation."""
    with tempfile.TemporaryDirectory() as folder:
        return _shown(save_gnumeric(path, Path(folder) / "book.xlsx"), path)


def save_gnumeric(path: Path, target: Path) -> Path:
    """The file, opened, recalculated and saved by Gnumeric."""
    command = ["ssconvert", "--recalc", "--export-type=Gnumeric_Excel:xlsx2", str(path), str(target)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return target


def ironcalc(path: Path) -> Results:
    """What ironcalc shows after a recalculation."""
    import ironcalc as program

    try:
        model = program.load_from_xlsx(str(path), "en", "UTC", "en")
        model.evaluate()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        print(f"ironcalc cannot take {path.name}: {str(error)[:100]}")
        return {}
    titles = [sheet["name"] for sheet in model.get_worksheets_properties()]
    found: Results = {}
    wanted = package.cells(path)
    for sheet, row, column in model.get_all_cells():
        cell = f"{titles[sheet]}!{package.letters(column)}{row}"
        value = model.get_cell_value(sheet, row, column)
        if cell in wanted and value is not None:
            error = model.get_cell_type(sheet, row, column) == program.CellType.ErrorValue
            found[cell] = {"error": value} if error else value
    return found


def sheetjs(program: str, target: Path) -> Path:
    """The file that a script for node makes with SheetJS; NODE_PATH says where its package is."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "make.cjs"
        script.write_text(program, encoding="utf-8")
        subprocess.run(["node", str(script), str(target)], check=True, timeout=120, env=os.environ)
    return target


def _shown(saved: Path, original: Path) -> Results:
    # The cells of the original: a program may save a spilled array as something else.
    values = package.cells(saved)
    return {cell: values[cell][1] for cell in package.cells(original) if cell in values and values[cell][1] is not None}


EVALUATORS: dict[str, Callable[[Path], Results]] = {
    "LibreOffice": libreoffice,
    "Gnumeric": gnumeric,
    "ironcalc": ironcalc,
}


def describe(results: Results) -> str:
    """The results as JSON, a cell a line."""
    return json.dumps(results, indent=0, sort_keys=True, ensure_ascii=False)
