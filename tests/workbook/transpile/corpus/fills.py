"""Formulas filled down and across inputs of every kind: what a formula does when it becomes one array operation."""

from corpus.book import Book, Page
from openpyxl.formula.translate import Translator

# One row each: two inputs, and a text beside them.
INPUTS: tuple[tuple[object, object, object], ...] = (
    (3.7, 2, "alpha"),
    (-3.7, 2, "Beta"),
    (0, 1, "beta"),
    (2.5, -2, '=""'),
    (-2.5, -2, None),
    (0.5, 0, "10"),
    (1.5, 0.5, " pad  ded "),
    (7, 3, "x1"),
    (-7, 3, "X1"),
    (7, -3, "a*b"),
    (1e10, 1, "-4.5"),
    (1e-5, 3, "yes"),
    (None, 2, "12 kg"),
    (5, None, "epoch 3"),
    (100, 10, "z"),
    (12.345, 1, "zz"),
    (0.125, 2, "Z"),
    (650, 1, "é"),
    (True, 2, "alpha"),
    ("4", 2, "alpha"),
    ("word", 2, "q"),
    ("=1/0", 1, "q"),
    ("=NA()", 1, "q"),
)

NUMBERS: tuple[str, ...] = (
    "=A5+B5",
    "=A5-B5",
    "=A5*B5",
    "=A5/B5",
    "=A5^2",
    "=2^B5",
    "=-A5",
    "=A5%",
    "=A5&B5",
    "=A5=B5",
    "=A5>B5",
    "=A5<=2.5",
    "=A5<>B5",
    "=ABS(A5)",
    "=SIGN(A5)",
    "=SQRT(A5)",
    "=EXP(A5)",
    "=LN(A5)",
    "=LOG(A5)",
    "=LOG(A5,2)",
    "=LOG10(A5)",
    "=INT(A5)",
    "=ROUND(A5,0)",
    "=ROUND(A5,B5)",
    "=ROUNDUP(A5,1)",
    "=ROUNDDOWN(A5,1)",
    "=MOD(A5,3)",
    "=MOD(A5,-3)",
    "=MOD(A5,B5)",
    "=CEILING(A5,1)",
    "=FLOOR(A5,1)",
    "=TRUNC(A5)",
    "=TANH(A5)",
    "=SIN(A5)",
    "=COS(A5)",
    "=POWER(A5,2)",
    "=POWER(ABS(B5),0.5)",
    "=1/(1+EXP(-A5))",
    "=MAX(0,A5)",
    "=MIN(A5,B5)",
    "=MAX(A5,0.01*A5)",
    "=SUM(A5:B5)",
    "=SUM($A$5:A5)",
    "=AVERAGE(A5:B5)",
    "=COUNT(A5:B5)",
    "=COUNTA(A5:B5)",
    "=COUNTBLANK(A5:B5)",
    "=SUMSQ(A5,B5)",
    "=PRODUCT(A5:B5)",
    "=IF(A5>0,1,0)",
    "=IF(A5>B5,A5,B5)",
    '=IF(A5="","none",A5)',
    "=IF(ISNUMBER(A5),A5*2,0)",
    "=IFERROR(A5/B5,0)",
    "=IFERROR(LN(A5),-1)",
    "=_xlfn.IFNA(A5,0)",
    "=AND(A5>0,B5>1)",
    "=OR(A5>0,B5>1)",
    "=NOT(A5)",
    "=ISBLANK(A5)",
    "=ISNUMBER(A5)",
    "=ISTEXT(A5)",
    "=ISERROR(A5)",
    "=ISNA(A5)",
    "=N(A5)",
    "=IF(AND(A5>0,A5<5),A5,IF(A5<=0,-1,1))",
    "=(A5-$B$1)^2",
    "=A5*$B$1+$B$2",
    "=IF(A5>$B$1,$B$2,$C$1)",
    "=CHOOSE(IF(B5>1,2,1),A5,B5)",
    "=SUMPRODUCT(A5:B5,$B$1:$C$1)",
    "=ROW()-4",
    "=COLUMN(A5)",
    "=A5*(A5>0)",
    "=--(A5>1)",
    "=MEDIAN(A5,B5,1)",
)

TEXTS: tuple[str, ...] = (
    "=LEN(C5)",
    "=UPPER(C5)",
    "=LOWER(C5)",
    "=TRIM(C5)",
    "=LEFT(C5,2)",
    "=RIGHT(C5,1)",
    "=MID(C5,2,2)",
    '=C5&"-"&B5',
    "=CONCATENATE(C5,B5)",
    '=C5="alpha"',
    '=C5>"b"',
    "=C5=C4",
    '=IF(C5="",0,1)',
    '=IF(LEFT(C5,1)="a","A","other")',
    "=IFERROR(VALUE(C5),-1)",
    "=IFERROR(C5*2,0)",
    "=ISTEXT(C5)",
    "=COUNTIF($C$5:$C$27,C5)",
    '=COUNTIF(C5,"*a*")',
    '=EXACT(C5,"alpha")',
    '=SUBSTITUTE(C5,"a","o")',
    '=IFERROR(FIND("a",C5),0)',
    '=TEXT(B5,"0.00")',
    "=SUMIF($C$5:$C$27,C5,$B$5:$B$27)",
    "=IFERROR(MATCH(C5,$C$5:$C$27,0),0)",
    '=IFERROR(VLOOKUP(B5,$B$30:$C$34,2,FALSE),"none")',
    '=IFERROR(VLOOKUP(B5,$B$30:$C$34,2),"low")',
    '=IFERROR(INDEX($C$30:$C$34,MATCH(B5,$B$30:$B$34,1)),"low")',
    "=IFERROR(RANK(B5,$B$5:$B$27),0)",
    "=B5/SUM($B$5:$B$27)",
    "=EXP(B5)/SUMPRODUCT(EXP($B$5:$B$27))",
    "=B5-AVERAGE($B$5:$B$27)",
    "=(B5-AVERAGE(B$5:B$27))/STDEV(B$5:B$27)",
    '=IF(B5=MAX($B$5:$B$27),"max","")',
    "=LARGE($B$5:$B$27,ROW()-4)",
    "=OFFSET($B$5,ROW()-5,0)",
    "=INDEX($B$5:$B$27,ROW()-4)",
)


def book() -> Book:
    """Sheets "numbers" and "texts" with one column for each formula; "grid" and "steps" with fills in two directions."""
    made = Book()
    for title, formulas in (("numbers", NUMBERS), ("texts", TEXTS)):
        page = made.page(title).put("A1", ("scale", 2, 0.5), ("offset", -1))
        page.put("A4", ("a", "b", "text"), *INPUTS)
        page.put(
            "A29",
            ("key", "from", "grade"),
            *((None, low, grade) for low, grade in zip((0, 1, 2, 3, 10), "EDCBA", strict=True)),
        )
        for j, formula in enumerate(formulas, start=5):
            page.cells[4, j] = formula[1:]
            _fill(page, j, len(INPUTS), formula)
    _grid(made.page("grid"))
    _steps(made.page("steps"))
    return made


def _fill(page: Page, column: int, rows: int, formula: str) -> None:
    # The tables' formulas are written as they stand in E5, whatever column they go to: nothing in them moves across.
    for i in range(rows):
        page.cells[5 + i, column] = Translator(formula, origin="E5").translate_formula(f"E{5 + i}")


def _grid(page: Page) -> None:
    """Mixed references: a row against a column, each way round, and windows that slide."""
    page.put("B2", ("x", 1, 2, 3, 4, 5, 6)).put(
        "B3", *((y, *((y * x * 37) % 11 - 4 for x in range(1, 7))) for y in range(1, 7))
    )
    page.put("B2", "y \\ x")
    page.put("B10", "products").fill("C11", 6, 6, "=C$2*$B3")
    page.put("B18", "one-hot").fill("C19", 6, 6, "=IF(C$2=$B3,1,0)")
    page.put("B26", "squares of differences").fill("C27", 6, 6, "=(C$2-$B3)^2+C3")
    page.put("B34", "convolution").fill("C35", 4, 4, "=SUMPRODUCT(C3:E5,$J$3:$L$5)").put(
        "J3", (1, 0, -1), (2, 0, -2), (1, 0, -1)
    )
    page.put("B40", "max pool").fill("C41", 3, 3, "=MAX(OFFSET($C$3,2*(ROW()-41),2*(COLUMN()-3),2,2))")
    page.put("B46", "relu of a sum").fill("C47", 4, 4, "=MAX(0,SUM(C3:E5)-5)")
    page.put("I10", "row sums").fill("J11", 6, 1, "=SUM(C3:H3)").put("I18", "softmax").fill(
        "J19", 6, 6, "=EXP(C3)/SUM(C27:H27)"
    )
    page.put("B52", "column means").fill("C53", 1, 6, "=AVERAGE(C3:C8)").put("B54", "sums so far").fill(
        "C55", 6, 6, "=SUM(C$3:C3)"
    )
    page.put("B62", "transposed by hand").fill("C63", 6, 6, "=INDEX($C$3:$H$8,COLUMN()-2,ROW()-62)")


def _steps(page: Page) -> None:
    """Rows that stand on the rows before: one column, two that feed each other, a lag of two, one from right to left."""
    page.put("A1", ("rate", 0.1, "target", 3)).put("A3", ("t", "w", "loss", "m", "fib", "sum", "log", "flip", "back"))
    page.put("A4", (0, 10, None, 0, 1, 0, 0.2, 1))
    page.put("E5", 1).put("A5", 1)
    page.fill("A5", 20, 1, "=A4+1").fill("B5", 20, 1, "=B4-$B$1*2*(B4-$D$1)").fill("C5", 20, 1, "=(B4-$D$1)^2")
    page.fill("D5", 20, 1, "=0.9*D4+0.1*C5").fill("E6", 19, 1, "=E5+E4").fill("F5", 20, 1, "=F4+A5").fill(
        "G5", 20, 1, "=3.5*G4*(1-G4)"
    )
    page.fill("H5", 20, 1, "=IF(H4>0,-H4,H4*-2)").put("I25", 1).fill("I5", 20, 1, "=I6*0.5+A5")
    page.put("L3", ("across", 1)).fill("N3", 1, 8, "=M3*2+1").put("L5", "table").put("M5", (1, 1, 1, 1)).put(
        "M6", 1, 1, 1
    )
    page.fill("N6", 3, 3, "=N5+M6").put("L12", ("running max", 0)).fill("M13", 6, 1, "=MAX(M12,G5)")
