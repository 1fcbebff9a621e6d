"""Workbooks of Excel 365: names that are lambdas, spills and what refers to them, `@`; each with a twin of old formulas.

No program at hand computes all of these, so each cell has a twin that says the same in formulas of Excel 2007, which
LibreOffice and Gnumeric compute; the twin's values are what the modern cell must show.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from corpus.book import Array, Book, Page


@dataclass
class Twin:
    """Two pages filled together: the modern formulas, and the old ones of the same cells."""

    modern: Page
    old: Page
    cells: list[str] = field(default_factory=list)

    def put(self, address: str, *rows: object) -> "Twin":
        """Inputs, or formulas that are the same in both."""
        self.modern.put(address, *rows)
        self.old.put(address, *rows)
        return self

    def spill(self, address: str, rows: int, columns: int, modern: str, old: str) -> "Twin":
        """A spilled formula, and the array formula of its twin."""
        self.modern.put(address, Array(modern, rows, columns, dynamic=True))
        self.old.put(address, Array(old, rows, columns))
        return self

    def cell(self, address: str, modern: str, old: str) -> "Twin":
        """A plain formula of one cell, and its twin."""
        self.modern.put(address, modern)
        self.old.put(address, old)
        return self


_NAMES = {
    "SIGMOID": "_xlfn.LAMBDA(_xlpm.x,1/(1+EXP(-_xlpm.x)))",
    "RELU": "_xlfn.LAMBDA(_xlpm.z,IF(_xlpm.z>0,_xlpm.z,0))",
    "SOFTMAX": "_xlfn.LAMBDA(_xlpm.v,_xlfn.LET(_xlpm.e,EXP(_xlpm.v-MAX(_xlpm.v)),_xlpm.e/SUM(_xlpm.e)))",
    "DENSE": "_xlfn.LAMBDA(_xlpm.x,_xlpm.w,_xlpm.b,SIGMOID(MMULT(_xlpm.x,_xlpm.w)+_xlpm.b))",
    "MSE": "_xlfn.LAMBDA(_xlpm.a,_xlpm.b,SUM((_xlpm.a-_xlpm.b)^2)/ROWS(_xlpm.a))",
    "POWERSUM": "_xlfn.LAMBDA(_xlpm.n,IF(_xlpm.n<=0,0,_xlpm.n^2+POWERSUM(_xlpm.n-1)))",
    "rate": "0.1",
    "inputs": "net!$A$2:$B$5",
}


def lambdas() -> tuple[Book, Book]:
    """A small network of named lambdas, with one that calls itself."""
    modern, old = Book(names=dict(_NAMES)), Book()
    net = Twin(modern.page("net"), old.page("net"))
    net.put("A1", ("x1", "x2", None, "t", None, "w1", "w2", None, "b")).put(
        "A2", (0.5, 1, None, 1), (-1, 2, None, 0), (0, 0.25, None, 1), (3, -2, None, 0)
    ).put("F2", (0.1, -0.4, None, 0.3), (0.7, 0.2, None, -0.2)).put("F5", ("v", 0.9), (None, -1.3))
    net.spill("K2", 4, 2, "=DENSE(inputs,F2:G3,TRANSPOSE(I2:I3))", "=1/(1+EXP(-(MMULT(A2:B5,F2:G3)+TRANSPOSE(I2:I3))))")
    net.spill("N2", 4, 1, "=SIGMOID(MMULT(K2:L5,G5:G6))", "=1/(1+EXP(-MMULT(K2:L5,G5:G6)))")
    net.cell("P2", "=MSE(N2:N5,D2:D5)", "=SUMXMY2(N2:N5,D2:D5)/4").cell("P3", "=SIGMOID(0)", "=0.5").cell(
        "P4", "=RELU(-3)+RELU(2.5)", "=2.5"
    ).cell("P5", "=POWERSUM(4)", "=30").cell("P6", "=rate*P2", "=0.1*P2")
    net.spill("R2", 4, 2, "=_xlfn.MAP(A2:B5,_xlfn.LAMBDA(_xlpm.c,RELU(_xlpm.c)))", "=IF(A2:B5>0,A2:B5,0)").spill(
        "R7", 1, 4, "=SOFTMAX(TRANSPOSE(N2:N5))", "=TRANSPOSE(EXP(N2:N5-MAX(N2:N5))/SUM(EXP(N2:N5-MAX(N2:N5))))"
    )
    net.spill(
        "R9",
        4,
        1,
        "=_xlfn.BYROW(A2:B5,_xlfn.LAMBDA(_xlpm.row,SUM(SIGMOID(_xlpm.row))))",
        "=1/(1+EXP(-A2:A5))+1/(1+EXP(-B2:B5))",
    ).cell("P8", "=_xlfn.REDUCE(0,A2:B5,_xlfn.LAMBDA(_xlpm.sum,_xlpm.x,_xlpm.sum+_xlpm.x^2))", "=SUMSQ(A2:B5)")
    steps = Twin(modern.page("steps"), old.page("steps")).put("A1", ("step", "w", "loss"))
    steps.spill("A2", 10, 1, "=_xlfn.SEQUENCE(10)", "=ROW(A2:A11)-1")
    for i in range(10):
        before = "4" if i == 0 else f"B{1 + i}"
        steps.cell(
            f"B{2 + i}",
            f"=_xlfn.LET(_xlpm.w,{before},_xlpm.g,2*(_xlpm.w-1),_xlpm.w-rate*_xlpm.g)",
            f"={before}-0.1*2*({before}-1)",
        )
    steps.spill("C2", 10, 1, "=_xlfn.MAP(B2:B11,_xlfn.LAMBDA(_xlpm.w,(_xlpm.w-1)^2))", "=(B2:B11-1)^2")
    steps.spill(
        "E2",
        11,
        1,
        "=_xlfn.SCAN(4,_xlfn.SEQUENCE(11,1,0),_xlfn.LAMBDA(_xlpm.w,_xlpm.t,IF(_xlpm.t=0,_xlpm.w,_xlpm.w-rate*2*(_xlpm.w-1))))",
        "=1+3*0.8^(ROW(A2:A12)-2)",
    )
    return modern, old


def spills() -> tuple[Book, Book]:
    """Spilled areas and the references to them, `@` before ranges, functions that stack, take and sort."""
    modern, old = Book(), Book()
    page = (
        Twin(modern.page("spill"), old.page("spill"))
        .put("A1", ("item", "n", "price"))
        .put("A2", ("pen", 3, 1.5), ("ink", 7, 8), ("cap", 2, 4.25), ("jar", 5, 3))
    )
    page.spill("E2", 4, 1, "=B2:B5*C2:C5", "=B2:B5*C2:C5").cell(
        "E7", "=SUM(_xlfn.ANCHORARRAY(E2))", "=SUM(E2:E5)"
    ).cell("E8", "=ROWS(_xlfn.ANCHORARRAY(E2))", "=ROWS(E2:E5)").cell(
        "E9", "=INDEX(_xlfn.ANCHORARRAY(E2),2)", "=INDEX(E2:E5,2)"
    )
    page.spill("G2", 4, 1, "=_xlfn.ANCHORARRAY(E2)/SUM(_xlfn.ANCHORARRAY(E2))", "=E2:E5/SUM(E2:E5)").spill(
        "I2", 4, 3, "=_xlfn.ANCHORARRAY(G2)*{1,10,100}", "=G2:G5*{1,10,100}"
    ).cell("E10", "=SUM(_xlfn.ANCHORARRAY(I2)*2)", "=SUM(I2:K5)*2")
    page.spill(
        "M2",
        4,
        1,
        "=_xlfn.SORTBY(A2:A5,_xlfn.ANCHORARRAY(E2),-1)",
        "=INDEX(A2:A5,N(IF(1,MATCH(LARGE(E2:E5,{1;2;3;4}),E2:E5,0))))",
    ).cell(
        "O2",
        "=_xlfn.XLOOKUP(MAX(_xlfn.ANCHORARRAY(E2)),_xlfn.ANCHORARRAY(E2),A2:A5)",
        "=INDEX(A2:A5,MATCH(MAX(E2:E5),E2:E5,0))",
    )
    for i in range(2, 6):
        page.cell(f"P{i}", "=_xlfn.SINGLE(B2:B5)*2", f"=B{i}*2").cell(f"Q{i}", "=_xlfn.SINGLE($C:$C)+1", f"=C{i}+1")
    page.spill("S2", 5, 5, "=_xlfn.SEQUENCE(5)*_xlfn.SEQUENCE(1,5)", "={1;2;3;4;5}*{1,2,3,4,5}").spill(
        "S8", 5, 5, "=IF(_xlfn.SEQUENCE(5)=_xlfn.SEQUENCE(1,5),1,0)", "=IF({1;2;3;4;5}={1,2,3,4,5},1,0)"
    ).cell("S14", "=SUM(MMULT(_xlfn.ANCHORARRAY(S2),_xlfn.ANCHORARRAY(S8)))", "=SUM(S2:W6)")
    return modern, old


TWINS: dict[str, Callable[[], tuple[Book, Book]]] = {"lambdas": lambdas, "spills": spills}
