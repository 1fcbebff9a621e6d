"""The table of Excel's functions in JavaScript: what each takes and gives, and the name of it in `runtime`.

What it takes, a letter for each argument: `n` a number, `t` a text, `b` a condition, `v` any single value, `c` a value
or an error, `r` a range or a single value, `e` the same or an error, `f` a function, `z` a function that is called when
its value is needed. A capital letter may be left empty; a `+` says that the last one repeats. What it gives: `n`, `t`,
`b`, `v`, or `a`: an array or a single value.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """A function of the runtime: its name there, how it takes each argument, what it gives."""

    helper: str
    takes: str
    gives: str

    def at(self, place: int) -> str | None:
        """The letter of an argument, from 0; None where it has so many not."""
        letters = self.takes.rstrip("+")
        if place < len(letters):
            return letters[place]
        return letters[-1] if self.takes.endswith("+") and letters else None


_FORMS = {
    ":n": "PI RAND",
    ":v": "NA",
    "n:n": (
        "EXP LN LOG10 SQRT SQRTPI ABS SIGN INT EVEN ODD SIN COS TAN ASIN ACOS ATAN SINH COSH TANH ASINH ACOSH ATANH SEC CSC "
        "COT SECH CSCH COTH ACOT DEGREES RADIANS FACT FACTDOUBLE"
    ),
    "n:b": "ISEVEN ISODD",
    "n:t": "ROMAN",
    "n:a": "MUNIT",
    "nn:n": (
        "LOG POWER ROUND ROUNDUP ROUNDDOWN TRUNC MOD QUOTIENT MROUND CEILING FLOOR ATAN2 COMBIN COMBINA PERMUT DELTA GESTEP "
        "BITAND BITOR BITXOR BITLSHIFT BITRSHIFT RANDBETWEEN"
    ),
    "nnn:n": "STANDARDIZE",
    "nNn:n": "CEILING_MATH FLOOR_MATH",
    "nnn:t": "BASE",
    "tn:n": "DECIMAL",
    "nnnr+:n": "SERIESSUM",
    "NNNNb:a": "RANDARRAY",
    "b:b": "NOT",
    "c:b": "ISBLANK ISNUMBER ISTEXT ISNONTEXT ISLOGICAL ISERROR ISERR ISNA",
    "c:n": "TYPE ERROR_TYPE",
    "v:n": "N",
    "v:t": "T",
    "r+:b": "AND OR XOR",
    "r+:n": (
        "SUM SUMSQ PRODUCT AVERAGE MAX MIN AVERAGEA MINA MAXA SUMPRODUCT MEDIAN MODE DEVSQ VAR VARP STDEV STDEVP VARA VARPA "
        "STDEVA STDEVPA SKEW SKEW_P KURT AVEDEV GEOMEAN HARMEAN GCD LCM MULTINOMIAL COUNTBLANK"
    ),
    "r+:a": "MODE_MULT COUNTIFS SUMIFS AVERAGEIFS MINIFS MAXIFS",
    "e+:n": "COUNT COUNTA",
    "r:a": "TRANSPOSE MINVERSE",
    "r:n": "MDETERM ROWS COLUMNS",
    "rr:n": "SUMXMY2 SUMX2MY2 SUMX2PY2 CORREL RSQ COVAR COVARIANCE_S SLOPE INTERCEPT STEYX",
    "rr:a": "MMULT FREQUENCY COUNTIF",
    "nrr:n": "FORECAST",
    "rn:n": "LARGE SMALL PERCENTILE PERCENTILE_EXC QUARTILE QUARTILE_EXC TRIMMEAN",
    "rnN:n": "PERCENTRANK PERCENTRANK_EXC",
    "nrb:n": "RANK RANK_AVG",
    "vrn:n": "MATCH",
    "vrNN:n": "XMATCH",
    "vrnb:v": "VLOOKUP HLOOKUP",
    "vrR:v": "LOOKUP",
    "vrrzNN:a": "XLOOKUP",
    "rrR:a": "INDEX SUMIF AVERAGEIF",
    "rrvvVV:a": "OFFSET",
    "nnNNV:t": "ADDRESS",
}
_RENAMED = {"N": "N_OF", "T": "T_OF"}
_ALIASES = {
    "VAR.S": "VAR", "VAR.P": "VARP", "STDEV.S": "STDEV", "STDEV.P": "STDEVP", "MODE.SNGL": "MODE", "RANK.EQ": "RANK",
    "PERCENTILE.INC": "PERCENTILE", "QUARTILE.INC": "QUARTILE", "PERCENTRANK.INC": "PERCENTRANK", "COVARIANCE.P": "COVAR",
    "PEARSON": "CORREL", "FORECAST.LINEAR": "FORECAST", "ISO.CEILING": "CEILING_MATH", "CEILING.PRECISE": "CEILING_MATH",
    "FLOOR.PRECISE": "FLOOR_MATH",
}  # fmt: skip


def _table() -> dict[str, Form]:
    found: dict[str, Form] = {}
    for signature, names in _FORMS.items():
        takes, _, gives = signature.partition(":")
        for name in names.split():
            found[name.replace("_", ".")] = Form(_RENAMED.get(name, name), takes, gives)
    return found | {alias: found[name.replace("_", ".")] for alias, name in _ALIASES.items()}


FORMS = _table()
"""Excel's name → its form in JavaScript."""
