"""The table of Excel's functions: what each takes, and what computes it in a script.

How an argument is taken, a letter each, the last for all that follow:
`s` one value (of a range, the one in line with the cell), `r` a range as it is, `a` everything in it element by
element, `i` as the call itself is taken, `f` a function. A capital letter: computed only when needed.
"""

import inspect
from dataclasses import dataclass
from functools import cache

from workbook.transpile.runtime import HELPERS


@dataclass(frozen=True, slots=True)
class Signature:
    """How a function takes its arguments, and the name of what computes it in `workbook.transpile.runtime`."""

    helper: str
    takes: str

    @property
    def least(self) -> int:
        """How many arguments the helper must be given."""
        return _least(self.helper)

    @property
    def most(self) -> int:
        """How many arguments the helper takes."""
        return _most(self.helper)

    def at(self, place: int) -> str:
        """How the argument at that place, from 0, is taken."""
        return self.takes[min(place, len(self.takes) - 1)] if self.takes else "s"


@cache
def _least(helper: str) -> int:
    parameters = inspect.signature(HELPERS[helper]).parameters.values()
    return sum(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)


@cache
def _most(helper: str) -> int:
    parameters = inspect.signature(HELPERS[helper]).parameters.values()
    return 255 if any(p.kind is p.VAR_POSITIONAL for p in parameters) else len(parameters)


_TAKES = {
    "": "PI NA RAND NOW TODAY",
    "s": (
        # mathematics, numerals, rounding
        "EXP LN LOG LOG10 SQRT SQRTPI POWER ABS SIGN ROUND ROUNDUP ROUNDDOWN TRUNC INT MOD QUOTIENT MROUND CEILING FLOOR "
        "CEILING_MATH FLOOR_MATH EVEN ODD SIN COS TAN ASIN ACOS ATAN ATAN2 SINH COSH TANH ASINH ACOSH ATANH SEC CSC COT "
        "SECH CSCH COTH ACOT ACOTH DEGREES RADIANS FACT FACTDOUBLE COMBIN COMBINA PERMUT PERMUTATIONA DELTA GESTEP "
        "BITAND BITOR BITXOR BITLSHIFT BITRSHIFT BASE DECIMAL ROMAN ARABIC BIN2DEC BIN2HEX BIN2OCT DEC2BIN DEC2HEX "
        "DEC2OCT HEX2BIN HEX2DEC HEX2OCT OCT2BIN OCT2DEC OCT2HEX "
        # distributions
        "ERF ERFC GAMMA GAMMALN NORM_S_DIST NORMSDIST NORM_DIST NORM_S_INV NORM_INV PHI GAUSS STANDARDIZE FISHER FISHERINV "
        "LOGNORM_DIST LOGNORM_INV EXPON_DIST WEIBULL_DIST GAMMA_DIST GAMMA_INV BETA_DIST BETADIST BETA_INV BINOM_DIST "
        "BINOM_DIST_RANGE BINOM_INV POISSON_DIST HYPGEOM_DIST NEGBINOM_DIST T_DIST T_DIST_RT T_DIST_2T TDIST T_INV "
        "T_INV_2T CHISQ_DIST CHISQ_DIST_RT CHISQ_INV CHISQ_INV_RT F_DIST F_DIST_RT F_INV F_INV_RT CONFIDENCE_NORM "
        "CONFIDENCE_T "
        # conditions, kinds, places
        "NOT ISBLANK ISNUMBER ISTEXT ISNONTEXT ISLOGICAL ISERROR ISERR ISNA ISEVEN ISODD ISOMITTED N T TYPE ERROR_TYPE "
        "ADDRESS RANDBETWEEN RANDARRAY MUNIT SEQUENCE "
        # text
        "LEFT RIGHT MID LEN UPPER LOWER PROPER TRIM CLEAN REPT EXACT FIND SEARCH SUBSTITUTE REPLACE VALUE NUMBERVALUE CHAR "
        "UNICHAR CODE UNICODE CONCATENATE TEXT FIXED DOLLAR VALUETOTEXT HYPERLINK REGEXTEST REGEXREPLACE "
        "ENCODEURL "
        # dates and money
        "DATE TIME YEAR MONTH DAY HOUR MINUTE SECOND WEEKDAY WEEKNUM ISOWEEKNUM EDATE EOMONTH DAYS DAYS360 DATEDIF YEARFRAC "
        "DATEVALUE TIMEVALUE PMT FV PV NPER RATE IPMT PPMT CUMIPMT CUMPRINC EFFECT NOMINAL RRI PDURATION SLN SYD DDB "
        "DB VDB ISPMT DOLLARDE DOLLARFR COUPPCD COUPNCD COUPNUM COUPDAYBS COUPDAYS COUPDAYSNC PRICE YIELD DURATION "
        "MDURATION ACCRINT ACCRINTM DISC INTRATE RECEIVED PRICEDISC YIELDDISC PRICEMAT YIELDMAT TBILLEQ TBILLPRICE TBILLYIELD "
        "ODDFPRICE ODDFYIELD ODDLPRICE ODDLYIELD AMORDEGRC AMORLINC "
        # complex numbers, Bessel functions, units
        "COMPLEX IMABS IMAGINARY IMARGUMENT IMCONJUGATE IMCOS IMCOSH IMCOT IMCSC IMCSCH IMDIV IMEXP IMLN IMLOG10 IMLOG2 "
        "IMPOWER IMREAL IMSEC IMSECH IMSIN IMSINH IMSQRT IMSUB IMTAN BESSELI BESSELJ BESSELK BESSELY CONVERT"
    ),
    "r": (
        "SUM SUMSQ PRODUCT COUNT COUNTA COUNTBLANK AVERAGE AVERAGEA MIN MAX MINA MAXA MEDIAN MODE MODE_MULT DEVSQ VAR "
        "VARP VARA VARPA STDEV STDEVP STDEVA STDEVPA SKEW SKEW_P KURT AVEDEV GEOMEAN HARMEAN AND OR XOR GCD LCM "
        "MULTINOMIAL CONCAT ROWS COLUMNS TEXTJOIN IMPRODUCT IMSUM PERCENTOF"
    ),
    "a": (
        "SUMPRODUCT MMULT TRANSPOSE MINVERSE MDETERM FREQUENCY SUMXMY2 SUMX2MY2 SUMX2PY2 SLOPE INTERCEPT CORREL RSQ STEYX "
        "COVAR COVARIANCE_S F_TEST CHISQ_TEST HSTACK VSTACK SORT SORTBY FILTER UNIQUE TAKE DROP CHOOSEROWS CHOOSECOLS "
        "TOCOL TOROW WRAPROWS WRAPCOLS EXPAND"
    ),
    "aas": "T_TEST PROB LINEST LOGEST XIRR",
    "aaas": "TREND GROWTH",
    "as": "ARRAYTOTEXT",
    "rs": (
        "TRIMRANGE "
        "LARGE SMALL PERCENTILE PERCENTILE_EXC QUARTILE QUARTILE_EXC PERCENTRANK PERCENTRANK_EXC TRIMMEAN COUNTIF Z_TEST IRR MIRR"
    ),
    "sr": "NPV SUBTOTAL FVSCHEDULE",
    "saa": "XNPV",
    "ssa": "AGGREGATE NETWORKDAYS WORKDAY",
    "sssa": "NETWORKDAYS_INTL WORKDAY_INTL",
    "sssr": "SERIESSUM",
    "srs": "RANK RANK_AVG MATCH HLOOKUP VLOOKUP XMATCH",
    "sa": "FORECAST",
    "rrss": "REGEXEXTRACT",
    "saas": "TEXTSPLIT FORECAST_ETS FORECAST_ETS_CONFINT",
    "aass": "FORECAST_ETS_STAT FORECAST_ETS_SEASONALITY",
    "sas": "TEXTBEFORE TEXTAFTER",
    "sII": "IF",
    "sI": "IFERROR IFNA CHOOSE SWITCH",
    "SI": "IFS",
    "rsr": "SUMIF AVERAGEIF DSUM DPRODUCT DCOUNT DCOUNTA DAVERAGE DMIN DMAX DGET DSTDEV DSTDEVP DVAR DVARP",
    "ass": "INDEX",
    "sar": "LOOKUP",
    "saaSss": "XLOOKUP",
    "aaaaaaaaaf": "MAP",
    "saf": "REDUCE SCAN",
    "ssf": "MAKEARRAY",
    "af": "BYROW BYCOL",
    "rssss": "OFFSET",
}
ALIASES = {
    "VAR.S": "VAR", "VAR.P": "VARP", "STDEV.S": "STDEV", "STDEV.P": "STDEVP", "MODE.SNGL": "MODE", "RANK.EQ": "RANK",
    "PERCENTILE.INC": "PERCENTILE", "QUARTILE.INC": "QUARTILE", "PERCENTRANK.INC": "PERCENTRANK", "COVARIANCE.P": "COVAR",
    "PEARSON": "CORREL", "FORECAST.LINEAR": "FORECAST", "GAMMALN.PRECISE": "GAMMALN", "ERF.PRECISE": "ERF",
    "ERFC.PRECISE": "ERFC", "ISO.CEILING": "CEILING_MATH", "CEILING.PRECISE": "CEILING_MATH", "FLOOR.PRECISE": "FLOOR_MATH",
    "NORMDIST": "NORM_DIST", "NORMSINV": "NORM_S_INV", "NORMINV": "NORM_INV", "LOGNORMDIST": "LOGNORM_DIST",
    "LOGINV": "LOGNORM_INV", "EXPONDIST": "EXPON_DIST", "WEIBULL": "WEIBULL_DIST", "GAMMADIST": "GAMMA_DIST",
    "GAMMAINV": "GAMMA_INV", "BETAINV": "BETA_INV", "BINOMDIST": "BINOM_DIST", "CRITBINOM": "BINOM_INV",
    "POISSON": "POISSON_DIST", "HYPGEOMDIST": "HYPGEOM_DIST", "NEGBINOMDIST": "NEGBINOM_DIST", "TINV": "T_INV_2T",
    "TTEST": "T_TEST", "CHIDIST": "CHISQ_DIST_RT", "CHIINV": "CHISQ_INV_RT", "CHITEST": "CHISQ_TEST", "FDIST": "F_DIST_RT",
    "FINV": "F_INV_RT", "FTEST": "F_TEST", "ZTEST": "Z_TEST", "CONFIDENCE": "CONFIDENCE_NORM",
}  # fmt: skip
ALIASES |= {f"{name}B": name for name in ("LEN", "LEFT", "RIGHT", "MID", "FIND", "SEARCH", "REPLACE")}
"""Another name of Excel's for a function → the name that the tables have, its dots written `_`."""
_PAIRED = {"SUMIFS": 1, "AVERAGEIFS": 1, "MINIFS": 1, "MAXIFS": 1, "COUNTIFS": 0}
VOLATILE = frozenset({"RAND", "RANDBETWEEN", "RANDARRAY", "NOW", "TODAY"})
"""Functions whose results nobody can compare: they change at every recalculation."""


def _table() -> dict[str, Signature]:
    found = {name: Signature(name, takes) for takes, names in _TAKES.items() for name in names.split()}
    found |= {alias: found[name] for alias, name in ALIASES.items()}
    for name, first in _PAIRED.items():
        found[name] = Signature(name, "r" * first + "rs" * 127)
    for signature in found.values():
        assert signature.helper in HELPERS, signature.helper
    return {name.replace("_", "."): signature for name, signature in found.items()}


AREA = "AREA OF"
"""A range among others in an array of ranges; no function of Excel's has a blank in its name."""
SHOWN_ROWS = "SHOWN ROWS"
"""A range whose rows at some places, from 0, are hidden."""
DIGITS = "15 DIGITS"
"""A number that is compared, at the digits to which Excel compares."""
WHAT_IF = "WHAT IF"
"""A what-if table: its formulas; the cell and the values of its rows' input; those of its columns' input."""
LAST = {"+": "LAST +", "-": "LAST -"}
"""The sum, or the difference, that a formula ends with."""
FUNCTIONS = _table() | {AREA: Signature("spilled", "r"), DIGITS: Signature("to_15_digits", "i")}
FUNCTIONS |= {SHOWN_ROWS: Signature("shown_rows", "rr")}
FUNCTIONS |= {LAST["+"]: Signature("last_add", "s"), LAST["-"]: Signature("last_subtract", "s")}
"""Excel's name → how it takes its arguments, and what computes it."""
_UNSUPPORTED = (
    "ASC BAHTTEXT CALL COPILOT CUBEKPIMEMBER CUBEMEMBER CUBEMEMBERPROPERTY CUBERANKEDMEMBER "
    "CUBESET CUBESETCOUNT CUBEVALUE DBCS DETECTLANGUAGE ECMA.CEILING EUROCONVERT FIELDVALUE FILTERXML GETPIVOTDATA "
    "GROUPBY IMAGE INFO JIS PHONETIC PIVOTBY REGISTER.ID RTD STOCKHISTORY "
    "TRANSLATE WEBSERVICE"
)
TAKE_ERRORS = frozenset(("IFERROR", "IFNA", "ISERROR", "ISERR", "ISNA", "ERROR.TYPE"))
"""Functions that turn an error of their argument into something else."""
UNSUPPORTED = frozenset(_UNSUPPORTED.split())
"""What Excel knows and a script does not; all other names are #NAME? to both."""
