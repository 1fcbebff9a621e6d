"""What LibreOffice shows is the number: each number format over many sizes, and a run that has diverged."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from sweep import FEW

from workbook.app.build import make_plan
from workbook.check.recalc import libreoffice
from workbook.lessons import find
from workbook.plan import derive
from workbook.plan.plan import Plan
from workbook.xlsx.write import write

SIZES = (1e-9, 4e-5, 0.004, 0.04, 0.5, 1.0, 7.25, 86.0, 999.5, 12345.678, 99999.99, 100000.0, 1e6)
NUMBERS = (*(-size for size in reversed(SIZES)), 0.0, *SIZES)
DROPS_A_SIGN = ("[>=100000]0.00E+00;[<=-100000]-0.00E+00;0.00", "0.00;0.00", '0;0;"·"')
"""Formats that show -86 as 86 in LibreOffice."""


def converted(source: Path, kind: str, folder: Path) -> Path:
    """The file as LibreOffice shows it, in another format."""
    office = libreoffice.find()
    if office is None:
        pytest.skip("LibreOffice is not installed")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [str(office.program), profile, "--headless", "--norestore", "--convert-to", kind]
    subprocess.run([*command, "--outdir", str(folder), str(source)], check=True, capture_output=True, timeout=300)
    return folder / f"{source.stem}.{kind}"


class Cells(HTMLParser):
    """The texts of a page's table cells, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "td":
            self.texts.append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.texts[-1] += data.strip("\n\t")


def shown(formats: Iterable[str], folder: Path) -> dict[str, list[str]]:
    """Format → what LibreOffice shows of each of NUMBERS."""
    book = openpyxl.Workbook()
    names = list(formats)
    for name in names:
        book.active.append(NUMBERS)
        for cell in book.active[book.active.max_row]:
            cell.number_format = name
    book.save(folder / "formats.xlsx")
    page = Cells()
    page.feed(converted(folder / "formats.xlsx", "html", folder).read_text(encoding="utf-8"))
    count = len(NUMBERS)
    assert len(page.texts) == count * len(names)
    return {name: page.texts[at * count : (at + 1) * count] for at, name in enumerate(names)}


def is_the_number(text: str, number: float, number_format: str) -> bool:
    """Whether a text is the number, rounded to the digits that it shows, or the words of its format.

    Words stand for 0, and for all numbers where the format has no digits; a format may show nothing of negative ones.
    """
    sections = [*number_format.split(";"), *[""] * 2]
    if text in ("", *re.findall(r'"([^"]*)"', number_format)):
        words = sections[(1 if number < 0 else 2 if number == 0 else 0) if ";" in number_format else 0]
        return text == words.strip('"')
    match = re.fullmatch(
        r"(?P<number>[-+]?[0-9,]+(?:\.(?P<decimals>[0-9]*))?(?:E(?P<power>[-+][0-9]+))?)(?P<percent>%?)", text
    )
    if match is None:
        return False
    last = Decimal(10) ** (int(match["power"] or 0) - len(match["decimals"] or "")) / (100 if match["percent"] else 1)
    value = Decimal(match["number"].replace(",", "")) / (100 if match["percent"] else 1)
    # A value like 999.5 may be rounded to either side, and doubles are a little off their decimals.
    return abs(value - Decimal(number)) <= last * Decimal("0.5000001")


@pytest.mark.sweep(but=FEW)
def test_every_number_format_shows_the_number_with_its_sign(every: tuple[Path, Plan], tmp_path: Path) -> None:
    _, plan = every
    formats = {place.block.number_format for place in plan.places.values()}
    for name, texts in shown(sorted(formats), tmp_path).items():
        wrong = [
            (number, text) for number, text in zip(NUMBERS, texts, strict=True) if not is_the_number(text, number, name)
        ]
        assert wrong == [], name


def test_a_format_that_drops_a_sign_is_seen(tmp_path: Path) -> None:
    for name, texts in shown(DROPS_A_SIGN, tmp_path).items():
        by_number = dict(zip(NUMBERS, texts, strict=True))
        assert not is_the_number(by_number[-86.0], -86.0, name), by_number
        assert is_the_number(by_number[86.0], 86.0, name), by_number


def test_a_diverged_run_fits_its_columns_by_powers_of_ten(tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    plan = make_plan(find("optimizers"), {"points": None, "epochs": 2}, seed=0, progress=lambda what, done, total: None)
    values = {**plan.values, "sgd.learning_rate": np.asarray(0.001)}
    plan = replace(plan, values=values | derive.evaluate(derive.units(plan.layouts), plan.places, values))
    write(plan, tmp_path / "optimizers.xlsx", linted=True)
    page = converted(tmp_path / "optimizers.xlsx", "pdf", tmp_path)
    text = subprocess.run(["pdftotext", "-layout", str(page), "-"], check=True, capture_output=True, text=True).stdout
    assert "###" not in text
    for name in ("new_slope", "new_intercept", "slope_gradient", "epoch_rmse"):
        last = plan.values[f"sgd.{name}"].ravel()[-1]
        assert abs(last) > 1e10, name
        assert re.search(rf"(?<![-\d]){re.escape(f'{last:.2E}')}(?!\d)", text), (name, last)
