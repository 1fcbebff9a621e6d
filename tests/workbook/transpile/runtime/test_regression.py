"""A line through pairs, against the examples of Excel's documentation."""

import pytest
from excel import column, near, shows, value

# The offices of LINEST's own example: floor space, offices, entrances, age; assessed value.
CELLS = {
    **column("A", (2310, 2333, 2356, 2379, 2402, 2425, 2448, 2471, 2494, 2517, 2540)),
    **column("B", (2, 2, 3, 3, 2, 4, 2, 2, 3, 4, 2)),
    **column("C", (2, 2, 1.5, 2, 3, 2, 1.5, 2, 3, 4, 3)),
    **column("D", (20, 12, 33, 43, 53, 23, 99, 34, 23, 55, 22)),
    **column("E", (142000, 144000, 151000, 150000, 139000, 169000, 126000, 142900, 163000, 169000, 149000)),
    **column("G", (11, 12, 13, 14, 15, 16)),
    **column("H", (33100, 47300, 69000, 102000, 150000, 220000)),
    **column("J", (133890, 135000, 135790, 137300, 138130, 139100, 139900, 141120, 141890, 143230, 144000, 145290)),
    **column("K", (3, "three", 5, None, 7)),
    **column("L", (1, 2, 3, 4, True)),
}
CASES = [
    ("SLOPE({2,3,9,1,8,7,5},{6,5,11,7,5,4,4})", near("0.305556")),
    ("SLOPE({1,2},{3,3})", "#DIV/0!"),
    ("SLOPE({1,2},{3,4,5})", "#N/A"),
    ("SLOPE(K1:K5,L1:L5)", 1.0),
    ("INTERCEPT({2,3,9,1,8},{6,5,11,7,5})", near("0.0483871")),
    ("RSQ({2,3,9,1,8,7,5},{6,5,11,7,5,4,4})", near("0.05795")),
    ("STEYX({2,3,9,1,8,7,5},{6,5,11,7,5,4,4})", near("3.305719")),
    ("STEYX({1,2},{3,4})", "#DIV/0!"),
    ("CORREL({3,2,4,5,6},{9,7,12,15,17})", near("0.997054")),
    ("CORREL({1,1},{2,3})", "#DIV/0!"),
    ("PEARSON({9,7,5,3,1},{10,6,1,5,3})", near("0.699379")),
    ("COVAR({3,2,4,5,6},{9,7,12,15,17})", 5.2),
    ("COVARIANCE.S({2,4,8},{5,11,12})", near("9.666666667")),
    ("COVARIANCE.S({2},{5})", "#DIV/0!"),
    ("FORECAST(30,{6,7,9,15,21},{20,28,31,38,40})", near("10.607253")),
    ("FORECAST({0;2},{1,3},{0,1})", [[1.0], [5.0]]),
    ("FORECAST.LINEAR(30,{6,7,9,15,21},{20,28,31,38,40})", near("10.607253")),
    ("LINEST({1,9,5,7},{0,4,2,3})", [[2.0, 1.0]]),
    ("LINEST({1;9;5;7},{0;4;2;3},,FALSE)", [[2.0, 1.0]]),
    ("LINEST({2,4,6},,FALSE)", [[2.0, 0.0]]),
    # A blank cell, or a text, among what is known, where SLOPE leaves the pair out. LibreOffice shows the same.
    ("INDEX(LINEST(E1:E11,Z1:Z11),1)", "#VALUE!"),
    ("INDEX(LINEST(E1:E12,A1:A12),1)", "#VALUE!"),
    ('INDEX(LINEST({1,"2",4},{1,2,3}),1)', "#VALUE!"),
    ("INDEX(LOGEST(E1:E12,A1:A12),1)", "#VALUE!"),
    ("INDEX(TREND(E1:E12,A1:A12),1)", "#VALUE!"),
    ("INDEX(TREND(E1:E11,A1:A11,Z1),1)", "#VALUE!"),
    ("INDEX(GROWTH(E1:E12,A1:A12),1)", "#VALUE!"),
    ("SLOPE(E1:E12,A1:A12)=SLOPE(E1:E11,A1:A11)", True),
    (
        "LINEST(E1:E11,A1:D11,TRUE,TRUE)",
        [
            [near("-234.2371645"), near("2553.21066"), near("12529.76817"), near("27.64138737"), near("52317.83051")],
            [near("13.26801148"), near("530.6691519"), near("400.0668382"), near("5.429374042"), near("12237.3616")],
            [near("0.996747993"), near("970.5784629"), "#N/A", "#N/A", "#N/A"],
            [near("459.7536742"), 6.0, "#N/A", "#N/A", "#N/A"],
            [near("1732393319"), near("5652135.316"), "#N/A", "#N/A", "#N/A"],
        ],
    ),
    ("INDEX(LINEST(E1:E11,A1:D11,TRUE,TRUE),3,1)", near("0.996747993")),
    ("LOGEST(H1:H6,G1:G6)", [[near("1.463275628"), near("495.3047702")]]),
    ("INDEX(TREND(J1:J12,,{13;14;15;16;17}),1)", near("146171.5152")),
    ("INDEX(TREND(J1:J12,,{13;14;15;16;17}),5)", near("150244.2424")),
    ("INDEX(TREND(J1:J12),1)", near("133953.3333")),
    ("INDEX(TREND(J1:J12),2)", near("134971.5152")),
    ("INDEX(GROWTH(H1:H6,G1:G6),1)", near("32618.20377")),
    ("GROWTH(H1:H6,G1:G6,{17;18})", [[near("320196.7184")], [near("468536.0542")]]),
    ("TREND({1;2;3},{1,1;2,4;3,9},{4,16})", 4.0),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"


def test_a_column_that_says_nothing_new_gets_no_coefficient() -> None:
    found = value("LINEST({1;3;5;8},{1,2;2,4;3,6;4,8})")
    assert min(map(abs, found[0][:2])) == 0.0
    assert value("SUM(TREND({1;3;5;8},{1,2;2,4;3,6;4,8}))") == pytest.approx(17.0, rel=1e-12)
