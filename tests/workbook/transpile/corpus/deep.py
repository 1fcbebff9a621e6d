"""Larger workbooks of deep learning, as lectures and exercises by hand lay them out: windows, states, lookups by place."""

import random
from collections.abc import Callable

from corpus.book import Array, Book
from corpus.package import letters


def _numbers(seed: int, count: int, low: float, high: float, digits: int = 2) -> list[float]:
    made = random.Random(seed)
    return [round(made.uniform(low, high), digits) for _ in range(count)]


def image_layers() -> Book:
    """A ring of 20 by 20 pixels, two filters with ReLU, two more channels over these, pooling, a dense layer."""
    made = Book()
    page = made.page("conv").put("A1", "Input").put("X1", "Conv 1").put("AU1", "Filter 1").put("AU6", "Filter 2")
    page.merges = ["A1:T1"]
    for i in range(20):
        away = [round(max(0.0, 1 - abs(((i - 10) ** 2 + (j - 10) ** 2) ** 0.5 - 6) / 2), 2) for j in range(20)]
        page.put(f"A{2 + i}", tuple(away))
    page.put("AU2", (1, 1, 1), (0, 0, 0), (-1, -1, -1)).put("AU7", (1, 0, -1), (1, 0, -1), (1, 0, -1))
    page.fill("X2", 18, 18, "=MAX(0,SUMPRODUCT(A2:C4,$AU$2:$AW$4))")
    page.fill("X22", 18, 18, "=MAX(0,SUMPRODUCT(A2:C4,$AU$7:$AW$9))")
    second, weights = made.page("conv2").put("A1", "Conv 2").put("T1", "Filters"), _numbers(1, 18, -1, 1)
    for i in range(6):
        second.put(f"T{2 + i}", tuple(weights[3 * i : 3 * i + 3]))
    second.fill("A2", 16, 16, "=MAX(SUMPRODUCT(conv!X2:Z4,$T$2:$V$4)+SUMPRODUCT(conv!X22:Z24,$T$5:$V$7),0)")
    pool = made.page("pool").put("A1", "Max pool 2x2").put("J1", "Dense weights")
    for i in range(8):
        tops = [f"{letters(1 + 2 * j)}{2 + 2 * i}:{letters(2 + 2 * j)}{3 + 2 * i}" for j in range(8)]
        pool.put(f"A{2 + i}", tuple(f"=MAX('conv2'!{area})" for area in tops))
        pool.put(f"J{2 + i}", tuple(_numbers(2 + i, 8, -0.5, 0.5)))
    pool.put("S1", ("activation", "=SUMPRODUCT(A2:H9,J2:Q9)")).put("S2", ("p", "=1/(1+EXP(-T1))"))
    pool.fill("A12", 8, 8, "=MAX(OFFSET('conv2'!$A$2,2*(ROW()-12),2*(COLUMN()-1),2,2))")
    pool.put("S3", ("strided", "=SUMPRODUCT(A12:H19,J2:Q9)"))
    return made


def transformer() -> Book:
    """Self-attention by hand: queries, keys, values, a mask, softmax, layer norm, GELU, and positions."""
    made = Book(names={"d_k": "attention!$C$3"})
    page = made.page("attention").put("B1", "Self-attention by hand").put("B3", ("d_k", 4)).put("B5", "X (features)")
    page.merges = ["B1:K1", "B5:I5", "K5:N5", "P5:S5", "U5:X5"]
    for i, word in enumerate(("The", "cat", "sat", "on", "the", "mat")):
        page.put(f"A{6 + i}", (word, *_numbers(20 + i, 8, -2, 2, 1)))
    for place, (column, head) in enumerate((("K", "W_Q"), ("P", "W_K"), ("U", "W_V"))):
        page.put(f"{column}5", head)
        for i in range(8):
            page.put(f"{column}{6 + i}", tuple(_numbers(30 + 8 * place + i, 4, -1, 1, 1)))
    for column, weights in (("B", "K6:N13"), ("H", "P6:S13"), ("N", "U6:X13")):
        page.put(f"{column}16", {"B": "Q", "H": "K", "N": "V"}[column])
        page.put(f"{column}17", Array(f"=MMULT($B$6:$I$11,{weights})", 6, 4))
    page.put("B25", "scores").fill("B26", 6, 6, "=SUMPRODUCT($B17:$E17,INDEX($H$17:$K$22,COLUMN()-1,0))/SQRT(d_k)")
    masked = "=IF(COLUMN(J26)-COLUMN($J$26)<=ROW(J26)-ROW($J$26),B26,-1E+30)"
    page.put("J25", "masked").fill("J26", 6, 6, masked).put("R25", "exp").fill("R26", 6, 6, "=EXP(J26-MAX($J26:$O26))")
    page.put("X25", "sum").fill("X26", 6, 1, "=SUM(R26:W26)").put("B34", "weights").fill("B35", 6, 6, "=R26/$X26")
    page.put("J34", "output").put("J35", Array("=MMULT(B35:G40,N17:Q22)", 6, 4)).put("B43", "layer norm")
    page.fill("B44", 6, 4, "=(J35-AVERAGE($J35:$M35))/SQRT(VARP($J35:$M35)+0.00001)").put("H43", "FFN")
    page.put("H44", Array("=MMULT(B44:E49,$U$6:$X$9)", 6, 4)).put("R43", "GELU")
    page.fill("R44", 6, 4, "=0.5*H44*(1+TANH(SQRT(2/PI())*(H44+0.044715*H44^3)))")
    page.put("B52", "residual").put("B53", Array("=B44:E49+R44:U49", 6, 4))
    places = made.page("positions").put("A1", ("pos \\ i", *range(12))).put("A2", *range(30))
    angle = "=IF(MOD(B$1,2)=0,SIN($A2/10000^(B$1/12)),COS($A2/10000^((B$1-1)/12)))"
    places.fill("B2", 30, 12, angle)
    return made


def lstm() -> Book:
    """An LSTM down its steps, and a recurrent net to the right with its gradients back to the left."""
    made = Book()
    page = made.page("LSTM").put("A1", ("", "Wx", "Wh", "b"))
    for i, gate in enumerate(("forget", "input", "candidate", "output")):
        page.put(f"A{2 + i}", (gate, *_numbers(60 + i, 3, -1, 1)))
    page.put("A8", ("t", "x", "forget gate", "input gate", "candidate", "output gate", "cell", "hidden"))
    page.put("A9", 0).put("G9", (0, 0)).put("B10", *_numbers(70, 40, -2, 2)).fill("A10", 40, 1, "=A9+1")
    for column, row in (("C", 2), ("D", 3), ("F", 5)):
        page.fill(f"{column}10", 40, 1, f"=1/(1+EXP(-($B${row}*B10+$C${row}*H9+$D${row})))")
    page.fill("E10", 40, 1, "=TANH($B$4*B10+$C$4*H9+$D$4)").fill("G10", 40, 1, "=C10*G9+D10*E10")
    page.fill("H10", 40, 1, "=F10*TANH(G10)").put("J8", ("largest", "=MAX(H10:H49)"))
    net = made.page("RNN").put("A1", "Whh").put("B1", (0.4, -0.7), (0.2, 0.5)).put("E1", ("Wxh", 0.5)).put("F2", -0.3)
    net.put("A5", "t").put("B5", tuple(range(31))).put("A6", "x").put("C6", tuple(_numbers(71, 30, -1, 1)))
    net.put("A7", "h1", "h2", "y", "loss", "total", "dh1", "dh2").put("B7", 0.1, 0)
    net.fill("C7", 1, 30, "=TANH($B$1*B$7+$C$1*B$8+$F$1*C$6)").fill("C8", 1, 30, "=TANH($B$2*B$7+$C$2*B$8+$F$2*C$6)")
    net.fill("C9", 1, 30, "=C7+C8").fill("C10", 1, 30, "=(C9-C6)^2").put("B11", "=SUM(C10:AF10)").put("AG12", 0, 0)
    net.fill("C12", 1, 30, "=(2*(C$9-C$6)+$B$1*D$12+$B$2*D$13)*(1-C7^2)")
    net.fill("C13", 1, 30, "=(2*(C$9-C$6)+$C$1*D$12+$C$2*D$13)*(1-C8^2)")
    return made


def minibatch() -> Book:
    """Adam over shuffled rows with a warm-up and a cosine; parameters by name; blanks in a log beside it."""
    made = Book(names={"lr_max": "setup!$B$1", "warm": "setup!$B$2", "beta_1": "setup!$B$3", "beta_2": "setup!$B$4"})
    made.page("setup").put("A1", ("max lr", 0.05), ("warm-up", 10), ("beta 1", 0.9), ("beta 2", 0.99), ("steps", 60))
    data, chance = made.page("data").put("A1", ("id", "x1", "x2", "y", "order", "rank")), random.Random(80)
    for i in range(20):
        a, b = round(chance.gauss(0, 1), 2), round(chance.gauss(0, 1), 2)
        data.put(f"A{2 + i}", (i + 1, a, b, round(3 * a - 2 * b + 1 + chance.gauss(0, 0.1), 3), chance.random()))
    data.fill("F2", 20, 1, "=RANK(E2,$E$2:$E$21)")
    page = made.page("train")
    heads = ("step", "row", "x1", "x2", "y", "lr", "w1", "w2", "fit", "loss", "g1", "g2", "m1", "m2", "v1", "v2", "log")
    page.put("A1", heads).put("A2", 0).put("G2", (0, 0)).put("M2", (0, 0, 0, 0)).fill("A3", 60, 1, "=A2+1")
    page.fill("B3", 60, 1, "=MATCH(MOD(A3-1,20)+1,data!$F$2:$F$21,0)").fill("C3", 60, 3, "=INDEX(data!B$2:B$21,$B3)")
    rate = "=IF(A3<=warm,lr_max*A3/warm,0.5*lr_max*(1+COS(PI()*(A3-warm)/(setup!$B$5-warm))))"
    page.fill("F3", 60, 1, rate)
    page.fill("G3", 60, 2, "=G2-$F3*(M3/(1-beta_1^$A3))/(SQRT(O3/(1-beta_2^$A3))+0.00000001)")
    page.fill("I3", 60, 1, "=G2*C3+H2*D3").fill("J3", 60, 1, "=(I3-E3)^2").fill("K3", 60, 1, "=2*(I3-E3)*C3")
    page.fill("L3", 60, 1, "=2*(I3-E3)*D3").fill("M3", 60, 2, "=beta_1*M2+(1-beta_1)*K3")
    page.fill("O3", 60, 2, "=beta_2*O2+(1-beta_2)*K3^2")
    for row in range(3, 63, 7):
        page.put(f"Q{row}", row / 4)
    page.put("R2", ("", 1)).fill("S3", 60, 1, "=IF(Q3>Q2,S2+1,S2)").put("U1", ("logged", "=COUNT(Q3:Q62)"))
    page.put("U2", ("by epoch", "mean")).put("U3", 1, 2, 3).fill("V3", 3, 1, "=AVERAGE(OFFSET($J$3,20*(U3-1),0,20,1))")
    return made


def dynamic_programs() -> Book:
    """The forward and the Viterbi pass of a hidden Markov model, an edit distance, a knapsack by OFFSET, heat."""
    made, chance = Book(), random.Random(90)
    page = made.page("HMM").put("A1", ("", "rain", "sun")).put("A2", ("rain", 0.7, 0.3)).put("A3", ("sun", 0.4, 0.6))
    page.put("A5", ("", "walk", "shop", "clean")).put("A6", ("rain", 0.1, 0.4, 0.5)).put("A7", ("sun", 0.6, 0.3, 0.1))
    page.put("A9", ("t", "obs", "f rain", "f sun", "scale", "b rain", "b sun", "p rain", "path"))
    for t in range(30):
        page.put(f"A{10 + t}", (t + 1, chance.choice(("walk", "shop", "clean"))))
    seen = "INDEX($B${row}:$D${row},MATCH($B{t},$B$5:$D$5,0))"
    page.put("C10", f"=0.5*{seen.format(row=6, t=10)}").put("D10", f"=0.5*{seen.format(row=7, t=10)}")
    page.fill("C11", 29, 1, f"=(C10/E10*$B$2+D10/E10*$B$3)*{seen.format(row=6, t=11)}")
    page.fill("D11", 29, 1, f"=(C10/E10*$C$2+D10/E10*$C$3)*{seen.format(row=7, t=11)}").fill("E10", 30, 1, "=C10+D10")
    both = f"{seen.format(row=6, t=11)}*F11+$C${{row}}*{seen.format(row=7, t=11)}*G11)/E11"
    page.put("F39", (1, 1)).fill("F10", 29, 1, "=($B$2*" + both.format(row=2)).fill(
        "G10", 29, 1, "=($B$3*" + both.format(row=3)
    )
    page.fill("H10", 30, 1, "=C10*F10/(C10*F10+D10*G10)").put("I39", '=IF(H39>0.5,"rain","sun")')
    page.fill("I10", 29, 1, '=IF(OR(H10>0.6,AND(I11="rain",H10>0.4)),"rain","sun")').put(
        "K9", '=COUNTIF(I10:I39,"rain")'
    )
    words, first, second = made.page("edit distance"), "kitten", "sitting"
    for j, sign in enumerate(second):
        words.put(f"{letters(3 + j)}1", sign)
    words.put("A3", *first).put("B2", 0).fill("C2", 1, 7, "=B2+1").fill("B3", 6, 1, "=B2+1")
    words.fill("C3", 6, 7, "=MIN(B3+1,C2+1,B2+IF($A3=C$1,0,1))").put("L1", ("distance", "=I8"))
    sack = made.page("knapsack").put("A1", ("weight", "value")).put("A3", (1, 1), (3, 4), (4, 5), (5, 7))
    sack.put("C1", tuple(range(8))).put("C2", (0,) * 8)
    sack.fill("C3", 4, 8, "=IF(C$1<$A3,C2,MAX(C2,$B3+OFFSET(C2,0,-$A3)))")
    heat = made.page("heat").put("A1", ("alpha", 0.1)).put("A3", (0, *(100 if 5 <= j <= 8 else 0 for j in range(14))))
    heat.fill("A4", 25, 1, "=A3+1").fill("B4", 25, 1, "=0").fill("O4", 25, 1, "=0")
    heat.fill("C4", 25, 12, "=C3+$B$1*(B3-2*C3+D3)").fill("Q3", 26, 1, "=SUM(B3:O3)")
    return made


BOOKS: dict[str, Callable[[], Book]] = {
    make.__name__: make for make in (image_layers, transformer, lstm, minibatch, dynamic_programs)
}


def books() -> dict[str, Book]:
    """Every workbook by its file's name."""
    return {name: make() for name, make in BOOKS.items()}
