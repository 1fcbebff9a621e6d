"""Workbooks of the kinds that make long scripts, as people write them: states from a blank cell, matrices with blanks,
causal masks, twin sheets, one column a year."""

import random
from collections.abc import Callable

from openpyxl.utils import get_column_letter as letter

Cells = dict[str, object]
Sheets = dict[str, Cells]


def kalman_filter(steps: int = 300) -> Sheets:
    """A position and a speed that are measured with noise; the first step starts from a row of blank cells."""
    chance = random.Random(1)
    cells: Cells = {"A1": "process noise", "B1": 0.05, "C1": "measurement noise", "D1": 0.8, "E1": "step", "F1": 0.5}
    headings = (
        "time", "measured", "position before", "speed before", "p11 before", "p12 before", "p22 before", "innovation",
        "s", "gain 1", "gain 2", "position", "speed", "p11", "p12", "p22",
    )  # fmt: skip
    cells |= {f"{letter(k)}3": text for k, text in enumerate(headings, 1)}
    for t, row in enumerate(range(5, 5 + steps)):
        last = row - 1
        cells |= {
            f"A{row}": f"=A{last}+$F$1",
            f"B{row}": round(0.4 * t + chance.gauss(0, 0.9), 3),
            f"C{row}": f"=L{last}+$F$1*M{last}",
            f"D{row}": f"=M{last}",
            f"E{row}": f"=N{last}+2*$F$1*O{last}+$F$1^2*P{last}+$B$1",
            f"F{row}": f"=O{last}+$F$1*P{last}",
            f"G{row}": f"=P{last}+$B$1",
            f"H{row}": f"=B{row}-C{row}",
            f"I{row}": f"=E{row}+$D$1",
            f"J{row}": f"=E{row}/I{row}",
            f"K{row}": f"=F{row}/I{row}",
            f"L{row}": f"=C{row}+J{row}*H{row}",
            f"M{row}": f"=D{row}+K{row}*H{row}",
            f"N{row}": f"=(1-J{row})*E{row}",
            f"O{row}": f"=(1-J{row})*F{row}",
            f"P{row}": f"=G{row}-K{row}*F{row}",
        }
    end = 4 + steps
    cells |= {"R3": "mean square", "S3": f"=SUMSQ(H5:H{end})/COUNT(H5:H{end})"}
    cells |= {"R4": "log likelihood", "S4": f"=-0.5*SUMPRODUCT(LN(2*PI()*I5:I{end})+H5:H{end}^2/I5:I{end})"}
    return {"Filter": cells}


def sparse_matrix(offers: int = 32, customers: int = 100, clusters: int = 4) -> Sheets:
    """What each customer took of each offer, 1 or blank; how far customers are from clusters, and from each other."""
    chance = random.Random(2)
    taken = {
        (row, column): 1.0
        for row in range(2, 2 + offers)
        for column in range(8, 8 + customers)
        if chance.random() < 0.1
    }
    cells: Cells = {"A1": "offer", "B1": "discount"}
    cells |= {f"{letter(2 + k)}1": f"cluster {k}" for k in range(1, clusters + 1)}
    cells |= {f"{letter(7 + k)}1": f"customer {k}" for k in range(1, customers + 1)}
    first, last = letter(8), letter(7 + customers)
    end = 1 + offers
    for row in range(2, 2 + offers):
        cells[f"A{row}"], cells[f"B{row}"] = float(row - 1), float(chance.randrange(30, 90))
        cells |= {f"{letter(2 + k)}{row}": round(chance.random(), 3) for k in range(1, clusters + 1)}
    cells |= {f"{letter(column)}{row}": value for (row, column), value in taken.items()}
    for k in range(1, clusters + 1):
        row, own = end + 2 + k, letter(2 + k)
        cells[f"G{row}"] = f"distance to cluster {k}"
        for column in range(8, 8 + customers):
            at = letter(column)
            cells[f"{at}{row}"] = f"=SQRT(SUMPRODUCT(({at}$2:{at}${end}-${own}$2:${own}${end})^2))"
    below = end + 3 + clusters
    cells |= {f"G{below}": "nearest", f"G{below + 1}": "cluster", f"G{below + 2}": "offers taken"}
    for column in range(8, 8 + customers):
        at = letter(column)
        cells[f"{at}{below}"] = f"=MIN({at}{end + 3}:{at}{below - 1})"
        cells[f"{at}{below + 1}"] = f"=MATCH({at}{below},{at}{end + 3}:{at}{below - 1},0)"
        cells[f"{at}{below + 2}"] = f"=SUM({at}2:{at}{end})"
    cells[f"A{below}"], cells[f"B{below}"] = "total distance", f"=SUM({first}{below}:{last}{below})"
    table: Cells = {}
    for k in range(1, offers + 1):
        table[f"{letter(1 + k)}1"], table[f"A{1 + k}"] = float(k), float(k)
    for row in range(2, 2 + offers):
        for column in range(2, 2 + offers):
            table[f"{letter(column)}{row}"] = (
                f"=SQRT(SUMPRODUCT((INDEX(Matrix!${first}$2:${last}${end},$A{row},0)"
                f"-INDEX(Matrix!${first}$2:${last}${end},{letter(column)}$1,0))^2))"
            )
    return {"Matrix": cells, "Distances": table}


def _normal(chance: random.Random, scale: float) -> float:
    return round(chance.gauss(0, scale), 4)


def _block(cells: Cells, row: int, column: int, values: list[list[object]]) -> None:
    """Some rows of cells, from the upper left corner."""
    for i, line in enumerate(values):
        for j, value in enumerate(line):
            if value is not None:
                cells[f"{letter(column + j)}{row + i}"] = value


def attention_heads(layers: int = 3, heads: int = 3, tokens: int = 8, width: int = 6, size: int = 2) -> Sheets:
    """Layers of heads of causal attention: above the diagonal there are no cells."""
    chance = random.Random(3)
    book: Sheets = {"Input": {"A1": "x"}}
    _block(book["Input"], 2, 2, [[_normal(chance, 1) for _ in range(width)] for _ in range(tokens)])
    source = "Input"
    for layer in range(1, layers + 1):
        cells: Cells = {}
        outputs = [_head(cells, head, source, chance, (tokens, width, size)) for head in range(heads)]
        book[f"Layer {layer}"] = cells
        joined: Cells = {"A1": "x"}
        for head, (row, column) in enumerate(outputs):
            for i in range(tokens):
                for j in range(size):
                    at = letter(2 + head * size + j)
                    joined[f"{at}{2 + i}"] = f"={source}!{at}{2 + i}+'Layer {layer}'!{letter(column + j)}{row + i}"
        source = f"Out_{layer}"
        book[source] = joined
    return book


def _head(cells: Cells, head: int, source: str, chance: random.Random, sizes: tuple[int, int, int]) -> tuple[int, int]:
    """One head, below those before it; where its output stands."""
    tokens, width, size = sizes
    top = 1 + head * (width + 4 * tokens + 12)
    cells[f"A{top}"] = f"head {head + 1}"
    weights, qkv = top + 2, top + width + 4
    firsts = [2 + k * (size + 1) for k in range(3)]
    for first, name, short in zip(firsts, ("query", "key", "value"), "QKV", strict=True):
        cells[f"{letter(first)}{top + 1}"], cells[f"{letter(first)}{qkv - 1}"] = f"W {short}", name
        _block(cells, weights, first, [[_normal(chance, 0.6) for _ in range(size)] for _ in range(width)])
        for i in range(tokens):
            for column in map(letter, range(first, first + size)):
                cells[f"{column}{qkv + i}"] = (
                    f"=SUMPRODUCT({source}!$B{2 + i}:${letter(1 + width)}{2 + i},"
                    f"TRANSPOSE({column}${weights}:{column}${weights + width - 1}))"
                )
    scores, powers, shares = (qkv + tokens + 2 + k * (tokens + 2) for k in range(3))
    cells[f"A{scores - 1}"], cells[f"A{powers - 1}"], cells[f"A{shares - 1}"] = "scores", "exp", "attention"
    cells |= {f"{letter(2 + j)}{scores - 1}": float(j + 1) for j in range(tokens)}
    query = (letter(firsts[0]), letter(firsts[0] + size - 1))
    keys = f"${letter(firsts[1])}${qkv}:${letter(firsts[1] + size - 1)}${qkv + tokens - 1}"
    end, out = letter(1 + tokens), 3 + tokens
    cells[f"{letter(out)}{shares - 1}"] = "head output"
    for i in range(tokens):
        for at in (letter(2 + j) for j in range(i + 1)):
            row = qkv + i
            cells[f"{at}{scores + i}"] = (
                f"=SUMPRODUCT(${query[0]}{row}:${query[1]}{row},INDEX({keys},{at}${scores - 1},0))/SQRT({size})"
            )
            cells[f"{at}{powers + i}"] = f"=EXP({at}{scores + i}-MAX($B{scores + i}:${end}{scores + i}))"
            cells[f"{at}{shares + i}"] = f"={at}{powers + i}/SUM($B{powers + i}:${end}{powers + i})"
        for j in range(size):
            value = letter(firsts[2] + j)
            cells[f"{letter(out + j)}{shares + i}"] = (
                f"=SUMPRODUCT($B{shares + i}:${end}{shares + i},TRANSPOSE({value}${qkv}:{value}${qkv + tokens - 1}))"
            )
    return shares, out


def layered_network(layers: int = 12, records: int = 10, width: int = 6) -> Sheets:
    """A network with a sheet a layer: weights, weighted sums, tanh, the layer's input added, a layer norm."""
    chance = random.Random(4)
    book: Sheets = {"Input": {"A1": "record", **{f"{letter(2 + j)}1": float(j + 1) for j in range(width)}}}
    for i in range(records):
        book["Input"][f"A{2 + i}"] = float(i + 1)
    _block(book["Input"], 2, 2, [[_normal(chance, 1) for _ in range(width)] for _ in range(records)])
    source, at = "Input", 2
    end = letter(1 + width)
    for layer in range(1, layers + 1):
        cells: Cells = {"A1": "weights", f"{letter(3 + width)}1": "bias"}
        _block(cells, 2, 2, [[_normal(chance, 0.5) for _ in range(width)] for _ in range(width)])
        bias = letter(3 + width)
        _block(cells, 2, 3 + width, [[_normal(chance, 0.1)] for _ in range(width)])
        sums, active, normal = (width + 4 + k * (records + 2) for k in range(3))
        cells[f"A{sums - 1}"], cells[f"A{active - 1}"], cells[f"A{normal - 1}"] = "z", "activation", "output"
        mean, spread = letter(3 + width), letter(4 + width)
        cells[f"{mean}{active - 1}"], cells[f"{spread}{active - 1}"] = "mean", "deviation"
        for j in range(width):
            cells[f"{letter(2 + j)}{sums - 1}"] = float(j + 1)
        for i in range(records):
            row = at + i
            for j in range(width):
                own = letter(2 + j)
                cells[f"{own}{sums + i}"] = (
                    f"=SUMPRODUCT('{source}'!$B{row}:${end}{row},INDEX($B$2:${end}${1 + width},{own}${sums - 1},0))"
                    f"+INDEX(${bias}$2:${bias}${1 + width},{own}${sums - 1})"
                )
                cells[f"{own}{active + i}"] = f"=TANH({own}{sums + i})+'{source}'!{own}{row}"
                cells[f"{own}{normal + i}"] = f"=({own}{active + i}-${mean}{active + i})/${spread}{active + i}"
            cells[f"{mean}{active + i}"] = f"=AVERAGE(B{active + i}:{end}{active + i})"
            cells[f"{spread}{active + i}"] = f"=SQRT(VAR.P(B{active + i}:{end}{active + i})+0.00001)"
        book[f"Layer {layer}"] = cells
        source, at = f"Layer {layer}", normal
    outcome: Cells = {"A1": "record", "B1": "score", "C1": "probability", "D1": "label", "E1": "loss"}
    for i in range(records):
        row = 2 + i
        outcome[f"A{row}"] = float(i + 1)
        outcome[f"B{row}"] = f"=SUM('{source}'!B{at + i}:{letter(1 + width // 2)}{at + i})"
        outcome[f"C{row}"] = f"=1/(1+EXP(-B{row}))"
        outcome[f"D{row}"] = float(chance.randrange(2))
        outcome[f"E{row}"] = f"=-D{row}*LN(C{row})-(1-D{row})*LN(1-C{row})"
    outcome |= {"G1": "mean loss", "H1": f"=AVERAGE(E2:E{1 + records})"}
    return book | {"Outcome": outcome}


def three_statements(years: int = 10) -> Sheets:
    """A company's income, balance and cash flow: a year that was, then a column a year; ratios under IFERROR."""
    columns = [letter(3 + k) for k in range(years + 1)]
    base, plan = columns[0], columns[1:]

    def rows(cells: Cells, lines: list[tuple[int, str, object, str]]) -> None:
        """Of each line its label, what it was in the first year, its formula: `{c}` a year, `{p}` the year before."""
        for row, label, was, formula in lines:
            cells[f"A{row}"] = label
            if was is not None:
                cells[f"{base}{row}"] = was
            for before, column in zip(columns, plan, strict=False):
                cells[f"{column}{row}"] = f"={formula.format(c=column, p=before)}"

    years_of: Cells = {f"{column}1": 2024.0 + k for k, column in enumerate(columns)}
    given: Cells = {"A1": "Assumptions", **years_of}
    lines = (
        ("growth", 0.08, -0.005), ("cost of goods", 0.55, -0.002), ("overhead", 0.18, 0.0), ("capital", 0.07, 0.0),
        ("life", 8.0, 0.0), ("receivable days", 45.0, -0.5), ("inventory days", 60.0, -1.0),
        ("payable days", 40.0, 0.5),
        ("interest", 0.05, 0.0), ("tax", 0.25, 0.0), ("payout", 0.3, 0.01), ("repayment", 40.0, 0.0),
        ("least cash", 50.0, 5.0),
    )  # fmt: skip
    for row, (label, value, step) in enumerate(lines, 2):
        given[f"A{row}"] = label
        given |= {f"{column}{row}": round(value + step * k, 4) for k, column in enumerate(plan)}
    income: Cells = {"A1": "Income", **years_of}
    rows(income, [
        (2, "revenue", 1000.0, "{p}2*(1+Assumptions!{c}2)"),
        (3, "cost of goods", 550.0, "{c}2*Assumptions!{c}3"),
        (4, "gross profit", "=C2-C3", "{c}2-{c}3"),
        (5, "overhead", 180.0, "{c}2*Assumptions!{c}4"),
        (6, "depreciation", 50.0, "Balance!{p}6/Assumptions!{c}6"),
        (7, "operating profit", "=C4-C5-C6", "{c}4-{c}5-{c}6"),
        (8, "interest", 20.0, "(Balance!{p}10+Balance!{p}11)*Assumptions!{c}10"),
        (9, "before tax", "=C7-C8", "{c}7-{c}8"),
        (10, "tax", "=MAX(0,C9)*0.25", "MAX(0,{c}9)*Assumptions!{c}11"),
        (11, "net income", "=C9-C10", "{c}9-{c}10"),
        (12, "dividends", 40.0, "MAX(0,{c}11)*Assumptions!{c}12"),
    ])  # fmt: skip
    balance: Cells = {"A1": "Balance", **years_of}
    rows(balance, [
        (2, "cash", 60.0, "Cash!{c}14"),
        (3, "receivables", 120.0, "Income!{c}2*Assumptions!{c}7/365"),
        (4, "inventory", 90.0, "Income!{c}3*Assumptions!{c}8/365"),
        (5, "current assets", "=SUM(C2:C4)", "SUM({c}2:{c}4)"),
        (6, "fixed assets", 400.0, "{p}6+Income!{c}2*Assumptions!{c}5-Income!{c}6"),
        (7, "assets", "=C5+C6", "{c}5+{c}6"),
        (9, "payables", 60.0, "Income!{c}3*Assumptions!{c}9/365"),
        (10, "loan", 400.0, "MAX(0,{p}10-Assumptions!{c}13)"),
        (11, "overdraft", 0.0, "Cash!{c}12"),
        (12, "liabilities", "=SUM(C9:C11)", "SUM({c}9:{c}11)"),
        (13, "share capital", 100.0, "{p}13"),
        (14, "retained earnings", "=C7-C12-C13", "{p}14+Income!{c}11-Income!{c}12"),
        (15, "liabilities and equity", "=C12+C13+C14", "{c}12+{c}13+{c}14"),
        (16, "check", "=ROUND(C7-C15,6)", "ROUND({c}7-{c}15,6)"),
        (17, "balances", '=IF(C16=0,"OK","ERROR")', 'IF({c}16=0,"OK","ERROR")'),
    ])  # fmt: skip
    cash: Cells = {"A1": "Cash flow", **{f"{column}1": 2024.0 + k for k, column in enumerate(columns)}}
    rows(cash, [
        (2, "net income", None, "Income!{c}11"),
        (3, "depreciation", None, "Income!{c}6"),
        (4, "change in receivables", None, "Balance!{p}3-Balance!{c}3"),
        (5, "change in inventory", None, "Balance!{p}4-Balance!{c}4"),
        (6, "change in payables", None, "Balance!{c}9-Balance!{p}9"),
        (7, "from operations", None, "SUM({c}2:{c}6)"),
        (8, "capital spending", None, "-Income!{c}2*Assumptions!{c}5"),
        (9, "repayment", None, "Balance!{c}10-Balance!{p}10"),
        (10, "dividends", None, "-Income!{c}12"),
        (11, "before overdraft", None, "Balance!{p}2-Balance!{p}11+{c}7+{c}8+{c}9+{c}10"),
        (12, "overdraft needed", None, "MAX(0,Assumptions!{c}14-{c}11)"),
        (13, "change in overdraft", None, "{c}12-Balance!{p}11"),
        (14, "cash at the end", None, "{c}11+{c}12"),
    ])  # fmt: skip
    ratios: Cells = {"A1": "Ratios", **years_of}
    rows(ratios, [
        (2, "growth", None, 'IFERROR(Income!{c}2/Income!{p}2-1,"")'),
        (3, "gross margin", "=IFERROR(Income!C4/Income!C2,0)", "IFERROR(Income!{c}4/Income!{c}2,0)"),
        (4, "operating margin", "=IFERROR(Income!C7/Income!C2,0)", "IFERROR(Income!{c}7/Income!{c}2,0)"),
        (5, "net margin", "=IFERROR(Income!C11/Income!C2,0)", "IFERROR(Income!{c}11/Income!{c}2,0)"),
        (6, "return on equity", None, "IFERROR(Income!{c}11/AVERAGE(Balance!{p}13:{p}14,Balance!{c}13:{c}14),0)"),
        (7, "current ratio", None, "IFERROR(Balance!{c}5/(Balance!{c}9+Balance!{c}11),0)"),
        (8, "interest cover", "=IFERROR(Income!C7/Income!C8,0)", "IFERROR(Income!{c}7/Income!{c}8,0)"),
        (9, "debt to profit", None, "IFERROR((Balance!{c}10+Balance!{c}11)/(Income!{c}7+Income!{c}6),0)"),
        (10, "rating", None, 'IF({c}8>8,"A",IF({c}8>4,"B","C"))'),
        (11, "free cash flow", None, "Cash!{c}7+Cash!{c}8"),
        (12, "discount", None, "1/(1.09)^({c}1-$C$1)"),
        (13, "present value", None, "{c}11*{c}12"),
    ])  # fmt: skip
    last = columns[-1]
    ratios |= {
        "A15": "value of ten years",
        "C15": f"=SUM(D13:{last}13)",
        "A16": "lowest cash",
        "C16": f"=MIN(Balance!D2:{last}2)",
    }
    ratios |= {"A17": "all balance", "C17": f'=IF(COUNTIF(Balance!C17:{last}17,"OK")={years + 1},"yes","no")'}
    ratios |= {"A18": "yearly growth", "C18": f"=(Income!{last}2/Income!C2)^(1/{years})-1"}
    return {"Assumptions": given, "Income": income, "Balance": balance, "Cash": cash, "Ratios": ratios}


BOOKS: dict[str, Callable[[], Sheets]] = {
    "kalman_filter": kalman_filter,
    "sparse_matrix": sparse_matrix,
    "attention_heads": attention_heads,
    "layered_network": layered_network,
    "three_statements": three_statements,
}
