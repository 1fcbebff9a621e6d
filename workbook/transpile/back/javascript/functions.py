"""The table of Excel's functions in JavaScript: what each takes and gives, and the name of it in `runtime`.

What it takes, a letter for each argument: `n` a number, `t` a text, `b` a condition, `v` any single value, `c` a value
or an error, `r` a range or a single value, `e` the same or an error, `f` a function, `z` a function that is called when
its value is needed. A capital letter may be left empty; a `+` says that the last one repeats. What it gives: `n`, `t`,
`b`, `v`, or `a`: an array or a single value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbook.formula.grammar import Number
from workbook.transpile.front.functions import ALIASES, SHOWN_ROWS


@dataclass(frozen=True, slots=True)
class Form:
    """A function of the runtime: its name there, how it takes each argument, what it gives."""

    helper: str
    takes: str
    gives: str

    def at(self, place: int) -> str | None:
        """The letter of an argument, from 0; None where the function takes fewer."""
        letters = self.takes.rstrip("+")
        if place < len(letters):
            return letters[place]
        return letters[-1] if self.takes.endswith("+") and letters else None


_FORMS = (
    (":n", "PI RAND"),
    (":v", "NA"),
    (
        "n:n",
        (
            "EXP LN LOG10 SQRT SQRTPI ABS SIGN INT EVEN ODD SIN COS TAN ASIN ACOS ATAN SINH COSH TANH ASINH ACOSH ATANH SEC CSC "
            "COT SECH CSCH COTH ACOT ACOTH DEGREES RADIANS FACT FACTDOUBLE"
        ),
    ),
    ("n:b", "ISEVEN ISODD"),
    ("nV:t", "ROMAN"),
    ("n:a", "MUNIT"),
    (
        "nn:n",
        (
            "LOG POWER ROUND ROUNDUP ROUNDDOWN TRUNC MOD QUOTIENT MROUND CEILING FLOOR ATAN2 COMBIN COMBINA PERMUT PERMUTATIONA DELTA GESTEP "
            "BITAND BITOR BITXOR BITLSHIFT BITRSHIFT RANDBETWEEN"
        ),
    ),
    ("nnn:n", "STANDARDIZE"),
    ("nNn:n", "CEILING_MATH FLOOR_MATH"),
    ("nnn:t", "BASE"),
    ("tn:n", "DECIMAL"),
    ("nnnr+:n", "SERIESSUM"),
    ("NNNNb:a", "RANDARRAY"),
    ("b:b", "NOT"),
    ("c:b", "ISBLANK ISOMITTED ISNUMBER ISTEXT ISNONTEXT ISLOGICAL ISERROR ISERR ISNA"),
    ("c:n", "TYPE ERROR_TYPE"),
    ("v:n", "N"),
    ("v:t", "T"),
    ("r+:b", "AND OR XOR"),
    (
        "r+:n",
        (
            "SUM SUMSQ PRODUCT AVERAGE MAX MIN AVERAGEA MINA MAXA SUMPRODUCT MEDIAN MODE DEVSQ VAR VARP STDEV STDEVP VARA VARPA "
            "STDEVA STDEVPA SKEW SKEW_P KURT AVEDEV GEOMEAN HARMEAN GCD LCM MULTINOMIAL COUNTBLANK"
        ),
    ),
    ("r+:a", "MODE_MULT"),
    ("e+:a", "COUNTIFS SUMIFS AVERAGEIFS MINIFS MAXIFS"),
    ("e+:n", "COUNT COUNTA"),
    ("r:a", "TRANSPOSE MINVERSE"),
    ("r:n", "MDETERM ROWS COLUMNS"),
    ("rr:n", "SUMXMY2 SUMX2MY2 SUMX2PY2 CORREL RSQ COVAR COVARIANCE_S SLOPE INTERCEPT STEYX"),
    ("rr:a", "MMULT FREQUENCY"),
    ("re:a", "COUNTIF"),
    ("nrr:n", "FORECAST"),
    ("nrrNNN:n", "FORECAST_ETS"),
    ("nrrNNNN:n", "FORECAST_ETS_CONFINT"),
    ("rrNN:n", "FORECAST_ETS_SEASONALITY"),
    ("rrnNNN:n", "FORECAST_ETS_STAT"),
    ("rn:n", "LARGE SMALL PERCENTILE PERCENTILE_EXC QUARTILE QUARTILE_EXC TRIMMEAN"),
    ("rnn:n", "PERCENTRANK PERCENTRANK_EXC"),
    ("nrb:n", "RANK RANK_AVG"),
    ("vrn:n", "MATCH"),
    ("vrNN:n", "XMATCH"),
    ("vrnb:v", "VLOOKUP HLOOKUP"),
    ("vrR:v", "LOOKUP"),
    ("vrrzNN:a", "XLOOKUP"),
    ("rrR:a", "INDEX"),
    ("reR:a", "SUMIF AVERAGEIF"),
    ("rrvvVV:a", "OFFSET"),
    ("nnNNV:t", "ADDRESS"),
    ("tn:t", "LEFT RIGHT"),
    ("tnn:t", "MID"),
    ("t:n", "LEN CODE UNICODE ARABIC"),
    ("t:t", "UPPER LOWER PROPER TRIM CLEAN"),
    ("tn:t", "REPT"),
    ("tt:b", "EXACT"),
    ("ttn:n", "FIND SEARCH"),
    ("tttn:t", "SUBSTITUTE"),
    ("tnnt:t", "REPLACE"),
    ("v:n", "VALUE DATEVALUE TIMEVALUE"),
    ("n:t", "CHAR UNICHAR"),
    ("r+:t", "CONCAT"),
    ("t+:t", "CONCATENATE"),
    ("rbr+:t", "TEXTJOIN"),
    ("trNNNR:t", "TEXTBEFORE TEXTAFTER"),
    ("tRRBNR:a", "TEXTSPLIT"),
    ("tTT:n", "NUMBERVALUE"),
    ("rN:t", "ARRAYTOTEXT"),
    ("cN:t", "VALUETOTEXT"),
    ("vV:v", "HYPERLINK"),
    ("vt:t", "TEXT"),
    ("nnB:t", "FIXED"),
    ("nn:t", "DOLLAR"),
    (":n", "NOW TODAY"),
    ("nnn:n", "DATE TIME"),
    (
        "n:n",
        "YEAR MONTH DAY HOUR MINUTE SECOND ISOWEEKNUM GAMMA GAMMALN ERFC NORMSDIST NORM_S_INV PHI GAUSS FISHER FISHERINV",
    ),
    ("nn:n", "WEEKDAY WEEKNUM"),
    ("nN:n", "ERF"),
    (
        "nn:n",
        "EDATE EOMONTH DAYS T_DIST_RT T_DIST_2T T_INV T_INV_2T CHISQ_DIST_RT CHISQ_INV CHISQ_INV_RT EFFECT NOMINAL",
    ),
    ("nnB:n", "DAYS360"),
    ("nnt:n", "DATEDIF"),
    ("nnN:n", "YEARFRAC"),
    ("nnR:n", "NETWORKDAYS WORKDAY"),
    ("nnVR:n", "NETWORKDAYS_INTL WORKDAY_INTL"),
    ("NNNN:a", "SEQUENCE"),
    ("r+:a", "HSTACK VSTACK MAP"),
    ("rRRB:a", "SORT LINEST LOGEST"),
    ("rr+:a", "SORTBY CHOOSEROWS CHOOSECOLS"),
    ("rrR:a", "FILTER"),
    ("rBB:a", "UNIQUE"),
    ("rNN:a", "TAKE DROP"),
    ("rNB:a", "TOCOL TOROW"),
    ("rnV:a", "WRAPROWS WRAPCOLS"),
    ("rNNV:a", "EXPAND"),
    ("nnf:a", "MAKEARRAY"),
    ("rf:a", "BYROW BYCOL"),
    ("Rrf:a", "REDUCE SCAN"),
    ("nB:n", "NORM_S_DIST"),
    ("nnnb:n", "NORM_DIST BINOM_DIST GAMMA_DIST WEIBULL_DIST F_DIST"),
    ("nnn:n", "NORM_INV GAMMA_INV BINOM_INV F_DIST_RT F_INV F_INV_RT TDIST LOGNORM_INV CONFIDENCE_NORM CONFIDENCE_T"),
    ("nnnB:n", "LOGNORM_DIST NEGBINOM_DIST"),
    ("nnb:n", "EXPON_DIST POISSON_DIST T_DIST CHISQ_DIST"),
    ("nnnbNN:n", "BETA_DIST"),
    ("nnnNN:n", "BETADIST BETA_INV PMT FV PV"),
    ("nnnN:n", "BINOM_DIST_RANGE"),
    ("nnnnB:n", "HYPGEOM_DIST"),
    ("rrnn:n", "T_TEST"),
    ("rr:n", "F_TEST CHISQ_TEST"),
    ("rnR:n", "Z_TEST"),
    ("rrnN:n", "PROB"),
    ("rRRB:a", "TREND GROWTH"),
    ("nr+:n", "NPV SUBTOTAL"),
    ("nnr+:n", "AGGREGATE"),
    ("rRr:n", "DSUM DPRODUCT DCOUNT DCOUNTA DAVERAGE DMIN DMAX DSTDEV DSTDEVP DVAR DVARP"),
    ("rRr:v", "DGET"),
    ("rN:n", "IRR"),
    ("nrr:n", "XNPV"),
    ("rrN:n", "XIRR"),
    ("nnnNN:n", "NPER"),
    ("nnnNNN:n", "RATE"),
    ("nnnnNN:n", "IPMT PPMT"),
    ("nnnnnn:n", "CUMIPMT CUMPRINC"),
    ("nr:n", "FVSCHEDULE"),
    ("nnn:n", "RRI PDURATION SLN"),
    ("nnnn:n", "SYD"),
    ("nnnnn:n", "DDB"),
    ("v:n", "BIN2DEC HEX2DEC OCT2DEC IMREAL IMAGINARY IMABS IMARGUMENT"),
    ("nnV:t", "COMPLEX"),
    (
        "v:t",
        (
            "IMCONJUGATE IMSQRT IMEXP IMLN IMLOG10 IMLOG2 IMSIN IMCOS IMTAN IMSINH IMCOSH IMSEC IMCSC IMCOT IMSECH IMCSCH"
        ),
    ),
    ("vv:t", "IMSUB IMDIV"),
    ("vn:t", "IMPOWER"),
    ("r+:t", "IMSUM IMPRODUCT"),
    ("nn:n", "BESSELI BESSELJ BESSELK BESSELY DOLLARDE DOLLARFR"),
    ("ntt:n", "CONVERT"),
    ("nnnN:n", "COUPPCD COUPNCD COUPNUM COUPDAYBS COUPDAYS COUPDAYSNC"),
    ("nnnnnnN:n", "PRICE YIELD"),
    ("nnnnnN:n", "DURATION MDURATION PRICEMAT YIELDMAT"),
    ("nnnnnnNB:n", "ACCRINT"),
    ("nnnNN:n", "ACCRINTM"),
    ("nnnnN:n", "DISC INTRATE RECEIVED PRICEDISC YIELDDISC"),
    ("nnn:n", "TBILLEQ TBILLPRICE TBILLYIELD"),
    ("nnnnnnnnN:n", "ODDFPRICE ODDFYIELD"),
    ("nnnnnnnN:n", "ODDLPRICE ODDLYIELD"),
    ("nnnnnnN:n", "AMORDEGRC AMORLINC"),
    ("ttN:b", "REGEXTEST"),
    ("rrNN:a", "REGEXEXTRACT"),
    ("tttNN:t", "REGEXREPLACE"),
    ("t:t", "ENCODEURL"),
    ("rr:n", "PERCENTOF"),
    ("rNN:a", "TRIMRANGE"),
    ("rnn:n", "MIRR"),
    ("nnnn:n", "ISPMT"),
    ("nnnnn:n", "DB"),
    ("nnnnnnB:n", "VDB"),
    ("vN:t", "BIN2HEX BIN2OCT DEC2BIN DEC2HEX DEC2OCT HEX2BIN HEX2OCT OCT2BIN OCT2HEX"),
)
_RENAMED = {"N": "N_OF", "T": "T_OF"}


def _table() -> dict[str, Form]:
    found: dict[str, Form] = {}
    for signature, names in _FORMS:
        takes, _, gives = signature.partition(":")
        for name in names.split():
            found[name.replace("_", ".")] = Form(_RENAMED.get(name, name), takes, gives)
    found[SHOWN_ROWS] = Form("shownRows", "rr", "a")
    return found | {alias: found[name.replace("_", ".")] for alias, name in ALIASES.items()}


FORMS = _table()
"""Excel's name → its form in JavaScript."""
_RANKED = Form("AGGREGATE", "nnrn", "n")
_FIRST_RANKED = 14


def form_of(name: str, arguments: Sequence[Any]) -> Form | None:
    """The form of a function with these arguments; None where JavaScript has none."""
    if name == "AGGREGATE" and len(arguments) == len(_RANKED.takes):
        kind = arguments[0]
        # LARGE, SMALL and the like take one range, and ranks.
        if isinstance(kind, Number) and kind.value >= _FIRST_RANKED:
            return _RANKED
    return FORMS.get(name)
