"""What Excel's own functions do with Excel's own values: what a script needs of it is copied into the script.

A value is a float, a string, a boolean, None (a blank cell) or an `Error`; an array is a list of rows. Only the
standard library is used, so that it runs beside NumPy and beside torch. Functions are named as in Excel.
"""

from types import ModuleType
from typing import Any

from workbook.transpile.runtime import (
    arrays,
    bessel,
    bonds,
    chance,
    complexes,
    criteria,
    dates,
    descriptive,
    distributions,
    formats,
    inference,
    information,
    knots,
    lambdas,
    logic,
    lookup,
    mathematics,
    matrices,
    money,
    numerals,
    odd_bonds,
    operators,
    patterns,
    program,
    ranges,
    regression,
    rounding,
    smoothing,
    special,
    sums,
    texts,
    totals,
    units,
    values,
)

MODULES: tuple[ModuleType, ...] = (
    values,
    ranges,
    operators,
    logic,
    information,
    sums,
    descriptive,
    regression,
    criteria,
    totals,
    rounding,
    mathematics,
    numerals,
    special,
    distributions,
    inference,
    chance,
    matrices,
    lookup,
    arrays,
    lambdas,
    texts,
    patterns,
    dates,
    formats,
    money,
    bonds,
    odd_bonds,
    smoothing,
    complexes,
    bessel,
    units,
    knots,
    program,
)
"""In the order in which a script holds what it needs of them: each uses those before it alone."""

HELPERS: dict[str, Any] = {
    name: value for module in MODULES for name, value in vars(module).items() if not name.startswith("__")
}
"""Everything that they define or import, by name."""
