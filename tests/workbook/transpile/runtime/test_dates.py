"""Dates and times, against the examples of Excel's documentation; later days against Python's calendar."""

import datetime

import pytest
from excel import column, near, shows, value

HOLIDAYS = (41235, 41247, 41295)
CELLS = {**column("A", HOLIDAYS), **column("B", (39778, 39786, 39834)), **column("C", (38719, 38733))}
CASES = [
    ("DAYS360(Z98,Z99)", 0.0),  # two blanks are one day
    ("DATE(1900,1,1)", 1.0),
    ("DATE(1900,2,28)", 59.0),
    ("DATE(1900,2,29)", 60.0),
    ("DATE(1900,3,1)", 61.0),
    ("DATE(1900,3,0)", 60.0),
    ("DATE(1900,1,0)", 0.0),
    ("DATE(1900,1,-1)", "#NUM!"),
    ("DATE(-1,1,1)", "#NUM!"),
    ("DATE(10000,1,1)", "#NUM!"),
    ("DATE(0,1,1)", 1.0),
    ("DATE(108,1,2)", 39449.0),  # a year below 1900 is added to 1900: 2 January 2008
    ("DATE(2008,14,2)", 39846.0),
    ("DATE(2008,-3,2)", 39327.0),
    ("DATE(2008,1,35)", 39482.0),
    ("DATE(2008,1,-15)", 39432.0),
    ("DATE(9999,12,31)", 2958465.0),
    ("DATE(2008.9,1.9,2.9)", 39449.0),
    ('DATE("2008",1,2)', 39449.0),
    ("YEAR(39634.99999999)", 2008.0),
    ("YEAR(0)", 1900.0),
    ("MONTH(0)", 1.0),
    ("DAY(0)", 0.0),
    ("YEAR(60)", 1900.0),
    ("MONTH(60)", 2.0),
    ("DAY(60)", 29.0),
    ("DAY(61)", 1.0),
    ("MONTH(61)", 3.0),
    ("YEAR(-1)", "#NUM!"),
    ("YEAR(2958466)", "#NUM!"),
    ('YEAR("7/5/2008")', 2008.0),
    ('DAY("15-Apr-2011")', 15.0),
    ("TIME(12,0,0)", 0.5),
    ("TIME(16,48,10)", near("0.7001157")),
    ("TIME(27,0,0)", 0.125),
    ("TIME(0,750,0)", near("0.5208333")),
    ("TIME(0,0,-1)", "#NUM!"),
    ("TIME(32768,0,0)", "#NUM!"),
    # DATEVALUE, DATE and time functions: a date without a year is one of this year; MONTH(1&"March") tells a month.
    ('MONTH(1&"March")', 3.0),
    ('MONTH(DATEVALUE("5-JUL"))', 7.0),
    ('DAY("March 9")', 9.0),
    ('MONTH("12/24")', 12.0),
    ('DATEVALUE("March 2021")', 44256.0),
    ('DATEVALUE("Mar-2021")', 44256.0),
    ('DATEVALUE("3/2021")', 44256.0),
    ('DATEVALUE("5/45")', 16558.0),  # there is no 45 May: May 1945
    ('DATEVALUE("Friday, January 1, 2021")', 44197.0),
    ('DATEVALUE("Jan-5-21")', 44201.0),
    ('DATEVALUE("1/1/30")', 10959.0),
    ('DATEVALUE("Q1 2021")', "#VALUE!"),
    ('DATEVALUE("555-1234")', "#VALUE!"),
    ('DATEVALUE("-3/4")', "#VALUE!"),
    ('DATEVALUE("3 4")', "#VALUE!"),
    ('TIMEVALUE("6 PM")', 0.75),
    ('TIMEVALUE("22-Aug-2011 12 am")', 0.0),
    ("HOUR(0.75)", 18.0),
    ("HOUR(40741.28125)", 6.0),
    ('MINUTE("12:45 PM")', 45.0),
    ('SECOND("4:48:18 PM")', 18.0),
    ('HOUR("7/18/2011 7:45")', 7.0),
    ("WEEKDAY(39492)", 5.0),
    ("WEEKDAY(39492,2)", 4.0),
    ("WEEKDAY(39492,3)", 3.0),
    ("WEEKDAY(39492,11)", 4.0),
    ("WEEKDAY(39492,17)", 5.0),
    ("WEEKDAY(39492,4)", "#NUM!"),
    ("WEEKDAY(1)", 1.0),  # in Excel's calendar a Sunday
    ("WEEKDAY(0)", 7.0),
    ("WEEKNUM(40977)", 10.0),
    ("WEEKNUM(40977,2)", 11.0),
    ("WEEKNUM(40977,21)", 10.0),
    ("ISOWEEKNUM(40977)", 10.0),
    ("ISOWEEKNUM(DATE(2021,1,3))", 53.0),
    ("EDATE(40558,1)", 40589.0),
    ("EDATE(40558,-1)", 40527.0),
    ("EDATE(40558,2)", 40617.0),
    ("EDATE(DATE(2011,1,31),1)", 40602.0),
    ("EOMONTH(40544,1)", 40602.0),
    ("EOMONTH(40544,-3)", 40482.0),
    ("EOMONTH(1,1)", 60.0),
    ("EDATE(1,-1)", "#NUM!"),
    ('DAYS("15-MAR-2021","1-FEB-2021")', 42.0),
    ("DAYS360(40573,40575)", 1.0),
    ("DAYS360(40544,40908)", 360.0),
    ("DAYS360(40544,40575)", 30.0),
    ("DAYS360(DATE(2011,1,15),DATE(2011,1,31),TRUE)", 15.0),
    ("YEARFRAC(40909,41120)", near("0.58055556")),
    ("YEARFRAC(40909,41120,1)", near("0.57650273")),
    ("YEARFRAC(40909,41120,3)", near("0.57808219")),
    ("YEARFRAC(40909,41120,5)", "#NUM!"),
    # At the end of February, after Wheeler's measurements of Excel (2008), YEARFRAC and DAYS360 part.
    ("YEARFRAC(DATE(2008,2,29),DATE(2009,2,28))", 1.0),
    ("YEARFRAC(DATE(2006,2,28),DATE(2006,8,31))", 181 / 360),
    ("YEARFRAC(DATE(2006,2,28),DATE(2006,8,30))", 0.5),
    ("YEARFRAC(DATE(2007,2,28),DATE(2007,2,28))", 0.0),
    ('DATEDIF(DATE(2001,1,1),DATE(2003,1,1),"Y")', 2.0),
    ('DATEDIF(DATE(2001,6,1),DATE(2002,8,15),"D")', 440.0),
    ('DATEDIF(DATE(2001,6,1),DATE(2002,8,15),"YD")', 75.0),
    ('DATEDIF(DATE(2001,6,1),DATE(2002,8,15),"MD")', 14.0),
    ('DATEDIF(DATE(2001,6,1),DATE(2002,8,15),"M")', 14.0),
    ('DATEDIF(DATE(2001,6,1),DATE(2002,8,15),"YM")', 2.0),
    ('DATEDIF(2,1,"D")', "#NUM!"),
    ("NETWORKDAYS(41183,41334)", 110.0),
    ("NETWORKDAYS(41183,41334,A1)", 109.0),
    ("NETWORKDAYS(41183,41334,A1:A3)", 107.0),
    ("NETWORKDAYS.INTL(DATE(2006,1,1),DATE(2006,1,31))", 22.0),
    ("NETWORKDAYS.INTL(DATE(2006,2,28),DATE(2006,1,31))", -21.0),
    ("NETWORKDAYS.INTL(DATE(2006,1,1),DATE(2006,2,1),7,C1:C2)", 22.0),
    ('NETWORKDAYS.INTL(DATE(2006,1,1),DATE(2006,2,1),"0010001",C1:C2)', 20.0),
    ("WORKDAY(39722,151)", 39933.0),
    ("WORKDAY(39722,151,B1:B3)", 39938.0),
    # A Wednesday, and 600 weeks of five days from it; two weeks before it.
    ("WORKDAY(39722,3000)", 43922.0),
    ("WORKDAY(39722,-10)", 39708.0),
    # Beyond the year 9999.
    ("WORKDAY(39722,1E+300)", "#NUM!"),
    ("WORKDAY.INTL(DATE(2012,1,1),30,0)", "#NUM!"),
    ("WORKDAY.INTL(DATE(2012,1,1),90,11)", 41013.0),
    ("WORKDAY.INTL(DATE(2012,1,1),30,17)", 40944.0),
    ('DATEVALUE("8/22/2011")', 40777.0),
    ('DATEVALUE("22-MAY-2011")', 40685.0),
    ('DATEVALUE("2011/02/23")', 40597.0),
    ('DATEVALUE("1/1/00")', 36526.0),
    ('DATEVALUE("1/1/30")', 10959.0),
    ('DATEVALUE("2/29/1900")', 60.0),
    ('DATEVALUE("12/31/1899")', "#VALUE!"),
    ('DATEVALUE("spring")', "#VALUE!"),
    ("DATEVALUE(5)", "#VALUE!"),
    ('DATEVALUE("007")', "#VALUE!"),
    ('DATEVALUE("12%")', "#VALUE!"),
    ('DATEVALUE("6:30 PM")', 0.0),
    ('TIMEVALUE("0.5")', "#VALUE!"),
    ('TIMEVALUE("8/22/2011")', 0.0),
    ('TIMEVALUE("2:24 AM")', 0.1),
    ('TIMEVALUE("22-Aug-2011 6:35 AM")', near("0.2743")),
    ('VALUE("16:48:00")-VALUE("12:00:00")', near("0.2")),
]


@pytest.mark.parametrize(("formula", "expected"), CASES)
def test_excel_shows(formula: str, expected: object) -> None:
    found = value(formula, CELLS)
    assert shows(found, expected), f"{formula} is {found!r}"


@pytest.mark.parametrize("day", [(1900, 3, 1), (1970, 1, 1), (2000, 2, 29), (2024, 12, 31), (9999, 12, 31)])
def test_days_are_counted_as_by_python(day: tuple[int, int, int]) -> None:
    # From March 1900 on: before it, Excel's calendar has a day more.
    expected = (datetime.date(*day) - datetime.date(1899, 12, 30)).days
    assert value(f"DATE({day[0]},{day[1]},{day[2]})") == expected
    assert tuple(value(f"{part}({expected})") for part in ("YEAR", "MONTH", "DAY")) == day
    assert value(f"WEEKDAY({expected},2)") == datetime.date(*day).isoweekday()
    assert value(f"ISOWEEKNUM({expected})") == datetime.date(*day).isocalendar().week


def test_today_is_today() -> None:
    zero = datetime.datetime(1899, 12, 30)
    before = (datetime.datetime.now() - zero).days
    found = value("TODAY()")
    assert before <= found <= (datetime.datetime.now() - zero).days
    assert 0 <= value("NOW()") - found < 2
