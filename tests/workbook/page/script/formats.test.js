import assert from "node:assert/strict";
import { test } from "node:test";

import { fixed } from "../../../../workbook/page/script/digits.js";
import { filledNumber, filledUp, formatInk, formatNumber, formatText, general } from "../../../../workbook/page/script/formats.js";

// What Excel shows. Source: ECMA-376 Part 1, 18.8.31, and Excel itself where its text has no example.
const SHOWN = [
  [0, "0.00", "0.00"], [-86, "0.00", "-86.00"], [1234.5, "#,##0.00", "1,234.50"], [0.125, "0.00", "0.13"],
  [1.005, "0.00", "1.01"], [-0.004, "0.00", "0.00"], [0.5, "0%", "50%"], [0.1234, "0.0%", "12.3%"],
  [12345, "0.0E+00", "1.2E+04"], [0.000123, "0.00E+00", "1.23E-04"], [9.996, "0.00E+00", "1.00E+01"],
  [0, "0.00E+00", "0.00E+00"], [0.03, "+0.0%;-0.0%", "+3.0%"], [-0.03, "+0.0%;-0.0%", "-3.0%"],
  [5, ";;;", ""], [1, '"yes";;"no"', "yes"], [0, '"yes";;"no"', "no"], [2, '"step "0', "step 2"],
  [1500000, "0.0,,", "1.5"], [0.5, "#.##", ".5"], [7, "000", "007"], [3.25, "# ?/?", "3 1/4"],
  [5, "[>=10]0;[<10]0.0", "5.0"], [43466, "yyyy-mm-dd", "2019-01-01"], [0.75, "hh:mm", "18:00"],
  [0.75, "h:mm AM/PM", "6:00 PM"], [1.5, "[h]:mm", "36:00"], [43466, "d mmm yy", "1 Jan 19"],
  [1e15, "0", "1000000000000000"], [1234567.891, "0.0", "1234567.9"],
  // What stands between digits keeps its place; commas after them are thousandths.
  [123456789, "000-00-0000", "123-45-6789"], [5551234567, "(000) 000-0000", "(555) 123-4567"], [1234.5, '#,##0.0,"k"', "1.2k"],
  [12.5, ".00", "12.50"], [0.25, ".00", ".25"], [5, "0.##", "5."], [0.375, "0 ?/8", "0 3/8"], [1.5, "# #/16", "1 8/16"],
  // A tab in a font of even digits: `?` leaves the room of one.
  [2, "# ?/?", "2 \u2007\u2007\u2007"], [1.5, "??0.0?", "\u2007\u20071.5\u2007"],
  [-1234.5, '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', " $(1,234.50)"],
  [0, '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', " $-\u2007\u2007 "],
  [-0.5, "[<1]0.0%;0", "-50.0%"], [-3, "[<0]0.0;0", "3.0"], [7, '0.00;@" units"', "7.00"], [7, '@" units"', "7 units"],
  // The first days of 1900, seconds in parts, and what is no date. Source: Excel's own calendar, which has a 29 February 1900.
  [0, "m/d/yyyy", "1/0/1900"], [59, "d mmm yyyy", "28 Feb 1900"], [60, "d mmm yyyy", "29 Feb 1900"], [61, "ddd d mmm", "Thu 1 Mar"],
  [0.5000115741, "h:mm:ss", "12:00:01"], [1.234567 / 86400, "mm:ss.000", "00:01.235"], [-1, "yyyy", "##"], [3e6, "yyyy", "##"],
];

test("numbers read as Excel shows them", () => {
  for (const [value, format, text] of SHOWN) assert.equal(formatNumber(value, format), text, `${value} in ${format}`);
});

test("General shows what fits", () => {
  const shown = [
    [0.1 + 0.2, "0.3"], [1 / 3, "0.333333333"], [123456789012, "1.23457E+11"], [0.00001234, "1.234E-05"],
    [-2.5, "-2.5"], [1e-10, "1E-10"], [0, "0"], [12345678901, "12345678901"], [9.999999e-5, "1E-04"],
  ];
  for (const [value, text] of shown) assert.equal(general(value), text);
  assert.equal(general(123456.789, 7), "123457");
});

test("digits are rounded half up in decimal, as a spreadsheet does", () => {
  assert.equal(fixed(2.5, 0), "3");
  assert.equal(fixed(0.045, 2), "0.05");
  assert.equal(fixed(0.0004, 3), "0.000");
  assert.equal(fixed(0.0005, 3), "0.001");
  assert.equal(fixed(1e21, 1), "1000000000000000000000.0");
});

test("a format gives its sections a colour, and an hour is none", () => {
  const two = "[Blue]#,##0.0;[red]-#,##0.0";
  assert.deepEqual([1, -1, 0].map((value) => formatInk(value, two)), ["0000FF", "FF0000", "0000FF"]);
  assert.deepEqual([1, -1].map((value) => formatInk(value, "0.00;[Red]-0.00")), [null, "FF0000"]);
  assert.deepEqual([5, 20].map((value) => formatInk(value, "[Green][<10]0;0")), ["00FF00", null]);
  assert.equal(formatInk(0.5, "[h]:mm"), null);
  assert.equal(formatInk(-1, "#,##0.00"), null);
});

test("a sign fills what a cell has left, and nothing elsewhere", () => {
  const width = (text) => text.length;
  const accounting = '$* #,##0_);$* (#,##0);$* "-"_);@';
  assert.equal(filledUp(filledNumber(1234, accounting), 12, width), "$     1,234 ");
  assert.equal(filledUp(filledNumber(-5, accounting), 12, width), "$        (5)");
  assert.equal(filledUp(filledNumber(7, "0*-"), 5, width), "7----");
  assert.equal(filledUp(filledNumber(-1, "yyyy"), 6, width), "######");
  assert.equal(filledUp("plain", 3, width), "plain");
  assert.equal(formatNumber(1234, accounting), "$1,234 ");
});

test("colours have names and numbers", () => {
  assert.equal(formatInk(1, "[Color10]0"), "008000");
  assert.equal(formatInk(1, "[Color 3]0"), "FF0000");
  assert.equal(formatInk(1, "[Color99]0"), null);
});

test("a text is shown as it is, hidden, or in its section", () => {
  assert.equal(formatText("a", "0.00"), "a");
  assert.equal(formatText("a", ";;;"), "");
  assert.equal(formatText("a", '0;0;0;"<"@">"'), "<a>");
  assert.equal(formatText("a", '@" units"'), "a units");
  assert.equal(formatText("a", '0.00;_(@_)'), " a ");
});
