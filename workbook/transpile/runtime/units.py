"""Units of measure, and numbers of one as numbers of another.

Source: Microsoft's documentation of CONVERT; factors by the international definitions of the units.
"""

from workbook.transpile.runtime.values import Error, elementwise, number, text

PREFIXES = {
    "Y": 1e24, "Z": 1e21, "E": 1e18, "P": 1e15, "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "h": 1e2, "da": 1e1, "e": 1e1,
    "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "a": 1e-18, "z": 1e-21, "y": 1e-24,
}  # fmt: skip
BINARY = {"ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60, "Zi": 2**70, "Yi": 2**80}
INCH = 0.0254
FOOT = 12 * INCH
YARD = 3 * FOOT
MILE = 1760 * YARD
SEA_MILE = 1852.0
LIGHT_YEAR = 9460730472580800.0
POINT = INCH / 72
POUND = 453.59237
STRENGTH = 9.80665
GALLON = 3.785411784e-3
# Each kind: units that take no prefix, and those that do, with the power to which a prefix is taken.
UNITS = {
    "mass": (
        {"sg": POUND * STRENGTH / FOOT, "lbm": POUND, "ozm": POUND / 16, "grain": POUND / 7000, "cwt": POUND * 100,
         "shweight": POUND * 100, "uk_cwt": POUND * 112, "lcwt": POUND * 112, "hweight": POUND * 112,
         "stone": POUND * 14,
         "ton": POUND * 2000, "uk_ton": POUND * 2240, "LTON": POUND * 2240, "brton": POUND * 2240},
        {"g": (1.0, 1), "u": (1.66053100460465e-24, 1)},
    ),
    "distance": (
        {"mi": MILE, "Nmi": SEA_MILE, "in": INCH, "ft": FOOT, "yd": YARD, "ell": 45 * INCH, "Picapt": POINT,
         "Pica": POINT, "pica": INCH / 6, "survey_mi": 5280 * 1200 / 3937},
        {"m": (1.0, 1), "ang": (1e-10, 1), "ly": (LIGHT_YEAR, 1), "parsec": (3.08567758128155e16, 1),
         "pc": (3.08567758128155e16, 1)},
    ),
    "time": (
        {"yr": 31557600.0, "day": 86400.0, "d": 86400.0, "hr": 3600.0, "mn": 60.0, "min": 60.0},
        {"sec": (1.0, 1), "s": (1.0, 1)},
    ),
    "pressure": (
        {"psi": POUND / 1000 * STRENGTH / INCH**2, "Torr": 101325 / 760},
        {"Pa": (1.0, 1), "p": (1.0, 1), "atm": (101325.0, 1), "at": (101325.0, 1), "mmHg": (133.322, 1)},
    ),
    "force": (
        {"lbf": POUND / 1000 * STRENGTH},
        {"N": (1.0, 1), "dyn": (1e-5, 1), "dy": (1e-5, 1), "pond": (STRENGTH / 1000, 1)},
    ),
    "energy": (
        {"HPh": POUND / 1000 * STRENGTH * FOOT * 550 * 3600, "hh": POUND / 1000 * STRENGTH * FOOT * 550 * 3600,
         "flb": POUND / 1000 * STRENGTH * FOOT, "BTU": 1055.05585262, "btu": 1055.05585262},
        {"J": (1.0, 1), "e": (1e-7, 1), "c": (4.184, 1), "cal": (4.1868, 1), "eV": (1.602176487e-19, 1),
         "ev": (1.602176487e-19, 1), "Wh": (3600.0, 1), "wh": (3600.0, 1)},
    ),
    "power": (
        {"HP": POUND / 1000 * STRENGTH * FOOT * 550, "h": POUND / 1000 * STRENGTH * FOOT * 550, "PS": 75 * STRENGTH},
        {"W": (1.0, 1), "w": (1.0, 1)},
    ),
    "magnetism": ({}, {"T": (1.0, 1), "ga": (1e-4, 1)}),
    "volume": (
        {"tsp": GALLON / 768, "tspm": 5e-6, "tbs": GALLON / 256, "oz": GALLON / 128, "cup": GALLON / 16,
         "pt": GALLON / 8,
         "us_pt": GALLON / 8, "uk_pt": 4.54609e-3 / 8, "qt": GALLON / 4, "uk_qt": 4.54609e-3 / 4, "gal": GALLON,
         "uk_gal": 4.54609e-3, "barrel": GALLON * 42, "bushel": 2150.42 * INCH**3, "ft3": FOOT**3, "in3": INCH**3,
         "ly3": LIGHT_YEAR**3, "mi3": MILE**3, "yd3": YARD**3, "Nmi3": SEA_MILE**3, "Picapt3": POINT**3,
         "Pica3": POINT**3, "GRT": 100 * FOOT**3, "regton": 100 * FOOT**3, "MTON": 40 * FOOT**3},
        {"l": (1e-3, 1), "L": (1e-3, 1), "lt": (1e-3, 1), "m3": (1.0, 3), "ang3": (1e-30, 3)},
    ),
    "area": (
        {"uk_acre": 4840 * YARD**2, "us_acre": 4840 * (3600 / 3937) ** 2, "ft2": FOOT**2, "ha": 1e4, "in2": INCH**2,
         "ly2": LIGHT_YEAR**2, "Morgen": 2500.0, "mi2": MILE**2, "Nmi2": SEA_MILE**2, "Picapt2": POINT**2,
         "Pica2": POINT**2, "yd2": YARD**2},
        {"ar": (100.0, 1), "m2": (1.0, 2), "ang2": (1e-20, 2)},
    ),
    "information": ({}, {"bit": (1.0, 1), "byte": (8.0, 1)}),
    "speed": (
        {"admkn": 6080 * FOOT / 3600, "kn": SEA_MILE / 3600, "mph": MILE / 3600},
        {"m/h": (1 / 3600, 1), "m/hr": (1 / 3600, 1), "m/s": (1.0, 1), "m/sec": (1.0, 1)},
    ),
}  # fmt: skip
# What a degree is in kelvins, and where the scale begins.
TEMPERATURES = {
    **dict.fromkeys(("K", "kel"), (1.0, 0.0)), **dict.fromkeys(("C", "cel"), (1.0, 273.15)),
    **dict.fromkeys(("F", "fah"), (5 / 9, 459.67)), "Rank": (5 / 9, 0.0), "Reau": (1.25, 218.52),
}  # fmt: skip


def unit(name):
    """The kind of a unit and how many of the kind's own it is; #N/A where there is no such unit."""
    plain = name.replace("^", "")
    for kind, (fixed, scaled) in UNITS.items():
        if plain in fixed:
            return kind, fixed[plain]
        if plain in scaled:
            return kind, scaled[plain][0]
        for prefixes in (PREFIXES, BINARY) if kind == "information" else (PREFIXES,):
            for prefix, times in prefixes.items():
                factor, power = (
                    scaled.get(plain.removeprefix(prefix), (0.0, 0)) if plain.startswith(prefix) else (0.0, 0)
                )
                if factor:
                    return kind, factor * times**power
    raise Error("#N/A")


@elementwise
def CONVERT(value, given, wanted):
    value, given, wanted = number(value), text(given), text(wanted)
    if given in TEMPERATURES and wanted in TEMPERATURES:
        (size, start), (other_size, other_start) = TEMPERATURES[given], TEMPERATURES[wanted]
        return value if given == wanted else (value + start) * size / other_size - other_start
    (kind, factor), (other_kind, other_factor) = unit(given), unit(wanted)
    if kind != other_kind:
        raise Error("#N/A")
    return value if given == wanted else value * factor / other_factor
