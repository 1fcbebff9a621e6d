import assert from "node:assert/strict";
import { test } from "node:test";

import { niceStep } from "../../../../workbook/page/script/axes.js";
import { Grid } from "../../../../workbook/page/script/grid.js";
import { contrast, mixed, nightly, readable } from "../../../../workbook/page/script/palette.js";
import { xml } from "../../../../workbook/page/script/save.js";
import { barOn, colourOn, iconOn, measure } from "../../../../workbook/page/script/scales.js";
import { Sheet } from "../../../../workbook/page/script/sheet.js";
import { marksOf, numbersOf } from "../../../../workbook/page/script/sparklines.js";
import { crc32 } from "../../../../workbook/page/script/zip.js";

test("contrast is WCAG's", () => {
  assert.equal(contrast("000000", "FFFFFF").toFixed(2), "21.00");
  // Source: WCAG 2.2, technique G18, #777777 on white is just short of AA.
  assert.equal(contrast("777777", "FFFFFF").toFixed(2), "4.48");
});

test("at night dark and light change places, and every ink can be read on its ground", () => {
  assert.ok(contrast(nightly("FFFFFF"), "000000") < 1.6);
  assert.ok(contrast(nightly("000000"), "000000") > 15);
  for (const [ink, ground] of [["0B4F8A", "FFF8D6"], ["37424D", "E4E7EB"], ["8A3B00", "FFFFFF"], ["56616C", "FFFFFF"]]) {
    const [i, g] = [nightly(ink), nightly(ground)];
    assert.ok(contrast(readable(i, g), g) >= 4.5, `${ink} on ${ground}`);
  }
});

test("a colour scale goes from the least to the largest, or from 0 to both sides", () => {
  const values = [-4, 0, 2];
  const book = { number: (sheet, row) => values[row] };
  const scale = (...colours) => measure({ ranges: [[0, 0, 2, 0]], colours }, 0, book, (hex) => hex);
  const two = scale("FFFFFF", "000000");
  assert.equal(colourOn(two, -4), "ffffff");
  assert.equal(colourOn(two, 2), "000000");
  const three = scale("0000FF", "FFFFFF", "FF0000");
  assert.equal(colourOn(three, 0), "ffffff");
  assert.equal(colourOn(three, -4), "0000ff");
  assert.equal(colourOn(three, 2), mixed("FFFFFF", "FF0000", 0.5));
  assert.equal(colourOn(three, NaN), null);
});

test("a scale of a stranger's begins, turns and ends at its points, and so do its bars and icons", () => {
  const values = [10, 20, 30, 90];
  const book = { number: (sheet, row) => values[row] };
  const scale = (given) => measure({ ranges: [[0, 0, 3, 0]], ...given }, 0, book, (hex) => hex);
  const three = scale({ colours: ["FF0000", "FFFFFF", "0000FF"], points: [["min"], ["percentile", 50], ["max"]] });
  assert.equal(colourOn(three, 10), "ff0000");
  // Half of the four numbers are below 25.
  assert.equal(colourOn(three, 25), "ffffff");
  assert.equal(colourOn(three, 90), "0000ff");
  const bars = scale({ bar: "00FF00", points: [["num", 0], ["num", 100]] });
  assert.deepEqual([0, 50, 200].map((value) => barOn(bars, value)), [[0, 0], [0, 0.5], [0, 1]]);
  assert.deepEqual(barOn(scale({ bar: "00FF00", points: [["min"], ["max"]] }), 10), [0, 0.1]);
  // From 10 to 90, a third is 36.4 and two thirds are 63.6.
  const icons = { icons: 3, points: [["percent", 0], ["percent", 33], ["percent", 67]] };
  assert.deepEqual(values.map((value) => iconOn(scale(icons), value).share), [0, 0, 0, 1]);
  assert.deepEqual([36.3, 36.5, 63.7].map((value) => iconOn(scale(icons), value).share), [0, 0.5, 1]);
  assert.equal(iconOn(scale({ ...icons, turned: true }), 90).share, 0);
});

test("bars of numbers below 0 begin at 0 and run the other way", () => {
  const values = [-10, 0, 30];
  const book = { number: (sheet, row) => values[row] };
  const bars = { ranges: [[0, 0, 2, 0]], bar: "0000FF", negative: "FF0000", points: [["autoMin"], ["autoMax"]] };
  const found = measure(bars, 0, book, (hex) => hex);
  assert.deepEqual(values.map((value) => barOn(found, value)), [[0.25, 0], [0.25, 0.25], [0.25, 1]]);
  values[0] = 15;
  assert.deepEqual(barOn(measure(bars, 0, book, (hex) => hex), 15), [0, 0.5]);
});

test("a sparkline marks what it is asked to, and begins at the right where it says so", () => {
  const cells = [[3, NaN, -2, 8]];
  const book = { number: (sheet, row, column) => cells[row][column] };
  const line = { kind: "line", source: [0, 0, 0, 0, 3], colours: { high: "00FF00", negative: "FF0000" } };
  const numbers = numbersOf(line, book);
  assert.deepEqual(numbers, [3, NaN, -2, 8]);
  assert.deepEqual(numbersOf({ ...line, mirrored: true }, book), [8, -2, NaN, 3]);
  assert.deepEqual([...marksOf(line, numbers).keys()], []);
  assert.deepEqual([...marksOf({ ...line, marks: ["high", "negative"] }, numbers)], [[2, "FF0000"], [3, "00FF00"]]);
  assert.deepEqual([...marksOf({ ...line, marks: ["markers", "first", "last"] }, numbers).keys()], [0, 2, 3]);
  // Of columns no markers are drawn.
  assert.deepEqual([...marksOf({ ...line, kind: "column", marks: ["markers"] }, numbers).keys()], []);
});

test("axes have round steps", () => {
  assert.equal(niceStep(10, 7), 2);
  assert.equal(niceStep(1, 7).toFixed(2), "0.20");
  assert.equal(niceStep(0.033, 7).toFixed(3), "0.005");
});

test("what XML cannot hold is spelled", () => {
  assert.equal(xml("a < b & c > d"), "a &lt; b &amp; c &gt; d");
  assert.equal(xml("bell\x07"), "bell_x0007_");
  assert.equal(xml("_x0041_"), "_x005F_x0041_");
  assert.equal(xml("\ud83d\ude00 \ud83d"), "\ud83d\ude00 _xD83D_");
});

test("checksums are those of zip", () => {
  // Source: the check value of CRC-32/ISO-HDLC.
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});

test("an error in a cell that waits for an answer is not shown, a number there and an error elsewhere are", () => {
  const page = { row: 15, column: 9, sheets: [{ title: "One", quiet: [{ ranges: [[0, 1, 0, 1]], fill: "F0F0F0" }] }] };
  const sheet = new Sheet(page, 0, { rows: 2, columns: 2 });
  assert.equal(sheet.quietly(0, 1, { error: "#DIV/0!" }), "F0F0F0");
  assert.equal(sheet.quietly(0, 1, 2), null);
  assert.equal(sheet.quietly(0, 1, null), null);
  assert.equal(sheet.quietly(1, 1, { error: "#DIV/0!" }), null);
});

test("a number stretches the scale of cells elsewhere: their rows are drawn anew, and the grounds; of others neither", () => {
  const scale = { ranges: [[12, 0, 14, 2]], over: [[12, 0, 14, 2], [2, 0, 4, 2]] };
  const drawn = (changed) => {
    const grid = Object.create(Grid.prototype);
    const found = { stale: { grounds: false, marks: false } };
    Object.assign(grid, found, { app: { page: {} }, sheet: { number: 0, source: { scales: [scale] } }, soon() {}, rows: { renew: (rows) => (found.rows = rows) } });
    grid.renew(changed);
    return [grid.stale, found.rows];
  };
  assert.deepEqual(drawn([0, 3, 1, 3, 1]), [{ grounds: true, marks: false }, [[3, 1, 3, 1], [12, 0, 14, 2]]]);
  assert.deepEqual(drawn([0, 8, 1, 8, 1]), [{ grounds: false, marks: false }, [[8, 1, 8, 1]]]);
  assert.deepEqual(drawn([1, 3, 1, 3, 1]), [{ grounds: false, marks: false }, []]);
});
