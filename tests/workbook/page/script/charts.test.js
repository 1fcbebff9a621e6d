import assert from "node:assert/strict";
import { test } from "node:test";

import { axisOf } from "../../../../workbook/page/script/axes.js";
import { labelPlace, labelText } from "../../../../workbook/page/script/labels.js";
import { slices } from "../../../../workbook/page/script/lying.js";
import { courseOf } from "../../../../workbook/page/script/overlays.js";
import { stacked } from "../../../../workbook/page/script/charts.js";

const read = (...columns) => columns.map((y) => ({ x: y.map((_, k) => k + 1), y }));
const ends = (found) => found.map(({ y, base }) => [base, y]);

test("bars stand on each other, and those below zero hang from it", () => {
  const bars = [1, 2, 3].map(() => ({ bar: true, stacked: "stacked" }));
  const found = stacked(read([3, 1], [-2, 4], [5, -1]), bars);
  assert.deepEqual(ends(found), [[[0, 0], [3, 1]], [[0, 1], [-2, 5]], [[3, 0], [8, -1]]]);
});

test("shares add up to one, and what is no number takes no room", () => {
  const shares = [1, 2].map(() => ({ bar: true, stacked: "percentStacked" }));
  const found = stacked(read([1, NaN, 0], [3, 2, 0]), shares);
  assert.deepEqual(ends(found), [[[0, 0, 0], [0.25, 0, 0]], [[0.25, 0, 0], [1, 1, 0]]]);
});

test("areas add up whatever their sign, and a line beside them stays where it is", () => {
  const kinds = [{ area: true, stacked: "stacked" }, { joined: true }, { area: true, stacked: "stacked" }];
  const found = stacked(read([2, 2], [7, 7], [-1, 3]), kinds);
  assert.deepEqual(ends(found), [[[0, 0], [2, 2]], [undefined, [7, 7]], [[2, 2], [1, 5]]]);
});

test("a pie's slices are as large as their numbers, and a pie of nothing has none", () => {
  assert.deepEqual(slices([1, -1, NaN, 2]), [[0, 0.25], [0.25, 0.5], [0.5, 0.5], [0.5, 1]]);
  assert.deepEqual(slices([0, NaN]), []);
});

const FREE = { low: null, high: null, format: "General" };

test("as many numbers stand beside an axis as find room, and steps are whole where they are few", () => {
  assert.deepEqual(axisOf(FREE, [0, 3], 600).ticks, [0, 0.5, 1, 1.5, 2, 2.5, 3]);
  assert.deepEqual(axisOf({ ...FREE, high: 3 }, [0, 3], 80).ticks, [0, 1, 2, 3]);
  assert.deepEqual(axisOf(FREE, [0, 8], 80).ticks, [0, 2, 4, 6, 8]);
  for (const room of [60, 100, 200, 400]) {
    const { ticks } = axisOf({ ...FREE, format: "0.0000" }, [0, 1], room);
    // Seven signs of some six pixels each.
    assert.ok(ticks.length === 2 || ticks.length === 3 || (ticks.length - 1) * 36 <= room, `${ticks} in ${room}`);
  }
});

test("an axis that says its ends keeps them, and one of equal numbers has a length", () => {
  const { low, high } = axisOf({ low: -1, high: 2.5, format: "General" }, [0, 9]);
  assert.deepEqual([low, high], [-1, 2.5]);
  assert.deepEqual([axisOf(FREE, [7, 7]).low, axisOf(FREE, [7, 7]).high], [6, 8]);
  assert.deepEqual(axisOf({ ...FREE, log: true }, [0.02, 30]).ticks, [0.01, 0.1, 1, 10, 100]);
});

test("a label says its parts, those of a single point, or the words that are written there", () => {
  const of = { value: () => "7", category: () => "Jan" };
  const labels = { shows: ["category", "value"], points: { 1: [], 2: ["value"], 3: ["value"] }, words: { 3: "best" }, separator: "; " };
  assert.deepEqual([0, 1, 2, 3].map((point) => labelText(labels, point, of)), ["Jan; 7", "", "7", "best"]);
});

test("a bar's label stands beyond its end, within it, or in its middle where bars stand on each other", () => {
  const bar = { bar: true };
  assert.ok(labelPlace("", bar, false)[1] < 0);
  assert.ok(labelPlace("inEnd", bar, false)[1] > 0);
  assert.ok(labelPlace("outEnd", bar, true)[1] > 0);
  assert.equal(labelPlace("", { bar: true, stacked: "stacked" }, false)[3], 0.5);
  assert.deepEqual(["start", "end"], [false, true].map((down) => labelPlace("outEnd", bar, down, true)[2]));
});

test("a smooth curve passes its points in the direction of their neighbours, and ends where a number is missing", () => {
  assert.equal(courseOf([[0, 0], [6, 6], null, [12, 0]], false), "M0.0 0.0L6.0 6.0M12.0 0.0");
  // Through points on a line it is that line: the middle part's turns are a third from its ends.
  assert.equal(courseOf([[0, 0], [6, 6], [12, 12], [18, 18]], true).split("C")[2], "8.0 8.0 10.0 10.0 12.0 12.0");
});
