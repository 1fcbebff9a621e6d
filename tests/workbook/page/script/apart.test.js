import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "node:test";

import { apart } from "../../../../workbook/page/script/apart.js";

const BYTES = gzipSync("{}");

// An engine of two cells, the second ten times the first; one that follows holds what it is told, and computes the second
// where nobody told it.
function tenfold(data, follows) {
  const cells = [1, follows ? null : 10];
  const engine = {
    get: (_sheet, row) => cells[row] ?? 10 * cells[0],
    reset: () => (cells[0] = 1),
    enter: (edits) => edits.forEach(([, row, , value]) => (cells[row] = value)),
    set(edits) {
      engine.enter(edits);
      cells[1] = 10 * cells[0];
      return { cells: 2, ranges: [] };
    },
    begin: () => engine.set([]), computed: () => [], packed: () => ({ held: [...cells] }),
    take: ({ held }) => held.forEach((value, row) => (cells[row] = value)),
  };
  return engine;
}

// A thread that answers when it is told to, and keeps what it was asked.
function slow({ fails = false } = {}) {
  const thread = { asked: [], terminate() {}, engine: tenfold({}) };
  thread.postMessage = (question) => {
    thread.asked.push(question);
    if (question.cells) setTimeout(() => (fails ? thread.onerror({ preventDefault() {} }) : thread.answer()));
  };
  thread.answer = () => {
    const { cells, edits } = thread.asked.at(-1);
    const { cells: count, ranges } = cells ? { cells: 0, ranges: [] } : thread.engine.set(edits);
    thread.onmessage({ data: { count, ranges, ...thread.engine.packed() } });
  };
  return thread;
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

test("what is entered shows at once, and what depends on it when the thread answers", async () => {
  const thread = slow();
  const engine = await apart(tenfold, BYTES, () => thread);
  await turn();
  assert.equal(engine.get(0, 1), 10);
  const done = engine.set([[0, 0, 0, 2]]);
  assert.deepEqual([engine.get(0, 0), engine.get(0, 1)], [2, 10]);
  await turn();
  thread.answer();
  assert.equal((await done).cells, 2);
  assert.equal(engine.get(0, 1), 20);
});

test("edits that come while the thread computes go to it together, of each cell the last, and none is lost", async () => {
  const thread = slow();
  const engine = await apart(tenfold, BYTES, () => thread);
  await turn();
  const first = engine.set([[0, 0, 0, 2]]);
  await turn();
  const second = engine.set([[0, 0, 0, 3]]);
  const third = engine.set([[0, 0, 0, 4]]);
  thread.answer();
  await first;
  assert.deepEqual([engine.get(0, 0), engine.get(0, 1)], [4, 20]);
  await turn();
  assert.deepEqual(thread.asked.at(-1), { edits: [[0, 0, 0, 4]] });
  assert.equal(thread.asked.length, 3);
  thread.answer();
  assert.equal(await second, await third);
  assert.equal(engine.get(0, 1), 40);
});

test("where no thread starts, or it fails, the page computes by itself", async () => {
  const refused = () => {
    throw new Error("no threads here");
  };
  for (const makeThread of [refused, () => slow({ fails: true })]) {
    const engine = await apart(tenfold, BYTES, makeThread);
    assert.equal(engine.get(0, 1), 10);
    assert.equal((await engine.set([[0, 0, 0, 3]])).cells, 2);
    assert.equal(engine.set([[0, 0, 0, 7]]).cells, 2);
    assert.equal(engine.get(0, 1), 70);
  }
});

test("until the thread has computed all, the page computes what it shows, and keeps what is entered", async () => {
  const thread = slow();
  const engine = await apart(tenfold, BYTES, () => thread);
  assert.equal(engine.get(0, 1), 10);
  const done = engine.set([[0, 0, 0, 2]]);
  await turn();
  assert.equal(engine.get(0, 0), 2);
  assert.deepEqual(thread.asked.at(-1), { edits: [[0, 0, 0, 2]] });
  thread.answer();
  assert.equal((await done).cells, 2);
  assert.equal(engine.get(0, 1), 20);
});

test("a thread that ends says so to whoever asked", async () => {
  const thread = slow();
  const engine = await apart(tenfold, BYTES, () => thread);
  await turn();
  const done = engine.set([[0, 0, 0, 2]]);
  await turn();
  thread.onmessage({ data: { problem: "out of memory" } });
  await assert.rejects(done, /out of memory/);
  const again = engine.set([[0, 0, 0, 3]]);
  await turn();
  thread.answer();
  assert.equal((await again).cells, 2);
});
