"""Workbooks as strangers make them to teach: their own layouts, headings, habits and untidiness."""

import random
from collections.abc import Callable

from corpus.book import Array, Book


def _numbers(seed: int, count: int, low: float, high: float, digits: int = 2) -> list[float]:
    made = random.Random(seed)
    return [round(made.uniform(low, high), digits) for _ in range(count)]


def gradient_descent() -> Book:
    """A line fitted one point at a time, then by whole batches; the estimate of a derivative beside its formula."""
    made = Book()
    xs = [14, 86, 28, 51, 28, 29, 72, 62, 84, 15, 42, 62, 47, 35, 9, 38, 44, 99, 13, 21]
    data = (
        made.page("data").put("A1", ("a", 2), ("b", 30)).put("A4", ("x", "y"), *xs).fill("B5", 20, 1, "=$B$1*A5+$B$2")
    )
    data.put("D1", ("mean x", "=AVERAGE(A5:A24)"), ("mean y", "=AVERAGE(B5:B24)"), ("n", "=COUNT(A5:A24)"))
    page = made.page("basic SGD").put("A1", ("Learn", 0.0001), ("intercept", 1), ("slope", 1))
    heads = (
        "x",
        "y",
        "intercept",
        "slope",
        "y_pred",
        "err^2",
        "errb1",
        "est de/db",
        "erra1",
        "est de/da",
        "de/db",
        "de/da",
        "new a",
        "new b",
    )
    page.put("A6", heads).fill("A7", 20, 1, "=data!A5").fill("B7", 20, 1, "=data!B5")
    page.put("C7", "=B2").put("D7", "=B3").fill("C8", 19, 1, "=N7").fill("D8", 19, 1, "=M7")
    page.fill("E7", 20, 1, "=D7*A7+C7").fill("F7", 20, 1, "=(E7-B7)^2").fill(
        "G7", 20, 1, "=((C7+0.01+D7*A7)-B7)^2"
    ).fill("H7", 20, 1, "=(G7-F7)/0.01")
    page.fill("I7", 20, 1, "=(((D7+0.01)*A7+C7)-B7)^2").fill("J7", 20, 1, "=(I7-F7)/0.01").fill(
        "K7", 20, 1, "=2*(E7-B7)"
    ).fill("L7", 20, 1, "=A7*K7")
    page.fill("M7", 20, 1, "=D7-L7*$B$1").fill("N7", 20, 1, "=C7-K7*$B$1").put(
        "E28", ("RMSE", "=SQRT(AVERAGE(F7:F26))")
    )
    batch = (
        made.page("batch")
        .put("A1", "Full batch")
        .put("A2", ("rate", 0.0002))
        .put("A4", ("epoch", "a", "b", "grad a", "grad b", "loss"))
    )
    batch.put("A5", (0, 1, 1)).fill("A6", 30, 1, "=A5+1").fill("B6", 30, 1, "=B5-$B$2*D5").fill(
        "C6", 30, 1, "=C5-$B$2*E5"
    )
    batch.fill("D5", 31, 1, "=2*SUMPRODUCT(data!$A$5:$A$24,B5*data!$A$5:$A$24+C5-data!$B$5:$B$24)/data!$E$3")
    batch.fill("E5", 31, 1, "=2*(B5*data!$E$1+C5-data!$E$2)").fill(
        "F5", 31, 1, "=SUMPRODUCT((B5*data!$A$5:$A$24+C5-data!$B$5:$B$24)^2)/data!$E$3"
    )
    return made


def k_means() -> Book:
    """Twelve points, three centres, four rounds below each other."""
    made = Book(names={"K": "'k means'!$B$2"})
    page = (
        made.page("k means").put("A1", "K-means clustering by hand").put("A2", ("k", 3)).put("A4", ("point", "x", "y"))
    )
    page.merges.append("A1:F1")
    xs, ys = _numbers(1, 12, 0, 10), _numbers(2, 12, 0, 10)
    for i in range(12):
        page.put(f"A{5 + i}", (f"P{i + 1}", xs[i], ys[i]))
    page.put("A19", ("Round 1", "x", "y"), ("C1", 1, 1), ("C2", 5, 9), ("C3", 9, 4))
    for number in range(4):
        left, top = 5 + 6 * number, 20 + 6 * number
        columns = [chr(64 + left + j) if left + j <= 26 else "A" + chr(38 + left + j) for j in range(5)]
        page.put(f"{columns[0]}4", ("d1", "d2", "d3", "nearest", "d²"))
        for j in range(3):
            page.fill(f"{columns[j]}5", 12, 1, f"=SQRT(($B5-$B${top + j})^2+($C5-$C${top + j})^2)")
        page.fill(f"{columns[3]}5", 12, 1, f"=MATCH(MIN({columns[0]}5:{columns[2]}5),{columns[0]}5:{columns[2]}5,0)")
        page.fill(f"{columns[4]}5", 12, 1, f"=MIN({columns[0]}5:{columns[2]}5)^2").put(
            f"{columns[4]}17", f"=SUM({columns[4]}5:{columns[4]}16)"
        )
        page.put(f"A{top + 5}", (f"Round {number + 2}", "x", "y"))
        for j in range(3):
            mean = f"=IFERROR(AVERAGEIF(${columns[3]}$5:${columns[3]}$16,{j + 1},B$5:B$16),B{top + j})"
            page.put(f"A{top + 6 + j}", f"C{j + 1}").fill(f"B{top + 6 + j}", 1, 2, mean)
    page.put("A16", None)
    return made


def regression() -> Book:
    """Least squares three ways: sums, the normal equations, the built-in functions."""
    made = Book(names={"x_values": "Regression!$B$4:$B$13", "y_values": "Regression!$C$4:$C$13"})
    page = (
        made.page("Regression")
        .put("B2", "Hours and marks")
        .put("B3", ("hours", "mark", "x*y", "x^2", "fit", "residual", "resid²"))
    )
    page.merges.append("B2:C2")
    for i, (x, y) in enumerate(zip(_numbers(3, 10, 0, 12, 1), _numbers(4, 10, 35, 95, 0), strict=True)):
        page.put(f"B{4 + i}", (x, y))
    page.fill("D4", 10, 1, "=B4*C4").fill("E4", 10, 1, "=B4^2").fill("F4", 10, 1, "=$K$4+$K$3*B4").fill(
        "G4", 10, 1, "=C4-F4"
    ).fill("H4", 10, 1, "=G4^2")
    page.put("A14", "Sum").fill("B14", 1, 7, "=SUM(B4:B13)").put("A15", "Mean").fill("B15", 1, 7, "=AVERAGE(B4:B13)")
    page.put(
        "J2", ("n", "=COUNT(B4:B13)"), ("slope", "=(K2*D14-B14*C14)/(K2*E14-B14^2)"), ("intercept", "=(C14-K3*B14)/K2")
    )
    page.put(
        "J5",
        ("SSE", "=H14"),
        ("SST", "=DEVSQ(C4:C13)"),
        ("R²", "=1-K5/K6"),
        ("s", "=SQRT(K5/(K2-2))"),
        ("t", "=K3/(K8/SQRT(DEVSQ(B4:B13)))"),
    )
    page.put(
        "M2",
        ("slope", "=SLOPE(y_values,x_values)"),
        ("intercept", "=INTERCEPT(y_values,x_values)"),
        ("r", "=CORREL(x_values,y_values)"),
        ("R²", "=N4^2"),
    )
    page.put("M7", "at 7.5 hours").put("N7", "=FORECAST(7.5,y_values,x_values)").put(
        "M8", ("check", '=IF(ABS(N2-K3)<0.000001,"ok","WRONG")')
    )
    design = (
        made.page("normal equations")
        .put("A1", "X")
        .put("C1", "y")
        .put("E1", "XtX")
        .put("H1", "Xty")
        .put("J1", "beta")
        .put("L1", "fitted")
    )
    for i in range(10):
        design.put(f"A{2 + i}", 1)
    design.fill("B2", 10, 1, "=Regression!B4").fill("C2", 10, 1, "=Regression!C4").put(
        "E2", Array("=MMULT(TRANSPOSE(A2:B11),A2:B11)", 2, 2)
    )
    design.put("H2", Array("=MMULT(TRANSPOSE(A2:B11),C2:C11)", 2, 1)).put(
        "J2", Array("=MMULT(MINVERSE(E2:F3),H2:H3)", 2, 1)
    ).put("L2", Array("=MMULT(A2:B11,J2:J3)", 10, 1))
    design.put("L13", "=SUMXMY2(C2:C11,L2:L11)").put("E5", ("det", "=MDETERM(E2:F3)"))
    return made


def neural_network() -> Book:
    """XOR by two hidden units: one pass forwards and back as matrices, then forty steps, one a row."""
    made = Book()
    page = (
        made.page("XOR net")
        .put("A1", "X")
        .put("D1", "target")
        .put("F1", "W1")
        .put("I1", "b1")
        .put("L1", "W2")
        .put("N1", "b2")
        .put("P1", ("rate", 0.5))
    )
    page.put("A2", (0, 0, None, 0), (0, 1, None, 1), (1, 0, None, 1), (1, 1, None, 0)).put(
        "F2", (0.5, -0.6), (0.4, 0.9)
    ).put("I2", (0.1, -0.1)).put("L2", 0.7, -1.1).put("N2", 0.05)
    page.put("A8", "Z1").put("A9", Array("=MMULT(A2:B5,F2:G3)+I2:J2", 4, 2)).put("D8", "H").put(
        "D9", Array("=1/(1+EXP(-A9:B12))", 4, 2)
    )
    page.put("G8", "Z2").put("G9", Array("=MMULT(D9:E12,L2:L3)+N2", 4, 1)).put("I8", "out").put(
        "I9", Array("=1/(1+EXP(-G9:G12))", 4, 1)
    )
    page.put("K8", "error").fill("K9", 4, 1, "=I9-D2").put("L8", "loss").fill("L9", 4, 1, "=0.5*K9^2").put(
        "K14", ("MSE", "=SUM(L9:L12)/COUNT(L9:L12)")
    )
    page.put("A16", "delta2").fill("A17", 4, 1, "=K9*I9*(1-I9)").put("C16", "delta1").put(
        "C17", Array("=MMULT(A17:A20,TRANSPOSE(L2:L3))*D9:E12*(1-D9:E12)", 4, 2)
    )
    page.put("F16", "dW2").put("F17", Array("=MMULT(TRANSPOSE(D9:E12),A17:A20)", 2, 1)).put("H16", "db2").put(
        "H17", "=SUM(A17:A20)"
    )
    page.put("J16", "dW1").put("J17", Array("=MMULT(TRANSPOSE(A2:B5),C17:D20)", 2, 2)).put("M16", "db1").fill(
        "M17", 1, 2, "=SUM(C17:C20)"
    )
    page.put("A23", "new W1").put("A24", Array("=F2:G3-Q1*J17:K18", 2, 2)).put("D23", "new W2").fill(
        "D24", 2, 1, "=L2-$Q$1*F17"
    ).put("F23", "new b1").fill("F24", 1, 2, "=I2-$Q$1*M17").put("I23", "new b2").put("I24", "=N2-Q1*H17")
    train = (
        made.page("one neuron")
        .put("A1", ("eta", 0.8))
        .put("A3", ("step", "x1", "x2", "t", "w1", "w2", "bias", "net", "out", "err", "grad"))
    )
    train.put("A4", 1).fill("A5", 39, 1, "=A4+1").fill("B4", 40, 1, "=INDEX('XOR net'!$A$2:$A$5,MOD(A4-1,4)+1)").fill(
        "C4", 40, 1, "=INDEX('XOR net'!$B$2:$B$5,MOD(A4-1,4)+1)"
    )
    train.fill("D4", 40, 1, "=IF(OR(B4=1,C4=1),1,0)").put("E4", (0.1, -0.2, 0)).fill(
        "E5", 39, 1, "=E4-$B$1*K4*B4"
    ).fill("F5", 39, 1, "=F4-$B$1*K4*C4").fill("G5", 39, 1, "=G4-$B$1*K4")
    train.fill("H4", 40, 1, "=SUMPRODUCT(B4:C4,E4:F4)+G4").fill("I4", 40, 1, "=1/(1+EXP(-H4))").fill(
        "J4", 40, 1, "=I4-D4"
    ).fill("K4", 40, 1, "=J4*I4*(1-I4)")
    train.put("M3", ("right", '=COUNTIF(N5:N44,"yes")')).put("N4", "right?").fill(
        "N5", 40, 1, '=IF(ROUND(I4,0)=D4,"yes","no")'
    )
    return made


def softmax() -> Book:
    """Softmax, its losses and a table of several animals."""
    made = Book()
    page = made.page("softmax").put("A1", ("", "output", "exp", "softmax", "actual", "log", "loss"))
    for i, (name, output) in enumerate(
        zip(("cat", "dog", "plane", "fish", "building"), (4.84, -3.73, 2.11, 0.02, -1.9), strict=True)
    ):
        page.put(f"A{2 + i}", (name, output)).put(f"E{2 + i}", int(name == "plane"))
    page.fill("C2", 5, 1, "=EXP(B2)").put("C7", "=SUM(C2:C6)").fill("D2", 5, 1, "=C2/C$7").fill(
        "F2", 5, 1, "=LN(D2)"
    ).fill("G2", 5, 1, "=-E2*F2").put("G7", "=SUM(G2:G6)")
    page.put(
        "A9",
        ("prediction", "=INDEX(A2:A6,MATCH(MAX(D2:D6),D2:D6,0))"),
        ("top-2", "=LARGE(D2:D6,2)"),
        ("entropy", "=-SUMPRODUCT(D2:D6,F2:F6)"),
        ("log10", "=LOG(C7)"),
    )
    safe = (
        made.page("stable")
        .put("A1", ("logits", 700, 710, -5, 3))
        .put("A2", "max")
        .put("B2", "=MAX(B1:E1)")
        .put("A3", "shifted")
        .fill("B3", 1, 4, "=EXP(B1-$B$2)")
        .put("A4", "p")
        .fill("B4", 1, 4, "=B3/SUM($B3:$E3)")
    )
    safe.put(
        "A5",
        ("sum", "=SUM(B4:E4)"),
        ("naive", "=EXP(C1)/SUM(EXP(B1),EXP(C1))"),
        ("caught", '=IFERROR(B6,"overflow")'),
        ("lse", "=B2+LN(SUM(B3:E3))"),
    )
    binary = (
        made.page("binary")
        .put("A1", ("is cat", "p", "loss 1", "loss 2"))
        .put("A2", (1, 0.9), (1, 0.4), (0, 0.2), (0, 0.95), (1, 0.0001))
    )
    binary.fill("C2", 5, 1, "=-(A2*LN(B2)+(1-A2)*LN(1-B2))").fill("D2", 5, 1, "=IF(A2=1,-LN(B2),-LN(1-B2))").put(
        "C7", "=AVERAGE(C2:C6)"
    ).put("D7", "=C7=AVERAGE(D2:D6)")
    return made


def grade_book() -> Book:
    """A class's marks: weights across, letters by a table, absences, ranks and remarks."""
    made = Book(names={"Grades": "Scale!$A$2:$B$7", "pass_mark": "Scale!$E$1"})
    made.page("Scale").put(
        "A1", ("from", "grade"), (0, "F"), (50, "E"), (60, "D"), (70, "C"), (80, "B"), (90, "A")
    ).put("D1", ("pass", 60))
    page = (
        made.page("Class 7b")
        .put("A1", "Spring term")
        .put("A2", ("", "weight", 0.1, 0.2, 0.3, 0.4))
        .put(
            "A3",
            (
                "Name",
                "First",
                "HW",
                "Quiz",
                "Mid",
                "Final",
                "Total",
                "Grade",
                "Passed?",
                "Rank",
                "Best",
                "Dropped",
                "Remark",
            ),
        )
    )
    page.merges.append("A1:M1")
    people = ("Ådahl", "O'Neil", "Çelik", "von Berg", "Ng", "Lee", "de la Cruz", "Smith", "Smith", "Li")
    marks = _numbers(5, 40, 30, 100, 0)
    for i, name in enumerate(people):
        page.put(f"A{4 + i}", (name, chr(65 + i), *marks[4 * i : 4 * i + 4]))
    for gap in ((5, 4), (8, 5), (9, 3)):
        del page.cells[gap]
    page.put("F11", "absent")
    page.fill("G4", 10, 1, "=SUMPRODUCT($C$2:$F$2,C4:F4)").fill("H4", 10, 1, "=VLOOKUP(G4,Grades,2)").fill(
        "I4", 10, 1, '=IF(G4>=pass_mark,"yes","no")'
    ).fill("J4", 10, 1, "=RANK(G4,$G$4:$G$13)")
    page.fill("K4", 10, 1, "=MAX(C4:F4)").fill("L4", 10, 1, "=ROUND((SUM(C4:F4)-MIN(C4:F4))/(COUNT(C4:F4)-1),1)")
    page.fill(
        "M4",
        10,
        1,
        '=IF(COUNTBLANK(C4:F4)>0,"incomplete",IF(COUNT(C4:F4)<4,"excused",IF(AND(C4>80,F4>80),"very good",IF(OR(C4<40,F4<40),"see me",""))))',
    )
    page.put("A15", "Mean").fill("C15", 1, 5, "=AVERAGE(C4:C13)").put("A16", "Median").fill(
        "C16", 1, 5, "=MEDIAN(C4:C13)"
    ).put("A17", "Std").fill("C17", 1, 5, "=STDEV(C4:C13)").put("A18", "Marks").fill("C18", 1, 5, "=COUNT(C4:C13)").put(
        "A19", "Seen"
    ).fill("C19", 1, 5, "=COUNTA(C4:C13)")
    page.put("O3", ("grade", "count", "share")).put("O4", "A", "B", "C", "D", "E", "F").fill(
        "P4", 6, 1, "=COUNTIF($H$4:$H$13,O4)"
    ).fill("Q4", 6, 1, "=P4/SUM(P$4:P$9)")
    page.put(
        "O12",
        ("first place", "=INDEX(A4:A13,MATCH(1,J4:J13,0))"),
        ("label", '=P12&" ("&TEXT(MAX(G4:G13),"0.0")&")"'),
        ("passed", '=COUNTIF(I4:I13,"yes")&" of "&COUNTA(A4:A13)'),
        ("Smiths", '=SUMIF(A4:A13,"smith",G4:G13)'),
        ("key", '=HLOOKUP("Mid",C3:F13,5,FALSE)'),
    )
    page.put(
        "O18",
        ("user", "=LOWER(LEFT(A4,1)&MID(A4,3,3))"),
        ("code", '=UPPER(RIGHT(A7,4))&"-"&LEN(A7)'),
        ("no such", '=IFERROR(VLOOKUP("Nobody",A4:G13,7,FALSE),"not found")'),
        ("raw", '=VLOOKUP("Nobody",A4:G13,7,FALSE)'),
    )
    return made


def loan() -> Book:
    """A loan paid off month by month, with names and a balance that must reach nothing."""
    made = Book(names={"Principal": "Loan!$C$3", "Rate": "Loan!$C$4", "Months": "Loan!$C$5", "Payment": "Loan!$C$6"})
    page = (
        made.page("Loan")
        .put("B2", "Loan")
        .put(
            "B3",
            ("Principal", 12000),
            ("Yearly rate", 0.054),
            ("Months", 24),
            ("Payment", "=Principal*(Rate/12)/(1-(1+Rate/12)^-Months)"),
            ("by PMT", "=-PMT(Rate/12,Months,Principal)"),
        )
    )
    page.merges += ["B2:C2", "B9:G9"]
    page.put("B9", "Schedule").put("B10", ("month", "opening", "interest", "principal", "closing", "paid"))
    page.fill("B11", 24, 1, "=ROW()-ROW($B$10)").put("C11", "=Principal").fill("C12", 23, 1, "=F11").fill(
        "D11", 24, 1, "=C11*Rate/12"
    ).fill("E11", 24, 1, "=Payment-D11").fill("F11", 24, 1, "=C11-E11").fill("G11", 24, 1, "=SUM(E$11:E11)/Principal")
    page.put("B36", ("total", None, "=SUM(D11:D34)", "=SUM(E11:E34)", '=IF(ABS(F34)<0.005,"paid off","open")')).put(
        "E3", ("half paid in", "=MATCH(0.5,G11:G34,1)+1")
    ).put("E4", ("dearest", "=MAX(D11:D34)/D36"))
    what = (
        made.page("What if")
        .put("A1", "rate \\ months")
        .put("B1", (12, 24, 36, 48))
        .put("A2", 0.03, 0.05, 0.07)
        .fill("B2", 3, 4, "=ROUND(Principal*($A2/12)/(1-(1+$A2/12)^-B$1),2)")
    )
    what.put("A7", "cheapest").put("B7", "=MIN(B2:E4)").put("A8", "where").put(
        "B8", "=INDEX(A2:A4,MATCH(B7,INDEX(B2:E4,0,4),0))"
    )
    return made


def one_hot() -> Book:
    """Ratings as one-hot rows times weights, against a lookup of the same weights."""
    made = Book()
    users, movies, chance = (7, 12, 31, 40, 55), (27, 49, 57, 72), random.Random(6)
    rated = made.page("ratings").put("A1", ("userId", "movieId", "rating", "user idx", "movie idx"))
    for i in range(18):
        rated.put(f"A{2 + i}", (chance.choice(users), chance.choice(movies), chance.randint(1, 10) / 2))
    rated.put("H1", ("user", "idx"), *((user, i + 1) for i, user in enumerate(users))).put(
        "K1", ("movie", "idx"), *((movie, i + 1) for i, movie in enumerate(movies))
    )
    rated.fill("D2", 18, 1, "=VLOOKUP(A2,$H$2:$I$6,2,FALSE)").fill("E2", 18, 1, "=MATCH(B2,$K$2:$K$5,0)")
    page = (
        made.page("one-hot")
        .put("A1", "user")
        .put("A2", (None, *range(1, 6)))
        .put("H1", "movie")
        .put("H2", tuple(range(1, 5)))
    )
    page.fill("B3", 18, 5, "=IF(ratings!$D2=B$2,1,0)").fill("H3", 18, 4, "=IF(ratings!$E2=H$2,1,0)")
    chosen = _numbers(7, 27, -1, 2)
    for i in range(5):
        page.put(f"M{3 + i}", tuple(chosen[3 * i : 3 * i + 3]))
    for i in range(4):
        page.put(f"M{12 + i}", tuple(chosen[15 + 3 * i : 18 + 3 * i]))
    page.put("M1", "user weights").put("M10", "movie weights").put("Q1", "user act").put(
        "Q3", Array("=MMULT(B3:F20,M3:O7)", 18, 3)
    ).put("U1", "movie act").put("U3", Array("=MMULT(H3:K20,M12:O15)", 18, 3))
    page.merges += ["M1:O1", "M10:O10"]
    page.put("Y2", "pred").fill("Y3", 18, 1, "=SUMPRODUCT(Q3:S3,U3:W3)").put("Z2", "err").fill(
        "Z3", 18, 1, "=(Y3-ratings!C2)^2"
    ).put("Y22", ("RMSE", "=SQRT(SUM(Z3:Z20)/COUNT(Z3:Z20))"))
    look = made.page("embedding").put("A1", ("pred", "u1", "u2", "u3", "m1", "m2", "m3", "same?"))
    look.fill("B2", 18, 3, "=INDEX('one-hot'!M$3:M$7,ratings!$D2)").fill(
        "E2", 18, 3, "=OFFSET('one-hot'!M$11,ratings!$E2,0)"
    ).fill("A2", 18, 1, "=SUMPRODUCT(B2:D2,E2:G2)").fill("H2", 18, 1, "=ABS(A2-'one-hot'!Y3)<1E-9").put(
        "H21", "=AND(H2:H19)"
    )
    return made


def optimizers() -> Book:
    """Momentum, RMSprop, Adagrad and Adam on one parabola, each a table whose columns feed each other."""
    made = Book(names={"lr": "Adam!$B$1", "beta_1": "Adam!$D$1", "beta_2": "Adam!$F$1", "eps": "Adam!$H$1"})
    page = (
        made.page("Adam")
        .put("A1", ("lr", 0.1, "beta1", 0.9, "beta2", 0.999, "eps", 1e-8))
        .put("A3", ("t", "x", "grad", "m", "v", "m hat", "v hat", "step", "f(x)"))
    )
    page.put("A4", (0, 4, None, 0, 0)).fill("A5", 25, 1, "=A4+1").fill("B5", 25, 1, "=B4-H5").fill(
        "C5", 25, 1, "=4*B4^3-6*B4"
    ).fill("D5", 25, 1, "=beta_1*D4+(1-beta_1)*C5").fill("E5", 25, 1, "=beta_2*E4+(1-beta_2)*C5^2")
    page.fill("F5", 25, 1, "=D5/(1-beta_1^A5)").fill("G5", 25, 1, "=E5/(1-beta_2^A5)").fill(
        "H5", 25, 1, "=lr*F5/(SQRT(G5)+eps)"
    ).fill("I4", 26, 1, "=B4^4-3*B4^2")
    page.put("K3", ("best f", "=MIN(I4:I29)"), ("at step", "=INDEX(A4:A29,MATCH(L3,I4:I29,0))"), ("moved", "=B29-B4"))
    other = (
        made.page("others")
        .put("A1", "momentum")
        .put("E1", "RMSprop")
        .put("I1", "Adagrad")
        .put("A2", ("w", "v", "g"))
        .put("E2", ("w", "s", "g"))
        .put("I2", ("w", "s", "g"))
        .put("N1", ("rate", 0.05), ("mu", 0.8), ("rho", 0.95))
    )
    other.merges += ["A1:C1", "E1:G1", "I1:K1"]
    other.put("A3", (2, 0)).put("E3", (2, 0)).put("I3", (2, 0)).fill("C3", 20, 1, "=2*(A3-1)").fill(
        "B4", 19, 1, "=$O$2*B3+C3"
    ).fill("A4", 19, 1, "=A3-$O$1*B4")
    other.fill("G3", 20, 1, "=2*(E3-1)").fill("F4", 19, 1, "=$O$3*F3+(1-$O$3)*G3^2").fill(
        "E4", 19, 1, "=E3-$O$1*G3/(SQRT(F4)+1E-8)"
    ).fill("K3", 20, 1, "=2*(I3-1)").fill("J4", 19, 1, "=J3+K3^2").fill("I4", 19, 1, "=I3-$O$1*K3/SQRT(J4)")
    (
        made.page("sideways")
        .put("A1", "epoch")
        .put("B1", (0, 1, 2, 3, 4, 5, 6, 7))
        .put("A2", "w")
        .put("A3", "grad")
        .put("A4", "loss")
        .put("B2", 5)
        .fill("B3", 1, 8, "=2*B2")
        .fill("B4", 1, 8, "=B2^2")
        .fill("C2", 1, 7, "=B2-0.1*B3")
        .put("A5", ("saved", "=SUM(B4:I4)-I4"))
    )
    return made


def titanic() -> Book:
    """Passengers made numbers: dummies, a scaled fare, a linear model, its loss and who is right."""
    made = Book()
    chance = random.Random(8)
    page = made.page("training data").put(
        "A1",
        (
            "Survived",
            "Pclass",
            "Name",
            "Sex",
            "Age",
            "SibSp",
            "Parch",
            "Fare",
            "Embarked",
            "SibSp",
            "Parch",
            "Age_N",
            "log_Fare",
            "Pclass_1",
            "Pclass_2",
            "Embark_S",
            "Embark_C",
            "male",
            "Ones",
            "Linear",
            "Loss",
            "sigm",
            "Loss 2",
            "right",
        ),
    )
    for i in range(30):
        age = round(chance.uniform(1, 70)) if chance.random() < 0.85 else None
        page.put(
            f"A{2 + i}",
            (
                chance.randint(0, 1),
                chance.randint(1, 3),
                f"Passenger, Mr. {i}",
                chance.choice(("male", "female")),
                age,
                chance.randint(0, 3),
                chance.randint(0, 2),
                round(chance.uniform(0, 90), 4),
                chance.choice("SCQ"),
            ),
        )
    page.fill("J2", 30, 1, "=F2").fill("K2", 30, 1, "=G2").fill(
        "L2", 30, 1, '=IF(E2="",AVERAGE($E$2:$E$31),E2)/MAX($E$2:$E$31)'
    ).fill("M2", 30, 1, "=LOG10(H2+1)").fill("N2", 30, 1, "=IF(B2=1,1,0)").fill("O2", 30, 1, "=IF(B2=2,1,0)")
    page.fill("P2", 30, 1, '=IF(I2="S",1,0)').fill("Q2", 30, 1, '=IF(I2="c",1,0)').fill(
        "R2", 30, 1, '=IF(D2="male",1,0)'
    ).fill("S2", 30, 1, "=1").fill("T2", 30, 1, "=SUMPRODUCT(J2:S2,params!$B$2:$K$2)").fill("U2", 30, 1, "=(T2-A2)^2")
    page.fill("V2", 30, 1, "=1/(1+EXP(-T2))").fill("W2", 30, 1, "=-IF(A2=1,LN(V2),LN(1-V2))").fill(
        "X2", 30, 1, "=(V2>0.5)=(A2=1)"
    ).put("U33", "=AVERAGE(U2:U31)").put("W33", "=AVERAGE(W2:W31)").put("X33", "=COUNTIF(X2:X31,TRUE)/COUNTA(X2:X31)")
    made.page("params").put(
        "A1",
        (None, "SibSp", "Parch", "Age_N", "log_Fare", "Pclass_1", "Pclass_2", "Embark_S", "Embark_C", "Male", "Const"),
    ).put("A2", ("first", *_numbers(9, 10, -0.5, 0.5, 4)))
    report = (
        made.page("summary")
        .put("A1", ("sex", "aboard", "saved", "rate", "mean fare", "mean age"))
        .put("A2", "male", "female")
    )
    report.fill("B2", 2, 1, "=COUNTIF('training data'!$D$2:$D$31,A2)").fill(
        "C2", 2, 1, "=SUMIF('training data'!$D$2:$D$31,A2,'training data'!$A$2:$A$31)"
    ).fill("D2", 2, 1, '=IFERROR(C2/B2,"-")')
    report.fill("E2", 2, 1, "=AVERAGEIF('training data'!$D$2:$D$31,$A2,'training data'!$H$2:$H$31)").fill(
        "F2",
        2,
        1,
        "=SUMIFS('training data'!$E$2:$E$31,'training data'!$D$2:$D$31,$A2)/COUNTIFS('training data'!$D$2:$D$31,$A2,'training data'!$E$2:$E$31,\">0\")",
    )
    report.put("A6", ("class", 1, 2, 3)).put("A7", "male", "female").fill(
        "B7",
        2,
        3,
        "=COUNTIFS('training data'!$D$2:$D$31,$A7,'training data'!$B$2:$B$31,B$6,'training data'!$A$2:$A$31,1)",
    ).put("A10", "all").fill("B10", 1, 3, "=SUM(B7:B8)")
    return made


def convolution() -> Book:
    """A small image, two kernels, relu, max pooling and a dense layer over several sheets."""
    made = Book(names={"kernel_1": "kernels!$B$2:$D$4", "kernel_2": "kernels!$B$7:$D$9"})
    chance = random.Random(10)
    image = made.page("image")
    for i in range(12):
        image.put(f"B{2 + i}", tuple(round(chance.random(), 2) if chance.random() < 0.6 else 0 for _ in range(12)))
    kernels = (
        made.page("kernels")
        .put("A1", "top edge")
        .put("B2", (1, 1, 1), (0, 0, 0), (-1, -1, -1))
        .put("A6", "left edge")
        .put("B7", (1, 0, -1), (1, 0, -1), (1, 0, -1))
        .put("F1", ("bias", 0.1, -0.2))
    )
    kernels.put("F3", "flipped").fill("F4", 3, 3, "=INDEX(kernel_1,4-(ROW()-3),4-(COLUMN()-5))")
    first = (
        made.page("conv1")
        .put("A1", "conv, relu")
        .fill("B2", 10, 10, "=MAX(0,SUMPRODUCT(image!B2:D4,kernel_1)+kernels!$G$1)")
        .fill(
            "M2",
            10,
            10,
            "=MAX(0,SUM(image!B2*kernels!$B$7,image!C2*kernels!$C$7,image!D2*kernels!$D$7,image!B3*kernels!$B$8,image!C3*kernels!$C$8,image!D3*kernels!$D$8,image!B4*kernels!$B$9,image!C4*kernels!$C$9,image!D4*kernels!$D$9)+kernels!$H$1)",
        )
    )
    first.put("B13", "as arrays").put("B14", Array("=SUM(image!B2:D4*kernel_1)")).put(
        "C14", Array("=SUM(image!C2:E4*kernel_1)")
    ).put("D14", Array("=SUM(image!D2:F4*kernel_2)"))
    pool = (
        made.page("pool")
        .put("A1", "max pool 2×2")
        .fill("B2", 5, 5, "=MAX(OFFSET(conv1!$B$2,2*(ROW()-2),2*(COLUMN()-2),2,2))")
        .fill("H2", 5, 5, "=MAX(OFFSET(conv1!$M$2,2*(ROW()-2),2*(COLUMN()-8),2,2))")
    )
    pool.put("A9", "weights")
    weights = _numbers(11, 50, -0.5, 0.5, 3)
    for i in range(5):
        pool.put(f"B{10 + i}", tuple(weights[5 * i : 5 * i + 5])).put(
            f"H{10 + i}", tuple(weights[25 + 5 * i : 30 + 5 * i])
        )
    pool.put(
        "A17",
        ("dense", "=SUMPRODUCT(B2:F6,B10:F14)+SUMPRODUCT(H2:L6,H10:L14)"),
        ("p", "=1/(1+EXP(-B17))"),
        ("says", '=IF(B18>0.5,"seven","not seven")'),
        ("mean", "=AVERAGE(B2:F6,H2:L6)"),
        ("active", '=COUNTIF(B2:F6,">0")+COUNTIF(H2:L6,">0")'),
    )
    return made


def attention() -> Book:
    """One head of self-attention with a causal mask, a residual and a layer norm."""
    made = Book(names={"d_k": "'self-attention'!$N$1"})
    page = (
        made.page("self-attention")
        .put("A1", "tokens X (4×3)")
        .put("M1", ("d_k", "=COLUMNS(G2:I4)"))
        .put("G1", "Wq")
        .put("J1", "Wk")
        .put("G6", "Wv")
    )
    tokens, weights = _numbers(12, 12, -1, 1), _numbers(13, 27, -1, 1)
    for i in range(4):
        page.put(f"A{2 + i}", (("the", "cat", "sat", "down")[i], *tokens[3 * i : 3 * i + 3]))
    for i in range(3):
        page.put(f"G{2 + i}", tuple(weights[3 * i : 3 * i + 3])).put(
            f"J{2 + i}", tuple(weights[9 + 3 * i : 12 + 3 * i])
        ).put(f"G{7 + i}", tuple(weights[18 + 3 * i : 21 + 3 * i]))
    page.put("A11", "Q").put("B12", Array("=MMULT(B2:D5,G2:I4)", 4, 3)).put("F11", "K").put(
        "G12", Array("=MMULT(B2:D5,J2:L4)", 4, 3)
    ).put("K11", "V").put("L12", Array("=MMULT(B2:D5,G7:I9)", 4, 3))
    page.put("A17", "scores").put("B18", Array("=MMULT(B12:D15,TRANSPOSE(G12:I15))/SQRT(d_k)", 4, 4)).put(
        "G17", "masked"
    ).fill("H18", 4, 4, "=IF(COLUMNS($H18:H18)>ROWS(H$18:H18),-1E+9,B18)")
    page.put("M17", "exp").fill("N18", 4, 4, "=EXP(H18-MAX($H18:$K18))").put("A23", "attention").fill(
        "B24", 4, 4, "=N18/SUM($N18:$Q18)"
    ).put("G23", "out").put("H24", Array("=MMULT(B24:E27,L12:N15)", 4, 3)).put("L23", "residual").fill(
        "M24", 4, 3, "=B2+H24"
    )
    page.put("A29", ("mean", "var")).fill("A30", 4, 1, "=AVERAGE(M24:O24)").fill("B30", 4, 1, "=VARP(M24:O24)").put(
        "D29", "layer norm"
    ).fill("D30", 4, 3, "=(M24-$A30)/SQRT($B30+0.00001)").put("H29", ("looks at", None, "most")).fill(
        "H30", 4, 1, '=A2&" → "&INDEX($A$2:$A$5,MATCH(MAX(B24:E24),B24:E24,0))'
    )
    return made


def decision_tree() -> Book:
    """Information gain of each column of a weather table; counting, logarithms and guarded zeros."""
    made = Book()
    rows = "sunny hot high no no|sunny hot high yes no|overcast hot high no yes|rain mild high no yes|rain cool normal no yes|rain cool normal yes no|overcast cool normal yes yes|sunny mild high no no|sunny cool normal no yes|rain mild normal no yes|sunny mild normal yes yes|overcast mild high yes yes|overcast hot normal no yes|rain mild high yes no"
    page = made.page("weather").put(
        "A1", ("outlook", "temp", "humidity", "windy", "play"), *(tuple(row.split()) for row in rows.split("|"))
    )
    gain = made.page("gain").put(
        "A1",
        ("n", "=COUNTA(weather!E2:E15)"),
        ("p(yes)", '=COUNTIF(weather!E2:E15,"yes")/B1'),
        ("H", "=-(B2*LOG(B2,2)+(1-B2)*LOG(1-B2,2))"),
    )
    gain.put("A5", ("column", "value", "n", "yes", "p", "entropy", "part"))
    values = (
        ("A", "sunny"),
        ("A", "overcast"),
        ("A", "rain"),
        ("B", "hot"),
        ("B", "mild"),
        ("B", "cool"),
        ("C", "high"),
        ("C", "normal"),
        ("D", "yes"),
        ("D", "no"),
    )
    for i, (column, value) in enumerate(values, start=6):
        area = f"weather!${column}$2:${column}$15"
        gain.put(
            f"A{i}",
            (
                f"=INDEX(weather!$A$1:$E$1,{ord(column) - 64})",
                value,
                f"=COUNTIF({area},B{i})",
                f'=COUNTIFS({area},B{i},weather!$E$2:$E$15,"yes")',
            ),
        )
    gain.fill("E6", 10, 1, "=D6/C6").fill("F6", 10, 1, "=-IFERROR(E6*LOG(E6,2),0)-IFERROR((1-E6)*LOG(1-E6,2),0)").fill(
        "G6", 10, 1, "=C6/$B$1*F6"
    )
    gain.put("I5", ("column", "gain", "rank")).fill("I6", 4, 1, "=INDEX(weather!$A$1:$D$1,ROWS(I$6:I6))").fill(
        "J6", 4, 1, "=$B$3-SUMIF($A$6:$A$15,I6,$G$6:$G$15)"
    ).fill("K6", 4, 1, "=RANK(J6,$J$6:$J$9)").put("I11", ("split on", "=INDEX(I6:I9,MATCH(1,K6:K9,0))"))
    page.put("G1", "code").fill("G2", 14, 1, '=CHOOSE(MATCH(A2,{"sunny","overcast","rain"},0),100,10,1)').put(
        "H1", "both"
    ).fill("H2", 14, 1, '=AND(C2="high",D2="no")').put("I1", "name").fill(
        "I2", 14, 1, '=UPPER(LEFT(A2))&MID(A2,2,LEN(A2))&"/"&B2'
    )
    return made


def page_rank() -> Book:
    """A Markov chain stepped to its rest, by rows and by matrices; a perceptron; a bisection that stops itself."""
    made = Book()
    page = (
        made.page("chain")
        .put("A1", "links")
        .put("B2", (0, 1, 1, 0), (0, 0, 1, 0), (1, 0, 0, 1), (0, 0, 1, 0))
        .put("G1", "out")
        .fill("G2", 4, 1, "=SUM(B2:E2)")
        .put("I1", "M")
        .fill("I2", 4, 4, "=B2/$G2")
        .put("A7", ("d", 0.85))
    )
    page.put("A9", "step").put("B9", ("a", "b", "c", "d", "change")).put("A10", 0).fill("B10", 1, 4, "=1/4").fill(
        "A11", 12, 1, "=A10+1"
    ).fill("B11", 12, 4, "=(1-$B$7)/4+$B$7*SUMPRODUCT($B10:$E10,TRANSPOSE(I$2:I$5))")
    for i in range(11, 23):
        page.put(f"B{i}", Array(f"=(1-$B$7)/4+$B$7*MMULT(B{i - 1}:E{i - 1},$I$2:$L$5)", 1, 4))
    page.fill("F11", 12, 1, "=SQRT(SUMXMY2(B11:E11,B10:E10))").put(
        "H9", ("first below 0.01", "=INDEX(A11:A22,MATCH(TRUE,INDEX(F11:F22<0.01,0),0))")
    ).put("H10", ("best", "=INDEX(B9:E9,MATCH(MAX(B22:E22),B22:E22,0))"))
    perceptron = (
        made.page("perceptron").put("A1", ("rate", 1)).put("A3", ("x1", "x2", "t", "w1", "w2", "b", "net", "y", "e"))
    )
    points = ((2, 1, 1), (-1, -1, 0), (3, -1, 1), (-2, 1, 0), (0.5, 2, 1), (-1, -3, 0)) * 3
    for i, point in enumerate(points, start=4):
        perceptron.put(f"A{i}", point)
    perceptron.put("D4", (0, 0, 0)).fill("D5", 17, 1, "=D4+$B$1*$I4*A4").fill("E5", 17, 1, "=E4+$B$1*$I4*B4").fill(
        "F5", 17, 1, "=F4+$B$1*I4"
    ).fill("G4", 18, 1, "=A4*D4+B4*E4+F4").fill("H4", 18, 1, "=IF(G4>0,1,0)").fill("I4", 18, 1, "=C4-H4")
    search = (
        made.page("bisection")
        .put("A1", ("low", "high", "mid", "f(mid)", "done"))
        .put("A2", (0, 3))
        .fill("C2", 30, 1, "=(A2+B2)/2")
        .fill("D2", 30, 1, "=C2^3-C2-2")
        .fill("E2", 30, 1, '=IF(ABS(D2)<0.0001,"done","")')
        .fill("A3", 29, 1, "=IF(D2<0,C2,A2)")
        .fill("B3", 29, 1, "=IF(D2<0,B2,C2)")
    )
    search.put("G1", ("root", '=INDEX(C2:C31,MATCH("done",E2:E31,0))'), ("steps", '=COUNTIF(E2:E31,"")')).put(
        "G4", ("newton", 1.5)
    ).fill("H5", 8, 1, "=H4-(H4^3-H4-2)/(3*H4^2-1)")
    return made


def descriptive() -> Book:
    """Descriptive statistics of three columns with gaps, a histogram, moving means, a correlation table."""
    made = Book(names={"alpha": "series!$B$1"})
    page = made.page("descriptive").put("A1", ("id", "height", "weight", "shoe", "z height", "decile", "BMI", "band"))
    heights, weights = _numbers(14, 24, 150, 200, 1), _numbers(15, 24, 45, 110, 1)
    for i in range(24):
        page.put(f"A{2 + i}", (i + 1, heights[i], weights[i] if i % 7 != 3 else None, 36 + i % 11))
    page.put("D9", "n/a")
    page.fill("E2", 24, 1, "=(B2-AVERAGE(B$2:B$25))/_xlfn.STDEV.S(B$2:B$25)").fill(
        "F2", 24, 1, "=INT(RANK(B2,B$2:B$25,1)/COUNT(B$2:B$25)*10)"
    ).fill("G2", 24, 1, '=IF(C2="","",C2/(B2/100)^2)').fill(
        "H2", 24, 1, '=IF(G2="","?",IF(G2<18.5,"under",IF(G2<25,"normal",IF(G2<30,"over","obese"))))'
    )
    rows = (
        ("count", "COUNT"),
        ("sum", "SUM"),
        ("mean", "AVERAGE"),
        ("median", "MEDIAN"),
        ("min", "MIN"),
        ("max", "MAX"),
        ("var", "VAR"),
        ("varp", "VARP"),
        ("std", "_xlfn.STDEV.S"),
        ("stdp", "_xlfn.STDEV.P"),
        ("blank", "COUNTBLANK"),
        ("filled", "COUNTA"),
        ("q", "DEVSQ"),
    )
    for i, (label, function) in enumerate(rows, start=28):
        page.put(f"A{i}", label).fill(f"B{i}", 1, 3, f"={function}(B$2:B$25)")
    page.put("A41", "third").fill("B41", 1, 3, "=LARGE(B2:B25,3)").put("A42", "skew").fill(
        "B42", 1, 2, "=SUMPRODUCT((B2:B25-B30)^3)/B28/B37^3"
    ).put("A43", "range").fill("B43", 1, 3, "=B33-B32")
    page.put("J1", ("from", "to", "count", "share", "so far", "bar")).put("J2", 150).fill("J3", 4, 1, "=K2").fill(
        "K2", 5, 1, "=J2+10"
    ).fill("L2", 5, 1, '=COUNTIFS($B$2:$B$25,">="&J2,$B$2:$B$25,"<"&K2)').fill("M2", 5, 1, "=L2/SUM(L$2:L$6)").fill(
        "N2", 5, 1, "=SUM(M$2:M2)"
    ).fill("O2", 5, 1, '=REPT("#",L2)')
    series = (
        made.page("series")
        .put("A1", ("alpha", 0.3))
        .put("A3", ("t", "y", "ma3", "ewma", "lag1", "diff", "up?", "cum max"))
    )
    for i, value in enumerate(_numbers(16, 20, 10, 30, 1), start=4):
        series.put(f"A{i}", (i - 3, value))
    series.fill("C6", 18, 1, "=AVERAGE(B4:B6)").put("D4", "=B4").fill("D5", 19, 1, "=alpha*B5+(1-alpha)*D4").fill(
        "E5", 19, 1, "=B4"
    ).fill("F5", 19, 1, "=B5-E5").fill("G5", 19, 1, "=IF(F5>0,1,IF(F5<0,-1,0))").fill("H4", 20, 1, "=MAX(B$4:B4)")
    series.put(
        "J3",
        ("corr lag 1", "=CORREL(B5:B23,E5:E23)"),
        ("mse", "=SUMXMY2(B5:B23,D4:D22)/COUNT(B5:B23)"),
        ("ups", "=COUNTIF(G5:G23,1)"),
        ("longest", "=MAX(M5:M23)"),
    ).put("M3", "run").fill("M5", 19, 1, "=IF(G5=1,N(M4)+1,0)")
    return made


def collaborative() -> Book:
    """A grid of ratings with gaps, and its factors: predictions only where somebody rated."""
    made = Book()
    page = made.page("dotprod").put("A1", "ratings").put("A2", ("user", 27, 49, 57, 72, 79))
    chance, factors = random.Random(17), _numbers(18, 55, -0.5, 1.7, 3)
    for i in range(6):
        page.put(
            f"A{3 + i}", (14 + 3 * i, *(chance.randint(1, 5) if chance.random() < 0.75 else None for _ in range(5)))
        )
        page.put(f"O{14 + i}", tuple(factors[5 * i : 5 * i + 5]))
    for i in range(5):
        page.put(f"U{7 + i}", tuple(factors[30 + 5 * i : 35 + 5 * i]))
    page.put("A12", "predictions").fill("B14", 6, 5, '=IF(B3="",0,MMULT($O14:$S14,U$7:U$11))').put(
        "H13", "sum of errors"
    ).fill("H14", 6, 1, "=SUMXMY2(B14:F14,B3:F3)").put(
        "H21", ("RMSE", '=SQRT(SUMPRODUCT((B3:F8<>"")*(B3:F8-B14:F19)^2)/COUNT(B3:F8))')
    )
    page.put("A22", "with bias").put("J13", "user bias").put("J14", 0.1, -0.2, 0, 0.3, 0.05, -0.1).put(
        "B10", (0.2, -0.1, 0.4, 0, 0.1)
    ).fill("B24", 6, 5, '=IF(B3="","",SUMPRODUCT($O14:$S14,TRANSPOSE(U$7:U$11))+$J14+B$10)')
    for i in range(6):
        for j in range(5):
            column = chr(66 + j)
            page.cells[24 + i, 2 + j] = Array(
                f'=IF({column}{3 + i}="","",SUM($O{14 + i}:$S{14 + i}*TRANSPOSE({chr(85 + j)}$7:{chr(85 + j)}$11))+$J{14 + i}+{column}$10)'
            )
    page.put(
        "H24",
        ("rated", "=COUNT(B24:F29)"),
        ("squeezed", "=5/(1+EXP(-MAX(B24:F29)))"),
        ("best user", "=INDEX(A3:A8,MATCH(MAX(C24:C29),C24:C29,0))"),
    )
    return made


def recurrent() -> Book:
    """Words looked up in a vocabulary, a small recurrent network over them, and a teacher's odd notes."""
    made = Book(names={"vocab": "vocab!$A$2:$A$9", "emb": "vocab!$B$2:$D$9"})
    words = ("<pad>", "the", "cat", "sat", "on", "mat", "dog", "ran")
    embedding, weights = _numbers(19, 24, -1, 1), _numbers(20, 14, -0.8, 0.8)
    vocab = made.page("vocab").put("A1", ("word", "e1", "e2", "e3", "norm", "nearest to cat"))
    for i, word in enumerate(words):
        vocab.put(f"A{2 + i}", (word, *embedding[3 * i : 3 * i + 3]))
    vocab.fill("E2", 8, 1, "=SQRT(SUMSQ(B2:D2))").fill("F2", 8, 1, "=SUMPRODUCT(B2:D2,$B$4:$D$4)/(E2*$E$4)").put(
        "A12", ("best", "=INDEX(vocab,MATCH(LARGE(F2:F9,2),F2:F9,0))")
    )
    page = (
        made.page("RNN")
        .put("A1", "The cat sat on the mat")
        .put("A2", ("Wx", *weights[:3]))
        .put("B3", tuple(weights[3:6]))
        .put("A5", ("Wh", *weights[6:8]))
        .put("B6", tuple(weights[8:10]))
        .put("F2", "← 2×3, one row a unit")
        .put("A7", ("b", *weights[10:12]))
        .put("A8", ("Wo", *weights[12:14]))
    )
    page.put("A10", ("t", "word", "id", "x1", "x2", "x3", "h1", "h2", "out")).put(
        "A11", (0, "", None, None, None, None, 0, 0)
    )
    for i, word in enumerate(("The", "cat", "sat", "on", "THE", "mat", "xyz"), start=12):
        page.put(f"B{i}", word)
    page.fill("A12", 7, 1, "=A11+1").fill("C12", 7, 1, "=IFERROR(MATCH(B12,vocab,0),1)").fill(
        "D12", 7, 3, "=INDEX(emb,$C12,COLUMN()-3)"
    ).fill("G12", 7, 1, "=TANH(SUMPRODUCT($B$2:$D$2,$D12:$F12)+SUMPRODUCT($B$5:$C$5,$G11:$H11)+$B$7)")
    page.fill("H12", 7, 1, "=TANH(SUMPRODUCT($B$3:$D$3,$D12:$F12)+SUMPRODUCT($B$6:$C$6,$G11:$H11)+$C$7)").fill(
        "I12", 7, 1, "=SUMPRODUCT(G12:H12,$B$8:$C$8)"
    ).put(
        "K10",
        ("last", "=OFFSET(I11,COUNT(A12:A18),0)"),
        ("words", "=COUNTA(B12:B18)"),
        ("unknown", "=COUNTIF(C12:C18,1)"),
        ("text", '=B12&" "&B13&" "&B14'),
    )
    return made


def chance() -> Book:
    """Columns of random numbers, whose cells no two programs agree on, beside columns that don't depend on them."""
    made = Book()
    page = (
        made.page("monte carlo")
        .put("A1", ("n", 10, "seed", "none"))
        .put("A3", ("i", "u", "v", "inside", "die", "square of i", "half"))
    )
    page.fill("A4", 10, 1, "=ROW()-3").fill("B4", 10, 1, "=RAND()").fill("C4", 10, 1, "=RAND()").fill(
        "D4", 10, 1, "=IF(B4^2+C4^2<=1,1,0)"
    ).fill("E4", 10, 1, "=RANDBETWEEN(1,6)").fill("F4", 10, 1, "=A4^2").fill("G4", 10, 1, "=F4/2")
    page.put("I3", ("pi", "=4*SUM(D4:D13)/COUNT(D4:D13)"), ("sum", "=SUM(F4:F13)"), ("mean", "=AVERAGE(G4:G13)"))
    return made


def no_headings() -> Book:
    """Numbers and formulas that start anywhere, with no word beside them, and constants typed over formulas."""
    made = Book()
    page = (
        made.page("Sheet1")
        .put("D7", 3, 1, 4, 1, 5, 9, 2, 6)
        .fill("E7", 8, 1, "=D7*2")
        .fill("F7", 8, 1, "=E7+D$7")
        .put("F10", 99)
        .fill("H7", 1, 5, "=SUM(D7:F7)")
        .put("H9", "=SUM(E7:E14)-F14")
        .put("H10", "=D7")
        .put("H11", "=H10")
        .put("H12", "=H9/H11")
    )
    page.fill("J7", 8, 1, "=IF(ROW()>9,J6+F7,F7)").put("K7", "=SUM(J7:J14)").put("A1", "=K7*10")
    made.page("Sheet2").put("A1", "=Sheet1!K7").put("B1", "=Sheet1!$D$7+1").put("C3", "=SUM(Sheet1!D7:F14)").put(
        "A5", "=MAX(Sheet1!E:E)"
    ).put("B5", "=COUNT(Sheet1!7:7)")
    made.page("Sheet3")
    return made


def months() -> Book:
    """Three months of one layout, summed through the sheets, with names of one sheet that hide those of the book."""
    made = Book(names={"rate": "Jan!$B$1", "half": "0.5", "twice": "2*Jan!$B$1"})
    for i, title in enumerate(("Jan", "Feb", "Mar")):
        page = made.page(title).put("A1", ("rate", 0.1 * (i + 1))).put("A3", ("item", "net", "tax", "gross"))
        for j in range(4):
            page.put(f"A{4 + j}", (f"item {j}", 10 * (i + 1) + j))
        page.names["rate"] = f"{title}!$B$1"
        page.fill("C4", 4, 1, "=B4*rate").fill("D4", 4, 1, "=B4+C4").put("A8", "sum").fill(
            "B8", 1, 3, "=SUM(B4:B7)"
        ).put("F1", "=half*B8").put("F2", "=twice+1")
    total = (
        made.page("Total year")
        .put(
            "A1",
            ("net", "=SUM(Jan:Mar!B8)"),
            ("tax", "=SUM(Jan:Mar!C8)"),
            ("best", "=MAX(Jan:Mar!D4:D7)"),
            ("mean", "=AVERAGE(Jan:Mar!B4:B7)"),
        )
        .put("A6", "by name")
        .put("B6", "=Jan!rate+Mar!rate")
        .put("A7", ("item", '=VLOOKUP("item 2",Feb!A4:D7,4,FALSE)'))
    )
    total.put("D1", ("month", "gross")).put("D2", "Jan", "Feb", "Mar").fill("E2", 3, 1, '=INDIRECT(D2&"!D8")').put(
        "D6", "=SUM(E2:E4)"
    )
    return made


def tables() -> Book:
    """A table with its own references: columns, this row, headings, totals of parts."""
    made = Book()
    page = (
        made.page("Orders")
        .put("B2", ("Item", "Qty", "Unit price", "Total", "Share", "Rank #"))
        .put("B3", ("pen", 10, 1.5), ("ink", 3, 8.25), ("paper", 25, 0.1), ("desk", 1, 220))
    )
    page.fill("E3", 4, 1, "=Orders[[#This Row],[Qty]]*Orders[[#This Row],[Unit price]]").fill(
        "F3", 4, 1, "=Orders[[#This Row],[Total]]/SUM(Orders[Total])"
    ).fill("G3", 4, 1, "=RANK(Orders[[#This Row],[Total]],Orders[Total])")
    page.tables.append(("Orders", "B2:G6"))
    page.put(
        "I2",
        ("sum", "=SUM(Orders[Total])"),
        ("rows", "=ROWS(Orders[Qty])"),
        ("cells", "=COUNTA(Orders[])"),
        ("heads", "=COUNTA(Orders[#Headers])"),
        ("both", "=SUM(Orders[[Qty]:[Unit price]])"),
        ("all", "=ROWS(Orders[#All])"),
        ("dear", "=INDEX(Orders[Item],MATCH(MAX(Orders[Unit price]),Orders[Unit price],0))"),
        ("pens", '=SUMIF(Orders[Item],"pen",Orders[Qty])'),
        ("product", "=SUMPRODUCT(Orders[Qty],Orders[Unit price])"),
        ("label", "=Orders[[#Headers],[Total]]"),
    )
    made.page("Report").put(
        "A1",
        ("total", "=SUM(Orders[Total])"),
        ("look", '=VLOOKUP("ink",Orders[],4,FALSE)'),
        ("mean", "=AVERAGE(Orders[Share])"),
    )
    return made


def dates() -> Book:
    """The calendar that starts in 1904."""
    made = Book(date1904=True)
    page = (
        made.page("diary")
        .put("A1", ("date", "year", "month", "day", "weekday", "in 30 days"))
        .put("A2", 0, 1, 1000, 40000, 43830)
    )
    page.fill("B2", 5, 1, "=YEAR(A2)").fill("C2", 5, 1, "=MONTH(A2)").fill("D2", 5, 1, "=DAY(A2)").fill(
        "E2", 5, 1, "=WEEKDAY(A2)"
    ).fill("F2", 5, 1, '=TEXT(A2+30,"yyyy-mm-dd")').put(
        "A8", ("made", "=DATE(2024,2,29)"), ("span", "=A6-A2"), ("plain", "=DATE(2024,3,1)-DATE(2024,2,1)")
    )
    return made


def answers() -> Book:
    """Booleans as answers: a column of TRUE and FALSE read as text, as a number, as a condition and whole."""
    made = Book()
    page = made.page("quiz").put("A1", ("pupil", "right?", "label", "points", "says", "weight", "not", "same"))
    for i in range(12):
        page.put(f"A{2 + i}", (f"p{i}", i % 3 != 1, None, None, None, i))
    page.fill("C2", 12, 1, '=CONCATENATE(B2,"-Z")').fill("D2", 12, 1, "=B2*2+1").fill(
        "E2", 12, 1, '=IF(B2,"yes","no")&" "&B2'
    )
    page.fill("G2", 12, 1, "=NOT(B2)").fill("H2", 12, 1, "=B2=TRUE").put(
        "J1", ("right", "=COUNTIF(B2:B13,TRUE)"), ("sum", "=SUM(B2:B13)")
    )
    page.put(
        "J3",
        ("count", "=COUNT(B2:B13)"),
        ("points", "=SUMPRODUCT(B2:B13*F2:F13)"),
        ("all", "=AND(B2:B13)"),
        ("any", "=OR(G2:G13)"),
    )
    page.put(
        "J7",
        ("first wrong", "=INDEX(A2:A13,MATCH(FALSE,B2:B13,0))"),
        ("max", "=MAX(B2:B13)"),
        ("wrong", "=SUMIF(B2:B13,FALSE,F2:F13)"),
    )
    page.put("L1", Array("=1*B2:B4", 3, 1)).put("M1", Array("=B2:B4", 3, 1)).put("N1", Array('=B2:B4&""', 3, 1))
    return made


BOOKS: dict[str, Callable[[], Book]] = {
    make.__name__: make
    for make in (
        gradient_descent,
        k_means,
        regression,
        neural_network,
        softmax,
        grade_book,
        loan,
        one_hot,
        optimizers,
        titanic,
        convolution,
        attention,
        decision_tree,
        page_rank,
        descriptive,
        collaborative,
        recurrent,
        chance,
        no_headings,
        months,
        tables,
        dates,
        answers,
    )
}


def books() -> dict[str, Book]:
    """Every workbook by its file's name."""
    return {name: make() for name, make in BOOKS.items()}
