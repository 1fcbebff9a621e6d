import assert from "node:assert/strict";
import { test } from "node:test";

import { address, corners, letters, position, rangeAddress } from "../../../../workbook/page/script/base.js";
import { Book } from "../../../../workbook/page/script/book.js";
import { editable, entered, readNumber, told } from "../../../../workbook/page/script/entry.js";
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

test("a text is what a spreadsheet takes it for in a cell of its format", () => {
  const taken = [
    ["5", "General", 5], ["$1,200.50", "General", 1200.5], ["-€3", "0", -3], ["true", "General", true], ["'007", "General", "007"],
    ["5", "0%", 0.05], ["0.05", "0.0%", 0.05], ["5%", "0%", 0.05], ["123", "@", "123"], ["a b", "0.00", "a b"], ["", "0", null],
    ["2026-03-05", "yyyy-mm-dd", 46086], ["3/5/2026", "m/d/yyyy", 46086], ["5/3/26", "dd/mm/yyyy", 46086], ["5.3.2026", "m/d/yyyy", 46086],
    ["5 Mar 2026", "d mmm yy", 46086], ["March 5, 2026", "d mmm yy", 46086], ["12:00", "h:mm", 0.5], ["1:30 pm", "h:mm", 13.5 / 24],
    ["2026-03-05 18:00", "yyyy-mm-dd hh:mm", 46086.75], ["2026-02-30", "yyyy-mm-dd", "2026-02-30"], ["25:99", "h:mm", "25:99"],
    // No day in a cell of numbers: it would show as one.
    ["2026-03-05", "General", "2026-03-05"],
  ];
  for (const [text, format, value] of taken) assert.deepEqual(entered(text, format), value, `${text} in ${format}`);
});

test("a value is changed by a text that stands for it", () => {
  const shown = [
    [46086, "m/d/yyyy", "2026-03-05"], [46086.75, "d mmm", "2026-03-05 18:00"], [0.5, "h:mm", "12:00"], [0.035, "0.0%", "3.5%"],
    [true, "General", "TRUE"], [1.5, "0.00", "1.5"], [null, "0", ""], [-1, "yyyy", "-1"],
  ];
  for (const [value, format, text] of shown) {
    assert.equal(editable(value, format), text);
    assert.deepEqual(entered(text, format), value);
  }
  for (const value of ["5", "TRUE", "'a", "=1+1", "plain", 5, true]) assert.deepEqual(entered(told(value), "General"), value);
});

test("a cell of a workbook that is not ours is held to its validation, and takes no formula", () => {
  const input = (given) => ({ ranges: [[0, 0, 0, 0]], open: true, ...given });
  const taken = (given, text, format = "General") => {
    const made = new Book({ sheets: [{ title: "One", inputs: [input(given)], open: true }] }, doubling());
    made.formatOf = () => format;
    return made.accepted(0, 0, 0, text, true);
  };
  const list = { kind: "list", choices: ["1", "2", "many"] };
  assert.deepEqual(taken(list, "2"), { value: 2 });
  assert.deepEqual(taken(list, "MANY"), { value: "many" });
  assert.ok(taken(list, "3").refusal);
  assert.deepEqual(taken({ ...list, advice: true }, "3"), { value: 3 });
  assert.deepEqual(taken(list, " "), { value: null });
  assert.equal(taken({ kind: "number", low: 0, strict: true, refusal: "no" }, "0").refusal, "no");
  assert.deepEqual(taken({ kind: "number", low: 1, high: 2, outside: true }, "3"), { value: 3 });
  assert.ok(taken({ kind: "number", low: 1, high: 2, outside: true }, "1.5").refusal);
  assert.ok(taken({ kind: "whole", low: 0 }, "1.5").refusal);
  assert.deepEqual(taken({ kind: "length", high: 3 }, "abc"), { value: "abc" });
  assert.ok(taken({ kind: "length", high: 3 }, "abcd").refusal);
  assert.deepEqual(taken({ kind: "moment", low: 46000 }, "2026-03-05", "yyyy-mm-dd"), { value: 46086 });
  assert.ok(taken({ kind: "moment", low: 46000 }, "soon", "yyyy-mm-dd").refusal);
  assert.ok(taken({ kind: "any" }, "=A1").refusal);
});

test("the heading of a table is nobody's to change", () => {
  const made = new Book({ sheets: [{ title: "One", open: true, headings: [[0, 0, 0, 1]] }] }, doubling());
  assert.match(made.accepted(0, 0, 0, "new").refusal, /heading of a table/);
  assert.equal(made.inputAt(0, 1, 0)?.kind, "any");
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
