import assert from "node:assert/strict";
import { test } from "node:test";

import { address, corners, letters, position, rangeAddress } from "../../../../workbook/page/script/base.js";
import { Book, readNumber } from "../../../../workbook/page/script/book.js";
import { spread } from "../../../../workbook/page/script/controls.js";

// An engine of one sheet, whose B1 is the double of A1.
function doubling() {
  const cells = new Map([["0,0", 2], ["1,0", "mean"]]);
  return {
    sheets: [{ title: "One", rows: 2, columns: 2 }],
    get: (sheet, row, column) => (row === 0 && column === 1 ? 2 * cells.get("0,0") : cells.get(`${row},${column}`) ?? null),
    set(changes) {
      for (const [, row, column, value] of changes) cells.set(`${row},${column}`, value);
      return { cells: changes.length + 1, ranges: new Int32Array(0) };
    },
    isFormula: (sheet, row, column) => row === 0 && column === 1,
  };
}

function book() {
  const inputs = [
    { ranges: [[0, 0, 0, 0]], kind: "number", low: 0, high: 10, refusal: "expected a number from 0 to 10" },
    { ranges: [[1, 0, 1, 0]], kind: "list", choices: ["mean", "sum"] },
  ];
  return new Book({ sheets: [{ title: "One", inputs }] }, doubling());
}

test("addresses are read and spelled", () => {
  assert.deepEqual(position("$AB$12"), [11, 27]);
  assert.equal(position("A0"), null);
  assert.equal(address(11, 27), "AB12");
  assert.equal(letters(16383), "XFD");
  assert.deepEqual(corners("C3:A1"), [0, 0, 2, 2]);
  assert.equal(rangeAddress(0, 0, 2, 2), "A1:C3");
});

test("what a person types is a number, or none", () => {
  assert.equal(readNumber("1e-3"), 0.001);
  assert.equal(readNumber(" 5 % "), 0.05);
  assert.equal(readNumber("1,000.5"), 1000.5);
  assert.ok(Number.isNaN(readNumber("0x10")));
  assert.ok(Number.isNaN(readNumber("")));
});

test("a cell takes what it may hold and refuses the rest", () => {
  const made = book();
  assert.deepEqual(made.accepted(0, 0, 0, "10"), { value: 10 });
  assert.equal(made.accepted(0, 0, 0, "11").refusal, "expected a number from 0 to 10");
  assert.deepEqual(made.accepted(0, 1, 0, "SUM"), { value: "sum" });
  assert.ok(made.accepted(0, 1, 0, "median").refusal);
  assert.ok(made.accepted(0, 0, 1, "1").refusal);
});

test("edits are undone, done again and taken back", () => {
  const made = book();
  assert.equal(made.set([[0, 0, 0, 3]]), 2);
  assert.equal(made.set([[0, 0, 0, 3]]), 0);
  made.set([[0, 0, 0, 4]]);
  assert.equal(made.get(0, 0, 1), 8);
  made.undo();
  assert.equal(made.get(0, 0, 0), 3);
  made.undo();
  assert.equal(made.get(0, 0, 0), 2);
  assert.deepEqual(made.changedCells(), []);
  made.redo();
  assert.deepEqual(made.changedCells(), [[0, 0, 0, 3]]);
  made.reset();
  assert.equal(made.get(0, 0, 0), 2);
  assert.ok(made.undo());
  assert.equal(made.get(0, 0, 0), 3);
});

test("a stroke of the brush is one step", () => {
  const made = book();
  for (const value of [3, 4, 5]) made.set([[0, 0, 0, value]], { join: "stroke" });
  made.close();
  made.set([[0, 0, 0, 6]], { join: "stroke" });
  made.undo();
  assert.equal(made.get(0, 0, 0), 5);
  made.undo();
  assert.equal(made.get(0, 0, 0), 2);
  made.redo();
  assert.equal(made.get(0, 0, 0), 5);
});

test("edits of two sliders are two steps, and one that was taken back takes nothing on", () => {
  const made = book();
  for (const value of [3, 4]) made.set([[0, 0, 0, value]], { join: "rate" });
  made.set([[0, 1, 0, 9]], { join: "momentum" });
  made.undo();
  assert.equal(made.get(0, 0, 0), 4);
  made.set([[0, 0, 0, 7]], { join: "rate" });
  made.undo();
  assert.equal(made.get(0, 0, 0), 4);
  made.undo();
  assert.equal(made.get(0, 0, 0), 2);
});

test("a slider reaches both ends of its range and comes back to where it was", () => {
  for (const [low, high, value, whole] of [[0, 1, 0.001, false], [1e-12, 0.1, 1e-8, false], [1, 32, 8, true], [-10, 10, 3, false]]) {
    const way = spread(low, high, value, whole);
    assert.equal(way.to(0), low);
    assert.equal(way.to(way.steps), high);
    const back = way.to(Math.round(way.from(value)));
    assert.ok(Math.abs(back - value) <= 0.02 * Math.max(Math.abs(value), (high - low) * 0.01), `${back} for ${value}`);
  }
});

test("reset tells how many cells changed, as set does", () => {
  const one = book();
  assert.equal(one.set([[0, 0, 0, 5]]), 2);
  assert.equal(one.reset(), 2);
  assert.equal(one.reset(), 0);
});
