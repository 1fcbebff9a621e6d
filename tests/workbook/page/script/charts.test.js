import assert from "node:assert/strict";
import { test } from "node:test";

import { slices } from "../../../../workbook/page/script/lying.js";
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
