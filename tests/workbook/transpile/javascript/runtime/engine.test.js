import assert from "node:assert/strict";
import { test } from "node:test";

import { P, PE, PN } from "../../../../../workbook/transpile/back/javascript/runtime/cells.js";
import { start } from "../../../../../workbook/transpile/back/javascript/runtime/engine.js";
import { N, num } from "../../../../../workbook/transpile/back/javascript/runtime/values.js";

/** A sheet of one column: A1 is given, and each cell below is the one above plus 1, computed by a function by hand. */
function chain(rows, follows) {
  const data = {
    sheets: [{ title: "S", rows, columns: 1, runs: [0, 1], values: [1] }],
    regions: [[0, 1, 0, rows - 1, 1]], reads: [[[0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]]], groups: [[0]], loops: [0],
    volatile: [], formulas: [["A1+1"]],
  };
  let computed = 0;
  const engine = start(data, ([S]) => [
    (a, b) => {
      for (let i = a; i < b; i++) {
        if (S.T[i + 1] < 8) continue;
        S.T[i + 1] |= 16;
        computed++;
        try {
          PN(0, S, i + 1, i, 0, N(S, i) + 1);
        } catch (problem) {
          PE(0, S, i + 1, i, 0, problem);
        }
      }
    },
  ], follows);
  return { engine, count: () => computed };
}

test("an engine that follows computes nothing and holds what it is told", () => {
  const { engine } = chain(50);
  const { engine: mirror, count } = chain(50, true);
  assert.equal(mirror.get(0, 49, 0), null);
  mirror.take(engine.packed(engine.computed()));
  assert.equal(mirror.get(0, 49, 0), 50);
  engine.set([[0, 0, 0, "text"]]);
  mirror.enter([[0, 0, 0, "text"]]);
  assert.equal(mirror.get(0, 0, 0), "text");
  assert.equal(mirror.get(0, 49, 0), 50);
  mirror.take(engine.packed([0, 0, 0, 49, 0]));
  assert.deepEqual(mirror.get(0, 49, 0), { error: "#VALUE!" });
  engine.set([[0, 0, 0, true]]);
  mirror.take(engine.packed([0, 0, 0, 49, 0]));
  assert.deepEqual([mirror.get(0, 0, 0), mirror.get(0, 49, 0)], [true, 50]);
  assert.equal(count(), 0);
  mirror.begin();
  assert.equal(count(), 49);
  assert.equal(mirror.set([[0, 0, 0, 5]]).cells, 50);
});

test("a recurrence is computed once a cell, row after row", () => {
  const { engine, count } = chain(10000);
  assert.equal(engine.get(0, 9999, 0), 10000);
  assert.equal(count(), 9999);
  assert.equal(engine.set([[0, 0, 0, 5]]).cells, 10000);
  assert.equal(engine.get(0, 9999, 0), 10004);
});

test("only the rows that read what changed are computed, by references that move with the row", () => {
  const rows = 1000;
  const seen = [];
  const data = {
    sheets: [{ title: "S", rows, columns: 2, runs: Array.from({ length: rows }, (_, k) => [2 * k, 1]).flat(), values: new Array(rows).fill(1) }],
    regions: [[0, 0, 1, rows, 1]], reads: [[[0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]]], groups: [[0]], loops: [],
    volatile: [], formulas: [["A1*2"]],
  };
  const engine = start(data, ([S]) => [
    (a, b) => {
      seen.push([a, b]);
      for (let i = a; i < b; i++) P(0, S, 2 * i + 1, i, 0, 2 * num(N(S, 2 * i)));
    },
  ]);
  const done = engine.set([[0, 500, 0, 3]]);
  assert.deepEqual(seen, [[0, rows], [500, 501]]);
  assert.deepEqual([...done.ranges], [0, 500, 0, 500, 0, 0, 500, 1, 500, 1]);
  assert.equal(engine.get(0, 500, 1), 6);
});
