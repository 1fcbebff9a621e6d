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

/** A1:A8 are given, B = A + 1 and C = B + 1 in each row; `rows` tells which rows of C were computed. */
function beside() {
  const rows = [];
  const data = {
    sheets: [{ title: "S", rows: 8, columns: 3, runs: [0, 1, 3, 1, 6, 1, 9, 1, 12, 1, 15, 1, 18, 1, 21, 1], values: [1, 2, 3, 4, 5, 6, 7, 8] }],
    regions: [[0, 0, 1, 8, 1], [0, 0, 2, 8, 1]],
    reads: [0, 1].map((column) => [[0, 0, 1, 0, column, 0, 0, 0, 1, 0, column, 0, 0]]),
    groups: [[0], [1]], loops: [], volatile: [], formulas: [["A1+1"], ["B1+1"]],
  };
  const engine = start(data, ([S]) => [0, 1].map((k) => (a, b) => {
    for (let i = a; i < b; i++) {
      PN(k, S, 3 * i + k + 1, i, 0, N(S, 3 * i + k) + 1);
      if (k) rows.push(i);
    }
  }));
  engine.advance(Infinity);
  return { engine, rows };
}

test("of a few cells that change those that read them are computed, of half of a region all", () => {
  const { engine, rows } = beside();
  const asked = (edits) => {
    rows.length = 0;
    const { cells } = engine.set(edits);
    return [cells, ...rows];
  };
  assert.deepEqual(asked([[0, 2, 0, 9]]), [3, 2]);
  assert.deepEqual(asked([[0, 2, 0, 3], [0, 4, 0, 50]]), [6, 2, 3, 4]);
  assert.deepEqual(asked([[0, 1, 0, 7], [0, 4, 0, 60]]), [6, 0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(asked([[0, 1, 0, 8], [0, 4, 0, 61]]), [6, 0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(asked([[0, 7, 0, 0]]), [3, 7]);
  assert.deepEqual(Array.from({ length: 8 }, (_, row) => engine.get(0, row, 2)), [3, 10, 5, 6, 63, 8, 9, 2]);
});

/** A1 is given, B1 = A1 + 1, C1 = B1 + 1, each a region; `counts` tells how often each was computed. */
function three(ahead, volatile = []) {
  const counts = [0, 0];
  const data = {
    sheets: [{ title: "S", rows: 1, columns: 3, runs: [0, 1], values: [1] }],
    regions: [[0, 0, 1, 1, 1], [0, 0, 2, 1, 1]],
    reads: [0, 1].map((column) => [[0, 0, 0, 0, column, 0, 0, 0, 0, 0, column, 0, 0]]),
    groups: [[0], [1]], loops: [], ahead, volatile, formulas: [["A1+1"], ["B1+1"]],
  };
  const engine = start(data, ([S]) => counts.map((_, k) => () => {
    counts[k]++;
    PN(k, S, k + 1, 0, 0, N(S, k) + 1);
  }));
  return { engine, counts };
}

test("a cell is computed when it is asked for, after what it reads and before what reads it", () => {
  const { engine, counts } = three(false);
  assert.deepEqual(counts, [0, 0]);
  assert.equal(engine.get(0, 0, 0), 1);
  assert.deepEqual(counts, [0, 0]);
  assert.equal(engine.get(0, 0, 1), 2);
  assert.deepEqual(counts, [1, 0]);
  assert.equal(engine.advance(1000), true);
  assert.deepEqual(counts, [1, 1]);
  assert.equal(engine.get(0, 0, 2), 3);
  assert.deepEqual(counts, [1, 1]);
});

test("an edit finds all computed, and what it changes is what it counts", () => {
  const { engine, counts } = three(false);
  assert.equal(engine.set([[0, 0, 0, 5]]).cells, 3);
  assert.equal(engine.get(0, 0, 2), 7);
  assert.deepEqual(counts, [2, 2]);
  assert.equal(engine.set([[0, 0, 0, 5]]).cells, 0);
});

test("where functions may read ahead, all is computed at once", () => {
  const { engine, counts } = three(true);
  assert.deepEqual(counts, [1, 1]);
  assert.equal(engine.get(0, 0, 2), 3);
});

test("an engine that follows computes nothing after it was told what cells hold", () => {
  const { engine } = chain(50);
  const { engine: mirror, count } = chain(50, true);
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
  assert.equal(mirror.get(0, 49, 0), 50);
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

/** A sheet of three columns: A1 is given, each C is the B beside it plus 1, and each B is the C above, of A1 the first. */
function zigzag(rows) {
  const state = { open: 0, nested: 0 };
  const here = (column) => [0, 0, 1, 0, column, 0, 0, 0, 1, 0, column, 0, 0];
  const above = [0, -1, 1, 0, 2, 0, 0, -1, 1, 0, 2, 0, 0];
  const data = {
    sheets: [{ title: "S", rows, columns: 3, runs: [0, 1], values: [1] }],
    regions: [[0, 0, 2, rows, 1], [0, 0, 1, rows, 1]], reads: [[here(1)], [above, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]],
    groups: [[0, 1]], loops: [], volatile: [], formulas: [["B1+1"], ["C0"]],
  };
  const engine = start(data, ([S]) => [2, 1].map((column, k) => (a, b) => {
    for (let i = a; i < b; i++) {
      const at = 3 * i + column;
      if (S.T[at] < 8) continue;
      S.T[at] |= 16;
      state.nested += state.open++;
      PN(k, S, at, i, 0, k === 0 ? N(S, at - 1) + 1 : N(S, i ? at - 2 : 0));
      state.open--;
    }
  }));
  return { engine, state };
}

test("regions that read each other are computed in the order in which they were first found to wait for each other", () => {
  const { engine, state } = zigzag(50);
  assert.equal(engine.get(0, 49, 2), 51);
  assert.equal(state.nested, 50);
  assert.equal(engine.set([[0, 0, 0, 5]]).cells, 101);
  assert.equal(engine.get(0, 49, 2), 55);
  assert.equal(state.nested, 50);
});

test("what is computed before the first edit puts every number in its place again", () => {
  const { engine } = zigzag(50);
  const { engine: other } = three(false);
  for (const one of [engine, other]) {
    one.advance(1000);
    const before = one.packed([0, 0, 0, one.sheets[0].rows - 1, 2]);
    while (!one.practise(0)) assert.deepEqual(one.packed([0, 0, 0, one.sheets[0].rows - 1, 2]), before);
    assert.deepEqual(one.packed([0, 0, 0, one.sheets[0].rows - 1, 2]), before);
  }
  assert.equal(engine.set([[0, 0, 0, 5]]).cells, 101);
});

test("after the first computation each region is computed some times more, unless the workbook depends on chance", () => {
  const { engine, counts } = three(false);
  assert.equal(engine.practise(1000), true);
  assert.deepEqual(counts, [0, 0]);
  engine.advance(1000);
  assert.equal(engine.practise(1000), true);
  assert.ok(counts[0] > 3 && counts[0] === counts[1], `${counts}`);
  const before = [...counts];
  assert.equal(engine.practise(1000), true);
  assert.deepEqual(counts, before);
  assert.equal(engine.set([[0, 0, 0, 5]]).cells, 3);
  assert.equal(engine.get(0, 0, 2), 7);
  const chance = three(false, [1]);
  chance.engine.advance(1000);
  assert.equal(chance.engine.practise(1000), true);
  assert.deepEqual(chance.counts, [1, 1]);
});
