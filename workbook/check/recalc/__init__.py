"""Programs that are not ours and recalculate a workbook: those that are there."""

from collections.abc import Sequence

from workbook.check.recalc.session import Engine
from workbook.errors import WorkbookError

KNOWN = ("ironcalc", "libreoffice")


def engines(wanted: Sequence[str] | None = None) -> list[Engine]:
    """The programs to recalculate with: those named, or ironcalc and, where it is installed, LibreOffice.

    Args:
        wanted: names out of `KNOWN`; None for the default.

    Returns:
        One engine for each name, in order.

    Raises:
        WorkbookError: an unknown name, or a program that is not installed.
    """
    from workbook.check.recalc import ironcalc, libreoffice

    if wanted is None:
        office = libreoffice.find()
        return [ironcalc.IronCalc()] if office is None else [ironcalc.IronCalc(), office]
    found: list[Engine] = []
    for name in dict.fromkeys(wanted):
        if name == "ironcalc":
            found.append(ironcalc.IronCalc())
        elif name == "libreoffice":
            found.append(libreoffice.require())
        else:
            raise WorkbookError(f"there is no recalculation engine named '{name}'; known: {', '.join(KNOWN)}")
    if not found:
        raise WorkbookError(f"no recalculation engine is named; known: {', '.join(KNOWN)}")
    return found
