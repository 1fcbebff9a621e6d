"""How wide words are, in digits of the usual size, whatever program draws them: the widths of Calibri's letters.

A column of w characters holds w digits, in every program and at every zoom, so text is measured in them. The widths are
those of Carlito, which has Calibri's letter for letter, in 2048ths of the size.
Source: Carlito 20220224 (tyPoland Lukasz Dziedzic, SIL Open Font License 1.1), https://github.com/googlefonts/carlito
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

# fmt: off
_REGULAR: dict[int, str] = {
    452: "'", 463: " ", 470: "ilı", 483: "ᵗ", 490: "j", 504: "¹₁", 507: "ł", 511: ",‘’‚", 516: "IΙΪ", 517: ".·",
    548: ":;", 562: "ίι", 567: "ᶻ", 596: "`", 598: "´", 599: "ᵀ", 621: "()", 625: "f", 627: "-", 628: "[]", 629: "¸",
    644: "{}", 653: "J", 657: "⁷₇", 663: "ᵏ", 667: "!¡", 678: "⁵₅", 685: "³₃", 686: "t", 688: "²₂", 689: "⁄",
    694: "°‹›", 712: "ζ", 714: "r", 731: "⁴₄", 735: "⁶⁹⁻₆₉", 737: "⁸₈", 746: "⁺", 749: "∫", 770: "ξ", 791: "/\\",
    793: "τ", 801: "s⁰₀", 804: "¨", 807: "¯", 809: "z", 821: '"', 824: "ª", 841: "ς", 851: "Γ", 857: "“”„", 861: "L",
    865: "º", 866: "c", 873: "χ", 880: "Ł", 887: "x", 914: "γ", 919: "ν", 925: "v", 927: "y", 931: "kκ", 933: "έε",
    939: "Σ", 941: "FS", 943: "|", 948: "λ", 949: "?¿", 959: "ZΖ", 964: "g", 981: "a", 998: "TYΤΥΫ", 1000: "EΕ",
    1007: "Ξ", 1019: "e", 1020: "#*+<=>^_~¢¤¦§¬±×÷–†‡•−√≈≠≤≥", 1038: "$0123456789£¥®€", 1042: "ρ", 1046: "◊",
    1049: "«»", 1058: "PÞΡ", 1063: "XΧ", 1064: "KΚ", 1072: "δ", 1076: "bdhnpquþð", 1080: "oßο", 1084: "ø", 1088: "β",
    1089: "θσ", 1091: "∂", 1092: "C", 1100: "ήη", 1108: "∑", 1109: "ΰυ", 1112: "R", 1114: "BΒ", 1126: "µμ", 1130: "đ",
    1132: "π", 1156: "Δ∆", 1162: "Vάα", 1173: "Λ", 1185: "AΑ", 1200: "¶", 1260: "D", 1276: "HΗΠ", 1279: "ÐĐ",
    1292: "G", 1303: "¼", 1314: "U", 1322: "NΝ", 1334: "φ", 1356: "OΘΟ", 1359: "Ø", 1360: "Ω", 1375: "½", 1378: "Q",
    1383: "¾", 1397: "&", 1414: "…", 1426: "ω", 1444: "™", 1449: "ψ", 1464: "%w", 1536: "Ψ", 1555: "Φ", 1563: "Æ",
    1583: "æ", 1636: "m", 1637: "∏", 1709: "©", 1740: "œ", 1747: "∞", 1751: "MΜ", 1775: "Œ", 1822: "W", 1831: "@",
    1854: "—←→↑↓", 2126: "‰",
}
_BOLD: dict[int, str] = {
    463: " ", 478: "'", 503: "ilı", 506: "ᵗ", 517: "¹₁", 523: "j", 528: ",‘’‚", 540: "ł", 546: "IΙΪ", 547: ".",
    548: "·", 565: ":;", 570: "ᶻ", 586: "ίι", 615: "`", 616: "´", 621: "¸", 627: "-", 638: "()", 648: "f", 665: "[]",
    667: "!¡", 669: "⁷₇", 678: "J", 688: "³₃ᵀ", 690: "⁵₅", 692: "²₂", 701: "°", 704: "{}ᵏ", 705: "‹›", 710: "t",
    720: "⁻", 727: "⁺", 728: "r⁄", 740: "⁶⁹₆₉", 746: "ζ", 749: "⁴⁸₄₈", 769: "∫", 789: "ξ", 799: "¯", 804: "τ",
    814: "z", 815: "⁰₀", 817: "s", 833: "ς", 839: "Γ", 849: "¨", 852: "ª", 857: "c", 866: "L", 880: "/\\", 886: "Ł",
    891: "º“”„", 898: '"', 923: "χ", 937: "έε", 940: "F", 941: "x", 949: "?¿", 957: "γ", 962: "Σ", 965: "ν", 968: "S",
    969: "v", 970: "y", 971: "g", 973: "|", 979: "ZΖ", 983: "kκ", 996: "λ", 999: "EΕ", 1008: "Ξ", 1011: "a",
    1014: "TΤ", 1020: "#*+<=>^_~¢¤¦§¬±×÷–†‡•−√≈≠≤≥", 1031: "e", 1038: "$0123456789£¥®€", 1064: "YΥΫ", 1084: "C",
    1086: "ρ", 1090: "PÞΡ", 1091: "δ", 1093: "◊", 1099: "bdhnpquþð", 1100: "∂", 1101: "oο", 1103: "«»", 1114: "øήη",
    1115: "σ", 1116: "θ", 1117: "β", 1120: "KΚ", 1123: "ΰυ", 1127: "∑", 1128: "XΧ", 1136: "ß", 1148: "BΒ", 1153: "R",
    1154: "µμ", 1165: "đ", 1183: "Δ∆", 1186: "π", 1210: "άα", 1211: "V", 1216: "Λ", 1224: "¶", 1241: "AΑ", 1291: "D",
    1292: "HΗΠ", 1305: "G", 1309: "ÐĐ", 1337: "U", 1347: "¼", 1349: "NΝ", 1385: "OΘΟ", 1394: "ØΩ", 1405: "Q",
    1415: "½", 1432: "φ", 1437: "¾", 1443: "&", 1457: "…", 1470: "ω", 1475: "™", 1493: "%", 1511: "ψ", 1526: "w",
    1587: "æ", 1588: "Æ", 1602: "∏", 1641: "Φ", 1654: "Ψ", 1666: "m", 1709: "©", 1716: "∞", 1726: "œ", 1790: "MŒΜ",
    1840: "@", 1854: "—←→↑↓", 1856: "W", 2174: "‰",
}
# fmt: on

_WIDTHS = tuple({letter: width for width, row in table.items() for letter in row} for table in (_REGULAR, _BOLD))
_DIGIT, _MONOSPACED, _OTHER, _SQUARE = 1038, 1126, 1700, 2048
"""Of a digit, of any letter of Consolas, of what another font lends, and of Chinese, Japanese and Korean signs."""


@dataclass(frozen=True)
class Face:
    """How words are set: their size in points, bold or not, in letters of one width or not."""

    size: float = 11
    bold: bool = False
    monospaced: bool = False


USUAL = Face()
FACES: Mapping[str, Face] = {
    "title": Face(18, bold=True),
    "section": Face(12, bold=True),
    "heading": Face(10, bold=True),
    "spread": Face(10, bold=True),
    "unit": Face(10),
    "wrapped": Face(8.5),
    "sign": Face(13, bold=True),
    "code": Face(9, monospaced=True),
    "manifest": Face(9, monospaced=True),
    **dict.fromkeys(("parameter", "result", "update"), Face(bold=True)),
}
"""Role → how it is set, where that is not the usual way."""


def width(text: str, face: Face = USUAL) -> float:
    """How many digits of the usual size a text is wide.

    >>> width("2026"), width("0", Face(22)), round(width("Wig"), 2)
    (4.0, 2.0, 3.14)
    """
    if face.monospaced:
        return len(text) * _MONOSPACED / _DIGIT * face.size / USUAL.size
    widths = _WIDTHS[face.bold]
    return sum(_letter(letter, widths) for letter in text) / _DIGIT * face.size / USUAL.size


def _letter(letter: str, widths: Mapping[str, int]) -> int:
    found = widths.get(letter)
    if found is not None:
        return found
    if unicodedata.combining(letter):
        return 0
    if unicodedata.east_asian_width(letter) in "WF":
        return _SQUARE
    plain = unicodedata.normalize("NFD", letter)[0]
    return widths.get(plain, _OTHER)


def lines(text: str, room: float, face: Face = USUAL) -> list[str]:
    """The lines of a text in a cell that wraps it, at blanks and after hyphens; in a word only where it must be.

    >>> lines("two words", 6.0), lines("cross-entropy", 8.0), lines("2026", 2.0)
    (['two', 'words'], ['cross-', 'entropy'], ['20', '26'])
    """
    found = [""]
    for part in _parts(text):
        if width((found[-1] + part).rstrip(), face) <= room:
            found[-1] += part
            continue
        found += [part] if found[-1] else []
        found[-1] = part
        while width(found[-1].rstrip(), face) > room and len(found[-1]) > 1:
            fits = max(1, next(n for n in range(len(found[-1])) if width(found[-1][: n + 1], face) > room))
            found[-1:] = [found[-1][:fits], found[-1][fits:]]
    return [line.rstrip() for line in found]


def longest(text: str, face: Face = USUAL) -> float:
    """The width of the longest part of a text without a line break."""
    return max((width(part.rstrip(), face) for part in _parts(text)), default=0.0)


def _parts(text: str) -> list[str]:
    return re.findall(r"[^\s-]*-+\s*|[^\s-]+\s*", " ".join(text.split()))
