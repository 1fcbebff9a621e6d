"""The table of Excel's functions: what each takes, and what computes it in a script.

How an argument is taken, a letter each, the last for all that follow:
`s` one value (of a range, the one in line with the cell), `r` a range as it is, `a` everything in it element by
element, `i` as the call itself is taken, `f` a function. A capital letter: computed only when needed.
"""

from dataclasses import dataclass

from workbook.transpile.runtime import HELPERS


@dataclass(frozen=True, slots=True)
class Signature:
    """How a function takes its arguments, and the name of what computes it in `workbook.transpile.runtime`."""

    helper: str
    takes: str

    def at(self, place: int) -> str:
        """How the argument at that place, from 0, is taken."""
        return self.takes[min(place, len(self.takes) - 1)] if self.takes else "s"


_TAKES = {
    "": "PI NA RAND",
    "s": (
        "EXP LN LOG LOG10 SQRT POWER ABS SIGN ROUND ROUNDUP ROUNDDOWN TRUNC INT MOD QUOTIENT MROUND CEILING FLOOR "
        "CEILING_MATH FLOOR_MATH EVEN ODD SIN COS TAN ASIN ACOS ATAN ATAN2 SINH COSH TANH ASINH ACOSH ATANH DEGREES "
        "RADIANS FACT COMBIN PERMUT ERF GAMMALN BITAND BITOR BITXOR NORM_S_DIST NORMSDIST NORM_DIST NORM_S_INV "
        "NORM_INV NOT ISBLANK ISNUMBER ISTEXT ISNONTEXT ISLOGICAL ISERROR ISERR ISNA ISEVEN ISODD N T RANDBETWEEN "
        "RANDARRAY ADDRESS TYPE ERROR_TYPE STANDARDIZE SEC CSC COT BASE DECIMAL FIXED DOLLAR NUMBERVALUE MUNIT SEQUENCE LEFT RIGHT MID LEN UPPER LOWER PROPER TRIM CLEAN REPT EXACT FIND SEARCH SUBSTITUTE "
        "REPLACE VALUE CHAR UNICHAR CODE UNICODE CONCATENATE TEXTBEFORE TEXTAFTER TEXT DATE TIME YEAR MONTH DAY HOUR "
        "MINUTE SECOND WEEKDAY EDATE EOMONTH DAYS DATEVALUE PMT FV PV"
    ),
    "sss": "TEXTSPLIT",
    "r": (
        "SUM SUMSQ PRODUCT COUNT COUNTA COUNTBLANK AVERAGE AVERAGEA MIN MAX MINA MAXA MEDIAN MODE DEVSQ VAR VARP STDEV "
        "STDEVP AVEDEV GEOMEAN HARMEAN AND OR XOR GCD LCM CONCAT ROWS COLUMNS TEXTJOIN"
    ),
    "a": (
        "SUMPRODUCT MMULT TRANSPOSE MINVERSE MDETERM FREQUENCY SUMXMY2 SUMX2MY2 SUMX2PY2 SLOPE INTERCEPT CORREL RSQ "
        "COVAR COVARIANCE_S HSTACK VSTACK SORT SORTBY FILTER UNIQUE TAKE DROP CHOOSEROWS CHOOSECOLS TOCOL TOROW "
        "WRAPROWS WRAPCOLS EXPAND"
    ),
    "rs": "LARGE SMALL PERCENTILE QUARTILE COUNTIF",
    "sr": "NPV SUBTOTAL",
    "srs": "RANK RANK_AVG MATCH HLOOKUP VLOOKUP XMATCH",
    "sa": "FORECAST",
    "sII": "IF",
    "iI": "IFERROR IFNA",
    "SI": "IFS",
    "sI": "CHOOSE SWITCH",
    "rsr": "SUMIF AVERAGEIF",
    "ass": "INDEX",
    "sar": "LOOKUP",
    "saaSss": "XLOOKUP",
    "aaaaaaaaaf": "MAP",
    "saf": "REDUCE SCAN",
    "ssf": "MAKEARRAY",
    "af": "BYROW BYCOL",
    "rssss": "OFFSET",
}
_ALIASES = {
    "VAR.S": "VAR", "VAR.P": "VARP", "STDEV.S": "STDEV", "STDEV.P": "STDEVP", "MODE.SNGL": "MODE", "RANK.EQ": "RANK", "ERROR.TYPE": "ERROR_TYPE",
    "RANK.AVG": "RANK_AVG", "CEILING.MATH": "CEILING_MATH", "FLOOR.MATH": "FLOOR_MATH", "PERCENTILE.INC": "PERCENTILE",
    "QUARTILE.INC": "QUARTILE", "COVARIANCE.P": "COVAR", "COVARIANCE.S": "COVARIANCE_S", "PEARSON": "CORREL",
    "NORM.S.DIST": "NORM_S_DIST", "NORM.DIST": "NORM_DIST", "NORMDIST": "NORM_DIST", "NORM.S.INV": "NORM_S_INV",
    "NORMSINV": "NORM_S_INV", "NORM.INV": "NORM_INV", "NORMINV": "NORM_INV", "FORECAST.LINEAR": "FORECAST",
    "GAMMALN.PRECISE": "GAMMALN", "ERF.PRECISE": "ERF", "ISO.CEILING": "CEILING_MATH",
}  # fmt: skip
_PAIRED = {"SUMIFS": 1, "AVERAGEIFS": 1, "MINIFS": 1, "MAXIFS": 1, "COUNTIFS": 0}
VOLATILE = frozenset({"RAND", "RANDBETWEEN", "RANDARRAY", "NOW", "TODAY"})
"""Functions whose results nobody can compare: they change at every recalculation."""


def _table() -> dict[str, Signature]:
    found = {name: Signature(name, takes) for takes, names in _TAKES.items() for name in names.split()}
    found |= {alias: found[name] for alias, name in _ALIASES.items()}
    for name, first in _PAIRED.items():
        found[name] = Signature(name, "r" * first + "rs" * 127)
    for signature in found.values():
        assert signature.helper in HELPERS, signature.helper
    return {name: signature for name, signature in found.items() if "_" not in name}


FUNCTIONS = _table()
"""Excel's name → how it takes its arguments, and what computes it."""
