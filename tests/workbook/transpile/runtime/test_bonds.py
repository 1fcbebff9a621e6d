"""Securities, against the examples of Excel's documentation, and against values of Excel's own.

Those of odd bonds and of AMORDEGRC with more digits are in the tests of ExcelFinancialFunctions, made by Excel.
"""

import pytest
from excel import near, shows, value

CASES = [
    ("COUPDAYBS(DATE(2011,1,25),DATE(2011,11,15),2,1)", 71.0),
    ("COUPDAYS(DATE(2011,1,25),DATE(2011,11,15),2,1)", 181.0),
    ("COUPDAYSNC(DATE(2011,1,25),DATE(2011,11,15),2,1)", 110.0),
    ("COUPNCD(DATE(2011,1,25),DATE(2011,11,15),2,1)=DATE(2011,5,15)", True),
    ("COUPPCD(DATE(2011,1,25),DATE(2011,11,15),2,1)=DATE(2010,11,15)", True),
    ("COUPNUM(DATE(2007,1,25),DATE(2008,11,15),2,1)", 4.0),
    # A maturity at the end of a month: so are all coupons.
    ("COUPPCD(DATE(2023,1,1),DATE(2024,2,29),2)=DATE(2022,8,31)", True),
    ("COUPDAYS(DATE(2011,1,25),DATE(2011,11,15),4,3)", 91.25),
    ("COUPNUM(DATE(2011,1,25),DATE(2011,11,15),3)", "#NUM!"),
    ("PRICE(DATE(2008,2,15),DATE(2017,11,15),0.0575,0.065,100,2,0)", near("94.63436")),
    # One coupon is left: 105 / (1 + 0.04/2) less nothing, by hand.
    ("PRICE(DATE(2020,5,15),DATE(2020,11,15),0.1,0.04,100,2,0)", 105 / 1.02),
    ("YIELD(DATE(2008,2,15),DATE(2016,11,15),0.0575,95.04287,100,2,0)", near("0.0650000")),
    ("YIELD(DATE(2020,5,15),DATE(2020,11,15),0.1,105/1.02,100,2,0)", near("0.0400000000")),
    ("DURATION(DATE(2018,7,1),DATE(2048,1,1),0.08,0.09,2,1)", near("10.9191453")),
    ("MDURATION(DATE(2008,1,1),DATE(2016,1,1),0.08,0.09,2,1)", near("5.73567")),
    ("ACCRINT(DATE(2008,3,1),DATE(2008,8,31),DATE(2008,5,1),0.1,1000,2,0)", near("16.666667")),
    ("ACCRINT(DATE(2008,3,5),DATE(2008,8,31),DATE(2008,5,1),0.1,1000,2,0,FALSE)", near("15.555556")),
    ("ACCRINT(DATE(2008,4,5),DATE(2008,8,31),DATE(2008,5,1),0.1,1000,2,0,TRUE)", near("7.2222222")),
    ("ACCRINTM(39539,39614,0.1,1000,3)", near("20.54794521")),
    ("DISC(DATE(2018,7,1),DATE(2048,1,1),97.975,100,1)", near("0.000686384")),
    ("INTRATE(DATE(2008,2,15),DATE(2008,5,15),1000000,1014420,2)", near("0.05768")),
    ("RECEIVED(DATE(2008,2,15),DATE(2008,5,15),1000000,0.0575,2)", near("1014584.65")),
    ("PRICEDISC(DATE(2008,2,16),DATE(2008,3,1),0.0525,100,2)", near("99.79583")),
    ("YIELDDISC(DATE(2008,2,16),DATE(2008,3,1),99.795,100,2)", near("0.052823")),
    ("PRICEMAT(DATE(2008,2,15),DATE(2008,4,13),DATE(2007,11,11),0.061,0.061,0)", near("99.98449888")),
    ("YIELDMAT(DATE(2008,3,15),DATE(2008,11,3),DATE(2007,11,8),0.0625,100.0123,0)", near("0.060954")),
    ("TBILLEQ(DATE(2008,3,31),DATE(2008,6,1),0.0914)", near("0.09415")),
    ("TBILLPRICE(DATE(2008,3,31),DATE(2008,6,1),0.09)", near("98.45")),
    ("TBILLYIELD(DATE(2008,3,31),DATE(2008,6,1),98.45)", near("0.09141696")),
    ("TBILLPRICE(DATE(2008,3,31),DATE(2009,6,1),0.09)", "#NUM!"),
    ("DISC(5,4,97,100)", "#NUM!"),
    (
        "ODDFPRICE(DATE(2008,11,11),DATE(2021,3,1),DATE(2008,10,15),DATE(2009,3,1),0.0785,0.0625,100,2,1)",
        near("113.597717"),
    ),
    (
        "ODDFPRICE(DATE(1999,2,28),DATE(2004,3,31),DATE(1977,5,4),DATE(2003,3,31),0.07,0.03,100,1,2)",
        near("97.88612187"),
    ),
    (
        "ODDFPRICE(DATE(1999,2,28),DATE(2004,3,31),DATE(1977,5,4),DATE(2003,3,31),0.07,0.03,100,2,1)",
        near("99.82058851"),
    ),
    (
        "ODDFPRICE(DATE(1999,2,28),DATE(2004,3,31),DATE(1977,5,4),DATE(2003,3,31),0.07,0.03,100,4,3)",
        near("99.63341098"),
    ),
    (
        "ODDFPRICE(DATE(1999,2,28),DATE(2004,3,31),DATE(1992,11,30),DATE(2003,3,31),0.1,0.1,130,2,0)",
        near("92.24933673"),
    ),
    ("ODDFPRICE(DATE(2008,11,11),DATE(2021,3,2),DATE(2008,10,15),DATE(2009,3,1),0.0785,0.0625,100,2,1)", "#NUM!"),
    (
        "ODDFYIELD(DATE(2008,11,11),DATE(2021,3,1),DATE(2008,10,15),DATE(2009,3,1),0.0575,84.5,100,2,0)",
        near("0.0772455"),
    ),
    ("ODDLPRICE(DATE(2008,2,7),DATE(2008,6,15),DATE(2007,10,15),0.0375,0.0405,100,2,0)", near("99.87829")),
    ("ODDLYIELD(DATE(2008,4,20),DATE(2008,6,15),DATE(2007,12,24),0.0375,99.875,100,2,0)", near("0.045192")),
    ("ODDLPRICE(DATE(2008,2,7),DATE(2008,2,1),DATE(2007,10,15),0.0375,0.0405,100,2,0)", "#NUM!"),
    ("AMORDEGRC(2400,39679,39813,300,1,0.15,1)", 776.0),
    ("AMORLINC(2400,39679,39813,300,1,0.15,1)", 360.0),
    ("AMORDEGRC(100,DATE(1998,2,28),DATE(2000,2,29),10,0,0.3,3)", 90.0),
    ("AMORDEGRC(100,DATE(1998,2,28),DATE(2000,2,29),10,1.7,0.1,1)", 13.0),
    ("AMORDEGRC(100,DATE(1998,2,28),DATE(2000,2,29),10,10,0.07,0)", 2.0),
    ("AMORDEGRC(100,DATE(1998,2,28),DATE(2000,2,29),50,1,0.3,4)", 23.0),
    ("AMORDEGRC(100,DATE(1998,2,28),DATE(2000,2,29),50,2,0.15,1)", 0.0),
    ("AMORDEGRC(100,DATE(1998,2,28),DATE(2000,2,29),10,0.3,0.15,1)", 0.0),
    ("AMORDEGRC(100,35854,36585,10,1,0.15,2)", "#NUM!"),
    ("AMORLINC(100,35854,36585,10,1,0.3,1)", 30.0),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula)
    assert shows(found, expected), f"{formula} is {found!r}"
