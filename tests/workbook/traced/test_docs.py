"""What the page on modules says is so."""

import re
from pathlib import Path

from workbook.traced.decompositions import DECOMPOSITIONS
from workbook.traced.ops import TABLE

PAGE = Path(__file__).parents[3] / "docs" / "from_module.md"


def test_the_page_lists_every_operation_and_no_other() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = text[text.index("| family |") :].split("\n\n")[0].splitlines()[2:]
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row.rpartition("|")[0].rpartition("|")[2])}

    assert listed == {*TABLE, *DECOMPOSITIONS}
