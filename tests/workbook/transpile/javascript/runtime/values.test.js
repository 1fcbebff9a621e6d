import assert from "node:assert/strict";
import { test } from "node:test";

import { Area, calendar, fromRows, got, lift, made, makeGrid, num, put, serial, spelled, toRows } from "../../../../../workbook/transpile/back/javascript/runtime/values.js";
import { forget } from "../../../../../workbook/transpile/back/javascript/runtime/cells.js";
import { COUNTIFS, SUMIFS } from "../../../../../workbook/transpile/back/javascript/runtime/criteria.js";
import { compare, eq, lt } from "../../../../../workbook/transpile/back/javascript/runtime/operators.js";

const code = (compute) => got(compute).code;

// What Excel's VALUE makes of texts, by its documentation and its own examples.
test("a text is a number where it reads as one", () => {
  for (const [text, value] of [["$1,000", 1000], ["50%", 0.5], [" 1e3 ", 1000], ["(5)", -5], ["1/1/1900", 1], ["2011-08-22", 40777], ["22-Aug-2011", 40777], ["August 22, 2011", 40777], ["12:00", 0.5], ["6:00 PM", 0.75]]) {
    assert.equal(num(text), value, text);
  }
  for (const text of ["", "x", "1 2", "2011-02-30", "25 o'clock", "12:75"]) assert.equal(code(() => num(text)), "#VALUE!", text);
});

test("a number joins a text in up to 15 digits", () => {
  for (const [value, text] of [[1 / 3, "0.333333333333333"], [1e20, "100000000000000000000"], [1e21, "1E+21"], [1e-5, "0.00001"], [-2.5, "-2.5"], [0.1 + 0.2, "0.3"], [-0, "0"]]) {
    assert.equal(spelled(value), text);
  }
});

test("1900 has a 29th of February, and old Macs count from 1904", () => {
  assert.deepEqual([serial(1900, 2, 28), serial(1900, 3, 1), serial(2011, 8, 22)], [59, 61, 40777]);
  calendar.shift = 1462;
  assert.equal(serial(1904, 1, 1), 0);
  calendar.shift = 0;
});

test("numbers are compared at 15 digits, texts whatever their case, kinds in Excel's order", () => {
  assert.ok(eq(0.1 + 0.2, 0.3) && !eq(1, 1 + 1e-13) && eq("A", "a") && eq(null, 0) && eq(null, ""));
  assert.ok(lt(1e300, "a") && lt("z", false) && !lt(0.1 + 0.2, 0.3) && compare(null, -1) > 0);
});

test("a cell says whether a value changed it", () => {
  const grid = makeGrid(1, 1);
  const values = [5, 5, "5", "5", true, true, null, null, got(() => num("x")), got(() => num("y"))];
  assert.deepEqual(values.map((value) => put(grid, 0, value)), [true, false, true, false, true, false, true, false, true, false]);
});

test("a function of single values goes over arrays, one row or column repeated, beyond a shorter one #N/A", () => {
  const column = fromRows([[1], [2], [3]]);
  const row = fromRows([[10, 20]]);
  const sums = toRows(lift("n", (a, b) => a + b, column, row));
  assert.deepEqual(sums, [[11, 21], [12, 22], [13, 23]]);
  const uneven = toRows(lift("n", (a, b) => a + b, fromRows([[1, 2, 3]]), row));
  assert.equal(uneven[0][2].code, "#N/A");
});

test("an array keeps the errors of its cells", () => {
  const found = made(1, 2, (_, j) => (j ? num("x") : 1));
  assert.ok(found instanceof Area);
  assert.equal(found.at(0, 1).code, "#VALUE!");
});

test("what meets a number is looked up once a pass, and again in the next one", () => {
  // A sheet's own cells: 1 2 / 1 2 / 3 2, the criteria's in its left column, what is summed in its right one.
  const grid = makeGrid(3, 2);
  grid.settle = () => {};
  [1, 2, 1, 2, 3, 2].forEach((value, at) => put(grid, at, value));
  const [left, right] = [0, 1].map((column) => new Area(grid, column, 3, 1, 2, 1));
  assert.deepEqual([COUNTIFS(left, 1), COUNTIFS(left, 1, right, 2), COUNTIFS(left, 3, right, 1), SUMIFS(right, left, 1)], [2, 2, 0, 4]);
  put(grid, 0, 3);
  forget();
  assert.deepEqual([COUNTIFS(left, 1), COUNTIFS(left, 3), SUMIFS(right, left, 3)], [1, 2, 4]);
  // A text that reads as the number meets it, one that does not is passed over.
  put(grid, 2, "3");
  put(grid, 4, "three");
  forget();
  assert.deepEqual([COUNTIFS(left, 3), SUMIFS(right, left, 3)], [2, 4]);
});
