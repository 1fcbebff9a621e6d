import assert from "node:assert/strict";
import { test } from "node:test";

import { polynomial, trendOf } from "../../../../workbook/page/script/trends.js";

const near = (found, expected, within = 1e-9) =>
  found.forEach((value, k) => assert.ok(Math.abs(value - expected[k]) <= within * Math.max(1, Math.abs(expected[k])), `${found} is not ${expected}`));
const of = (x, f) => ({ x, y: x.map(f) });

test("a polynomial goes through points of its own kind, far from 0 too", () => {
  near(polynomial([0, 1, 2, 3], [1, 3, 5, 7], 1), [1, 2]);
  near(polynomial([1, 2, 3, 4, 5], [6, 11, 18, 27, 38], 2), [3, 2, 1]);
  near(polynomial([40001, 40002, 40003, 40004], [3, 5, 7, 9], 1), [-79999, 2], 1e-6);
  near(polynomial([1, 2, 4], [3, 5, 9], 1, 0), [0, 49 / 21]);
});

test("a straight line is that of least squares", () => {
  // By hand: x̄ = 2, ȳ = 11/3; the slope is 3/2, the constant 2/3; R² = (3/2)²·2 / (14/3) = 27/28.
  const found = trendOf({ kind: "linear", forward: 1, backward: 0.5 }, { x: [1, 2, 3], y: [2, 4, 5] });
  near(found.course.flat(), [0.5, 2 / 3 + 0.75, 4, 2 / 3 + 6]);
  near([found.share], [27 / 28]);
  assert.equal(found.text, "y = 1.5x + 0.66667");
});

test("curves of each kind are found again", () => {
  const x = [1, 2, 3, 4, 5];
  const kinds = [
    ["exp", (a) => 2 * Math.exp(-0.5 * a), "y = 2e^(-0.5x)"], ["log", (a) => 3 * Math.log(a) - 1, "y = 3ln(x) − 1"],
    ["power", (a) => 4 * a ** 1.5, "y = 4x^1.5"], ["poly", (a) => a * a - 2 * a + 5, "y = 1x^2 − 2x + 5"],
  ];
  for (const [kind, f, text] of kinds) {
    const found = trendOf({ kind, order: 2 }, of(x, f));
    near(found.course.map(([, value]) => value), found.course.map(([at]) => f(at)), 1e-7);
    near([found.share], [1], 1e-9);
    assert.equal(found.text, text);
  }
});

test("a moving mean begins where it has enough numbers, and what is missing is passed over", () => {
  const found = trendOf({ kind: "movingAvg", period: 3 }, { x: [1, 2, 3, 4, 5], y: [1, 2, NaN, 6, 7] });
  assert.deepEqual(found.course, [[4, 3], [5, 5]]);
});

test("there is no curve of too few points, nor of numbers that have no logarithm", () => {
  assert.equal(trendOf({ kind: "linear" }, { x: [1], y: [2] }), null);
  assert.equal(trendOf({ kind: "exp" }, { x: [1, 2], y: [1, -2] }), null);
  assert.equal(trendOf({ kind: "power" }, { x: [0, 2], y: [1, 2] }), null);
  assert.equal(trendOf({ kind: "movingAvg", period: 9 }, { x: [1, 2], y: [1, 2] }), null);
});
